using System.Reflection;
using MathNet.Numerics.Providers.LinearAlgebra;
using Flip = MathNet.Numerics.Providers.LinearAlgebra.Transpose;

namespace FuncAD.Il;

/// <summary>
/// Dense linear algebra of MathNet.Numerics by this library's arrays, for large matrices: as programs these take a record of the tape for
/// each multiplication. All of MathNet's goes through a provider, whose methods have arrays by columns; each method here has the name and
/// the parameters of one, and answers whether it did the work. It leaves small matrices, and numbers that arrays do not follow (a program
/// that is traced, a Taylor series), to the provider's own code.
/// </summary>
internal static class MathNetAlgebra
{
    /// <summary>
    /// Multiplications from which arrays are faster, measured in both modes with 10 to 200 rows: products at 50 rows 0.3 to 0.45 of the
    /// time, at 200 rows 0.13 to 0.56; inverses at 100 rows 0.3 to 0.7. Factors stay programs: L and U by arrays took longer up to 150 rows.
    /// </summary>
    private const long LargeProduct = 20_000,
        LargeSolution = 100_000;

    private static readonly Dictionary<string, MethodInfo> shortcuts = typeof(MathNetAlgebra)
        .GetMethods(BindingFlags.Public | BindingFlags.Static)
        .Where(m => m.ReturnType == typeof(bool))
        .ToDictionary(m => m.Name);

    /// <summary>The method that may do the work of a provider's; null where there is none.</summary>
    public static MethodInfo? ShortcutFor(MethodBase method, Twins twins) =>
        method.DeclaringType == typeof(ManagedLinearAlgebraProvider)
        && shortcuts.GetValueOrDefault(method.Name) is { } shortcut
        && shortcut.GetParameters().Select(p => p.ParameterType).SequenceEqual(twins.Parameters(method))
            ? shortcut
            : null;

    // ---- Products ----

    public static bool MatrixMultiply(Real[] x, int rowsX, int columnsX, Real[] y, int rowsY, int columnsY, Real[] result) =>
        MatrixMultiplyWithUpdate(Flip.DontTranspose, Flip.DontTranspose, 1.0, x, rowsX, columnsX, y, rowsY, columnsY, 0.0, result);

    public static bool MatrixMultiplyWithUpdate(
        Flip flipA,
        Flip flipB,
        Real alpha,
        Real[] a,
        int rowsA,
        int columnsA,
        Real[] b,
        int rowsB,
        int columnsB,
        Real beta,
        Real[] c
    )
    {
        if (!ByArrays((long)rowsA * columnsA * (flipB == Flip.DontTranspose ? columnsB : rowsB), LargeProduct, a, b, [alpha, beta]))
            return false;
        // A matrix by columns is its transpose by rows, and (A B)^T = B^T A^T.
        var product = Rows(b, columnsB, rowsB)
            .MatMulTransposed(Rows(a, columnsA, rowsA), flipB != Flip.DontTranspose, flipA != Flip.DontTranspose);
        var scaled = (product * alpha).ToReals();
        for (var k = 0; k < c.Length; k++)
            c[k] = beta.Level is null && beta.Value == 0 ? scaled[k] : scaled[k] + beta * c[k];
        return true;
    }

    // ---- Solutions ----

    public static bool LUSolveFactored(int columnsOfB, Real[] a, int order, int[] ipiv, Real[] b)
    {
        if (!ByArrays((long)columnsOfB * order * order, LargeSolution, a, b))
            return false;
        // MathNet answers infinities for a singular matrix.
        for (var k = 0; k < order; k++)
            if (a[k * (order + 1)].Value == 0)
                return false;
        var packed = Rows(a, order, order).Transpose();
        var permutation = Enumerable.Range(0, order).ToArray();
        for (var k = 0; k < order; k++)
            (permutation[k], permutation[ipiv[k]]) = (permutation[ipiv[k]], permutation[k]);
        var right = Rows(b, columnsOfB, order).Transpose().Gather(0, permutation);
        var between = (packed.LowerTriangle(-1) + Tensor.Identity(order)).SolveLower(right);
        packed.UpperTriangle().SolveUpper(between).Transpose().ToReals().CopyTo(b, 0);
        return true;
    }

    public static bool LUInverseFactored(Real[] a, int order, int[] ipiv)
    {
        Real[] inverse = [.. Tensor.Identity(order).ToReals()];
        if (!LUSolveFactored(order, a, order, ipiv, inverse))
            return false;
        inverse.CopyTo(a, 0);
        return true;
    }

    public static bool CholeskySolveFactored(Real[] a, int orderA, Real[] b, int columnsB)
    {
        if (!ByArrays((long)columnsB * orderA * orderA, LargeSolution, a, b))
            return false;
        var lower = Rows(a, orderA, orderA).Transpose().LowerTriangle();
        var right = Rows(b, columnsB, orderA).Transpose();
        lower.Transpose().SolveUpper(lower.SolveLower(right)).Transpose().ToReals().CopyTo(b, 0);
        return true;
    }

    // ---- Private members ----

    private static Tensor Rows(Real[] numbers, int rows, int columns) => Tensor.Stack(numbers).Reshape(rows, columns);

    private static bool ByArrays(long multiplications, long enough, params Real[][] numbers) =>
        multiplications >= enough && numbers.All(xs => xs.All(FollowsArrays)) && numbers.Any(xs => xs.Any(x => x.Level is not null));

    private static bool FollowsArrays(Real x)
    {
        for (; x.Level is { } level; x = x.Primal)
            if (level.Arrays is null)
                return false;
        return true;
    }
}
