"""*Why* on the sources alone: the tables of infra/docs/extracts.md, rule by rule, and the same answer as the night's."""

from __future__ import annotations

import pytest
from hypothesis import given, settings

from passerelle.domain.night.why.explain import Answer, Place, Verdict, explain
from passerelle.domain.night.why.question import AskedCourse, AskedPerson, find_courses, find_people
from passerelle.domain.offer.build import build_desired, build_offer
from passerelle.domain.offer.causes import Cause, Reason, Repairs
from passerelle.domain.offer.diagnosis import find_in_sources, look_at
from passerelle.domain.offer.model import RowRef
from passerelle.domain.offer.naming import Naming
from passerelle.domain.offer.stages import Stage
from tests.factories.offer import University
from tests.unit.offer.universities import CHANCE, grow, grow_and_spoil


def ask(made: University, person: str = "P1", course: str = "E1") -> Answer:
    extracts = made.extracts()
    look = look_at(extracts, build_offer(extracts, Naming()))
    (who,) = find_people(extracts, person)
    (what,) = find_courses(extracts, look.offer, course) or (AskedCourse(course),)
    return explain(look, who, what)


def place(answer: Answer, *, foad: bool = False) -> Place:
    (found,) = [one for one in answer.places if one.foad is foad]
    return found


def causes(found: Place) -> set[Cause]:
    return {reason.cause for reason in found.reasons}


# -- infra/docs/extracts.md's table: flag, IA, group -------------------------------------------------------------


def student(*, flag: bool, tele: bool, cemu: bool, ordinary: bool) -> University:
    made = University().element("E1", distance=flag).person()
    made.group("G1", "TD 1", on=("E1",)).group("GC", "TD Cemu", on=("E1",))
    if tele:
        made.tele()
    if cemu:
        made.ip(group="GC")
    if ordinary:
        made.ip(group="G1")
    return made


TABLE = [
    # flag, IA, group, ordinary group → in, causes
    ((0, 0, 0, 1), "E1", {Cause.GROUP}),
    ((1, 0, 0, 1), "E1", {Cause.GROUP}),
    ((0, 1, 0, 1), "E1", {Cause.GROUP, Cause.TELE_ON_CAMPUS_ELEMENT}),
    ((1, 1, 0, 1), "E1", {Cause.GROUP, Cause.CEMU_GROUP_MISSING}),
    ((1, 0, 1, 0), "", {Cause.IA_MISSING}),
    ((0, 1, 1, 0), "E1", {Cause.GROUP, Cause.FLAG_MISSING}),
    ((0, 0, 1, 0), "E1", {Cause.GROUP, Cause.CEMU_GROUP_NOT_DISTANCE}),
    ((1, 1, 1, 0), "FOAD-E1", {Cause.FOAD_CONDITIONS}),
    ((1, 1, 1, 1), "E1 FOAD-E1", {Cause.GROUP, Cause.FOAD_CONDITIONS, Cause.IN_BOTH_COURSES}),
]


@pytest.mark.rule("N13")
@pytest.mark.rule("N22")
@pytest.mark.rule("D2")
@pytest.mark.rule("D3")
@pytest.mark.parametrize(("row", "inside", "expected"), TABLE, ids=[str(row[0]) for row in TABLE])
def test_each_row_of_the_table_names_its_causes(row, inside, expected) -> None:
    flag, tele, cemu, ordinary = map(bool, row)

    answer = ask(student(flag=flag, tele=tele, cemu=cemu, ordinary=ordinary))

    assert " ".join(one.course for one in answer.places if one.verdict is Verdict.IN) == inside
    told = {
        reason.cause
        for one in answer.places
        for reason in one.reasons
        if one.course in inside.split() or (not inside and not one.foad)
    }
    assert told == expected


@pytest.mark.rule("N13")
def test_the_missing_ia_is_repaired_by_the_deve_and_shows_the_rows() -> None:
    made = student(flag=True, tele=False, cemu=True, ordinary=False).tele(tele="0")

    (reason,) = place(ask(made), foad=True).reasons

    assert (reason.cause, reason.about.repairs, reason.about.check) == (Cause.IA_MISSING, Repairs.DEVE, "D2")
    assert reason.rows == (RowRef("ia.csv", 2), RowRef("ip.csv", 2))


@pytest.mark.rule("N10")
def test_a_campus_student_of_a_distance_element_is_told_that_the_foad_course_is_not_his() -> None:
    answer = ask(student(flag=True, tele=False, cemu=False, ordinary=True), course="FOAD-E1")

    (found,) = answer.places
    assert (found.course, found.verdict, causes(found)) == ("FOAD-E1", Verdict.OUT, {Cause.CAMPUS_ONLY})


@pytest.mark.rule("N10")
def test_a_foad_student_is_told_that_the_ordinary_course_is_not_his() -> None:
    answer = ask(student(flag=True, tele=True, cemu=True, ordinary=False))

    assert causes(place(answer)) == {Cause.FOAD_INSTEAD}


@pytest.mark.rule("N9")
def test_the_foad_form_of_a_campus_element_has_no_course() -> None:
    answer = ask(student(flag=False, tele=True, cemu=True, ordinary=False), course="FOAD-E1")

    (found,) = answer.places
    assert found.verdict is Verdict.OUT
    assert {Cause.NO_FOAD_COURSE, Cause.FLAG_MISSING} <= causes(found)


# -- a student who is not in -----------------------------------------------------------------------------


def shared() -> University:
    """E2, carried by E1, with G1 common to both and G2 on E2 alone."""
    made = University().element("E1").element("E2", carrier="E1").person()
    return made.group("G1", on=("E1", "E2")).group("G2", on=("E2",))


OUT = [
    ("N12", University().element().group(on=("E1",)).person(), Cause.NO_IP, Repairs.SCOLARITE),
    (
        "N12",
        University().element().group(on=("E1",)).person().ip(group=""),
        Cause.IP_WITHOUT_GROUP,
        Repairs.SCOLARITE,
    ),
    ("D1", University().element().person().ip(group=""), Cause.ELEMENT_WITHOUT_GROUP, Repairs.SCOLARITE),
    (
        "N12",
        University().element().group(on=("E1",)).person().ip(group="GX"),
        Cause.GROUP_UNKNOWN,
        Repairs.SCOLARITE,
    ),
    (
        "N12",
        University().element().group("G2", on=("E1",)).group(on=()).person().ip(),
        Cause.GROUP_ELSEWHERE,
        Repairs.SCOLARITE,
    ),
]


@pytest.mark.rule("N12")
@pytest.mark.rule("D1")
@pytest.mark.rule("D6")
@pytest.mark.parametrize(("rule", "made", "cause", "repairs"), OUT, ids=[f"{row[0]} {row[2]}" for row in OUT])
def test_a_student_outside_is_told_the_one_cause(rule, made, cause, repairs) -> None:
    found = place(ask(made))

    assert found.verdict is Verdict.OUT
    assert [reason.cause for reason in found.reasons] == [cause]
    about = found.reasons[0].about
    assert rule in (about.rule, about.check)
    assert (about.repairs, about.stage) == (repairs, Stage.ENROLMENTS)


@pytest.mark.rule("N7")
@pytest.mark.rule("D6")
def test_a_student_in_a_group_that_the_carrier_lacks_is_told_so() -> None:
    found = place(ask(shared().ip("P1", "E2", "G2")))

    assert found.verdict is Verdict.OUT
    assert causes(found) == {Cause.GROUP_NOT_SHARED, Cause.IN_NO_SHARED_GROUP}


@pytest.mark.rule("D1")
@pytest.mark.rule("D2")
def test_a_distance_student_whose_ip_reaches_no_group_is_sent_to_the_cemu_group_by_both() -> None:
    made = University().element("E1").element("E2", distance=True).person().tele().ip("P1", "E2", "")
    made.group("G2", "TD", on=("E2",)).group("GC", "CEMU", on=("E2",))

    found = place(ask(made, course="E2"))

    assert causes(found) == {Cause.NO_CEMU_GROUP_REACHED, Cause.CEMU_GROUP_MISSING}


def test_rows_without_group_are_not_blamed_where_another_row_enrols() -> None:
    made = University().element().group(on=("E1",)).person().ip(group="").ip()

    assert causes(place(ask(made))) == {Cause.GROUP}


# -- carriers -----------------------------------------------------------------------------------------


@pytest.mark.rule("N7")
def test_a_carried_element_is_answered_with_its_carrier() -> None:
    answer = ask(shared().ip("P1", "E2", "G1"), course="E2")

    assert [note.cause for note in answer.notes] == [Cause.CARRIED]
    found = place(answer)
    assert (found.course, found.verdict, causes(found)) == ("E1", Verdict.IN, {Cause.GROUP_OF_CARRIED})


@pytest.mark.rule("N8")
def test_a_student_of_a_carried_element_is_found_through_a_chain_of_carriers() -> None:
    made = University().element("E1").element("E2", carrier="E1").element("E3", carrier="E2").person()
    made.group("G1", on=("E1", "E3")).ip("P1", "E3", "G1")

    answer = ask(made, course="E3")

    assert (answer.bearer, place(answer).verdict) == ("E1", Verdict.IN)
    assert answer.notes[0].rows == (RowRef("elements.csv", 3), RowRef("elements.csv", 4))


# -- teachers -------------------------------------------------------------------------------------------


def teacher(**sheet: str) -> University:
    made = University().element("E1", distance=True).person("T1", kind="staff")
    return made.ade(**sheet) if sheet else made


TEACHERS = [
    ({"status": "PLANNED"}, Verdict.IN, Cause.PLANNED, ""),
    ({"status": "ASSOCIATED"}, Verdict.OUT, Cause.ASSOCIATED_ONLY, "D7"),
    ({"origin": "MANUAL"}, Verdict.OUT, Cause.SHEET_NOT_APOGEE, "D7"),
    ({"state": "OBSOLETE"}, Verdict.OUT, Cause.SHEET_OBSOLETE, "D7"),
    ({}, Verdict.OUT, Cause.NOT_PLANNED, ""),
]


@pytest.mark.rule("N14")
@pytest.mark.rule("D7")
@pytest.mark.parametrize(
    ("sheet", "verdict", "cause", "check"), TEACHERS, ids=[row[2].value for row in TEACHERS]
)
def test_a_teacher_is_told_what_his_sheets_say(sheet, verdict, cause, check) -> None:
    found = place(ask(teacher(**sheet), "T1"))

    assert (found.verdict, [reason.cause for reason in found.reasons]) == (verdict, [cause])
    assert found.reasons[0].about.check == check


@pytest.mark.rule("N15")
def test_a_teacher_is_sent_to_the_cemu_for_the_foad_course() -> None:
    found = place(ask(teacher(status="PLANNED"), "T1"), foad=True)

    assert (found.verdict, causes(found)) == (Verdict.OUT, {Cause.FOAD_BY_HAND})
    assert found.reasons[0].about.repairs is Repairs.CEMU


@pytest.mark.rule("N14")
def test_a_teacher_planned_on_a_carried_element_is_in_the_carriers_course() -> None:
    made = shared().person("T1", kind="staff").ade("T1", "E2")

    assert causes(place(ask(made, "T1", "E2"))) == {Cause.PLANNED_ON_CARRIED}


# -- what is unknown -----------------------------------------------------------------------------------


def in_group() -> University:
    return University().element().group(on=("E1",))


UNKNOWN = [
    ("no login", in_group().person(username="").ip(), Cause.NO_USERNAME, "D12"),
    ("no e-mail", in_group().person(email="").ip(), Cause.NO_EMAIL, "D12"),
    ("two rows of one code", in_group().person().person(username="other").ip(), Cause.PERSON_REFUSED, "N21"),
    (
        "group refused",
        in_group().person().ip().row("groups.csv", "G1", "Another", "KG1"),
        Cause.GROUP_REFUSED,
        "N21",
    ),
    (
        "attachment refused",
        University().element().group(on=()).row("collections.csv", "", "E1").person().ip(),
        Cause.ATTACHMENT_REFUSED,
        "N21",
    ),
    ("IP refused", in_group().person().row("ip.csv", "P1", ""), Cause.ROW_REFUSED, "N21"),
    (
        "IA refused",
        student(flag=True, tele=False, cemu=True, ordinary=False).tele(tele="7"),
        Cause.ROW_REFUSED,
        "N21",
    ),
]


@pytest.mark.rule("N21")
@pytest.mark.rule("D12")
@pytest.mark.parametrize(
    ("made", "cause", "rule"), [row[1:] for row in UNKNOWN], ids=[row[0] for row in UNKNOWN]
)
def test_a_bad_row_leaves_it_unknown_and_is_named(made, cause, rule) -> None:
    answer = ask(made)

    assert Verdict.UNKNOWN in {one.verdict for one in answer.places}
    assert Verdict.IN not in {one.verdict for one in answer.places}
    assert cause in answer.causes
    assert rule in (cause.about.rule, cause.about.check)


@pytest.mark.rule("N21")
def test_an_element_that_hangs_on_itself_is_unknown() -> None:
    answer = ask(University().element("E1", carrier="E1").person().ip())

    assert (answer.places[0].verdict, answer.causes) == (Verdict.UNKNOWN, (Cause.ELEMENT_REFUSED,))


@pytest.mark.rule("N21")
def test_a_file_that_is_missing_is_named() -> None:
    made = in_group().person().ip()
    contents = made.contents()
    contents.pop("ip.csv")
    extracts = _read(contents)
    look = look_at(extracts, build_offer(extracts, Naming()))

    answer = explain(look, find_people(extracts, "P1")[0], find_courses(extracts, look.offer, "E1")[0])

    assert (answer.places[0].verdict, Cause.FILE_STOPPED in answer.causes) == (Verdict.UNKNOWN, True)


def _read(contents):
    import io

    from passerelle.sources.extracts import read_extracts

    return read_extracts({name: io.BytesIO(content) for name, content in contents.items()})


@pytest.mark.rule("N5")
def test_a_code_that_is_no_element_has_no_course() -> None:
    answer = ask(in_group().person().ip("P1", "GONE"), course="GONE")

    assert (answer.places[0].verdict, answer.causes) == (Verdict.OUT, (Cause.NOT_IN_OFFER,))


@pytest.mark.rule("N25")
def test_a_person_that_only_registrations_name_is_unknown_to_the_directory() -> None:
    answer = ask(in_group().ip("P9"), person="P9")

    assert answer.notes[0].cause is Cause.PERSON_UNKNOWN
    assert place(answer).verdict is Verdict.OUT


# -- who and what is meant -------------------------------------------------------------------------------


def curies() -> University:
    made = University()
    for code, first in (("1", "Marie"), ("2", "Éve"), ("3", "Pierre")):
        made.row("people.csv", code, f"cur{code}", "Curie", first, f"{first}.curie@univ.example", "student")
    return made


@pytest.mark.parametrize("text", ["2", "CUR2", "éve.CURIE@univ.example", "eve curie", "Curie Eve", "cur ev"])
def test_a_person_is_found_by_code_login_e_mail_or_name(text) -> None:
    assert [one.code for one in find_people(curies().extracts(), text)] == ["2"]


def test_a_code_is_found_in_another_case_unless_somebody_has_just_that() -> None:
    made = University().person("AB1", username="x").person("P2", username="y").person("p2", username="z")

    assert [one.code for one in find_people(made.extracts(), "ab1")] == ["AB1"]
    assert [one.code for one in find_people(made.extracts(), "p2")] == ["p2"]


def test_a_name_that_several_bear_lists_them() -> None:
    found = find_people(curies().extracts(), "curie")

    assert [one.label for one in found] == ["Éve Curie (2)", "Marie Curie (1)", "Pierre Curie (3)"]


def test_a_person_is_never_named_by_a_repr() -> None:
    assert "Curie" not in repr(find_people(curies().extracts(), "1"))


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("CHIM1", [("CHIM1", "")]),
        ("chim1", [("CHIM1", "")]),
        ("FOAD-CHIM1", [("CHIM1", "FOAD-CHIM1")]),
        ("FOAD - CHIM1", [("CHIM1", "FOAD-CHIM1")]),
        ("(CHIM1) Chimie générale", [("CHIM1", "")]),
        ("generale", [("CHIM1", "")]),
        ("chimie", [("CHIM1", ""), ("CHIM2", "")]),
        ("zoologie", []),
    ],
)
def test_a_course_is_found_by_code_idnumber_short_name_or_a_part_of_its_name(text, found) -> None:
    made = University().element("CHIM1", title="Chimie générale", distance=True)
    made.element("CHIM2", title="Chimie organique", carrier="CHIM1")
    extracts = made.extracts()

    asked = find_courses(extracts, build_offer(extracts, Naming()), text)

    assert [(one.element, one.only) for one in asked] == found


# -- the same answer as the night's ------------------------------------------------------------------------


def _agrees(made: University) -> None:
    extracts = made.extracts()
    desired = build_desired(extracts)
    look = look_at(extracts, build_offer(extracts, Naming()))
    for code, person in desired.users.items():
        for element, bearer in desired.structure.bearer.items():
            answer = explain(look, AskedPerson(code, person, person.username), AskedCourse(element))
            assert answer.bearer == bearer
            for found in answer.places:
                wanted = tuple(
                    role
                    for role in ("student", "editingteacher")
                    if (found.course, person.username, role) in desired.enrolments
                )
                assert found.roles == wanted
                unknown = any(
                    desired.unknown.has_enrolment(found.course, person.username, role, code)
                    for role in ("student", "editingteacher")[: 1 if found.foad else 2]  # N15
                )
                if wanted:
                    assert found.verdict is Verdict.IN
                else:
                    assert (found.verdict is Verdict.UNKNOWN) == unknown, (found, code, element)
                assert found.reasons or found.verdict is Verdict.OUT


@settings(max_examples=60)
@given(CHANCE)
def test_why_says_what_the_night_does(chance) -> None:
    _agrees(grow(chance))


@settings(max_examples=90)
@given(CHANCE)
def test_why_says_unknown_exactly_where_the_night_moves_nothing(chance) -> None:
    _agrees(grow_and_spoil(chance)[1])


# -- the same diagnosis as the report's ----------------------------------------------------------------------


def _said(reasons: list[Reason] | tuple[Reason, ...]) -> set[tuple[str, ...]]:
    """What a check says: cause, place (the element whose course it is, and the one it is about), who repairs."""
    return {
        (one.about.check, one.cause, one.course, one.details.get("element", ""), one.about.repairs)
        for one in reasons
        if one.about.check
    }


@settings(max_examples=150)
@given(CHANCE)
@pytest.mark.rule("N22")
@pytest.mark.rule("D1")
@pytest.mark.rule("D2")
@pytest.mark.rule("D3")
@pytest.mark.rule("D6")
@pytest.mark.rule("D7")
@pytest.mark.rule("D12")
def test_report_and_why_give_each_check_the_same_cause_place_and_repair(chance) -> None:
    made = chance.choice((grow(chance), grow_and_spoil(chance)[1]))
    extracts = made.extracts()
    look = look_at(extracts, build_offer(extracts, Naming()))
    report = find_in_sources(look)
    for person in extracts.people:
        asked = AskedPerson(person.code, person, person.username)
        for element, bearer in look.offer.structure.bearer.items():
            answer = explain(look, asked, AskedCourse(element))
            told = [*answer.notes, *(reason for place in answer.places for reason in place.reasons)]
            mine = [one for one in report if one.person == person.code and one.course in ("", bearer)]
            nobodys = [one for one in report if not one.person and one.course == bearer]
            assert _said(mine) <= _said(told) <= _said([*mine, *nobodys])
