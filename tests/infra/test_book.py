"""The pages of infra/docs say what is so: rules, citations, paths, names, pictures."""

import ast
import io
import re
import tokenize
from functools import cache

import pytest

from passerelle_cli.rules import known_rules, read_rules
from tests.infra.templates import ROOT

DOCS = ROOT / "infra" / "docs"
RULES = known_rules()
CODE = ("functions", "layers/core/python", "infra/cli", "infra/docs", "infra/laptop", "tests")
RULE = re.compile(r"(?<![\w./@{}#&-])[PRSNDHKG]\d{1,2}(?![\w./]\w|\w)")


def files(*folders, suffixes):
    """Files of these folders, but for what tools leave behind; each with its path from the root."""
    found = [path for folder in folders for path in (ROOT / folder).rglob("*")]
    return sorted(
        path
        for path in found
        if path.suffix in suffixes
        and path.is_file()
        and not {"__pycache__", "node_modules"} & set(path.parts)
    )


@cache
def written(path):
    """What somebody reads in a file: a page or a template whole, of a program its comments and docstrings."""
    text = path.read_text(encoding="utf-8")
    if path.suffix != ".py":
        return text
    comments = [
        token.string
        for token in tokenize.generate_tokens(io.StringIO(text).readline)
        if token.type == tokenize.COMMENT
    ]
    places = (ast.Module, ast.ClassDef, ast.FunctionDef, ast.AsyncFunctionDef)
    docstrings = [
        ast.get_docstring(node) or "" for node in ast.walk(ast.parse(text)) if isinstance(node, places)
    ]
    return "\n".join(comments + docstrings)


def marked():
    """The numbers that tests cite as rules."""
    return {
        number
        for path in files("tests", suffixes={".py"})
        for arguments in re.findall(r"mark\.rule\(([^)]*)\)", path.read_text(encoding="utf-8"))
        for number in re.findall(r"[\"']([A-Z]\d+)[\"']", arguments)
    }


PAGES = [*files("infra/docs", suffixes={".md"}), ROOT / "infra/decisions.md", ROOT / "README.md"]
PROSE = [
    *PAGES,
    *files(*CODE, suffixes={".py"}),
    *files("infra/moodle", suffixes={".php", ".md"}),
    *files("infra", suffixes={".yaml"}),
    ROOT / "pyproject.toml",
    ROOT / "template.yaml",
    *files("infra/docs/pictures", suffixes={".mmd"}),
]


# -- rules -------------------------------------------------------------------------------------------------


def test_every_number_of_a_family_has_its_rule():
    for family in {number[0] for number in RULES}:
        numbers = [int(number[1:]) for number in RULES if number[0] == family]
        assert numbers == list(range(1, len(numbers) + 1)), family


def test_no_rule_is_passed_over_for_the_way_it_is_written():
    page = (DOCS / "rules.md").read_text(encoding="utf-8")
    assert set(re.findall(r"^[-|] \*\*([A-Z]\d+)\*\*", page, re.MULTILINE)) == set(RULES)


def test_a_rule_is_read_with_its_mark():
    page = "## A family\n- **P1** One.\n- **P2** *Planned.* Two.\n- **P3** *Planned: the rest.* Three.\n"
    page += "| **D1** | a trap | teacher |\n| **D2** *Planned.* | another | teacher |\n"
    rules = read_rules(page)
    assert [number for number, rule in rules.items() if rule.planned] == ["P2", "D2"]
    assert rules["P3"].planned_part == "the rest"
    assert rules["D1"].text == "a trap (repaired by: teacher)"
    assert {rule.family for rule in rules.values()} == {"A family"}


def test_a_number_is_given_once():
    with pytest.raises(ValueError, match="P1"):
        read_rules("- **P1** One.\n- **P1** Another.\n")


def test_every_rule_is_cited_by_a_test_or_marked_planned():
    missing = {number for number, rule in RULES.items() if not rule.planned} - marked()
    assert not missing, f"without a test: {sorted(missing)}"


def test_every_rule_that_is_cited_exists():
    unknown = {
        f"{number} in {path.relative_to(ROOT)}"
        for path in PROSE
        for number in set(RULE.findall(written(path))) - set(RULES)
    }
    assert not unknown


# -- pages -------------------------------------------------------------------------------------------------

PAGE = re.compile(r"(?<![\w/])((?:[\w.-]+/)*[\w-]+\.md)\b(?:, (?:\"([^\"]+)\"|trap (\d+)))?")
OTHERS = {"UPGRADING.md", "passerelle_cli/rules.md"}  # Moodle's own; the wheel's copy


def lead_nowhere(path):
    """What a file cites of pages that do not exist, or do not have that heading or trap."""
    for name, heading, trap in PAGE.findall(" ".join(written(path).split())):
        page = next((folder / name for folder in (ROOT, path.parent) if (folder / name).exists()), None)
        if page is None:
            if name not in OTHERS:
                yield name
            continue
        text = page.read_text(encoding="utf-8")
        if heading and not re.search(rf"^#+ {re.escape(heading)}$", text, re.MULTILINE):
            yield f'{name}, "{heading}"'
        if trap and not re.search(rf"^{trap}\. ", text, re.MULTILINE):
            yield f"{name}, trap {trap}"


def test_every_page_that_is_cited_exists():
    assert not [f"{cited} in {path.relative_to(ROOT)}" for path in PROSE for cited in lead_nowhere(path)]


def test_every_path_and_link_of_a_page_leads_somewhere():
    missing = []
    for path in PAGES:
        text = path.read_text(encoding="utf-8")
        paths = re.findall(r"`((?:functions|layers|infra|tests|\.ci|\.github)/[^`\s]*)`", text)
        links = re.findall(r"\]\((?!https?:)([^)#]+)(?:#[^)]*)?\)", text)
        missing += [name for name in paths if not list(ROOT.glob(name.rstrip("/")))]
        missing += [target for target in links if not (path.parent / target).exists()]
    assert not missing
