"""The table of targets, the usual one first, and the choice among them."""

from symgrad.codegen.numpy_target import NUMPY
from symgrad.codegen.python_target import PYTHON
from symgrad.codegen.target import Target
from symgrad.ir.function import Function

TARGETS: dict[str, Target] = {target.name: target for target in (NUMPY, PYTHON)}
AUTO = "auto"  # in place of a name: the target that suits the program


def suited(arrays: bool) -> str:
    """The name of the first target for programs that have arrays, or numbers alone."""
    return next(name for name, target in TARGETS.items() if target.takes_arrays == arrays)


def suited_to(function: Function) -> str:
    """The name of the target that suits a function."""
    return suited(any(x.type.rank for x in (*function.parameters, *function.body)))
