"""Each call of a Moodle, written a second time: its function, whether it may be repeated, and what goes out.

Moodle names what it wants by these words (held against recordings in tests/unit/twin); whether a call is repeated
after a lost answer hangs on the word here.
"""

from __future__ import annotations

import json
from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any

import pytest

from passerelle.domain.moodle.core import (
    CourseChange,
    Enrolment,
    Membership,
    Message,
    NewCategory,
    NewGroup,
    NewUser,
    RoleAssignment,
)
from passerelle.domain.moodle.left_out import LeftOut
from passerelle.domain.moodle.plugin import (
    ArchiveAddress,
    Notification,
    Owner,
    Restore,
    RestoreMode,
    UserField,
)
from passerelle.moodle import (
    calls_courses,
    calls_enrolments,
    calls_groups,
    calls_plugin,
    calls_site,
    calls_users,
)
from passerelle.moodle.decode import Mismatch
from passerelle.moodle.protocol import Call, variables

pytestmark = pytest.mark.rule("S12", "N19")
AT = datetime(2026, 1, 1, tzinfo=UTC)
ZIP = ArchiveAddress("https://s3.example/a", "5e", 7)
RESTORE = Restore(
    "ret:1", ZIP, RestoreMode.MERGE, 4, "SC", "Full", "Short", "ID", True, {"groups": "1"},
    (LeftOut("section", 3),), True, (Owner("ada", "editingteacher"),), "ada",
)  # fmt: skip
OUT = "sourceurl=https://s3.example/a sha256=5e filesize=7"

# Function, how it may be repeated, what goes out (a blank stands between two, `~` for a blank within one).
CALLS: list[tuple[Callable[[], Call[Any]], str, str, str]] = [
    # people
    (lambda: calls_users.by_field("email", ["a@b", 4]), "core_user_get_users_by_field", "read",
     "field=email values[0]=a@b values[1]=4"),
    (lambda: calls_users.by_criteria(email="a@b", lastname="M"), "core_user_get_users", "read",
     "criteria[0][key]=email criteria[0][value]=a@b criteria[1][key]=lastname criteria[1][value]=M"),
    (lambda: calls_users.create([NewUser("zoe", "Zoé", "Ng", "z@x", phone1="12")]), "core_user_create_users", "unsafe",
     "users[0][username]=zoe users[0][firstname]=Zoé users[0][lastname]=Ng users[0][email]=z@x users[0][auth]=manual "
     "users[0][createpassword]=1 users[0][phone1]=12"),
    # categories and courses
    (calls_courses.categories, "core_course_get_categories", "read", "addsubcategories=0"),
    (lambda: calls_courses.categories(subcategories=True, idnumber="SC"), "core_course_get_categories", "read",
     "criteria[0][key]=idnumber criteria[0][value]=SC addsubcategories=1"),
    (lambda: calls_courses.create_categories([NewCategory("S", "SC", 4)]), "core_course_create_categories", "unsafe",
     "categories[0][name]=S categories[0][idnumber]=SC categories[0][parent]=4"),
    (lambda: calls_courses.courses_by_field("id", 4), "core_course_get_courses_by_field", "read", "field=id value=4"),
    (lambda: calls_courses.duplicate(4, "S", "F", 7), "core_course_duplicate_course", "unsafe",
     "courseid=4 fullname=F shortname=S categoryid=7 visible=1 options[0][name]=users options[0][value]=0"),
    (lambda: calls_courses.duplicate(4, "S", "F", 7, locked=True), "core_course_duplicate_course", "unsafe",
     "courseid=4 fullname=F shortname=S categoryid=7 visible=1"),
    (lambda: calls_courses.update_courses([CourseChange(4, fullname="F", visible=False, summary="")]),
     "core_course_update_courses", "same", "courses[0][id]=4 courses[0][fullname]=F courses[0][visible]=0 courses[0][summary]="),
    (lambda: calls_courses.contents(4), "core_course_get_contents", "read", "courseid=4"),
    # enrolments
    (lambda: calls_enrolments.enrol([Enrolment(4, 5, 6, AT)]), "enrol_manual_enrol_users", "same",
     "enrolments[0][courseid]=4 enrolments[0][userid]=5 enrolments[0][roleid]=6 enrolments[0][timestart]=1767225600 "
     "enrolments[0][suspend]=0"),
    (lambda: calls_enrolments.unenrol([Enrolment(4, 5, 6, AT)]), "enrol_manual_unenrol_users", "same",
     "enrolments[0][userid]=5 enrolments[0][courseid]=4"),
    (lambda: calls_enrolments.participants(4), "core_enrol_get_enrolled_users", "read",
     "courseid=4 options[0][name]=userfields options[0][value]=id,username,idnumber,roles,groups options[1][name]=limitfrom "
     "options[1][value]=0 options[2][name]=limitnumber options[2][value]=500 options[3][name]=sortby options[3][value]=id"),
    (lambda: calls_enrolments.participants(4, 10, 20, ("id",)), "core_enrol_get_enrolled_users", "read",
     "courseid=4 options[0][name]=userfields options[0][value]=id options[1][name]=limitfrom options[1][value]=10 "
     "options[2][name]=limitnumber options[2][value]=20 options[3][name]=sortby options[3][value]=id"),
    # groups
    (lambda: calls_groups.of_course(4), "core_group_get_course_groups", "read", "courseid=4"),
    (lambda: calls_groups.create([NewGroup(4, "G", idnumber="g")]), "core_group_create_groups", "unsafe",
     "groups[0][courseid]=4 groups[0][name]=G groups[0][idnumber]=g groups[0][description]="),
    (lambda: calls_groups.members([3, 4]), "core_group_get_group_members", "read", "groupids[0]=3 groupids[1]=4"),
    (lambda: calls_groups.add_members([Membership(3, 5)]), "core_group_add_group_members", "same",
     "members[0][groupid]=3 members[0][userid]=5"),
    (lambda: calls_groups.remove_members([Membership(3, 5)]), "core_group_delete_group_members", "same",
     "members[0][groupid]=3 members[0][userid]=5"),
    # the site
    (calls_site.info, "core_webservice_get_site_info", "read", ""),
    (lambda: calls_site.assign_roles([RoleAssignment(3, 5, "user", 9)]), "core_role_assign_roles", "same",
     "assignments[0][roleid]=3 assignments[0][userid]=5 assignments[0][contextlevel]=user assignments[0][instanceid]=9"),
    (lambda: calls_site.unassign_roles([RoleAssignment(3, 5, "user", 9)]), "core_role_unassign_roles", "same",
     "unassignments[0][roleid]=3 unassignments[0][userid]=5 unassignments[0][contextlevel]=user unassignments[0][instanceid]=9"),
    (lambda: calls_site.send_messages([Message(5, "Hé")]), "core_message_send_instant_messages", "unsafe",
     "messages[0][touserid]=5 messages[0][text]=Hé messages[0][textformat]=2"),
    # the plugin
    (calls_plugin.get_site, "local_passerelle_get_site", "read", ""),
    (lambda: calls_plugin.get_site("SC"), "local_passerelle_get_site", "read", "category=SC"),
    (lambda: calls_plugin.find_users(UserField.EMAIL, ["a@b"]), "local_passerelle_find_users", "read", "field=email values[0]=a@b"),
    (lambda: calls_plugin.start_backup("bak:1", 4, "share"), "local_passerelle_start_backup", "same",
     "jobkey=bak:1 courseid=4 intent=share"),
    (lambda: calls_plugin.start_restore(RESTORE), "local_passerelle_start_restore", "same",
     f"jobkey=ret:1 {OUT} mode=merge courseid=4 category=SC fullname=Full shortname=Short idnumber=ID visible=1 "
     "settings[0][name]=groups settings[0][value]=1 exclude[0][kind]=section exclude[0][id]=3 keep_dates=1 "
     "owners[0][username]=ada owners[0][role]=editingteacher person=ada"),
    (lambda: calls_plugin.undo_restore("und:1.0", "rol:1"), "local_passerelle_undo_restore", "same",
     "jobkey=und:1.0 restorejobkey=rol:1"),
    (lambda: calls_plugin.stash_backup("rol:1", ZIP, "ada", "a.mbz"), "local_passerelle_stash_backup", "same",
     f"jobkey=rol:1 {OUT} username=ada filename=a.mbz"),
    (lambda: calls_plugin.get_jobs(["a", "b"]), "local_passerelle_get_jobs", "read", "jobkeys[0]=a jobkeys[1]=b"),
    (lambda: calls_plugin.cancel_job("a"), "local_passerelle_cancel_job", "same", "jobkey=a"),
    (lambda: calls_plugin.course_states(courseids=[4], idnumbers=["C"]), "local_passerelle_get_course_states", "read",
     "courseids[0]=4 idnumbers[0]=C"),
    (lambda: calls_plugin.changed_courses(AT), "local_passerelle_list_changed_courses", "read",
     "since=1767225600 after=0 limit=500"),
    (lambda: calls_plugin.changed_courses(AT, 3, 10), "local_passerelle_list_changed_courses", "read",
     "since=1767225600 after=3 limit=10"),
    (lambda: calls_plugin.export("courses"), "local_passerelle_export", "read", "table=courses after=0 limit=1000"),
    (lambda: calls_plugin.export("courses", 3, 10, ["a", "b"]), "local_passerelle_export", "read",
     "table=courses after=3 limit=10 only[0]=a only[1]=b"),
    (lambda: calls_plugin.apply([{"id": "1", "op": "é"}]), "local_passerelle_apply", "same", 'operations=[{"id":~"1",~"op":~"é"}]'),
    (lambda: calls_plugin.notify([Notification("k", "ada", "ready", "fr", {"course": "C"})]), "local_passerelle_notify", "same",
     "notifications[0][key]=k notifications[0][username]=ada notifications[0][kind]=ready notifications[0][lang]=fr "
     "notifications[0][values][0][name]=course notifications[0][values][0][value]=C"),
]  # fmt: skip


@pytest.mark.parametrize(
    ("make", "function", "repeat", "sent"), CALLS, ids=[f"{row[1]}-{n}" for n, row in enumerate(CALLS)]
)
def test_each_call_says_its_function_whether_it_may_come_twice_and_what_moodle_wants(
    make: Callable[[], Call[Any]], function: str, repeat: str, sent: str
) -> None:
    call = make()
    assert (call.function, call.repeat.value) == (function, repeat)
    assert [f"{name}={value}".replace(" ", "~") for name, value in variables(call.params)] == sent.split()


def test_only_what_makes_something_anew_or_is_read_by_people_is_unsafe_to_repeat() -> None:
    assert {function for _, function, repeat, _ in CALLS if repeat == "unsafe"} == {
        "core_user_create_users",
        "core_course_create_categories",
        "core_course_duplicate_course",
        "core_group_create_groups",
        "core_message_send_instant_messages",
    }


# -- answers that are read in a way of their own ------------------------------------------------------------------


def where(call: Call[Any], answer: object) -> str:
    with pytest.raises(Mismatch) as mismatch:
        call.read(answer)
    return mismatch.value.where


def test_a_page_of_an_export_is_rows_in_json_and_where_the_next_begins() -> None:
    call = calls_plugin.export("courses", 3)
    page = call.read({"rows": json.dumps([{"id": 4}]), "next": "5"})
    assert (page.rows, page.next) == (({"id": 4},), 5)
    assert [call.read({"rows": "[]", "next": one}).next for one in (None, 0, 4)] == [None, None, 4]
    assert [where(call, {"rows": "[]", "next": one}) for one in (3, 2, "x")] == ["answer.next"] * 3
    assert where(call, []) == "answer"
    assert [where(call, {"rows": one}) for one in (None, [], "{", "{}", "[1]")] == ["answer.rows"] * 5


def test_verdicts_of_operations_come_as_rows_or_as_their_json() -> None:
    call = calls_plugin.apply([])
    rows = [{"id": "1", "ok": True, "changed": 1}, {"id": "2", "ok": 0, "errorcode": "x"}]
    for answer in (rows, json.dumps(rows)):
        told = [(one.id, one.ok, one.changed, one.errorcode) for one in call.read(answer)]
        assert told == [("1", True, True, ""), ("2", False, False, "x")]
    assert [where(call, one) for one in ("{", "[1]")] == ["answer"] * 2


def test_an_answer_to_messages_without_rows_says_that_all_were_taken() -> None:
    call = calls_plugin.notify([])
    assert call.read(None) == call.read({}) == ()
    (one,) = call.read([{"key": "k", "ok": False, "errorcode": "x"}])
    assert (one.key, one.ok, one.errorcode) == ("k", False, "x")
