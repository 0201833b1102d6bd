using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;
using FuncAD;

// In the namespace of LINQ's own operators, so that the compiler chooses from all of them together: in another one, which is looked up
// first, a sum of doubles would become one of Reals.
namespace System.Linq;

/// <summary>LINQ's sums, means and extremes for sequences of <see cref="Real"/>: <c>x.Sum(v => v * v)</c>.</summary>
/// <remarks>As LINQ has them: a sum of nothing is 0, and a mean, maximum or minimum of nothing an <see cref="InvalidOperationException"/>.</remarks>
public static class RealEnumerable
{
    /// <summary>The sum, added from the left; 0 of nothing.</summary>
    /// <remarks>Cost: as <see cref="RealMath.Sum"/>, which is faster than a loop in reverse mode where there are many terms.</remarks>
    public static Real Sum(this IEnumerable<Real> numbers) => RealMath.Sum(Span(numbers));

    /// <summary>The sum of what a function gives for each item, added from the left; 0 of nothing.</summary>
    /// <example><code>AD.Grad(x => x.Sum(v => v * v))([1.0, 2.0])  // 2, 4</code></example>
    public static Real Sum<T>(this IEnumerable<T> items, Func<T, Real> selector) => RealMath.Sum(Each(items, selector));

    /// <summary>The mean: the sum over the number of items.</summary>
    /// <exception cref="InvalidOperationException">There are none.</exception>
    public static Real Average(this IEnumerable<Real> numbers) => Mean(Some(Span(numbers), "Average"));

    /// <summary>The mean of what a function gives for each item.</summary>
    /// <exception cref="InvalidOperationException">There are none.</exception>
    public static Real Average<T>(this IEnumerable<T> items, Func<T, Real> selector) => Mean(Some(Each(items, selector), "Average"));

    /// <summary>The largest number, NaN if one is NaN.</summary>
    /// <remarks>
    /// The rule is that of <see cref="Real.Max(Real, Real)"/>, from the left: at a tie of two each has half of the slope, and a third one that
    /// ties with them has half of it again. A compiled program has no branch for it.
    /// </remarks>
    /// <exception cref="InvalidOperationException">There are none.</exception>
    public static Real Max(this IEnumerable<Real> numbers) => Reduce(Some(Span(numbers), "Max"), Real.Max);

    /// <summary>The largest of what a function gives for each item, by the rule of <see cref="Max(IEnumerable{Real})"/>.</summary>
    /// <exception cref="InvalidOperationException">There are none.</exception>
    public static Real Max<T>(this IEnumerable<T> items, Func<T, Real> selector) => Reduce(Some(Each(items, selector), "Max"), Real.Max);

    /// <summary>The smallest number, NaN if one is NaN; at ties as <see cref="Max(IEnumerable{Real})"/>.</summary>
    /// <exception cref="InvalidOperationException">There are none.</exception>
    public static Real Min(this IEnumerable<Real> numbers) => Reduce(Some(Span(numbers), "Min"), Real.Min);

    /// <summary>The smallest of what a function gives for each item; at ties as <see cref="Max(IEnumerable{Real})"/>.</summary>
    /// <exception cref="InvalidOperationException">There are none.</exception>
    public static Real Min<T>(this IEnumerable<T> items, Func<T, Real> selector) => Reduce(Some(Each(items, selector), "Min"), Real.Min);

    /// <summary>LINQ's Aggregate with a number as the seed, which may be written as a double: <c>x.Aggregate(1.0, (p, v) => p * v)</c>.</summary>
    public static Real Aggregate<T>(this IEnumerable<T> items, Real seed, Func<Real, T, Real> function) =>
        Enumerable.Aggregate(items, seed, function);

    /// <summary>The numbers in one piece of memory: their own where they lie in one.</summary>
    private static ReadOnlySpan<Real> Span(IEnumerable<Real> numbers, [CallerArgumentExpression(nameof(numbers))] string? name = null)
    {
        ArgumentNullException.ThrowIfNull(numbers, name);
        return numbers switch
        {
            Real[] array => array,
            List<Real> list => CollectionsMarshal.AsSpan(list),
            _ => numbers.ToArray(),
        };
    }

    private static ReadOnlySpan<Real> Each<T>(
        IEnumerable<T> items,
        Func<T, Real> selector,
        [CallerArgumentExpression(nameof(items))] string? name = null
    )
    {
        ArgumentNullException.ThrowIfNull(items, name);
        ArgumentNullException.ThrowIfNull(selector);
        return items.Select(selector).ToArray();
    }

    private static ReadOnlySpan<Real> Some(ReadOnlySpan<Real> numbers, string operation) =>
        numbers.IsEmpty
            ? throw new InvalidOperationException(
                $"{operation}: the sequence has no elements, and so has no result. Ask first whether there are any (Any()), or give it one to begin with (Prepend)."
            )
            : numbers;

    private static Real Mean(ReadOnlySpan<Real> numbers) => RealMath.Sum(numbers) / numbers.Length;

    private static Real Reduce(ReadOnlySpan<Real> numbers, Func<Real, Real, Real> choice)
    {
        var best = numbers[0];
        foreach (var next in numbers[1..])
            best = choice(best, next);
        return best;
    }
}
