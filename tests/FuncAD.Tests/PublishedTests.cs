using System.Runtime.InteropServices;
using Xunit.Abstractions;

namespace FuncAD.Tests;

/// <summary>A program that uses the package, published with native AOT and trimmed: it prints what it prints when it is run.</summary>
[Collection(ProcessCollection.Name)]
public sealed class PublishedTests(PackageTests.Packages packages, ITestOutputHelper log) : IClassFixture<PackageTests.Packages>
{
    private static readonly string Program = File.ReadAllText(
        Path.Combine(Dotnet.Repository, "tests", "FuncAD.Tests", "Published", "Program.cs")
    );

    private string Folder(string name, string properties, string program) =>
        packages.User(name, ($"{name}.csproj", packages.ProjectWith(properties)), ("Program.cs", program));

    /// <summary>What a program prints, published; null where this machine cannot publish so.</summary>
    private string? Published(string name, string property, string program)
    {
        var folder = Folder(
            name,
            $"<InvariantGlobalization>true</InvariantGlobalization><TreatWarningsAsErrors>false</TreatWarningsAsErrors><{property}>true</{property}>",
            program
        );
        var published = Dotnet.RunIn(folder, "publish", "-r", RuntimeInformation.RuntimeIdentifier, "-o", "out");
        // A package that is missing on the feed, or the linker on the path.
        if (new[] { "NU1101", "NU1102", "Platform linker" }.Any(missing => published.Output.Contains(missing, StringComparison.Ordinal)))
        {
            log.WriteLine($"Skipped: {name} cannot be published on this machine: {published.Output}");
            return null;
        }
        Assert.True(published.ExitCode == 0, published.ToString());
        foreach (var line in published.Output.Split('\n').Where(line => line.Contains("warning", StringComparison.Ordinal)))
            Assert.Contains("FSharp.Core", line, StringComparison.Ordinal);
        var result = Dotnet.Start(Path.Combine(folder, "out", name));
        Assert.True(result.ExitCode == 0, result.ToString());
        return result.Output;
    }

    private string Run()
    {
        var result = Dotnet.RunIn(Folder("run", "", Program), "run");
        Assert.True(result.ExitCode == 0, result.ToString());
        Assert.DoesNotContain(
            "Exception",
            result.Output[..result.Output.IndexOf("no numbers", StringComparison.Ordinal)],
            StringComparison.Ordinal
        );
        return result.Output;
    }

    [Fact]
    public void Native_AOT()
    {
        if (Published("native", "PublishAot", Program) is { } printed)
            Assert.Equal(Run(), printed);
    }

    [Fact]
    public void Trimmed()
    {
        if (Published("trimmed", "PublishTrimmed", Program) is { } printed)
            Assert.Equal(Run(), printed);
    }

    [Fact]
    public void What_native_AOT_cannot_take_apart_is_an_error_that_says_what_to_do()
    {
        const string program = """
            using FuncAD;

            try
            {
                Console.WriteLine(Hidden.Run());
            }
            catch (NotSupportedException error)
            {
                Console.WriteLine(error.Message);
            }

            static class Hidden
            {
                private struct Secret
                {
                    public Real A { get; set; }
                }

                public static Real Run() => AD.Grad((Secret[] s) => s[0].A * s[1].A)([new() { A = 2 }, new() { A = 3 }])[0].A;
            }
            """;
        if (Published("missing", "PublishAot", program) is { } printed)
            Assert.Contains("Call NativeAot.KeepItems<Secret>()", printed, StringComparison.Ordinal);
    }
}
