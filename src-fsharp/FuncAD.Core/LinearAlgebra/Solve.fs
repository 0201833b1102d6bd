namespace FuncAD

#nowarn "9" // stack buffers

open System
open Microsoft.FSharp.NativeInterop
open FuncAD.Matrices

/// <summary>
/// X with A X = B. dX = A^-1 (dB - dA X); bBar = A^-T xBar, aBar = -bBar X^T (Giles 2008, section 2.3.1).
/// </summary>
[<Sealed>]
type internal Solve(name: string) =
    inherit Operation(name)

    /// The name, for errors, is that of the operation that the user called.
    static member Of(name: string, a: Tensor, b: Tensor) : Tensor = Tensor.Apply(Solve name, [| a; b |])[0]

    /// The result for a small matrix, which needs no scaling.
    member private op.Small(a: Tensor, b: Tensor) : Tensor =
        let n = a.Dimensions[0]
        let entries = NativePtr.stackalloc<float> SmallMatrices.Entries
        let indices = NativePtr.stackalloc<int> SmallMatrices.Largest
        let factors = SmallMatrices.numbers entries
        let pivots = SmallMatrices.indices indices
        a.Elements.CopyTo factors
        SmallMatrices.eliminate n factors pivots
        if SmallMatrices.isSingular n factors then singular op.Name
        let x = Array.copy b.Elements
        SmallMatrices.substitute n factors pivots b.Dimensions[1] (Span x)
        Tensor(x, b.Dimensions, null)

    override op.Value x =
        let n = x[0].Dimensions[0]
        if n = 0 || x[1].Length = 0 then
            [| x[1] |]
        elif SmallMatrices.isFit x[0] then
            [| op.Small(x[0], x[1]) |]
        elif not (isFinite x[0]) then
            [| allNaN x[1].Dimensions |]
        else
            let struct (rows, columns) = scalesOfElimination x[0]
            let factors = (Tensor.toMatrix (unscale rows columns x[0])).LU()
            if factors.U.Diagonal() |> Seq.exists (fun pivot -> pivot = 0.0) then singular op.Name
            let none = Array.zeroCreate x[1].Dimensions[1]
            let y = Tensor.ofMatrix (factors.Solve(Tensor.toMatrix (unscale rows none x[1])))
            [| unscale columns none y |]

    override _.Pushforward(x, y, dx) =
        let product = if isNone dx[0] then null else -(matmul dx[0] y[0])
        [| Solve.Of(name, x[0], plus dx[1] product) |]

    override _.Pullback(x, y, yBar, needed) =
        let bBar = Solve.Of(name, transpose x[0], yBar[0])
        [| (if needed[0] then -(rightTransposed bBar y[0]) else null); bBar |]

/// <summary>
/// X with L X = B for a triangular L; the other triangle of L is not read. Rules as for solve, with only that triangle of aBar.
/// </summary>
[<Sealed>]
type internal TriangularSolve(isLower: bool) =
    inherit Operation("triangularSolve")

    let triangle (x: Tensor) = if isLower then Tensor.lowerTriangle 0 x else Tensor.upperTriangle 0 x

    static member Of(isLower, a: Tensor, b: Tensor) : Tensor = Tensor.Apply(TriangularSolve isLower, [| a; b |])[0]

    /// Tells whether the triangle that is read is finite.
    member private _.IsFinite(x: Tensor) : bool =
        let n, a = x.Dimensions[0], x.Elements
        let mutable isFinite = true
        for row = 0 to n - 1 do
            for column = (if isLower then 0 else row) to (if isLower then row else n - 1) do
                isFinite <- isFinite && Double.IsFinite a[row * n + column]
        isFinite

    override op.Value x = if op.IsFinite x[0] then [| op.Eliminate(x[0], x[1]) |] else [| allNaN x[1].Dimensions |]

    member private op.Eliminate(x: Tensor, b: Tensor) : Tensor =
        let n, columns = x.Dimensions[0], b.Dimensions[1]
        let a, y = x.Elements, b.ToArray()
        for index = 0 to n - 1 do
            let row = if isLower then index else n - 1 - index
            let pivot = a[row * n + row]
            if pivot = 0.0 then singular op.Name
            for k = (if isLower then 0 else row + 1) to (if isLower then row - 1 else n - 1) do
                let factor = a[row * n + k]
                for column = 0 to columns - 1 do
                    y[row * columns + column] <- y[row * columns + column] - factor * y[k * columns + column]
            for column = 0 to columns - 1 do
                y[row * columns + column] <- y[row * columns + column] / pivot
        Tensor(y, b.Dimensions, null)

    override _.Pushforward(x, y, dx) =
        let product = if isNone dx[0] then null else -(matmul (triangle dx[0]) y[0])
        [| TriangularSolve.Of(isLower, x[0], plus dx[1] product) |]

    override _.Pullback(x, y, yBar, needed) =
        let bBar = TriangularSolve.Of(not isLower, transpose x[0], yBar[0])
        [| (if needed[0] then -(triangle (rightTransposed bBar y[0])) else null); bBar |]

/// <summary>Linear equations. Matrices are single, not batched.</summary>
[<AutoOpen; System.ComponentModel.EditorBrowsable(System.ComponentModel.EditorBrowsableState.Never)>]
module TensorSolving =
    let private withColumns operation (a: Tensor) (b: Tensor) (solve: Tensor -> Tensor) : Tensor =
        expectSquare operation a
        if Tensor.Given(operation, b).Rank < 1 || b.Rank > 2 || b.Dimensions[0] <> a.Dimensions[0] then
            Shape.fail
                operation
                $"the right side must be a vector or a matrix with as many rows as the matrix {Shape.text a.Dimensions}, got the shape {Shape.text b.Dimensions}."
        if b.Rank = 2 then
            solve b
        else
            let vector, column = b.Dimensions, [| b.Length; 1 |]
            Tensor.Linear(Reshape(column, vector), solve (Tensor.Linear(Reshape(vector, column), b)))

    module Tensor =
        /// <summary>X with A X = B, by LU decomposition; B is a vector or a matrix. Cost: 2/3 n^3, and as much in the pullback.</summary>
        /// <remarks>
        /// A is singular where a pivot is exactly 0. A matrix that is singular up to rounding has a pivot near 0 and gives large numbers,
        /// as in any code over doubles. All entries are NaN where one of A is NaN or infinite.
        /// </remarks>
        /// <exception cref="T:System.ArgumentException">A is singular, or the shapes do not fit.</exception>
        let solve (a: Tensor) (b: Tensor) : Tensor = withColumns "solve" a b (fun b -> Solve.Of("solve", a, b))

        /// <summary>X with L X = B for a lower triangular L; entries above its diagonal are not read.</summary>
        /// <exception cref="T:System.ArgumentException">L is singular, or the shapes do not fit.</exception>
        let solveLower (l: Tensor) (b: Tensor) : Tensor = withColumns "triangularSolve" l b (fun b -> TriangularSolve.Of(true, l, b))

        /// <summary>X with U X = B for an upper triangular U; entries below its diagonal are not read.</summary>
        /// <exception cref="T:System.ArgumentException">U is singular, or the shapes do not fit.</exception>
        let solveUpper (u: Tensor) (b: Tensor) : Tensor = withColumns "triangularSolve" u b (fun b -> TriangularSolve.Of(false, u, b))

        /// <summary>The inverse matrix; dA^-1 = -A^-1 dA A^-1. To solve equations, solve is faster and more accurate.</summary>
        /// <exception cref="T:System.ArgumentException">The matrix is singular or not square.</exception>
        let inverse (a: Tensor) : Tensor =
            expectSquare "inverse" a
            Solve.Of("inverse", a, Tensor.identity a.Dimensions[0])
