"""Programs as new users write them are right, or refused by one of our errors.

Here are a few; ``python tests/mutation/users.py FIRST STOP`` tells of any others.
"""

from __future__ import annotations

from campaign import seeds
from users import outcomes


def test_users_programs_are_right_or_refused() -> None:
    """Iterators, lists of unequal depth, odd names, numbers as arguments, options alone and in
    pairs: no wrong number, no other error, and most are right."""
    tried = seeds(60, 3_000)
    count, wrong = outcomes(tried)
    assert wrong == []
    assert count["right"] > 0.6 * len(tried)
