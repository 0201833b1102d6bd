/// The laws that every operation on arrays has to hold, at a point, in random directions.
module FuncAD.Tests.ArrayLaws

open System
open Expecto
open FuncAD
open FuncAD.Tests.Testing

let tensor (shape: int list) (elements: float seq) = Tensor(Seq.toArray elements, List.toArray shape, null)

/// A tensor of uniformly distributed elements.
let uniform (random: Random) (low: float) (high: float) (shape: int list) =
    let length = List.fold (*) 1 shape
    tensor shape (Seq.init length (fun _ -> low + (high - low) * random.NextDouble()) |> Seq.toArray)

let private like (random: Random) (x: Tensor) = uniform random -1.0 1.0 (List.ofArray x.Dimensions)

/// The sum of products of corresponding elements.
let inner (a: Tensor[]) (b: Tensor[]) : Real =
    Array.fold2 (fun sum (a: Tensor) (b: Tensor) -> sum + Tensor.SumTo(a * b, [||]).ToReal()) (Real 0.0) a b

/// The sum of the products' magnitudes, which bounds what rounding does to their sum.
let private magnitude (a: Tensor[]) (b: Tensor[]) = (inner (a |> Array.map Tensor.Abs) (b |> Array.map Tensor.Abs)).Value

let private along (x: Tensor[]) (v: Tensor[]) (t: Real) = Array.map2 (fun (x: Tensor) v -> x + t * v) x v

/// <summary>
/// Holds a smooth function of arrays to the laws of first and second order: equal values in every mode, the adjoint identity
/// &lt;u, J v&gt; = &lt;J^T u, v&gt;, agreement with extrapolated differences, and the second derivative &lt;w, H v&gt; of &lt;u, f&gt;, the same by forward
/// over reverse, reverse over forward, reverse over reverse, forward over forward, and by differences of the gradient.
/// </summary>
/// <remarks>
/// Sums of n products are compared with a tolerance of 1e-11 times the sum of their magnitudes: some 10^5 roundings, more than any of these
/// functions has, while a wrong term of usual size is off by 0.01 of it or more. Differences carry their own bound.
/// </remarks>
let hold (name: string) (f: Tensor[] -> Tensor[]) (x: Tensor[]) =
    let random = random name
    let y = f x
    let v, w, u = Array.map (like random) x, Array.map (like random) x, Array.map (like random) y
    let close (what: string) (scale: float) (expected: Real) (actual: Real) =
        expectWithin (1e-11 * scale + 1e-300) expected.Value actual.Value $"{name}: {what}"

    // first order
    let yForward, jv = AD.jvp f x v
    let yReverse, pullback = AD.vjp f x
    let jtu = pullback u
    Expect.equal yForward y $"{name}: the value in forward mode"
    Expect.equal yReverse y $"{name}: the value in reverse mode"
    Array.iter2 (fun (y: Tensor) (dy: Tensor) -> Expect.equal dy.Dimensions y.Dimensions $"{name}: the shape of a tangent") y jv
    Array.iter2 (fun (x: Tensor) (dx: Tensor) -> Expect.equal dx.Dimensions x.Dimensions $"{name}: the shape of a cotangent") x jtu
    let scale = magnitude u jv + magnitude jtu v
    close "<u, J v> = <J^T u, v>" scale (inner u jv) (inner jtu v)
    let zeros = v |> Array.map (fun v -> Tensor(v.ToArray() |> Array.mapi (fun i v -> if i % 3 = 0 then v else 0.0), v.Dimensions, null))
    let directions = [| v; w; zeros |]
    let yOfMany, many = AD.jvpMany f x directions
    Expect.equal yOfMany y $"{name}: the value in several directions"
    // products of matrices may add up in another order
    directions
    |> Array.iteri (fun k direction ->
        let _, alone = AD.jvp f x direction
        Array.iter2
            (fun (alone: Tensor) (together: Tensor) ->
                Expect.equal together.Dimensions alone.Dimensions $"{name}: the shape of tangent {k} of several"
                let largest = alone.Elements |> Array.fold (fun m t -> max m (abs t)) 0.0
                Array.iter2
                    (fun e t -> expectWithin (1e-11 * largest) e t $"{name}: tangent {k} of several")
                    alone.Elements
                    together.Elements)
            alone
            many[k])
    let g (x: Tensor[]) = inner u (f x)
    let struct (slope, bound) = Differences.derivative 1e3 0.01 (fun t -> (g (along x v (Real t))).Value) 0.0
    expectWithin (bound + 1e-11 * scale) slope (inner u jv).Value $"{name}: <u, J v> against differences"

    // second order
    // rows and rules have formulas of their own for constants: an outer level, which evaluates the others, sees the same gradient
    let gradient = AD.grad g x
    let inForward, hv = AD.jvp (AD.grad g) x v
    close "the gradient, in forward mode" (magnitude w gradient) (inner w gradient) (inner w inForward)
    close "the gradient, in reverse mode" (magnitude w gradient) (inner w gradient) (inner w (fst (AD.vjp (AD.grad g) x)))
    let whv = inner w hv
    let scale = magnitude w hv + 1e-3 * scale
    close "reverse over forward" scale whv (inner w (AD.grad (fun x -> snd (AD.jvp g x v)) x))
    close "reverse over reverse" scale whv (inner w (AD.grad (fun x -> inner (AD.grad g x) v) x))
    close "forward over forward" scale whv (snd (AD.jvp (fun x -> snd (AD.jvp g x v)) x w))
    let struct (slope, bound) = Differences.derivative 1e3 0.01 (fun t -> (inner w (AD.grad g (along x v (Real t)))).Value) 0.0
    expectWithin (bound + 1e-11 * scale) slope whv.Value $"{name}: <w, H v> against differences"

/// The laws for a function of one array.
let holdOf (name: string) (f: Tensor -> Tensor) (x: Tensor) = hold name (fun x -> [| f x[0] |]) [| x |]
