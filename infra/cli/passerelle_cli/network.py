"""`passerelle network`: the file of the network checked against its Moodles, published, shown."""

from __future__ import annotations

import json
import sys
from collections.abc import Callable
from dataclasses import asdict
from pathlib import Path
from typing import Any

import click
import requests

from passerelle.domain.network import Network
from passerelle.events.signatures import sign
from passerelle.ports import Clock
from passerelle.runtime.lms import Moodles
from passerelle.runtime.observability import reference
from passerelle_cli.network_check import Doors, check, is_bad
from passerelle_cli.network_file import NetworkRefused, read_network
from passerelle_cli.network_findings import Finding
from passerelle_cli.stack import Stack, on_a_stack
from passerelle_cli.terminal import language

DEFAULT_FILE = "network.yaml"
FILE = click.argument(
    "file", default=DEFAULT_FILE, type=click.Path(path_type=Path, dir_okay=False), required=False
)


@click.group("network")
def network() -> None:
    """The network's file: check it, publish it, show what is in force."""


@network.command("check")
@FILE
@click.option("--file-only", is_flag=True, help="Read the file only; ask no Moodle.")
@on_a_stack
def check_network(file: Path, *, file_only: bool, find_stack: Callable[[], Stack]) -> None:
    """Read FILE (network.yaml) and ask every Moodle whether it fits. Exit status 1 where one does not."""
    described, _, _ = _read(file)
    if file_only:
        return
    stack = find_stack()
    wiring = stack.wiring()
    moodles = Moodles(lambda: described, wiring.secret)
    doors = Doors(
        moodles.lms,
        moodles.roster,
        wiring.secret,
        wiring.clock,
        knocker(stack.api, wiring.clock),
        stack.secrets_prefix,
    )
    report(described, doors)


def report(described: Network, doors: Doors) -> None:
    """One line a finding, as they are made; exit status 1 if one of them is bad."""
    lang = language()
    findings: list[Finding] = []
    for finding in check(described, doors):
        click.echo(finding.worded(lang))
        findings.append(finding)
    if is_bad(findings):
        sys.exit(1)


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
    """Publish FILE (network.yaml): functions follow it within a minute."""
    described, document, text = _read(file)
    version = find_stack().wiring().configuration.publish(text, document)
    sites = len(described.sites)
    click.echo(
        f"« {described.name} » est publié ({sites} sites){f', version {version}' if version else ''}."
        if language() == "fr"
        else f"“{described.name}” is published ({sites} sites){f', version {version}' if version else ''}."
    )


@network.command("show")
@click.option("--json", "as_json", is_flag=True, help="As the functions read it.")
@on_a_stack
def show_network(*, as_json: bool, find_stack: Callable[[], Stack]) -> None:
    """Print the file that is in force."""
    configuration = find_stack().wiring().configuration
    network_in_force = configuration.network()
    text = None if as_json else configuration.published_yaml()
    if text is None:
        text = json.dumps(asdict(network_in_force), ensure_ascii=False, indent=2, default=str) + "\n"
    click.echo(text, nl=False)


def _read(file: Path) -> tuple[Network, dict[str, Any], str]:
    """Tells what the file is worth; ends the command where it cannot be used."""
    french = language() == "fr"
    try:
        text = file.read_text(encoding="utf-8")
    except OSError:
        click.echo(f"{file} : fichier introuvable." if french else f"{file}: no such file.", err=True)
        sys.exit(1)
    except UnicodeDecodeError:
        click.echo(f"{file} : enregistrez-le en UTF-8." if french else f"{file}: save it as UTF-8.", err=True)
        sys.exit(1)
    try:
        described, document = read_network(text)
    except NetworkRefused as refused:
        for problem in refused.problems:
            click.echo(f"✗ {file}, {problem.worded(language())}", err=True)
        sys.exit(1)
    sites = len(described.sites)
    click.echo(f"✓ {file} : {sites} sites décrits" if french else f"✓ {file}: {sites} sites described")
    return described, document, text
