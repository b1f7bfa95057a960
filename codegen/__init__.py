"""Targets: IR functions in, source text out.

The folder stands at the top of the repository and is installed as ``symgrad.codegen``.
"""

if __name__ != "symgrad.codegen":
    raise ImportError(
        f"this folder is the package symgrad.codegen, but was imported as {__name__!r}; "
        "run from another folder, or write `import symgrad.codegen`"
    )

from symgrad.codegen.looped_style import obstacle
from symgrad.codegen.module import TARGETS, emit
from symgrad.codegen.unit import (
    ExampleHeading,
    Loop,
    LoopItem,
    Pack,
    Structure,
    Unit,
    VectorArgument,
    fingerprint,
)

__all__ = [
    "TARGETS",
    "ExampleHeading",
    "Loop",
    "LoopItem",
    "Pack",
    "Structure",
    "Unit",
    "VectorArgument",
    "emit",
    "fingerprint",
    "obstacle",
]
