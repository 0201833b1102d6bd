using System.Globalization;
using System.Text;

namespace FuncAD.Tests.Lifted;

/// <summary>
/// Random C# over double, compiled in Debug and in Release and lifted, against the same text compiled over Real: values bit by bit, and
/// gradients bit by bit, since both do the same operations on the same numbers.
/// </summary>
public class LiftFuzzTests(Xunit.Abstractions.ITestOutputHelper output)
{
    /// <summary>How many programs; FUNCAD_LIFTS asks for another number.</summary>
    private static readonly int count = int.TryParse(
        Environment.GetEnvironmentVariable("FUNCAD_LIFTS"),
        CultureInfo.InvariantCulture,
        out var n
    )
        ? n
        : 400;

    private static readonly int seed = int.TryParse(
        Environment.GetEnvironmentVariable("FUNCAD_SEED"),
        CultureInfo.InvariantCulture,
        out var n
    )
        ? n
        : 20260117;

    [Fact]
    public void Random_methods_have_the_bits_of_the_same_text_over_Real()
    {
        output.WriteLine($"seed {seed} (set FUNCAD_SEED for another), {count} programs (FUNCAD_LIFTS)");
        const int part = 200;
        for (var first = 0; first < count; first += part)
        {
            var programs = Enumerable
                .Range(first, Math.Min(part, count - first))
                .Select(k => new RandomProgram(new Random(seed + k)).Text($"P{k}"))
                .ToArray();
            var body = string.Join('\n', programs);
            var overReal = Compiler.Compile($"using number = FuncAD.Real; using F = FuncAD.Real;\n{body}", release: true);
            foreach (var release in new[] { false, true })
            {
                var overDouble = Compiler.Compile($"using number = System.Double; using F = System.Math;\n{body}", release);
                for (var k = 0; k < programs.Length; k++)
                {
                    var name = $"P{first + k}";
                    var plain = overDouble.GetType(name)!.GetMethod("Run")!.CreateDelegate<Func<double[], double>>();
                    var expected = overReal.GetType(name)!.GetMethod("Run")!.CreateDelegate<Func<Real[], Real>>();
                    Compare(plain, expected, Lift.Of(plain), $"seed {seed}, {(release ? "Release" : "Debug")}:\n{programs[k]}");
                }
            }
        }
    }

    private static void Compare(Func<double[], double> plain, Func<Real[], Real> expected, Func<Real[], Real> lifted, string program)
    {
        // Ordinary ones, and those where rules and comparisons have cases.
        double[][] points =
        [
            [0.7, 1.3, -0.4],
            [2.0, 0.5, 1.0],
            [0.0, -0.0, 0.5],
            [0.1, 0.1, 0.1],
            [double.PositiveInfinity, double.NaN, -1.0],
        ];
        foreach (var x in points)
        {
            var value = plain([.. x]);
            Assert.True(SameBits(value, lifted(x.ToReals()).Value), $"value {value:R}, lifted {lifted(x.ToReals()).Value:R}; {program}");
            var gradient = AD.Grad(expected)(x.ToReals());
            var own = AD.Grad(lifted)(x.ToReals());
            for (var i = 0; i < x.Length; i++)
                Assert.True(
                    SameBits(gradient[i].Value, own[i].Value),
                    $"gradient[{i}] {gradient[i].Value:R}, lifted {own[i].Value:R}; {program}"
                );
        }
    }

    private static bool SameBits(double a, double b) =>
        BitConverter.DoubleToInt64Bits(a) == BitConverter.DoubleToInt64Bits(b) || double.IsNaN(a) && double.IsNaN(b);

    /// <summary>A random class with a method Run(number[] x), helpers, a struct and closures.</summary>
    private sealed class RandomProgram(Random random)
    {
        private readonly List<string> numbers = [];
        private readonly List<string> arrays = [];
        private int names;
        private int depth;

        public string Text(string name)
        {
            var text = new StringBuilder($"public static class {name} {{\n");
            text.Append(
                "public struct V { public number A, B; public V(number a, number b) { A = a; B = b; } public static V operator +(V p, V q) => new(p.A + q.A, p.B - q.B); public number Dot() => A * B; public void Add(number x) { A += x; } }\n"
            );
            text.Append(
                "public abstract class S { public number K; public abstract number At(number x); public virtual number Two(number x) => At(x) + K; }\n"
            );
            text.Append(
                "public sealed class S1 : S { public override number At(number x) => x * K; }\npublic sealed class S2 : S { public override number At(number x) => x - K; public override number Two(number x) => base.Two(x) * x; }\n"
            );
            text.Append($"static number H1(number a, number b) {{ if (a < b) return {Small("a", "b")}; return {Small("b", "a")}; }}\n");
            text.Append(
                $"static number H2(ref number a, number b, out number c) {{ a = {Small("a", "b")}; c = {Small("b", "a")}; return a * c; }}\n"
            );
            text.Append(
                $"static IEnumerable<number> H3(number a, int n) {{ for (var k = 0; k < n; k++) {{ a = {Small("a", "a")}; yield return a; }} }}\n"
            );
            text.Append("public static number Run(number[] x) {\nnumber r = x[0];\n");
            numbers.AddRange(["x[0]", "x[1]", "x[2]", "r"]);
            arrays.Add("x");
            for (var k = random.Next(3, 9); k > 0; k--)
                Statement(text);
            text.Append($"return {Number(2)};\n}} }}\n");
            return text.ToString();
        }

        private string Small(string a, string b) =>
            random.Next(6) switch
            {
                0 => $"{a} * {b} + {Literal()}",
                1 => $"F.Sin({a}) - {b}",
                2 => $"{a} / (F.Abs({b}) + 2)",
                3 => $"-{a} + {b} * {b}",
                4 => $"F.Max({a}, {b}) * {Literal()}",
                _ => $"{a} - {Literal()}",
            };

        private string Literal() => new[] { "0.5", "2.0", "1.0", "0.1", "(-3.0)", "0.25" }[random.Next(6)];

        private string Of(List<string> list) => list[random.Next(list.Count)];

        private string Name(string prefix) => $"{prefix}{names++}";

        private string Number(int size)
        {
            if (size <= 0)
                return random.Next(4) == 0 ? $"(number){Literal()}" : Of(numbers);
            string Part() => Number(size - 1 - random.Next(2));
            return random.Next(16) switch
            {
                0 or 1 => $"({Part()} + {Part()})",
                2 => $"({Part()} - {Part()})",
                3 or 4 => $"({Part()} * {Part()})",
                5 => $"({Part()} / (F.Abs({Part()}) + 1))",
                6 => $"F.{new[] { "Sin", "Cos", "Tanh", "Atan" }[random.Next(4)]}({Part()})",
                7 => $"F.Exp(-F.Abs({Part()}))",
                8 => $"F.{new[] { "Max", "Min" }[random.Next(2)]}({Part()}, {Part()})",
                9 => $"({Condition()} ? {Part()} : {Part()})",
                10 => $"H1({Part()}, {Part()})",
                11 => $"F.Sqrt(F.Abs({Part()}) + 1)",
                12 => $"(-{Part()})",
                13 => $"new V({Part()}, {Part()}).Dot()",
                14 => $"(new V({Part()}, 1.0) + new V(0.5, {Part()})).Dot()",
                _ => $"{Of(arrays)}[{random.Next(3)}]",
            };
        }

        private string Condition() =>
            $"{Number(1)} {new[] { "<", "<=", ">", ">=", "==", "!=" }[random.Next(6)]} {Number(1)}"
            + (random.Next(4) == 0 ? $" && {Number(0)} < {Number(0)}" : "");

        private void Block(StringBuilder text)
        {
            var (n, a) = (numbers.Count, arrays.Count);
            depth++;
            text.Append("{\n");
            for (var k = random.Next(1, 4); k > 0; k--)
                Statement(text);
            text.Append("}\n");
            depth--;
            numbers.RemoveRange(n, numbers.Count - n);
            arrays.RemoveRange(a, arrays.Count - a);
        }

        private void Statement(StringBuilder text)
        {
            switch (random.Next(depth > 1 ? 8 : 17))
            {
                case 0 or 1:
                    var local = Name("a");
                    text.Append($"number {local} = {Number(2)};\n");
                    numbers.Add(local);
                    break;
                case 2 or 3:
                    text.Append($"r {new[] { "=", "+=", "*=", "-=" }[random.Next(4)]} {Number(2)};\n");
                    break;
                case 4:
                    var array = Name("t");
                    text.Append($"number[] {array} = new number[] {{ {Number(1)}, {Number(1)}, {Number(0)} }};\n");
                    arrays.Add(array);
                    break;
                case 5:
                    if (arrays.Count > 1)
                        text.Append($"{arrays[^1]}[{random.Next(3)}] += {Number(1)};\n");
                    break;
                case 6:
                    var c = Name("c");
                    text.Append($"r += H2(ref r, {Number(1)}, out var {c});\n");
                    numbers.Add(c);
                    break;
                case 7:
                    var v = Name("v");
                    text.Append($"var {v} = new V({Number(1)}, {Number(0)}); {v}.Add({Number(0)});\n");
                    numbers.Add($"{v}.A");
                    break;
                case 8:
                    text.Append($"if ({Condition()}) ");
                    Block(text);
                    if (random.Next(2) == 0)
                    {
                        text.Append("else ");
                        Block(text);
                    }
                    break;
                case 9:
                    var i = Name("i");
                    text.Append($"for (var {i} = 0; {i} < {random.Next(1, 5)}; {i}++) ");
                    Block(text);
                    break;
                case 10:
                    var f = Name("f");
                    text.Append($"Func<number, number> {f} = y => y * {Number(1)} + r;\nr = {f}({Number(1)});\n");
                    break;
                case 11:
                    text.Append($"foreach (var y in H3({Number(0)}, {random.Next(1, 4)})) r += y;\n");
                    break;
                case 12:
                    text.Append(
                        $"try {{ if ({Condition()}) throw new InvalidOperationException(); r *= 0.5; }} catch (InvalidOperationException) {{ r = {Number(1)}; }} finally {{ r -= 0.25; }}\n"
                    );
                    break;
                case 13:
                    var s = Name("s");
                    text.Append(
                        $"S {s} = {Condition()} ? new S1 {{ K = {Number(0)} }} : new S2 {{ K = {Number(0)} }};\nr += {s}.Two({Number(1)});\n"
                    );
                    break;
                case 14:
                    text.Append($"r += {Of(arrays)}.Select(y => y * {Number(0)}).Aggregate((p, q) => p + q * q);\n");
                    break;
                case 15:
                    var w = Name("w");
                    text.Append(
                        $"var {w} = 0; while ({w} < {random.Next(1, 4)} && r < 100) {{ {w}++; r = {Number(1)}; if (r > 50) break; }}\n"
                    );
                    break;
                default:
                    var l = Name("l");
                    text.Append(
                        $"var {l} = new List<number> {{ {Number(1)}, r }}; {l}.Add({Number(0)}); r = {l}[{random.Next(3)}] + {l}.Count;\n"
                    );
                    break;
            }
        }
    }
}
