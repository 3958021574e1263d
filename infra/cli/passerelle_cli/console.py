"""`passerelle console`: a way in for whoever has this installation's rights."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta

import click

from passerelle.domain.console import Operator, reach_of
from passerelle.errors import Refused
from passerelle.usecases.console.enter import invite
from passerelle_cli.stack import Stack, on_a_stack
from passerelle_cli.terminal import echo, language

LIVES = timedelta(minutes=10)  # somebody copies it from a terminal


@click.command()
@click.option(
    "--as", "who", default="", help="site:identity, one of network.yaml's; default: its first operator."
)
@on_a_stack
def console(who: str, find_stack: Callable[[], Stack]) -> None:
    """Print an address that opens the console once, within ten minutes, signed in."""
    stack = find_stack()
    echo(address(stack, who))


def address(stack: Stack, who: str = "") -> str:
    """Raises Refused `console_not_allowed` where network.yaml does not name that person."""
    world = stack.world()
    named = who or next(iter(world.network.operators), "")
    site, _, identity = named.partition(":")
    if not named or reach_of(world.network, site, identity).nothing:
        raise Refused("console_not_allowed", site=site or "…")
    operator = Operator(site=site, identity=identity, name=identity, lang=language())
    base = (world.network.address or stack.api).rstrip("/")
    return f"{base}/console/enter/{invite(world, operator, lives=LIVES)}"
