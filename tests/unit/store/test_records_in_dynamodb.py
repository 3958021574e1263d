"""What only the table shows: lost answers, refusals of AWS, time to live, sizes, pages of a megabyte."""

from __future__ import annotations

import logging
import traceback
from dataclasses import replace
from datetime import UTC, datetime, timedelta, timezone

import pytest
from botocore.exceptions import EndpointConnectionError
from botocore.stub import Stubber

from passerelle.domain.backups.upload import CourseLine, Upload
from passerelle.domain.publishing.publication import Publication
from passerelle.domain.records import Moment, Note
from passerelle.domain.states import BackupState, PublicationState, RetrievalState
from passerelle.errors import Conflict, GiveUp, TryAgain
from passerelle.store.aws import AwsBusy, AwsRefused
from passerelle.store.items import LARGEST, from_item, iso, key, size_of, to_item
from passerelle.store.records import DynamoRecords
from tests.factories.records import (
    NOW,
    a_card,
    a_line,
    a_lock,
    a_publication,
    a_retrieval,
    a_running_job,
    an_upload,
    contents,
)
from tests.unit.store.conftest import TABLE

DAY = timedelta(days=1)


@pytest.fixture
def records(aws):
    return DynamoRecords(aws.dynamodb, TABLE)


@pytest.fixture
def stub(aws):
    with Stubber(aws.dynamodb) as stubbed:
        yield stubbed


class Repeating:
    """A client whose writes arrive twice, as when boto3 repeats one whose answer was lost."""

    def __init__(self, client):
        self._client = client

    def __getattr__(self, name):
        call = getattr(self._client, name)
        if name not in ("put_item", "transact_write_items", "delete_item"):
            return call

        def twice(**kwargs):
            call(**kwargs)
            return call(**kwargs)

        return twice


def test_a_write_whose_answer_was_lost_knows_itself_again(aws, records):
    hasty = DynamoRecords(Repeating(aws.dynamodb), TABLE)
    line = hasty.add(a_line())
    upload = hasty.add(an_upload())
    changed = hasty.change(line, replace(line, sequence=2))
    renamed = hasty.change(upload, replace(upload, idnumber="CHIM2"))
    assert records.get(CourseLine, line.id) == changed
    assert records.get(Upload, upload.id) == renamed
    hasty.delete(changed)
    assert records.get(CourseLine, line.id) is None


def test_of_two_equal_writes_only_one_wins_however_alike_they_are(aws, records):
    line = records.add(a_line())
    records.change(line, replace(line, sequence=2))
    with pytest.raises(Conflict):
        DynamoRecords(Repeating(aws.dynamodb), TABLE).change(line, replace(line, sequence=2))


@pytest.mark.parametrize(
    ("code", "status", "named"),
    [
        ("ProvisionedThroughputExceededException", 400, AwsBusy),
        ("ThrottlingException", 400, AwsBusy),
        ("TransactionInProgressException", 400, AwsBusy),
        ("AnythingElse", 503, AwsBusy),
        ("TransactionConflictException", 400, Conflict),
        ("AccessDeniedException", 400, AwsRefused),
        ("ResourceNotFoundException", 400, AwsRefused),
        ("ValidationException", 400, AwsRefused),
    ],
)
def test_a_failed_write_is_named_for_what_to_do(stub, records, code, status, named):
    stub.add_client_error("put_item", code, "ada@example.org", status)
    if named is Conflict:
        stub.add_response("get_item", {})
    with pytest.raises(named) as failure:
        records.add(a_line())
    assert isinstance(failure.value, (TryAgain, GiveUp, Conflict))
    assert "ada@example.org" not in "".join(traceback.format_exception(failure.value))


def _cancelled(stub, *codes):
    reasons = [{"Code": code} for code in codes]
    stub.add_client_error(
        "transact_write_items",
        "TransactionCanceledException",
        modeled_fields={"CancellationReasons": reasons},
    )


@pytest.mark.parametrize(
    ("codes", "named"),
    [
        (("ConditionalCheckFailed", "None"), Conflict),
        (("None", "TransactionConflict"), Conflict),
        (("None", "ThrottlingError"), TryAgain),
        (("ProvisionedThroughputExceeded", "None"), TryAgain),
        (("ValidationError", "None"), AwsRefused),
    ],
)
def test_a_cancelled_transaction_is_named_for_its_reasons(stub, records, codes, named):
    records._salted = b"known"  # so that the write is its first call
    _cancelled(stub, *codes)
    if named is Conflict:
        stub.add_response("get_item", {})
    with pytest.raises(named):
        records.add(an_upload())


def test_no_answer_from_the_network_is_worth_another_try(aws):
    class Away:
        def get_item(self, **_):
            raise EndpointConnectionError(endpoint_url="https://secret.example")

    with pytest.raises(TryAgain) as failure:
        DynamoRecords(Away(), TABLE).get(Upload, "x")
    assert "secret.example" not in "".join(traceback.format_exception(failure.value))


# -- lists ------------------------------------------------------------------------------------------


def test_more_than_one_batch_of_records_is_listed_in_order(records, monkeypatch):
    monkeypatch.setattr("passerelle.store.records.BATCH", 2)
    for n in range(5):
        records.add(a_publication(f"p{n}", requested_at=NOW + n * timedelta(seconds=1)))
    listed = records.list(Publication, "course", "caen:CHIM1").items
    assert [p.id for p in listed] == [f"p{n}" for n in range(5)]


def test_a_list_longer_than_a_megabyte_is_read_to_its_end(records):
    summary = "é" * 150_000
    for n in range(5):
        records.add(a_publication(f"p{n}", card=a_card(summary=summary)))
    assert len(records.list(Publication, "all", "all").items) == 5


def test_keys_that_a_batch_did_not_get_to_are_asked_for_again(aws, records):
    for name in ("a", "b"):
        records.add(an_upload(name))

    class Slow:
        def __getattr__(self, name):
            return getattr(aws.dynamodb, name)

        def batch_get_item(self, RequestItems):  # noqa: N803 (boto3's name)
            wanted = RequestItems[TABLE]["Keys"]
            answer = aws.dynamodb.batch_get_item(
                RequestItems={TABLE: RequestItems[TABLE] | {"Keys": wanted[:1]}}
            )
            left = {TABLE: RequestItems[TABLE] | {"Keys": wanted[1:]}} if wanted[1:] else {}
            return answer | {"UnprocessedKeys": left}

    assert [u.id for u in DynamoRecords(Slow(), TABLE).list(Upload, "course", "caen:CHIM1").items] == [
        "a",
        "b",
    ]


def test_a_batch_that_never_ends_is_given_back_for_another_try(aws, records):
    records.add(an_upload())

    class Stuck:
        def __getattr__(self, name):
            return getattr(aws.dynamodb, name)

        def batch_get_item(self, RequestItems):  # noqa: N803 (boto3's name)
            return {"Responses": {}, "UnprocessedKeys": RequestItems}

    with pytest.raises(TryAgain):
        DynamoRecords(Stuck(), TABLE).list(Upload, "course", "caen:CHIM1")


def test_the_lists_that_decisions_rest_on_are_read_consistently(aws, records):
    records.add(an_upload())
    asked = []
    events = aws.dynamodb.meta.events

    def note(params, model, **_):
        asked.append((model.name, b'"ConsistentRead": true' in params["body"]))

    events.register("before-call.dynamodb.*", note)
    try:
        records.get(Upload, "upload1")
        records.list(Upload, "course", "caen:CHIM1")
    finally:
        events.unregister("before-call.dynamodb.*", note)
    assert asked == [("GetItem", True), ("Query", True), ("BatchGetItem", True)]


# -- what is written --------------------------------------------------------------------------------


def test_a_change_of_state_is_one_conditional_write(aws, records):
    upload = records.add(an_upload(state=BackupState.RECEIVED))
    calls = []
    events = aws.dynamodb.meta.events

    def note(model, **_):
        calls.append(model.name)

    events.register("before-call.dynamodb.*", note)
    try:
        records.change(upload, replace(upload, state=BackupState.ACCEPTED))
    finally:
        events.unregister("before-call.dynamodb.*", note)
    assert calls == ["PutItem"]


def test_times_are_kept_in_utc_whatever_zone_they_came_in():
    paris = timezone(timedelta(hours=2))
    assert iso(datetime(2026, 10, 5, 10, 0, tzinfo=paris)) == "2026-10-05T08:00:00.000000Z"
    with pytest.raises(ValueError, match="zone"):
        iso(NOW.replace(tzinfo=None))


def test_a_field_of_a_newer_release_does_not_stop_an_older_one():
    item = to_item(an_upload(), "s")
    item["record"]["M"]["invented_later"] = {"S": "x"}
    assert from_item(Upload, item) == an_upload()


def test_a_record_that_cannot_be_read_says_so_without_its_values():
    item = to_item(an_upload(), "s")
    item["record"]["M"]["sequence"] = {"S": "ada@example.org"}
    with pytest.raises(GiveUp) as failure:
        from_item(Upload, item)
    assert failure.value.code == "record_unreadable"
    assert "ada@example.org" not in "".join(traceback.format_exception(failure.value))


# -- time to live -----------------------------------------------------------------------------------


DELETED = (Moment("deleted", NOW + DAY, "kept too long"),)


@pytest.mark.parametrize(
    ("record", "dies"),
    [
        (an_upload(), None),
        (an_upload(state=BackupState.DELETED, history=DELETED), NOW + DAY + 400 * DAY),
        (a_publication(state=PublicationState.FAILED), None),
        (a_publication(state=PublicationState.WITHDRAWN), None),
        (a_retrieval(state=RetrievalState.DONE), None),
        (a_retrieval(state=RetrievalState.FAILED), NOW + 400 * DAY),
        (a_line(), None),
        (a_running_job(), None),
        (a_running_job(ended=True), NOW + 30 * DAY),
        (a_lock(until=NOW + DAY), NOW + 2 * DAY),
    ],
)
def test_what_nobody_will_ask_for_again_dies_in_time_and_nothing_else(aws, records, record, dies):
    records.add(record)
    stored = aws.dynamodb.get_item(TableName=TABLE, Key=key(type(record), record.id))["Item"]
    found = stored.get("expires_at")
    assert (datetime.fromtimestamp(int(found["N"]), UTC) if found else None) == dies


def test_where_a_record_is_listed_dies_with_it(aws, records):
    upload = records.add(an_upload())
    records.change(upload, replace(upload, state=BackupState.DELETED, history=DELETED))
    items = [one for one in aws.dynamodb.scan(TableName=TABLE)["Items"] if "salt" not in one]
    assert len(items) > 2
    assert {item["expires_at"]["N"] for item in items} == {str(int((NOW + 401 * DAY).timestamp()))}


def test_a_list_leaves_out_what_died_since(aws, records):
    records.add(an_upload("a"))
    records.add(an_upload("b"))
    aws.dynamodb.delete_item(TableName=TABLE, Key=key(Upload, "a"))
    assert [u.id for u in records.list(Upload, "course", "caen:CHIM1").items] == ["b"]


# -- sizes ------------------------------------------------------------------------------------------


def test_a_course_of_many_thousand_activities_is_cut_in_its_preview_only(records, caplog):
    titles = tuple(f"Activité {n} : {'x' * 60}" for n in range(10_000))
    with caplog.at_level(logging.WARNING):
        stored = records.add(a_publication(contents=contents(titles=titles, activities={"page": 10_000})))
    assert 1000 < len(stored.contents.titles) < 10_000
    assert stored.contents.titles == titles[: len(stored.contents.titles)]
    assert stored.contents.activities == {"page": 10_000}
    assert records.get(Publication, stored.id) == stored
    assert "cut to fit" in caplog.text
    assert "Activité" not in caplog.text


def test_a_change_is_cut_like_a_new_record(records):
    publication = records.add(a_publication())
    warnings = tuple(Note("w", {"what": "x" * 400}) for _ in range(2000))
    written = records.change(publication, replace(publication, warnings=warnings))
    assert 0 < len(written.warnings) < 2000
    assert records.get(Publication, publication.id) == written


def test_what_cannot_be_cut_to_size_is_refused_clearly(records):
    with pytest.raises(GiveUp) as failure:
        records.add(a_publication(course_url="x" * 500_000))
    assert failure.value.code == "record_too_large"
    assert failure.value.details["size"] > LARGEST
    assert records.get(Publication, "publication1") is None


def test_the_size_is_not_underestimated(records):
    """moto refuses at 400 KiB as DynamoDB does: the largest that is let through must pass."""
    publication = a_publication(card=a_card(summary="é" * 300_000))
    stored = records.add(publication)
    assert LARGEST / 2.1 < size_of(to_item(stored, "0" * 32)) <= LARGEST
