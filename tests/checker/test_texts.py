"""Good texts pass, and every text with one thing changed is found."""

from __future__ import annotations

import pytest
from campaign import RUNNING, many
from claims import claim
from mutants import mutants

from symgrad.checker import Agrees, Identity, check_balls, check_identity, verified, verify

TEXTS = ("lecture", "lecture_loop", "moons_readable", "moons_fast")

# Mutants that compute the same, and why.
SAME_SIZE = "Xb and yb have the same length"
CLIPPED = "a slice ends with its array: theta has 337 elements"
SAME_MEMORY = "with out=, both names are one array at that line"
EQUIVALENT = {
    "lecture": {},
    "lecture_loop": {},
    "moons_readable": {
        "line 24: Xb to yb": SAME_SIZE,
        "line 29: index by 1": CLIPPED,
        "line 57: index by 1": CLIPPED,
    },
    "moons_fast": {
        "line 43: index by 1": CLIPPED,
        "line 66: index by 1": CLIPPED,
        "line 58: swap the arguments": "the product of two vectors either way",
        "line 49: h1 to z1": SAME_MEMORY,
        "line 51: h2 to z2": SAME_MEMORY,
        "line 55: row to scores": SAME_MEMORY,
        "line 56: row to margins": SAME_MEMORY,
        "line 56: margins to scores": SAME_MEMORY,
        "line 57: row to pre_losses": SAME_MEMORY,
        "line 57: pre_losses to margins": SAME_MEMORY,
        "line 58: losses to pre_losses": SAME_MEMORY,
    },
}


@pytest.mark.parametrize("name", TEXTS)
def test_a_good_text_passes(name: str) -> None:
    """Identity at every size, agreement of the exact values, and small errors in float64."""
    identity, agreement = verify(claim(name))
    assert isinstance(identity, Identity)
    assert identity.bits >= 90
    assert identity.sizes == ((1, 2, 7, 13) if "moons" in name else ())
    assert identity.one_sided == ()
    assert isinstance(agreement, Agrees)
    assert agreement.digits >= 60
    assert agreement.error <= agreement.bound
    assert agreement.error < 1e-15


@pytest.mark.slow
@pytest.mark.parametrize(
    ("name", "step"),
    [("lecture", 29), ("lecture_loop", 6), ("moons_readable", 1), ("moons_fast", 1)],
)
def test_every_change_is_found(name: str, step: int) -> None:
    """All single changes (one in ``step``) are found, but for those argued to change nothing.

    One in six of those is tried, and all in a campaign.
    """
    text = claim(name).text
    survivors, count = set(), 0
    for what, changed in mutants(text, step * many(12, 1)):
        count += 1
        changed_claim = claim(name, changed)
        if verified((check_identity(changed_claim),)) and verified((check_balls(changed_claim),)):
            survivors.add(what)
    assert survivors <= set(EQUIVALENT[name])
    assert count > many(7, 95)
    assert not RUNNING or survivors == set(EQUIVALENT[name])
