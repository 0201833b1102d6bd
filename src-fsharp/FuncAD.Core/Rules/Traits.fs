namespace FuncAD

open System.ComponentModel

/// <summary>What a machine does in an instruction or two: interpreters and emitters know it. Everything else is a call of the rule.</summary>
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

/// <summary>What the sign of a zero among the arguments does to the result.</summary>
type internal SignOfZero =
    /// Anything: 1 / x is infinity at 0 and -infinity at -0.
    | Matters = 0
    /// It shows in the sign of a zero result at most: sin(-0) is -0.
    | IsKept = 1
    /// Nothing: cos(-0) is cos(0), bit for bit.
    | IsIgnored = 2

/// <summary>What a call of a rule is for every argument, so that no program needs to make it.</summary>
type internal Reduction =
    | None = 0
    /// It is the argument.
    | Argument = 1
    /// It is a constant.
    | Constant = 2

/// <summary>
/// How Taylor mode gets the series of a result. A recurrence of its own keeps what differentiating the slope again and again loses
/// (Griewank and Walther, "Evaluating Derivatives", table 13.2).
/// </summary>
[<RequireQualifiedAccess>]
type internal Recurrence =
    /// y' = slope x', with the rule's slope as a series, too.
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
/// Facts about a rule that its formulas do not show. They stand on the rule, and everything that simplifies, compiles or expands programs reads them
/// there; a test holds them to the values of all rules.
/// </summary>
[<EditorBrowsable(EditorBrowsableState.Never)>]
type Traits =
    internal
        {
            Instruction: Instruction
            SignOfZero: SignOfZero
            /// The result is never -0, so that adding 0 to it changes nothing.
            IsNeverMinusZero: bool
            /// A NaN among the arguments may give a number that another value in its place would not give, as the maximum that ignores NaN does.
            HidesNaN: bool
            /// The sign of a NaN among the arguments decides.
            ReadsSignOfNaN: bool
            Reduction: Reduction
            Recurrence: Recurrence
        }

    /// Nothing is known of the rule: it is called, and its series come from its slopes.
    static member internal Plain: Traits =
        { Instruction = Instruction.Call
          SignOfZero = SignOfZero.Matters
          IsNeverMinusZero = false
          HidesNaN = false
          ReadsSignOfNaN = false
          Reduction = Reduction.None
          Recurrence = Recurrence.Slopes }

    /// f(-0) is -0 where f(0) is 0: an odd function, or one that rounds.
    static member internal Odd: Traits = { Traits.Plain with SignOfZero = SignOfZero.IsKept }

    /// f(-0) is f(0).
    static member internal Even: Traits = { Traits.Plain with SignOfZero = SignOfZero.IsIgnored }

    /// f(-0) is f(0), and no result is -0; it may well be negative.
    static member internal EvenNeverMinusZero: Traits = Traits.Even.NeverMinusZero

    member internal traits.NeverMinusZero: Traits = { traits with IsNeverMinusZero = true }
    member internal traits.HidingNaN: Traits = { traits with HidesNaN = true }
    member internal traits.On(instruction: Instruction) : Traits = { traits with Instruction = instruction }
    member internal traits.By(recurrence: Recurrence) : Traits = { traits with Recurrence = recurrence }
