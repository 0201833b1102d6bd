/// Parameters with structure: what goes in comes out, with derivatives for numbers.
module FuncAD.Tests.StructureTests

open System
open System.Collections.Generic
open System.Collections.Immutable
open Expecto
open FuncAD
open FuncAD.Tests.Testing

type Layer = { Name: string; Weights: Real[]; Bias: Real; Units: int }
type Model = { Layers: Layer list; Scale: Real option; Trainable: bool }

[<Struct>]
type Point = { X: Real; Y: Real }

type Shape =
    | Circle of radius: Real
    | Box of width: Real * height: Real * name: string
    | Nothing

type Tree =
    | Leaf of Real
    | Node of Tree * Tree

type Chain(value: Real, next: Chain option) =
    member _.Value = value
    member _.Next = next

type Settable() =
    member val A = real 0.0 with get, set
    member val B: Real[] = [||] with get, set
    member val Label = "" with get, set

type Immutable'(a: Real, count: int) =
    member _.A = a
    member _.Count = count

type WithSecret(a: Real) =
    let secret = a * 2.0
    member _.A = a
    member _.Twice() = secret

[<AllowNullLiteral>]
type Ring(value: Real) =
    member val Value = value with get, set
    member val Next: Ring = null with get, set

type Thermometer() =
    member val Celsius = real 0.0 with get, set
    member t.Fahrenheit
        with get () = t.Celsius * 1.8 + 32.0
        and set (value: Real) = t.Celsius <- (value - 32.0) / 1.8

type Doubling(a: Real) =
    member val A = a * 2.0

type Positive(a: Real) =
    do if a <= real 0.0 then invalidArg (nameof a) "not positive"
    member _.A = a

type Scaled() =
    let mutable scale = 1.0
    member val X = real 0.0 with get, set
    member _.Scale
        with set value = scale <- value
    member s.Product = s.X * scale

type IShape =
    abstract Area: Real

[<AbstractClass>]
type Abstract() =
    abstract Area: Real

let private is expected (actual: Real) what = expectEqual expected actual.Value what
let private are (expected: float list) (actual: Real seq) what = Expect.equal (actual |> Seq.map _.Value |> List.ofSeq) expected what

/// A gradient and, for the same function, all the derivatives by forward mode along each number, must agree: by <grad, v> = jvp v.
let private check (f: 'P -> Real) (p: 'P) (v: 'P) (dot: 'P -> 'P -> Real) : 'P =
    let g = AD.grad f p
    let _, tangent = AD.jvp f p v
    expectWithin 1e-12 (dot g v).Value tangent.Value "<grad, v> = J v"
    g

[<Tests>]
let tests =
    testList
        "structures"
        [ testCase "a record of lists of records, with strings and flags riding along" (fun () ->
              let layer name w b = { Name = name; Weights = reals w; Bias = real b; Units = w.Length }
              let model = { Layers = [ layer "a" [| 1.0; 2.0 |] 3.0; layer "b" [| 4.0 |] 5.0 ]; Scale = Some(real 6.0); Trainable = true }
              let f m =
                  let total = m.Layers |> List.fold (fun s l -> Array.fold (fun s w -> s + w * w) s l.Weights + l.Bias * l.Bias) (real 0.0)
                  total * m.Scale.Value
              let g = AD.grad f model
              are [ 12.0; 24.0 ] g.Layers[0].Weights "weights"
              is 60.0 g.Layers[1].Bias "bias"
              is 55.0 g.Scale.Value "scale"
              Expect.equal (g.Layers |> List.map _.Name) [ "a"; "b" ] "names"
              Expect.equal g.Layers[0].Units 2 "ints"
              Expect.isTrue g.Trainable "flags")

          testCase "tuples and struct tuples" (fun () ->
              let a, (b, c) = AD.grad (fun (a: Real, (b: Real, c: Real)) -> a * b + c) (real 2.0, (real 3.0, real 4.0))
              are [ 3.0; 2.0; 1.0 ] [ a; b; c ] "tuple"
              let struct (a, b) = AD.grad (fun (struct (a: Real, b: Real)) -> a / b) (struct (real 1.0, real 2.0))
              are [ 0.5; -0.25 ] [ a; b ] "struct tuple"
              let a, b, c, d, e, f, g, h =
                  AD.grad
                      (fun (a: Real, b: Real, c: Real, d: Real, e: Real, f: Real, g: Real, h: Real) ->
                          a + b * 2.0 + c * 3.0 + d * 4.0 + e * 5.0 + f * 6.0 + g * 7.0 + h * 8.0)
                      (real 1.0, real 1.0, real 1.0, real 1.0, real 1.0, real 1.0, real 1.0, real 1.0)
              are [ 1.0 .. 8.0 ] [ a; b; c; d; e; f; g; h ] "a tuple of eight")

          testCase "struct records, anonymous records" (fun () ->
              let g =
                  check (fun p -> p.X * p.X * p.Y) { X = real 2.0; Y = real 3.0 } { X = real 0.5; Y = real 0.25 } (fun a b ->
                      a.X * b.X + a.Y * b.Y)
              are [ 12.0; 4.0 ] [ g.X; g.Y ] "struct record"
              let g =
                  AD.grad
                      (fun (p: {| A: Real; N: string; B: Real[] |}) -> p.A * p.B[1])
                      {| A = real 2.0; N = "n"; B = reals [| 3.0; 4.0 |] |}
              is 4.0 g.A "A"
              are [ 0.0; 2.0 ] g.B "B"
              Expect.equal g.N "n" "N")

          testCase "arrays of arrays, grids, lists, options, nullables" (fun () ->
              let g = AD.grad (fun (x: Real[][]) -> x[0][0] * x[1][1]) [| reals [| 2.0 |]; reals [| 3.0; 4.0 |] |]
              are [ 4.0; 0.0; 2.0 ] (Array.concat g) "jagged"
              let g = AD.grad (fun (x: Real[,]) -> x[0, 1] * x[1, 2]) (Array2D.init 2 3 (fun i j -> real (float (10 * i + j))))
              is 12.0 g[0, 1] "[0, 1]"
              is 1.0 g[1, 2] "[1, 2]"
              is 0.0 g[1, 1] "[1, 1]"
              Expect.equal (g.GetLength 0, g.GetLength 1) (2, 3) "lengths"
              let g = AD.grad (fun (x: Real[,,]) -> x[1, 0, 1] * 5.0) (Array3D.init 2 1 2 (fun _ _ _ -> real 1.0))
              is 5.0 g[1, 0, 1] "rank 3"
              are [ 3.0; 2.0 ] (AD.grad (fun (x: Real list) -> x[0] * x[1]) [ real 2.0; real 3.0 ]) "list"
              are [ 3.0; 2.0 ] (AD.grad (fun (x: List<Real>) -> x[0] * x[1]) (List [ real 2.0; real 3.0 ])) "List"
              are [ 3.0; 2.0 ] (AD.grad (fun (x: IReadOnlyList<Real>) -> x[0] * x[1]) (reals [| 2.0; 3.0 |])) "IReadOnlyList"
              are
                  [ 3.0; 2.0 ]
                  (AD.grad
                      (fun (x: Real seq) -> Seq.item 0 x * Seq.item 1 x)
                      (seq {
                          real 2.0
                          real 3.0
                      }))
                  "seq"
              are
                  [ 3.0; 2.0 ]
                  (AD.grad (fun (x: ImmutableArray<Real>) -> x[0] * x[1]) (ImmutableArray.Create(real 2.0, real 3.0)))
                  "ImmutableArray"
              let a, b =
                  AD.grad
                      (fun (a: Real option, b: Real option) -> a.Value * 3.0 + (if b.IsSome then real 1.0 else real 0.0))
                      (Some(real 1.0), None)
              is 3.0 a.Value "Some"
              Expect.isNone b "None"
              let g = AD.grad (fun (x: Nullable<Real>) -> x.Value * x.Value) (Nullable(real 3.0))
              is 6.0 g.Value "Nullable"
              let a, b = AD.grad (fun (a: Real, b: Nullable<Real>) -> if b.HasValue then b.Value else a) (real 1.0, Nullable())
              is 1.0 a "beside an empty Nullable"
              Expect.isFalse b.HasValue "empty Nullable")

          testCase "maps and dictionaries, whatever the order of keys" (fun () ->
              let g = AD.grad (fun (m: Map<string, Real>) -> m["a"] * m["b"]) (Map [ "a", real 2.0; "b", real 3.0 ])
              is 3.0 g["a"] "map a"
              is 2.0 g["b"] "map b"
              let dictionary pairs = Dictionary<string, Real>(dict pairs)
              let p = dictionary [ "x", real 2.0; "y", real 5.0 ]
              let v = dictionary [ "y", real 1.0; "x", real 0.0 ]
              let f (d: Dictionary<string, Real>) = d["x"] * d["x"] * d["y"]
              let g = AD.grad f p
              are [ 20.0; 4.0 ] [ g["x"]; g["y"] ] "dictionary"
              is 4.0 (snd (AD.jvp f p v)) "a tangent with its keys in another order"
              let _, pullback = AD.vjp (fun (x: Real) -> dictionary [ "x", x * 2.0; "y", x * 3.0 ]) (real 1.0)
              is 3.0 (pullback v) "a cotangent with its keys in another order"
              let wrong = dictionary [ "x", real 1.0; "z", real 1.0 ]
              (thrown<ArgumentException>(fun () -> AD.jvp f p wrong |> ignore)).Message |> expectMentions [ "Jvp"; "[y]"; "missing" ]
              let g =
                  AD.grad
                      (fun (m: ImmutableDictionary<int, Real>) -> m[1] * m[2])
                      (ImmutableDictionary.CreateRange [ KeyValuePair(1, real 2.0); KeyValuePair(2, real 3.0) ])
              is 3.0 g[1] "immutable dictionary"
              let g = AD.grad (fun (m: IReadOnlyDictionary<int, Real>) -> m[1] * m[2]) (readOnlyDict [ 1, real 2.0; 2, real 3.0 ])
              is 3.0 g[1] "readonly dictionary")

          testCase "unions and recursive types" (fun () ->
              let area shape =
                  match shape with
                  | Circle r -> Math.PI * r * r
                  | Box(w, h, _) -> w * h
                  | Nothing -> real 0.0
              match AD.grad area (Box(real 2.0, real 3.0, "box")) with
              | Box(w, h, name) ->
                  are [ 3.0; 2.0 ] [ w; h ] "box"
                  Expect.equal name "box" "name"
              | other -> failtest $"another case: {other}"
              match AD.grad (List.map area >> List.reduce (+)) [ Circle(real 1.0); Nothing ] with
              | [ Circle r; Nothing ] -> is (2.0 * Math.PI) r "circle"
              | other -> failtest $"other cases: {other}"
              let error = thrown<ArgumentException>(fun () -> AD.jvp area (Circle(real 1.0)) (Box(real 1.0, real 1.0, "")) |> ignore)
              error.Message |> expectMentions [ "Jvp"; "tangent"; "Circle"; "Box" ]
              let rec sum tree =
                  match tree with
                  | Leaf x -> x * x
                  | Node(a, b) -> sum a * 2.0 + sum b
              match AD.grad sum (Node(Node(Leaf(real 1.0), Leaf(real 2.0)), Leaf(real 3.0))) with
              | Node(Node(Leaf a, Leaf b), Leaf c) -> are [ 8.0; 8.0; 6.0 ] [ a; b; c ] "tree"
              | other -> failtest $"another tree: {other}"
              let rec product (chain: Chain) : Real =
                  match chain.Next with
                  | Some next -> chain.Value * product next
                  | None -> chain.Value
              let g = AD.grad product (Chain(real 2.0, Some(Chain(real 3.0, None))))
              is 3.0 g.Value "chain"
              is 2.0 g.Next.Value.Value "chain, next")

          testCase "classes with constructors or settable properties" (fun () ->
              let g = AD.grad (fun (s: Settable) -> s.A * s.B[0]) (Settable(A = real 2.0, B = reals [| 3.0 |], Label = "l"))
              is 3.0 g.A "A"
              are [ 2.0 ] g.B "B"
              Expect.equal g.Label "l" "label"
              let g = AD.grad (fun (i: Immutable') -> i.A * float i.Count) (Immutable'(real 2.0, 7))
              is 7.0 g.A "A"
              Expect.equal g.Count 7 "count")

          testCase "results with structure" (fun () ->
              let f (x: Real) = {| Square = x * x; Both = (x, [| x * 2.0; real 1.0 |]); Name = "r" |}
              let d = AD.diff f (real 3.0)
              is 6.0 d.Square "square"
              are [ 1.0; 2.0; 0.0 ] (Seq.append [ fst d.Both ] (snd d.Both)) "both"
              Expect.equal d.Name "r" "name"
              let y, pullback = AD.vjp f (real 3.0)
              is 9.0 y.Square "value"
              is 13.0 (pullback {| Square = real 1.0; Both = (real 3.0, [| real 2.0; real 9.0 |]); Name = "" |}) "pullback")

          testCase "what cannot be taken apart is refused by name, with a remedy" (fun () ->
              let message (action: unit -> unit) = (thrown<ArgumentException> action).Message
              message (fun () -> AD.grad (fun (s: WithSecret) -> s.A) (WithSecret(real 1.0)) |> ignore)
              |> expectMentions [ "WithSecret"; "secret"; "constructor" ]
              message (fun () ->
                  AD.grad
                      (fun (s: IShape) -> s.Area)
                      { new IShape with
                          member _.Area = real 1.0 }
                  |> ignore)
              |> expectMentions [ "IShape"; "interface"; "record" ]
              message (fun () ->
                  AD.grad
                      (fun (s: Abstract) -> s.Area)
                      { new Abstract() with
                          member _.Area = real 1.0 }
                  |> ignore)
              |> expectMentions [ "Abstract"; "abstract" ]
              message (fun () -> AD.grad (fun (x: obj) -> unbox<Real> x) (box (real 1.0)) |> ignore) |> expectMentions [ "Object" ]
              message (fun () -> AD.grad (fun (x: float[]) -> real x[0]) [| 1.0 |] |> ignore) |> expectMentions [ "Grad"; "Real" ]
              message (fun () -> AD.grad (fun (f: Real -> Real) -> f (real 1.0)) sin |> ignore) |> expectMentions [ "function" ]
              message (fun () -> AD.vjp (fun (x: Real) -> fun (a: Real) -> a * x) (real 1.0) |> ignore)
              |> expectMentions [ "Vjp"; "function" ])

          testCase "stopGradient" (fun () ->
              is 3.0 (AD.grad (fun x -> x * AD.stopGradient x) (real 3.0)) "half of the slope"
              is 3.0 (AD.diff (fun x -> x * AD.stopGradient x) (real 3.0)) "forward"
              let p = AD.stopGradient { X = real 1.0; Y = real 2.0 }
              are [ 1.0; 2.0 ] [ p.X; p.Y ] "structure"
              is 0.0 (AD.diff (fun x -> AD.grad (fun y -> AD.stopGradient (x * y)) (real 1.0)) (real 1.0)) "every level")

          testCase "a cycle is refused by the way it goes, at any length" (fun () ->
              for tail in 0..5 do
                  for length in 1..6 do
                      let rings = Array.init (tail + length) (fun i -> Ring(real (float i)))
                      rings |> Array.iteri (fun i ring -> ring.Next <- if i + 1 < rings.Length then rings[i + 1] else rings[tail])
                      (thrown<ArgumentException>(fun () -> AD.grad (fun (r: Ring) -> r.Value) rings[0] |> ignore)).Message
                      |> expectMentions [ "Grad"; "Ring.Next"; "cycle" ])

          testCase "a chain as deep as memory is a structure like others" (fun () ->
              let chain () =
                  let mutable chain: Ring = null
                  for i in 100_000..-1..1 do
                      chain <- Ring(real (float i), Next = chain)
                  chain
              let sum (ring: Ring) =
                  let mutable ring, sum = ring, real 0.0
                  while not (isNull ring) do
                      sum <- sum + ring.Value * ring.Value
                      ring <- ring.Next
                  sum
              let mutable g = AD.grad sum (chain ())
              for i in 1..100_000 do
                  expectEqual (2.0 * float i) g.Value.Value "a link"
                  g <- g.Next
              Expect.isNull g "the end")

          testCase "parts that stand in more places than can be visited are refused" (fun () ->
              let mutable tree: Tree = Leaf(real 1.0)
              for _ in 1..60 do
                  tree <- Node(tree, tree)
              (thrown<ArgumentException>(fun () -> AD.stopGradient tree |> ignore)).Message
              |> expectMentions [ "StopGradient"; "counted as often as it is met" ])

          testCase "what is computed from other parts is no part" (fun () ->
              is 20.0 (AD.grad (fun (t: Thermometer) -> t.Celsius * t.Celsius) (Thermometer(Celsius = real 10.0))).Celsius "Celsius"
              is
                  180.0
                  (AD.grad (fun (t: Thermometer) -> t.Fahrenheit * t.Fahrenheit) (Thermometer(Celsius = real 10.0))).Celsius
                  "Fahrenheit")

          testCase "a constructor that changes its argument is refused" (fun () ->
              let message (action: unit -> unit) = (thrown<ArgumentException> action).Message
              message (fun () -> AD.grad (fun (d: Doubling) -> d.A * d.A) (Doubling(real 1.0)) |> ignore)
              |> expectMentions [ "Doubling"; "at A"; "constructor"; "inside f" ]
              message (fun () -> AD.diff (fun x -> Doubling x) (real 1.0) |> ignore) |> expectMentions [ "Doubling" ]
              is 6.0 (AD.grad (fun (p: Positive) -> p.A * p.A) (Positive(real 3.0))).A "a constructor that takes these numbers"
              message (fun () -> AD.grad (fun (p: Positive) -> -p.A) (Positive(real 3.0)) |> ignore)
              |> expectMentions [ "Positive"; "not positive"; "inside f" ])

          testCase "private state that nothing sets is kept or refused" (fun () ->
              is 1.0 (AD.grad (fun (s: Scaled) -> s.Product) (Scaled(X = real 2.0))).X "as it was made"
              let error =
                  thrown<ArgumentException>(fun () -> AD.grad (fun (s: Scaled) -> s.Product) (Scaled(X = real 2.0, Scale = 3.0)) |> ignore)
              error.Message |> expectMentions [ "Scaled"; "scale" ])

          testCase "indices begin where they began" (fun () ->
              let point = Array.CreateInstance(typeof<Point>, [| 1; 2 |], [| 3; -1 |]) :?> Point[,]
              point[3, 0] <- { X = real 2.0; Y = real 5.0 }
              let g = AD.grad (fun (p: Point[,]) -> p[3, 0].X * p[3, 0].Y) point
              are [ 5.0; 2.0 ] [ g[3, 0].X; g[3, 0].Y ] "the gradient")

          testCase "a pullback does not see what happens to its argument and its result" (fun () ->
              let point = Settable(A = real 2.0, B = reals [| 3.0 |], Label = "l")
              let result = List<Real>()
              let y, pullback =
                  AD.vjp
                      (fun (s: Settable) ->
                          result.Add(s.A * s.B[0])
                          result)
                      point
              point.B <- [||]
              point.Label <- "m"
              result.Clear()
              y.Clear()
              let g = pullback (List [ real 1.0 ])
              are [ 3.0; 2.0 ] [ g.A; g.B[0] ] "the gradient"
              Expect.equal g.Label "l" "the label")

          testCase "custom rules: what they give back is checked in their name, and what they are given is their own" (fun () ->
              let broken = AD.customPullback "broken" (fun (x: Real[]) -> x[0]) (fun _ _ _ -> null)
              (thrown<ArgumentException>(fun () -> AD.grad broken (reals [| 1.0 |]) |> ignore)).Message
              |> expectMentions [ "Custom rule broken"; "pullback"; "null" ]
              (thrown<ArgumentException>(fun () -> AD.jvp broken (reals [| 1.0 |]) (reals [| 1.0 |]) |> ignore)).Message
              |> expectMentions [ "Custom rule broken"; "pullback"; "null" ]
              let spoils =
                  AD.customPullback
                      "spoils"
                      (fun (x: Real[]) ->
                          let y = [| x[0] * x[0] |]
                          x[0] <- real 0.0
                          y)
                      (fun x y w ->
                          let slope = x[0] + y[0] / x[0]
                          x[0] <- real 0.0
                          y[0] <- real 0.0
                          [| w[0] * slope |])
              let _, pullback = AD.vjp spoils (reals [| 3.0 |])
              are [ 6.0 ] (pullback (reals [| 1.0 |])) "once"
              are [ 6.0 ] (pullback (reals [| 1.0 |])) "twice") ]
