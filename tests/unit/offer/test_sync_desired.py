"""`passerelle sync desired`."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path
from random import Random

import pytest
from click.testing import CliRunner, Result

from passerelle_cli.sync import sync
from tests.factories.offer import University
from tests.unit.offer.universities import shuffle

LISTS = [
    "users",
    "cohorts",
    "cohort_members",
    "categories",
    "courses",
    "groups",
    "enrolments",
    "members",
    "untouched",
]


def run(folder: Path, *options: str, lang: str = "en_GB.UTF-8") -> Result:
    command = ["desired", "--sources", str(folder), *options]
    return CliRunner().invoke(sync, command, env={"LC_ALL": lang, "LC_MESSAGES": "", "LANG": ""})


def university() -> University:
    made = University().element("E1", distance=True).group("G1", "CEMU", on=("E1",)).person().tele().ip()
    return made.cohort("H1", "P1").element("E2", carrier="E2").ip("P1", "", "G1")


def test_the_desired_state_is_printed_as_sorted_lists(tmp_path: Path) -> None:
    done = run(university().save(tmp_path), "--json")

    assert done.exit_code == 0
    found = json.loads(done.stdout)
    assert list(found) == LISTS
    assert found["members"] == [["FOAD-E1", "G1", "p1"]]
    assert found["untouched"] == [["element", "E2", "loop"], ["row", "ip.csv:P1//G1", "missing_value"]]
    assert "ip.csv: 1 row refused: no value [column element_code] – line 3." in done.stderr


def test_the_same_rows_in_another_order_print_the_same_bytes(tmp_path: Path) -> None:
    for name in ("a", "b"):
        (tmp_path / name).mkdir()
    university().save(tmp_path / "a")
    shuffle(university(), Random(7)).save(tmp_path / "b")

    assert run(tmp_path / "a", "--json").stdout_bytes == run(tmp_path / "b", "--json").stdout_bytes


def test_without_json_each_list_is_readable(tmp_path: Path) -> None:
    done = run(university().save(tmp_path))

    assert "# users: 1\nP1\tp1\n" in done.stdout


@pytest.mark.parametrize(
    ("lang", "sentence"), [("fr_FR.UTF-8", "ip.csv manque."), ("en_GB.UTF-8", "ip.csv is missing.")]
)
def test_a_missing_file_is_said_in_the_readers_language_and_ends_in_1(
    tmp_path: Path, lang: str, sentence: str
) -> None:
    (university().save(tmp_path) / "ip.csv").unlink()

    done = run(tmp_path, "--json", lang=lang)

    assert done.exit_code == 1
    assert done.stdout == ""
    assert sentence in done.stderr


def test_a_cut_file_ends_in_1(tmp_path: Path) -> None:
    file = university().save(tmp_path) / "ip.csv"
    file.write_bytes(file.read_bytes()[:-10])

    done = run(tmp_path, "--json")

    assert done.exit_code == 1
    assert "ip.csv: 1 row read, 2 announced" in done.stderr


def test_the_encoding_is_given(tmp_path: Path) -> None:
    made = University().category("C1", title="Étude")
    made.save(tmp_path)
    (tmp_path / "manifest.json").write_text('{"year": "2026", "files": {}}')
    (tmp_path / "categories.csv").write_bytes("code;parent_code;title\nC1;;Étude\n".encode("iso-8859-1"))

    done = run(tmp_path, "--json", "--encoding", "iso-8859-1")

    assert json.loads(done.stdout)["categories"] == [["C1", "Étude", ""]]
    assert run(tmp_path, "--encoding", "utf-9").exit_code == 2


@pytest.mark.parametrize("terminal", ["latin-1", "ascii"])
def test_json_is_utf_8_and_text_is_printed_whatever_the_terminal(tmp_path: Path, terminal: str) -> None:
    folder = university().category("C2", title="Année ♫").save(tmp_path)
    command = [sys.executable, "-c", "from passerelle_cli.main import main; main()", "sync", "desired"]
    command += ["--sources", str(folder)]
    environment = {**os.environ, "PYTHONIOENCODING": terminal}

    as_json = subprocess.run([*command, "--json"], env=environment, capture_output=True, check=True)
    as_text = subprocess.run(command, env=environment, capture_output=True, check=True)

    assert ["C2", "Année ♫", ""] in json.loads(as_json.stdout.decode("utf-8"))["categories"]
    assert b"C2" in as_text.stdout


def test_what_becomes_of_refused_rows_is_said(tmp_path: Path) -> None:
    done = run(university().save(tmp_path), lang="fr_FR.UTF-8")

    assert done.stderr.endswith(
        "Ce que les lignes refusées désignent reste tel quel cette nuit. Corrigez-les à la source.\n"
    )


@pytest.mark.parametrize(
    ("lang", "said"),
    [
        (
            "fr_FR.UTF-8",
            [
                "# comptes\xa0: 1",
                "# membres de groupes\xa0: 1",
                "# laissés tels quels\xa0: 2",
                "élément\tE2\tboucle",
            ],
        ),
        ("en_GB.UTF-8", ["# users: 1", "# members: 1", "# untouched: 2", "element\tE2\ta loop"]),
    ],
)
def test_lists_are_headed_and_what_stays_is_explained_in_the_readers_language(
    tmp_path: Path, lang: str, said: list[str]
) -> None:
    printed = run(university().save(tmp_path), lang=lang).stdout.splitlines()

    assert [line for line in printed if line in said] == said
    assert sum(line.startswith("# ") for line in printed) == len(LISTS)


def test_a_oneroster_folder_is_known_by_its_manifest(tmp_path: Path) -> None:
    (tmp_path / "manifest.csv").write_text("propertyName,value\noneroster.version,1.1\n")

    done = run(tmp_path, "--json")

    assert done.exit_code == 1
    assert "orgs.csv, users.csv, classes.csv, enrollments.csv are missing" in done.stderr
