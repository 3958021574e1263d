"""A thousand uploads of a hundred courses, doubled and shuffled, through the queues of the laptop (P14)."""

from __future__ import annotations

import random
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from pathlib import Path

import pytest

from passerelle.domain.backups.upload import Upload
from passerelle.domain.publishing.publication import Publication
from passerelle.domain.states import BackupState, PublicationState
from passerelle.ports import World
from passerelle.usecases.amend import list_all
from passerelle_laptop.laptop import Laptop
from passerelle_laptop.site_client import Patience, Sending, SiteClient
from passerelle_laptop.twin import Site
from tests.scenes.laptop import QUEUES, rest

pytestmark = [pytest.mark.slow, pytest.mark.xdist_group("thousand-uploads")]

ARCHIVE = Path(__file__).parents[1] / "mbz" / "empty-nousers-tgz.mbz"
COURSES, UPLOADS = 100, 1000


@pytest.fixture(scope="module")
def laptop() -> Iterator[Laptop]:
    with Laptop.start(lambda _french, _english: None) as started:
        for name in ("lycee-a", "hub"):
            started.site(name).add_user("ada", "Ada", "Lovelace")
        started.site("hub").settings.max_input_vars = 5000
        yield started


@dataclass
class Sent:
    number: int
    course: str
    sending: Sending = field(default_factory=Sending)


def client(site: Site) -> SiteClient:
    assert site.client is not None
    return SiteClient(
        site.client.api, site.name, site.client._secret, patience=Patience(attempts=8, first_pause=0.5)
    )


def send(site: Site, one: Sent) -> None:
    """The very same request when it is sent again: `sending` keeps its ids."""
    client(site).upload(
        ARCHIVE.read_bytes(),
        intent="share",
        course={
            "courseid": 1, "idnumber": one.course, "fullname": one.course, "shortname": one.course, "lastchange": 1,
        },
        person=site.person("ada"),
        sending=one.sending,
    )  # fmt: skip
    one.sending.done = False  # so that sending it again completes it again


@pytest.mark.rule("P14")
def test_of_a_thousand_uploads_doubled_and_shuffled_the_newest_of_each_course_is_published_once(
    laptop: Laptop,
) -> None:
    site, hub = laptop.site("lycee-a"), laptop.site("hub")
    world: World = laptop.world()
    chance = random.Random(14)
    courses = [f"C{n:03}" for n in range(COURSES)]
    sent = [Sent(n, courses[n % COURSES]) for n in range(UPLOADS)]
    twice = sent * 2
    chance.shuffle(twice)
    # The same upload never twice at the same moment from one site: a site repeats what it got no answer to.
    with ThreadPoolExecutor(4) as pool:
        halves = [twice[i::4] for i in range(4)]
        locked: dict[int, int] = {}
        for lane, half in enumerate(halves):
            for one in half:
                locked.setdefault(one.number, lane)
        lanes = [[one for one in twice if locked[one.number] == lane] for lane in range(4)]
        list(pool.map(lambda lane: [send(site, one) for one in lane], lanes))
    rest(laptop, 420)
    newest: dict[str, Upload] = {}
    numbers: dict[str, list[int]] = {course: [] for course in courses}
    for course in courses:
        for upload in list_all(world.records, Upload, "course", f"lycee-a:{course}"):
            assert upload.state in (BackupState.ACCEPTED, BackupState.DELETED), upload.state
            numbers[course].append(upload.sequence)
            if course not in newest or upload.sequence > newest[course].sequence:
                newest[course] = upload
    assert all(sorted(given) == list(range(1, UPLOADS // COURSES + 1)) for given in numbers.values())

    presses = [course for course in courses for _ in range(2)]
    chance.shuffle(presses)
    for course in presses:
        client(site).publications(
            "publish", site.person("ada"), courseid=1, idnumber=course, title=course, declaration=True
        )
    rest(laptop, 300)
    for course in courses:
        (publication,) = list_all(world.records, Publication, "course", f"lycee-a:{course}")
        assert publication.state == PublicationState.PUBLISHED
        assert publication.upload == newest[course].id
        assert hub.course(f"lycee-a:{course}").id == publication.hub_course_id
    assert len([c for c in hub.state.courses.values() if c.idnumber.startswith("lycee-a:")]) == COURSES
    assert len(site.messages_to("ada")) == COURSES
    assert {name: laptop.stack.waiting(name, dead=True) for name in QUEUES} == dict.fromkeys(QUEUES, 0)
