"""infra/docs/extracts.md read a second time: slow, plain, from the page and not from the code.

Takes a university's rows, gives the sorted lists of `passerelle sync desired`, `untouched` without
its reasons. Where this and the rules differ, one of them misread the page.
"""

from __future__ import annotations

from tests.factories.offer import HEADERS, Row, University

MAY_BE_EMPTY = {"parent_code", "carrier_code", "group_code", "username", "email", "lastname", "firstname"}
KEY_LENGTH = {
    "categories.csv": 1,
    "elements.csv": 1,
    "collections.csv": 2,
    "groups.csv": 1,
    "people.csv": 1,
    "ia.csv": 3,
    "ip.csv": 3,
    "ade.csv": 6,
    "cohorts.csv": 1,
    "cohort_members.csv": 2,
}
KIND = {"categories.csv": "category", "elements.csv": "element", "people.csv": "person"}


def is_bad(file: str, row: Row) -> bool:
    names = HEADERS[file]
    if len(row) != len(names) or any("\x00" in value for value in row):
        return True
    said = dict(zip(names, row, strict=True))
    if any(value == "" and name not in MAY_BE_EMPTY for name, value in said.items()):
        return True
    if any(said.get(name, "0") not in ("0", "1") for name in ("distance", "tele")):
        return True
    return said.get("kind", "student") not in ("student", "staff") or said.get("term_start") == "2026-13-45"


def read_rows(made: University) -> tuple[dict[str, list[Row]], set[tuple[str, str]]]:
    """Good rows, each once, and the [kind, key] of the refused ones whose key can be read."""
    good: dict[str, list[Row]] = {}
    untouched: set[tuple[str, str]] = set()
    for file, rows in made.tables.items():
        different = set(rows)
        if file == "people.csv":
            different = {(*row[:1], *(value.lower() for value in row[1:2]), *row[2:]) for row in rows}
        kept = []
        for row in different:
            key = row[: KEY_LENGTH[file]]
            rivals = [other for other in different if other[: KEY_LENGTH[file]] == key]
            if file == "people.csv" and len(row) > 1 and row[1]:
                rivals += [other for other in different if other[1:2] == row[1:2] and other != row]
            if is_bad(file, row) or len(rivals) > 1:
                untouched.add((KIND.get(file, "row"), key[0] if file in KIND else f"{file}:{'/'.join(key)}"))
            else:
                kept.append(row)
        good[file] = sorted(kept)
    return good, untouched


def read_plainly(made: University) -> dict[str, list[list[str]]]:  # noqa: C901, PLR0912 - as plain as the page
    rows, untouched = read_rows(made)
    categories = {row[0]: row for row in rows["categories.csv"]}
    elements = {row[0]: row for row in rows["elements.csv"]}

    def category_is_good(code: str, under: tuple[str, ...] = ()) -> bool:
        if code not in categories or code in under:
            return False
        parent = categories[code][1]
        return parent == "" or category_is_good(parent, (*under, code))

    def bearer_of(code: str, under: tuple[str, ...] = ()) -> str | None:
        if code not in elements or code in under:
            return None
        carrier = elements[code][4]
        if carrier:
            return bearer_of(carrier, (*under, code))
        return code if category_is_good(elements[code][2]) else None

    untouched |= {("category", code) for code in categories if not category_is_good(code)}
    untouched |= {("element", code) for code in elements if bearer_of(code) is None}

    courses, groups = [], []
    for code, (_, title, category, distance, _, _) in elements.items():
        if bearer_of(code) != code:
            continue
        courses.append([code, code, f"({code}) {title}", category])
        if distance == "1":
            courses.append([f"FOAD-{code}", f"FOAD - {code}", f"FOAD - ({code}) {title}", category])

    def attached(collection: str, element: str) -> bool:
        return (collection, element) in rows["collections.csv"]

    def course_of_group(label: str, bearer: str) -> str:
        return f"FOAD-{bearer}" if "cemu" in label.lower() and elements[bearer][3] == "1" else bearer

    standing = [
        (group, label, course_of_group(label, bearer))
        for group, label, collection in rows["groups.csv"]
        for bearer in elements
        if bearer_of(bearer) == bearer and attached(collection, bearer)
    ]
    for group, label, course in standing:
        same = [other for other in standing if other[1:] == (label, course)]
        groups.append([course, group, f"{label} ({group})" if len(same) > 1 else label])

    people = {}
    for code, username, _, _, email, _ in rows["people.csv"]:
        if username and email:
            people[code] = username
        else:
            untouched.add(("person", code))

    enrolments, members = set(), set()
    for person, element, group in rows["ip.csv"]:
        bearer = bearer_of(element)
        if person not in people or bearer is None:
            continue
        for code, label, collection in rows["groups.csv"]:
            if code != group or not attached(collection, element) or not attached(collection, bearer):
                continue
            course = course_of_group(label, bearer)
            tele = [
                row for row in rows["ia.csv"] if (row[0], row[1], *row[3:]) == (person, made.year, "1", "E")
            ]
            if course == bearer or tele:
                enrolments.add((course, people[person], "student"))
                members.add((course, group, people[person]))
    for person, element, _, origin, state, status in rows["ade.csv"]:
        bearer = bearer_of(element)
        if person in people and bearer and (status, origin, state) == ("PLANNED", "APOGEE", "CURRENT"):
            enrolments.add((bearer, people[person], "editingteacher"))

    cohorts = [list(row) for row in rows["cohorts.csv"]]
    return {
        "users": sorted([code, username] for code, username in people.items()),
        "cohorts": sorted(cohorts),
        "cohort_members": sorted(
            [cohort, people[person]]
            for cohort, person in rows["cohort_members.csv"]
            if person in people and cohort in [row[0] for row in cohorts]
        ),
        "categories": sorted(
            [row[0], row[2], row[1]] for row in categories.values() if category_is_good(row[0])
        ),
        "courses": sorted(courses),
        "groups": sorted(groups),
        "enrolments": sorted(list(row) for row in enrolments),
        "members": sorted(list(row) for row in members),
        "untouched": sorted(list(row) for row in untouched),
    }
