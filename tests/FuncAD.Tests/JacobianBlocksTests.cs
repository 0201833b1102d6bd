using static FuncAD.AD;

namespace FuncAD.Tests;

/// <summary>Jacobians and Hessians of tensors and structures, by blocks.</summary>
public class JacobianBlocksTests
{
    private sealed record Model(Tensor Weights, Real Bias, Real[] Rates, string Name);

    private sealed record Prices(Real First, Tensor Others);

    private static readonly Model Point = new(
        Tensor.Of(
            new double[,]
            {
                { 1, 2 },
                { 3, 4 },
            }
        ),
        5,
        [6.0, 7.0],
        "model"
    );

    private static Prices Price(Model m) => new(m.Bias * m.Rates[0], m.Weights.MatMul(Tensor.Of(m.Rates[0], m.Rates[1])) * m.Bias);

    private static Real Loss(Model m) => m.Weights[0, 0] * m.Weights[1, 1] * m.Bias + m.Rates[0] * m.Rates[0] * m.Weights[0, 1];

    [Fact]
    public void Of_a_tensor_the_axes_of_the_result_come_before_those_of_the_parameter()
    {
        var x = Tensor.Of(
            new double[,]
            {
                { 1, 2, 3 },
                { 4, 5, 6 },
            }
        );
        var j = Jacobian((Tensor x) => x.Sum(0) * x.Sum(0))(x);
        Assert.Equal([3, 2, 3], [.. j.Shape]);
        Check.Bits(10, j[0, 0, 0]);
        Check.Bits(10, j[0, 1, 0]);
        Check.Bits(0, j[0, 0, 1]);
        Check.Bits(18, j[2, 1, 2]);
        var h = Hessian((Tensor x) => (x * x * x).Sum())(x);
        Assert.Equal([2, 3, 2, 3], [.. h.Shape]);
        for (var i = 0; i < 6; i++)
        for (var k = 0; k < 6; k++)
            Check.Bits(i == k ? 6 * (i + 1) : 0, h.Reshape(6, 6)[i, k]);
        Assert.Equal([2, 2], [.. Jacobian((Tensor v) => v)(Tensor.Ones(2)).Shape]);
        Assert.Equal([0, 3], [.. Jacobian((Tensor v) => v[0..0])(Tensor.Ones(3)).Shape]);
        Tensor inferred = Hessian(v => v.MatMul(v).ToReal())(Tensor.Of(1.0, 2.0));
        Assert.Equal(2 * Tensor.Identity(2), inferred);
    }

    [Fact]
    public void Blocks_are_chosen_by_parts_of_the_structures()
    {
        var j = Jacobian((Model m) => Price(m))(Point);
        Check.Bits(6, j.Block(p => p.First, m => m.Bias).ToReal());
        Assert.Equal([], [.. j.Block(p => p.First, m => m.Bias).Shape]);
        Assert.Equal(Tensor.Of(5.0, 0.0), j.Block(p => p.First, m => m.Rates));
        Assert.Equal(
            Tensor.Of(
                new double[,]
                {
                    { 5, 10 },
                    { 15, 20 },
                }
            ),
            j.Block(p => p.Others, m => m.Rates)
        );
        var ofWeights = j.Block(p => p.Others, m => m.Weights);
        Assert.Equal([2, 2, 2], [.. ofWeights.Shape]);
        Assert.Equal(Tensor.Of(30.0, 35.0), ofWeights[0, 0, ..]);
        Assert.Equal(Tensor.Of(0.0, 0.0), ofWeights[0, 1, ..]);
        Check.Bits(35, j.Block(p => p.Others[1], m => m.Weights[1, 1]).ToReal());
        Assert.Equal(Tensor.Of(30.0, 0.0), j.Block(p => p.Others, m => m.Weights[.., 0])[.., 0]);
        Assert.Equal([2, 4], [.. j.Block(p => p.Others, m => (m.Weights[0, ..], m.Rates)).Shape]);
    }

    [Fact]
    public void Rows_are_gradients_columns_are_derivatives_and_the_product_is_that_of_Jvp()
    {
        var j = Jacobian((Model m) => Price(m))(Point);
        var row = j.Row(p => p.Others[1]);
        Assert.Equal(
            Tensor.Of(
                new double[,]
                {
                    { 0, 0 },
                    { 30, 35 },
                }
            ),
            row.Weights
        );
        Check.Bits(3 * 6 + 4 * 7, row.Bias);
        Check.Bits([15, 20], row.Rates);
        Assert.Equal("model", row.Name);
        var column = j.Column(m => m.Rates[0]);
        Check.Bits(5, column.First);
        Assert.Equal(Tensor.Of(5.0, 15.0), column.Others);
        var v = new Model(Tensor.Ones(2, 2), 2, [3.0, 4.0], "");
        var expected = Jvp((Model m) => Price(m))(Point, v).Tangent;
        Check.Bits(expected.First.Value, j.Apply(v).First);
        Assert.Equal(expected.Others, j.Apply(v).Others);
    }

    [Fact]
    public void The_matrix_has_numbers_before_tensors()
    {
        var matrix = Jacobian((Model m) => Price(m))(Point).Matrix;
        Assert.Equal((3, 7), (matrix.GetLength(0), matrix.GetLength(1)));
        Assert.Equal([6, 5, 0, 0, 0, 0, 0], Enumerable.Range(0, 7).Select(k => matrix[0, k].Value));
        matrix[0, 0] = 99;
    }

    [Fact]
    public void Both_modes_give_the_rows_that_gradients_are()
    {
        Real[] point = [0.7, -0.3];
        static Real[] Many(Real[] x) => [RealMath.Sin(x[0]) * x[1], x[0] / x[1], RealMath.Exp(x[1])];
        static Real[] Few(Real[] x) => [RealMath.Sin(x[0]) * x[1]];
        foreach (var f in new Func<Real[], Real[]>[] { Many, Few })
        {
            var blocks = Jacobian<Real[], Real[]>(f)(point);
            Assert.Equal(Jacobian(f)(point).ToDoubles(), blocks.Matrix.ToDoubles());
            Check.Bits(Grad(x => f(x)[0])(point).ToDoubles(), blocks.Row(y => y[0]));
        }
        var many = Jacobian((Model m) => new[] { m.Weights, m.Weights, m.Weights })(Point).Block(y => y[2], m => m.Weights);
        Assert.Equal(Tensor.Identity(4), many.Reshape(4, 4));
    }

    [Fact]
    public void The_Hessian_of_a_record_is_the_Jacobian_of_its_gradient()
    {
        var h = Hessian((Model m) => Loss(m))(Point);
        Check.Bits(4, h.Block(m => m.Weights[0, 0], m => m.Bias).ToReal());
        Check.Bits(5, h.Block(m => m.Weights, m => m.Weights)[0, 0, 1, 1]);
        Check.Bits(12, h.Block(m => m.Rates[0], m => m.Weights[0, 1]).ToReal());
        Assert.Equal(Jacobian(Grad((Model m) => Loss(m)))(Point).Matrix.ToDoubles(), h.Matrix.ToDoubles());
        var v = new Model(Tensor.Ones(2, 2), 2, [3.0, 4.0], "");
        Assert.Equal(Hvp((Model m) => Loss(m))(Point, v).Weights, h.Apply(v).Weights);
        var numbers = Hessian(((Real X, Real[] Y) p) => p.X * p.X * p.Y[1])((2, [3.0, 4.0]));
        Assert.Equal(
            new double[,]
            {
                { 8, 0, 4 },
                { 0, 0, 0 },
                { 4, 0, 0 },
            },
            numbers.Matrix.ToDoubles()
        );
    }

    [Fact]
    public void Entries_are_differentiated_by_an_operator_around()
    {
        // d/dt of d2/dx2 (t x^3) at x = 2 is 12
        Real Curvature(Real t) => Hessian(((Real X, string Name) p) => t * p.X * p.X * p.X)((2, "")).Matrix[0, 0];
        Real OfTensor(Real t) => Hessian((Tensor x) => t * (x * x * x).Sum())(Tensor.Of(2.0, 1.0))[0, 0];
        Real Forward(Real t) => Jacobian((Tensor x) => t * x)(Tensor.Of(2.0, 1.0))[0, 0];
        Real Reverse(Real t) =>
            Jacobian((Tensor x) => t * x.Sum(0))(
                Tensor.Of(
                    new double[,]
                    {
                        { 2, 1 },
                    }
                )
            )[0, 0, 0];
        foreach (var derivative in new Func<Func<Real, Real>, Func<Real, Real>>[] { f => Diff(f), f => Grad(f) })
        {
            Check.Bits(12, derivative(Curvature)(5.0));
            Check.Bits(12, derivative(OfTensor)(5.0));
            Check.Bits(1, derivative(Forward)(5.0));
            Check.Bits(1, derivative(Reverse)(5.0));
            Check.Bits(4, derivative(t => Jacobian(((Real, Real) p) => (t * t * p.Item1, p.Item2))((1, 2)).Row(y => y.Item1).Item1)(2.0));
        }
    }

    [Fact]
    public void What_computes_instead_of_choosing_is_refused()
    {
        var h = Hessian((Model m) => Loss(m))(Point);
        foreach (
            var wrong in new Func<Model, Tensor>[]
            {
                m => 2 * m.Weights,
                m => m.Weights.MatMul(m.Weights),
                m => Tensor.Ones(2),
                m => m.Weights + m.Bias,
            }
        )
            Assert.Contains("choose", Assert.Throws<ArgumentException>(() => h.Block(wrong, m => m.Bias)).Message);
        Assert.Equal("row", Assert.Throws<ArgumentException>(() => h.Row(m => m.Bias * 2)).ParamName);
        Assert.Equal("column", Assert.Throws<ArgumentException>(() => h.Column(m => m.Bias * 2)).ParamName);
        Assert.Equal("column", Assert.Throws<ArgumentNullException>(() => h.Block(m => m.Bias, (Func<Model, Real>)null!)).ParamName);
        Assert.Throws<ArgumentException>(() => h.Apply(new(Tensor.Ones(2), 1, [1.0, 2.0], "")));
        Assert.Throws<ArgumentNullException>(() => h.Apply(null!));
    }

    [Fact]
    public void Of_no_numbers_there_is_an_empty_matrix()
    {
        Assert.Empty(Hessian((List<Real> x) => 5.0)([]).Matrix);
        Assert.Equal([0], [.. Jacobian((List<Real> x) => new Real[] { 5 })([]).Block(y => y[0], x => x).Shape]);
        Assert.Throws<ArgumentException>(() => Jacobian((Model m) => (Func<Real, Real>)(x => x))(Point));
    }

    private sealed record Four(Real A, Real B, Real C, Real D);

    // the value is the point
    private static readonly JacobianBlocks<Four, Four> OfFour = Jacobian(
        (Four o) => new Four(o.A * 2 - 1, o.B * 3 - 4, o.C * 5 + 12, o.D * 7 - 24)
    )(new(1, 2, -3, 4));

    private static string Refused(Action choose)
    {
        var message = Assert.Throws<ArgumentException>(choose).Message;
        Assert.Contains("choose", message);
        return message;
    }

    [Fact]
    public void No_linear_combination_is_taken_for_a_number()
    {
        Refused(() => OfFour.Row(o => o.B + o.C - o.D));
        Refused(() => OfFour.Column(o => o.A + 1e-30 * o.B));
        var twelve = Tensor.Of(Enumerable.Range(1, 12).Select(k => (double)k));
        var j = Jacobian((Tensor w) => new Four(w.Sum(), w[0], w[1], w[2]))(twelve);
        var accepted = 0;
        for (var a = 0; a < 12; a++)
        for (var b = a + 1; b < 12; b++)
        for (var c = 0; c < 12; c++)
        {
            if (c == a || c == b)
                continue;
            try
            {
                j.Column(w => w[a] + w[b] - w[c]);
                accepted++;
            }
            catch (ArgumentException) { }
        }
        Assert.Equal(0, accepted);
        var random = new Random(3);
        for (var trial = 0; trial < 200; trial++)
        {
            var weights = Enumerable.Range(0, 12).Select(_ => (double)random.Next(-2, 3)).ToArray();
            if (weights.Count(w => w != 0) != 1 || weights.Sum() != 1)
                Refused(() => j.Column(w => (w * Tensor.Of(weights)).Sum()));
        }
    }

    [Fact]
    public void What_is_chosen_by_comparing_values_is_refused()
    {
        var wrong = new Func<Four, Real>[]
        {
            o => RealMath.Max(o.A, o.B),
            o => RealMath.Min(o.A, o.B),
            o => RealMath.Max(o.A, -1e9),
            o => RealMath.Abs(o.A),
            o => RealMath.Abs(o.C),
            o => o.A > o.B ? o.A : o.B,
            o => o.A > 0 ? o.A : o.B,
            o => o.A > 1000 ? o.A : o.B,
            o => o.A == 1 ? o.A : o.B,
            o => o.A * o.B > 0 ? o.A : o.B,
            o => new[] { o.A, o.B }.First(x => x.Value == 2),
        };
        foreach (var choose in wrong)
        {
            Refused(() => OfFour.Row(choose));
            Refused(() => OfFour.Column(choose));
            Refused(() => OfFour.Block(choose, o => o.A));
            Refused(() => OfFour.Block(o => o.A, o => Tensor.Of(o.D, choose(o))));
        }
        var h = Hessian((Model m) => Loss(m))(Point);
        Refused(() => h.Block(m => TensorMath.Abs(m.Weights), m => m.Bias));
        Refused(() => h.Row(m => m.Weights.Max()));
        Refused(() => h.Row(m => m.Weights.Sum()));
    }

    [Fact]
    public void Constants_are_refused_and_the_message_says_so()
    {
        Assert.Contains("constant", Refused(() => OfFour.Row(o => o.B.Value)));
        Assert.Contains("returned 2,", Refused(() => OfFour.Row(o => StopGradient(o.B))));
        Refused(() => OfFour.Row(o => 1));
        Refused(() => Hessian((Model m) => Loss(m))(Point).Block(m => m.Weights.Value, m => m.Bias));
        // t is followed by another operator: its derivative would be lost
        Refused(() => Diff(t => OfFour.Row(o => o.B * t).A)(1.0));
    }

    [Fact]
    public void A_part_without_numbers_is_refused()
    {
        var h = Hessian((Model m) => Loss(m))(Point);
        Refused(() => h.Block(m => "a", m => m.Bias));
        Refused(() => h.Block(m => m.Bias, m => m.Name));
        Assert.Equal([0, 2], [.. h.Block(m => m.Weights[0..0, 0], m => m.Rates).Shape]);
    }

    [Fact]
    public void Choosing_moves_numbers_at_any_point()
    {
        double[] odd = [0.0, -0.0, double.NaN, double.PositiveInfinity];
        var j = Jacobian((Tensor x) => new[] { x, 2 * x })(Tensor.Of(odd));
        Assert.Equal(2 * Tensor.Identity(4), j.Block(y => y[1], x => x.Reshape(2, 2).T.T.Reshape(4)));
        Assert.Equal(Tensor.Of(2.0, 0.0), j.Block(y => y[1], x => Tensor.Of(x[2], x[0]))[2, ..]);
        Check.Bits(3, OfFour.Row(o => o.B * 1).B);
    }

    [Fact]
    public void A_compiled_function_takes_rows_columns_and_the_matrix()
    {
        static JacobianBlocks<Four, Four> Blocks(Real t) =>
            Jacobian((Four o) => new Four(o.A * t, o.A * o.B * t, o.C, o.D))(new Four(t, 2, 3, 4));
        Check.Bits(6, Compile((Real t) => Blocks(t).Row(o => o.B).A, 2.0).Invoke(3.0));
        Check.Bits(9, Compile((Real t) => Blocks(t).Column(o => o.B).B, 2.0).Invoke(3.0));
        Check.Bits(3, Compile((Real t) => Blocks(t).Matrix[0, 0], 2.0).Invoke(3.0));
        static Real OfBlock(Real t) => Blocks(t).Block(o => o.B, o => o.A).ToReal();
        Check.Bits(6, OfBlock(3.0));
        var compiled = Assert.ThrowsAny<NotSupportedException>(() => Compile((Real t) => OfBlock(t), 2.0).Invoke(3.0)).Message;
        var explained = Assert.ThrowsAny<NotSupportedException>(() => Explain((Real t) => OfBlock(t), 3.0)).Message;
        foreach (var message in new[] { compiled, explained })
        foreach (var part in new[] { "Block", "Row(", "Column(", "Matrix[i, j]" })
            Assert.Contains(part, message);
    }

    [Fact]
    public void Rows_and_columns_have_names_and_the_text_shows_them()
    {
        var j = Jacobian((Model m) => Price(m))(Point);
        Assert.Equal(["First", "Others[0]", "Others[1]"], j.RowNames);
        string[] columns = ["Bias", "Rates[0]", "Rates[1]", "Weights[0, 0]", "Weights[0, 1]", "Weights[1, 0]", "Weights[1, 1]"];
        Assert.Equal(columns, j.ColumnNames);
        Assert.Equal(
            """
            4 x 4
               A  B  C  D
            A  2  0  0  0
            B  0  3  0  0
            C  0  0  5  0
            D  0  0  0  7
            """.ReplaceLineEndings("\n"),
            OfFour.ToString()
        );
        var wide = Jacobian((Real[] x) => (x[0] * x[1], x[2]))([.. Enumerable.Range(1, 30).Select(k => (Real)k)]);
        Assert.Equal("[29]", wide.ColumnNames[29]);
        Assert.StartsWith("2 x 30\n", wide.ToString());
        Assert.All(wide.ToString().Split('\n')[1..], line => Assert.EndsWith("...", line));
        Assert.Equal(["x"], Jacobian((Real x) => (x, 2 * x))(1.0).ColumnNames);
    }

    [Fact]
    public void Errors_of_Tensor_Of_have_its_name()
    {
        foreach (
            var run in new Action[]
            {
                () => Tensor.Of([1.0, 2.0], 3),
                () => Tensor.Of(new double[][] { [1.0], [1.0, 2.0] }),
                () => Tensor.Of([1.0, 2.0], -1, 2),
            }
        )
            Assert.StartsWith("Tensor.Of: ", Assert.ThrowsAny<ArgumentException>(run).Message);
    }
}
