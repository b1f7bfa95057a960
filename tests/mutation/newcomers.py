"""Programs as new users write them, against mpmath: ``newcomers.py FIRST STOP`` tells of faults.

A program is a text, written to a file as a user's would be: array expressions with literal index
arrays, nested lists, unnamed constants and odd names, or loops over ``Value``s (``scalar_loops``),
with each option alone and with others.  The same text runs on numbers of 50 digits, where the loss
and its slope in a random direction are known.  A program may be refused by an error of symgrad's
own; another number, or another exception, is a fault.
"""

from __future__ import annotations

import random
import sys
import tempfile
import traceback
import warnings
from collections import Counter
from collections.abc import Callable
from itertools import chain
from pathlib import Path
from typing import Any

import mpmath
import numpy as np
from precisely import REFERENCE

import symgrad as sg
from symgrad.errors import SymgradError

M: Any = mpmath
DIGITS = 50
STEP = mpmath.mpf(10) ** -18
NAMES = """
    a b c d d_w d_a d_a_b grads loss theta pre_h h1 h2 u ux uxx self count index args été W value
    data out grad returns sum_ max_ _hidden N_ lambda_ i j exp sigmoid f g self_ dd d_d rows float_
    math
"""
LONG = ("long_" * 20 + "name", "x" * 90)
OPTIONS: list[dict[str, Any]] = [
    {"accurate": True},
    {"stabilize": False},
    {"simplify": False},
    {"reassociate": False},
    {"strict": True},
    {"check": False},
]
UNARY = """F.tanh({}) | F.sin({}) | F.cos({}) | F.exp(0.25*{}) | F.sigmoid({}) | F.softplus({}) |
    F.square({}) | F.arctan({}) | F.log(1.5 + {0}*{0}) | F.sqrt(0.5 + {0}*{0}) | F.erf({}) |
    F.relu({}) | F.abs({}) | F.maximum({}, 0.25) | F.minimum({}, 1.5) | F.clip({}, -1.5, 0.75) |
    F.where({0} > 0.125, {0}, 0.5*{0}) | F.log1p(F.exp({})) | F.logaddexp({}, 0.3) | F.expm1({}) |
    F.log(1.0 + F.exp(-{})) | F.exp({0})/(1.0 + F.exp({0})) | F.hypot({}, 1.25) | F.silu({}) |
    {}**2 | 1.0/(1.0 + {0}**2) | F.exp(-{0})*{0}**3 | (1.0 + {0}*{0})**0.5 | -{} | {0}*{0}/2"""
BINARY = """{} + {} | {} - {} | {} * {} | {} / (2.5 + F.tanh({})) | F.maximum({}, {}) |
    {} * {} - 0.5 | F.where({0} < {1}, {1}, 0.25*{0}) | F.logaddexp({}, {}) | F.hypot({}, {})"""
WHOLE = "F.sum({}) | F.mean({}) | F.norm({}) | F.logsumexp({}) | F.sum({0}*{0})"


class Text:
    """Lines of a program, and the shapes of its variables."""

    def __init__(self, seed: int) -> None:
        self.rng = random.Random(seed)
        self.lines: list[str] = []
        self.shapes: dict[str, tuple[Any, ...]] = {}
        self.free = [*NAMES.split(), *LONG]
        self.rng.shuffle(self.free)

    def choose(self, *of: Any) -> Any:
        return self.rng.choice(of)

    def name(self) -> str:
        return self.free.pop()

    def put(self, formula: str, shape: tuple[Any, ...]) -> None:
        """One more line."""
        name = self.name()
        self.lines.append(f"{name} = {formula}")
        self.shapes[name] = shape

    def filled(self, patterns: str, *operands: str) -> str:
        """One of the patterns, with operands in it."""
        return self.rng.choice(patterns.split(" |")).strip().format(*operands * 2)


def arrays(seed: int) -> tuple[str, dict[str, tuple[Any, ...]], dict[str, Any]]:
    """A text of ``build(F, p)``, its leaves with their shapes, and the options."""
    t = Text(seed)
    shapes = t.rng.sample([(), (3,), (4,), (3, 4), (2, 3), ("N", 3), ("N",)], 3)
    leaves = {t.name(): shape for shape in shapes}
    if all("N" in shape for shape in shapes[1:]):
        leaves = {k: tuple(4 if d == "N" else d for d in s) for k, s in leaves.items()}
    t.lines += [f"{name} = p[{name!r}]" for name in leaves]
    t.shapes |= leaves
    for _ in range(t.rng.randint(2, 7)):
        _step(t)
    terms = []
    for v in [*t.rng.sample(sorted(t.shapes), 2), list(t.shapes)[-1]]:
        terms.append(t.filled(WHOLE, v) if t.shapes[v] else v)
    t.put(" + 0.5*".join(terms), ())
    body = "\n    ".join([*t.lines, f"return {list(t.shapes)[-1]}"])
    options = dict(chain.from_iterable(o.items() for o in t.rng.sample(OPTIONS, t.choose(0, 1, 2))))
    if not any("N" in s for s in leaves.values()) and t.rng.random() < 0.5:
        options["target"] = "python"
    return f"def build(F, p):\n    {body}\n", leaves, options


def _step(t: Text) -> None:
    """One more line of an array program."""
    v = t.choose(*t.shapes)
    shape = t.shapes[v]
    kind = t.rng.random()
    if kind < 0.35:
        t.put(t.filled(UNARY, v), shape)
    elif kind < 0.55:
        others = [u for u, s in t.shapes.items() if s in (shape, (), shape[-1:])]
        t.put(t.filled(BINARY, v, t.choose(*others)), shape)
    elif shape and shape[-1] in (3, 4) and kind < 0.65:
        numbers = [t.choose(0.0, 1.0, -1.0, 0.5, 2.0, -0.25, 3, 1e-3) for _ in range(shape[-1])]
        array = t.choose("np.array({})", "{}").format(numbers)
        t.put(f"{v} {t.choose('*', '+', '-')} {array}", shape)
    elif shape and "N" not in shape:
        _moved(t, v, shape)
    elif len(shape) == 2:
        axis = t.choose(0, 1, -1)
        f = t.choose("F.sum", "F.mean", "F.max", "F.logsumexp", "F.var")
        t.put(f"{f}({v}, axis={axis})", shape[1:] if axis == 0 else shape[:1])
    else:
        t.put(f"{v} * {t.choose(2, 0.5, -1, 1 / 3, 'np.float64(0.75)', 'np.pi')} + 0.1", shape)


def _moved(t: Text, v: str, shape: tuple[int, ...]) -> None:
    """A line that picks, joins or moves elements of a known shape, with literal indices."""
    n, rest, pick = shape[0], shape[1:], t.rng.randrange
    some = [pick(-n, n) for _ in range(t.rng.randint(1, 4))]
    moves: list[tuple[str, tuple[int, ...]]] = [
        (f"F.take({v}, np.array({some}), axis=0)", (len(some), *rest)),
        (f"{v}[{some}]", (len(some), *rest)),
        (f"{v}[np.array({some})]", (len(some), *rest)),
        (f"{v}[1:] - {v}[:-1]", (n - 1, *rest)),
        (f"{v}[::-1]", shape),
        (f"{v}[{pick(-n, n)}]", rest),
        (f"F.concatenate([{v}, 2.0*{v}])", (2 * n, *rest)),
        (f"F.stack([{v}, F.sin({v})])", (2, *shape)),
        (f"F.softmax({v})", shape),
        (f"{v}[..., None] * np.array([1.0, -2.0])", (*shape, 2)),
    ]
    if rest:
        moves += _moved_matrix(t, v, shape)
    else:
        moves += [(f"F.outer({v}, {v})", (n, n)), (f"{v} @ {v}", ()), (f"F.dot({v}, {v})", ())]
    fit = [(f, s) for f, s in moves if 0 not in s and len(s) < 4 and np.prod(s, dtype=int) <= 64]
    t.put(*t.choose(*fit))


def _moved_matrix(t: Text, v: str, shape: tuple[int, ...]) -> list[tuple[str, tuple[int, ...]]]:
    """Such lines for what has two axes or more."""
    n, m, *more = shape
    labels = [t.rng.randrange(m) for _ in range(n)]
    found: list[tuple[str, tuple[int, ...]]] = [
        (f"{v}[np.arange({n}), np.array({labels})]", (n, *more)),
        (f"{v}[:, {[labels[0], 0]}]", (n, 2, *more)),
        (f"F.reshape({v}, (-1,))", (int(np.prod(shape)),)),
    ]
    if more:
        return found
    column = [[t.choose(0.5, -1, 2)] for _ in range(m)]
    return [
        *found,
        (f"F.take_along_axis({v}, np.array({labels})[:, None], 1)[:, 0]", (n,)),
        (f"F.squeeze(F.take_along_axis({v}, np.array({labels})[:, None], 1))", (n,) * (n > 1)),
        (f"{v} @ {v}.T", (n, n)),
        (f"F.einsum('ij,kj->ik', {v}, {v})", (n, n)),
        (f"{v} @ {column}", (n, 1)),
        (f"{v} @ np.array({column})", (n, 1)),
    ]


def tried_arrays(seed: int, folder: Path) -> str:
    """Compiles and calls an array program; what became of it."""
    text, shapes, options = arrays(seed)
    rng = np.random.default_rng(seed)
    n = int(rng.integers(1, 6))
    at = {k: rng.uniform(-1.5, 1.5, [n if d == "N" else d for d in s]) for k, s in shapes.items()}
    build = defined(text, folder / f"arrays{seed}.py")["build"]
    leaves = {k: sg.input(k, s) if "N" in s else sg.param(k, at[k]) for k, s in shapes.items()}
    wrt = [k for k, s in shapes.items() if "N" not in s]
    f = sg.compile(build(sg, leaves), [leaves[k] for k in wrt], **options)
    value, grads = f(**{k: at[k] for k, s in shapes.items() if "N" in s and reached(f, k)})

    def reference(shift: Any, direction: dict[str, Any]) -> Any:
        exact = {k: np.vectorize(M.mpf, [object])(a) for k, a in at.items()}
        return build(REFERENCE, exact | {k: exact[k] + shift * direction[k] for k in wrt})

    return judged(value, dict(zip(wrt, grads, strict=True)), reference, rng)


def reached(f: Any, name: str) -> bool:
    """Whether a function takes an argument of that name; a loss need not reach every input."""
    return any(a.name == name for a in f.signature.arguments)


def judged(value: Any, grads: dict[str, Any], reference: Callable[..., Any], rng: Any) -> str:
    """Compares loss and slope with the reference's: "right", or what is WRONG."""
    direction = {k: rng.normal(size=np.shape(g)) for k, g in grads.items()}
    with mpmath.workdps(DIGITS):
        want, up, down = (M.mpf(reference(s, direction)) for s in (M.mpf(0), STEP, -STEP))
        slope = (up - down) / (2 * STEP)
        terms = [np.asarray(g) * direction[k] for k, g in grads.items()]
        got = sum(float(np.sum(t)) for t in terms)
        size = sum(float(np.sum(np.abs(t))) for t in terms)
        if not abs(value - want) <= 1e-9 * (1 + abs(want)):
            return f"WRONG value {value}, not {M.nstr(want, 17)}"
        if not abs(got - slope) <= 1e-8 * (1 + size):
            return f"WRONG slope {got}, not {M.nstr(slope, 17)}"
    return "right"


def defined(text: str, path: Path, **names: Any) -> dict[str, Any]:
    """What a program's file defines."""
    path.write_text(text, encoding="utf-8")
    names["np"] = np
    exec(compile(text, str(path), "exec"), names)
    return names


def tried(seed: int, folder: Path) -> str:
    """What becomes of a program: right, refused, WRONG or CRASH, and how."""
    from scalar_loops import tried_loops

    try:
        return tried_loops(seed, folder) if seed % 3 == 0 else tried_arrays(seed, folder)
    except SymgradError as error:
        return f"refused {type(error).__name__}: {error}"
    except Exception as error:
        last = traceback.extract_tb(error.__traceback__)[-1]
        return f"CRASH {type(error).__name__}: {error} at {last.filename}:{last.lineno}"


def main(first: int, stop: int) -> None:
    """Tells of each fault, and how often each thing happened."""
    warnings.simplefilter("ignore")
    count: Counter[str] = Counter()
    with tempfile.TemporaryDirectory() as folder:
        for seed in range(first, stop):
            said = tried(seed, Path(folder))
            count[" ".join(said.split()[: 2 if said[0] == "r" else 1])] += 1
            if not said.startswith("right"):
                print(f"{seed}: {said}"[:400], flush=True)
    print(dict(count))


if __name__ == "__main__":
    main(int(sys.argv[1]), int(sys.argv[2]))
