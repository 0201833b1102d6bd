using System.Runtime.CompilerServices;
using FuncAD.Explaining;
using FuncAD.Traces;

namespace FuncAD;

public static partial class AD
{
    /// <inheritdoc cref="ADModule.explain{P}"/>
    public static Explanation Explain(Func<Real, Real> f, double x)
    {
        ArgumentNullException.ThrowIfNull(f);
        return Explaining.Explain.ofStructure(ParameterNames.ofMethod(f.Method), f.ToFSharp(), new Real(x));
    }

    /// <inheritdoc cref="ADModule.explain{P}"/>
    public static Explanation Explain(Func<Real[], Real> f, double[] x)
    {
        ArgumentNullException.ThrowIfNull(f);
        ArgumentNullException.ThrowIfNull(x);
        return Explaining.Explain.ofStructure(ParameterNames.ofMethod(f.Method), f.ToFSharp(), x.ToReals());
    }

    /// <inheritdoc cref="ADModule.explain{P}"/>
    public static Explanation Explain(Func<Real, Real, Real> f, double[] x) => Explain(OfArray(f), f, 2, x);

    /// <inheritdoc cref="ADModule.explain{P}"/>
    public static Explanation Explain(Func<Real, Real, Real, Real> f, double[] x) => Explain(OfArray(f), f, 3, x);

    /// <inheritdoc cref="ADModule.explain{P}"/>
    [OverloadResolutionPriority(-1)] // a double beside a lambda is a Real's value
    public static Explanation Explain<P>(Func<P, Real> f, P x)
    {
        ArgumentNullException.ThrowIfNull(f);
        return Explaining.Explain.ofStructure(ParameterNames.ofMethod(f.Method), f.ToFSharp(), x);
    }

    private static Explanation Explain(Func<Real[], Real> function, Delegate f, int arguments, double[] x)
    {
        CheckInputs(nameof(Explain), arguments, x);
        return Explaining.Explain.run(Naming.ofParameters(arguments, arguments, f.Method), function.ToFSharp(), x);
    }
}
