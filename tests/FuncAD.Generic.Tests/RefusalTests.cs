using System.Numerics;
using System.Runtime.InteropServices;
using System.Runtime.Intrinsics;
using Microsoft.CodeAnalysis;
using Microsoft.CodeAnalysis.CSharp;

namespace FuncAD.Generic.Tests;

/// <summary>What generic code does not take Real, and what says so.</summary>
public class RefusalTests
{
    /// <summary>The errors of the compiler for a statement.</summary>
    private static string[] Errors(string statement)
    {
        var trusted = ((string)AppContext.GetData("TRUSTED_PLATFORM_ASSEMBLIES")!).Split(Path.PathSeparator);
        var compilation = CSharpCompilation.Create(
            "refused",
            [
                CSharpSyntaxTree.ParseText(
                    $"using System; using System.Linq; using FuncAD; static class C {{ static unsafe void M(Real x, Real[] xs) {{ {statement} }} }}"
                ),
            ],
            trusted.Select(path => MetadataReference.CreateFromFile(path)),
            new CSharpCompilationOptions(OutputKind.DynamicallyLinkedLibrary, allowUnsafe: true)
        );
        return [.. compilation.GetDiagnostics().Where(d => d.Severity == DiagnosticSeverity.Error).Select(d => d.Id)];
    }

    [Fact]
    public void What_does_compile_has_no_errors() => Assert.Empty(Errors("System.Numerics.Tensors.TensorPrimitives.Sum<Real>(xs);"));

    /// <summary>A Real has a reference to what it depends on, so it is not an unmanaged type.</summary>
    [Theory]
    [InlineData("Silk.NET.Maths.Vector3D<Real> v = default;", "CS8377")]
    [InlineData("Silk.NET.Maths.Vector3D.Dot<Real>(default, default);", "CS8377")]
    [InlineData("Span<Real> s = stackalloc Real[4];", "CS0208")]
    // UnitsNet's Average divides by a double, and asks for the operator of just these types
    [InlineData("UnitsNet.GenericMath.GenericMathExtensions.Average(xs);", "CS0315")]
    // bits of an integer are no function of real numbers
    [InlineData("System.Numerics.Tensors.TensorPrimitives.PopCount<Real>(xs, xs);", "CS0315")]
    public void The_compiler_refuses(string statement, string error) => Assert.Contains(error, Errors(statement));

    [Fact]
    public void Vectors_of_the_processor_are_not_supported_and_say_so()
    {
        Assert.False(Vector<Real>.IsSupported);
        Assert.False(Vector128<Real>.IsSupported);
        Assert.False(Vector512<Real>.IsSupported);
        Assert.Throws<NotSupportedException>(() => new Vector<Real>(1));
    }

    [Fact]
    public void Memory_of_Reals_is_not_read_as_bytes()
    {
        var error = Assert.Throws<ArgumentException>(() => MemoryMarshal.AsBytes<Real>(new Real[2]).Length);
        Assert.Contains("FuncAD.Real", error.Message, StringComparison.Ordinal);
        Assert.Throws<ArgumentException>(() => MemoryMarshal.Cast<double, Real>(new double[6]).Length);
        Assert.Throws<ArgumentException>(() => GCHandle.Alloc(new Real[2], GCHandleType.Pinned));
    }

    [Fact]
    public void MathNet_makes_vectors_of_its_own_four_types() =>
        Assert.ThrowsAny<Exception>(() => MathNet.Numerics.LinearAlgebra.Vector<Real>.Build.Dense(2));

    [Fact]
    public void Conversions_to_double_are_refused_where_they_would_lose_a_derivative()
    {
        static Real Inside(Real x) => double.CreateChecked(x);
        Assert.Equal(2, Inside(2).Value);
        Assert.Throws<InvalidOperationException>(() => AD.Grad((Func<Real, Real>)Inside)(2));
    }
}
