"""Right programs are never refuted, and nearly all are verified.

Here are a few of them; ``python tests/mutation/false_alarms.py FIRST STOP`` tells of any others.
"""

from __future__ import annotations

from campaign import seeds
from false_alarms import verdicts


def test_random_programs_raise_no_false_alarm() -> None:
    """Arrays and scalars, both targets, stabilising rewrites, any N and known sizes."""
    tried = seeds(8, 5_000)
    count, alarms = verdicts(tried)
    assert alarms == []
    assert count["refuted"] == 0
    assert count["verified"] >= 0.95 * (len(tried) - count["no program"])
