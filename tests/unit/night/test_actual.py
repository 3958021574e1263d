"""What a Moodle's export says, column by column, and what of it is the night's (N16)."""

from __future__ import annotations

import pytest

from passerelle.domain.night.plan.actual import (
    TABLES,
    Account,
    Actual,
    Category,
    Cohort,
    Course,
    Enrolment,
    Group,
    Member,
    read_actual,
)

ROWS = {
    "users": {
        "id": 1,
        "username": "p1",
        "idnumber": "P1",
        "firstname": "Ada",
        "lastname": "Lovelace",
        "email": "ada@univ.example",
        "auth": "cas",
        "suspended": True,
        "lastaccess": 9,
    },
    "cohorts": {"id": 2, "idnumber": "H1", "name": "Chemists", "component": "local_passerelle"},
    "cohortmembers": {"cohort": "H1", "username": "p1", "component": "local_passerelle"},
    "categories": {"id": 3, "idnumber": "C1", "name": "Sciences", "parent": "C0", "visible": True},
    "courses": {
        "id": 4,
        "idnumber": "E1",
        "shortname": "e1",
        "fullname": "Chimie",
        "category": "C1",
        "summary": "FOAD",
        "visible": True,
        "startdate": 5,
        "timecreated": 6,
        "lastchange": 7,
    },
    "groups": {"id": 8, "course": "E1", "courseid": 4, "idnumber": "G1", "name": "TD 1"},
    "members": {
        "course": "E1",
        "courseid": 4,
        "group": "G1",
        "username": "p1",
        "component": "enrol_passerelle",
    },
    "enrolments": {
        "course": "E1",
        "courseid": 4,
        "username": "p1",
        "method": "passerelle",
        "source": "night",
        "roles": ["student", "editingteacher"],
        "status": "active",
        "timestart": 1,
        "timeend": 2,
    },
    "owned": {"kind": "course", "itemid": 4, "adopted": True},
}


def read(rows=ROWS, **changes):
    """`changes`: of a table's only row."""
    told = {table: [row | changes.get(table, {})] for table, row in rows.items()}
    return read_actual(lambda table: told[table])


@pytest.mark.rule("N16")
@pytest.mark.rule("N25")
def test_every_column_of_the_export_is_read_for_what_it_is():
    found = read()
    assert set(ROWS) == set(TABLES)
    assert found.users == {
        1: Account(1, "p1", "P1", "Ada", "Lovelace", "ada@univ.example", "cas", suspended=True, lastaccess=9)
    }
    assert found.cohorts == {2: Cohort(2, "H1", "Chemists", "local_passerelle")}
    assert found.cohort_members == (("H1", "p1", "local_passerelle"),)
    assert found.categories == {3: Category(3, "C1", "Sciences", "C0", visible=True)}
    assert found.courses == {4: Course(4, "E1", "e1", "Chimie", "C1", "FOAD", True, 5, 6, 7)}
    assert found.groups == {8: Group(8, "E1", 4, "G1", "TD 1")}
    assert found.members == (Member("E1", 4, "G1", "p1", "enrol_passerelle"),)
    roles = ("editingteacher", "student")
    assert found.enrolments == (Enrolment("E1", 4, "p1", "passerelle", "night", roles, True, 1, 2),)
    assert found.owned == {"course": {4: True}}
    assert found.counts == dict.fromkeys(TABLES, 1)


@pytest.mark.rule("N16")
def test_a_column_that_moodle_leaves_empty_is_empty_and_no_word():
    found = read({table: {"id": 1} for table in TABLES})
    for table in ("users", "cohorts", "categories", "courses", "groups"):
        (row,) = getattr(found, table).values()
        assert [value for value in row[1:] if value] == []
        assert [value for value in row[1:] if value is None] == []
    for (row,) in (found.cohort_members, found.members, found.enrolments):
        assert [value for value in row if value or value is None] == []
    assert found.owned == {"": {0: False}}


@pytest.mark.rule("N16")
@pytest.mark.parametrize(
    ("table", "column", "value"),
    [
        ("cohorts", "component", "auth_ldap"),
        ("members", "component", ""),
        ("enrolments", "method", "manual"),
        ("enrolments", "source", "shop"),
    ],
)
def test_a_row_is_the_nights_if_it_bears_its_mark(table, column, value):
    def only(found):
        rows = getattr(found, table)
        return next(iter(rows.values() if isinstance(rows, dict) else rows))

    assert only(read()).ours
    assert not only(read(**{table: {column: value}})).ours


@pytest.mark.rule("N16")
def test_what_the_night_owns_it_owns_by_kind_and_id():
    found = read()
    assert found.is_ours("course", 4)
    assert not found.is_ours("course", 5)
    assert not found.is_ours("category", 4)


@pytest.mark.rule("D11")
def test_an_idnumber_is_found_with_all_that_hold_it():
    rows = [{"id": 1, "idnumber": "E1"}, {"id": 2, "idnumber": ""}, {"id": 3, "idnumber": "E1"}]
    found = read_actual(lambda _: rows, ("courses",))
    assert found.by_idnumber("course") == {"E1": (1, 3)}
    assert found.by_idnumber("category") == {}
    assert found.counts == {"courses": 3}  # a table that was not asked for is not counted as empty
    assert set(found.sha256) == {"courses"}


@pytest.mark.rule("D12")
def test_who_has_an_account_is_known_by_code_and_by_login():
    actual = Actual(users={1: read().users[1], 2: Account(2, "p2", "", "", "", "", "", False, 0)})
    assert actual.codes_with_account({"X1": "p1", "P2": "p2", "P3": "p3"}) == {"P1", "X1", "P2"}


@pytest.mark.rule("N19")
@pytest.mark.parametrize(
    ("table", "column"), [(table, column) for table, row in ROWS.items() for column in row]
)
def test_a_table_is_another_input_if_anything_in_it_changed_but_when_somebody_last_came_by(table, column):
    was = ROWS[table][column]
    other = not was if isinstance(was, bool) else was + was if isinstance(was, str | list) else was + 1
    changed = read(**{table: {column: other}})
    differing = {name for name in TABLES if changed.sha256[name] != read().sha256[name]}
    assert differing == ({table} if column != "lastaccess" else set())
