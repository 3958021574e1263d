"""Entries of a directory of the SupannFr kind: whose number it is, which login, which of several values."""

from __future__ import annotations

from typing import Any

import pytest

from passerelle.domain.offer.model import Because
from passerelle.sources.ldap import Directory, collect_people


def entry(uid: str, **attributes: str | list[str]) -> dict[str, Any]:
    every = {"uid": uid, "sn": "Last", "givenName": "First", "mail": f"{uid}@univ.example", **attributes}
    raw = {
        name.replace("_", ";"): [one.encode() for one in ([said] if isinstance(said, str) else said)]
        for name, said in every.items()
    }
    return {"dn": f"uid={uid},ou=people,dc=univ,dc=example", "raw_attributes": raw}


STUDENT = entry("s1", supannEtuId="22", eduPersonAffiliation="student")
EMPLOYEE = entry("e1", supannEmpId="22", eduPersonAffiliation="employee")


@pytest.mark.rule("N25")
def test_a_student_and_an_employee_of_one_number_are_named_as_such() -> None:
    found = collect_people([STUDENT, EMPLOYEE])

    assert found.people == ()
    assert {row.because for row in found.refused} == {Because.SAME_NUMBER}


@pytest.mark.rule("N25")
def test_a_prefix_tells_them_apart() -> None:
    found = collect_people([STUDENT, EMPLOYEE], Directory("", "", staff_prefix="P"))

    assert {row.code: row.username for row in found.people} == {"22": "s1", "P22": "e1"}


def test_two_students_of_one_number_contradict_each_other() -> None:
    found = collect_people([STUDENT, entry("s2", supannEtuId="22")])

    assert {row.because for row in found.refused} == {Because.DIFFERENT_VALUES}


def test_one_person_with_one_number_as_both_is_one_person() -> None:
    (person,) = collect_people([entry("x", supannEtuId="22", supannEmpId="22")]).people

    assert (person.code, person.other_codes) == ("22", ())


def test_a_person_with_two_numbers_answers_to_both() -> None:
    (person,) = collect_people([entry("x", supannEtuId="22", supannEmpId="7")]).people

    assert (person.code, person.other_codes) == ("22", ("7",))


@pytest.mark.rule("N1")
def test_the_login_is_the_attribute_that_the_site_names() -> None:
    said = Directory("", "", login="supannAliasLogin")

    (person,) = collect_people([entry("u7", supannEtuId="22", supannAliasLogin="Durand")], said).people

    assert person.username == "durand"


@pytest.mark.parametrize(("logins", "because"), [(["a", "b"], Because.SEVERAL_VALUES), (["s1", "b"], None)])
def test_of_several_logins_the_one_that_names_the_entry_is_taken(logins, because) -> None:
    made = entry("s1", supannEtuId="22")
    made["raw_attributes"]["uid"] = [one.encode() for one in logins]

    found = collect_people([made])

    assert [row.because for row in found.refused] == ([because] if because else [])


def test_of_several_addresses_and_names_the_smallest_is_taken_every_night() -> None:
    (person,) = collect_people(
        [entry("x", supannEtuId="22", mail=["b@x.fr", "a@x.fr"], sn=["Z", "A"])]
    ).people

    assert (person.email, person.lastname) == ("a@x.fr", "A")
