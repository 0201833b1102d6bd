namespace FuncAD.Benchmarks.Problems;

/// <summary>A size of a problem: its dimensions, where it stands on the axis of a chart, and whether the quick run takes it.</summary>
public sealed record Size(string Name, double Scale, bool IsQuick, params int[] Dimensions)
{
    /// <summary>What sizes that differ in one dimension have in common: a line of a chart joins those of one family only.</summary>
    public string Family { get; init; } = "";
}

/// <summary>A problem at one size: the point, and the data that are not differentiated. All contestants get the same, to the bit.</summary>
public sealed record Instance(Size Size, double[] X, double[] Data)
{
    public int Dimension(int index) => Size.Dimensions[index];
}

/// <summary>What a form computes on an instance: the values, and their derivatives in row-major order. A result may be overwritten by the next call.</summary>
public sealed record Evaluation(Func<double[]> Value, Func<double[]> Derivative)
{
    /// <summary>Orders the values where the form has them otherwise than in the problem's order. It is not timed.</summary>
    public Func<double[], double[]> Order { get; init; } = values => values;

    /// <summary>Orders the derivatives in the same way.</summary>
    public Func<double[], double[]> OrderDerivative { get; init; } = derivatives => derivatives;

    /// <summary>The values in the problem's order.</summary>
    public double[] Values() => Order(Value());

    /// <summary>The derivatives in the problem's order.</summary>
    public double[] Derivatives() => OrderDerivative(Derivative());
}

/// <summary>A way to write a problem in .NET. What it sets up on an instance is not timed.</summary>
public sealed record Form(string Name, Func<Instance, Evaluation> Prepare)
{
    /// <summary>Plain C# with derivatives derived by hand: the yardstick.</summary>
    public const string Hand = "csharp";

    /// <summary>The same in vectors, over columns.</summary>
    public const string HandInVectors = "csharp-vectors";

    /// <summary>FuncAD on numbers.</summary>
    public const string Eager = "funcad";

    /// <summary>FuncAD on arrays.</summary>
    public const string Arrays = "funcad-arrays";

    /// <summary>FuncAD's compiled functions on one thread.</summary>
    public const string Compiled = "funcad-compiled";

    /// <summary>FuncAD's compiled functions on all cores.</summary>
    public const string CompiledOnAllCores = "funcad-compiled-cores";

    /// <summary>The plain function, lifted.</summary>
    public const string Lifted = "funcad-lifted";

    /// <summary>The plain function, lifted and compiled.</summary>
    public const string LiftedCompiled = "funcad-lifted-compiled";

    /// <summary>Differences of the plain function.</summary>
    public const string Differences = "differences";
}

/// <summary>A problem: a name for the command line, what a reader sees, its sizes in growing order, and its forms.</summary>
/// <param name="Name">The name on the command line and in files.</param>
/// <param name="Title">The heading.</param>
/// <param name="Derivative">What kind of derivative is taken.</param>
/// <param name="Axis">What a size's scale counts.</param>
/// <param name="Small">The dimensions of an instance for tests, in which no two dimensions are equal.</param>
/// <param name="Sizes">What is measured.</param>
/// <param name="Generate">The instance of a size, the same each time.</param>
/// <param name="Forms">The forms, the yardstick first.</param>
public sealed record Problem(
    string Name,
    string Title,
    string Derivative,
    string Axis,
    int[] Small,
    IReadOnlyList<Size> Sizes,
    Func<Size, Instance> Generate,
    IReadOnlyList<Form> Forms
)
{
    /// <summary>The instance that tests use.</summary>
    public Instance SmallInstance() => Generate(new Size("small", 1, true, Small));
}
