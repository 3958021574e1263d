"""What waits for a person, by table: each kind with its first and last moment, and within whose reach (H2)."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime, time, timedelta
from typing import Any

import pytest

from passerelle.domain.console import Reach, Seen
from passerelle.domain.night.plan.run import Run
from passerelle.domain.night.policy import NightRules
from passerelle.domain.orders.delivery import Delivery
from passerelle.domain.orders.order import Order
from passerelle.domain.records import Broken, Moment, Note, Record
from passerelle.domain.states import OrderState, PublicationState, RolloverState, RunState
from passerelle.errors import GiveUp, MoodleAway
from passerelle.ports import World
from passerelle.usecases.console import morning
from passerelle.usecases.console.home import Waiting, waiting
from tests.factories.night import a_run
from tests.factories.records import NOW, a_publication
from tests.factories.rollover import a_rollover
from tests.fakes.clock import FakeClock

SECOND, HOUR, DAY = timedelta(seconds=1), timedelta(hours=1), timedelta(days=1)
WHY = Note("underpaid")
CAEN = Reach(sites=frozenset({"caen"}), shops=frozenset({"boutique"}))
LILLE = Reach(sites=frozenset({"lille"}), shops=frozenset({"lilloise"}))
HUB = Reach(publications=True)
ALL = Reach(
    sites=frozenset({"caen", "lille", "hub"}),
    shops=frozenset({"boutique", "lilloise"}),
    publications=True,
    everything=True,
)


@pytest.fixture
def quiet(world: World, clock: FakeClock) -> World:
    """Nothing waits: this night ran on both sites. Caen takes its courses over from last year's platform."""
    clock.set(NOW)
    today = NOW.astimezone(NightRules().zone).date().isoformat()
    for site in ("caen", "lille"):
        world.records.add(replace(a_run(), id=f"{site}/{today}/whole", site=site, night=today, stage="whole"))
    this = replace(world.network.sites["caen"], previous="last")
    last = replace(world.network.sites["lille"], year="24/25", night=None, administrators=())
    sites = {**world.network.sites, "caen": this, "last": last}
    return replace(world, network=replace(world.network, sites=sites))


def an_order(state: OrderState, **changes: Any) -> Order:
    return Order(id="boutique:1", shop="boutique", number="n1", received_at=NOW, state=state, **changes)


def a_stage(state: RunState, started: datetime = NOW, **changes: Any) -> Run:
    heard = {"started_at": started, "heard_at": NOW - HOUR}
    return Run(id="caen/x/users", site="caen", night="x", stage="users", state=state, **heard, **changes)


def a_delivery(**changes: Any) -> Delivery:
    return Delivery(
        id="boutique:m", shop="boutique", topic="order.paid", received_at=NOW - HOUR, body="", **changes
    )


def waits(kind: str, about: str, site: str, at: datetime = NOW, **more: Any) -> Waiting:
    return Waiting(kind=kind, about=about, site=site, at=at, **more)  # type: ignore[arg-type]


MONTH = 30 * DAY
HISTORY = (Moment("x", NOW - 2 * HOUR, ""), Moment("x", NOW - HOUR, ""))
FAILED = a_publication(
    "p1", state=PublicationState.FAILED, message=WHY, history=HISTORY, requested_at=NOW - MONTH
)
UNDONE = a_rollover(
    "r1", site="caen", state=RolloverState.FAILED, message=WHY, history=HISTORY, requested_at=NOW - MONTH
)
LOST = Broken(id="Order#boutique:7", kind="Order", code="record_unreadable", at=NOW - HOUR, shop="boutique")


@pytest.mark.rule("H2")
@pytest.mark.parametrize(
    ("record", "reach", "told"),
    [
        (
            an_order(OrderState.PARKED, why=(WHY,), history=HISTORY),
            CAEN,
            waits("order_parked", "boutique:1", "boutique", NOW - HOUR, title="n1", why=(WHY,)),
        ),
        (
            an_order(OrderState.PARKED),
            CAEN,
            waits("order_parked", "boutique:1", "boutique", title="n1"),
        ),
        (an_order(OrderState.PARKED), LILLE, None),
        (an_order(OrderState.PARKED), HUB, None),
        (an_order(OrderState.FULFILLED), CAEN, None),
        (
            replace(an_order(OrderState.RECEIVED), received_at=NOW - 30 * DAY),
            CAEN,
            waits("order_overdue", "boutique:1", "boutique", NOW - 30 * DAY, title="n1"),
        ),
        (replace(an_order(OrderState.RECEIVED), received_at=NOW - 30 * DAY + SECOND), CAEN, None),
        (replace(an_order(OrderState.RECEIVED, paid_at=NOW), received_at=NOW - 30 * DAY), CAEN, None),
        (replace(an_order(OrderState.RECEIVED), received_at=NOW - 30 * DAY), LILLE, None),
        (
            a_delivery(state="parked", why=WHY),
            CAEN,
            waits("delivery", "boutique:m", "boutique", NOW - HOUR, title="order.paid", why=(WHY,)),
        ),
        (a_delivery(state="parked"), LILLE, None),
        (a_delivery(state="parked"), HUB, None),
        (a_delivery(state="taken"), CAEN, None),
        (
            a_stage(RunState.HELD, NOW - MONTH),
            CAEN,
            waits("night_held", "caen/x/users", "caen", NOW - HOUR, title="users"),
        ),
        (a_stage(RunState.HELD, NOW - MONTH - SECOND), CAEN, None),
        (a_stage(RunState.HELD), LILLE, None),
        (a_stage(RunState.HELD, released_by="caen:ada"), CAEN, None),
        (a_stage(RunState.DONE), CAEN, None),
        (
            a_stage(RunState.FAILED, error="away"),
            CAEN,
            waits("night_failed", "caen/x/users", "caen", NOW - HOUR, title="users", error="away"),
        ),
        (
            a_stage(RunState.FAILED, error="sources_stopped"),
            CAEN,
            waits("extracts", "caen/x/users", "caen", NOW - HOUR, title="users", error="sources_stopped"),
        ),
        (
            FAILED,
            HUB,
            waits("publication", "p1", "caen", NOW - HOUR, title="Chimie générale", why=(WHY,)),
        ),
        (FAILED, CAEN, None),
        (replace(FAILED, requested_at=NOW - MONTH - SECOND), HUB, None),
        (replace(FAILED, state=PublicationState.PUBLISHED), HUB, None),
        (UNDONE, CAEN, waits("rollover", "r1", "caen", NOW - HOUR, title="CHIM1", why=(WHY,))),
        (
            replace(UNDONE, history=(), message=None),
            CAEN,
            waits("rollover", "r1", "caen", NOW - MONTH, title="CHIM1"),
        ),
        (UNDONE, LILLE, None),
        (replace(UNDONE, requested_at=NOW - MONTH - SECOND), CAEN, None),
        (replace(UNDONE, state=RolloverState.REFUSED), CAEN, None),
        (replace(UNDONE, site="lille"), LILLE, None),
        (
            Seen(id="site:caen", at=NOW, since=NOW - HOUR, why=WHY),
            CAEN,
            waits("site_silent", "caen", "caen", NOW - HOUR, why=(WHY,)),
        ),
        (Seen(id="site:caen", at=NOW), CAEN, None),
        (Seen(id="site:caen", at=NOW, since=NOW), LILLE, None),
        (Seen(id="site:gone", at=NOW, since=NOW), ALL, None),
        (
            Seen(id="webhook:boutique", at=NOW, since=NOW - HOUR),
            CAEN,
            waits("webhook", "boutique", "boutique", NOW - HOUR),
        ),
        (Seen(id="webhook:caen", at=NOW, since=NOW), CAEN, None),
        (
            LOST,
            ALL,
            waits(
                "broken",
                "Order#boutique:7",
                "caen",
                NOW - HOUR,
                title="Order",
                why=(Note("something_broken", {"what": "Order#boutique:7"}),),
            ),
        ),
        (LOST, LILLE, None),
    ],
)
def test_what_waits_stands_on_the_page_of(
    quiet: World, record: Record, reach: Reach, told: Waiting | None
) -> None:
    assert waiting(quiet, reach) == []
    quiet.records.add(record)
    assert waiting(quiet, reach) == ([told] if told else [])


@pytest.mark.rule("H2")
def test_what_waits_stands_newest_first(quiet: World) -> None:
    for number in (2, 1, 3):
        at = NOW - number * HOUR
        quiet.records.add(replace(an_order(OrderState.PARKED), id=f"boutique:{number}", received_at=at))
    assert [one.about for one in waiting(quiet, CAEN)] == ["boutique:1", "boutique:2", "boutique:3"]


@pytest.mark.rule("H2", "D13")
@pytest.mark.parametrize(
    ("at", "missing"),
    [
        (time(6, 59, 59), "2026-10-06"),
        (time(7), "2026-10-07"),
        (time(23, 59), "2026-10-07"),
    ],
)
def test_a_night_is_missed_from_the_morning_on(
    quiet: World, clock: FakeClock, at: time, missing: str
) -> None:
    zone = NightRules().zone
    clock.set(datetime.combine(datetime(2026, 10, 7).date(), at, zone))  # noqa: DTZ001 - the zone is combined
    (absent,) = [one for one in waiting(quiet, CAEN) if one.kind == "night_absent"]
    assert absent.why == (Note("console_night_absent", {"night": missing}),)


# -- every morning ------------------------------------------------------------------------------------------


class Sites:
    """All answer but those that are away."""

    def __init__(self, *away: str) -> None:
        self.away, self.told = away, {}  # type: ignore[var-annotated]

    def lms(self, site: str) -> Any:
        if site in self.away:
            raise MoodleAway(site, "network", sent=False)
        return self

    def notify(self, notifications: Any) -> None:
        self.told |= {(one.username, one.lang): one.values for one in notifications}


def reporting(world: World, *sites: str) -> World:
    rules = NightRules(report_to=("ada", "bob"))
    told = {name: replace(world.network.sites[name], night=rules) for name in sites}
    return replace(world, network=replace(world.network, sites={**world.network.sites, **told}))


@pytest.mark.rule("H2")
def test_whoever_the_night_names_is_told_how_much_waits_of_each_kind(quiet: World) -> None:
    world = replace(reporting(quiet, "caen"), sites=Sites())
    for number in range(2):
        quiet.records.add(replace(an_order(OrderState.PARKED), id=f"boutique:{number}"))
    quiet.records.add(a_delivery(state="parked"))
    morning.tell_what_waits(world, "caen")
    assert set(world.sites.told) == {("ada", "fr"), ("bob", "fr")}  # type: ignore[attr-defined]
    said = world.sites.told["ada", "fr"]  # type: ignore[attr-defined]
    assert "3" in said["subject"]
    lines = said["text"].replace("\u00a0", " ").splitlines()
    assert lines[2:] == [
        "Envoi illisible d’une boutique : 1",
        "Commande à traiter : 2",
        "",
        "https://passerelle.example/console/begin?site=caen",
    ]


@pytest.mark.rule("H2", "S12")
def test_one_site_that_is_away_keeps_no_other_from_being_told_and_is_said(
    quiet: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(morning, "report_nights", lambda _world: 2)
    world = replace(reporting(quiet, "caen", "lille"), sites=Sites("caen"))
    quiet.records.add(an_order(OrderState.PARKED))
    quiet.records.add(replace(an_order(OrderState.PARKED), id="lilloise:1", shop="lilloise"))
    with pytest.raises(MoodleAway):
        morning.report_and_tell(world)
    assert len(world.sites.told) == 2  # type: ignore[attr-defined]
    assert morning.report_and_tell(replace(world, sites=Sites())) == 2


@pytest.mark.rule("H2", "S12")
def test_reports_that_cannot_be_made_keep_nobody_from_being_told_what_waits(
    quiet: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fails(_world: World) -> int:
        raise GiveUp("no_night")

    monkeypatch.setattr(morning, "report_nights", fails)
    world = replace(reporting(quiet, "caen"), sites=Sites())
    quiet.records.add(an_order(OrderState.PARKED))
    with pytest.raises(GiveUp, match="no_night"):
        morning.report_and_tell(world)
    assert len(world.sites.told) == 2  # type: ignore[attr-defined]
