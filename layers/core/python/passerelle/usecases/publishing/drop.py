"""Publishing without the block: an archive in a drop folder, or one that is given to the command (P21)."""

from __future__ import annotations

import html
import re
from collections.abc import Mapping

from passerelle.domain.backups.manifest import Manifest
from passerelle.domain.backups.upload import CourseLine, Upload, number
from passerelle.domain.network import Drop
from passerelle.domain.publishing.card_file import read_card
from passerelle.domain.publishing.publication import Publication, home_idnumber
from passerelle.domain.records import Moment, Note, Person, derived_id, network_id
from passerelle.domain.site_commands import AskPublication
from passerelle.domain.states import BackupState, PublicationState
from passerelle.errors import GiveUp, Refused
from passerelle.ports import World
from passerelle.usecases.amend import amend, found_or_added, list_all
from passerelle.usecases.backups import inspect, receive
from passerelle.usecases.publishing import ask
from passerelle.usecases.publishing.refusals import FOLDER, refused_key, write_refusal

_LONGEST_SUMMARY = 5_000


def take_arrived(world: World, key: str) -> None:
    """Whatever S3 announced: a site's upload, or an archive in a drop folder. Safe to repeat."""
    if not key.startswith(FOLDER):
        inspect.inspect_backup(world, key)
        return
    if not key.endswith(".mbz") or key.count("/") < 2:
        return
    name = key.split("/")[1]
    site = world.network.sites.get(name)
    if site is None or site.drop is None:
        if world.archives.stamp(key) is not None:
            write_refusal(world, key, [Note("drop_not_allowed", {"site": name})])
        return
    take(world, name, key, site.drop)


def take(
    world: World, site: str, key: str, drop: Drop, card: Mapping[str, str] | None = None
) -> Upload | None:
    """Prove, scrub and publish the archive under `key`. None where it was refused, or is gone.

    What it is called follows from its content: the same archive twice is one upload and one publication.
    Raises TryAgain.
    """
    stamp = world.archives.stamp(key)
    if stamp is None:
        return None
    try:
        upload = _checked(world, site, key, drop)
        if upload.state == BackupState.ACCEPTED and drop.publish:
            _publish(world, upload, drop, card if card is not None else _card_beside(world, key))
    except Refused as refusal:
        told = {name: str(value) for name, value in refusal.details.items()}
        write_refusal(world, key, [Note(refusal.code, told)])
        return None
    except _Several as several:
        write_refusal(world, key, several.notes)
        return None
    if world.archives.stamp(key) == stamp:  # else another one lies there by now
        world.archives.delete(key)
        world.archives.delete(refused_key(key))
    return upload


class _Several(GiveUp):
    def __init__(self, notes: tuple[Note, ...]) -> None:
        super().__init__(notes[0].code)
        self.notes = notes


def _checked(world: World, site: str, key: str, drop: Drop) -> Upload:
    """The upload with its verdict. Raises Refused, _Several."""
    inspection = world.backups.look(key)
    manifest = inspection.manifest
    if not inspection.accepted or manifest is None:
        raise _Several(inspect.reasons_of(inspection) or (Note("not_a_backup"),))
    upload = world.records.get(Upload, derived_id("drop", site, manifest.sha256))
    if upload is not None and upload.state == BackupState.DELETED:
        raise Refused("drop_taken_before")
    if upload is None:
        upload = _opened(world, site, key, drop, manifest)
    if upload.state == BackupState.UPLOADING:
        upload = receive.receive(world, upload, "arrived in the drop folder")
    if upload.state == BackupState.RECEIVED:
        upload = inspect.check(world, upload, key)
    inspect.follow_up(world, upload)
    if upload.state == BackupState.REFUSED:
        raise _Several(upload.reasons)
    return upload


def _opened(world: World, site: str, key: str, drop: Drop, manifest: Manifest) -> Upload:
    origin = manifest.origin
    course = derived_id("course", site, origin.site_hash, str(origin.course_id))
    idnumber = origin.idnumber.strip() or home_idnumber(course)
    line_id = network_id(site, idnumber)
    if len(line_id) > receive.LONGEST_NETWORK_ID:
        raise Refused(
            "idnumber_too_long", size=len(idnumber), limit=receive.LONGEST_NETWORK_ID - len(site) - 1
        )
    _refuse_older(world, line_id, manifest)
    upload_id = derived_id("drop", site, manifest.sha256)
    author = _author(world, site, drop.author)
    found_or_added(world.records, CourseLine(id=line_id))
    line = amend(world.records, CourseLine, line_id, lambda before: number(upload_id, before))
    now = world.clock.now()
    upload = Upload(
        id=upload_id,
        site=site,
        course_id=origin.course_id,
        idnumber=idnumber,
        intent="share",
        fullname=origin.fullname,
        shortname=origin.shortname,
        filesize=manifest.size,
        sha256=manifest.sha256,
        lastchange=manifest.backup_date,
        person=author,
        sequence=line.sequence,
        multipart="",
        created_at=now,
        dropped=key,
        history=(Moment(BackupState.UPLOADING.value, now, "found in the drop folder"),),
    )
    return found_or_added(world.records, upload)


def _refuse_older(world: World, line_id: str, manifest: Manifest) -> None:
    """A shelf comes in any order: what is older than what was taken already is no next version."""
    taken = [
        upload.lastchange
        for upload in list_all(world.records, Upload, "course", line_id)
        if upload.dropped and upload.lastchange is not None and upload.state == BackupState.ACCEPTED
    ]
    if taken and manifest.backup_date < max(taken):
        raise Refused("drop_older", made=f"{manifest.backup_date:%d/%m/%Y}", newer=f"{max(taken):%d/%m/%Y}")


def _author(world: World, site: str, username: str) -> Person:
    lms = world.sites.lms(site)
    found = [user for user in lms.find_users("username", [username]).get(username, ()) if not user.suspended]
    if len(found) != 1:
        raise Refused("drop_author_unknown", author=username)
    user = found[0]
    return Person(
        username=user.username,
        idnumber=user.idnumber,
        email=user.email or "",
        firstname=user.firstname,
        lastname=user.lastname,
        lang=user.lang or world.network.sites[site].language,
    )


def _card_beside(world: World, key: str) -> Mapping[str, str]:
    text = world.archives.text(key[: -len(".mbz")] + ".yaml")
    return {} if text is None else read_card(text)


def _publish(world: World, upload: Upload, drop: Drop, card: Mapping[str, str]) -> None:
    before = list_all(world.records, Publication, "course", upload.network_id)
    if any(p.upload == upload.id and p.state != PublicationState.FAILED for p in before):
        return  # published, or withdrawn since: the same file publishes once
    manifest = world.papers.load(Manifest, upload.manifest_key)
    origin = None if manifest is None else manifest.origin
    ask.ask(
        world,
        AskPublication(
            request=upload.id,
            site=upload.site,
            type="publications",
            action="publish",
            person=upload.person,
            courseid=upload.course_id,
            idnumber=upload.idnumber,
            title=card.get("title") or upload.fullname,
            summary=card.get("summary") or _plain(origin.summary if origin else ""),
            language=card.get("language") or (origin.lang if origin else ""),
            level=card.get("level", ""),
            licence=card.get("licence") or drop.licence,
            declaration=True,  # of whoever opened the drop folder, in network.yaml
            course_url=f"{origin.wwwroot}/course/view.php?id={origin.course_id}" if origin else "",
            category_idnumber=card.get("category") or drop.category,
        ),
    )


def _plain(summary: str) -> str:
    text = html.unescape(re.sub(r"<[^>]*>", " ", summary))
    return re.sub(r"\s+", " ", text).strip()[:_LONGEST_SUMMARY]
