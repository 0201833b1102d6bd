namespace FuncAD

open System
open System.Numerics.Tensors
open FuncAD.Rules

/// <summary>The state of an optimiser: the parameters, and the moments in the same structure. A step makes a new state.</summary>
/// <remarks>The methods use the moments differently: to change the method, start with a new state.</remarks>
[<NoComparison; TypeFormatterSource(typeof<TextInNotebooks>)>]
type OptimState<'P> =
    {
        /// <summary>The parameters.</summary>
        Parameters: 'P
        /// <summary>The number of steps taken.</summary>
        Steps: int
        /// <summary>The velocity of momentum, or Adam's running mean of the gradient, which starts at 0.</summary>
        FirstMoment: 'P
        /// <summary>Adam's running mean of the gradient's squares, which starts at 0.</summary>
        SecondMoment: 'P
    }

    /// <summary>Such as after 10 steps: [1, 2]; the first entries of many.</summary>
    override state.ToString() =
        let steps = if state.Steps = 1 then "1 step" else $"{state.Steps} steps"
        $"after {steps}: {Entries.text state.Parameters}"

/// <summary>Adam's constants.</summary>
[<System.Runtime.InteropServices.TypeLibType(System.Runtime.InteropServices.TypeLibTypeFlags.FHidden)>]
type AdamSettings =
    {
        /// <summary>The share of the running mean of the gradient that a step keeps.</summary>
        Beta1: float
        /// <summary>The share of the running mean of the gradient's squares that a step keeps.</summary>
        Beta2: float
        /// <summary>Added to the root of the mean square, so that no step divides by 0.</summary>
        Epsilon: float
        /// <summary>The decoupled weight decay: a step also moves p by -rate decay p.</summary>
        Decay: float
    }

    /// <summary>The constants by name.</summary>
    override settings.ToString() =
        $"Beta1 = {Basics.exact settings.Beta1}, Beta2 = {Basics.exact settings.Beta2}, Epsilon = {Basics.exact settings.Epsilon}, Decay = {Basics.exact settings.Decay}"

    /// <summary>0.9, 0.999, 1e-8 and no decay (Kingma and Ba 2015, section 2).</summary>
    static member Default = { Beta1 = 0.9; Beta2 = 0.999; Epsilon = 1e-8; Decay = 0.0 }

/// <summary>
/// Optimisers as pure functions, from a state and a gradient to the next state, over any structure of Real and Tensor; parts that are no
/// numbers stay as they are.
/// </summary>
/// <remarks>
/// Gradients that AD.grad returns are constants, and so are the results. Where parameters, gradients or rates are being differentiated,
/// steps are differentiated too, to any order. A step is one pass over constant tensors. A gradient whose structure is not that of the
/// parameters is refused with an ArgumentException that names the place.
/// </remarks>
[<CompilationRepresentation(CompilationRepresentationFlags.ModuleSuffix)>]
[<System.Runtime.InteropServices.TypeLibType(System.Runtime.InteropServices.TypeLibTypeFlags.FHidden)>]
module Optim =
    /// <summary>The state before the first step: the parameters, and moments of 0.</summary>
    /// <exception cref="T:System.ArgumentException">The structure holds no numbers, or cannot be taken apart; the message names the
    /// part.</exception>
    let start (parameters: 'P) : OptimState<'P> =
        let struct (like, parts) = Flatten.input "Optim.Start" "parameters" parameters
        let zeros () = Flatten.rebuild like (parts |> Leaves.map (fun _ -> Real 0.0) (fun x -> Tensor.Uniform(0.0, x.Dimensions)))
        { Parameters = parameters; Steps = 0; FirstMoment = zeros (); SecondMoment = zeros () }

    let private step
        (operation: string)
        (update: 'U)
        (rate: Real)
        (gradient: 'P)
        (state: OptimState<'P>)
        : OptimState<'P> when 'U: struct and 'U :> IUpdate =
        if isNull (box state) then nullArg (nameof state)
        if not (rate.Value >= 0.0 && Double.IsFinite rate.Value) then
            raise (ArgumentOutOfRangeException(nameof rate, rate.Value, $"{operation}: a learning rate is finite and 0 or more."))
        let struct (like, point) = Flatten.input operation "state.Parameters" state.Parameters
        let alike parameter value = Flatten.alike operation parameter like value
        let struct (p, m, v) =
            Update.run
                update
                rate
                point
                (alike (nameof gradient) gradient)
                (alike "state.FirstMoment" state.FirstMoment)
                (alike "state.SecondMoment" state.SecondMoment)
        { Parameters = Flatten.rebuild like p
          Steps = state.Steps + 1
          FirstMoment = if update.Moments >= 1 then Flatten.rebuild like m else state.FirstMoment
          SecondMoment = if update.Moments >= 2 then Flatten.rebuild like v else state.SecondMoment }

    let private share (operation: string) (name: string) (value: float) =
        if not (value >= 0.0 && value < 1.0) then
            raise (ArgumentOutOfRangeException(name, value, $"{operation}: it is the share that a step keeps: 0 or more and below 1."))

    /// <summary>Gradient descent: p - rate g.</summary>
    let sgd (rate: Real) (gradient: 'P) (state: OptimState<'P>) : OptimState<'P> = step "Optim.Sgd" (Updates.Descent()) rate gradient state

    /// <summary>
    /// The heavy ball: velocity' = momentum velocity - rate g, p' = p + velocity' (Polyak 1964, "Some methods of speeding up the
    /// convergence of iteration methods").
    /// </summary>
    /// <exception cref="T:System.ArgumentOutOfRangeException">The momentum is not in [0, 1), or the rate is negative or not
    /// finite.</exception>
    let momentum (momentum: float) (rate: Real) (gradient: 'P) (state: OptimState<'P>) : OptimState<'P> =
        share "Optim.Momentum" (nameof momentum) momentum
        step "Optim.Momentum" (Updates.Momentum(momentum, false)) rate gradient state

    /// <summary>
    /// Nesterov's accelerated gradient: velocity' = momentum velocity - rate g, p' = p + momentum velocity' - rate g (Sutskever, Martens,
    /// Dahl and Hinton 2013, "On the importance of initialization and momentum in deep learning", equations 3 and 4, where p is the
    /// look-ahead point).
    /// </summary>
    /// <exception cref="T:System.ArgumentOutOfRangeException">The momentum is not in [0, 1), or the rate is negative or not
    /// finite.</exception>
    let nesterov (momentum: float) (rate: Real) (gradient: 'P) (state: OptimState<'P>) : OptimState<'P> =
        share "Optim.Nesterov" (nameof momentum) momentum
        step "Optim.Nesterov" (Updates.Momentum(momentum, true)) rate gradient state

    /// <summary>Adam with given constants; with a decay other than 0 it is AdamW.</summary>
    /// <exception cref="T:System.ArgumentOutOfRangeException">A beta is not in [0, 1), epsilon or the decay is negative, or the rate is
    /// negative or not finite.</exception>
    let adamWith (settings: AdamSettings) (rate: Real) (gradient: 'P) (state: OptimState<'P>) : OptimState<'P> =
        let operation = "Optim.Adam"
        if isNull (box settings) then nullArg (nameof settings)
        if isNull (box state) then nullArg (nameof state)
        share operation "beta1" settings.Beta1
        share operation "beta2" settings.Beta2
        for name, value in [ "epsilon", settings.Epsilon; "decay", settings.Decay ] do
            if not (value >= 0.0) then raise (ArgumentOutOfRangeException(name, value, $"{operation}: it is 0 or more."))
        let unbias beta = 1.0 / (1.0 - Math.Pow(beta, float (state.Steps + 1)))
        let update =
            Updates.Adam(
                settings.Beta1,
                settings.Beta2,
                settings.Epsilon,
                settings.Decay,
                unbias settings.Beta1,
                sqrt (unbias settings.Beta2)
            )
        step operation update rate gradient state

    /// <summary>
    /// Adam: m' = 0.9 m + 0.1 g, v' = 0.999 v + 0.001 g^2, p' = p - rate mHat / (sqrt vHat + 1e-8), where mHat = m' / (1 - 0.9^t) and
    /// vHat = v' / (1 - 0.999^t) at step t (Kingma and Ba 2015, "Adam: a method for stochastic optimization", algorithm 1).
    /// </summary>
    /// <remarks>Where v' is 0, that is where all gradients so far were 0, a step is differentiated as if sqrt had slope 0 there.</remarks>
    let adam (rate: Real) (gradient: 'P) (state: OptimState<'P>) : OptimState<'P> = adamWith AdamSettings.Default rate gradient state

    /// <summary>
    /// Adam with decoupled weight decay: p' = p - rate (mHat / (sqrt vHat + 1e-8) + decay p) (Loshchilov and Hutter 2019, "Decoupled weight
    /// decay regularization", algorithm 2, where the rate stands for both its alpha and its schedule multiplier).
    /// </summary>
    let adamW (decay: float) (rate: Real) (gradient: 'P) (state: OptimState<'P>) : OptimState<'P> =
        adamWith { AdamSettings.Default with Decay = decay } rate gradient state

    // ---- Clipping ----

    /// The largest magnitude of all entries.
    let private magnitude (parts: Leaves) =
        let numbers = parts.Numbers |> Array.map _.Value
        let largest (x: float[]) = if x.Length = 0 then 0.0 else abs (TensorPrimitives.MaxMagnitude(ReadOnlySpan x))
        Array.fold (fun sofar (x: FuncAD.Tensor) -> max sofar (largest x.Compact)) (largest numbers) parts.Arrays

    /// The sum of the squares of all entries divided by a scale.
    let private sumOfSquares (scale: float) (parts: Leaves) : Real =
        let numbers = parts.Numbers |> Array.fold (fun sum x -> sum + (x / scale) * (x / scale)) (Real 0.0)
        let square (x: FuncAD.Tensor) =
            let x = x.Live
            if isNull x.Node && scale = 1.0 then
                Real(TensorPrimitives.SumOfSquares(ReadOnlySpan x.Elements))
            else
                let x = x / scale
                FuncAD.Tensor.SumTo(x * x, [||]).ToReal()
        parts.Arrays |> Array.fold (fun sum x -> sum + square x) numbers

    let private normOf (parts: Leaves) : Real =
        let root squares = Real.Unary(Powers.RootOfSquares(), squares)
        let plain = sumOfSquares 1.0 parts
        if plain.Value > 1e-280 && plain.Value < infinity then
            root plain
        else
            // The squares underflow or overflow.
            match magnitude parts with
            | 0.0 -> root plain
            | scale when Double.IsFinite scale -> scale * root (sumOfSquares scale parts)
            | _ -> root plain

    /// <summary>The Euclidean norm of all numbers of a structure together, without overflow; its slope is 0 where all are 0.</summary>
    let norm (gradient: 'P) : Real =
        let struct (_, parts) = Flatten.input "Optim.Norm" (nameof gradient) gradient
        normOf parts

    /// <summary>
    /// The gradient, scaled down to maximumNorm where its norm is above that (Pascanu, Mikolov and Bengio 2013, "On the difficulty of
    /// training recurrent neural networks", algorithm 1). A gradient whose norm is NaN or infinite is returned as it is.
    /// </summary>
    /// <exception cref="T:System.ArgumentOutOfRangeException">The norm is not above 0.</exception>
    let clip (maximumNorm: float) (gradient: 'P) : 'P =
        if not (maximumNorm > 0.0) then
            raise (ArgumentOutOfRangeException(nameof maximumNorm, maximumNorm, "Optim.Clip: the norm is above 0."))
        let struct (like, parts) = Flatten.input "Optim.Clip" (nameof gradient) gradient
        let norm = normOf parts
        if norm.Value > maximumNorm && Double.IsFinite norm.Value then
            let factor = maximumNorm / norm
            Flatten.rebuild like (parts |> Leaves.map (fun x -> factor * x) (fun x -> factor * x))
        else
            gradient

    // ---- Whole minimisations ----

    /// <summary>
    /// A local minimum of a smooth function of a structure, by MathNet's limited-memory BFGS with exact gradients. <c>memory</c> is the
    /// number of steps that it remembers; <c>tolerance</c> bounds the scaled gradient, <c>Minimum.Slope</c>.
    /// </summary>
    /// <remarks>
    /// f must be the same function at each call: no mini-batches. Where f or its gradient is not finite, line searches turn back. Cost: a
    /// gradient for each point tried, mostly one or two per iteration.
    /// </remarks>
    /// <exception cref="T:System.ArgumentException">f or its gradient is not finite at the start.</exception>
    /// <exception cref="T:System.InvalidOperationException">f depends on a number that is being differentiated outside of it.</exception>
    let lbfgsWith (memory: int) (tolerance: float) (maximumIterations: int) (f: 'P -> Real) (start: 'P) : Minimum<'P> =
        if isNull (box f) then nullArg (nameof f)
        Lbfgs.minimize memory tolerance maximumIterations f start

    /// <summary>As lbfgsWith, with a memory of 10 steps, a tolerance of 1e-8 and 1000 iterations at most.</summary>
    let lbfgs (f: 'P -> Real) (start: 'P) : Minimum<'P> = lbfgsWith 10 1e-8 1000 f start
