namespace FuncAD;

/// <summary>Between plain numbers and <see cref="Real"/>.</summary>
public static class RealExtensions
{
    /// <summary>Plain numbers as constants.</summary>
    public static Real[] ToReals(this double[] values)
    {
        ArgumentNullException.ThrowIfNull(values);
        return Array.ConvertAll(values, value => (Real)value);
    }

    /// <summary>The values of numbers, without their derivatives.</summary>
    public static double[] ToDoubles(this Real[] numbers)
    {
        ArgumentNullException.ThrowIfNull(numbers);
        return Array.ConvertAll(numbers, number => number.Value);
    }

    /// <summary>The values of a matrix, without their derivatives.</summary>
    public static double[,] ToDoubles(this Real[,] numbers)
    {
        ArgumentNullException.ThrowIfNull(numbers);
        var values = new double[numbers.GetLength(0), numbers.GetLength(1)];
        for (var i = 0; i < values.GetLength(0); i++)
            for (var j = 0; j < values.GetLength(1); j++)
                values[i, j] = numbers[i, j].Value;
        return values;
    }

    /// <summary>A function on reals as one on doubles.</summary>
    public static Func<double, double> ToDouble(this Func<Real, Real> f)
    {
        ArgumentNullException.ThrowIfNull(f);
        return x => f(x).Value;
    }

    /// <inheritdoc cref="ToDouble(Func{Real, Real})"/>
    public static Func<double, double, double> ToDouble(this Func<Real, Real, Real> f)
    {
        ArgumentNullException.ThrowIfNull(f);
        return (x, y) => f(x, y).Value;
    }

    /// <inheritdoc cref="ToDouble(Func{Real, Real})"/>
    public static Func<double[], double> ToDouble(this Func<Real[], Real> f)
    {
        ArgumentNullException.ThrowIfNull(f);
        return x => f(x.ToReals()).Value;
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
