namespace FuncAD

open System
open FuncAD.Basics
open MathNet.Numerics
open MathNet.Numerics.LinearAlgebra
open MathNet.Numerics.Optimization
open MathNet.Numerics.Optimization.ObjectiveFunctions

/// Plain values for algorithms that compute on doubles.
module internal Plainly =
    let remedy =
        "Apply StopGradient to the number where a constant is meant, or differentiate the solution by the implicit function theorem."

    let private refuse (operation: string) : 'a = PlainReading.refuseWith operation remedy

    /// The value of a number that depends on nothing that is being differentiated: the algorithm would lose that derivative.
    let value (operation: string) (x: Real) : float = if isNull x.Live.node then x.value else refuse operation

    /// The same for all parts of a structure.
    let values (operation: string) (parts: Leaves) : float[] =
        if isNull (Leaves.highest (parts |> Leaves.map _.Live _.Live)) then Leaves.values parts else refuse operation

    let vector (operation: string) (xs: Real[]) : Vector<float> = Vector<float>.Build.Dense(xs |> Array.map (value operation))
    let matrix (operation: string) (xs: Real[,]) : Matrix<float> = Matrix<float>.Build.DenseOfArray(xs |> Array2D.map (value operation))
    let reals (x: Vector<float>) : Real[] = Array.init x.Count (fun i -> Real x[i])

    /// The numbers of a vector, which the caller does not change.
    let numbers (x: Vector<float>) : float[] =
        match x.AsArray() with
        | null -> x.ToArray()
        | numbers -> numbers

    /// A function for an algorithm that computes on doubles, which may keep what it is given.
    let prepare (operation: string) (f: 'P -> Real) (example: 'P) : Prepared<'P> = Prepared<'P>(operation, remedy, false, f, example)

/// <summary>
/// A function of a structure as MathNet's minimisers see it: of the vector of all its numbers, with the gradient by reverse mode and the
/// Hessian forward over reverse, each computed on demand. It is prepared at the first point, which tells how many numbers there are.
/// </summary>
[<Sealed>]
type internal DifferentiatedObjective<'P>(prepare: float[] -> Prepared<'P>, prepared: Prepared<'P> voption) =
    inherit LazyObjectiveFunctionBase(true, true)
    let mutable prepared = prepared

    let at (x: float[]) : Prepared<'P> =
        match prepared with
        | ValueSome prepared when prepared.Count = x.Length -> prepared
        | _ ->
            prepared <- ValueSome(prepare x)
            prepared.Value

    override _.CreateNew() = DifferentiatedObjective<'P>(prepare, prepared)

    override objective.EvaluateValue() =
        let x = Plainly.numbers objective.Point
        objective.Value <- (at x).Value(ReadOnlySpan x)

    override objective.EvaluateGradient() =
        let x = Plainly.numbers objective.Point
        let gradient = Array.zeroCreate x.Length
        objective.Value <- (at x).ValueAndGradient(ReadOnlySpan x, Span gradient)
        objective.Gradient <- Vector<float>.Build.Dense gradient

    override objective.EvaluateHessian() =
        let x = Plainly.numbers objective.Point
        let entries = Array.zeroCreate (x.Length * x.Length)
        (at x).Hessian(ReadOnlySpan x, Span entries)
        objective.Hessian <- Matrix<float>.Build.DenseOfRowMajor(x.Length, x.Length, entries)

/// <summary>
/// Functions of FuncAD for MathNet.Numerics' optimisers, with exact derivatives instead of differences; and roots of systems by Newton's
/// method.
/// </summary>
/// <remarks>
/// The optimisers compute on plain doubles. An f that depends on a number that is being differentiated outside of it raises an
/// InvalidOperationException.
/// </remarks>
[<CompilationRepresentation(CompilationRepresentationFlags.ModuleSuffix)>]
[<System.Runtime.InteropServices.TypeLibType(System.Runtime.InteropServices.TypeLibTypeFlags.FHidden)>]
module Objective =
    /// <summary>A function of several numbers for a minimiser of MathNet, such as BfgsMinimizer or NewtonMinimizer.</summary>
    /// <remarks>
    /// Cost: a value takes one run of f, a gradient with its value one run and one sweep, a Hessian one product with a vector for each
    /// argument.
    /// </remarks>
    let ofFunction (f: Real[] -> Real) : IObjectiveFunction =
        notNull (nameof f) f
        DifferentiatedObjective<Real[]>((fun x -> Plainly.prepare "Objective.Of" f (Array.map Real x)), ValueNone)

    /// <summary>A function of a tensor with one axis for a minimiser of MathNet.</summary>
    /// <remarks>Cost: as ofFunction.</remarks>
    let ofTensor (f: Tensor -> Real) : IObjectiveFunction =
        notNull (nameof f) f
        let prepare (x: float[]) = Plainly.prepare "Objective.OfTensor" f (Tensor(Array.copy x, [| x.Length |], null))
        DifferentiatedObjective<Tensor>(prepare, ValueNone)

    /// The sum of weighted squares of y - f(parameters), for MathNet's Levenberg-Marquardt and trust-region minimisers.
    let private model operation (f: Real[] -> Real[]) (x: Vector<float>) (y: Vector<float>) (weights: Vector<float>) : IObjectiveModel =
        let counted (results: Real[]) =
            if results.Length <> y.Count then
                raise (
                    ArgumentException(
                        $"{operation}: expected {y.Count} residuals, got {results.Length}. Give the number that f returns.",
                        "count"
                    )
                )
            results
        let values (b: Vector<float>) = Plainly.reals b |> f |> counted |> Plainly.vector operation
        let jacobian (b: Vector<float>) =
            let differentiate = if JacobianMode.isForward b.Count y.Count then AD.jacobianForward else AD.jacobianReverse
            differentiate (f >> counted) (Plainly.reals b) |> Plainly.matrix operation
        ObjectiveFunction.NonlinearModel((fun b _ -> values b), (fun b _ -> jacobian b), x, y, weights)

    let private fit (weights: float[]) (f: Real[] -> float -> Real) (xs: float[]) (ys: float[]) =
        let operation = "Objective.LeastSquares"
        notNull "model" f
        notNull (nameof xs) xs
        notNull (nameof ys) ys
        if xs.Length <> ys.Length then
            raise (ArgumentException($"{operation}: expected a y for each x, got {xs.Length} of xs and {ys.Length} of ys.", nameof ys))
        if not (isNull weights) && weights.Length <> ys.Length then
            raise (
                ArgumentException(
                    $"{operation}: expected a weight for each of {ys.Length} observations, got {weights.Length}.",
                    nameof weights
                )
            )
        let vector (xs: float[]) = if isNull xs then null else Vector<float>.Build.DenseOfArray xs
        model operation (fun b -> xs |> Array.map (f b)) (vector xs) (vector ys) (vector weights)

    /// <summary>
    /// The model y = f(parameters, x) with observations, for MathNet's Levenberg-Marquardt and trust-region minimisers: the sum of squares
    /// of y_i - f(parameters, x_i), with the exact Jacobian of f with respect to the parameters.
    /// </summary>
    /// <remarks>Cost of a Jacobian: a run over all observations for every 32 parameters, as AD.jacobianForward.</remarks>
    /// <exception cref="T:System.ArgumentException">xs and ys differ in length.</exception>
    let leastSquares (f: Real[] -> float -> Real) (xs: float[]) (ys: float[]) : IObjectiveModel = fit null f xs ys

    /// <summary>The sum of weight_i (y_i - f(parameters, x_i))^2; otherwise as leastSquares.</summary>
    /// <exception cref="T:System.ArgumentException">weights, xs and ys differ in length.</exception>
    let weightedLeastSquares (weights: float[]) (f: Real[] -> float -> Real) (xs: float[]) (ys: float[]) : IObjectiveModel =
        notNull (nameof weights) weights
        fit weights f xs ys

    /// <summary>
    /// The sum of squares of <c>count</c> residuals r(parameters), for MathNet's Levenberg-Marquardt and trust-region minimisers.
    /// </summary>
    /// <remarks>Cost of a Jacobian: that of AD.jacobian.</remarks>
    /// <exception cref="T:System.ArgumentException">On evaluation: r does not return <c>count</c> residuals.</exception>
    let residuals (count: int) (r: Real[] -> Real[]) : IObjectiveModel =
        notNull (nameof r) r
        if count < 1 then
            raise (ArgumentOutOfRangeException(nameof count, count, "Objective.LeastSquares: the number of residuals is 1 or more."))
        // MathNet squares y - f: with y = 0 and f = -r, that is r.
        let zeros = Vector<float>.Build.Dense count
        model "Objective.LeastSquares" (r >> Array.map (fun r -> -r)) zeros zeros null

    let private maximumSteps = 100

    /// <summary>
    /// An x with |f_i(x)| within a tolerance for each equation i, by Newton's method with the exact Jacobian. A step that does not reduce
    /// |f| enough is halved until it does (Dennis and Schnabel 1996, algorithm A6.3.1 with halving).
    /// </summary>
    /// <remarks>
    /// Near a root with a regular Jacobian every step doubles the number of correct digits. If rounding keeps f above the tolerance, the
    /// result is an x that full steps no longer change. Cost of a step: a Jacobian, and one or more runs of f.
    /// </remarks>
    /// <exception cref="T:System.ArgumentException">f has different numbers of results and arguments, or is not finite at the
    /// start.</exception>
    /// <exception cref="T:MathNet.Numerics.NonConvergenceException">The Jacobian is singular at a point that was reached, no step reduces
    /// |f|, or 100 steps did not suffice.</exception>
    let root (tolerance: float) (f: Real[] -> Real[]) (start: Real[]) : Real[] =
        let operation = "Objective.Root"
        notNull (nameof f) f
        notNull (nameof start) start
        if not (tolerance >= 0.0) then
            raise (ArgumentOutOfRangeException(nameof tolerance, tolerance, $"{operation}: a tolerance is 0 or more."))
        let text (x: Vector<float>) = String.Join("; ", x |> Seq.truncate 6) + (if x.Count > 6 then "; ..." else "")
        let fail (x: Vector<float>) (y: Vector<float>) problem =
            raise (
                NonConvergenceException
                    $"{operation}: {problem} x = ({text x}), where the largest |f_i| is {y.InfinityNorm()}. Start nearer to a root."
            )
        let square (y: Real[]) =
            if isNull y || y.Length <> start.Length then
                let got = if isNull y then "null" else string y.Length
                raise (
                    ArgumentException(
                        $"{operation}: f must have as many results as arguments: expected {start.Length}, got {got}.",
                        nameof f
                    )
                )
            y
        let at (x: Vector<float>) = Plainly.reals x |> f |> square |> Plainly.vector operation
        let isFinite (x: Vector<float>) = x |> Seq.forall Double.IsFinite
        let rec damped x (y: Vector<float>) (step: Vector<float>) scale =
            let next = x + scale * step
            let yNext = at next
            // The linear model predicts that |f| falls by scale |f|; a ten-thousandth of that is required.
            if isFinite yNext && yNext.L2Norm() <= (1.0 - 1e-4 * scale) * y.L2Norm() then struct (next, yNext)
            elif scale < 1e-12 then fail x y "no step in Newton's direction reduces |f| from"
            else damped x y step (0.5 * scale)
        let rec iterate x (y: Vector<float>) count =
            if y.InfinityNorm() <= tolerance then
                x
            else
                let step = (AD.jacobian (f >> square) (Plainly.reals x) |> Plainly.matrix operation).LU().Solve(-y)
                if not (isFinite step) then
                    fail x y "the Jacobian is singular at"
                // A change of up to 2^-51 |x_i| may be the rounding of x alone.
                elif step |> Seq.indexed |> Seq.forall (fun (i, change) -> abs change <= Math.ScaleB(abs x[i], -51)) then
                    x
                elif count = maximumSteps then
                    fail x y $"{maximumSteps} steps did not lead to a root; the last point is"
                else
                    let struct (x, y) = damped x y step 1.0
                    iterate x y (count + 1)
        if start.Length = 0 then raise (ArgumentException($"{operation}: there are no numbers to solve for.", nameof start))
        let x = Plainly.vector operation start
        let y = at x
        if not (isFinite y) then
            raise (ArgumentException($"{operation}: f is not finite at the start x = ({text x}). Start where f has a value.", nameof start))
        iterate x y 0 |> Plainly.reals
