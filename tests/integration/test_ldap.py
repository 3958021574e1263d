"""People from a real directory."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import pytest

from passerelle.domain.offer.build import build_desired
from passerelle.domain.offer.model import Because, Extracts, Kind, Person, Table
from passerelle.sources.directory_paper import PeopleRead, replace_people
from passerelle.sources.extracts import read_extracts, require_whole
from passerelle.sources.ldap import (
    Directory,
    DirectoryAway,
    DirectoryRefused,
    read_directory,
)
from passerelle.words.offer import say_directory
from tests.factories.offer import University
from tests.integration.slapd import BASE, MISSING, PASSWORD, READER, SLAPD, RunningSlapd, person, run_slapd

pytestmark = pytest.mark.skipif(SLAPD is None, reason=MISSING)

PEOPLE = [
    person(
        "Dupont",
        supannEtuId="P1",
        sn="Dupont",
        givenName="Zoe",
        mail="z@univ.example",
        eduPersonAffiliation="student",
    ),
    person(
        "martin",
        supannEmpId="T1",
        mail=["b@univ.example", "a@univ.example"],
        eduPersonAffiliation=["employee", "faculty"],
    ),
    person(
        "doctorant",
        supannEtuId="P2",
        supannEmpId="T2",
        mail="d@univ.example",
        eduPersonAffiliation=["student", "faculty"],
    ),
    person("sansmail", supannEtuId="P3"),
    person("accented", supannEtuId="P4", mail="u@univ.example", **{"givenName:": "w4lsw6k="}),
    person("twice", supannEtuId="P5", mail="t@univ.example"),
    person("again", supannEtuId="P5", mail="t@univ.example"),
    person("alias", supannEtuId="P6", mail="t@univ.example", uid=["alias", "other"]),
    person("guest", mail="g@univ.example"),
    *(
        person(f"s{number}", supannEtuId=f"S{number}", mail=f"s{number}@univ.example")
        for number in range(120)
    ),
]


@pytest.fixture(scope="module")
def slapd(tmp_path_factory: pytest.TempPathFactory) -> Iterator[RunningSlapd]:
    with run_slapd(tmp_path_factory.mktemp("slapd"), PEOPLE) as running:
        yield running


@pytest.fixture
def directory(slapd: RunningSlapd) -> Directory:
    return Directory(
        slapd.secure,
        BASE,
        bind_dn=READER,
        password=PASSWORD,
        ca_file=slapd.ca_file,
        page_size=20,
        timeout=timedelta(seconds=5),
    )


def by_code(read: PeopleRead) -> dict[str, Person]:
    return {row.code: row for row in read.people}


@pytest.mark.rule("N1")
def test_people_are_read_page_by_page_past_the_servers_limit(directory: Directory) -> None:
    found = by_code(read_directory(directory))

    assert {f"S{number}" for number in range(120)} <= set(found)
    assert found["P1"].username == "dupont"
    assert (found["P1"].lastname, found["P1"].firstname, found["P1"].kind) == ("Dupont", "Zoe", Kind.STUDENT)
    assert found["P4"].firstname == "Élé"


def test_pages_larger_than_the_server_gives_are_an_error(directory: Directory) -> None:
    with pytest.raises(DirectoryAway) as caught:
        read_directory(replace(directory, page_size=1000))

    assert "AdminLimit" in str(caught.value)


def test_of_several_addresses_the_same_one_is_taken_every_night(directory: Directory) -> None:
    assert by_code(read_directory(directory))["T1"].email == "a@univ.example"
    assert by_code(read_directory(directory))["T1"].kind is Kind.STAFF


def test_who_is_student_and_staff_is_one_person_with_two_codes(directory: Directory) -> None:
    read = read_directory(directory)
    made = University().element("E1").element("E2").group("G1", on=("E1",)).ip("P2").ade("T2", "E2")

    desired = build_desired(replace_people(made.extracts(), read))

    assert set(desired.enrolments) == {("E1", "doctorant", "student"), ("E2", "doctorant", "editingteacher")}


def test_a_missing_address_is_left_to_the_rules(directory: Directory) -> None:
    assert by_code(read_directory(directory))["P3"].email == ""


@pytest.mark.rule("N21")
def test_two_entries_with_one_code_are_both_refused(directory: Directory) -> None:
    read = read_directory(directory)

    assert "P5" not in by_code(read)
    refused = [row for row in read.refused if row.fields.get("code") == "P5"]
    assert [row.because for row in refused] == [Because.DIFFERENT_VALUES] * 2


def test_of_two_logins_the_one_that_names_the_entry_counts(directory: Directory) -> None:
    assert by_code(read_directory(directory))["P6"].username == "alias"


def test_entries_that_the_filter_leaves_out_are_nobody(directory: Directory) -> None:
    read = read_directory(directory)

    assert "guest" not in {row.username for row in read.people}
    assert all(row.fields.get("username") != "guest" for row in read.refused)


@pytest.mark.rule("N21")
def test_an_entry_without_code_is_refused_by_its_login(directory: Directory) -> None:
    read = read_directory(replace(directory, filter="(uid=guest)"))

    (row,) = read.refused
    assert (row.because, row.fields["username"]) == (Because.MISSING_VALUE, "guest")


def test_start_tls_secures_a_plain_port_before_the_password_is_sent(
    directory: Directory, slapd: RunningSlapd
) -> None:
    assert "P1" in by_code(read_directory(replace(directory, url=slapd.plain)))


@pytest.mark.parametrize("secure", [True, False])
def test_a_certificate_of_an_unknown_authority_is_refused(
    directory: Directory, slapd: RunningSlapd, secure: bool
) -> None:
    with pytest.raises((DirectoryRefused, DirectoryAway)) as caught:
        read_directory(replace(directory, url=slapd.secure if secure else slapd.plain, ca_file=None))

    assert isinstance(caught.value, DirectoryRefused)
    assert caught.value.code == "ldap_certificate_not_trusted"
    assert "127.0.0.1" in say_directory(caught.value.code, caught.value.details, "fr")


@pytest.mark.parametrize(
    ("wrong", "code"),
    [
        ({"password": "wrong"}, "ldap_not_allowed"),
        ({"base": "dc=nowhere,dc=example"}, "ldap_no_such_base"),
        ({"filter": "(uid=x"}, "ldap_bad_filter"),
    ],
)
def test_a_wrong_setting_is_told_apart_and_no_secret_is_in_the_error(
    directory: Directory, wrong: dict[str, str], code: str
) -> None:
    with pytest.raises(DirectoryRefused) as caught:
        read_directory(replace(directory, **wrong))  # type: ignore[arg-type]

    assert caught.value.code == code
    for lang in ("fr", "en"):
        assert say_directory(code, caught.value.details, lang)
    for secret in (PASSWORD, "wrong"):
        assert secret not in repr(caught.value)
        assert secret not in repr(replace(directory, **wrong))  # type: ignore[arg-type]


def test_a_directory_that_is_away_may_be_tried_again(directory: Directory) -> None:
    with pytest.raises(DirectoryAway):
        read_directory(replace(directory, url="ldaps://127.0.0.1:9"))


@pytest.mark.rule("N21")
def test_a_list_cut_in_the_middle_of_its_pages_is_not_used(tmp_path: Path) -> None:
    with run_slapd(tmp_path, PEOPLE, most="60") as running:
        cut = Directory(
            running.secure, BASE, bind_dn=READER, password=PASSWORD, ca_file=running.ca_file, page_size=20
        )

        with pytest.raises(DirectoryAway):
            read_directory(cut)


def test_the_directory_takes_the_place_of_the_file(directory: Directory) -> None:
    streams = University().person("OLD").streams()
    del streams["people.csv"]

    extracts: Extracts = replace_people(read_extracts(streams), read_directory(directory))

    assert "OLD" not in {row.code for row in require_whole(extracts).people}
    assert extracts.file_of(Table.PEOPLE) == "LDAP"
