/// The table of rules as the tests see it: every rule of the assembly, found by reflection, so that a rule is tested the moment it exists.
module FuncAD.Tests.Table

open System
open FuncAD

/// A rule with its type forgotten. What is generic over carriers stays so.
[<AbstractClass>]
type UnaryEntry(label: string, rule: IUnary) =
    member _.Label = label
    member _.Rule = rule
    member _.Domain = rule.Domain
    member _.Edges = rule.Edges
    member _.Value x = rule.Value x
    abstract On<'T when 'T :> ICarrier<'T>> : x: 'T -> 'T
    override _.ToString() = label

[<Sealed>]
type UnaryEntry<'R when 'R: struct and 'R :> IUnary>(label: string, rule: 'R) =
    inherit UnaryEntry(label, rule :> IUnary)
    override _.On<'T when 'T :> ICarrier<'T>>(x: 'T) : 'T = 'T.Unary(rule, x)

[<AbstractClass>]
type BinaryEntry(label: string, rule: IBinary) =
    member _.Label = label
    member _.Rule = rule
    member _.Domain = rule.Domain
    member _.Value(a, b) = rule.Value(a, b)
    abstract On<'T when 'T :> ICarrier<'T>> : a: 'T * b: 'T -> 'T
    override _.ToString() = label

[<Sealed>]
type BinaryEntry<'R when 'R: struct and 'R :> IBinary>(label: string, rule: 'R) =
    inherit BinaryEntry(label, rule :> IBinary)
    override _.On<'T when 'T :> ICarrier<'T>>(a: 'T, b: 'T) : 'T = 'T.Binary(rule, a, b)

[<AbstractClass>]
type StepEntry(label: string, rule: IStep) =
    member _.Label = label
    member _.Rule = rule
    member _.Value x = rule.Value x
    abstract On<'T when 'T :> ICarrier<'T>> : x: 'T -> 'T
    override _.ToString() = label

[<Sealed>]
type StepEntry<'R when 'R: struct and 'R :> IStep>(label: string, rule: 'R) =
    inherit StepEntry(label, rule :> IStep)
    override _.On<'T when 'T :> ICarrier<'T>>(x: 'T) : 'T = 'T.Step(rule, x)

[<AbstractClass>]
type ChoiceEntry(label: string, rule: IChoice) =
    member _.Label = label
    member _.Rule = rule
    member _.Value(a, b) = rule.Value(a, b)
    abstract On<'T when 'T :> ICarrier<'T>> : a: 'T * b: 'T -> 'T
    override _.ToString() = label

[<Sealed>]
type ChoiceEntry<'R when 'R: struct and 'R :> IChoice>(label: string, rule: 'R) =
    inherit ChoiceEntry(label, rule :> IChoice)
    override _.On<'T when 'T :> ICarrier<'T>>(a: 'T, b: 'T) : 'T = 'T.Choice(rule, a, b)

[<AbstractClass>]
type internal TernaryEntry(label: string, rule: ITernary) =
    member _.Label = label
    member _.Rule = rule
    member _.Value(a, b, c) = rule.Value(a, b, c)
    abstract On: a: Real * b: Real * c: Real -> Real
    override _.ToString() = label

[<Sealed>]
type internal TernaryEntry<'R when 'R: struct and 'R :> ITernary>(label: string, rule: 'R) =
    inherit TernaryEntry(label, rule :> ITernary)
    override _.On(a, b, c) = Real.Ternary(rule, a, b, c)

/// The parameters that rules with parameters are tried with, by the name of the type.
let private samples: Map<string, obj[] list> =
    Map
        [ "Power", [ for c in [ -2.5; -2.0; -1.0; 0.0; 0.5; 1.0; 2.0; 3.0; 3.7; 0.1; -0.7; -4.3; 1.0 / 3.0 ] -> [| box c |] ]
          "RootN",
          [ for n, k in [ 1, 0; 2, 0; 3, 0; 5, 0; -2, 0; 7, 0; 100, 0; -3, 0; 5, 1; 7, 2; -3, 1 ] ->
                if k = 0 then [| box n |] else [| box n; box k |] ]
          "ScaleB", [ for n in [ -3; 0; 7 ] -> [| box n |] ]
          "Polygamma", [ for n in [ 1; 2; 3; 4; 5; 8 ] -> [| box n |] ]
          "BesselJ", [ for n in [ 0; 1; 2; 5 ] -> [| box n |] ]
          "SphericalBesselJ", [ for n in [ 0; 1; 2; 5 ] -> [| box n |] ]
          "Binet", [ for n in [ 0; 1; 2; 5 ] -> [| box n |] ]
          "DigammaDifference", [ for n in [ 0; 1; 2 ] -> [| box n |] ]
          "GammaSampleSlope", [ [| box 0 |] ]
          "Draw", [ [| box (RandomKey.Of 1UL); box 0.0; box 1.0; box Quantiles.bernoulli |] ]
          "RatioOfPositive", [ for k in [ 1; 2; 3 ] -> [| box k |] ]
          "BesselY", [ for n in [ 0; 1; 2; 5 ] -> [| box n |] ]
          "PowerLog", [ for k, m in [ 0, 0; 1, 0; 2, 0; 3, 0; 0, 1; 1, 1 ] -> if m = 0 then [| box k |] else [| box k; box m |] ]
          "Round",
          [ [| box 2; box MidpointRounding.ToEven |]
            [| box 0; box MidpointRounding.AwayFromZero |]
            [| box 1; box MidpointRounding.ToZero |] ]
          "Tie", [ [| box 0.0 |] ]
          "CustomRule", [ [| box "cube"; box (fun (x: float) -> x * x * x); box (fun (x: Real) (_: Real) -> 3.0 * x * x) |] ] ]

let private ruleTypes =
    typeof<Real>.Assembly.GetTypes()
    |> Array.filter (fun kind -> kind.IsValueType && not kind.IsGenericType)
    |> Array.sortBy _.FullName

let private parameters (kind: Type) =
    kind.GetConstructors(Reflection.BindingFlags.Instance ||| Reflection.BindingFlags.Public ||| Reflection.BindingFlags.NonPublic)
    |> Array.map _.GetParameters().Length
    |> Array.fold max 0

/// The rules with parameters that no sample is known of: a test says that there are none.
let withoutSamples =
    [ for kind in ruleTypes do
          if
              [ typeof<IUnary>; typeof<IBinary>; typeof<IStep>; typeof<IChoice>; typeof<ITernary> ] |> List.exists _.IsAssignableFrom(kind)
              && parameters kind > 0
              && not (samples.ContainsKey kind.Name)
          then
              kind.FullName ]

let private entries<'Entry> (contract: Type) (entry: Type) : 'Entry[] =
    [| for kind in ruleTypes do
           if contract.IsAssignableFrom kind && not (List.contains kind.FullName withoutSamples) then
               for arguments in (samples.TryFind kind.Name |> Option.defaultValue [ [||] ]) do
                   let flags = Reflection.BindingFlags.Instance ||| Reflection.BindingFlags.Public ||| Reflection.BindingFlags.NonPublic
                   let rule = Activator.CreateInstance(kind, flags, null, arguments, null)
                   let name = typeof<IRule>.GetProperty("Name").GetValue rule :?> string
                   let shown = arguments |> Array.filter (fun argument -> argument.GetType().IsValueType) |> Array.map string
                   let label = if shown.Length = 0 then name else name + "(" + String.Join(", ", shown) + ")"
                   Activator.CreateInstance(entry.MakeGenericType kind, label, rule) :?> 'Entry |]

let unaries: UnaryEntry[] = entries typeof<IUnary> typedefof<UnaryEntry<Rules.Trigonometry.Sin>>
let binaries: BinaryEntry[] = entries typeof<IBinary> typedefof<BinaryEntry<Rules.Arithmetic.Add>>
let steps: StepEntry[] = entries typeof<IStep> typedefof<StepEntry<Rules.Piecewise.Floor>>
let choices: ChoiceEntry[] = entries typeof<IChoice> typedefof<ChoiceEntry<Rules.Piecewise.Max>>
let internal ternaries: TernaryEntry[] = entries typeof<ITernary> typedefof<TernaryEntry<Rules.Arithmetic.FusedMultiplyAdd>>
