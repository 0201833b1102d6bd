/// <summary>
/// The meaning of reverse mode, in fifty lines that mutate nothing.
///
/// A number is its primal together with its backpropagator: the continuation that takes the number's cotangent, and a gradient
/// gathered so far, to the gradient with this number's contribution in it. An input's backpropagator adds the cotangent at the input's
/// place. The result of an operation hands its cotangent on to its arguments, each time multiplied by the local slope; to hand it on to
/// two is to compose. A constant's backpropagator is the identity. To differentiate is to run the program on such numbers, and to start
/// the last one's backpropagator with the cotangent 1 and the empty gradient (Pearlmutter and Siskind, "Reverse-mode AD in a functional
/// framework: Lambda the ultimate backpropagator", 2008).
///
/// It is not fast: a number that is used twice is resumed twice, so that y = y * y, n times, takes 2^n steps. The library's tape is
/// these same continuations, defunctionalised and resumed once each, when all contributions to the cotangent are in. A property holds it to
/// this meaning.
/// </summary>
namespace FuncAD.Tests

open FuncAD

/// Contributions by input. An input that none has reached is not there: a structural zero.
type Gathered<'T> = Map<int, 'T>

[<Sealed>]
type Meaning<'T when 'T :> ICarrier<'T>>(primal: 'T, backpropagate: 'T -> Gathered<'T> -> Gathered<'T>) =
    member _.Primal = primal
    member _.Backpropagate = backpropagate

    static member Input (index: int) (primal: 'T) =
        let add cotangent (sum: 'T option) =
            match sum with
            | Some sum -> Some('T.Add(sum, cotangent))
            | None -> Some cotangent
        Meaning(primal, (fun cotangent -> Map.change index (add cotangent)))

    /// The result of an operation on one argument, and on two.
    static member Result(y: 'T, x: Meaning<'T>, slope: 'T) = Meaning(y, (fun cotangent -> x.Backpropagate('T.Multiply(slope, cotangent))))

    static member Result(y: 'T, a: Meaning<'T>, slopeA: 'T, b: Meaning<'T>, slopeB: 'T) =
        Meaning(y, (fun cotangent -> a.Backpropagate('T.Multiply(slopeA, cotangent)) >> b.Backpropagate('T.Multiply(slopeB, cotangent))))

    static member Gradient(f: Meaning<'T>[] -> Meaning<'T>, point: 'T[]) : 'T[] =
        let gathered = (f (Array.mapi Meaning<'T>.Input point)).Backpropagate ('T.Constant 1.0) Map.empty
        point |> Array.mapi (fun index _ -> gathered |> Map.tryFind index |> Option.defaultValue ('T.Constant 0.0))

    interface IPeek with
        member _.Peek = Twin<'T>.Peek primal

    interface ICarrier<Meaning<'T>> with
        static member Constant value = Meaning('T.Constant value, (fun _ gradient -> gradient))
        static member Add(a, b) = Meaning.Result('T.Add(a.Primal, b.Primal), a, 'T.Constant 1.0, b, 'T.Constant 1.0)
        static member Subtract(a, b) = Meaning.Result('T.Subtract(a.Primal, b.Primal), a, 'T.Constant 1.0, b, 'T.Constant -1.0)
        static member Multiply(a, b) = Meaning.Result('T.Multiply(a.Primal, b.Primal), a, b.Primal, b, a.Primal)

        static member Divide(a, b) =
            let y = 'T.Divide(a.Primal, b.Primal)
            Meaning.Result(y, a, 'T.Divide('T.Constant 1.0, b.Primal), b, 'T.Divide('T.Negate y, b.Primal))

        static member Negate a = Meaning.Result('T.Negate a.Primal, a, 'T.Constant -1.0)

        static member Unary(rule, x) =
            let y = 'T.Unary(rule, x.Primal)
            Meaning.Result(y, x, rule.Slope<'T>(x.Primal, y))

        static member Binary(rule, a, b) =
            let y = 'T.Binary(rule, a.Primal, b.Primal)
            Meaning.Result(y, a, rule.SlopeA<'T>(a.Primal, b.Primal, y), b, rule.SlopeB<'T>(a.Primal, b.Primal, y))

        static member Step(rule, x) = Meaning('T.Step(rule, x.Primal), (fun _ gradient -> gradient))

        static member Choice(rule, a, b) =
            let va, vb = Twin<'T>.Peek a.Primal, Twin<'T>.Peek b.Primal
            if va = vb then Meaning.Result('T.Choice(rule, a.Primal, b.Primal), a, 'T.Constant 0.5, b, 'T.Constant 0.5)
            elif rule.Value(va, vb) = va then a
            else b
