"""A logsumexp and the softmax beside it are made of the same exponentials."""

import numpy as np
import pytest

import symgrad as sg
from symgrad.ir import interpret, parse, verify
from symgrad.ops import OPS
from symgrad.rewrite import OF_WEIGHTS, cse, rules_pass, softmax

HEAD = "func @f(input %x: f64[N, 3], input %y: f64[N, 3], input %z: f64[3, 3]) {\n"


def read(body):
    f = parse(HEAD + "".join(f"  {line.strip()}\n" for line in body.split(";")) + "}\n", OPS)
    verify(f)
    return f


def test_a_softmax_is_a_quotient_of_what_the_logarithm_is_made_of():
    f = read(
        "%0 = logsumexp %x {axis = (1,), keepdims = false} : f64[N];"
        '%1 = reshape %0 {shape = ("N", 1)} : f64[N, 1];'
        "%2 = subtract %x, %1 : f64[N, 3];"
        "%p = exp %2 : f64[N, 3];"
        "return %0, %p"
    )
    after = (
        "%0 = max %x {axis = (1,), keepdims = false} : f64[N];"
        "%1 = isfinite %0 : bool[N];"
        "%2 = constant 0.0 : f64[];"
        "%top = where %1, %0, %2 : f64[N];"
        '%3 = reshape %top {shape = ("N", 1)} : f64[N, 1];'
        "%4 = subtract %x, %3 : f64[N, 3];"
        "%exps = exp %4 : f64[N, 3];"
        "%5 = sum %exps {axis = (1,), keepdims = false} : f64[N];"
        "%6 = log %5 : f64[N];"
        "%lse = add %6, %top : f64[N];"
        '%7 = reshape %5 {shape = ("N", 1)} : f64[N, 1];'
        "%p = divide %exps, %7 : f64[N, 3];"
        "return %lse, %p"
    )
    assert str(softmax(f)) == str(read(after))


@pytest.mark.parametrize(
    "body",
    [
        # nobody wants the softmax: the logarithm stays whole
        "%0 = logsumexp %x {axis = (1,), keepdims = true} : f64[N, 1];"
        "%1 = subtract %x, %0 : f64[N, 3]; return %1",
        # of another array
        "%0 = logsumexp %x {axis = (1,), keepdims = true} : f64[N, 1];"
        "%1 = subtract %y, %0 : f64[N, 3]; %2 = exp %1 : f64[N, 3]; return %2",
        # along another axis: row i has the logarithm of row j taken from its element j
        "%0 = logsumexp %z {axis = (1,), keepdims = false} : f64[3];"
        "%1 = subtract %z, %0 : f64[3, 3]; %2 = exp %1 : f64[3, 3]; return %2",
        # the other way around
        "%0 = logsumexp %x {axis = (1,), keepdims = true} : f64[N, 1];"
        "%1 = subtract %0, %x : f64[N, 3]; %2 = exp %1 : f64[N, 3]; return %2",
    ],
)
def test_what_is_no_softmax_stays(body):
    f = read(body)
    assert softmax(f) is f


@pytest.mark.parametrize("axis", [(0,), (1,), (0, 1)])
@pytest.mark.parametrize("keepdims", [True, False])
def test_values_stay_along_any_axes(axis, keepdims):
    """Rows of -inf, too, where the softmax is nan, and of inf."""
    w = sg.param("w", np.zeros((4, 3)))
    lse = sg.logsumexp(w, axis, keepdims)
    spread = lse if keepdims or axis != (1,) else sg.expand_dims(lse, 1)
    f = cse(sg.function(w, (lse, sg.exp(w - spread)), reassociate=False).ir)
    g = softmax(f)
    assert "logsumexp" not in [x.op.name for x in g.body]
    rng = np.random.default_rng(0)
    x = 10.0 * rng.normal(size=(4, 3))
    for special in (0.0, -np.inf, np.inf, np.nan):
        x[1] = special
        with np.errstate(all="ignore"):
            for got, want in zip(interpret(g, [x]), interpret(f, [x]), strict=True):
                np.testing.assert_allclose(got, want, rtol=1e-13, atol=1e-15)


def test_second_derivatives_are_made_of_them_too():
    """The Hessian of logsumexp is diag(p) - p p^T."""
    x = sg.param("x", np.array([1000.0, 1001.0, 999.5]))
    row = sg.compile(sg.grad(sg.logsumexp(x), x)[0])()[1].x
    e = np.exp(x.data - 1001.0)
    p = e / e.sum()
    np.testing.assert_allclose(row, p[0] * (np.array([1.0, 0.0, 0.0]) - p), rtol=1e-14)


def test_half_of_the_exponentials_go():
    """Cross-entropy takes one for each logit, and calls no helper."""
    z, label = sg.param("z", np.zeros((5, 3))), np.arange(5) % 3
    source = sg.compile(sg.losses.cross_entropy(z, label)).source
    assert source.count("np.exp(") == 1
    assert "def logsumexp" not in source


def test_a_logsumexp_that_one_value_reads_needs_no_name():
    """Beside its softmax; of two readers each would take the logarithm anew."""
    x, w = sg.input("x", ("N", 3)), sg.param("w", np.zeros((3, 2)))
    z = x @ w
    logs = [sg.logsumexp(z, axis=1)]
    one = sg.compile(sg.sum(logs[0])).source
    two = sg.compile(sg.sum(logs[0]) + sg.sum(logs[0] * x[:, 0])).source
    assert "lse = " not in one
    assert one.count("np.log(") == two.count("np.log(") == 1


def test_the_weights_of_a_softmax_sum_to_1():
    """The gradient of a difference of two logsumexps sums up none: each row's share is 1/N."""
    a, b = sg.param("a", np.zeros((3, 2))), sg.param("b", np.zeros((3, 2)))
    x = sg.input("x", ("N", 3))
    logp = x @ a - sg.logsumexp(x @ a, axis=1, keepdims=True)
    f = sg.compile(-sg.mean(sg.logsumexp(logp + x @ b, axis=1)))
    assert f.verify().verdict == "verified"
    assert ".sum(" not in f.source.partition("# gradients")[2]


@pytest.mark.parametrize(
    "body",
    [
        # along another axis
        "%e = exp %z : f64[3, 3]; %0 = sum %e {axis = (0,), keepdims = true} : f64[1, 3];"
        "%1 = divide %e, %0 : f64[3, 3]; %2 = sum %1 {axis = (1,), keepdims = false} : f64[3];"
        "return %2",
        # of other exponentials
        "%e = exp %x : f64[N, 3]; %d = exp %y : f64[N, 3];"
        "%0 = sum %d {axis = (1,), keepdims = true} : f64[N, 1];"
        "%1 = divide %e, %0 : f64[N, 3]; %2 = sum %1 {axis = (1,), keepdims = true} : f64[N, 1];"
        "return %2",
        # of what may sum to 0
        "%0 = sum %x {axis = (1,), keepdims = true} : f64[N, 1];"
        "%1 = divide %x, %0 : f64[N, 3]; %2 = sum %1 {axis = (1,), keepdims = true} : f64[N, 1];"
        "return %2",
    ],
)
def test_other_quotients_are_summed(body):
    f = read(body)
    assert rules_pass("weights", OF_WEIGHTS)(f) is f


def test_weights_of_a_row_that_is_masked_throughout_have_no_sum():
    """They are 0/0, and not 1 in all: nobody is told of a number that is none."""
    s, m = sg.param("s", np.zeros((2, 3))), sg.input("m", (2, 3), "bool")
    f = sg.compile(sg.sum(sg.softmax(sg.where(m, s, -np.inf), axis=1)))
    with np.errstate(all="ignore"):
        assert np.isnan(f(m=np.array([[True, False, True], [False, False, False]]))[0])
    assert f(m=np.ones((2, 3), bool))[0] == pytest.approx(2.0)


@pytest.mark.parametrize("target", ["numpy", "python"])
def test_a_row_that_is_masked_throughout_does_no_harm_to_a_logsumexp(target):
    """Its maximum of -inf is not subtracted from itself; one helper of NumPy's says so."""
    scores, mask = sg.param("scores", np.ones((2, 3))), sg.input("mask", (2, 3), dtype="bool")
    masked = sg.where(mask, scores, -np.inf)
    loss = sg.sum(sg.exp(sg.logsumexp(masked, axis=1)))
    f = sg.compile(loss, target=target)
    if target == "numpy":
        assert "= finite_max(masked, axis=1" in f.source
        assert f.source.count("isfinite") == 1
    with np.errstate(all="ignore"):
        value, _ = f(mask=np.array([[True, True, False], [False, False, False]]))
    assert value == pytest.approx(2.0 * np.e)
    assert f.verify().verdict == "verified"


def test_the_maximum_of_cosines_is_finite():
    """A vector over its length has no element above 1; a length is not that of other axes."""
    u = sg.input("x", ("N", 4)) @ sg.param("w", np.ones((4, 3)))
    v = sg.input("y", ("N", 4)) @ sg.param("v", np.ones((4, 3)))
    u, v = (a / sg.norm(a, axis=1, keepdims=True) for a in (u, v))
    scale = sg.exp(sg.param("log_scale", 0.0))
    f = sg.compile(sg.mean(sg.logsumexp(scale * (u @ v.T), axis=1)))
    assert "finite" not in f.source
    assert f.verify().verdict == "verified"
    w = sg.param("w", np.ones((3, 3)))
    other = w / sg.norm(w, axis=1)
    assert "finite_max(" in sg.compile(sg.mean(sg.logsumexp(other, axis=1))).source
