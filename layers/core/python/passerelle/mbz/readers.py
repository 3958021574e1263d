"""What each XML member of a backup tells the facts."""

from __future__ import annotations

import base64
import binascii
import hashlib
import re
from typing import TYPE_CHECKING

from passerelle.domain.backups.manifest import Activity, Group, Means, Section
from passerelle.mbz.addresses import LONGEST_VALUE, addresses_in, are_addresses
from passerelle.mbz.cures import Cure, ids_in
from passerelle.mbz.limits import OVERLAP
from passerelle.mbz.personal import (
    NULL,
    has_value,
    is_number,
    is_suspect,
    is_third_party,
    may_hold_a_login,
    names_somebody,
    proofs_for,
)
from passerelle.mbz.plugins import IDS_IN_JSON

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from passerelle.mbz.facts import Facts
    from passerelle.mbz.people import People
    from passerelle.mbz.personal import Rule

_MAX_VALUE = 64 * 1024  # of what a manifest keeps: a course's summary may be long
_MAX_ENCODED = 1024 * 1024
_LONGEST_KNOWN = 120  # characters of what may be somebody's name, login or address
_PLUGIN_ELEMENT = re.compile(r"plugin_([a-z]+)_([a-z0-9_]+)_[a-z0-9]+\Z")
_SUBPLUGIN_ELEMENT = re.compile(r"subplugin_([a-z0-9]+)_([a-z0-9_]+)_[a-z0-9]+\Z")
_AVAILABILITY = re.compile(r'"type":"([a-z0-9_]+)"')
_TELLING = frozenset({"availability", "availabilityjson", "activemethod"})
_NAME = re.compile(r"[a-z][a-z0-9_]*\Z")
_OWN_FILE = re.compile(
    r"activities/([a-z0-9_]+)_\d+/(?!(?:calendar|comments|competencies|completion|filters|grade_history|grades"
    r"|grading|inforef|logs|logstores|module|roles|xapistate)\.xml)([a-z0-9_]+)\.xml\Z"
)
_ACTIVITY = re.compile(r"activities/[a-z0-9_]+_\d+(?=/)")
# Of files.xml: a file may be called after an address, and must keep its name.
_FILE_NAMES = frozenset({"filename", "filepath"})


class MemberReader:
    """What holds for every member: people, personal data, plugins, links."""

    def __init__(self, member: str, facts: Facts) -> None:
        self.member = member
        self.facts = facts
        self.activity = _activity_of(member)
        self._third_party = is_third_party(member)
        self._proofs = proofs_for(member)
        self._row_names = frozenset(row for _, row in self._proofs.rows)
        self._linkable = member != "moodle_backup.xml"  # which tells its own address; that is no link
        self._plugin: tuple[int, str] | None = None  # depth and plugin of the wrapper we are inside

    def start(self, path: Sequence[str], attributes: dict[str, str]) -> Mapping[str, Cure] | None:
        name = path[-1]
        if name in self._row_names and len(path) > 1 and (path[-2], name) in self._proofs.rows:
            self.facts.add_person(self.member, f"{path[-2]}/{name}")
        if "plugin_" in name and self._plugin is None:
            plugin = _plugin_of(name)
            if plugin is not None:
                self._plugin = (len(path), plugin)
        if not attributes:
            return None
        if name == "activity" and len(path) == 1 and self.activity:
            self._hold_module(attributes.get("modulename"))
        return self._judge_attributes(path, attributes)

    def _judge_attributes(self, path: Sequence[str], attributes: dict[str, str]) -> dict[str, Cure] | None:
        doomed: dict[str, Cure] = {}
        for attribute, value in attributes.items():
            if attribute == "id" or not value:
                continue
            told = f"{path[-1]}@{attribute}"
            if self._proofs.leaf is not None and self._proofs.leaf((*path, attribute), value):
                self.facts.add_person(self.member, told)
                continue
            cure = self._judge_value((*path, attribute), told, value)
            if cure is not None:
                doomed[attribute] = cure
        return doomed or None

    def _hold_module(self, module: str | None) -> None:
        """The root of an activity's own file says what it is; its folder and file must say the same."""
        if module is None:
            return
        named = _OWN_FILE.match(self.member)
        if named is None or not named[1] == named[2] == module:
            folder = named[1] if named else "?"
            self.facts.findings.add("module_disagrees", self.member, told=module[:100], module=folder)

    def leaf(self, path: Sequence[str], value: str, *, told: bool = False) -> Cure | None:
        name = path[-1]
        if self._plugin is not None:
            if value and not value.isspace():
                self.facts.add_plugin(self._plugin[1])
            if len(path) <= self._plugin[0]:
                self._plugin = None
        if not value or value == NULL:
            return None
        if self._linkable and ("http" in value or "$@" in value or name == "configdata"):
            self._scan(name, value)
        cure: Cure | None = None
        if not told:
            if self._proofs.leaf is not None and self._proofs.leaf(path, value):
                self.facts.add_person(self.member, f"{path[-2]}/{name}" if len(path) > 1 else name)
            else:
                cure = self._judge_value(path, name, value)
        if cure is not None:
            return cure
        if name in _TELLING:
            self._tell_plugin(name, value)
        self.tell(path, value)
        return None

    def _judge_value(self, path: Sequence[str], told: str, value: str) -> Cure | None:
        """By value first, then by the site's own knowledge, then by name (P4, P20)."""
        name = path[-1]
        if "@" in value or "%40" in value or "&#" in value:
            if name not in _FILE_NAMES and are_addresses(value):
                self.facts.add_trace(self.member, told, Means.VALUE, scrubbed=True)
                return Cure.EMPTY
            found = addresses_in(value)
            if found:
                self._report_addresses(told, found)
        if self.facts.people is not None and len(value) <= _LONGEST_KNOWN:
            cure = self._judge_known(self.facts.people, path, told, value)
            if cure is not None:
                return cure
        if is_suspect(name, value) or names_somebody(name, value):
            self.facts.add_trace(self.member, told, Means.NAME, scrubbed=False)
            self.account_for(value)
        return None

    def _report_addresses(self, told: str, found: list[str]) -> None:
        people = self.facts.people
        theirs = 0 if people is None else sum(map(people.has_email, found))
        if theirs:
            self.facts.add_trace(self.member, told, Means.PEOPLE, scrubbed=False, times=theirs)
        if len(found) > theirs:
            self.facts.add_trace(self.member, told, Means.TEXT, scrubbed=False, times=len(found) - theirs)

    def _judge_known(self, people: People, path: Sequence[str], told: str, value: str) -> Cure | None:
        if people.has_name(value):
            self.facts.add_trace(self.member, told, Means.PEOPLE, scrubbed=False)
        elif may_hold_a_login(
            path, third_party=self._third_party or self._plugin is not None
        ) and people.has_login(value):
            self.facts.add_trace(self.member, told, Means.PEOPLE, scrubbed=True)
            self.account_for(value)
            return Cure.EMPTY
        return None

    def _tell_plugin(self, name: str, value: str) -> None:
        if name == "activemethod":
            if _NAME.match(value):
                self.facts.add_plugin(f"gradingform_{value}")
            return
        for kind in _AVAILABILITY.findall(value.replace(" ", "")):
            self.facts.add_plugin(f"availability_{kind}")

    def end(self, path: Sequence[str]) -> None:
        if self._plugin is not None and len(path) <= self._plugin[0]:
            self._plugin = None

    def long_text(self, path: Sequence[str], part: str) -> None:
        if self._linkable:
            self._scan(path[-1], part)
        # Parts overlap: an address on the seam is told twice rather than not at all.
        found = addresses_in(part)
        if found:
            self._report_addresses(path[-1], found)

    def personal(self, element: str, value: str, rule: Rule) -> bool:
        kept = rule.means is Means.KEY and self.facts.keep_keys
        self.facts.add_trace(self.member, element, rule.means, scrubbed=not kept)
        self.account_for(value)
        return not kept

    def gone(self, path: Sequence[str], value: str) -> None:
        if path[-1].endswith("id") and path[-1] != "id":
            self.account_for(value)

    def account_for(self, value: str) -> None:
        """A user's id, if it is one, that was found in this activity (P20)."""
        if self.activity:
            self.facts.account_for(self.activity, value)

    def tell(self, path: Sequence[str], value: str) -> None:
        """A leaf with a value, for readers of particular members."""

    def _scan(self, name: str, value: str) -> None:
        if name == "configdata":  # a block's settings are base64 of PHP's serialised form
            try:
                value = base64.b64decode(value[:_MAX_ENCODED], validate=True).decode("utf-8", "replace")
            except (binascii.Error, ValueError):
                return
            found = addresses_in(value)
            if found:
                self._report_addresses(name, found)
        self.facts.links.scan(self.member, value)


class BackupReader(MemberReader):
    """moodle_backup.xml"""

    def __init__(self, member: str, facts: Facts) -> None:
        super().__init__(member, facts)
        self._row: dict[str, str] = {}

    def start(self, path: Sequence[str], attributes: dict[str, str]) -> Mapping[str, Cure] | None:
        if len(path) > 1 and path[-2] in ("activities", "sections", "settings"):
            self._row = {}
        return super().start(path, attributes)

    def tell(self, path: Sequence[str], value: str) -> None:
        place = list(path[1:-1])
        name = path[-1]
        told = self.facts.information
        if place == ["information"] and path[0] == "moodle_backup":
            if len(told) < 100:
                told[name] = value[:_MAX_VALUE]
        elif place == ["information", "details", "detail"]:
            if name == "type":
                self.facts.kind = value[:20]
            elif name == "format":
                told["details/format"] = value[:20]
        elif len(self._row) < 20:
            self._row[name] = value[:_MAX_VALUE]

    def end(self, path: Sequence[str]) -> None:
        super().end(path)
        row, facts = self._row, self.facts
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

    _KEPT = frozenset(
        {"contenthash", "contextid", "filearea", "filename", "filepath", "filesize", "mimetype"}
        | {"repositorytype"}
    )

    def __init__(self, member: str, facts: Facts) -> None:
        super().__init__(member, facts)
        self._row: dict[str, str] = {}

    def tell(self, path: Sequence[str], value: str) -> None:
        if path[-1] in self._KEPT and len(path) == 3:
            self._row[path[-1]] = value[:1000]

    def end(self, path: Sequence[str]) -> None:
        super().end(path)
        if list(path) == ["files", "file"]:
            self.facts.add_file(self._row)
            self._row = {}


class CourseReader(MemberReader):
    """course/course.xml"""

    def tell(self, path: Sequence[str], value: str) -> None:
        if len(path) == 2 and path[1] in ("idnumber", "summary", "format", "lang"):
            self.facts.course[path[1]] = value[:_MAX_VALUE]
        elif path[-1] == "type" and path[-2] == "customfield" and _NAME.match(value):
            self.facts.add_plugin(f"customfield_{value}")


class SectionReader(MemberReader):
    """sections/section_…/section.xml"""

    def __init__(self, member: str, facts: Facts) -> None:
        super().__init__(member, facts)
        self._id = 0
        self._row: dict[str, str] = {}

    def start(self, path: Sequence[str], attributes: dict[str, str]) -> Mapping[str, Cure] | None:
        if len(path) == 1:
            self._id = _int(attributes, "id")
        return super().start(path, attributes)

    def tell(self, path: Sequence[str], value: str) -> None:
        if len(path) == 2 and path[1] in ("number", "name"):
            self._row[path[1]] = value[:1333]

    def end(self, path: Sequence[str]) -> None:
        super().end(path)
        if len(path) == 1:
            self.facts.keep(self._row.get("name", ""))
            self.facts.sections[self._id] = Section(
                self._id, _int(self._row, "number"), self._row.get("name", "")
            )


class GroupsReader(MemberReader):
    """groups.xml"""

    def __init__(self, member: str, facts: Facts) -> None:
        super().__init__(member, facts)
        self._id = 0
        self._row: dict[str, str] = {}

    def start(self, path: Sequence[str], attributes: dict[str, str]) -> Mapping[str, Cure] | None:
        if list(path) == ["groups", "group"]:
            self._id, self._row = _int(attributes, "id"), {}
        return super().start(path, attributes)

    def tell(self, path: Sequence[str], value: str) -> None:
        if list(path[:-1]) == ["groups", "group"] and path[-1] in ("name", "idnumber"):
            self._row[path[-1]] = value[:1333]

    def end(self, path: Sequence[str]) -> None:
        super().end(path)
        if list(path) == ["groups", "group"]:
            self.facts.keep(*self._row.values())
            self.facts.groups.append(
                Group(self._id, self._row.get("name", ""), self._row.get("idnumber", ""))
            )


class InforefReader(MemberReader):
    """activities/…/inforef.xml: what the activity refers to, whatever its fields are called."""

    def personal(self, element: str, value: str, rule: Rule) -> bool:
        if self.activity:
            self.facts.add_reference(self.activity, value)
        return super().personal(element, value, rule)

    def account_for(self, value: str) -> None:
        """What is listed here is not what is found."""

    def tell(self, path: Sequence[str], value: str) -> None:  # noqa: ARG002 - the base's own
        if self.activity and path[-2:] == ["grade_item", "id"]:
            self.facts.graded.add(self.activity)


# Change without anybody having changed the activity.
_RESTLESS = frozenset({"timecreated", "timemodified"})


class OwnReader(MemberReader):
    """An activity's own file: what it holds (P22), whether it is graded, the plugins that one leaf names."""

    def __init__(self, member: str, facts: Facts) -> None:
        super().__init__(member, facts)
        self._context = 0
        self._digest = hashlib.blake2b(digest_size=8)
        self._seen = 0  # characters of a text too long to be held that were told before
        self._printed = ""  # of customcert: what the element that we are in prints
        own = _OWN_FILE.match(member)
        self._module = own[1] if own else ""

    def start(self, path: Sequence[str], attributes: dict[str, str]) -> Mapping[str, Cure] | None:
        if len(path) == 1:
            self._context = _int(attributes, "contextid")
        return super().start(path, attributes)

    def leaf(self, path: Sequence[str], value: str, *, told: bool = False) -> Cure | None:
        if path[-1] not in _RESTLESS:
            self._note(path[-1], value, "\0")
        self._seen = 0
        if path[-1] == "element":
            self._printed = value
        cure = super().leaf(path, value, told=told)
        if path[-1] == "data" and self._printed == "teachername" and is_number(value) and has_value(value):
            # Restored, it would print the name of whoever has that id there; it breaks on an empty one.
            self.facts.add_trace(self.member, "data", Means.PLUGIN, scrubbed=True)
            self.account_for(value)
            return Cure.ZERO
        if (self._module, path[-1]) in IDS_IN_JSON and cure is None and not told:
            return self._judge_ids(path[-1], value)
        return cure

    def _judge_ids(self, element: str, value: str) -> Cure | None:
        found = ids_in(value)
        if not found:
            return None
        scrubbed = len(value) <= LONGEST_VALUE
        self.facts.add_trace(
            self.member, element, Means.PLUGIN if scrubbed else Means.NAME, scrubbed=scrubbed
        )
        for one in found:
            self.account_for(one)
        return Cure.IDS

    def long_text(self, path: Sequence[str], part: str) -> None:
        self._note(path[-1], part)
        self._seen = OVERLAP
        super().long_text(path, part)

    def _note(self, name: str, text: str, after: str = "") -> None:
        """The same bytes, whatever the parts that a text comes in."""
        before = "" if self._seen else f"{name}\0"
        self._digest.update(f"{before}{text[self._seen :]}{after}".encode("utf-8", "replace"))

    def end(self, path: Sequence[str]) -> None:
        super().end(path)
        if len(path) == 1:
            self.facts.add_activity_content(self.activity, self._context, self._digest.digest())

    def tell(self, path: Sequence[str], value: str) -> None:
        if len(path) == 3 and path[-1] == "grade" and value.strip().strip("0.-"):
            self.facts.graded.add(self.activity)
        _tell_kind(self.facts, path[-1], value)


class PluginReader(MemberReader):
    """Members where one leaf names a plugin."""

    def tell(self, path: Sequence[str], value: str) -> None:
        _tell_kind(self.facts, path[-1], value)


_KINDS = {"qtype": "qtype", "blockname": "block", "preferredbehaviour": "qbehaviour"}


def _tell_kind(facts: Facts, element: str, value: str) -> None:
    kind = _KINDS.get(element)
    if kind is not None and _NAME.match(value):
        facts.add_plugin(f"{kind}_{value}")
    elif element == "contenttype" and _NAME.match(value):
        facts.add_plugin(value)


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
    if _OWN_FILE.match(member):
        return OwnReader(member, facts)
    if member.endswith("/inforef.xml"):
        return InforefReader(member, facts)
    return PluginReader(member, facts)


def _activity_of(member: str) -> str:
    found = _ACTIVITY.match(member)
    return found[0] if found else ""


def _plugin_of(element: str) -> str | None:
    match = _PLUGIN_ELEMENT.match(element) or _SUBPLUGIN_ELEMENT.match(element)
    return f"{match.group(1)}_{match.group(2)}" if match else None


def _int(row: dict[str, str], key: str) -> int:
    value = row.get(key, "").strip()[:18]
    return int(value) if value.isascii() and value.isdigit() else 0
