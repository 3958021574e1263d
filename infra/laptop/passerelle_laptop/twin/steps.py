"""The steps of each kind of job: restore, backup, undo, stash."""

from __future__ import annotations

import hashlib
import re
import secrets
import shutil
from collections.abc import Callable
from pathlib import Path
from urllib.parse import urlsplit

import requests

from passerelle_laptop.site_client import Answered, NotHeard, Person, Sending
from passerelle_laptop.twin.archive import Archive, read
from passerelle_laptop.twin.asked import Asked
from passerelle_laptop.twin.belongings import given_to, keeper, may_override, with_overrides
from passerelle_laptop.twin.core_enrolments import enrol_by_hand
from passerelle_laptop.twin.mbz import write_backup
from passerelle_laptop.twin.people_file import SALT, people_file
from passerelle_laptop.twin.plugin_jobs import OVERRIDE
from passerelle_laptop.twin.plugin_site import holdings, last_change
from passerelle_laptop.twin.reach import may_give
from passerelle_laptop.twin.records import Course, EnrolInstance, StashedFile
from passerelle_laptop.twin.restore import Options, restore_into
from passerelle_laptop.twin.safety import clear, put_back, remember
from passerelle_laptop.twin.state import fresh_idnumber, numbered
from passerelle_laptop.twin.walk import JobFailed, Killed, Walk

_BLOCK = 1 << 20
_OK, _GONE = 200, frozenset({400, 401, 403, 404, 410})
_TIMEOUT = 60
_DATED = re.compile(r"(.+)_\d{8}\.mbz$")


# -- restore ----------------------------------------------------------------------------------------------


def restore(walk: Walk) -> None:
    walk.step("check", 0.05, _check_target)
    walk.step("download", 0.1, _download)
    found: list[Archive] = []
    walk.step("precheck", 0.4, lambda step: found.append(_precheck(step)))
    if walk.job.args["mode"] != "new":
        walk.step("safety", 0.5, _safety)
    walk.step("restore", 0.6, lambda step: _restore(step, found[0]))
    walk.step("owners", 0.9, _owners)


def _check_target(walk: Walk) -> None:
    args, state = walk.job.args, walk.site.state
    host = urlsplit(args["sourceurl"])
    if host.hostname not in walk.site.settings.allowed_hosts and host.netloc not in (
        walk.site.settings.allowed_hosts
    ):
        raise JobFailed("hostnotallowed")
    with walk.site.lock:
        if args["mode"] == "new":
            if args["category"] and args["category"] not in state.categoryidnumbers:
                raise JobFailed("categoryunknown", args["category"])
            if args["idnumber"] and args["idnumber"] in state.courseidnumbers:
                raise JobFailed("idnumbertaken", args["idnumber"])
            if args["shortname"] and args["shortname"] in state.shortnames:
                raise JobFailed("shortnametaken", args["shortname"])
            return
        course = _target(walk)
        override = {pair["name"]: pair["value"] for pair in args["settings"]}.get(OVERRIDE) == "1"
        held = holdings(course)
        if args["mode"] == "replace" and not override and (held or course.restores):
            found = ", ".join(f"{kind}: {count}" for kind, count in held.items())
            raise JobFailed("notempty", found or "restored")


def _target(walk: Walk) -> Course:
    args, state = walk.job.args, walk.site.state
    number = args["courseid"] or state.courseidnumbers.get(args["idnumber"], 0)
    course = state.courses.get(number)
    if course is None or (args["courseid"] and args["idnumber"] and course.idnumber != args["idnumber"]):
        raise JobFailed("courseunknown")
    return course


def _download(walk: Walk) -> None:
    """Straight to disk; length and SHA-256 verified; no redirects."""
    args = walk.job.args
    target = walk.site.workfile(walk.job.jobkey)
    walk.job.workfile = str(target)
    answer = _open(walk, args["sourceurl"])
    if answer.status_code in _GONE:
        answer = _open(walk, _fresh_address(walk))
    if answer.status_code != _OK:
        raise JobFailed("download", f"HTTP {answer.status_code}")
    digest, size = hashlib.sha256(), 0
    try:
        with answer, target.open("wb") as out:
            for block in answer.iter_content(_BLOCK):
                size += len(block)
                if size > args["filesize"]:
                    raise JobFailed("size")
                digest.update(block)
                out.write(block)
    except requests.RequestException:
        raise JobFailed("download") from None
    if size != args["filesize"]:
        raise JobFailed("size")
    if digest.hexdigest() != args["sha256"]:
        raise JobFailed("sha256")


def _open(walk: Walk, address: str) -> requests.Response:
    try:
        return walk.site.outside.get(address, stream=True, timeout=_TIMEOUT, allow_redirects=False)
    except requests.RequestException:
        # Nothing of the original goes further: it holds the address.
        raise JobFailed("download") from None


def _fresh_address(walk: Walk) -> str:
    client = walk.site.client
    if client is None:
        raise JobFailed("download")
    try:
        return str(client.source(walk.job.jobkey)["url"])
    except (Answered, NotHeard):
        raise JobFailed("download") from None


def _precheck(walk: Walk) -> Archive:
    site = walk.site
    archive = read(Path(walk.job.workfile), site.vault)
    if site.faults.for_job("precheck", walk.job.kind, walk.job.jobkey):
        raise JobFailed("precheck", "rolesnotfound")
    if archive.has_people:
        raise JobFailed("peopleinside")
    kinds = {detail.findtext("type") for detail in archive.information.iterfind("details/detail")}
    if kinds != {"course"}:
        raise JobFailed("precheck", "not a course")
    if archive.version > int(site.settings.version):
        # To Moodle a backup of a newer Moodle is only a warning (infra/docs/moodle.md).
        walk.warn("newerrelease", archive.backup_release)
    return archive


def _safety(walk: Walk) -> None:
    with walk.site.lock:
        walk.job.safety = remember(walk.site.state, _target(walk))


def _restore(walk: Walk, archive: Archive) -> None:
    site, job = walk.site, walk.job
    args = job.args
    exclude: dict[str, set[int]] = {}
    for row in args["exclude"]:
        exclude.setdefault(row["kind"], set()).add(row["id"])
    settings = {pair["name"]: pair["value"] for pair in args["settings"]}
    options = Options(args["mode"], settings, exclude, args["keep_dates"])
    with site.lock:
        if not walk.alive():
            raise Killed
        course = _new_course(walk, archive) if args["mode"] == "new" else _target(walk)
        archive = _given(walk, archive, course, asked_overrides=options.wants("permissions", default=False))
        job.courseid = course.id
        if site.faults.for_job("killed", job.kind, job.jobkey, "restore", "during"):
            if args["mode"] == "replace":
                clear(course)
            raise Killed
        job.map = restore_into(
            site.state,
            site.vault,
            archive,
            course,
            options,
            site.settings.plugin_names(),
            site.now(),
            walk.warn,
            job.jobkey,
        )
        course.lastevent = min(course.lastevent, course.timemodified)
        if job.safety is not None:
            job.safety.edits, job.safety.restores = course.edits, course.restores


def _given(walk: Walk, archive: Archive, course: Course, *, asked_overrides: bool) -> Archive:
    """Everything is the person's; of the overrides that are asked for those come that they could set."""
    state, person = walk.site.state, walk.job.args["person"]
    may_set = may_override(state, course.id, person if asked_overrides else "")
    archive, left = with_overrides(given_to(archive, keeper(state, person)), may_set)
    if asked_overrides and left:
        walk.warn("overridesleftout", ", ".join(left))
    return archive


def _new_course(walk: Walk, archive: Archive) -> Course:
    site, args = walk.site, walk.job.args
    state, source = site.state, archive.course()
    now = site.now()
    course = Course(
        id=state.sequences.next("course"),
        shortname=args["shortname"] or numbered(source.findtext("shortname") or "course", state.shortnames),
        fullname=args["fullname"] or source.findtext("fullname") or "",
        category=state.categoryidnumbers.get(args["category"], min(state.categories)),
        idnumber=args["idnumber"],
        visible=args["visible"],
        newsitems=0,
        timecreated=now,
        timemodified=now,
        contextid=state.sequences.next("context"),
    )
    state.put_course(course)
    state.put_instance(EnrolInstance(state.sequences.next("enrol"), course.id, "manual"))
    walk.job.made = course.id
    return course


def _owners(walk: Walk) -> None:
    """Owners are the course's people, not the shop's nor the night's: enrolled by hand."""
    site, job = walk.site, walk.job
    with site.lock:
        state = site.state
        instance = state.instance(job.courseid or 0, "manual")
        roles = {role.shortname: role.id for role in state.roles.values()}
        for owner in job.args["owners"]:
            user = state.user_named(owner["username"].lower())
            if user is None:
                walk.warn("ownerunknown", owner["username"])
            elif owner["role"] not in roles or instance is None:
                walk.warn("roleunknown", owner["role"])
            elif not may_give(site.settings, state.roles[roles[owner["role"]]]):
                walk.warn("apply_rolenotallowed", owner["role"])
            else:
                enrol_by_hand(state, instance, user.id, roles[owner["role"]])


# -- backup -------------------------------------------------------------------------------------------------


def backup(walk: Walk) -> None:
    """Make the archive, open an upload, send its parts, complete. A killed one goes on where it stopped."""
    job = walk.job
    if not (job.sending and job.sending.opening and job.workfile and Path(job.workfile).exists()):
        walk.step("backup", 0.1, _make)
    client = walk.site.client
    if client is None:
        raise JobFailed("upload")
    args, sending = job.args, job.sending or Sending()
    job.sending = sending
    shares = {"open": 0.4, "send": 0.5, "complete": 0.95}
    last = ""

    def tell(phase: str, share: float) -> None:
        nonlocal last
        if phase != last:
            if last:
                walk.strike(last, "after")
            last = phase
            walk.enter(phase, shares[phase])
        job.progress = shares[phase] + (0.45 * share if phase == "send" else 0)

    job.upload = client.upload(
        Path(job.workfile),
        intent=args["intent"],
        course=args["course"],
        person=Person(**args["person"]),
        people=_people(walk),
        sending=sending,
        progress=tell,
    )
    walk.strike(last, "after")


def _people(walk: Walk) -> bytes:
    """Empty where the site has switched it off."""
    site = walk.site
    if not site.settings.sends_people:
        return b""
    with site.lock:
        return people_file(site.state.users.values(), secrets.token_bytes(SALT))


def _make(walk: Walk) -> None:
    site, job = walk.site, walk.job
    target = site.workfile(job.jobkey)
    with site.lock:
        course = site.state.courses.get(job.args["courseid"])
        if course is None:
            raise JobFailed("courseunknown")
        if not course.idnumber:
            # P1: the only change ever made to a source course.
            site.state.change_course(course, idnumber=fresh_idnumber())
        job.courseid, job.workfile, job.sending = course.id, str(target), Sending()
        asked = Asked(site, site.service_user(), privileged=True, now=site.now())
        job.args["course"] = {
            "courseid": course.id,
            "idnumber": course.idnumber,
            "fullname": course.fullname,
            "shortname": course.shortname,
            "lastchange": last_change(asked, course),
        }
        job.args.setdefault("person", site.person(site.service_user()).body())
        write_backup(
            site.state,
            site.vault,
            course,
            site.words(),
            target,
            site.now(),
            without=job.args.get("without", ()),
        )


# -- undo, stash ---------------------------------------------------------------------------------


def undo(walk: Walk) -> None:
    walk.step("check", 0.1, _may_undo)
    walk.step("putback", 0.5, _undo)


def _may_undo(walk: Walk) -> None:
    site = walk.site
    with site.lock:
        done = site.state.jobs.get(walk.job.args["restorejobkey"])
        if done is None or done.kind != "restore" or done.safety is None or done.status != "done":
            raise JobFailed("nosafety")
        if done.undoneby not in {"", walk.job.jobkey}:
            raise JobFailed("alreadyundone")
        course = site.state.courses.get(done.safety.course.id)
        if course is None:
            raise JobFailed("courseunknown")
        if (course.edits, course.restores) != (done.safety.edits, done.safety.restores):
            raise JobFailed("changed")
        walk.job.courseid = course.id


def _undo(walk: Walk) -> None:
    site = walk.site
    with site.lock:
        done = site.state.jobs[walk.job.args["restorejobkey"]]
        if done.safety is not None:
            put_back(site.state, done.safety)
        done.undoneby = walk.job.jobkey


def stash(walk: Walk) -> None:
    walk.step("check", 0.05, _check_owner)
    walk.step("download", 0.1, _download)
    walk.step("store", 0.9, _store_without_people)


def _check_owner(walk: Walk) -> None:
    host = urlsplit(walk.job.args["sourceurl"])
    allowed = walk.site.settings.allowed_hosts
    if host.hostname not in allowed and host.netloc not in allowed:
        raise JobFailed("hostnotallowed")
    with walk.site.lock:
        if walk.site.state.user_named(walk.job.args["username"].lower()) is None:
            raise JobFailed("invalid", "unknownuser")


def _store_without_people(walk: Walk) -> None:
    if read(Path(walk.job.workfile), walk.site.vault).has_people:
        raise JobFailed("peopleinside")
    _store(walk)


def _store(walk: Walk) -> None:
    """Into the private backup area; a newer one of the same course replaces the older (R4)."""
    site, args = walk.site, walk.job.args
    source = Path(walk.job.workfile)
    target = site.stash_path(args["sha256"])
    shutil.copyfile(source, target)
    with site.lock:
        user = site.state.user_named(args["username"].lower())
        if user is None:
            raise JobFailed("invalid", "unknownuser")
        held = [
            file
            for file in site.state.stash.get(user.id, [])
            if not _of_one_course(file.filename, args["filename"])
        ]
        held.append(StashedFile(args["filename"], args["filesize"], args["sha256"], str(target), site.now()))
        site.state.stash[user.id] = held


def _of_one_course(old: str, new: str) -> bool:
    """The names end in a date, with code, title and year before it; a person's own files stay."""
    before, after = _DATED.match(old), _DATED.match(new)
    return old == new or (before is not None and after is not None and before[1] == after[1])


STEPS: dict[str, Callable[[Walk], None]] = {
    "restore": restore,
    "backup": backup,
    "undo": undo,
    "stash": stash,
}
