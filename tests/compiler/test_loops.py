"""A loss of scalars as a loop over examples: the same numbers as the straight line, for any number
of examples where every number of the program can be traced to them."""

from __future__ import annotations

import math
import pickle
import random

import numpy as np
import pytest

import symgrad as sg
from symgrad.engine import Value
from symgrad.errors import ArgumentError, DTypeError, ShapeError
from symgrad.ir.run import interpret
from symgrad.nn import MLP, Module

XS = [[2.0, 3.0, -1.0], [3.0, -1.0, 0.5], [0.5, 1.0, 1.0], [1.0, 1.0, -1.0]]
YS = [1.0, -1.0, -1.0, 1.0]


class Params(Module):
    """A module of loose parameters."""

    def __init__(self, count, seed=0):
        draw = random.Random(seed)
        self.p = [Value(draw.uniform(-1, 1)) for _ in range(count)]

    def parameters(self):
        return self.p


def lecture(xs, ys, style="looped", **options):
    random.seed(1337)
    model = MLP(3, [4, 4, 1], activation="tanh")
    ypred = [model(x) for x in xs]
    loss = sum((yout - ygt) ** 2 for ygt, yout in zip(ys, ypred, strict=True))
    return sg.compile(loss, wrt=model, target="python", style=style, **options)


def draw(n, width=3, seed=0):
    rng = np.random.default_rng(seed)
    return rng.normal(size=(n, width)).tolist(), rng.normal(size=n).tolist()


def theta_of(f, seed=5):
    return np.random.default_rng(seed).uniform(-1, 1, len(f.signature.wrt)).tolist()


def agree(f, u, theta, *args):
    value, grads = f(theta, *args)
    expected, wanted = u(theta)
    assert value == pytest.approx(expected, rel=1e-12, abs=1e-13)
    np.testing.assert_allclose(grads, wanted, rtol=1e-11, atol=1e-13)


def is_looped(f):
    return "\n    for " in f.source


def why_not(f):
    """What the history says of a program that stayed a straight line, or of a closed loop."""
    assert f.history[0].name == "loop"
    return f.history[0].note


def test_the_loop_is_half_as_long_as_the_straight_line():
    f, u = lecture(XS, YS), lecture(XS, YS, "unrolled")
    assert is_looped(f)
    assert not is_looped(u)
    assert f.source.count("\n") <= 0.75 * u.source.count("\n")
    assert "def loss_and_grads(theta, examples=EXAMPLES):" in f.source
    assert "any number of ((x1, x2, x3), ygt)" in f.source


@pytest.mark.parametrize("traced", [2, 4, 7])
@pytest.mark.parametrize("given", [1, 4, 7])
def test_any_number_of_examples_may_be_given(traced, given):
    """Compiled once with some examples, called with others: the same as compiled with those."""
    f = lecture(*draw(traced))
    xs, ys = draw(given, seed=given)
    agree(f, lecture(xs, ys, "unrolled"), theta_of(f), list(zip(xs, ys, strict=True)))


def test_the_loop_agrees_with_the_interpreter():
    f = lecture(XS, YS)
    theta = theta_of(f)
    columns = {"ygt": YS, **{f"x{i + 1}": [x[i] for x in XS] for i in range(3)}}
    data = [np.array(columns[p.hint]) for p in f.ir.parameters[len(theta) :]]
    value, grads = f(theta)
    expected = interpret(f.ir, [*theta, *data])
    np.testing.assert_allclose([value, *grads], expected, rtol=1e-12)


def test_one_example_has_no_sum_and_stays_a_straight_line():
    f = lecture(XS[:1], YS[:1])
    assert not is_looped(f)
    assert "no sum has terms" in why_not(f)


def test_a_small_program_is_a_straight_line_unless_a_loop_is_asked_for():
    random.seed(1)
    xs, ys = draw(30)
    assert not is_looped(lecture(XS, YS, ""))
    assert is_looped(lecture(xs, ys, ""))
    assert not is_looped(lecture(xs, ys, "unrolled"))


def mean_with_l2(xs, ys, style="looped", wrt=None):
    model = wrt or MLP(2, [3, 1])
    scores = [model(x) for x in xs]
    losses = [(1 + -yi * s).relu() for yi, s in zip(ys, scores, strict=True)]
    data_loss = sum(losses) * (1.0 / len(losses))
    loss = data_loss + 1e-4 * sum(p * p for p in model.parameters())
    return sg.compile(loss, wrt=model, target="python", style=style)


def test_a_mean_divides_by_the_number_of_the_examples_that_are_given():
    """1/len in the user's line is 1/N in the loop; the penalty is added once."""
    random.seed(3)
    model = MLP(2, [3, 1])
    f = mean_with_l2(*draw(4, 2), wrt=model)
    xs, ys = draw(7, 2, seed=9)
    u = mean_with_l2(xs, ys, "unrolled", wrt=model)
    agree(f, u, theta_of(f), list(zip(xs, ys, strict=True)))
    assert "1.0 / N" in f.source
    assert "d_w1_11 += 2e-4*w1_11" in f.source


def test_a_mean_of_no_examples_is_refused_by_the_text_itself():
    f = mean_with_l2(*draw(4, 2))
    with pytest.raises(ValueError, match="expected at least one, for the loss divides"):
        f(theta_of(f), [])
    assert lecture(XS, YS)([0.0] * 41, [])[0] == 0.0


def test_a_size_that_was_named_first_is_found_too():
    xs, ys = draw(5, 1)
    p = Params(2)
    n = len(xs)
    loss = sum((p.p[0] * x[0] + p.p[1] - y) ** 2 for x, y in zip(xs, ys, strict=True)) / n
    f = sg.compile(loss, wrt=p, target="python", style="looped")
    assert f([1.0, 0.0], [((1.0,), 3.0), ((2.0,), 2.0)])[0] == 2.0


def test_a_number_that_may_be_the_count_closes_the_loop():
    """0.2 comes from somewhere else; with other examples it might be wrong, so there are none."""

    def fifth():
        return 0.2

    xs, ys = draw(5, 1)
    p = Params(2)
    loss = sum((p.p[0] * x[0] + p.p[1] - y) ** 2 for x, y in zip(xs, ys, strict=True)) * fifth()
    f = sg.compile(loss, wrt=p, target="python", style="looped")
    assert "0.2 may depend on the number of examples" in why_not(f)
    assert "in EXAMPLES:" in f.source
    u = sg.compile(loss, wrt=p, target="python", style="unrolled")
    agree(f, u, [0.3, -0.4])
    with pytest.raises(ArgumentError, match="expected 1 arguments"):
        f([0.0, 0.0], [((1.0,), 1.0)])


def test_a_column_that_cannot_be_told_from_a_number_closes_the_loop():
    xs, ys = [[1.0, 2.0], [1.0, 3.0], [1.0, -1.0]], [2.0, 5.0, 4.0]
    p = Params(2)
    loss = sum((p.p[0] * x[0] + p.p[1] * x[1] - y) ** 2 for x, y in zip(xs, ys, strict=True))
    f = sg.compile(loss, wrt=p, target="python", style="looped")
    assert "x1 is 1.0 in every example, and so is a number of the program" in why_not(f)
    agree(f, sg.compile(loss, wrt=p, target="python", style="unrolled"), [0.3, -0.4])


def test_columns_that_agree_close_the_loop():
    xs, ys = [[1.0, 2.0], [2.0, 3.0], [4.0, -1.0]], [2.0, 3.0, -1.0]
    p = Params(2)
    loss = sum((p.p[0] * x[0] + p.p[1] * x[1] - y) ** 2 for x, y in zip(xs, ys, strict=True))
    f = sg.compile(loss, wrt=p, target="python", style="looped")
    assert "y and x2 agree in every example" in why_not(f)
    agree(f, sg.compile(loss, wrt=p, target="python", style="unrolled"), [0.3, -0.4])


def test_numbers_from_nowhere_in_sight_close_the_loop():
    p = Params(1)
    loss = sum((p.p[0] * x - 1.0) ** 2 for x in draw(4)[1])
    f = sg.compile(loss, wrt=p, target="python", style="looped")
    assert "not all numbers" in why_not(f)
    agree(f, sg.compile(loss, wrt=p, target="python", style="unrolled"), [0.3])


def ways(z):
    return z.tanh(), z.exp(), z.relu(), z * z


IRREGULAR = {
    "ragged": lambda w, xs: sum(sum((w * v).tanh() for v in x) ** 2 for x in xs),
    "branching": lambda w, xs: sum(ways(w * x[0])[len(x) - 1] for x in xs),
    "product": lambda w, xs: math.prod([w * x[0] for x in xs], start=Value(1.0)),
}


@pytest.mark.parametrize("kind", IRREGULAR)
def test_what_does_not_fall_into_examples_stays_a_straight_line(kind):
    """And the history says why."""
    w = Params(1)
    xs = [[1.5], [-2.0, 0.5], [0.25, 4.0, -1.0], [3.0, 1.0, 2.0, 5.0]]
    loss = IRREGULAR[kind](w.p[0], xs)
    f = sg.compile(loss, wrt=w, target="python", style="looped")
    agree(f, sg.compile(loss, wrt=w, target="python", style="unrolled"), [0.7])
    assert not is_looped(f)
    assert why_not(f).startswith("none: ")


def test_terms_of_another_kind_stand_behind_the_loop():
    """One lane is broken: the others are still a loop, which takes no other examples."""
    p = Params(2)
    xs, ys = draw(6, 1)
    losses = [(p.p[0] * x[0] + p.p[1] - y) ** 2 for x, y in zip(xs, ys, strict=True)]
    losses[2] = (p.p[0] * xs[2][0]).tanh()
    loss = sum(losses)
    f = sg.compile(loss, wrt=p, target="python", style="looped")
    assert "in EXAMPLES:" in f.source
    agree(f, sg.compile(loss, wrt=p, target="python", style="unrolled"), [0.2, 0.3])


def test_values_of_single_examples_outside_of_the_loop_keep_the_straight_line():
    random.seed(2)
    model = MLP(3, [2, 1])
    scores = [model(x) for x in XS]
    loss = sum((s - y) ** 2 for s, y in zip(scores, YS, strict=True))
    f = sg.compile(loss, wrt=model, aux=scores, target="python", style="looped")
    assert "single examples are read outside" in why_not(f)
    assert len(f()[0][1]) == 4


def test_what_comes_along_may_be_a_sum_over_the_examples():
    p = Params(2)
    xs, ys = draw(4, 1)
    errors = [p.p[0] * x[0] + p.p[1] - y for x, y in zip(xs, ys, strict=True)]
    loss, total = sum(e * e for e in errors), sum(errors)
    f = sg.compile(loss, wrt=p, aux=total, target="python", style="looped")
    u = sg.compile(loss, wrt=p, aux=total, target="python", style="unrolled")
    assert is_looped(f)
    (value, aux), grads = f([0.2, 0.3])
    (expected, other), wanted = u([0.2, 0.3])
    np.testing.assert_allclose([value, aux, *grads], [expected, other, *wanted], rtol=1e-12)


def test_what_all_examples_share_is_computed_once_before_the_loop():
    p = Params(2)
    xs, ys = draw(4, 1)
    scale = p.p[0].exp()
    loss = sum((scale * x[0] + p.p[1] - y) ** 2 for x, y in zip(xs, ys, strict=True))
    f = sg.compile(loss, wrt=p, target="python", style="looped")
    agree(f, sg.compile(loss, wrt=p, target="python", style="unrolled"), [0.2, 0.3])
    assert f.source.index("exp_(") < f.source.index("    for ")
    assert f.source.count("= exp_(") == 1


def test_a_term_that_no_example_bears_on_counts_once_an_example():
    p = Params(2)
    xs, ys = draw(4, 1)
    losses = [(p.p[0] * x[0] - y) ** 2 + 0.1 * p.p[1] * p.p[1] for x, y in zip(xs, ys, strict=True)]
    loss = sum(losses)
    f = sg.compile(loss, wrt=p, target="python", style="looped")
    agree(f, sg.compile(loss, wrt=p, target="python", style="unrolled"), [0.2, 0.3])


@pytest.mark.parametrize("reassociate", [True, False])
@pytest.mark.parametrize("seed", range(12))
def test_random_nets_agree_with_their_straight_lines(seed, reassociate):
    """Shapes, activations, losses, penalties and numbers of examples at random."""
    draw_ = random.Random(seed)
    inputs, n = draw_.randint(1, 4), draw_.randint(2, 9)
    layers = [draw_.randint(2, 4) for _ in range(draw_.randint(0, 2))] + [1]
    activation = draw_.choice(["tanh", "relu", "sigmoid", "exp", "linear"])
    random.seed(seed)
    model = MLP(inputs, layers, activation=activation)
    xs, ys = draw(n, inputs, seed)
    margins = {
        "square": lambda s, y: (s - y) ** 2,
        "hinge": lambda s, y: (1 - s * y).relu(),
        "logistic": lambda s, y: (1 + (-(s * y)).exp()).log(),
    }
    each = margins[draw_.choice(sorted(margins))]
    mean, penalty = draw_.random() < 0.5, draw_.random() < 0.5

    def build(xs, ys, style):
        scores = [model(x) for x in xs]
        losses = [each(s, y) for s, y in zip(scores, ys, strict=True)]
        loss = sum(losses) / len(losses) if mean else sum(losses)
        if penalty:
            loss = loss + 0.01 * sum(p * p for p in model.parameters())
        options = {"style": style, "reassociate": reassociate}
        return sg.compile(loss, wrt=model, target="python", **options)

    f = build(xs, ys, "looped")
    theta = theta_of(f, seed)
    assert is_looped(f)
    agree(f, build(xs, ys, "unrolled"), theta)
    others = draw(draw_.randint(2, 6), inputs, seed + 100)
    if f.signature.layout:
        agree(f, build(*others, "unrolled"), theta, list(zip(*others, strict=True)))


def test_parameters_that_are_read_in_several_places_collect_one_share():
    """A recurrent net: each weight is read three times a round, and added to once."""
    w = Params(3)
    a, b, c = w.p
    xs = draw(4)[0]

    def hidden(row):
        h = c
        for v in row:
            h = (a * h + b * v + c).tanh()
        return h

    loss = sum((hidden(x) - 0.5) ** 2 for x in xs)
    f = sg.compile(loss, wrt=w, target="python", style="looped")
    agree(f, sg.compile(loss, wrt=w, target="python", style="unrolled"), [0.2, 0.3, -0.4])
    assert f.source.count("d_p2 +=") == 1
    assert "d_p2 = " in f.source


def test_data_of_an_outer_function_is_found():
    xs, ys = draw(4, 1)
    p = Params(2)

    def inner():
        loss = sum((p.p[0] * x[0] + p.p[1] - y) ** 2 for x, y in zip(xs, ys, strict=True))
        return compiled(loss)

    def compiled(loss):
        return sg.compile(loss, wrt=p, target="python", style="looped")

    assert inner()([1.0, 0.0], [((1.0,), 3.0)])[0] == 4.0


def test_every_random_net_of_several_inputs_is_open():
    """The loops of the test above take other examples, but for accidents of the data."""
    assert lecture(*draw(5)).signature.layout == (("x", 3), ("ygt", 0))


def test_arithmetic_is_that_of_ieee_in_the_loop():
    """log(0), overflow and a quotient by 0 give inf or nan, never an exception."""
    p = Params(1)
    xs = [1.0, 2.0]
    loss = sum((p.p[0] * x).log() + (p.p[0] * x).exp() + 1.0 / (p.p[0] * x) for x in xs)
    f = sg.compile(loss, wrt=p, target="python", style="looped")
    u = sg.compile(loss, wrt=p, target="python", style="unrolled")
    for theta in ([0.0], [1e308], [-1.0], [math.inf], [math.nan]):
        np.testing.assert_equal(f(theta), u(theta))


def test_strict_names_the_operation_in_the_loop():
    p = Params(1)
    xs, ys = [0.0, 2.0], [0.5, 1.5]
    loss = sum((p.p[0] * x).log() + y for x, y in zip(xs, ys, strict=True))
    f = sg.compile(loss, wrt=p, target="python", style="looped", strict=True)
    with pytest.raises(sg.errors.DomainError, match=r"log of 0\.0 is -inf at index 0; built at"):
        f([1.0])


def test_saved_and_pickled_loops_take_examples_too(tmp_path):
    f = lecture(XS, YS)
    f.save(tmp_path / "loop.py")
    theta = theta_of(f)
    others = [((1, 2, 3), 4.0)]
    for g in (sg.load(tmp_path / "loop.py"), pickle.loads(pickle.dumps(f))):
        assert g(theta) == f(theta)
        assert g(theta, examples=others) == f(theta, others)
        assert g(theta=theta, examples=others) == f(theta, others)
        with pytest.raises(ShapeError, match=r"examples\[0\]"):
            g(theta, [(1, 2)])


def test_other_ways_to_call_a_loop():
    f = lecture(XS, YS)
    theta = theta_of(f)
    others = list(zip(*draw(3), strict=True))
    expected = f(theta, others)
    assert f(theta, zip(*draw(3), strict=True)) == expected
    assert f(theta, examples=[(np.array(x), np.float64(y)) for x, y in others]) == expected
    assert f.bind(examples=others)(theta) == expected
    value, grads = f.flat(examples=others)(np.array(theta))
    assert value == expected[0]
    np.testing.assert_array_equal(grads, expected[1])
    assert f.flat()(f.ravel())[0] == f()[0]


BAD = [
    (3, DTypeError, r"examples: expected rows \(\(x1, x2, x3\), ygt\), got int"),
    ([1.0], ShapeError, r"examples\[0\]: expected \(\(x1, x2, x3\), ygt\), got float"),
    ([((1, 2, 3), 4), ((1, 2), 3)], ShapeError, r"examples\[1\]: expected x as 3 numbers .* got 2"),
    ([((1, 2, 3), 4, 5)], ShapeError, r"examples\[0\]: .* got 3 parts"),
    ([((1, 2, "a"), 4)], DTypeError, r"examples\[0\]: expected a number for x3 .* got str"),
    ([((1, 2, 3), True)], DTypeError, r"examples\[0\]: expected a number for ygt .* got bool"),
    ([((1, 2, 3), 1j)], DTypeError, r"examples\[0\]: expected a number for ygt .* got complex"),
    ([(1, 2)], ShapeError, r"examples\[0\]: expected x as 3 numbers .* got int"),
]


@pytest.mark.parametrize(("examples", "kind", "message"), BAD)
def test_wrong_examples_are_named(examples, kind, message):
    with pytest.raises(kind, match=message):
        lecture(XS, YS)([0.0] * 41, examples)


def test_styles_belong_to_targets():
    with pytest.raises(ArgumentError, match=r"no style 'loped'; did you mean 'looped'"):
        lecture(XS, YS, "loped")
    x = sg.param("x", 1.0)
    with pytest.raises(ArgumentError, match=r"'numpy' has no style 'looped'"):
        sg.compile(x * x, style="looped")
    with pytest.raises(ArgumentError, match=r"option 'style': expected a name, got 3"):
        sg.compile(x * x, style=3)


def test_an_argument_called_examples_keeps_its_name():
    """Names of the text are distinct, whatever the user's are."""
    p = Params(1)
    p.p[0].label = "examples"
    N = draw(3)[1]
    loss = sum((p.p[0] * x) ** 2 for x in N)
    f = sg.compile(loss, wrt=p, target="python", style="looped")
    agree(f, sg.compile(loss, wrt=p, target="python", style="unrolled"), [0.5])


def test_the_text_is_the_same_at_every_run():
    assert lecture(XS, YS).source == lecture(XS, YS).source


def test_a_sum_of_what_no_example_changes_is_no_loop():
    """Where each example gives the same, nothing is left to loop over, and history says so."""
    a = sg.Value(0.5, label="a")
    f = sg.compile(sum(a * a for _ in range(3)), wrt=[a], target="python", style="looped")
    assert f([0.5]) == (0.75, (3.0,))
    assert "each of them gives the same" in str(f.history)
