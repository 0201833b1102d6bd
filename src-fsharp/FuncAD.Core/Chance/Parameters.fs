namespace FuncAD

open System
open System.Globalization

/// <summary>
/// What parameters of distributions must be; errors name their owner, such as Distribution.Normal or Chance.Poisson. In a program that is
/// being traced each check is a guard: a run with parameters that fail it leaves the compiled code, and meets the exception.
/// </summary>
module internal Parameters =
    let text (x: float) : string = x.ToString("R", CultureInfo.InvariantCulture)

    let private refuse (what: string) (owner: string) (name: string) (x: Real) : unit =
        raise (ArgumentOutOfRangeException(name, x.value, $"{owner}: {name} is {what}, got {text x.value}."))

    /// A domain is a predicate with its name, and words.
    let private require (kind: string) (test: float -> bool) (what: string) (owner: string) (name: string) (x: Real) : Real =
        if not (Real.IsKind(kind, test, x)) then refuse what owner name x
        x

    /// A domain of all elements of an array.
    let private requireAll (kind: string) (test: float -> bool) (what: string) (owner: string) (name: string) (xs: Real[]) : unit =
        xs |> Array.iteri (fun index x -> if not (Real.IsKind(kind, test, x)) then refuse what owner $"{name}[{index}]" x)

    let finite = require "isFinite" Double.IsFinite "a finite number"

    let positive = require "isPositiveAndFinite" (fun x -> x > 0.0 && x < infinity) "a number above 0 and finite"

    let number = require "isNumber" (fun x -> not (Double.IsNaN x)) "a number"

    let rate = require "isRate" (fun x -> x >= 0.0 && x < infinity) "0 or more, and finite"

    let private isProbability (x: float) : bool = x >= 0.0 && x <= 1.0

    let private aProbability = "a probability, from 0 to 1"

    let probability = require "isProbability" isProbability aProbability

    let success = require "isSuccess" (fun x -> x > 0.0 && x <= 1.0) "the probability of a success, above 0 and at most 1"

    /// 2^53: from here on, neighbouring counts are the same double.
    let greatestCount = 9007199254740992.0

    let count = require "isCount" (fun x -> x >= 0.0 && x <= greatestCount && Math.Floor x = x) "a whole number from 0 to 2^53"

    /// A rate of counts that are doubles.
    let drawable = require "isDrawable" (fun x -> x <= greatestCount) "at most 2^53 where samples are drawn"

    /// A count of failures is beyond 2^53 with a probability of exp(-2^53 p), which is below 1e-30 from here on.
    let leastSuccess = 1e-14

    let drawableSuccess =
        require
            "isDrawableSuccess"
            (fun x -> x >= leastSuccess)
            $"at least {text leastSuccess} where samples are drawn (below, counts pass 2^53 and their neighbours are the same double)"

    let private fail (owner: string) (name: string) (message: string) : 'a = raise (ArgumentException($"{owner}: {message}", name))

    let ordered (owner: string) (low: Real) (high: Real) : unit =
        if not (Real.op_LessThan (low, high)) then
            fail owner "low" $"low must be below high, got low = {text low.value} and high = {text high.value}."

    let private copy (owner: string) (name: string) (xs: Real[]) : Real[] =
        if isNull xs then nullArg name
        if xs.Length = 0 then fail owner name $"{name} is empty, so there is no outcome to draw."
        Array.copy xs

    /// How far a sum of probabilities may be from 1: roundings of some millions of terms, and of numbers that were printed with ten digits.
    let private slack = 1e-9

    let probabilities (owner: string) (name: string) (p: Real[]) : Real[] =
        let p = copy owner name p
        requireAll "isProbability" isProbability aProbability owner name p
        let sum = Sums.sum (p |> Array.map _.Bottom)
        if not (Real.IsKind("isOne", (fun sum -> abs (sum - 1.0) <= slack), sum)) then
            fail
                owner
                name
                $"the probabilities must sum to 1, to within {text slack}; their sum is {text sum.value}. Divide them by it, or give logits."
        p

    let logits (owner: string) (name: string) (logits: Real[]) : Real[] =
        let logits = copy owner name logits
        requireAll "isLogit" (fun x -> x < infinity) "a number below infinity (-infinity for what cannot be)" owner name logits
        let largest = logits |> Array.map _.Bottom |> Array.reduce (fun a b -> Real.Max(a, b))
        if not (Real.IsKind("isFinite", Double.IsFinite, largest)) then
            fail owner name "all logits are -infinity, so that no outcome can be."
        logits
