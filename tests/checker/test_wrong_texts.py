"""Wrong texts, by hand: each is refuted, or its very hole is named in what the check found."""

from __future__ import annotations

from collections import Counter

import pytest
from wrong_texts import WRONG, Right, bases, cases

from symgrad.checker import Agrees, Refuted, verified, verify

LINES = ("one_sided", "unrun", "idle", "untied", "loose")


def test_there_are_more_than_120_of_them_in_classes() -> None:
    assert len(cases()) >= 120
    assert min(Counter({kind: len(group) for kind, group in WRONG.items()}).values()) >= 1


@pytest.mark.parametrize("base", bases())
def test_what_they_were_made_of_is_right(base: Right, arrays: str) -> None:
    """Else they would be refuted for another reason; and no line of it is left open."""
    found = verify(base.claim())
    assert verified(found), [*map(str, found)]


@pytest.mark.parametrize(
    ("base", "old", "new", "hole"), [c[1:] for c in cases()], ids=[c[0] for c in cases()]
)
def test_a_wrong_text_is_refuted_or_its_hole_is_named(
    base: Right, old: str, new: str, hole: str, arrays: str
) -> None:
    """A certificate never states the opposite: the line of the fault is among those it names.
    Arrays that are tried whole hand over to numbers what they do not tell.
    """
    claim = base.claim(old, new)
    identity, balls = verify(claim)
    if not hole:
        assert not verified((identity, balls))
        assert isinstance(balls, Refuted) or "work" in claim.text
        return
    if isinstance(balls, Refuted):
        return  # by luck
    assert isinstance(balls, Agrees), balls
    if hole == "sizes":  # other sizes than those that it lists
        assert not any(getattr(balls, kind) for kind in LINES)
        return
    first = claim.text[: claim.text.index(new)].count("\n") + 1
    lines = range(first, first + new.count("\n") + 1)
    assert {*getattr(balls, hole)} & {*lines}
