namespace FuncAD

open System
open System.Runtime.CompilerServices
open FuncAD.Rules
open FuncAD.Lanes

/// <summary>
/// Two functions of one argument that share most of their work, often a function and its slope. Each result is bitwise equal to that of the
/// function's own vector form.
/// </summary>
type internal ISharedForm =
    static abstract First: Type
    static abstract Second: Type
    abstract On<'V when 'V: struct and 'V :> ILanes<'V>> : x: 'V * second: byref<'V> -> 'V

[<Struct; NoComparison>]
type internal SharedSine =
    interface ISharedForm with
        static member First = typeof<Trigonometry.Sin>
        static member Second = typeof<Trigonometry.Cos>

        [<MethodImpl(MethodImplOptions.AggressiveInlining)>]
        member _.On(x, cosine) =
            let struct (sine, other) = LaneTrigonometry.sinAndCos x
            cosine <- other
            sine

[<Struct; NoComparison>]
type internal SharedNormal =
    interface ISharedForm with
        static member First = typeof<Special.NormalCdf>
        static member Second = typeof<Special.NormalPdf>

        [<MethodImpl(MethodImplOptions.AggressiveInlining)>]
        member _.On(x, density) =
            let struct (cdf, other) = LaneSpecial.normalCdfAndPdf x
            density <- other
            cdf

[<Struct; NoComparison>]
type internal SharedErf =
    interface ISharedForm with
        static member First = typeof<Special.Erf>
        static member Second = typeof<Special.Gaussian>

        [<MethodImpl(MethodImplOptions.AggressiveInlining)>]
        member _.On(x, gaussian) =
            let struct (erf, other) = LaneSpecial.erfAndGaussian x
            gaussian <- other
            erf

[<Struct; NoComparison>]
type internal SharedErfc =
    interface ISharedForm with
        static member First = typeof<Special.Erfc>
        static member Second = typeof<Special.Gaussian>

        [<MethodImpl(MethodImplOptions.AggressiveInlining)>]
        member _.On(x, gaussian) =
            let struct (erfc, other) = LaneSpecial.erfcAndGaussian x
            gaussian <- other
            erfc
