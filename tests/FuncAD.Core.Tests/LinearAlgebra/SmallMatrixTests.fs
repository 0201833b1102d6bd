/// Factorisations of small matrices: bitwise those of MathNet's managed algorithms, and exact where the entries are small integers.
module FuncAD.Tests.SmallMatrixTests

open System
open Expecto
open FuncAD
open FuncAD.Tests.Testing

let private matrix n (entries: float[]) = Tensor(entries, [| n; n |], null)

let private expectAll (expected: float[]) (actual: Tensor) (what: string) =
    Expect.equal actual.Length expected.Length what
    expected |> Array.iteri (fun index x -> expectSame x actual.Elements[index] $"{what}, element {index}")

/// Random entries with zeros and equal numbers among them, permutations, singular matrices.
let private entries (random: Random) n : float[] =
    match random.Next 6 with
    | 0 ->
        let order = Array.init n id
        random.Shuffle order
        Array.init (n * n) (fun index -> if order[index / n] = index % n then 1.0 else 0.0)
    | 1 -> Array.init (n * n) (fun _ -> float (random.Next(-2, 3)))
    | 2 -> Array.zeroCreate (n * n)
    | _ -> Array.init (n * n) (fun _ -> if random.Next 6 = 0 then 0.0 else 2.0 * random.NextDouble() - 1.0)

/// The determinant of integers by Laplace's expansion.
let rec private determinant (rows: int64 list list) : int64 =
    match rows with
    | [] -> 1L
    | first :: rest ->
        first |> List.mapi (fun j x -> (if j % 2 = 0 then x else -x) * determinant (rest |> List.map (List.removeAt j))) |> List.sum

[<Tests>]
let tests =
    testList
        "small matrices"
        [ testCase "solve, pivots and Cholesky's factor have the bits of MathNet's" (fun () ->
              let random = random "small"
              for _ in 1..1500 do
                  let n, columns = random.Next(1, SmallMatrices.Largest + 1), random.Next(1, 4)
                  let a = matrix n (entries random n)
                  let b = Tensor(Array.init (n * columns) (fun _ -> random.NextDouble() - 0.5), [| n; columns |], null)
                  let factors = (Tensor.toMatrix a).LU()
                  let pivots = factors.U.Diagonal().ToArray()
                  if Array.contains 0.0 pivots then
                      expectMentions [ "solve"; "singular" ] (thrown<ArgumentException>(fun () -> Tensor.solve a b |> ignore)).Message
                  else
                      let expected = Tensor.ofMatrix (factors.Solve(Tensor.toMatrix b))
                      expectAll expected.Elements (Tensor.solve a b) $"solve, order {n}"
                  let struct (own, isOdd, scale) = Pivots.Of a
                  expectAll pivots (Tensor(own, [| n |], null)) "pivots"
                  Expect.equal scale 0 "scale"
                  // the sign of zero says nothing here
                  expectEqual (factors.Determinant) ((if isOdd then -1.0 else 1.0) * Array.fold (*) 1.0 own) "determinant"
                  let square = Tensor.matmulTransposed false true a a + 0.01 * Tensor.identity n
                  let symmetric = 0.5 * square + 0.5 * Tensor.transpose square
                  let expected = Tensor.ofMatrix ((Tensor.toMatrix symmetric).Cholesky().Factor)
                  expectAll expected.Elements (Tensor.cholesky square) $"cholesky, order {n}")

          testCase "an indefinite matrix has no Cholesky factor, at any size" (fun () ->
              for n in 1..12 do
                  for place in 0 .. n - 1 do
                      let a =
                          matrix
                              n
                              (Array.init (n * n) (fun i ->
                                  if i / n <> i % n then 0.0
                                  elif i / n = place then -1.0
                                  else 2.0))
                      expectMentions
                          [ "cholesky"; "positive definite" ]
                          (thrown<ArgumentException>(fun () -> Tensor.cholesky a |> ignore)).Message)

          testCase "the adjugate of integers is exact, also of singular matrices" (fun () ->
              let random = random "adjugate"
              for _ in 1..500 do
                  let n = random.Next(2, SmallMatrices.LargestMinors + 1)
                  let a = Array.init (n * n) (fun _ -> float (random.Next(-9, 10)))
                  if random.Next 3 = 0 then Array.blit a 0 a n n
                  let rows = [ for i in 0 .. n - 1 -> [ for j in 0 .. n - 1 -> int64 a[i * n + j] ] ]
                  let cofactor i j =
                      let minor = rows |> List.removeAt i |> List.map (List.removeAt j) |> determinant
                      if (i + j) % 2 = 0 then minor else -minor
                  let expected = Array.init (n * n) (fun index -> float (cofactor (index % n) (index / n)))
                  SmallMatrices.adjugate n a |> Array.iteri (fun index x -> expectEqual expected[index] x $"order {n}, element {index}"))

          testCase "NaN, infinities, and sizes near the ends of double's range" (fun () ->
              for n in 1..9 do
                  let unit scale = matrix n (Array.init (n * n) (fun i -> if i / n = i % n then scale else 0.0))
                  for special in [ nan; infinity; -infinity ] do
                      let a = Array.copy (unit 2.0).Elements
                      a[n * n - 1] <- special
                      for x in (Tensor.solve (matrix n a) (unit 1.0)).Elements do
                          expectSame nan x "solve"
                      for x in (Tensor.cholesky (matrix n a)).Elements do
                          expectSame nan x "cholesky"
                      expectSame nan (Tensor.determinant (matrix n a)).Value "determinant"
                  for exponent in [ -1000; -200; 0; 200; 1000 ] do
                      let scale = Math.ScaleB(1.0, exponent)
                      expectAll (unit (1.0 / scale)).Elements (Tensor.solve (unit scale) (unit 1.0)) "solve"
                      expectAll (unit (sqrt scale)).Elements (Tensor.cholesky (unit scale)) "cholesky"
                      expectSame (Math.Pow(scale, float n)) (Tensor.determinant (unit scale)).Value "determinant")

          testCase "the symmetric part and Murray's Phi are what they are by other operations" (fun () ->
              let random = random "parts"
              for n in 0..9 do
                  let x = matrix n (Array.init (n * n) (fun _ -> random.NextDouble() - 0.5))
                  let byOthers = 0.5 * x + 0.5 * Tensor.swapAxes 0 1 x
                  expectAll byOthers.Elements (Matrices.symmetric x) "symmetric part"
                  let lower = Tensor.lowerTriangle 0 x - 0.5 * Tensor.diagonalMatrix (Tensor.diagonal x)
                  lower.Elements |> Array.iteri (fun i y -> expectEqual y (Matrices.phi x).Elements[i] "Phi"))

          testCase "transposes" (fun () ->
              for rows in [ 0; 1; 2; 3; 16; 17; 40 ] do
                  for columns in [ 0; 1; 2; 3; 16; 17; 40 ] do
                      let x = Tensor(Array.init (rows * columns) float, [| rows; columns |], null)
                      let y = Tensor.transpose x
                      Expect.equal y.Dimensions [| columns; rows |] "shape"
                      let expected = Array.init (rows * columns) (fun i -> float (i % rows * columns + i / rows))
                      expectAll expected y $"{rows} x {columns}") ]
