/// Matrix products, by whatever computes them: against three loops.
module FuncAD.Tests.BackendTests

#nowarn "9" // pinned arrays

open System
open Expecto
open FuncAD
open FuncAD.Tests.Testing

let private managed = Backend.Choose "none"

/// The native library if this machine has one, the fallback, and what the process uses.
let private everyProducts = [ managed; Backend.Choose null ] |> List.distinctBy _.Name

type private Case = { TransA: bool; TransB: bool; M: int; N: int; K: int; Alpha: float; Beta: float }

/// Sizes around those of the registers (4 x 8 and 8 x 16), a panel's depth (256), a turned block's height (256), and where the
/// implementations hand over to one another.
let private cases =
    let shapes =
        [ for m in [ 0; 1; 2; 3; 4; 5; 9 ] do
              for n in [ 0; 1; 2; 7; 8; 9; 17 ] do
                  for k in [ 0; 1; 2; 3; 8; 17 ] do
                      m, n, k
          33, 31, 29
          64, 64, 64
          37, 65, 300
          5, 3, 513
          1, 40, 700
          40, 1, 700
          1, 700, 40
          700, 1, 40
          128, 9, 257
          300, 40, 20
          20, 300, 260
          8, 16, 5
          9, 24, 5 ]
    [ for m, n, k in shapes do
          for transA in [ false; true ] do
              for transB in [ false; true ] do
                  for alpha, beta in [ 1.0, 0.0; -0.75, 1.0; 1.5, -2.25; 0.0, 0.5; 0.0, 0.0 ] do
                      { TransA = transA; TransB = transB; M = m; N = n; K = k; Alpha = alpha; Beta = beta } ]

/// Three loops, and the bound of the error. A computed sum of k products, each times alpha, is within (k + 2) u |alpha| |A||B| of the exact
/// one in whatever order it is taken (Higham, "Accuracy and Stability of Numerical Algorithms", 2002, section 3.5; gamma is within
/// 1% of its first-order term here), and beta c and the last sum add two roundings of their terms; both sides may be off by so much.
let private expected (case: Case) (a: float[]) (b: float[]) (c: float[]) : (float * float)[] =
    [| for i in 0 .. case.M - 1 do
           for j in 0 .. case.N - 1 do
               let products =
                   [| for p in 0 .. case.K - 1 do
                          let left = if case.TransA then a[p * case.M + i] else a[i * case.K + p]
                          let right = if case.TransB then b[j * case.K + p] else b[p * case.N + j]
                          left * right |]
               let before = if case.Beta = 0.0 then 0.0 else case.Beta * c[i * case.N + j]
               let magnitude = abs case.Alpha * Array.sumBy abs products + abs before
               case.Alpha * Array.sum products + before, 2.0 * 1.01 * float (case.K + 4) * u * magnitude |]

let private check (products: Products) (case: Case) =
    let random = random $"product {case.M} {case.N} {case.K}"
    let numbers length = Array.init length (fun _ -> 2.0 * random.NextDouble() - 1.0)
    let a, b = numbers (case.M * case.K), numbers (case.K * case.N)
    // where beta is 0, what is in C must not be read; and nobody writes beyond it
    let length = case.M * case.N
    let before = if case.Beta = 0.0 then Array.create length nan else numbers length
    let c = Array.append before [| 7.0; 7.0; 7.0 |]
    products.Gemm(case.TransA, case.TransB, case.M, case.N, case.K, case.Alpha, ReadOnlySpan a, ReadOnlySpan b, case.Beta, Span c)
    expected case a b before
    |> Array.iteri (fun index (value, bound) ->
        if not (abs (c[index] - value) <= bound) then expectWithin bound value c[index] $"{products.Name}, {case}, element {index}")
    Expect.equal c[length..] [| 7.0; 7.0; 7.0 |] "behind the result"

let private multiply (products: Products) (m: int) (n: int) (k: int) (a: float[]) (b: float[]) =
    let c = Array.zeroCreate (m * n)
    products.Gemm(false, false, m, n, k, 1.0, ReadOnlySpan a, ReadOnlySpan b, 0.0, Span c)
    c

[<Tests>]
let tests =
    testList
        "matrix products"
        [ for products in everyProducts do
              testList
                  products.Name
                  [ testCase "every transposition, size, alpha and beta agree with three loops" (fun () ->
                        cases |> List.iter (check products))

                    testCase "parts of arrays" (fun () ->
                        let a, c = [| nan; 1.0; 2.0; 3.0; nan |], [| 5.0; 0.0; 5.0 |]
                        products.Gemm(false, true, 1, 1, 3, 1.0, ReadOnlySpan(a, 1, 3), ReadOnlySpan(a, 1, 3), 0.0, Span(c, 1, 1))
                        Expect.equal c [| 5.0; 14.0; 5.0 |] "1 + 4 + 9")

                    testCase "infinities and NaN reach the elements that they belong to, and no other" (fun () ->
                        for size in [ 3; 40 ] do
                            let a = Array.init (size * size) (fun index -> 1.0 + float (index % 5))
                            let b = Array.copy a
                            a[1 * size + 2] <- nan
                            b[2 * size + 1] <- infinity
                            let c = multiply products size size size a b
                            for i in 0 .. size - 1 do
                                for j in 0 .. size - 1 do
                                    let element = c[i * size + j]
                                    if i = 1 then Expect.isTrue (Double.IsNaN element) $"({i}, {j}) is NaN"
                                    elif j = 1 then Expect.equal element infinity $"({i}, {j}) is infinite"
                                    else Expect.isTrue (Double.IsFinite element) $"({i}, {j}) is finite")

                    testCase "the same bits each time, also from many threads at once" (fun () ->
                        for m, n, k in [ 3, 4, 5; 50, 60, 70; 200, 190, 210; 1, 300, 2000; 300, 1, 2000 ] do
                            let a, b = Array.init (m * k) (fun i -> sin (float i)), Array.init (k * n) (fun i -> cos (float i))
                            let once = multiply products m n k a b
                            let again = Array.Parallel.init 16 (fun _ -> multiply products m n k a b)
                            for c in again do
                                Expect.equal c once $"{m} x {n} x {k}")

                    testCase "what does not fit is refused by name" (fun () ->
                        let refuse parameter (parts: string list) (m: int) (n: int) (k: int) (a: float[]) (b: float[]) (c: float[]) =
                            let error =
                                thrown<ArgumentException>(fun () ->
                                    products.Gemm(false, false, m, n, k, 1.0, ReadOnlySpan a, ReadOnlySpan b, 0.0, Span c))
                            Expect.equal error.ParamName parameter "parameter"
                            expectMentions ("Gemm" :: parts) error.Message
                        let zeros length : float[] = Array.zeroCreate length
                        refuse "a" [ "2 x 4 = 8"; "7" ] 2 3 4 (zeros 7) (zeros 12) (zeros 6)
                        refuse "b" [ "4 x 3 = 12"; "11" ] 2 3 4 (zeros 8) (zeros 11) (zeros 6)
                        refuse "c" [ "2 x 3 = 6"; "5" ] 2 3 4 (zeros 8) (zeros 12) (zeros 5)
                        refuse "a" [ "100000 x 100000 = 10000000000" ] 100000 1 100000 (zeros 8) (zeros 12) (zeros 5)
                        refuse "m" [ "-1" ] -1 3 4 (zeros 8) (zeros 12) (zeros 5))

                    testCase "threads" (fun () ->
                        let before = products.Threads
                        Expect.isGreaterThan before 0 "as it is"
                        try
                            products.Threads <- 1
                            Expect.equal products.Threads 1 "as it was set"
                            check products { TransA = false; TransB = true; M = 70; N = 80; K = 90; Alpha = 1.0; Beta = 0.0 }
                        finally
                            products.Threads <- before) ]

          testCase "managed: an element's bits are those of its row times its column, at any number of threads" (fun () ->
              let m, n, k = 133, 70, 300
              for transA in [ false; true ] do
                  for transB in [ false; true ] do
                      let a, b = Array.init (m * k) (fun i -> sin (float i)), Array.init (k * n) (fun i -> cos (float i))
                      let product threads =
                          let c = Array.zeroCreate<float>(m * n)
                          use pa = fixed a
                          use pb = fixed b
                          use pc = fixed c
                          PackedProduct.multiply threads transA transB m n k 1.0 pa pb 0.0 pc
                          c
                      let once = product 1
                      for threads in [ 2; 3; 5 ] do
                          Expect.equal (product threads) once $"{threads} threads"
                      for i, j in [ 0, 0; 7, 15; 8, 16; 131, 69; 132, 64; 132, 69 ] do
                          let row = Array.init k (fun p -> if transA then a[p * m + i] else a[i * k + p])
                          let column = Array.init k (fun p -> if transB then b[j * k + p] else b[p * n + j])
                          let c = [| nan |]
                          use pa = fixed row
                          use pb = fixed column
                          use pc = fixed c
                          PackedProduct.multiply 1 false false 1 1 k 1.0 pa pb 0.0 pc
                          expectSame once[i * n + j] c[0] $"({i}, {j}), transposed: {transA}, {transB}")

          testCase "none is the fallback" (fun () ->
              Expect.isFalse managed.IsNative "managed"
              expectMentions [ "managed code" ] managed.Name)

          testCase "a library that is not there, or is no BLAS, is passed over, and the name says so" (fun () ->
              let path = IO.Path.GetTempFileName()
              try
                  IO.File.WriteAllText(path, "no library")
                  for library in [ "no-such-library"; "/no/such/library.so"; path; "libc.so.6" ] do
                      let products = Backend.Choose library
                      Expect.isFalse products.IsNative library
                      expectMentions [ "managed code"; library ] products.Name
                      check products { TransA = true; TransB = false; M = 9; N = 10; K = 11; Alpha = 2.0; Beta = 0.5 }
              finally
                  IO.File.Delete path)

          testCase "the process has chosen once" (fun () ->
              Expect.equal Backend.Name (Backend.Choose(Environment.GetEnvironmentVariable "FUNCAD_BLAS")).Name "name"
              Expect.equal Backend.IsNative (not (Backend.Name.StartsWith "managed")) "native"
              Expect.isGreaterThan Backend.Threads 0 "threads"
              thrown<ArgumentOutOfRangeException>(fun () -> Backend.Threads <- 0) |> ignore
              let c = [| nan |]
              Backend.Gemm(false, false, 1, 1, 2, 1.0, ReadOnlySpan [| 2.0; 3.0 |], ReadOnlySpan [| 5.0; 7.0 |], 0.0, Span c)
              Expect.equal c [| 31.0 |] "2 * 5 + 3 * 7"
              Expect.equal (Backend.Dot(ReadOnlySpan [| 2.0; 3.0 |], ReadOnlySpan [| 5.0; 7.0 |])) 31.0 "dot") ]
