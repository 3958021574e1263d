"""What *why* says from the sources alone, whole: verdict, causes, their rows and all that a sentence may name (N22)."""

from __future__ import annotations

from dataclasses import replace
from datetime import date

import pytest

from passerelle.domain.night.why.explain import Answer, explain
from passerelle.domain.night.why.question import AskedCourse, find_courses, find_people
from passerelle.domain.offer.build import build_offer
from passerelle.domain.offer.causes import Reason
from passerelle.domain.offer.diagnosis import look_at
from passerelle.domain.offer.model import FileFault, FileProblem, OutOfDates, Planning, Registration, Table
from passerelle.domain.offer.naming import Naming
from tests.factories.offer import University

NAMING = Naming(course_idnumber="c-{code}", course_shortname="c-{code}")
FOAD_FORM = AskedCourse("E1", "Chimie", "FOAD-E1")


def ask(made: University, who: str, what: str, **more: object) -> Answer:
    """`more`: of the extracts."""
    extracts = replace(made.extracts(), **more)  # type: ignore[arg-type]
    look = look_at(extracts, build_offer(extracts, NAMING))
    (person,) = find_people(extracts, who)
    (course,) = find_courses(extracts, look.offer, what) or (AskedCourse(what),)
    return explain(look, person, course)


def line(reason: Reason) -> str:
    """`CAUSE file:line … | name=value …`, names in order of the alphabet."""
    rows = " ".join(f"{row.file.removesuffix('.csv')}:{row.line}" for row in reason.rows)
    said = " ".join(f"{name}={value}" for name, value in sorted(reason.details.items()))
    return f"{reason.cause.name} {rows} | {said}".replace("  ", " ")


def told(answer: Answer) -> list[str]:
    """Notes, then each place with its reasons."""
    lines = [line(note) for note in answer.notes]
    for place in answer.places:
        foad = " foad" if place.foad else ""
        roles = "".join(f" {role}" for role in place.roles)
        lines.append(f"{place.course}: {place.fullname}{foad} {place.verdict}{roles}")
        lines += [f"  {line(reason)}" for reason in place.reasons]
    return lines


def campus() -> University:
    return University().element("E1", title="Chimie").group("G1", "TD 1", on=("E1",)).person()


def distance() -> University:
    made = University().element("E1", title="Chimie", distance=True).group("G1", "TD 1", on=("E1",))
    return made.group("GC", "CEMU", on=("E1",)).person()


def carried() -> University:
    made = University().element("E1", title="Chimie").element("E2", carrier="E1", title="Solutions")
    return made.element("E3", carrier="E2").group("G1", "TD 1", on=("E1", "E2")).person()


def staff(made: University) -> University:
    return made.person("T1", kind="staff")


def with_a_row_of_no_code(made: University, file: str) -> University:
    rows = {
        "elements.csv": ("", "T", "C1", "0", "", "2026-09-01"),
        "people.csv": ("", "", "A", "B", "c", "student"),
    }
    return made.row(file, *rows[file])


def with_a_refused_element(made: University) -> University:
    return made.row("elements.csv", "E5", "T", "NOPE", "0", "", "2026-09-01")


OF_E1 = "bearer=E1 course=c-E1 element=E1 foad="
IN_G1 = "bearer=E1 collection=KG1 course=c-E1 element=E1 foad= group=G1 label=TD 1 what=G1"
IN_GC = "bearer=E1 collection=KGC course=c-E1 element=E1 foad=FOAD-E1 group=GC label=CEMU"
UNREAD = (
    "because=bad_value collection=KGC course=c-E1 element=E1 file=ia.csv foad=FOAD-E1 group=GC label=CEMU"
)


@pytest.mark.rule("N12")
@pytest.mark.rule("N22")
@pytest.mark.parametrize(
    ("made", "who", "what", "expected"),
    [
        (campus().ip(), "P1", "E1", ["c-E1: (E1) Chimie in student", f"  GROUP ip:2 | {IN_G1}"]),
        (
            campus(),
            "P1",
            "E1",
            ["c-E1: (E1) Chimie out", "  NO_IP | bearer=E1 course=c-E1 element=E1 file=ip.csv foad="],
        ),
        (
            campus().ip().ade("P1"),
            "P1",
            "E1",
            [
                "c-E1: (E1) Chimie in student editingteacher",
                f"  GROUP ip:2 | {IN_G1}",
                f"  PLANNED ade:2 | {OF_E1}",
            ],
        ),
        (
            campus().ip("P1", "ZZ", "G1").ade("P1", "ZZ").ip("P2", "ZZ", "G1"),
            "P1",
            "ZZ",
            [":  out", "  NOT_IN_OFFER ade:2 ip:2 | element=ZZ"],
        ),
    ],
)
def test_a_student_is_told_by_which_rows_he_is_in_or_that_there_are_none(made, who, what, expected):
    assert told(ask(made, who, what)) == expected


@pytest.mark.rule("N7")
@pytest.mark.rule("N22")
@pytest.mark.parametrize(
    ("made", "what", "expected"),
    [
        (
            carried().ip("P1", "E2", "G1"),
            "E2",
            [
                "CARRIED elements:3 | bearer=E1 course=c-E1 element=E2 foad=",
                "c-E1: (E1) Chimie in student",
                "  GROUP_OF_CARRIED ip:2 | bearer=E1 collection=KG1 course=c-E1 element=E2 foad= group=G1 label=TD 1"
                " what=G1",
            ],
        ),
        (
            carried().ip("P1", "E3", "G1"),
            "E3",
            [
                "CARRIED elements:3 elements:4 | bearer=E1 course=c-E1 element=E3 foad=",
                "c-E1: (E1) Chimie out",
                "  IN_NO_SHARED_GROUP ip:2 | bearer=E1 collection=KG1 course=c-E1 element=E3 foad= group=G1 label=TD 1",
                "  GROUP_ELSEWHERE ip:2 | bearer=E1 collection=KG1 course=c-E1 element=E3 foad= group=G1 label=TD 1",
            ],
        ),
    ],
)
def test_a_carried_element_is_told_with_its_chain_and_its_carriers_course(made, what, expected):
    assert told(ask(made, "P1", what)) == expected


@pytest.mark.rule("N7")
@pytest.mark.rule("N9")
@pytest.mark.rule("N22")
def test_the_foad_form_of_a_carried_element_is_its_carriers_foad_course_alone():
    made = distance().element("E2", carrier="E1")
    assert [one.course for one in ask(made, "P1", "FOAD-E2").places] == ["FOAD-E1"]
    assert [one.course for one in ask(made, "P1", "E2").places] == ["c-E1", "FOAD-E1"]
    assert [one.course for one in ask(made, "P1", "FOAD-E1").places] == ["FOAD-E1"]


@pytest.mark.rule("N13")
@pytest.mark.rule("N22")
@pytest.mark.parametrize(
    ("made", "what", "expected"),
    [
        (
            distance().tele().ip("P1", "E1", "GC"),
            "E1",
            [
                "c-E1: (E1) Chimie out",
                f"  FOAD_INSTEAD ia:2 ip:2 | {IN_GC} what=GC",
                "FOAD-E1: FOAD - (E1) Chimie foad in student",
                f"  FOAD_CONDITIONS ia:2 ip:2 | {IN_GC} what=GC",
            ],
        ),
        (
            distance().tele(tele="0").ip("P1", "E1", "GC"),
            "FOAD-E1",
            ["FOAD-E1: FOAD - (E1) Chimie foad out", f"  IA_MISSING ia:2 ip:2 | {IN_GC} year=2026"],
        ),
        (
            distance().ip(),
            "FOAD-E1",
            [
                "FOAD-E1: FOAD - (E1) Chimie foad out",
                f"  CAMPUS_ONLY ip:2 | {IN_G1}".replace("foad=", "foad=FOAD-E1"),
            ],
        ),
        (
            distance().ip().ip("P1", "E1", ""),
            "FOAD-E1",
            [
                "FOAD-E1: FOAD - (E1) Chimie foad out",
                f"  CAMPUS_ONLY ip:2 | {IN_G1}".replace("foad=", "foad=FOAD-E1"),
            ],
        ),
        (  # whom a CEMU group would bring there is not told that it is not for them
            distance().tele().ip(),
            "FOAD-E1",
            [
                "FOAD-E1: FOAD - (E1) Chimie foad out",
                "  CEMU_GROUP_MISSING ip:2 | "
                + IN_G1.replace("foad=", "foad=FOAD-E1").removesuffix(" what=G1"),
            ],
        ),
        (
            distance()
            .row("ia.csv", "P1", "2026", "S", "perhaps", "E")
            .row("ia.csv", "P2", "2026", "S", "perhaps", "E")
            .ip("P1", "E1", "GC"),
            "E1",
            [
                "c-E1: (E1) Chimie out",
                f"  FOAD_INSTEAD ia:2 ip:2 | bearer=E1 {UNREAD} what=GC",
                "FOAD-E1: FOAD - (E1) Chimie foad unknown",
                f"  ROW_REFUSED ia:2 ip:2 | bearer=E1 {UNREAD} what=GC",
            ],
        ),
    ],
)
def test_the_three_conditions_are_told_in_both_courses(made, what, expected):
    assert told(ask(made, "P1", what)) == expected


@pytest.mark.rule("N9")
@pytest.mark.rule("N22")
def test_the_foad_form_of_a_campus_element_is_told_to_be_none_with_what_he_has_instead():
    extracts = campus().ip().extracts()
    look = look_at(extracts, build_offer(extracts, NAMING))
    (person,) = find_people(extracts, "P1")
    assert told(explain(look, person, FOAD_FORM)) == [
        "FOAD-E1: Chimie foad out",
        f"  NO_FOAD_COURSE elements:2 | {OF_E1}FOAD-E1",
        f"  GROUP ip:2 | {IN_G1}".replace("foad=", "foad=FOAD-E1"),
    ]


@pytest.mark.rule("N14")
@pytest.mark.rule("N15")
@pytest.mark.rule("N22")
@pytest.mark.parametrize(
    ("made", "what", "expected"),
    [
        (
            staff(carried()).ade("T1", "E2"),
            "E1",
            [
                "c-E1: (E1) Chimie in editingteacher",
                "  PLANNED_ON_CARRIED ade:2 | bearer=E1 course=c-E1 element=E2 foad=",
            ],
        ),
        (  # on both: by their own
            staff(carried()).ade("T1", "E2").ade("T1", "E1"),
            "E1",
            ["c-E1: (E1) Chimie in editingteacher", f"  PLANNED ade:3 | {OF_E1}"],
        ),
        (
            staff(carried()),
            "E1",
            ["c-E1: (E1) Chimie out", "  NOT_PLANNED | bearer=E1 course=c-E1 element=E1 file=ade.csv foad="],
        ),
        (
            staff(distance()).ade("T1"),
            "FOAD-E1",
            ["FOAD-E1: FOAD - (E1) Chimie foad out", f"  FOAD_BY_HAND ade:2 | {OF_E1}FOAD-E1"],
        ),
        (
            staff(campus()).row("ade.csv", "T1", "E1"),
            "E1",
            [
                "c-E1: (E1) Chimie unknown",
                "  ROW_REFUSED ade:2 | bearer=E1 because=short_row course=c-E1 element=E1 file=ade.csv foad=",
            ],
        ),
    ],
)
def test_a_teacher_is_told_by_which_sheets_he_is_in_or_why_none_enrols_him(made, what, expected):
    assert told(ask(made, "T1", what)) == expected


@pytest.mark.rule("N21")
@pytest.mark.rule("N25")
@pytest.mark.rule("N22")
@pytest.mark.parametrize(
    ("made", "who", "note", "verdict"),
    [
        (
            campus().row("people.csv", "P9", "", "x"),
            "P9",
            "PERSON_REFUSED people:3 | because=short_row",
            "unknown",
        ),
        (campus().person("P9", email="").ip("P9"), "P9", "NO_EMAIL people:3 | ", "unknown"),
        (campus().ip("P7"), "P7", "PERSON_UNKNOWN | file=people.csv", "out"),
        (  # somebody else's row, though it says no code
            campus().row("people.csv", "", "p9", "A", "B", "c@univ.example", "student").ip("P7"),
            "P7",
            "PERSON_UNKNOWN | file=people.csv",
            "out",
        ),
        (
            campus().row("people.csv", "", "p9", "A", "B", "c@univ.example", "student"),
            "p9",
            "PERSON_REFUSED people:3 | because=missing_value",
            "unknown",
        ),
        (
            with_a_row_of_no_code(campus(), "people.csv").ip("P7"),
            "P7",
            "PERSON_UNREADABLE people:3 | because=missing_value file=people.csv",
            "unknown",
        ),
    ],
)
def test_somebody_who_is_not_usable_is_told_why_and_by_which_row(made, who, note, verdict):
    assert told(ask(made, who, "E1")) == [note, f"c-E1: (E1) Chimie {verdict}"]


@pytest.mark.rule("N21")
@pytest.mark.rule("N22")
@pytest.mark.parametrize(
    ("made", "what", "expected"),
    [
        (
            with_a_refused_element(campus()).ip("P1", "E5", "G1"),
            "E5",
            ["E5: T unknown", "  ELEMENT_REFUSED elements:3 | because=unknown_category element=E5"],
        ),
        (  # which may be carried by E1
            with_a_refused_element(campus()).collection("KG1", "E5").ip("P1", "E5", "G1"),
            "E1",
            [
                "c-E1: (E1) Chimie unknown",
                "  NO_IP | bearer=E1 course=c-E1 element=E1 file=ip.csv foad=",
                "  ELEMENT_REFUSED elements:3 ip:2 | bearer=E1 because=unknown_category course=c-E1 element=E5 foad=",
            ],
        ),
        (
            campus().row("ip.csv", "P1", "E1"),
            "E1",
            [
                "c-E1: (E1) Chimie unknown",
                "  ROW_REFUSED ip:2 | bearer=E1 because=short_row course=c-E1 element=E1 file=ip.csv foad=",
            ],
        ),
        (
            campus().row("groups.csv", "G7", "", "K1").row("groups.csv", "G6", "", "K1").ip("P1", "E1", "G7"),
            "E1",
            [
                "c-E1: (E1) Chimie unknown",
                "  GROUP_REFUSED groups:3 ip:2 | bearer=E1 because=missing_value course=c-E1 element=E1"
                " file=groups.csv foad= group=G7 what=G7",
            ],
        ),
        (
            campus().group("G8", "TD 8").row("collections.csv", "KG8", "").ip("P1", "E1", "G8"),
            "E1",
            [
                "c-E1: (E1) Chimie unknown",
                "  ATTACHMENT_REFUSED collections:3 ip:2 | bearer=E1 because=missing_value collection=KG8 course=c-E1"
                " element=E1 file=collections.csv foad= group=G8 label=TD 8 what=G8",
            ],
        ),
        (  # a row that says its code is of another element
            with_a_row_of_no_code(campus(), "elements.csv").row("elements.csv", "E6", "", "C1", "0", "", ""),
            "E1",
            [
                "c-E1: (E1) Chimie unknown",
                "  NO_IP | bearer=E1 course=c-E1 element=E1 file=ip.csv foad=",
                "  ROW_UNREADABLE elements:3 | because=missing_value file=elements.csv what=E1",
            ],
        ),
        (
            with_a_row_of_no_code(campus(), "elements.csv"),
            "Z9",
            [":  unknown", "  ROW_UNREADABLE elements:3 | because=missing_value file=elements.csv what=Z9"],
        ),
    ],
)
def test_what_a_refused_row_leaves_open_is_told_with_that_row_and_its_fault(made, what, expected):
    assert told(ask(made, "P1", what)) == expected


@pytest.mark.rule("N21")
@pytest.mark.rule("N22")
@pytest.mark.parametrize(
    ("row", "because", "hidden", "file"),
    [
        (("E5", "T", "NOPE", "0", ""), "unknown_category", ("", "", "t"), "categories.csv"),
        (("E5", "T", "C7", "0", ""), "refused_category", ("", "", "t"), "categories.csv"),
        (("E5", "T", "C1", "0", "NOPE"), "unknown_carrier", ("", "T", "C1", "0", "", ""), "elements.csv"),
        (("E5", "T", "C1", "0", "E6"), "refused_carrier", ("", "T", "C1", "0", "", ""), "elements.csv"),
        (("E5", "T", "C1", "0", "E6"), "refused_carrier", ("", "", "t"), "categories.csv"),
        (("E5", "T", "C1", "0", "E5"), "loop", ("", "", "t"), ""),
    ],
)
def test_what_an_element_hangs_on_may_stand_in_a_row_that_could_not_be_read(row, because, hidden, file):
    made = campus().category("C7", "NONE").row("elements.csv", "E6", "T", "NONE", "0", "", "2026-09-01")
    made.row("elements.csv", *row, "2026-09-01")
    refused = f"  ELEMENT_REFUSED elements:4 | because={because} element=E5"
    assert told(ask(made, "P1", "E5"))[1:] == [refused]
    table = file.removesuffix(".csv") or "categories"
    (unread,) = told(ask(made.row(f"{table}.csv", *hidden), "P1", "E5"))[1:]
    line = {"categories": 4, "elements": 5}[table]
    unreadable = f"  ROW_UNREADABLE {table}:{line} | because=missing_value file={file} what=E5"
    assert unread == (unreadable if file else refused)
    stopped = FileProblem(f"{table}.csv", FileFault.MISSING_FILE, tables=frozenset({Table(f"{table}.csv")}))
    (told_stopped,) = told(ask(made, "P1", "E5", problems=(stopped,)))[1:]
    assert told_stopped == (f"  FILE_STOPPED | file={file}" if file else refused)


@pytest.mark.rule("N21")
@pytest.mark.rule("N22")
def test_a_file_that_stopped_leaves_it_unknown_and_is_named_once():
    tables = frozenset({Table.IP, Table.IA})
    problem = FileProblem("ip.csv", FileFault.MISSING_FILE, tables=tables)
    assert told(ask(campus(), "P1", "E1", problems=(problem,), files={Table.IA: "ip.csv"})) == [
        "c-E1: (E1) Chimie unknown",
        "  FILE_STOPPED | file=ip.csv",
    ]


@pytest.mark.rule("N21")
@pytest.mark.rule("N22")
def test_a_registration_in_a_group_whose_file_stopped_is_told_with_that_file():
    stopped = FileProblem("groups.csv", FileFault.MISSING_FILE, tables=frozenset({Table.GROUPS}))
    assert told(ask(campus().ip(), "P1", "E1", problems=(stopped,), groups=())) == [
        "c-E1: (E1) Chimie unknown",
        "  FILE_STOPPED ip:2 | bearer=E1 course=c-E1 element=E1 file=groups.csv foad= group=G1",
        "  FILE_STOPPED | file=groups.csv",
    ]


@pytest.mark.rule("N21")
@pytest.mark.rule("N22")
def test_of_two_people_of_one_code_each_is_told_so_with_his_row():
    made = campus().person("P2")
    people = tuple(replace(row, other_codes=("X1",)) for row in made.extracts().people)
    found = ask(made, "P2", "E1", people=people)
    assert told(found) == [
        "PERSON_REFUSED people:3 | because=different_values",
        "c-E1: (E1) Chimie unknown",
        "  NO_IP | bearer=E1 course=c-E1 element=E1 file=ip.csv foad=",
    ]
    assert (found.bearer, ask(with_a_refused_element(made), "P2", "E5").bearer) == ("E1", "")


@pytest.mark.rule("N28")
@pytest.mark.rule("N22")
@pytest.mark.parametrize(
    ("begins", "ends", "said"),
    [
        (date(2026, 11, 1), None, "bearer=E1 begins=2026-11-01 course=c-E1 element=E1 ends= foad="),
        (None, date(2026, 9, 30), "bearer=E1 begins= course=c-E1 element=E1 ends=2026-09-30 foad="),
    ],
)
def test_a_registration_out_of_its_dates_is_told_with_them(begins, ends, said):
    rows = (
        Registration("P1", "E1", "G1", 7),
        Registration("P2", "E1", "G1", 8),
        Registration("P1", "E9", "G1", 9),
        Planning("P1", "E9", "S", "APOGEE", "CURRENT", "PLANNED", 10),
    )
    made = campus().element("E9").person("P2")
    found = told(ask(made, "P1", "E1", out_of_dates=tuple(OutOfDates(row, begins, ends) for row in rows)))
    assert found == ["c-E1: (E1) Chimie out", f"  OUT_OF_DATES ip:7 | {said}"]
