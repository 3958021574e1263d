"""The offer's two trees: categories under categories, carried elements under their carriers."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass
from typing import TYPE_CHECKING

from passerelle.domain.offer.model import Because, Category, Element, Extracts, Table
from passerelle.domain.offer.naming import Naming, fill

if TYPE_CHECKING:
    from collections.abc import Collection, Mapping


@dataclass(frozen=True, slots=True)
class Structure:
    """Good objects, and the refused ones with their reason. A code in neither is not in the offer."""

    categories: Mapping[str, Category]
    refused_categories: Mapping[str, Because]
    elements: Mapping[str, Element]
    bearer: Mapping[str, str]  # of each good element: itself, or the end of its chain of carriers
    refused_elements: Mapping[str, Because]

    def is_root(self, code: str) -> bool:
        return self.bearer.get(code) == code


@dataclass(frozen=True, slots=True)
class _Words:
    unknown: Because
    refused: Because


def resolve_structure(extracts: Extracts, naming: Naming) -> Structure:
    categories = {row.code: row for row in extracts.categories}
    category_top, category_bad = _climb(
        {code: row.parent for code, row in categories.items()},
        _refused_codes(extracts, Table.CATEGORIES),
        {},
        _Words(Because.UNKNOWN_PARENT, Because.REFUSED_PARENT),
    )
    elements = {row.code: row for row in extracts.elements}
    top, bad = _climb(
        {code: row.carrier for code, row in elements.items()},
        _refused_codes(extracts, Table.ELEMENTS),
        _bad_roots(elements, category_top, category_bad, naming),
        _Words(Because.UNKNOWN_CARRIER, Because.REFUSED_CARRIER),
    )
    return Structure(
        categories={code: categories[code] for code in category_top},
        refused_categories=category_bad,
        elements={code: elements[code] for code in top},
        bearer=top,
        refused_elements=bad,
    )


def _refused_codes(extracts: Extracts, table: Table) -> dict[str, Because]:
    order = list(Because)
    found: dict[str, Because] = {}
    for row in extracts.refused:
        code = row.fields.get("code") if row.table is table else None
        if code:
            found[code] = min(found.get(code, row.because), row.because, key=order.index)
    return found


def _bad_roots(
    elements: Mapping[str, Element],
    good_categories: Collection[str],
    bad_categories: Collection[str],
    naming: Naming,
) -> dict[str, Because]:
    """Elements with no carrier that cannot have their course. A carried one has none, so its
    category plays no part."""
    bad: dict[str, Because] = {}
    roots = [row for row in elements.values() if not row.carrier]
    # An element coded like another's FOAD twin would share its course: neither may have it.
    taken = Counter(name for row in roots for name in _names(row, naming))
    for row in roots:
        if row.category not in good_categories:
            known = row.category in bad_categories
            bad[row.code] = Because.REFUSED_CATEGORY if known else Because.UNKNOWN_CATEGORY
        elif any(taken[name] > 1 for name in _names(row, naming)):
            bad[row.code] = Because.SAME_IDNUMBER
    return bad


def _names(row: Element, naming: Naming) -> list[tuple[str, str]]:
    names = [
        ("idnumber", fill(naming.course_idnumber, code=row.code)),
        ("shortname", fill(naming.course_shortname, code=row.code, title=row.title)),
    ]
    if row.distance:
        names += [
            ("idnumber", fill(naming.foad_idnumber, code=row.code)),
            ("shortname", fill(naming.foad_shortname, code=row.code, title=row.title)),
        ]
    return names


def _climb(
    above: Mapping[str, str], refused: Mapping[str, Because], bad: Mapping[str, Because], words: _Words
) -> tuple[dict[str, str], dict[str, Because]]:
    """From each code to the top of its chain, or why it has none. Linear, whatever the depth.

    `above`: the parent (or carrier) of each code, empty at the top. `refused`: codes whose row was
    refused. `bad`: tops that are refused for a reason of their own.
    """
    top: dict[str, str] = {}
    why: dict[str, Because] = {**refused}
    for start in above:
        path: list[str] = []
        on_path: set[str] = set()
        code = start
        while code and code not in top and code not in why and code in above and code not in on_path:
            path.append(code)
            on_path.add(code)
            code = above[code]
        if code in on_path:  # a loop: its own members, then those that hang on it
            cut = path.index(code)
            why |= dict.fromkeys(path[cut:], Because.LOOP)
            path, reason = path[:cut], words.refused
        elif not code:
            last = path[-1]
            if last in bad:
                why[path.pop()] = bad[last]
                reason = words.refused
            else:
                top |= dict.fromkeys(path, last)
                continue
        elif code in top:
            top |= dict.fromkeys(path, top[code])
            continue
        elif code in why:
            reason = words.refused
        else:  # named, but in no row
            why[path.pop()] = words.unknown
            reason = words.refused
        why |= dict.fromkeys(path, reason)
    return top, why
