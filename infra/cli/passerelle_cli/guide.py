"""`passerelle guide`: the guides of infra/docs in the terminal, in the reader's language."""

from __future__ import annotations

import re
from pathlib import Path

import click

from passerelle_cli.terminal import language, worded

HERE = Path(__file__).parent
# In the installed package beside this file; in the repository where they are written.
GUIDES = HERE / "guides" if (HERE / "guides").is_dir() else HERE.parents[1] / "docs"
TOPICS = (
    "teachers",
    "administrators",
    "systems",
    "help-desk",
    "sellers",
    "auditors",
    "deploying",
    "commands",
)
FRENCH = {
    "enseignants": "teachers",
    "administrateurs": "administrators",
    "informatique": "systems",
    "aide": "help-desk",
    "vente": "sellers",
    "audit": "auditors",
    "deployer": "deploying",
    "commandes": "commands",
}


@click.command("guide")
@click.argument("topic", required=False, type=click.Choice([*TOPICS, *FRENCH]))
def guide(topic: str | None) -> None:
    """Print a guide; without a name, list them."""
    if topic is None:
        click.echo(worded("Les guides (passerelle guide NOM) :", "The guides (passerelle guide NAME):"))
        names = {english: french for french, english in FRENCH.items()} if language() == "fr" else {}
        for one in TOPICS:
            click.echo(f"  {names.get(one, one):16} {title_of(one)}")
        return
    click.echo(page(FRENCH.get(topic, topic)), nl=False)


def page(topic: str) -> str:
    """Without its pictures, which a terminal does not show."""
    text = (GUIDES / language() / f"{topic}.md").read_text(encoding="utf-8")
    return re.sub(r"^!\[.*\]\(.*\)\n\n", "", text, flags=re.MULTILINE)


def title_of(topic: str) -> str:
    return page(topic).partition("\n")[0].removeprefix("# ")
