"""`pytest --rules` prints which rule is proved by which tests, and which by none."""

from __future__ import annotations

from collections import defaultdict
from itertools import groupby

import pytest

# The rules by number (RULES.md of the project); a rule's number is its name.
RULES = (
    *(f"P{n}" for n in range(1, 19)),
    *(f"R{n}" for n in range(1, 14)),
    *(f"S{n}" for n in range(1, 16)),
    *(f"N{n}" for n in range(1, 26)),
    *(f"D{n}" for n in range(1, 21)),
    "H1",
)


def pytest_addoption(parser: pytest.Parser) -> None:
    parser.addoption("--rules", action="store_true", help="print which rules have tests, and run none")


def pytest_configure(config: pytest.Config) -> None:
    if config.getoption("--rules"):
        # Every test counts, also those that a plain run leaves out.
        config.option.markexpr = ""
        config.option.collectonly = True


def cited(items: list[pytest.Item]) -> dict[str, list[str]]:
    found: dict[str, list[str]] = defaultdict(list)
    for item in items:
        for mark in item.iter_markers("rule"):
            for number in mark.args:
                found[number].append(item.nodeid.partition("[")[0])
    return found


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    unknown = sorted(set(cited(items)) - set(RULES))
    if unknown:
        raise pytest.UsageError(f"tests cite rules that do not exist: {', '.join(unknown)}")


def pytest_collection_finish(session: pytest.Session) -> None:
    if not session.config.getoption("--rules"):
        return
    found = cited(session.items)
    write = session.config.get_terminal_writer().line
    for family, numbers in groupby(RULES, key=lambda rule: rule[0]):
        write(f"\n{family}")
        for number in numbers:
            tests = sorted(set(found.get(number, ())))
            write(f"  {number:4} {len(tests):4} test(s)" + (f"   {tests[0]} …" if tests else "   none"))
    missing = [rule for rule in RULES if rule not in found]
    write(f"\nwithout a test: {' '.join(missing) or 'none'}")
    session.items.clear()
