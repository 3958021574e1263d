"""What every keeper of records must do: the fake and DynamoDB's alike."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

import pytest

from passerelle.domain.backups.upload import CourseLine, Upload
from passerelle.domain.publishing.publication import Publication, Retrieval
from passerelle.domain.records import Moment, Note, RunningJob
from passerelle.domain.states import BackupState, PublicationState
from passerelle.errors import Conflict, Refused
from tests.factories.records import (
    NOW,
    a_line,
    a_lock,
    a_person,
    a_publication,
    a_retrieval,
    a_running_job,
    an_upload,
    contents,
)
from tests.unit.store.conftest import both

pytestmark = both

MINUTE = timedelta(minutes=1)

FULL_PUBLICATION = a_publication(
    state=PublicationState.PUBLISHED,
    version=3,
    ancestor="older",
    hub_course_id=9,
    published_at=NOW + MINUTE,
    message=Note("done", {"n": "1"}),
    warnings=(Note("w"), Note("x", {"a": ""})),
    history=(Moment("published", NOW + timedelta(microseconds=7), "why"),),
)


@pytest.mark.parametrize(
    "record",
    [
        an_upload(lastchange=None, reasons=(Note("people_inside", {"member": "users.xml"}),)),
        FULL_PUBLICATION,
        a_publication(contents=contents(activities={}, sections=(), titles=())),
        a_retrieval(person=a_person("zoé", email="", lastname="L'Écuyer")),
        a_line(versions=("p1", "p2")),
        a_running_job(),
        a_lock(),
    ],
    ids=lambda record: type(record).__name__,
)
def test_a_record_comes_back_as_it_was_written(records, record):
    assert records.add(record) == record
    assert records.get(type(record), record.id) == record


def test_a_record_that_was_never_written_is_none(records):
    records.add(an_upload("same"))
    assert records.get(Upload, "other") is None
    assert records.get(Publication, "same") is None


def test_an_id_is_taken_once_per_kind(records):
    records.add(an_upload("x"))
    records.add(a_publication("x"))
    with pytest.raises(Conflict):
        records.add(an_upload("x", site="lille"))
    assert records.get(Upload, "x").site == "caen"
    assert records.list(Upload, "site", "lille").items == ()


def test_a_change_gives_the_record_its_next_revision(records):
    upload = records.add(an_upload())
    once = records.change(upload, replace(upload, fullname="Chimie"))
    twice = records.change(once, replace(once, fullname="Chimie 2"))
    assert (upload.revision, once.revision, twice.revision) == (0, 1, 2)
    assert records.get(Upload, upload.id) == twice


@pytest.mark.rule("P14")
def test_of_two_changes_of_one_revision_the_second_loses(records):
    line = records.add(a_line())
    winner = records.change(line, replace(line, sequence=2))
    with pytest.raises(Conflict):
        records.change(line, replace(line, sequence=7))
    assert records.get(CourseLine, line.id) == winner


def test_the_same_change_twice_loses_the_second_time(records):
    line = records.add(a_line())
    records.change(line, replace(line, sequence=2))
    with pytest.raises(Conflict):
        records.change(line, replace(line, sequence=2))


@pytest.mark.rule("P14")
def test_what_does_not_exist_cannot_be_changed(records):
    with pytest.raises(Conflict):
        records.change(a_line(), a_line(sequence=2))
    assert records.get(CourseLine, a_line().id) is None


def test_a_change_keeps_kind_and_id(records):
    upload = records.add(an_upload("one"))
    with pytest.raises(ValueError, match="kind and id"):
        records.change(upload, an_upload("two"))


def test_a_deleted_record_is_gone_and_deleting_it_again_is_well(records):
    lock = records.add(a_lock())
    records.delete(lock)
    records.delete(lock)
    assert records.get(type(lock), lock.id) is None


def test_a_deleted_record_is_no_longer_listed(records):
    upload = records.add(an_upload())
    records.delete(upload)
    for index, value in (("course", "caen:CHIM1"), ("site", "caen"), ("state", "accepted")):
        assert records.list(Upload, index, value).items == ()


def test_a_record_that_moved_on_is_not_deleted(records):
    upload = records.add(an_upload())
    moved = records.change(upload, replace(upload, fullname="Chimie"))
    with pytest.raises(Conflict):
        records.delete(upload)
    assert records.get(Upload, upload.id) == moved


@pytest.mark.rule("R5")
def test_a_lock_taken_by_another_since_is_neither_deleted_nor_changed(records):
    mine = records.add(a_lock(holder="ret:mine"))
    records.delete(mine)
    theirs = records.add(a_lock(holder="ret:theirs"))
    with pytest.raises(Conflict):
        records.delete(mine)
    with pytest.raises(Conflict):
        records.change(mine, replace(mine, until=NOW + MINUTE))
    assert records.get(type(theirs), theirs.id) == theirs


# -- lists ------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("kind", "index", "value", "inside", "outside"),
    [
        (Upload, "course", "caen:CHIM1", an_upload("a"), an_upload("b", idnumber="CHIM10")),
        (Upload, "site", "caen", an_upload("a"), an_upload("b", site="lille")),
        (
            Upload,
            "state",
            "received",
            an_upload("a", state=BackupState.RECEIVED),
            an_upload("b", state=BackupState.ACCEPTED),
        ),
        (Publication, "course", "caen:CHIM1", a_publication("a"), a_publication("b", site="lille")),
        (Publication, "upload", "u1", a_publication("a", upload="u1"), a_publication("b", upload="u10")),
        (
            Publication,
            "state",
            "published",
            FULL_PUBLICATION,
            a_publication("b", state=PublicationState.REQUESTED),
        ),
        (Publication, "all", "all", a_publication("a"), an_upload("b")),
        (
            Retrieval,
            "publication_course",
            "caen:CHIM1",
            a_retrieval("a"),
            a_retrieval("b", network_id="caen:PHYS1"),
        ),
        (Retrieval, "site", "lille", a_retrieval("a"), a_retrieval("b", site="caen")),
        (RunningJob, "running", "yes", a_running_job("a"), a_running_job("b", ended=True)),
    ],
)
def test_an_index_lists_what_has_its_value_and_nothing_else(records, kind, index, value, inside, outside):
    records.add(inside)
    records.add(outside)
    page = records.list(kind, index, value)
    assert page.items == (inside,)
    assert page.next is None


@pytest.mark.parametrize("index", ["course", "site", "state"])
def test_lists_begin_with_the_oldest_however_they_were_written(records, index):
    minutes = {"third": 3, "first": 1, "second": 2}
    for name, minute in minutes.items():
        records.add(an_upload(name, created_at=NOW + minute * MINUTE))
    value = {"course": "caen:CHIM1", "site": "caen", "state": "accepted"}[index]
    assert [u.id for u in records.list(Upload, index, value).items] == ["first", "second", "third"]


def test_records_of_one_moment_are_listed_by_id(records):
    for name in ("c", "a", "b"):
        records.add(an_upload(name))
    assert [u.id for u in records.list(Upload, "course", "caen:CHIM1").items] == ["a", "b", "c"]


def test_a_whole_second_sorts_before_its_fractions(records):
    records.add(an_upload("later", created_at=NOW + timedelta(microseconds=1)))
    records.add(an_upload("sooner", created_at=NOW))
    assert [u.id for u in records.list(Upload, "course", "caen:CHIM1").items] == ["sooner", "later"]


def test_a_change_of_state_moves_the_record_between_lists_and_keeps_it_in_the_others(records):
    upload = records.add(an_upload(state=BackupState.RECEIVED))
    now = records.change(upload, replace(upload, state=BackupState.ACCEPTED))
    assert records.list(Upload, "state", "received").items == ()
    assert records.list(Upload, "state", "accepted").items == (now,)
    assert records.list(Upload, "course", "caen:CHIM1").items == (now,)


def test_a_deleted_backup_stays_in_the_history_of_its_course(records):
    upload = records.add(an_upload())
    gone = records.change(upload, replace(upload, state=BackupState.DELETED))
    assert records.list(Upload, "course", "caen:CHIM1").items == (gone,)


def test_a_change_of_what_lists_a_record_lists_it_anew(records):
    upload = records.add(an_upload())
    renamed = records.change(upload, replace(upload, idnumber="CHIM2"))
    assert records.list(Upload, "course", "caen:CHIM1").items == ()
    assert records.list(Upload, "course", "caen:CHIM2").items == (renamed,)


def test_the_longest_silent_job_comes_first_and_an_ended_one_not_at_all(records):
    quiet = records.add(a_running_job("quiet", heard_at=NOW))
    loud = records.add(a_running_job("loud", heard_at=NOW - MINUTE))
    assert records.list(RunningJob, "running", "yes").items == (loud, quiet)
    heard = records.change(loud, replace(loud, heard_at=NOW + MINUTE))
    assert records.list(RunningJob, "running", "yes").items == (quiet, heard)
    records.change(quiet, replace(quiet, ended=True))
    assert records.list(RunningJob, "running", "yes").items == (heard,)


@pytest.mark.parametrize("index", ["course", "all"])
@pytest.mark.parametrize("limit", [1, 2, 4, 5])
def test_pages_together_hold_everything_once_and_the_last_says_so(records, index, limit):
    value = {"course": "caen:CHIM1", "all": "all"}[index]
    wanted = [records.add(a_publication(f"p{n}", requested_at=NOW + n * MINUTE)).id for n in range(4)]
    seen, after, pages = [], None, 0
    while True:
        page = records.list(Publication, index, value, after=after, limit=limit)
        seen += [p.id for p in page.items]
        pages += 1
        after = page.next
        if after is None:
            break
    assert seen == wanted
    assert pages == -(-4 // limit)


def test_a_page_goes_on_where_its_last_record_stood_even_if_that_left_the_list(records):
    uploads = [records.add(an_upload(f"u{n}", created_at=NOW + n * MINUTE)) for n in range(3)]
    page = records.list(Upload, "state", "accepted", limit=1)
    records.change(uploads[0], replace(uploads[0], state=BackupState.DELETED))
    rest = records.list(Upload, "state", "accepted", after=page.next)
    assert [u.id for u in rest.items] == ["u1", "u2"]


@pytest.mark.parametrize("cursor", ["", "x", "é", "bm9uZQ==", "//8="])
@pytest.mark.parametrize("index", ["course", "all"])
def test_a_cursor_that_no_page_gave_is_refused(records, cursor, index):
    with pytest.raises(Refused) as refusal:
        records.list(Publication, index, "all", after=cursor)
    assert refusal.value.code == "bad_cursor"


def test_what_a_caller_does_to_his_copy_changes_nothing(records):
    publication = records.add(a_publication())
    publication.contents.activities["page"] = 99
    assert records.get(Publication, publication.id).contents.activities["page"] == 2
