"""`passerelle policy`: the rights of whoever deploys, operates, helps or delivers extracts, and no others."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

import click

from passerelle.usecases.night.plan_stage import rules_of
from passerelle_cli.stack import Stack, on_a_stack, world_of


@click.group()
def policy() -> None:
    """IAM policies to give to others, as JSON."""


@policy.command()
@click.option("--site", required=True, help="Name of the site in network.yaml.")
@on_a_stack
def depositor(site: str, find_stack: Callable[[], Stack]) -> None:
    """May write this site's extracts: reads nothing, deletes nothing, and touches no other site's."""
    stack = find_stack()
    rules_of(world_of(lambda: stack, site=site), site)
    _print(
        _allow(
            "DeliverExtracts",
            ["s3:PutObject", "s3:AbortMultipartUpload"],
            f"arn:aws:s3:::{stack.state_bucket}/sis/{site}/*",
        )
    )


@policy.command()
def deployer() -> None:
    """May deploy, update and delete the stack; what it makes, it makes under the stack's name.

    Its own roles are made by CloudFormation: iam:PassRole stays with them.
    """
    _print(
        _allow("Stack", [f"{one}:*" for one in _DEPLOYED], "*"),
        _allow(
            "RolesOfTheStack",
            [
                "iam:CreateRole",
                "iam:DeleteRole",
                "iam:GetRole",
                "iam:PassRole",
                "iam:TagRole",
                "iam:UntagRole",
                "iam:UpdateAssumeRolePolicy",
                "iam:AttachRolePolicy",
                "iam:DetachRolePolicy",
                "iam:PutRolePolicy",
                "iam:GetRolePolicy",
                "iam:DeleteRolePolicy",
            ],
            "arn:aws:iam::*:role/passerelle*",
        ),
    )


@policy.command()
@on_a_stack
def operator(find_stack: Callable[[], Stack]) -> None:
    """May run every command on this installation: its table, buckets, queues and secrets; deploys nothing."""
    stack = find_stack()
    _print(
        _look(stack),
        _allow("Table", [f"dynamodb:{one}" for one in (*_READS, *_WRITES)], *_tables(stack)),
        _allow(
            "Buckets",
            [
                "s3:GetObject*",
                "s3:PutObject",
                "s3:DeleteObject*",  # older versions as well: `people forget` leaves none that names somebody
                "s3:AbortMultipartUpload",
                "s3:ListBucket",
                "s3:ListBucketVersions",
            ],
            *_buckets(stack.state_bucket, stack.backups_bucket),
        ),
        _allow(
            "Queues",
            [
                "sqs:SendMessage",
                "sqs:ReceiveMessage",
                "sqs:DeleteMessage",
                "sqs:GetQueueUrl",
                "sqs:GetQueueAttributes",
            ],
            f"arn:aws:sqs:*:*:{_name_of(stack)}*",
        ),
        _allow("Copies", ["dynamodb:Scan"], f"arn:aws:dynamodb:*:*:table/{_name_of(stack)}*"),
        _allow("Functions", ["lambda:InvokeFunction"], f"arn:aws:lambda:*:*:function:{_name_of(stack)}*"),
        _allow(
            "Secrets",
            ["ssm:GetParameter*", "ssm:PutParameter"],
            f"arn:aws:ssm:*:*:parameter{stack.secrets_prefix}*",
        ),
    )


@policy.command()
@on_a_stack
def desk(find_stack: Callable[[], Stack]) -> None:
    """May answer `passerelle why` and read reports: reads the table and the state bucket, writes nothing.

    No secret, so no Moodle is asked: the page in Moodle does that.
    """
    stack = find_stack()
    _print(
        _look(stack),
        _allow("Table", [f"dynamodb:{one}" for one in _READS], *_tables(stack)),
        _allow("Reports", ["s3:GetObject", "s3:ListBucket"], *_buckets(stack.state_bucket)),
    )


_DEPLOYED = (
    "apigateway",
    "cloudformation",
    "cloudwatch",
    "dynamodb",
    "events",
    "lambda",
    "logs",
    "s3",
    "scheduler",
    "sns",
    "sqs",
    "states",
)
_READS = ("GetItem", "BatchGetItem", "Query", "Scan")
_WRITES = ("PutItem", "UpdateItem", "DeleteItem", "BatchWriteItem", "ConditionCheckItem")


def _look(stack: Stack) -> dict[str, Any]:
    """The stack's addresses, by --stack-name."""
    return _allow(
        "Addresses", ["cloudformation:DescribeStacks"], f"arn:aws:cloudformation:*:*:stack/{_name_of(stack)}*"
    )


def _name_of(stack: Stack) -> str:
    """Queues are named after it."""
    return stack.queues["publications"].rsplit("/", 1)[-1].removesuffix("-publications")


def _tables(stack: Stack) -> tuple[str, str]:
    table = f"arn:aws:dynamodb:*:*:table/{stack.table}"
    return table, f"{table}/index/*"


def _buckets(*names: str) -> list[str]:
    return [arn for name in names for arn in (f"arn:aws:s3:::{name}", f"arn:aws:s3:::{name}/*")]


def _allow(sid: str, actions: list[str], *resources: str) -> dict[str, Any]:
    return {"Sid": sid, "Effect": "Allow", "Action": actions, "Resource": list(resources)}


def _print(*statements: dict[str, Any]) -> None:
    click.echo(json.dumps({"Version": "2012-10-17", "Statement": list(statements)}, indent=1))
