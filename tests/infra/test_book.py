"""The pages of infra/docs say what is so: rules, citations, paths, names, pictures."""

import ast
import io
import re
import subprocess
import sys
import tokenize
import zipfile
from functools import cache

import pytest
from click.testing import CliRunner

from infra.docs import draw
from passerelle.domain import states
from passerelle.domain.orders import products
from passerelle.sources.layouts import LAYOUTS
from passerelle_cli.main import cli
from passerelle_cli.rules import known_rules, read_rules
from tests.infra.templates import ROOT, functions

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


@cache
def strings(path):
    """The texts that a program holds as data."""
    tree = ast.parse(path.read_text(encoding="utf-8"))
    return {
        node.value for node in ast.walk(tree) if isinstance(node, ast.Constant) and type(node.value) is str
    }


def marked():
    """The numbers that tests cite as rules."""
    return {
        number
        for path in files("tests", suffixes={".py"})
        for arguments in re.findall(r"mark\.rule\(([^)]*)\)", path.read_text(encoding="utf-8"))
        for number in re.findall(r"[\"']([A-Z]\d+)[\"']", arguments)
    }


CONTRIBUTING = ROOT / ".github/CONTRIBUTING.md"
DECISIONS = ROOT / "infra/decisions.md"
PAGES = [*files("infra/docs", suffixes={".md"}), CONTRIBUTING, DECISIONS, ROOT / "README.md"]
PROSE = [
    *PAGES,
    *files(*CODE, suffixes={".py"}),
    *files("infra/moodle", suffixes={".php", ".md", ".mustache"}),
    *files("infra", suffixes={".yaml"}),
    *files(".github", suffixes={".md", ".yml"}),
    ROOT / ".ci/run",
    ROOT / ".pre-commit-config.yaml",
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
    assert (rules["D1"].text, rules["D1"].who) == ("a trap", "teacher")
    assert {rule.family for rule in rules.values()} == {"A family"}


def test_a_number_is_given_once():
    with pytest.raises(ValueError, match="P1"):
        read_rules("- **P1** One.\n- **P1** Another.\n")


def test_each_rule_stands_in_french_with_its_mark_and_its_own_words_in_code():
    french = known_rules("fr")
    assert list(french) == list(RULES)
    for number, rule in RULES.items():
        assert french[number].planned == rule.planned
        assert bool(french[number].planned_part) == bool(rule.planned_part)
        assert bool(french[number].who) == bool(rule.who)
        assert ("*Au-delà" in french[number].text) == ("*Beyond" in rule.text), number
        # Commands, files and settings are the same words in both.
        words = set(re.findall(r"`([^`]+)`", french[number].text))
        assert words <= set(re.findall(r"`([^`]+)`", rule.text)), number


def test_every_rule_is_cited_by_a_test_or_marked_planned():
    missing = {number for number, rule in RULES.items() if not rule.planned} - marked()
    assert not missing, f"without a test: {sorted(missing)}"


def test_every_rule_that_is_cited_exists():
    # Programs are taken apart only where something in them, be it code, looks like a rule that is not.
    doubtful = [path for path in PROSE if set(RULE.findall(path.read_text(encoding="utf-8"))) - set(RULES)]
    unknown = {
        f"{number} in {path.relative_to(ROOT)}"
        for path in doubtful
        for number in set(RULE.findall(written(path))) - set(RULES)
    }
    # What is deployed names rules as data, too: a cause, a check.
    unknown |= {
        f"{text} in {path.relative_to(ROOT)}"
        for path in files("functions", "layers/core/python", "infra/cli", suffixes={".py"})
        for text in strings(path)
        if RULE.fullmatch(text) and text not in RULES
    }
    assert not unknown


# -- pages -------------------------------------------------------------------------------------------------

PAGE = re.compile(r"(?<![\w/])((?:[\w.-]+/)*[\w-]+\.md)\b(?:, (?:\"([^\"]+)\"|trap (\d+)))?")
OTHERS = {
    "UPGRADING.md",
    "passerelle_cli/rules.md",
    "passerelle_cli/rules-fr.md",
}  # Moodle's own; the wheel's copies


def lead_nowhere(path):
    """What a file cites of pages that do not exist, or do not have that heading or trap."""
    if ".md" not in path.read_text(encoding="utf-8"):
        return
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


def rows(page, heading):
    """The cells of the first table under a heading, without their code marks."""
    section = re.search(rf"^#+ {re.escape(heading)}$(.*?)(?=^#|\Z)", page, re.MULTILINE | re.DOTALL)[1]
    lines = re.search(r"(?:^\|.*\n)+", section, re.MULTILINE)[0].splitlines()
    return [[cell.strip() for cell in line.strip("|").split(" | ")] for line in lines[2:]]


def test_the_page_of_the_design_has_every_state_and_its_french():
    page = (DOCS / "design.md").read_text(encoding="utf-8")
    said = {
        name: (set(re.findall(r"[a-z_]+", " ".join(re.findall(r"`([^`]*)`", names)))), french.split(", "))
        for name, names, french in rows(page, "States")
    }
    known = {
        "backup": states.BackupState,
        "publication": states.PublicationState,
        "retrieval": states.RetrievalState,
        "rollover": states.RolloverState,
        "order": states.OrderState,
        "run of a stage": states.RunState,
    }
    assert said == {name: (set(kind), list(states.FRENCH[kind].values())) for name, kind in known.items()}


def test_the_page_of_the_design_has_every_function_of_the_plugin():
    page = (DOCS / "design.md").read_text(encoding="utf-8")
    services = (ROOT / "infra/moodle/local_passerelle/db/services.php").read_text(encoding="utf-8")
    named = set(re.findall(r"'(local_passerelle_(?!page_)\w+)' => \[", services))
    assert {row[0].strip("`") for row in rows(page, "The plugins' contract")} == named


def test_the_page_of_rules_has_every_handler_with_its_parameters():
    page = (DOCS / "rules.md").read_text(encoding="utf-8")
    said, before = {}, set()
    for handler, _, parameters in rows(page, "S. Training sessions from shop orders"):
        if parameters != "the same":
            before = {word.strip("*") for word in re.split(r", | or ", parameters)}
        said[handler.strip("`")] = before
    assert said == {handler.value: set(known) for handler, known in products.KNOWN.items()}
    assert all(f"`{name}`" in page for name in products.NEEDS_PLUGIN)


def test_the_page_of_extracts_has_every_file_with_its_columns():
    page = (DOCS / "extracts.md").read_text(encoding="utf-8")
    said = {file.strip("`"): columns for file, columns, *_ in rows(page, "A folder for each night")}
    assert set(said) == {layout.file for layout in LAYOUTS.values()}
    for layout in LAYOUTS.values():
        for column in layout.columns:
            assert re.search(rf"\b{column.name}\b", said[layout.file]), (layout.file, column.name)


def test_the_page_of_the_design_has_every_room():
    page = (DOCS / "design.md").read_text(encoding="utf-8")
    said = {row[0].strip("`").rstrip("/").removesuffix(".py") for row in rows(page, "The rooms")}
    assert said == {room for layer in draw.layers() for room in layer}


def test_the_page_of_style_has_the_layers_as_they_are():
    layers = " → ".join(" | ".join(layer) for layer in draw.layers())
    assert f"`{layers}`" in (DOCS / "style.md").read_text(encoding="utf-8")


def test_contributing_leads_to_what_it_names():
    """Each row of "Where is …?": the last path it names holds the words to look for."""
    layer = ROOT / "layers/core/python/passerelle"
    for sought, places, words in rows(CONTRIBUTING.read_text(encoding="utf-8"), "Where is …?"):
        paths = [path for path in re.findall(r"`([^`]*\.\w+)`", places) if "/" in path or path == "README.md"]
        found = [folder / path for path in paths for folder in (ROOT, layer) if (folder / path).exists()]
        assert len(found) == len(paths), sought
        assert words.strip("`") in found[-1].read_text(encoding="utf-8"), sought


def test_ci_runs_what_a_developer_runs():
    workflow = (ROOT / ".github/workflows/ci.yml").read_text(encoding="utf-8")
    assert "- run: .ci/run\n" in workflow
    hooks = (ROOT / ".pre-commit-config.yaml").read_text(encoding="utf-8")
    assert re.findall(r"repo: (.+)", hooks) == ["local"]
    steps = (ROOT / ".ci/run").read_text(encoding="utf-8")
    quick = re.findall(r"entry: (\S+(?: -m)? \S+|\S+)", hooks)
    missing = {entry for entry in quick if entry not in steps}
    assert missing <= {".venv/bin/python -m pytest"}  # a part of the tests, which are a step by themselves


# -- decisions ---------------------------------------------------------------------------------------------


def test_decisions_are_newest_first_and_each_has_its_status():
    text = DECISIONS.read_text(encoding="utf-8")
    entries = re.findall(r"^## (\S+) — (.+)\n(.*)\n", text, re.MULTILINE)
    assert len(entries) == text.count("\n## ")
    days = [day for day, _, _ in entries]
    assert days == sorted(days, reverse=True)
    titles = {title for _, title, _ in entries}
    for _, title, status in entries:
        said = re.fullmatch(r'\*(?:Stands(?:, corrected .+)?|Replaced by "(.+)")\.\*', status)
        assert said, f"{title}: {status[:60]}"
        assert said[1] is None or said[1] in titles, f"{title}: replaced by nothing that stands here"


# -- pictures ----------------------------------------------------------------------------------------------


def test_the_pictures_are_what_their_text_and_the_imports_say():
    stale = [str(path.relative_to(ROOT)) for path in draw.stale()]
    assert not stale, f"draw again, with infra/docs/draw.py: {stale}"


def test_the_pictures_name_what_exists():
    classes = ROOT / "infra/moodle/local_passerelle/classes/external"
    known = {*functions(), *(path.stem for path in classes.glob("*.php"))}
    for text in DOCS.glob("pictures/*.mmd"):
        if text.stem != draw.ROOMS:
            named = set(re.findall(r"\b[a-z]+_[a-z_]+\b", text.read_text(encoding="utf-8")))
            assert named <= known, text.name


def test_a_line_that_cannot_be_drawn_is_named():
    with pytest.raises(draw.Unreadable, match="line 3"):
        draw.draw_sequence("sequenceDiagram\nparticipant A as Anna\nloop for ever\n", "A flow")
    with pytest.raises(draw.Unreadable, match="called B"):
        draw.draw_sequence("sequenceDiagram\nparticipant A as Anna\nA->>B: hello\n", "A flow")


def test_words_in_a_picture_open_no_tag():
    drawn = draw.draw_sequence("sequenceDiagram\nparticipant A as Anna\nA->>A: <script>&\n", "A & B")
    assert "&lt;script&gt;&amp;" in drawn
    assert "A &amp; B" in drawn


# -- the command -------------------------------------------------------------------------------------------


def test_a_rule_is_printed_by_its_number():
    printed = CliRunner().invoke(cli, ["rules", "n13"])
    assert printed.exit_code == 0
    assert "N13 A FOAD course takes a student only if three conditions hold together" in printed.output


def test_a_rule_is_printed_in_the_readers_language():
    printed = CliRunner(env={"LC_ALL": "fr_FR.UTF-8"}).invoke(cli, ["rules", "N13", "D8"]).output
    said = re.sub(r"[ \n]+", " ", printed).strip()  # no-break spaces stay
    assert (
        "N13 Un cours FOAD ne prend un étudiant que si trois conditions sont réunies\xa0: l’élément" in said
    )
    assert said.endswith("(à corriger par\xa0: enseignant)")
    assert "repaired" not in said


@pytest.mark.parametrize("lang", ["fr_FR.UTF-8", "en_GB.UTF-8"])
def test_all_rules_are_printed_without_a_number(lang):
    printed = CliRunner(env={"LC_ALL": lang}).invoke(cli, ["rules"]).output
    assert re.findall(r"^([A-Z]\d+) ", printed, re.MULTILINE) == list(RULES)


def test_what_stands_in_code_marks_is_printed_as_it_is():
    printed = " ".join(CliRunner().invoke(cli, ["rules", "P4"]).output.split())
    assert "called *userid, user*ed or *email that" in printed


@pytest.mark.parametrize(
    ("lang", "said"), [("fr_FR.UTF-8", "aucune règle"), ("en_GB.UTF-8", "no rule has the number Z9")]
)
def test_an_unknown_number_is_named_with_those_there_are(lang, said):
    printed = CliRunner(env={"LC_ALL": lang}).invoke(cli, ["rules", "N13", "Z9"])
    assert printed.exit_code == 2
    assert said in printed.output
    assert "N1–N" in printed.output


def test_the_installed_package_carries_the_rules(tmp_path):
    subprocess.run(
        [sys.executable, "-m", "hatchling", "build", "-t", "wheel", "-d", str(tmp_path)],
        cwd=ROOT,
        check=True,
        capture_output=True,
    )
    with zipfile.ZipFile(next(tmp_path.glob("*.whl"))) as wheel:
        page = wheel.read("passerelle_cli/rules.md").decode()
        french = wheel.read("passerelle_cli/rules-fr.md").decode()
        assert "passerelle/pages/templates/seats/page.html" in wheel.namelist()
    assert read_rules(page) == RULES
    assert read_rules(french) == known_rules("fr")
