"""The op table: every op by its name.

Importing ``symgrad.ops`` fills it; the parser, the algebras and the targets read it.
"""

from __future__ import annotations

from symgrad.errors import NamingError
from symgrad.ir.op import CONSTANT, PARAMETER, Op

OPS: dict[str, Op] = {"parameter": PARAMETER, "constant": CONSTANT}


def register(op: Op) -> Op:
    """Enters an op under its name.  Raises NamingError for a name that is taken."""
    if op.name in OPS:
        raise NamingError(f"an op named {op.name!r} exists already; choose another name")
    OPS[op.name] = op
    return op
