"""`passerelle sync check|describe|example|deposit`: extracts that anybody can make and check (N26)."""

from __future__ import annotations

import hashlib
import io
import json
import sys
from collections import Counter
from collections.abc import Callable, Collection, Iterator, Mapping
from dataclasses import replace
from datetime import date, datetime, time, timedelta
from pathlib import Path

import click

from passerelle.domain.night.plan.run import NightDesk
from passerelle.domain.night.policy import NightRules
from passerelle.domain.night.why.effects import say_day
from passerelle.domain.offer.build import build_offer
from passerelle.domain.offer.causes import Reason
from passerelle.domain.offer.diagnosis import find_in_sources, look_at
from passerelle.domain.offer.model import Extracts, Table
from passerelle.domain.offer.naming import Naming
from passerelle.sources.description import as_data_package, as_markdown, rows_of
from passerelle.sources.extracts import ALL_TABLES
from passerelle.sources.layouts import LAYOUTS
from passerelle.sources.manifest import MANIFEST
from passerelle.sources.mistakes import Mistake, Survey, survey, unreadable
from passerelle.sources.oneroster import MANIFEST as ROSTER_MANIFEST
from passerelle.sources.oneroster import is_oneroster
from passerelle.store.aws import aws_named
from passerelle.usecases.night.plan_stage import rules_of, uncollected
from passerelle.words.causes import CHECKS, say_finding
from passerelle.words.extracts import ENCODINGS, FILES, HEADS
from passerelle.words.formatter import fill, pick
from passerelle.words.mistakes import CLEAN, FILE, NOTE, TO_CORRECT, TRAPS
from passerelle.words.offer import say_file, say_files
from passerelle_cli.answers.extracts import ExtractsChecked
from passerelle_cli.exit_codes import FAILED, FOUND
from passerelle_cli.extracts import opened, read_folder, say, say_of, sources_type
from passerelle_cli.stack import Stack, on_a_stack, world_of
from passerelle_cli.terminal import echo, either, json_option, language, nearest, print_json, refuse, worded

_TRAPS_SHOWN = 3  # of each check
_AUGUST = 8
_DAWN = time(4)  # what is delivered before is this morning's

sources_option = click.option(
    "--sources",
    required=True,
    type=sources_type,
    help="Folder of extracts or OneRoster files, or a zip of it.",
)
encoding_option = click.option(
    "--encoding", default=None, help="Of the files, such as iso-8859-1; default: the site's, else utf-8."
)


# -- check --------------------------------------------------------------------------------------------------


@click.command()
@sources_option
@encoding_option
@click.option("--site", help="With the site's rules, and against its last good night.")
@json_option
@on_a_stack
def check(
    sources: Path, encoding: str | None, site: str | None, as_json: bool, find_stack: Callable[[], Stack]
) -> None:
    """Say every mistake in extracts."""
    rules, good_rows = NightRules(), {}
    if site is not None:
        world = world_of(find_stack, site=site)
        rules = rules_of(world, site)
        desk = world.records.get(NightDesk, site) or NightDesk(id=site)
        good_rows = {key.partition("/")[2]: rows for key, rows in desk.good_rows.items()}
    with uncollected():
        extracts = _read_all(sources, encoding or rules.encoding, _wanted(rules, sources))
        found = survey(extracts, good_rows, rules.guard.source)
        findings = _findings(extracts, rules.naming)
    if as_json:
        print_json(_as_json(found, findings))
    else:
        for line in _said(found, findings):
            echo(line)
    sys.exit(_exit(found, findings))


def _read_all(sources: Path, encoding: str, tables: Collection[Table]) -> Extracts:
    """Without a manifest that can be read, what the other files hold is looked at all the same."""
    extracts = read_folder(sources, encoding, tables)
    if extracts.counts or not any(one.file in (MANIFEST, ROSTER_MANIFEST) for one in extracts.problems):
        return extracts
    year = str(_begun(datetime.now().astimezone()))
    rest = read_folder(sources, encoding, tables, year=year, announced=False)
    years = Counter(row.year for row in rest.standings)
    manifest = [replace(one, tables=frozenset()) for one in extracts.problems]  # it stops no look at the rest
    return replace(
        rest,
        year=max(years, key=years.__getitem__, default=year),  # so that no registration looks out of date
        problems=(*manifest, *rest.problems),
        unproved=(),
    )


def _begun(now: datetime) -> int:
    """The university year that began last."""
    return now.year if now.month >= _AUGUST else now.year - 1


def _wanted(rules: NightRules, sources: Path) -> frozenset[Table]:
    """Without people.csv where a directory has the people."""
    has_people = sources.is_dir() and (sources / Table.PEOPLE.value).is_file()
    return ALL_TABLES if rules.ldap is None or has_people else ALL_TABLES - {Table.PEOPLE}


def _findings(extracts: Extracts, naming: Naming) -> tuple[Reason, ...]:
    """What a stopped file hides is open, and accuses nobody."""
    return find_in_sources(look_at(extracts, build_offer(extracts, naming)))


def _exit(found: Survey, findings: tuple[Reason, ...]) -> int:
    if unreadable(found.problems):
        return FAILED
    wrong = findings or any(not one.is_note for one in found.mistakes)
    return FOUND if wrong else 0


def _said(found: Survey, findings: tuple[Reason, ...]) -> Iterator[str]:
    lang = language()
    yield from say_files(found.problems, lang)
    for file, (read, refused) in found.rows.items():
        yield fill(FILE, lang, {"file": file, "read": read, "refused": refused})
        for mistake in found.mistakes:
            if mistake.file == file:
                yield f"  {_mark(mistake)} {say(mistake)}"
    yield from (f"{_mark(one)} {say_of(one)}" for one in found.mistakes if one.file not in found.rows)
    yield from _said_of_night(findings)
    kinds = sum(not one.is_note for one in found.mistakes)
    if kinds or findings:
        yield fill(TO_CORRECT, lang, {"count": kinds, "findings": len(findings)})
    elif not found.problems:
        yield pick(CLEAN, lang)


def _mark(mistake: Mistake) -> str:
    return f"· {pick(NOTE, language())}" if mistake.is_note else "!"


def _said_of_night(findings: tuple[Reason, ...]) -> Iterator[str]:
    lang = language()
    for number, count in Counter(one.about.check for one in findings).items():
        title = pick(CHECKS[number], lang)
        yield fill(TRAPS, lang, {"count": count, "check": number, "title": title})
        for reason in [one for one in findings if one.about.check == number][:_TRAPS_SHOWN]:
            rows = ", ".join(f"{row.file}:{row.line}" for row in reason.rows[:_TRAPS_SHOWN])
            yield f"  {say_finding(reason, lang)} ({rows})"


def _as_json(found: Survey, findings: tuple[Reason, ...]) -> ExtractsChecked:
    lang = language()
    return {
        "problems": [
            {
                "file": one.file,
                "fault": one.fault.value,
                "column": one.column,
                "sentence": say_file(one, lang),
            }
            for one in found.problems
        ],
        "files": {file: {"read": read, "refused": refused} for file, (read, refused) in found.rows.items()},
        "mistakes": [
            {
                "kind": one.kind.value,
                "file": one.file,
                "column": one.column,
                "count": one.count,
                "examples": list(one.examples),
                "right": one.right,
                "note": one.is_note,
                "sentence": say(one),
            }
            for one in found.mistakes
        ],
        "findings": [
            {
                "check": one.about.check,
                "cause": one.cause.value,
                "repairs": one.about.repairs.value,
                "person": one.person,
                "course": one.course,
                "rows": list(one.rows),
                "sentence": say_finding(one, lang),
            }
            for one in findings
        ],
    }


# -- describe -----------------------------------------------------------------------------------------------


@click.command()
@click.argument("file", required=False)
@click.option("--markdown", is_flag=True, help="One Markdown table of all files.")
@click.option(
    "--data-package",
    is_flag=True,
    help="A Data Package with Table Schemas (frictionless), to check with your tools.",
)
def describe(file: str | None, markdown: bool, data_package: bool) -> None:
    """The files of a night: columns, keys, values, encodings. FILE: one of them, such as people.csv."""
    lang = language()
    if data_package:
        echo(json.dumps(as_data_package(lang), ensure_ascii=False, indent=1))
        return
    if markdown:
        echo(as_markdown(lang))
        return
    wanted = [table for table in LAYOUTS if file in (None, table.value, table.value.removesuffix(".csv"))]
    if not wanted:
        sentence = worded(
            "« {file} » n’est pas un fichier d’une nuit.", "“{file}” is no file of a night.", file=file
        )
        refuse("FILE", f"{sentence} {nearest(str(file), [table.value for table in LAYOUTS])}")
    if file is None:
        echo(pick(ENCODINGS, lang) + "\n")
    for table in wanted:
        layout = LAYOUTS[table]
        echo(f"{layout.file} – {pick(FILES[table], lang)}")
        width = max(len(column.name) for column in layout.columns)
        for name, holds, notes in rows_of(table, lang):
            mark = "*" if name in layout.key else " "
            echo(f"  {mark} {name:<{width}}  {holds}{f' ({notes})' if notes else ''}")
        echo(f"    * {pick(HEADS['key'], lang)}\n")


# -- example ------------------------------------------------------------------------------------------------


@click.command()
@click.option(
    "--to", "folder", required=True, type=click.Path(file_okay=False, path_type=Path), help="Folder."
)
@click.option("--large", is_flag=True, help="As large as a faculty: 4,000 students.")
@click.option(
    "--year", default=None, type=click.IntRange(2000, 2999), help="Default: the year that began last."
)
def example(folder: Path, large: bool, year: int | None) -> None:
    """Write a small valid set that holds every case of the rules, and a README beside it."""
    from passerelle_cli.example import write_example

    now = datetime.now().astimezone()
    begun = year or _begun(now)
    folder.mkdir(parents=True, exist_ok=True)
    if any(folder.glob("*.csv")):
        french, english = f"{folder} contient déjà des CSV.", f"{folder} holds CSV files already."
        refuse("--to", either(french, english))
    write_example(folder, begun, large=large)
    manifest = _manifest(folder, read_folder(folder, "utf-8", year=str(begun)), str(begun), now)
    (folder / "manifest.json").write_text(manifest, encoding="utf-8")
    (folder / "datapackage.json").write_text(
        json.dumps(as_data_package(language()), ensure_ascii=False, indent=1), encoding="utf-8"
    )
    echo(str(folder))


# -- deposit ------------------------------------------------------------------------------------------------


@click.command()
@sources_option
@click.option("--site", required=True, help="Name of the site in network.yaml.")
@click.option("--year", help="2026 for 2026/2027; default: that of the folder's own manifest.json.")
@click.option("--night", type=click.DateTime(["%Y-%m-%d"]), help="Its morning; default: the coming one.")
@click.option("--dry-run", is_flag=True, help="Check and say what would be uploaded.")
@click.option("--force", is_flag=True, help="Deliver though there is something to correct.")
@on_a_stack
def deposit(
    sources: Path,
    site: str,
    year: str | None,
    night: datetime | None,
    dry_run: bool,
    force: bool,
    find_stack: Callable[[], Stack],
) -> None:
    """Check extracts, make their manifest, upload them for the night, the manifest last."""
    stack = find_stack()
    world = world_of(lambda: stack, site=site)
    rules = rules_of(world, site)
    now = world.clock.now().astimezone(rules.zone)
    day = night.date() if night else _coming(now)
    with opened(sources) as folder:
        roster = is_oneroster(folder)
        begun = "" if roster else year or read_folder(folder, rules.encoding, ()).year
        if not begun and not roster:
            french, english = (
                "Dites l’année : --year 2026 pour 2026/2027.",
                "Say the year: --year 2026 for 2026/2027.",
            )
            raise click.UsageError(either(french, english))
        extracts = read_folder(folder, rules.encoding, _wanted(rules, folder), day, begun)
        extracts = replace(extracts, made_at=now, unproved=())  # the manifest is made here
        found = survey(extracts, {}, None)
        for line in _said(found, ()):
            echo(line, err=True)
        if found.problems or (not force and any(not one.is_note for one in found.mistakes)):
            sys.exit(FAILED if found.problems else FOUND)
        last = ROSTER_MANIFEST if roster else "manifest.json"
        names = [name for name in sorted(extracts.sha256) if (folder / name).is_file()]
        bodies: dict[str, Path | str] = {name: folder / name for name in names}
        bodies[last] = folder / last if roster else _manifest(folder, extracts, begun, now)
        _upload(stack, f"sis/{site}/{day.isoformat()}/", bodies, dry_run=dry_run)
    if not dry_run:
        echo(_deposited(site, day), err=True)


def _deposited(site: str, day: date) -> str:
    return worded(
        "Déposé pour la nuit du {day}. Ce qu’elle ferait : passerelle sync plan --site {site} --night {iso}",
        "Deposited for the night of {day}. What it would do: passerelle sync plan --site {site} "
        "--night {iso}",
        day=say_day(day, language()),
        site=site,
        iso=day.isoformat(),
    )


def _coming(now: datetime) -> date:
    return now.date() if now.time() < _DAWN else now.date() + timedelta(days=1)


def _manifest(folder: Path, extracts: Extracts, year: str, now: datetime) -> str:
    files = {
        file: {
            "rows": extracts.counts[file],
            "sha256": hashlib.sha256((folder / file).read_bytes()).hexdigest(),
        }
        for file in sorted(extracts.counts)
        if (folder / file).is_file()
    }
    return json.dumps({"year": year, "made_at": now.isoformat(timespec="seconds"), "files": files}, indent=1)


def _upload(stack: Stack, prefix: str, bodies: Mapping[str, Path | str], *, dry_run: bool) -> None:
    """Safe to repeat; while a file is under way a former manifest disagrees, and stops the night."""
    client = None if dry_run else stack.client("s3")
    for name, body in bodies.items():
        size = body.stat().st_size if isinstance(body, Path) else len(body.encode())
        echo(f"{prefix}{name} ({size:,})")
        if client is None:
            continue
        with aws_named():
            content = body.open("rb") if isinstance(body, Path) else io.BytesIO(body.encode())
            with content:
                client.put_object(Bucket=stack.state_bucket, Key=prefix + name, Body=content)


COMMANDS: tuple[click.Command, ...] = (check, describe, example, deposit)
