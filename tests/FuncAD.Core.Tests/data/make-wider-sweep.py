#!/usr/bin/env python3
"""Writes sweep.csv and sweep-2.csv into a folder (outside the repository: they are large), for a wider search than make-sweep.py's: the same functions and
a few of higher order, at random points between those of make-sweep.py, so that they are dense where those are; values and first derivatives to 22 digits.
Usage: make-wider-sweep.py FOLDER [points of each function] [seed] [functions ...]; then
dotnet run --project tests/FuncAD.Core.Tests -- accuracy FOLDER"""
import importlib.util
import os
import random
import struct
import sys

import mpmath
from mpmath import mp, mpf

here = os.path.dirname(os.path.abspath(__file__))
spec = importlib.util.spec_from_file_location('make_sweep', os.path.join(here, 'make-sweep.py'))
sweep = importlib.util.module_from_spec(spec)
spec.loader.exec_module(sweep)

UNARY = dict(sweep.UNARY)
for n in (20, 60):
    UNARY['besselJ(%d)' % n] = (sweep.bessel(mp.besselj, n), sweep.BESSEL_POINTS)
    UNARY['besselY(%d)' % n] = (sweep.bessel(mp.bessely, n), sweep.BESSEL_POINTS)
for n in (10, 30, 100):
    UNARY['polygamma(%d)' % n] = (sweep.polygamma(n), [x for x in sweep.OFF_POLES if x > 1e-3] + sweep.LARGE)


def place(x):
    """Doubles in their order, as whole numbers"""
    bits = struct.unpack('<q', struct.pack('<d', x))[0]
    return bits if bits >= 0 else -(bits & 0x7fffffffffffffff)


def at(bits):
    return struct.unpack('<d', struct.pack('<q', bits))[0] if bits >= 0 else -struct.unpack('<d', struct.pack('<q', -bits))[0]


def between(points, source):
    """A random number between two neighbouring points: evenly, or evenly in the logarithm, which is nearly the order of doubles"""
    k = source.randrange(len(points) - 1)
    low, high = points[k], points[k + 1]
    return low + (high - low) * source.random() if source.random() < 0.5 and high - low < 1e308 else at(source.randint(place(low), place(high)))


def text(number):
    number = mpf(number)
    if mp.isnan(number):
        return 'nan'
    if abs(number) > mpf(10) ** 400:
        return '1e999' if number > 0 else '-1e999'
    return '0' if abs(number) < mpf(10) ** -400 else mpmath.nstr(number, 22, strip_zeros=True, min_fixed=-4, max_fixed=22).replace('.0e', 'e').removesuffix('.0')


def rows(functions, arity, count, seed):
    for name, (derivatives, points) in functions.items():
        source = random.Random('%s %s' % (name, seed))
        axes = [sorted(set(axis)) for axis in zip(*(point if arity == 2 else (point,) for point in points))]
        for _ in range(count):
            arguments = tuple(between(axis, source) for axis in axes)
            if name == 'pow(0)' and arguments[0] < 0 and arguments[1] != int(arguments[1]):
                continue  # no such power
            try:
                numbers = derivatives(*(mpf(x) for x in arguments))[:1 + arity]
            except (ValueError, ZeroDivisionError, mpmath.libmp.NoConvergence):
                continue  # outside the domain
            if all(isinstance(n, (int, mpf)) for n in numbers) and mp.isfinite(numbers[0]) and abs(numbers[0]) <= sweep.GREATEST:
                yield ','.join([name, *(repr(x) for x in arguments), *map(text, numbers)])


def write(path, columns, functions, arity, count, seed):
    with open(path, 'w') as file:
        file.write('# By make-wider-sweep.py with mpmath %s\n%s\n' % (mpmath.__version__, columns))
        for row in rows(functions, arity, count, seed):
            file.write(row + '\n')


folder = sys.argv[1]
count = int(sys.argv[2]) if len(sys.argv) > 2 else 3000
seed = sys.argv[3] if len(sys.argv) > 3 else '1'
chosen = sys.argv[4:]
pick = lambda functions: {n: f for n, f in functions.items() if not chosen or n in chosen}
os.makedirs(folder, exist_ok=True)
write(os.path.join(folder, 'sweep.csv'), "function,x,f,f'", pick(UNARY), 1, count, seed)
write(os.path.join(folder, 'sweep-2.csv'), 'function,a,b,f,fa,fb', pick(sweep.BINARY), 2, count, seed)
