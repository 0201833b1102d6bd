/// <summary>
/// Dual numbers: forward mode.
///
/// A dual number a + a' e, with e^2 = 0, is a primal with a tangent. Arithmetic on it is the chain rule:
/// (a + a' e)(b + b' e) = ab + (a'b + ab') e, and f(a + a' e) = f(a) + f'(a) a' e (Clifford 1873, "Preliminary sketch of biquaternions";
/// Wengert 1964, "A simple automatic derivative evaluation program"). One run gives the derivative in one direction, so that a gradient
/// takes as many runs as there are inputs.
///
/// There is one e for everybody, and that goes wrong when derivatives nest: <c>confused</c> below.
/// </summary>
module Ways.DualNumbers

[<Struct>]
type Dual =
    { Primal: Scalar
      Tangent: Scalar }

    static member (+)(a: Dual, b: Dual) = { Primal = a.Primal + b.Primal; Tangent = a.Tangent + b.Tangent }
    static member (-)(a: Dual, b: Dual) = { Primal = a.Primal - b.Primal; Tangent = a.Tangent - b.Tangent }
    static member (*)(a: Dual, b: Dual) = { Primal = a.Primal * b.Primal; Tangent = b.Primal * a.Tangent + a.Primal * b.Tangent }

    static member (/)(a: Dual, b: Dual) =
        let y = a.Primal / b.Primal
        { Primal = y; Tangent = (a.Tangent - y * b.Tangent) / b.Primal }

    static member (~-)(x: Dual) = { Primal = -x.Primal; Tangent = -x.Tangent }
    static member Sin(x: Dual) = { Primal = sin x.Primal; Tangent = cos x.Primal * x.Tangent }
    static member Cos(x: Dual) = { Primal = cos x.Primal; Tangent = -(sin x.Primal * x.Tangent) }

    static member Exp(x: Dual) =
        let y = exp x.Primal
        { Primal = y; Tangent = y * x.Tangent }

    static member Log(x: Dual) = { Primal = log x.Primal; Tangent = x.Tangent / x.Primal }

let constant (c: Scalar) : Dual = { Primal = c; Tangent = Scalar 0.0 }

/// f'(x): the coefficient of e in f(x + e).
let diff (f: Dual -> Dual) (x: Scalar) : Scalar = (f { Primal = x; Tangent = Scalar 1.0 }).Tangent

/// <summary>
/// Perturbation confusion (Siskind and Pearlmutter 2005, "Perturbation confusion and referential transparency: correct functional
/// implementation of forward-mode AD"): d/dx (x * d/dy (x + y)) at x = y = 1. The inner derivative is 1, so this is that of x * 1, and 1.
/// But inside, x is 1 + e and y is 1 + e with the same e. Their sum is 2 + 2e, the inner derivative comes out as 2, and so does the outer
/// one.
/// </summary>
/// <remarks>
/// Numbers of a parametric type, <c>Dual&lt;'T&gt;</c>, would make the types of x and y differ, and the compiler ask for x to be lifted.
/// That finds this mistake, but f must then be written for every depth of nesting at once; TaggedDuals.fs needs no such types.
/// </remarks>
let confused () : Scalar =
    let inner (x: Dual) = diff (fun y -> x + y) (Scalar 1.0)
    diff (fun x -> x * constant (inner x)) (Scalar 1.0)

// ---- The gradient of a program: a run for each input ----

let private gradient (program: Program) (point: float[]) : float * float[] =
    let run direction =
        point
        |> Array.mapi (fun index x -> { Primal = Scalar x; Tangent = Scalar(if index = direction then 1.0 else 0.0) })
        |> Program.run (Scalar >> constant) (fun x -> x.Primal.Value > 0.0) program
    let runs = Array.init point.Length run
    runs[0].Primal.Value, runs |> Array.map _.Tangent.Value

let way: Way =
    { Name = "dual numbers"
      Source = "Clifford 1873, Wengert 1964"
      Shared = Linear
      Wide = Quadratic
      Depth = Flat
      Limits = "a run for each input; derivatives do not nest"
      Gradient = gradient }
