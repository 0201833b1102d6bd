module FuncAD.Tests.RandomKeyTests

open System
open System.Threading.Tasks
open Expecto
open FuncAD
open FuncAD.Rules
open FuncAD.Tests.Testing
open FuncAD.Tests.Significance

let private words (c: uint32 list) = uint64 c[0] ||| (uint64 c[1] <<< 32), uint64 c[2] ||| (uint64 c[3] <<< 32)

/// The known answers of philox4x32-10 in Random123 (tests/kat_vectors): counter, key, result.
let private knownAnswers =
    [ [ 0u; 0u; 0u; 0u ], [ 0u; 0u ], [ 0x6627e8d5u; 0xe169c58du; 0xbc57ac4cu; 0x9b00dbd8u ]
      List.replicate 4 0xffffffffu, List.replicate 2 0xffffffffu, [ 0x408f276du; 0x41c83b0eu; 0xa20bc7c6u; 0x6d5451fdu ]
      [ 0x243f6a88u; 0x85a308d3u; 0x13198a2eu; 0x03707344u ],
      [ 0xa4093822u; 0x299f31d0u ],
      [ 0xd16cfe09u; 0x94fdccebu; 0x5001e420u; 0x24126ea1u ] ]

/// A hash of the bits of many numbers, in order.
let private hash (numbers: float[]) =
    numbers |> Array.fold (fun hash x -> (hash ^^^ uint64 (bits x)) * 0x100000001B3UL) 0xCBF29CE484222325UL

let private atWidth<'V when 'V: struct and 'V :> ILanes<'V>> (uniform: float[]) : float[] =
    let normal = Array.zeroCreate<float> uniform.Length
    let p = ReadOnlySpan uniform
    let one = p.Slice(0, 1)
    Loop.On<'V, UnaryKernel<Special.NormalInverseCdf>>(UnaryKernel(Special.NormalInverseCdf()), p, one, one, one, Span normal, false)
    normal

type private Noisy = { Key: RandomKey; Scale: Real }

let private n = 40000

/// Streams of numbers that are to be independent: those of one key, and the first ones of many derived keys.
let private streams: (string * (RandomKey -> float[])) list =
    [ "one key", (fun key -> (key.Uniform n).ToArray())
      "folded keys", (fun key -> Array.init n (fun i -> key.Fold(i).Uniform()))
      "split keys", (fun key -> key.Split n |> Array.map _.Uniform())
      "keys folded in two steps", (fun key -> Array.init n (fun i -> key.Fold(i / 200).Fold(i % 200).Uniform()))
      "seeds", (fun _ -> Array.init n (fun i -> RandomKey.Of(i).Uniform()))
      "a chain of keys", (fun key -> Array.scan (fun (key: RandomKey) _ -> key.Fold 1) key [| 2..n |] |> Array.map _.Uniform())
      "mirrored keys", (fun key -> Array.init n (fun i -> key.Fold(i).Mirrored.Uniform())) ]

[<Tests>]
let tests =
    testList
        "random keys"
        [ testCase "Philox gives the published answers" (fun () ->
              for counter, key, answer in knownAnswers do
                  let low, high = words counter
                  let struct (first, second) = Philox.Block(uint64 key[0] ||| (uint64 key[1] <<< 32), low, high)
                  Expect.equal (first, second) (words answer) $"counter {counter}")

          testCase "the draws of a seed are Philox's blocks for the counters 0, 1, ..." (fun () ->
              for seed in [ 0UL; 1UL; 0x299f31d0a4093822UL; UInt64.MaxValue ] do
                  let expected =
                      Array.init 7 (fun i ->
                          let struct (first, second) = Philox.Block(seed, uint64 (i / 2), 0UL)
                          if i % 2 = 0 then first else second)
                  let key = RandomKey.Of seed
                  Expect.equal (key.Bits 7) expected "bits"
                  Expect.equal (key.Bits 6) expected[..5] "an even number of them"
                  Expect.equal (key.Bits()) expected[0] "the first"
                  let uniform = (key.Uniform 7).ToArray()
                  Expect.equal uniform (expected |> Array.map (fun bits -> (float (bits >>> 12) + 0.5) / 4503599627370496.0)) "uniform"
                  Expect.equal (key.Uniform()) uniform[0] "the first uniform number"
                  Expect.equal (Array.init 7 key.UniformAt) uniform "each at its index"
                  Expect.equal (key.Normal()) ((key.Normal 7).ToArray()[0]) "the first normal number")

          testCase "uniform numbers leave out 0 and 1, and 1 - u is exact" (fun () ->
              for seed in 0..999 do
                  let key = RandomKey.Of seed
                  let u = key.Uniform()
                  Expect.isTrue (u > 0.0 && u < 1.0) "open"
                  Expect.equal (u * 9007199254740992.0 % 2.0) 1.0 "a midpoint"
                  expectSame (1.0 - u) (key.Mirrored.Uniform()) "mirrored"
                  expectSame -(key.Normal()) (key.Mirrored.Normal()) "mirrored normal"
                  Expect.equal (key.Mirrored.Bits()) ~~~(key.Bits()) "mirrored bits")

          testCase "bits, uniform and normal numbers have these values on every machine" (fun () ->
              let key = RandomKey.Of(17).Fold(3).Split(2)[1]
              Expect.equal (key.Bits()) 0xB1B4BF3B131A7CF3UL "bits"
              Expect.equal (hash ((key.Uniform 10007).ToArray())) 0x2430699EE7ED1981UL "uniform"
              Expect.equal (hash ((key.Normal 10007).ToArray())) 0x9A65D6BD5F688432UL "normal")

          testCase "normal numbers do not depend on the vectors' width, and are the quantiles of the uniform ones" (fun () ->
              let key = RandomKey.Of 18
              let uniform = Array.append ((key.Uniform 10007).ToArray()) [| Math.ScaleB(1.0, -53); 1.0 - Math.ScaleB(1.0, -53) |]
              let normal = atWidth<Lane128> uniform
              Expect.equal (atWidth<Lane256> uniform) normal "256"
              Expect.equal (atWidth<Lane512> uniform) normal "512"
              Expect.equal ((key.Normal 10007).ToArray()) normal[..10006] "the key's own"
              // the vector form and the rule's value are within 3 ulp of the quantile each (docs/accuracy.md)
              Array.iter2 (fun u z -> expectClose 12.0 (SpecialValues.normalInverseCdf u) z $"quantile of {text u}") uniform normal)

          testCase "all threads draw the same" (fun () ->
              let key = RandomKey.Of 19
              let draw (key: RandomKey) = hash ((key.Normal(3, 5)).ToArray())
              let expected = key.Split 200 |> Array.map draw
              let found = Array.zeroCreate 200
              Parallel.For(0, 200, (fun i -> found[199 - i] <- draw (key.Split(200)[199 - i]))) |> ignore
              Expect.equal found expected "hashes")

          testCase "derived keys are all different, and splits begin alike" (fun () ->
              let key = RandomKey.Of 20
              let derived = [ yield key; yield! key.Split 500; for i in -250L .. 250L -> key.Fold i ]
              let deeper =
                  [ for parent in List.truncate 50 derived do
                        yield! parent.Split 20
                        yield parent.Fold 7 ]
              let all =
                  List.concat [ derived; List.filter (fun k -> not (List.contains k derived)) deeper; derived |> List.map _.Mirrored ]
              Expect.equal (List.length (List.distinct all)) (List.length all) "keys"
              Expect.equal (key.Split(500)[..2]) (key.Split 3) "a shorter split"
              let struct (first, second) = key.Split()
              Expect.equal [| first; second |] (key.Split 2) "a pair"
              Expect.equal (key.Fold(5).Mirrored) (key.Mirrored.Fold 5) "the mirror of a derived key"
              Expect.equal key.Mirrored.Mirrored key "the mirror's mirror"
              Expect.equal (Unchecked.defaultof<RandomKey>) (RandomKey.Of 0) "the default"
              Expect.equal (RandomKey.Of -1) (RandomKey.Of UInt64.MaxValue) "a negative seed"
              Expect.equal (RandomKey.Of -1L) (RandomKey.Of -1) "a long one"
              Expect.equal (string (RandomKey.Of 255)) "RandomKey(00000000000000FF-0000000000000000)" "text"
              Expect.equal (string (RandomKey.Of 1).Mirrored) "RandomKey(0000000000000001-0000000000000000, mirrored)" "text"
              Expect.isTrue (key.Equals(box key) && key.GetHashCode() = (RandomKey.Of 20).GetHashCode()) "equality"
              Expect.isFalse (key.Equals(box 20)) "another type")

          testCase "a key rides along in a structure" (fun () ->
              let noisy = { Key = RandomKey.Of 21; Scale = Real 3.0 }
              let gradient = AD.grad (fun (p: Noisy) -> p.Scale * p.Scale * p.Key.Uniform()) noisy
              Expect.equal gradient.Key noisy.Key "the key"
              expectSame (6.0 * noisy.Key.Uniform()) gradient.Scale.Value "the slope")

          testCase "shapes, and what is wrong with them" (fun () ->
              let key = RandomKey.Of 22
              Expect.equal (key.Normal(2, 3).Shape |> Seq.toList) [ 2; 3 ] "shape"
              Expect.equal ((key.Uniform([||]: int[])).Rank) 0 "a number"
              Expect.equal (key.Uniform(2, 0).Length, key.Normal(0).Length, (key.Bits 0).Length, (key.Split 0).Length) (0, 0, 0, 0) "empty"
              thrown<ArgumentException>(fun () -> key.Uniform(2, -1) |> ignore)
              |> _.Message
              |> expectMentions [ "RandomKey.Uniform"; "-1" ]
              thrown<ArgumentException>(fun () -> key.Normal -2 |> ignore) |> _.Message |> expectMentions [ "RandomKey.Normal"; "-2" ]
              thrown<ArgumentOutOfRangeException>(fun () -> key.Split -1 |> ignore)
              |> _.Message
              |> expectMentions [ "RandomKey.Split"; "-1" ]
              thrown<ArgumentOutOfRangeException>(fun () -> key.Bits -1 |> ignore)
              |> _.Message
              |> expectMentions [ "RandomKey.Bits"; "-1" ]
              thrown<ArgumentNullException>(fun () -> key.Uniform(null: int[]) |> ignore) |> ignore
              thrown<ArgumentNullException>(fun () -> key.Normal(null: int[]) |> ignore) |> ignore)

          for name, draw in streams do
              testKey $"{name}: uniform, and each number independent of the one before" 23 (fun key ->
                  let u = draw key
                  expectUniform u name
                  expectUncorrelated u[1..] u[.. n - 2] $"{name}, in a row"
                  let cell (i: int) = 16 * int (16.0 * u[2 * i]) + int (16.0 * u[2 * i + 1])
                  let counts = Array.zeroCreate 256
                  for i in 0 .. n / 2 - 1 do
                      counts[cell i] <- counts[cell i] + 1.0
                  expectCounts (Array.create 256 (float (n / 2) / 256.0)) counts $"{name}, in pairs"
                  expectUniform (u |> Array.map (fun u -> u * 65536.0 % 1.0)) $"{name}, low bits")

          testKey "normal numbers are normal" 24 (fun key ->
              let z = (key.Normal(2, n / 2)).ToArray()
              expectUniform (z |> Array.map SpecialValues.normalCdf) "distribution"
              expectUncorrelated z[1..] z[.. n - 2] "in a row")

          testKey "each bit is 1 half of the time" 25 (fun key ->
              let bits = Array.append (key.Bits n) (Array.init n (fun i -> key.Fold(i).Bits()))
              for bit in 0..63 do
                  let ones = bits |> Array.sumBy (fun x -> float ((x >>> bit) &&& 1UL))
                  expectNormal ((ones - float n) / sqrt (float n / 2.0)) $"bit {bit}")

          testKey "what is derived from a key is independent of its draws, and of what is derived otherwise" 26 (fun key ->
              let own = (key.Uniform n).ToArray()
              let folded = Array.init n (fun i -> key.Fold(i).Uniform())
              let split = key.Split n |> Array.map _.Uniform()
              expectUncorrelated own folded "draws and folded keys"
              expectUncorrelated own split "draws and split keys"
              expectUncorrelated folded split "folded and split keys"
              let parents = key.Split n
              expectUncorrelated (parents |> Array.map _.Uniform()) (parents |> Array.map _.Fold(0).Uniform()) "parents and children"
              expectUncorrelated (parents |> Array.map _.Uniform()) (parents |> Array.map _.Split(1).[0].Uniform()) "parents and splits") ]
