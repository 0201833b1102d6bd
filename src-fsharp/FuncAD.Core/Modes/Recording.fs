namespace FuncAD

open System
open System.Runtime.CompilerServices

/// <summary>
/// One run of f on a tape: the value, and the pullback w -> w J, which may be called many times. <c>Release</c> gives the tape back; no
/// sweep may follow.
/// </summary>
[<Sealed>]
type internal Recording<'P, 'Q>(operation: string, f: 'P -> 'Q, like: Skeleton, point: Leaves) =
    let tape = Tape ArrayModes.reverse

    let struct (result, outputs) =
        try
            // read before the tape ends: a lazy sequence computes its numbers only now
            let struct (result, reader) = f (Flatten.argument like (Reverse.onTape tape point)) |> Flatten.output operation
            if reader.HasFunctions then
                reader.Fail "it holds a function, which reverse mode cannot seed. Use Diff or Jvp, or apply the function inside f."
            tape.End()
            struct (result, reader.Leaves |> Leaves.map (Forward.lookThrough tape) (Forward.lookThroughArray tape))
        with _ ->
            tape.Release()
            reraise ()

    let slots = Slots.On(tape, outputs)

    new(operation, f, p: 'P) =
        let struct (like, point) = Flatten.input operation "x" p
        Recording(operation, f, like, point)

    /// The primals of the results, in order.
    member _.Primals = outputs |> Leaves.map _.Below(tape) _.Below(tape)

    /// f(p), without the tape's level.
    member recording.Value: 'Q = Flatten.rebuild result recording.Primals

    /// The cotangents of the inputs for these cotangents of the results.
    member _.Pull(cotangents: Leaves) : Leaves = Reverse.sweep tape slots cotangents point

    /// The rows of the Jacobian: the cotangents of the inputs for each result, where all are numbers.
    member _.Rows() : Real[][] = Reverse.rows tape slots point

    /// The cotangents of the inputs in the structure of the point.
    member recording.Rebuild(cotangents: Leaves) : 'P = Flatten.rebuild like (recording.Pull cotangents)

    /// The pullback in the structure of the point.
    member recording.Pullback(cotangent: 'Q) : 'P = recording.Rebuild(Flatten.alike operation "cotangent" result cotangent)

    /// The pullback of several cotangents at once.
    member _.PullbackOfMany(cotangents: 'Q[]) : 'P[] =
        if isNull cotangents then nullArg (nameof cotangents)
        let cotangents = cotangents |> Array.map (Flatten.alike operation (nameof cotangents) result)
        Reverse.pullMany tape slots cotangents point |> Array.map (Flatten.rebuild like)

    member _.Release() = tape.Release()

/// <summary>
/// One run of a function of numbers with one real result: what Recording does, without structures. A program of a few operations takes no
/// longer than its overhead, which is a third of Recording's.
/// </summary>
module internal OneResult =
    /// The cotangents of the inputs of a tape that has ended, for the cotangent 1 of a result.
    let private pull (tape: Tape) (y: Real) (into: Span<Real>) : unit =
        let slot = if y.IsAt tape then Tape.Index y.Slot else -1
        if Reverse.isPlain tape then
            Reverse.gradient tape slot into
        else
            let slots = { OfNumbers = [| slot |]; OfArrays = [||] }
            let cotangents = Reverse.sweep tape slots (Leaves.ofNumbers [| Real 1.0 |]) (Leaves.ofNumbers (Array.zeroCreate into.Length))
            cotangents.Numbers.AsSpan().CopyTo into

    let ofNumber (f: 'P -> Real) (x: Real) : struct (Real * Real) =
        let tape = Tape ArrayModes.reverse
        try
            let mutable input = Real.OnTape(tape, x.Live, tape.PushLeaf())
            let y = f (Unsafe.As<Real, 'P>(&input))
            tape.End()
            let y = Forward.lookThrough tape y
            pull tape y (Span(&input))
            struct (y.Below tape, input)
        finally
            tape.Release()

    /// The value of f, for numbers that are no longer needed: their cotangents take their places. f does not keep the array.
    let inPlace (f: Real[] -> Real) (numbers: Real[]) : Real =
        let tape = Tape ArrayModes.reverse
        try
            for index = 0 to numbers.Length - 1 do
                numbers[index] <- Real.OnTape(tape, numbers[index].Live, tape.PushLeaf())
            let y = f numbers
            tape.End()
            let y = Forward.lookThrough tape y
            pull tape y (Span numbers)
            y.Below tape
        finally
            tape.Release()

    let ofNumbers (f: 'P -> Real) (x: Real[]) : struct (Real * Real[]) =
        let cotangents = Array.copy x
        let run (numbers: Real[]) =
            let mutable argument = Array.copy numbers // f may keep it, or write into it
            f (Unsafe.As<Real[], 'P>(&argument))
        struct (inPlace run cotangents, cotangents)

module internal Recording =
    /// The same of a structure, which may hold arrays.
    let private ofStructure (operation: string) (f: 'P -> Real) (p: 'P) : struct (Real * 'P) =
        let struct (like, point) = Flatten.input operation "x" p
        match like.Structure with
        | :? Branch when point.Arrays.Length = 0 ->
            let value = OneResult.inPlace (fun numbers -> f (Flatten.argument like (Leaves.ofNumbers numbers))) point.Numbers
            struct (value, Flatten.rebuild like point)
        | _ ->
            let recording = Recording<'P, Real>(operation, f, like, point)
            try
                struct (recording.Primals.Numbers[0], recording.Rebuild(Leaves.ofNumbers [| Real 1.0 |]))
            finally
                recording.Release()

    /// The same of a type that compiled code takes apart. Where that fails, the structure's own visit does it, or says why not.
    let private ofProduct (codec: Codec<'P>) (operation: string) (f: 'P -> Real) (p: 'P) : struct (Real * 'P) =
        let numbers = Array.zeroCreate codec.Numbers
        let others = if codec.Others = 0 then null else Array.zeroCreate codec.Others
        if codec.TryRead(p, numbers, others) then
            let like () = let struct (like, _) = Flatten.input operation "x" p in like
            let run numbers =
                match codec.TryMake(numbers, others) with
                | ValueSome p -> f p
                | ValueNone -> f (Flatten.argument (like ()) (Leaves.ofNumbers numbers))
            let value = OneResult.inPlace run numbers
            match codec.TryMake(numbers, others) with
            | ValueSome gradient -> struct (value, gradient)
            | ValueNone -> struct (value, Flatten.rebuild (like ()) (Leaves.ofNumbers numbers))
        else
            ofStructure operation f p

    /// The value and the gradient of a function with one real result; the tape is released.
    let valueAndGradient (operation: string) (f: 'P -> Real) (p: 'P) : struct (Real * 'P) =
        let mutable p = p
        if Type.op_Equality (typeof<'P>, typeof<Real>) then
            let struct (value, gradient) = OneResult.ofNumber f (Unsafe.As<'P, Real>(&p))
            let mutable gradient = gradient
            struct (value, Unsafe.As<Real, 'P>(&gradient))
        elif Type.op_Equality (typeof<'P>, typeof<Real[]>) && not (isNull (box p)) then
            let struct (value, gradient) = OneResult.ofNumbers f (Unsafe.As<'P, Real[]>(&p))
            let mutable gradient = gradient
            struct (value, Unsafe.As<Real[], 'P>(&gradient))
        else
            match Structures.of'<'P>() with
            | :? CodedShape as shape ->
                match shape.Rehearsed with
                | :? Codec<'P> as codec -> ofProduct codec operation f p
                | _ -> ofStructure operation f p
            | _ -> ofStructure operation f p

    /// The same of a function that returns something beside its real result, which comes back without the tape's level.
    let valueAndGradientWithAux (operation: string) (f: 'P -> Real * 'A) (p: 'P) : struct (Real * 'P * 'A) =
        let recording = Recording<'P, Real * 'A>(operation, f, p)
        try
            let value, auxiliary = recording.Value
            let seeds = recording.Primals |> Leaves.map (fun _ -> Real 0.0) (fun x -> Tensor.Uniform(0.0, x.Dimensions))
            seeds.Numbers[0] <- Real 1.0 // the result comes first among the numbers; a seed of 0 is a structural zero
            struct (value, recording.Rebuild seeds, auxiliary)
        finally
            recording.Release()
