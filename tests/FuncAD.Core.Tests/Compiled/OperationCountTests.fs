/// The optimiser's work on programs that are not toys: the number of operations that are left may not grow.
module FuncAD.Tests.Compiled.OperationCountTests

open Expecto
open FuncAD
open FuncAD.Rules
open FuncAD.Tests.Testing

/// Rosenbrock's function in the chained form.
let private rosenbrock (x: Real[]) =
    Seq.sum (seq { for i in 0 .. x.Length - 2 -> let a, b = x[i + 1] - x[i] * x[i], Real 1.0 - x[i] in Real 100.0 * a * a + b * b })
let private blackScholes (spot: Real) (v: Real) (t: Real) (r: Real) (k: Real) =
    let root = v * sqrt t
    let d1 = (log (spot / k) + (r + v * v / Real 2.0) * t) / root
    spot * Special.normalCdf d1 - k * exp (-r * t) * Special.normalCdf (d1 - root)
/// The price, delta, vega, theta, rho, and gamma.
let private greeks (p: Real[]) =
    let price, gradient = AD.valueAndGrad (fun (x: Real[]) -> blackScholes x[0] x[1] x[2] x[3] p[4]) p[..3]
    let gamma = AD.diffn 2 (fun s -> blackScholes s p[1] p[2] p[3] p[4]) p[0]
    Array.concat [ [| price |]; gradient; [| gamma |] ]
let private product (x: Real[]) = Array.reduce (*) x
let private d, K = 10, 25 // dimensions, components
let private triangle = d * (d - 1) / 2
/// The log-likelihood of one point under a mixture of Gaussians (Srajer, Kukelova and Fitzgibbon, "A benchmark of selected algorithmic differentiation tools", 2018,
/// section 4.1): logSumExp over k of w_k + sum of log diagonal - |Q_k (x - mean_k)|^2 / 2, with Q_k lower triangular.
let private mixture (p: Real[]) (x: Real[]) =
    let terms =
        Array.init K (fun k ->
            let mean = p[K + k * d .. K + k * d + d - 1]
            let logs = p[K + K * d + k * d .. K + K * d + k * d + d - 1]
            let lower i j = p[K + 2 * K * d + k * triangle + i * (i - 1) / 2 + j]
            let c = Array.map2 (-) x mean
            let row i = Seq.fold (fun sum j -> sum + lower i j * c[j]) (exp logs[i] * c[i]) (seq { 0 .. i - 1 })
            p[k] + Array.sum logs - Real 0.5 * Seq.sumBy (fun i -> let q = row i in q * q) (seq { 0 .. d - 1 }))
    let top = Array.reduce (fun a b -> Real.Max(a, b)) terms
    top + log (terms |> Array.sumBy (fun t -> exp (t - top)))
let private n = K + 2 * K * d + K * triangle
let private mixtureGradient (z: Real[]) = let v, g = AD.valueAndGrad (fun p -> mixture p z[n..]) z[.. n - 1] in Array.append [| v |] g

let private wave count = Array.init count (fun k -> 0.1 * sin (float k))

/// Name, function, example, and what docs/compiled.md says: operations while tracing, operations in the program.
let private table =
    [ "gradient of Rosenbrock's function, n = 10", AD.grad rosenbrock, Array.init 10 (fun k -> 0.1 * float k), 216, 99
      "Black-Scholes price and five Greeks", greeks, [| 100.0; 0.2; 1.0; 0.01; 95.0 |], 148, 86
      "Hessian of a product of 20 factors",
      AD.hessian product >> Seq.cast<Real> >> Seq.toArray,
      Array.init 20 (fun k -> 1.0 + 0.1 * float k),
      2579,
      1054
      "Gaussian mixture, a point's value and gradient, d = 10, K = 25", mixtureGradient, wave (n + d), 15199, 10350 ]

[<Tests>]
let tests =
    testList
        "compiled operation counts"
        [ for name, f, example, traced, operations in table do
              testCase name
              <| fun () ->
                  let compiled = AD.compile f (reals example)
                  Expect.equal compiled.TracedOperations traced "operations while tracing: docs/compiled.md says otherwise"
                  Expect.equal compiled.Operations operations "operations in the program: docs/compiled.md says otherwise"
                  Array.iter2
                      (fun (e: Real) (a: Real) -> expectSame e.Value a.Value "result")
                      (f (reals example))
                      (compiled.Invoke(reals example)) ]
