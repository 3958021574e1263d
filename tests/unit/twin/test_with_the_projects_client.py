"""Passerelle's own Moodle client speaks with the twin over HTTP, as it does with a real site."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest

from passerelle.domain.moodle.core import Enrolment, Membership, NewGroup, NewUser, Outcome
from passerelle.domain.moodle.left_out import LeftOut
from passerelle.domain.moodle.plugin import ArchiveAddress, Notification, Owner, Restore, RestoreMode
from passerelle.errors import MoodleAway, MoodleRefused
from passerelle.moodle.batching import CallLimits
from passerelle.moodle.client import Client, Site
from passerelle.moodle.site_api import Moodle
from passerelle.moodle.throttle import Patience


def client(site, **patience):
    place = Site(site.name, site.base_url, site.token, calls_per_second=10_000, burst=1000)
    return Moodle(site.name, Client(place, patience=Patience(**patience)).ask, CallLimits(variables=1000))


@pytest.fixture
def moodle(lycee):
    return client(lycee)


def test_the_site_tells_its_roles_plugins_and_limits(moodle, lycee, monkeypatch):
    facts = moodle.get_site()
    assert (facts.site, facts.release, facts.wwwroot) == (
        "lycee-a",
        "4.5.6 (Build: 20250811)",
        lycee.base_url,
    )
    assert facts.role("networkteacher").capabilities == (
        "moodle/course:view",
        "moodle/course:viewhiddencourses",
        "mod/assign:view",
        "mod/forum:viewdiscussion",
        "mod/h5pactivity:view",
        "mod/quiz:view",
    )
    assert facts.limits.max_input_vars == 1000
    assert "local_passerelle" in facts.plugins
    assert "mod_quiz" in {module.name for module in facts.modules}
    monkeypatch.setitem(lycee.settings.overrides, "mut", {"networkteacher": ()})
    assert moodle.get_site("mut").role("networkteacher").capabilities == ()


def test_a_restore_is_started_followed_and_found_again(moodle, lycee, source):
    shelf = source("chimie-nousers-tgz.mbz")
    started = moodle.start_restore(
        Restore(
            "ret:1",
            ArchiveAddress(shelf["sourceurl"], shelf["sha256"], shelf["filesize"]),
            RestoreMode.NEW,
            category="mut",
            fullname="Chimie",
            shortname="CHIM",
            idnumber="psl-abc",
            settings={"groups": "0"},
            exclude=(LeftOut("activity", 80),),
            owners=(Owner("mcurie", "editingteacher"),),
        )
    )
    assert not started.ended
    lycee.run_jobs()
    job = moodle.get_jobs(["ret:1", "unknown"])["ret:1"]
    assert job.ended
    assert len([line for line in job.map if line.kind == "module"]) == 7
    course = moodle.course_by_idnumber("psl-abc")
    assert (course.id, course.fullname) == (job.courseid, "Chimie")
    state = moodle.get_course_states([course.id])[course.id]
    assert (state.editingteachers, state.activities, state.empty) == (("mcurie",), 7, False)
    assert state.lastchange.year == datetime.now(UTC).year
    names = [module.name for section in moodle.course_contents(course.id) for module in section.modules]
    assert "Bienvenue" not in names
    assert moodle.groups(course.id) == ()


def test_a_categorys_courses_are_one_question(moodle, lycee):
    home = moodle.category_by_idnumber("mut")
    made = [lycee.add_course(f"IN{n}", category=home.id) for n in (1, 2)]
    assert {course.id for course in made} <= {course.id for course in moodle.courses_in(home.id)}
    assert moodle.courses_in(987_654) == ()


def test_a_taken_username_is_named_and_the_others_are_done(moodle):
    people = [NewUser(f"n{n}", "A", "B", f"n{n}@x.example") for n in range(20)]
    people[7] = NewUser("bad", "A", "B", "mcurie@univ.example")
    people.append(NewUser("mcurie", "Marie", "Curie", "mcurie@univ.example"))
    verdicts = moodle.ensure_users(people)
    assert [verdict.row for verdict in verdicts if not verdict.ok] == [7]
    assert verdicts[-1].outcome is Outcome.FOUND


def test_nothing_is_lost_to_phps_limit(moodle, lycee):
    people = [lycee.add_user(f"p{n}") for n in range(700)]
    course = lycee.add_course("C").id
    verdicts = moodle.enrol([Enrolment(course, user.id, 5) for user in people])
    assert all(verdict.ok for verdict in verdicts)
    assert len(lycee.state.enrolledin[course]) == 700
    assert not any(call.truncated for call in lycee.log.calls())
    group = moodle.ensure_groups([NewGroup(course, "G", "g")])[0].id
    moodle.add_group_members([Membership(group, user.id) for user in people])
    assert len(moodle.group_members([group])[group]) == 700


def test_the_nights_tables_are_written_and_read(moodle):
    operations = [{"op": "category_create", "idnumber": "c", "name": "C", "parent": ""}, {"op": "nosuch"}]
    rows = [{"id": str(place), **operation} for place, operation in enumerate(operations)]
    assert [(row.id, row.ok, row.errorcode) for row in moodle.apply(rows)] == [
        ("0", True, ""),
        ("1", False, "invalid"),
    ]
    assert [row["idnumber"] for row in moodle.export("categories", page=1)] == ["", "mut", "c"]


def test_people_are_found_and_told_once(moodle, lycee):
    assert [
        user.username for user in moodle.find_users("email", ["MCURIE@univ.example"])["MCURIE@univ.example"]
    ] == ["mcurie"]
    note = Notification("k", "mcurie", "published", "fr", {"title": "T"})
    moodle.notify([note])
    moodle.notify([note])
    assert len(lycee.messages_to("mcurie")) == 1


@pytest.mark.parametrize("kind", ["maintenance", "html", "http500", "cutbefore", "cutafter"])
def test_a_site_that_does_not_answer_as_a_moodle_is_away(lycee, kind):
    lycee.faults.add(kind, "local_passerelle_get_site", count=-1)
    with pytest.raises(MoodleAway):
        client(lycee, attempts=1).get_site()


def test_a_lost_answer_to_a_read_is_asked_again(moodle, lycee):
    lycee.faults.add("cutafter", "local_passerelle_get_site")
    assert moodle.get_site().site == "lycee-a"
    assert lycee.log.count("local_passerelle_get_site") == 2


def test_moodles_own_errorcode_is_told(moodle, lycee):
    lycee.add_course("A", idnumber="a")
    other = lycee.add_course("B")
    with pytest.raises(MoodleRefused) as refused:
        moodle.update_course(other.id, idnumber="a")
    assert refused.value.errorcode == "courseidnumbertaken"
