"""Puts what an archive holds into a course, as Moodle's restore does with every setting said."""

from __future__ import annotations

import json
import re
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any
from xml.etree.ElementTree import Element

from passerelle_laptop.twin.archive import (
    NULL,
    Archive,
    ArchiveActivity,
    Vault,
    number,
    parse,
    text,
    write_xml,
)
from passerelle_laptop.twin.records import (
    Course,
    Group,
    Grouping,
    Module,
    Origin,
    Section,
)
from passerelle_laptop.twin.safety import clear
from passerelle_laptop.twin.state import State

# A second archive in one course: its inner ids move out of the way of the first one's.
_STRIDE = 10_000_000
_INNER_IDS = frozenset(
    [
        "contextid",
        "parentcontextid",
        "usingcontextid",
        "questioncategoryid",
        "questionbankentryid",
        "quizid",
        "categoryid",
        "iteminstance",
        "trueanswer",
        "falseanswer",
    ]
)
_DATES = frozenset(
    [
        "duedate",
        "cutoffdate",
        "gradingduedate",
        "allowsubmissionsfromdate",
        "timeopen",
        "timeclose",
        "available",
        "deadline",
        "assesstimestart",
        "assesstimefinish",
        "completionexpected",
        "timeavailablefrom",
        "timeavailableto",
        "submissionstart",
        "submissionend",
        "assessmentstart",
        "assessmentend",
    ]
)
_LINK = re.compile(rb"\$@([A-Z]+)VIEWBYID\*(\d+)@\$")

Warn = Callable[[str, str], None]


@dataclass(frozen=True, slots=True)
class Options:
    mode: str  # new, merge, replace
    settings: dict[str, str] = field(default_factory=dict)
    exclude: dict[str, set[int]] = field(
        default_factory=dict
    )  # section, activity, group → ids in the archive
    keep_dates: bool = False

    def wants(self, setting: str, *, default: bool = True) -> bool:
        value = self.settings.get(setting)
        return default if value is None else value not in {"0", "", "false"}

    def leaves_out(self, kind: str, number: int) -> bool:
        return number in self.exclude.get(kind, ())


@dataclass(slots=True)
class _Walk:
    """One restore under way."""

    state: State
    vault: Vault
    archive: Archive
    course: Course
    options: Options
    plugins: frozenset[str]
    now: int
    warn: Warn
    offset: int = 0
    sections: dict[int, int] = field(default_factory=dict)  # archive's id → this site's
    modules: dict[int, int] = field(default_factory=dict)
    groups: dict[int, int] = field(default_factory=dict)
    groupings: dict[int, int] = field(default_factory=dict)
    shift: int = 0


def restore_into(
    state: State,
    vault: Vault,
    archive: Archive,
    course: Course,
    options: Options,
    plugins: frozenset[str],
    now: int,
    warn: Warn,
    jobkey: str = "",
) -> list[dict[str, Any]]:
    """Returns the map of ids. `plugins` (Frankenstyle) is what the site has installed."""
    walk = _Walk(state, vault, archive, course, options, plugins, now, warn)
    if options.mode == "replace":
        clear(course)
    source = archive.course()
    content = course.content
    walk.offset = _STRIDE * content.archives if content.modules or content.questions else 0
    if not walk.offset:
        content.coursecontext = int(source.get("contextid") or 0)
    if options.mode != "new" and not options.keep_dates:
        start = number(source, "startdate")
        walk.shift = course.startdate - start if start and course.startdate else 0
    content.archives += 1
    _groups(walk)
    # Ids first: what points at a later activity must know its new number.
    wanted = _wanted(walk)
    for activity in wanted:
        walk.modules[activity.id] = state.sequences.next("course_modules")
    _sections(walk)
    for activity in wanted:
        _activity(walk, activity)
    _course_columns(walk, source)
    _whole_course(walk)
    content.files.extend(_moved_row(row, walk.offset) for row in archive.files())
    course.restoredfrom = Origin(
        archive.wwwroot, archive.courseid, text(archive.information, "original_course_fullname"), jobkey, now
    )
    course.restores += 1
    course.timemodified = now
    return _map(walk)


# -- groups --------------------------------------------------------------------------------------------


def _groups(walk: _Walk) -> None:
    root = walk.archive.root("groups.xml")
    if root is None:
        return
    # Into an existing course groups come only if asked (R7).
    asked = walk.options.wants("groups", default=walk.options.mode == "new")
    for entry in root.iterfind("group"):
        old = int(entry.get("id") or 0)
        here = _same_group(walk, text(entry, "idnumber"), text(entry, "name") if asked else "")
        if here is None and asked and not walk.options.leaves_out("group", old):
            here = _new_group(walk, entry)
        if here is not None:
            walk.groups[old] = here.id
    if not asked:
        return
    for entry in root.iterfind("groupings/grouping"):
        grouping = Grouping(
            walk.state.sequences.next("groupings"),
            walk.course.id,
            text(entry, "name"),
            text(entry, "idnumber"),
            text(entry, "description"),
        )
        for inside in entry.iterfind("grouping_groups/grouping_group"):
            if (group := walk.groups.get(number(inside, "groupid"))) is not None:
                grouping.groups.add(group)
        walk.state.groupings[grouping.id] = grouping
        walk.groupings[int(entry.get("id") or 0)] = grouping.id


def _same_group(walk: _Walk, idnumber: str, name: str) -> Group | None:
    found = walk.state.groupidnumbers.get((walk.course.id, idnumber)) if idnumber else None
    if found is not None:
        return walk.state.groups[found]
    return next(
        (
            walk.state.groups[group]
            for group in walk.state.groupsof.get(walk.course.id, ())
            if name and walk.state.groups[group].name == name
        ),
        None,
    )


def _new_group(walk: _Walk, entry: Element) -> Group:
    return walk.state.put_group(
        Group(
            walk.state.sequences.next("groups"),
            walk.course.id,
            text(entry, "name"),
            text(entry, "idnumber"),
            text(entry, "description"),
            number(entry, "descriptionformat", 1),
            text(entry, "enrolmentkey") or None,
            number(entry, "visibility"),
            bool(number(entry, "participation", 1)),
        )
    )


# -- sections and activities -----------------------------------------------------------------------------


def _wanted(walk: _Walk) -> list[ArchiveActivity]:
    if not walk.options.wants("activities"):
        return []
    rows = []
    for activity in walk.archive.activities():
        if walk.options.leaves_out("activity", activity.id):
            continue
        if walk.options.leaves_out("section", activity.sectionid):
            continue
        if f"mod_{activity.modname}" not in walk.plugins:
            walk.warn("pluginmissing", f"mod_{activity.modname}")
            continue
        rows.append(activity)
    return rows


def _sections(walk: _Walk) -> None:
    content = walk.course.content
    numbers = {section.number: section for section in content.sections.values()}
    for entry in walk.archive.sections():
        if walk.options.leaves_out("section", entry.id):
            continue
        here = numbers.get(entry.number)
        if here is None:
            here = Section(walk.state.sequences.next("course_sections"), entry.number)
            here.visible = bool(number(entry.root, "visible", 1))
            here.availability = _availability(walk, text(entry.root, "availabilityjson") or None)
            content.sections[here.id] = here
        if not here.name:
            here.name = text(entry.root, "name") or None
        if not here.summary:
            here.summary = _relinked_text(walk, text(entry.root, "summary"))
            here.summaryformat = number(entry.root, "summaryformat", 1)
        walk.sections[entry.id] = here.id
    for missing in range(max((s.number for s in content.sections.values()), default=0)):
        if missing not in {section.number for section in content.sections.values()}:
            filler = Section(walk.state.sequences.next("course_sections"), missing)
            content.sections[filler.id] = filler
    content.sections = dict(sorted(content.sections.items(), key=lambda item: item[1].number))


def _activity(walk: _Walk, activity: ArchiveActivity) -> None:
    own, module = f"{activity.modname}.xml", parse(activity.folder["module.xml"])
    root = parse(activity.folder[own])
    body = root[0]
    section = walk.course.content.sections.get(walk.sections.get(activity.sectionid, 0))
    if section is None:
        section = next(iter(walk.course.content.sections.values()))
    instance = walk.state.sequences.next(activity.modname)
    groupings = walk.groupings
    made = Module(
        id=walk.modules[activity.id],
        modname=activity.modname,
        name=text(body, "name") or activity.title,
        section=section.id,
        contextid=walk.state.sequences.next("context"),
        instance=instance,
        folder=walk.vault.keep_folder(_moved_folder(walk, activity)),
        visible=bool(number(module, "visible", 1)),
        idnumber=text(module, "idnumber"),
        indent=number(module, "indent"),
        groupmode=number(module, "groupmode"),
        groupingid=groupings.get(number(module, "groupingid"), 0),
        completion=number(module, "completion"),
        availability=_availability(walk, text(module, "availability") or None),
        intro=_relinked_text(walk, text(body, "intro")),
        discussions=len(body.findall("discussions/discussion")),
        kind=text(body, "type") if activity.modname == "forum" else "",
        added=walk.now,
    )
    walk.course.content.modules[made.id] = made
    section.modules.append(made.id)


def _moved_folder(walk: _Walk, activity: ArchiveActivity) -> dict[str, bytes]:
    folder = {}
    for name, raw in activity.folder.items():
        content = _relinked(walk, raw)
        if walk.offset or (walk.shift and name == f"{activity.modname}.xml"):
            root = parse(content)
            _renumber(root, walk)
            if name == f"{activity.modname}.xml":
                _move_dates(root, walk.shift)
            content = write_xml(root)
        folder[name] = content
    return folder


def _move_dates(root: Element, shift: int) -> None:
    for element in root.iter():
        if element.tag in _DATES and (element.text or "").isdigit() and element.text != "0":
            element.text = str(int(element.text or 0) + shift)


def _renumber(root: Element, walk: _Walk) -> None:
    if not walk.offset:
        return
    course_context = number(walk.archive.information, "original_course_contextid")
    for element in root.iter():
        for name in ("id", "contextid"):
            value = element.get(name) or ""
            if value.isdigit() and value != "0":
                element.set(name, str(int(value) + walk.offset))
        value = element.text or ""
        if not value.isdigit() or value == "0":
            continue
        if element.tag in {"contextid", "parentcontextid"} and int(value) == course_context:
            element.text = str(walk.course.content.coursecontext)
        elif element.tag in _INNER_IDS or element.tag == "id":
            element.text = str(int(value) + walk.offset)


def _moved_row(row: dict[str, str], offset: int) -> dict[str, str]:
    if not offset:
        return dict(row)
    moved = dict(row)
    names = ["id", "contextid"]
    if row.get("component") in {"question", "qtype_ddimageortext"} or row.get("filearea") == "questiontext":
        names.append("itemid")
    for name in names:
        moved[name] = str(int(row[name]) + offset)
    return moved


# -- links and restrictions -------------------------------------------------------------------------------


def _relinked(walk: _Walk, raw: bytes) -> bytes:
    """Encoded links to what came along get its new number; others become the old address again."""

    def address(match: re.Match[bytes]) -> bytes:
        kind, old = match[1].decode().lower(), int(match[2])
        if kind == "course" and old == walk.archive.courseid:
            return b"$@COURSEVIEWBYID*%d@$" % walk.course.id
        if kind != "course" and old in walk.modules:
            return b"$@%sVIEWBYID*%d@$" % (match[1], walk.modules[old])
        path = "course" if kind == "course" else f"mod/{kind}"
        return f"{walk.archive.wwwroot}/{path}/view.php?id={old}".encode()

    return _LINK.sub(address, raw)


def _relinked_text(walk: _Walk, value: str) -> str:
    return _relinked(walk, value.encode()).decode()


def decoded_links(value: str, wwwroot: str) -> str:
    """What a reader of the page sees for the encoded links that the site keeps."""

    def address(match: re.Match[bytes]) -> bytes:
        kind = match[1].decode().lower()
        path = "course" if kind == "course" else f"mod/{kind}"
        return f"{wwwroot}/{path}/view.php?id={int(match[2])}".encode()

    return _LINK.sub(address, value.encode()).decode()


def _availability(walk: _Walk, value: str | None) -> str | None:
    if value is None or value == NULL:
        return None
    try:
        tree = json.loads(value)
    except ValueError:
        walk.warn("availability", "unreadable")
        return None
    _translate(walk, tree)
    return json.dumps(tree, separators=(",", ":"), ensure_ascii=False)


def _translate(walk: _Walk, node: Any) -> None:
    if isinstance(node, list):
        for inner in node:
            _translate(walk, inner)
    if not isinstance(node, dict):
        return
    for kind, key, table in (
        ("group", "id", walk.groups),
        ("grouping", "id", walk.groupings),
        ("completion", "cm", walk.modules),
    ):
        if node.get("type") == kind and key in node:
            if node[key] not in table:
                walk.warn(f"{kind}missing", str(node[key]))
            node[key] = table.get(node[key], 0)
    _translate(walk, node.get("c"))


# -- the course as a whole -----------------------------------------------------------------------------------


def _course_columns(walk: _Walk, source: Element) -> None:
    """Format, summary, completion, tags, custom fields come along; dates only to a new course (R8)."""
    course = walk.course
    if walk.options.mode != "new" and not walk.options.wants("overwrite_conf"):
        return
    walk.state.change_course(
        course,
        format=text(source, "format", "topics"),
        formatoptions={
            text(option, "name"): text(option, "value")
            for option in source.iterfind("courseformatoptions/courseformatoption")
        },
        summary=_relinked_text(walk, text(source, "summary")),
        summaryformat=number(source, "summaryformat", 1),
        enablecompletion=number(source, "enablecompletion"),
        tags=[text(tag, "rawname") for tag in source.iterfind("tags/tag")],
        customfields={
            text(entry, "shortname"): text(entry, "value")
            for entry in source.iterfind("customfields/customfield")
        },
    )
    if walk.options.mode == "new":
        walk.state.change_course(
            course,
            startdate=number(source, "startdate"),
            enddate=number(source, "enddate"),
            lang=text(source, "lang"),
            groupmode=number(source, "groupmode"),
            groupmodeforce=number(source, "groupmodeforce"),
            defaultgrouping=walk.groupings.get(number(source, "defaultgroupingid"), 0),
            newsitems=number(source, "newsitems"),
        )


def _whole_course(walk: _Walk) -> None:
    content, base = walk.course.content, walk.archive.base()
    if walk.options.exclude and any(walk.options.exclude.values()):
        # Moodle leaves both out as soon as anything is left out.
        walk.warn("badgesskipped", "")
        walk.warn("gradesettingsskipped", "")
    elif walk.options.wants("badges"):
        badges = walk.archive.root("badges.xml")
        content.badges += len(badges.findall("badge")) if badges is not None else 0
    bank = walk.archive.root("course/contentbank.xml")
    if bank is not None and walk.options.wants("contentbankcontent"):
        content.bankitems += len(bank.findall("content"))
    questions = walk.archive.root("questions.xml")
    if questions is not None:
        content.questions += sum(1 for _ in questions.iter("question_bank_entry"))
    if walk.options.wants("blocks"):
        for directory, folder in walk.archive.blocks().items():
            blockname = text(parse(folder["block.xml"]), "blockname")
            if f"block_{blockname}" not in walk.plugins:
                walk.warn("pluginmissing", f"block_{blockname}")
                continue
            head, _, old = directory.rpartition("_")
            moved = {name: _renumbered(walk, raw) for name, raw in folder.items()}
            content.blocks[f"{head}_{int(old) + walk.offset}"] = walk.vault.keep_folder(moved)
    if not walk.offset:
        linked = {name: _relinked(walk, raw) for name, raw in base.items()}
        content.base = walk.vault.keep_folder(linked)
        return
    kept = dict(walk.vault.folder(content.base))
    if questions is not None:
        _renumber(questions, walk)
        together = parse(kept["questions.xml"])
        together.extend(list(questions))
        kept["questions.xml"] = write_xml(together)
    content.base = walk.vault.keep_folder(kept)


def _renumbered(walk: _Walk, raw: bytes) -> bytes:
    root = parse(raw)
    _renumber(root, walk)
    return write_xml(root)


def _map(walk: _Walk) -> list[dict[str, Any]]:
    rows: list[dict[str, Any]] = [{"kind": "course", "old": walk.archive.courseid, "new": walk.course.id}]
    rows += [{"kind": "section", "old": old, "new": new} for old, new in walk.sections.items()]
    rows += [{"kind": "module", "old": old, "new": new} for old, new in walk.modules.items()]
    return rows
