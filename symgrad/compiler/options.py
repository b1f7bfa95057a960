"""The options of every way to a compiled function, in one table; each way in checks them here.

>>> parse_options({"strict": True}).strict
True
>>> parse_options({"strikt": True})
Traceback (most recent call last):
symgrad.errors.ArgumentError: unknown option 'strikt'; did you mean 'strict'?
>>> parse_options({"style": "looped"}, "numpy")
Traceback (most recent call last):
symgrad.errors.ArgumentError: the target 'numpy' has no style 'looped'; one of readable
"""

from __future__ import annotations

import builtins
import keyword
from collections.abc import Mapping
from dataclasses import dataclass, field, fields
from typing import Any

from symgrad.codegen import AUTO, TARGETS
from symgrad.errors import ArgumentError, LimitError, NamingError
from symgrad.frontend.refusals import nearest
from symgrad.ir.naming import check_name
from symgrad.runtime.libraries import STANDARD

_BESIDE = ("wrt", "aux", "target", "name")  # what sg.compile takes beside the options
# Options of other tools, and what serves here.
FOREIGN = {
    "argnums": "pass wrt=, the Module, Values or leaves to differentiate by",
    "argnames": "pass wrt=, the Module, Values or leaves to differentiate by",
    "static_argnums": "numbers become inputs where the function only computes with them",
    "static_argnames": "numbers become inputs where the function only computes with them",
    "modules": f"pass {' or '.join(f'target={name!r}' for name in TARGETS)}",
}


@dataclass(frozen=True)
class Options:
    """How to compile.

    stabilize     replace what overflows or cancels by an operation that does not, before
                  differentiating: log(1 + exp(x)) by softplus(x); ``history`` tells what and where
    accurate      derivatives within 4 ulp of each operation's true one, also where the default
                  trades digits for time: tanh, silu, gelu, ndtr, erf, erfc, power, logaddexp
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

    def check_length(self, count: int) -> None:
        """Raises LimitError for a forward program of more instructions than ``limit``."""
        if count > self.limit:
            raise LimitError(
                f"the program has {count} instructions, and the option 'limit' allows "
                f"{self.limit}; write loops over the data as array expressions, or raise the limit"
            )


def parse_options(given: Mapping[str, Any], target: Any = "numpy") -> Options:
    """The options for keyword arguments, for a target.

    Raises ArgumentError for an unknown option or target, and for a style that the target lacks.
    """
    known = [field.name for field in fields(Options)]
    for name, value in given.items():
        if name in FOREIGN:
            raise ArgumentError(f"unknown option {name!r}; {FOREIGN[name]}")
        if name not in known:
            hint = nearest(name, [*known, *_BESIDE])
            hint = hint if hint.startswith("did") else nearest("", known)
            raise ArgumentError(f"unknown option {name!r}; {hint}")
        _check(name, value)
    options = Options(**given)
    if not isinstance(target, str) or target not in (AUTO, *TARGETS):
        raise ArgumentError(f"unknown target {target!r}; {nearest(str(target), [*TARGETS, AUTO])}")
    if target == AUTO:
        if options.style:
            raise ArgumentError(f"option 'style': belongs to one target; name it, not {AUTO!r}")
        return options
    if options.style and options.style not in TARGETS[target].styles:
        hint = nearest(options.style, TARGETS[target].styles)
        raise ArgumentError(f"the target {target!r} has no style {options.style!r}; {hint}")
    return options


def check_flag(name: str, value: Any) -> None:
    """Raises ArgumentError unless the value is True or False."""
    if not isinstance(value, bool):
        raise ArgumentError(f"option {name!r}: expected True or False, got {value!r}")


def check_function_name(name: Any) -> None:
    """Raises NamingError for what cannot be the name of an emitted function."""
    check_name(name)
    libraries = (*STANDARD, *(own for target in TARGETS.values() for own in target.libraries))
    modules = [library.called for library in libraries if library.whole]
    known = keyword.iskeyword(name) or hasattr(builtins, name) or name in modules
    if known or name.startswith("__"):
        raise NamingError(f"name: {name!r} cannot be a function of emitted code; choose another")


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
    else:
        check_flag(name, value)


def _is_count(value: Any) -> bool:
    return isinstance(value, int) and not isinstance(value, bool) and value >= 0
