/// Compiled = eager, bit for bit: random programs, with branches, and their derivatives, at points on all sides of the branches.
module FuncAD.Tests.Compiled.CompiledLawTests

open System
open Expecto
open FuncAD
open FuncAD.Tests.Testing
open FuncAD.Tests.Programs

let modes = [ ExecutionMode.Interpreted; ExecutionMode.MachineCode ]

/// The example first, and points around the origin, where branches and choices change sides.
let private points (case: Case) : float[] list =
    [ case.Point
      case.U
      Array.map (fun x -> -x) case.Point
      Array.map2 (+) case.Point case.V
      Array.create case.Point.Length 0.0
      Array.create case.Point.Length 1.0 ]

let private agree (f: Real[] -> Real[]) (case: Case) =
    let eager = points case |> List.map (fun point -> f (reals point) |> values)
    for mode in modes do
        let compiled = AD.compileWith (CompileOptions(Mode = mode, MaximumPaths = 3)) f (reals case.Point)
        List.iter2
            (fun point expected ->
                let actual = Array.create compiled.Outputs nan
                compiled.Run(ReadOnlySpan(point: float[]), Span actual)
                Array.iteri2
                    (fun index e a -> expectSame e a $"{mode} at {point |> Array.map text |> List.ofArray}, result {index}\n{compiled}")
                    expected
                    actual)
            (points case)
            eager

let private everywhere = cases everything 1 4
let private g (case: Case) (x: Real[]) : Real = result case.Program x
let private flat (rows: Real[,]) : Real[] = rows |> Seq.cast |> Seq.toArray

[<Tests>]
let tests =
    testList
        "compiled"
        [ law "compiled = eager: values" 500 everywhere (fun case -> agree (results case.Program) case)

          law "compiled = eager: gradients" 500 everywhere (fun case ->
              agree (fun x -> let value, gradient = AD.valueAndGrad (g case) x in Array.append [| value |] gradient) case)

          law "compiled = eager: tangents" 400 everywhere (fun case ->
              agree (fun x -> AD.jvp (results case.Program) x (reals case.V) |> snd) case)

          law "compiled = eager: Hessians" 200 everywhere (fun case -> agree (AD.hessian (g case) >> flat) case)

          law "compiled = eager: Taylor coefficients" 300 (cases everything 1 1) (fun case ->
              agree (fun x -> AD.taylor 3 (fun t -> result case.Program [| t |]) x[0]) case)

          law "compiled = eager: pullbacks and tangents that are inputs" 300 everywhere (fun case ->
              let n = case.Point.Length
              let both (x: Real[]) =
                  let p, v = x[.. n - 1], x[n..]
                  let y, dy = AD.jvp (results case.Program) p v
                  let _, pullback = AD.vjp (results case.Program) p
                  Array.concat [ y; dy; pullback (Array.map (fun (w: float) -> w * v[0]) case.W) ]
              agree
                  both
                  { case with Point = Array.append case.Point case.U; U = Array.append case.U case.V; V = Array.append case.V case.U })

          law "compiled = eager: reverse over reverse" 200 everywhere (fun case ->
              let dot (a: Real[]) = Array.fold2 (fun sum x (v: float) -> sum + x * v) (Real 0.0) a case.V
              agree (AD.grad (AD.grad (g case) >> dot)) case) ]
