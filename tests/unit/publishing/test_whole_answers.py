"""What the catalogue shows, what the hub is asked for and what authors are told, whole (P8–P18, P21)."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime
from typing import Any

import pytest

from passerelle.domain.moodle.plugin import ArchiveAddress, JobStatus, Owner, Restore, RestoreMode
from passerelle.domain.records import Note, Person
from passerelle.domain.states import BackupState, PublicationState, RetrievalState
from passerelle.errors import MoodleRefused, TryAgain
from passerelle.usecases.publishing import catalogue, drop, hub_copies, lineage, outcomes, publish, refusals
from passerelle.usecases.publishing.refusals import refused_key
from passerelle.words.notes import note_text
from tests.factories.records import (
    MIB,
    NOW,
    a_job,
    a_line,
    a_manifest,
    a_network,
    a_publication,
    a_retrieval,
    an_upload,
)
from tests.scenes.publishing import Scene
from tests.unit.publishing.test_drop_folder import KEY, DropScene, a_backup

PUBLISHED, WITHDRAWN, SUPERSEDED, RESTORING = (
    PublicationState.PUBLISHED,
    PublicationState.WITHDRAWN,
    PublicationState.SUPERSEDED,
    PublicationState.RESTORING,
)


# -- the catalogue (P12, P15, P22) ----------------------------------------------------------------------------

CARD = {
    "publication": "publication1",
    "title": "Chimie générale",
    "summary": "Atomes et liaisons.",
    "author": "Ada Lovelace",
    "site": "caen",
    "language": "fr",
    "level": "L1",
    "licence": "cc-by-sa",
    "version": 2,
    "published_at": int(NOW.timestamp()),
    "activities": {"page": 2, "quiz": 1},
    "size": 10 * MIB,
    "hub_url": "https://hub.example/c",
    "ancestor": "older",
}


@pytest.mark.rule("P12", "P15", "P22")
def test_a_card_of_the_catalogue_and_what_is_seen_on_looking_into_it() -> None:
    scene = Scene()
    shown = scene.records.add(
        a_publication(
            state=PUBLISHED, version=2, published_at=NOW, hub_url="https://hub.example/c", ancestor="older"
        )
    )
    card = CARD | {"site_name": scene.network.sites["caen"].title}
    assert catalogue.card(scene.world, shown, preview=False) == card
    line = {
        "title": "Chimie générale",
        "author": "Ada Lovelace",
        "site_name": scene.network.sites["caen"].title,
        "version": 2,
        "state": "published",
        "depth": 0,
        "here": True,
        "hub_url": "https://hub.example/c",
    }
    assert catalogue.card(scene.world, shown, preview=True) == card | {
        "sections": ["Atomes", "Liaisons"],
        "titles": ["Bohr", "Lewis", "Quiz 1"],
        "moodle_release": "4.5.6",
        "plugins": ["mod_page", "mod_quiz"],
        "changes": None,
        "family": [line],
    }
    gone = replace(shown, site="gone", published_at=None)
    assert catalogue.card(scene.world, gone, preview=False) == card | {
        "site": "gone",
        "site_name": "gone",
        "published_at": None,
    }
    ((branch, _),) = catalogue.lineage.in_lines(catalogue.lineage.family(scene.world, shown.id))
    old = replace(branch, versions=(replace(shown, state=SUPERSEDED, site="gone"),))
    assert catalogue.relative(scene.world, old, 3, here=False) == line | {
        "site_name": "gone",
        "state": "superseded",
        "depth": 3,
        "here": False,
        "hub_url": "",
    }


# -- what people are told (P10) -------------------------------------------------------------------------------


@pytest.mark.rule("P10")
def test_an_author_is_told_where_the_course_is_or_why_it_is_not_once() -> None:
    scene = Scene()
    one = a_publication("0123456789", version=2, hub_url="https://hub.example/c")
    for _ in range(2):
        outcomes.tell_author(scene.world, one, "published")
    ((key, said),) = scene.caen.messages.items()
    assert (key, said.key, said.username, said.kind, said.lang) == (
        "pub:0123456789:published",
        "pub:0123456789:published",
        "ada",
        "published",
        "fr",
    )
    values = {
        "title": "Chimie générale",
        "huburl": "https://hub.example/c",
        "courseurl": "https://caen.example/course/view.php?id=42",
        "version": "2",
        "message": "",
        "reference": "01234567",
    }
    assert said.values == values
    outcomes.tell_author(scene.world, replace(one, message=Note("copy_gone")), "publication_failed")
    failed = scene.caen.messages["pub:0123456789:publication_failed"]
    assert failed.values["message"] != ""
    assert failed.values == values | {"message": failed.values["message"]}


@pytest.mark.rule("P10", "P11")
@pytest.mark.parametrize(
    ("state", "why", "kind"),
    [
        (RetrievalState.DONE, None, "retrieved"),
        (RetrievalState.FAILED, Note("copy_gone"), "retrieval_failed"),
        (RetrievalState.REFUSED, Note("target_busy"), "retrieval_failed"),
    ],
)
@pytest.mark.parametrize("known", [True, False])
def test_whoever_brought_a_course_home_is_told_where_it_is_or_why_it_is_not(
    state: RetrievalState, why: Note | None, kind: str, known: bool
) -> None:
    scene = Scene()
    if known:
        scene.records.add(a_publication())
    old = (Note("author_unknown"),)
    scene.records.add(a_retrieval("0123456789", warnings=old))
    new = (Note("job_said", {"detail": "d"}),)
    for course, url in ((7, "https://lille.example/c"), (8, "https://lille.example/d")):
        ended = outcomes.end_retrieval(
            scene.world, "0123456789", state, why, course_id=course, course_url=url, warnings=new
        )
    assert (ended.state, ended.message, ended.course_id, ended.course_url, ended.warnings) == (
        state,
        why,
        7,
        "https://lille.example/c",
        old + new,
    )
    reasons = ["started", "restored"] if state == RetrievalState.DONE else [why.code if why else ""]
    assert [(moment.why, moment.at) for moment in ended.history] == [(one, NOW) for one in reasons]
    ((key, said),) = scene.lille.messages.items()
    assert (key, said.username, said.kind, said.lang) == (f"{ended.jobkey}:{state}", "grace", kind, "fr")
    assert bool(said.values["message"]) is (why is not None)
    assert said.values == {
        "title": "Chimie générale" if known else "",
        "courseurl": "https://lille.example/c",
        "message": said.values["message"],
        "reference": "01234567",
    }


@pytest.mark.rule("P12", "P22")
def test_whoever_holds_an_older_version_is_told_of_the_newer_and_of_what_changed() -> None:
    scene = Scene()
    for number, activities in ((1, a_manifest().activities), (2, a_manifest().activities[1:])):
        upload = scene.records.add(an_upload(f"u{number}"))
        scene.papers.keep(upload.manifest_key, a_manifest(activities=activities))
        scene.records.add(
            a_publication(
                f"p{number}", upload=f"u{number}", version=number, state=PUBLISHED, hub_url="https://h"
            )
        )
    home = {"state": RetrievalState.DONE, "publication": "p1", "version": 1, "course_url": "https://l"}
    scene.records.add(a_retrieval("r1", **home))
    told, not_told = lineage.tell_holders(scene.world, "p2")
    assert ([one.id for one in told], not_told, told[0].told_version) == (["r1"], [], 2)
    ((key, said),) = scene.lille.messages.items()
    assert (key, said.username, said.kind, said.lang) == ("pub:p2:newer:r1", "grace", "new_version", "fr")
    assert "Bohr" in said.values["changes"]
    assert said.values == {
        "title": "Chimie générale",
        "version": "2",
        "huburl": "https://h",
        "courseurl": "https://l",
        "changes": said.values["changes"],
    }
    changes = catalogue.card(scene.world, scene.publication("p2"), preview=True)["changes"]
    assert isinstance(changes, dict)
    assert (changes["since"], changes["added"]) == (1, ())
    assert [one["title"] for one in changes["removed"]] == ["Bohr"]


@pytest.mark.rule("P11")
def test_what_is_not_said_of_where_a_course_came_keeps_what_was_known() -> None:
    scene = Scene()
    scene.records.add(a_retrieval(course_id=7, course_url="https://lille.example/c"))
    ended = outcomes.end_retrieval(scene.world, "retrieval1", RetrievalState.FAILED, Note("copy_gone"))
    assert (ended.course_id, ended.course_url) == (7, "https://lille.example/c")


@pytest.mark.rule("P10")
@pytest.mark.parametrize("state", PublicationState)
def test_only_what_is_under_way_fails_and_whoever_offered_it_is_told(state: PublicationState) -> None:
    scene = Scene()
    scene.records.add(an_upload(dropped=KEY))
    one = scene.records.add(a_publication(state=state))
    after = outcomes.fail_publication(scene.world, one, Note("copy_gone"))
    fails = state in (PublicationState.REQUESTED, RESTORING)
    told = fails or state == PublicationState.FAILED
    assert after.state == (PublicationState.FAILED if fails else state)
    assert after.message == (Note("copy_gone") if fails else None)
    assert [one.kind for one in scene.caen.messages.values()] == (["publication_failed"] if told else [])
    assert (scene.archives.text(refused_key(KEY)) is not None) is told


# -- what the hub is asked for (P7–P9) ------------------------------------------------------------------------


@pytest.mark.rule("P7", "P8", "P9", "P19")
@pytest.mark.parametrize("owner", [Owner("ada", "editingteacher"), None])
def test_a_copy_is_ordered_as_its_version_hidden_and_its_authors(owner: Owner | None) -> None:
    scene = Scene()
    upload = an_upload(shortname="S" * 121)
    one = a_publication(version=3)
    one = replace(one, card=replace(one.card, title="T" * 255))
    order = publish._order(scene.world, one, upload, owner)
    url = order.source.url
    assert upload.accepted_key in url
    assert order == Restore(
        jobkey="pub:publication1",
        source=ArchiveAddress(url, upload.accepted_sha256, upload.accepted_size),
        mode=RestoreMode.NEW,
        category=scene.network.hub_category(one.source_category),
        fullname="T" * 254,
        shortname=f"{'S' * 120} (caen:CHIM1 v3)",
        idnumber="caen:CHIM1@v3",
        visible=False,
        owners=(owner,) if owner else (),
        person="ada" if owner else "",
    )


@pytest.mark.rule("P9")
@pytest.mark.parametrize(
    ("changes", "owner", "warned"),
    [
        ({}, "ada", []),
        ({"email": ""}, "", ["author_unknown"]),
        ({"email": "nobody@example.org"}, "", ["author_unknown"]),
        ({"email": "twin@example.org"}, "", ["author_ambiguous"]),
        ({"email": "left@example.org"}, "", ["author_unknown"]),
        ({"email": "back@example.org"}, "back2", []),
    ],
    ids=["known", "without the key", "unknown", "two of one key", "suspended", "one of two suspended"],
)
def test_a_copy_is_its_authors_where_the_hub_knows_exactly_one(
    changes: dict[str, str], owner: str, warned: list[str]
) -> None:
    scene = Scene(a_network(identity="email"))
    others = (("t1", "twin"), ("t2", "twin"), ("l", "left"), ("b1", "back"), ("back2", "back"))
    for number, (username, address) in enumerate(others):
        suspended = username in ("l", "b1")
        user = replace(scene.hub.users[0], id=50 + number, username=username, suspended=suspended)
        scene.hub.users.append(replace(user, email=f"{address}@example.org"))
    one = a_publication()
    one = replace(one, author=replace(one.author, **changes))
    found, warnings = publish._author_on_hub(scene.world, scene.hub, one)
    assert found == (Owner(owner, scene.network.hub.author_role) if owner else None)
    assert warnings == tuple(Note(code) for code in warned)


@pytest.mark.rule("P10")
@pytest.mark.parametrize("state", [PublicationState.REQUESTED, RESTORING])
def test_a_hubs_job_may_end_before_its_start_was_written_down(state: PublicationState) -> None:
    scene = Scene()
    course = scene.hub.add_course("caen:CHIM1@v1")
    scene.records.add(a_line(versions=("publication1",)))
    scene.records.add(a_publication(state=state, version=1))
    ended = a_job(status=JobStatus.DONE, courseid=course.id, courseurl=None)
    publish.finish_publication(scene.world, "publication1", ended)
    done = scene.publication("publication1")
    assert (done.state, done.hub_course_id, done.category_id) == (PUBLISHED, course.id, course.categoryid)
    assert done.hub_url == f"https://hub.example/course/view.php?id={course.id}"
    assert [one.kind for one in scene.caen.messages.values()] == ["published"]


@pytest.mark.rule("P10", "P13")
@pytest.mark.parametrize("state", PublicationState)
@pytest.mark.parametrize("copy", [True, False])
def test_only_a_copy_that_stands_on_the_hub_is_arranged_again(state: PublicationState, copy: bool) -> None:
    scene = Scene()
    course = scene.hub.add_course("", visible=state == WITHDRAWN)
    scene.records.add(a_line(versions=("publication1",), current="publication1"))
    scene.records.add(a_publication(state=state, version=1, hub_course_id=course.id if copy else 0))
    publish.arrange_again(scene.world, "publication1")
    publish.arrange_again(scene.world, "lost")
    stands = copy and state in (PUBLISHED, WITHDRAWN, SUPERSEDED, RESTORING)
    assert (scene.hub.courses[course.id].idnumber == "caen:CHIM1") is stands
    after = scene.publication("publication1")
    assert after.state == (PUBLISHED if stands and state == RESTORING else state)
    if stands and state == RESTORING:
        assert (after.history[-1].why, after.published_at) == ("restored", NOW)


@pytest.mark.rule("P13")
def test_the_version_before_is_put_aside_with_the_reason() -> None:
    scene = Scene()
    old, new = scene.hub.add_course("caen:CHIM1", visible=True), scene.hub.add_course("caen:CHIM1@v2")
    scene.records.add(a_line(sequence=2, versions=("a", "b"), current="a", published_sequence=1))
    scene.records.add(a_publication("a", state=PUBLISHED, version=1, hub_course_id=old.id))
    scene.records.add(a_publication("b", state=RESTORING, version=2, sequence=2, hub_course_id=new.id))
    publish.arrange_again(scene.world, "b")
    before, after = scene.publication("a"), scene.publication("b")
    assert (before.state, before.history[-1].why) == (SUPERSEDED, "later_published")
    assert (after.state, after.history[-1].why) == (PUBLISHED, "restored")


@pytest.mark.rule("P15")
def test_looking_into_one_publication_answers_it_alone() -> None:
    scene = Scene()
    scene.records.add(a_publication(state=PUBLISHED))
    answer = scene.search(publication="publication1")
    assert (set(answer), answer["next"]) == ({"publications", "next"}, None)
    (one,) = answer["publications"]
    assert (one["publication"], one["titles"], one["cannot_come"]) == (
        "publication1",
        ["Bohr", "Lewis", "Quiz 1"],
        [],
    )


@pytest.mark.rule("P5", "P10")
@pytest.mark.parametrize(
    ("upload", "why"),
    [
        (None, Note("backup_unknown")),
        ({"state": BackupState.DELETED}, Note("backup_unknown")),
        ({"state": BackupState.REFUSED}, Note("backup_unknown")),
        ({"state": BackupState.REFUSED, "reasons": (Note("damaged"), Note("cut"))}, Note("damaged")),
        ({"state": BackupState.RECEIVED}, None),
        ({"state": BackupState.UPLOADING}, None),
    ],
)
def test_a_publication_without_a_good_backup_fails_with_its_first_reason_or_waits(
    upload: dict[str, Any] | None, why: Note | None
) -> None:
    scene = Scene()
    if upload is not None:
        scene.records.add(an_upload(**upload))
    scene.records.add(a_publication())
    publish.publish(scene.world, "publication1")
    after = scene.publication("publication1")
    assert (after.state, after.message) == (
        PublicationState.FAILED if why else PublicationState.REQUESTED,
        why,
    )


@pytest.mark.rule("P12")
def test_whose_site_refuses_the_word_of_a_newer_version_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    scene = Scene()
    scene.records.add(a_publication(version=2, state=PUBLISHED))
    scene.records.add(a_retrieval(state=RetrievalState.DONE, version=1))

    def refuse(_all: Any) -> None:
        raise MoodleRefused("lille", "notify", "nopermissions")

    monkeypatch.setattr(scene.lille, "notify", refuse)
    told, not_told = lineage.tell_holders(scene.world, "publication1")
    assert (told, [one.id for one in not_told], not_told[0].told_version) == ([], ["retrieval1"], 0)


@pytest.mark.rule("P12")
def test_a_circle_far_up_in_a_family_ends_the_way_up() -> None:
    scene = Scene()
    for name, above in (("a", "b"), ("b", "c"), ("c", "b")):
        scene.records.add(a_publication(name, idnumber=name, ancestor=above, state=PUBLISHED))
    assert lineage.family(scene.world, "a").network_id == "caen:c"


@pytest.mark.rule("P22")
@pytest.mark.parametrize(
    ("version", "papers", "known"),
    [
        (1, ("u1", "u2"), True),
        (0, ("u1", "u2"), False),
        (3, ("u1", "u2"), False),
        (1, ("u1",), False),
        (1, ("u2",), False),
    ],
)
def test_what_changed_is_known_where_both_versions_are(
    version: int, papers: tuple[str, ...], known: bool
) -> None:
    scene = Scene()
    for number in (1, 2):
        upload = an_upload(f"u{number}")
        if upload.id in papers:
            scene.records.add(upload)
            scene.papers.keep(upload.manifest_key, a_manifest())
        scene.records.add(a_publication(f"p{number}", upload=f"u{number}", version=number))
    scene.records.add(a_publication("p0", upload="u1", version=0))
    found = lineage.changes_since(scene.world, scene.publication("p2"), version)
    assert (found is not None) is known


@pytest.mark.rule("P13", "P18")
@pytest.mark.parametrize(
    ("state", "current", "older", "idnumber", "visible"),
    [
        (PUBLISHED, True, "hidden", "caen:CHIM1", True),
        (RESTORING, True, "hidden", "caen:CHIM1", True),
        (RESTORING, False, "hidden", "caen:CHIM1@v1", False),
        (PUBLISHED, False, "hidden", "caen:CHIM1@v1", False),
        (PUBLISHED, False, "visible", "caen:CHIM1@v1", True),
        (WITHDRAWN, True, "hidden", "caen:CHIM1", False),
        (WITHDRAWN, False, "visible", "caen:CHIM1@v1", False),
        (SUPERSEDED, False, "hidden", "", True),
        (PublicationState.FAILED, True, "hidden", "", True),
        (PublicationState.REQUESTED, True, "hidden", "", True),
    ],
)
def test_a_copy_bears_the_networks_name_while_it_is_current_and_is_seen_while_it_is_on_offer(
    state: PublicationState, current: bool, older: Any, idnumber: str, visible: bool
) -> None:
    """Nothing is done to copies that were put aside long ago, nor to what is no copy."""
    scene = Scene(a_network(hub__older_versions=older))
    course = scene.hub.add_course("", visible=True)
    scene.records.add(a_line(current="publication1" if current else "another"))
    scene.records.add(a_publication(state=state, version=1, hub_course_id=course.id))
    hub_copies.arrange_copies(scene.world, "caen:CHIM1")
    after = scene.hub.courses[course.id]
    assert (after.idnumber, after.visible) == (idnumber, visible)
    hub_copies.arrange_copies(scene.world, "caen:NOWHERE")


@pytest.mark.rule("P13", "P18")
def test_a_copy_that_was_put_aside_gives_the_networks_name_back() -> None:
    scene = Scene()
    old = scene.hub.add_course("caen:CHIM1", visible=True)
    new = scene.hub.add_course("caen:CHIM1@v2")
    scene.records.add(a_line(current="b"))
    scene.records.add(a_publication("a", state=SUPERSEDED, version=1, hub_course_id=old.id))
    scene.records.add(a_publication("b", state=PUBLISHED, version=2, hub_course_id=new.id))
    hub_copies.arrange_copies(scene.world, "caen:CHIM1")
    assert [(one.idnumber, one.visible) for one in scene.hub.courses.values()] == [
        ("caen:CHIM1@v1", False),
        ("caen:CHIM1", True),
    ]


@pytest.mark.rule("P13")
@pytest.mark.parametrize(
    ("code", "raised"),
    [("courseidnumbertaken", TryAgain), ("idnumbertaken", TryAgain), ("nopermissions", MoodleRefused)],
)
def test_a_name_that_is_taken_at_this_moment_is_asked_for_again(
    code: str, raised: type[Exception], monkeypatch: pytest.MonkeyPatch
) -> None:
    scene = Scene()
    course = scene.hub.add_course("")
    scene.records.add(a_line(current="publication1"))
    scene.records.add(a_publication(state=PUBLISHED, version=1, hub_course_id=course.id))

    def refuse(*_: Any, **__: Any) -> None:
        raise MoodleRefused("hub", "core_course_update_courses", code)

    monkeypatch.setattr(scene.hub, "update_course", refuse)
    with pytest.raises(raised):
        hub_copies.arrange_copies(scene.world, "caen:CHIM1")


@pytest.mark.rule("P8")
@pytest.mark.parametrize(
    ("stands", "born", "version", "goes"),
    [(2, 1, 1, 2), (1, 1, 1, 1), (2, 0, 1, 1), (2, 1, 3, 1)],
    ids=["moved by hand", "where it was born", "born nobody knows where", "a later version"],
)
def test_a_copy_goes_where_the_version_before_it_was_put_by_hand(
    stands: int, born: int, version: int, goes: int
) -> None:
    scene = Scene()
    old = scene.hub.add_course("", categoryid=stands)
    new = scene.hub.add_course("", categoryid=1)
    scene.records.add(a_line(current="b"))
    scene.records.add(
        a_publication("a", state=SUPERSEDED, version=version, hub_course_id=old.id, category_id=born)
    )
    mine = a_publication("b", state=RESTORING, version=2, hub_course_id=new.id, category_id=1)
    scene.records.add(mine)
    hub_copies.arrange_copies(scene.world, "caen:CHIM1", beside=mine)
    assert scene.hub.courses[new.id].categoryid == goes
    del scene.hub.courses[old.id]
    hub_copies.arrange_copies(scene.world, "caen:CHIM1", beside=mine)
    assert scene.hub.courses[new.id].categoryid == goes


# -- the drop folder (P21) ------------------------------------------------------------------------------------


@pytest.mark.rule("P21")
def test_an_archive_without_a_card_is_described_by_itself_and_by_its_folder() -> None:
    scene = DropScene(licence="cc-by", category="SC")
    summary = "<p>Atomes &amp; liaisons,</p>\n <b>ions</b>"
    scene.lands(KEY, a_backup(KEY, origin={"summary": summary, "shortname": "CH1"}))
    (upload,) = scene.uploads()
    said = (upload.site, upload.course_id, upload.idnumber, upload.intent, upload.fullname, upload.shortname)
    assert said == ("caen", 42, "CHIM1", "share", "Chimie générale", "CH1")
    assert (upload.filesize, upload.dropped, upload.sequence, upload.created_at) == (1000, KEY, 1, NOW)
    assert upload.lastchange == datetime(2025, 1, 1, tzinfo=UTC)
    assert upload.history[0].why == "found in the drop folder"
    assert upload.person == Person("ada", "i-ada", "ada@example.org", "", "", "fr")
    (one,) = scene.publications()
    card = (one.card.title, one.card.summary, one.card.language, one.card.level, one.card.licence)
    assert card == ("Chimie générale", "Atomes & liaisons, ions", "fr", "", "cc-by")
    assert (one.course_url, one.source_category) == ("https://caen.example/course/view.php?id=42", "SC")


@pytest.mark.rule("P21")
@pytest.mark.parametrize(
    ("changes", "taken"),
    [
        ({}, False),
        ({"lastchange": datetime(2025, 1, 1, tzinfo=UTC)}, True),
        ({"lastchange": None}, True),
        ({"dropped": ""}, True),
        ({"state": BackupState.REFUSED}, True),
        ({"state": BackupState.DELETED}, True),
    ],
    ids=["newer", "as old", "of no known age", "saved by a teacher", "refused", "deleted"],
)
def test_only_a_newer_archive_of_the_folder_that_was_taken_keeps_one_out(
    changes: dict[str, Any], taken: bool
) -> None:
    scene = DropScene()
    there = {"dropped": "drop/caen/x.mbz", "lastchange": datetime(2025, 1, 2, tzinfo=UTC)}
    scene.records.add(an_upload("there", **(there | changes)))
    scene.lands(KEY, a_backup(KEY, made=1))
    assert (len(scene.uploads()) == 2) is taken
    assert ("02/01/2025" in scene.refusal()) is not taken


@pytest.mark.rule("P21")
def test_a_card_says_it_otherwise() -> None:
    scene = DropScene(licence="cc-by", category="SC")
    lines = {
        "title": "T",
        "summary": "S",
        "language": "en",
        "level": "M1",
        "licence": "cc-by-sa",
        "category": "X",
    }
    scene.lands(card="".join(f"{name}: {text}\n" for name, text in lines.items()))
    (one,) = scene.publications()
    card = (one.card.title, one.card.summary, one.card.language, one.card.level, one.card.licence)
    assert card == ("T", "S", "en", "M1", "cc-by-sa")
    assert one.source_category == "X"


@pytest.mark.rule("P21")
def test_an_author_whose_address_the_site_keeps_to_itself_has_none() -> None:
    scene = DropScene()
    scene.caen.users[0] = replace(scene.caen.users[0], email=None, lang="en")
    scene.lands()
    assert scene.uploads()[0].person == Person("ada", "i-ada", "", "", "", "en")


@pytest.mark.rule("P21")
def test_a_summary_is_kept_as_text_of_five_thousand_characters() -> None:
    assert drop._plain("<p>a</p><br/>b &lt;c&gt;\n\n d") == "a b <c> d"
    assert drop._plain("é" * 5_001) == "é" * 5_000


@pytest.mark.rule("P21")
def test_refusals_are_listed_newest_first_page_by_page_for_one_site_or_all(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    scene = Scene()
    keys = [f"drop/{name}.mbz" for name in ("caen/a", "caen/b/c", "lille/d")]
    for key in keys:
        refusals.write_refusal(scene.world, key, [Note("not_a_backup"), Note("people_inside")])
        scene.clock.tick(datetime(2026, 1, 2) - datetime(2026, 1, 1))  # noqa: DTZ001 - a day
    scene.archives.put("drop/caen/other.txt", b"x")

    def page(site: str, after: str = "", limit: int = 2) -> tuple[list[str], str | None]:
        found, following = refusals.refusals(scene.world, site, "en", after=after, limit=limit)
        why = tuple(note_text(Note(code), "en") for code in ("not_a_backup", "people_inside"))
        assert all(one.reasons == why for one in found)
        return [one.archive for one in found], following

    assert page("") == (["lille/d.mbz", "caen/b/c.mbz"], "2:")
    assert page("", "2:") == (["caen/a.mbz"], None)
    assert page("", "nonsense") == page("")
    assert page("caen") == (["caen/b/c.mbz", "caen/a.mbz"], None)
    assert page("hub") == ([], None)
    assert page("", limit=3) == (["lille/d.mbz", "caen/b/c.mbz", "caen/a.mbz"], None)
    first, blank, *_ = (scene.archives.text(refused_key(keys[1])) or "").split("\n")
    assert (first, blank) == ("c.mbz", "")
    monkeypatch.setattr(scene.archives, "text", lambda _key: None)
    gone, _ = refusals.refusals(scene.world, "", "en", limit=1)
    assert [(one.archive, one.reasons) for one in gone] == [("lille/d.mbz", ())]
