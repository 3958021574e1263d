"""A Moodle in service, as its own database enrolment leaves it: what the night adopts."""

from __future__ import annotations

from passerelle.domain.offer.build import build_desired
from passerelle.domain.offer.model import Extracts
from passerelle_laptop.twin import Site
from passerelle_laptop.twin.core_groups import put_member
from passerelle_laptop.twin.records import EnrolInstance, UserEnrolment

METHOD = "database"


def fill_as_database_enrolment(site: Site, extracts: Extracts) -> None:
    desired, state = build_desired(extracts), site.state
    for person in desired.users.values():
        made = site.add_user(person.username, person.firstname, person.lastname, idnumber=person.code)
        state.change_user(made, email=person.email)
    for category in sorted(desired.categories.values(), key=lambda one: (bool(one.parent), one.idnumber)):
        site.add_category(category.name, category.idnumber, category.parent or 0)
    for course in desired.courses.values():
        space = site.add_course(course.shortname, course.fullname, course.category, idnumber=course.idnumber)
        state.change_course(space, summary=course.description)
    groups = {
        key: site.add_group(group.course, group.name, group.idnumber) for key, group in desired.groups.items()
    }
    for idnumber, username, role in desired.enrolments:
        _enrol(site, idnumber, username, role)
    for idnumber, group, username in desired.members:
        put_member(state, groups[idnumber, group], site.user(username).id, site.now(), "", 0)


def _enrol(site: Site, idnumber: str, username: str, role: str) -> None:
    """An enrolment and its role, marked as the plugin `enrol_database` does."""
    state, course, user = site.state, site.course(idnumber), site.user(username)
    instance = state.instance(course.id, METHOD)
    if instance is None:
        instance = state.put_instance(EnrolInstance(state.sequences.next("enrol"), course.id, METHOD))
    roles = {row.shortname: row.id for row in state.roles.values()}
    number = state.sequences.next("user_enrolments")
    state.put_enrolment(UserEnrolment(number, instance.id, course.id, user.id))
    state.assign("course", course.id, user.id, roles[role], f"enrol_{METHOD}", instance.id)


def picture(site: Site) -> tuple[object, ...]:
    """Courses, groups, members and roles: what adopting must not touch."""
    state = site.state
    return (
        sorted((c.id, c.idnumber, c.fullname, c.category, c.visible) for c in state.courses.values()),
        sorted((g.id, g.idnumber, g.name) for g in state.groups.values()),
        sorted((m.group, m.userid) for m in state.members.values()),
        sorted({(a.userid, a.roleid, a.instance) for a in state.assignments.values()}),
    )


def methods(site: Site) -> set[str]:
    """The enrolment methods by which anybody is in a course."""
    state = site.state
    return {state.instances[row.instance].enrol for row in state.enrolments.values()}
