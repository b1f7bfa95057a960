"""Random losses of arrays, of any number of rows or of known sizes.

Everything that is drawn depends on the seed alone.
"""

from __future__ import annotations

import random
from collections.abc import Callable
from typing import Any

import numpy as np

import symgrad as sg
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
