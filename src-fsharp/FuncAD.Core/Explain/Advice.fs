namespace FuncAD.Explaining

open System
open FuncAD
open FuncAD.Traces

/// <summary>What an operation did, in words, and what to do about it.</summary>
[<Struct>]
type internal Verdict = { Kind: FindingKind; Says: string; Advice: string }

/// <summary>
/// The words about single operations, by the names of their rules: a rule that is not named here is told by what it was given and what it
/// returned.
/// </summary>
module internal Advice =
    let private verdict kind says advice = { Kind = kind; Says = says; Advice = advice }

    /// A number in a sentence.
    let digits (x: float) : string =
        if Double.IsPositiveInfinity x then "∞"
        elif Double.IsNegativeInfinity x then "-∞"
        else Basics.exact x

    let private list (numbers: float[]) : string = String.Join(", ", numbers |> Array.map digits)

    let private call (name: string) (operands: float[]) : string =
        match name, operands |> Array.map digits with
        | "add", [| a; b |] -> $"{a} + {b}"
        | "subtract", [| a; b |] -> $"{a} - {b}"
        | "multiply", [| a; b |] -> $"{a} × {b}"
        | "divide", [| a; b |] -> $"{a} / {b}"
        | _ -> $"{name}({list operands})"

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

    /// What is to be said of a step whose operands are finite and whose value is not. A rule of the user's is named by itself.
    let ofValue (name: string) (isCustom: bool) (operands: float[]) (value: float) : Verdict =
        let says = $"{call name operands} = {digits value}"
        if isCustom then
            verdict
                (if Double.IsNaN value then FindingKind.NaN else FindingKind.Infinity)
                $"the custom rule {name} returned {digits value} for {list operands}"
                "Look into the value function of the rule."
        elif Double.IsNaN value then
            let advice =
                if name = "divide" then
                    "Treat the case apart where both are 0, by the limit of the quotient (Sinc is sin(x) / x), or keep the denominator away from 0."
                else
                    domainOf name
            verdict FindingKind.NaN says advice
        elif isPole name operands then
            verdict FindingKind.Infinity says (poleOf name)
        else
            verdict FindingKind.Overflow $"{says}: more than the largest double" (overflowOf name)

    let given (what: string) (value: float) : Verdict =
        verdict FindingKind.Given $"{what} is {digits value}" "The function was given it: look at where that number comes from."

    let private slopeAdvice (name: string) : string =
        if isRoot name || isPower name then
            $"{name} has an infinite slope at 0: add a small positive number to its operand (as in Sqrt(x + 1e-12)), or treat 0 apart with an if, whose other branch then contributes nothing. A norm may be squared instead."
        elif inverses.Contains name then
            $"{name} has an infinite slope at the end of its domain: keep its operand inside, or take an angle by Atan2."
        elif name = "divide" then
            denominator
        elif name = "hypot" || name.StartsWith "atan2" then
            "There is no direction at the origin: treat it apart with an if, or keep one of the operands away from 0."
        else
            $"The slope of {name} is not finite there: keep its operand away, or treat the point apart with an if."

    /// What is to be said of a step whose value is fine and along whose slope a finite derivative became NaN or infinite.
    let ofSlope (name: string) (isCustom: bool) (operands: float[]) (slope: float) (incoming: float) (outgoing: float) : Verdict =
        let product = $"slope {digits slope} × derivative {digits incoming} = {digits outgoing}"
        let at = call name operands
        if isCustom && not (Double.IsFinite slope) then
            verdict
                FindingKind.NaN
                $"the custom rule {name} has the slope {digits slope}: {product}"
                "Look into the slope function of the rule."
        elif Double.IsNaN slope then
            verdict
                FindingKind.NaN
                $"{at} has no slope: {product}"
                (if name.StartsWith "atan2" || name = "hypot" then slopeAdvice name else domainOf name)
        elif Double.IsInfinity slope && incoming = 0.0 then
            verdict
                FindingKind.InfiniteSlope
                $"{at} has an infinite slope, and the derivative that meets it is a computed zero: {product}. (A structural zero, which no path leads to, would have stayed 0.)"
                (slopeAdvice name)
        elif Double.IsInfinity slope then
            verdict FindingKind.InfiniteSlope $"{at} has an infinite slope: {product}" (slopeAdvice name)
        else
            verdict FindingKind.Overflow $"{at}: {product}, more than the largest double" (overflowOf name)

    /// The product that turned a derivative on its way to NaN, if one did.
    let note (slope: float) (incoming: float) (outgoing: float) : string =
        if Double.IsNaN outgoing && not (Double.IsNaN incoming) then
            if slope = 0.0 then
                $"{digits incoming} × slope 0 = NaN: the 0 was computed"
            else
                $"{digits incoming} × slope {digits slope} = NaN"
        else
            ""
