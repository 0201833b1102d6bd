namespace FuncAD.Formulas

open System
open System.Collections.Generic
open FuncAD
open FuncAD.Compiled
open FuncAD.Rules

/// The operations of the algebra under names, since it hides the operators of doubles.
module private Build =
    open FuncAD.Algebra

    let sum (a: Expression) (b: Expression) : Expression = a + b
    let difference (a: Expression) (b: Expression) : Expression = a - b
    let product (a: Expression) (b: Expression) : Expression = a * b
    let quotient (a: Expression) (b: Expression) : Expression = a / b
    let negative (x: Expression) : Expression = -x
    let power (n: int) (x: Expression) : Expression = unary (Powers.Power(float n)) x

/// What is put together with its like: nothing, what only one expression uses, or everything.
type internal Collection =
    | Nothing = 0
    | Unshared = 1
    | Everything = 2

/// <summary>
/// Algebra on expressions: identities of real numbers, wherever both sides are defined. In floating-point they may change the last digits
/// and the sign of a zero, and they lose what NaN, infinities and removable singularities would have done: 0 x is 0, x - x is 0, x / x
/// is 1. Products are not multiplied out, so that the terms of the result are terms of the given expression, and its rounding errors are
/// no larger than those that the given one may have.
/// </summary>
[<Sealed>]
type internal Simplification() =
    let shared = SharedExpressions()
    let sizes = Dictionary<Expression, float>()
    let products = Dictionary<Expression, Product>()
    let sums = Dictionary<Expression, Term list>()

    /// Longer products and sums are not taken apart: an expression of n terms would take time quadratic in n.
    static let longest = 24

    // What is asked for an expression has been asked before for its parts, at least for all but the last few: this recursion stays short.
    let remembered (table: Dictionary<Expression, 'T>) (x: Expression) (compute: unit -> 'T) : 'T =
        match table.TryGetValue x with
        | true, known -> known
        | _ ->
            let found = compute ()
            table[x] <- found
            found

    let size (x: Expression) = if isNull x then 0.0 else sizes[x]

    let keep (x: Expression) : Expression =
        let kept = shared.Of x
        sizes[kept] <- 1.0 + size kept.A + (if kept.Arity > 1 then size kept.B else 0.0) + (if kept.Arity > 2 then size kept.C else 0.0)
        kept

    let constant (value: float) = keep (Expression.Constant value)
    let isSame (a: Expression) (b: Expression) = obj.ReferenceEquals(a, b)
    let isZero (x: Expression) = x.IsConstant && x.Value = 0.0
    let isNegated (x: Expression) = x.Does Instruction.Negate

    /// True for what is written with a negative number at its start.
    let isNegative (x: Expression) =
        let first = if x.Does Instruction.Multiply then x.A else x
        first.IsConstant && first.Value < 0.0

    // ---- Identities of one operation ----

    let rec negate (x: Expression) : Expression =
        if x.IsConstant then constant (-x.Value)
        elif isNegated x then x.A
        elif x.Does Instruction.Subtract then keep (Build.difference x.B x.A)
        elif x.Does Instruction.Multiply && x.A.IsConstant then multiply (negate x.A) x.B
        elif x.Does Instruction.Divide && isNegative x.A then divide (negate x.A) x.B
        else keep (Build.negative x)

    and add (a: Expression) (b: Expression) : Expression =
        if a.IsConstant && b.IsConstant then constant (a.Value + b.Value)
        elif isZero a then b
        elif isZero b then a
        elif isNegated b then subtract a b.A
        elif isNegated a then subtract b a.A
        else keep (Build.sum a b)

    and subtract (a: Expression) (b: Expression) : Expression =
        if a.IsConstant && b.IsConstant then constant (a.Value - b.Value)
        elif isSame a b then constant 0.0
        elif isZero b then a
        elif isZero a then negate b
        elif isNegated b then add a b.A
        else keep (Build.difference a b)

    and multiply (a: Expression) (b: Expression) : Expression =
        if a.IsConstant && b.IsConstant then constant (a.Value * b.Value)
        elif isZero a || isZero b then constant 0.0
        elif a.Is 1.0 then b
        elif b.Is 1.0 then a
        elif a.Is -1.0 then negate b
        elif b.IsConstant then multiply b a
        elif isNegated a then negate (multiply a.A b)
        elif isNegated b then negate (multiply a b.A)
        else keep (Build.product a b)

    and divide (a: Expression) (b: Expression) : Expression =
        if a.IsConstant && b.IsConstant then constant (a.Value / b.Value)
        elif isSame a b then constant 1.0
        elif isZero a || b.Is 1.0 then a
        elif b.Is -1.0 then negate a
        elif isNegated a then negate (divide a.A b)
        elif isNegated b then negate (divide a b.A)
        else keep (Build.quotient a b)

    let other (primitive: Primitive) (a: Expression) (b: Expression) (c: Expression) : Expression =
        match primitive.Rule with
        | :? Arithmetic.Defined -> constant 1.0
        | :? Powers.Absorb when a.IsConstant || isZero b -> multiply a b
        | :? IChoice when isSame a b -> a
        | :? Selection when isSame b c -> b
        | :? Selection when a.IsConstant -> if a.Value <> 0.0 then b else c
        | :? Sharing when isSame a b -> constant 0.5
        | :? Comparisons.Not when a.Does Instruction.Not -> a.A
        | _ when primitive.Traits.Reduction = Reduction.Argument -> a
        | _ when primitive.Traits.Reduction = Reduction.Constant -> constant (primitive.Value(0.0, 0.0, 0.0))
        | _ -> keep (Expression.Apply(primitive, a, b, c))

    // ---- Products: like factors together ----

    let rec product (x: Expression) : Product =
        remembered products x (fun () ->
            let whole =
                if x.IsConstant then
                    Product.Constant(Coefficient.Of x.Value)
                elif isNegated x then
                    (product x.A).Times Coefficient.MinusOne
                elif x.Does Instruction.Multiply then
                    Product.Multiply(product x.A, product x.B)
                elif x.Does Instruction.Divide then
                    Product.Multiply(product x.A, (product x.B).Raised -1)
                else
                    match (if isNull x.Primitive then null else x.Primitive.Rule) with
                    | :? Powers.ReciprocalOfPositive -> (product x.A).Raised -1
                    | :? Powers.Power as rule when not rule.IsEndless && rule.Exponent <= 1e6 ->
                        (Product.Atom x.A).Raised(int rule.Exponent)
                    | _ -> Product.Atom x
            if whole.Powers.Length <= longest && whole.Coefficient.IsSafe then whole else Product.Atom x)

    let power (x: Expression) (exponent: int) : Expression =
        match exponent with
        | 1 -> x
        | 2 -> keep (Build.product x x)
        | n -> keep (Build.power n x)

    let ofProduct (p: Product) : Expression =
        let times (sign: int) (first: float) =
            p.Powers
            |> List.filter (fun (struct (_, n)) -> n * sign > 0)
            |> List.fold (fun whole (struct (x, n)) -> multiply whole (power x (abs n))) (constant first)
        divide (times 1 p.Coefficient.Numerator) (times -1 p.Coefficient.Denominator)

    // ---- Sums: like terms together, common factors in front ----

    let rec terms (x: Expression) : Term list =
        remembered sums x (fun () ->
            let sum =
                if x.Does Instruction.Add then Terms.add (terms x.A) (terms x.B)
                elif x.Does Instruction.Subtract then Terms.add (terms x.A) (Terms.scale Coefficient.MinusOne (terms x.B))
                elif isNegated x then Terms.scale Coefficient.MinusOne (terms x.A)
                else [ term x ]
            if sum.Length <= longest && sum |> List.forall _.Coefficient.IsSafe then sum else [ { Coefficient = Coefficient.One; Of = x } ])

    and term (x: Expression) : Term =
        let factors = product x
        { Coefficient = factors.Coefficient
          Of = if factors.Powers.IsEmpty then null else ofProduct { factors with Coefficient = Coefficient.One } }

    let ofTerms (sum: Term list) : Expression =
        let one (term: Term) : Expression =
            ofProduct (if isNull term.Of then Product.Constant term.Coefficient else (product term.Of).Times term.Coefficient)
        let isPositive (term: Term) = term.Coefficient.Numerator > 0.0
        let step (whole: Expression) (term: Term) : Expression =
            if isNull whole then one term
            elif isPositive term then add whole (one term)
            else subtract whole (one { term with Coefficient = Coefficient.Multiply(term.Coefficient, Coefficient.MinusOne) })
        // a sum that begins with a minus begins with its first positive term instead
        let first, others =
            match List.tryFindIndex isPositive sum with
            | Some index -> [ sum[index] ], List.removeAt index sum
            | None -> [], sum
        let inOrder = if List.isEmpty sum || isPositive sum.Head then sum else first @ others
        match List.fold step null inOrder with
        | null -> constant 0.0
        | whole -> whole

    /// The sum as a product with the powers that all its terms have in common; null where there are none.
    let factored (sum: Term list) : Expression =
        let factors = sum |> List.map (fun term -> if isNull term.Of then Product.Constant Coefficient.One else product term.Of)
        match factors with
        | first :: others when not others.IsEmpty ->
            let common = List.fold (fun common next -> Product.Common(common, next)) first others
            let size (term: Term) = abs term.Coefficient.Value
            let coefficient =
                let isShared = sum |> List.forall (fun term -> size term = size sum.Head)
                let isNegative = sum |> List.forall (fun term -> term.Coefficient.Numerator < 0.0)
                match isShared, isNegative with
                | false, _ -> Coefficient.One
                | true, true -> sum.Head.Coefficient
                | true, false -> sum.Head.Coefficient.Size
            if common.Powers.IsEmpty && coefficient.Value = 1.0 then
                null
            else
                let rest (term: Term) (factors: Product) =
                    terms (ofProduct (Product.Multiply(factors, common.Raised -1)))
                    |> Terms.scale (Coefficient.Multiply(term.Coefficient, coefficient.Inverse))
                ofProduct (
                    Product.Multiply(common.Times coefficient, product (ofTerms (List.map2 rest sum factors |> List.fold Terms.add [])))
                )
        | _ -> null

    let smaller (a: Expression) (b: Expression) = if isNull b || size a <= size b then a else b

    /// Where both are as small, a product as coefficient and factors, and a sum with like terms together, are taken.
    let collected (x: Expression) : Expression =
        match (if isNull x.Primitive then Instruction.Call else x.Primitive.Instruction) with
        | Instruction.Multiply
        | Instruction.Divide -> smaller (ofProduct (product x)) x
        | Instruction.Add
        | Instruction.Subtract ->
            let sum = terms x
            let isMerged = sum.Length < (terms x.A).Length + (terms x.B).Length
            let flat = ofTerms sum
            smaller (if isMerged then smaller flat x else smaller x flat) (factored sum)
        | _ -> x

    /// What others share is not taken apart, so that they go on sharing it; but a number beside it is.
    let close (x: Expression) : unit =
        let isLight = x.Arity = 2 && (x.A.IsConstant || x.B.IsConstant) || isNegated x
        if not isLight then
            products[x] <- Product.Atom x
            sums[x] <- [ { Coefficient = Coefficient.One; Of = x } ]

    let identity (node: Expression) (a: Expression) (b: Expression) (c: Expression) : Expression =
        let isKnown (x: Expression) = isNull x || x.IsConstant
        match node.Primitive.Instruction with
        | Instruction.Add -> add a b
        | Instruction.Subtract -> subtract a b
        | Instruction.Multiply -> multiply a b
        | Instruction.Divide -> divide a b
        | Instruction.Negate -> negate a
        | _ when isKnown a && isKnown b && isKnown c ->
            let value (x: Expression) = if isNull x then 0.0 else x.Value
            constant (node.Primitive.Value(value a, value b, value c))
        | _ -> other node.Primitive a b c

    /// One pass.
    member _.Pass(steps: Steps, scope: Collection) : Expression =
        let uses = steps.Uses
        let again (node: Expression) (a: Expression) (b: Expression) (c: Expression) : Expression =
            if isNull node.Primitive then
                keep node
            elif scope = Collection.Nothing then
                identity node a b c
            else
                let found = collected (identity node a b c)
                if scope = Collection.Unshared && uses node > 1 then close found
                found
        Array.last (steps.Gather again)

    /// The smallest form that some passes find whose graph is no larger than the given one's.
    static member Run(steps: Steps) : Steps =
        let isBetter (now: Steps) (found: Steps) =
            found.Nodes.Count <= steps.Nodes.Count
            && (found.TreeSize < now.TreeSize || found.TreeSize = now.TreeSize && found.Nodes.Count < now.Nodes.Count)
        let rec improve (best: Steps) : Steps =
            let found =
                [ Collection.Nothing; Collection.Unshared; Collection.Everything ]
                |> List.map (fun scope -> Steps(Simplification().Pass(best, scope)))
                |> List.fold (fun now found -> if isBetter now found then found else now) best
            if obj.ReferenceEquals(found, best) then best else improve found
        improve steps
