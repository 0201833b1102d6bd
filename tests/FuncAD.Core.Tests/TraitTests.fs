/// The facts that stand on rules (Rules/Traits.fs), held to the rules' values: no rule claims what its values do not keep, and none without
/// parameters keeps a fact to itself that its values show.
module FuncAD.Tests.TraitTests

open System
open Expecto
open FuncAD
open FuncAD.Rules
open FuncAD.Tests.Testing
open FuncAD.Tests.Table

/// A rule as a function of its arguments.
type private Subject = { Label: string; Traits: Traits; Arity: int; HasParameters: bool; Value: float[] -> float }

let private subjects: Subject[] =
    let subject label (rule: obj) traits arity value =
        { Label = label
          Traits = traits
          Arity = arity
          HasParameters = rule.GetType().GetFields(Reflection.BindingFlags.Instance ||| Reflection.BindingFlags.NonPublic).Length > 0
          Value = value }
    let relation (rule: IRelation) = subject rule.Name rule rule.Traits 2 (fun x -> rule.Value(x[0], x[1]))
    [| for entry in unaries do
           subject entry.Label entry.Rule entry.Rule.Traits 1 (fun x -> entry.Value x[0])
       for entry in steps do
           subject entry.Label entry.Rule entry.Rule.Traits 1 (fun x -> entry.Value x[0])
       for entry in binaries do
           subject entry.Label entry.Rule entry.Rule.Traits 2 (fun x -> entry.Value(x[0], x[1]))
       for entry in choices do
           subject entry.Label entry.Rule entry.Rule.Traits 2 (fun x -> entry.Value(x[0], x[1]))
       for entry in ternaries do
           subject entry.Label entry.Rule entry.Rule.Traits 3 (fun x -> entry.Value(x[0], x[1], x[2]))
       relation (Comparisons.Less())
       relation (Comparisons.LessOrEqual())
       relation (Comparisons.Equal())
       relation (Comparisons.Is("isNegative", Double.IsNegative))
       relation (Comparisons.Is("isInteger", Double.IsInteger)) |]

/// Numbers of every kind, to be combined.
let private few: float[] =
    [| for x in [ 0.0; Double.Epsilon; 1e-300; 0.1; 0.5; 1.0; 1.5; 2.0; 3.0; 40.0; 1000.0; 1e300; infinity ] do
           x
           -x
       nan |]

/// All arguments to try: the points where people and rounding meet, or combinations of a few numbers.
let private arguments (arity: int) : float[][] =
    match arity with
    | 1 -> Array.append few Points.awkward.Value |> Array.map Array.singleton
    | 2 -> Array.allPairs few few |> Array.map (fun (a, b) -> [| a; b |])
    | _ ->
        [| for a, b in Array.allPairs few few do
               for c in few -> [| a; b; c |] |]

let private withArgument (x: float[]) place value =
    let x = Array.copy x
    x[place] <- value
    x

let private isMinusZero y = bits y = bits -0.0

/// What the sign of a zero does, as far as the values show.
let private signOfZero (subject: Subject) : SignOfZero =
    let mutable seen = SignOfZero.IsIgnored
    for x in arguments subject.Arity do
        for place in 0 .. subject.Arity - 1 do
            if bits x[place] = 0L then
                let plus, minus = subject.Value x, subject.Value(withArgument x place -0.0)
                if not (same plus minus) then seen <- if plus = 0.0 && minus = 0.0 then min seen SignOfZero.IsKept else SignOfZero.Matters
    seen

/// A NaN in a place gives a number, and something else there gives another one.
let private hidesNaN (subject: Subject) : bool =
    arguments subject.Arity
    |> Array.exists (fun x ->
        Array.exists
            (fun place ->
                Double.IsNaN x[place]
                && (let hidden = subject.Value x
                    not (Double.IsNaN hidden)
                    && few |> Array.exists (fun other -> not (same hidden (subject.Value(withArgument x place other))))))
            [| 0 .. subject.Arity - 1 |])

let private readsSignOfNaN (subject: Subject) : bool =
    arguments subject.Arity
    |> Array.exists (fun x ->
        [| 0 .. subject.Arity - 1 |]
        |> Array.exists (fun place ->
            Double.IsNaN x[place] && not (same (subject.Value(withArgument x place nan)) (subject.Value(withArgument x place -nan)))))

/// A fact that is claimed must be seen; one that is seen must be claimed, but by rules with parameters, which would have to tell theirs apart.
let private expectFact (subject: Subject) (fact: string) (isClaimed: bool) (isSeen: bool) =
    if isClaimed && not isSeen then failtest $"{subject.Label} claims that {fact}, and its values show otherwise"
    if isSeen && not isClaimed && not subject.HasParameters then
        failtest $"{subject.Label} does not say that {fact}, which all its values show"

[<Tests>]
let tests =
    testList
        "traits"
        [ for subject in subjects do
              testCase subject.Label (fun () ->
                  let traits = subject.Traits
                  let seen = signOfZero subject
                  expectFact
                      subject
                      "the sign of a zero is ignored"
                      (traits.SignOfZero = SignOfZero.IsIgnored)
                      (seen = SignOfZero.IsIgnored)
                  expectFact subject "the sign of a zero is kept" (traits.SignOfZero >= SignOfZero.IsKept) (seen >= SignOfZero.IsKept)
                  let values = arguments subject.Arity |> Array.map subject.Value
                  let isAnswer = values |> Array.forall (fun y -> y = 0.0 || y = 1.0)
                  Expect.isFalse (traits.IsAnswer && not isAnswer) "it claims to answer a question, and its values are others than 0 and 1"
                  expectFact subject "it is never -0" traits.IsNeverMinusZero (not (Array.exists isMinusZero values))
                  // a program checks every question for NaN
                  if not traits.IsAnswer then
                      Expect.isFalse (hidesNaN subject && not traits.HidesNaN) "it hides NaN and does not say so"
                      if not subject.HasParameters then expectFact subject "it hides NaN" traits.HidesNaN (hidesNaN subject)
                  Expect.isFalse (readsSignOfNaN subject && not traits.ReadsSignOfNaN) "it reads the sign of NaN and does not say so"
                  let isArgument = subject.Arity = 1 && arguments 1 |> Array.forall (fun x -> same x[0] (subject.Value x))
                  expectFact subject "it is its argument" (traits.Reduction = Reduction.Argument) isArgument
                  let isConstant = subject.Arity = 1 && values |> Array.forall (same values[0])
                  expectFact subject "it is a constant" (traits.Reduction = Reduction.Constant) isConstant)

          testCase "the slopes of what is linear are constants" (fun () ->
              for entry in unaries do
                  if entry.Rule.Traits.Recurrence.IsLinear then
                      for x in few do
                          let slope x = value (AD.diff (fun x -> entry.On x) (real x))
                          expectSame (slope 1.0) (slope x) $"the slope of {entry.Label} at {x}"
              for entry in binaries do
                  if entry.Rule.Traits.Recurrence.IsLinear then
                      for x in arguments 2 do
                          let slopes (x: float[]) = AD.grad (fun (x: Real[]) -> entry.On(x[0], x[1])) (reals x) |> values
                          Array.iter2
                              (fun expected got -> expectSame expected got $"a slope of {entry.Label}")
                              (slopes [| 1.0; 1.0 |])
                              (slopes x)) ]
