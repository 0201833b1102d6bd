using FuncAD.Benchmarks.Comparison;
using FuncAD.Benchmarks.Problems;

namespace FuncAD.Tests.Benchmarks;

/// <summary>The charts of the benchmarks tell their lines apart, and are drawn from the stored figures.</summary>
public class ChartTests
{
    private static readonly IReadOnlyList<Contestant> Contestants = Contestant.All("python3");

    [Fact]
    public void Each_contestant_and_each_problem_has_a_colour_of_its_own()
    {
        Assert.Equal(Chart.Looks.Count, Chart.Looks.Select(look => look.Color).Distinct().Count());
        Assert.InRange(Contestants.Count, 1, Chart.Looks.Count);
        Assert.InRange(Registry.Problems.Count, 1, Chart.Looks.Count);
    }

    [Fact]
    public void Along_a_line_sizes_grow() =>
        Assert.All(
            Registry.Problems.SelectMany(problem => problem.Sizes.GroupBy(size => (problem.Name, size.Family))),
            family =>
                Assert.All(
                    family.Zip(family.Skip(1)),
                    pair => Assert.True(pair.First.Scale < pair.Second.Scale, $"{family.Key}: {pair.Second.Name}")
                )
        );

    [Fact]
    public void A_page_of_results_is_read_back()
    {
        const string Page = """
            ## Gaussian mixture (ADBench)

            | size | C# by hand | FuncAD |
            | --- | ---: | ---: |
            | d = 2, K = 5, N = 1000 | 179 us | 939 us |

            | size | contestant | median | least to most | to plain | to FuncAD | memory | allocated | difference |
            | --- | --- | ---: | ---: | ---: | ---: | ---: | ---: | ---: |
            | d = 2, K = 5, N = 1000 | C# by hand | 179 us | 175 us to 753 us | 1.79 | 0.19 | 5.69 MB | 0 B | 0 |
            | d = 2, K = 5, N = 1000 | FuncAD | 1.5 ms | 906 us to 4.32 ms | 9.12 | 1.00 | 148 MB | 296 kB | 2.7E-14 |
            | d = 64, K = 50, N = 10000 | FuncAD | took too long |  |  |  |  |  |  |

            ## Something else

            | d = 2, K = 5, N = 1000 | C# by hand | 1 us | 1 us | 1 | 1 | 1 B | 0 B | 0 |
            """;
        var file = Path.GetTempFileName();
        try
        {
            File.WriteAllText(file, Page);
            var rows = StoredResults.Read(file, Contestants);
            Assert.Equal(["C# by hand", "FuncAD", "FuncAD"], rows.Select(row => row.Contestant.Title));
            Assert.Equal(179e3, rows[0].Derivative!.Median);
            Assert.Equal(100e3, rows[0].Value!.Median, 1e-6);
            Assert.Equal(1.5e6, rows[1].Derivative!.Median);
            Assert.Null(rows[2].Derivative);
            Assert.Equal("took too long", rows[2].Note);
        }
        finally
        {
            File.Delete(file);
        }
    }
}
