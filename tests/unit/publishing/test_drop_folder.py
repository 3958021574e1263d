"""P21: an archive that lands in a site's drop folder is proved, scrubbed and published, once."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime
from typing import Any

import pytest

from passerelle.domain.backups.manifest import Inspection, Reason, Why
from passerelle.domain.backups.upload import Upload
from passerelle.domain.network import Drop
from passerelle.domain.publishing.card_file import read_card
from passerelle.domain.publishing.publication import Publication
from passerelle.domain.records import Note
from passerelle.domain.states import BackupState, PublicationState
from passerelle.errors import Refused
from passerelle.usecases.amend import list_all
from passerelle.usecases.publishing import drop
from passerelle.usecases.publishing.outcomes import fail_publication
from tests.factories.records import a_manifest
from tests.scenes.publishing import ADA, Scene

pytestmark = pytest.mark.rule("P21")
KEY = "drop/caen/2024/chimie.mbz"


def a_backup(
    key: str, *, course: int = 42, idnumber: str = "CHIM1", made: int = 1, **changes: Any
) -> Inspection:
    """Accepted, of its own content: what the key is called makes the hash."""
    whole = a_manifest()
    origin = replace(
        whole.origin,
        course_id=course,
        idnumber=idnumber,
        fullname="Chimie générale",
        **changes.pop("origin", {}),
    )
    sha256 = changes.pop("sha256", f"{abs(hash(key)):064x}"[:64])
    manifest = replace(
        whole,
        origin=origin,
        sha256=sha256,
        size=1000,
        backup_date=datetime(2025, 1, made, tzinfo=UTC),
        **changes,
    )
    return Inspection(True, (), manifest)


class DropScene(Scene):
    def __init__(self, **settings: Any) -> None:
        super().__init__()
        self.opens(**settings)

    def opens(self, site: str = "caen", **settings: Any) -> None:
        opened = replace(self.world.network.sites[site], drop=Drop(author=ADA.username, **settings))
        network = replace(self.world.network, sites={**self.world.network.sites, site: opened})
        self.world = replace(self.world, network=network)

    def lands(self, key: str = KEY, inspection: Inspection | None = None, card: str | None = None) -> None:
        self.archives.put(key, b"x" * 1000 if inspection is None else key.encode().ljust(1000, b"."))
        self.backups.found[key] = inspection or a_backup(key)
        if card is not None:
            self.archives.put(key[: -len(".mbz")] + ".yaml", card.encode())
        drop.take_arrived(self.world, key)

    def uploads(self) -> list[Upload]:
        return list_all(self.world.records, Upload, "course", "caen:CHIM1")

    def publications(self, course: str = "caen:CHIM1") -> list[Publication]:
        return list_all(self.world.records, Publication, "course", course)

    def refusal(self, key: str = KEY) -> str:
        return self.archives.text(key[: -len(".mbz")] + ".refused.txt") or ""


@pytest.fixture
def scene() -> DropScene:
    return DropScene()


def test_an_archive_that_lands_is_proved_scrubbed_and_published_by_the_sites_author(scene: DropScene) -> None:
    scene.lands()
    (upload,) = scene.uploads()
    (publication,) = scene.publications()
    assert upload.state == BackupState.ACCEPTED
    assert publication.state == PublicationState.REQUESTED
    assert publication.author.username == ADA.username
    assert publication.card.title == "Chimie générale"
    assert list(scene.archives) == [upload.accepted_key]
    assert {"publication": publication.id} in [sent.message for sent in scene.queues.sent]


def test_the_same_file_twice_publishes_once(scene: DropScene) -> None:
    scene.lands(KEY, a_backup(KEY, sha256="a" * 64))
    scene.lands("drop/caen/encore.mbz", a_backup(KEY, sha256="a" * 64))
    assert len(scene.uploads()) == len(scene.publications()) == 1
    assert not [key for key in scene.archives if key.startswith("drop/")]


def test_the_same_word_of_s3_again_changes_nothing(scene: DropScene) -> None:
    scene.lands()
    drop.take_arrived(scene.world, KEY)
    assert len(scene.uploads()) == len(scene.publications()) == 1


def test_a_later_one_of_the_same_course_is_its_next_version(scene: DropScene) -> None:
    scene.lands(KEY, a_backup("one", made=1))
    scene.lands(KEY, a_backup("two", made=2))
    assert sorted(upload.sequence for upload in scene.uploads()) == [1, 2]
    assert len(scene.publications()) == 2


def test_an_older_one_than_was_taken_is_refused_and_says_so(scene: DropScene) -> None:
    scene.lands(KEY, a_backup("two", made=2))
    scene.lands("drop/caen/old.mbz", a_backup("one", made=1))
    assert len(scene.uploads()) == 1
    assert "01/01/2025" in scene.refusal("drop/caen/old.mbz")


def test_a_course_without_an_idnumber_gets_the_same_one_each_time(scene: DropScene) -> None:
    scene.lands("drop/caen/a.mbz", a_backup("a", idnumber="", made=1))
    scene.lands("drop/caen/b.mbz", a_backup("b", idnumber="", made=2))
    idnumbers = {u.idnumber for u in list_all(scene.world.records, Upload, "state", "accepted")}
    assert len(idnumbers) == 1
    assert idnumbers.pop().startswith("psl-")


def test_two_courses_are_two_publications(scene: DropScene) -> None:
    scene.lands("drop/caen/a.mbz", a_backup("a", course=1, idnumber="A1"))
    scene.lands("drop/caen/b.mbz", a_backup("b", course=2, idnumber="B1"))
    assert [len(scene.publications(f"caen:{one}")) for one in ("A1", "B1")] == [1, 1]


def test_what_is_refused_stays_with_its_reason_beside_it_in_both_languages(scene: DropScene) -> None:
    people = Inspection(
        False, (Reason(Why.PEOPLE_INSIDE, "x", "users.xml", "users_inside", {"member": "users.xml"}),), None
    )
    scene.lands(KEY, people)
    assert sorted(scene.archives) == [KEY, "drop/caen/2024/chimie.refused.txt"]
    text = scene.refusal()
    assert "sans les utilisateurs inscrits" in text
    assert "without enrolled users" in text
    assert scene.uploads() == []


def test_once_it_is_mended_the_refusal_goes(scene: DropScene) -> None:
    scene.lands(KEY, Inspection(False, (Reason(Why.TRUNCATED, "x", None, "cut"),), None))
    scene.lands(KEY, a_backup(KEY))
    assert scene.refusal() == ""


def test_a_publication_that_was_withdrawn_does_not_come_back_with_the_same_file(scene: DropScene) -> None:
    scene.lands(KEY, a_backup(KEY, sha256="a" * 64))
    (publication,) = scene.publications()
    scene.records.change(publication, replace(publication, state=PublicationState.WITHDRAWN))
    scene.lands("drop/caen/encore.mbz", a_backup(KEY, sha256="a" * 64))
    assert [p.state for p in scene.publications()] == [PublicationState.WITHDRAWN]


def test_an_archive_that_was_taken_and_deleted_since_is_not_swallowed(scene: DropScene) -> None:
    scene.lands(KEY, a_backup(KEY, sha256="a" * 64))
    (upload,) = scene.uploads()
    scene.records.change(upload, replace(upload, state=BackupState.DELETED))
    scene.lands("drop/caen/encore.mbz", a_backup(KEY, sha256="a" * 64))
    assert "plus récente" in scene.refusal("drop/caen/encore.mbz")
    assert "drop/caen/encore.mbz" in scene.archives


def test_without_publish_it_waits_for_a_person(scene: DropScene) -> None:
    scene.opens(publish=False)
    scene.lands()
    assert scene.uploads()[0].state == BackupState.ACCEPTED
    assert scene.publications() == []


def test_a_site_without_a_drop_folder_takes_nothing(scene: DropScene) -> None:
    scene.lands("drop/rouen/chimie.mbz")
    assert "network.yaml" in scene.refusal("drop/rouen/chimie.mbz")
    assert "drop/rouen/chimie.mbz" in scene.archives


@pytest.mark.parametrize(
    "key", ["drop/caen/notes.txt", "drop/caen/2024/chimie.refused.txt", "drop/chimie.mbz", "drop/caen/x.yaml"]
)
def test_what_is_no_archive_in_a_sites_folder_is_passed_over(scene: DropScene, key: str) -> None:
    scene.archives.put(key, b"x")
    drop.take_arrived(scene.world, key)
    assert list(scene.archives) == [key]


def test_an_author_whom_the_site_does_not_know_refuses_the_archive(scene: DropScene) -> None:
    site = replace(scene.world.network.sites["caen"], drop=Drop(author="nobody"))
    scene.world = replace(
        scene.world, network=replace(scene.world.network, sites={**scene.world.network.sites, "caen": site})
    )
    scene.lands()
    assert "nobody" in scene.refusal()
    assert scene.uploads() == []


def test_the_card_beside_it_says_what_the_catalogue_shows(scene: DropScene) -> None:
    scene.lands(
        card="title: Chimie pour tous\nlicence: cc-by\nlevel: L1\nlanguage: fr\ncategory: SCI\nsummary: |\n  Atomes\n  et liaisons\n"
    )
    (publication,) = scene.publications()
    assert (publication.card.title, publication.card.licence, publication.card.level) == (
        "Chimie pour tous",
        "cc-by",
        "L1",
    )
    assert publication.card.summary == "Atomes\net liaisons"
    assert publication.source_category == "SCI"


def test_a_card_that_cannot_be_read_says_its_line(scene: DropScene) -> None:
    scene.lands(card="title: Chimie\ntitel: Chimie\n")
    assert "ligne 2" in scene.refusal()
    assert scene.publications() == []


def test_a_publication_that_fails_later_is_told_beside_where_it_lay(scene: DropScene) -> None:
    scene.lands()
    fail_publication(
        scene.world, scene.publications()[0], Note("newer_release", {"release": "5.1", "target": "4.5"})
    )
    assert "5.1" in scene.refusal()


def test_an_archive_that_was_replaced_meanwhile_is_not_deleted_unread(scene: DropScene) -> None:
    scene.archives.put(KEY, b"first")
    scene.backups.found[KEY] = a_backup("first")
    check = scene.backups.clean

    def replaced_meanwhile(key: str, to_key: str, **options: Any) -> Any:
        cleaned = check(key, to_key, **options)
        scene.archives.put(KEY, b"second")
        return cleaned

    scene.backups.clean = replaced_meanwhile  # type: ignore[method-assign]
    drop.take_arrived(scene.world, KEY)
    assert scene.archives.text(KEY) == "second"


@pytest.mark.parametrize(
    ("text", "card"),
    [
        ("title: Chimie", {"title": "Chimie"}),
        ('---\n# a shelf\n\ntitle: "Chimie: bases"\n', {"title": "Chimie: bases"}),
        (
            "title: 'L1'\nsummary: >\n  Un\n  deux\nlevel: L1",
            {"title": "L1", "summary": "Un deux", "level": "L1"},
        ),
        ("", {}),
        ("\ufefftitle:\n \t# a comment\nlevel : L1  ", {"title": "", "level": "L1"}),
        (
            "title: x:y\nsummary: |\n  Un\n\n\tdeux\n\nlanguage: fr",
            {"title": "x:y", "summary": "Un\n\ndeux", "language": "fr"},
        ),
        (
            "title: '\nlevel: 'L1\"\nlicence: ''\nlanguage: \"",
            {"title": "'", "level": "'L1\"", "licence": "", "language": '"'},
        ),
        ("title: a''", {"title": "a''"}),
        ("title: XabcX", {"title": "XabcX"}),
        ("category: |\ntitle: ''''", {"category": "", "title": "''"}),
        (f"title: {'x' * 19_993}", {"title": "x" * 19_993}),
    ],
)
def test_a_card_is_lines_of_key_and_value(text: str, card: dict[str, str]) -> None:
    assert read_card(text) == card


@pytest.mark.parametrize(
    ("text", "line"),
    [
        ("title", 1),
        ("titel: x", 1),
        ("title: a\n\ntitle: b", 3),
        ("- title: x", 1),
        ("title:x", 1),
        (" title: x", 1),
        ("TITLE: x", 1),
        ("title: >\n  a\n---x", 3),
        (f"title: {'x' * 19_994}", 1),
    ],
)
def test_another_card_is_refused_with_its_line_and_the_keys_there_are(text: str, line: int) -> None:
    with pytest.raises(Refused) as refused:
        read_card(text)
    keys = "title, summary, language, level, licence, category"
    assert (refused.value.code, refused.value.details) == ("card_unreadable", {"line": line, "keys": keys})
