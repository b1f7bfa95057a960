"""The text form reads back to an equal function, and faults are shown with their lines."""

import math

import pytest
from hypothesis import given
from hypothesis import strategies as st

from symgrad.errors import IRError, LimitError
from symgrad.ir import Type, constant, emit, function, parameter, parse, text
from symgrad.ir.function import Instr, Origin
from symgrad.ir.op import Op

ADD = Op("add", "elementwise", 2, infer=lambda a, b: a, evaluate=lambda a, b: a + b)
TAG = Op(
    "tag", "test", None, infer=lambda *xs, **a: Type("f64"), evaluate=None, attributes=("a", "b")
)
OPS = {"add": ADD, "tag": TAG}

NAMES = st.from_regex(r"[a-zA-Z_θ][a-zA-Z0-9_]{0,5}", fullmatch=True)
HINTS = st.sampled_from(["", "", "z", "w", "d_w"])
ORIGINS = st.lists(
    st.builds(Origin, st.sampled_from(["a.py", "b c.py"]), st.integers(0, 99), st.booleans()),
    max_size=3,
).map(lambda found: tuple(sorted(set(found))))
SCALARS = st.one_of(
    st.none(), st.booleans(), st.integers(), st.floats(), st.text("ab %//\\\"'{}:,", max_size=6)
)
ATTRIBUTES = st.recursive(SCALARS, lambda inner: st.lists(inner, max_size=3).map(tuple))
FLOATS = st.floats(width=32)
CONSTANTS = st.one_of(
    FLOATS.map(lambda v: (v, Type("f64"))),
    FLOATS.map(lambda v: (v, Type("f32"))),
    st.integers(-(2**63), 2**63 - 1).map(lambda v: (v, Type("i64"))),
    st.booleans().map(lambda v: (v, Type("bool"))),
    st.lists(st.tuples(FLOATS, FLOATS), max_size=3).map(
        lambda v: (v if v else [()] * 0, Type("f64", (len(v), 2) if v else (0,)))
    ),
)


@st.composite
def functions(draw):
    names = draw(st.lists(NAMES, min_size=1, max_size=3, unique=True))
    types = st.sampled_from([Type("f64"), Type("f32", ("N", 3)), Type("i64", ("2*N + 1",))])
    kinds = st.sampled_from(["param", "input", "constant"])
    values = [parameter(name, draw(types), draw(kinds)) for name in names]
    count = len(values)
    for _ in range(draw(st.integers(0, 6))):
        hint, origins = draw(HINTS), draw(ORIGINS)
        if draw(st.booleans()):
            value, type = draw(CONSTANTS)
            values.append(constant(value, type, hint, origins))
        elif draw(st.booleans()):
            a, b = draw(st.sampled_from(values)), draw(st.sampled_from(values))
            values.append(emit(ADD, (a, b), hint=hint, origins=origins))
        else:
            xs = draw(st.lists(st.sampled_from(values), max_size=3))
            given_ = {"a": draw(ATTRIBUTES), "b": draw(ATTRIBUTES)}
            values.append(emit(TAG, xs, given_, hint=hint, origins=origins))
    results = draw(st.lists(st.sampled_from(values), max_size=3))
    return function("f", values[:count], results)


@given(functions())
def test_parse_inverts_print(f):
    """parse(print(f)) == f: hints, origins, attributes, constants, kinds and dims included."""
    again = parse(str(f), OPS)
    assert again == f
    assert str(again) == str(f)


@given(functions())
def test_the_text_of_a_structure_is_its_repr(f):
    """What fingerprints are made of is the structure without names, to the byte."""
    assert f.structure_text() == repr(f.structure(names=False))


def test_special_floats_survive():
    """nan, infinities and the sign of zero are literals like any other."""
    text = "func @f() {\n  %0 = constant [nan, inf, -inf, -0.0] : f64[4]\n  return %0\n}\n"
    value = parse(text, OPS).results[0]["value"]
    assert math.isnan(value[0])
    assert value[1:3] == (math.inf, -math.inf)
    assert math.copysign(1, value[3]) == -1


def test_hints_lose_their_count():
    """%z.1 has the hint z and %3 has none."""
    f = parse(
        "func @f(input %z: f64[]) {\n  %z.1 = add %z, %z : f64[]\n"
        "  %3 = add %z.1, %z : f64[]\n  return %3\n}",
        OPS,
    )
    assert [x.hint for x in f.body] == ["z", ""]


GOOD = "func @f(input %x: f64[]) {\n  %y = add %x, %x : f64[]\n  return %y\n}\n"


@pytest.mark.parametrize(
    ("old", "new", "line", "message"),
    [
        ("add", "frob", 2, "unknown op 'frob'"),
        ("%x, %x", "%x, %q", 2, "%q is used but not defined"),
        ("%y = add", "%x = add", 2, "%x is defined twice"),
        (": f64[]\n", ": f65[]\n", 2, "unknown dtype"),
        ("input", "imput", 1, "unknown kind"),
        ("add %x, %x", "constant [1.0 : f64[]", 2, "expected ']'"),
        ("add %x, %x", "constant [1.0]", 2, "not a f64[]"),
        ("add %x, %x", "constant " + "[" * 100, 2, "nested deeper"),
        ("  return %y\n}\n", "", 3, "cut short"),
        ("}\n", "}\nmore", 5, "text after"),
        ("f64[]\n", "f64[]  // nowhere\n", 2, "origins read"),
        ("f64[]\n", "f64[] nonsense\n", 2, "end of the line"),
        ("add %x, %x", "constant " + "9" * 30, 2, "not a f64[]"),
    ],
)
def test_faults_name_their_line(old, new, line, message):
    """An IRError gives the line number, what is wrong, and the lines around it."""
    text = GOOD.replace(old, new, 1)
    if "9999" in new:
        text = text.replace(": f64[]\n", ": i64[]\n", 1)
        message = "not a i64[]"
    with pytest.raises(IRError) as caught:
        parse(text, OPS)
    assert f"line {line}: " in str(caught.value)
    assert message in str(caught.value)
    assert f"  >  {line} |" in str(caught.value)


def test_ten_lines_are_shown():
    """Of a long text, ten lines around the fault are shown."""
    lines = ["func @f(input %x: f64[]) {", *(f"  %a{i} = add %x, %x : f64[]" for i in range(40))]
    lines[20] = "  %bad = add %x, %nope : f64[]"
    with pytest.raises(IRError) as caught:
        parse("\n".join(lines), OPS)
    shown = str(caught.value).splitlines()[1:]
    assert len(shown) == 10
    assert sum("%bad" in line for line in shown) == 1


def test_caps_on_size(monkeypatch):
    """Text over the caps is refused by the name of the cap before it is read."""
    monkeypatch.setattr(text, "MAX_CHARACTERS", 10)
    with pytest.raises(LimitError, match="MAX_CHARACTERS"):
        parse(GOOD, OPS)


def test_a_long_chain_parses():
    """A chain of 20,000 instructions is read without recursion."""
    x: Instr = parameter("x", Type("f64"))
    f_parameters = [x]
    for _ in range(20_000):
        x = emit(ADD, (x, x))
    f = function("f", f_parameters, [x])
    assert str(parse(str(f), OPS)) == str(f)
