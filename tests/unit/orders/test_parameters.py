"""The string of parameters of each handler of the table (S8), dates and spans."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest

from passerelle.domain.orders.accounts import usernames
from passerelle.domain.orders.people import read_people
from passerelle.domain.orders.products import (
    KNOWN,
    NEEDS_PLUGIN,
    Handler,
    ParametersRefused,
    read_moment,
    read_parameters,
    read_span,
)
from tests.factories.records import NOW

FULL = {
    Handler.SESSION: "coursename=SPOCM1&supervisor=tutor&starttime=1767225600&endtime=2027-01-01&customersupport=AIDE&requiredroles=student,teacher",
    Handler.ENROL: "courseidnumber=X-1&role=student&duration=30&groupname=Groupe+A",
    Handler.ENROL_AGAIN: "courseid=12&duration=30D",
    Handler.SEATS: "courselist=C1,C2&packsize=5&supervisor=teacher",
    Handler.ROLE: "contextlevel=course&instance=SPOCM1&role=teacher&foruser=a@b.example",
    Handler.EXTEND: "coursename=SPOCM1&enroltype=manual&extension=15",
    Handler.PROROGATE: "timeshift=30",
    Handler.COURSE: "coursecategory=CAT&template=MODELE&duration=365",
    Handler.CATEGORY: "parentcategory=CAT&catname=Client+SA",
    Handler.REGISTER: "customersupport=AIDE",
}


@pytest.mark.rule("S8")
@pytest.mark.parametrize("handler", list(Handler))
def test_every_parameter_of_the_table_is_understood(handler: Handler) -> None:
    read = read_parameters(handler, FULL[handler])
    assert read.handler is handler
    assert set(read.given) <= KNOWN[handler]


@pytest.mark.rule("S8")
@pytest.mark.parametrize(
    ("handler", "text", "code", "parameter"),
    [
        ("std_setuponecoursesession", "coursename=A&colour=red", "parameter_unknown", "colour"),
        ("std_setuponecoursesession", "supervisor=tutor", "parameter_missing", "coursename"),
        ("std_setuponecoursesession", "coursename=A&coursename=B", "parameter_twice", "coursename"),
        ("std_setuponecoursesession", "coursename=A&starttime=bientot", "parameter_unreadable", "starttime"),
        ("std_setuponecoursesession", "coursename=A&duration=-3", "parameter_unreadable", "duration"),
        ("std_enrolonecourse", "role=student", "parameter_missing", "coursename / courseidnumber / courseid"),
        ("std_enrolonecourse", "courseid=x", "parameter_unreadable", "courseid"),
        ("std_generateseats", "courselist=A&packsize=0", "parameter_unreadable", "packsize"),
        (
            "std_assignroleoncontext",
            "contextlevel=moon&instance=1&role=x",
            "parameter_unreadable",
            "contextlevel",
        ),
    ],
)
def test_what_is_wrong_is_named(handler: str, text: str, code: str, parameter: str) -> None:
    with pytest.raises(ParametersRefused) as refused:
        read_parameters(handler, text)
    assert refused.value.code == code
    assert refused.value.details["parameter"] == parameter


@pytest.mark.parametrize("handler", list(NEEDS_PLUGIN))
def test_a_handler_of_a_plugin_that_moodle_lacks_says_which(handler: str) -> None:
    with pytest.raises(ParametersRefused) as refused:
        read_parameters(handler, "anything=1")
    assert refused.value.code == "handler_needs_plugin"


@pytest.mark.rule("S8")
@pytest.mark.parametrize(
    ("text", "moment"),
    [
        ("1767225600", datetime(2026, 1, 1, tzinfo=UTC)),
        ("2026-01-01", datetime(2026, 1, 1, tzinfo=UTC)),
        ("2026-01-01T12:00:00+02:00", datetime(2026, 1, 1, 10, tzinfo=UTC)),
        ("+30D", NOW + timedelta(days=30)),
        ("+12H", NOW + timedelta(hours=12)),
    ],
)
def test_dates_are_seconds_iso_or_counted_from_the_payment(text: str, moment: datetime) -> None:
    assert read_moment(text, NOW) == moment


@pytest.mark.rule("S9")
def test_an_enrolment_runs_to_its_end_else_for_its_duration_else_on() -> None:
    def window(text: str) -> tuple[datetime, datetime | None]:
        return read_parameters("std_setuponecoursesession", f"coursename=A&{text}").window(NOW)

    assert window("") == (NOW, None)
    assert window("duration=10") == (NOW, NOW + timedelta(days=10))
    assert window("starttime=%2B2D&duration=12H") == (
        NOW + timedelta(days=2),
        NOW + timedelta(days=2, hours=12),
    )
    assert window("endtime=2026-12-31&duration=10") == (NOW, datetime(2026, 12, 31, tzinfo=UTC))
    with pytest.raises(ParametersRefused):
        window("endtime=2026-01-01")
    assert read_span("12H") == timedelta(hours=12)


def test_a_plus_sign_that_nobody_encoded_still_means_from_now() -> None:
    # In a URL a bare + is a space: the shop's catalogue says `starttime=+30D` all the same.
    assert read_parameters("std_setuponecoursesession", "coursename=A&starttime=+30D").window(NOW)[0] == (
        NOW + timedelta(days=30)
    )


@pytest.mark.rule("S2", "S3")
def test_pasted_people_are_read_row_by_row_and_each_bad_row_is_named() -> None:
    read = read_people(
        "Nom\tPrénom\tCourriel\tVille\n"
        "Martin\tAna\tana@client.example\tCaen\n"
        "\n"
        "Petit\tBob\tbob(at)client.example\n"
        "Roy\tCléo\tANA@client.example\n"
        "\tDan\tdan@client.example\n"
    )
    assert [(p.lastname, p.firstname, p.email, p.city) for p in read.people] == [
        ("Martin", "Ana", "ana@client.example", "Caen")
    ]
    assert [(problem.row, problem.code) for problem in read.problems] == [
        (4, "email_invalid"),
        (5, "email_repeated"),
        (6, "name_missing"),
    ]


@pytest.mark.parametrize(
    "text",
    [
        "Martin;Ana;ana@client.example",
        "Martin, Ana, ana@client.example",
        '"Martin","Ana","ana@client.example"',
        "email,firstname,lastname\nana@client.example,Ana,Martin",
        "ana@client.example;Martin;Ana",
        '[{"lastname": "Martin", "firstname": "Ana", "email": "ana@client.example"}]',
    ],
)
def test_tables_come_in_many_shapes(text: str) -> None:
    (person,) = read_people(text).people
    assert (person.lastname, person.firstname, person.email) == ("Martin", "Ana", "ana@client.example")


@pytest.mark.rule("S4")
def test_a_username_is_the_address_where_moodle_allows_it() -> None:
    assert usernames("Ana@Client.example")[0] == "ana@client.example"
    plus, _ = usernames("ana+moodle@client.example")
    assert plus.startswith("ana-moodle@client.example-")
    assert usernames("ana+moodle@client.example")[0] != usernames("ana-moodle@client.example")[0]
    assert len(usernames("x" * 80 + "@" + "y" * 60 + ".example")[0]) <= 100
