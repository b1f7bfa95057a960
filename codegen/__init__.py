"""Targets: IR functions in, source text out.

The folder stands at the top of the repository and is installed as ``symgrad.codegen``.
"""

if __name__ != "symgrad.codegen":
    raise ImportError(
        f"this folder is the package symgrad.codegen, but was imported as {__name__!r}; "
        "run from another folder, or write `import symgrad.codegen`"
    )

from symgrad.codegen.looped_style import LOOPED, obstacle
from symgrad.codegen.module import emit
from symgrad.codegen.targets import AUTO, TARGETS, suited, suited_to
from symgrad.codegen.unit import (
    ExampleHeading,
    ExampleLoop,
    LoopItem,
    Pack,
    Structure,
    Unit,
    VectorArgument,
)

__all__ = [
    "AUTO",
    "LOOPED",
    "TARGETS",
    "ExampleHeading",
    "ExampleLoop",
    "LoopItem",
    "Pack",
    "Structure",
    "Unit",
    "VectorArgument",
    "emit",
    "obstacle",
    "suited",
    "suited_to",
]
