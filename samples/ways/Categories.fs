/// <summary>
/// Differentiation in categories, with the kind of linear maps as a parameter (Elliott 2018, "The simple essence of automatic
/// differentiation").
///
/// A derivative at a point is a linear map. A differentiable function gives its value and that map, and three rules make derivatives of
/// whole programs: for composition the chain rule, for two functions side by side (fork) both derivatives side by side, and a linear map
/// is its own derivative. None of them says what a linear map is. So the kind of linear maps is a parameter, and a mode of
/// differentiation is a choice of it:
///
///   functions              v -> L v                               forward mode: a call for each input
///   matrices               rows and columns                       the Jacobian, multiplied up from the input
///   duals                  the transposed map                     reverse mode: composition is turned around
///   continuations          how to go on from L's result           reverse mode: composition is associated to the other side
///
/// Elliott's k in k a b is a type constructor, and F# cannot abstract over those. Here one type 'L stands for all of k's arrows at once,
/// and its static members for the category's operations. What is lost is the types a and b: they are dimensions, which are checked when
/// maps meet, not by the compiler; and with them pairs of pairs, since all spaces are R^n. That the duals of maps are maps again, and so
/// on, is kept: <c>Dual&lt;'L&gt;</c> and <c>Continued&lt;'L&gt;</c> take any 'L.
/// </summary>
module Ways.Categories

open System.Runtime.CompilerServices

/// Linear maps between spaces R^n.
type ILinear<'L when 'L :> ILinear<'L>> =
    static abstract Compose: after: 'L * before: 'L -> 'L
    /// v -> (f v, g v), Elliott's triangle.
    static abstract Fork: f: 'L * g: 'L -> 'L
    /// (v, w) -> f v + g w, the triangle upside down.
    static abstract Join: f: 'L * g: 'L -> 'L
    /// v -> (v[i] for i in indices): the identity, projections, duplicates, permutations.
    static abstract Wire: domain: int * indices: int[] -> 'L
    /// The transpose of Wire: injections, sums.
    static abstract Unwire: codomain: int * indices: int[] -> 'L
    static abstract Scale: Scalar -> 'L
    abstract Domain: int
    abstract Codomain: int

let identity<'L when 'L :> ILinear<'L>> (dimension: int) : 'L = 'L.Wire(dimension, [| 0 .. dimension - 1 |])

let private check (what: string) (a: int) (b: int) : unit =
    if a <> b then invalidArg what $"{what}: the one map has dimension {a} where the other has {b}."

let private checkedCompose (after: 'L) (before: 'L) : unit when 'L :> ILinear<'L> = check "compose" before.Codomain after.Domain

// ---- The four kinds ----

/// A linear map as a function: what it does to a vector.
[<NoComparison; NoEquality>]
type Function =
    { Domain: int
      Codomain: int
      Apply: Scalar[] -> Scalar[] }

    interface ILinear<Function> with
        member map.Domain = map.Domain
        member map.Codomain = map.Codomain

        static member Compose(after, before) =
            checkedCompose after before
            let apply v =
                RuntimeHelpers.EnsureSufficientExecutionStack()
                after.Apply(before.Apply v)
            { Domain = before.Domain; Codomain = after.Codomain; Apply = apply }

        static member Fork(f, g) =
            check "fork" f.Domain g.Domain
            { Domain = f.Domain; Codomain = f.Codomain + g.Codomain; Apply = fun v -> Array.append (f.Apply v) (g.Apply v) }

        static member Join(f, g) =
            check "join" f.Codomain g.Codomain
            { Domain = f.Domain + g.Domain
              Codomain = f.Codomain
              Apply = fun v -> Array.map2 (+) (f.Apply v[.. f.Domain - 1]) (g.Apply v[f.Domain ..]) }

        static member Wire(domain, indices) =
            { Domain = domain; Codomain = indices.Length; Apply = fun v -> indices |> Array.map (Array.get v) }

        static member Unwire(codomain, indices) =
            let scatter (v: Scalar[]) =
                let sums = Array.create codomain (Scalar 0.0)
                indices |> Array.iteri (fun k index -> sums[index] <- sums[index] + v[k])
                sums
            { Domain = indices.Length; Codomain = codomain; Apply = scatter }

        static member Scale slope = { Domain = 1; Codomain = 1; Apply = Array.map (fun x -> slope * x) }

/// A linear map as its matrix.
[<NoComparison; NoEquality>]
type Matrix =
    { Columns: int
      Rows: Scalar[][] }

    /// A 1 where the row's index and the column's stand for each other.
    static member private Of(rows: int, columns: int, isOne: int -> int -> bool) =
        { Columns = columns; Rows = Array.init rows (fun i -> Array.init columns (fun j -> Scalar(if isOne i j then 1.0 else 0.0))) }

    interface ILinear<Matrix> with
        member map.Domain = map.Columns
        member map.Codomain = map.Rows.Length

        static member Compose(after, before) =
            checkedCompose after before
            let entry (row: Scalar[]) column =
                before.Rows |> Array.map2 (fun slope (entries: Scalar[]) -> slope * entries[column]) row |> Array.fold (+) (Scalar 0.0)
            { Columns = before.Columns; Rows = after.Rows |> Array.map (fun row -> Array.init before.Columns (entry row)) }

        static member Fork(f, g) =
            check "fork" f.Columns g.Columns
            { Columns = f.Columns; Rows = Array.append f.Rows g.Rows }

        static member Join(f, g) =
            check "join" f.Rows.Length g.Rows.Length
            { Columns = f.Columns + g.Columns; Rows = Array.map2 Array.append f.Rows g.Rows }

        static member Wire(domain, indices) = Matrix.Of(indices.Length, domain, (fun i j -> indices[i] = j))

        static member Unwire(codomain, indices) = Matrix.Of(codomain, indices.Length, (fun i j -> indices[j] = i))

        static member Scale slope = { Columns = 1; Rows = [| [| slope |] |] }

/// A linear map as its transpose, of any kind. Everything is turned around, and that is all.
[<NoComparison; NoEquality>]
type Dual<'L when 'L :> ILinear<'L>> =
    { Transposed: 'L }

    interface ILinear<Dual<'L>> with
        member map.Domain = map.Transposed.Codomain
        member map.Codomain = map.Transposed.Domain
        static member Compose(after, before) = { Transposed = 'L.Compose(before.Transposed, after.Transposed) }
        static member Fork(f, g) = { Transposed = 'L.Join(f.Transposed, g.Transposed) }
        static member Join(f, g) = { Transposed = 'L.Fork(f.Transposed, g.Transposed) }
        static member Wire(domain, indices) = { Transposed = 'L.Unwire(domain, indices) }
        static member Unwire(codomain, indices) = { Transposed = 'L.Wire(codomain, indices) }
        static member Scale slope = { Transposed = 'L.Scale slope }

/// A linear map f as what it does to continuations: k -> k after f. Composition is that of functions, and so k grows from the result down.
[<NoComparison; NoEquality>]
type Continued<'L when 'L :> ILinear<'L>> =
    { From: int
      To: int
      Continue: 'L -> 'L }

    static member private Before(map: 'L) = { From = map.Domain; To = map.Codomain; Continue = fun k -> 'L.Compose(k, map) }

    interface ILinear<Continued<'L>> with
        member map.Domain = map.From
        member map.Codomain = map.To

        static member Compose(after, before) =
            checkedCompose after before
            let run k =
                RuntimeHelpers.EnsureSufficientExecutionStack()
                before.Continue(after.Continue k)
            { From = before.From; To = after.To; Continue = run }

        /// k (f v, g v) = k (f v, 0) + k (0, g v): each part is continued by itself, and u + w is (u join w) after a duplication. So k is
        /// used twice, and should be data, such as a row of slopes: a function would be called twice, at each fork, for each that called
        /// it.
        static member Fork(f, g) =
            check "fork" f.From g.From
            let injection first count = 'L.Unwire(f.To + g.To, [| first .. first + count - 1 |])
            let run k =
                let u = f.Continue('L.Compose(k, injection 0 f.To))
                let w = g.Continue('L.Compose(k, injection f.To g.To))
                'L.Compose('L.Join(u, w), 'L.Wire(f.From, Array.init (2 * f.From) (fun i -> i % f.From)))
            { From = f.From; To = f.To + g.To; Continue = run }

        static member Join(f, g) =
            check "join" f.To g.To
            { From = f.From + g.From; To = f.To; Continue = fun k -> 'L.Join(f.Continue k, g.Continue k) }

        static member Wire(domain, indices) = Continued<'L>.Before('L.Wire(domain, indices))
        static member Unwire(codomain, indices) = Continued<'L>.Before('L.Unwire(codomain, indices))
        static member Scale slope = Continued<'L>.Before('L.Scale slope)

// ---- Differentiable functions ----

/// A differentiable function: at each point its value, and its derivative there.
type Differentiable<'L when 'L :> ILinear<'L>> = Scalar[] -> struct (Scalar[] * 'L)

/// The chain rule: D (g after f) x = D g (f x) after D f x.
let compose<'L when 'L :> ILinear<'L>> (g: Differentiable<'L>) (f: Differentiable<'L>) : Differentiable<'L> =
    fun x ->
        let struct (y, f') = f x
        let struct (z, g') = g y
        struct (z, 'L.Compose(g', f'))

let fork<'L when 'L :> ILinear<'L>> (f: Differentiable<'L>) (g: Differentiable<'L>) : Differentiable<'L> =
    fun x ->
        let struct (y, f') = f x
        let struct (z, g') = g x
        struct (Array.append y z, 'L.Fork(f', g'))

/// A linear map is its own derivative.
let wire<'L when 'L :> ILinear<'L>> (indices: int[]) : Differentiable<'L> =
    fun x -> struct (indices |> Array.map (Array.get x), 'L.Wire(x.Length, indices))

/// A primitive of one number, or of two, by its value and its slopes.
let private unary<'L when 'L :> ILinear<'L>> (f: Scalar -> Scalar) (slope: Scalar -> Scalar -> Scalar) : Differentiable<'L> =
    fun x -> let y = f x[0] in struct ([| y |], 'L.Scale(slope x[0] y))

let private binary<'L when 'L :> ILinear<'L>>
    (f: Scalar -> Scalar -> Scalar)
    (slopes: Scalar -> Scalar -> Scalar -> Scalar * Scalar)
    : Differentiable<'L> =
    fun x ->
        let y = f x[0] x[1]
        let slopeA, slopeB = slopes x[0] x[1] y
        struct ([| y |], 'L.Join('L.Scale slopeA, 'L.Scale slopeB))

let private one = Scalar 1.0

/// What an operation does to its arguments.
let private primitive<'L when 'L :> ILinear<'L>> (operation: Operation) : Differentiable<'L> =
    match operation with
    | Constant c -> fun x -> struct ([| Scalar c |], 'L.Unwire(1, [||]))
    | Add _ -> binary (+) (fun _ _ _ -> one, one)
    | Subtract _ -> binary (-) (fun _ _ _ -> one, Scalar -1.0)
    | Multiply _ -> binary (*) (fun a b _ -> b, a)
    | Divide _ -> binary (/) (fun _ b y -> one / b, -y / b)
    | Negate _ -> unary (~-) (fun _ _ -> Scalar -1.0)
    | Sin _ -> unary sin (fun x _ -> cos x)
    | Cos _ -> unary cos (fun x _ -> -(sin x))
    | Exp _ -> unary exp (fun _ y -> y)
    | Log _ -> unary log (fun x _ -> one / x)
    | Choose _ -> fun x -> wire [| (if x[0].Value > 0.0 then 1 else 2) |] x

/// <summary>
/// A program as a composition. Between two operations there is the vector of those numbers that are still needed; an operation forks into
/// its result and the wires of what is needed after it.
/// </summary>
let private steps<'L when 'L :> ILinear<'L>> (program: Program) : Differentiable<'L>[] =
    let count = program.Inputs + program.Operations.Length
    // The last operation that reads a number; the result is read at the end.
    let lastUse = Array.create count -1
    program.Operations
    |> Array.iteri (fun k operation ->
        for x in Program.arguments operation do
            lastUse[x] <- k)
    lastUse[count - 1] <- program.Operations.Length
    let mutable needed = [| 0 .. program.Inputs - 1 |]
    program.Operations
    |> Array.mapi (fun k operation ->
        let place x = Array.findIndex ((=) x) needed
        let arguments = Program.arguments operation |> List.map place |> List.toArray
        let kept = needed |> Array.filter (fun x -> lastUse[x] > k)
        let step = fork (wire (kept |> Array.map place)) (compose (primitive operation) (wire arguments))
        needed <- Array.append kept [| program.Inputs + k |]
        step)

/// The program's value and its derivative, a map from R^inputs to R.
let derivative<'L when 'L :> ILinear<'L>> (program: Program) (point: float[]) : struct (Scalar * 'L) =
    let x = point |> Array.map Scalar
    let start = wire [| 0 .. x.Length - 1 |]
    let all = Seq.append (steps program) [ fun x -> wire [| x.Length - 1 |] x ]
    // compose, step by step: no function of all steps is built
    let struct (y, map) = all |> Seq.fold (fun reached step -> compose step (fun _ -> reached) x) (start x)
    struct (y[0], map)

// ---- The gradient: how it is read off depends on the kind ----

let private basis (count: int) (index: int) = Array.init count (fun k -> Scalar(if k = index then 1.0 else 0.0))

let ofFunction (map: Function) : Scalar[] = Array.init map.Domain (fun index -> (map.Apply(basis map.Domain index))[0])
let ofMatrix (map: Matrix) : Scalar[] = map.Rows[0]
let ofDual (map: Dual<Function>) : Scalar[] = map.Transposed.Apply [| one |]
let ofContinued (map: Continued<Matrix>) : Scalar[] = ofMatrix (map.Continue(identity 1))

let private gradient<'L when 'L :> ILinear<'L>> (read: 'L -> Scalar[]) (program: Program) (point: float[]) : float * float[] =
    let struct (value, map) = derivative<'L> program point
    value.Value, read map |> Array.map _.Value

let ways: Way list =
    let kind name wide depth limits gradient =
        { Name = $"categories: {name}"
          Source = "Elliott 2018"
          Shared = Linear
          Wide = wide
          Depth = depth
          Limits = limits
          Gradient = gradient }
    [ kind "functions" Quadratic Nested "a call for each input; dimensions are checked at run time" (gradient ofFunction)
      kind "matrices" Quartic Flat "matrices are dense, zeros and ones included" (gradient ofMatrix)
      kind "duals" Quadratic Flat "each operation costs as much as there are numbers alive" (gradient ofDual)
      kind "continuations" Cubic Flat "a row of slopes times dense matrices" (gradient ofContinued) ]
