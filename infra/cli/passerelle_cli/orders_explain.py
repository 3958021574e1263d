"""`passerelle orders explain`: what deliveries mean, without storing or touching anything (S22)."""

from __future__ import annotations

import json
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import click

from passerelle.domain.states import OrderState, state_word
from passerelle_cli.network_file import read_network
from passerelle_cli.rehearsal import Rehearsal
from passerelle_cli.stack import Stack, on_a_stack
from passerelle_cli.terminal import echo, language, worded


@click.command()
@on_a_stack
@click.argument("files", nargs=-1, required=True, type=click.File(encoding="utf-8-sig"))
@click.option("--shop", required=True, help="Whose deliveries these are, as network.yaml names it.")
@click.option("--network", "path", type=click.Path(exists=True, dir_okay=False), help="A network.yaml.")
@click.option("--json", "as_json", is_flag=True, help="One JSON object.")
def explain(
    find_stack: Callable[[], Stack], files: tuple[Any, ...], shop: str, path: str | None, as_json: bool
) -> None:
    """Say what deliveries mean, in their order, without storing or touching anything.

    A file holds a body, {"topic": …, "body": …}, or a list of these. It is assumed that the Moodle has the
    courses and knows nobody, and that the shop cannot be asked.

    Exit status: 3 if an order would be parked, or a delivery could not be read.
    """
    network = read_network(Path(path).read_text("utf-8"))[0] if path else find_stack().world().network
    played = Rehearsal(network, shop)
    for delivery in [one for file in files for one in _deliveries(file)]:
        played.play(delivery)
    result = played.result()
    echo(json.dumps(result, ensure_ascii=False, indent=1) if as_json else _told(result))
    if played.parked:
        sys.exit(3)


def _deliveries(file: Any) -> list[dict[str, Any]]:
    try:
        read = json.load(file)
    except (ValueError, RecursionError):
        raise click.UsageError(f"{file.name}: {_say('ce n’est pas du JSON', 'this is not JSON')}") from None
    if isinstance(read, dict) and isinstance(read.get("deliveries"), list):
        read = read["deliveries"]
    rows = read if isinstance(read, list) else [read]
    if not all(isinstance(row, dict) for row in rows):
        raise click.UsageError(f"{file.name}: {_say('des objets sont attendus', 'objects are expected')}")
    return rows


def _told(result: dict[str, Any]) -> str:
    lines = []
    for order in result["orders"]:
        state = state_word(OrderState(order["state"]), language())
        lines.append(f"{order['id']}  {state}  {order['total'] or '?'} {order['currency']}  {order['buyer']}")
        lines += [f"  ! {code}" for code in order["why"]]
        for mark, name in (("+", "enrol"), ("-", "withdraw")):
            lines += [f"  {mark} {one['email']}  {one['role']}  {one['course']}" for one in order[name]]
        seats = order["seats"]
        paid = worded("{n:# place|# places}", "{n:# seat|# seats}", n=seats["paid"])
        lines.append(f"  {paid}, {_say('dont libres :', 'free:')} {seats['free']}")
    lines += [
        f"{one['topic'] or '?'}  {_say('laissée', 'left alone')} ({one['why']})" for one in result["ignored"]
    ]
    return "\n".join(lines) or _say("Aucune livraison dans ces fichiers.", "No delivery in these files.")


def _say(french: str, english: str) -> str:
    return french if language().startswith("fr") else english
