"""Whose account is whose, and when one that left the sources sleeps (N25)."""

from __future__ import annotations

from dataclasses import replace
from datetime import date, timedelta

import pytest

from passerelle.domain.night.plan.accounts import plan_accounts, plan_cohorts
from passerelle.domain.night.plan.actual import COHORTS
from passerelle.domain.night.plan.memory import Memory
from passerelle.domain.night.plan.plan import Because, Stays, Still
from passerelle.domain.offer.build import build_desired
from passerelle.domain.offer.naming import Naming
from tests.factories.moodle_rows import Moodle
from tests.factories.offer import University
from tests.scenes.night import rules
from tests.unit.night.faculty import NIGHT


def account(moodle: Moodle, login: str, code: str, *, ours: bool = True, suspended: bool = False) -> Moodle:
    names = {
        "firstname": f"First {code}",
        "lastname": f"Last {code}",
        "email": f"{code.lower()}@univ.example",
    }
    moodle.user(login, code, suspended=suspended, **names)
    return moodle.put("owned", kind="user", itemid=len(moodle.rows["users"])) if ours else moodle


def plan(university: University, moodle: Moodle, *, after: int | None = 2, **memory: object):
    desired = build_desired(university.extracts(), Naming(), frozenset())
    return plan_accounts(desired, moodle.actual(), Memory(**memory), rules(leavers_after=after), NIGHT)


def done(made):
    return [(one.op, one["username"], one.because) for one in made.operations]


def ago(nights: int) -> date:
    return NIGHT - timedelta(nights)


@pytest.mark.rule("N25")
@pytest.mark.parametrize(("nights", "sleeps"), [(0, False), (1, False), (2, True), (3, True)])
def test_an_account_sleeps_after_so_many_nights_without_a_row_and_not_one_before(nights, sleeps):
    made = plan(University(), account(Moodle(), "p1", "P1"), gone={1: ago(nights)})
    assert done(made) == [("user_suspend", "p1", Because.NO_ROW)] * sleeps
    assert made.gone == {1: ago(nights)}
    assert made.put_to_sleep == ({1} if sleeps else set())


@pytest.mark.rule("N25")
def test_the_nights_begin_with_the_first_without_a_row_and_are_none_if_so_configured():
    assert plan(University(), account(Moodle(), "p1", "P1")).gone == {1: NIGHT}
    made = plan(University(), account(Moodle(), "p1", "P1"), after=0)
    assert done(made) == [("user_suspend", "p1", Because.NO_ROW)]


@pytest.mark.rule("N25")
def test_where_nothing_is_configured_nobody_sleeps():
    made = plan(University(), account(Moodle(), "p1", "P1"), after=None, gone={1: ago(99)})
    assert (done(made), made.gone) == ([], {})


@pytest.mark.rule("N16")
@pytest.mark.rule("N25")
def test_an_account_that_the_night_did_not_make_never_sleeps_and_hides_none_that_does():
    moodle = account(account(Moodle(), "hers", "", ours=False), "p2", "P2")
    moodle.rows["owned"].insert(0, {"kind": "user", "itemid": 77})
    moodle.rows["owned"].insert(0, {"kind": "user", "itemid": 0})  # gone from Moodle since
    made = plan(University(), moodle, after=0)
    assert done(made) == [("user_suspend", "p2", Because.NO_ROW)]


@pytest.mark.rule("N21")
@pytest.mark.rule("N25")
@pytest.mark.parametrize("login", ["p1", "formerly"])
def test_a_person_whose_rows_are_refused_has_not_left_and_hides_nobody_who_has(login):
    spoiled = University().person("P1").person("P1", lastname="Another").person("P2")
    moodle = account(account(account(Moodle(), login, "P1"), "p2", "P2"), "p3", "P3")
    made = plan(spoiled, moodle, after=0)
    assert done(made) == [("user_suspend", "p3", Because.NO_ROW)]
    assert made.gone == {3: NIGHT}


@pytest.mark.rule("N25")
def test_an_account_suspended_by_hand_is_not_the_nights_to_wake():
    moodle = account(Moodle(), "p1", "P1", suspended=True)
    assert done(plan(University(), moodle, after=0)) == []
    assert plan(University(), moodle, after=0).put_to_sleep == set()
    assert done(plan(University().person("P1"), moodle)) == []


@pytest.mark.rule("N25")
def test_who_the_night_put_to_sleep_wakes_on_return_and_is_forgotten_then():
    moodle = account(Moodle(), "p1", "P1", suspended=True)
    assert plan(University(), moodle, put_to_sleep=frozenset({1, 9}), after=None).put_to_sleep == {1}
    made = plan(University().person("P1"), moodle, put_to_sleep=frozenset({1}))
    assert done(made) == [("user_unsuspend", "p1", Because.CAME_BACK)]
    assert made.put_to_sleep == set()
    awake = plan(University(), account(Moodle(), "p1", "P1"), put_to_sleep=frozenset({1}), after=None)
    assert awake.put_to_sleep == set()


@pytest.mark.rule("N25")
@pytest.mark.rule("N21")
def test_of_two_accounts_with_one_code_the_one_with_the_login_is_the_persons():
    moodle = account(account(Moodle(), "other", "P1", ours=False), "p1", "P1")
    made = plan(University().person("P1"), moodle)
    assert (done(made), made.stays, made.present) == ([], [], {"p1"})


@pytest.mark.rule("N25")
@pytest.mark.rule("N21")
def test_of_two_accounts_with_one_code_and_another_login_neither_is_touched_nor_sleeps():
    moodle = account(account(account(Moodle(), "one", "P1"), "two", "P1"), "p3", "P3")
    made = plan(University().person("P1"), moodle, after=0)
    assert done(made) == [("user_suspend", "p3", Because.NO_ROW)]
    assert made.stays == [Stays("user", ("p1",), Still.HELD_TWICE, ("P1",))]
    assert made.unclear == {"one", "two", "p1"}
    assert made.present == set()


@pytest.mark.rule("N25")
def test_an_account_that_by_its_code_is_another_persons_is_not_taken_for_its_login():
    taken = account(Moodle(), "p1", "P2", ours=False)
    made = plan(University().person("P1").person("P2"), taken)
    assert Stays("user", ("p1",), Still.NAME_TAKEN, ("P2",)) in made.stays
    assert "p1" in made.unclear
    refused = University().person("P1").person("P2").person("P2", lastname="Another")
    assert plan(refused, taken).unclear == {"p1"}


@pytest.mark.rule("N25")
def test_an_account_whose_code_nobody_bears_any_more_is_found_by_its_login():
    made = plan(University().person("P1"), account(Moodle(), "p1", "OLD", ours=False))
    assert made.present == {"p1"}
    assert made.unclear == set()
    assert made.operations[0].columns["idnumber"] == "P1"


@pytest.mark.rule("N25")
def test_a_strangers_account_that_holds_a_persons_login_is_not_that_persons():
    moodle = account(account(Moodle(), "formerly", "P1"), "p1", "", ours=False)
    made = plan(University().person("P1"), moodle)
    assert made.stays == [Stays("user", ("p1",), Still.NAME_TAKEN, ("formerly",))]
    assert made.login("p1") == "formerly"
    assert made.wanted_name("formerly") == "p1"
    stranger = made.wanted_name("p1")
    assert stranger != "p1"
    assert made.login(stranger) == "p1"


@pytest.mark.rule("N25")
def test_a_new_account_signs_in_as_configured_and_says_who_it_is():
    made = plan(University().person("P1"), Moodle())
    assert [(one.op, one.columns) for one in made.operations] == [
        (
            "user_create",
            {
                "username": "p1",
                "idnumber": "P1",
                "firstname": "First P1",
                "lastname": "Last P1",
                "email": "p1@univ.example",
                "auth": "manual",
            },
        )
    ]


@pytest.mark.rule("N25")
def test_people_whose_account_is_unclear_hide_nobody_after_them():
    moodle = Moodle()
    for code in ("P1", "P2"):
        account(account(moodle, f"one-{code}", code), f"two-{code}", code)
    made = plan(University().person("P1").person("P2").person("P9"), moodle, after=0)
    assert done(made) == [("user_create", "p9", Because.WANTED)]
    assert made.unclear == {"one-P1", "two-P1", "p1", "one-P2", "two-P2", "p2"}


@pytest.mark.rule("N25")
def test_of_two_people_whose_codes_lead_to_one_account_the_second_is_not_served():
    desired = build_desired(University().person("P1").person("P2").person("P3").extracts(), Naming())
    users = {**desired.users, "P2": replace(desired.users["P2"], other_codes=("P1",))}
    moodle = account(account(Moodle(), "p1", "P1"), "p3", "P3")
    made = plan_accounts(replace(desired, users=users), moodle.actual(), Memory(), rules(), NIGHT)
    assert made.operations == []
    assert made.stays == [Stays("user", ("p2",), Still.NAME_TAKEN, ("P2",))]
    assert made.present == {"p1", "p3"}


def cohorts(university: University, moodle: Moodle):
    desired = build_desired(university.extracts(), Naming(), frozenset())
    found = plan_accounts(desired, moodle.actual(), Memory(), rules(), NIGHT)
    operations, stays = plan_cohorts(desired, moodle.actual(), found)
    return [(one.op, *one.values, one.because) for one in operations], stays


def cohort(moodle: Moodle, code: str, *logins: str, component: str = COHORTS, by_hand: str = "") -> Moodle:
    moodle.put("cohorts", idnumber=code, name=f"Cohort {code}", component=component)
    for login in logins:
        moodle.put("cohortmembers", cohort=code, username=login, component=COHORTS)
    return moodle.put("cohortmembers", cohort=code, username=by_hand, component="") if by_hand else moodle


@pytest.mark.rule("N25")
def test_a_cohort_is_made_then_filled_and_a_name_changed_by_hand_is_put_back():
    university = University().person("P1").cohort("H1", "P1").cohort("H2")
    moodle = account(cohort(Moodle(), "H2"), "p1", "P1")
    moodle.rows["cohorts"][0]["name"] = "By hand"
    assert cohorts(university, moodle)[0] == [
        ("cohort_create", "H1", "Cohort H1", Because.WANTED),
        ("cohort_update", "H2", "Cohort H2", Because.CHANGED),
        ("cohort_add", "H1", "p1", Because.WANTED),
    ]


@pytest.mark.rule("N25")
@pytest.mark.rule("N16")
def test_only_the_nights_own_members_leave_a_cohort():
    moodle = cohort(account(account(Moodle(), "p1", "P1"), "p2", "P2"), "H1", "p1", by_hand="p2")
    university = University().person("P1").person("P2").cohort("H1")
    assert cohorts(university, moodle) == ([("cohort_remove", "H1", "p1", Because.NO_ROW)], [])


@pytest.mark.rule("N23")
@pytest.mark.rule("N25")
def test_a_cohort_held_twice_or_by_somebody_else_stands_still_and_hides_none_after_it():
    moodle = cohort(cohort(cohort(Moodle(), "H1", "p1"), "H1"), "H2", component="")
    account(moodle, "p1", "P1")
    university = University().person("P1").cohort("H1").cohort("H2", "P1").cohort("H3", "P1")
    assert cohorts(university, moodle) == (
        [
            ("cohort_create", "H3", "Cohort H3", Because.WANTED),
            ("cohort_add", "H3", "p1", Because.WANTED),
        ],
        [
            Stays("cohort", ("H1",), Still.HELD_TWICE),
            Stays("cohort", ("H2",), Still.NOT_ADOPTED),
        ],
    )
