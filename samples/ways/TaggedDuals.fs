/// <summary>
/// Tagged dual numbers: forward mode that nests.
///
/// Each differentiation has an e of its own, told apart by a tag (Siskind and Pearlmutter 2005, "Perturbation confusion and referential
/// transparency"; 2008, "Nesting forward-mode AD in a functional framework"). A dual number has the tag of its e; primal and
/// tangent are numbers again, of lower tags. An operation belongs to the highest tag among its arguments, and a number of a lower tag is a
/// constant there. Since an inner differentiation starts later than the one around it, and has the higher tag, x is a constant in
/// d/dy (x + y), and comes out of it as the number it was.
/// </summary>
module Ways.TaggedDuals

open System.Threading

type Number =
    | Plain of Scalar
    | Dual of tag: int64 * primal: Number * tangent: Number

    static member private TagOf(x: Number) =
        match x with
        | Plain _ -> 0L
        | Dual(tag, _, _) -> tag

    /// Primal and tangent under a tag. A number of a lower tag has the tangent 0.
    static member private At(tag: int64, x: Number) =
        match x with
        | Dual(own, primal, tangent) when own = tag -> primal, tangent
        | _ -> x, Plain(Scalar 0.0)

    /// An operation of two arguments at their highest tag, which is not 0.
    static member private AtHighest(a: Number, b: Number, value: Number -> Number -> Number, tangent) : Number =
        let tag = max (Number.TagOf a) (Number.TagOf b)
        let (a, da), (b, db) = Number.At(tag, a), Number.At(tag, b)
        let y = value a b
        Dual(tag, y, tangent (a, da) (b, db) y)

    static member (+)(a: Number, b: Number) : Number =
        match a, b with
        | Plain a, Plain b -> Plain(a + b)
        | _ -> Number.AtHighest(a, b, (+), (fun (_, da) (_, db) _ -> da + db))

    static member (-)(a: Number, b: Number) : Number =
        match a, b with
        | Plain a, Plain b -> Plain(a - b)
        | _ -> Number.AtHighest(a, b, (-), (fun (_, da) (_, db) _ -> da - db))

    static member (*)(a: Number, b: Number) : Number =
        match a, b with
        | Plain a, Plain b -> Plain(a * b)
        | _ -> Number.AtHighest(a, b, (*), (fun (a, da) (b, db) _ -> b * da + a * db))

    static member (/)(a: Number, b: Number) : Number =
        match a, b with
        | Plain a, Plain b -> Plain(a / b)
        | _ -> Number.AtHighest(a, b, (/), (fun (_, da) (b, db) y -> (da - y * db) / b))

    static member (~-)(x: Number) : Number =
        match x with
        | Plain x -> Plain(-x)
        | Dual(tag, x, dx) -> Dual(tag, -x, -dx)

    static member Sin(x: Number) : Number =
        match x with
        | Plain x -> Plain(sin x)
        | Dual(tag, x, dx) -> Dual(tag, sin x, cos x * dx)

    static member Cos(x: Number) : Number =
        match x with
        | Plain x -> Plain(cos x)
        | Dual(tag, x, dx) -> Dual(tag, cos x, -(sin x * dx))

    static member Exp(x: Number) : Number =
        match x with
        | Plain x -> Plain(exp x)
        | Dual(tag, x, dx) -> let y = exp x in Dual(tag, y, y * dx)

    static member Log(x: Number) : Number =
        match x with
        | Plain x -> Plain(log x)
        | Dual(tag, x, dx) -> Dual(tag, log x, dx / x)

    /// The number without its tangents.
    member x.Value: float =
        match x with
        | Plain x -> x.Value
        | Dual(_, primal, _) -> primal.Value

let mutable private tags = 0L

let constant (c: float) : Number = Plain(Scalar c)

/// f(x) and f'(x). They may carry lower tags: those of the differentiations around this one.
let valueAndDiff (f: Number -> Number) (x: Number) : Number * Number =
    let tag = Interlocked.Increment &tags
    match f (Dual(tag, x, constant 1.0)) with
    | Dual(own, y, dy) when own = tag -> y, dy
    | y -> y, constant 0.0

let diff (f: Number -> Number) (x: Number) : Number = snd (valueAndDiff f x)

/// d/dx (x * d/dy (x + y)) at x = y = 1, which is 1.
let distinct () : Number = constant 1.0 |> diff (fun x -> x * diff (fun y -> x + y) (constant 1.0))

// ---- The gradient of a program: a run for each input ----

let private gradient (program: Program) (point: float[]) : float * float[] =
    let along direction =
        let f x =
            Array.mapi (fun index c -> if index = direction then x else constant c) point
            |> Program.run constant (fun x -> x.Value > 0.0) program
        valueAndDiff f (constant point[direction])
    let runs = Array.init point.Length along
    (fst runs[0]).Value, runs |> Array.map (fun (_, derivative) -> derivative.Value)

let way: Way =
    { Name = "tagged duals"
      Source = "Siskind and Pearlmutter 2005"
      Shared = Linear
      Wide = Quadratic
      Depth = Flat
      Limits = "a run for each input; a function as the result of f keeps a tag that has ended (Manzyuk et al. 2019)"
      Gradient = gradient }
