"""Whom a value names, and the same value naming them no more: each shape and each field (G1, G2)."""

from __future__ import annotations

from dataclasses import dataclass, fields, is_dataclass, replace
from typing import Any, get_args, get_type_hints

import pytest

from passerelle.domain.orders.facts import Buyer, Line, Participant
from passerelle.domain.orders.ledger import LedgerPage
from passerelle.domain.orders.order import Order, Seat
from passerelle.domain.people import Who, known_as, names, nobody, others_hidden, without
from passerelle.domain.person_words import by_identifier, by_last_name, person_words
from passerelle.domain.records import Note, Person
from passerelle.domain.states import OrderState
from passerelle.store.kinds import KINDS
from tests.factories.records import NOW

pytestmark = pytest.mark.rule("G1")

EVE = Who(frozenset({"eve", "eve.c", "eve@u.example"}), frozenset({"eve curie", "curie eve"}))
A = "gone-1"


@dataclass(frozen=True)
class Page:
    username: str
    note: str


@pytest.mark.parametrize(
    ("text", "theirs"),
    [
        ("eve", True),
        (" EVE ", True),
        ("caen:Eve.C", True),
        ("EVE@U.example", True),
        ("adam", False),
        ("eve2", False),
        ("caen:eve:x", False),
        ("caen:", False),
        ("", False),
        (7, False),
        (None, False),
    ],
)
def test_a_field_names_somebody_whole_alone_or_behind_a_site(text: object, theirs: bool) -> None:
    assert EVE.is_(text) is theirs


@pytest.mark.rule("P9")
@pytest.mark.parametrize(
    ("identity", "fields", "theirs"),
    [
        ("username", {"username": "eve"}, True),
        ("username", {"username": "eve", "email": "adam@u.example"}, True),
        ("username", {"username": "adam", "email": "eve@u.example"}, True),
        ("username", {"username": "adam", "idnumber": "eve"}, True),
        ("username", {"username": "adam", "email": "adam@u.example", "city": "eve"}, False),
        ("email", {"username": "eve", "email": "adam@u.example"}, False),
        ("email", {"username": "eve", "idnumber": "22"}, False),
        ("email", {"username": "eve", "email": " ", "idnumber": None}, True),
        ("email", {"username": "adam", "email": "eve@u.example"}, True),
        ("email", {"email": 7}, False),
        ("username", {}, False),
    ],
)
def test_where_usernames_do_not_tell_people_apart_one_counts_only_if_nothing_better_is_said(
    identity: str, fields: dict[str, Any], theirs: bool
) -> None:
    assert replace(EVE, identity=identity).bears(fields) is theirs


@pytest.mark.parametrize(
    ("usernames", "text", "after"),
    [
        (False, "Eve Curie, curie EVE and eve@u.example", f"{A}, {A} and {A}"),
        (False, "eve.c stays", "eve.c stays"),
        (True, "eve.c goes, (eve.c)", f"{A} goes, ({A})"),
        (True, "eve is too short, caen:eve is not", f"eve is too short, caen:{A} is not"),
        (True, "steve.c eve.cx x@eve.c -eve.c eve.c@x eve.c-x", "steve.c eve.cx x@eve.c -eve.c eve.c@x eve.c-x"),
        (True, "caen:evening : eve", "caen:evening : eve"),
        (True, "xeve@u.example.", "xeve@u.example."),
        (True, "eve@u.example.", f"{A}."),
    ],
)  # fmt: skip
def test_inside_a_text_somebody_is_named_by_whole_words_long_enough_to_be_nobody_elses(
    usernames: bool, text: str, after: str
) -> None:
    pattern = EVE.pattern(usernames=usernames)
    assert pattern
    assert pattern.sub(A, text) == after


def test_a_username_of_four_letters_is_looked_for_inside_a_text_and_one_of_three_is_not() -> None:
    assert without({"why": "evea asks"}, Who(frozenset({"evea"})), A) == {"why": f"{A} asks"}
    assert without({"why": "eve asks"}, Who(frozenset({"eve"})), A) == {"why": "eve asks"}
    assert Who(frozenset({"evea"})).pattern(usernames=False) is None
    assert Who().pattern(usernames=True) is None


# Written a second time: a field that is added to a record is added in both.
WHO = ["granted_by", "released_by", "held_by", "made_by", "stopped_by", "others", "by", "author"]
SAID = ["why", "details", "detail", "message", "held_why", "reason"]
PERSONAL = [
    "idnumber",
    "email",
    "firstname",
    "lastname",
    "fullname",
    "city",
    "phone",
    "phone1",
    "institution",
]


@pytest.mark.parametrize("name", [*WHO, *SAID, "course", "state"])
def test_a_field_that_says_who_or_what_people_wrote_loses_the_name_and_no_other_field(name: str) -> None:
    written = {name: "by caen:eve.c, on Eve Curie's word"}
    expected = f"by caen:{A}, on {A}'s word" if name in SAID else f"by caen:eve.c, on {A}'s word"
    assert without(written, EVE, A) == {name: expected}
    for whole in ("eve", "caen:eve"):
        after = {name: f"caen:{A}" if ":" in whole else A} if name in WHO else {name: whole}
        if name in SAID and ":" in whole:
            after = {name: f"caen:{A}"}
        assert without({name: whole}, EVE, A) == after
    assert without({name: ("adam", ["caen:adam"])}, EVE, A) == {name: ("adam", ["caen:adam"])}


def test_a_name_with_a_colon_goes_whole_alone_or_behind_a_site() -> None:
    who = Who(frozenset({"a:b"}))
    assert without({"by": " A:b"}, who, A) == {"by": A}
    assert without({"by": "caen:a:b"}, who, A) == {"by": f"caen:{A}"}


def test_what_was_written_is_looked_at_in_each_detail_of_a_note() -> None:
    note = Note("x", {"course": "eve.c", "reason": "eve.c said so", "n": "3"})
    assert without(note, EVE, A) == Note("x", {"course": A, "reason": f"{A} said so", "n": "3"})
    assert without({"values": {"course": "eve.c"}}, EVE, A) == {"values": {"course": "eve.c"}}
    assert without(Page("adam", "eve.c came"), EVE, A) == Page("adam", "eve.c came")


@pytest.mark.parametrize("name", PERSONAL)
def test_whatever_is_personal_of_a_person_goes(name: str) -> None:
    thing = {"username": "eve", name: "Bayeux", "courses": "Bayeux", "n": 4}
    assert without(thing, EVE, A) == {"username": A, name: "", "courses": "Bayeux", "n": 4}
    other = thing | {"username": "adam"}
    assert without(other, EVE, A) == other
    assert without(thing | {name: None}, EVE, A) == {"username": A, name: None, "courses": "Bayeux", "n": 4}


def test_who_has_no_username_stays_apart_from_others_by_an_address_that_reaches_nobody() -> None:
    eve = Participant(email="eve@u.example", firstname="Eve", lastname="Curie", kind="tutor")
    gone = without(eve, EVE, A)
    assert gone == Participant(email=f"{A}@forgotten.invalid", firstname="", lastname="", kind="tutor")
    assert without({"email": "", "idnumber": "eve"}, EVE, A) == {"email": "", "idnumber": ""}


def test_another_sites_namesake_is_nobody_to_be_forgotten() -> None:
    """Where people are known by their e-mail, one username is several people's."""
    eve = Who(frozenset({"eve", "eve@u.example"}), identity="email")
    namesake = {"username": "eve", "email": "other@v.example", "city": "Rouen"}
    assert without(namesake, eve, A) == namesake
    assert without({"username": "eve", "email": "eve@u.example"}, eve, A) == {"username": A, "email": ""}


def test_a_seat_loses_its_account_with_its_person() -> None:
    eve = Participant(email="eve@u.example", firstname="Eve", lastname="Curie")
    adam = replace(eve, email="adam@u.example", firstname="Adam")
    seat = Seat(line="1", person=eve, user_id=7, username="xyz")
    gone = without(seat, EVE, A)
    assert (gone.user_id, gone.username, gone.line) == (0, A, "1")
    assert without(replace(seat, username=""), EVE, A).username == ""
    other = replace(seat, person=adam)
    assert without(other, EVE, A) is other


def test_what_names_nobody_or_somebody_else_is_the_very_same() -> None:
    adam = Person("adam", "i-adam", "adam@u.example", "Adam", "Smith")
    for value in (adam, OrderState.PAID, 7, None, Person):
        assert without(value, EVE, A) is value
        assert not names(value, EVE)
    assert names((1, [adam, {"x": Person("eve")}]), EVE)
    assert without([OrderState.PAID, "eve", 1.5], EVE, A) == [OrderState.PAID, "eve", 1.5]


def test_everybody_else_is_hidden_from_who_asks_what_is_held_of_them() -> None:
    both = [
        Person("eve", "22", "eve@u.example", "Eve", "Curie"),
        Person("adam", "23", "adam@u.example", "A", "S"),
    ]
    mine, other = others_hidden(both, EVE)
    assert mine == both[0]
    assert other == Person("…", "", "", "", "")
    rows = [{"email": "adam@u.example", "n": 1}, {"username": "", "email": "", "n": 2}, {"note": "adam"}]
    assert others_hidden(rows, EVE) == [{"email": "…@forgotten.invalid", "n": 1}, *rows[1:]]
    assert others_hidden(Page("adam", "caen:adam"), EVE) == Page("…", "caen:adam")


@pytest.mark.rule("G2")
def test_past_its_time_each_person_becomes_nobody_and_stays_apart() -> None:
    eve, adam = Person("eve", firstname="Eve", lastname="Curie"), Person("adam", email="adam@u.example")
    gone = nobody([eve, adam, {"why": "Eve Curie and Curie Eve and adam@u.example", "by": "caen:adam"}], "g")
    assert gone == [Person("g-0"), Person("g-1"), {"why": "g-0 and g-0 and g-1", "by": "caen:g-1"}]


@pytest.mark.parametrize(
    ("everything", "known", "full"),
    [
        ([], {"eve"}, set()),
        ([{"username": "eve", "email": "E@u.example"}, {"email": "e@u.example", "idnumber": "22"}], {"eve", "e@u.example", "22"}, set()),
        ([{"username": "adam", "email": "a@u.example"}], {"eve"}, set()),
        ([Person("eve", firstname="Eve", lastname="Curie")], {"eve"}, {"eve curie", "curie eve"}),
        ([Person("eve", firstname="Eve"), Person("eve", lastname="Curie")], {"eve"}, set()),
        ([{"site": "caen", "identity": "eve", "name": " Ève C. "}], {"eve"}, {"ève c."}),
        ([{"site": "caen", "identity": "e@u.example", "name": ""}, {"email": "e@u.example", "username": "eve"}], {"eve", "e@u.example"}, set()),
        ([Seat(line="1", person=Participant(email="e@u.example", firstname="E", lastname="C"), username="eve")], {"eve", "e@u.example"}, {"e c", "c e"}),
        ([{"deep": ({"username": "eve", "idnumber": " 22 "},)}], {"eve", "22"}, set()),
        ([{"idnumber": "22", "x": "eve"}, 7], {"eve"}, set()),
        ([{"site": "caen", "identity": "eve"}], {"eve"}, set()),
        ([{"identity": "eve", "name": "E C"}], {"eve"}, set()),
    ],
)  # fmt: skip
def test_who_is_known_by_one_name_is_known_by_each_that_stands_beside_it(
    everything: list[object], known: set[str], full: set[str]
) -> None:
    who = known_as([" EVE ", " "], everything)
    assert (who.names, who.fullnames, who.identity) == (known, full, "username")


# -- how a record is found again ----------------------------------------------------------------------------


@pytest.mark.rule("H2")
@pytest.mark.parametrize(
    ("typed", "identifier", "last_name"),
    [
        ("Eve", "eve", "name eve"),
        (" caen:EVE ", "eve", "name caen:eve"),
        ("caen:", "caen:", "name caen:"),
        ("caen:a:b", "a:b", "name caen:a:b"),
        ("L’Écuyer--Martin ", "l’écuyer--martin", "name l'ecuyer martin"),
        ("Straße  Ä", "straße  ä", "name strasse a"),
    ],
)
def test_a_word_is_looked_for_as_somebody_may_type_it(typed: str, identifier: str, last_name: str) -> None:
    assert (by_identifier(typed), by_last_name(typed)) == (identifier, last_name)


def somebody(name: str, last: str = "") -> Participant:
    return Participant(email=f"{name}@u.example", firstname="F", lastname=last)


@pytest.mark.rule("H2")
def test_an_order_is_found_by_each_address_and_account_in_it_and_by_last_names_of_who_bought_or_learns() -> (
    None
):
    seat = Seat(line="1", person=somebody("seat", "Sit"), username="s1")
    order = Order(
        id="b:1",
        shop="b",
        received_at=NOW,
        buyer=Buyer(email="Buyer@u.example", firstname="F", lastname="Buy-Er"),
        lines=(Line("1", "P", participants=(somebody("line", "Row"), somebody("line2", " "))),),
        seats=(seat,),
        former=(replace(seat, person=somebody("former", "Gone"), username="f1"),),
        operator=replace(seat, person=somebody("operator", "Op"), username="o1"),
        released_by="hub:root",
    )
    people = {"buyer", "line", "line2", "seat", "former", "operator"}
    words = {f"{name}@u.example" for name in people} | {"s1", "f1", "o1", "root"}
    assert person_words(order) == words | {"name buy er", "name row", "name sit"}
    alone = replace(order, operator=None, released_by="", former=(), seats=())
    assert person_words(alone) == {f"{n}@u.example" for n in ("buyer", "line", "line2")} | {
        "name buy er",
        "name row",
    }


@pytest.mark.rule("G1", "H2")
@pytest.mark.parametrize(
    ("record", "words"),
    [
        (LedgerPage(id="caen:7", site="caen", user_id=7, username="Eve", created_at=NOW), {"eve"}),
        (LedgerPage(id="caen:7", site="caen", user_id=7, username="gone-3", created_at=NOW), set()),
        ({"username": "eve", "email": "E@u", "idnumber": "22", "city": "caen"}, {"eve", "e@u", "22"}),
        ({"username": "", "email": "e@u", "idnumber": 7}, {"e@u"}),
        ({"username": "eve", "idnumber": "22"}, {"eve", "22"}),
        ({"username": "", "email": "", "idnumber": "22"}, set()),
        ({"idnumber": "22"}, set()),
        ({"held_by": "caen:eve", "course": "eve"}, {"eve"}),
        ({"others": ("eve", ["adam"])}, {"eve", "adam"}),
        ({"deep": [{"by": "eve"}, {"email": "e@u"}], "why": "eve"}, {"eve", "e@u"}),
        ({"by": "forgotten-1", "author": "caen:gone-2", "email": "x@forgotten.invalid"}, set()),
    ],
)
def test_another_record_is_found_by_whoever_it_names_and_not_by_an_alias(
    record: object, words: set[str]
) -> None:
    assert person_words(record) == words


# -- fields that are added one day -----------------------------------------------------------------------------

# Kept out of every repr for another reason, or taken away by their own way.
OTHERWISE = {"Connection.signs", "Operator.identity", "Operator.name", "Delivery.body"}


def test_each_field_of_a_record_that_stays_out_of_logs_is_one_that_forgetting_knows() -> None:
    """A name that is added to a record without being added to `WHO_FIELDS` would outlive its person."""
    seen: set[type] = set()
    unknown: set[str] = set()
    waiting: list[object] = list(KINDS)
    while waiting:
        kind = waiting.pop()
        waiting += get_args(kind)
        if not isinstance(kind, type) or not is_dataclass(kind) or kind in seen:
            continue
        seen.add(kind)
        hints = get_type_hints(kind)
        waiting += [hints[one.name] for one in fields(kind)]
        unknown |= {f"{kind.__name__}.{one.name}" for one in fields(kind) if not one.repr}
    known = {*WHO, *SAID, *PERSONAL, "username"}
    assert {one for one in unknown if one.partition(".")[2] not in known} == OTHERWISE
    assert {Person, Participant, Seat, Note} <= seen
