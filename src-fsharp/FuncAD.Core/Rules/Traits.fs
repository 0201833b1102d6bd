namespace FuncAD

open System.ComponentModel

/// <summary>
/// An operation that takes the machine one or two instructions: interpreters and compilers use these. <c>Call</c> is every other operation:
/// a call of the rule.
/// </summary>
type internal Instruction =
    | Call = 0
    | Add = 1
    | Subtract = 2
    | Multiply = 3
    | Divide = 4
    | Negate = 5
    | Abs = 6
    | Sqrt = 7
    | Floor = 8
    | Ceiling = 9
    | Truncate = 10
    | RoundToEven = 11
    | Max = 12
    | Min = 13
    | FusedMultiplyAdd = 14
    | Less = 15
    | LessOrEqual = 16
    | Equal = 17
    | Both = 18
    | Either = 19
    | Not = 20
    | Absorb = 21
    | Select = 22
    | Share = 23

/// <summary>How the sign of a zero argument affects the result.</summary>
type internal SignOfZero =
    /// It may change the whole result: 1 / x is infinity at 0 and -infinity at -0.
    | Matters = 0
    /// It changes at most the sign of a zero result: sin(-0) is -0.
    | IsKept = 1
    /// It has no effect: cos(-0) and cos(0) are bitwise equal.
    | IsIgnored = 2

/// <summary>What replaces a call of the rule, for every argument.</summary>
type internal Reduction =
    | None = 0
    /// The argument.
    | Argument = 1
    /// A constant.
    | Constant = 2

/// <summary>
/// How Taylor mode computes the series of a result. A recurrence for the rule itself keeps the accuracy that repeated differentiation of
/// its slope loses (Griewank and Walther, "Evaluating Derivatives", table 13.2).
/// </summary>
[<RequireQualifiedAccess; NoEquality; NoComparison>]
type internal Recurrence =
    /// y' = slope x', where the rule's slope is a series as well.
    | Slopes
    /// The slopes are constants.
    | Linear
    /// y = a b
    | Product
    /// b y = a
    | Quotient
    /// x y = 1
    | Reciprocal
    /// x y' = (exponent + rest) y x'
    | Power of exponent: float * rest: float
    /// degree x y' = y x'
    | Root of degree: int
    /// y' = y (b log a)'
    | VariablePower

/// <summary>
/// Facts about a rule that its formulas do not show. The rule declares them, and the code that simplifies, compiles or expands programs
/// reads them there; a test checks them against the values of all rules.
/// </summary>
[<NoEquality; NoComparison; EditorBrowsable(EditorBrowsableState.Never)>]
type Traits =
    internal
        {
            Instruction: Instruction
            SignOfZero: SignOfZero
            /// The result is the answer to a question: 1, 0 or, at a tie, a share.
            IsAnswer: bool
            /// The result is never -0, so adding 0 to it changes nothing.
            IsNeverMinusZero: bool
            /// For a NaN argument the result may be a number that depends on that argument, as with the maximum that ignores NaN. (x^0 is 1
            /// for every x, NaN included, and does not count.)
            HidesNaN: bool
            /// The result depends on the sign bit of a NaN argument.
            ReadsSignOfNaN: bool
            Reduction: Reduction
            Recurrence: Recurrence
        }

    /// No facts are known: the rule is called, and its series is computed from its slopes.
    static member internal Plain: Traits =
        { Instruction = Instruction.Call
          SignOfZero = SignOfZero.Matters
          IsAnswer = false
          IsNeverMinusZero = false
          HidesNaN = false
          ReadsSignOfNaN = false
          Reduction = Reduction.None
          Recurrence = Recurrence.Slopes }

    /// f(-0) is -0 where f(0) is 0: an odd function, or one that rounds.
    static member internal Odd: Traits = { Traits.Plain with SignOfZero = SignOfZero.IsKept }

    /// f(-0) is f(0).
    static member internal Even: Traits = { Traits.Plain with SignOfZero = SignOfZero.IsIgnored }

    /// f(-0) is f(0), and no result is -0; results may be negative.
    static member internal EvenNeverMinusZero: Traits = Traits.Even.NeverMinusZero

    /// The answer to a question about numbers, which has no sign.
    static member internal Answer: Traits = { Traits.EvenNeverMinusZero with IsAnswer = true }

    member internal traits.NeverMinusZero: Traits = { traits with IsNeverMinusZero = true }
    member internal traits.HidingNaN: Traits = { traits with HidesNaN = true }
    member internal traits.On(instruction: Instruction) : Traits = { traits with Instruction = instruction }
    member internal traits.By(recurrence: Recurrence) : Traits = { traits with Recurrence = recurrence }
