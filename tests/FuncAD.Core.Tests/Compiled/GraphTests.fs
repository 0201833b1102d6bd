/// What tracing keeps and leaves out: equal nodes are one, primitives of rules without parameters are shared, and what a function computes in vain costs
/// a program nothing.
module FuncAD.Tests.Compiled.GraphTests

open System
open System.Collections.Generic
open System.Reflection
open System.Runtime.CompilerServices
open System.Threading.Tasks
open Expecto
open FuncAD
open FuncAD.Compiled
open FuncAD.Rules
open FuncAD.Tests.Testing

let private allFields = BindingFlags.Instance ||| BindingFlags.Public ||| BindingFlags.NonPublic

let private sizeOf (kind: Type) : int = typeof<Unsafe>.GetMethod("SizeOf").MakeGenericMethod(kind).Invoke(null, [||]) :?> int

let private outputs (compiled: Compiled<Real[], Real[]>) (point: float[]) : float[] =
    let results = Array.zeroCreate compiled.Outputs
    compiled.Run(ReadOnlySpan point, Span results)
    results

/// Primitives that no simplification changes.
let private opaque: Primitive[] =
    [| UnaryPrimitive.For(Trigonometry.Sin())
       UnaryPrimitive.For(Trigonometry.Cos())
       UnaryPrimitive.For(Exponentials.Exp())
       UnaryPrimitive.For(Powers.Power(1.5, 0.0))
       UnaryPrimitive.For(Powers.Power(2.5, 0.0))
       BinaryPrimitive.For(Piecewise.Max())
       BinaryPrimitive.For(Trigonometry.Atan2()) |]

/// A random function of three numbers with as many values as asked for, of which later ones are computed from earlier ones, and a branch on one of them.
let private values' (random: Random) (count: int) : Real[] -> Real[] =
    let steps = Array.init count (fun k -> struct (random.Next 7, random.Next(3 + k), random.Next(3 + k)))
    let asked = random.Next count
    fun x ->
        let all = List<Real> x
        for k in 0 .. count - 1 do
            let struct (kind, a, b) = steps[k]
            let a, b = all[a], all[b]
            all.Add(
                match kind with
                | 0 -> a + b
                | 1 -> a - b
                | 2 -> a * b
                | 3 -> sin a
                | 4 -> -a
                | 5 -> Real.Max(a, b)
                | _ -> a * Real 0.0 + b
            )
            if k = asked && Real.op_LessThan (all[3 + k], Real 0.0) then all[3 + k] <- all[3 + k] * Real 3.0
        all.ToArray()

[<Tests>]
let tests =
    testList
        "graph"
        [ testCase "a rule has parameters if it is larger than a struct without fields" (fun () ->
              let rules =
                  typeof<Real>.Assembly.GetTypes()
                  |> Array.filter (fun kind ->
                      kind.IsValueType && typeof<IRule>.IsAssignableFrom kind && not kind.ContainsGenericParameters)
              Expect.isGreaterThan rules.Length 50 "all rules"
              for rule in rules do
                  Expect.equal (sizeOf rule > 1) (rule.GetFields(allFields).Length > 0) $"{rule}: the size tells whether it has fields")

          testCase "primitives of equal rules are equal, and shared if the rule has no parameters" (fun () ->
              let shared: Primitive = UnaryPrimitive.For(Trigonometry.Sin())
              let own: Primitive = UnaryPrimitive<Trigonometry.Sin>(Trigonometry.Sin())
              Expect.isTrue (Object.ReferenceEquals(shared, UnaryPrimitive.For(Trigonometry.Sin()))) "one object"
              Expect.equal own shared "its equal"
              Expect.equal (own.GetHashCode()) (shared.GetHashCode()) "the hash of its equal"
              Expect.notEqual shared (UnaryPrimitive.For(Trigonometry.Cos())) "another rule"
              let power (exponent: float) : Primitive = UnaryPrimitive.For(Powers.Power(exponent, 0.0))
              Expect.equal (power 1.5) (power 1.5) "equal parameters"
              Expect.equal ((power 1.5).GetHashCode()) ((power 1.5).GetHashCode()) "their hash"
              Expect.notEqual (power 1.5) (power 2.5) "other parameters"
              let small (n: int) : Primitive = UnaryPrimitive.For(Special.Polygamma n)
              Expect.notEqual (small 1) (small 2) "other parameters in four bytes")

          testCase "equal nodes are one, however many there are" (fun () ->
              let random = random "nodes"
              let graph = Graph [| 0.5; 1.5 |]
              let known = Dictionary<struct (int * int * int), int>()
              for _ in 1..20_000 do
                  let kind = random.Next opaque.Length
                  let primitive = opaque[kind]
                  // few arguments, so that many applications come again
                  let argument () = random.Next(min graph.Count 120)
                  let a = argument ()
                  let b = if primitive.Arity > 1 then argument () else 0
                  let node = graph.Apply(primitive, a, b, 0)
                  match known.TryGetValue(struct (kind, a, b)) with
                  | true, before -> Expect.equal node before $"{primitive.Name} of {a} and {b} again"
                  | _ ->
                      known[struct (kind, a, b)] <- node
                      Expect.isTrue (primitive.Equals(graph.Primitive node)) "its primitive"
                      Expect.equal (graph.Arguments node) (struct (a, b, 0)) "its arguments"
              Expect.equal (Set.count (set known.Values)) known.Count "different applications are different nodes"
              Expect.isGreaterThan graph.Count 1500 "the table has grown several times")

          testCase "constants are found by their bits" (fun () ->
              let graph = Graph [| 1.0 |]
              let reciprocals = Array.init 1000 (fun k -> 1.0 / float (k + 1))
              let numbers = Array.concat [ Array.ofSeq specials; [| -0.0; 0.0; nan; -nan |]; reciprocals ] |> Array.distinctBy bits
              let nodes = numbers |> Array.map graph.Constant
              Expect.equal (Array.distinct nodes).Length numbers.Length "a node for each"
              numbers
              |> Array.iteri (fun index number ->
                  Expect.equal (graph.Constant number) nodes[index] "the same again"
                  Expect.isTrue (graph.IsConstant nodes[index]) "a constant"
                  Expect.equal (bits (graph.Value nodes[index])) (bits number) "its bits"))

          testCase "what is computed in vain costs a program nothing, and what guards and further results need stays" (fun () ->
              let random = random "in vain"
              for case in 1..150 do
                  let count = 5 + random.Next 25
                  let all = values' random count
                  let chosen = Array.init (1 + random.Next 3) (fun _ -> random.Next(3 + count))
                  let f (x: Real[]) = let all = all x in chosen |> Array.map (fun index -> all[index])
                  let number () = [| 0.0; -0.0; 1.0; -1.0; 0.5; 4.0 * random.NextDouble() - 2.0 |][random.Next 6]
                  let point () = Array.init 3 (fun _ -> number ())
                  for mode in [ ExecutionMode.Interpreted; ExecutionMode.MachineCode ] do
                      let compiled = AD.compileWith (CompileOptions(Mode = mode)) f (reals (point ()))
                      for _ in 1..6 do
                          let point = point ()
                          Array.iter2
                              (fun expected actual ->
                                  expectSame
                                      expected
                                      actual
                                      $"case {case} of seed {seed}, {mode}, at {point |> Array.map text |> List.ofArray}\n{compiled}")
                              (f (reals point) |> values)
                              (outputs compiled point))

          testCase "the program of a result does not depend on what else was computed" (fun () ->
              let wanted (x: Real[]) = sin (x[0] * x[1]) - x[2] * Real 2.0
              let wasteful (x: Real[]) =
                  let mutable waste = x[0]
                  for k in 1..50 do
                      waste <- waste * x[2] + Real(float k) / x[1] // the sign of a zero matters to it
                  let result = wanted x
                  for k in 1..50 do
                      waste <- exp waste / result
                  [| result |]
              let point = reals [| 0.5; 1.5; -2.0 |]
              let lean = AD.compile (fun (x: Real[]) -> [| wanted x |]) point
              let compiled = AD.compile wasteful point
              Expect.equal (compiled.ToString()) (lean.ToString()) "the same lines"
              Expect.isGreaterThan compiled.TracedOperations (lean.TracedOperations + 150) "all operations were performed")

          testCase "a level that has ended interprets nothing: its numbers are constants" (fun () ->
              let mutable leaked = Real 0.0
              let f (x: Real[]) =
                  leaked <- x[0] * Real 2.0
                  [| x[0] |]
              AD.compile f [| Real 3.0 |] |> ignore
              for what, result, expected in
                  [ "alone", sin leaked, sin 6.0; "with itself", leaked + leaked, 12.0; "with a constant", leaked * 2.0, 12.0 ] do
                  expectSame expected result.Value what
                  Expect.isNull result.node $"{what}: a constant"
              let gradient = AD.grad (fun (x: Real[]) -> x[0] * leaked) [| Real 5.0 |]
              expectSame 6.0 gradient[0].Value "a factor of another level")

          testCase "threads that start the first batch together agree" (fun () ->
              for _ in 1..20 do
                  let compiled = AD.compile (fun (x: Real[]) -> [| sin x[0] * exp x[1]; x[0] / x[1] |]) (reals [| 1.0; 2.0 |])
                  let inputs = Array.init 128 (fun k -> 0.1 + float k / 64.0)
                  let batches = Array.init 8 (fun _ -> Array.zeroCreate<float> 128)
                  Parallel.For(0, batches.Length, (fun index -> compiled.RunBatch(ReadOnlySpan inputs, Span batches[index], 64))) |> ignore
                  for batch in batches do
                      Expect.equal (Array.map bits batch) (Array.map bits batches[0]) "the same bits") ]
