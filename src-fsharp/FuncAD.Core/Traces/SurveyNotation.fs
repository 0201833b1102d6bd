namespace FuncAD.Traces

open FuncAD.Compiled
open FuncAD.Formulas

/// <summary>
/// Formulas as the survey of Baydin et al. (2018) prints them: v-1 × v0, ln v-1, v̇0 × cos v0. Constants are written by <c>digits</c>.
/// </summary>
[<Sealed>]
type internal SurveyNotation(digits: float -> string, names: string[]) =
    inherit Notation()
    let text = TextNotation()

    /// A function of one simple argument: "ln v1", "sin (v1 + v2)".
    let applied (name: string) (x: Expression) : Phrase =
        { Binding = Binding.Power; Beginning = Beginning.Other; Pieces = [ Piece.Word(name + " "); Piece.Part(x, Binding.Atom) ] }

    override _.Open = "("
    override _.Close = ")"
    override _.Name name = name

    override _.Constant value =
        match digits value with
        | negative when negative.StartsWith '-' ->
            { Binding = Binding.Negation; Beginning = Beginning.Minus; Pieces = [ Piece.Sign; Piece.Word(negative.Substring 1) ] }
        | positive -> { Binding = Binding.Atom; Beginning = Beginning.Other; Pieces = [ Piece.Word positive ] }

    override _.Times _ = " × "
    override _.Quotient(a, b, ofA) = text.Quotient(a, b, ofA)

    /// The name of a step such as v-1 takes parentheses, or its index would seem to be raised.
    override _.Power(x, exponent, ofX) =
        let power = text.Power(x, exponent, ofX)
        if x.IsVariable && names[x.Position].Contains '-' then
            { power with Pieces = [ Piece.Word "("; Piece.Part(x, Binding.Atom); Piece.Word ")"; yield! power.Pieces.Tail ] }
        else
            power

    override _.LessOrEqual = "≤"

    override _.Function node =
        match node.Primitive.Name with
        | "log" -> applied "ln" node.A
        | name when node.Arity = 1 && (Notation.Parameters node.Primitive.Rule).IsEmpty -> applied name node.A
        | _ -> text.Function node

    override _.Definition(name, text) = name + " = " + text
    override _.Definitions(definitions, result) = String.concat "; " (definitions @ [ result ])
