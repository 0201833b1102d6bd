namespace FuncAD.Formulas

open System
open FuncAD.Rules

/// <summary>A constant factor as a quotient of doubles, so that x / 3 stays that and does not become 0.3333333333333333 x.</summary>
[<Struct>]
type internal Coefficient =
    { Numerator: float
      Denominator: float }

    static member One = { Numerator = 1.0; Denominator = 1.0 }
    static member MinusOne = { Numerator = -1.0; Denominator = 1.0 }
    static member Of(value: float) = { Numerator = value; Denominator = 1.0 }
    member c.Value = c.Numerator / c.Denominator
    member c.Size = { Numerator = abs c.Numerator; Denominator = abs c.Denominator }
    member c.Inverse = { Numerator = c.Denominator; Denominator = c.Numerator }

    /// In lowest terms, where these are whole; with a positive denominator.
    member private c.Lowest =
        let c = if c.Denominator < 0.0 then { Numerator = -c.Numerator; Denominator = -c.Denominator } else c
        let isWhole (x: float) = x = Math.Floor x && abs x <= 9007199254740992.0
        let rec divisor (a: float) (b: float) = if b = 0.0 then a else divisor b (a % b)
        if isWhole c.Numerator && isWhole c.Denominator && c.Denominator <> 0.0 then
            let common = divisor (abs c.Numerator) c.Denominator
            { Numerator = c.Numerator / common; Denominator = c.Denominator / common }
        else
            c

    static member Multiply(a: Coefficient, b: Coefficient) : Coefficient =
        { Numerator = a.Numerator * b.Numerator; Denominator = a.Denominator * b.Denominator }.Lowest

    static member Add(a: Coefficient, b: Coefficient) : Coefficient =
        if a.Denominator = b.Denominator then
            { a with Numerator = a.Numerator + b.Numerator }.Lowest
        else
            { Numerator = a.Numerator * b.Denominator + b.Numerator * a.Denominator; Denominator = a.Denominator * b.Denominator }.Lowest

    /// False where the arithmetic of the coefficient left the numbers that doubles hold to full precision.
    member c.IsSafe =
        let isNormal (x: float) = Double.IsNormal x && abs x < 1e150 && abs x > 1e-150
        isNormal c.Denominator && (c.Numerator = 0.0 || isNormal c.Numerator)

/// <summary>
/// An expression as coefficient * base^exponent * ..., with whole exponents; each base once, in the order of their appearance.
/// </summary>
[<NoEquality; NoComparison>]
type internal Product =
    { Coefficient: Coefficient
      Powers: struct (Expression * int) list }

    static member Constant(value: Coefficient) = { Coefficient = value; Powers = [] }
    static member Atom(x: Expression) = { Coefficient = Coefficient.One; Powers = [ struct (x, 1) ] }

    member p.Times(factor: Coefficient) : Product = { p with Coefficient = Coefficient.Multiply(p.Coefficient, factor) }

    member p.Raised(exponent: int) : Product =
        { Coefficient = (if exponent < 0 then p.Coefficient.Inverse else p.Coefficient)
          Powers = p.Powers |> List.map (fun (struct (x, n)) -> struct (x, n * exponent)) }

    static member Multiply(a: Product, b: Product) : Product =
        let add (powers: struct (Expression * int) list) (struct (x, n): struct (Expression * int)) =
            let isOther (struct (y, _)) = not (obj.ReferenceEquals(x, y))
            match powers |> List.tryFind (isOther >> not) with
            | None -> powers @ [ struct (x, n) ]
            | Some(struct (_, m)) when m + n = 0 -> List.filter isOther powers
            | Some _ -> powers |> List.map (fun (struct (y, m) as power) -> if isOther power then power else struct (y, m + n))
        { Coefficient = Coefficient.Multiply(a.Coefficient, b.Coefficient); Powers = List.fold add a.Powers b.Powers }

    /// The powers that two products have in common: of each base the exponent that is nearer to 0, where both have the same sign.
    static member Common(a: Product, b: Product) : Product =
        let exponent (x: Expression) =
            b.Powers |> List.tryPick (fun (struct (y, n)) -> if obj.ReferenceEquals(x, y) then Some n else None) |> Option.defaultValue 0
        { Coefficient = Coefficient.One
          Powers =
            [ for struct (x, n) in a.Powers do
                  let m = exponent x
                  if n > 0 && m > 0 then struct (x, min n m)
                  elif n < 0 && m < 0 then struct (x, max n m) ] }

/// <summary>A term of a sum: a coefficient and what it multiplies, null in a constant.</summary>
[<Struct; NoEquality; NoComparison>]
type internal Term = { Coefficient: Coefficient; Of: Expression }

module internal Terms =
    /// The sum of two sums, like terms together, in the order of their appearance.
    let add (a: Term list) (b: Term list) : Term list =
        let join (terms: Term list) (term: Term) =
            let isLike (other: Term) = obj.ReferenceEquals(term.Of, other.Of)
            if List.exists isLike terms then
                terms
                |> List.map (fun other ->
                    if isLike other then { other with Coefficient = Coefficient.Add(other.Coefficient, term.Coefficient) } else other)
            else
                terms @ [ term ]
        List.fold join a b |> List.filter (fun term -> term.Coefficient.Numerator <> 0.0)

    let scale (factor: Coefficient) (terms: Term list) : Term list =
        terms |> List.map (fun term -> { term with Coefficient = Coefficient.Multiply(factor, term.Coefficient) })
