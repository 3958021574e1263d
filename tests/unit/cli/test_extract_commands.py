"""Extracts that anybody can make, check and deliver: what each command says, and what it exits with (N26)."""

from __future__ import annotations

import json
import zipfile
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from passerelle.domain.night.plan.run import NightDesk
from passerelle.domain.night.policy import Guard
from passerelle.domain.offer.model import Table
from passerelle.sources.description import as_data_package, as_markdown
from passerelle.sources.extracts import read_extracts
from passerelle.sources.layouts import LAYOUTS
from passerelle.sources.mistakes import Kind
from passerelle.words.extracts import COLUMNS, FILES
from passerelle.words.mistakes import KINDS
from passerelle_cli import stack
from passerelle_cli.policy import policy
from passerelle_cli.sync import sync
from tests.factories.offer import University
from tests.scenes.night import NightScene, a_university, rules

CLEAN, UNREADABLE, TO_CORRECT = 0, 1, 3


def run(*words: str | Path, lang: str = "fr_FR.UTF-8") -> Result:
    done = CliRunner().invoke(sync, [str(word) for word in words], env={"LC_ALL": lang})
    assert done.exception is None or isinstance(done.exception, SystemExit), done.exception
    return done


def check(made: University, folder: Path, *words: str) -> Result:
    return run("check", "--sources", made.save(folder), *words)


def good() -> University:
    made = University().element().group(on=("E1",)).person().tele(tele="0").ip().cohort("H1", "P1")
    return made.person("T1", kind="staff").ade()


def test_a_good_folder_has_nothing_to_correct(tmp_path: Path) -> None:
    done = check(good(), tmp_path)

    assert done.exit_code == CLEAN, done.output
    assert done.output.endswith("Rien à corriger.\n")


WRONG: list[tuple[University, str]] = [
    (good().ade(sheet="S2", state="current"), "« current ». Attendu : CURRENT."),
    (good().ade(sheet="S2", status="Planifié"), "« Planifié ». Attendu : PLANNED."),
    (good().row("people.csv", "P9", "p9", "A", "B", "p9@x.example", "étudiant"), "Attendu : student."),
    (good().row("ia.csv", "P1", "2026", "S2", "oui", "E"), "Attendu : 0, 1."),
    (
        good().ip("99999999"),
        "une personne qui n’est pas dans people.csv [colonne person_code] – ligne 3 « 99999999 »",
    ),
    (good().ip("P1", "E1", "GX"), "un groupe qui n’est pas dans groups.csv"),
    (
        good().category("C9", "NOWHERE"),
        "catégorie parente inconnue [colonne parent_code] – ligne 3 « NOWHERE »",
    ),
    (good().person("2,21E+07"), "transformé en nombre par un tableur"),
    (good().person("12-mars"), "transformé en date par un tableur"),
    (good().person("#N/A"), "une erreur de formule d’un tableur"),
    (
        good().person("P9", email="zoe.durand"),
        "adresse électronique n’en est pas une [colonne email] – ligne 4.",
    ),
    (good().person("P9", email=""), "D12"),
]


@pytest.mark.rule("N26")
@pytest.mark.parametrize(("made", "said"), WRONG, ids=[said[:25] for _, said in WRONG])
def test_each_mistake_is_said_with_where_it_is_and_what_is_right(tmp_path, made, said) -> None:
    done = check(made, tmp_path)

    assert done.exit_code == TO_CORRECT
    assert said in done.output.replace("\u00a0", " ").replace("\u202f", " ")


@pytest.mark.rule("N26")
def test_a_thousand_mistakes_of_one_kind_are_one_line_with_three_examples(tmp_path: Path) -> None:
    made = good()
    for number in range(1000):
        made.ip(f"X{number:04}")

    lines = [line for line in check(made, tmp_path).output.splitlines() if "person_code" in line]

    assert len(lines) == 1
    assert "1\u202f000 lignes" in lines[0]
    assert lines[0].count("« ") == 3


@pytest.mark.rule("N26")
def test_zeros_that_a_spreadsheet_lost_are_found_by_the_length_of_codes(tmp_path: Path) -> None:
    made = good()
    for number in range(40):
        made.person(f"{number:08}")
    made.person("1234567")

    assert "plus court que les autres (8 chiffres)" in check(made, tmp_path).output


@pytest.mark.rule("N26")
def test_staff_numbers_shorter_than_students_lost_no_zeros(tmp_path: Path) -> None:
    made = good()
    for number in range(40):
        made.person(f"{22100000 + number}").ip(f"{22100000 + number}")
    for number in range(3):
        made.person(f"{90000 + number}", kind="staff").ade(f"{90000 + number}")

    assert "plus court" not in check(made, tmp_path).output


@pytest.mark.rule("N26")
def test_a_file_in_another_encoding_is_one_sentence_here_and_for_desired(tmp_path: Path) -> None:
    made = good()
    for number in range(200):
        made.person(f"P{number + 10}", lastname=f"Lefèvre {number}")
    made.save(tmp_path)
    text = (tmp_path / "people.csv").read_text(encoding="utf-8")
    (tmp_path / "people.csv").write_bytes(text.encode("cp1252"))
    (tmp_path / "manifest.json").write_text('{"year": "2026", "files": {}}')

    said = [run("check", "--sources", tmp_path).output, run("desired", "--sources", tmp_path).stderr]

    for text in said:
        assert text.count("--encoding windows-1252") == 1
        assert len(text.splitlines()) < 40


@pytest.mark.rule("N26")
def test_what_cannot_be_read_exits_with_1_and_the_rest_is_looked_at_all_the_same(tmp_path: Path) -> None:
    made = good().ip("99999999").save(tmp_path)
    (made / "manifest.json").unlink()
    (made / "groups.csv").unlink()

    done = run("check", "--sources", made)

    assert done.exit_code == UNREADABLE
    assert "manifest.json, groups.csv manquent. Déposez-les" in done.output
    assert "99999999" in done.output


@pytest.mark.rule("N26")
def test_without_a_year_no_registration_is_called_out_of_date(tmp_path: Path) -> None:
    made = University(year="2019").element(distance=True).group("G1", "CEMU", on=("E1",)).person()
    folder = made.ip().tele(year="2019").ade().person("T1", kind="staff").save(tmp_path)
    (folder / "manifest.json").unlink()

    done = run("check", "--sources", folder)

    assert "D2" not in done.output


@pytest.mark.rule("N20")
def test_a_file_that_shrank_against_the_last_good_night_is_said(tmp_path, monkeypatch) -> None:
    scene = NightScene(a_university(), rules(guard=Guard()))
    scene.world.records.add(NightDesk(id="caen", good_rows={"night/ip.csv": 500}))
    monkeypatch.setattr(stack.Stack, "load", lambda *_: Found(scene))

    done = run("check", "--sources", scene.university.save(tmp_path), "--site", "caen")

    assert "de moins que la dernière bonne nuit" in done.output


class Found:
    """A stack over fakes: what is put into its bucket is kept, in order."""

    state_bucket = "state"

    def __init__(self, scene: NightScene) -> None:
        self._scene = scene
        self.put: dict[str, bytes] = {}

    def world(self):
        return self._scene.world

    def client(self, service: str) -> Found:
        assert service == "s3"
        return self

    def put_object(self, *, Bucket: str, Key: str, Body) -> None:  # noqa: N803 - boto's own
        assert Bucket == self.state_bucket
        self.put[Key] = Body.read()


@pytest.fixture
def found(monkeypatch) -> Found:
    made = Found(NightScene(a_university(), rules()))
    monkeypatch.setattr(stack.Stack, "load", lambda *_: made)
    return made


# -- example and description ------------------------------------------------------------------------------


@pytest.mark.rule("N26")
@pytest.mark.parametrize("large", [(), ("--large",)])
def test_the_example_is_clean_and_holds_every_case(tmp_path: Path, large) -> None:
    folder = tmp_path / "example"
    assert run("example", "--to", folder, "--year", "2026", *large).exit_code == CLEAN

    done = run("check", "--sources", folder)
    desired = json.loads(run("desired", "--sources", folder, "--json").stdout)

    assert done.exit_code == CLEAN, done.output
    assert (folder / "README.md").read_text(encoding="utf-8").startswith("# Un exemple")
    assert ["FOAD-CHI102", "etu22600003", "student"] in desired["enrolments"]
    assert ["CHI101", "etu22600004", "student"] in desired["enrolments"]
    assert ["CHI101", "TP2", "TP 2"] in desired["groups"]
    assert [row for row in desired["groups"] if row[1] == "TP1"] == []
    assert ["CHI101", "TD1A", "TD 1 (TD1A)"] in desired["groups"]
    assert desired["untouched"] == []


def test_an_example_overwrites_nothing(tmp_path: Path) -> None:
    good().save(tmp_path)

    assert run("example", "--to", tmp_path).exit_code == 2


@pytest.mark.rule("N26")
def test_the_description_names_every_file_and_column_in_both_languages() -> None:
    said = [run("describe", lang=lang).output for lang in ("fr_FR.UTF-8", "en_GB.UTF-8")]

    assert said[0] != said[1]
    for layout in LAYOUTS.values():
        for text in said:
            assert layout.file in text
            assert all(column.name in text for column in layout.columns)
    assert set(FILES) == set(Table)
    assert set(COLUMNS) == {(table, column.name) for table, one in LAYOUTS.items() for column in one.columns}
    assert set(KINDS) == set(Kind)


def test_one_file_is_described_alone_and_a_stranger_is_refused() -> None:
    assert "people.csv" in run("describe", "people").output
    assert "groups.csv" not in run("describe", "people.csv").output
    assert run("describe", "etudiants.csv").exit_code == 2


@pytest.mark.rule("N26")
def test_the_example_fits_the_data_package(tmp_path: Path) -> None:
    """Frictionless refuses a column that a package does not name, unless it says that others may stand."""
    run("example", "--to", str(tmp_path))
    for resource in as_data_package("fr")["resources"]:
        header = (tmp_path / resource["path"]).read_text(encoding="utf-8").splitlines()[0].split(";")
        fields = [field["name"] for field in resource["schema"]["fields"]]
        assert set(fields) <= set(header)
        assert fields == header or resource["schema"]["fieldsMatch"] == "subset"


@pytest.mark.rule("N26")
def test_the_data_package_points_at_what_it_describes() -> None:
    package = json.loads(run("describe", "--data-package").output)

    assert package == as_data_package("fr")
    names = {one["name"]: {f["name"] for f in one["schema"]["fields"]} for one in package["resources"]}
    for resource in package["resources"]:
        assert set(resource["schema"]["primaryKey"]) <= names[resource["name"]]
        for key in resource["schema"].get("foreignKeys", ()):
            assert key["reference"]["fields"] in names[key["reference"]["resource"] or resource["name"]]


@pytest.mark.rule("N26")
def test_the_page_about_extracts_holds_the_table_of_the_code() -> None:
    page = Path(__file__).parents[3] / "infra" / "docs" / "extracts.md"

    assert as_markdown("en") in page.read_text(encoding="utf-8")


# -- deposit ----------------------------------------------------------------------------------------------


@pytest.mark.rule("N26")
def test_a_deposit_makes_the_manifest_and_uploads_it_last(found: Found, tmp_path: Path) -> None:
    folder = good().save(tmp_path)
    (folder / "manifest.json").unlink()

    done = run("deposit", "--site", "caen", "--sources", folder, "--year", "2026", "--night", "2026-10-07")

    assert done.exit_code == CLEAN, done.output
    *files, last = found.put
    assert last == "sis/caen/2026-10-07/manifest.json"
    assert sorted(files) == sorted(f"sis/caen/2026-10-07/{table.value}" for table in Table)
    landed = tmp_path / "landed"
    landed.mkdir()
    for key, body in found.put.items():
        (landed / key.rpartition("/")[2]).write_bytes(body)
    extracts = read_extracts(landed)
    assert (extracts.year, extracts.problems, extracts.unproved) == ("2026", (), ())


@pytest.mark.parametrize(
    ("words", "exit_code"), [((), TO_CORRECT), (("--force",), CLEAN), (("--dry-run",), TO_CORRECT)]
)
def test_what_is_to_correct_is_not_delivered_unless_somebody_insists(
    found, tmp_path, words, exit_code
) -> None:
    folder = good().ip("99999999").save(tmp_path)

    done = run("deposit", "--site", "caen", "--sources", folder, *words)

    assert (done.exit_code, bool(found.put)) == (exit_code, exit_code == CLEAN)


def test_a_dry_run_says_what_would_be_uploaded(found: Found, tmp_path: Path) -> None:
    done = run("deposit", "--site", "caen", "--sources", good().save(tmp_path), "--dry-run")

    assert "manifest.json" in done.output.splitlines()[-1]
    assert found.put == {}


def test_the_night_may_be_one_zip(found: Found, tmp_path: Path) -> None:
    folder = tmp_path / "night"
    folder.mkdir()
    good().save(folder)
    with zipfile.ZipFile(tmp_path / "night.zip", "w") as archive:
        for path in folder.iterdir():
            archive.write(path, f"night/{path.name}")

    assert run("check", "--sources", tmp_path / "night.zip").exit_code == CLEAN
    assert run("deposit", "--site", "caen", "--sources", tmp_path / "night.zip").exit_code == CLEAN
    assert len(found.put) == 1 + len(Table)


@pytest.mark.rule("N26")
def test_the_policy_of_a_depositor_may_write_this_sites_extracts_and_nothing_else(found: Found) -> None:
    done = CliRunner().invoke(policy, ["depositor", "--site", "caen"], catch_exceptions=False)

    (statement,) = json.loads(done.output)["Statement"]
    assert statement["Resource"] == ["arn:aws:s3:::state/sis/caen/*"]
    assert all(action.startswith(("s3:Put", "s3:Abort")) for action in statement["Action"])


@pytest.mark.rule("N26")
def test_a_folder_above_the_extracts_is_told_which_one_was_meant(tmp_path: Path) -> None:
    (tmp_path / "nuit").mkdir()
    good().save(tmp_path / "nuit")

    done = run("check", "--sources", tmp_path)

    assert done.exit_code == 2
    assert f"--sources {tmp_path / 'nuit'}" in done.output
