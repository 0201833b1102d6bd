namespace FuncAD.Compiled

open System
open FuncAD

/// <summary>
/// Whether factors may be taken out of a sum. c (x1 + x2 + ...) is c x1 + c x2 + ... but for rounding, unless one of the two leaves the
/// range of doubles. A sum of x that overflows shows, since a result is then not finite. What does not show is a single term c x that would
/// have overflowed or underflowed: that matters only where it is multiplied by a large number before or after.
/// </summary>
/// <remarks>For programs that are linear in sums (SumSplit.After), whose products have the factor first.</remarks>
[<Sealed>]
type internal Gains(program: Program) =
    /// The largest harmless product of factors. A term that overflows by it was above 2^896 before, and an underflow error that it enlarges
    /// stays below 2^-946.
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

    /// The one or two sums that a line passes on, as a pair.
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

    /// The absolute value of what a line multiplies by.
    let gain (inputs: float[]) (line: int) =
        let factor = factors[line]
        if factor < 0 then
            1.0
        else
            let number = abs (if program.IsInput factor then inputs[factor] else program.Constants[factor - program.Inputs])
            if lines[line].Instruction = Instruction.Divide then 1.0 / number else number

    /// One line for each different factor.
    let multiplying =
        [| 0 .. lines.Length - 1 |]
        |> Array.filter (fun line -> factors[line] >= 0)
        |> Array.distinctBy (fun line -> struct (factors[line], lines[line].Instruction = Instruction.Divide))

    /// The largest number of factors on a path from the sums to an output.
    let longest =
        let counts = Array.zeroCreate<int> program.Values
        for line = 0 to lines.Length - 1 do
            let struct (a, b) = passedOn[line]
            counts[program.First + line] <- max counts[a] counts[b] + (if factors[line] >= 0 then 1 else 0)
        Array.fold max 0 counts

    /// True if even a path on which each factor is the largest does not multiply by much.
    let areSmall (inputs: float[]) =
        let mutable largestGain = 1.0
        for line in multiplying do
            largestGain <- Math.Max(largestGain, gain inputs line) // NaN if one is
        Math.Pow(largestGain, float longest) <= largest

    /// True if no path from the sums to a line, and none from a line to the outputs, multiplies by much.
    let areSmallOnAllPaths (inputs: float[]) =
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
            let toOutputs = gain inputs line * gains[program.First + line]
            note a (max gains[a] toOutputs)
            note b (max gains[b] toOutputs)
        isHarmless

    /// True if no path from the sums to a line, and none from a line to the outputs, multiplies by much. The few different factors nearly
    /// always decide; the paths take as long as a sum over a hundred data.
    member _.AreHarmless(inputs: float[]) : bool = areSmall inputs || areSmallOnAllPaths inputs
