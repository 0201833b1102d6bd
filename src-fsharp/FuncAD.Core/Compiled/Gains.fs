namespace FuncAD.Compiled

open System
open FuncAD

/// <summary>
/// Whether factors may be taken out of a sum. c (x1 + x2 + ...) is c x1 + c x2 + ... but for rounding, unless one of the two leaves the range of doubles. A sum
/// of x that overflows shows, since what comes of it is not finite. What does not show is a term that would have overflowed, or lost its digits to
/// underflow, by itself: that matters only where it is multiplied by a large number before or after.
/// </summary>
/// <remarks>For programs that are linear in sums (Hoist.fs), whose products have the factor first.</remarks>
[<Sealed>]
type internal Gains(program: Program) =
    /// A term that overflows unseen is beyond 2^896 before it meets such factors, and what underflow takes from it remains below 2^-946.
    static let largest = Math.ScaleB(1.0, 128)

    let lines = program.Lines

    /// The value that a line multiplies or divides by; -1 if there is none.
    let factors =
        lines
        |> Array.map (fun line ->
            match line.Instruction with
            | Instruction.Multiply
            | Instruction.Absorb -> line.A
            | Instruction.Divide -> line.B
            | _ -> -1)

    /// What a line passes on: one sum, or two.
    let passedOn =
        lines
        |> Array.map (fun line ->
            match line.Instruction with
            | Instruction.Multiply
            | Instruction.Absorb -> struct (line.B, line.B)
            | Instruction.Divide
            | Instruction.Negate -> struct (line.A, line.A)
            | Instruction.Select -> struct (line.B, line.C)
            | _ -> struct (line.A, line.B))

    /// The size of what a line multiplies by.
    let gain (inputs: float[]) (line: int) =
        let factor = factors[line]
        if factor < 0 then
            1.0
        else
            let number = abs (if program.IsInput factor then inputs[factor] else program.Constants[factor - program.Inputs])
            if lines[line].Instruction = Instruction.Divide then 1.0 / number else number

    /// A line for each factor there is.
    let multiplying =
        [| 0 .. lines.Length - 1 |]
        |> Array.filter (fun line -> factors[line] >= 0)
        |> Array.distinctBy (fun line -> struct (factors[line], lines[line].Instruction = Instruction.Divide))

    /// The most factors that there are on a way from the sums to an output.
    let longest =
        let counts = Array.zeroCreate<int> program.Values
        for line = 0 to lines.Length - 1 do
            let struct (a, b) = passedOn[line]
            counts[program.First + line] <- max counts[a] counts[b] + (if factors[line] >= 0 then 1 else 0)
        Array.fold max 0 counts

    /// True if even the largest factor, as often as factors follow each other, does not multiply by much.
    let areSmall (inputs: float[]) =
        let mutable most = 1.0
        for line in multiplying do
            most <- Math.Max(most, gain inputs line) // NaN if one is
        Math.Pow(most, float longest) <= largest

    /// True if no way into a line, and none from a line to the outputs, multiplies by much.
    let areSmallOnAllWays (inputs: float[]) =
        let gains = Array.create program.Values 1.0
        let mutable isHarmless = true
        let note value gain =
            gains[value] <- gain
            isHarmless <- isHarmless && gain <= largest // not so for NaN
        for line = 0 to lines.Length - 1 do
            let struct (a, b) = passedOn[line]
            note (program.First + line) (gain inputs line * max gains[a] gains[b])
        Array.Fill(gains, 1.0)
        for line = lines.Length - 1 downto 0 do
            let struct (a, b) = passedOn[line]
            let behind = gain inputs line * gains[program.First + line]
            note a (max gains[a] behind)
            note b (max gains[b] behind)
        isHarmless

    /// True if no way into a line, and none from a line to the outputs, multiplies by much. The few factors are looked at first, which nearly always
    /// suffices: the ways took as long as a sum over a hundred data.
    member _.AreHarmless(inputs: float[]) : bool = areSmall inputs || areSmallOnAllWays inputs
