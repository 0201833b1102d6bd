namespace FuncAD

open System
open System.Globalization

/// <summary>
/// What parameters of distributions must be. In a program that is being traced each check is a guard: a run with parameters that fail it
/// leaves the compiled code, and meets the exception.
/// </summary>
module internal Parameters =
    let text (x: float) : string = x.ToString("R", CultureInfo.InvariantCulture)

    let private require (kind: string) (test: float -> bool) (what: string) (distribution: string) (name: string) (x: Real) : Real =
        if not (Real.IsKind(kind, test, x)) then
            raise (ArgumentOutOfRangeException(name, x.value, $"Distribution.{distribution}: {name} is {what}, got {text x.value}."))
        x

    let finite = require "isFinite" Double.IsFinite "a finite number"

    let positive = require "isPositiveAndFinite" (fun x -> x > 0.0 && x < infinity) "a number above 0 and finite"

    let number = require "isNumber" (fun x -> not (Double.IsNaN x)) "a number"

    let rate = require "isRate" (fun x -> x >= 0.0 && x < infinity) "0 or more, and finite"

    let probability = require "isProbability" (fun x -> x >= 0.0 && x <= 1.0) "a probability, from 0 to 1"

    let success = require "isSuccess" (fun x -> x > 0.0 && x <= 1.0) "the probability of a success, above 0 and at most 1"

    /// 2^53: from here on, neighbouring counts are the same double.
    let greatestCount = 9007199254740992.0

    let count = require "isCount" (fun x -> x >= 0.0 && x <= greatestCount && Math.Floor x = x) "a whole number from 0 to 2^53"

    /// A rate of counts that are doubles.
    let drawable = require "isDrawable" (fun x -> x <= greatestCount) "at most 2^53 where samples are drawn"

    let private logit = require "isLogit" (fun x -> x < infinity) "a number below infinity (-infinity for what cannot be)"

    let private fail (distribution: string) (name: string) (message: string) : 'a =
        raise (ArgumentException($"Distribution.{distribution}: {message}", name))

    let ordered (distribution: string) (low: Real) (high: Real) : unit =
        if not (Real.op_LessThan (low, high)) then
            fail distribution "low" $"low must be below high, got low = {text low.value} and high = {text high.value}."

    let private named (name: string) (index: int) : string = $"{name}[{index}]"

    let private copy (distribution: string) (name: string) (xs: Real[]) : Real[] =
        if isNull xs then nullArg name
        if xs.Length = 0 then fail distribution name $"{name} is empty, so there is no outcome to draw."
        Array.copy xs

    /// How far a sum of probabilities may be from 1: roundings of some millions of terms, and of numbers that were printed with ten digits.
    let private slack = 1e-9

    let probabilities (distribution: string) (name: string) (p: Real[]) : Real[] =
        let p = copy distribution name p
        p |> Array.iteri (fun index p -> probability distribution (named name index) p |> ignore)
        let sum = Sums.sum (p |> Array.map _.Bottom)
        if not (Real.IsKind("isOne", (fun sum -> abs (sum - 1.0) <= slack), sum)) then
            fail
                distribution
                name
                $"the probabilities must sum to 1, to within {text slack}; their sum is {text sum.value}. Divide them by it, or give logits."
        p

    let logits (distribution: string) (name: string) (logits: Real[]) : Real[] =
        let logits = copy distribution name logits
        logits |> Array.iteri (fun index x -> logit distribution (named name index) x |> ignore)
        let largest = logits |> Array.map _.Bottom |> Array.reduce (fun a b -> Real.Max(a, b))
        if not (Real.IsKind("isFinite", Double.IsFinite, largest)) then
            fail distribution name "all logits are -infinity, so that no outcome can be."
        logits
