"""People who are being forgotten: who, why, how far it has come; all in one pass over what is held (G1).

What is asked stands in `erasures/{alias}.json` with every name of the person, from before the first change
until the last; from then on no name does. Each document is read once for all of them; again only where a name
was learnt from it that those before it may have too.
"""

from __future__ import annotations

import hashlib
import json
import secrets
from collections.abc import Iterator, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from passerelle.domain.console import ConsoleSession, ConsoleTicket
from passerelle.domain.orders.delivery import Delivery
from passerelle.domain.people import Who, known_as, people_of, without
from passerelle.domain.people_in_papers import (
    DEPOSITS,
    Leftover,
    names_in,
    people_in,
    rows_in,
    text_without,
    ties_names,
)
from passerelle.domain.records import Record, TargetLock
from passerelle.errors import NotFound, PaperUnreadable
from passerelle.ports import World
from passerelle.usecases.amend import amend
from passerelle.usecases.broken import note_broken
from passerelle.usecases.people_kept import (
    OFFICE,
    Held,
    in_office,
    is_named_in,
    kept_records,
    live_documents,
)

ERASURES = "erasures/"
OFTEN = 500  # documents, after which the place that was reached is written down


@dataclass(kw_only=True)
class Erasure:
    """One person. `after` is the place of the last document, or the key of the last leftover, that was looked
    at; `found`: something names them, so that this stands written down.
    """

    alias: str
    because: str
    at: str  # ISO, of when it was asked
    who: Who
    changed: int = 0  # records and documents
    kept: list[dict[str, str]] = field(default_factory=list)  # where, kind, why
    begins: set[str] = field(default_factory=set)  # of documents that stay, what their keys begin with
    after: str = ""
    grown: bool = False  # a name was learnt in this pass: documents before may have it
    left: bool = False  # only leftovers are left
    found: bool = False
    finished: bool = False
    held: list[Held] = field(default_factory=list)  # what this run found is kept
    _written: Who | None = None

    @classmethod
    def asked(cls, world: World, name: str, because: str) -> Erasure:
        who = Who(frozenset({name.strip().lower()}), identity=world.network.identity)
        alias, now = f"forgotten-{secrets.token_hex(6)}", world.clock.now().isoformat()
        return cls(alias=alias, because=because, at=now, who=who)

    @classmethod
    def read(cls, world: World, key: str, said: Mapping[str, Any]) -> Erasure:
        still = said["still"]
        who = Who(frozenset(still["names"]), frozenset(still["fullnames"]), world.network.identity)
        return cls(
            alias=key.removeprefix(ERASURES).removesuffix(".json"),
            because=said["because"],
            at=said["at"],
            who=who,
            changed=said.get("changed", 0),
            kept=said.get("kept", []),
            begins=set(still.get("begins", ())),
            after=still.get("after", ""),
            grown=still.get("grown", False),
            left=still.get("left", False),
            found=True,
        )

    def from_the_beginning(self) -> None:
        self.after, self.grown, self.left = "", False, False

    def learn(self, more: Who) -> bool:
        """Whether it is more than was known."""
        before = self.who
        names, fullnames = before.names | more.names, before.fullnames | more.fullnames
        self.who = Who(names, fullnames, before.identity)
        return self.who != before

    def keep(self, held: Held) -> None:
        self.found = True
        self.held.append(held)
        self.kept.append({"where": held.where, "kind": held.kind, "why": held.why})
        if held.where == "documents":
            self.begins.add(held.id)

    def stays(self, key: str) -> bool:
        return any(key.startswith(begin) for begin in self.begins)

    def document(self, *, still: bool) -> dict[str, object]:
        pattern = self.who.pattern(usernames=True, shortest=1)
        self.because = pattern.sub(self.alias, self.because) if pattern else self.because
        told = {"at": self.at, "because": self.because, "changed": self.changed, "kept": self.kept}
        names = {"names": sorted(self.who.names), "fullnames": sorted(self.who.fullnames)}
        place = {"after": self.after, "grown": self.grown, "left": self.left, "begins": sorted(self.begins)}
        return told | ({"still": names | place} if still else {})

    def before_a_change(self, world: World) -> None:
        """No name may be lost that something else is still to be found by."""
        self.found = True
        if self._written != self.who:
            self.write_down(world)

    def write_down(self, world: World) -> None:
        world.papers.put(erasure_key(self.alias), self.document(still=True))
        self._written = self.who


def erasure_key(alias: str) -> str:
    return f"{ERASURES}{alias}.json"


def pending(world: World) -> Iterator[Erasure]:
    """Those that are not finished. Whose one was that cannot be read nobody knows: it must be asked again."""
    for key in [one for one in world.inventory.documents() if one.startswith(ERASURES)]:
        try:
            said = _asked(world, key)
        except PaperUnreadable as cut:
            note_broken(world, cut)
            continue
        if said.get("still"):
            yield Erasure.read(world, key, said)


def begun(world: World, name: str, because: str) -> Erasure | None:
    """The unfinished one of this person, if there is one: by then no record may tie the names."""
    for one in pending(world):
        if name.strip().lower() in one.who.names:
            one.from_the_beginning()
            one.because = because
            return one
    return None


def _asked(world: World, key: str) -> Mapping[str, Any]:
    """What an erasure says. Raises PaperUnreadable."""
    with suppress(ValueError):
        said = json.loads(world.inventory.text(key) or "{}")
        if isinstance(said, dict):
            return said
    raise PaperUnreadable(key)


def forget_all(
    world: World, people: Sequence[Erasure], *, until: datetime | None = None, rest_tonight: bool = False
) -> None:
    """Everything that names one of them names their alias, but what stays. Cut, or when it is late, each has
    written down where to go on. `rest_tonight`: what `world.inventory` does not hold is another's to do, so
    that the names stand until then.
    """
    left = list(people)
    while left:
        _records(world, [one for one in left if not (one.after or one.left)])
        if not _documents(world, [one for one in left if not one.left], until):
            return
        for one in left:
            if not one.left:
                one.after, one.left, one.grown = "", not one.grown, False
        if not _leftovers(world, [one for one in left if one.left], until):
            return
        for one in left:
            if one.left:
                one.from_the_beginning()
                _finish(world, one, still=rest_tonight)
        left = [one for one in left if not one.finished]


def _finish(world: World, one: Erasure, *, still: bool) -> None:
    one.finished = True
    if one.found:
        one.before_a_change(world)
        text = json.dumps(one.document(still=still), ensure_ascii=False)
        world.inventory.rewrite(erasure_key(one.alias), text)


# -- records ----------------------------------------------------------------------------------------------


def _records(world: World, people: Sequence[Erasure]) -> None:
    if not people:
        return
    records = list(world.inventory.records())
    named = [person for record in records for person in people_of(record)]
    ties = [key for key in world.inventory.documents() if ties_names(key)]
    for one in people:
        one.learn(known_as(one.who.names, named, one.who.identity))
    while sum(_ties_more(world, people, key) for key in ties):
        pass
    for one in people:
        one.learn(known_as(one.who.names, named, one.who.identity))
        one.kept, one.begins, one.held = [], set(), []
        office = in_office(world.inventory, one.who)
        stay = [*([OFFICE] if office else []), *kept_records(world, records, one.who, in_office=office)]
        for held in stay:
            one.keep(held)
        kept = {(held.kind, held.id) for held in stay}
        for record in records:
            if (type(record).__name__, record.id) not in kept and is_named_in(record, one.who):
                one.before_a_change(world)
                one.changed += forget_record(world, record, one.who, one.alias)


def _ties_more(world: World, people: Sequence[Erasure], key: str) -> bool:
    """Whether a name is learnt from a document that ties names: from these before any is changed."""
    text = world.inventory.text(key) or ""
    return sum(one.learn(_named_in(key, text, one.who)) for one in people) > 0


def _named_in(key: str, text: str, who: Who) -> Who:
    return known_as(who.names, people_in(key, text, who), who.identity)


def forget_record(world: World, record: Record, who: Who, alias: str) -> int:
    with suppress(NotFound):
        if isinstance(record, Delivery | ConsoleSession | ConsoleTicket | TargetLock):
            world.records.delete(record)
        else:
            amend(world.records, type(record), record.id, lambda one: without(one, who, alias))
        return 1
    return 0


# -- documents --------------------------------------------------------------------------------------------


def _documents(world: World, people: Sequence[Erasure], until: datetime | None) -> bool:
    """Whether there was time for all."""
    if not people:
        return True
    keys = sorted(key for key in world.inventory.documents() if not key.startswith(ERASURES))
    live = live_documents(world, keys)
    first = min(one.after for one in people)
    for number, key in enumerate((key for key in keys if key > first), 1):
        late = until is not None and world.clock.now() >= until
        if late or number % OFTEN == 0:
            _write_all_down(world, people)
        if late:
            return False
        text = world.inventory.text(key)
        for one in people:
            if text is not None and key > one.after:
                text = _looked_at(world, one, key, text, live)
            one.after = max(one.after, key)
    return True


def _looked_at(world: World, one: Erasure, key: str, text: str, live: Mapping[str, str]) -> str:
    """The document as it is afterwards."""
    one.grown |= one.learn(_named_in(key, text, one.who))
    begin = next((begin for begin in live if key.startswith(begin)), "")
    if begin and begin not in one.begins and names_in(key, text, one.who):
        one.keep(Held("documents", begin.partition("/")[0], begin, live[begin]))
    if begin or one.stays(key):
        return text
    after = text_without(key, text, one.who, one.alias)
    if after != text:
        one.before_a_change(world)
        world.inventory.rewrite(key, after)
        _tell_manifest(world, key, after)
        one.changed += 1
    return after


def _tell_manifest(world: World, key: str, text: str) -> None:
    """The deposit says of its files what they are now."""
    folder, _, file = key.rpartition("/")
    manifest = f"{folder}/manifest.json"
    said = world.inventory.text(manifest) if key.startswith(DEPOSITS) else None
    with suppress(ValueError, KeyError, TypeError):
        told = json.loads(said or "{}")
        now = {"sha256": hashlib.sha256(text.encode("utf-8", "surrogateescape")).hexdigest()}
        told["files"][file] = told["files"][file] | now | {"rows": rows_in(text)}
        world.inventory.rewrite(manifest, json.dumps(told, ensure_ascii=False))


def _write_all_down(world: World, people: Sequence[Erasure]) -> None:
    for one in people:
        if one.found:
            one.write_down(world)


# -- leftovers --------------------------------------------------------------------------------------------


def _leftovers(world: World, people: Sequence[Erasure], until: datetime | None) -> bool:
    """Whether there was time for all. Versions come by their keys."""
    if not people:
        return True
    at = ""
    for leftover in world.inventory.leftovers(min(one.after for one in people)):
        if leftover.kind == "version" and leftover.id != at:
            for one in people:
                one.after = max(one.after, at)
            at = leftover.id
            if until is not None and world.clock.now() >= until:
                _write_all_down(world, people)
                return False
        named = [one for one in people if _may_go(leftover, one) and _is_in(leftover, one.who)]
        for one in named:
            one.before_a_change(world)
            one.changed += 1
        if named:
            world.inventory.drop(leftover)
    return True


def _may_go(leftover: Leftover, one: Erasure) -> bool:
    """What an erasure itself was is no thing that named somebody; it goes with the end (`_finish`)."""
    return not one.stays(leftover.id) and leftover.id != erasure_key(one.alias)


def _is_in(leftover: Leftover, who: Who) -> bool:
    return names_in(leftover.id, leftover.text, who)
