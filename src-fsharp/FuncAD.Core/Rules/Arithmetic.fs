namespace FuncAD.Rules

open System
open FuncAD

/// F#'s own operators under names, since the algebra below hides them.
module internal Plain =
    let add (a: float) b = a + b
    let subtract (a: float) b = a - b
    let multiply (a: float) b = a * b
    let divide (a: float) b = a / b
    let remainder (a: float) b = a % b
    let negate (a: float) = -a
    let previous (n: int) = n - 1
    let next (n: int) = n + 1
    let times (n: int) m = n * m

open FuncAD.Algebra

/// <summary>The four operations, remainders and fused multiply-add.</summary>
module internal Arithmetic =
    let private wide = between -100.0 100.0
    let private positive = between 0.1 100.0

    /// y = a + b
    [<Struct; NoComparison>]
    type Add =
        interface IBinary with
            member _.Name = "add"
            member _.Traits = Traits.Odd.On(Instruction.Add).By Recurrence.Linear
            member _.Domain = struct (wide, wide)
            member _.Value(a, b) = Plain.add a b
            member _.SlopeA(_, _, _) = number 1.0
            member _.SlopeB(_, _, _) = number 1.0

    /// y = a - b
    [<Struct; NoComparison>]
    type Subtract =
        interface IBinary with
            member _.Name = "subtract"
            member _.Traits = Traits.Odd.On(Instruction.Subtract).By Recurrence.Linear
            member _.Domain = struct (wide, wide)
            member _.Value(a, b) = Plain.subtract a b
            member _.SlopeA(_, _, _) = number 1.0
            member _.SlopeB(_, _, _) = number -1.0

    /// y = a b
    [<Struct; NoComparison>]
    type Multiply =
        interface IBinary with
            member _.Name = "multiply"
            member _.Traits = Traits.Odd.On(Instruction.Multiply).By Recurrence.Product
            member _.Domain = struct (wide, wide)
            member _.Value(a, b) = Plain.multiply a b
            member _.SlopeA(_, b, _) = b
            member _.SlopeB(a, _, _) = a

    /// y = a / b, dy/db = -y / b
    [<Struct; NoComparison>]
    type Divide =
        interface IBinary with
            member _.Name = "divide"
            member _.Traits = Traits.Plain.On(Instruction.Divide).By Recurrence.Quotient
            member _.Domain = struct (wide, positive)
            member _.Value(a, b) = Plain.divide a b
            member _.SlopeA(_, b, _) = number 1.0 / b
            member _.SlopeB(_, b, y) = -y / b

    /// y = -x
    [<Struct; NoComparison>]
    type Negate =
        interface IUnary with
            member _.Name = "negate"
            member _.Traits = Traits.Odd.On(Instruction.Negate).By Recurrence.Linear
            member _.Domain = wide
            member _.Edges = [ edge 0.0 (-0.0, -1.0) ]
            member _.Value x = Plain.negate x
            member _.Slope(_, _) = number -1.0

    [<Struct; NoComparison>]
    type Truncate =
        interface IStep with
            member _.Name = "truncate"
            member _.Traits = Traits.Odd.On Instruction.Truncate
            member _.Value x = Math.Truncate x

    [<Struct; NoComparison>]
    type RoundToEven =
        interface IStep with
            member _.Name = "round"
            member _.Traits = Traits.Odd.On Instruction.RoundToEven
            member _.Value x = Math.Round x

    /// 1 where y is a number, NaN where y is NaN. A slope times this factor is NaN wherever the value is.
    [<Struct; NoComparison>]
    type Defined =
        interface IStep with
            member _.Name = "defined"
            member _.Traits = Traits.EvenNeverMinusZero
            member _.Value y = if Double.IsNaN y then y else 1.0

    /// The whole number q in a = q b + y for a remainder y: (a - y) / b, rounded. (The quotient a / b may be rounded up to the next whole
    /// number, or across a half.)
    let private wholeQuotient (a: 'T) (b: 'T) (y: 'T) : 'T :> ICarrier<'T> = step (RoundToEven()) ((a - y) / b)

    /// y = a - b trunc(a / b), with the sign of a: .NET's % operator
    [<Struct; NoComparison>]
    type Remainder =
        interface IBinary with
            member _.Name = "remainder"
            member _.Traits = Traits.Odd
            member _.Domain = struct (wide, positive)
            member _.Value(a, b) = Plain.remainder a b
            member _.SlopeA(_, _, y) = step (Defined()) y
            member _.SlopeB(a, b, y) = -(wholeQuotient a b y)

    /// y = a - b round(a / b): the remainder of IEEE 754
    [<Struct; NoComparison>]
    type Ieee754Remainder =
        interface IBinary with
            member _.Name = "ieee754Remainder"
            member _.Traits = Traits.Odd
            member _.Domain = struct (wide, positive)
            member _.Value(a, b) = Math.IEEERemainder(a, b)
            member _.SlopeA(_, _, y) = step (Defined()) y
            member _.SlopeB(a, b, y) = -(wholeQuotient a b y)

    /// y = a b + c, rounded once
    [<Struct; NoComparison>]
    type FusedMultiplyAdd =
        interface ITernary with
            member _.Name = "fusedMultiplyAdd"
            member _.Traits = Traits.Odd.On Instruction.FusedMultiplyAdd
            member _.Value(a, b, c) = Math.FusedMultiplyAdd(a, b, c)
            member _.SlopeA(_, b, _) = b
            member _.SlopeB(a, _, _) = a
            member _.SlopeC(_, _, _) = number 1.0
