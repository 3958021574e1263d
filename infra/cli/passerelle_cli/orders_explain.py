"""`passerelle orders explain`: what deliveries mean, without storing or touching anything (S22)."""

from __future__ import annotations

import json
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import click

from passerelle.domain.states import OrderState, state_word
from passerelle.words.things import say_role
from passerelle_cli.answers.orders import ExplainedOrder, Grant
from passerelle_cli.exit_codes import FOUND
from passerelle_cli.network_file import read_network
from passerelle_cli.rehearsal import Rehearsal
from passerelle_cli.stack import Stack, known_shop, on_a_stack
from passerelle_cli.terminal import echo, either, json_option, language, print_json, worded


@click.command()
@on_a_stack
@click.argument("files", nargs=-1, required=True, type=click.File(encoding="utf-8-sig"))
@click.option("--shop", required=True, help="Whose deliveries these are, as network.yaml names it.")
@click.option("--network", "path", type=click.Path(exists=True, dir_okay=False), help="A network.yaml.")
@json_option
def explain(
    find_stack: Callable[[], Stack], files: tuple[Any, ...], shop: str, path: str | None, as_json: bool
) -> None:
    """Say what deliveries mean, in their order, without storing or touching anything.

    A file holds a body, {"topic": …, "body": …}, or a list of these. It is assumed that the Moodle has the
    courses and knows nobody, and that the shop cannot be asked.
    """
    network = read_network(Path(path).read_text("utf-8"))[0] if path else find_stack().world().network
    known_shop(shop, network.shops)
    played = Rehearsal(network, shop)
    for delivery in [one for file in files for one in _deliveries(file)]:
        played.play(delivery)
    if as_json:
        print_json(played.result())
    else:
        echo(_told(played))
    if played.parked:
        sys.exit(FOUND)


def _deliveries(file: Any) -> list[dict[str, Any]]:
    try:
        read = json.load(file)
    except (ValueError, RecursionError):
        raise click.UsageError(f"{file.name}: {either('ce n’est pas du JSON', 'this is not JSON')}") from None
    if isinstance(read, dict) and isinstance(read.get("deliveries"), list):
        read = read["deliveries"]
    rows = read if isinstance(read, list) else [read]
    if not all(isinstance(row, dict) for row in rows):
        raise click.UsageError(f"{file.name}: {either('des objets sont attendus', 'objects are expected')}")
    return rows


def _told(played: Rehearsal) -> str:
    lines = []
    for order in played.result()["orders"]:
        state = state_word(OrderState(order["state"]), language())
        total = "?"
        if order["total"]:
            figure = either(order["total"].replace(".", ","), order["total"])
            total = f"{figure} {order['currency']}"
        lines.append(f"{order['id']}  {state}  {total}  {order['buyer']}")
        lines += [f"  ! {sentence}" for sentence in played.sentences(order["id"], language())]
        lines += [
            f"  {mark} {one['email']}  {say_role(one['role'], language())}  {one['course']}"
            for mark, one in _grants(order)
        ]
        seats = order["seats"]
        paid = worded("{n:# place|# places}", "{n:# seat|# seats}", n=seats["paid"])
        lines.append(f"  {paid}, {either('dont libres :', 'free:')} {seats['free']}")
    left = f"{either('laissée de côté', 'left alone')}{either(' :', ':')}"
    lines += [f"{topic or '?'}  {left} {why}" for topic, why in played.left_alone(language())]
    return "\n".join(lines) or either("Aucune livraison dans ces fichiers.", "No delivery in these files.")


def _grants(order: ExplainedOrder) -> Iterator[tuple[str, Grant]]:
    yield from (("+", one) for one in order["enrol"])
    yield from (("-", one) for one in order["withdraw"])
