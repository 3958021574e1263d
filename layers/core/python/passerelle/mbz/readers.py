"""What each XML member of a backup tells the dossier."""

from __future__ import annotations

import base64
import binascii
import re
from typing import TYPE_CHECKING

from passerelle.domain.backups.manifest import Activity, Group, Section
from passerelle.mbz.personal import NULL, has_value, is_suspect, names_somebody, proofs_for

if TYPE_CHECKING:
    from collections.abc import Sequence

    from passerelle.mbz.facts import Facts

_MAX_VALUE = 64 * 1024  # of what a manifest keeps: a course's summary may be long
_MAX_ENCODED = 1024 * 1024
_PLUGIN_ELEMENT = re.compile(r"plugin_([a-z]+)_([a-z0-9_]+)_[a-z0-9]+\Z")
_SUBPLUGIN_ELEMENT = re.compile(r"subplugin_([a-z0-9]+)_([a-z0-9_]+)_[a-z0-9]+\Z")
_AVAILABILITY = re.compile(r'"type":"([a-z0-9_]+)"')
_TELLING = frozenset({"availability", "availabilityjson", "activemethod"})
_NAME = re.compile(r"[a-z][a-z0-9_]*\Z")


class MemberReader:
    """What holds for every member: people, personal data, plugins, links."""

    def __init__(self, member: str, facts: Facts) -> None:
        self.member = member
        self.dossier = facts
        self._proofs = proofs_for(member)
        self._row_names = frozenset(row for _, row in self._proofs.rows)
        self._linkable = member != "moodle_backup.xml"  # which tells its own address; that is no link
        self._plugin: tuple[int, str] | None = None  # depth and plugin of the wrapper we are inside

    def start(self, path: Sequence[str], attributes: dict[str, str]) -> None:
        name = path[-1]
        if name in self._row_names and len(path) > 1 and (path[-2], name) in self._proofs.rows:
            self.dossier.add_person(self.member, f"{path[-2]}/{name}")
        if "plugin_" in name and self._plugin is None:
            plugin = _plugin_of(name)
            if plugin is not None:
                self._plugin = (len(path), plugin)
        if attributes:
            for attribute, value in attributes.items():
                if is_suspect(attribute) and has_value(value):
                    self.dossier.add_trace(self.member, f"{name}@{attribute}", named=False)

    def leaf(self, path: Sequence[str], value: str) -> None:
        name = path[-1]
        if self._plugin is not None:
            if value and not value.isspace():
                self.dossier.add_plugin(self._plugin[1])
            if len(path) <= self._plugin[0]:
                self._plugin = None
        if not value or value == NULL:
            return
        if self._linkable and ("http" in value or "$@" in value or name == "configdata"):
            self._scan(name, value)
        if self._proofs.leaf is not None and self._proofs.leaf(path, value):
            self.dossier.add_person(self.member, f"{path[-2]}/{name}" if len(path) > 1 else name)
        elif (
            name not in self.named and (is_suspect(name) or names_somebody(name, value)) and has_value(value)
        ):
            self.dossier.add_trace(self.member, name, named=False)
        if name in _TELLING:
            self._tell_plugin(name, value)
        self.tell(path, value)

    def _tell_plugin(self, name: str, value: str) -> None:
        if name == "activemethod":
            if _NAME.match(value):
                self.dossier.add_plugin(f"gradingform_{value}")
            return
        for kind in _AVAILABILITY.findall(value.replace(" ", "")):
            self.dossier.add_plugin(f"availability_{kind}")

    def end(self, path: Sequence[str]) -> None:
        if self._plugin is not None and len(path) <= self._plugin[0]:
            self._plugin = None

    def long_text(self, path: Sequence[str], part: str) -> None:
        if self._linkable:
            self._scan(path[-1], part)

    def personal(self, element: str) -> None:
        self.dossier.add_trace(self.member, element, named=True)

    named: frozenset[str] = frozenset()  # elements that P4 cures in this member

    def tell(self, path: Sequence[str], value: str) -> None:
        """A leaf with a value, for readers of particular members."""

    def _scan(self, name: str, value: str) -> None:
        if name == "configdata":  # a block's settings are base64 of PHP's serialised form
            try:
                value = base64.b64decode(value[:_MAX_ENCODED], validate=True).decode("utf-8", "replace")
            except (binascii.Error, ValueError):
                return
        self.dossier.links.scan(self.member, value)


class BackupReader(MemberReader):
    """moodle_backup.xml"""

    def __init__(self, member: str, facts: Facts) -> None:
        super().__init__(member, facts)
        self._row: dict[str, str] = {}

    def start(self, path: Sequence[str], attributes: dict[str, str]) -> None:
        super().start(path, attributes)
        if len(path) > 1 and path[-2] in ("activities", "sections", "settings"):
            self._row = {}

    def tell(self, path: Sequence[str], value: str) -> None:
        place = list(path[1:-1])
        name = path[-1]
        told = self.dossier.information
        if place == ["information"] and path[0] == "moodle_backup":
            if len(told) < 100:
                told[name] = value[:_MAX_VALUE]
        elif place == ["information", "details", "detail"]:
            if name == "type":
                self.dossier.kind = value[:20]
            elif name == "format":
                told["details/format"] = value[:20]
        elif len(self._row) < 20:
            self._row[name] = value[:_MAX_VALUE]

    def end(self, path: Sequence[str]) -> None:
        super().end(path)
        row, facts = self._row, self.dossier
        place = "/".join(path[1:])
        if place == "information/contents/activities/activity":
            facts.keep(row.get("title", ""), row.get("directory", ""))
            plugin = row.get("modulename", "")
            if _NAME.match(plugin):
                facts.add_plugin(f"mod_{plugin}")
            facts.activities.append(
                Activity(
                    _int(row, "moduleid"), _int(row, "sectionid"), plugin[:100], row.get("title", "")[:1333]
                )
            )
            facts.directories.append(row.get("directory", "")[:200])
        elif place == "information/contents/sections/section":
            facts.keep(row.get("title", ""))
            facts.section_ids.append((_int(row, "sectionid"), row.get("title", "")[:1333]))
        elif (
            place == "information/settings/setting"
            and row.get("level") == "root"
            and len(facts.settings) < 500
        ):
            facts.settings[row.get("name", "")] = row.get("value", "")[:1000]


class FilesReader(MemberReader):
    """files.xml"""

    _KEPT = frozenset({"contenthash", "filename", "filesize", "mimetype", "repositorytype"})

    def __init__(self, member: str, facts: Facts) -> None:
        super().__init__(member, facts)
        self._row: dict[str, str] = {}

    def tell(self, path: Sequence[str], value: str) -> None:
        if path[-1] in self._KEPT and len(path) == 3:
            self._row[path[-1]] = value[:1000]

    def end(self, path: Sequence[str]) -> None:
        super().end(path)
        if list(path) == ["files", "file"]:
            self.dossier.add_file(self._row)
            self._row = {}


class CourseReader(MemberReader):
    """course/course.xml"""

    def tell(self, path: Sequence[str], value: str) -> None:
        if len(path) == 2 and path[1] in ("idnumber", "summary", "format", "lang"):
            self.dossier.course[path[1]] = value[:_MAX_VALUE]
        elif path[-1] == "type" and path[-2] == "customfield" and _NAME.match(value):
            self.dossier.add_plugin(f"customfield_{value}")


class SectionReader(MemberReader):
    """sections/section_…/section.xml"""

    def __init__(self, member: str, facts: Facts) -> None:
        super().__init__(member, facts)
        self._id = 0
        self._row: dict[str, str] = {}

    def start(self, path: Sequence[str], attributes: dict[str, str]) -> None:
        super().start(path, attributes)
        if len(path) == 1:
            self._id = _int(attributes, "id")

    def tell(self, path: Sequence[str], value: str) -> None:
        if len(path) == 2 and path[1] in ("number", "name"):
            self._row[path[1]] = value[:1333]

    def end(self, path: Sequence[str]) -> None:
        super().end(path)
        if len(path) == 1:
            self.dossier.keep(self._row.get("name", ""))
            self.dossier.sections[self._id] = Section(
                self._id, _int(self._row, "number"), self._row.get("name", "")
            )


class GroupsReader(MemberReader):
    """groups.xml"""

    def __init__(self, member: str, facts: Facts) -> None:
        super().__init__(member, facts)
        self._id = 0
        self._row: dict[str, str] = {}

    def start(self, path: Sequence[str], attributes: dict[str, str]) -> None:
        super().start(path, attributes)
        if list(path) == ["groups", "group"]:
            self._id, self._row = _int(attributes, "id"), {}

    def tell(self, path: Sequence[str], value: str) -> None:
        if list(path[:-1]) == ["groups", "group"] and path[-1] in ("name", "idnumber"):
            self._row[path[-1]] = value[:1333]

    def end(self, path: Sequence[str]) -> None:
        super().end(path)
        if list(path) == ["groups", "group"]:
            self.dossier.keep(*self._row.values())
            self.dossier.groups.append(
                Group(self._id, self._row.get("name", ""), self._row.get("idnumber", ""))
            )


class PluginReader(MemberReader):
    """Members where one leaf names a plugin."""

    _KINDS = {  # noqa: RUF012 - never changed
        "qtype": "qtype",
        "blockname": "block",
        "preferredbehaviour": "qbehaviour",
    }

    def tell(self, path: Sequence[str], value: str) -> None:
        kind = self._KINDS.get(path[-1])
        if kind is not None and _NAME.match(value):
            self.dossier.add_plugin(f"{kind}_{value}")
        elif path[-1] == "contenttype" and _NAME.match(value):
            self.dossier.add_plugin(value)


def reader_for(member: str, facts: Facts) -> MemberReader:
    if member == "moodle_backup.xml":
        return BackupReader(member, facts)
    if member == "files.xml":
        return FilesReader(member, facts)
    if member == "course/course.xml":
        return CourseReader(member, facts)
    if member == "groups.xml":
        return GroupsReader(member, facts)
    if member.startswith("sections/") and member.endswith("/section.xml"):
        return SectionReader(member, facts)
    return PluginReader(member, facts)


def _plugin_of(element: str) -> str | None:
    match = _PLUGIN_ELEMENT.match(element) or _SUBPLUGIN_ELEMENT.match(element)
    return f"{match.group(1)}_{match.group(2)}" if match else None


def _int(row: dict[str, str], key: str) -> int:
    value = row.get(key, "").strip()[:18]
    return int(value) if value.isascii() and value.isdigit() else 0
