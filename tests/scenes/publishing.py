"""The whole network on a table: fakes for every port, people who press buttons, and a postman.

A step that is killed or told to try again is taken again, as a site repeats its request and a queue
delivers its message once more. Nothing else is ever repaired by hand.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from typing import Any

from passerelle.domain.backups.upload import Upload, expected_part, part_count
from passerelle.domain.moodle.core import User
from passerelle.domain.network import Network
from passerelle.domain.publishing.publication import Publication
from passerelle.domain.records import Person
from passerelle.domain.site_commands import (
    AskPublication,
    AskRetrieval,
    CompleteUpload,
    ManageBackups,
    OpenUpload,
    ReportedJob,
    ReportJobs,
    SearchCatalogue,
    SignParts,
    Target,
)
from passerelle.errors import Conflict, TryAgain
from passerelle.ports import World
from passerelle.usecases import jobs
from passerelle.usecases.backups import inspect, receive
from passerelle.usecases.backups import manage as backups
from passerelle.usecases.publishing import ask as publications
from passerelle.usecases.publishing import catalogue
from passerelle.usecases.publishing import publish as publishing
from passerelle.usecases.publishing import retrieve as retrievals
from tests.factories.records import MIB, SHA, a_network, a_person
from tests.fakes.archives import FakeArchives
from tests.fakes.backups import FakeBackups
from tests.fakes.clock import FakeClock
from tests.fakes.cutting import Cut, Killed
from tests.fakes.lms import FakeLms, FakeSites
from tests.fakes.papers import FakePapers
from tests.fakes.queues import FakeQueues
from tests.fakes.records import FakeRecords

ADA = a_person("ada")
GRACE = a_person("grace", lastname="Hopper")
MANAGER = a_person("margaret", lastname="Hamilton")


def known_to(*people: Person) -> list[User]:
    return [
        User(id=10 + n, username=p.username, idnumber=p.idnumber, email=p.email) for n, p in enumerate(people)
    ]


@dataclass
class Scene:
    network: Network = field(default_factory=lambda: a_network(hub__managers=("hub:margaret",)))

    def __post_init__(self) -> None:
        self.clock = FakeClock()
        self.records = FakeRecords()
        self.archives = FakeArchives(self.clock)
        self.papers = FakePapers()
        self.backups = FakeBackups(self.archives)
        self.queues = FakeQueues()
        self.hub = FakeLms("hub", users=known_to(ADA, MANAGER))
        self.caen = FakeLms("caen", users=known_to(ADA))
        self.lille = FakeLms("lille", users=known_to(GRACE))
        self.base = World(
            network=self.network,
            records=self.records,
            archives=self.archives,
            papers=self.papers,
            backups=self.backups,
            sites=FakeSites(self.hub, self.caen, self.lille),
            queues=self.queues,
            clock=self.clock,
        )
        self.world = self.base
        self.arrived: list[str] = []  # keys that S3 has announced and nobody has inspected
        self.requests = 0
        self.cuts: list[str] = []

    # -- cutting -----------------------------------------------------------------------------------

    def cut_at(self, cut: Cut) -> Scene:
        self.world = cut.around_world(self.base)
        return self

    def step(self, action: Callable[[], Any]) -> Any:
        """Take a step until it is taken: after a kill with a new process, after TryAgain once more."""
        why: Exception | None = None
        for _ in range(10):
            try:
                return action()
            except Killed as killed:
                self.cuts.append(str(killed))
                self.world = self.base
            except (TryAgain, Conflict) as again:
                why = again
        raise AssertionError("a step was not taken in ten tries") from why

    def request(self) -> str:
        self.requests += 1
        return f"msg_{self.requests}"

    # -- what people and sites do ------------------------------------------------------------------

    def save(
        self,
        site: str = "caen",
        idnumber: str = "CHIM1",
        person: Person = ADA,
        *,
        size: int = 10 * MIB,
        check: bool = True,
        complete: bool = True,
        **changes: Any,
    ) -> str:
        """*Sauvegarder*: open, parts, complete. Answers the upload's id."""
        opening = OpenUpload(
            **{
                "request": self.request(),
                "site": site,
                "type": "uploads",
                "person": person,
                "intent": "share",
                "courseid": 42,
                "idnumber": idnumber,
                "fullname": "Chimie générale",
                "shortname": idnumber,
                "filesize": size,
                "sha256": SHA,
                "lastchange": int(self.clock.now().timestamp()),
            }
            | changes
        )
        opened = self.step(lambda: receive.open_upload(self.world, opening))
        upload = opened["upload"]
        every = range(1, part_count(size) + 1)
        for first in range(1, len(every) + 1, 100):
            signing = SignParts(
                request=self.request(),
                site=site,
                type="parts",
                upload=upload,
                parts=tuple(every[first - 1 : first + 99]),
            )
            signed = self.step(lambda signing=signing: receive.sign_parts(self.world, signing))
            for number, url in signed["urls"].items():
                self.archives.put_part(url, expected_part(size, int(number)))
        if not complete:
            return str(upload)
        completing = CompleteUpload(request=self.request(), site=site, type="complete", upload=upload)
        self.step(lambda: receive.complete(self.world, completing))
        self.arrived.append(f"uploads/{site}/{upload}.mbz")
        if check:
            self.deliver()
        return str(upload)

    def publish(
        self, site: str = "caen", idnumber: str = "CHIM1", person: Person | None = ADA, **changes: Any
    ) -> Mapping[str, Any]:
        command = AskPublication(
            **{
                "request": self.request(),
                "site": site,
                "type": "publications",
                "action": "publish",
                "courseid": 42,
                "idnumber": idnumber,
                "person": person,
                "title": "Chimie générale",
                "summary": "Atomes et liaisons.",
                "language": "fr",
                "level": "L1",
                "licence": "cc-by-sa",
                "declaration": True,
                "course_url": f"https://{site}.example/course/view.php?id=42",
            }
            | changes
        )
        return self.step(lambda: publications.answer_publication(self.world, command))

    def ask(self, action: str, site: str = "caen", idnumber: str = "CHIM1", **fields: Any) -> Any:
        command = AskPublication(
            request=self.request(),
            site=site,
            type="publications",
            action=action,  # type: ignore[arg-type]
            courseid=42,
            idnumber=idnumber,
            person=fields.pop("person", ADA),
            **fields,
        )
        return self.step(lambda: publications.answer_publication(self.world, command))

    def retrieve(
        self, publication: str, site: str = "lille", person: Person = GRACE, **target: Any
    ) -> Mapping[str, Any]:
        command = AskRetrieval(
            request=self.request(),
            site=site,
            type="retrievals",
            action="start",
            publication=publication,
            person=person,
            target=Target(**target),
        )
        return self.step(lambda: retrievals.answer_retrieval(self.world, command))

    def manage(self, action: str, site: str = "caen", idnumber: str = "CHIM1", upload: str = "") -> Any:
        command = ManageBackups(
            request=self.request(),
            site=site,
            type="backups",
            person=ADA,
            action=action,  # type: ignore[arg-type]
            courseid=42,
            idnumber=idnumber,
            upload=upload,
        )
        return self.step(lambda: backups.answer_backups(self.world, command))

    def search(self, query: str = "", site: str = "lille", **fields: Any) -> Any:
        command = SearchCatalogue(
            request=self.request(), site=site, type="catalogue", person=GRACE, query=query, **fields
        )
        return catalogue.answer_search(self.world, command)

    # -- the postman -------------------------------------------------------------------------------

    def deliver(self) -> None:
        """Carry every announcement, message, job and callback until nothing moves any more."""
        for _ in range(50):
            if not self._deliver_once():
                return
        raise AssertionError("the queues never come to rest")

    def _deliver_once(self) -> bool:
        moved = False
        while self.arrived:
            key = self.arrived[0]
            self.step(lambda key=key: inspect.inspect_backup(self.world, key))
            self.arrived.pop(0)
            moved = True
        while (message := self.queues.take("publications")) is not None:
            wanted = message["publication"]
            self.step(lambda wanted=wanted: publishing.publish(self.world, wanted))
            moved = True
        while (message := self.queues.take("retrievals")) is not None:
            wanted = message["retrieval"]
            self.step(lambda wanted=wanted: retrievals.retrieve(self.world, wanted))
            moved = True
        moved = self._work_in(self.hub, self.caen, self.lille) or moved
        while (message := self.queues.take("jobs")) is not None:
            site, key = message["site"], message["jobkey"]
            self.step(lambda site=site, key=key: jobs.settle(self.world, site, key))
            moved = True
        return moved

    def _work_in(self, *sites: FakeLms) -> bool:
        """Let these Moodles do the jobs that wait there, and say how they ended; whether there was one."""
        worked = False
        for lms in sites:
            ran = lms.work()
            if ran:
                told = ReportJobs(
                    request=self.request(),
                    site=lms.name,
                    type="jobs",
                    jobs=tuple(ReportedJob(key) for key in ran),
                )
                self.step(lambda told=told: jobs.report(self.world, told))
                worked = True
        return worked

    # -- what is there -----------------------------------------------------------------------------

    def publication(self, key: str) -> Publication:
        return self.records[Publication, key]

    def upload(self, key: str) -> Upload:
        return self.records[Upload, key]

    def end(self) -> dict[str, Any]:
        """Everything that outlasts the story, without the marks of how often something was written."""

        def plain(record: Any) -> Any:
            return replace(record, revision=0, **({"multipart": ""} if isinstance(record, Upload) else {}))

        return {
            "records": sorted((plain(r) for r in self.records), key=repr),
            "archives": sorted(self.archives),
            "papers": {key: self.papers[key] for key in self.papers},
            "queues": list(self.queues),
            **{
                lms.name: {
                    "courses": lms.courses,
                    "enrolled": lms.enrolled,
                    "restores": lms.started,
                    "messages": lms.messages,
                }
                for lms in (self.hub, self.caen, self.lille)
            },
        }
