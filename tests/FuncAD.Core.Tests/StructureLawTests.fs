/// Random structures of random types: what is taken apart and put together again is what it was, and the gradient of a linear function of the numbers is its
/// coefficients, each in its place, in every operator.
module FuncAD.Tests.StructureLawTests

open System
open System.Collections.Generic
open System.Collections.Immutable
open System.Reflection
open Expecto
open FuncAD
open FuncAD.Tests.Testing

type Pair<'A, 'B> = { First: 'A; Note: string; Second: 'B }

[<Struct>]
type Small<'A> = { Only: 'A; Number: float }

type Either<'A, 'B> =
    | Left of 'A
    | Right of 'B * int
    | Neither

/// A class of settable properties, which may be null.
[<AllowNullLiteral>]
type Settable<'A>() =
    member val Inner: 'A = Unchecked.defaultof<'A> with get, set
    member val Label = "" with get, set
    member val Next: Settable<'A> = null with get, set

/// A class of constructor parameters.
[<AllowNullLiteral>]
type Constructed<'A, 'B>(first: 'A, flag: bool, second: 'B) =
    member _.First = first
    member _.Flag = flag
    member _.Second = second

/// A type with how to make random values of it and how to read their numbers, in an order of its own that knows nothing of the library's.
type Kind = { Type: Type; HasTensor: bool; Random: Random -> obj; Read: obj -> Real list }

let private kind<'T> (random: Random -> 'T) (read: 'T -> Real list) (parts: Kind list) : Kind =
    { Type = typeof<'T>
      HasTensor = parts |> List.exists _.HasTensor
      Random = fun source -> box (random source)
      Read = fun value -> read (if isNull value then Unchecked.defaultof<'T> else unbox<'T> value) }

/// Small whole numbers, so that linear functions of them have no rounding errors.
let private whole (source: Random) = real (float (source.Next(-9, 10)))
let private letters (source: Random) = String(Array.init 2 (fun _ -> char (97 + source.Next 26)))
let private some (source: Random) (make: unit -> 'T) : 'T[] = Array.init (source.Next 3) (fun _ -> make ())
let private maybe (source: Random) (make: unit -> 'T) : 'T = if source.Next 4 = 0 then Unchecked.defaultof<'T> else make ()

let private typed<'T> (kind: Kind) (source: Random) : 'T =
    match kind.Random source with
    | null -> Unchecked.defaultof<'T>
    | value -> unbox<'T> value

/// Kinds made of one or two others, by their types.
type private Makers<'A, 'B>() =
    static member All(a: Kind, b: Kind) : Kind list =
        let first, second = typed<'A> a, typed<'B> b
        let readA (x: 'A) = a.Read(box x)
        let readB (x: 'B) = b.Read(box x)
        let each (items: 'A seq) = items |> Seq.collect readA |> List.ofSeq
        let keys (source: Random) = some source (fun () -> letters source) |> Array.distinct
        [ kind<'A[]> (fun s -> some s (fun () -> first s)) each [ a ]
          kind<'A[,]> (fun s -> Array2D.init (s.Next 3) (s.Next 3) (fun _ _ -> first s)) (Seq.cast<'A> >> each) [ a ]
          kind<'A list> (fun s -> List.ofArray (some s (fun () -> first s))) each [ a ]
          kind<List<'A>> (fun s -> List(some s (fun () -> first s))) each [ a ]
          kind<Queue<'A>> (fun s -> Queue(some s (fun () -> first s))) each [ a ]
          kind<Stack<'A>> (fun s -> Stack(some s (fun () -> first s))) each [ a ]
          kind<'A seq> (fun s -> some s (fun () -> first s) |> Seq.map id) each [ a ]
          kind<ImmutableArray<'A>> (fun s -> ImmutableArray.CreateRange(some s (fun () -> first s))) each [ a ]
          kind<Memory<'A>> (fun s -> Memory(some s (fun () -> first s))) (fun x -> each (x.ToArray())) [ a ]
          kind<'A option> (fun s -> if s.Next 3 = 0 then None else Some(first s)) (Option.toList >> each) [ a ]
          kind<'A voption> (fun s -> if s.Next 3 = 0 then ValueNone else ValueSome(first s)) (ValueOption.toList >> each) [ a ]
          kind<Map<string, 'A>> (fun s -> Map [ for key in keys s -> key, first s ]) (fun m -> each m.Values) [ a ]
          kind<Dictionary<string, 'A>>
              (fun s ->
                  let dictionary = Dictionary(StringComparer.OrdinalIgnoreCase)
                  for key in keys s do
                      dictionary[key] <- first s
                  dictionary)
              (fun d -> each (d.Keys |> Seq.map (fun key -> d[key.ToUpperInvariant()])))
              [ a ]
          kind<'A * int * 'B> (fun s -> first s, s.Next 9, second s) (fun (x, _, y) -> readA x @ readB y) [ a; b ]
          kind<struct ('A * 'B * string)>
              (fun s -> struct (first s, second s, letters s))
              (fun (struct (x, y, _)) -> readA x @ readB y)
              [ a; b ]
          kind<Pair<'A, 'B>>
              (fun s -> { First = first s; Note = letters s; Second = second s })
              (fun p -> readA p.First @ readB p.Second)
              [ a; b ]
          kind<Small<'A>> (fun s -> { Only = first s; Number = s.NextDouble() }) (fun p -> readA p.Only) [ a ]
          kind<Either<'A, 'B>>
              (fun s ->
                  match s.Next 3 with
                  | 0 -> Left(first s)
                  | 1 -> Right(second s, 3)
                  | _ -> Neither)
              (function
              | Left x -> readA x
              | Right(y, _) -> readB y
              | Neither -> [])
              [ a; b ]
          kind<Settable<'A>>
              (fun s ->
                  maybe s (fun () ->
                      Settable(
                          Inner = first s,
                          Label = maybe s (fun () -> letters s),
                          Next = maybe s (fun () -> Settable(Inner = first s))
                      )))
              (fun c ->
                  let rec read (c: Settable<'A>) = if isNull c then [] else readA c.Inner @ read c.Next
                  read c)
              [ a ]
          kind<Constructed<'A, 'B>>
              (fun s -> maybe s (fun () -> Constructed(first s, s.Next 2 = 0, second s)))
              (fun c -> if isNull c then [] else readA c.First @ readB c.Second)
              [ a; b ] ]

let private numbers =
    [ kind<Real> whole List.singleton []
      kind<Nullable<Real>>
          (fun s -> if s.Next 3 = 0 then Nullable() else Nullable(whole s))
          (fun x -> if x.HasValue then [ x.Value ] else [])
          []
      kind<Real[]> (fun s -> maybe s (fun () -> some s (fun () -> whole s))) (fun x -> if isNull x then [] else List.ofArray x) []
      { kind<Tensor>
            (fun s -> maybe s (fun () -> Tensor.OfReals(Array.init 2 (fun _ -> whole s), [| 2 |])))
            (fun x ->
                if isNull (box x) then
                    []
                else
                    [ for i in 0..1 -> Tensor.SumTo(x * Tensor([| 1.0 - float i; float i |], [| 2 |], null), [||]).ToReal() ])
            [] with
          HasTensor = true } ]

let private anyOf (source: Random) (items: 'T list) = items[source.Next items.Length]

let rec private randomKind (source: Random) (depth: int) : Kind =
    if depth = 0 then
        anyOf source numbers
    else
        let a, b = randomKind source (source.Next depth), randomKind source (source.Next depth)
        let makers =
            typedefof<Makers<_, _>>
                .MakeGenericType(a.Type, b.Type)
                .GetMethod("All", BindingFlags.Static ||| BindingFlags.Public ||| BindingFlags.NonPublic)
        anyOf source (makers.Invoke(null, [| a; b |]) :?> Kind list)

let private dot (c: float list) (xs: Real list) : Real = List.fold2 (fun sum c x -> sum + c * x) (real 0.0) c xs

/// The law for one value of one type.
type private Case<'P>() =
    static member Check(kind: Kind, source: Random) : unit =
        let read (p: 'P) = kind.Read(box p)
        let plain (p: 'P) = read p |> List.map (fun x -> x.Value + 0.0)
        let p = typed<'P> kind source
        let point = plain p
        if not point.IsEmpty then
            let coefficients = point |> List.map (fun _ -> float (source.Next(-9, 10)))
            let f (p: 'P) = dot coefficients (read p)
            let are (expected: float list) (actual: 'P) what = Expect.equal (plain actual) expected what
            let value = List.fold2 (fun sum c x -> sum + c * x) 0.0 coefficients point
            let scaled factor = coefficients |> List.map (fun c -> factor * c + 0.0)
            are point (AD.stopGradient p) "what is put together again"
            let v = AD.grad f p
            are coefficients v "grad"
            let y, g = AD.valueAndGrad f p
            expectEqual value y.Value "the value"
            are coefficients g "valueAndGrad"
            let square = List.sumBy (fun c -> c * c) coefficients
            let y, dy = AD.jvp f p v
            expectEqual value y.Value "jvp's value"
            expectEqual square dy.Value "jvp"
            let y, pull = AD.vjp f p
            expectEqual value y.Value "vjp's value"
            are (scaled 3.0) (pull (real 3.0)) "vjp"
            are (scaled square) (AD.hvp (fun p -> f p * f p / 2.0) p v) "hvp"
            let same, pull = AD.vjp id p
            are point same "the identity"
            are coefficients (pull v) "the identity's pullback"
            let same, tangent = AD.jvp id p v
            are point same "the identity forward"
            are coefficients tangent "the identity's pushforward"
            are (scaled 2.0) (AD.diff (fun t -> AD.grad (fun p -> t * t * f p) p) (real 1.0)) "diff of a gradient"
            let rule = AD.customPullback "linear" f (fun _ _ w -> AD.grad (fun p -> w * f p) p)
            are coefficients (AD.grad rule p) "a custom rule"
            expectEqual square (snd (AD.jvp rule p v)).Value "a custom rule forward"
            if not kind.HasTensor then
                are coefficients ((AD.compile (AD.grad f) p).Invoke p) "compile"
                let struct (y, g) =
                    (AD.compileSum (fun (p: 'P) (x: Real) -> x * f p) p (real 1.0)).ValueAndGrad(p, ReadOnlySpan [| 1.0; 2.0 |])
                expectEqual (3.0 * value) y "compileSum's value"
                are (scaled 3.0) g "compileSum"

[<Tests>]
let tests =
    testList
        "structure laws"
        [ testCase "random structures: the gradient of a linear function is its coefficients, in place, in every operator" (fun () ->
              for case in 1..900 do
                  // depth grows slowly, so that the first failure is a small one
                  let source = Random(int (seed % 1000003UL) + case)
                  let kind = randomKind source (1 + case / 300)
                  try
                      typedefof<Case<_>>
                          .MakeGenericType(kind.Type)
                          .GetMethod("Check", BindingFlags.Static ||| BindingFlags.Public ||| BindingFlags.NonPublic)
                          .Invoke(null, [| kind; source |])
                      |> ignore
                  with :? TargetInvocationException as error ->
                      failtest $"case {case} (seed {seed}), {kind.Type}: {error.InnerException}") ]
