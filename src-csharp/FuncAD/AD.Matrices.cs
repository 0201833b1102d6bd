using System.Runtime.CompilerServices;

namespace FuncAD;

public static partial class AD
{
    /// <summary>The Jacobian x -> J, with J[i, j] the derivative of result i with respect to argument j, in the cheaper mode.</summary>
    /// <remarks>
    /// Up to 32 arguments that is forward mode. Beyond, f is run once more on plain numbers, to count the results: cost that of
    /// <see cref="JacobianForward"/> or of <see cref="JacobianReverse"/>.
    /// </remarks>
    [OverloadResolutionPriority(1)] // a lambda without types may take a tensor as well
    public static Func<Real[], Real[,]> Jacobian(Func<Real[], Real[]> f)
    {
        var function = f.ToFSharp();
        return x => ADModule.jacobian(function, x);
    }

    /// <summary>The Jacobian of a function from tensor to tensor: a tensor with the axes of the result and then those of x.</summary>
    /// <remarks>Cost: as <see cref="Jacobian{P, Q}"/>.</remarks>
    /// <example><code>AD.Jacobian((Tensor x) => x * x)(Tensor.Of(1.0, 2.0))  // the matrix of 2, 0 and 0, 4</code></example>
    public static Func<Tensor, Tensor> Jacobian(Func<Tensor, Tensor> f)
    {
        var function = f.ToFSharp();
        return x => ADModule.jacobianBlocks(function, x).OfTensors();
    }

    /// <summary>The Jacobian of a function from any structure to any other, whose blocks are chosen by functions.</summary>
    /// <remarks>
    /// Cost: one run of f on plain numbers, to count the results, and that of <see cref="JacobianForward"/> or of
    /// <see cref="JacobianReverse"/>, whichever is less. With tensors in forward mode, tangents have an axis of directions, along which a
    /// matrix product is one for all; in reverse mode there is a sweep for each number of the result.
    /// </remarks>
    /// <example><code>AD.Jacobian((Model m) => m.Predict(points))(model).Block(y => y, m => m.Weights)</code></example>
    public static Func<P, JacobianBlocks<P, Q>> Jacobian<P, Q>(Func<P, Q> f)
    {
        var function = f.ToFSharp();
        return p => ADModule.jacobianBlocks(function, p);
    }

    /// <summary>The Jacobian x -> J by columns, in forward mode.</summary>
    /// <remarks>
    /// Cost: a run of f for every 32 arguments, with a multiplication and an addition for each of them beside each operation. Where numbers
    /// carry levels, where f uses custom rules over structures or several threads, where NaN comes out, and for programs of several million
    /// operations: a run of f for each argument.
    /// </remarks>
    public static Func<Real[], Real[,]> JacobianForward(Func<Real[], Real[]> f)
    {
        var function = f.ToFSharp();
        return x => ADModule.jacobianForward(function, x);
    }

    /// <summary>The Jacobian x -> J, row by row in reverse mode.</summary>
    /// <remarks>
    /// Cost: one run of f, and a sweep for every eight results (four or two on machines with shorter vectors, one where numbers carry
    /// levels).
    /// </remarks>
    public static Func<Real[], Real[,]> JacobianReverse(Func<Real[], Real[]> f)
    {
        var function = f.ToFSharp();
        return x => ADModule.jacobianReverse(function, x);
    }

    /// <summary>The symmetric matrix of second derivatives, forward over reverse.</summary>
    /// <remarks>
    /// Cost: for every eight arguments (four on machines with shorter vectors), a run of f and a sweep, on numbers with eight tangents
    /// each. Where numbers carry levels, where f computes with arrays or custom rules, where NaN comes out, and for programs of a million
    /// operations: a product with the Hessian for each argument.
    /// </remarks>
    [OverloadResolutionPriority(1)] // a lambda without types may take a tensor as well
    public static Func<Real[], Real[,]> Hessian(Func<Real[], Real> f)
    {
        var function = f.ToFSharp();
        return x => ADModule.hessian(function, x);
    }

    /// <summary>The second derivatives of a function of a tensor: a tensor with the axes of x twice.</summary>
    /// <remarks>Cost: a product with the Hessian for each element.</remarks>
    public static Func<Tensor, Tensor> Hessian(Func<Tensor, Real> f)
    {
        var function = f.ToFSharp();
        return x => ADModule.hessianBlocks(function, x).OfTensors();
    }

    /// <summary>The second derivatives of a function of any structure, whose blocks are chosen by functions.</summary>
    /// <remarks>Cost: as of an array, and where there are tensors a product with the Hessian for each number.</remarks>
    /// <example><code>AD.Hessian((Model m) => Loss(m))(model).Block(m => m.Weights, m => m.Bias)</code></example>
    public static Func<P, JacobianBlocks<P, P>> Hessian<P>(Func<P, Real> f)
    {
        var function = f.ToFSharp();
        return p => ADModule.hessianBlocks(function, p);
    }

    /// <summary>The Hessian-vector product (x, v) -> H v, forward over reverse, without the matrix.</summary>
    /// <remarks>Cost: one gradient on dual numbers, whatever the number of parameters.</remarks>
    /// <exception cref="ArgumentException">In the returned function: v does not have the structure of x.</exception>
    public static Func<X, X, X> Hvp<X>(Func<X, Real> f)
    {
        var function = f.ToFSharp();
        return (x, v) => ADModule.hvp(function, x, v);
    }

    /// <inheritdoc cref="Hvp{X}"/>
    public static Func<Real, Real, Real> Hvp(Func<Real, Real> f) => Hvp<Real>(f);

    /// <inheritdoc cref="Hvp{X}"/>
    public static Func<Real[], Real[], Real[]> Hvp(Func<Real[], Real> f) => Hvp<Real[]>(f);

    /// <summary>The Laplacian: the sum of the second derivatives of f in each argument.</summary>
    /// <remarks>Cost: a second derivative, that is a run of f on nested numbers of forward mode, for each argument.</remarks>
    public static Func<Real[], Real> Laplacian(Func<Real[], Real> f)
    {
        var function = f.ToFSharp();
        return x => ADModule.laplacian(function, x);
    }

    /// <summary>The divergence of a vector field: the trace of its Jacobian.</summary>
    /// <remarks>Cost: that of <see cref="JacobianForward"/>.</remarks>
    /// <exception cref="ArgumentException">In the returned function: f does not have as many results as arguments.</exception>
    public static Func<Real[], Real> Divergence(Func<Real[], Real[]> f)
    {
        var function = f.ToFSharp();
        return x => ADModule.divergence(function, x);
    }

    /// <summary>The curl of a vector field in three dimensions.</summary>
    /// <remarks>Cost: that of <see cref="JacobianForward"/>: one run of f.</remarks>
    /// <exception cref="ArgumentException">In the returned function: x or f(x) does not have three numbers.</exception>
    public static Func<Real[], Real[]> Curl(Func<Real[], Real[]> f)
    {
        var function = f.ToFSharp();
        return x => ADModule.curl(function, x);
    }
}
