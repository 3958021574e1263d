"""The web service that the plugin brings holds what Passerelle calls and nothing else."""

from __future__ import annotations

import json
import re
from pathlib import Path

import pytest

PLUGIN = Path("infra/moodle/local_passerelle")
CALLED = re.compile(r'"((?:core|enrol_manual|local_passerelle)_[a-z_]+)"')
DESCRIBED = json.loads(Path("tests/moodle/functions-4.5.json").read_text("utf-8"))["functions"]


def in_list(php: str, opening: str) -> set[str]:
    """The strings of a PHP list that begins so."""
    return set(re.findall(r"'([^']+)'", php.partition(opening)[2].partition("]")[0]))


@pytest.fixture(scope="module")
def service() -> set[str]:
    return in_list((PLUGIN / "db/services.php").read_text("utf-8"), "'functions' => [")


@pytest.mark.rule("K1")
def test_the_service_holds_the_functions_that_passerelle_calls_and_no_other(service: set[str]) -> None:
    modules = Path("layers/core/python/passerelle/moodle").glob("*.py")
    called = {name for module in modules for name in CALLED.findall(module.read_text("utf-8"))}
    assert called - {"local_passerelle"} == service


@pytest.mark.rule("K1")
def test_the_account_that_connecting_makes_changes_no_account_and_no_cohort_by_moodles_own_functions(
    service: set[str],
) -> None:
    php = (PLUGIN / "classes/local/service_account.php").read_text("utf-8")
    held = in_list(php, "CAPABILITIES = [")
    writes = {name: one["capabilities"] for name, one in DESCRIBED.items() if one["type"] == "write"}
    asked = {
        capability.strip()
        for name in service & set(writes)
        for capability in writes[name].split(",")
        if capability.strip()
    }
    for other in set(writes) - service:
        for capability in writes[other].split(","):
            if capability.strip() not in asked:
                assert capability.strip() not in held, (other, capability)
