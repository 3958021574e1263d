"""Which module imports which. Arrows between layers and flows are import-linter's (pyproject.toml); here
it is counted how many modules import themselves by way of others: circles, of two modules or of twenty.
"""

from __future__ import annotations

from collections.abc import Mapping
from graphlib import CycleError, TopologicalSorter

import grimp

PACKAGES = ("passerelle", "passerelle_cli", "passerelle_laptop")


def a_circle(imports: Mapping[str, set[str]]) -> list[str]:
    """One circle of the graph, first module and last the same; empty where there is none."""
    try:
        TopologicalSorter(imports).prepare()
    except CycleError as error:
        return list(error.args[1])
    return []


def all_imports() -> dict[str, set[str]]:
    """Every import, also those inside functions and those for the type checker alone: a class that is only
    named still makes a reader of one module read the other.
    """
    graph = grimp.build_graph(*PACKAGES, cache_dir=None)
    return {name: graph.find_modules_directly_imported_by(name) for name in graph.modules}


def test_no_module_imports_itself_by_way_of_others() -> None:
    imports = all_imports()
    assert len(imports) > 300
    assert a_circle(imports) == []


def test_a_circle_would_be_found_and_named() -> None:
    assert a_circle({"a": {"b"}, "b": {"c"}, "c": {"a"}, "d": {"a"}}) in (
        ["a", "b", "c", "a"],
        ["b", "c", "a", "b"],
        ["c", "a", "b", "c"],
        ["a", "c", "b", "a"],
        ["b", "a", "c", "b"],
        ["c", "b", "a", "c"],
    )
