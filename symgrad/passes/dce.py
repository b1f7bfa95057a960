"""Dead code: drops what the results do not need.  Parameters stay."""

from __future__ import annotations

from symgrad.ir.function import Function
from symgrad.passes.rewriting import BITWISE, live, rewrite


@rewrite("dce", preserves=BITWISE)
def dce(function: Function) -> Function:
    return live(function)
