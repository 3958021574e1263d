"""The extracts as a table that people read, and as a Data Package (frictionless) that tools check."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from passerelle.domain.offer.model import Table
from passerelle.sources.layouts import LAYOUTS
from passerelle.sources.tables import Column, Holds, Layout
from passerelle.words.extracts import COLUMNS, FILES, HEADS
from passerelle.words.formatter import pick

# Columns that name a row of another table. Codes of elements may lie outside the offer: no reference.
_POINTS_TO: Mapping[tuple[Table, str], Table] = {
    (Table.CATEGORIES, "parent_code"): Table.CATEGORIES,
    (Table.ELEMENTS, "category_code"): Table.CATEGORIES,
    (Table.ELEMENTS, "carrier_code"): Table.ELEMENTS,
    (Table.IP, "person_code"): Table.PEOPLE,
    (Table.IP, "group_code"): Table.GROUPS,
    (Table.IA, "person_code"): Table.PEOPLE,
    (Table.ADE, "person_code"): Table.PEOPLE,
    (Table.COHORT_MEMBERS, "cohort_code"): Table.COHORTS,
    (Table.COHORT_MEMBERS, "person_code"): Table.PEOPLE,
}


def allowed(column: Column, lang: str) -> str:
    """What may stand in a column, besides nothing."""
    match column.holds:
        case Holds.FLAG:
            return "0, 1"
        case Holds.ONE_OF:
            return ", ".join(sorted(column.words))
        case Holds.DATE:
            return pick(HEADS["date"], lang)
    return ""


def rows_of(table: Table, lang: str) -> Iterator[tuple[str, str, str]]:
    """Of each column its name, what it holds, and what is allowed."""
    layout = LAYOUTS[table]
    for column in layout.columns:
        notes = [allowed(column, lang)]
        if column.name in layout.optional_columns:
            notes.append(pick(HEADS["optional"], lang))
        if column.may_be_empty:
            notes.append(pick(HEADS["may_be_empty"], lang))
        yield column.name, pick(COLUMNS[table, column.name], lang), ", ".join(filter(None, notes))


def as_markdown(lang: str) -> str:
    """The table of infra/docs/extracts.md."""
    heads = [pick(HEADS[name], lang) for name in ("file", "columns", "key", "holds")]
    lines = [f"| {' | '.join(heads)} |", "| --- | --- | --- | --- |"]
    for table, layout in LAYOUTS.items():
        columns = "; ".join(
            name + (f" ({notes})" if notes else "") for name, _, notes in rows_of(table, lang)
        )
        lines.append(f"| `{layout.file}` | {columns} | {_key(layout, lang)} | {pick(FILES[table], lang)} |")
    return "\n".join(lines)


def _key(layout: Layout, lang: str) -> str:
    whole = len(layout.key) == len(layout.columns)
    return pick(HEADS["all"], lang) if whole else ", ".join(layout.key)


def as_data_package(lang: str) -> dict[str, Any]:
    """Of https://specs.frictionlessdata.io, version 1, with `fieldsMatch` of version 2.

    A folder that holds this can be validated as it is.
    """
    return {
        "profile": "tabular-data-package",
        "name": "passerelle-extracts",
        "title": "Passerelle: extracts",
        "resources": [_resource(table, layout, lang) for table, layout in LAYOUTS.items()],
    }


def _resource(table: Table, layout: Layout, lang: str) -> dict[str, Any]:
    schema: dict[str, Any] = {
        "fields": [
            _field(table, column, lang)
            for column in layout.columns
            if column.name not in layout.optional_columns
        ],
        "fieldsMatch": "subset",  # in any order, beside other columns, as a night reads them
        "missingValues": [""],
        "primaryKey": [name for name in layout.key if name not in layout.optional_columns],
    }
    points = [
        {"fields": name, "reference": {"resource": "" if where is table else _name(where), "fields": "code"}}
        for (of, name), where in _POINTS_TO.items()
        if of is table
    ]
    if points:
        schema["foreignKeys"] = points
    return {
        "profile": "tabular-data-resource",
        "name": _name(table),
        "path": layout.file,
        "description": pick(FILES[table], lang),
        "encoding": "utf-8",
        "dialect": {"delimiter": ";"},
        "schema": schema,
    }


def _name(table: Table) -> str:
    return table.value.removesuffix(".csv").replace("_", "-")


def _field(table: Table, column: Column, lang: str) -> dict[str, Any]:
    field: dict[str, Any] = {
        "name": column.name,
        "type": "string",
        "description": pick(COLUMNS[table, column.name], lang),
    }
    constraints: dict[str, Any] = {} if column.may_be_empty else {"required": True}
    match column.holds:
        case Holds.FLAG:
            field |= {"type": "boolean", "trueValues": ["1"], "falseValues": ["0"]}
        case Holds.DATE:
            field |= {"type": "date", "format": "any"}
        case Holds.ONE_OF:
            constraints["enum"] = sorted(column.words)
    if column.name == "email":
        field["format"] = "email"
    return field | ({"constraints": constraints} if constraints else {})
