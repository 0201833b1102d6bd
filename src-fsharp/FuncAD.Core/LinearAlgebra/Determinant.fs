namespace FuncAD

open System
open FuncAD.Matrices

/// <summary>
/// The adjugate of a matrix: det(A) A^-1, and its limit where A is singular. The gradient of the determinant is its transpose.
/// </summary>
[<AbstractClass; Sealed>]
type internal Adjugate private () =
    /// By A = U S V^T: adj(A) = det(U) det(V) V diag(products of the other singular values) U^T; accurate for singular matrices, too.
    static member private Value(a: Tensor) : Tensor =
        let svd = (Tensor.toMatrix a).Svd true
        let n = svd.S.Count
        let others i = Seq.fold (*) 1.0 (seq { for j in 0 .. n - 1 do if j <> i then svd.S[j] })
        let sign = Math.Round(svd.U.Determinant() * svd.VT.Determinant())
        let scaled = svd.U.Transpose()
        for i = 0 to n - 1 do
            scaled.SetRow(i, scaled.Row i * (sign * others i))
        Tensor.ofMatrix (svd.VT.TransposeThisAndMultiply scaled)

    /// As a polynomial in A (Faddeev and LeVerrier), which is smooth everywhere; for the derivatives of nearly singular matrices.
    static member private Polynomial(a: Tensor) : Tensor =
        let n = a.Dimensions[0]
        let unit = Tensor.identity n
        let mutable m = unit
        for k = 1 to n - 1 do
            let product = matmul a m
            m <- product - unit * (Tensor.sum (Tensor.diagonal product) / float k)
        if n % 2 = 0 then -m else m

    static member Of(a: Tensor) : Tensor =
        let a = a.Live
        if a.Dimensions[0] = 0 then a
        elif isNull a.Level then Adjugate.Value a
        else
            let svd = (Tensor.toMatrix a.Value).Svd false
            if svd.S[svd.S.Count - 1] > 1e-8 * svd.S[0] then Tensor.Apply(Determinant(), [| a |])[0] * Tensor.inverse a
            else Adjugate.Polynomial a

/// <summary>d det A = sum of adj(A)^T dA (Jacobi), finite for singular matrices.</summary>
and [<Sealed>] internal Determinant() =
    inherit Operation("determinant")

    override _.Value x = [| Tensor.OfConstant(if x[0].Length = 0 then 1.0 else (Tensor.toMatrix x[0]).Determinant()) |]
    override _.Pushforward(x, _, dx) = [| Tensor.SumTo(transpose (Adjugate.Of x[0]) * dx[0], [||]) |]
    override _.Pullback(x, _, yBar, _) = [| transpose (Adjugate.Of x[0]) * yBar[0] |]

/// <summary>d log |det A| = trace(A^-1 dA) (Giles 2008, section 2.2.4).</summary>
[<Sealed>]
type internal LogDeterminant() =
    inherit Operation("logDeterminant")

    override _.Value x =
        let pivots = if x[0].Length = 0 then Seq.empty else (Tensor.toMatrix x[0]).LU().U.Diagonal() :> float seq
        [| Tensor.OfConstant(pivots |> Seq.sumBy (fun pivot -> Math.Log(abs pivot))) |]

    override _.Pushforward(x, _, dx) = [| Tensor.SumTo(transpose (Tensor.inverse x[0]) * dx[0], [||]) |]
    override _.Pullback(x, _, yBar, _) = [| transpose (Tensor.inverse x[0]) * yBar[0] |]

[<AutoOpen>]
module TensorDeterminants =
    module Tensor =
        /// <summary>The determinant; its gradient is the transposed adjugate, for singular matrices, too.</summary>
        let determinant (a: Tensor) : Real =
            expectSquare "determinant" a
            (Tensor.Apply(Determinant(), [| a |])[0]).ToReal()

        /// <summary>log |det A|, without the overflow of the determinant; -infinity for a singular matrix, which has no gradient.</summary>
        let logDeterminant (a: Tensor) : Real =
            expectSquare "logDeterminant" a
            (Tensor.Apply(LogDeterminant(), [| a |])[0]).ToReal()

        /// <summary>The sum of the diagonal.</summary>
        let trace (a: Tensor) : Real =
            expectSquare "trace" a
            Tensor.sum (Tensor.diagonal a)
