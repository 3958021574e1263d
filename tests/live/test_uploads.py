"""Backups on their way from a site to Passerelle."""

import hashlib
import hmac
import io
import struct
import tarfile

import pytest

from tests.live.ground import Refused, fresh, new_key


def sent(counterpart, job):
    return counterpart.uploads[job["upload"]]


@pytest.mark.rule("P3")
def test_a_backup_arrives_whole_signed_and_without_people(ground, full_course, counterpart):
    job = ground.run("start_backup", courseid=full_course["courseid"], intent="share")
    assert (job["status"], job["error"]) == ("done", None)
    upload = sent(counterpart, job)
    content = upload.content()
    assert upload.completed
    assert hashlib.sha256(content).hexdigest() == upload.opened["sha256"]
    assert len(content) == upload.opened["filesize"]
    assert upload.opened["idnumber"] == full_course["idnumber"]
    with tarfile.open(fileobj=io.BytesIO(content)) as members:
        names = members.getnames()
    assert "moodle_backup.xml" in names
    assert "users.xml" not in names
    assert counterpart.refused == []


@pytest.mark.rule("P20")
def test_hashes_of_the_sites_people_come_along(ground, full_course, counterpart, teacher):
    job = ground.run("start_backup", courseid=full_course["courseid"], intent="share")
    upload = sent(counterpart, job)
    assert upload.people["sent"] is True
    assert upload.people["filesize"] == len(upload.hashes)
    assert upload.people["sha256"] == hashlib.sha256(upload.hashes).hexdigest()
    magic, version, width, zero, *counts = struct.unpack(">8sBBHIII", upload.hashes[:24])
    assert (magic, version, width, zero) == (b"PSLPEOPL", 1, 8, 0)
    salt, rows = upload.hashes[24:56], upload.hashes[56:]
    assert len(rows) == 8 * sum(counts)

    def holds(kind, value):
        at = "eln".index(kind)
        start = 8 * sum(counts[:at])
        known = [rows[i : i + 8] for i in range(start, start + 8 * counts[at], 8)]
        assert known == sorted(set(known))
        return hmac.digest(salt, (kind + value).encode(), "sha256")[:8] in known

    assert holds("e", f"{teacher}@example.org")
    assert holds("l", teacher)
    assert holds("n", "ada live")
    assert holds("n", "live ada")
    assert not holds("l", "admin")
    assert not holds("e", teacher)


@pytest.mark.parametrize("fault", ["put-500", "put-cut"])
def test_a_part_that_is_cut_is_sent_again(ground, full_course, counterpart, fault):
    counterpart.faults.append(fault)
    job = ground.run("start_backup", courseid=full_course["courseid"], intent="share")
    assert job["status"] == "done", job["error"]
    content = sent(counterpart, job).content()
    assert hashlib.sha256(content).hexdigest() == sent(counterpart, job).opened["sha256"]
    assert counterpart.faults == []


@pytest.mark.rule("P1")
def test_a_course_without_number_gets_one_that_no_offer_has(ground, archive, category, counterpart):
    made = ground.run("start_restore", mode="new", category=category, **archive())
    assert ground.state(made["courseid"])["idnumber"] == ""
    job = ground.run("start_backup", courseid=made["courseid"], intent="share")
    number = ground.state(made["courseid"])["idnumber"]
    assert number.startswith("psl-")
    assert sent(counterpart, job).opened["idnumber"] == number


def test_passerelle_hears_of_the_end(ground, full_course, counterpart):
    job = ground.run("start_backup", courseid=full_course["courseid"], intent="share")
    ground.cron()
    heard = [one for one in counterpart.jobs if one["jobkey"] == job["jobkey"]]
    assert heard[-1]["status"] == "done"
    assert heard[-1]["upload"] == job["upload"]


def test_a_course_that_does_not_exist_is_not_backed_up(ground):
    job = ground.run("start_backup", courseid=99_999_999, intent="share")
    assert job["error"]["code"] == "courseunknown"


def test_an_intent_that_is_none_is_refused(ground, course):
    with pytest.raises(Refused):
        ground.call("start_backup", jobkey=new_key(), courseid=course["courseid"], intent=fresh("x"))
