"""Draws the pictures of design.md from their text: `python infra/docs/draw.py`; `--check` only compares.
Copies the teacher's guide into the plugin, which shows it in Moodle.

The text of a flow is written by hand, in the part of Mermaid's sequence diagrams that is read below. The text
of the rooms is made here, from the layer's imports and the layers that pyproject.toml names. Each text stands
beside its picture, in pictures/. Neither a network nor a program outside the project's environment is needed.
"""

from __future__ import annotations

import re
import sys
import textwrap
import tomllib
from collections import defaultdict
from collections.abc import Iterator
from dataclasses import dataclass, field
from html import escape
from pathlib import Path

ROOT = Path(__file__).parents[2]
PICTURES = Path(__file__).parent / "pictures"
LAYER = ROOT / "layers" / "core" / "python"
PACKAGE = "passerelle"
ROOMS = "rooms"
SHIPPED = ROOT / "infra" / "moodle" / "local_passerelle" / "guide"

STYLE = """<style>
  text { font: 13px system-ui, sans-serif; fill: #1f2933; }
  .head { font-weight: 600; } .band { font-weight: 600; fill: #52606d; }
  .page { fill: #ffffff; } .box { fill: #f0f4f8; stroke: #9fb3c8; } .room { fill: #fbfcfd; stroke: #9fb3c8; }
  .lane { fill: #f0f4f8; } .note { fill: #fff8e1; stroke: #d9b44a; } .life { stroke: #cbd2d9; }
  .line { stroke: #334e68; fill: none; } .back { stroke: #7b8794; fill: none; stroke-dasharray: 5 4; }
  .down { stroke: #829ab1; fill: none; } .beside { stroke: #c05621; fill: none; }
  .tip { fill: #334e68; stroke: none; } .tip.back { fill: #7b8794; } .tip.beside { fill: #c05621; }
  @media (prefers-color-scheme: dark) {
    text { fill: #e4e7eb; } .band { fill: #9aa5b1; } .page { fill: #12181f; }
    .box, .lane { fill: #1f2a36; } .box { stroke: #52606d; } .room { fill: #2b3947; stroke: #616e7c; }
    .note { fill: #3a3420; stroke: #a08a3c; } .life { stroke: #3e4c59; } .line { stroke: #9fb3c8; }
    .back { stroke: #7b8794; } .down { stroke: #627d98; } .beside { stroke: #ed8936; } .tip { fill: #9fb3c8; }
    .tip.beside { fill: #ed8936; }
  }
</style>"""


class Unreadable(ValueError):
    """A line of a picture's text that is none of the forms read here."""


def svg(width: float, height: float, title: str, body: list[str]) -> str:
    return "\n".join(
        [
            f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {width:g} {height:g}" width="{width:g}"'
            f' height="{height:g}" role="img" aria-label="{escape(title, quote=True)}">',
            f"<title>{escape(title)}</title>",
            STYLE,
            f'<rect class="page" width="{width:g}" height="{height:g}"/>',
            *body,
            "</svg>\n",
        ]
    )


def words(x: float, y: float, lines: list[str], css: str = "", anchor: str = "middle", step: int = 16) -> str:
    """Lines of text, the first with its baseline at `y`."""
    spans = "".join(
        f'<tspan x="{x:g}" y="{y + step * n:g}">{escape(line)}</tspan>' for n, line in enumerate(lines)
    )
    return f'<text class="{css}" text-anchor="{anchor}">{spans}</text>'


# -- a flow: Mermaid's sequence diagram ------------------------------------------------------------------

PARTICIPANT = re.compile(r"participant (\w+) as (.+)")
MESSAGE = re.compile(r"(\w+)(-->>|->>)(\w+): (.+)")
NOTE = re.compile(r"Note over (\w+),(\w+): (.+)")
COLUMN, MARGIN, HEAD, LETTER = 190, 20, 52, 6.7  # px; LETTER: a letter's width on average


@dataclass(frozen=True, slots=True)
class Step:
    begin: str
    end: str
    text: str
    kind: str  # `->>`, `-->>` or `Note`


def read_sequence(text: str) -> tuple[dict[str, str], list[Step]]:
    """Participants by their letter, and what passes between them. Raises Unreadable."""
    people: dict[str, str] = {}
    steps: list[Step] = []
    for number, raw in enumerate(text.splitlines(), 1):
        line = raw.strip()
        if not line or line.startswith("%%") or (number == 1 and line == "sequenceDiagram"):
            continue
        if found := PARTICIPANT.fullmatch(line):
            people[found[1]] = found[2]
            continue
        if found := MESSAGE.fullmatch(line):
            step = Step(found[1], found[3], found[4], found[2])
        elif found := NOTE.fullmatch(line):
            step = Step(found[1], found[2], found[3], "Note")
        else:
            raise Unreadable(f"line {number}: {line}")
        if missing := {step.begin, step.end} - set(people):
            raise Unreadable(f"line {number}: no participant is called {', '.join(sorted(missing))}")
        steps.append(step)
    return people, steps


def draw_sequence(text: str, title: str) -> str:
    people, steps = read_sequence(text)
    place = {letter: MARGIN + COLUMN * (n + 0.5) for n, letter in enumerate(people)}
    width = 2 * MARGIN + COLUMN * len(people)
    body: list[str] = []
    y = MARGIN + HEAD + 26.0
    for step in steps:
        drawn, y = _draw_step(step, place, y)
        body += drawn
    height = y + MARGIN
    heads: list[str] = []
    for letter, name in people.items():
        x = place[letter]
        lines = textwrap.wrap(name, 22)
        heads.append(
            f'<line class="life" x1="{x:g}" x2="{x:g}" y1="{MARGIN + HEAD}" y2="{height - MARGIN:g}"/>'
            f'<rect class="box" rx="6" x="{x - COLUMN / 2 + 8:g}" y="{MARGIN}" width="{COLUMN - 16}"'
            f' height="{HEAD}"/>'
        )
        heads.append(words(x, MARGIN + HEAD / 2 + 5 - 8 * (len(lines) - 1), lines, "head"))
    return svg(width, height, title, heads + body)


def _draw_step(step: Step, place: dict[str, float], y: float) -> tuple[list[str], float]:
    """What one step looks like, begun at `y`, and where the next one begins."""
    begin, end = place[step.begin], place[step.end]
    left, right = min(begin, end), max(begin, end)
    if step.kind == "Note":
        lines = textwrap.wrap(step.text, int((right - left + COLUMN - 40) / LETTER))
        height = 16 * len(lines) + 12
        note = (
            f'<rect class="note" rx="4" x="{left - COLUMN / 2 + 10:g}" y="{y - 14:g}"'
            f' width="{right - left + COLUMN - 20:g}" height="{height}"/>'
        )
        return [note, words((left + right) / 2, y + 3, lines)], y + height + 12
    css = "back" if step.kind == "-->>" else "line"
    if begin == end:
        lines = textwrap.wrap(step.text, int((COLUMN - 46) / LETTER))
        low = y + max(16 * (len(lines) - 1), 14)
        loop = f'<path class="{css}" d="M {begin:g} {y - 8:g} h 26 V {low + 4:g} H {begin + 8:g}"/>'
        tip = _tip(begin, low + 4, -1, css)
        return [loop, tip, words(begin + 32, y, lines, anchor="start")], low + 34
    lines = textwrap.wrap(step.text, int((right - left - 24) / LETTER))
    low = y + 16 * (len(lines) - 1) + 8
    way = 1 if end > begin else -1
    line = f'<line class="{css}" x1="{begin:g}" x2="{end - 8 * way:g}" y1="{low:g}" y2="{low:g}"/>'
    # The lives between the two pass behind the words.
    behind = (
        f'<rect class="page" x="{(left + right) / 2 - _width(lines) / 2:g}" y="{y - 13:g}"'
        f' width="{_width(lines):g}" height="{16 * len(lines) + 2}"/>'
    )
    return [behind, line, _tip(end, low, way, css), words((left + right) / 2, y, lines)], low + 28


def _width(lines: list[str]) -> float:
    return max(map(len, lines)) * LETTER + 8


def _tip(x: float, y: float, way: int, css: str) -> str:
    return f'<path class="tip {css}" d="M {x:g} {y:g} l {-9 * way} -4.5 v 9 z"/>'


# -- the rooms: Mermaid's flowchart, made from the imports -----------------------------------------------

BAND = re.compile(r"subgraph (\w+)")
ROOM = re.compile(r'([\w.]+)\["([^"]+)"\]')
ARROW = re.compile(r"([\w.]+) --> ([\w.]+)")
# Which flow stands beside which, so that one flow's rooms lie below each other; others follow by name.
ORDER = ("backups", "publishing", "rollover", "orders", "offer", "night")
LOOSE = "loose"  # modules that lie in a layer outside its flows


def layers() -> list[list[str]]:
    """The layers of the import contract, highest first, each a list of top rooms that stand side by side."""
    project = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))
    contract = next(one for one in project["tool"]["importlinter"]["contracts"] if one["type"] == "layers")
    return [
        [name.strip(" ()").removeprefix(f"{PACKAGE}.") for name in re.split(r"[|:]", layer)]
        for layer in contract["layers"]
    ]


def room_of(module: str) -> str:
    """`passerelle.domain.night.plan.guard` → `domain.night.plan`; a module outside the rooms of a layer that
    has some → `domain.loose`; of any other layer its name alone.
    """
    top, *below = module.split(".")[1:]
    if not _has_rooms(top):
        return top
    rooms = [part for n, part in enumerate(below) if LAYER.joinpath(PACKAGE, top, *below[: n + 1]).is_dir()]
    return ".".join([top, *(rooms or [LOOSE])])


def _has_rooms(top: str) -> bool:
    return any((LAYER / PACKAGE / top).glob("*/*.py"))


def write_rooms() -> str:
    """The text of the picture of rooms, from the imports as they are: who imports whom, and not how often."""
    import grimp  # what import-linter reads imports with

    sys.path.insert(0, str(LAYER))
    try:
        graph = grimp.build_graph(PACKAGE, cache_dir=None)
    finally:
        sys.path.remove(str(LAYER))
    packages = {name for name in graph.modules if LAYER.joinpath(*name.split(".")).is_dir()}
    rooms = {room_of(name) for name in graph.modules - packages}
    arrows = {
        (room_of(name), room_of(target))
        for name in graph.modules - {PACKAGE}
        for target in graph.find_modules_directly_imported_by(name) - {PACKAGE}
    }
    text = ["flowchart TB", "    %% Made by infra/docs/draw.py from the imports: do not write here."]
    for band in (band for layer in layers() for band in _bands(layer)):
        text.append(f"    subgraph {band[0]}")
        inside = sorted((room for room in rooms if room.split(".")[0] in band), key=_order)
        text += [f'        {room}["{_name(room)}"]' for room in inside]
        text.append("    end")
    told = _telling({(a, b) for a, b in arrows if a != b and {a, b} <= rooms})
    text += [f"    {a} --> {b}" for a, b in told]
    return "\n".join(text) + "\n"


def _telling(arrows: set[tuple[str, str]]) -> list[tuple[str, str]]:
    """All arrows inside a layer; of those from layer to layer the ones that no others imply, as A → C is
    implied by A → B and B → C. With all of them the picture shows nothing, and every change makes it stale.
    """
    below: dict[str, set[str]] = defaultdict(set)
    for a, b in arrows:
        below[a].add(b)

    def leads(a: str, b: str) -> bool:
        seen, todo = {a}, [a]
        while todo:
            reached = below[todo.pop()] - seen
            seen |= reached
            todo += reached
        return b in seen

    for a, b in sorted(arrows):
        if a.split(".")[0] != b.split(".")[0]:
            below[a].discard(b)
            if not leads(a, b):
                below[a].add(b)
    return [(a, b) for a, b in sorted(arrows) if b in below[a]]


def _bands(layer: list[str]) -> list[list[str]]:
    """A layer's top rooms as they are drawn: one that is divided by flows has a band of its own."""
    divided = [top for top in layer if _has_rooms(top)]
    whole = [top for top in layer if top not in divided]
    return [[top] for top in divided] + ([whole] if whole else [])


def _order(room: str) -> tuple[int, str]:
    flow = room.split(".")[1] if "." in room else ""
    if flow == LOOSE:
        return (len(ORDER) + 1, room)
    return (ORDER.index(flow) if flow in ORDER else len(ORDER), room)


def _name(room: str) -> str:
    top, _, below = room.partition(".")
    return {"": top, LOOSE: f"{top}/*.py"}.get(below, below.replace(".", "/"))


@dataclass(slots=True)
class House:
    bands: dict[str, dict[str, str]] = field(default_factory=dict)  # of each its rooms, with their names
    arrows: list[tuple[str, str]] = field(default_factory=list)


def read_rooms(text: str) -> House:
    """Raises Unreadable."""
    house = House()
    band = ""
    for number, raw in enumerate(text.splitlines(), 1):
        line = raw.strip()
        if line in {"flowchart TB", "end"} or line.startswith("%%"):
            continue
        if found := BAND.fullmatch(line):
            band = found[1]
            house.bands[band] = {}
        elif found := ROOM.fullmatch(line):
            house.bands[band][found[1]] = found[2]
        elif found := ARROW.fullmatch(line):
            house.arrows.append((found[1], found[2]))
        else:
            raise Unreadable(f"line {number}: {line}")
    return house


BOX, BOX_HEIGHT, GAP, BETWEEN, NAME = 108, 30, 12, 52, 22  # px


def draw_rooms(text: str, title: str) -> str:
    house = read_rooms(text)
    width = 2 * MARGIN + max(map(len, house.bands.values())) * (BOX + GAP) + GAP
    place: dict[str, tuple[float, float]] = {}
    lanes: list[str] = []
    boxes: list[str] = []
    y = float(MARGIN)
    for rooms in house.bands.values():
        height = BOX_HEIGHT + NAME + 2 * GAP
        lanes.append(
            f'<rect class="lane" rx="8" x="{MARGIN}" y="{y:g}" width="{width - 2 * MARGIN:g}"'
            f' height="{height}"/>'
        )
        tops = list(dict.fromkeys(room.split(".")[0] for room in rooms))
        if len(rooms) > len(tops):  # divided: the rooms bear the flows' names
            lanes.append(words(MARGIN + GAP, y + 18, tops, "band", "start"))
        x = (width - len(rooms) * (BOX + GAP) + GAP) / 2
        for room, name in rooms.items():
            top = y + NAME
            place[room] = (x + BOX / 2, top)
            boxes.append(
                f'<rect class="room" rx="6" x="{x:g}" y="{top:g}" width="{BOX}" height="{BOX_HEIGHT}"/>'
                + words(x + BOX / 2, top + 20, [name], "head" if room in tops else "")
            )
            x += BOX + GAP
        y += height + BETWEEN
    arrows = [_draw_arrow(place[a], place[b]) for a, b in house.arrows]
    return svg(width, y - BETWEEN + MARGIN, title, [*lanes, *arrows, *boxes])


def _draw_arrow(begin: tuple[float, float], end: tuple[float, float]) -> str:
    low = begin[1] + BOX_HEIGHT
    if begin[1] == end[1]:  # beside each other: an arc below both, in a colour of its own
        way = 1 if end[0] > begin[0] else -1
        a, b = begin[0] + 14 * way, end[0] - 14 * way
        deep = low + 18 + min(abs(b - a) / 12, 70)
        return (
            f'<path class="beside" d="M {a:g} {low:g}'
            f' C {a:g} {deep:.0f} {b:g} {deep:.0f} {b:g} {low + 6:g}"/>'
            f'<path class="tip beside" d="M {b:g} {low:g} l -4 8 h 8 z"/>'
        )
    middle = (low + end[1]) / 2
    return (
        f'<path class="down" d="M {begin[0]:g} {low:g}'
        f' C {begin[0]:g} {middle:g} {end[0]:g} {middle:g} {end[0]:g} {end[1]:g}"/>'
    )


# -- all of them ---------------------------------------------------------------------------------------

TITLES = {
    ROOMS: "The rooms of the layer, by layer: who imports whom",
    "publish": "Backing up and publishing a course",
    "rollover": "A change of year",
    "order": "From a paid order to a training session",
    "night": "A night",
}


def pictures() -> Iterator[tuple[Path, str]]:
    """Each file that is made, with what it should hold now."""
    rooms = write_rooms()
    yield PICTURES / f"{ROOMS}.mmd", rooms
    yield PICTURES / f"{ROOMS}.svg", draw_rooms(rooms, TITLES[ROOMS])
    for text in sorted(PICTURES.glob("*.mmd")):
        if text.stem != ROOMS:
            title = TITLES[text.stem]
            yield text.with_suffix(".svg"), draw_sequence(text.read_text(encoding="utf-8"), title)


def guides() -> Iterator[tuple[Path, str]]:
    """The teacher's guide as the plugin ships it: without pictures, without links to pages that stay here."""
    for lang in ("en", "fr"):
        text = (Path(__file__).parent / lang / "teachers.md").read_text(encoding="utf-8")
        text = re.sub(r"^!\[[^\]]*\]\([^)]*\)\n+", "", text, flags=re.MULTILINE)
        yield SHIPPED / f"{lang}.md", re.sub(r"\[([^\]]+)\]\((?!https?:)[^)]*\)", r"\1", text)


def stale() -> dict[Path, str]:
    """What no longer is what its text, or the imports, say."""
    return {
        path: wanted
        for path, wanted in (*pictures(), *guides())
        if not path.exists() or path.read_text(encoding="utf-8") != wanted
    }


def main(*arguments: str) -> None:
    found = stale()
    for path, wanted in found.items():
        if "--check" not in arguments:
            path.write_text(wanted, encoding="utf-8")
        print(("stale: " if "--check" in arguments else "drawn: ") + str(path.relative_to(ROOT)))
    if found and "--check" in arguments:
        sys.exit("Draw them again: .venv/bin/python infra/docs/draw.py")


if __name__ == "__main__":
    main(*sys.argv[1:])
