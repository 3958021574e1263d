"""Whose course may be taken where, by table: asked of both Moodles, never of the request (R3, R11, R12)."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest

from passerelle.domain.records import Person
from passerelle.domain.rollover.rollover import Permit
from passerelle.domain.states import RolloverState
from passerelle.errors import NotFound
from tests.factories.rollover import a_two_year_network
from tests.scenes.rollover import ADA, ALAN, GRACE, ROOT, YearScene, refusal

SECOND, MONTH = timedelta(seconds=1), timedelta(days=30)


def a_course(target: tuple[str, ...], edited: tuple[str, ...], taught: tuple[str, ...] = ()) -> YearScene:
    """`target` edit it this year; last year's was edited by some and only taught by others."""
    scene = YearScene()
    scene.courses(editingteachers=target)
    state = scene.bleu.states[100]
    scene.bleu.states[100] = replace(state, editingteachers=edited, teachers=taught)
    return scene


def said(scene: YearScene, person: Person, action: str = "start") -> str:
    """The state that it begins with, or the code of the refusal."""
    try:
        return str(scene.ask_rollover(action, person=person, confirmed=("shared",))["state"])
    except Exception as no:  # noqa: BLE001 - a refusal, or a test that fails
        return getattr(no, "code", repr(no))


@pytest.mark.rule("R3")
@pytest.mark.parametrize(
    ("person", "target", "edited", "taught", "start"),
    [
        (ADA, ("ada",), ("ada",), (), "requested"),
        (ADA, ("ADA",), ("Ada",), (), "requested"),
        (ADA, ("ada",), ("grace",), ("ada",), "requested"),
        (ADA, ("ada",), ("grace",), (), "not_source_teacher"),
        (ADA, ("grace",), ("ada",), ("ada",), "not_editing_teacher"),
        (ADA, (), ("ada",), (), "not_editing_teacher"),
        (ROOT, ("ada",), ("ada",), (), "requested"),
        (replace(ROOT, username="ROOT"), ("ada",), ("ada",), (), "requested"),
        (ALAN, ("ada",), ("ada",), (), "not_editing_teacher"),
    ],
    ids=[
        "edits both",
        "whatever the case of a username",
        "taught last year without editing",
        "edits this year's alone",
        "edited last year's alone",
        "nobody edits this year's",
        "a named administrator",
        "a named administrator, whatever the case",
        "neither",
    ],
)
def test_a_course_is_taken_over_by(
    person: Person, target: tuple[str, ...], edited: tuple[str, ...], taught: tuple[str, ...], start: str
) -> None:
    assert said(a_course(target, edited, taught), person) == start


@pytest.mark.rule("R3", "P9")
@pytest.mark.parametrize(
    ("there", "start"),
    [
        ({}, "requested"),
        ({"suspended": True}, "not_source_teacher"),
        ({"deleted": True}, "not_source_teacher"),
        ({"idnumber": ""}, "not_source_teacher"),
        ({"idnumber": "I-ADA"}, "requested"),
    ],
    ids=["the same person", "suspended there", "deleted there", "without the key there", "in capitals there"],
)
def test_whoever_taught_last_year_is_known_there_by_the_networks_key(
    there: dict[str, Any], start: str
) -> None:
    scene = YearScene(a_two_year_network(identity="idnumber"))
    scene.courses()
    scene.bleu.users[0] = replace(scene.bleu.users[0], **there)
    assert said(scene, ADA) == start


@pytest.mark.rule("R3", "P9")
@pytest.mark.parametrize("year", ["bleu", "vert"])
def test_two_people_of_one_key_are_neither(year: str) -> None:
    scene = YearScene(a_two_year_network(identity="idnumber"))
    scene.courses()
    users = getattr(scene, year).users
    users.append(replace(users[0], id=99, username="ada" if year == "vert" else "ada2"))
    assert said(scene, ADA) == "not_source_teacher"


@pytest.mark.rule("R3", "P9")
def test_whoever_has_no_key_here_is_nobody_there() -> None:
    scene = YearScene(a_two_year_network(identity="idnumber"))
    scene.courses()
    for lms in (scene.bleu, scene.vert):
        lms.users[0] = replace(lms.users[0], idnumber="")
    assert said(scene, ADA) == "not_source_teacher"


@pytest.mark.rule("R3")
@pytest.mark.parametrize(
    ("site", "person", "granted"),
    [
        ("bleu", ADA, True),
        ("bleu", ROOT, True),
        ("vert", ROOT, True),
        ("vert", ADA, False),
        ("vert", GRACE, False),
        ("bleu", GRACE, False),
        ("bleu", ALAN, False),
    ],
    ids=[
        "who edits it there",
        "an administrator there",
        "an administrator here",
        "who edits it there, as seen here",
        "whoever asked",
        "whoever asked, over there",
        "who only taught it",
    ],
)
def test_a_link_of_one_transfer_is_granted_by(site: str, person: Person, granted: bool) -> None:
    scene = a_course(("grace",), ("ada",), ("alan",))
    refusal(scene, person=GRACE)
    (permit,) = scene.records.all(Permit)
    answer = {"action": "permit", "site": site, "person": person, "permit": permit.id, "courseid": 0}
    if granted:
        assert scene.ask_rollover(**answer) == {"permit": permit.id, "state": "granted"}
    else:
        assert refusal(scene, **answer).code == "permit_not_yours"
    after = scene.records[Permit, permit.id]
    assert after.granted_by == (f"{site}:{person.username}" if granted else "")
    assert (after.granted_at is not None) == granted


@pytest.mark.rule("R3")
def test_a_site_that_a_link_is_not_about_does_not_see_it() -> None:
    scene = a_course(("grace",), ("ada",))
    refusal(scene, person=GRACE)
    (permit,) = scene.records.all(Permit)
    answer = {"site": "caen", "person": ROOT, "permit": permit.id, "courseid": 0}
    for action in ("permit", "permit_look"):
        assert refusal(scene, action=action, **answer).code == "permit_unknown"


@pytest.mark.rule("R3")
def test_a_link_shows_what_it_is_about_and_who_asks() -> None:
    scene = a_course(("grace",), ("ada",))
    said_no = refusal(scene, person=GRACE).details
    assert said_no == {"source": "Chimie générale", "year": "24/25", "asked": "Ada Lovelace"}
    (permit,) = scene.records.all(Permit)
    asked = {"site": "bleu", "person": ADA, "permit": permit.id, "courseid": 0}
    now = int(scene.clock.now().timestamp())
    look = {
        "permit": permit.id,
        "who": GRACE.fullname,
        "source": "Chimie générale",
        "source_courseid": 100,
        "year": "24/25",
        "target": "Chimie générale",
        "target_site": scene.network.sites["vert"].title,
        "asked_at": now,
        "granted_at": None,
        "used": False,
    }
    assert scene.ask_rollover("permit_look", **asked) == look
    scene.clock.tick(timedelta(hours=1))
    scene.ask_rollover("permit", **asked)
    assert scene.ask_rollover("permit_look", **asked) == {**look, "granted_at": now + 3600}
    del scene.vert.states[100], scene.vert.courses[100]
    assert scene.ask_rollover("permit_look", **asked)["target"] == ""


@pytest.mark.rule("R3")
def test_a_link_once_granted_keeps_who_granted_it_first() -> None:
    scene = a_course(("grace",), ("ada",))
    refusal(scene, person=GRACE)
    (permit,) = scene.records.all(Permit)
    for person in (ADA, ROOT):
        scene.ask_rollover("permit", site="bleu", person=person, permit=permit.id, courseid=0)
    assert scene.records[Permit, permit.id].granted_by == "bleu:ada"


@pytest.mark.rule("R3")
@pytest.mark.parametrize(
    ("became", "start"),
    [
        (None, "requested"),
        (RolloverState.FAILED, "requested"),
        (RolloverState.REFUSED, "requested"),
        (RolloverState.UNDONE, "requested"),
        (RolloverState.DONE, "not_source_teacher"),
        (RolloverState.RESTORING, "not_source_teacher"),
    ],
)
def test_a_link_serves_once_and_again_only_where_nothing_came_of_it(
    became: RolloverState | None, start: str
) -> None:
    scene = a_course(("grace",), ("ada",))
    refusal(scene, person=GRACE)
    (permit,) = scene.records.all(Permit)
    scene.ask_rollover("permit", site="bleu", person=ADA, permit=permit.id, courseid=0)
    done = scene.roll_over(person=GRACE)
    assert scene.records[Permit, permit.id].used_by == done.id
    current = scene.rollover(done.id)
    if became is None:
        scene.records.delete(current)
    else:
        scene.records.change(current, replace(current, state=became))
    scene.vert._fill(100, [], restoredfrom="")
    wanted = {"person": GRACE, "destination": "stash"}  # beside what may be under way in the course
    if start == "requested":
        assert scene.ask_rollover(**wanted)["state"] == start
    else:
        assert refusal(scene, **wanted).code == start
        assert scene.records[Permit, permit.id].granted_at is None


@pytest.mark.rule("R11")
@pytest.mark.parametrize("late", [False, True])
def test_a_page_says_until_when_a_restore_may_be_undone_and_no_longer_than_it_may(late: bool) -> None:
    scene = YearScene()
    scene.courses()
    done = scene.roll_over()
    ended = scene.clock.now()
    scene.clock.set(ended + MONTH + late * SECOND)
    shown = scene.ask_rollover("status")["rollover"]
    assert shown["undo_until"] == (None if late else int((ended + MONTH).timestamp()))
    if late:
        assert refusal(scene, action="undo", rollover=done.id).code == "undo_too_late"
    else:
        assert scene.ask_rollover("undo", rollover=done.id)["undo_asked"]


@pytest.mark.rule("R12")
@pytest.mark.parametrize(
    ("site", "person", "state"),
    [
        ("vert", GRACE, "requested"),
        ("vert", ROOT, "requested"),
        ("vert", ALAN, "not_editing_teacher"),
        ("bleu", ALAN, "requested"),
        ("bleu", GRACE, "requested"),
        ("bleu", ADA, "not_editing_teacher"),
    ],
    ids=[
        "edits this year's and taught last year's",
        "a named administrator",
        "does not edit this year's",
        "of the course itself, who taught it",
        "of the course itself, who edits it",
        "of the course itself, who did neither",
    ],
)
def test_a_course_is_checked_for(site: str, person: Person, state: str) -> None:
    scene = a_course(("grace",), ("grace",), ("alan",))
    if state == "requested":
        assert scene.ask_rollover("check", site=site, person=person)["state"] == state
    else:
        assert refusal(scene, action="check", site=site, person=person).code == state


@pytest.mark.rule("R3")
def test_a_course_that_is_not_there_is_unknown_on_either_side() -> None:
    scene = a_course(("ada",), ("ada",))
    for action in ("start", "check", "status"):
        assert refusal(scene, action=action, courseid=7).code == "target_unknown"
    assert refusal(scene, action="check", site="bleu", courseid=7).code == "target_unknown"
    assert refusal(scene, source_courseid=7).code == "source_unknown"
    unknown = refusal(scene, source_idnumber="NOWHERE")
    assert isinstance(unknown, NotFound)
    assert (unknown.code, unknown.details) == ("source_unknown", {"year": "24/25"})
