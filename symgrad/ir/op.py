"""The declaration of an operation, once; every other room reads its facts from here.

An elementwise op has ``partials``, written against an algebra ``f`` whose attributes are the ops
themselves, so that the same rule builds IR, runs on floats and on SymPy symbols::

    tanh: partials=lambda f, y, x: (1 - y * y,)

A structural op has a ``pullback``, written against the same algebra::

    sum: pullback=lambda f, g, y, x, *, axis, keepdims: (f.broadcast_to(...),)

The algebra's values support + - * / ** and unary minus with each other and with Python numbers.
``f.type(x)`` is the IR type of a value.  ``f.mask(condition)`` is 1 where a bool value holds and
0 elsewhere; a cotangent times a mask may be emitted as a product or as a selection.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import Any

from symgrad.ir.types import Dim, Type

Attribute = Any  # bool, int, float, str, None, or nested tuples of them


TRAITS = {
    "exact": "rounds nothing: it moves, chooses or counts elements",
    "moves": "its pullback moves the elements of a cotangent, of a guard as well",
    "carries": "linear in its first operand, whose elements it keeps, repeats, leaves out or adds",
    "reduces": "each result has elements of its own that it is made of, along the axes",
    "nonempty": "has no value along an empty axis",
    "activation": "of a hidden layer",
    "comparison": "of two numbers",
    "condition": "its value is a truth, made of the operands element by element",
    "adds": "the sum or the difference of two operands",
    "combines": "of sums, products, quotients or choices alone: the shares of a cotangent are such",
    "rational": "a rational function, which ``evaluate`` computes of fractions, too",
    "picks": "each element of its result is one of its first operand's",
    "contracts": "adds up elements, or products of elements, of its operands along axes",
    "arranges": "its elements are its operands', or zeros, by their places alone",
    "extreme": "the largest or the least of its operands, or of one and 0",
    "sums": "a sum of elements of its operands, none of which is subtracted",
    "terms": "as large as its terms, whose sizes are those of its operands, added or multiplied",
    "view": "its result may share memory with its first operand",
}


@dataclass(frozen=True, eq=False)
class Op:
    """One operation.  Identity is the object; ``name`` is its name in the IR's text.

    An elementwise op needs ``name``, ``meaning``, ``partials``, ``domain`` and ``doc``, and for its
    value and its text an ``expansion`` or ``sources`` (see ``ops.table``).  All else is
    optional.  Without ``interval`` no guard behind the op is left out for a proof that its value
    is not 0; without ``accurate``, ``accurate=True`` uses ``partials``; without ``cost`` it counts
    as a transcendental when simplification decides what is cheaper; without ``called`` and
    ``inside`` emitted text names values by the op; without ``kinks`` and ``masks`` derivatives are
    taken to be smooth; without traits it takes part in nothing that TRAITS names.

    infer        (operand types, **attributes) -> result type; raises ShapeError or DTypeError
    evaluate     (*arrays, **attributes) -> array: the reference semantics, IEEE, no warnings
    floats       the same on Python floats; by default the function of its name in
                 ``float_functions``, the second of ``sources``, or the expansion
    dim_attributes  attributes that hold dims; the interpreter resolves them to ints
    meaning      (sympy, *symbols) -> expression, for elementwise ops
    definition   text over the checker's functions, of the operands {0}, {1} and the attributes, or
                 what ``ops.defining`` has; by default the checker's function of the op's name, or
                 the meaning
    assumed      where it has its meaning: an assumption of certificates
    spelled      what people write in SymPy, where the meaning is cut into pieces for proofs
    partials     (f, y, *xs) -> one dy/dx an operand; None for an operand without derivative
    accurate     partials within 4 ulp everywhere, where those above trade digits for time
    pullback     (f, g, y, *xs, **attributes) -> one cotangent an operand, or None
    expansion    (f, *xs, **attributes) -> the same value from simpler ops; for targets without it
    made         the user's formula that it is made of; other processes' tables lack such an op
    inline       the expansion takes the op's place once derivatives are taken
    approximate  its helper in emitted texts is proved by measurement, and judged by its meaning
    sources      two functions, of arrays and of floats, whose text its helpers in emitted code are;
                 for an op that no target has a text of its own for
    shares       an op whose expansion computes the same things; where both have the same operands,
                 both expansions take their places
    mirrored     the op that computes of x what this one computes of -x; its own, of an even one
    beside       an op, and a helper that gives its value and this one's of the same operands in one
                 call, at little more than the cost of one
    domain       one interval (low, high) an operand, open, where samples are drawn
    kinks        points, as tuples of operand values, where the derivative is a stated convention
    pieces       conditions on SymPy symbols that part the domain at the kinks
    masks        a partial may be 0 by choice: of an operand that is not chosen, or at a kink
    unbounded    values, or partials, may be infinite or nan where the operands are not
    steep        (f, y, *xs) -> for each operand, the condition under which dy/dx is infinite though
                 y is finite, or None
    rests        (instruction, still, of) -> whether dy = 0 wherever y = 0, where ``still`` tells it
                 of other values and ``of`` gives their intervals
    interval     (instruction, of) -> the interval that the values lie in; see ``ops.intervals``
    cost         of an element, in additions; by default 16 where there are partials, else 1;
                 ``weight`` is what it came to
    traits       what else passes and targets ask for, of TRAITS
    symbol       Python's operator for it, as it is written
    folds        the op of two operands that a reduction applies along an axis
    called       what a value of it is called in texts if nobody named it; by default the name, or
                 for an op that is written as its expansion, the outermost op of that
    inside       what an operand of it is called there
    named        how the short names of its operands make the name of its value, as ``sum_{}``
    renames      how that is shorter where the operand's name begins so: exp of ``log_x`` is ``x``
    slope        its derivative as a text, of its result h
    work         what it counts as where a text's operations are counted; by default its name
    flops        (result type, *operand types, **attributes) -> how many it takes; by default one an
                 element where there are partials
    indices      (*operand types, **attributes) -> for each operand that is an index, the size it is
                 one into, else None
    reader       the op that reads the elements from the places where this one adds them up
    """

    name: str
    kind: str
    arity: int | None
    infer: Callable[..., Type]
    evaluate: Callable[..., Any]
    floats: Callable[..., Any] | None = None
    attributes: tuple[str, ...] = ()
    dim_attributes: tuple[str, ...] = ()
    meaning: Callable[..., Any] | None = None
    definition: Any = None
    assumed: str = ""
    spelled: Callable[..., Any] | None = None
    partials: Callable[..., tuple[Any, ...]] | None = None
    accurate: Callable[..., tuple[Any, ...]] | None = None
    pullback: Callable[..., tuple[Any, ...]] | None = None
    expansion: Callable[..., Any] | None = None
    domain: tuple[tuple[float, float], ...] = ()
    kinks: tuple[tuple[float, ...], ...] = ()
    pieces: Callable[..., Sequence[Any]] | None = None
    commutative: bool = False
    inline: bool = False
    approximate: bool = False
    sources: tuple[Callable[..., Any], ...] = ()
    shares: str = ""
    mirrored: str = ""
    beside: tuple[str, str] | None = None
    made: Any = None
    masks: bool = False
    unbounded: bool = False
    steep: Callable[..., tuple[Any, ...]] | None = None
    rests: Callable[..., bool] | None = None
    interval: Callable[..., Any] | None = None
    cost: int | None = None
    traits: tuple[str, ...] = ()
    symbol: str = ""
    folds: str = ""
    called: str = ""
    inside: str = ""
    named: str = ""
    renames: tuple[tuple[str, str], ...] = ()
    slope: str = ""
    work: str = ""
    flops: Callable[..., Dim] | None = None
    reader: str = ""
    indices: Callable[..., tuple[Dim | None, ...]] | None = None
    doc: str = ""
    weight: int = field(init=False, default=0)

    def __post_init__(self) -> None:
        # A transcendental is worth sixteen additions.
        usual = 16 if self.partials is not None else 1
        object.__setattr__(self, "weight", usual if self.cost is None else self.cost)
        if unknown := set(self.traits) - set(TRAITS):
            raise ValueError(f"{self.name}: no traits {unknown}; those are {', '.join(TRAITS)}")

    def __repr__(self) -> str:
        return f"<op {self.name}>"

    def __reduce__(self) -> str | tuple[Any, ...]:
        raise TypeError("an op is a declaration in code and is not pickled; pickle IR as text")


def _leaf(*arrays: Any, **attributes: Any) -> Any:
    raise RuntimeError("a parameter has no operands to evaluate; it is given")


# The grammar's own two leaves.  A parameter's type is stated, a constant carries its value.
PARAMETER = Op("parameter", "leaf", 0, infer=_leaf, evaluate=_leaf, attributes=("kind",), cost=0)
CONSTANT = Op("constant", "leaf", 0, infer=_leaf, evaluate=_leaf, attributes=("value",), cost=0)
