r"""A claim about a text, and one trial of it: a point, a direction, and the reference's derivative.

>>> from symgrad.checker.balls import Balls
>>> text = "def f(x):\n    return x * x, (2.0 * x,)\n"
>>> claim = Claim(text, lambda x: x * x, {"x": "f64[]"}, ("x",))
>>> trial = Trial(claim, Balls(), {"x": np.float64(3.0)}, "seed")
>>> value, grads = trial.run()
>>> value == 9, grads[0] == 6, trial.differs(value, grads), trial.differs(value, [value])
(True, True, None, 'd_x')
"""

from __future__ import annotations

import ast
import math
import random
import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from itertools import chain
from types import FunctionType
from typing import Any

import numpy as np

from symgrad.checker.balls import Dual
from symgrad.checker.comparisons import Place
from symgrad.checker.exact_number import RUN, Nowhere
from symgrad.checker.exact_syntax import nodes, stated
from symgrad.checker.exact_text import ExactText, explained, leaves
from symgrad.checker.outlines import DTYPES, arrays, dims_of, like, outline, size_of, sizes_at
from symgrad.checker.real_functions import FUNCTIONS, Real
from symgrad.errors import DomainError, SymgradError, UnsupportedError, VerificationError
from symgrad.runtime.libraries import Library
from symgrad.runtime.load import load_source

Draw = Callable[[random.Random], float]
POOL = 1000  # different numbers in an array that is drawn
LARGE = 256  # numbers, above which arrays are cheaper than numbers one by one
HUGE = 20_000  # numbers among the arguments, above which they are not judged one by one
LITERALS = 16  # of a text, the smallest of them, that its arguments are set to


@dataclass(frozen=True)
class Claim:
    """A text and what it is to compute: the reference's value, and its gradient.

    reference  a text, or a function; what has ``run`` is told a number of the algebra first
    types      the arguments in order, as ``f64[N, 2]``; others keep their defaults
    wrt        the arguments that the gradients belong to, in their order; without any, the text
               returns its value alone
    below      for an integer argument that indexes, the numbers or sizes that it stays below
    given      arguments that are not drawn: they have these values, exactly
    name       of the function in the text that its user gets; the last one by default
    returns    the types of the results, nested as it returns them; by default a number, and a tuple
               of gradients
    arrays     whether arrays come and go as NumPy's, and not as nested lists and tuples
    atoms      helpers by their source, each with the formula that it is proved elsewhere to compute
    budget     how many balls the search for ties may take; 0 for as many as it takes by default
    libraries  modules that the text may import besides the standard ones: nothing stands in for
               them here, so that such a text is not judged
    whole      the algebra of whole arrays that the checker runs it on: "balls", or the coarse
               "pairs" of floats; number by number without one
    """

    text: str
    reference: Any
    types: Mapping[str, str]
    wrt: tuple[str, ...]
    below: Mapping[str, Sequence[int | str]] = field(default_factory=dict)
    given: Mapping[str, Any] = field(default_factory=dict)
    name: str = ""
    returns: Any = ()
    arrays: bool = True
    atoms: Mapping[str, str] = field(default_factory=dict)
    budget: int = 0
    libraries: tuple[Library, ...] = ()
    whole: str = ""

    @cached_property
    def program(self) -> ExactText:
        text = stated(self.text, self.atoms)
        program = ExactText(text, FUNCTIONS, {}, self.libraries)
        self.chosen(program.functions)
        return program

    @cached_property
    def expected(self) -> Callable[..., Any]:
        """The reference, called with a number of the algebra and then its arguments."""
        if isinstance(self.reference, str):
            given = {name: f for name, f in FUNCTIONS.items() if name not in ("max", "min")}
            return ExactText(self.reference, FUNCTIONS, given).run
        plain = self.reference
        return getattr(plain, "run", None) or (lambda one, *args: plain(*args))

    @cached_property
    def floats(self) -> Any:
        """The text as it runs for its user."""
        return self.chosen(load_source(self.text, libraries=self.libraries))

    def kept(self) -> list[Any]:
        """All values that outlive a call of the text."""
        return [*self.floats.__globals__.values(), *(self.floats.__defaults__ or ())]

    def chosen(self, own: Mapping[str, Any]) -> Any:
        """The function that the user gets, who may call it by the names of its arguments."""
        f = own.get(self.name or [k for k, f in own.items() if isinstance(f, FunctionType)][-1])
        if not isinstance(f, FunctionType):
            raise VerificationError(f"the text defines no function {self.name!r}")
        code, count = f.__code__, len(self.types)
        names, rest = code.co_varnames[:count], code.co_argcount - count
        if names != (*self.types,) or rest != len(f.__defaults__ or ()) or code.co_posonlyargcount:
            raise VerificationError(f"the text does not take {', '.join(self.types)} by name")
        return f

    @property
    def real(self) -> Any:
        """The type of its floats, the least exact of the arguments'; plain Python has one alone."""
        single = self.arrays and any(t[:3] == "f32" for t in self.types.values())
        return np.float32 if single else np.float64

    @property
    def promised(self) -> Any:
        plain = ("f64[]", tuple([self.types[k] for k in self.wrt])) if self.wrt else "f64[]"
        return self.returns or plain

    @cached_property
    def dims(self) -> tuple[str, ...]:
        """The named sizes."""
        found = [d for t in self.types.values() for d in re.findall(r"[A-Za-z_]\w*", t)[1:]]
        return tuple(dict.fromkeys(found))

    @property
    def coarse(self) -> bool:
        """True if balls have fewer bits than those of numbers one by one."""
        return self.whole == "pairs"

    @property
    def counts(self) -> bool:
        """True if an argument is any integer, so that few points show few of them."""
        return any(t[0] == "i" and k not in self.below for k, t in self.types.items())

    def sizes(self, n: int) -> dict[str, int]:
        return sizes_at(n, self.dims)

    def is_large(self, n: int, count: int = 0) -> bool:
        """True if arguments are arrays large enough to be tried as such."""
        shapes = [[size_of(d, self.sizes(n)) for d in dims_of(t)] for t in self.types.values()]
        whole = self.arrays and not getattr(self.reference, "by_numbers", False)
        return whole and sum(map(math.prod, shapes)) > (count or LARGE)

    def numbers_too(self, n: int) -> bool:
        """True if arrays are not too large to be judged number by number."""
        return not self.is_large(n, HUGE)

    def outline(self, at: Mapping[str, Any], exact: bool) -> Any:
        """How the results at a point are nested, their shapes, and unless exact their types."""
        axes = [zip(dims_of(t), np.shape(at[k]), strict=True) for k, t in self.types.items()]
        return outline(like(self.promised, dict(chain(*axes)), self.arrays), exact)

    @cached_property
    def numbers(self) -> list[float]:
        """All in the text above 0 and below a billion."""
        values = [x.value for x in nodes(ast.parse(self.text)) if isinstance(x, ast.Constant)]
        found = {abs(float(x)) for x in values if isinstance(x, int | float)}
        return sorted(x for x in found if 0.0 < x < 1e9)

    @property
    def literals(self) -> tuple[float, ...]:
        """The text's numbers, where its comparisons may tie."""
        return tuple(self.numbers[:LITERALS])

    @cached_property
    def decks(self) -> dict[str, Iterator[int]]:
        """For each argument the integers that it is yet to get; emptied before a check."""
        return {}

    def dealt(self, name: str) -> Iterator[int]:
        """Those beside the text's numbers, all of them, and then again in another order."""
        near = {sign * int(x) + d for x in self.literals for sign in (1, -1) for d in (-1, 0, 1)}
        rng, deck = random.Random(name), sorted(near | {0, 1})
        parts = [x for x in deck if x >= 0], [x for x in deck if x < 0]
        while True:
            for part in parts:
                yield from rng.sample(part, len(part))

    def point(
        self, n: int, rng: random.Random, draw: Draw, whole: Sequence[int] = ()
    ) -> dict[str, Any]:
        """Arguments as floats, integers and truth values.

        whole   among which the integers are that index nothing; by default those beside the text's
                numbers, in turn
        """
        point: dict[str, Any] = {}
        sizes = self.sizes(n)
        for name, type in self.types.items():
            if name in self.given:
                point[name] = np.asarray(self.given[name])
                continue
            kind, shape = type.partition("[")[0], [size_of(d, sizes) for d in dims_of(type)]
            if kind not in ("f64", "f32", "i64", "bool"):
                raise UnsupportedError(f"{name}: no way to draw a {type}")
            below = [size_of(str(dim), sizes) for dim in self.below.get(name, ())]
            deck = self.decks.setdefault(name, self.dealt(name))
            span = range(2 if kind == "bool" else min(below)) if below or kind == "bool" else whole
            count = math.prod(shape)
            draws: Any = [
                draw(rng) if kind[0] == "f" else rng.choice(span) if span else next(deck)
                for _ in range(min(count, POOL))
            ]
            if count > POOL:  # dealt again, as often as it takes
                draws = np.random.default_rng(rng.getrandbits(64)).choice(draws, count)
            point[name] = np.array(draws, DTYPES[kind]).reshape(shape)
        return point


class Trial:
    """One point in one algebra: the arguments, a direction, and the reference's derivative."""

    def __init__(self, claim: Claim, algebra: Any, point: Mapping[str, Any], seed: str) -> None:
        self.claim, self.algebra, self.seed, rng = claim, algebra, seed, random.Random(seed)
        self.point = point
        self.at = arguments(claim, algebra, point)
        size = sum(1 for name in claim.wrt for _ in leaves(self.at[name]))
        self.directions = [rng.uniform(-1.0, 1.0) for _ in range(size)]
        self.along = [algebra.variable(v) for v in self.directions]
        self.kept: tuple[Any, list[Any]] = ((), [])
        self.found: list[Any] = []
        RUN.asked = False
        self.want, *self.rest = self.derivatives(range(size))

    def derivatives(self, part: Sequence[int]) -> list[Dual]:
        """Values and slopes of the reference where only a part of the arguments moves."""
        zero, chosen = 0 * self.algebra.one, set(part)
        slopes = [v if i in chosen else zero for i, v in enumerate(self.along)]
        duals, y = forward(self.claim, self.algebra.one, self.at, slopes)
        self.shapes = _shapes(y)
        return duals

    def is_smooth(self) -> bool:
        """True if the reference has a slope, whatever argument moves: slopes are intervals, so that
        none is 0 because others cancel it, as a text that multiplies by partials gives nan then.
        At a jump a function has none, though nobody may read it."""
        one, anywhere = self.algebra.one, self.algebra.anywhere()
        RUN.jumped = False
        moved = {
            k: mapped(lambda x: Dual(x, anywhere) if isinstance(x, Real) else x, v)
            for k, v in self.at.items()
        }
        with np.errstate(all="ignore"), explained("the reference"):
            y = self.claim.expected(one, *moved.values())
        nowhere = any(isinstance(getattr(x, "slope", x), Nowhere) for x in leaves(y))
        return not (nowhere or RUN.jumped)

    def run(self, work: Any = None) -> tuple[Any, list[Any]]:
        """Value and gradient by the text, which must leave its arguments alone."""
        before = list(leaves(list(self.at.values())))
        named, one = {} if work is None else {"work": work}, self.algebra.one
        result = self.called(**named)
        if outline(result, True) != self.claim.outline(self.at, True):
            raise VerificationError(f"the shapes and types are not {self.claim.promised}")
        value, grads = result if self.claim.wrt else (result, ())
        if _shapes(value) not in ([], self.shapes):  # plain Python has no arrays
            raise VerificationError(f"values have shapes {_shapes(value)}, not {self.shapes}")
        if not same(before, list(self.at.values())):
            raise VerificationError("the text writes into an argument")
        self.kept = (grads, list(leaves(grads)))
        with explained("what the text returns"):
            numbers = [*leaves(value), *self.kept[1]]
            numbers = [one.lift(x) if isinstance(x, float) else x for x in numbers]
            first, *rest = (x if type(x) is type(one) else one * x for x in numbers)
        count = len(rest) - len(self.kept[1])
        self.found = rest[:count]
        if count != len(self.rest):
            raise VerificationError(f"the text gives {count + 1} values, not {len(self.rest) + 1}")
        return first, rest[count:]

    def called(self, **named: Any) -> Any:
        """The result of the text."""
        RUN.in_text = True
        try:
            with explained("the text"):
                run = self.claim.program.run
                return run(self.algebra.one, *self.at.values(), name=self.claim.name, **named)
        finally:
            RUN.in_text = False

    def depends(self, place: Place, old: int, new: int, which: int | None = None) -> bool:
        """True if the text would be refuted here, were one side of a comparison taken for another
        at each of its numbers, or at one alone."""
        algebra, last = self.algebra, (self.kept, self.found)
        digits, watch = algebra.digits, algebra.watch
        watch.taken, watch.count = (place, old, new, which), 0
        try:
            value, grads = self.run()
            return self.other_value(value) is not None or not self.agrees_with(grads)
        except (SymgradError, ValueError, AttributeError):
            return True  # it would have been seen
        finally:
            watch.taken, algebra.digits, (self.kept, self.found) = None, digits, last

    def errors(self, exact: list[Any], floats: Any) -> list[Any]:
        """By how much floats are off."""
        return [x - self.algebra.variable(f) for x, f in zip(exact, floats, strict=True)]

    def shifted(self, errors: list[Any]) -> Any:
        """Errors of the gradient, in the direction of the trial."""
        pairs = zip(errors, self.along, strict=True)
        return sum((e * v for e, v in pairs), self.algebra.variable(0.0))

    def again(self, unit: float) -> Trial:
        """The trial with the rounding of floats."""
        return type(self)(self.claim, type(self.algebra)(unit), self.point, self.seed)

    def intact(self) -> bool:
        """True if the gradient is still what it was when the text returned it."""
        return same(self.kept[1], self.kept[0])

    def differs(self, value: Any, grads: list[Any]) -> str | None:
        """The component in which a result is not the reference's."""
        if (other := self.other_value(value)) or self.agrees_with(grads):
            return other
        part: Sequence[int] = range(len(grads))
        while len(part) > 1:
            half = part[: len(part) // 2]
            want = self.derivatives(half)[0]
            part = part[len(half) :] if self.agrees(grads, half, want) else half
        names = [(k, i) for k in self.claim.wrt for i in np.ndindex(np.shape(self.at[k]))]
        name, index = names[part[0]]
        return f"d_{name}{list(index) if index else ''}"

    def other_value(self, value: Any) -> str | None:
        """The name of the first value that is not the reference's."""
        if not self.algebra.equal(value, self.want.value):
            return "the value"
        for i, (got, want) in enumerate(zip(self.found, self.rest, strict=True)):
            if not self.algebra.equal(got, want.value):
                return f"value {i + 1}, counted from 0"
        return None

    def agrees_with(self, grads: list[Any]) -> bool:
        """True if the gradient is the reference's, in the direction of the trial."""
        return self.agrees(grads, range(len(grads)), self.want)

    def agrees(self, grads: list[Any], part: Sequence[int], want: Dual) -> bool:
        slope = sum((grads[i] * self.along[i] for i in part), 0 * self.algebra.one)
        return bool(self.algebra.equal(slope, want.slope))


def forward(
    claim: Claim, one: Any, at: Mapping[str, Any], slopes: Sequence[Any]
) -> tuple[list[Dual], Any]:
    """The reference's values with their derivatives, in order, and what it returned.

    slopes   of all numbers of the arguments that are differentiated by, in order
    Raises DomainError where a value has no derivative.
    """
    along, zero = iter(slopes), 0 * one
    moved = {k: mapped(lambda x: Dual(x, next(along)), at[k]) for k in claim.wrt}
    with np.errstate(all="ignore"), explained("the reference"):
        y = claim.expected(one, *{**at, **moved}.values())
    duals = [*map(Dual(zero, zero).lift, leaves(y))]
    if any(isinstance(dual.slope, Nowhere) for dual in duals):
        raise DomainError("the reference has no slope")
    return duals, y


def arguments(claim: Claim, algebra: Any, point: Mapping[str, Any]) -> dict[str, Any]:
    """The numbers of an algebra at a point; what is given is known exactly."""

    def known(x: Any) -> Any:
        return algebra.one.lift(x) if math.isfinite(x) else x

    return {k: mapped(known if k in claim.given else algebra.variable, v) for k, v in point.items()}


def mapped(convert: Callable[[Any], Any], x: Any) -> Any:
    """Each float or number of an array converted; integers and truth values stay."""
    x = np.asarray(x)
    if x.dtype.kind in "ib":
        return x[()]
    return np.asarray(np.frompyfunc(convert, 1, 1)(x), object)[()]


def _shapes(x: Any) -> list[tuple[int, ...]]:
    """The shapes of the arrays in nested tuples, in order."""
    return [a.shape for a in arrays(x) if a.ndim]


def same(before: list[Any], after: Any) -> bool:
    """True if the leaves are the very objects they were."""
    return all(
        a is b or (isinstance(a, np.generic) and a == b)
        for a, b in zip(before, leaves(after), strict=True)
    )
