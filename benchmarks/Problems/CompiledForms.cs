namespace FuncAD.Benchmarks.Problems;

/// <summary>The program of an instance would be larger than it pays to compile.</summary>
public sealed class TooLargeException(string message) : Exception(message);

/// <summary>
/// Forms by compiled functions. Tracing and compiling happen once, before anything is timed, and all runs are machine code. Batches and sums read
/// columns, which are made once from the instance's rows, and batches write columns: neither way between rows and columns is timed.
/// </summary>
public static class CompiledForms
{
    /// <summary>Machine code for straight-line programs of more operations takes seconds to make, and does not stay in a cache.</summary>
    private const int MostOperations = 300_000;

    private const int OneThread = 1,
        AllCores = 0;

    /// <summary>The gradient of a scalar function of an array, as one program.</summary>
    public static Form Gradient(Func<Instance, Func<Real[], Real>> real) => Derivative(real, f => AD.Grad(f));

    /// <summary>The second derivatives of a scalar function of an array, as one program.</summary>
    public static Form Hessian(Func<Instance, Func<Real[], Real>> real) => Derivative(real, f => AD.Hessian(f));

    /// <summary>A function of an array and a derivative of it, each as one program that runs at the instance's point.</summary>
    public static Form Derivative<Q, D>(Func<Instance, Func<Real[], Q>> real, Func<Func<Real[], Q>, Func<Real[], D>> derivative) =>
        new(
            Form.Compiled,
            instance =>
            {
                var (f, x) = (real(instance), instance.X);
                return new(Run(f, x), Run(derivative(f), x));
            }
        );

    /// <summary>An evaluation with these options, on one thread.</summary>
    public static Form OnOneThread(Func<Instance, CompileOptions, Evaluation> prepare) =>
        new(Form.Compiled, instance => prepare(instance, Options(OneThread)));

    /// <summary>The same on one thread and on all cores.</summary>
    public static IEnumerable<Form> OnThreads(Func<Instance, CompileOptions, Evaluation> prepare) =>
        [OnOneThread(prepare), new(Form.CompiledOnAllCores, instance => prepare(instance, Options(AllCores)))];

    /// <summary>A sum of f(parameters, datum) over data in columns, and what depends on the parameters alone.</summary>
    public static Evaluation Sum(
        Func<Real[], Real[], Real> f,
        double[] x,
        double[] columns,
        int count,
        CompileOptions options,
        Func<Real[], Real>? rest = null
    )
    {
        var datum = Enumerable.Range(0, columns.Length / count).Select(index => (Real)columns[index * count]).ToArray();
        Check(Compile(AD.ValueAndGrad<Real[]>(p => f(p, datum)), x).Operations);
        var sum = AD.CompileSum(f, x.ToReals(), datum, options);
        var (restValue, restGradient) = rest is null ? (() => [0], () => new double[x.Length]) : (Run(rest, x), Run(AD.Grad(rest), x));
        var (parameters, gradient) = (x.ToReals(), new double[x.Length]);
        return new(
            () => [sum.Value(parameters, columns) + restValue()[0]],
            () =>
            {
                sum.Run(x, columns, gradient);
                var slopes = restGradient();
                for (var index = 0; index < gradient.Length; index++)
                    gradient[index] += slopes[index];
                return gradient;
            }
        );
    }

    /// <summary>A function at many points, whose inputs are columns: answers columns. A single point is no batch.</summary>
    public static Func<double[]> Batch<Q>(Func<Real[], Q> f, double[] columns, int count, CompileOptions options)
    {
        var example = Enumerable.Range(0, columns.Length / count).Select(index => (Real)columns[index * count]).ToArray();
        var compiled = AD.Compile(f, example, options);
        Check(compiled.Operations);
        var results = new double[compiled.Outputs * count];
        return () =>
        {
            if (count == 1)
                compiled.Run(columns, results);
            else
                compiled.RunBatch(columns, results, count);
            return results;
        };
    }

    /// <summary>The transpose of a table of so many rows.</summary>
    public static double[] Transpose(ReadOnlySpan<double> table, int rows)
    {
        var (columns, result) = (table.Length / rows, new double[table.Length]);
        for (var row = 0; row < rows; row++)
        for (var column = 0; column < columns; column++)
            result[column * rows + row] = table[row * columns + column];
        return result;
    }

    private static CompileOptions Options(int threads) => new() { Mode = ExecutionMode.MachineCode, Threads = threads };

    private static Compiled<Real[], Q> Compile<Q>(Func<Real[], Q> f, double[] x) => AD.Compile(f, x.ToReals(), Options(OneThread));

    private static Func<double[]> Run<Q>(Func<Real[], Q> f, double[] x)
    {
        var compiled = Compile(f, x);
        Check(compiled.Operations);
        var results = new double[compiled.Outputs];
        return () =>
        {
            compiled.Run(x, results);
            return results;
        };
    }

    private static void Check(int operations)
    {
        if (operations > MostOperations)
            throw new TooLargeException($"a program of {operations} operations, and more than {MostOperations} are not compiled here");
    }
}
