r"""A trial whose arguments are arrays of an algebra of cells: one run of text and reference does at
once what numbers do one by one.

>>> from symgrad.checker.residues import Residues
>>> text = "import numpy as np\ndef f(x):\n    return np.sum(x * x), (2.0 * x,)\n"
>>> claim = Claim(text, lambda x: np.sum(x * x), {"x": "f64[N]"}, ("x",))
>>> trial = ArrayTrial(claim, Residues("seed", ""), {"x": np.arange(3.0)}, "seed")
>>> trial.differs(*trial.run())
>>> value, grads = trial.run()
>>> trial.differs(value, [grads[0] * np.array([1.0, 1.0, 2.0])])
'd_x[2]'
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

import numpy as np

from symgrad.checker.cells import bare
from symgrad.checker.claim import Claim, Trial
from symgrad.checker.exact_text import explained
from symgrad.checker.outlines import arrays, outline
from symgrad.errors import UnsupportedError, VerificationError


def whole_arguments(claim: Claim, algebra: Any, point: Mapping[str, Any]) -> dict[str, Any]:
    """The arrays of an algebra at a point; what is given is known exactly."""
    makers = {k: algebra.lift if k in claim.given else algebra.variables for k in point}
    return {k: v if v.dtype.kind in "ib" else makers[k](v) for k, v in point.items()}


class ArrayTrial(Trial):
    """One point in an algebra of cells.  Its results are arrays, each as the text returns it."""

    along: Any
    kept: Any

    def __init__(self, claim: Claim, algebra: Any, point: Mapping[str, Any], seed: str) -> None:
        self.claim, self.algebra, self.seed, self.point = claim, algebra, seed, point
        rng = np.random.default_rng([*seed.encode()])
        self.at = whole_arguments(claim, algebra, point)
        self.along = {k: rng.uniform(-1.0, 1.0, np.shape(self.at[k])) for k in claim.wrt}
        self.along = {k: algebra.variables(v) for k, v in self.along.items()}
        self.want, *self.rest = self.derivative({})

    def derivative(self, masks: Mapping[str, Any]) -> list[Any]:
        """Values and slopes of the reference where only what the masks tell moves, or all."""
        a = self.algebra
        moved = {
            k: a.paired(self.at[k], np.where(masks[k], v, 0) if masks else v)
            for k, v in self.along.items()
        }
        arguments = {**self.at, **moved}.values()
        with np.errstate(all="ignore"), explained("the reference"):
            y = self.claim.expected(a.paired(a.one, a.lift(0)), *arguments)
            found = [a.like(a.duals, x) for x in parts(y)]
        self.shapes = [x.shape for x in found]
        return headed([x.alive() for x in found])

    def run(self, work: Any = None) -> tuple[Any, list[Any]]:
        """Value and gradient by the text, which must leave its arguments alone."""
        before = {k: np.copy(bare(v)) for k, v in self.at.items()}
        named = {} if work is None else {"work": tuple(map(self.algebra.seen, work))}
        one = self.algebra.one
        result = self.called(**named)
        if outline(result, True) != self.claim.outline(self.at, True):
            raise VerificationError(f"the shapes and types are not {self.claim.promised}")
        if any(v.tobytes() != bare(self.at[k]).tobytes() for k, v in before.items()):
            raise VerificationError("the text writes into an argument")
        value, grads = result if self.claim.wrt else (result, ())
        with explained("what the text returns"):
            values, found = ([one.lift(v).alive() for v in parts(x)] for x in (value, grads))
        if [x.shape for x in values] != self.shapes:
            raise UnsupportedError("values of other shapes")
        first, *self.found = headed(values)
        self.kept = grads, [np.copy(bare(x)) for x in arrays(grads)]
        return first, found

    def intact(self) -> bool:
        """True if the gradient is still what it was when the text returned it."""
        pairs = zip(self.kept[1], arrays(self.kept[0]), strict=True)
        return all(a.tobytes() == bare(b).tobytes() for a, b in pairs)

    def differs(self, value: Any, grads: list[Any]) -> str | None:
        """The component in which a result is not the reference's."""
        if (other := self.other_value(value)) or self.agrees_with(grads):
            return other
        names = [(k, i) for k in self.claim.wrt for i in np.ndindex(np.shape(self.at[k]))]
        low, high = 0, len(names)
        while high - low > 1:
            middle = (low + high) // 2
            low, high = (
                (middle, high) if self.agrees(grads, self.masks(low, middle)) else (low, middle)
            )
        name, index = names[low]
        return f"d_{name}{list(index) if index else ''}"

    def errors(self, exact: list[Any], floats: Any) -> list[Any]:
        """By how much floats are off, array by array."""
        ends = np.cumsum([x.size for x in exact])
        pieces = np.split(floats, ends[:-1])
        lift = self.algebra.variables
        return [x - lift(f.reshape(x.shape)) for x, f in zip(exact, pieces, strict=True)]

    def shifted(self, errors: list[Any]) -> Any:
        pairs = zip(errors, self.along.values(), strict=True)
        return sum((np.vdot(e, v) for e, v in pairs), self.algebra.lift(0))

    def masks(self, low: int, high: int) -> dict[str, Any]:
        """The places of the components in that count."""
        found, start = {}, 0
        for k, v in self.along.items():
            places = start + np.arange(v.size).reshape(v.shape)
            found[k], start = (low <= places) & (places < high), start + v.size
        return found

    def agrees_with(self, grads: list[Any]) -> bool:
        return self.agrees(grads, {})

    def agrees(self, grads: list[Any], masks: Any) -> bool:  # type: ignore[override]
        want = self.derivative(masks)[0] if masks else self.want
        slope: Any = self.algebra.lift(0)
        for (k, v), grad in zip(self.along.items(), grads, strict=True):
            v = np.where(masks[k], v, 0) if masks else v
            slope = slope + np.vdot(self.algebra.lift(grad), v)
        return bool(self.algebra.equal(slope, want.slope))


def headed(xs: list[Any]) -> list[Any]:
    """The first number of all, and what else there is."""
    return [xs[0].reshape(-1)[0], *xs] if xs[0].ndim else xs


def parts(x: Any) -> Iterator[Any]:
    """The arrays and numbers in nested tuples and lists, in order."""
    if isinstance(x, tuple | list):
        for part in x:
            yield from parts(part)
    else:
        yield x
