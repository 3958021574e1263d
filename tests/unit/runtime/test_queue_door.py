from __future__ import annotations

import json

import pytest

from passerelle.errors import Conflict, GiveUp, MoodleAway, NotFound, PaperUnreadable, Refused, TryAgain
from passerelle.events.queues import read_job, read_publication
from passerelle.runtime.queue_door import take_each
from passerelle.runtime.schedule_door import RoundFailed, go_round


@pytest.fixture
def batch(recorded):
    """A batch of publications with these ids."""

    def build(*ids: str):
        event = recorded("sqs_publication.json")
        (record,) = event["Records"]
        event["Records"] = [
            record | {"messageId": f"m-{one}", "body": json.dumps({"publication": one})} for one in ids
        ]
        return event

    return build


@pytest.fixture
def take(context, world, lines):
    def take(event, usecase, read=read_publication):
        answer = take_each(event, context, read, usecase, lambda: world, bring_back=held_back)
        return [failure["itemIdentifier"] for failure in answer["batchItemFailures"]]

    return take


def held_back(url: str, receipt: str, seconds: int) -> None:
    """A queue that does as it is told."""


def raising(error: Exception):
    def fail(world, *about: str) -> None:
        raise error

    return fail


def test_each_message_is_one_call(batch, take, world) -> None:
    seen = []
    assert take(batch("p1", "p2"), lambda given, one: seen.append((given is world, one))) == []
    assert seen == [(True, "p1"), (True, "p2")]


def test_a_message_with_two_words_gives_both(recorded, take) -> None:
    seen = []
    take(recorded("sqs_job.json"), lambda world, site, jobkey: seen.append((site, jobkey)), read_job)
    assert seen == [("hub", "pub:publication1")]


@pytest.mark.parametrize(
    "error", [TryAgain("x"), MoodleAway("hub", "network"), Conflict("x"), RuntimeError("x"), KeyError("x")]
)
def test_what_may_succeed_later_is_delivered_again(batch, take, error) -> None:
    assert take(batch("p1"), raising(error)) == ["m-p1"]


@pytest.mark.parametrize(("attempt", "comes_back"), [("1", True), ("3", True), ("4", False), ("5", False)])
def test_a_moodle_that_is_away_fills_no_dead_letters_where_jobs_are_watched(
    batch, context, world, lines, attempt, comes_back
) -> None:
    event = batch("p1")
    (record,) = event["Records"]
    record["attributes"] = record["attributes"] | {"ApproximateReceiveCount": attempt}
    error = MoodleAway("hub", "maintenance")
    answer = take_each(
        event, context, read_publication, raising(error), lambda: world, watched=True, bring_back=held_back
    )
    assert bool(answer["batchItemFailures"]) is comes_back
    assert (lines.last["level"], lines.last["site"]) == ("WARNING", "hub")


@pytest.mark.parametrize("error", [TryAgain("x"), Conflict("x"), RuntimeError("x")])
def test_everything_else_comes_back_until_it_is_a_dead_letter(batch, context, world, lines, error) -> None:
    event = batch("p1")
    (record,) = event["Records"]
    record["attributes"] = record["attributes"] | {"ApproximateReceiveCount": "5"}
    answer = take_each(
        event, context, read_publication, raising(error), lambda: world, watched=True, bring_back=held_back
    )
    assert answer["batchItemFailures"] == [{"itemIdentifier": "m-p1"}]


@pytest.mark.parametrize(("attempt", "seconds"), [("1", 10), ("2", 60), ("3", None), ("6", None)])
@pytest.mark.parametrize("error", [TryAgain("x"), MoodleAway("hub", "network"), RuntimeError("x")])
def test_what_fails_comes_back_soon_at_first_and_when_its_queue_says_later(
    batch, context, world, lines, attempt, seconds, error
) -> None:
    """Somebody may wait for it, and most of what is in the way passes."""
    event = batch("p1")
    (record,) = event["Records"]
    record["attributes"] = record["attributes"] | {"ApproximateReceiveCount": attempt}
    asked = []
    answer = take_each(
        event,
        context,
        read_publication,
        raising(error),
        lambda: world,
        bring_back=lambda *said: asked.append(said),
    )
    assert answer["batchItemFailures"] == [{"itemIdentifier": "m-p1"}]
    queue = record["eventSourceARN"].rpartition(":")[2]
    [(url, receipt, after)] = asked or [(queue, record["receiptHandle"], None)]
    assert (url.rpartition("/")[2], receipt, after) == (queue, record["receiptHandle"], seconds)


@pytest.mark.parametrize("refused", [TryAgain("busy"), GiveUp("aws_refused")])
def test_a_queue_that_does_not_bring_a_message_back_sooner_brings_it_later(
    batch, context, world, lines, refused
) -> None:
    def refuse(*_: object) -> None:
        raise refused

    answer = take_each(
        batch("p1"), context, read_publication, raising(TryAgain("x")), lambda: world, bring_back=refuse
    )
    assert answer["batchItemFailures"] == [{"itemIdentifier": "m-p1"}]


@pytest.mark.parametrize("error", [Refused("no_backup"), NotFound("publication_unknown")])
def test_what_will_fail_again_is_finished_with(batch, take, lines, error) -> None:
    assert take(batch("p1"), raising(error)) == []
    assert (lines.last["level"], lines.last["code"]) == ("ERROR", error.code)


@pytest.mark.parametrize("code", ["aws_refused", "secret_missing", "network_missing"])
def test_what_an_administrator_must_repair_goes_to_the_dead_letters(batch, take, code) -> None:
    assert take(batch("p1"), raising(NotFound(code))) == ["m-p1"]


def test_only_the_message_that_failed_comes_back(batch, take) -> None:
    def fail_second(world, one: str) -> None:
        if one == "p2":
            raise TryAgain("x")

    assert take(batch("p1", "p2", "p3"), fail_second) == ["m-p2"]


def test_a_whole_batch_that_fails_is_named_whole_and_raises_nothing(batch, take) -> None:
    assert take(batch("p1", "p2"), raising(TryAgain("x"))) == ["m-p1", "m-p2"]


def test_an_unreadable_message_comes_back_until_it_is_a_dead_letter(batch, take) -> None:
    event = batch("p1")
    event["Records"][0]["body"] = "{}"
    assert take(event, raising(AssertionError("never called"))) == ["m-p1"]


def test_a_world_that_cannot_be_built_lets_messages_come_back(batch, context, lines) -> None:
    def no_world():
        raise GiveUp("network_invalid")

    answer = take_each(
        batch("p1"), context, read_publication, raising(AssertionError()), no_world, bring_back=held_back
    )
    assert answer["batchItemFailures"] == [{"itemIdentifier": "m-p1"}]


def test_a_failure_is_logged_with_its_reference_and_without_its_words(batch, take, lines) -> None:
    take(batch("p1"), raising(RuntimeError("ada@caen.example")))
    assert "ada" not in lines.text
    assert (lines.last["about"], lines.last["attempt"]) == (["p1"], "1")
    assert len(lines.last["reference"]) == 8


def test_a_round_answers_how_many(context, world, lines, recorded) -> None:
    assert go_round(context, lambda given: 3 if given is world else 0, lambda: world) == {"count": 3}


def test_a_round_that_breaks_off_raises_without_a_word_of_why(context, world, lines) -> None:
    with pytest.raises(RoundFailed) as caught:
        go_round(context, raising(RuntimeError("ada@caen.example")), lambda: world)
    assert caught.value.__cause__ is None
    assert caught.value.__context__ is None
    assert str(caught.value) == lines.last["reference"]
    assert "ada" not in lines.text


@pytest.mark.rule("S3", "S12")
@pytest.mark.parametrize("error", [GiveUp("record_too_large"), PaperUnreadable("manifests/u1.json")])
def test_a_failure_that_nothing_wrote_down_comes_back_from_the_queue(batch, take, error) -> None:
    assert take(batch("p1"), raising(error)) == ["m-p1"]
