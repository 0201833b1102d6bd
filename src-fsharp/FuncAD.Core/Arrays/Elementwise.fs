namespace FuncAD
open System
[<AbstractClass; Sealed>]
type internal Elementwise =
    static member Unary<'R when 'R: struct and 'R :> IUnary>(rule: 'R, x: ReadOnlySpan<float>, y: Span<float>) = for i = 0 to y.Length - 1 do y[i] <- rule.Value x[i]
    static member Step<'R when 'R: struct and 'R :> IStep>(rule: 'R, x: ReadOnlySpan<float>, y: Span<float>) = for i = 0 to y.Length - 1 do y[i] <- rule.Value x[i]
    static member Binary<'R when 'R: struct and 'R :> IBinary>(rule: 'R, a: ReadOnlySpan<float>, b: ReadOnlySpan<float>, y: Span<float>) =
        for i = 0 to y.Length - 1 do y[i] <- rule.Value(a[min i (a.Length - 1)], b[min i (b.Length - 1)])
    static member Choice<'R when 'R: struct and 'R :> IChoice>(rule: 'R, a: ReadOnlySpan<float>, b: ReadOnlySpan<float>, y: Span<float>) =
        for i = 0 to y.Length - 1 do y[i] <- rule.Value(a[min i (a.Length - 1)], b[min i (b.Length - 1)])
    static member Ternary<'R when 'R: struct and 'R :> ITernary>(rule: 'R, a: ReadOnlySpan<float>, b: ReadOnlySpan<float>, c: ReadOnlySpan<float>, y: Span<float>) =
        for i = 0 to y.Length - 1 do y[i] <- rule.Value(a[min i (a.Length - 1)], b[min i (b.Length - 1)], c[min i (c.Length - 1)])
    static member Slope<'R when 'R: struct and 'R :> IUnary>(rule: 'R, x: ReadOnlySpan<float>, y: ReadOnlySpan<float>, t: ReadOnlySpan<float>, out: Span<float>, add: bool) =
        for i = 0 to out.Length - 1 do
            let c = Flat.Slope(rule, x[i], y[i]) * t[min i (t.Length - 1)]
            out[i] <- if add then out[i] + c else c
    static member SlopeA<'R when 'R: struct and 'R :> IBinary>(rule: 'R, a: ReadOnlySpan<float>, b: ReadOnlySpan<float>, y: ReadOnlySpan<float>, t: ReadOnlySpan<float>, out: Span<float>, add: bool) =
        for i = 0 to out.Length - 1 do
            let c = Flat.SlopeA(rule, a[min i (a.Length - 1)], b[min i (b.Length - 1)], y[i]) * t[min i (t.Length - 1)]
            out[i] <- if add then out[i] + c else c
    static member SlopeB<'R when 'R: struct and 'R :> IBinary>(rule: 'R, a: ReadOnlySpan<float>, b: ReadOnlySpan<float>, y: ReadOnlySpan<float>, t: ReadOnlySpan<float>, out: Span<float>, add: bool) =
        for i = 0 to out.Length - 1 do
            let c = Flat.SlopeB(rule, a[min i (a.Length - 1)], b[min i (b.Length - 1)], y[i]) * t[min i (t.Length - 1)]
            out[i] <- if add then out[i] + c else c
    static member SlopeSumA<'R when 'R: struct and 'R :> IBinary>(rule: 'R, a: ReadOnlySpan<float>, b: ReadOnlySpan<float>, y: ReadOnlySpan<float>, t: ReadOnlySpan<float>) : float =
        let mutable s = 0.0
        for i = 0 to y.Length - 1 do s <- s + Flat.SlopeA(rule, a[min i (a.Length - 1)], b[min i (b.Length - 1)], y[i]) * t[min i (t.Length - 1)]
        s
    static member SlopeSumB<'R when 'R: struct and 'R :> IBinary>(rule: 'R, a: ReadOnlySpan<float>, b: ReadOnlySpan<float>, y: ReadOnlySpan<float>, t: ReadOnlySpan<float>) : float =
        let mutable s = 0.0
        for i = 0 to y.Length - 1 do s <- s + Flat.SlopeB(rule, a[min i (a.Length - 1)], b[min i (b.Length - 1)], y[i]) * t[min i (t.Length - 1)]
        s
    static member Weight<'R when 'R: struct and 'R :> IChoice>(rule: 'R, first: bool, a: float, b: float) =
        let y = rule.Value(a, b)
        if a = b then 0.5 elif (y = a || (Double.IsNaN y && Double.IsNaN a)) = first then 1.0 else 0.0
    static member ChoiceSlope<'R when 'R: struct and 'R :> IChoice>(rule: 'R, first: bool, a: ReadOnlySpan<float>, b: ReadOnlySpan<float>, t: ReadOnlySpan<float>, out: Span<float>, add: bool) =
        for i = 0 to out.Length - 1 do
            let w = Elementwise.Weight(rule, first, a[min i (a.Length - 1)], b[min i (b.Length - 1)])
            let c = if w = 0.0 then 0.0 else w * t[min i (t.Length - 1)]
            out[i] <- if add then out[i] + c else c
    static member ChoiceSlopeSum<'R when 'R: struct and 'R :> IChoice>(rule: 'R, first: bool, a: ReadOnlySpan<float>, b: ReadOnlySpan<float>, t: ReadOnlySpan<float>) : float =
        let mutable s = 0.0
        for i = 0 to max a.Length b.Length - 1 do
            let w = Elementwise.Weight(rule, first, a[min i (a.Length - 1)], b[min i (b.Length - 1)])
            if w <> 0.0 then s <- s + w * t[min i (t.Length - 1)]
        s
