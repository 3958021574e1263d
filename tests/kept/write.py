"""Write down one record and one document of each kind, as this release writes them.

    python -m tests.kept.write NAME          # a folder beside this file; one that exists is never changed

They come from the scenes, whose people are made up. `tests/unit/store/test_kept.py` reads every folder on
every run: what a release wrote stays readable, and is written back whole. Make a folder at each release,
and before a field is renamed.
"""

from __future__ import annotations

import json
import sys
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import replace
from datetime import timedelta
from pathlib import Path
from typing import Any

from passerelle.domain.connection import Connection
from passerelle.domain.console import Operator, Seen, reach_of
from passerelle.domain.moodle.core import Category
from passerelle.domain.night.policy import Freeze
from passerelle.domain.orders.delivery import Hearing
from passerelle.domain.orders.facts import Dispute, Facts, Refund
from passerelle.domain.records import Broken, Note, Tally
from passerelle.errors import Refused
from passerelle.store.items import kept_as, to_item
from passerelle.usecases.console import acts, enter
from passerelle.usecases.night import desk
from passerelle.usecases.orders import take, work
from passerelle.usecases.rollover import plans
from tests.factories.orders import some_facts
from tests.factories.records import NOW, a_lock
from tests.scenes.night import NightScene, a_university, drop, rules
from tests.scenes.orders import OrderScene
from tests.scenes.publishing import Scene
from tests.scenes.rollover import ALAN, YearScene

HERE = Path(__file__).parent
STAMP = "0" * 32

# What stands in a document's key → what it is called here.
DOCUMENTS = {
    "/manifests/": "manifest",
    "/surveys/": "survey",
    "/rollovers/": "report",
    "/rollover-plans/": "rollover_plan",
    "/memory.json": "memory",
    "/plan.json": "plan",
    "/chunks/": "chunk",
    "/done/": "done",
}


def orders() -> OrderScene:
    """Sold, refunded in part, disputed, with a delivery that nobody could read."""
    scene = OrderScene()
    scene.sell(some_facts())
    later = some_facts(
        snapshot_at=NOW + timedelta(hours=1),
        refunds=(Refund("re_1", 1000, {"1": 1}, NOW + timedelta(hours=1)),),
    )
    take.merge(scene.world, "boutique", replace(later, disputes=(Dispute("dp_1", "open", NOW),)))
    elsewhere = Facts(order="9", sale=False, refunds=(Refund("re_9", 100),))
    take.merge(scene.world, "boutique", elsewhere, "boutique:msg_9")  # waits for its order
    work.replay(scene.world, "boutique:1042")
    scene.deliver()
    scene.records.add(Hearing(id="boutique", asked_at=NOW, told=("boutique:7 price_differs",)))
    scene.records.add(Tally(id="refused:boutique:2026-10-05", until=NOW, count=3))
    return scene


def publications() -> Scene:
    scene = Scene()
    scene.save()
    published = scene.publish()
    scene.deliver()
    scene.retrieve(str(published["publication"]))
    scene.deliver()
    scene.records.add(a_lock())
    scene.records.add(Broken(id="manifests/u1.json", kind="document", code="paper_unreadable", at=NOW))
    scene.records.add(
        Broken(
            id="Publication#p9",
            kind="Publication",
            code="record_unreadable",
            at=NOW,
            site="caen",
            told_at=NOW,
        )
    )
    return scene


def rollovers() -> YearScene:
    scene = YearScene()
    for lms in (scene.bleu, scene.vert):
        lms.categories += [Category(10, "Sciences", "SCIENCES")]
    scene.courses()
    for name in ("SC1", "SC2", "SC3"):
        scene.bleu.add_course(name, teacher="ada", holds=["Bohr"], categoryid=10)
        scene.vert.add_course(name, teacher="alan" if name == "SC3" else "ada", categoryid=10)
    scene.roll_over()
    scene.ask_rollover("fresh_start", courseid=102)
    with suppress(Refused):  # Alan did not teach it: a link is made that its teachers may grant
        scene.ask_rollover(person=ALAN, courseid=103)
    plans.make(scene.world, "vert", "SCIENCES", "root")
    return scene


def nights() -> NightScene:
    scene = NightScene(a_university(), rules())
    scene.night()
    scene.says(lambda university: drop(university, "ip.csv", "P1")).tomorrow()
    desk.freeze(scene.world, "caen", Freeze(since=scene.day, courses=("E2",), why="travaux", by="ada"))
    scene.night()
    return scene


def console() -> OrderScene:
    """Root came in, and put an order aside; sites were looked at; Caen was given a code."""
    scene = OrderScene()
    network = replace(scene.network, operators=("hub:root",))
    world = replace(scene.world, network=network)
    key = scene.sell(some_facts()).id
    root = Operator(site="hub", identity="root", name="Root")
    enter.invite(world, root)
    _, session = enter.enter(world, enter.invite(world, root), "")
    wish = acts.Wish(act="order_park", about=key, why="seen by phone", fields={})
    acts.perform(world, session.operator, reach_of(network, "hub", "root"), wish)
    away = Note("site_silent", {"site": "caen", "code": "away"})
    scene.records.add(Seen(id="site:caen", at=NOW, since=NOW, why=away))
    scene.records.add(Connection(id="caen", signs="0" * 64, until=NOW, claim="1" * 64, used_at=NOW))
    return scene


def written() -> tuple[dict[str, dict[str, Any]], dict[str, Mapping[str, object]]]:
    """The longest item of each kind of record, and the longest document of each kind."""
    items: dict[str, dict[str, Any]] = {}
    documents: dict[str, Mapping[str, object]] = {}
    for scene in (orders(), publications(), rollovers(), nights(), console()):
        for record in scene.records:
            item = to_item(record, STAMP)
            kind = kept_as(type(record))
            items[kind] = max(items.get(kind, {}), item, key=lambda one: len(json.dumps(one)))
        papers = scene.base.papers
        for key in papers:  # type: ignore[attr-defined]
            name = next((name for part, name in DOCUMENTS.items() if part in f"/{key}"), None)
            if name is not None:
                found = papers.get(key) or {}
                documents[name] = max(documents.get(name, {}), found, key=lambda one: len(json.dumps(one)))
    return items, documents


def main() -> None:
    folder = HERE / sys.argv[1]
    items, documents = written()
    for name, kept in (("items", items), ("documents", documents)):
        (folder / name).mkdir(parents=True)
        for kind, value in kept.items():
            text = json.dumps(value, ensure_ascii=False, indent=1, sort_keys=True)
            (folder / name / f"{kind}.json").write_text(text + "\n", encoding="utf-8")


if __name__ == "__main__":
    main()
