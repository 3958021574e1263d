"""What a person waits for on the laptop's queues: from Mutualiser to mutualisée, from Récupérer to a filled course,
from paid to enrolled, stage by stage.

    python -m tests.bench.waits [--rounds 3] [--size 20MB]

The functions, queues and table of template.yaml, and the twin, whose backups and restores take no time: what is
measured is what is ours. On a Moodle its cron comes on top, which takes a job up within a minute, and Moodle's own
backup and restore. Stages are read off the histories of the records, so that looking does not add to them; the
median of the rounds.
"""

from __future__ import annotations

import argparse
import statistics
import sys
import tempfile
import time
from collections import defaultdict
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path
from typing import Any, TypeVar

from passerelle.domain.backups.upload import Upload
from passerelle.domain.orders.facts import Participant
from passerelle.domain.orders.order import Order
from passerelle.domain.publishing.publication import Publication, Retrieval
from passerelle.domain.sizes import parse_size
from passerelle.domain.states import BackupState, OrderState, PublicationState, RetrievalState
from passerelle.shops.vendor import SampleOrder
from passerelle_laptop.laptop import Laptop
from passerelle_laptop.site_client import SiteClient
from passerelle_laptop.stories.course import CourseStory
from passerelle_laptop.stories.orders import OrderStory
from passerelle_laptop.telling import Teller
from tests.bench.figure import Figure, show
from tests.bench.mbz import make_backup

OURS, ENROLLED = 10.0, 5.0  # seconds that are asked for: a course of 20 MB, an order of ten people
PATIENCE = 120.0
PEOPLE = tuple(Participant(f"p{n}@client.example", f"P{n}", "Martin") for n in range(10))

T = TypeVar("T")


@dataclass
class Laps:
    seconds: dict[str, list[float]] = field(default_factory=lambda: defaultdict(list))

    def lap(self, what: str, begun: datetime, ended: datetime) -> None:
        self.seconds[what].append((ended - begun).total_seconds())

    def median(self, what: str) -> float:
        return statistics.median(self.seconds[what])


def until(look: Callable[[], T | None]) -> T:
    deadline = time.monotonic() + PATIENCE
    while time.monotonic() < deadline:
        if (seen := look()) is not None:
            return seen
        time.sleep(0.1)
    raise SystemExit("it did not come true")


def moment(record: Any, state: str) -> datetime:
    """When a record first came into a state."""
    found: datetime = next(one.at for one in record.history if one.state == state)
    return found


@dataclass
class Scene:
    laptop: Laptop
    archive: Path
    laps: Laps = field(default_factory=Laps)

    def __post_init__(self) -> None:
        teller = Teller("en")
        self.course, self.order = CourseStory(self.laptop, teller), OrderStory(self.laptop, teller)
        self.course.people()
        self.order.shelves()
        self.records = self.laptop.world().records

    def share(self) -> Publication:
        a, course = self.course.a, self.course.course
        client, person = _client(a), a.person("ada")
        described = self.course._described(a, course)
        begun = time.monotonic()
        upload_id = client.upload(self.archive, intent="share", course=described, person=person)
        self.laps.seconds["sent to S3"].append(time.monotonic() - begun)
        upload = until(lambda: self._in(Upload, upload_id, BackupState.ACCEPTED))
        self.laps.lap("seen by the check", moment(upload, "received"), moment(upload, "accepted"))
        asked = self.course._ask_publication(a, "ada", "CHIM-L1", course)
        done = until(lambda: self._in(Publication, asked["publication"], PublicationState.PUBLISHED))
        restoring = moment(done, "restoring")
        self.laps.lap("Mutualiser to the hub's restore", done.requested_at, restoring)
        self.laps.lap("the hub's restore to mutualisée", restoring, moment(done, "published"))
        self.laps.lap("Mutualiser to mutualisée", done.requested_at, moment(done, "published"))
        return done

    def retrieve(self, publication: Publication) -> None:
        b = self.course.b
        asked = _client(b).retrievals(
            "start", b.person("grace"), publication=publication.id, target={"mode": "new"}
        )
        done = until(lambda: self._in(Retrieval, asked["retrieval"], RetrievalState.DONE))
        restoring = moment(done, "restoring")
        self.laps.lap("Récupérer to the restore", done.requested_at, restoring)
        self.laps.lap("the restore to a filled course", restoring, moment(done, "done"))
        self.laps.lap("Récupérer to a filled course", done.requested_at, moment(done, "done"))

    def sell(self, number: str) -> None:
        sold = SampleOrder(number=number, product="SPOCM1", quantity=len(PEOPLE), people=PEOPLE)
        begun = time.monotonic()
        assert self.order.send(sold, event=f"msg_{number}") == 200
        answered = time.monotonic()
        until(lambda: self._in(Order, f"boutique:{number}", OrderState.FULFILLED))
        ended = time.monotonic()
        order = self.records.get(Order, f"boutique:{number}")
        assert order is not None
        self.laps.seconds["the shop is answered"].append(answered - begun)
        self.laps.lap("received to worked on", order.received_at, order.history[0].at)
        self.laps.lap("worked on to enrolled", order.history[0].at, order.history[-1].at)
        self.laps.seconds["paid to enrolled"].append(ended - begun)

    def _in(self, kind: type[Any], record: str, state: object) -> Any:
        found = self.records.get(kind, record)
        return found if found is not None and found.state is state else None


def _client(site: Any) -> SiteClient:
    assert isinstance(site.client, SiteClient)
    return site.client


def figures(rounds: int, size: int) -> Iterator[Figure]:
    with (
        tempfile.TemporaryDirectory() as folder,
        Laptop.start(lambda _fr, _en: None) as laptop,
    ):
        archive = Path(make_backup(size, folder, kind="films"))
        scene = Scene(laptop, archive)
        for number in range(rounds + 1):
            if number == 1:
                scene.laps = Laps()  # the first round starts every function
            scene.retrieve(scene.share())
            scene.sell(f"{700_000 + number}")
    laps = scene.laps
    whole = laps.median("Mutualiser to mutualisée")
    for what in (
        "sent to S3",
        "seen by the check",
        "Mutualiser to the hub's restore",
        "the hub's restore to mutualisée",
    ):
        yield Figure(what, laps.median(what), "s")
    yield Figure("Mutualiser to mutualisée", whole, "s", OURS)
    for what in ("Récupérer to the restore", "the restore to a filled course"):
        yield Figure(what, laps.median(what), "s")
    yield Figure("Récupérer to a filled course", laps.median("Récupérer to a filled course"), "s", OURS)
    for what in ("the shop is answered", "received to worked on", "worked on to enrolled"):
        yield Figure(what, laps.median(what), "s")
    yield Figure("paid to enrolled, ten people", laps.median("paid to enrolled"), "s", ENROLLED)


def main() -> int:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--size", default="20MB", help="of the course's backup")
    asked = parser.parse_args()
    return show(figures(asked.rounds, parse_size(asked.size)))


if __name__ == "__main__":
    sys.exit(main())
