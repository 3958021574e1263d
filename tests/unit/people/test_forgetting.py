"""G1: what is held of a person is shown whole, and forgotten everywhere but where it is still needed."""

from __future__ import annotations

import itertools
import json
from contextlib import suppress
from dataclasses import asdict, replace
from datetime import timedelta
from typing import Any

import pytest

from passerelle.domain.backups.upload import Upload
from passerelle.domain.console import ConsoleAct, ConsoleSession, Operator
from passerelle.domain.orders.delivery import Delivery
from passerelle.domain.orders.ledger import LedgerPage
from passerelle.domain.orders.order import Order
from passerelle.domain.people_in_papers import Leftover
from passerelle.domain.records import Broken, Record, TargetLock
from passerelle.domain.retention import Retention
from passerelle.domain.states import BackupState, OrderState
from passerelle.errors import GiveUp, NotFound, Refused
from passerelle.ports import World
from passerelle.usecases import erasures, people, tidy
from passerelle.usecases.orders.receive import receive, unpacked
from tests.factories.orders import a_buyer, a_line, a_participant, a_product, a_shop, some_facts
from tests.factories.records import an_upload
from tests.fakes.inventory import FakeInventory
from tests.scenes.orders import OrderScene
from tests.scenes.publishing import ADA, GRACE, Scene
from tests.scenes.rollover import YearScene

ZOE = a_participant(
    "zoe.recognisable", firstname="Zoé", lastname="Recognisable", phone="+33 6 00 00 00 00", city="Vire"
)
ROSE = a_buyer(
    email="rose.recognisable@client.example", firstname="Rose", lastname="Recognisable", phone="+33 1"
)


def watched(world: World, deposits: dict[str, str] | None = None) -> World:
    return replace(world, inventory=FakeInventory(world.records, world.papers, deposits))


def dumped(world: World) -> str:
    """Everything in table and documents, deliveries unpacked, as one text to search."""

    def plain(record: Record) -> str:
        body = unpacked(record).decode() if isinstance(record, Delivery) else ""
        return repr(asdict(record)) + body  # type: ignore[call-overload]

    texts = [world.inventory.text(key) or "" for key in world.inventory.documents()]
    return "\n".join([*(plain(record) for record in world.inventory.records()), *texts]).lower()


def a_finished_sale() -> OrderScene:
    """Zoé learnt with Bob, Rose bought; the course is over."""
    shop = a_shop(
        products={"SPOCM1": a_product(parameters="coursename=SPOCM1&duration=35&customersupport=SUPPORT")}
    )
    scene = OrderScene(shop)
    line = replace(a_line(), quantity=2, amount=2000, participants=(ZOE, a_participant("bob")))
    scene.sell(some_facts(lines=(line,), buyer=ROSE))
    assert scene.order().state == OrderState.FULFILLED
    scene.clock.tick(timedelta(days=40))
    return scene


@pytest.mark.rule("G1")
def test_all_that_is_held_of_a_person_is_shown_by_any_of_their_names() -> None:
    scene = a_finished_sale()
    world = watched(scene.world)
    told = people.show(world, "Zoe.Recognisable@client.example")
    kinds = {row["kind"] for row in told["records"]}  # type: ignore[attr-defined]
    assert kinds == {"Order", "LedgerPage"}
    assert told["deliveries"]
    assert "zoé recognisable" in told["known_as"]  # type: ignore[operator]
    assert json.dumps(told)
    username = scene.order().seats[0].username
    assert people.show(world, username)["records"] == told["records"]


@pytest.mark.rule("G1")
def test_who_is_forgotten_is_named_nowhere_and_the_others_stay() -> None:
    scene = a_finished_sale()
    world = watched(scene.world)
    assert "zoe.recognisable" in dumped(world)
    before = scene.order()
    told = people.forget(world, ZOE.email, "asked by letter")
    assert told.kept == ()
    after = dumped(world)
    for mark in ("zoe", "zoé", "recognisable@client.example+33", "vire", "+33 6"):
        assert mark not in after, mark
    assert "bob@client.example" in after
    assert "rose.recognisable" in after
    # What the guarantees rest on stays: states, dates, lines, amounts, and seats as many.
    now = scene.order()
    assert (now.state, now.lines[0].amount, now.paid_at, len(now.seats)) == (
        before.state,
        before.lines[0].amount,
        before.paid_at,
        len(before.seats),
    )
    assert [moment.at for moment in now.history] == [moment.at for moment in before.history]
    [(_, document)] = [(k, world.papers[k]) for k in world.inventory.documents() if k.startswith("erasures/")]
    assert document["because"] == "asked by letter"
    with pytest.raises(NotFound, match="person_not_held"):
        people.forget(world, ZOE.email, "again")


@pytest.mark.rule("G1")
def test_a_buyer_is_forgotten_too_with_what_only_the_delivery_said() -> None:
    scene = a_finished_sale()
    world = watched(scene.world)
    people.forget(world, ROSE.email, "asked")
    assert "rose" not in dumped(world)
    assert scene.order().buyer.email.endswith("@forgotten.invalid")


@pytest.mark.rule("G1")
def test_what_is_still_running_keeps_the_name_and_says_why() -> None:
    scene = OrderScene()
    scene.sell(some_facts(lines=(replace(a_line(), participants=(ZOE, a_participant("bob"))),), buyer=ROSE))
    world = watched(scene.world)
    told = people.forget(world, ZOE.email, "asked")
    assert {(one.kind, one.why) for one in told.kept} == {
        ("Order", "access_runs"),
        ("LedgerPage", "access_runs"),
    }
    assert scene.order().seats[0].person.email == ZOE.email
    scene.clock.tick(timedelta(days=40))
    assert people.forget(world, ZOE.email, "asked").kept == ()
    assert "zoe" not in dumped(world)


@pytest.mark.rule("G1")
def test_an_order_in_progress_keeps_its_people() -> None:
    scene = OrderScene()
    scene.sell(some_facts(lines=(replace(a_line(), product="?"),), buyer=ROSE))
    told = people.forget(watched(scene.world), ROSE.email, "asked")
    assert ("Order", "order_in_progress") in {(one.kind, one.why) for one in told.kept}


@pytest.mark.rule("G1")
def test_forgetting_that_was_cut_anywhere_is_finished_by_the_next_time(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """By the address alone, though no record may be left that ties it to the username."""
    real = erasures.forget_record
    for place in range(1, 8):
        scene = a_finished_sale()
        world = watched(scene.world)
        [seat] = [one for one in scene.order().seats if one.person.email == ZOE.email]
        page = next(one for one in scene.records.all(LedgerPage) if one.username == seat.username)
        scene.records.change(page, replace(page, username="u1"))
        order = scene.order()
        seats = tuple(replace(one, username="u1") if one == seat else one for one in order.seats)
        scene.records.change(order, replace(order, seats=seats))
        calls = itertools.count(1)

        def cut(*given: Any, calls: Any = calls, place: int = place) -> int:
            if next(calls) == place:
                raise KeyboardInterrupt
            return real(*given)

        monkeypatch.setattr(erasures, "forget_record", cut)
        with suppress(KeyboardInterrupt):
            people.forget(world, ZOE.email, "asked")
        monkeypatch.setattr(erasures, "forget_record", real)
        with suppress(NotFound):  # the last ones were not cut at all
            people.forget(world, ZOE.email, "asked")
        assert "zoe" not in dumped(world)
        assert "'u1'" not in dumped(world)


@pytest.mark.rule("G1")
def test_a_reason_is_needed() -> None:
    with pytest.raises(Refused, match="because_needed"):
        people.forget(watched(a_finished_sale().world), ZOE.email, " ")


@pytest.mark.rule("G1")
def test_the_author_of_a_publication_and_who_brought_it_home_are_forgotten_and_the_course_stays() -> None:
    scene = Scene()
    scene.save()
    publication = str(scene.publish()["publication"])
    scene.deliver()
    scene.retrieve(publication)
    scene.deliver()
    world = watched(scene.world)
    for person in (ADA, GRACE):
        assert person.email.lower() in dumped(world)
        assert people.forget(world, person.username, "left the university").kept == ()
        for name in (person.email, person.fullname):
            assert name.lower() not in dumped(world)
    assert "chim1" in dumped(world)


@pytest.mark.rule("G1")
def test_who_rolled_a_course_over_is_forgotten() -> None:
    scene = YearScene()
    scene.courses()
    scene.roll_over()
    world = watched(scene.world)
    assert ADA.email.lower() in dumped(world)
    people.forget(world, ADA.email, "asked")
    assert ADA.email.lower() not in dumped(world)
    assert ADA.fullname.lower() not in dumped(world)


@pytest.mark.rule("G1")
def test_papers_of_nights_and_deposits_name_the_person_no_more() -> None:
    scene = a_finished_sale()
    deposits = {
        "sis/caen/2026-10-01/people.csv": "code;login;nom\nP1;zoe.recognisable@client.example;R\nP2;bob;B\n",
        "sis/caen/2026-10-02/people.csv": "code;login;nom\nP2;bob;B\n",
        "nights/caen/2026-10-01/report/index.html": "<td>Zoé Recognisable</td><td>Bob</td>",
    }
    scene.world.papers.put(
        "nights/caen/2026-10-01/x/chunks/1.json",
        {
            "operations": [
                {
                    "op": "user",
                    "username": "zr1",
                    "email": ZOE.email,
                    "lastname": "Recognisable",
                    "firstname": "Zoé",
                }
            ]
        },
    )
    world = watched(scene.world, deposits)
    people.forget(world, ZOE.email, "asked")
    assert "zoe" not in dumped(world)
    assert "zoé" not in dumped(world)
    assert deposits["sis/caen/2026-10-01/people.csv"] == "code;login;nom\nP2;bob;B\n"
    assert "<td>Bob</td>" in deposits["nights/caen/2026-10-01/report/index.html"]


@pytest.mark.rule("G1")
def test_a_name_that_others_bear_too_is_left_to_them() -> None:
    """A username like a site's, a family name like another's: only whole names and addresses are looked for."""
    scene = a_finished_sale()
    world = watched(scene.world)
    people.forget(world, ZOE.email, "asked")
    assert scene.order().buyer.lastname == "Recognisable"
    assert scene.order().site == "caen"
    assert isinstance(scene.order(), Order)


@pytest.mark.rule("G1")
def test_whoever_asks_is_shown_nothing_of_anybody_else() -> None:
    scene = a_finished_sale()
    deposits = {
        "nights/caen/2026-10-01/x/chunks/1.json": json.dumps(
            {"operations": [{"op": "enrol", "username": n, "email": n} for n in (ZOE.email, "eve@x.example")]}
        )
    }
    told = json.dumps(people.show(watched(scene.world, deposits), ZOE.email))
    assert ZOE.email in told
    for other in ("bob", "rose", "eve@x.example", "+33 1"):
        assert other not in told.lower(), other


@pytest.mark.rule("G1")
def test_what_was_answered_refused_or_replaced_is_searched_and_dropped() -> None:
    scene = a_finished_sale()
    world = watched(scene.world)
    stays = Leftover("refusal", "Reference/caen/B.json", '{"details": {"asked": "Bob Zoé"}}')
    named = [
        Leftover("refusal", "Reference/caen/A.json", '{"details": {"asked": "Zoé Recognisable"}}'),
        Leftover("answer", "Request/caen/1.json", json.dumps({"text": f"to {ZOE.email}"})),
        Leftover("version", "nights/caen/memory.json", json.dumps({"x": ZOE.email})),
    ]
    world.inventory.left = [*named, stays]  # type: ignore[attr-defined]
    shown = people.show(world, ZOE.email)
    assert [one["kind"] for one in shown["leftovers"]] == [one.kind for one in named]  # type: ignore[attr-defined]
    people.forget(world, ZOE.email, "asked")
    assert list(world.inventory.leftovers()) == [stays]


OFFICE = Operator(site="caen", identity="ada", name="Ada Lovelace")


def of_the_console(scene: Scene) -> tuple[ConsoleSession, ConsoleAct]:
    now = scene.clock.now()
    session = ConsoleSession(id="s", operator=OFFICE, opened_at=now, until=now + timedelta(hours=8))
    act = ConsoleAct(
        id="a", at=now, by=OFFICE.id, act="run_hold", about="caen/1", why="says caen:ada, Ada Lovelace"
    )
    return scene.records.add(session), scene.records.add(act)


@pytest.mark.rule("G1")
def test_who_signed_in_to_the_console_is_forgotten_and_what_was_decided_stays() -> None:
    scene = Scene()
    of_the_console(scene)
    world = watched(scene.world)
    assert {row["kind"] for row in people.show(world, "ada")["records"]} >= {"ConsoleSession", "ConsoleAct"}  # type: ignore[attr-defined]
    told = people.forget(world, "ada", "ada (Ada Lovelace) left the university")
    assert told.because == f"{told.alias} ({told.alias}) left the university"
    assert told.kept == ()
    assert scene.records.all(ConsoleSession) == ()
    [act] = scene.records.all(ConsoleAct)
    assert (act.by, act.act, act.about) == (f"caen:{told.alias}", "run_hold", "caen/1")
    assert act.why == f"says caen:{told.alias}, {told.alias}"


@pytest.mark.rule("G1")
def test_the_acts_of_whoever_is_still_in_office_stay_signed() -> None:
    scene = Scene()
    of_the_console(scene)
    scene.world.papers.put("config/network.json", {"operators": ["caen:ada"], "name": "ada’s network"})
    world = watched(scene.world)
    told = people.forget(world, "ada", "asked")
    assert {(one.kind, one.why) for one in told.kept} == {
        ("ConsoleAct", "named_in_network"),
        ("network.yaml", "named_in_network"),
    }
    assert world.papers.get("config/network.json")["operators"] == ["caen:ada"]  # type: ignore[index]
    assert scene.records.all(ConsoleAct)[0].by == "caen:ada"


@pytest.mark.rule("G1")
def test_a_lock_of_a_private_area_goes_once_it_holds_nothing() -> None:
    scene = Scene()
    held = TargetLock(id="caen#12/stash/zed", holder="x", until=scene.clock.now() + timedelta(hours=1))
    scene.records.add(held)
    world = watched(scene.world)
    assert {one.why for one in people.forget(world, "zed", "asked").kept} == {"rollover_in_progress"}
    scene.clock.tick(timedelta(hours=2))
    people.forget(world, "zed", "asked")
    assert scene.records.all(TargetLock) == ()


@pytest.mark.rule("G1")
def test_where_usernames_do_not_tell_people_apart_a_namesake_of_another_site_is_somebody_else() -> None:
    scene = a_finished_sale()
    order = scene.order()
    namesake = replace(order.seats[1], username=order.seats[0].username)
    assert namesake.person.email != ZOE.email
    scene.records.change(order, replace(order, seats=(order.seats[0], namesake)))
    world = watched(scene.world)
    world = replace(world, network=replace(world.network, identity="email"))
    people.forget(world, ZOE.email, "asked")
    assert [seat.person.email.endswith("@forgotten.invalid") for seat in scene.order().seats] == [True, False]


@pytest.mark.rule("G1", "S12")
@pytest.mark.parametrize("text", ['{"still": {"nam', "[]"])
def test_an_erasure_that_was_cut_keeps_nobody_else_from_being_forgotten(text: str) -> None:
    scene = a_finished_sale()
    world = watched(scene.world)
    people.forget(world, ZOE.email, "asked", rest_tonight=True)
    scene.world.papers.put_json("erasures/cut.json", text)  # type: ignore[attr-defined]
    people.forget_the_rest(world)
    assert "zoe" not in dumped(world)
    assert [one.id for one in scene.records.all(Broken)] == ["erasures/cut.json"]
    people.forget(world, ROSE.email, "asked")
    assert "rose" not in dumped(world)


@pytest.mark.rule("G2", "S12")
def test_what_stops_one_step_of_the_night_stops_no_other_and_is_said(monkeypatch: pytest.MonkeyPatch) -> None:
    done = []

    def step(world: World) -> int:
        done.append(world)
        return 1

    def stops(_world: World) -> int:
        raise GiveUp("record_unreadable")

    monkeypatch.setattr(tidy, "STEPS", (stops, step, step))
    with pytest.raises(GiveUp, match="record_unreadable"):
        tidy.tidy(a_finished_sale().world)
    assert len(done) == 2


@pytest.mark.rule("G1")
def test_an_erasure_says_how_many_things_it_changed_of_each_kind_cut_or_not() -> None:
    for cut in (False, True):
        scene = a_finished_sale()
        row = json.dumps({"operations": [{"op": "enrol", "username": ZOE.email}]})
        deposits = {f"nights/caen/2026-10-01/x/chunks/{number}.json": row for number in (1, 2, 3)}
        world = watched(scene.world, deposits)
        world.inventory.left = [Leftover("answer", f"{n}.json", row) for n in (1, 2)]  # type: ignore[attr-defined]
        shown = people.show(world, ZOE.email)
        held = {kind: len(shown[kind]) for kind in ("records", "deliveries", "documents", "leftovers")}  # type: ignore[arg-type]
        assert held == {"records": 2, "deliveries": 1, "documents": 3, "leftovers": 2}
        if cut:
            assert people.forget(world, ZOE.email, "asked", rest_tonight=True).changed == 8
            assert people.forget_the_rest(world) == 0
        else:
            assert people.forget(world, ZOE.email, "asked").changed == 8
        [said] = [world.papers[key] for key in world.inventory.documents() if key.startswith("erasures/")]
        assert (said["changed"], "still" in said) == (8, False)


@pytest.mark.rule("G1")
@pytest.mark.parametrize(
    "body",
    [
        json.dumps({"id": 7, "billing_name": "Zoé Recognisable"}).encode(),  # as WordPress writes: Zo\\u00e9
        b'{"id": 7, "note": "caf\xe9", "email": "zoe.recognisable@client.example"}',  # no UTF-8
    ],
    ids=["escaped", "in another encoding"],
)
def test_a_delivery_that_names_the_person_goes_however_its_shop_writes(body: bytes) -> None:
    scene = a_finished_sale()
    world = watched(scene.world)
    receive(world, "boutique", "msg_odd", "order.updated", body, readable=False)
    receive(world, "boutique", "msg_other", "order.updated", b'{"note": "caf\\u00e9"}', readable=False)
    people.forget(world, ZOE.email, "asked")
    assert [one.id for one in scene.records.all(Delivery)] == ["boutique:msg_other"]


@pytest.mark.rule("G1")
def test_a_name_is_kept_to_the_end_of_what_needs_it_and_no_longer() -> None:
    scene = OrderScene()
    scene.sell(some_facts(lines=(replace(a_line(), participants=(ZOE,)),), buyer=ROSE))
    now = scene.clock.now()
    scene.records.add(TargetLock(id="caen#12/stash/zed", holder="x", until=now + timedelta(hours=1)))
    world = watched(scene.world)
    scene.clock.set(now + timedelta(hours=1) - timedelta(seconds=1))
    assert {one.why for one in people.forget(world, "zed", "asked").kept} == {"rollover_in_progress"}
    scene.clock.set(now + timedelta(hours=1))
    assert people.forget(world, "zed", "asked").kept == ()
    scene.clock.set(now + timedelta(days=35) - timedelta(seconds=1))  # of access to the course
    assert {one.why for one in people.forget(world, ZOE.email, "asked").kept} == {"access_runs"}
    scene.clock.set(now + timedelta(days=35))
    assert people.forget(world, ZOE.email, "asked").kept == ()


@pytest.mark.rule("G1", "S16")
def test_a_buyer_whom_the_shop_corrected_since_is_forgotten_with_the_rest() -> None:
    scene = OrderScene()
    scene.sell(some_facts(buyer=ROSE))
    scene.sell(some_facts(buyer=a_buyer(), snapshot_at=scene.clock.now() + timedelta(hours=1)))
    assert [seat.person.email for seat in scene.order().former] == [ROSE.email]
    scene.clock.tick(timedelta(days=40))
    world = watched(scene.world)
    people.forget(world, ROSE.email, "asked")
    assert "rose.recognisable" not in dumped(world)
    assert "rh@client.example" in dumped(world)


@pytest.mark.rule("G1", "G2")
def test_each_night_what_was_asked_by_day_is_forgotten_and_what_is_past_its_time_names_nobody() -> None:
    """And answers how many things went."""
    scene = a_finished_sale()
    world = watched(replace(scene.world, network=replace(scene.network, retention=Retention(orders=100))))
    changed = people.forget(world, ZOE.email, "asked", rest_tonight=True).changed
    row = json.dumps({"operations": [{"op": "enrol", "username": ZOE.email}]})
    world.inventory.deposits["nights/caen/2026-10-01/x/chunks/1.json"] = row  # type: ignore[attr-defined]
    upload = an_upload(state=BackupState.RECEIVED, created_at=scene.clock.now())
    scene.records.add(upload)
    listed = len(list(world.inventory.records()))
    assert tidy.tidy(world) == listed + 1
    assert "zoe" not in dumped(world)
    scene.clock.tick(timedelta(days=200))
    before = {one.id: repr(one) for one in world.inventory.records()}
    count = tidy.tidy(world)
    after = {one.id: repr(one) for one in world.inventory.records()}
    assert "client.example" not in dumped(world)
    assert count == sum(after.get(name) != text for name, text in before.items())
    assert scene.records[Upload, upload.id].state is BackupState.DELETED
    assert changed > 0


@pytest.mark.rule("G1", "S12")
def test_a_delivery_that_nobody_read_yet_is_kept_for_its_order() -> None:
    scene = a_finished_sale()
    world = watched(scene.world)
    scene.send(some_facts("1043", lines=(replace(a_line(), participants=(ZOE,)),), buyer=a_buyer()), "msg_b")
    told = people.forget(world, ZOE.email, "asked")
    assert told.kept == (people.Held("table", "Delivery", "boutique:msg_b", "order_in_progress"),)
    assert [one.id for one in scene.records.all(Delivery)] == ["boutique:msg_b"]
    scene.deliver()
    assert ZOE.email in repr([asdict(seat.person) for seat in scene.order("boutique:1043").seats])


@pytest.mark.rule("G1")
def test_of_what_is_not_shown_itself_it_is_told_what_it_is_and_from_when() -> None:
    scene = a_finished_sale()
    world = watched(scene.world)
    world.inventory.left = [Leftover("answer", "Request/caen/1.json", json.dumps({"to": ZOE.email}))]  # type: ignore[attr-defined]
    shown = people.show(world, ZOE.email)
    [delivery] = scene.records.all(Delivery)
    assert shown["deliveries"] == [{"id": delivery.id, "received_at": delivery.received_at.isoformat()}]
    assert shown["leftovers"] == [
        {"kind": "answer", "id": "Request/caen/1.json", "lines": [f'{{"to": "{ZOE.email}"}}']}
    ]
    assert shown["kept_because"] == []
