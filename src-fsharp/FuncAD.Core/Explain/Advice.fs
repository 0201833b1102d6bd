namespace FuncAD.Explaining

open System
open FuncAD
open FuncAD.Compiled
open FuncAD.Formulas

/// <summary>What an operation did, in words, and what to do about it.</summary>
[<Struct>]
type internal Verdict =
    {
        Kind: FindingKind
        /// In a few words.
        Says: string
        /// What that did to the derivative, or whatever else there is to know; empty if nothing.
        Detail: string
        Advice: string
    }

/// <summary>
/// The words about single operations, by the names of their rules: a rule that is not named here is told by what it was given and what it
/// returned.
/// </summary>
module internal Advice =
    let private verdict kind says detail advice = { Kind = kind; Says = says; Detail = detail; Advice = advice }

    /// A number in a sentence.
    let digits (x: float) : string =
        if Double.IsPositiveInfinity x then "∞"
        elif Double.IsNegativeInfinity x then "-∞"
        else Basics.exact x

    /// A number after an operator.
    let inner (x: float) : string = if x < 0.0 then $"({digits x})" else digits x

    /// A rule applied to numbers, as it is written: "0 / 0", "sqrt(-1)", "0^-2".
    let call (primitive: Primitive) (operands: float[]) : string =
        let parameters = Notation.Parameters primitive.Rule
        match primitive.Name, operands, parameters with
        | "add", [| a; b |], _ -> $"{digits a} + {inner b}"
        | "subtract", [| a; b |], _ -> $"{digits a} - {inner b}"
        | "multiply", [| a; b |], _ -> $"{digits a} × {inner b}"
        | "divide", [| a; b |], _ -> $"{digits a} / {inner b}"
        | ("power" | "pow"), [| a; b |], _ -> $"{inner a}^{digits b}"
        | "power", [| a |], exponent :: _ -> $"{inner a}^{exponent}"
        | name, _, _ ->
            let numbers = parameters @ List.map digits (List.ofArray operands)
            let all = String.Join(", ", numbers)
            $"{name}({all})"

    let private logarithms = set [ "log"; "log2"; "log10"; "logP1"; "log2P1"; "log10P1"; "logBase" ]
    let private exponentials = set [ "exp"; "exp2"; "exp10"; "expM1"; "exp2M1"; "exp10M1"; "sinh"; "cosh" ]
    let private inverses = set [ "asin"; "acos"; "asinPi"; "acosPi"; "acosh"; "atanh"; "log1MExp" ]
    let private isPower (name: string) = name = "pow" || name = "power" || name = "powerLog" || name.StartsWith "power("
    let private isRoot (name: string) = name = "sqrt" || name = "cbrt" || name.StartsWith "root"

    let private denominator =
        "Keep the denominator away from 0: add a small positive number to it, or treat that case apart with an if, by the limit that the quotient has there."

    let private domainOf (name: string) : string =
        if logarithms.Contains name then
            "A logarithm takes positive numbers. Look at why its argument is not positive; where rounding took it there, use Max with a small positive number."
        elif isRoot name then
            "A root takes numbers from 0 on. A difference that should be 0 or more may be below it by rounding: write it without the difference, or use Max(x, 0)."
        elif isPower name then
            "A negative base has a power for whole exponents only. Use a whole exponent (Pow(x, 2), or Square), RootN for odd roots, or the power of Abs."
        elif inverses.Contains name then
            "The function ends there. Rounding takes cosines and correlations just beyond 1: use Clamp(x, -1, 1), or Atan2 for an angle."
        else
            "The function has no value there: look at why the operand is outside of its domain."

    let private poleOf (name: string) : string =
        if name = "divide" then
            denominator
        elif logarithms.Contains name then
            "Add a small positive number to the argument of the logarithm, or use Max; XLogY(x, y) is 0 at x = 0, and LogSumExp and Log1MExp have no logarithm of 0 on the way."
        elif isPower name then
            "A negative power of 0 is a division by 0. " + denominator
        else
            "The function has a pole there: keep its operand away from it, or treat it apart with an if."

    let private overflowOf (name: string) : string =
        if exponentials.Contains name then
            "Take the largest exponent out first: LogSumExp and Softmax do, Sigmoid and Softplus do not overflow. Or compute with logarithms throughout."
        elif name = "gamma" then
            "Use LogGamma, and subtract logarithms."
        else
            "Scale the numbers, or compute with their logarithms; Hypot takes the root of a sum of squares without them."

    let private isPole (name: string) (operands: float[]) : bool =
        match name, operands with
        | "divide", [| _; b |] -> b = 0.0
        | "gamma", [| x |] -> x <= 0.0
        | ("add" | "subtract" | "multiply" | "fusedMultiplyAdd" | "scaleB" | "hypot"), _ -> false
        | _ when exponentials.Contains name -> false
        | _ when isPower name -> operands[0] = 0.0
        | "logGamma", [| x |] -> x <= 0.0
        | _ -> true

    /// A function of the user's, given as a rule.
    let private isCustom (primitive: Primitive) : bool = primitive.Rule :? IOnReals

    /// What is to be said of a step whose operands are finite and whose value is not.
    let ofValue (primitive: Primitive) (operands: float[]) (value: float) : Verdict =
        let name, says = primitive.Name, $"{call primitive operands} = {digits value}"
        if isCustom primitive then
            let kind = if Double.IsNaN value then FindingKind.NaN else FindingKind.Infinity
            verdict kind $"the custom rule {says}" "" "Look into the value function of the rule."
        elif Double.IsNaN value && name = "divide" then
            let advice =
                "Treat the case apart where both are 0, by the limit of the quotient (Sinc is sin(x) / x), or keep the denominator away from 0."
            verdict FindingKind.NaN says "" advice
        elif Double.IsNaN value then
            verdict FindingKind.NaN says "" (domainOf name)
        elif isPole name operands then
            verdict FindingKind.Infinity says "" (poleOf name)
        else
            verdict FindingKind.Overflow $"{says}, beyond the largest double" "" (overflowOf name)

    /// What is to be said of a step whose value is below the normal doubles, or became 0 there.
    let ofUnderflow (says: string) (value: float) : Verdict =
        let below = if value = 0.0 then "below the smallest double" else "below the normal doubles, where digits are lost"
        let advice =
            "Work with logarithms: sum them instead of multiplying, and use LogSumExp for the logarithm of a sum. Hypot takes the root of a sum of squares; or scale the numbers."
        verdict FindingKind.Underflow $"{says}, {below}" "" advice

    let private whence = "The function was given it: look at where that number comes from."

    let given (what: string) (value: float) : Verdict = verdict FindingKind.Given $"{what} is {digits value}" "" whence

    let givenConstant (what: string) (value: float) : Verdict =
        let advice = whence + " StopGradient or .Value may have made a constant of a number that depends on x."
        verdict FindingKind.Given $"{what} is {digits value}" "" advice

    /// A slope times the derivative that came in.
    let product (slope: float) (incoming: float) (outgoing: float) : string =
        $"slope {digits slope} × derivative {digits incoming} = {digits outgoing}"

    let private isDirection (name: string) = name = "hypot" || name.StartsWith "atan2"

    let private slopeAdvice (name: string) : string =
        if isPower name then
            "A power whose exponent is below 1 has an infinite slope where its base is 0, and so has the logarithm in the slope in the exponent: keep the base away from 0, as by Max with a small positive number, or treat 0 apart with an if."
        elif isRoot name then
            $"{name} has an infinite slope at 0: add a small positive number to its operand (as in Sqrt(x + 1e-12)), or treat 0 apart with an if, whose other branch then contributes nothing. A norm may be squared instead."
        elif inverses.Contains name then
            $"{name} has an infinite slope at the end of its domain: keep its operand inside, or take an angle by Atan2."
        elif name = "divide" then
            denominator
        elif isDirection name then
            "There is no direction at the origin: treat it apart with an if, or keep one of the operands away from 0."
        else
            $"The slope of {name} is not finite there: keep its operand away, or treat the point apart with an if."

    /// What is to be said of a step whose value is fine and along whose slope a finite derivative became NaN or infinite.
    let ofSlope (primitive: Primitive) (operands: float[]) (slope: float) (incoming: float) (outgoing: float) : Verdict =
        let name, at, product = primitive.Name, call primitive operands, product slope incoming outgoing
        if isCustom primitive && not (Double.IsFinite slope) then
            let kind = if Double.IsNaN slope then FindingKind.NaN else FindingKind.InfiniteSlope
            verdict kind $"the custom rule {at} has the slope {digits slope}" product "Look into the slope function of the rule."
        elif Double.IsNaN slope then
            let advice = if isDirection name then slopeAdvice name else domainOf name
            verdict FindingKind.NaN $"{at} has no slope" product advice
        elif Double.IsInfinity slope && name = "divide" && operands[1] <> 0.0 then
            verdict FindingKind.Overflow $"the slope of {at} is beyond the largest double" product (overflowOf name)
        elif Double.IsInfinity slope then
            let zero =
                if incoming = 0.0 then "; the 0 was computed (a structural zero, to which no derivative comes, would have stayed 0)" else ""
            verdict FindingKind.InfiniteSlope $"{at} has an infinite slope" (product + zero) (slopeAdvice name)
        else
            verdict FindingKind.Overflow $"the derivative of {at} is beyond the largest double" product (overflowOf name)

    /// The sum of contributions that turned a derivative to NaN, if one did.
    let noteOfSum (contributions: float[]) : string =
        let isOneOf x = Array.contains x contributions
        if isOneOf infinity && isOneOf -infinity && not (Array.exists Double.IsNaN contributions) then
            "∞ - ∞ = NaN: infinite contributions of both signs"
        else
            ""

    /// The product that turned a derivative on its way to NaN, if one did.
    let note (slope: float) (incoming: float) (outgoing: float) : string =
        if Double.IsNaN outgoing && not (Double.IsNaN incoming) then
            if slope = 0.0 then
                $"{digits incoming} × slope 0 = NaN: the 0 was computed"
            else
                $"{digits incoming} × slope {digits slope} = NaN"
        else
            ""
