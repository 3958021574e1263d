"""A site, a shop or a state that nobody knows is refused with the nearest, by every command that takes one."""

from __future__ import annotations

from types import SimpleNamespace
from typing import Any

import click
import pytest

from passerelle_cli.network_file import read_network
from passerelle_cli.stack import Stack
from passerelle_cli.terminal import StateNamed
from tests.unit.cli.test_every_command import COMMANDS, ROOT, run

EXAMPLE = ROOT / "infra" / "network.example.yaml"

__all__ = ["run"]

GIVEN = {  # where a value of a certain kind is wanted before names are looked at
    "course_id": "7",
    "sources": str(ROOT / "tests"),
    "archive": str(ROOT / "README.md"),
    "file": str(EXAMPLE),
    "path": str(EXAMPLE),
    "files": str(ROOT / "infra/network.schema.json"),
    "product": "P",
}


def taking(kind: str) -> list[Any]:
    """(command, how it is given there) of each that takes a site or shop of the network."""
    return [
        pytest.param(path, command, one, id=" ".join(path))
        for path, command in COMMANDS.items()
        for one in command.params
        if one.name == kind
    ]


def words(command: click.Command, wrong: click.Parameter, name: str) -> list[str]:
    """The command as it must be written, but for that one name."""
    given: list[str] = []
    for one in command.params:
        value = name if one is wrong else GIVEN.get(str(one.name), "x")
        if isinstance(one, click.Option) and (one.required or one is wrong):
            given += [one.opts[0], value]
        elif isinstance(one, click.Argument) and (one.required or one is wrong):
            given.append(value)
    return given


@pytest.fixture
def network(monkeypatch: pytest.MonkeyPatch) -> Any:
    described, _ = read_network(EXAMPLE.read_text(encoding="utf-8"))
    world = SimpleNamespace(network=described)
    wiring = SimpleNamespace(world=lambda: world, configuration=SimpleNamespace())
    stack = SimpleNamespace(world=lambda: world, wiring=lambda: wiring, api="", secrets_prefix="/passerelle/")
    monkeypatch.setattr(Stack, "load", classmethod(lambda *_, **__: stack))
    return described


@pytest.mark.parametrize(("path", "command", "wrong"), taking("site"))
def test_a_site_that_is_written_nearly_right(run, network, path, command, wrong) -> None:
    done = run(*path, *words(command, wrong, "cean"))
    assert (done.status, "Vouliez-vous dire «\u00a0caen\u00a0»" in done.err) == (2, True), done.err


@pytest.mark.parametrize(("path", "command", "wrong"), [*taking("shop"), *taking("only")])
def test_a_shop_that_is_written_nearly_right(run, network, path, command, wrong) -> None:
    done = run(*path, *words(command, wrong, "boutik"))
    assert (done.status, "Vouliez-vous dire «\u00a0boutique\u00a0»" in done.err) == (2, True), done.err


def test_a_name_unlike_any_is_refused_with_all_there_are(run, network) -> None:
    done = run("sync", "status", "--site", "xyz")
    assert done.status == 2
    assert all(site in done.err for site in network.sites)


@pytest.mark.parametrize("written", ["fulfilled", "réalisée", "Réalisée"])
def test_a_state_is_known_by_its_code_and_by_its_word(written: str) -> None:
    from passerelle.domain.states import OrderState

    assert StateNamed(OrderState).convert(written, None, None) == "fulfilled"  # type: ignore[arg-type]
