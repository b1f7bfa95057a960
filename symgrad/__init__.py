"""symgrad: a forward expression in, one readable function with loss and all gradients out.

>>> import symgrad as sg
>>> w, x = sg.param("w", 2.0), sg.input("x")
>>> f = sg.compile(sg.square(w * x))
>>> f(x=3.0)
(36.0, Gradients(w=36.0))

The array functions carry NumPy's names: ``sg.sum(x, axis=1)``, ``sg.tanh``, ``sg.where``, ...
Everything is imported when it is first used.
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Any

from symgrad.frontend.namespace import METHODS

if TYPE_CHECKING:
    from symgrad.compiler.checking import GradientCheck, check_gradient
    from symgrad.compiler.compile import compile, function, grad
    from symgrad.compiler.compiled import CompiledFunction, load
    from symgrad.compiler.lambdify import lambdify
    from symgrad.compiler.options import Options
    from symgrad.compiler.sympy_expressions import to_sympy
    from symgrad.compiler.value_and_grad import value_and_grad
    from symgrad.frontend.arrays.expr import Expr
    from symgrad.frontend.arrays.leaf import constant, input, param
    from symgrad.frontend.scalars.value import Value
    from symgrad.symbolic.binding import from_sympy
    from symgrad.symbolic.formulas import elementwise
    from symgrad.viz.draw_dot import draw_dot

__version__ = "0.1.0"

_HOME = {
    "CompiledFunction": "symgrad.compiler.compiled",
    "Expr": "symgrad.frontend.arrays.expr",
    "Options": "symgrad.compiler.options",
    "Value": "symgrad.frontend.scalars.value",
    "GradientCheck": "symgrad.compiler.checking",
    "check_gradient": "symgrad.compiler.checking",
    "compile": "symgrad.compiler.compile",
    "elementwise": "symgrad.symbolic.formulas",
    "from_sympy": "symgrad.symbolic.binding",
    "to_sympy": "symgrad.compiler.sympy_expressions",
    "value_and_grad": "symgrad.compiler.value_and_grad",
    "constant": "symgrad.frontend.arrays.leaf",
    **dict.fromkeys(
        ("arange", "eye", "full", "linspace", "ones", "zeros"), "symgrad.frontend.arrays.creation"
    ),
    "function": "symgrad.compiler.compile",
    "grad": "symgrad.compiler.compile",
    "input": "symgrad.frontend.arrays.leaf",
    "lambdify": "symgrad.compiler.lambdify",
    "draw_dot": "symgrad.viz.draw_dot",
    "load": "symgrad.compiler.compiled",
    "param": "symgrad.frontend.arrays.leaf",
}
METHODS["to_sympy"] = ("symgrad.compiler.sympy_expressions", "to_sympy")
_MODULES = ("engine", "errors", "losses", "nn")
_NUMPY: tuple[str, ...] = (
    "e",
    "float32",
    "float64",
    "inf",
    "int64",
    "nan",
    "newaxis",
    "pi",
)

__all__ = [
    "CompiledFunction",
    "Expr",
    "GradientCheck",
    "Options",
    "Value",
    "check_gradient",
    "compile",
    "constant",
    "draw_dot",
    "elementwise",
    "engine",
    "errors",
    "from_sympy",
    "function",
    "grad",
    "input",
    "lambdify",
    "load",
    "losses",
    "nn",
    "param",
    "to_sympy",
    "value_and_grad",
]


def __getattr__(name: str) -> Any:
    if name.startswith("__"):
        raise AttributeError(f"module 'symgrad' has no attribute {name!r}")
    value = _find(name)
    globals()[name] = value
    return value


def __dir__() -> list[str]:
    """The public names."""
    return sorted({*__all__, *_HOME, *_NUMPY, *_functions(), "__version__"})


def _find(name: str) -> Any:
    if name in _MODULES:
        return import_module(f"symgrad.{name}")
    if name in _HOME:
        try:
            return getattr(import_module(_HOME[name]), name)
        except ModuleNotFoundError as error:
            raise _explained(error) from error
    if name in _NUMPY:
        return getattr(import_module("numpy"), name)
    functions = _functions()
    if name in functions:
        return functions[name]
    from symgrad.frontend.refusals import nearest

    near = nearest(name, __dir__())
    hint = near if near.startswith("did") else "dir(symgrad) lists what there is"
    raise AttributeError(f"module 'symgrad' has no attribute {name!r}; {hint}")


def _functions() -> dict[str, Any]:
    import_module("symgrad.ops")
    found: dict[str, Any] = import_module("symgrad.frontend.arrays").FUNCTIONS
    return found


def _explained(error: ModuleNotFoundError) -> ImportError:
    if error.name == "symgrad.codegen":
        return ImportError(
            "symgrad.codegen is missing: this is a clone that was not installed, or its folder "
            "hides the installed package. Run `pip install -e .` in the clone, or work from "
            "another folder",
            name=error.name,
        )
    return error
