"""What the night reads and applies, and what the services say of the site."""

import pytest

from tests.live.conftest import person
from tests.live.ground import Refused, fresh

ARGUMENTS = {
    "get_site": {},
    "find_users": {"field": "email", "values": ["a@example.org"]},
    "start_backup": {"jobkey": "live:x", "courseid": 2, "intent": "share"},
    "start_restore": {
        "jobkey": "live:x",
        "sourceurl": "https://a.example/a",
        "sha256": "0" * 64,
        "filesize": 1,
        "mode": "new",
    },
    "undo_restore": {"jobkey": "live:x", "restorejobkey": "live:y"},
    "stash_backup": {
        "jobkey": "live:x",
        "sourceurl": "https://a.example/a",
        "sha256": "0" * 64,
        "filesize": 1,
        "username": "a",
        "filename": "a.mbz",
    },
    "get_jobs": {"jobkeys": ["live:x"]},
    "cancel_job": {"jobkey": "live:x"},
    "get_course_states": {"courseids": [2]},
    "list_changed_courses": {"since": 0},
    "export": {"table": "users"},
    "apply": {"operations": "[]"},
    "notify": {"notifications": [{"key": "k", "username": "a", "kind": "published"}]},
}


@pytest.mark.parametrize("function", sorted(ARGUMENTS))
def test_every_function_asks_for_its_capability(ground, function):
    with pytest.raises(Refused) as refused:
        ground.call(function, token=ground.weak_token, **ARGUMENTS[function])
    assert refused.value.errorcode == "nopermissions"


def test_a_site_says_what_it_is(ground):
    site = ground.call("get_site")
    assert site["wwwroot"] == ground.address
    assert site["site"] == ground.name
    assert "editingteacher" in [role["shortname"] for role in site["roles"]]
    assert "mod_page" in [module["name"] for module in site["modules"]]
    assert site["limits"]["max_input_vars"] >= 1000
    assert "fr" in site["languages"]


def test_a_site_says_what_roles_may_do_in_a_category(ground, category):
    here = ground.call("get_site", category=category)["roles"]
    everywhere = ground.call("get_site")["roles"]
    assert [role["shortname"] for role in here] == [role["shortname"] for role in everywhere]
    manager = next(role for role in here if role["shortname"] == "manager")
    assert "moodle/course:update" in manager["capabilities"]


def test_a_category_that_is_not_there_is_refused(ground):
    with pytest.raises(Refused):
        ground.call("get_site", category=fresh("NOCAT"))


def test_users_are_found_exactly_but_without_case(ground):
    username = person(ground)
    asked = [f"{username}@EXAMPLE.org", f"{username}@example.or", f"x{username}@example.org"]
    found = ground.call("find_users", field="email", values=asked)
    assert [row["value"] for row in found] == asked
    assert [[user["username"] for user in row["users"]] for row in found] == [[username], [], []]


def test_a_field_that_is_none_is_refused(ground):
    with pytest.raises(Refused):
        ground.call("find_users", field="password", values=["x"])


def verdicts(answer):
    return [(one["ok"], one["changed"]) if one["ok"] else one["errorcode"] for one in answer]


def test_the_same_operations_again_change_nothing(ground, course, category):
    username, group = person(ground), fresh("G")
    operations = [
        {"op": "group_create", "course": course["idnumber"], "idnumber": group, "name": "TD 1"},
        {
            "op": "enrol",
            "course": course["idnumber"],
            "username": username,
            "role": "student",
            "source": "night",
        },
        {"op": "member_add", "course": course["idnumber"], "group": group, "username": username},
    ]
    assert verdicts(ground.apply(*operations)) == [(True, True)] * 3
    assert verdicts(ground.apply(*operations)) == [(True, False)] * 3


@pytest.mark.rule("N21")
def test_a_bad_operation_stops_no_other(ground, course):
    username = person(ground)
    good = {
        "op": "enrol",
        "course": course["idnumber"],
        "username": username,
        "role": "student",
        "source": "night",
    }
    answer = ground.apply(
        good | {"username": fresh("nobody")},
        good | {"course": fresh("nowhere")},
        {"op": "unheard_of"},
        {"op": "member_add", "course": course["idnumber"], "group": fresh("g"), "username": username},
        good,
    )
    assert verdicts(answer) == ["unknownuser", "unknowncourse", "invalid", "unknowngroup", (True, True)]


def test_an_operation_sees_what_the_one_before_it_did(ground, course):
    about = {"course": course["idnumber"], "username": person(ground)}
    enrol = {"op": "enrol", "role": "student", "source": "night", **about}
    join = {"op": "member_add", "group": fresh("G"), **about}
    make = {"op": "group_create", "course": about["course"], "idnumber": join["group"], "name": "TD 1"}
    leave = enrol | {"op": "unenrol"}  # and with the last enrolment goes the group
    answer = ground.apply(join, make, join, enrol, join, join, leave, leave, enrol, join)
    assert verdicts(answer) == [
        "unknowngroup",
        (True, True),
        "invalid",  # Moodle takes no member who is not enrolled; what was begun for them is taken back
        (True, True),
        (True, True),
        (True, False),
        (True, True),
        (True, False),
        (True, True),
        (True, True),
    ]
    [row] = [row for row in ground.rows("members", limit=5000) if row["username"] == about["username"]]
    assert row["group"] == join["group"]


@pytest.mark.rule("N24")
def test_a_suspension_keeps_the_enrolment_and_enrolling_brings_it_back(ground, course):
    username = person(ground)
    about = {"course": course["idnumber"], "username": username, "role": "student", "source": "night"}
    ground.apply({"op": "enrol", **about}, {"op": "suspend", **about})
    [row] = [row for row in ground.rows("enrolments") if row["username"] == username]
    assert str(row["status"]) in {"suspended", "1"}
    ground.apply({"op": "enrol", **about})
    [row] = [row for row in ground.rows("enrolments") if row["username"] == username]
    assert str(row["status"]) in {"active", "0"}
    assert row["roles"] == ["student"]


@pytest.mark.rule("S14")
def test_the_shop_and_the_night_write_only_in_their_own(ground, course):
    username = person(ground)
    about = {"course": course["idnumber"], "username": username, "role": "student"}
    ground.apply({"op": "enrol", "source": "night", **about}, {"op": "enrol", "source": "shop", **about})
    assert verdicts(ground.apply({"op": "unenrol", "source": "night", **about})) == [(True, True)]
    assert ground.state(course["courseid"])["users"] == 1


@pytest.mark.rule("N16")
def test_what_the_night_did_not_make_it_does_not_touch(ground, archive, category):
    number = fresh("H")
    ground.run("start_restore", mode="new", category=category, idnumber=number, **archive())
    rename = {"op": "course_update", "idnumber": number, "fullname": "Autre"}
    assert verdicts(ground.apply(rename)) == ["notours"]
    adopt = {"op": "adopt", "kind": "course", "idnumber": number}
    assert verdicts(ground.apply(adopt, rename)) == [(True, True), (True, True)]


@pytest.mark.rule("N4")
def test_a_category_that_holds_something_is_not_deleted(ground, course, category):
    delete = {"op": "category_delete", "idnumber": category}
    assert verdicts(ground.apply(delete)) == ["notempty"]


def test_an_export_in_pages_is_the_export_in_one(ground, course):
    people = [person(ground) for _ in range(3)]
    before = ground.end("enrolments")
    ground.apply(
        *(
            {
                "op": "enrol",
                "course": course["idnumber"],
                "username": one,
                "role": "student",
                "source": "night",
            }
            for one in people
        )
    )
    whole = list(ground.rows("enrolments", limit=5000, after=before))
    assert list(ground.rows("enrolments", limit=2, after=before)) == whole
    assert [row["username"] for row in whole] == people


@pytest.mark.parametrize(
    "table",
    [
        "users",
        "cohorts",
        "cohortmembers",
        "categories",
        "courses",
        "groups",
        "members",
        "enrolments",
        "owned",
    ],
)
def test_every_table_can_be_read(ground, course, table):
    assert all("id" in row for row in ground.rows(table, limit=5000))


def test_a_table_that_is_none_is_refused(ground):
    with pytest.raises(Refused):
        ground.call("export", table="config")


@pytest.mark.rule("R10")
def test_a_course_that_changed_is_listed(ground, course):
    listed = ground.call("list_changed_courses", since=course["lastchange"], limit=5000)
    assert course["courseid"] in [row["id"] for row in listed["courses"]]
    later = ground.call("list_changed_courses", since=course["lastchange"] + 86_400, limit=5000)
    assert course["courseid"] not in [row["id"] for row in later["courses"]]


def test_a_message_is_sent_once(ground, mailbox):
    username, key = person(ground), fresh("k")
    message = {
        "key": key,
        "username": username,
        "kind": "published",
        "lang": "fr",
        "values": [{"name": "title", "value": "Chimie"}],
    }
    first, again = (ground.call("notify", notifications=[message]) for _ in range(2))
    assert (first[0]["ok"], first[0]["changed"]) == (True, True)
    assert (again[0]["ok"], again[0]["changed"]) == (True, False)
