/// <summary>
/// Lazy towers of derivatives (Karczmarczuk 2001, "Functional differentiation of computer programs").
///
/// A number is its value together with its derivative, which is a number of the same kind: the value of the first derivative, and so on
/// without end. Lazy evaluation makes that finite. A rule is written once, about whole towers, by recursion through the derivative: (exp
/// x)' = x' exp x, where the exp x on the right is the very tower that is being defined. So all orders come from one rule.
///
/// The price: the tower of a product has two products in its derivative, four in the second, 2^k in the k-th, since nothing is shared
/// between them (<c>costOfOrder</c>); a Taylor series does the same work in k^2. And a tower has one variable.
/// </summary>
module Ways.LazyTowers

// A tower may be defined in terms of itself: its derivative is not computed before the tower is there.
#nowarn "40"

type Tower =
    /// All derivatives are 0.
    | Steady of Scalar
    | Tower of value: Scalar * derivative: Lazy<Tower>

    member x.Value: Scalar =
        match x with
        | Steady value
        | Tower(value, _) -> value

    /// A derivative computes those that it is made of, inside of its own computation: the stack grows with the length of the program.
    member x.Derivative: Tower =
        match x with
        | Steady _ -> Steady(Scalar 0.0)
        | Tower(_, derivative) -> derivative.Value

    static member (+)(a: Tower, b: Tower) : Tower =
        match a, b with
        | Steady a, Steady b -> Steady(a + b)
        | Steady c, Tower(x, dx)
        | Tower(x, dx), Steady c -> Tower(x + c, dx)
        | Tower(a, da), Tower(b, db) -> Tower(a + b, lazy (da.Value + db.Value))

    static member (*)(a: Tower, b: Tower) : Tower =
        match a, b with
        | Steady a, Steady b -> Steady(a * b)
        | Steady c, (Tower _ as x)
        | (Tower _ as x), Steady c -> Tower(c * x.Value, lazy (Steady c * x.Derivative))
        | _ -> Tower(a.Value * b.Value, lazy (b * a.Derivative + a * b.Derivative))

    static member (~-)(x: Tower) : Tower =
        match x with
        | Steady x -> Steady(-x)
        | Tower(value, _) -> Tower(-value, lazy -x.Derivative)

    static member (-)(a: Tower, b: Tower) : Tower =
        match a, b with
        | Steady a, Steady b -> Steady(a - b)
        | _ -> Tower(a.Value - b.Value, lazy (a.Derivative - b.Derivative))

    static member (/)(a: Tower, b: Tower) : Tower =
        match a, b with
        | Steady a, Steady b -> Steady(a / b)
        | _ ->
            let rec y = Tower(a.Value / b.Value, lazy ((a.Derivative - y * b.Derivative) / b))
            y

    static member Exp(x: Tower) : Tower =
        let rec y = Tower(exp x.Value, lazy (y * x.Derivative))
        y

    static member Log(x: Tower) : Tower = Tower(log x.Value, lazy (x.Derivative / x))
    static member Sin(x: Tower) : Tower = Tower(sin x.Value, lazy (cos x * x.Derivative))
    static member Cos(x: Tower) : Tower = Tower(cos x.Value, lazy -(sin x * x.Derivative))

let variable (x: float) : Tower = Tower(Scalar x, lazy (Steady(Scalar 1.0)))
let constant (c: float) : Tower = Steady(Scalar c)

/// f(x), f'(x), f''(x), ...: as many as are asked for.
let derivatives (f: Tower -> Tower) (x: float) : float seq =
    f (variable x) |> Seq.unfold (fun tower -> Some(tower.Value.Value, tower.Derivative))

/// The operations that the derivatives of exp x sin x take up to an order.
let costOfOrder (order: int) : int64 =
    let before = Count.Operations
    derivatives (fun x -> exp x * sin x) 0.5 |> Seq.item order |> ignore
    Count.Operations - before

// ---- The gradient of a program: a run for each input ----

let private gradient (program: Program) (point: float[]) : float * float[] =
    let run direction =
        point
        |> Array.mapi (fun index x -> if index = direction then variable x else constant x)
        |> Program.run constant (fun x -> x.Value.Value > 0.0) program
    let runs = Array.init point.Length run
    runs[0].Value.Value, runs |> Array.map _.Derivative.Value.Value

let way: Way =
    { Name = "lazy towers"
      Source = "Karczmarczuk 2001"
      Shared = Linear
      Wide = Quadratic
      Depth = Overflowing
      Limits = "one variable, so a run for each input; the order k costs 2^k; derivatives do not nest"
      Gradient = gradient }
