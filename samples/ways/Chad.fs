/// <summary>
/// CHAD, combinatory homomorphic automatic differentiation (Vákár and Smeding 2022, "CHAD: Combinatory Homomorphic Automatic
/// Differentiation"), on a small typed language with pairs and sums.
///
/// A program is a term, and so is its derivative. The transformation of a term is put together from the transformations of its parts: it
/// is a homomorphism. A term of type t in variables G becomes one that gives the value, and a linear map: in forward mode from tangents
/// of G to tangents of t, in reverse mode from cotangents of t to cotangents of G. The target language writes linear maps with
/// combinators alone, those of Categories.fs, now as syntax. Forward and reverse differ in the vocabulary: what is a projection in the
/// one is an injection in the other, fork is join, and composition is turned around. So the transformation is written once.
///
/// Cotangents of the variables G are nested pairs, one component for each variable. A variable's map makes such pairs that are zero but
/// for one place, and each join adds them up: every operation costs as much as there are variables, a program of n lets n^2. That is the
/// known cost of the plain transformation (Smeding and Vákár 2024, "Efficient CHAD"). Zeros that are known as such, and cost nothing to
/// add, are the first step to mend it: <c>Zeros.Sparse</c>.
///
/// Of the paper's language, functions and arrays are left out. Sums came with Lucatelli Nunes and Vákár 2023, "CHAD for expressive total
/// languages", where the type of a sum's cotangents depends on the side that its value is on; here it is a pair, one part of it zero.
/// </summary>
module Ways.Chad

open System.Runtime.CompilerServices

type Type =
    | Real
    | Unit
    | Pair of Type * Type
    | Sum of Type * Type
    /// Linear maps: in the target language only.
    | Arrow of Type * Type

type Term =
    | Variable of string
    | Let of string * Term * Term
    | Trivial
    | Tuple of Term * Term
    | First of Term
    | Second of Term
    | Left of Term * right: Type
    | Right of left: Type * Term
    | Case of Term * left: (string * Term) * right: (string * Term)
    | Number of float
    | Unary of Unary * Term
    | Binary of Binary * Term * Term
    /// The only test of a number: Left if it is positive, Right if not.
    | IsPositive of Term
    // Linear maps, by combinators: in the target language only.
    | Identity of Type
    | Zero of Type * Type
    | Compose of after: Term * before: Term
    | Fork of Term * Term
    | Join of Term * Term
    | Project1 of Type * Type
    | Project2 of Type * Type
    | Inject1 of Type * Type
    | Inject2 of Type * Type
    | Scale of Term

and Unary =
    | Negation
    | Sine
    | Cosine
    | Exponential
    | Logarithm

and Binary =
    | Plus
    | Minus
    | Times
    | Over

type Environment<'T> = (string * 'T) list

let private find (name: string) (environment: Environment<'T>) : 'T = environment |> List.find (fst >> (=) name) |> snd

// ---- Types ----

let rec typeOf (environment: Environment<Type>) (term: Term) : Type =
    RuntimeHelpers.EnsureSufficientExecutionStack()
    let typeOf' = typeOf environment
    let expect wanted term = if typeOf' term <> wanted then failwith $"{term} is not a {wanted}"
    match term with
    | Variable name -> find name environment
    | Let(name, t, body) -> typeOf ((name, typeOf' t) :: environment) body
    | Trivial -> Unit
    | Tuple(a, b) -> Pair(typeOf' a, typeOf' b)
    | First t ->
        (match typeOf' t with
         | Pair(a, _) -> a
         | other -> failwith $"First of a {other}")
    | Second t ->
        (match typeOf' t with
         | Pair(_, b) -> b
         | other -> failwith $"Second of a {other}")
    | Left(t, right) -> Sum(typeOf' t, right)
    | Right(left, t) -> Sum(left, typeOf' t)
    | Case(t, (x, a), (y, b)) ->
        match typeOf' t with
        | Sum(left, right) ->
            let branch = typeOf ((x, left) :: environment) a
            if typeOf ((y, right) :: environment) b <> branch then failwith "the branches of a Case differ in type"
            branch
        | other -> failwith $"Case of a {other}"
    | Number _ -> Real
    | Unary(_, t) ->
        expect Real t
        Real
    | Binary(_, a, b) ->
        expect Real a
        expect Real b
        Real
    | IsPositive t ->
        expect Real t
        Sum(Unit, Unit)
    | Identity t -> Arrow(t, t)
    | Zero(a, b) -> Arrow(a, b)
    | Compose(after, before) ->
        match typeOf' after, typeOf' before with
        | Arrow(b, c), Arrow(a, b') when b = b' -> Arrow(a, c)
        | other -> failwith $"Compose of {other}"
    | Fork(f, g) ->
        match typeOf' f, typeOf' g with
        | Arrow(a, b), Arrow(a', c) when a = a' -> Arrow(a, Pair(b, c))
        | other -> failwith $"Fork of {other}"
    | Join(f, g) ->
        match typeOf' f, typeOf' g with
        | Arrow(a, c), Arrow(b, c') when c = c' -> Arrow(Pair(a, b), c)
        | other -> failwith $"Join of {other}"
    | Project1(a, b) -> Arrow(Pair(a, b), a)
    | Project2(a, b) -> Arrow(Pair(a, b), b)
    | Inject1(a, b) -> Arrow(a, Pair(a, b))
    | Inject2(a, b) -> Arrow(b, Pair(a, b))
    | Scale t ->
        expect Real t
        Arrow(Real, Real)

/// The type of tangents, and of cotangents, of a type.
let rec linear (t: Type) : Type =
    match t with
    | Pair(a, b)
    | Sum(a, b) -> Pair(linear a, linear b)
    | other -> other

let rec linearOf (environment: Environment<Type>) : Type =
    match environment with
    | [] -> Unit
    | (_, t) :: rest -> Pair(linearOf rest, linear t)

// ---- The transformation ----

/// The words in which the two modes differ.
type Mode =
    { IsReverse: bool
      After: Term * Term -> Term
      Zero: Type * Type -> Term
      Fork: Term * Term -> Term
      Join: Term * Term -> Term
      Project1: Type * Type -> Term
      Project2: Type * Type -> Term
      Inject1: Type * Type -> Term
      Inject2: Type * Type -> Term }

let forward =
    { IsReverse = false
      After = Compose
      Zero = Zero
      Fork = Fork
      Join = Join
      Project1 = Project1
      Project2 = Project2
      Inject1 = Inject1
      Inject2 = Inject2 }

let reverse =
    { IsReverse = true
      After = (fun (after, before) -> Compose(before, after))
      Zero = (fun (a, b) -> Zero(b, a))
      Fork = Join
      Join = Fork
      Project1 = Inject1
      Project2 = Inject2
      Inject1 = Project1
      Inject2 = Project2 }

let private slope (operation: Unary) (x: Term) (y: Term) : Term =
    match operation with
    | Negation -> Number -1.0
    | Sine -> Unary(Cosine, x)
    | Cosine -> Unary(Negation, Unary(Sine, x))
    | Exponential -> y
    | Logarithm -> Binary(Over, Number 1.0, x)

let private slopes (operation: Binary) (a: Term) (b: Term) (y: Term) : Term * Term =
    match operation with
    | Plus -> Number 1.0, Number 1.0
    | Minus -> Number 1.0, Number -1.0
    | Times -> b, a
    | Over -> Binary(Over, Number 1.0, b), Binary(Over, Unary(Negation, y), b)

/// Projects to a variable, or injects from it: past the variables after it.
let rec private variable (mode: Mode) (environment: Environment<Type>) (variables: Type) (name: string) : Term =
    match environment, variables with
    | (own, _) :: _, Pair(rest, t) when own = name -> mode.Project2(rest, t)
    | _ :: others, Pair(rest, t) -> mode.After(variable mode others rest name, mode.Project1(rest, t))
    | _ -> failwith $"no variable {name}"

/// The term that gives a term's value and its derivative. Value and map of each part are let-bound, so that nothing is computed twice.
let derivative (mode: Mode) (environment: Environment<Type>) (term: Term) : Term =
    let mutable names = 0
    let bind term body =
        names <- names + 1
        let name = $"'{names}" // no name of the source language begins like this
        Let(name, term, body (Variable name))
    let rec transform (environment: Environment<Type>) (variables: Type) (term: Term) : Term =
        RuntimeHelpers.EnsureSufficientExecutionStack()
        /// Binds the transformed part, and goes on with its value and its map.
        let part term next = bind (transform environment variables term) (fun p -> next (First p) (Second p))
        /// A part with one variable more, whose own map is given.
        let body (name, t) map term =
            bind (transform ((name, t) :: environment) (Pair(variables, linear t)) term) (fun p ->
                Tuple(First p, mode.After(Second p, mode.Fork(Identity variables, map))))
        /// The halves of the linear type of a pair or a sum.
        let halves term =
            match linear (typeOf environment term) with
            | Pair(a, b) -> a, b
            | other -> failwith $"no halves of a {other}"
        match term with
        | Variable name -> Tuple(term, variable mode environment variables name)
        | Let(name, t, rest) -> part t (fun value map -> Let(name, value, body (name, typeOf environment t) map rest))
        | Trivial -> Tuple(Trivial, mode.Zero(variables, Unit))
        | Number _ -> Tuple(term, mode.Zero(variables, Real))
        | Tuple(a, b) -> part a (fun a a' -> part b (fun b b' -> Tuple(Tuple(a, b), mode.Fork(a', b'))))
        | First pair -> part pair (fun t t' -> Tuple(First t, mode.After(mode.Project1(halves pair), t')))
        | Second pair -> part pair (fun t t' -> Tuple(Second t, mode.After(mode.Project2(halves pair), t')))
        | Left(t, right) -> part t (fun t t' -> Tuple(Left(t, right), mode.After(mode.Inject1(halves term), t')))
        | Right(left, t) -> part t (fun t t' -> Tuple(Right(left, t), mode.After(mode.Inject2(halves term), t')))
        | Case(sum, (x, a), (y, b)) ->
            match typeOf environment sum with
            | Sum(left, right) ->
                part sum (fun t t' ->
                    let project side = mode.After(side (halves sum), t')
                    Case(t, (x, body (x, left) (project mode.Project1) a), (y, body (y, right) (project mode.Project2) b)))
            | other -> failwith $"Case of a {other}"
        | IsPositive t -> part t (fun t _ -> Tuple(IsPositive t, mode.Zero(variables, Pair(Unit, Unit))))
        | Unary(operation, x) ->
            part x (fun x x' -> bind (Unary(operation, x)) (fun y -> Tuple(y, mode.After(Scale(slope operation x y), x'))))
        | Binary(operation, a, b) ->
            part a (fun a a' ->
                part b (fun b b' ->
                    bind (Binary(operation, a, b)) (fun y ->
                        let slopeA, slopeB = slopes operation a b y
                        Tuple(y, mode.After(mode.Join(Scale slopeA, Scale slopeB), mode.Fork(a', b'))))))
        | other -> failwith $"{other} is not a term of the source language"
    transform environment (linearOf environment) term

// ---- What terms mean ----

[<RequireQualifiedAccess; NoComparison; NoEquality>]
type Value =
    | Number of Scalar
    | Trivial
    | Pair of Value * Value
    | Left of Value
    | Right of Value
    | Arrow of (Value -> Value)
    /// A sparse zero, of any linear type.
    | Zero

/// Zeros in full, or as something that costs nothing to add.
type Zeros =
    | Dense
    | Sparse

let rec private zero (zeros: Zeros) (t: Type) : Value =
    match zeros, t with
    | Sparse, _ -> Value.Zero
    | Dense, Real -> Value.Number(Scalar 0.0)
    | Dense, Pair(a, b) ->
        RuntimeHelpers.EnsureSufficientExecutionStack()
        Value.Pair(zero zeros a, zero zeros b)
    | Dense, _ -> Value.Trivial

let private number value =
    match value with
    | Value.Number x -> x
    | _ -> failwith "not a number"
let private apply map v =
    match map with
    | Value.Arrow f -> f v
    | _ -> failwith "not a linear map"

/// The parts of a pair. Those of zero are zero.
let private parts value =
    match value with
    | Value.Pair(a, b) -> a, b
    | Value.Zero -> Value.Zero, Value.Zero
    | _ -> failwith "not a pair"

let rec private plus (a: Value) (b: Value) : Value =
    match a, b with
    | Value.Zero, other
    | other, Value.Zero -> other
    | Value.Number a, Value.Number b -> Value.Number(a + b)
    | Value.Pair(a, c), Value.Pair(b, d) ->
        RuntimeHelpers.EnsureSufficientExecutionStack()
        Value.Pair(plus a b, plus c d)
    | _ -> a

let private unary (operation: Unary) (x: Scalar) : Scalar =
    match operation with
    | Negation -> -x
    | Sine -> sin x
    | Cosine -> cos x
    | Exponential -> exp x
    | Logarithm -> log x

let private binary (operation: Binary) (a: Scalar) (b: Scalar) : Scalar =
    match operation with
    | Plus -> a + b
    | Minus -> a - b
    | Times -> a * b
    | Over -> a / b

let rec evaluate (zeros: Zeros) (environment: Map<string, Value>) (term: Term) : Value =
    RuntimeHelpers.EnsureSufficientExecutionStack()
    let value = evaluate zeros environment
    let under (name, body) argument = evaluate zeros (environment.Add(name, argument)) body
    match term with
    | Variable name -> environment[name]
    | Let(name, t, body) -> under (name, body) (value t)
    | Trivial -> Value.Trivial
    | Tuple(a, b) -> Value.Pair(value a, value b)
    | First t -> fst (parts (value t))
    | Second t -> snd (parts (value t))
    | Left(t, _) -> Value.Left(value t)
    | Right(_, t) -> Value.Right(value t)
    | Case(t, left, right) ->
        match value t with
        | Value.Left a -> under left a
        | Value.Right b -> under right b
        | _ -> failwith "not of a sum"
    | Number c -> Value.Number(Scalar c)
    | Unary(operation, x) -> Value.Number(unary operation (number (value x)))
    | Binary(operation, a, b) -> Value.Number(binary operation (number (value a)) (number (value b)))
    | IsPositive t -> if (number (value t)).Value > 0.0 then Value.Left Value.Trivial else Value.Right Value.Trivial
    | Identity _ -> Value.Arrow id
    | Zero(_, target) -> Value.Arrow(fun _ -> zero zeros target)
    | Compose(after, before) -> let g, f = value after, value before in Value.Arrow(apply f >> apply g)
    | Fork(f, g) -> let f, g = value f, value g in Value.Arrow(fun v -> Value.Pair(apply f v, apply g v))
    | Join(f, g) ->
        let f, g = value f, value g
        Value.Arrow(fun v -> let a, b = parts v in plus (apply f a) (apply g b))
    | Project1 _ -> Value.Arrow(parts >> fst)
    | Project2 _ -> Value.Arrow(parts >> snd)
    | Inject1(_, other) -> Value.Arrow(fun v -> Value.Pair(v, zero zeros other))
    | Inject2(other, _) -> Value.Arrow(fun v -> Value.Pair(zero zeros other, v))
    | Scale t ->
        let slope = number (value t)
        Value.Arrow(fun v ->
            match v with
            | Value.Zero -> Value.Zero
            | v -> Value.Number(slope * number v))

// ---- The gradient of a program ----

let private name (position: int) = $"x{position}"

/// A program as a term: a let for each operation.
let term (program: Program) : Term =
    let variable = name >> Variable
    let operation operation =
        match operation with
        | Constant c -> Number c
        | Add(a, b) -> Binary(Plus, variable a, variable b)
        | Subtract(a, b) -> Binary(Minus, variable a, variable b)
        | Multiply(a, b) -> Binary(Times, variable a, variable b)
        | Divide(a, b) -> Binary(Over, variable a, variable b)
        | Negate x -> Unary(Negation, variable x)
        | Sin x -> Unary(Sine, variable x)
        | Cos x -> Unary(Cosine, variable x)
        | Exp x -> Unary(Exponential, variable x)
        | Log x -> Unary(Logarithm, variable x)
        | Choose(test, a, b) -> Case(IsPositive(variable test), ("positive", variable a), ("otherwise", variable b))
    let count = program.Inputs + program.Operations.Length
    Array.foldBack
        (fun (k, t) rest -> Let(name (program.Inputs + k), operation t, rest))
        (Array.indexed program.Operations)
        (variable (count - 1))

let private environment (inputs: int) : Environment<Type> = List.init inputs (fun index -> name (inputs - 1 - index), Real)

/// The components of a vector of so many numbers, made of nested pairs.
let private components (count: int) (vector: Value) : float[] =
    let next value =
        let rest, last = parts value
        (match last with
         | Value.Number x -> x.Value
         | _ -> 0.0),
        rest
    Array.mapFoldBack (fun _ -> next) (Array.zeroCreate<unit> count) vector |> fst

let private vector (components: float[]) : Value =
    components |> Array.fold (fun rest x -> Value.Pair(rest, Value.Number(Scalar x))) Value.Trivial

/// The value and the gradient of a term in the variables x0, x1, ...: in reverse mode by one call of the linear map, in forward mode by a
/// call for each variable.
let gradient (mode: Mode) (zeros: Zeros) (term: Term) (point: float[]) : float * float[] =
    let inputs = point |> Array.mapi (fun index x -> name index, Value.Number(Scalar x)) |> Map.ofArray
    let value, map = derivative mode (environment point.Length) term |> evaluate zeros inputs |> parts
    let gradient =
        if mode.IsReverse then
            apply map (Value.Number(Scalar 1.0)) |> components point.Length
        else
            let unit' direction = Array.init point.Length (fun index -> if index = direction then 1.0 else 0.0)
            Array.init point.Length (fun index -> (number (apply map (vector (unit' index)))).Value)
    (number value).Value, gradient

let ways: Way list =
    let chad name shared wide mode zeros limits =
        { Name = $"CHAD, {name}"
          Source = "Vákár and Smeding 2022"
          Shared = shared
          Wide = wide
          Depth = Nested
          Limits = limits
          Gradient = fun program -> gradient mode zeros (term program) }
    [ chad "forward" Linear Quadratic forward Dense "a call for each input"
      chad "reverse" Quadratic Quadratic reverse Dense "each operation costs as much as there are variables"
      chad "reverse, sparse zeros" Linear Linear reverse Sparse "no numbers are added in vain, but pairs are still taken apart" ]
