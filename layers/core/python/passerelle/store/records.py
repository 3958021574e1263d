"""The port `Records` on one DynamoDB table (`items` says how it is laid out)."""

from __future__ import annotations

import base64
import logging
import re
import secrets
import uuid
from contextlib import suppress
from dataclasses import replace
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

from boto3.dynamodb.types import TypeDeserializer
from botocore.exceptions import ClientError

from passerelle.domain.person_words import person_words
from passerelle.domain.records import Broken, Record, TargetLock
from passerelle.errors import Conflict, GiveUp, PasserelleError, Refused
from passerelle.ports import Page, R
from passerelle.store import parts
from passerelle.store.aws import AwsBusy, aws_named, code_of, is_busy
from passerelle.store.items import (
    INDEXES,
    Index,
    Item,
    Kind,
    fitted,
    from_item,
    kept_as,
    key,
    listings,
    named_by,
    naming,
    partition,
    still_said,
    to_items,
    unknown_of,
)
from passerelle.store.kinds import KINDS
from passerelle.store.unknown_fields import Aside

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    from mypy_boto3_dynamodb.client import DynamoDBClient

LOG = logging.getLogger(__name__)

Steps = list[dict[str, Any]]
Items = list[Item]
Places = list[tuple[str, str]]  # (pk, sk)

PLACE = re.compile(
    r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{6}Z#.{1,900}", re.DOTALL
)  # a sort key has 1,024 bytes
NAMING_PLACE = re.compile(r"[A-Za-z]{1,40}#.{1,980}", re.DOTALL)
BATCH = 100  # keys that BatchGetItem takes
STEPS = 100  # that a transaction takes
WRITES = 25  # that BatchWriteItem takes
SALT = {"pk": {"S": "PersonSalt"}, "sk": {"S": "PersonSalt"}}
BATCH_ROUNDS = 8
PARTS_ROUNDS = 4


class DynamoRecords:
    """`client` is boto3's of DynamoDB; every write is conditional, every `get` consistent."""

    def __init__(self, client: DynamoDBClient, table: str) -> None:
        self._client = client
        self._table = table
        self._aside = Aside()
        self._salted: bytes | None = None

    def get(self, kind: type[R], key: str) -> R | None:
        """Raises GiveUp `record_unreadable`; it is named in the log and noted for somebody."""
        item = self._item(kind, key)
        return None if item is None else self.read_item(kind, dict(item))

    def add(self, record: R) -> R:
        record = fitted(record)
        stamp = uuid.uuid4().hex
        item, pieces = to_items(record, stamp)
        put = self._put(item) | {"ConditionExpression": "attribute_not_exists(pk)"}
        others = [{"Put": self._put(one)} for one in (*listings(record).values(), *pieces)]
        named = [{"Put": self._put(one)} for one in self._naming(record).values()]
        self._write_naming(put, others, named, record, stamp)
        return record

    def change(self, before: R, after: R) -> R:
        if (type(before), before.id) != (type(after), after.id):
            raise ValueError("a change keeps the record's kind and id")
        unknown = self._unknown(before)
        written = fitted(replace(after, revision=before.revision + 1), unknown)
        stamp = uuid.uuid4().hex
        item, pieces = to_items(written, stamp, unknown)
        put = self._put(item) | _as_read(before)
        old, new = listings(before), listings(written)
        moves: Steps = [{"Put": self._put(item)} for at, item in new.items() if old.get(at) != item]
        moves += [{"Delete": self._at(*at)} for at in old.keys() - new.keys()]
        moves += [{"Put": self._put(piece)} for piece in pieces]
        moves += [{"Delete": self._at(*at)} for at in self._parts_of(before, unknown)]
        then, now = self._naming(before), self._naming(written)
        named = [{"Put": self._put(item)} for at, item in now.items() if then.get(at) != item]
        gone = [{"Put": self._put(then[at] | _ends_now())} for at in then.keys() - now.keys()]
        self._write_naming(put, moves, [*named, *gone], written, stamp)
        if unknown is not None:
            self._aside.put(_revision(written), unknown)
        return written

    def delete(self, record: R) -> None:
        """Gone already is well. Raises Conflict where the record moved on, or a lock is another's."""
        delete: dict[str, Any] = {"TableName": self._table, "Key": key(type(record), record.id)}
        delete |= _as_read(record, or_absent=True)
        gone = [
            {"Delete": self._at(*at)}
            for at in (*listings(record), *self._parts_of(record, self._unknown(record)))
        ]
        named = [{"Delete": self._at(*at)} for at in self._naming(record)]
        room = STEPS - 1 - len(gone)
        with aws_named():
            try:
                if gone or named:
                    self._transact({"Delete": delete}, [*gone, *named[:room]])
                else:
                    self._client.delete_item(**delete)
            except ClientError as error:
                if not _lost(error):
                    raise
                raise Conflict(f"{type(record).__name__} moved on") from None
        self._all_of(named[room:])

    def can_read(self, kind: str, key: str) -> bool:
        known = next((one for one in KINDS if kept_as(one) == kind), None)
        if known is None:
            return False
        item = self._item(known, key)
        try:
            return item is None or bool(self._read(known, self._whole(known, key, dict(item))))
        except GiveUp:
            return False

    def list(
        self,
        kind: type[R],
        index: str,
        value: str,
        *,
        after: str | None = None,
        limit: int = 1000,
        newest_first: bool = False,
    ) -> Page[R]:
        """`state`, `running`, `all` and `site` lag by moments (`items`); the others do not."""
        kept = INDEXES[kind][index]
        past = None if after is None else _place_of(after)
        # One more than asked tells whether there is a next page, without a page that turns out empty.
        asked = partition(kind, index, value)
        rows = tuple(self._rows(kept, kind, asked, past, limit + 1, newest_first=newest_first))
        places = [row["sk" if kept.kept == "items" else f"{kept.kept}sk"]["S"] for row in rows]
        if kept.kept == "items":
            found = self._fetch(kind, [_id_of(where) for where in places[:limit]])
        else:
            found = rows[:limit]
        more = _cursor(places[limit - 1]) if len(rows) > limit else None
        read = (self._read_if_it_can_be(kind, dict(item)) for item in found)
        return Page(tuple(record for record in read if record is not None), more)

    def naming(
        self, word: str, kind: type[R] | None = None, *, after: str | None = None, limit: int = 1000
    ) -> Page[Any]:
        from passerelle.store.kinds import KINDS  # few functions ask this

        kinds = {kept_as(one): one for one in KINDS}
        query: dict[str, Any] = {
            "TableName": self._table,
            "KeyConditionExpression": "pk = :pk",
            "ExpressionAttributeValues": {":pk": {"S": named_by(word, self._salt())}},
            "ScanIndexForward": False,
            "ConsistentRead": True,
        }
        if kind is not None:
            query["KeyConditionExpression"] += " AND begins_with(sk, :kind)"
            query["ExpressionAttributeValues"][":kind"] = {"S": f"{kept_as(kind)}#"}
        if after is not None:
            past = _place_of(after, NAMING_PLACE)
            query["ExclusiveStartKey"] = {
                "pk": query["ExpressionAttributeValues"][":pk"],
                "sk": {"S": past},
            }
        with aws_named():
            answer = self._client.query(**query, Limit=limit)
        places = [row["sk"]["S"] for row in answer["Items"]]
        known = [(kinds[name], _id_of(rest)) for name, _, rest in (one.partition("#") for one in places)]
        keys = [key(*one) for one in known]
        found = {(item["pk"]["S"], item["sk"]["S"]): item for item in self._get_all(keys)}
        read = [
            self._read_if_it_can_be(one, dict(item))
            for (one, _), at in zip(known, keys, strict=True)
            if (item := found.get((at["pk"]["S"], at["sk"]["S"]))) is not None
        ]
        more = _cursor(places[-1]) if answer.get("LastEvaluatedKey") else None
        return Page(tuple(record for record in read if record is not None), more)

    def list_anew(self, record: Record) -> None:
        steps = [*listings(record).values(), *self._naming(record).values()]
        self._all_of([{"Put": self._put(one)} for one in steps])

    # -- reading -----------------------------------------------------------------------------------

    def _read(self, kind: type[R], item: Mapping[str, Any]) -> R:
        record = from_item(kind, item)
        unknown = unknown_of(record, item)
        if unknown is not None:
            self._aside.put(_revision(record), unknown)
        return record

    def _read_if_it_can_be(self, kind: type[R], item: Item) -> R | None:
        """One that cannot be read stops itself only."""
        try:
            return self.read_item(kind, item)
        except GiveUp:
            return None

    def read_item(self, kind: type[R], item: Item) -> R:
        """As it was scanned or asked for. Raises GiveUp `record_unreadable`, as `get` does."""
        name, record_id = kept_as(kind), _id_of(item["pk"]["S"])
        try:
            return self._read(kind, self._whole(kind, record_id, item))
        except GiveUp as unreadable:
            LOG.exception("cannot be read", extra={"kind": name, "record": record_id})
            # Who only reads may not be allowed to write; then the log alone says it.
            with suppress(PasserelleError, ClientError):
                noted = Broken(
                    id=f"{name}#{record_id}", kind=name, code=unreadable.code, at=datetime.now(UTC)
                )
                self.add(replace(noted, **still_said(item)))
            raise

    def _whole(self, kind: Kind, record_id: str, item: Item) -> Item:
        """The item with what lies in its parts."""
        for _ in range(PARTS_ROUNDS):
            if "parts" not in item:
                return item
            revision, count = int(item["revision"]["N"]), int(item["parts"]["N"])
            places = [parts.place(kept_as(kind), revision, number) for number in range(count)]
            found = self._get_all([{"pk": item["pk"], "sk": {"S": place}} for place in places])
            pieces = {one["sk"]["S"]: bytes(one["part"]["B"]) for one in found}
            if len(pieces) == count:
                fields = TypeDeserializer().deserialize(item["record"])
                try:
                    fields |= parts.unpacked(pieces[place] for place in places)
                except (ValueError, EOFError, OSError):
                    raise GiveUp("record_unreadable", kind=kind.__name__) from None
                return {**item, "fields": fields}
            # Written anew between the two reads, or this came from an index, which lags.
            again = self._item(kind, record_id)
            if again is None:
                raise AwsBusy("GetItem", "gone between two reads")
            item = dict(again)
        raise AwsBusy("BatchGetItem", "the record keeps changing")

    def _parts_of(self, record: Record, unknown: Any) -> Places:
        """Where the parts of a record lie that was read as large."""
        if not to_items(record, "0" * 32, unknown)[1]:
            return []
        kind, pk = kept_as(type(record)), key(type(record), record.id)["pk"]
        with aws_named():
            answer = self._client.query(
                TableName=self._table,
                KeyConditionExpression="pk = :pk AND sk BETWEEN :first AND :last",
                ExpressionAttributeValues={
                    ":pk": pk,
                    ":first": {"S": parts.place(kind, 0, 0)},
                    ":last": {"S": parts.place(kind, record.revision, 999)},
                },
                ProjectionExpression="sk",
                ConsistentRead=True,
            )
        return [(pk["S"], one["sk"]["S"]) for one in answer["Items"]]

    def _unknown(self, before: Record) -> Any:
        """What the stored record holds that this release does not know, as it was read."""
        found = self._aside.get(_revision(before))
        if found is None and self._aside.dropped:
            item = self._item(type(before), before.id)
            return (
                None if item is None else unknown_of(before, self._whole(type(before), before.id, dict(item)))
            )
        return found

    def _item(self, kind: Kind, record_id: str) -> Mapping[str, Any] | None:
        with aws_named():
            answer = self._client.get_item(
                TableName=self._table, Key=key(kind, record_id), ConsistentRead=True
            )
        return answer.get("Item")

    def _rows(
        self, kept: Index, kind: Kind, pk: str, past: str | None, limit: int, *, newest_first: bool
    ) -> Iterator[Item]:
        names = ("pk", "sk") if kept.kept == "items" else (f"{kept.kept}pk", f"{kept.kept}sk")
        query: dict[str, Any] = {
            "TableName": self._table,
            "KeyConditionExpression": "#pk = :pk",
            "ExpressionAttributeNames": {"#pk": names[0]},
            "ExpressionAttributeValues": {":pk": {"S": pk}},
            "ScanIndexForward": not newest_first,
        }
        if kept.kept == "items":
            query["ConsistentRead"] = True
        else:
            query["IndexName"] = kept.kept
        if past is not None:
            query["ExclusiveStartKey"] = {names[0]: {"S": pk}, names[1]: {"S": past}}
            if kept.kept != "items":
                query["ExclusiveStartKey"] |= key(kind, _id_of(past))
        while limit > 0:
            with aws_named():
                answer = self._client.query(**query, Limit=limit)
            yield from answer["Items"]
            limit -= len(answer["Items"])
            if not answer.get("LastEvaluatedKey"):
                return
            query["ExclusiveStartKey"] = answer["LastEvaluatedKey"]

    def _fetch(self, kind: Kind, ids: Sequence[str]) -> tuple[Mapping[str, Any], ...]:
        """The records in the order of `ids`, less those that died since they were listed."""
        pks = [key(kind, record_id)["pk"]["S"] for record_id in ids]
        found = {item["pk"]["S"]: item for item in self._get_all([key(kind, one) for one in ids])}
        return tuple(found[pk] for pk in pks if pk in found)

    def _get_all(self, keys: Sequence[Mapping[str, Any]]) -> Items:
        found: Items = []
        for start in range(0, len(keys), BATCH):
            wanted: Any = list(keys[start : start + BATCH])
            for _ in range(BATCH_ROUNDS):
                with aws_named():
                    answer: Any = self._client.batch_get_item(
                        RequestItems={self._table: {"Keys": wanted, "ConsistentRead": True}}
                    )
                found += answer["Responses"].get(self._table, [])
                wanted = answer.get("UnprocessedKeys", {}).get(self._table, {}).get("Keys", [])
                if not wanted:
                    break
            else:
                raise AwsBusy("BatchGetItem", "UnprocessedKeys")
        return found

    # -- whom a record names -----------------------------------------------------------------------

    def _naming(self, record: Record) -> dict[tuple[str, str], Item]:
        return naming(record, self._salt()) if person_words(record) else {}

    def _salt(self) -> bytes:
        """This table's own, made by whoever needs it first."""
        if self._salted is None:
            made: Item = {**SALT, "salt": {"B": secrets.token_bytes(32)}}
            with aws_named(), suppress(self._client.exceptions.ConditionalCheckFailedException):
                self._client.put_item(
                    TableName=self._table, Item=made, ConditionExpression="attribute_not_exists(pk)"
                )
            with aws_named():
                answer = self._client.get_item(TableName=self._table, Key=SALT, ConsistentRead=True)
            self._salted = bytes(answer["Item"]["salt"]["B"])
        return self._salted

    def _write_naming(
        self, put: dict[str, Any], others: Steps, named: Steps, record: Record, stamp: str
    ) -> None:
        """What does not fit in the transaction is written before it (`items`)."""
        room = max(0, STEPS - 1 - len(others))
        self._all_of(named[room:])
        self._write(put, [*others, *named[:room]], record, stamp)

    def _all_of(self, steps: Steps) -> None:
        """Each by itself, in whatever order."""
        asked: Any = [_as_request(step) for step in steps]
        for start in range(0, len(asked), WRITES):
            left = asked[start : start + WRITES]
            for _ in range(BATCH_ROUNDS):
                with aws_named():
                    answer: Any = self._client.batch_write_item(RequestItems={self._table: left})
                left = answer.get("UnprocessedItems", {}).get(self._table, [])
                if not left:
                    break
            else:
                raise AwsBusy("BatchWriteItem", "UnprocessedItems")

    # -- writing -----------------------------------------------------------------------------------

    def _write(self, put: dict[str, Any], others: Steps, record: Record, stamp: str) -> None:
        with aws_named():
            try:
                if others:
                    self._transact({"Put": put}, others)
                else:
                    self._client.put_item(**put)
            except ClientError as error:
                if not _lost(error):
                    raise
            else:
                return
        # boto3 repeats a write whose answer it lost, and the repetition fails its own condition.
        item = self._item(type(record), record.id)
        if item is None or item["stamp"]["S"] != stamp:
            raise Conflict(f"{type(record).__name__} moved on")

    def _transact(self, first: dict[str, Any], others: Steps) -> None:
        steps: Any = [first, *others]
        self._client.transact_write_items(TransactItems=steps)

    def _put(self, item: Item) -> dict[str, Any]:
        return {"TableName": self._table, "Item": item}

    def _at(self, pk: str, sk: str) -> dict[str, Any]:
        return {"TableName": self._table, "Key": {"pk": {"S": pk}, "sk": {"S": sk}}}


def _as_read(record: Record, *, or_absent: bool = False) -> dict[str, Any]:
    """The condition that the stored record is the one that was read.

    A lock that was deleted and taken again starts at the same revision: its holder tells them apart.
    """
    condition = "#revision = :revision"
    names = {"#revision": "revision"}
    values = {":revision": {"N": str(record.revision)}}
    if isinstance(record, TargetLock):
        condition += " AND #holder = :holder"
        names["#holder"] = "holder"
        values[":holder"] = {"S": record.holder}
    if or_absent:
        condition = f"attribute_not_exists(pk) OR ({condition})"
    return {
        "ConditionExpression": condition,
        "ExpressionAttributeNames": names,
        "ExpressionAttributeValues": values,
    }


def _as_request(step: dict[str, Any]) -> dict[str, Any]:
    """A step of a transaction, without condition, as BatchWriteItem takes it."""
    if "Put" in step:
        return {"PutRequest": {"Item": step["Put"]["Item"]}}
    return {"DeleteRequest": {"Key": step["Delete"]["Key"]}}


def _ends_now() -> Item:
    """DynamoDB forgets it within days: who changes a record need not be allowed to delete."""
    return {"expires_at": {"N": str(int(datetime.now(UTC).timestamp()))}}


def _revision(record: Record) -> tuple[str, str, int]:
    return type(record).__name__, record.id, record.revision


def _lost(error: ClientError) -> bool:
    """Whether a condition failed, or another transaction was at it. A throttled transaction did not lose."""
    code = code_of(error)
    if code != "TransactionCanceledException":
        return code in ("ConditionalCheckFailedException", "TransactionConflictException")
    reasons: Any = error.response.get("CancellationReasons", [])
    codes = {reason.get("Code", "None") for reason in reasons}
    if codes & {"ConditionalCheckFailed", "TransactionConflict"}:
        return True
    busy = next((c for c in codes if is_busy(c)), None)
    if busy:
        raise AwsBusy(error.operation_name, busy) from None
    return False


def _id_of(where: str) -> str:
    return where.partition("#")[2]


def _cursor(where: str) -> str:
    return base64.urlsafe_b64encode(where.encode()).decode()


def _place_of(cursor: str, pattern: re.Pattern[str] = PLACE) -> str:
    try:
        where = base64.b64decode(cursor, altchars=b"-_", validate=True).decode()
    except ValueError:
        where = ""
    if not pattern.fullmatch(where):
        raise Refused("bad_cursor")
    return where
