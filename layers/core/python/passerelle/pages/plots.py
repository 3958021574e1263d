"""Small plots as inline SVG: no script, nothing from elsewhere, readable in black and white."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from html import escape

WIDTH, HEIGHT = 720, 190
LEFT, RIGHT, TOP, BOTTOM = 52, 8, 26, 26


@dataclass(frozen=True, slots=True)
class Series:
    """`mark` is a class of the page's style sheet: a colour, and a pattern for print."""

    name: str
    mark: str
    values: Sequence[float]


@dataclass(frozen=True, slots=True)
class Plot:
    """Bars in stacks, a stack for each label. `flags`: a word above a stack, or nothing."""

    key: str  # unique on the page
    title: str
    summary: str  # what there is to see, for who does not see it
    labels: Sequence[str]
    series: Sequence[Series]
    flags: Sequence[str] = ()
    unit: str = ""


def draw(plot: Plot, lang: str) -> str:
    totals = [sum(one.values[place] for one in plot.series) for place in range(len(plot.labels))]
    top = _ceiling(max(totals, default=0))
    inner_width, inner_height = WIDTH - LEFT - RIGHT, HEIGHT - TOP - BOTTOM
    step = inner_width / max(len(plot.labels), 1)
    bar = min(step * 0.7, 42)
    parts = [_grid(top, inner_height, plot.unit, lang)]
    for place, label in enumerate(plot.labels):
        x = LEFT + step * place + (step - bar) / 2
        y = float(TOP + inner_height)
        for one in plot.series:
            height = inner_height * one.values[place] / top
            if height <= 0:
                continue
            y -= height
            tip = f"{label} – {one.name} : {spell(one.values[place], lang)}{plot.unit}"
            parts.append(
                f'<rect class="{one.mark}" x="{x:.1f}" y="{y:.1f}" width="{bar:.1f}" height="{height:.1f}">'
                f"<title>{escape(tip)}</title></rect>"
            )
        if place < len(plot.flags) and plot.flags[place]:
            flag = escape(plot.flags[place])
            parts.append(
                f'<text class="flag" x="{x + bar / 2:.1f}" y="{max(y - 5, 12):.1f}" text-anchor="middle">'
                f"{flag}</text>"
            )
        if _is_labelled(place, len(plot.labels)):
            parts.append(
                f'<text x="{x + bar / 2:.1f}" y="{HEIGHT - 8}" text-anchor="middle">{escape(label)}</text>'
            )
    return (
        f'<svg viewBox="0 0 {WIDTH} {HEIGHT}" role="img" aria-labelledby="{plot.key}-t {plot.key}-d">'
        f'<title id="{plot.key}-t">{escape(plot.title)}</title>'
        f'<desc id="{plot.key}-d">{escape(plot.summary)}</desc>{"".join(parts)}</svg>'
    )


def _is_labelled(place: int, count: int) -> bool:
    """As many labels as fit, the last one always."""
    every = max(1, -(-count // 12))
    return (count - 1 - place) % every == 0


def _grid(top: float, inner_height: int, unit: str, lang: str) -> str:
    lines = []
    for quarter in (0, 0.5, 1):
        y = TOP + inner_height * (1 - quarter)
        words = escape(spell(top * quarter, lang) + unit)
        lines.append(
            f'<line x1="{LEFT}" x2="{WIDTH - RIGHT}" y1="{y:.1f}" y2="{y:.1f}"/>'
            f'<text x="{LEFT - 6}" y="{y + 4:.1f}" text-anchor="end">{words}</text>'
        )
    return "".join(lines)


def _ceiling(value: float) -> float:
    """The next round number whose half is round as well."""
    if value <= 0:
        return 1
    power = 1.0
    while power * 10 <= value:
        power *= 10
    while power > value:
        power /= 10
    return next(power * one for one in (1, 1.6, 2, 2.4, 3, 4, 5, 6, 8, 10) if power * one >= value)


def spell(number: float, lang: str) -> str:
    """`12 345` in French, `12,345` in English; a decimal where it is small."""
    digits = f"{number:,.1f}" if number != int(number) and number < 10 else f"{number:,.0f}"
    if lang.startswith("fr"):
        return digits.replace(",", "\u202f").replace(".", ",")
    return digits
