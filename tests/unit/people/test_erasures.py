"""G1: however much is held, each document is read once for all who are forgotten, and a cut night is gone on with."""

from __future__ import annotations

import json
from collections import Counter
from contextlib import suppress
from dataclasses import replace
from datetime import timedelta

import pytest

from passerelle.domain.console import ConsoleAct
from passerelle.domain.people_in_papers import Leftover
from passerelle.errors import NotFound
from passerelle.ports import World
from passerelle.usecases import erasures, people
from tests.fakes.inventory import FakeInventory
from tests.scenes.publishing import Scene

NAMES = ("zoe", "yves", "xena")
FORTY = [f"nights/caen/2026-09-{day:02}/report/{part}.json" for day in range(1, 21) for part in "ab"]
A_DOCUMENT = json.dumps(
    {"operations": [{"op": "enrol", "username": f"{name}r", "email": f"{name}@x.example"} for name in NAMES]}
)
PEOPLE = "code,username,email\n" + "".join(f"P{name},{name}r,{name}@x.example\n" for name in NAMES)


class Slow(FakeInventory):
    """Each text takes so long to be read; `reads` counts them, `stop` ends the worker at one."""

    def __init__(self, scene: Scene, deposits: dict[str, str]) -> None:
        super().__init__(scene.records, scene.world.papers, deposits)
        self.clock, self.each = scene.clock, timedelta(0)
        self.reads: Counter[str] = Counter()
        self.stop = ""

    def text(self, key: str) -> str | None:
        self.reads[key] += 1
        self.clock.tick(self.each)
        if key == self.stop:
            raise KeyboardInterrupt
        return super().text(key)

    def read_more_than_once(self) -> set[str]:
        own = ("erasures/", "config/", "sis/")
        return {key for key, times in self.reads.items() if times > 1 and not key.startswith(own)}


@pytest.fixture
def inventory() -> Slow:
    deposits = dict.fromkeys(FORTY, A_DOCUMENT) | {
        "sis/caen/2026-09-30/people.csv": PEOPLE,
        "sis/caen/2026-10-01/people.csv": "code,username,email\n",
    }
    return Slow(Scene(), deposits)


@pytest.fixture
def world(inventory: Slow) -> World:
    scene = Scene()
    world = replace(scene.world, records=inventory._records, papers=inventory._papers, clock=inventory.clock)
    for name in NAMES:
        world.records.add(ConsoleAct(id=name, at=world.clock.now(), by=f"caen:{name}r", act="x", about="y"))
    return replace(world, inventory=inventory)


def ask_by_day(world: World) -> None:
    for name in NAMES:
        by_day = replace(world, inventory=FakeInventory(world.records, world.papers))  # type: ignore[arg-type]
        people.forget(by_day, f"{name}r", "asked", rest_tonight=True)


def named(inventory: Slow) -> set[str]:
    held = "\n".join([*inventory.deposits.values(), *(one.text for one in inventory.left)])
    return {name for name in NAMES if name in held}


def unfinished(world: World) -> int:
    return len(list(erasures.pending(world)))


@pytest.mark.rule("G1")
def test_each_document_is_read_once_for_all_who_were_asked_about_by_day(
    world: World, inventory: Slow
) -> None:
    ask_by_day(world)
    assert people.forget_the_rest(world) == len(NAMES) * (len(FORTY) + 1)
    assert inventory.read_more_than_once() == set()
    assert (
        inventory.reads["sis/caen/2026-09-30/people.csv"] <= 4
    )  # learnt from until nothing is new, then cleaned
    assert (named(inventory), unfinished(world)) == (set(), 0)


@pytest.mark.rule("G1")
def test_the_command_reads_each_document_once_too(world: World, inventory: Slow) -> None:
    told = people.forget(world, "Pzoe", "asked")
    assert told.changed == len(FORTY) + 2
    assert inventory.read_more_than_once() == set()
    assert named(inventory) == {"yves", "xena"}


@pytest.mark.rule("G1")
def test_a_night_that_ends_too_early_is_gone_on_with_where_it_stood(world: World, inventory: Slow) -> None:
    inventory.left = [
        Leftover("version", f"nights/caen/{number:02}.json", A_DOCUMENT, ("", str(number)))
        for number in range(9)
    ]
    ask_by_day(world)
    inventory.each = timedelta(minutes=1)
    nights = 0
    while unfinished(world) and nights < 20:
        nights += 1
        people.forget_the_rest(world)
    assert 5 < nights <= 10
    assert inventory.read_more_than_once() == set()
    assert (named(inventory), inventory.left) == (set(), [])


@pytest.mark.rule("G1")
def test_what_an_erasure_wrote_down_of_itself_is_not_counted_among_what_was_changed(
    world: World, inventory: Slow
) -> None:
    by_day = replace(world, inventory=FakeInventory(world.records, world.papers))  # type: ignore[arg-type]
    told = people.forget(by_day, "zoer", "asked", rest_tonight=True)
    key = erasures.erasure_key(told.alias)
    inventory.left = [Leftover("version", key, inventory.text(key) or "", ("", "1"))]
    assert "zoer" in inventory.left[0].text
    assert people.forget_the_rest(world) == len(FORTY) + 1


@pytest.mark.rule("G1")
def test_leftovers_are_gone_on_with_too(
    world: World, inventory: Slow, monkeypatch: pytest.MonkeyPatch
) -> None:
    inventory.left = [
        Leftover("version", f"nights/{number}.json", A_DOCUMENT, ("", str(number))) for number in range(9)
    ]
    ask_by_day(world)
    looked_at: list[str] = []
    real = erasures.names_in

    def slow(key: str, text: str, who: object) -> bool:
        looked_at.append(key)
        inventory.clock.tick(timedelta(minutes=1))
        return real(key, text, who)  # type: ignore[arg-type]

    monkeypatch.setattr(erasures, "names_in", slow)
    for _ in range(9):
        people.forget_the_rest(world)
    assert max(Counter(looked_at).values()) == len(NAMES)
    assert (inventory.left, unfinished(world)) == ([], 0)


@pytest.mark.rule("G1")
@pytest.mark.parametrize("place", [0, 1, 13, 39])
def test_a_worker_that_is_killed_anywhere_leaves_every_name_written_down(
    world: World, inventory: Slow, monkeypatch: pytest.MonkeyPatch, place: int
) -> None:
    monkeypatch.setattr(erasures, "OFTEN", 10)
    inventory.stop = sorted(FORTY)[place]
    with suppress(KeyboardInterrupt):
        people.forget(world, "zoe@x.example", "asked")
    inventory.stop = ""
    inventory.reads.clear()
    with suppress(NotFound):  # nothing had been changed yet
        people.forget_the_rest(world)
    if unfinished(world) == 0 and named(inventory) == set(NAMES):
        people.forget(world, "zoe@x.example", "asked")
    assert named(inventory) == {"yves", "xena"}
    written_down = max(0, (place + 1) // 10 * 10 - 1)
    assert sum(inventory.reads[key] for key in FORTY) == len(FORTY) - written_down


@pytest.mark.rule("G1")
def test_a_name_that_is_learnt_late_is_looked_for_in_what_was_read_before(
    world: World, inventory: Slow
) -> None:
    inventory.deposits["nights/caen/2026-08-01/a.json"] = json.dumps({"who": {"username": "old-login"}})
    both = {"username": "old-login", "email": "zoe@x.example"}
    inventory.deposits["nights/caen/2026-09-19/x.json"] = json.dumps({"who": both})
    people.forget(world, "zoer", "asked")
    assert "old-login" not in "\n".join(inventory.deposits.values())
    assert max(inventory.reads[key] for key in FORTY) == 2


@pytest.mark.rule("G1")
def test_whom_nothing_names_is_told_and_stands_nowhere(world: World, inventory: Slow) -> None:
    with pytest.raises(NotFound, match="person_not_held"):
        people.forget(world, "nobody@x.example", "asked")
    assert [key for key in inventory.documents() if key.startswith("erasures/")] == []
