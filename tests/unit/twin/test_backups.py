"""Backups the twin writes are genuine, and reach Passerelle through presigned parts."""

from __future__ import annotations

import io
import tarfile
from pathlib import Path

import pytest

from passerelle.mbz import BytesSource, FileSource, inspect, scrub
from passerelle.mbz.people import People
from passerelle_laptop.site_client import Answered, NotHeard, Patience, Sending, SiteClient
from passerelle_laptop.twin.blank import activity_folder
from passerelle_laptop.twin.people_file import people_file
from passerelle_laptop.twin.records import User

MBZ = Path(__file__).parents[2] / "mbz"
KINDS = ["assign", "folder", "forum", "label", "page", "quiz", "resource", "url"]


@pytest.fixture
def chimie(lycee):
    return lycee.import_mbz(MBZ / "chimie-nousers-tgz.mbz", teachers=["mcurie"])


@pytest.fixture
def written(lycee, tmp_path):
    return lambda course: lycee.write_mbz(course, tmp_path / "course.mbz").read_bytes()


def members(archive):
    with tarfile.open(fileobj=io.BytesIO(archive)) as tar:
        return {
            entry.name: (entry, tar.extractfile(entry).read() if entry.isfile() else b"") for entry in tar
        }


@pytest.mark.rule("P3")
def test_a_written_backup_is_accepted_by_the_reader_that_proves_everything(chimie, written):
    found = inspect(BytesSource(written(chimie)))
    assert (found.accepted, found.reasons) == (True, ())
    real = inspect(BytesSource((MBZ / "chimie-nousers-tgz.mbz").read_bytes())).manifest
    ours = found.manifest
    for same in ("plugins", "moodle_release", "settings", "people"):
        assert getattr(ours, same) == getattr(real, same), same
    assert ours.files.total_bytes == real.files.total_bytes
    assert [(a.plugin, a.title) for a in ours.activities] == [(a.plugin, a.title) for a in real.activities]
    assert [group.name for group in ours.groups] == [group.name for group in real.groups]


def test_the_index_comes_first_and_tells_every_member_in_the_order_they_follow(chimie, written):
    archive = members(written(chimie))
    names = list(archive)
    assert names[0] == ".ARCHIVE_INDEX"
    head, *lines = archive[".ARCHIVE_INDEX"][1].decode().splitlines()
    assert head == f"Moodle archive file index. Count: {len(lines)}"
    told = [line.split("\t") for line in lines]
    assert [name.rstrip("/") for name, *_ in told] == names[1:]
    for name, kind, size, _ in told:
        entry = archive[name.rstrip("/")][0]
        assert (kind == "d", int(size)) == (entry.isdir(), entry.size)
    tops = list(dict.fromkeys(name.split("/")[0] for name in names[1:-1]))
    assert tops == sorted(tops)
    assert names[-1] == "moodle_backup.log"


def test_a_backup_holds_the_same_kinds_of_members_as_moodles_own(chimie, written):
    def shape(archive):
        import re

        return {re.sub(r"_\d+", "_N", name) for name in members(archive)}

    assert shape(written(chimie)) == shape((MBZ / "chimie-nousers-tgz.mbz").read_bytes())


def test_what_a_teacher_changed_is_in_the_backup(lycee, chimie, written):
    lycee.change_course(
        chimie,
        add="page",
        name="Nouvelle page",
        content="<p>Neuf & <b>vif</b></p>",
        rename_section="Semaine 1",
        fullname="Chimie 2",
    )
    lycee.change_course(chimie, rename=("QCM 1", "Test final"), remove="Forum du cours")
    lycee.add_group(chimie, "TD3", "td3")
    archive = written(chimie)
    manifest = inspect(BytesSource(archive)).manifest
    titles = [activity.title for activity in manifest.activities]
    assert "Nouvelle page" in titles
    assert "Test final" in titles
    assert "Forum du cours" not in titles
    assert manifest.origin.fullname == "Chimie 2"
    assert [group.name for group in manifest.groups] == ["TD1", "TD2 cemu", "TD3"]
    assert "Semaine 1" in [section.name for section in manifest.sections]
    pages = [body for name, (_, body) in members(archive).items() if name.endswith("/page.xml")]
    assert any("&lt;p&gt;Neuf &amp; &lt;b&gt;vif" in body.decode() for body in pages)


def test_a_backup_restored_elsewhere_and_backed_up_again_says_the_same(
    lycee, hub, chimie, written, restore, outline, tmp_path
):
    job = restore(written(chimie), shortname="COPIE")
    assert outline(hub, job["courseid"]) == outline(lycee, chimie.id)
    again = hub.write_mbz(job["courseid"], tmp_path / "again.mbz").read_bytes()
    first, second = (inspect(BytesSource(archive)) for archive in (written(chimie), again))
    assert second.accepted
    assert second.manifest.origin.wwwroot == hub.base_url
    assert second.manifest.files == first.manifest.files
    assert second.manifest.plugins == first.manifest.plugins


@pytest.mark.rule("P4")
def test_a_backup_scrubbed_by_passerelle_is_restored_all_the_same(
    lycee, hub, chimie, restore, outline, tmp_path
):
    with (tmp_path / "scrubbed.mbz").open("wb") as target:
        scrub(FileSource(lycee.write_mbz(chimie, tmp_path / "c.mbz")), target)
    scrubbed = (tmp_path / "scrubbed.mbz").read_bytes()
    assert b"Marie Curie" not in members(scrubbed)["files.xml"][1]
    job = restore(scrubbed, shortname="COPIE")
    assert outline(hub, job["courseid"]) == outline(lycee, chimie.id)


@pytest.mark.parametrize("kind", KINDS)
def test_an_activity_of_each_kind_added_to_an_empty_course_can_be_backed_up_and_restored(
    lycee, hub, written, restore, outline, kind
):
    course = lycee.add_course("NEW", "Cours neuf")
    lycee.change_course(
        course, add=kind, name="Chose", content="https://www.example.org/" if kind == "url" else "texte"
    )
    archive = written(course)
    assert inspect(BytesSource(archive)).accepted
    job = restore(archive, shortname="COPIE")
    assert (1, "New section", ["Chose"]) in outline(hub, job["courseid"])


def test_two_archives_merged_into_one_course_still_make_one_sound_backup(
    hub, restore, chimie, written, lycee, tmp_path
):
    first = restore(shortname="COPIE")
    restore(
        written(chimie),
        jobkey="m",
        mode="merge",
        courseid=first["courseid"],
        settings=[{"name": "groups", "value": "1"}],
    )
    archive = hub.write_mbz(first["courseid"], tmp_path / "merged.mbz").read_bytes()
    found = inspect(BytesSource(archive))
    assert found.accepted
    assert len(found.manifest.activities) == 16
    ids = [line for line in members(archive)["files.xml"][1].decode().splitlines() if "<file id=" in line]
    assert len(ids) == len(set(ids)) == 4
    entries = members(archive)["questions.xml"][1].decode().count("<question_bank_entry id=")
    assert entries == hub.course("COPIE").content.questions == 4


def test_no_template_holds_a_person():
    for kind in KINDS:
        text = b"".join(activity_folder(kind).values()).lower()
        assert b"curie" not in text
        assert b"@" not in text.replace(b"$@", b"").replace(b"@$", b"")


# -- up to Passerelle ----------------------------------------------------------------------------------------


@pytest.mark.rule("P20")
def test_the_sites_people_come_along_as_hashes_that_passerelles_reader_knows(lycee, chimie, ear):
    lycee.press_save(chimie, "mcurie")
    lycee.run_jobs()
    known = People(ear.people)
    [(_, _, said)] = ear.asked("people")
    assert (said["sent"], said["filesize"]) == (True, len(ear.people))
    assert known.has_login("MCurie")
    assert known.has_email("mcurie@univ.example")
    assert known.has_name("CURIE, Marie")
    assert not known.has_login("admin")
    assert b"urie" not in ear.people


@pytest.mark.rule("P20")
def test_a_site_that_switched_it_off_says_so_and_sends_nothing(lycee, chimie, ear, monkeypatch):
    monkeypatch.setattr(lycee.settings, "sends_people", False)
    lycee.press_save(chimie, "mcurie")
    lycee.run_jobs()
    [(_, _, said)] = ear.asked("people")
    assert (said["sent"], said["filesize"], ear.people) == (False, 0, b"")
    assert ear.completed


@pytest.mark.rule("P20")
def test_plugin_and_passerelle_hash_the_same():
    """The vectors of the plugin's own test."""
    one = User(3, "ALovelace", "Émilie-Anne", "O’Brien", " Ada@Example.ORG ")
    rows = people_file([one], bytes(range(32)))[56:].hex()
    assert rows == "872876a39f04a4d8" + "42e82b2bde7b25be" + "b0fc331fe7d181ba" + "d52d21798f63b713"


@pytest.mark.rule("P2")
def test_pressing_save_sends_a_backup_that_passerelle_gets_whole(lycee, chimie, ear):
    key = lycee.press_save(chimie, "mcurie")
    lycee.run_jobs()
    job = lycee.job(key)
    assert (job["status"], job["upload"], job["courseid"]) == ("done", "u1", chimie.id)
    (archive,) = ear.completed
    assert inspect(BytesSource(archive)).manifest.sha256 == ear.sha256
    (_, _, opening) = ear.asked("uploads")[0]
    assert opening["person"] == {
        "username": "mcurie",
        "idnumber": "P0001",
        "email": "mcurie@univ.example",
        "firstname": "Marie",
        "lastname": "Curie",
        "lang": "fr",
    }
    assert {name: opening[name] for name in ("site", "intent", "courseid", "idnumber", "users")} == {
        "site": "lycee-a",
        "intent": "share",
        "courseid": chimie.id,
        "idnumber": "y2an8a-ec2",
        "users": False,
    }
    assert len(ear.parts) > 1
    assert ear.phases(key) == ["backup", "open", "send", "complete", "done"]
    assert not list(lycee.workfile("x").parent.iterdir())


@pytest.mark.rule("P1")
def test_a_course_without_idnumber_gets_one_at_the_first_save_and_keeps_it(lycee, ear):
    course = lycee.add_course("SANS")
    content = course.content
    for _ in range(2):
        lycee.press_save(course, "mcurie")
        lycee.run_jobs()
    first, second = (asked["idnumber"] for _, _, asked in ear.asked("uploads"))
    assert first == second == course.idnumber
    assert first.startswith("psl-")
    assert first.removeprefix("psl-").isalpha()
    assert course.content is content


@pytest.mark.parametrize("phase", ["backup", "open", "send", "complete"])
@pytest.mark.parametrize("when", ["before", "after"])
def test_a_backup_killed_anywhere_is_sent_once_in_the_end(lycee, chimie, ear, phase, when):
    lycee.faults.add("killed", "backup", phase=phase, when=when)
    key = lycee.press_save(chimie, "mcurie")
    lycee.run_jobs()
    assert lycee.job(key)["status"] == "running"
    lycee.run_jobs()
    assert (lycee.job(key)["status"], lycee.job(key)["upload"]) == ("done", "u1")
    assert inspect(BytesSource(ear.completed[-1])).accepted
    assert len({request_id for _, request_id, _ in ear.asked("uploads")}) == 1
    assert len({request_id for _, request_id, _ in ear.asked("complete")}) == 1


def test_passerelle_away_leaves_the_job_to_the_next_rounds_of_cron(lycee, chimie, ear):
    ear.deaf = 8
    key = lycee.press_save(chimie, "mcurie")
    lycee.run_jobs()
    assert lycee.job(key)["status"] == "running"
    lycee.run_jobs()
    lycee.run_jobs()
    assert lycee.job(key)["status"] == "done"


@pytest.mark.parametrize(
    ("answer", "code"),
    [
        ((413, {"error": "too_large", "message": "Trop gros"}), "size"),
        ((403, {"error": "forbidden", "message": "Trop gros"}), "upload"),
    ],
)
def test_a_refused_upload_ends_the_job_with_passerelles_own_words(lycee, chimie, ear, answer, code):
    ear.refusal = answer
    key = lycee.press_save(chimie, "mcurie")
    lycee.run_jobs()
    assert lycee.job(key)["error"] == {"code": code, "message": "Trop gros"}


# -- the client itself ------------------------------------------------------------------------------------------


def send(client, archive, lycee, **more):
    course = {"courseid": 2, "idnumber": "x", "fullname": "X", "shortname": "x", "lastchange": 0}
    return client.upload(archive, intent="share", course=course, person=lycee.person("mcurie"), **more)


def test_a_retry_repeats_its_id_and_body_under_a_fresh_signature(lycee, ear):
    ear.deaf = 2
    send(lycee.client, b"a" * 10_000, lycee)
    first, second, third = ear.asked("uploads")
    assert first == second == third


def test_only_what_passerelle_lacks_is_sent_again(lycee, ear, tmp_path):
    archive = tmp_path / "a.mbz"
    archive.write_bytes(bytes(range(256)) * 64)
    ear.parts = {1: archive.read_bytes()[:4096], 3: archive.read_bytes()[8192:12288]}
    assert send(lycee.client, archive, lycee) == "u1"
    wanted = [asked["parts"] for _, _, asked in ear.asked("parts")]
    assert wanted == [[], [2, 4]]
    assert ear.completed == [archive.read_bytes()]


def test_addresses_that_expired_are_asked_for_afresh(lycee, ear):
    ear.refuse_puts = 1
    # The first batch makes headway only with its second address.
    ear.partsize = 6_000
    ear.parts = {}
    with pytest.raises(NotHeard):
        send(lycee.client, b"b" * 10_000, lycee)
    sending = Sending()
    assert send(lycee.client, b"b" * 10_000, lycee, sending=sending) == "u1"
    assert sending.done


def test_a_refusal_is_told_with_its_code_and_without_the_address(lycee, ear):
    ear.refusal = (422, {"error": "field", "field": "filesize"})
    with pytest.raises(Answered) as refused:
        send(lycee.client, b"c", lycee)
    assert (refused.value.status, refused.value.code) == (422, "field")
    assert "http" not in str(refused.value)


def test_nobody_listening_is_said_after_the_last_attempt(lycee):
    pauses = []
    client = SiteClient(
        "http://127.0.0.1:9",
        "lycee-a",
        "whsec_YQ==",
        patience=Patience(attempts=3, first_pause=1.0),
        pause=pauses.append,
    )
    with pytest.raises(NotHeard):
        client.ask("uploads", "uploads", {})
    assert pauses == [1.0, 2.0]
