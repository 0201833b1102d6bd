using System.IO.Compression;
using System.Xml.Linq;

namespace FuncAD.Tests;

/// <summary>Both packages, packed into a folder, and what people do with them from there.</summary>
[Collection(ProcessCollection.Name)]
public sealed class PackageTests : IClassFixture<PackageTests.Packages>
{
    private readonly Packages packages;

    public PackageTests(Packages packages) => this.packages = packages;

    /// <summary>The packages at a version of their own, so that no cache has other ones, and the folders of their users.</summary>
    public sealed class Packages : IDisposable
    {
#if DEBUG
        private const string Configuration = "Debug";
#else
        private const string Configuration = "Release";
#endif
        public string Version { get; } = $"0.2.0-test.{DateTime.UtcNow:yyyyMMddHHmmssfff}";

        public string Folder { get; } = Directory.CreateTempSubdirectory("funcad-packages").FullName;

        public Packages()
        {
            foreach (var project in new[] { "src-fsharp/FuncAD.Core", "src-csharp/FuncAD" })
            {
                var result = Dotnet.Run("pack", project, "--no-build", "-c", Configuration, "-o", Folder, $"-p:PackageVersion={Version}");
                Assert.True(result.ExitCode == 0, $"{project}: {result}");
            }
            File.WriteAllText(
                Path.Combine(Folder, "nuget.config"),
                $"<configuration><packageSources><add key=\"folder\" value=\"{Folder}\" /></packageSources></configuration>"
            );
        }

        private const string Project = """
            <Project Sdk="Microsoft.NET.Sdk">
              <PropertyGroup>
                <OutputType>Exe</OutputType>
                <TargetFramework>net10.0</TargetFramework>
                <ImplicitUsings>enable</ImplicitUsings>
                <Nullable>enable</Nullable>
                <TreatWarningsAsErrors>true</TreatWarningsAsErrors>
                PROPERTIES
              </PropertyGroup>
              <ItemGroup>
                <PackageReference Include="FuncAD" Version="VERSION" />
              </ItemGroup>
            </Project>
            """;

        public string ProjectWith(string properties) =>
            Project.Replace("PROPERTIES", properties, StringComparison.Ordinal).Replace("VERSION", Version, StringComparison.Ordinal);

        public string User(string name, params (string File, string Text)[] files)
        {
            var folder = Directory.CreateDirectory(Path.Combine(Folder, name)).FullName;
            foreach (var (file, text) in files)
                File.WriteAllText(Path.Combine(folder, file), text);
            return folder;
        }

        public ZipArchive Open(string id, string extension = "nupkg") =>
            ZipFile.OpenRead(Path.Combine(Folder, $"{id}.{Version}.{extension}"));

        public void Dispose()
        {
            Directory.Delete(Folder, recursive: true);
            var cache =
                Environment.GetEnvironmentVariable("NUGET_PACKAGES")
                ?? Path.Combine(Environment.GetFolderPath(Environment.SpecialFolder.UserProfile), ".nuget", "packages");
            foreach (var id in new[] { "funcad", "funcad.core" })
                if (Path.Combine(cache, id, Version) is var cached && Directory.Exists(cached))
                    Directory.Delete(cached, recursive: true);
        }
    }

    private static string First(string language) =>
        MarkdownBlock.In("README.md").First(b => b.Language == language && !b.IsSkipped && !b.IsFragment).Code;

    private string ProjectWith(string properties) => packages.ProjectWith(properties);

    [Fact]
    public void A_console_project_runs_the_first_example_of_the_readme()
    {
        var folder = packages.User("console", ("console.csproj", ProjectWith("")), ("Program.cs", First("csharp")));
        var result = Dotnet.RunIn(folder, "run");
        Assert.True(result.ExitCode == 0 && result.Output.Contains("0.786", StringComparison.Ordinal), result.ToString());
    }

    [Fact]
    public void A_file_based_app_does_too_and_makes_code_at_run_time()
    {
        var folder = packages.User(
            "file",
            ("app.cs", $"#:package FuncAD@{packages.Version}\n{First("csharp")}\nConsole.WriteLine(Backend.GeneratesCode);\n")
        );
        var result = Dotnet.RunIn(folder, "run", "app.cs");
        Assert.True(
            result.ExitCode == 0
                && result.Output.Contains("0.786", StringComparison.Ordinal)
                && result.Output.Contains("True", StringComparison.Ordinal),
            result.ToString()
        );
    }

    [Fact]
    public void A_script_in_FSharp_does_too()
    {
        var folder = packages.User(
            "script",
            ("script.fsx", $"#i \"nuget: {packages.Folder}\"\n#r \"nuget: FuncAD, {packages.Version}\"\n{First("fsharp")}")
        );
        var result = Dotnet.RunIn(folder, "fsi", "--quiet", "script.fsx");
        Assert.True(result.ExitCode == 0, result.ToString());
    }

    [Fact]
    public void A_project_in_FSharp_compares_with_plain_numbers_without_a_remark()
    {
        const string program = """
            open FuncAD
            let slope = AD.grad (fun (x: Real[]) -> if x[0] > 1.0 then 2 * x[0] * x[1] else x[1]) [| 2.0; 3.0 |]
            printfn "%O %O" slope[0] slope[1]
            """;
        var folder = packages.User(
            "fsharp",
            (
                "fsharp.fsproj",
                ProjectWith("")
                    .Replace("Include=\"FuncAD\"", "Include=\"FuncAD.Core\"", StringComparison.Ordinal)
                    .Replace("<ItemGroup>", "<ItemGroup><Compile Include=\"Program.fs\" />", StringComparison.Ordinal)
            ),
            ("Program.fs", program)
        );
        var result = Dotnet.RunIn(folder, "run");
        Assert.True(result.ExitCode == 0 && result.Output.StartsWith("6 4", StringComparison.Ordinal), result.ToString());
    }

    [Fact]
    public void A_program_without_code_at_run_time_says_so_once_and_is_right()
    {
        const string program = """
            using FuncAD;

            var f = AD.Compile(AD.Grad((Real[] x) => x[0] * x[0] * x[1]), [1, 2]);
            var g = AD.Compile((Real[] x) => x[0] * x[1], [1, 2]);
            Console.WriteLine($"{Backend.GeneratesCode} {f.Invoke([3, 5])[0]} {g.Invoke([3, 5])}");
            try
            {
                Lift.Derivative(Math.Sin);
            }
            catch (LiftException error)
            {
                Console.WriteLine(error.Message);
            }
            """;
        var folder = packages.User(
            "interpreted",
            ("interpreted.csproj", ProjectWith("<DynamicCodeSupport>false</DynamicCodeSupport>")),
            ("Program.cs", program)
        );
        var result = Dotnet.RunIn(folder, "run");
        Assert.True(result.ExitCode == 0 && result.Output.StartsWith("False 30 15", StringComparison.Ordinal), result.ToString());
        Assert.Contains("PublishAot", result.Output, StringComparison.Ordinal);
        Assert.Single(result.Errors.Split("FuncAD: compiled functions are interpreted")[1..]);
    }

    [Fact]
    public void Only_what_is_published_ahead_of_time_has_no_code_at_run_time()
    {
        var folder = packages.User("aot", ("aot.csproj", ProjectWith("<PublishAot>true</PublishAot>")), ("Program.cs", First("csharp")));
        var restored = Dotnet.RunIn(folder, "restore");
        Assert.True(restored.ExitCode == 0, restored.ToString());
        string Support(params string[] properties) =>
            Dotnet.RunIn(folder, ["msbuild", "-getProperty:DynamicCodeSupport", .. properties]).Output.Trim();
        Assert.Equal("true", Support());
        Assert.Equal("false", Support("-p:_IsPublishing=true"));
    }

    [Fact]
    public void A_project_gets_the_analyzers()
    {
        const string program = """
            using FuncAD;

            var f = AD.Grad(x => Math.Sin((double)x));
            Console.WriteLine(f(0.5));
            """;
        var folder = packages.User("analyzed", ("analyzed.csproj", ProjectWith("")), ("Program.cs", program));
        var result = Dotnet.RunIn(folder, "build");
        Assert.True(
            result.ExitCode != 0
                && result.Output.Contains("Program.cs(3,31): error FAD001", StringComparison.Ordinal)
                && result.Output.Contains("Write Real.Sin(x)", StringComparison.Ordinal)
                // CS8032 and AD0001: an analyzer that cannot be loaded, or fails
                && !result.Output.Contains("CS8032", StringComparison.Ordinal)
                && !result.Output.Contains("AD0001", StringComparison.Ordinal),
            result.ToString()
        );
        File.WriteAllText(Path.Combine(folder, ".editorconfig"), "root = true\n[*.cs]\ndotnet_diagnostic.FAD001.severity = none\n");
        result = Dotnet.RunIn(folder, "build");
        Assert.True(result.ExitCode == 0, result.ToString());
    }

    [Fact]
    public void The_analyzers_are_in_the_package_and_no_dependency_of_it()
    {
        using var package = packages.Open("FuncAD");
        Assert.Equal(
            ["analyzers/dotnet/cs/FuncAD.Analyzers.dll", "analyzers/dotnet/cs/FuncAD.CodeFixes.dll"],
            package.Entries.Select(entry => entry.FullName).Where(name => name.StartsWith("analyzers/", StringComparison.Ordinal)).Order()
        );
        using var reader = new StreamReader(package.GetEntry("FuncAD.nuspec")!.Open());
        var dependencies = XDocument.Load(reader).Descendants().Where(e => e.Name.LocalName == "dependency");
        Assert.Equal(
            ["FSharp.Core", "FuncAD.Core", "MathNet.Numerics"],
            dependencies.Select(e => e.Attribute("id")!.Value).Order(StringComparer.Ordinal)
        );
    }

    [Theory]
    [InlineData("FuncAD")]
    [InlineData("FuncAD.Core")]
    public void A_package_has_what_people_look_for(string id)
    {
        using var package = packages.Open(id);
        var names = package.Entries.Select(entry => entry.FullName).ToArray();
        foreach (var name in new[] { "README.md", "icon.png", $"lib/net10.0/{id}.dll", $"lib/net10.0/{id}.xml" })
            Assert.Contains(name, names);
        using var stream = package.GetEntry($"{id}.nuspec")!.Open();
        var metadata = XDocument.Load(stream).Root!.Elements().First();
        string Value(string name) => metadata.Elements().First(e => e.Name.LocalName == name).Value;
        Assert.Equal("MIT", Value("license"));
        Assert.Contains("automatic-differentiation", Value("tags"), StringComparison.Ordinal);
        Assert.StartsWith("## ", Value("releaseNotes"), StringComparison.Ordinal);
        Assert.NotEmpty(Value("description"));
        using var xml = new StreamReader(package.GetEntry($"lib/net10.0/{id}.xml")!.Open());
        Assert.DoesNotContain("<inheritdoc", xml.ReadToEnd(), StringComparison.Ordinal);
        using var symbols = packages.Open(id, "snupkg");
        Assert.Contains($"lib/net10.0/{id}.pdb", symbols.Entries.Select(entry => entry.FullName));
        // A project in F# brings its own FSharp.Core, which must not be older.
        Assert.Contains(
            metadata.Descendants().Where(e => e.Name.LocalName == "dependency"),
            e => e.Attribute("id")!.Value == "FSharp.Core" && e.Attribute("version")!.Value == "6.0.0"
        );
    }
}
