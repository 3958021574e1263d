"""What a terminal shows: what is being done after two quiet seconds, colours unless unwanted, even columns."""

from __future__ import annotations

import ast
import io
import sys

import pytest

from passerelle_cli import patience, terminal
from passerelle_cli.patience import ERASE, Patience
from tests.unit.cli.test_every_command import ROOT


class Screen(io.StringIO):
    def isatty(self) -> bool:
        return True


def a_screen(monkeypatch: pytest.MonkeyPatch) -> Screen:
    """In the test itself: pytest puts its own in place when one begins."""
    shown = Screen()
    monkeypatch.setattr(sys, "stderr", shown)
    monkeypatch.setenv("TERM", "xterm")
    return shown


class Quiet(Patience):
    """Looks only when it is told to."""

    def __init__(self) -> None:
        self.now = 0.0
        super().__init__(lambda: self.now)

    def _watch(self) -> None:
        """Nothing looks unasked."""


def test_two_quiet_seconds_say_what_is_done_and_for_how_long(monkeypatch: pytest.MonkeyPatch) -> None:
    screen = a_screen(monkeypatch)
    watch = Quiet()
    with watch.watching("Reading"):
        watch.now = 1.5
        watch.look()
        assert screen.getvalue() == ""
        watch.now = 2.5
        watch.look()
        watch.doing("Writing")
        watch.now = 4
        watch.look()
    assert screen.getvalue() == f"{ERASE}Reading 2 s{ERASE}Writing 4 s{ERASE}"


def test_what_is_written_makes_the_line_go_and_the_wait_begin_again(monkeypatch: pytest.MonkeyPatch) -> None:
    screen = a_screen(monkeypatch)
    watch = Quiet()
    monkeypatch.setattr(terminal, "PATIENCE", watch)
    with watch.watching("Reading"):
        watch.now = 3
        watch.look()
        terminal.echo("found", err=True)
        watch.now = 4
        watch.look()
    assert screen.getvalue() == f"{ERASE}Reading 3 s{ERASE}found\n"


@pytest.mark.parametrize("where", ["file", "dumb"])
def test_nothing_of_it_is_written_where_nobody_would_read_it(monkeypatch, where: str) -> None:
    shown = io.StringIO() if where == "file" else Screen()
    monkeypatch.setattr(sys, "stderr", shown)
    monkeypatch.setenv("TERM", "dumb")
    with Patience().watching("Reading"):
        pass
    assert shown.getvalue() == ""


def test_colours_come_from_one_place_that_knows_no_color() -> None:
    coloured = [
        f"{path.name}:{node.lineno}"
        for path in sorted((ROOT / "infra/cli/passerelle_cli").glob("*.py"))
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8")))
        if isinstance(node, ast.Attribute) and node.attr in ("secho", "style") and path.name != "terminal.py"
    ]
    assert coloured == []


def test_columns_stand_under_one_another_whatever_the_letters(capsys: pytest.CaptureFixture[str]) -> None:
    terminal.table([["é", "x", "1"], ["e\u0301e", "日本", "2"], ["long", "", ""], []])
    assert capsys.readouterr().out.splitlines() == ["é     x     1", "e\u0301e    日本  2", "long", ""]


def test_patience_is_one_for_the_whole_program() -> None:
    assert terminal.PATIENCE is patience.PATIENCE
