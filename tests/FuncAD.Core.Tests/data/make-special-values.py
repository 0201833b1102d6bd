#!/usr/bin/env python3
"""Writes special-values.csv and special-values-2.csv: reference values and slopes of the elementary and special
functions, computed by mpmath (tested with 1.2.1) at 50 digits. Usage: make-special-values.py [folder]"""
import os
import sys

import mpmath
from mpmath import mp, mpf

mp.dps = 50
GREATEST = mpf(sys.float_info.max)
pi = mp.pi


# Points. Every point is rounded to a double first; the functions are then evaluated at that double exactly.

def linear(low, high, count):
    return [low + (high - low) * (k + 0.5) / count for k in range(count)]


def powers(low, high, count):
    return [float(mpf(10) ** (low + (high - low) * (mpf(k) + 0.5) / count)) for k in range(count)]


def signed(points):
    return [-x for x in points] + points


def near(centre, *distances):
    return [centre + sign * d for d in distances for sign in (-1, 1)]


TINY = [1e-300, 1e-160, 1e-20, 1e-10, 1e-5, 1e-3]
HUGE = [1e5, 1e10, 1e15, 1e50, 1e160, 1e200, 1e300]
POSITIVE = TINY + powers(-2, 2, 20) + linear(0.25, 4, 15) + HUGE
REAL = signed(TINY + linear(0, 4, 15) + [5.0, 10.0, 20.0])
ANGLES = signed(TINY + linear(0, 7, 16) + [1.5707963267948966, 3.141592653589793, 100.0, 1e5, 1e10, 1e22])
TURNS = signed(TINY + linear(0, 2.5, 14) + [0.25, 10.125, 1000.3, 123456.7]) + near(0.5, 1e-6, 1e-12) + near(1.0, 1e-6)
BELOW_ONE = signed(TINY + linear(0, 1, 18) + [0.999, 1 - 1e-6, 1 - 1e-10, 1 - 2.0 ** -40, 1 - 2.0 ** -53])
GAMMA = (TINY + linear(0.05, 3, 16) + near(1.0, 1e-3, 1e-8) + near(2.0, 1e-3, 1e-8) + linear(3, 20, 10)
         + [1.4616321449683622, 1.4616, 1.47, 30.5, 100.25]
         + [-1e-10, -1e-3, -0.25, -0.5, -0.75, -1.001, -1.5, -1.999999, -2.5, -3.0000001, -4.3, -9.9, -20.5, -50.25])
BESSEL = (TINY[2:] + linear(0.05, 3, 12) + linear(3, 30, 24) + powers(1.5, 4, 10) + [1e5, 1e8, 1e12]
          + [2.404825557695773, 2.405, 3.8317059702075125, 0.8935769662791675, 2.197141326031017])


# Functions with their slopes, each written so that 50 digits suffice.

def decay(x):
    return mp.exp(-abs(x))


def sigmoid(x):
    return (1 if x >= 0 else decay(x)) / (1 + decay(x))


def density(x):
    return mp.exp(-x * x / 2) / mp.sqrt(2 * pi)


def cumulative(x):
    return mp.erfc(-x / mp.sqrt(2)) / 2


def quantile(p):
    """The inverse of cumulative, by Newton's method on its logarithm."""
    if p > 0.5:
        return -quantile(1 - p)
    x = -mp.sqrt(-2 * mp.log(p)) if p < 0.1 else (p - mpf(1) / 2) * mpf(5) / 2
    for _ in range(80):
        value = cumulative(x)
        step = mp.log(value / p) * value / density(x)
        x -= step
        if abs(step) <= abs(x) * mpf(10) ** -45:
            break
    return x


def log_gamma(x):
    return mp.loggamma(x) if x > 0 else mp.log(pi / abs(x * mp.sinpi(x))) - mp.loggamma(-x)


def odd(function):
    return lambda x: mp.sign(x) * function(abs(x))


cube_root = odd(mp.cbrt)
tan_pi = lambda x: mp.sinpi(x) / mp.cospi(x)
gauss = lambda x: mp.exp(-x * x)

FUNCTIONS = {  # name: (value, slope, points)
    'sqrt': (mp.sqrt, lambda x: 1 / (2 * mp.sqrt(x)), POSITIVE),
    'cbrt': (cube_root, lambda x: 1 / (3 * cube_root(x) ** 2), signed(POSITIVE[::2])),
    'exp': (mp.exp, mp.exp, REAL + signed([100.0, 300.0, 700.0]) + [709.7]),
    'exp2': (lambda x: mpf(2) ** x, lambda x: mpf(2) ** x * mp.log(2), REAL + signed([100.5, 1000.25])),
    'expm1': (mp.expm1, mp.exp, REAL + [-50.0, -700.0, 50.0, 300.0, 709.7]),
    'log': (mp.log, lambda x: 1 / x, POSITIVE + near(1.0, 1e-3, 1e-8, 1e-15)),
    'log2': (lambda x: mp.log(x) / mp.log(2), lambda x: 1 / (x * mp.log(2)), POSITIVE + near(1.0, 1e-3, 1e-8)),
    'log10': (mp.log10, lambda x: 1 / (x * mp.log(10)), POSITIVE + near(1.0, 1e-3, 1e-8)),
    'log1p': (mp.log1p, lambda x: 1 / (1 + x), POSITIVE + [-x for x in TINY] + [-0.3, -0.5, -0.9, -0.999999, -1 + 2.0 ** -53]),
    'sin': (mp.sin, mp.cos, ANGLES),
    'cos': (mp.cos, lambda x: -mp.sin(x), ANGLES),
    'tan': (mp.tan, lambda x: 1 / mp.cos(x) ** 2, ANGLES),
    'sinPi': (mp.sinpi, lambda x: pi * mp.cospi(x), TURNS),
    'cosPi': (mp.cospi, lambda x: -pi * mp.sinpi(x), TURNS),
    'tanPi': (tan_pi, lambda x: pi * (1 + tan_pi(x) ** 2), TURNS),
    'asin': (mp.asin, lambda x: 1 / mp.sqrt((1 - x) * (1 + x)), BELOW_ONE),
    'acos': (mp.acos, lambda x: -1 / mp.sqrt((1 - x) * (1 + x)), BELOW_ONE),
    'atan': (mp.atan, lambda x: 1 / (1 + x * x), REAL + signed(HUGE)),
    'sinh': (mp.sinh, mp.cosh, REAL + signed([100.0, 700.0])),
    'cosh': (mp.cosh, mp.sinh, REAL + signed([100.0, 700.0])),
    'tanh': (mp.tanh, lambda x: mp.sech(x) ** 2, REAL + signed([18.0, 19.5, 30.0, 100.0, 300.0])),
    'asinh': (odd(mp.asinh), lambda x: 1 / mp.hypot(1, x), REAL + signed(HUGE)),
    'acosh': (mp.acosh, lambda x: 1 / mp.sqrt((x - 1) * (x + 1)),
              [1 + 2.0 ** -52, 1 + 1e-12, 1 + 1e-8, 1 + 1e-4] + linear(1, 5, 25) + powers(0.1, 4, 15) + HUGE),
    'atanh': (mp.atanh, lambda x: 1 / ((1 - x) * (1 + x)), BELOW_ONE),
    'sigmoid': (sigmoid, lambda x: decay(x) / (1 + decay(x)) ** 2, REAL + signed([30.0, 40.0, 100.0, 700.0])),
    'softplus': (lambda x: max(x, 0) + mp.log1p(decay(x)), sigmoid, REAL + signed([30.0, 40.0, 100.0, 700.0])),
    'gaussian': (gauss, lambda x: -2 * x * gauss(x), REAL + signed([6.3, 12.7, 19.9, 26.5])),
    'erf': (mp.erf, lambda x: 2 / mp.sqrt(pi) * gauss(x), REAL + signed([5.5, 6.1, 15.0, 26.0])),
    'erfc': (mp.erfc, lambda x: -2 / mp.sqrt(pi) * gauss(x), REAL + signed([6.1]) + linear(4, 26.5, 20)),
    'gamma': (mp.gamma, lambda x: mp.gamma(x) * mp.psi(0, x), GAMMA[1:] + [170.25, 171.5, -100.5, -169.75]),
    'logGamma': (log_gamma, lambda x: mp.psi(0, x), GAMMA + [1e3, 1e5, 1e10, 1e100, 1e300, -1000.25, -123456.75]),
    'digamma': (lambda x: mp.psi(0, x), lambda x: mp.psi(1, x), GAMMA[1:] + [1e3, 1e5, 1e10, 1e100, -1000.25, -123456.75]),
    'normalPdf': (density, lambda x: -x * density(x), REAL + signed([8.0, 30.0, 37.5])),
    'normalCdf': (cumulative, density, REAL + linear(-37.5, -4, 20) + [-30.0, 8.0]),
    'normalInverseCdf': (quantile, lambda p: 1 / density(quantile(p)),
                         [1e-300, 1e-200, 1e-100, 1e-50] + powers(-20, -1, 15) + linear(0, 1, 24)
                         + near(0.5, 1e-3, 1e-8, 1e-14) + [1 - 1e-3, 1 - 1e-6, 1 - 1e-12, 1 - 2.0 ** -53]),
}
for n in (1, 2, 3, 5):
    FUNCTIONS['polygamma%d' % n] = (lambda x, n=n: mp.psi(n, x), lambda x, n=n: mp.psi(n + 1, x),
                                    [x for x in GAMMA if abs(x) > 1e-30] + [1e3, 1e5, 1e10, -1000.25])
for n in (0, 1, 2, 5):
    for kind, bessel in (('J', mp.besselj), ('Y', mp.bessely)):
        points = BESSEL + ([-x for x in BESSEL[5::6]] if kind == 'J' else [])
        FUNCTIONS['bessel%s%d' % (kind, n)] = (
            lambda x, n=n, bessel=bessel: bessel(n, x),
            lambda x, n=n, bessel=bessel: (bessel(n - 1, x) - bessel(n + 1, x)) / 2, points)


def power_slopes(x, y):
    slope_y = mpf(x) ** y * mp.log(x) if x > 0 else mp.nan
    return y * mpf(x) ** (y - 1), slope_y


def log_add(x, y):
    return max(x, y) + mp.log1p(decay(x - y))


PAIRS = [(x, y) for x in linear(-3, 3, 6) for y in linear(-3.1, 2.9, 6)]
SCALES = [(3e200, 4e200), (3e-200, 4e-200), (1e200, 1e-200), (-1e-200, 1e200), (1e300, -1e300), (-2e-300, -1e-300),
          (1e10, 1.0), (1.0, 1e-10), (1e160, -1e150), (-1.0, 1e-20), (-1.0, -1e-20), (5.0, 12.0)]
FUNCTIONS_2 = {  # name: (value, slopes, points)
    'atan2': (mp.atan2, lambda x, y: (y / (x * x + y * y), -x / (x * x + y * y)), PAIRS + SCALES),
    'hypot': (mp.hypot, lambda x, y: (x / mp.hypot(x, y), y / mp.hypot(x, y)), PAIRS + SCALES),
    'pow': (lambda x, y: mpf(x) ** y, power_slopes,
            [(abs(x), y) for x, y in PAIRS] + [(-x, n) for x in (0.5, 1.5, 3.0) for n in (-3.0, -2.0, 1.0, 2.0, 5.0)]
            + [(1e200, 1.5), (1e-200, 1.5), (1e200, -1.4), (1 + 2.0 ** -52, 1e15), (1e-300, 0.01), (2.0, 1000.5),
               (2.0, 0.0), (1.0, 1e300), (10.0, -300.0), (1e-5, 60.0)]),
    'logAddExp': (log_add, lambda x, y: (sigmoid(x - y), sigmoid(y - x)),
                  PAIRS + [(x, x + d) for x in (-1e5, -800.0, 0.0, 800.0, 1e5) for d in (-700.0, -40.0, -1e-3, 0.0, 2.5, 40.0)]),
}


def text(number):
    return mpmath.nstr(number, 17)


def rows(functions):
    for name, (value, slope, points) in functions.items():
        for point in points:
            point = tuple(float(x) for x in (point if isinstance(point, tuple) else (point,)))
            exact = [mpf(x) for x in point]
            slopes = slope(*exact)
            numbers = [value(*exact), *(slopes if isinstance(slopes, tuple) else (slopes,))]
            if all(mp.isnan(v) or abs(v) <= GREATEST for v in numbers):
                yield ','.join([name, *('%.17g' % x for x in point), *map(text, numbers)])


def write(path, columns, functions):
    with open(path, 'w') as file:
        file.write('# mpmath %s, 50 digits; x (and y) are doubles, taken exactly; nan marks a slope that does not exist;\n'
                   % mpmath.__version__)
        file.write('# a slope below the least double stands as it is; in atan2, x is the first argument\n')
        file.write(columns + '\n')
        file.writelines(row + '\n' for row in rows(functions))


folder = sys.argv[1] if len(sys.argv) > 1 else os.path.dirname(os.path.abspath(__file__))
write(os.path.join(folder, 'special-values.csv'), 'function,x,value,slope', FUNCTIONS)
write(os.path.join(folder, 'special-values-2.csv'), 'function,x,y,value,slopeX,slopeY', FUNCTIONS_2)
