"""Counts the verdicts on random programs, all of them right: ``false_alarms.py FIRST STOP``."""

from __future__ import annotations

import math
import sys
import time
import warnings
from collections import Counter
from collections.abc import Iterable
from pathlib import Path

import numpy as np
from drawn import compiled

from symgrad.checker import samples
from symgrad.checker.rounding import in_floats
from symgrad.checker.samples import drawn
from symgrad.compiler.compiled import CompiledFunction
from symgrad.compiler.verifying import subject_of


def verdicts(seeds: Iterable[int], tell: bool = False) -> tuple[Counter[str], list[str]]:
    """How many there were of each verdict, and what was refuted.

    A program that is nan wherever it is asked, as a mean of nothing is, has nothing to verify.
    """
    count: Counter[str] = Counter()
    alarms: list[str] = []
    for seed in seeds:
        f = compiled(seed)
        if f is None:
            count["no program"] += 1
            continue
        c = f.verify()
        if not (c.verified or c.refuted or has_value(f)):
            count["no value"] += 1
            continue
        count[c.verdict] += 1
        reasons = [
            f"{seed}: {name} {level['result']}: {level['reason']}"
            for name, level in c.levels.items()
            if name in ("L1", "L2", "L3", "kinks") and "reason" in level
        ]
        if c.refuted:
            alarms += reasons
        if tell and not c.verified:
            print(*reasons, sep="\n", flush=True)
    return count, alarms


def has_value(f: CompiledFunction) -> bool:
    """Whether the loss is a number at one of some points."""
    claims = subject_of(f).claims
    with np.errstate(all="ignore"):
        return isinstance(claims, str) or any(
            not math.isnan(in_floats(claim, drawn(claim, n, str(n), samples.ordinary))[0])
            for claim in claims
            for n in (1, 2, 3, 4, 7)
        )


if __name__ == "__main__":
    sys.path.append(str(Path(__file__).parents[1] / "measures"))  # pytest has it there already
    warnings.simplefilter("ignore")
    begun = time.perf_counter()
    total, refuted = verdicts(range(int(sys.argv[1]), int(sys.argv[2])), tell=True)
    print(dict(total), f"{time.perf_counter() - begun:.0f} s")
    print(*refuted, sep="\n")
