"""What the survey takes from each XML member of a backup."""

from __future__ import annotations

import base64
import binascii
import html
import json
import re
from collections import Counter
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any
from urllib.parse import unquote

from passerelle.domain.backups.manifest import Activity, Group, Section
from passerelle.domain.rollover.links import ENCODED
from passerelle.domain.rollover.survey import Place
from passerelle.mbz.personal import NULL

if TYPE_CHECKING:
    from collections.abc import Sequence

    from passerelle.mbz.personal import Rule

MIB = 1024 * 1024
_KEPT = 10_000  # candidates of each kind
_LONGEST = 1_000  # characters of an address
_FROM = 5 * MIB  # smaller files are no business of a media library, whatever the threshold
_MAX_ENCODED = MIB

_ADDRESS = re.compile(
    r"""(?:https?(?:://|%3A%2F%2F)|(?<=["'=(])//(?=[A-Za-z0-9-]+\.))[^\s"'<>\\^`{|}]+""", re.IGNORECASE
)
_TRAILING = ".,;:!?)]"
_ACTIVITY = re.compile(r"activities/([a-z0-9_]+)_(\d+)/([a-z0-9_]+)\.xml\Z")
_SECTION = re.compile(r"sections/section_(\d+)/section\.xml\Z")
_NAME = re.compile(r"[a-z][a-z0-9_]*\Z")
_BLOCK_TITLE = re.compile(r'"title";s:\d+:"([^"]{1,200})"')

# What no reader of the course ever sees, or what a restore without people does not bring.
_UNREAD_MEMBERS = frozenset(
    {"grade_history.xml", "calendar.xml", "roles.xml", "inforef.xml", "comments.xml", "logs.xml", "users.xml"}
)
_UNREAD_LEAVES = frozenset(
    {"stamp", "version", "contenthash", "pathnamehash", "source", "idnumber", "displayoptions", "itemhash"}
)
_LABELS = frozenset({"title", "name", "subject", "concept", "pagetitle"})

# Dates inside activities, as a student or a teacher sets them (R8: these move).
DATES = frozenset(
    {
        "allowsubmissionsfromdate",
        "assessmentend",
        "assessmentstart",
        "assesstimefinish",
        "assesstimestart",
        "available",
        "closetime",
        "completionexpected",
        "cutoffdate",
        "deadline",
        "duedate",
        "gradingduedate",
        "openingtime",
        "closingtime",
        "opentime",
        "submissionend",
        "submissionstart",
        "timeavailablefrom",
        "timeavailableto",
        "timeclose",
        "timeopen",
        "timeviewfrom",
        "timeviewto",
        "chattime",
    }
)


@dataclass(frozen=True, slots=True)
class FileRow:
    context: int
    field: str  # component/area
    name: str
    size: int
    mimetype: str


@dataclass
class Collected:
    """Bounded: it grows with what is found, never with the payload."""

    wwwroot: str = ""
    course_id: int = 0
    course_context: int = 0
    startdate: datetime | None = None
    activities: list[Activity] = field(default_factory=list)
    sections: dict[int, Section] = field(default_factory=dict)
    groups: list[Group] = field(default_factory=list)
    groupings: list[int] = field(default_factory=list)
    contexts: dict[int, int] = field(default_factory=dict)  # context id → module id, 0 for the course's own
    instances: dict[tuple[str, int], int] = field(default_factory=dict)  # (module, instance) → module id
    addresses: Counter[tuple[Place, str]] = field(default_factory=Counter)
    encoded: Counter[tuple[Place, str, tuple[str, ...], str]] = field(default_factory=Counter)
    files: list[FileRow] = field(default_factory=list)
    dates: list[tuple[Place, datetime]] = field(default_factory=list)
    restrictions: list[tuple[Place, str, int]] = field(default_factory=list)
    badges: int = 0
    grade_settings: bool = False
    plugins: set[str] = field(default_factory=set)

    def scan(self, place: Place, text: str) -> None:
        if "$@" in text:
            self._scan_encoded(place, text)
        if "//" in text or "%2F%2F" in text or "%2f%2f" in text or "\\/\\/" in text:
            self._scan_typed(place, text)

    def _scan_encoded(self, place: Place, text: str) -> None:
        for match in ENCODED.finditer(text):
            tail = ""
            if match[1].startswith("PLUGINFILE"):
                tail = re.split(r"""["'<>\s\\]""", text[match.end() : match.end() + 300], maxsplit=1)[0]
            key = (place, match[1], tuple(match[2].split("*")[1:]), tail)
            if key in self.encoded or len(self.encoded) < _KEPT:
                self.encoded[key] += 1

    def _scan_typed(self, place: Place, text: str) -> None:
        for match in _ADDRESS.finditer(text.replace("\\/", "/")):
            for address in _unfolded(match.group()):
                key = (place, address)
                if key in self.addresses or len(self.addresses) < _KEPT:
                    self.addresses[key] += 1

    def restrict(self, place: Place, value: str) -> None:
        try:
            tree = json.loads(value)
        except (ValueError, RecursionError):
            return
        for condition in _conditions(tree):
            kind = str(condition.get("type", ""))
            number = condition.get("cm" if kind == "completion" else "id")
            if kind == "date" and isinstance(condition.get("t"), int):
                self.add_date(place, int(condition["t"]))
            elif (
                kind in ("group", "grouping", "completion")
                and isinstance(number, int)
                and number > 0
                and len(self.restrictions) < _KEPT
            ):
                self.restrictions.append((place, kind, number))

    def add_date(self, place: Place, seconds: int) -> None:
        when = moment(seconds)
        if when is not None and len(self.dates) < _KEPT:
            self.dates.append((place, when))


def _unfolded(found: str) -> list[str]:
    """The address as it leads, and the one that it carries inside (`?url=https%3A%2F%2F…`)."""
    address = html.unescape(found)[:_LONGEST]
    if re.match(r"https?%3A", address, re.IGNORECASE):
        address = unquote(address)
    # A quote or bracket that was escaped (&quot;) ends the address all the same.
    address = re.split(r"""["'<>\s]""", address, maxsplit=1)[0].rstrip(_TRAILING)
    inner = re.search(r"[?&=](https?(?:://|%3A%2F%2F)[^&\s]+)", address, re.IGNORECASE)
    carried = [unquote(inner[1]).rstrip(_TRAILING)] if inner else []
    return [address, *carried]


def _conditions(tree: Any, depth: int = 0) -> list[dict[str, Any]]:
    if not isinstance(tree, dict) or depth > 20:
        return []
    inner = tree.get("c")
    if isinstance(inner, list):
        return [found for child in inner for found in _conditions(child, depth + 1)]
    return [tree] if "type" in tree else []


class SurveyReader:
    """Texts of one member, each with where it stands."""

    def __init__(self, member: str, collected: Collected, place: Place) -> None:
        self.member = member
        self.collected = collected
        self.place = place
        self._labels: dict[int, str] = {}  # depth of an element → its title
        self.own_depth = 2  # of the element that is the activity itself: its title is no part

    def start(self, path: Sequence[str], attributes: dict[str, str]) -> None:
        self._labels.pop(len(path), None)
        self.begin(path, attributes)

    def leaf(self, path: Sequence[str], value: str, *, told: bool = False) -> None:  # noqa: ARG002 - Reader's
        if not value or value == NULL:
            return
        name = path[-1]
        if name in _LABELS and len(path) - 1 > self.own_depth:
            self._labels[len(path) - 1] = re.sub(r"<[^>]*>", "", value).strip()[:200]
        self.tell(path, value)

    def end(self, path: Sequence[str]) -> None:
        self.close(path)

    def long_text(self, path: Sequence[str], part: str) -> None:
        self.collected.scan(self.here(path), part)

    def personal(self, element: str, value: str, rule: Rule) -> bool:  # noqa: ARG002 - Reader's
        """Scrubbed before; nobody's business here."""
        return False

    def gone(self, path: Sequence[str], value: str) -> None:
        """Nothing goes away here."""

    def here(self, path: Sequence[str]) -> Place:
        part = next(
            (self._labels[depth] for depth in range(len(path) - 1, 0, -1) if depth in self._labels), ""
        )
        place = self.place
        return Place(place.kind, place.section, place.activity, place.module, place.module_id, part, path[-1])

    def begin(self, path: Sequence[str], attributes: dict[str, str]) -> None:
        """An element starts."""

    def close(self, path: Sequence[str]) -> None:
        """An element with children has ended."""

    def tell(self, path: Sequence[str], value: str) -> None:
        if path[-1] not in _UNREAD_LEAVES:
            self.collected.scan(self.here(path), value)


class ActivityReader(SurveyReader):
    """activities/page_79/page.xml"""

    def begin(self, path: Sequence[str], attributes: dict[str, str]) -> None:
        if len(path) == 1:
            context = integer(attributes.get("contextid", ""))
            self.collected.contexts[context] = self.place.module_id
            module = attributes.get("modulename", "")
            self.collected.instances[module, integer(attributes.get("id", ""))] = self.place.module_id

    def tell(self, path: Sequence[str], value: str) -> None:
        if path[-1] in DATES and len(path) <= 4:
            self.collected.add_date(self.here(path), integer(value))
        super().tell(path, value)


class ModuleReader(SurveyReader):
    """activities/page_79/module.xml"""

    def tell(self, path: Sequence[str], value: str) -> None:
        if path[-1] == "availability":
            self.collected.restrict(self.here(path), value)
        elif path[-1] in DATES:
            self.collected.add_date(self.here(path), integer(value))


class SectionReader(SurveyReader):
    def __init__(self, member: str, collected: Collected, number: int) -> None:
        super().__init__(member, collected, Place("section", section=str(number)))
        self._id = number
        self._row: dict[str, str] = {}

    def tell(self, path: Sequence[str], value: str) -> None:
        if len(path) == 2:
            if path[1] in ("number", "name"):
                self._row[path[1]] = value[:1333]
            elif path[1] == "availabilityjson":
                self.collected.restrict(self.here(path), value)
        super().tell(path, value)

    def close(self, path: Sequence[str]) -> None:
        if len(path) == 1:
            self.collected.sections[self._id] = Section(
                self._id, integer(self._row.get("number", "")), self._row.get("name", "")
            )


class CourseReader(SurveyReader):
    def begin(self, path: Sequence[str], attributes: dict[str, str]) -> None:
        if len(path) == 1:
            self.collected.course_context = integer(attributes.get("contextid", ""))
            self.collected.contexts[self.collected.course_context] = 0

    def tell(self, path: Sequence[str], value: str) -> None:
        if path[-1] == "startdate" and len(path) == 2:
            self.collected.startdate = moment(integer(value))
        super().tell(path, value)


class BlockReader(SurveyReader):
    """A block's settings are base64 of PHP's serialised form."""

    def begin(self, path: Sequence[str], attributes: dict[str, str]) -> None:
        if len(path) == 1:
            self.collected.contexts.setdefault(integer(attributes.get("contextid", "")), 0)

    def tell(self, path: Sequence[str], value: str) -> None:
        if path[-1] == "blockname":
            self.place = Place("block", activity=value[:100], module=value[:100])
            if _NAME.match(value):
                self.collected.plugins.add(f"block_{value}")
            return
        if path[-1] != "configdata":
            super().tell(path, value)
            return
        try:
            text = base64.b64decode(value[:_MAX_ENCODED], validate=True).decode("utf-8", "replace")
        except (binascii.Error, ValueError):
            return
        title = _BLOCK_TITLE.search(text)
        place = self.here(path)
        self.collected.scan(
            Place("block", place.section, title[1] if title else place.activity, place.module, field="text"),
            text,
        )


class QuestionReader(SurveyReader):
    """questions.xml: a question's name is its place."""

    def begin(self, path: Sequence[str], attributes: dict[str, str]) -> None:  # noqa: ARG002 - the base's own
        if path[-1] == "question_category":
            self.own_depth = len(path)

    def tell(self, path: Sequence[str], value: str) -> None:
        if path[-1] == "contextid":
            self.collected.contexts.setdefault(integer(value), 0)
        super().tell(path, value)


class FilesReader(SurveyReader):
    """files.xml: the large ones with where they are used, and names that are addresses."""

    def __init__(self, member: str, collected: Collected) -> None:
        super().__init__(member, collected, Place("file"))
        self._row: dict[str, str] = {}

    def tell(self, path: Sequence[str], value: str) -> None:
        if len(path) == 3:
            self._row[path[-1]] = value[:_LONGEST]

    def close(self, path: Sequence[str]) -> None:
        if list(path) != ["files", "file"]:
            return
        row, self._row = self._row, {}
        name, size = row.get("filename", ""), integer(row.get("filesize", ""))
        area = f"{row.get('component', '')}/{row.get('filearea', '')}"
        context = integer(row.get("contextid", ""))
        module_id = self.collected.contexts.get(context, 0)
        place = Place("file", module_id=module_id, part=name, field=area)
        if "%2f%2f" in name.lower():
            self.collected.scan(place, name)
        if row.get("repositorytype") and row.get("reference"):
            self.collected.scan(place, row["reference"])
        if size >= _FROM and name != "." and len(self.collected.files) < _KEPT:
            self.collected.files.append(
                FileRow(context, area, name, size, row.get("mimetype", "").replace(NULL, ""))
            )


class BackupReader(SurveyReader):
    """moodle_backup.xml: it tells its own address; that is no link."""

    def __init__(self, member: str, collected: Collected) -> None:
        super().__init__(member, collected, Place("other"))
        self._row: dict[str, str] = {}

    def begin(self, path: Sequence[str], attributes: dict[str, str]) -> None:  # noqa: ARG002 - the base's own
        if len(path) > 1 and path[-2] in ("activities", "sections"):
            self._row = {}

    def tell(self, path: Sequence[str], value: str) -> None:
        told = {"original_wwwroot": "wwwroot", "original_course_id": "course_id"}
        if len(path) == 3 and path[-1] == "original_wwwroot":
            self.collected.wwwroot = value.strip().rstrip("/")
        elif len(path) == 3 and path[-1] == "original_course_id":
            self.collected.course_id = integer(value)
        elif path[-1] not in told and len(self._row) < 20:
            self._row[path[-1]] = value[:1333]

    def close(self, path: Sequence[str]) -> None:
        if list(path[-2:]) == ["activities", "activity"] and len(self.collected.activities) < _KEPT:
            row = self._row
            module = row.get("modulename", "")[:100]
            self.collected.activities.append(
                Activity(
                    integer(row.get("moduleid", "")),
                    integer(row.get("sectionid", "")),
                    module,
                    row.get("title", ""),
                )
            )
            if _NAME.match(module):
                self.collected.plugins.add(f"mod_{module}")


class GroupsReader(SurveyReader):
    def __init__(self, member: str, collected: Collected) -> None:
        super().__init__(member, collected, Place("other"))
        self._id = 0
        self._row: dict[str, str] = {}

    def begin(self, path: Sequence[str], attributes: dict[str, str]) -> None:
        if list(path) == ["groups", "group"]:
            self._id, self._row = integer(attributes.get("id", "")), {}
        elif path[-1] == "grouping" and len(self.collected.groupings) < _KEPT:
            self.collected.groupings.append(integer(attributes.get("id", "")))

    def tell(self, path: Sequence[str], value: str) -> None:
        if list(path[:-1]) == ["groups", "group"] and path[-1] in ("name", "idnumber"):
            self._row[path[-1]] = value[:1333]

    def close(self, path: Sequence[str]) -> None:
        if list(path) == ["groups", "group"] and len(self.collected.groups) < _KEPT:
            self.collected.groups.append(
                Group(self._id, self._row.get("name", ""), self._row.get("idnumber", ""))
            )


class BadgesReader(SurveyReader):
    def begin(self, path: Sequence[str], attributes: dict[str, str]) -> None:  # noqa: ARG002 - the base's own
        if list(path) == ["badges", "badge"]:
            self.collected.badges += 1


class GradebookReader(SurveyReader):
    """gradebook.xml: a second category, an item by hand or a letter were somebody's decision."""

    def begin(self, path: Sequence[str], attributes: dict[str, str]) -> None:  # noqa: ARG002 - the base's own
        if path[-1] in ("grade_letter", "grade_setting"):
            self.collected.grade_settings = True

    def tell(self, path: Sequence[str], value: str) -> None:
        if (path[-1] == "itemtype" and value == "manual") or (path[-1] == "depth" and integer(value) > 1):
            self.collected.grade_settings = True


def reader_for(member: str, collected: Collected) -> SurveyReader | None:
    """None for what the survey does not read."""
    base = member.rsplit("/", 1)[-1]
    if base in _UNREAD_MEMBERS:
        return None
    section = _SECTION.match(member)
    if section:
        return SectionReader(member, collected, integer(section[1]))
    activity = _ACTIVITY.match(member)
    if activity:
        place = Place("activity", module=activity[1], module_id=integer(activity[2]))
        if activity[3] == "module":
            return ModuleReader(member, collected, place)
        return ActivityReader(member, collected, place) if activity[3] == activity[1] else None
    if base == "block.xml":
        return BlockReader(member, collected, Place("block"))
    special: dict[str, type[Any]] = {
        "moodle_backup.xml": BackupReader,
        "files.xml": FilesReader,
        "groups.xml": GroupsReader,
    }
    if member in special:
        reader: SurveyReader = special[member](member, collected)
        return reader
    placed: dict[str, tuple[type[SurveyReader], Place]] = {
        "course/course.xml": (CourseReader, Place("course")),
        "questions.xml": (QuestionReader, Place("question")),
        "badges.xml": (BadgesReader, Place("badge")),
        "gradebook.xml": (GradebookReader, Place("other")),
    }
    if member in placed:
        kind, place = placed[member]
        return kind(member, collected, place)
    return None


def integer(value: str) -> int:
    text = value.strip()[:18]
    return int(text) if text.isascii() and text.isdigit() else 0


def moment(seconds: int) -> datetime | None:
    if not 0 < seconds < 253_402_300_800:
        return None
    return datetime.fromtimestamp(seconds, UTC)
