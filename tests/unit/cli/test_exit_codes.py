"""0, 1, 2 and 3 mean the same in every command, and stand in one table."""

from __future__ import annotations

import ast
import inspect
import sys
import textwrap
from collections.abc import Callable, Iterator
from types import FunctionType
from typing import Any

import pytest
from click.testing import CliRunner

from passerelle_cli.exit_codes import FINDINGS, MEANINGS
from passerelle_cli.main import cli
from tests.unit.cli.test_every_command import COMMANDS, ROOT

CODES = {"FAILED", "FOUND", "CHANGES", "HELD"}
OTHERS = {"main.py"}  # gives on what click and the commands answered


def exits(node: ast.AST) -> Iterator[ast.expr]:
    """What every `sys.exit(…)` in it is given."""
    for one in ast.walk(node):
        if isinstance(one, ast.Call) and ast.unparse(one.func) == "sys.exit":
            yield one.args[0]


def names(node: ast.AST) -> set[str]:
    return {one.id for one in ast.walk(node) if isinstance(one, ast.Name)}


def test_no_command_has_codes_of_its_own() -> None:
    for module in sorted((ROOT / "infra/cli/passerelle_cli").glob("*.py")):
        if module.name in OTHERS:
            continue
        numbers = {
            ast.unparse(given)
            for given in exits(ast.parse(module.read_text(encoding="utf-8")))
            for one in ast.walk(given)
            if isinstance(one, ast.Constant) and isinstance(one.value, int) and one.value != 0
        }
        assert numbers == set(), module.name


def reached(function: Callable[..., Any], seen: set[Any]) -> Iterator[ast.AST]:
    """The source of a command and of every function of ours that it calls."""
    function = inspect.unwrap(function)
    if function in seen or not isinstance(function, FunctionType):
        return
    seen.add(function)
    tree = ast.parse(textwrap.dedent(inspect.getsource(function)))
    yield tree
    module = sys.modules[function.__module__]
    for name in names(tree):
        called = getattr(module, name, None)
        if callable(called) and getattr(called, "__module__", "").startswith("passerelle_cli."):
            yield from reached(called, seen)


def finds(path: tuple[str, ...]) -> bool:
    """Whether the command can end with 3."""
    trees = list(reached(COMMANDS[path].callback, set()))  # type: ignore[arg-type]
    return any("FOUND" in names(tree) or "HELD" in names(tree) for tree in trees)


def test_each_command_that_answers_3_is_in_the_table_and_no_other() -> None:
    assert {" ".join(path) for path in COMMANDS if finds(path)} == set(FINDINGS)


@pytest.mark.parametrize("command", FINDINGS)
def test_the_help_of_a_command_says_what_its_3_means(command: str) -> None:
    for lang, words in (("fr", "Code de sortie 3"), ("en", "Exit code 3")):
        said = CliRunner(env={"LC_ALL": f"{lang}_XX.UTF-8"}).invoke(cli, [*command.split(), "--help"]).output
        assert words in said


@pytest.mark.parametrize(("lang", "which"), [("fr", 0), ("en", 1)])
def test_the_guide_holds_both_tables_as_the_program_has_them(lang: str, which: int) -> None:
    page = (ROOT / "infra/docs" / lang / "commands.md").read_text(encoding="utf-8").replace("\u00a0", " ")
    rows = [line.strip("| ").split(" | ") for line in page.splitlines() if line.startswith("| ")]
    said = {name.removeprefix("`passerelle ").rstrip("`"): meaning for name, meaning in rows}
    table = {str(code): pair[which] for code, pair in MEANINGS.items()}
    table |= {command: pair[which] for command, pair in FINDINGS.items()}
    assert {name: meaning.replace("\u202f", " ") for name, meaning in said.items() if name in table} == table
