namespace FuncAD

open System
open System.Numerics

/// <summary>A difference quotient of a function. h is the step.</summary>
type Difference =
    /// <summary>(f(x + h) - f(x)) / h: error O(h).</summary>
    | Forward = 0
    /// <summary>(f(x + h) - f(x - h)) / 2h: error O(h^2).</summary>
    | Central = 1
    /// <summary>
    /// The central quotients D of h and of h/2, extrapolated to step 0: (4 D(h/2) - D(h)) / 3, error O(h^4) (Richardson 1911).
    /// </summary>
    | Extrapolated = 2

/// <summary>
/// Derivatives from values of a function alone, with a step of the caller's choice: for comparison. A long step shows the function's
/// curvature (truncation), a short one the rounding errors of its values, divided by the step. AD has neither error, and AD.checkGradient
/// chooses its steps itself.
/// </summary>
[<CompilationRepresentation(CompilationRepresentationFlags.ModuleSuffix)>]
[<System.Runtime.InteropServices.TypeLibType(System.Runtime.InteropServices.TypeLibTypeFlags.FHidden)>]
module Numerical =
    let private checkStep (operation: string) (step: float) : unit =
        if not (step > 0.0 && Double.IsFinite step) then
            raise (ArgumentOutOfRangeException(nameof step, step, $"Numerical.{operation}: a step is a finite number above 0."))

    let private checkPoint (operation: string) (x: float[]) : unit =
        if isNull x then nullArg (nameof x)
        if x.Length = 0 then
            raise (
                ArgumentException(
                    $"Numerical.{operation}: x is empty, so that there is nothing to differentiate with respect to.",
                    nameof x
                )
            )

    /// x + step, which must not round to x.
    let private apart (x: float) (step: float) : float =
        if x + step = x then
            let needed = Math.BitIncrement(abs x) - abs x
            raise (
                ArgumentOutOfRangeException(
                    nameof step,
                    step,
                    $"Numerical: x + step is x in double precision, for x = {x}. The step has to be at least {needed}."
                )
            )
        x + step

    /// The quotient over the distance of the two places as they are after rounding.
    let private quotient (f: float -> float) (left: float) (right: float) : float = (f right - f left) / (right - left)

    let private central (f: float -> float) (x: float) (step: float) : struct (float * float) =
        let left, right = apart x -step, apart x step
        struct (0.5 * (right - left), quotient f left right)

    /// <summary>The derivative of a function of one number by a difference quotient.</summary>
    /// <param name="difference">Which quotient: forward, central or extrapolated.</param>
    /// <param name="step">
    /// The step h, an absolute distance. The best ones are near 1e-8 for forward, 1e-5 for central and 1e-3 for extrapolated quotients,
    /// where f changes over distances of 1.
    /// </param>
    /// <param name="f">The function.</param>
    /// <param name="x">The point.</param>
    /// <remarks>
    /// The quotient divides by the distance of the two places after rounding, so that only the errors of f's values are left in it. Cost:
    /// two calls of f, four for an extrapolated quotient.
    /// </remarks>
    /// <exception cref="T:System.ArgumentOutOfRangeException">
    /// The step is 0, negative, infinite or NaN, or so small that x + step rounds to x; or there is no such quotient.
    /// </exception>
    let derivative (difference: Difference) (step: float) (f: float -> float) (x: float) : float =
        if isNull (box f) then nullArg (nameof f)
        checkStep "Derivative" step
        match difference with
        | Difference.Forward -> quotient f x (apart x step)
        | Difference.Central -> let struct (_, slope) = central f x step in slope
        | Difference.Extrapolated ->
            let struct (long, ofLong), struct (short, ofShort) = central f x step, central f x (0.5 * step)
            let struct (values, _) = NumericalSlope.neville 2.0 [| short; long |] 2 [| ofShort; ofLong |]
            values[0]
        | other ->
            raise (ArgumentOutOfRangeException(nameof difference, other, "Numerical.Derivative: there is no such difference quotient."))

    /// The partial function along one argument. Each call gets an array of its own.
    let private along (f: 'T[] -> 'U) (x: 'T[]) (index: int) : 'T -> 'U =
        fun xi ->
            let moved = Array.copy x
            moved[index] <- xi
            f moved

    /// <summary>The gradient of a function of an array by difference quotients, one argument after the other.</summary>
    /// <remarks>Cost: for n arguments n times that of derivative.</remarks>
    /// <param name="difference">Which quotient, as for derivative.</param>
    /// <param name="step">The step, the same for all arguments.</param>
    /// <param name="f">The function.</param>
    /// <param name="x">The point.</param>
    /// <exception cref="T:System.ArgumentException">x is empty.</exception>
    /// <exception cref="T:System.ArgumentOutOfRangeException">As for derivative.</exception>
    let gradient (difference: Difference) (step: float) (f: float[] -> float) (x: float[]) : float[] =
        if isNull (box f) then nullArg (nameof f)
        checkPoint "Gradient" x
        x |> Array.mapi (fun index xi -> derivative difference step (along f x index) xi)

    /// <summary>
    /// The derivative of an analytic function by the complex step: Im f(x + ih) / h, whose error is O(h^2). Nothing is subtracted, so
    /// that h may be as small as 1e-50, and the result is as accurate as f (Squire and Trapp, "Using complex variables to estimate
    /// derivatives of real functions", 1998).
    /// </summary>
    /// <param name="step">The step h.</param>
    /// <param name="f">
    /// The function, of complex numbers, real where its argument is. Every function in it must carry a tiny imaginary part: Complex.Atan
    /// of .NET 10 loses it (its derivatives come out as 0), Complex.Log10 has an error of 4e-15. Complex.Abs, Conjugate, Magnitude and
    /// comparisons are not analytic, and Log, Sqrt, Pow with a broken power, Asin and Acos have branch cuts outside of their real
    /// domains: the results there are wrong.
    /// </param>
    /// <param name="x">The point.</param>
    /// <exception cref="T:System.ArgumentOutOfRangeException">The step is 0, negative, infinite or NaN.</exception>
    let complexDerivative (step: float) (f: Complex -> Complex) (x: float) : float =
        if isNull (box f) then nullArg (nameof f)
        checkStep "ComplexStep" step
        (f (Complex(x, step))).Imaginary / step

    /// <summary>The gradient of an analytic function by the complex step, one argument after the other.</summary>
    /// <param name="step">The step.</param>
    /// <param name="f">The function, as for complexDerivative.</param>
    /// <param name="x">The point.</param>
    /// <remarks>Cost: a call of f for each argument.</remarks>
    /// <exception cref="T:System.ArgumentException">x is empty.</exception>
    /// <exception cref="T:System.ArgumentOutOfRangeException">The step is 0, negative, infinite or NaN.</exception>
    let complexGradient (step: float) (f: Complex[] -> Complex) (x: float[]) : float[] =
        if isNull (box f) then nullArg (nameof f)
        checkPoint "ComplexStep" x
        let point = x |> Array.map (fun xi -> Complex(xi, 0.0))
        x |> Array.mapi (fun index xi -> complexDerivative step (along f point index) xi)
