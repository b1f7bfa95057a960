"""A fixture that all tests of the checker may ask for."""

from __future__ import annotations

from typing import Any

import pytest

from symgrad.checker import judge


@pytest.fixture(params=["by size", "balls", "pairs"])
def arrays(request: Any, monkeypatch: pytest.MonkeyPatch) -> str:
    """As what the checker tries arrays first: by their size, or as whole arrays of some kind."""
    kind: str = request.param
    if kind != "by size":

        def tried(claim: Any, n: int) -> list[str]:
            plain = not claim.arrays or getattr(claim.reference, "by_numbers", False)
            return [] if plain else [kind]

        monkeypatch.setattr(judge, "_in_arrays", tried)
    return kind
