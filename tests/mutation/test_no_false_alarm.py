"""Right programs are never refuted, and nearly all are verified.

``python tests/mutation/false_alarms.py 0 20000`` is the run at full size.
"""

from __future__ import annotations

from false_alarms import verdicts


def test_random_programs_raise_no_false_alarm() -> None:
    """Arrays and scalars, both targets, stabilising rewrites, any N and known sizes."""
    count, alarms = verdicts(range(96))
    assert alarms == []
    assert count["refuted"] == 0
    assert count["verified"] >= 0.95 * (96 - count["no program"])
