namespace FuncAD.Traces

open System
open FuncAD
open FuncAD.Compiled
open FuncAD.Formulas

/// <summary>A line of a table: what is computed, by which formulas (with names, then with numbers), and the value.</summary>
type internal Line = { Name: string; Formulas: string list; Numbers: string; Value: string }

/// <summary>
/// The words for a run: names, and formulas with names or with numbers put in. Inputs have names as steps, or their own.
/// </summary>
[<Sealed>]
type internal Wording(run: Run, inputs: string[], result: string, areOwn: bool) =
    let step (position: int) : string = if areOwn && run.IsInput position then inputs[position] else Typography.step run.Inputs position

    /// The names of variables in a formula of the step at this position.
    let names (position: int) : string[] =
        let names = Array.create Variables.count ""
        let mark = if run.IsForward then Typography.dot else Typography.bar
        let own = step position
        names[Variables.result] <- own
        names[Variables.adjoint] <- mark own
        run.ArgumentsOf position
        |> Array.iteri (fun index argument ->
            if argument.Step >= 0 then
                let name = step argument.Step
                names[index] <- name
                names[Variables.derivativeOf index] <- mark name)
        names

    let write (digits: float -> string) (position: int) (formula: Expression) : string =
        let names = names position
        Writer.text (SurveyNotation(digits, names)) names (Steps formula)

    /// The formula with numbers for its variables; the adjoint of an argument is what it was before.
    let withNumbers (position: int) (before: Nullable<float>) (formula: Expression) : string =
        let arguments = run.ArgumentsOf position
        let numberOf (variable: int) : float =
            if variable = Variables.result then run.ValueOf position
            elif variable = Variables.adjoint then run.DerivativeOf position
            elif variable < Variables.result then arguments[variable].Value
            elif before.HasValue then before.Value
            else run.DerivativeOf arguments[variable - Variables.derivativeOf 0].Step
        let names = Array.create Variables.count ""
        // A number is a variable with digits for its name: as a constant, 0 would be left out of sums, and equal factors become a square.
        let put (node: Expression) a b c : Expression =
            if node.IsVariable then
                let digits = Typography.number (numberOf node.Position)
                let isNegative = digits.StartsWith '-'
                names[node.Position] <- if isNegative then digits.Substring 1 else digits
                if isNegative then TextbookAlgebra.negative node else node
            elif isNull node.Primitive then
                node
            else
                Expression.Apply(node.Primitive, a, b, c)
        Steps(formula).Gather put |> Array.last |> Steps |> Writer.text (SurveyNotation(Typography.number, names)) names

    let line (position: int) (name: string) (before: Nullable<float>) (formula: Expression) (value: float) : Line =
        { Name = name
          Formulas = [ write Typography.number position formula ]
          Numbers = withNumbers position before formula
          Value = Typography.number value }

    new(run, inputs, result) = Wording(run, inputs, result, false)
    member _.Run = run

    /// The function's own name of an input or a result, such as x1 or y.
    member _.Own(position: int) : string =
        if run.IsInput position then inputs[position]
        elif run.Results = 1 then result
        else $"{result}{position - run.Steps + 1}"

    /// The name of a step, or of a result.
    member words.Name(position: int) : string = if run.IsResult position then words.Own position else step position

    /// The name of a step's tangent or adjoint.
    member words.DerivativeName(position: int) : string =
        let mark = if run.IsForward then Typography.dot else Typography.bar
        mark (words.Name position)

    /// The name of an argument: a step, or a constant as a number.
    member words.NameOf(argument: Argument) : string = if argument.Step < 0 then Basics.exact argument.Value else words.Name argument.Step

    member private words.FormulaBy(digits: float -> string, position: int) : string =
        if run.IsInput position then
            words.Own position
        elif run.IsResult position then
            let argument = run.ArgumentsOf(position)[0]
            if argument.Step < 0 then digits argument.Value else words.Name argument.Step
        else
            StepFormulas.value (run.PrimitiveOf position) (run.ArgumentsOf position) |> write digits position

    /// What a step computes, with all digits of its constants.
    member words.Formula(position: int) : string = words.FormulaBy(Basics.exact, position)

    /// The line about the value of a step or a result.
    member words.Primal(position: int) : Line =
        let numbers =
            if run.IsInput position || run.IsResult position then
                ""
            else
                StepFormulas.value (run.PrimitiveOf position) (run.ArgumentsOf position) |> withNumbers position (Nullable())
        { Name = words.Name position
          Formulas = [ words.FormulaBy(Typography.number, position) ]
          Numbers = numbers
          Value = Typography.number (run.ValueOf position) }

    /// The line about the tangent of a step or a result.
    member words.Tangent(position: int) : Line =
        let arguments = run.ArgumentsOf position
        let name = words.DerivativeName position
        if run.IsInput position || run.IsResult position then
            let formula =
                if run.IsInput position then Typography.dot inputs[position]
                elif arguments[0].Step < 0 then "0"
                else words.DerivativeName arguments[0].Step
            { Name = name; Formulas = [ formula ]; Numbers = ""; Value = Typography.number (run.DerivativeOf position) }
        else
            // A structural zero is written as 0 times its slope, unless the slope is infinite and 0 is not the product.
            let hasTangent index =
                let argument = arguments[index]
                argument.IsActive && (run.IsTouched argument.Step || Double.IsFinite argument.Slope)
            line
                position
                name
                (Nullable())
                (StepFormulas.tangentOf (run.PrimitiveOf position) arguments hasTangent)
                (run.DerivativeOf position)

    /// The line about a contribution to an adjoint: as partial derivatives, then with the slope.
    member words.Adjoint(contribution: Contribution) : Line =
        let from, to' = contribution.From, contribution.To
        let name = words.DerivativeName to'
        let sum = if contribution.Before.HasValue then $"{name} + " else ""
        if run.IsResult from then
            let numbers =
                if contribution.Before.HasValue then
                    $"{Typography.number contribution.Before.Value} + {Typography.number (run.DerivativeOf from)}"
                else
                    ""
            { Name = name
              Formulas = [ sum + words.DerivativeName from; "" ]
              Numbers = numbers
              Value = Typography.number contribution.After }
        else
            let formula =
                StepFormulas.contribution
                    true
                    (run.PrimitiveOf from)
                    (run.ArgumentsOf from)
                    contribution.Argument
                    contribution.Before.HasValue
            let line = line from name contribution.Before formula contribution.After
            { line with Formulas = $"{sum}{words.DerivativeName from} ∂{words.Name from}/∂{words.Name to'}" :: line.Formulas }

    /// The line about the adjoint of an input.
    member words.InputAdjoint(position: int) : Line =
        { Name = Typography.bar inputs[position]
          Formulas = [ words.DerivativeName position; "" ]
          Numbers = ""
          Value = Typography.number (run.DerivativeOf position) }

    /// The line about the adjoint of a result.
    member words.ResultAdjoint(position: int) : Line =
        { Name = words.DerivativeName position
          Formulas = [ ""; "" ]
          Numbers = ""
          Value = Typography.number (run.DerivativeOf position) }
