/// <summary>
/// What the ways have in common: a number that counts, programs, and what a way says of itself.
///
/// A way is a type of numbers, or a transformation of programs, from which gradients come. Where it is a type of numbers, it is one with
/// the operators and functions of F#, and a program is run on it as on any other (<c>Program.run</c>).
/// </summary>
namespace Ways

open System

/// The number of operations on scalars that the thread has done. Cost is counted, not timed: counts are the same on every machine.
[<AbstractClass; Sealed>]
type Count private () =
    [<ThreadStatic; DefaultValue>]
    static val mutable private operations: int64

    static member Operations = Count.operations

    /// One more operation, whose result this is.
    static member Of(result: float) : float =
        Count.operations <- Count.operations + 1L
        result

/// A double that counts each operation done on it. All ways compute with it, values and derivatives alike.
[<Struct>]
type Scalar(value: float) =
    member _.Value = value
    static member (+)(a: Scalar, b: Scalar) = Scalar(Count.Of(a.Value + b.Value))
    static member (-)(a: Scalar, b: Scalar) = Scalar(Count.Of(a.Value - b.Value))
    static member (*)(a: Scalar, b: Scalar) = Scalar(Count.Of(a.Value * b.Value))
    static member (/)(a: Scalar, b: Scalar) = Scalar(Count.Of(a.Value / b.Value))
    static member (~-)(x: Scalar) = Scalar(Count.Of(-x.Value))
    static member Sin(x: Scalar) = Scalar(Count.Of(Math.Sin x.Value))
    static member Cos(x: Scalar) = Scalar(Count.Of(Math.Cos x.Value))
    static member Exp(x: Scalar) = Scalar(Count.Of(Math.Exp x.Value))
    static member Log(x: Scalar) = Scalar(Count.Of(Math.Log x.Value))

/// An operation on earlier numbers, which it names by position: first the inputs, then the results of the operations before it.
type Operation =
    | Constant of float
    | Add of int * int
    | Subtract of int * int
    | Multiply of int * int
    | Divide of int * int
    | Negate of int
    | Sin of int
    | Cos of int
    | Exp of int
    | Log of int
    /// the second number if the first is positive, the third otherwise
    | Choose of test: int * positive: int * otherwise: int

/// A program of so many inputs. Its result is the last number. A number may be used many times: that is where the ways differ.
type Program = { Inputs: int; Operations: Operation[] }

[<RequireQualifiedAccess>]
module Program =
    /// Runs a program on any type of numbers with operators.
    let inline run (constant: float -> ^T) (isPositive: ^T -> bool) (program: Program) (inputs: ^T[]) : ^T =
        let numbers = Array.zeroCreate (program.Inputs + program.Operations.Length)
        Array.blit inputs 0 numbers 0 program.Inputs
        for index = 0 to program.Operations.Length - 1 do
            numbers[program.Inputs + index] <-
                match program.Operations[index] with
                | Constant c -> constant c
                | Add(a, b) -> numbers[a] + numbers[b]
                | Subtract(a, b) -> numbers[a] - numbers[b]
                | Multiply(a, b) -> numbers[a] * numbers[b]
                | Divide(a, b) -> numbers[a] / numbers[b]
                | Negate x -> -numbers[x]
                | Sin x -> sin numbers[x]
                | Cos x -> cos numbers[x]
                | Exp x -> exp numbers[x]
                | Log x -> log numbers[x]
                | Choose(test, positive, otherwise) -> if isPositive numbers[test] then numbers[positive] else numbers[otherwise]
        numbers[numbers.Length - 1]

    /// The positions that an operation reads.
    let arguments (operation: Operation) : int list =
        match operation with
        | Constant _ -> []
        | Negate x
        | Sin x
        | Cos x
        | Exp x
        | Log x -> [ x ]
        | Add(a, b)
        | Subtract(a, b)
        | Multiply(a, b)
        | Divide(a, b) -> [ a; b ]
        | Choose(test, positive, otherwise) -> [ test; positive; otherwise ]

    /// x := x * x + 1/4, n times: each x is used twice, so that 2^n paths lead from the result to the input.
    let shared (n: int) : Program =
        let step k =
            let x = if k = 0 then 0 else 3 * k
            [| Multiply(x, x); Constant 0.25; Add(3 * k + 1, 3 * k + 2) |]
        { Inputs = 1; Operations = Array.collect step [| 0 .. n - 1 |] }

    /// y := y * x + sin x over n inputs: as many derivatives as inputs, and two paths from the result to each.
    let wide (n: int) : Program =
        let step x =
            let y = if x = 0 then 0 else n + 3 * x - 1
            let next = n + 3 * x
            [| Multiply(y, x); Sin x; Add(next, next + 1) |]
        { Inputs = n; Operations = Array.collect step [| 0 .. n - 1 |] }

/// How something grows with the size n of a program.
type Growth =
    | Linear
    | Quadratic
    | Cubic
    | Quartic
    | Exponential

/// What a way does with a program of 100 000 operations.
type Depth =
    /// runs it: no call is nested as deeply as the program is long
    | Flat
    /// needs a stack as deep as the program is long, and throws an InsufficientExecutionStackException before it ends
    | Nested
    /// needs such a stack too, and ends the process where there is none
    | Overflowing
    /// would take too long, for this reason
    | Untried of string

/// A way to the gradient of a program, with what it says of itself. The tests hold it to that.
type Way =
    {
        Name: string
        Source: string
        /// The growth of the count of operations with the length of a program whose numbers are used twice.
        Shared: Growth
        /// The same with the number of inputs.
        Wide: Growth
        Depth: Depth
        /// What it cannot do.
        Limits: string
        /// A program's value and gradient at a point.
        Gradient: Program -> float[] -> float * float[]
    }
