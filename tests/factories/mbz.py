"""Backups made to measure: valid by default, in Moodle's layout, each defect asked for by name."""

from __future__ import annotations

import hashlib
import io
import struct
import tarfile
import zipfile
import zlib
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any
from xml.sax.saxutils import escape

from passerelle.mbz import BytesSource, ScrubReport, scrub

REAL = Path(__file__).parents[1] / "mbz"
WWWROOT = "https://ecampus-bleu.example"
NULL = "$@NULL@$"
HEAD = '<?xml version="1.0" encoding="UTF-8"?>\n'


def real_backup(name: str) -> bytes:
    """`chimie-nousers-tgz` and its like, as a Moodle 4.5.6 made them."""
    return (REAL / f"{name}.mbz").read_bytes()


def xml(body: str) -> bytes:
    return (HEAD + body).encode()


@dataclass(frozen=True)
class StoredFile:
    content: bytes = b"un contenu"
    name: str = "cours.pdf"
    author: str = "Marie Curie"
    userid: str = "104"
    mimetype: str = "application/pdf"
    contenthash: str | None = None  # that of the content unless said
    filesize: int | None = None
    repositorytype: str = NULL

    @property
    def digest(self) -> str:
        return self.contenthash or hashlib.sha1(self.content).hexdigest()

    @property
    def member(self) -> str:
        return f"files/{self.digest[:2]}/{self.digest}"

    def row(self, number: int) -> str:
        size = len(self.content) if self.filesize is None else self.filesize
        return (
            f'  <file id="{number}">\n    <contenthash>{self.digest}</contenthash>\n'
            f"    <contextid>201</contextid>\n    <component>mod_resource</component>\n"
            f"    <filearea>content</filearea>\n    <itemid>0</itemid>\n    <filepath>/</filepath>\n"
            f"    <filename>{escape(self.name)}</filename>\n    <userid>{self.userid}</userid>\n"
            f"    <filesize>{size}</filesize>\n    <mimetype>{self.mimetype}</mimetype>\n"
            f"    <status>0</status>\n    <source>{NULL}</source>\n    <author>{self.author}</author>\n"
            f"    <license>cc</license>\n    <repositorytype>{self.repositorytype}</repositorytype>\n  </file>\n"
        )


@dataclass(frozen=True)
class Backup:
    """One course with one page. `members` adds or replaces files; None takes one away."""

    release: str = "4.5.6 (Build: 20250811)"
    backup_release: str = "4.5"
    kind: str = "course"
    wwwroot: str = WWWROOT
    fullname: str = "L1 Chimie générale — EC2"
    idnumber: str = "y2an8a-ec2"
    users: str = "0"
    include_files: str = "1"
    page: str = "&lt;p&gt;Bonjour&lt;/p&gt;"
    files: tuple[StoredFile, ...] = (StoredFile(),)
    members: Mapping[str, bytes | None] = field(default_factory=dict)

    def with_member(self, name: str, content: bytes | str | None) -> Backup:
        data = xml(content) if isinstance(content, str) else content
        return replace(self, members={**self.members, name: data})

    def parts(self) -> dict[str, bytes]:
        """Member → content, folders as names that end in `/`, in Moodle's order."""
        page = f'<activity id="1" moduleid="79" modulename="page" contextid="194">\n  <page id="1">\n    <name>Plan</name>\n    <content>{self.page}</content>\n  </page>\n</activity>'
        files: dict[str, bytes] = {
            "activities/page_79/page.xml": xml(page),
            "activities/page_79/module.xml": xml(
                '<module id="79" version="2024100700">\n  <modulename>page</modulename>\n</module>'
            ),
            "activities/page_79/roles.xml": xml(
                "<roles>\n  <role_overrides>\n  </role_overrides>\n  <role_assignments>\n  </role_assignments>\n</roles>"
            ),
            "activities/page_79/inforef.xml": xml("<inforef>\n</inforef>"),
            "badges.xml": xml("<badges>\n</badges>"),
            "course/course.xml": xml(
                f'<course id="5" contextid="193">\n  <shortname>CHIM</shortname>\n  <fullname>{escape(self.fullname)}</fullname>\n  <idnumber>{self.idnumber}</idnumber>\n  <summary></summary>\n  <format>topics</format>\n  <lang></lang>\n</course>'
            ),
            "course/enrolments.xml": xml("<enrolments>\n  <enrols>\n  </enrols>\n</enrolments>"),
            "course/roles.xml": xml(
                "<roles>\n  <role_overrides>\n  </role_overrides>\n  <role_assignments>\n  </role_assignments>\n</roles>"
            ),
        }
        if self.include_files == "1":
            files |= {file.member: file.content for file in self.files}
        rows = "".join(file.row(number) for number, file in enumerate(self.files, 101))
        files |= {
            "files.xml": xml(f"<files>\n{rows}</files>"),
            "groups.xml": xml("<groups>\n  <groupings>\n  </groupings>\n</groups>"),
            "moodle_backup.xml": xml(self._information()),
            "questions.xml": xml("<question_categories>\n</question_categories>"),
            "sections/section_21/section.xml": xml(
                '<section id="21">\n  <number>1</number>\n  <name>Semaine 1</name>\n  <summary></summary>\n</section>'
            ),
            "moodle_backup.log": b"",
        }
        for name, content in self.members.items():
            if content is None:
                del files[name]
            else:
                files[name] = content
        return _with_folders(files)

    def _information(self) -> str:
        settings = "".join(
            f"      <setting>\n        <level>root</level>\n        <name>{name}</name>\n        <value>{value}</value>\n      </setting>\n"
            for name, value in (("users", self.users), ("anonymize", "0"), ("files", self.include_files))
        )
        return (
            "<moodle_backup>\n  <information>\n    <name>backup.mbz</name>\n"
            f"    <moodle_version>2024100706</moodle_version>\n    <moodle_release>{self.release}</moodle_release>\n"
            f"    <backup_version>2024100700</backup_version>\n    <backup_release>{self.backup_release}</backup_release>\n"
            f"    <backup_date>1795294558</backup_date>\n    <include_files>{self.include_files}</include_files>\n"
            f"    <original_wwwroot>{self.wwwroot}</original_wwwroot>\n"
            "    <original_site_identifier_hash>7b8a175d62a2e3b8d98227834f111c89</original_site_identifier_hash>\n"
            "    <original_course_id>5</original_course_id>\n    <original_course_format>topics</original_course_format>\n"
            f"    <original_course_fullname>{escape(self.fullname)}</original_course_fullname>\n"
            "    <original_course_shortname>CHIM</original_course_shortname>\n"
            "    <original_course_startdate>1756677600</original_course_startdate>\n"
            "    <original_course_enddate>0</original_course_enddate>\n"
            '    <details>\n      <detail backup_id="7b305698972f9bc00b2c22268c7c2d09">\n'
            f"        <type>{self.kind}</type>\n        <format>moodle2</format>\n      </detail>\n    </details>\n"
            "    <contents>\n      <activities>\n        <activity>\n          <moduleid>79</moduleid>\n"
            "          <sectionid>21</sectionid>\n          <modulename>page</modulename>\n"
            "          <title>Plan</title>\n          <directory>activities/page_79</directory>\n"
            "        </activity>\n      </activities>\n      <sections>\n        <section>\n"
            "          <sectionid>21</sectionid>\n          <title>1</title>\n"
            "          <directory>sections/section_21</directory>\n        </section>\n      </sections>\n"
            f"    </contents>\n    <settings>\n{settings}    </settings>\n  </information>\n</moodle_backup>"
        )

    def tgz(self) -> bytes:
        return gzipped(self.tar())

    def tar(self) -> bytes:
        return tar_of(self.parts())

    def zip(self) -> bytes:
        return zip_of(self.parts())


def with_activity(module: str, body: str, *, inforef: str = "", roles: str = "", number: int = 80) -> Backup:
    """One more activity, listed and whole."""
    folder = f"activities/{module}_{number}"
    parts = Backup().parts()
    listed = (
        f"<activity><moduleid>{number}</moduleid><sectionid>21</sectionid><modulename>{module}</modulename>"
        f"<title>Un test</title><directory>{folder}</directory></activity></activities>"
    )
    told = parts["moodle_backup.xml"].decode().replace("</activities>", listed)
    return (
        Backup(files=())
        .with_member("moodle_backup.xml", told.encode())
        .with_member(
            f"{folder}/{module}.xml",
            f'<activity id="1" moduleid="{number}" modulename="{module}"><{module} id="1">{body}</{module}></activity>',
        )
        .with_member(
            f"{folder}/module.xml", f"<module id='{number}'><modulename>{module}</modulename></module>"
        )
        .with_member(f"{folder}/roles.xml", roles or "<roles></roles>")
        .with_member(f"{folder}/inforef.xml", f"<inforef>{inforef}</inforef>")
    )


def _with_folders(files: Mapping[str, bytes]) -> dict[str, bytes]:
    parts: dict[str, bytes] = {}
    for name, content in files.items():
        pieces = name.split("/")[:-1]
        for depth in range(1, len(pieces) + 1):
            parts.setdefault("/".join(pieces[:depth]) + "/", b"")
        parts[name] = content
    return parts


def index_of(parts: Mapping[str, bytes]) -> bytes:
    lines = [f"Moodle archive file index. Count: {len(parts)}\n"]
    for name, content in parts.items():
        folder = name.endswith("/")
        lines.append(f"{name}\t{'d' if folder else 'f'}\t{len(content)}\t{'?' if folder else 1795294556}\n")
    return "".join(lines).encode()


def tar_of(parts: Mapping[str, bytes], *, index: bytes | None = None, indexed: bool = True) -> bytes:
    """As Moodle's packer writes it: plain ustar, the index first, two empty blocks last."""
    out = io.BytesIO()
    if indexed:
        out.write(tar_member(".ARCHIVE_INDEX", index_of(parts) if index is None else index))
    for name, content in parts.items():
        out.write(tar_member(name, content))
    out.write(bytes(1024))
    return out.getvalue()


def tar_member(name: str, content: bytes = b"", *, kind: bytes | None = None, link: str = "") -> bytes:
    info = tarfile.TarInfo(name)
    info.mtime = 1795294556
    info.size = len(content)
    info.linkname = link
    info.type = kind or (tarfile.DIRTYPE if name.endswith("/") else tarfile.REGTYPE)
    header = bytearray(info.tobuf(tarfile.USTAR_FORMAT))
    if name.endswith("/"):
        header = bytearray(_renamed(bytes(header), name))
    return bytes(header) + content + bytes(-len(content) % 512)


def _renamed(header: bytes, name: str) -> bytes:
    return resealed(name.encode().ljust(100, b"\0")[:100] + header[100:])


def resealed(header: bytes) -> bytes:
    """A tar header with its checksum made anew."""
    blank = header[:148] + b" " * 8 + header[156:]
    return header[:148] + f"{sum(blank):06o}\0 ".encode() + header[156:]


def gzipped(data: bytes, level: int = 6) -> bytes:
    packer = zlib.compressobj(level, zlib.DEFLATED, 31)
    return packer.compress(data) + packer.flush()


def zip_of(
    parts: Mapping[str, bytes] | Iterable[tuple[str, bytes]],
    *,
    change: Callable[[zipfile.ZipInfo], None] | None = None,
) -> bytes:
    out = io.BytesIO()
    pairs = parts.items() if isinstance(parts, Mapping) else parts
    with zipfile.ZipFile(out, "w") as archive:
        for name, content in pairs:
            info = zipfile.ZipInfo(name, (2026, 11, 21, 20, 55, 56))
            info.create_system = 3
            info.external_attr = (0o40755 if name.endswith("/") else 0o100644) << 16
            info.compress_type = zipfile.ZIP_DEFLATED if content else zipfile.ZIP_STORED
            if change is not None:
                change(info)
            archive.writestr(info, content)
    return out.getvalue()


def untar(data: bytes) -> dict[str, bytes]:
    """Member → content, folders left out."""
    members: dict[str, bytes] = {}
    with tarfile.open(fileobj=io.BytesIO(data)) as archive:
        for member in archive:
            if member.isfile():
                content = archive.extractfile(member)
                assert content is not None
                members[member.name] = content.read()
    return members


def unzip(data: bytes) -> dict[str, bytes]:
    with zipfile.ZipFile(io.BytesIO(data)) as archive:
        assert archive.testzip() is None
        return {name: archive.read(name) for name in archive.namelist() if not name.endswith("/")}


def unpack(data: bytes) -> dict[str, bytes]:
    return unzip(data) if data.startswith(b"PK") else untar(data)


def with_byte_changed(data: bytes, place: int) -> bytes:
    changed = bytearray(data)
    changed[place] ^= 0xFF
    return bytes(changed)


def zip_end(data: bytes) -> tuple[int, int, int]:
    """Count, length and start of a zip's central directory."""
    count, length, start = struct.unpack_from("<H2L", data, data.rfind(b"PK\x05\x06") + 10)
    return count, length, start


def scrubbed(data: bytes, **options: Any) -> tuple[bytes, ScrubReport]:
    """The archive without what it says of people, and the report."""
    out = io.BytesIO()
    report = scrub(BytesSource(data), out, **options)
    return out.getvalue(), report
