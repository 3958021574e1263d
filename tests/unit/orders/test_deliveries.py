"""What becomes of each delivery, by table: taken once, left alone, parked, or waiting for its order (S12, S14, S16)."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest

from passerelle.domain.orders.delivery import Delivery
from passerelle.domain.orders.facts import Facts
from passerelle.domain.orders.people import RowProblem
from passerelle.domain.records import Note
from passerelle.domain.states import OrderState
from passerelle.errors import GiveUp, Refused
from passerelle.usecases.orders import seats, seller, work
from tests.factories.orders import a_line, a_participant, a_shop, some_facts
from tests.factories.records import NOW
from tests.scenes.orders import OrderScene

MESSAGE = "boutique:msg_1"


def delivered(scene: OrderScene, facts: Facts | None = None, **changes: Any) -> Delivery:
    """Stored, not worked on yet; with what its reading will say."""
    scene.send(some_facts(), "msg_1")
    scene.queues.sent.clear()
    kept = scene.records[Delivery, MESSAGE]
    read = facts or some_facts()
    whole = scene.shops.read
    scene.shops.read = lambda one: read if one.id == MESSAGE else whole(one)  # type: ignore[method-assign]
    return scene.records.change(kept, replace(kept, **changes))


def taken(scene: OrderScene) -> Delivery:
    work.work(scene.world, "delivery", MESSAGE)
    return scene.records[Delivery, MESSAGE]


@pytest.mark.rule("S12")
def test_a_delivery_is_taken_once_and_from_then_on_its_order_is_gone_on_with() -> None:
    scene = OrderScene()
    delivered(scene)
    done = taken(scene)
    assert (done.state, done.order, done.why) == ("taken", "boutique:1042", None)
    assert scene.order().state == OrderState.FULFILLED
    deliveries = scene.order().deliveries

    def not_again(_delivery: Delivery) -> Facts:
        raise AssertionError("read again")

    scene.shops.read = not_again  # type: ignore[method-assign]
    order = scene.order()
    scene.records.change(order, replace(order, state=OrderState.PAID))
    assert taken(scene) == done
    assert (scene.order().state, scene.order().deliveries) == (OrderState.FULFILLED, deliveries)


@pytest.mark.rule("S12")
@pytest.mark.parametrize("state", ["ignored", "parked"])
def test_what_was_ignored_or_parked_is_left_alone_until_somebody_replays_it(state: str) -> None:
    scene = OrderScene()
    before = delivered(scene, state=state, why=Note("no_order"))
    assert taken(scene) == before
    assert scene.records.list(Delivery, "state", state).items == (before,)
    work.replay(scene.world, MESSAGE)
    again = scene.records[Delivery, MESSAGE]
    assert (again.state, again.why) == ("pending", None)
    assert scene.queues["orders"] == [{"delivery": MESSAGE}]
    scene.deliver()
    assert scene.order().state == OrderState.FULFILLED


@pytest.mark.rule("S12", "S14")
@pytest.mark.parametrize(
    ("read", "state", "why"),
    [
        (None, "ignored", Note("no_order")),
        (
            GiveUp("payload_unreadable", where="lines"),
            "parked",
            Note("payload_unreadable", {"where": "lines"}),
        ),
        (Facts(order="7", sale=False), "ignored", Note("order_never_here")),
    ],
    ids=["of nothing that is sold", "unreadable", "of an order that is not here"],
)
def test_a_delivery_that_makes_no_order_says_why(read: Any, state: str, why: Note) -> None:
    scene = OrderScene()
    delivered(scene)

    def answers(_delivery: Delivery) -> Facts | None:
        if isinstance(read, GiveUp):
            raise read
        return read  # type: ignore[no-any-return]

    scene.shops.read = answers  # type: ignore[method-assign]
    done = taken(scene)
    assert (done.state, done.why) == (state, why)
    assert scene.queues["orders"] == []


@pytest.mark.rule("S14", "S16")
@pytest.mark.parametrize("name", ["1042", "pi_1"])
def test_what_speaks_of_an_order_waits_under_each_of_its_names_and_is_taken_after_it(name: str) -> None:
    scene = OrderScene()
    delivered(scene, Facts(order="re_1", refs=("1042", "pi_1"), sale=False, cancelled_at=NOW))
    assert taken(scene).state == "ignored"
    scene.sell(some_facts(name, refs=() if name == "1042" else ("ch_1",)), "msg_2")
    assert scene.records[Delivery, MESSAGE].order == f"boutique:{name}"
    assert scene.order(f"boutique:{name}").state == OrderState.CANCELLED
    assert scene.enrolled() == {}


# -- places -------------------------------------------------------------------------------------------------


@pytest.mark.rule("S3", "S18")
@pytest.mark.parametrize(
    ("person", "code"),
    [
        (a_participant("bob"), "email_seated"),
        (a_participant("ana"), "email_seated"),
        (a_participant("x", email="nope"), "email_invalid"),
        (a_participant("x", lastname=""), "name_missing"),
    ],
)
def test_a_swap_to_whom_no_place_can_be_given_changes_nothing(person: Any, code: str) -> None:
    scene = OrderScene()
    scene.sell(some_facts())
    before = scene.order()
    problems = seats.swap(scene.world, "boutique:1042", "1:ana@client.example", person)
    assert problems == (RowProblem(1, code),)
    assert scene.order() == before
    assert scene.queues["orders"] == []


@pytest.mark.rule("S3")
def test_of_a_table_of_people_each_wrong_row_is_told_and_nobody_is_given_a_place() -> None:
    scene = OrderScene()
    scene.sell(some_facts(lines=(replace(a_line(), quantity=9, amount=9000),)))
    people = (
        a_participant("dan"),
        a_participant("dan", firstname="Daniel"),
        a_participant("ana"),
        a_participant("eve", course="AUTRE"),
    )
    assert seats.name_people(scene.world, "boutique:1042", "1", people) == (
        RowProblem(2, "email_repeated"),
        RowProblem(3, "email_seated"),
        RowProblem(4, "course_unknown"),
    )
    assert len(scene.order().seats) == 4
    assert scene.queues["orders"] == []


@pytest.mark.rule("S3", "S14")
@pytest.mark.parametrize("gone", ["cancelled", "unpaid", "its shop is closed"])
def test_no_place_is_given_of_an_order_that_is_not_owed(gone: str) -> None:
    scene = OrderScene()
    changes = {"cancelled": {"cancelled_at": NOW}, "unpaid": {"paid_at": None}}.get(gone, {})
    scene.sell(some_facts(**changes))
    world = scene.world
    if gone == "its shop is closed":
        world = replace(world, network=replace(scene.network, shops={}))
    with pytest.raises(Refused, match="order_gone"):
        seats.name_people(world, "boutique:1042", "1", (a_participant("dan"),))


# -- whoever sells ------------------------------------------------------------------------------------------


@pytest.mark.rule("S19")
def test_the_seller_reads_how_much_waits_each_with_its_reason_and_what_helps() -> None:
    scene = OrderScene(a_shop(report_to=("vente",)))
    scene.moodle.add_user("vente", "Vera", "Ente", email="vente@caen.example")
    for number, line in (("1", replace(a_line(), amount=100)), ("2", replace(a_line(), product="?"))):
        scene.sell(some_facts(number, total=line.amount or 0, lines=(line,)))
    scene.clock.tick(timedelta(hours=1))
    assert seller.tell(scene.world, everything=False) == 2
    [message] = scene.moodle.state.messages
    head, *rows = str(message.values["text"]).replace("\u00a0", " ").split("\n\n")
    assert "boutique" in head
    assert "2" in head
    assert [row.splitlines()[0].split(" : ")[0] for row in rows] == ["– boutique:1", "– boutique:2"]
    assert [row.splitlines()[1] for row in rows] == [
        '  passerelle orders release boutique:1 --because "…"',
        "  passerelle orders replay boutique:2",
    ]
    assert "boutique" in str(message.values["subject"])
