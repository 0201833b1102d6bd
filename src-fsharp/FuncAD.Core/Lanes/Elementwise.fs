namespace FuncAD

open System
open System.Runtime.CompilerServices
open Microsoft.FSharp.NativeInterop

// The loops run over pinned addresses and stack buffers.
#nowarn "9"

/// A kernel computes one number from the numbers at one place of its inputs.
type internal IKernel =
    /// The number of inputs that it uses, from the first on. The others are not read.
    abstract Inputs: int

    abstract On<'V when 'V: struct and 'V :> ILanes<'V>> : p: 'V * q: 'V * r: 'V * s: 'V -> 'V

/// <summary>The carrier that tells which numbers a slope reads: a set of bits instead of a value.</summary>
[<Struct; NoComparison>]
type internal Reads =
    val Set: int
    new(set) = { Set = set }
    static member inline Of(a: Reads, b: Reads) = Reads(a.Set ||| b.Set)

    interface ICarrier<Reads> with
        static member Constant _ = Reads 0
        static member Add(a, b) = Reads.Of(a, b)
        static member Subtract(a, b) = Reads.Of(a, b)
        static member Multiply(a, b) = Reads.Of(a, b)
        static member Divide(a, b) = Reads.Of(a, b)
        static member Negate a = a
        static member Unary(_, x) = x
        static member Binary(_, a, b) = Reads.Of(a, b)
        static member Step(_, x) = x
        static member Choice(_, a, b) = Reads.Of(a, b)

    interface IPlain<Reads> with
        member a.Map(b, _) = Reads.Of(a, b)

/// <summary>The loops over runs of doubles: one pass, no temporaries, no allocation.</summary>
/// <remarks>
/// An input with one number for all places becomes a short buffer filled with it, and a mask of 0 keeps all loads at place 0. The last,
/// incomplete vector is computed by the same code on padded copies, so that the value at a place does not depend on the place.
/// </remarks>
[<AbstractClass; Sealed>]
type internal Loop =

    /// The address moved on by some bytes.
    static member inline private At(source: nativeptr<float>, bytes: nativeint) : nativeptr<float> =
        NativePtr.ofNativeInt (NativePtr.toNativeInt source + bytes)

    /// The address of an input's first number, or of the buffer filled with its one number.
    static member private Source(input: nativeptr<float>, whole: bool, buffer: nativeptr<float>) : nativeptr<float> =
        if whole then
            input
        else
            Span<float>(NativePtr.toVoidPtr buffer, Loop.Widest).Fill(NativePtr.read input)
            buffer

    /// The most lanes that vectors of any width have, a pair of them included.
    static member Widest = 16

    /// Copies the last `rest` numbers of an input and pads them with the last one. The buffer of an input with one number stays.
    static member private Pad(source: nativeptr<float>, first: int, rest: int, whole: bool, buffer: nativeptr<float>) : nativeptr<float> =
        if whole then
            let padded = Span<float>(NativePtr.toVoidPtr buffer, Loop.Widest)
            Span<float>(NativePtr.toVoidPtr (NativePtr.add source first), rest).CopyTo padded
            padded.Slice(rest).Fill(padded[rest - 1])
            buffer
        else
            source

    /// y_i (+)= kernel(p_i, q_i, r_i, s_i)
    [<SkipLocalsInit>]
    static member On<'V, 'K when 'V: struct and 'V :> ILanes<'V> and 'K: struct and 'K :> IKernel>
        (
            kernel: 'K,
            p: ReadOnlySpan<float>,
            q: ReadOnlySpan<float>,
            r: ReadOnlySpan<float>,
            s: ReadOnlySpan<float>,
            y: Span<float>,
            add: bool
        ) : unit =
        let length = y.Length
        let buffers = NativePtr.stackalloc<float>(5 * Loop.Widest)
        use fixedP = fixed p
        use fixedQ = fixed q
        use fixedR = fixed r
        use fixedS = fixed s
        use fixedY = fixed y
        let wholeP = p.Length = length
        let wholeQ = q.Length = length
        let wholeR = r.Length = length
        let wholeS = s.Length = length
        let mutable atP = Loop.Source(fixedP, wholeP, NativePtr.add buffers (0 * Loop.Widest))
        let mutable atQ = Loop.Source(fixedQ, wholeQ, NativePtr.add buffers (1 * Loop.Widest))
        let mutable atR = Loop.Source(fixedR, wholeR, NativePtr.add buffers (2 * Loop.Widest))
        let mutable atS = Loop.Source(fixedS, wholeS, NativePtr.add buffers (3 * Loop.Widest))
        let mutable atY = fixedY
        let maskP = if wholeP then -1n else 0n
        let maskQ = if wholeQ then -1n else 0n
        let maskR = if wholeR then -1n else 0n
        let maskS = if wholeS then -1n else 0n
        let rest = length % 'V.Count
        // places are counted in bytes
        let mutable place = 0n
        let mutable limit = nativeint (length - rest) * 8n
        let mutable turns = if rest = 0 then 1 else 2
        while turns > 0 do
            while place < limit do
                // an input that the kernel does not use is not loaded: it would take a register
                let p = 'V.Load(Loop.At(atP, place &&& maskP))
                let q = if kernel.Inputs > 1 then 'V.Load(Loop.At(atQ, place &&& maskQ)) else p
                let r = if kernel.Inputs > 2 then 'V.Load(Loop.At(atR, place &&& maskR)) else p
                let s = if kernel.Inputs > 3 then 'V.Load(Loop.At(atS, place &&& maskS)) else p
                let value = kernel.On(p, q, r, s)
                let value = if add then 'V.Add('V.Load(Loop.At(atY, place)), value) else value
                'V.Store(value, Loop.At(atY, place))
                place <- place + nativeint 'V.Count * 8n
            turns <- turns - 1
            if turns = 1 && rest > 0 then
                atP <- Loop.Pad(atP, length - rest, rest, wholeP, NativePtr.add buffers (0 * Loop.Widest))
                atQ <- Loop.Pad(atQ, length - rest, rest, wholeQ, NativePtr.add buffers (1 * Loop.Widest))
                atR <- Loop.Pad(atR, length - rest, rest, wholeR, NativePtr.add buffers (2 * Loop.Widest))
                atS <- Loop.Pad(atS, length - rest, rest, wholeS, NativePtr.add buffers (3 * Loop.Widest))
                atY <- Loop.Pad(fixedY, length - rest, rest, true, NativePtr.add buffers (4 * Loop.Widest))
                place <- 0n
                limit <- nativeint 'V.Count * 8n
        if rest > 0 then Span<float>(NativePtr.toVoidPtr atY, rest).CopyTo(y.Slice(length - rest))

    /// (y_i, z_i) = shared(x_i), for a length that is a multiple of the widest vectors' lanes.
    static member OnShared<'V, 'T when 'V: struct and 'V :> ILanes<'V> and 'T: struct and 'T :> ISharedForm>
        (shared: 'T, x: nativeptr<float>, y: nativeptr<float>, z: nativeptr<float>, length: int)
        : unit =
        let limit = nativeint length * 8n
        let mutable place = 0n
        while place < limit do
            let mutable second = 'V.Constant 0.0
            let first = shared.On('V.Load(Loop.At(x, place)), &second)
            'V.Store(first, Loop.At(y, place))
            'V.Store(second, Loop.At(z, place))
            place <- place + nativeint 'V.Count * 8n

    /// (y_i, z_i) = shared(x_i) with the machine's widest vectors. The length is a multiple of Loop.Widest: the loop has no tail.
    static member RunShared<'T when 'T: struct and 'T :> ISharedForm>
        (shared: 'T, x: ReadOnlySpan<float>, y: Span<float>, z: Span<float>)
        : unit =
        if y.Length % Loop.Widest <> 0 || x.Length <> y.Length || z.Length <> y.Length then
            invalidArg
                (nameof x)
                $"Shared forms go over whole groups of {Loop.Widest} numbers, as many in as out; got {x.Length}, {y.Length} and {z.Length}."
        use fixedX = fixed x
        use fixedY = fixed y
        use fixedZ = fixed z
        Widest.RunInPairs(SharedLoop<'T>(shared, fixedX, fixedY, fixedZ, y.Length))

    /// y_i (+)= kernel(p_i, q_i, r_i, s_i) with the machine's widest vectors.
    static member Run<'K when 'K: struct and 'K :> IKernel>
        (
            kernel: 'K,
            p: ReadOnlySpan<float>,
            q: ReadOnlySpan<float>,
            r: ReadOnlySpan<float>,
            s: ReadOnlySpan<float>,
            y: Span<float>,
            add: bool
        ) : unit =
        if y.Length > 0 then
            // Widest.RunInPairs, spelt out: F# allows no spans in a struct that runs at any width.
            match Widest.Bits with
            | 512 -> Loop.On<Pair512, 'K>(kernel, p, q, r, s, y, add)
            | 256 -> Loop.On<Lane256, 'K>(kernel, p, q, r, s, y, add)
            | _ -> Loop.On<Lane128, 'K>(kernel, p, q, r, s, y, add)

and [<Struct; NoComparison>] internal SharedLoop<'T when 'T: struct and 'T :> ISharedForm>
    (shared: 'T, x: nativeptr<float>, y: nativeptr<float>, z: nativeptr<float>, length: int) =
    interface IAtAnyWidth with
        member _.Run<'V when 'V: struct and 'V :> ILanes<'V>>() = Loop.OnShared<'V, 'T>(shared, x, y, z, length)

// ---- Kernels ----

[<Struct; NoComparison>]
type internal UnaryKernel<'R when 'R: struct and 'R :> IFunction1>(rule: 'R) =
    interface IKernel with
        member _.Inputs = 1
        member _.On(x, _, _, _) = VectorForms.Unary(rule, x)

[<Struct; NoComparison>]
type internal BinaryKernel<'R when 'R: struct and 'R :> IFunction2>(rule: 'R) =
    interface IKernel with
        member _.Inputs = 2
        member _.On(a, b, _, _) = VectorForms.Binary(rule, a, b)

/// a where the answer is not 0, b where it is 0.
[<Struct; NoComparison>]
type internal SelectKernel =
    interface IKernel with
        member _.Inputs = 3
        member _.On<'V when 'V: struct and 'V :> ILanes<'V>>(answer: 'V, a: 'V, b: 'V, _: 'V) : 'V =
            'V.Select('V.Equal(answer, 'V.Constant 0.0), b, a)

[<Struct; NoComparison>]
type internal TernaryKernel<'R when 'R: struct and 'R :> ITernary>(rule: 'R) =
    interface IKernel with
        member _.Inputs = 3
        member _.On(a, b, c, _) = VectorForms.Ternary(rule, a, b, c)

[<Struct; NoComparison>]
type internal SlopeKernel<'R when 'R: struct and 'R :> IUnary>(rule: 'R) =
    interface IKernel with
        member _.Inputs = 3
        member _.On<'V when 'V: struct and 'V :> ILanes<'V>>(x: 'V, y: 'V, t: 'V, _: 'V) : 'V = 'V.Multiply(rule.Slope<'V>(x, y), t)

[<Struct; NoComparison>]
type internal SlopeAKernel<'R when 'R: struct and 'R :> IBinary>(rule: 'R) =
    interface IKernel with
        member _.Inputs = 4
        member _.On<'V when 'V: struct and 'V :> ILanes<'V>>(a: 'V, b: 'V, y: 'V, t: 'V) : 'V = 'V.Multiply(rule.SlopeA<'V>(a, b, y), t)

[<Struct; NoComparison>]
type internal SlopeBKernel<'R when 'R: struct and 'R :> IBinary>(rule: 'R) =
    interface IKernel with
        member _.Inputs = 4
        member _.On<'V when 'V: struct and 'V :> ILanes<'V>>(a: 'V, b: 'V, y: 'V, t: 'V) : 'V = 'V.Multiply(rule.SlopeB<'V>(a, b, y), t)

/// The share that the first argument has in the result y of a choice: Comparisons.share on lanes.
[<Struct; NoComparison>]
type internal ShareKernel =
    interface IKernel with
        member _.Inputs = 3
        member _.On<'V when 'V: struct and 'V :> ILanes<'V>>(a: 'V, b: 'V, y: 'V, _: 'V) : 'V =
            let zero, one = 'V.Constant 0.0, 'V.Constant 1.0
            // NaN is the one number that does not equal itself
            let taken = 'V.Select('V.Or('V.Equal(y, y), 'V.Equal(a, a)), 'V.Equal(y, a), 'V.Equal(zero, zero))
            'V.Select('V.Equal(a, b), 'V.Constant 0.5, 'V.Select(taken, one, zero))

/// The slope of a choice times t. An argument that is not taken contributes 0, whatever t is.
[<Struct; NoComparison>]
type internal ChoiceSlopeKernel<'R when 'R: struct and 'R :> IChoice>(rule: 'R, first: bool) =
    interface IKernel with
        member _.Inputs = 3
        member _.On<'V when 'V: struct and 'V :> ILanes<'V>>(a: 'V, b: 'V, t: 'V, _: 'V) : 'V =
            let share = (ShareKernel() :> IKernel).On(a, b, VectorForms.Binary(rule, a, b), t)
            let share = if first then share else 'V.Subtract('V.Constant 1.0, share)
            Lanes.LanePowers.absorb share t

/// <summary>
/// The sum of a block of numbers by halves: one half is added to the other until one number is left, the first. The order is the same for
/// every width.
/// </summary>
[<Struct; NoComparison>]
type internal BlockSum(numbers: nativeptr<float>) =
    /// The length of a block.
    static member Length = 256

    interface IAtAnyWidth with
        member _.Run<'V when 'V: struct and 'V :> ILanes<'V>>() : unit =
            let mutable half = BlockSum.Length / 2
            while half >= 'V.Count do
                let mutable place = 0
                while place < half do
                    let at = NativePtr.add numbers place
                    'V.Store('V.Add('V.Load at, 'V.Load(NativePtr.add at half)), at)
                    place <- place + 'V.Count
                half <- half / 2
            while half > 0 do
                for place in 0 .. half - 1 do
                    NativePtr.set numbers place (NativePtr.get numbers place + NativePtr.get numbers (half + place))
                half <- half / 2

/// <summary>Values and slopes of the rules over spans. An input has the length of the result, or length 1 for all places.</summary>
[<AbstractClass; Sealed>]
type internal Elementwise =

    static member private Check(name: string, input: ReadOnlySpan<float>, length: int) =
        if input.Length <> length && input.Length <> 1 then
            invalidArg
                name
                $"An elementwise operation on {length} numbers got {input.Length}; give {length} numbers, or one for all of them."

    /// An input that a slope does not read is not loaded: its first number stands for it.
    static member inline private IfRead(input: ReadOnlySpan<float>, reads: Reads, index: int) : ReadOnlySpan<float> =
        if reads.Set &&& index <> 0 || input.Length <= 1 then input else input.Slice(0, 1)

    /// One number, to be passed for the inputs that a kernel does not use.
    static member inline One(input: ReadOnlySpan<float>) : ReadOnlySpan<float> = Elementwise.IfRead(input, Reads 0, 0)

    /// <summary>y_i = f(x_i)</summary>
    static member Unary<'R when 'R: struct and 'R :> IFunction1>(rule: 'R, x: ReadOnlySpan<float>, y: Span<float>) : unit =
        Elementwise.Check("x", x, y.Length)
        let one = Elementwise.One x
        Loop.Run(UnaryKernel<'R> rule, x, one, one, one, y, false)

    /// <summary>y_i = f(a_i, b_i)</summary>
    static member Binary<'R when 'R: struct and 'R :> IFunction2>
        (rule: 'R, a: ReadOnlySpan<float>, b: ReadOnlySpan<float>, y: Span<float>)
        : unit =
        Elementwise.Check("a", a, y.Length)
        Elementwise.Check("b", b, y.Length)
        let one = Elementwise.One a
        Loop.Run(BinaryKernel<'R> rule, a, b, one, one, y, false)

    /// <summary>y_i = a_i where answer_i is 1, b_i where it is 0</summary>
    static member Select(answer: ReadOnlySpan<float>, a: ReadOnlySpan<float>, b: ReadOnlySpan<float>, y: Span<float>) : unit =
        Elementwise.Check("answer", answer, y.Length)
        Elementwise.Check("a", a, y.Length)
        Elementwise.Check("b", b, y.Length)
        Loop.Run(SelectKernel(), answer, a, b, Elementwise.One a, y, false)

    /// <summary>The share of a_i in the result y_i of a choice between a_i and b_i</summary>
    static member Share(a: ReadOnlySpan<float>, b: ReadOnlySpan<float>, y: ReadOnlySpan<float>, share: Span<float>) : unit =
        Elementwise.Check("a", a, share.Length)
        Elementwise.Check("b", b, share.Length)
        Elementwise.Check("y", y, share.Length)
        Loop.Run(ShareKernel(), a, b, y, Elementwise.One a, share, false)

    /// <summary>y_i = f(a_i, b_i, c_i)</summary>
    static member Ternary<'R when 'R: struct and 'R :> ITernary>
        (rule: 'R, a: ReadOnlySpan<float>, b: ReadOnlySpan<float>, c: ReadOnlySpan<float>, y: Span<float>)
        : unit =
        Elementwise.Check("a", a, y.Length)
        Elementwise.Check("b", b, y.Length)
        Elementwise.Check("c", c, y.Length)
        Loop.Run(TernaryKernel<'R> rule, a, b, c, Elementwise.One a, y, false)

    // ---- Slopes times t; the output may be the same memory as an input ----

    /// <summary>out_i (+)= dy/dx(x_i, y_i) t_i</summary>
    static member Slope<'R when 'R: struct and 'R :> IUnary>
        (rule: 'R, x: ReadOnlySpan<float>, y: ReadOnlySpan<float>, t: ReadOnlySpan<float>, out: Span<float>, add: bool)
        : unit =
        Elementwise.Check("x", x, out.Length)
        Elementwise.Check("y", y, out.Length)
        Elementwise.Check("t", t, out.Length)
        let reads = rule.Slope(Reads 1, Reads 2)
        Loop.Run(SlopeKernel<'R> rule, Elementwise.IfRead(x, reads, 1), Elementwise.IfRead(y, reads, 2), t, Elementwise.One t, out, add)

    /// <summary>out_i (+)= dy/da(a_i, b_i, y_i) t_i</summary>
    static member SlopeA<'R when 'R: struct and 'R :> IBinary>
        (
            rule: 'R,
            a: ReadOnlySpan<float>,
            b: ReadOnlySpan<float>,
            y: ReadOnlySpan<float>,
            t: ReadOnlySpan<float>,
            out: Span<float>,
            add: bool
        ) : unit =
        Elementwise.Slope2(SlopeAKernel<'R> rule, rule.SlopeA(Reads 1, Reads 2, Reads 4), a, b, y, t, out, add)

    /// <summary>out_i (+)= dy/db(a_i, b_i, y_i) t_i</summary>
    static member SlopeB<'R when 'R: struct and 'R :> IBinary>
        (
            rule: 'R,
            a: ReadOnlySpan<float>,
            b: ReadOnlySpan<float>,
            y: ReadOnlySpan<float>,
            t: ReadOnlySpan<float>,
            out: Span<float>,
            add: bool
        ) : unit =
        Elementwise.Slope2(SlopeBKernel<'R> rule, rule.SlopeB(Reads 1, Reads 2, Reads 4), a, b, y, t, out, add)

    static member private Slope2<'K when 'K: struct and 'K :> IKernel>
        (
            kernel: 'K,
            reads: Reads,
            a: ReadOnlySpan<float>,
            b: ReadOnlySpan<float>,
            y: ReadOnlySpan<float>,
            t: ReadOnlySpan<float>,
            out: Span<float>,
            add: bool
        ) : unit =
        Elementwise.Check("a", a, out.Length)
        Elementwise.Check("b", b, out.Length)
        Elementwise.Check("y", y, out.Length)
        Elementwise.Check("t", t, out.Length)
        Loop.Run(kernel, Elementwise.IfRead(a, reads, 1), Elementwise.IfRead(b, reads, 2), Elementwise.IfRead(y, reads, 4), t, out, add)

    /// <summary>
    /// out_i (+)= w_i t_i, where the weight w_i of the first argument (or the second) is 1 where the rule chooses it, 1/2 at a tie. Where
    /// it is 0, the contribution is 0 whatever t_i is.
    /// </summary>
    static member ChoiceSlope<'R when 'R: struct and 'R :> IChoice>
        (rule: 'R, first: bool, a: ReadOnlySpan<float>, b: ReadOnlySpan<float>, t: ReadOnlySpan<float>, out: Span<float>, add: bool)
        : unit =
        Elementwise.Check("a", a, out.Length)
        Elementwise.Check("b", b, out.Length)
        Elementwise.Check("t", t, out.Length)
        Loop.Run(ChoiceSlopeKernel<'R>(rule, first), a, b, t, Elementwise.One t, out, add)

    // ---- Sums over runs ----

    /// The numbers of a part of an input, or its one number.
    static member inline private Part(input: ReadOnlySpan<float>, start: int, count: int) : ReadOnlySpan<float> =
        if input.Length = 1 then input else input.Slice(start, count)

    /// <summary>
    /// The sum of kernel(p_i, q_i, r_i, s_i), in an order that depends on the length alone: blocks by halves, and pairs of their sums, so
    /// that the rounding error grows with the logarithm of the length (Higham 1993).
    /// </summary>
    [<SkipLocalsInit>]
    static member Sum<'K when 'K: struct and 'K :> IKernel>
        (kernel: 'K, length: int, p: ReadOnlySpan<float>, q: ReadOnlySpan<float>, r: ReadOnlySpan<float>, s: ReadOnlySpan<float>)
        : float =
        if length <= BlockSum.Length then
            let numbers = NativePtr.stackalloc<float> BlockSum.Length
            let block = Span<float>(NativePtr.toVoidPtr numbers, BlockSum.Length)
            block.Slice(length).Clear()
            Loop.Run(kernel, p, q, r, s, block.Slice(0, length), false)
            Widest.Run(BlockSum numbers)
            NativePtr.read numbers
        else
            let half = (length / 2 + BlockSum.Length - 1) / BlockSum.Length * BlockSum.Length
            let rest = length - half
            let low =
                Elementwise.Sum(
                    kernel,
                    half,
                    Elementwise.Part(p, 0, half),
                    Elementwise.Part(q, 0, half),
                    Elementwise.Part(r, 0, half),
                    Elementwise.Part(s, 0, half)
                )
            let high =
                Elementwise.Sum(
                    kernel,
                    rest,
                    Elementwise.Part(p, half, rest),
                    Elementwise.Part(q, half, rest),
                    Elementwise.Part(r, half, rest),
                    Elementwise.Part(s, half, rest)
                )
            low + high

    // ---- Sums of slopes times t, for an argument that is one number ----

    static member private SlopeSum2<'K when 'K: struct and 'K :> IKernel>
        (
            kernel: 'K,
            reads: Reads,
            length: int,
            a: ReadOnlySpan<float>,
            b: ReadOnlySpan<float>,
            y: ReadOnlySpan<float>,
            t: ReadOnlySpan<float>
        ) : float =
        Elementwise.Check("a", a, length)
        Elementwise.Check("b", b, length)
        Elementwise.Check("y", y, length)
        Elementwise.Check("t", t, length)
        Elementwise.Sum(
            kernel,
            length,
            Elementwise.IfRead(a, reads, 1),
            Elementwise.IfRead(b, reads, 2),
            Elementwise.IfRead(y, reads, 4),
            t
        )

    /// <summary>The sum of so many dy/da(a_i, b_i, y_i) t_i, in an order that depends on their number alone.</summary>
    static member SlopeSumA<'R when 'R: struct and 'R :> IBinary>
        (rule: 'R, length: int, a: ReadOnlySpan<float>, b: ReadOnlySpan<float>, y: ReadOnlySpan<float>, t: ReadOnlySpan<float>)
        : float =
        Elementwise.SlopeSum2(SlopeAKernel<'R> rule, rule.SlopeA(Reads 1, Reads 2, Reads 4), length, a, b, y, t)

    /// <summary>The sum of so many dy/db(a_i, b_i, y_i) t_i, in an order that depends on their number alone.</summary>
    static member SlopeSumB<'R when 'R: struct and 'R :> IBinary>
        (rule: 'R, length: int, a: ReadOnlySpan<float>, b: ReadOnlySpan<float>, y: ReadOnlySpan<float>, t: ReadOnlySpan<float>)
        : float =
        Elementwise.SlopeSum2(SlopeBKernel<'R> rule, rule.SlopeB(Reads 1, Reads 2, Reads 4), length, a, b, y, t)

    /// <summary>The sum of so many contributions of ChoiceSlope, in an order that depends on their number alone.</summary>
    static member ChoiceSlopeSum<'R when 'R: struct and 'R :> IChoice>
        (rule: 'R, first: bool, length: int, a: ReadOnlySpan<float>, b: ReadOnlySpan<float>, t: ReadOnlySpan<float>)
        : float =
        Elementwise.Check("a", a, length)
        Elementwise.Check("b", b, length)
        Elementwise.Check("t", t, length)
        Elementwise.Sum(ChoiceSlopeKernel<'R>(rule, first), length, a, b, t, Elementwise.One t)
