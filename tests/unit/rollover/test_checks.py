"""D17, D18, D19 and D20: each found where it is, and none where there is none."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from datetime import timedelta

import pytest

from passerelle.domain.records import Note
from passerelle.usecases.rollover import checks
from tests.factories.rollover import a_survey
from tests.scenes.rollover import ADA, YearScene


def with_a_fresh_backup() -> YearScene:
    """Ada's course of last year, backed up since its last change, and the one of this year, empty."""
    scene = YearScene()
    scene.courses()
    scene.ask_rollover("check")
    scene.deliver()
    return scene


def traps(scene: YearScene, source: int = 100) -> list[tuple[str, str]]:
    found = checks.found(scene.world, "vert", scene.vert.states[100], scene.bleu.states[source], ADA.username)
    assert {one.who for one in found} <= {"teacher"}
    return [(one.check, one.note.code) for one in found]


def target(**changes: object) -> Callable[[YearScene], None]:
    def spoil(scene: YearScene) -> None:
        scene.vert.states[100] = replace(scene.vert.states[100], **changes)

    return spoil


def source(**changes: object) -> Callable[[YearScene], None]:
    def spoil(scene: YearScene) -> None:
        scene.bleu.states[100] = replace(scene.bleu.states[100], **changes)

    return spoil


def filled(scene: YearScene) -> None:
    scene.vert.edit(100, "À moi")


def changed_since(scene: YearScene) -> None:
    scene.bleu.edit(100, "Erratum", at=scene.clock.now() + timedelta(minutes=1))


def shared_on_both_sides(scene: YearScene) -> None:
    target(editingteachers=("ada", "grace"))(scene)
    source(editingteachers=("ada",), teachers=("grace",))(scene)


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
    spoil: Callable[[YearScene], None], expected: list[tuple[str, str]]
) -> None:
    scene = with_a_fresh_backup()
    spoil(scene)
    assert traps(scene) == expected


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
    scene = with_a_fresh_backup()
    scene.bleu.add_course(idnumber, teacher="ada", holds=["Bohr"])
    found = [code for check, code in traps(scene, source=101) if check == "D18"]
    # Under its own number there is a backup, of before it changed; under the others none that could be old.
    assert found == [*expected, "D18_older" if idnumber == "CHIM1" else "D18_none"]


@pytest.mark.rule("D17", "D18", "D20")
def test_a_trap_says_how_many_and_what_it_is_about() -> None:
    scene = with_a_fresh_backup()
    filled(scene)
    target(restoredfrom="https://caen.example", editingteachers=("ada", "grace"), teachers=("Alan",))(scene)
    source(idnumber="PHYS1", editingteachers=("ADA", "root"), teachers=("gone", "left"))(scene)
    found = checks.found(scene.world, "vert", scene.vert.states[100], scene.bleu.states[100], "ada")
    assert [one.note for one in found] == [
        Note("D17_not_empty", {"holds": "activities: 1"}),
        Note("D17_restored", {"origin": "https://caen.example"}),
        Note("D17_teachers", {"count": "1"}),
        Note("other_code", {"target": "CHIM1", "source": "PHYS1"}),
        Note("D18_none"),
        Note("D20_not_before", {"count": "2", "year": "24/25"}),
        Note("D20_not_now", {"count": "3", "year": "24/25"}),
    ]


@pytest.mark.rule("D17", "D18", "D20")
def test_where_no_course_of_last_year_is_known_only_the_target_is_looked_at() -> None:
    scene = with_a_fresh_backup()
    filled(scene)
    target(teachers=("alan",))(scene)
    (one,) = checks.found(scene.world, "vert", scene.vert.states[100], None, "ada")
    assert (one.check, one.note.code, one.who) == ("D17", "D17_not_empty", "teacher")


@pytest.mark.rule("D20")
def test_a_teacher_whose_login_changed_is_the_same_one() -> None:
    scene = with_a_fresh_backup()
    network = replace(scene.world.network, identity="email")
    scene.world = replace(scene.world, network=network)
    scene.bleu.users[0] = replace(scene.bleu.users[0], username="lovelace")
    source(editingteachers=("lovelace",))(scene)
    assert traps(scene) == []


@pytest.mark.rule("D19")
@pytest.mark.rule("R12")
def test_a_course_with_nothing_to_repair_says_so() -> None:
    scene = YearScene()
    scene.courses()
    key = scene.upload_of("bleu", "CHIM1")
    scene.backups.surveys[key] = a_survey(links=(), link_count=0)
    done = scene.roll_over()
    said = scene.ask_rollover("report", rollover=done.id)["report"]
    assert (done.findings, said["findings"]) == ({}, [])
    assert said["nothing"]
