#!/usr/bin/env python3
"""Writes matrix-functions.csv: functions of symmetric matrices with repeated, close and ordinary eigenvalues, of usual and unusual size, and their first
three derivatives along a direction, by mpmath at 200 digits.

A line is: function, structure, size, A (symmetric, row by row), E (symmetric), W (any), and then g(0), g'(0), g''(0), g'''(0) of
g(t) = sum of W o f(A + t E). The derivatives are central differences with a step of 10^-40 of the scale, which leaves more than 60 digits."""
import random
from mpmath import mp, mpf

mp.dps = 200
random.seed(15)

FUNCTIONS = {
    'exp': mp.exp,
    'expm1 by a difference': lambda x: mp.exp(x) - 1,
    'atan': mp.atan,
    'sigmoid': lambda x: 1 / (1 + mp.exp(-x)),
    'sqrt': mp.sqrt,
    'log': mp.log,
    'x^2.5': lambda x: mp.power(x, mpf(5) / 2),
    '1/x': lambda x: 1 / x,
    'cube': lambda x: x ** 3,
}
POSITIVE = ['sqrt', 'log', 'x^2.5', '1/x']
HOMOGENEOUS = ['sqrt', 'log', 'x^2.5', '1/x', 'cube']


def rotation(n):
    """An orthogonal matrix of doubles, nearly: the product of reflections."""
    q = mp.eye(n)
    for _ in range(n):
        v = mp.matrix([mpf(random.uniform(-1, 1)) for _ in range(n)])
        q = q * (mp.eye(n) - 2 * (v * v.T) / (v.T * v)[0])
    return q


def rounded(m):
    n = m.rows
    for i in range(n):
        for j in range(i, n):
            m[i, j] = m[j, i] = mpf(float(m[i, j]))
    return m


def function(f, a):
    w, v = mp.eigsy(a)
    return v * mp.diag([f(x) for x in w]) * v.T


def case(name, structure, a, scale):
    n = a.rows
    a = rounded(a * scale)
    e = rounded(mp.matrix(n, n).apply(lambda _: mpf(random.uniform(-1, 1))) * scale)
    w = [[random.uniform(-1, 1) for _ in range(n)] for _ in range(n)]
    g = lambda t: mp.fsum(w[i][j] * m[i, j] for m in [function(FUNCTIONS[name], a + t * e)] for i in range(n) for j in range(n))
    h = mpf(10) ** -40
    back2, back, here, on, on2 = g(-2 * h), g(-h), g(mpf(0)), g(h), g(2 * h)
    derivatives = [here, (on - back) / (2 * h), (on - 2 * here + back) / h ** 2, (on2 - 2 * on + 2 * back - back2) / (2 * h ** 3)]
    entries = [float(x) for x in list(a) + list(e)] + [x for row in w for x in row]
    print(','.join([name, structure, str(n)] + [repr(x) for x in entries] + [mp.nstr(x, 20) for x in derivatives]))


STRUCTURES = {
    'identity': [1, 1, 1],
    'identity of two': [1, 1],
    'a pair and one': [2, 2, 5],
    'two pairs': [1, 1, 3, 3],
    'close by 1e-12': [1, 1 + 1e-12, 2],
    'close by 1e-5': [1, 1 + 1e-5, 2],
    'close by 1e-2': [1, 1.01, 1.3],
    'apart': [0.01, 1, 7],
    'a number': [2],
}
SIGNED = {'zero': [0, 0], 'swap': [1, 1, -1, -1], 'rank one': [0, 0, 1], 'signs': [-3, -1e-9, 1e-9, 2]}

print('function,structure,size')
for name in FUNCTIONS:
    for structure, values in list(STRUCTURES.items()) + ([] if name in POSITIVE else list(SIGNED.items())):
        for turned in [False, True]:
            d = mp.diag(values)
            q = rotation(len(values)) if turned else mp.eye(len(values))
            case(name, structure + (' turned' if turned else ''), q * d * q.T, mpf(1))
    if name in HOMOGENEOUS:
        for exponent in [-200, -20, 20, 200] if name in ['sqrt', 'log'] else [-20, 20]:
            q = rotation(3)
            case(name, 'a pair and one times 1e%d' % exponent, q * mp.diag([2, 2, 5]) * q.T, mpf(10) ** exponent)
