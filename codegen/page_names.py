"""The names and docstrings of pages.

A page has the number of its call, turn or part, unless it stands for several that are alike; where
there are several such pages of one function, letters tell them apart.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from itertools import takewhile
from typing import NamedTuple

from symgrad.codegen.identifiers import Names
from symgrad.codegen.pages import Page
from symgrad.codegen.printer import ascii_text
from symgrad.codegen.rounds import CALL, PART, TURN
from symgrad.ir.naming import letters


class Called(NamedTuple):
    """The name of a page's function, and its docstring."""

    name: str
    docstring: str


def names_of(pages: Sequence[Page], kinds: Sequence[Sequence[int]], names: Names) -> list[Called]:
    """What the function of each kind of page is called."""
    words = [base([pages[n] for n in numbers]) for numbers in kinds]
    shared = Counter(w for w, numbers in zip(words, kinds, strict=True) if len(numbers) > 1)
    left = {word: iter(letters(count)) for word, count in shared.items() if count > 1}
    found = []
    for word, numbers in zip(words, kinds, strict=True):
        page = pages[numbers[0]]
        name = numbered(page)
        if len(numbers) > 1:
            name = f"{word}_{next(left[word])}" if word in left else word
        found.append(Called(names.fresh(name), ascii_text(told(page, len(numbers)))))
    return found


def base(pages: Sequence[Page]) -> str:
    """The name of pages without the numbers of their rounds: the words that they share."""
    s, back = pages[0].stretch, pages[0].back
    words = [page.stretch.word.split("_") for page in pages]
    same = takewhile(lambda parts: len({*parts}) == 1, zip(*words, strict=False))
    word = "_".join([parts[0] for parts in same]) or PART
    word = f"back_through_{word}" if back else word
    return f"{word}_part_{s.part}" if s.part else word


def numbered(page: Page) -> str:
    """The name of a page with the numbers of its rounds."""
    s = page.stretch
    word = f"back_through_{s.word}" if page.back else s.word
    if s.first:
        first, last = sorted((s.first, s.last), reverse=page.back)
        word = f"{word}_{first}" if first == last else f"{word}_{first}_to_{last}"
    return f"{word}_part_{s.part}" if s.part else word


def told(page: Page, alike: int) -> str:
    """The docstring of a page."""
    s = page.stretch
    first, last = sorted((s.first, s.last), reverse=page.back)
    noun = s.kind if first == last else f"{s.kind}s"
    of = {
        CALL: f"of `{s.word}`, {s.place}",
        TURN: f"of the loop at {s.place}",
        PART: f"of {s.word.replace('_', ' ')}",
    }[s.kind]
    if alike > 1:
        count = s.last - s.first + 1
        many = f"{count} {noun}" if count > 1 else f"one {noun}"
        text = f"{many} {of}; {alike} such pages are alike"
    elif first == last:
        text = f"{noun} {first} {of}" if first else of
    else:
        text = f"{noun} {first} to {last} {of}"
    text = f"back through {text}" if page.back else text
    return f"{text[0].upper()}{text[1:]}{f', part {s.part}' if s.part else ''}."
