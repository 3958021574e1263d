"""The `passerelle` command. Subcommands are imported when they are called, so that each starts quickly."""

from __future__ import annotations

import importlib
import importlib.metadata
import io
import os
import sys
from contextlib import AbstractContextManager, nullcontext
from typing import Any, NoReturn

import click

from passerelle_cli import click_in_french
from passerelle_cli.exit_codes import FAILED
from passerelle_cli.failures import explain
from passerelle_cli.french import in_readers_language
from passerelle_cli.patience import PATIENCE
from passerelle_cli.terminal import echo, language, worded

click_in_french.teach()

COMMANDS: dict[str, tuple[str, str]] = {
    # Each command with the module and the attribute that it is.
    "up": ("passerelle_laptop.commands", "up"),
    "demo": ("passerelle_laptop.commands", "demo"),
    "mbz": ("passerelle_cli.mbz", "mbz"),
    "network": ("passerelle_cli.network", "network"),
    "people": ("passerelle_cli.people", "people"),
    "policy": ("passerelle_cli.policy", "policy"),
    "publish": ("passerelle_cli.publish", "publish"),
    "publications": ("passerelle_cli.publications", "publications"),
    "catalogue": ("passerelle_cli.publications", "catalogue"),
    "retrieve": ("passerelle_cli.publications", "retrieve"),
    "restore": ("passerelle_cli.restore", "restore"),
    "rollover": ("passerelle_cli.rollover", "rollover"),
    "orders": ("passerelle_cli.orders", "orders"),
    "console": ("passerelle_cli.console", "console"),
    "shops": ("passerelle_cli.shops", "shops"),
    "guide": ("passerelle_cli.guide", "guide"),
    "rules": ("passerelle_cli.rules", "rules"),
    "schema": ("passerelle_cli.schema", "schema"),
    "redrive": ("passerelle_cli.redrive", "redrive"),
    "sync": ("passerelle_cli.sync", "sync"),
    "why": ("passerelle_cli.why", "why"),
}


class _Lazy(click.Group):
    def list_commands(self, ctx: click.Context) -> list[str]:  # noqa: ARG002 - click's signature
        return list(COMMANDS)

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:  # noqa: ARG002 - click's own
        if cmd_name not in COMMANDS:
            return None
        module, attribute = COMMANDS[cmd_name]
        command: click.Command = getattr(importlib.import_module(module), attribute)
        return in_readers_language(command, cmd_name)

    def main(self, *args: Any, **extra: Any) -> Any:
        in_readers_language(self, deep=False)
        return super().main(*args, **extra)


VERSION_HELP = "The program's version, and that of the installation it finds."


def _say_versions(context: click.Context, _option: click.Parameter, asked: bool) -> None:
    """What runs there may be older or newer than this program; where none is found nothing is said of it."""
    if not asked or context.resilient_parsing:
        return
    from passerelle_cli.stack import Stack, StackUnknown

    click.echo(f"passerelle {importlib.metadata.version('passerelle')}")
    try:
        stack = Stack.load(name=os.environ.get("PASSERELLE_STACK_NAME"))
    except StackUnknown:
        context.exit()
    installed = stack.release or worded("version inconnue", "unknown version")
    where = stack.api or stack.table
    echo(f"{worded('installation', 'installation')} {installed} ({where})")
    context.exit()


@click.group(
    cls=_Lazy,
    context_settings={"help_option_names": ["-h", "--help"]},
    epilog="Exit codes: 0 done; 1 could not be done; 2 wrongly written; 3 done, and something is refused or "
    "to correct.",
)
@click.option(
    "--version", is_flag=True, is_eager=True, expose_value=False, callback=_say_versions, help=VERSION_HELP
)
def cli() -> None:
    """Passerelle connects the Moodles of a network."""


def fit_output(arguments: list[str]) -> None:
    """JSON is UTF-8 whatever the terminal is; a letter that a terminal lacks is shown as an escape."""
    if isinstance(sys.stdout, io.TextIOWrapper):
        if "--json" in arguments:
            sys.stdout.reconfigure(encoding="utf-8")
        else:
            sys.stdout.reconfigure(errors="backslashreplace")


def main() -> None:
    """Whatever happens, the person gets a sentence and an exit code of failures.py, never a traceback."""
    fit_output(sys.argv)
    try:
        with _patience(sys.argv):
            status = cli.main(standalone_mode=False)
        sys.stdout.flush()
    except click.ClickException as error:
        error.show()
        _leave(error.exit_code)
    except (click.Abort, KeyboardInterrupt):
        click.echo(worded("Interrompu.", "Stopped."), err=True)
        _leave(FAILED)
    except BrokenPipeError:
        _leave(FAILED)  # whoever read has read enough
    except Exception as error:
        if os.environ.get("PASSERELLE_TRACE"):
            raise
        echo(explain(error, language()), err=True)
        _leave(FAILED)
    sys.exit(status if isinstance(status, int) else 0)


def _patience(arguments: list[str]) -> AbstractContextManager[None]:
    """Not where the laptop tells its own stories, nor where somebody is typing."""
    if {"up", "demo"} & set(arguments[1:2]) or "-" in arguments:
        return nullcontext()
    return PATIENCE.watching(worded("En cours…", "Under way…"))


def _leave(status: int) -> NoReturn:
    """Python would write what is left in the buffer once more, and complain."""
    try:
        sys.stdout.flush()
    except OSError:
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
    sys.exit(status)
