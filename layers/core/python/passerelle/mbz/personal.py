"""Where a backup names people: P3's proofs and P4's places.

Taken from the structure steps of Moodle 4.5's `backup/moodle2/backup_stepslib.php` and of its modules,
and from backups that a Moodle 4.5.6 made.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from enum import Enum
from functools import lru_cache

Path = Sequence[str]  # element names from the root down

NULL = "$@NULL@$"


class Cure(Enum):
    """What becomes of a value. The member keeps its length: spaces follow the element."""

    EMPTY = "empty"
    ZERO = "zero"  # Moodle's restore breaks on an empty user id
    REMOVE = "remove"  # the element itself: a row that makes no sense without its person


@dataclass(frozen=True, slots=True)
class Place:
    """P4: in members whose name matches, elements of this name (inside `within`, if given)."""

    members: re.Pattern[str]
    elements: dict[str, Cure]
    within: str | None = None


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
    # A badge's own issuer is the institution; an endorsement's is a person.
    Place(_members(r"badges\.xml"), {"issuername": Cure.EMPTY}, within="endorsement"),
    Place(
        _members(r"course/contentbank\.xml"),
        {"usercreated": Cure.ZERO, "usermodified": Cure.ZERO, "userid": Cure.ZERO},
    ),
    Place(_members(r"(?:.*/)?calendar\.xml"), {"userid": Cure.ZERO}),
    Place(
        _members(r"(?:scales|outcomes)\.xml"),
        {"userid": Cure.ZERO, "usermodified": Cure.ZERO, "usercreated": Cure.ZERO},
    ),
    Place(
        _members(r"(?:.*/)?lti\.xml|course/.*\.xml|questions\.xml"),
        {"createdby": Cure.ZERO, "toolproxy_createdby": Cure.ZERO},
        within="ltitype",
    ),
    Place(_members(r"(?:.*/)?lti\.xml"), {"createdby": Cure.ZERO}, within="ltitoolproxy"),
    Place(_members(r"course/enrolments\.xml"), {"password": Cure.EMPTY}),
    Place(_members(r"groups\.xml"), {"enrolmentkey": Cure.EMPTY}),
)


def cures_for(member: str) -> dict[str, tuple[tuple[str | None, Cure], ...]]:
    """P4 for one member: element name → (enclosing element or None, cure), the first that fits counts."""
    cures: dict[str, tuple[tuple[str | None, Cure], ...]] = {}
    for place in PLACES:
        if place.members.match(member):
            for element, cure in place.elements.items():
                cures[element] = (*cures.get(element, ()), (place.within, cure))
    return cures


# Any other element of such a name is reported (P4).
SUSPECT = re.compile(r".*userid\Z|user.*ed\Z|.*email\Z", re.IGNORECASE)
# Elements of that form which hold no person: counts and switches of Moodle's own.
_NO_PERSON = frozenset({"users_included", "userinfo_included"})


@lru_cache(maxsize=4096)  # a backup has a few hundred element names, each thousands of times
def is_suspect(element: str) -> bool:
    return SUSPECT.match(element) is not None and element.lower() not in _NO_PERSON


def has_value(text: str) -> bool:
    value = text.strip()
    return value not in ("", "0", NULL)


# P3: rows that exist only for a person, as (enclosing element, row), whatever member they stand in.
PEOPLE_ROWS = frozenset(
    {
        ("users", "user"),
        ("role_assignments", "assignment"),
        ("user_enrolments", "enrolment"),
        ("group_members", "group_member"),
        ("grade_grades", "grade_grade"),
        ("completions", "completion"),
        ("completion_criteria_completions", "completion_criteria_completion"),
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
    "scorm": frozenset({("scoes_tracks", "sco_track"), ("attempts", "attempt")}),
    "survey": frozenset({("analysiss", "analysis"), ("answers", "answer")}),
    "wiki": frozenset({("pages", "page"), ("versions", "version")}),
    "workshop": frozenset(
        {("submissions", "submission"), ("assessments", "assessment"), ("aggregations", "aggregation")}
    ),
}
# A standard activity without any of these keeps nothing of its users.
WITHOUT_USERS = frozenset(
    {"book", "folder", "imscp", "label", "page", "qbank", "resource", "subsection", "url"}
)
# Rows of a user among those that every backup has: an override of one person's dates.
_PERSONAL_OVERRIDES = frozenset({"overrides", "user_overrides"})

_ACTIVITY = re.compile(r"activities/([a-z0-9]+)_\d+/([a-z0-9]+)\.xml\Z")

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
    if match is None or match.group(1) != match.group(2):
        return Proofs(PEOPLE_ROWS, None)
    module = match.group(1)
    if module in WITHOUT_USERS:
        return Proofs(PEOPLE_ROWS, None)
    if module in ACTIVITY_ROWS:
        return Proofs(PEOPLE_ROWS | ACTIVITY_ROWS[module], _is_personal_override)
    # An activity that Moodle does not ship: nobody can say which of its rows are a user's, so a user id
    # in one of them counts as a user.
    return Proofs(PEOPLE_ROWS, _is_user_id)


def _is_user_id(path: Path, value: str) -> bool:
    return path[-1] == "userid" and value.strip().isdigit() and int(value) > 0


def _is_personal_override(path: Path, value: str) -> bool:
    return _is_user_id(path, value) and not _PERSONAL_OVERRIDES.isdisjoint(path)
