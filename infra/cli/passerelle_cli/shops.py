"""`passerelle shops show`: what to enter where, so that a shop and Passerelle are connected."""

from __future__ import annotations

import secrets
import sys
from collections.abc import Callable

import click
import requests

from passerelle.domain.orders.shop import Shop
from passerelle.errors import GiveUp, PasserelleError
from passerelle.ports import World
from passerelle.shops.registry import vendor
from passerelle.shops.vendor import Vendor
from passerelle.words.sentences import say
from passerelle_cli.exit_codes import FOUND
from passerelle_cli.stack import Stack, known_shop, on_a_stack
from passerelle_cli.terminal import echo, language, worded

OK = 200


@click.group()
def shops() -> None:
    """Shops of the network: show."""


@shops.command()
@on_a_stack
@click.argument("shop")
@click.option("--no-ping", is_flag=True, help="Only say it; send nothing.")
def show(find_stack: Callable[[], Stack], shop: str, no_ping: bool) -> None:
    """Where the shop's webhook goes, what it must send, where its secret and key lie; then prove the way.

    A signed delivery that is about no order is sent to the address, as the shop itself would.
    """
    stack = find_stack()
    world = stack.world()
    known_shop(shop, world.network.shops, "SHOP")
    known = world.network.shops[shop]
    kind = vendor(known.kind)
    address = f"{(world.network.address or stack.api).rstrip('/')}/shops/{shop}/orders"
    for line in _lines(known, kind, address):
        echo(line)
    well = not kind.problems(known)
    if not no_ping:
        well = _ping(stack, shop, known, kind) and well
    well = _webhook(world, shop) and well
    if not well:
        sys.exit(FOUND)


def _lines(shop: Shop, kind: Vendor, address: str) -> list[str]:
    lines = [
        worded("Adresse du webhook : {address}", "Webhook address: {address}", address=address),
        worded("Événements à cocher :", "Events to tick:"),
        *(f"  {topic}" for topic in kind.topics),
    ]
    if shop.secrets:
        lines.append(worded("Le secret de signature va dans SSM :", "The signing secret goes into SSM:"))
        lines += [
            f"  aws ssm put-parameter --type SecureString --overwrite --name {name} --value …"
            for name in shop.secrets
        ]
    if shop.api.key:
        lines.append(worded("La clé de l’API va dans SSM :", "The API’s key goes into SSM:"))
        lines.append(
            f"  aws ssm put-parameter --type SecureString --overwrite --name {shop.api.key} --value …"
        )
    elif not kind.api_needed:
        lines.append(
            worded(
                "Sans clé (api.key), la boutique ne peut pas être interrogée : ce qu’elle ne livre pas "
                "manque.",
                "Without a key (api.key) the shop cannot be asked: what it does not deliver is missing.",
            )
        )
    for field, wanted in kind.problems(shop):
        lines.append(f"✗ {field}: {wanted}")
    return lines


def _ping(stack: Stack, name: str, shop: Shop, kind: Vendor) -> bool:
    wiring = stack.wiring()
    try:
        secret = wiring.secret(shop.secrets[0]) if shop.secrets else ""
        sent = kind.ping(kind.key(secret), f"ping_{secrets.token_hex(8)}")
    except GiveUp as error:
        echo(f"! {say(error.code, language(), **error.details)}")
        return error.code == "cannot_sign"
    except ValueError as error:
        echo(f"✗ {shop.secrets[0]}: {error}")
        return False
    answer = requests.post(
        f"{stack.api or wiring.world().network.address}/shops/{name}/orders",
        data=sent.body,
        headers={**sent.headers, "content-type": "application/json"},
        timeout=30,
        allow_redirects=False,
    )
    status = answer.status_code
    if status == OK:
        echo(worded("✓ un essai signé est arrivé et a été reconnu", "✓ a signed ping arrived and was known"))
        return True
    refused = ("✗ l’essai signé a été refusé ({status})", "✗ the signed ping was refused ({status})")
    echo(worded(*refused, status=status))
    return False


def _webhook(world: World, name: str) -> bool:
    """How the shop itself sees its webhook, where it can be asked."""
    try:
        seen = world.shops.webhook(name)
    except PasserelleError as error:
        code = getattr(error, "code", "away")
        echo(f"! {say(code, language(), **getattr(error, 'details', {}))}")
        return True
    if seen is None:
        return True
    if seen.state != "on":
        echo(f"✗ {say(f'webhook_{seen.state}', language(), shop=name)}")
        return False
    if seen.missing:
        echo(f"! {say('webhook_lacks', language(), shop=name, topics=', '.join(seen.missing))}")
    return True
