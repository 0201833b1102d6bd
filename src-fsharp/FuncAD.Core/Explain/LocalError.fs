namespace FuncAD.Explaining

open System
open FuncAD
open FuncAD.Compiled
open FuncAD.Traces

/// <summary>
/// The rounding error of a single operation: the size of the difference between what it returned and its exact result for the same
/// operands. Of the four operations and the square root it is known, since it is a double itself (T. J. Dekker, "A floating-point
/// technique for extending the available precision", 1971; N. J. Higham, "Accuracy and Stability of Numerical Algorithms", 2nd ed., 2002,
/// section 4.3).
/// </summary>
module internal LocalError =
    /// Half the distance between 1 and the next double: the greatest relative error of an operation that is rounded correctly.
    let unit = Math.ScaleB(1.0, -53)

    /// The least |y| for which the error of a product or a quotient is a double.
    let private least = Math.ScaleB(1.0, -960)

    let private ulp (y: float) : float = Math.BitIncrement(abs y) - abs y

    /// The error of s = a + b (D. E. Knuth, "The Art of Computer Programming", vol. 2, section 4.2.2, theorem B).
    let private ofSum (a: float) (b: float) (s: float) : float =
        let ofB = s - a
        let ofA = s - ofB
        (a - ofA) + (b - ofB)

    /// Nearly all functions of the table are correct to one or two units in the last place (docs/accuracy.md); one is taken for all.
    /// A result of 0 counts as exact.
    let private ofFunction (y: float) : float = if y = 0.0 then 0.0 else ulp y

    let private ofBasic (instruction: Instruction) (a: float) (b: float) (y: float) : float =
        match instruction with
        | Instruction.Add -> ofSum a b y
        | Instruction.Subtract -> ofSum a -b y
        | Instruction.Multiply
        | Instruction.Absorb when abs y >= least -> Math.FusedMultiplyAdd(a, b, -y)
        | Instruction.Divide when abs y >= least && abs a >= least -> Math.FusedMultiplyAdd(-y, b, a) / b
        | Instruction.Sqrt when a >= least -> Math.FusedMultiplyAdd(-y, y, a) / (2.0 * y)
        | Instruction.Multiply
        | Instruction.Absorb when a = 0.0 || b = 0.0 -> 0.0
        | Instruction.Divide
        | Instruction.Sqrt when a = 0.0 -> 0.0
        | _ -> 0.5 * ulp y

    /// The size of the error of y, the primitive's result. 0 for what returns an operand, and where y is not finite.
    let of' (primitive: Primitive) (a: float) (b: float) (y: float) : float =
        let error =
            match primitive.Instruction with
            | Instruction.Call ->
                match primitive.Traits.Recurrence with
                | Recurrence.Linear -> 0.0
                | _ -> ofFunction y
            | Instruction.Add
            | Instruction.Subtract
            | Instruction.Multiply
            | Instruction.Absorb
            | Instruction.Divide
            | Instruction.Sqrt
            | Instruction.FusedMultiplyAdd -> ofBasic primitive.Instruction a b y
            | _ -> 0.0
        if Double.IsFinite error then abs error else 0.0
