"""The interpreter binds named sizes and evaluates each op with its reference."""

import math
import weakref

import numpy as np
import pytest

from symgrad.errors import ArgumentError, DTypeError, IRError, ShapeError
from symgrad.ir import (
    Function,
    Type,
    bind_sizes,
    constant,
    emit,
    function,
    interpret,
    parameter,
    parse,
)
from symgrad.ir.op import Op
from symgrad.ir.rebuild import rebuild, with_operands
from symgrad.ir.run import by_name, resolve, run
from symgrad.ops import OPS, FloatAlgebra, IRAlgebra

ADD = Op("add", "elementwise", 2, infer=lambda a, b: a, evaluate=np.add)
LOG = Op("log", "elementwise", 1, infer=lambda a: a, evaluate=np.log)
RESHAPE = Op(
    "reshape",
    "shape",
    1,
    infer=lambda x, shape: x.with_shape(shape),
    evaluate=lambda x, shape: np.reshape(x, shape),
    attributes=("shape",),
    dim_attributes=("shape",),
)


def signature(*types):
    names = "xyzw"
    return Function("f", tuple(parameter(n, t) for n, t in zip(names, types, strict=False)), (), ())


def test_plain_names_come_first():
    """N is read off wherever it stands alone, and polynomials are then checked or solved."""
    f = signature(Type("f64", ("2*N + M",)), Type("f64", ("N",)))
    assert bind_sizes(f, [np.zeros(11), np.zeros(4)]) == {"N": 4, "M": 3}


def test_disagreeing_sizes_are_told_by_name():
    """Two arguments that disagree on a size are named, with both sizes."""
    f = signature(Type("f64", ("N",)), Type("f64", ("N",)))
    with pytest.raises(ShapeError, match="N is 100 in x but 99 in y"):
        bind_sizes(f, [np.zeros(100), np.zeros(99)])


@pytest.mark.parametrize(
    ("types", "shapes", "message"),
    [
        ([("N", 2)], [(3, 4)], "a size of x is 4, expected 2"),
        ([("N",)], [(3, 4)], r"x has shape \(3, 4\), expected f64\[N\]"),
        ([("2*N",)], [(3,)], "no whole N"),
        ([("N + M",)], [(3,)], "does not tell each of its names"),
        ([("N*N",)], [(4,)], "does not tell each of its names"),
        ([("N",), ("N + 1",)], [(3,), (3,)], r"expected N \+ 1 = 4 \(N = 3\)"),
    ],
)
def test_sizes_that_do_not_fit(types, shapes, message):
    """A ShapeError says which size of which argument was expected."""
    with pytest.raises(ShapeError, match=message):
        bind_sizes(signature(*(Type("f64", t) for t in types)), [np.zeros(s) for s in shapes])


def test_arguments_are_counted_and_typed():
    """A missing argument and a lossy dtype are refused by name."""
    f = signature(Type("i64"))
    with pytest.raises(ArgumentError, match=r"takes 1 arguments \(x\), got 0"):
        interpret(f, [])
    with pytest.raises(DTypeError, match="x is float64, expected i64"):
        interpret(f, [1.5])


def test_dim_attributes_are_resolved():
    """A shape attribute with names reaches evaluate as ints."""
    x = parameter("x", Type("f64", ("N", 2)))
    y = emit(RESHAPE, (x,), {"shape": ("2*N",)})
    (result,) = interpret(function("f", [x], [y]), [np.arange(6.0).reshape(3, 2)])
    assert result.tolist() == [0, 1, 2, 3, 4, 5]


def test_index_keys_keep_their_tags():
    """In an index key the tags stay and the dims are resolved."""
    key = (("slice", 0, "N", 1), ("int", "N + -1"), ("new",))
    assert resolve(key, {"N": 5}) == (("slice", 0, 5, 1), ("int", 4), ("new",))
    assert resolve(("int", 2), {"int": 7}) == (7, 2)


def test_results_have_the_dtype_of_the_type():
    """f32 stays f32 and literals take part; domain errors give nan without a warning."""
    x = parameter("x", Type("f32", (2,)))
    y = emit(LOG, (emit(ADD, (x, constant([1, 1], Type("f32", (2,))))),))
    (result,) = interpret(function("f", [x], [y]), [np.array([-2.0, 0.0], np.float32)])
    assert result.dtype == np.float32
    assert np.isnan(result[0])
    assert result[1] == 0


def test_a_wrong_shape_from_an_op_is_caught():
    """An op whose evaluate and infer disagree is reported, not passed on."""
    liar = Op("liar", "test", 1, infer=lambda x: x.with_shape((3,)), evaluate=lambda x: x)
    x = parameter("x", Type("f64", (2,)))
    with pytest.raises(IRError, match="infer and evaluate disagree"):
        interpret(function("f", [x], [emit(liar, (x,))]), [np.zeros(2)])


def test_values_are_freed_after_their_last_use():
    """While a chain runs, only the values still needed are alive."""
    alive, most = [], []

    def evaluate(x):
        y = x + 1
        alive.append(weakref.ref(y))
        most.append(sum(r() is not None for r in alive))
        return y

    step = Op("step", "test", 1, infer=lambda x: x, evaluate=evaluate)
    x = y = parameter("x", Type("f64", (4,)))
    for _ in range(50):
        y = emit(step, (y,))
    assert interpret(function("f", [x], [y]), [np.zeros(4)])[0].tolist() == [50.0] * 4
    assert max(most) <= 2


PROGRAM = """func @f(input %x: f64[], input %y: f64[]) {
  %0 = constant 2.0 : f64[]
  %1 = multiply %0, %x : f64[]
  %2 = sin %1 : f64[]
  %3 = add %2, %y : f64[]
  return %3, %1
}
"""


def test_one_evaluator_runs_under_any_algebra():
    """Floats, instructions of another function, texts, and the sets of what values depend on."""
    f = parse(PROGRAM, OPS)
    wanted = [math.sin(6.0) + 1.0, 6.0]
    assert run(f, by_name(FloatAlgebra()), [3.0, 1.0]) == wanted
    again = [IRAlgebra().term(p) for p in f.parameters]
    terms = run(f, by_name(IRAlgebra()), again)
    assert function("f", f.parameters, [t.instr for t in terms]).structure() == f.structure()
    texts = run(f, lambda x, xs: f"{x.op.name}({', '.join(xs)})", ["x", "y"])
    assert texts[1] == "multiply(constant(), x)"
    sources = run(f, lambda x, xs: frozenset().union(*xs), [frozenset("x"), frozenset("y")])
    assert sources == [frozenset("xy"), frozenset("x")]


def test_a_function_is_rebuilt_in_its_order_with_hints_and_origins():
    """Only what changes is new; without in_place, what no result needs goes."""
    f = parse(PROGRAM, OPS)
    assert rebuild(f, with_operands) == f
    assert all(a is b for a, b in zip(rebuild(f, with_operands).body, f.body, strict=True))
    shorter = Function("f", f.parameters, f.body, f.results[1:])
    assert len(rebuild(shorter, with_operands).body) == 4
    assert len(rebuild(shorter, with_operands, in_place=False).body) == 2
    named = rebuild(f, lambda x, operands: x.replace(operands, hint=x.op.name))
    assert [x.hint for x in named.body] == [x.op.name for x in f.body]
