/// Functions over float, each for a construct of F#; all are smooth near 0.7 and 1.3.
module LiftCases

open System

[<Measure>]
type m

[<Measure>]
type s

type Shape =
    | Circle of radius: float
    | Rectangle of float * float
    | Empty

type Tree =
    | Leaf of float
    | Fork of Tree * Tree

type Point = { X: float; Y: float }

[<Struct>]
type Pair = { A: float; B: float }

type Expr =
    | Const of float
    | Var
    | Plus of Expr * Expr
    | Times of Expr * Expr
    | Apply of (float -> float) * Expr

type IFunction =
    abstract At: float -> float

[<AbstractClass>]
type Animal(weight: float) =
    member _.Weight = weight
    abstract Food: float -> float
    default this.Food x = this.Weight * x

type Dog(weight) =
    inherit Animal(weight)
    override this.Food x = base.Food x + x * x

type Counter() =
    let mutable total = 0.0
    member val Step = 1.0 with get, set
    member this.Add x = total <- total + x * this.Step
    member _.Total = total

type Complex2 =
    { Re: float
      Im: float }

    static member (+)(a, b) = { Re = a.Re + b.Re; Im = a.Im + b.Im }
    static member (*)(a, b) = { Re = a.Re * b.Re - a.Im * b.Im; Im = a.Re * b.Im + a.Im * b.Re }
    static member Zero = { Re = 0.0; Im = 0.0 }

let area shape =
    match shape with
    | Circle r -> Math.PI * r * r
    | Rectangle(a, b) -> a * b
    | Empty -> 0.0

let rec sum tree =
    match tree with
    | Leaf x -> x
    | Fork(a, b) -> sum a + 2.0 * sum b

let rec eval x expr =
    match expr with
    | Const c -> c
    | Var -> x
    | Plus(a, b) -> eval x a + eval x b
    | Times(a, b) -> eval x a * eval x b
    | Apply(f, a) -> f (eval x a)

/// A tail call for each step
let rec count (n: int) (x: float) (total: float) : float = if n = 0 then total else count (n - 1) x (total + x / 1000000.0)

let rec isEven (n: int) (x: float) : float = if n = 0 then x else isOdd (n - 1) x

and isOdd (n: int) (x: float) : float = if n = 0 then -x else isEven (n - 1) x

let inline square x = x * x

let inline polynomial (coefficients: ^a list) (x: ^a) : ^a = List.foldBack (fun c total -> c + x * total) coefficients (x - x)

let (|Small|Large|) (x: float) = if x < 1.0 then Small x else Large(x, x * x)

let (|Above|_|) bound (x: float) = if x > bound then Some(x - bound) else None

let compose (f: float -> float) (g: float -> float) = f >> g

let twice f x = f (f x)

let mutable private state = 1.0

let private table = [| 1.0; 2.0; 4.0 |]

let private f (name: string) (g: float -> float) = struct (name, Func<float, float>(g))

let all: struct (string * Func<float, float>)[] =
    [| f "operators" (fun x -> x ** 2.5 + sqrt x - exp -x + abs -x + x % 0.4 + atan2 x 2.0 + max x 0.1 + float (sign x) * 0.5)
       f "pown" (fun x -> pown x 3 + pown x -2 + pown (x + 1.0) 17 + pown x 0)
       f "currying" (fun x ->
           let add a b c = a + b * c
           let partial = add x
           partial x 2.0 + (List.map (add 1.0 x) [ x; 2.0 ] |> List.sum))
       f "closures" (fun x ->
           let mutable total = x
           for k in 1..3 do
               total <- total + x * float k
           let cell = ref total
           let bump y = cell.Value <- cell.Value * y
           bump x
           cell.Value)
       f "composition" (fun x -> (sin >> cos >> square) x + compose exp log x + twice (fun y -> y * y) x)
       f "unions" (fun x -> area (Circle x) + area (Rectangle(x, 2.0)) + area Empty)
       f "recursive unions" (fun x -> sum (Fork(Leaf x, Fork(Leaf(x * x), Leaf 1.0))))
       f "expressions" (fun x -> eval x (Plus(Times(Var, Var), Apply(sin, Plus(Var, Const 2.0)))))
       f "records" (fun x ->
           let p = { X = x; Y = 2.0 }
           let q = { p with Y = p.X * p.Y }
           (if p = q then 1.0 else 0.0) + q.X * q.Y)
       f "struct records and anonymous ones" (fun x ->
           let p = { A = x; B = x * x }
           let q = {| C = p.A; D = p.B |}
           q.C * q.D)
       f "tuples" (fun x ->
           let a, b = x, x * x
           let struct (c, d) = struct (a, b)
           c * d + fst (a, b) * snd (a, b))
       f "options" (fun x ->
           let half y = if y > 0.0 then Some(y / 2.0) else None
           (half x |> Option.bind half |> Option.defaultValue 1.0) + (Option.map square (Some x) |> Option.get))
       f "value options and results" (fun x ->
           let v = if x > 0.0 then ValueSome x else ValueNone
           let r: Result<float, string> = if x > 0.0 then Ok(x * x) else Error "negative"
           (match v with
            | ValueSome y -> y
            | ValueNone -> 0.0)
           + (match r with
              | Ok y -> y
              | Error _ -> 0.0))
       f "lists" (fun x -> [ for k in 1..4 -> x * float k ] |> List.map square |> List.filter (fun y -> y > 0.1) |> List.sum)
       f "arrays" (fun x ->
           let a = Array.init 4 (fun k -> x * float k)
           a[1] <- a[1] * x
           Array.sum a + Array.fold (*) 1.0 a[1..2] + (Array.sortDescending a)[0] + Array.average a + Array.max a)
       f "array2D" (fun x ->
           let a = Array2D.init 2 3 (fun i j -> x * float i + float j)
           a[1, 2] * a[1, 1] + float (Array2D.length1 a))
       f "sequences" (fun x ->
           seq {
               yield x
               for k in 2..4 do
                   yield x / float k
               yield! [ 1.0; x ]
           }
           |> Seq.sumBy square)
       f "infinite sequences" (fun x -> Seq.initInfinite (fun k -> x / float (k + 1)) |> Seq.take 5 |> Seq.sum)
       f "scan and unfold" (fun x ->
           (List.scan (fun a b -> a * x + b) 0.0 [ 1.0; 2.0; 3.0 ] |> List.last)
           + (Seq.unfold (fun k -> if k > 3 then None else Some(x * float k, k + 1)) 1 |> Seq.sum))
       f "ranges of floats" (fun x -> [ x .. 0.5 .. x + 2.0 ] |> List.sum)
       f "maps" (fun x ->
           let m = Map [ "a", x; "b", x * x ]
           let m = Map.add "c" (m["a"] * m["b"]) m
           m |> Map.toSeq |> Seq.sumBy snd)
       f "sets" (fun x -> Set [ x; 2.0; x ] |> Set.toList |> List.sum)
       f "units of measure" (fun x ->
           let length = x * 1.0<m>
           let time = 2.0<s>
           float (length / time * length / 1.0<m>))
       f "object expressions" (fun x ->
           let g =
               { new IFunction with
                   member _.At y = x * y }
           g.At 3.0 + g.At x)
       f "classes and inheritance" (fun x ->
           let animals: Animal list = [ Dog x; Dog 2.0 ]
           animals |> List.sumBy (fun a -> a.Food x))
       f "classes with state" (fun x ->
           let c = Counter(Step = x)
           c.Add x
           c.Add 2.0
           c.Total)
       f "operators of records" (fun x ->
           let z = { Re = x; Im = 1.0 }
           (z * z + z).Re + (List.sum [ z; z ]).Im * x)
       f "tail calls by the million" (fun x -> count 1000000 x 0.0)
       f "mutual recursion" (fun x -> isEven 100001 x)
       f "inline and statically resolved" (fun x -> square x + polynomial [ 1.0; 2.0; 3.0 ] x)
       f "active patterns" (fun x ->
           (match x with
            | Small y -> y
            | Large(y, z) -> y + z)
           + (match x with
              | Above 0.2 y -> y
              | _ -> 0.0))
       f "exceptions" (fun x ->
           try
               if x > 0.0 then failwith "positive" else x
           with
           | Failure text when text.Length > 3 -> x * x
           | _ -> 0.0)
       f "try finally and use" (fun x ->
           let mutable y = x
           try
               y <- y * x
           finally
               y <- y + x
           y)
       f "while and mutable" (fun x ->
           let mutable y = x
           let mutable k = 0
           while k < 5 && y < 1e6 do
               y <- y * 1.5 + x
               k <- k + 1
           y)
       f "lazy" (fun x ->
           let l = lazy (x * x)
           l.Force() + l.Value)
       f "partial application of methods" (fun x -> List.fold (fun a (b: float) -> Math.Max(a, b)) 0.0 [ x; x / 2.0 ])
       f "pipes of pipes" (fun x -> [ x; 2.0 ] |> List.collect (fun y -> [ y; y * x ]) |> List.pairwise |> List.sumBy (fun (a, b) -> a * b))
       f "groupings" (fun x ->
           [ 1, x; 2, x * x; 1, 3.0 ] |> List.groupBy fst |> List.sumBy (fun (key, values) -> float key * (values |> List.sumBy snd)))
       f "statics" (fun x ->
           state <- state + x
           let y = state * table[1]
           state <- 1.0
           y)
       f "async that does not suspend" (fun x -> async { return x * x } |> Async.RunSynchronously)
       f "task that does not suspend" (fun x -> (task { return x * x }).Result)
       f "strings" (fun x -> x + float ($"{x}".Length) * 0.0 + float (String.Format("{0}", x).Length) * 0.0)
       f "generic functions" (fun x ->
           let swap (a, b) = b, a
           let choose condition a b = if condition then a else b
           fst (swap (1.0, x)) * choose (x > 0.0) x 2.0)
       f "local generic closures" (fun x ->
           let pair a = (a, a)
           let a, b = pair x
           let _, t = pair "text"
           a * b + float t.Length)
       f "nested functions" (fun x ->
           let rec power n y = if n = 0 then 1.0 else y * power (n - 1) y
           let sum g = List.sumBy g [ 1..3 ]
           sum (fun k -> power k x)) |]
