"""The report before and after, and what the block tells before the button is pressed: R12, D17, D18, D20."""

from __future__ import annotations

from dataclasses import replace

import pytest

from passerelle.domain.moodle.plugin import Moved
from passerelle.domain.records import RunningJob
from passerelle.domain.states import BackupState, RolloverState
from passerelle.words.sentences import say
from tests.factories.records import a_person
from tests.factories.rollover import a_survey
from tests.fakes.lms import FakeSites
from tests.fakes.lms_years import YearLms
from tests.scenes.rollover import ALAN, YearScene, refusal


@pytest.fixture
def scene() -> YearScene:
    return YearScene()


# --- R12 ---


@pytest.mark.rule("R12")
@pytest.mark.rule("D19")
def test_the_same_report_is_made_on_last_years_course_before(scene: YearScene) -> None:
    scene.courses()
    asked = scene.ask_rollover("check")
    scene.deliver()
    checked = scene.rollover(asked["rollover"])
    assert checked.state == RolloverState.CHECKED
    assert checked.findings == {"stale_link": 1}
    said = scene.ask_rollover("report", rollover=checked.id)["report"]
    assert said["before"]
    assert said["findings"][0]["repair_at"] == "https://bleu.example/mod/page/view.php?id=11"
    assert scene.vert.content[100] == []
    assert scene.vert.started == []


@pytest.mark.rule("R12")
def test_the_old_platform_may_ask_for_it_by_itself(scene: YearScene) -> None:
    scene.courses()
    asked = scene.ask_rollover("check", site="bleu")
    scene.deliver()
    said = scene.ask_rollover("report", site="bleu", rollover=asked["rollover"])["report"]
    assert said["findings"]
    latest = scene.ask_rollover("status", site="bleu")["check"]
    assert (latest["rollover"], latest["report_ready"]) == (asked["rollover"], True)
    assert refusal(scene, action="status", site="bleu", person=ALAN).code == "not_editing_teacher"


@pytest.mark.rule("R12")
def test_with_three_years_the_middle_one_may_ask_for_its_own_course_too(scene: YearScene) -> None:
    sites = scene.world.network.sites
    years = {"bleu": replace(sites["bleu"], previous="lille"), "lille": replace(sites["lille"], year="23/24")}
    scene.world = replace(
        scene.world,
        network=replace(scene.world.network, sites={**sites, **years}),
        sites=FakeSites(scene.hub, scene.caen, YearLms("lille"), scene.bleu, scene.vert),
    )
    scene.courses()
    asked = scene.ask_rollover("check", site="bleu", own=True)
    scene.deliver()
    checked = scene.rollover(asked["rollover"])
    assert (checked.state, checked.previous, checked.course_id) == (RolloverState.CHECKED, "bleu", 0)
    assert scene.ask_rollover("report", site="bleu", rollover=checked.id)["report"]["findings"]
    assert scene.ask_rollover("status", site="bleu", own=True)["check"]["rollover"] == checked.id
    # What that platform itself takes over is another question.
    assert scene.ask_rollover("status", site="bleu")["check"] is None


@pytest.mark.rule("R12")
def test_a_check_is_not_taken_for_a_rollover_and_is_found_again(scene: YearScene) -> None:
    scene.courses()
    asked = scene.ask_rollover("check")
    shown = scene.ask_rollover("status")
    assert shown["rollover"] is None
    assert shown["check"]["rollover"] == asked["rollover"]


@pytest.mark.rule("R12")
def test_a_link_to_a_course_that_was_itself_taken_over_gets_its_new_address(scene: YearScene) -> None:
    scene.courses()  # bleu 100 → vert 100
    scene.courses("PHYS1")  # bleu 101 → vert 101
    scene.roll_over(courseid=101)
    key = scene.upload_of("bleu", "CHIM1")
    scene.backups.surveys[key] = a_survey(
        links=(replace(a_survey().links[0], url="https://bleu.example/course/view.php?id=101"),)
    )
    done = scene.roll_over()
    said = scene.ask_rollover("report", rollover=done.id)["report"]
    assert said["findings"][0]["new_address"] == "https://vert.example/course/view.php?id=101"


def chemistry_that_links(scene: YearScene, address: str) -> None:
    """CHIM1, bleu's 100 and vert's 100, with one link; PHYS1, 101 on both sides, holds a page and a section."""
    scene.courses()
    scene.courses("PHYS1")
    scene.vert.maps[101] = (Moved("course", 101, 101), Moved("section", 30, 530), Moved("module", 991, 4711))
    key = scene.upload_of("bleu", "CHIM1")
    link = replace(a_survey().links[0], url=f"https://bleu.example{address}")
    scene.backups.surveys[key] = a_survey(links=(link,))


def new_address(scene: YearScene, rollover: str) -> str:
    said = scene.ask_rollover("report", rollover=rollover)["report"]
    return str(said["findings"][0]["new_address"])


ELSEWHERE = [
    ("/mod/page/view.php?id=991", "/mod/page/view.php?id=4711"),
    ("/mod/page/view.php?id=991&forceview=1#bas", "/mod/page/view.php?id=4711#bas"),
    ("/course/section.php?id=30", "/course/section.php?id=530"),
    ("/course/view.php?id=101", "/course/view.php?id=101"),
]


@pytest.mark.rule("R12")
@pytest.mark.parametrize(("old", "new"), ELSEWHERE)
def test_a_link_into_another_course_gets_its_new_address_whichever_was_taken_over_first(
    scene: YearScene, old: str, new: str
) -> None:
    chemistry_that_links(scene, old)
    done = scene.roll_over()
    assert new_address(scene, done.id) == ""
    scene.roll_over(courseid=101)
    assert new_address(scene, done.id) == f"https://vert.example{new}"
    page = scene.ask_rollover("report", rollover=done.id, format="html")["html"]
    assert f"https://vert.example{new}" in page


@pytest.mark.rule("R12")
@pytest.mark.parametrize(("old", "new"), ELSEWHERE)
def test_a_link_into_a_course_that_was_taken_over_before_is_written_into_the_report(
    scene: YearScene, old: str, new: str
) -> None:
    chemistry_that_links(scene, old)
    scene.roll_over(courseid=101)
    done = scene.roll_over()
    assert scene.papers[done.report_key]["findings"][0]["new_address"] == f"https://vert.example{new}"


@pytest.mark.rule("R12")
@pytest.mark.parametrize("old", [old for old, _ in ELSEWHERE])
def test_what_was_undone_stands_nowhere(scene: YearScene, old: str) -> None:
    chemistry_that_links(scene, old)
    other = scene.roll_over(courseid=101)
    scene.ask_rollover("undo", rollover=other.id, courseid=101)
    scene.deliver()
    assert new_address(scene, scene.roll_over().id) == ""


@pytest.mark.rule("R12")
def test_the_report_is_also_a_page_and_says_so_while_it_is_not_ready(scene: YearScene) -> None:
    scene.courses()
    asked = scene.ask_rollover()
    assert refusal(scene, action="report", rollover=asked["rollover"]).code == "report_not_ready"
    scene.deliver()
    answer = scene.ask_rollover("report", rollover=asked["rollover"], format="html")
    assert (set(answer), answer["rollover"]) == ({"rollover", "html"}, asked["rollover"])
    page = answer["html"]
    assert page.startswith('<!DOCTYPE html>\n<html lang="fr">')
    assert "Bohr" in page


@pytest.mark.rule("R12")
def test_an_archive_is_surveyed_once_however_often_it_serves(scene: YearScene) -> None:
    scene.courses()
    scene.ask_rollover("check")
    scene.deliver()
    scene.roll_over()
    assert len(scene.backups.surveyed) == 1


# --- D17, D18, D20 ---


@pytest.mark.rule("D17")
@pytest.mark.rule("D18")
@pytest.mark.rule("D20")
def test_traps_are_told_before_the_button_is_pressed(scene: YearScene) -> None:
    scene.courses(holds=("À moi",), editingteachers=("ada", "grace"))
    scene.bleu.states[100] = replace(scene.bleu.states[100], teachers=("alan",))
    traps = scene.ask_rollover("status")["traps"]
    assert [trap["check"] for trap in traps] == ["D17", "D17", "D18", "D20", "D20"]
    assert {trap["who"] for trap in traps} == {"teacher"}


@pytest.mark.rule("D20")
def test_the_same_people_on_both_sides_are_no_trap(scene: YearScene) -> None:
    scene.courses()
    scene.roll_over(destination="stash")
    assert scene.ask_rollover("status")["traps"] == []


def test_a_person_reads_in_his_own_language(scene: YearScene) -> None:
    scene.courses(holds=("Mine",))
    english = a_person("ada", lang="en")
    no = refusal(scene, person=english)
    assert "it holds 1 activity." in say(no.code, "en", **no.details)


def test_the_running_job_of_a_backup_keeps_its_upload(scene: YearScene) -> None:
    scene.courses()
    done = scene.roll_over()
    job = scene.records[RunningJob, done.backup_job]
    assert scene.upload(job.result).state == BackupState.ACCEPTED
