using System.CommandLine;
using FuncAD.Benchmarks.Comparison;
using FuncAD.Benchmarks.Problems;

namespace FuncAD.Benchmarks;

/// <summary>The commands beside BenchmarkDotNet's own.</summary>
public static class Commands
{
    public static RootCommand Root()
    {
        var root = new RootCommand("Benchmarks of FuncAD. Without one of these commands, the arguments are BenchmarkDotNet's.")
        {
            Arrays(),
            Charts(),
            Compare(),
            ChoosingCosts(),
            CompilingCosts(),
            GuardFigures(),
            LiftingCosts(),
            TensorChain(),
            Serve(),
            Chain(),
            FirstCalls(),
            GuardOnce(),
        };
        return root;
    }

    /// <summary>The first argument is one of these, or asks for help.</summary>
    public static bool Knows(string[] args) =>
        args.Length > 0 && (args[0] is "--help" or "-h" || Root().Subcommands.Any(command => command.Name == args[0]));

    private static Command Arrays()
    {
        var python = new Argument<string>("python") { Description = "The Python that has PyTorch.", DefaultValueFactory = _ => "python3" };
        var command = new Command("arrays", "Programs over arrays beside PyTorch.") { python };
        command.SetAction(parsed => ArrayComparison.Run(parsed.GetValue(python)!));
        return command;
    }

    private static Command Compare()
    {
        var quick = new Option<bool>("--quick") { Description = "Few sizes and short measurements: some minutes in all." };
        var python = new Option<string>("--python")
        {
            Description = "The Python that has PyTorch.",
            DefaultValueFactory = _ => "/usr/bin/python3",
        };
        var output = new Option<string>("--output")
        {
            Description = "The page to write.",
            DefaultValueFactory = _ => Path.Combine(Contestant.Folder(), "RESULTS.md"),
        };
        var tables = new Option<string?>("--tables") { Description = "A folder of tables by BenchmarkDotNet to take up into the page." };
        var names = new Option<string[]>("--problems")
        {
            Description = "Which problems, by name; all without it.",
            AllowMultipleArgumentsPerToken = true,
        };
        var sizes = new Option<string>("--sizes")
        {
            Description = "Only sizes whose names match this regular expression.",
            DefaultValueFactory = _ => "",
        };
        var command = new Command("compare", "All problems, all contestants, in turn; writes a page with tables and charts.")
        {
            quick,
            python,
            output,
            tables,
            names,
            sizes,
        };
        command.SetAction(parsed =>
        {
            var pace = parsed.GetValue(quick) ? Pace.Quick : Pace.Full;
            var contestants = Contestant.All(parsed.GetValue(python)!);
            var problems = parsed.GetValue(names) is { Length: > 0 } chosen ? [.. chosen.Select(Registry.Find)] : Registry.Problems;
            var machine = Machine.Describe(parsed.GetValue(python)!).ToList();
            var rows = new Tournament(contestants, pace, Console.Error).Run(problems, parsed.GetValue(sizes)!);
            var isWhole = problems.Count == Registry.Problems.Count && parsed.GetValue(sizes) == "";
            var growth = isWhole ? Growth.Run(pace, Console.Error) : [];
            var folder = parsed.GetValue(tables);
            new Report(contestants, rows, growth).Write(
                parsed.GetValue(output)!,
                pace,
                machine,
                Directory.Exists(folder) ? Directory.GetFiles(folder, "*-report-github.md").Order() : []
            );
            Console.WriteLine($"wrote {parsed.GetValue(output)}");
            return rows.Any(row => row.IsWrong) ? 1 : 0;
        });
        return command;
    }

    private static Command Charts()
    {
        var page = new Argument<string>("page")
        {
            Description = "The page that has the figures.",
            DefaultValueFactory = _ => Path.Combine(Contestant.Folder(), "RESULTS.md"),
        };
        var command = new Command("charts", "Draws the charts of a page of results again, from its tables.") { page };
        command.SetAction(parsed =>
        {
            var contestants = Contestant.All("python3");
            new Report(contestants, StoredResults.Read(parsed.GetValue(page)!, contestants), []).Draw(parsed.GetValue(page)!);
        });
        return command;
    }

    private static Command ChoosingCosts()
    {
        var command = new Command(
            "choosing",
            "Numbers beside tensors beside compiled functions by size, and the first calls of a process."
        );
        command.SetAction(_ => Choosing.Run());
        return command;
    }

    private static Command FirstCalls()
    {
        var only = new Option<string?>("--only") { Description = "The only call, by its name." };
        var command = new Command("first-calls", "The first calls of this process, in nanoseconds.") { only };
        command.Hidden = true;
        command.SetAction(parsed => Choosing.FirstCalls(parsed.GetValue(only)));
        return command;
    }

    private static Command CompilingCosts()
    {
        var command = new Command(
            "compiling",
            "What tracing, compiling and running cost an operation of compiled functions, and when each pays."
        );
        command.SetAction(_ => Compiling.Run());
        return command;
    }

    private static Command LiftingCosts()
    {
        var command = new Command("lifting", "What lifting costs, and lifted code beside code written over Real and beside plain code.");
        command.SetAction(_ => Lifting.Run());
        return command;
    }

    private static Command TensorChain()
    {
        var command = new Command("tensor-chain", "What an operation over a small tensor costs in time and memory, as chains grow.");
        command.SetAction(_ => TensorGrowth.Run());
        return command;
    }

    private static Command GuardFigures()
    {
        var against = new Option<string?>("--against")
        {
            Description = "FuncAD.Benchmarks.dll of another build, which is measured in turn with this one.",
        };
        var command = new Command("guard", "The few figures that a change of mechanism may not cost.") { against };
        command.SetAction(parsed => Guard.Run(parsed.GetValue(against)));
        return command;
    }

    private static Command GuardOnce()
    {
        var figure = new Argument<string>("figure");
        var command = new Command("guard-once", "One figure of the guard, in nanoseconds.") { figure };
        command.Hidden = true;
        command.SetAction(parsed => Guard.Serve(parsed.GetValue(figure)!));
        return command;
    }

    private static Command Serve()
    {
        Argument<string> form = new("form"),
            problem = new("problem"),
            input = new("input"),
            output = new("output");
        var command = new Command("serve", "A form of a problem as a contestant.") { form, problem, input, output };
        command.Hidden = true;
        command.SetAction(parsed =>
            Server.Run(parsed.GetValue(form)!, parsed.GetValue(problem)!, parsed.GetValue(input)!, parsed.GetValue(output)!)
        );
        return command;
    }

    private static Command Chain()
    {
        var operations = new Argument<long>("operations");
        var command = new Command("chain", "The gradient of a chain of operations, once.") { operations };
        command.Hidden = true;
        command.SetAction(parsed => Growth.Serve(parsed.GetValue(operations)));
        return command;
    }
}
