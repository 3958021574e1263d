"""`passerelle up` and `passerelle demo`."""

from __future__ import annotations

import signal
import sys
import threading
import webbrowser
from collections.abc import Callable

import click

from passerelle_cli.terminal import language
from passerelle_laptop.laptop import Laptop
from passerelle_laptop.ready import make_ready
from passerelle_laptop.start_page import StartPage
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
@click.option("--story", "with_story", is_flag=True, help="Tell the stories first, for those who read.")
@click.option("--open", "open_browser", is_flag=True, help="Open the start page in a browser.")
def up(port: int | None, *, with_story: bool, open_browser: bool) -> None:
    """Start the embedded AWS and its Moodles with something in them, and leave them running until Ctrl-C."""
    teller = Teller(language())
    with Laptop.start(teller.line, api_port=port) as laptop:
        if with_story:
            _tell(list(STORIES), laptop, teller)
        else:
            make_ready(laptop, teller.lang)
            teller.line(
                "un cours mutualisé, une nuit retenue, trois commandes",
                "a shared course, a held night, three orders",
            )
        page = StartPage(laptop, laptop.note_addresses())
        teller.scene("Tout est là :", "Everything is here:")
        print(f"  {page.address}")
        teller.line("Ctrl-C pour arrêter", "Ctrl-C to stop")
        if open_browser:
            webbrowser.open(page.address)
        closing = threading.Event()
        signal.signal(signal.SIGTERM, lambda *_: closing.set())
        try:
            closing.wait()
        except KeyboardInterrupt:
            print()
        finally:
            page.close()


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
