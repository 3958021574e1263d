"""The port `Inventory`: the table scanned, the state bucket listed, older versions of documents deleted."""

from __future__ import annotations

import gzip
import json
from operator import itemgetter
from typing import TYPE_CHECKING, Any

from botocore.exceptions import ClientError

from passerelle.domain.people_in_papers import Leftover
from passerelle.errors import GiveUp
from passerelle.store.aws import aws_named, code_of
from passerelle.store.items import kept_as
from passerelle.store.kinds import KINDS

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from passerelle.domain.records import Record
    from passerelle.store.records import DynamoRecords

TEXTS = (".json", ".csv", ".html", ".txt")
VERSIONED = (*TEXTS, ".yaml")


class AwsInventory:
    def __init__(self, dynamodb: Any, table: str, s3: Any, bucket: str, records: DynamoRecords) -> None:
        self._dynamodb, self._table = dynamodb, table
        self._s3, self._bucket = s3, bucket
        self._records = records

    def records(self, *, readable_only: bool = False) -> Iterator[Record]:
        kinds = {kept_as(kind): kind for kind in KINDS}
        with aws_named():
            pages = self._dynamodb.get_paginator("scan").paginate(
                TableName=self._table,
                ConsistentRead=True,
                FilterExpression="attribute_exists(#record)",
                ExpressionAttributeNames={"#record": "record"},
            )
            for page in pages:
                for item in page["Items"]:
                    yield from self._record(kinds.get(item["sk"]["S"]), item, readable_only=readable_only)

    def page(self, after: str | None, limit: int) -> tuple[tuple[Record, ...], str | None]:
        kinds = {kept_as(kind): kind for kind in KINDS}
        begin: dict[str, Any] = {"ExclusiveStartKey": json.loads(after)} if after else {}
        with aws_named():
            answer = self._dynamodb.scan(
                TableName=self._table,
                Limit=limit,
                ConsistentRead=True,
                FilterExpression="attribute_exists(#record)",
                ExpressionAttributeNames={"#record": "record"},
                **begin,
            )
        found = tuple(
            record
            for item in answer["Items"]
            for record in self._record(kinds.get(item["sk"]["S"]), item, readable_only=True)
        )
        last = answer.get("LastEvaluatedKey")
        return found, json.dumps(last) if last else None

    def _record(
        self, kind: type[Record] | None, item: dict[str, Any], *, readable_only: bool
    ) -> tuple[Record, ...]:
        if kind is None:
            return ()
        try:
            if "parts" in item:  # which may have been written anew, or gone, since
                found = self._records.get(kind, item["pk"]["S"].partition("#")[2])
            else:
                found = self._records.read_item(kind, dict(item))
        except GiveUp:  # noted by the store for somebody
            if not readable_only:
                raise
            return ()
        return () if found is None else (found,)

    def documents(self) -> Iterator[str]:
        with aws_named():
            for page in self._s3.get_paginator("list_objects_v2").paginate(Bucket=self._bucket):
                yield from (row["Key"] for row in page.get("Contents", []))

    def text(self, key: str) -> str | None:
        if not key.endswith(TEXTS):
            return None
        with aws_named():
            try:
                body: bytes = self._s3.get_object(Bucket=self._bucket, Key=key)["Body"].read()
            except ClientError as error:
                if code_of(error) != "NoSuchKey":
                    raise
                return None
        return body.decode("utf-8", "surrogateescape")

    def rewrite(self, key: str, text: str) -> None:
        with aws_named():
            kind = self._s3.head_object(Bucket=self._bucket, Key=key)["ContentType"]
            body = text.encode("utf-8", "surrogateescape")
            self._s3.put_object(Bucket=self._bucket, Key=key, Body=body, ContentType=kind)
            for row in self._older(key):
                if row["Key"] == key:
                    self._s3.delete_object(Bucket=self._bucket, Key=key, VersionId=row["VersionId"])

    def leftovers(self, after: str = "") -> Iterator[Leftover]:
        with aws_named():
            if not after:
                yield from self._quoted("Reference", "refusal", lambda item: item["said"]["S"])
                yield from self._quoted("Request", "answer", _answer)
            for row in self._older("", after):
                key, version = row["Key"], row["VersionId"]
                if key.endswith(VERSIONED) and "ETag" in row:  # a marker of a deletion holds nothing
                    found = self._s3.get_object(Bucket=self._bucket, Key=key, VersionId=version)
                    text = found["Body"].read().decode("utf-8", "surrogateescape")
                    yield Leftover("version", key, text, (key, version))

    def drop(self, leftover: Leftover) -> None:
        first, second = leftover.at
        with aws_named():
            if leftover.kind == "version":
                self._s3.delete_object(Bucket=self._bucket, Key=first, VersionId=second)
            else:
                at = {"pk": {"S": first}, "sk": {"S": second}}
                self._dynamodb.delete_item(TableName=self._table, Key=at)

    def _quoted(self, sk: str, kind: str, said: Callable[[Any], str]) -> Iterator[Leftover]:
        pages = self._dynamodb.get_paginator("scan").paginate(
            TableName=self._table, FilterExpression="sk = :sk", ExpressionAttributeValues={":sk": {"S": sk}}
        )
        for page in pages:
            for item in page["Items"]:
                pk = item["pk"]["S"]
                yield Leftover(kind, f"{pk.replace('#', '/')}.json", said(item), (pk, sk))

    def _older(self, begin: str, after: str = "") -> Iterator[Any]:
        """Versions and marks of deletions that are not the newest, of all keys that begin so and come after
        one; by their keys.
        """
        place = {"KeyMarker": after} if after else {}
        for page in self._s3.get_paginator("list_object_versions").paginate(
            Bucket=self._bucket, Prefix=begin, **place
        ):
            rows = (*page.get("Versions", []), *page.get("DeleteMarkers", []))
            for row in sorted(rows, key=itemgetter("Key")):
                if not row["IsLatest"] and row["Key"] > after:
                    yield row


def _answer(item: Any) -> str:
    return gzip.decompress(bytes(item["answer"]["B"])).decode() if "answer" in item else ""
