"""The guard (N20): how many removals, and how much smaller the sources, before a person has to look."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping
from typing import TYPE_CHECKING

from passerelle.domain.night.plan.actual import COHORTS
from passerelle.domain.night.plan.courses import EX
from passerelle.domain.night.plan.plan import Hold, Operation, Verdict
from passerelle.domain.offer.stages import TABLES

if TYPE_CHECKING:
    from passerelle.domain.night.plan.actual import Actual
    from passerelle.domain.night.plan.builder import Places
    from passerelle.domain.night.plan.night import Night


def judge(
    night: Night,
    operations: Iterable[Operation],
    actual: Actual,
    places: Places,
    source_rows: Mapping[str, int],
) -> Verdict:
    guard = night.rules.guard
    removals = [one for one in operations if one.removes]
    holds: list[Hold] = []
    if removals:
        there, by_category, by_course = _what_is_there(actual, places)
        limit = guard.all.exceeded(len(removals), there)
        if limit:
            holds.append(Hold("all", "", len(removals), there, limit))
        courses = Counter(one.course for one in removals if one.course)
        categories: Counter[str] = Counter()
        for direct, count in Counter(one.category for one in removals if one.category).items():
            for category in places.ancestry(direct):
                categories[category] += count
        for scope, rule, counted, base in (
            ("category", guard.category, categories, by_category),
            ("course", guard.course, courses, by_course),
        ):
            for key in sorted(counted):
                limit = rule.exceeded(counted[key], base[key])
                if limit:
                    holds.append(Hold(scope, key, counted[key], base[key], limit))
    holds += _shrunk(night, source_rows)
    return Verdict(tuple(holds), guard.additions_go_on)


def _what_is_there(actual: Actual, places: Places) -> tuple[int, Counter[str], Counter[str]]:
    """What the night could take away: in all, per category (with all under it), per course."""
    by_course: Counter[str] = Counter()
    direct: Counter[str] = Counter()
    category_of = {
        row.id: row.category
        for number in actual.owned.get("course", {})
        for row in (actual.courses.get(number),)
        if row is not None and not row.idnumber.startswith(EX)
    }
    found: Counter[int] = Counter(dict.fromkeys(category_of, 1))
    found.update(row.courseid for row in actual.enrolments if row.ours)
    found.update(row.courseid for row in actual.members if row.ours)
    found.update(
        actual.groups[number].courseid for number in actual.owned.get("group", {}) if number in actual.groups
    )
    for number, count in found.items():
        row = actual.courses.get(number)
        if number in category_of and row is not None:
            by_course[places.open.get(number, row.idnumber)] += count
            direct[category_of[number]] += count
    for number in actual.owned.get("category", {}):
        category = actual.categories.get(number)
        if category is not None:
            direct[category.idnumber] += 1
    by_category: Counter[str] = Counter()
    for key, count in direct.items():
        for category_id in places.ancestry(key):
            by_category[category_id] += count
    accounts = [actual.users[number] for number in actual.owned.get("user", {}) if number in actual.users]
    people = sum(not account.suspended for account in accounts)
    people += sum(component == COHORTS for _, _, component in actual.cohort_members)
    return sum(direct.values()) + people, by_category, by_course


def _shrunk(night: Night, source_rows: Mapping[str, int]) -> list[Hold]:
    wanted = None if night.stage is None else {table.value for table in TABLES[night.stage]}
    holds = []
    for file in sorted(night.good_rows):
        before, now = night.good_rows[file], source_rows.get(file, 0)
        if wanted is not None and file in _NAMES and file not in wanted:
            continue  # another stage's
        limit = night.rules.guard.source.exceeded(before - now, before)
        if limit:
            holds.append(Hold("source", file, before - now, before, limit))
    return holds


_NAMES = frozenset(table.value for tables in TABLES.values() for table in tables)
