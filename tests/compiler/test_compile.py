"""What ``sg.compile`` returns, takes and refuses."""

from __future__ import annotations

import inspect
import pickle
import random
import re
from pathlib import Path
from typing import Any

import numpy as np
import pytest

import symgrad as sg
from symgrad import errors
from symgrad.compiler.compile import compile, function, grad
from symgrad.compiler.compiled import load
from symgrad.compiler.driver import SIMPLIFY
from symgrad.frontend.arrays import FUNCTIONS
from symgrad.frontend.arrays.leaf import constant, input, param
from symgrad.frontend.scalars.value import Value
from symgrad.ir.run import interpret
from symgrad.nn import MLP

X = np.array([[1.0, 2.0], [3.0, -1.0], [0.5, 0.25]])
Y = np.array([1.0, -1.0, 1.0])
W = np.array([0.1, -0.2])


def logistic(**options: Any) -> Any:
    x, y = input("x", ("N", 2)), input("y", ("N",))
    w, b = param("w", W), param("b", 0.5)
    return compile(FUNCTIONS["mean"](FUNCTIONS["softplus"](-y * (x @ w + b))), **options)


def test_value_and_gradients_are_those_of_the_ir() -> None:
    """The emitted function computes what the interpreter computes."""
    f = logistic()
    value, grads = f(x=X, y=Y)
    loss, d_w, d_b = interpret(f.ir, [W, 0.5, X, Y])
    np.testing.assert_allclose(value, loss, rtol=1e-14)
    np.testing.assert_allclose(grads.w, d_w, rtol=1e-13)
    np.testing.assert_allclose(grads["b"], d_b, rtol=1e-13)
    assert type(value) is float
    assert type(grads.b) is float


def test_a_call_by_position_equals_a_call_by_name() -> None:
    """Position is the order of the emitted signature."""
    f = logistic()
    assert f(W, 0.5, X, Y)[0] == f(x=X, y=Y)[0] == f(w=W, b=0.5, x=X, y=Y)[0]
    assert list(inspect.signature(f.python).parameters) == ["w", "b", "x", "y"]


def test_gradients_are_fresh_at_every_call() -> None:
    """Writing to one result does not change the next."""
    f = logistic()
    first = f(x=X, y=Y)[1].w
    expected = first.copy()
    first[:] = 7.0
    assert f(x=X, y=Y)[1].w.tolist() == expected.tolist()


def test_a_gradient_along_a_diagonal_may_be_written_into() -> None:
    """NumPy's diagonals are views that nobody may write into."""
    w = sg.param("w", np.array([1.0, 2.0]))
    _, grads = sg.compile(sg.sum(sg.diag(w) ** 3))()
    grads.w[:] *= 2.0
    assert grads.w.tolist() == [6.0, 24.0]


def test_a_gradient_that_is_spread_over_a_parameter_can_be_written_to() -> None:
    """What NumPy broadcasts is read-only; a gradient is an array of the caller's own."""
    w, x = sg.param("w", np.ones((3, 4))), sg.input("x", (4,))
    for loss, data in ((sg.sum(w * x), {"x": np.ones(4)}), (sg.sum(sg.sum(w, axis=1) ** 2), {})):
        _, grads = sg.compile(loss)(**data)
        grads.w[0] *= 2.0
        assert grads.w[0, 0] == 2.0 * grads.w[1, 0]


def test_flat_takes_the_vector_that_ravel_gives() -> None:
    """value, gradient and order agree with the call; the gradient is fresh float64."""
    f = logistic()
    fun, theta = f.flat(x=X, y=Y), f.ravel()
    value, gradient = fun(theta)
    assert value == f(x=X, y=Y)[0]
    assert gradient.tolist() == [*f(x=X, y=Y)[1].w, f(x=X, y=Y)[1].b]
    assert theta.tolist() == [0.1, -0.2, 0.5]
    assert f.unravel(theta).w.tolist() == W.tolist()
    assert fun(theta)[1] is not fun(theta)[1]


def test_bind_fixes_the_inputs() -> None:
    """The bound function takes parameters only, or their own data."""
    f = logistic()
    g = f.bind(x=X, y=Y)
    assert g()[0] == g(W, 0.5)[0] == f(x=X, y=Y)[0]


@pytest.mark.parametrize(
    ("kwargs", "kind", "why"),
    [
        ({"x": X}, errors.ArgumentError, "missing argument 'y'"),
        ({"x": X, "y": Y, "z": Y}, errors.ArgumentError, "unexpected argument 'z'"),
        ({"x": X, "y": Y[:2]}, errors.ShapeError, "N is 3 in x but 2 in y"),
        (
            {"x": X[:, :1], "y": Y},
            errors.ShapeError,
            r"x: expected f64\[N, 2\], got shape \(3, 1\)",
        ),
        ({"x": X[0], "y": Y}, errors.ShapeError, r"x: expected .* got shape \(2,\)"),
        ({"x": X > 0, "y": Y}, errors.DTypeError, "x: .* bool"),
        ({"x": X + 1j, "y": Y}, errors.DTypeError, "x: .* complex"),
        ({"x": X.astype(object), "y": Y}, errors.DTypeError, "x: .* object"),
        ({"x": X, "y": ["a", "b", "c"]}, errors.DTypeError, "y: .* list of dtype <U1"),
        ({"x": [[1.0], [1.0, 2.0]], "y": Y}, errors.DTypeError, "x: .* unequal length"),
        ({"x": X, "y": Y, "b": "s"}, errors.DTypeError, "b: .* str"),
        ({"x": X, "y": Y, "b": None}, errors.DTypeError, "b: .* NoneType"),
    ],
)
def test_a_bad_argument_is_named(kwargs: dict[str, Any], kind: type[Exception], why: str) -> None:
    """After a right call as well as at first."""
    f = logistic()
    for _ in range(2):
        with pytest.raises(kind, match=why):
            f(**kwargs)
        f(x=X, y=Y)


def test_surplus_positions_are_refused() -> None:
    """The error shows the signature."""
    with pytest.raises(errors.ArgumentError, match="expected 4 arguments by position"):
        logistic()(W, 0.5, X, Y, Y)


def test_integers_become_floats_and_sizes_may_change() -> None:
    """Conversion happens at entry, and N is free between calls."""
    f = logistic()
    assert f(x=X, y=Y.astype(int))[0] == f(x=X, y=Y)[0]
    assert f(x=X[:2], y=Y[:2])[1].w.shape == (2,)


def test_an_unreached_parameter_has_gradient_zero_and_a_note() -> None:
    """Of its own shape."""
    a, b = param("a", 2.0), param("b", np.ones(3))
    f = compile(a * a, wrt=[a, b])
    assert f()[1].b.tolist() == [0.0, 0.0, 0.0]
    assert f.notes == ("The loss does not reach b: the gradient is zero.",)


def test_aux_comes_with_the_value() -> None:
    """The value is (loss, aux); a tuple stays one."""
    a = param("a", 2.0)
    (value, aux), grads = compile(a * a, aux=a + 1.0)()
    assert (value, aux, grads.a) == (4.0, 3.0, 4.0)
    assert compile(a * a, aux=(a + 1.0,))()[0] == (4.0, (3.0,))


def test_a_loss_that_is_no_scalar_is_refused() -> None:
    """The error says how to make one."""
    with pytest.raises(errors.ShapeError, match=r"expected a scalar, got f64.*sg\.mean"):
        compile(param("w", W) * 2.0)


@pytest.mark.parametrize(
    ("call", "why"),
    [
        (lambda a: compile(a * a, strikt=True), "did you mean 'strict'"),
        (lambda a: compile(a * a, strict=3), "expected True or False"),
        (lambda a: compile(a * a, target="numpi"), "numpi"),
        (lambda a: compile(a * a, wrt=[a, a]), "listed twice"),
        (lambda a: compile(a * a, wrt=[a * a]), "expected an sg.param"),
        (lambda a: compile(3.0), "got float"),
        (lambda a: compile(input("x") * 2.0), "reaches no sg.param"),
        (lambda a: compile(Value(1.0) * 2.0), "wrt is needed"),
        (lambda a: function(None, a * a).flat(), "no gradients"),
    ],
)
def test_a_bad_request_is_explained(call: Any, why: str) -> None:
    """ArgumentError, with what to do."""
    with pytest.raises(errors.ArgumentError, match=why):
        call(param("a", 2.0))


def test_a_name_that_is_no_identifier_is_refused() -> None:
    """It would be code in the emitted text."""
    with pytest.raises(errors.NamingError, match="identifier"):
        logistic(name="f(): pass #")


@pytest.mark.parametrize("target", ["numpy", "python"])
def test_a_scalar_net_has_the_gradients_of_backward(target: str) -> None:
    """One vector theta in, one vector out, in the order of parameters()."""
    random.seed(1337)
    model = MLP(3, [4, 1], activation="tanh")
    loss = (model([2.0, 3.0, -1.0]) - 1.0) ** 2
    loss.backward()
    f = compile(loss, wrt=model, target=target)
    value, gradient = f()
    assert value == pytest.approx(loss.data, rel=1e-14)
    assert list(gradient) == pytest.approx([p.grad for p in model.parameters()], rel=1e-12)
    theta = [p.data for p in model.parameters()]
    assert f(theta)[0] == value == f.flat()(f.ravel())[0] == f.bind()(theta)[0]
    with pytest.raises(errors.ShapeError, match="theta: expected"):
        f(theta[:-1])


def test_gradients_nest() -> None:
    """The gradient of a gradient is the second derivative."""
    x = param("x", 2.0)
    assert function(None, grad(grad(x * x * x, x), x))(x=2.0) == 12.0


def test_a_saved_function_loads_with_its_constants(tmp_path: Path) -> None:
    """Text, constants and checks come back; pickles keep the parameters' data too."""
    w, c = param("w", 2.0), constant(np.arange(100.0), "c")
    f = compile(FUNCTIONS["sum"](w * c))
    f.save(tmp_path / "f.py")
    g = load(tmp_path / "f.py")
    assert g(2.0) == f() == pickle.loads(pickle.dumps(f))() == (9900.0, (4950.0,))
    with pytest.raises(errors.ArgumentError, match="missing argument 'w'"):
        g()


def test_a_strict_function_is_strict_when_it_comes_back_from_a_pickle() -> None:
    """It has no IR to say where, and says how to learn it."""
    f = pickle.loads(pickle.dumps(compile(FUNCTIONS["log"](param("w", 1.0)), strict=True)))
    assert f(1.0) == (0.0, (1.0,))
    with pytest.raises(errors.DomainError, match="compile the loss again"):
        f(0.0)


def test_the_source_is_found_by_inspect() -> None:
    """``inspect.getsource`` of the compiled function is the emitted function."""
    assert inspect.getsource(logistic()).startswith("def loss_and_grads(w, b, x, y):")


def test_history_tells_each_pass(monkeypatch: pytest.MonkeyPatch) -> None:
    """Each step starts where the last one ended; results verify."""
    monkeypatch.setenv("SYMGRAD_CHECK", "1")
    f = logistic()
    names = [step.name for step in f.history]
    both_sides = ["mirror"]  # of the sigmoid, where an op has two
    assert names == ["stabilize", "differentiate", *both_sides, *[p.name for p in SIMPLIFY]]
    assert f.history[-1].after is f.ir
    assert all(a.after is b.before for a, b in zip(f.history, f.history[1:], strict=False))
    assert "reals" not in [step.name for step in logistic(reassociate=False).history]


def test_unchecked_calls_go_straight_through() -> None:
    """check=False leaves errors to NumPy."""
    with pytest.raises(ValueError, match="broadcast"):
        logistic(check=False)(W, 0.5, X, Y[:2])


def test_the_python_target_gathers_by_literal_indices() -> None:
    """Rows picked twice share a gradient, and cross-entropy of literal labels is the same."""
    w = sg.param("w", [1.0, 2.0, 3.0])
    loss, grads = sg.compile(sg.sum(w[np.array([0, 2, 2])] ** 2), target="python")()
    assert (loss, grads.w) == (19.0, (2.0, 0.0, 12.0))
    z = sg.param("z", np.arange(6.0).reshape(2, 3))
    entropy = sg.losses.cross_entropy(z, np.array([0, 2]))
    plain, arrays = sg.compile(entropy, target="python")(), sg.compile(entropy)()
    assert plain[0] == pytest.approx(arrays[0], rel=1e-14)
    np.testing.assert_allclose(plain[1].z, arrays[1].z, rtol=1e-13)


def test_constants_come_back_from_the_python_target_as_floats() -> None:
    """A constant is a Python number there, alone or in a tuple."""
    v = sg.param("v", 1.0)
    value, _ = sg.compile(sg.constant(3.0), wrt=[v], target="python")()
    assert type(value) is float
    (_, (pair,)), _ = sg.compile(v * v, aux=[sg.constant([1.0, 2.0])], target="python")()
    assert [type(c) for c in pair] == [float, float]


def test_values_are_named_by_the_statement_that_made_them() -> None:
    """Also in a function whose variables are gone when the loss is compiled."""

    def net(x: Any, w: Any) -> Any:
        hidden = sg.tanh(x @ w)
        return sg.sum(hidden * hidden)

    source = sg.compile(net(sg.input("x", ("N", 2)), sg.param("w", np.ones((2, 3))))).source
    assert "    hidden = np.tanh(x @ w)" in source


@pytest.mark.parametrize("target", ["numpy", "python"])
def test_the_hash_in_the_text_is_of_what_was_asked_for(target: str) -> None:
    """Not of what passes made of it; a certificate has the same one, and another loss another."""
    x, w = sg.input("x", (2,)), sg.param("w", np.ones(2))

    def told(loss: sg.Expr, **options: bool) -> str:
        f = sg.compile(loss, target=target, **options)
        found = re.findall("ir +sha256 ([0-9a-f]{16})", f.source)
        assert f"ir {found[0]}" in str(f.verify())
        return str(found[0])

    loss = sg.sum(w * x + w * x)
    assert told(loss) == told(loss, simplify=False) == told(loss, reassociate=False)
    assert told(loss) != told(sg.sum(w * x + w + x))
