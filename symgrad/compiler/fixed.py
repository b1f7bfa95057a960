"""Which of the user's Values became numbers of the emitted text.

>>> from symgrad.frontend.scalars.value import Value
>>> w, rate = Value(2.0), Value(0.1)
>>> fixed([w * rate + 1.0], [w], {"w": w, "rate": rate})
('Values that are not in wrt are constants: rate; what their data become later is not seen: \
compile again, or put them into wrt',)
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from typing import Any

from symgrad.frontend.scalars.backprop import reach
from symgrad.frontend.scalars.lower import hint_of
from symgrad.frontend.scalars.value import Value
from symgrad.frontend.source.names import from_frame, scalars

_SHOWN = 6  # names


def fixed(
    outputs: Sequence[Value], wrt: Sequence[Value], variables: Mapping[str, Any]
) -> tuple[str, ...]:
    """A note of those that have a name, by a variable, a list or their label; () for none.

    A number that meets a Value has none.  The graph is not looked through unless the variables hold
    other Values.
    """
    own = set(map(id, wrt))
    modules = _of_modules(variables)
    loose = {id(v) for v in scalars(variables) if not v._operands}
    if own.issuperset(loose.union(modules)):
        return ()
    leaves = [v for v in reach(outputs) if not v._operands and not v._name and id(v) not in own]
    names = {**modules, **from_frame(variables, set(map(id, leaves)))}
    counts = Counter(filter(None, [names.get(id(v)) or hint_of(v) for v in leaves]))
    if not counts:
        return ()
    shown = [name if n == 1 else f"{name} ({n} values)" for name, n in counts.items()]
    rest = len(shown) - _SHOWN
    text = ", ".join(shown[:_SHOWN]) + (f" and {rest} more" if rest > 0 else "")
    note = f"Values that are not in wrt are constants: {text}; what their data become later is "
    return (note + "not seen: compile again, or put them into wrt",)


def _of_modules(variables: Mapping[str, Any]) -> dict[int, str]:
    """The variable that holds the module of a parameter, by the parameter's ``id``."""
    modules = {
        name: value
        for name, value in variables.items()
        if any("parameter_rows" in vars(kind) for kind in type(value).__mro__)
    }
    return {id(p): name for name, module in modules.items() for p in module.parameters()}


__all__ = ["fixed"]
