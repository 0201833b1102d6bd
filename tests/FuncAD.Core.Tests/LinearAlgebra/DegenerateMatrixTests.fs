/// Linear algebra where it is awkward: matrices of any scale, singular ones, repeated eigenvalues, entries that are NaN or infinite.
module FuncAD.Tests.DegenerateMatrixTests

open System
open Expecto
open FuncAD
open FuncAD.Tests.Testing
open FuncAD.Tests.ArrayLaws

let private transpose (x: Tensor) : Tensor = Tensor.transpose x
let private matmul (a: Tensor) (b: Tensor) : Tensor = Tensor.matmul a b
let private sum (w: Tensor) (x: Tensor) : Real = Tensor.sum (w * x)
let private isAllNaN (x: Tensor) = x.ToArray() |> Array.forall Double.IsNaN
let private largest (x: Tensor) = Array.fold (fun largest x -> max largest (abs x)) 0.0 (x.ToArray())
let private diagonal (d: float list) = Tensor.diagonalMatrix (Tensor.ofArray (Array.ofList d))
let private weightsOf (random: Random) (x: Tensor) = uniform random -1.0 1.0 (List.ofArray x.Dimensions)

/// An orthogonal matrix: the product of reflections.
let private rotation (random: Random) n =
    let mutable q: Tensor = Tensor.identity n
    for _ = 1 to n do
        let v = uniform random -1.0 1.0 [ n; 1 ]
        let vv: Tensor = matmul v (transpose v)
        q <- matmul q (Tensor.identity n - 2.0 / (Tensor.trace vv).Value * vv)
    q

// ---- Scale ----

/// An operation, the degrees of its results as functions of the matrix, and whether it wants more rows than columns.
let private scalable: (string * (Tensor -> Tensor[]) * float list * bool) list =
    let right (a: Tensor) = Tensor.Uniform(1.0, [| a.Dimensions[0]; 1 |])
    [ "solve", (fun a -> [| Tensor.solve a (right a) |]), [ -1.0 ], false
      "solveLower", (fun a -> [| Tensor.solveLower a (right a) |]), [ -1.0 ], false
      "inverse", (fun a -> [| Tensor.inverse a |]), [ -1.0 ], false
      "logDeterminant", (fun a -> [| Tensor.Of(Tensor.logDeterminant a) |]), [ 0.0 ], false
      "cholesky", (fun a -> [| Tensor.cholesky a |]), [ 0.5 ], false
      "qr", (fun a -> let struct (q, r) = Tensor.qr a in [| q; r |]), [ 0.0; 1.0 ], true
      "eigenSymmetric", (fun a -> let struct (w, v) = Tensor.eigenSymmetric a in [| w; v |]), [ 1.0; 0.0 ], false
      "svd", (fun a -> let struct (u, s, v) = Tensor.svd a in [| u; s; v |]), [ 0.0; 1.0; 0.0 ], true
      "svd, wide", (fun a -> let struct (u, s, v) = Tensor.svd (transpose a) in [| u; s; v |]), [ 0.0; 1.0; 0.0 ], true
      "leastSquares", (fun a -> [| Tensor.leastSquares a (right a) |]), [ -1.0 ], true
      "squareRoot", (fun a -> [| Tensor.squareRoot a |]), [ 0.5 ], false
      "root of a symmetric one", (fun a -> [| Tensor.symmetricFunction sqrt a |]), [ 0.5 ], false ]

/// Symmetric, positive, with eigenvalues between 1 and 6 that are apart.
let private ordinary (random: Random) n : Tensor =
    let q = rotation random n
    matmul (q * Tensor.ofArray (Array.init n (fun i -> 1.0 + float i + 0.2 * random.NextDouble()))) (transpose q)

let private scale =
    testList
        "scale"
        [ for name, f, degrees, isTall in scalable do
              testCase name (fun () ->
                  let random = random name
                  for n in 1..5 do
                      let a = ordinary random n
                      let a = if isTall then Tensor.concatenate 0 [ a; weightsOf random (Tensor.zeros [ 2; n ]) ] else a
                      let y = f a
                      let w = y |> Array.map (weightsOf random)
                      for power in [ -200; -20; 20; 200 ] do
                          let k = Math.Pow(10.0, float power)
                          let scaled = f (a * k)
                          for index, degree in List.indexed degrees do
                              let expected =
                                  if name = "logDeterminant" then y[index] + float n * Math.Log k else y[index] * Math.Pow(k, degree)
                              // Rounding k A perturbs A by one rounding, which these matrices magnify to less than a thousand.
                              let bound x = 1e4 * u * largest x
                              Array.iteri2
                                  (fun i e a -> expectWithin (bound expected) e a $"{name}, {n}, {power}: result {index}[{i}]")
                                  (expected.ToArray())
                                  (scaled[index].ToArray())
                              let gradient a : Tensor = AD.grad (fun a -> sum w[index] ((f a).[index])) a
                              let expected = gradient a * Math.Pow(k, degree - 1.0)
                              // below the smallest normal double, or beyond the largest, nothing can be compared
                              if 1e-290 < Math.Pow(k, degree - 1.0) && Math.Pow(k, degree - 1.0) < 1e290 then
                                  let slack = 1e6 * u * largest expected
                                  Array.iteri2
                                      (fun i e a -> expectWithin slack e a $"{name}, {n}, {power}: gradient {index}[{i}]")
                                      (expected.ToArray())
                                      ((gradient (a * k)).ToArray()))
          testCase "tangents of any size beside the matrix, in every nesting: Cholesky and QR" (fun () ->
              let number (t: Real) = Tensor.reshape [ 1; 1 ] (Tensor.stack [ t ])
              let check what (expected: float) (actual: Real) = expectWithin (32.0 * u * abs expected) expected actual.Value what
              let root t = Tensor.sum (Tensor.cholesky (number t))
              let rOf t = let struct (_, r) = Tensor.qr (Tensor.reshape [ 2; 1 ] t) in Tensor.sum r
              let nestings (f: Real -> Real) x =
                  [ "forward", AD.diffn 2 f x
                    "reverse over forward", AD.grad (AD.diff f) x
                    "forward over reverse", AD.diff (fun (t: Real) -> AD.grad f t) x
                    "reverse", AD.grad (fun (t: Real) -> AD.grad f t) x ]
              for size in [ 1e-200; 1e-155; 1.0; 1e155; 1e200 ] do
                  for nesting, slope in nestings root (Real size) do
                      check $"cholesky, {nesting}, {size}" (-0.25 / size / sqrt size) slope
                  for nesting, slope in nestings (fun t -> rOf (Tensor.stack [ Real size; t ])) (Real 0.0) do
                      check $"qr, {nesting}, {size}" (1.0 / size) slope
              for size, slope in [ 1e-300, 1e10; 1e300, 1e-30 ] do
                  check
                      $"qr, {slope} beside {size}"
                      slope
                      (AD.diff (fun t -> rOf (Tensor.stack [ Real size + slope * t; Real 0.0 ])) (Real 0.0))
                  check
                      $"cholesky, {slope} beside {size}"
                      (0.5 * slope / sqrt size)
                      (AD.diff (fun t -> root (Real size + slope * t)) (Real 0.0)))
          testCase "rows and columns of their own scales: determinant, its logarithm, solve" (fun () ->
              let random = random "rows"
              for n in 2..4 do
                  for _ = 1 to 20 do
                      let a = ordinary random n
                      // the quotient of two rows may be less than the smallest double
                      let powers bound = Array.init n (fun _ -> Math.ScaleB(1.0, random.Next(-bound, bound)))
                      let rows, columns = Tensor.reshape [ n; 1 ] (Tensor.ofArray (powers 600)), Tensor.ofArray (powers 400)
                      let logs = Array.append (rows.ToArray()) (columns.ToArray()) |> Array.sumBy Math.Log2
                      let scaled: Tensor = rows * a * columns
                      let determinant = (Tensor.determinant a).Value
                      if abs logs < 900.0 then
                          expectClose 1e3 (Math.ScaleB(determinant, int logs)) (Tensor.determinant scaled).Value "determinant"
                          let expected, actual = AD.grad Tensor.determinant a, AD.grad Tensor.determinant scaled
                          for i in 0 .. n - 1 do
                              for j in 0 .. n - 1 do
                                  let power = int (logs - Math.Log2(rows.ToArray()[i]) - Math.Log2(columns.ToArray()[j]))
                                  let slope = expected[i, j].Value
                                  // out of the range of double it is what it is
                                  if abs power < 1000 then
                                      expectWithin (1e3 * u * determinant) slope (Math.ScaleB(actual[i, j].Value, -power)) "its gradient"
                      expectWithin
                          (1e3 * u * (1.0 + abs logs))
                          (Math.Log determinant + logs * Math.Log 2.0)
                          (Tensor.logDeterminant scaled).Value
                          "logDeterminant"
                      let x: Tensor = Tensor.solve scaled (rows * Tensor.ones [ n; 1 ])
                      let expected: Tensor = Tensor.solve a (Tensor.ones [ n; 1 ]) / Tensor.reshape [ n; 1 ] columns
                      Array.iter2 (fun e a -> expectWithin (1e5 * u) 1.0 (a / e) "solve") (expected.ToArray()) (x.ToArray())) ]

// ---- Singular matrices ----

/// The determinant as the sum over permutations, over numbers: a polynomial, right everywhere.
let private leibniz (a: Tensor) : Real =
    let rec expand row (columns: int list) : Real =
        match columns with
        | [] -> Real 1.0
        | _ ->
            columns
            |> List.mapi (fun index column ->
                (if index % 2 = 0 then 1.0 else -1.0) * a[row, column] * expand (row + 1) (List.removeAt index columns))
            |> List.reduce (+)
    expand 0 [ 0 .. a.Dimensions[0] - 1 ]

/// First and second derivatives along two directions, in every mode and nesting.
let private derivatives (f: Tensor -> Real) (a: Tensor) (v: Tensor) (w: Tensor) : (string * float) list =
    let forward (d: Tensor) (g: Tensor -> Real) (a: Tensor) : Real = snd (AD.jvp g a d)
    let reverse (d: Tensor) (g: Tensor -> Real) (a: Tensor) : Real = sum d (AD.grad g a)
    [ "forward", forward v f
      "reverse", reverse v f
      "forward over forward", forward w (forward v f)
      "reverse over forward", reverse w (forward v f)
      "forward over reverse", forward w (reverse v f)
      "reverse over reverse", reverse w (reverse v f) ]
    |> List.map (fun (name, g) -> name, (g a).Value)

/// Matrices with a structure, some of them singular, of the size 1.
let private structured (random: Random) n : (string * Tensor) list =
    let vector () = uniform random -1.0 1.0 [ n; 1 ]
    let repeated = diagonal [ for i in 0 .. n - 1 -> if i < 2 then 2.0 else 1.0 ]
    let lacking = diagonal [ for i in 0 .. n - 1 -> if i = 0 then 0.0 else 1.0 + float i ]
    let permutation = tensor [ n; n ] [ for i in 0 .. n * n - 1 -> if i % n = (i / n + 1) % n then 1.0 else 0.0 ]
    [ "identity", Tensor.identity n
      "zero", Tensor.zeros [ n; n ]
      "repeated", repeated
      "one zero", lacking
      "rank one", matmul (vector ()) (transpose (vector ()))
      "permutation", permutation
      "two zeros", diagonal [ for i in 0 .. n - 1 -> if i < 2 then 0.0 else 1.0 ]
      "any", uniform random -1.0 1.0 [ n; n ] ]
    |> List.collect (fun (name, a) ->
        let q, p = rotation random n, rotation random n
        [ name, a; name + ", turned", matmul (matmul q a) (transpose q); name + ", turned on both sides", matmul (matmul q a) p ])

let private singular =
    testList
        "singular"
        [ for n in 1..4 do
              testCase $"the determinant, {n}" (fun () ->
                  let random = random $"determinant{n}"
                  for name, a in structured random n do
                      let v, w = weightsOf random a, weightsOf random a
                      for power in [ -20; 0; 20 ] do
                          let k = Math.Pow(10.0, float power)
                          // n! products of n factors below 2 each, and as much again for the orthogonal factors
                          let bound order = 1e4 * u * Math.Pow(k, float (n - order)) * 20.0
                          let third (f: Tensor -> Real) (a: Tensor) : float =
                              (snd (AD.jvp (fun a -> snd (AD.jvp (fun a -> sum v (AD.grad f a)) a w)) a v)).Value
                          expectWithin
                              (bound 3)
                              (third leibniz (a * k))
                              (third Tensor.determinant (a * k))
                              $"{name}, {n}, {power}: third order"
                          for (nesting, expected), (_, actual) in
                              List.zip (derivatives leibniz (a * k) v w) (derivatives Tensor.determinant (a * k) v w) do
                              expectWithin
                                  (bound (if nesting.Contains "over" then 2 else 1))
                                  expected
                                  actual
                                  $"{name}, {n}, {power}: {nesting}")
          testCase "the logarithm of a determinant of 0 is -infinity, and has no slope" (fun () ->
              let f = Tensor.logDeterminant
              for a in [ Tensor.zeros [ 2; 2 ]; tensor [ 2; 2 ] [ 1.0; 2.0; 2.0; 4.0 ] ] do
                  expectSame Double.NegativeInfinity (f a).Value "the value"
                  for nesting, slope in derivatives f a (Tensor.ones [ 2; 2 ]) (Tensor.identity 2) do
                      expectSame nan slope nesting)
          testCase "QR of dependent columns has no slope in any mode, at any scale" (fun () ->
              let random = random "dependent"
              for k in [ 1e-200; 1.0; 1e200 ] do
                  for n in 2..4 do
                      let x = uniform random -1.0 1.0 [ n + 1; n - 1 ]
                      for last in [ matmul x (uniform random -1.0 1.0 [ n - 1; 1 ]); Tensor.zeros [ n + 1; 1 ]; Tensor.slice 1 0 1 1 x ] do
                          let a = Tensor.concatenate 1 [ x; last ] * k
                          let struct (q, r) = Tensor.qr a
                          Array.iter2 (fun e a -> expectWithin (1e3 * u * k) e a "Q R = A") (a.ToArray()) ((matmul q r).ToArray())
                          let v = weightsOf random a
                          for f in
                              [ (fun a -> let struct (q, _) = Tensor.qr a in Tensor.sum q)
                                (fun a -> let struct (_, r) = Tensor.qr a in Tensor.sum r) ] do
                              for nesting, slope in derivatives f a v v do
                                  expectSame nan slope $"{nesting}, {n}, {k}"
                          let message =
                              (thrown<ArgumentException>(fun () -> Tensor.leastSquares a (Tensor.ones [ n + 1 ]) |> ignore)).Message
                          expectMentions [ "leastSquares"; "dependent"; "penalty" ] message)
          testCase "semidefinite and indefinite matrices have no Cholesky factor, at any scale" (fun () ->
              let random = random "no factor"
              for k in [ 1e-200; 1.0; 1e200 ] do
                  for rank in 0..2 do
                      let x = uniform random -1.0 1.0 [ 3; rank ]
                      for a in [ matmul x (transpose x) * k; Tensor.identity 3 * -k ] do
                          for action in
                              [ (fun a -> Tensor.sum (Tensor.cholesky a))
                                (fun a -> snd (AD.jvp (fun a -> Tensor.sum (Tensor.cholesky a)) a a)) ] do
                              expectMentions
                                  [ "cholesky"; "positive definite" ]
                                  (thrown<ArgumentException>(fun () -> action a |> ignore)).Message)
          testCase "an error names what was called" (fun () ->
              let a = Tensor.zeros [ 2; 2 ]
              expectMentions [ "inverse"; "singular" ] (thrown<ArgumentException>(fun () -> Tensor.inverse a |> ignore)).Message
              let wide = Tensor.zeros [ 2; 3 ]
              expectMentions
                  [ "leastSquares"; "[2, 3]"; "penalty" ]
                  (thrown<ArgumentException>(fun () -> Tensor.leastSquares wide (Tensor.ones [ 2 ]) |> ignore)).Message
              expectMentions [ "solve"; "singular" ] (thrown<ArgumentException>(fun () -> Tensor.solve a a |> ignore)).Message) ]

// ---- Repeated eigenvalues and singular values ----

let private repeatedValues =
    let weigh (random: Random) (f: Tensor -> Tensor) (a: Tensor) =
        let w = weightsOf random (f a)
        fun a -> sum w (f a)
    let rebuild (g: Tensor -> Tensor) (a: Tensor) = let struct (w, v) = Tensor.eigenSymmetric a in matmul (v * g w) (transpose v)
    let rebuildBoth (g: Tensor -> Tensor) (a: Tensor) = let struct (u, s, v) = Tensor.svd a in matmul (u * g s) (transpose v)
    let symmetric (random: Random) n =
        [ for d in
              [ List.replicate n 1.0
                List.init n (fun i -> if i < 2 then 2.0 else 3.0 + float i)
                List.init n (fun i -> if i < n - 2 then 3.0 else 1.0) ] do
              for isTurned in [ false; true ] do
                  for k in [ 1e-200; 1e-20; 1.0; 1e20; 1e200 ] do
                      let q = if isTurned then rotation random n else Tensor.identity n
                      matmul (matmul q (diagonal d)) (transpose q) * k ]
    testList
        "repeated"
        [ for n in 2..4 do
              testCase $"what is computed from the vectors has no slope in any mode, {n}" (fun () ->
                  let random = random $"vectors{n}"
                  for a in symmetric random n do
                      let size = largest a
                      for name, f in
                          [ "V", (fun a -> let struct (_, v) = Tensor.eigenSymmetric a in v)
                            "V sqrt(w) V^T", rebuild Tensor.Sqrt
                            "V w V^T", rebuild id
                            "U", (fun a -> let struct (u, _, _) = Tensor.svd a in u)
                            "U sqrt(s) V^T", rebuildBoth Tensor.Sqrt
                            "U V^T", rebuildBoth (fun s -> s / size * 0.0 + 1.0) ] do
                          let f, v, w = weigh random f a, weightsOf random a, weightsOf random a
                          for nesting, slope in derivatives f a v w do
                              expectSame nan slope $"{name}, {n}, {size}: {nesting}")
              testCase $"sums over the values have a slope, and no second one, {n}" (fun () ->
                  let random = random $"values{n}"
                  for a in symmetric random n do
                      let size = largest a
                      let values (a: Tensor) = let struct (w, _) = Tensor.eigenSymmetric a in w / size
                      let singular (a: Tensor) = let struct (_, s, _) = Tensor.svd a in s / size
                      let symmetricPart (x: Tensor) = 0.5 * (x + transpose x)
                      let v, w = weightsOf random a, weightsOf random a
                      let b = a / size
                      for name, f, gradient in
                          [ "sum w", (fun a -> Tensor.sum (values a)), Tensor.identity n
                            "sum w^3", (fun a -> Tensor.sum (values a * values a * values a)), 3.0 * matmul b b
                            "sum e^w", (fun a -> Tensor.sum (Tensor.Exp(values a))), Tensor.matrixExponential b
                            "sum s^2", (fun a -> Tensor.sum (singular a * singular a)), 2.0 * b ] do
                          for nesting, slope in derivatives f a v w do
                              if nesting.Contains "over" then
                                  expectSame nan slope $"{name}: {nesting}, {size}"
                              else
                                  expectWithin
                                      (1e4 * u / size)
                                      (sum v (symmetricPart gradient) / size).Value
                                      slope
                                      $"{name}: {nesting}, {size}")
          testCase "vectors of values that are apart keep their slopes beside a repeated pair, in forward mode" (fun () ->
              let a = diagonal [ 2.0; 2.0; 5.0 ]
              let _, dv =
                  AD.jvp
                      (fun a -> let struct (_, v) = Tensor.eigenSymmetric a in v)
                      a
                      (tensor [ 3; 3 ] [ 0.0; 0.0; 0.3; 0.0; 0.0; 0.6; 0.3; 0.6; 0.0 ])
              for row, expected in List.indexed [ 0.1; 0.2; 0.0 ] do
                  expectWithin (8.0 * u) expected dv[row, 2].Value "the vector of 5"
              Expect.isTrue (Double.IsNaN dv[2, 0].Value) "the vectors of 2")
          testCase "singular values far below the largest are told apart" (fun () ->
              let a = diagonal [ 1.0; 3e-8; 1e-8 ]
              let gradient: Tensor = AD.grad (fun a -> let struct (u, _, _) = Tensor.svd a in u[2, 1]) a
              // d u_21 / d a_21 = s_1 / (s_1^2 - s_2^2), d u_21 / d a_12 = s_2 / (s_1^2 - s_2^2)
              expectWithin 1e2 (3e-8 / 8e-16) gradient[2, 1].Value "below"
              expectWithin 1e2 (1e-8 / 8e-16) gradient[1, 2].Value "above") ]

// ---- Entries that are NaN or infinite ----

let private notFinite =
    let operations: (string * (Tensor -> Tensor[])) list =
        [ for name, f, _, _ in scalable -> name, f ]
        @ [ "determinant", (fun a -> [| Tensor.Of(Tensor.determinant a) |])
            "matrixExponential", (fun a -> [| Tensor.matrixExponential a |])
            "logarithm", (fun a -> [| Tensor.logarithm a |])
            "solveUpper", (fun a -> [| Tensor.solveUpper (transpose a) (Tensor.identity a.Dimensions[0]) |]) ]
    testList
        "not finite"
        [ for name, f in operations do
              testCase name (fun () ->
                  for n in 1..3 do
                      for bad in [ nan; infinity; -infinity ] do
                          for position in 0 .. n * n - 1 do
                              // the other triangle is not read
                              if not (name.StartsWith "solveLower" || name.StartsWith "solveUpper") || position % n <= position / n then
                                  let a =
                                      tensor
                                          [ n; n ]
                                          [ for i in 0 .. n * n - 1 ->
                                                if i = position then bad
                                                elif i % (n + 1) = 0 then 3.0 + float i
                                                else 0.5 ]
                                  for y in f a do
                                      Expect.isTrue (isAllNaN y) $"{name}, {n}, {bad} at {position}: the value"
                                  let total (a: Tensor) = f a |> Array.map (fun y -> Tensor.sum y) |> Array.reduce (+)
                                  let v = Tensor.ones [ n; n ]
                                  for nesting, slope in derivatives total a v v do
                                      expectSame nan slope $"{name}, {n}, {bad} at {position}: {nesting}")
          testCase "the exponential of a huge matrix is 0 or unknown" (fun () ->
              for size in [ 1e17; 1e20; 1e200; 1e300; Double.MaxValue ] do
                  Expect.isTrue (Tensor.matrixExponential (diagonal [ -size; -size ]) |> _.ToArray() |> Array.forall ((=) 0.0)) "0"
                  for a in [ diagonal [ -size; -1.0 ]; tensor [ 2; 2 ] [ 0.0; -size; size; 0.0 ]; diagonal [ size; size ] ] do
                      Expect.isTrue (isAllNaN (Tensor.matrixExponential a)) $"unknown, {size}"
                  expectSame infinity ((Tensor.matrixExponential (diagonal [ size ])).[0, 0]).Value "a number")
          testCase "no rows" (fun () ->
              let empty = Tensor.zeros [ 0; 0 ]
              for name, f in operations do
                  if name <> "leastSquares" then f empty |> ignore
              Expect.equal (AD.grad Tensor.determinant empty).Dimensions [| 0; 0 |] "the gradient of an empty determinant"
              Expect.equal
                  (AD.grad (fun a -> Tensor.sum (Tensor.symmetricFunction exp a)) empty).Dimensions
                  [| 0; 0 |]
                  "of an empty function") ]

/// det A is linear in each entry, in each row and in each column: the second derivatives in entries of one row or column are 0, of 2 x 2 matrices +-1.
let private multilinear =
    testCase "entries of one row or column do not multiply each other in a determinant" (fun () ->
        for items in
            [ [ 1e6; 1.0; 1.0; 1e-5 ]
              [ 1e8; 1.0; 1.0; 1e-7 ]
              [ 1e12; 1.0; 1.0; 1e-11 ]
              [ 1e20; 1.0; 1.0; 3e-20 ]
              [ 2.0; 1.0; 1.0; 2.0 ]
              [ 1e6; 1.0; 0.0; 1.0; 1e-5; 0.3; 0.1; 0.0; 2.0 ]
              [ 2.0; 1.0; 1.0; 1.0; 2.0; 1.0; 1.0; 1.0; 2.0 ] ] do
            let n = if items.Length = 4 then 2 else 3
            let a = tensor [ n; n ] items
            let unit index = tensor [ n; n ] [ for i in 0 .. n * n - 1 -> if i = index then 1.0 else 0.0 ]
            for i in 0 .. n * n - 1 do
                for j in 0 .. n * n - 1 do
                    if i / n = j / n || i % n = j % n then
                        for nesting, slope in
                            derivatives Tensor.determinant a (unit i) (unit j) |> List.filter (fun (name, _) -> name.Contains "over") do
                            expectEqual 0.0 slope $"{items}: {nesting}, entries {i} and {j}")

[<Tests>]
let tests = testList "degenerate matrices" [ multilinear; scale; singular; repeatedValues; notFinite ]
