"""The conventions at kinks and edges, as one fixed table, in both numeric algebras."""

import math

import numpy as np
import pytest

from symgrad.ops import OPS, ArrayAlgebra, FloatAlgebra

INF, NAN = math.inf, math.nan

TABLE = [
    ("relu", (0.0,), (0.0,)),
    ("absolute", (0.0,), (0.0,)),
    ("sign", (0.0,), (None,)),
    ("maximum", (1.0, 1.0), (0.5, 0.5)),
    ("minimum", (1.0, 1.0), (0.5, 0.5)),
    ("maximum", (NAN, 1.0), (NAN, NAN)),
    ("maximum", (1.0, NAN), (NAN, NAN)),
    ("minimum", (NAN, 1.0), (NAN, NAN)),
    ("maximum", (3.0, 1.0), (1.0, 0.0)),
    ("minimum", (3.0, 1.0), (0.0, 1.0)),
    ("clip", (-1.0, -1.0, 1.0), (1.0, 0.0, 0.0)),
    ("clip", (1.0, -1.0, 1.0), (1.0, 0.0, 0.0)),
    ("clip", (-2.0, -1.0, 1.0), (0.0, 1.0, 0.0)),
    ("clip", (2.0, -1.0, 1.0), (0.0, 0.0, 1.0)),
    ("clip", (0.0, 1.0, -1.0), (0.0, 0.0, 1.0)),
    ("sqrt", (0.0,), (INF,)),
    ("power", (0.0, 2.0), (0.0, 0.0)),
    ("power", (0.0, 0.0), (0.0, 0.0)),
    ("power", (0.0, 1.0), (1.0, 0.0)),
    ("power", (-2.0, 3.0), (12.0, NAN)),
    ("power", (-2.0, -1.0), (-0.25, NAN)),
    ("power", (5.0, 0.0), (0.0, math.log(5.0))),
    ("hypot", (0.0, 0.0), (0.0, 0.0)),
    ("hypot", (3.0, 4.0), (0.6, 0.8)),
    ("xlogy", (0.0, 0.0), (-INF, 0.0)),
    ("xlogy", (0.0, 2.0), (math.log(2.0), 0.0)),
    ("xlog1py", (0.0, -1.0), (-INF, 0.0)),
    ("log", (0.0,), (INF,)),
    ("divide", (1.0, 0.0), (INF, -INF)),
]


@pytest.mark.parametrize("algebra", [ArrayAlgebra(), FloatAlgebra()])
@pytest.mark.parametrize(("name", "point", "expected"), TABLE)
def test_the_derivative_at_a_kink_is_the_stated_convention(algebra, name, point, expected):
    """Each row of the table of conventions holds on arrays and on floats."""
    op = OPS[name]
    with np.errstate(all="ignore"):
        partials = op.partials(algebra, op.evaluate(*point), *point)
    assert len(partials) == len(expected)
    for got, want in zip(partials, expected, strict=True):
        if want is None:
            assert got is None
        else:
            np.testing.assert_allclose(got, want, rtol=1e-15)


@pytest.mark.parametrize(
    ("name", "attributes", "want"),
    [
        ("leaky_relu", {"slope": 0.1}, 0.1),
        ("elu", {"alpha": 2.0}, 2.0),
    ],
)
def test_an_activation_with_a_slope_takes_its_left_side_at_0(name, attributes, want):
    """At 0 the derivative is that of the lower branch, as relu'(0) = 0 is."""
    (got,) = OPS[name].partials(FloatAlgebra(), 0.0, 0.0, **attributes)
    assert got == want


def test_every_kink_is_in_the_table():
    """An op that states a kink has a row at that very point."""
    rows = {(name, point) for name, point, _ in TABLE}
    missing = [
        (op.name, kink)
        for op in OPS.values()
        if op.kind == "elementwise" and not op.attributes
        for kink in op.kinks
        if (op.name, kink) not in rows
    ]
    assert missing == []
