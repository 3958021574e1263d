"""*Why* with what Moodle has: grace, hand-made enrolments, freezes, holds, archives, spaces."""

from __future__ import annotations

from datetime import UTC, date, datetime
from typing import Any
from zoneinfo import ZoneInfo

import pytest

from passerelle.domain.night.plan.memory import Memory
from passerelle.domain.night.plan.run import Run
from passerelle.domain.night.policy import Freeze
from passerelle.domain.night.why.in_moodle import Nights
from passerelle.domain.offer.causes import Cause
from passerelle.domain.offer.naming import Naming
from passerelle.domain.states import RunState
from passerelle.usecases.night.why import Known, ask_why
from passerelle.words.why_reply import Telling
from tests.factories.moodle_rows import Moodle
from tests.factories.offer import University

NOON = datetime(2026, 10, 6, 10, 0, tzinfo=UTC)
MORNING = datetime(2026, 10, 7, 4, 15, tzinfo=ZoneInfo("Europe/Paris"))


def registered() -> University:
    return University().element().group(on=("E1",)).person().ip()


def not_registered() -> University:
    return University().element().group(on=("E1",)).person()


def ask(made: University, moodle: Moodle, course: str = "E1", **nights: Any) -> dict[str, Any]:
    known = Known(made.extracts(), Naming(), moodle.actual(), Nights(date(2026, 10, 7), "2026", **nights))
    return ask_why(known, "P1", course, Telling("fr", NOON, ZoneInfo("Europe/Paris")))


def causes(answer: dict[str, Any]) -> list[str]:
    every = [*answer["notes"], *(reason for place in answer["places"] for reason in place["reasons"])]
    return [reason["cause"] for reason in every]


def told(answer: dict[str, Any], cause: Cause) -> dict[str, Any]:
    every = [*answer["notes"], *(reason for place in answer["places"] for reason in place["reasons"])]
    (found,) = [reason for reason in every if reason["cause"] == cause]
    return found


CASES = [
    ("N12", registered(), Moodle().user().course().enrolled(), Cause.THERE),
    ("N19", registered(), Moodle().user().course(), Cause.NOT_THERE_YET),
    ("N24", not_registered(), Moodle().user().course().enrolled(), Cause.LEAVES),
    ("N24", not_registered(), Moodle().user().course().enrolled(active=False), Cause.IN_GRACE),
    ("N24", registered(), Moodle().user().course().enrolled(active=False), Cause.COMES_BACK),
    (
        "N21",
        not_registered().row("ip.csv", "P1", ""),
        Moodle().user().course().enrolled(),
        Cause.STAYS_UNKNOWN,
    ),
    ("N16", not_registered(), Moodle().user().course().enrolled(method="manual"), Cause.BY_HAND),
    ("D15", registered(), Moodle().user().course().enrolled().enrolled(method="manual"), Cause.HAND_DOUBLES),
    ("N25", registered(), Moodle().course(), Cause.NO_ACCOUNT),
    ("N25", registered(), Moodle().user(suspended=True).course(), Cause.ACCOUNT_SUSPENDED),
    ("N3", registered(), Moodle().user(), Cause.COURSE_NOT_MADE),
    ("N6", registered(), Moodle().user().course(visible=False).enrolled(), Cause.COURSE_HIDDEN),
    ("N23", registered(), Moodle().user().course(ours=False), Cause.NOT_ADOPTED),
    ("D11", registered(), Moodle().user().course().course(), Cause.HELD_TWICE),
    ("N5", registered(), Moodle().user().course("ex_E1"), Cause.ARCHIVED),
]


@pytest.mark.rule("N22")
@pytest.mark.parametrize(
    ("rule", "made", "moodle", "cause"), CASES, ids=[f"{row[0]} {row[3]}" for row in CASES]
)
def test_what_moodle_has_is_told_with_its_rule(rule, made, moodle, cause) -> None:
    answer = ask(made, moodle)

    assert cause in causes(answer)
    assert rule in (told(answer, cause)["rule"], told(answer, cause)["check"])


@pytest.mark.rule("N24")
def test_the_grace_ends_on_a_day_that_is_told() -> None:
    memory = Memory(suspended={("E1", "p1"): date(2026, 10, 1)})

    answer = ask(not_registered(), Moodle().user().course().enrolled(active=False), memory=memory)

    assert "le 15 octobre 2026" in told(answer, Cause.IN_GRACE)["sentence"]


@pytest.mark.rule("N18")
@pytest.mark.parametrize(
    ("freeze", "frozen"),
    [
        (Freeze(date(2026, 10, 1), date(2026, 10, 31)), True),
        (Freeze(date(2026, 9, 1), date(2026, 9, 30)), False),
        (Freeze(date(2026, 10, 1), courses=("E1",)), True),
        (Freeze(date(2026, 10, 1), courses=("E2",)), False),
        (Freeze(date(2026, 10, 1), categories=("C0",)), True),
        (Freeze(date(2026, 10, 1), categories=("C9",)), False),
        (Freeze(date(2026, 10, 1), years=("2025",)), False),
    ],
)
def test_a_freeze_is_told_where_it_holds(freeze, frozen) -> None:
    made = University().category("C0").category("C1", "C0").element().group(on=("E1",)).person().ip()

    answer = ask(made, Moodle().user().course(), freezes=(freeze,))

    assert (Cause.FROZEN in causes(answer)) is frozen


def run(state: RunState, night: str = "2026-10-06") -> Run:
    return Run(
        id=f"caen/{night}/enrolments",
        site="caen",
        night=night,
        stage="enrolments",
        state=state,
        started_at=NOON,
        heard_at=NOON,
    )


@pytest.mark.rule("N20")
def test_a_plan_that_is_held_is_told() -> None:
    answer = ask(registered(), Moodle().user().course(), runs=(run(RunState.HELD),))

    assert "6 octobre 2026" in told(answer, Cause.PLAN_HELD)["sentence"]


@pytest.mark.rule("N17")
def test_a_stage_that_failed_is_told_unless_a_later_night_went_well() -> None:
    failed = run(RunState.FAILED, "2026-10-05")

    assert Cause.STAGE_FAILED in causes(ask(registered(), Moodle().user().course(), runs=(failed,)))
    later = (failed, run(RunState.DONE))
    assert Cause.STAGE_FAILED not in causes(ask(registered(), Moodle().user().course(), runs=later))


@pytest.mark.rule("N16")
def test_a_complementary_space_is_never_the_nights() -> None:
    moodle = (
        Moodle().user().course("STAGE", ours=False, fullname="Stages L3").enrolled("STAGE", method="manual")
    )

    answer = ask(registered(), moodle, "stages")

    assert causes(answer) == [Cause.COMPLEMENTARY, Cause.BY_HAND]
    assert answer["verdict"] == "in"


@pytest.mark.rule("N5")
def test_a_course_whose_code_left_the_offer_is_told_to_be_archived() -> None:
    answer = ask(registered().ip("P1", "OLD"), Moodle().user().course("ex_OLD"), "OLD")

    assert causes(answer) == [Cause.NOT_IN_OFFER, Cause.ARCHIVED]


@pytest.mark.rule("D12")
def test_who_has_an_account_needs_no_e_mail() -> None:
    made = University().element().group(on=("E1",)).person(email="").ip()

    assert Cause.NO_EMAIL not in causes(ask(made, Moodle().user().course()))


@pytest.mark.rule("N22")
def test_the_effect_is_told_as_the_hour_of_the_stage_of_the_next_night() -> None:
    answer = ask(not_registered(), Moodle().user().course())

    assert told(answer, Cause.NO_IP)["takes_effect"] == MORNING.isoformat()
    assert "le 7 octobre 2026 à 4\u00a0h\u00a015" in answer["text"]


@pytest.mark.rule("N22")
@pytest.mark.parametrize(
    ("person", "course", "kind"),
    [("zola", "E1", "nobody"), ("P1", "zoo", "nothing"), ("last", "E1", "people")],
)
def test_what_fits_nobody_or_several_is_said(person, course, kind) -> None:
    made = registered().person("P2")
    known = Known(made.extracts(), Naming())

    answer = ask_why(known, person, course, Telling("en", NOON, ZoneInfo("Europe/Paris")))

    assert answer["kind"] == kind
    assert person in answer["text"] or course in answer["text"]


@pytest.mark.rule("N22")
def test_of_many_the_first_twenty_are_listed_with_how_many_there_are() -> None:
    made = registered()
    for number in range(20):
        made.person(f"Q{number}")
    answer = ask_why(
        Known(made.extracts(), Naming()), "last", "E1", Telling("en", NOON, ZoneInfo("Europe/Paris"))
    )

    assert (answer["count"], len(answer["candidates"]), answer["text"].count("•")) == (21, 20, 20)
