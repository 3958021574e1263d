"""The causes that a *why* can have: the rule, the check, who repairs it, which stage makes it so."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum

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
    """What a cause does to the answer: gives access, withholds it, leaves it open, explains."""

    GIVES = "gives"
    WITHHOLDS = "withholds"
    OPEN = "open"
    EXPLAINS = "explains"


class Cause(StrEnum):
    # in the course
    GROUP = "group"
    GROUP_OF_CARRIED = "group_of_carried"
    FOAD_CONDITIONS = "foad_conditions"
    PLANNED = "planned"
    PLANNED_ON_CARRIED = "planned_on_carried"
    # a student is not
    NO_IP = "no_ip"
    IP_WITHOUT_GROUP = "ip_without_group"
    ELEMENT_WITHOUT_GROUP = "element_without_group"
    GROUP_UNKNOWN = "group_unknown"
    GROUP_ELSEWHERE = "group_elsewhere"
    GROUP_NOT_SHARED = "group_not_shared"
    IA_MISSING = "ia_missing"
    CEMU_GROUP_MISSING = "cemu_group_missing"
    CAMPUS_ONLY = "campus_only"
    FOAD_INSTEAD = "foad_instead"
    NO_FOAD_COURSE = "no_foad_course"
    # beside it: D2 and D3, where he is in the ordinary course all the same
    TELE_ON_CAMPUS_ELEMENT = "tele_on_campus_element"
    FLAG_MISSING = "flag_missing"
    CEMU_GROUP_NOT_DISTANCE = "cemu_group_not_distance"
    IN_BOTH_COURSES = "in_both_courses"
    # a teacher is not
    NOT_PLANNED = "not_planned"
    ASSOCIATED_ONLY = "associated_only"
    SHEET_NOT_APOGEE = "sheet_not_apogee"
    SHEET_OBSOLETE = "sheet_obsolete"
    FOAD_BY_HAND = "foad_by_hand"
    # the person
    NO_USERNAME = "no_username"
    NO_EMAIL = "no_email"
    NO_FIRSTNAME = "no_firstname"
    NO_LASTNAME = "no_lastname"
    PERSON_REFUSED = "person_refused"
    PERSON_UNKNOWN = "person_unknown"
    # unknown, so that nothing moves
    ROW_REFUSED = "row_refused"
    GROUP_REFUSED = "group_refused"
    ATTACHMENT_REFUSED = "attachment_refused"
    ELEMENT_REFUSED = "element_refused"
    FILE_STOPPED = "file_stopped"
    # the course
    CARRIED = "carried"
    NOT_IN_OFFER = "not_in_offer"
    # what Moodle has
    THERE = "there"
    NOT_THERE_YET = "not_there_yet"
    LEAVES = "leaves"
    STAYS_UNKNOWN = "stays_unknown"
    IN_GRACE = "in_grace"
    COMES_BACK = "comes_back"
    BY_HAND = "by_hand"
    BY_HAND_TWICE = "by_hand_twice"
    NO_ACCOUNT = "no_account"
    ACCOUNT_SUSPENDED = "account_suspended"
    COURSE_NOT_MADE = "course_not_made"
    COURSE_HIDDEN = "course_hidden"
    NOT_ADOPTED = "not_adopted"
    HELD_TWICE = "held_twice"
    ARCHIVED = "archived"
    COMPLEMENTARY = "complementary"
    FROZEN = "frozen"
    PLAN_HELD = "plan_held"
    STAGE_FAILED = "stage_failed"


@dataclass(frozen=True, slots=True)
class About:
    rule: str
    weight: Weight
    repairs: Repairs
    stage: Stage | None = None  # that makes a correction so
    check: str = ""


_GIVES, _WITHHOLDS, _OPEN, _EXPLAINS = Weight.GIVES, Weight.WITHHOLDS, Weight.OPEN, Weight.EXPLAINS
_NOBODY, _SCO, _DEVE, _PLAN = Repairs.NOBODY, Repairs.SCOLARITE, Repairs.DEVE, Repairs.PLANNING
_IDENTITY, _ADMIN = Repairs.IDENTITY, Repairs.ADMINISTRATOR
_ENROL, _OFFER, _USERS = Stage.ENROLMENTS, Stage.OFFER, Stage.USERS

ABOUT: Mapping[Cause, About] = {
    Cause.GROUP: About("N12", _GIVES, _NOBODY, _ENROL),
    Cause.GROUP_OF_CARRIED: About("N7", _GIVES, _NOBODY, _ENROL),
    Cause.FOAD_CONDITIONS: About("N13", _GIVES, _NOBODY, _ENROL),
    Cause.PLANNED: About("N14", _GIVES, _NOBODY, _ENROL),
    Cause.PLANNED_ON_CARRIED: About("N14", _GIVES, _NOBODY, _ENROL),
    Cause.NO_IP: About("N12", _WITHHOLDS, _SCO, _ENROL),
    Cause.IP_WITHOUT_GROUP: About("N12", _WITHHOLDS, _SCO, _ENROL, "D1"),
    Cause.ELEMENT_WITHOUT_GROUP: About("N12", _WITHHOLDS, _SCO, _ENROL, "D1"),
    Cause.GROUP_UNKNOWN: About("N12", _WITHHOLDS, _SCO, _ENROL, "D1"),
    Cause.GROUP_ELSEWHERE: About("N12", _WITHHOLDS, _SCO, _ENROL, "D1"),
    Cause.GROUP_NOT_SHARED: About("N7", _WITHHOLDS, _SCO, _ENROL, "D6"),
    Cause.IA_MISSING: About("N13", _WITHHOLDS, _DEVE, _ENROL, "D2"),
    Cause.CEMU_GROUP_MISSING: About("N13", _WITHHOLDS, _SCO, _ENROL, "D2"),
    Cause.CAMPUS_ONLY: About("N13", _WITHHOLDS, _NOBODY, _ENROL),
    Cause.FOAD_INSTEAD: About("N10", _WITHHOLDS, _NOBODY, _ENROL),
    Cause.NO_FOAD_COURSE: About("N9", _WITHHOLDS, _SCO, _OFFER),
    Cause.TELE_ON_CAMPUS_ELEMENT: About("N13", _EXPLAINS, _DEVE, _ENROL, "D2"),
    Cause.FLAG_MISSING: About("N13", _EXPLAINS, _SCO, _OFFER, "D2"),
    Cause.CEMU_GROUP_NOT_DISTANCE: About("N10", _EXPLAINS, _SCO, _OFFER, "D3"),
    Cause.IN_BOTH_COURSES: About("N13", _EXPLAINS, _SCO, _ENROL, "D2"),
    Cause.NOT_PLANNED: About("N14", _WITHHOLDS, _PLAN, _ENROL),
    Cause.ASSOCIATED_ONLY: About("N14", _WITHHOLDS, _PLAN, _ENROL, "D7"),
    Cause.SHEET_NOT_APOGEE: About("N14", _WITHHOLDS, _PLAN, _ENROL, "D7"),
    Cause.SHEET_OBSOLETE: About("N14", _WITHHOLDS, _PLAN, _ENROL, "D7"),
    Cause.FOAD_BY_HAND: About("N15", _WITHHOLDS, Repairs.CEMU),
    Cause.NO_USERNAME: About("N25", _OPEN, _IDENTITY, _USERS, "D12"),
    Cause.NO_EMAIL: About("N25", _OPEN, _IDENTITY, _USERS, "D12"),
    Cause.NO_FIRSTNAME: About("N25", _OPEN, _IDENTITY, _USERS, "D12"),
    Cause.NO_LASTNAME: About("N25", _OPEN, _IDENTITY, _USERS, "D12"),
    Cause.PERSON_REFUSED: About("N21", _OPEN, _IDENTITY, _USERS),
    Cause.PERSON_UNKNOWN: About("N25", _WITHHOLDS, _IDENTITY, _USERS),
    Cause.ROW_REFUSED: About("N21", _OPEN, _SCO, _ENROL),
    Cause.GROUP_REFUSED: About("N21", _OPEN, _SCO, _ENROL),
    Cause.ATTACHMENT_REFUSED: About("N21", _OPEN, _SCO, _ENROL),
    Cause.ELEMENT_REFUSED: About("N21", _OPEN, _SCO, _OFFER),
    Cause.FILE_STOPPED: About("N21", _OPEN, _ADMIN, _ENROL, "D13"),
    Cause.CARRIED: About("N7", _EXPLAINS, _NOBODY),
    Cause.NOT_IN_OFFER: About("N5", _WITHHOLDS, _SCO, _OFFER),
    Cause.THERE: About("N12", _EXPLAINS, _NOBODY),
    Cause.NOT_THERE_YET: About("N19", _EXPLAINS, _NOBODY, _ENROL),
    Cause.LEAVES: About("N24", _EXPLAINS, _NOBODY, _ENROL),
    Cause.STAYS_UNKNOWN: About("N21", _EXPLAINS, _NOBODY),
    Cause.IN_GRACE: About("N24", _EXPLAINS, _NOBODY, _ENROL),
    Cause.COMES_BACK: About("N24", _EXPLAINS, _NOBODY, _ENROL),
    Cause.BY_HAND: About("N16", _EXPLAINS, Repairs.TEACHER),
    Cause.BY_HAND_TWICE: About("N16", _EXPLAINS, Repairs.TEACHER, None, "D15"),
    Cause.NO_ACCOUNT: About("N25", _EXPLAINS, _NOBODY, _USERS),
    Cause.ACCOUNT_SUSPENDED: About("N25", _EXPLAINS, _ADMIN),
    Cause.COURSE_NOT_MADE: About("N3", _EXPLAINS, _NOBODY, _OFFER),
    Cause.COURSE_HIDDEN: About("N6", _EXPLAINS, Repairs.TEACHER, None, "D8"),
    Cause.NOT_ADOPTED: About("N23", _EXPLAINS, _ADMIN, _OFFER, "D11"),
    Cause.HELD_TWICE: About("N23", _EXPLAINS, _ADMIN, _OFFER, "D11"),
    Cause.ARCHIVED: About("N5", _EXPLAINS, _SCO, _OFFER, "D9"),
    Cause.COMPLEMENTARY: About("N16", _EXPLAINS, Repairs.TEACHER),
    Cause.FROZEN: About("N18", _EXPLAINS, _ADMIN),
    Cause.PLAN_HELD: About("N20", _EXPLAINS, _ADMIN, None, "D14"),
    Cause.STAGE_FAILED: About("N17", _EXPLAINS, _ADMIN, None, "D13"),
}


@dataclass(frozen=True, slots=True)
class Reason:
    """One cause with the rows that show it. `details` fill its sentence: codes and titles, no names."""

    cause: Cause
    rows: tuple[RowRef, ...] = ()
    details: Mapping[str, str] = field(default_factory=dict)

    @property
    def about(self) -> About:
        return ABOUT[self.cause]

    @property
    def weight(self) -> Weight:
        return self.about.weight
