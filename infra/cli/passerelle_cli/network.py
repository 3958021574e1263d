"""`passerelle network`: the file of the network checked against its Moodles, published, shown."""

from __future__ import annotations

import json
import sys
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path
from typing import Any

import click
import requests
from pydantic import TypeAdapter

from passerelle.domain.network import Network
from passerelle.domain.records import Broken
from passerelle.errors import NotFound, Refused
from passerelle.events.signatures import sign
from passerelle.ports import Clock, World
from passerelle.runtime.lms import Moodles
from passerelle.runtime.observability import reference
from passerelle.store.configuration import Configuration
from passerelle.usecases.broken import broken
from passerelle.usecases.network.check import Doors, check, is_bad
from passerelle.usecases.network.connect import ensure_secret, invite
from passerelle.usecases.network.findings import Finding, Level
from passerelle.words.sentences import say
from passerelle_cli.exit_codes import FAILED, FOUND
from passerelle_cli.network_edit import (
    NewSite,
    secrets_of_others,
    secrets_to_make,
    with_new_secret,
    with_site,
)
from passerelle_cli.network_file import NetworkRefused, read_network
from passerelle_cli.network_schema import written
from passerelle_cli.secret_folders import move_secrets, renamed
from passerelle_cli.stack import Stack, known_site, on_a_stack
from passerelle_cli.terminal import echo, json_option, language, print_json, worded

DEFAULT_FILE = "network.yaml"
FILE = click.argument(
    "file", default=DEFAULT_FILE, type=click.Path(path_type=Path, dir_okay=False), required=False
)


@click.group("network")
def network() -> None:
    """The network's file: check it, publish it, show what is in force."""


@network.command("schema")
def print_schema() -> None:
    """Print the JSON schema of network.yaml, with which an editor completes and checks it."""
    click.echo(written(), nl=False)


@network.command("check")
@click.argument("file", type=click.Path(path_type=Path, dir_okay=False), required=False)
@click.option("--file-only", is_flag=True, help="Read the file only; ask no Moodle.")
@on_a_stack
def check_network(file: Path | None, *, file_only: bool, find_stack: Callable[[], Stack]) -> None:
    """Read FILE (network.yaml) and ask every Moodle whether it fits.

    Without FILE: network.yaml here, else what is in force.
    """
    here = file or (Path(DEFAULT_FILE) if file_only or Path(DEFAULT_FILE).is_file() else None)
    described = _read(here, FOUND)[0] if here else None
    if file_only:
        return
    stack = find_stack()
    wiring = stack.wiring()
    described = described or wiring.world().network
    moodles = Moodles(lambda: described, wiring.secret)
    doors = Doors(
        moodles.lms,
        moodles.roster,
        wiring.secret,
        wiring.clock,
        knocker(stack.api, wiring.clock),
        stack.secrets_prefix,
    )
    report(described, doors, broken(wiring.world()))


def report(described: Network, doors: Doors, unreadable: Sequence[Broken]) -> None:
    """One line a finding, as they are made, then their counts; exit status 3 if one of them is bad."""
    lang = language()
    findings: list[Finding] = []
    for finding in check(described, doors):
        echo(finding.worded(lang))
        findings.append(finding)
    for one in unreadable:
        echo(f"{Level.WARNING} {say('something_broken', lang, what=one.id)}")
    levels = Counter(finding.level for finding in findings)
    warned = levels[Level.WARNING] + len(unreadable)
    counts = {"good": levels[Level.GOOD], "warned": warned, "bad": levels[Level.BAD]}
    echo(say("network_checked", lang, sites=len(described.sites), **counts))
    if is_bad(findings):
        sys.exit(FOUND)


def knocker(api: str, clock: Clock) -> Callable[[str, bytes], int | None]:
    """Asks at Passerelle's own door as a site would, for nothing: a report of no job."""

    def knock(site: str, key: bytes) -> int | None:
        if not api:
            return None
        body = json.dumps({"site": site, "type": "jobs", "jobs": []}).encode()
        headers = sign(key, f"check-{reference()}", clock.now(), body)
        try:
            address = f"{api.rstrip('/')}/sites/{site}/jobs"
            return requests.post(
                address, data=body, headers=headers, timeout=30, allow_redirects=False
            ).status_code
        except requests.RequestException:
            return None

    return knock


@network.command("push")
@FILE
@on_a_stack
def push_network(file: Path, *, find_stack: Callable[[], Stack]) -> None:
    """Publish FILE (network.yaml): functions follow it within a minute.

    A secret that lies outside the folder of its kind is copied there first, and FILE is changed to name it
    there. The old parameter stays, and works with functions of the release before.
    """
    described, document, text = _read(file)
    stack = find_stack()
    wiring = stack.wiring()
    moved = move_secrets(wiring.secrets, described, stack.secrets_prefix)
    if moved:
        file.write_text(renamed(text, moved), encoding="utf-8")
        described, document, text = _read(file)
        for old, new in moved.items():
            echo(f"{old} → {new}")
    version = wiring.configuration.publish(text, document)
    said = (
        "« {name} » est publié ({n:# site|# sites}{version}).",
        "“{name}” is published ({n:# site|# sites}{version}).",
    )
    named = worded(", version {v}", ", version {v}", v=version) if version else ""
    echo(worded(*said, name=described.name, n=len(described.sites), version=named))


@network.command("add")
@click.argument("name")
@click.option("--url", default="", help="The Moodle's wwwroot. Needed where NAME is new.")
@click.option("--title", default="", help="What people read (default: NAME).")
@click.option("--hub", is_flag=True, help="It is the sharing platform.")
@click.option(
    "--file",
    default=DEFAULT_FILE,
    type=click.Path(path_type=Path, dir_okay=False),
    help=f"network.yaml (default: {DEFAULT_FILE} here; where there is none, the one in force, or a new one).",
)
@on_a_stack
def add_site(
    name: str, *, url: str, title: str, hub: bool, file: Path, find_stack: Callable[[], Stack]
) -> None:
    """Write the Moodle NAME into network.yaml, publish it, and print a code that connects it.

    The code works once, within an hour. For a Moodle that is there already it prints a new one, with
    which it is connected again.
    """
    stack = find_stack()
    wiring = stack.wiring()
    text = _text_of(file, wiring.configuration)
    wanted = NewSite(name, url.rstrip("/"), title or name, stack.secrets_prefix, hub=hub)
    with _problems_told(file):
        changed = with_site(text, wanted)
        described, document = read_network(changed)
    if changed != text or not file.exists():
        file.write_text(changed, encoding="utf-8")
        echo(say("site_added", language(), site=name, file=str(file)), err=True)
    wiring.configuration.publish(changed, document)
    code = invite(replace(wiring.world(), network=described), name, described.address or stack.api)
    echo(say("connection_code", language(), site=name, url=described.sites[name].url), err=True)
    echo(code)


def _text_of(file: Path, configuration: Configuration) -> str:
    if file.exists():
        return file.read_text(encoding="utf-8")
    published = configuration.published_yaml()
    if published is not None:
        return published
    try:
        configuration.network()
    except NotFound:
        return ""  # a network that begins
    raise Refused("network_yaml_needed", file=str(file))


@network.command("secrets")
@FILE
@click.option("--rotate", default="", metavar="SITE", help="Give SITE a new secret beside the one it has.")
@on_a_stack
def make_secrets(file: Path, *, rotate: str, find_stack: Callable[[], Stack]) -> None:
    """Make the secrets of FILE (network.yaml) that Passerelle can make, and list those that it cannot.

    With --rotate the site gets a second one and is told by a code, as when it was added; the older one
    holds until the next rotation.
    """
    stack = find_stack()
    wiring = stack.wiring()
    described, document, text = _read(file)
    if rotate:
        known_site(rotate, described.sites, "--rotate")
        text = with_new_secret(text, rotate, described.sites[rotate].secrets)
        described, document = read_network(text)
        wiring.secrets.delete(described.sites[rotate].secrets[0])  # of the rotation before last
        file.write_text(text, encoding="utf-8")
    world = replace(wiring.world(), network=described)
    lang = language()
    for parameter, whose in secrets_to_make(described).items():
        if ensure_secret(world, parameter):
            echo("✓ " + say("secret_made", lang, name=parameter, whose=whose))
    for parameter, whose in secrets_of_others(described).items():
        if not _is_there(world, parameter):
            echo("✗ " + say("secret_of_others", lang, name=parameter, whose=whose))
    if rotate:
        wiring.configuration.publish(text, document)
        echo(say("connection_code", lang, site=rotate, url=described.sites[rotate].url), err=True)
        echo(invite(world, rotate, described.address or stack.api))


def _is_there(world: World, parameter: str) -> bool:
    try:
        world.secrets.get(parameter)
    except NotFound:
        return False
    return True


@network.command("show")
@json_option
@on_a_stack
def show_network(*, as_json: bool, find_stack: Callable[[], Stack]) -> None:
    """Print the file that is in force."""
    configuration = find_stack().wiring().configuration
    network_in_force = configuration.network()
    text = None if as_json else configuration.published_yaml()
    if text is None:
        print_json(TypeAdapter(Network).dump_python(network_in_force, mode="json"))
    else:
        echo(text, nl=False)


@contextmanager
def _problems_told(file: Path, status: int = FAILED) -> Iterator[None]:
    try:
        yield
    except NetworkRefused as refused:
        for problem in refused.problems:
            echo(f"✗ {file}, {problem.worded(language())}", err=True)
        sys.exit(status)


def _read(file: Path, status: int = FAILED) -> tuple[Network, dict[str, Any], str]:
    """Tells what the file is worth; ends the command with `status` where it describes no network."""
    try:
        text = file.read_text(encoding="utf-8")
    except UnicodeDecodeError:
        echo(worded("{file} : enregistrez-le en UTF-8.", "{file}: save it as UTF-8.", file=file), err=True)
        sys.exit(FAILED)
    with _problems_told(file, status):
        described, document = read_network(text)
    said = ("✓ {file} : {n:# site décrit|# sites décrits}", "✓ {file}: {n:# site|# sites} described")
    echo(worded(*said, file=file, n=len(described.sites)))
    return described, document, text
