"""The backups that a Moodle 4.5.6 made."""

import hashlib
import json

import pytest

from passerelle.domain.backups.manifest import Container, Group, LargeFile, Manifest, OldLink, Total, Why
from passerelle.mbz import BytesSource, inspect
from passerelle.store.documents import from_document, to_document
from tests.factories.mbz import real_backup

ALL = [
    "chimie-anonymised-tgz",
    "chimie-nofiles-nousers-tgz",
    "chimie-nousers-tgz",
    "chimie-nousers-zip",
    "chimie-users-tgz",
    "chimie-users-zip",
    "empty-nousers-tgz",
]


def look(name, **options):
    return inspect(BytesSource(real_backup(name)), verify_content=True, **options)


def codes(inspection):
    return {reason.code for reason in inspection.reasons}


@pytest.mark.parametrize("name", ["chimie-nousers-tgz", "chimie-nousers-zip", "empty-nousers-tgz"])
def test_a_sound_backup_without_users_is_accepted(name):
    assert look(name, target_release="4.5").accepted


@pytest.mark.rule("P3")
@pytest.mark.parametrize("name", ["chimie-users-tgz", "chimie-users-zip", "chimie-anonymised-tgz"])
def test_a_backup_with_people_even_under_false_names_is_refused(name):
    inspection = look(name)
    assert codes(inspection) == {Why.PEOPLE_INSIDE}
    assert inspection.manifest.people
    assert "users.xml: users/user (4)" in inspection.manifest.people_evidence


def test_a_backup_made_without_files_is_refused_for_that_and_nothing_else():
    assert codes(look("chimie-nofiles-nousers-tgz")) == {Why.FILES_LEFT_OUT}


@pytest.mark.parametrize("name", ["chimie-nousers-tgz", "chimie-nousers-zip"])
def test_the_manifest_tells_what_the_course_is_made_of(name):
    manifest = look(name).manifest
    assert manifest.container is (Container.TGZ if name.endswith("tgz") else Container.ZIP)
    assert manifest.moodle_release == "4.5.6 (Build: 20250811)"
    assert manifest.moodle_version == "2024100706"
    assert manifest.backup_release == "4.5"
    origin = manifest.origin
    assert origin.wwwroot == "https://ecampus-bleu.example"
    assert (origin.course_id, origin.shortname, origin.idnumber) == (5, "CHIM-L1-EC2", "y2an8a-ec2")
    assert (origin.fullname, origin.format) == ("L1 Chimie générale — EC2", "topics")
    assert origin.site_hash == "7b8a175d62a2e3b8d98227834f111c89"
    assert origin.startdate.year == 2025
    assert origin.enddate is None
    assert manifest.settings["users"] == "0"
    assert [section.number for section in manifest.sections] == [0, 1, 2, 3]
    assert [activity.plugin for activity in manifest.activities] == [
        "page",
        "label",
        "url",
        "forum",
        "assign",
        "folder",
        "quiz",
        "resource",
    ]
    assert manifest.activities[0].title == "Plan du cours"
    assert set(manifest.plugins) >= {"mod_quiz", "qtype_shortanswer", "block_html", "format_topics"}
    assert manifest.groups == (Group(1, "TD1", "td1"), Group(2, "TD2 cemu", "td2-cemu"))
    assert (manifest.files.count, manifest.files.total_bytes) == (1, 40960)
    assert manifest.files.largest == (LargeFile("cours-01.mp4", 40960),)
    assert manifest.files.by_mimetype == {"video/mp4": Total(1, 40960)}
    data = real_backup(name)
    assert (manifest.size, manifest.sha256) == (len(data), hashlib.sha256(data).hexdigest())


@pytest.mark.rule("R12")
def test_links_that_moodle_encoded_towards_another_course_are_old_links():
    manifest = look("chimie-nousers-tgz").manifest
    assert manifest.old_links == (
        OldLink("activities/url_81/url.xml", "https://ecampus-bleu.example/mod/page/view.php?id=991"),
        OldLink("course/course.xml", "https://ecampus-bleu.example/course/view.php?id=77"),
    )
    assert manifest.old_link_count == 2


@pytest.mark.rule("P4")
@pytest.mark.parametrize("name", ["chimie-nousers-tgz", "chimie-nousers-zip"])
def test_the_manifest_says_where_a_backup_without_users_still_names_people(name):
    traces = {(trace.member, trace.element): trace for trace in look(name).manifest.traces}
    assert {place: trace.count for place, trace in traces.items()} == {
        ("files.xml", "author"): 1,
        ("files.xml", "userid"): 2,
        ("questions.xml", "ownerid"): 2,
        ("questions.xml", "createdby"): 2,
        ("questions.xml", "modifiedby"): 2,
    }
    assert all(trace.scrubbed for trace in traces.values())


@pytest.mark.rule("P16")
@pytest.mark.parametrize(
    ("target", "accepted"),
    [
        ("4.4", False),
        ("4.4.9+ (Build: 20250101)", False),
        ("3.11", False),
        ("4.5", True),
        ("4.5.1", True),
        ("5.0", True),
        ("4.10", True),
    ],
)
def test_only_a_newer_major_release_than_the_targets_is_refused(target, accepted):
    inspection = look("empty-nousers-tgz", target_release=target)
    assert inspection.accepted is accepted
    assert codes(inspection) == (set() if accepted else {Why.NEWER_RELEASE})


def test_a_target_release_that_is_none_is_the_callers_mistake():
    with pytest.raises(ValueError, match="soon"):
        look("empty-nousers-tgz", target_release="soon")


@pytest.mark.parametrize("name", ALL)
def test_a_manifest_survives_its_way_through_json(name):
    manifest = look(name).manifest
    assert from_document(Manifest, json.loads(json.dumps(to_document(manifest)))) == manifest


@pytest.mark.parametrize("name", ALL)
def test_one_thread_and_several_give_the_same_inspection(name):
    assert look(name, threads=False) == look(name)


@pytest.mark.parametrize("name", ["chimie-nousers-zip", "chimie-users-zip"])
def test_a_zip_read_by_ranges_gets_the_verdict_and_manifest_of_one_read_through_but_its_hash(name):
    quick = inspect(BytesSource(real_backup(name)))
    full = look(name)
    assert quick.reasons == full.reasons
    assert quick.manifest.sha256 == ""
    assert quick.manifest.traces == full.manifest.traces
    assert quick.manifest.old_links == full.manifest.old_links


@pytest.mark.parametrize("name", ALL)
def test_no_reason_names_a_person(name):
    text = repr(look(name).reasons)
    assert not any(word in text for word in ("Curie", "mcurie", "@univ.example", "etu1"))
