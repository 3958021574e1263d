"""A site's rows and the indexes over them. Callers hold the site's lock."""

from __future__ import annotations

import secrets
from collections.abc import Iterator
from dataclasses import dataclass, field
from itertools import count

from passerelle_laptop.twin.records import (
    Assignment,
    Category,
    Cohort,
    CohortMember,
    Course,
    EnrolInstance,
    Group,
    Grouping,
    Job,
    Member,
    Message,
    Owned,
    Role,
    StashedFile,
    User,
    UserEnrolment,
)


@dataclass(slots=True)
class Sequences:
    """Ids as PostgreSQL gives them: a number taken by a batch that was refused is not given again."""

    last: dict[str, int] = field(default_factory=dict)

    def next(self, table: str) -> int:
        number = self.last.get(table, 0) + 1
        self.last[table] = number
        return number


@dataclass(slots=True)
class State:
    sequences: Sequences = field(default_factory=Sequences)
    users: dict[int, User] = field(default_factory=dict)
    usernames: dict[str, int] = field(default_factory=dict)
    emails: dict[str, dict[int, None]] = field(default_factory=dict)  # lower case
    useridnumbers: dict[str, dict[int, None]] = field(default_factory=dict)
    roles: dict[int, Role] = field(default_factory=dict)
    categories: dict[int, Category] = field(default_factory=dict)
    categoryidnumbers: dict[str, int] = field(default_factory=dict)
    courses: dict[int, Course] = field(default_factory=dict)
    courseidnumbers: dict[str, int] = field(default_factory=dict)
    shortnames: dict[str, int] = field(default_factory=dict)
    coursesin: dict[int, dict[int, None]] = field(default_factory=dict)  # by category
    instances: dict[int, EnrolInstance] = field(default_factory=dict)
    instancesof: dict[int, list[int]] = field(default_factory=dict)  # by course
    enrolments: dict[int, UserEnrolment] = field(default_factory=dict)
    enrolmentkeys: dict[tuple[int, int], int] = field(default_factory=dict)  # (instance, user)
    enrolledin: dict[int, dict[int, dict[int, None]]] = field(default_factory=dict)  # course → user → ids
    coursesof: dict[int, dict[int, None]] = field(default_factory=dict)  # user → courses
    assignments: dict[int, Assignment] = field(default_factory=dict)
    assignmentkeys: dict[tuple[str, int, int, int, str, int], int] = field(default_factory=dict)
    assignedin: dict[tuple[str, int], dict[int, dict[int, None]]] = field(default_factory=dict)
    groups: dict[int, Group] = field(default_factory=dict)
    groupsof: dict[int, dict[int, None]] = field(default_factory=dict)  # by course
    groupidnumbers: dict[tuple[int, str], int] = field(default_factory=dict)
    members: dict[int, Member] = field(default_factory=dict)
    membership: dict[tuple[int, int], dict[int, None]] = field(
        default_factory=dict
    )  # (course, user) → groups
    groupings: dict[int, Grouping] = field(default_factory=dict)
    cohorts: dict[int, Cohort] = field(default_factory=dict)
    cohortidnumbers: dict[str, int] = field(default_factory=dict)
    cohortmembers: dict[int, CohortMember] = field(default_factory=dict)
    owned: dict[int, Owned] = field(default_factory=dict)
    ownedkeys: dict[tuple[str, int], int] = field(default_factory=dict)
    messages: list[Message] = field(default_factory=list)
    notified: dict[str, int] = field(default_factory=dict)
    jobs: dict[str, Job] = field(default_factory=dict)
    stash: dict[int, list[StashedFile]] = field(default_factory=dict)  # by user
    firstpasswordmails: list[int] = field(default_factory=list)

    # -- people -----------------------------------------------------------------------------------

    def put_user(self, user: User) -> User:
        self.users[user.id] = user
        self.usernames[user.username] = user.id
        self.emails.setdefault(user.email.lower(), {})[user.id] = None
        if user.idnumber:
            self.useridnumbers.setdefault(user.idnumber, {})[user.id] = None
        return user

    def change_user(self, user: User, **columns: object) -> bool:
        changed = {name: value for name, value in columns.items() if getattr(user, name) != value}
        if not changed:
            return False
        self._forget_keys(user)
        for name, value in changed.items():
            setattr(user, name, value)
        self.put_user(user)
        return True

    def drop_user(self, user: User) -> None:
        for courseid in list(self.coursesof.get(user.id, ())):
            for enrolment in list(self.enrolledin.get(courseid, {}).get(user.id, ())):
                self.drop_enrolment(self.enrolments[enrolment])
        for row in [row for row in self.assignments.values() if row.userid == user.id]:
            self.drop_assignment(row)
        for cohort in self.cohorts.values():
            row_id = cohort.members.pop(user.id, None)
            if row_id is not None:
                del self.cohortmembers[row_id]
        self.disown("user", user.id)
        self._forget_keys(user)
        del self.users[user.id]

    def _forget_keys(self, user: User) -> None:
        self.usernames.pop(user.username, None)
        for index, key in ((self.emails, user.email.lower()), (self.useridnumbers, user.idnumber)):
            held = index.get(key)
            if held is not None:
                held.pop(user.id, None)
                if not held:
                    del index[key]

    def user_named(self, username: str) -> User | None:
        found = self.usernames.get(username)
        return None if found is None else self.users[found]

    # -- places -----------------------------------------------------------------------------------

    def put_category(self, category: Category) -> Category:
        self.categories[category.id] = category
        if category.idnumber:
            self.categoryidnumbers[category.idnumber] = category.id
        return category

    def change_category(self, category: Category, **columns: object) -> bool:
        changed = {name: value for name, value in columns.items() if getattr(category, name) != value}
        if self.categoryidnumbers.get(category.idnumber) == category.id:
            del self.categoryidnumbers[category.idnumber]
        for name, value in changed.items():
            setattr(category, name, value)
        self.put_category(category)
        return bool(changed)

    def drop_category(self, category: Category) -> None:
        if self.categoryidnumbers.get(category.idnumber) == category.id:
            del self.categoryidnumbers[category.idnumber]
        self.disown("category", category.id)
        self.coursesin.pop(category.id, None)
        del self.categories[category.id]

    def category_path(self, category: Category) -> list[int]:
        path = [category.id]
        while category.parent:
            category = self.categories[category.parent]
            path.append(category.id)
        return path[::-1]

    def subcategories(self, parent: int) -> list[Category]:
        return [category for category in self.categories.values() if category.parent == parent]

    def put_course(self, course: Course) -> Course:
        self.courses[course.id] = course
        self.shortnames[course.shortname] = course.id
        if course.idnumber:
            self.courseidnumbers[course.idnumber] = course.id
        self.coursesin.setdefault(course.category, {})[course.id] = None
        return course

    def change_course(self, course: Course, **columns: object) -> bool:
        changed = {name: value for name, value in columns.items() if getattr(course, name) != value}
        if not changed:
            return False
        self.forget_course_keys(course)
        for name, value in changed.items():
            setattr(course, name, value)
        self.put_course(course)
        return True

    def forget_course_keys(self, course: Course) -> None:
        self.shortnames.pop(course.shortname, None)
        self.courseidnumbers.pop(course.idnumber, None)
        self.coursesin.get(course.category, {}).pop(course.id, None)

    def drop_course(self, course: Course) -> None:
        for group in list(self.groupsof.get(course.id, ())):
            self.drop_group(self.groups[group])
        for grouping in [row for row in self.groupings.values() if row.courseid == course.id]:
            del self.groupings[grouping.id]
        for people in list(self.enrolledin.get(course.id, {}).values()):
            for enrolment in list(people):
                self.drop_enrolment(self.enrolments[enrolment])
        for instance in self.instancesof.pop(course.id, []):
            del self.instances[instance]
        for rows in list(self.assignedin.get(("course", course.id), {}).values()):
            for row in list(rows):
                self.drop_assignment(self.assignments[row])
        self.disown("course", course.id)
        self.forget_course_keys(course)
        del self.courses[course.id]

    # -- enrolments and roles ---------------------------------------------------------------------

    def put_instance(self, instance: EnrolInstance) -> EnrolInstance:
        self.instances[instance.id] = instance
        self.instancesof.setdefault(instance.courseid, []).append(instance.id)
        return instance

    def instance(self, courseid: int, enrol: str, source: str = "") -> EnrolInstance | None:
        for number in self.instancesof.get(courseid, ()):
            instance = self.instances[number]
            if instance.enrol == enrol and instance.source == source:
                return instance
        return None

    def enrolment(self, instance: int, userid: int) -> UserEnrolment | None:
        found = self.enrolmentkeys.get((instance, userid))
        return None if found is None else self.enrolments[found]

    def put_enrolment(self, row: UserEnrolment) -> UserEnrolment:
        self.enrolments[row.id] = row
        self.enrolmentkeys[(row.instance, row.userid)] = row.id
        self.enrolledin.setdefault(row.courseid, {}).setdefault(row.userid, {})[row.id] = None
        self.coursesof.setdefault(row.userid, {})[row.courseid] = None
        return row

    def drop_enrolment(self, row: UserEnrolment) -> None:
        """Take away one enrolment, its roles, and with the last one the person's group memberships."""
        instance = self.instances[row.instance]
        for number in list(self.assignedin.get(("course", row.courseid), {}).get(row.userid, ())):
            role = self.assignments[number]
            if role.itemid == instance.id and role.component == f"enrol_{instance.enrol}":
                self.drop_assignment(role)
        del self.enrolments[row.id]
        del self.enrolmentkeys[(row.instance, row.userid)]
        people = self.enrolledin[row.courseid]
        people[row.userid].pop(row.id, None)
        if people[row.userid]:
            return
        del people[row.userid]
        self.coursesof[row.userid].pop(row.courseid, None)
        for number in list(self.assignedin.get(("course", row.courseid), {}).get(row.userid, ())):
            if not self.assignments[number].component:
                self.drop_assignment(self.assignments[number])
        for group in list(self.membership.get((row.courseid, row.userid), ())):
            self.drop_member(self.groups[group], row.userid)

    def assignment(
        self, level: str, instance: int, userid: int, roleid: int, component: str = "", itemid: int = 0
    ) -> Assignment | None:
        found = self.assignmentkeys.get((level, instance, userid, roleid, component, itemid))
        return None if found is None else self.assignments[found]

    def assign(
        self, level: str, instance: int, userid: int, roleid: int, component: str = "", itemid: int = 0
    ) -> bool:
        key = (level, instance, userid, roleid, component, itemid)
        if key in self.assignmentkeys:
            return False
        row = Assignment(
            self.sequences.next("role_assignments"), roleid, userid, level, instance, component, itemid
        )
        self.assignments[row.id] = row
        self.assignmentkeys[key] = row.id
        self.assignedin.setdefault((level, instance), {}).setdefault(userid, {})[row.id] = None
        return True

    def drop_assignment(self, row: Assignment) -> None:
        del self.assignments[row.id]
        del self.assignmentkeys[(row.level, row.instance, row.userid, row.roleid, row.component, row.itemid)]
        here = self.assignedin[(row.level, row.instance)]
        here[row.userid].pop(row.id, None)
        if not here[row.userid]:
            del here[row.userid]

    def roles_of(self, courseid: int, userid: int) -> list[int]:
        rows = self.assignedin.get(("course", courseid), {}).get(userid, {})
        return sorted({self.assignments[row].roleid for row in rows})

    # -- groups -----------------------------------------------------------------------------------

    def put_group(self, group: Group) -> Group:
        self.groups[group.id] = group
        self.groupsof.setdefault(group.courseid, {})[group.id] = None
        if group.idnumber:
            self.groupidnumbers[(group.courseid, group.idnumber)] = group.id
        return group

    def change_group(self, group: Group, **columns: object) -> bool:
        changed = {name: value for name, value in columns.items() if getattr(group, name) != value}
        self.groupidnumbers.pop((group.courseid, group.idnumber), None)
        for name, value in changed.items():
            setattr(group, name, value)
        self.put_group(group)
        return bool(changed)

    def drop_group(self, group: Group) -> None:
        for userid in list(group.members):
            self.drop_member(group, userid)
        for grouping in self.groupings.values():
            grouping.groups.discard(group.id)
        self.disown("group", group.id)
        self.groupidnumbers.pop((group.courseid, group.idnumber), None)
        self.groupsof.get(group.courseid, {}).pop(group.id, None)
        del self.groups[group.id]

    def put_member(self, row: Member) -> Member:
        group = self.groups[row.group]
        self.members[row.id] = row
        group.members[row.userid] = row.id
        self.membership.setdefault((group.courseid, row.userid), {})[group.id] = None
        return row

    def drop_member(self, group: Group, userid: int) -> None:
        row = group.members.pop(userid, None)
        if row is not None:
            del self.members[row]
            self.membership[(group.courseid, userid)].pop(group.id, None)

    # -- what the night made ----------------------------------------------------------------------

    def own(self, kind: str, instance: int, time: int, *, adopted: bool = False) -> bool:
        if (kind, instance) in self.ownedkeys:
            return False
        row = Owned(self.sequences.next("local_passerelle_owned"), kind, instance, time, adopted)
        self.owned[row.id] = row
        self.ownedkeys[(kind, instance)] = row.id
        return True

    def owns(self, kind: str, instance: int) -> bool:
        return (kind, instance) in self.ownedkeys

    def disown(self, kind: str, instance: int) -> None:
        row = self.ownedkeys.pop((kind, instance), None)
        if row is not None:
            del self.owned[row]


def fresh_idnumber() -> str:
    """`psl-` and letters: the form that P1 gives, which can be no Apogée code."""
    return "psl-" + "".join(secrets.choice("abcdefghijklmnopqrstuvwxyz") for _ in range(12))


def numbered(name: str, taken: dict[str, int]) -> str:
    """`name`, or Moodle's `name_1`, `name_2` … where it is taken."""
    return name if name not in taken else next(_free(name, taken))


def _free(name: str, taken: dict[str, int]) -> Iterator[str]:
    return (f"{name}_{n}" for n in count(1) if f"{name}_{n}" not in taken)
