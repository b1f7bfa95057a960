"""Every refusal says what was expected, what came, and where: the user's file and line."""

from __future__ import annotations

import re
from types import FunctionType
from typing import Any

import numpy as np
import pytest

import symgrad as sg
from symgrad.engine import Value
from symgrad.errors import (
    ArgumentError,
    DomainError,
    DTypeError,
    NamingError,
    ShapeError,
    SymgradError,
    TraceError,
    UnsupportedError,
)
from symgrad.frontend.arrays.expr import Expr
from symgrad.frontend.arrays.size import Size
from symgrad.frontend.scalars.value import Condition


def leaves() -> dict[str, Any]:
    return {
        "sg": sg,
        "np": np,
        "x": sg.input("x", ("N", 3)),
        "y": sg.input("y", (4,)),
        "w": sg.param("w", np.ones(3)),
        "k": sg.input("k", (3,), int),
        "b": sg.input("b", (3,), bool),
        "f": sg.input("f", (3,), "f32"),
        "v": sg.Value(2.0),
    }


TABLE: list[tuple[str, type[SymgradError], str]] = [
    # axes
    ("sg.softmax(x, axis=3)", ShapeError, "softmax: expected an axis from -2 to 1, got axis 3"),
    ("sg.log_softmax(x, axis=-4)", ShapeError, "log_softmax: .* got axis -4"),
    ("sg.std(x, axis=9)", ShapeError, "std: expected an axis"),
    ("sg.norm(x, axis=9)", ShapeError, "norm: expected an axis"),
    ("sg.sum(w[0], axis=0)", ShapeError, "sum: expected no axis of a scalar, got axis 0"),
    ("sg.sum(x, axis=(0, 0))", ShapeError, "sum: an axis is named twice"),
    ("sg.mean(x, axis='a')", ShapeError, "mean: axis is an int, got 'a'"),
    ("sg.argmax(x, axis=4)", ShapeError, "argmax: expected an axis"),
    ("sg.expand_dims(x, 7)", ShapeError, "expand_dims: expected an axis from -3 to 2"),
    ("sg.swapaxes(x, 0, 5)", ShapeError, "swapaxes: expected an axis"),
    ("sg.flip(x, 4)", ShapeError, "flip: expected an axis"),
    ("sg.transpose(x, (0, 0))", ShapeError, "transpose: .* once"),
    ("sg.var(w, ddof='a')", ArgumentError, "var: ddof: expected a number, got 'a'"),
    # shapes
    ("sg.reshape(x, (5,))", ShapeError, r"reshape: .* 3\*N elements .* got \(5,\)"),
    ("sg.reshape(y, (3, -1))", ShapeError, "reshape: .* does not divide"),
    ("sg.reshape(y, (-1, -1))", ShapeError, "reshape: one size may be -1"),
    ("sg.reshape(y, (2.0, 2))", ShapeError, "reshape: a size is an int"),
    ("sg.broadcast_to(x, (2,))", ShapeError, "broadcast_to: expected"),
    ("sg.concatenate([x, y])", ShapeError, "concatenate: expected shapes equal but for axis 0"),
    ("sg.concatenate([])", ArgumentError, "concatenate: expected one array at least"),
    ("sg.stack([w, y])", ShapeError, r"stack: expected equal shapes, got \(3,\) and \(4,\)"),
    ("sg.hstack([w, x])", ShapeError, "hstack: expected shapes equal"),
    ("sg.vstack([w, y])", ShapeError, "vstack: expected shapes equal"),
    ("sg.vstack([])", ArgumentError, "vstack: expected one array"),
    ("sg.einsum('ij,jk->ik', x, y)", ShapeError, "einsum: expected rank 2 for 'jk'"),
    ("sg.einsum('ii->i', x)", ShapeError, "einsum: expected distinct indices"),
    ("sg.einsum(3, x)", ArgumentError, "einsum: expected a text"),
    ("sg.tensordot(x, y, 1)", ShapeError, "tensordot: axes .* differ in size"),
    ("x + y", ShapeError, r"add: shapes do not broadcast: \('N', 3\), \(4,\)"),
    ("x @ y", ShapeError, "matmul: inner sizes differ.*; transpose one\\?"),
    ("w @ x", ShapeError, "the one says N, the other has 3: write 3 for N"),
    ("sg.matmul(x, 3.0)", ShapeError, "matmul: .* use \\* for scalars"),
    ("sg.squeeze(x, 1)", ShapeError, "squeeze: .* not all of size 1"),
    ("sg.tril(w)", ShapeError, "tril: expected a matrix"),
    ("sg.trace(w)", ShapeError, "trace: expected a matrix"),
    ("sg.diag(x[None])", ShapeError, "diag: expected a matrix"),
    ("sg.max(sg.input('e', (0,)))", ShapeError, r"max: axis 0 of f64\[0\] is empty"),
    ("sg.losses.mse(x, y)", ShapeError, "mse: shapes differ"),
    ("sg.losses.l2([])", ArgumentError, "l2: expected one param"),
    ("sg.scatter_add(w, [0, 1], 5)", ShapeError, "scatter_add: expected the shape"),
    ("sg.input('x', (2**40, 2**40))", ShapeError, "an array holds fewer than 2"),
    ("sg.input('x', (-1,))", ShapeError, "a size is an int >= 0 or a name, got -1"),
    ("sg.input('x', 'N M')", ShapeError, "not a size: 'N M'"),
    ("sg.input('x', ('N-',))", ShapeError, "not a size: 'N-'"),
    ("sg.piecewise([w > 0], [1, 2])", ArgumentError, "1 conditions but 2 values"),
    # indices
    ("w[3]", ShapeError, "index 3 is outside of w, whose axis 0 has size 3"),
    ("w[-4]", ShapeError, "index -4 is outside of w, whose axis 0"),
    ("w[1.5]", DTypeError, "an index is an int, .* got 1.5"),
    ("w[b]", DTypeError, r"bool, expected int64; a computed mask .* choose with sg\.where"),
    ("w[w[0]]", DTypeError, r"float64, expected int64; use astype\(int\)"),
    ("w.__setitem__(0, 1.0)", TraceError, r"an expression is not written into, .* sg\.where"),
    ("f'{w[0]:.3f}'", TraceError, r"a number, asked for by the format '\.3f', .* a call gives"),
    ("w.reshape((3, 1), order='F')", ArgumentError, "reshape: takes no order=; .* transpose first"),
    ("np.mod(w, 2)", TraceError, r"np\.remainder takes no .*; write x - y \* sg\.floor\(x / y\)"),
    ("__import__('math').exp(w[0])", TraceError, r"float\(\) .* for math\.exp write sg\.exp"),
    (
        "__import__('math').log(x.shape[0])",
        TraceError,
        r"float\(N\) .* for math\.log write sg\.log",
    ),
    ("w[0, 0]", ShapeError, "2 indices into an array of rank 1"),
    ("w[np.array([5])]", ShapeError, "index: index 5 is outside of w, whose axis 0 has"),
    (
        "sg.take(w, np.array([0, 3]))",
        ShapeError,
        "take: index 3 is outside of w, whose axis 0 has size 3",
    ),
    ("sg.take(w, 3)", ShapeError, "take: index 3 is outside of w, whose axis 0 has size 3"),
    ("sg.take_along_axis(w, [-4])", ShapeError, "index -4 is outside of w, whose axis 0"),
    ("sg.one_hot([0, 3], 3)", ShapeError, "one_hot: index 3 is outside of size 3"),
    ("x[:5]", ShapeError, "unknown until the call; count from the end"),
    ("w[::0]", ArgumentError, "a step of 0"),
    ("sg.take(w, 1.5)", DTypeError, "take: indices are float64, expected int64"),
    ("sg.one_hot(w, 3)", DTypeError, "one_hot: indices are float64"),
    # dtypes
    ("w + b", DTypeError, "add: operands are f64 and bool; bool and numbers do not mix"),
    ("b * 2.0", DTypeError, "multiply: 2.0 beside bool"),
    ("w & b", DTypeError, "logical_and: operands are f64 and bool"),
    ("~w", DTypeError, "logical_not: takes bool, got f64; compare first"),
    ("sg.sqrt(b)", DTypeError, "sqrt: takes floats, got bool"),
    ("f * 1e300", DTypeError, "multiply: the constant 1e\\+300 overflows float32"),
    ("w + 1j", DTypeError, "add: expected real numbers or bool, got complex"),
    ("w + np.array(['a', 'b', 'c'])", DTypeError, "add: .* got ndarray of dtype <U1"),
    ("w + None", DTypeError, "add: .* got NoneType"),
    ("w + [1, [2]]", DTypeError, "add: the rows differ in length"),
    ("w * 10**400", DTypeError, "multiply: the constant 1000.* overflows float64"),
    ("k + 2**70", DTypeError, "add: 1180591620717411303424 does not fit int64"),
    ("sg.param('p', [1, [2]])", DTypeError, "p: the rows differ in length"),
    ("sg.param('p', 'a')", DTypeError, "p: expected real numbers or bool, got str"),
    ("sg.param('p', 1j)", DTypeError, "p: expected real numbers"),
    ("sg.param('p', True)", DTypeError, "'p' takes floats, got bool"),
    ("sg.param('p', [None])", DTypeError, "p: .* dtype object"),
    ("sg.constant('a')", DTypeError, "constant: expected real numbers"),
    ("sg.input('x', (), complex)", DTypeError, "unknown dtype .*complex"),
    ("sg.astype(w, complex)", DTypeError, "unknown dtype .*complex"),
    ("sg.leaky_relu(w, 'a')", ArgumentError, "leaky_relu: slope: expected a number, got 'a'"),
    ("sg.elu(w, None)", ArgumentError, "elu: alpha: expected a number"),
    ("sg.losses.hinge('a', w)", DTypeError, "score: expected real numbers"),
    ("sg.losses.cross_entropy(x, [0, 5, 1])", ShapeError, r"labels of i64 and shape \('N',\)"),
    ("sg.losses.cross_entropy(w, 7)", DomainError, "labels from 0 to 2, got 7"),
    # names
    ("sg.input('x y')", NamingError, "'x y' is no identifier"),
    ("sg.input('')", NamingError, "non-empty string"),
    (r"sg.input('x\ny')", NamingError, "no identifier"),
    ("sg.input('\ufb01')", NamingError, "reads as 'fi' in Python"),
    ("sg.compile(sg.sum(w * sg.param('w', 1.0)))", NamingError, "two leaves are named 'w'"),
    ("sg.compile(sg.sum(w), name='a b')", NamingError, "'a b' is no identifier"),
    ("sg.compile(sg.sum(w), name='\ufb01')", NamingError, "reads as 'fi' in Python"),
    *(
        (f"sg.compile(sg.sum(w), name={name!r})", NamingError, f"{name!r} cannot be a function")
        for name in ("np", "math", "class", "float", "len", "__f")
    ),
    *(
        (f"sg.function(None, sg.{name}(w), name={name!r}, target={target!r})", NamingError, name)
        for name, target in (("sigmoid", "numpy"), ("sigmoid", "python"), ("tanh", "python"))
    ),
    # values that are not there yet
    ("bool(w > 0)", TraceError, r"use sg\.where"),
    ("float(w[0])", TraceError, r"compile it and call it"),
    ("len(w[0])", TraceError, r"len\(\) of a scalar"),
    ("list(x)", TraceError, "a loop over the size N"),
    ("np.asarray(w)", TraceError, "symgrad has NumPy's functions"),
    ("np.array([w, w])", TraceError, r"sg\.stack for a list of expressions"),
    # what NumPy takes and sg does not
    ("np.add(w, w, out=np.ones(3))", ArgumentError, "add: takes no out=; an expression is not"),
    ("np.sum(w, where=w.data > 0)", ArgumentError, r"sum: takes no where=; choose with sg\.where"),
    ("np.mean(w, dtype=np.float32)", ArgumentError, r"mean: takes no dtype=; cast with \.astype"),
    ("np.max(w, initial=0.0)", ArgumentError, "max: takes no initial="),
    ("np.take(w, [5], mode='clip')", ArgumentError, "take: takes no mode="),
    (
        "np.cbrt(w)",
        TraceError,
        "np.cbrt takes no symgrad expression, .* what sg has: abs, .*, sqrt",
    ),
    ("np.fft.fft(w)", TraceError, r"np\.fft\.fft takes no symgrad expression"),
    ("np.piecewise(w, [w > 0], [1.0])", TraceError, r"np\.piecewise takes no symgrad"),
    (
        "np.linalg.norm(x, 2)",
        ArgumentError,
        "norm: expected an ord of 1, 2, inf .* got 2 .* 2 axes",
    ),
    ("np.cross(y[:2], y[:2])", ShapeError, r"cross: expected vectors of 3 .* a\[..., 0\] \* b"),
    ("x % 2", TraceError, r"% takes no f64\[N, 3\]; write x - y \* sg.floor\(x / y\)"),
    ("k // 2", TraceError, r"// takes no i64\[3\]; write sg.floor\(x / y\)"),
    ("7 // x", TraceError, r"// takes no f64\[N, 3\]"),
    # words that are not ours
    ("sg.sum(x, dim=0)", ArgumentError, "sum: unknown argument 'dim'; did you mean 'axis'?"),
    ("x.mean(keepdim=True)", ArgumentError, "mean: unknown argument 'keepdim'; .* 'keepdims'"),
    ("sg.param('p', 1.0, dtyp=float)", ArgumentError, "param: unknown argument 'dtyp'; .* 'dtype'"),
    ("sg.compile(sg.sum(w), targt='python')", ArgumentError, "'targt'; did you mean 'target'"),
    ("sg.losses.mse(w, w, reduction=1)", ArgumentError, "mse: unknown argument 'reduction'"),
    # sizes that are named
    ("len(x)", TraceError, r"len\(\) of the named size N .* divide by x\.shape\[0\]"),
    ("range(x.shape[0])", TraceError, r"range\(N\), .* use whole-array functions"),
    ("int(x.shape[0])", TraceError, r"int\(N\) needs the number that N stands for"),
    ("float(x.size)", TraceError, r"float\(3\*N\) needs the number"),
    ("np.zeros(x.shape)", TraceError, r"np\.zeros\(N\) .* sg\.zeros"),
    ("[1, 2][x.shape[0]]", TraceError, "an index needs the number"),
    ("1 if x.shape[0] > 3 else 2", TraceError, r"the truth of a symbolic bool\[\]"),
    ("1 if x.shape[0] == 3 else 2", TraceError, r"the truth of a symbolic bool\[\]"),
    ("x.shape == (5, 3)", TraceError, r"the truth of a symbolic bool\[\]"),
    ("bool(x.shape[0])", TraceError, "the truth of N needs the number"),
    ("list(x.shape[0])", TraceError, "a loop over N needs the number"),
    ("x.shape[0] // 2", TraceError, r"N // 2 needs the number .* sg\.floor"),
    ("x.shape[0] % 2", TraceError, r"N % 2 needs the number"),
    ("9 % x.shape[0]", TraceError, r"9 % N needs the number"),
    ("divmod(x.shape[0], 2)", TraceError, r"N // 2 needs the number"),
    ("f'{x.shape[0]:.2f}'", TraceError, r"the format '.2f' of N needs .* format what a call gives"),
    ("x[x.shape[0]]", ShapeError, "index N may be outside of size N"),
    ("sg.compile(w[0] / x.shape[0])", ShapeError, "size: the size N is that of no argument"),
    ("sg.arange(0, x.shape[0], 2)", ArgumentError, "arange: expected ints and sizes"),
    # numbers of Values
    ("float(v)", ArgumentError, r"float\(\) of a Value .* write v\.data .* v\.exp\(\) for math"),
    ("__import__('math').exp(v)", ArgumentError, r"float\(\) of a Value"),
    ("'%.2f' % v", ArgumentError, r"float\(\) of a Value"),
    ("int(v)", ArgumentError, r"int\(\) of a Value .* write int\(v\.data\)"),
    ("round(v, 2)", ArgumentError, r"round\(\) of a Value .* write round\(v\.data, n\)"),
    # masks
    ("x[x > 0]", DTypeError, "a computed mask selects no fixed number"),
    ("y[[True, False]]", ShapeError, r"a mask of shape \(2,\) selects from .* got \(4,\)"),
    ("x[np.array([True])]", ShapeError, "give named sizes as numbers"),
    # compiling
    ("sg.compile(w)", ShapeError, "expected a scalar, got f64\\[3\\]; reduce it"),
    ("sg.compile(3.0)", ArgumentError, "expected a symgrad expression or a Value, got float"),
    ("sg.compile(sg.sum(y))", ArgumentError, "reaches no sg.param"),
    ("sg.compile(sg.sum(w), wrt=w * 2)", ArgumentError, r"wrt\[0\]: expected an sg.param"),
    ("sg.compile(sg.sum(w), wrt=k)", DTypeError, "integers have no gradient"),
    ("sg.compile(sg.sum(w), wrt=[w, w])", ArgumentError, "listed twice"),
    ("sg.compile(sg.sum(w), target='cuda')", ArgumentError, "unknown target 'cuda'"),
    ("sg.compile(sg.sum(w), strikt=1)", ArgumentError, "did you mean 'strict'"),
    ("sg.compile(sg.sum(x * w), target='python')", UnsupportedError, "give the option sizes="),
    ("sg.function(w, 3)", ArgumentError, "output 0 is a int"),
    ("sg.grad(w, w)", ShapeError, "expected a scalar"),
    ("setattr(w, 'data', [1, 2])", ShapeError, r"w.data has shape \(3,\), got \(2,\)"),
    ("setattr(k, 'data', [1, 2, 3])", ArgumentError, "only params are set, and k"),
]


@pytest.mark.parametrize(("code", "error", "message"), TABLE)
def test_a_refusal_says_what_and_where(code: str, error: type[SymgradError], message: str) -> None:
    """The class is the stated one, the message fits, and it ends in the user's line."""
    names = leaves()
    with pytest.raises(error, match=message) as caught:
        eval(compile(f"\n\n{code}", "theirs.py", "eval"), names)
    assert type(caught.value) is error
    assert re.search(r" at (theirs\.py:3|test_messages\.py:\d+)", str(caught.value))


@pytest.mark.parametrize("name", ["linalg", "hessian", "array", "jit"])
def test_a_name_that_is_like_no_other_is_not_taken_for_one(name: str) -> None:
    """linalg is not diag with a typo."""
    with pytest.raises(AttributeError, match=r"; dir\(symgrad\) lists what there is"):
        getattr(sg, name)


def test_a_named_size_is_whole_and_shows_its_text() -> None:
    n = sg.input("x", ("N", 3)).shape[0]
    assert (round(n), f"{n}", f"{n:>3}", f"{n!s}") == ("N", "N", "  N", "N")


CALLS: list[tuple[str, dict[str, Any], type[SymgradError], str]] = [
    ("w", {"w": 3}, ShapeError, r"w: expected f64\[3\], got shape \(\)"),
    ("w", {"w": np.ones(4)}, ShapeError, r"w: expected f64\[3\], got shape \(4,\)"),
    ("w", {"w": ["a", "b", "c"]}, DTypeError, "w: .* got list of dtype <U1; convert it first"),
    ("w", {"w": [1, [2], 3]}, DTypeError, "w: .* rows of unequal length"),
    ("w", {"w": np.ones(3) * 1j}, DTypeError, "w: .* complex128"),
    ("w", {"w": [True, True, False]}, DTypeError, "w: .* dtype bool"),
    ("w", {"w": np.array([None] * 3)}, DTypeError, "w: .* dtype object"),
    ("w", {"q": 1}, ArgumentError, "unexpected argument 'q'; the signature is"),
    ("w * x", {"x": np.ones((2, 4))}, ShapeError, r"x: expected f64\[N, 3\]"),
    ("w * x", {}, ArgumentError, "missing argument 'x'"),
    ("w * k", {"k": [1.5, 2, 3]}, DTypeError, r"k: expected i64\[3\], got list of dtype float64"),
]


@pytest.mark.parametrize(("code", "given", "error", "message"), CALLS)
def test_a_call_names_the_argument(
    code: str, given: dict[str, Any], error: type[SymgradError], message: str
) -> None:
    """The traceback has the user's line; the message has the argument and its type."""
    f = sg.compile(sg.sum(eval(code, leaves())))
    with pytest.raises(error, match=message):
        f(**given)


@pytest.mark.parametrize("name", ["sum", "mean", "prod", "max", "min"])
def test_numpys_reductions_take_expressions(name: str) -> None:
    """``np.sum(x)`` is ``sg.sum(x)``."""
    w = sg.param("w", np.array([1.0, 2.0, 4.0]))
    value, _ = sg.compile(getattr(np, name)(w, axis=0))()
    assert value == getattr(np, name)(w.data)


@pytest.mark.parametrize("decimals", [0, 1, -1])
def test_round_takes_decimals(decimals: int) -> None:
    """As NumPy's does."""
    x = np.array([14.25, 15.0, -25.55])
    np.testing.assert_array_equal(sg.round(x, decimals), np.round(x, decimals))


@pytest.mark.parametrize("cls", [Value, Condition, Expr, Size])
def test_methods_are_called_as_in_their_class(cls):
    """TypeErrors, help and pdb name Value.__add__, not the function that made it."""
    names = {m.__qualname__ for m in vars(cls).values() if isinstance(m, FunctionType)}
    assert f"{cls.__name__}.__add__" in names
    assert not [name for name in names if "<locals>" in name]
