"""A paid order becomes a session, over HTTP: the seed's scenario on the twin and on real Moodles (S1–S14)."""

from __future__ import annotations

import logging
from datetime import timedelta
from math import ceil
from typing import Any

import pytest

from passerelle.domain.moodle.core import Enrolment
from passerelle.domain.orders.facts import Participant, Refund
from passerelle.domain.states import OrderState
from tests.factories.orders import a_line, a_participant
from tests.live.boutique import Boutique
from tests.live.conftest import person
from tests.live.ground import Ground, fresh
from tests.live.witness import ids

Course = dict[str, Any]


@pytest.fixture
def support(ground: Ground, category: str) -> str:
    idnumber = fresh("S")
    [made] = ground.apply(
        {
            "op": "course_create",
            "idnumber": idnumber,
            "shortname": idnumber,
            "fullname": "Aide aux clients",
            "category": category,
        }
    )
    assert made["ok"]
    return idnumber


@pytest.fixture
def boutique(ground: Ground, course: Course, support: str, category: str, user_roles: Any) -> Boutique:
    return Boutique(ground, course["idnumber"], support, category, user_roles)


def newcomer(name: str, **changes: Any) -> Participant:
    return a_participant(name, email=f"{fresh(name)}@client.example", **changes)


@pytest.mark.rule("S1", "S2", "S4", "S5", "S6", "S7", "S9", "S10", "S11", "S12")
def test_an_order_for_three_learners_and_a_tutor_sets_the_whole_session_up_once(
    ground, course, support, boutique, witness, mailbox, user_roles, caplog
):
    caplog.set_level(logging.DEBUG)
    known = person(ground)
    ana, bob = newcomer("ana"), newcomer("bob")
    cleo = a_participant("cleo", email=f"{known}@EXAMPLE.org")  # an account is there already
    tom = newcomer("tom", kind="tutor")
    mailed_before = witness.must_change([known])
    buyer = f"{fresh('rh')}@client.example"
    news = sorted([ana.key, bob.key, tom.key, buyer])
    order = boutique.sell(boutique.facts(ana, bob, cleo, tom, buyer=buyer))
    assert (order.state, order.why) == (OrderState.FULFILLED, ()), order.why
    assert boutique.requests() <= 12 + 2 * ceil(4 / 50), boutique.wire.functions

    # Accounts: three of the people and the buyer, whose passwords Moodle chose and mailed.
    everybody = sorted([*news, known])
    assert [name for name in witness.must_change(everybody) if name not in mailed_before] == news
    users = ids(boutique.moodle, everybody)
    assert boutique.user(cleo.key).firstname == "Ada"

    # Enrolments in the shop's own instance, from payment to the product's end.
    start = int(boutique.now.timestamp())
    end = int((boutique.now + timedelta(days=35)).timestamp())
    roles = dict.fromkeys((ana.key, bob.key, known), "student") | {tom.key: "teacher"}
    expected = sorted((name, "shop", role, start, end) for name, role in roles.items())
    assert boutique.enrolments(course["idnumber"]) == expected
    assert boutique.enrolments(support) == [(buyer, "shop", "student", start, end)]
    assert boutique.groups(course["idnumber"]) == {order.id: sorted(roles)}

    # Roles over each other's user contexts; over an account that was there only one that looks.
    assert witness.ties(users) == sorted(
        [(buyer, user_roles.over_new, name) for name in (ana.key, bob.key, tom.key)]
        + [(buyer, user_roles.over_existing, known)]
        + [(name, user_roles.back, buyer) for name in roles]
    )
    assert witness.told(users) == dict.fromkeys([*roles, buyer], 1)

    # The same again, at the door and from the queue, changes nothing.
    before = boutique.requests()
    boutique.sell(boutique.facts(ana, bob, cleo, tom, buyer=buyer))
    assert boutique.requests() - before <= 6, boutique.wire.functions[before:]
    before = boutique.requests()
    boutique.again()
    assert boutique.requests() - before <= 6, boutique.wire.functions[before:]
    assert boutique.enrolments(course["idnumber"]) == expected
    assert boutique.groups(course["idnumber"]) == {order.id: sorted(roles)}
    assert witness.told(users) == dict.fromkeys([*roles, buyer], 1)

    if mailbox is None:
        return
    # The account that was there may get the mail of its own making meanwhile, when the site's cron runs.
    passwords = {to: said for to, said in mailbox.first_logins().items() if to != cleo.key}
    assert sorted(passwords) == news
    assert {len(said) for said in passwords.values()} == {1}
    stored = repr(list(boutique.records)) + repr(list(boutique.queues))
    wire = b"".join(part for pair in boutique.wire.said for part in pair)
    for password in (said for one in passwords.values() for said in one):
        assert password not in caplog.text
        assert password not in stored
        assert password.encode() not in wire
        assert witness.kept(password) == 0
    for address in (*news, cleo.key):
        assert address not in caplog.text.lower()


@pytest.mark.rule("S14")
def test_a_refund_takes_only_what_no_other_reason_grants(ground, course, boutique, witness):
    number = course["idnumber"]
    night = {"course": number, "source": "night", "role": "student", "timestart": 86_400, "timeend": 0}
    username = person(ground)
    student = next(role.id for role in boutique.moodle.get_site().roles if role.shortname == "student")
    [user] = ids(boutique.moodle, [username])
    [by_hand] = boutique.moodle.for_many().enrol(
        [Enrolment(course["courseid"], user, student, boutique.now, boutique.now + timedelta(days=9))]
    )
    assert by_hand.ok
    [by_night] = ground.apply({"op": "enrol", "username": username, **night})
    assert by_night["ok"]
    before = boutique.enrolments(number)
    assert [row[1] for row in before] == ["manual", "night"]

    ana = a_participant("ana", email=f"{username}@example.org")
    buyer = f"{fresh('rh')}@client.example"
    boutique.sell(boutique.facts(ana, buyer=buyer))
    assert [row[1] for row in boutique.enrolments(number)] == ["manual", "night", "shop"]
    assert witness.ties([user]) != []
    refund = Refund("r", 1000, {"1": 1}, boutique.now)
    order = boutique.sell(boutique.facts(ana, buyer=buyer, hours=1, refunds=(refund,)))
    assert order.state == OrderState.REFUNDED
    assert boutique.enrolments(number) == before
    assert boutique.groups(number) == {order.id: []}
    assert witness.ties([user]) == []

    [gone] = ground.apply({"op": "unenrol", "username": username, **night})
    assert gone["ok"]
    assert boutique.enrolments(number) == [row for row in before if row[1] == "manual"]


@pytest.mark.rule("S6")
def test_an_order_that_names_the_administrator_gives_no_role_over_him(
    boutique, witness, administrator, user_roles
):
    ana = newcomer("ana")
    boss = a_participant("boss", email=administrator)
    [user] = boutique.moodle.find_users("email", [boss.key])[boss.key]
    before = witness.ties([user.id])
    buyer = f"{fresh('rh')}@client.example"
    order = boutique.sell(boutique.facts(ana, boss, buyer=buyer))
    assert order.state == OrderState.FULFILLED
    assert witness.ties([user.id]) == before
    assert (buyer, user_roles.over_new, ana.key) in witness.ties(ids(boutique.moodle, [ana.key]))


@pytest.mark.rule("S8")
def test_a_course_of_the_buyers_own_is_copied_once_and_he_teaches_it(boutique):
    buyer = f"{fresh('rh')}@client.example"
    line = a_line(product="COPY", quantity=1, amount=1000, participants=(), title="Mon espace")
    facts = boutique.facts(buyer=buyer, lines=(line,), total=1000)
    order = boutique.sell(facts)
    assert (order.state, order.why) == (OrderState.FULFILLED, ()), order.why
    made = boutique.moodle.course_by_shortname(f"{order.id}:1")
    assert made is not None
    state = boutique.moodle.get_course_states([made.id])[made.id]
    assert list(state.editingteachers) == [buyer]
    asked = boutique.wire.functions.count("core_course_duplicate_course")
    boutique.again()
    assert boutique.wire.functions.count("core_course_duplicate_course") == asked


@pytest.mark.rule("S1", "S5", "S6", "S14")
def test_without_plugins_the_same_session_stands_in_the_manual_instance_and_goes_again(
    ground, course, support, category, user_roles, witness
):
    known = person(ground)
    full = Boutique(ground, course["idnumber"], support, category, user_roles)
    role_ids = {role.shortname: role.id for role in full.moodle.get_site().roles}
    shop = Boutique(ground, course["idnumber"], support, category, user_roles, role_ids=role_ids)
    [user] = ids(full.moodle, [known])
    mine = Enrolment(course["courseid"], user, role_ids["student"], shop.now, shop.now + timedelta(days=9))
    [by_hand] = full.moodle.for_many().enrol([mine])
    assert by_hand.ok
    before = shop.enrolments(course["idnumber"])

    ana, tom = newcomer("ana"), newcomer("tom", kind="tutor")
    cleo = a_participant("cleo", email=f"{known}@example.org")
    buyer = f"{fresh('rh')}@client.example"
    order = shop.sell(shop.facts(ana, cleo, tom, buyer=buyer))
    assert (order.state, order.why) == (OrderState.FULFILLED, ()), order.why
    assert not [name for name in shop.wire.functions if name.startswith("local_passerelle")]
    # The buyer is looked for as well.
    assert shop.requests() <= 12 + 2 + 4, shop.wire.functions
    start = int(shop.now.timestamp())
    end = int((shop.now + timedelta(days=35)).timestamp())
    new = [(ana.key, "manual", "student", start, end), (tom.key, "manual", "teacher", start, end)]
    assert shop.enrolments(course["idnumber"]) == sorted([*before, *new])
    assert shop.groups(course["idnumber"]) == {order.id: sorted([ana.key, known, tom.key])}
    # A Moodle without the plugin does not say who is an administrator: over an old account there is no role.
    assert witness.ties([user]) == []
    assert witness.ties(ids(full.moodle, [ana.key])) == [(buyer, user_roles.over_new, ana.key)]

    refund = Refund("r", 3000, {"1": 3}, shop.now)
    order = shop.sell(shop.facts(ana, cleo, tom, buyer=buyer, hours=1, refunds=(refund,)))
    assert order.state == OrderState.REFUNDED
    assert shop.enrolments(course["idnumber"]) == before
    assert shop.groups(course["idnumber"]) == {order.id: []}
    assert witness.ties(ids(full.moodle, [ana.key])) == []
