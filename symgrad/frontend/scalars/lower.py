"""Makes an IR function of a graph of ``Value``s.

Each entry of ``wrt`` becomes a scalar parameter, reached or not; any other leaf is a literal.
Instructions keep the order in which the program made them, and the lines that made them.

>>> from symgrad.frontend.scalars.value import Value
>>> w = Value(3.0, label="w")
>>> function = lower([w * 2.0 + 1.0], [w], ["w"])
>>> function.parameters[0], [x.op.name for x in function.body]
(<w = parameter : f64[]>, ['constant', 'multiply', 'constant', 'add'])
"""

from __future__ import annotations

import keyword
from collections.abc import Mapping, Sequence
from types import CodeType
from typing import Any

from symgrad.errors import ArgumentError, NamingError, UnsupportedError
from symgrad.frontend.scalars.backprop import USER, computed
from symgrad.frontend.scalars.node import TRUTHS
from symgrad.frontend.scalars.value import Value
from symgrad.frontend.source.origin import decode
from symgrad.ir.function import Function, Instr, Origins, parameter
from symgrad.ir.naming import before
from symgrad.ir.op import CONSTANT
from symgrad.ir.types import Type
from symgrad.ops import OPS

_SCALAR, _TRUTH = Type("f64"), Type("bool")


def values_of(wrt: Any) -> list[Value]:
    """The parameters in ``wrt``: those of a module, each once, or a sequence of Values.

    Raises ArgumentError for anything else, for a repeated entry and for one that is computed.
    """
    if hasattr(wrt, "parameters"):
        return _checked(list(dict.fromkeys(wrt.parameters())))
    return _checked([wrt] if isinstance(wrt, Value) else list(wrt))


def names_of(wrt: Any) -> list[str]:
    """A distinct name for each of ``values_of(wrt)``.

    A network's parameters are named by their place in it (``w2_31`` is the weight of neuron 3 in
    layer 2 on its input 1), others by their label where that is a name, else p1, p2, ...
    """
    values = values_of(wrt)
    structural = getattr(wrt, "parameter_names", None)
    if structural is not None:
        named = dict(zip(reversed(wrt.parameters()), reversed(structural()), strict=True))
        names = [named[v] for v in values]
    else:
        names = [hint_of(v) or f"p{i + 1}" for i, v in enumerate(values)]
    taken: set[str] = set()
    for i, name in enumerate(names):
        while names[i] in taken:
            names[i] = f"{names[i]}_{i + 1}" if names[i] == name else names[i] + "_"
        taken.add(names[i])
    return names


def hint_of(v: Value) -> str:
    """The label if it can be a name in emitted code, else nothing."""
    label = v.label
    return label if label.isidentifier() and not keyword.iskeyword(label) else ""


def lower(
    outputs: Sequence[Value],
    wrt: Sequence[Value],
    names: Sequence[str],
    name: str = "loss",
    called: Mapping[int, str] | None = None,
) -> Function:
    """The function of ``wrt`` that computes ``outputs``; values are ``f64[]``.

    ``called`` maps ``id(value)`` to the user's name for it (see ``frontend.source.names``), which
    is preferred to the label that a network gave it.

    Raises ArgumentError if an output is no Value, or an entry of ``wrt`` is repeated or computed;
    NamingError if names and ``wrt`` do not match; UnsupportedError for a node that was made by
    hand, whose derivative is known to Python alone.
    """
    for out in outputs:
        if not isinstance(out, Value):
            kind = type(out).__name__
            raise ArgumentError(f"expected a Value to compile, got {kind} {out!r}")
    _checked(wrt)
    if len(names) != len(wrt) or len(set(names)) != len(names):
        raise NamingError(f"expected {len(wrt)} distinct names, one a parameter, got {names!r}")
    parameters = [parameter(n, _SCALAR, "param") for n in names]
    order = computed(outputs)
    lowering = _Lowering(dict(zip(wrt, parameters, strict=True)), hints_of(order, called or {}))
    for v in order:
        lowering.compute(v)
    results = tuple([lowering.operand(v) for v in outputs])
    return Function(name, tuple(parameters), tuple(lowering.body), results)


def hints_of(order: Sequence[Value], called: Mapping[int, str]) -> dict[int, str]:
    """The name of each value; the operand of a labelled one is named for the label."""
    hints: dict[int, str] = {}
    for v in order:
        label = hint_of(v)
        name = called.get(id(v), label)
        if name:
            hints[id(v)] = name
        if label and name != label and len(v._operands) == 1:
            hints.setdefault(id(v._operands[0]), before(label))
    return hints


def made_by_hand(name: str) -> UnsupportedError:
    """The error for compiling a node of the user's own."""
    return UnsupportedError(
        f"cannot compile {name.removeprefix(USER)!r}: the node was made by hand with "
        "Value(..., _children) and only its _backward knows its derivative; write it with the "
        "methods of Value"
    )


class _Lowering:
    """The instructions so far, and the instruction of each value."""

    def __init__(self, known: dict[Value, Instr], hints: Mapping[int, str]) -> None:
        self.known = known
        self.hints = hints
        self.body: list[Instr] = []
        self.origins: dict[tuple[int, int], Origins] = {}

    def compute(self, v: Value) -> None:
        """Appends the instruction of a node whose operands are known."""
        if v._name.startswith(USER):
            raise made_by_hand(v._name)
        operands = [self.operand(x) for x in v._operands]
        if v._name == "power" and len(operands) == 1:
            operands.append(self.literal(float(v._exponent)))
        origins = self.origins_of(v._code, v._at)
        hint = self.hints.get(id(v), "")
        type = _TRUTH if v._name in TRUTHS else _SCALAR
        instr = Instr(OPS[v._name], tuple(operands), (), type, hint, origins)
        self.known[v] = instr
        self.body.append(instr)

    def operand(self, v: Value) -> Instr:
        """The instruction of a value; a leaf becomes a literal when it is first read."""
        if v not in self.known:
            self.known[v] = self.literal(v.data, hint_of(v))
        return self.known[v]

    def literal(self, number: float, hint: str = "") -> Instr:
        instr = Instr(CONSTANT, (), (("value", float(number)),), _SCALAR, hint)
        self.body.append(instr)
        return instr

    def origins_of(self, code: CodeType | None, at: int) -> Origins:
        if code is None:
            return ()
        key = (id(code), at)  # the values keep their code objects alive; a code's hash is slow
        if key not in self.origins:
            self.origins[key] = (decode(code, at),)
        return self.origins[key]


def _checked(wrt: Sequence[Any]) -> list[Value]:
    for i, v in enumerate(wrt):
        if not isinstance(v, Value):
            raise ArgumentError(
                f"wrt[{i}]: expected a Value, got {type(v).__name__}; "
                "pass a Module or a list of Values"
            )
        if v._operands:
            raise ArgumentError(
                f"wrt[{i}]: expected a leaf, got a result of {v._op!r}, made at {v.origin}"
            )
    if len(set(wrt)) != len(wrt):
        raise ArgumentError("wrt: a Value is listed twice; list each parameter once")
    return list(wrt)
