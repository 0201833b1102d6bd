namespace FuncAD

open System
open System.Runtime.CompilerServices
open FuncAD.Basics
open FuncAD.Traces

/// <summary>
/// The operators: functions in, functions out. Each application opens a level of its own, so that they nest to any depth and in any order.
/// A structure is Real, or an array, list, dictionary, option, tuple, record or plain class of structures; parts that are not numbers are
/// passed on unchanged. Exceptions of the function pass through.
/// </summary>
[<CompilationRepresentation(CompilationRepresentationFlags.ModuleSuffix)>]
[<System.Runtime.InteropServices.TypeLibType(System.Runtime.InteropServices.TypeLibTypeFlags.FHidden)>]
module AD =
    /// A series takes time quadratic in its order; derivatives of it take as much memory.
    let private checkOrder (operation: string) (name: string) (order: int) =
        if order < 0 || order > 10000 then raise (ArgumentOutOfRangeException(name, order, $"{operation}: an order is from 0 to 10 000."))

    // ---- Derivatives of functions of one number ----

    /// <summary>
    /// The derivative f'(x), by forward mode. The result may be any structure, or a function of any order, whose derivative is then taken
    /// argument by argument: diff f x = fun a -> diff (fun u -> f u a) x.
    /// </summary>
    /// <remarks>Cost: one run of f, at most a few times as long.</remarks>
    let diff (f: Real -> 'Q) (x: Real) : 'Q =
        notNull (nameof f) f
        match box f with
        | :? (Real -> Real) as f ->
            let mutable derivative = Forward.derivative f x
            Unsafe.As<Real, 'Q>(&derivative)
        | _ ->
            let point, direction = Leaves.ofNumbers [| x |], Leaves.ofNumbers [| Real 1.0 |]
            let struct (_, tangent) = Pushforward.run "Diff" f Flatten.ofNumber point direction
            tangent

    /// <summary>The Taylor coefficients f^(k)(x) / k! for k = 0 .. order, in one run of f.</summary>
    /// <remarks>
    /// Cost: for orders up to 4, one run of f on nested numbers of forward mode, which takes about three times as long with each order.
    /// Above, one run on truncated power series, with O(order^2) work per operation (order^3 for a few special functions). A function that
    /// computes with tensors or with structured custom rules has no series, and takes nested numbers at every order, at 2^order.
    /// </remarks>
    /// <exception cref="T:System.ArgumentOutOfRangeException">The order is negative, or above 10 000.</exception>
    /// <exception cref="T:System.InvalidOperationException">
    /// The thread's stack is too small for the recursion of a few special functions at high orders.
    /// </exception>
    let taylor (order: int) (f: Real -> Real) (x: Real) : Real[] =
        notNull (nameof f) f
        checkOrder "Taylor" (nameof order) order
        Orders.coefficients order f x

    /// <summary>
    /// The n-th derivative of a function of one number; f itself for n = 0. It is computed without the Taylor coefficient, which is n!
    /// times smaller, so that no intermediate value overflows where the result and the derivatives of f's parts are doubles, up to orders
    /// of about a thousand.
    /// </summary>
    /// <remarks>
    /// Rounding errors grow with the order if the derivatives of f's parts are larger than the result: sin(x) / x has no correct digit at
    /// order 20 and x = 1 (Special.sinc has all). Cost: as taylor.
    /// </remarks>
    /// <exception cref="T:System.ArgumentOutOfRangeException">n is negative, or above 10 000.</exception>
    let diffn (n: int) (f: Real -> Real) (x: Real) : Real =
        notNull (nameof f) f
        checkOrder "Diff" (nameof n) n
        (Orders.derivatives n f x)[n]

    // ---- Gradients ----

    /// <summary>The value and the gradient of a function with one real result, by reverse mode.</summary>
    /// <remarks>
    /// Cost: one run of f and one sweep, whatever the number of parameters; 24 bytes for each operation of f, and 8 in the sweep.
    /// </remarks>
    let valueAndGrad (f: 'P -> Real) (p: 'P) : Real * 'P =
        notNull (nameof f) f
        let struct (value, gradient) = Recording.valueAndGradient "Grad" f p
        value, gradient

    /// <summary>The gradient of a function with one real result, by reverse mode, in the structure of the parameter.</summary>
    /// <remarks>Cost: as valueAndGrad.</remarks>
    let grad (f: 'P -> Real) (p: 'P) : 'P =
        notNull (nameof f) f
        let struct (_, gradient) = Recording.valueAndGradient "Grad" f p
        gradient

    /// <summary>
    /// The value, the gradient and what else f returned, by reverse mode: f returns a pair of its real result and something auxiliary, such
    /// as predictions or statistics.
    /// </summary>
    /// <remarks>
    /// The numbers of the auxiliary part are constants to this operator: they have no part in the gradient. To operators around it they are
    /// what they are, and are differentiated. Cost: that of the gradient alone.
    /// </remarks>
    /// <exception cref="T:System.ArgumentException">The auxiliary part is no structure, or holds a function.</exception>
    let valueAndGradWithAux (f: 'P -> Real * 'A) (p: 'P) : Real * 'P * 'A =
        notNull (nameof f) f
        let struct (value, gradient, auxiliary) = Recording.valueAndGradientWithAux "GradWithAux" f p
        value, gradient, auxiliary

    /// <summary>The gradient and what else f returned: valueAndGradWithAux without the value.</summary>
    let gradWithAux (f: 'P -> Real * 'A) (p: 'P) : 'P * 'A =
        let _, gradient, auxiliary = valueAndGradWithAux f p
        gradient, auxiliary

    // ---- Products with the Jacobian J of f ----

    /// <summary>f(p) and the Jacobian-vector product J v, by forward mode.</summary>
    /// <remarks>Cost: one run of f. A tangent of 0 is a structural zero: it does not become NaN by meeting an infinite slope.</remarks>
    /// <exception cref="T:System.ArgumentException">v does not have the structure of p.</exception>
    let jvp (f: 'P -> 'Q) (p: 'P) (v: 'P) : 'Q * 'Q =
        notNull (nameof f) f
        Pushforward.along "Jvp" "tangent" f p v

    /// <summary>f(p) and the products J v with several vectors, by forward mode; each is bitwise that of jvp.</summary>
    /// <remarks>
    /// Cost: as jacobianForward, a vector in the place of an argument. Tangents of tensors have an axis of directions, along which a matrix
    /// product is one for all; its sums may be rounded otherwise than alone.
    /// </remarks>
    /// <exception cref="T:System.ArgumentException">One of the tangents does not have the structure of p.</exception>
    let jvpMany (f: 'P -> 'Q) (p: 'P) (tangents: 'P[]) : 'Q * 'Q[] =
        notNull (nameof f) f
        notNull (nameof tangents) tangents
        VectorPushforward.along "JvpMany" "tangents" f p tangents

    /// <summary>
    /// f(p) and the pullback w -> w J (the vector-Jacobian product), by reverse mode. The pullback may be called many times.
    /// </summary>
    /// <remarks>Cost: one run of f, and one sweep a call. The pullback keeps the tape (24 bytes an operation) alive.</remarks>
    /// <exception cref="T:System.ArgumentException">In the pullback: w does not have the structure of f(p).</exception>
    let vjp (f: 'P -> 'Q) (p: 'P) : 'Q * ('Q -> 'P) =
        notNull (nameof f) f
        let recording = Recording<'P, 'Q>("Vjp", f, p)
        recording.Value, recording.Pullback

    /// <summary>
    /// f(p) and the pullback of several cotangents at once, by reverse mode; each is bitwise that of vjp. The pullback may be called many
    /// times.
    /// </summary>
    /// <remarks>
    /// Cost: one run of f, and a sweep for every eight cotangents of a call (four or two on machines with shorter vectors); for each
    /// cotangent where numbers carry levels, and with tensors or custom rules.
    /// </remarks>
    /// <exception cref="T:System.ArgumentException">In the pullback: one of them does not have the structure of f(p).</exception>
    let vjpMany (f: 'P -> 'Q) (p: 'P) : 'Q * ('Q[] -> 'P[]) =
        notNull (nameof f) f
        let recording = Recording<'P, 'Q>("VjpMany", f, p)
        recording.Value, recording.PullbackOfMany

    // ---- Jacobians: entry [i, j] is the derivative of result i with respect to argument j ----

    let private result (operation: string) (y: Real[]) =
        if isNull y then raise (ArgumentException($"{operation}: f returned null instead of an array.", "f"))
        y

    /// <summary>The Jacobian by columns, in forward mode.</summary>
    /// <remarks>
    /// Cost: a run of f for every 32 arguments, with a multiplication and an addition for each of them beside each operation. Where numbers
    /// carry levels, where f uses custom rules over structures or several threads, where NaN comes out, and for programs of several million
    /// operations: a run of f for each argument.
    /// </remarks>
    let jacobianForward (f: Real[] -> Real[]) (x: Real[]) : Real[,] =
        notNull (nameof f) f
        notNull (nameof x) x
        let f = f >> result "JacobianForward"
        let struct (like, point) = Flatten.input "JacobianForward" "x" x
        match VectorPushforward.jacobian "JacobianForward" f like point with
        | null -> Array2D.zeroCreate (f x).Length 0
        | jacobian -> jacobian

    /// <summary>The Jacobian, row by row in reverse mode.</summary>
    /// <remarks>
    /// Cost: one run of f, and a sweep for every eight results (four or two on machines with shorter vectors, one where numbers carry
    /// levels).
    /// </remarks>
    let jacobianReverse (f: Real[] -> Real[]) (x: Real[]) : Real[,] =
        notNull (nameof f) f
        notNull (nameof x) x
        let recording = Recording<Real[], Real[]>("JacobianReverse", f >> result "JacobianReverse", x)
        try
            let rows = recording.Rows()
            Array2D.init rows.Length x.Length (fun i j -> rows[i][j])
        finally
            recording.Release()

    /// <summary>The Jacobian in the cheaper mode, by the numbers of arguments and results.</summary>
    /// <remarks>
    /// Up to 32 arguments that is forward mode. Beyond, f is run once more on plain numbers, to count the results: cost that of
    /// jacobianForward or that of jacobianReverse.
    /// </remarks>
    let jacobian (f: Real[] -> Real[]) (x: Real[]) : Real[,] =
        notNull (nameof f) f
        notNull (nameof x) x
        let count () = (x |> Array.map (fun x -> Real x.value) |> f |> result "Jacobian").Length
        if x.Length <= JacobianMode.oneRun || JacobianMode.isForward x.Length (count ()) then jacobianForward f x else jacobianReverse f x

    /// <summary>
    /// The Jacobian of a function from any structure to any other, whose blocks are chosen by functions. Of a tensor,
    /// <c>(jacobianBlocks f x).Block(id, id)</c> has the axes of the result and then those of the parameter.
    /// </summary>
    /// <remarks>
    /// Cost: one run of f on plain numbers, to count the results, and that of jacobianForward or jacobianReverse, whichever is less. With
    /// tensors in forward mode, tangents have an axis of directions; in reverse mode there is a sweep for each number of the result.
    /// </remarks>
    let jacobianBlocks (f: 'P -> 'Q) (p: 'P) : JacobianBlocks<'P, 'Q> =
        notNull (nameof f) f
        JacobianBlocks.jacobian f p

    // ---- Second derivatives ----

    /// <summary>The product of the Hessian with a vector, forward over reverse.</summary>
    /// <remarks>Cost: one gradient on dual numbers, whatever the number of parameters.</remarks>
    let hvp (f: 'P -> Real) (p: 'P) (v: 'P) : 'P =
        notNull (nameof f) f
        HessianProducts.product f p v

    /// <summary>The matrix of second derivatives, forward over reverse.</summary>
    /// <remarks>
    /// Cost: for every eight arguments (four on machines with shorter vectors), a run of f and a sweep, on numbers with eight tangents
    /// each. Where numbers carry levels, where f computes with arrays or custom rules, where NaN comes out, and for programs of a million
    /// operations: a product with the Hessian for each argument.
    /// </remarks>
    let hessian (f: Real[] -> Real) (x: Real[]) : Real[,] =
        notNull (nameof f) f
        notNull (nameof x) x
        HessianProducts.hessian f x

    /// <summary>The second derivatives of a function of any structure, whose blocks are chosen by functions.</summary>
    /// <remarks>Cost: as hessian, and with tensors a product with the Hessian for each number.</remarks>
    let hessianBlocks (f: 'P -> Real) (p: 'P) : JacobianBlocks<'P, 'P> =
        notNull (nameof f) f
        JacobianBlocks.hessian f p

    // ---- Prepared calls ----

    /// <summary>
    /// The function made ready for many calls: its value, gradient and Hessian at points that are spans of doubles, written into spans. The
    /// results are those of valueAndGrad and hessianBlocks, bit for bit.
    /// </summary>
    /// <param name="f">The function. It runs at each call, and keeps neither the array that it is given nor the numbers in it.</param>
    /// <param name="example">A parameter: its structure, lengths and parts that are not numbers are those of all points.</param>
    /// <remarks>
    /// Cost: none; f does not run. A gradient of a function of an array of numbers allocates nothing once a first call was made.
    /// </remarks>
    /// <exception cref="T:System.ArgumentException">The example holds no Real and no Tensor, or cannot be taken apart.</exception>
    let prepare (f: 'P -> Real) (example: 'P) : Prepared<'P> =
        notNull (nameof f) f
        Prepared<'P>(f, example)

    /// <summary>
    /// A function with several results made ready for many calls: its value and its Jacobian at points that are spans of doubles, written
    /// into spans. The results are those of jacobian, bit for bit.
    /// </summary>
    /// <param name="f">The function. It runs at each call.</param>
    /// <param name="example">A point: its length is that of all points.</param>
    /// <remarks>Cost: none; f does not run.</remarks>
    let prepareVector (f: Real[] -> Real[]) (example: Real[]) : PreparedVector =
        notNull (nameof f) f
        let jacobian (x: Real[]) (results: int) =
            if JacobianMode.isForward x.Length results then jacobianForward f x else jacobianReverse f x
        PreparedVector(f, Func<Real[], int, Real[,]>(jacobian), example)

    // ---- Vector calculus ----

    let private along (x: Real[]) i (f: Real[] -> 'Q) (t: Real) : 'Q = f (Array.mapi (fun j xj -> if i = j then t else xj) x)

    /// <summary>The sum of the second derivatives of f in each argument.</summary>
    /// <remarks>Cost: a second derivative, that is a run of f on nested numbers of forward mode, for each argument.</remarks>
    let laplacian (f: Real[] -> Real) (x: Real[]) : Real =
        notNull (nameof f) f
        notNull (nameof x) x
        x |> Array.mapi (fun i xi -> diffn 2 (along x i f) xi) |> Array.fold (+) (Real 0.0)

    let private square (operation: string) (expected: int) (y: Real[]) =
        if (result operation y).Length <> expected then
            raise (ArgumentException($"{operation}: f must have as many results as arguments: expected {expected}, got {y.Length}.", "f"))
        y

    /// <summary>The trace of the Jacobian of a vector field.</summary>
    /// <remarks>Cost: as jacobianForward.</remarks>
    /// <exception cref="T:System.ArgumentException">f does not have as many results as arguments.</exception>
    let divergence (f: Real[] -> Real[]) (x: Real[]) : Real =
        notNull (nameof f) f
        notNull (nameof x) x
        let j = jacobianForward (f >> square "Divergence" x.Length) x
        Seq.init x.Length (fun i -> j[i, i]) |> Seq.fold (+) (Real 0.0)

    /// <summary>The curl of a vector field in three dimensions.</summary>
    /// <remarks>Cost: one run of f, as jacobianForward.</remarks>
    /// <exception cref="T:System.ArgumentException">x or f(x) does not have three numbers.</exception>
    let curl (f: Real[] -> Real[]) (x: Real[]) : Real[] =
        notNull (nameof f) f
        notNull (nameof x) x
        if x.Length <> 3 then
            raise (ArgumentException($"Curl: the field lives in three dimensions: expected 3 numbers, got {x.Length}.", nameof x))
        let j = jacobianForward (f >> square "Curl" 3) x
        [| j[2, 1] - j[1, 2]; j[0, 2] - j[2, 0]; j[1, 0] - j[0, 1] |]

    // ---- Traces ----

    /// <summary>
    /// One run of f, operation by operation, with the tangents along a direction: the forward evaluation trace of Baydin, Pearlmutter,
    /// Radul and Siskind, "Automatic differentiation in machine learning: a survey" (2018), table 2. It prints as text, Markdown, HTML,
    /// and as a picture. The inputs have the name of f's parameter; WithNames gives others.
    /// </summary>
    /// <param name="f">The function: its result is a number, an array of them, or another structure. It may branch and differentiate
    /// inside.</param>
    /// <param name="x">The point.</param>
    /// <param name="direction">The tangents of the inputs. One that is 0 is a structural zero, as in jvp, whose bits the tangents of the
    /// results have.</param>
    /// <remarks>Cost: one run of f, at some 200 bytes an operation. Not for large programs: see compile for those.</remarks>
    /// <exception cref="T:System.ArgumentException">
    /// x is empty, the direction has another length, or f returns no number.
    /// </exception>
    /// <exception cref="T:System.InvalidOperationException">
    /// f uses a number that is being differentiated outside of the trace, or computes on another thread.
    /// </exception>
    /// <exception cref="T:System.NotSupportedException">f makes a tensor of its inputs, or applies a custom rule over a
    /// structure.</exception>
    let forwardTrace (f: Real[] -> 'Q) (x: float[]) (direction: float[]) : EvaluationTrace =
        notNull (nameof f) f
        notNull (nameof x) x
        Trace.forward "ForwardTrace" (Naming.ofFunction f x.Length) f x direction

    /// <summary>
    /// One run of f, operation by operation, with the adjoint of each step: the derivative of the result with respect to it (Baydin et al.
    /// 2018, table 3). The adjoints of the inputs are the gradient, with the bits of grad. Otherwise as forwardTrace.
    /// </summary>
    /// <param name="f">The function. It may branch and differentiate inside.</param>
    /// <param name="x">The point.</param>
    let reverseTrace (f: Real[] -> Real) (x: float[]) : EvaluationTrace =
        notNull (nameof f) f
        notNull (nameof x) x
        Trace.reverse "ReverseTrace" (Naming.ofFunction f x.Length) f x [| 1.0 |]

    /// <summary>As reverseTrace, for a function with several results: the adjoints of the sum of its results, each times its
    /// cotangent.</summary>
    /// <param name="cotangent">A number for each result. One that is 0 is a structural zero, as in vjp.</param>
    /// <param name="f">The function: its result is an array of numbers, or another structure.</param>
    /// <param name="x">The point.</param>
    /// <exception cref="T:System.ArgumentException">The cotangent has another length than the results; or as forwardTrace.</exception>
    let reverseTraceWith (cotangent: float[]) (f: Real[] -> 'Q) (x: float[]) : EvaluationTrace =
        notNull (nameof cotangent) cotangent
        notNull (nameof f) f
        notNull (nameof x) x
        Trace.reverse "ReverseTrace" (Naming.ofFunction f x.Length) f x cotangent

    /// <summary>
    /// Why the value or a derivative of f is NaN or infinite at x, or how many digits it has lost to rounding: the first operation that
    /// made it so, its line in the program, its operands and slopes, and the steps from there to a parameter and to the result.
    /// </summary>
    /// <param name="f">The function: its result is a number. It may branch and differentiate inside.</param>
    /// <param name="x">The point: a number, an array of numbers, or another structure of them.</param>
    /// <remarks>
    /// <para>It looks at the value, at the adjoints of reverse mode and at the tangents of forward mode. Of a function with several results
    /// one is chosen inside f. Where f is itself a derivative, such as an entry of grad g, second derivatives are looked at.</para>
    /// <para>Digits: the effect of each rounding on the result to first order, summed without signs (Linnainmaa 1976; Higham, "Accuracy and
    /// Stability of Numerical Algorithms", 2nd ed., section 3.3). The rounding errors of + - * / and the square root are known; other
    /// functions count as correct to a unit in the last place. From 6 lost digits on there is a finding.</para>
    /// <para>Cost: two runs of f, a reverse sweep, a forward sweep for each number of x (above 20 million steps in all, for eight whose
    /// adjoint is not finite), and a sweep for the error of each derivative (some 100 million steps in all; what is beyond has no
    /// estimate). Some 700 bytes an operation; f is stopped after two million.</para>
    /// </remarks>
    /// <exception cref="T:System.ArgumentException">x has no numbers, or f returns none.</exception>
    /// <exception cref="T:System.InvalidOperationException">
    /// f uses a number that is being differentiated outside, computes on another thread, or does not end.
    /// </exception>
    /// <exception cref="T:System.NotSupportedException">x holds a tensor, or f makes one of it, or applies a custom rule over a
    /// structure.</exception>
    let explain (f: 'P -> Real) (x: 'P) : Explanation =
        notNull (nameof f) f
        Explaining.Explain.ofStructure (Explaining.ParameterNames.ofFunction f) f x

    // ---- Constants, custom rules, checking ----

    /// <summary>The same structure with constants for its numbers: no derivative of any level passes.</summary>
    let stopGradient (p: 'P) : 'P =
        if isNull (box p) then
            p
        else
            let struct (like, reader) = Flatten.result "StopGradient" "x" p
            if reader.HasFunctions then reader.Fail "it holds a function; stop the gradient of its results instead."
            Flatten.rebuild like (reader.Leaves |> Leaves.map _.Bottom _.Value)

    /// <summary>
    /// A function of one number from its value and its slope, dy/dx in terms of x and y. The slope is computed on Real, so that higher
    /// derivatives follow; it works in every mode.
    /// </summary>
    let custom (name: string) (value: float -> float) (slope: Real -> Real -> Real) : Real -> Real =
        notNull (nameof value) value
        notNull (nameof slope) slope
        fun x -> Real.Unary(CustomRule(name, value, slope), x)

    /// <summary>
    /// A function over structures from its value and its pullback: pullback x y w = w J, linear in w. Forward mode costs a pullback for
    /// each result; customRule takes a pushforward too.
    /// </summary>
    let customPullback (name: string) (value: 'P -> 'Q) (pullback: 'P -> 'Q -> 'Q -> 'P) (p: 'P) : 'Q =
        notNull (nameof value) value
        notNull (nameof pullback) pullback
        CustomRules.apply name value pullback None p

    /// <summary>A function over structures from its value, its pullback (x y w -> w J) and its pushforward (x y v -> J v).</summary>
    let customRule (name: string) (value: 'P -> 'Q) (pullback: 'P -> 'Q -> 'Q -> 'P) (pushforward: 'P -> 'Q -> 'P -> 'Q) (p: 'P) : 'Q =
        notNull (nameof value) value
        notNull (nameof pullback) pullback
        notNull (nameof pushforward) pushforward
        CustomRules.apply name value pullback (Some pushforward) p

    /// <summary>
    /// Compares the gradient of f at p with differences that are extrapolated to step 0, entry by entry, and reports the worst. The
    /// gradient passes if every relative error is at most 1e-6, or, where f is flat, if the derivative is 0 up to the uncertainty of the
    /// differences. Where differences cannot decide (at a kink, at an infinite slope, at the edge of the domain, under noise), the report
    /// says so, and the gradient does not pass.
    /// </summary>
    /// <remarks>Cost: some 60 to 120 runs of f for each number of p, up to 250 where the function is flat or noisy.</remarks>
    let checkGradient (f: 'P -> Real) (p: 'P) : GradientReport =
        notNull (nameof f) f
        GradientCheck.gradient f p 1e-6

    /// <summary>
    /// As checkGradient, with a given tolerance; an InvalidOperationException says where the gradient differs. None is thrown where
    /// differences cannot decide: read the report's Verdict or Passed.
    /// </summary>
    let assertGradient (tolerance: float) (f: 'P -> Real) (p: 'P) : GradientReport =
        notNull (nameof f) f
        if not (tolerance > 0.0) then
            raise (ArgumentOutOfRangeException(nameof tolerance, tolerance, "CheckGradient: a tolerance is above 0."))
        let report = GradientCheck.gradient f p tolerance
        if report.Verdict = GradientVerdict.Differs then raise (InvalidOperationException(report.ToString()))
        report

    // ---- Compiled functions ----

    /// <summary>As compile, with choices about how the function is executed.</summary>
    let compileWith (options: CompileOptions) (f: 'P -> 'Q) (example: 'P) : Compiled<'P, 'Q> =
        notNull (nameof options) options
        notNull (nameof f) f
        Compiled(f, example, options)

    /// <summary>
    /// The function as a straight-line program: f runs once on traced numbers, at the example, and what it did is optimised and compiled.
    /// Derivatives compile like any function: compile (grad f), compile (hessian f).
    /// </summary>
    /// <remarks>Cost: a run of f at about a microsecond an operation; machine code, once it pays, 5 to 20 us an operation.</remarks>
    /// <exception cref="T:System.ArgumentException">
    /// The example holds no Real, or the example or the result a tensor or a function.
    /// </exception>
    /// <exception cref="T:System.InvalidOperationException">f reads a Real as a double, an integer or a hash code.</exception>
    let compile (f: 'P -> 'Q) (example: 'P) : Compiled<'P, 'Q> = compileWith (CompileOptions()) f example

    /// <summary>As compileSum, with choices about how the sum is executed.</summary>
    let compileSumWith
        (options: CompileOptions)
        (perPoint: 'P -> 'D -> Real)
        (exampleParameters: 'P)
        (exampleDatum: 'D)
        : CompiledSum<'P, 'D> =
        notNull (nameof options) options
        notNull (nameof perPoint) perPoint
        CompiledSum(perPoint, exampleParameters, exampleDatum, options, hessian)

    /// <summary>
    /// The sum of f(parameters, datum) over data, its gradient, its Hessian and its normal equations, compiled for one datum and run in
    /// vectors over the data: for fitting models.
    /// </summary>
    /// <exception cref="T:System.ArgumentException">An example holds no Real, or it or the result holds a tensor or a function.</exception>
    let compileSum (perPoint: 'P -> 'D -> Real) (exampleParameters: 'P) (exampleDatum: 'D) : CompiledSum<'P, 'D> =
        compileSumWith (CompileOptions()) perPoint exampleParameters exampleDatum

    /// <summary>Plain numbers as constants.</summary>
    let toReals (xs: float[]) : Real[] =
        notNull (nameof xs) xs
        Array.map Real xs

    /// <summary>The values of numbers that are not being differentiated.</summary>
    /// <exception cref="T:System.InvalidOperationException">A number is being differentiated: its derivative would be lost.</exception>
    let toFloats (xs: Real[]) : float[] =
        notNull (nameof xs) xs
        xs |> Array.map (fun x -> x.ReadPlainly "toFloats")
