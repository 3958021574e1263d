"""Everything that is learnt of one archive while it streams by, and what follows from it."""

from __future__ import annotations

import heapq
from collections import Counter
from datetime import UTC, datetime
from typing import TYPE_CHECKING

from passerelle.domain.backups.manifest import (
    Activity,
    Container,
    Files,
    Group,
    LargeFile,
    Manifest,
    Origin,
    PersonalTrace,
    Section,
    Total,
    Why,
)
from passerelle.mbz.findings import Broken
from passerelle.mbz.links import Links
from passerelle.mbz.names import Names
from passerelle.mbz.personal import NULL

if TYPE_CHECKING:
    from passerelle.mbz.findings import Findings
    from passerelle.mbz.limits import Limits

_LARGEST = 10
_MIMETYPES = 500
_EVIDENCE = 50
_PLACES = 2_000
_ROW = 150  # bytes of a small object and its place in a dictionary
_MAX_PLUGIN = 100
_EMPTY_HASH = bytes.fromhex("da39a3ee5e6b4b0d3255bfef95601890afd80709")  # Moodle keeps no empty content


class Facts:
    """Facts in, manifest and reasons out. Its memory grows with names, never with contents."""

    def __init__(self, limits: Limits, findings: Findings) -> None:
        self.limits = limits
        self.findings = findings
        self.names = Names(findings)
        self.links = Links()
        self.information: dict[str, str] = {}  # the leaves of moodle_backup.xml's <information>
        self.kind = ""  # course, section or activity
        self.settings: dict[str, str] = {}
        self.course: dict[str, str] = {}  # the leaves of course/course.xml
        self.activities: list[Activity] = []
        self.directories: list[str] = []
        self.section_ids: list[tuple[int, str]] = []  # of moodle_backup.xml, with their titles
        self.sections: dict[int, Section] = {}
        self.groups: list[Group] = []
        self.plugins: set[str] = set()
        self.people: Counter[str] = Counter()
        self.traces: Counter[tuple[str, str, bool]] = Counter()
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
        if where in self.people or len(self.people) < _PLACES:
            self.people[where] += 1

    def add_trace(self, member: str, element: str, *, named: bool) -> None:
        where = (member, element, named)
        if where not in self.traces and len(self.traces) >= _PLACES:
            where = ("", element, named)  # so many members that only their sum is kept
        self.traces[where] += 1

    def add_content(self, name: str, size: int) -> None:
        self._contents[bytes.fromhex(name.rsplit("/", 1)[1])] = size

    def add_file(self, row: dict[str, str]) -> None:
        """A row of files.xml."""
        name = row.get("filename", "")
        if name == ".":
            return
        size = _number(row.get("filesize", ""))
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
            self.findings.add(Why.CONTENT_ALTERED, "a file has no valid contenthash", "files.xml")
            return
        if digest == _EMPTY_HASH:
            if size:
                self.findings.add(
                    Why.CONTENT_ALTERED, "a file's size is not that of its content", "files.xml"
                )
            return
        known = self._contents.get(digest, self._awaited.get(digest))
        if known is None:
            self.keep()
            self._awaited[digest] = size
        elif known != size:
            self.findings.add(
                Why.CONTENT_ALTERED,
                "a file's size is not that of its content; make the backup again",
                _content_name(digest),
            )

    def keep(self, *texts: str) -> None:
        """Account for something that stays in memory until the verdict. Raises Broken."""
        self._kept += _ROW + sum(map(len, texts))
        if self._kept > self.limits.kept:
            raise Broken(Why.OUT_OF_PROPORTION, "the backup lists absurdly many things")

    def add_plugin(self, plugin: str) -> None:
        if plugin not in self.plugins and len(plugin) <= _MAX_PLUGIN:
            self.keep(plugin)
            self.plugins.add(plugin)

    # what follows

    def judge(self, *, target_release: str | None, contents_read: bool = True) -> None:
        """Add the reasons that only the whole archive shows."""
        if not self.information:
            self.findings.add(
                Why.NOT_A_BACKUP,
                "moodle_backup.xml is not inside: this is no Moodle backup; choose a file that Moodle made",
            )
            return
        if self.information.get("details/format", "moodle2") != "moodle2":
            self.findings.add(
                Why.NOT_A_BACKUP, "this is an export in another format than Moodle's; make a Moodle backup"
            )
        if self.kind != "course":
            self.findings.add(
                Why.NOT_A_COURSE,
                f"this is the backup of one {self.kind or 'part'}, not of a course; back up the whole course",
            )
        if self.people:
            evidence = min(self.people, key=_behind_users)
            self.findings.add(
                Why.PEOPLE_INSIDE,
                "enrolled people or their work are inside; make the backup again without enrolled users",
                evidence.split(":", 1)[0],
            )
        if self._files_are_off():
            self.findings.add(
                Why.FILES_LEFT_OUT, "the backup was made without its files; make it again with them"
            )
        else:
            self._judge_contents()
        if contents_read and self.kind == "course":
            self._judge_members()
        if target_release is not None:
            self._judge_release(target_release)

    def _files_are_off(self) -> bool:
        return self.information.get("include_files") == "0" or self.settings.get("files") == "0"

    def _judge_contents(self) -> None:
        for digest, size in self._awaited.items():
            present = self._contents.get(digest)
            if present is None:
                self.findings.add(
                    Why.CONTENT_MISSING,
                    "a file's content is not inside; make the backup again",
                    _content_name(digest),
                )
            elif present != size:
                self.findings.add(
                    Why.CONTENT_ALTERED,
                    "a file's size is not that of its content; make the backup again",
                    _content_name(digest),
                )

    def _judge_members(self) -> None:
        promised = ["course/course.xml", "files.xml"]
        promised += [f"{directory}/module.xml" for directory in self.directories]
        promised += [f"sections/section_{number}/section.xml" for number, _ in self.section_ids]
        for name in promised:
            if name not in self.names:
                self.findings.add(
                    Why.TRUNCATED, "a part that the backup promises is not inside; make it again", name
                )

    def _judge_release(self, target_release: str) -> None:
        told = (major_release(self.information.get(key, "")) for key in ("moodle_release", "backup_release"))
        own = max((release for release in told if release is not None), default=None)
        target = major_release(target_release)
        if target is None:
            raise ValueError(target_release)
        if own is None or own > target:
            made_by = "an unknown Moodle" if own is None else f"Moodle {own[0]}.{own[1]}"
            self.findings.add(
                Why.NEWER_RELEASE,
                f"the backup was made by {made_by}, the target is {target[0]}.{target[1]}; "
                "the target must be brought up to date first",
            )

    def manifest(self, container: Container, size: int, sha256: str) -> Manifest | None:
        if not self.information:
            return None
        told = self.information
        wwwroot = _text(told.get("original_wwwroot", ""))
        course_id = _number(told.get("original_course_id", ""))
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
            backup_date=_date(told.get("backup_date", "")) or datetime.fromtimestamp(0, UTC),
            origin=Origin(
                wwwroot=wwwroot,
                site_hash=_text(told.get("original_site_identifier_hash", "")),
                course_id=course_id,
                fullname=_text(told.get("original_course_fullname", "")),
                shortname=_text(told.get("original_course_shortname", "")),
                idnumber=_text(self.course.get("idnumber", "")),
                format=course_format,
                startdate=_date(told.get("original_course_startdate", "")),
                enddate=_date(told.get("original_course_enddate", "")),
                summary=_text(self.course.get("summary", "")),
                lang=_text(self.course.get("lang", "")),
            ),
            settings=dict(self.settings),
            sections=tuple(sorted(sections, key=lambda section: section.number)),
            activities=tuple(self.activities),
            plugins=tuple(sorted(plugins)),
            groups=tuple(self.groups),
            files=Files(
                count=self.files_rows,
                total_bytes=self.files_bytes,
                largest=tuple(LargeFile(name, size) for size, name in sorted(self._largest, reverse=True)),
                by_mimetype={kind: Total(*found) for kind, found in sorted(self._mimetypes.items())},
            ),
            people=bool(self.people),
            people_evidence=tuple(
                f"{where} ({self.people[where]})"
                for where in sorted(self.people, key=_behind_users)[:_EVIDENCE]
            ),
            traces=tuple(
                PersonalTrace(member, element, count, named)
                for (member, element, named), count in sorted(self.traces.items())
            ),
            old_links=links.listed,
            old_link_count=links.count,
            size=size,
            sha256=sha256,
        )


def major_release(release: str) -> tuple[int, int] | None:
    """`4.5.6+ (Build: 20250811)` → (4, 5): what Moodle calls a major release."""
    numbers = release.strip().split(" ", 1)[0].split(".")
    digits = ["".join(letter for letter in part if letter.isdigit()) for part in numbers[:2]]
    if len(digits) < 2 or not all(digits):
        return None
    return int(digits[0]), int(digits[1])


def _behind_users(where: str) -> bool:
    """Puts users.xml first, which stands behind every activity and says the most."""
    return not where.startswith("users.xml")


def _content_name(digest: bytes) -> str:
    return f"files/{digest.hex()[:2]}/{digest.hex()}"


def _text(value: str) -> str:
    return "" if value == NULL else value


def _number(value: str) -> int:
    text = value.strip()[:18]
    return int(text) if text.isascii() and text.isdigit() else 0


def _date(value: str) -> datetime | None:
    seconds = _number(value)
    if not 0 < seconds < 253_402_300_800:
        return None
    return datetime.fromtimestamp(seconds, UTC)
