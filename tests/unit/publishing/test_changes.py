"""P22: what changed between two versions of a publication, activity by activity."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from passerelle.domain.backups.manifest import Activity, Manifest
from passerelle.domain.publishing.changes import Change, Changes, changes_between
from passerelle.mbz import BytesSource, inspect
from passerelle.words.changes import changes_text
from tests.factories.mbz import Backup, StoredFile, with_activity
from tests.factories.records import a_manifest

pytestmark = pytest.mark.rule("P22")


def holding(*activities: Activity, **origin: Any) -> Manifest:
    whole = a_manifest(activities=activities)
    return replace(whole, origin=replace(whole.origin, **origin))


BOHR = Activity(11, 1, "page", "Bohr", "aa")
LEWIS = Activity(12, 1, "page", "Lewis", "bb")
QUIZ = Activity(13, 2, "quiz", "Quiz 1", "cc")


def test_what_was_added_removed_and_changed_is_told() -> None:
    after = holding(replace(BOHR, content="zz"), QUIZ, Activity(14, 2, "url", "Vidéo", "dd"))
    assert changes_between(holding(BOHR, LEWIS, QUIZ), after) == Changes(
        added=(Change("url", "Vidéo"),), removed=(Change("page", "Lewis"),), changed=(Change("page", "Bohr"),)
    )


def test_nothing_changed_is_nothing() -> None:
    assert not changes_between(holding(BOHR, QUIZ), holding(QUIZ, BOHR))


def test_a_new_title_is_a_change_of_the_same_activity() -> None:
    changes = changes_between(holding(BOHR), holding(replace(BOHR, title="Bohr et Rutherford")))
    assert changes == Changes(changed=(Change("page", "Bohr et Rutherford"),))


def test_from_another_course_activities_are_matched_by_module_and_title() -> None:
    moved = holding(replace(BOHR, module_id=70), replace(LEWIS, module_id=71, content="zz"), course_id=7)
    assert changes_between(holding(BOHR, LEWIS), moved) == Changes(changed=(Change("page", "Lewis"),))


def test_two_labels_of_one_title_are_two() -> None:
    label = Activity(20, 1, "label", "Texte", "aa")
    before = holding(label, replace(label, module_id=21))
    after = holding(replace(label, module_id=30), course_id=7)
    assert changes_between(before, after) == Changes(removed=(Change("label", "Texte"),))


def test_what_an_older_release_did_not_note_counts_as_unchanged() -> None:
    assert not changes_between(holding(replace(BOHR, content="")), holding(BOHR))


# --- what the reader notes of each activity ---------------------------------------------------------


def content(backup: Backup) -> str:
    manifest = inspect(BytesSource(backup.tgz())).manifest
    assert manifest is not None
    return manifest.activities[0].content


def page(text: str = "bonjour", modified: int = 1) -> Backup:
    body = (
        '<activity id="1" moduleid="79" modulename="page" contextid="201"><page id="1"><name>Plan</name>'
        f"<content>{text}</content><timemodified>{modified}</timemodified></page></activity>"
    )
    return Backup().with_member("activities/page_79/page.xml", body)


def test_a_text_that_changed_is_another_content_and_a_time_is_not() -> None:
    assert content(page()) == content(page(modified=2)) != ""
    assert content(page()) != content(page("bonsoir"))


def test_a_file_of_the_activity_that_changed_is_another_content() -> None:
    other = replace(page(), files=(StoredFile(b"un autre contenu"),))
    renamed = replace(page(), files=(StoredFile(name="plan.pdf"),))
    assert len({content(page()), content(other), content(renamed)}) == 3


def test_the_content_is_the_same_in_both_containers_and_whatever_the_pieces() -> None:
    long = page("x" * 3_000_000 + "fin")

    class Pieces(BytesSource):
        piece = 1000

        def stream(self, start: int = 0, length: int | None = None, chunk: int = 0) -> Any:
            return super().stream(start, length, self.piece)

    source = Pieces(long.zip())
    found = {content(long)}
    for piece in (777, 50_000):
        source.piece = piece
        manifest = inspect(source, verify_content=True).manifest
        assert manifest is not None
        found.add(manifest.activities[0].content)
    assert len(found) == 1
    assert found != {content(page("x" * 3_000_000 + "Fin"))}


def test_each_activity_has_its_own() -> None:
    manifest = inspect(BytesSource(with_activity("whatever", "<a>1</a>").tgz())).manifest
    assert manifest is not None
    assert len({activity.content for activity in manifest.activities}) == 2


# --- as it is read ----------------------------------------------------------------------------------


def test_changes_are_read_in_both_languages() -> None:
    changes = Changes(
        added=(Change("url", "Vidéo"),), changed=tuple(Change("page", str(n)) for n in range(12))
    )
    assert changes_text(changes, "fr").splitlines()[0] == "Ajouté\u00a0: «\u00a0Vidéo\u00a0»."
    assert changes_text(changes, "fr").endswith("et 2 de plus.")
    assert changes_text(changes, "en").splitlines()[0] == "Added: “Vidéo”."
    assert changes_text(Changes(), "en") == "No activity has changed."
    assert changes_text(None, "fr") == ""
