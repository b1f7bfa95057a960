"""Two hundred programs that nobody tuned for, whose emitted texts are kept by their hashes.

What moves code and changes none of it leaves all of them alone; what makes texts better shows
which.  ``python tests/codegen/test_corpus.py 17`` prints the text of program 17, to be compared
with what it was; ``pytest tests/codegen/test_corpus.py --refresh-golden`` writes the hashes anew.
"""

from __future__ import annotations

import json
import re
import sys
from hashlib import sha256
from pathlib import Path

import pytest
import sympy

if __name__ == "__main__":
    sys.path.append(str(Path(__file__).parents[1] / "mutation"))
from drawn import compiled

import symgrad as sg

KEPT = Path(__file__).parent / "corpus.json"
DRAWN = 240  # seeds, most of which stand for a program
PLACES = re.compile(r"(?<=[ (])[\w.]+\.py(:[\d, ]*\d)?")  # which move with the lines of tests
FORMULAS = (
    "x*exp(-y*x) + sin(x*y)**2",
    "sqrt(x**2 + y**2 + 1)*log(1 + x**2)",
    "Piecewise((x**2*y, x > y), (y**2 - x, True))",
    "(x - y)**4/(1 + x**2*y**2)",
    "atan2(y, x**2 + 1) + Abs(x - y)",
    "Max(x, y)*cosh(x) - Min(x, 2*y)",
    "erf(x)*exp(-x**2/2) + gamma(2)*y",
    "x**y + y**x",
)


def text(k: int) -> str:
    """The text of a program, without the places that its lines come from."""
    if k < DRAWN:
        f = compiled(k)
        source = "" if f is None else f.source
    else:
        x, y = sympy.symbols("x y", positive=True)
        formula = sympy.sympify(FORMULAS[(k - DRAWN) // 2], {"x": x, "y": y})
        modules = ("numpy", "math")[k % 2]
        source = sg.lambdify([x, y], formula, grad=True, modules=modules).source
    return PLACES.sub("PLACE", source)


def hashes() -> dict[str, str]:
    texts = {k: text(k) for k in range(DRAWN + 2 * len(FORMULAS))}
    return {str(k): sha256(t.encode()).hexdigest()[:16] for k, t in texts.items() if t}


@pytest.mark.slow
def test_the_texts_of_the_corpus_are_what_they_were(request: pytest.FixtureRequest) -> None:
    """Where one changed it is better, and somebody has read it."""
    found = hashes()
    if request.config.getoption("--refresh-golden"):
        KEPT.write_text(json.dumps(found, indent=0) + "\n", encoding="utf-8")
    kept = json.loads(KEPT.read_text(encoding="utf-8"))
    assert len(kept) >= 200
    assert [k for k in kept if found.get(k) != kept[k]] == []


if __name__ == "__main__":
    print(text(int(sys.argv[1])))
