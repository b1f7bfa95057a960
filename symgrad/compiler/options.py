"""The options of ``sg.compile``, in one place.

>>> parse_options({"strict": True}).strict
True
>>> parse_options({"strikt": True})
Traceback (most recent call last):
symgrad.errors.ArgumentError: unknown option 'strikt'; did you mean 'strict'?
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, fields
from typing import Any

from symgrad.errors import ArgumentError

STYLES = {"numpy": ("readable",), "python": ("unrolled", "looped")}


@dataclass(frozen=True)
class Options:
    """How to compile.

    stabilize     replace what overflows or cancels by an operation that does not, before
                  differentiating: log(1 + exp(x)) by softplus(x); ``history`` tells what and where
    accurate      derivatives within 4 ulp of each operation's true one, also where the default
                  trades digits for time: tanh, sigmoid, silu, gelu, erf, erfc, power, logaddexp
    simplify      make value and gradient together cheaper by identities, where that lowers the
                  count of operations: x**6 by products, a*c + b*c as (a + b)*c; "sympy" asks SymPy
                  as well, on regions of at most 40 operations, which takes seconds
    reassociate   apply rewrites that keep the real function but may round otherwise
    strict        derivatives of relu, maximum, abs select instead of multiplying with a mask, so
                  that an infinite cotangent gives no nan where the derivative is 0; and a call
                  whose results are not finite raises DomainError, which names the operation, its
                  operands and the user's line (a saved file does not: it has no program to ask)
    check         each call checks its arguments' dtypes, shapes and named sizes
    sizes         numbers for named sizes, ``{"N": 100}``: arrays of any other size are refused
    style         how the target writes the function, "" for what suits the program.  For the
                  target ``python`` and a loss made of Values: "unrolled" is a straight line, and
                  "looped" a ``for`` over the examples, whose number is then free where it can be
                  told; a program that has no such loop stays a straight line, and ``history``
                  says why.  By default a loss of more than 2,000 operations is looped.
                  For ``numpy``: "readable"
    verify        verify the emitted text, and raise VerificationError where it is refuted; the
                  certificate is then ``f.certificate``
    limit         how many instructions a forward program may have
    """

    stabilize: bool = True
    accurate: bool = False
    simplify: bool | str = True
    reassociate: bool = True
    strict: bool = False
    check: bool = True
    verify: bool = False
    sizes: Mapping[str, int] = field(default_factory=dict, hash=False)
    style: str = ""
    limit: int = 1_000_000

    def check_style(self, target: str) -> None:
        """Raises ArgumentError for a style that the target does not have."""
        own = STYLES.get(target, ())
        if self.style and self.style not in own:
            hint = _nearest(self.style, own)
            raise ArgumentError(f"the target {target!r} has no style {self.style!r}; {hint}")


def parse_options(given: Mapping[str, Any]) -> Options:
    """The options for keyword arguments.  Raises ArgumentError for an unknown one."""
    known = [field.name for field in fields(Options)]
    for name, value in given.items():
        if name not in known:
            raise ArgumentError(f"unknown option {name!r}; {_nearest(name, known)}")
        _check(name, value)
    return Options(**given)


def _check(name: str, value: Any) -> None:
    if name == "sizes":
        if not isinstance(value, Mapping):
            raise ArgumentError(f"option 'sizes': expected a dict of names, got {value!r}")
        for size, number in value.items():
            if not isinstance(size, str) or not _is_count(number):
                raise ArgumentError(
                    f"option 'sizes': expected names with ints >= 0, got {size!r}: {number!r}"
                )
    elif name == "limit":
        if not _is_count(value):
            raise ArgumentError(f"option 'limit': expected an int >= 0, got {value!r}")
    elif name == "style":
        if not isinstance(value, str):
            raise ArgumentError(f"option 'style': expected a name, got {value!r}")
    elif name == "simplify":
        if not isinstance(value, bool) and value != "sympy":
            raise ArgumentError(
                f"option 'simplify': expected True, False or 'sympy', got {value!r}"
            )
    elif not isinstance(value, bool):
        raise ArgumentError(f"option {name!r}: expected True or False, got {value!r}")


def _nearest(name: str, known: Sequence[str]) -> str:
    from difflib import get_close_matches

    near = get_close_matches(name, known, 1)
    return f"did you mean {near[0]!r}?" if near else f"one of {', '.join(known)}"


def _is_count(value: Any) -> bool:
    return isinstance(value, int) and not isinstance(value, bool) and value >= 0
