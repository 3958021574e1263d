"""What the pages of a site read of publications, backups and what came home, whole (P5, P6, P8, P10, P13)."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

import pytest

from passerelle.domain.moodle.plugin import JobMessage
from passerelle.domain.publishing.publication import Retrieval
from passerelle.domain.records import Note, TargetLock
from passerelle.domain.states import BackupState, RetrievalState
from passerelle.errors import Refused
from passerelle.usecases.publishing import retrieve
from tests.factories.records import MIB
from tests.scenes.publishing import GRACE, Scene
from tests.unit.publishing.test_who_may import look, published

WARNED = (Note("author_unknown"),)


@pytest.mark.rule("P5", "P10", "P13")
def test_the_page_of_a_course_reads_its_backup_and_its_publication() -> None:
    scene = Scene()
    nothing = scene.ask("status", lastchange=0)
    assistance = scene.network.sites["caen"].assistance.email
    assert nothing == {
        "backup": None,
        "publication": None,
        "changed_since": False,
        "older_holders": 0,
        "assistance": assistance,
    }
    made = int(scene.clock.now().timestamp())
    publication = published(scene)
    current = scene.publication(publication)
    scene.records.change(current, replace(current, warnings=WARNED))
    told = scene.ask("status", lastchange=made)
    backup, shown = told["backup"], told["publication"]
    assert (told["changed_since"], told["older_holders"], told["assistance"]) == (False, 0, assistance)
    assert shown == {
        "id": publication,
        "state": "published",
        "state_word": "mutualisée",
        "version": 1,
        "title": "Chimie générale",
        "hub_url": current.hub_url,
        "course_url": "https://caen.example/course/view.php?id=42",
        "published_at": made,
        "message": "",
        "warnings": [{"code": "author_unknown", "message": shown["warnings"][0]["message"]}],
        "reference": publication[:8],
    }
    assert backup["upload"] == current.upload
    assert (backup["sequence"], backup["state"], backup["made_at"]) == (1, "accepted", made)
    assert (backup["reasons"], backup["leave_out"]) == ([], [])


@pytest.mark.rule("P6")
def test_the_list_of_backups_reads_newest_first_and_says_which_are_protected() -> None:
    scene = Scene()
    publication = published(scene)
    second = scene.save()
    first = scene.publication(publication).upload
    rows = scene.manage("list")["backups"]
    assert [(row["upload"], row["sequence"], row["protected"], row["size"]) for row in rows] == [
        (second, 2, False, 10 * MIB),
        (first, 1, True, 10 * MIB),
    ]
    download = scene.manage("download", upload=second)
    assert set(download) == {"url", "expires"}
    assert download["expires"] > int(scene.clock.now().timestamp())
    with pytest.raises(Refused, match="backup_protected"):
        scene.manage("delete", upload=first)
    assert scene.manage("delete", upload=second) == {"upload": second, "state": "deleted"}
    assert [row["upload"] for row in scene.manage("list")["backups"]] == [first]
    with pytest.raises(Refused, match="backup_not_ready"):
        scene.manage("download", upload=second)
    assert scene.upload(second).state is BackupState.DELETED


@pytest.mark.rule("P8")
def test_the_list_to_reclassify_reads_what_each_copy_is_and_whose() -> None:
    scene = Scene()
    publication = published(scene)
    current = scene.publication(publication)
    assert scene.ask("reclassify_list", site="hub")["courses"] == [
        {
            "publication": publication,
            "course_url": current.hub_url,
            "title": "Chimie générale",
            "author": current.author.fullname,
            "site": "caen",
            "site_name": scene.network.sites["caen"].title,
        }
    ]


@pytest.mark.rule("P10", "P11")
def test_the_page_of_what_came_home_reads_where_it_is() -> None:
    scene = Scene()
    publication = published(scene)
    asked = scene.retrieve(publication)
    retrieval = str(asked["retrieval"])
    waits = {
        "retrieval": retrieval,
        "publication": publication,
        "version": 1,
        "state": "requested",
        "state_word": asked["state_word"],
        "course_url": "",
        "message": "",
        "warnings": [],
        "reference": retrieval[:8],
        "assistance": scene.network.sites["lille"].assistance.email,
    }
    assert asked == waits
    retrieve.retrieve(scene.world, retrieval)
    assert scene.records[Retrieval, retrieval].state is RetrievalState.RESTORING
    assert look(scene, retrieval)["state_word"] != waits["state_word"]
    scene.deliver()
    done = scene.records[Retrieval, retrieval]
    here = look(scene, retrieval)
    assert (here["state"], here["course_url"]) == ("done", done.course_url)
    assert done.course_url == f"https://lille.example/course/view.php?id={done.course_id}"


@pytest.mark.rule("R5")
def test_a_lock_that_ran_out_is_the_next_ones_and_who_is_refused_left_nothing_behind() -> None:
    scene = Scene()
    publication = published(scene)
    mine = scene.lille.add_course("MINE", teacher="grace")
    wanted = {"mode": "merge", "courseid": mine.id}
    first = str(scene.retrieve(publication, **wanted)["retrieval"])
    with pytest.raises(Refused, match="target_busy"):
        scene.retrieve(publication, **wanted)
    assert [one.id for one in scene.records.all(Retrieval)] == [first]
    scene.clock.tick(timedelta(hours=6))
    second = str(scene.retrieve(publication, **wanted)["retrieval"])
    assert scene.records[TargetLock, f"lille:{mine.id}"].holder == second
    for key in (first, second):
        retrieve.retrieve(scene.world, key)
    ended = scene.records[Retrieval, first]
    assert (ended.state, ended.message) == (RetrievalState.REFUSED, Note("target_busy"))
    assert scene.records[TargetLock, f"lille:{mine.id}"].holder == second
    scene.records.delete(scene.records[TargetLock, f"lille:{mine.id}"])  # by a hand
    scene.deliver()
    assert scene.records[Retrieval, second].state is RetrievalState.DONE


@pytest.mark.rule("P11")
@pytest.mark.parametrize("other", [{"mode": "merge"}, {"courseid": 101}, {"publication": "other"}])
def test_a_request_that_comes_again_with_another_body_is_refused(other: dict[str, object]) -> None:
    scene = Scene()
    publication = published(scene)
    scene.lille.add_course("MINE", teacher="grace")
    scene.lille.add_course("OTHER", teacher="grace")
    wanted = {"mode": "replace", "courseid": 100}
    scene.request = lambda: "msg_same"  # type: ignore[method-assign]
    first = scene.retrieve(publication, **wanted)
    assert scene.retrieve(publication, **wanted) == first
    again = {"publication": publication, **wanted, **other}
    with pytest.raises(Refused, match="other_body"):
        scene.retrieve(person=GRACE, **again)  # type: ignore[arg-type]


@pytest.mark.rule("P10", "R5")
def test_a_restore_at_home_that_fails_says_why_and_lets_the_course_go() -> None:
    scene = Scene()
    publication = published(scene)
    mine = scene.lille.add_course("MINE", teacher="grace")
    scene.lille.fail_next = JobMessage("precheck", "no")
    retrieval = str(scene.retrieve(publication, mode="merge", courseid=mine.id)["retrieval"])
    scene.deliver()
    after = scene.records[Retrieval, retrieval]
    assert (after.state, after.message) == (RetrievalState.FAILED, Note("precheck", {"detail": "no"}))
    assert scene.records.all(TargetLock) == ()
    shown = look(scene, retrieval)
    assert (shown["state"], shown["course_url"]) == ("failed", "")
    assert shown["message"]


@pytest.mark.rule("P18")
@pytest.mark.parametrize(("reason", "kept"), [("faux", ": faux"), ("  ", "")])
def test_a_withdrawal_answers_what_was_withdrawn_and_keeps_its_reason(reason: str, kept: str) -> None:
    scene = Scene()
    publication = published(scene)
    answer = scene.ask("withdraw", publication=publication, reason=reason)
    assert answer == {"publication": publication, "state": "withdrawn"}
    assert scene.publication(publication).history[-1].why == f"withdrawn by caen{kept}"
