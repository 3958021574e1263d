"""S1–S14 on a whole Moodle: the twin behind the real adapter, deliveries in, what stands at the end."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest

from passerelle.domain.orders import Dispute, Facts, Participant, Refund, SeatState
from passerelle.domain.shops import Attachment
from passerelle.domain.states import OrderState
from passerelle.errors import Refused
from passerelle.usecases import orders, seats
from tests.factories import NOW
from tests.factories_orders import (
    a_buyer,
    a_line,
    a_participant,
    a_product,
    a_shop,
    some_facts,
)
from tests.stage_orders import OrderStage

HOUR = timedelta(hours=1)


def later(hours: int = 1, **changes: Any) -> Facts:
    return some_facts(snapshot_at=NOW + hours * HOUR, **changes)


def codes(stage: OrderStage) -> list[str]:
    return [note.code for note in stage.order().why]


@pytest.mark.rule("S1", "S2", "S5", "S6", "S7", "S11")
def test_one_order_sets_the_whole_session_up() -> None:
    stage = OrderStage()
    order = stage.sell(some_facts())
    assert order.state == OrderState.FULFILLED
    people = {f"{name}@client.example" for name in ("ana", "bob", "cleo", "tom")}
    assert stage.enrolled() == {
        **{person: ("student",) for person in sorted(people) if "tom" not in person},
        "tom@client.example": ("teacher",),
    }
    assert stage.members() == {"boutique:1042": sorted(people)}
    # The buyer need not learn nor supervise; he is in the support course, and told once.
    assert stage.enrolled("SUPPORT") == {"rh@client.example": ("student",)}
    assert stage.messages() == {**dict.fromkeys(people, 1), "rh@client.example": 1}


@pytest.mark.rule("S9")
def test_dates_go_from_payment_to_the_products_duration() -> None:
    stage = OrderStage()
    stage.sell(some_facts())
    course = stage.moodle.course("SPOCM1").id
    dates = {(r.timestart, r.timeend) for r in stage.moodle.state.enrolments.values() if r.courseid == course}
    assert dates == {(int(NOW.timestamp()), int((NOW + timedelta(days=35)).timestamp()))}


@pytest.mark.rule("S3")
def test_more_people_than_seats_is_refused_before_anything_is_created() -> None:
    stage = OrderStage()
    stage.sell(some_facts(lines=(replace(a_line(), quantity=3, amount=3000),)))
    assert (stage.order().state, codes(stage)) == (OrderState.PARKED, ["too_many_people"])
    assert stage.caen.calls == []


@pytest.mark.rule("S3")
def test_a_product_may_have_its_tutors_free() -> None:
    stage = OrderStage(a_shop(products={"SPOCM1": a_product(tutors_free=True)}))
    stage.sell(some_facts(lines=(replace(a_line(), quantity=3, amount=3000),)))
    assert stage.order().state == OrderState.FULFILLED
    assert len(stage.enrolled()) == 4


@pytest.mark.rule("S3", "S11")
def test_left_over_seats_are_named_later_and_the_buyer_is_told_how() -> None:
    stage = OrderStage()
    stage.sell(some_facts(lines=(replace(a_line(), participants=(a_participant("ana"),)),)))
    assert (stage.order().state, codes(stage)) == (OrderState.FULFILLED, ["seats_free"])
    assert "/seats/" in stage.moodle.state.messages[-1].values["text"]
    stage.clock.tick(timedelta(days=3))
    assert seats.name_people(stage.world, "boutique:1042", "1", (a_participant("dan"),)) == ()
    stage.deliver()
    assert set(stage.enrolled()) == {"ana@client.example", "dan@client.example"}
    with pytest.raises(Refused, match="no_free_seat"):
        seats.name_people(
            stage.world, "boutique:1042", "1", tuple(a_participant(n) for n in ("x1", "x2", "x3"))
        )
    problems = seats.name_people(
        stage.world, "boutique:1042", "1", (a_participant("dan"), a_participant("eve", email="eve"))
    )
    assert [(p.row, p.code) for p in problems] == [(1, "email_seated"), (2, "email_invalid")]


@pytest.mark.rule("S3")
def test_a_seat_is_swapped_until_its_holder_has_started() -> None:
    stage = OrderStage()
    stage.sell(some_facts())
    assert seats.swap(stage.world, "boutique:1042", "1:bob@client.example", a_participant("dan")) == ()
    stage.deliver()
    assert "bob@client.example" not in stage.enrolled()
    assert "dan@client.example" in stage.members()["boutique:1042"]
    assert "bob@client.example" not in stage.members()["boutique:1042"]
    assert ("rh@client.example", "mentor", "bob@client.example") not in stage.ties()
    stage.moodle.user("ana@client.example").lastaccess = int((NOW + HOUR).timestamp())
    with pytest.raises(Refused, match="seat_started"):
        seats.swap(stage.world, "boutique:1042", "1:ana@client.example", a_participant("eve"))


@pytest.mark.rule("S4", "S10")
def test_a_known_address_enrols_the_existing_user_as_he_is() -> None:
    stage = OrderStage()
    stage.moodle.add_user("amartin", "Ana", "Martin-Dupont", email="ANA@Client.Example")
    stage.sell(some_facts())
    assert "amartin" in stage.enrolled()
    assert stage.moodle.user("amartin").lastname == "Martin-Dupont"
    mailed = {stage.moodle.state.users[u].username for u in stage.moodle.state.firstpasswordmails}
    assert mailed == {f"{n}@client.example" for n in ("bob", "cleo", "tom", "rh")}
    summary = stage.moodle.state.messages[-1].values["text"]
    assert summary.index("nouveau compte") < summary.index("Bob Martin") < summary.index("Ana Martin")


@pytest.mark.rule("S4")
def test_one_persons_trouble_does_not_stop_the_others() -> None:
    stage = OrderStage()
    stage.moodle.settings.same_email_allowed = True
    stage.moodle.add_user("ana1", email="ana@client.example")
    stage.moodle.add_user("ana2", email="ana@client.example")
    stage.moodle.add_user("bob", email="bob@client.example", suspended=True)
    line = replace(
        a_line(),
        quantity=5,
        amount=5000,
        participants=(*a_line().participants, a_participant("eve", email="not an address")),
    )
    stage.sell(some_facts(lines=(line,)))
    assert stage.order().state == OrderState.PARTLY_FULFILLED
    assert set(stage.enrolled()) == {"cleo@client.example", "tom@client.example"}
    stopped = {s.person.firstname: s.why.code for s in stage.order().seats if s.why}
    assert stopped == {"Ana": "email_twice", "Bob": "account_suspended", "Eve": "email_invalid"}
    # Repaired, and replayed: the rest is done, nothing twice.
    stage.moodle.user("bob").suspended = False
    orders.replay(stage.world, "boutique:1042")
    stage.deliver()
    assert "bob" in stage.enrolled()
    assert stage.messages()["cleo@client.example"] == 1


@pytest.mark.rule("S4")
def test_a_username_that_another_address_holds_is_not_taken_for_him() -> None:
    stage = OrderStage()
    stage.moodle.add_user("ana@client.example", email="someone@else.example")
    stage.sell(some_facts())
    assert stage.order().state == OrderState.FULFILLED
    (ana,) = [s for s in stage.order().seats if s.person.firstname == "Ana"]
    assert ana.username.startswith("ana@client.example-")
    assert ana.username in stage.enrolled()
    assert "ana@client.example" not in stage.enrolled()


@pytest.mark.rule("S12")
def test_a_replay_puts_back_what_a_hand_took_out_of_moodle() -> None:
    stage = OrderStage()
    stage.sell(some_facts())
    ana = stage.moodle.user("ana@client.example").id
    (row,) = [r for r in stage.moodle.state.enrolments.values() if r.userid == ana]
    stage.moodle.state.drop_enrolment(row)
    orders.replay(stage.world, "boutique:1042")
    stage.deliver()
    assert "ana@client.example" in stage.enrolled()
    assert "ana@client.example" in stage.members()["boutique:1042"]
    assert set(stage.messages().values()) == {1}


@pytest.mark.rule("S5")
def test_two_orders_of_one_customer_give_two_groups() -> None:
    stage = OrderStage()
    stage.sell(some_facts())
    second = replace(a_line(), participants=(a_participant("ana"),))
    stage.sell(some_facts("1043", lines=(second,)))
    assert set(stage.members()) == {"boutique:1042", "boutique:1043"}
    assert stage.members()["boutique:1043"] == ["ana@client.example"]


@pytest.mark.rule("S6")
def test_an_order_that_names_the_administrator_gives_no_role_over_him() -> None:
    shop = a_shop(attachment=Attachment(over_new="mentor", over_existing="viewer", back_over_new="viewer"))
    stage = OrderStage(shop)
    admin = stage.moodle.user("admin")
    line = replace(a_line(), participants=(a_participant("root", email=admin.email), a_participant("bob")))
    stage.sell(some_facts(lines=(line,)))
    assert ("rh@client.example", "viewer", "admin") not in stage.ties()
    assert stage.ties() == [
        ("admin", "viewer", "rh@client.example"),
        ("bob@client.example", "viewer", "rh@client.example"),
        ("rh@client.example", "mentor", "bob@client.example"),
    ]


@pytest.mark.rule("S6")
def test_an_existing_account_is_attached_by_the_role_for_existing_ones() -> None:
    stage = OrderStage()
    stage.moodle.add_user("ana", email="ana@client.example")
    stage.sell(some_facts())
    assert ("rh@client.example", "viewer", "ana") in stage.ties()
    assert ("rh@client.example", "mentor", "bob@client.example") in stage.ties()


@pytest.mark.rule("S6")
def test_an_account_of_another_operator_is_not_attached() -> None:
    stage = OrderStage()
    stage.sell(some_facts())
    other = a_buyer(email="drh@rival.example", lastname="Rival")
    line = replace(a_line(), participants=(a_participant("ana"),))
    stage.sell(some_facts("1043", buyer=other, lines=(line,)))
    assert ("drh@rival.example", "viewer", "ana@client.example") not in stage.ties()
    again = replace(a_line(), participants=(a_participant("bob"),))
    stage.sell(some_facts("1044", lines=(again,)))
    # His own operator keeps the role that he had, and gets no weaker one beside it.
    assert stage.ties().count(("rh@client.example", "mentor", "bob@client.example")) == 1
    assert ("rh@client.example", "viewer", "bob@client.example") not in stage.ties()


@pytest.mark.rule("S6")
def test_a_moodle_that_cannot_say_who_is_an_administrator_gives_no_role_over_existing_accounts() -> None:
    stage = OrderStage(plugins=False)
    stage.moodle.add_user("ana", email="ana@client.example")
    stage.sell(some_facts())
    assert all(over != "ana" for _, _, over in stage.ties())
    assert ("rh@client.example", "mentor", "bob@client.example") in stage.ties()


@pytest.mark.rule("S12")
def test_an_unpaid_order_waits_until_it_is_released_by_somebody() -> None:
    stage = OrderStage()
    stage.sell(some_facts(paid_at=None))
    assert stage.order().state == OrderState.RECEIVED
    assert stage.caen.calls == []
    orders.release(stage.world, "boutique:1042", "lydie", "bon de commande 7")
    stage.deliver()
    order = stage.order()
    assert order.state == OrderState.FULFILLED
    assert order.released_by == "lydie"
    assert any("bon de commande 7" in moment.why for moment in order.history)


@pytest.mark.rule("S12")
def test_a_moodle_that_is_down_makes_the_order_wait_with_a_date() -> None:
    stage = OrderStage()
    stage.caen.away = 1
    key = stage.send(some_facts())
    message = stage.queues.take("orders")
    assert message is not None
    orders.work(stage.world, "delivery", message["delivery"])
    order = stage.order(key)
    assert (order.state, codes(stage)) == (OrderState.WAITING, ["away"])
    assert order.wake_at is not None
    assert order.wake_at > stage.clock.now()
    (sent,) = stage.queues.sent
    assert sent.delay == timedelta(seconds=10)
    stage.deliver()
    assert stage.order().state == OrderState.FULFILLED


@pytest.mark.rule("S12")
def test_a_course_that_does_not_exist_leaves_the_order_visible_until_it_does() -> None:
    stage = OrderStage(a_shop(products={"SPOCM1": a_product(parameters="coursename=NEUF")}))
    stage.sell(some_facts())
    assert (stage.order().state, codes(stage)) == (OrderState.PARKED, ["course_unknown"])
    stage.moodle.add_course("NEUF", idnumber="NEUF", sections=1)
    orders.replay(stage.world, "boutique:1042")
    stage.deliver()
    assert stage.order().state == OrderState.FULFILLED
    assert len(stage.enrolled("NEUF")) == 4


@pytest.mark.rule("S13")
@pytest.mark.parametrize(
    ("changes", "code"),
    [
        ({"total": 3999}, "amount_differs"),
        ({"total": 400, "lines": (replace(a_line(), amount=400),)}, "price_differs"),
    ],
)
def test_amounts_that_do_not_add_up_stop_the_order(changes: dict[str, Any], code: str) -> None:
    stage = OrderStage()
    stage.sell(some_facts(**changes))
    assert (stage.order().state, codes(stage)) == (OrderState.PARKED, [code])
    assert stage.caen.calls == []


def test_a_book_beside_a_training_is_no_trouble_and_an_unknown_product_is_named() -> None:
    book = replace(a_line("2"), product="LIVRE", quantity=1, amount=1500, participants=())
    stage = OrderStage(a_shop(ignored=("LIVRE",)))
    stage.sell(some_facts(lines=(a_line(), book)))
    assert stage.order().state == OrderState.FULFILLED
    stage = OrderStage()
    stage.sell(some_facts(lines=(a_line(), book)))
    assert (stage.order().state, codes(stage)) == (OrderState.PARTLY_FULFILLED, ["product_unknown"])
    assert len(stage.enrolled()) == 4


def test_a_role_that_is_required_and_that_nobody_has_keeps_the_order_waiting() -> None:
    product = a_product(parameters="coursename=SPOCM1&requiredroles=student,teacher")
    stage = OrderStage(a_shop(products={"SPOCM1": product}))
    stage.sell(some_facts(lines=(replace(a_line(), participants=(a_participant("ana"),)),)))
    assert (stage.order().state, codes(stage)) == (OrderState.WAITING, ["role_missing"])
    assert set(stage.enrolled()) == {"ana@client.example"}
    seats.name_people(stage.world, "boutique:1042", "1", (a_participant("tom", kind="tutor"),))
    stage.deliver()
    assert stage.order().state == OrderState.FULFILLED


# -- taking away (S14) ----------------------------------------------------------------------------------


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
    stage = OrderStage()
    stage.sell(some_facts())
    facts = later(**{k: v for k, v in changes.items() if k != "disputes"})
    orders.merge(stage.world, "boutique", replace(facts, **changes))
    orders.replay(stage.world, "boutique:1042")
    stage.deliver()
    assert stage.order().state == state
    assert stage.enrolled() == {}
    assert stage.enrolled("SUPPORT") == {}
    assert stage.members() == {"boutique:1042": []}
    assert stage.ties() == []
    assert all(seat.state == SeatState.TAKEN for seat in stage.order().seats)


@pytest.mark.rule("S14", "S12")
def test_an_account_suspended_or_a_course_renamed_later_takes_nothing_away() -> None:
    stage = OrderStage()
    stage.sell(some_facts())
    ties = stage.ties()
    stage.moodle.user("ana@client.example").suspended = True
    orders.replay(stage.world, "boutique:1042")
    stage.deliver()
    assert (stage.order().state, codes(stage)) == (OrderState.PARTLY_FULFILLED, ["account_suspended"])
    assert len(stage.enrolled()) == 4
    stage.moodle.user("ana@client.example").suspended = False
    stage.moodle.change_course("SPOCM1", shortname="SPOCM2")
    orders.replay(stage.world, "boutique:1042")
    stage.deliver()
    assert codes(stage)[0] == "course_unknown"
    assert len(stage.enrolled("SPOCM2")) == 4
    assert stage.members("SPOCM2")["boutique:1042"] == sorted(stage.enrolled("SPOCM2"))
    assert stage.ties() == ties


@pytest.mark.rule("S14")
def test_an_open_dispute_takes_nothing_away() -> None:
    stage = OrderStage()
    stage.sell(some_facts())
    orders.merge(stage.world, "boutique", Facts(order="1042", disputes=(Dispute("d", "open", NOW),)))
    orders.replay(stage.world, "boutique:1042")
    stage.deliver()
    assert len(stage.enrolled()) == 4


@pytest.mark.rule("S14")
def test_the_tutors_price_given_back_takes_nothing_and_is_noted() -> None:
    stage = OrderStage()
    stage.sell(some_facts())
    stage.sell(later(refunds=(Refund("r", 1000),)))
    assert (stage.order().state, codes(stage)) == (OrderState.FULFILLED, ["refund_of_amount"])
    assert stage.enrolled()["tom@client.example"] == ("teacher",)


@pytest.mark.rule("S14")
def test_a_refund_of_part_frees_empty_seats_first_then_waits_for_the_buyers_word() -> None:
    stage = OrderStage()
    line = replace(a_line(), quantity=5, amount=5000)
    stage.sell(some_facts(lines=(line,)))
    stage.sell(later(1, lines=(line,), refunds=(Refund("r1", 1000, {"1": 1}),)))
    assert (stage.order().state, codes(stage)) == (OrderState.FULFILLED, [])
    assert len(stage.enrolled()) == 4
    two = (Refund("r1", 1000, {"1": 1}), Refund("r2", 1000, {"1": 1}))
    stage.sell(later(2, lines=(line,), refunds=two))
    assert (stage.order().state, codes(stage)) == (OrderState.WAITING, ["choose_seats"])
    assert len(stage.enrolled()) == 4
    seats.give_back(stage.world, "boutique:1042", "1:bob@client.example")
    stage.deliver()
    assert stage.order().state == OrderState.FULFILLED
    assert "bob@client.example" not in stage.enrolled()
    assert len(stage.enrolled()) == 3
    with pytest.raises(Refused):
        seats.give_back(stage.world, "boutique:1042", "1:ana@client.example")


@pytest.mark.rule("S14")
def test_a_refund_leaves_the_hand_made_and_the_nights_enrolment_as_they_were() -> None:
    stage = OrderStage()
    moodle = stage.moodle
    ana = moodle.add_user("ana", email="ana@client.example")
    moodle.enrol("SPOCM1", "ana", "editingteacher")
    night = {"course": "SPOC-1", "username": "ana", "role": "student", "source": "night"}
    stage.caen.moodle().apply([{"id": "1", "op": "enrol", "timestart": 5, "timeend": 0, **night}])

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
    stage.sell(some_facts())
    assert len(standing()) == len(before) + 1
    stage.sell(later(refunds=(Refund("r", 4000, {"1": 4}),)))
    assert standing() == before
    assert moodle.state.roles_of(moodle.course("SPOCM1").id, ana.id) == roles
    # Then the night's reason goes too: what a hand made is as it was.
    stage.caen.moodle().apply([{"id": "1", "op": "unenrol", **night}])
    assert [row[0] for row in standing()] == ["manual"]


@pytest.mark.rule("S14")
def test_without_plugins_what_stood_by_hand_is_left_alone_too() -> None:
    stage = OrderStage(plugins=False)
    stage.moodle.add_user("ana", email="ana@client.example")
    stage.moodle.enrol("SPOCM1", "ana", "student")
    row = next(iter(stage.moodle.state.enrolments.values()))
    row.timeend = 4_000_000_000
    stage.sell(some_facts())
    assert row.timeend == 4_000_000_000
    assert len(stage.enrolled(source="manual")) == 4
    stage.sell(later(refunds=(Refund("r", 4000, {"1": 4}),)))
    assert stage.enrolled(source="manual") == {"ana": ("student",)}
    assert row.timeend == 4_000_000_000


@pytest.mark.rule("S14")
def test_another_paid_line_keeps_what_a_refund_would_take() -> None:
    stage = OrderStage()
    stage.sell(some_facts())
    longer = a_shop(
        products={"SPOCM1": a_product(), "LONG": a_product(parameters="coursename=SPOCM1&duration=90")}
    )
    second = OrderStage(longer)
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


# -- the other handlers of the table --------------------------------------------------------------------


def sell_one(
    handler: str, parameters: str, stage: OrderStage | None = None, number: str = "1042", **line: Any
) -> OrderStage:
    product = a_product(handler, parameters=parameters, price="")
    shop = a_shop(products={"P": product, "SPOCM1": a_product()})
    if stage is None:
        stage = OrderStage(shop)
    sold = replace(a_line(), product="P", participants=(), **({"quantity": 1} | line))
    stage.sell(some_facts(number, lines=(sold,)))
    return stage


def test_std_enrolonecourse_enrols_the_buyer_in_a_group() -> None:
    stage = sell_one("std_enrolonecourse", "courseidnumber=SPOC-1&groupname=Libres&duration=10")
    assert stage.order().state == OrderState.FULFILLED
    assert stage.enrolled() == {"rh@client.example": ("student",)}
    assert stage.members() == {"boutique:Libres": ["rh@client.example"]}


def test_std_enrolonecoursemultiple_bought_again_moves_the_end() -> None:
    stage = sell_one("std_enrolonecoursemultiple", "coursename=SPOCM1&duration=30")
    sell_one("std_enrolonecoursemultiple", "coursename=SPOCM1&duration=30", stage, "1043")
    (row,) = stage.moodle.state.enrolments.values()
    assert row.timeend == int((NOW + timedelta(days=60)).timestamp())
    orders.replay(stage.world, "boutique:1042")
    stage.deliver()
    assert row.timeend == int((NOW + timedelta(days=60)).timestamp())


def test_std_extendenrolperiod_moves_the_end_by_extension_times_quantity() -> None:
    stage = OrderStage(
        a_shop(
            products={
                "SPOCM1": a_product(
                    "std_enrolonecourse", parameters="coursename=SPOCM1&duration=30", price=""
                ),
                "MORE": a_product(
                    "std_extendenrolperiod", parameters="coursename=SPOCM1&extension=15", price=""
                ),
            }
        )
    )
    stage.sell(some_facts("1", lines=(replace(a_line(), participants=(), quantity=1),)))
    stage.sell(some_facts("2", lines=(replace(a_line(), product="MORE", participants=(), quantity=2),)))
    assert stage.order("boutique:2").state == OrderState.FULFILLED
    (row,) = stage.moodle.state.enrolments.values()
    assert row.timeend == int((NOW + timedelta(days=60)).timestamp())
    # Nothing to extend is said, not done.
    stage = sell_one("std_extendenrolperiod", "coursename=SPOCM1&extension=15")
    assert (stage.order().state, codes(stage)) == (OrderState.PARKED, ["nothing_to_extend"])


def test_std_generateseats_sells_seats_for_a_choice_of_courses() -> None:
    stage = sell_one("std_generateseats", "courselist=SPOCM1,SUPPORT&packsize=5", quantity=2)
    assert (stage.order().state, codes(stage)) == (OrderState.WAITING, ["seats_free"])
    assert stage.order().why[0].details == {"count": "10"}
    people = (a_participant("ana", course="SUPPORT"), a_participant("bob", course="SPOCM1"))
    assert seats.name_people(stage.world, "boutique:1042", "1", people) == ()
    stage.deliver()
    assert set(stage.enrolled("SUPPORT")) == {"ana@client.example"}
    assert set(stage.enrolled()) == {"bob@client.example"}
    (problem,) = seats.name_people(stage.world, "boutique:1042", "1", (a_participant("eve", course="AUTRE"),))
    assert problem.code == "course_unknown"


def test_std_assignroleoncontext_gives_one_role_in_one_context() -> None:
    stage = sell_one("std_assignroleoncontext", "contextlevel=course&instance=SPOCM1&role=teacher")
    assert stage.order().state == OrderState.FULFILLED
    course = stage.moodle.course("SPOCM1").id
    assert stage.moodle.state.roles_of(course, stage.moodle.user("rh@client.example").id) == [4]
    lost = sell_one("std_assignroleoncontext", "contextlevel=course&instance=NOWHERE&role=teacher")
    assert codes(lost) == ["context_unknown"]


def test_std_createcategory_makes_the_buyers_own_category_once() -> None:
    product = a_product("std_createcategory", parameters="parentcategory=CLIENTS", price="")
    stage = OrderStage(a_shop(products={"P": product}))
    stage.moodle.add_category("Clients", "CLIENTS")
    line = replace(a_line(), product="P", participants=(), quantity=1)
    stage.sell(some_facts(lines=(line,)))
    orders.replay(stage.world, "boutique:1042")
    stage.deliver()
    assert stage.order().state == OrderState.FULFILLED
    made = [c for c in stage.moodle.state.categories.values() if c.idnumber == "boutique:1042:1"]
    assert [c.name for c in made] == ["Client SA"]
    held = [a for a in stage.moodle.state.assignments.values() if a.level == "coursecat"]
    assert [(a.instance, a.roleid) for a in held] == [(made[0].id, 1)]


@pytest.mark.parametrize("backs_people_up", [False, True])
def test_std_createcourse_copies_a_template_for_the_buyer_once(backs_people_up: bool) -> None:
    product = a_product("std_createcourse", parameters="coursecategory=CLIENTS&template=SPOCM1", price="")
    stage = OrderStage(a_shop(products={"P": product}))
    stage.moodle.settings.backs_people_up = backs_people_up
    stage.moodle.add_category("Clients", "CLIENTS")
    stage.moodle.change_course("SPOCM1", add="page", name="Bienvenue")
    stage.sell(some_facts(lines=(replace(a_line(), product="P", participants=(), quantity=1),)))
    orders.replay(stage.world, "boutique:1042")
    stage.deliver()
    assert stage.order().state == OrderState.FULFILLED
    (made,) = [c for c in stage.moodle.state.courses.values() if c.shortname == "boutique:1042:1"]
    assert made.fullname.endswith("Client SA")
    assert "Bienvenue" in {module.name for module in made.content.modules.values()}
    assert stage.moodle.state.roles_of(made.id, stage.moodle.user("rh@client.example").id) == [3]
    # Whoever may not back people up is refused to say that they stay out, and asks once more without.
    assert stage.caen.calls.count("core_course_duplicate_course") == (1 if backs_people_up else 2)
    assert made.id in stage.moodle.state.coursesof[stage.moodle.user("rh@client.example").id]


def test_std_registeredproduct_and_std_prorogate_keep_and_move_an_end() -> None:
    stage = OrderStage(
        a_shop(
            products={
                "R": a_product("std_registeredproduct", parameters="customersupport=SUPPORT", price=""),
                "M": a_product("std_prorogate", parameters="timeshift=30", price=""),
            }
        )
    )
    stage.sell(some_facts("1", lines=(replace(a_line(), product="R", participants=(), quantity=1),)))
    assert stage.order("boutique:1").state == OrderState.FULFILLED
    assert set(stage.enrolled("SUPPORT")) == {"rh@client.example"}
    (owned,) = stage.page("rh@client.example").products
    assert (owned.product, owned.end) == ("R", None)
    stage.sell(some_facts("2", lines=(replace(a_line(), product="M", participants=(), quantity=1),)))
    # A product without an end has none to move: said, and nothing changed.
    assert [n.code for n in stage.order("boutique:2").why] == ["nothing_to_prorogate"]


@pytest.mark.parametrize("handler", ["std_createvinstance", "std_addquizattempts", "std_openltiaccess"])
def test_a_handler_that_needs_a_plugin_parks_the_order(handler: str) -> None:
    stage = sell_one(handler, "")
    assert (stage.order().state, codes(stage)) == (OrderState.PARKED, ["handler_needs_plugin"])


# -- nobody's password, nobody's name -------------------------------------------------------------------


@pytest.mark.rule("S10")
def test_passerelle_never_knows_or_mails_a_password() -> None:
    stage = OrderStage()
    stage.sell(some_facts())
    assert all("password" not in name.lower() for name in vars(Participant)["__dataclass_fields__"])
    for record in stage.records:
        assert "password" not in repr(record).lower()
        assert "@client.example" not in repr(record), "a repr may reach a log"
    for message in stage.moodle.state.messages:
        assert "mot de passe" not in message.values["text"].lower()


@pytest.mark.rule("S10")
def test_accounts_may_sign_in_elsewhere() -> None:
    stage = OrderStage(a_shop(new_account_auth="cas"))
    stage.sell(some_facts())
    assert stage.order().state == OrderState.FULFILLED
    assert stage.moodle.user("ana@client.example").auth == "cas"
    assert stage.moodle.state.firstpasswordmails == []
