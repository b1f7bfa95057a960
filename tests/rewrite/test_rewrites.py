"""Each pass on a line or two of IR, before and after, and on random programs."""

import re

import numpy as np
import pytest
from counting import growth
from hypothesis import given
from hypothesis import strategies as st

import symgrad as sg
from symgrad.ir import (
    Type,
    constant,
    emit,
    function,
    interpret,
    parameter,
    parse,
    print_function,
    verify,
)
from symgrad.ir.op import Op
from symgrad.ops import OPS
from symgrad.rewrite import BITS, PASSES, cse, dce, fold, identities, reals
from symgrad.rewrite.passes import early_cse

# Declared here as well, so that these tests need only the elementwise ops of the table.
SHAPE_OPS = {
    "broadcast_to": Op(
        "broadcast_to",
        "shape",
        1,
        infer=lambda x, shape: x.with_shape(shape),
        evaluate=lambda x, shape: np.broadcast_to(x, shape),
        attributes=("shape",),
        dim_attributes=("shape",),
    ),
    "transpose": Op(
        "transpose",
        "shape",
        1,
        infer=lambda x, axes: x.with_shape(tuple(x.shape[i] for i in axes)),
        evaluate=np.transpose,
        attributes=("axes",),
    ),
}

HEAD = "func @f(input %a: f64[], input %b: f64[], input %A: f64[N], input %B: f64[N]) {\n"


def text(body):
    lines = [line.strip() for line in body.strip().split(";")]
    return HEAD + "".join(f"  {line}\n" for line in lines) + "}\n"


def check(rewrite, before, after):
    f = parse(text(nameless(before)), {**SHAPE_OPS, **OPS})
    verify(f)
    g = rewrite(f)
    verify(g)
    assert str(g) == str(parse(text(nameless(after)), {**SHAPE_OPS, **OPS}))


def nameless(body):
    """A body whose letters from n to q are no names: what has a name keeps its sign."""
    return re.sub(r"%([n-q])\b", lambda m: f"%{ord(m[1])}", body)


@pytest.mark.parametrize(
    ("before", "after"),
    [
        ("%1 = constant 1.0 : f64[]; %y = multiply %a, %1 : f64[]; return %y", "return %a"),
        ("%1 = constant 1.0 : f64[]; %y = divide %a, %1 : f64[]; return %y", "return %a"),
        ("%0 = constant 0.0 : f64[]; %y = subtract %a, %0 : f64[]; return %y", "return %a"),
        ("%t = constant true : bool[]; %y = where %t, %a, %b : f64[]; return %y", "return %a"),
        (
            "%t = constant false : bool[]; %c = greater %a, %b : bool[];"
            "%d = logical_and %t, %c : bool[]; %y = where %d, %a, %b : f64[]; return %y",
            "return %b",
        ),
        (
            "%t = constant false : bool[]; %c = greater %a, %b : bool[];"
            "%d = logical_or %c, %t : bool[]; return %d",
            "%c = greater %a, %b : bool[]; return %c",
        ),
        (
            "%t = constant true : bool[]; %c = greater %A, %B : bool[N];"
            "%d = logical_or %c, %t : bool[N]; return %d",
            "%t = constant true : bool[];"
            '%d = broadcast_to %t {shape = ("N",)} : bool[N]; return %d',
        ),
        ("%0 = constant -0.0 : f64[]; %y = add %a, %0 : f64[]; return %y", "return %a"),
        (
            "%c = greater %a, %b : bool[]; %i = where %c, %a, %b : f64[];"
            "%y = where %c, %i, %a : f64[]; return %y",
            "return %a",
        ),
        (
            "%c = greater %a, %b : bool[]; %i = where %c, %a, %b : f64[];"
            "%y = where %c, %b, %i : f64[]; return %y",
            "return %b",
        ),
        (
            '%r = reshape %A {shape = ("N", 1)} : f64[N, 1];'
            "%y = sum %r {axis = (1,), keepdims = false} : f64[N]; return %y",
            "return %A",
        ),
        (
            '%r = reshape %A {shape = (1, "N")} : f64[1, N];'
            "%y = max %r {axis = (0,), keepdims = true} : f64[1, N]; return %y",
            '%r = reshape %A {shape = (1, "N")} : f64[1, N]; return %r',
        ),
        (
            "%0 = constant 0.0 : f64[]; %y = add %a, %0 : f64[]; return %y",
            "%0 = constant 0.0 : f64[]; %y = add %a, %0 : f64[]; return %y",
        ),
        (
            "%1 = constant -1.0 : f64[]; %y = multiply %A, %1 : f64[N]; return %y",
            "%y = negative %A : f64[N]; return %y",
        ),
        ("%n = negative %a : f64[]; %y = negative %n : f64[]; return %y", "return %a"),
        (
            "%n = negative %a : f64[]; %p = multiply %n, %b : f64[]; %y = negative %p : f64[]; "
            "return %y, %n",
            "%n = negative %a : f64[]; %y = multiply %a, %b : f64[]; return %y, %n",
        ),
        (
            "%n = negative %b : f64[]; %y = add %a, %n : f64[]; return %y",
            "%y = subtract %a, %b : f64[]; return %y",
        ),
        (
            "%n = negative %a : f64[]; %y = add %n, %b : f64[]; return %y",
            "%y = subtract %b, %a : f64[]; return %y",
        ),
        (
            "%n = negative %b : f64[]; %y = subtract %a, %n : f64[]; return %y",
            "%y = add %a, %b : f64[]; return %y",
        ),
        (
            "%n = negative %a : f64[]; %p = multiply %n, %b : f64[]; %y = add %A, %p : f64[N]; "
            "return %y",
            "%0 = multiply %a, %b : f64[]; %y = subtract %A, %0 : f64[N]; return %y",
        ),
        (
            "%n = negative %a : f64[]; %p = multiply %n, %b : f64[]; return %p, %n",
            "%n = negative %a : f64[]; %p = multiply %n, %b : f64[]; return %p, %n",
        ),
        (
            "%n = negative %a : f64[]; %2 = constant 2.0 : f64[]; %q = multiply %2, %b : f64[]; "
            "%p = multiply %q, %n : f64[]; return %p, %n",
            "%n = negative %a : f64[]; %0 = constant -2.0 : f64[]; %1 = multiply %0, %b : f64[]; "
            "%p = multiply %1, %a : f64[]; return %p, %n",
        ),
        (
            "%n = negative %a : f64[]; %2 = constant 2.0 : f64[]; %y = divide %n, %2 : f64[]; "
            "return %y",
            "%0 = constant 2.0 : f64[]; %1 = divide %a, %0 : f64[]; %y = negative %1 : f64[]; "
            "return %y",
        ),
        (
            "%n = negative %A : f64[N]; %2 = constant 2.0 : f64[]; %y = multiply %2, %n : f64[N]; "
            "return %y",
            "%0 = constant -2.0 : f64[]; %y = multiply %0, %A : f64[N]; return %y",
        ),
        (
            "%0 = constant 1.0 : f64[]; %1 = divide %0, %a : f64[]; "
            "%2 = multiply %1, %A : f64[N]; %3 = negative %2 : f64[N]; return %3",
            "%0 = constant -1.0 : f64[]; %1 = divide %0, %a : f64[]; "
            "%2 = multiply %1, %A : f64[N]; return %2",
        ),
        (
            '%w = broadcast_to %a {shape = ("N",)} : f64[N]; '
            '%y = reshape %w {shape = ("N", 1)} : f64[N, 1]; return %y',
            '%y = broadcast_to %a {shape = ("N", 1)} : f64[N, 1]; return %y',
        ),
        (
            '%w = broadcast_to %a {shape = ("N",)} : f64[N]; %y = add %w, %A : f64[N]; return %y',
            "%y = add %a, %A : f64[N]; return %y",
        ),
        (
            '%w = broadcast_to %a {shape = ("N",)} : f64[N]; %y = add %w, %b : f64[N]; return %y',
            '%0 = add %a, %b : f64[]; %y = broadcast_to %0 {shape = ("N",)} : f64[N]; return %y',
        ),
        (
            '%w = broadcast_to %a {shape = ("N", 2)} : f64[N, 2]; '
            "%t = transpose %w {axes = (1, 0)} : f64[2, N]; "
            "%u = transpose %t {axes = (1, 0)} : f64[N, 2]; return %u",
            '%u = broadcast_to %a {shape = ("N", 2)} : f64[N, 2]; return %u',
        ),
        (
            "return %a",
            "return %a",
        ),
    ],
)
def test_identities(before, after):
    """Identities keep every bit, never add work for a value with other users."""
    check(identities, before, after)


@pytest.mark.parametrize(
    ("before", "after"),
    [
        ("%0 = constant 0.0 : f64[]; %y = add %0, %A : f64[N]; return %y", "return %A"),
        (
            "%y = add %a, %a : f64[]; return %y",
            "%0 = constant 2.0 : f64[]; %y = multiply %0, %a : f64[]; return %y",
        ),
        (
            "%p = multiply %a, %A : f64[N]; %y = multiply %p, %b : f64[N]; return %y",
            "%0 = multiply %a, %b : f64[]; %y = multiply %0, %A : f64[N]; return %y",
        ),
        (
            "%p = multiply %a, %A : f64[N]; %y = multiply %p, %b : f64[N]; return %y, %p",
            "%p = multiply %a, %A : f64[N]; %y = multiply %p, %b : f64[N]; return %y, %p",
        ),
        (
            "%p = multiply %a, %A : f64[N]; %y = divide %p, %b : f64[N]; return %y",
            "%0 = divide %a, %b : f64[]; %y = multiply %0, %A : f64[N]; return %y",
        ),
        (
            "%0 = constant 2.0 : f64[]; %y = power %a, %0 : f64[]; return %y",
            "%y = square %a : f64[]; return %y",
        ),
        (
            "%m = multiply %A, %A : f64[N]; "
            "%y = sum %m {axis = (0,), keepdims = false} : f64[]; return %y",
            "%y = vdot %A, %A : f64[]; return %y",
        ),
        (
            "%0 = constant 2.0 : f64[]; %1 = constant 1.0 : f64[]; %2 = divide %1, %a : f64[]; "
            "%y = multiply %0, %2 : f64[]; return %y",
            "%0 = constant 2.0 : f64[]; %y = divide %0, %a : f64[]; return %y",
        ),
        (
            "%0 = constant 0.0 : f64[]; %y = multiply %a, %0 : f64[]; return %y",
            "%0 = constant 0.0 : f64[]; %y = multiply %a, %0 : f64[]; return %y",
        ),
    ],
)
def test_reals(before, after):
    """Rewrites of the real function; x*0 stays, for x may be inf."""
    check(reals, before, after)


def test_a_common_factor_is_taken_out_of_a_sum():
    """s*A - s*B goes over the arrays once less, and 1/n becomes a division at the end."""
    before = """
        %n = size {dim = "N", dtype = "f64"} : f64[];
        %1 = constant 1.0 : f64[]; %s = divide %1, %n : f64[]; %t = negative %s : f64[];
        %p = multiply %s, %A : f64[N]; %q = multiply %t, %B : f64[N];
        %y = add %p, %q : f64[N]; return %y
    """
    after = """
        %n = size {dim = "N", dtype = "f64"} : f64[];
        %d = subtract %A, %B : f64[N]; %y = divide %d, %n : f64[N]; return %y
    """
    assert unnamed(reals(parsed(before))) == unnamed(parsed(after))


SCATTERED = """
    %k = reshape %I {shape = ("N", 1)} : i64[N, 1]; GIVEN
    %y = add_along_axis %g, %k {axis = 1, size = 3} : f64[N, 3]; return %y
"""
NUMBER = '%2 = constant 2.0 : f64[]; %g = broadcast_to %2 {shape = ("N", 1)} : f64[N, 1];'
ARRAY = '%g = reshape %A {shape = ("N", 1)} : f64[N, 1];'


@pytest.mark.parametrize("given", [NUMBER, ARRAY], ids=["number", "array"])
def test_one_element_a_row_is_chosen_by_rows_of_the_identity(given):
    """No scatter, and -1 still names the last place; inf stays where it was put."""
    before = parsed(SCATTERED.replace("GIVEN", given))
    after = reals(before)
    ops = [x.op.name for x in after.body]
    assert "add_along_axis" not in ops
    assert "take" in ops
    values = [0.0, 0.0, np.array([1.0, np.inf, 3.0, 4.0]), np.zeros(4), np.array([0, 2, -1, 1])]
    np.testing.assert_array_equal(interpret(after, values)[0], interpret(before, values)[0])


def parsed(body):
    return parse(text(body).replace("%B: f64[N]", "%B: f64[N], input %I: i64[N]"), OPS)


def unnamed(function):
    return function.structure(names=False)


def test_fold_evaluates_literals():
    """An op on literals becomes the literal that it would compute."""
    check(
        fold,
        "%0 = constant 2.0 : f64[]; %1 = constant 3.0 : f64[]; %c = add %0, %1 : f64[]; "
        "%y = multiply %c, %a : f64[]; return %y",
        "%c = constant 5.0 : f64[]; %y = multiply %c, %a : f64[]; return %y",
    )


def test_cse_merges_equal_operands_not_equal_names():
    """b + a is a + b; the first hint survives, and the origins are united."""
    check(
        cse,
        "%0 = add %a, %b : f64[] // x.py:2; %s = add %b, %a : f64[] // x.py:1; "
        "%d = subtract %a, %b : f64[]; %e = subtract %b, %a : f64[]; return %0, %s, %d, %e",
        "%s = add %a, %b : f64[] // x.py:1, x.py:2; %d = subtract %a, %b : f64[]; "
        "%e = subtract %b, %a : f64[]; return %s, %s, %d, %e",
    )


def test_cse_takes_a_square_for_the_product_that_it_is():
    """A user's h**2 and the h*h in the slope of tanh are one value, to the bit."""
    check(
        cse,
        "%s = square %a : f64[]; %p = multiply %a, %a : f64[]; %q = multiply %a, %b : f64[]; "
        "return %s, %p, %q",
        "%s = square %a : f64[]; %q = multiply %a, %b : f64[]; return %s, %s, %q",
    )


def test_a_literal_that_several_lines_have_is_of_none_of_them():
    """Whoever reads it would otherwise be told to come from all of them; a value is of all."""
    before = parse(
        "func @f(input %x: f64[]) {\n"
        "  %0 = constant 2.0 : f64[]                        // loss.py:1\n"
        "  %1 = constant 2.0 : f64[]                        // loss.py:2\n"
        "  %2 = multiply %0, %x : f64[]                     // loss.py:1\n"
        "  %3 = multiply %1, %x : f64[]                     // loss.py:2\n"
        "  return %2, %3\n}\n",
        OPS,
    )
    two, twice = cse(before).body
    assert two.origins == ()
    assert [o.line for o in twice.origins] == [1, 2]


def test_cse_tells_functions_in_attributes_apart():
    """Of two bodies that are written alike one may compute something else."""
    over = Op("over", "shape", 1, infer=lambda x, body: x, evaluate=None, attributes=("body",))
    x, y = parameter("x", Type("f64", ("N",))), parameter("y", Type("f64"))

    def body(name, hint):
        return function("body", [y], [emit(OPS[name], [y], hint=hint)])

    rows = [
        emit(over, [x], {"body": body(*of)}) for of in (("exp", "a"), ("exp", "b"), ("sin", "a"))
    ]
    total = emit(OPS["add"], [emit(OPS["add"], rows[:2]), rows[2]])
    found = cse(function("f", [x], [total]))
    assert [i.op.name for i in found.body] == ["over", "add", "over", "add"]
    assert repr(rows[0].attributes) == repr(rows[1].attributes) != repr(rows[2].attributes)


def test_cse_keeps_signed_zeros_apart():
    """0.0 and -0.0 are equal numbers and different literals."""
    same = "%0 = constant 0.0 : f64[]; %1 = constant -0.0 : f64[]; return %0, %1"
    check(cse, same, same)


def test_dce_drops_what_no_result_needs():
    """Unused values go, unused parameters stay."""
    check(
        dce,
        "%u = add %a, %b : f64[]; %y = exp %a : f64[]; return %y",
        "%y = exp %a : f64[]; return %y",
    )


@st.composite
def programs(draw):
    xs = [parameter("a", Type("f64")), parameter("A", Type("f64", (3,)))]
    for v in (0.0, -0.0, 1.0, -1.0, 2.0, 0.5):
        xs.append(constant(v, Type("f64")))
    for _ in range(draw(st.integers(1, 12))):
        name = draw(st.sampled_from(["add", "subtract", "multiply", "divide", "negative"]))
        operands = [draw(st.sampled_from(xs[:5] + xs[-3:])) for _ in range(OPS[name].arity)]
        xs.append(emit(OPS[name], operands))
    results = draw(st.lists(st.sampled_from(xs[8:]), min_size=1, max_size=3))
    return function("f", xs[:2], results)


def length(f):
    return sum(not (x.is_constant or x.op.name == "negative") for x in f.body)


@pytest.mark.parametrize("rewrite", PASSES, ids=lambda p: p.name)
@given(programs(), st.sampled_from([0.0, -0.0, -1.5, 3.0]))
def test_passes_keep_results(rewrite, f, a):
    """Each pass keeps what it says it preserves; no program gets longer, signs not counted."""
    g = rewrite(f)
    verify(g)
    assert length(g) <= length(f)
    big = [0.0, -0.0, 0.25]  # both zeros in every example, so that a lost sign shows
    for y, z in zip(interpret(f, [a, big]), interpret(g, [a, big]), strict=True):
        if rewrite.preserves == BITS:
            np.testing.assert_array_equal(y, z)
            np.testing.assert_array_equal(np.signbit(y)[~np.isnan(y)], np.signbit(z)[~np.isnan(z)])
        else:
            finite = np.isfinite(y) & (np.abs(y) < 1e6)
            np.testing.assert_allclose(z[finite], y[finite], rtol=1e-9, atol=1e-9)


@pytest.mark.parametrize("rewrite", PASSES, ids=lambda p: p.name)
def test_a_pass_is_linear_and_iterative(rewrite):
    """Four times as long a chain takes four times the calls, and none is too long for the stack."""

    def job(length):
        x = y = parameter("x", Type("f64"))
        for i in range(length):
            y = emit(OPS["negative" if i % 3 else "exp"], (y,))
        f = function("f", [x], [y])
        return lambda: rewrite(f)

    assert growth(job, 1_000) < 5


def test_a_name_survives_its_instruction():
    """A value that replaces a named one takes the name where it has none."""
    check(
        identities,
        "%1 = constant 1.0 : f64[]; %2 = exp %a : f64[]; %loss = multiply %2, %1 : f64[]; "
        "return %loss",
        "%loss = exp %a : f64[]; return %loss",
    )


def test_built_values_keep_the_origin():
    """What a rule builds comes from the line of what it replaces."""
    check(
        identities,
        "%n = negative %a : f64[] // a.py:1; %p = multiply %n, %b : f64[] // a.py:2; return %p",
        "%0 = multiply %a, %b : f64[] // a.py:2; %p = negative %0 : f64[] // a.py:2; return %p",
    )


def test_early_cse_merges_what_is_dear_or_has_a_name_and_leaves_the_rest():
    """The name is kept, wherever it stood; cheap values that nobody named stay apart."""
    before = parse(
        """func @f(param %a: f64[], param %b: f64[]) {
  %0 = add %a, %b : f64[]
  %c = add %b, %a : f64[]
  %1 = tanh %a : f64[]
  %2 = tanh %a : f64[]
  %3 = multiply %0, %1 : f64[]
  %4 = multiply %c, %2 : f64[]
  %5 = negative %a : f64[]
  %6 = negative %a : f64[]
  %7 = add %3, %5 : f64[]
  %8 = subtract %4, %6 : f64[]
  %loss = multiply %7, %8 : f64[]
  return %loss
}
""",
        OPS,
    )
    after = print_function(early_cse(before))
    assert after.count("= add") == 2
    assert after.count("= tanh") == 1
    assert after.count("= negative") == 2
    assert "%c = add %a, %b" in after
    assert interpret(early_cse(before), [0.3, 0.4]) == interpret(before, [0.3, 0.4])


OF_A_DIFFERENCE = {
    "add": lambda d, c: d + c,
    "added": lambda d, c: c + d,
    "multiply": lambda d, c: c * d,
    "divide": lambda d, c: d / c,
    "square": lambda d, c: d * d * c,
    "maximum": lambda d, c: sg.maximum(d, c),
    "minimum": lambda d, c: sg.minimum(c, d),
    "hypot": lambda d, c: sg.hypot(d, c),
    "logaddexp": lambda d, c: sg.logaddexp(d, c),
    "where": lambda d, c: sg.where(c > 0.3, d, c),
    "concatenate": lambda d, c: sg.concatenate([d, c]),
    "product": lambda d, c: d @ c,
    "sum": lambda d, c: sg.sum(d) + sg.sum(c),
    "mean of sums": lambda d, c: sg.mean(d + c) * 3.0,
    "rows": lambda d, c: (d[:, None] + c)[1],
    "sigmoid": lambda d, c: sg.sigmoid(d + c),
    "twice": lambda d, c: 2.0 * (d + c),
}


@pytest.mark.parametrize("name", OF_A_DIFFERENCE)
def test_a_minus_turns_a_difference_where_all_of_the_value_changes_sign(name: str) -> None:
    """-(a - b + c) is b - a - c, and never b - a + c."""
    a, b, c = np.array([0.3, 0.2]), np.array([0.1, -0.4]), np.array([0.25, 0.7])
    of = OF_A_DIFFERENCE[name]
    params = [sg.param(n, v) for n, v in zip("abc", (a, b, c), strict=True)]
    x, y, z = params
    plain = sg.compile(sg.sum(of(x, z)), stabilize=False, simplify=False)(a=a - b, c=c)[0]
    for options in ({}, {"stabilize": False}, {"target": "python"}):
        value = sg.compile(sg.sum(-of(x - y, z)), wrt=params, **options)()[0]
        assert value == pytest.approx(-plain, rel=1e-12)
