"""The garbage collector, held off while symgrad builds a graph or a program.

Both are free of cycles, so that reference counts alone free them; the collector finds nothing, and
looking at millions of new objects again and again costs more than making them did.

>>> import gc
>>> with uncollected():
...     gc.isenabled()
False
>>> gc.isenabled()
True
"""

from __future__ import annotations

import gc


class uncollected:
    """A block in which the collector is off; afterwards it is as it was."""

    __slots__ = ("was_on",)

    def __enter__(self) -> None:
        self.was_on = gc.isenabled()
        gc.disable()

    def __exit__(self, *error: object) -> None:
        if self.was_on:
            gc.enable()


__all__ = ["uncollected"]
