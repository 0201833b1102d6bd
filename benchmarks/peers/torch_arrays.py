#!/usr/bin/env python3
"""Times PyTorch on the CPU, in double precision, on the array programs that the benchmarks here run through FuncAD.

    /usr/bin/python3 benchmarks/peers/torch_arrays.py [--threads N] [--runs R] [--rows name,name]

Prints a header and a line for each program:

    row,name,median_ms,min_ms,max_ms,value,gradient

median, least and largest time of R runs after a warm-up; then what was computed, so that the other side can show that it computes the same
before any time counts: the value (loss, or sum of the product's elements) and the sum of the absolute values of all gradients ("-" for none).

Inputs are closed formulas of the position i in row-major order, counted from 0 in each array:

    matmul n          A_i = sin(0.1 i), B_i = cos(0.1 i); n x n
    elementwise       x_i = sin(0.1 i), 10^6 numbers; sum(sin x * exp x + tanh x)
    softmax           logits_i = 3 sin(0.1 i), 1024 x 1000; label of row r = 7 r mod 1000; mean cross-entropy
    mlp               layers 784-256-128-10 with relu, batch 128, mean cross-entropy: inputs x_i = sin(0.1 i), label of row r = 3 r mod 10;
                      weights of layer l = 1, 2, 3, stored outputs x inputs: cos(0.1 i + l) / sqrt(inputs); biases 0.01 cos(0.1 i + l);
                      a step is forward, backward and p <- p - 0.01 grad p in place. The figures are those of the first step; the
                      timed steps go on from there.
    logistic          features x_i = sin(0.10001 i), 10^5 x 50, w_j = 0.1 cos(0.1 j), target of row r = 1 if r mod 3 = 0 else 0; mean
                      binary cross-entropy of the logits x w
    skinning          x_i = sin(0.1 i), 22 bones x 3 coordinates x 544 vertices, weights w_i = cos(0.1 i), 22 x 1 x 544; the sum of squares of
                      the sum over bones of w x. Vertices first: 544 x 22 x 3 and 544 x 22 x 1
"""

import argparse
import os
import statistics
import sys
import time

parser = argparse.ArgumentParser(description="Times PyTorch on the CPU in double precision.")
parser.add_argument("--threads", type=int, default=1)
parser.add_argument("--runs", type=int, default=15)
parser.add_argument("--rows", help="which programs, by name, separated by commas; all without it")
options = parser.parse_args()

# A BLAS with threads of its own does not hear torch.set_num_threads; this is read when it is loaded.
os.environ["OPENBLAS_NUM_THREADS"] = os.environ["OMP_NUM_THREADS"] = str(options.threads)

try:
    import torch
    import torch.nn.functional as F
except ImportError:
    sys.exit("torch_arrays.py: PyTorch is missing from this Python; Debian's package is python3-torch (run with /usr/bin/python3).")


def wave(function, *shape, step=0.1, shift=0.0):
    """function(step * i + shift) for the positions i of an array of this shape."""
    count = 1
    for length in shape:
        count *= length
    return function(torch.arange(count, dtype=torch.float64) * step + shift).reshape(shape)


def absolute_sum(tensors):
    return sum(tensor.abs().sum().item() for tensor in tensors)


# Each program is a function that sets its inputs up and answers what is to be timed. What that answers is (value, gradients).


def matmul(n):
    a, b = wave(torch.sin, n, n), wave(torch.cos, n, n)

    def run():
        return torch.matmul(a, b), ()

    return run


def elementwise():
    x = wave(torch.sin, 1_000_000).requires_grad_()

    def run():
        x.grad = None
        y = (torch.sin(x) * torch.exp(x) + torch.tanh(x)).sum()
        y.backward()
        return y, (x.grad,)

    return run


def softmax():
    logits = (3 * wave(torch.sin, 1024, 1000)).requires_grad_()
    labels = torch.arange(1024) * 7 % 1000

    def run():
        logits.grad = None
        loss = F.cross_entropy(logits, labels)
        loss.backward()
        return loss, (logits.grad,)

    return run


def mlp():
    sizes = [784, 256, 128, 10]
    layers = []
    for number, (inputs, outputs) in enumerate(zip(sizes, sizes[1:]), start=1):
        layer = torch.nn.Linear(inputs, outputs, dtype=torch.float64)
        with torch.no_grad():
            layer.weight.copy_(wave(torch.cos, outputs, inputs, shift=number) / inputs**0.5)
            layer.bias.copy_(0.01 * wave(torch.cos, outputs, shift=number))
        layers += [layer, torch.nn.ReLU()]
    model = torch.nn.Sequential(*layers[:-1])
    optimizer = torch.optim.SGD(model.parameters(), lr=0.01)
    x, labels = wave(torch.sin, 128, 784), torch.arange(128) * 3 % 10

    def run():
        optimizer.zero_grad(set_to_none=True)
        loss = F.cross_entropy(model(x), labels)
        loss.backward()
        optimizer.step()
        return loss, [parameter.grad for parameter in model.parameters()]

    return run


def logistic():
    x = wave(torch.sin, 100_000, 50, step=0.10001)
    w = (0.1 * wave(torch.cos, 50)).requires_grad_()
    targets = (torch.arange(100_000) % 3 == 0).to(torch.float64)

    def run():
        w.grad = None
        loss = F.binary_cross_entropy_with_logits(x @ w, targets)
        loss.backward()
        return loss, (w.grad,)

    return run


def skinning(shape, weight_shape, bones):
    x, weights = wave(torch.sin, *shape).requires_grad_(), wave(torch.cos, *weight_shape)

    def run():
        x.grad = None
        skinned = (weights * x).sum(bones)
        value = (skinned * skinned).sum()
        value.backward()
        return value, (x.grad,)

    return run


PROGRAMS = {f"matmul-{n}": (lambda n=n: matmul(n)) for n in (64, 128, 256, 512, 1024)}
PROGRAMS |= {"elementwise-1e6": elementwise, "softmax-1024x1000": softmax, "mlp-784-256-128-10": mlp, "logistic-1e5x50": logistic}
PROGRAMS |= {
    "skinning-vertices-last": lambda: skinning((22, 3, 544), (22, 1, 544), 0),
    "skinning-vertices-first": lambda: skinning((544, 22, 3), (544, 22, 1), 1),
}


def measure(run, runs):
    """The times of so many runs, in milliseconds, each the mean over as many calls as take some ten milliseconds."""
    calls, elapsed = 1, 0.0
    while True:  # the warm-up
        start = time.perf_counter()
        for _ in range(calls):
            run()
        elapsed = time.perf_counter() - start
        if elapsed > 0.01:
            break
        calls *= 2
    times = []
    for _ in range(runs):
        start = time.perf_counter()
        for _ in range(calls):
            run()
        times.append((time.perf_counter() - start) * 1e3 / calls)
    return times


def main():
    torch.set_num_threads(options.threads)
    print(f"# PyTorch {torch.__version__}, {torch.get_num_threads()} threads, float64, {options.runs} runs")
    print("row,name,median_ms,min_ms,max_ms,value,gradient")
    for row, name in enumerate(options.rows.split(",") if options.rows else PROGRAMS, start=1):
        if name not in PROGRAMS:
            sys.exit(f"torch_arrays.py: there is no program '{name}'; there are {', '.join(PROGRAMS)}.")
        run = PROGRAMS[name]()
        value, gradients = run()
        value = value.sum().item()
        gradient = f"{absolute_sum(gradients):.15g}" if gradients else "-"
        times = measure(run, options.runs)
        print(f"{row},{name},{statistics.median(times):.4f},{min(times):.4f},{max(times):.4f},{value:.15g},{gradient}", flush=True)


if __name__ == "__main__":
    main()
