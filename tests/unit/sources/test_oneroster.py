"""OneRoster 1.1 and 1.2, whole and by differences, read into the same model."""

from __future__ import annotations

import io
from datetime import date
from pathlib import Path
from typing import IO

import pytest
from click.testing import CliRunner, Result

from passerelle.domain.offer.build import build_desired
from passerelle.domain.offer.desired import as_lists
from passerelle.domain.offer.model import Because, Extracts, FileFault, RowRef, Table
from passerelle.sources.extracts import require_whole
from passerelle.sources.oneroster import read_oneroster
from passerelle.words.offer import say_files
from passerelle_cli.main import cli

HEADERS = {
    "orgs": "sourcedId,status,dateLastModified,name,type,identifier,parentSourcedId",
    "users": "sourcedId,status,dateLastModified,enabledUser,orgSourcedIds,role,username,userIds,givenName,"
    "familyName,middleName,identifier,email,sms,phone,agentSourcedIds,grades,password",
    "classes": "sourcedId,status,dateLastModified,title,grades,courseSourcedId,classCode,classType,location,"
    "schoolSourcedId,termSourcedIds,subjects,subjectCodes,periods",
    "academicSessions": "sourcedId,status,dateLastModified,title,type,startDate,endDate,parentSourcedId,schoolYear",
    "enrollments": "sourcedId,status,dateLastModified,classSourcedId,schoolSourcedId,userSourcedId,role,primary,"
    "beginDate,endDate",
    "roles": "sourcedId,status,dateLastModified,userSourcedId,roleType,role,beginDate,endDate,orgSourcedId,"
    "userProfileSourcedId",
}
# 1.2 names the role in roles.csv only.
USERS_1_2 = (
    "sourcedId,status,dateLastModified,enabledUser,username,userIds,givenName,familyName,middleName,email"
)


def org(code: str, parent: str = "", *, status: str = "") -> str:
    return f"{code},{status},,Org {code},school,,{parent}"


def user(code: str, role: str = "student", *, status: str = "", username: str = "") -> str:
    login = username or code.upper()
    return f"{code},{status},,true,O1,{role},{login},,First,Last,,,{code}@x.example,,,,,"


def lesson(code: str, *, status: str = "", title: str = "Chimie", terms: str = "S1") -> str:
    return f'{code},{status},,{title},,CO1,,scheduled,,O1,"{terms}",,,'


def enrollment(code: str, klass: str, person: str, role: str = "student", *, status: str = "") -> str:
    return f"{code},{status},,{klass},O1,{person},{role},,,"


SESSIONS = [
    "S1,,,Semester 1,semester,2026-09-07,2027-01-20,Y,2027",
    "Y,,,Year,schoolYear,2026-09-01,2027-08-31,,2027",
]


def roster(mode: str = "bulk", *, version: str = "1.1", **tables: list[str]) -> dict[str, IO[bytes]]:
    """One set as a zip would hold it. A table that is not named is absent."""
    headers = {**HEADERS, "users": USERS_1_2} if version == "1.2" else HEADERS
    said = [f"file.{name},{mode if name in tables else 'absent'}" for name in headers]
    files = {
        "manifest.csv": ["propertyName,value", "manifest.version,1.0", f"oneroster.version,{version}", *said]
    }
    files |= {f"{name}.csv": [headers[name], *rows] for name, rows in tables.items()}
    return {file: io.BytesIO("\r\n".join([*lines, ""]).encode()) for file, lines in files.items()}


def whole() -> dict[str, IO[bytes]]:
    return roster(
        orgs=[org("O1"), org("O2", "O1")],
        users=[user("u1"), user("t1", "teacher")],
        classes=[lesson("k1"), lesson("k2", title="Droit")],
        academicSessions=SESSIONS,
        enrollments=[enrollment("e1", "k1", "u1"), enrollment("e2", "k1", "t1", "teacher")],
    )


def lists(*sets: dict[str, IO[bytes]]) -> dict[str, list[list[str]]]:
    return as_lists(build_desired(require_whole(read_oneroster(sets))))


def test_a_bulk_set_becomes_categories_courses_groups_and_enrolments() -> None:
    found = lists(whole())

    assert found["categories"] == [["O1", "Org O1", ""], ["O2", "Org O2", "O1"]]
    assert found["courses"] == [["k1", "k1", "(k1) Chimie", "O1"], ["k2", "k2", "(k2) Droit", "O1"]]
    assert found["groups"] == [["k1", "k1", "Chimie"], ["k2", "k2", "Droit"]]
    assert found["users"] == [["t1", "t1"], ["u1", "u1"]]
    assert found["enrolments"] == [["k1", "t1", "editingteacher"], ["k1", "u1", "student"]]
    assert found["members"] == [["k1", "k1", "u1"]]
    assert found["untouched"] == []


def test_the_year_and_the_start_of_term_come_from_the_sessions() -> None:
    extracts = read_oneroster([whole()])

    assert extracts.year == "2026"
    assert extracts.elements[0].term_start == date(2026, 9, 7)


def test_rows_are_shown_where_a_person_finds_them() -> None:
    extracts = read_oneroster([whole()])

    row = extracts.registrations[0]
    assert RowRef(extracts.file_of(row.table), row.line) == RowRef("enrollments.csv", 2)


def test_version_1_2_takes_roles_from_their_own_file() -> None:
    made = roster(
        version="1.2",
        orgs=[org("O1")],
        users=["u1,,,true,Dupont,,First,Last,,u1@x.example"],
        roles=["r1,,,u1,primary,student,,,O1,", "r2,,,u1,secondary,teacher,,,O1,"],
        classes=[lesson("k1")],
        academicSessions=SESSIONS,
        enrollments=[enrollment("e1", "k1", "u1")],
    )

    extracts = require_whole(read_oneroster([made]))

    assert [(row.username, row.kind) for row in extracts.people] == [("dupont", "student")]
    assert len(extracts.registrations) == 1


def test_a_delta_adds_changes_and_deletes() -> None:
    delta = roster(
        "delta",
        classes=[lesson("k2", status="active", title="Droit civil")],
        enrollments=[
            enrollment("e1", "k1", "u1", status="tobedeleted"),
            enrollment("e3", "k2", "u1", status="active"),
        ],
    )

    found = lists(whole(), delta)

    assert [row[2] for row in found["courses"]] == ["(k1) Chimie", "(k2) Droit civil"]
    assert found["members"] == [["k2", "k2", "u1"]]


def test_a_bulk_file_begins_its_table_anew() -> None:
    found = lists(whole(), roster(enrollments=[enrollment("e9", "k2", "u1")]))

    assert found["enrolments"] == [["k2", "u1", "student"]]


@pytest.mark.rule("N21")
def test_a_bad_row_of_a_delta_leaves_what_it_names_open_until_it_is_good_again() -> None:
    bad = roster("delta", enrollments=[enrollment("e1", "", "u1", status="active")])
    good = roster("delta", enrollments=[enrollment("e1", "k2", "u1", status="active")])

    extracts = read_oneroster([whole(), bad])
    unknown = build_desired(extracts).unknown

    assert {row.because for row in extracts.refused} == {Because.MISSING_VALUE}
    assert unknown.has_enrolment("k1", "u1", "student")  # what was known of it before
    assert unknown.has_member("k1", "k1", "u1")
    bad = roster("delta", enrollments=[enrollment("e1", "", "u1", status="active")])
    assert lists(whole(), bad, good)["members"] == [["k2", "k2", "u1"]]


@pytest.mark.rule("N21")
def test_a_bad_class_leaves_its_course_untouched() -> None:
    made = whole()
    made["classes.csv"] = io.BytesIO(
        f"{HEADERS['classes']}\r\n{lesson('k1', title='')}\r\n{lesson('k2')}".encode()
    )

    desired = build_desired(read_oneroster([made]))

    assert set(desired.courses) == {"k2"}
    assert desired.unknown.has_course("k1")
    assert not desired.unknown.has_course("k3")


@pytest.mark.rule("N21")
def test_two_rows_of_one_id_that_disagree_are_refused() -> None:
    made = whole()
    made["orgs.csv"] = io.BytesIO(f"{HEADERS['orgs']}\r\n{org('O1')}\r\n{org('O1', 'O1')}".encode())

    assert [row.because for row in read_oneroster([made]).refused] == [Because.DIFFERENT_VALUES] * 2


def test_two_users_with_one_username_are_refused() -> None:
    made = whole()
    lines = [HEADERS["users"], user("u1", username="x"), user("u2", username="X")]
    made["users.csv"] = io.BytesIO("\r\n".join(lines).encode())

    assert [row.because for row in read_oneroster([made]).refused] == [Because.SAME_USERNAME] * 2


def problem_of(*sets: dict[str, IO[bytes]]) -> tuple[str, FileFault]:
    extracts: Extracts = read_oneroster(sets)
    return extracts.problems[0].file, extracts.problems[0].fault


def test_a_delta_with_nothing_before_it_stops() -> None:
    assert problem_of(roster("delta", enrollments=[])) == ("enrollments.csv", FileFault.DELTA_WITHOUT_BULK)


def test_a_file_that_the_manifest_announces_and_that_is_missing_stops() -> None:
    made = whole()
    del made["classes.csv"]

    assert problem_of(made) == ("classes.csv", FileFault.MISSING_FILE)
    made = whole()
    del made["classes.csv"]
    assert Table.ELEMENTS in read_oneroster([made]).stopped


def test_a_file_that_every_manifest_says_is_absent_stops_too() -> None:
    assert problem_of(roster(orgs=[org("O1")])) == ("users.csv", FileFault.MISSING_FILE)


def test_another_version_stops_and_files_that_nobody_looked_for_are_not_called_missing() -> None:
    extracts = read_oneroster([{**whole(), "manifest.csv": roster(version="2.0")["manifest.csv"]}])

    assert [(one.file, one.fault) for one in extracts.problems] == [
        ("manifest.csv", FileFault.UNKNOWN_VERSION)
    ]
    assert Table.IP in extracts.stopped


def test_a_missing_column_is_named() -> None:
    made = whole()
    made["orgs.csv"] = io.BytesIO(b"sourcedId,status\r\nO1,\r\n")

    (problem,) = read_oneroster([made]).problems
    assert (problem.file, problem.column) == ("orgs.csv", "name")


# -- words, dates, who is away (N28) ---------------------------------------------------------------------


def dated(begin: str = "", end: str = "", role: str = "student", person: str = "u1") -> str:
    return f"e9,,,k1,O1,{person},{role},,{begin},{end}"


def with_enrollments(*rows: str, users: list[str] | None = None) -> dict[str, IO[bytes]]:
    return roster(
        orgs=[org("O1")],
        users=users or [user("u1"), user("t1", "teacher")],
        classes=[lesson("k1")],
        academicSessions=SESSIONS,
        enrollments=list(rows),
    )


@pytest.mark.rule("N21")
@pytest.mark.parametrize("role", ["Student", "STUDENT", " student "])
def test_roles_and_statuses_compare_without_case(role) -> None:
    extracts = read_oneroster([with_enrollments(enrollment("e1", "k1", "u1", role, status="Active"))])

    assert [row.person for row in extracts.registrations] == ["u1"]
    assert extracts.refused == ()


@pytest.mark.rule("N21")
def test_an_unknown_role_refuses_its_row_and_leaves_both_readings_open() -> None:
    extracts = read_oneroster([with_enrollments(enrollment("e1", "k1", "u1", "pupil"))])

    assert {(row.table, row.because) for row in extracts.refused} == {
        (Table.IP, Because.BAD_VALUE),
        (Table.ADE, Because.BAD_VALUE),
    }
    unknown = build_desired(extracts).unknown
    assert unknown.has_enrolment("k1", "u1", "student")
    assert unknown.has_enrolment("k1", "u1", "editingteacher")


@pytest.mark.rule("N28")
@pytest.mark.parametrize(
    ("begin", "end", "holds"),
    [
        ("", "", True),
        ("2026-10-05", "2026-10-07", True),
        ("2026-10-06", "2026-10-06", True),
        ("2026-10-07", "", False),
        ("", "2026-10-05", False),
    ],
)
@pytest.mark.parametrize("role", ["student", "teacher"])
def test_a_registration_holds_between_its_dates(begin, end, holds, role) -> None:
    found = read_oneroster([with_enrollments(dated(begin, end, role))], night=date(2026, 10, 6))

    assert bool(build_desired(found).enrolments) is holds
    assert bool(found.out_of_dates) is not holds
    assert found.refused == ()


@pytest.mark.rule("N28")
def test_of_two_registrations_one_that_holds_is_enough() -> None:
    rows = (dated(end="2025-12-31"), enrollment("e2", "k1", "u1"))

    found = read_oneroster([with_enrollments(*rows)], night=date(2026, 10, 6))

    assert set(build_desired(found).members) == {("k1", "k1", "u1")}
    assert found.out_of_dates == ()


def test_a_date_that_may_be_a_day_of_january_is_refused() -> None:
    (row,) = read_oneroster([with_enrollments(dated("01/09/2026"))], night=date(2026, 10, 6)).refused

    assert (row.because, row.column) == (Because.BAD_VALUE, "beginDate")


@pytest.mark.rule("N28")
def test_whoever_is_not_enabled_is_as_one_who_left() -> None:
    away = user("u1").replace(",true,", ",False,")

    found = read_oneroster([with_enrollments(enrollment("e1", "k1", "u1"), users=[away])])

    assert found.people == ()
    assert found.disabled == {"u1"}
    assert not build_desired(found).unknown.has_enrolment("k1", "u1", "student")


def test_a_delta_of_roles_alone_is_not_called_missing() -> None:
    delta = roster(
        "delta",
        version="1.2",
        orgs=[org("O1")],
        users=["u1,,,true,Dupont,,First,Last,,u1@x.example"],
        roles=["r1,,,u1,primary,student,,,O1,"],
        classes=[lesson("k1")],
        enrollments=[],
    )

    faults = {(one.file, one.fault) for one in read_oneroster([delta]).problems}

    assert ("roles.csv", FileFault.DELTA_WITHOUT_BULK) in faults
    assert ("roles.csv", FileFault.MISSING_FILE) not in faults


def test_a_set_without_its_manifest_is_known_by_its_files(tmp_path) -> None:
    from passerelle.sources.oneroster import is_oneroster

    for name, stream in whole().items():
        if name != "manifest.csv":
            (tmp_path / name).write_bytes(stream.read())

    assert is_oneroster(tmp_path)
    faults = {one.fault for one in read_oneroster([tmp_path]).problems}
    assert faults == {FileFault.NO_ROSTER_MANIFEST}


def put(folder: Path, made: dict[str, IO[bytes]], *without: str) -> Path:
    for name, stream in made.items():
        if name not in without:
            (folder / name).write_bytes(stream.read())
    return folder


@pytest.mark.rule("N26")
def test_a_file_that_is_there_but_not_announced_is_not_called_missing(tmp_path) -> None:
    folder = put(tmp_path, whole(), "manifest.csv")
    (folder / "manifest.csv").write_text("propertyName,value\noneroster.version,1.1\nfile.orgs,bulk\n")

    problems = read_oneroster([folder]).problems

    assert {one.fault for one in problems} == {FileFault.NOT_ANNOUNCED}
    (said,) = say_files(problems, "en")
    assert said.startswith("users.csv, classes.csv, enrollments.csv are there, but manifest.csv does not")
    assert "file.users,bulk, file.classes,bulk, file.enrollments,bulk" in said


@pytest.mark.rule("N26")
def test_a_set_that_lacks_a_file_and_its_manifest_is_still_known_as_one(tmp_path) -> None:
    put(tmp_path, whole(), "manifest.csv", "classes.csv")

    done = run_check(tmp_path)

    assert done.exit_code == 1
    assert done.output.startswith("manifest.csv is missing: this folder is a OneRoster set")
    assert "classes.csv is missing" in done.output
    assert "elements.csv" not in done.output


@pytest.mark.rule("N26")
def test_without_a_manifest_the_rest_of_a_set_is_looked_at_all_the_same(tmp_path) -> None:
    made = whole()
    made["orgs.csv"] = io.BytesIO(f"{HEADERS['orgs']}\r\n{org('O1', 'O9')}".encode())
    put(tmp_path, made, "manifest.csv")

    done = run_check(tmp_path)

    assert done.exit_code == 1
    assert "unknown parent category [column parentSourcedId] – line 2 “O9”" in done.output


@pytest.mark.rule("N26")
@pytest.mark.rule("N28")
def test_check_names_onerosters_own_columns_and_words(tmp_path) -> None:
    made = roster(
        orgs=[org("O1")],
        users=[user("u1"), user("u2").replace(",true,", ",false,")],
        classes=[lesson("k1")],
        academicSessions=["S1,inactive,,Semester 1,semester,2026-09-07,2027-01-20,,2027"],
        enrollments=[
            enrollment("e1", "k9", "u1"),
            enrollment("e2", "k1", "u9"),
            enrollment("e3", "k1", "u1") + "2019-06-30",
        ],
    )

    done = run_check(put(tmp_path, made))

    assert done.exit_code == 3
    for line in (
        "! 1 row names a class that is not in classes.csv [column classSourcedId] – line 2 “k9”.",
        "! 1 row names a person who is not in users.csv [column userSourcedId] – line 3 “u9”.",
        "note 1 enrolment does not hold today [column beginDate, endDate] – line 4 “/2019-06-30”.",
        "note 1 person is disabled and counts as gone [column enabledUser].",
        "[column status] – line 2 “inactive”. Expected: active, tobedeleted.",
    ):
        assert line in done.output


def run_check(folder: Path) -> Result:
    return CliRunner().invoke(cli, ["sync", "check", "--sources", str(folder)], env={"LANG": "en_US.UTF-8"})
