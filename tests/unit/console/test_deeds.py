"""What an act of the console does, and what is kept of it: the same as its command (H2, S12, N19)."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from datetime import date, timedelta
from typing import Any

import pytest

from passerelle.domain.console import ConsoleAct, Operator, Reach
from passerelle.domain.night.plan.run import NightDesk
from passerelle.domain.night.policy import Freeze
from passerelle.domain.states import OrderState
from passerelle.errors import GiveUp, Refused
from passerelle.ports import World
from passerelle.usecases.console import acts
from tests.factories.orders import a_line, a_participant, some_facts
from tests.scenes.orders import OrderScene

ADA = Operator(site="caen", identity="ada", name="Ada")
REACH = Reach(sites=frozenset({"caen"}), shops=frozenset({"boutique"}))
BOUTIQUE = "boutique:1042"
PEOPLE = "Roy;Cléo;cleo@client.example\nMartin;Bob;bob@client.example\n"


def perform(world: World, act: str, about: str, why: str = "", **fields: str) -> object:
    wish = acts.Wish(act=act, about=about, why=why, fields=fields)
    return acts.perform(world, ADA, REACH, wish)


def sold(**changes: Any) -> OrderScene:
    scene = OrderScene()
    scene.sell(some_facts(lines=(replace(a_line(), participants=(a_participant("ana"),)),), **changes))
    return scene


def kept(world: World) -> list[tuple[str, str, str, str, str]]:
    found = world.records.list(ConsoleAct, "day", world.clock.now().date().isoformat()).items
    return [(one.by, one.act, one.about, one.why, one.refused) for one in found]


@pytest.mark.rule("H2", "S12")
def test_an_order_is_parked_with_its_reason() -> None:
    scene = sold()
    perform(scene.world, "order_park", BOUTIQUE, " à vérifier ")
    assert (scene.order().state, scene.order().held) == (OrderState.PARKED, True)
    assert kept(scene.world) == [("caen:ada", "order_park", BOUTIQUE, "à vérifier", "")]


@pytest.mark.rule("H2", "S12", "S13")
def test_an_order_is_let_through_and_worked_on_again() -> None:
    scene = sold(paid_at=None)
    perform(scene.world, "order_release", BOUTIQUE, "bon 7")
    scene.deliver()
    assert (scene.order().state, scene.order().released_by) == (OrderState.FULFILLED, "caen:ada")
    perform(scene.world, "order_replay", BOUTIQUE)
    assert scene.queues["orders"] == [{"order": BOUTIQUE}]


@pytest.mark.rule("H2", "S9")
@pytest.mark.parametrize(("by", "days"), [("7D", 7), ("+7D", 7), ("-7D", -7), ("−7D", -7), (" 12H ", 0.5)])
def test_an_orders_dates_are_moved_by_days_or_hours_either_way(by: str, days: float) -> None:
    scene = sold()
    perform(scene.world, "order_reschedule", BOUTIQUE, by=by)
    assert scene.order().shift == timedelta(days=days).total_seconds()


@pytest.mark.rule("H2")
def test_a_span_that_cannot_be_read_is_said_and_that_is_kept_too() -> None:
    scene = sold()
    with pytest.raises(Refused, match="span_unreadable") as refused:
        perform(scene.world, "order_reschedule", BOUTIQUE, by="a week from the next Monday on")
    assert refused.value.details == {"given": "a week from the next"}
    assert kept(scene.world) == [("caen:ada", "order_reschedule", BOUTIQUE, "", "span_unreadable")]


@pytest.mark.rule("H2", "S3")
@pytest.mark.parametrize(
    ("people", "kind", "code", "row"),
    [
        (PEOPLE, "learner", "", 0),
        (PEOPLE, "tutor", "", 0),
        (PEOPLE, "", "", 0),
        ("", "learner", "people_none", 0),
        (PEOPLE + "X;Y;nope\n", "learner", "people_row", 3),
        ("Martin;Ana;ana@client.example\n", "learner", "people_row", 1),
        (PEOPLE * 1_001, "learner", "people_row", 3),
    ],
    ids=["people", "tutors", "learners unless said", "nobody", "a bad row", "seated already", "named again"],
)
def test_places_are_given_to_a_table_of_people_or_to_none_of_it(
    people: str, kind: str, code: str, row: int
) -> None:
    scene = sold()
    fields: Mapping[str, str] = {"people": people, "kind": kind, "line": "1"}
    if code:
        with pytest.raises(Refused, match=code) as refused:
            perform(scene.world, "order_assign", BOUTIQUE, **fields)
        assert refused.value.details.get("row", 0) == row
        assert len(scene.order().seats) == 1
        return
    perform(scene.world, "order_assign", BOUTIQUE, **fields)
    seats = {seat.person.email: seat.person.kind for seat in scene.order().seats[1:]}
    named = "tutor" if kind == "tutor" else "learner"
    assert seats == {"cleo@client.example": named, "bob@client.example": named}


@pytest.mark.rule("H2", "S3")
def test_a_table_of_more_than_two_thousand_people_is_not_even_looked_at() -> None:
    scene = sold()
    rows = [f"Roy;Cléo;p{number}@client.example\n" for number in range(2_001)]
    with pytest.raises(Refused, match="no_free_seat"):
        perform(scene.world, "order_assign", BOUTIQUE, people="".join(rows[:-1]), line="1")
    with pytest.raises(Refused, match="people_row") as refused:
        perform(scene.world, "order_assign", BOUTIQUE, people="".join(rows), line="1")
    assert refused.value.details == {"row": 2_001}


@pytest.mark.rule("H2")
def test_an_order_whose_own_number_has_a_colon_is_its_shops() -> None:
    scene = OrderScene()
    scene.sell(some_facts("10:42"))
    perform(scene.world, "order_park", "boutique:10:42", "à vérifier")
    assert scene.order("boutique:10:42").held


@pytest.mark.rule("H2", "N19")
def test_a_freeze_is_of_courses_and_categories_between_two_days(world: World) -> None:
    perform(
        world,
        "site_freeze",
        "caen",
        "jury",
        since="2026-10-06",
        until="2026-10-09",
        courses="CHI101, CHI102",
        categories="L1,L2",
    )
    (freeze,) = world.records.all(NightDesk)[0].freezes  # type: ignore[attr-defined]
    assert freeze == Freeze(
        since=date(2026, 10, 6),
        until=date(2026, 10, 9),
        by="caen:ada",
        why="jury",
        courses=("CHI101", "CHI102"),
        categories=("L1", "L2"),
    )


@pytest.mark.rule("H2", "N19")
def test_a_freeze_without_a_day_begins_tonight_and_a_day_that_is_none_is_said(world: World) -> None:
    perform(world, "site_freeze", "caen", "jury")
    (freeze,) = world.records.all(NightDesk)[0].freezes  # type: ignore[attr-defined]
    assert (freeze.since, freeze.until) == (date(2026, 10, 5), None)
    with pytest.raises(Refused, match="date_unreadable"):
        perform(world, "site_freeze", "caen", "jury", until="soon")


@pytest.mark.rule("H2")
@pytest.mark.parametrize("why", ["", "  "])
def test_what_needs_a_reason_is_not_begun_without_one_and_nothing_is_kept(why: str) -> None:
    scene = sold()
    for act in ("order_park", "order_release"):
        with pytest.raises(GiveUp, match="console_why"):
            perform(scene.world, act, BOUTIQUE, why)
    assert scene.order().state == OrderState.FULFILLED
    assert kept(scene.world) == []


@pytest.mark.rule("H2")
def test_of_a_long_reason_three_hundred_characters_are_kept() -> None:
    scene = sold()
    perform(scene.world, "order_park", BOUTIQUE, "x" * 301)
    assert kept(scene.world)[0][3] == "x" * 300
