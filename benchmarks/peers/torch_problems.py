#!/usr/bin/env python3
"""The problems in PyTorch on the CPU: one thread, double precision, whole arrays at a time as its users write.

    /usr/bin/python3 torch_problems.py CONTESTANT PROBLEM INPUT OUTPUT

has the conversation that bench.hpp describes. The mathematics and the layouts are described in the C# files of ../Problems.
"""

import math
import os
import sys
import time

os.environ["OPENBLAS_NUM_THREADS"] = os.environ["OMP_NUM_THREADS"] = "1"  # read when the library is loaded

try:
    import numpy
    import torch
except ImportError:
    print("skip PyTorch is missing from this Python (Debian: python3-torch, for /usr/bin/python3)", flush=True)
    sys.exit(0)

ROOT_OF_8 = math.sqrt(8)


def gmm(dimensions, data):
    d, components, points = dimensions
    gamma, m = data[:2].tolist()
    table = data[2:].reshape(points, d)
    columns, rows = torch.triu_indices(d, d, 1)  # the strict lower triangle by columns
    freedom = d + m + 1
    log_gamma = d * (d - 1) / 4 * math.log(math.pi) + sum(math.lgamma((freedom - j) / 2) for j in range(d))
    constant = components * (freedom * d * (math.log(gamma) - 0.5 * math.log(2)) - log_gamma) - points * d * 0.5 * math.log(2 * math.pi)

    def log_posterior(x):
        alphas, means, factors = x[:components], x[components : components * (1 + d)], x[components * (1 + d) :].reshape(components, -1)
        logarithms, lower = factors[:, :d], factors[:, d:]
        scales = logarithms.exp()
        q = torch.diag_embed(scales)
        q[:, rows, columns] = lower
        shift = (q @ means.reshape(components, d, 1)).reshape(-1)
        whitened = (table @ q.reshape(components * d, d).T - shift).reshape(points, components, d)
        densities = torch.logsumexp(alphas + logarithms.sum(1) - 0.5 * (whitened * whitened).sum(2), 1).sum()
        prior = m * logarithms.sum() - 0.5 * gamma**2 * ((scales * scales).sum() + (lower * lower).sum())
        return densities - points * torch.logsumexp(alphas, 0) + prior + constant

    return log_posterior


def rosenbrock(dimensions, data):
    return lambda x: ((1 - x[:-1]) ** 2 + 100 * (x[1:] - x[:-1] ** 2) ** 2).sum()


def product(dimensions, data):
    return lambda x: x.prod()


def heston(dimensions, data):
    paths, steps = dimensions
    strike, maturity = data[:2].tolist()
    normals = data[2:].reshape(paths, steps, 2).permute(1, 2, 0).contiguous()
    dt = maturity / steps

    def price(x):
        spot, variance, kappa, theta, xi, rho, rate = x
        rest = (1 - rho * rho).sqrt()
        logarithm, v = spot.log().expand(paths), variance.expand(paths)
        for z, w in normals:
            positive = v.clamp(min=0)
            s = (positive * dt).sqrt()
            logarithm = logarithm + (rate - 0.5 * positive) * dt + s * z
            v = v + kappa * (theta - positive) * dt + xi * s * (rho * z + rest * w)
        return (-rate * maturity).exp() * (logarithm.exp() - strike).clamp(min=0).sum() / paths

    return price


def lorenz(dimensions, data):
    (steps,) = dimensions
    h = data[0].item()

    def state(start):
        u, (sigma, rho, beta) = start[:3], start[3:]

        def slope(u):
            x, y, z = u
            return torch.stack([sigma * (y - x), x * (rho - z) - y, x * y - beta * z])

        for _ in range(steps):
            a = slope(u)
            b = slope(u + h / 2 * a)
            c = slope(u + h / 2 * b)
            d = slope(u + h * c)
            u = u + h / 6 * (a + 2 * (b + c) + d)
        return u

    return state


def logistic(dimensions, data):
    rows, features = dimensions
    ridge = data[0].item()
    table, labels = data[1 : 1 + rows * features].reshape(rows, features), data[1 + rows * features :]
    return lambda w: torch.nn.functional.binary_cross_entropy_with_logits(table @ w, labels) + ridge / 2 * w.dot(w)


def perceptron(dimensions, data):
    width, batch = dimensions
    inputs, targets = data[: batch * width].reshape(batch, width), data[batch * width :]
    square = width * width
    layer = square + width

    def loss(x):
        def hidden(values, first):
            return torch.tanh(torch.addmm(x[first + square : first + layer], values, x[first : first + square].reshape(width, width).T))

        values = hidden(hidden(inputs, 0), layer)
        return ((values @ x[2 * layer : 2 * layer + width] + x[2 * layer + width] - targets) ** 2).mean()

    return loss


def hand(dimensions, data):
    vertices, points = dimensions
    bones, fingers = 22, 5
    frames, rest = data[: 24 * bones].reshape(2, bones, 3, 4), data[24 * bones :]
    below = torch.tensor([0.0, 0, 0, 1], dtype=data.dtype).expand(2, bones, 1, 4)
    order = [0, 1] + [depth + 4 * finger for depth in range(2, 6) for finger in range(fingers)]
    at_rest, inverses = torch.cat([frames, below], 2)[:, order]
    positions, weights, vertex_of, targets = rest.split([3 * vertices, bones * vertices, points, 3 * points])
    positions = torch.cat([positions.reshape(3, vertices), torch.ones(1, vertices, dtype=data.dtype)])
    weights, vertex_of, targets = weights.reshape(bones, 1, vertices)[order], vertex_of.long(), targets.reshape(3, points)
    joints = [(bone - 2) % 4 if bone > 1 else 3 for bone in order]
    first = [6 + (bone - 2) // 4 * 4 for bone in order]
    # after the last argument there is a zero
    bends = torch.tensor([26 if joint == 3 else at + (joint + 1 if joint else 0) for joint, at in zip(joints, first)])
    spreads = torch.tensor([26 if joint else at + 1 for joint, at in zip(joints, first)])
    zero, zeros, ones, identity = (f(*n, dtype=data.dtype) for f, n in ((torch.zeros, [1]), (torch.zeros, [bones]), (torch.ones, [bones]), (torch.eye, [3])))
    skew = torch.tensor([[0, 0, 0], [0, 0, -1], [0, 1, 0], [0, 0, 1], [0, 0, 0], [-1, 0, 0], [0, -1, 0], [1, 0, 0], [0, 0, 0]], dtype=data.dtype)

    def residuals(x):
        angles = torch.cat([x, zero])
        bend, spread = angles[bends], angles[spreads]
        sb, cb, ss, cs = bend.sin(), bend.cos(), spread.sin(), spread.cos()
        turns = [cs, -ss * cb, ss * sb, zeros, ss, cs * cb, -cs * sb, zeros, zeros, sb, cb, zeros, zeros, zeros, zeros, ones]
        relative = at_rest @ torch.stack(turns, 1).reshape(bones, 4, 4)
        frames = [relative[:1], relative[:1] @ relative[1:2]]
        for start in range(2, bones, fingers):
            frames.append(frames[-1] @ relative[start : start + fingers])
        transforms = (torch.cat(frames) @ inverses)[:, :3]
        rest = (weights * (transforms.reshape(3 * bones, 4) @ positions).reshape(bones, 3, vertices)).sum(0)
        square = x[:3].dot(x[:3])
        angle = square.sqrt()
        k = (skew @ x[:3]).reshape(3, 3)
        rotation = identity + angle.sin() / angle * k + (1 - angle.cos()) / square * (k @ k)
        return targets - (rotation @ rest + x[3:6].reshape(3, 1))[:, vertex_of]

    return residuals


def lstm(dimensions, data):
    layers, characters, width = dimensions
    rows = data.reshape(-1, width).unbind()
    text = rows[2 * layers :]

    def loss(x):
        w = x.reshape(-1, width).unbind()
        state, total = list(rows[: 2 * layers]), 0
        for before, character in zip(text, text[1:]):
            value = w[-3] * before
            for layer in range(layers):
                w_forget, w_keep, w_show, w_change, forget, keep, show, change = w[8 * layer : 8 * layer + 8]
                hidden, cell = state[2 * layer : 2 * layer + 2]
                forget = (w_forget * value + forget).sigmoid()
                keep = (w_keep * hidden + keep).sigmoid()
                show = (w_show * value + show).sigmoid()
                change = (w_change * hidden + change).tanh()
                cell = forget * cell + keep * change
                value = show * cell.tanh()
                state[2 * layer : 2 * layer + 2] = value, cell
            total = total + character.dot((w[-2] * value + w[-1]).log_softmax(0))
        return -total / ((characters - 1) * width)

    return loss


def helmholtz(dimensions, data):
    (n,) = dimensions
    b, a = data[:n], data[n:].reshape(n, n)
    plus, minus = 1 + math.sqrt(2), 1 - math.sqrt(2)

    def energy(x):
        volume = b.dot(x)
        attraction = x.dot(a @ x)
        return (x * (x / (1 - volume)).log()).sum() - attraction / (ROOT_OF_8 * volume) * ((1 + plus * volume) / (1 + minus * volume)).log()

    return energy


def black_scholes(dimensions, data):
    def prices(x):
        s, k, r, v, t = x.reshape(-1, 5).unbind(1)
        deviation = v * t.sqrt()
        d1 = ((s / k).log() + (r + v * v / 2) * t) / deviation
        return s * torch.special.ndtr(d1) - k * (-r * t).exp() * torch.special.ndtr(d1 - deviation)

    return prices


def residuals(x, seen):
    """Reprojection residuals of many observations at once, each with its fifteen arguments in a row."""
    r, v = x[:, :3], x[:, 11:14] - x[:, 3:6]
    square = (r * r).sum(1, keepdim=True)
    angle = square.sqrt()
    cosine = angle.cos()
    p = cosine * v + angle.sin() / angle * torch.cross(r, v, dim=1) + (1 - cosine) / square * (r * v).sum(1, keepdim=True) * r
    u = p[:, :2] / p[:, 2:]
    radius = (u * u).sum(1, keepdim=True)
    scale = x[:, 6:7] * (1 + radius * (x[:, 9:10] + radius * x[:, 10:11]))
    return x[:, 14:] * (scale * u + x[:, 7:9] - seen)


# Ways to differentiate: each answers the two functions that are timed, for a function and a point.


def gradient(f, x):
    def derivative():
        point = x.detach().requires_grad_()
        return torch.autograd.grad(f(point), point)

    return lambda: [f(x)], derivative


def hessian(f, x):
    return lambda: [f(x)], lambda: [torch.autograd.functional.hessian(f, x, vectorize=True)]


def jacobian(f, x):
    return lambda: [f(x)], lambda: [torch.autograd.functional.jacobian(f, x, vectorize=True)]


def jacobian_forward(f, x):
    return lambda: [f(x)], lambda: [torch.autograd.functional.jacobian(f, x, vectorize=True, strategy="forward-mode")]


def separate(f, x):
    """The results belong to separate arguments, so that the gradient of their sum has all derivatives."""

    def derivative():
        point = x.detach().requires_grad_()
        return torch.autograd.grad(f(point).sum(), point)

    return lambda: [f(x)], derivative


def bundle_adjustment(x, dimensions, data):
    cameras, points, observations = dimensions
    table = data.reshape(observations, 4)
    camera, point, seen = table[:, 0].long(), table[:, 1].long(), table[:, 2:]
    all_cameras, all_points = x[: 11 * cameras].reshape(-1, 11), x[11 * cameras : 11 * cameras + 3 * points].reshape(-1, 3)
    weights = x[11 * cameras + 3 * points :]

    def gather():
        return torch.cat([all_cameras[camera], all_points[point], weights[:, None]], 1)

    def derivative():
        arguments = gather().requires_grad_()
        results = residuals(arguments, seen)
        rows = [torch.autograd.grad(results[:, row].sum(), arguments, retain_graph=row == 0)[0] for row in range(2)]
        weight = weights.detach().requires_grad_()
        return [torch.stack(rows, 1), torch.autograd.grad((1 - weight * weight).sum(), weight)[0]]

    return lambda: [residuals(gather(), seen), 1 - weights * weights], derivative


PROBLEMS = {
    "gmm": (gradient, gmm),
    "rosenbrock": (gradient, rosenbrock),
    "rosenbrock-hessian": (hessian, rosenbrock),
    "product": (gradient, product),
    "black-scholes": (separate, black_scholes),
    "heston": (gradient, heston),
    "lorenz": (jacobian, lorenz),
    "logistic": (gradient, logistic),
    "perceptron": (gradient, perceptron),
    "hand": (jacobian_forward, hand),
    "lstm": (gradient, lstm),
    "helmholtz": (gradient, helmholtz),
    "helmholtz-hessian": (hessian, helmholtz),
}


def read(path):
    with open(path, "rb") as file:
        for kind in (numpy.int64, numpy.float64, numpy.float64):
            count = numpy.fromfile(file, numpy.int64, 1)[0]
            yield numpy.fromfile(file, kind, count)


def write(file, tensors):
    numbers = torch.cat([tensor.detach().reshape(-1) for tensor in tensors]).numpy()
    numpy.array([len(numbers)], numpy.int64).tofile(file)
    numbers.tofile(file)


def measure(run, budget):
    """Times of single calls, or of as many together as take some milliseconds, in nanoseconds."""
    end, calls = time.perf_counter() + budget, 1
    while True:  # warms up, too
        start = time.perf_counter()
        for _ in range(calls):
            run()
        if time.perf_counter() - start >= 0.005:
            break
        calls *= 2
    times = []
    while not times or time.perf_counter() < end:
        start = time.perf_counter()
        for _ in range(calls):
            run()
        times.append((time.perf_counter() - start) * 1e9 / calls)
    return times


def peak():
    """The most memory that this process had, in bytes; getrusage would tell that of a larger parent."""
    with open("/proc/self/status") as status:
        return next(int(line.split()[1]) * 1024 for line in status if line.startswith("VmHWM:"))


def main():
    _, _, name, source, target = sys.argv
    torch.set_num_threads(1)
    dimensions, x, data = read(source)
    dimensions, x, data = dimensions.tolist(), torch.from_numpy(x), torch.from_numpy(data)
    start = peak()
    if name == "ba":
        value, derivative = bundle_adjustment(x, dimensions, data)
    elif name in PROBLEMS:
        way, function = PROBLEMS[name]
        value, derivative = way(function(dimensions, data), x)
    else:
        print("skip not written for this problem", flush=True)
        return

    def plain_value():
        with torch.no_grad():
            return value()

    with open(target, "wb") as file:
        write(file, plain_value())
        write(file, derivative())
    print("ready", flush=True)
    for line in sys.stdin:
        what, *budget = line.split()
        if what == "memory":
            print(peak() - start, flush=True)
        else:
            print(*measure(plain_value if what == "value" else derivative, float(budget[0])), flush=True)


if __name__ == "__main__":
    main()
