"""``python -m symgrad check FILE:NAME``: checks a gradient that a file claims.

NAME is a tuple ``(loss, wrt, claimed)``, a dict of the arguments of ``sg.check_gradient``, or a
function of no arguments that returns one of them.  The file is run, as ``python FILE`` would.

The exit status is 0 for a claim that is proved or agrees, 1 for one that is refuted, and 2 where
there is no verdict.

>>> parser().parse_args(["check", "claim.py:energy", "--seconds", "5"]).target
'claim.py:energy'
"""

from __future__ import annotations

import argparse
import runpy
import sys
import traceback
from collections.abc import Sequence
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
    return top


def main(arguments: Sequence[str] | None = None) -> int:
    """Runs a command; the exit status."""
    given = parser().parse_args(arguments)
    try:
        outcome = checked(given.target, given.points, given.seconds)
    except SymgradError as error:
        print(f"error: {error}", file=sys.stderr)
        return 2
    except Exception:
        traceback.print_exc()  # the file's own, which says nothing of the claim
        return 2
    print(outcome)
    return _STATUS[outcome.verdict]


def checked(target: str, points: int, seconds: float) -> GradientCheck:
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
    options: dict[str, Any] = {"points": points, "seconds": seconds}
    if isinstance(claim, tuple) and len(claim) == 3:
        return check_gradient(*claim, **options)
    if isinstance(claim, dict) and {"loss", "wrt", "claimed"} <= set(claim):
        return check_gradient(**{**options, **claim})
    raise ArgumentError(
        f"{name} is a {type(claim).__name__}; expected (loss, wrt, claimed), a dict with these "
        "names, or a function that returns one of them"
    )
