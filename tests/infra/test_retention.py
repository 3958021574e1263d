"""G2: everything that names a person has a time after which it is gone or names nobody."""

from __future__ import annotations

import re
from typing import Any

import pytest

from passerelle.store import items
from passerelle.store.kinds import KINDS
from tests.fakes.records import KINDS as FAKED
from tests.infra.templates import ROOT, template

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
    "erasures": "that somebody was forgotten, not who",
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


@pytest.mark.rule("G2")
def test_every_kind_of_record_is_known_to_what_shows_and_forgets() -> None:
    assert set(FAKED) | set(items.INDEXES) | set(items._EXPIRES) <= set(KINDS)


@pytest.mark.rule("G2")
@pytest.mark.parametrize("kind", KINDS, ids=lambda kind: kind.__name__)
def test_every_kind_of_record_has_a_time_or_names_nobody(kind: type[Any]) -> None:
    by_itself = kind in items._EXPIRES
    by_night = (
        f"case {kind.__name__}(" in (ROOT / "layers/core/python/passerelle/domain/names_end.py").read_text()
    )
    assert (by_itself or by_night) != (kind.__name__ in NAMELESS)
