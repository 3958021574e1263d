"""An order of four people, killed at every call to the outside, before and after its effect, and taken again.

Outside are the store, the queue and each web-service call. Each story is one test that lists every cut that
ended otherwise: thousands of items would say no more.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from datetime import timedelta

import pytest

from passerelle.domain.orders.facts import Refund
from tests.factories.orders import a_buyer, a_line, a_participant, some_facts
from tests.factories.records import NOW
from tests.fakes.cutting import Cut, every_cut
from tests.scenes.orders import OrderScene


def an_order_of_four(scene: OrderScene) -> None:
    """One of them is known to the Moodle already."""
    scene.moodle.add_user("cleo", "Cleo", "Martin", email="Cleo@client.example")
    scene.sell(some_facts(), "msg_a")


def a_refund_of_everything(scene: OrderScene) -> None:
    scene.sell(some_facts())
    refund = Refund("r1", 4000, {"1": 4}, NOW)
    scene.sell(some_facts(refunds=(refund,), snapshot_at=NOW + timedelta(hours=1)))


def a_delivery_that_comes_twice(scene: OrderScene) -> None:
    scene.send(some_facts(), "msg_a")
    scene.send(some_facts(), "msg_a")
    scene.deliver()


def a_buyer_whom_the_shop_corrects(scene: OrderScene) -> None:
    """Cut before the wrong one lost what they got, the order still knows whom it was about (S16)."""
    line = replace(a_line(), quantity=1, amount=1000, participants=(a_participant("ana"),))
    scene.sell(some_facts(lines=(line,)))
    right = a_buyer(email="formation@client.example")
    scene.sell(some_facts(lines=(line,), buyer=right, snapshot_at=NOW + timedelta(hours=1)))


slow = pytest.mark.slow


@pytest.mark.rule("S12", "S1", "S4", "S5", "S16")
@pytest.mark.parametrize(
    ("story", "plugins"),
    [
        pytest.param(an_order_of_four, True, id="order"),
        pytest.param(an_order_of_four, False, id="order-plain", marks=slow),
        pytest.param(a_buyer_whom_the_shop_corrects, True, id="corrected"),
        pytest.param(a_buyer_whom_the_shop_corrects, False, id="corrected-plain", marks=slow),
        pytest.param(a_delivery_that_comes_twice, True, id="twice", marks=slow),
        pytest.param(a_refund_of_everything, True, id="refund", marks=slow),
        pytest.param(a_refund_of_everything, False, id="refund-plain", marks=slow),
    ],
)
def test_an_order_cut_anywhere_ends_as_if_undisturbed(
    story: Callable[[OrderScene], None], plugins: bool
) -> None:
    rehearsal = Cut()
    scene = OrderScene(plugins=plugins).cut_at(rehearsal)
    story(scene)
    undisturbed = scene.end()
    assert len(rehearsal.calls) > 40
    otherwise = []
    for cut in every_cut(len(rehearsal.calls)):
        scene = OrderScene(plugins=plugins).cut_at(cut)
        story(scene)
        # A call that raised has no "after"; every other cut must have been reached.
        assert scene.cuts or cut.when == "after", f"{cut!r} was not reached"
        end = scene.end()
        if not plugins:
            end = without_lost_messages(end, undisturbed)
        if end != undisturbed:
            differing = [name for name in end if end[name] != undisturbed[name]]
            otherwise.append(f"{cut.when} {cut.at} {rehearsal.calls[(cut.at or 1) - 1]}: {differing}")
    assert not otherwise, "\n".join(otherwise)


def without_lost_messages(end, undisturbed):  # type: ignore[no-untyped-def]
    """A Moodle without the plugin cannot tell a repetition: a message cut while it goes may be missing, but
    none comes twice.
    """
    assert not end["messages"] - undisturbed["messages"]
    return {**end, "messages": undisturbed["messages"]}
