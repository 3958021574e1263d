"""What Moodle and the nights add to an answer, whole: each cause with all that its sentence may name (N22)."""

from __future__ import annotations

from dataclasses import replace
from datetime import date

import pytest

from passerelle.domain.night.plan.memory import Memory
from passerelle.domain.night.policy import Freeze
from passerelle.domain.night.why.explain import Answer, Place, Verdict
from passerelle.domain.night.why.in_moodle import (
    Nights,
    Seen,
    add_nights,
    add_seen,
    explain_space,
    find_accounts,
    find_spaces,
    is_archive_of,
    see,
)
from passerelle.domain.night.why.question import AskedCourse, AskedPerson
from passerelle.domain.offer.causes import Cause, Reason
from passerelle.domain.offer.model import Kind, Person
from passerelle.domain.states import RunState
from tests.factories.moodle_rows import Moodle
from tests.factories.night import NIGHT, a_run

WHO = AskedPerson("P1", None, "p1")
NIGHTS = Nights(NIGHT, "2026", 14, Memory(suspended={("E1", "p1"): date(2026, 10, 1)}))
IN, OUT, UNKNOWN = Verdict.IN, Verdict.OUT, Verdict.UNKNOWN
SAID = {"here": "E1"}
GRACE = {**SAID, "until": "2026-10-15"}


def an_answer(
    verdict: Verdict = IN, *roles: str, person: AskedPerson = WHO, course: str = "E1", foad=False
) -> Answer:
    place = Place(course, "Chimie", foad, verdict, roles, ())
    return Answer(person, AskedCourse("E1"), "E1", (place,))


def seen(moodle: Moodle, person: AskedPerson = WHO, *idnumbers: str) -> Seen:
    return see(moodle.actual(), person, idnumbers or ("E1",))


def told(moodle: Moodle, answer: Answer | None = None, nights: Nights = NIGHTS) -> list[tuple[Cause, dict]]:
    (place,) = add_seen(answer or an_answer(), seen(moodle), nights, {}).places
    return [(one.cause, dict(one.details)) for one in place.reasons]


def a_moodle(**course: object) -> Moodle:
    return Moodle().user().course("OTHER").course("E1", **course)


NIGHTS_OWN = {"method": "passerelle", "roles": "student"}
HANDS = {"method": "manual", "roles": "teacher"}


@pytest.mark.rule("N22")
@pytest.mark.parametrize(
    ("moodle", "verdict", "expected"),
    [
        (a_moodle().enrolled(), IN, [(Cause.THERE, SAID | NIGHTS_OWN)]),
        (a_moodle().enrolled(), OUT, [(Cause.LEAVES, SAID)]),
        (a_moodle().enrolled(), UNKNOWN, [(Cause.STAYS_UNKNOWN, SAID)]),
        (a_moodle().enrolled(active=False), IN, [(Cause.COMES_BACK, GRACE)]),
        (a_moodle().enrolled(active=False), OUT, [(Cause.IN_GRACE, GRACE)]),
        (a_moodle().enrolled(active=False), UNKNOWN, [(Cause.IN_GRACE, GRACE)]),
        (a_moodle(), IN, [(Cause.NOT_THERE_YET, SAID)]),
        (a_moodle(), OUT, []),
        (a_moodle().enrolled("OTHER"), OUT, []),
        (a_moodle().enrolled(username="p2"), OUT, []),
        (a_moodle().enrolled(method="manual", role="teacher"), OUT, [(Cause.BY_HAND, SAID | HANDS)]),
        (a_moodle().enrolled(method="manual", active=False), OUT, []),
        (
            a_moodle().enrolled().enrolled(method="manual"),
            IN,
            [
                (Cause.THERE, SAID | NIGHTS_OWN),
                (
                    Cause.HAND_DOUBLES,
                    SAID | {"method": "manual", "by_hand": "student", "by_night": "student"},
                ),
            ],
        ),
        # What the night does not look after stands still.
        (Moodle().user().course(ours=False), IN, [(Cause.NOT_ADOPTED, SAID)]),
        (
            Moodle().user().course(ours=False).enrolled(),
            OUT,
            [(Cause.NOT_ADOPTED, SAID), (Cause.STAYS_UNKNOWN, SAID)],
        ),
        (a_moodle().course("E1"), IN, [(Cause.HELD_TWICE, SAID)]),
        (a_moodle().course("E1").enrolled(), OUT, [(Cause.HELD_TWICE, SAID), (Cause.STAYS_UNKNOWN, SAID)]),
        # The course is not there.
        (Moodle().user(), IN, [(Cause.COURSE_NOT_MADE, SAID)]),
        (Moodle().user(), UNKNOWN, [(Cause.COURSE_NOT_MADE, SAID)]),
        (Moodle().user(), OUT, []),
        (Moodle().user().course("ex_E1"), IN, [(Cause.ARCHIVED, SAID | {"archive": "ex_E1"})]),
        (Moodle().user().course("ex_E1_2"), OUT, [(Cause.ARCHIVED, SAID | {"archive": "ex_E1_2"})]),
        (Moodle().user().course("ex_E1", ours=False), OUT, []),
        # Hidden: told to whom it concerns.
        (
            a_moodle(visible=False).enrolled(),
            IN,
            [(Cause.THERE, SAID | NIGHTS_OWN), (Cause.COURSE_HIDDEN, SAID)],
        ),
        (a_moodle(visible=False), OUT, []),
        (a_moodle(visible=False).enrolled(active=False), OUT, [(Cause.IN_GRACE, GRACE)]),
        (
            a_moodle(visible=False).course("E1").enrolled(active=False),
            IN,
            [(Cause.HELD_TWICE, SAID), (Cause.COMES_BACK, GRACE)],
        ),
    ],
)
def test_what_moodle_has_of_a_place_is_told(moodle, verdict, expected):
    assert told(moodle, an_answer(verdict)) == expected


@pytest.mark.rule("N6")
@pytest.mark.rule("N22")
def test_a_student_who_is_to_come_is_told_that_the_course_is_hidden_and_a_teacher_is_not():
    hidden = a_moodle(visible=False)
    assert told(hidden, an_answer(IN, "student"))[-1] == (Cause.COURSE_HIDDEN, SAID)
    assert told(hidden, an_answer(IN, "editingteacher")) == [(Cause.NOT_THERE_YET, SAID)]


@pytest.mark.rule("N24")
@pytest.mark.rule("N22")
def test_since_when_somebody_is_suspended_may_be_forgotten():
    suspended = a_moodle().enrolled(active=False)
    assert told(suspended, nights=replace(NIGHTS, memory=Memory())) == [
        (Cause.COMES_BACK, {**SAID, "until": ""})
    ]


@pytest.mark.rule("N15")
@pytest.mark.rule("N22")
def test_a_teacher_by_hand_in_a_foad_course_is_there_by_hand():
    moodle = a_moodle().enrolled().enrolled(method="manual", role="teacher")
    (place,) = add_seen(an_answer(OUT, foad=True), seen(moodle), NIGHTS, {}).places
    assert [(one.cause, one.course) for one in place.reasons] == [(Cause.LEAVES, ""), (Cause.BY_HAND, "E1")]


@pytest.mark.rule("N22")
def test_a_place_without_a_course_is_in_no_moodle():
    assert told(Moodle().user(), an_answer(IN, course="")) == []


@pytest.mark.rule("N22")
@pytest.mark.rule("N25")
@pytest.mark.parametrize(
    ("account", "row", "notes", "expected"),
    [
        (None, True, (), [Cause.NO_ACCOUNT]),
        (None, False, (), []),  # whom the sources do not name has none
        (None, True, (Reason(Cause.PERSON_REFUSED),), [Cause.PERSON_REFUSED]),
        ({}, True, (), []),
        ({"suspended": True}, True, (), [Cause.ACCOUNT_SUSPENDED]),
        ({"username": "renamed"}, True, (), []),  # by code
        ({"idnumber": ""}, True, (), []),  # by login
        ({"idnumber": "", "username": "other"}, True, (), [Cause.NO_ACCOUNT]),
    ],
)
def test_an_account_is_found_by_code_then_by_login_and_what_is_amiss_with_it_is_told(
    account, row, notes, expected
):
    moodle = Moodle().course("E1")
    if account is not None:
        moodle.user(**({"username": "p1", "idnumber": "P1"} | account))
    person = AskedPerson(
        "P1", Person("P1", "p1", "Last", "First", "", Kind.STUDENT, 2) if row else None, "p1"
    )
    answer = replace(an_answer(OUT, person=person), notes=notes)
    assert list(add_seen(answer, seen(moodle, person), NIGHTS, {}).notes) == [
        Reason(cause) for cause in expected
    ]


@pytest.mark.rule("N25")
def test_of_two_accounts_the_one_with_the_code_is_the_persons():
    moodle = Moodle().user("p1", "").user("x1", "P1").course("E1").enrolled("E1", "x1").enrolled("E1", "p1")
    found = seen(moodle)
    assert found.account is not None
    assert (found.account.username, [row.username for row in found.enrolments]) == ("x1", ["x1"])
    assert seen(Moodle().user("x1", ""), AskedPerson("", None, "")).account is None
    assert seen(Moodle().course("E1").enrolled("E1", "p1")).enrolments == ()


@pytest.mark.rule("N22")
@pytest.mark.rule("N5")
def test_copies_and_archives_are_kept_under_the_idnumber_asked_about():
    moodle = Moodle().course("E1").course("E1", ours=False).course("ex_E2").course("ex_E9").course("E2_x")
    found = seen(moodle, WHO, "E1", "E2", "")
    assert {name: [(one.course.id, one.ours) for one in copies] for name, copies in found.copies.items()} == {
        "E1": [(1, True), (2, False)]
    }
    assert {name: course.idnumber for name, course in found.archives.items()} == {"E2": "ex_E2"}


@pytest.mark.rule("N5")
@pytest.mark.parametrize(
    ("idnumber", "archive"),
    [
        ("ex_E1", True),
        ("ex_E1_2", True),
        ("ex_E1_12", True),
        ("ex_E12", False),
        ("ex_E1_", False),
        ("ex_E1_b", False),
        ("E1", False),
        ("ex_E1-2", False),
    ],
)
def test_an_archive_bears_its_code_and_maybe_a_number(idnumber, archive):
    assert is_archive_of(idnumber, "E1") is archive


@pytest.mark.rule("N22")
@pytest.mark.parametrize("asked", ["P1", "x1", "ADA@univ.example", " p1 "])
def test_somebody_whom_only_moodle_knows_is_found_by_login_idnumber_or_address(asked):
    moodle = Moodle().user("p1", "X1", email="ada@univ.example").user("p2", "P2")
    assert find_accounts(moodle.actual(), asked) == (AskedPerson("X1", None, "p1"),)
    assert find_accounts(moodle.actual(), "  ") == find_accounts(moodle.actual(), "ada") == ()


@pytest.mark.rule("N16")
@pytest.mark.rule("N22")
def test_a_space_is_found_by_its_names_and_failing_these_by_a_part_of_one():
    moodle = Moodle().course("", ours=False, shortname="labo", fullname="Laboratoire de chimie")
    moodle.course("CH", ours=False, shortname="abc", fullname="Chimie").course(
        "ex_E1", shortname="e", fullname="F"
    )

    def found(text: str) -> list[str]:
        return [one.element for one in find_spaces(moodle.actual(), text)]

    assert found("CHIMIE") == ["CH"]  # exactly
    assert found("LABO") == ["labo"]
    assert found("ch") == ["CH"]
    assert found("himi") == ["CH", "labo"]
    assert found("lab") == ["labo"]
    assert found("  ") == []
    assert find_spaces(moodle.actual(), "labo") == (AskedCourse("labo", "Laboratoire de chimie"),)


@pytest.mark.rule("N16")
@pytest.mark.rule("N22")
@pytest.mark.parametrize(
    ("ours", "rows", "verdict", "roles", "reasons"),
    [
        (False, [], OUT, (), [Cause.COMPLEMENTARY]),
        (True, [], OUT, (), [Cause.ARCHIVED]),
        (
            False,
            [{"method": "manual", "role": "teacher"}],
            IN,
            ("teacher",),
            [Cause.COMPLEMENTARY, Cause.BY_HAND],
        ),
        (True, [{}], IN, ("student",), [Cause.ARCHIVED, Cause.THERE]),
        (False, [{"method": "manual", "active": False}], OUT, (), [Cause.COMPLEMENTARY]),
        (False, [{"username": "p2"}], OUT, (), [Cause.COMPLEMENTARY]),
        (
            False,
            [{"method": "manual", "role": "teacher"}, {"method": "self"}],
            IN,
            ("student", "teacher"),
            [Cause.COMPLEMENTARY, Cause.BY_HAND, Cause.BY_HAND],
        ),
    ],
)
def test_of_a_space_it_is_told_what_it_is_and_who_put_somebody_into_it(ours, rows, verdict, roles, reasons):
    moodle = Moodle().user().course("OTHER").course("ex_E9", ours=ours, shortname="sp", fullname="Espace")
    moodle.enrolled("OTHER")
    for row in rows:
        moodle.enrolled("ex_E9", **row)
    asked = AskedCourse("ex_E9", "Espace")
    answer = explain_space(moodle.actual(), WHO, asked)
    (place,) = answer.places
    assert (answer.person, answer.course, answer.bearer, answer.notes) == (WHO, asked, "", ())
    assert (place.course, place.fullname, place.foad, place.verdict, place.roles) == (
        "ex_E9",
        "Espace",
        False,
        verdict,
        roles,
    )
    assert [one.cause for one in place.reasons] == reasons
    assert place.reasons[0].details == {"here": "sp", "archive": "ex_E9", "element": "E9"}
    for one, row in zip(place.reasons[1:], rows, strict=False):
        more = {"method": row.get("method", "passerelle"), "roles": row.get("role", "student")}
        assert one.details == {"here": "sp", **more}


# -- freezes, holds, grace -------------------------------------------------------------------------------------


def notes(
    nights: Nights, categories: tuple[str, ...] = ("C1",), answer: Answer | None = None
) -> list[Reason]:
    place = {"E1": frozenset(categories)}
    asked = answer or an_answer()
    found = add_nights(asked, nights, place).notes
    assert add_seen(asked, seen(a_moodle()), nights, place).notes == found  # with Moodle or without
    return [*found]


@pytest.mark.rule("N18")
@pytest.mark.rule("N22")
@pytest.mark.parametrize(
    ("freeze", "holds"),
    [
        (Freeze(NIGHT), True),
        (Freeze(date(2026, 10, 7)), False),
        (Freeze(NIGHT, years=("2025",)), False),
        (Freeze(NIGHT, courses=("E1",)), True),
        (Freeze(NIGHT, courses=("E2",)), False),
        (Freeze(NIGHT, categories=("C1",)), True),
        (Freeze(NIGHT, categories=("C2",)), False),
        (Freeze(NIGHT, categories=("C2",), courses=("E1",)), True),
    ],
)
def test_a_freeze_of_the_coming_night_is_told_where_it_covers_the_course(freeze, holds):
    assert notes(replace(NIGHTS, freezes=(freeze,))) == [Reason(Cause.FROZEN, (), {"until": ""})] * holds


@pytest.mark.rule("N18")
@pytest.mark.rule("N22")
def test_each_note_is_told_once_with_its_last_day():
    until = Freeze(NIGHT, date(2026, 12, 1))
    answer = an_answer()
    two = replace(answer, places=(*answer.places, replace(answer.places[0], course="FOAD-E1")))
    found = notes(replace(NIGHTS, freezes=(until, until)), answer=two)
    assert found == [Reason(Cause.FROZEN, (), {"until": "2026-12-01"})]


@pytest.mark.rule("N20")
@pytest.mark.rule("N22")
@pytest.mark.parametrize(
    ("runs", "expected"),
    [
        ([a_run(state=RunState.HELD)], Cause.PLAN_HELD),
        ([a_run(state=RunState.HELD, released_by="ada")], None),
        ([a_run(state=RunState.FAILED)], Cause.STAGE_FAILED),
        ([a_run()], None),
        ([a_run("groups", state=RunState.HELD)], None),
        ([a_run(state=RunState.HELD, adoption=True)], None),
        ([replace(a_run(state=RunState.HELD), stage="night")], Cause.PLAN_HELD),
        ([a_run(state=RunState.HELD), a_run(night=date(2026, 10, 7))], None),
        ([a_run(night=date(2026, 10, 5)), a_run(state=RunState.HELD)], Cause.PLAN_HELD),
        (
            [
                replace(a_run(), stage="night"),
                replace(a_run(state=RunState.HELD), started_at=a_run().heard_at),
            ],
            Cause.PLAN_HELD,
        ),
    ],
)
def test_a_plan_that_is_held_or_failed_is_told_if_it_is_the_newest_of_enrolments(runs, expected):
    found = notes(replace(NIGHTS, runs=tuple(runs)))
    assert found == ([] if expected is None else [Reason(expected, (), {"night": str(NIGHT)})])


@pytest.mark.rule("N24")
@pytest.mark.rule("N22")
@pytest.mark.parametrize(
    ("verdict", "cause"), [(IN, Cause.COMES_BACK), (OUT, Cause.IN_GRACE), (UNKNOWN, Cause.IN_GRACE)]
)
def test_the_grace_that_the_night_remembers_is_told_without_asking_moodle(verdict, cause):
    answer = replace(an_answer(verdict), notes=(Reason(Cause.CARRIED),))
    answer = replace(answer, places=(replace(answer.places[0], course="E2"), *answer.places))
    found = add_nights(answer, NIGHTS, {})
    assert [place.reasons for place in found.places] == [(), (Reason(cause, (), GRACE),)]
    assert found.notes == answer.notes
