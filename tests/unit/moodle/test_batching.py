"""Chunks, halving, and making what is missing exactly once."""

import math

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from passerelle.domain.moodle.core import CourseChange, Enrolment, NewUser, Outcome
from passerelle.errors import FixAccess, LookFirst, MoodleAway
from passerelle.moodle import calls_enrolments, calls_users
from passerelle.moodle.batching import CallLimits, chunks, settle
from passerelle.moodle.core_api import MoodleCore
from passerelle.moodle.protocol import encode
from tests.unit.moodle.php_form import parse
from tests.unit.moodle.site_fake import FakeMoodle


def user(username):
    return NewUser(username, "Prénom", "Nom", f"{username}@ex.org")


def users(count):
    return [user(f"u{number}") for number in range(count)]


def moodle(fake, **room):
    return MoodleCore("fake", fake.ask, CallLimits(**room))


def outcomes(verdicts):
    return [verdict.outcome for verdict in verdicts]


# -- chunks --------------------------------------------------------------------------------------------


@pytest.mark.parametrize("limit", [40, 100, 1000, 5000])
@given(st.integers(1, 900))
@settings(max_examples=6)
def test_php_never_drops_a_variable_of_any_chunk(limit, count):
    rows = [Enrolment(1, number, 5) for number in range(count)]
    got = []
    for places in chunks(rows, calls_enrolments.enrol, CallLimits(variables=limit, rows=10_000)):
        params, dropped = parse(encode(calls_enrolments.enrol(rows[places.start : places.stop]), "t"), limit)
        assert dropped == 0
        got += [row["userid"] for row in params["enrolments"]]
    assert got == [str(number) for number in range(count)]


def test_chunks_are_as_full_as_the_limit_lets_them_be():
    rows = [Enrolment(1, number, 5) for number in range(400)]
    # 1000 variables less 3 of the call's own and 16 kept back; four for each enrolment.
    sizes = [len(places) for places in chunks(rows, calls_enrolments.enrol, CallLimits(rows=10_000))]
    assert sizes == [245, 155]


def test_long_texts_are_cut_by_bytes():
    rows = [NewUser(f"u{n}", "x" * 1000, "Nom", "e@ex.org") for n in range(100)]
    for places in chunks(rows, calls_users.create, CallLimits(bytes=20_000)):
        assert len(encode(calls_users.create(rows[places.start : places.stop]), "t")) <= 20_000


def test_a_row_too_large_for_any_call_is_named_and_never_sent():
    fake = FakeMoodle()
    rows = [user("small"), NewUser("large", "x" * 9000, "Nom", "l@ex.org"), user("other")]
    verdicts = moodle(fake, bytes=5000).ensure_users(rows)
    assert outcomes(verdicts) == [Outcome.DONE, Outcome.REFUSED, Outcome.DONE]
    assert verdicts[1].errorcode == "toolarge"
    assert "large" not in fake.made


@pytest.mark.rule("N21")
def test_a_row_that_is_no_text_does_not_stop_the_others():
    rows = [CourseChange(1, visible=True), CourseChange(2, "Zo\ud800e"), CourseChange(3, visible=True)]
    verdicts = moodle(FakeMoodle()).update_courses(rows)
    assert [verdict.errorcode for verdict in verdicts] == ["", "unencodable", ""]


# -- halving -------------------------------------------------------------------------------------------


@given(count=st.integers(1, 120), bad=st.sets(st.integers(0, 119), max_size=6))
@settings(max_examples=30)
def test_the_bad_rows_are_named_and_the_good_ones_done(count, bad):
    bad = {place for place in bad if place < count}
    fake = FakeMoodle(refuse={f"u{place}" for place in bad})
    verdicts = moodle(fake, rows=200).ensure_users(users(count))
    assert [verdict.row for verdict in verdicts if not verdict.ok] == sorted(bad)
    assert {verdict.errorcode for verdict in verdicts if not verdict.ok} <= {"invalidparameter"}
    assert sorted(fake.made) == sorted(f"u{place}" for place in range(count) if place not in bad)
    assert all(fake.users[f"u{v.row}"] == v.id for v in verdicts if v.ok)


@pytest.mark.parametrize("bad", [{0}, {99}, {0, 99}, {10, 11, 12, 50, 75}])
def test_halving_costs_about_two_calls_for_each_bad_row_and_level(bad):
    fake = FakeMoodle(refuse={f"u{place}" for place in bad}, max_input_vars=5000)
    moodle(fake, variables=5000, rows=100).ensure_users(users(100))
    assert fake.count("core_user_create_users") <= 1 + 2 * len(bad) * math.ceil(math.log2(100))


def test_a_batch_without_a_bad_row_is_one_call():
    fake = FakeMoodle()
    moodle(fake).ensure_users(users(100))
    assert fake.count("core_user_create_users") == 1


def test_what_speaks_of_no_row_is_not_halved():
    sent = []

    def ask(call):
        sent.append(call)
        raise FixAccess("fake", call.function, "invalidtoken")

    with pytest.raises(FixAccess):
        settle([Enrolment(1, 2, 3)] * 50, calls_enrolments.enrol, ask, CallLimits())
    assert len(sent) == 1


def test_warnings_that_name_their_row_need_no_halving():
    fake = FakeMoodle()
    verdicts = moodle(fake).update_courses([CourseChange(1), CourseChange(700)])
    assert outcomes(verdicts) == [Outcome.DONE, Outcome.REFUSED]
    assert verdicts[1].errorcode == "unknowncourseid"
    assert len(fake.calls) == 1


def test_warnings_in_prose_are_traced_to_their_row_by_halving():
    fake = FakeMoodle()
    fake.names_rows = False
    verdicts = moodle(fake).update_courses([CourseChange(number) for number in (1, 2, 700, 3, 4)])
    assert [verdict.row for verdict in verdicts if not verdict.ok] == [2]
    assert verdicts[2].errorcode == "unknowncourseid"


def test_nothing_to_do_is_no_call():
    fake = FakeMoodle()
    assert moodle(fake).ensure_users([]) == ()
    assert moodle(fake).enrol([]) == ()
    assert fake.calls == []


# -- making what is missing ---------------------------------------------------------------------------


def test_what_exists_is_found_and_not_sent():
    fake = FakeMoodle("u1")
    verdicts = moodle(fake).ensure_users(users(3))
    assert outcomes(verdicts) == [Outcome.DONE, Outcome.FOUND, Outcome.DONE]
    assert verdicts[1].id == 100
    assert fake.made == ["u0", "u2"]


def test_the_second_time_makes_nothing():
    fake = FakeMoodle()
    moodle(fake).ensure_users(users(30))
    again = moodle(fake).ensure_users(users(30))
    assert set(outcomes(again)) == {Outcome.FOUND}
    assert len(fake.made) == 30


def test_the_same_row_twice_is_made_once():
    fake = FakeMoodle()
    verdicts = moodle(fake).ensure_users([user("a"), user("b"), user("a")])
    assert outcomes(verdicts) == [Outcome.DONE, Outcome.DONE, Outcome.FOUND]
    assert verdicts[0].id == verdicts[2].id
    assert fake.made == ["a", "b"]


@pytest.mark.parametrize("where", ["cut_before", "cut_after"])
@pytest.mark.parametrize("call", range(2, 12))
def test_a_creation_cut_at_any_call_ends_as_if_it_had_not_been(where, call):
    """Before or after its effect, in the midst of halving too."""
    calm, cut = FakeMoodle("u1", refuse={"u7"}), FakeMoodle("u1", refuse={"u7"})
    getattr(cut, where).add(call)
    expected = moodle(calm, rows=6).ensure_users(users(12))
    try:
        verdicts = moodle(cut, rows=6).ensure_users(users(12))
    except MoodleAway:  # a look was cut: the caller comes again
        verdicts = moodle(cut, rows=6).ensure_users(users(12))
    assert cut.users.keys() == calm.users.keys()
    assert len(cut.made) == len(set(cut.made))
    assert [verdict.ok for verdict in verdicts] == [verdict.ok for verdict in expected]
    assert all(cut.users[f"u{verdict.row}"] == verdict.id for verdict in verdicts if verdict.ok)


def test_an_answer_that_is_always_lost_goes_up_in_the_end():
    fake = FakeMoodle()
    fake.cut_before = set(range(2, 50))
    fake.cut_before -= {3, 5, 7}  # the looks in between
    with pytest.raises(LookFirst):
        moodle(fake).ensure_users(users(2))
    assert fake.count("core_user_create_users") == 3


def test_a_row_made_by_somebody_else_meanwhile_is_found():
    fake = FakeMoodle()
    create = fake.do_core_user_create_users

    def raced(function, params):
        fake.users.setdefault("u1", 55)
        return create(function, params)

    fake.do_core_user_create_users = raced
    verdicts = moodle(fake).ensure_users(users(3))
    assert outcomes(verdicts) == [Outcome.DONE, Outcome.FOUND, Outcome.DONE]
    assert verdicts[1].id == 55
