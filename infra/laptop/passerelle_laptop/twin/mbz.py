"""Writes a course as Moodle's own backup does: gzip-compressed tar, index first, members in its order."""

from __future__ import annotations

import hashlib
import secrets
import tarfile
from collections.abc import Collection, Iterable
from dataclasses import dataclass, replace
from io import BytesIO
from pathlib import Path
from xml.etree.ElementTree import Element, SubElement

from isal import igzip

from passerelle_laptop.twin.archive import NULL, Vault, parse, write_xml
from passerelle_laptop.twin.blank import set_text
from passerelle_laptop.twin.records import Content, Course, Group, Module, Section
from passerelle_laptop.twin.state import State

# Moodle's fixed time of the index and of folders.
_EPOCH = 0o12070423400
_INDEX = ".ARCHIVE_INDEX"

_ROOT_SETTINGS = {
    "filename": "backup.mbz",
    "imscc11": "0",
    "users": "0",
    "anonymize": "0",
    "role_assignments": "0",
    "activities": "1",
    "blocks": "1",
    "files": "1",
    "filters": "1",
    "comments": "0",
    "badges": "1",
    "calendarevents": "1",
    "userscompletion": "0",
    "logs": "0",
    "grade_histories": "0",
    "questionbank": "1",
    "groups": "1",
    "competencies": "1",
    "customfield": "1",
    "contentbankcontent": "1",
    "xapistate": "0",
    "legacyfiles": "1",
}


@dataclass(frozen=True, slots=True)
class SiteWords:
    """What a backup says of the site that made it."""

    wwwroot: str
    release: str
    version: str


@dataclass(frozen=True, slots=True)
class Written:
    size: int
    sha256: str


Member = bytes | Path


def write_backup(
    state: State,
    vault: Vault,
    course: Course,
    words: SiteWords,
    target: Path,
    now: int,
    *,
    without: Collection[int] = (),
) -> Written:
    """The course without its people and without the activities of these numbers, as `target`."""
    return pack(members_of(state, vault, _less(course, without), words, now), target, now)


def _less(course: Course, without: Collection[int]) -> Course:
    sections = {
        number: replace(section, modules=[one for one in section.modules if one not in without])
        for number, section in course.content.sections.items()
    }
    return replace(course, content=replace(course.content, sections=sections))


def members_of(state: State, vault: Vault, course: Course, words: SiteWords, now: int) -> dict[str, Member]:
    content = course.content
    context = content.coursecontext or course.contextid
    groups = [state.groups[number] for number in state.groupsof.get(course.id, ())]
    members: dict[str, Member] = dict(vault.folder(content.base))
    members["course/course.xml"] = _course_xml(state, course, context, vault.folder(content.base))
    members["course/inforef.xml"] = _course_references(members["course/inforef.xml"], groups)
    members["groups.xml"] = _groups_xml(state, course, groups, now)
    members["files.xml"] = _files_xml(content)
    members["moodle_backup.xml"] = _information_xml(course, context, words, now)
    members["moodle_backup.log"] = b""
    for directory, key in content.blocks.items():
        for name, raw in vault.folder(key).items():
            members[f"{directory}/{name}"] = _block_xml(raw, context) if name == "block.xml" else raw
    for section in content.sections.values():
        members[f"sections/section_{section.id}/section.xml"] = _section_xml(section, now)
        members[f"sections/section_{section.id}/inforef.xml"] = _no_references()
        for number in section.modules:
            module = content.modules[number]
            directory = f"activities/{module.modname}_{module.id}"
            for name, raw in vault.folder(module.folder).items():
                members[f"{directory}/{name}"] = _activity_member(name, raw, module, section)
    for row in content.files:
        path = vault.payload(row["contenthash"])
        if row["filename"] != "." and path.exists():
            members[f"files/{row['contenthash'][:2]}/{row['contenthash']}"] = path
    return members


def pack(members: dict[str, Member], target: Path, now: int) -> Written:
    """Index first, then by name; `moodle_backup.log` comes last."""
    entries = list(_entries(members))
    index = [f"Moodle archive file index. Count: {len(entries)}\n"]
    for name, member in entries:
        if member is None:
            index.append(f"{name}\td\t0\t?\n")
        else:
            index.append(f"{name}\tf\t{_size(member)}\t{now}\n")
    digest, size = hashlib.sha256(), 0
    with (
        target.open("wb") as raw,
        igzip.GzipFile(filename="", mode="wb", fileobj=raw, compresslevel=1, mtime=0) as packed,  # type: ignore[no-untyped-call]
        tarfile.open(fileobj=packed, mode="w", format=tarfile.USTAR_FORMAT) as tar,
    ):
        _add(tar, _INDEX, "".join(index).encode(), _EPOCH)
        for name, member in entries:
            _add(tar, name, member, now)
    with target.open("rb") as made:
        while block := made.read(1 << 20):
            digest.update(block)
            size += len(block)
    return Written(size, digest.hexdigest())


def _entries(members: dict[str, Member]) -> Iterable[tuple[str, Member | None]]:
    seen: set[str] = set()
    names = sorted(
        (name for name in members if name != "moodle_backup.log"), key=lambda name: name.split("/")
    )
    for name in names:
        parts = name.split("/")[:-1]
        for depth in range(1, len(parts) + 1):
            directory = "/".join(parts[:depth]) + "/"
            if directory not in seen:
                seen.add(directory)
                yield directory, None
        yield name, members[name]
    yield "moodle_backup.log", members["moodle_backup.log"]


def _size(member: Member) -> int:
    return len(member) if isinstance(member, bytes) else member.stat().st_size


def _add(tar: tarfile.TarFile, name: str, member: Member | None, now: int) -> None:
    entry = tarfile.TarInfo(name.rstrip("/"))
    if member is None:
        entry.type, entry.mode, entry.mtime = tarfile.DIRTYPE, 0o755, _EPOCH
        tar.addfile(entry)
        return
    entry.mode, entry.mtime, entry.size = 0o644, now, _size(member)
    if isinstance(member, bytes):
        tar.addfile(entry, BytesIO(member))
        return
    with member.open("rb") as source:
        tar.addfile(entry, source)


# -- single files -------------------------------------------------------------------------------------


def _course_xml(state: State, course: Course, context: int, base: dict[str, bytes]) -> bytes:
    root = parse(base["course/course.xml"])
    root.set("id", str(course.id))
    root.set("contextid", str(context))
    columns = {
        "shortname": course.shortname,
        "fullname": course.fullname,
        "idnumber": course.idnumber,
        "summary": course.summary,
        "summaryformat": course.summaryformat,
        "format": course.format,
        "startdate": course.startdate,
        "enddate": course.enddate,
        "visible": int(course.visible),
        "groupmode": course.groupmode,
        "groupmodeforce": course.groupmodeforce,
        "defaultgroupingid": course.defaultgrouping,
        "lang": course.lang,
        "newsitems": course.newsitems,
        "showgrades": course.showgrades,
        "enablecompletion": course.enablecompletion,
        "timecreated": course.timecreated,
        "timemodified": course.timemodified,
    }
    for name, value in columns.items():
        set_text(root, name, str(value))
    category = root.find("category")
    if category is not None and course.category in state.categories:
        category.set("id", str(course.category))
        set_text(category, "name", state.categories[course.category].name)
    for option in root.iterfind("courseformatoptions/courseformatoption"):
        set_text(option, "format", course.format)
        name = option.findtext("name") or ""
        if name in course.formatoptions:
            set_text(option, "value", course.formatoptions[name])
    tags = root.find("tags")
    if tags is not None:
        for child in list(tags):
            tags.remove(child)
        for number, tag in enumerate(course.tags, 1):
            entry = SubElement(tags, "tag", id=str(number))
            SubElement(entry, "name").text = tag
            SubElement(entry, "rawname").text = tag
    return write_xml(root)


def _course_references(raw: Member, groups: list[Group]) -> bytes:
    root = parse(raw) if isinstance(raw, bytes) else Element("inforef")
    for old in root.findall("groupref"):
        root.remove(old)
    if groups:
        reference = Element("groupref")
        for group in groups:
            SubElement(SubElement(reference, "group"), "id").text = str(group.id)
        root.insert(0, reference)
    return write_xml(root)


def _no_references() -> bytes:
    root = Element("inforef")
    root.text = "\n"
    return write_xml(root)


def _groups_xml(state: State, course: Course, groups: list[Group], now: int) -> bytes:
    root = Element("groups")
    for group in groups:
        _children(
            SubElement(root, "group", id=str(group.id)),
            name=group.name,
            idnumber=group.idnumber,
            description=group.description,
            descriptionformat=group.descriptionformat,
            enrolmentkey=group.enrolmentkey or NULL,
            picture=0,
            visibility=group.visibility,
            participation=int(group.participation),
            timecreated=now,
            timemodified=now,
            group_members="\n",
        )
    _children(root, groupcustomfields="\n")
    groupings = SubElement(root, "groupings")
    _children(groupings, groupingcustomfields="\n")
    for grouping in (row for row in state.groupings.values() if row.courseid == course.id):
        entry = SubElement(groupings, "grouping", id=str(grouping.id))
        _children(
            entry,
            name=grouping.name,
            idnumber=grouping.idnumber,
            description=grouping.description,
            descriptionformat=1,
            configdata=NULL,
            timecreated=now,
            timemodified=now,
        )
        inside = SubElement(entry, "grouping_groups")
        for number, group_id in enumerate(sorted(grouping.groups), 1):
            _children(SubElement(inside, "grouping_group", id=str(number)), groupid=group_id, timeadded=now)
    return write_xml(root)


def _files_xml(content: Content) -> bytes:
    root = Element("files")
    for row in content.files:
        entry = SubElement(root, "file", id=row["id"])
        _children(entry, **{name: value for name, value in row.items() if name != "id"})
    return write_xml(root)


def _section_xml(section: Section, now: int) -> bytes:
    root = Element("section", id=str(section.id))
    _children(
        root,
        number=section.number,
        name=section.name if section.name is not None else NULL,
        summary=section.summary,
        summaryformat=section.summaryformat,
        sequence=",".join(str(number) for number in section.modules),
        visible=int(section.visible),
        availabilityjson=section.availability or NULL,
        component=NULL,
        itemid=NULL,
        timemodified=now,
    )
    return write_xml(root)


def _block_xml(raw: bytes, context: int) -> bytes:
    root = parse(raw)
    set_text(root, "parentcontextid", str(context))
    return write_xml(root)


def _activity_member(name: str, raw: bytes, module: Module, section: Section) -> bytes:
    if name == f"{module.modname}.xml":
        root = parse(raw)
        root.set("moduleid", str(module.id))
        set_text(root[0], "name", module.name)
        return write_xml(root)
    if name == "module.xml":
        root = parse(raw)
        root.set("id", str(module.id))
        columns = {
            "sectionid": section.id,
            "sectionnumber": section.number,
            "idnumber": module.idnumber,
            "indent": module.indent,
            "visible": int(module.visible),
            "groupmode": module.groupmode,
            "groupingid": module.groupingid,
            "availability": module.availability or NULL,
        }
        for column, value in columns.items():
            set_text(root, column, str(value))
        return write_xml(root)
    return raw


def _information_xml(course: Course, context: int, words: SiteWords, now: int) -> bytes:
    root = Element("moodle_backup")
    information = SubElement(root, "information")
    _children(
        information,
        name="backup.mbz",
        moodle_version=words.version,
        moodle_release=words.release,
        backup_version="2024100700",
        backup_release=".".join(words.release.split(".")[:2]),
        backup_date=now,
        mnet_remoteusers=0,
        include_files=1,
        include_file_references_to_external_content=0,
        original_wwwroot=words.wwwroot,
        original_site_identifier_hash=hashlib.md5(words.wwwroot.encode(), usedforsecurity=False).hexdigest(),
        original_course_id=course.id,
        original_course_format=course.format,
        original_course_fullname=course.fullname,
        original_course_shortname=course.shortname,
        original_course_startdate=course.startdate,
        original_course_enddate=course.enddate,
        original_course_contextid=context,
        original_system_contextid=1,
    )
    detail = SubElement(SubElement(information, "details"), "detail", backup_id=secrets.token_hex(16))
    _children(detail, type="course", format="moodle2", interactive="", mode=10, execution=1, executiontime=0)
    _contents(SubElement(information, "contents"), course)
    _settings(SubElement(information, "settings"), course)
    return write_xml(root)


def _contents(contents: Element, course: Course) -> None:
    sections = sorted(course.content.sections.values(), key=lambda section: section.number)
    activities = SubElement(contents, "activities")
    for section in sections:
        for number in section.modules:
            module = course.content.modules[number]
            _children(
                SubElement(activities, "activity"),
                moduleid=module.id,
                sectionid=section.id,
                modulename=module.modname,
                title=module.name,
                directory=f"activities/{module.modname}_{module.id}",
                insubsection="",
            )
    listed = SubElement(contents, "sections")
    for section in sections:
        _children(
            SubElement(listed, "section"),
            sectionid=section.id,
            title=section.name or section.number,
            directory=f"sections/section_{section.id}",
            parentcmid="",
            modname="",
        )
    _children(SubElement(contents, "course"), courseid=course.id, title=course.shortname, directory="course")


def _settings(settings: Element, course: Course) -> None:
    for name, value in _ROOT_SETTINGS.items():
        _children(SubElement(settings, "setting"), level="root", name=name, value=value)
    for section in sorted(course.content.sections.values(), key=lambda section: section.number):
        _included(settings, "section", f"section_{section.id}")
        for number in section.modules:
            _included(settings, "activity", f"{course.content.modules[number].modname}_{number}")


def _included(settings: Element, level: str, thing: str) -> None:
    for name, value in ((f"{thing}_included", "1"), (f"{thing}_userinfo", "0")):
        _children(SubElement(settings, "setting"), level=level, **{level: thing}, name=name, value=value)


def _children(parent: Element, /, **columns: object) -> None:
    for name, value in columns.items():
        SubElement(parent, name).text = str(value)
