"""--help in the reader's language: every command and option has its French, and no French has lost its command."""

from __future__ import annotations

import inspect
from collections.abc import Iterator

import click
import pytest
from click.testing import CliRunner

from passerelle_cli.french import HELP, in_readers_language, key_of, known
from passerelle_cli.main import cli


@pytest.fixture(autouse=True)
def _english(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("LC_ALL", "en_GB.UTF-8")
    in_readers_language(cli, deep=False)


def helps(command: click.Command = cli, path: str = "passerelle") -> Iterator[tuple[str, str]]:
    """(where, English help) of a command and all below it."""
    for text in (command.help, command.epilog):
        if text and not text.startswith("Exit code 3"):  # exit_codes.py has both languages
            yield path, inspect.cleandoc(text)
    for one in command.params:
        if isinstance(one, click.Option) and one.help:
            yield f"{path} {one.opts[0]}", one.help
    if isinstance(command, click.Group):
        context = click.Context(command)
        for name in command.list_commands(context):
            below = command.get_command(context, name)
            assert below is not None
            yield from helps(below, f"{path} {name}")


def test_every_help_has_its_french_and_every_french_its_help() -> None:
    said = dict(helps())
    assert {where: text for where, text in said.items() if not known(text)} == {}
    texts = {key_of(text) for _, text in helps()}
    assert [english for english in HELP if key_of(english) not in texts] == []


@pytest.mark.parametrize(
    ("lang", "command", "expected"),
    [
        (
            "fr_FR.UTF-8",
            "list",
            ["Usage\u00a0:", "Seulement dans cet état.", "Afficher cette aide.", "TEXTE"],
        ),
        (
            "en_GB.UTF-8",
            "withdraw",
            ["Usage:", "Kept in the publication's history.", "Show this message and exit.", "TEXT"],
        ),
    ],
)
def test_help_is_in_the_readers_language(lang: str, command: str, expected: list[str]) -> None:
    done = CliRunner(env={"LC_ALL": lang}).invoke(cli, ["publications", command, "--help"])
    assert [one for one in expected if one not in done.output] == []
    root = CliRunner(env={"LC_ALL": lang}).invoke(cli, ["--help"]).output
    assert ("Codes de sortie" if lang.startswith("fr") else "Exit codes") in root


def test_a_list_of_commands_says_each_in_a_whole_sentence() -> None:
    said = CliRunner(env={"LC_ALL": "fr_FR.UTF-8"}).invoke(cli, ["--help"]).output
    assert "..." not in said.replace("[ARGUMENTS]...", "")
    assert "COMMANDE [ARGUMENTS]..." in said
    plan = CliRunner(env={"LC_ALL": "fr_FR.UTF-8"}).invoke(cli, ["sync", "plan", "--help"]).output
    assert "[obligatoire]" in plan
