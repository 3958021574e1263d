"""What Moodle refuses of an order stops as little as it can, says why, and is done once Moodle lets it (S4, S12)."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace
from typing import Any

import pytest

from passerelle.domain.moodle.core import Membership, NewUser, Outcome, RoleAssignment, Verdict
from passerelle.domain.moodle.plugin import OperationVerdict
from passerelle.domain.orders.order import SeatState
from passerelle.domain.records import Note
from passerelle.domain.states import OrderState
from passerelle.errors import Conflict, FixAccess, NotFound
from passerelle.moodle.site_api import Moodle
from passerelle.usecases.orders import fulfil, seats, work
from tests.factories.orders import a_line, a_participant, a_product, a_shop, some_facts
from tests.factories.records import NOW
from tests.scenes.orders import OrderScene

PEOPLE = [f"{name}@client.example" for name in ("ana", "bob", "cleo", "tom")]
ANA, *OTHERS = PEOPLE
Refuses = Callable[[OrderScene, Any], bool]


def refusing(monkeypatch: pytest.MonkeyPatch, scene: OrderScene, name: str, refuses: Refuses) -> None:
    """Rows of which Moodle says no to some."""
    whole = getattr(Moodle, name)

    def answered(moodle: Moodle, rows: Sequence[Any], *more: Any) -> tuple[Any, ...]:
        asked = [row for row in rows if not refuses(scene, row)]
        verdicts = iter(whole(moodle, asked, *more) if asked else ())
        return tuple(
            _no(place, row) if refuses(scene, row) else _at(place, next(verdicts))
            for place, row in enumerate(rows)
        )

    monkeypatch.setattr(Moodle, name, answered)


def _no(place: int, row: Any) -> Any:
    if isinstance(row, dict):
        return OperationVerdict(row["id"], ok=False, errorcode="cannot")
    return Verdict(place, Outcome.REFUSED, errorcode="cannot")


def _at(place: int, verdict: Any) -> Any:
    return replace(verdict, row=place) if isinstance(verdict, Verdict) else verdict


def new_account(_scene: OrderScene, row: NewUser) -> bool:
    return row.email == ANA


def enrolment(_scene: OrderScene, row: dict[str, Any]) -> bool:
    return row["op"] == "enrol" and row["username"] == ANA


def membership(scene: OrderScene, row: Membership) -> bool:
    return bool(row.userid == scene.moodle.user(ANA).id)


def stopped(scene: OrderScene) -> dict[str, tuple[str, str]]:
    return {
        seat.person.email: (seat.why.code, seat.why.details["errorcode"])
        for seat in scene.order().seats
        if seat.state == SeatState.REFUSED and seat.why
    }


@pytest.mark.rule("S4", "S12")
@pytest.mark.parametrize(
    ("call", "refuses", "code", "enrolled"),
    [
        ("ensure_users", new_account, "account_refused", OTHERS),
        ("apply", enrolment, "enrol_refused", OTHERS),
        ("add_group_members", membership, "group_refused", PEOPLE),
    ],
)
def test_a_person_whom_moodle_refuses_is_stopped_alone_and_done_once_it_lets(
    call: str, refuses: Refuses, code: str, enrolled: list[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    scene = OrderScene()
    with monkeypatch.context() as patched:
        refusing(patched, scene, call, refuses)
        order = scene.sell(some_facts())
    assert (order.state, stopped(scene)) == (OrderState.PARTLY_FULFILLED, {ANA: (code, "cannot")})
    assert sorted(scene.enrolled()) == enrolled
    assert scene.members()["boutique:1042"] == OTHERS
    work.replay(scene.world, order.id)
    scene.deliver()
    assert (scene.order().state, stopped(scene)) == (OrderState.FULFILLED, {})
    assert scene.members()["boutique:1042"] == PEOPLE
    assert scene.messages()["bob@client.example"] == 1


@pytest.mark.rule("S5", "S12")
@pytest.mark.parametrize("stands", [True, False])
def test_a_group_that_moodle_refuses_stops_its_people_unless_one_of_its_name_stands(
    stands: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    scene = OrderScene()
    if stands:
        twin = OrderScene()
        twin.sell(some_facts())
        (name,) = {group.name for group in twin.moodle.state.groups.values()}
        scene.moodle.add_group("SPOCM1", name)
    with monkeypatch.context() as patched:
        refusing(patched, scene, "ensure_groups", lambda _scene, _row: True)
        order = scene.sell(some_facts())
    if stands:
        (members,) = scene.members().values()
        assert (order.state, members) == (OrderState.FULFILLED, PEOPLE)
    else:
        assert stopped(scene) == dict.fromkeys(PEOPLE, ("group_refused", "cannot"))


@pytest.mark.rule("S6", "S12")
def test_a_role_that_moodle_refuses_is_said_once_and_given_by_a_replay(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    scene = OrderScene()

    def over_ana_or_bob(scene: OrderScene, row: RoleAssignment) -> bool:
        return row.instanceid in {scene.moodle.user(name).id for name in PEOPLE[:2]}

    with monkeypatch.context() as patched:
        refusing(patched, scene, "assign_roles", over_ana_or_bob)
        order = scene.sell(some_facts())
    assert order.why == (Note("role_refused", {"role": "mentor", "errorcode": "cannot"}),)
    assert order.state == OrderState.PARTLY_FULFILLED
    assert {over for _, _, over in scene.ties()} == set(PEOPLE[2:])
    work.replay(scene.world, order.id)
    scene.deliver()
    assert scene.order().state == OrderState.FULFILLED
    assert {over for _, _, over in scene.ties()} == set(PEOPLE)


@pytest.mark.rule("S6", "S12")
def test_a_role_that_this_moodle_lacks_is_named_and_everybody_is_enrolled_all_the_same() -> None:
    attachment = replace(a_shop().attachment, over_new="nowhere")
    scene = OrderScene(a_shop(attachment=attachment))
    order = scene.sell(some_facts())
    assert order.why == (Note("role_unknown", {"role": "nowhere", "site": "caen"}),)
    assert sorted(scene.enrolled()) == PEOPLE
    assert scene.ties() == []


@pytest.mark.rule("S12")
def test_a_moodle_that_knows_its_token_no_more_parks_the_order_and_is_told(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    scene = OrderScene()

    def refuses(*_: object) -> Any:
        raise FixAccess("caen", "local_passerelle_find_users", "invalidtoken")

    with monkeypatch.context() as patched:
        patched.setattr(Moodle, "find_users", refuses)
        with pytest.raises(FixAccess):
            scene.sell(some_facts())
    order = scene.order()
    assert (order.state, order.wake_at) == (OrderState.PARKED, None)
    assert order.why == (Note("moodle_refused", {"site": "caen", "errorcode": "invalidtoken"}),)
    work.replay(scene.world, order.id)
    scene.deliver()
    assert scene.order().state == OrderState.FULFILLED


@pytest.mark.rule("S12")
def test_an_order_of_a_shop_that_is_no_longer_there_says_which() -> None:
    scene = OrderScene()
    key = scene.send(some_facts())
    scene.step(lambda: work.work(scene.world, "delivery", "boutique:msg_1"))
    scene.queues.sent.clear()
    closed = replace(scene.base, network=replace(scene.network, shops={}))
    fulfil.fulfil(closed, key)
    assert scene.order().why == (Note("shop_unknown", {"shop": "boutique"}),)
    assert scene.order().state == OrderState.PARKED


@pytest.mark.rule("S12")
def test_an_order_that_changes_each_time_it_is_worked_on_is_left_to_the_next_message(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    scene = OrderScene()
    scene.sell(some_facts(paid_at=None))
    rounds: list[int] = []

    def moved_meanwhile(run: Any) -> list[Note]:
        rounds.append(1)
        work.reschedule(scene.world, run.order.id, len(rounds), "lydie")
        return []

    monkeypatch.setattr(fulfil, "work", moved_meanwhile)
    work.release(scene.world, "boutique:1042", "lydie", "bon 7")
    with pytest.raises(Conflict, match="keeps changing"):
        fulfil.fulfil(scene.world, "boutique:1042")
    assert len(rounds) == fulfil.ROUNDS == 5


# -- places of the buyer's own ------------------------------------------------------------------------------


@pytest.mark.rule("S12")
@pytest.mark.parametrize(
    ("handler", "parameters", "call", "why"),
    [
        ("std_createcategory", "parentcategory=NOWHERE", "", Note("category_unknown", {"category": "NOWHERE", "site": "caen"})),
        ("std_createcourse", "coursecategory=NOWHERE&template=SPOCM1", "", Note("category_unknown", {"category": "NOWHERE", "site": "caen"})),
        ("std_createcourse", "coursecategory=CLIENTS&template=NOWHERE", "", Note("course_unknown", {"course": "NOWHERE", "site": "caen"})),
        ("std_createcategory", "parentcategory=CLIENTS", "ensure_categories", Note("place_refused", {"errorcode": "cannot"})),
        ("std_createcourse", "coursecategory=CLIENTS&template=SPOCM1", "enrol", Note("place_refused", {"errorcode": "cannot"})),
    ],
)  # fmt: skip
def test_a_place_that_cannot_be_made_says_why_and_is_made_once_it_can(
    handler: str, parameters: str, call: str, why: Note, monkeypatch: pytest.MonkeyPatch
) -> None:
    product = a_product(handler, parameters=parameters, price="")
    scene = OrderScene(a_shop(products={"P": product}))
    scene.moodle.add_category("Clients", "CLIENTS")
    line = replace(a_line(), product="P", participants=(), quantity=1)
    with monkeypatch.context() as patched:
        if call:
            refusing(patched, scene, call, lambda _scene, _row: True)
        order = scene.sell(some_facts(lines=(line,)))
    assert (order.state, order.why) == (OrderState.PARKED, (why,))
    if call:
        work.replay(scene.world, order.id)
        scene.deliver()
        assert scene.order().state == OrderState.FULFILLED


@pytest.mark.rule("S8")
@pytest.mark.parametrize(
    ("level", "instance", "held"),
    [
        ("course", "SPOCM1", True),
        ("course", "SPOC-1", True),
        ("course", "NOWHERE", False),
        ("coursecat", "CLIENTS", True),
        ("coursecat", "NOWHERE", False),
        ("user", "RH@Client.example", True),
        ("user", "eve@client.example", False),
        ("system", "0", True),
    ],
)
def test_a_role_in_a_context_is_given_where_the_context_is_known(
    level: str, instance: str, held: bool
) -> None:
    role = "viewer" if level == "user" else "manager"
    parameters = f"contextlevel={level}&instance={instance}&role={role}"
    product = a_product("std_assignroleoncontext", parameters=parameters, price="")
    scene = OrderScene(a_shop(products={"P": product}))
    clients = scene.moodle.add_category("Clients", "CLIENTS")
    scene.moodle.add_user("rh@client.example", "Rose", "Humbert", email="rh@client.example")
    numbers = {"course": scene.moodle.course("SPOCM1").id, "coursecat": clients.id, "system": 0}
    numbers["user"] = scene.moodle.user("rh@client.example").id
    scene.sell(some_facts(lines=(replace(a_line(), product="P", participants=(), quantity=1),)))
    given = [(a.level, a.instance) for a in scene.moodle.state.assignments.values()]
    assert given == [(level, numbers[level])] * held
    unknown = Note("context_unknown", {"level": level, "instance": instance})
    assert scene.order().why == (() if held else (unknown,))


# -- accounts -----------------------------------------------------------------------------------------------


@pytest.mark.rule("S10")
@pytest.mark.parametrize(("auth", "mailed"), [("manual", True), ("email", True), ("shibboleth", False)])
def test_moodle_makes_a_password_for_those_alone_who_sign_in_with_one(
    auth: str, mailed: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    made: list[NewUser] = []
    whole = Moodle.ensure_users

    def ensure_users(moodle: Moodle, accounts: Sequence[NewUser]) -> tuple[Verdict, ...]:
        made.extend(accounts)
        return whole(moodle, accounts)

    monkeypatch.setattr(Moodle, "ensure_users", ensure_users)
    scene = OrderScene(a_shop(new_account_auth=auth))
    person = a_participant("ana", city="Vire", phone="+33 2", institution="Client SA")
    scene.sell(some_facts(lines=(replace(a_line(), quantity=1, amount=1000, participants=(person,)),)))
    assert {(one.auth, one.createpassword) for one in made} == {(auth, mailed)}
    (ana,) = [one for one in made if one.email == ANA]
    assert (ana.username, ana.firstname, ana.lastname) == (ANA, "Ana", "Martin")
    assert made[-1].institution == "Client SA"


@pytest.mark.rule("S4", "S12")
@pytest.mark.parametrize("missing", ["firstname", "lastname"])
def test_whoever_has_no_account_and_no_name_is_stopped_and_whoever_has_one_needs_no_name(
    missing: str,
) -> None:
    scene = OrderScene()
    scene.moodle.add_user("bob", "Bob", "Martin", email="bob@client.example")
    people = tuple(a_participant(name, **{missing: ""}) for name in ("ana", "bob"))
    order = scene.sell(some_facts(lines=(replace(a_line(), quantity=2, amount=2000, participants=people),)))
    assert [(seat.person.email, seat.why.code) for seat in order.seats if seat.why] == [(ANA, "name_missing")]
    assert list(scene.enrolled()) == ["bob"]


@pytest.mark.rule("S12")
def test_a_seat_that_is_nobodys_is_unknown_to_whoever_would_swap_it_or_give_it_back() -> None:

    scene = OrderScene()
    scene.sell(some_facts())
    for act in (
        lambda: seats.swap(scene.world, "boutique:1042", "1:eve@client.example", a_participant("dan")),
        lambda: seats.give_back(scene.world, "boutique:1042", "1:eve@client.example"),
        lambda: seats.name_people(scene.world, "boutique:1042", "9", (a_participant("dan"),)),
    ):
        with pytest.raises(NotFound, match="seat_unknown"):
            act()
    assert scene.order().paid_at == NOW
