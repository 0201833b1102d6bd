using BenchmarkDotNet.Columns;
using BenchmarkDotNet.Configs;
using BenchmarkDotNet.Jobs;
using BenchmarkDotNet.Reports;
using BenchmarkDotNet.Running;
using FuncAD.Benchmarks;

// `dotnet run -c Release --project benchmarks` runs BenchmarkDotNet's, `-- --filter '*Chain*'` some of them, `-- compare` all peers; `-- --help` tells more.
if (Commands.Knows(args))
    return Commands.Root().Parse(args).Invoke();
var config = DefaultConfig
    .Instance.AddJob(
        Job.Default.WithWarmupCount(4)
            .WithIterationCount(9)
            .WithIterationTime(Perfolizer.Horology.TimeInterval.FromMilliseconds(200))
            .AsDefault()
    )
    .AddColumn(StatisticColumn.Median, StatisticColumn.Min, StatisticColumn.Max)
    .WithSummaryStyle(SummaryStyle.Default.WithMaxParameterColumnWidth(60)) // problems and forms by their whole names
    .HideColumns(Column.RatioSD, Column.Error, Column.StdDev, Column.Gen0, Column.Gen1, Column.Gen2, Column.AllocRatio);
BenchmarkSwitcher.FromAssembly(typeof(Program).Assembly).Run(args.Length == 0 ? ["--filter", "*"] : args, config);
return 0;
