"""What the guard counts, at which number it holds a plan (N20), and what a freeze covers (N18)."""

from __future__ import annotations

from datetime import date

import pytest
from pydantic import TypeAdapter, ValidationError

from passerelle.domain.night.plan.builder import Places
from passerelle.domain.night.plan.freeze import withhold
from passerelle.domain.night.plan.guard import judge
from passerelle.domain.night.plan.memory import Memory
from passerelle.domain.night.plan.night import Night
from passerelle.domain.night.plan.plan import Hold, Operation, Phase
from passerelle.domain.night.policy import Freeze, Guard, Ldap, Limit, NightRules
from passerelle.domain.offer.build import build_desired
from passerelle.domain.offer.naming import Naming
from passerelle.domain.offer.stages import Stage
from tests.factories.moodle_rows import Moodle
from tests.factories.offer import University
from tests.scenes.night import OPEN

NONE_AT_ALL = Limit(percent=0, absolute=0)
STRICT = Guard(all=NONE_AT_ALL, category=NONE_AT_ALL, course=NONE_AT_ALL, source=NONE_AT_ALL)


def a_moodle() -> Moodle:
    """Two faculties' worth of the night's work, and beside each thing one that is a person's own."""
    made = Moodle().category("A").category("B", parent="A").category("HAND", ours=False)
    made.course("E1", category="B").course("E2", category="A").course("E3", category="B")
    made.course("BY-HAND", ours=False, category="B").course("ex_E9", category="B")
    for username in ("p1", "p2"):
        made.enrolled("E1", username)
    made.enrolled("E1", "p3", method="manual")
    made.enrolled("BY-HAND", "p1").enrolled("ex_E9", "p1")
    made.put("groups", course="E1", courseid=1, idnumber="G1").put("owned", kind="group", itemid=1)
    made.put("groups", course="E1", courseid=1, idnumber="HERS")
    made.put("owned", kind="group", itemid=77)  # gone from Moodle since
    made.put("members", course="E1", courseid=1, group="G1", username="p1", component="enrol_passerelle")
    made.put("members", course="E1", courseid=1, group="G1", username="p3", component="")
    made.put("members", course="E1", courseid=1, group="G1", username="p2", component="enrol_passerelle")
    made.put("owned", kind="category", itemid=77).put("owned", kind="course", itemid=77)
    made.user("p1", "P1").put("owned", kind="user", itemid=1).user("hers", "")
    made.put("cohorts", idnumber="H1", component="local_passerelle")
    made.put("cohortmembers", cohort="H1", username="p1", component="local_passerelle")
    for username in ("hers", "theirs"):
        made.put("cohortmembers", cohort="H1", username=username, component="")
    return made


def verdict(operations, guard=STRICT, moodle=None, *, renumbered=None, **night):
    desired = build_desired(University().extracts(), Naming(), frozenset())
    actual = (moodle or a_moodle()).actual()
    places = Places(desired, actual, Memory(), NightRules(), above={"A": "", "B": "A"})
    places.open = renumbered or {1: "E1", 2: "E2", 3: "E3"}
    rows = night.pop("rows", {})
    asked = Night(site="caen", date=date(2026, 10, 6), rules=NightRules(guard=guard), **night)
    return judge(asked, operations, actual, places, rows)


def suspend(course="E1", category="B", username="p1"):
    names = ("course", "username")
    values = (course, username)
    return Operation(Phase.UNENROL, "suspend", names, values, course=course, category=category)


def put_to_sleep(username="p1"):
    return Operation(Phase.USERS, "user_suspend", ("username",), (username,))


@pytest.mark.rule("N20")
@pytest.mark.rule("N16")
def test_removals_are_measured_against_what_the_night_could_take_away_and_nothing_else():
    """E1 is itself, its two enrolments, its group and two members of that; B adds E3 and itself, A also E2 and itself."""
    assert verdict([suspend()]).holds == (
        Hold("all", "", 1, 12, "0"),
        Hold("category", "A", 1, 10, "0"),
        Hold("category", "B", 1, 8, "0"),
        Hold("course", "E1", 1, 6, "0"),
    )


@pytest.mark.rule("N20")
@pytest.mark.rule("N25")
def test_an_account_that_sleeps_or_is_gone_cannot_be_put_to_sleep_and_loosens_nothing():
    moodle = a_moodle().user("p2", "P2", suspended=True).user("p4", "P4", suspended=False)
    for number in (3, 4, 77):  # p2, p4, and one that Moodle has no more
        moodle.put("owned", kind="user", itemid=number)
    assert verdict([put_to_sleep()]).holds == (Hold("all", "", 1, 12, "0"),)
    assert verdict([put_to_sleep()], moodle=moodle).holds == (Hold("all", "", 1, 13, "0"),)


@pytest.mark.rule("N20")
def test_a_removal_counts_in_its_course_its_category_and_all_above_it():
    two = [suspend(), suspend(username="p2"), suspend("E2", "A"), put_to_sleep()]
    assert [(one.scope, one.key, one.count) for one in verdict(two).holds] == [
        ("all", "", 4),
        ("category", "A", 3),
        ("category", "B", 2),
        ("course", "E1", 2),
        ("course", "E2", 1),
    ]


@pytest.mark.rule("N20")
def test_a_course_whose_idnumber_somebody_changed_is_measured_under_the_one_the_night_gives_it():
    holds = verdict([suspend("E1-NEW")], renumbered={1: "E1-NEW"}).holds
    assert holds[-1] == Hold("course", "E1-NEW", 1, 6, "0")


@pytest.mark.rule("N20")
@pytest.mark.rule("D11")
def test_what_two_courses_of_one_idnumber_hold_is_counted_together():
    moodle = a_moodle().course("E1", category="B").enrolled("E1", "p4")
    moodle.rows["enrolments"][-1]["courseid"] = len(moodle.rows["courses"])
    assert verdict([suspend()], moodle=moodle).holds[-1] == Hold("course", "E1", 1, 8, "0")


@pytest.mark.rule("N20")
def test_additions_alone_are_never_held():
    enrol = Operation(Phase.ENROL, "enrol", ("course",), ("E1",), course="E1", category="B")
    assert not verdict([enrol]).held
    assert verdict([enrol, suspend()]).holds[0].count == 1


@pytest.mark.rule("N20")
@pytest.mark.parametrize("scope", ["all", "category", "course"])
def test_each_scope_has_a_limit_of_its_own(scope):
    fields = {name: getattr(OPEN, name) for name in ("all", "category", "course", "source")}
    holds = verdict([suspend()], Guard(**{**fields, scope: NONE_AT_ALL})).holds
    assert {one.scope for one in holds} == {scope}


@pytest.mark.rule("N20")
@pytest.mark.parametrize("go_on", [True, False])
def test_additions_go_on_only_if_configured(go_on):
    assert verdict([suspend()], Guard(additions_go_on=go_on)).additions_go_on is go_on
    assert Guard().additions_go_on is False


@pytest.mark.rule("N20")
@pytest.mark.parametrize(
    ("limit", "count", "there", "said"),
    [
        (Limit(percent=100, absolute=3), 3, 100, ""),
        (Limit(percent=100, absolute=3), 4, 100, "3"),
        (Limit(percent=5, absolute=99), 5, 100, ""),
        (Limit(percent=5, absolute=99), 6, 100, "5 %"),
        (Limit(percent=2.5, absolute=99), 1, 40, ""),
        (Limit(percent=2.5, absolute=99), 1, 39, "2.5 %"),
        (Limit(percent=0, absolute=99, at_least=3), 2, 100, ""),
        (Limit(percent=0, absolute=99, at_least=3), 3, 100, "0 %"),
        (Limit(percent=0, absolute=99), 0, 0, ""),
        (Limit(percent=0, absolute=99), 1, 100, "0 %"),
        (Limit(percent=100, absolute=99), 1, 0, "100 %"),  # more than is there
    ],
)
def test_a_limit_is_exceeded_by_the_first_removal_above_it(limit, count, there, said):
    assert limit.exceeded(count, there) == said


@pytest.mark.rule("N20")
@pytest.mark.parametrize("change", [{"percent": 0}, {"percent": 100}, {"absolute": 0}, {"at_least": 1}])
def test_a_limit_may_be_as_tight_or_as_loose_as_can_be(change):
    assert Limit(**{"percent": 5, "absolute": 10} | change)


@pytest.mark.rule("N20")
@pytest.mark.parametrize("change", [{"percent": -0.5}, {"percent": 100.5}, {"absolute": -1}, {"at_least": 0}])
def test_a_limit_that_can_mean_nothing_is_refused(change):
    with pytest.raises(ValueError, match="percent: from 0 to 100"):
        Limit(**{"percent": 5, "absolute": 10} | change)


@pytest.mark.rule("N20")
def test_who_configures_nothing_is_guarded_by_these_limits():
    assert Guard() == Guard(
        all=Limit(percent=5, absolute=5000, at_least=50),
        category=Limit(percent=20, absolute=2000, at_least=50),
        course=Limit(percent=50, absolute=300, at_least=20),
        source=Limit(percent=5, absolute=50_000, at_least=20),
        additions_go_on=False,
    )


BEFORE = {"people.csv": 100, "ip.csv": 1000}


@pytest.mark.rule("N20")
def test_a_source_that_shrank_is_held_with_how_many_rows_it_lost_of_how_many():
    holds = verdict([], good_rows=BEFORE, rows={"people.csv": 100, "ip.csv": 990}).holds
    assert holds == (Hold("source", "ip.csv", 10, 1000, "0"),)


@pytest.mark.rule("N20")
def test_a_source_that_is_as_long_as_before_or_longer_is_let_through():
    assert not verdict([], good_rows=BEFORE, rows={"people.csv": 101, "ip.csv": 1000}).held
    assert not verdict([], good_rows={}, rows={"people.csv": 3}).held


@pytest.mark.rule("N20")
def test_a_source_that_is_missing_has_lost_all_its_rows():
    holds = verdict([], good_rows=BEFORE, rows={"people.csv": 100}).holds
    assert holds == (Hold("source", "ip.csv", 1000, 1000, "0"),)


@pytest.mark.rule("N17")
@pytest.mark.rule("N20")
def test_a_stage_is_held_only_by_sources_that_it_rests_on():
    shrunk = {"people.csv": 1, "ip.csv": 1}
    found = {
        stage: [one.key for one in verdict([], good_rows=BEFORE, rows=shrunk, stage=stage).holds]
        for stage in (None, Stage.USERS, Stage.OFFER, Stage.GROUPS)
    }
    assert found == {
        None: ["ip.csv", "people.csv"],
        Stage.USERS: ["people.csv"],
        Stage.OFFER: [],
        Stage.GROUPS: ["ip.csv", "people.csv"],
    }


@pytest.mark.rule("N20")
def test_a_file_that_belongs_to_no_stage_is_looked_at_by_every_stage():
    holds = verdict([], good_rows={"classes.csv": 9}, rows={"classes.csv": 8}, stage=Stage.USERS).holds
    assert holds == (Hold("source", "classes.csv", 1, 9, "0"),)


@pytest.mark.rule("N18")
@pytest.mark.parametrize(
    ("day", "holds"),
    [
        (date(2026, 7, 1), True),
        (date(2026, 6, 30), False),
        (date(2026, 8, 31), True),
        (date(2026, 9, 1), False),
    ],
)
def test_a_freeze_holds_from_its_first_day_to_its_last_both_included(day, holds):
    freeze = Freeze(since=date(2026, 7, 1), until=date(2026, 8, 31))
    assert freeze.holds_on(day, "2026") is holds


@pytest.mark.rule("N18")
def test_a_freeze_without_an_end_holds_on_and_one_of_a_year_holds_that_year_only():
    assert Freeze(since=date(2026, 7, 1)).holds_on(date(2036, 7, 1), "2026")
    of_a_year = Freeze(since=date(2026, 7, 1), years=("2026",))
    assert of_a_year.holds_on(date(2026, 7, 1), "2026")
    assert not of_a_year.holds_on(date(2026, 7, 1), "2025")


@pytest.mark.rule("N24")
@pytest.mark.rule("N25")
@pytest.mark.parametrize("name", ["removal_grace", "leavers_after"])
def test_a_number_of_nights_may_be_none_at_all_but_not_below(name):
    assert getattr(NightRules(**{name: 0}), name) == 0
    with pytest.raises(ValueError, match="removal_grace"):
        NightRules(**{name: -1})


@pytest.mark.rule("N20")
def test_a_limit_that_is_misspelt_is_refused_and_does_not_leave_the_default_in_its_place():
    with pytest.raises(ValidationError, match="at_last"):
        TypeAdapter(Guard).validate_python({"course": {"percent": 5, "absolute": 9, "at_last": 2}})
    with pytest.raises(ValidationError, match="curse"):
        TypeAdapter(Guard).validate_python({"curse": {"percent": 5, "absolute": 9}})


@pytest.mark.rule("N17")
@pytest.mark.parametrize("zone", ["Europe/Caen", "../zone"])
def test_a_time_zone_that_does_not_exist_is_refused(zone):
    with pytest.raises(ValueError, match=f"timezone: '{zone}' is no time zone"):
        NightRules(timezone=zone)


@pytest.mark.rule("N17")
def test_a_directory_is_asked_for_one_entry_at_a_time_at_least():
    assert Ldap(url="ldaps://ldap.univ.example", base="", page_size=1).page_size == 1
    with pytest.raises(ValueError, match="page_size: at least 1"):
        Ldap(url="ldaps://ldap.univ.example", base="", page_size=0)


def withheld(freeze, operation):
    desired = build_desired(University().extracts(), Naming(), frozenset())
    places = Places(desired, a_moodle().actual(), Memory(), NightRules(), above={"A": "", "B": "A", "Z": ""})
    return bool(withhold([operation], [freeze], places).frozen)


def change(op, phase=Phase.COURSES, course="", category="", **columns):
    return Operation(phase, op, tuple(columns), tuple(columns.values()), course=course, category=category)


@pytest.mark.rule("N18")
@pytest.mark.parametrize(
    ("freeze", "operation", "held"),
    [
        ({}, suspend(), True),
        ({}, put_to_sleep(), False),
        ({"people": True}, put_to_sleep(), True),
        ({"cohorts": True}, put_to_sleep(), False),
        ({}, change("cohort_add", Phase.USERS), False),
        ({"cohorts": True}, change("cohort_add", Phase.USERS), True),
        ({"people": True}, change("cohort_add", Phase.USERS), False),
        ({"courses": ("E1",)}, suspend("E1"), True),
        ({"courses": ("E1",)}, suspend("E2", "A"), False),
        ({"courses": ("E1",)}, change("course_update", course="OLD", newidnumber="E1"), True),
        ({"courses": ("E1",), "categories": ("Z",)}, suspend("E1", "B"), True),
        ({"courses": ("E1",), "categories": ("Z",)}, suspend("E2", "Z"), True),
        ({"categories": ("A",)}, suspend("E1", "B"), True),
        ({"categories": ("B",)}, suspend("E2", "A"), False),
        ({"categories": ("A",)}, change("course_update", category="Z", course="E1"), False),
        ({"categories": ("A",)}, Operation(Phase.COURSES, "course_update", ("category",), ("B",)), True),
        ({"categories": ("A",)}, change("category_update", category="Z", parent="B"), True),
    ],
)
def test_a_freeze_holds_what_happens_in_its_courses_and_categories_or_moves_into_them(
    freeze, operation, held
):
    assert withheld(Freeze(since=date(2026, 7, 1), **freeze), operation) is held
