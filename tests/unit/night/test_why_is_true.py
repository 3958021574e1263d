"""Whatever files are missing, cut or refused: no sentence of an answer is false of the whole university "
"(N22)."""

from __future__ import annotations

import io
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import cached_property
from random import Random

import pytest
from hypothesis import given, settings

from passerelle.domain.night.why.explain import Answer, Verdict, explain
from passerelle.domain.night.why.question import AskedCourse, find_courses, find_people
from passerelle.domain.offer.build import build_desired, build_offer
from passerelle.domain.offer.causes import Cause, Reason, Weight
from passerelle.domain.offer.desired import Desired
from passerelle.domain.offer.diagnosis import Look, look_at
from passerelle.domain.offer.model import Extracts, Group, Registration
from passerelle.domain.offer.naming import Naming
from passerelle.domain.offer.sharing import Tri
from passerelle.sources.extracts import read_extracts
from passerelle.words.causes import say_cause
from tests.factories.offer import University
from tests.unit.offer.universities import CHANCE, grow, grow_and_spoil

FILES = ("categories", "elements", "collections", "groups", "people", "ia", "ip", "ade")


@dataclass
class Truth:
    """The whole university, and what is so in it."""

    extracts: Extracts
    person: str

    @cached_property
    def look(self) -> Look:
        return look_at(self.extracts, build_offer(self.extracts, Naming()))

    @cached_property
    def desired(self) -> Desired:
        return build_desired(self.extracts)

    @cached_property
    def username(self) -> str:
        return next((row.username for row in self.extracts.people if row.code == self.person), "")

    def bearer(self, element: str) -> str:
        return self.look.offer.structure.bearer.get(element, "")

    def distance(self, element: str) -> bool:
        return self.look.offer.structure.elements[element].distance

    @cached_property
    def tele(self) -> bool:
        return self.look.standings.is_tele(self.person) is Tri.YES

    def rows(self, element: str) -> list[Registration]:
        return [
            row for row in self.extracts.registrations if (row.person, row.element) == (self.person, element)
        ]

    def row(self, said: Mapping[str, str]) -> bool:
        return any(row.group == said["group"] for row in self.rows(said["element"]))

    def reached(self, row: Registration) -> bool:
        return self.look.offer.reach(row).reached is Tri.YES

    def reaches(self, element: str) -> bool:
        return any(self.reached(row) for row in self.rows(element))

    def group(self, code: str) -> Group | None:
        return self.look.offer.sharing.groups.get(code)

    def attached(self, code: str, element: str) -> bool:
        group = self.group(code)
        return group is not None and self.look.offer.sharing.attached(group, element) is Tri.YES

    def leads(self, bearer: str, *, cemu: bool) -> bool:
        """Whether a registration of this person leads to a group of that kind of the bearer."""
        mine = [row for row in self.extracts.registrations if row.person == self.person]
        return any(
            self.bearer(row.element) == bearer and self.reached(row) and self.is_cemu(row.group) is cemu
            for row in mine
        )

    def is_cemu(self, code: str) -> bool:
        group = self.group(code)
        return group is not None and group.is_cemu

    def planned(self, bearer: str) -> bool:
        return any(
            row.enrols
            for row in self.extracts.plannings
            if row.person == self.person and self.bearer(row.element) == bearer
        )

    def sheet(self, said: Mapping[str, str], **is_not: str) -> bool:
        ((name, value),) = is_not.items()
        return not self.planned(said["bearer"]) and any(
            getattr(row, name) != value
            for row in self.extracts.plannings
            if (row.person, row.element, row.sheet) == (self.person, said["element"], said["sheet"])
        )

    def enrolled(self, course: str, role: str = "student") -> bool:
        return (course, self.username, role) in self.desired.enrolments


Said = Mapping[str, str]
TRUE: Mapping[Cause, Callable[[Truth, Said], bool]] = {
    Cause.GROUP: lambda t, s: t.row(s) and t.enrolled(s["course"]),
    Cause.GROUP_OF_CARRIED: lambda t, s: (
        t.row(s) and t.enrolled(s["course"]) and t.bearer(s["element"]) == s["bearer"]
    ),
    Cause.FOAD_CONDITIONS: lambda t, s: t.row(s) and t.enrolled(s["foad"]),
    Cause.PLANNED: lambda t, s: t.enrolled(s["course"], "editingteacher"),
    Cause.PLANNED_ON_CARRIED: lambda t, s: t.enrolled(s["course"], "editingteacher"),
    Cause.NO_IP: lambda t, s: not t.rows(s["element"]),
    Cause.NO_CEMU_GROUP_REACHED: lambda t, s: (
        t.tele and t.distance(s["bearer"]) and not t.reaches(s["element"])
    ),
    Cause.GROUP_NOT_SHARED: lambda t, s: t.row(s) and not t.attached(s["group"], s["bearer"]),
    Cause.GROUP_ELSEWHERE: lambda t, s: t.row(s) and not t.attached(s["group"], s["element"]),
    Cause.GROUP_UNKNOWN: lambda t, s: t.row(s) and t.group(s["group"]) is None,
    Cause.IP_WITHOUT_GROUP: lambda t, s: t.row(s) and not t.reaches(s["element"]),
    Cause.ELEMENT_WITHOUT_GROUP: lambda t, s: not t.look.offer.sharing.groups_on(s["element"]),
    Cause.IN_NO_SHARED_GROUP: lambda t, s: bool(t.rows(s["element"])) and not t.reaches(s["element"]),
    Cause.IA_MISSING: lambda t, s: t.row(s) and t.is_cemu(s["group"]) and not t.tele,
    Cause.CEMU_GROUP_MISSING: lambda t, s: (
        t.tele and t.distance(s["bearer"]) and not t.leads(s["bearer"], cemu=True)
    ),
    Cause.CAMPUS_ONLY: lambda t, s: not t.tele and not t.leads(s["bearer"], cemu=True),
    Cause.FOAD_INSTEAD: lambda t, s: t.row(s) and t.is_cemu(s["group"]) and t.distance(s["bearer"]),
    Cause.NO_FOAD_COURSE: lambda t, s: not t.distance(s["bearer"]),
    Cause.TELE_ON_CAMPUS_ELEMENT: lambda t, s: t.tele and not t.distance(s["bearer"]),
    Cause.FLAG_MISSING: lambda t, s: (
        t.tele and t.leads(s["bearer"], cemu=True) and not t.distance(s["bearer"])
    ),
    Cause.IN_BOTH_COURSES: lambda t, s: t.leads(s["bearer"], cemu=True) and t.leads(s["bearer"], cemu=False),
    Cause.CEMU_GROUP_NOT_DISTANCE: lambda t, s: t.is_cemu(s["group"]) and not t.distance(s["element"]),
    Cause.NOT_PLANNED: lambda t, s: (
        not any((row.person, row.element) == (t.person, s["element"]) for row in t.extracts.plannings)
    ),
    Cause.ASSOCIATED_ONLY: lambda t, s: t.sheet(s, status="PLANNED"),
    Cause.SHEET_NOT_APOGEE: lambda t, s: t.sheet(s, origin="APOGEE"),
    Cause.SHEET_OBSOLETE: lambda t, s: t.sheet(s, state="CURRENT"),
    Cause.FOAD_BY_HAND: lambda t, s: t.distance(s["bearer"]),
    Cause.PERSON_UNKNOWN: lambda t, _: all(row.code != t.person for row in t.extracts.people),
    Cause.NOT_IN_OFFER: lambda t, s: all(row.code != s["element"] for row in t.extracts.elements),
    Cause.CARRIED: lambda t, s: t.bearer(s["element"]) == s["bearer"] != s["element"],
}


def is_so(reason: Reason, truth: Truth, had: Extracts) -> bool:
    """What is open is said of the sources as they came: the file stopped, or the row was refused."""
    said = reason.details
    if reason.weight is not Weight.OPEN or reason.cause in TRUE:
        return TRUE[reason.cause](truth, said)
    if reason.cause is Cause.FILE_STOPPED:
        return said["file"] in {problem.file for problem in had.problems}
    if reason.cause in (Cause.NO_USERNAME, Cause.NO_EMAIL):  # the record as it was sent
        name = reason.cause.value.removeprefix("no_")
        return any(row.code == truth.person and not getattr(row, name) for row in had.people)
    refused = {(row.file, row.line) for row in had.refused}
    stands = {(row.file, row.line) for row in reason.rows}
    if reason.cause is Cause.ELEMENT_REFUSED and not refused & stands:
        return hangs_on_nothing(said, truth, had) or bool(refused)
    if reason.cause is Cause.PERSON_REFUSED and said["because"] == "different_values":
        return True
    return bool(refused & stands)


def hangs_on_nothing(said: Said, truth: Truth, had: Extracts) -> bool:
    """The row as it was sent names a category or carrier that is in no row of the whole university, or itself."""
    (row,) = [one for one in had.elements if one.code == said["element"]]
    categories = {one.code for one in truth.extracts.categories}
    elements = {one.code for one in truth.extracts.elements}
    named = {
        "unknown_category": row.category not in categories,
        "unknown_carrier": row.carrier not in elements,
    }
    return named.get(said["because"], said["because"] in ("loop", "refused_carrier", "refused_category"))


def ask(had: Extracts, person: str, course: str) -> Answer | None:
    look = look_at(had, build_offer(had, Naming()))
    people = find_people(had, person)
    courses = find_courses(had, look.offer, course) or (AskedCourse(course),)
    return explain(look, people[0], courses[0]) if len(people) == 1 and len(courses) == 1 else None


def damaged(chance: Random) -> tuple[University, Extracts]:
    """A university, and what came of it: rows spoiled, a file missing, cut, or both."""
    made = grow(chance)
    rows = chance.choice((0, 1, 2))
    if rows:
        made, bad = grow_and_spoil(chance, rows=rows)
    else:
        bad = made
    contents = bad.contents()
    for name in chance.sample(FILES, chance.choice((0, 0, 1, 2))):
        if chance.random() < 0.5:
            del contents[f"{name}.csv"]
        else:
            contents[f"{name}.csv"] = contents[f"{name}.csv"][: -chance.randrange(1, 20)]
    return made, read_extracts({name: io.BytesIO(body) for name, body in contents.items()})


@pytest.mark.rule("N22")
def test_who_is_planned_on_a_refused_element_is_not_said_to_be_planned_nowhere() -> None:
    made = University().element("E1").element("E2", carrier="E1").element("E3", carrier="E1").person("P1")
    made.ade("P1", "E2", sheet="F2", status="ASSOCIATED").ade("P1", "E3", sheet="F3")
    code, title, category, _, carrier, start = made.tables["elements.csv"][2]
    made.tables["elements.csv"][2] = (code, title, category, "oui", carrier, start)

    answer = ask(made.extracts(), "P1", "E1")

    assert answer is not None
    assert Cause.ASSOCIATED_ONLY not in {one.cause for place in answer.places for one in place.reasons}


@pytest.mark.rule("N22")
@pytest.mark.rule("N21")
def test_a_refused_row_of_nobody_on_another_element_of_the_course_may_be_the_one_that_plans() -> None:
    made = University().element("E1").element("E2", carrier="E1").element("E3", carrier="E1").person("P1")
    made.ade("P1", "E2", sheet="F2", status="ASSOCIATED").ade("", "E3", sheet="F3")

    answer = ask(made.extracts(), "P1", "E1")

    assert answer is not None
    assert Cause.ASSOCIATED_ONLY not in {one.cause for place in answer.places for one in place.reasons}


@settings(max_examples=250)
@given(CHANCE)
@pytest.mark.rule("N22")
@pytest.mark.rule("N21")
def test_no_sentence_is_false_of_the_whole_university(chance) -> None:
    made, had = damaged(chance)
    whole = made.extracts()
    for code in [row.code for row in whole.people]:
        truth = Truth(whole, code)
        for element in [*(row.code for row in whole.elements), "EX", f"FOAD-{whole.elements[0].code}"]:
            answer = ask(had, code, element)
            if answer is None or element in truth.look.offer.structure.refused_elements:
                continue
            for reason in (*answer.notes, *(one for place in answer.places for one in place.reasons)):
                said = say_cause(reason, code, "fr")
                assert "…" not in said, said
                assert is_so(reason, truth, had), (said, reason, code, element)
            for place in answer.places:
                if place.verdict is Verdict.OUT:
                    assert not truth.enrolled(place.course), (place, code)
                if place.verdict is Verdict.IN:
                    assert truth.enrolled(place.course) or truth.enrolled(place.course, "editingteacher")
