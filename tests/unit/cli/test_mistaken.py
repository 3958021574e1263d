"""Each kind of mistake that people make in extracts has its line, in both languages: the guides' pages hold them."""

from __future__ import annotations

import pytest

from tests.factories.mistaken import KINDS, PAGES, Mistaken, page, said_of

ANEW = "python -m tests.factories.mistaken writes the pages anew"


@pytest.mark.rule("N26")
@pytest.mark.parametrize("lang", sorted(PAGES))
def test_the_page_says_what_the_command_says(lang: str) -> None:
    assert PAGES[lang].read_text(encoding="utf-8") == page(lang), ANEW


@pytest.mark.rule("N26")
@pytest.mark.parametrize("kind", KINDS, ids=[kind.english for kind in KINDS])
def test_each_kind_is_told_in_a_few_lines_and_agrees_with_its_exit_code(kind: Mistaken) -> None:
    code, lines = said_of(kind, "en")

    assert 0 < len(lines) < 12
    assert (code == 0) == (lines[-1] == "Nothing to correct.")
    assert not any("Traceback" in line or "etu22100001@" in line for line in lines)
