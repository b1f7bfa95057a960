"""Targets: IR functions in, source text out.

The folder stands at the top of the repository and is installed as ``symgrad.codegen``.
"""

if __name__ != "symgrad.codegen":
    raise ImportError(
        f"this folder is the package symgrad.codegen, but was imported as {__name__!r}; "
        "run from another folder, or write `import symgrad.codegen`"
    )

from symgrad.codegen.emit import TARGETS, emit
from symgrad.codegen.loops import obstacle
from symgrad.codegen.unit import Example, Group, Loop, Pack, Part, Structure, Unit, fingerprint

__all__ = [
    "TARGETS",
    "Example",
    "Group",
    "Loop",
    "Pack",
    "Part",
    "Structure",
    "Unit",
    "emit",
    "fingerprint",
    "obstacle",
]
