"""`passerelle publications`, `catalogue`, `retrieve`: what teachers do in the block, for administrators."""

from __future__ import annotations

import secrets
import sys
import time
from collections.abc import Callable, Mapping
from dataclasses import asdict
from typing import Any

import click

from passerelle.domain.publishing.publication import Publication, Retrieval
from passerelle.domain.publishing.search import Wanted
from passerelle.domain.records import Moment
from passerelle.domain.site_commands import AskRetrieval, Target
from passerelle.domain.states import PublicationState, RetrievalState, state_word
from passerelle.errors import NotFound
from passerelle.ports import World
from passerelle.usecases.amend import list_all
from passerelle.usecases.publishing import ask as asked
from passerelle.usecases.publishing import catalogue as catalogues
from passerelle.usecases.publishing import lineage, publish
from passerelle.usecases.publishing import retrieve as retrievals
from passerelle.words.changes import changes_text
from passerelle.words.histories import say_reason
from passerelle.words.modules import say_module
from passerelle.words.notes import note_text
from passerelle_cli.answers.publications import Card, FamilyTree, PublicationWhole
from passerelle_cli.exit_codes import FAILED, FOUND
from passerelle_cli.orders import catalogue_check
from passerelle_cli.patience import PATIENCE
from passerelle_cli.stack import Stack, on_a_stack, person_on, world_of
from passerelle_cli.terminal import (
    StateNamed,
    echo,
    json_option,
    language,
    moment_of,
    print_json,
    table,
    when,
    worded,
)

ENDED = (RetrievalState.DONE, RetrievalState.REFUSED, RetrievalState.FAILED)


@click.group("publications")
def publications() -> None:
    """What was published: list, show, withdraw, tell holders of older versions."""


@publications.command("list")
@click.option("--state", type=StateNamed(PublicationState), help="Only in this state.")
@click.option("--site", help="Only of this site.")
@click.option("--to-reclassify", is_flag=True, help="Only copies still where the hub puts new ones (P8).")
@json_option
@on_a_stack
def list_publications(
    state: str | None,
    site: str | None,
    to_reclassify: bool,
    as_json: bool,
    find_stack: Callable[[], Stack],
) -> None:
    """One line a publication, newest last."""
    world = world_of(find_stack, site=site)
    if to_reclassify:
        found = asked.to_reclassify(world)
    elif state:
        found = list_all(world.records, Publication, "state", state)
    else:
        found = list_all(world.records, Publication, "all", "all")
    found = sorted((p for p in found if site in (None, p.site)), key=lambda p: p.requested_at)
    if as_json:
        print_json({"publications": [whole(p) for p in found]})
        return
    if not found:
        echo(worded("Aucune publication.", "No publication."))
    table(
        [
            p.id,
            state_word(p.state, language()),
            f"v{p.version or '-'}",
            when(p.requested_at),
            p.network_id,
            p.card.title,
        ]
        for p in found
    )


def whole(publication: Publication) -> PublicationWhole:
    described: Any = asked.describe(publication, language())
    shown: Any = {
        **described,
        "published_at": publication.published_at,
        "site": publication.site,
        "idnumber": publication.idnumber,
        "network_id": publication.network_id,
        "upload": publication.upload,
        "sequence": publication.sequence,
        "author": publication.author.fullname,
        "ancestor": publication.ancestor,
        "summary": publication.card.summary,
        "language": publication.card.language,
        "level": publication.card.level,
        "licence": publication.card.licence,
        "activities": dict(publication.contents.activities),
        "sections": list(publication.contents.sections),
        "history": [
            {"state": one.state, "at": one.at, "why": _why(publication, one)} for one in publication.history
        ],
    }
    made: PublicationWhole = shown
    return made


def _why(publication: Publication, moment: Moment) -> str:
    notes = (publication.message,) if publication.message else ()
    return say_reason(moment.why, language(), notes)


def found(world: World, publication: str) -> Publication:
    record = world.records.get(Publication, publication)
    if record is None:
        raise NotFound("publication_unknown")
    return record


@publications.command("show")
@click.argument("publication")
@json_option
@on_a_stack
def show(publication: str, as_json: bool, find_stack: Callable[[], Stack]) -> None:
    """All that is known of one: card, contents, history, family, who brought it home."""
    world = find_stack().world()
    record = found(world, publication)
    tree = lineage.family(world, publication)
    held = lineage.holders(world, record.network_id)
    changes = lineage.changes_since(world, record, record.version - 1)
    if as_json:
        print_json(
            {
                **whole(record),
                "changes": None if changes is None else asdict(changes),
                "family": _tree(tree),
                "holders": [{"site": r.site, "version": r.version, "course_url": r.course_url} for r in held],
            }
        )
        return
    lang = language()
    message = note_text(record.message, lang) if record.message else ""
    facts = [
        (worded("titre", "title"), record.card.title),
        (worded("cours", "course"), record.network_id),
        (worded("auteur ou autrice", "author"), record.author.fullname),
        (worded("état", "state"), f"{state_word(record.state, lang)} (v{record.version})"),
        (worded("licence", "licence"), record.card.licence),
        (
            worded("contenu", "contents"),
            ", ".join(
                f"{say_module(one, lang)} ({count})" for one, count in record.contents.activities.items()
            ),
        ),
        (worded("sections", "sections"), " · ".join(record.contents.sections)),
        (worded("sur la plateforme de mutualisation", "on the hub"), record.hub_url),
        (worded("à la source", "at its source"), record.course_url),
        (worded("message", "message"), message),
    ]
    table([name, value] for name, value in facts if value)
    for note in record.warnings:
        echo(f"! {note_text(note, lang)}", colour="yellow")
    if changes is not None:
        echo(worded("\ndepuis la v{v}", "\nsince v{v}", v=record.version - 1), colour="bold")
        for line in changes_text(changes, lang).splitlines():
            echo(f"  {line}")
    echo(worded("\nhistoire", "\nhistory"), colour="bold")
    table(["", when(one.at), _state(one.state), _why(record, one)] for one in record.history)
    echo(worded("\nfamille", "\nfamily"), colour="bold")
    _print_tree(tree, record.id, 1)
    echo(worded("\nrapatriée par", "\nbrought home by"), colour="bold")
    table(["", one.site, f"v{one.version}", one.course_url] for one in held)
    if not held:
        echo(f"  {worded('personne pour l’instant', 'nobody so far')}")


def _state(state: str) -> str:
    known = {one.value: one for one in PublicationState}
    return state_word(known[state], language()) if state in known else state


def _tree(branch: lineage.Branch) -> FamilyTree:
    return {
        "network_id": branch.network_id,
        "versions": [{"id": p.id, "version": p.version, "state": p.state.value} for p in branch.versions],
        "children": [_tree(child) for child in branch.children],
    }


def _print_tree(branch: lineage.Branch, here: str, depth: int) -> None:
    versions = ", ".join(f"v{p.version}{'*' if p.id == here else ''}" for p in branch.versions)
    echo(f"{'  ' * depth}{branch.network_id}  {versions}")
    for child in branch.children:
        _print_tree(child, here, depth + 1)


@publications.command("withdraw")
@click.argument("publication")
@click.option("--reason", required=True, help="Kept in the publication's history.")
@on_a_stack
def withdraw(publication: str, reason: str, find_stack: Callable[[], Stack]) -> None:
    """Out of the catalogue and hidden on the hub; copies already brought home stay."""
    world = find_stack().world()
    found(world, publication)
    record = asked.take_out(world, publication, f"withdrawn by an administrator: {reason}")
    echo(f"{record.id}  {state_word(record.state, language())}")


@publications.command("tell-holders")
@click.argument("publication")
@on_a_stack
def tell_holders(publication: str, find_stack: Callable[[], Stack]) -> None:
    """Tell whoever brought an older version home that this one exists; each is told once."""
    told, not_told = lineage.tell_holders(find_stack().world(), publication)
    if told or not_told:
        echo(
            worded("{n:# message envoyé|# messages envoyés}.", "{n:# message|# messages} sent.", n=len(told))
        )
    else:
        echo(worded("Personne n’a de version plus ancienne.", "Nobody holds an older version."))
    for retrieval in not_told:
        echo(
            worded(
                "{site} : message refusé (rapatriement {retrieval}).",
                "{site}: message refused (retrieval {retrieval}).",
                site=retrieval.site,
                retrieval=retrieval.id,
            ),
            err=True,
        )
    sys.exit(FOUND if not_told else 0)


@publications.command("retry")
@click.argument("publication")
@on_a_stack
def retry(publication: str, find_stack: Callable[[], Stack]) -> None:
    """Take a publication that is requested or restoring another step, as its queue would."""
    world = find_stack().world()
    found(world, publication)
    publish.publish(world, publication)
    record = found(world, publication)
    echo(f"{record.id}  {state_word(record.state, language())}")


@click.group("catalogue")
def catalogue() -> None:
    """What teachers would find."""


@catalogue.command("search")
@click.argument("words", nargs=-1)
@click.option("--language", "wanted_language", default="", help="Of the course: fr, en …")
@click.option("--level", default="")
@click.option("--licence", default="")
@click.option("--author", default="")
@click.option("--activity", default="", help="Holding an activity of this kind: quiz, forum …")
@click.option("--site", default="", help="From this site.")
@json_option
@on_a_stack
def search(
    words: tuple[str, ...],
    wanted_language: str,
    level: str,
    licence: str,
    author: str,
    activity: str,
    site: str,
    as_json: bool,
    find_stack: Callable[[], Stack],
) -> None:
    """Search title, summary, author, sections and activities; accents and case do not matter."""
    world = world_of(find_stack, site=site)
    wanted = Wanted(
        query=" ".join(words),
        language=wanted_language,
        level=level,
        licence=licence,
        author=author,
        activity=activity,
        from_site=site,
    )
    cards: list[Mapping[str, Any]] = []
    after: str | None = None
    while True:
        page, after = catalogues.search(world, wanted, after=after, limit=50)
        cards += [catalogues.card(world, p, preview=as_json) for p in page]
        if after is None:
            break
    if as_json:
        print_json({"publications": [_dated(card) for card in cards]})
        return
    if not cards:
        echo(worded("Rien au catalogue ne correspond.", "Nothing in the catalogue fits."))
    for card in cards:
        contents = ", ".join(f"{count} {name}" for name, count in card["activities"].items())
        echo(
            f"{card['publication']}  {card['title']} — {card['author']} "
            f"({card['site_name']}), v{card['version']}"
        )
        echo(f"    {contents}  {card['licence']}  {card['hub_url']}")


def _dated(card: Mapping[str, Any]) -> Card:
    dated: Any = {**card, "published_at": moment_of(card["published_at"])}
    shown: Card = dated
    return shown


@click.command("retrieve")
@click.argument("publication")
@click.option("--site", required=True, help="Where it goes, as named in network.yaml.")
@click.option("--user", "username", required=True, help="Username there of the new course's editing teacher.")
@click.option("--category", default="", help="idnumber of a category there (default: the configured one).")
@click.option("--wait/--no-wait", default=True, help="Wait until it is there (default), at most ten minutes.")
@on_a_stack
def retrieve(
    publication: str,
    site: str,
    username: str,
    category: str,
    wait: bool,
    find_stack: Callable[[], Stack],
) -> None:
    """Bring a published course home, for a teacher: a new hidden course on their site."""
    world = world_of(find_stack, site=site)
    person = person_on(world, site, username)
    command = AskRetrieval(
        request="cli_" + secrets.token_hex(12),
        site=site,
        type="retrievals",
        person=person,
        action="start",
        publication=publication,
        target=Target(category_idnumber=category),
    )
    started = str(retrievals.answer_retrieval(world, command)["retrieval"])
    if wait:
        _wait(world, started)
    record = world.records.get(Retrieval, started)
    if record is None:
        raise NotFound("retrieval_unknown")
    described = retrievals.describe(record, language())
    echo(f"{record.id}  {described['state_word']}  {record.course_url}")
    if described["message"]:
        echo(str(described["message"]), err=True)
    if record.state is RetrievalState.REFUSED:
        sys.exit(FOUND)
    if record.state is RetrievalState.FAILED:
        sys.exit(FAILED)


def _wait(world: World, retrieval: str, seconds: float = 600.0) -> None:
    until = time.monotonic() + seconds
    while time.monotonic() < until:
        record = world.records.get(Retrieval, retrieval)
        if record is not None and record.state in ENDED:
            return
        if record is not None:
            PATIENCE.doing(f"{retrieval}  {state_word(record.state, language())}")
        time.sleep(0.5)


catalogue.add_command(catalogue_check)
