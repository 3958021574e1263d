"""`local_passerelle_apply` and `_export`: verdicts one by one, own things told apart from others'."""

from __future__ import annotations

import json
import time

import pytest


@pytest.fixture
def apply(lycee):
    def do(*operations):
        rows = [{"id": str(place), **operation} for place, operation in enumerate(operations)]
        verdicts = lycee.call("local_passerelle_apply", operations=json.dumps(rows))
        assert [verdict["id"] for verdict in verdicts] == [row["id"] for row in rows]
        return [verdict.get("errorcode") or verdict["changed"] for verdict in verdicts]

    return do


@pytest.fixture
def export(lycee):
    def table(name, limit=1000):
        rows, after = [], 0
        while after is not None:
            page = lycee.call("local_passerelle_export", table=name, after=after, limit=limit)
            rows += json.loads(page["rows"])
            after = page["next"]
        return rows

    return table


def user(name, **columns):
    return {
        "op": "user_create",
        "username": name,
        "firstname": "A",
        "lastname": "B",
        "email": f"{name}@x.example",
    } | columns


CATEGORY = {"op": "category_create", "idnumber": "c1", "name": "C1", "parent": ""}
COURSE = {"op": "course_create", "idnumber": "k1", "shortname": "K1", "fullname": "Cours 1", "category": "c1"}
GROUP = {"op": "group_create", "course": "k1", "idnumber": "g1", "name": "TD 1"}
ENROL = {"op": "enrol", "course": "k1", "username": "etu1", "role": "student", "source": "night"}
MEMBER = {"op": "member_add", "course": "k1", "group": "g1", "username": "etu1"}


@pytest.mark.rule("N19")
def test_applied_twice_the_second_time_changes_nothing(apply):
    everything = [
        user("nuit1", idnumber="N1", auth="cas"),
        {"op": "cohort_create", "idnumber": "l1", "name": "L1"},
        {"op": "cohort_add", "cohort": "l1", "username": "nuit1"},
        CATEGORY,
        COURSE,
        GROUP,
        ENROL,
        MEMBER,
    ]
    assert apply(*everything) == [True] * 8
    assert apply(*everything) == [False] * 8


def test_an_account_that_exists_is_left_as_it_is(lycee, apply):
    assert apply(user("mcurie", lastname="Skłodowska"), user("MCURIE")) == [False, False]
    assert lycee.user("mcurie").lastname == "Curie"
    assert not lycee.state.owned


def test_one_bad_operation_stops_no_other(apply):
    verdicts = apply(
        CATEGORY, {"op": "course_create"}, {"op": "nosuch"}, COURSE, ENROL | {"username": "nobody"}, ENROL
    )
    assert verdicts == [True, "invalid", "invalid", True, "unknownuser", True]


@pytest.mark.parametrize(
    ("operation", "code"),
    [
        (ENROL | {"course": "nowhere"}, "unknowncourse"),
        (ENROL | {"source": "other"}, "invalid"),
        (ENROL | {"role": "nosuch"}, "invalid"),
        (ENROL | {"timestart": "soon"}, "invalid"),
        (MEMBER | {"group": "nosuch"}, "unknowngroup"),
        (MEMBER | {"username": "mcurie"}, "invalid"),
        (COURSE | {"idnumber": "k2", "shortname": "K2", "category": "nowhere"}, "unknowncategory"),
        (COURSE | {"idnumber": "k2"}, "shortnametaken"),
        (COURSE | {"idnumber": "byhand", "shortname": "K2"}, "idnumbertaken"),
        (CATEGORY | {"idnumber": "mut"}, "idnumbertaken"),
        ({"op": "course_update", "idnumber": "byhand", "fullname": "X"}, "notours"),
        ({"op": "course_update", "idnumber": "k1", "newidnumber": "byhand"}, "idnumbertaken"),
        ({"op": "category_update", "idnumber": "mut", "name": "X"}, "notours"),
        ({"op": "category_delete", "idnumber": "c1"}, "notempty"),
        ({"op": "category_delete", "idnumber": "mut"}, "notours"),
        ({"op": "user_suspend", "username": "mcurie"}, "notours"),
        (user("élève"), "invalid"),
        (user("other", auth="nosuch"), "invalid"),
        (user("other", email="no address"), "invalid"),
        (user("other", lastname=" "), "invalid"),
        ({"op": "user_update", "username": "admin", "email": "me@x.example"}, "protecteduser"),
        ({"op": "adopt", "kind": "user", "username": "admin"}, "protecteduser"),
        ({"op": "cohort_add", "cohort": "nosuch", "username": "etu1"}, "unknowncohort"),
        (ENROL | {"timestart": 20, "timeend": 10}, "invalid"),
        (ENROL | {"role": "manager"}, "rolenotallowed"),
        (user("other", auth="webservice"), "authnotallowed"),
    ],
)
def test_each_refusal_has_its_code_and_no_effect(lycee, apply, operation, code):
    lycee.add_course("BYHAND", idnumber="byhand")
    assert apply(CATEGORY, COURSE, GROUP, ENROL) == [True] * 4
    before = lycee.snapshot()
    assert apply(operation) == [code]
    assert len(lycee.snapshot()) == len(before)


@pytest.mark.rule("N6")
def test_a_new_course_is_hidden_and_empty(lycee, apply):
    apply(CATEGORY, COURSE)
    (row,) = lycee.call("local_passerelle_get_course_states", idnumbers=["k1"])
    assert (row["visible"], row["empty"]) == (False, True)


def test_the_night_the_shop_and_a_hand_each_keep_their_own(lycee, apply, export):
    apply(CATEGORY, COURSE, ENROL, ENROL | {"source": "shop", "timeend": 2_000_000_000})
    lycee.enrol("k1", "etu1", "student")
    assert {(row["method"], row["source"], tuple(row["roles"])) for row in export("enrolments")} == {
        ("passerelle", "night", ("student",)),
        ("passerelle", "shop", ("student",)),
        ("manual", "", ("student",)),
    }
    assert apply(ENROL | {"op": "unenrol"}, ENROL | {"op": "unenrol"}) == [True, False]
    assert sorted((row["method"], row["source"]) for row in export("enrolments")) == [
        ("manual", ""),
        ("passerelle", "shop"),
    ]
    assert (
        lycee.call(
            "enrol_manual_unenrol_users",
            enrolments=[{"userid": lycee.user("etu1").id, "courseid": lycee.course("k1").id}],
        )
        is None
    )
    assert [row["source"] for row in export("enrolments")] == ["shop"]


@pytest.mark.rule("N24")
def test_suspending_keeps_the_group_and_the_last_unenrolment_drops_it(apply, export):
    apply(CATEGORY, COURSE, GROUP, ENROL, MEMBER)
    assert apply(ENROL | {"op": "suspend"}, ENROL | {"op": "suspend"}) == [True, False]
    assert [row["status"] for row in export("enrolments")] == ["suspended"]
    assert len(export("members")) == 1
    assert apply(ENROL) == [True]
    assert [row["status"] for row in export("enrolments")] == ["active"]
    apply(ENROL | {"op": "unenrol"})
    assert (export("members"), export("enrolments")) == ([], [])


def test_a_second_role_goes_without_the_enrolment(apply, export):
    teacher = ENROL | {"role": "teacher"}
    apply(CATEGORY, COURSE, ENROL, teacher)
    assert apply(teacher | {"op": "unenrol"}, teacher | {"op": "unenrol"}) == [True, False]
    assert [row["roles"] for row in export("enrolments")] == [["student"]]


@pytest.mark.rule("N11")
def test_a_group_goes_only_if_nothing_of_others_hangs_on_it(lycee, apply, export):
    apply(CATEGORY, COURSE, GROUP, ENROL, MEMBER)
    assert [row["component"] for row in export("members")] == ["enrol_passerelle"]
    lycee.enrol("k1", "mcurie", "editingteacher")
    group = next(iter(lycee.state.groups))
    lycee.call(
        "core_group_add_group_members", members=[{"groupid": group, "userid": lycee.user("mcurie").id}]
    )
    delete = {"op": "group_delete", "course": "k1", "idnumber": "g1"}
    by_hand = {"op": "member_remove", "course": "k1", "group": "g1", "username": "mcurie"}
    assert apply(delete, by_hand, MEMBER | {"op": "member_remove"}) == ["notempty", "notours", True]
    lycee.call(
        "core_group_delete_group_members", members=[{"groupid": group, "userid": lycee.user("mcurie").id}]
    )
    assert apply(delete, delete) == [True, False]


@pytest.mark.rule("N23")
def test_what_stood_by_hand_is_adopted_and_then_looked_after(lycee, apply, export):
    course = lycee.add_course("BYHAND", idnumber="k1", category="mut")
    lycee.enrol(course, "etu1")
    lycee.add_group(course, "TD 1", "g1")
    group = next(iter(lycee.state.groups))
    lycee.call("core_group_add_group_members", members=[{"groupid": group, "userid": lycee.user("etu1").id}])
    adoptions = [
        {"op": "adopt", "kind": "course", "idnumber": "k1"},
        {"op": "adopt", "kind": "category", "idnumber": "mut"},
        {"op": "adopt", "kind": "group", "course": "k1", "idnumber": "g1"},
        {"op": "adopt", "kind": "user", "username": "etu1"},
        {"op": "adopt", "kind": "member", "course": "k1", "group": "g1", "username": "etu1"},
        {
            "op": "adopt",
            "kind": "enrolment",
            "course": "k1",
            "username": "etu1",
            "role": "student",
            "method": "manual",
        },
    ]
    # An enrolment is remade as the night's before the old one goes.
    assert apply(adoptions[-1]) == ["invalid"]
    assert apply(ENROL, *adoptions) == [True] * 7
    assert apply(ENROL, *adoptions) == [False] * 7
    assert [(row["method"], row["source"]) for row in export("enrolments")] == [("passerelle", "night")]
    assert [row["group"] for row in export("members")] == ["g1"]
    assert {row["kind"] for row in export("owned")} == {"course", "category", "group", "user"}
    renamed = {"op": "course_update", "idnumber": "k1", "newidnumber": "ex_k1", "shortname": "ex_K1"}
    assert apply(renamed, {"op": "user_suspend", "username": "etu1"}) == [True, True]


@pytest.mark.rule("N25")
def test_a_changed_login_stays_the_same_account(lycee, apply):
    number = lycee.user("etu1").id
    assert apply({"op": "user_update", "username": "etu1", "newusername": "ada.l", "lastname": "King"}) == [
        True
    ]
    assert (lycee.user("ada.l").id, lycee.user("ada.l").lastname) == (number, "King")


def test_every_table_is_exported_whole_page_by_page(lycee, apply, export):
    apply(CATEGORY, COURSE, *[user(f"u{n}") for n in range(25)], GROUP, ENROL, MEMBER)
    apply(
        {"op": "cohort_create", "idnumber": "l1", "name": "L1"},
        {"op": "cohort_add", "cohort": "l1", "username": "u1"},
    )
    expected = {
        "users": 30,
        "cohorts": 1,
        "cohortmembers": 1,
        "categories": 3,
        "courses": 1,
        "groups": 1,
        "members": 1,
    }
    for table, many in (expected | {"enrolments": 1, "owned": 28}).items():
        rows = export(table, limit=3)
        assert len(rows) == many, table
        assert [row["id"] for row in rows] == sorted({row["id"] for row in rows})
        assert export(table) == rows
    assert {"username": "etu1", "course": "k1", "group": "g1"}.items() <= export("members")[0].items()


def test_twenty_thousand_enrolments_are_applied_and_exported_in_seconds(apply, export):
    apply(CATEGORY, *[COURSE | {"idnumber": f"k{n}", "shortname": f"K{n}"} for n in range(20)])
    apply(*[user(f"u{n}") for n in range(1000)])
    started = time.process_time()
    assert all(apply(*[ENROL | {"course": f"k{n % 20}", "username": f"u{n // 20}"} for n in range(20_000)]))
    assert len(export("enrolments", limit=5000)) == 20_000
    assert time.process_time() - started < 6


# -- course states, messages, people -------------------------------------------------------------------------


def state(site, course):
    (row,) = site.call("local_passerelle_get_course_states", courseids=[course.id])
    return row


def test_a_new_course_is_empty_with_its_announcements_forum(lycee):
    course = lycee.add_course("C")
    row = state(lycee, course)
    assert (row["empty"], row["holds"], row["activities"], row["sections"]) == (True, [], 1, 4)


@pytest.mark.parametrize("fill", ["activity", "discussion", "question", "badge", "contentbank", "summary"])
def test_anything_a_teacher_put_there_keeps_a_course_from_being_empty(lycee, fill):
    course = lycee.add_course("C")
    content = course.content
    if fill == "activity":
        lycee.change_course(course, add="label")
    elif fill == "discussion":
        next(iter(content.modules.values())).discussions = 1
    elif fill == "summary":
        lycee.change_course(course, summary="<p>Lisez-moi</p>")
    else:
        setattr(content, {"question": "questions", "badge": "badges", "contentbank": "bankitems"}[fill], 1)
    kinds = {
        "activity": "activities",
        "discussion": "discussions",
        "question": "questions",
        "badge": "badges",
        "contentbank": "contentbank",
        "summary": "summaries",
    }
    row = state(lycee, course)
    assert (row["empty"], row["holds"]) == (False, [{"kind": kinds[fill], "count": 1}])


def test_the_last_change_follows_teachers_and_not_passerelles_jobs(lycee, monkeypatch):
    course = lycee.add_course("C")
    made = state(lycee, course)["lastchange"]
    lycee.offset = 100
    lycee.press_save(course, "mcurie")
    lycee.run_jobs()
    assert state(lycee, course)["lastchange"] == made
    lycee.change_course(course, add="page")
    assert made + 99 <= state(lycee, course)["lastchange"] <= made + 130
    changed = lycee.call("local_passerelle_list_changed_courses", since=made + 99)
    assert ([row["id"] for row in changed["courses"]], changed["next"]) == ([course.id], None)
    lycee.offset = 10_000
    monkeypatch.setattr(lycee.settings, "log_readable", False)
    assert state(lycee, course)["lastchange"] >= made + 9_999


def test_unknown_courses_are_said_not_to_exist(lycee):
    rows = lycee.call("local_passerelle_get_course_states", courseids=[999], idnumbers=["nope"])
    assert [(row["exists"], row["courseid"], row["idnumber"]) for row in rows] == [
        (False, 999, ""),
        (False, 0, "nope"),
    ]


def test_changed_courses_come_in_pages(lycee):
    ids = [lycee.add_course(f"C{n}").id for n in range(5)]
    seen, after = [], 0
    while after is not None:
        page = lycee.call("local_passerelle_list_changed_courses", since=0, after=after, limit=2)
        seen += [row["id"] for row in page["courses"]]
        after = page["next"]
    assert seen == ids


def test_the_same_key_is_sent_once(lycee):
    note = {
        "key": "k",
        "username": "mcurie",
        "kind": "published",
        "lang": "fr",
        "values": [{"name": "title", "value": "T"}],
    }
    verdicts = lycee.call(
        "local_passerelle_notify", notifications=[note, note, note | {"key": "x", "username": "nobody"}]
    )
    assert [(row["ok"], row.get("errorcode", "")) for row in verdicts] == [
        (True, ""),
        (True, ""),
        (False, "unknownuser"),
    ]
    assert [message.values for message in lycee.messages_to("mcurie")] == [{"title": "T"}]


@pytest.mark.parametrize(
    ("field", "value"), [("email", "MCURIE@univ.example"), ("username", "MCurie"), ("idnumber", "p0001")]
)
def test_people_are_found_exactly_without_case(lycee, field, value):
    (row, none) = lycee.call("local_passerelle_find_users", field=field, values=[value, value + "x"])
    assert (row["value"], [user["username"] for user in row["users"]], none["users"]) == (
        value,
        ["mcurie"],
        [],
    )


def test_categories_are_told_to_whoever_may_make_courses_in_them(lycee):
    roles = {role.shortname: role.id for role in lycee.state.roles.values()}
    for idnumber, role in (("MINE", "manager"), ("READ", "teacher"), ("", "manager")):
        made = lycee.add_category(f"C {idnumber}", idnumber)
        lycee.state.assign("coursecat", made.id, lycee.user("mcurie").id, roles[role])
    (row,) = lycee.call("local_passerelle_find_users", field="username", values=["mcurie"])
    assert row["users"][0]["categories"] == ["MINE"]


def test_a_site_without_the_plugin_has_none_of_its_functions(lycee, post, monkeypatch):
    assert post(lycee, "local_passerelle_get_site").json()["site"] == "lycee-a"
    monkeypatch.setattr(lycee.settings, "own_plugins", {})
    assert post(lycee, "local_passerelle_get_site").json()["errorcode"] == "invalidrecord"


def test_a_service_user_without_capabilities_may_use_none_of_them(lycee, post):
    answer = post(lycee, "local_passerelle_export", token=lycee.weak_token, table="users").json()
    assert answer["errorcode"] == "nopermissions"
