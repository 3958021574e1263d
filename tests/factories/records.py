"""Valid by default: a test names only the value it is about.

The network has three sites: `caen` and `lille`, members, and `hub`. Times count from `NOW`.
"""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime
from typing import Any

from passerelle.domain.backups.manifest import (
    Activity,
    Container,
    Files,
    Inspection,
    LargeFile,
    Manifest,
    Origin,
    Section,
)
from passerelle.domain.backups.upload import CourseLine, Upload
from passerelle.domain.moodle.plugin import Job, JobStatus, SiteFacts, SiteLimits, SiteRole
from passerelle.domain.network import Assistance, Hub, Network, Site
from passerelle.domain.publishing.publication import Card, Contents, Publication, Retrieval
from passerelle.domain.records import Person, RunningJob, TargetLock
from passerelle.domain.states import BackupState

NOW = datetime(2026, 10, 5, 8, 0, tzinfo=UTC)
SHA = "5e" * 32
CLEAN_SHA = "c1" * 32
MIB = 1024 * 1024


def a_person(username: str = "ada", **changes: Any) -> Person:
    whole: dict[str, Any] = {
        "username": username,
        "idnumber": f"i-{username}",
        "email": f"{username}@example.org",
        "firstname": username.capitalize(),
        "lastname": "Lovelace",
        "lang": "fr",
    }
    return Person(**whole | changes)


def an_upload(id: str = "upload1", **changes: Any) -> Upload:  # noqa: A002 (the field's own name)
    """Accepted, for sharing, of caen's chemistry course. Its keys and sizes fit one another."""
    whole: dict[str, Any] = {
        "id": id,
        "site": "caen",
        "course_id": 42,
        "idnumber": "CHIM1",
        "intent": "share",
        "fullname": "Chimie générale",
        "shortname": "CHIM1",
        "filesize": 10 * MIB,
        "sha256": SHA,
        "lastchange": NOW,
        "person": a_person(),
        "sequence": 1,
        "multipart": "multipart-1",
        "created_at": NOW,
        "state": BackupState.ACCEPTED,
    }
    whole |= changes
    if whole["state"] == BackupState.ACCEPTED:
        whole = {"accepted_size": whole["filesize"], "accepted_sha256": CLEAN_SHA} | whole
    return Upload(**whole)


def a_card(title: str = "Chimie générale", **changes: Any) -> Card:
    whole: dict[str, Any] = {
        "title": title,
        "summary": "Atomes et liaisons.",
        "language": "fr",
        "level": "L1",
        "licence": "cc-by-sa",
    }
    return Card(**whole | changes)


def contents(**changes: Any) -> Contents:
    whole: dict[str, Any] = {
        "activities": {"page": 2, "quiz": 1},
        "sections": ("Atomes", "Liaisons"),
        "titles": ("Bohr", "Lewis", "Quiz 1"),
        "size": 10 * MIB,
        "moodle_release": "4.5.6",
        "plugins": ("mod_page", "mod_quiz"),
    }
    return Contents(**whole | changes)


def a_publication(id: str = "publication1", **changes: Any) -> Publication:  # noqa: A002
    """Requested, of `an_upload()`."""
    whole: dict[str, Any] = {
        "id": id,
        "upload": "upload1",
        "site": "caen",
        "idnumber": "CHIM1",
        "sequence": 1,
        "author": a_person(),
        "card": a_card(),
        "course_url": "https://caen.example/course/view.php?id=42",
        "requested_at": NOW,
        "contents": contents(),
    }
    return Publication(**whole | changes)


def a_retrieval(id: str = "retrieval1", **changes: Any) -> Retrieval:  # noqa: A002
    """Requested by a teacher of lille, of `a_publication()`, as a new course."""
    whole: dict[str, Any] = {
        "id": id,
        "publication": "publication1",
        "version": 1,
        "network_id": "caen:CHIM1",
        "site": "lille",
        "person": a_person("grace", lastname="Hopper"),
        "mode": "new",
        "requested_at": NOW,
    }
    return Retrieval(**whole | changes)


def a_line(id: str = "caen:CHIM1", **changes: Any) -> CourseLine:  # noqa: A002
    """The line of `an_upload()`: one sequence number given, nothing published."""
    whole: dict[str, Any] = {"id": id, "sequence": 1}
    return CourseLine(**whole | changes)


def a_running_job(id: str = "pub:publication1", **changes: Any) -> RunningJob:  # noqa: A002
    whole: dict[str, Any] = {
        "id": id,
        "site": "hub",
        "about": "publication",
        "about_id": "publication1",
        "started_at": NOW,
        "heard_at": NOW,
    }
    return RunningJob(**whole | changes)


def a_lock(id: str = "lille:7", **changes: Any) -> TargetLock:  # noqa: A002
    whole: dict[str, Any] = {"id": id, "holder": "ret:retrieval1", "until": NOW}
    return TargetLock(**whole | changes)


def a_site(name: str = "caen", **changes: Any) -> Site:
    whole: dict[str, Any] = {
        "title": f"Université {name.capitalize()}",
        "url": f"https://{name}.example",
        "token": f"/passerelle/tokens/{name}",
        "secrets": (f"/passerelle/signing/{name}",),
        "category": "PARTAGE",
        "assistance": Assistance(email=f"aide@{name}.example"),
    }
    return Site(**whole | changes)


def a_network(**changes: Any) -> Network:
    """Of `caen`, `lille` and `hub`. `hub__author_role="x"` reaches one field of the hub."""
    hub: dict[str, Any] = {"site": "hub", "category": "RESEAU"}
    inner = {key: changes.pop(key) for key in list(changes) if key.startswith("hub__")}
    hub |= {key.removeprefix("hub__"): value for key, value in inner.items()}
    whole: dict[str, Any] = {
        "name": "Réseau de Normandie",
        "sites": {name: a_site(name) for name in ("caen", "lille", "hub")},
        "hub": Hub(**hub),
    }
    return Network(**whole | changes)


def a_manifest(**changes: Any) -> Manifest:
    """Of `an_upload()`: no people, nothing to scrub, Moodle 4.5."""
    whole: dict[str, Any] = {
        "container": Container.TGZ,
        "moodle_release": "4.5.6 (Build: 20250811)",
        "moodle_version": "2024100706",
        "backup_release": "4.5",
        "backup_version": "2024100700",
        "backup_date": NOW,
        "origin": Origin(
            wwwroot="https://caen.example",
            site_hash="0123456789abcdef",
            course_id=42,
            fullname="Chimie générale",
            shortname="CHIM1",
            idnumber="CHIM1",
            format="topics",
            startdate=NOW,
            enddate=None,
            lang="fr",
        ),
        "settings": {"users": "0", "activities": "1", "blocks": "1"},
        "sections": (Section(1, 0, "Atomes"), Section(2, 1, "Liaisons")),
        "activities": (
            Activity(11, 1, "page", "Bohr"),
            Activity(12, 2, "page", "Lewis"),
            Activity(13, 2, "quiz", "Quiz 1"),
        ),
        "plugins": ("mod_page", "mod_quiz", "format_topics"),
        "groups": (),
        "files": Files(count=1, total_bytes=MIB, largest=(LargeFile("schema.png", MIB),)),
        "people": False,
        "people_evidence": ("users.xml: no user",),
        "traces": (),
        "old_links": (),
        "size": 10 * MIB,
        "sha256": SHA,
    }
    return Manifest(**whole | changes)


def an_inspection(**changes: Any) -> Inspection:
    """Accepted, with `a_manifest()`; changes of the manifest go through `manifest=`."""
    return replace(Inspection(accepted=True, reasons=(), manifest=a_manifest()), **changes)


def a_role(shortname: str = "teacher", **changes: Any) -> SiteRole:
    ids = {"manager": 1, "coursecreator": 2, "editingteacher": 3, "teacher": 4, "student": 5}
    whole: dict[str, Any] = {
        "id": ids.get(shortname, 90),
        "shortname": shortname,
        "archetype": shortname if shortname in ids else "",
        "contextlevels": ("course",),
        "capabilities": ("moodle/course:view",),
    }
    return SiteRole(**whole | changes)


def a_site_facts(**changes: Any) -> SiteFacts:
    """A Moodle 4.5 with the three plugins."""
    whole: dict[str, Any] = {
        "release": "4.5.6 (Build: 20250811)",
        "version": "2024100706",
        "site": "hub",
        "wwwroot": "https://hub.example",
        "plugins": {
            "local_passerelle": 2026100100,
            "block_passerelle": 2026100100,
            "enrol_passerelle": 2026100100,
        },
        "roles": tuple(a_role(name) for name in ("manager", "editingteacher", "teacher", "student")),
        "limits": SiteLimits(1000, 2 * 1024 * MIB, 2 * 1024 * MIB, 0),
        "languages": ("en", "fr"),
        "now": NOW,
    }
    return SiteFacts(**whole | changes)


def a_job(jobkey: str = "pub:publication1", **changes: Any) -> Job:
    """A restore in its queue."""
    whole: dict[str, Any] = {
        "jobkey": jobkey,
        "status": JobStatus.QUEUED,
        "kind": "restore",
        "phase": "queued",
        "timemodified": NOW,
    }
    return Job(**whole | changes)
