"""The table of targets, the usual one first."""

from symgrad.codegen.numpy_target import NUMPY
from symgrad.codegen.python_target import PYTHON
from symgrad.codegen.target import Target

TARGETS: dict[str, Target] = {target.name: target for target in (NUMPY, PYTHON)}
