namespace FuncAD.Benchmarks.Problems;

public static partial class GaussianMixture
{
    /// <summary>By hand: buffers are made once, the inner loops run down columns of the factors, and what is linear in a component is done once for all points.</summary>
    private sealed class Plain
    {
        private readonly int _d,
            _components,
            _points,
            _factor;
        private readonly double _gamma,
            _m,
            _constant;
        private readonly double[] _data,
            _scales,
            _sums,
            _centred,
            _whitened,
            _terms,
            _gradient,
            _momentOfY,
            _momentOfYZ;

        public Plain(Instance instance)
        {
            (_d, _components, _points, _data) = (instance.Dimension(0), instance.Dimension(1), instance.Dimension(2), instance.Data);
            (_gamma, _m, _factor) = (_data[0], _data[1], _d + Triangle(_d));
            _constant = Constant(_d, _components, _points, _gamma, _m);
            _scales = new double[_components * _d];
            (_sums, _terms) = (new double[_components], new double[_components]);
            (_centred, _whitened) = (new double[_components * _d], new double[_components * _d]);
            (_momentOfY, _momentOfYZ) = (new double[_components * _d], new double[_components * _d]);
            _gradient = new double[instance.X.Length];
        }

        private ReadOnlySpan<double> Factor(double[] x, int k) => x.AsSpan(_components * (1 + _d) + k * _factor, _factor);

        public double Value(double[] x)
        {
            var prior = Prepare(x);
            var sum = 0.0;
            for (var i = 0; i < _points; i++)
                sum += LogSumExp(x, i);
            return _constant + prior + sum - _points * LogSumExp(x.AsSpan(0, _components));
        }

        public double[] Gradient(double[] x)
        {
            Prepare(x);
            Array.Clear(_gradient);
            Array.Clear(_momentOfY);
            Array.Clear(_momentOfYZ);
            for (var i = 0; i < _points; i++)
            {
                var logSumExp = LogSumExp(x, i);
                for (var k = 0; k < _components; k++)
                    Accumulate(k, Math.Exp(_terms[k] - logSumExp));
            }
            for (var k = 0; k < _components; k++)
                Finish(x, k);
            var total = LogSumExp(x.AsSpan(0, _components));
            for (var k = 0; k < _components; k++)
                _gradient[k] -= _points * Math.Exp(x[k] - total);
            return _gradient;
        }

        /// <summary>The diagonals and the sums of their logarithms. Returns the prior without its constant.</summary>
        private double Prepare(double[] x)
        {
            double logarithms = 0,
                squares = 0;
            for (var k = 0; k < _components; k++)
            {
                var factor = Factor(x, k);
                var sum = 0.0;
                for (var j = 0; j < _d; j++)
                {
                    var scale = Math.Exp(factor[j]);
                    _scales[k * _d + j] = scale;
                    sum += factor[j];
                    squares += scale * scale;
                }
                squares += Lanes.Dot(factor[_d..], factor[_d..]);
                logarithms += _sums[k] = sum;
            }
            return _m * logarithms - 0.5 * _gamma * _gamma * squares;
        }

        /// <summary>The log density of point i without constants. Keeps each component's term, x - mu (centred) and Q (x - mu) (whitened).</summary>
        private double LogSumExp(double[] x, int i)
        {
            var point = _data.AsSpan(2 + i * _d, _d);
            for (var k = 0; k < _components; k++)
            {
                ReadOnlySpan<double> mean = x.AsSpan(_components + k * _d, _d),
                    scale = _scales.AsSpan(k * _d, _d),
                    factor = Factor(x, k);
                Span<double> z = _centred.AsSpan(k * _d, _d),
                    y = _whitened.AsSpan(k * _d, _d);
                for (var j = 0; j < y.Length; j++)
                {
                    z[j] = point[j] - mean[j];
                    y[j] = scale[j] * z[j];
                }
                for (int j = 0, column = _d; j < _d - 1; column += _d - 1 - j, j++)
                    Lanes.AddScaled(z[j], factor.Slice(column, _d - 1 - j), y[(j + 1)..]);
                _terms[k] = x[k] + _sums[k] - 0.5 * Lanes.Dot(y, y);
            }
            return LogSumExp(_terms);
        }

        private static double LogSumExp(ReadOnlySpan<double> terms)
        {
            var max = double.NegativeInfinity;
            foreach (var term in terms)
                max = Math.Max(max, term);
            var sum = 0.0;
            foreach (var term in terms)
                sum += Math.Exp(term - max);
            return max + Math.Log(sum);
        }

        /// <summary>One point's contribution to component k, of which it has this share.</summary>
        private void Accumulate(int k, double share)
        {
            ReadOnlySpan<double> z = _centred.AsSpan(k * _d, _d),
                y = _whitened.AsSpan(k * _d, _d);
            Span<double> sumOfY = _momentOfY.AsSpan(k * _d, _d),
                sumOfYZ = _momentOfYZ.AsSpan(k * _d, _d);
            _gradient[k] += share;
            for (var j = 0; j < z.Length; j++)
            {
                var weighted = share * y[j];
                sumOfY[j] += weighted;
                sumOfYZ[j] += weighted * z[j];
            }
            var triangle = _gradient.AsSpan(_components * (1 + _d) + k * _factor + _d, Triangle(_d));
            for (int j = 0, column = 0; j < _d - 1; column += _d - 1 - j, j++)
                Lanes.AddScaled(-share * z[j], y[(j + 1)..], triangle.Slice(column, _d - 1 - j));
        }

        /// <summary>From sums over the points to the gradient of component k: the mean's is the transposed factor times the sum of share y.</summary>
        private void Finish(double[] x, int k)
        {
            ReadOnlySpan<double> factor = Factor(x, k),
                scale = _scales.AsSpan(k * _d, _d),
                sumOfY = _momentOfY.AsSpan(k * _d, _d);
            Span<double> mean = _gradient.AsSpan(_components + k * _d, _d),
                slope = _gradient.AsSpan(_components * (1 + _d) + k * _factor, _factor);
            for (int j = 0, column = _d; j < _d; column += _d - 1 - j, j++)
            {
                mean[j] = scale[j] * sumOfY[j] + Lanes.Dot(factor.Slice(column, _d - 1 - j), sumOfY[(j + 1)..]);
                slope[j] = _gradient[k] - scale[j] * _momentOfYZ[k * _d + j] + _m - _gamma * _gamma * scale[j] * scale[j];
            }
            Lanes.AddScaled(-_gamma * _gamma, factor[_d..], slope[_d..]);
        }
    }
}
