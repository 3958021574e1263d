"""Reading the night's folder: rows are judged one by one, files as a whole."""

from __future__ import annotations

import io
import json
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any

import pytest

from passerelle.domain.offer.model import Because, Extracts, FileFault, Kind, Table
from passerelle.sources.extracts import SourcesStopped, UnknownEncoding, read_extracts, require_whole
from passerelle.sources.oneroster import read_oneroster
from passerelle.words.offer import FILES, ROWS, say_file, say_row
from tests.factories.offer import University, write_manifest

ELEMENTS = "code;title;category_code;distance;carrier_code;term_start\r\n"


def read(files: dict[str, bytes], **asked: Any) -> Extracts:
    """The valid empty university, with these files' bytes in the place of its own and no sums on them."""
    contents = {**University().contents(), **files}
    if "manifest.json" not in files:
        said = {"year": "2026", "made_at": "2026-10-05T23:40:00+02:00", "files": {}}
        contents["manifest.json"] = json.dumps(said).encode()
    return read_extracts({file: io.BytesIO(content) for file, content in contents.items()}, **asked)


def refusals(extracts: Extracts) -> list[tuple[int, Because, str | None]]:
    return [(row.line, row.because, row.column) for row in sorted(extracts.refused, key=lambda row: row.line)]


def read_elements(*lines: str, encoding: str = "utf-8") -> Extracts:
    content = (ELEMENTS + "\r\n".join(lines)).encode(encoding)
    return require_whole(read({"elements.csv": content}, encoding=encoding))


def test_every_file_of_the_folder_is_read_into_the_model(tmp_path: Path) -> None:
    made = University().element("E1", distance=True).group("G1", on=("E1",)).person("P1").ip().tele()
    made.ade("P1").cohort("H1", "P1").save(tmp_path)

    extracts = require_whole(read_extracts(tmp_path))

    assert extracts.year == "2026"
    assert extracts.made_at == datetime.fromisoformat("2026-10-05T23:40:00+02:00")
    assert [(row.code, row.distance, row.term_start) for row in extracts.elements] == [
        ("E1", True, date(2026, 9, 1))
    ]
    assert extracts.people[0].kind is Kind.STUDENT
    assert [row.line for row in extracts.registrations] == [2]
    assert extracts.standings[0].tele
    assert extracts.plannings[0].enrols
    assert extracts.counts["ip.csv"] == 1
    assert not extracts.refused


def test_the_separator_is_found_from_the_header() -> None:
    extracts = read({"cohorts.csv": b'code,title\nH1,"L1; the first, year"\n'})

    assert extracts.cohorts[0].title == "L1; the first, year"


def test_columns_come_in_any_order_and_unknown_ones_are_ignored() -> None:
    extracts = read({"cohorts.csv": b"note;title;code\nx;First year;H1\n"})

    assert (extracts.cohorts[0].code, extracts.cohorts[0].title) == ("H1", "First year")


@pytest.mark.parametrize("encoding", ["utf-8", "iso-8859-1"])
def test_a_byte_order_mark_is_tolerated_and_means_utf_8(encoding: str) -> None:
    extracts = read({"cohorts.csv": "\ufeffcode;title\nH1;Été\n".encode()}, encoding=encoding)

    assert extracts.cohorts[0].title == "Été"


def test_apogee_exports_are_read_in_their_encoding() -> None:
    extracts = read_elements(
        "E1;Élément à l'œuvre;C1;0;;2026-09-01".replace("œ", "oe"), encoding="iso-8859-1"
    )

    assert extracts.elements[0].title == "Élément à l'oeuvre"


def test_an_encoding_that_does_not_exist_is_named() -> None:
    with pytest.raises(UnknownEncoding) as caught:
        read_extracts({}, "utf-9")

    assert caught.value.details == {"encoding": "utf-9"}


@pytest.mark.parametrize("codec", ["base64", "rot13", "utf-8\x00"])
def test_a_codec_that_makes_no_text_is_no_encoding(codec: str, tmp_path: Path) -> None:
    with pytest.raises(UnknownEncoding):
        read_extracts(tmp_path, codec)
    with pytest.raises(UnknownEncoding):
        read_oneroster([tmp_path], codec)


def test_a_title_may_hold_separators_quotes_and_line_breaks() -> None:
    extracts = read_elements(
        'E1;"Chimie; ""verte""\r\net physique";C1;0;;2026-09-01', "E2;Droit;C1;1;E1;01/09/2026"
    )

    assert extracts.elements[0].title == 'Chimie; "verte"\r\net physique'
    assert (extracts.elements[1].line, extracts.elements[1].term_start) == (4, date(2026, 9, 1))


@pytest.mark.parametrize(
    ("line", "because", "column"),
    [
        ("E1;Chimie;C1;oui;;2026-09-01", Because.BAD_VALUE, "distance"),
        ("E1;Chimie;C1;0;;2026-02-30", Because.BAD_VALUE, "term_start"),
        ("E1;Chimie;;0;;2026-09-01", Because.MISSING_VALUE, "category_code"),
        ("E1;;C1;0;;2026-09-01", Because.MISSING_VALUE, "title"),
        ("E1;Chimie;C1;0", Because.SHORT_ROW, None),
        ("E1;Chimie; organique;C1;0;;2026-09-01", Because.LONG_ROW, None),
        ("E1;Chi\x00mie;C1;0;;2026-09-01", Because.NUL_BYTE, "title"),
        ('E1;"Chimie"verte;C1;0;;2026-09-01', Because.UNREADABLE_QUOTES, None),
        ('E1;"Chimie;C1;0;;2026-09-01', Because.UNREADABLE_QUOTES, None),
    ],
)
@pytest.mark.rule("N21")
def test_a_bad_row_is_refused_with_its_line_and_column_and_its_neighbours_are_read(
    line: str, because: Because, column: str | None
) -> None:
    extracts = read_elements(
        "E0;Avant;C1;0;;2026-09-01", line, *(f"F{n};Après;C1;0;;2026-09-01" for n in range(9))
    )

    assert refusals(extracts) == [(3, because, column)]
    assert [row.code for row in extracts.elements] == ["E0", *(f"F{n}" for n in range(9))]
    assert extracts.refused[0].fields["code"] == "E1"


def test_bytes_of_another_encoding_refuse_their_row_only() -> None:
    content = (
        ELEMENTS.encode() + b"E1;\xc9t\xe9;C1;0;;2026-09-01\r\nE2;\xc3\x89t\xc3\xa9;C1;0;;2026-09-01\r\n"
    )

    extracts = read({"elements.csv": content})

    assert refusals(extracts) == [(2, Because.BAD_ENCODING, "title")]
    assert [row.title for row in extracts.elements] == ["Été"]


def test_undecoded_bytes_are_shown_so_that_every_report_can_write_them() -> None:
    extracts = read({"elements.csv": ELEMENTS.encode() + b"E1;\xc9t\xe9;C1;0;;2026-09-01\r\n"})

    said = say_row(extracts.refused[0], "fr")

    assert (
        said.encode()
        == "elements.csv, ligne 2, colonne title\u00a0: octets étrangers à l’encodage «\u00a0\\xc9t\\xe9\u00a0»".encode()
    )


def test_a_field_too_long_to_be_read_is_named_and_shown_in_part() -> None:
    extracts = read_elements(f"E1;{'x' * 200_000};C1;0;;2026-09-01", "E2;Droit;C1;0;;2026-09-01")

    (row,) = extracts.refused
    assert (row.because, row.column, row.value) == (Because.BAD_VALUE, "title", "x" * 80 + "…")
    assert [row.code for row in extracts.elements] == ["E2"]


@pytest.mark.rule("N21")
def test_a_code_that_may_be_cut_short_is_not_believed() -> None:
    extracts = read({"ip.csv": b"person_code;element_code;group_code\nP1;E1\nP12;E1;\n"})

    assert extracts.refused[0].fields == {"person_code": "P1"}
    assert [row.person for row in extracts.registrations] == ["P12"]


def test_two_stray_quotes_do_not_swallow_the_rows_between_them() -> None:
    """Read as one quoted field, it would be a group code with two whole rows in it."""
    extracts = read(
        {"ip.csv": b'person_code;element_code;group_code\nP1;E1;"G1\nP2;E1;G1\nP3;E1;G1"\nP4;E1;G1\n'}
    )

    assert [row.person for row in extracts.registrations] == ["P2", "P4"]
    assert [row.fields for row in extracts.refused] == [
        {"person_code": "P1", "element_code": "E1"},
        {"person_code": "P3", "element_code": "E1"},
    ]


def test_a_quote_that_never_closes_costs_one_row_of_a_long_file() -> None:
    rows = [f"P{number};E1;G1" for number in range(500)]
    rows[7] = 'P7;E1;"G1'

    extracts = read({"ip.csv": "\n".join(["person_code;element_code;group_code", *rows]).encode()})

    assert len(extracts.registrations) == 499
    assert refusals(extracts) == [(9, Because.UNREADABLE_QUOTES, None)]


def test_identical_rows_count_once() -> None:
    extracts = read_elements(*["E1;Chimie;C1;0;;2026-09-01"] * 3)

    assert len(extracts.elements) == 1
    assert not extracts.refused


@pytest.mark.rule("N21")
def test_rows_with_one_key_and_different_values_are_all_refused() -> None:
    extracts = read_elements(
        "E1;Chimie;C1;0;;2026-09-01", "E1;Physique;C1;0;;2026-09-01", "E2;Droit;C1;0;;2026-09-01"
    )

    assert [row.code for row in extracts.elements] == ["E2"]
    assert [(line, because) for line, because, _ in refusals(extracts)] == [
        (2, Because.DIFFERENT_VALUES),
        (3, Because.DIFFERENT_VALUES),
    ]


def test_a_row_refused_as_a_whole_is_named_by_its_key() -> None:
    made = University().row("ip.csv", "P1", "E1", "G1", "more").person("P2").person("P2", username="x")

    said = sorted(say_row(row, "en") for row in made.extracts().refused)

    assert said == [
        "ip.csv, line 2: more fields than the header (a separator in a title, without quotes?)",
        "people.csv, line 2 (code P2): same key as another row, different values",
        "people.csv, line 3 (code P2): same key as another row, different values",
    ]


@pytest.mark.rule("N21")
def test_a_good_row_falls_with_a_bad_one_of_its_key_which_may_be_the_right_one() -> None:
    extracts = read_elements("E1;Chimie;C1;0;;2026-09-01", "E1;Chimie;C1;2;;2026-09-01")

    assert extracts.elements == ()
    assert {because for _, because, _ in refusals(extracts)} == {Because.DIFFERENT_VALUES, Because.BAD_VALUE}


def test_usernames_are_lower_cased() -> None:
    extracts = University().person("P1", username="DuPont").extracts()

    assert extracts.people[0].username == "dupont"


@pytest.mark.rule("N21")
def test_two_people_with_one_username_are_both_refused() -> None:
    made = University().person("P1", username="dupont").person("P2", username="DUPONT").person("P3")

    extracts = made.extracts()

    assert [row.code for row in extracts.people] == ["P3"]
    assert [row.because for row in extracts.refused] == [Because.SAME_USERNAME] * 2


def test_people_without_username_share_none() -> None:
    extracts = University().person("P1", username="").person("P2", username="").extracts()

    assert len(extracts.people) == 2


def test_names_and_addresses_are_in_no_message() -> None:
    made = University().row("people.csv", "P1", "dupont@x.example", "Dupont", "Zoé", "zoe@x.example", "cat")
    made.row("people.csv", "P2", "dupont@x.example", "Dup\x00ont", "Zoé", "zoe\x00@x.example", "staff")
    made.row("people.csv", "P3", "dupont@x.example", "Dupont", "Zoé", "zoe@x.example", "staff")

    extracts = made.extracts()

    shown = " ".join(say_row(row, "fr") for row in extracts.refused) + repr(extracts.people)
    assert len(extracts.refused) == 3
    for private in ("Dup", "Zoé", "zoe", "@"):
        assert private not in shown


@pytest.mark.parametrize(
    ("content", "fault", "column"),
    [
        (b"", FileFault.EMPTY_FILE, ""),
        (b"\r\n\r\n", FileFault.EMPTY_FILE, ""),
        (b"code;name\nH1;x\n", FileFault.MISSING_COLUMN, "title"),
        (b"code;title;title\nH1;x;y\n", FileFault.DOUBLE_COLUMN, "title"),
    ],
)
def test_a_file_without_its_columns_stops_and_the_error_names_them(
    content: bytes, fault: FileFault, column: str
) -> None:
    (problem,) = read({"cohorts.csv": content}).problems

    assert (problem.file, problem.fault, problem.column) == ("cohorts.csv", fault, column)
    assert problem.tables == {Table.COHORTS}


def test_a_missing_file_is_named_and_stops_only_who_reads_it() -> None:
    streams = University().streams()
    del streams["ade.csv"]

    extracts = read_extracts(streams)

    require_whole(extracts, {Table.COHORTS, Table.PEOPLE})
    with pytest.raises(SourcesStopped) as caught:
        require_whole(extracts)
    assert caught.value.details == {"files": ["ade.csv"]}
    assert say_file(caught.value.problems[0], "fr").startswith("ade.csv manque")


def test_a_file_with_fewer_rows_than_announced_is_cut_and_none_of_its_rows_is_believed() -> None:
    made = University().person("P1").person("P2")
    contents = made.contents()
    contents["people.csv"] = contents["people.csv"].split(b"P2", 1)[0]

    extracts = read(contents)

    (problem,) = extracts.problems
    assert (problem.fault, problem.expected, problem.found) == (FileFault.ROWS_DISAGREE, "2", "1")
    assert extracts.people == ()


def test_a_file_with_other_bytes_than_announced_stops() -> None:
    contents = University().person("P1").contents()
    contents["people.csv"] = contents["people.csv"].replace(b"First P1", b"First PX")

    (problem,) = read(contents).problems

    assert problem.fault is FileFault.SHA256_DISAGREES


def test_records_are_counted_not_lines() -> None:
    made = University().row("cohorts.csv", "H1", "Two\nlines")

    assert require_whole(made.extracts()).counts["cohorts.csv"] == 1


@pytest.mark.parametrize(
    ("manifest", "named"),
    [
        (b"{", "JSON"),
        (b"[]", "JSON"),
        (b'{"year": "2026", "files": {"ip.csv": {"rows": "many"}}}', "rows"),
        (b'{"year": "2026", "files": []}', "files"),
        (b"[" * 100_000, "JSON"),
    ],
)
def test_a_manifest_that_cannot_be_read_stops_everything(manifest: bytes, named: str) -> None:
    (problem,) = read({"manifest.json": manifest}).problems

    assert problem.column == named
    assert problem.tables == frozenset(Table)


def test_no_manifest_stops_everything() -> None:
    streams = University().streams()
    del streams["manifest.json"]

    (problem,) = read_extracts(streams).problems

    assert (problem.file, problem.fault) == ("manifest.json", FileFault.MISSING_FILE)


@pytest.mark.rule("N17")
def test_extracts_older_than_the_night_stop() -> None:
    streams = University().streams()

    (problem,) = read_extracts(streams, not_before=datetime(2026, 10, 6, tzinfo=UTC)).problems

    assert problem.fault is FileFault.TOO_OLD


def test_only_the_tables_asked_for_are_read() -> None:
    streams = University().person("P1").streams()
    del streams["people.csv"]

    extracts = read_extracts(streams, tables=set(Table) - {Table.PEOPLE})

    assert not extracts.problems


def test_every_fault_has_its_sentence_in_both_languages() -> None:
    assert set(FILES) == set(FileFault)
    assert set(ROWS) == set(Because)
    assert all(french != english for french, english in [*FILES.values(), *ROWS.values()])


def test_the_manifest_factory_agrees_with_what_it_describes() -> None:
    files = {"cohorts.csv": b"code;title\n"}

    said = json.loads(write_manifest(files, {"cohorts.csv": 0}))

    assert said["files"]["cohorts.csv"]["rows"] == 0
