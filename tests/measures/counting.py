"""What a piece of code costs, counted: the same number on an idle machine and on a busy one.

>>> calls(lambda: [abs(x) for x in range(10)]) >= 10
True
"""

from __future__ import annotations

import gc
import sys
from collections.abc import Callable
from typing import Any


def calls(run: Callable[[], Any]) -> int:
    """How many functions, of Python and of C, are called while ``run`` runs."""
    count = 0

    def hook(frame: Any, event: str, argument: Any) -> None:
        nonlocal count
        count += event in ("call", "c_call")

    before, collecting = sys.getprofile(), gc.isenabled()
    gc.disable()  # what a collection calls is not the code's
    sys.setprofile(hook)
    try:
        run()
    finally:
        sys.setprofile(before)
        if collecting:
            gc.enable()
    return count


def growth(job: Callable[[int], Callable[[], Any]], size: int) -> float:
    """The calls of ``job(4 * size)()`` divided by those of ``job(size)()``.

    About 4 where the work grows with the size, 16 where it grows with its square.
    """
    first, second = calls(job(size)), calls(job(4 * size))
    return second / first
