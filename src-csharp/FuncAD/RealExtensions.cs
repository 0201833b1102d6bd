namespace FuncAD;

/// <summary>Between plain numbers and <see cref="Real"/>.</summary>
public static class RealExtensions
{
    /// <inheritdoc cref="ADModule.toReals"/>
    public static Real[] ToReals(this double[] values)
    {
        ArgumentNullException.ThrowIfNull(values);
        return Array.ConvertAll(values, value => (Real)value);
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
    public static double[,] ToDoubles(this Real[,] numbers)
    {
        ArgumentNullException.ThrowIfNull(numbers);
        var values = new double[numbers.GetLength(0), numbers.GetLength(1)];
        for (var i = 0; i < values.GetLength(0); i++)
        for (var j = 0; j < values.GetLength(1); j++)
            values[i, j] = numbers[i, j].ReadPlainly("ToDoubles");
        return values;
    }

    /// <summary>A function on reals as one on doubles.</summary>
    /// <remarks>Where f captures a number that is being differentiated, a call is an <see cref="InvalidOperationException"/>: its derivative would be lost.</remarks>
    public static Func<double, double> ToDouble(this Func<Real, Real> f)
    {
        ArgumentNullException.ThrowIfNull(f);
        return x => f(x).ReadPlainly("ToDouble");
    }

    /// <inheritdoc cref="ToDouble(Func{Real, Real})"/>
    public static Func<double, double, double> ToDouble(this Func<Real, Real, Real> f)
    {
        ArgumentNullException.ThrowIfNull(f);
        return (x, y) => f(x, y).ReadPlainly("ToDouble");
    }

    /// <inheritdoc cref="ToDouble(Func{Real, Real})"/>
    public static Func<double[], double> ToDouble(this Func<Real[], Real> f)
    {
        ArgumentNullException.ThrowIfNull(f);
        return x => f(x.ToReals()).ReadPlainly("ToDouble");
    }

    /// <inheritdoc cref="ToDouble(Func{Real, Real})"/>
    public static Func<double[], double[]> ToDouble(this Func<Real[], Real[]> f)
    {
        ArgumentNullException.ThrowIfNull(f);
        return x => f(x.ToReals()).ToDoubles();
    }

    /// <inheritdoc cref="ToDouble(Func{Real, Real})"/>
    public static Func<double[], double[,]> ToDouble(this Func<Real[], Real[,]> f)
    {
        ArgumentNullException.ThrowIfNull(f);
        return x => f(x.ToReals()).ToDoubles();
    }
}
