namespace FuncAD

open System
open System.ComponentModel
open System.Collections.Generic
open FuncAD.Formulas

/// <summary>
/// A function as a formula in named variables: Symbolic.Of makes it from code. It can be differentiated, evaluated, simplified and written
/// as text. Formulas are immutable; equal parts are kept once, so that a program of n operations is a formula of about n parts, and its
/// derivative one of a few times as many, whatever their size when written out.
/// </summary>
/// <remarks>
/// The rules' slopes are the library's, computed with formulas instead of numbers: nothing is differentiated in a second way. No member
/// recurses, so that a formula may be as deep as a program is long.
/// </remarks>
[<Sealed; TypeFormatterSource(typeof<FormulaInNotebooks>, PreferredMimeTypes = [| "text/latex" |])>]
type Formula internal (names: string[], expression: Expression) =
    let root = Steps.Share expression
    let steps = Lazy<Steps>(fun () -> Steps root)

    let indexOf (name: string) : int =
        if isNull name then nullArg (nameof name)
        match Array.IndexOf(names, name) with
        | -1 ->
            let known = if names.Length = 0 then "none" else String.Join(", ", names)
            raise (ArgumentException($"Formula: there is no variable '{name}'. The formula's variables: {known}.", nameof name))
        | index -> index

    member internal _.Root = root

    /// <summary>The names of the variables, in the order of the function's arguments.</summary>
    member _.Names: IReadOnlyList<string> = Array.AsReadOnly names

    /// <summary>
    /// The derivative with respect to a variable: the plain result of the chain rule, as forward mode applies it to numbers. Only factors 1
    /// and terms without the variable are left out, constants are multiplied and added, and signs moved.
    /// </summary>
    /// <remarks>
    /// Evaluated, it has the bits of forward mode, up to the sign of a zero, if no part of the formula is infinite or NaN. Slopes at
    /// kinks, ties and steps are those of AD: at a tie of max and min each argument counts half. Cost: one walk through the formula; the
    /// result has a few times its parts.
    /// </remarks>
    /// <exception cref="T:System.ArgumentException">The formula has no variable of this name.</exception>
    member _.Derivative(name: string) : Formula = Formula(names, ChainRule.derivative (indexOf name) steps.Value)

    /// <summary>The derivative with respect to the variable at this position, from 0 on.</summary>
    /// <exception cref="T:System.ArgumentOutOfRangeException">The formula has no variable at this position.</exception>
    member _.Derivative(index: int) : Formula =
        if index < 0 || index >= names.Length then
            raise (ArgumentOutOfRangeException(nameof index, index, $"Formula: the formula has {names.Length} variables, counted from 0."))
        Formula(names, ChainRule.derivative index steps.Value)

    /// <summary>
    /// A shorter formula of the same function: constants are computed; 0 + x, x - 0, 1 x, x / 1, -(-x) and the like are x; like terms and
    /// like factors are put together (3 x - x is 2 x, x x^2 is x^3), common factors of sums in front. Products are not multiplied out.
    /// </summary>
    /// <remarks>
    /// The identities are those of real numbers, valid where both sides are defined. So a result may differ in its last digits and in the
    /// sign of a zero, and at NaN, infinities and removable singularities: 0 x and x - x become 0, x / x becomes 1, for every x. Sums and
    /// products of more than 24 parts are not searched as a whole. GraphSize and TreeSize do not grow. Cost: a few walks through the
    /// formula.
    /// </remarks>
    member _.Simplify() : Formula = Formula(names, Simplification.Run(steps.Value).Root)

    /// <summary>
    /// The value at a point, bit for bit that of the function on doubles. (Only logSumExp, whose largest number a formula does not know,
    /// may differ by roundings.)
    /// </summary>
    /// <param name="inputs">A value for each variable, in the order of Names.</param>
    /// <remarks>Cost: each different part is computed once. For speed, use AD.Compile, which makes machine code.</remarks>
    /// <exception cref="T:System.ArgumentException">There are not as many values as variables.</exception>
    member _.Evaluate([<ParamArray>] inputs: float[]) : float =
        if isNull inputs then nullArg (nameof inputs)
        if inputs.Length <> names.Length then
            let expected = String.Join(", ", names)
            raise (ArgumentException($"Formula: expected {names.Length} values, for {expected}, got {inputs.Length}.", nameof inputs))
        steps.Value.Value inputs

    /// <summary>
    /// The size of the formula when written out: the number of operations, constants and variables, where what is used twice counts twice.
    /// It may grow exponentially with the program. Exact up to 2^53, rounded above, and infinite from 1.8e308 on.
    /// </summary>
    member _.TreeSize: float = steps.Value.TreeSize

    /// <summary>The number of different operations, constants and variables: equal parts count once.</summary>
    member _.GraphSize: int = steps.Value.Nodes.Count

    /// <summary>
    /// The formula as text, as x^2 * sin(x + 1) / 2: parentheses only where they are needed, numbers with all their digits, functions by
    /// the names of the library. Rules that serve careful slopes are written as the mathematics that they compute, such as 1 / x.
    /// </summary>
    /// <remarks>
    /// select(condition, a, b) is a or b; share(a, b, y) is the slope in a of a choice y such as max: 1 if it is a, 1/2 at a tie, else 0;
    /// not(s) is 1 - s. A formula of more than 2000 parts when written out has lines t1 = ..., t2 = ... before its own, one for each part
    /// that is used more than once.
    /// </remarks>
    override _.ToString() : string = Writer.text (TextNotation()) names steps.Value

    /// <summary>
    /// The formula for LaTeX's mathematical mode, with the commands of amsmath. Names x1, x_1 and v-1 are letters with an index, names of
    /// Greek letters those letters, other long names upright.
    /// </summary>
    member _.ToLatex() : string = Writer.text (LatexNotation()) names steps.Value

/// <summary>A formula in notebooks: set by LaTeX.</summary>
and [<Sealed; EditorBrowsable(EditorBrowsableState.Never)>] FormulaInNotebooks() =
    inherit NotebookSource("text/latex", (fun formula -> $"$${(formula :?> Formula).ToLatex()}$$"))
