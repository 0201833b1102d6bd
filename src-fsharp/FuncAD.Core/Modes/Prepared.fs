namespace FuncAD

open System
open System.Runtime.CompilerServices
open System.Runtime.InteropServices

/// What the methods of prepared functions check and say.
module internal PreparedCalls =
    let remedy =
        "The function captured such a number. Make it a part of x, apply StopGradient to it where a constant is meant, or use AD.Grad, AD.Jacobian or "
        + "AD.Hessian, whose results are Reals and may be differentiated again."

    /// A span of another length than the operation reads or writes.
    let checkLength (operation: string) (name: string) (what: string) (expected: int) (got: int) : unit =
        if expected <> got then
            raise (ArgumentException($"{operation}: {name} has another length than {what}: expected {expected}, got {got}.", name))

    /// The value of a number that goes into a span of doubles, where no derivative passes.
    let plain (operation: string) (remedy: string) (x: Real) : float =
        if isNull x.node || isNull x.Live.node then x.value else PlainReading.refuseWith operation remedy

/// <summary>
/// A tape that is opened again for each run, and the array of numbers that the function gets. <c>isKept</c> is false where the function may
/// keep what it is given: then both are new at each run.
/// </summary>
[<Sealed; AllowNullLiteral>]
type internal GradientWorkspace(count: int, isKept: bool) =
    let mutable tape: Tape = null
    let mutable inputs: Real[] = Array.zeroCreate count

    /// True once f was seen to use closures, arrays or captured numbers with levels, which sweep on a new tape only.
    let mutable needsNewTape = not isKept

    let reopen () : Tape =
        if needsNewTape || isNull tape || not tape.IsReopenable then tape <- Tape ArrayModes.reverse else tape.Reopen()
        tape

    /// The array for the next run.
    member _.Inputs() : Real[] =
        if not isKept then inputs <- Array.zeroCreate count
        inputs

    /// One run and its sweep; false where it must be repeated on a new tape.
    member private workspace.TryRun
        (f: Func<Real[], Real>, x: ReadOnlySpan<float>, into: Span<float>, plain: Func<Real, float>, value: byref<Real>)
        : bool =
        let tape = reopen ()
        try
            let inputs = workspace.Inputs()
            for index = 0 to inputs.Length - 1 do
                inputs[index] <- Real(x[index], tape.PushLeaf(), tape)
            let y = f.Invoke inputs
            tape.End()
            let y = Forward.lookThrough tape y
            let slot = if y.IsAt tape then Tape.Index y.Slot else -1
            value <- y.Below tape
            if Reverse.isPlain tape then
                Reverse.gradient tape slot (MemoryMarshal.Cast<float, PlainDouble> into)
                true
            else
                needsNewTape <- true
                tape.Origin = 0
                && (let slots = { OfNumbers = [| slot |]; OfArrays = [||] }
                    let like = Leaves.ofNumbers (Array.zeroCreate count)
                    let cotangents = Reverse.sweep tape slots (Leaves.ofNumbers [| Real 1.0 |]) like
                    for index = 0 to count - 1 do
                        into[index] <- plain.Invoke cotangents.Numbers[index]
                    true)
        finally
            tape.Release()

    /// The value of f, and its gradient into a span. Nothing is allocated where the tape is plain.
    member workspace.Run(f: Func<Real[], Real>, x: ReadOnlySpan<float>, into: Span<float>, plain: Func<Real, float>) : Real =
        let mutable value = Real 0.0
        if not (workspace.TryRun(f, x, into, plain, &value)) then workspace.TryRun(f, x, into, plain, &value) |> ignore
        value

/// <summary>
/// A function with one real result, made ready for many calls: its value, gradient and Hessian at points that are spans of doubles, written
/// into spans. Made by AD.Prepare. Every call runs the function, which may branch; the results are those of AD.Grad and AD.Hessian, bit for
/// bit.
/// </summary>
/// <remarks>
/// <para>The numbers of x are those of the structure in order: numbers first, then the elements of tensors.</para>
/// <para>A gradient allocates nothing once a first call has made its workspace, if the parameter is an array of numbers and f computes with
/// numbers; what f itself allocates is f's. Several threads may call at once, and f may call the object itself: each call has a workspace
/// of its own.</para>
/// <para>The array that f is given, and the numbers in it, are used again by later calls: f keeps neither for later. It may keep copies of
/// values (<c>x.Value</c>).</para>
/// <para>Doubles carry no derivatives. Where what goes into a span depends on a number that f captured and that is being differentiated
/// outside, the call is an error.</para>
/// </remarks>
[<Sealed>]
type Prepared<'P> internal (operation: string, remedy: string, isKept: bool, f: 'P -> Real, example: 'P) =
    let struct (like, point) = Flatten.input "Prepare" "example" example
    let point = Leaves.constants point
    let count = Leaves.count point
    let isArray = Type.op_Equality (typeof<'P>, typeof<Real[]>)

    let ofNumbers =
        Func<Real[], Real>(fun numbers ->
            if isArray then
                let mutable numbers = numbers
                f (Unsafe.As<Real[], 'P>(&numbers))
            else
                f (Flatten.argument like (Leaves.ofNumbers numbers)))

    let workspaces = Workspaces<GradientWorkspace>(fun () -> GradientWorkspace(count, isKept))

    let named (method: string) = if isNull operation then method else operation
    let plainOf (method: string) = Func<Real, float>(PreparedCalls.plain (named method) remedy)
    let plainValue, plainGradient = plainOf "Prepared.Value", plainOf "Prepared.Gradient"
    let plainHessian = plainOf "Prepared.Hessian"

    let check (method: string) (x: ReadOnlySpan<float>) =
        PreparedCalls.checkLength (named method) "x" "the numbers of the example" count x.Length

    let checkInto (method: string) (what: string) (expected: int) (into: Span<float>) =
        PreparedCalls.checkLength (named method) "into" what expected into.Length

    /// The structure at a point.
    let at (x: ReadOnlySpan<float>) : 'P = Flatten.argument like (Leaves.ofValues point (x.ToArray()))

    let gradient (x: ReadOnlySpan<float>) (into: Span<float>) : Real =
        if point.Arrays.Length = 0 then
            let workspace = workspaces.Rent()
            try
                workspace.Run(ofNumbers, x, into, plainGradient)
            finally
                workspaces.Return workspace
        else
            let struct (value, gradient) = Recording.valueAndGradient (named "Prepared.Gradient") f (at x)
            let gradient = Flatten.alike (named "Prepared.Gradient") "the gradient" like gradient
            if not (isNull (Leaves.highest (gradient |> Leaves.map _.Live _.Live))) then
                PlainReading.refuseWith (named "Prepared.Gradient") remedy
            (Leaves.values gradient).AsSpan().CopyTo into
            value

    internal new(f, example) = Prepared<'P>(null, PreparedCalls.remedy, true, f, example)

    /// <summary>How many numbers the parameter has: the length of x and of a gradient.</summary>
    member _.Count: int = count

    /// <summary>f(x).</summary>
    /// <remarks>Cost: one run of f on plain numbers.</remarks>
    /// <exception cref="T:System.ArgumentException">x has another length than the example has numbers.</exception>
    /// <exception cref="T:System.InvalidOperationException">The value depends on a number that is being differentiated outside.</exception>
    member _.Value(x: ReadOnlySpan<float>) : float =
        check "Prepared.Value" x
        if point.Arrays.Length > 0 then
            plainValue.Invoke(f (at x))
        else
            let workspace = workspaces.Rent()
            try
                let inputs = workspace.Inputs()
                for index = 0 to inputs.Length - 1 do
                    inputs[index] <- Real x[index]
                plainValue.Invoke(ofNumbers.Invoke inputs)
            finally
                workspaces.Return workspace

    /// <summary>The gradient of f at x.</summary>
    /// <param name="x">The point.</param>
    /// <param name="into">Gets the gradient: a double for each number of x. It may be the same memory as x.</param>
    /// <remarks>Cost: one run of f and one sweep.</remarks>
    /// <exception cref="T:System.ArgumentException">A span has another length than the example has numbers.</exception>
    /// <exception cref="T:System.InvalidOperationException">
    /// The gradient depends on a number that is being differentiated outside.
    /// </exception>
    member _.Gradient(x: ReadOnlySpan<float>, into: Span<float>) : unit =
        check "Prepared.Gradient" x
        checkInto "Prepared.Gradient" "the gradient" count into
        gradient x into |> ignore

    /// <summary>The value of f at x, and the gradient into a span.</summary>
    /// <param name="x">The point.</param>
    /// <param name="into">Gets the gradient: a double for each number of x. It may be the same memory as x.</param>
    /// <remarks>Cost: that of the gradient alone.</remarks>
    /// <exception cref="T:System.ArgumentException">A span has another length than the example has numbers.</exception>
    /// <exception cref="T:System.InvalidOperationException">
    /// The value or the gradient depends on a number that is being differentiated outside.
    /// </exception>
    member _.ValueAndGradient(x: ReadOnlySpan<float>, into: Span<float>) : float =
        check "Prepared.ValueAndGradient" x
        checkInto "Prepared.ValueAndGradient" "the gradient" count into
        plainValue.Invoke(gradient x into)

    /// <summary>The matrix of second derivatives of f at x, row after row.</summary>
    /// <param name="x">The point.</param>
    /// <param name="into">Gets the n x n entries: that of row i and column j at i n + j.</param>
    /// <remarks>Cost: that of AD.Hessian, with its workspace.</remarks>
    /// <exception cref="T:System.ArgumentException">x has another length than the example has numbers, or into than their
    /// square.</exception>
    /// <exception cref="T:System.InvalidOperationException">
    /// A second derivative depends on a number that is being differentiated outside.
    /// </exception>
    member _.Hessian(x: ReadOnlySpan<float>, into: Span<float>) : unit =
        check "Prepared.Hessian" x
        checkInto "Prepared.Hessian" "the Hessian, row after row" (count * count) into
        let columns = HessianProducts.all f like (Leaves.ofValues point (x.ToArray()))
        for j = 0 to count - 1 do
            let column = columns[j]
            for i = 0 to count - 1 do
                into[i * count + j] <- plainHessian.Invoke column[i]

/// <summary>
/// A function from numbers to numbers, made ready for many calls: its value and its Jacobian at points that are spans of doubles, written
/// into spans. Made by AD.Prepare. Every call runs the function, which may branch; the results are those of AD.Jacobian, bit for bit.
/// </summary>
/// <remarks>
/// Several threads may call at once, and f may call the object itself. Doubles carry no derivatives: where what goes into a span depends
/// on a number that f captured and that is being differentiated outside, the call is an error.
/// </remarks>
[<Sealed>]
type PreparedVector internal (f: Real[] -> Real[], jacobian: Func<Real[], int, Real[,]>, example: Real[]) =
    let count =
        let struct (_, point) = Flatten.input "Prepare" "example" example
        point.Numbers.Length

    let check (method: string) (x: ReadOnlySpan<float>) = PreparedCalls.checkLength method "x" "the numbers of the example" count x.Length

    let constants (x: ReadOnlySpan<float>) : Real[] =
        let numbers = Array.zeroCreate x.Length
        for index = 0 to numbers.Length - 1 do
            numbers[index] <- Real x[index]
        numbers

    /// <summary>How many arguments f has.</summary>
    member _.Count: int = count

    /// <summary>f(x).</summary>
    /// <param name="x">The point.</param>
    /// <param name="into">Gets the results.</param>
    /// <remarks>Cost: one run of f on plain numbers.</remarks>
    /// <exception cref="T:System.ArgumentException">x has another length than the example, or into than the results.</exception>
    /// <exception cref="T:System.InvalidOperationException">A result depends on a number that is being differentiated outside.</exception>
    member _.Value(x: ReadOnlySpan<float>, into: Span<float>) : unit =
        check "Prepared.Value" x
        let y = f (constants x)
        if isNull y then raise (ArgumentException("Prepared.Value: f returned null instead of an array.", "f"))
        PreparedCalls.checkLength "Prepared.Value" "into" "the results of f" y.Length into.Length
        for index = 0 to y.Length - 1 do
            into[index] <- PreparedCalls.plain "Prepared.Value" PreparedCalls.remedy y[index]

    /// <summary>The Jacobian of f at x, row after row.</summary>
    /// <param name="x">The point.</param>
    /// <param name="into">
    /// Gets the m x n entries: the derivative of result i with respect to argument j at i n + j. Its length tells the number m of results.
    /// </param>
    /// <remarks>
    /// Cost: that of AD.Jacobian for this number of results, without its matrix where forward mode takes many directions at once.
    /// </remarks>
    /// <exception cref="T:System.ArgumentException">x has another length than the example, or into than the Jacobian.</exception>
    /// <exception cref="T:System.InvalidOperationException">
    /// A derivative depends on a number that is being differentiated outside.
    /// </exception>
    member _.Jacobian(x: ReadOnlySpan<float>, into: Span<float>) : unit =
        let operation = "Prepared.Jacobian"
        check operation x
        let rows = if count = 0 then 0 else into.Length / count
        if not (JacobianMode.isForward count rows && VectorPushforward.tryWrite operation f (constants x) into) then
            let entries = jacobian.Invoke(constants x, rows)
            PreparedCalls.checkLength operation "into" "the Jacobian, row after row" entries.Length into.Length
            for i = 0 to Array2D.length1 entries - 1 do
                for j = 0 to count - 1 do
                    into[i * count + j] <- PreparedCalls.plain operation PreparedCalls.remedy entries[i, j]
