"""Everything that is learnt of one archive while it streams by, and what follows from it."""

from __future__ import annotations

import hashlib
import heapq
import re
from collections import Counter
from dataclasses import replace
from datetime import UTC, datetime
from typing import TYPE_CHECKING

from passerelle.domain.backups.manifest import (
    Activity,
    Container,
    Files,
    Group,
    LargeFile,
    Manifest,
    Means,
    Origin,
    PersonalTrace,
    Section,
    Total,
)
from passerelle.mbz.findings import Broken
from passerelle.mbz.links import Links
from passerelle.mbz.names import Names, printable
from passerelle.mbz.personal import NULL, is_number, is_third_party

if TYPE_CHECKING:
    from passerelle.mbz.findings import Findings
    from passerelle.mbz.limits import Limits
    from passerelle.mbz.people import People

_LARGEST = 10
_MIMETYPES = 500
_EVIDENCE = 50
_PLACES = 2_000
_ROW = 150  # bytes of a small object and its place in a dictionary
_MAX_PLUGIN = 100
_RELEASE = re.compile(r"([0-9]{1,4})\.([0-9]{1,4})")
_EMPTY_HASH = bytes.fromhex("da39a3ee5e6b4b0d3255bfef95601890afd80709")  # Moodle keeps no empty content


class Facts:
    """Facts in, manifest and reasons out. Its memory grows with names, never with contents."""

    def __init__(
        self, limits: Limits, findings: Findings, *, people: People | None = None, keep_keys: bool = False
    ) -> None:
        self.limits = limits
        self.findings = findings
        self.people = people  # what the site knows of its people (P20)
        self.keep_keys = keep_keys  # passwords that open something stay
        self.names = Names(findings)
        self.links = Links()
        self.information: dict[str, str] = {}  # the leaves of moodle_backup.xml's <information>
        self.kind = ""  # course, section or activity
        self.settings: dict[str, str] = {}
        self.course: dict[str, str] = {}  # the leaves of course/course.xml
        self.activities: list[Activity] = []
        self.directories: list[str] = []
        self.graded: set[str] = set()  # directories of activities that have grades
        self._references: dict[str, set[int]] = {}  # directory → ids of users that its inforef.xml names
        self._accounted: dict[str, set[int]] = {}  # directory → ids of users found in it
        self._activity_contents: dict[str, tuple[int, bytes]] = {}  # directory → its context, its digest
        self._context_files: dict[int, int] = {}  # context → sum of the hashes of its files
        self._left_out: list[str] = []
        self._left_out_count = 0
        self._nested = ""  # a member that is an archive itself
        self.section_ids: list[tuple[int, str]] = []  # of moodle_backup.xml, with their titles
        self.sections: dict[int, Section] = {}
        self.groups: list[Group] = []
        self.plugins: set[str] = set()
        self.people_found: Counter[str] = Counter()
        self.traces: Counter[tuple[str, str, Means, bool]] = Counter()
        self.files_rows = 0
        self.files_bytes = 0
        self._largest: list[tuple[int, str]] = []
        self._mimetypes: dict[str, tuple[int, int]] = {}
        self._contents: dict[bytes, int] = {}  # SHA-1 → size of what lies in files/
        self._awaited: dict[bytes, int] = {}  # content that files.xml names and that has not come yet
        self._kept = 0

    # what readers tell

    def add_person(self, member: str, element: str) -> None:
        where = f"{member}: {element}"
        if where in self.people_found or len(self.people_found) < _PLACES:
            self.people_found[where] += 1

    def add_trace(self, member: str, element: str, means: Means, *, scrubbed: bool, times: int = 1) -> None:
        where = (member, element[:200], means, scrubbed)
        if where not in self.traces and len(self.traces) >= _PLACES:
            where = ("", "…", means, scrubbed)  # so many places that only their sum is kept
        self.traces[where] += times

    def add_reference(self, directory: str, user: str) -> None:
        """Moodle says that this activity refers to this user (P20)."""
        self._note_user(self._references, directory, user)

    def account_for(self, directory: str, user: str) -> None:
        """A field of this activity holds this id, and was scrubbed or reported."""
        self._note_user(self._accounted, directory, user)

    def _note_user(self, users: dict[str, set[int]], directory: str, user: str) -> None:
        number = _number(user)
        if number and number not in users.setdefault(directory, set()):
            self.keep()
            users[directory].add(number)

    def add_activity_content(self, directory: str, context: int, digest: bytes) -> None:
        """What an activity's own file holds (P22)."""
        self.keep(directory)
        self._activity_contents[directory] = (context, digest)

    def _add_file_of_context(self, row: dict[str, str]) -> None:
        """In whatever order they come: a sum."""
        told = "\0".join(row.get(name, "") for name in ("contenthash", "filearea", "filepath", "filename"))
        digest = hashlib.blake2b(told.encode("utf-8", "replace"), digest_size=8).digest()
        context = _number(row.get("contextid"))
        if context not in self._context_files:
            self.keep()
        total = self._context_files.get(context, 0) + int.from_bytes(digest, "big")
        self._context_files[context] = total % 2**64

    def _content_of(self, directory: str) -> str:
        if directory not in self._activity_contents:
            return ""
        context, digest = self._activity_contents[directory]
        files = self._context_files.get(context, 0) if context else 0
        return hashlib.blake2b(digest + files.to_bytes(8, "big"), digest_size=8).hexdigest()

    def leave_out(self, name: str) -> None:
        """A member that Moodle never writes, and that is not handed on."""
        self._left_out_count += 1
        if len(self._left_out) < _EVIDENCE:
            self._left_out.append(printable(name))
        if not self._nested and name.lower().endswith((".mbz", ".zip", ".tgz", ".tar.gz", ".imscc")):
            self._nested = printable(name)

    def add_content(self, name: str, size: int) -> None:
        self._contents[bytes.fromhex(name.rsplit("/", 1)[1])] = size

    def add_file(self, row: dict[str, str]) -> None:
        """A row of files.xml."""
        name = row.get("filename", "")
        if name == ".":
            return
        self._add_file_of_context(row)
        size = _number(row.get("filesize"))
        self.files_rows += 1
        self.files_bytes += size
        entry = (size, name)
        if len(self._largest) < _LARGEST:
            heapq.heappush(self._largest, entry)
        else:
            heapq.heappushpop(self._largest, entry)
        kind = _text(row.get("mimetype", ""))
        if kind not in self._mimetypes and len(self._mimetypes) >= _MIMETYPES:
            kind = ""
        count, total = self._mimetypes.get(kind, (0, 0))
        self._mimetypes[kind] = (count + 1, total + size)
        # Moodle leaves out what lies in another repository and is only referred to.
        if not _text(row.get("repositorytype", "")):
            self._await_content(row.get("contenthash", ""), size)

    def _await_content(self, contenthash: str, size: int) -> None:
        try:
            digest = bytes.fromhex(contenthash)
        except ValueError:
            digest = b""
        if len(digest) != len(_EMPTY_HASH):
            self.findings.add("content_without_hash", "files.xml")
            return
        if digest == _EMPTY_HASH:
            if size:
                self.findings.add("content_of_other_size", "files.xml")
            return
        known = self._contents.get(digest, self._awaited.get(digest))
        if known is None:
            self.keep()
            self._awaited[digest] = size
        elif known != size:
            self.findings.add("content_of_other_size", _content_name(digest))

    def keep(self, *texts: str) -> None:
        """Account for something that stays in memory until the verdict. Raises Broken."""
        self._kept += _ROW + sum(map(len, texts))
        if self._kept > self.limits.kept:
            raise Broken("too_many_things")

    def add_plugin(self, plugin: str) -> None:
        if plugin not in self.plugins and len(plugin) <= _MAX_PLUGIN:
            self.keep(plugin)
            self.plugins.add(plugin)

    # what follows

    def judge(self, *, target_release: str | None, contents_read: bool = True) -> None:
        """Add the reasons that only the whole archive shows."""
        if not self.information:
            self._judge_foreign()
            return
        if self.information.get("details/format", "moodle2") != "moodle2":
            self.findings.add("other_format")
        if self.kind != "course":
            self.findings.add("part_of_a_course")
        if self.people_found:
            self._judge_people()
        if self._files_are_off():
            self.findings.add("files_off")
        else:
            self._judge_contents()
        self._judge_activities()
        if contents_read and self.kind == "course":
            self._judge_members()
        if target_release is not None:
            self._judge_release(target_release)
        self._report_references()

    def _judge_foreign(self) -> None:
        """What an archive without moodle_backup.xml is instead."""
        folder = next((name for name in self.names.folders if f"{name}/moodle_backup.xml" in self.names), "")
        if folder:
            self.findings.add("packed_in_a_folder", folder=printable(folder))
        elif "moodle.xml" in self.names:
            self.findings.add("moodle_1_backup")
        elif "imsmanifest.xml" in self.names:
            self.findings.add("common_cartridge")
        elif self._nested:
            self.findings.add("archive_in_archive", self._nested)
        else:
            self.findings.add("no_moodle_backup")

    def _judge_people(self) -> None:
        """A plugin that writes its users whatever the settings say is named: no other backup would help."""
        rows = sorted(self.people_found, key=_behind_users)
        culprits: dict[str, str] = {}
        for row in rows:
            member = row.partition(":")[0]
            directory = "/".join(member.split("/")[:2])
            if self.settings.get("users") != "0" or not is_third_party(member):
                self.findings.add("users_inside", member)
                return
            culprits.setdefault(directory, member)
        titles = self._titles()
        for directory, member in culprits.items():
            module = directory.removeprefix("activities/").rsplit("_", 1)[0]
            self.findings.add(
                "activity_writes_people",
                member,
                title=titles.get(directory) or directory.removeprefix("activities/"),
                module=module,
            )

    def _titles(self) -> dict[str, str]:
        return {
            directory: activity.title
            for directory, activity in zip(self.directories, self.activities, strict=True)
        }

    def _report_references(self) -> None:
        """Whom Moodle says an activity refers to, in fields that nobody here knows (P20)."""
        for directory, users in self._references.items():
            unknown = len(users - self._accounted.get(directory, set()))
            if unknown:
                self.add_trace(
                    f"{directory}/inforef.xml", "user", Means.INFOREF, scrubbed=False, times=unknown
                )

    def _files_are_off(self) -> bool:
        return self.information.get("include_files") == "0" or self.settings.get("files") == "0"

    def _judge_contents(self) -> None:
        for digest, size in self._awaited.items():
            present = self._contents.get(digest)
            if present is None:
                self.findings.add("content_not_inside", _content_name(digest))
            elif present != size:
                self.findings.add("content_of_other_size", _content_name(digest))

    def _judge_activities(self) -> None:
        """Moodle reads `{directory}/{module}.xml`: both must be those that were judged."""
        for directory, activity in zip(self.directories, self.activities, strict=True):
            named = f"activities/{activity.plugin}_{activity.module_id}"
            if directory != named:
                self.findings.add(
                    "module_disagrees",
                    "moodle_backup.xml",
                    told=activity.plugin,
                    module=printable(directory),
                )

    def _judge_members(self) -> None:
        for name in ("course/course.xml", "files.xml"):
            if name not in self.names:
                self.findings.add("part_missing", name)
        for directory, activity in zip(self.directories, self.activities, strict=True):
            # Each of these is read by Moodle's restore, which stops where one is missing. Moodle writes
            # roles.xml of all activities and of the course: one is asked for where the other is.
            parts = ["module", activity.plugin, "inforef"]
            parts += ["roles"] if "course/roles.xml" in self.names else []
            parts += ["grades"] if directory in self.graded else []
            for part in parts:
                name = f"{directory}/{part}.xml"
                if name not in self.names:
                    self.findings.add("activity_part_missing", printable(name), title=activity.title)
        for number, _ in self.section_ids:
            name = f"sections/section_{number}/section.xml"
            if name not in self.names:
                self.findings.add("part_missing", name)

    def _judge_release(self, target_release: str) -> None:
        told = (major_release(self.information.get(key, "")) for key in ("moodle_release", "backup_release"))
        own = max((release for release in told if release is not None), default=None)
        target = major_release(target_release)
        if target is None:
            raise ValueError(target_release)
        if own is None or own > target:
            made_by = "?" if own is None else f"{own[0]}.{own[1]}"
            self.findings.add("newer_release", release=made_by, target=f"{target[0]}.{target[1]}")

    def manifest(self, container: Container, size: int, sha256: str) -> Manifest | None:
        if not self.information:
            return None
        told = self.information
        wwwroot = _text(told.get("original_wwwroot", ""))
        course_id = _number(told.get("original_course_id"))
        links = self.links.old(
            wwwroot,
            course=course_id,
            modules={activity.module_id for activity in self.activities},
            sections={number for number, _ in self.section_ids},
        )
        titles = dict(self.section_ids)
        sections = [
            self.sections.get(number, Section(number, _number(titles[number]), "")) for number in titles
        ]
        course_format = _text(self.course.get("format", told.get("original_course_format", "")))
        plugins = set(self.plugins)
        if course_format:
            plugins.add(f"format_{course_format}")
        return Manifest(
            container=container,
            moodle_release=_text(told.get("moodle_release", "")),
            moodle_version=_text(told.get("moodle_version", "")),
            backup_release=_text(told.get("backup_release", "")),
            backup_version=_text(told.get("backup_version", "")),
            backup_date=_date(told.get("backup_date")) or datetime.fromtimestamp(0, UTC),
            origin=Origin(
                wwwroot=wwwroot,
                site_hash=_text(told.get("original_site_identifier_hash", "")),
                course_id=course_id,
                fullname=_text(told.get("original_course_fullname", "")),
                shortname=_text(told.get("original_course_shortname", "")),
                idnumber=_text(self.course.get("idnumber", "")),
                format=course_format,
                startdate=_date(told.get("original_course_startdate")),
                enddate=_date(told.get("original_course_enddate")),
                summary=_text(self.course.get("summary", "")),
                lang=_text(self.course.get("lang", "")),
            ),
            settings=dict(self.settings),
            sections=tuple(sorted(sections, key=lambda section: section.number)),
            activities=tuple(
                replace(activity, content=self._content_of(directory))
                for directory, activity in zip(self.directories, self.activities, strict=True)
            ),
            plugins=tuple(sorted(plugins)),
            groups=tuple(self.groups),
            files=Files(
                count=self.files_rows,
                total_bytes=self.files_bytes,
                largest=tuple(LargeFile(name, size) for size, name in sorted(self._largest, reverse=True)),
                by_mimetype={kind: Total(*found) for kind, found in sorted(self._mimetypes.items())},
            ),
            people=bool(self.people_found),
            people_evidence=tuple(
                f"{where} ({self.people_found[where]})"
                for where in sorted(self.people_found, key=_behind_users)[:_EVIDENCE]
            ),
            traces=tuple(
                PersonalTrace(member, element, count, scrubbed, means)
                for (member, element, means, scrubbed), count in sorted(self.traces.items())
            ),
            old_links=links.listed,
            old_link_count=links.count,
            left_out=tuple(self._left_out),
            left_out_count=self._left_out_count,
            people_known=self.people is not None,
            size=size,
            sha256=sha256,
        )


def major_release(release: str) -> tuple[int, int] | None:
    """`4.5.6+ (Build: 20250811)` and `4.5rc1` → (4, 5): what Moodle calls a major release."""
    found = _RELEASE.match(release.strip())
    return (int(found[1]), int(found[2])) if found else None


def _behind_users(where: str) -> bool:
    """Puts users.xml first, which stands behind every activity and says the most."""
    return not where.startswith("users.xml")


def _content_name(digest: bytes) -> str:
    return f"files/{digest.hex()[:2]}/{digest.hex()}"


def _text(value: str) -> str:
    return "" if value == NULL else value


def _number(value: str | None) -> int:
    if value is None:
        return 0
    text = value.strip()[:18]
    return int(text) if is_number(text) else 0


def _date(value: str | None) -> datetime | None:
    seconds = _number(value)
    if not 0 < seconds < 253_402_300_800:
        return None
    return datetime.fromtimestamp(seconds, UTC)
