"""`passerelle sync report`: a night's report as files to open."""

from __future__ import annotations

import json
from collections.abc import Callable
from datetime import date, datetime
from pathlib import Path

import click

from passerelle.usecases.night.plan_stage import rules_of, tonight
from passerelle.usecases.night.report import files_of, make_report, write_report
from passerelle.words.night_report import as_document
from passerelle_cli.stack import Stack, on_a_stack, world_of
from passerelle_cli.terminal import echo, worded


@click.command()
@click.option("--site", required=True, help="Name of the site in network.yaml.")
@click.option("--night", type=click.DateTime(["%Y-%m-%d"]), help="Its morning; default: this one's.")
@click.option(
    "--to",
    "folder",
    type=click.Path(file_okay=False, path_type=Path),
    help="Folder for pages, the CSV of each faculty and the JSON; else they go to the state bucket.",
)
@on_a_stack
def report(site: str, night: datetime | None, folder: Path | None, find_stack: Callable[[], Stack]) -> None:
    """Make the report of a night again: figures, plots, what to correct and by whom."""
    world = world_of(find_stack, site=site)
    rules = rules_of(world, site)
    day: date = night.date() if night else tonight(rules, world.clock.now())
    if folder is None:
        made = write_report(world, site, day)
        echo(_written(f"nights/{site}/{day.isoformat()}/report/", len(made.lines)))
        return
    made = make_report(world, site, day)
    for name, _, text in files_of(made, rules):
        path = folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, encoding="utf-8")
    (folder / "report.json").write_text(
        json.dumps(as_document(made), ensure_ascii=False, indent=1), encoding="utf-8"
    )
    echo(_written(str(folder), len(made.lines)))


def _written(where: str, points: int) -> str:
    said = (
        "{where} : {n:rien à corriger|# point à corriger|# points à corriger}.",
        "{where}: {n:nothing to correct|# point to correct|# points to correct}.",
    )
    return worded(*said, where=where, n=points)
