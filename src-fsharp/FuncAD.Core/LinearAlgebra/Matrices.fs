/// What the operations of linear algebra have in common: shapes, the parts of a matrix, errors that say what to do.
module internal FuncAD.Matrices

open System

let expectMatrix operation (x: Tensor) =
    if x.Rank <> 2 then Shape.fail operation $"expected a matrix, got the shape {Shape.text x.Dimensions}."

let expectSquare operation (x: Tensor) =
    if x.Rank <> 2 || x.Dimensions[0] <> x.Dimensions[1] then
        Shape.fail operation $"expected a square matrix, got the shape {Shape.text x.Dimensions}."

let singular operation : 'a =
    Shape.fail operation
        "the matrix is singular: a pivot is exactly 0. Use leastSquares, or add a small multiple of the identity if the matrix is meant to be regular."

let transpose (x: Tensor) : Tensor = Tensor.transpose x
let matmul (a: Tensor) (b: Tensor) : Tensor = Tensor.matmul a b

/// a^T b
let leftTransposed (a: Tensor) (b: Tensor) : Tensor = Tensor.matmulTransposed true false a b

/// a b^T
let rightTransposed (a: Tensor) (b: Tensor) : Tensor = Tensor.matmulTransposed false true a b

let symmetric (x: Tensor) : Tensor = 0.5 * (x + transpose x)

/// The lower triangle with half the diagonal: Phi of Murray, "Differentiation of the Cholesky decomposition" (2016).
let phi (x: Tensor) : Tensor = Tensor.lowerTriangle 0 x - 0.5 * Tensor.diagonalMatrix (Tensor.diagonal x)

let isNone (x: Tensor) = isNull x

/// The sum of two tangents, each of which may be a structural zero.
let plus (a: Tensor) (b: Tensor) : Tensor =
    if isNone a then b
    elif isNone b then a
    else a + b

let orZeros (like: Tensor) (x: Tensor) = if isNone x then Tensor.Uniform(0.0, like.Dimensions) else x
