#!/usr/bin/env python3
"""Writes explained.csv: values and gradients of functions that lose digits in doubles, and of some that do not, from 120-digit arithmetic by mpmath. The functions are
those of Traces/ExplainDigitsTests.fs, with the same names. A row is a name, the number of inputs, the inputs, and then the value and each derivative as two doubles
whose sum has some 32 digits.
Usage: make-explained.py [folder]"""
import os
import sys

from mpmath import mp, mpf, diff, exp, log, sin, cos, tan, sqrt, acos, tanh

mp.dps = 120


def mean(xs):
    return sum(xs) / len(xs)


def variance(xs):
    return mean([x * x for x in xs]) - mean(xs) ** 2


def heron(a, b, c):
    s = (a + b + c) / 2
    return sqrt(s * (s - a) * (s - b) * (s - c))


def series(x):
    term, total = mpf(1), mpf(1)
    for k in range(1, 101):
        term = term * x / k
        total += term
    return total


def rump(a, b):
    return mpf(333.75) * b ** 6 + a ** 2 * (11 * a ** 2 * b ** 2 - b ** 6 - 121 * b ** 4 - 2) + mpf(5.5) * b ** 8 + a / (2 * b)


def logistic(x):
    for _ in range(30):
        x = 4 * x * (1 - x)
    return x


def newton(x):
    y = x
    for _ in range(12):
        y = (y + x / y) / 2
    return y


def integrals(x):
    # of t^n e^(-t) from 0 to x, n = 0 .. 12
    total, e = 1 - exp(-x), exp(-x)
    for n in range(1, 13):
        total = n * total - x ** n * e
    return total


def expanded(x):
    return x**7 - 7 * x**6 + 21 * x**5 - 35 * x**4 + 35 * x**3 - 21 * x**2 + 7 * x - 1


def product(x):
    y = mpf(1)
    for k in range(1, 101):
        y = y * (x + k)
    return y


FUNCTIONS = [
    ("one minus cosine", lambda x: (1 - cos(x)) / (x * x), [1e-4]),
    ("one minus cosine, all lost", lambda x: (1 - cos(x)) / (x * x), [1e-8]),
    ("one minus cosine, by the sine", lambda x: 2 * sin(x / 2) ** 2 / (x * x), [1e-4]),
    ("quadratic formula", lambda a, b, c: (-b + sqrt(b * b - 4 * a * c)) / (2 * a), [1.0, 1e5, 1.1]),
    ("quadratic formula, by the other root", lambda a, b, c: -2 * c / (b + sqrt(b * b - 4 * a * c)), [1.0, 1e5, 1.1]),
    ("variance by squares", lambda *x: variance(x), [10000.1, 10000.4, 9999.7, 10000.2, 9999.9]),
    ("variance about the mean", lambda *x: mean([(y - mean(x)) ** 2 for y in x]), [10000.1, 10000.4, 9999.7, 10000.2, 9999.9]),
    ("log of one and little", lambda x: log(1 + x), [1.1e-10]),
    ("log of one and little, by LogP1", lambda x: log(1 + x), [1.1e-10]),
    ("sinh by exponentials", lambda x: (exp(x) - exp(-x)) / 2, [1.3e-5]),
    ("alternating series", series, [-20.3]),
    ("series of one sign", series, [20.3]),
    ("Rump's polynomial", rump, [77617.0, 33096.0]),
    ("x less its sine", lambda x: x - sin(x), [1.7e-3]),
    ("difference of roots", lambda x: sqrt(x + 1) - sqrt(x), [1.1e10]),
    ("difference of roots, by their sum", lambda x: 1 / (sqrt(x + 1) + sqrt(x)), [1.1e10]),
    ("exponential less one", lambda x: (exp(x) - 1) / x, [1.9e-9]),
    ("exponential less one, by ExpM1", lambda x: (exp(x) - 1) / x, [1.9e-9]),
    ("Heron's formula of a needle", heron, [9.0, 4.6000000001, 4.4000000001]),
    ("expanded power", expanded, [1.013]),
    ("Horner's rule", expanded, [1.013]),
    ("tangent less sine", lambda x: tan(x) - sin(x), [1.3e-4]),
    ("harmonic sum", lambda x: sum(1 / (x + k) for k in range(1000)), [1.1]),
    ("product of a hundred", product, [0.3]),
    ("logistic map", logistic, [0.3]),
    ("Newton's iteration", newton, [7.3]),
    ("integrals by recurrence", integrals, [0.7]),
    ("determinant", lambda a, b, c, d: a * d - b * c, [1.1, 3.3000000001, 0.7, 2.1]),
    ("compound interest", lambda x: (1 + 1 / x) ** x, [1.3e8]),
    ("sine of a large angle", lambda x: sin(x * x * 1e6), [97.3]),
    ("difference of squares", lambda x, y: x * x - y * y, [100.1, 100.1000001]),
    ("difference of squares, in factors", lambda x, y: (x - y) * (x + y), [100.1, 100.1000001]),
    ("arc cosine next to one", lambda x: acos(1 - x), [1.3e-12]),
    ("one less tanh", lambda x: 1 - tanh(x), [14.7]),
    ("no loss", lambda x, y: sin(x) * exp(y) + x / y, [0.7, 1.3]),
]


def pair(x):
    high = float(x)
    return [repr(high), repr(float(x - mpf(high)))]


def row(name, f, x):
    point = [mpf(number) for number in x]
    orders = [tuple(1 if index == place else 0 for index in range(len(x))) for place in range(len(x))]
    with mp.workdps(200):
        derivatives = [diff(f, tuple(point), order) for order in orders] if len(x) > 1 else [diff(f, point[0])]
    numbers = pair(f(*point))
    for derivative in derivatives:
        numbers += pair(derivative)
    return ";".join([name, str(len(x))] + [repr(number) for number in x] + numbers)


def main():
    folder = sys.argv[1] if len(sys.argv) > 1 else os.path.dirname(os.path.abspath(__file__))
    with open(os.path.join(folder, "explained.csv"), "w", newline="\n") as file:
        file.write("name;inputs;the inputs;value and derivatives, each as a double and what it lacks\n")
        for name, f, x in FUNCTIONS:
            file.write(row(name, f, x) + "\n")


main()
