"""The moments of a record are told in words: every reason that the rules write down has its sentence."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from pathlib import Path

import pytest

from passerelle.domain.records import Note
from passerelle.words.histories import REASONS, say_reason
from passerelle.words.sentences import known

ROOT = Path(__file__).parents[3]
# Of records whose story no page or command tells: backups and runs of a night.
UNTOLD = {"backups", "night"}


def reasons() -> Iterator[tuple[str, str]]:
    """(where, reason) of each state change in the rules whose reason is written there."""
    for path in sorted((ROOT / "layers/core/python/passerelle/usecases").rglob("*.py")):
        if path.parent.name in UNTOLD:
            continue
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            called = ast.unparse(node.func) if isinstance(node, ast.Call) else ""
            at = {"moved": 3, "amend_if": 4}.get(called)
            if isinstance(node, ast.Call) and at is not None and len(node.args) > at:
                for one in ast.walk(node.args[at]):
                    if isinstance(one, ast.Constant) and isinstance(one.value, str) and one.value:
                        yield f"{path.name}:{node.lineno}", one.value


def test_every_reason_of_a_state_has_its_words() -> None:
    found = list(reasons())
    assert len(found) > 15
    assert [(where, one) for where, one in found if one not in REASONS and not known(one)] == []


@pytest.mark.parametrize(
    ("why", "french", "english"),
    [
        ("done", "tout est fait", "all is done"),
        ("released_by – lydie – bon 7", "validée par lydie\u00a0: bon 7", "released by lydie: bon 7"),
        (
            "rescheduled_by – lydie – 604800 s",
            "déplacée par lydie\u00a0: +7 jours",
            "moved by lydie: +7 days",
        ),
        (
            "rescheduled_by – lydie – -43200 s",
            "déplacée par lydie\u00a0: −12 heures",
            "moved by lydie: −12 hours",
        ),
        ("link_revoked_by – lydie", "lien de l’acheteur révoqué par lydie", "buyer’s link revoked by lydie"),
        (
            "withdrawn by caen:ada: erreur",
            "retirée par caen:ada\u00a0: erreur",
            "withdrawn by caen:ada: erreur",
        ),
        ("withdrawn by lydie", "retirée par lydie", "withdrawn by lydie"),
        ("à vérifier demain", "à vérifier demain", "à vérifier demain"),
        ("a_code_of_old", "", ""),
    ],
)
def test_a_reason_is_told_in_the_readers_language(why: str, french: str, english: str) -> None:
    assert (say_reason(why, "fr"), say_reason(why, "en")) == (french, english)


def test_a_code_takes_its_details_from_the_records_own_note() -> None:
    note = Note("product_unknown", {"product": "P7"})
    assert "«\u00a0P7\u00a0»" in say_reason("product_unknown", "fr", (note,))
    assert "«\u00a0…\u00a0»" in say_reason("product_unknown", "fr")
