"""`passerelle people`: what is held of somebody, and forgetting them (G1)."""

from __future__ import annotations

import sys
from collections.abc import Callable

import click

from passerelle.usecases import people as usecase
from passerelle.usecases.list_anew import all_is_listed, list_anew
from passerelle.words.sentences import say
from passerelle_cli.exit_codes import FOUND
from passerelle_cli.stack import Stack, on_a_stack
from passerelle_cli.terminal import echo, language, print_json, worded


@click.group("people")
def people() -> None:
    """What is held of a person: shown, or forgotten."""


@people.command("show")
@click.argument("person")
@on_a_stack
def show_person(person: str, *, find_stack: Callable[[], Stack]) -> None:
    """All that is held of PERSON (e-mail or username) in table and documents, as JSON, for whoever asks.

    Nobody else is named in it. Archives are not searched: they are scrubbed of people before they are kept
    (P4). Queues hold no names.
    """
    print_json(usecase.show(find_stack().world(), person))


@people.command("forget")
@click.argument("person")
@click.option("--because", required=True, help="Why: it is written down, without the name.")
@on_a_stack
def forget_person(person: str, *, because: str, find_stack: Callable[[], Stack]) -> None:
    """Let nothing that is held name PERSON (e-mail or username) any more.

    What an order, a night or a change of year in progress still needs stays, and is listed with its reason.
    Look at `show` first: it lists all the names that are theirs. Cut, it is simply given again.
    """
    told = usecase.forget(find_stack().world(), person, because)
    lang = language()
    echo(
        worded(
            "{n:# chose ne nomme|# choses ne nomment} plus cette personne.",
            "{n:# thing names|# things name} this person no more.",
            n=told.changed,
        )
    )
    for held in told.kept:
        echo(f"{held.kind} {held.id}: {say(held.why, lang)}")
    if told.kept:
        sys.exit(FOUND)


@people.command("index")
@on_a_stack
def index_people(*, find_stack: Callable[[], Stack]) -> None:
    """List what an earlier release wrote by the people it names, so that the console finds it.

    Every night does some of it by itself. Stopped, it goes on where it was.
    """
    world, count = find_stack().world(), 0
    while not all_is_listed(world):
        count += list_anew(world)
    echo(worded("{n:# donnée indexée|# données indexées}.", "{n:# record|# records} indexed.", n=count))
