/// What the operations of linear algebra have in common: shapes, the parts of a matrix, errors that say what to do.
module internal FuncAD.Matrices

open System
open MathNet.Numerics
open MathNet.Numerics.LinearAlgebra

let expectMatrix operation (x: Tensor) =
    if Tensor.Given(operation, x).Rank <> 2 then Shape.fail operation $"expected a matrix, got the shape {Shape.text x.Dimensions}."

let expectSquare operation (x: Tensor) =
    if Tensor.Given(operation, x).Rank <> 2 || x.Dimensions[0] <> x.Dimensions[1] then
        Shape.fail operation $"expected a square matrix, got the shape {Shape.text x.Dimensions}."

let expectTall operation remedy (x: Tensor) =
    expectMatrix operation x
    if x.Dimensions[0] < x.Dimensions[1] then
        Shape.fail operation $"expected at least as many rows as columns, got the shape {Shape.text x.Dimensions}. {remedy}"

let singular operation : 'a =
    Shape.fail
        operation
        "the matrix is singular: a pivot is exactly 0. Use leastSquares, or add a small multiple of the identity if the matrix is meant to be regular."

let transpose (x: Tensor) : Tensor = Tensor.transpose x
let matmul (a: Tensor) (b: Tensor) : Tensor = Tensor.matmul a b

/// a^T b
let leftTransposed (a: Tensor) (b: Tensor) : Tensor = Tensor.matmulTransposed true false a b

/// a b^T
let rightTransposed (a: Tensor) (b: Tensor) : Tensor = Tensor.matmulTransposed false true a b

/// The symmetric part of a square matrix, 0.5 x + 0.5 x^T.
[<Sealed>]
type SymmetricPart(n: int) =
    inherit Linear("symmetric", [| n; n |], [| n; n |])

    override _.Apply x =
        let y = GC.AllocateUninitializedArray<float> x.Length
        for i = 0 to n - 1 do
            for j = 0 to n - 1 do
                y[i * n + j] <- 0.5 * x[i * n + j] + 0.5 * x[j * n + i]
        y

    override op.Adjoint = op
    override _.Covers = true

/// The lower triangle of a square matrix with half the diagonal, zeros above.
[<Sealed>]
type HalvedTriangle(n: int) =
    inherit Linear("phi", [| n; n |], [| n; n |])

    override _.Apply x =
        let y = Array.zeroCreate<float> x.Length
        for i = 0 to n - 1 do
            for j = 0 to i - 1 do
                y[i * n + j] <- x[i * n + j]
            y[i * n + i] <- 0.5 * x[i * n + i]
        y

    override op.Adjoint = op

let symmetric (x: Tensor) : Tensor = Tensor.Linear(SymmetricPart x.Dimensions[0], x)

/// Phi of Murray, "Differentiation of the Cholesky decomposition" (2016).
let phi (x: Tensor) : Tensor = Tensor.Linear(HalvedTriangle x.Dimensions[0], x)

let isNone (x: Tensor) = isNull x

/// The sum of two tangents, each of which may be a structural zero.
let plus (a: Tensor) (b: Tensor) : Tensor =
    if isNone a then b
    elif isNone b then a
    else a + b

let orZeros (like: Tensor) (x: Tensor) = if isNone x then Tensor.Uniform(0.0, like.Dimensions) else x

// ---- What cannot be decomposed ----

/// Tells whether the values are all finite.
let isFinite (x: Tensor) = Array.forall Double.IsFinite x.Compact

/// <summary>
/// The result of every decomposition of a matrix with a NaN or infinite entry: NaN throughout, as elementary functions give it outside
/// their domain. No algorithm is called with such a matrix, since some fail, some do not end, and some give finite numbers.
/// </summary>
let allNaN (shape: int[]) : Tensor = Tensor.Uniform(Double.NaN, shape)

/// An array of NaN in the shape of x whose derivatives of every order are NaN too: a constant would have derivatives of 0, and a multiple
/// of x second derivatives of 0.
let undefined (x: Tensor) : Tensor = Tensor.Exp(x * Double.NaN)

/// The results of an algorithm; none where it does not converge.
let attempt (decompose: unit -> 'T) : 'T voption =
    try
        ValueSome(decompose ())
    with :? NonConvergenceException ->
        ValueNone

// ---- Scaling by powers of two, which is exact, for algorithms with absolute thresholds or with squares ----

/// The exponent e of the largest magnitude m: 2^e <= m < 2^(e+1), limited to -1022 .. 1022, where 2^e and 2^-e are normal doubles; 0 where
/// all are 0.
let exponent (xs: float seq) : int =
    let largest = Seq.fold (fun largest x -> max largest (abs x)) 0.0 xs
    if largest = 0.0 then 0 else max -1022 (min 1022 (Math.ILogB largest))

/// The values as a matrix whose largest entry is between 1 and 4 in magnitude (less if all are 0 or subnormal), and the exponent of the
/// power of two taken out.
let scaled (x: Tensor) : struct (Matrix<float> * int) =
    let e = exponent x.Compact
    struct (Tensor.toMatrix (Tensor(x.Elements |> Array.map (fun x -> Math.ScaleB(x, -e)), x.Dimensions, null)), e)

/// x_ij 2^(e_ij), in several steps where one factor would not be a double.
let rec scaleBy (exponents: int[]) (x: Tensor) : Tensor =
    if Array.forall ((=) 0) exponents then
        x
    else
        let step = exponents |> Array.map (fun e -> max -1000 (min 1000 e))
        let factors = Tensor(step |> Array.map (fun e -> Math.ScaleB(1.0, e)), x.Dimensions, null)
        scaleBy (Array.map2 (-) exponents step) (x * factors)

/// x 2^e
let magnify (e: int) (x: Tensor) : Tensor = if e = 0 then x else scaleBy (Array.create x.Length e) x

/// A triangular matrix times 2^-e, and e: the mean of the largest and the smallest exponent on its diagonal, so that the diagonal stays
/// away from the ends of double's range. It is left as it is where its diagonal is near 1 anyway.
let centred (x: Tensor) : struct (Tensor * int) =
    let n = x.Dimensions[0]
    let mutable least, most = Int32.MaxValue, Int32.MinValue
    for i = 0 to n - 1 do
        let entry = abs x.Elements[i * n + i]
        if entry <> 0.0 && Double.IsFinite entry then
            let size = max -1022 (Math.ILogB entry)
            least <- min least size
            most <- max most size
    let e = if least > most || not (isFinite x) then 0 else (least + most) / 2
    let e = if abs e <= 8 then 0 else e
    struct (magnify -e x, e)

/// <summary>
/// The exponents of powers of two for rows and columns, so that A = diag(2^rows) B diag(2^columns) where the largest entries of B's rows
/// and columns are about 1.
/// </summary>
let scales (a: Tensor) : struct (int[] * int[]) =
    let height, width = a.Dimensions[0], a.Dimensions[1]
    let entry i j = a.Elements[i * width + j]
    let rows = Array.init height (fun i -> exponent (Seq.init width (entry i)))
    let columns = Array.init width (fun j -> exponent (Seq.init height (fun i -> Math.ScaleB(entry i j, -rows[i]))))
    struct (rows, columns)

/// diag(2^-rows) A diag(2^-columns)
let unscale (rows: int[]) (columns: int[]) (a: Tensor) : Tensor =
    scaleBy (Array.init a.Length (fun i -> -(rows[i / columns.Length]) - columns[i % columns.Length])) a

/// <summary>
/// The scales for Gaussian elimination. In nearly all cases no product or quotient of entries can leave the range of double: then nothing
/// is scaled, and results are bitwise equal to those of the plain algorithm.
/// </summary>
let scalesOfElimination (a: Tensor) : struct (int[] * int[]) =
    let isUsual (x: float) = x = 0.0 || abs x > 1e-100 && abs x < 1e100
    if Array.forall isUsual a.Compact then struct (Array.zeroCreate a.Dimensions[0], Array.zeroCreate a.Dimensions[1]) else scales a
