"""Counts the verdicts on random programs, all of them right: ``false_alarms.py FIRST STOP``."""

from __future__ import annotations

import sys
import time
import warnings
from collections import Counter
from collections.abc import Iterable
from pathlib import Path

from drawn import compiled


def verdicts(seeds: Iterable[int], tell: bool = False) -> tuple[Counter[str], list[str]]:
    """How many there were of each verdict, and what was refuted."""
    count: Counter[str] = Counter()
    alarms: list[str] = []
    for seed in seeds:
        f = compiled(seed)
        if f is None:
            count["no program"] += 1
            continue
        c = f.verify()
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


if __name__ == "__main__":
    sys.path.append(str(Path(__file__).parents[1] / "measures"))  # pytest has it there already
    warnings.simplefilter("ignore")
    begun = time.perf_counter()
    total, refuted = verdicts(range(int(sys.argv[1]), int(sys.argv[2])), tell=True)
    print(dict(total), f"{time.perf_counter() - begun:.0f} s")
    print(*refuted, sep="\n")
