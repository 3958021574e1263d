"""A catalogue that changes after a sale changes nothing for it (S14): whoever paid keeps what was bought."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest

from passerelle.domain.network import Network
from passerelle.domain.orders.facts import Refund
from passerelle.domain.orders.order import Order
from passerelle.domain.states import OrderState
from passerelle.usecases.orders import fulfil, seats, work
from tests.factories.orders import a_line, a_participant, a_product, a_selling_network, a_shop, some_facts
from tests.factories.records import NOW
from tests.scenes.orders import OrderScene

PARAMETERS = "coursename=SPOCM1&supervisor=teacher&duration=35&customersupport=SUPPORT"
LATER = NOW + timedelta(hours=1)

CHANGES: dict[str, dict[str, Any]] = {
    "retired": {"products": {}},
    "no training any more": {"products": {}, "ignored": ("SPOCM1",)},
    "mistyped": {"products": {"SPOCM1": a_product(parameters=PARAMETERS.replace("duration", "durration"))}},
    "repointed": {"products": {"SPOCM1": a_product(parameters=PARAMETERS.replace("SPOCM1", "SPOCM2"))}},
    "dearer": {"products": {"SPOCM1": a_product(price="12.00")}},
    "shorter": {"products": {"SPOCM1": a_product(parameters=PARAMETERS.replace("35", "5"))}},
    "another handler": {
        "products": {"SPOCM1": a_product("std_enrolonecourse", parameters="coursename=SPOCM2")}
    },
    "other roles": {"learner_role": "teacher", "tutor_role": "student"},
    "other roles over people": {"attachment": replace(a_shop().attachment, over_new="viewer")},
}


def completed(scene: OrderScene) -> None:
    scene.sell(some_facts(snapshot_at=LATER))


def replayed(scene: OrderScene) -> None:
    work.replay(scene.world, "boutique:1042")
    scene.deliver()


def a_gesture(scene: OrderScene) -> None:
    scene.sell(some_facts(snapshot_at=LATER, refunds=(Refund("g", 100, {}, LATER),)))


EVENTS = {"completed": completed, "replayed": replayed, "a gesture of 1.00 EUR": a_gesture}


def changed(scene: OrderScene, network: Network) -> None:
    scene.base = scene.world = replace(scene.base, network=network)
    scene.shops._network = network


def as_the_last_release_left_it(scene: OrderScene) -> None:
    order = scene.order()
    scene.records.change(order, replace(order, sales=(), site=""))


def stands(scene: OrderScene) -> tuple[Any, ...]:
    end = scene.end()
    return tuple(end[name] for name in ("enrolled", "dates", "groups", "ties", "accounts"))


@pytest.mark.rule("S14", "S12")
@pytest.mark.parametrize("release", ["this", "the last"])
@pytest.mark.parametrize("event", EVENTS)
@pytest.mark.parametrize("change", CHANGES)
def test_what_was_sold_stays_as_it_was_sold(change: str, event: str, release: str) -> None:
    scene = OrderScene()
    scene.moodle.add_course("SPOCM2", "Un autre", idnumber="SPOC-2", sections=1)
    scene.sell(some_facts())
    before = stands(scene)
    if release == "the last":
        as_the_last_release_left_it(scene)
    changed(scene, a_selling_network(a_shop(**CHANGES[change])))
    EVENTS[event](scene)
    assert stands(scene) == before
    assert scene.order().state == OrderState.FULFILLED
    codes = {note.code for note in scene.order().why}
    expected = {"retired": "product_unknown", "no training any more": "product_unknown"}
    expected["mistyped"] = "parameter_unknown"
    assert codes >= ({expected[change]} if change in expected else set())


@pytest.mark.rule("S14", "S3")
@pytest.mark.parametrize("change", ["retired", "mistyped", "dearer", "repointed"])
def test_free_seats_stay_usable(change: str) -> None:
    scene = OrderScene()
    scene.moodle.add_course("SPOCM2", "Un autre", idnumber="SPOC-2", sections=1)
    scene.sell(some_facts(lines=(replace(a_line(), participants=(a_participant("ana"),)),)))
    changed(scene, a_selling_network(a_shop(**CHANGES[change])))
    (line,) = seats.view(scene.world, "boutique:1042").lines
    assert line.free == 3
    assert seats.name_people(scene.world, "boutique:1042", "1", (a_participant("bob"),)) == ()
    scene.deliver()
    assert sorted(scene.enrolled()) == ["ana@client.example", "bob@client.example"]


@pytest.mark.rule("S14")
@pytest.mark.parametrize("change", ["retired", "mistyped", "dearer", "repointed"])
def test_a_refund_takes_away_though_the_product_changed(change: str) -> None:
    scene = OrderScene()
    scene.sell(some_facts())
    changed(scene, a_selling_network(a_shop(**CHANGES[change])))
    scene.sell(some_facts(snapshot_at=LATER, refunds=(Refund("r", 4000, {"1": 4}, LATER),)))
    assert scene.enrolled() == {}
    assert scene.ties() == []


@pytest.mark.rule("S14", "S8")
def test_a_line_that_cannot_be_read_keeps_what_it_gave_and_says_why() -> None:
    """Whatever it was sold as: a later release may have lost a handler."""
    scene = OrderScene()
    book = replace(a_line("2"), participants=(a_participant("dan"),), quantity=1, amount=1000)
    scene.sell(some_facts(lines=(a_line(), book)))
    before = stands(scene)
    order = scene.order()
    lost = tuple(replace(sale, handler="std_lost") if sale.line == "1" else sale for sale in order.sales)
    scene.records.change(order, replace(order, sales=lost))
    replayed(scene)
    assert stands(scene) == before
    assert scene.order().why[0].code == "handler_unknown"
    assert scene.order().state == OrderState.PARTLY_FULFILLED


@pytest.mark.rule("S14")
def test_an_order_sold_for_another_moodle_stays_there() -> None:
    scene = OrderScene()
    scene.sell(some_facts())
    before = stands(scene)
    changed(scene, a_selling_network(a_shop(site="lille")))
    fulfil.fulfil(scene.world, "boutique:1042")
    assert stands(scene) == before
    assert scene.records[Order, "boutique:1042"].state == OrderState.FULFILLED


PACK = "packsize=4&courselist=SPOCM1"


@pytest.mark.rule("S14", "S12")
@pytest.mark.parametrize("release", ["this", "the last"])
@pytest.mark.parametrize(
    "changes",
    [
        {"products": {"SPOCM1": a_product("std_generateseats", parameters="packsize=4&courselist=SPOCM2")}},
        {"products": {"SPOCM1": a_product("std_generateseats", parameters=PACK, price="12.00")}},
        {"products": {"SPOCM1": a_product("std_generateseats", parameters=PACK)}, "learner_role": "teacher"},
        {"products": {}},
    ],
    ids=["repointed", "dearer", "other roles", "retired"],
)
def test_a_pack_of_seats_stays_as_it_was_sold(changes: dict[str, Any], release: str) -> None:
    scene = OrderScene(a_shop(products={"SPOCM1": a_product("std_generateseats", parameters=PACK)}))
    scene.moodle.add_course("SPOCM2", "Un autre", idnumber="SPOC-2", sections=1)
    scene.sell(some_facts(lines=(replace(a_line(), quantity=1, amount=1000),)))
    assert scene.order().state == OrderState.FULFILLED
    before = stands(scene)
    if release == "the last":
        as_the_last_release_left_it(scene)
    changed(scene, a_selling_network(a_shop(**changes)))
    replayed(scene)
    assert stands(scene) == before
    assert scene.order().state == OrderState.FULFILLED
    codes = {note.code for note in scene.order().why}
    assert codes == (set() if changes["products"] else {"product_unknown"})


@pytest.mark.rule("S14", "S3")
def test_a_session_of_the_last_release_whose_tutor_was_free_stays_though_its_product_is_retired() -> None:
    free = a_product(tutors_free=True)
    scene = OrderScene(a_shop(products={"SPOCM1": free}))
    scene.sell(some_facts(lines=(replace(a_line(), quantity=3, amount=3000),)))
    assert scene.order().state == OrderState.FULFILLED
    before = stands(scene)
    as_the_last_release_left_it(scene)
    changed(scene, a_selling_network(a_shop(products={})))
    replayed(scene)
    assert stands(scene) == before
    assert scene.order().state == OrderState.FULFILLED
