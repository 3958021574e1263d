"""Every word that a template of the console asks for stands in both languages, and none stands for nothing."""

from __future__ import annotations

import re
from pathlib import Path

from passerelle.pages import console
from passerelle.usecases.console.acts import ACTS
from passerelle.usecases.console.home import Kind
from passerelle.words.console import WORDS

TEMPLATES = Path(console.__file__).parent / "templates" / "console"


def asked() -> set[str]:
    texts = [file.read_text(encoding="utf-8") for file in TEMPLATES.glob("*.html")]
    entries = {word for text in texts for word in re.findall(r'\("\w+", "(\w+)", (?:True|reach)', text)}
    named = {word for text in texts for word in re.findall(r"""\bt\(["'](\w+)["'][,)]""", text)}
    return named | entries | {f"act_{name}" for name in ACTS} | set(Kind.__args__)


def test_every_word_of_the_templates_is_there():
    assert sorted(asked() - set(WORDS)) == []


def test_no_word_stands_for_nothing():
    built = (
        "seat_",
        "held_",
        "told_",
        "people_scope_",
        "account_",
        "job_",
        "verdict_",
        "learner",
        "tutor",
        "stopped",
        "running",
        "absent",
        "done",
    )
    assert sorted(word for word in set(WORDS) - asked() if not word.startswith(built)) == []
