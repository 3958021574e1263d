"""Every refusal that the code can raise has its sentence, in both languages, filled from what it carries."""

import ast
import re
from functools import cache
from pathlib import Path
from string import Formatter

import pytest

from passerelle.domain.backups.manifest import Why
from passerelle.usecases.rollover.steps import why_not_undone
from passerelle.words.notes import note_text
from passerelle.words.sentences import SENTENCES, known, say

PACKAGE = Path(__file__).parents[3] / "layers" / "core" / "python" / "passerelle"
PLUGIN = PACKAGE.parents[3] / "infra" / "moodle" / "local_passerelle" / "classes" / "local"
WORD = re.compile(r"[A-Za-z]\w*_?\w*")
BEGINNING = re.compile(r"[A-Za-z]\w+_$")
# Calls of which an argument is a code: which one.
SAYING = {"GiveUp": 0, "Refused": 0, "NotFound": 0, "Note": 0, "say": 0, "require": 1, "BadArchive": 0}
# Told by modules of their own, since their sentences need more than a code.
ELSEWHERE = {"sources_stopped", "unknown_encoding"}
SOURCES = [
    path
    for folder in ("layers/core/python/passerelle", "infra/cli", "infra/laptop", "functions")
    for path in (PACKAGE.parents[3] / folder).rglob("*.py")
]


@cache
def trees() -> tuple[tuple[Path, ast.Module], ...]:
    return tuple((path, ast.parse(path.read_text(encoding="utf-8"))) for path in SOURCES)


def begins_its_base(called: ast.expr) -> bool:
    """Whether it is `super().__init__`."""
    return (
        isinstance(called, ast.Attribute)
        and called.attr == "__init__"
        and ast.unparse(called.value) == "super()"
    )


@cache
def codes() -> set[str]:
    """Every code that a call names: raised, kept in a note, or said."""
    found = set()
    for _, tree in trees():
        for call in ast.walk(tree):
            if not isinstance(call, ast.Call):
                continue
            name = getattr(call.func, "id", None)
            place = SAYING.get(name or "", 0 if begins_its_base(call.func) else None)
            if place is None or len(call.args) <= place:
                continue
            given = call.args[place]
            options = [given.body, given.orelse] if isinstance(given, ast.IfExp) else [given]
            found |= {
                one.value
                for one in options
                if isinstance(one, ast.Constant) and isinstance(one.value, str) and WORD.fullmatch(one.value)
            }
    return {code for code in found if not code.startswith("ldap_")} - ELSEWHERE


def test_every_code_that_is_raised_kept_or_said_has_a_sentence() -> None:
    assert {"shop_unknown", "seats_link_dead", "away"} <= codes()
    assert sorted(code for code in codes() if not known(code)) == []


def test_every_sentence_has_a_code_that_something_says() -> None:
    """As a text, as an end of a job in the plugin, or as what an f-string with a fixed beginning may make."""
    texts: set[str] = set()
    patterns: list[re.Pattern[str]] = []
    for path, tree in trees():
        if path.parent.name == "words" and path.name != "holdings.py":
            continue
        for node in ast.walk(tree):
            if isinstance(node, ast.Constant) and isinstance(node.value, str):
                texts.add(node.value)
            elif isinstance(node, ast.JoinedStr):
                parts = [
                    re.escape(one.value) if isinstance(one, ast.Constant) else r"\w+" for one in node.values
                ]
                if BEGINNING.match(parts[0]):
                    patterns.append(re.compile("".join(parts)))
    plugin = "\n".join(path.read_text(encoding="utf-8") for path in PLUGIN.parents[1].rglob("*.php"))
    silent = [
        code
        for code in SENTENCES
        if code not in texts
        and not any(pattern.fullmatch(code) for pattern in patterns)
        and f"'{code}'" not in plugin
    ]
    assert silent == []


@pytest.mark.rule("P10")
def test_whatever_the_plugin_says_of_a_restore_has_a_sentence() -> None:
    said: set[str] = set()
    for name in (
        "restore_runner",
        "precheck_results",
        "course_owners",
        "undo_runner",
        "archive",
        "transfer",
        "safety",
        "plan_settings",
        "unlisted",
    ):
        text = (PLUGIN / f"{name}.php").read_text(encoding="utf-8")
        said |= set(re.findall(r"job_(?:failure|postponed)\((?:\d+, )?'(\w+)'", text))
        said |= {
            code for call in re.findall(r"->warn\((.*?),", text) for code in re.findall(r"'(\w+)'", call)
        }
    assert {"shortnametaken", "pluginmissing"} <= said
    assert sorted(code for code in said if not known(code)) == []


@pytest.mark.rule("P10")
@pytest.mark.rule("H1")
@pytest.mark.parametrize("lang", ["en", "fr"])
def test_every_end_of_a_job_has_a_sentence_on_the_site_itself(lang: str) -> None:
    strings = (PLUGIN.parents[1] / "lang" / lang / "local_passerelle.php").read_text(encoding="utf-8")
    ends = {
        code
        for path in PLUGIN.rglob("*.php")
        for code in re.findall(
            # With a second argument Moodle's own words are shown.
            r"new job_(?:failure|postponed)\((?:\d+, )?'(\w+)'\)",
            path.read_text(encoding="utf-8"),
        )
    }
    assert {"changed", "alreadyundone", "nosafety", "restorefailed", "killed"} <= ends
    assert sorted(code for code in ends if f"$string['error_{code}']" not in strings) == []


@pytest.mark.rule("R11")
def test_an_undo_that_fails_in_whatever_way_is_told_without_a_word_of_moodles() -> None:
    undoing = ("undo_runner", "safety", "runner", "job", "emptying", "course_snapshot")
    ends = {
        code
        for name in undoing
        for code in re.findall(
            r"job_(?:failure|postponed)\((?:\d+, )?'(\w+)'",
            (PLUGIN / f"{name}.php").read_text(encoding="utf-8"),
        )
    }
    assert {"changed", "restorefailed", "killed"} <= ends
    for code in (*ends, "webservice_access_exception"):
        for lang in ("fr", "en"):
            said = note_text(why_not_undone(code), lang)
            assert said.endswith((".", "!", "?"))
            assert code == "changed" or code not in said.split()  # which is a word of English as well


@pytest.mark.rule("P10")
@pytest.mark.parametrize("why", list(Why))
def test_every_reason_to_refuse_a_backup_has_a_sentence(why: Why) -> None:
    assert known(why.value)


@pytest.mark.parametrize("code", sorted(SENTENCES))
def test_both_languages_name_the_same_things(code: str) -> None:
    french, english = SENTENCES[code]
    fields = [{name for _, name, _, _ in Formatter().parse(text) if name} for text in (french, english)]
    assert fields[0] == fields[1]
    assert french != english or french == "{detail}"  # the plugin has said it all


def test_a_sentence_whose_details_are_missing_is_still_said() -> None:
    assert "…" in say("too_large", "fr")


def test_an_unknown_code_is_not_swallowed() -> None:
    assert "no_such_code" in say("no_such_code", "en")
