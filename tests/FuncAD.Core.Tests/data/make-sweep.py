#!/usr/bin/env python3
"""Writes sweep.csv and sweep-2.csv: values with first, second and third derivatives of the functions of the table, by mpmath, at the
points where people and rounding meet. Derivatives are closed formulas at 60 digits or more, never differences.
Usage: make-sweep.py [folder [names]] (with names, the files hold those alone)"""
import math
import os
import sys
from fractions import Fraction

import mpmath
from mpmath import mp, mpf

mp.dps = 60
GREATEST, LEAST = sys.float_info.max, 5e-324
pi, ln2, ln10 = mp.pi, mp.log(2), mp.log(10)


# ---- Points: doubles, taken exactly ----

def neighbours(x):
    return [math.nextafter(x, -math.inf), x, math.nextafter(x, math.inf)]


def signed(points):
    return [s * x for x in points for s in (1.0, -1.0)]


WHOLE = [float(n) for n in list(range(1, 13)) + [16, 20, 23, 25, 30, 41, 100]]
HALF = [n + 0.5 for n in range(0, 11)] + [20.5, 100.5]
TENTHS = [k / 10 for k in range(1, 26)]
ANGLES = [k * math.pi / 6 for k in range(1, 13)]
TWOS = [2.0 ** k for k in (-1074, -1060, -1021, -537, -340, -300, -60, -54, -53, -52, -30, -27, -26, -10, -5, -3,
                           10, 26, 27, 31, 52, 53, 54, 60, 300, 341, 511, 512, 1023)]
TENS = [float('1e%d' % k) for k in (-320, -308, -300, -200, -160, -154, -100, -50, -20, -17, -16, -15, -12, -10, -8, -6,
                                    -5, -3, -2, 3, 5, 8, 10, 15, 16, 17, 20, 50, 102, 150, 154, 160, 200, 300, 307, 308)]
# where a formula of the sources hands over to another one: each with its neighbours
BRANCHES = [1.0, 0.5, 1.5, 2.5, 10.0, 20.0, 24.0, 28.0, 40.0, 50.0, 172.0, 200.0, 0.66, 5.0, 0.4, 2.41421356237309504880, 1e17, 1e-9, 268435456.0, 746.0, 712.0, 0.25,
            0.6931471805599453, 0.7213475204444817, 1.3132616875182228, 1.4616321449683622, 1.3116321449683622, 1.6116321449683622,
            0.9999999999999999, 1.0000000000000002, 9007199254740992.0, 7.8e307, 9e307]
EDGES = neighbours(2.2250738585072014e-308) + [GREATEST, math.nextafter(GREATEST, 0), GREATEST / 2, GREATEST / 4]
REAL = sorted(set(signed(WHOLE + HALF + TENTHS + ANGLES + TWOS + TENS + EDGES + [y for x in BRANCHES for y in neighbours(x)] + [0.0])))
POSITIVE = [x for x in REAL if x > 0]
INSIDE = [x for x in REAL if abs(x) < 1] + [s * (1 - 2.0 ** -k) for k in (5, 8, 10, 15, 20, 27, 30, 40, 50, 52) for s in (1, -1)]
# the last results before overflow and underflow
EXPONENTS = [709.0, 709.782712893384, 710.0, 744.0, 745.1, 708.3964185322641, 730.0, 350.0, 36.0, 36.7368005696771, 18.0, 19.0615, 354.9, 372.5]
EXPONENTS_2 = [1023.0, 1023.9999999999999, 1024.0, 1022.0, 1074.0, 1073.5, 1075.0, 1000.25, 512.5]
EXPONENTS_10 = [308.0, 308.2, 308.25471555991669, 307.5, 307.65, 323.0, 322.5, 320.0, 16.0]
SQUARES = [26.0, 26.5, 26.6, 27.0, 27.2, 25.5, 37.5, 38.0, 38.4, 38.5, 6.1, 5.9, 6.5, 8.3]


NOT_ZERO = [x for x in REAL if x]


def exp(x):
    """e^x, which need not be told apart from 0 or infinity where no double comes near"""
    return mp.exp(max(min(x, mpf(10) ** 5), -mpf(10) ** 5))


def near(*points):
    return [y for x in points for y in neighbours(x)]


# ---- Functions of one number: x -> (f, f', f'', f''') ----

def falling(c, k):
    product = mpf(1)
    for step in range(k):
        product *= c - step
    return product


def power(c):
    """x^c; negative x for whole c alone"""
    exact = mpf(c)
    def derivatives(x):
        y = (-1) ** int(exact) * abs(x) ** exact if x < 0 else x ** exact
        return [falling(exact, k) * y / x ** k for k in range(4)]
    return derivatives


def root(n):
    def derivatives(x):
        y = mp.sign(x) * abs(x) ** (mpf(1) / n)
        return [falling(mpf(1) / n, k) * y / x ** k for k in range(4)]
    return derivatives


def scaled(factor, derivatives):
    return lambda x: [factor * d for d in derivatives(x)]


def integral(value, derivatives):
    """The function with this value whose derivative is known"""
    return lambda x: [value(x)] + derivatives(x)[:3]


def exponential(base):
    logarithm = mp.log(base)
    return lambda x: [exp(x * logarithm) * logarithm ** k for k in range(4)]


def exponential_minus_one(base):
    logarithm = mp.log(base)
    return lambda x: [mp.expm1(x * logarithm) if x * logarithm < 1000 else exp(x * logarithm)] + [exp(x * logarithm) * logarithm ** k for k in range(1, 4)]


def logarithm(base, shift):
    factor = 1 / mp.log(base)
    return lambda x: [factor * (mp.log1p(x) if shift else mp.log(x)), factor / (x + shift), -factor / (x + shift) ** 2, 2 * factor / (x + shift) ** 3]


def sine(x):
    s, c = mp.sin(x), mp.cos(x)
    return [s, c, -s, -c]


def cosine(x):
    s, c = mp.sin(x), mp.cos(x)
    return [c, -s, -c, s]


def tangent(x):
    t = mp.tan(x)
    s = 1 + t * t
    return [t, s, 2 * t * s, 2 * s * (s + 2 * t * t)]


def half_turns(function, scale_value):
    """f(pi x): sines of exact multiples of pi"""
    def derivatives(x):
        s, c = mp.sinpi(x), mp.cospi(x)
        if function == 'sin':
            values = [s, c, -s, -c]
        elif function == 'cos':
            values = [c, -s, -c, s]
        else:
            t = s / c
            q = 1 + t * t
            values = [t, q, 2 * t * q, 2 * q * (q + 2 * t * t)]
        return [v * pi ** k for k, v in enumerate(values)]
    return derivatives


def arcsine(x):
    r = 1 / mp.sqrt((1 - x) * (1 + x))
    return [mp.asin(x), r, x * r ** 3, (1 + 2 * x * x) * r ** 5]


def arccosine(x):
    d = arcsine(x)
    return [mp.acos(x)] + [-v for v in d[1:]]


def lorentzian(x):
    w = 1 / (1 + x * x)
    return [w, -2 * x * w * w, (6 * x * x - 2) * w ** 3, 24 * x * (1 - x * x) * w ** 4]


def hyperbolic(first, second):
    return lambda x: [first(x), second(x), first(x), second(x)]


def secant(x):
    y, t = sech(x), tanh(x)
    s = y * y
    return [y, -y * t, y * (1 - 2 * s), y * t * (6 * s - 1)]


def arsinh(x):
    r = 1 / mp.sqrt(1 + x * x)
    return [mp.sign(x) * mp.asinh(abs(x)), r, -x * r ** 3, (2 * x * x - 1) * r ** 5]


def arcosh(x):
    r = 1 / mp.sqrt((x - 1) * (x + 1))
    return [mp.acosh(x), r, -x * r ** 3, (2 * x * x + 1) * r ** 5]


def arcosh_slope(x):
    r = 1 / mp.sqrt((x - 1) * (x + 1))
    return [r, -x * r ** 3, (2 * x * x + 1) * r ** 5, -(6 * x ** 3 + 9 * x) * r ** 7]


def artanh(x):
    w = 1 / ((1 - x) * (1 + x))
    return [mp.atanh(x), w, 2 * x * w * w, (2 + 6 * x * x) * w ** 3]


def sinh(x):
    return mp.sinh(x) if abs(x) < 1000 else mp.sign(x) * exp(abs(x)) / 2


def cosh(x):
    return mp.cosh(x) if abs(x) < 1000 else exp(abs(x)) / 2


def sech(x):
    return 1 / cosh(x)


def tanh(x):
    return mp.tanh(x) if abs(x) < 1000 else mp.sign(x)


def sigma(x):
    return 1 / (1 + exp(-x)) if x >= 0 else exp(x) / (1 + exp(x))


def sigmoid(x):
    s, r = sigma(x), sigma(-x)
    return [s, s * r, -s * r * tanh(x / 2), s * r * (1 - 6 * s * r)]


def gaussian(x):
    g = mp.exp(-x * x) if abs(x) < 1000 else mpf(0)
    return [g, -2 * x * g, (4 * x * x - 2) * g, (12 * x - 8 * x ** 3) * g]


def density(x):
    g = mp.exp(-x * x / 2) / mp.sqrt(2 * pi) if abs(x) < 1000 else mpf(0)
    return [g, -x * g, (x * x - 1) * g, (3 * x - x ** 3) * g]


def erfc(x):
    return mp.erfc(x) if abs(x) < 1000 else mpf(0 if x > 0 else 2)


def cumulative(x):
    return erfc(-x / mp.sqrt(2)) / 2


def quantile_value(p):
    """The inverse of cumulative, by Newton's method on its logarithm"""
    if p > 0.5:
        return -quantile_value(1 - p)
    x = -mp.sqrt(-2 * mp.log(p)) if p < 0.1 else (p - mpf(1) / 2) * mpf(5) / 2
    for _ in range(80):
        value = cumulative(x)
        step = mp.log(value / p) * value / density(x)[0]
        x -= step
        if abs(step) <= abs(x) * mpf(10) ** -50:
            break
    return x


def quantile(p):
    q = quantile_value(p) if p != 0.5 else mpf(0)
    w = 1 / density(q)[0]
    return [q, w, q * w ** 2, (1 + 2 * q * q) * w ** 3]


def quantile_density(p):
    q, w, second, third = quantile(p)
    return [w, second, third, (7 * q + 6 * q ** 3) * w ** 4]


def psi(n, x):
    """By reflection below 0 (DLMF 5.15.6), as a polynomial in the cotangent"""
    if x > 0:
        return mp.psi(n, x)
    c = mp.cospi(x) / mp.sinpi(x)
    polynomial = [mpf(0), mpf(1)]
    for _ in range(n):
        slope = [k * polynomial[k] for k in range(1, len(polynomial))]
        polynomial = [-pi * ((slope[k] if k < len(slope) else 0) + (slope[k - 2] if k >= 2 else 0)) for k in range(len(slope) + 2)]
    return (-1) ** n * mp.psi(n, 1 - x) - pi * mp.polyval(polynomial[::-1], c)


def gamma(x):
    y = mp.gamma(x)
    p, q, r = psi(0, x), psi(1, x), psi(2, x)
    return [y, y * p, y * (p * p + q), y * (p ** 3 + 3 * p * q + r)]


def log_gamma(x):
    value = mp.loggamma(x) if x > 0 else mp.log(pi / abs(x * mp.sinpi(x))) - mp.loggamma(-x)
    return [value, psi(0, x), psi(1, x), psi(2, x)]


def polygamma(n):
    return lambda x: [psi(n + k, x) for k in range(4)]


def bessel(function, n):
    def derivatives(x):
        values = {k: function(k, x) for k in range(n - 3, n + 4)}
        result = []
        for order in range(4):
            result.append(sum((-1) ** j * mp.binomial(order, j) * values[n - order + 2 * j] for j in range(order + 1)) / 2 ** order)
        return result
    return derivatives


def spherical_bessel(n):
    """j_n' = (n j_(n-1) - (n+1) j_(n+1)) / (2n + 1), DLMF 10.51.2"""
    orders = [{n: mpf(1)}]
    for _ in range(3):
        terms = {}
        for k, c in orders[-1].items():
            terms[k + 1] = terms.get(k + 1, 0) - c * (k + 1) / (2 * k + 1)
            if k:
                terms[k - 1] = terms.get(k - 1, 0) + c * k / (2 * k + 1)
        orders.append(terms)

    def value(k, x):
        if x == 0:
            return mpf(k == 0)
        return (mp.sign(x) ** k if k else 1) * mp.sqrt(pi / 2 / abs(x)) * mp.besselj(k + mpf(1) / 2, abs(x))

    return lambda x: [sum(c * value(k, x) for k, c in terms.items()) for terms in orders]


SPECIAL = [x for x in REAL if abs(x) <= 200 and abs(x) >= 1e-300]
OFF_POLES = [x for x in SPECIAL if x > 0 or x != math.floor(x)] + near(-0.25, -0.75, -3.5, -10.25) + [-20.75, -100.25]
GAMMAS = [x for x in OFF_POLES if abs(x) < 172.7] + [170.6, 171.0, 171.5, 171.62, 150.25, -150.5, -170.5, -175.5, -181.25]
LARGE = [1e3, 1e5, 1e10, 1e16, 1e50, 1e100, 1e200, 1e300]
BESSEL_POINTS = [x for x in POSITIVE if 1e-300 <= x <= 100] + [1e3, 1e4, 1e5, 1e8, 1e12] + [2.404825557695773, 3.8317059702075125, 0.8935769662791675, 2.197141326031017]
TURNS = [x for x in REAL if abs(x) < 1e17]

ABOVE_ONE = [x for x in POSITIVE if x > 1] + [1 + 2.0 ** -k for k in (5, 10, 20, 30, 40, 50)]
UNARY = {
    'sqrt': (lambda x: [falling(mpf('0.5'), k) * mp.sqrt(x) / x ** k for k in range(4)], POSITIVE),
    'cbrt': (root(3), NOT_ZERO),
    'exp': (exponential(mp.e), REAL + near(*signed(EXPONENTS))),
    'exp2': (exponential(2), REAL + near(*signed(EXPONENTS_2))),
    'exp10': (exponential(10), REAL + near(*signed(EXPONENTS_10))),
    'expM1': (exponential_minus_one(mp.e), REAL + near(*signed(EXPONENTS))),
    'exp2M1': (exponential_minus_one(2), REAL + near(*signed(EXPONENTS_2))),
    'exp10M1': (exponential_minus_one(10), REAL + near(*signed(EXPONENTS_10))),
    'log': (logarithm(mp.e, 0), POSITIVE), 'log2': (logarithm(2, 0), POSITIVE), 'log10': (logarithm(10, 0), POSITIVE),
    'logP1': (logarithm(mp.e, 1), [x for x in REAL if x > -1]), 'log2P1': (logarithm(2, 1), [x for x in REAL if x > -1]),
    'log10P1': (logarithm(10, 1), [x for x in REAL if x > -1]),
    'sin': (sine, REAL), 'cos': (cosine, REAL), 'tan': (tangent, REAL),
    'sinPi': (half_turns('sin', 1), TURNS), 'cosPi': (half_turns('cos', 1), TURNS),
    'tanPi': (half_turns('tan', 1), [x for x in TURNS if (2 * x) % 2 != 1]),
    'asin': (arcsine, INSIDE), 'acos': (arccosine, INSIDE), 'atan': (integral(mp.atan, lorentzian), REAL),
    'asinPi': (scaled(1 / pi, arcsine), INSIDE), 'acosPi': (scaled(1 / pi, arccosine), INSIDE),
    'atanPi': (scaled(1 / pi, integral(mp.atan, lorentzian)), REAL), 'lorentzian': (lorentzian, REAL),
    'sinh': (hyperbolic(sinh, cosh), REAL + near(*signed(EXPONENTS))), 'cosh': (hyperbolic(cosh, sinh), REAL + near(*signed(EXPONENTS))),
    'tanh': (integral(tanh, lambda x: (lambda y, t, s: [s, -2 * t * s, s * (4 * t * t - 2 * s)])(sech(x), tanh(x), sech(x) ** 2)),
             REAL + near(*signed(EXPONENTS))),
    'sech': (secant, REAL + near(*signed(EXPONENTS))),
    'asinh': (arsinh, REAL), 'acosh': (arcosh, ABOVE_ONE), 'acoshSlope': (arcosh_slope, ABOVE_ONE), 'atanh': (artanh, INSIDE),
    'logisticDensity': (lambda x: sigmoid(x)[1:] + [(lambda d, t: d * t * (8 * d - t * t))(sigmoid(x)[1], tanh(x / 2))], REAL),
    'sigmoid': (sigmoid, REAL + near(*signed(EXPONENTS))), 'softplus': (integral(lambda x: max(x, mpf(0)) + mp.log1p(exp(-abs(x))), sigmoid), REAL + near(*signed(EXPONENTS))),
    'gaussian': (gaussian, REAL + near(*signed(SQUARES))),
    'erf': (integral(lambda x: mp.erf(x) if abs(x) < 1000 else mp.sign(x), scaled(2 / mp.sqrt(pi), gaussian)), REAL + near(*signed(SQUARES))),
    'erfc': (integral(erfc, scaled(-2 / mp.sqrt(pi), gaussian)), REAL + near(*signed(SQUARES))),
    'normalPdf': (density, REAL + near(*signed(SQUARES))), 'normalCdf': (integral(cumulative, density), REAL + near(*signed(SQUARES))),
    'normalInverseCdf': (quantile, [x for x in POSITIVE if x < 1] + [1 - 10.0 ** -k for k in (3, 6, 9, 12, 15)] + near(0.02425, 0.97575, 1e-3, 1e-5)),
    'normalQuantileDensity': (quantile_density, [x for x in POSITIVE if x < 1] + [1 - 10.0 ** -k for k in (3, 6, 9, 12, 15)] + near(0.02425, 0.97575)),
    'gamma': (gamma, GAMMAS), 'logGamma': (log_gamma, OFF_POLES + LARGE + [-1000.25, -123456.75]),
    'digamma': (polygamma(0), OFF_POLES + LARGE + [-1000.25, -123456.75]),
    'inverseOrZero': (power(-1), NOT_ZERO), 'rootOfSquares': (power(0.5), POSITIVE),
    'reciprocalOfPositive': (power(-1), POSITIVE),
    'oneMinusSquare': (lambda x: [(1 - x) * (1 + x), -2 * x, mpf(-2), mpf(0)], REAL),
}
for label, c in {'-2.5': -2.5, '-2': -2.0, '-1': -1.0, '0.5': 0.5, '2': 2.0, '3': 3.0, '3.7': 3.7, '0.1': 0.1, '-0.7': -0.7, '-4.3': -4.3, '100': 100.0,
                 '0.3333333333333333': 1 / 3, '1E-20': 1e-20, '9007199254740994': 2.0 ** 53 + 2, '-9007199254740994': -2.0 ** 53 - 2}.items():
    # far down, a power without its tiny factor overflows alone
    UNARY['power(%s)' % label] = (power(c), [x for x in NOT_ZERO if (x > 0 or c == math.floor(c)) and (abs(c) > 0.01 or x > 1e-100)])
for n, k in ((5, 1), (7, 2), (-3, 1)):
    UNARY['rootBelow(%d, %d)' % (n, k)] = (lambda x, n=n, k=k: [falling(mpf(1) / n - k, j) * mp.sign(x) * abs(x) ** (mpf(1) / n) / x ** (k + j) for j in range(4)], NOT_ZERO[::4])
for n in (1, 2, 3, 5, -2, 7, 100, -3):
    UNARY['rootN(%d)' % n] = (root(n), [x for x in NOT_ZERO if (x > 0 or n % 2)])
for n in (1, 2, 3, 4, 5, 8):
    UNARY['polygamma(%d)' % n] = (polygamma(n), [x for x in OFF_POLES if abs(x) > 1e-40] + LARGE + [-1000.25])
for n in (0, 1, 2, 5):
    UNARY['sphericalBesselJ(%d)' % n if n else 'sinc(0)'] = (spherical_bessel(n), BESSEL_POINTS + [-x for x in BESSEL_POINTS[::3]] + [0.0])
    UNARY['besselJ(%d)' % n] = (bessel(mp.besselj, n), BESSEL_POINTS + [-x for x in BESSEL_POINTS[::3]])
    # the last but one: where the next order overflows and the slope does not
    last = 2 * (math.factorial(n) / math.pi / 1.25e308 / 2) ** (1 / (n + 1))
    UNARY['besselY(%d)' % n] = (bessel(mp.bessely, n), BESSEL_POINTS + [last])


def log1m_exp(x):
    odds = 1 / mp.expm1(-x)
    return [mp.log1p(-mp.exp(x)) if x < -1 else mp.log(-mp.expm1(x)), -odds, -odds * (1 + odds), -odds * (1 + odds) * (1 + 2 * odds)]


def odds(x):
    y = 1 / mp.expm1(-x)
    return [y, y * (1 + y), y * (1 + y) * (1 + 2 * y), y * (1 + y) * (1 + 6 * y + 6 * y * y)]


BELOW = [x for x in REAL if -1e4 < x < 0] + near(*[-x for x in EXPONENTS]) + near(-0.6931471805599453, -40.0)
UNARY['log1MExp'] = (log1m_exp, BELOW)
UNARY['exponentialOdds'] = (odds, BELOW)


def log1p_excess(u):
    w = 1 / (1 + u)
    with mp.workdps(200):
        value = mp.log1p(u) - u / (1 + u)
    return [value, u * w ** 2, (1 - u) * w ** 3, (2 * u - 4) * w ** 4]


def binet(n):
    """The n-th derivative of log Gamma(x) - (x - 1/2) log x + x - log(2 pi) / 2, with digits for what cancels"""
    def derivative(k, x):
        if k == 0:
            return mp.loggamma(x) - (x - mpf(1) / 2) * mp.log(x) + x - mp.log(2 * pi) / 2
        if k == 1:
            return mp.psi(0, x) - mp.log(x) + 1 / (2 * x)
        # the derivatives of log x - 1 / (2 x)
        return mp.psi(k - 1, x) - (-1) ** k * (mp.factorial(k - 2) / x ** (k - 1) + mp.factorial(k - 1) / (2 * x ** k))

    def derivatives(x):
        with mp.workdps(250):
            return [derivative(n + k, x) for k in range(4)]
    return derivatives


UNARY['logP1Excess'] = (log1p_excess, [x for x in REAL if x > -1 and abs(x) > 1e-70])
for n in (0, 1, 2, 5):
    UNARY['binet(%d)' % n] = (binet(n), [x for x in POSITIVE if 1e-40 < x < 1e17] + near(0.25, 13.0, 16.0, 19.0, 22.0))


# ---- Functions of two numbers: (a, b) -> (f, fa, fb, faa, fab, fbb, faaa, faab, fabb, fbbb) ----

def quotient(a, b):
    return [a / b, 1 / b, -a / b ** 2, 0, -1 / b ** 2, 2 * a / b ** 3, 0, 0, 2 / b ** 3, -6 * a / b ** 4]


def remainder(whole):
    """In fractions: the quotient of two doubles may have 600 digits before the point"""
    def derivatives(a, b):
        a, b = Fraction(float(a)), Fraction(float(b))
        q = whole(a / b)
        rest = a - b * q
        return [mpf(rest.numerator) / rest.denominator, 1, -mpf(q), 0, 0, 0, 0, 0, 0, 0]
    return derivatives


def power_log(k, steps=0):
    """a^(b - steps) (log a)^k, as a sum of terms coefficient b^i a^(b - m) (log a)^l"""
    def along_a(terms):
        result = {}
        for (i, m, l), c in terms.items():
            for key, d in (((i + 1, m + 1, l), c), ((i, m + 1, l), -m * c), ((i, m + 1, l - 1), l * c)):
                if d:
                    result[key] = result.get(key, 0) + d
        return result

    def along_b(terms):
        result = {}
        for (i, m, l), c in terms.items():
            for key, d in (((i - 1, m, l), i * c), ((i, m, l + 1), c)):
                if d:
                    result[key] = result.get(key, 0) + d
        return result

    f = {(0, steps, k): 1}
    fa, fb = along_a(f), along_b(f)
    faa, fab, fbb = along_a(fa), along_b(fa), along_b(fb)
    every = [f, fa, fb, faa, fab, fbb, along_a(faa), along_b(faa), along_b(fab), along_b(fbb)]

    def derivatives(a, b):
        log_a = mp.log(a) if a > 0 else mp.nan
        y = a ** b if a > 0 else (-1) ** int(b) * abs(a) ** b
        results = []
        for terms in every:
            # the polynomials in b first, which are exact where b is whole
            polynomials = {}
            for (i, m, l), c in terms.items():
                polynomials[m, l] = polynomials.get((m, l), 0) + c * b ** i
            results.append(sum((p / a ** m * (log_a ** l if l else 1) for (m, l), p in polynomials.items()), mpf(0)) * y)
        return results
    return derivatives


def hypotenuse(a, b):
    h = mp.sqrt(a * a + b * b)
    return [h, a / h, b / h, b * b / h ** 3, -a * b / h ** 3, a * a / h ** 3,
            -3 * a * b * b / h ** 5, b * (2 * a * a - b * b) / h ** 5, a * (2 * b * b - a * a) / h ** 5, -3 * a * a * b / h ** 5]


def direction(a, b):
    h = mp.sqrt(a * a + b * b)
    return hypotenuse(a, b)[1:2] + hypotenuse(a, b)[3:5] + hypotenuse(a, b)[6:9] + [
        3 * b * b * (4 * a * a - b * b) / h ** 7, 3 * a * b * (3 * b * b - 2 * a * a) / h ** 7,
        (2 * a ** 4 - 11 * a * a * b * b + 2 * b ** 4) / h ** 7, 3 * a * b * (3 * a * a - 2 * b * b) / h ** 7]


def angle(scale):
    def derivatives(a, b):
        z, i = mp.mpc(b, a), mp.mpc(0, 1)
        values = [mp.atan2(a, b), (i / z).imag, (1 / z).imag]
        values += [-(i ** k / z ** 2).imag for k in (2, 1, 0)]
        values += [(2 * i ** k / z ** 3).imag for k in (3, 2, 1, 0)]
        return [v * scale for v in values]
    return derivatives


def log_base(a, b):
    m, log_a = 1 / mp.log(b), mp.log(a)
    g = [m, -m ** 2 / b, (m ** 2 + 2 * m ** 3) / b ** 2, -2 * (m ** 2 + 3 * m ** 3 + 3 * m ** 4) / b ** 3]
    return [log_a * m, g[0] / a, log_a * g[1], -g[0] / a ** 2, g[1] / a, log_a * g[2], 2 * g[0] / a ** 3, -g[1] / a ** 2, g[2] / a, log_a * g[3]]


def log_add(a, b):
    s, r = sigma(a - b), sigma(b - a)
    second, third = s * r, -s * r * tanh((a - b) / 2)
    return [max(a, b) + mp.log1p(exp(-abs(a - b))), s, r, second, -second, second, third, -third, third, -third]


def logistic_share(a, b):
    value, first, second, third = sigmoid(a - b)
    return [value, first, -first, second, -second, second, third, -third, third, -third]


def logistic_share_density(a, b):
    _, value, first, second = sigmoid(a - b)
    third = (lambda d, t: d * t * (8 * d - t * t))(value, tanh((a - b) / 2))
    return [value, first, -first, second, -second, second, third, -third, third, -third]


def logistic_loss(z, t):
    s, r = sigma(z), sigma(-z)
    return [max(z, mpf(0)) - t * z + mp.log1p(exp(-abs(z))), (1 - t) * s - t * r, -z, s * r, -1, 0, -s * r * tanh(z / 2), 0, 0, 0]


def ratio(k):
    return lambda a, b: [a / b ** k, 1 / b ** k, -k * a / b ** (k + 1), 0, -k / b ** (k + 1), k * (k + 1) * a / b ** (k + 2),
                         0, 0, k * (k + 1) / b ** (k + 2), -k * (k + 1) * (k + 2) * a / b ** (k + 3)]


def x_log_y(a, b):
    return [a * mp.log(b), mp.log(b), a / b, 0, 1 / b, -a / b ** 2, 0, 0, -1 / b ** 2, 2 * a / b ** 3]


def log_ratio(a, b):
    with mp.workdps(700):
        value = mp.log(a / b)
    return [value, 1 / a, -1 / b, -1 / a ** 2, 0, 1 / b ** 2, 2 / a ** 3, 0, 0, -2 / b ** 3]


def one_minus_ratio(a, b):
    with mp.workdps(700):
        value = 1 - a / b
    return [value, -1 / b, a / b ** 2, 0, 1 / b ** 2, -2 * a / b ** 3, 0, 0, -2 / b ** 3, 6 * a / b ** 4]


def poisson_deviance(a, m):
    with mp.workdps(700):
        value, slope_a, slope_m = a * mp.log(a / m) + m - a, mp.log(a / m), 1 - a / m
    return [value, slope_a, slope_m, 1 / a, -1 / m, a / m ** 2, -1 / a ** 2, 0, 1 / m ** 2, -2 * a / m ** 3]


def scaled_log1p(h, q):
    g, u = h + q, q / h
    with mp.workdps(700):
        value, slope = h * mp.log1p(u), mp.log1p(u) - u / (1 + u)
        third = q ** 2 * (g + 2 * h) / (h ** 2 * g ** 3)
    return [value, slope, h / g, -q ** 2 / (h * g ** 2), q / g ** 2, -h / g ** 2, third, -2 * h * q / (h * g ** 3), (h - q) / g ** 3, 2 * h / g ** 3]


def digamma_difference(n):
    def derivatives(a, b):
        with mp.workdps(200):
            low, high = [mp.psi(n + k, a) for k in range(4)], [mp.psi(n + k, a + b) for k in range(4)]
            values = [h - l for l, h in zip(low, high)]
            return [values[0], values[1], high[1], values[2], high[2], high[2], values[3], high[3], high[3], high[3]]
    return derivatives


def log_beta(a, b):
    with mp.workdps(200):
        value = mp.loggamma(a) + mp.loggamma(b) - mp.loggamma(a + b)
        of_a, of_b, of_sum = ([mp.psi(k, x) for k in range(3)] for x in (a, b, a + b))
        da, db = ([x - y for x, y in zip(of_x, of_sum)] for of_x in (of_a, of_b))
        return [value, da[0], db[0], da[1], -of_sum[1], db[1], da[2], -of_sum[2], -of_sum[2], db[2]]


def gamma_sample_slope(a, r):
    """d log(z / a) / da at z = a e^r while P(a, z) stays: -(M (log z - psi(a + 1)) + M_a) / a - 1 / a for the series
    M = 1 + z / (a + 1) + z^2 / ((a + 1)(a + 2)) + ..., as polynomials of degree 3 in the changes s of a and t of r"""
    def product(p, q):
        result = {}
        for (i, j), x in p.items():
            for (k, l), y in q.items():
                if i + j + k + l <= 3:
                    result[i + k, j + l] = result.get((i + k, j + l), 0) + x * y
        return result

    def plus(p, q):
        return {key: p.get(key, 0) + q.get(key, 0) for key in {**p, **q}}

    with mp.workdps(150):
        z = a * mp.exp(r)
        # M at a + s and z e^v: the sums over k of terms times their coefficients of s^i v^m
        moments = {(i, m): mpf(0) for i in range(5) for m in range(4)}
        term, in_s, k = mpf(1), [mpf(1)] + [mpf(0)] * 4, 0
        while term > mpf(10) ** -160 * moments[0, 0] or k < 5:
            for i in range(5):
                power = term * in_s[i]
                for m in range(4):
                    moments[i, m] += power
                    power *= mpf(k) / (m + 1)
            k += 1
            term *= z / (a + k)
            for i in range(1, 5):  # times 1 / (1 + s / (a + k))
                in_s[i] -= in_s[i - 1] / (a + k)
        # v = t + log(1 + s / a), since z is a e^r
        log = {(i, 0): -(-1 / a) ** i / i for i in range(1, 4)}
        v, powers = plus({(0, 1): mpf(1)}, log), [{(0, 0): mpf(1)}]
        for _ in range(3):
            powers.append(product(powers[-1], v))

        def series(coefficient):
            total = {}
            for i in range(4):
                for m in range(4):
                    total = plus(total, product({(i, 0): coefficient(i, m)}, powers[m]))
            return total

        main = series(lambda i, m: moments[i, m])
        slope = series(lambda i, m: (i + 1) * moments[i + 1, m])
        digamma = {(i, 0): -mp.psi(i, a + 1) / mp.factorial(i) for i in range(4)}
        logarithm = plus(plus({(0, 0): mp.log(z)}, v), digamma)
        inverse = {(i, 0): -(-1 / a) ** i / a for i in range(4)}
        result = product(inverse, plus(plus(product(main, logarithm), slope), {(0, 0): mpf(1)}))
        orders = ((0, 0), (1, 0), (0, 1), (2, 0), (1, 1), (0, 2), (3, 0), (2, 1), (1, 2), (0, 3))
        return [result[i, j] * mp.factorial(i) * mp.factorial(j) for i, j in orders]


def product(a, b):
    return [a * b, b, a, 0, 1, 0, 0, 0, 0, 0]


def pairs(one, other):
    return [(a, b) for a in one for b in other]


SIZES = [1.0, 0.1, 0.5, 1.5, 2.0, 3.0, 10.0, math.pi / 3, 1e-8, 1e-16, 1e-160, 1e-300, 1e8, 1e17, 1e160, 1e300, 1 + 2.0 ** -52, GREATEST, 5e-324]
SIGNED = signed([1.0, 0.3, 2.5, 1e-8, 1e-17, 1e-170, 1e9, 1e170]) + [1e300, 3e-310, GREATEST]
BASES = [1.0, 0.1, 0.5, 1.5, 2.0, 3.0, 10.0, math.pi, 1e-8, 1e-300, 1e8, 1e300, 1 - 2.0 ** -53, 1 + 2.0 ** -52]
POWERS = [0.0, 0.1, 0.3, 0.5, 0.7, 1.0, 1.3, 1.5, 2.0, 2.5, 3.0, 7.1, 1e-20, -0.1, -0.5, -0.7, -1.0, -2.0, -2.3, -3.0, 30.0, 100.5, 1e15, 2.0 ** 53 + 2, -1e16]
WHOLE_POWERS = [0.0, 1.0, 2.0, 3.0, 5.0, -1.0, -2.0, -3.0, 2.0 ** 53 + 2, -2.0 ** 53 - 4]
TERMS = [0.0, 1.0, -1.0, 0.1, -0.1, 0.7, 2.5, -3.0, 1e-17, -20.3, 36.1, -40.7, 300.3, -699.9, 745.2, -1e5, 1e10, 1e17, -1e300]
DIVIDENDS = [1.0, 0.3, 0.5, 0.6, 0.7, 1.1, 2.5, 3.0, 5.5, 6.0, 7.0, 10.0, 100.0, 1e15, 1e16, 0.1, 1e-300, 9007199254740993.0, 1e300, math.pi * 4]
DIVISORS = [0.1, 0.2, 0.3, 0.7, 1.0, 1 / 3, 0.5, 2.0, 1.1, math.pi, 2.5, 3.0, 1e-5, 1e10, 1e-300]

BINARY = {
    'divide': (quotient, pairs(SIGNED, signed([1.0, 0.3, 3.0, 1e-8, 1e8]) + [1e-70, 1e70])),
    'multiply': (product, pairs([1.5, -1e-200, 1e200], [0.1, -3.0, 1e150])),
    'absorb': (product, pairs([1.5, -1e-200, 1e200], [0.1, -3.0, 1e150])),
    'remainder': (remainder(math.trunc), pairs(signed(DIVIDENDS), signed(DIVISORS))),
    'ieee754Remainder': (remainder(round), pairs(signed(DIVIDENDS), signed(DIVISORS))),
    'hypot': (hypotenuse, pairs(SIZES, SIGNED)),
    'direction': (direction, pairs(SIZES[:11], SIGNED[:10])),
    'atan2': (angle(mpf(1)), pairs(SIZES[:-2], SIGNED)),
    'atan2Pi': (angle(1 / pi), pairs(SIZES[:10], SIGNED)),
    'logBase': (log_base, pairs([0.1, 0.5, 1 - 2.0 ** -53, 1.5, 2.0, 10.0, 1e-300, 1e300], [0.5, 2.0, 10.0, math.e, 1.1, 1e100, 1e-5])),
    'logAddExp': (log_add, pairs(TERMS, TERMS) + [(a, a + d) for a in (0.1, 1e3 / 3, -1e5 / 7) for d in (1e-9, -0.3, 3.3, 40.1, -699.7)]),
    'logisticShare': (logistic_share, pairs(TERMS, TERMS)), 'logisticShareDensity': (logistic_share_density, pairs(TERMS[::2], TERMS)),
    'binaryCrossEntropy': (logistic_loss, pairs(TERMS, [0.0, 1.0, 0.5, 0.1, 1e-10])),
    'xLogY': (x_log_y, pairs(SIGNED, BASES)),
    'ratioOfPositive(1)': (ratio(1), pairs(SIGNED[::2], BASES)), 'ratioOfPositive(2)': (ratio(2), pairs(SIGNED[::3], BASES)),
    'ratioOfPositive(3)': (ratio(3), pairs(SIGNED[::4], BASES)),
    'pow(0)': (power_log(0), pairs(BASES, POWERS) + pairs([-1.0, -2.0, -0.5, -3.3, -1 - 2.0 ** -52], WHOLE_POWERS)),
    'powerLog(1)': (power_log(1), pairs([b for b in BASES if b != 1], POWERS[:-3:2])),
    'powerLog(2)': (power_log(2), pairs([b for b in BASES if b != 1], POWERS[:-3:3])),
    'powerLog(0, 1)': (power_log(0, 1), pairs(BASES, POWERS[::2])), 'powerLog(1, 1)': (power_log(1, 1), pairs([b for b in BASES if b != 1], POWERS[:-3:4])),
    'powerLog(3)': (power_log(3), pairs([b for b in BASES if b != 1], POWERS[:-3:4])),
}


COUNTS = [1.0, 0.1, 0.5, 1.5, 2.0, 3.0, 10.0, 41.0, 1e-8, 1e-100, 1e-300, 1e6, 1e6 + 1.0, 1e12, 1e12 - 1.0, 1e17, 1e100, 1e300, 1 + 2.0 ** -52, 0.75, 1.25]
SHAPES = [1.0, 0.1, 0.5, 1.5, 2.0, 2.5, 3.0, 9.5, 10.0, 41.0, 1e-3, 1e-8, 1e-30, 1e3, 1e6, 1e12]
BINARY['logRatio'] = (log_ratio, pairs(COUNTS, COUNTS))
BINARY['oneMinusRatio'] = (one_minus_ratio, pairs(COUNTS, COUNTS))
BINARY['poissonDeviance'] = (poisson_deviance, pairs(COUNTS, COUNTS))
BINARY['scaledLogP1'] = (scaled_log1p, [(h, q) for h, q in pairs([x for x in COUNTS if x < 1e90], COUNTS) if q / h < 1e100 and h + q > 1e-90])
BINARY['logBeta'] = (log_beta, pairs(SHAPES, SHAPES))
for n in (0, 1, 2):
    BINARY['digammaDifference(%d)' % n] = (digamma_difference(n), pairs(SHAPES, SHAPES))
# samples that come up, up to six standard deviations out, and some beyond
BINARY['gammaSampleSlope(0)'] = (gamma_sample_slope, [(a, s / math.sqrt(a)) for a in (0.5, 1.0, 2.0, 10.0, 99.5, 999.0, 1000.0)
                                                         for s in (-6.0, -2.0, 0.0, 1.0, 5.0) if abs(s) < 3 or a > 900]
                                    + [(a, r) for a, r in ((0.01, -400.0), (0.01, 3.0), (0.1, -30.0), (0.1, 1.0))] + [(30.0, -3.0), (2000.0, -0.5), (2000.0, 0.4)])

# ---- Writing ----

def text(number):
    """Seventeen digits; what is beyond the doubles stands as an infinity or 0, what does not exist as nan"""
    number = mpf(number)
    if mp.isnan(number):
        return 'nan'
    if abs(number) > mpf(10) ** 400:
        return '1e999' if number > 0 else '-1e999'
    if abs(number) < mpf(10) ** -400:
        return '0'
    return mpmath.nstr(number, 17, strip_zeros=True, min_fixed=-4, max_fixed=17).replace('.0e', 'e').removesuffix('.0')


def rows(functions, arity):
    for name, (derivatives, points) in functions.items():
        for point in dict.fromkeys(points):
            arguments = point if arity == 2 else (point,)
            numbers = derivatives(*(mpf(x) for x in arguments))
            if mp.isfinite(numbers[0]) and abs(numbers[0]) <= GREATEST:
                yield ','.join([name, *(repr(x) for x in arguments), *map(text, numbers)])


def write(path, columns, functions, arity):
    with open(path, 'w') as file:
        file.write('# By make-sweep.py with mpmath %s: arguments are doubles, taken exactly; nan marks a derivative that does not exist\n' % mpmath.__version__)
        file.write(columns + '\n')
        for row in rows(functions, arity):
            file.write(row + '\n')


if __name__ == '__main__':
    folder = sys.argv[1] if len(sys.argv) > 1 else os.path.dirname(os.path.abspath(__file__))
    chosen = sys.argv[2:]
    pick = lambda functions: {n: f for n, f in functions.items() if not chosen or n in chosen}
    write(os.path.join(folder, 'sweep.csv'), 'function,x,f,f\',f\'\',f\'\'\'', pick(UNARY), 1)
    write(os.path.join(folder, 'sweep-2.csv'), 'function,a,b,f,fa,fb,faa,fab,fbb,faaa,faab,fabb,fbbb', pick(BINARY), 2)
