namespace FuncAD.Explaining

open System
open FuncAD
open FuncAD.Compiled

/// <summary>Numbers that became 0, or lost digits, because they are below the normal doubles.</summary>
module internal Underflow =
    /// The least normal double.
    let least = Math.ScaleB(1.0, -1022)

    let isSmall (x: float) : bool = abs x < least

    /// <summary>
    /// For each operation whose result is below the normal doubles, the operation that made it so: the first that was rounded there, or one
    /// that was infinite, where infinity became 0. -1 for the others, and where the small number is exact.
    /// </summary>
    let origins
        (count: int)
        (valueOf: int -> float)
        (primitiveOf: int -> Primitive)
        (isRounded: int -> bool)
        (operandsOf: int -> int[])
        (ofInfinity: int -> int)
        : int[] =
        let found = Array.create count -1
        let originOf operand =
            let value = valueOf operand
            if isSmall value && found[operand] >= 0 then Some found[operand]
            elif Double.IsInfinity value then Some(ofInfinity operand)
            else None
        // 0 times what underflowed is 0 all the same
        let isZero position (operands: int[]) =
            not (isNull (box (primitiveOf position)))
            && (match (primitiveOf position).Instruction with
                | Instruction.Multiply
                | Instruction.Absorb -> operands |> Array.exists (fun operand -> valueOf operand = 0.0 && found[operand] < 0)
                | _ -> false)
        for position = 0 to count - 1 do
            if isSmall (valueOf position) then
                let operands = operandsOf position
                if not (isZero position operands) then
                    found[position] <-
                        operands |> Array.tryPick originOf |> Option.defaultValue (if isRounded position then position else -1)
        found
