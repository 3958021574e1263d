"""The cuts themselves: a sweep that cut nothing would prove nothing."""

from __future__ import annotations

import contextlib
from dataclasses import replace
from typing import Any, cast

import pytest

from passerelle.domain.backups.upload import CourseLine, Upload
from passerelle.errors import Conflict
from passerelle.ports import World
from passerelle.store.papers import S3Papers
from passerelle.store.queues import SqsQueues
from passerelle.store.records import DynamoRecords
from tests.factories.records import a_line, a_network, an_upload
from tests.fakes.archives import FakeArchives
from tests.fakes.clock import FakeClock
from tests.fakes.cutting import Cut, Killed, every_cut, sweep
from tests.fakes.papers import FakePapers
from tests.fakes.queues import FakeQueues, Sent
from tests.fakes.records import FakeRecords
from tests.unit.store.conftest import PAPERS, TABLE


class OneSite:
    def __init__(self):
        self.restored: list[str] = []

    def lms(self, _site: str) -> Any:
        return self

    def start_restore(self, jobkey: str) -> None:
        self.restored.append(jobkey)


def build() -> World:
    nothing = cast("Any", None)
    return World(
        network=a_network(),
        records=FakeRecords(a_line()),
        archives=FakeArchives(),
        papers=FakePapers(),
        backups=nothing,
        sites=OneSite(),
        queues=FakeQueues(),
        clock=FakeClock(),
    )


def act(world: World) -> None:
    """Safe to repeat: each step finds what an earlier run did."""
    line = world.records.get(CourseLine, "caen:CHIM1")
    if line.sequence == 1:
        world.records.change(line, replace(line, sequence=2))
    world.papers.put("note.json", {"sequence": 2})
    cast("Any", world.sites.lms("hub")).start_restore("pub:1")
    world.queues.send("jobs", {"jobkey": "pub:1"})


CALLS = [
    "records.get(CourseLine)",
    "records.change(CourseLine)",
    "papers.put(note.json)",
    "lms[hub].start_restore(pub:1)",
    "queues.send(jobs)",
]


def test_calls_are_counted_and_named_for_what_they_touch():
    cut = Cut()
    act(cut.around_world(build()))
    assert cut.calls == CALLS


def test_a_cut_before_a_call_leaves_out_its_effect_and_one_after_keeps_it():
    for when, sequence in (("before", 1), ("after", 2)):
        world = build()
        with pytest.raises(Killed):
            act(Cut(2, when).around_world(world))
        assert world.records[CourseLine, "caen:CHIM1"].sequence == sequence
        assert len(world.papers) == 0


def test_no_exception_handler_of_the_code_survives_a_cut():
    papers = Cut(1).around(FakePapers(), "papers")

    def stubborn():
        with contextlib.suppress(Exception):
            papers.put("a", {})

    with pytest.raises(Killed):
        stubborn()


def test_a_dead_process_reaches_nothing_any_more():
    world = build()
    cut = Cut(1, "after")
    dying = cut.around_world(world)

    def tidy():
        try:
            dying.records.get(CourseLine, "caen:CHIM1")
        finally:
            dying.papers.put("last words", {})

    with pytest.raises(Killed):
        tidy()
    assert "last words" not in world.papers


def test_an_error_of_the_port_passes_and_is_no_cut():
    cut = Cut(2)
    records = cut.around(FakeRecords(an_upload()), "records")
    with pytest.raises(Conflict):
        records.add(an_upload())
    with pytest.raises(Killed):
        records.get(Upload, "upload1")


def test_a_sweep_cuts_before_and_after_every_call_and_gives_the_world_back_alive():
    seen = []
    for cut, world in sweep(build, act):
        act(world)
        seen.append((cut.calls[-1], cut.when))
        assert world.records[CourseLine, "caen:CHIM1"].sequence == 2, cut
        assert world.papers["note.json"] == {"sequence": 2}, cut
        assert Sent("jobs", {"jobkey": "pub:1"}) in world.queues, cut
        assert world.sites.restored, cut
    assert seen == [(call, when) for call in CALLS for when in ("before", "after")]


def test_a_sweep_shows_what_is_not_safe_to_repeat():
    def careless(world):
        line = world.records.get(CourseLine, "caen:CHIM1")
        world.records.change(line, replace(line, sequence=line.sequence + 1))

    ends = []
    for _, world in sweep(build, careless):
        careless(world)
        ends.append(world.records[CourseLine, "caen:CHIM1"].sequence)
    assert ends == [2, 2, 2, 3]


def test_a_run_that_calls_nothing_is_no_sweep():
    with pytest.raises(AssertionError, match="nothing to cut"):
        list(sweep(build, lambda _: None))


# -- on AWS's own calls -----------------------------------------------------------------------------


@pytest.fixture
def detached(aws):
    """Cuts attached in a test leave the clients afterwards, which live longer."""
    cuts: list[Cut] = []
    yield cuts
    for cut in cuts:
        cut.detach(aws.dynamodb, aws.s3, aws.sqs)


def test_every_aws_call_of_the_adapters_can_be_cut(aws, detached):
    records = DynamoRecords(aws.dynamodb, TABLE)
    records.naming("somebody")  # from now on it knows the table's salt
    papers = S3Papers(aws.s3, PAPERS)
    queues = SqsQueues(aws.sqs, aws.urls)

    def run(name: str) -> None:
        if records.get(Upload, name) is None:
            records.add(an_upload(name))
        papers.put(f"{name}.json", {"name": name})
        queues.send("jobs", {"jobkey": name})

    def attached(cut: Cut) -> Cut:
        cut.attach(aws.dynamodb, aws.s3, aws.sqs)
        detached.append(cut)
        return cut

    rehearsal = attached(Cut())
    run("rehearsal")
    rehearsal.detach(aws.dynamodb, aws.s3, aws.sqs)
    assert rehearsal.calls == [
        "dynamodb.GetItem",
        "dynamodb.TransactWriteItems",
        "s3.PutObject",
        "sqs.SendMessage",
    ]
    for number, cut in enumerate(every_cut(len(rehearsal.calls))):
        name = f"upload-{number}"
        attached(cut)
        with pytest.raises(Killed):
            run(name)
        cut.detach(aws.dynamodb, aws.s3, aws.sqs)
        done = {
            "add": records.get(Upload, name) is not None,
            "put": papers.get(f"{name}.json") is not None,
        }
        reached = cut.at if cut.when == "after" else cut.at - 1
        assert done == {"add": reached >= 2, "put": reached >= 3}, cut
        run(name)
        assert records.get(Upload, name) == an_upload(name)
        assert papers.get(f"{name}.json") == {"name": name}
