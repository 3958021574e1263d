"""What is published, kept, compared and found, each rule at its boundary."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest

from passerelle.domain.backups.compatibility import (
    major,
    missing_plugins,
    newer_release,
    objections,
    told_facts,
)
from passerelle.domain.backups.manifest import Activity, Why
from passerelle.domain.backups.refusals import REFUSALS
from passerelle.domain.backups.upload import (
    MOST_PARTS,
    NUMBERS_KEPT,
    SMALLEST_PART,
    CourseLine,
    Upload,
    abandoned,
    changed_since,
    expected_part,
    newest,
    number,
    number_of,
    part_count,
    part_size,
)
from passerelle.domain.moodle.plugin import Plugin
from passerelle.domain.publishing.changes import Change, Changes, changes_between
from passerelle.domain.publishing.publication import (
    Already,
    Publish,
    Skip,
    WaitForCheck,
    choose_upload,
    claim,
    copy_idnumber,
    home_idnumber,
    make_current,
    past_keeping,
    protected,
    publication_id,
    version_of,
)
from passerelle.domain.publishing.search import Wanted, fits, folded
from passerelle.domain.records import Note
from passerelle.domain.states import BackupState, PublicationState
from passerelle.errors import Refused
from tests.factories.records import (
    MIB,
    NOW,
    a_card,
    a_line,
    a_manifest,
    a_person,
    a_publication,
    a_site_facts,
    an_upload,
    contents,
)

SECOND = timedelta(seconds=1)
GOOD, CHECKED, BAD = BackupState.ACCEPTED, BackupState.RECEIVED, BackupState.REFUSED
LIVE = (PublicationState.REQUESTED, PublicationState.RESTORING, PublicationState.PUBLISHED)


def upload(sequence: int, state: BackupState = GOOD, **changes: Any) -> Upload:
    return an_upload(f"u{sequence}", sequence=sequence, state=state, **changes)


# -- what Mutualiser takes (P5) -------------------------------------------------------------------------------


@pytest.mark.rule("P5")
@pytest.mark.parametrize(
    ("uploads", "taken"),
    [
        ([upload(1)], Publish(upload(1))),
        ([upload(2), upload(1)], Publish(upload(2))),
        ([upload(1), upload(2, CHECKED)], WaitForCheck(upload(2, CHECKED))),
        ([upload(2), upload(1, CHECKED)], Publish(upload(2))),
        ([upload(1, CHECKED)], WaitForCheck(upload(1, CHECKED))),
        ([upload(1), upload(2, BAD)], Publish(upload(1))),
        ([upload(1), upload(2, intent="rollover")], Publish(upload(1))),
    ],
    ids=[
        "the only one",
        "the newest good one",
        "a newer one under check",
        "an older one under check",
        "only one under check",
        "a newer one refused",
        "a newer one of a change of year",
    ],
)
def test_mutualiser_takes_the_newest_good_backup_and_waits_for_a_newer_one(
    uploads: list[Upload], taken: object
) -> None:
    assert choose_upload(uploads, []) == taken


@pytest.mark.rule("P5")
@pytest.mark.parametrize(
    ("uploads", "code", "reason"),
    [
        ([], "no_backup", None),
        ([upload(1, BackupState.UPLOADING)], "backup_uploading", None),
        ([upload(1, BAD, reasons=(Note("people_inside"),))], "backup_refused", "people_inside"),
        ([upload(1, BAD)], "backup_refused", ""),
        ([upload(1, BackupState.DELETED)], "no_backup", None),
        ([upload(1, intent="rollover")], "no_backup", None),
    ],
)
def test_without_a_backup_it_says_what_to_do(uploads: list[Upload], code: str, reason: str | None) -> None:
    with pytest.raises(Refused) as refused:
        choose_upload(uploads, [])
    assert refused.value.code == code
    assert refused.value.details.get("reason") == reason


@pytest.mark.rule("P5", "P14", "P18")
@pytest.mark.parametrize("state", PublicationState)
def test_a_backup_that_is_published_or_on_its_way_is_not_published_twice(state: PublicationState) -> None:
    there = a_publication(upload="u2", state=state)
    for one in (upload(2), upload(2, CHECKED)):
        found = choose_upload([upload(1), one], [a_publication(upload="u1"), there])
        assert isinstance(found, Already) is (state in LIVE)
        if isinstance(found, Already):
            assert found.publication is there
    assert protected(upload(2), [there]) is (state in LIVE)
    assert not protected(upload(3), [there])


@pytest.mark.rule("P18")
def test_each_attempt_at_one_backup_has_an_id_of_its_own_and_a_living_one_keeps_it() -> None:
    def attempts(*states: PublicationState) -> str:
        return publication_id(upload(1), [a_publication(upload="u1", state=one) for one in states])

    first = attempts()
    assert attempts(PublicationState.RESTORING) == first
    second = attempts(PublicationState.FAILED)
    assert (first, second) == ("982ce488af0500d1abaf5368", "7166c12551598b2d9fe19af2"), (
        "as an earlier release called them"
    )
    assert attempts(PublicationState.WITHDRAWN, PublicationState.FAILED) not in (first, second)
    assert publication_id(upload(1), [a_publication(upload="u2", state=PublicationState.FAILED)]) == first


# -- which version stands (P13, P14) --------------------------------------------------------------------------


@pytest.mark.rule("P13", "P14")
def test_a_version_is_claimed_once_and_not_where_a_later_upload_stands() -> None:
    line = a_line(published_sequence=2)
    earlier, same, later = (a_publication(f"p{n}", sequence=n) for n in (1, 2, 3))
    assert claim(earlier, line) == Skip("later_published")
    assert claim(same, line) == replace(line, versions=("p2",))
    claimed = claim(later, replace(line, versions=("p2",)))
    assert isinstance(claimed, CourseLine)
    assert (claimed.versions, version_of("p3", claimed)) == (("p2", "p3"), 2)
    assert claim(earlier, replace(line, versions=("p1",))) == replace(line, versions=("p1",))


@pytest.mark.rule("P14", "P18")
@pytest.mark.parametrize(
    ("sequence", "versions", "wins"),
    [
        (1, ("old", "new"), False),
        (2, ("old", "new"), True),
        (2, ("new", "old"), False),
        (2, ("new",), True),
        (3, ("new", "old"), True),
    ],
    ids=[
        "an earlier upload",
        "the same, claimed later",
        "the same, claimed before",
        "nobody's claim",
        "a later one",
    ],
)
def test_the_highest_number_wins_and_of_one_upload_the_later_claim(
    sequence: int, versions: tuple[str, ...], wins: bool
) -> None:
    line = a_line(versions=versions, current="old", published_sequence=2)
    found = make_current(a_publication("new", sequence=sequence), line)
    if wins:
        assert found == replace(line, current="new", published_sequence=sequence)
    else:
        assert found is None
    assert make_current(a_publication("old", sequence=0), line) is line


@pytest.mark.rule("P11", "P13")
def test_a_copy_is_called_by_its_course_or_its_version_and_one_brought_home_by_neither() -> None:
    publication = a_publication(version=3)
    assert copy_idnumber(publication, current=True) == "caen:CHIM1"
    assert copy_idnumber(publication, current=False) == "caen:CHIM1@v3"
    home = home_idnumber("retrieval1")
    assert home == home_idnumber("retrieval1") != home_idnumber("retrieval2")
    assert home.startswith("psl-")
    assert len(home) == 14
    assert home == "psl-pzqcnigbgu", "what an earlier release called it"
    assert home[4:].isalpha()
    assert home[4:].islower()


# -- what is kept (P6) ----------------------------------------------------------------------------------------


def gone(*uploads: Upload, keep: int = 2, live: str = "") -> list[str]:
    return [one.id for one in past_keeping(list(uploads), [a_publication(upload=live)], keep)]


@pytest.mark.rule("P6")
def test_the_newest_backups_of_each_intent_are_kept_and_those_a_publication_rests_on() -> None:
    three = [upload(n) for n in (3, 1, 2)]
    assert gone(*three, keep=3) == []
    assert gone(*three) == ["u1"]
    assert gone(*three, keep=1) == ["u1", "u2"]
    assert gone(*three, live="u1") == []
    assert gone(*three, upload(4, intent="rollover")) == ["u1"]
    assert gone(*(upload(n, intent="rollover") for n in (1, 2, 3))) == ["u1"]


@pytest.mark.rule("P6")
def test_a_refused_backup_goes_once_a_newer_one_is_good_and_a_deleted_one_once_it_is_purged() -> None:
    assert gone(upload(1, BAD), upload(2)) == ["u1"]
    assert gone(upload(2), upload(3, BAD)) == []
    assert gone(upload(1, BAD)) == []
    assert gone(upload(1, BackupState.DELETED)) == ["u1"]
    assert gone(upload(1, BackupState.DELETED, purged=True)) == []


@pytest.mark.rule("P5", "P6")
def test_what_never_arrived_is_abandoned_after_a_week_and_what_was_never_checked_after_two() -> None:
    def after(state: BackupState, days: int, more: timedelta) -> bool:
        return abandoned(upload(1, state), NOW + timedelta(days=days) + more)

    assert [after(BackupState.UPLOADING, 7, more) for more in (timedelta(), SECOND)] == [False, True]
    assert [after(CHECKED, 15, more) for more in (timedelta(), SECOND)] == [False, True]
    assert not any(after(state, 999, SECOND) for state in (GOOD, BAD, BackupState.DELETED))


# -- why an archive is refused (P3, P4) -------------------------------------------------------------------------

# What each refusal is an instance of, a second time: `passerelle mbz inspect --json` answers these codes.
REFUSED_AS = {
    "not_a_backup": (
        "not_an_archive no_tar_inside foreign_tar no_moodle_backup moodle_1_backup "
        "common_cartridge packed_in_a_folder archive_in_archive other_format"
    ),
    "not_a_course": "part_of_a_course",
    "people_inside": "users_inside activity_writes_people",
    "truncated": "cut cut_before_contents promised_by_index part_missing activity_part_missing",
    "files_left_out": "files_off",
    "content_missing": "content_not_inside",
    "content_altered": "content_without_hash content_of_other_size content_of_other_hash content_misnamed",
    "damaged": (
        "checksum bytes_outside header_damaged index_lies contents_damaged sizes_differ "
        "other_than_contents_say"
    ),
    "unsafe_member": (
        "name_absolute name_absurd name_leaves_folder name_cleaned name_not_utf8 name_after_nul "
        "name_hidden_in_fields name_in_unicode_field names_differ after_the_end extended_header "
        "size_unreadable link_or_device kind_unknown folder_with_content encrypted method_unknown "
        "zip64_uncalled_for zip_comment two_tables_of_contents module_disagrees"
    ),
    "duplicate_member": "twice twice_but_for_writing",
    "too_large": "too_large",
    "out_of_proportion": (
        "unpacks_too_far too_many_members too_many_gzip_members too_many_things index_too_large "
        "xml_too_large value_too_large members_overlap"
    ),
    "bad_xml": "xml_broken xml_unreadable xml_encoding xml_not_scrubbable",
    "unsafe_xml": "xml_entities xml_too_deep",
    "newer_release": "newer_release",
}


@pytest.mark.rule("P3", "P4")
def test_each_refusal_of_an_archive_is_of_one_kind_and_every_kind_has_one() -> None:
    said = {name: why for why, names in REFUSED_AS.items() for name in names.split()}
    assert {name: why.value for name, why in REFUSALS.items()} == said
    assert {why.value for why in Why} == set(REFUSED_AS)


# -- uploads ----------------------------------------------------------------------------------------------------


@pytest.mark.rule("P2")
@pytest.mark.parametrize(
    ("filesize", "size", "count"),
    [
        (0, 64 * MIB, 1),
        (1, 64 * MIB, 1),
        (64 * MIB, 64 * MIB, 1),
        (64 * MIB + 1, 64 * MIB, 2),
        (64_000 * MIB, 64 * MIB, 1000),
        (64_000 * MIB + 1, 65 * MIB, 985),
    ],
)
def test_parts_are_64_mebibytes_or_as_large_as_a_thousand_of_them_need(
    filesize: int, size: int, count: int
) -> None:
    assert (SMALLEST_PART, MOST_PARTS) == (64 * MIB, 1000)
    assert (part_size(filesize), part_count(filesize)) == (size, count)
    assert isinstance(part_size(filesize), int)
    parts = [expected_part(filesize, n + 1) for n in range(count)]
    assert sum(parts) == filesize
    assert all(part == size for part in parts[:-1])


@pytest.mark.rule("P14")
def test_an_upload_gets_its_number_when_it_is_opened_and_keeps_it_for_the_last_hundred() -> None:
    line = a_line(sequence=0)
    for n in range(NUMBERS_KEPT + 1):
        line = number(f"u{n}", line)
        assert number(f"u{n}", line) is line
    assert (NUMBERS_KEPT, line.sequence, len(line.numbers)) == (100, 101, 100)
    assert (number_of("u1", line), number_of("u100", line)) == (2, 101)
    assert number("u1", line) is line, "an opening that is repeated days later"
    assert number_of("u0", line) == 101, "forgotten: the newest stands for it"
    assert number("u0", line).sequence == 102


@pytest.mark.rule("P5")
def test_the_newest_is_by_number_among_those_in_a_state_and_for_one_purpose() -> None:
    uploads = [upload(1), upload(3, BAD), upload(2), upload(4, intent="rollover")]
    assert newest(uploads, GOOD) == uploads[2]
    assert newest(uploads, GOOD, BAD) == uploads[1]
    assert newest(uploads, GOOD, intent="rollover") == uploads[3]
    assert newest(uploads, CHECKED) is None


@pytest.mark.rule("P5")
@pytest.mark.parametrize(
    ("saved", "last", "changed"),
    [
        (NOW, NOW, False),
        (NOW, NOW + SECOND, True),
        (NOW, NOW - SECOND, False),
        (NOW, None, True),
        (None, NOW, True),
    ],
)
def test_a_refresh_is_offered_where_the_course_changed_since_or_nobody_knows(
    saved: Any, last: Any, changed: bool
) -> None:
    assert changed_since(upload(1, lastchange=saved), last) is changed
    assert not changed_since(None, last)


@pytest.mark.rule("P3", "P6")
def test_what_a_site_sent_lies_apart_from_what_was_accepted() -> None:
    one = upload(1)
    assert (one.raw_key, one.accepted_key, one.people_key) == (
        "uploads/caen/u1.mbz",
        "accepted/caen/u1.mbz",
        "people/caen/u1.bin",
    )
    assert (one.manifest_key, one.survey_key) == ("manifests/u1.json", "surveys/u1.json")


# -- whether a Moodle can take it (P16) -------------------------------------------------------------------------


@pytest.mark.rule("P16")
@pytest.mark.parametrize(
    ("release", "target", "newer"),
    [
        ("4.5.6 (Build: 20250811)", "4.5", False),
        ("4.5", "4.4.9", True),
        ("5.0", "4.5", True),
        ("4.5", "5.0", False),
        ("4.10", "4.9", True),
        ("", "4.5", False),
        ("4.5", "", True),
    ],
)
def test_a_newer_major_release_than_the_targets_is_refused(release: str, target: str, newer: bool) -> None:
    found = newer_release(release, target)
    assert (found is not None) is newer
    if found is not None and target == "4.4.9":
        assert found.details == {"release": "4.5", "target": "4.4"}
    assert (major(" 4.5.6"), major("Moodle 4.5")) == ((4, 5), (0, 0))


@pytest.mark.rule("P16")
def test_plugins_that_a_site_does_not_list_are_missing_unless_it_lists_nothing() -> None:
    course = contents(activities={"page": 1, "hvp": 1}, plugins=("mod_quiz", "block_stash", "format_tiles"))
    mods, blocks = (Plugin("page"), Plugin("mod_quiz")), (Plugin("html"),)
    assert missing_plugins(course, a_site_facts(modules=mods, blocks=blocks)) == ("block_stash", "mod_hvp")
    assert missing_plugins(course, a_site_facts(modules=mods, blocks=())) == ("mod_hvp",)
    assert missing_plugins(course, a_site_facts(modules=(), blocks=blocks)) == ()
    listed = contents(activities={}, plugins=("mod_hvp",))
    assert missing_plugins(listed, a_site_facts(modules=mods, blocks=blocks)) == ("mod_hvp",)
    told = told_facts("4.5", ["mod_page", "mod_quiz", "mod_hvp", "block_stash", "theme_x"])
    assert [one.name for one in told.modules] == ["mod_page", "mod_quiz", "mod_hvp"]
    assert missing_plugins(course, told) == ()
    assert [one.name for one in told.blocks] == ["block_stash"]


@pytest.mark.rule("P16")
@pytest.mark.parametrize(
    ("limit", "codes"), [(0, []), (10 * MIB, []), (10 * MIB - 1, ["too_large_for_target"])]
)
def test_a_course_larger_than_the_target_takes_is_refused_and_no_limit_is_none(
    limit: int, codes: list[str]
) -> None:
    facts = a_site_facts()
    facts = replace(facts, limits=replace(facts.limits, course_maxbytes=limit))
    assert [note.code for note in objections(contents(), facts, "fr")] == codes


@pytest.mark.rule("P16")
@pytest.mark.parametrize(
    ("lang", "size", "limit"), [("fr", "10,5\u00a0Mo", "5,2\u00a0Mo"), ("en", "10.5 MB", "5.2 MB")]
)
def test_everything_against_a_course_is_named_and_a_newer_release_alone(
    lang: str, size: str, limit: str
) -> None:
    facts = a_site_facts(
        modules=(Plugin("forum"),), limits=replace(a_site_facts().limits, course_maxbytes=5 * MIB)
    )
    assert objections(contents(), facts, lang) == (
        Note("plugins_missing", {"plugins": "mod_page, mod_quiz"}),
        Note("too_large_for_target", {"size": size, "limit": limit}),
    )
    older = replace(facts, release="4.4.9 (Build: 20250101)")
    assert objections(contents(), older, lang) == (
        Note("newer_release", {"release": "4.5", "target": "4.4"}),
    )
    assert objections(contents(), a_site_facts(), lang) == ()


# -- what changed (P22) and what is found (P15) -----------------------------------------------------------------


def changed(before: tuple[Activity, ...], after: tuple[Activity, ...], *, elsewhere: bool = False) -> Any:
    one, other = a_manifest(activities=before), a_manifest(activities=after)
    if elsewhere:
        other = replace(other, origin=replace(other.origin, course_id=43))
    found = changes_between(one, other)
    return [[change.title for change in part] for part in (found.added, found.removed, found.changed)]


def activity(number: int, title: str, content: str = "", plugin: str = "page") -> Activity:
    return Activity(number, 1, plugin, title, content=content)


@pytest.mark.rule("P22")
def test_activities_of_one_course_are_compared_by_number_title_and_content() -> None:
    old = (activity(1, "Bohr", "a"), activity(2, "Lewis", "b"))
    assert changed(old, old) == [[], [], []]
    assert changed(old, (activity(1, "Bohr", "x"), activity(2, "Pauling", "b"))) == [
        [],
        [],
        ["Bohr", "Pauling"],
    ]
    assert changed(old, (activity(1, "Bohr", "a"), activity(3, "Lewis", "b"))) == [["Lewis"], ["Lewis"], []]
    assert changed(old, (activity(1, "Bohr"), activity(2, "Lewis"))) == [[], [], []], "nothing is known"
    assert not changes_between(a_manifest(), a_manifest())
    one = (Change("page", "Bohr"),)
    assert all((Changes(added=one), Changes(removed=one), Changes(changed=one)))


@pytest.mark.rule("P22")
def test_activities_of_two_courses_are_compared_by_module_and_title_one_by_one() -> None:
    old = (activity(1, "Bohr", "a"), activity(2, "Bohr", "b"))
    assert changed(old, (activity(8, "Bohr", "a"), activity(9, "Bohr", "b")), elsewhere=True) == [[], [], []]
    assert changed(old, (activity(8, "Bohr", "a"),), elsewhere=True) == [[], ["Bohr"], []]
    third = activity(3, "Bohr", "c")
    assert changed((*old, third), old, elsewhere=True) == [[], ["Bohr"], []]
    assert changed((*old, third), (*old, replace(third, content="x")), elsewhere=True) == [[], [], ["Bohr"]]
    quiz = (activity(8, "Bohr", "a", "quiz"), activity(9, "Bohr", "b"))
    assert changed(old, quiz, elsewhere=True) == [["Bohr"], ["Bohr"], ["Bohr"]]


CARD = a_publication(
    state=PublicationState.PUBLISHED,
    card=a_card("Chimie générale", summary="Mesures", level="L1"),
    author=a_person("ada", firstname="Ada", lastname="Lovelace"),
)


@pytest.mark.rule("P15")
@pytest.mark.parametrize(
    ("wanted", "found"),
    [
        (Wanted(), True),
        (Wanted(query="chimie GENERALE"), True),
        (Wanted(query="chimie physique"), False),
        (Wanted(query="atomes"), True),
        (Wanted(query="mesures"), True),
        (Wanted(query="l1"), True),
        (Wanted(query="chim1"), True),
        (Wanted(query="lovelace"), True),
        (Wanted(query="liaisons"), True),
        (Wanted(query="lewis"), True),
        (Wanted(language="FR"), True),
        (Wanted(language="en"), False),
        (Wanted(level="l1"), True),
        (Wanted(level="L2"), False),
        (Wanted(licence="cc-by-sa"), True),
        (Wanted(licence="cc-by"), False),
        (Wanted(author="ada love"), True),
        (Wanted(author="grace"), False),
        (Wanted(activity="mod_quiz"), True),
        (Wanted(activity="quiz"), True),
        (Wanted(activity="forum"), False),
        (Wanted(from_site="caen"), True),
        (Wanted(from_site="lille"), False),
    ],
)
def test_the_catalogue_finds_by_words_anywhere_and_by_each_field(wanted: Wanted, found: bool) -> None:
    assert fits(CARD, wanted) is found
    assert not fits(replace(CARD, state=PublicationState.WITHDRAWN), wanted)
    assert folded("Œuvre d’Été") == folded("œuvre d’ete") == "œuvre d’ete"
