/// Integrals over the supports of distributions, to compare moments and derivatives with.
module FuncAD.Tests.Integral

open System
open FuncAD

type Support =
    | Interval of low: float * high: float
    /// from a point on in a direction, 1 or -1
    | HalfLine of start: float * side: float
    | Line of centre: float * scale: float

/// The support of a distribution in pieces, inside of which its density is smooth.
let support (distribution: Distribution) : Support list =
    let p = distribution.Parameters |> Seq.map _.Value.Value |> Array.ofSeq
    match distribution.Name with
    | "Beta" -> [ Interval(0.0, 1.0) ]
    | "Uniform" -> [ Interval(p[0], p[1]) ]
    | "Exponential"
    | "Gamma"
    | "LogNormal" -> [ HalfLine(0.0, 1.0) ]
    | "Laplace" -> [ HalfLine(p[0], 1.0); HalfLine(p[0], -1.0) ]
    | "Normal" -> [ Line(p[0], p[1]) ]
    | "StudentT" -> [ Line(p[1], p[2]) ]
    | name -> failwith name

/// x(t) and dx/dt, so that x takes the support as t takes all numbers, with ends to which e^(e^|t|) leads.
let private node (support: Support) (t: float) : struct (float * float) =
    let s, ds = Math.PI / 2.0 * Math.Sinh t, Math.PI / 2.0 * Math.Cosh t
    match support with
    | Interval(low, high) ->
        struct (low + (high - low) * SpecialValues.sigmoid (2.0 * s), (high - low) * 2.0 * ds * SpecialValues.logisticDensity (2.0 * s))
    | HalfLine(start, side) -> struct (start + side * Math.Exp s, ds * Math.Exp s)
    | Line(centre, scale) -> struct (centre + scale * Math.Sinh s, scale * ds * Math.Cosh s)

/// The integral over pieces, by the trapezoidal rule in t: doubly exponential decay of the integrand makes it exact to many digits (Takahasi and Mori 1974).
/// What is not finite lies at the ends, where next to nothing is left.
let integral (pieces: Support list) (integrand: float -> float) : float =
    let h = 1.0 / 512.0
    Seq.sum
        [ for piece in pieces do
              for k in -2300 .. 2300 do
                  let struct (x, weight) = node piece (float k * h)
                  let value = if weight > 0.0 && weight < 1e300 then weight * integrand x else 0.0
                  if Double.IsFinite value then value * h ]
