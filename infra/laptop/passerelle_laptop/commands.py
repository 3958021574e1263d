"""`passerelle up` and `passerelle demo`."""

from __future__ import annotations

import signal
import sys
import threading
from collections.abc import Callable

import click

from passerelle_cli.console import address as console_address
from passerelle_cli.stack import Stack as CommandsStack
from passerelle_cli.terminal import language
from passerelle_laptop.laptop import Laptop
from passerelle_laptop.stories.course import CourseStory
from passerelle_laptop.stories.night import NightStory
from passerelle_laptop.stories.orders import OrderStory
from passerelle_laptop.stories.rollover import RolloverStory
from passerelle_laptop.telling import NotAsTold, Teller

STORIES: dict[str, Callable[[Laptop, Teller], None]] = {
    "course": lambda laptop, teller: CourseStory(laptop, teller).run(),
    "night": lambda laptop, teller: NightStory(laptop, teller).run(),
    "orders": lambda laptop, teller: OrderStory(laptop, teller).run(),
    "rollover": lambda laptop, teller: RolloverStory(laptop, teller).run(),
}
TITLES = {
    "course": ("UN COURS EST MUTUALISÉ", "A COURSE IS SHARED"),
    "night": ("LA NUIT SYNCHRONISE UNE UNIVERSITÉ", "THE NIGHT SYNCHRONISES A UNIVERSITY"),
    "orders": ("UNE COMMANDE DEVIENT UNE SESSION DE FORMATION", "AN ORDER BECOMES A TRAINING SESSION"),
    "rollover": ("LE COURS DE L’AN DERNIER, D’UN BOUTON", "LAST YEAR'S COURSE, WITH ONE BUTTON"),
}


@click.command()
@click.option(
    "--port",
    type=click.IntRange(1, 65535),
    default=None,
    help="Port of the embedded AWS (default: any free one).",
)
@click.option(
    "--story", "with_story", is_flag=True, help="Tell the stories first, so that there is something to see."
)
def up(port: int | None, with_story: bool) -> None:
    """Start the embedded AWS and five Moodles, and leave them running until Ctrl-C."""
    teller = Teller(language())
    with Laptop.start(teller.line, api_port=port) as laptop:
        if with_story:
            _tell(list(STORIES), laptop, teller)
        addresses = laptop.note_addresses()
        teller.scene("Passerelle tourne. Adresses :", "Passerelle is running. Addresses:")
        print(f"  API                {laptop.stack.api}")
        print(f"  AWS                {laptop.emulator.endpoint}")
        for site in laptop.twin.sites.values():
            print(f"  {site.name:18} {site.base_url}/   {site.settings.title}")
        print(f"  stack.json         {addresses}")
        teller.line("console, déjà ouverte pour vous :", "console, already signed in:")
        print(f"  {console_address(CommandsStack.from_file(addresses))}")
        teller.line(
            "dans un autre terminal : python3 infra/run.py passerelle publications list",
            "in another terminal: python3 infra/run.py passerelle publications list",
        )
        teller.line("Ctrl-C pour arrêter", "Ctrl-C to stop")
        closing = threading.Event()
        signal.signal(signal.SIGTERM, lambda *_: closing.set())
        try:
            closing.wait()
        except KeyboardInterrupt:
            print()


@click.command()
@click.argument("stories", nargs=-1, type=click.Choice(list(STORIES)))
@click.option("--stay", is_flag=True, help="Leave everything running after the stories, to look around.")
def demo(stories: tuple[str, ...], stay: bool) -> None:
    """Tell the stories of Passerelle on this machine; without a name, all of them.

    Exit status: 0 if everything was as told, 1 if anything was not.
    """
    teller = Teller(language())
    teller.scene(
        "Passerelle démarre sur cette machine, sans compte ni Docker.",
        "Passerelle starts on this machine, without account or Docker.",
    )
    with Laptop.start(teller.line) as laptop:
        _tell(list(stories) or list(STORIES), laptop, teller)
        status = teller.end()
        if stay:
            teller.scene("Entrée pour arrêter.", "Press Enter to stop.")
            sys.stdin.readline()
    sys.exit(status)


def _tell(stories: list[str], laptop: Laptop, teller: Teller) -> None:
    for name in stories:
        french, english = TITLES[name]
        teller.scene(f"=== {french} ===", f"=== {english} ===")
        try:
            STORIES[name](laptop, teller)
        except NotAsTold as broken:
            teller.failed.append(str(broken))
