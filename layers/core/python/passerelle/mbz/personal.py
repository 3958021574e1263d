"""Where a backup names people: P3's proofs and P4's places.

Held against Moodle 4.5.6: the structure steps of `backup/moodle2/backup_stepslib.php`, the standard
modules' `backup_…_stepslib.php`, the plugins `qbank_comment` and `enrol_lti`, and backups of a course with
all of it, whose scrubbed copies the same Moodle restored.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import lru_cache

from passerelle.domain.backups.manifest import Means
from passerelle.mbz.cures import Cure
from passerelle.mbz.plugins import KEYS, PLUGIN_PLACES, PluginPlace

Path = Sequence[str]  # element names from the root down

NULL = "$@NULL@$"


@dataclass(frozen=True, slots=True)
class Place:
    """P4: in members whose name matches, elements of this name (inside `within`, if given)."""

    members: re.Pattern[str]
    elements: dict[str, Cure]
    within: str | None = None
    means: Means = Means.PLACE


def _members(pattern: str) -> re.Pattern[str]:
    return re.compile(pattern + r"\Z", re.IGNORECASE)


PLACES = (
    Place(_members(r"files\.xml"), {"author": Cure.EMPTY, "userid": Cure.ZERO}),
    Place(
        _members(r"questions\.xml"),
        {"ownerid": Cure.ZERO, "createdby": Cure.ZERO, "modifiedby": Cure.ZERO, "userid": Cure.ZERO},
    ),
    # Moodle restores a question's comment under the bare user id that it carries, whoever that is there.
    Place(_members(r"questions\.xml"), {"comment": Cure.REMOVE}, within="comments"),
    Place(
        _members(r"badges\.xml"),
        {
            "usercreated": Cure.ZERO,
            "usermodified": Cure.ZERO,
            "recipientid": Cure.ZERO,
            "issuerid": Cure.ZERO,
            "issuercontact": Cure.EMPTY,
            "issueremail": Cure.EMPTY,
            "imageauthorname": Cure.EMPTY,
            "imageauthoremail": Cure.EMPTY,
            "imageauthorurl": Cure.EMPTY,
        },
    ),
    # A badge's own issuer is the institution; an endorsement's is a person, with a page and a claim there.
    Place(
        _members(r"badges\.xml"),
        {"issuername": Cure.EMPTY, "issuerurl": Cure.EMPTY, "claimid": Cure.EMPTY},
        within="endorsement",
    ),
    Place(
        _members(r"course/contentbank\.xml"),
        {"usercreated": Cure.ZERO, "usermodified": Cure.ZERO, "userid": Cure.ZERO},
    ),
    Place(_members(r"(?:.*/)?calendar\.xml"), {"userid": Cure.ZERO}),
    Place(
        _members(r"(?:scales|outcomes)\.xml"),
        {"userid": Cure.ZERO, "usermodified": Cure.ZERO, "usercreated": Cure.ZERO},
    ),
    Place(_members(r"activities/lti_\d+/lti\.xml"), {"createdby": Cure.ZERO}, within="ltitype"),
    # Moodle writes a survey's answers and a teacher's notes on them whatever the settings say, and never
    # restores them without users.
    Place(_members(r"activities/survey_\d+/survey\.xml"), {"answer": Cure.REMOVE}, within="answers"),
    Place(_members(r"activities/survey_\d+/survey\.xml"), {"analys": Cure.REMOVE}, within="analysis"),
    Place(_members(r"course/enrolments\.xml"), {"password": Cure.EMPTY}),
    Place(_members(r"groups\.xml"), {"enrolmentkey": Cure.EMPTY}),
    # Who last changed an override; a restore writes who restores.
    Place(_members(r"(?:.*/)?roles\.xml"), {"modifierid": Cure.ZERO}),
    # Ids of whoever a part's rows mention, of which users.xml would tell the rest. With users off they name
    # nobody and are no sign of people inside: whoever made a tool or a badge stands there.
    Place(_members(r"(?:.*/)?inforef\.xml"), {"id": Cure.ZERO}, within="userref"),
)


def _of_plugin(row: PluginPlace, means: Means) -> Place:
    return Place(_members(rf"activities/{row.module}_\d+/{row.module}\.xml"), row.elements, row.within, means)


_ALL_PLACES = (
    *PLACES,
    *(_of_plugin(row, Means.PLUGIN) for row in PLUGIN_PLACES),
    *(_of_plugin(row, Means.KEY) for row in KEYS),
)


@dataclass(frozen=True, slots=True)
class Rule:
    """What becomes of the elements of one name in one member."""

    within: str | None  # enclosing element, if it matters
    cure: Cure
    means: Means


def rules_for(member: str) -> dict[str, tuple[Rule, ...]]:
    """P4 for one member: element name → rules, the first that fits counts."""
    rules: dict[str, tuple[Rule, ...]] = {}
    for place in _ALL_PLACES:
        if place.members.match(member):
            for element, cure in place.elements.items():
                rules[element] = (*rules.get(element, ()), Rule(place.within, cure, place.means))
    return rules


# By name: any other element or attribute so called is reported where it has a value (P4).
_OF_A_USER = re.compile(r".*userid\Z|user.*ed\Z", re.IGNORECASE)
_OF_SOMEBODY = re.compile(
    r"(?:owner|author|creator|email).*\Z|host_id\Z"
    r"|.*(?:by|emails?|manager|teacher.*|organi[sz]er.*|organi[sz]ator.*)\Z",
    re.IGNORECASE,
)
_OF_NOBODY = re.compile(
    r".*(?:sort|order|group|filter|display|stand)by\Z|authori[sz].*|email\w*format\Z|email(?:content|subject)\Z"
    r"|.*roleid\Z",
    re.IGNORECASE,
)
_LONGEST_NAME = 255  # characters: what is longer is a text, not a person
_NO_PERSON = frozenset({"users_included", "userinfo_included"})


@lru_cache(maxsize=4096)  # a backup has a few hundred element names, each thousands of times
def _suspicion(element: str) -> int:
    if element.lower() in _NO_PERSON:
        return 0
    if _OF_A_USER.match(element):
        return 2
    return 1 if _OF_SOMEBODY.match(element) and not _OF_NOBODY.match(element) else 0


def is_suspect(element: str, value: str) -> bool:
    """Whether a value may name somebody by the name of what holds it."""
    suspicion = _suspicion(element)
    if suspicion == 0 or not has_value(value):
        return False
    if suspicion == 2:
        return True
    text = value.strip()
    # `emailteachers` is a switch and `emaildelay` a number: only an id can be a person's.
    if text.lower() in ("1", "-1", "true", "false", "yes", "no") or len(text) > _LONGEST_NAME or "<" in text:
        return False
    return not (element.lower().startswith("email") and is_number(text))


# Leaves that name somebody though their element's name does not say so: reported, for it is the course's
# own work to decide who may enter what.
_NAMING_CONDITION = re.compile(
    r'"sf":"(?:address|email|firstname|idnumber|lastname|phone1|phone2|username)"'  # of availability_profile
)
_NAMED_PARTICIPANT = re.compile(r'"selectiontype":"user"')  # of bigbluebuttonbn
_NAMING = {
    "availability": _NAMING_CONDITION,
    "availabilityjson": _NAMING_CONDITION,
    "participants": _NAMED_PARTICIPANT,
    "claimcomment": re.compile(r"\S"),  # an endorser's own words, in badges.xml
}


def names_somebody(element: str, value: str) -> bool:
    pattern = _NAMING.get(element)
    return pattern is not None and pattern.search(value.replace('": "', '":"')) is not None


def has_value(text: str) -> bool:
    value = text.strip()
    return value not in ("", "0", NULL)


def is_number(text: str) -> bool:
    """Digits as Moodle writes them; `²` and the digits of other scripts are none."""
    return text.isascii() and text.isdigit()


# By the site's own knowledge (P20): where a login may stand. A plugin's own fields hold anything; in those
# that Moodle itself writes, `page` is a module and `test` a title, and only a few are free text.
_OF_MOODLE = frozenset(
    {"area", "component", "element", "filearea", "format", "kind", "lang", "language", "layout", "level"}
    | {"mode", "modulename", "name", "plugin", "pluginname", "state", "status", "subplugin", "subtype"}
    | {"theme", "timezone", "title", "type"}
)
_FREE = frozenset({"content", "description", "intro", "summary"})


def is_third_party(member: str) -> bool:
    """The own file of an activity that Moodle does not ship."""
    match = _ACTIVITY.match(member)
    return match is not None and match[2] not in _COMMON and match[2] not in _SHIPPED


def may_hold_a_login(path: Path, *, third_party: bool) -> bool:
    """`third_party`: the member, or the wrapper that the leaf stands in, is a plugin's own."""
    name = path[-1]
    if third_party:
        return name not in _OF_MOODLE
    return name in _FREE or (name == "value" and len(path) > 1 and path[-2] == "customfield")


# P3: rows that exist only for a person, as (enclosing element, row), whatever member they stand in.
PEOPLE_ROWS = frozenset(
    {
        ("users", "user"),
        ("role_assignments", "assignment"),
        ("user_enrolments", "enrolment"),
        ("group_members", "group_member"),
        ("grade_grades", "grade_grade"),
        ("completions", "completion"),
        ("course_completion_crit_completions", "course_completion_crit_compl"),
        ("course_completion", "course_completions"),
        ("completionviews", "completionview"),
        ("user_competencies", "user_competency"),
        ("user_competency_courses", "user_competency_course"),
        ("comments", "comment"),
        ("logs", "log"),
        ("logstores", "logstore"),
        ("ratings", "rating"),
    }
)
# The same for what the standard activities keep of their users, in the activity's own file.
ACTIVITY_ROWS: dict[str, frozenset[tuple[str, str]]] = {
    "assign": frozenset({("submissions", "submission"), ("grades", "grade"), ("userflags", "userflag")}),
    "bigbluebuttonbn": frozenset({("logs", "log")}),
    "chat": frozenset({("messages", "message")}),
    "choice": frozenset({("answers", "answer")}),
    "data": frozenset({("records", "record")}),
    "feedback": frozenset({("completeds", "completed")}),
    "forum": frozenset(
        {
            ("discussions", "discussion"),
            ("posts", "post"),
            ("subscriptions", "subscription"),
            ("digests", "digest"),
            ("readposts", "read"),
            ("trackedprefs", "track"),
            ("discussion_subs", "discussion_sub"),
            ("grades", "grade"),
        }
    ),
    "glossary": frozenset({("entries", "entry")}),
    "h5pactivity": frozenset({("attempts", "attempt")}),
    "lesson": frozenset(
        {("attempts", "attempt"), ("grades", "grade"), ("branches", "branch"), ("timers", "timer")}
    ),
    "lti": frozenset({("ltisubmissions", "ltisubmission")}),
    "quiz": frozenset({("attempts", "attempt"), ("grades", "grade")}),
    "scorm": frozenset({("sco_tracks", "sco_track")}),
    "survey": frozenset(),  # its rows are there with users off as well: P4
    "wiki": frozenset({("subwikis", "subwiki"), ("pages", "page"), ("versions", "version")}),
    "workshop": frozenset(
        {
            ("submissions", "submission"),
            ("assessments", "assessment"),
            ("exampleassessments", "exampleassessment"),
            ("aggregations", "aggregation"),
        }
    ),
}
# A standard activity without any of these keeps nothing of its users.
WITHOUT_USERS = frozenset(
    {"book", "folder", "imscp", "label", "page", "qbank", "resource", "subsection", "url"}
)
_SHIPPED = WITHOUT_USERS | ACTIVITY_ROWS.keys()
# Rows of a user among those that every backup has: an override of one person's dates.
_PERSONAL_OVERRIDES = frozenset({"overrides", "user_overrides"})

_ACTIVITY = re.compile(r"activities/([a-z0-9_]+)_\d+/([a-z0-9_]+)\.xml\Z")
# What every activity has beside its own file.
_COMMON = frozenset(
    {"calendar", "comments", "competencies", "completion", "filters", "grade_history", "grades", "grading"}
    | {"inforef", "logs", "logstores", "module", "roles", "xapistate"}
)

PersonTest = Callable[[Path, str], bool]


@dataclass(frozen=True, slots=True)
class Proofs:
    """What proves a person inside one member: rows by their names, and leaves by path and value."""

    rows: frozenset[tuple[str, str]]
    leaf: PersonTest | None


def proofs_for(member: str) -> Proofs:
    lower = member.lower()
    if lower.endswith("/xapistate.xml"):
        return Proofs(PEOPLE_ROWS | {("states", "state")}, None)
    if lower == "questions.xml":
        return Proofs(PEOPLE_ROWS - {("comments", "comment")}, None)
    match = _ACTIVITY.match(lower)
    if match is None or match.group(2) in _COMMON:
        return Proofs(PEOPLE_ROWS, None)
    module = match.group(2)
    if module in WITHOUT_USERS:
        return Proofs(PEOPLE_ROWS, None)
    if module in ACTIVITY_ROWS:
        return Proofs(PEOPLE_ROWS | ACTIVITY_ROWS[module], _is_personal_override)
    # An activity that Moodle does not ship: nobody can say which of its rows are a user's, so a user id
    # in one of them counts as a user.
    return Proofs(PEOPLE_ROWS, is_user_id)


def is_user_id(path: Path, value: str) -> bool:
    text = value.strip()
    return path[-1] == "userid" and is_number(text) and text.strip("0") != ""


def _is_personal_override(path: Path, value: str) -> bool:
    return is_user_id(path, value) and not _PERSONAL_OVERRIDES.isdisjoint(path)
