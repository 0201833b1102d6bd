namespace FuncAD

open System.Runtime.CompilerServices
open System.Runtime.Intrinsics

/// <summary>Code over vectors of any width: a struct that holds what the code needs.</summary>
type internal IAtAnyWidth =
    abstract Run<'V when 'V: struct and 'V :> ILanes<'V>> : unit -> unit

/// <summary>
/// The one place that asks for the machine's vectors. The JIT knows which ones there are and the type of the code, so that a call of Run is
/// a direct call of the code at one width, and the other widths are not compiled. (Dual tapes and sweeps of several rows take no wider
/// vectors than they have tangents or rows: Numbers/Real.fs, Modes/.)
/// </summary>
[<AbstractClass; Sealed>]
type internal Widest =
    /// The bits of the machine's widest vectors, a constant to the JIT.
    static member Bits: int =
        if Vector512.IsHardwareAccelerated then 512
        elif Vector256.IsHardwareAccelerated then 256
        else 128

    /// Runs code with the machine's widest vectors.
    [<MethodImpl(MethodImplOptions.AggressiveInlining)>]
    static member Run<'Code when 'Code: struct and 'Code :> IAtAnyWidth>(code: 'Code) : unit =
        match Widest.Bits with
        | 512 -> code.Run<Lane512>()
        | 256 -> code.Run<Lane256>()
        | _ -> code.Run<Lane128>()

    /// Runs code with the machine's widest vectors, two at a time where these have 512 bits: for functions whose operations wait for one
    /// another.
    [<MethodImpl(MethodImplOptions.AggressiveInlining)>]
    static member RunInPairs<'Code when 'Code: struct and 'Code :> IAtAnyWidth>(code: 'Code) : unit =
        match Widest.Bits with
        | 512 -> code.Run<Pair512>()
        | 256 -> code.Run<Lane256>()
        | _ -> code.Run<Lane128>()
