"""`passerelle schema`: the JSON schema of what a command prints with `--json`."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

import click

from passerelle.domain.backups.manifest import Inspection
from passerelle.domain.network import Network
from passerelle.domain.rollover.plan import Plan
from passerelle_cli.answers.extracts import DesiredLists, ExtractsChecked
from passerelle_cli.answers.mbz import ArchiveUnread
from passerelle_cli.answers.night import NightPlan, NightsStatus, PersonRepaired, PlansCompared
from passerelle_cli.answers.orders import OrdersExplained, OrdersListed, OrdersWaiting, OrderWhole
from passerelle_cli.answers.people import PersonHeld
from passerelle_cli.answers.publications import CardsFound, PublicationShown, PublicationsListed
from passerelle_cli.answers.rollover import (
    PlanProgress,
    PlanReport,
    RolloverAsked,
    RolloverContents,
    RolloverDescribed,
    RolloverReport,
)
from passerelle_cli.answers.why import WhyAnswer, WhyCandidates, WhyReference
from passerelle_cli.terminal import nearest, refuse, worded

ANSWERS: Mapping[str, tuple[Any, ...]] = {
    # Each command that prints JSON, with the shapes of its object.
    "catalogue search": (CardsFound,),
    "mbz inspect": (Inspection, ArchiveUnread),
    "network show": (Network,),
    "orders explain": (OrdersExplained,),
    "orders list": (OrdersListed, OrdersWaiting),
    "orders show": (OrderWhole,),
    "people show": (PersonHeld,),
    "publications list": (PublicationsListed,),
    "publications show": (PublicationShown,),
    "rollover contents": (RolloverContents,),
    "rollover plan": (Plan,),
    "rollover report": (RolloverReport, PlanReport),
    "rollover request": (RolloverAsked,),
    "rollover status": (RolloverDescribed, PlanProgress),
    "sync adopt": (NightPlan,),
    "sync check": (ExtractsChecked,),
    "sync desired": (DesiredLists,),
    "sync diff": (PlansCompared,),
    "sync person": (PersonRepaired,),
    "sync plan": (NightPlan,),
    "sync show": (NightPlan,),
    "sync status": (NightsStatus,),
    "why": (WhyAnswer, WhyReference, WhyCandidates),
}


def schema_of(command: str) -> dict[str, Any]:
    """The JSON schema of what the command prints with --json."""
    from passerelle_cli.network_schema import schema_made_of

    return schema_made_of(ANSWERS[command], f"passerelle {command} --json")


@click.command("schema")
@click.argument("command", nargs=-1)
def schema(command: tuple[str, ...]) -> None:
    """Print the JSON schema of what COMMAND prints with --json; without one, list the commands that do."""
    if not command:
        for one in ANSWERS:
            click.echo(f"passerelle {one}")
        return
    name = " ".join(command)
    if name not in ANSWERS:
        sentence = worded("« {name} » n’imprime pas de JSON.", "“{name}” prints no JSON.", name=name)
        refuse("COMMAND", f"{sentence} {nearest(name, ANSWERS)}")
    click.echo(json.dumps(schema_of(name), ensure_ascii=False, indent=1))
