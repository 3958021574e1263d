"""`passerelle rules`: what is promised, by number; from infra/docs/rules.md and infra/docs/fr/rules.md."""

from __future__ import annotations

import re
import shutil
import textwrap
from dataclasses import dataclass
from pathlib import Path

import click

from passerelle.words.typesetting import typeset
from passerelle_cli.terminal import echo, either, language, worded

_DOCS = Path(__file__).parents[2] / "docs"
# In the checkout, and where the installed package carries its copy.
PAGES = {
    "en": (_DOCS / "rules.md", Path(__file__).with_name("rules.md")),
    "fr": (_DOCS / "fr" / "rules.md", Path(__file__).with_name("rules-fr.md")),
}

_MARK = r"(?: \*Planned(?:: (?P<part>[^*]+))?\.\*)?"
_LINE = re.compile(rf"- \*\*(?P<number>[A-Z]\d+)\*\*(?P<mark>{_MARK}) (?P<text>.+)")
_ROW = re.compile(
    rf"\| \*\*(?P<number>[A-Z]\d+)\*\*(?P<mark>{_MARK}) \| (?P<text>.+) \| (?P<who>[^|]+) \|",
)


@dataclass(frozen=True, slots=True)
class Rule:
    number: str
    text: str  # as the page has it, in Markdown, without number and mark
    family: str  # the heading under which it stands
    who: str = ""  # repairs what a check finds
    planned: bool = False  # nothing of it works yet
    planned_part: str = ""  # what of it does not work yet


def read_rules(page: str) -> dict[str, Rule]:
    """The rules of the page by number, in its order; a number that comes twice raises ValueError."""
    rules: dict[str, Rule] = {}
    family = ""
    for line in page.splitlines():
        if line.startswith("#"):
            family = line.lstrip("# ")
        found = _LINE.fullmatch(line) or _ROW.fullmatch(line)
        if not found:
            continue
        said = found.groupdict()
        if said["number"] in rules:
            raise ValueError(f"{said['number']} stands twice")
        part = said["part"] or ""
        rules[said["number"]] = Rule(
            said["number"], said["text"], family, said.get("who", ""), bool(said["mark"]) and not part, part
        )
    return rules


def known_rules(lang: str = "en") -> dict[str, Rule]:
    page = next(page for page in PAGES[lang] if page.exists())
    return read_rules(page.read_text(encoding="utf-8"))


@click.command()
@click.argument("numbers", nargs=-1, metavar="[NUMBER]...")
def rules(numbers: tuple[str, ...]) -> None:
    """Print the rules with these numbers, such as N13 or D8; all of them without one."""
    known = known_rules(language())
    wanted = [number.upper() for number in numbers] or list(known)
    if unknown := [number for number in wanted if number not in known]:
        raise click.BadParameter(_unknown(unknown, known), param_hint="NUMBER")
    family = ""
    for number in wanted:
        rule = known[number]
        if rule.family != family:
            echo("\n" * bool(family), nl=False)
            family = rule.family
            echo(typeset(_plain(family), language()), colour="bold")
        echo(_paragraph(rule))


def _paragraph(rule: Rule) -> str:
    said = typeset(_plain(rule.text), language())
    if rule.who:
        said = either(f"{said} (à corriger par : {rule.who})", f"{said} (repaired by: {rule.who})")
    if rule.planned:
        said = either(f"[prévu] {said}", f"[planned] {said}")
    elif rule.planned_part:
        said = either(f"[prévu : {rule.planned_part}] {said}", f"[planned: {rule.planned_part}] {said}")
    width = min(shutil.get_terminal_size().columns, 100)
    return textwrap.fill(said, width, initial_indent=f"{rule.number:4}", subsequent_indent="    ")


def _plain(markdown: str) -> str:
    """Without emphasis, code marks and the targets of links; what stands in code marks is left as it is."""
    pieces = re.sub(r"\[([^\]]+)\]\([^)]+\)", r"\1", markdown).split("`")
    pieces[::2] = [re.sub(r"(\*{1,2})(\S(?:[^*]*\S)?)\1", r"\2", piece) for piece in pieces[::2]]
    return "".join(pieces)


def _unknown(numbers: list[str], known: dict[str, Rule]) -> str:
    families: dict[str, int] = {}
    for number in known:
        families[number[0]] = int(number[1:])
    ranges = ", ".join(
        f"{family}1–{family}{last}" if last > 1 else f"{family}1" for family, last in families.items()
    )
    asked = ", ".join(numbers)
    return worded(
        "aucune règle ne porte le numéro {asked} ; il y a {ranges}.",
        "no rule has the number {asked}; there are {ranges}.",
        asked=asked,
        ranges=ranges,
    )
