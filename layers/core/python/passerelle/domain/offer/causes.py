"""Every cause there is of somebody being in a course or not, and of what a night's report finds.

The report, *Pourquoi ?* and the page share them; `words.causes` says them.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Self

from passerelle.domain.offer.model import RowRef
from passerelle.domain.offer.stages import Stage


class Repairs(StrEnum):
    """Who can change it; NOBODY where it is as it should be."""

    NOBODY = "nobody"
    SCOLARITE = "scolarite"
    DEVE = "deve"
    PLANNING = "planning"
    IDENTITY = "identity"
    CEMU = "cemu"
    TEACHER = "teacher"
    ADMINISTRATOR = "administrator"


class Weight(StrEnum):
    """What a cause does to an answer: gives access, withholds it, leaves it open, explains."""

    GIVES = "gives"
    WITHHOLDS = "withholds"
    OPEN = "open"
    EXPLAINS = "explains"


@dataclass(frozen=True, slots=True)
class About:
    rule: str
    weight: Weight
    repairs: Repairs
    stage: Stage | None = None  # that makes a correction so
    check: str = ""


_GIVES, _WITHHOLDS, _OPEN, _EXPLAINS = Weight.GIVES, Weight.WITHHOLDS, Weight.OPEN, Weight.EXPLAINS
_NOBODY, _SCO, _DEVE, _PLAN = Repairs.NOBODY, Repairs.SCOLARITE, Repairs.DEVE, Repairs.PLANNING
_IDENTITY, _ADMIN, _CEMU, _TEACHER = Repairs.IDENTITY, Repairs.ADMINISTRATOR, Repairs.CEMU, Repairs.TEACHER
_ENROL, _OFFER, _USERS = Stage.ENROLMENTS, Stage.OFFER, Stage.USERS


class Cause(StrEnum):
    """A code and what stands about it; `words.causes` has its sentences."""

    about: About

    def __new__(cls, code: str, about: About) -> Self:
        made = str.__new__(cls, code)
        made._value_ = code
        made.about = about
        return made

    # in the course
    GROUP = "group", About("N12", _GIVES, _NOBODY, _ENROL)
    GROUP_OF_CARRIED = "group_of_carried", About("N7", _GIVES, _NOBODY, _ENROL)
    FOAD_CONDITIONS = "foad_conditions", About("N13", _GIVES, _NOBODY, _ENROL)
    PLANNED = "planned", About("N14", _GIVES, _NOBODY, _ENROL)
    PLANNED_ON_CARRIED = "planned_on_carried", About("N14", _GIVES, _NOBODY, _ENROL)
    # a student is not; of several that say the same of one element, the first is told
    NO_IP = "no_ip", About("N12", _WITHHOLDS, _SCO, _ENROL)
    OUT_OF_DATES = "out_of_dates", About("N28", _WITHHOLDS, _SCO, _ENROL)
    NO_CEMU_GROUP_REACHED = "no_cemu_group_reached", About("N13", _WITHHOLDS, _SCO, _ENROL, "D1")
    GROUP_NOT_SHARED = "group_not_shared", About("N7", _WITHHOLDS, _SCO, _ENROL, "D1")
    GROUP_ELSEWHERE = "group_elsewhere", About("N12", _WITHHOLDS, _SCO, _ENROL, "D1")
    GROUP_UNKNOWN = "group_unknown", About("N12", _WITHHOLDS, _SCO, _ENROL, "D1")
    IP_WITHOUT_GROUP = "ip_without_group", About("N12", _WITHHOLDS, _SCO, _ENROL, "D1")
    ELEMENT_WITHOUT_GROUP = "element_without_group", About("N12", _WITHHOLDS, _SCO, _ENROL, "D1")
    IN_NO_SHARED_GROUP = "in_no_shared_group", About("N7", _WITHHOLDS, _SCO, _ENROL, "D6")
    IA_MISSING = "ia_missing", About("N13", _WITHHOLDS, _DEVE, _ENROL, "D2")
    CEMU_GROUP_MISSING = "cemu_group_missing", About("N13", _WITHHOLDS, _SCO, _ENROL, "D2")
    CAMPUS_ONLY = "campus_only", About("N13", _WITHHOLDS, _NOBODY, _ENROL)
    FOAD_INSTEAD = "foad_instead", About("N10", _WITHHOLDS, _NOBODY, _ENROL)
    NO_FOAD_COURSE = "no_foad_course", About("N9", _WITHHOLDS, _SCO, _OFFER)
    # beside it: D2 and D3, where they are in the ordinary course all the same
    TELE_ON_CAMPUS_ELEMENT = "tele_on_campus_element", About("N13", _EXPLAINS, _DEVE, _ENROL, "D2")
    FLAG_MISSING = "flag_missing", About("N13", _EXPLAINS, _SCO, _OFFER, "D2")
    IN_BOTH_COURSES = "in_both_courses", About("N13", _EXPLAINS, _SCO, _ENROL, "D2")
    # an element, its groups and its carrier
    CEMU_GROUP_NOT_DISTANCE = "cemu_group_not_distance", About("N10", _EXPLAINS, _SCO, _OFFER, "D3")
    DISTANCE_WITHOUT_CEMU_GROUP = "distance_without_cemu_group", About("N10", _EXPLAINS, _SCO, _OFFER, "D3")
    FLAGS_DIFFER = "flags_differ", About("N9", _EXPLAINS, _SCO, _OFFER, "D3")
    COLLECTION_NOT_ON_CARRIER = "collection_not_on_carrier", About("N7", _EXPLAINS, _SCO, _OFFER, "D6")
    NOTHING_SHARED = "nothing_shared", About("N7", _EXPLAINS, _SCO, _OFFER, "D6")
    # a teacher is not
    NOT_PLANNED = "not_planned", About("N14", _WITHHOLDS, _PLAN, _ENROL)
    ASSOCIATED_ONLY = "associated_only", About("N14", _WITHHOLDS, _PLAN, _ENROL, "D7")
    SHEET_NOT_APOGEE = "sheet_not_apogee", About("N14", _WITHHOLDS, _PLAN, _ENROL, "D7")
    SHEET_OBSOLETE = "sheet_obsolete", About("N14", _WITHHOLDS, _PLAN, _ENROL, "D7")
    FOAD_BY_HAND = "foad_by_hand", About("N15", _WITHHOLDS, _CEMU)
    # the person
    NO_USERNAME = "no_username", About("N25", _OPEN, _IDENTITY, _USERS, "D12")
    NO_EMAIL = "no_email", About("N25", _OPEN, _IDENTITY, _USERS, "D12")
    NO_FIRSTNAME = "no_firstname", About("N25", _OPEN, _IDENTITY, _USERS, "D12")
    NO_LASTNAME = "no_lastname", About("N25", _OPEN, _IDENTITY, _USERS, "D12")
    PERSON_REFUSED = "person_refused", About("N21", _OPEN, _IDENTITY, _USERS)
    PERSON_UNREADABLE = "person_unreadable", About("N21", _OPEN, _IDENTITY, _USERS)
    PERSON_DISABLED = "person_disabled", About("N28", _WITHHOLDS, _IDENTITY, _USERS)
    PERSON_UNKNOWN = "person_unknown", About("N25", _WITHHOLDS, _IDENTITY, _USERS)
    # unknown, so that nothing moves
    ROW_REFUSED = "row_refused", About("N21", _OPEN, _SCO, _ENROL)
    ROW_UNREADABLE = "row_unreadable", About("N21", _OPEN, _SCO, _ENROL)
    GROUP_REFUSED = "group_refused", About("N21", _OPEN, _SCO, _ENROL)
    ATTACHMENT_REFUSED = "attachment_refused", About("N21", _OPEN, _SCO, _ENROL)
    ELEMENT_REFUSED = "element_refused", About("N21", _OPEN, _SCO, _OFFER)
    FILE_STOPPED = "file_stopped", About("N21", _OPEN, _ADMIN, _ENROL)
    # the course
    CARRIED = "carried", About("N7", _EXPLAINS, _NOBODY)
    NOT_IN_OFFER = "not_in_offer", About("N5", _WITHHOLDS, _SCO, _OFFER)
    # what Moodle has, of one person
    THERE = "there", About("N12", _EXPLAINS, _NOBODY)
    NOT_THERE_YET = "not_there_yet", About("N19", _EXPLAINS, _NOBODY, _ENROL)
    LEAVES = "leaves", About("N24", _EXPLAINS, _NOBODY, _ENROL)
    STAYS_UNKNOWN = "stays_unknown", About("N21", _EXPLAINS, _NOBODY)
    IN_GRACE = "in_grace", About("N24", _EXPLAINS, _NOBODY, _ENROL)
    COMES_BACK = "comes_back", About("N24", _EXPLAINS, _NOBODY, _ENROL)
    BY_HAND = "by_hand", About("N16", _EXPLAINS, _TEACHER)
    HAND_DOUBLES = "hand_doubles", About("N16", _EXPLAINS, _TEACHER, None, "D15")
    HAND_CONTRADICTS = "hand_contradicts", About("N16", _EXPLAINS, _TEACHER, None, "D15")
    NO_ACCOUNT = "no_account", About("N25", _EXPLAINS, _NOBODY, _USERS)
    ACCOUNT_SUSPENDED = "account_suspended", About("N25", _EXPLAINS, _ADMIN)
    # what Moodle has, of a course
    COURSE_NOT_MADE = "course_not_made", About("N3", _EXPLAINS, _NOBODY, _OFFER)
    COURSE_HIDDEN = "course_hidden", About("N6", _EXPLAINS, _TEACHER)
    ARCHIVED = "archived", About("N5", _EXPLAINS, _SCO, _OFFER)
    COMPLEMENTARY = "complementary", About("N16", _EXPLAINS, _TEACHER)
    FOAD_WITHOUT_TEACHER = "foad_without_teacher", About("N15", _EXPLAINS, _CEMU, None, "D4")
    BECAME_CARRIED = "became_carried", About("N7", _EXPLAINS, _SCO, _OFFER, "D5")
    CARRIER_CHANGED = "carrier_changed", About("N8", _EXPLAINS, _SCO, _OFFER, "D5")
    HIDDEN_WITH_CONTENT = "hidden_with_content", About("N6", _EXPLAINS, _TEACHER, None, "D8")
    VISIBLE_EMPTY = "visible_empty", About("N6", _EXPLAINS, _TEACHER, None, "D8")
    ARCHIVE_ACTIVE = "archive_active", About("N5", _EXPLAINS, _ADMIN, None, "D9")
    CODE_IS_BACK = "code_is_back", About("N5", _EXPLAINS, _ADMIN, None, "D9")
    CATEGORY_KEPT = "category_kept", About("N4", _EXPLAINS, _ADMIN, _OFFER, "D10")
    NAME_BY_HAND = "name_by_hand", About("N2", _EXPLAINS, _ADMIN, _OFFER, "D11")
    IDNUMBER_BY_HAND = "idnumber_by_hand", About("N1", _EXPLAINS, _ADMIN, _OFFER, "D11")
    NAME_TAKEN = "name_taken", About("N1", _EXPLAINS, _ADMIN, _OFFER, "D11")
    NOT_ADOPTED = "not_adopted", About("N23", _EXPLAINS, _ADMIN, _OFFER, "D11")
    HELD_TWICE = "held_twice", About("N23", _EXPLAINS, _ADMIN, _OFFER, "D11")
    SPACE_SAME_NAME = "space_same_name", About("N16", _EXPLAINS, _ADMIN, None, "D16")
    SPACE_SAME_PEOPLE = "space_same_people", About("N16", _EXPLAINS, _ADMIN, None, "D16")
    # the night itself
    FROZEN = "frozen", About("N18", _EXPLAINS, _ADMIN)
    PLAN_HELD = "plan_held", About("N20", _EXPLAINS, _ADMIN)
    TOO_MANY = "too_many", About("N20", _EXPLAINS, _ADMIN, None, "D14")
    STAGE_FAILED = "stage_failed", About("N17", _EXPLAINS, _ADMIN, None, "D13")
    STAGE_LATE = "stage_late", About("N17", _EXPLAINS, _ADMIN, None, "D13")
    STAGE_FROZEN = "stage_frozen", About("N18", _EXPLAINS, _ADMIN, None, "D13")
    STAGE_MISSING = "stage_missing", About("N17", _EXPLAINS, _ADMIN, None, "D13")
    MEMORY_LOST = "memory_lost", About("N24", _EXPLAINS, _ADMIN, None, "D13")
    STAGE_UNFINISHED = "stage_unfinished", About("N17", _EXPLAINS, _ADMIN, None, "D13")


@dataclass(frozen=True, slots=True)
class Reason:
    """One cause with the rows that show it. `details` fill its sentence: codes and titles, no names.

    `course`: the element in whose course it shows, or a course's idnumber; `person`: a code, or a login
    that no code is known of.
    """

    cause: Cause
    rows: tuple[RowRef, ...] = ()
    details: Mapping[str, str] = field(default_factory=dict)
    course: str = ""
    person: str = field(default="", repr=False)

    @property
    def about(self) -> About:
        return self.cause.about

    @property
    def weight(self) -> Weight:
        return self.cause.about.weight


def in_order(found: Iterable[Reason]) -> tuple[Reason, ...]:
    """By check, cause and codes, whatever the order of the rows."""

    def place(one: Reason) -> tuple[int, str, str, str, list[tuple[str, str]]]:
        number = int(one.about.check[1:] or 0)
        return number, one.cause, one.course, one.person, sorted(one.details.items())

    return tuple(sorted(found, key=place))
