"""A text with one thing changed is caught, unless it is argued to be the same function.

``PYTHONPATH=tests/checker python tests/mutation/emitted.py`` is the run at full size.
"""

from __future__ import annotations

import pytest
from campaign import many
from emitted import changes, is_caught, subjects, survivors
from survivors import EQUIVALENT

from symgrad.certify.verification import Subject

STEPS = {"lecture": 401, "loop": 199, "loops_moons": 97, "loops_recurrent": 101}  # one in 53 else


@pytest.fixture(scope="module")
def programs() -> dict[str, Subject]:
    return subjects()


@pytest.mark.slow
def test_changed_texts_are_caught(programs: dict[str, Subject]) -> None:
    """By the default ``verify()``, on both targets: a sample of each golden file's changes."""
    count, every = 0, many(8, 1)
    for name, subject in programs.items():
        tried, alive = survivors(subject, 7, STEPS.get(name, 53) * every)
        count += tried
        assert set(alive) <= set(EQUIVALENT.get(name, {})), name
    assert {s.target for s in programs.values()} == {"numpy", "python"}
    assert len(programs) >= 10
    assert count >= many(8, 60)


# Argued equivalent, by program: the slow ones stay out; a few of some are tried every time.
ARGUED = {
    k: [*EQUIVALENT[k]][:: many(16, 1)] for k in [*EQUIVALENT][:: many(3, 1)] if k not in STEPS
}


@pytest.mark.slow
def test_the_list_of_survivors_is_of_survivors(programs: dict[str, Subject]) -> None:
    """Each argument is about a change that there is, and that no check finds."""
    for name, arguments in ARGUED.items():
        texts = dict(changes(programs[name]))
        assert not [what for what in arguments if is_caught(programs[name], texts[what])]
