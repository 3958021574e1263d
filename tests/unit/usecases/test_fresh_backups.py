from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import timedelta

import pytest

from passerelle.domain.plugin import CourseState, JobMessage
from passerelle.domain.publishing import Upload
from passerelle.usecases import fresh_backups
from tests.factories_rollover import a_two_year_network
from tests.fakes.cutting import Cut, Killed
from tests.stage_rollover import YearStage


def old_platform(count: int, **site: object) -> YearStage:
    stage = YearStage(a_two_year_network(**site))
    for n in range(count):
        stage.bleu.add_course(f"C{n}", holds=["Bohr"], state={"lastchange": stage.clock.now()})
    return stage


def backups(stage: YearStage) -> list[str]:
    return sorted(upload.idnumber for upload in stage.records.all(Upload))


def night(stage: YearStage, turns: int = 20) -> None:
    for _ in range(turns):
        fresh_backups.refresh(stage.world)
        stage.deliver()
        stage.clock.tick(timedelta(minutes=10))


@pytest.mark.rule("R10")
def test_every_changed_course_is_backed_up_once() -> None:
    stage = old_platform(5)
    night(stage)
    assert backups(stage) == ["C0", "C1", "C2", "C3", "C4"]


@pytest.mark.rule("R10")
def test_the_next_night_backs_up_only_what_changed_since() -> None:
    stage = old_platform(5)
    night(stage)
    stage.bleu.edit(102, "Erratum", at=stage.clock.now())
    night(stage)
    assert backups(stage) == ["C0", "C1", "C2", "C2", "C3", "C4"]


@pytest.mark.rule("R10")
def test_never_more_at_a_time_than_the_site_bears() -> None:
    stage = old_platform(9, bleu__parallel_backups=3)
    assert fresh_backups.refresh(stage.world) == 3
    assert fresh_backups.refresh(stage.world) == 0, "those of before are still under way"
    stage.deliver()
    assert fresh_backups.refresh(stage.world) == 3


@pytest.mark.rule("R10")
def test_a_night_that_is_cut_anywhere_goes_on_and_misses_nothing() -> None:
    rehearsal = Cut()
    stage = old_platform(4)
    stage.world = rehearsal.around_world(stage.base)
    fresh_backups.refresh(stage.world)
    for at in range(1, len(rehearsal.calls) + 1):
        stage = old_platform(4)
        stage.world = Cut(at).around_world(stage.base)
        with pytest.raises(Killed):
            fresh_backups.refresh(stage.world)
        stage.world = stage.base
        night(stage, 8)
        assert backups(stage) == ["C0", "C1", "C2", "C3"], rehearsal.calls[at - 1]


@pytest.mark.rule("R10")
def test_a_backup_that_failed_is_tried_again_the_next_night_though_nothing_changed() -> None:
    stage = old_platform(1)
    stage.bleu.fail_next = JobMessage("diskfull")
    night(stage, 2)
    assert backups(stage) == ["C0"]


@pytest.mark.rule("R10")
def test_an_empty_course_is_not_kept() -> None:
    stage = old_platform(2)
    stage.bleu.states[100] = replace(stage.bleu.states[100], empty=True)
    night(stage)
    assert backups(stage) == ["C1"]


@pytest.mark.rule("R10")
def test_only_platforms_that_another_takes_over_are_asked() -> None:
    stage = old_platform(1)
    fresh_backups.refresh(stage.world)
    assert stage.bleu.calls["list_changed_courses"] == 1
    assert stage.vert.calls["list_changed_courses"] == 0


@pytest.mark.rule("R10")
def test_one_turn_looks_at_a_bounded_number_of_courses_and_the_next_goes_on() -> None:
    stage = old_platform(0)
    for n in range(900):
        stage.bleu.add_course(f"E{n}", state={"lastchange": stage.clock.now()})
    stage.bleu.add_course("LAST", holds=["x"], state={"lastchange": stage.clock.now()})
    fresh_backups.refresh(stage.world)
    first = stage.papers[fresh_backups.paper_key("bleu")]
    assert first["after"] == 100 + fresh_backups.HANDLED - 1
    night(stage, 4)
    assert backups(stage) == ["LAST"]


@pytest.mark.rule("R10")
def test_a_turn_that_runs_out_of_time_has_got_on(monkeypatch: pytest.MonkeyPatch) -> None:
    stage = old_platform(0)
    for n in range(fresh_backups.HANDLED):
        stage.bleu.add_course(f"E{n}", state={"lastchange": stage.clock.now()})
    asked: list[int] = []
    states = stage.bleu.get_course_states

    def slow(courseids: Sequence[int]) -> Mapping[int, CourseState]:
        asked.append(courseids[0])
        if len(asked) == 2:
            raise Killed("out of time")
        return states(courseids)

    monkeypatch.setattr(stage.bleu, "get_course_states", slow)
    with pytest.raises(Killed):
        fresh_backups.refresh(stage.world)
    fresh_backups.refresh(stage.world)
    assert asked[:3] == [100, 300, 300], "the first two hundred are not looked at again"


@pytest.mark.rule("R9")
@pytest.mark.rule("R10")
def test_a_backup_of_the_night_serves_the_teacher_in_the_morning() -> None:
    stage = YearStage()
    stage.courses()
    night(stage)
    made = len(stage.bleu.started)
    stage.roll_over()
    assert len(stage.bleu.started) == made
