"""Programs as new users write them, drawn at random: what they loop over, what they call it, which
options they pass.

Each program is a text: parameters in lists of unequal depth, data of every kind, variables that
have nothing to do with the loss, long and odd names, numbers among the arguments, and one option,
or two.  What comes out has to be the numbers of micrograd's ``backward()``, or one of our errors:
``python tests/mutation/users.py FIRST STOP`` prints the seeds where it is not.
"""

from __future__ import annotations

import itertools
import linecache
import math
import random
import sys
import warnings
from collections import Counter
from collections.abc import Sequence
from typing import Any

import numpy as np

from symgrad.errors import SymgradError

NAMES = [
    *("x", "xs", "N", "n", "l", "O", "data", "loss", "theta_0", "len_", "d_w", "np_", "e", "pi"),
    *("weights_of_the_first_layer_" * 4, "größe", "λ", "x1", "x_1", "x1a", "grad", "self", "cls"),
    *("input_", "h1_2", "z", "share", "total", "lse", "logits", "top", "count", "index", "keys"),
]
OPTIONS: dict[str, Sequence[Any]] = {
    "target": ("numpy", "python"),
    "stabilize": (True, False),
    "accurate": (True, False),
    "simplify": (True, False),
    "reassociate": (True, False),
    "strict": (True, False),
    "check": (True, False),
    "style": ("", "readable", "unrolled", "looped", "nonsense"),
    "limit": (10**6, 50),
    "name": ("loss_and_grads", "step"),
    "sizes": ({}, {"N": 3}),
}
PAIRS = list(itertools.combinations(OPTIONS, 2))
DATA = [
    *("{rows}", "tuple({rows})", "iter({rows})", "(r for r in {rows})", "map(list, {rows})"),
    *("np.array({rows})", "zip(*zip(*{rows}))", "np.array({rows}, dtype=np.float32)"),
    *("dict(enumerate({rows})).values()", "collections.deque({rows})", "reversed({rows})"),
]
BYSTANDERS = [
    "data = [[1.0, 2.0], [3.0]]; other = [[[1.0], [2.0]], [1.0, 2.0]]",
    "empty = []; nothing = None; text = 'abc'; deep = [[[[]]]]",
    "big = [10**400, 1.0]; pair = (1j, 'x'); f = lambda x: x",
    "again = [1.0]; again.append(again)",
    "table = np.zeros((3, 0)); flags = np.array([True]); words = np.array(['a'])",
    "spare = Value(3.0); late = (Value(1.0) * 2.0).tanh()",
]
SCORES = [
    "{p0} * row[0] + {p1} * row[1]",
    "({p0} * row[0] + {p1}).tanh() * row[1]",
    "({p0} - row[0]).relu() / (2.0 + {p1} * {p1})",
    "sg.where({p0} * row[0] > {p1}, {p0} * row[1], {p1} ** 2)",
    "({p0} * row[0]).exp() / (1.0 + ({p1} * row[1]).exp())",
    "sg.maximum({p0} * row[0], {p1} * row[1])",
    "abs({p0} * row[0] - {p1}) ** 3",
    "(1.0 + {p0} * {p0} * row[0] ** 2).log() * {p1}",
    "sum(c * v for c, v in zip([{p0}, {p1}], row))",
    "np.float64(1.5) * {p0} * row[0] - {p1} / np.float32(2.0)",
    "softmax([{p0} * row[0], {p1} * row[1], {p0} + {p1}])[1].log()",
    "softmax([a * row[0] + b * row[1] for a, b in [({p0}, {p1}), ({p1}, {p0})]])[1].log()",
]
NUMBERS = ["{k} * score", "score + {k}", "score ** {k}", "score / (2.0 + {k} * {k})"]
HEAD = """
import collections
import numpy as np
import symgrad as sg
from symgrad.engine import Value


def softmax(logits):
    top = max(v.data for v in logits)
    exps = [(v - top).exp() for v in logits]
    total = sum(exps)
    return [e / total for e in exps]


"""


def drawn(seed: int) -> tuple[str, dict[str, Any]]:
    """The text of a program, and the options that it passes.

    It defines ``run(**options)`` and ``loops()``: ``(value, gradient)`` of the compiled function at
    two numbers, and of the loops.
    """
    draw = random.Random(seed)
    xs, k, w, *rest = draw.sample(NAMES, 6)
    wrt = f"[{w}[0], *{w}[1], {w}[2][0][0]]"  # lists of unequal depth
    ps = [f"{w}[0]", f"{w}[1][0]", f"{w}[1][1]", f"{w}[2][0][0]"]
    score = draw.choice(SCORES).format(p0=draw.choice(ps), p1=draw.choice(ps))
    rows = [[draw.choice([0.5, -1.25, 2.0, 0.0, draw.gauss(0, 1)]) for _ in range(2)]
            for _ in range(draw.randint(1, 6))]  # fmt: skip
    data = draw.choice(DATA).format(rows=rows)
    term = draw.choice(["score", *NUMBERS]).format(k=k)
    mean = draw.choice(["acc", f"acc / {draw.randint(1, 5)}", "acc * (1.0 / (2 + 1))"])
    lines = [
        draw.choice(BYSTANDERS),
        f"{w} = [Value(0.7), [Value(-0.4), Value(1.3)], [[Value(0.2)]]]",
        *[f"{name} = {draw.uniform(-1, 1)}" for name in rest if draw.random() < 0.5],
        f"def objective({xs}, {k}):",
        "    acc = 0",
        f"    for row in {xs}:",
        f"        score = {score}",
        f"        acc = acc + {term}",
        f"    return {mean}",
    ]
    values = draw.sample([0.5, 2.0, 1.5, 3, 2], 2)
    if draw.random() < 0.5:  # a finished graph, or a function
        run = f"sg.compile(objective({rows}, {values[0]}), wrt={wrt}, **options)()"
        run = f"    return [{run}]"
    else:
        run = f"    f = sg.value_and_grad(objective, wrt={wrt}, **options)\n"
        run += f"    return [f({data}, v) for v in {values}]"
    lines += [
        "def run(**options):",
        run,
        "def loops():",
        "    found = []",
        f"    for v in {values}:",
        f"        for p in {wrt}: p.grad = 0",
        f"        value = objective({rows if 'reversed' not in data else rows[::-1]}, v)",
        "        value.backward()",
        f"        found.append((value.data, [p.grad for p in {wrt}]))",
        "    return found",
    ]
    names = draw.choice([[], [draw.choice(list(OPTIONS))], list(draw.choice(PAIRS))])
    return HEAD + "\n".join(lines) + "\n", {n: draw.choice(OPTIONS[n]) for n in names}


def outcome(seed: int) -> str:
    """``right``, ``refused``, or what is wrong with a program."""
    text, options = drawn(seed)
    name, space = f"<user {seed}>", dict[str, Any]()
    linecache.cache[name] = (len(text), None, text.splitlines(keepends=True), name)
    with warnings.catch_warnings(), np.errstate(all="ignore"):
        warnings.simplefilter("ignore", RuntimeWarning)
        exec(compile(text, name, "exec"), space)
        expected = space["loops"]()
        try:
            found = space["run"](**options)
        except SymgradError:
            return "refused"
        except Exception as error:
            return f"{type(error).__name__}: {error}"
        finally:
            del linecache.cache[name]
    for (value, gradient), (right, slopes) in zip(found, expected, strict=False):
        for got, wanted in zip([value, *gradient], [right, *slopes], strict=True):
            if math.isfinite(wanted) and not math.isclose(got, wanted, rel_tol=1e-6, abs_tol=1e-9):
                return f"wrong: {got} in place of {wanted}"
    return "right"


def outcomes(seeds: Sequence[int]) -> tuple[Counter[str], list[tuple[int, str]]]:
    """How many programs are right and refused, and the others with what is wrong."""
    found = [(seed, outcome(seed)) for seed in seeds]
    fine = ("right", "refused")
    return Counter(o for _, o in found if o in fine), [p for p in found if p[1] not in fine]


if __name__ == "__main__":
    count, wrong = outcomes(range(int(sys.argv[1]), int(sys.argv[2])))
    print(dict(count))
    for seed, what in wrong:
        print(seed, what, drawn(seed)[1])
