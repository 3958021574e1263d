"""What is taken though it is written otherwise, because nothing is ambiguous; and what is named as it is."""

from __future__ import annotations

import io
import zipfile
from pathlib import Path

import pytest

from passerelle.domain.offer.model import Because, FileFault
from passerelle.sources import ade
from passerelle.sources.extracts import read_extracts
from passerelle.sources.zipped import BadArchive, unpack
from passerelle.words.offer import say_file
from tests.factories.offer import University, write_csv

ACCENTS = "Œuvres et mœurs – l’économie à 5 €"


def a_university() -> University:
    return University().element(title=ACCENTS).group(on=("E1",)).person(lastname="Lecœur").ip()


def read(made: University, encoding: str = "utf-8", **files: bytes):
    contents = {**made.contents(), **{name.replace("_csv", ".csv"): body for name, body in files.items()}}
    contents["manifest.json"] = b'{"year": "2026", "made_at": "2026-10-05T23:40:00+02:00", "files": {}}'
    return read_extracts({name: io.BytesIO(body) for name, body in contents.items()}, encoding)


@pytest.mark.rule("N26")
@pytest.mark.parametrize(
    "change",
    [
        lambda text: text.replace(";", "\t").encode(),
        lambda text: text.encode("utf-16"),
        lambda text: text.encode("utf-8-sig"),
        lambda text: (text.partition("\r\n")[0].upper() + "\r\n" + text.partition("\r\n")[2]).encode(),
        lambda text: (
            text.partition("\r\n")[0].replace(";", " ; ") + "\r\n" + text.partition("\r\n")[2]
        ).encode(),
    ],
    ids=["tabs", "UTF-16", "UTF-8 with its mark", "header in capitals", "header with spaces"],
)
def test_the_same_file_in_another_form_is_the_same(change) -> None:
    made = a_university()
    text = made.contents()["elements.csv"].decode()

    found = read(made, elements_csv=change(text))

    assert found.problems == ()
    assert found.refused == ()
    assert found.elements == made.extracts().elements


@pytest.mark.rule("N26")
@pytest.mark.parametrize("said", ["iso-8859-1", "latin1", "windows-1252", "ISO8859_1"])
def test_bytes_80_to_9f_are_windows_1252_and_never_control_characters(said) -> None:
    made = a_university()

    found = read(made, said, elements_csv=made.contents()["elements.csv"].decode().encode("cp1252"))

    assert found.elements[0].title == ACCENTS
    assert found.refused == ()


@pytest.mark.rule("N26")
def test_a_control_character_in_a_title_refuses_its_row() -> None:
    made = University().element(title="\x9cuvres").person()

    (row,) = made.extracts().refused

    assert (row.because, row.column) == (Because.BAD_ENCODING, "title")


@pytest.mark.rule("N26")
@pytest.mark.parametrize(
    ("said", "written", "found"),
    [
        ("utf-8", "cp1252", "windows-1252"),
        ("utf-8", "cp850", "cp850"),
        ("utf-8", "mac-roman", "mac-roman"),
        ("iso-8859-1", "utf-8", "utf-8"),
    ],
)
def test_a_file_wholly_in_another_encoding_is_named(said, written, found) -> None:
    made = University().element(title="Éléments de génétique à l'université, réseaux")

    read_so = read(made, said, elements_csv=made.contents()["elements.csv"].decode().encode(written))

    assert read_so.encodings == {"elements.csv": found}
    assert bool(read_so.refused) is (said == "utf-8")  # what says itself that it is UTF-8 is read as such


def test_one_bad_row_among_accents_is_no_other_encoding() -> None:
    made = University().element("E1", title="Économie").element("E2", title="Droit")
    body = made.contents()["elements.csv"].replace(b"Droit", "Géo".encode("cp1252"))

    found = read(made, elements_csv=body)

    assert found.encodings == {}
    assert [row.because for row in found.refused] == [Because.BAD_ENCODING]


@pytest.mark.rule("N26")
@pytest.mark.parametrize("body", [b"PK\x03\x04rest", b"\xd0\xcf\x11\xe0\xa1\xb1"])
def test_a_workbook_under_a_csv_name_is_named_as_such(body) -> None:
    found = read(a_university(), groups_csv=body)

    (problem,) = found.problems
    assert problem.fault is FileFault.SPREADSHEET
    assert "classeur" in say_file(problem, "fr")


@pytest.mark.rule("N26")
def test_a_workbook_in_the_place_of_a_file_is_named(tmp_path: Path) -> None:
    a_university().save(tmp_path)
    (tmp_path / "groups.csv").rename(tmp_path / "groups.xlsx")

    (problem,) = read_extracts(tmp_path).problems

    assert (problem.file, problem.expected) == ("groups.xlsx", "groups.csv")


@pytest.mark.rule("N26")
def test_beside_a_missing_file_those_of_other_names_are_told(tmp_path: Path) -> None:
    a_university().save(tmp_path)
    (tmp_path / "people.csv").rename(tmp_path / "etudiants.csv")

    (problem,) = read_extracts(tmp_path).problems

    assert "etudiants.csv" in say_file(problem, "fr")


def test_a_first_line_that_is_no_header_is_not_shown() -> None:
    body = b"22100001;durand;Durand;Zoe;zoe@etu.example;student\r\n"

    (problem,) = read(a_university(), people_csv=body).problems

    assert problem.fault is FileFault.NO_HEADER
    assert "Durand" not in say_file(problem, "fr")


def test_a_missing_column_shows_the_header_that_was_read() -> None:
    (problem,) = read(a_university(), groups_csv=b"code;libelle;collection_code\r\n").problems

    assert (problem.column, problem.found) == ("label", "code;libelle;collection_code")


@pytest.mark.rule("N26")
@pytest.mark.parametrize(
    ("said", "year"),
    [('"2026/2027"', "2026"), ('"2026-2027"', "2026"), ('"2026/27"', "2026"), ("2026", "2026")],
)
def test_a_year_as_people_write_it_is_the_year_it_begins(said, year) -> None:
    files = {name: io.BytesIO(body) for name, body in a_university().contents().items()}
    files["manifest.json"] = io.BytesIO(b'{"year": %s, "files": {}}' % said.encode())

    assert read_extracts(files).year == year


@pytest.mark.parametrize(
    ("body", "fault"),
    [
        (b'{"year": "2026/2028", "files": {}}', FileFault.BAD_YEAR),
        (b'{"year": "next", "files": {}}', FileFault.BAD_YEAR),
        (b'{"files": {}}', FileFault.MANIFEST_LACKS),
        (b'{"year": "2026"}', FileFault.MANIFEST_LACKS),
        (b'{"year": "2026", "made_at": "05/10/2026 23:40", "files": {}}', FileFault.BAD_MOMENT),
        (b"{year", FileFault.BAD_MANIFEST),
    ],
)
def test_a_wrong_manifest_says_what_is_wrong(body, fault) -> None:
    (problem,) = read_extracts({"manifest.json": io.BytesIO(body)}).problems

    assert problem.fault is fault
    assert say_file(problem, "fr") != say_file(problem, "en")


# -- GPE_OBJ --------------------------------------------------------------------------------------------


def with_parts() -> University:
    """The whole collection on E2, one group of it on its carrier E1."""
    made = (
        University()
        .element("E1")
        .element("E2", carrier="E1")
        .person()
        .ip("P1", "E2", "G1")
        .ip("P1", "E2", "G2")
    )
    made.row("groups.csv", "G1", "TD 1", "K").row("groups.csv", "G2", "TD 2", "K")
    made.row("collections.csv", "K", "E2", "")
    return made.row("collections.csv", "K", "E1", "G2")


def read_parts(made: University):
    header = ("collection_code", "element_code", "group_code")
    return read(made, collections_csv=write_csv(header, made.tables["collections.csv"]))


@pytest.mark.rule("N11")
def test_a_collection_may_be_attached_with_one_group_only() -> None:
    from passerelle.domain.offer.build import build_desired

    desired = build_desired(read_parts(with_parts()))

    assert set(desired.groups) == {("E1", "G2")}
    assert set(desired.members) == {("E1", "G2", "p1")}


# -- ADE without codes ----------------------------------------------------------------------------------


def named(*rows: tuple[str, ...], mapped: tuple[tuple[str, ...], ...]):
    header = ("teacher_name", "course_label", "sheet_code", "sheet_origin", "sheet_state", "status")
    table = ("teacher_name", "person_code", "course_label", "element_code")
    made = University().element().person("T1", kind="staff")
    files = {"ade_csv": write_csv(header, list(rows)), "ade_map_csv": write_csv(table, list(mapped))}
    return read(made, **files)


SHEET = ("F1", "APOGEE", "CURRENT", "PLANNED")


@pytest.mark.rule("N14")
def test_names_of_a_timetable_get_their_codes_from_a_small_table() -> None:
    found = named(
        ("DUPONT  Émilie", "Chimie générale", *SHEET),
        mapped=(("Dupont Emilie", "T1", "", ""), ("", "", "chimie generale", "E1")),
    )

    (row,) = found.plannings
    assert (row.person, row.element, row.enrols) == ("T1", "E1", True)


@pytest.mark.rule("N21")
def test_a_name_without_a_code_refuses_its_row_and_is_named() -> None:
    found = named(
        ("Inconnu", "Chimie", *SHEET),
        ("Dupont", "Algèbre", *SHEET),
        mapped=(("Dupont", "T1", "Chimie", "E1"), ("Durand", "T2", "", ""), ("Durand", "T3", "", "")),
    )

    assert found.plannings == ()
    assert [(row.because, row.column, row.value) for row in found.refused] == [
        (Because.NOT_MAPPED, "teacher_name", "Inconnu"),
        (Because.NOT_MAPPED, "course_label", "Algèbre"),
    ]
    assert found.refused[0].fields["element_code"] == "E1"
    assert ade.FILE == "ade_map.csv"


# -- zip ------------------------------------------------------------------------------------------------


def zipped(path: Path, **members: bytes) -> Path:
    with zipfile.ZipFile(path, "w") as archive:
        for name, body in members.items():
            archive.writestr(name.replace("__", "/").replace("_csv", ".csv"), body)
    return path


@pytest.mark.rule("N26")
def test_a_night_in_one_zip_is_unpacked_flat_and_nothing_leaves_the_folder(tmp_path: Path) -> None:
    archive = zipped(
        tmp_path / "night.zip", night__people_csv=b"a", **{"../../out_csv": b"b", "run.sh": b"c"}
    )
    folder = tmp_path / "here"
    folder.mkdir()

    assert sorted(unpack(archive, folder)) == ["out.csv", "people.csv"]
    assert sorted(path.name for path in folder.iterdir()) == ["out.csv", "people.csv"]


@pytest.mark.parametrize(
    ("members", "why"),
    [({"a__ip_csv": b"1", "b__ip_csv": b"2"}, "zip_file_twice"), ({"ip_csv": b"0" * 4096}, "zip_too_large")],
)
def test_a_zip_that_is_ambiguous_or_too_large_is_refused(tmp_path: Path, monkeypatch, members, why) -> None:
    monkeypatch.setattr("passerelle.sources.zipped._MOST_BYTES", 1000)
    archive = zipped(tmp_path / "night.zip", **members)

    with pytest.raises(BadArchive, match=why):
        unpack(archive, tmp_path)


def test_what_is_no_zip_is_refused(tmp_path: Path) -> None:
    (tmp_path / "night.zip").write_bytes(b"PK\x03\x04 cut")

    with pytest.raises(BadArchive):
        unpack(tmp_path / "night.zip", tmp_path)
