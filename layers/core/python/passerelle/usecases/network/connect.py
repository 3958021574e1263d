"""A Moodle comes into the network by a code, hands its token over, and goes (K1)."""

from __future__ import annotations

import base64
import secrets
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import replace
from urllib.parse import urlsplit

from passerelle.domain.connection import (
    CODE_LIVES,
    KEY_BYTES,
    Connection,
    assignable_roles,
    offers,
    signing_key,
    spell_code,
)
from passerelle.domain.site_commands import KeepToken, OpenConnection
from passerelle.errors import NotFound, Refused
from passerelle.ports import World
from passerelle.usecases.amend import amend
from passerelle.usecases.network.check import check_moodle, is_bad

NEVER = "never"  # a key for S3 that no archive has: only the host of its address counts


def new_secret() -> str:
    """A signing secret (Standard Webhooks)."""
    return "whsec_" + base64.b64encode(secrets.token_bytes(KEY_BYTES)).decode()


def ensure_secret(world: World, name: str) -> bool:
    """Whether it had to be made."""
    with suppress(NotFound):
        world.secrets.get(name)
        return False
    world.secrets.put(name, new_secret())
    return True


def invite(world: World, site: str, address: str) -> str:
    """A new code for the site; an older one of it is worth nothing from now on. `address`: the API's."""
    for name in world.network.sites[site].secrets:
        ensure_secret(world, name)
    key = secrets.token_bytes(KEY_BYTES)
    fresh = Connection(id=site, signs=signing_key(key).hex(), until=world.clock.now() + CODE_LIVES)
    before = world.records.get(Connection, site)
    if before is None:
        world.records.add(fresh)
    else:
        world.records.change(before, replace(fresh, revision=before.revision))
    return spell_code(address.rstrip("/"), site, key)


def code_key(world: World, site: str) -> tuple[bytes, ...]:
    """What the site's code signs with; keys that fit nothing where there is none."""
    connection = world.records.get(Connection, site)
    if connection is None or site not in world.network.sites:
        return (secrets.token_bytes(KEY_BYTES),)
    return (bytes.fromhex(connection.signs),)


def open_connection(world: World, command: OpenConnection) -> Mapping[str, object]:
    """What the Moodle needs to set itself up, its secret included. The first that asks has the code.

    Raises Refused `code_expired`, `code_used`, `other_address`.
    """
    network, site = world.network, world.network.sites[command.site]
    _same_address(world, command.site, command.wwwroot)
    now = world.clock.now()

    def take(before: Connection) -> Connection:
        if now > before.until:
            raise Refused("code_expired", site=command.site)
        if before.used_at is not None or before.claim not in ("", command.claim):
            raise Refused("code_used", site=command.site)
        return replace(before, claim=command.claim)

    amend(world.records, Connection, command.site, take)
    ensure_secret(world, site.secrets[0])
    hub = command.site == network.hub.site
    return {
        "network": network.name,
        "title": site.title,
        "secret": world.secrets.get(site.secrets[0]),
        "sources": [_archives_from(world)],
        "roles": list(assignable_roles(network, command.site)),
        "offers": dict(offers(network, command.site)),
        "last_year": network.sites[site.previous].year if site.previous else "",
        "category": site.category,
        "hub": {
            "category": network.hub.category,
            "viewer_role": network.hub.viewer_role,
        }
        if hub
        else None,
    }


def answer_token(world: World, command: KeepToken) -> Mapping[str, object]:
    """Keep the token and say what the check found; or forget it. Raises Refused `other_address`."""
    site = world.network.sites[command.site]
    if command.action == "withdraw":
        for name in (site.token, *site.secrets):
            world.secrets.delete(name)
        return {"connected": False, "fits": False, "findings": []}
    _same_address(world, command.site, command.wwwroot)
    if command.action == "keep":
        world.secrets.put(site.token, command.token)
        _use_up(world, command.site)
    findings = list(check_moodle(world.network, command.site, world.sites.lms, world.clock))
    return {
        "connected": True,
        "fits": not is_bad(findings),
        "findings": [{"level": one.level.name.lower(), "text": one.said(command.lang)} for one in findings],
    }


def _use_up(world: World, site: str) -> None:
    now = world.clock.now()
    with suppress(NotFound):  # a token that is renewed later needs no code
        amend(world.records, Connection, site, lambda one: replace(one, used_at=one.used_at or now))


def _same_address(world: World, site: str, wwwroot: str) -> None:
    wanted = world.network.sites[site].url
    if wwwroot.rstrip("/") != wanted:
        raise Refused("other_address", given=wwwroot[:200], wanted=wanted, site=site)


def _archives_from(world: World) -> str:
    """As the plugin's setting names it: a host (https), or a whole origin."""
    address = urlsplit(world.archives.sign(NEVER)[0])
    ordinary = address.scheme == "https" and address.port in (None, 443)
    return address.hostname or "" if ordinary else f"{address.scheme}://{address.netloc}"
