/// The laws of differentiation, on random programs at random points.
///
/// Tolerances are derived, not tuned. A derivative of a program is a sum, over the paths from input to result, of products of local
/// slopes. Every mode computes this sum of the same slopes in an order of its own. With at most n roundings on a path, two orders differ
/// by at most 2 n u S, where S is the sum of the absolute values of the products: the Size that Twin of Magnitude computes, and Twin of
/// Twin of Magnitude for second derivatives, whose terms contain derivatives of slopes. n is the program's cost.
module FuncAD.Tests.LawTests

open System
open Expecto
open FuncAD
open FuncAD.Tests.Testing
open FuncAD.Tests.Programs

let private f (case: Case) (x: Real[]) : Real[] = results case.Program x
let private g (case: Case) (x: Real[]) : Real = result case.Program x

let private combine (a: float) (u: float[]) (b: float) (v: float[]) = Array.map2 (fun u v -> a * u + b * v) u v

/// The sizes of J v, result by result.
let private sizes (case: Case) (v: float[]) : float[] =
    results case.Program (Array.map2 (fun x v -> Twin(Magnitude(x, 0.0), Magnitude(v, 0.0))) case.Point v) |> Array.map _.Tangent.Size

/// How far two orders of computing first derivatives may differ: twice n u S, and n more units for the sums around it.
let private bound (case: Case) (size: float) = 4.0 * (cost case.Program + 10.0) * u * size + 1e-300

let private jv case v = AD.jvp (f case) (reals case.Point) (reals v) |> snd |> values
let private wj case w = (AD.vjp (f case) (reals case.Point) |> snd) (reals w) |> values
let private unit' n i = Array.init n (fun j -> if i = j then 1.0 else 0.0)

let private expectAll (case: Case) (size: float[]) (expected: float[]) (actual: float[]) what =
    for index = 0 to expected.Length - 1 do
        expectWithin (bound case size[index]) expected[index] actual[index] $"{what}, entry {index}"

/// The complex step's functions are not the table's: each is right to a few units of its own, so that the slopes differ. And an imaginary
/// part underflows below 5e-324, a derivative of 5e-124; what slopes may follow is allowed for by many orders of magnitude.
let private complexSizes (case: Case) = sizes case case.V |> Array.map (fun size -> 4.0 * size + 1e-90)

/// Every gradient entry's size.
let private gradientSizes (case: Case) =
    case.Point |> Array.mapi (fun i _ -> let all = sizes case (unit' case.Point.Length i) in all[all.Length - 1])

/// The second derivative of the result along u and v, as typed duals of duals, and its size.
let private along (case: Case) (u: float[]) (v: float[]) : Magnitude =
    let number x = Magnitude(x, 0.0)
    let lift i x = Twin(Twin(number x, number u[i]), Twin(number v[i], number 0.0))
    (result case.Program (Array.mapi lift case.Point)).Tangent.Tangent

let private hessianVector (case: Case) (product: (Real[] -> Real) -> Real[] -> Real[] -> Real[]) what =
    let actual = product (g case) (reals case.Point) (reals case.V) |> values
    for i = 0 to case.Point.Length - 1 do
        let expected = along case (unit' case.Point.Length i) case.V
        expectWithin (bound case expected.Size) expected.Value actual[i] $"{what}, entry {i}"

let private dot (a: Real[]) (b: Real[]) = Array.fold2 (fun sum x y -> sum + x * y) (real 0.0) a b

// The four ways to a product with the Hessian.
let private forwardOverReverse f x v = AD.jvp (AD.grad f) x v |> snd
let private reverseOverForward f x v = AD.grad (fun x -> AD.jvp f x v |> snd) x
let private reverseOverReverse (f: Real[] -> Real) x v = AD.grad (fun x -> dot (AD.grad f x) v) x

let private forwardOverForward (f: Real[] -> Real) (x: Real[]) v =
    x |> Array.mapi (fun i _ -> AD.jvp (fun x -> AD.jvp f x (reals (unit' x.Length i)) |> snd) x v |> snd)

let private times<'T when 'T :> ICarrier<'T>> (k: float) (x: 'T) : 'T = 'T.Multiply('T.Constant k, x)
let private plus<'T when 'T :> ICarrier<'T>> (a: 'T) (b: 'T) : 'T = 'T.Add(a, b)

let private everywhere = cases everything 1 4
let private smoothly = cases smooth 1 3

[<Tests>]
let tests =
    testList
        "laws"
        [ law "J(au + bv) = a Ju + b Jv" 800 everywhere (fun case ->
              let a, b = 1.5, -0.75
              let sum = jv case (combine a case.U b case.V)
              let size = Array.map2 (fun s t -> abs a * s + abs b * t) (sizes case case.U) (sizes case case.V)
              expectAll case size (combine a (jv case case.U) b (jv case case.V)) sum "J(au + bv)")

          law "the derivative of a f + b g is a f' + b g'" 600 everywhere (fun case ->
              let a, b = 0.75, -2.5
              let both (x: Real[]) = let y = run case.Program x in a * y[y.Length - 1] + b * y[y.Length - 2]
              let last, other = (fun (x: Real[]) -> (run case.Program x).Last), (fun (x: Real[]) -> (run case.Program x).LastButOne)
              let at (f: Real[] -> Real) = AD.grad f (reals case.Point) |> values
              let sizes =
                  case.Point
                  |> Array.mapi (fun i _ ->
                      let t =
                          run
                              case.Program
                              (Array.mapi (fun j x -> Twin(Magnitude(x, 0.0), Magnitude((if i = j then 1.0 else 0.0), 0.0))) case.Point)
                      abs a * t.Last.Tangent.Size + abs b * t.LastButOne.Tangent.Size)
              expectAll case sizes (combine a (at last) b (at other)) (at both) "(a f + b g)'")

          law "the derivative of f g is f' g + f g'" 600 everywhere (fun case ->
              let last, other = (fun (x: Real[]) -> (run case.Program x).Last), (fun (x: Real[]) -> (run case.Program x).LastButOne)
              let value, gradient = AD.valueAndGrad last (reals case.Point)
              let value', gradient' = AD.valueAndGrad other (reals case.Point)
              let expected = Array.map2 (fun (g: Real) (h: Real) -> g.Value * value'.Value + value.Value * h.Value) gradient gradient'
              let sizes =
                  case.Point
                  |> Array.mapi (fun i _ ->
                      let t =
                          run
                              case.Program
                              (Array.mapi (fun j x -> Twin(Magnitude(x, 0.0), Magnitude((if i = j then 1.0 else 0.0), 0.0))) case.Point)
                      t.Last.Tangent.Size * abs value'.Value + abs value.Value * t.LastButOne.Tangent.Size)
              expectAll case sizes expected (AD.grad (fun x -> last x * other x) (reals case.Point) |> values) "(f g)'")

          law "the chain rule: J of f after g is J(f) J(g)" 600 (cases everything 2 2) (fun case ->
              // the same program after itself, its results brought back into the range of its inputs
              let squash (x: Real) = 2.0 * Real.Tanh(x / 2.0)
              let once (x: Real[]) : Real[] = Array.map squash ((run case.Program x) |> fun all -> all[all.Length - 2 ..])
              let point = reals case.Point
              let y, dy = AD.jvp once point (reals case.V)
              let expected = AD.jvp once y dy |> snd |> values
              let actual = AD.jvp (once >> once) point (reals case.V) |> snd |> values
              // forward mode takes the very same steps: no tolerance
              Array.iter2 (fun e a -> expectEqual e a "J(f) J(g) v") expected actual
              let _, pullback = AD.vjp (once >> once) point
              let z, outer = AD.vjp once y
              let _, inner = AD.vjp once point
              let w = reals (Array.truncate z.Length [| 0.7; -1.3 |])
              Array.iter2 (fun e a -> expectEqual e a "w J(f) J(g)") (inner (outer w) |> values) (pullback w |> values))

          law "forward = reverse" 1200 everywhere (fun case ->
              let reverse = AD.grad (g case) (reals case.Point) |> values
              let forward =
                  case.Point
                  |> Array.mapi (fun i _ -> (AD.jvp (g case) (reals case.Point) (reals (unit' case.Point.Length i)) |> snd).Value)
              expectAll case (gradientSizes case) forward reverse "gradient")

          law "forward = typed duals" 800 everywhere (fun case ->
              let typed =
                  results case.Program (Array.map2 (fun x v -> Twin(PlainDouble x, PlainDouble v)) case.Point case.V)
                  |> Array.map _.Tangent.Value
              expectAll case (sizes case case.V) typed (jv case case.V) "J v")

          law "the Jacobian is the same by columns and by rows" 300 everywhere (fun case ->
              let columns, rows = AD.jacobianForward (f case) (reals case.Point), AD.jacobianReverse (f case) (reals case.Point)
              for j = 0 to case.Point.Length - 1 do
                  let size = sizes case (unit' case.Point.Length j)
                  for i = 0 to size.Length - 1 do
                      expectWithin (bound case size[i]) (columns[i, j].Value) (rows[i, j].Value) $"J[{i}, {j}]")

          law "rows of the Jacobian together are the pullback's, bit for bit" 400 everywhere (fun case ->
              // from one row to more than two groups of eight
              for copies in [ 1; 2; 5; 20 ] do
                  let many (x: Real[]) =
                      (let y = f case x in Array.init copies (fun k -> if k % 3 = 2 then y[k % y.Length] * float k else y[k % y.Length]))
                  let rows = AD.jacobianReverse many (reals case.Point)
                  let _, pullback = AD.vjp many (reals case.Point)
                  for i = 0 to copies - 1 do
                      let row = pullback (reals (unit' copies i)) |> values
                      for j = 0 to row.Length - 1 do
                          expectEqual row[j] rows[i, j].Value $"{copies} rows, J[{i}, {j}]")

          law "blocks of structures with tensors are those of the Jacobian and the Hessian" 200 everywhere (fun case ->
              let point = reals case.Point[..0], Tensor.ofArray case.Point[1..]
              let numbers (a: Real[], b: Tensor) = Array.append a (Tensor.toReals b)
              let parts (y: Real[]) = [ y[0] ], Tensor.stack y[1..]
              let expected, blocks = AD.jacobianReverse (f case) (reals case.Point), AD.jacobianBlocks (numbers >> f case >> parts) point
              let n = case.Point.Length
              let second, curvature = AD.hessian (g case) (reals case.Point), AD.hessianBlocks (numbers >> g case) point
              for j = 0 to n - 1 do
                  let size = sizes case (unit' n j)
                  for i = 0 to size.Length - 1 do
                      expectWithin (bound case size[i]) expected[i, j].Value blocks.Matrix[i, j].Value $"J[{i}, {j}]"
                  for i = 0 to n - 1 do
                      let size = (along case (unit' n i) (unit' n j)).Size
                      expectWithin (bound case size) second[i, j].Value curvature.Matrix[i, j].Value $"H[{i}, {j}]"
              expectSame blocks.Matrix[0, 0].Value ((blocks.Block((fun (y, _) -> y[0]), (fun (a, _) -> a[0]))).ToReal()).Value "a block")

          law "what a function returns beside its result takes no part in the gradient" 400 everywhere (fun case ->
              let value, gradient, (beside, tensor) =
                  AD.valueAndGradWithAux (fun x -> let y = f case x in g case x, (y, Tensor.stack y)) (reals case.Point)
              let y = f case (reals case.Point) |> values
              expectSame (g case (reals case.Point)).Value value.Value "the value"
              Array.iter2 (fun e a -> expectEqual e a "gradient") (AD.grad (g case) (reals case.Point) |> values) (values gradient)
              Array.iteri (fun i e -> expectSame e (float beside[i]) "numbers") y
              Array.iteri (fun i e -> expectSame e (tensor.ToArray()[i]) "a tensor") y
              // to an operator around it, it is what it is
              let aux x = AD.gradWithAux (fun inner -> g case inner, f case x) x |> snd
              let expected = AD.jvp (f case) (reals case.Point) (reals case.V) |> snd |> values
              Array.iter2 (fun e a -> expectEqual e a "J v") expected (AD.jvp aux (reals case.Point) (reals case.V) |> snd |> values))

          law "<w, Jv> = <J^T w, v>" 800 everywhere (fun case ->
              let left = Array.fold2 (fun sum w y -> sum + w * y) 0.0 case.W (jv case case.V)
              let right = Array.fold2 (fun sum x v -> sum + x * v) 0.0 (wj case case.W) case.V
              let size = Array.fold2 (fun sum w s -> sum + abs w * s) 0.0 case.W (sizes case case.V)
              expectWithin (bound case size) left right "<w, Jv>")

          law "H = H^T" 300 everywhere (fun case ->
              let h = AD.hessian (g case) (reals case.Point)
              let n = case.Point.Length
              for i = 0 to n - 1 do
                  for j = 0 to i - 1 do
                      let size = (along case (unit' n i) (unit' n j)).Size
                      expectWithin (bound case size) h[i, j].Value h[j, i].Value $"H[{i}, {j}]")

          law "Hv by forward over reverse" 400 everywhere (fun case -> hessianVector case forwardOverReverse "Hv")
          law "Hv by reverse over forward" 400 everywhere (fun case -> hessianVector case reverseOverForward "Hv")
          law "Hv by forward over forward" 400 everywhere (fun case -> hessianVector case forwardOverForward "Hv")
          law "Hv by reverse over reverse" 400 everywhere (fun case -> hessianVector case reverseOverReverse "Hv")
          law "Hv by AD.hvp" 200 everywhere (fun case -> hessianVector case AD.hvp "Hv")

          law "an outer level sees the same gradient" 600 everywhere (fun case ->
              let expected = AD.grad (g case) (reals case.Point) |> values
              let sizes = gradientSizes case
              for name, actual in
                  [ "forward", AD.jvp (AD.grad (g case)) (reals case.Point) (reals case.V) |> fst
                    "reverse", AD.vjp (AD.grad (g case)) (reals case.Point) |> fst ] do
                  for i = 0 to expected.Length - 1 do
                      expectWithin (bound case sizes[i]) expected[i] actual[i].Value $"{name}, entry {i}")

          law "the Laplacian is the trace of the Hessian" 200 everywhere (fun case ->
              let n = case.Point.Length
              let size = Seq.sum [ for i in 0 .. n - 1 -> (along case (unit' n i) (unit' n i)).Size ]
              let h = AD.hessian (g case) (reals case.Point)
              let trace = Seq.sum [ for i in 0 .. n - 1 -> h[i, i].Value ]
              expectWithin (bound case size) trace (AD.laplacian (g case) (reals case.Point)).Value "trace")

          law "Taylor coefficients are nested derivatives" 400 (cases { everything with Longest = 8; Depth = 1 } 1 1) (fun case ->
              let f (x: Real) = g case [| x |]
              let series = Taylor.coefficients 3 f (real case.Point[0]) |> values
              let derivatives = Taylor.derivatives 3 f (real case.Point[0]) |> values
              let d1 = AD.diff f
              let d2 = AD.diff d1
              let d3 = AD.diff d2
              let x = case.Point[0]
              // typed duals of duals of duals, all along the same direction: their sizes bound both
              let one, zero = Magnitude(1.0, 0.0), Magnitude(0.0, 0.0)
              let inner = Twin(Twin(Magnitude(x, 0.0), one), Twin(one, zero))
              let input = Twin(inner, Twin(Twin(one, zero), Twin(zero, zero)))
              let y = result case.Program [| input |]
              let near size expected actual what = expectWithin (bound case (10.0 * size)) expected actual what
              expectSame (f (real x)).Value series[0] "order 0"
              near y.Primal.Primal.Tangent.Size (d1 (real x)).Value series[1] "order 1"
              near y.Primal.Tangent.Tangent.Size (d2 (real x)).Value (2.0 * series[2]) "order 2"
              near y.Tangent.Tangent.Tangent.Size (d3 (real x)).Value (6.0 * series[3]) "order 3"
              near y.Tangent.Tangent.Tangent.Size y.Tangent.Tangent.Tangent.Value (6.0 * series[3]) "order 3, typed"
              // a series of derivatives has the same terms as one of coefficients
              expectSame series[0] derivatives[0] "order 0, derivatives"
              near y.Primal.Primal.Tangent.Size series[1] derivatives[1] "order 1, derivatives"
              near y.Primal.Tangent.Tangent.Size (2.0 * series[2]) derivatives[2] "order 2, derivatives"
              near y.Tangent.Tangent.Tangent.Size (6.0 * series[3]) derivatives[3] "order 3, derivatives")

          law "the primal is that of plain doubles, bit for bit, in every mode" 800 everywhere (fun case ->
              // Derivatives inside a program are not plain code: their own laws are above.
              let rec plain (program: Program) =
                  program.Operations
                  |> List.forall (fun operation ->
                      match operation with
                      | Derivative _
                      | Gradient _ -> false
                      | Loop(_, body, _, _) -> plain body
                      | Branch(p, n, _, _) -> plain p && plain n
                      | _ -> true)
              if plain case.Program then
                  let expected = results case.Program (Array.map PlainDouble case.Point) |> Array.map _.Value
                  let check what (actual: Real[]) = Array.iter2 (fun e a -> expectSame e a what) expected (values actual)
                  let point = reals case.Point
                  check "constants" (f case point)
                  check "forward" (AD.jvp (f case) point (reals case.V) |> fst)
                  check "reverse" (AD.vjp (f case) point |> fst)
                  check "forward over reverse" (AD.jvp (fun x -> AD.vjp (f case) x |> fst) point (reals case.V) |> fst)
                  let along (t: Real) = g case (Array.map2 (fun (x: float) (v: float) -> x + t * v) case.Point case.V)
                  let start = Array.map2 (fun (x: float) (v: float) -> x + 0.0 * v) case.Point case.V
                  let series = AD.taylor 2 along (real 0.0)
                  expectSame (result case.Program (Array.map PlainDouble start)).Value series[0].Value "Taylor")

          law "the complex step agrees" 1200 (cases { analytic with Depth = 0 } 1 3) (fun case ->
              let h = ComplexStep.H
              let expected =
                  results case.Program (Array.map2 (fun x v -> ComplexStep(x, h * v)) case.Point case.V) |> Array.map (fun y -> y.Im / h)
              expectAll case (complexSizes case) expected (jv case case.V) "J v")

          law
              "the complex step of loops, branches and derivatives agrees"
              600
              (cases { analytic with Binaries = analytic.Binaries |> Array.filter (fun rule -> rule.Rule.Name <> "pow") } 1 2)
              (fun case ->
                  let h = ComplexStep.H
                  let expected =
                      results case.Program (Array.map2 (fun x v -> ComplexStep(x, h * v)) case.Point case.V)
                      |> Array.map (fun y -> y.Im / h)
                  expectAll case (complexSizes case) expected (jv case case.V) "J v")

          law "extrapolated differences agree" 600 smoothly (fun case ->
              let along t = (result case.Program (Array.map2 (fun x v -> PlainDouble(x + t * v)) case.Point case.V)).Value
              let exact = (AD.jvp (g case) (reals case.Point) (reals case.V) |> snd).Value
              // the rounding of f itself: its size, in units of u, by the cost
              let value = result case.Program (case.Point |> Array.map (fun x -> Magnitude(x, 0.0)))
              let ulps = (cost case.Program + 10.0) * (value.Size + 1e-30) / (abs value.Value + 1e-30)
              let struct (difference, error) = Differences.derivative ulps 0.1 along 0.0
              let size = (sizes case case.V).Last
              // an infinite error: the function's own rounding outweighs it, so that differences have no opinion
              if Double.IsFinite error then expectWithin (8.0 * error + bound case size + 1e-290) difference exact "directional derivative")

          law "the tape has the meaning of backpropagators" 800 (cases { everything with Longest = 9; Depth = 1 } 1 3) (fun case ->
              let meant = Meaning.Gradient(result case.Program, Array.map PlainDouble case.Point) |> Array.map _.Value
              expectAll case (gradientSizes case) meant (AD.grad (g case) (reals case.Point) |> values) "gradient")

          law
              "a tape within a tape has the meaning of backpropagators of backpropagators"
              300
              (cases { everything with Longest = 5; Depth = 0 } 1 2)
              (fun case ->
                  let inner (x: Meaning<PlainDouble>[]) =
                      Meaning.Gradient(result case.Program, x) |> Array.mapi (fun i y -> times case.V[i] y) |> Array.reduce plus
                  let meant = Meaning.Gradient(inner, Array.map PlainDouble case.Point) |> Array.map _.Value
                  let actual = reverseOverReverse (g case) (reals case.Point) (reals case.V) |> values
                  for i = 0 to meant.Length - 1 do
                      let size = (along case (unit' case.Point.Length i) case.V).Size
                      expectWithin (bound case size) meant[i] actual[i] $"Hv, entry {i}")

          law "many threads give identical bits" 120 everywhere (fun case ->
              let once () =
                  let point = reals case.Point
                  Array.concat
                      [ AD.grad (g case) point |> values
                        jv case case.V
                        AD.hvp (g case) point (reals case.V) |> values
                        reverseOverReverse (g case) point (reals case.V) |> values ]
              let expected = once ()
              let all = Array.Parallel.init 8 (fun _ -> once ())
              for actual in all do
                  Array.iter2 (fun e a -> expectSame e a "the same on every thread") expected actual)

          testCase "the tolerances are not vacuous" (fun () ->
              // Over random programs, the median of bound / size is that of some hundred roundings, and of bound / |derivative| not much more.
              let generator = FsCheck.FSharp.Arb.toGen everywhere
              let cases = FsCheck.FSharp.Gen.sampleWithSeed (FsCheck.Rnd seed) 30 300 generator
              let ratios =
                  cases
                  |> Array.choose (fun case ->
                      let size = (sizes case case.V).Last
                      let exact = abs (jv case case.V).Last
                      if exact = 0.0 || Double.IsNaN exact then None else Some(bound case size / exact))
                  |> Array.sort
              Expect.isGreaterThan ratios.Length 100 "enough programs depend on their inputs"
              Expect.isLessThan ratios[ratios.Length / 2] 1e-9 "the median of the relative tolerances"
              let within = ratios |> Array.filter (fun ratio -> ratio < 1e-4)
              // About 0.87 of them are; among some 210 draws that share has a standard deviation of 0.023, so that 0.75 is five of them off.
              Expect.isGreaterThan (float within.Length) (0.75 * float ratios.Length) "most relative tolerances are below 1e-4") ]
