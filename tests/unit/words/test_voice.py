"""One voice: no "(s)" and no straight apostrophe in French in what people read; nobody is called he, anywhere."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[3]
PLUGINS = ROOT / "infra" / "moodle"
SPOKEN = (
    *sorted((ROOT / "layers/core/python/passerelle").rglob("*.py")),
    *sorted((ROOT / "infra/cli").rglob("*.py")),
    *sorted((ROOT / "infra/laptop").rglob("*.py")),
    *sorted((ROOT / "functions").rglob("*.py")),
    ROOT / "infra/run.py",
)
TEMPLATES = (
    *sorted((ROOT / "layers/core/python/passerelle/pages").rglob("*.html")),
    *sorted(PLUGINS.rglob("*.mustache")),
)
LANGUAGE_FILES = tuple(sorted(PLUGINS.rglob("lang/*/*.php")))
WRITTEN = (".css", ".html", ".js", ".md", ".mmd", ".mustache", ".php", ".py", ".toml", ".yaml", ".yml")

HEDGED = re.compile(r"\w\((?:s|es|nt|e|x|y|ies|ent|en)\)", re.IGNORECASE)
# The l of l'année: a letter that French elides, a straight apostrophe, and a word.
STRAIGHT = re.compile(
    r"\b(?:[ldnscjmt]|qu|jusqu|lorsqu|puisqu|aujourd|quelqu|presqu|entr)\\?'(?=[^\W\d_]|[«{])", re.IGNORECASE
)
HE = re.compile(r"\b(?:he|his|him|himself|she|her|hers|herself)\b", re.IGNORECASE)
FRENCH = re.compile(r"[éèêàçù’«]")


def strings(path: Path) -> Iterator[tuple[int, str]]:
    """Every text of a Python file with its line, but for what only programmers read."""
    tree = ast.parse(path.read_text(encoding="utf-8"))
    spoken_of = {
        id(node.body[0].value)
        for node in ast.walk(tree)
        if isinstance(node, ast.Module | ast.ClassDef | ast.FunctionDef | ast.AsyncFunctionDef)
        and node.body
        and isinstance(node.body[0], ast.Expr)
    }
    for node in ast.walk(tree):
        if isinstance(node, ast.Constant) and isinstance(node.value, str) and id(node) not in spoken_of:
            yield node.lineno, node.value


def lang_strings(path: Path) -> Iterator[tuple[str, str]]:
    yield from re.findall(
        r"^\$string\['([^']+)'\] = '((?:[^'\\]|\\.)*)';", path.read_text(encoding="utf-8"), re.MULTILINE
    )


def names(path: Path) -> str:
    return str(path.relative_to(ROOT))


@pytest.mark.parametrize("path", SPOKEN, ids=names)
def test_no_plural_is_hedged_and_french_has_its_apostrophes(path: Path) -> None:
    wrong = [
        (line, text)
        for line, text in strings(path)
        if (HEDGED.search(text) and "\\" not in text) or STRAIGHT.search(text)
    ]
    assert wrong == []


@pytest.mark.parametrize("path", TEMPLATES, ids=names)
def test_templates_hedge_no_plural(path: Path) -> None:
    text = path.read_text(encoding="utf-8")
    assert HEDGED.findall(text) == []
    assert STRAIGHT.findall(text) == []


@pytest.mark.parametrize("path", LANGUAGE_FILES, ids=names)
def test_the_plugins_hedge_no_plural_and_count_after_a_colon(path: Path) -> None:
    """Moodle's strings know no plural: a number stands after what is counted."""
    said = dict(lang_strings(path))
    assert said
    french = path.parent.name == "fr"
    assert [code for code, text in said.items() if HEDGED.search(text)] == []
    assert [code for code, text in said.items() if french and STRAIGHT.search(text)] == []
    counted = re.compile(r"\{\$a\} (?!dans\b|asks\b|has\b|does\b|is\b|was\b|takes\b)[^\W\d_]+s\b")
    assert [code for code, text in said.items() if counted.search(text)] == []
    assert [code for code, text in said.items() if not french and HE.search(text)] == []


@pytest.mark.parametrize("path", [path for path in LANGUAGE_FILES if path.parent.name == "fr"], ids=names)
def test_the_plugins_french_breaks_no_line_before_a_sign_or_behind_a_quote(path: Path) -> None:
    loose = re.compile(r" [;?!»]| :(?=\s|$|\{)|« ")
    assert [code for code, text in lang_strings(path) if loose.search(text)] == []


@pytest.mark.parametrize("path", [path for path in SPOKEN if "passerelle_laptop" not in str(path)], ids=names)
def test_nobody_is_called_he(path: Path) -> None:
    wrong = [
        (line, text)
        for line, text in strings(path)
        if " " in text and not FRENCH.search(text) and HE.search(text)
    ]
    assert wrong == []


def test_no_comment_or_document_calls_a_person_he_either() -> None:
    """All sources. What is recorded (JSON, archives) says what it said."""
    folders = [ROOT / name for name in ("functions", "infra", "layers", "tests")]
    written = {path for folder in folders for path in folder.rglob("*") if path.suffix in WRITTEN}
    written |= {ROOT / name for name in ("README.md", "pyproject.toml", "template.yaml")}
    assert len(written) > 1_000
    called = re.compile(r"\b(?:he|him|his|himself)\b", re.IGNORECASE)
    wrong = [
        f"{names(path)}:{number}: {line.strip()}"
        for path in sorted(written - {Path(__file__)})
        for number, line in enumerate(path.read_text(encoding="utf-8").splitlines(), 1)
        if called.search(line)
    ]
    assert wrong == []
