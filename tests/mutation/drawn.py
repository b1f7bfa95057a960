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

import numpy as np

import symgrad as sg
from symgrad.compiler.compiled import CompiledFunction
from symgrad.engine import Value
from symgrad.errors import SymgradError

UNARY: tuple[Callable[[Any], Any], ...] = (
    sg.tanh, sg.sin, sg.cos, sg.exp, sg.softplus, sg.sigmoid, sg.square, sg.arctan, sg.relu, abs,
    sg.log_sigmoid, sg.erf, sg.erfc, sg.silu, sg.gelu, sg.expm1, sg.sinh, sg.cosh, sg.arcsinh,
    sg.exp2, sg.sign,
    lambda a: -a, lambda a: 1.0 - a, lambda a: a / 3.0, lambda a: 2 / (3 + sg.tanh(a)),
    lambda a: sg.leaky_relu(a, 0.1), lambda a: sg.elu(a), lambda a: a**3, lambda a: a**0,
    lambda a: sg.log(1 + sg.exp(a)), lambda a: sg.log(1 + a * a), lambda a: sg.sqrt(1 + a * a),
    lambda a: sg.sqrt(a * a), lambda a: sg.exp(a) / (1 + sg.exp(a)), lambda a: 1 / (1 + sg.exp(-a)),
    lambda a: sg.log(1 - sg.exp(-1 - a * a)), lambda a: 1 - sg.sigmoid(a), lambda a: sg.exp(a) - 1,
    lambda a: sg.log(sg.sigmoid(a)), lambda a: sg.log1p(a * a), lambda a: (a * a + 0.5) ** 1.5,
    lambda a: sg.log2(2 + a * a), lambda a: sg.log10(2 + a * a), lambda a: sg.reciprocal(2 + a * a),
    lambda a: sg.arcsin(0.9 * sg.tanh(a)), lambda a: sg.arccos(0.9 * sg.tanh(a)),
    lambda a: sg.arctanh(0.9 * sg.tanh(a)), lambda a: sg.arccosh(1.5 + a * a),
    lambda a: sg.tan(sg.tanh(a)), lambda a: sg.clip(a, -0.5, 0.75),
    lambda a: sg.where(a > 0.1, a * a, sg.sin(a)), lambda a: sg.maximum(a, 0.25),
    lambda a: sg.minimum(a, 0.0), lambda a: (sg.exp(a) - sg.exp(-a)) / (sg.exp(a) + sg.exp(-a)),
    lambda a: a * sg.stop_gradient(a), lambda a: sg.where(sg.abs(a) < 0.5, a, sg.sign(a) * 0.5),
)  # fmt: skip
BINARY: tuple[Callable[[Any, Any], Any], ...] = (
    sg.add, sg.subtract, sg.multiply, sg.multiply, sg.maximum, sg.minimum, sg.hypot, sg.logaddexp,
    sg.arctan2, lambda a, b: a / (1.5 + b * b), lambda a, b: sg.where(a < b, a * b, b),
    lambda a, b: sg.sqrt(a * a + b * b), lambda a, b: sg.log(sg.exp(a) + sg.exp(b)),
    lambda a, b: (1.1 + sg.tanh(a)) ** sg.tanh(b), lambda a, b: sg.exp(a) / (sg.exp(a) + sg.exp(b)),
    lambda a, b: sg.xlogy(a, 1 + b * b), lambda a, b: sg.where((a > 0) & (b > 0), a, b * b),
)  # fmt: skip
REDUCE = (sg.sum, sg.mean, sg.max, sg.min, sg.prod, sg.logsumexp, sg.var, sg.std, sg.norm)


class Drawn:
    """A loss of arrays: steps on a pool of values, each tamed where it may have grown."""

    STEPS = (
        *("unary", "unary", "binary", "binary", "reduce", "shape", "index", "gather", "product"),
        *("softmax", "join", "triangle", "matmul", "layer"),
    )

    DEEP = ("turn", "turn", "reduce", "binary", "unary", "index")  # on arrays of three axes

    def __init__(self, seed: int, any_size: bool = True, deep: bool = False) -> None:
        self.draw = random.Random(seed)
        rng = np.random.default_rng(seed)
        shapes = [(), (3,), (2, 3), (2, 1), (3, 4), (2, 2, 3), (3,)]
        self.params = [sg.param(f"p{i}", rng.uniform(-1, 1, s)) for i, s in enumerate(shapes)]
        n = "N" if any_size else 2
        self.x, self.labels = sg.input("x", (n, 3)), sg.input("k", (n,), dtype="i64")
        self.pool: list[Any] = [*self.params, self.x, self.x @ self.params[4]]
        self.steps = self.STEPS
        if deep:
            row, matrix, cube = self.params[1], self.params[2], self.params[5]
            self.pool = [cube, cube * matrix, matrix[None], row[None], cube + matrix]
            self.steps = self.DEEP

    def loss(self) -> Any:
        r = self.draw
        for _ in range(r.randint(2, 8)):
            kind = r.choice(self.steps)
            try:
                y = getattr(self, kind)(self.any())
            except (SymgradError, IndexError, ValueError, TypeError):
                continue
            if y is not None:
                self.pool.append(sg.tanh(y) if r.random() < 0.4 else y)
        last = self.pool[-r.randint(1, 3) :]
        total = sum((self.whole(v) for v in last[1:]), self.whole(last[0]))
        if r.random() < 0.3:
            total = total + 1e-3 * sum((sg.sum(p * p) for p in self.params), 0.0)
        if r.random() < 0.2:
            logits = self.x @ self.params[4]
            total = total + sg.losses.cross_entropy(logits, self.labels)
        if r.random() < 0.1:
            total = sg.sum(sg.grad(total, self.params[1]) ** 2)
        return total

    def any(self) -> Any:
        return self.draw.choice(self.pool[-4:] if self.draw.random() < 0.6 else self.pool)

    def whole(self, v: Any) -> Any:
        """A scalar of all elements."""
        flat = self.draw.choice((sg.sum, sg.mean, lambda a: sg.sum(a * a), lambda a: sg.mean(a**2)))
        return flat(sg.tanh(v)) if self.draw.random() < 0.3 else flat(v)

    def unary(self, a: Any) -> Any:
        return self.draw.choice(UNARY)(a)

    def binary(self, a: Any) -> Any:
        return self.draw.choice(BINARY)(a, self.any())

    def reduce(self, a: Any) -> Any:
        if not a.ndim:
            return None
        f = self.draw.choice(REDUCE)
        axis = self.draw.choice([None, *range(-a.ndim, a.ndim)])
        return f(a, axis=axis, keepdims=self.draw.random() < 0.5)

    def shape(self, a: Any) -> Any:
        r = self.draw
        ways = (
            lambda: a.T, lambda: a.reshape(-1), lambda: sg.flip(a, r.randrange(a.ndim)),
            lambda: sg.expand_dims(a, r.randint(0, a.ndim)), lambda: sg.swapaxes(a, 0, -1),
            lambda: sg.broadcast_to(a, (2, *a.shape)), lambda: sg.squeeze(sg.expand_dims(a, 0), 0),
            lambda: a.reshape(1, *a.shape, 1), lambda: sg.moveaxis(a, 0, -1),
        )  # fmt: skip
        return r.choice(ways)()

    def turn(self, a: Any) -> Any:
        return sg.transpose(a, tuple(self.draw.sample(range(a.ndim), a.ndim)))

    def index(self, a: Any) -> Any:
        r = self.draw
        keys = (
            *(0, -1, None, slice(None, None, -1), slice(0, 1), slice(1, 3), slice(0, 2)),
            *((Ellipsis, 0), (Ellipsis, -1), (slice(None), 0), (Ellipsis, slice(None, None, 2))),
        )
        return a[r.choice(keys)]

    def gather(self, a: Any) -> Any:
        r = self.draw
        ways = (
            lambda: sg.take(a, np.array([1, 0, 1, -1]), axis=r.randrange(a.ndim)),
            lambda: a[np.array([0, 1, 1])],
            lambda: sg.take(self.params[4], self.labels, axis=r.randrange(2)),
            lambda: self.params[2][self.labels],
            lambda: sg.take_along_axis(a, sg.argmax(a, axis=-1, keepdims=True), axis=-1),
            lambda: sg.one_hot(self.labels, 3) * self.x,
            lambda: (self.x @ self.params[4])[:, np.array([2, 0])],
        )
        return r.choice(ways)()

    def product(self, a: Any) -> Any:
        b, r = self.any(), self.draw
        ways = (
            lambda: sg.outer(a.reshape(-1), b.reshape(-1)), lambda: sg.dot(a.ravel(), a.ravel()),
            lambda: sg.einsum("ij,ij->i", a, a), lambda: sg.einsum("ij,kj->ik", a, b),
            lambda: sg.einsum("ij->j", a), lambda: sg.sum(a * a, axis=-1), lambda: sg.inner(a, a),
            lambda: sg.tensordot(a, b, 1),
        )  # fmt: skip
        return r.choice(ways)()

    def matmul(self, a: Any) -> Any:
        b = self.any()
        w = self.params[4]
        ways = (
            *(lambda: a @ b, lambda: a @ b.T, lambda: a.T @ b, lambda: a @ a.T, lambda: a @ a),
            *(lambda: a @ w, lambda: sg.swapaxes(a, -1, -2) @ a),
        )
        return self.draw.choice(ways)()

    def softmax(self, a: Any) -> Any:
        r = self.draw
        axis = r.randrange(-a.ndim, 0) if a.ndim else -1
        ways = (
            lambda: sg.softmax(a, axis=axis), lambda: sg.log_softmax(a, axis=axis),
            lambda: sg.exp(a) / sg.sum(sg.exp(a), axis=axis, keepdims=True),
            lambda: sg.log(sg.sum(sg.exp(a), axis=axis)), lambda: sg.logsumexp(a, axis=axis),
            lambda: -sg.log(sg.softmax(a, axis=axis)),
        )  # fmt: skip
        return r.choice(ways)()

    def join(self, a: Any) -> Any:
        b, r = self.any(), self.draw
        ways = (
            lambda: sg.concatenate([a, b]), lambda: sg.concatenate([a, a * 2.0], axis=-1),
            lambda: sg.stack([a, b]), lambda: sg.stack([a, sg.sin(a)], axis=-1),
            lambda: sg.concatenate([a.reshape(-1), b.reshape(-1)]),
        )  # fmt: skip
        return r.choice(ways)()

    def triangle(self, a: Any) -> Any:
        k, r = self.draw.choice((-1, 0, 1)), self.draw
        ways = (lambda: sg.tril(a, k), lambda: sg.triu(a, k), lambda: sg.diag(a, k),
                lambda: sg.diagonal(a), lambda: sg.trace(a @ a.T))  # fmt: skip
        return r.choice(ways)()

    def layer(self, a: Any) -> Any:
        f = self.draw.choice((sg.tanh, sg.relu, sg.sigmoid, sg.softplus))
        return f(self.x @ self.params[4] + self.params[2][0, 0]) @ self.params[4].T


def compiled(seed: int) -> CompiledFunction | None:
    """The program of a seed, compiled; None where the drawn shapes do not fit.

    Kinds by turns: arrays for any N and of known sizes, in both targets; scalars, re-rolled, as a
    loop or neither; a Python function of scalars.
    """
    kind = seed % 8
    try:
        if kind in (0, 1, 2, 3, 4):
            d = Drawn(seed, any_size=kind < 3, deep=kind == 4 and seed % 3 == 2)
            loss = d.loss()
            target = "python" if kind == 3 else "numpy"
            strict, stable = seed % 5 == 0, seed % 7 != 0
            more = {"accurate": seed % 11 == 0, "reassociate": seed % 13 != 0}
            return sg.compile(
                loss, d.params, target=target, strict=strict, stabilize=stable, **more
            )
        if kind == 7:
            return traced(seed) if seed % 3 else batch(seed)
        if kind == 6 and seed % 3 == 0:
            return looped(seed)
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
    import symgrad.compiler.rolled as rolled

    kept = rolled.is_cheaper, rolled.prefers_arrays
    rolled.is_cheaper = rolled.prefers_arrays = lambda *args: True
    try:
        return sg.compile(loss, theta, reassociate=seed % 3 != 0)
    finally:
        rolled.is_cheaper, rolled.prefers_arrays = kept


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
    return f.compiled(rng.normal(size=(5, seed % 4 + 1)), rng.choice([-1.0, 1.0], size=5))


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
