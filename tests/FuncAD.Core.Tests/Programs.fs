/// Random programs: straight-line code with sharing, loops, branches on values and derivatives inside, safe by construction.
module FuncAD.Tests.Programs

open System
open FsCheck
open FsCheck.FSharp
open FuncAD
open FuncAD.Rules
open FuncAD.Tests.Testing
open FuncAD.Tests.Table

/// How a derivative inside a program is taken.
type Mode =
    | Forward
    | Reverse
    | Taylor2

/// An operation on earlier numbers, which it names by position: first the inputs, then the results of the operations before it. A
/// number may be used many times, or never. A body is a program of two inputs.
type Operation =
    | Constant of float
    | Add of int * int
    | Subtract of int * int
    | Multiply of int * int
    | Divide of int * int
    | Unary of UnaryEntry * int
    | Binary of BinaryEntry * int * int
    | Step of StepEntry * int
    | Choice of ChoiceEntry * int * int
    /// s <- body(s, other), so many times
    | Loop of times: int * body: Program * state: int * other: int
    /// one body or the other, by the sign of the first number
    | Branch of positive: Program * negative: Program * int * int
    /// the derivative of body(x, other) with respect to x (of the second order in Taylor mode)
    | Derivative of Mode * body: Program * at: int * other: int
    /// g0 + 2 g1, where g is the gradient of the body
    | Gradient of body: Program * int * int

and Program = { Inputs: int; Operations: Operation list }

// ---- Evaluation on any carrier ----
//
// A program is safe by construction: next to each number goes a bound of its absolute value, which depends on the program alone, never
// on the point; where it is too large for what comes next, the number is tamed by a smooth function first. So nothing overflows, no
// argument leaves its domain, and every carrier runs the same operations.

[<Struct>]
type private Bounded<'T> = { Number: 'T; Bound: float }

let inputBound = 2.0

let private tame<'T when 'T :> ICarrier<'T>> (limit: float) (x: Bounded<'T>) : 'T =
    if x.Bound <= limit then
        x.Number
    else
        'T.Multiply('T.Constant limit, 'T.Unary(Hyperbolics.Tanh(), 'T.Divide(x.Number, 'T.Constant limit)))

let private clipped (domain: Domain) = { Low = max domain.Low -3.0; High = min domain.High 3.0 }

let private into<'T when 'T :> ICarrier<'T>> (domain: Domain) (x: Bounded<'T>) : 'T =
    let d = clipped domain
    if d.Low <= -x.Bound && x.Bound <= d.High then
        x.Number
    else
        'T.Add('T.Constant d.Low, 'T.Multiply('T.Constant(d.High - d.Low), 'T.Unary(Exponentials.Sigmoid(), x.Number)))

/// Where a program may apply a rule of two arguments: where it is differentiable any number of times, which is not the origin.
let private safeDomain (rule: BinaryEntry) : struct (Domain * Domain) =
    let struct (a, b) = rule.Domain
    match rule.Rule.Name with
    | "hypot"
    | "atan2"
    | "atan2Pi" -> struct (a, { b with Low = 0.1 })
    | _ -> struct (a, b)

let private safeDomain1 (rule: UnaryEntry) : Domain = if rule.Rule.Name = "cbrt" then { rule.Domain with Low = 0.1 } else rule.Domain

let private grid domain = let d = clipped domain in [ for k in 0..32 -> d.Low + (d.High - d.Low) * float k / 32.0 ]

let private largest values = 1.1 * (values |> Seq.map abs |> Seq.max)

let private unaryBounds = dict [ for entry in unaries -> entry.Label, largest (grid (safeDomain1 entry) |> Seq.map entry.Value) ]

let private binaryBounds =
    dict
        [ for entry in binaries ->
              let struct (a, b) = safeDomain entry
              entry.Label, largest (Seq.allPairs (grid a) (grid b) |> Seq.map entry.Value) ]

/// All the numbers of a run, inputs first.
let rec run<'T when 'T :> ICarrier<'T>> (program: Program) (inputs: 'T[]) : 'T[] =
    let numbers = Collections.Generic.List<Bounded<'T>>()
    for input in inputs do
        numbers.Add { Number = input; Bound = inputBound }

    let within limit position = tame limit numbers[position]
    let body (program: Program) a b = (run program [| a; b |]).Last

    /// The derivatives of a body, where the numbers of another carrier are their own dual numbers.
    let derivative (mode: Mode) (f: Program) (a: 'T) (b: 'T) : 'T =
        match box a, box b with
        | (:? Real as a), (:? Real as b) ->
            let at (x: Real) = (run f [| x; b |]).Last
            let result =
                match mode with
                | Forward -> AD.diff at a
                | Reverse -> AD.grad at a
                | Taylor2 -> AD.diffn 2 at a
            unbox<'T>(box result)
        | _ ->
            let one, zero = 'T.Constant 1.0, 'T.Constant 0.0
            match mode with
            | Forward
            | Reverse -> (run f [| Twin(a, one); Twin(b, zero) |]).Last.Tangent
            | Taylor2 ->
                let constant x = Twin(Twin(x, zero), Twin(zero, zero))
                (run f [| Twin(Twin(a, one), Twin(one, zero)); constant b |]).Last.Tangent.Tangent

    let gradient (f: Program) (a: 'T) (b: 'T) : 'T =
        let weigh (g0: 'T) (g1: 'T) = 'T.Add(g0, 'T.Multiply('T.Constant 2.0, g1))
        match box a, box b with
        | (:? Real as a), (:? Real as b) ->
            let g = AD.grad (fun (x: Real[]) -> (run f x).Last) [| a; b |]
            weigh (unbox<'T>(box g[0])) (unbox<'T>(box g[1]))
        | _ ->
            let one, zero = 'T.Constant 1.0, 'T.Constant 0.0
            weigh (run f [| Twin(a, one); Twin(b, zero) |]).Last.Tangent (run f [| Twin(a, zero); Twin(b, one) |]).Last.Tangent

    for operation in program.Operations do
        let number, bound =
            match operation with
            | Constant c -> 'T.Constant c, abs c
            | Add(a, b) -> 'T.Add(within 20.0 a, within 20.0 b), numbers[a].Bound + numbers[b].Bound
            | Subtract(a, b) -> 'T.Subtract(within 20.0 a, within 20.0 b), numbers[a].Bound + numbers[b].Bound
            | Multiply(a, b) -> 'T.Multiply(within 6.0 a, within 6.0 b), min 6.0 numbers[a].Bound * min 6.0 numbers[b].Bound
            | Divide(a, b) ->
                let b = within 6.0 b
                'T.Divide(within 6.0 a, 'T.Add('T.Constant 1.0, 'T.Multiply(b, b))), min 6.0 numbers[a].Bound
            | Unary(rule, x) -> rule.On(into (safeDomain1 rule) numbers[x]), unaryBounds[rule.Label]
            | Binary(rule, a, b) ->
                let struct (domainA, domainB) = safeDomain rule
                rule.On(into domainA numbers[a], into domainB numbers[b]), binaryBounds[rule.Label]
            | Step(rule, x) when rule.Rule.Name = "draw" -> rule.On(into { Low = 0.0; High = 1.0 } numbers[x]), 1.0
            | Step(rule, x) -> rule.On numbers[x].Number, numbers[x].Bound + 1.0
            | Choice(rule, a, b) -> rule.On(numbers[a].Number, numbers[b].Number), max numbers[a].Bound numbers[b].Bound
            | Loop(times, f, state, other) ->
                let other = within inputBound other
                let mutable state = within inputBound state
                for _ = 1 to times do
                    state <- tame inputBound { Number = body f state other; Bound = infinity }
                state, inputBound
            | Branch(positive, negative, a, b) ->
                let a, b = within inputBound a, within inputBound b
                body (if Twin<'T>.IsPositive a then positive else negative) a b, infinity
            | Derivative(mode, f, a, b) -> derivative mode f (within inputBound a) (within inputBound b), infinity
            | Gradient(f, a, b) -> gradient f (within inputBound a) (within inputBound b), infinity
        // What has no bound of its own is tamed at once.
        if bound <= 50.0 then
            numbers.Add { Number = number; Bound = bound }
        else
            numbers.Add { Number = tame 5.0 { Number = number; Bound = bound }; Bound = 5.0 }

    [| for number in numbers -> number.Number |]

/// The last number.
let result<'T when 'T :> ICarrier<'T>> (program: Program) (inputs: 'T[]) : 'T = (run program inputs).Last

/// The last numbers, up to three.
let results<'T when 'T :> ICarrier<'T>> (program: Program) (inputs: 'T[]) : 'T[] =
    let all = run program inputs
    all[max 0 (all.Length - 3) ..]

/// No less than the number of operations on a path through the program, with those that tame, and those of a slope.
let rec cost (program: Program) : float =
    program.Operations
    |> List.sumBy (fun operation ->
        match operation with
        | Loop(times, f, _, _) -> float times * (20.0 + cost f)
        | Branch(f, g, _, _) -> 20.0 + max (cost f) (cost g)
        | Derivative(_, f, _, _)
        | Gradient(f, _, _) -> 20.0 + 4.0 * cost f
        | _ -> 20.0)

// ---- Random programs ----

/// What programs are made of.
type Language =
    {
        Unaries: UnaryEntry[]
        Binaries: BinaryEntry[]
        Steps: StepEntry[]
        Choices: ChoiceEntry[]
        /// Branches on values.
        Branches: bool
        /// Loops and derivatives inside, so many deep.
        Depth: int
        Longest: int
    }

/// The whole table. A custom rule has no slope on carriers other than the library's; the meeting point of a tie belongs to choices.
let everything =
    { Unaries = unaries |> Array.filter (fun rule -> rule.Rule.Name <> "cube")
      Binaries = binaries |> Array.filter (fun rule -> rule.Rule.Name <> "tie")
      Steps = steps
      Choices = choices
      Branches = true
      Depth = 2
      Longest = 14 }

/// Analytic functions only: for differences.
let smooth =
    let others = set [ "erf"; "erfc"; "normalCdf"; "normalPdf"; "asinh"; "tanPi"; "exp10M1"; "log2P1" ]
    { everything with
        Unaries =
            everything.Unaries
            |> Array.filter (fun rule -> ComplexTable.functions.ContainsKey rule.Rule.Name || others.Contains rule.Rule.Name)
        Binaries = everything.Binaries |> Array.filter (fun rule -> ComplexTable.functions2.ContainsKey rule.Rule.Name)
        Steps = [||]
        Choices = [||]
        Branches = false
        Longest = 10 }

/// What the complex step can run: it has no dual numbers of its own derivative, but branches and choices by real part.
let analytic =
    { smooth with
        Unaries = smooth.Unaries |> Array.filter (fun rule -> ComplexTable.functions.ContainsKey rule.Rule.Name)
        Choices = choices |> Array.filter (fun rule -> rule.Label = "max" || rule.Label = "min")
        Steps = steps |> Array.filter (fun rule -> rule.Label = "floor")
        Branches = true }

let rec private operation (language: Language) (count: int) : Gen<Operation> =
    // Later numbers more often, so that programs grow deep.
    let number = Gen.map2 max (Gen.choose (0, count - 1)) (Gen.choose (0, count - 1))
    let two = Gen.zip number number
    let pick make items = items |> Gen.elements |> Gen.bind make
    let body = program { language with Depth = language.Depth - 1; Longest = 5 } 2
    Gen.frequency
        [ 1, Gen.elements [ -1.5; 0.5; 1.0; 2.0; 0.3 ] |> Gen.map Constant
          3, two |> Gen.map Add
          2, two |> Gen.map Subtract
          4, two |> Gen.map Multiply
          2, two |> Gen.map Divide
          10, language.Unaries |> pick (fun rule -> number |> Gen.map (fun x -> Unary(rule, x)))
          if language.Binaries.Length > 0 then 4, language.Binaries |> pick (fun rule -> two |> Gen.map (fun (a, b) -> Binary(rule, a, b)))
          if language.Steps.Length > 0 then 1, language.Steps |> pick (fun rule -> number |> Gen.map (fun x -> Step(rule, x)))
          if language.Choices.Length > 0 then 2, language.Choices |> pick (fun rule -> two |> Gen.map (fun (a, b) -> Choice(rule, a, b)))
          if language.Depth > 0 then
              1, Gen.map3 (fun times body (a, b) -> Loop(times, body, a, b)) (Gen.choose (0, 3)) body two
              2, Gen.map3 (fun mode body (a, b) -> Derivative(mode, body, a, b)) (Gen.elements [ Forward; Reverse; Taylor2 ]) body two
              1, Gen.map2 (fun body (a, b) -> Gradient(body, a, b)) body two
          if language.Depth > 0 && language.Branches then 1, Gen.map3 (fun f g (a, b) -> Branch(f, g, a, b)) body body two ]

and private program (language: Language) (inputs: int) : Gen<Program> = gen {
    let! size = Gen.sized Gen.constant
    let! length = Gen.choose (1, max 1 (min language.Longest (size / 2 + 1)))
    let mutable operations = []
    for k = 0 to length - 1 do
        let! next = operation language (inputs + k)
        operations <- next :: operations
    return { Inputs = inputs; Operations = List.rev operations }
}

// ---- Smaller programs ----

let private renumber (f: int -> int) operation =
    match operation with
    | Constant _ -> operation
    | Add(a, b) -> Add(f a, f b)
    | Subtract(a, b) -> Subtract(f a, f b)
    | Multiply(a, b) -> Multiply(f a, f b)
    | Divide(a, b) -> Divide(f a, f b)
    | Unary(rule, x) -> Unary(rule, f x)
    | Binary(rule, a, b) -> Binary(rule, f a, f b)
    | Step(rule, x) -> Step(rule, f x)
    | Choice(rule, a, b) -> Choice(rule, f a, f b)
    | Loop(times, body, a, b) -> Loop(times, body, f a, f b)
    | Branch(g, h, a, b) -> Branch(g, h, f a, f b)
    | Derivative(mode, body, a, b) -> Derivative(mode, body, f a, f b)
    | Gradient(body, a, b) -> Gradient(body, f a, f b)

/// Without one operation: who used it uses the first input.
let private without (program: Program) (index: int) =
    let gone = program.Inputs + index
    let shift position =
        if position = gone then 0
        elif position > gone then position - 1
        else position
    { program with Operations = program.Operations |> List.removeAt index |> List.map (renumber shift) }

let rec shrink (program: Program) : Program seq = seq {
    if program.Operations.Length > 1 then
        for index = program.Operations.Length - 1 downto 0 do
            without program index
    for index, operation in List.indexed program.Operations do
        let instead replacement = { program with Operations = program.Operations |> List.updateAt index replacement }
        match operation with
        | Loop(times, body, a, b) ->
            if times > 0 then instead (Loop(times - 1, body, a, b))
            for body in shrink body do
                instead (Loop(times, body, a, b))
        | Branch(g, h, a, b) ->
            for g in shrink g do
                instead (Branch(g, h, a, b))
            for h in shrink h do
                instead (Branch(g, h, a, b))
        | Derivative(mode, body, a, b) ->
            for body in shrink body do
                instead (Derivative(mode, body, a, b))
        | Gradient(body, a, b) ->
            for body in shrink body do
                instead (Gradient(body, a, b))
        | _ -> ()
}

/// A program at a point, with two directions of its input space and one of its output space.
type Case = { Program: Program; Point: float[]; U: float[]; V: float[]; W: float[] }

let private coordinate = Gen.choose (-2000, 2000) |> Gen.map (fun k -> float k / 1000.0)

let private smaller (x: float) =
    [ 0.0; 1.0; 0.5; Math.Round x; Math.Round(x, 1) ]
    |> List.filter (fun y -> abs y < abs x || (y <> x && x = Math.Round x && y = 0.0))

let private shrinkPoint (point: float[]) = seq {
    for index = 0 to point.Length - 1 do
        for x in smaller point[index] do
            Array.updateAt index x point
}

/// Programs of a language with so many inputs.
let cases (language: Language) (fewest: int) (most: int) : Arbitrary<Case> =
    let generator = gen {
        let! inputs = Gen.choose (fewest, most)
        let! program = program language inputs
        let! point = Gen.arrayOfLength inputs coordinate
        let! u = Gen.arrayOfLength inputs coordinate
        let! v = Gen.arrayOfLength inputs coordinate
        let! w = Gen.arrayOfLength (min 3 (inputs + program.Operations.Length)) coordinate
        return { Program = program; Point = point; U = u; V = v; W = w }
    }
    let smaller case = seq {
        for program in shrink case.Program do
            { case with Program = program; W = Array.truncate (program.Inputs + program.Operations.Length) case.W }
        for point in shrinkPoint case.Point do
            { case with Point = point }
        for u in shrinkPoint case.U do
            { case with U = u }
        for v in shrinkPoint case.V do
            { case with V = v }
    }
    Arb.fromGenShrink (generator, smaller)

/// A function of few numbers as one of many, all of which matter: widths and numbers of groups follow from how many.
let widened (copies: int) (f: Real[] -> 'Y) (x: Real[]) : 'Y =
    let n = x.Length / copies
    f (Array.init n (fun i -> (Seq.sum [ for copy in 0 .. copies - 1 -> x[copy * n + i] * (1.0 + float copy) ]) / float (copies * copies)))

/// A point of such a function.
let repeated (copies: int) (x: float[]) =
    Array.concat [ for copy in 0 .. copies - 1 -> x |> Array.map (fun x -> x * (1.0 - 0.01 * float copy)) ]
