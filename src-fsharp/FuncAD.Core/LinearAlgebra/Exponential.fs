namespace FuncAD

open System
open FuncAD.Matrices

[<AutoOpen; System.ComponentModel.EditorBrowsable(System.ComponentModel.EditorBrowsableState.Never)>]
module TensorExponential =
    /// The coefficients of the Pade approximant of degree 13 (Higham, "The scaling and squaring method for the matrix exponential
    /// revisited", 2005).
    let private pade =
        [| 64764752532480000.0
           32382376266240000.0
           7771770303897600.0
           1187353796428800.0
           129060195264000.0
           10559470521600.0
           670442572800.0
           33522128640.0
           1323241920.0
           40840800.0
           960960.0
           16380.0
           182.0
           1.0 |]

    /// True if e^A is below the range of double. |e^A| <= e^m, where m is the largest sum of a diagonal entry and the magnitudes of the
    /// other entries of its row (the logarithmic norm of Dahlquist, 1958).
    let private isZero (a: Tensor) : bool =
        let diagonal = Tensor.diagonal a
        let bounds = diagonal + (Tensor.sumOver [ 1 ] (Tensor.Abs a) - Tensor.Abs diagonal)
        (Tensor.max bounds).Value < -750.0

    module Tensor =
        /// <summary>
        /// The matrix exponential e^A, by scaling and squaring with a Pade approximant of degree 13 (Higham 2005). Its derivatives are
        /// those of the approximant, which is accurate to rounding for all matrices near A.
        /// </summary>
        /// <remarks>
        /// All entries are NaN where one of A is NaN or infinite. The relative error grows with the norm: from 10^16 on no digit is
        /// correct, and all entries are NaN unless the exponential is certainly 0. Cost: about 8 matrix products, a solve, and another
        /// product for each doubling of the norm beyond 5.4.
        /// </remarks>
        let matrixExponential (a: Tensor) : Tensor =
            expectSquare "matrixExponential" a
            let n = a.Dimensions[0]
            if n = 0 then
                a
            elif not (isFinite a) then
                undefined a
            elif n = 1 then
                Tensor.Exp a
            else
                // scaled, so that the sum of magnitudes does not overflow
                let size = exponent a.Compact
                let norm = (Tensor.max (Tensor.sumOver [ 0 ] (Tensor.Abs(a.Value * Math.ScaleB(1.0, -size))))).Value
                let squarings = max 0 (size + int (Math.Ceiling(Math.Log2(norm / 5.371920351148152))))
                let x = if squarings = 0 then a else scaleBy (Array.create (n * n) -squarings) a
                let unit = Tensor.identity n
                let x2 = matmul x x
                let x4 = matmul x2 x2
                let x6 = matmul x2 x4
                let c = pade
                let odd = matmul x6 (c[13] * x6 + c[11] * x4 + c[9] * x2) + c[7] * x6 + c[5] * x4 + c[3] * x2 + c[1] * unit
                let even = matmul x6 (c[12] * x6 + c[10] * x4 + c[8] * x2) + c[6] * x6 + c[4] * x4 + c[2] * x2 + c[0] * unit
                let odd = matmul x odd
                let mutable y = Solve.Of("matrixExponential", even - odd, even + odd)
                for _ = 1 to squarings do
                    y <- matmul y y
                // where 1 + 2^-squarings is 1, no digit is left
                if squarings > 51 && not (isZero a.Value) then undefined a else y
