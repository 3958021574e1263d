"""S14 on a whole Moodle: what a refund, a cancellation or a dispute takes away, and what it leaves."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest

from passerelle.domain.orders.facts import Dispute, Facts, Refund
from passerelle.domain.orders.order import SeatState
from passerelle.domain.states import OrderState
from passerelle.errors import Refused
from passerelle.usecases.orders import seats, take, work
from tests.factories.orders import a_line, a_participant, a_product, a_shop, some_facts
from tests.factories.records import NOW
from tests.scenes.orders import OrderScene

HOUR = timedelta(hours=1)


def later(hours: int = 1, **changes: Any) -> Facts:
    return some_facts(snapshot_at=NOW + hours * HOUR, **changes)


def codes(scene: OrderScene) -> list[str]:
    return [note.code for note in scene.order().why]


@pytest.mark.rule("S14")
@pytest.mark.parametrize(
    ("changes", "state"),
    [
        ({"refunds": (Refund("r", 4000, {"1": 4}, NOW),)}, OrderState.REFUNDED),
        ({"refunds": (Refund("r", 4000),)}, OrderState.REFUNDED),
        ({"cancelled_at": NOW + HOUR}, OrderState.CANCELLED),
        ({"disputes": (Dispute("d", "lost", NOW),)}, OrderState.REFUNDED),
    ],
)
def test_an_order_given_back_whole_takes_back_what_it_gave(
    changes: dict[str, Any], state: OrderState
) -> None:
    scene = OrderScene()
    scene.sell(some_facts())
    facts = later(**{k: v for k, v in changes.items() if k != "disputes"})
    take.merge(scene.world, "boutique", replace(facts, **changes))
    work.replay(scene.world, "boutique:1042")
    scene.deliver()
    assert scene.order().state == state
    assert scene.enrolled() == {}
    assert scene.enrolled("SUPPORT") == {}
    assert scene.members() == {"boutique:1042": []}
    assert scene.ties() == []
    assert all(seat.state == SeatState.TAKEN for seat in scene.order().seats)


@pytest.mark.rule("S14", "S12")
def test_an_account_suspended_or_a_course_renamed_later_takes_nothing_away() -> None:
    scene = OrderScene()
    scene.sell(some_facts())
    ties = scene.ties()
    scene.moodle.user("ana@client.example").suspended = True
    work.replay(scene.world, "boutique:1042")
    scene.deliver()
    assert (scene.order().state, codes(scene)) == (OrderState.PARTLY_FULFILLED, ["account_suspended"])
    assert len(scene.enrolled()) == 4
    scene.moodle.user("ana@client.example").suspended = False
    scene.moodle.user("rh@client.example").suspended = True  # the buyer
    work.replay(scene.world, "boutique:1042")
    scene.deliver()
    assert (codes(scene), scene.ties()) == (["account_suspended"], ties)
    scene.moodle.user("rh@client.example").suspended = False
    scene.moodle.change_course("SPOCM1", shortname="SPOCM2")
    work.replay(scene.world, "boutique:1042")
    scene.deliver()
    assert codes(scene)[0] == "course_unknown"
    assert len(scene.enrolled("SPOCM2")) == 4
    assert scene.members("SPOCM2")["boutique:1042"] == sorted(scene.enrolled("SPOCM2"))
    assert scene.ties() == ties


@pytest.mark.rule("S14")
def test_an_open_dispute_takes_nothing_away() -> None:
    scene = OrderScene()
    scene.sell(some_facts())
    take.merge(scene.world, "boutique", Facts(order="1042", disputes=(Dispute("d", "open", NOW),)))
    work.replay(scene.world, "boutique:1042")
    scene.deliver()
    assert len(scene.enrolled()) == 4


@pytest.mark.rule("S14")
def test_the_tutors_price_given_back_takes_nothing_and_is_noted() -> None:
    scene = OrderScene()
    scene.sell(some_facts())
    scene.sell(later(refunds=(Refund("r", 1000),)))
    assert (scene.order().state, codes(scene)) == (OrderState.FULFILLED, ["refund_of_amount"])
    assert scene.enrolled()["tom@client.example"] == ("teacher",)


@pytest.mark.rule("S14")
def test_a_refund_of_part_frees_empty_seats_first_then_waits_for_the_buyers_word() -> None:
    scene = OrderScene()
    line = replace(a_line(), quantity=5, amount=5000)
    scene.sell(some_facts(lines=(line,)))
    scene.sell(later(1, lines=(line,), refunds=(Refund("r1", 1000, {"1": 1}),)))
    assert (scene.order().state, codes(scene)) == (OrderState.FULFILLED, [])
    assert len(scene.enrolled()) == 4
    two = (Refund("r1", 1000, {"1": 1}), Refund("r2", 1000, {"1": 1}))
    scene.sell(later(2, lines=(line,), refunds=two))
    assert (scene.order().state, codes(scene)) == (OrderState.WAITING, ["choose_seats"])
    assert len(scene.enrolled()) == 4
    seats.give_back(scene.world, "boutique:1042", "1:bob@client.example")
    scene.deliver()
    assert scene.order().state == OrderState.FULFILLED
    assert "bob@client.example" not in scene.enrolled()
    assert len(scene.enrolled()) == 3
    with pytest.raises(Refused):
        seats.give_back(scene.world, "boutique:1042", "1:ana@client.example")


@pytest.mark.rule("S14")
def test_a_refund_leaves_the_hand_made_and_the_nights_enrolment_as_they_were() -> None:
    scene = OrderScene()
    moodle = scene.moodle
    ana = moodle.add_user("ana", email="ana@client.example")
    moodle.enrol("SPOCM1", "ana", "editingteacher")
    night = {"course": "SPOC-1", "username": "ana", "role": "student", "source": "night"}
    scene.caen.moodle().apply([{"id": "1", "op": "enrol", "timestart": 5, "timeend": 0, **night}])

    def standing() -> list[tuple[Any, ...]]:
        state = moodle.state
        return sorted(
            (
                state.instances[r.instance].enrol,
                state.instances[r.instance].source,
                r.timestart,
                r.timeend,
                r.status,
            )
            for r in state.enrolments.values()
            if r.userid == ana.id
        )

    before = standing()
    roles = moodle.state.roles_of(moodle.course("SPOCM1").id, ana.id)
    scene.sell(some_facts())
    assert len(standing()) == len(before) + 1
    scene.sell(later(refunds=(Refund("r", 4000, {"1": 4}),)))
    assert standing() == before
    assert moodle.state.roles_of(moodle.course("SPOCM1").id, ana.id) == roles
    # Then the night's reason goes too: what a hand made is as it was.
    scene.caen.moodle().apply([{"id": "1", "op": "unenrol", **night}])
    assert [row[0] for row in standing()] == ["manual"]


@pytest.mark.rule("S14")
def test_without_plugins_what_stood_by_hand_is_left_alone_too() -> None:
    scene = OrderScene(plugins=False)
    scene.moodle.add_user("ana", email="ana@client.example")
    scene.moodle.enrol("SPOCM1", "ana", "student")
    row = next(iter(scene.moodle.state.enrolments.values()))
    row.timeend = 4_000_000_000
    scene.sell(some_facts())
    assert row.timeend == 4_000_000_000
    assert len(scene.enrolled(source="manual")) == 4
    scene.sell(later(refunds=(Refund("r", 4000, {"1": 4}),)))
    assert scene.enrolled(source="manual") == {"ana": ("student",)}
    assert row.timeend == 4_000_000_000


@pytest.mark.rule("S14")
def test_another_paid_line_keeps_what_a_refund_would_take() -> None:
    scene = OrderScene()
    scene.sell(some_facts())
    longer = a_shop(
        products={"SPOCM1": a_product(), "LONG": a_product(parameters="coursename=SPOCM1&duration=90")}
    )
    second = OrderScene(longer)
    second.sell(some_facts())
    second.sell(
        some_facts("1043", lines=(replace(a_line(), product="LONG", participants=(a_participant("ana"),)),))
    )

    def ends() -> int:
        state, ana = second.moodle.state, second.moodle.user("ana@client.example").id
        course = second.moodle.course("SPOCM1").id
        (row,) = [r for r in state.enrolments.values() if r.userid == ana and r.courseid == course]
        return row.timeend

    assert ends() == int((NOW + timedelta(days=90)).timestamp())
    second.sell(later(refunds=(Refund("r", 4000, {"1": 4}),)))
    assert set(second.enrolled()) == {"ana@client.example"}
    second.sell(some_facts("1044", lines=(replace(a_line(), participants=(a_participant("ana"),)),)))
    second.sell(
        some_facts(
            "1043",
            snapshot_at=NOW + HOUR,
            lines=(replace(a_line(), product="LONG", participants=(a_participant("ana"),)),),
            refunds=(Refund("r", 4000, {"1": 4}),),
        )
    )
    assert ends() == int((NOW + timedelta(days=35)).timestamp())
