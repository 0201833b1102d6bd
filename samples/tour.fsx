// A guided tour of FuncAD in F#, after a build (see load.fsx):
//
//     dotnet build src-fsharp/FuncAD.Core -c Release
//     dotnet fsi samples/tour.fsx
//
// Each section says what it shows, computes it and compares it with what mathematics says. The last line is ok when all of it agrees.
#load "load.fsx"

open System
open System.Numerics
open FuncAD

let mutable failures = 0

let section title = printfn $"\n{title}"

let showWithin (tolerance: float) what (actual: Real) (expected: float) =
    let agrees = abs (actual.Value - expected) <= tolerance * max 1.0 (abs expected)
    if not agrees then failures <- failures + 1
    let verdict = if agrees then "" else $"   <-- expected {expected}"
    printfn $"  {what} = {actual}{verdict}"

let show what actual expected = showWithin 1e-12 what actual expected

section "Derivatives are functions, so they compose"
let f (x: Real) = sin x * exp (-x * x / 8.0)
let third = f |> AD.diff |> AD.grad |> AD.diff // forward over reverse over forward
show "f'''(0), three derivatives piped" (third (Real 0.0)) (-7.0 / 4.0)
show "f'''(0), from the Taylor series" (AD.diffn 3 f (Real 0.0)) (-7.0 / 4.0)
show "the derivative of a partial application" (AD.diff ((*) (Real 3.0)) (Real 1.0)) 3.0

section "Taylor series: exp (exp x - 1) generates the Bell numbers, k! times a coefficient each"
let factorials = Seq.scan (*) 1.0 (Seq.initInfinite (fun k -> float k + 1.0))
let bell = AD.taylor 8 (fun x -> exp (exp x - 1.0)) (Real 0.0) |> Seq.map2 (fun k c -> k * c) factorials |> Seq.toArray
printfn "  %s" (bell |> Seq.map (fun b -> b.ToString("0", null)) |> String.concat ", ")
show "the ways to divide eight things into groups" bell[8] 4140.0

section "Derivatives within derivatives keep their perturbations apart"
show "d/dx (x * d/dy (x + y))" (AD.diff (fun x -> x * AD.diff (fun y -> x + y) (Real 1.0)) (Real 1.0)) 1.0

// A function is a structure too: the derivative of the shift operator is the derivative operator, and may be applied to itself.
let shift (u: Real) (g: Real -> Real) (x: Real) = g (x + u)
let derivative = AD.diff shift (Real 0.0)
show "the shift operator's, twice, of exp at 1" (derivative (derivative exp) (Real 1.0)) Math.E

section "Many in, many out: products with the Jacobian, and matrices"
let cartesian (p: Real[]) = [| p[0] * cos p[1]; p[0] * sin p[1] |]
let polar = AD.toReals [| 2.0; Math.PI / 6.0 |]
let point, velocity = AD.jvp cartesian polar (AD.toReals [| 0.0; 1.0 |])
show "jvp: the y velocity of a turn about the origin is x" velocity[1] point[0].Value

let _, pullback = AD.vjp cartesian polar // one run of the function, as many sweeps back as wanted
show "vjp: dx/dr" (Array.head (pullback (AD.toReals [| 1.0; 0.0 |]))) (sqrt 3.0 / 2.0)
show "vjp: dy/dr" (Array.head (pullback (AD.toReals [| 0.0; 1.0 |]))) 0.5

let j = AD.jacobian cartesian polar
show "jacobian: its determinant is r" (j[0, 0] * j[1, 1] - j[0, 1] * j[1, 0]) 2.0

let rosenbrock (x: Real[]) = pown (1.0 - x[0]) 2 + 100.0 * pown (x[1] - x[0] * x[0]) 2
let h = AD.hessian rosenbrock (AD.toReals [| 1.0; 1.0 |])
show "hessian: Rosenbrock's determinant at the minimum" (h[0, 0] * h[1, 1] - h[0, 1] * h[1, 0]) 400.0

section "Vector calculus"
let here = AD.toReals [| 1.0; 2.0; -2.0 |]
let field (x: Real[]) = [| x[1] * sin x[2]; x[0] * x[0] * x[2]; exp (x[0] * x[1]) |]
show "the Laplacian of 1/r" (AD.laplacian (fun x -> 1.0 / sqrt (x |> Array.sumBy (fun xi -> xi * xi))) here) 0.0
show "the divergence of a curl" (AD.divergence (AD.curl field) here) 0.0

section "Parameters may be records of anything: the gradient is one, and what is no number rides along"
type Lens = { Glass: string; Index: Real; Radii: Real list; Coating: Real option }

let lens = { Glass = "magnifier"; Index = Real 1.5; Radii = [ Real 0.2; Real -0.3 ]; Coating = None }
let power lens = (lens.Index - 1.0) * (List.map ((/) (Real 1.0)) lens.Radii |> List.reduce (-))
let gradient = AD.grad power lens
printfn $"  gradient of the power: {gradient.Glass}, {gradient.Index}, {gradient.Radii}, %A{gradient.Coating}"
show "d power / d index" gradient.Index (1.0 / 0.2 + 1.0 / 0.3)
show "d power / d first radius" gradient.Radii.Head -12.5

section "Generic math differentiates as it stands: a planet's orbit by Runge-Kutta"
// Written for any floating-point type, without a thought of derivatives; `inline` gives its operators the type's own meaning.
let inline orbit steps (start: 'T[]) : 'T[] when 'T :> IFloatingPointIeee754<'T> =
    let step = 'T.CreateChecked 0.005
    let half, sixth = step / 'T.CreateChecked 2, step / 'T.CreateChecked 6
    let move s (t, slope) = Array.map2 (fun s slope -> s + t * slope) s slope
    let slope (s: 'T[]) =
        let distance = 'T.Hypot(s[0], s[1])
        let pull = 'T.One / (distance * distance * distance)
        [| s[2]; s[3]; -pull * s[0]; -pull * s[1] |]
    let next s _ =
        let a = slope s
        let b = slope (move s (half, a))
        let c = slope (move s (half, b))
        let d = slope (move s (step, c))
        List.fold move s [ sixth, a; sixth + sixth, b; sixth + sixth, c; sixth, d ]
    Seq.fold next start (seq { 1..steps })

let planet = [| 1.0; 0.0; 0.0; 1.2 |]
let momentum (s: Real[]) = s[0] * s[3] - s[1] * s[2]
let before = AD.grad momentum (AD.toReals planet)
let after = AD.grad (orbit 1000 >> momentum) (AD.toReals planet)
showWithin 1e-9 "angular momentum after 1000 steps: d/dx is as before" after[0] before[0].Value
showWithin 1e-9 "angular momentum after 1000 steps: d/dv is as before" after[3] before[3].Value

let onReals, onFloats = orbit 1000 (AD.toReals planet), orbit 1000 planet
showWithin 0.0 "values are those of float code, bit for bit: x" onReals[0] onFloats[0]

section "Through recursion, and through algorithms that differentiate for themselves"
let rec minimize (cost: Real -> Real) (x: Real) = // Newton's method, on derivatives of its own
    let step = AD.diff cost x / AD.diff (AD.diff cost) x
    if abs step.Value > 1e-12 then minimize cost (x - step) else x - step
let best (a: Real) = minimize (fun x -> pown x 4 / 4.0 + x * x / 2.0 - a * x) (Real 1.5) // where x^3 + x = a
show "the minimum for a = 2" (best (Real 2.0)) 1.0
show "its derivative in a is 1 / (3 x^2 + 1)" (AD.grad best (Real 2.0)) 0.25
show "and its second derivative" (AD.grad (AD.grad best) (Real 2.0)) (-6.0 / 64.0)

section "A primitive of your own: Lambert's W, with W e^W = x"
let w (x: float) = Seq.fold (fun w _ -> w - (w - x * exp -w) / (1.0 + w)) (log (1.0 + x)) (seq { 1..50 })
let lambertW = AD.custom "lambertW" w (fun _ w -> exp -w / (1.0 + w))
show "W'(e)" (AD.diff lambertW (Real Math.E)) (0.5 / Math.E)
show "W''(e), from the same slope" (AD.diff (AD.diff lambertW) (Real Math.E)) (-0.375 / (Math.E * Math.E))

section "A wrong rule is found out"
let right = AD.checkGradient (fun (x, y) -> lambertW x * y) (Real 2.0, Real 3.0)
let wrong = AD.checkGradient (AD.custom "sine" sin (fun x _ -> -cos x)) (Real 1.0)
printfn $"  {right}\n  {wrong}"
showWithin right.Tolerance "the worst error of the right one" (Real right.Error) 0.0
showWithin 1e-6 "the error of the wrong one, relative to its size, is 2" (Real wrong.Error) 2.0

section "Compiled: what a function and its derivative do, kept as a program that computes with plain floats"
let slopes = AD.compile (AD.grad rosenbrock) (AD.toReals [| 0.0; 0.0 |])
let listing = slopes.ToString().TrimEnd().Replace("\n", "\n    ")
printfn $"  {slopes.TracedOperations} operations were performed, {slopes.Operations} are left:\n    {listing}"
let somewhere = AD.toReals [| 0.5; 2.0 |]
showWithin 0.0 "its result is grad's, bit for bit" (Array.head (slopes.Invoke somewhere)) (Array.head (AD.grad rosenbrock somewhere)).Value
show "it is a function: a second derivative of it" (AD.grad (fun x -> Array.head (slopes.Invoke [| x; Real 2.0 |])) (Real 1.0)) 402.0

// A sum over data, compiled for one datum: what depends on the parameters alone is computed once, the rest in vectors over the data.
let squares =
    AD.compileSum (fun (slope: Real) struct (x: Real, y: Real) -> pown (y - slope * x) 2) (Real 1.0) (struct (Real 0.0, Real 0.0))
let data = squares.Columns [ struct (Real 1.0, Real 2.0); struct (Real 2.0, Real 5.0) ]
let struct (cost, slopeOfCost) = squares.ValueAndGrad(Real 2.0, ReadOnlySpan data)
show "a sum of squares" (Real cost) 1.0
show "and its slope" slopeOfCost -4.0

if failures = 0 then
    printfn "\nok"
else
    printfn $"\nfailed: {failures} of the numbers above differ from what they should be"
    exit 1
