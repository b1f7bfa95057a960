"""Layers of array expressions.

>>> import symgrad.ops
>>> from symgrad.frontend.arrays import FUNCTIONS
>>> from symgrad.frontend.arrays.leaf import input
>>> net = Sequential([Linear(2, 16, seed=0), FUNCTIONS["tanh"], Linear(16, 1, seed=1, name="out")])
>>> net(input("x", ("N", 2))).shape, [p.name for p in net.parameters()][-2:]
(('N', 1), ['out_w', 'out_b'])
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from itertools import count
from typing import Any

import numpy as np

from symgrad.errors import ArgumentError
from symgrad.frontend.arrays.leaf import Leaf, param
from symgrad.frontend.arrays.manipulation import matmul
from symgrad.frontend.namespace import pickled_from

Layer = Callable[[Any], Any]


class Linear:
    """x @ w + b for x of shape (..., nin); w is (nin, nout), b is (nout,) and starts at 0.

    w is drawn from the uniform distribution on +-1/sqrt(nin).  ``name`` heads the params' names
    (``out_w``); without it a Linear that stands alone has w and b, and ``Sequential`` numbers them.
    Raises ArgumentError for sizes that are not positive.
    """

    __reduce_ex__ = pickled_from("symgrad.nn", "Linear")

    def __init__(
        self,
        nin: int,
        nout: int,
        bias: bool = True,
        *,
        seed: int | None = None,
        rng: np.random.Generator | None = None,
        name: str | None = None,
    ) -> None:
        if not all(isinstance(n, int | np.integer) and n >= 1 for n in (nin, nout)):
            raise ArgumentError(f"Linear: sizes are positive ints, got {nin!r} and {nout!r}")
        if seed is not None and rng is not None:
            raise ArgumentError("Linear: expected seed or rng, got both")
        draw = rng or np.random.default_rng(seed)
        bound = 1 / np.sqrt(nin)
        self._data = draw.uniform(-bound, bound, (nin, nout)), np.zeros(nout) if bias else None
        self.name = name
        self._leaves: tuple[Leaf, ...] = ()

    def _made(self) -> tuple[Leaf, ...]:
        # Leaves are made at first use, so that Sequential can number the layers without a name.
        if not self._leaves:
            head = f"{self.name}_" if self.name else ""
            w, b = self._data
            leaves = [param(f"{head}w", w)] + ([] if b is None else [param(f"{head}b", b)])
            self._leaves = tuple(leaves)
        return self._leaves

    @property
    def w(self) -> Leaf:
        return self._made()[0]

    @property
    def b(self) -> Leaf | None:
        return self._made()[1] if len(self._made()) > 1 else None

    def __call__(self, x: Any) -> Any:
        y = matmul(x, self.w)
        return y if self.b is None else y + self.b

    def parameters(self) -> list[Leaf]:
        """w, then b if there is one."""
        return list(self._made())


class Sequential:
    """Layers one after another; a layer is any callable, such as ``sg.tanh``.

    They are given one by one, or as one list.  A Linear without a name gets ``l1``, ``l2``... by
    its place among the Linear layers.  Raises ArgumentError for a layer that cannot be called.
    """

    __reduce_ex__ = pickled_from("symgrad.nn", "Sequential")

    def __init__(self, *layers: Layer | Iterable[Layer]) -> None:
        one = layers[0] if len(layers) == 1 else None
        given = one if isinstance(one, Iterable) and not callable(one) else layers
        self.layers: list[Any] = list(given)
        for i, layer in enumerate(self.layers):
            if not callable(layer):
                kind = type(layer).__name__
                raise ArgumentError(f"Sequential: expected layers to call, got {kind} at {i}")
        number = count(1)
        for layer in self.layers:
            if isinstance(layer, Linear):
                label = f"l{next(number)}"
                if layer.name is None:
                    layer.name = label

    def __call__(self, x: Any) -> Any:
        for layer in self.layers:
            x = layer(x)
        return x

    def parameters(self) -> list[Leaf]:
        """The params of all layers, in order, each once."""
        found: dict[int, Leaf] = {}
        for layer in self.layers:
            own = getattr(layer, "parameters", None)
            for leaf in own() if own is not None else ():
                found[leaf.serial] = leaf
        return list(found.values())
