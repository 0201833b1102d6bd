/// Sums and dot products of numbers are the loops that they stand for, bit for bit, in every mode.
module FuncAD.Tests.DotTests

open System
open System.Threading
open Expecto
open FsCheck
open FsCheck.FSharp
open FuncAD
open FuncAD.Tests.Testing

/// A sum of numbers, or of their products with others, which it names by position: the inputs, the constants, the sums before it.
type private Sum = { X: int list; Y: int list option }

type private Case = { Point: float list; Constants: float list; Sums: Sum list }

let private sumByLoop (xs: Real[]) : Real = if xs.Length = 0 then real 0.0 else Array.reduce (+) xs

let private dotByLoop (xs: Real[]) (ys: Real[]) : Real =
    let mutable sum = real 0.0
    for index = 0 to xs.Length - 1 do
        sum <- sum + xs[index] * ys[index]
    sum

/// All numbers that the sums compute, after their inputs and constants.
let private run (sum: Real[] -> Real) (dot: Real[] -> Real[] -> Real) (case: Case) (x: Real[]) : Real[] =
    let numbers = ResizeArray<Real>(Seq.append x (Seq.map Real case.Constants))
    for { X = xs; Y = ys } in case.Sums do
        let at = List.map (fun index -> numbers[index % numbers.Count]) >> Array.ofList
        numbers.Add(
            match ys with
            | None -> sum (at xs)
            | Some ys ->
                let length = min xs.Length ys.Length
                dot (at (List.truncate length xs)) (at (List.truncate length ys))
        )
    numbers.ToArray()

let private modes: (string * ((Real[] -> Real[]) -> Real[] -> Real[])) list =
    let last (f: Real[] -> Real[]) (x: Real[]) : Real = (f x).Last
    [ "values", (fun f x -> f x)
      "gradient", (fun f x -> AD.grad (last f) x)
      "Jacobian by rows", (fun f x -> AD.jacobianReverse f x |> Seq.cast<Real> |> Seq.toArray)
      "directional derivative", (fun f x -> AD.jvp f x (x |> Array.mapi (fun index _ -> real (1.0 + float index))) |> snd)
      "Hessian", (fun f x -> AD.hessian (last f) x |> Seq.cast<Real> |> Seq.toArray)
      "reverse over reverse", (fun f x -> AD.grad (fun x -> sumByLoop (AD.grad (last f) x)) x)
      "numbers of two levels beside each other",
      (fun f x ->
          let inner (x: Real[]) = AD.grad (fun y -> last f (Array.mapi (fun index y -> if index % 2 = 0 then y else x[index]) y)) x
          AD.grad (fun x -> sumByLoop (inner x)) x)
      "compiled gradient", (fun f x -> (AD.compile (AD.grad (last f)) x).Invoke x) ]

let private cases: Arbitrary<Case> =
    let number =
        Gen.frequency
            [ 12, Gen.map (fun k -> float k / 7.0) (Gen.choose (-14, 14)); 1, Gen.elements [ 0.0; -0.0; 1.0; -1.0; 1e200; infinity ] ]
    let indices = Gen.listOf (Gen.choose (0, 99))
    let sum = Gen.map2 (fun xs ys -> { X = xs; Y = ys }) indices (Gen.frequency [ 1, Gen.constant None; 3, Gen.map Some indices ])
    let case = gen {
        let! point = Gen.resize 4 (Gen.nonEmptyListOf number)
        let! constants = Gen.resize 3 (Gen.listOf number)
        let! sums = Gen.resize 8 (Gen.nonEmptyListOf sum)
        return { Point = point; Constants = constants; Sums = sums }
    }
    let smaller case = seq {
        if case.Sums.Length > 1 then for index in 0 .. case.Sums.Length - 1 -> { case with Sums = List.removeAt index case.Sums }
        for index in 0 .. case.Sums.Length - 1 do
            let { X = xs; Y = ys } = case.Sums[index]
            if xs.Length > 1 then
                let shorter = { X = List.truncate (xs.Length - 1) xs; Y = ys }
                yield { case with Sums = List.updateAt index shorter case.Sums }
    }
    Arb.fromGenShrink (case, smaller)

let private expectAsLoops
    (what: string)
    (mode: (Real[] -> Real[]) -> Real[] -> Real[])
    (loops: Real[] -> Real[])
    (sums: Real[] -> Real[])
    (x: Real[])
    =
    Array.iteri2
        (fun index (expected: Real) (actual: Real) -> expectSame expected.Value actual.Value $"{what}, number {index}")
        (mode loops x)
        (mode sums x)

[<Tests>]
let tests =
    testList
        "dot"
        [ for name, mode in modes do
              law $"sums and dot products are loops, bit for bit: {name}" 1000 cases (fun case ->
                  expectAsLoops name mode (run sumByLoop dotByLoop case) (run Sums.sum Sums.dot case) (reals (Array.ofList case.Point)))

          // full chunks of the tape end some sums of the first, and the second fills one by itself
          testCase "sums across the chunks of the tape" (fun () ->
              let random = random "chunks"
              let pick count = List.init count (fun _ -> random.Next 1000)
              let many = [ for index in 1..2000 -> { X = pick (index % 9); Y = Some(pick (index % 9)) } ]
              let long = [ { X = pick 150_000; Y = Some(pick 150_000) }; { X = pick 70_000; Y = None } ]
              for sums in [ many; long ] do
                  let case = { Point = [ 0.3; -0.2; 0.1 ]; Constants = [ 0.01; 0.02 ]; Sums = sums }
                  let x = reals (Array.ofList case.Point)
                  for name, mode in
                      modes
                      |> List.filter (fun (name, _) ->
                          List.contains name [ "values"; "gradient"; "numbers of two levels beside each other" ]) do
                      expectAsLoops name mode (run sumByLoop dotByLoop case) (run Sums.sum Sums.dot case) x)

          testCase "an infinite factor in a sum that nothing uses" (fun () ->
              let f (x: Real[]) =
                  Sums.dot x (reals [| infinity; 1.0 |]) |> ignore
                  x[0] * x[0]
              Expect.equal (AD.grad f (reals [| 2.0; 3.0 |]) |> values) [| 4.0; 0.0 |] "a structural zero")

          testCase "products that are -0 add up to 0, as in a loop that starts from 0" (fun () ->
              let y, _ = AD.valueAndGrad (fun x -> Sums.dot x (reals [| 1.0; 1.0 |])) (reals [| -0.0; -0.0 |])
              expectSame 0.0 y.Value "value")

          testCase "numbers of a level that has ended are constants" (fun () ->
              let mutable leaked = [||]
              AD.grad
                  (fun (x: Real[]) ->
                      leaked <- x
                      x[0])
                  (reals [| 5.0; 7.0 |])
              |> ignore
              Expect.equal (AD.grad (fun x -> Sums.dot leaked x) (reals [| 2.0; 3.0 |]) |> values) [| 5.0; 7.0 |] "gradient")

          testCase "other threads are refused" (fun () ->
              let mutable error: exn = null
              let onAnotherThread (x: Real[]) =
                  let thread =
                      Thread(fun () ->
                          try
                              Sums.dot x x |> ignore
                          with e ->
                              error <- e)
                  thread.Start()
                  thread.Join()
                  x[0]
              AD.grad onAnotherThread (reals [| 1.0; 2.0 |]) |> ignore
              Expect.isTrue (error :? InvalidOperationException) "refused"
              expectMentions [ "another thread" ] error.Message)

          testCase "none, null and lengths that differ" (fun () ->
              expectSame 0.0 (Sums.sum [||]).Value "no numbers"
              expectSame 0.0 (Sums.dot [||] [||]).Value "no products"
              thrown<ArgumentNullException>(fun () -> Sums.sum null |> ignore) |> ignore
              thrown<ArgumentNullException>(fun () -> Sums.dot [||] null |> ignore) |> ignore
              (thrown<ArgumentException>(fun () -> Sums.dot (reals [| 1.0 |]) [||] |> ignore)).Message
              |> expectMentions [ "1 and 0"; "as many" ]) ]
