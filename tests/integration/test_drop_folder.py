"""A shelf of fifty old backups in a site's drop folder, through the queues and functions of the laptop (P21)."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

import pytest
import yaml

from passerelle.domain.publishing.publication import Publication
from passerelle.domain.states import PublicationState
from passerelle.runtime.wiring import SystemClock
from passerelle.store.configuration import Configuration
from passerelle.usecases.amend import list_all
from passerelle_laptop.laptop import Laptop
from tests.factories.mbz import Backup, StoredFile
from tests.scenes.laptop import QUEUES, rest

pytestmark = [pytest.mark.slow, pytest.mark.xdist_group("drop-folder")]

SHELF = 50
REFUSED = (7, 19, 33)  # made with users
TWICE = ((4, 40), (5, 41))  # the same file under another name


@pytest.fixture(scope="module")
def laptop() -> Iterator[Laptop]:
    with Laptop.start(lambda _french, _english: None) as started:
        for name in ("lycee-a", "hub"):
            started.site(name).add_user("ada", "Ada", "Lovelace")
        document = started.document
        document["sites"]["lycee-a"]["drop"] = {"author": "ada", "licence": "cc-by-sa"}
        store = Configuration(
            started.emulator.client("s3"), started.stack.outputs["StateBucket"], SystemClock()
        )
        store.publish(yaml.safe_dump(document, allow_unicode=True), document)
        yield started


def archive(number: int) -> bytes:
    number = next((first for first, second in TWICE if second == number), number)
    backup = Backup(
        fullname=f"Cours {number}",
        idnumber=f"OLD{number:02}",
        files=(StoredFile(f"contenu {number}".encode()),),
    )
    told = backup.parts()["moodle_backup.xml"].replace(
        b"<original_course_id>5<", f"<original_course_id>{100 + number}<".encode()
    )
    backup = backup.with_member("moodle_backup.xml", told)
    if number in REFUSED:
        backup = backup.with_member("users.xml", "<users><user id='1'><username>x</username></user></users>")
    return replace(backup).tgz() if number % 2 else backup.zip()


@pytest.mark.rule("P21")
def test_a_shelf_of_fifty_backups_is_published_once_each_and_what_is_refused_says_why(laptop: Laptop) -> None:
    s3, bucket = laptop.emulator.client("s3"), laptop.stack.outputs["BackupsBucket"]
    for number in range(SHELF):
        s3.put_object(Bucket=bucket, Key=f"drop/lycee-a/etagere/{number:02}.mbz", Body=archive(number))
    s3.put_object(Bucket=bucket, Key="drop/lycee-a/etagere/00.yaml", Body=b"title: Le premier\nlevel: L1\n")
    rest(laptop, 300)
    world = laptop.world()
    published = list_all(world.records, Publication, "state", PublicationState.PUBLISHED.value)
    assert len(published) == SHELF - len(REFUSED) - len(TWICE)
    assert {p.author.username for p in published} == {"ada"}
    assert {p.card.licence for p in published} == {"cc-by-sa"}
    assert len({p.network_id for p in published}) == len(published)
    hub = laptop.site("hub")
    assert len([c for c in hub.state.courses.values() if c.idnumber.startswith("lycee-a:OLD")]) == len(
        published
    )
    left = {entry["Key"] for entry in s3.list_objects_v2(Bucket=bucket, Prefix="drop/")["Contents"]}
    names = {f"drop/lycee-a/etagere/{number:02}" for number in REFUSED}
    assert left - {"drop/lycee-a/etagere/00.yaml"} == {
        f"{name}.{ending}" for name in names for ending in ("mbz", "refused.txt")
    }
    text = s3.get_object(Bucket=bucket, Key="drop/lycee-a/etagere/07.refused.txt")["Body"].read().decode()
    assert "sans les utilisateurs inscrits" in text
    assert "without enrolled users" in text
    assert {name: laptop.stack.waiting(name, dead=True) for name in QUEUES} == dict.fromkeys(QUEUES, 0)
