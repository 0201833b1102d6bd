namespace FuncAD

open System
open FuncAD.Rules

/// <summary>
/// How a gamma sample moves with its shape while its probability P(shape, z) stays as it is: dz/dshape = -(dP/dshape) / (dP/dz), the
/// implicit reparameterisation of Figurnov, Mohamed and Mnih ("Implicit reparameterization gradients", 2018). A sample z is given by
/// r = log(z / shape), which neither overflows nor loses digits for tiny and for huge shapes; the slope is dr/dshape.
/// </summary>
/// <remarks>
/// The formulas are written over Real, so that their derivatives of every order in shape and r are those that forward mode takes of them:
/// that in the shape alone, which the slope is made of, as well as those of the slope itself.
/// </remarks>
module internal GammaSlope =
    /// The expansion for large shapes holds for |z / shape - 1| below this.
    let private reach = 0.3

    /// From this shape on the expansion's terms that are left out are below half a unit in the last place.
    let private largeShape = 50.0

    /// C_k of Temme's uniform expansion of the incomplete gamma function as series in eta (DLMF 8.12.10-12): a table, longer than code
    /// should be.
    let private temme: float[][] =
        [| [| -0.3333333333333333
              0.08333333333333333
              -0.014814814814814815
              0.0011574074074074073
              0.0003527336860670194
              -0.0001787551440329218
              3.919263178522438e-05
              -2.185448510679992e-06
              -1.85406221071516e-06
              8.296711340953087e-07
              -1.7665952736826078e-07
              6.707853543401498e-09
              1.0261809784240309e-08
              -4.382036018453353e-09
              9.14769958223679e-10
              -2.5514193994946248e-11
              -5.830772132550426e-11
              2.4361948020667415e-11 |]
           [| -0.001851851851851852
              -0.003472222222222222
              0.0026455026455026454
              -0.0009902263374485596
              0.00020576131687242798
              -4.018775720164609e-07
              -1.8098550334489977e-05
              7.64916091608111e-06
              -1.6120900894563446e-06
              4.647127802807434e-09
              1.378633446915721e-07
              -5.752545603517705e-08
              1.1951628599778148e-08
              -1.7543241719747647e-11
              -1.0091543710600413e-09
              4.162792991842583e-10 |]
           [| 0.004133597883597883
              -0.0026813271604938273
              0.0007716049382716049
              2.0093878600823047e-06
              -0.0001073665322636516
              5.2923448829120125e-05
              -1.2760635188618728e-05
              3.423578734096138e-08
              1.3721957309062934e-06
              -6.298992138380055e-07
              1.4280614206064242e-07
              -2.0477098421990866e-10
              -1.409252991086752e-08
              6.228974084922022e-09
              -1.3670488396617114e-09 |]
           [| 0.0006494341563786008
              0.00022947209362139917
              -0.0004691894943952557
              0.00026772063206283885
              -7.561801671883977e-05
              -2.396505113867297e-07
              1.1082654115347302e-05
              -5.6749528269915965e-06
              1.4230900732435883e-06
              -2.7861080291528143e-11
              -1.6958404091930278e-07
              8.099464905388083e-08
              -1.9111168485973655e-08 |]
           [| -0.0008618882909167117
              0.0007840392217200666
              -0.0002990724803031902
              -1.4638452578843418e-06
              6.641498215465122e-05
              -3.968365047179435e-05
              1.1375726970678419e-05
              2.507497226237533e-10
              -1.6954149536558305e-06
              8.907507532205309e-07
              -2.292934834000805e-07 |]
           [| -0.00033679855336635813
              -6.972813758365857e-05
              0.0002772753244959392
              -0.00019932570516188847
              6.797780477937208e-05
              1.419062920643967e-07
              -1.3594048189768693e-05
              8.018470256334202e-06
              -2.291481176508095e-06 |]
           [| 0.0005313079364639922
              -0.0005921664373536939
              0.0002708782096718045
              7.902353232660328e-07
              -8.153969367561969e-05
              5.61168275310625e-05
              -1.8329116582843375e-05 |]
           [| 0.00034436760689237765; 5.171790908260592e-05; -0.00033493161081142234; 0.0002812695154763237; -0.00010976582244684731 |]
           [| -0.0006526239185953094; 0.0008394987206720873; -0.000438297098541721 |] |]

    let private polynomial (coefficients: float[]) (x: Real) : Real =
        Array.foldBack (fun (coefficient: float) sum -> sum * x + coefficient) coefficients (Real 0.0)

    /// digamma(shape + 1) - log(shape)
    let private digammaRest (shape: Real) : Real =
        if shape.value < 1.0 then Special.digamma (shape + 1.0) - Real.Log shape else Real.Unary(Special.Binet 1, shape) + 0.5 / shape

    /// shape P / (z dP/dz) for z below the mean: 1 + z / (shape + 1) + z^2 / ((shape + 1)(shape + 2)) + ... (DLMF 8.7.1). Terms far below
    /// the last place count in the derivatives.
    let private lower (shape: Real) (z: Real) : Real =
        let mutable sum, term, k = Real 1.0, Real 1.0, 1.0
        while term.value > 1e-24 * sum.value do
            term <- term * (z / (shape + k))
            sum <- sum + term
            k <- k + 1.0
        sum

    /// (1 - P) / (z dP/dz) for z above the mean by its continued fraction (DLMF 8.9.2), from the front (Lentz's method, DLMF 3.10(iii)):
    /// by so many steps, or until ten have left the value as it is; with their number.
    let private continued (steps: int) (isFixed: bool) (shape: Real) (z: Real) : struct (Real * int) =
        let mutable b = z + 1.0 - shape
        let mutable c, d = Real 1e300, 1.0 / b
        let mutable fraction, k, settled = d, 1, 1
        while k <= steps && (isFixed || k < settled + 10) do
            let a = float k * (shape - float k)
            b <- b + 2.0
            d <- 1.0 / (a * d + b)
            c <- b + a / c
            let factor = c * d
            fraction <- fraction * factor
            if abs (factor.value - 1.0) > 4e-16 then settled <- k + 1
            k <- k + 1
        struct (fraction, k)

    /// The continued fraction, in the number of steps for a shape nearby: at a whole shape it ends, but its derivatives go on.
    let private upper (shape: Real) (z: Real) : Real =
        let nearby = Math.Floor shape.value + 0.5
        let struct (_, steps) = continued 100000 false (Real nearby) (Real z.value)
        let struct (fraction, _) = continued steps true shape z
        fraction

    /// dlog(z)/dshape by Temme's uniform expansion, P = Phi(eta sqrt(shape)) - phi(eta sqrt(shape)) B / sqrt(shape) with
    /// B = C_0 + C_1 / shape + ..., where eta^2 / 2 = m - log(1 + m) for m = z / shape - 1: the derivative is taken by hand, because the
    /// main terms of the parts of P cancel in it.
    let private uniform (shape: Real) (r: Real) : Real =
        let m = Real.ExpM1 r
        // (eta / m)^2 = 1 - 2 m / 3 + 2 m^2 / 4 - ...
        let ratio = Real.Sqrt(polynomial (Array.init 34 (fun j -> (if j % 2 = 0 then 2.0 else -2.0) / float (j + 2))) m)
        let eta = m * ratio
        let parts (coefficients: float[] -> float[]) (weight: int -> float) : Real =
            let mutable sum, power = Real 0.0, Real 1.0
            for k in 0 .. temme.Length - 1 do
                sum <- sum + weight k * (polynomial (coefficients temme[k]) eta * power)
                power <- power / shape
            sum
        let derivative (c: float[]) = Array.init (c.Length - 1) (fun n -> float (n + 1) * c[n + 1])
        let b, slope, scaled = parts id (fun _ -> 1.0), parts derivative (fun _ -> 1.0), parts id float
        let move = 1.0 / ratio
        let main = (move - 0.5 * eta) * (1.0 + eta * b)
        let rest = (0.5 * b + move * slope + scaled) / shape
        Real.Exp(Real.Unary(Special.Binet 0, shape)) * (main - rest) / shape

    /// dlog(z)/dshape for r = log(z / shape).
    let private logarithmic (shape: Real) (r: Real) : Real =
        let z = shape * Real.Exp r
        // the derivative in the shape alone: z is a constant of that level
        let along (part: Real -> Real -> Real) = AD.diff (fun shape -> part shape z) shape
        if shape.value >= largeShape && abs (Math.Exp r.value - 1.0) < reach then uniform shape r
        elif z.value < shape.value + 1.0 then -(lower shape z * (r - digammaRest shape) + along lower) / shape
        else upper shape z * (r - digammaRest shape + 1.0 / shape) + along upper

    /// The derivative of order j >= 1 in r of y = dr/dshape, which the density gives: y' = (shape y + 1) (e^r - 1) - r + c with
    /// c = digamma(shape) - log(shape), and Leibniz's rule for the others. An error of y grows by the factor shape (e^r - 1) with each.
    let private byDensity (lower: int -> Real) (j: int) (shape: Real) (r: Real) : Real =
        let e, moved = Real.Exp r, Real.ExpM1 r
        let mutable sum, ways = Real 0.0, 1.0
        for k in 0 .. j - 1 do
            sum <- sum + ways * lower k * (if k = j - 1 then moved else e)
            ways <- ways * float (j - 1 - k) / float (k + 1)
        let rest =
            if j = 1 then moved - r + (digammaRest shape - 1.0 / shape)
            elif j = 2 then moved
            else e
        shape * sum + rest

    /// dr/dshape, or its derivative of order i in the shape and j in r. Those in r are the density's near the mean; further away, where
    /// that is unstable, they are the derivatives of the formulas.
    let rec slope (i: int) (j: int) (shape: Real) (r: Real) : Real =
        if i > 0 then AD.diff (fun shape -> slope (i - 1) j shape r) shape
        elif j = 0 then logarithmic shape r - 1.0 / shape
        elif shape.value * abs (Math.Exp r.value - 1.0) < 0.5 then byDensity (fun k -> slope 0 k shape r) j shape r
        else AD.diff (fun r -> slope 0 (j - 1) shape r) r

/// y = dr/dshape for r = log(z / shape) of a gamma sample z, or its derivative of order i in the shape and j in r
[<Struct; NoComparison>]
type internal GammaSampleSlope(i: int, j: int) =
    new(i: int) = GammaSampleSlope(i, 0)

    interface IBinary with
        member _.Name = "gammaSampleSlope"
        member _.Traits = Traits.Even
        member _.Domain = struct ({ Low = 0.3; High = 5.0 }, { Low = -2.0; High = 1.0 })

        member _.Value(shape, r) =
            if shape > 0.0 && Double.IsFinite shape && Double.IsFinite r then (GammaSlope.slope i j (Real shape) (Real r)).value else nan

        member _.SlopeA<'T when 'T :> ICarrier<'T>>(shape: 'T, r: 'T, y: 'T) : 'T =
            'T.Multiply('T.Binary(GammaSampleSlope(i + 1, j), shape, r), 'T.Step(Arithmetic.Defined(), y))

        member _.SlopeB<'T when 'T :> ICarrier<'T>>(shape: 'T, r: 'T, y: 'T) : 'T =
            'T.Multiply('T.Binary(GammaSampleSlope(i, j + 1), shape, r), 'T.Step(Arithmetic.Defined(), y))
