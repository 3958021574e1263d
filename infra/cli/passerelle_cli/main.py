"""The `passerelle` command. Subcommands are imported when they are called, so that each starts quickly."""

from __future__ import annotations

import importlib
import io
import sys

import click

from passerelle.errors import Conflict, GiveUp, MoodleAway, PasserelleError, TryAgain
from passerelle.words.sentences import known, say
from passerelle_cli.terminal import echo, language

COMMANDS: dict[str, tuple[str, str]] = {
    # Each command with the module and the attribute that it is.
    "up": ("passerelle_laptop.commands", "up"),
    "demo": ("passerelle_laptop.commands", "demo"),
    "mbz": ("passerelle_cli.mbz", "mbz"),
    "network": ("passerelle_cli.network", "network"),
    "policy": ("passerelle_cli.policy", "policy"),
    "publish": ("passerelle_cli.publish", "publish"),
    "publications": ("passerelle_cli.publications", "publications"),
    "catalogue": ("passerelle_cli.publications", "catalogue"),
    "retrieve": ("passerelle_cli.publications", "retrieve"),
    "rollover": ("passerelle_cli.rollover", "rollover"),
    "orders": ("passerelle_cli.orders", "orders"),
    "console": ("passerelle_cli.console", "console"),
    "shops": ("passerelle_cli.shops", "shops"),
    "rules": ("passerelle_cli.rules", "rules"),
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
        return command


@click.group(cls=_Lazy, context_settings={"help_option_names": ["-h", "--help"]})
@click.version_option(package_name="passerelle")
def cli() -> None:
    """Passerelle connects the Moodles of a network."""


def explain(error: PasserelleError, lang: str) -> str:
    """What happened and what to do, in a sentence."""
    if isinstance(error, MoodleAway):
        return f"{error.site}: {say('away', lang)}"
    if isinstance(error, GiveUp):
        if error.code == "sources_stopped":
            from passerelle.words.offer import say_file

            return "\n".join(say_file(problem, lang) for problem in getattr(error, "problems", ()))
        if error.code.startswith("ldap_"):
            from passerelle.words.offer import say_directory

            return say_directory(error.code, error.details, lang)
        if known(error.code):
            return say(error.code, lang, **error.details)
        details = ", ".join(f"{key}: {value}" for key, value in error.details.items())
        return f"{error.code} ({details})" if details else error.code
    if isinstance(error, Conflict):
        return say("conflict", lang)
    if isinstance(error, TryAgain):
        return say(getattr(error, "code", "away"), lang, **getattr(error, "details", {}))
    return say("internal", lang)


def fit_output(arguments: list[str]) -> None:
    """JSON is UTF-8 whatever the terminal is; a letter that a terminal lacks is shown as an escape."""
    if isinstance(sys.stdout, io.TextIOWrapper):
        if "--json" in arguments:
            sys.stdout.reconfigure(encoding="utf-8")
        else:
            sys.stdout.reconfigure(errors="backslashreplace")


def main() -> None:
    fit_output(sys.argv)
    try:
        cli()
    except PasserelleError as error:
        echo(explain(error, language()), err=True)
        sys.exit(1)
