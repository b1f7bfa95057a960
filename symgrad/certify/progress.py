r"""One line on a terminal that says what takes so long, and for how long; nothing elsewhere.

>>> import io
>>> with Progress("f(x)", io.StringIO()) as progress:
...     progress.stage("L2 identity")
>>> shown("f(x)", "L2 identity", 65.2)
'verifying f(x): L2 identity, 65 s'
"""

from __future__ import annotations

import sys
import threading
import time
from typing import Any

AFTER = 2.0  # seconds of silence
WIDTH = 79


def shown(what: str, stage: str, seconds: float) -> str:
    text = f": {stage}, {seconds:.0f} s"
    return f"verifying {what}"[: WIDTH - len(text)] + text


class Progress:
    """While it is entered, a stream that is a terminal is told once a second, after a silence."""

    def __init__(self, what: str, stream: Any = None, after: float = AFTER) -> None:
        self.stream = sys.stderr if stream is None else stream
        self.what, self.after, self.now = what, after, ""
        self.done = threading.Event()
        self.thread: threading.Thread | None = None

    def stage(self, name: str) -> None:
        self.now = name

    def __enter__(self) -> Progress:
        if getattr(self.stream, "isatty", bool)():
            self.thread = threading.Thread(target=self.tell, daemon=True)
            self.thread.start()
        return self

    def __exit__(self, *error: object) -> None:
        self.done.set()
        if self.thread is not None:
            self.thread.join()

    def tell(self) -> None:
        begun, told = time.monotonic(), False
        while not self.done.wait(1.0 if told else self.after):
            line = shown(self.what, self.now, time.monotonic() - begun)
            self.stream.write(f"\r{line:{WIDTH}}")
            self.stream.flush()
            told = True
        if told:
            self.stream.write(f"\r{'':{WIDTH}}\r")
            self.stream.flush()
