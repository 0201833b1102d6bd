using System.Runtime.CompilerServices;
using Microsoft.FSharp.Core;

namespace FuncAD;

/// <summary>C# delegates as F# functions and back: the one place where the two meet. A null is reported by the caller's name for it.</summary>
internal static class Adapters
{
    public static FSharpFunc<X, Y> ToFSharp<X, Y>(this Func<X, Y> f, [CallerArgumentExpression(nameof(f))] string? name = null)
    {
        Given(f, name);
        return FSharpFunc<X, Y>.FromConverter(new Converter<X, Y>(f));
    }

    public static FSharpFunc<A, FSharpFunc<B, C>> ToFSharp<A, B, C>(
        this Func<A, B, C> f,
        [CallerArgumentExpression(nameof(f))] string? name = null
    )
    {
        Given(f, name);
        return new Func<A, FSharpFunc<B, C>>(a => new Func<B, C>(b => f(a, b)).ToFSharp()).ToFSharp();
    }

    public static FSharpFunc<A, FSharpFunc<B, FSharpFunc<C, D>>> ToFSharp<A, B, C, D>(
        this Func<A, B, C, D> f,
        [CallerArgumentExpression(nameof(f))] string? name = null
    )
    {
        Given(f, name);
        return new Func<A, FSharpFunc<B, FSharpFunc<C, D>>>(a => new Func<B, C, D>((b, c) => f(a, b, c)).ToFSharp()).ToFSharp();
    }

    /// <summary>Refuses a null with a message that says what is wanted.</summary>
    public static void Given(Delegate? f, string? name)
    {
        if (f is null)
            throw new ArgumentNullException(name, $"FuncAD: {name} is null. Pass a function: a lambda such as x => x * x, or a method.");
    }

    public static Func<X, Y> ToFunc<X, Y>(this FSharpFunc<X, Y> f) => f.Invoke;
}
