"""One Moodle as the use cases see it, over a site that answers from a table."""

import json
import logging
from contextlib import suppress
from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest

from passerelle.domain.moodle.core import (
    Course,
    Enrolment,
    Message,
    NewCategory,
    NewGroup,
    Outcome,
)
from passerelle.domain.moodle.plugin import ArchiveAddress, Notification, Restore, RestoreMode, SiteLimits
from passerelle.domain.records import Person
from passerelle.errors import FixAccess, LookFirst, MoodleRefused, SpeaksOtherwise
from passerelle.moodle.batching import CallLimits
from passerelle.moodle.client import Client, Site
from passerelle.moodle.core_api import VALUES
from passerelle.moodle.protocol import Answer, encode, read_answer
from passerelle.moodle.site_api import LEAST_PAGE, OPERATION_BYTES, OPERATIONS, Moodle
from passerelle.moodle.throttle import IMPATIENT, Patience
from passerelle.ports import Lms
from tests.unit.moodle.php_form import parse

REFUSED = {"exception": "x", "errorcode": "invalidparameter", "message": ""}


class Table:
    """Answers each function from `answers`: a value, or a function of the parameters."""

    def __init__(self, **answers):
        self.answers = answers
        self.calls = []

    def ask(self, call):
        params, dropped = parse(encode(call, "t"), 1000)
        assert dropped == 0
        params = {k: v for k, v in params.items() if k not in ("wstoken", "wsfunction", "moodlewsrestformat")}
        self.calls.append((call.function, params))
        answer = self.answers[call.function]
        said = answer(params) if callable(answer) else answer
        if isinstance(said, Exception):
            raise said
        return read_answer("bleu", call, Answer(200, {}, json.dumps(said).encode()))

    def sent(self, function):
        return [params for name, params in self.calls if name == function]


def moodle(table, **room):
    return Moodle("bleu", table.ask, CallLimits(**room))


def test_a_moodle_is_the_port_of_the_use_cases():
    lms: Lms = moodle(Table())
    wanted = [name for name in vars(Lms) if not name.startswith("_")]
    assert len(wanted) > 10
    assert all(callable(getattr(lms, name)) for name in wanted)


def test_a_moodle_opens_its_own_socket_or_takes_another():
    posted = []

    def post(body, *, fresh):
        posted.append((body, fresh))
        return Answer(200, {}, b'{"courses": []}')

    opened = Moodle.at(Site("bleu", "https://bleu.example", "t", max_input_vars=5000), post)
    assert opened.course_by_idnumber("x") is None
    assert opened.room.variables == 5000
    assert len(posted) == 1
    assert isinstance(opened.ask.__self__, Client)


def test_a_site_that_says_its_limits_gets_chunks_of_that_size():
    table = Table(enrol_manual_enrol_users=None)
    roomy = moodle(table, rows=10_000).within(SiteLimits(max_input_vars=201, post_max_size=8_000_000))
    roomy.enrol([Enrolment(1, n, 5) for n in range(100)])
    assert [len(sent["enrolments"]) for sent in table.sent("enrol_manual_enrol_users")] == [45, 45, 10]


# -- people ---------------------------------------------------------------------------------------------


@pytest.mark.rule("S4")
def test_an_email_is_compared_exactly_but_without_case():
    """Moodle's own search is a LIKE: an underscore matches any letter."""
    rows = [{"id": 5, "email": "Jean_D@ex.org"}, {"id": 6, "email": "jeanxd@ex.org"}]
    table = Table(core_user_get_users={"users": rows})
    assert [user.id for user in moodle(table).users_by_email("jean_d@EX.org")] == [5]


@pytest.mark.rule("S4")
def test_a_site_that_hides_addresses_is_not_taken_for_one_without_the_person():
    table = Table(core_user_get_users={"users": [{"id": 5}]})
    with pytest.raises(FixAccess) as refusal:
        moodle(table).users_by_email("jean@ex.org")
    assert refusal.value.errorcode == "emailhidden"


def test_users_are_found_by_at_most_500_values_a_call_and_given_back_as_asked():
    def answer(params):
        return [{"value": value.lower(), "users": [{"id": int(value[1:]) + 1}]} for value in params["values"]]

    table = Table(local_passerelle_find_users=answer)
    values = [f"U{n}" for n in range(1200)]
    found = moodle(table).find_users("username", [*values, "U3"])
    assert list(found) == values
    assert found["U7"][0].id == 8
    assert [len(sent["values"]) for sent in table.sent("local_passerelle_find_users")] == [500, 500, 200]


def test_nobody_found_is_an_empty_tuple():
    table = Table(local_passerelle_find_users=[{"value": "zoe", "users": []}])
    assert moodle(table).find_users("idnumber", ["zoe", "max"]) == {"zoe": (), "max": ()}


PERSON = Person("Zoe", "S9", "zoe@ex.org", "Zoé", "Ng", "fr")


def accounts(*, french=True, taken=()):
    def create(params):
        (row,) = params["users"]
        if row.get("lang") == "fr" and not french:
            return REFUSED
        return [{"id": 9, "username": row["username"]}]

    return Table(
        core_user_create_users=create,
        core_user_get_users_by_field=lambda params: [
            {"id": 5, "username": name} for name in params["values"] if name in taken
        ],
    )


@pytest.mark.rule("S10")
@pytest.mark.parametrize(("auth", "made"), [("manual", "1"), ("cas", "0")])
def test_moodle_makes_the_password_unless_the_account_signs_in_elsewhere(auth, made):
    table = accounts()
    moodle(table).create_account(PERSON, auth)
    (row,) = table.sent("core_user_create_users")[0]["users"]
    assert (row["username"], row["auth"], row["createpassword"]) == ("zoe", auth, made)
    assert "password" not in row


def test_a_language_that_is_not_installed_does_not_keep_anyone_out():
    table = accounts(french=False)
    moodle(table).create_account(PERSON, "manual")
    last = table.sent("core_user_create_users")[-1]["users"][0]
    assert "lang" not in last


def test_an_existing_account_is_left_as_it_is():
    table = accounts(taken={"zoe"})
    moodle(table).create_account(PERSON, "manual")
    assert table.sent("core_user_create_users") == []


def test_an_account_that_moodle_will_not_have_is_refused_with_its_code():
    table = Table(core_user_create_users=REFUSED, core_user_get_users_by_field=[])
    with pytest.raises(MoodleRefused) as refusal:
        moodle(table).create_account(PERSON, "manual")
    assert refusal.value.errorcode == "invalidparameter"


# -- places -----------------------------------------------------------------------------------------------


def test_a_course_is_found_by_idnumber_or_is_none():
    table = Table(
        core_course_get_courses_by_field=lambda params: {
            "courses": [{"id": 2, "shortname": "C", "fullname": "F"}] if params["value"] == "x" else []
        }
    )
    assert moodle(table).course_by_idnumber("x") == Course(2, "C", "F")
    assert moodle(table).course_by_idnumber("y") is None


def test_a_course_that_cannot_be_changed_is_refused_with_moodles_own_code():
    warning = {"item": "course", "itemid": 2, "warningcode": "courseidnumbertaken", "message": "x"}
    table = Table(core_course_update_courses={"warnings": [warning]})
    with pytest.raises(MoodleRefused) as refusal:
        moodle(table).update_course(2, idnumber="y")
    assert (refusal.value.errorcode, refusal.value.function) == (
        "courseidnumbertaken",
        "core_course_update_courses",
    )
    assert table.calls[0][1] == {"courses": [{"id": "2", "idnumber": "y"}]}


def test_a_course_is_changed_in_what_is_named_only():
    table = Table(core_course_update_courses={"warnings": []})
    moodle(table).update_course(2, visible=False)
    assert table.calls[0][1] == {"courses": [{"id": "2", "visible": "0"}]}


def category(number, **more):
    row = {"id": number, "name": "N", "description": "", "descriptionformat": 1, "parent": 0}
    return {**row, "sortorder": 1, "coursecount": 0, "depth": 1, "path": f"/{number}", **more}


def test_categories_and_groups_are_made_where_missing():
    def groups_made(params):
        """All or none, as Moodle does."""
        if any(row["idnumber"] == "old" for row in params["groups"]):
            raise MoodleRefused("bleu", "core_group_create_groups", "idnumbertaken")
        return [{"id": 9, "courseid": 2, "name": "N", "idnumber": "new"}]

    table = Table(
        core_course_get_categories=lambda params: (
            [category(3)] if params["criteria"][0]["value"] == "old" else []
        ),
        core_course_create_categories=[{"id": 7, "name": "N"}],
        core_group_get_course_groups=[{"id": 1, "courseid": 2, "name": "TD", "idnumber": "old"}],
        core_group_create_groups=groups_made,
    )
    site = moodle(table)
    made = [
        site.ensure_categories([NewCategory("N", "old"), NewCategory("N", "new")]),
        site.ensure_groups([NewGroup(2, "TD", "old"), NewGroup(2, "N", "new")]),
    ]
    assert [[verdict.id for verdict in verdicts] for verdicts in made] == [[3, 7], [1, 9]]
    assert all([v.outcome for v in verdicts] == [Outcome.FOUND, Outcome.DONE] for verdicts in made)


def test_participants_come_in_pages_until_one_is_empty():
    """Moodle leaves out of a page whom the service may not see: a short page is not the last."""

    def page(params):
        options = {row["name"]: row["value"] for row in params["options"]}
        start = int(options["limitfrom"])
        return [{"id": n, "username": f"u{n}"} for n in range(start, min(start + 4, 10)) if n != 2]

    people = list(moodle(Table(core_enrol_get_enrolled_users=page)).participants(2, page=4))
    assert [one.id for one in people] == [0, 1, 3, 4, 5, 6, 7, 8, 9]


def test_messages_are_never_sent_again():
    table = Table(core_message_send_instant_messages=LookFirst("bleu", "network"))
    with pytest.raises(LookFirst):
        moodle(table).send_messages([Message(5, "Bonjour")])
    assert len(table.calls) == 1


# -- the plugin ---------------------------------------------------------------------------------------------


def test_a_restore_goes_with_everything_said():
    table = Table(local_passerelle_start_restore={"jobkey": "pub:1", "status": "queued"})
    restore = Restore(
        "pub:1",
        ArchiveAddress("https://s3.example/a?sig=1", "ab" * 32, 1234),
        RestoreMode.NEW,
        category="shared",
        fullname="Chimie",
        shortname="CHIM",
        idnumber="bleu:x",
        settings={"users": "0"},
    )
    assert moodle(table).start_restore(restore).jobkey == "pub:1"
    sent = table.calls[0][1]
    assert (sent["sourceurl"], sent["mode"], sent["visible"]) == ("https://s3.example/a?sig=1", "new", "0")
    assert sent["settings"] == [{"name": "users", "value": "0"}]
    assert "courseid" not in sent
    assert "sig=1" not in repr(restore)


def test_unknown_jobs_are_absent():
    table = Table(local_passerelle_get_jobs=[{"jobkey": "a", "status": "running", "progress": 0.5}])
    assert list(moodle(table).get_jobs(["a", "b"])) == ["a"]
    assert moodle(table).get_jobs([]) == {}


def test_course_states_are_given_by_id():
    table = Table(
        local_passerelle_get_course_states=[
            {
                "exists": True,
                "courseid": 2,
                "holds": [{"kind": "mod_page", "count": 3}],
                "lastchange": 1767225600,
            },
            {"exists": False, "courseid": 3},
        ]
    )
    states = moodle(table).get_course_states([2, 3])
    assert (states[2].holds[0].kind, states[2].lastchange) == ("mod_page", datetime(2026, 1, 1, tzinfo=UTC))
    assert not states[3].exists


def test_an_export_is_read_page_by_page_to_its_end():
    def answer(params):
        after, limit = int(params["after"]), int(params["limit"])
        rows = [{"id": n, "username": f"u{n}"} for n in range(after + 1, min(after + limit, 25) + 1)]
        return {"rows": json.dumps(rows), "next": rows[-1]["id"] if rows[-1]["id"] < 25 else None}

    table = Table(local_passerelle_export=answer)
    assert [row["id"] for row in moodle(table).export("users", page=10)] == list(range(1, 26))
    assert len(table.calls) == 3


def test_an_export_page_that_is_too_long_is_asked_for_in_halves():
    def answer(params):
        if int(params["limit"]) > 250:
            return MoodleRefused("bleu", "local_passerelle_export", "answertoolong")
        return {"rows": "[]", "next": None}

    table = Table(local_passerelle_export=answer)
    assert list(moodle(table).export("users")) == []
    assert [sent["limit"] for sent in table.sent("local_passerelle_export")] == ["1000", "500", "250"]


def test_a_list_of_changed_courses_goes_on_from_its_cursor():
    def answer(params):
        last = params["after"] == "7"
        return {"courses": [{"id": 9 if last else 7, "lastchange": 5}], "next": None if last else 7}

    since = datetime(2026, 1, 1, tzinfo=UTC)
    table = Table(local_passerelle_list_changed_courses=answer)
    assert [course.id for course in moodle(table).list_changed_courses(since)] == [7, 9]
    assert table.calls[0][1] == {"since": "1767225600", "after": "0", "limit": "500"}


def operations(count):
    return [
        {"id": f"o{n}", "op": "enrol", "course": "x", "username": f"u{n}", "role": "student"}
        for n in range(count)
    ]


def test_operations_get_their_verdicts_in_order_and_by_chunks():
    def answer(params):
        rows = json.loads(params["operations"])
        verdicts = [{"id": row["id"], "ok": row["id"] != "o3", "changed": True} for row in rows]
        verdicts[3 % len(verdicts)].setdefault("errorcode", "unknownuser") if rows[0]["id"] == "o0" else None
        return verdicts[::-1]

    table = Table(local_passerelle_apply=answer)
    verdicts = moodle(table).apply(operations(450))
    assert [verdict.id for verdict in verdicts] == [f"o{n}" for n in range(450)]
    assert [verdict.id for verdict in verdicts if not verdict.ok] == ["o3"]
    assert verdicts[3].errorcode == "unknownuser"
    assert [len(json.loads(sent["operations"])) for _, sent in table.calls] == [200, 200, 50]


def test_chunks_of_operations_stay_under_their_bytes():
    table = Table(
        local_passerelle_apply=lambda params: [
            {"id": row["id"], "ok": True} for row in json.loads(params["operations"])
        ]
    )
    rows = [
        {"id": str(n), "op": "course_update", "idnumber": "x", "summary": "é" * 20_000} for n in range(30)
    ]
    assert all(verdict.ok for verdict in moodle(table).apply(rows))
    assert len(table.calls) > 1
    assert all(len(sent["operations"].encode()) < 1_000_000 for _, sent in table.calls)


def test_an_operation_without_a_verdict_is_not_taken_for_done():
    table = Table(local_passerelle_apply=[{"id": "o0", "ok": True}])
    verdicts = moodle(table).apply(operations(2))
    assert (verdicts[1].ok, verdicts[1].errorcode) == (False, "unanswered")


def test_operations_that_make_the_whole_call_fail_are_found_by_halving():
    def answer(params):
        rows = json.loads(params["operations"])
        return (
            REFUSED
            if any(row["id"] == "o5" for row in rows)
            else [{"id": row["id"], "ok": True} for row in rows]
        )

    verdicts = moodle(Table(local_passerelle_apply=answer)).apply(operations(20))
    assert [(v.id, v.errorcode) for v in verdicts if not v.ok] == [("o5", "invalidparameter")]


def test_an_answer_of_apply_in_another_shape_is_not_believed():
    with pytest.raises(SpeaksOtherwise):
        moodle(Table(local_passerelle_apply={"ok": True})).apply(operations(1))


def test_a_message_that_one_person_cannot_get_stops_nobody_and_names_nobody(caplog):
    table = Table(
        local_passerelle_notify=lambda params: [
            {"key": row["key"], "ok": row["username"] != "zoe", "errorcode": "unknownuser"}
            for row in params["notifications"]
        ]
    )
    caplog.set_level(logging.WARNING)
    values = {"course": "Chimie", "link": "https://hub.example"}
    moodle(table).notify(
        [Notification(f"night:caen:{name}", name, "message", "fr", values) for name in ("zoe", "max")]
    )
    sent = table.calls[0][1]["notifications"][1]
    assert sent["values"] == [
        {"name": "course", "value": "Chimie"},
        {"name": "link", "value": "https://hub.example"},
    ]
    assert [(record.about, record.errorcode) for record in caplog.records] == [("night:caen", "unknownuser")]
    assert "zoe" not in repr([vars(record) for record in caplog.records])


# -- decisions at their boundaries -----------------------------------------------------------------------------


@pytest.mark.rule("S12", "N19")
def test_a_moodle_is_asked_at_a_pace_and_with_a_patience_that_are_written_out():
    site, patience, room = Site("bleu", "https://bleu.example/", "t"), Patience(), CallLimits()
    assert site.endpoint == "https://bleu.example/webservice/rest/server.php"
    assert (site.verify, site.concurrency, site.calls_per_second, site.burst) == (True, 4, 20.0, 10)
    assert (site.connect_timeout, site.read_timeout) == (timedelta(seconds=5), timedelta(seconds=60))
    assert (site.answer_bytes, site.max_input_vars) == (67_108_864, 1000)
    assert (patience.attempts, patience.budget) == (5, timedelta(seconds=90))
    assert (patience.first_wait, patience.longest_wait) == (timedelta(seconds=0.5), timedelta(seconds=20))
    assert Patience(attempts=1) == IMPATIENT
    assert (room.variables, room.bytes, room.rows, room.free_variables) == (1000, 4_000_000, 100, 981)
    assert (VALUES, OPERATIONS, OPERATION_BYTES, LEAST_PAGE) == (500, 200, 1_000_000, 10)


@pytest.mark.parametrize(
    ("limits", "variables", "size"),
    [
        (SiteLimits(), 1000, 4_000_000),
        (SiteLimits(max_input_vars=5000), 5000, 4_000_000),
        (SiteLimits(post_max_size=7_999_999), 1000, 3_999_999),
        (SiteLimits(post_max_size=8_000_000), 1000, 4_000_000),
        (SiteLimits(post_max_size=10**9), 1000, 4_000_000),
    ],
)
def test_a_call_takes_half_of_what_the_site_lets_in_and_never_more_than_our_own_limit(
    limits, variables, size
):
    site = moodle(Table()).within(limits)
    assert (site.site, site.room.variables, site.room.bytes, site.room.rows) == ("bleu", variables, size, 100)
    assert site.for_many().room == replace(site.room, rows=250)


def about_me(email="Zoe@ex.org", found=(), error=None):
    return Table(
        core_webservice_get_site_info={"sitename": "B", "siteurl": "u", "userid": 7},
        core_user_get_users_by_field=lambda params: (
            [{"id": 7, "email": email}]
            if (params["field"], params["values"]) == ("id", ["7"]) and email != "nobody"
            else []
        ),
        core_user_get_users=error or (lambda params: {"users": list(found)}),
    )


@pytest.mark.rule("S4", "S15")
def test_whether_people_are_found_by_their_address_is_tried_with_the_accounts_own():
    """Where not, everybody would look unknown, and each order would make accounts."""
    me = {"id": 7, "email": "zoe@EX.org"}
    assert moodle(about_me(found=[{"id": 9, "email": "zoe@ex.org"}, me])).finds_by_email()
    assert not moodle(about_me(found=[{"id": 9, "email": "zoe@ex.org"}])).finds_by_email()
    assert not moodle(about_me(found=[{"id": 7, "email": "zoeX@ex.org"}])).finds_by_email()
    assert not moodle(about_me(found=[])).finds_by_email()
    assert not moodle(about_me(found=[{"id": 7}])).finds_by_email(), "hidden addresses"
    assert not moodle(about_me(email="", found=[me])).finds_by_email()
    assert not moodle(about_me(email="nobody", found=[me])).finds_by_email()
    with pytest.raises(FixAccess):
        moodle(about_me(error=FixAccess("bleu", "f", "accessexception"))).finds_by_email()


@pytest.mark.rule("S4")
def test_an_account_is_asked_for_again_only_without_a_language_and_only_if_it_was_refused_with_one():
    def asked(person, table):
        with suppress(MoodleRefused):
            moodle(table).create_account(person, "manual")
        return [call["users"][0].get("lang") for call in table.sent("core_user_create_users")]

    assert asked(PERSON, accounts()) == ["fr"]
    assert asked(PERSON, accounts(french=False)) == ["fr", None]
    refused = Table(core_user_create_users=REFUSED, core_user_get_users_by_field=[])
    assert asked(PERSON, refused) == ["fr", None]
    again = Table(core_user_create_users=REFUSED, core_user_get_users_by_field=[])
    assert asked(replace(PERSON, lang=""), again) == [None]
    sent = accounts()
    moodle(sent).create_account(PERSON, "email")
    (row,) = sent.sent("core_user_create_users")[0]["users"]
    told = {"username": "zoe", "firstname": "Zoé", "lastname": "Ng", "email": "zoe@ex.org", "idnumber": "S9"}
    assert row == told | {"auth": "email", "createpassword": "1", "lang": "fr"}


def copying(*answers, found=()):
    """A course that is copied: what each attempt is answered, and whether the copy is found each time."""
    said, looks = list(answers), list(found)
    course = {"id": 9, "shortname": "C", "fullname": "F"}
    return Table(
        core_course_duplicate_course=lambda params: said.pop(0),
        core_course_get_courses_by_field=lambda params: {"courses": [course] if looks.pop(0) else []},
    )


@pytest.mark.rule("S12", "P4")
def test_a_course_is_copied_once_without_people_and_looked_for_after_a_lost_answer():
    def copied(table):
        found = moodle(table).ensure_course_copy(4, "C", "F", 7)
        return found.id if found else None, [
            len(one.get("options", [])) for one in table.sent("core_course_duplicate_course")
        ]

    locked = MoodleRefused("bleu", "f", "setting_locked_by_permission")
    assert copied(copying(found=[True])) == (9, [])
    assert copied(copying({"id": 9}, found=[False, True])) == (9, [1])
    assert copied(copying(LookFirst("bleu", "network"), found=[False, True])) == (9, [1])
    assert copied(copying(LookFirst("bleu", "network"), found=[False, False])) == (None, [1])
    assert copied(copying(locked, {"id": 9}, found=[False, True])) == (9, [1, 0])
    with pytest.raises(MoodleRefused):
        copied(copying(MoodleRefused("bleu", "f", "nopermissions"), found=[False]))


def test_an_export_is_halved_down_to_ten_rows_and_only_for_its_length():
    def pages(code, page):
        table = Table(local_passerelle_export=MoodleRefused("bleu", "f", code))
        with pytest.raises(MoodleRefused) as refused:
            list(moodle(table).export("users", page=page))
        assert refused.value.errorcode == code
        return [sent["limit"] for sent in table.sent("local_passerelle_export")]

    assert pages("answertoolong", 40) == ["40", "20", "10"]
    assert pages("answertoolong", 11) == ["11", "5"]
    assert pages("nopermissions", 40) == ["40"]


def test_messages_go_in_chunks_and_each_gets_its_answer():
    table = Table(
        core_message_send_instant_messages=lambda params: [
            {"msgid": int(row["touserid"])} for row in params["messages"]
        ]
    )
    sent = moodle(table, rows=2).send_messages([Message(n, "x") for n in range(1, 6)])
    assert [one.msgid for one in sent] == [1, 2, 3, 4, 5]
    assert len(table.calls) == 3


@pytest.mark.rule("S5")
def test_a_group_without_idnumber_is_nobodys_and_members_are_told_by_group():
    groups = [{"id": n, "courseid": 2, "name": "G", "idnumber": number} for n, number in ((1, ""), (2, "b"))]
    table = Table(
        core_group_get_course_groups=groups,
        core_group_create_groups=REFUSED,
        core_group_get_group_members=[{"groupid": 1, "userids": [5, 6]}, {"groupid": 2}],
    )
    verdicts = moodle(table).ensure_groups([NewGroup(2, "G", idnumber="b"), NewGroup(2, "G", idnumber="c")])
    assert [(one.id, one.outcome, one.errorcode) for one in verdicts] == [
        (2, Outcome.FOUND, ""), (None, Outcome.REFUSED, "invalidparameter"),
    ]  # fmt: skip
    assert moodle(table).group_members([1, 2]) == {1: (5, 6), 2: ()}


def test_what_is_not_told_is_logged_by_what_it_was_about_and_what_a_whole_call_is_refused_for(caplog):
    caplog.set_level(logging.WARNING)
    notes = [Notification(key, "zoe", "message") for key in ("a:b:zoe", "zoe")]
    verdicts = moodle(Table(local_passerelle_notify=REFUSED)).notify_each(notes)
    assert [(one.key, one.ok, one.errorcode) for one in verdicts] == [
        ("a:b:zoe", False, "invalidparameter"), ("zoe", False, "invalidparameter"),
    ]  # fmt: skip
    moodle(Table(local_passerelle_notify=REFUSED)).notify(notes)
    assert [(r.site, r.about, r.errorcode) for r in caplog.records] == [
        ("bleu", "a:b", "invalidparameter"), ("bleu", "", "invalidparameter"),
    ]  # fmt: skip
    caplog.clear()
    moodle(Table(local_passerelle_notify=None)).notify(notes)
    assert caplog.records == []
