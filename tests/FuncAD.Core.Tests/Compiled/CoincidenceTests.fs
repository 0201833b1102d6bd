/// Compiled = eager where things coincide: small programs of choices, branches and infinite slopes at whole numbers, where ties, zeros of both signs, structural zeros
/// and 0 * infinity are the rule rather than the exception.
module FuncAD.Tests.Compiled.CoincidenceTests

open System
open Expecto
open FuncAD
open FuncAD.Tests.Testing

let private program (key: int) (x: Real[]) : Real =
    let random = Random key
    let values = Collections.Generic.List<Real> x
    let pick () = if random.Next 6 = 0 then Real(float (random.Next(-1, 3))) else values[random.Next values.Count]
    for _ in 1 .. 3 + random.Next 6 do
        let a, b, c, d = pick (), pick (), pick (), pick ()
        values.Add(
            match random.Next 14 with
            | 0 -> a + b
            | 1 -> a - b
            | 2 -> a * b
            | 3 -> a / b
            | 4 -> -a
            | 5 -> sqrt a
            | 6 -> Real.Cbrt a
            | 7 -> Real.Abs a
            | 8 -> Real.Max(a, b)
            | 9 -> Real.Min(a, b)
            | 10 -> Real.Clamp(a, Real 0.0, Real 1.0)
            | 11 -> Real.Select(Real.Less(c, d), a, b)
            | 12 -> Real.Select(Real.Equal(c, d) ||| Real.Less(a, d), a, b)
            | _ -> if Real.op_LessThan (a, b) then a else Real 0.5 * b
        )
    values.ToArray().Last + values.ToArray().LastButOne

let private whole = [| 0.0; -0.0; 1.0; -1.0; 2.0; 0.5 |]

let private agrees name programs (derivative: (Real[] -> Real) -> Real[] -> Real[]) =
    testCase name
    <| fun () ->
        let random = random name
        let point () = Array.init 2 (fun _ -> whole[random.Next whole.Length])
        for key in 1..programs do
            let f = derivative (program (key + int (seed % 1000003UL)))
            let compiled = AD.compileWith (CompileOptions(Mode = ExecutionMode.Interpreted, MaximumPaths = 2)) f (reals (point ()))
            for _ in 1..4 do
                let x = point ()
                Array.iteri2
                    (fun index (e: Real) (a: Real) ->
                        expectSame e.Value a.Value $"program {key} at {x |> Array.map text |> List.ofArray}, result {index}\n{compiled}")
                    (f (reals x))
                    (compiled.Invoke(reals x))

[<Tests>]
let tests =
    testList
        "compiled coincidences"
        [ agrees "gradients" 4000 AD.grad
          agrees "Hessians" 4000 (fun f x -> AD.hessian f x |> Seq.cast<Real> |> Seq.toArray)
          agrees "Taylor coefficients" 4000 (fun f x -> AD.taylor 3 (fun t -> f [| t; x[1] |]) x[0])
          agrees "forward over forward" 2000 (fun f x -> [| AD.diff (AD.diff (fun t -> f [| x[0]; t |])) x[1] |])
          agrees "reverse over reverse" 2000 (fun f -> AD.grad (AD.grad f >> Array.sum))
          agrees "tangents that are inputs" 2000 (fun f x -> [| snd (AD.jvp f x [| x[1]; x[0] |]) |]) ]
