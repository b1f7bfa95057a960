"""Programs as new users write them give the right numbers, or are refused with an error of ours.

``PYTHONPATH=tests/measures python tests/mutation/newcomers.py FIRST STOP`` tells of any others.
"""

from __future__ import annotations

import warnings
from collections import Counter
from pathlib import Path

from campaign import seeds
from newcomers import tried


def test_new_users_get_right_numbers(tmp_path: Path) -> None:
    """No wrong number, and no exception that is not symgrad's; few are refused."""
    count: Counter[str] = Counter()
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        for seed in seeds(120, 10_000):
            said = tried(seed, tmp_path)
            count[said.split()[0]] += 1
            assert said.split()[0] in ("right", "refused"), f"{seed}: {said}"
    assert count["right"] > 0.95 * sum(count.values())
