namespace FuncAD.Compiled

open System
open FuncAD

/// <summary>
/// Whether factors may be taken out of a sum. c (x1 + x2 + ...) is c x1 + c x2 + ... but for rounding, unless one of the two leaves the range of doubles. A sum
/// of x that overflows shows, since what comes of it is not finite. What does not show is a term that would have overflowed, or lost its digits to
/// underflow, by itself: that matters only where it is multiplied by a large number before or after.
/// </summary>
module internal Gains =
    /// A term that overflows unseen is beyond 2^896 before it meets such factors, and what underflow takes from it remains below 2^-946.
    let private largest = Math.ScaleB(1.0, 128)

    /// What a line of a program that is linear in sums multiplies them by, and those of its operands that are sums. The factor of a product comes first.
    let private parts (line: Line) (number: int -> float) : struct (float * int list) =
        match line.Instruction with
        | Instruction.Multiply
        | Instruction.Absorb -> abs (number line.A), [ line.B ]
        | Instruction.Divide -> 1.0 / abs (number line.B), [ line.A ]
        | Instruction.Negate -> 1.0, [ line.A ]
        | Instruction.Select -> 1.0, [ line.B; line.C ]
        | _ -> 1.0, [ line.A; line.B ]

    /// True if no way into a line of the program, and none from a line to its outputs, multiplies by much.
    let areHarmless (program: Program) (inputs: float[]) : bool =
        let number value = if program.IsInput value then inputs[value] else program.Constants[value - program.Inputs]
        let before, behind = Array.create program.Values 1.0, Array.create program.Values 1.0
        let lines = program.Lines |> Array.map (fun line -> parts line number)
        lines |> Array.iteri (fun line (struct (factor, sums)) ->
            before[program.First + line] <- factor * (sums |> List.map (fun sum -> before[sum]) |> List.max))
        for line = lines.Length - 1 downto 0 do
            let struct (factor, sums) = lines[line]
            for sum in sums do
                behind[sum] <- max behind[sum] (factor * behind[program.First + line])
        // false for NaN as well
        Seq.append before behind |> Seq.forall (fun gain -> gain <= largest)
