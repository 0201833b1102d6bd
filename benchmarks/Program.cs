using BenchmarkDotNet.Columns;
using BenchmarkDotNet.Configs;
using BenchmarkDotNet.Jobs;
using BenchmarkDotNet.Running;

// `dotnet run -c Release --project benchmarks` runs all; `-- --filter *Chain*` some; `-- arrays [python]` the array programs beside PyTorch.
if (args is ["arrays", ..]) return FuncAD.Benchmarks.ArrayComparison.Run(args.ElementAtOrDefault(1) ?? "python3");
var config = DefaultConfig.Instance
    .AddJob(Job.Default.WithWarmupCount(5).WithIterationCount(12).AsDefault())
    .HideColumns(Column.RatioSD, Column.Gen0, Column.Gen1, Column.Gen2, Column.AllocRatio);
BenchmarkSwitcher.FromAssembly(typeof(Program).Assembly).Run(args.Length == 0 ? ["--filter", "*"] : args, config);
return 0;
