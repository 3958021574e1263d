"""A paid order and its cancellation side by side, step by step: a right that was withdrawn does not come back.

Each of these was seen: somebody stayed in the course, in the group, or over somebody's account, for ever.
"""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from passerelle.domain.orders.facts import Facts, Refund
from passerelle.domain.orders.order import merged, new_order
from passerelle.domain.states import OrderState
from passerelle.usecases.orders import fulfil, reconcile, take
from tests.factories.orders import a_line, a_participant, a_product, a_shop, some_facts
from tests.factories.records import NOW
from tests.fakes.moodle import TwinSites
from tests.scenes.beside import Held, around_with_sites
from tests.scenes.orders import OrderScene

LATER = NOW + timedelta(hours=1)


def cancelled(facts: Facts) -> Facts:
    return replace(facts, snapshot_at=LATER, cancelled_at=LATER)


def held(scene: OrderScene, at: str, order: str = "boutique:1042", *, nth: int = 1) -> Held:
    open_world = around_with_sites(scene.base, lambda turn: TwinSites(turn, scene.caen))
    return Held(open_world, lambda world: fulfil.fulfil(world, order), at=at, nth=nth)


def next_night(scene: OrderScene) -> None:
    scene.clock.tick(timedelta(days=1))
    reconcile.reconcile(scene.world)
    scene.deliver()


def nothing_stands(scene: OrderScene, source: str = "shop") -> None:
    assert scene.enrolled(source=source) == {}
    assert scene.enrolled("SUPPORT", source=source) == {}
    assert [people for people in scene.members().values() if people] == []
    assert scene.ties() == []


@pytest.mark.rule("S14", "S12")
@pytest.mark.parametrize(
    ("at", "plugins"),
    [
        ("caen.local_passerelle_apply", True),
        ("caen.core_group_add_group_members", True),
        ("caen.core_role_assign_roles", True),
        ("caen.enrol_manual_enrol_users", False),
        ("caen.core_group_add_group_members", False),
        ("caen.core_role_assign_roles", False),
    ],
)
@pytest.mark.parametrize("end", ["goes on", "dies before", "dies after"])
def test_what_is_cancelled_while_a_slow_worker_gives_it_is_gone_by_the_next_night(
    at: str, plugins: bool, end: str
) -> None:
    scene = OrderScene(plugins=plugins)
    take.merge(scene.world, "boutique", some_facts())
    slow = held(scene, at)
    scene.sell(cancelled(some_facts()))
    match end:
        case "goes on":
            slow.go_on()
        case "dies before":
            slow.die()
        case "dies after":
            slow.die(after=True)
    next_night(scene)
    assert scene.order().state == OrderState.CANCELLED
    nothing_stands(scene, "shop" if plugins else "manual")


@pytest.mark.rule("S14", "S12")
def test_what_another_order_buys_while_a_cancellation_takes_it_stands_by_the_next_night() -> None:
    scene = OrderScene()
    scene.sell(some_facts())
    take.merge(scene.world, "boutique", cancelled(some_facts()))
    slow = held(scene, "caen.local_passerelle_apply")
    again = some_facts("1043")
    scene.sell(again)
    slow.die(after=True)
    next_night(scene)
    assert len(scene.enrolled()) == 4
    assert scene.enrolled("SUPPORT") == {"rh@client.example": ("student",)}
    people = sorted(f"{name}@client.example" for name in ("ana", "bob", "cleo", "tom"))
    assert {group: who for group, who in scene.members().items() if who} == {"boutique:1043": people}
    assert {over for _, _, over in scene.ties()} == set(people)


@pytest.mark.rule("S14")
@pytest.mark.parametrize("cancelled_first", [True, False])
def test_of_two_words_of_one_second_the_cancellation_wins_whichever_came_first(cancelled_first: bool) -> None:
    paid = some_facts()
    both = [replace(paid, cancelled_at=NOW), paid]
    scene = OrderScene()
    for facts in both if cancelled_first else reversed(both):
        scene.sell(facts)
    assert scene.order().state == OrderState.CANCELLED
    nothing_stands(scene)


@pytest.mark.rule("S6", "S14")
def test_roles_over_people_go_with_the_last_order_though_their_accounts_existed_by_then() -> None:
    """From the second purchase on every account existed before: also those that an order made."""
    scene = OrderScene()
    first = some_facts(
        lines=(replace(a_line(), quantity=1, amount=1000, participants=(a_participant("ana"),)),)
    )
    second = replace(first, order="1043", number="1043")
    scene.sell(first)
    scene.sell(second)
    scene.sell(cancelled(first))
    assert {over for _, _, over in scene.ties()} == {"ana@client.example"}
    scene.sell(cancelled(second))
    next_night(scene)
    nothing_stands(scene)


@pytest.mark.rule("S6", "S14")
@pytest.mark.parametrize("plugins", [True, False])
def test_a_role_that_an_order_gave_goes_with_it_where_both_accounts_existed(plugins: bool) -> None:
    scene = OrderScene(plugins=plugins)
    for name in ("rh", "ana", "bob", "cleo", "tom"):
        scene.moodle.add_user(name, name.capitalize(), "Martin", email=f"{name}@client.example")
    scene.sell(some_facts())
    scene.sell(cancelled(some_facts()))
    next_night(scene)
    nothing_stands(scene, "shop" if plugins else "manual")


@pytest.mark.rule("S14")
def test_a_role_goes_with_the_order_where_somebody_was_enrolled_by_hand_before() -> None:
    """Without plugins both stand in the manual instance: the hand's student stays, the order's teacher goes."""
    scene = OrderScene(plugins=False)
    scene.moodle.add_user("tom", "Tom", "Martin", email="tom@client.example")
    scene.moodle.enrol("SPOCM1", "tom", "student")
    scene.sell(some_facts())
    assert scene.enrolled(source="manual")["tom"] == ("student", "teacher")
    scene.sell(cancelled(some_facts()))
    next_night(scene)
    assert scene.enrolled(source="manual") == {"tom": ("student",)}


@pytest.mark.rule("S12", "S14")
def test_a_row_of_the_shops_instance_that_no_order_gives_is_found_and_taken_out() -> None:
    scene = OrderScene()
    scene.sell(some_facts())
    sold = scene.enrolled()
    row = {"id": "1", "op": "enrol", "course": "AIDE", "username": "ana@client.example", "source": "shop"}
    scene.moodle.add_user("eve", "Eve", "Martin", email="eve@client.example")
    scene.world.sites.roster("caen").apply(
        [{**row, "role": "student"}, {**row, "id": "2", "username": "eve", "role": "student"}]
    )
    next_night(scene)
    assert scene.enrolled() == sold
    # Whom the ledger does not know at all is reported only: perhaps it is the ledger that is gone.
    assert set(scene.enrolled("SUPPORT")) == {"rh@client.example", "eve"}
    found = scene.world.papers.get(reconcile.REPORT)["differing"]
    assert [(one["what"], one["repaired"]) for one in found] == [
        ("given_by_nobody", True),
        ("given_by_nobody", False),
    ]


@pytest.mark.rule("S11")
def test_days_in_messages_are_those_of_the_university() -> None:
    scene = OrderScene()
    paid = datetime(2026, 10, 4, 22, 30, tzinfo=UTC)  # half past midnight in Caen
    scene.sell(replace(some_facts(), paid_at=paid))
    texts = [message.text for message in scene.moodle.state.messages]
    assert any("05/10/2026" in text for text in texts)
    assert not any("04/10/2026" in text for text in texts)


# -- refunds taken back -----------------------------------------------------------------------------------

HOURS = [NOW + timedelta(hours=n) for n in range(4)]


def all_told(at: datetime, *names: str) -> Facts:
    return some_facts(
        snapshot_at=at, heard_at=at, whole_refunds=True, refunds=tuple(Refund(name, 100) for name in names)
    )


def one_told(at: datetime, name: str) -> Facts:
    return Facts(order="1042", sale=False, told_at=at, heard_at=at, refunds=(Refund(name, 100),))


@pytest.mark.rule("S14", "S16")
@pytest.mark.parametrize("late", [all_told(HOURS[1], "r"), one_told(HOURS[1], "r")])
def test_a_refund_that_was_taken_back_does_not_come_again_with_an_older_word(late: Facts) -> None:
    """Seen: the first snapshot delivered once more, late, and the seats it gave back were taken again."""
    order = new_order("boutique", all_told(HOURS[0]), NOW)
    for facts in (all_told(HOURS[1], "r"), all_told(HOURS[2]), late):
        order = merged(order, facts)
    assert order.refunds == ()


@pytest.mark.rule("S14", "S16")
@given(
    told=st.lists(
        st.one_of(
            st.builds(
                lambda at, names: all_told(at, *names),
                st.sampled_from(HOURS),
                st.sets(st.sampled_from("rst")),
            ),
            st.builds(one_told, st.sampled_from(HOURS), st.sampled_from("rst")),
        ),
        max_size=5,
    ),
    chance=st.randoms(use_true_random=False),
)
def test_refunds_add_up_to_the_same_in_whatever_order_they_are_told(told: list[Facts], chance: Any) -> None:
    shuffled = [*told, *told]
    chance.shuffle(shuffled)
    ends = []
    for words in (told, shuffled):
        order = new_order("boutique", all_told(HOURS[0]), NOW)
        for facts in words:
            order = merged(order, facts)
        ends.append([replace(one, event=False) for one in order.refunds])
    assert ends[0] == ends[1]


@pytest.mark.rule("S14", "S12")
@pytest.mark.parametrize("plugins", [True, False])
@pytest.mark.parametrize("nth", range(1, 9))
def test_what_a_worker_writes_down_after_the_cancellation_and_dies_is_not_given_by_the_night(
    nth: int, plugins: bool
) -> None:
    """Its page of the ledger says that it is owed, its order does not."""
    scene = OrderScene(plugins=plugins)
    take.merge(scene.world, "boutique", some_facts())
    slow = held(scene, "records.change(LedgerPage)", nth=nth)
    scene.sell(cancelled(some_facts()))
    slow.die(after=True)
    next_night(scene)
    next_night(scene)
    nothing_stands(scene, "shop" if plugins else "manual")


@pytest.mark.rule("S14", "S12")
@pytest.mark.parametrize(
    ("at", "plugins"),
    [
        ("caen.local_passerelle_apply", True),
        ("caen.core_group_add_group_members", True),
        ("caen.core_role_assign_roles", True),
        ("caen.enrol_manual_enrol_users", False),
        ("caen.core_role_assign_roles", False),
    ],
)
def test_a_slow_worker_who_gives_what_was_cancelled_meanwhile_takes_it_himself_at_once(
    at: str, plugins: bool
) -> None:
    scene = OrderScene(plugins=plugins)
    take.merge(scene.world, "boutique", some_facts())
    slow = held(scene, at)
    scene.sell(cancelled(some_facts()))
    slow.go_on()
    assert scene.order().state == OrderState.CANCELLED
    nothing_stands(scene, "shop" if plugins else "manual")


@pytest.mark.rule("S9", "S14")
@pytest.mark.parametrize("plugins", [True, False])
@pytest.mark.parametrize("slow_is", ["the shorter", "the longer"])
def test_of_two_orders_beside_one_another_the_longer_access_stands_whoever_is_slow(
    slow_is: str, plugins: bool
) -> None:
    """Also where the slow one writes what was read before the other: at once, not by the next night."""
    shop = a_shop(
        products={"SPOCM1": a_product(), "LONG": a_product(parameters="coursename=SPOCM1&duration=90")}
    )
    scene = OrderScene(shop, plugins=plugins)
    scene.moodle.add_user("ana", "Ana", "Martin", email="ana@client.example")
    scene.moodle.add_user("rh", "Rose", "Humbert", email="rh@client.example")
    line = replace(a_line(), quantity=1, amount=1000, participants=(a_participant("ana"),))
    orders = {
        "boutique:1042": some_facts(lines=(line,)),
        "boutique:1043": some_facts("1043", lines=(replace(line, product="LONG"),)),
    }
    first, other = sorted(orders, reverse=slow_is == "the longer")
    take.merge(scene.world, "boutique", orders[first])
    slow = held(scene, "caen.local_passerelle_apply" if plugins else "caen.enrol_manual_enrol_users", first)
    scene.sell(orders[other])
    slow.go_on()
    here = scene.moodle.course("SPOCM1").id
    ends = [
        row.timeend
        for row in scene.moodle.state.enrolments.values()
        if row.courseid == here and scene.moodle.state.users[row.userid].username == "ana"
    ]
    assert ends == [int((NOW + timedelta(days=90)).timestamp())]


@pytest.mark.rule("S4", "S6", "S12")
def test_an_account_that_another_worker_made_meanwhile_is_none_that_was_there_before() -> None:
    """Whoever was slow read the order before it was noted, and Moodle after it was made."""
    scene = OrderScene()
    take.merge(scene.world, "boutique", some_facts())
    slow = held(scene, "caen.local_passerelle_find_users")
    fulfil.fulfil(scene.world, "boutique:1042")
    slow.go_on()
    assert {seat.existed for seat in (*scene.order().seats, scene.order().operator) if seat} == {False}
    assert {role for _, role, _ in scene.ties()} == {"mentor"}
