"""Who may do each act of the console, by table: one row an act, one column whoever signed in (H2)."""

from __future__ import annotations

from dataclasses import replace

import pytest

from passerelle.domain.console import SESSION_LIVES, ConsoleSession, Operator, digest, reach_of
from passerelle.domain.orders.delivery import Delivery
from passerelle.domain.orders.order import Order
from passerelle.domain.rollover.plan import PlanRun
from passerelle.domain.site_commands import EnterConsole
from passerelle.errors import Refused
from passerelle.ports import World
from passerelle.usecases.console import acts, enter
from tests.factories.night import a_run
from tests.factories.records import a_person, a_publication
from tests.fakes.clock import FakeClock

WHO = {
    "its administrator": ("caen", "ada"),
    "another site's": ("lille", "lea"),
    "a manager of the hub": ("caen", "grace"),
    "an operator": ("hub", "root"),
}
HERE = {"its administrator", "an operator"}
PUBLISHED = {"a manager of the hub", "an operator"}
NIGHT, PLAN = "caen/2026-10-05/users", "caen/plan"

MAY: dict[str, tuple[str, set[str]]] = {
    "order_replay": ("boutique:1042", HERE),
    "order_release": ("boutique:1042", HERE),
    "order_park": ("boutique:1042", HERE),
    "order_reschedule": ("boutique:1042", HERE),
    "order_assign": ("boutique:1042", HERE),
    "order_revoke_link": ("boutique:1042", HERE),
    "run_release": (NIGHT, HERE),
    "run_hold": (NIGHT, HERE),
    "site_hold": ("caen", HERE),
    "site_let_go": ("caen", HERE),
    "site_freeze": ("caen", HERE),
    "site_thaw": ("caen", HERE),
    "plan_make": ("caen", HERE),
    "plan_apply": (PLAN, HERE),
    "plan_stop": (PLAN, HERE),
    "publication_withdraw": ("p1", PUBLISHED),
    "publication_tell_holders": ("p1", PUBLISHED),
    "people_forget": ("zoe", {"an operator"}),
}


@pytest.fixture
def busy(world: World, clock: FakeClock) -> World:
    """One of each: an order, a delivery under a name of its own, a night, a plan of a new year, a publication."""
    now = clock.now()
    this = replace(world.network.sites["caen"], previous="last")
    last = replace(world.network.sites["lille"], year="24/25", night=None, administrators=())
    sites = {**world.network.sites, "caen": this, "last": last}
    world = replace(world, network=replace(world.network, sites=sites))
    world.records.add(Order(id="boutique:1042", shop="boutique", received_at=now))
    delivery = {"topic": "order.paid", "received_at": now, "body": ""}
    world.records.add(Delivery(id="lilloise:msg_1", shop="boutique", **delivery))
    world.records.add(replace(a_run(), id=NIGHT, site="caen"))
    world.records.add(PlanRun(id=PLAN, site="caen", category="L1", made_at=now, made_by="ada", total=1))
    world.records.add(replace(a_publication(), id="p1"))
    return world


def reaches(world: World, who: str, act: str, about: str) -> bool:
    return acts.ACTS[act].reaches(world, reach_of(world.network, *WHO[who]), about)


def test_every_act_stands_in_the_table() -> None:
    assert MAY.keys() == acts.ACTS.keys()


@pytest.mark.rule("H2")
@pytest.mark.parametrize("act", MAY)
def test_an_act_is_within_reach_of(busy: World, act: str) -> None:
    about, may = MAY[act]
    assert {who for who in WHO if reaches(busy, who, act, about)} == may


@pytest.mark.rule("H2")
@pytest.mark.parametrize(
    ("act", "about"),
    [
        ("run_release", "caen/2026-10-06/users"),
        ("site_freeze", "nowhere"),
        ("site_hold", "hub"),  # has no nights
        ("plan_make", "nowhere"),
        ("plan_make", "lille"),  # has no former year
        ("plan_apply", "caen/another"),
        ("publication_withdraw", "p2"),
        ("order_park", "nowhere:1"),
    ],
)
def test_what_is_not_there_is_within_nobodys_reach(busy: World, act: str, about: str) -> None:
    assert {who for who in WHO if reaches(busy, who, act, about)} == set()


@pytest.mark.rule("H2")
def test_a_delivery_is_its_shops_whatever_its_name_begins_with(busy: World) -> None:
    assert {who for who in WHO if reaches(busy, who, "order_replay", "lilloise:msg_1")} == HERE


# -- in and out ---------------------------------------------------------------------------------------------

ADA = Operator(site="caen", identity="ada", name="Ada")


@pytest.mark.rule("H2")
@pytest.mark.parametrize("late", [0, 1])
def test_a_session_lives_to_its_last_second_and_no_longer(world: World, clock: FakeClock, late: int) -> None:
    cookie, session = enter.enter(world, enter.invite(world, ADA), "")
    assert (session.operator, session.until) == (ADA, clock.now() + SESSION_LIVES)
    assert world.records[ConsoleSession, digest(cookie)] == session  # type: ignore[index]
    clock.set(session.until)
    if not late:
        assert enter.recognise(world, cookie)[0] == session
        return
    clock.tick()
    with pytest.raises(enter.EntryRefused):
        enter.recognise(world, cookie)


@pytest.mark.rule("H2")
@pytest.mark.parametrize("late", [0, 1])
def test_a_way_in_lives_to_its_last_second_and_no_longer(world: World, clock: FakeClock, late: int) -> None:
    code = enter.invite(world, ADA)
    clock.set(clock.now() + enter.TICKET_LIVES)
    if not late:
        assert enter.enter(world, code, "")[1].operator == ADA
        return
    clock.tick()
    with pytest.raises(enter.EntryRefused):
        enter.enter(world, code, "")


@pytest.mark.rule("H2")
@pytest.mark.parametrize("person", [None, a_person("ada", idnumber="")])
def test_nobody_is_let_in_of_whom_the_site_does_not_say_who_it_is(world: World, person: object) -> None:
    world = replace(world, network=replace(world.network, identity="idnumber"))
    asked = EnterConsole(request="m", site="caen", type="console", person=person, browser="0" * 64)  # type: ignore[arg-type]
    with pytest.raises(Refused, match="person_unknown"):
        enter.answer(world, asked)
