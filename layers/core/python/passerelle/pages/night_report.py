"""A night's report as one HTML file: no script, no resource of elsewhere; it reads on paper as well."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from datetime import date, datetime
from html import escape
from zoneinfo import ZoneInfo

from passerelle.domain.night.report.report import ADDED, REMOVED, Line, NightReport, NotApplied, StageLine
from passerelle.domain.night.why.effects import say_day, say_moment
from passerelle.domain.offer.diagnosis import Repairs
from passerelle.domain.offer.model import RowRef
from passerelle.domain.states import RunState, state_word
from passerelle.pages.plots import Plot, Series, draw, spell
from passerelle.words.causes import CHECKS, say_command, say_error, say_finding, say_repairs, say_stage
from passerelle.words.formatter import pick
from passerelle.words.night_report import CODES, KINDS, word
from passerelle.words.offer import say_file, say_row
from passerelle.words.typesetting import typeset_html

MOST_LINES = 100  # of one check under one service; the rest stands in the CSV files
MOST_ROWS = 3  # source rows beside one line

STYLE = """
:root{--ink:#1b2430;--soft:#56606d;--line:#d5dae1;--wash:#f4f6f9;--add:#1f6fb2;--change:#c58a00;
--remove:#a8324a;
--good:#1d7a46;--warn:#8a5a00;--bad:#a8324a;--paper:#fff;--span:#5b6f86}
@media (prefers-color-scheme:dark){:root{--ink:#e6e9ee;--soft:#a9b3c0;--line:#3a434f;--wash:#222932;
--add:#7db9ee;--change:#e0b04a;--remove:#ef8ca0;--good:#6fce97;--warn:#e0b04a;--bad:#ef8ca0;--paper:#171c23;
--span:#93a8c0}}
*{box-sizing:border-box}
body{font:16px/1.5 system-ui,"Segoe UI",Roboto,sans-serif;color:var(--ink);background:var(--paper);margin:0 auto;max-width:68rem;
padding:1.5rem 1.25rem 4rem}
h1{font-size:1.75rem;line-height:1.2;margin:0}h2{font-size:1.3rem;margin:2.75rem 0 .75rem;padding-top:.5rem;
border-top:2px solid var(--line)}h3{font-size:1.08rem;margin:1.5rem 0 .4rem}
.sub{color:var(--soft);margin:.15rem 0 1.25rem}
.banner{border-left:6px solid var(--good);background:var(--wash);padding:.75rem 1rem;border-radius:.3rem;
margin:0 0 1rem}
.banner.warn{border-color:var(--warn)}.banner.bad{border-color:var(--bad)}.banner p{margin:.15rem 0}
.banner strong{font-size:1.1rem}
.chips{display:flex;flex-wrap:wrap;gap:.5rem;padding:0;margin:.75rem 0;list-style:none}
.chips a{display:block;border:1px solid var(--line);border-radius:2rem;padding:.2rem .8rem;color:inherit;
text-decoration:none;background:var(--paper)}.chips a:hover,.chips a:focus{border-color:var(--add);
text-decoration:underline}
.chips b{margin-left:.35rem}
.figures{display:grid;grid-template-columns:repeat(auto-fill,minmax(9.5rem,1fr));gap:.6rem;margin:0;
padding:0;
list-style:none}
.figures li{border:1px solid var(--line);border-top:4px solid var(--change);border-radius:.3rem;
padding:.5rem .75rem}
.figures li.add{border-top-color:var(--add)}.figures li.remove{border-top-color:var(--remove)}
.figures b{display:block;font-size:1.5rem;line-height:1.2;font-variant-numeric:tabular-nums}
.figures span{color:var(--soft);font-size:.9rem}
.scroll{overflow-x:auto}
table{border-collapse:collapse;width:100%;margin:0 0 .5rem;font-size:.95rem}
caption{text-align:left;color:var(--soft);padding:.2rem 0}
th,td{border-bottom:1px solid var(--line);padding:.45rem .6rem;text-align:left;vertical-align:top}
th{background:var(--wash);font-weight:600;white-space:nowrap}td{overflow-wrap:break-word;hyphens:auto}
code{background:var(--wash);padding:.05rem .3rem;border-radius:.2rem;font-size:.85rem}
a{color:var(--add)}td.n,th.n{text-align:right;font-variant-numeric:tabular-nums;white-space:nowrap}
td.where,td.at{color:var(--soft);font-size:.88rem;width:10.5rem}td.who{width:9rem}
.tag{display:inline-block;background:var(--wash);border:1px solid var(--line);border-radius:.25rem;
padding:0 .35rem;
font-size:.82rem;margin-right:.4rem;color:var(--soft)}
.state{font-weight:600}.state.bad{color:var(--bad)}.state.warn{color:var(--warn)}
.state.good{color:var(--good)}
svg{width:100%;height:auto;max-width:60rem;display:block;font:11px system-ui,sans-serif}
svg text{fill:var(--soft)}svg line{stroke:var(--line)}svg .flag{fill:var(--bad);font-weight:700}
.add{fill:var(--add)}.change{fill:var(--change)}.remove{fill:var(--remove)}.time{fill:var(--span)}
.legend{display:flex;gap:1.25rem;list-style:none;padding:0;margin:.2rem 0 .5rem;font-size:.9rem}
.legend svg{display:inline-block;width:.85rem;height:.85rem;margin-right:.4rem;vertical-align:-.08rem}
summary{cursor:pointer;color:var(--add)}details{margin:.25rem 0 1rem}
.note{color:var(--soft);font-size:.92rem}
@media (max-width:42rem){body{padding:1rem .75rem 3rem}h1{font-size:1.4rem}.scroll svg{min-width:38rem}
.lines thead{position:absolute;left:-999rem}.lines tr{display:block;border-bottom:2px solid var(--line);
padding:.4rem 0}.lines td,.lines td.where,.lines td.at,.lines td.who{display:block;width:auto;border:0;
padding:.1rem .2rem}}
@media print{body{max-width:none;padding:0;font-size:10.5pt}.chips{display:none}h2{break-after:avoid}
tr,li,svg{break-inside:avoid}thead{display:table-header-group}.scroll{overflow:visible}
*{-webkit-print-color-adjust:exact;print-color-adjust:exact}}
"""


# Whatever a title may hold: nothing runs, nothing is fetched.
_POLICY = (
    "<meta http-equiv=\"Content-Security-Policy\" content=\"default-src 'none'; style-src 'unsafe-inline'\">"
)


def as_page(report: NightReport, lang: str, zone: ZoneInfo) -> str:
    language = "fr" if lang.startswith("fr") else "en"
    day = say_day(report.night, lang)
    heading = f"{word('title', lang)} – {report.title}"
    body = "".join(
        (
            f"<header><h1>{escape(heading)}</h1>",
            f'<p class="sub">{escape(word("night", lang, day=day))} · '
            f"{escape(word('made', lang, when=say_moment(report.made_at.astimezone(zone), lang)))}</p>",
            _banner(report, lang),
            "</header><main>",
            _section("figures", lang, _figures(report, lang)),
            _section("repair", lang, _to_repair(report, lang)),
            _section("by_faculty", lang, _faculties(report, lang)) if report.lines else "",
            _section("stages", lang, _stages(report, lang, zone)),
            _section("trend", lang, _trend(report, lang)) if report.trend else "",
            _section("refused", lang, _refused(report, lang)) if report.refused or report.problems else "",
            _section("undone", lang, _undone(report, lang)) if report.not_applied else "",
            _section("sources", lang, _sources(report, lang)) if report.sources else "",
            "</main>",
        )
    )
    return (
        f'<!DOCTYPE html><html lang="{language}"><head><meta charset="utf-8">'
        f'<meta name="viewport" content="width=device-width, initial-scale=1">{_POLICY}'
        f"<title>{escape(f'{heading} – {day}')}</title><style>{STYLE}</style></head>"
        f"<body>{typeset_html(body, lang)}</body></html>\n"
    )


def _section(name: str, lang: str, inside: str) -> str:
    heading = f'<h2 id="h-{name}">{escape(word(name, lang))}</h2>'
    return f'<section id="{name}" aria-labelledby="h-{name}">{heading}{inside}</section>'


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


def _banner(report: NightReport, lang: str) -> str:
    troubles = _troubles(report)
    said = [word(name, lang) for name in troubles or ["well"]]
    kind = "bad" if troubles else "warn" if report.lines else "good"
    count = word("to_repair", lang, count=len(report.lines)) if report.lines else word("nothing", lang)
    first = f"<p><strong>{escape(said[0])}</strong></p>" + "".join(
        f"<p>{escape(one)}</p>" for one in said[1:]
    )
    chips = "".join(
        f'<li><a href="#{repairs.value}">{escape(_capital(say_repairs(repairs, lang)))}'
        f"<b>{spell(len(lines), lang)}</b></a></li>"
        for repairs, lines in report.by_repairs()
    )
    menu = (
        f'<nav aria-label="{escape(word("repair", lang), quote=True)}"><ul class="chips">{chips}</ul></nav>'
    )
    return (
        f'<div class="banner {kind}" role="status">{first}<p>{escape(count)}</p></div>{menu if chips else ""}'
    )


def _capital(text: str) -> str:
    return text[:1].upper() + text[1:]


def _figures(report: NightReport, lang: str) -> str:
    done, would = _counted(report.done, lang), _counted(report.would, lang)
    said = done or f"<p>{escape(word('no_change', lang))}</p>"
    return said + (f"<h3>{escape(word('would', lang))}</h3>{would}" if would else "")


def _counted(counts: Mapping[str, int], lang: str) -> str:
    order = [*ADDED, *(kind for kind in KINDS if kind not in (*ADDED, *REMOVED)), *REMOVED]
    items = []
    for kind in order:
        if counts.get(kind):
            mark = "add" if kind in ADDED else "remove" if kind in REMOVED else "change"
            said = escape(pick(KINDS[kind], lang))
            items.append(f'<li class="{mark}"><b>{spell(counts[kind], lang)}</b><span>{said}</span></li>')
    return f'<ul class="figures">{"".join(items)}</ul>' if items else ""


# -- to repair ----------------------------------------------------------------------------------------


def _to_repair(report: NightReport, lang: str) -> str:
    if not report.lines:
        return f"<p>{escape(word('nothing', lang))}</p>"
    return "".join(_service(report, repairs, lines, lang) for repairs, lines in report.by_repairs())


def _service(report: NightReport, repairs: Repairs, lines: Sequence[Line], lang: str) -> str:
    by_check: defaultdict[str, list[Line]] = defaultdict(list)
    for line in lines:
        by_check[line.check].append(line)
    tables = "".join(
        _check(report, check, by_check[check], lang)
        for check in sorted(by_check, key=lambda one: int(one[1:]))
    )
    name = escape(_capital(say_repairs(repairs, lang)))
    return f'<h3 id="{repairs.value}">{name} – {spell(len(lines), lang)}</h3>{tables}'


def _check(report: NightReport, check: str, lines: Sequence[Line], lang: str) -> str:
    title = f"{pick(CHECKS[check], lang)} ({spell(len(lines), lang)})"
    with_people = any(line.reason.person for line in lines)
    names = ["person"] * with_people + ["what", "course", "where"]
    rows = (_line(report, line, lang, with_people=with_people) for line in lines[:MOST_LINES])
    more = len(lines) - MOST_LINES
    rest = f'<p class="note">{escape(word("more", lang, count=more))}</p>' if more > 0 else ""
    caption = f'<span class="tag">{check}</span>{escape(title)}'
    table = _table(caption, [word(name, lang) for name in names], rows, kind="lines")
    return table + rest


def _line(report: NightReport, line: Line, lang: str, *, with_people: bool) -> str:
    reason = line.reason
    name = report.people.get(reason.person, "")
    said = say_finding(reason, lang, name)
    person = f"{escape(name)}<br>{escape(reason.person)}" if name else escape(reason.person)
    beside = (report.courses.get(reason.course, reason.course), report.faculties.get(line.faculty, ""))
    place = "<br>".join(escape(one) for one in beside if one)
    rows = "<br>".join(escape(one) for one in _rows(reason.rows, lang)) or "–"
    first = f'<td class="who">{person or "–"}</td>' if with_people else ""
    course = f'<td class="at">{place or "–"}</td>'
    return f'<tr>{first}<td>{escape(said)}{_what_next(report, line, lang)}</td>{course}<td class="where">{rows}</td></tr>'


def _what_next(report: NightReport, line: Line, lang: str) -> str:
    """The command that repairs it, or the course's page."""
    command = say_command(line.reason, report.site, lang)
    page = report.pages.get(line.reason.course, "")
    said = f"<br><code>{escape(command)}</code>" if command else ""
    link = f'<br><a href="{escape(page, quote=True)}">{escape(word("in_moodle", lang))}</a>' if page else ""
    return said + link


def _rows(rows: Sequence[RowRef], lang: str) -> Iterator[str]:
    by_file: defaultdict[str, list[int]] = defaultdict(list)
    for row in rows:
        by_file[row.file].append(row.line)
    for file, lines in by_file.items():
        shown = ", ".join(str(one) for one in lines[:MOST_ROWS])
        yield f"{file}, {word('line', lang)}\u00a0{shown}" + (" …" if len(lines) > MOST_ROWS else "")


def _table(
    caption: str, heads: Iterable[str], rows: Iterable[str], numbers: Iterable[str] = (), kind: str = ""
) -> str:
    """`caption` and `rows` are HTML already; `heads` are not."""
    right = set(numbers)
    cells = "".join(
        f'<th scope="col"{" class=n" if head in right else ""}>{escape(head)}</th>' for head in heads
    )
    return (
        f'<div class="scroll" tabindex="0"><table class="{kind or "plain"}"><caption>{caption}</caption>'
        f"<thead><tr>{cells}</tr></thead>"
        f"<tbody>{''.join(rows)}</tbody></table></div>"
    )


def _faculties(report: NightReport, lang: str) -> str:
    rows = (
        f"<tr><td>{escape(report.faculties.get(code, '') or word('no_faculty', lang))}</td>"
        f'<td class="n">{spell(len(lines), lang)}</td><td>{escape(csv_name(code))}</td></tr>'
        for code, lines in report.by_faculty().items()
    )
    heads = [word(name, lang) for name in ("faculty", "points", "file")]
    return _table("", heads, rows, heads[1:2])


def csv_name(faculty: str) -> str:
    """Of a faculty's file: letters, digits, dashes only, whatever the code holds."""
    return f"{''.join(one if one.isalnum() or one in '-_' else '-' for one in faculty) or 'general'}.csv"


# -- how it went ---------------------------------------------------------------------------------------

_GOOD, _BAD = {RunState.DONE}, {RunState.FAILED, RunState.HELD}


def _stages(report: NightReport, lang: str, zone: ZoneInfo) -> str:
    heads = [word(name, lang) for name in ("stage", "state", "started", "duration", "operations")]
    rows = [_stage(stage, lang, zone) for stage in report.stages]
    return _table("", heads, rows, heads[3:])


def _stage(stage: StageLine, lang: str, zone: ZoneInfo) -> str:
    state = RunState(stage.state)
    mark = "good" if state in _GOOD else "bad" if state in _BAD else "warn"
    beside = [
        f"{spell(count, lang)} {word(name, lang)}"
        for name, count in (("not_applied", stage.failed), ("withheld", stage.frozen))
        if count
    ]
    beside += [say_error(stage.error, lang)] if stage.error else []
    note = "".join(f'<br><span class="note">{escape(one)}</span>' for one in beside)
    return (
        f"<tr><td>{escape(_capital(say_stage(stage.stage, lang)))}</td>"
        f'<td><span class="state {mark}">{escape(_capital(state_word(state, lang)))}</span>{note}</td>'
        f"<td>{_clock(stage.started_at.astimezone(zone), lang)}</td>"
        f'<td class="n">{_span(stage.seconds, lang)}</td>'
        f'<td class="n">{spell(sum(stage.counts.values()), lang)}</td></tr>'
    )


def _clock(moment: datetime, lang: str) -> str:
    return f"{moment.hour} h {moment.minute:02}" if lang.startswith("fr") else f"{moment:%H:%M}"


def _span(seconds: int, lang: str) -> str:
    if seconds < 60:
        return f"{seconds} s"
    return f"{spell(seconds // 60, lang)} min {seconds % 60:02} s"


def _trend(report: NightReport, lang: str) -> str:
    labels = [_short(one.night, lang) for one in report.trend]
    flags = [
        word("flag_held", lang) if one.held else word("flag_failed", lang) if one.failed else ""
        for one in report.trend
    ]
    last = report.trend[-1]
    counts = Plot(
        "counts",
        word("plot_counts", lang),
        f"{_short(last.night, lang)} : {last.added} {word('added', lang)}, "
        f"{last.changed} {word('changed', lang)}, {last.removed} {word('removed', lang)}",
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
        f"{_short(last.night, lang)} : {_span(last.seconds, lang)}",
        labels,
        (Series(word("duration", lang), "time", [one.seconds / 60 for one in report.trend]),),
        unit=word("minutes", lang),
    )
    legend = "".join(
        f'<li><svg viewBox="0 0 9 9" aria-hidden="true"><rect class="{one.mark}" width="9" height="9"/></svg>'
        f"{escape(one.name)}</li>"
        for one in counts.series
    )
    heads = [word(name, lang) for name in ("added", "changed", "removed", "duration")]
    rows = (
        f"<tr><td>{escape(say_day(date.fromisoformat(one.night), lang))}</td>"
        + "".join(
            f'<td class="n">{spell(number, lang)}</td>' for number in (one.added, one.changed, one.removed)
        )
        + f'<td class="n">{_span(one.seconds, lang)}</td><td>{escape(flag)}</td></tr>'
        for one, flag in zip(report.trend, flags, strict=True)
    )
    table = _table("", [word("night", lang, day=""), *heads, ""], rows, heads)
    return (
        f"<h3>{escape(counts.title)}</h3><ul class=legend>{legend}</ul>"
        f'<div class="scroll" tabindex="0">{draw(counts, lang)}</div><h3>{escape(seconds.title)}</h3>'
        f'<div class="scroll" tabindex="0">{draw(seconds, lang)}</div>'
        f"<details><summary>{escape(word('table_of', lang))}</summary>{table}</details>"
    )


def _short(night: str, lang: str) -> str:
    day = date.fromisoformat(night)
    return f"{day.day:02}/{day.month:02}" if lang.startswith("fr") else f"{day:%d %b}"


# -- what was read --------------------------------------------------------------------------------------


def _undone(report: NightReport, lang: str) -> str:
    place = 0 if lang.startswith("fr") else 1
    rows = "".join(f"<li>{escape(_undone_line(one, place))}</li>" for one in report.not_applied[:MOST_LINES])
    more = len(report.not_applied) - MOST_LINES
    rest = f"<li>… {spell(more, lang)}</li>" if more > 0 else ""
    return f'<p class="note">{escape(word("undone_note", lang))}</p><ul>{rows}{rest}</ul>'


def _undone_line(one: NotApplied, place: int) -> str:
    kind = KINDS.get(one.kind, (one.kind, one.kind))[place]
    why = CODES.get(one.errorcode, (one.errorcode, one.errorcode))[place]
    what = ", ".join(part for part in (one.where, one.person) if part)
    return f"{_capital(kind)} – {what}{(' : ', ': ')[place]}{why}"


def _refused(report: NightReport, lang: str) -> str:
    problems = "".join(f"<li><strong>{escape(say_file(one, lang))}</strong></li>" for one in report.problems)
    rows = "".join(f"<li>{escape(say_row(one, lang))}</li>" for one in report.refused[:MOST_LINES])
    more = len(report.refused) - MOST_LINES
    rest = f"<li>… {spell(more, lang)}</li>" if more > 0 else ""
    return f'<p class="note">{escape(word("refused_note", lang))}</p><ul>{problems}{rows}{rest}</ul>'


def _sources(report: NightReport, lang: str) -> str:
    heads = [word(name, lang) for name in ("file", "rows", "change", "bad")]
    rows = (
        f"<tr><td>{escape(one.file)}</td>"
        f'<td class="n">{spell(one.rows, lang)}</td><td class="n">{_against(one.rows, one.before, lang)}</td>'
        f'<td class="n">{spell(one.refused, lang) if one.refused else "–"}</td></tr>'
        for one in report.sources
    )
    note = word("elsewhere", lang, count=report.elsewhere) if report.elsewhere else ""
    return _table("", heads, rows, heads[1:]) + (f'<p class="note">{escape(note)}</p>' if note else "")


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
        f"{spell(count, lang)} {pick(KINDS[kind], lang)}" for kind, count in counts.items() if count
    )


def subject_of(report: NightReport, lang: str) -> str:
    """What went wrong comes first: some read no further."""
    wrong = (
        f"{word(_troubles(report)[0], lang).partition(' :')[0].partition(':')[0]} – "
        if _troubles(report)
        else ""
    )
    return f"{wrong}{word('title', lang)} – {report.title}, {say_day(report.night, lang)}"


def summary_of(report: NightReport, lang: str) -> str:
    """A few lines of plain text: how it went, what it did, how much is to correct and by whom."""
    said = [word(name, lang) for name in _troubles(report) or ["well"]]
    said.append(_in_a_line(report.done, lang) or word("no_change", lang))
    if report.would:
        said.append(f"{word('would', lang)} : {_in_a_line(report.would, lang)}")
    if not report.lines:
        return "\n".join([*said, word("nothing", lang)])
    said.append(word("to_repair", lang, count=len(report.lines)))
    said += [
        f"- {_capital(say_repairs(repairs, lang))} : {spell(len(lines), lang)}"
        for repairs, lines in report.by_repairs()
    ]
    return "\n".join(said)
