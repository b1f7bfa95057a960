"""How much the random tests try: a share in ``make test``, much more in ``make campaign``.

The environment variable ``CAMPAIGN`` holds the seed of a campaign; without it each test draws the
same cases at every run, so that a change of the code is all that can turn it red.
"""

from __future__ import annotations

import os
from typing import Any

SEED = int(os.environ.get("CAMPAIGN") or 0)
RUNNING = bool(SEED)


def spoken(case: Any) -> str:
    """What a test's case is called: the name of a function, whose text holds an address."""
    return str(getattr(case, "__name__", case))


def many(quick: int, full: int) -> int:
    """How many cases a test tries: ``quick``, or ``full`` in a campaign."""
    return full if RUNNING else quick


def seeds(quick: int, full: int) -> range:
    """Seeds of random programs: the first ones, or in a campaign as many as nobody tried yet."""
    first = SEED * 1_000_000 if RUNNING else 0
    return range(first, first + many(quick, full))
