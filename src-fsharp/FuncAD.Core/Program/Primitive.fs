namespace FuncAD.Compiled

open System
open System.Collections.Concurrent
open System.Collections.Generic
open System.Reflection
open System.Reflection.Emit
open System.Runtime.CompilerServices
open Microsoft.FSharp.NativeInterop
open FuncAD
open FuncAD.Rules

// Lanes are computed from addresses.
#nowarn "9"

/// These stand for operations that are not rules: they have no derivative of their own.
[<Struct>]
type internal Selection = struct end

[<Struct>]
type internal Sharing = struct end

/// <summary>
/// A rule as the nodes of a program apply it, without its type: to doubles, to runs of doubles and to vectors. Two primitives are equal if
/// their rules are.
/// </summary>
[<AbstractClass; AllowNullLiteral>]
type internal Primitive(rule: obj, arity: int, traits: Traits, hasParameters: bool) =
    let mutable hash = 0 // 0 until it is asked for

    member _.Rule = rule
    abstract Name: string
    member _.Arity = arity
    member _.Traits = traits
    member _.Instruction = traits.Instruction

    /// Arguments beyond the arity are ignored.
    abstract Value: a: float * b: float * c: float -> float
    abstract OnSpans: a: ReadOnlySpan<float> * b: ReadOnlySpan<float> * c: ReadOnlySpan<float> * y: Span<float> -> unit

    /// True if the result may be a number where an argument is NaN.
    member _.HidesNaN = traits.IsAnswer || traits.HidesNaN

    /// A static method on doubles that computes the value, which the JIT inlines; null for a rule with parameters.
    member primitive.Method: MethodInfo =
        if hasParameters then
            null
        else
            primitive.GetType().GetMethod("Of", BindingFlags.Static ||| BindingFlags.Public ||| BindingFlags.NonPublic)

    override primitive.Equals other =
        match other with
        | :? Primitive as other ->
            Object.ReferenceEquals(primitive, other)
            || (Type.op_Equality (primitive.GetType(), other.GetType()) && (not hasParameters || rule.Equals other.Rule))
        | _ -> false

    override primitive.GetHashCode() =
        if hash = 0 then
            let kind = primitive.GetType().GetHashCode()
            hash <- if hasParameters then HashCode.Combine(kind, rule.GetHashCode()) else kind
        hash

module internal Parameters =
    /// False for a rule without parameters, whose uses share one primitive: a struct without fields has the size 1. (A test checks that no
    /// other rule is as small. Unlike reflection, the size is a constant to the JIT, and right where metadata are trimmed.)
    let inline areIn<'R when 'R: struct> () : bool = sizeof<'R> > 1

/// Primitives have a method Lanes, which computes a vector of any width from the addresses of its arguments to those of its results. Its
/// callers need not know the rule.
module internal LaneMethods =
    let inline read<'V when 'V: struct and 'V :> ILanes<'V>> (address: nativeint) : 'V = 'V.Load(NativePtr.ofNativeInt address)
    let inline write<'V when 'V: struct and 'V :> ILanes<'V>> (address: nativeint) (y: 'V) : unit =
        'V.Store(y, NativePtr.ofNativeInt address)

    let private known = ConcurrentDictionary<struct (Type * Type), MethodInfo>()

    /// The method Lanes of a primitive, or of a shared form, for a type of vectors, as a static method. It is made at run time because such
    /// methods are optimised at their first call, while others must be called thirty times and wait a tenth of a second (and F# does not
    /// pass AggressiveOptimization on).
    let of' (primitive: obj) (lanes: Type) : MethodInfo =
        known.GetOrAdd(
            struct (primitive.GetType(), lanes),
            fun _ ->
                let method =
                    primitive
                        .GetType()
                        .GetMethod("Lanes", BindingFlags.Instance ||| BindingFlags.Public ||| BindingFlags.NonPublic)
                        .MakeGenericMethod
                        lanes
                let addresses = method.GetParameters() |> Array.map _.ParameterType
                let optimised =
                    DynamicMethod("lanes", typeof<Void>, Array.append [| typeof<obj> |] addresses, typeof<Primitive>.Module, true)
                let il = optimised.GetILGenerator()
                for argument in 0 .. addresses.Length do
                    il.Emit(OpCodes.Ldarg, int16 argument)
                il.Emit(OpCodes.Call, method)
                il.Emit OpCodes.Ret
                optimised :> MethodInfo
        )

[<Sealed; AllowNullLiteral>]
type internal UnaryPrimitive<'R when 'R: struct and 'R :> IFunction1>(rule: 'R) =
    inherit Primitive(rule, 1, rule.Traits, Parameters.areIn<'R>())
    static let shared: UnaryPrimitive<'R> = if Parameters.areIn<'R>() then null else UnaryPrimitive<'R>(Unchecked.defaultof<'R>)

    /// The primitive of a rule.
    static member For(rule: 'R) : UnaryPrimitive<'R> = if Parameters.areIn<'R>() then UnaryPrimitive<'R> rule else shared

    static member Of(x: float) : float = Unchecked.defaultof<'R>.Value x
    override _.Name = rule.Name
    override _.Value(x, _, _) = rule.Value x
    override _.OnSpans(x, _, _, y) = Elementwise.Unary(rule, x, y)
    [<MethodImpl(MethodImplOptions.AggressiveInlining)>]
    member _.Lanes<'V when 'V: struct and 'V :> ILanes<'V>>(x: nativeint, y: nativeint) : unit =
        LaneMethods.write y (VectorForms.Unary(rule, LaneMethods.read<'V> x))

[<Sealed; AllowNullLiteral>]
type internal BinaryPrimitive<'R when 'R: struct and 'R :> IFunction2>(rule: 'R) =
    inherit Primitive(rule, 2, rule.Traits, Parameters.areIn<'R>())
    static let shared: BinaryPrimitive<'R> = if Parameters.areIn<'R>() then null else BinaryPrimitive<'R>(Unchecked.defaultof<'R>)

    /// The primitive of a rule.
    static member For(rule: 'R) : BinaryPrimitive<'R> = if Parameters.areIn<'R>() then BinaryPrimitive<'R> rule else shared

    static member Of(a: float, b: float) : float = Unchecked.defaultof<'R>.Value(a, b)
    override _.Name = rule.Name
    override _.Value(a, b, _) = rule.Value(a, b)
    override _.OnSpans(a, b, _, y) = Elementwise.Binary(rule, a, b, y)
    [<MethodImpl(MethodImplOptions.AggressiveInlining)>]
    member _.Lanes<'V when 'V: struct and 'V :> ILanes<'V>>(a: nativeint, b: nativeint, y: nativeint) : unit =
        LaneMethods.write y (VectorForms.Binary(rule, LaneMethods.read<'V> a, LaneMethods.read<'V> b))

[<Sealed; AllowNullLiteral>]
type internal TernaryPrimitive<'R when 'R: struct and 'R :> ITernary>(rule: 'R) =
    inherit Primitive(rule, 3, rule.Traits, Parameters.areIn<'R>())
    static let shared: TernaryPrimitive<'R> = if Parameters.areIn<'R>() then null else TernaryPrimitive<'R>(Unchecked.defaultof<'R>)

    /// The primitive of a rule.
    static member For(rule: 'R) : TernaryPrimitive<'R> = if Parameters.areIn<'R>() then TernaryPrimitive<'R> rule else shared

    static member Of(a: float, b: float, c: float) : float = Unchecked.defaultof<'R>.Value(a, b, c)
    override _.Name = rule.Name
    override _.Value(a, b, c) = rule.Value(a, b, c)
    override _.OnSpans(a, b, c, y) = Elementwise.Ternary(rule, a, b, c, y)
    [<MethodImpl(MethodImplOptions.AggressiveInlining)>]
    member _.Lanes<'V when 'V: struct and 'V :> ILanes<'V>>(a: nativeint, b: nativeint, c: nativeint, y: nativeint) : unit =
        LaneMethods.write y (VectorForms.Ternary(rule, LaneMethods.read<'V> a, LaneMethods.read<'V> b, LaneMethods.read<'V> c))

/// <summary>a where the answer is 1, b where it is 0.</summary>
[<Sealed; AllowNullLiteral>]
type internal SelectPrimitive() =
    inherit Primitive(Selection(), 3, Traits.Plain.On Instruction.Select, false)
    static member val Shared = SelectPrimitive()
    static member Of(answer: float, a: float, b: float) : float = if answer <> 0.0 then a else b
    override _.Name = "select"
    override _.Value(answer, a, b) = SelectPrimitive.Of(answer, a, b)
    override _.OnSpans(answer, a, b, y) = Elementwise.Select(answer, a, b, y)

/// <summary>The share that a has in the result y of a choice between a and b.</summary>
[<Sealed; AllowNullLiteral>]
type internal SharePrimitive() =
    inherit Primitive(Sharing(), 3, Traits.Answer.On Instruction.Share, false)
    static member val Shared = SharePrimitive()
    static member Of(a: float, b: float, y: float) : float = Comparisons.share a b y
    override _.Name = "share"
    override _.Value(a, b, y) = Comparisons.share a b y
    override _.OnSpans(a, b, y, share) = Elementwise.Share(a, b, y, share)

/// <summary>Two primitives of one argument as one loop (Lanes/SharedForms.fs).</summary>
[<AbstractClass>]
type internal SharedPrimitives(first: Type, second: Type) =
    member _.Are(a: Primitive, b: Primitive) = a.Rule.GetType() = first && b.Rule.GetType() = second

    /// The length is a multiple of Loop.Widest.
    abstract OnSpans: x: ReadOnlySpan<float> * y: Span<float> * z: Span<float> -> unit

    /// All pairs of primitives that share a loop.
    static member All: SharedPrimitives[] =
        [| SharedPrimitivesOf<SharedSine>()
           SharedPrimitivesOf<SharedNormal>()
           SharedPrimitivesOf<SharedErf>()
           SharedPrimitivesOf<SharedErfc>() |]

and [<Sealed>] internal SharedPrimitivesOf<'T when 'T: struct and 'T :> ISharedForm>() =
    inherit SharedPrimitives('T.First, 'T.Second)
    override _.OnSpans(x, y, z) = Loop.RunShared(Unchecked.defaultof<'T>, x, y, z)
    [<MethodImpl(MethodImplOptions.AggressiveInlining)>]
    member _.Lanes<'V when 'V: struct and 'V :> ILanes<'V>>(x: nativeint, y: nativeint, z: nativeint) : unit =
        let mutable second = 'V.Constant 0.0
        let first = Unchecked.defaultof<'T>.On(LaneMethods.read<'V> x, &second)
        LaneMethods.write y first
        LaneMethods.write z second
