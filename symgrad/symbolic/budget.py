"""SymPy under a budget that is enforced: in a process of its own, ended when its time is up.

The task is a function of this room, by the names of its file and of itself.  Nothing is left
running, and nothing of the caller is shared but the arguments.  Time is the processor's, counted
from when SymPy is imported, so that a busy machine changes no result; a process that only waits is
ended as well.

>>> import sympy as sp
>>> x = sp.Symbol("x")
>>> within(60, "tasks.simplified", [sp.sin(x) ** 2 + sp.cos(x) ** 2])
[1]
"""

from __future__ import annotations

import os
import pickle
import signal
import subprocess
import sys
from typing import Any

from symgrad.errors import LimitError

MEMORY = 4 << 30  # bytes that a task may use, where the system can hold it to that
# The caller's path comes before anything is imported, so that no file of the working folder is.
TIME_IS_UP = -getattr(signal, "SIGPROF", 0) or None  # how a process ends whose time is up
WAIT = 20  # times its budget that a process may take by the clock on the wall
_PROGRAM = "import sys; sys.path[:] = sys.argv[1:]; from symgrad.symbolic.tasks import main; main()"


def within(seconds: float, task: str, *arguments: Any) -> Any:
    """The result of a task that gets so many seconds of the processor.

    Raises LimitError where it takes longer, needs more memory, or its arguments are too deep to
    hand over; and whatever the task raises.
    """
    try:
        payload = pickle.dumps((task, arguments, MEMORY, seconds))
    except (RecursionError, pickle.PicklingError, AttributeError, TypeError) as error:
        raise LimitError(f"SymPy's expression cannot be handed to a process: {error}") from error
    command = [sys.executable, "-c", _PROGRAM, *sys.path]
    environment = {**os.environ, "PYTHONHASHSEED": "0"}
    try:
        done = subprocess.run(
            command,
            input=payload,
            capture_output=True,
            timeout=WAIT * (1 + seconds),
            env=environment,
        )
        stopped = done.returncode == TIME_IS_UP
    except subprocess.TimeoutExpired:
        stopped = True
    if stopped:
        raise LimitError(f"SymPy was stopped after {seconds:g} seconds")
    if done.returncode:
        last = done.stderr.decode(errors="replace").strip().splitlines()[-1:] or ["no message"]
        raise LimitError(f"SymPy's process ended early: {last[0]}")
    failed, result = pickle.loads(done.stdout)
    if failed:
        raise result
    return result
