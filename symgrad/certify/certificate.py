"""The certificate: what was checked of a compiled function, how, and what was not.

It is plain data.  ``print`` shows it, ``to_json`` keeps it.  Nothing undecided is called verified:
that word needs an identity, agreement at points, and no check that failed.

>>> identity = {"result": "identity", "sizes": [], "prime": "7", "trials": 2, "degree": 1}
>>> c = Certificate("f(x: f64[])", "numpy", "", {"L2": {**identity, "bits": 90, "seed": 0}})
>>> c.verdict
'undecided'
"""

from __future__ import annotations

import json
import math
from collections.abc import Mapping
from dataclasses import asdict, dataclass, field
from typing import Any

from symgrad.checker.results import shown

LEVELS = {
    "L0": "rules",
    "L1": "text",
    "L2": "identity",
    "L3": "balls",
    "L4": "symbolic",
    "L5": "rounding",
    "kinks": "",
}
PASSED = ("proved", "identity", "agrees", "bounded")
Level = Mapping[str, Any]


@dataclass(frozen=True)
class Certificate:
    """All that is known of an emitted text.

    function     its signature
    reference    what it was compared with
    levels       for each level its ``result``: proved, identity, agrees, bounded, refuted or
                 skipped, and what belongs to it
    digests      SHA-256 of the text, the unoptimised IR, the rules and the checker
    branches     of comparisons: the lines in which all samples and points went one way, in which
                 no result depended on a side or a tie, or no tie was met; the lines that never ran
    kinks        the derivative chosen at each kink that occurs, and the one-sided ones
    rewrites     the stabilising rewrites that fired, and where
    assumptions  where the arguments are assumed to lie
    unchecked    what was not checked
    """

    function: str
    target: str
    reference: str
    levels: Mapping[str, Level]
    digests: Mapping[str, str] = field(default_factory=dict)
    versions: Mapping[str, str] = field(default_factory=dict)
    branches: tuple[str, ...] = ()
    kinks: tuple[Mapping[str, Any], ...] = ()
    rewrites: tuple[str, ...] = ()
    assumptions: tuple[str, ...] = ()
    unchecked: tuple[str, ...] = ()

    @property
    def verdict(self) -> str:
        """verified, refuted, or undecided."""
        results = {name: level["result"] for name, level in self.levels.items()}
        if "refuted" in results.values():
            return "refuted"
        passed = all(r in PASSED for name, r in results.items() if name in ("L1", "L2", "L3"))
        return "verified" if passed and {"L1", "L2", "L3"} <= set(results) else "undecided"

    @property
    def verified(self) -> bool:
        """True if text, identity and agreement at points all passed, and nothing was refuted."""
        return self.verdict == "verified"

    def __bool__(self) -> bool:
        return self.verified

    @property
    def refuted(self) -> bool:
        return self.verdict == "refuted"

    def to_json(self, indent: int | None = 2) -> str:
        """All of it, the verdict included, as JSON; what it lacks, infinities and nan, as texts."""
        data = _named({"verdict": self.verdict, **asdict(self)})
        return json.dumps(data, indent=indent, ensure_ascii=True, allow_nan=False)

    def __str__(self) -> str:
        rows = [("reference", self.reference)]
        rows += [(f"{name} {LEVELS[name]}".strip(), said(level)) for name, level in self._shown()]
        for title, items in (
            ("branches", self.branches or self._settled()),
            ("kinks", tuple(_kink(k) for k in self.kinks)),
            ("rewrites", self.rewrites),
            ("assumed", self.assumptions),
            ("not checked", self.unchecked),
        ):
            rows += [(title if i == 0 else "", item) for i, item in enumerate(items)]
        rows.append(("sha256", ", ".join(f"{k} {v[:16]}" for k, v in self.digests.items())))
        rows.append(("with", ", ".join(f"{k} {v}" for k, v in self.versions.items())))
        head = f"{self.verdict}: {self.function}, {self.target}"
        return "\n".join([head, *(f"  {title:<12} {text}" for title, text in rows if text)])

    def _settled(self) -> tuple[str, ...]:
        compared = self.levels.get("L3", {}).get("compared")
        if compared is None:
            return ()
        told = "results depend on each comparison, and both its sides and its tie were judged"
        return (told if compared else "the text compares nothing",)

    def _shown(self) -> list[tuple[str, Level]]:
        return [(name, self.levels[name]) for name in LEVELS if name in self.levels]


def said(level: Level) -> str:
    """One level in words."""
    return _WORDS[level["result"]](level)


def _proved(level: Level) -> str:
    return f"proved {level['how']}"


def _identity(level: Level) -> str:
    at = f" at N = {', '.join(map(str, level['sizes']))}" if level["sizes"] else ""
    return (
        f"identity{at} mod {level['prime']} in {level['trials']} trials: degree "
        f"{shown(level['degree'])}, error <= 2^-{level['bits']}, seed {level['seed']}"
    )


def _agrees(level: Level) -> str:
    return f"agrees to {level['digits']} digits of {level['bits']} bits at {level['points']} points"


def _bounded(level: Level) -> str:
    return (
        f"{level['floats']} off by {level['error']:.1e}, at most {level['bound']:.1e}, of the "
        "largest component, at ordinary points"
    )


def _refuted(level: Level) -> str:
    at = f", line {level['line']}: {level['text']}" if level.get("line") else ""
    point = ", ".join(f"{k} = {v!r}" for k, v in level["point"].items())
    shown = point if len(point) <= 200 else point[:196] + " ..."
    return f"refuted in {level['component']}{at}{' at ' * bool(shown)}{shown}: {level['reason']}"


def _skipped(level: Level) -> str:
    return f"skipped: {level['reason']}"


_WORDS = {
    "proved": _proved,
    "identity": _identity,
    "agrees": _agrees,
    "bounded": _bounded,
    "refuted": _refuted,
    "skipped": _skipped,
}


def _named(x: Any) -> Any:
    """Nested data with floats that are not finite as texts."""
    if isinstance(x, dict):
        return {k: _named(v) for k, v in x.items()}
    if isinstance(x, list | tuple):
        return [*map(_named, x)]
    return str(x) if isinstance(x, float) and not math.isfinite(x) else x


def _kink(row: Mapping[str, Any]) -> str:
    sides = ", ".join(
        f"{side} {row[side]:g}" for side in ("left", "right") if row[side] is not None
    )
    return f"{row['point']} = {row['chosen']}" + (f" ({sides})" if sides else "")
