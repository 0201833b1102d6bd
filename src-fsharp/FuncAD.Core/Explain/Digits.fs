namespace FuncAD.Explaining

open System
open FuncAD
open FuncAD.Compiled
open FuncAD.Rules
open FuncAD.Traces

/// <summary>Digits that a run lost to rounding, and the operation that lost them.</summary>
module internal Digits =
    /// The decimal digits of a double.
    let all = -(Math.Log10 LocalError.unit)

    /// The loss from which on a finding is made: what is left is worth less than ten digits.
    let notable = 6.0

    /// The number of operations, times the number of derivatives, that are looked at.
    let private budget = 100_000_000L

    /// The digits that an error takes from a number: log10 of the relative error in units of a double's rounding. NaN where there is no
    /// estimate.
    let lost (value: float) (error: float) : float =
        if not (Double.IsFinite value) || Double.IsNaN error then nan
        elif error = 0.0 then 0.0
        elif value = 0.0 then all
        elif Double.IsInfinity error then nan
        else Math.Clamp(Math.Log10(error / abs value / LocalError.unit), 0.0, all)

    /// The errors of the value and of the derivatives; NaN where there is no estimate.
    let errors (trace: SweepTrace) : struct (float * float[]) =
        let affordable = int (min (int64 Int32.MaxValue) (budget / int64 (max 1 trace.Steps.Length)))
        let count = min affordable trace.Gradient.Length
        let gradient = Array.append (trace.Errors trace.Gradient[.. count - 1]) (Array.create (trace.Gradient.Length - count) nan)
        struct ((trace.Errors [| trace.Value |])[0], gradient)

    let private isOne (argument: Argument) = argument.Step < 0 && abs argument.Value = 1.0

    let private remedyOfDifference (run: Run) (arguments: Argument[]) : string =
        let isBy (name: string) =
            arguments |> Array.exists (fun argument -> argument.Step >= run.Inputs && (run.PrimitiveOf argument.Step).Name = name)
        let isBeside1 = arguments |> Array.exists isOne
        if isBeside1 && isBy "cos" then
            "1 - cos x is 2 sin(x / 2)^2, which does not cancel."
        elif isBeside1 && (isBy "exp" || isBy "exp2" || isBy "exp10") then
            "e^x - 1 is ExpM1(x), and 1 - e^x is -ExpM1(x)."
        elif isBeside1 && isBy "tanh" then
            "1 - tanh x is 2 Sigmoid(-2 x)."
        elif isBeside1 && (isBy "erf" || isBy "normalCdf") then
            "1 - erf x is Erfc(x), and 1 - NormalCdf(x) is NormalCdf(-x)."
        elif isBy "exp" then
            "(e^x - e^-x) / 2 is Sinh(x), and e^a - e^b is e^b ExpM1(a - b)."
        elif isBy "sqrt" then
            "sqrt a - sqrt b is (a - b) / (sqrt a + sqrt b): multiply by the sum, and the difference is one of numbers that were not rounded."
        elif isBy "log" then
            "log a - log b is LogP1((a - b) / b) where a and b are close."
        elif
            isBy "multiply"
            || isBy "power"
            || arguments
               |> Array.exists (fun argument -> argument.Step >= run.Inputs && (run.PrimitiveOf argument.Step).Name.StartsWith "power")
        then
            "Factor it: a^2 - b^2 is (a - b)(a + b); a variance is the mean of (x - mean)^2; Hypot is a root of a sum of squares."
        else
            "Take the difference of what the two have not in common, before either is rounded; or sum terms of one sign."

    /// What to do about an operation of the function that makes the relative error of its operands greater.
    let private remedy (run: Run) (position: int) : string =
        let name = (run.PrimitiveOf position).Name
        match name with
        | "add"
        | "subtract"
        | "fusedMultiplyAdd" -> remedyOfDifference run (run.ArgumentsOf position)
        | "log"
        | "log2"
        | "log10" -> "Next to 1 a logarithm has only what its argument has after the 1: LogP1(x) is log(1 + x)."
        | "sin"
        | "cos"
        | "tan" ->
            "The rounding error of a large angle is large against its period: take the whole turns off before, or use SinPi and CosPi."
        | "acos"
        | "asin" -> "At the ends of its domain the angle is known to half the digits: Atan2 of sine and cosine has all of them."
        | _ -> "The error of the operand counts that many times: compute the operand more exactly, or write the formula without it."

    /// "cancel 12.3 digits"
    let private text (digits: float) : string = digits.ToString("0.0", Globalization.CultureInfo.InvariantCulture)

    /// How many digits an operation takes: the amplification of the relative error.
    let private taken (amplification: float) : float = if amplification > 1.0 then min all (Math.Log10 amplification) else 0.0

    let private cancelling (digits: float) : string = $"{text digits} digits cancel, of numbers that were rounded before"

    let private ofStep (run: Run) (position: int) (digits: float) : Verdict =
        let primitive, values = run.PrimitiveOf position, run.ArgumentsOf position |> Array.map _.Value
        let isDifference = primitive.Instruction = Instruction.Add || primitive.Instruction = Instruction.Subtract
        { Kind = FindingKind.LostDigits
          Says = $"{Advice.call primitive values} = {Advice.digits (run.ValueOf position)}"
          Detail =
            (if isDifference then cancelling digits else $"the relative error of an operand counts {text digits} digits more in the result")
          Advice = remedy run position }

    let private ofSweep (trace: SweepTrace) (step: SweepStep) (digits: float) : Verdict =
        let isSum = step.Primitive.Instruction = Instruction.Add && step.A >= 0 && step.B >= 0
        match step.Role with
        | SweepRole.Adjoint when isSum ->
            { Kind = FindingKind.LostDigits
              Says =
                $"contributions to an adjoint, {Advice.digits trace.Steps[step.A].Value} + {Advice.inner trace.Steps[step.B].Value} = {Advice.digits step.Value}"
              Detail = cancelling digits
              Advice =
                "Parts of the derivative cancel. At a stationary point, where the derivative is 0, they must: then nothing is wrong. Elsewhere write the function so that the "
                + "difference is in it, not in its derivative." }
        | role ->
            { Kind = FindingKind.LostDigits
              Says =
                (if role = SweepRole.Slope then "within the slope of the operation" else "slope times adjoint")
                + $", {step.Primitive.Name} = {Advice.digits step.Value}"
              Detail = $"the relative error of an operand counts {text digits} digits more in the result"
              Advice =
                "The derivative's own formula cancels there: write the function otherwise, or give it a rule with a slope of its own (AD.Custom)." }

    /// Many roundings, none of which is much greater by the time it reaches the result.
    let private ofMany: Verdict =
        { Kind = FindingKind.LostDigits
          Says = "the rounding errors of many operations add up"
          Detail = "no operation makes them much greater; the error of this one is the greatest"
          Advice = "Sum in pairs or with compensation, begin with the small numbers, or take fewer steps." }

    /// Many operations, each of which makes the errors before it a little greater.
    let private ofAmplification (digits: float) : Verdict =
        { Kind = FindingKind.LostDigits
          Says = "many operations amplify the rounding errors"
          Detail = $"each by {text digits} digits or less; the error of this one is the greatest by the time it reaches the result"
          Advice =
            "The result depends as strongly on x, or the recurrence is unstable: take fewer steps, run it in its stable direction, or look at what does not depend on the errors, such as a mean." }

    /// What to say of underflow in the function or in the sweep.
    let private ofUnderflow (run: Run) (step: SweepStep) : Verdict =
        let values = run.ArgumentsOf step.Owner |> Array.map _.Value
        let says =
            match step.Role with
            | SweepRole.Value -> Advice.call step.Primitive values
            | SweepRole.Slope -> $"within the slope of the operation, {step.Primitive.Name}"
            | _ -> $"slope times adjoint, {step.Primitive.Name}"
        Advice.ofUnderflow $"{says} = {Advice.digits step.Value}" step.Value

    let private blameOnWay (run: Run) (trace: SweepTrace) (output: int) (loss: float) : struct (int * Verdict) =
        let way = trace.WayOfGreatestError output
        let amplified = Array.pairwise way |> Array.map (fun (from, to') -> struct (to', trace.Amplification(from, to')))
        let struct (position, amplification) =
            Array.append [| struct (way[0], 1.0) |] amplified |> Array.maxBy (fun (struct (_, amplification)) -> amplification)
        let first, worst, digits = trace.Steps[way[0]], trace.Steps[position], taken amplification
        let underflow = if Underflow.isSmall first.Value then trace.UnderflowOf way[0] else -1
        if underflow >= 0 && lost first.Value first.Error >= max 1.0 digits then
            let step = trace.Steps[underflow]
            struct (step.Owner, ofUnderflow run step)
        elif digits < 1.0 then
            struct (first.Owner, ofMany)
        elif digits < loss / 2.0 then
            struct (first.Owner, ofAmplification digits)
        elif worst.Role = SweepRole.Value then
            struct (worst.Owner, ofStep run worst.Owner digits)
        else
            struct (worst.Owner, ofSweep trace worst digits)

    /// The step to blame for what an operation of the sweep lost, and why: where its digits are underflow's, that which underflowed; else
    /// the one that amplified the errors, if it made most of the loss.
    let blame (run: Run) (trace: SweepTrace) (output: int) (loss: float) : struct (int * Verdict) =
        let zero = if trace.Steps[output].Value = 0.0 then trace.UnderflowOf output else -1
        if zero >= 0 then struct (trace.Steps[zero].Owner, ofUnderflow run trace.Steps[zero]) else blameOnWay run trace output loss
