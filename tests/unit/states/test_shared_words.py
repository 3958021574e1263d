"""What records, refusals and answers of Moodle share: names, notes, holdings, what may be kept of a refusal."""

from __future__ import annotations

from datetime import timedelta

import pytest

from passerelle.domain.moodle.core import Message, NewUser, Outcome, User, Verdict
from passerelle.domain.moodle.plugin import (
    Holding,
    Notification,
    SiteFacts,
    SiteRole,
    message_to_each,
    read_holds,
    spell_holds,
)
from passerelle.domain.records import Note, Person, derived_id, distinct, network_id
from passerelle.domain.refusals import KEPT_FOR, LONGEST, discreet, readable
from passerelle.domain.states import OrderState, PublicationState

ADA = Person(" Ada ", " I-7 ", "Ada@Caen.example ", "Ada", "Lovelace")


@pytest.mark.rule("P9")
@pytest.mark.parametrize(
    ("identity", "key"), [("username", "ada"), ("idnumber", "i-7"), ("email", "ada@caen.example")]
)
def test_a_person_is_known_across_sites_by_the_key_that_the_network_names(identity: str, key: str) -> None:
    assert ADA.key(identity) == key


@pytest.mark.rule("P9", "P10")
@pytest.mark.parametrize(
    ("first", "last", "full"), [("Ada", "L", "Ada L"), ("Ada", "", "Ada"), ("", "L", "L"), ("", "", "ada")]
)
def test_a_person_is_called_by_name_and_without_one_by_username(first: str, last: str, full: str) -> None:
    assert Person("ada", firstname=first, lastname=last).fullname == full


@pytest.mark.rule("P1", "P14")
def test_ids_are_those_that_earlier_releases_gave() -> None:
    assert network_id("caen", "CHIM1") == "caen:CHIM1"
    assert derived_id("a", "b") == "f04cdced9736a69da6103f08"
    assert derived_id("a", "b") != derived_id("a\x1fb", "") != derived_id("ab")


@pytest.mark.rule("P16")
def test_a_note_is_told_once_in_the_order_of_its_first_saying() -> None:
    one, two = Note("a", {"x": "1", "y": "2"}), Note("a", {"x": "2"})
    again = Note("a", {"y": "2", "x": "1"})
    assert distinct([one, two, Note("b"), again, Note("b")]) == (one, two, Note("b"))


# -- a refusal that is kept (H1) --------------------------------------------------------------------------------

# Written a second time: what names people in a sentence.
PEOPLE = (
    "name names username email firstname lastname person people author user who whose by asked login value "
    "teachers label told said contact"
)


@pytest.mark.rule("H1", "G2")
@pytest.mark.parametrize("name", [*PEOPLE.split(), "course", "count"])
def test_of_a_refusal_figures_codes_and_courses_are_kept_and_nobodys_name(name: str) -> None:
    assert discreet({name: "CHIM1"}) == {name: "CHIM1" if name in ("course", "count") else "…"}


@pytest.mark.rule("H1")
def test_a_detail_is_kept_short_without_an_address_and_a_state_as_it_was_spelled() -> None:
    assert (timedelta(days=90), 300) == (KEPT_FOR, LONGEST)
    details = {
        "course": "x" * 301,
        "note": "x" * 300,
        "mail": "to a@b",
        "n": 7,
        "share": 0.5,
        "state": PublicationState.RESTORING,
        "rows": ["x"],
        "none": None,
    }
    kept = discreet(details)
    assert kept == {
        "course": "x" * 300,
        "note": "x" * 300,
        "mail": "…",
        "n": "7",
        "share": "0.5",
        "state": "PublicationState.restoring",
    }
    read = readable({"state": kept["state"], "n": "7", "other": "OrderState.nonsense"})
    assert read["state"] is PublicationState.RESTORING
    assert (read["n"], read["other"]) == ("7", "OrderState.nonsense")
    assert readable(discreet({"a": OrderState.PAID}))["a"] is OrderState.PAID


@pytest.mark.rule("G1")
def test_nobody_is_named_in_the_repr_of_what_moodle_or_a_record_says_of_them() -> None:
    names = ("ada.secret", "i-secret", "ada@secret.example", "Adasecret", "Lovesecret")
    user = User(7, names[0], names[1], names[3], names[4], names[2])
    new = NewUser(
        names[0], names[3], names[4], names[2], names[1], phone1="secret", city="secret", institution="secret"
    )
    said = [user, new, Person(names[0], names[1], names[2], names[3], names[4]), Message(7, "secret")]
    assert "secret" not in repr(said)


# -- what Moodle answers --------------------------------------------------------------------------------------


@pytest.mark.rule("R5")
def test_what_keeps_a_course_from_being_empty_is_spelled_and_read_again() -> None:
    holds = (Holding("activities", 3), Holding("question_bank", 12))
    assert spell_holds(holds) == "activities: 3, question_bank: 12"
    assert read_holds(spell_holds(holds)) == holds
    assert spell_holds(()) == ""
    for other in (
        "",
        "activities",
        "activities: x",
        "activities: 3; blocks: 1",
        "activities: 3, blocks",
        "a b: 3",
    ):
        assert read_holds(other) == ()


@pytest.mark.rule("S15")
def test_a_role_is_found_by_its_short_name_and_a_verdict_is_good_unless_refused() -> None:
    roles = (SiteRole(3, "editingteacher"), SiteRole(5, "student"))
    facts = SiteFacts("4.5", roles=roles)
    assert (facts.role("student"), facts.role("Student")) == (roles[1], None)
    assert [Verdict(0, one).ok for one in Outcome] == [True, True, False]


@pytest.mark.rule("S19", "P13")
def test_a_message_to_several_people_is_one_to_each_under_a_key_of_their_own() -> None:
    values = {"subject": "S", "text": "T"}
    assert message_to_each(("ada", "bob"), "k", "fr", values) == (
        Notification("k:ada", "ada", "message", "fr", values),
        Notification("k:bob", "bob", "message", "fr", values),
    )
