"""``python -m symgrad check FILE:NAME``: checks a gradient that a file claims.

NAME is a tuple ``(loss, wrt, claimed)``, a dict of the arguments of ``sg.check_gradient``, or a
function of no arguments that returns one of them.  The file is run, as ``python FILE`` would.

The exit status is 0 for a claim that is proved or agrees, 1 for one that is refuted, and 2 where
there is no verdict: an error, a file that hangs, one that ends the process.

>>> parser().parse_args(["check", "claim.py:energy", "--seconds", "5"]).target
'claim.py:energy'
"""

from __future__ import annotations

import argparse
import os
import runpy
import signal
import subprocess
import sys
import tempfile
import traceback
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from symgrad.compiler.checking import GradientCheck, check_gradient
from symgrad.errors import ArgumentError, SymgradError

_STATUS = {"proved": 0, "agrees": 0, "refuted": 1, "undecided": 2}


def parser() -> argparse.ArgumentParser:
    """The options of the command line."""
    top = argparse.ArgumentParser(prog="python -m symgrad", description="symgrad's command line")
    commands = top.add_subparsers(required=True, metavar="COMMAND")
    check = commands.add_parser("check", help="check a gradient that a file claims")
    check.add_argument("target", metavar="FILE:NAME", help="(loss, wrt, claimed) in a Python file")
    check.add_argument("--points", type=int, default=5, help="points to compare at (default 5)")
    check.add_argument(
        "--seconds", type=float, default=20.0, help="what a proof may take (default 20)"
    )
    check.add_argument(
        "--rtol", type=float, help="relative difference that is allowed (default: by precision)"
    )
    check.add_argument(
        "--timeout", type=float, default=120.0, help="what all of it may take (default 120)"
    )
    return top


def main(arguments: Sequence[str] | None = None) -> int:
    """Runs a command; the exit status.

    The file is run in a process of its own, which is ended in time, and whose status counts only
    together with the outcome that it has written down: a file that exits decides nothing.
    """
    given = parser().parse_args(arguments)
    if not given.timeout > 0:
        print(f"error: --timeout: expected a number > 0, got {given.timeout}", file=sys.stderr)
        return 2
    with tempfile.TemporaryDirectory() as folder:
        note = Path(folder) / "outcome"
        ended = _run(
            [given.target, *map(str, (given.points, given.seconds, given.rtol, note))],
            given.timeout,
        )
        outcome = note.read_text(encoding="utf-8") if note.exists() else ""
    if ended is None:
        print(f"error: stopped after {given.timeout:g} seconds; see --timeout", file=sys.stderr)
        return 2
    verdict, _, text = outcome.partition("\n")
    if verdict in _STATUS:
        print(text)
        return _STATUS[verdict]
    if not outcome:
        print(f"error: the file ended the process, with status {ended}", file=sys.stderr)
    return 2


def _run(arguments: Sequence[str], timeout: float) -> int | None:
    """The status of a process for one check; None where it was ended, with all that it started."""
    # The caller's path comes before anything is imported, so that no file of the folder is.
    program = f"import sys; sys.path[:] = {sys.path!r}; from symgrad.cli.main import inside; inside"
    command = [sys.executable, "-c", f"{program}(*{list(arguments)!r})"]
    process = subprocess.Popen(command, stdin=subprocess.DEVNULL, start_new_session=True)
    try:
        return process.wait(timeout)
    except BaseException as error:
        if hasattr(os, "killpg"):
            os.killpg(process.pid, signal.SIGKILL)
        else:
            process.kill()
        process.wait()
        if isinstance(error, subprocess.TimeoutExpired):
            return None
        raise


def inside(target: str, points: str, seconds: str, rtol: str, note: str) -> None:
    """The check, in the process that is made for it; writes down the verdict and what it says."""
    written = "error\n"
    folder = Path(target.rpartition(":")[0]).resolve().parent
    sys.path.insert(0, str(folder))  # as Python does for a file that it runs
    try:
        options: dict[str, Any] = {"points": int(points), "seconds": float(seconds)}
        options["rtol"] = None if rtol == "None" else float(rtol)
        outcome = checked(target, options)
        written = f"{outcome.verdict}\n{outcome}"
    except SymgradError as error:
        print(f"error: {error}", file=sys.stderr)
    except (Exception, SystemExit):
        traceback.print_exc()  # the file's own, which says nothing of the claim
    Path(note).write_text(written, encoding="utf-8")


def checked(target: str, options: Mapping[str, Any]) -> GradientCheck:
    """The check that a target asks for.  Raises ArgumentError for a target that is none."""
    path, colon, name = target.rpartition(":")
    if not colon or not name.isidentifier():
        raise ArgumentError(f"expected FILE:NAME, such as claim.py:energy, got {target!r}")
    if not Path(path).is_file():
        raise ArgumentError(f"there is no file {path!r}")
    found = runpy.run_path(path)
    if name not in found:
        raise ArgumentError(f"{path} defines no {name!r}")
    claim: Any = found[name]
    if callable(claim):
        claim = claim()
    if isinstance(claim, GradientCheck):
        return claim
    if isinstance(claim, tuple) and len(claim) == 3:
        return check_gradient(*claim, **options)
    if isinstance(claim, dict) and {"loss", "wrt", "claimed"} <= set(claim):
        return check_gradient(**{**options, **claim})
    raise ArgumentError(
        f"{name} is a {type(claim).__name__}; expected (loss, wrt, claimed), a dict with these "
        "names, or a function that returns one of them"
    )
