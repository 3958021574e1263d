"""S1–S13 on a whole Moodle: the twin behind the real adapter, deliveries in, what stands at the end."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest

from passerelle.domain.orders.facts import Participant
from passerelle.domain.orders.shop import Attachment
from passerelle.domain.states import OrderState
from passerelle.errors import Refused
from passerelle.usecases.orders import seats, work
from tests.factories.orders import a_buyer, a_line, a_participant, a_product, a_shop, some_facts
from tests.factories.records import NOW
from tests.scenes.orders import OrderScene

HOUR = timedelta(hours=1)


def codes(scene: OrderScene) -> list[str]:
    return [note.code for note in scene.order().why]


@pytest.mark.rule("S1", "S2", "S5", "S6", "S7", "S11")
def test_one_order_sets_the_whole_session_up() -> None:
    scene = OrderScene()
    order = scene.sell(some_facts())
    assert order.state == OrderState.FULFILLED
    people = {f"{name}@client.example" for name in ("ana", "bob", "cleo", "tom")}
    assert scene.enrolled() == {
        **{person: ("student",) for person in sorted(people) if "tom" not in person},
        "tom@client.example": ("teacher",),
    }
    assert scene.members() == {"boutique:1042": sorted(people)}
    # The buyer need not learn nor supervise; they are in the support course, and told once.
    assert scene.enrolled("SUPPORT") == {"rh@client.example": ("student",)}
    assert scene.messages() == {**dict.fromkeys(people, 1), "rh@client.example": 1}


@pytest.mark.rule("S11")
def test_without_plugins_everybody_is_told_once_too_and_a_replay_says_nothing_again() -> None:
    scene = OrderScene(plugins=False)
    scene.sell(some_facts())
    people = ("ana", "bob", "cleo", "tom", "rh")
    once = {f"{name}@client.example": 1 for name in people}
    assert scene.messages() == once
    assert any("SPOC Moodle" in message.text for message in scene.moodle.state.messages)
    work.replay(scene.world, "boutique:1042")
    scene.deliver()
    assert scene.messages() == once


@pytest.mark.rule("S9")
def test_dates_go_from_payment_to_the_products_duration() -> None:
    scene = OrderScene()
    scene.sell(some_facts())
    course = scene.moodle.course("SPOCM1").id
    dates = {(r.timestart, r.timeend) for r in scene.moodle.state.enrolments.values() if r.courseid == course}
    assert dates == {(int(NOW.timestamp()), int((NOW + timedelta(days=35)).timestamp()))}


@pytest.mark.rule("S3")
def test_more_people_than_seats_is_refused_before_anything_is_created() -> None:
    scene = OrderScene()
    scene.sell(some_facts(lines=(replace(a_line(), quantity=3, amount=3000),)))
    assert (scene.order().state, codes(scene)) == (OrderState.PARKED, ["too_many_people"])
    assert scene.caen.calls == []


@pytest.mark.rule("S3")
def test_a_product_may_have_its_tutors_free() -> None:
    scene = OrderScene(a_shop(products={"SPOCM1": a_product(tutors_free=True)}))
    scene.sell(some_facts(lines=(replace(a_line(), quantity=3, amount=3000),)))
    assert scene.order().state == OrderState.FULFILLED
    assert len(scene.enrolled()) == 4


@pytest.mark.rule("S3", "S11")
def test_left_over_seats_are_named_later_and_the_buyer_is_told_how() -> None:
    scene = OrderScene()
    scene.sell(some_facts(lines=(replace(a_line(), participants=(a_participant("ana"),)),)))
    assert (scene.order().state, codes(scene)) == (OrderState.FULFILLED, ["seats_free"])
    assert "/seats/" in scene.moodle.state.messages[-1].values["text"]
    scene.clock.tick(timedelta(days=3))
    assert seats.name_people(scene.world, "boutique:1042", "1", (a_participant("dan"),)) == ()
    scene.deliver()
    assert set(scene.enrolled()) == {"ana@client.example", "dan@client.example"}
    with pytest.raises(Refused, match="no_free_seat"):
        seats.name_people(
            scene.world, "boutique:1042", "1", tuple(a_participant(n) for n in ("x1", "x2", "x3"))
        )
    problems = seats.name_people(
        scene.world, "boutique:1042", "1", (a_participant("dan"), a_participant("eve", email="eve"))
    )
    assert [(p.row, p.code) for p in problems] == [(1, "email_seated"), (2, "email_invalid")]


@pytest.mark.rule("S3")
def test_a_seat_is_swapped_until_its_holder_has_started() -> None:
    scene = OrderScene()
    scene.sell(some_facts())
    assert seats.swap(scene.world, "boutique:1042", "1:bob@client.example", a_participant("dan")) == ()
    scene.deliver()
    assert "bob@client.example" not in scene.enrolled()
    assert "dan@client.example" in scene.members()["boutique:1042"]
    assert "bob@client.example" not in scene.members()["boutique:1042"]
    assert ("rh@client.example", "mentor", "bob@client.example") not in scene.ties()
    scene.moodle.user("ana@client.example").lastaccess = int((NOW + HOUR).timestamp())
    with pytest.raises(Refused, match="seat_started"):
        seats.swap(scene.world, "boutique:1042", "1:ana@client.example", a_participant("eve"))


@pytest.mark.rule("S4", "S10")
def test_a_known_address_enrols_the_existing_user_as_he_is() -> None:
    scene = OrderScene()
    scene.moodle.add_user("amartin", "Ana", "Martin-Dupont", email="ANA@Client.Example")
    scene.sell(some_facts())
    assert "amartin" in scene.enrolled()
    assert scene.moodle.user("amartin").lastname == "Martin-Dupont"
    mailed = {scene.moodle.state.users[u].username for u in scene.moodle.state.firstpasswordmails}
    assert mailed == {f"{n}@client.example" for n in ("bob", "cleo", "tom", "rh")}
    summary = scene.moodle.state.messages[-1].values["text"]
    assert summary.index("nouveau compte") < summary.index("Bob Martin") < summary.index("Ana Martin")


@pytest.mark.rule("S4")
def test_one_persons_trouble_does_not_stop_the_others() -> None:
    scene = OrderScene()
    scene.moodle.settings.same_email_allowed = True
    scene.moodle.add_user("ana1", email="ana@client.example")
    scene.moodle.add_user("ana2", email="ana@client.example")
    scene.moodle.add_user("bob", email="bob@client.example", suspended=True)
    line = replace(
        a_line(),
        quantity=5,
        amount=5000,
        participants=(*a_line().participants, a_participant("eve", email="not an address")),
    )
    scene.sell(some_facts(lines=(line,)))
    assert scene.order().state == OrderState.PARTLY_FULFILLED
    assert set(scene.enrolled()) == {"cleo@client.example", "tom@client.example"}
    stopped = {s.person.firstname: s.why.code for s in scene.order().seats if s.why}
    assert stopped == {"Ana": "email_twice", "Bob": "account_suspended", "Eve": "email_invalid"}
    # Repaired, and replayed: the rest is done, nothing twice.
    scene.moodle.user("bob").suspended = False
    work.replay(scene.world, "boutique:1042")
    scene.deliver()
    assert "bob" in scene.enrolled()
    assert scene.messages()["cleo@client.example"] == 1


@pytest.mark.rule("S12", "S15")
def test_who_may_not_have_a_role_by_the_moodles_own_settings_waits_for_them_to_change() -> None:
    scene = OrderScene()
    scene.moodle.settings.apply_roles = frozenset({"editingteacher"})
    scene.sell(some_facts())
    assert not scene.enrolled()
    assert {s.why.code for s in scene.order().seats if s.why} == {"enrol_not_allowed"}
    scene.moodle.settings.apply_roles = frozenset()
    work.replay(scene.world, "boutique:1042")
    scene.deliver()
    assert scene.order().state == OrderState.FULFILLED


@pytest.mark.rule("S4")
def test_a_username_that_another_address_holds_is_not_taken_for_him() -> None:
    scene = OrderScene()
    scene.moodle.add_user("ana@client.example", email="someone@else.example")
    scene.sell(some_facts())
    assert scene.order().state == OrderState.FULFILLED
    (ana,) = [s for s in scene.order().seats if s.person.firstname == "Ana"]
    assert ana.username.startswith("ana@client.example-")
    assert ana.username in scene.enrolled()
    assert "ana@client.example" not in scene.enrolled()


@pytest.mark.rule("S12")
def test_a_replay_puts_back_what_a_hand_took_out_of_moodle() -> None:
    scene = OrderScene()
    scene.sell(some_facts())
    ana = scene.moodle.user("ana@client.example").id
    (row,) = [r for r in scene.moodle.state.enrolments.values() if r.userid == ana]
    scene.moodle.state.drop_enrolment(row)
    work.replay(scene.world, "boutique:1042")
    scene.deliver()
    assert "ana@client.example" in scene.enrolled()
    assert "ana@client.example" in scene.members()["boutique:1042"]
    assert set(scene.messages().values()) == {1}


@pytest.mark.rule("S5")
def test_two_orders_of_one_customer_give_two_groups() -> None:
    scene = OrderScene()
    scene.sell(some_facts())
    second = replace(a_line(), participants=(a_participant("ana"),))
    scene.sell(some_facts("1043", lines=(second,)))
    assert set(scene.members()) == {"boutique:1042", "boutique:1043"}
    assert scene.members()["boutique:1043"] == ["ana@client.example"]


@pytest.mark.rule("S6")
def test_an_order_that_names_the_administrator_gives_no_role_over_him() -> None:
    shop = a_shop(attachment=Attachment(over_new="mentor", over_existing="viewer", back_over_new="viewer"))
    scene = OrderScene(shop)
    admin = scene.moodle.user("admin")
    line = replace(a_line(), participants=(a_participant("root", email=admin.email), a_participant("bob")))
    scene.sell(some_facts(lines=(line,)))
    assert ("rh@client.example", "viewer", "admin") not in scene.ties()
    assert scene.ties() == [
        ("admin", "viewer", "rh@client.example"),
        ("bob@client.example", "viewer", "rh@client.example"),
        ("rh@client.example", "mentor", "bob@client.example"),
    ]


@pytest.mark.rule("S6")
def test_an_existing_account_is_attached_by_the_role_for_existing_ones() -> None:
    scene = OrderScene()
    scene.moodle.add_user("ana", email="ana@client.example")
    scene.sell(some_facts())
    assert ("rh@client.example", "viewer", "ana") in scene.ties()
    assert ("rh@client.example", "mentor", "bob@client.example") in scene.ties()


@pytest.mark.rule("S6")
def test_an_account_of_another_operator_is_not_attached() -> None:
    scene = OrderScene()
    scene.sell(some_facts())
    other = a_buyer(email="drh@rival.example", lastname="Rival")
    line = replace(a_line(), participants=(a_participant("ana"),))
    scene.sell(some_facts("1043", buyer=other, lines=(line,)))
    assert ("drh@rival.example", "viewer", "ana@client.example") not in scene.ties()
    again = replace(a_line(), participants=(a_participant("bob"),))
    scene.sell(some_facts("1044", lines=(again,)))
    # Bob's own operator keeps the role they had, and gets no weaker one beside it.
    assert scene.ties().count(("rh@client.example", "mentor", "bob@client.example")) == 1
    assert ("rh@client.example", "viewer", "bob@client.example") not in scene.ties()


@pytest.mark.rule("S6")
def test_a_moodle_that_cannot_say_who_is_an_administrator_gives_no_role_over_existing_accounts() -> None:
    scene = OrderScene(plugins=False)
    scene.moodle.add_user("ana", email="ana@client.example")
    scene.sell(some_facts())
    assert all(over != "ana" for _, _, over in scene.ties())
    assert ("rh@client.example", "mentor", "bob@client.example") in scene.ties()


@pytest.mark.rule("S12")
def test_an_unpaid_order_waits_until_it_is_released_by_somebody() -> None:
    scene = OrderScene()
    scene.sell(some_facts(paid_at=None))
    assert scene.order().state == OrderState.RECEIVED
    assert scene.caen.calls == []
    work.release(scene.world, "boutique:1042", "lydie", "bon de commande 7")
    scene.deliver()
    order = scene.order()
    assert order.state == OrderState.FULFILLED
    assert order.released_by == "lydie"
    assert any("bon de commande 7" in moment.why for moment in order.history)


@pytest.mark.rule("S12")
def test_a_moodle_that_is_down_makes_the_order_wait_with_a_date() -> None:
    scene = OrderScene()
    scene.caen.away = 1
    key = scene.send(some_facts())
    message = scene.queues.take("orders")
    assert message is not None
    work.work(scene.world, "delivery", message["delivery"])
    order = scene.order(key)
    assert (order.state, codes(scene)) == (OrderState.WAITING, ["away"])
    assert order.wake_at is not None
    assert order.wake_at > scene.clock.now()
    (sent,) = scene.queues.sent
    assert sent.delay == timedelta(seconds=10)
    scene.deliver()
    assert scene.order().state == OrderState.FULFILLED


@pytest.mark.rule("S12")
def test_a_course_that_does_not_exist_leaves_the_order_visible_until_it_does() -> None:
    scene = OrderScene(a_shop(products={"SPOCM1": a_product(parameters="coursename=NEUF")}))
    scene.sell(some_facts())
    assert (scene.order().state, codes(scene)) == (OrderState.PARKED, ["course_unknown"])
    scene.moodle.add_course("NEUF", idnumber="NEUF", sections=1)
    work.replay(scene.world, "boutique:1042")
    scene.deliver()
    assert scene.order().state == OrderState.FULFILLED
    assert len(scene.enrolled("NEUF")) == 4


@pytest.mark.rule("S13")
@pytest.mark.parametrize(
    ("changes", "code"),
    [
        ({"total": 3995}, "amount_differs"),
        ({"total": 400, "lines": (replace(a_line(), amount=400),)}, "price_differs"),
    ],
)
def test_amounts_that_do_not_add_up_stop_the_order(changes: dict[str, Any], code: str) -> None:
    scene = OrderScene()
    scene.sell(some_facts(**changes))
    assert (scene.order().state, codes(scene)) == (OrderState.PARKED, [code])
    assert scene.caen.calls == []


def test_a_book_beside_a_training_is_no_trouble_and_an_unknown_product_is_named() -> None:
    book = replace(a_line("2"), product="LIVRE", quantity=1, amount=1500, participants=())
    scene = OrderScene(a_shop(ignored=("LIVRE",)))
    scene.sell(some_facts(lines=(a_line(), book)))
    assert scene.order().state == OrderState.FULFILLED
    scene = OrderScene()
    scene.sell(some_facts(lines=(a_line(), book)))
    assert (scene.order().state, codes(scene)) == (OrderState.PARTLY_FULFILLED, ["product_unknown"])
    assert len(scene.enrolled()) == 4


def test_a_role_that_is_required_and_that_nobody_has_keeps_the_order_waiting() -> None:
    product = a_product(parameters="coursename=SPOCM1&requiredroles=student,teacher")
    scene = OrderScene(a_shop(products={"SPOCM1": product}))
    scene.sell(some_facts(lines=(replace(a_line(), participants=(a_participant("ana"),)),)))
    assert (scene.order().state, codes(scene)) == (OrderState.WAITING, ["role_missing"])
    assert set(scene.enrolled()) == {"ana@client.example"}
    seats.name_people(scene.world, "boutique:1042", "1", (a_participant("tom", kind="tutor"),))
    scene.deliver()
    assert scene.order().state == OrderState.FULFILLED


@pytest.mark.rule("S10")
def test_passerelle_never_knows_or_mails_a_password() -> None:
    scene = OrderScene()
    scene.sell(some_facts())
    assert all("password" not in name.lower() for name in vars(Participant)["__dataclass_fields__"])
    for record in scene.records:
        assert "password" not in repr(record).lower()
        assert "@client.example" not in repr(record), "a repr may reach a log"
    for message in scene.moodle.state.messages:
        assert "mot de passe" not in message.values["text"].lower()


@pytest.mark.rule("S10")
def test_accounts_may_sign_in_elsewhere() -> None:
    scene = OrderScene(a_shop(new_account_auth="cas"))
    scene.sell(some_facts())
    assert scene.order().state == OrderState.FULFILLED
    assert scene.moodle.user("ana@client.example").auth == "cas"
    assert scene.moodle.state.firstpasswordmails == []
