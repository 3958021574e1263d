"""The port `Requests` on the table: `Request#{site}#{sha256 of the id}`, kept three days.

A site repeats a request that had no answer for hours at most; three days outlive a weekend's outage.
"""

from __future__ import annotations

import gzip
import hashlib
import json
import logging
from datetime import timedelta
from typing import TYPE_CHECKING, Any

from botocore.exceptions import ClientError

from passerelle.errors import Conflict
from passerelle.store.aws import aws_named, code_of
from passerelle.store.items import LARGEST

if TYPE_CHECKING:
    from collections.abc import Mapping

    from mypy_boto3_dynamodb.client import DynamoDBClient

    from passerelle.ports import Clock

LOG = logging.getLogger(__name__)
KEPT_FOR = timedelta(days=3)


class DynamoRequests:
    def __init__(self, client: DynamoDBClient, table: str, clock: Clock) -> None:
        self._client = client
        self._table = table
        self._clock = clock

    def remembered(self, site: str, request_id: str, body_sha256: str) -> Mapping[str, object] | None:
        now = self._clock.now()
        key = _key(site, request_id)
        item = key | {
            "body": {"S": body_sha256},
            "expires_at": {"N": str(int((now + KEPT_FOR).timestamp()))},
        }
        with aws_named():
            try:
                self._client.put_item(
                    TableName=self._table,
                    Item=item,
                    # DynamoDB deletes what expired when it finds the time: until then it counts as gone.
                    ConditionExpression="attribute_not_exists(pk) OR expires_at <= :now",
                    ExpressionAttributeValues={":now": {"N": str(int(now.timestamp()))}},
                )
            except ClientError as error:
                if code_of(error) != "ConditionalCheckFailedException":
                    raise
            else:
                return None
            found = self._client.get_item(TableName=self._table, Key=key, ConsistentRead=True).get("Item")
        if found is None:  # it died between the two calls
            return None
        if found["body"]["S"] != body_sha256:
            raise Conflict("this request id came with another body")
        if "answer" not in found:
            return None
        answer: Mapping[str, object] = json.loads(gzip.decompress(bytes(found["answer"]["B"])))
        return answer

    def remember(self, site: str, request_id: str, answer: Mapping[str, object]) -> None:
        """The first answer stays: of two that ran beside each other both senders get it when they repeat."""
        packed = gzip.compress(json.dumps(answer, ensure_ascii=False).encode(), mtime=0)
        if len(packed) > LARGEST:
            # What was done is safe to repeat: repeating finds it done, and answers the same.
            LOG.warning("an answer too large to remember", extra={"site": site, "size": len(packed)})
            return
        until = str(int((self._clock.now() + KEPT_FOR).timestamp()))
        update: dict[str, Any] = {
            "TableName": self._table,
            "Key": _key(site, request_id),
            "UpdateExpression": "SET answer = :answer, expires_at = :until",
            "ConditionExpression": "attribute_not_exists(answer)",
            "ExpressionAttributeValues": {":answer": {"B": packed}, ":until": {"N": until}},
        }
        with aws_named():
            try:
                self._client.update_item(**update)
            except ClientError as error:
                if code_of(error) != "ConditionalCheckFailedException":
                    raise


def _key(site: str, request_id: str) -> dict[str, Any]:
    """The id is the sender's own text: hashed, it has one length and holds nothing."""
    digest = hashlib.sha256(request_id.encode()).hexdigest()
    return {"pk": {"S": f"Request#{site}#{digest}"}, "sk": {"S": "Request"}}
