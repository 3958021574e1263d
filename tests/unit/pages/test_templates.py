"""The pages' templates: they say only words that exist, leave none unsaid, and travel with the layer."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from pathlib import Path

import pytest
from jinja2 import nodes

from passerelle.pages.rollover_report import HEADS
from passerelle.pages.templating import templates
from passerelle.words.night_report import WORDS as NIGHT_REPORT
from passerelle.words.seats import SEATS_PAGE
from passerelle.words.sentences import known

ROOT = Path(__file__).parents[3]
# Each folder of templates and the words that its pages are rendered with.
PAGES: Mapping[str, Mapping[str, object]] = {
    "seats": SEATS_PAGE,
    "rollover_report": HEADS,
    "night_report": NIGHT_REPORT,
}


def named(folder: str) -> list[str]:
    return [name for name in templates().list_templates() if name.split("/")[0].split(".")[0] == folder]


def said(name: str, function: str) -> Iterator[str]:
    """The texts that a template hands to `t` or `say`; both branches of a choice."""
    environment = templates()
    source, _, _ = environment.loader.get_source(environment, name)
    for call in environment.parse(source).find_all(nodes.Call):
        if isinstance(call.node, nodes.Name) and call.node.name == function and call.args:
            yield from (
                one.value
                for one in [call.args[0], *call.args[0].find_all(nodes.Const)]
                if isinstance(one, nodes.Const) and isinstance(one.value, str)
            )


@pytest.mark.parametrize("folder", PAGES)
def test_a_page_says_only_words_that_exist_and_leaves_none_unsaid(folder: str) -> None:
    used = {word for name in named(folder) for word in said(name, "t")}
    # Some come through a macro's argument, or are chosen by the Python beside.
    sources = "".join(templates().loader.get_source(templates(), name)[0] for name in named(folder))
    sources += (ROOT / f"layers/core/python/passerelle/pages/{folder}.py").read_text(encoding="utf-8")
    assert used <= set(PAGES[folder])
    assert [
        word for word in PAGES[folder] if word not in used and not re.search(rf"""['"]{word}['"]""", sources)
    ] == []


def test_every_sentence_that_a_template_says_exists() -> None:
    codes = {code for name in templates().list_templates(["html"]) for code in said(name, "say")}
    assert [code for code in codes if not known(code)] == []


def test_every_template_belongs_to_pages_with_words() -> None:
    folders = {name.split("/")[0].split(".")[0] for name in templates().list_templates()}
    assert folders - {"console"} == set(PAGES)


def test_templates_escape_whatever_they_are_given() -> None:
    assert templates().from_string("{{ it }}").render(it="<b>'\"&") == "&lt;b&gt;&#39;&#34;&amp;"
