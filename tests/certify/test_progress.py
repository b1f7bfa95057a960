"""What a person sees while a certificate is made."""

from __future__ import annotations

import io
import threading

from symgrad.certify.progress import Progress


class Terminal(io.StringIO):
    """Somebody looks."""

    def __init__(self) -> None:
        super().__init__()
        self.written = threading.Event()

    def isatty(self) -> bool:
        return True

    def write(self, text: str) -> int:
        self.written.set()
        return super().write(text)


def test_a_terminal_is_told_what_takes_so_long_and_then_cleared() -> None:
    """The line names function and level; nothing of it stays."""
    terminal = Terminal()
    with Progress("f(x: f64[])", terminal, after=0.0) as progress:
        progress.stage("L3 balls")
        assert terminal.written.wait(60)
    assert "verifying f(x: f64[]): " in terminal.getvalue()
    assert terminal.getvalue().endswith("\r" + 79 * " " + "\r")


def test_what_is_done_soon_and_what_nobody_looks_at_is_silent() -> None:
    """A file gets nothing, a terminal nothing before its time."""
    file, terminal = io.StringIO(), Terminal()
    with Progress("f(x)", file, after=0.0), Progress("f(x)", terminal, after=3600.0):
        pass
    assert file.getvalue() == terminal.getvalue() == ""
