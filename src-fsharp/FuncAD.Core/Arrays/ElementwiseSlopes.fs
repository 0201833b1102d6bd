namespace FuncAD

#nowarn "9" // stack buffers

open System
open System.Runtime.CompilerServices
open FuncAD.Rules
open Microsoft.FSharp.NativeInterop

/// <summary>Tangents and cotangents times the slopes of elementwise operations.</summary>
[<AbstractClass; Sealed>]
type internal ElementwiseSlopes private () =

    /// A tangent or cotangent times a slope, in a given shape.
    static member Scale(slope: Tensor, tangent: Tensor, shape: int[]) : Tensor =
        let isOne = isNull slope.Node && slope.Compact.Length = 1 && slope.Compact[0] = 1.0
        Tensor.BroadcastTo((if isOne then tangent else Tensor.Binary(Arithmetic.Multiply(), slope, tangent)), shape)

    /// A tangent or cotangent times constant weights. A weight of 0 passes nothing, even of infinity or NaN.
    static member Weigh(weights: float[], t: Tensor) : Tensor =
        let taken = Tensor.Linear(Masked(weights, true, t.Dimensions), t)
        if weights |> Array.forall (fun weight -> weight = 0.0 || weight = 1.0) then
            taken
        else
            Tensor.Binary(Arithmetic.Multiply(), Tensor(weights, t.Dimensions, null), taken)

    /// A run of an array of the result's shape, or the one element that stands for all.
    static member inline private Part(elements: float[], start: int, length: int) : ReadOnlySpan<float> =
        if elements.Length = 1 then ReadOnlySpan elements else ReadOnlySpan(elements, start, length)

    /// Along, for short runs.
    [<SkipLocalsInit>]
    static member private AlongShort<'D when 'D: struct and 'D :> IPartial>
        (partial: 'D, first: bool, runs: Broadcast, a: float[], b: float[], y: float[], t: float[], out: float[], sums: bool, add: bool)
        : unit =
        // one by one: the evaluation stack must be empty where the stack grows, and that of a tuple is not in a Debug build
        let bufferA = NativePtr.stackalloc<float> RunWalk.Buffer
        let bufferB = NativePtr.stackalloc<float> RunWalk.Buffer
        let contributions = NativePtr.stackalloc<float> RunWalk.Buffer
        // an operand that is not read is not written out: its first element stands for it
        let reader operand (elements: float[]) strides =
            RunReader((if partial.Operands &&& operand <> 0 then elements else elements[..0]), runs.Extents, strides)
        let readA, readB = reader 1 a runs.StridesA, reader 2 b runs.StridesB
        let target = if sums then RunSums(out, runs.Extents, (if first then runs.StridesA else runs.StridesB)) else Unchecked.defaultof<_>
        let share = RunWalk.Block / runs.Length
        let mutable run = 0
        while run < runs.Count do
            let count = min share (runs.Count - run)
            let start, length = run * runs.Length, count * runs.Length
            let a = readA.Next(count, bufferA)
            let b = readB.Next(count, bufferB)
            let y = ElementwiseSlopes.Part(y, start, length)
            let t = ElementwiseSlopes.Part(t, start, length)
            if sums then
                partial.Apply(a, b, y, t, Span<float>(NativePtr.toVoidPtr contributions, length), false)
                target.Walk(count, contributions)
            else
                partial.Apply(a, b, y, t, Span(out, start, length), add)
            run <- run + count

    /// <summary>
    /// out (+)= a partial derivative times t, over arrays of y's shape. With <c>sums</c>, out has the shape of the operand (the first or
    /// the second), elements that were repeated by broadcasting receive the sum, and contributions are always added.
    /// </summary>
    static member Along<'D when 'D: struct and 'D :> IPartial>
        (partial: 'D, first: bool, a: Tensor, b: Tensor, y: Tensor, t: Tensor, out: float[], sums: bool, add: bool)
        : unit =
        let a' = if sums && first then a.Elements else a.Compact
        let b' = if sums && not first then b.Elements else b.Compact
        let y', t' = y.Compact, t.Compact
        if Broadcast.IsOneRun(y.Length, a', b') then
            if sums && out.Length <> y.Length then
                out[0] <- out[0] + partial.Sum(y.Length, ReadOnlySpan a', ReadOnlySpan b', ReadOnlySpan y', ReadOnlySpan t')
            else
                partial.Apply(ReadOnlySpan a', ReadOnlySpan b', ReadOnlySpan y', ReadOnlySpan t', Span out, add || sums)
        else
            ElementwiseSlopes.AlongRuns(partial, first, a, b, y, t, out, sums, add)

    /// The same where an array is repeated along some of the axes.
    static member private AlongRuns<'D when 'D: struct and 'D :> IPartial>
        (partial: 'D, first: bool, a: Tensor, b: Tensor, y: Tensor, t: Tensor, out: float[], sums: bool, add: bool)
        : unit =
        let a' = if sums && first then a.Elements else a.Compact
        let b' = if sums && not first then b.Elements else b.Compact
        let layout (x: Tensor) isSummed = if isSummed then x.Dimensions else x.Layout
        let runs = Broadcast(y.Dimensions, layout a (sums && first), layout b (sums && not first))
        let y', t' = y.Compact, t.Compact
        if runs.IsShort then
            ElementwiseSlopes.AlongShort(partial, first, runs, a', b', y', t', out, sums, add)
        else
            while runs.Next() do
                let a = ReadOnlySpan(a', runs.StartA, runs.LengthA)
                let b = ReadOnlySpan(b', runs.StartB, runs.LengthB)
                let y = ElementwiseSlopes.Part(y', runs.Start, runs.Length)
                let t = ElementwiseSlopes.Part(t', runs.Start, runs.Length)
                if not sums then
                    partial.Apply(a, b, y, t, Span(out, runs.Start, runs.Length), add)
                else
                    let start, length = if first then runs.StartA, runs.LengthA else runs.StartB, runs.LengthB
                    if length = runs.Length then
                        partial.Apply(a, b, y, t, Span(out, start, length), true)
                    else
                        out[start] <- out[start] + partial.Sum(runs.Length, a, b, y, t)

    /// The part of a tangent or cotangent that belongs to the first or second argument of a choice: all where it is chosen, half at a tie,
    /// and nothing elsewhere.
    static member Chosen<'R when 'R: struct and 'R :> IChoice>(rule: 'R, first: bool, a: Tensor, b: Tensor, y: Tensor, t: Tensor) : Tensor =
        let weights = GC.AllocateUninitializedArray<float> y.Length
        ElementwiseSlopes.Along(PartialOfChoice<'R>(rule, first), first, a, b, y, Tensor.OfConstant 1.0, weights, false, false)
        ElementwiseSlopes.Weigh(weights, Tensor.BroadcastTo(t, y.Dimensions))

    /// The sum of two tangents; null is a structural zero.
    static member Plus(a: Tensor, b: Tensor) : Tensor =
        if isNull a then b
        elif isNull b then a
        else Tensor.Binary(Arithmetic.Add(), a, b)

    /// Tells whether no array carries a level, so that kernels can run over them.
    static member ArePlain(x: Tensor, z: Tensor, tangent: Tensor, rest: Tensor) : bool =
        isNull x.Node && isNull z.Node && isNull tangent.Node && (isNull rest || isNull rest.Node)

    /// <summary>
    /// A partial derivative times the tangent of its operand, added to the rest of the result's tangent (null for none), which is
    /// overwritten: nothing but the sum of both may be used afterwards.
    /// </summary>
    static member Push<'D when 'D: struct and 'D :> IPartial>
        (partial: 'D, x: Tensor, z: Tensor, y: Tensor, tangent: Tensor, rest: Tensor)
        : Tensor =
        let tangent = Tensor.BroadcastTo(tangent, y.Dimensions)
        let adds = not (isNull rest) && tangent.IsWhole
        let out = if adds then rest.Elements else GC.AllocateUninitializedArray<float> y.Length
        ElementwiseSlopes.Along(partial, true, x, z, y, tangent, out, false, adds)
        let sum = Tensor(out, y.Dimensions, null)
        if adds then sum.Tracked else ElementwiseSlopes.Plus(rest, Tensor.Kept(sum, tangent.Indicators))
