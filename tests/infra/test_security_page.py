"""The page for auditors names tests and files that are there."""

from __future__ import annotations

import re

from tests.infra.templates import ROOT


def test_every_proof_that_the_page_names_is_there() -> None:
    page = (ROOT / "infra/docs/security.md").read_text(encoding="utf-8")
    named = set(re.findall(r"`((?:tests|infra)/[\w./-]+)`", page))
    assert len(named) > 12
    assert {path for path in named if not (ROOT / path).exists()} == set()
