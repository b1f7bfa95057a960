"""Draws architecture.svg of architecture.md and of the imports: python docs/architecture.py"""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator
from html import escape
from pathlib import Path

HERE = Path(__file__).resolve().parent
ROOT = HERE.parent
PAGE, PICTURE = HERE / "architecture.md", HERE / "architecture.svg"

ROW, DOT, STEP = 28, 18, 42  # pixels: a row, a column of imports, a column of the path
TOP, NAMES = 168, 388  # above the first row, and left of the columns
INK, PALE, BAND, GREY, BLUE = "#1f2937", "#6b7280", "#f3f4f6", "#9ca3af", "#1d4ed8"


def steps(page: str) -> list[str]:
    """The files of the path, in the order of the page's numbered lines."""
    return re.findall(r"^\d+\. `([\w/]+\.py)`", page, re.MULTILINE)


def rooms(page: str) -> dict[str, str]:
    """The rooms, top to bottom, and what lives there."""
    rows = re.findall(r"^\| `(\w+)` \| (.*) \|$", page, re.MULTILINE)
    return {room: purpose.replace("`", "") for room, purpose in rows}


def room_of(file: str) -> str:
    return file.removeprefix("symgrad/").split("/")[0].removesuffix(".py")


def imports(known: dict[str, str]) -> set[tuple[str, str]]:
    """Pairs of rooms of which the first imports the second, within functions as well."""
    found = set[tuple[str, str]]()
    for folder, package in ((ROOT / "symgrad", ""), (ROOT / "codegen", "codegen/")):
        for path in sorted(folder.rglob("*.py")):
            own = room_of(package + path.relative_to(folder).as_posix())
            if own not in known or "codegen" in path.relative_to(folder).parts:
                continue
            for module in imported(path.read_text(encoding="utf-8")):
                other = [*module.split("."), ""][1]
                if other in known and other != own:
                    found.add((own, other))
    return found


def imported(source: str) -> Iterator[str]:
    """The modules of symgrad that a text imports."""
    for node in ast.walk(ast.parse(source)):
        if isinstance(node, ast.Import):
            yield from (a.name for a in node.names if a.name.startswith("symgrad."))
        elif isinstance(node, ast.ImportFrom) and node.module == "symgrad":
            yield from (f"symgrad.{a.name}" for a in node.names)
        elif isinstance(node, ast.ImportFrom) and (node.module or "").startswith("symgrad."):
            yield node.module or ""


def text(x: float, y: float, words: str, style: str = "", fill: str = INK) -> str:
    return f'<text x="{x:g}" y="{y:g}" fill="{fill}"{style}>{escape(words)}</text>'


def dot(x: float, y: float, radius: float, fill: str) -> str:
    return f'<circle cx="{x:g}" cy="{y:g}" r="{radius:g}" fill="{fill}"/>'


def slanted(x: float, words: str, fill: str = INK) -> str:
    """The head of a column."""
    turn = f' transform="rotate(-55 {x:g} {TOP - 12})"'
    return text(x, TOP - 12, words, turn, fill)


def picture() -> str:
    """The SVG: a row a room, its imports as dots, and the path as a line through the rows."""
    page = PAGE.read_text(encoding="utf-8")
    known, path = rooms(page), steps(page)
    row = {room: TOP + ROW * i + ROW / 2 for i, room in enumerate(known)}
    column = {room: NAMES + DOT * i + DOT / 2 for i, room in enumerate(known)}
    start = NAMES + DOT * len(known) + 40
    points = [(start + STEP * i, row[room_of(file)]) for i, file in enumerate(path)]
    width, height = int(points[-1][0]) + 110, TOP + ROW * len(known) + 16
    drawn = [
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {width} {height}" width="{width}" '
        f'height="{height}" font-family="Helvetica, Arial, sans-serif" font-size="13">',
        f'<rect width="{width}" height="{height}" fill="#ffffff"/>',
        text(12, 28, "rooms", ' font-size="16" font-weight="bold"'),
        text(12, 48, "one imports only from rooms above it", fill=PALE),
        text(start - 10, 28, "one sg.compile(loss)", ' font-size="16" font-weight="bold"'),
        text(start - 10, 48, "file by file, in the order of first calls", fill=PALE),
    ]
    for i, (room, purpose) in enumerate(known.items()):
        if i % 2 == 0:
            top = row[room] - ROW / 2
            drawn.append(f'<rect y="{top:g}" width="{width}" height="{ROW}" fill="{BAND}"/>')
        drawn.append(text(12, row[room] + 5, room, ' font-weight="bold"'))
        drawn.append(text(96, row[room] + 5, purpose, fill=PALE))
        drawn.append(slanted(column[room], room, PALE))
    drawn += [dot(column[b], row[a], 4, GREY) for a, b in sorted(imports(known))]
    line = " ".join(f"{x:g},{y:g}" for x, y in points)
    drawn.append(f'<polyline points="{line}" fill="none" stroke="{BLUE}" stroke-width="2"/>')
    for i, ((x, y), file) in enumerate(zip(points, path, strict=True), start=1):
        drawn.append(slanted(x, f"{i} {Path(file).stem}"))
        drawn.append(dot(x, y, 9, BLUE))
        drawn.append(text(x, y + 4, str(i), ' text-anchor="middle" font-size="10"', "#ffffff"))
    return "\n".join([*drawn, "</svg>", ""])


if __name__ == "__main__":
    PICTURE.write_text(picture(), encoding="utf-8")
