"""A night's report as one HTML file: no script, no resource of elsewhere; it reads on paper as well."""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from datetime import date, datetime
from typing import Any
from zoneinfo import ZoneInfo

from passerelle.domain.night.report.report import ADDED, REMOVED, Line, NightReport, NotApplied, StageLine
from passerelle.domain.night.why.effects import say_day, say_moment
from passerelle.domain.offer.causes import Repairs
from passerelle.domain.offer.model import RowRef
from passerelle.domain.states import RunState, state_word
from passerelle.pages.plots import Plot, Series, draw, spell
from passerelle.pages.templating import render
from passerelle.words.causes import CHECKS, say_command, say_finding, say_repairs
from passerelle.words.formatter import pick
from passerelle.words.night_report import CODES, KINDS, WORDS, say_kind, word
from passerelle.words.offer import say_files, say_row
from passerelle.words.stages import say_error, say_stage

MOST_LINES = 100  # of one check under one service; the rest stands in the CSV files
MOST_ROWS = 3  # source rows beside one line
_GOOD, _BAD = {RunState.DONE}, {RunState.FAILED, RunState.HELD}


def as_page(report: NightReport, lang: str, zone: ZoneInfo) -> str:
    return render(
        "night_report/page.html",
        lang,
        WORDS,
        number=lambda number: spell(number, lang),
        title=report.title,
        day=say_day(report.night, lang),
        made=say_moment(report.made_at.astimezone(zone), lang),
        banner=_banner(report),
        count=len(report.lines),
        services=[_service(report, repairs, lines, lang) for repairs, lines in report.by_repairs()],
        done=_figures(report.done, lang),
        would=_figures(report.would, lang),
        faculties=[
            {"name": report.faculties.get(code, ""), "count": len(lines), "file": csv_name(code)}
            for code, lines in report.by_faculty().items()
        ]
        if report.lines
        else [],
        stages=[_stage(stage, lang, zone) for stage in report.stages],
        trend=_trend(report, lang) if report.trend else None,
        refused={
            "problems": say_files(report.problems, lang),
            "rows": [say_row(one, lang) for one in report.refused[:MOST_LINES]],
            "more": len(report.refused) - MOST_LINES,
        },
        undone={
            "rows": [_undone_line(one, lang) for one in report.not_applied[:MOST_LINES]],
            "more": len(report.not_applied) - MOST_LINES,
        },
        sources=[
            {
                "file": one.file,
                "rows": one.rows,
                "against": _against(one.rows, one.before, lang),
                "refused": one.refused,
            }
            for one in report.sources
        ],
        elsewhere=report.elsewhere,
    )


def _banner(report: NightReport) -> dict[str, Any]:
    """`said` are names of words."""
    troubles = _troubles(report)
    return {
        "mark": "bad" if troubles else "warn" if report.lines else "good",
        "said": troubles or ["well"],
    }


def _troubles(report: NightReport) -> list[str]:
    """What went wrong, in the words of WORDS; what is gravest first."""
    return [
        name
        for name, is_so in (
            ("never_ran", report.never_ran),
            ("missing", report.missing and not report.never_ran),
            ("held", report.held),
            ("failed", report.failed),
        )
        if is_so
    ]


def _capital(text: str) -> str:
    return text[:1].upper() + text[1:]


def _figures(counts: Mapping[str, int], lang: str) -> list[dict[str, Any]]:
    order = [*ADDED, *(kind for kind in KINDS if kind not in (*ADDED, *REMOVED)), *REMOVED]
    return [
        {
            "mark": "add" if kind in ADDED else "remove" if kind in REMOVED else "change",
            "count": counts[kind],
            "name": say_kind(kind, counts[kind], lang),
        }
        for kind in order
        if counts.get(kind)
    ]


# -- to repair ----------------------------------------------------------------------------------------


def _service(report: NightReport, repairs: Repairs, lines: Sequence[Line], lang: str) -> dict[str, Any]:
    by_check: defaultdict[str, list[Line]] = defaultdict(list)
    for line in lines:
        by_check[line.check].append(line)
    return {
        "id": repairs.value,
        "name": _capital(say_repairs(repairs, lang)),
        "count": len(lines),
        "checks": [
            _check(report, check, by_check[check], lang)
            for check in sorted(by_check, key=lambda one: int(one[1:]))
        ],
    }


def _check(report: NightReport, check: str, lines: Sequence[Line], lang: str) -> dict[str, Any]:
    return {
        "check": check,
        "title": f"{pick(CHECKS[check], lang)} ({spell(len(lines), lang)})",
        "with_people": any(line.reason.person for line in lines),
        "lines": [_line(report, line, lang) for line in lines[:MOST_LINES]],
        "more": len(lines) - MOST_LINES,
    }


def _line(report: NightReport, line: Line, lang: str) -> dict[str, Any]:
    reason = line.reason
    name = report.people.get(reason.person, "")
    place = (report.courses.get(reason.course, reason.course), report.faculties.get(line.faculty, ""))
    return {
        "person": [one for one in (name, reason.person) if one],
        "said": say_finding(reason, lang, name),
        "command": say_command(reason, report.site, lang),
        "page": report.pages.get(reason.course, ""),
        "place": [one for one in place if one],
        "rows": list(_rows(reason.rows, lang)),
    }


def _rows(rows: Sequence[RowRef], lang: str) -> Iterator[str]:
    by_file: defaultdict[str, list[int]] = defaultdict(list)
    for row in rows:
        by_file[row.file].append(row.line)
    for file, lines in by_file.items():
        shown = ", ".join(str(one) for one in lines[:MOST_ROWS])
        yield f"{file}, {word('line', lang)}\u00a0{shown}" + (" …" if len(lines) > MOST_ROWS else "")


def csv_name(faculty: str) -> str:
    """Of a faculty's file: letters, digits, dashes only, whatever the code holds."""
    return f"{''.join(one if one.isalnum() or one in '-_' else '-' for one in faculty) or 'general'}.csv"


# -- how it went ---------------------------------------------------------------------------------------


def _stage(stage: StageLine, lang: str, zone: ZoneInfo) -> dict[str, Any]:
    state = RunState(stage.state)
    return {
        "name": _capital(say_stage(stage.stage, lang)),
        "mark": "good" if state in _GOOD else "bad" if state in _BAD else "warn",
        "state": _capital(state_word(state, lang)),
        "failed": stage.failed,
        "frozen": stage.frozen,
        "error": say_error(stage.error, lang) if stage.error else "",
        "started": _clock(stage.started_at.astimezone(zone), lang),
        "duration": _span(stage.seconds, lang),
        "operations": sum(stage.counts.values()),
    }


def _clock(moment: datetime, lang: str) -> str:
    return f"{moment.hour}\u00a0h\u00a0{moment.minute:02}" if lang.startswith("fr") else f"{moment:%H:%M}"


def _span(seconds: int, lang: str) -> str:
    if seconds < 60:
        return f"{seconds}\u00a0s"
    return f"{spell(seconds // 60, lang)}\u00a0min {seconds % 60:02}\u00a0s"


def _trend(report: NightReport, lang: str) -> dict[str, Any]:
    labels = [_short(one.night, lang) for one in report.trend]
    flags = [
        word("flag_held", lang) if one.held else word("flag_failed", lang) if one.failed else ""
        for one in report.trend
    ]
    last = report.trend[-1]
    counts = Plot(
        "counts",
        word("plot_counts", lang),
        word(
            "plot_now",
            lang,
            day=_short(last.night, lang),
            added=last.added,
            changed=last.changed,
            removed=last.removed,
        ),
        labels,
        (
            Series(word("added", lang), "add", [one.added for one in report.trend]),
            Series(word("changed", lang), "change", [one.changed for one in report.trend]),
            Series(word("removed", lang), "remove", [one.removed for one in report.trend]),
        ),
        flags,
    )
    seconds = Plot(
        "seconds",
        word("plot_seconds", lang),
        word("plot_last", lang, day=_short(last.night, lang), duration=_span(last.seconds, lang)),
        labels,
        (Series(word("duration", lang), "time", [one.seconds / 60 for one in report.trend]),),
        unit=word("minutes", lang),
    )
    return {
        "counts": draw(counts, lang),
        "seconds": draw(seconds, lang),
        "nights": [
            {
                "day": say_day(date.fromisoformat(one.night), lang),
                "added": one.added,
                "changed": one.changed,
                "removed": one.removed,
                "duration": _span(one.seconds, lang),
                "flag": flag,
            }
            for one, flag in zip(report.trend, flags, strict=True)
        ],
    }


def _short(night: str, lang: str) -> str:
    day = date.fromisoformat(night)
    return f"{day.day:02}/{day.month:02}" if lang.startswith("fr") else f"{day:%d %b}"


# -- what was read --------------------------------------------------------------------------------------


def _undone_line(one: NotApplied, lang: str) -> dict[str, str]:
    return {
        "kind": _capital(say_kind(one.kind, 1, lang)),
        "what": ", ".join(part for part in (one.where, one.person) if part),
        "why": pick(CODES.get(one.errorcode, (one.errorcode, one.errorcode)), lang),
    }


def _against(rows: int, before: int | None, lang: str) -> str:
    if before is None:
        return "–"
    difference = rows - before
    sign = "+" if difference > 0 else "−" if difference < 0 else "±"
    return f"{sign}{spell(abs(difference), lang)}"


def as_csv(report: NightReport, faculty: str, lang: str) -> str:
    """The lines of one faculty (empty: of none), for a spreadsheet: `;`, quoted, with a byte-order mark."""
    names = ("check", "repairs", "course", "person", "person", "what", "where")
    rows = [[word(name, lang) for name in names]]
    rows += [_csv_row(report.people, line, lang) for line in report.by_faculty().get(faculty, ())]
    return "\ufeff" + "".join(";".join(map(_quoted, row)) + "\r\n" for row in rows)


def _csv_row(people: Mapping[str, str], line: Line, lang: str) -> list[str]:
    reason, name = line.reason, people.get(line.reason.person, "")
    return [
        line.check,
        say_repairs(line.repairs, lang),
        reason.course,
        reason.person,
        name,
        say_finding(reason, lang, name),
        " ; ".join(_rows(reason.rows, lang)),
    ]


def _quoted(value: str) -> str:
    """A spreadsheet must take no cell for a formula."""
    if value[:1] in ("=", "+", "-", "@", "\t", "\r"):
        value = "'" + value
    return '"' + value.replace('"', '""') + '"'


# -- in a message ---------------------------------------------------------------------------------------


def _in_a_line(counts: Mapping[str, int], lang: str) -> str:
    return ", ".join(
        f"{spell(count, lang)} {say_kind(kind, count, lang)}" for kind, count in counts.items() if count
    )


def subject_of(report: NightReport, lang: str) -> str:
    """What went wrong comes first: some read no further."""
    troubles = _troubles(report)
    wrong = re.split(r"\s?:", word(troubles[0], lang))[0] + " – " if troubles else ""
    return f"{wrong}{word('title', lang)} – {report.title}, {say_day(report.night, lang)}"


def summary_of(report: NightReport, lang: str) -> str:
    """A few lines of plain text: how it went, what it did, how much is to correct and by whom."""
    said = [word(name, lang) for name in _troubles(report) or ["well"]]
    said.append(_in_a_line(report.done, lang) or word("no_change", lang))
    if report.would:
        said.append(word("would_be", lang, what=_in_a_line(report.would, lang)))
    said.append(word("to_repair", lang, count=len(report.lines)))
    said += [
        word("repairs_count", lang, who=_capital(say_repairs(repairs, lang)), count=spell(len(lines), lang))
        for repairs, lines in report.by_repairs()
    ]
    return "\n".join(said)
