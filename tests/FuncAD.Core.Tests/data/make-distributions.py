#!/usr/bin/env python3
"""Writes distributions.csv: log densities with their first and second derivatives, by mpmath at 100 digits, and 1000 for logits and Student's t, from the formulas as
books print them, at the points where people and rounding meet. Derivatives are those of numbers
with three infinitesimal parts.
A row is a distribution, its parameters and x, and then numbers in pairs: the value, the first derivatives and the second ones, each with a
size: its magnitude plus what a relative change of 1 in one of the arguments makes of it, for all arguments. An algorithm that is accurate
as far as the arguments tell is off by a few roundings of that size.
Arguments are differentiated in the order x, parameters; for distributions on whole numbers neither x nor n is.
Usage: make-distributions.py [folder]"""
import functools
import itertools
import math
import os
import sys

from mpmath import mp, mpf
import mpmath

mp.dps = 100


class Jet:
    """A number with its derivatives along up to three directions, and along two or three of them together: a coefficient for each set of
    directions, whose bits are the index"""
    def __init__(self, parts):
        self.parts = parts

    @staticmethod
    def of(x):
        return x if isinstance(x, Jet) else Jet([mpf(x)] + [mpf(0)] * 7)

    def __add__(self, other):
        return Jet([a + b for a, b in zip(self.parts, Jet.of(other).parts)])

    def __mul__(self, other):
        a, b = self.parts, Jet.of(other).parts
        return Jet([sum(a[part] * b[whole ^ part] for part in range(8) if part & whole == part) for whole in range(8)])

    def through(self, f):
        """A function of the number from its value and first three derivatives there: Faa di Bruno's formula over the partitions of each set"""
        a = self.parts
        pair = lambda i, j: f[2] * a[i] * a[j] + f[1] * a[i | j]
        triple = f[3] * a[1] * a[2] * a[4] + f[2] * (a[1] * a[6] + a[2] * a[5] + a[4] * a[3]) + f[1] * a[7]
        return Jet([f[0], f[1] * a[1], f[1] * a[2], pair(1, 2), f[1] * a[4], pair(1, 4), pair(2, 4), triple])

    def __truediv__(self, other):
        x = Jet.of(other)
        y = 1 / x.parts[0]
        return self * x.through([y, -y ** 2, 2 * y ** 3, -6 * y ** 4])

    def __neg__(self):
        return self * -1

    def __sub__(self, other):
        return self + -Jet.of(other)

    def __rsub__(self, other):
        return Jet.of(other) - self

    def __abs__(self):
        return -self if self.parts[0] < 0 else self

    __radd__, __rmul__ = __add__, __mul__


def log(x):
    x = Jet.of(x)
    y = 1 / x.parts[0]
    return x.through([mp.log(x.parts[0]), y, -y ** 2, 2 * y ** 3])


def log1p(x):
    y = 1 / (1 + x.parts[0])
    return x.through([mp.log1p(x.parts[0]), y, -y ** 2, 2 * y ** 3])


def exp(x):
    return x.through([mp.exp(x.parts[0])] * 4)


@functools.cache
def log_gamma_and_slopes(x):
    return [mp.loggamma(x)] + [mp.psi(k, x) for k in range(3)]


def log_gamma(x):
    x = Jet.of(x)
    return x.through(log_gamma_and_slopes(x.parts[0]))


def whole(x):
    return int(x.parts[0])


def normal(x, mean, deviation):
    z = (x - mean) / deviation
    return -(z * z) / 2 - log(deviation) - mp.log(2 * mp.pi) / 2


def log_normal(x, mean, deviation):
    return normal(log(x), mean, deviation) - log(x)


def exponential(x, rate):
    return log(rate) - rate * x


def gamma(x, shape, rate):
    return shape * log(rate) + (shape - 1) * log(x) - rate * x - log_gamma(shape)


def beta(x, a, b):
    return (a - 1) * log(x) + (b - 1) * log1p(-x) - log_gamma(a) - log_gamma(b) + log_gamma(a + b)


def student(x, freedom, location, scale):
    z = (x - location) / scale
    constant = log_gamma((freedom + 1) / 2) - log_gamma(freedom / 2) - log(freedom) / 2 - mp.log(mp.pi) / 2
    return constant - log(scale) - (freedom + 1) / 2 * log1p(z * z / freedom)


def laplace(x, location, scale):
    return -abs(x - location) / scale - log(2 * scale)


def uniform(x, low, high):
    return -log(high - low)


def bernoulli(x, p):
    return log(p) if whole(x) == 1 else log1p(-p)


def bernoulli_logit(x, logit):
    return -log1p(exp(-logit if whole(x) == 1 else logit))


def binomial(x, n, p):
    ways = log_gamma(n + 1) - log_gamma(x + 1) - log_gamma(n - x + 1)
    return ways + (x * log(p) if whole(x) else 0) + ((n - x) * log1p(-p) if whole(n - x) else 0)


def geometric(x, p):
    return log(p) + (x * log1p(-p) if whole(x) else 0)


def poisson(x, rate):
    return (x * log(rate) if whole(x) else 0) - rate - log_gamma(x + 1)


def categorical(x, *p):
    return log(p[whole(x)])


def categorical_logits(x, *logits):
    own = logits[whole(x)]
    return -log1p(sum((exp(other - own) for other in logits if other is not own), Jet.of(0)))


def around(mean, deviation):
    return [mean + s * deviation for s in (-3.3, -1, -0.2, 0, 0.7, 1, 5)]


def gammas():
    for shape in (1e-10, 1e-3, 0.1, 0.5, 1.0, 1.5, 2.0, 2.9999999999999996, 3.0, 4.7, 10.0, 300.0, 1e6, 1e9, 1e12):
        for rate in (1.0, 0.1, 1e-6, 1e12):
            xs = around(shape / rate, math.sqrt(shape) / rate) + [1e-3 * shape / rate, 20 * shape / rate, 1.0, 1e-120, 0.1]
            for x in xs:
                if x > 0 and (rate == 1.0 or x in xs[3:6]):
                    yield (x, shape, rate)
    # the mean rate x is beyond the normal doubles
    for shape in (0.5, 2.0, 3.0, 4.7, 300.0, 1e6, 1e12):
        for x, rate in ((3e-162, 1e-162), (1e-200, 1e-200), (1e-300, 1e-20), (1e20, 1e-322)):
            yield (x, shape, rate)


def betas():
    values = (1e-10, 0.1, 1.0, 2.5, 3.0, 10.0, 1e3, 1e6, 1e12)
    for a, b in itertools.product(values, values):
        mean = a / (a + b)
        deviation = math.sqrt(mean * (b / (a + b)) / (a + b + 1))
        for x in [mean, mean + deviation, mean - 2 * deviation, 0.3, 1e-10]:
            if 0 < x < 1:
                yield (x, a, b)
    for a, b in ((2.0, 3.0), (0.5, 0.5), (5.0, 1e3), (1e3, 5.0), (1.0, 1.0)):
        for x in (1e-300, 1e-17, 0.1, 0.5, 0.9, 1 - 1e-10, 1 - 2.0 ** -53):
            yield (x, a, b)


def binomials():
    for n in (1.0, 2.0, 3.0, 10.0, 1000.0, 1e6, 1e9, 1e12):
        for p in (0.1, 0.5, 0.3, 1e-3, 1e-10, 1e-20, 0.9, 1 - 1e-10, 1 - 2.0 ** -53):
            deviation = math.sqrt(n * p * (1 - p))
            for k in {0.0, 1.0, n, n - 1, *(math.floor(x) * 1.0 for x in around(n * p, deviation))}:
                if 0 <= k <= n:
                    yield (k, n, p)


def students():
    for freedom in (0.1, 0.5, 1.0, 2.0, 3.5, 4.0, 30.0, 1e3, 1e8, 1e15):
        for z in (0.0, 1e-8, 0.1, -1.0, 1.5, 5.0, -40.0, 1e4, 1e10, 1e90, 1e101, 1e150):
            yield (z, freedom, 0.0, 1.0)
        for x, location, scale in ((1.1, -3.0, 2.5), (1e8 + 1, 1e8, 0.1), (3e-140, 1e-140, 1e-140)):
            yield (x, freedom, location, scale)
    # z, or the distance over the root of the freedom, is beyond the doubles
    yield from ((1e300, 3.0, 0.0, 1e-300), (-1e200, 0.5, 1.0, 1e-150), (1e200, 1e-250, 0.0, 1.0))


PLACES = [(0.0, 0.0, 1.0), (0.5, 0.0, 1.0), (-40.0, 0.0, 1.0), (40.0, 0.0, 1.0), (1e-10, 0.0, 1.0), (1e150, 0.0, 1.0), (1.1, -3.0, 2.5), (1.0, 0.1, 0.9), (0.1, 0.1, 0.1),
          (1e8 + 1, 1e8, 1e-8), (3e-300, 1e-300, 1e-300), (1e300, -1e300, 1e299), (1.0, 0.0, 1.0), (1.0, 0.0, 1e-160), (2.5, 0.5, 1e200)]

# name -> (formula, which arguments are differentiated, the points: x and the parameters)
DISTRIBUTIONS = {
    'Normal': (normal, (0, 1, 2), PLACES),
    'LogNormal': (log_normal, (0, 1, 2), [(x, m, d) for x in (1.0, 0.1, 0.5, 2.0, 1e-10, 1e-300, 1e300, 1 + 2.0 ** -52) for m, d in ((0.0, 1.0), (0.5, 0.1), (-3.0, 20.0), (1e3, 1e-3))]),
    'Exponential': (exponential, (0, 1), [(x, r) for x in (0.0, 0.1, 0.5, 1.0, 1e-300, 1e10, 1e300) for r in (1.0, 0.1, 1e-8, 1e8, 1e300)]),
    'Gamma': (gamma, (0, 1, 2), list(gammas())),
    'Beta': (beta, (0, 1, 2), list(betas())),
    'StudentT': (student, (0, 1, 2, 3), list(students())),
    'Laplace': (laplace, (0, 1, 2), [p for p in PLACES if p[0] != p[1]]),
    'Uniform': (uniform, (0, 1, 2), [(0.5, 0.0, 1.0), (0.1, 0.1, 0.3), (1.0, -1e300, 1e10), (1e-300, 0.0, 2e-300), (1e8 + 0.5, 1e8, 1e8 + 1)]),
    'Bernoulli': (bernoulli, (1,), [(x, p) for x in (0.0, 1.0) for p in (0.1, 0.5, 0.3, 1e-10, 1e-300, 1 - 1e-10, 1 - 2.0 ** -53)]),
    'BernoulliLogit': (bernoulli_logit, (1,), [(x, l) for x in (0.0, 1.0) for l in (0.0, 0.1, -0.1, 1.0, -3.0, 20.0, -40.0, 710.0, -800.0, 1e5)]),
    'Binomial': (binomial, (2,), list(binomials())),
    'Geometric': (geometric, (1,), [(x, p) for x in (0.0, 1.0, 2.0, 10.0, 1e6, 1e12) for p in (0.1, 0.5, 0.3, 1e-10, 1e-300, 1 - 1e-10)]),
    'Poisson': (poisson, (1,), [(float(k), r) for r in (0.1, 1.0, 3.7, 1e-10, 1e-300, 1e6, 1e9, 1e12)
                                for k in {0, 1, 2, 10, 100, *(max(0, math.floor(x)) for x in around(r, math.sqrt(r)))}]),
    'Categorical': (categorical, (1, 2, 3), [(x, 0.2, 0.3, 0.5) for x in (0.0, 1.0, 2.0)]),
    'CategoricalLogits': (categorical_logits, (1, 2, 3), [(x, *l) for x in (0.0, 1.0, 2.0) for l in
                          ((0.0, 0.0, 0.0), (0.1, -0.3, 2.0), (1e3, 0.0, -1e3), (50.0, 0.0, 1.0), (0.0, 40.0, 39.5), (-800.0, 5.0, 5.0), (1e5, 1e5, 0.0))]),
}


def partial(f, point, variables):
    """The derivative along these variables, up to three"""
    jets = [Jet([mpf(x)] + [mpf(0)] * 7) for x in point]
    for direction, variable in enumerate(variables):
        jets[variable].parts[1 << direction] = mpf(1)
    return f(*jets).parts[(1 << len(variables)) - 1]


def numbers(f, point, active):
    """Value, first and second derivatives, each with its size"""
    exact = tuple(mpf(x) for x in point)
    known = {}

    def at(variables):
        key = tuple(sorted(variables))
        if key not in known:
            known[key] = partial(f, exact, key)
        return known[key]

    orders = [()] + [(i,) for i in active] + list(itertools.combinations_with_replacement(active, 2))
    for variables in orders:
        value = at(variables)
        yield value, abs(value) + sum(abs(exact[i] * at(variables + (i,))) for i in active)


def text(x):
    x = mpf(x)
    if abs(x) > mpf(10) ** 400:
        return '1e999' if x > 0 else '-1e999'
    if abs(x) < mpf(10) ** -320:
        return '0'
    return mpmath.nstr(x, 17, strip_zeros=True, min_fixed=-4, max_fixed=17).replace('.0e', 'e').removesuffix('.0')


if __name__ == '__main__':
    folder = sys.argv[1] if len(sys.argv) > 1 else os.path.dirname(os.path.abspath(__file__))
    chosen = sys.argv[2:]
    with open(os.path.join(folder, 'distributions.csv'), 'w') as file:
        file.write('# By make-distributions.py with mpmath %s: distribution, number of parameters, parameters, x, then value,size for the value, the\n' % mpmath.__version__)
        file.write('# first and the second derivatives (of x and the parameters; without x, and without the n of Binomial, for whole numbers)\n')
        for name, (f, active, points) in DISTRIBUTIONS.items():
            if chosen and name not in chosen:
                continue
            for x, *parameters in dict.fromkeys(points):
                row = [name, str(len(parameters)), *map(repr, parameters), repr(x)]
                # exponentials of logits of 1000 need more digits, and so do 1 + z^2 and its mixed derivatives for z = 10^150; neither takes long
                mp.dps = 1000 if 'Logit' in name or name == 'StudentT' else 100
                for value, size in numbers(f, (x, *parameters), active):
                    row += [text(value), mpmath.nstr(size, 6).replace('.0e', 'e') if size else '0']
                file.write(','.join(row) + '\n')
