"""API.md lists the public names as they are."""

from __future__ import annotations

import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parent))
import api_page

import symgrad as sg


def test_the_page_is_what_the_docstrings_say() -> None:
    """`make api` writes it."""
    assert api_page.PAGE.read_text(encoding="utf-8") == api_page.page()


def test_every_public_name_is_on_the_page() -> None:
    """Each with what it is."""
    text = api_page.page()
    assert [
        name for name in sg.__all__ if f"sg.{name}" not in text and f".{name}`" not in text
    ] == []
    assert "|  |" not in text
