using System.Runtime.CompilerServices;
using FuncAD.Benchmarks.Problems;

namespace FuncAD.Benchmarks.Comparison;

/// <summary>A way to write the problems, in whatever language: how its process is started, and what its times are compared with.</summary>
/// <param name="Name">The name that its process is told.</param>
/// <param name="Title">What a reader sees.</param>
/// <param name="Plain">The contestant whose plain function its derivative is compared with: its own language's.</param>
/// <param name="File">The program, and what it is told before its name.</param>
public sealed record Contestant(string Name, string Title, string Plain, params string[] File)
{
    private static readonly string Peers = Path.Combine(Folder(), "peers"),
        Built = Path.Combine(Folder(), "obj", "peers");
    private static readonly string Self = typeof(Contestant).Assembly.Location;

    /// <summary>The yardstick first: others have to agree with it.</summary>
    public static IReadOnlyList<Contestant> All(string python) =>
        [
            new(Form.Hand, "C# by hand", Form.Hand, "dotnet", Self, "serve"),
            new(Form.HandInVectors, "C# by hand, vectors", Form.Hand, "dotnet", Self, "serve"),
            new(Form.Eager, "FuncAD", Form.Hand, "dotnet", Self, "serve"),
            new(Form.Arrays, "FuncAD, arrays", Form.Hand, "dotnet", Self, "serve"),
            new(Form.Compiled, "FuncAD, compiled", Form.Hand, "dotnet", Self, "serve"),
            new(Form.CompiledOnAllCores, "FuncAD, compiled, all cores", Form.Hand, "dotnet", Self, "serve"),
            new(Form.Differences, "differences (MathNet)", Form.Hand, "dotnet", Self, "serve"),
            new("c", "C by hand", "c", Path.Combine(Built, "c")),
            new("adolc", "ADOL-C, tape reused", "c", Path.Combine(Built, "adolc")),
            new("adolc-retaped", "ADOL-C, retaped", "c", Path.Combine(Built, "adolc")),
            new("eigen", "Eigen AutoDiffScalar", "c", Path.Combine(Built, "eigen")),
            new("sacado", "Sacado", "c", Path.Combine(Built, "sacado")),
            new("torch", "PyTorch", "torch", python, Path.Combine(Peers, "torch_problems.py")),
        ];

    /// <summary>It runs in .NET, which has limits of its own.</summary>
    public bool IsManaged => File[0] == "dotnet";

    /// <summary>Its program is there: what the script could not build is not.</summary>
    public bool IsThere => !Path.IsPathRooted(File[0]) || System.IO.File.Exists(File[0]);

    public static string Folder() => Path.GetFullPath(Path.Combine(Path.GetDirectoryName(Here())!, ".."));

    private static string Here([CallerFilePath] string file = "") => file;
}
