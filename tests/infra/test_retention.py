"""G2: everything that names a person has a time after which it is gone or names nobody."""

from __future__ import annotations

import importlib
import pkgutil
import re
from dataclasses import fields, is_dataclass
from typing import Any

import pytest

from passerelle import domain
from passerelle.store import items
from passerelle.store.kinds import KINDS
from tests.infra.templates import NAMES, ROOT, functions, resources, template

# Records that name nobody, and what they hold instead.
NAMELESS = {
    "CourseLine": "the numbers of a course's uploads",
    "Hearing": "when a shop was asked",
    "NightDesk": "one for each site, overwritten: freezes and counts, and who holds its nights now",
}
# Prefixes of documents that name nobody, or go with a record that has its own time.
NAMELESS_DOCUMENTS = {
    "config": "network.yaml: who runs the network, as its administrators wrote it",
    "manifests": "what a scrubbed archive holds: no people (P4)",
    "freshness": "which courses were backed up when",
    "erasures": "that somebody was forgotten; who, only until the night has looked everywhere",
    "lists": "how far records of an earlier release are listed",
    "uploads": "deleted with the verdict, and by tidy_backups where none came",
    "accepted": "scrubbed of people (P4); the newest N are kept (P6)",
    "never": "no archive",
}


def prefixes() -> set[tuple[str, str]]:
    """(bucket, first folder) of everything that some function may touch."""
    text = (ROOT / "infra/permissions.yaml").read_text(encoding="utf-8")
    return set(re.findall(r"\$\{(State|Backups)\}/([A-Za-z0-9_-]+)", text)) | {("State", "erasures")}


def expiring(bucket: str) -> set[str]:
    rules = template("infra/state")["Resources"][bucket]["Properties"]["LifecycleConfiguration"]["Rules"]
    return {rule["Prefix"].rstrip("/") for rule in rules if "ExpirationInDays" in rule and "Prefix" in rule}


@pytest.mark.rule("G2")
@pytest.mark.parametrize(("bucket", "prefix"), sorted(prefixes()))
def test_every_kind_of_document_has_a_time_or_names_nobody(bucket: str, prefix: str) -> None:
    assert (prefix in expiring(bucket)) != (prefix in NAMELESS_DOCUMENTS)


def kinds_in_the_domain() -> set[type[Any]]:
    """Every class that is a record by its shape: an id, and the revision that a write names."""
    found = set()
    for module in pkgutil.walk_packages(domain.__path__, f"{domain.__name__}."):
        for one in vars(importlib.import_module(module.name)).values():
            if isinstance(one, type) and is_dataclass(one) and one.__module__.startswith(domain.__name__):
                names = {field.name for field in fields(one)}
                found |= {one} if {"id", "revision"} <= names else set()
    return found


@pytest.mark.rule("G2")
def test_every_kind_of_record_is_known_to_what_shows_and_forgets() -> None:
    assert kinds_in_the_domain() == set(KINDS)
    assert set(items.INDEXES) | set(items._EXPIRES) <= set(KINDS)


@pytest.mark.rule("G2")
def test_what_else_lies_in_the_table_has_a_time_too() -> None:
    """Whoever puts items past the records says when they end, or is named here."""
    store = ROOT / "layers/core/python/passerelle/store"
    putting = {path.stem for path in store.glob("*.py") if re.search(r"\.put_item\(", path.read_text())}
    assert putting <= {"records", "references", "requests"}
    for name in putting - {"records"}:
        assert '"expires_at"' in (store / f"{name}.py").read_text(), name


@pytest.mark.rule("G2")
def test_every_log_and_every_message_has_a_time() -> None:
    groups = [one for name in NAMES for one in resources(name, "AWS::Logs::LogGroup").values()]
    assert len(groups) > len(functions())
    assert [one for one in groups if "RetentionInDays" not in one] == []
    queues = [one for name in NAMES for one in resources(name, "AWS::SQS::Queue").values()]
    assert [one for one in queues if "MessageRetentionPeriod" not in one] == []


@pytest.mark.rule("G2")
@pytest.mark.parametrize("kind", KINDS, ids=lambda kind: kind.__name__)
def test_every_kind_of_record_has_a_time_or_names_nobody(kind: type[Any]) -> None:
    by_itself = kind in items._EXPIRES
    by_night = (
        f"case {kind.__name__}(" in (ROOT / "layers/core/python/passerelle/domain/names_end.py").read_text()
    )
    assert (by_itself or by_night) != (kind.__name__ in NAMELESS)
