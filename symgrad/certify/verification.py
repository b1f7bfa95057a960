r"""Runs the levels of verification on an emitted text, and writes the certificate.

>>> from symgrad.checker import Claim
>>> text = "def f(x):\n    return x * x, (2.0 * x,)\n"
>>> claim = Claim(text, lambda x: x * x, {"x": "f64[]"}, ("x",))
>>> print(certify(Subject("f(x: f64[])", "python", text, (claim,), "x*x", ops=("multiply",))))
... # doctest: +ELLIPSIS
verified: f(x: f64[]), python
  reference    x*x
  L0 rules     proved in the test suite: multiply
  L1 text      proved by the allow-list: 2 lines
  L2 identity  identity mod 2**127 - 1 in 2 trials: degree 2, error <= 2^-124, seed 0
  L3 balls     agrees to ... digits of 256 bits at ... points
  L4 symbolic  skipped: not asked for
  L5 rounding  float64 off by ..., at most ..., of the largest component, at ordinary points
  branches     the text compares nothing
  ...
"""

from __future__ import annotations

import math
import platform
import random
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, replace
from functools import cache
from hashlib import sha256
from importlib import metadata
from pathlib import Path
from typing import Any

import numpy as np

import symgrad.checker
import symgrad.ops
import symgrad.rewrite
from symgrad.certify.assigned_line import line_of
from symgrad.certify.certificate import LEVELS, PASSED, Certificate, Level
from symgrad.certify.kinks import kinks_of
from symgrad.certify.progress import Progress
from symgrad.checker import Agrees, Claim, Identity, Refuted, Skipped, check_balls, check_identity
from symgrad.checker.judge import SIZES
from symgrad.checker.results import Result
from symgrad.errors import ArgumentError, FormatError, LimitError, SymgradError
from symgrad.ops import OPS
from symgrad.runtime.allowlist import check_source
from symgrad.runtime.libraries import Library

BITS = (256, 1024, 4096)  # of the balls: more where these are too wide
KINDS = {  # of lines, and what there is to say of them
    "one_sided": "one way alone",
    "unrun": "never ran",
    "idle": "no result depended on it",
    "untied": "no tie met",
    "loose": "no result depended on its tie",
}
WHAT = ("L0", "L1", "L2", "L3", "L5", "L4")  # each is run with those before it


@dataclass(frozen=True)
class Subject:
    """An emitted text, and what there is to say of it.

    claims     the text beside its reference, in the ways that it may be read, the likelier first;
               or why there is no reference, in words
    also       what the text has to be besides: a loop, of other examples
    ir         the text of the unoptimised IR
    ops        the ops that occur, those of the gradients included
    formulas   the ops among them that were made from formulas
    helpers    of the text, those that stand for their formulas: series, continued fractions
    rewrites   the stabilising rewrites that fired, and where
    assumed    what is assumed of the arguments besides the domains of the ops
    unchecked  what cannot be checked
    libraries  the modules that the target lets its texts import
    sizes      the values of N, for this seed
    """

    function: str
    target: str
    text: str
    claims: tuple[Claim, ...] | str
    reference: str
    also: tuple[Claim, ...] = ()
    ir: str = ""
    ops: tuple[str, ...] = ()
    formulas: tuple[str, ...] = ()
    helpers: tuple[str, ...] = ()
    rewrites: tuple[str, ...] = ()
    assumed: tuple[str, ...] = ()
    unchecked: tuple[str, ...] = ()
    libraries: tuple[Library, ...] = ()
    sizes: tuple[int, ...] = SIZES
    seed: int = 0


def certify(
    subject: Subject, level: str = "L3", seed: int = 0, budget: int | None = None
) -> Certificate:
    """The certificate of a text, with all levels up to ``level``.

    budget   how many balls the search for ties may take
    Raises ArgumentError for a level that there is not, and a budget that is none.
    """
    if level not in WHAT:
        raise ArgumentError(f"level: expected one of {', '.join(WHAT)}, got {level!r}")
    asked = WHAT[: WHAT.index("L5" if level == "L3" else level) + 1]
    with Progress(subject.function) as progress:
        levels, claim = _levels(_within(subject, budget), asked, seed, progress)
    kinks = kinks_of(subject.ops)
    wrong = [row for row in kinks if not row["holds"]]
    if wrong:
        reason = "the derivative chosen is not the stated one, or not between the one-sided ones"
        levels["kinks"] = _fault(subject, str(wrong[0]["point"]), {}, reason)
    return Certificate(
        subject.function,
        subject.target,
        subject.reference,
        levels,
        {"text": _digest(subject.text), "ir": _digest(subject.ir), **rule_digests()},
        versions(),
        _branches(subject, levels),
        kinks,
        subject.rewrites,
        (*subject.assumed, *_assumed(subject.ops), *_readings(claim)),
        _unchecked(subject, levels),
    )


def _within(subject: Subject, budget: int | None) -> Subject:
    """The subject with a budget for the search for ties."""
    if budget is None or isinstance(subject.claims, str):
        return subject
    if not isinstance(budget, int) or budget < 1:
        raise ArgumentError(f"budget: expected a number of balls, 1 or more, got {budget!r}")
    claims = [tuple(replace(c, budget=budget) for c in cs) for cs in (subject.claims, subject.also)]
    return replace(subject, claims=claims[0], also=claims[1])


def _levels(
    subject: Subject, asked: tuple[str, ...], seed: int, progress: Progress
) -> tuple[dict[str, Level], Claim | None]:
    """The levels, and the claim that passed."""
    levels: dict[str, Level] = {"L0": _rules(subject)}
    levels["L1"] = _text(subject) if "L1" in asked else _skip("not asked for")
    claims, why = subject.claims, ""
    if isinstance(claims, str) or levels["L1"]["result"] == "refuted":
        claims, why = (), claims if isinstance(claims, str) else "the text is refused"
    for name, check in (("L2", _identity), ("L3", _balls), ("L4", _symbolic)):
        if why or name not in asked:
            levels[name] = _skip(why or "not asked for")
            continue
        progress.stage(f"{name} {LEVELS[name]}")
        outcomes = []
        for claim in claims:
            outcomes.append(_with_others(check, subject, claim, seed))
            if name == "L2" and "sizes" in outcomes[-1]:
                subject = replace(subject, sizes=tuple(outcomes[-1]["sizes"]) or subject.sizes)
            if outcomes[-1]["result"] in PASSED:
                claims = (claim,)  # what passed is what the other levels are about
                break
        # A text is refuted only if each reading of the reference refutes it.
        levels[name] = min(outcomes, key=lambda level: level["result"] == "refuted")
        if outcomes[-1]["result"] in PASSED:
            levels[name] = outcomes[-1]
    levels["L5"] = _rounding(levels["L3"])
    return dict(sorted(levels.items())), claims[0] if claims else None


def _with_others(
    check: Callable[[Subject, Claim, int], Level], subject: Subject, claim: Claim, seed: int
) -> Level:
    """A check of a claim, and of what has to hold besides: one level of both."""
    level = check(subject, claim, seed)
    for other in subject.also if level["result"] in PASSED and check is not _symbolic else ():
        more = check(subject, other, seed)
        if more["result"] not in PASSED:
            return more
        worst = {k: min(level[k], more[k]) for k in ("bits", "digits") if k in level}
        largest = {k: max(level[k], more[k]) for k in ("degree",) if k in level}
        sums = {k: level[k] + more[k] for k in ("trials", "points", "compared") if k in level}
        own = {k: more[k] for k in ("sizes",) if k in more}
        kinds = [k for k in KINDS if k in more]
        alike = {k: sorted({*level[k]} & {*more[k]}) for k in kinds}
        level = {**level, **own, **alike, **worst, **largest, **sums}
    return level


def _rules(subject: Subject) -> Level:
    names = [name for name in subject.ops if name not in subject.formulas]
    rules = [r.partition("  at ")[0] for r in subject.rewrites]
    formulas = list(subject.formulas)
    measured = list(subject.helpers)
    how = f"in the test suite: {', '.join([*names, *dict.fromkeys(rules)])}"
    if formulas:
        how += f"; derived by SymPy when they were made: {', '.join(formulas)}"
    if measured:
        how += f"; helpers, to some ulps at 500 points: {', '.join(measured)}"
    kinds = {"ops": names, "rewrites": rules, "formulas": formulas, "helpers": measured}
    return {"result": "proved", "how": how, **kinds}


def _text(subject: Subject) -> Level:
    try:
        check_source(subject.text, libraries=subject.libraries)
    except (FormatError, LimitError) as error:
        return _fault(subject, "the text", {}, str(error))
    count = subject.text.count("\n")
    return {"result": "proved", "how": f"by the allow-list: {count} lines", "lines": count}


def _identity(subject: Subject, claim: Claim, seed: int) -> Level:
    result = check_identity(claim, subject.sizes, seed)
    if not isinstance(result, Identity) and len(subject.sizes) > 1 and claim.dims:
        found = [n for n in subject.sizes if not _is_outside(check_identity(claim, (n,), seed))]
        if found != list(subject.sizes) and found:
            return _identity(replace(subject, sizes=tuple(found)), claim, seed)
    if not isinstance(result, Identity):
        return _other(subject, result)
    return {
        "result": "identity",
        "sizes": list(result.sizes),
        "prime": result.modulus,
        "trials": result.trials,
        "degree": result.degree,
        "bits": result.bits,
        "seed": result.seed,
        "one_sided": list(result.one_sided),
    }


def _is_outside(result: Result) -> bool:
    """True if the reference has no value at a size: it divides by 0, or indexes what is not."""
    if not isinstance(result, Skipped):
        return False
    absent = result.reason.startswith("the reference") and "IndexError" in result.reason
    return absent or "left the domain" in result.reason


def _balls(subject: Subject, claim: Claim, seed: int) -> Level:
    for bits in BITS:
        result = check_balls(claim, subject.sizes, seed, bits)
        if not isinstance(result, Agrees) or result.is_enough():
            break
    if not isinstance(result, Agrees):
        return _other(subject, result)
    if not result.is_enough():
        return _skip(f"the balls are too wide: they agree to {result.digits} digits alone")
    measured = {"error": result.error, "bound": result.bound}
    real = {"floats": claim.real.__name__}
    plain = {"bits": result.bits, "digits": result.digits, "points": result.points}
    finite = {k: _finite(v) for k, v in measured.items()}
    lines = {k: list(getattr(result, k)) for k in KINDS}
    counts = {k: getattr(result, k) for k in ("compared", "wide", "budget")}
    return {"result": "agrees", **plain, **finite, **real, **lines, **counts}


def _rounding(balls: Level) -> Level:
    """The rounding of floats, as the run on balls measured it."""
    if balls["result"] != "agrees":
        return _skip("it comes with L3")
    if balls["error"] is None or balls["bound"] is None:
        return _skip("no ordinary point has finite results in floats")
    return {"result": "bounded", **{k: balls[k] for k in ("floats", "error", "bound")}}


def _symbolic(subject: Subject, claim: Claim, seed: int) -> Level:
    from symgrad.symbolic.symbolically import proof  # SymPy, where it is asked for alone

    try:
        how, fault = proof(fixed(claim, min(subject.sizes)), subject.sizes)
    except SymgradError as error:
        return _skip(str(error))
    if fault:
        return _skip(fault)
    return {"result": "proved", "how": how}


def fixed(claim: Claim, n: int) -> Claim:
    """The claim for another process, which cannot trace the user's function: traced at n."""
    if not hasattr(claim.reference, "replay"):
        return replace(claim)
    shapes = [np.shape(v) for v in claim.point(n, random.Random(0), random.Random.random).values()]
    count = len(claim.reference.shapes)
    return replace(claim, reference=claim.reference.replay(shapes[1 : 1 + count]))


def _other(subject: Subject, result: Result) -> Level:
    if isinstance(result, Refuted):
        return _fault(subject, result.component, result.point, result.reason)
    return _skip(str(getattr(result, "reason", result)))


def _fault(subject: Subject, component: str, point: Mapping[str, Any], reason: str) -> Level:
    line, text = line_of(subject.text, component)
    plain = {name: np.asarray(value).tolist() for name, value in point.items()}
    return {
        "result": "refuted",
        "component": component,
        "line": line,
        "text": text,
        "point": plain,
        "reason": reason,
    }


def _skip(reason: str) -> Level:
    return {"result": "skipped", "reason": reason}


def _finite(x: float) -> float | None:
    return x if math.isfinite(x) else None


def _assumed(ops: Iterable[str]) -> tuple[str, ...]:
    """The domains of ops, which a certificate assumes of the values that reach them."""
    said = [OPS[name].assumed for name in ops if name in OPS]
    return tuple(dict.fromkeys(text for text in said if text))


def _readings(claim: Claim | None) -> list[str]:
    """The literals of the reference that were read as made of the number of examples."""
    found = getattr(claim.reference, "readings", {}) if claim else {}
    return [f"the number {x!r} means {reading}" for x, reading in found.items()]


def _branches(subject: Subject, levels: Mapping[str, Level]) -> tuple[str, ...]:
    lines = subject.text.splitlines()
    seen = set[int]()
    found: list[str] = []
    for kind, what in KINDS.items():
        at = {n for n in levels["L3"].get(kind, ()) if n <= len(lines)} - seen  # formulas are below
        if kind == "one_sided":
            at &= {*levels["L2"].get(kind, ())}
        found += [f"{what} in line {n}: {lines[n - 1].strip()}" for n in sorted(at)]
        seen |= at if kind != "untied" else set()
    return tuple(found)


def _unchecked(subject: Subject, levels: Mapping[str, Level]) -> tuple[str, ...]:
    """The checks that were not made, in words."""
    found = [f"{k}: {v['reason']}" for k, v in levels.items() if v["result"] == "skipped"]
    sizes = levels["L2"].get("sizes")
    if sizes and not isinstance(subject.claims, str):
        at = [subject.claims[0].sizes(n) for n in sizes]
        tried = [f"{name} = {', '.join(str(s[name]) for s in at)}" for name in at[0]]
        found.append(f"sizes other than {' and '.join(tried)}")
    if levels["L3"].get("compared"):
        found.append("combinations of comparisons that no sample met")
    if budget := levels["L3"].get("budget"):
        found.append(
            f"ties that a budget of {budget:,} balls did not reach; verify(budget=) sets it"
        )
    if wide := levels["L3"].get("wide"):
        found.append(f"{wide} points at which balls of {levels['L3']['bits']} bits are too wide")
    claim = None if isinstance(subject.claims, str) else subject.claims[0]
    if claim and any(t[:3] == "i64" and k not in claim.below for k, t in claim.types.items()):
        found.append("integers that are neither small nor beside the text's numbers")
    found.append("arguments that are not finite; overflow at other points than some near 1000")
    if levels["L5"]["result"] == "bounded":
        found.append("rounding at other points than those of L5")
    return (*found, *subject.unchecked)


def _digest(text: str) -> str:
    return sha256(text.encode()).hexdigest() if text else ""


@cache
def rule_digests() -> dict[str, str]:
    """The hashes of the declared rules, and of the checker that judged."""
    folders = {
        "rules": [Path(str(symgrad.ops.__file__)).parent.glob("*.py")],
        "checker": [Path(str(symgrad.checker.__file__)).parent.glob("*.py")],
    }
    rules = Path(str(symgrad.rewrite.__file__)).parent.glob("stable_rules.py")
    folders["rules"].append(rules)
    return {
        name: sha256(
            b"".join(path.read_bytes() for group in groups for path in sorted(group))
        ).hexdigest()
        for name, groups in folders.items()
    }


@cache
def versions() -> dict[str, str]:
    """Of what took part; python-flint stands in for mpmath's intervals where it is installed."""
    found = {"symgrad": symgrad.__version__, "python": platform.python_version()}
    for name in ("numpy", "sympy", "python-flint", "mpmath"):
        try:
            found[name] = metadata.version(name)
        except metadata.PackageNotFoundError:
            found[name] = "absent"
    return found
