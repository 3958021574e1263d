from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest

from passerelle.domain.backups.manifest import Group
from passerelle.domain.moodle.core import CourseSection, Module
from passerelle.domain.moodle.left_out import LeftOut
from passerelle.domain.moodle.plugin import Holding
from passerelle.domain.rollover.rollover import (
    Wish,
    bare_code,
    differences,
    doubled,
    fresh_upload,
    is_foad,
    left_out,
    objections_of_target,
    settings_of,
    stash_name,
)
from passerelle.domain.states import BackupState
from passerelle.words.holdings import say_holds
from tests.factories.records import NOW, an_upload
from tests.factories.rollover import a_course_state


@pytest.mark.rule("R1")
@pytest.mark.parametrize(
    ("idnumber", "foad"),
    [
        ("FOAD-Y2AN8A", True),
        ("Y2AN8A-FOAD", True),
        ("Y2AN8AFOAD", True),
        ("FOADY2AN8A", True),
        ("foad y2an8a", True),
        ("Y2AN8A", False),
        ("AFOADX", False),
        ("", False),
    ],
)
def test_a_distance_course_is_known_by_its_mark(idnumber: str, foad: bool) -> None:
    assert is_foad(idnumber) is foad


@pytest.mark.rule("R1")
def test_the_code_is_the_same_with_and_without_the_marks() -> None:
    assert {bare_code(n) for n in ("Y2AN8A", "FOAD-y2an8a", "Y2AN8A FOAD", "ex_Y2AN8A")} == {"Y2AN8A"}


@pytest.mark.rule("D18")
@pytest.mark.parametrize(
    ("target", "source", "code"),
    [
        ("Y2", "Y2", None),
        ("Y2", "ex_Y2", None),
        ("Y2", "FOAD-Y2", "foad_differs"),
        ("FOAD-Y2", "Y2", "foad_differs"),
        ("Y2", "Y3", "other_code"),
    ],
)
def test_another_code_or_kind_is_seen(target: str, source: str, code: str | None) -> None:
    assert [note.code for note in differences(target, source)] == ([code] if code else [])


@pytest.mark.rule("R5")
def test_a_refusal_names_everything_that_was_found() -> None:
    state = a_course_state(
        empty=False, holds=(Holding("activities", 2), Holding("questions", 5), Holding("newthing", 1))
    )
    (note,) = objections_of_target(state, "replace")
    assert say_holds(note.details["holds"], "fr") == "2 activités, 5 questions, newthing (1)"


@pytest.mark.rule("R5")
@pytest.mark.rule("R6")
def test_a_merge_and_the_private_area_are_not_stopped_by_content() -> None:
    state = a_course_state(empty=False, holds=(Holding("activities", 2),))
    assert objections_of_target(state, "merge") == ()
    assert objections_of_target(state, "stash") == ()


@pytest.mark.rule("R6")
def test_what_a_merge_doubles_is_what_both_hold_by_kind_and_name() -> None:
    def course(*modules: tuple[str, str]) -> list[CourseSection]:
        rows = tuple(Module(n, name, kind) for n, (kind, name) in enumerate(modules))
        return [CourseSection(1, "", modules=rows)]

    here = course(("page", "Bohr "), ("page", "À moi"), ("quiz", "Lewis"))
    there = course(("page", "bohr"), ("page", "Lewis"), ("page", "bohr"))
    assert doubled(here, there) == 1


@pytest.mark.rule("R7")
def test_groups_come_only_if_asked_and_the_nights_never() -> None:
    groups = (Group(1, "TD1", "Y2-TD1"), Group(2, "Projet", ""))
    assert settings_of(Wish())["groups"] == "0"
    assert left_out(Wish(), groups) == ()
    assert left_out(Wish(groups=True, exclude=(LeftOut("group", 2),)), groups) == (
        LeftOut("group", 2),
        LeftOut("group", 1),
    )


@pytest.mark.rule("R4")
@pytest.mark.parametrize(
    ("code", "title", "name"),
    [
        ("Y2AN8A", "Chimie générale", "Y2AN8A_Chimie-generale_24-25_20261005.mbz"),
        ("FOAD - Y2", "L'œuvre / été", "FOAD-Y2_L-oeuvre-ete_24-25_20261005.mbz"),
        ("", "Chimie", "cours_Chimie_24-25_20261005.mbz"),
        ("../../etc", "x" * 200, f"etc_{'x' * 60}_24-25_20261005.mbz"),
    ],
)
def test_a_stashed_file_is_named_safely(code: str, title: str, name: str) -> None:
    assert stash_name(code, title, "24/25", datetime(2026, 10, 5, tzinfo=UTC)) == name


@pytest.mark.rule("R9")
@pytest.mark.rule("R10")
def test_a_backup_is_fresh_while_it_holds_the_last_change() -> None:
    upload = an_upload(intent="rollover", lastchange=NOW)
    assert fresh_upload([upload], NOW) == upload
    assert fresh_upload([upload], NOW + timedelta(seconds=1)) is None
    assert fresh_upload([upload], None) is None
    assert fresh_upload([an_upload(intent="share", lastchange=NOW)], NOW) is None
    refused = an_upload(intent="rollover", lastchange=NOW, state=BackupState.REFUSED)
    assert fresh_upload([refused], NOW) is None
