using System.Collections.Concurrent;
using Microsoft.FSharp.Control;
using Microsoft.FSharp.Core;

namespace FuncAD.Il;

/// <summary>A tape is of one thread: what is parallel runs in turn. A Real is too wide for the processor's atomic instructions.</summary>
internal static partial class StandIns
{
    private static readonly Lock atomic = new();

    // ---- Loops: each overload is one of four, in turn ----

    private static ParallelLoopResult InTurn<T>(IEnumerable<T> source, Action<T> body) =>
        Gathered(() =>
        {
            foreach (var x in source)
                body(x);
        });

    private static ParallelLoopResult InTurn<T, L>(IEnumerable<T> source, Func<L> begin, Func<T, L, L> body, Action<L> end) =>
        Gathered(() =>
        {
            var local = begin();
            foreach (var x in source)
                local = body(x, local);
            end(local);
        });

    /// <summary>Exceptions come in one that gathers them, as those of threads do.</summary>
    private static ParallelLoopResult Gathered(Action loop)
    {
        try
        {
            loop();
            return new();
        }
        catch (Exception error) when (!IsRefusal(error))
        {
            throw new AggregateException(error);
        }
    }

    private static IEnumerable<int> Range(int from, int to) => Enumerable.Range(from, Math.Max(0, to - from));

    private static IEnumerable<long> Range(long from, long to)
    {
        for (var k = from; k < to; k++)
            yield return k;
    }

    private static IEnumerable<T> Only<T>(Partitioner<T> source)
    {
        using var part = source.GetPartitions(1)[0];
        while (part.MoveNext())
            yield return part.Current;
    }

    // A loop that runs in turn has no state of its own; what a body does with it is refused.
    private static readonly ParallelLoopState state = (ParallelLoopState)
        System.Runtime.CompilerServices.RuntimeHelpers.GetUninitializedObject(typeof(ParallelLoopState));

    public static void ParallelLoopState_Break(ParallelLoopState loop) => throw EndsEarly();

    public static void ParallelLoopState_Stop(ParallelLoopState loop) => throw EndsEarly();

    public static bool ParallelLoopState_get_IsStopped(ParallelLoopState loop) => false;

    public static bool ParallelLoopState_get_IsExceptional(ParallelLoopState loop) => false;

    public static bool ParallelLoopState_get_ShouldExitCurrentIteration(ParallelLoopState loop) => false;

    private static LiftException EndsEarly() => new("A parallel loop ends early, at a step that depends on its threads. Write a for loop");

    public static ParallelLoopResult Parallel_For(int from, int to, Action<int> body) => InTurn(Range(from, to), body);

    public static ParallelLoopResult Parallel_For(long from, long to, Action<long> body) => InTurn(Range(from, to), body);

    public static ParallelLoopResult Parallel_For(int from, int to, ParallelOptions options, Action<int> body) =>
        InTurn(Range(from, to), body);

    public static ParallelLoopResult Parallel_For(int from, int to, Action<int, ParallelLoopState> body) =>
        InTurn(Range(from, to), k => body(k, state));

    public static ParallelLoopResult Parallel_For(int from, int to, ParallelOptions options, Action<int, ParallelLoopState> body) =>
        InTurn(Range(from, to), k => body(k, state));

    public static ParallelLoopResult Parallel_For<T>(
        int from,
        int to,
        Func<T> begin,
        Func<int, ParallelLoopState, T, T> body,
        Action<T> end
    ) => InTurn(Range(from, to), begin, (k, local) => body(k, state, local), end);

    public static ParallelLoopResult Parallel_For<T>(
        int from,
        int to,
        ParallelOptions options,
        Func<T> begin,
        Func<int, ParallelLoopState, T, T> body,
        Action<T> end
    ) => Parallel_For(from, to, begin, body, end);

    public static ParallelLoopResult Parallel_ForEach<T>(IEnumerable<T> source, Action<T> body) => InTurn(source, body);

    public static ParallelLoopResult Parallel_ForEach<T>(IEnumerable<T> source, ParallelOptions options, Action<T> body) =>
        InTurn(source, body);

    public static ParallelLoopResult Parallel_ForEach<T>(IEnumerable<T> source, Action<T, ParallelLoopState> body) =>
        InTurn(source, x => body(x, state));

    public static ParallelLoopResult Parallel_ForEach<T>(
        IEnumerable<T> source,
        ParallelOptions options,
        Action<T, ParallelLoopState> body
    ) => InTurn(source, x => body(x, state));

    public static ParallelLoopResult Parallel_ForEach<T>(IEnumerable<T> source, Action<T, ParallelLoopState, long> body) =>
        InTurn(source.Index(), x => body(x.Item, state, x.Index));

    public static ParallelLoopResult Parallel_ForEach<T, L>(
        IEnumerable<T> source,
        Func<L> begin,
        Func<T, ParallelLoopState, L, L> body,
        Action<L> end
    ) => InTurn(source, begin, (x, local) => body(x, state, local), end);

    public static ParallelLoopResult Parallel_ForEach<T, L>(
        IEnumerable<T> source,
        ParallelOptions options,
        Func<L> begin,
        Func<T, ParallelLoopState, L, L> body,
        Action<L> end
    ) => Parallel_ForEach(source, begin, body, end);

    public static ParallelLoopResult Parallel_ForEach<T, L>(
        IEnumerable<T> source,
        Func<L> begin,
        Func<T, ParallelLoopState, long, L, L> body,
        Action<L> end
    ) => InTurn(source.Index(), begin, (x, local) => body(x.Item, state, x.Index, local), end);

    public static ParallelLoopResult Parallel_ForEach<T>(Partitioner<T> source, Action<T> body) => InTurn(Only(source), body);

    public static ParallelLoopResult Parallel_ForEach<T>(OrderablePartitioner<T> source, Action<T> body) => InTurn(Only(source), body);

    public static ParallelLoopResult Parallel_ForEach<T>(Partitioner<T> source, ParallelOptions options, Action<T> body) =>
        InTurn(Only(source), body);

    public static ParallelLoopResult Parallel_ForEach<T>(OrderablePartitioner<T> source, ParallelOptions options, Action<T> body) =>
        InTurn(Only(source), body);

    public static ParallelLoopResult Parallel_ForEach<T, L>(
        Partitioner<T> source,
        Func<L> begin,
        Func<T, ParallelLoopState, L, L> body,
        Action<L> end
    ) => Parallel_ForEach(Only(source), begin, body, end);

    public static ParallelLoopResult Parallel_ForEach<T, L>(
        OrderablePartitioner<T> source,
        Func<L> begin,
        Func<T, ParallelLoopState, L, L> body,
        Action<L> end
    ) => Parallel_ForEach(Only(source), begin, body, end);

    public static ParallelLoopResult Parallel_ForEach<T, L>(
        Partitioner<T> source,
        ParallelOptions options,
        Func<L> begin,
        Func<T, ParallelLoopState, L, L> body,
        Action<L> end
    ) => Parallel_ForEach(Only(source), begin, body, end);

    public static void Parallel_Invoke(params Action[] actions)
    {
        List<Exception> errors = [];
        foreach (var action in actions)
            try
            {
                action();
            }
            catch (Exception error) when (!IsRefusal(error))
            {
                errors.Add(error);
            }
        if (errors.Count > 0)
            throw new AggregateException(errors);
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
