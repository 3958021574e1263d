"""`passerelle policy depositor`: the rights of whatever delivers extracts, and no others."""

from __future__ import annotations

import json
from collections.abc import Callable

import click

from passerelle.usecases.night.plan_stage import rules_of
from passerelle_cli.stack import Stack, on_a_stack
from passerelle_cli.terminal import echo


@click.group()
def policy() -> None:
    """IAM policies to give to others, as JSON."""


@policy.command()
@click.option("--site", required=True, help="Name of the site in network.yaml.")
@on_a_stack
def depositor(site: str, find_stack: Callable[[], Stack]) -> None:
    """May write this site's extracts: reads nothing, deletes nothing, and touches no other site's."""
    stack = find_stack()
    rules_of(stack.world(), site)
    statement = {
        "Sid": "DeliverExtracts",
        "Effect": "Allow",
        "Action": ["s3:PutObject", "s3:AbortMultipartUpload"],
        "Resource": f"arn:aws:s3:::{stack.state_bucket}/sis/{site}/*",
    }
    echo(json.dumps({"Version": "2012-10-17", "Statement": [statement]}, indent=2))
