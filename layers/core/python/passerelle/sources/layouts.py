"""The files of infra/docs/extracts.md: their columns, their keys, and the rows they become."""

from __future__ import annotations

from typing import TYPE_CHECKING

from passerelle.domain.offer.model import (
    KEY_COLUMNS,
    Attachment,
    Category,
    Cohort,
    CohortMember,
    Element,
    Group,
    Kind,
    Person,
    Planning,
    Registration,
    Row,
    Standing,
    Table,
)
from passerelle.sources.tables import Column, Holds, Layout, read_date

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping


def _code(name: str) -> Column:
    return Column(name)


def _text(name: str) -> Column:
    return Column(name, Holds.TEXT)


_COLUMNS: Mapping[Table, tuple[Column, ...]] = {
    Table.CATEGORIES: (_code("code"), Column("parent_code", may_be_empty=True), _text("title")),
    Table.ELEMENTS: (
        _code("code"),
        _text("title"),
        _code("category_code"),
        Column("distance", Holds.FLAG),
        Column("carrier_code", may_be_empty=True),
        Column("term_start", Holds.DATE),
    ),
    Table.COLLECTIONS: (
        _code("collection_code"),
        _code("element_code"),
        Column("group_code", may_be_empty=True),
    ),
    Table.GROUPS: (_code("code"), _text("label"), _code("collection_code")),
    Table.PEOPLE: (
        _code("code"),
        Column("username", may_be_empty=True, lower=True),
        Column("lastname", Holds.TEXT, may_be_empty=True, personal=True),
        Column("firstname", Holds.TEXT, may_be_empty=True, personal=True),
        Column("email", may_be_empty=True, personal=True),
        Column("kind", Holds.ONE_OF, words=frozenset(Kind)),
    ),
    Table.IA: (
        _code("person_code"),
        _code("year"),
        _code("step_code"),
        Column("tele", Holds.FLAG),
        _code("state"),
    ),
    Table.IP: (_code("person_code"), _code("element_code"), Column("group_code", may_be_empty=True)),
    Table.ADE: (
        _code("person_code"),
        _code("element_code"),
        _code("sheet_code"),
        _code("sheet_origin"),
        Column("sheet_state", Holds.ONE_OF, words=frozenset({"CURRENT", "OBSOLETE"})),
        Column("status", Holds.ONE_OF, words=frozenset({"PLANNED", "ASSOCIATED"})),
    ),
    Table.COHORTS: (_code("code"), _text("title")),
    Table.COHORT_MEMBERS: (_code("cohort_code"), _code("person_code")),
}

OPTIONAL: Mapping[Table, frozenset[str]] = {Table.COLLECTIONS: frozenset({"group_code"})}

LAYOUTS: Mapping[Table, Layout] = {
    table: Layout(table.value, columns, KEY_COLUMNS[table], OPTIONAL.get(table, frozenset()))
    for table, columns in _COLUMNS.items()
}


def _element(
    code: str, title: str, category: str, distance: str, carrier: str, term_start: str, line: int
) -> Element:
    return Element(code, title, category, distance == "1", carrier, read_date(term_start), line)


def _person(
    code: str, username: str, lastname: str, firstname: str, email: str, kind: str, line: int
) -> Person:
    return Person(code, username, lastname, firstname, email, Kind(kind), line)


def _standing(person: str, year: str, step: str, tele: str, state: str, line: int) -> Standing:
    return Standing(person, year, step, tele == "1", state, line)


# From the values in the layout's order, then the line.
MAKERS: Mapping[Table, Callable[..., Row]] = {
    Table.CATEGORIES: Category,
    Table.ELEMENTS: _element,
    Table.COLLECTIONS: Attachment,
    Table.GROUPS: Group,
    Table.PEOPLE: _person,
    Table.IA: _standing,
    Table.IP: Registration,
    Table.ADE: Planning,
    Table.COHORTS: Cohort,
    Table.COHORT_MEMBERS: CohortMember,
}

# The field of Extracts that holds each table's rows.
FIELDS: Mapping[Table, str] = {
    Table.CATEGORIES: "categories",
    Table.ELEMENTS: "elements",
    Table.COLLECTIONS: "attachments",
    Table.GROUPS: "groups",
    Table.PEOPLE: "people",
    Table.IA: "standings",
    Table.IP: "registrations",
    Table.ADE: "plannings",
    Table.COHORTS: "cohorts",
    Table.COHORT_MEMBERS: "cohort_members",
}
