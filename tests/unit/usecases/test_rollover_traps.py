"""D17, D18, D19 and D20: each found where it is, and none where there is none."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from datetime import timedelta

import pytest

from passerelle.usecases import rollover_traps
from tests.factories_rollover import a_survey
from tests.stage_rollover import ADA, YearStage


def with_a_fresh_backup() -> YearStage:
    """Ada's course of last year, backed up since its last change, and hers of this year, empty."""
    stage = YearStage()
    stage.courses()
    stage.ask_rollover("check")
    stage.deliver()
    return stage


def traps(stage: YearStage, source: int = 100) -> list[tuple[str, str]]:
    found = rollover_traps.found(
        stage.world, "vert", stage.vert.states[100], stage.bleu.states[source], ADA.username
    )
    assert {one.who for one in found} <= {"teacher"}
    return [(one.check, one.note.code) for one in found]


def target(**changes: object) -> Callable[[YearStage], None]:
    def spoil(stage: YearStage) -> None:
        stage.vert.states[100] = replace(stage.vert.states[100], **changes)

    return spoil


def source(**changes: object) -> Callable[[YearStage], None]:
    def spoil(stage: YearStage) -> None:
        stage.bleu.states[100] = replace(stage.bleu.states[100], **changes)

    return spoil


def filled(stage: YearStage) -> None:
    stage.vert.edit(100, "À moi")


def changed_since(stage: YearStage) -> None:
    stage.bleu.edit(100, "Erratum", at=stage.clock.now() + timedelta(minutes=1))


def shared_on_both_sides(stage: YearStage) -> None:
    target(editingteachers=("ada", "grace"))(stage)
    source(editingteachers=("ada",), teachers=("grace",))(stage)


@pytest.mark.rule("D17")
@pytest.mark.rule("D18")
@pytest.mark.rule("D20")
def test_where_everything_fits_there_is_no_trap() -> None:
    assert traps(with_a_fresh_backup()) == []


@pytest.mark.parametrize(
    ("spoil", "expected"),
    [
        pytest.param(filled, [("D17", "D17_not_empty")], marks=pytest.mark.rule("D17"), id="not empty"),
        pytest.param(
            target(restoredfrom="https://bleu.example"),
            [("D17", "D17_restored")],
            marks=pytest.mark.rule("D17"),
            id="restored already",
        ),
        pytest.param(
            shared_on_both_sides,
            [("D17", "D17_teachers")],
            marks=pytest.mark.rule("D17"),
            id="other active teachers, the same as last year",
        ),
        pytest.param(
            changed_since, [("D18", "D18_older")], marks=pytest.mark.rule("D18"), id="older than a change"
        ),
        pytest.param(
            source(lastchange=None),
            [("D18", "D18_older")],
            marks=pytest.mark.rule("D18"),
            id="nobody knows when it changed",
        ),
        pytest.param(
            target(teachers=("alan",)),
            [("D20", "D20_not_before")],
            marks=pytest.mark.rule("D20"),
            id="a teacher of this year only",
        ),
        pytest.param(
            source(teachers=("alan",)),
            [("D20", "D20_not_now")],
            marks=pytest.mark.rule("D20"),
            id="a teacher of last year only",
        ),
        pytest.param(
            source(editingteachers=("grace",)),
            [("D20", "D20_not_before"), ("D20", "D20_not_now")],
            marks=pytest.mark.rule("D20"),
            id="another teacher",
        ),
    ],
)
def test_a_trap_is_found_where_it_is_and_no_other(
    spoil: Callable[[YearStage], None], expected: list[tuple[str, str]]
) -> None:
    stage = with_a_fresh_backup()
    spoil(stage)
    assert traps(stage) == expected


@pytest.mark.rule("D18")
@pytest.mark.parametrize(
    ("idnumber", "expected"),
    [
        ("CHIM1", []),
        ("ex_CHIM1", []),
        ("PHYS1", ["other_code"]),
        ("CHIM1FOAD", ["foad_differs"]),
        ("FOAD-CHIM1", ["foad_differs"]),
        ("", ["other_code"]),
    ],
)
def test_a_backup_of_another_code_or_kind_is_a_trap(idnumber: str, expected: list[str]) -> None:
    stage = with_a_fresh_backup()
    stage.bleu.add_course(idnumber, teacher="ada", holds=["Bohr"])
    found = [code for check, code in traps(stage, source=101) if check == "D18"]
    # Never backed up, so that it is too old as well, whatever its code.
    assert found == [*expected, "D18_older"]


@pytest.mark.rule("D20")
def test_a_teacher_whose_login_changed_is_the_same_one() -> None:
    stage = with_a_fresh_backup()
    network = replace(stage.world.network, identity="email")
    stage.world = replace(stage.world, network=network)
    stage.bleu.users[0] = replace(stage.bleu.users[0], username="lovelace")
    source(editingteachers=("lovelace",))(stage)
    assert traps(stage) == []


@pytest.mark.rule("D19")
@pytest.mark.rule("R12")
def test_a_course_with_nothing_to_repair_says_so() -> None:
    stage = YearStage()
    stage.courses()
    key = stage.upload_of("bleu", "CHIM1")
    stage.backups.surveys[key] = a_survey(links=(), link_count=0)
    done = stage.roll_over()
    said = stage.ask_rollover("report", rollover=done.id)["report"]
    assert (done.findings, said["findings"]) == ({}, [])
    assert said["nothing"]
