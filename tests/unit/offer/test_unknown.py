"""What a refused row leaves unknown, and what it leaves as it is (N21)."""

from __future__ import annotations

import pytest

from passerelle.domain.offer.unknown import Unknown

ASKED = {
    "category": lambda unknown: unknown.has_category("C1"),
    "course": lambda unknown: unknown.has_course("E1"),
    "group": lambda unknown: unknown.has_group("E1", "G1"),
    "name": lambda unknown: unknown.has_group_name("E1", "G1"),
    "user": lambda unknown: unknown.has_user("p1", "P1"),
    "cohort": lambda unknown: unknown.has_cohort("H1"),
    "cohort member": lambda unknown: unknown.has_cohort_member("H1", "p1", "P1"),
    "enrolment": lambda unknown: unknown.has_enrolment("E1", "p1", "student", "P1"),
    "member": lambda unknown: unknown.has_member("E1", "G1", "p1", "P1"),
}
IN_A_COURSE = {"course", "group", "name", "enrolment", "member"}
OF_A_PERSON = {"user", "cohort member", "enrolment", "member"}


@pytest.mark.rule("N21")
@pytest.mark.parametrize(
    ("known", "unknown"),
    [
        ({}, set()),
        ({"categories": {"C1"}}, {"category"}),
        ({"categories": {"C2"}}, set()),
        ({"all_categories": True}, {"category"}),
        ({"courses": {"E1"}}, IN_A_COURSE),
        ({"courses": {"E2"}}, set()),
        ({"all_courses": True}, IN_A_COURSE),
        ({"groups": {("E1", "G1")}}, {"group", "name", "member"}),
        ({"groups": {(None, "G1")}}, {"group", "name", "member"}),
        ({"groups": {("E1", "G2"), ("E2", "G1")}}, set()),
        ({"group_names": {("E1", "G1")}}, {"name"}),
        ({"usernames": {"p1"}}, OF_A_PERSON),
        ({"people": {"P1"}}, OF_A_PERSON),
        ({"usernames": {"p2"}, "people": {"P2"}}, set()),
        ({"all_people": True}, OF_A_PERSON),
        ({"all_people": True, "known_usernames": {"p1"}}, set()),
        ({"known_usernames": {"p2"}}, set()),
        ({"cohorts": {"H1"}}, {"cohort", "cohort member"}),
        ({"cohorts": {"H2"}}, set()),
        ({"all_cohorts": True}, {"cohort", "cohort member"}),
        ({"cohort_members": {("H1", "p1")}}, {"cohort member"}),
        ({"cohort_members": {("H1", None)}}, {"cohort member"}),
        ({"cohort_members": {("H1", "p2")}}, set()),
        ({"enrolments": {("E1", "p1", "student")}}, {"enrolment"}),
        ({"enrolments": {(None, "p1", None)}}, {"enrolment"}),
        ({"enrolments": {("E1", "p1", "editingteacher")}}, set()),
        ({"members": {("E1", "G1", "p1")}}, {"member"}),
        ({"members": {("E1", None, "p1")}}, {"member"}),
        ({"members": {("E1", "G2", "p1")}}, set()),
    ],
)
def test_a_refused_row_leaves_unknown_what_it_may_stand_for_and_nothing_else(known, unknown):
    asked = Unknown(**{name: one if one is True else frozenset(one) for name, one in known.items()})
    assert {name for name, has in ASKED.items() if has(asked)} == unknown
