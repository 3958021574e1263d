"""A plan of the night, and a run of one of its stages, as the terminal shows them."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import date
from typing import Any

from passerelle.domain.night.plan.plan import Names, Operation, Plan
from passerelle.domain.night.plan.run import Run
from passerelle.domain.night.plan.serialised import heading, line_of
from passerelle.domain.night.why.effects import say_day
from passerelle.domain.states import state_word
from passerelle.words.formatter import pick
from passerelle.words.night_report import say_kind
from passerelle.words.plan import (
    NOTHING,
    Said,
    say_operation,
    say_still,
    say_summary,
    say_untouched,
)
from passerelle.words.stages import say_error, say_hold, say_kept_hold, say_stage
from passerelle.words.things import say_thing
from passerelle_cli.terminal import echo, either, language, print_json, table, worded

_LINES = 200  # of a plan that are printed unless all are asked for


def print_plan(made: Plan, *, whole: bool, as_json: bool) -> None:
    lines, withheld = lines_of(made.operations, made.files), lines_of(made.frozen, made.files)
    print_kept_plan(heading(made), lines, withheld, made.names, whole=whole, as_json=as_json)


def lines_of(operations: Iterable[Operation], files: Mapping[str, str]) -> list[dict[str, Any]]:
    return [{"phase": one.phase.word, **line_of(one, dict(files))} for one in operations]


def print_kept_plan(
    named: Mapping[str, Any],
    lines: list[dict[str, Any]],
    withheld: list[dict[str, Any]],
    names: Names,
    *,
    whole: bool,
    as_json: bool,
) -> None:
    """By its heading and its operations, as plan.serialised makes them and the papers keep them."""
    if as_json:
        found = {name: value for name, value in named.items() if name not in ("memory", "chunks", "withheld")}
        print_json({**found, "operations": lines, "withheld": withheld})
        return
    lang = language()
    stage = say_stage(named["stage"] or "night", lang)
    echo(f"# {named['site']} – {say_day(date.fromisoformat(named['night']), lang)} – {stage}")
    print_lines(lines if whole else lines[:_LINES], names)
    if len(lines) > _LINES and not whole:
        more = len(lines) - _LINES
        echo(worded("… et {n:# autre|# autres} (--all)", "… and {n} more (--all)", n=more))
    if withheld:
        echo(either("Gelé, et non fait :", "Frozen, and not done:"))
        print_lines(withheld if whole else withheld[:_LINES], names)
    stays, unknown = either("reste", "stays"), either("inconnu", "unknown")
    table(
        [stays, say_thing(kind, lang), "/".join(key), say_still(because, lang), ", ".join(what)]
        for kind, key, because, what in named["stays"]
    )
    table(
        [unknown, say_thing(kind, lang), key, say_untouched(because, lang)]
        for kind, key, because in named["untouched"]
    )
    for one in named["held"]:
        echo(f"{either('RETENU :', 'HELD:')} {say_hold(**one, lang=language())}", colour="red")
    echo(say_summary(lines, lang))


_COLOURS = {"+": "green", "~": "yellow", "-": "red"}


def print_lines(lines: Iterable[Mapping[str, Any]], names: Names) -> None:
    """Under their courses; what is of no course first."""
    by_place: dict[str, list[Said]] = {}
    for line in lines:
        said = say_operation(line, names, language())
        by_place.setdefault(said.where, []).append(said)
    for where, found in by_place.items():
        echo(f"\n{where}" if where else "")
        for one in found:
            echo(f"  {one.sign} {one.text}", nl=False, colour=_COLOURS[one.sign])
            echo(f"  [{one.why}]", colour="dim")


def as_code(line: Mapping[str, Any]) -> str:
    """For programs, and for telling two plans apart."""
    quiet = {"phase", "op", "because", "rows", "source", "firstname", "lastname", "email", "auth", "id"}
    columns = " ".join(f"{name}={value}" for name, value in line.items() if name not in quiet)
    return f"{line['phase']:<14} {line['op']:<16} {columns}  [{line['because']}]"


def in_words(line: Mapping[str, Any], names: Names) -> str:
    said = say_operation(line, names, language())
    where = f"{said.where}{either(' :', ':')} " if said.where else ""
    return f"{said.sign} {where}{said.text}"


def run_line(run: Run) -> str:
    return "  ".join(cell for cell in run_cells(run) if cell)


def run_cells(run: Run) -> list[str]:
    lang = language()
    said = [f"{count} {say_kind(kind, count, lang)}" for kind, count in sorted(run.counts.items())]
    words = [run.id, state_word(run.state, lang), ", ".join(said) or pick(NOTHING, lang)]
    if run.frozen:
        words.append(worded("{n:# gelée|# gelées}", "{n:# frozen|# frozen}", n=run.frozen))
    if run.failed:
        words.append(worded("{n:# refusée|# refusées}", "{n:# refused|# refused}", n=run.failed))
    if run.released_by:
        words.append(either(f"libéré par {run.released_by}", f"released by {run.released_by}"))
    elif run.held_by:
        words.append(either(f"retenu par {run.held_by}", f"held by {run.held_by}"))
    error = say_error(run.error, lang) if run.error else ""
    holds = [say_kept_hold(one, lang) for one in run.holds]
    return [*words[:3], "  ".join(one for one in (*words[3:], *holds, error) if one)]
