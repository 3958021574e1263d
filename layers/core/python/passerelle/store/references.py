"""The port `References` on the table: `Reference#{site}#{reference}`, kept ninety days."""

from __future__ import annotations

import json
from datetime import UTC, datetime
from typing import TYPE_CHECKING

from passerelle.domain.refusals import KEPT_FOR, Refusal
from passerelle.store.aws import aws_named

if TYPE_CHECKING:
    from mypy_boto3_dynamodb.client import DynamoDBClient

    from passerelle.ports import Clock


class DynamoReferences:
    def __init__(self, client: DynamoDBClient, table: str, clock: Clock) -> None:
        self._client = client
        self._table = table
        self._clock = clock

    def keep(self, refusal: Refusal) -> None:
        """The newest of one reference stays: the same request refused again may be for another reason."""
        said = {
            "code": refusal.code,
            "route": refusal.route,
            "course": refusal.course,
            "details": dict(refusal.details),
        }
        with aws_named():
            self._client.put_item(
                TableName=self._table,
                Item={
                    "pk": {"S": _key(refusal.site, refusal.reference)},
                    "sk": {"S": "Reference"},
                    "at": {"N": str(int(refusal.at.timestamp()))},
                    "said": {"S": json.dumps(said, ensure_ascii=False)},
                    "expires_at": {"N": str(int((refusal.at + KEPT_FOR).timestamp()))},
                },
            )

    def find(self, site: str, reference: str) -> Refusal | None:
        key = {"pk": {"S": _key(site, reference)}, "sk": {"S": "Reference"}}
        with aws_named():
            item = self._client.get_item(TableName=self._table, Key=key).get("Item")
        # DynamoDB deletes what expired when it finds the time: until then it counts as gone.
        if item is None or int(item["expires_at"]["N"]) <= self._clock.now().timestamp():
            return None
        said = json.loads(item["said"]["S"])
        at = datetime.fromtimestamp(int(item["at"]["N"]), UTC)
        return Refusal(reference=reference, site=site, at=at, **said)


def _key(site: str, reference: str) -> str:
    return f"Reference#{site}#{reference}"
