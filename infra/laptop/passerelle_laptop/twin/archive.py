"""Reads a backup as a restoring Moodle would: every member, payloads to disk, XML to memory.

The twin restores whatever Moodle would restore. What Passerelle must refuse is `passerelle.mbz`'s
affair; a twin that refused it too would hide that.
"""

from __future__ import annotations

import hashlib
import shutil
import tarfile
import zipfile
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import IO
from xml.etree.ElementTree import Element, indent, tostring

from defusedxml.ElementTree import ParseError, fromstring
from isal import igzip

NULL = "$@NULL@$"
_DECLARATION = b'<?xml version="1.0" encoding="UTF-8"?>\n'
_TGZ_MAGIC, _ZIP_MAGIC = b"\x1f\x8b", b"PK"


class NotRestorable(Exception):
    """Moodle's precheck would refuse the archive. `code` and `message` go into the job's error."""

    def __init__(self, code: str, message: str) -> None:
        super().__init__(code)
        self.code = code
        self.message = message


class Vault:
    """What sites keep by content: payloads on disk, as in Moodle's filedir, and folders of XML.

    Nothing in it ever changes, so that states can be copied and put back without it.
    """

    def __init__(self, directory: Path) -> None:
        self.directory = directory
        self._folders: dict[str, dict[str, bytes]] = {}

    def keep_folder(self, files: dict[str, bytes]) -> str:
        digest = hashlib.sha1(usedforsecurity=False)
        for name in sorted(files):
            digest.update(name.encode() + b"\0" + hashlib.sha1(files[name], usedforsecurity=False).digest())
        key = digest.hexdigest()
        self._folders.setdefault(key, dict(files))
        return key

    def folder(self, key: str) -> dict[str, bytes]:
        return self._folders[key] if key else {}

    def payload(self, contenthash: str) -> Path:
        return self.directory / contenthash[:2] / contenthash

    def keep_payload(self, source: IO[bytes], contenthash: str) -> None:
        path = self.payload(contenthash)
        if path.exists():
            return
        path.parent.mkdir(parents=True, exist_ok=True)
        partial = path.with_suffix(".part")
        with partial.open("wb") as target:
            shutil.copyfileobj(source, target, 1 << 20)
        partial.replace(path)


def parse(content: bytes) -> Element:
    try:
        root: Element = fromstring(content, forbid_dtd=True)
    except (ParseError, ValueError):
        raise NotRestorable("restorefailed", "backup_wrong_xml") from None
    return root


def write_xml(root: Element) -> bytes:
    """As Moodle writes it: an element a line, two spaces a level."""
    indent(root)
    return _DECLARATION + tostring(root, encoding="unicode", short_empty_elements=False).encode("utf-8")


def text(parent: Element | None, name: str, default: str = "") -> str:
    """The text of a child, `default` for Moodle's null, for emptiness and where there is no such child."""
    found = parent.find(name) if parent is not None else None
    value = (found.text or "") if found is not None else ""
    return default if value in ("", NULL) else value


def number(parent: Element | None, name: str, default: int = 0) -> int:
    value = text(parent, name)
    return int(value) if value.lstrip("-").isdigit() else default


@dataclass(slots=True)
class ArchiveSection:
    id: int
    number: int
    root: Element


@dataclass(slots=True)
class ArchiveActivity:
    id: int
    sectionid: int
    modname: str
    title: str
    folder: dict[str, bytes]


@dataclass(slots=True)
class Archive:
    """One course backup, read."""

    members: dict[str, bytes]
    information: Element
    settings: dict[str, str]
    payloads: set[str] = field(default_factory=set)

    @property
    def wwwroot(self) -> str:
        return text(self.information, "original_wwwroot")

    @property
    def courseid(self) -> int:
        return number(self.information, "original_course_id")

    @property
    def version(self) -> int:
        return number(self.information, "moodle_version")

    @property
    def backup_release(self) -> str:
        return text(self.information, "backup_release")

    @property
    def has_people(self) -> bool:
        return "users.xml" in self.members

    def root(self, name: str) -> Element | None:
        content = self.members.get(name)
        return None if content is None else parse(content)

    def course(self) -> Element:
        return parse(self.members["course/course.xml"])

    def sections(self) -> list[ArchiveSection]:
        rows = []
        for entry in self.information.iterfind("contents/sections/section"):
            content = self.members.get(f"{text(entry, 'directory')}/section.xml")
            if content is not None:
                root = parse(content)
                rows.append(ArchiveSection(number(entry, "sectionid"), number(root, "number"), root))
        return sorted(rows, key=lambda section: section.number)

    def activities(self) -> list[ArchiveActivity]:
        """In the order of the course page."""
        found: dict[int, ArchiveActivity] = {}
        for entry in self.information.iterfind("contents/activities/activity"):
            directory = text(entry, "directory") + "/"
            activity = ArchiveActivity(
                number(entry, "moduleid"),
                number(entry, "sectionid"),
                text(entry, "modulename"),
                text(entry, "title"),
                {
                    name.removeprefix(directory): content
                    for name, content in self.members.items()
                    if name.startswith(directory)
                },
            )
            found[activity.id] = activity
        ordered: dict[int, ArchiveActivity] = {}
        for section in self.sections():
            for part in text(section.root, "sequence").split(","):
                if part.isdigit() and int(part) in found:
                    ordered[int(part)] = found[int(part)]
        return [*ordered.values(), *(found[key] for key in found if key not in ordered)]

    def blocks(self) -> dict[str, dict[str, bytes]]:
        folders: dict[str, dict[str, bytes]] = {}
        for name, content in self.members.items():
            if name.startswith("course/blocks/"):
                directory, _, file = name.rpartition("/")
                folders.setdefault(directory, {})[file] = content
        return folders

    def base(self) -> dict[str, bytes]:
        """The members that stand for the course as a whole."""
        apart = ("activities/", "sections/", "files/", "course/blocks/")
        written = {"files.xml", "groups.xml", "moodle_backup.xml", "moodle_backup.log", "users.xml"}
        return {
            name: content
            for name, content in self.members.items()
            if not name.startswith(apart) and name not in written and not name.startswith(".")
        }

    def files(self) -> list[dict[str, str]]:
        root = self.root("files.xml")
        rows = []
        for entry in root if root is not None else ():
            row = {"id": entry.get("id", "0")}
            row.update({child.tag: child.text or "" for child in entry})
            rows.append(row)
        return rows


def read(path: Path, vault: Vault) -> Archive:
    """Raises NotRestorable where Moodle could not even look at it."""
    try:
        members, payloads = _members(path, vault)
    except (tarfile.TarError, zipfile.BadZipFile, EOFError, OSError, igzip.BadGzipFile):
        raise NotRestorable("restorefailed", "cannot_extract_backup") from None
    backup = members.get("moodle_backup.xml")
    if backup is None or "course/course.xml" not in members:
        raise NotRestorable("restorefailed", "missing_moodle_backup_xml_file")
    information = parse(backup).find("information")
    if information is None:
        raise NotRestorable("restorefailed", "missing_moodle_backup_xml_file")
    settings = {
        text(entry, "name"): text(entry, "value") for entry in information.iterfind("settings/setting")
    }
    return Archive(members, information, settings, payloads)


def _members(path: Path, vault: Vault) -> tuple[dict[str, bytes], set[str]]:
    members: dict[str, bytes] = {}
    payloads: set[str] = set()
    for name, source in _entries(path):
        contenthash = name.rpartition("/")[2]
        if name.startswith("files/"):
            vault.keep_payload(source, contenthash)
            payloads.add(contenthash)
        else:
            members[name] = source.read()
    return members, payloads


def _entries(path: Path) -> Iterator[tuple[str, IO[bytes]]]:
    with path.open("rb") as start:
        magic = start.read(2)
    if magic == _ZIP_MAGIC:
        with zipfile.ZipFile(path) as archive:
            for entry in archive.infolist():
                if not entry.is_dir():
                    with archive.open(entry) as source:
                        yield entry.filename, source
    elif magic == _TGZ_MAGIC:
        with (
            igzip.open(path, "rb") as stream,  # type: ignore[no-untyped-call]
            tarfile.open(fileobj=stream, mode="r|") as tar,
        ):
            for member in tar:
                content = tar.extractfile(member) if member.isfile() else None
                if content is not None:
                    yield member.name, content
    else:
        raise zipfile.BadZipFile
