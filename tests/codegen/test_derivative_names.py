"""The name d_v stands for d loss / d v, whatever the user's own names are.

The emitted text is read: each value v that has a d_v beside it is moved a little, in the text, and
the loss must move by d_v times that.  The user's own names that begin with d_ are told.
"""

from __future__ import annotations

import ast
import importlib.util
import itertools
import re
from pathlib import Path
from typing import Any

import numpy as np
import pytest

import symgrad as sg
from symgrad.ir.naming import lettered, letters
from symgrad.runtime import load_function

NAMES = ("a", "b", "c", "d", "d_a", "e", "d_w", "w", "d_d", "h", "loss", "grads", "N", "pre_z", "z")
STEP = 1e-6
AT = (0.7, -0.4)


COUNT = itertools.count()
PROGRAM = """
import symgrad as sg

x, y = sg.Value(0.7, label="{0}"), sg.Value(-0.4, label="{1}")
{2} = x * y + x
{3} = ({2} + y).tanh()
{4} = {2} * {3} + y * x
pair = []
for k in (0.5, 2.0):
    {5} = ({4} * k + {3}).tanh()
    pair.append({5})
result = (pair[0] * pair[1] + {4} * {4} + (y + {2}).relu()) * 0.5


def emitted(target):
    pair, own = [], globals()
    {2}, {3}, {4}, result = (own[n] for n in ("{2}", "{3}", "{4}", "result"))
    return sg.compile(result, wrt=[x, y], target=target).source
"""


def emitted(names: tuple[str, ...], target: str, tmp_path: Path) -> str:
    """The text of a loss with shared values, and equal values that are written twice."""
    path = tmp_path / f"program{next(COUNT)}.py"  # of two files of one name the first is read
    path.write_text(PROGRAM.format(*names))
    spec = importlib.util.spec_from_file_location("program_of_a_user", path)
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    source: str = module.emitted(target)
    return source


def edited(source: str, moved: str = "", by: float = 0.0, returned: str = "") -> Any:
    """The text's function, with a value moved once it is made, or another value returned."""
    tree = ast.parse(source)
    main = next(n for n in reversed(tree.body) if isinstance(n, ast.FunctionDef))
    body = []
    for statement in main.body:
        body.append(statement)
        if isinstance(statement, ast.Assign) and ast.unparse(statement.targets[0]) == moved:
            body += ast.parse(f"{moved} = {moved} + {by!r}").body
    last = body[-1]
    assert isinstance(last, ast.Return)
    assert isinstance(last.value, ast.Tuple)
    last.value = ast.parse(returned, mode="eval").body if returned else last.value.elts[0]
    main.body = body
    return load_function(ast.unparse(tree), main.name)(AT)


def assigned(source: str) -> set[str]:
    tree = ast.parse(source)
    main = next(n for n in reversed(tree.body) if isinstance(n, ast.FunctionDef))
    return {
        n.id for n in ast.walk(main) if isinstance(n, ast.Name) and isinstance(n.ctx, ast.Store)
    }


def excepted(source: str) -> tuple[set[str], dict[str, str]]:
    """The names that the docstring says to be the program's own, and what stands for d loss / d v
    where d_v is one of them."""
    text = " ".join(source.split())
    told = re.search(r"But ([\w ]+?) (?:is a name|are names) of the program's own([^.]*)\.", text)
    if not told:
        return set(), {}
    assert re.fullmatch(r"(; \w+ stands for d \w+ / d \w+)*", told[2])
    stands = dict(re.findall(r"(\w+) stands for d \w+ / d (\w+)", told[2]))
    return set(told[1].split(" and ")), stands


@pytest.mark.parametrize("target", ["numpy", "python"])
@pytest.mark.parametrize("first", range(len(NAMES)))
def test_d_v_is_the_derivative_by_v_under_any_names(
    first: int, target: str, tmp_path: Path
) -> None:
    """Found by moving v in the text; the user's names that begin with d_ are told."""
    names = (NAMES * 2)[first : first + 6]
    source = emitted(names, target, tmp_path)
    made, (own, stands) = assigned(source), excepted(source)
    assert all(any(name == n or name.startswith(f"{n}_") for n in names) for name in own)
    checked = 0
    for name in sorted(n for n in made - own if n.startswith("d_") and n != "d_theta"):
        v = stands.get(name, name.removeprefix("d_"))
        inside = v.startswith(("pre_", "z"))  # is written within the activation
        assert inside or v in made, f"{name} is no derivative"
        if v in made and v not in names[:2]:
            up, down = (edited(source, v, by) for by in (STEP, -STEP))
            slope = edited(source, returned=name)
            assert slope == pytest.approx((up - down) / (2.0 * STEP), rel=1e-6, abs=1e-8), name
            checked += 1
    assert checked


def test_d_is_numbered_where_others_are_lettered() -> None:
    """d_a would be the derivative by a."""
    assert [lettered("d", a) for a in letters(3)] == ["d1", "d2", "d3"]
    assert lettered("d", letters(28)[27]) == "d28"
    assert lettered("c", "a") == "c_a"


def test_a_value_that_is_also_a_derivative_is_called_one() -> None:
    """exp(w) is the derivative of b*exp(w) + w by b: no name of the program's own."""
    w, b, d = sg.param("w", 2.0), sg.param("b", 3.0), sg.param("d_c", 1.0)
    source = sg.compile(sg.exp(w) * b + w).source
    assert "d_b = np.exp(w)" in source
    assert excepted(source) == (set(), {})
    assert excepted(sg.compile(sg.exp(w) * d + w).source) == ({"d_c"}, {})


def test_a_users_d_q_that_is_a_gradient_too_is_not_called_the_derivative_by_q() -> None:
    """Where no value is a derivative under its name, the sentence is left out."""
    w, x = sg.param("w", np.ones(3)), sg.input("x", ("N", 3))
    d_q = sg.sum(x * x, axis=0)
    total = sg.sum(d_q * w)
    assert "d_v" not in sg.compile(total).source
    source = sg.compile(total + sg.sum(sg.tanh(w))).source
    assert "The name d_v" in source
    assert excepted(source) == ({"d_q"}, {})


def test_a_value_of_the_program_is_no_derivative_by_name() -> None:
    """The slope of c*v by v is c, which the program has made: it is not called d_v."""
    gamma, w, s = sg.input("gamma"), sg.param("w", np.ones(3)), sg.input("S", (3, 3))
    variance = w @ s @ w
    source = sg.compile(0.5 * gamma * variance - w.sum()).source
    assert "d_variance" not in source
    assert "of the program's own" not in source


def test_what_is_compiled_at_once_is_not_called_for_its_function() -> None:
    x, w = sg.input("x", ("N",)), sg.param("w", 1.0)
    step = sg.compile(sg.mean((x * w - 1.0) ** 2))
    assert "step" not in step.source
    assert "    loss = errors @ errors / N" in step.source
