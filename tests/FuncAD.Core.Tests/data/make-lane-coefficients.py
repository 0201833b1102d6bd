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
    print('    number %r' % float(coefficients[-1]))
    for c in reversed(coefficients[:-1]):
        print('    |> next z %r' % float(c))


def normal_tail(u):
    """(s + 5.5) e^(s^2/2) erfc(s / sqrt 2) for u = 1.275 - 12.5125 / (s + 5.5)."""
    s = mpf(12.5125) / (mpf(1.275) - u) - mpf(5.5)
    return (s + mpf(5.5)) * mp.exp(s * s / 2) * mp.erfc(s / mp.sqrt(2))


def erf_rest(z):
    """erf(x) / x - 1 for z = x^2."""
    x = mp.sqrt(z)
    return (mp.erf(x) / x if x > 0 else 2 / mp.sqrt(mp.pi)) - 1


def atanh_rest(z):
    """atanh(s) / s = 1 + z / 3 + z^2 (this), for z = s^2."""
    return sum(z ** k / (2 * k + 5) for k in range(40))


show('normal tail', normal_tail, -1, 1, 21)
show('erf(x) / x - 1', erf_rest, 0, 0.25, 9)
show('inverse cube root', lambda m: mpf(m) ** (-mpf(1) / 3), 0.353, 2.829, 4)
show('atanh', atanh_rest, 0, (mp.sqrt(2) - 1) ** 4, 7)
