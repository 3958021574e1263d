"""Bytes out, bytes in, no network."""

import json
from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from passerelle.domain.moodle.core import Course, NewUser, User
from passerelle.domain.moodle.plugin import Job, JobStatus, SiteFacts
from passerelle.errors import (
    FixAccess,
    GiveUp,
    LookFirst,
    MoodleAway,
    MoodleRefused,
    SpeaksOtherwise,
    TryAgain,
)
from passerelle.moodle import calls_courses, calls_plugin, calls_users
from passerelle.moodle.decode import Mismatch, shaped
from passerelle.moodle.protocol import (
    OWN_VARIABLES,
    Answer,
    Call,
    Repeat,
    count_variables,
    encode,
    read_answer,
    reads,
    reads_nothing,
)
from tests.unit.moodle.php_form import parse

READ = calls_courses.courses_by_field("idnumber", "x")
UNSAFE = calls_users.create([NewUser("zoe", "Zoé", "Ng", "zoe@ex.org")])
NOTHING = Call("f", {}, reads_nothing, Repeat.SAME)


def answer(body, status=200, **headers):
    if not isinstance(body, (bytes, str)):
        body = json.dumps(body)
    return Answer(status, headers, body.encode() if isinstance(body, str) else body)


# -- building -----------------------------------------------------------------------------------------

names = st.text(st.characters(codec="ascii", categories=["Ll"]), min_size=1, max_size=8)
leaves = st.one_of(
    st.text(st.characters(exclude_categories=["Cs"]), max_size=20), st.integers(), st.booleans()
)
trees = st.recursive(
    leaves,
    lambda inner: st.one_of(
        st.lists(inner, min_size=1, max_size=4), st.dictionaries(names, inner, min_size=1, max_size=4)
    ),
    max_leaves=20,
)


def as_php_sees(value):
    if isinstance(value, dict):
        return {key: as_php_sees(item) for key, item in value.items()}
    if isinstance(value, list):
        return [as_php_sees(item) for item in value]
    return str(int(value)) if isinstance(value, bool) else str(value)


@given(st.dictionaries(names, trees, max_size=4))
@settings(max_examples=40)
def test_php_reads_back_what_was_encoded(params):
    built, _ = parse(encode(Call("f", params, reads_nothing), "token"))
    own = {"wstoken": "token", "wsfunction": "f", "moodlewsrestformat": "json"}
    assert built == {**own, **as_php_sees(params)}


@given(st.dictionaries(names, trees, max_size=4))
@settings(max_examples=40)
def test_the_variables_counted_are_those_that_php_counts(params):
    body = encode(Call("f", params, reads_nothing), "token")
    assert count_variables(params) + OWN_VARIABLES == body.count(b"=")


def test_token_and_function_lead_so_that_php_never_drops_them():
    body = encode(READ, "s3cret")
    assert body.startswith(
        b"wstoken=s3cret&wsfunction=core_course_get_courses_by_field&moodlewsrestformat=json&"
    )


def test_times_go_as_unix_seconds_and_nothing_goes_for_none():
    params = {"at": datetime(2026, 1, 1, tzinfo=UTC), "none": None, "empty": []}
    built, _ = parse(encode(Call("f", params, reads_nothing), "t"))
    assert built["at"] == "1767225600"
    assert "none" not in built
    assert "empty" not in built


def test_a_text_that_is_not_unicode_is_refused_without_being_told():
    call = calls_users.by_criteria(email="zo\ud800e@ex.org")
    with pytest.raises(GiveUp) as refusal:
        encode(call, "t")
    assert refusal.value.code == "unencodable"
    assert refusal.value.__cause__ is None
    assert "ex.org" not in repr(refusal.value) + str(refusal.value.details)


# -- reading: what is not an answer -----------------------------------------------------------------

PAGE = "<!DOCTYPE html><html><body><h1>{}</h1></body></html>"


@pytest.mark.parametrize(
    ("said", "reason"),
    [
        (answer(PAGE.format("Welcome")), "html"),
        (answer(PAGE.format("Site under maintenance")), "maintenance"),
        (answer(PAGE.format("This site is undergoing MAINTENANCE"), 503), "maintenance"),
        (answer("Bad gateway", 502), "http"),
        (answer("", 500), "http"),
        (answer("", 408), "http"),
        (answer('{"courses": [{"id": 1, "shortn'), "garbled"),
        (answer(""), "garbled"),
        (answer("", 302, location="https://elsewhere.example/login"), "redirect"),
        (answer("slow down", 429), "busy"),
        (
            answer({"exception": "moodle_exception", "errorcode": "sitemaintenance", "message": "x"}),
            "maintenance",
        ),
        (
            answer({"exception": "moodle_exception", "errorcode": "upgraderunning", "message": "x"}),
            "maintenance",
        ),
        (answer("[" * 100_000), "garbled"),
    ],
)
def test_a_site_that_is_away_is_asked_again_later(said, reason):
    with pytest.raises(MoodleAway) as away:
        read_answer("bleu", READ, said)
    assert (away.value.site, away.value.reason) == ("bleu", reason)
    assert isinstance(away.value, TryAgain)
    assert not isinstance(away.value, LookFirst)


@pytest.mark.parametrize(
    "said",
    [answer(PAGE.format("Oops")), answer("", 500), answer("", 504), answer('[{"id": 5, "user'), answer("")],
)
def test_an_unsafe_call_whose_answer_was_lost_wants_a_look_first(said):
    with pytest.raises(LookFirst):
        read_answer("bleu", UNSAFE, said)


@pytest.mark.parametrize("said", [answer("", 429), answer("", 302)])
def test_an_unsafe_call_that_was_turned_away_at_the_door_may_come_again(said):
    with pytest.raises(MoodleAway) as away:
        read_answer("bleu", UNSAFE, said)
    assert not isinstance(away.value, LookFirst)
    assert not away.value.sent


def test_retry_after_is_understood_in_seconds_and_as_a_date():
    with pytest.raises(MoodleAway) as away:
        read_answer("bleu", READ, answer("", 429, **{"retry-after": "7"}))
    assert away.value.retry_after == timedelta(seconds=7)
    with pytest.raises(MoodleAway) as away:
        read_answer("bleu", READ, answer("", 503, **{"retry-after": "Wed, 21 Oct 2015 07:28:00 GMT"}))
    assert away.value.retry_after == timedelta()
    with pytest.raises(MoodleAway) as away:
        read_answer("bleu", READ, answer("", 503, **{"retry-after": "soon"}))
    assert away.value.retry_after is None


@pytest.mark.parametrize("status", [301, 308, 401, 403, 404])
def test_a_closed_or_moved_door_wants_somebody_to_repair_it(status):
    with pytest.raises(FixAccess) as refusal:
        read_answer("bleu", READ, answer(PAGE.format("no"), status))
    assert refusal.value.errorcode == f"http{status}"


def test_a_body_that_is_too_large_for_the_server_can_be_halved():
    with pytest.raises(MoodleRefused) as refusal:
        read_answer("bleu", UNSAFE, answer("", 413))
    assert refusal.value.errorcode == "http413"
    assert not isinstance(refusal.value, FixAccess)


# -- reading: answers in disguise ------------------------------------------------------------------

FOUND = json.dumps({"courses": [{"id": 2, "shortname": "C", "fullname": "Chimie", "idnumber": "x"}]})
NOTICE = (
    '<br />\n<b>Warning</b>:  Undefined array key "a[0]" in <b>/var/www/x.php</b> on line <b>3</b><br />\n'
)


@pytest.mark.parametrize(
    "body",
    [
        FOUND,
        "\ufeff" + FOUND,
        "\n\n" + FOUND + "\n",
        NOTICE + FOUND,
        NOTICE + NOTICE + FOUND,
        FOUND + NOTICE,
        "Deprecated: strlen(null) in /x.php on line 4\n" + FOUND,
    ],
)
def test_notices_and_marks_around_an_answer_do_not_hide_it(body):
    assert read_answer("bleu", READ, answer(body)) == (Course(2, "C", "Chimie", "x"),)


def test_null_is_the_answer_of_functions_that_return_nothing():
    assert read_answer("bleu", NOTHING, answer("null")) is None
    assert read_answer("bleu", NOTHING, answer(NOTICE + "null")) is None


@pytest.mark.parametrize("before", ["", NOTICE])
def test_a_cut_list_is_not_taken_for_its_last_whole_row(before):
    cut = (
        before
        + '[{"id": 1, "shortname": "a", "fullname": "b"},\n{"id": 2, "shortname": "c", "fullname": "d"}'
    )
    with pytest.raises(MoodleAway):
        read_answer("bleu", Call("f", {}, reads(tuple[Course, ...])), answer(cut))


@given(st.integers(0, len(FOUND.encode()) - 1))
def test_an_answer_cut_anywhere_is_never_read(cut):
    with pytest.raises(MoodleAway):
        read_answer("bleu", READ, answer(FOUND.encode()[:cut]))


@given(st.binary(max_size=200))
def test_no_rubbish_escapes_the_tree_of_errors(body):
    with pytest.raises((MoodleAway, SpeaksOtherwise)):
        read_answer("bleu", READ, answer(body))


# -- reading: refusals ---------------------------------------------------------------------------------


def test_debuginfo_does_not_matter_and_is_not_told():
    said = {
        "exception": "invalid_parameter_exception",
        "errorcode": "invalidparameter",
        "message": "Invalid parameter value detected",
        "debuginfo": "Email address already exists: zoe@ex.org",
    }
    with pytest.raises(MoodleRefused) as refusal:
        read_answer("bleu", UNSAFE, answer(said))
    assert refusal.value.errorcode == "invalidparameter"
    assert "zoe" not in f"{refusal.value!r} {refusal.value} {refusal.value.details}"


def test_a_code_that_is_no_code_is_not_passed_on():
    said = {"exception": "x", "errorcode": "Jean Dupont <jean@ex.org>", "message": "x"}
    with pytest.raises(MoodleRefused) as refusal:
        read_answer("bleu", READ, answer(said))
    assert refusal.value.errorcode == "unreadable"


def test_an_unknown_shape_names_the_key_and_not_the_value():
    said = {"courses": [{"id": "zoe@ex.org", "shortname": "C", "fullname": "F"}]}
    with pytest.raises(SpeaksOtherwise) as strange:
        read_answer("bleu", READ, answer(said))
    assert strange.value.where == "answer.courses[0].id"
    assert "zoe" not in f"{strange.value!r} {strange.value} {strange.value.details}"
    assert strange.value.__cause__ is None


def test_fewer_rows_than_were_sent_are_not_believed():
    two = calls_users.create([NewUser("a", "A", "A", "a@ex.org"), NewUser("b", "B", "B", "b@ex.org")])
    with pytest.raises(SpeaksOtherwise):
        read_answer("bleu", two, answer([{"id": 5, "username": "a"}]))


# -- shapes ----------------------------------------------------------------------------------------------


def test_unknown_keys_are_ignored_and_absent_ones_take_their_default():
    assert shaped(User, {"id": "7", "newin5": {"x": 1}}) == User(7)


def test_php_blurs_types():
    assert shaped(User, {"id": 1, "suspended": "1"}).suspended is True
    assert shaped(User, {"id": 1, "suspended": 0}).suspended is False
    assert shaped(User, {"id": 1, "idnumber": None}).idnumber == ""
    assert shaped(tuple[int, ...], {"0": 5, "3": "6"}) == (5, 6)
    assert shaped(dict[str, int], []) == {}
    assert shaped(User, {"id": 1, "lastaccess": 0}).lastaccess is None


@pytest.mark.parametrize(
    ("wanted", "value"),
    [
        (User, {"username": "x"}),
        (User, "x"),
        (tuple[int, ...], 3),
        (int, [1]),
        (bool, "maybe"),
        (dict[str, int], 3),
    ],
)
def test_what_does_not_fit_is_a_mismatch(wanted, value):
    with pytest.raises(Mismatch):
        shaped(wanted, value)


def test_a_job_is_read_whole():
    said = {
        "jobkey": "pub:1",
        "kind": "restore",
        "status": "done",
        "phase": "done",
        "progress": 1,
        "courseid": 7,
        "courseurl": "https://hub.example/course/view.php?id=7",
        "map": [{"kind": "module", "old": 3, "new": 12}],
        "warnings": [{"code": "ownerunknown", "message": "zoe"}],
        "error": [],
        "upload": None,
        "timemodified": 1767225600,
    }
    job = read_answer("hub", calls_plugin.cancel_job("pub:1"), answer(said))
    assert (job.status, job.ended, job.courseid, job.error) == (JobStatus.DONE, True, 7, None)
    assert (job.map[0].old, job.map[0].new, job.warnings[0].code) == (3, 12, "ownerunknown")
    assert "zoe" not in repr(job)
    assert (
        shaped(Job, {**said, "status": "failed", "error": {"code": "sha256", "message": "x"}}).error.code
        == "sha256"
    )


def test_a_status_nobody_knows_is_not_guessed():
    with pytest.raises(SpeaksOtherwise):
        read_answer("hub", calls_plugin.cancel_job("a"), answer({"jobkey": "a", "status": "sleeping"}))


def test_the_facts_of_a_site_name_its_roles():
    said = {
        "release": "4.5.6",
        "version": 2024100706,
        "plugins": {"local_passerelle": 2026010100},
        "roles": [{"id": 9, "shortname": "author", "contextlevels": ["course"], "capabilities": []}],
        "limits": {"max_input_vars": 5000, "post_max_size": 8388608},
        "languages": ["en", "fr"],
        "blocks": [],
    }
    facts = shaped(SiteFacts, said)
    assert facts.role("author").id == 9
    assert facts.role("nobody") is None
    assert (facts.limits.max_input_vars, facts.version) == (5000, "2024100706")


def test_an_export_page_must_move_on():
    call = calls_plugin.export("users", after=10)
    page = read_answer("bleu", call, answer({"rows": '[{"id": 11, "username": "zoe"}]', "next": 11}))
    assert page.rows == ({"id": 11, "username": "zoe"},)
    with pytest.raises(SpeaksOtherwise):
        read_answer("bleu", call, answer({"rows": "[]", "next": 10}))
    with pytest.raises(SpeaksOtherwise):
        read_answer("bleu", call, answer({"rows": "nonsense", "next": None}))
