/// Structural zeros inside arrays: a random program runs on arrays and, element by element, on single numbers, at the singular points of its
/// functions. Numbers know a structural zero from a computed one; arrays must give NaN where, and only where, the numbers do.
module FuncAD.Tests.StructuralZeroTests

open System
open Expecto
open FsCheck
open FsCheck.FSharp
open FuncAD
open FuncAD.Tests.Testing

/// One line of a program: an operation (counted within its kind) on earlier results, which are counted from the inputs on.
type Line =
    | Unary of rule: int * int
    | Binary of rule: int * int * int
    | Linear of rule: int * int
    | Product of rule: int * int * int
    | Where of mask: int * int * int
    | Extreme of rule: int * int
    | Stack of int * int

/// An array of numbers, as the program on numbers sees it.
type private Numbers = { Shape: int[]; Items: Real[] }

let private ofTensor (x: Tensor) : Numbers = { Shape = x.Dimensions; Items = Tensor.toReals x }

let private unaries: ((Tensor -> Tensor) * (Real -> Real))[] =
    [| Tensor.Sqrt, Real.Sqrt
       Tensor.Log, Real.Log
       (fun x -> 1.0 / x), (fun x -> 1.0 / x)
       Tensor.Exp, Real.Exp
       Tensor.Asin, Real.Asin
       Tensor.Abs, Real.Abs
       (fun x -> x * x), (fun x -> x * x)
       (fun x -> Tensor.Pow(x, 1.5)), (fun x -> Real.Pow(x, 1.5))
       (fun x -> Tensor.Pow(x, Tensor.full [ 1 ] 0.0)), (fun x -> Real.Pow(x, Real 0.0))
       (~-), (~-)
       (fun x -> Tensor.Clamp(x, Real 0.0, Real 1.0)), (fun x -> Real.Clamp(x, Real 0.0, Real 1.0))
       (fun x -> Tensor.Max(x, Real 0.0)), (fun x -> Real.Max(x, Real 0.0))
       (fun x -> Tensor.Min(x, Real 1.0)), (fun x -> Real.Min(x, Real 1.0))
       (fun x -> x - 1.0), (fun x -> x - 1.0)
       (fun x -> 0.5 * x), (fun x -> 0.5 * x) |]

let private binaries: ((Tensor -> Tensor -> Tensor) * (Real -> Real -> Real))[] =
    [| (+), (+)
       (-), (-)
       (*), (*)
       (/), (/)
       (fun a b -> Tensor.Max(a, b)), (fun a b -> Real.Max(a, b))
       (fun a b -> Tensor.Min(a, b)), (fun a b -> Real.Min(a, b))
       (fun a b -> Tensor.Atan2(a, b)), (fun a b -> Real.Atan2(a, b)) |]

/// Operations that hold nothing but elements of their argument, and sums of them.
let private linears: (Tensor -> Tensor)[] =
    [| Tensor.slice 0 0 1 1
       Tensor.slice 0 1 99 1
       Tensor.flip 0
       Tensor.gather 0 [| 1; 0; 1 |]
       Tensor.gather -1 [| 0 |]
       (fun x -> Tensor.scatterAdd 0 (Array.init x.Dimensions[0] (fun i -> i % 2)) 3 x)
       (fun x -> Tensor.pad (Seq.init x.Rank (fun axis -> if axis = 0 then 1, 0 else 0, 1)) x)
       Tensor.transpose
       Tensor.flatten
       Tensor.sumOver [ 0 ]
       Tensor.sumOver [ -1 ]
       Tensor.cumulativeSum 0
       Tensor.pick [| 1; 0 |]
       Tensor.diagonal
       Tensor.diagonalMatrix
       Tensor.lowerTriangle 0
       (fun x -> Tensor.concatenate 0 [ x; Tensor.ones [ 1 ] * 0.0; x ])
       Tensor.broadcastTo [ 2; 3 ] |]

let private products: (Tensor -> Tensor -> Tensor)[] =
    [| Tensor.matmul
       Tensor.matmulTransposed true false
       Tensor.matmulTransposed false true
       Tensor.outer
       Tensor.einsum "ij,j->i"
       Tensor.einsum "i,i->i"
       (fun a b -> Tensor.Of(Tensor.dot a b)) |]

/// Extremes over windows or axes: the array, and the groups of elements of which each is taken.
let private extremes: ((Tensor -> Tensor) * bool)[] =
    let pool (x: Tensor) =
        Tensor.maxPool2d (1, 2) (1, 1) (Tensor.reshape (Array.append (Array.create (4 - x.Rank) 1) x.Dimensions) x) |> Tensor.flatten
    [| Tensor.maxOver [ 0 ], true; Tensor.minOver [ -1 ], false; pool, true |]

let private unit' (shape: int[]) position =
    Tensor(Array.init (Shape.length shape) (fun i -> if i = position then 1.0 else 0.0), shape, null)

let private sumOf (terms: Real list) =
    match terms with
    | [] -> Real 0.0
    | terms -> List.reduce (+) terms

/// The operation by its definition: every element is the sum of the elements from which it has a 1.
let private linearOnNumbers (op: Tensor -> Tensor) (x: Numbers) : Numbers =
    let columns = Array.init x.Items.Length (fun j -> op (unit' x.Shape j))
    { Shape = columns[0].Dimensions
      Items =
        Array.init columns[0].Length (fun i ->
            sumOf
                [ for j in 0 .. columns.Length - 1 do
                      if columns[j].Elements[i] <> 0.0 then x.Items[j] ]) }

let private productOnNumbers (op: Tensor -> Tensor -> Tensor) (a: Numbers) (b: Numbers) : Numbers =
    let terms = Array.init a.Items.Length (fun j -> Array.init b.Items.Length (fun k -> op (unit' a.Shape j) (unit' b.Shape k)))
    let first = terms[0][0]
    { Shape = first.Dimensions
      Items =
        Array.init first.Length (fun i ->
            sumOf
                [ for j in 0 .. a.Items.Length - 1 do
                      for k in 0 .. b.Items.Length - 1 do
                          let term = terms[j][k]
                          if term.Elements[i] <> 0.0 then a.Items[j] * b.Items[k] ]) }

/// Elements that tie share the slope equally.
let private extremeOnNumbers (op: Tensor -> Tensor) isLargest (x: Numbers) : Numbers =
    let positions = op (Tensor(Array.init x.Items.Length float, x.Shape, null))
    // which elements a result sees: those that are its extreme when they stand out
    let sees =
        let low = if isLargest then -1.0 else 1.0
        Array.init positions.Length (fun i ->
            [ for j in 0 .. x.Items.Length - 1 do
                  if (op (Tensor(Array.init x.Items.Length (fun k -> if k = j then -low else low), x.Shape, null))).Elements[i] = -low then
                      j ])
    { Shape = positions.Dimensions
      Items =
        sees
        |> Array.map (fun group ->
            let items = group |> List.map (fun j -> x.Items[j])
            let extreme = items |> List.map _.Value |> List.reduce (fun a b -> if isLargest then Math.Max(a, b) else Math.Min(a, b))
            match items |> List.filter (fun item -> item.Value = extreme || Double.IsNaN extreme && Double.IsNaN item.Value) with
            | [ one ] -> one
            | ties -> ties |> List.map (fun tie -> 1.0 / float ties.Length * tie) |> List.reduce (+)) }

let private zipOnNumbers (op: Real -> Real -> Real) (a: Numbers) (b: Numbers) : Numbers =
    let shape = Shape.broadcast "test" a.Shape b.Shape
    let at (x: Numbers) = Tensor.BroadcastTo(Tensor(Array.init x.Items.Length float, x.Shape, null), shape).ToArray()
    { Shape = shape; Items = Array.map2 (fun i j -> op a.Items[int i] b.Items[int j]) (at a) (at b) }

let private pick (rules: 'R[]) index = rules[index % rules.Length]

/// Both programs at once, line by line: the shapes decide what fits, and a line that does not fit repeats its argument.
let private run (program: Line list) (inputs: 'A[]) (shape: 'A -> int[]) (step: Line -> 'A -> 'A -> 'A) : 'A[] =
    let results = ResizeArray inputs
    let at index = results[index % results.Count]
    for line in program do
        let a, b =
            match line with
            | Unary(_, a)
            | Linear(_, a)
            | Extreme(_, a) -> at a, at a
            | Binary(_, a, b)
            | Product(_, a, b)
            | Where(_, a, b)
            | Stack(a, b) -> at a, at b
        let y =
            try
                step line a b
            with :? ArgumentException ->
                a
        let size = Shape.length (shape y)
        results.Add(if size = 0 || size > 9 || (shape y).Length = 0 || (shape y).Length > 2 then a else y)
    results.ToArray()

let private mask index (shape: int[]) = Tensor(Array.init (Shape.length shape) (fun i -> float ((index >>> i) &&& 1)), shape, null)

let private onTensors (program: Line list) (inputs: Tensor[]) : Tensor[] =
    run program inputs _.Dimensions (fun line a b ->
        match line with
        | Unary(rule, _) -> (fst (pick unaries rule)) a
        | Binary(rule, _, _) -> (fst (pick binaries rule)) a b
        | Linear(rule, _) -> (pick linears rule) a
        | Product(rule, _, _) -> (pick products rule) a b
        | Extreme(rule, _) -> (fst (pick extremes rule)) a
        | Where(index, _, _) -> Tensor.where (mask index a.Dimensions) a b
        | Stack _ -> Tensor.stack [ a.ElementAt 0; Real 0.0; b.ElementAt(b.Length - 1) ])

let private onNumbers (program: Line list) (inputs: Numbers[]) : Numbers[] =
    run program inputs _.Shape (fun line a b ->
        match line with
        | Unary(rule, _) -> { a with Items = Array.map (snd (pick unaries rule)) a.Items }
        | Binary(rule, _, _) -> zipOnNumbers (snd (pick binaries rule)) a b
        | Linear(rule, _) -> linearOnNumbers (pick linears rule) a
        | Product(rule, _, _) -> productOnNumbers (pick products rule) a b
        | Extreme(rule, _) -> let op, isLargest = pick extremes rule in extremeOnNumbers op isLargest a
        | Where(index, _, _) ->
            let shape = Shape.broadcast "test" a.Shape b.Shape
            let mask = Tensor.BroadcastTo(mask index a.Shape, shape).ToArray()
            let whole (x: Numbers) = zipOnNumbers (fun x _ -> x) x { Shape = shape; Items = Array.create (Shape.length shape) (Real 0.0) }
            { Shape = shape; Items = Array.map3 (fun isSet a b -> if isSet <> 0.0 then a else b) mask (whole a).Items (whole b).Items }
        | Stack _ -> { Shape = [| 3 |]; Items = [| a.Items[0]; Real 0.0; b.Items[b.Items.Length - 1] |] })

/// The inputs, and how many numbers each has.
let private shapes = [| [| 3 |]; [| 2; 2 |]; [| 2; 3 |] |]

let private split (x: Real[]) : Real[][] =
    let starts = shapes |> Array.map Shape.length |> Array.scan (+) 0
    shapes |> Array.mapi (fun index shape -> Array.sub x starts[index] (Shape.length shape))

let private count = shapes |> Array.sumBy Shape.length

type Case = { Program: Line list; Point: float list; Direction: float list }

/// The result: some elements of the last results, and not all, so that others are structural zeros.
let private lastOf (results: 'A[]) = results[results.Length - min 2 results.Length ..]

let private totalOnTensors case (inputs: Tensor[]) : Real =
    lastOf (onTensors case.Program inputs) |> Array.map (fun x -> x.ElementAt 0 + x.ElementAt(x.Length - 1)) |> Array.reduce (+)

let private totalOnNumbers case (inputs: Real[][]) : Real =
    lastOf (onNumbers case.Program (Array.map2 (fun shape items -> { Shape = shape; Items = items }) shapes inputs))
    |> Array.map (fun x -> x.Items[0] + x.Items[x.Items.Length - 1])
    |> Array.reduce (+)

let private tensors (x: float list) =
    Array.map2 (fun shape (x: Real[]) -> Tensor(values x, shape, null)) shapes (split (reals (List.toArray x)))
let private numbers (x: float list) = split (reals (List.toArray x))

let private cases =
    let index = Gen.choose (0, 60)
    let two make = Gen.map3 (fun rule a b -> make (rule, a, b)) index index index
    let one make = Gen.map2 (fun rule a -> make (rule, a)) index index
    let line =
        Gen.frequency
            [ 5, one Unary
              4, two Binary
              4, one Linear
              2, two Product
              2, two Where
              1, one Extreme
              1, Gen.map2 (fun a b -> Stack(a, b)) index index ]
    let point =
        Gen.listOfLength
            count
            (Gen.frequency
                [ 4, Gen.constant 0.0
                  3, Gen.constant 1.0
                  1, Gen.constant -1.0
                  1, Gen.constant 0.25
                  1, Gen.constant 4.0
                  1, Gen.constant 800.0 ])
    let direction = Gen.listOfLength count (Gen.elements [ 0.0; 0.0; 1.0; 0.5; -2.0 ])
    let generator =
        Gen.map3
            (fun program point direction -> { Program = program; Point = point; Direction = direction })
            (Gen.choose (1, 9) |> Gen.bind (fun length -> Gen.listOfLength length line))
            point
            direction
    Arb.fromGenShrink (
        generator,
        (fun case -> seq {
            for drop in 0 .. case.Program.Length - 1 do
                yield { case with Program = List.removeAt drop case.Program }
            for i in 0 .. count - 1 do
                if case.Point[i] <> 1.0 then yield { case with Point = List.updateAt i 1.0 case.Point }
            for i in 0 .. count - 1 do
                if case.Direction[i] <> 1.0 then yield { case with Direction = List.updateAt i 1.0 case.Direction }
        })
    )

/// The programs compute the same numbers up to here, bit for bit: a rounding apart, one of them may stand at a singular point and the other beside it.
let private areTheSame case =
    let a = onTensors case.Program (tensors case.Point)
    let b = onNumbers case.Program (Array.map2 (fun shape items -> { Shape = shape; Items = items }) shapes (numbers case.Point))
    Array.forall2
        (fun (a: Tensor) (b: Numbers) ->
            Array.forall2 (fun (a: Real) (b: Real) -> a.Value = b.Value || same a.Value b.Value) (Tensor.toReals a) b.Items)
        a
        b

let private compare (what: string) (expected: Real[][]) (actual: Tensor[]) =
    let scale =
        expected
        |> Array.concat
        |> Array.fold (fun largest x -> if Double.IsFinite x.Value then max largest (abs x.Value) else largest) 1.0
    Array.iteri2
        (fun input (expected: Real[]) (actual: Tensor) ->
            Array.iteri
                (fun i (e: Real) ->
                    expectWithin (1e4 * u * scale) e.Value (actual.ElementAt i).Value $"{what}, input {input}, element {i}")
                expected)
        expected
        actual

let private inner (a: Tensor[]) (b: Tensor[]) = Array.map2 (fun (a: Tensor) (b: Tensor) -> Tensor.sum (a * b)) a b |> Array.reduce (+)
let private innerOf (a: Real[][]) (b: Real[][]) =
    Array.map2 (fun a b -> Array.fold2 (fun sum a b -> sum + a * b) (Real 0.0) a b) a b |> Array.reduce (+)

let private agree (name: string) (count: int) (onNumbers: Case -> Real[][]) (onTensors: Case -> Tensor[]) =
    law name count cases (fun case -> if areTheSame case then compare name (onNumbers case) (onTensors case))

let private line (f: 'A -> Real) (x: 'A) (v: 'A) : Real = snd (AD.jvp f x v)

let private vector (items: float list) = Tensor.ofArray (Array.ofList items)

let private expectElements (expected: float list) (actual: Tensor) what =
    List.iteri (fun i e -> expectEqual e (actual.ElementAt i).Value $"{what}, element {i}") expected

[<Tests>]
let tests =
    testList
        "arrays: structural zeros"
        [ testCase "a pullback that is called again answers the same, and the rows of a Jacobian are its answers" (fun () ->
              let f (x: Tensor) = Tensor.where (vector [ 1.0; 0.0 ]) (Tensor.Sqrt x) (vector [ 0.0; 0.0 ])
              let _, pullback = AD.vjp f (vector [ 4.0; 0.0 ])
              for cotangent in [ [ 1.0; 1.0 ]; [ 0.0; 1.0 ]; [ 1.0; 0.0 ]; [ 1.0; 1.0 ] ] do
                  expectElements [ 0.25 * cotangent[0]; 0.0 ] (pullback (vector cotangent)) $"the pullback of {cotangent}"
              let rows = AD.jacobianReverse (fun x -> Tensor.toReals (f (Tensor.stack x))) (reals [| 4.0; 0.0 |])
              expectElements [ 0.25; 0.0; 0.0; 0.0 ] (Tensor.stack (Seq.cast<Real> rows)) "the Jacobian")
          testCase "a zero in a cotangent is structural, a computed one is not" (fun () ->
              let _, pullback = AD.vjp Tensor.Sqrt (vector [ 4.0; 0.0 ])
              expectElements [ 0.25; 0.0 ] (pullback (vector [ 1.0; 0.0 ])) "a zero of the cotangent"
              expectElements
                  [ 0.25; nan ]
                  (AD.grad (fun x -> Tensor.sum (vector [ 1.0; 0.0 ] * Tensor.Sqrt x)) (vector [ 4.0; 0.0 ]))
                  "a factor of 0")
          testCase "what a custom rule is asked about is no NaN that is none" (fun () ->
              // the rule forgets NaN: it has to be given the right cotangent at once
              let same =
                  AD.customPullback "same" (fun (x: Tensor) -> x) (fun (_: Tensor) (_: Tensor) (yBar: Tensor) ->
                      Tensor.ofArray (yBar.ToArray() |> Array.map (fun x -> if Double.IsNaN x then 7.0 else x)))
              let f (x: Tensor) = Tensor.Sqrt(same x).ElementAt 0
              expectElements [ 0.25; 0.0 ] (AD.grad f (vector [ 4.0; 0.0 ])) "the gradient")
          testCase "numbers of an array that nothing asked for have no cotangent" (fun () ->
              let f (x: Real[]) = (Tensor.stack [ Real.Sqrt x[0]; Real.Sqrt x[1] ]).ElementAt 0
              expectElements [ 0.25; 0.0 ] (Tensor.stack (AD.grad f (reals [| 4.0; 0.0 |]))) "the gradient")
          testCase "a product passes structural zeros over beside infinite factors" (fun () ->
              let weights = Tensor.ofRows [| [| infinity; 1.0 |]; [| 2.0; nan |] |]
              let f (x: Tensor) = (Tensor.matmul weights x).ElementAt 0 + (Tensor.matmul weights x).ElementAt 0
              expectElements [ infinity; 2.0 ] (AD.grad f (vector [ 1.0; 1.0 ])) "the gradient"
              let g (w: Tensor) = (Tensor.matmul w (vector [ infinity; 1.0 ])).ElementAt 1
              expectElements [ 0.0; 0.0; infinity; 1.0 ] (Tensor.flatten (AD.grad g (Tensor.ones [ 2; 2 ]))) "the gradient of the weights")
          testCase "a power whose exponent does not move is that of a constant" (fun () ->
              let f (t: Tensor) = Tensor.sum (Tensor.Pow(t[0..0], t[1..1]))
              let onNumbers (t: Real[]) = Real.Pow(t[0], t[1])
              for base' in [ 0.0; 2.0 ] do
                  for exponent in [ 0.0; 1.0; 2.0; 3.0 ] do
                      let x, v = [ base'; exponent ], [ 1.0; 0.0 ]
                      let onTensor = line (fun x -> line f x (vector v)) (vector x) (vector v)
                      let expected =
                          line (fun x -> line onNumbers x (reals (Array.ofList v))) (reals (Array.ofList x)) (reals (Array.ofList v))
                      expectSame expected.Value onTensor.Value $"twice at {x}")
          agree "gradients" 3000 (fun case -> AD.grad (totalOnNumbers case) (numbers case.Point)) (fun case ->
              AD.grad (totalOnTensors case) (tensors case.Point))
          agree
              "tangents"
              3000
              (fun case -> [| [| line (totalOnNumbers case) (numbers case.Point) (numbers case.Direction) |] |])
              (fun case -> [| Tensor.Of(line (totalOnTensors case) (tensors case.Point) (tensors case.Direction)) |])
          agree
              "forward over reverse"
              1000
              (fun case -> snd (AD.jvp (AD.grad (totalOnNumbers case)) (numbers case.Point) (numbers case.Direction)))
              (fun case -> snd (AD.jvp (AD.grad (totalOnTensors case)) (tensors case.Point) (tensors case.Direction)))
          agree
              "reverse over forward"
              1000
              (fun case -> AD.grad (fun x -> line (totalOnNumbers case) x (numbers case.Direction)) (numbers case.Point))
              (fun case -> AD.grad (fun x -> line (totalOnTensors case) x (tensors case.Direction)) (tensors case.Point))
          agree
              "forward over forward"
              1000
              (fun case ->
                  [| [| line (fun x -> line (totalOnNumbers case) x (numbers case.Direction)) (numbers case.Point) (numbers case.Direction) |] |])
              (fun case ->
                  [| Tensor.Of(
                         line
                             (fun x -> line (totalOnTensors case) x (tensors case.Direction))
                             (tensors case.Point)
                             (tensors case.Direction)
                     ) |])
          agree
              "reverse over reverse"
              1000
              (fun case -> AD.grad (fun x -> innerOf (AD.grad (totalOnNumbers case) x) (numbers case.Direction)) (numbers case.Point))
              (fun case -> AD.grad (fun x -> inner (AD.grad (totalOnTensors case) x) (tensors case.Direction)) (tensors case.Point)) ]
