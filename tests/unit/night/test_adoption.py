"""Taking over a living Moodle, filled as Moodle's own database enrolment leaves it (N23)."""

from __future__ import annotations

import json

import pytest

from passerelle.domain.night.plan.adoption import Takeover
from passerelle.domain.states import RunState
from passerelle.usecases.night import adopt as adoption
from passerelle.usecases.night import apply, documents
from passerelle_laptop.twin.records import EnrolInstance, UserEnrolment
from tests.scenes.night import NightScene, a_university, drop, members, people, rules


def enrol_by_database(site, idnumber, username, role):
    """An enrolment and its role as the plugin `enrol_database` marks them."""
    state, course = site.state, site.course(idnumber)
    instance = state.instance(course.id, "database")
    if instance is None:
        instance = state.put_instance(EnrolInstance(state.sequences.next("enrol"), course.id, "database"))
    user = site.user(username)
    roles = {row.shortname: row.id for row in state.roles.values()}
    number = state.sequences.next("user_enrolments")
    state.put_enrolment(UserEnrolment(number, instance.id, course.id, user.id))
    state.assign("course", course.id, user.id, roles[role], "enrol_database", instance.id)


def fill_as_database_enrolment_does(stage, university):
    """Courses, groups and people as the sources have them; enrolments of the method `database`."""
    site, desired = stage.moodle.site, university.desired()
    for person in desired.users.values():
        site.add_user(person.username, person.firstname, person.lastname, idnumber=person.code)
        site.state.change_user(site.user(person.username), email=person.email)
    for row in sorted(desired.categories.values(), key=lambda one: one.parent):
        site.add_category(row.name, row.idnumber, row.parent or 0)
    for row in desired.courses.values():
        made = site.add_course(row.shortname, row.fullname, row.category, idnumber=row.idnumber)
        site.state.change_course(made, summary=row.description)
    for row in desired.groups.values():
        site.add_group(row.course, row.name, row.idnumber)
    for idnumber, username, role in desired.enrolments:
        enrol_by_database(site, idnumber, username, role)
    groups = {(site.state.courses[g.courseid].idnumber, g.idnumber): g.id for g in site.state.groups.values()}
    for idnumber, group, username in desired.members:
        row = {"groupid": groups[idnumber, group], "userid": site.user(username).id}
        site.call("core_group_add_group_members", members=[row])


@pytest.fixture
def living():
    university = a_university()
    drop(university, "cohort_members.csv")
    drop(university, "cohorts.csv")
    stage = NightScene(university, rules())
    fill_as_database_enrolment_does(stage, university)
    return stage


def adopt(stage, **takeover):
    plan = adoption.adoption_from(
        stage.world, "caen", stage.day, stage.university.extracts(), Takeover(**takeover)
    )
    return adoption.keep_adoption(stage.world, plan)


def state_of(stage):
    site = stage.moodle.site
    rows = {
        "courses": [
            (c.id, c.idnumber, c.fullname, c.category, c.visible) for c in site.state.courses.values()
        ],
        "groups": [(g.id, g.idnumber, g.name) for g in site.state.groups.values()],
        "members": sorted((m.group, m.userid) for m in site.state.members.values()),
        "roles": sorted((a.userid, a.roleid, a.instance) for a in site.state.assignments.values()),
    }
    return json.dumps(rows)


@pytest.mark.rule("N23")
def test_adopting_loses_no_group_or_role_writes_no_course_and_the_next_plan_is_empty(living):
    before = state_of(living)
    run = adopt(living, method="database")
    assert set(run.counts) == {"adopt", "enrol"}
    assert apply.apply_run(living.world, run.id).failed == 0
    assert state_of(living) == before
    assert {row["method"] for row in living.moodle.export("enrolments")} == {"passerelle"}
    living.tomorrow()
    night = living.night()
    assert (night.state, night.counts) == (RunState.DONE, {})
    drop(living.university, "ip.csv", "P1")
    living.university.ip("P1", "E1", "G2")
    living.tomorrow()
    assert living.night().counts == {"member_add": 1, "member_remove": 1}  # the night's members by now


@pytest.mark.rule("N23")
def test_adopted_again_there_is_nothing_to_adopt(living):
    apply.apply_run(living.world, adopt(living, method="database", accounts=True).id)
    living.tomorrow()
    assert adopt(living, method="database", accounts=True).counts == {}


@pytest.mark.rule("N23")
@pytest.mark.rule("N15")
def test_teachers_of_foad_courses_keep_what_they_had(living):
    enrol_by_database(living.moodle.site, "FOAD-E2", "t1", "editingteacher")
    run = adopt(living, method="database")
    apply.apply_run(living.world, run.id)
    assert ("t1", "database", "active") in {row[:3] for row in people(living, "FOAD-E2")}


@pytest.mark.rule("N23")
def test_an_idnumber_held_twice_is_adopted_by_nobody(living):
    double = living.moodle.site.add_course("E1bis", "Another", "C1", idnumber="TMP")
    double.idnumber = "E1"  # as a restore or a script may leave it
    run = adopt(living, method="database")
    stays = documents.load_heading(living.papers, run)["stays"]
    assert ["course", ["E1"], "held_twice", []] in stays
    assert all(line.get("course") != "E1" for line in documents.load_lines(living.papers, run))


@pytest.mark.rule("N23")
def test_who_was_suspended_there_is_suspended_here(living):
    site = living.moodle.site
    row = next(r for r in site.state.enrolments.values() if r.userid == site.user("p1").id)
    row.status = 1
    apply.apply_run(living.world, adopt(living, method="database").id)
    assert ("p1", "passerelle", "suspended", "student") in people(living, "E1")
    assert ("G1", "p1") in members(living, "E1")


def with_a_cohort_by_hand(*members):
    """A university whose cohort H1 (P1, P2) stands on the site already, made by hand with these members."""
    stage = NightScene(a_university(), rules())
    fill_as_database_enrolment_does(stage, stage.university)
    site = stage.moodle.site
    made = {"name": "Title H1", "idnumber": "H1", "categorytype": {"type": "system", "value": ""}}
    site.call("core_cohort_create_cohorts", cohorts=[made])
    for username in members:
        row = {
            "cohorttype": {"type": "idnumber", "value": "H1"},
            "usertype": {"type": "username", "value": username},
        }
        site.call("core_cohort_add_cohort_members", members=[row])
    return stage


def cohort(stage):
    return sorted(row["username"] for row in stage.moodle.export("cohortmembers"))


@pytest.mark.rule("N23")
@pytest.mark.rule("N25")
def test_a_cohort_by_hand_stands_still_unless_cohorts_are_adopted():
    stage = with_a_cohort_by_hand("p1", "p3")
    apply.apply_run(stage.world, adopt(stage, method="database", accounts=True).id)
    stage.tomorrow()
    run = stage.night()
    assert run.counts.get("cohort_create", 0) == run.counts.get("cohort_add", 0) == 0
    assert cohort(stage) == ["p1", "p3"]
    stays = documents.load_heading(stage.papers, run)["stays"]
    assert ["cohort", ["H1"], "not_adopted", []] in stays

    apply.apply_run(stage.world, adopt(stage, cohorts=True).id)
    stage.tomorrow()
    assert stage.night().counts == {"cohort_add": 1, "cohort_remove": 1, "cohort_update": 1}
    assert cohort(stage) == ["p1", "p2"]


@pytest.mark.rule("N23")
@pytest.mark.rule("N25")
def test_accounts_are_the_nights_to_suspend_only_if_they_are_adopted():
    for accounts in (False, True):
        stage = NightScene(a_university(), rules(leavers_after=0))
        fill_as_database_enrolment_does(stage, stage.university)
        apply.apply_run(stage.world, adopt(stage, method="database", accounts=accounts).id)
        drop(stage.university, "people.csv", "P3")
        drop(stage.university, "ip.csv", "P3")
        stage.tomorrow()
        stage.night()
        stage.tomorrow()
        stage.night()
        assert stage.moodle.site.user("p3").suspended is accounts
