"""Orders of thousands of people (S3): worked on some hundred at a time, ended whole, cut anywhere."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from datetime import timedelta

import pytest

from passerelle.domain.orders.facts import Facts, Refund
from passerelle.domain.orders.order import Order
from passerelle.domain.orders.session import MOST_PEOPLE
from passerelle.domain.states import OrderState
from passerelle.errors import GiveUp
from passerelle.usecases.orders import fulfil, order_run, seats, work
from tests.factories.orders import a_buyer, a_line, a_participant, some_facts
from tests.factories.records import NOW
from tests.scenes.orders import OrderScene
from tests.unit.orders import test_beside

LATER = NOW + timedelta(hours=1)


@pytest.fixture
def one_at_a_time(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """Every order of two is a large one."""
    monkeypatch.setattr(order_run, "AT_ONCE", 1)
    monkeypatch.setattr(fulfil, "AT_ONCE", 1)
    return


def of_people(count: int, lines: int = 1, **changes: object) -> Facts:
    each = count // lines
    sold = tuple(
        replace(
            a_line(str(number + 1)),
            quantity=each,
            amount=1000 * each,
            participants=tuple(a_participant(f"p{number * each + n}") for n in range(each)),
        )
        for number in range(lines)
    )
    return some_facts(lines=sold, **changes)


@pytest.mark.rule("S3", "S12")
@pytest.mark.parametrize(
    ("count", "lines"),
    [
        (1_200, 1),
        pytest.param(2_000, 400, marks=pytest.mark.slow),
        pytest.param(5_000, 1, marks=pytest.mark.slow),
    ],
)
def test_everybody_of_a_large_order_is_enrolled_and_everybody_goes_with_it(count: int, lines: int) -> None:
    scene = OrderScene()
    scene.sell(of_people(count, lines))
    assert scene.order().state == OrderState.FULFILLED
    assert len(scene.enrolled()) == len(scene.members()["boutique:1042"]) == count
    assert scene.messages()["rh@client.example"] == 1
    assert scene.messages()["p0@client.example"] == 1
    scene.sell(of_people(count, lines, snapshot_at=LATER, cancelled_at=LATER))
    assert scene.order().state == OrderState.CANCELLED
    assert scene.enrolled() == {}
    assert scene.ties() == []


@pytest.mark.rule("S3")
def test_more_people_than_can_be_held_are_refused_before_anything_is_made() -> None:
    scene = OrderScene()
    scene.sell(of_people(MOST_PEOPLE + 1))
    (why,) = scene.order().why
    assert (scene.order().state, why.code) == (OrderState.PARKED, "too_many_at_once")
    assert why.details == {"people": "5001", "most": "5000"}
    assert scene.caen.calls == []


@pytest.mark.rule("S3")
def test_twelve_hundred_people_are_named_at_once_for_free_seats() -> None:
    scene = OrderScene()
    scene.sell(some_facts(lines=(replace(a_line(), quantity=1_300, amount=1_300_000, participants=()),)))
    people = tuple(a_participant(f"p{n}") for n in range(1_200))
    assert seats.name_people(scene.world, "boutique:1042", "1", people) == ()
    scene.deliver()
    assert len(scene.enrolled()) == 1_200


@pytest.mark.rule("S3", "S9")
@pytest.mark.usefixtures("one_at_a_time")
def test_what_moves_for_all_moves_for_all_of_a_large_order() -> None:
    scene = OrderScene()
    scene.sell(some_facts())
    day = 86_400
    before = {row[0]: row[2] for row in scene.end()["dates"]}
    work.reschedule(scene.world, "boutique:1042", day, "chef")
    scene.deliver()
    after = {row[0]: row[2] for row in scene.end()["dates"]}
    assert after == {name: start + day for name, start in before.items()}


@pytest.mark.rule("S3", "S14")
@pytest.mark.usefixtures("one_at_a_time")
def test_a_part_refunded_of_a_large_order_takes_whom_the_buyer_says() -> None:
    scene = OrderScene()
    scene.sell(some_facts())
    scene.sell(some_facts(snapshot_at=LATER, refunds=(Refund("r", 1000, {"1": 1}, LATER),)))
    assert scene.order().state == OrderState.WAITING
    seats.give_back(scene.world, "boutique:1042", "1:bob@client.example")
    scene.deliver()
    assert scene.order().state == OrderState.FULFILLED
    assert sorted(scene.enrolled()) == [f"{name}@client.example" for name in ("ana", "cleo", "tom")]


@pytest.mark.rule("S3", "S16")
@pytest.mark.usefixtures("one_at_a_time")
def test_a_buyer_corrected_of_a_large_order_leaves_nothing_to_the_wrong_one() -> None:
    scene = OrderScene()
    scene.sell(some_facts())
    scene.sell(some_facts(snapshot_at=LATER, buyer=a_buyer(email="formation@client.example")))
    assert scene.enrolled("SUPPORT") == {"formation@client.example": ("student",)}
    assert {holder for holder, _, _ in scene.ties()} == {"formation@client.example"}


@pytest.mark.rule("S3", "S12", "S14")
@pytest.mark.usefixtures("one_at_a_time")
def test_large_orders_beside_one_another_end_as_the_shop_says() -> None:
    assert test_beside.wrong(range(100)) == {}


@pytest.mark.rule("S3", "S12")
def test_whatever_stops_a_paid_order_is_written_into_it(monkeypatch: pytest.MonkeyPatch) -> None:
    scene = OrderScene()
    key = scene.send(some_facts())

    def too_large(_run: object) -> None:
        raise GiveUp("record_too_large", kind="LedgerPage", size=1)

    monkeypatch.setattr(fulfil, "work", too_large)
    scene.deliver()
    assert scene.records[Order, key].state == OrderState.PARKED
    assert [note.code for note in scene.records[Order, key].why] == ["record_too_large"]
