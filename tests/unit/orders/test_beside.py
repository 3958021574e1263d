"""Orders worked on beside one another: killed, doubled, cut, in any interleaving; the end is what was asked.

The oracle knows the shop's words alone: whose order is paid and not taken back is in the course and in the
group of each such order, and nobody else; one account for each person, each message once.
"""

from __future__ import annotations

import random
from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from datetime import timedelta
from typing import Any

import pytest

from passerelle.domain.orders.facts import Facts, Refund
from passerelle.ports import World
from passerelle.usecases.orders import receive, reconcile, work
from tests.factories.orders import a_buyer, a_line, a_participant, a_payload, some_facts
from tests.factories.records import NOW
from tests.fakes.moodle import TwinSites
from tests.scenes.beside import Action, Explorer, Faults, around_with_sites
from tests.scenes.orders import OrderScene

QUICK = range(50)
SLOW = range(50, 2_050)
HOUR = timedelta(hours=1)


@dataclass
class Day:
    """What a shop says of one day: the words of each order, in time; and who stood in Moodle before."""

    words: dict[str, list[Facts]] = field(default_factory=dict)
    known: tuple[str, ...] = ()
    plugins: bool = True

    def last(self, order: str) -> Facts:
        """The newest word; of two with one time the one that takes back."""
        return max(self.words[order], key=lambda f: (f.snapshot_at or NOW, _taken_back(f)))

    def live(self) -> dict[str, Facts]:
        return {order: self.last(order) for order in self.words if not _taken_back(self.last(order))}


def _taken_back(facts: Facts) -> bool:
    return facts.cancelled_at is not None or bool(facts.refunds)


def a_day(seed: int) -> Day:
    chance = random.Random(f"day {seed}")
    pool = [a_participant(name) for name in ("ana", "bob", "cleo")]
    day = Day(known=tuple(chance.sample(["ana", "bob"], chance.randint(0, 1))), plugins=chance.random() < 0.8)
    for number in range(chance.randint(1, 3)):
        people = tuple(chance.sample(pool, chance.randint(1, 2)))
        buyer = a_buyer(email=f"rh{chance.randint(1, 2)}@client.example")
        line = replace(a_line(), quantity=len(people), amount=1000 * len(people), participants=people)
        paid = some_facts(str(number), buyer=buyer, lines=(line,))
        day.words[str(number)] = [paid]
        if chance.random() < 0.3:  # the shop corrects who bought
            paid = replace(paid, snapshot_at=NOW + HOUR, buyer=a_buyer(email="rh3@client.example"))
            day.words[str(number)].append(paid)
        if chance.random() < 0.6:
            then = (paid.snapshot_at or NOW) + HOUR * chance.choice([0, 1])
            back: dict[str, Any] = {"cancelled_at": then}
            if chance.random() < 0.5:
                back = {"refunds": (Refund("r", line.amount or 0, {"1": len(people)}, then),)}
            day.words[str(number)].append(replace(paid, snapshot_at=then, **back))
    return day


def deliveries(day: Day) -> Iterator[tuple[str, Action]]:
    for order, words in day.words.items():
        for number, facts in enumerate(words):
            event, body = f"{order}-{number}", a_payload(facts)

            def arrives(world: World, event: str = event, body: bytes = body) -> None:
                receive.receive(world, "boutique", event, "order.paid", body, readable=True)

            yield event, arrives


def worked_on(world: World, message: Any) -> None:
    ((kind, key),) = message.items()
    work.work(world, kind, key)


def explored(seed: int, day: Day, **more: Any) -> tuple[OrderScene, Explorer]:
    scene = OrderScene(plugins=day.plugins)
    for name in day.known:
        scene.moodle.add_user(f"old-{name}", name.capitalize(), "Martin", email=f"{name}@client.example")
    explorer = Explorer(
        seed,
        scene.clock,
        around_with_sites(scene.base, lambda turn: TwinSites(turn, scene.caen)),
        {"orders": worked_on},
        scene.queues,
        **more,
    )
    explorer.explore(deliveries(day))
    scene.clock.tick(timedelta(days=1))
    reconcile.reconcile(scene.world)
    explorer.calm()
    return scene, explorer


def faults_of(scene: OrderScene, day: Day, explorer: Explorer) -> list[str]:
    """What stands and should not, or does not and should."""
    found = [f"dead letter {why}" for why in explorer.dead]
    live = day.live()
    state = scene.moodle.state
    of_email = {user.email.lower(): user.username for user in state.users.values()}

    def names(facts: Facts) -> set[str]:
        keys = {person.key for line in facts.lines or () for person in line.participants}
        return {of_email.get(key, key) for key in keys}

    source = "shop" if day.plugins else "manual"
    wanted = {name for facts in live.values() for name in names(facts)}
    enrolled = set(scene.enrolled(source=source))
    if enrolled != wanted:
        found.append(f"enrolled {sorted(enrolled)}, paid for {sorted(wanted)}")
    support = {of_email.get(f.buyer.key, f.buyer.key) for f in live.values() if f.buyer}
    if set(scene.enrolled("SUPPORT", source=source)) != support:
        found.append(f"support {sorted(scene.enrolled('SUPPORT', source=source))}, not {sorted(support)}")
    members = {group: people for group, people in scene.members().items() if people}
    groups = {f"boutique:{order}": sorted(names(facts)) for order, facts in live.items()}
    if members != groups:
        found.append(f"groups {members}, not {groups}")
    allowed = {(of_email.get(f.buyer.key, ""), name) for f in live.values() if f.buyer for name in names(f)}
    ties = {(holder, over) for holder, _, over in scene.ties()}
    if not ties <= allowed:
        found.append(f"roles that no order gives: {sorted(ties - allowed)}")
    emails = sorted(user.email.lower() for user in state.users.values() if user.email)
    found += [f"two accounts of {one}" for one in {e for e in emails if emails.count(e) > 1}]
    keys = [message.key for message in state.messages if message.key]
    found += [f"message {one} twice" for one in {k for k in keys if keys.count(k) > 1}]
    for order in day.words:
        state_of = scene.order(f"boutique:{order}").state.value
        good = {"fulfilled"} if order in live else {"cancelled", "refunded"}
        if state_of not in good:
            found.append(f"order {order} is {state_of}")
    return found


def wrong(seeds: range) -> dict[int, list[str]]:
    found = {}
    for seed in seeds:
        day = a_day(seed)
        scene, explorer = explored(seed, day)
        faults = faults_of(scene, day, explorer)
        if faults:
            found[seed] = faults
    return found


@pytest.mark.rule("S12", "S14", "S5", "S6")
def test_orders_beside_one_another_end_as_the_shop_says() -> None:
    assert wrong(QUICK) == {}


@pytest.mark.slow
@pytest.mark.rule("S12", "S14", "S5", "S6")
def test_two_thousand_days_of_orders_beside_one_another_end_as_the_shop_says() -> None:
    assert wrong(SLOW) == {}


def test_the_same_seed_goes_the_same_way() -> None:
    one, other = (explored(11, a_day(11))[1].trace for _ in range(2))
    assert one == other
    assert len({line.partition(":")[0] for line in one}) > 3


def test_a_seed_kills_and_loses_answers() -> None:
    told = [line for seed in range(20) for line in explored(seed, a_day(seed))[1].trace]
    for fate in ("killed before", "killed after", "lost"):
        assert any(line.startswith(f"-- {fate}") for line in told), fate


__all__ = ["Faults"]
