"""What a choice reads, and on which side of a threshold it lies."""

from __future__ import annotations

import numpy as np
import pytest

import symgrad as sg


@pytest.fixture
def w():
    return sg.param("w", np.array([0.3, 0.7, 0.5]))


def test_a_choice_by_what_has_no_slope_leaves_the_point_out(w) -> None:
    """Where a root is 0 it has a value, and a text that compares it is right."""
    p, q, x = sg.param("p", 0.3), sg.param("q", 0.2), sg.input("x", ("N", 3))
    r, d = sg.sqrt(p * p + q * q), sg.sqrt(sg.sum((x - w) ** 2, axis=1))
    assert sg.compile(sg.where(r < 1, (1 - r) ** 2, 0.0)).verify().verified
    assert sg.compile(sg.sum(sg.where(d < 1, (1 - d) ** 4 * (4 * d + 1), 0.0))).verify().verified
    for condition in (w**0.3 < 1.0, sg.abs(w) ** 0.5 < 0.5, sg.arccos(w) < 1.0):
        assert sg.compile(sg.sum(sg.where(condition, w * w, 2 * w))).verify().verified


def test_an_infinity_is_on_a_side(w) -> None:
    """log(0) < -1, which the ball of no value is not known to be."""
    f = sg.compile(sg.sum(sg.where(sg.log(w) < -1, w * w + 1, sg.sin(w) + 2)))
    (line,) = [text for text in f.source.splitlines() if "below =" in text]
    guarded = "    below = np.logical_and(w > 0.0, np.log(w) < -1.0)"
    f.source = f.source.replace(line, guarded)
    certificate = f.verify()
    assert not certificate.verified or "log of what is above 0" in str(certificate)


@pytest.mark.parametrize("threshold", ["0.7", "0.72", "0.70000001"])
def test_a_threshold_that_is_met_is_right_on_both_sides(w, threshold: str) -> None:
    f = sg.compile(sg.sum(sg.where(w < 0.3, 0, sg.where(w < 0.7, (w - 0.3) ** 2, sg.exp(w)))))
    f.source = f.source.replace("0.7", threshold)
    assert f.verify().verdict == ("verified" if threshold == "0.7" else "refuted")


def test_a_tie_that_two_literals_make_is_closed_in_on() -> None:
    x, y, z = (sg.param(name, 0.3) for name in "xyz")
    loss = sg.where(x <= 0.5, z, y * y) + sg.log(sg.log(y))
    assert sg.compile(loss, [x, y, z]).verify().verified


@pytest.mark.parametrize(
    "part",
    [
        lambda w: sg.sqrt(sg.maximum(w, 0.0)),
        lambda w: sg.sqrt(sg.relu(w)),
        lambda w: sg.sqrt(sg.clip(w, 0, 1)),
        lambda w: sg.maximum(w, 0) ** 0.3,
        lambda w: sg.arccos(sg.clip(w, -1, 1)),
    ],
)
def test_a_mask_times_an_infinite_slope_is_nan_by_convention(w, part) -> None:
    """As the README tells; strict=True selects instead."""
    u = sg.param("u", np.ones(3))
    for strict in (False, True):
        assert sg.compile(sg.sum(part(w) * u), strict=strict).verify().verified


def test_a_guard_goes_through_the_sum_of_what_was_repeated() -> None:
    a, b = (
        sg.param("a", np.array([[-1.0, 1, 1], [-1, 1, 1]])),
        sg.param("b", np.array([-1.0, 2, 3])),
    )
    s = sg.param("s", -1.0)
    f = sg.compile(sg.sum(sg.where(a > 0, sg.sqrt(b), 0.0)))
    g = sg.compile(sg.sum(sg.where(a > 2.0, sg.sqrt(s), a * a)))
    with np.errstate(all="ignore"):
        assert np.allclose(f()[1].b, [0.0, 0.5**0.5, 3**-0.5], rtol=1e-15)
        assert g()[1].s == 0.0
    assert f.verify().verified
    assert g.verify().verified


def test_an_argument_without_elements_is_not_written_into() -> None:
    """Of the shape (0, 3), a list is [], whose shape is (0,)."""
    x, y = sg.param("x", np.zeros((0, 3))), sg.param("y", 2.0)
    assert sg.compile(sg.sum(x) + y * y, [x, y], target="python").verify().verified
