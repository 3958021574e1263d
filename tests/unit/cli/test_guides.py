"""The guides: the same pages in both languages, and no command that the program does not have."""

from __future__ import annotations

import re
import shlex
from collections.abc import Iterator
from pathlib import Path

import click
import pytest
from click.testing import CliRunner

from passerelle.words.typesetting import typeset
from passerelle_cli.guide import FRENCH, TOPICS
from passerelle_cli.main import cli

ROOT = Path(__file__).parents[3]
DOCS = ROOT / "infra/docs"
PAGES = sorted([*DOCS.glob("fr/*.md"), *DOCS.glob("en/*.md"), *DOCS.glob("guide/*.md"), ROOT / "README.md"])
MOST = 60_000  # bytes of a picture
CITED = re.compile(r"`(passerelle [^`]+)`|^\$ (?:python3 infra/run\.py )?(passerelle .+)$", re.MULTILINE)


def cited(page: Path) -> Iterator[str]:
    for inline, typed in CITED.findall(page.read_text(encoding="utf-8")):
        yield inline or typed


def test_both_languages_have_the_same_pages_with_the_same_commands() -> None:
    for topic in TOPICS:
        french, english = (list(cited(DOCS / lang / f"{topic}.md")) for lang in ("fr", "en"))
        shapes = [
            [[word for word in one.split() if word.startswith("-")] for one in page]
            for page in (french, english)
        ]
        assert shapes[0] == shapes[1], topic
    assert set(FRENCH.values()) == set(TOPICS)


def test_every_picture_of_a_guide_is_there_small_and_shown_in_both_languages() -> None:
    shown = {
        lang: {
            target
            for page in PAGES
            for target in re.findall(
                r"!\[[^\]]+\]\(\S*pictures/" + lang + r"/(\S+)\)", page.read_text("utf-8")
            )
        }
        for lang in ("fr", "en")
    }
    taken = {lang: {one.name for one in (DOCS / "pictures" / lang).iterdir()} for lang in ("fr", "en")}
    assert shown == taken
    assert taken["fr"] == taken["en"]
    large = [one for one in (DOCS / "pictures").rglob("*.webp") if one.stat().st_size > MOST]
    assert large == []


FRENCH_PAGES = [*sorted((DOCS / "fr").glob("*.md")), DOCS / "guide" / "relier-une-boutique.md"]


@pytest.mark.parametrize("page", FRENCH_PAGES, ids=lambda page: page.name)
def test_french_pages_are_set_as_french_is(page: Path) -> None:
    """No-break spaces, curly apostrophes, no hedged plural; code is as it is typed."""
    text = re.sub(r"```.*?```|`[^`]*`", "", page.read_text(encoding="utf-8"), flags=re.DOTALL)
    assert typeset(text, "fr") == text
    assert re.findall(r"\w'\w", text) == []
    assert re.findall(r"\w\((?:s|es|nt|e|x)\)", text) == []


def fits(words: list[str]) -> None:
    """Raises where the program has no such command or option. A value may be anything."""
    command: click.Command = cli
    context = click.Context(cli, info_name="passerelle")
    while isinstance(command, click.Group) and words:
        below = command.get_command(context, words[0])
        if words[0] in ("--help", "--version"):
            return
        if below is None:
            raise click.UsageError(f"no command {words[0]}")
        command, words = below, words[1:]
        context = click.Context(command, parent=context, info_name=command.name)
    if isinstance(command, click.Group):
        return
    _, rest, _ = command.make_parser(context).parse_args(list(words))
    if rest:
        raise click.UsageError(f"too much: {rest}")


@pytest.mark.parametrize("page", PAGES, ids=lambda page: f"{page.parent.name}/{page.name}")
def test_every_command_that_a_guide_cites_exists(page: Path) -> None:
    wrong = []
    for line in cited(page):
        plain = re.sub(r"\[[^\]]*\]", "", line.replace("…", "x"))  # what may be left out
        try:
            fits(shlex.split(plain)[1:])
        except (click.ClickException, ValueError) as error:
            wrong.append((line, str(error)))
    assert wrong == []


@pytest.mark.parametrize("lang", ["fr", "en"])
def test_a_guide_is_printed_in_the_readers_language(lang: str) -> None:
    runner = CliRunner(env={"LC_ALL": f"{lang}_XX.UTF-8"})
    listed = runner.invoke(cli, ["guide"]).output
    for topic in TOPICS:
        printed = runner.invoke(cli, ["guide", topic]).output
        written = (DOCS / lang / f"{topic}.md").read_text(encoding="utf-8").splitlines()
        assert [line for line in printed.splitlines() if line] == [
            line for line in written if line and not line.startswith("![")
        ]
        assert printed.partition("\n")[0].removeprefix("# ") in listed
