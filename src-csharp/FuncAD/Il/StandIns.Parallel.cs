using System.Collections.Concurrent;
using Microsoft.FSharp.Control;
using Microsoft.FSharp.Core;

namespace FuncAD.Il;

/// <summary>A tape is of one thread: what is parallel runs in turn. A Real is too wide for the processor's atomic instructions.</summary>
internal static partial class StandIns
{
    private static readonly Lock atomic = new();

    public static ParallelLoopResult Parallel_For(int from, int to, Action<int> body)
    {
        for (var k = from; k < to; k++)
            body(k);
        return default;
    }

    public static ParallelLoopResult Parallel_For(int from, int to, ParallelOptions options, Action<int> body) =>
        Parallel_For(from, to, body);

    public static ParallelLoopResult Parallel_For<T>(
        int from,
        int to,
        Func<T> begin,
        Func<int, ParallelLoopState?, T, T> body,
        Action<T> end
    )
    {
        var local = begin();
        for (var k = from; k < to; k++)
            local = body(k, null, local);
        end(local);
        return default;
    }

    public static ParallelLoopResult Parallel_ForEach<T>(IEnumerable<T> source, Action<T> body)
    {
        foreach (var x in source)
            body(x);
        return default;
    }

    public static ParallelLoopResult Parallel_ForEach<T>(IEnumerable<T> source, ParallelOptions options, Action<T> body) =>
        Parallel_ForEach(source, body);

    public static ParallelLoopResult Parallel_ForEach<T>(Partitioner<T> source, Action<T> body)
    {
        using var part = source.GetPartitions(1)[0];
        while (part.MoveNext())
            body(part.Current);
        return default;
    }

    public static ParallelLoopResult Parallel_ForEach<T>(OrderablePartitioner<T> source, Action<T> body) =>
        Parallel_ForEach((Partitioner<T>)source, body);

    public static ParallelLoopResult Parallel_ForEach<T>(Partitioner<T> source, ParallelOptions options, Action<T> body) =>
        Parallel_ForEach(source, body);

    public static ParallelLoopResult Parallel_ForEach<T>(OrderablePartitioner<T> source, ParallelOptions options, Action<T> body) =>
        Parallel_ForEach((Partitioner<T>)source, body);

    public static void Parallel_Invoke(params Action[] actions)
    {
        foreach (var action in actions)
            action();
    }

    public static void Parallel_Invoke(ParallelOptions options, params Action[] actions) => Parallel_Invoke(actions);

    // RunSynchronously starts the computation on a thread of the pool.
    public static T FSharpAsync_RunSynchronously<T>(
        FSharpAsync<T> computation,
        FSharpOption<int>? timeout,
        FSharpOption<CancellationToken>? token
    ) => FSharpAsync.StartImmediateAsTask(computation, token).GetAwaiter().GetResult();

    public static Real Interlocked_Exchange(ref Real x, Real value)
    {
        lock (atomic)
            return (x, x = value).Item1;
    }

    public static Real Interlocked_CompareExchange(ref Real x, Real value, Real comparand)
    {
        lock (atomic)
        {
            var old = x;
            if (BitConverter.DoubleToInt64Bits(old.Value) == BitConverter.DoubleToInt64Bits(comparand.Value))
                x = value;
            return old;
        }
    }

    public static Real Volatile_Read(ref readonly Real x)
    {
        lock (atomic)
            return x;
    }

    public static void Volatile_Write(ref Real x, Real value)
    {
        lock (atomic)
            x = value;
    }
}
