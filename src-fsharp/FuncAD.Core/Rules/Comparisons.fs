namespace FuncAD.Rules

open System
open FuncAD

/// <summary>Comparisons and tests of numbers: 1 for true, 0 for false.</summary>
module internal Comparisons =
    let private answer yes = if yes then 1.0 else 0.0

    [<Struct; NoComparison>]
    type Less =
        interface IRelation with
            member _.Name = "less"
            member _.Traits = Traits.Answer.On Instruction.Less
            member _.Value(a, b) = answer (a < b)

    [<Struct; NoComparison>]
    type LessOrEqual =
        interface IRelation with
            member _.Name = "lessOrEqual"
            member _.Traits = Traits.Answer.On Instruction.LessOrEqual
            member _.Value(a, b) = answer (a <= b)

    [<Struct; NoComparison>]
    type Equal =
        interface IRelation with
            member _.Name = "equal"
            member _.Traits = Traits.Answer.On Instruction.Equal
            member _.Value(a, b) = answer (a = b)

    [<Struct; NoComparison>]
    type Both =
        interface IRelation with
            member _.Name = "both"
            member _.Traits = Traits.Answer.On Instruction.Both
            member _.Value(a, b) = a * b

    [<Struct; NoComparison>]
    type Either =
        interface IRelation with
            member _.Name = "either"
            member _.Traits = Traits.Answer.On Instruction.Either
            member _.Value(a, b) = Math.Max(a, b)

    /// The negation of a truth value: 1 - a. The second argument is ignored.
    [<Struct; NoComparison>]
    type Not =
        interface IRelation with
            member _.Name = "not"
            member _.Traits = Traits.Answer.On Instruction.Not
            member _.Value(a, _) = 1.0 - a

    /// A test of the first number, such as IsNaN. Tests of the same name are equal.
    [<Struct; CustomEquality; NoComparison>]
    type Is(name: string, test: float -> bool) =
        member private _.Kind = name

        override _.Equals other =
            match other with
            | :? Is as other -> name = other.Kind
            | _ -> false
        override _.GetHashCode() = name.GetHashCode()

        interface IRelation with
            member _.Name = name

            member _.Traits = { Traits.Answer with SignOfZero = SignOfZero.Matters; ReadsSignOfNaN = test Double.NaN <> test -Double.NaN }

            member _.Value(a, _) = answer (test a)

    /// The slope of a choice y in the first of its two arguments: 1 if it was chosen, 0 if not, 1/2 at a tie. The slope in the second is 1
    /// minus this.
    let share (a: float) (b: float) (y: float) : float = if a = b then 0.5 else answer (y = a || (Double.IsNaN y && Double.IsNaN a))
