from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import timedelta

import pytest

from passerelle.domain.backups.upload import Upload
from passerelle.domain.moodle.plugin import CourseState, JobMessage
from passerelle.domain.records import Broken
from passerelle.errors import FixAccess, GiveUp, MoodleAway
from passerelle.usecases.backups import refresh
from tests.factories.rollover import a_two_year_network
from tests.fakes.cutting import Cut, Killed
from tests.scenes.rollover import YearScene


def old_platform(count: int, **site: object) -> YearScene:
    scene = YearScene(a_two_year_network(**site))
    for n in range(count):
        scene.bleu.add_course(f"C{n}", holds=["Bohr"], state={"lastchange": scene.clock.now()})
    return scene


def backups(scene: YearScene) -> list[str]:
    return sorted(upload.idnumber for upload in scene.records.all(Upload))


def night(scene: YearScene, turns: int = 20) -> None:
    for _ in range(turns):
        refresh.refresh(scene.world)
        scene.deliver()
        scene.clock.tick(timedelta(minutes=10))


@pytest.mark.rule("R10")
def test_every_changed_course_is_backed_up_once() -> None:
    scene = old_platform(5)
    night(scene)
    assert backups(scene) == ["C0", "C1", "C2", "C3", "C4"]


@pytest.mark.rule("R10")
def test_the_next_night_backs_up_only_what_changed_since() -> None:
    scene = old_platform(5)
    night(scene)
    scene.bleu.edit(102, "Erratum", at=scene.clock.now())
    night(scene)
    assert backups(scene) == ["C0", "C1", "C2", "C2", "C3", "C4"]


@pytest.mark.rule("R10")
def test_never_more_at_a_time_than_the_site_bears() -> None:
    scene = old_platform(9, bleu__parallel_backups=3)
    assert refresh.refresh(scene.world) == 3
    assert refresh.refresh(scene.world) == 0, "those of before are still under way"
    scene.deliver()
    assert refresh.refresh(scene.world) == 3


@pytest.mark.rule("R10")
def test_a_night_that_is_cut_anywhere_goes_on_and_misses_nothing() -> None:
    rehearsal = Cut()
    scene = old_platform(4)
    scene.world = rehearsal.around_world(scene.base)
    refresh.refresh(scene.world)
    for at in range(1, len(rehearsal.calls) + 1):
        scene = old_platform(4)
        scene.world = Cut(at).around_world(scene.base)
        with pytest.raises(Killed):
            refresh.refresh(scene.world)
        scene.world = scene.base
        night(scene, 8)
        assert backups(scene) == ["C0", "C1", "C2", "C3"], rehearsal.calls[at - 1]


@pytest.mark.rule("R10")
def test_a_backup_that_failed_is_tried_again_the_next_night_though_nothing_changed() -> None:
    scene = old_platform(1)
    scene.bleu.fail_next = JobMessage("diskfull")
    night(scene, 2)
    assert backups(scene) == ["C0"]


@pytest.mark.rule("R10")
def test_an_empty_course_is_not_kept() -> None:
    scene = old_platform(2)
    scene.bleu.states[100] = replace(scene.bleu.states[100], empty=True)
    night(scene)
    assert backups(scene) == ["C1"]


@pytest.mark.rule("R10")
def test_only_platforms_that_another_takes_over_are_asked() -> None:
    scene = old_platform(1)
    refresh.refresh(scene.world)
    assert scene.bleu.calls["list_changed_courses"] == 1
    assert scene.vert.calls["list_changed_courses"] == 0


@pytest.mark.rule("R10")
def test_one_turn_looks_at_a_bounded_number_of_courses_and_the_next_goes_on() -> None:
    scene = old_platform(0)
    for n in range(900):
        scene.bleu.add_course(f"E{n}", state={"lastchange": scene.clock.now()})
    scene.bleu.add_course("LAST", holds=["x"], state={"lastchange": scene.clock.now()})
    refresh.refresh(scene.world)
    first = scene.papers[refresh.paper_key("bleu")]
    assert first["after"] == 100 + refresh.HANDLED - 1
    night(scene, 4)
    assert backups(scene) == ["LAST"]


@pytest.mark.rule("R10")
def test_a_turn_that_runs_out_of_time_has_got_on(monkeypatch: pytest.MonkeyPatch) -> None:
    scene = old_platform(0)
    for n in range(refresh.HANDLED):
        scene.bleu.add_course(f"E{n}", state={"lastchange": scene.clock.now()})
    asked: list[int] = []
    states = scene.bleu.get_course_states

    def slow(courseids: Sequence[int]) -> Mapping[int, CourseState]:
        asked.append(courseids[0])
        if len(asked) == 2:
            raise Killed("out of time")
        return states(courseids)

    monkeypatch.setattr(scene.bleu, "get_course_states", slow)
    with pytest.raises(Killed):
        refresh.refresh(scene.world)
    refresh.refresh(scene.world)
    assert asked[:3] == [100, 300, 300], "the first two hundred are not looked at again"


@pytest.mark.rule("R9")
@pytest.mark.rule("R10")
def test_a_backup_of_the_night_serves_the_teacher_in_the_morning() -> None:
    scene = YearScene()
    scene.courses()
    night(scene)
    made = len(scene.bleu.started)
    scene.roll_over()
    assert len(scene.bleu.started) == made


@pytest.mark.rule("R10")
def test_a_round_whose_paper_is_cut_begins_anew() -> None:
    scene = old_platform(3)
    night(scene)
    scene.papers.put_json(refresh.paper_key("bleu"), '{"since": 17')
    night(scene, 2)
    assert backups(scene) == ["C0", "C1", "C2"]
    assert [one.id for one in scene.records.all(Broken)] == [refresh.paper_key("bleu")]


@pytest.mark.rule("R10")
@pytest.mark.parametrize(
    "error",
    [MoodleAway("gris", "network"), FixAccess("gris", "f", "invalidtoken"), GiveUp("record_unreadable")],
)
def test_an_old_platform_that_is_down_or_refuses_stops_its_own_turn_only(
    error: Exception, monkeypatch: pytest.MonkeyPatch
) -> None:
    scene = old_platform(1)
    turns: list[str] = []

    def turn(_world: object, site: str) -> int:
        turns.append(site)
        if site == "gris":
            raise error
        return 1

    monkeypatch.setattr(refresh, "_refresh_site", turn)
    monkeypatch.setattr(type(scene.network), "previous_sites", property(lambda _: ("gris", "bleu")))
    assert refresh.refresh(scene.world) == 1
    assert turns == ["gris", "bleu"]
