"""The sweep on the wire: the real adapters, the embedded AWS, the twin; killed at every request they send.

The sweep on fakes (tests/unit/publishing/test_sweep.py) cuts between the ports; here the cut falls between
the single requests that an adapter makes: one of several DynamoDB writes, a part of a multipart upload, one
web-service call of a look-and-update. Each case is a course of its own, so that nothing has to be reset.

Only calls that write are cut, before and after: a process killed at a read leaves the outside as one killed
before its next write does. (The sweep on fakes cuts at reads as well.)
"""

from __future__ import annotations

import base64
import hashlib
import json
import re
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
import requests

from passerelle.domain.backups.upload import CourseLine, Upload
from passerelle.domain.publishing.publication import Publication, Retrieval
from passerelle.domain.records import RunningJob
from passerelle.domain.site_commands import (
    AskPublication,
    AskRetrieval,
    CompleteUpload,
    OpenUpload,
    ReportedJob,
    ReportJobs,
    SignParts,
)
from passerelle.errors import Conflict, TryAgain
from passerelle.runtime.settings import Settings
from passerelle.runtime.wiring import Wiring
from passerelle.usecases import jobs
from passerelle.usecases.amend import list_all
from passerelle.usecases.backups import inspect, receive
from passerelle.usecases.publishing import ask
from passerelle.usecases.publishing import publish as publishing
from passerelle.usecases.publishing import retrieve as retrievals
from passerelle_laptop.emulator import Emulator
from passerelle_laptop.twin import Twin
from tests.factories.records import a_person
from tests.fakes.cutting import Cut, Killed, every_cut
from tests.fakes.http_cutting import cutting_moodle_calls
from tests.unit.store.conftest import BUCKET, PAPERS, TABLE, furnished

pytestmark = [pytest.mark.slow, pytest.mark.xdist_group("wire-sweep")]

ARCHIVE = Path(__file__).parents[1] / "mbz" / "chimie-nousers-tgz.mbz"
ADA, GRACE = a_person("ada"), a_person("grace", lastname="Hopper")
READS = re.compile(r"dynamodb\.(GetItem|Query|BatchGetItem)|s3\.(GetObject|HeadObject|ListParts)|ssm\."
                   r"|moodle\.(core_\w+_get_|local_passerelle_(get|find)_)")  # fmt: skip
NETWORK = {"hub": "Hub", "caen": "Caen", "lille": "Lille"}


class Wire:
    """One process that dies and is started again; S3's announcements and the queues survive it."""

    def __init__(self, emulator: Emulator, twin: Twin) -> None:
        self.emulator, self.twin = emulator, twin
        names = ("dynamodb", "s3", "sqs", "ssm")
        self.plain = {name: emulator.client(name) for name in names}
        self.urls = furnished(self.plain).urls
        self.settings = Settings(
            {
                "PASSERELLE_TABLE": TABLE,
                "PASSERELLE_BACKUPS_BUCKET": BUCKET,
                "PASSERELLE_STATE_BUCKET": PAPERS,
                **{f"PASSERELLE_{name.upper()}_QUEUE": url for name, url in self.urls.items()},
            }
        )
        # The postman's own client: reading a queue is not what is cut.
        self.postman = emulator.session.client("sqs", endpoint_url=emulator.endpoint)
        self.process = Wiring(self.settings, client=lambda service: self.plain[service])
        self.configure()

    def configure(self) -> None:
        sites = {}
        for name, site in self.twin.sites.items():
            self.plain["ssm"].put_parameter(Name=f"/p/{name}", Value=site.token, Type="SecureString")
            sites[name] = {"title": name, "url": site.base_url, "token": f"/p/{name}", "secrets": ["/p/s"],
                           "category": "partage", "calls_per_second": 100_000.0, "max_concurrency": 8}  # fmt: skip
        document = {"name": "n", "sites": sites, "hub": {"site": "hub", "category": "partage"}}
        body = json.dumps(document).encode()
        self.plain["s3"].put_object(Bucket=PAPERS, Key="config/network.json", Body=body)
        secret = "whsec_" + base64.b64encode(b"0" * 32).decode()
        self.plain["ssm"].put_parameter(Name="/p/s", Value=secret, Type="SecureString")

    def take(self, queue: str) -> tuple[dict[str, str], str] | None:
        found = self.postman.receive_message(
            QueueUrl=self.urls[queue], MaxNumberOfMessages=1, VisibilityTimeout=600
        ).get("Messages", [])
        return (json.loads(found[0]["Body"]), found[0]["ReceiptHandle"]) if found else None

    def done(self, queue: str, receipt: str) -> None:
        self.postman.delete_message(QueueUrl=self.urls[queue], ReceiptHandle=receipt)


class Story:
    def __init__(self, wire: Wire, idnumber: str, cut: Cut) -> None:
        self.wire, self.idnumber, self.cut = wire, idnumber, cut
        self.killed = False
        self.counted = 0

    def request(self) -> str:
        self.counted += 1
        return f"{self.idnumber}-{self.counted}"

    def step(self, action: Callable[[Any], Any]) -> Any:
        why: Exception | None = None
        for _ in range(10):
            world = self.wire.process.world()
            clients = () if self.killed else tuple(self.wire.plain.values())
            try:
                if self.killed:
                    return action(world)
                self.cut.attach(*clients)
                try:
                    with cutting_moodle_calls(self.cut):
                        return action(world)
                finally:
                    self.cut.detach(*clients)
            except Killed:
                self.killed = True
            except (TryAgain, Conflict) as again:
                why = again
        raise AssertionError("a step was not taken in ten tries") from why

    def save(self, site: str = "caen", idnumber: str = "", person: Any = ADA) -> str:
        content = ARCHIVE.read_bytes()
        asked = {"site": site, "request": self.request(), "type": "uploads", "person": person}
        opening = OpenUpload(
            **asked, intent="share", courseid=1, idnumber=idnumber or self.idnumber, fullname="Chimie",
            shortname=idnumber or self.idnumber, filesize=len(content),
            sha256=hashlib.sha256(content).hexdigest(), lastchange=1,
        )  # fmt: skip
        upload = self.step(lambda world: receive.open_upload(world, opening))["upload"]
        signing = SignParts(request=self.request(), site=site, type="parts", upload=upload, parts=(1,))
        url = self.step(lambda world: receive.sign_parts(world, signing))["urls"]["1"]
        assert requests.put(url, data=content, timeout=10).status_code == 200
        completing = CompleteUpload(request=self.request(), site=site, type="complete", upload=upload)
        self.step(lambda world: receive.complete(world, completing))
        self.step(lambda world: inspect.inspect_backup(world, f"uploads/{site}/{upload}.mbz"))
        return str(upload)

    def publish(self, site: str = "caen", idnumber: str = "", person: Any = ADA) -> str:
        asking = AskPublication(
            request=self.request(), site=site, type="publications", action="publish", courseid=1,
            idnumber=idnumber or self.idnumber, person=person, title="Chimie", declaration=True,
            course_url="http://source",
        )  # fmt: skip
        answer = self.step(lambda world: ask.answer_publication(world, asking))
        self.deliver()
        return str(answer["publication"])

    def retrieve(self, publication: str) -> str:
        asking = AskRetrieval(
            request=self.request(), site="lille", type="retrievals", action="start", person=GRACE,
            publication=publication,
        )  # fmt: skip
        answer = self.step(lambda world: retrievals.answer_retrieval(world, asking))
        self.deliver()
        return str(answer["retrieval"])

    def deliver(self) -> None:
        moved = True
        while moved:
            moved = False
            while (taken := self.wire.take("publications")) is not None:
                wanted = taken[0]["publication"]
                self.step(lambda world, wanted=wanted: publishing.publish(world, wanted))
                self.wire.done("publications", taken[1])
                moved = True
            while (taken := self.wire.take("retrievals")) is not None:
                wanted = taken[0]["retrieval"]
                self.step(lambda world, wanted=wanted: retrievals.retrieve(world, wanted))
                self.wire.done("retrievals", taken[1])
                moved = True
            for name, site in self.wire.twin.sites.items():
                waiting = [key for key, job in site.state.jobs.items() if job.status == "queued"]
                site.run_jobs()
                for key in waiting:
                    report = ReportJobs(
                        request=self.request(), site=name, type="jobs", jobs=(ReportedJob(key),)
                    )
                    self.step(lambda world, report=report: jobs.report(world, report))
                    moved = True
            while (taken := self.wire.take("jobs")) is not None:
                about = taken[0]
                self.step(lambda world, about=about: jobs.settle(world, about["site"], about["jobkey"]))
                self.wire.done("jobs", taken[1])
                moved = True

    def run(self) -> None:
        self.save()
        self.publish()
        self.save()
        second = self.publish()
        self.retrieve(second)

    def end(self) -> str:
        """All that outlasts the story, ids and times put in the order in which they first appear."""
        world = self.wire.process.world()
        course = f"caen:{self.idnumber}"
        told: list[object] = [world.records.get(CourseLine, course)]
        found = list_all(world.records, Publication, "course", course)
        brought = list_all(world.records, Retrieval, "publication_course", course)
        told += list_all(world.records, Upload, "course", course) + found + brought
        told += [world.records.get(RunningJob, each.jobkey) for each in (*found, *brought)]
        home = [each.idnumber for each in brought]
        told += [world.records.get(CourseLine, f"lille:{each}") for each in home]
        for name, site in sorted(self.wire.twin.sites.items()):
            mine = [
                c for c in site.state.courses.values() if self.idnumber in c.idnumber or c.idnumber in home
            ]
            for copy in sorted(mine, key=lambda c: c.id):
                people = [(p["username"], [r["shortname"] for r in p["roles"]])
                          for p in site.call("core_enrol_get_enrolled_users", courseid=copy.id)]  # fmt: skip
                told.append(
                    (name, copy.fullname, copy.idnumber, copy.visible, people, len(copy.content.modules))
                )
            keys = {each.jobkey for each in (*found, *brought)}
            told.append((name, "restores", sum(1 for key in site.state.jobs if key in keys)))
            sent = [key.rpartition(":")[2] for key in site.state.notified if key.rpartition(":")[0] in keys]
            told.append((name, "told", sorted(sent)))
        listing = self.wire.plain["s3"].list_objects_v2(Bucket=BUCKET).get("Contents", [])
        ids = {each.upload for each in found}
        told.append(sorted(o["Key"].split("/")[0] for o in listing if any(i in o["Key"] for i in ids)))
        return _anonymous(repr(told), self.idnumber)


def _anonymous(text: str, idnumber: str) -> str:
    text = text.replace(idnumber, "COURSE")
    text = re.sub(r"datetime\.datetime\([^()]*(\([^()]*\))?[^()]*\)", "TIME", text)
    text = re.sub(r"revision=\d+|multipart='[^']*'|(category|target_course)_id=\d+", "", text)
    text = re.sub(r"id=(\d+)", "id=N", text)
    # Random or derived ids: the first one seen is #1, the second #2 …
    names: dict[str, str] = {}
    return re.sub(
        r"\b[0-9a-f]{24}\b|\bpsl-[a-z]{10}\b|\b[0-9a-f]{64}\b",
        lambda m: names.setdefault(m[0], f"#{len(names) + 1}"),
        text,
    )


@pytest.fixture(scope="module")
def wire() -> Iterator[Wire]:
    with Emulator.start() as emulator, Twin(NETWORK, jobs="by hand") as twin:
        for name, site in twin.sites.items():
            site.add_category("Partage", "partage")
            for person in (ADA, GRACE):
                if name == "hub" or person is (ADA if name == "caen" else GRACE):
                    site.add_user(person.username, person.firstname, person.lastname)
        yield Wire(emulator, twin)


@pytest.mark.rule("P14")
def test_cut_at_every_request_on_the_wire_the_end_is_that_of_an_undisturbed_run(wire: Wire) -> None:
    Story(wire, "WARM", Cut()).run()  # a first run also reads the configuration and the tokens
    nowhere = Cut()
    undisturbed = Story(wire, "UNCUT", nowhere)
    undisturbed.run()
    expected = undisturbed.end()
    assert "caen:COURSE@v1" in expected
    assert len(nowhere.calls) > 80, "the story reaches the outside less often than it did"
    failures = []
    writes = [
        cut for cut in every_cut(len(nowhere.calls)) if not READS.match(nowhere.calls[(cut.at or 1) - 1])
    ]
    assert len(writes) > 100, "writes are taken for reads"
    for number, cut in enumerate(writes, 1):
        assert cut.at is not None
        story = Story(wire, f"CUT{number:04}", cut)
        name = f"{cut.when} {cut.at} {nowhere.calls[cut.at - 1]}"
        try:
            story.run()
        except AssertionError as failed:
            failures.append(f"{name}: {failed}")
            continue
        if not story.killed:
            failures.append(f"{name}: was not reached")
        elif story.end() != expected:
            failures.append(f"{name}: {_difference(expected, story.end())}")
    assert not failures, f"{len(failures)} of {len(writes)}:\n" + "\n".join(failures[:20])


def _difference(expected: str, seen: str) -> str:
    at = next((i for i, (a, b) in enumerate(zip(expected, seen, strict=False)) if a != b), 0)
    return f"…{expected[max(0, at - 60) : at + 60]}… became …{seen[max(0, at - 60) : at + 60]}…"
