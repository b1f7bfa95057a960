"""Ties and sides of comparisons: judged where a result depends on them, at whatever size."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

import symgrad as sg
from symgrad.checker import Agrees, Claim, Refuted, check_balls, verified, verify
from symgrad.checker.balls import precision
from symgrad.checker.judge import drawn_size
from symgrad.checker.rounding import started
from symgrad.checker.ties import Ties

HEAD = "import numpy as np\n\n\n"
SQUARES = "def loss(w):\n    return np.sum(w * w)"
SETTLED = "results depend on each comparison, and both its sides and its tie were judged"


def claim(text: str, reference: str, types: dict[str, str], wrt: str, **more: Any) -> Claim:
    return Claim(HEAD + text.lstrip(), HEAD + reference.lstrip(), types, (wrt,), **more)


def test_a_tie_is_judged_at_a_size_at_which_the_arrays_are_not_empty() -> None:
    """At N = 1 there is no u[1:]; the tie of a product is met elsewhere."""
    x, y, w = sg.input("x", ("N",)), sg.input("y", ("N",)), sg.param("w", 0.7)
    z = sg.maximum(x * w, y)
    u = sg.where(z > 1.5, z * z - 0.75, z)
    f = sg.compile(sg.sum(u[1:] * u[:-1]))
    assert f.verify().verified
    assert SETTLED in str(f.verify())
    assert f.source.count("z > 1.5") == 1
    f.source = f.source.replace("z > 1.5", "z >= 1.5")
    assert f.verify().refuted


GATED = """
def f(w, x, y):
    z = {gap}
    over = z {sign} 3.25
    d_z = np.where(over, 2.0 * z, 2.0)
    return np.sum(np.where(over, z * z - 3.0, 2.0 * z)), (np.sum(d_z * {d}),)
"""
GAPS = [
    ("x * w", "x"),
    ("x / y * w", "x / y"),
    ("np.sum(x) * w", "np.sum(x)"),
    ("np.cumsum(x) * w", "np.cumsum(x)"),
    ("(x + y)[1:] * w", "(x + y)[1:]"),
    ("np.max(np.stack([x, y]), axis=0) * w", "np.max(np.stack([x, y]), axis=0)"),
    ("np.take(x, np.arange(len(x)) // 2) * w", "np.take(x, np.arange(len(x)) // 2)"),
]


@pytest.mark.parametrize(("gap", "slope"), GAPS, ids=[gap for gap, _ in GAPS])
def test_whatever_is_compared_gets_a_tie(gap: str, slope: str) -> None:
    """Products, quotients, sums, slices, extremes, gathers: the value jumps at the tie."""
    loss = f"""
def loss(w, x, y):
    z = {gap}
    return np.sum(np.where(z > 3.25, z * z - 3.0, 2.0 * z))
"""
    types = {"w": "f64[]", "x": "f64[N]", "y": "f64[N]"}
    for sign, verdict in ((">", Agrees), (">=", Refuted)):
        text = GATED.format(gap=gap, d=slope, sign=sign)
        assert isinstance(check_balls(claim(text, loss, types, "w")), verdict)


def test_a_comparison_on_which_nothing_depends_is_named() -> None:
    """It goes both ways and ties, and its outcome is multiplied by 0."""
    text = "def f(w):\n    m = 0.0 * (w > 0.5)\n    return np.sum(w * w + m), (2.0 * w + m,)"
    result = check_balls(claim(text, SQUARES, {"w": "f64[N]"}, "w"))
    assert isinstance(result, Agrees)
    assert (result.one_sided, result.idle) == ((), (5,))


def test_elements_that_nobody_reads_settle_nothing() -> None:
    """The mask goes both ways, but only its last element is read, which is never above 1e9."""
    text = """
def f(w):
    mask = w > np.where(np.arange(len(w)) == len(w) - 1, 1e300, 0.5)
    return np.sum(w * w), (2.0 * w + mask[-1],)
"""
    result = check_balls(claim(text, SQUARES, {"w": "f64[N]"}, "w"))
    assert isinstance(result, Refuted) or 5 in result.idle


@pytest.mark.parametrize(
    "fault",
    [
        "if len(w) > 100:\n        d = 3.0 * w",
        "for i in range(100, len(w)):\n        d[i] = 0.0",
        "d = d if len(w) < 100 else 3.0 * w",
        "d = sum([3.0 * w[i] for i in range(100, len(w))], d)",
        "d = d + (len(w) > 100 and len(w) % 2 == 0)",
    ],
)
def test_a_part_that_never_ran_is_named(fault: str) -> None:
    text = f"def f(w):\n    d = 2.0 * w\n    {fault}\n    return np.sum(w * w), (d,)"
    result = check_balls(claim(text, SQUARES, {"w": "f64[N]"}, "w"))
    assert isinstance(result, Agrees)
    assert result.unrun


@pytest.mark.parametrize("limit", ["7", "8", "12"])
def test_a_branch_on_the_number_of_examples_shows(limit: str) -> None:
    text = f"def f(w):\n    d = 2.0 * w if len(w) <= {limit} else 3.0 * w\n"
    text += "    return np.sum(w * w), (d,)"
    assert isinstance(check_balls(claim(text, SQUARES, {"w": "f64[N]"}, "w")), Refuted)


@pytest.mark.parametrize("test", ["x.shape[1] <= 8", "x.shape[1] > 1", "x.shape[1] != 4"])
def test_each_named_size_is_1_and_above_8(test: str) -> None:
    text = f"def f(w, x):\n    d = x.sum() if {test} else 3.0 * x.sum()\n"
    text += "    return np.sum(w * x), (d,)"
    types = {"w": "f64[]", "x": "f64[N, M]"}
    loss = "def loss(w, x):\n    return np.sum(w * x)"
    assert not verified(verify(claim(text, loss, types, "w")))


def test_some_seed_has_each_size() -> None:
    assert {drawn_size(seed) for seed in range(33)} == set(range(8, 41))
    f = sg.compile(sg.sum(sg.param("w", np.ones(3)) @ sg.input("x", (3, "N"))))
    assert f.verify(seed=1).levels["L2"]["sizes"] == [1, 2, 7, 26]
    assert f.verify().levels["L2"]["sizes"] == [1, 2, 7, 13]


LONG = """
def f(x):
    over = x * x > 2.0
    y = np.exp(np.sin(x) / 3.0) / 7.0
    z = {tail}
    return np.sum(np.where(over, z, y)), (x,)
"""


def searching(tail: str) -> Ties:
    """A search in which the ordinary point at x = 0.5 and 1.5 was judged."""
    made = claim(LONG.format(tail=tail), SQUARES.replace("w", "x"), {"x": "f64[2]"}, "x")
    search = Ties(made, (1,), 0)
    balls, known = started(made, POINT)
    made.program.run(balls.one, *known.values(), name=made.name)
    search.known.add(balls.watch)
    return search


POINT = {"x": np.array([0.5, 1.5])}


def test_a_run_ends_with_the_last_difference_that_is_asked_for() -> None:
    """The rest of the text costs nothing, and shows the same differences."""
    short, long = searching("y * 2.0"), searching(" + ".join(["y * 2.0"] * 50))
    made = []
    for search in (short, long):
        [place] = search.known.sides
        with precision(256):
            before = search.made
            first = search.gaps(place, POINT, 2)
            made.append(search.made - before)
            both = zip(first, search.gaps(place, POINT), strict=True)
            assert [a.middle() == b.middle() for a, b in both] == [True, True]
    assert made[0] == made[1]


def test_a_quotient_that_no_argument_moves_has_no_pole() -> None:
    """Divisions by 3 and by 7 are asked about once each time, and not argument by argument."""
    search = searching("y")
    poles = [p for p in search.known.gaps if p.inner == ("/",)]
    assert len(poles) == 2
    with precision(256):
        for place in poles:
            assert search.pivot(place, POINT, search.gaps(place, POINT)) is None
            assert search.fixed[place] == 1


def test_points_beside_a_tie_are_as_far_apart_as_asked_for() -> None:
    """So that they are other floats, on either side of what no float meets."""
    loss = "def loss(w):\n    return (w if w * w < 3e7 else 2.0 * w)"
    text = f"{loss}, (1.0 if w * w < 3e7 else 2.0,)"
    search = Ties(claim(text, loss, {"w": "f64[]"}, "w"), (1,), 0)
    search.near = 2**190
    with precision(256):
        for at in (1.0, 9e3):
            search.look({"w": np.array(at)})
        place = next(iter(search.known.sides))
        [(beside, _)] = search.ways(place, 1)
    low, high = sorted(float(point["w"]) for point in (beside[0], beside[-1]))
    assert low * low < 3e7 < high * high
    assert high - low > 8.0
