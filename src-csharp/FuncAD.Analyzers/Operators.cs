using System;
using System.Collections.Generic;

namespace FuncAD.Analyzers;

/// <summary>What an operator of the library does with a function that it is given.</summary>
[Flags]
internal enum Treatment
{
    /// <summary>It calls the function on numbers of its own, about which nothing is known: rules, schedules.</summary>
    Calls = 0,

    /// <summary>It differentiates the function.</summary>
    Differentiates = 1,

    /// <summary>The function must compute on the calling thread.</summary>
    OneThread = 2,

    /// <summary>It makes a program of the function, which runs on other numbers.</summary>
    Compiles = 4,

    /// <summary>It makes a formula of the function.</summary>
    Formulates = 8,

    /// <summary>It draws what has no derivative, so that functions of drawn doubles are no mistake.</summary>
    Draws = 16,

    Reverse = Differentiates | OneThread,
    Trace = Compiles | OneThread,
}

/// <summary>
/// The operators: each method of the library that takes a function over its numbers. A test compares this with the library.
/// </summary>
internal static class Operators
{
    public static readonly IReadOnlyDictionary<string, Treatment> Table = new Dictionary<string, Treatment>
    {
        ["AD.Diff"] = Treatment.Differentiates,
        ["AD.Taylor"] = Treatment.Differentiates,
        ["AD.Grad"] = Treatment.Reverse,
        ["AD.ValueAndGrad"] = Treatment.Reverse,
        ["AD.GradWithAux"] = Treatment.Reverse,
        ["AD.ValueAndGradWithAux"] = Treatment.Reverse,
        ["AD.Jvp"] = Treatment.Differentiates,
        ["AD.JvpMany"] = Treatment.Differentiates,
        ["AD.Vjp"] = Treatment.Reverse,
        ["AD.VjpMany"] = Treatment.Reverse,
        // in whichever mode is cheaper
        ["AD.Jacobian"] = Treatment.Differentiates,
        ["AD.JacobianForward"] = Treatment.Differentiates,
        ["AD.JacobianReverse"] = Treatment.Reverse,
        ["AD.Hessian"] = Treatment.Reverse,
        ["AD.Hvp"] = Treatment.Reverse,
        ["AD.Prepare"] = Treatment.Reverse,
        ["AD.Laplacian"] = Treatment.Differentiates,
        ["AD.Divergence"] = Treatment.Differentiates,
        ["AD.Curl"] = Treatment.Differentiates,
        ["AD.CheckGradient"] = Treatment.Reverse,
        ["AD.Explain"] = Treatment.Reverse,
        ["AD.ForwardTrace"] = Treatment.Reverse,
        ["AD.ReverseTrace"] = Treatment.Reverse,
        ["AD.Compile"] = Treatment.Trace,
        ["AD.CompileSum"] = Treatment.Trace,
        ["AD.Custom"] = Treatment.Calls,
        ["Objective.Of"] = Treatment.Reverse,
        ["Objective.OfTensor"] = Treatment.Reverse,
        ["Objective.LeastSquares"] = Treatment.Differentiates,
        ["Objective.Root"] = Treatment.Differentiates,
        ["Optim.Lbfgs"] = Treatment.Reverse,
        ["Randomised.Grad"] = Treatment.Reverse,
        ["Randomised.ValueAndGrad"] = Treatment.Reverse,
        ["Randomised.Memory"] = Treatment.Reverse,
        // their arguments are differentiated where an operator around them says so
        ["Randomised.Activation"] = Treatment.Calls,
        ["TensorExtensions.SymmetricFunction"] = Treatment.Calls,
        ["RealExtensions.ToDouble"] = Treatment.Calls,
        ["RealEnumerable.Aggregate"] = Treatment.Calls,
        ["RealEnumerable.Average"] = Treatment.Calls,
        ["RealEnumerable.Max"] = Treatment.Calls,
        ["RealEnumerable.Min"] = Treatment.Calls,
        ["RealEnumerable.Sum"] = Treatment.Calls,
        ["Schedule.WarmUp"] = Treatment.Calls,
        ["LiftOptions.Rule"] = Treatment.Calls,
        ["Stochastic.Derivative"] = Treatment.Differentiates | Treatment.Draws,
        ["Stochastic.ScoreGradient"] = Treatment.Reverse | Treatment.Draws,
        ["Stochastic.ScoreObjective"] = Treatment.Reverse | Treatment.Draws,
        ["Symbolic.Of"] = Treatment.Formulates | Treatment.OneThread,
    };
}
