#!/usr/bin/env python3
"""Prints the polynomials of the vector forms (src-fsharp/FuncAD.Core/Lanes) as Horner steps, and how far each is from its function:
least squares of the relative error at Chebyshev points, by mpmath at 60 digits."""
import mpmath
from mpmath import mp, mpf

mp.dps = 60


def fit(function, low, high, degree):
    """Doubles, lowest first. Each coefficient is rounded before the higher ones are fitted anew, so that they make up for its rounding."""
    middle, half, count = (low + high) / 2, (high - low) / 2, 3 * degree
    points = [middle + half * mp.cos(mp.pi * (k + mpf(1) / 2) / count) for k in range(count)]
    weights = [1 / function(point) for point in points]
    rounded = []
    for first in range(degree + 1):
        matrix = mp.matrix([[w * x ** power for power in range(first, degree + 1)] for x, w in zip(points, weights)])
        rest = [1 - w * sum(c * x ** power for power, c in enumerate(rounded)) for x, w in zip(points, weights)]
        rounded.append(mpf(float(mp.lu_solve(matrix, mp.matrix(rest))[0])))
    return rounded


def show(name, function, low, high, degree):
    coefficients = fit(function, mpf(low), mpf(high), degree)
    points = [low + (mpf(high) - low) * k / 500 for k in range(501)]
    error = max(abs(mp.polyval(coefficients[::-1], x) / function(x) - 1) for x in points)
    print('%s: relative error 2^%.1f' % (name, mp.log(error, 2)))
    horner(coefficients)


def horner(coefficients):
    print('    number %r' % float(coefficients[-1]))
    for c in coefficients[-2::-1]:
        print('    |> next z %r' % float(c))


def show_quotient(name, function, low, high, origin, degree, weight):
    """Numerator and denominator in z = x - origin, both of that degree, by least squares of weight times the error: the error times the
    denominator is linear in the coefficients, and is divided by the last denominator in turn (Sanathanan and Koerner, 1963)."""
    low, high, origin, count = mpf(low), mpf(high), mpf(origin), 6 * degree
    points = [(low + high) / 2 + (high - low) / 2 * mp.cos(mp.pi * (k + mpf(1) / 2) / count) for k in range(count)]
    rows = [(x - origin, function(x), weight(x, function(x))) for x in points]
    below = [mpf(1)]
    for _ in range(6):
        factors = [w / mp.polyval(below[::-1], z) for z, _, w in rows]
        matrix = mp.matrix([[z ** k * f for k in range(degree + 1)] + [-y * z ** k * f for k in range(1, degree + 1)]
                            for (z, y, _), f in zip(rows, factors)])
        solution = list(mp.lu_solve(matrix, mp.matrix([y * f for (_, y, _), f in zip(rows, factors)])))
        above, below = solution[:degree + 1], [mpf(1)] + solution[degree + 1:]
    above, below = [mpf(float(c)) for c in above], [mpf(float(c)) for c in below]
    error = max(abs((mp.polyval(above[::-1], z) / mp.polyval(below[::-1], z) - y) * w) for z, y, w in rows)
    print('%s: error 2^%.1f of the value' % (name, mp.log(error, 2)))
    horner(above)
    horner(below)


def normal_tail(u):
    """(s + 5.5) e^(s^2/2) erfc(s / sqrt 2) for u = 1.275 - 12.5125 / (s + 5.5)."""
    s = mpf(12.5125) / (mpf(1.275) - u) - mpf(5.5)
    return (s + mpf(5.5)) * mp.exp(s * s / 2) * mp.erfc(s / mp.sqrt(2))


def exponential_tail(r):
    """(e^r - 1 - r) / r^2."""
    return (mp.exp(r) - 1 - r) / r ** 2 if r != 0 else mpf(1) / 2


def erf_rest(z):
    """erf(x) / x - 1 for z = x^2."""
    x = mp.sqrt(z)
    return (mp.erf(x) / x if x > 0 else 2 / mp.sqrt(mp.pi)) - 1


def atanh_rest(z):
    """atanh(s) / s = 1 + z / 3 + z^2 (this), for z = s^2."""
    return sum(z ** k / (2 * k + 5) for k in range(40))


ROOT_OF_2_PI = mp.sqrt(2 * mp.pi)


def quantile(p):
    """x >= 0 with normalCdf(-x) = p, for p <= 1/2, by Newton's method on the logarithm."""
    x = mp.sqrt(-2 * mp.log(p)) if p < 0.1 else (mpf(1) / 2 - p) * mpf(5) / 2
    step = mpf(1)
    while abs(step) > abs(x) * mpf(10) ** -45:
        value = mp.erfc(x / mp.sqrt(2)) / 2
        step = mp.log(value / p) * value * ROOT_OF_2_PI / mp.exp(-x * x / 2)
        x += step
    return x


def quantile_middle(z):
    """quantile(1/2 - q) = q (sqrt(2 pi) + q^2 (this)), for z = 0.425^2 - q^2."""
    w = mpf('0.180625') - z
    return (quantile(mpf(1) / 2 - mp.sqrt(w)) / mp.sqrt(w) - ROOT_OF_2_PI) / w


def quantile_tail(r):
    """quantile(p) = r + (this), for r = sqrt(-log p)."""
    return quantile(mp.exp(-r * r)) - r


def middle_weight(z, y):
    w = mpf('0.180625') - z
    return w / (ROOT_OF_2_PI + w * y)


show('exponential tail', exponential_tail, -0.347, 0.347, 10)
show('normal tail', normal_tail, -1, 1, 21)
show('erf(x) / x - 1', erf_rest, 0, 0.25, 9)
show('inverse cube root', lambda m: mpf(m) ** (-mpf(1) / 3), 0.353, 2.829, 4)
show('atanh', atanh_rest, 0, (mp.sqrt(2) - 1) ** 4, 7)
show_quotient('quantile, middle', quantile_middle, 0, 0.180624, 0, 7, middle_weight)
show_quotient('quantile, tail', quantile_tail, 1.605, 5, 1.6, 7, lambda r, y: 1 / (r + y))
show_quotient('quantile, far tail', quantile_tail, 5, 27.3, 5, 7, lambda r, y: 1 / (r + y))
