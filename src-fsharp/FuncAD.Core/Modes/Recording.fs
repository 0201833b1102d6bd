namespace FuncAD

open System

/// <summary>
/// One run of f on a tape: the value, and the pullback w -> w J, which may be called many times. <c>Release</c> gives the tape back; no
/// sweep may follow.
/// </summary>
[<Sealed>]
type internal Recording<'P, 'Q>(operation: string, f: 'P -> 'Q, p: 'P) =
    let tape = Tape ArrayModes.reverse
    let struct (like, point) = Flatten.input operation "x" p

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

module internal Recording =
    /// The value and the gradient of a function with one real result; the tape is released.
    let valueAndGradient (operation: string) (f: 'P -> Real) (p: 'P) : struct (Real * 'P) =
        let recording = Recording<'P, Real>(operation, f, p)
        try
            struct (recording.Primals.Numbers[0], recording.Rebuild(Leaves.ofNumbers [| Real 1.0 |]))
        finally
            recording.Release()

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
