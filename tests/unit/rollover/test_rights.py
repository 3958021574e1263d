"""Which course, and whose: R1, R2, R3."""

from __future__ import annotations

from dataclasses import replace

import pytest

from passerelle.domain.rollover.rollover import Permit, Rollover
from passerelle.domain.states import RolloverState
from passerelle.errors import NotFound
from passerelle.usecases.amend import amend
from tests.factories.rollover import a_two_year_network
from tests.scenes.rollover import ADA, ALAN, GRACE, ROOT, YearScene, refusal


@pytest.fixture
def scene() -> YearScene:
    return YearScene()


@pytest.mark.rule("R2")
def test_the_button_names_the_year_that_it_takes(scene: YearScene) -> None:
    scene.courses()
    assert scene.ask_rollover("status")["button"] == "Récupérer la sauvegarde 24/25"


@pytest.mark.rule("R1")
def test_courses_match_by_idnumber(scene: YearScene) -> None:
    scene.bleu.add_course("PHYS1", teacher="ada", holds=["Newton"])
    scene.courses("CHIM1")
    assert scene.roll_over(courseid=100).source_idnumber == "CHIM1"


@pytest.mark.rule("R1")
def test_a_distance_course_matches_the_distance_course(scene: YearScene) -> None:
    scene.courses("CHIM1")
    scene.courses("FOAD-CHIM1")
    assert scene.roll_over(courseid=101).source_idnumber == "FOAD-CHIM1"


@pytest.mark.rule("R1")
def test_without_a_match_the_teacher_chooses_the_course(scene: YearScene) -> None:
    scene.bleu.add_course("ANCIEN", teacher="ada", holds=["Bohr"])
    target = scene.vert.add_course("CHIM1", teacher="ada")
    said = refusal(scene, courseid=target.id)
    assert isinstance(said, NotFound)
    assert said.code == "no_source"
    asked = scene.ask_rollover(courseid=target.id, source_idnumber="ANCIEN", confirmed=("other_code",))
    scene.deliver()
    assert scene.rollover(asked["rollover"]).state == RolloverState.DONE


@pytest.mark.rule("D18")
def test_a_chosen_course_of_another_code_or_kind_is_asked_about_first(scene: YearScene) -> None:
    scene.bleu.add_course("CHIM1-FOAD", teacher="ada", holds=["Bohr"])
    target = scene.vert.add_course("CHIM1", teacher="ada")
    asked = scene.ask_rollover(courseid=target.id, source_idnumber="CHIM1-FOAD")
    assert [q["code"] for q in asked["questions"]] == ["foad_differs"]
    assert scene.vert.started == []


@pytest.mark.rule("R3")
def test_who_does_not_edit_the_target_is_refused_whatever_the_request_says(scene: YearScene) -> None:
    scene.courses()
    assert refusal(scene, person=GRACE).code == "not_editing_teacher"


@pytest.mark.rule("R3")
def test_who_did_not_teach_last_year_gets_a_link_that_its_teachers_may_grant(scene: YearScene) -> None:
    scene.courses(editingteachers=("grace",))
    said = refusal(scene, person=GRACE)
    assert said.code == "not_source_teacher"
    assert said.details["asked"] == "Ada Lovelace"
    (message,) = scene.bleu.messages.values()
    assert message.username == "ada"
    assert "/local/passerelle/permit.php?permit=" in message.values["text"]


@pytest.mark.rule("R3")
def test_a_granted_link_allows_this_one_transfer_and_is_recorded(scene: YearScene) -> None:
    scene.courses(editingteachers=("grace",))
    refusal(scene, person=GRACE)
    (permit,) = scene.records.all(Permit)
    scene.ask_rollover("permit", site="bleu", person=ADA, permit=permit.id, courseid=0)
    done = scene.roll_over(person=GRACE)
    assert done.state == RolloverState.DONE
    used = scene.records[Permit, permit.id]
    assert (used.granted_by, used.used_by, done.permit) == ("bleu:ada", done.id, permit.id)
    scene.ask_rollover("undo", person=GRACE, rollover=done.id)
    scene.deliver()
    scene.vert.add_course("X", teacher="grace")
    assert refusal(scene, person=GRACE, courseid=101, source_courseid=100).code == "not_source_teacher"


@pytest.mark.rule("R3")
def test_a_used_link_must_be_granted_again_for_another_transfer(scene: YearScene) -> None:
    scene.courses(editingteachers=("grace",))
    refusal(scene, person=GRACE)
    (permit,) = scene.records.all(Permit)
    scene.ask_rollover("permit", site="bleu", person=ADA, permit=permit.id, courseid=0)
    scene.roll_over(person=GRACE)
    scene.vert._fill(100, [], restoredfrom="")
    assert refusal(scene, person=GRACE).code == "not_source_teacher"


@pytest.mark.rule("R3")
def test_a_link_is_granted_only_by_who_edits_the_course_there_or_an_administrator(scene: YearScene) -> None:
    scene.courses(editingteachers=("grace",))
    refusal(scene, person=GRACE)
    (permit,) = scene.records.all(Permit)
    said = refusal(scene, action="permit", site="bleu", person=ALAN, permit=permit.id, courseid=0)
    assert said.code == "permit_not_yours"
    granted = scene.ask_rollover("permit", site="bleu", person=ROOT, permit=permit.id, courseid=0)
    assert granted["state"] == "granted"
    assert any(m.kind == "rollover_permitted" for m in scene.vert.messages.values())


@pytest.mark.rule("R3")
def test_who_may_grant_a_link_is_told_first_what_it_allows_and_nobody_else_is(scene: YearScene) -> None:
    scene.courses(editingteachers=("grace",))
    refusal(scene, person=GRACE)
    (permit,) = scene.records.all(Permit)
    shown = scene.ask_rollover("permit_look", site="bleu", person=ADA, permit=permit.id, courseid=0)
    assert (shown["who"], shown["source"], shown["granted_at"]) == ("Grace Hopper", "Chimie générale", None)
    assert scene.records[Permit, permit.id].granted_at is None
    said = refusal(scene, action="permit_look", site="bleu", person=ALAN, permit=permit.id, courseid=0)
    assert said.code == "permit_not_yours"


@pytest.mark.rule("R3")
def test_people_are_matched_across_the_years_by_the_networks_key() -> None:
    scene = YearScene(a_two_year_network(identity="email"))
    scene.courses()
    scene.bleu.users[0] = replace(scene.bleu.users[0], username="lovelace", email="ADA@example.org")
    scene.bleu.states[100] = replace(scene.bleu.states[100], editingteachers=("lovelace",))
    assert scene.roll_over().state == RolloverState.DONE


def test_another_sites_rollover_looks_as_if_it_did_not_exist(scene: YearScene) -> None:
    scene.courses()
    done = scene.roll_over()
    with pytest.raises(NotFound, match="rollover_unknown"):
        scene.ask_rollover("report", site="caen", rollover=done.id, courseid=0)


def test_a_course_that_has_last_years_number_by_chance_sees_no_report_of_another(scene: YearScene) -> None:
    scene.courses()
    done = amend(scene.records, Rollover, scene.roll_over().id, lambda one: replace(one, source_id=777))
    with pytest.raises(NotFound, match="rollover_unknown"):
        scene.ask_rollover("report", rollover=done.id, courseid=done.source_id)
    assert scene.ask_rollover("report", rollover=done.id, courseid=done.course_id)
