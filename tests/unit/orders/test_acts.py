"""What people do to an order, by table: an authorised person (S12, S13), the buyer with the places (S3, S14)."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest

from passerelle.domain.orders.ledger import LedgerPage
from passerelle.domain.orders.order import Facts, Refund
from passerelle.domain.orders.shop import Attachment
from passerelle.domain.states import OrderState
from passerelle.errors import NotFound
from passerelle.ports import World
from passerelle.usecases.orders import reconcile, seats, take, work
from tests.factories.orders import a_buyer, a_line, a_participant, a_product, a_shop, some_facts
from tests.factories.records import NOW
from tests.scenes.orders import OrderScene

SECOND, HOUR = timedelta(seconds=1), timedelta(hours=1)
BOUTIQUE = "boutique:1042"
ANA = a_participant("ana")

ACTS: dict[str, Callable[[World, str], object]] = {
    "replay": work.replay,
    "park": lambda world, order: work.park(world, order, "lydie", "à vérifier"),
    "release": lambda world, order: work.release(world, order, "lydie", "bon 7"),
    "reschedule": lambda world, order: work.reschedule(world, order, 3600, "lydie"),
    "revoke_link": lambda world, order: work.revoke_link(world, order, "lydie"),
    "view": seats.view,
    "swap": lambda world, order: seats.swap(world, order, "1:ana@client.example", ANA),
}


@pytest.mark.rule("S12")
@pytest.mark.parametrize("act", ACTS)
def test_whatever_is_done_to_an_order_that_is_not_here_says_which(act: str) -> None:
    scene = OrderScene()
    with pytest.raises(NotFound, match="order_unknown") as refused:
        ACTS[act](scene.world, BOUTIQUE)
    assert refused.value.details == {"order": BOUTIQUE}
    assert len(scene.queues) == 0


@pytest.mark.rule("S12", "S13")
@pytest.mark.parametrize(
    ("act", "said", "worked_on"),
    [
        ("park", "parked_by – lydie – à vérifier", False),
        ("release", "released_by – lydie – bon 7", True),
        ("reschedule", "rescheduled_by – lydie – 3600 s", True),
        ("revoke_link", "link_revoked_by – lydie", False),
    ],
)
def test_each_act_is_written_down_with_who_and_why_once(act: str, said: str, worked_on: bool) -> None:
    scene = OrderScene()
    scene.sell(some_facts())
    before = scene.order().history
    ACTS[act](scene.world, BOUTIQUE)
    assert said in [moment.why for moment in scene.order().history[len(before) :]]
    assert scene.queues["orders"] == [{"order": BOUTIQUE}] * worked_on
    scene.deliver()
    written = len(scene.order().history)
    ACTS[act](scene.world, BOUTIQUE)
    assert len(scene.order().history) - written == (act in ("release", "revoke_link"))


@pytest.mark.rule("S3")
@pytest.mark.parametrize("plugins", [True, False])
@pytest.mark.parametrize(
    ("account", "seen", "started"),
    [
        ("new", None, False),
        ("new", NOW - HOUR, True),
        ("old", NOW - SECOND, False),
        ("old", NOW, True),
        ("old", None, False),
    ],
)
def test_a_person_has_started_once_seen_since_the_place_was_theirs(
    account: str, seen: Any, started: bool, plugins: bool
) -> None:
    scene = OrderScene(plugins=plugins)
    if account == "old":
        scene.moodle.add_user("ana", "Ana", "Martin", email="ana@client.example")
    order = scene.sell(some_facts())
    (seat,) = [seat for seat in order.seats if seat.person.firstname == "Ana"]
    scene.moodle.user(seat.username).lastaccess = int(seen.timestamp()) if seen else 0
    assert seats.has_started(scene.world, order, seat) == started


@pytest.mark.rule("S6", "S16")
def test_a_buyer_corrected_in_the_shop_has_the_role_over_existing_accounts_and_the_wrong_one_none() -> None:
    """The wrong one is no other operator, who would keep the right one out."""
    scene = OrderScene(a_shop(attachment=Attachment(over_new="mentor", over_existing="viewer")))
    scene.moodle.add_user("ana", "Ana", "Martin", email="ana@client.example")
    line = replace(a_line(), quantity=1, amount=1000, participants=(ANA,))
    scene.sell(some_facts(lines=(line,)))
    assert scene.ties() == [("rh@client.example", "viewer", "ana")]
    right = a_buyer(email="formation@client.example")
    scene.sell(some_facts(lines=(line,), buyer=right, snapshot_at=NOW + HOUR))
    assert scene.ties() == [("formation@client.example", "viewer", "ana")]


@pytest.mark.rule("S6", "S16")
def test_a_buyer_corrected_there_and_back_is_still_one_whose_account_the_order_made() -> None:
    scene = OrderScene(a_shop(attachment=Attachment(back_over_new="mentor", back_over_existing="viewer")))
    line = replace(a_line(), quantity=1, amount=1000, participants=(ANA,))
    scene.sell(some_facts(lines=(line,)))
    assert scene.ties() == [("ana@client.example", "mentor", "rh@client.example")]
    wrong = a_buyer(email="formation@client.example")
    scene.sell(some_facts(lines=(line,), buyer=wrong, snapshot_at=NOW + HOUR))
    scene.sell(some_facts(lines=(line,), snapshot_at=NOW + 2 * HOUR))
    assert scene.ties() == [("ana@client.example", "mentor", "rh@client.example")]


def other_address(scene: OrderScene, username: str, email: str) -> int:
    user = scene.moodle.user(username)
    scene.moodle.state.change_user(user, email=email)
    return user.id


@pytest.mark.rule("S14", "S16")
def test_a_buyer_whose_address_is_another_in_moodle_and_in_the_shop_keeps_what_was_given() -> None:
    scene = OrderScene()
    scene.sell(some_facts())
    held, ties = scene.page("rh@client.example").places, scene.ties()
    assert [grant.by for place in held for grant in place.grants] == [f"{BOUTIQUE}:1:support"]
    buyer = other_address(scene, "rh@client.example", "rose@client.example")
    scene.sell(some_facts(buyer=a_buyer(email="rose@client.example"), snapshot_at=NOW + HOUR))
    assert scene.order().operator is not None
    assert scene.order().operator.user_id == buyer
    assert scene.page("rh@client.example").places == held
    assert scene.ties() == ties


@pytest.mark.rule("S14", "S16")
def test_a_person_whose_address_is_another_in_moodle_and_in_the_shop_keeps_their_place() -> None:
    scene = OrderScene()
    line = replace(a_line(), quantity=1, amount=1000, participants=(ANA,))
    scene.sell(some_facts(lines=(line,)))
    held, ties = scene.page("ana@client.example").places, scene.ties()
    assert held[0].grants
    other_address(scene, "ana@client.example", "ana.m@client.example")
    again = replace(line, participants=(replace(ANA, email="ana.m@client.example"),))
    scene.sell(some_facts(lines=(again,), snapshot_at=NOW + HOUR))
    assert scene.page("ana@client.example").places == held
    assert scene.ties() == ties


@pytest.mark.rule("S14", "S16")
def test_a_shop_that_forgets_its_buyers_address_takes_nothing_from_them() -> None:
    scene = OrderScene()
    scene.sell(some_facts())
    held, ties = scene.page("rh@client.example").places, scene.ties()
    assert held
    assert ties
    scene.sell(some_facts(buyer=a_buyer(email="", firstname="", lastname=""), snapshot_at=NOW + HOUR))
    assert scene.page("rh@client.example").places == held
    assert scene.ties() == ties
    assert (scene.order().buyer.email, scene.order().former) == ("rh@client.example", ())


@pytest.mark.rule("S14")
def test_what_a_line_registered_stays_while_its_product_cannot_be_read() -> None:
    licence = a_product("std_registeredproduct", parameters="customersupport=SUPPORT", price="")
    shop = a_shop(products={"SPOCM1": a_product(), "LICENCE": licence})
    scene = OrderScene(shop)
    lines = (a_line(), a_line("2", product="LICENCE", quantity=1, amount=0, participants=()))
    scene.sell(some_facts(lines=lines))
    held = scene.page("rh@client.example").products
    assert [one.product for one in held] == ["LICENCE"]
    scene.clock.tick(timedelta(days=1))
    reconcile.reconcile(scene.world)
    scene.deliver()
    assert scene.page("rh@client.example").products == held  # by the night too
    order = scene.order()  # as one whose line was never written down as sold
    scene.records.change(order, replace(order, sales=tuple(one for one in order.sales if one.line == "1")))
    unread = a_shop(products={"SPOCM1": a_product()})
    scene.base = scene.world = replace(scene.base, network=replace(scene.network, shops={"boutique": unread}))
    work.replay(scene.world, BOUTIQUE)
    scene.deliver()
    assert [note.code for note in scene.order().why] == ["product_unknown"]
    assert scene.page("rh@client.example").products == held


@pytest.mark.rule("S14", "S16")
def test_a_name_that_two_orders_bear_leads_to_the_one_that_said_it_last() -> None:
    scene = OrderScene()
    for number in ("1", "2"):
        take.merge(scene.world, "boutique", some_facts(number, refs=("pi_1",)))
        refund = Facts(order="re_1", refs=("pi_1",), sale=False)
        assert take.key_of(scene.world, "boutique", refund) == f"boutique:{number}"


@pytest.mark.rule("S14", "S12")
def test_the_support_course_of_a_line_given_back_is_not_given_again_by_who_was_slow() -> None:
    """The buyer has no place of the line: whether it is owed is a matter of what is left of it."""
    other = a_product(parameters="coursename=SUPPORT")
    shop = a_shop(products={"SPOCM1": a_product(), "OTHER": other})
    scene = OrderScene(shop)
    lines = (a_line(), a_line("2", product="OTHER", quantity=1, amount=1000, participants=(ANA,)))
    paid = some_facts(lines=lines)
    scene.sell(paid)
    assert set(scene.enrolled("SUPPORT")) == {"ana@client.example", "rh@client.example"}
    buyer = scene.page("rh@client.example")
    back = replace(paid, snapshot_at=NOW + HOUR, refunds=(Refund("r", 4000, {"1": 4}, NOW),))
    scene.sell(back)
    assert set(scene.enrolled("SUPPORT")) == {"ana@client.example"}
    late = scene.page("rh@client.example")
    scene.records.change(
        late, replace(buyer, revision=late.revision)
    )  # whoever was slow writes what was read
    for _ in range(2):
        scene.clock.tick(timedelta(days=1))
        reconcile.reconcile(scene.world)
        scene.deliver()
    assert set(scene.enrolled("SUPPORT")) == {"ana@client.example"}
    assert scene.order().state == OrderState.FULFILLED


@pytest.mark.rule("S6", "S14", "S16")
def test_what_the_wrong_buyer_is_given_by_who_was_slow_is_gone_by_the_next_night_and_no_more() -> None:
    """Support, a role over each person and each person's over the buyer; a place of their own stays."""
    rules = Attachment(over_new="mentor", over_existing="mentor", back_over_new="viewer")
    scene = OrderScene(a_shop(attachment=rules))
    rose = a_participant("rh", firstname="Rose", lastname="Humbert")
    line = replace(a_line(), quantity=2, amount=2000, participants=(ANA, rose))
    scene.sell(some_facts(lines=(line,)))
    late = scene.records.all(LedgerPage)
    right = a_buyer(email="formation@client.example")
    scene.sell(some_facts(lines=(line,), buyer=right, snapshot_at=NOW + HOUR))
    enrolled, support, ties = scene.enrolled(), scene.enrolled("SUPPORT"), scene.ties()
    assert set(support) == {"formation@client.example"}
    assert ("formation@client.example", "mentor", "ana@client.example") in ties
    for page in late:  # what was read before is written after
        now = scene.records[LedgerPage, page.id]
        both = {tie.key: tie for tie in (*page.ties, *now.ties)}
        whole = replace(now, places=page.places, ties=tuple(both.values()), taken_at=None)
        scene.records.change(now, whole)
    for _ in range(2):
        scene.clock.tick(timedelta(days=1))
        reconcile.reconcile(scene.world)
        scene.deliver()
    assert (scene.enrolled(), scene.enrolled("SUPPORT")) == (enrolled, support)
    assert "rh@client.example" in enrolled
    assert {(who, over) for who, _, over in scene.ties()} == {(who, over) for who, _, over in ties}


# -- who is an operator of whom (S6) ------------------------------------------------------------------------


@pytest.mark.rule("S6")
def test_whose_account_one_buyers_order_made_belongs_to_that_buyer_and_no_other_gets_a_role_over_it() -> None:
    scene = OrderScene()
    line = replace(a_line(), quantity=1, amount=1000, participants=(ANA,))
    scene.sell(some_facts(lines=(line,)))
    rose = scene.moodle.user("rh@client.example").id
    assert scene.page("ana@client.example").operators == (rose,)
    scene.sell(some_facts("1043", lines=(line,), buyer=a_buyer(email="autre@client.example")))
    assert scene.ties() == [("rh@client.example", "mentor", "ana@client.example")]
    scene.sell(some_facts("1044", lines=(line,)))  # the same buyer once more
    assert scene.page("ana@client.example").operators == (rose,)


@pytest.mark.rule("S6")
def test_who_holds_a_role_over_the_buyer_or_in_a_place_makes_nobody_an_operator() -> None:
    rules = Attachment(over_new="", over_existing="", back_over_new="viewer", back_over_existing="viewer")
    role = a_product(
        "std_assignroleoncontext", parameters="contextlevel=course&instance=SPOCM1&role=teacher", price=""
    )
    scene = OrderScene(a_shop(attachment=rules, products={"SPOCM1": a_product(), "ROLE": role}))
    lines = (
        replace(a_line(), quantity=1, amount=1000, participants=(ANA,)),
        a_line("2", product="ROLE", quantity=1, amount=0, participants=()),
    )
    scene.sell(some_facts(lines=lines))
    assert scene.ties() == [("ana@client.example", "viewer", "rh@client.example")]
    for name in ("ana@client.example", "rh@client.example"):
        assert scene.page(name).operators == ()


@pytest.mark.rule("S5", "S14")
@pytest.mark.parametrize("plugins", [True, False])
def test_who_stays_in_the_course_by_another_order_leaves_the_group_of_the_one_that_is_gone(
    plugins: bool,
) -> None:
    scene = OrderScene(plugins=plugins)
    line = replace(a_line(), quantity=1, amount=1000, participants=(ANA,))
    scene.sell(some_facts(lines=(line,)))
    scene.sell(some_facts("1043", lines=(line,)))
    scene.sell(some_facts(lines=(line,), snapshot_at=NOW + HOUR, cancelled_at=NOW + HOUR))
    assert scene.members() == {"boutique:1042": [], "boutique:1043": ["ana@client.example"]}
    assert list(scene.enrolled(source="shop" if plugins else "manual")) == ["ana@client.example"]


@pytest.mark.rule("S12", "S14")
@pytest.mark.parametrize(
    ("changes", "states"),
    [
        ({}, [("paid", "paid"), ("fulfilling", "begun"), ("fulfilled", "done")]),
        ({"cancelled_at": NOW}, [("cancelled", "cancelled")]),
        ({"refunds": (Refund("r", 4000, {"1": 4}, NOW),)}, [("refunded", "refunded")]),
        ({"total": 100}, [("paid", "paid"), ("parked", "amount_differs")]),
    ],
)
def test_an_orders_history_says_each_state_and_why(changes: Any, states: list[tuple[str, str]]) -> None:
    scene = OrderScene()
    history = scene.sell(some_facts(**changes)).history
    assert [(one.state, one.why) for one in history] == states
    assert {one.at for one in history} == {scene.clock.now()}
