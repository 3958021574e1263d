"""Every recorded exchange is read as what it says, one by one."""

import json
from dataclasses import dataclass
from datetime import UTC, datetime

import pytest

from passerelle.domain.moodle.core import (
    Category,
    CourseChange,
    Enrolment,
    Group,
    Membership,
    Message,
    NewCategory,
    NewGroup,
    NewUser,
    Role,
    RoleAssignment,
    User,
)
from passerelle.errors import FixAccess, InstallFunction, MoodleRefused
from passerelle.moodle import (
    calls_courses,
    calls_enrolments,
    calls_groups,
    calls_site,
    calls_users,
)
from passerelle.moodle.calls_courses import Made
from passerelle.moodle.calls_groups import GroupMembers
from passerelle.moodle.calls_users import MadeUser
from passerelle.moodle.protocol import Answer, Call, Warned, encode, read_answer, reads_nothing
from tests.unit.moodle.php_form import parse
from tests.unit.moodle.recorded import exchange, exchanges

SOMEONE = NewUser("x", "x", "x", "x@x")

# What each function's answer is read by. Where the answer has a row for each row sent, as many.
CALLS = {
    "core_webservice_get_site_info": lambda sent: calls_site.info(),
    "core_no_such_function": lambda sent: Call("core_no_such_function", sent, reads_nothing),
    "core_user_create_users": lambda sent: calls_users.create([SOMEONE] * len(sent["users"])),
    "core_user_get_users_by_field": lambda sent: calls_users.by_field(sent["field"], sent["values"]),
    "core_user_get_users": lambda sent: calls_users.by_criteria(email=sent["criteria"][0]["value"]),
    "core_course_create_categories": lambda sent: calls_courses.create_categories(
        [NewCategory("x", "x")] * len(sent["categories"])
    ),
    "core_course_get_categories": lambda sent: calls_courses.categories(
        idnumber=sent["criteria"][0]["value"]
    ),
    "core_course_get_courses_by_field": lambda sent: calls_courses.courses_by_field(
        sent["field"], sent["value"]
    ),
    "core_course_update_courses": lambda sent: calls_courses.update_courses([]),
    "core_course_get_contents": lambda sent: calls_courses.contents(sent["courseid"]),
    "core_enrol_get_enrolled_users": lambda sent: calls_enrolments.participants(sent["courseid"]),
    "enrol_manual_enrol_users": lambda sent: calls_enrolments.enrol([]),
    "enrol_manual_unenrol_users": lambda sent: calls_enrolments.unenrol([]),
    "core_group_create_groups": lambda sent: calls_groups.create(
        [NewGroup(1, "x", "x")] * len(sent["groups"])
    ),
    "core_group_get_course_groups": lambda sent: calls_groups.of_course(sent["courseid"]),
    "core_group_add_group_members": lambda sent: calls_groups.add_members([]),
    "core_group_delete_group_members": lambda sent: calls_groups.remove_members([]),
    "core_group_get_group_members": lambda sent: calls_groups.members(sent["groupids"]),
    "core_role_assign_roles": lambda sent: calls_site.assign_roles([]),
    "core_role_unassign_roles": lambda sent: calls_site.unassign_roles([]),
    "core_message_send_instant_messages": lambda sent: calls_site.send_messages([Message(5, "x")]),
}


@dataclass(frozen=True)
class No:
    errorcode: str
    kind: type[MoodleRefused] = MoodleRefused


INVALID = No("invalidparameter")
JEAN = User(
    5, "jdupont", "S1", "Jean", "Dupont", "Jean.Dupont@ex.org", auth="manual", suspended=False, lang="en"
)
ALICE = User(6, "amartin", "", "Alice", "Martin", "alice@ex.org", auth="manual", lang="en")


EXPECTED = {
    "invalid token": No("invalidtoken", FixAccess),
    "unknown function": No("invalidrecord", InstallFunction),
    "missing capability": No("nopermissions"),
    "missing required parameter": INVALID,
    "wrong parameter type": INVALID,
    "unexpected extra key": INVALID,
    "create users": (MadeUser(5, "jdupont"), MadeUser(6, "amartin")),
    "create users: language pack not installed": INVALID,
    "create users: one username taken, whole batch refused": INVALID,
    "proof nothing of that batch was created": (),
    "create users: duplicate email": INVALID,
    "create users: invalid email": INVALID,
    "create users: uppercase username": INVALID,
    "create users: unknown auth": INVALID,
    "get users by email, exact case": (JEAN,),
    "get users by email, other case": (),
    "get users by email via criteria, other case": (JEAN,),
    "get users by field: several values, some unknown": (JEAN, ALICE),
    "get users by field: bad field": No("codingerror"),
    "get suspended user": (
        User(6, "amartin", "", "Alice", "Martin", "alice@ex.org", auth="manual", suspended=True, lang="en"),
    ),
    "create categories": (Made(2),),
    "create child category": (Made(3),),
    "create category: idnumber taken": No("categoryidnumbertaken"),
    "create category: unknown parent": No("unknowcategory"),
    "get categories by idnumber": (
        Category(3, "L1", "ufr-sc-l1", parent=2, coursecount=0, depth=2, path="/2/3"),
    ),
    "proof nothing of that batch was created (courses)": (),
    "get courses by idnumber: none": (),
    "get courses by ids": No("phperror"),
    "update courses: rename, move, hide": (),
    "update courses: unknown id (warnings)": (
        Warned("invalidrecord", "course", 99999, "Can't find data record in database table course."),
    ),
    "update courses: shortname taken (warnings)": (
        Warned("shortnametaken", "course", 2, "Short name is already used for another course (PHYS1)"),
    ),
    "course contents: unknown course": No("invalidrecord"),
    "create another category": (Made(4),),
    "enrol users": None,
    "enrol again with other dates (updates)": None,
    "enrol same user with a second role": None,
    "enrol: unknown user": No("invaliduser"),
    "proof nothing of that batch was enrolled": (),
    "enrol: unknown course": INVALID,
    "enrol: role not assignable": No("wsusercannotassign"),
    "create groups": (Group(1, 2, "CMD-2026-0042", "order:42"), Group(2, 2, "TD1", "td1")),
    "create group: name taken in the course": INVALID,
    "create group: idnumber taken in the course": No("idnumbertaken"),
    "get course groups": (Group(1, 2, "CMD-2026-0042", "order:42"), Group(2, 2, "TD1", "td1")),
    "add group members": None,
    "add group member again": None,
    "create an unenrolled user": (MadeUser(8, "outsider"),),
    "add group member who is not enrolled": INVALID,
    "add member to unknown group": No("invalidrecord"),
    "get group members": (GroupMembers(1, (5,)),),
    "delete group members": None,
    "assign role in a user context": INVALID,
    "assign role in a course context": None,
    "assign role again (idempotent)": None,
    "assign unknown role": INVALID,
    "unassign role": None,
    "unenrol": None,
    "unenrol someone not enrolled": None,
    "update course idnumber to archive (ex_)": (),
    "assign a role made for user contexts, over another user": None,
    "the same again (idempotent)": None,
    "unassign it": None,
}

TEACHER, STUDENT = Role(4, "teacher"), Role(5, "student")

# Wide answers: a picture of them that holds what matters, and what it must show.
PICTURES = {
    "site info": (
        lambda info: (
            info.sitename,
            info.userid,
            info.release,
            info.version,
            [function.name for function in info.functions],
            info.userissiteadmin,
        ),
        (
            "Hub",
            3,
            "4.5.6 (Build: 20250811)",
            "2024100706",
            ["core_auth_confirm_user", "core_auth_request_password_reset", "core_auth_is_minor"],
            False,
        ),
    ),
    "get courses by idnumber": (
        lambda courses: [
            (c.id, c.fullname, c.shortname, c.idnumber, c.categoryid, c.visible, c.startdate, c.timecreated)
            for c in courses
        ],
        [
            (
                2,
                "L1 Chimie",
                "CHIM1",
                "y2an8a-ec2",
                3,
                False,
                datetime.fromtimestamp(1795219200, UTC),
                datetime.fromtimestamp(1795294659, UTC),
            )
        ],
    ),
    "course contents of an empty course": (
        lambda sections: [
            (
                s.id,
                s.name,
                s.section,
                s.visible,
                [(m.id, m.modname, m.name, m.availability) for m in s.modules],
            )
            for s in sections
        ],
        [(1, "General", 0, True, [(1, "forum", "Announcements", None)])],
    ),
    "enrolled users": (
        lambda people: [(p.id, p.username, p.idnumber, p.email, p.roles) for p in people],
        [
            (5, "jdupont", "S1", "Jean.Dupont@ex.org", (TEACHER, STUDENT)),
            (6, "amartin", "", "alice@ex.org", (STUDENT,)),
        ],
    ),
    "enrolled users, fewer fields": (
        lambda people: [(p.id, p.username, p.idnumber, p.email, p.roles, p.groups) for p in people],
        [(5, "jdupont", "S1", None, (TEACHER, STUDENT), ())],
    ),
    "send message": (lambda sent: [(one.msgid, one.errormessage) for one in sent], [(1, None)]),
}


def read(one):
    call = CALLS[one["function"]](one["request"])
    assert call.function == one["function"]
    body = json.dumps(one["response"]).encode()
    return read_answer("hub", call, Answer(one["http_status"], {}, body))


def called():
    """The recordings of functions that Passerelle calls; there are others."""
    return [one for one in exchanges() if one["function"] in CALLS]


@pytest.mark.parametrize("case", [one["case"] for one in called()])
def test_a_recorded_answer_is_read_as_what_it_says(case):
    one = exchange(case)
    if case in PICTURES:
        picture, shown = PICTURES[case]
        assert picture(read(one)) == shown
        return
    expected = EXPECTED[case]
    if isinstance(expected, No):
        with pytest.raises(MoodleRefused) as refusal:
            read(one)
        assert (refusal.value.errorcode, type(refusal.value)) == (expected.errorcode, expected.kind)
        assert (refusal.value.site, refusal.value.function) == ("hub", one["function"])
        assert one["response"]["message"] not in str(refusal.value) + repr(refusal.value.details)
    else:
        assert read(one) == expected


def test_every_recorded_case_has_its_expectation():
    cases = {one["case"] for one in called()}
    assert len(cases) == 68
    assert cases == EXPECTED.keys() | PICTURES.keys()
    assert not EXPECTED.keys() & PICTURES.keys()


# -- and the calls that were recorded are the calls that are built ----------------------------------

BUILT = {
    "create users": calls_users.create(
        [
            NewUser("jdupont", "Jean", "Dupont", "Jean.Dupont@ex.org", idnumber="S1"),
            NewUser("amartin", "Alice", "Martin", "alice@ex.org"),
        ]
    ),
    "get users by email via criteria, other case": calls_users.by_criteria(email="jean.dupont@ex.org"),
    "get users by field: several values, some unknown": calls_users.by_field(
        "username", ["jdupont", "nobody", "amartin"]
    ),
    "create child category": calls_courses.create_categories([NewCategory("L1", "ufr-sc-l1", 2)]),
    "get categories by idnumber": calls_courses.categories(idnumber="ufr-sc-l1"),
    "get courses by idnumber": calls_courses.courses_by_field("idnumber", "y2an8a-ec2"),
    "update courses: rename, move, hide": calls_courses.update_courses(
        [CourseChange(2, fullname="L1 Chimie générale", categoryid=2, visible=True)]
    ),
    "update course idnumber to archive (ex_)": calls_courses.update_courses(
        [CourseChange(3, "ex_L1 Physique", "ex_PHYS1", idnumber="ex_y2an8a-ec1", visible=False)]
    ),
    "enrol users": calls_enrolments.enrol(
        [
            Enrolment(2, 5, 5, datetime(2026, 1, 1, tzinfo=UTC), datetime(2026, 2, 1, tzinfo=UTC)),
            Enrolment(2, 6, 5),
        ]
    ),
    "unenrol": calls_enrolments.unenrol([Enrolment(2, 5, 5)]),
    "create groups": calls_groups.create(
        [NewGroup(2, "CMD-2026-0042", "order:42"), NewGroup(2, "TD1", "td1")]
    ),
    "add group members": calls_groups.add_members([Membership(1, 5)]),
    "delete group members": calls_groups.remove_members([Membership(1, 5)]),
    "get group members": calls_groups.members([1]),
    "assign a role made for user contexts, over another user": calls_site.assign_roles(
        [RoleAssignment(10, 5, "user", 6)]
    ),
    "unassign it": calls_site.unassign_roles([RoleAssignment(10, 5, "user", 6)]),
}

# Where Passerelle means to send something else than the recording did.
OTHERWISE = {
    "create users": {"password"},  # S10: never
}


@pytest.mark.parametrize("case", BUILT)
def test_a_call_is_built_as_it_was_recorded(case):
    one = exchange(case)
    built, _ = parse(encode(BUILT[case], "t"))
    assert built["wsfunction"] == one["function"]
    for key, recorded in one["request"].items():
        assert _holds(built[key], recorded, OTHERWISE.get(case, set())), key


def _holds(built, recorded, otherwise):
    """Everything recorded is in what was built, as PHP would read it."""
    if isinstance(recorded, dict):
        return all(
            key in otherwise or (key in built and _holds(built[key], value, otherwise))
            for key, value in recorded.items()
        )
    if isinstance(recorded, list):
        return len(built) == len(recorded) and all(
            _holds(*pair, otherwise) for pair in zip(built, recorded, strict=True)
        )
    return built == str(recorded)
