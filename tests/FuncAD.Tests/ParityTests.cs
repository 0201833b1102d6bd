using System.Reflection;

namespace FuncAD.Tests;

/// <summary>The C# face keeps up with the table of rules, and Real with double.</summary>
public class ParityTests
{
    /// <summary>Rules that exist for the slopes of others, for the operator of that meaning, for a loss of arrays, or for densities.</summary>
    private static readonly HashSet<string> Internal =
    [
        "Absorb",
        "AcoshSlope",
        "Binet",
        "DigammaDifference",
        "Direction",
        "InverseOrZero",
        "LogP1Excess",
        "LogRatio",
        "LogisticLoss",
        "Lorentzian",
        "Sech",
        "Tie",
        "Identity",
        "OneMinusRatio",
        "PoissonDeviance",
        "PowerLog",
        "RootOfSquares",
        "ScaledLogP1",
        "Defined",
        "ExponentialOdds",
        "RatioOfPositive",
        "SphericalBesselJ",
        "LogisticDensity",
        "LogisticShare",
        "LogisticShareDensity",
        "NormalQuantileDensity",
        "OneMinusSquare",
        "Reach",
        "ReciprocalOfPositive",
    ];

    /// <summary>Rules that C# knows as operators, or under the name of a method with more than one rule behind it.</summary>
    private static readonly Dictionary<string, string> OtherNames = new()
    {
        ["Add"] = "op_Addition",
        ["Subtract"] = "op_Subtraction",
        ["Multiply"] = "op_Multiply",
        ["Divide"] = "op_Division",
        ["Negate"] = "op_UnaryNegation",
        ["Power"] = "Pow",
        ["LogBase"] = "Log",
        ["RoundToEven"] = "Round",
    };

    private static readonly HashSet<string> RuleInterfaces = ["IUnary", "IBinary", "IStep", "IChoice", "ITernary"];

    private static readonly double[] Samples =
    [
        -3.5,
        -1,
        -0.75,
        -0.0,
        0,
        1e-12,
        0.25,
        0.5,
        1,
        2.5,
        3,
        20,
        double.NaN,
        double.PositiveInfinity,
    ];

    /// <summary>Functions of System.Math and double that are reached through generic math only.</summary>
    private static readonly HashSet<string> ThroughGenericMath =
    [
        "BitIncrement",
        "BitDecrement",
        "ReciprocalEstimate",
        "ReciprocalSqrtEstimate",
        "MultiplyAddEstimate",
        "MaxNative",
        "MinNative",
        "ClampNative",
    ];

    /// <summary>What System.Math calls otherwise.</summary>
    private static readonly Dictionary<string, string> MathNames = new() { ["IEEERemainder"] = "Ieee754Remainder" };

    public static TheoryData<string> Rules() => [.. RuleNames().Except(Internal)];

    private static IEnumerable<string> RuleNames() =>
        typeof(Real)
            .Assembly.GetTypes()
            .Where(type => type.IsValueType && type.FullName!.StartsWith("FuncAD.Rules.", StringComparison.Ordinal))
            .Where(type => type.GetInterfaces().Any(i => RuleInterfaces.Contains(i.Name)))
            .Select(type => type.Name)
            .Distinct()
            .Order(StringComparer.Ordinal);

    [Fact]
    public void The_table_is_found_and_the_lists_above_are_in_it()
    {
        var rules = RuleNames().ToHashSet();
        Assert.InRange(rules.Count, 70, int.MaxValue);
        Assert.Subset(rules, Internal);
        Assert.Subset(rules, OtherNames.Keys.ToHashSet());
    }

    [Theory]
    [MemberData(nameof(Rules))]
    public void The_rule_has_a_method_or_an_operator(string rule)
    {
        var name = OtherNames.GetValueOrDefault(rule, rule);
        var statics = Statics(typeof(RealMath)).Concat(Statics(typeof(Real)));
        Assert.True(
            statics.Any(method => method.Name == name && method.ReturnType == typeof(Real)),
            $"no RealMath.{name} and no operator {name} for the rule {rule}"
        );
        if (!name.StartsWith("op_", StringComparison.Ordinal))
            Assert.Contains(Statics(typeof(RealMath)), method => method.Name == name);
    }

    /// <summary>Functions of numbers that tensors have as operators or as methods of their own, or not at all.</summary>
    private static readonly HashSet<string> NotOfTensors =
    [
        "Atan2Pi",
        "BitDecrement",
        "BitIncrement",
        "Dot",
        "Ieee754Remainder",
        "Lerp",
        "LogSumExp",
        "MaxMagnitude",
        "MaxMagnitudeNumber",
        "MaxNumber",
        "MinMagnitude",
        "MinMagnitudeNumber",
        "MinNumber",
        "Remainder",
        "ScaleB",
        "Sum",
    ];

    [Fact]
    public void Tensors_have_the_functions_of_numbers()
    {
        var missing = Statics(typeof(RealMath))
            .Select(method => method.Name)
            .Except(Statics(typeof(TensorMath)).Select(method => method.Name));
        Assert.Equal(NotOfTensors.Order(StringComparer.Ordinal), missing.Order(StringComparer.Ordinal));
    }

    public static TheoryData<string> Forwarded() =>
        [.. Statics(typeof(RealMath)).Where(method => Namesake(method) is not null).Select(Signature)];

    private static MethodInfo? Namesake(MethodInfo method)
    {
        var types = method.GetParameters().Select(p => p.ParameterType).ToArray();
        var namesake = typeof(Real).GetMethod(method.Name, BindingFlags.Public | BindingFlags.Static, types);
        return namesake?.ReturnType == typeof(Real) ? namesake : null;
    }

    [Theory]
    [MemberData(nameof(Forwarded))]
    public void RealMath_and_Real_agree_in_value_and_slope(string signature)
    {
        var method = Statics(typeof(RealMath)).Single(m => Signature(m) == signature);
        var namesake = Namesake(method)!;
        foreach (var arguments in Tuples([.. method.GetParameters().Select(p => p.ParameterType)]))
        {
            if (method.Name == "Clamp" && !(((Real)arguments[1]).Value <= ((Real)arguments[2]).Value))
                continue;
            Check.Bits(((Real)namesake.Invoke(null, arguments)!).Value, (Real)method.Invoke(null, arguments)!, signature);
            Check.Bits(Slope(namesake, arguments).Value, Slope(method, arguments), $"the slope of {signature}");
        }
    }

    public static TheoryData<string> Differentiable() => [.. DifferentiableNames()];

    private static IEnumerable<string> DifferentiableNames() =>
        Statics(typeof(Math))
            .Concat(Statics(typeof(double)))
            .Where(m => m.ReturnType == typeof(double) && m.GetParameters().FirstOrDefault()?.ParameterType == typeof(double))
            .Where(m => !m.Name.StartsWith("op_", StringComparison.Ordinal))
            .Select(m => m.Name)
            .Distinct()
            .Except(ThroughGenericMath)
            .Order(StringComparer.Ordinal);

    [Theory]
    [MemberData(nameof(Differentiable))]
    public void Real_has_the_function_of_double(string name) =>
        Assert.Contains(Statics(typeof(Real)), method => method.Name == OnReal(name) && method.ReturnType == typeof(Real));

    private static string OnReal(string name) => MathNames.GetValueOrDefault(name, name);

    /// <summary>More accurate than double's on purpose.</summary>
    private static readonly HashSet<string> MoreAccurate = ["ExpM1", "Exp2M1", "Exp10M1", "LogP1", "Log2P1", "Log10P1"];

    public static TheoryData<string> WithTheBitsOfDouble() => [.. DifferentiableNames().Except(MoreAccurate)];

    [Theory]
    [MemberData(nameof(WithTheBitsOfDouble))]
    public void The_function_has_the_bits_of_double(string name)
    {
        var compared = 0;
        var plains = Statics(typeof(double)).Concat(Statics(typeof(Math))).Where(m => m.Name == name && m.ReturnType == typeof(double));
        foreach (var plain in plains)
        {
            var types = plain.GetParameters().Select(p => p.ParameterType).ToArray();
            Type[] onReals = [.. types.Select(type => type == typeof(double) ? typeof(Real) : type)];
            var method = typeof(Real).GetMethod(OnReal(name), BindingFlags.Public | BindingFlags.Static, onReals);
            if (method is null || types.Any(type => type != typeof(double) && type != typeof(int) && type != typeof(MidpointRounding)))
                continue;
            foreach (var arguments in Tuples(onReals))
            {
                var numbers = arguments.Select(a => a is Real x ? x.Value : a).ToArray();
                if (name == "Clamp" && (!((double)numbers[1] <= (double)numbers[2]) || plain.DeclaringType == typeof(Math)))
                    continue;
                var what = $"{name}({string.Join(", ", numbers)})";
                Check.Bits((double)plain.Invoke(null, numbers)!, (Real)method.Invoke(null, arguments)!, what);
                compared++;
            }
        }
        Assert.True(compared > 0, $"{name} was not compared");
    }

    public static TheoryData<string> FunctionsOfReals() =>
        [
            .. Statics(typeof(Real))
                .Where(m => m.ReturnType == typeof(Real) && m.GetParameters().Length > 0)
                .Where(m => m.GetParameters().All(p => p.ParameterType == typeof(Real)))
                .Select(Signature),
        ];

    [Theory]
    [MemberData(nameof(FunctionsOfReals))]
    public void The_derivative_on_Real_agrees_with_differences(string signature)
    {
        var method = Statics(typeof(Real)).Single(m => Signature(m) == signature && m.ReturnType == typeof(Real));
        Real Function(Real[] x) =>
            (Real)method.Invoke(null, BindingFlags.DoNotWrapExceptions, null, [.. x.Select(argument => (object)argument)], null)!;
        // Far from every jump: differences reach a tenth of each number, and of 1, to either side.
        var isRemainder = new[] { "Modulus", "Remainder" }.Any(name => method.Name.EndsWith(name, StringComparison.Ordinal));
        Real[][] points = isRemainder
            ?
            [
                [13, 10],
                [-13, 10],
            ]
            :
            [
                [0.7, 0.3, 0.95],
                [-0.7, 0.3, 0.95],
                [1.7, 0.3, 1.95],
            ];
        var compared = 0;
        foreach (var point in points.Select(point => point[..method.GetParameters().Length]).Where(p => double.IsFinite(Function(p).Value)))
        {
            var report = AD.CheckGradient(Function, point);
            // of functions made of steps, and of choices, differences may not be able to tell
            var isMadeOfPieces = new[] { "Floor", "Ceiling", "Round", "Truncate", "Max", "Min", "Clamp" }.Any(name =>
                method.Name.Contains(name, StringComparison.Ordinal)
            );
            Assert.True(report.Passed || (isMadeOfPieces && report.Verdict == GradientVerdict.CannotTell), $"{signature}: {report}");
            compared++;
        }
        Assert.True(compared > 0, $"{signature} has no value at any of the points");
    }

    [Fact]
    public void The_mixed_operators_agree_with_the_ones_on_numbers()
    {
        foreach (var name in new[] { "op_Addition", "op_Subtraction", "op_Multiply", "op_Division", "op_Modulus" })
        {
            MethodInfo Of(Type a, Type b) => typeof(Real).GetMethod(name, [a, b])!;
            foreach (var a in Samples)
            foreach (var b in Samples)
            {
                var plain = Of(typeof(Real), typeof(Real)).Invoke(null, [(Real)a, (Real)b])!;
                Check.Bits(((Real)plain).Value, (Real)Of(typeof(Real), typeof(double)).Invoke(null, [(Real)a, b])!, name);
                Check.Bits(((Real)plain).Value, (Real)Of(typeof(double), typeof(Real)).Invoke(null, [a, (Real)b])!, name);
            }
        }
    }

    private static IEnumerable<MethodInfo> Statics(Type type) =>
        type.GetMethods(BindingFlags.Public | BindingFlags.Static | BindingFlags.DeclaredOnly);

    private static string Signature(MethodInfo method) =>
        $"{method.Name}({string.Join(", ", method.GetParameters().Select(p => p.ParameterType.Name))})";

    /// <summary>The derivative along all number arguments together.</summary>
    private static Real Slope(MethodInfo method, object[] arguments) =>
        AD.Diff(t => (Real)method.Invoke(null, [.. arguments.Select(a => a is Real x ? x + t : a)])!)(0.0);

    private static IEnumerable<object[]> Tuples(Type[] types)
    {
        IEnumerable<object[]> all =
        [
            [],
        ];
        foreach (var type in types)
            all = all.SelectMany(_ => Candidates(type), (before, next) => before.Append(next).ToArray());
        return all;
    }

    private static IEnumerable<object> Candidates(Type type) =>
        type == typeof(Real) ? Samples.Select(x => (object)(Real)x)
        : type == typeof(double) ? [0.0, 0.5, 2.0]
        : type == typeof(int) ? [0, 1, 2, 3]
        : type == typeof(MidpointRounding) ? [MidpointRounding.ToEven, MidpointRounding.AwayFromZero]
        : type == typeof(Real[]) ? [new Real[] { 1, 2 }]
        : throw new NotSupportedException($"A sample of {type} is missing here.");
}
