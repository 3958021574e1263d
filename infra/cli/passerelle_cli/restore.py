"""`passerelle restore`: table and papers put back to what they were at a moment."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from datetime import datetime
from typing import Any

import click

from passerelle_cli.patience import PATIENCE
from passerelle_cli.stack import Stack, on_a_stack
from passerelle_cli.terminal import echo, either, refuse, when, worded

_BATCH = 25  # items that DynamoDB takes at once
_yes = click.option("--yes", is_flag=True, help="Do it; without, it is only said what would be done.")


@click.group("restore")
def restore() -> None:
    """What is kept, put back to a moment: the table from a copy, papers from their versions."""


# -- the table -------------------------------------------------------------------------------------------


@restore.command("table")
@click.argument("copy")
@_yes
@on_a_stack
def restore_table(copy: str, *, yes: bool, find_stack: Callable[[], Stack]) -> None:
    """Make the installation's table equal to COPY, the table that DynamoDB restored to a moment.

    Hold nights and stop deliveries first. Cut, it is simply given again.
    """
    stack = find_stack()
    dynamodb = stack.client("dynamodb")
    if copy == stack.table:
        refuse("COPY", either("c’est la table elle-même.", "that is the table itself."))
    PATIENCE.doing(either("Lecture des deux tables…", "Reading both tables…"))
    wanted, there = _items(dynamodb, copy), _items(dynamodb, stack.table)
    put = [item for key, item in wanted.items() if there.get(key) != item]
    gone = [_key(item) for key, item in there.items() if key not in wanted]
    said = (
        "{put:# élément à remettre|# éléments à remettre}, {gone:# à supprimer|# à supprimer}, "
        "{same:# pareil|# pareils}.",
        "{put:# item to put back|# items to put back}, {gone:# to delete|# to delete}, "
        "{same:# the same|# the same}.",
    )
    echo(worded(*said, put=len(put), gone=len(gone), same=len(wanted) - len(put)))
    if not yes:
        echo(either("Pour le faire : --yes", "To do it: --yes"))
        return
    requests = [{"PutRequest": {"Item": item}} for item in put]
    requests += [{"DeleteRequest": {"Key": key}} for key in gone]
    PATIENCE.doing(either("Écriture…", "Writing…"))
    for first in range(0, len(requests), _BATCH):
        left = {stack.table: requests[first : first + _BATCH]}
        while left:
            left = dynamodb.batch_write_item(RequestItems=left).get("UnprocessedItems", {})
    echo(either("La table est comme la copie.", "The table is like the copy."))


def _items(dynamodb: Any, table: str) -> dict[tuple[str, str], Any]:
    """Every item by its key, as DynamoDB writes it."""
    pages = dynamodb.get_paginator("scan").paginate(TableName=table, ConsistentRead=True)
    found = [item for page in pages for item in page["Items"]]
    return {(item["pk"]["S"], item["sk"]["S"]): item for item in found}


def _key(item: Mapping[str, Any]) -> dict[str, Any]:
    return {name: item[name] for name in ("pk", "sk")}


# -- papers ----------------------------------------------------------------------------------------------


@restore.command("papers")
@click.option(
    "--at",
    required=True,
    type=click.DateTime(["%Y-%m-%dT%H:%M", "%Y-%m-%d %H:%M"]),
    help="The moment, in this machine's time: 2026-10-06T04:00.",
)
@click.option("--under", default="", help="Only what lies under this: config/, nights/caen/ …")
@_yes
@on_a_stack
def restore_papers(at: datetime, under: str, *, yes: bool, find_stack: Callable[[], Stack]) -> None:
    """Put the state bucket's papers (network.yaml, plans, reports, manifests) back to what they were then.

    Nothing is lost: what stands now stays as an older version. Archives of courses have no versions.
    """
    stack = find_stack()
    s3, bucket = stack.client("s3"), stack.state_bucket
    moment = at.astimezone()
    changes = list(_changes(s3, bucket, under, moment))
    for key, version in changes:
        echo(f"{'+' if version else '-'} {key}")
        if yes and version:
            s3.copy_object(
                Bucket=bucket, Key=key, CopySource={"Bucket": bucket, "Key": key, "VersionId": version}
            )
        elif yes:
            s3.delete_object(Bucket=bucket, Key=key)
    said = (
        "{n:Rien à remettre|# document remis|# documents remis} au {at}.",
        "{n:Nothing to put back|# paper put back|# papers put back} to {at}.",
    )
    would = (
        "{n:Rien à remettre|# document à remettre|# documents à remettre} au {at}. Pour le faire : --yes",
        "{n:Nothing to put back|# paper to put back|# papers to put back} to {at}. To do it: --yes",
    )
    echo(worded(*(said if yes or not changes else would), n=len(changes), at=when(moment)))


_Then = dict[str, tuple[datetime, str]]  # key → the newest version of then, with when it was written


def _changes(s3: Any, bucket: str, under: str, at: datetime) -> Iterator[tuple[str, str]]:
    """Each key that is not as it was then, with the version of then; none where it was not there."""
    now: dict[str, str] = {}
    then: _Then = {}
    for page in s3.get_paginator("list_object_versions").paginate(Bucket=bucket, Prefix=under):
        for row in page.get("Versions", []):
            _note(row, row["VersionId"], at, now, then)
        for row in page.get("DeleteMarkers", []):
            _note(row, "", at, now, then)
    for key, current in sorted(now.items()):
        version = then.get(key, (at, ""))[1]
        if version != current:
            yield key, version


def _note(row: Mapping[str, Any], version: str, at: datetime, now: dict[str, str], then: _Then) -> None:
    """One version of a key, none where it was deleted: in force now, or the newest of before `at`."""
    key, written = row["Key"], row["LastModified"]
    if row["IsLatest"]:
        now[key] = version
    if written <= at and (key not in then or then[key][0] < written):
        then[key] = (written, version)
