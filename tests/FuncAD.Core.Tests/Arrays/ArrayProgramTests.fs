/// Random programs over arrays, against the same programs over single numbers: what is shared, handed on, reused in place or broadcast
/// must make no difference.
module FuncAD.Tests.ArrayProgramTests

open System
open Expecto
open FsCheck
open FsCheck.FSharp
open FuncAD
open FuncAD.Tests.Testing

/// One line of a program: an operation on earlier results, which are counted from the inputs on.
type Line =
    | Sin of int
    | Tanh of int
    | Negate of int
    | Add of int * int
    | Subtract of int * int
    | Multiply of int * int
    | Max of int * int
    | Flatten of int
    | Transpose of int
    | SumRows of int
    | Element of int
    | Scale of int * float
    | Uniform of int * float

/// The inputs: a matrix, a row, a column, a number and another matrix. The matrices of some programs are too long for a tape's arena, or as
/// long as it takes them.
let private shapesOf (seed: int) =
    let rows, columns =
        match seed % 16 with
        | 0 -> 19, 14
        | 1 -> 16, 16
        | _ -> 2, 3
    [| [| rows; columns |]; [| columns |]; [| rows; 1 |]; [||]; [| rows; columns |] |]

/// What a program computes with: arrays, or lists of numbers with a shape.
type IArrays<'A> =
    abstract Shape: 'A -> int[]
    abstract Unary: UnaryRule * 'A -> 'A
    abstract Binary: BinaryRule * 'A * 'A -> 'A
    abstract Reshape: int[] * 'A -> 'A
    abstract Transpose: 'A -> 'A
    abstract SumRows: 'A -> 'A
    abstract Element: 'A -> 'A

    /// A constant of equal elements.
    abstract Uniform: int[] * float -> 'A

and UnaryRule = { OnReal: Real -> Real; OnTensor: Tensor -> Tensor }

and BinaryRule = { OnReals: Real -> Real -> Real; OnTensors: Tensor -> Tensor -> Tensor }

let private unary onReal onTensor = { OnReal = onReal; OnTensor = onTensor }
let private binary onReals onTensors = { OnReals = onReals; OnTensors = onTensors }

let private onTensors =
    { new IArrays<Tensor> with
        member _.Shape x = x.Dimensions
        member _.Unary(rule, x) = rule.OnTensor x
        member _.Binary(rule, a, b) = rule.OnTensors a b
        member _.Reshape(shape, x) = Tensor.Linear(Reshape(x.Dimensions, shape), x)
        member _.Transpose x =
            let rows, columns = x.Dimensions[0], x.Dimensions[1]
            Tensor.Linear(View("transpose", x.Dimensions, StridedView(0, [| 1; columns |], [| columns; rows |])), x)
        member _.SumRows x = Tensor.SumTo(x, x.Dimensions[1..])
        member _.Element x = Tensor.Of(x.ElementAt(x.Length - 1))
        member _.Uniform(shape, value) = Tensor.Uniform(value, shape) }

/// The same, with random numbers of other operations between any two, whose results nothing reads: the arrays of the program lie anywhere in
/// the chunks of the tape's arena, and on both sides of their ends.
let private amid (seed: int) =
    let random = Random seed
    let after (result: Tensor) =
        for _ in 1 .. random.Next 60 do
            Tensor.Exp result |> ignore
        result
    { new IArrays<Tensor> with
        member _.Shape x = onTensors.Shape x
        member _.Unary(rule, x) = after (onTensors.Unary(rule, x))
        member _.Binary(rule, a, b) = after (onTensors.Binary(rule, a, b))
        member _.Reshape(shape, x) = after (onTensors.Reshape(shape, x))
        member _.Transpose x = after (onTensors.Transpose x)
        member _.SumRows x = after (onTensors.SumRows x)
        member _.Element x = after (onTensors.Element x)
        member _.Uniform(shape, value) = onTensors.Uniform(shape, value) }

/// The shape of a broadcast and, for each of its elements, the positions in both operands: from the definition.
let private onNumbers =
    let broadcast (shape: int[]) (a: int[]) =
        let lead = shape.Length - a.Length
        let strides = Shape.strides a
        fun (position: int) ->
            let mutable rest, at = position, 0
            for axis = shape.Length - 1 downto 0 do
                let index = rest % shape[axis]
                rest <- rest / shape[axis]
                if axis >= lead && a[axis - lead] <> 1 then at <- at + index * strides[axis - lead]
            at
    { new IArrays<int[] * Real[]> with
        member _.Shape((shape, _)) = shape
        member _.Unary(rule, (shape, x)) = shape, Array.map rule.OnReal x
        member _.Binary(rule, (a, x), (b, z)) =
            let shape = Shape.broadcast "test" a b
            let atA, atB = broadcast shape a, broadcast shape b
            shape, Array.init (Shape.length shape) (fun i -> rule.OnReals x[atA i] z[atB i])
        member _.Reshape(shape, (_, x)) = shape, x
        member _.Transpose((shape, x)) = [| shape[1]; shape[0] |], Array.init x.Length (fun i -> x[i % shape[0] * shape[1] + i / shape[0]])
        member _.SumRows((shape, x)) =
            let inner = x.Length / shape[0]
            shape[1..], Array.init inner (fun i -> Array.sum [| for row in 0 .. shape[0] - 1 -> x[row * inner + i] |])
        member _.Element((_, x)) = [||], [| x[x.Length - 1] |]
        member _.Uniform(shape, value) = shape, Array.create (Shape.length shape) (Real value) }

/// Runs a program; a line that does not fit its arguments is passed over (it repeats its argument).
let private run (arrays: IArrays<'A>) (program: Line list) (inputs: 'A[]) : 'A[] =
    let results = ResizeArray inputs
    let at index = results[index % results.Count]
    let fits a b =
        let a, b = arrays.Shape a, arrays.Shape b
        try
            (Shape.broadcast "test" a b).Length <= 2
        with :? ArgumentException ->
            false
    let zip rule a b = if fits (at a) (at b) then arrays.Binary(rule, at a, at b) else at a
    for line in program do
        results.Add(
            match line with
            | Sin a -> arrays.Unary(unary Real.Sin Tensor.Sin, at a)
            | Tanh a -> arrays.Unary(unary Real.Tanh Tensor.Tanh, at a)
            | Negate a -> arrays.Unary(unary (~-) (~-), at a)
            | Add(a, b) -> zip (binary (+) (+)) a b
            | Subtract(a, b) -> zip (binary (-) (-)) a b
            | Multiply(a, b) -> zip (binary (fun a b -> Real.Tanh a * b) (fun a b -> Tensor.Tanh a * b)) a b
            | Max(a, b) -> zip (binary (fun a b -> Real.Max(a, b)) (fun a b -> Tensor.Max(a, b))) a b
            | Flatten a -> arrays.Reshape([| Shape.length (arrays.Shape(at a)) |], at a)
            | Transpose a -> if (arrays.Shape(at a)).Length = 2 then arrays.Transpose(at a) else at a
            | SumRows a -> if (arrays.Shape(at a)).Length > 0 then arrays.SumRows(at a) else at a
            | Element a -> arrays.Element(at a)
            | Scale(a, factor) -> arrays.Unary(unary (fun x -> factor * x) (fun x -> factor * x), at a)
            | Uniform(a, value) -> arrays.Uniform(arrays.Shape(at a), value)
        )
    results.ToArray()

/// All of the last results, so that gradients of one and of several meet.
let private total (arrays: IArrays<'A>) (sum: 'A -> Real) (program: Line list) (inputs: 'A[]) : Real =
    let results = run arrays program inputs
    results[results.Length - min 3 results.Length ..]
    |> Array.map (fun x -> sum (arrays.Unary(unary Real.Sin Tensor.Sin, x)))
    |> Array.fold (+) (Real 0.0)

let private onTensor program (inputs: Tensor[]) = total onTensors Tensor.sum program inputs

type Case = { Program: Line list; Seed: int }

let private onReal case (inputs: Real[][]) =
    total onNumbers (fun (_, x) -> Array.sum x) case.Program (Array.map2 (fun shape x -> shape, x) (shapesOf case.Seed) inputs)

let private cases =
    let index = Gen.choose (0, 30)
    let pair make = Gen.map2 (fun a b -> make (a, b)) index index
    let line =
        Gen.oneof
            [ Gen.map Sin index
              Gen.map Tanh index
              Gen.map Negate index
              pair Add
              pair Add
              pair Subtract
              pair Multiply
              pair Multiply
              pair Max
              Gen.map Flatten index
              Gen.map Transpose index
              Gen.map SumRows index
              Gen.map Element index
              Gen.map2 (fun a k -> Scale(a, float k / 4.0)) index (Gen.choose (-8, 8))
              Gen.map2 (fun a k -> Uniform(a, float k / 4.0)) index (Gen.choose (-4, 4)) ]
    let generator = Gen.map2 (fun program seed -> { Program = program; Seed = seed }) (Gen.listOf line) (Gen.choose (0, 1000000))
    Arb.fromGenShrink (
        generator,
        (fun case -> seq { for drop in 0 .. case.Program.Length - 1 -> { case with Program = List.removeAt drop case.Program } })
    )

/// Values are sums of at most some hundred bounded terms, through some thirty operations of slope about 1 or less, but for factors up to 2;
/// both sides round differently, by some 1e3 roundings of the largest number that occurs.
let private compare (what: string) (expected: Real[][]) (actual: Tensor[]) =
    let scale = expected |> Array.collect id |> Array.fold (fun largest x -> max largest (abs x.Value)) 1.0
    Array.iter2
        (fun (expected: Real[]) (actual: Tensor) ->
            Array.iteri
                (fun i (e: Real) -> expectWithin (1e5 * u * scale) e.Value (actual.ElementAt i).Value $"{what}, element {i}")
                expected)
        expected
        actual

let private point case =
    let random = Random case.Seed
    let shapes = shapesOf case.Seed
    let numbers = shapes |> Array.map (fun shape -> Array.init (Shape.length shape) (fun _ -> 2.0 * random.NextDouble() - 1.0))
    let reals = numbers |> Array.map (Array.map Real)
    let tensors = Array.map2 (fun shape x -> Tensor(x, shape, null)) shapes numbers
    reals, tensors

[<Tests>]
let tests =
    testList
        "arrays: random programs"
        [ law "values and gradients are those of the program over numbers" 3000 cases (fun case ->
              let reals, tensors = point case
              let expected, gradient = AD.valueAndGrad (onReal case) reals
              let actual, gradients = AD.valueAndGrad (onTensor case.Program) tensors
              compare "value" [| [| expected |] |] [| Tensor.Of actual |]
              compare "gradient" gradient gradients)
          law "neither depends on where a tape keeps its arrays" 1000 cases (fun case ->
              let _, tensors = point case
              let value, gradient = AD.valueAndGrad (onTensor case.Program) tensors
              let valueAmid, gradientAmid = AD.valueAndGrad (total (amid case.Seed) Tensor.sum case.Program) tensors
              Expect.equal valueAmid value "value"
              Expect.equal (gradientAmid |> Array.map _.ToArray()) (gradient |> Array.map _.ToArray()) "gradient, bit by bit")
          law "tangents are those of the program over numbers" 1000 cases (fun case ->
              let reals, tensors = point case
              let directions, tensorDirections = point { case with Seed = case.Seed + 16 }
              let _, expected = AD.jvp (onReal case) reals directions
              let _, actual = AD.jvp (onTensor case.Program) tensors tensorDirections
              compare "tangent" [| [| expected |] |] [| Tensor.Of actual |])
          law "several directions at once are those that are taken alone, bit for bit" 1000 cases (fun case ->
              let _, x = point case
              let direction k =
                  let _, direction = point { case with Seed = case.Seed + 16 * k }
                  direction |> Array.mapi (fun i v -> if (i + k) % 3 = 0 then Tensor.Uniform(0.0, v.Dimensions) else v)
              let f = onTensor case.Program
              let _, together = AD.jvpMany f x (Array.init 5 direction)
              for k = 0 to 4 do
                  let _, alone = AD.jvp f x (direction k)
                  expectSame alone.Value together[k].Value $"tangent {k}"
              let gradient = AD.grad f x |> Array.collect _.ToArray()
              let j = (AD.jacobianBlocks f x).Matrix
              Expect.equal (Array2D.length1 j, Array2D.length2 j) (1, gradient.Length) "the Jacobian's shape")
          law "Hessian-vector products are those of the program over numbers" 500 cases (fun case ->
              let reals, tensors = point case
              let directions, tensorDirections = point { case with Seed = case.Seed + 16 }
              compare "H v" (AD.hvp (onReal case) reals directions) (AD.hvp (onTensor case.Program) tensors tensorDirections)
              let inner (a: Tensor[]) (b: Tensor[]) = ArrayLaws.inner a b
              compare
                  "H v, reverse over reverse"
                  (AD.hvp (onReal case) reals directions)
                  (AD.grad (fun x -> inner (AD.grad (onTensor case.Program) x) tensorDirections) tensors)) ]
