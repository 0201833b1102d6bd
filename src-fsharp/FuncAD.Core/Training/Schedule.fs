namespace FuncAD

open System

/// <summary>
/// Learning rates as functions of the number of steps taken so far: 0 at the first step. A rate is a Real, so that it can be differentiated
/// with respect to the numbers that it was made from.
/// </summary>
[<CompilationRepresentation(CompilationRepresentationFlags.ModuleSuffix)>]
[<System.Runtime.InteropServices.TypeLibType(System.Runtime.InteropServices.TypeLibTypeFlags.FHidden)>]
module Schedule =
    let private positive (operation: string) (name: string) (steps: int) =
        if steps < 1 then raise (ArgumentOutOfRangeException(name, steps, $"Schedule.{operation}: a number of steps is 1 or more."))

    /// <summary>rate(t) = rate.</summary>
    let constant (rate: Real) : int -> Real = fun _ -> rate

    /// <summary>rate(t) = rate factor^floor(t / every): it is multiplied by factor after each <c>every</c> steps.</summary>
    /// <exception cref="T:System.ArgumentOutOfRangeException">every is less than 1.</exception>
    let steps (every: int) (factor: float) (rate: Real) : int -> Real =
        positive "steps" (nameof every) every
        fun t -> rate * Math.Pow(factor, float (t / every))

    /// <summary>rate(t) = rate factor^t.</summary>
    let exponential (factor: float) (rate: Real) : int -> Real = fun t -> rate * Math.Pow(factor, float t)

    /// <summary>
    /// rate(t) = last + (rate - last) (1 + cos(pi t / total)) / 2, falling from rate to last, where it stays (Loshchilov and Hutter 2017,
    /// "SGDR: stochastic gradient descent with warm restarts", equation 5, without restarts).
    /// </summary>
    /// <exception cref="T:System.ArgumentOutOfRangeException">total is less than 1.</exception>
    let cosine (total: int) (last: Real) (rate: Real) : int -> Real =
        positive "cosine" (nameof total) total
        fun t -> last + (rate - last) * (0.5 * (1.0 + Double.CosPi(float (min t total) / float total)))

    /// <summary>
    /// rate(t) = schedule(0) (t + 1) / steps for t &lt; steps, and schedule(t - steps) from there on: it rises linearly and joins without a
    /// jump.
    /// </summary>
    /// <exception cref="T:System.ArgumentOutOfRangeException">steps is less than 1.</exception>
    let warmUp (steps: int) (schedule: int -> Real) : int -> Real =
        positive "warmUp" (nameof steps) steps
        if isNull (box schedule) then nullArg (nameof schedule)
        fun t -> if t < steps then schedule 0 * (float (t + 1) / float steps) else schedule (t - steps)
