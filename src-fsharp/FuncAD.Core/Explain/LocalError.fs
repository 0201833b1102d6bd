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

    /// Functions that are 0 nowhere: a 0 at a finite operand is one of underflow.
    let private positive =
        set [ "exp"; "exp2"; "exp10"; "sigmoid"; "softplus"; "erfc"; "normalCdf"; "normalPdf"; "sech"; "gaussian"; "logisticDensity" ]

    let private isPower (name: string) = name = "pow" || name = "power" || name.StartsWith "power("

    /// Whether a function's result of 0 is one of underflow.
    let private isUnderflow (name: string) (a: float) (b: float) : bool =
        Double.IsFinite a && Double.IsFinite b && (positive.Contains name || isPower name && a <> 0.0)

    /// Nearly all functions of the table are correct to one or two units in the last place (docs/accuracy.md); one is taken for all.
    /// A result of 0 counts as exact, but for that of underflow.
    let private ofFunction (name: string) (a: float) (b: float) (y: float) : float =
        if y <> 0.0 then ulp y
        elif isUnderflow name a b then Double.Epsilon
        else 0.0

    /// An error that is not 0 and may be below the smallest double, as half of it is.
    let private atLeast (error: float) : float = max Double.Epsilon (abs error)

    /// The error of a product that is small: that of the product of the factors scaled to the size of 1, where it is a double.
    let private ofSmallProduct (a: float) (b: float) (y: float) : float =
        if a = 0.0 || b = 0.0 then
            0.0
        else
            let ofA, ofB = Math.ILogB a, Math.ILogB b
            match Math.FusedMultiplyAdd(Math.ScaleB(a, -ofA), Math.ScaleB(b, -ofB), -Math.ScaleB(y, -ofA - ofB)) with
            | 0.0 -> 0.0
            | error -> atLeast (Math.ScaleB(error, ofA + ofB))

    /// The error of a quotient that is small, or whose dividend is.
    let private ofSmallQuotient (a: float) (b: float) (y: float) : float =
        if a = 0.0 || Double.IsInfinity b then
            0.0
        else
            let ofA = Math.ILogB a
            match Math.FusedMultiplyAdd(-Math.ScaleB(y, -ofA), b, Math.ScaleB(a, -ofA)) with
            | 0.0 -> 0.0
            | error -> atLeast (Math.ScaleB(error / b, ofA))

    let private ofBasic (instruction: Instruction) (a: float) (b: float) (y: float) : float =
        match instruction with
        | Instruction.Add -> ofSum a b y
        | Instruction.Subtract -> ofSum a -b y
        | Instruction.Multiply
        | Instruction.Absorb when abs y >= least -> Math.FusedMultiplyAdd(a, b, -y)
        | Instruction.Divide when abs y >= least && abs a >= least -> Math.FusedMultiplyAdd(-y, b, a) / b
        | Instruction.Sqrt when a >= least -> Math.FusedMultiplyAdd(-y, y, a) / (2.0 * y)
        | Instruction.Multiply
        | Instruction.Absorb -> ofSmallProduct a b y
        | Instruction.Divide -> ofSmallQuotient a b y
        | Instruction.Sqrt when a = 0.0 -> 0.0
        | _ -> if y = 0.0 then 0.0 else atLeast (0.5 * ulp y)

    /// The size of the error of y, the primitive's result. 0 for what returns an operand, and where y is not finite.
    let of' (primitive: Primitive) (a: float) (b: float) (y: float) : float =
        let error =
            match primitive.Instruction with
            | Instruction.Call ->
                match primitive.Traits.Recurrence with
                | Recurrence.Linear -> 0.0
                | _ -> ofFunction primitive.Name a b y
            | Instruction.Add
            | Instruction.Subtract
            | Instruction.Multiply
            | Instruction.Absorb
            | Instruction.Divide
            | Instruction.Sqrt
            | Instruction.FusedMultiplyAdd -> ofBasic primitive.Instruction a b y
            | _ -> 0.0
        if Double.IsFinite error then abs error else 0.0
