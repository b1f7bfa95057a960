"""The printer: small trees made by hand, of each kind of statement, and the trees of programs."""

from __future__ import annotations

import random
import re
from collections.abc import Iterator, Sequence

import numpy as np
import pytest

import symgrad as sg
from symgrad.codegen import module
from symgrad.codegen.line_breaks import broken
from symgrad.codegen.printer import body_lines, printed
from symgrad.codegen.statement_tree import (
    AddInto,
    Assign,
    AssignAll,
    Def,
    Docstring,
    EmittedModule,
    Guard,
    Listing,
    Loop,
    Paragraph,
    Return,
    Section,
    Statement,
    SubtractFrom,
    Table,
    Unpack,
    WriteInto,
)
from symgrad.engine import Value
from symgrad.nn import MLP

NAMES = tuple(f"weight_{i}" for i in range(12))
KINDS: list[tuple[Statement, str]] = [
    (Assign("y", "w * x"), "y = w * x"),
    (WriteInto("d_theta[:3]", "d_w"), "d_theta[:3] = d_w"),
    (AddInto("loss", "err*err"), "loss += err*err"),
    (SubtractFrom("loss", "penalty"), "loss -= penalty"),
    (AssignAll(("d_w", "d_b"), "0.0"), "d_w = d_b = 0.0"),
    (Unpack(Listing(("w", "b")), "theta"), "w, b = theta"),
    (Unpack(Listing(("w",)), "theta"), "w, = theta"),
    (Assign("((a, b), (c, d))", "m"), "((a, b), (c, d)) = m"),
    (
        Guard("N < 2", 'expected "N" >= 2'),
        'if N < 2:\n    raise ValueError("expected \\"N\\" >= 2")',
    ),
    (Return(("loss", Listing(("d_w",)))), "return loss, (d_w,)"),
    (Section("forward", (Assign("y", "x"),)), "\n# forward\ny = x"),
    (Loop("x, y", "examples", (AddInto("s", "x*y"),)), "for x, y in examples:\n    s += x*y"),
    (
        Loop(
            "x", "xs", (Section("forward", (Assign("y", "x"),)), Section("", (Assign("z", "y"),)))
        ),
        "for x in xs:\n    # forward\n    y = x\n\n    z = y",
    ),
]
LONG: list[tuple[Statement, str]] = [
    (
        Unpack(Listing(NAMES, rows=(8, 4), labels=("layer 1", "layer 2")), "theta"),
        """\
(
    weight_0, weight_1, weight_2, weight_3, weight_4, weight_5, weight_6, weight_7,  # layer 1
    weight_8, weight_9, weight_10, weight_11,                                        # layer 2
) = theta""",
    ),
    (
        Return(("loss", Listing(NAMES))),
        """\
return loss, (
    weight_0, weight_1, weight_2, weight_3, weight_4, weight_5, weight_6, weight_7, weight_8,
    weight_9, weight_10, weight_11,
)""",
    ),
    (
        Return((f"({', '.join(NAMES)})",)),
        """\
return (
    (weight_0, weight_1, weight_2, weight_3, weight_4, weight_5, weight_6, weight_7, weight_8,
    weight_9, weight_10, weight_11)
)""",
    ),
    (
        Loop(", ".join(NAMES), "rows", (AddInto("s", "weight_0"),)),
        """\
for (
    weight_0, weight_1, weight_2, weight_3, weight_4, weight_5, weight_6, weight_7, weight_8,
    weight_9, weight_10, weight_11,
) in rows:
    s += weight_0""",
    ),
    (
        AssignAll(NAMES, "0.0"),
        """\
weight_0 = weight_1 = weight_2 = weight_3 = weight_4 = weight_5 = weight_6 = weight_7 = 0.0
weight_8 = weight_9 = weight_10 = weight_11 = 0.0""",
    ),
    (
        Guard("N < 1", "expected examples, " * 4),
        f"""\
if N < 1:
    raise ValueError(
        "{"expected examples, " * 4}"
    )""",
    ),
    (
        Assign(
            "first_block_of_layer, second_block_of_layer", "layer1[:, 0:12], " * 3 + "layer1[-1]"
        ),
        """\
first_block_of_layer, second_block_of_layer = (
    layer1[:, 0:12], layer1[:, 0:12], layer1[:, 0:12], layer1[-1]
)""",
    ),
]


@pytest.mark.parametrize(("tree", "text"), [*KINDS, *LONG])
def test_each_kind_of_statement_is_printed(tree: Statement, text: str) -> None:
    """In one line where it fits, and indented as the body of a function."""
    lines = [f"    {line}" if line else "" for line in text.split("\n")]
    assert body_lines((tree,)) == lines


def test_comments_stand_in_one_column_and_tell_an_origin_once() -> None:
    """Shapes have a column of their own; a quiet statement has no comment."""
    section = Section(
        "forward",
        (
            Assign("z", "x @ w", "(N, 2)", "net.py:3"),
            Assign("h", "np.tanh(z)", "(N, 2)", "net.py:3"),
            Assign("d", "np.zeros(2)", "(2,)", "net.py:4", quiet=True),
            Assign("loss", "h.sum()", "", "net.py:4"),
        ),
    )
    assert body_lines((section,)) == [
        "",
        "    # forward",
        "    z = x @ w         # (N, 2)  net.py:3",
        "    h = np.tanh(z)    # (N, 2)",
        "    d = np.zeros(2)",
        "    loss = h.sum()    #         net.py:4",
    ]


def test_a_comment_is_not_left_out_for_a_long_line() -> None:
    """The value goes to a line of its own, in brackets that leave room."""
    value = "-np.where(huber_below, residual, np.sign(residual)) / count"
    section = Section("gradients", (Assign("d_residual", value, "(N,)", "of huber.py:12, 13"),))
    first, *rest = body_lines((section,))[2:]
    assert re.sub(" +", " ", first) == " d_residual = ( # (N,) of huber.py:12, 13"
    assert rest == [f"        {value}", "    )"]


def test_a_module_is_its_parts_in_order() -> None:
    """Docstring, imports, constants, helpers, and the function."""
    rows = Listing((Listing(("1.0", "2.0")), Listing(("3.0",))), rows=(1, 1), tall=True)
    body = (Return(("helper(x)",)),)
    told = Table((("x", "f64[]", "input"), ("returns", "loss")))
    notes = (Paragraph("word " * 20), Paragraph("It has a note."))
    function = Def("f", ("x", "examples=ROWS"), Docstring("F.", ((told,), notes)), body)
    helper = "def helper(x):\n    return x\n"
    whole = EmittedModule(
        Docstring("A module.", ((Paragraph("It needs nothing."),),)),
        ("import math",),
        (Assign("ROWS", rows),),
        (helper,),
        function,
    )
    assert (
        printed(whole)
        == '''\
"""A module.

It needs nothing.
"""

import math

ROWS = (
    (1.0, 2.0),
    (3.0,),
)


def helper(x):
    return x


def f(x, examples=ROWS):
    """F.

    x        f64[]  input
    returns  loss

    word word word word word word word word word word word word word word word word word word
    word word
    It has a note.
    """
    return helper(x)
'''
    )


@pytest.fixture
def trees(monkeypatch: pytest.MonkeyPatch) -> list[EmittedModule]:
    """The trees that the compiler prints from here on."""
    found: list[EmittedModule] = []

    def keep(tree: EmittedModule) -> str:
        found.append(tree)
        return printed(tree)

    monkeypatch.setattr(module, "printed", keep)
    return found


def inner(body: Sequence[Statement]) -> Iterator[Statement]:
    """All statements of a body, those in sections and loops, too."""
    for s in body:
        yield s
        if isinstance(s, Section | Loop):
            yield from inner(s.body)


def lecture(style: str) -> str:
    """The text of the lecture's net on its four examples."""
    xs = [[2.0, 3.0, -1.0], [3.0, -1.0, 0.5], [0.5, 1.0, 1.0], [1.0, 1.0, -1.0]]
    ys = [1.0, -1.0, -1.0, 1.0]
    random.seed(1337)
    model = MLP(3, [4, 4, 1], activation="tanh")
    loss = sum((model(x) - y) ** 2 for x, y in zip(xs, ys, strict=True))
    return sg.compile(loss, wrt=model, target="python", style=style).source


def test_a_head_of_many_arguments_takes_several_lines() -> None:
    """No line is wider than the others may be, and the text still runs."""
    leaves = [sg.param(f"a_weight_of_many_{k}", 1.0 + k) for k in range(9)]
    f = sg.compile(sum((leaf * leaf for leaf in leaves[1:]), leaves[0] * leaves[0]))
    assert max(map(len, f.source.splitlines())) <= 100
    assert "def loss_and_grads(\n    a_weight_of_many_0, a_weight_of_many_1," in f.source
    assert f()[0] == sum((1.0 + k) ** 2 for k in range(9))
    assert f.verify().verdict == "verified"


def test_the_looped_text_is_printed_from_one_loop(trees: list[EmittedModule]) -> None:
    """Its body assigns values, adds to the loss and to every gradient; zeros stand before it."""
    source = lecture("looped")
    (tree,) = trees
    assert printed(tree) == source
    loops = [s for s in inner(tree.function.body) if isinstance(s, Loop)]
    assert len(loops) == 1
    headings = [s.heading for s in loops[0].body if isinstance(s, Section)]
    assert headings[0] == "forward"
    within = [s for s in inner(loops[0].body) if isinstance(s, Assign)]
    assert {type(s) for s in within} == {Assign, AddInto}
    collected = {s.place for s in within if isinstance(s, AddInto)}
    zeros = [s for s in inner(tree.function.body) if isinstance(s, AssignAll)]
    assert {name for s in zeros for name in s.names} == collected
    assert len(collected) == 42


def test_straight_text_is_printed_from_sections_of_assignments(trees: list[EmittedModule]) -> None:
    """Loss and gradient of arrays: forward, gradients, and the return."""
    x, w = sg.input("x", ("N", 2)), sg.param("w", np.zeros(2))
    loss = sg.mean(sg.tanh(x @ w) ** 2)
    source = sg.compile(loss).source
    (tree,) = trees
    assert printed(tree) == source
    body = tree.function.body
    assert body[0] == Assign("N", "len(x)")
    assert [s.heading for s in body if isinstance(s, Section)] == ["forward", "gradients", ""]
    assert isinstance(body[-1], Section)
    assert body[-1].body == (Return(("float(loss)", "(d_w,)")),)


def test_a_vector_of_parameters_is_written_into(trees: list[EmittedModule]) -> None:
    """The gradient of a net is made whole, and then filled block by block."""
    random.seed(1)
    model = MLP(2, [3, 1])

    @sg.value_and_grad(wrt=model)
    def loss(X, y):
        return sum((model([Value(v) for v in x]) - t) ** 2 for x, t in zip(X, y, strict=True))

    source = loss.compiled(np.zeros((8, 2)), np.ones(8)).source
    assert printed(trees[-1]) == source
    places = [s.place for s in inner(trees[-1].function.body) if type(s) in (WriteInto, AddInto)]
    assert any(place.startswith("d_layer1[") for place in places)


BROKEN = """\
y = -np.einsum(
    "ij,ij->j", weights - means, z
)
y = 0.5 * np.sum(
    weights * (means - lengths),
    axis=0,
)[:, None]
y = np.exp(
    weights - means + lengths
)
y = weights @ np.vdot(
    means + lengths - heights,
    out=widths,
)
y = (weights * means).reshape(
    lengths, z, widths
)
y = (
    np.tanh(weights) * np.exp(means)
    * np.cos(lengths)
)
y = np.stack([
    weights * heights, means, z,
    heights,
])
y = (
    weights
    - 2.0 * np.vdot(
        means * heights - z,
        lengths * widths,
    )
    + z
)
y = np.where(
    means > lengths,
    weights * means - heights
    + lengths,
    0.0,
)
y = (
    weights + means - heights
    if lengths > heights else means
)
y = table_of_all_the_weights[
    means + lengths + heights
]
y = (
    0.5 * z * max(weights, means)
)"""


@pytest.mark.parametrize("text", re.split(r"\n(?=y)", BROKEN))
def test_long_expressions_break_where_one_would_break_them_by_hand(text: str) -> None:
    """In the bracket that holds most of them, at its arguments or its terms; else in one of their
    own, at their operators."""
    line = re.sub(r"(?<=[(\[])\n\s*|,?\n\s*(?=[)\]])", "", text)
    line = re.sub(r"\s+", " ", line).removeprefix("y = ")
    unwrapped = line[1:-1] if text.startswith("y = (\n") else line
    assert "\n".join(broken("y =", unwrapped, 36)) == text
