using System.Runtime.CompilerServices;

namespace FuncAD;

/// <summary>Between plain numbers and <see cref="Real"/>, and dot products of lists.</summary>
public static class RealExtensions
{
    /// <inheritdoc cref="ADModule.toReals"/>
    public static Real[] ToReals(this double[] values)
    {
        ArgumentNullException.ThrowIfNull(values);
        return Array.ConvertAll(values, value => (Real)value);
    }

    /// <inheritdoc cref="ADModule.toReals"/>
    public static Real[] ToReals(this IEnumerable<double> values)
    {
        ArgumentNullException.ThrowIfNull(values);
        return values.Select(value => (Real)value).ToArray();
    }

    /// <summary>A matrix of plain numbers as constants.</summary>
    public static Real[,] ToReals(this double[,] values)
    {
        ArgumentNullException.ThrowIfNull(values);
        var numbers = new Real[values.GetLength(0), values.GetLength(1)];
        for (var i = 0; i < numbers.GetLength(0); i++)
        for (var j = 0; j < numbers.GetLength(1); j++)
            numbers[i, j] = values[i, j];
        return numbers;
    }

    /// <summary>The values of numbers that are not being differentiated.</summary>
    /// <exception cref="InvalidOperationException">
    /// A number is being differentiated: its derivative would be lost. Write <c>x.Value</c> or <c>StopGradient(x)</c> where that is meant.
    /// </exception>
    public static double[] ToDoubles(this Real[] numbers)
    {
        ArgumentNullException.ThrowIfNull(numbers);
        return Array.ConvertAll(numbers, number => number.ReadPlainly("ToDoubles"));
    }

    /// <inheritdoc cref="ToDoubles(Real[])"/>
    public static double[] ToDoubles(this IEnumerable<Real> numbers)
    {
        ArgumentNullException.ThrowIfNull(numbers);
        return numbers.Select(number => number.ReadPlainly("ToDoubles")).ToArray();
    }

    /// <inheritdoc cref="ToDoubles(Real[])"/>
    public static double[,] ToDoubles(this Real[,] numbers)
    {
        ArgumentNullException.ThrowIfNull(numbers);
        var values = new double[numbers.GetLength(0), numbers.GetLength(1)];
        for (var i = 0; i < values.GetLength(0); i++)
        for (var j = 0; j < values.GetLength(1); j++)
            values[i, j] = numbers[i, j].ReadPlainly("ToDoubles");
        return values;
    }

    /// <summary>x1 y1 + x2 y2 + ..., added to 0 from the left.</summary>
    /// <exception cref="ArgumentException">The lengths differ.</exception>
    /// <example><code>AD.Grad(w => w.Dot([3.0, 4.0]))([1.0, 2.0])  // 3, 4</code></example>
    [OverloadResolutionPriority(1)] // for [3.0, 4.0], which may be either kind of list
    public static Real Dot(this IReadOnlyList<Real> xs, IReadOnlyList<Real> ys) => RealMath.Dot(Numbers(xs), Numbers(ys));

    /// <inheritdoc cref="Dot(IReadOnlyList{Real}, IReadOnlyList{Real})"/>
    public static Real Dot(this IReadOnlyList<Real> xs, IReadOnlyList<double> ys) => RealMath.Dot(Numbers(xs), Plain(ys));

    /// <inheritdoc cref="Dot(IReadOnlyList{Real}, IReadOnlyList{Real})"/>
    public static Real Dot(this IReadOnlyList<double> xs, IReadOnlyList<Real> ys) => RealMath.Dot(Plain(xs), Numbers(ys));

    private static Real[] Numbers(IReadOnlyList<Real> list, [CallerArgumentExpression(nameof(list))] string? name = null)
    {
        ArgumentNullException.ThrowIfNull(list, name);
        return list as Real[] ?? [.. list];
    }

    private static double[] Plain(IReadOnlyList<double> list, [CallerArgumentExpression(nameof(list))] string? name = null)
    {
        ArgumentNullException.ThrowIfNull(list, name);
        return list as double[] ?? [.. list];
    }

    // ---- Functions: of each shape that an operator returns ----

    /// <summary>A function on reals as one on doubles: <c>Grad(f).ToDouble()</c> takes and returns plain numbers.</summary>
    /// <remarks>Where f captures a number that is being differentiated, a call is an <see cref="InvalidOperationException"/>: its derivative would be lost.</remarks>
    public static Func<double, double> ToDouble(this Func<Real, Real> f)
    {
        Adapters.Given(f, nameof(f));
        return x => f(x).ReadPlainly("ToDouble");
    }

    /// <inheritdoc cref="ToDouble(Func{Real, Real})"/>
    public static Func<double, double, double> ToDouble(this Func<Real, Real, Real> f)
    {
        Adapters.Given(f, nameof(f));
        return (x, y) => f(x, y).ReadPlainly("ToDouble");
    }

    /// <inheritdoc cref="ToDouble(Func{Real, Real})"/>
    public static Func<double[], double> ToDouble(this Func<Real[], Real> f)
    {
        Adapters.Given(f, nameof(f));
        return x => f(x.ToReals()).ReadPlainly("ToDouble");
    }

    /// <inheritdoc cref="ToDouble(Func{Real, Real})"/>
    public static Func<double[], double[]> ToDouble(this Func<Real[], Real[]> f)
    {
        Adapters.Given(f, nameof(f));
        return x => f(x.ToReals()).ToDoubles();
    }

    /// <inheritdoc cref="ToDouble(Func{Real, Real})"/>
    public static Func<double[], double[,]> ToDouble(this Func<Real[], Real[,]> f)
    {
        Adapters.Given(f, nameof(f));
        return x => f(x.ToReals()).ToDoubles();
    }

    /// <inheritdoc cref="ToDouble(Func{Real, Real})"/>
    public static Func<double, double[]> ToDouble(this Func<Real, Real[]> f)
    {
        Adapters.Given(f, nameof(f));
        return x => f(x).ToDoubles();
    }

    /// <inheritdoc cref="ToDouble(Func{Real, Real})"/>
    public static Func<double, double, double, double> ToDouble(this Func<Real, Real, Real, Real> f)
    {
        Adapters.Given(f, nameof(f));
        return (x, y, z) => f(x, y, z).ReadPlainly("ToDouble");
    }

    /// <inheritdoc cref="ToDouble(Func{Real, Real})"/>
    public static Func<double, double, double[,]> ToDouble(this Func<Real, Real, Real[,]> f)
    {
        Adapters.Given(f, nameof(f));
        return (x, y) => f(x, y).ToDoubles();
    }

    /// <inheritdoc cref="ToDouble(Func{Real, Real})"/>
    public static Func<double[], double[], double[]> ToDouble(this Func<Real[], Real[], Real[]> f)
    {
        Adapters.Given(f, nameof(f));
        return (x, v) => f(x.ToReals(), v.ToReals()).ToDoubles();
    }

    /// <inheritdoc cref="ToDouble(Func{Real, Real})"/>
    public static Func<double, (double Value, double Gradient)> ToDouble(this Func<Real, (Real Value, Real Gradient)> f)
    {
        Adapters.Given(f, nameof(f));
        return x =>
        {
            var (value, gradient) = f(x);
            return (value.ReadPlainly("ToDouble"), gradient.ReadPlainly("ToDouble"));
        };
    }

    /// <inheritdoc cref="ToDouble(Func{Real, Real})"/>
    public static Func<double[], (double Value, double[] Gradient)> ToDouble(this Func<Real[], (Real Value, Real[] Gradient)> f)
    {
        Adapters.Given(f, nameof(f));
        return x =>
        {
            var (value, gradient) = f(x.ToReals());
            return (value.ReadPlainly("ToDouble"), gradient.ToDoubles());
        };
    }

    /// <inheritdoc cref="ToDouble(Func{Real, Real})"/>
    public static Func<double, double, (double, double)> ToDouble(this Func<Real, Real, (Real, Real)> f)
    {
        Adapters.Given(f, nameof(f));
        return (x, y) =>
        {
            var (first, second) = f(x, y);
            return (first.ReadPlainly("ToDouble"), second.ReadPlainly("ToDouble"));
        };
    }

    /// <inheritdoc cref="ToDouble(Func{Real, Real})"/>
    public static Func<double, double, double, (double, double, double)> ToDouble(this Func<Real, Real, Real, (Real, Real, Real)> f)
    {
        Adapters.Given(f, nameof(f));
        return (x, y, z) =>
        {
            var (first, second, third) = f(x, y, z);
            return (first.ReadPlainly("ToDouble"), second.ReadPlainly("ToDouble"), third.ReadPlainly("ToDouble"));
        };
    }

    /// <inheritdoc cref="ToDouble(Func{Real, Real})"/>
    public static Func<double, double, (double Value, (double, double) Gradient)> ToDouble(
        this Func<Real, Real, (Real Value, (Real, Real) Gradient)> f
    )
    {
        Adapters.Given(f, nameof(f));
        return (x, y) =>
        {
            var (value, (first, second)) = f(x, y);
            return (value.ReadPlainly("ToDouble"), (first.ReadPlainly("ToDouble"), second.ReadPlainly("ToDouble")));
        };
    }

    /// <inheritdoc cref="ToDouble(Func{Real, Real})"/>
    public static Func<double[], double[], (double Value, double Tangent)> ToDouble(this Func<Real[], Real[], (Real Value, Real Tangent)> f)
    {
        Adapters.Given(f, nameof(f));
        return (x, v) =>
        {
            var (value, tangent) = f(x.ToReals(), v.ToReals());
            return (value.ReadPlainly("ToDouble"), tangent.ReadPlainly("ToDouble"));
        };
    }

    /// <inheritdoc cref="ToDouble(Func{Real, Real})"/>
    public static Func<double[], double[], (double[] Value, double[] Tangent)> ToDouble(
        this Func<Real[], Real[], (Real[] Value, Real[] Tangent)> f
    )
    {
        Adapters.Given(f, nameof(f));
        return (x, v) =>
        {
            var (value, tangent) = f(x.ToReals(), v.ToReals());
            return (value.ToDoubles(), tangent.ToDoubles());
        };
    }
}
