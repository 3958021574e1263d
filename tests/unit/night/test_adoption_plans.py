"""What an adoption takes over, operation by operation, and what it leaves to people (N23)."""

from __future__ import annotations

import pytest

from passerelle.domain.night.plan.adoption import Takeover, plan_adoption
from passerelle.domain.night.plan.memory import Memory
from passerelle.domain.night.plan.night import Night
from passerelle.domain.night.plan.plan import Because, Phase, Stays, Still
from passerelle.domain.offer.build import build_desired
from passerelle.domain.offer.naming import Naming
from tests.factories.moodle_rows import Moodle
from tests.factories.offer import University
from tests.unit.night.faculty import NIGHT, OURS

DATABASE = Takeover(method="database")


def a_university() -> University:
    made = University().element("E1").element("E2", distance=True).person("P1").person("P2").person("T1")
    made.group("G1", on=("E1",)).group("G2", on=("E1",)).group("G3", "TD cemu", on=("E2",))
    return made.ip("P1", "E1", "G1").ip("P2", "E1", "G1").ade("T1", "E1").cohort("H1", "P1").cohort("H2")


def a_site(*, ours: bool = False) -> Moodle:
    """Filled by other means before Passerelle came."""
    made = Moodle().category("C1", ours=ours)
    for code in ("E1", "E2", "FOAD-E2"):
        made.course(code, ours=ours, category="C1")
    for number, (course, group) in enumerate((("E1", "G1"), ("E1", "G2"), ("FOAD-E2", "G3")), 1):
        made.put("groups", course=course, courseid=1 if course == "E1" else 3, idnumber=group, name=group)
        if ours:
            made.put("owned", kind="group", itemid=number)
    return made.user("p1", "P1").user("p2", "").user("t1", "T1").user("hers", "HERS").user("p9", "")


def enrolled(moodle: Moodle, *roles: str, course="E1", username="p1", active=True, method="database"):
    moodle.enrolled(course, username, method=method, active=active)
    moodle.rows["enrolments"][-1]["roles"] = list(roles)
    return moodle


def member(moodle: Moodle, group: str, username="p1", *, course="E1", component="") -> Moodle:
    number = 1 if course == "E1" else 3
    return moodle.put(
        "members", course=course, courseid=number, group=group, username=username, component=component
    )


def plan(moodle: Moodle, takeover: Takeover = DATABASE, university: University | None = None, **more: object):
    extracts = (university or a_university()).extracts()
    desired = build_desired(extracts, Naming(), frozenset())
    return plan_adoption(Night(site="caen", date=NIGHT), desired, moodle.actual(), takeover, **more)  # type: ignore[arg-type]


def taken(made, kind: str):
    return [one.columns for one in made.operations if one.op == "adopt" and one["kind"] == kind]


def place(kind: str, *key: str):
    return {"kind": kind, **dict(zip(("course", "idnumber")[-len(key) :], key, strict=True))}


@pytest.mark.rule("N23")
@pytest.mark.rule("N9")
def test_what_bears_a_desired_code_is_taken_over_foad_courses_too_and_nothing_else():
    moodle = a_site().category("HERS", ours=False).course("SPACE", ours=False, category="C1")
    moodle.put("groups", course="E1", courseid=1, idnumber="HERS", name="Hers")
    moodle.put("groups", course="SPACE", courseid=4, idnumber="G1", name="In another course")
    made = plan(moodle, Takeover())
    assert [
        (one.phase, one.wave, one.because, one.course, one.category, one.columns) for one in made.operations
    ] == [
        (Phase.CATEGORIES, 0, Because.TAKEN_OVER, "", "C1", place("category", "C1")),
        *(
            (Phase.COURSES, 0, Because.TAKEN_OVER, code, "C1", place("course", code))
            for code in ("E1", "E2", "FOAD-E2")
        ),
        *(
            (Phase.GROUPS, 0, Because.TAKEN_OVER, course, "", place("group", course, group))
            for course, group in (("E1", "G1"), ("E1", "G2"), ("FOAD-E2", "G3"))
        ),
    ]
    rows = [type(row).__name__ for one in made.operations for row in one.rows]
    assert rows == ["Group", "Attachment"] * 3
    assert {one.op for one in made.operations} == {"adopt"}
    assert (made.stays, made.adoption, made.stage) == ((), True, None)


@pytest.mark.rule("N23")
def test_what_is_the_nights_already_is_not_taken_over_again():
    assert plan(a_site(ours=True), Takeover()).operations == ()


@pytest.mark.rule("N23")
@pytest.mark.rule("D11")
def test_what_is_there_twice_is_taken_over_by_nobody_and_what_is_not_there_is_passed_over():
    moodle = a_site().category("C1", ours=False).course("E1", ours=False, category="C1")
    moodle.put("groups", course="FOAD-E2", courseid=3, idnumber="G3", name="Copy")
    university = a_university().group("G0", "cemu", on=("E2",)).group("G4", "cemu", on=("E2",))
    moodle.put("groups", course="FOAD-E2", courseid=3, idnumber="G4", name="G4")
    for number in (1, 2):
        moodle.put("cohorts", id=number, idnumber="H1", name="H1", component="")
    made = plan(moodle, Takeover(cohorts=True), university)
    assert [(one["kind"], one["idnumber"]) for one in made.operations] == [
        ("course", "E2"),
        ("course", "FOAD-E2"),
        ("group", "G4"),
    ]
    assert made.stays == (
        Stays("category", ("C1",), Still.HELD_TWICE),
        Stays("cohort", ("H1",), Still.HELD_TWICE),
        Stays("course", ("E1",), Still.HELD_TWICE),
        Stays("group", ("FOAD-E2", "G3"), Still.HELD_TWICE),
    )


@pytest.mark.rule("N23")
@pytest.mark.rule("N25")
def test_accounts_are_taken_over_by_code_else_by_login_and_only_if_asked():
    university = a_university().person("P5", username="p9")
    made = plan(a_site().put("owned", kind="user", itemid=3), Takeover(accounts=True), university)
    assert [one["username"] for one in taken(made, "user")] == ["p1", "p2", "p9"]
    users = [one for one in made.operations if one["kind"] == "user"]
    assert {(one.phase, one.wave, one.course, one.category) for one in users} == {(Phase.USERS, 0, "", "")}
    other = a_site()
    other.rows["users"][1]["idnumber"] = "SOMEBODY"  # p2's login, another's code
    assert [one["username"] for one in taken(plan(other, Takeover(accounts=True)), "user")] == ["p1", "t1"]
    assert taken(plan(a_site()), "user") == []


@pytest.mark.rule("N23")
@pytest.mark.rule("N25")
@pytest.mark.parametrize(
    ("component", "cohorts", "adopted"),
    [("", True, True), ("", False, False), ("local_passerelle", True, False), ("auth_ldap", True, False)],
)
def test_a_cohort_is_taken_over_if_asked_and_if_no_plugin_holds_it(component, cohorts, adopted):
    moodle = a_site().put("cohorts", idnumber="H1", name="H1", component=component)
    made = plan(moodle, Takeover(cohorts=cohorts))
    assert taken(made, "cohort") == [place("cohort", "H1")] * adopted
    assert made.stays == ()


@pytest.mark.rule("N23")
def test_an_enrolment_is_made_again_as_the_nights_then_suspended_as_it_was_and_only_then_the_old_one_goes():
    made = plan(enrolled(a_site(ours=True), "student", "editingteacher", active=False))
    key = {"course": "E1", "username": "p1"}
    assert [(one.phase, one.wave, one.op, one.columns) for one in made.operations] == [
        (Phase.ENROL, 0, "enrol", {**key, "role": "editingteacher", "source": "night"}),
        (Phase.ENROL, 0, "enrol", {**key, "role": "student", "source": "night"}),
        (Phase.ENROL, 1, "suspend", {**key, "role": "student", "source": "night"}),
        (Phase.UNENROL, 0, "adopt", {"kind": "enrolment", **key, "method": "database"}),
    ]
    assert {(one.course, one.category) for one in made.operations} == {("E1", "C1")}
    assert [type(row).__name__ for row in made.operations[1].rows] == ["Registration"]
    assert made.operations[0].rows == ()
    one_role = plan(enrolled(a_site(ours=True), "student", active=False))
    assert [(one.op, one["role"]) for one in one_role.operations] == [
        ("enrol", "student"),
        ("suspend", "student"),
        ("adopt", ""),
    ]
    active = plan(enrolled(a_site(ours=True), "student"))
    assert [one.op for one in active.operations] == ["enrol", "adopt"]


@pytest.mark.rule("N23")
@pytest.mark.rule("N16")
def test_enrolments_of_another_method_or_of_a_course_that_is_nobodys_code_stay():
    moodle = a_site(ours=True).course("SPACE", ours=False, category="C1")
    enrolled(enrolled(moodle, "student", method="manual"), "student", course="SPACE")
    assert plan(moodle).operations == ()
    assert plan(enrolled(a_site(ours=True), "student"), Takeover()).operations == ()


@pytest.mark.rule("N23")
@pytest.mark.rule("N15")
@pytest.mark.parametrize(
    ("course", "roles"),
    [("FOAD-E2", ("editingteacher",)), ("FOAD-E2", ("editingteacher", "student")), ("E1", ())],
)
def test_what_teachers_have_in_a_foad_course_and_who_has_no_role_is_for_people_to_say(course, roles):
    made = plan(enrolled(a_site(ours=True), *roles, course=course))
    assert made.operations == ()
    assert made.stays == (Stays("enrolment", (course, "p1"), Still.NOT_ADOPTED, roles),)


@pytest.mark.rule("N23")
@pytest.mark.rule("N21")
def test_an_enrolment_that_a_refused_row_leaves_open_stays_as_it_is():
    refused = a_university().row("people.csv", "P7", "p7", "One", "First", "p7@univ.example", "student")
    refused.row("people.csv", "P7", "p8", "Two", "First", "p8@univ.example", "student")
    moodle = a_site(ours=True).user("p6", "P7")  # known by the code alone
    made = plan(enrolled(enrolled(moodle, "student", username="p6"), "student"), university=refused)
    assert [one["username"] for one in made.operations] == ["p1", "p1"]
    assert made.stays == (Stays("enrolment", ("E1", "p6"), Still.UNKNOWN),)


@pytest.mark.rule("N23")
@pytest.mark.rule("N11")
def test_of_those_whose_enrolment_is_taken_over_the_members_whom_the_sources_want_are_too():
    moodle = enrolled(a_site(ours=True), "student")
    member(moodle, "G2")  # not there by the sources
    member(moodle, "G1", component=OURS)
    member(moodle, "G1", username="p2")  # whose enrolment is not taken over
    member(moodle, "G1")
    made = plan(moodle)
    wanted = {"kind": "member", "course": "E1", "group": "G1", "username": "p1"}
    assert taken(made, "member") == [wanted]
    (one,) = [one for one in made.operations if one["kind"] == "member"]
    assert (one.phase, one.course) == (Phase.ADD_MEMBERS, "E1")
    assert [type(row).__name__ for row in one.rows] == ["Registration"]
    moodle.put("groups", course="E1", courseid=1, idnumber="G1", name="Copy")
    assert taken(plan(moodle), "member") == []


@pytest.mark.rule("N19")
@pytest.mark.rule("N23")
def test_a_plan_of_adoption_says_what_it_rests_on():
    refused = a_university().row("elements.csv", "E9", "E9", "NOWHERE", "0", "", "2026-09-01")
    memory = Memory(marks={"course": {1: "E1"}})
    made = plan(
        a_site(),
        Takeover(method="manual", accounts=True),
        refused,
        memory=memory,
        inputs={"source:b": "1", "source:a": "0"},
        source_rows={"ip.csv": 2, "ade.csv": 1},
    )
    assert list(made.inputs.items()) == [
        ("source:a", "0"),
        ("source:b", "1"),
        ("takeover", '["manual",true,false]'),
    ]
    assert list(made.source_rows.items()) == [("ade.csv", 1), ("ip.csv", 2)]
    assert (made.site, made.night, made.year, made.memory) == ("caen", NIGHT, "2026", memory)
    assert [one.key for one in made.untouched] == ["E9"]
    assert plan(a_site()).memory == Memory()
