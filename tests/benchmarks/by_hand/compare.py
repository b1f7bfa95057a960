"""Gradients by hand beside what symgrad emits for the same loss: `python compare.py [names]`.

For each problem, CPU microseconds a call (the least and the median of rounds in which both take
turns, over rotating draws, on one thread), and lines of code: those of the function's body and of
the helpers that it calls, without blank lines, comments and docstrings. A ratio is the emitted
text's figure over that by hand; the last line has the geometric means.
"""

import inspect
import os
import sys
import time
from functools import partial
from pathlib import Path
from statistics import geometric_mean, median

os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")
sys.path.insert(0, str(Path(__file__).parents[1]))

import numpy as np

from by_hand import NAMES, compiled, problem
from by_hand.code_lines import lines_of_code

DRAWS, ROUNDS = 8, 25
SLICE = 0.02  # CPU seconds that each takes in a round, at least one call
HEAD = ("", "by hand: least", "median", "emitted: least", "median", "ratio", "median")
LINES = ("lines by hand", "emitted", "ratio")
LAYOUT = "{:18}{:>15}{:>9}{:>16}{:>9}{:>8}{:>8}{:>15}{:>9}{:>7}"


def seconds(call, draws, repeat, first):
    """CPU seconds a call, of `repeat` calls that start at draw `first`."""
    start = time.process_time()
    for k in range(first, first + repeat):
        call(**draws[k % DRAWS])
    return (time.process_time() - start) / repeat


def by_turns(calls, draws):
    """For each of the calls, its CPU seconds in every round."""
    repeats = []
    for call in calls:
        seconds(call, draws, DRAWS, 0)
        repeats.append(max(1, int(SLICE / seconds(call, draws, DRAWS, 0))))
    rounds = [
        [seconds(call, draws, n, turn) for call, n in zip(calls, repeats, strict=True)]
        for turn in range(ROUNDS)
    ]
    return zip(*rounds, strict=True)


def measured(module):
    """(least, median) CPU seconds by hand and emitted, the median ratio, and lines of both."""
    draws = [module.data(np.random.default_rng(seed)) for seed in range(DRAWS)]
    f = compiled(module, draws[0])
    text = partial(f.python, **f.constants)
    own, emitted = by_turns((module.loss_and_grads, text), draws)
    ratios = [b / a for a, b in zip(own, emitted, strict=True)]
    lines = lines_of_code(inspect.getsource(module)), lines_of_code(f.source)
    times = min(own), median(own), min(emitted), median(emitted)
    return times, median(ratios), lines


def main(names):
    print(LAYOUT.format(*HEAD, *LINES))
    columns = []
    for name in names:
        times, ratio, (own, emitted) = measured(problem(name))
        columns.append((times[2] / times[0], ratio, emitted / own))
        micros = [f"{1e6 * t:.1f}" for t in times]
        row = *micros, f"{columns[-1][0]:.2f}", f"{ratio:.2f}", own, emitted
        print(LAYOUT.format(name, *row, f"{emitted / own:.2f}"), flush=True)
    least, middle, lines = (f"{geometric_mean(c):.2f}" for c in zip(*columns, strict=True))
    print(LAYOUT.format("geometric mean", *4 * [""], least, middle, "", "", lines))


if __name__ == "__main__":
    main(sys.argv[1:] or NAMES)
