"""Random losses over the whole of the interface: arrays, any N, scalars, value_and_grad.

Everything that is drawn depends on the seed alone.  What is drawn may not compile, as shapes may
not fit; then the seed stands for no program.
"""

from __future__ import annotations

import importlib.util
import random
from collections.abc import Callable
from pathlib import Path
from typing import Any

import natural
import numpy as np
import rare
from arrays import Drawn

import symgrad as sg
from symgrad.compiler.compiled import CompiledFunction
from symgrad.engine import Value
from symgrad.errors import SymgradError

SELDOM = 0x5E1D  # tells which programs are drawn by ``rare``
NUMBERS = 0x9A7  # and which by ``natural``


def compiled(seed: int) -> CompiledFunction | None:
    """The program of a seed, compiled; None where the drawn shapes do not fit.

    Kinds by turns: arrays for any N and of known sizes, in both targets; scalars, re-rolled, as a
    loop or neither; a Python function of scalars.  A fifth of them is of what is seldom written, a
    fifth of the other arrays of numbers that people write.
    """
    kind = seed % 8
    seldom = random.Random(seed ^ SELDOM).random() < 0.2
    try:
        if kind in (0, 1, 2, 3, 4):
            deep = kind == 4 and seed % 3 == 2
            numbers = random.Random(seed ^ NUMBERS).random() < 0.2 and kind != 3
            made: type[Drawn] = rare.Rare if seldom else natural.Natural if numbers else Drawn
            d = made(seed, kind < 3) if made is not Drawn else Drawn(seed, kind < 3, deep)
            loss = d.loss()
            target = "python" if kind == 3 else "numpy"
            strict, stable = seed % 5 == 0, seed % 7 != 0
            more = {"accurate": seed % 11 == 0, "reassociate": seed % 13 != 0}
            return sg.compile(
                loss, d.params, target=target, strict=strict, stabilize=stable, **more
            )
        if kind == 7:
            return traced(seed) if seed % 3 else batch(seed)
        if kind == 5 and seldom:
            d = rare.Nested(seed)
            return rolled(d.loss(), d.theta, reassociate=seed % 3 != 0)
        if kind == 6 and (seldom or seed % 3 == 0):
            return rare.opposed(seed) if seldom else looped(seed)
        return scalars(seed, "numpy" if kind == 5 else "python")
    except SymgradError:
        return None


def scalars(seed: int, target: str) -> CompiledFunction | None:
    """A loss over rows of Values, re-rolled whatever that costs for numpy."""
    module = losses()
    rng = random.Random(seed)
    theta = [Value(rng.uniform(-1, 1)) for _ in range(module.PARAMETERS)]
    loss = module.Drawn(seed)(theta)
    if not isinstance(loss, Value):
        return None
    if target == "python":
        return sg.compile(loss, theta, target="python")
    return rolled(loss, theta, reassociate=seed % 3 != 0)


def rolled(loss: Value, theta: list[Value], **options: Any) -> CompiledFunction:
    """A loss of Values compiled as an array program, whatever that costs."""
    import symgrad.compiler.rolled as chosen

    kept = chosen.is_cheaper, chosen.prefers_arrays
    chosen.is_cheaper = chosen.prefers_arrays = lambda *args: True
    try:
        return sg.compile(loss, theta, **options)
    finally:
        chosen.is_cheaper, chosen.prefers_arrays = kept


def traced(seed: int) -> CompiledFunction | None:
    """A function over examples, as ``value_and_grad`` compiles it."""
    r = random.Random(seed)
    widths = [r.randint(1, 3) for _ in range(r.randint(1, 2))]
    model = sg.nn.MLP(2, [*widths, 1], activation=r.choice(["tanh", "relu", "sigmoid"]))
    w = model.parameters()
    error = r.choice((
        lambda s, t: (s - t) ** 2, lambda s, t: (1 - t * s).relu(), lambda s, t: abs(s - t),
        lambda s, t: sg.softplus(-t * s), lambda s, t: sg.where(s > t, s * s, s - t),
        lambda s, t: sg.maximum(s, 0.1) * t, lambda s, t: ((s * 0.5).exp() + t * t + 1).log(),
    ))  # fmt: skip
    total = r.choice((
        lambda es: sum(es), lambda es: sum(es) / len(es), lambda es: sum(es) * (1.0 / len(es)),
        lambda es: sum(es) * (0.1 / len(es)), lambda es: sum(e * e for e in es) ** 0.5,
    ))  # fmt: skip
    decay = r.choice((0.0, 1e-4, 0.3, 0.5))

    choose = r.choice((
        lambda s, y, k: s, lambda s, y, k: s, lambda s, y, k: sg.pick([s, s * y, s - y], k),
        lambda s, y, k: s + sg.pick(w[:3], k), lambda s, y, k: s * sg.pick([w[3], w[1], w[2]], k),
        lambda s, y, k: s * sum([sg.pick(w[:3], k), sg.pick(w[2:5], k)]),
    ))  # fmt: skip

    @sg.value_and_grad(wrt=model)
    def loss(xs: Any, ys: Any, ks: Any) -> Any:
        rows = zip(xs, ys, ks, strict=True)
        value = total([error(choose(model(x), y, k), y) for x, y, k in rows])
        return value + decay * sum(p * p for p in w) if decay else value

    rng = np.random.default_rng(seed)
    return loss.compiled(rng.normal(size=(5, 2)), rng.normal(size=5), rng.integers(0, 3, 5))


def batch(seed: int) -> CompiledFunction | None:
    """A loss over any number of rows, with more along with it, as re-rolling's test draws it."""
    module = losses()
    theta = [Value(0.0) for _ in range(module.PARAMETERS)]
    loss, options = module.Batch(seed), {"reassociate": bool(seed % 5)}
    f = sg.value_and_grad(lambda xs, ys: loss(theta, xs, ys), wrt=theta, has_aux=True, **options)
    rng = np.random.default_rng(seed)
    xs, ys = rng.normal(size=(5, seed % 4 + 1)), rng.choice([-1.0, 1.0], size=5)
    f(xs, ys)
    f(xs[:1], ys[:1])  # one that is another function at N = 1 is told, and compiled for it alone
    told = ("gives other numbers", "division by zero")
    return None if any(what in str(f.notes) for what in told) else f.compiled(xs, ys)


def looped(seed: int) -> CompiledFunction | None:
    """Sums over examples of scalars, as a loop of plain Python."""
    r = random.Random(seed)
    size, width = r.randint(2, 4), r.randint(1, 3)
    both, shared = (Value(1.0), Value(-0.5)), r.random() < 0.2
    xs = [[r.uniform(-2, 2) for _ in range(width)] for _ in range(size)]
    ys = [both[i % 2] if shared else r.choice((-1.0, 0.5, 2.0)) for i in range(size)]
    examples = list(zip(xs, ys, strict=True))
    w, b, c = [Value(r.uniform(-1, 1)) for _ in range(width)], Value(0.3), Value(r.uniform(0, 1))

    def error() -> Callable[[Any, Any], Any]:
        """The loss of one example."""
        act = r.choice((lambda z: z.tanh(), lambda z: z.relu(), lambda z: z, lambda z: z.sigmoid()))
        way = r.choice((
            lambda s, t: (s - t) ** 2, lambda s, t: (1 - t * s).relu(), lambda s, t: -t * s - s * s,
            lambda s, t: -(t * (s * s + 1).log()), lambda s, t: c * s - t * b, lambda s, t: -s * c,
            lambda s, t: (t - s) * c - s * s * b, lambda s, t: sg.where(s > t, s * t, -s),
            lambda s, t: (s * 0.5).exp() / (1.0 + t * t), lambda s, t: b * t - (-t) * s,
        ))  # fmt: skip
        head = r.choice((b, -b, c * b, 0.0))
        mixes = r.random() < 0.3  # the order of the terms then differs from example to example

        def of(x: Any, t: Any) -> Any:
            terms = [u * v for u, v in zip(w, x, strict=True)]
            return way(act(sum(terms[::-1] if mixes and x[0] > 0 else terms, head)), t)

        return of

    def total() -> Any:
        """A sum over the examples, and what becomes of it."""
        one, sign = error(), r.choice((1, 1, -1))
        whole = sum(one(x, t) for x, t in examples)
        whole = whole if sign > 0 else -whole
        return r.choice((
            lambda: whole, lambda: whole / size, lambda: whole * (1.0 / size),
            lambda: whole * c, lambda: (whole * whole + 1.0) ** 0.5, lambda: 2.0 - whole,
            lambda: sum(c * b for _ in range(size)) - whole,
        ))()  # fmt: skip

    loss = total()
    for _ in range(r.randrange(3)):
        loss = r.choice((lambda a, b: a + b, lambda a, b: a - b))(loss, total())
    decay = r.choice((0.0, 0.01, 0.5))
    if decay:
        loss = r.choice((loss, -loss)) + decay * sum(p * p for p in (*w, b))
    more = {"reassociate": seed % 5 != 0, "stabilize": seed % 7 != 0}
    return sg.compile(loss, [*w, b, c], target="python", style="looped", **more)


def losses() -> Any:
    """The scalar losses that re-rolling's own test draws."""
    if "module" not in _known:
        path = Path(__file__).parents[1] / "reroll" / "test_random_losses.py"
        spec = importlib.util.spec_from_file_location("random_losses", path)
        assert spec is not None
        assert spec.loader is not None
        _known["module"] = importlib.util.module_from_spec(spec)
        spec.loader.exec_module(_known["module"])
    return _known["module"]


_known: dict[str, Any] = {}
