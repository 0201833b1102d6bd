using MathNet.Numerics.Differentiation;

namespace FuncAD.Benchmarks.Problems;

/// <summary>The forms that most problems share.</summary>
public static class Forms
{
    /// <summary>A scalar function of an array: by hand, by FuncAD and by differences.</summary>
    public static IReadOnlyList<Form> Gradient(
        Func<Instance, Func<double[], double>> plain,
        Func<Instance, Action<double[], double[]>> gradient,
        Func<Instance, Func<Real[], Real>> real
    ) =>
        [
            Hand(
                1,
                instance =>
                {
                    var f = plain(instance);
                    return (x, y) => y[0] = f(x);
                },
                instance => instance.X.Length,
                gradient
            ),
            Eager(Form.Eager, real),
            .. Lifted(plain),
            new(
                Form.Differences,
                instance =>
                {
                    var (f, x) = (plain(instance), instance.X);
                    return new(() => [f(x)], () => Partials(f, x));
                }
            ),
        ];

    /// <summary>The code over double, lifted: as it stands, and compiled.</summary>
    public static IEnumerable<Form> Lifted(Func<Instance, Func<double[], double>> plain)
    {
        Func<Real[], Real> Real(Instance instance) => Lift.Of(plain(instance));
        return [Eager(Form.Lifted, Real), CompiledForms.Gradient(Real) with { Name = Form.LiftedCompiled }];
    }

    private static Form Eager(string name, Func<Instance, Func<Real[], Real>> real) =>
        new(
            name,
            instance =>
            {
                var (f, x) = (real(instance), instance.X.ToReals());
                var gradient = AD.Grad(f);
                return new(() => [f(x).Value], () => gradient(x).ToDoubles());
            }
        );

    /// <summary>The second derivatives of a scalar function of an array: by hand, by FuncAD and by differences.</summary>
    public static IReadOnlyList<Form> Hessian(
        Func<Instance, Func<double[], double>> plain,
        Func<Instance, Action<double[], double[]>> hessian,
        Func<Instance, Func<Real[], Real>> real
    ) =>
        [
            Hand(
                1,
                instance =>
                {
                    var f = plain(instance);
                    return (x, y) => y[0] = f(x);
                },
                instance => instance.X.Length * instance.X.Length,
                hessian
            ),
            new(
                Form.Eager,
                instance =>
                {
                    var (f, x) = (real(instance), instance.X.ToReals());
                    var hessian = AD.Hessian(f);
                    return new(() => [f(x).Value], () => hessian(x).ToDoubles().Cast<double>().ToArray());
                }
            ),
            new(
                Form.Differences,
                instance =>
                {
                    var (f, x) = (plain(instance), instance.X);
                    var differences = new NumericalHessian();
                    return new(() => [f(x)], () => differences.Evaluate(f, x).Cast<double>().ToArray());
                }
            ),
        ];

    /// <summary>Code by hand, which writes its results into arrays that are made once.</summary>
    public static Form Hand(
        int results,
        Func<Instance, Action<double[], double[]>> value,
        Func<Instance, int> entries,
        Func<Instance, Action<double[], double[]>> derivative
    ) =>
        new(
            Form.Hand,
            instance =>
            {
                var (f, df, x) = (value(instance), derivative(instance), instance.X);
                var (values, slopes) = (new double[results], new double[entries(instance)]);
                return new(
                    () =>
                    {
                        f(x, values);
                        return values;
                    },
                    () =>
                    {
                        df(x, slopes);
                        return slopes;
                    }
                );
            }
        );

    /// <summary>The partial derivatives by central differences of three points.</summary>
    public static double[] Partials(Func<double[], double> f, double[] x)
    {
        var differences = new NumericalDerivative(3, 1);
        var value = f(x);
        return [.. Enumerable.Range(0, x.Length).Select(i => differences.EvaluatePartialDerivative(f, x, i, 1, value))];
    }
}
