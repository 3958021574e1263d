"""People in the console: shown within reach, forgotten by an operator, found by an index and never by a scan (G1, H2)."""

from __future__ import annotations

import json
from dataclasses import asdict, replace
from datetime import timedelta
from typing import Any

import pytest

from passerelle.domain.console import ConsoleAct
from passerelle.domain.orders.delivery import Delivery
from passerelle.domain.orders.order import Order, Seat, SeatState
from passerelle.domain.publishing.publication import Publication
from passerelle.domain.records import Moment
from passerelle.domain.states import OrderState, PublicationState
from passerelle.ports import World
from passerelle.usecases import list_anew, people
from passerelle.usecases.orders.receive import packed, unpacked
from passerelle.usecases.tidy import tidy
from tests.factories.orders import a_buyer, a_line, a_participant
from tests.factories.records import a_person, a_publication, a_retrieval
from tests.fakes.inventory import FakeInventory
from tests.unit.console.conftest import Browser

ZOE = a_participant("zoe.recognisable", firstname="Zoé", lastname="Recognisable")
EMAIL = "zoe.recognisable@client.example"


@pytest.fixture
def world(world: World) -> World:
    """Zoé learnt through both shops, published at Caen, brought home at Lille; the courses are over."""
    now = world.clock.now()
    seat = Seat("1", ZOE, SeatState.DONE, user_id=7, username="zrecognisable", existed=False)
    for shop, number in (("boutique", "1042"), ("lilloise", "7")):
        world.records.add(
            Order(
                id=f"{shop}:{number}",
                shop=shop,
                number=number,
                received_at=now,
                paid_at=now,
                state=OrderState.FULFILLED,
                buyer=a_buyer(firstname="Rose", lastname="L’Écuyer"),
                lines=(a_line(),),
                seats=(seat,),
                lines_known=True,
            )
        )
    zoe = a_person("zrecognisable", email=EMAIL, firstname="Zoé", lastname="Recognisable")
    world.records.add(a_publication(state=PublicationState.PUBLISHED, author=zoe))
    world.records.add(a_retrieval(person=zoe, site="lille"))
    for number, order in ((1, "boutique:1042"), (2, "")):
        sent = Delivery(
            id=f"boutique:{number}",
            shop="boutique",
            topic="order.paid",
            received_at=now,
            body=packed(f'{{"email": "{EMAIL}"}}'.encode()),
            order=order,
            state="taken" if order else "parked",
        )
        world.records.add(sent)
    world.papers.put("nights/caen/report.json", {"who": [{"username": "zrecognisable", "email": EMAIL}]})
    return world


def whole(world: World) -> World:
    return replace(world, inventory=FakeInventory(world.records, world.papers))


def ask(browser: Browser, who: str, **more: str) -> dict[str, Any]:
    return browser.ask("people", {"mark": browser.mark(), "who": who, **more})


def dumped(world: World) -> str:
    records = "".join(
        repr(asdict(one)) + (unpacked(one).decode() if isinstance(one, Delivery) else "")
        for one in world.records
    )
    return (records + repr(world.papers._kept)).lower()


@pytest.mark.rule("G1")
@pytest.mark.rule("H2")
@pytest.mark.parametrize("name", [EMAIL, "ZRecognisable"])
def test_an_operator_sees_all_that_the_table_holds_of_a_person(world: World, browser: Browser, name: str):
    given = ask(browser.sign_in("hub", "root"), name)["body"]
    for mark in (
        "order?id=boutique%3A1042",
        "order?id=lilloise%3A7",
        "publication?id=publication1",
        "Course brought home",
        EMAIL,
        "name this person: 2",
    ):
        assert mark in given, mark


@pytest.mark.rule("H2")
def test_an_administrator_sees_what_is_of_the_site_and_forgets_nobody(world: World, browser: Browser):
    browser.sign_in("lille", "lea")
    given = ask(browser, EMAIL)["body"]
    assert "order?id=lilloise%3A7" in given
    assert "boutique" not in given
    assert "publication?id" not in given
    assert "people_forget" not in given
    assert browser.do("people_forget", EMAIL, why="asked")["statusCode"] == 422
    assert EMAIL in dumped(world)


@pytest.mark.rule("H2")
def test_an_administrator_learns_nothing_through_what_another_site_holds(world: World, browser: Browser):
    # At Lille nothing ties this code to the address; at Caen it does.
    tied = a_person("zrecognisable", idnumber="code9", email=EMAIL)
    world.records.add(a_publication("p2", author=tied))
    given = ask(browser.sign_in("lille", "lea"), "code9")["body"]
    assert "Nothing that is kept here names this person" in given
    assert EMAIL not in given


@pytest.mark.rule("G1")
def test_what_is_shown_is_downloaded_as_the_command_prints_it(world: World, browser: Browser):
    given = ask(browser.sign_in("hub", "root"), EMAIL, **{"as": "json"})
    told, printed = json.loads(given["body"]), people.show(whole(world), EMAIL)
    assert {(one["kind"], one["id"]) for one in told["records"]} == {
        (one["kind"], one["id"]) for one in printed["records"]
    }
    assert told["known_as"] == printed["known_as"]
    assert {one["id"] for one in told["deliveries"]} == {one["id"] for one in printed["deliveries"]}


@pytest.mark.rule("G1")
@pytest.mark.rule("H2")
def test_who_is_forgotten_is_named_by_no_record_at_once_and_by_no_document_after_the_night(
    world: World, browser: Browser, clock
):
    clock.tick(timedelta(days=40))
    browser.sign_in("hub", "root")
    asked = browser.do("people_forget", EMAIL, why="Zoé Recognisable asked by letter")
    assert asked["statusCode"] == 303
    assert "recogn" not in asked["headers"]["location"]
    assert not [one for one in world.records if "recogn" in repr(asdict(one)).lower()]
    shown = browser.ask(asked["headers"]["location"].removeprefix("/console/"))["body"]
    assert "asked by letter" in shown
    assert "Recogn" not in shown
    assert "follow tonight" in shown
    (act,) = world.records.all(ConsoleAct)
    assert (act.by, act.refused) == ("hub:root", "")
    assert act.why.endswith(" asked by letter")
    assert "Recogn" not in act.why
    assert act.about.startswith("forgotten-")
    assert "zrecognisable" in dumped(world)  # the report of a night, and what the night is to look for

    tidy(whole(world))
    assert "recogn" not in dumped(world)
    assert "follow tonight" not in browser.ask(f"people?erasure={act.about}")["body"]


@pytest.mark.rule("G1")
def test_a_forgetting_that_was_cut_by_day_is_done_by_the_night(
    world: World, clock, monkeypatch: pytest.MonkeyPatch
):
    clock.tick(timedelta(days=40))

    def cut(*_: object) -> None:
        raise ConnectionError

    monkeypatch.setattr(world.records, "change", cut)
    with pytest.raises(ConnectionError):
        people.forget(whole(world), EMAIL, "asked", rest_tonight=True)
    monkeypatch.undo()
    assert EMAIL in dumped(world)
    tidy(whole(world))
    assert "recogn" not in dumped(world)


@pytest.mark.rule("G1")
def test_what_still_needs_the_name_stays_with_its_reason(world: World, browser: Browser):
    order = world.records[Order, "boutique:1042"]
    world.records.change(order, replace(order, state=OrderState.WAITING))
    browser.sign_in("hub", "root")
    where = browser.do("people_forget", EMAIL, why="asked")["headers"]["location"]
    shown = browser.ask(where.removeprefix("/console/"))["body"]
    assert "an order in progress needs it" in shown
    assert world.records[Order, "boutique:1042"].seats[0].person == ZOE
    assert world.records[Publication, "publication1"].author.username.startswith("forgotten-")


@pytest.mark.rule("H2")
def test_forgetting_is_refused_without_reason_or_for_nobody_and_recorded_without_the_name(
    world: World, browser: Browser
):
    browser.sign_in("hub", "root")
    assert browser.do("people_forget", EMAIL)["statusCode"] == 422
    refused = browser.do("people_forget", "nobody.known@nowhere.example", why="nobody.known asked")
    assert refused["statusCode"] == 422
    assert "Nothing that is kept here" in refused["body"]
    (act,) = world.records.all(ConsoleAct)
    assert act.refused == "person_not_held"
    assert "nobody.known" not in repr(asdict(act))


@pytest.mark.rule("H2")
@pytest.mark.parametrize(
    ("who", "alias"), [(("caen", "ada"), ""), (("hub", "root"), "../config/network"), (("hub", "root"), "é")]
)
def test_an_erasure_is_read_by_an_operator_and_leads_to_no_other_document(
    world: World, browser: Browser, who: tuple[str, str], alias: str
):
    world.papers.put("erasures/forgotten-1.json", {"because": "secret", "changed": 1, "kept": []})
    browser.sign_in(*who)
    given = browser.ask(f"people?erasure={alias or 'forgotten-1'}")
    assert given["statusCode"] == 404
    assert "secret" not in given["body"]


@pytest.mark.rule("H2")
def test_a_person_is_asked_for_by_a_marked_form_and_never_by_an_address(world: World, browser: Browser):
    browser.sign_in("hub", "root")
    assert "boutique:1042" not in browser.ask(f"people?who={EMAIL}")["body"]
    assert browser.ask("people", {"who": EMAIL})["statusCode"] == 403


@pytest.mark.rule("H2")
def test_what_a_shop_or_a_person_wrote_is_text_on_the_pages_of_people_and_in_a_story(
    world: World, browser: Browser
):
    evil = "<script>alert(1)</script>"
    order = world.records[Order, "boutique:1042"]
    seat = replace(order.seats[0], username=evil, person=replace(ZOE, firstname=evil, lastname=evil))
    history = (Moment("parked", world.clock.now(), f"parked by hub:root: {evil}"),)
    changed = replace(
        order,
        seats=(seat,),
        number=evil,
        history=history,
        titles={"SPOC-1": evil},
        lines=(a_line(title=evil),),
    )
    world.records.change(order, changed)
    sent = world.records[Delivery, "boutique:1"]
    world.records.change(sent, replace(sent, topic=evil))
    browser.sign_in("hub", "root")
    refused = browser.do("order_park", "boutique:1042", why=evil)
    assert refused["statusCode"] in (303, 422)
    for body in (
        ask(browser, EMAIL)["body"],
        ask(browser, evil)["body"],
        browser.do("people_forget", evil, why=evil)["body"],
        browser.ask("order?id=boutique:1042")["body"],
        browser.ask("people?erasure=%3Cscript%3E")["body"],
    ):
        assert "<script" not in body


@pytest.mark.rule("S12")
@pytest.mark.rule("H2")
@pytest.mark.parametrize(
    "wanted",
    [
        "1042",
        "#1042",
        "boutique:1042",
        EMAIL,
        "zrecognisable",
        "Recognisable",
        "zoe recognisable",
        "lecuyer rose",
    ],
)
def test_an_order_is_found_by_number_buyer_and_learner(world: World, browser: Browser, wanted: str):
    order = world.records[Order, "boutique:1042"]
    world.records.change(order, replace(order, buyer=replace(order.buyer, lastname="Lecuyer")))
    given = browser.sign_in("caen", "ada").ask(f"orders?q={wanted.replace('#', '%23').replace(' ', '+')}")[
        "body"
    ]
    assert "order?id=boutique%3A1042" in given
    assert "lilloise" not in given


@pytest.mark.rule("H2")
@pytest.mark.parametrize("wanted", ["1043", "Bob Recognisable", "7", "nobody"])
def test_what_no_order_of_ones_shops_bears_finds_none(world: World, browser: Browser, wanted: str):
    given = browser.sign_in("caen", "ada").ask(f"orders?q={wanted.replace(' ', '+')}")["body"]
    assert "order?id=" not in given


@pytest.mark.rule("G1")
def test_what_an_earlier_release_wrote_is_listed_once_by_pages_and_by_rounds(
    world: World, browser: Browser, monkeypatch: pytest.MonkeyPatch
):
    browser.sign_in("hub", "root")
    assert "not indexed yet" in browser.ask("people")["body"]
    known = len(list(world.records))
    monkeypatch.setattr(list_anew, "PAGE", 2)
    monkeypatch.setattr(list_anew, "LONGEST_ROUND", timedelta(seconds=-1))
    rounds = []
    while not list_anew.all_is_listed(world):
        rounds.append(list_anew.list_anew(whole(world)))
    assert sum(rounds) == known
    assert max(rounds) == 2
    assert list_anew.list_anew(whole(world)) == 0
    assert "not indexed yet" not in browser.ask("people")["body"]
