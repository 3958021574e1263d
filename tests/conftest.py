"""`pytest --rules` prints which rule is proved by which tests, and which by none."""

from __future__ import annotations

from collections import defaultdict
from itertools import groupby

import pytest
from hypothesis import HealthCheck, settings

from passerelle_cli.rules import known_rules

RULES = known_rules()

# How quick a machine is says nothing of what is tested.
settings.register_profile("untimed", deadline=None, suppress_health_check=[HealthCheck.too_slow])
settings.load_profile("untimed")


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
    for family, rules in groupby(RULES.values(), key=lambda rule: rule.family):
        write(f"\n{family}")
        for rule in rules:
            tests = sorted(set(found.get(rule.number, ())))
            mark = "planned" if rule.planned else "planned in part" if rule.planned_part else ""
            write(
                f"  {rule.number:4} {len(tests):4}  {tests[0] + ' …' if tests else 'none'}  {mark}".rstrip()
            )
    missing = [number for number, rule in RULES.items() if number not in found and not rule.planned]
    begun = [number for number, rule in RULES.items() if number in found and rule.planned]
    write(f"\nwithout a test, and not marked planned: {' '.join(missing) or 'none'}")
    write(f"with a test, and still marked planned: {' '.join(begun) or 'none'}")
    session.items.clear()
