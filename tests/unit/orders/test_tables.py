"""What is understood of products, of pasted rows and of money, written out a second time (S2, S8, S13)."""

from __future__ import annotations

import json
import re
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from passerelle.domain.moodle.core import User
from passerelle.domain.orders.accounts import account_of, usernames
from passerelle.domain.orders.amounts import RELEASABLE, check_amounts
from passerelle.domain.orders.delivery import Delivery
from passerelle.domain.orders.facts import Buyer, Facts, Participant, Refund
from passerelle.domain.orders.grants import owned_after
from passerelle.domain.orders.ledger import (
    CourseAccess,
    Grant,
    LedgerPage,
    Owned,
    Tie,
    Wanted,
    granted,
    kept,
    lines_of,
    looked_at,
    loose,
    stale_groups,
    tie_done,
    tied,
    to_be_written,
    wanted,
    withdrawn,
)
from passerelle.domain.orders.money import minor_units, shown
from passerelle.domain.orders.order import Seat, SeatState, merged, new_order
from passerelle.domain.orders.people import MOST_ROWS, read_people, unread_row, why_unread
from passerelle.domain.orders.products import ParametersRefused, read_moment, read_parameters, read_span
from passerelle.domain.orders.sales import Given, sale_from_ledger, sale_of
from passerelle.domain.orders.session import (
    CourseName,
    Enrolment,
    GroupName,
    MadePlace,
    Session,
    desired,
    group_of,
    read_lines,
    seated,
)
from passerelle.domain.orders.shop import Product, Shop
from passerelle.domain.records import Note
from passerelle.errors import GiveUp
from tests.factories.orders import a_line, a_participant, a_product, a_shop, some_facts
from tests.factories.records import NOW

DAY = timedelta(days=1)

# -- pasted people ----------------------------------------------------------------------------------------

TITLES = {
    "lastname": "nom, nom de famille, last name, lastname, surname",
    "firstname": "prénom, prenom, first name, firstname",
    "email": "courriel, adresse électronique, adresse de courriel, e-mail, email, mail",
    "city": "ville, city",
    "phone": "téléphone, telephone, phone",
    "institution": "établissement, etablissement, organisme, entreprise, institution, company",
    "kind": "rôle, role, type",
}
WHOLE = {
    "lastname": "Martin",
    "firstname": "Ana",
    "email": "ana@client.example",
    "city": "Caen",
    "phone": "0231",
    "institution": "Client SA",
    "kind": "tutor",
}


def titled(title: str, name: str) -> dict[str, str]:
    """Column titles by field, one of them as given."""
    return {field: title if field == name else field for field in WHOLE}


@pytest.mark.rule("S2")
@pytest.mark.parametrize(
    ("name", "title"), [(name, title) for name, titles in TITLES.items() for title in titles.split(", ")]
)
def test_a_column_is_known_by_each_of_its_titles_in_rows_and_in_json(name: str, title: str) -> None:
    whole = Participant("ana@client.example", "Ana", "Martin", "tutor", "Caen", "0231", "Client SA")
    titles = titled(title, name)
    rows = "\n".join(";".join(row) for row in ([one.upper() for one in titles.values()], WHOLE.values()))
    assert read_people(rows).people == (whole,)
    told = [{titles[field]: value for field, value in WHOLE.items()}]
    assert read_people(json.dumps(told)).people == (whole,)


@pytest.mark.rule("S2")
@pytest.mark.parametrize(
    "word", ["tuteur", "tutrice", "tutor", "supervisor", "teacher", "manager", "Tuteurs", "MANAGERIN"]
)
def test_a_tutor_is_called_so_in_french_and_english(word: str) -> None:
    (person,) = read_people(f"Martin,Ana,ana@client.example,Caen,0231,Client SA,{word}").people
    assert person.kind == "tutor"


@pytest.mark.rule("S2")
def test_whoever_is_called_nothing_is_what_the_field_was_for() -> None:
    row = "Martin,Ana,ana@client.example,Caen,0231,Client SA,apprenante"
    assert [read_people(row, kind).people[0].kind for kind in ("learner", "tutor")] == ["learner", "tutor"]


@pytest.mark.rule("S2")
def test_an_address_put_first_is_meant_all_the_same_and_the_rest_of_the_row_stays() -> None:
    (person,) = read_people("ana@client.example,Martin,Ana,Caen").people
    assert (person.email, person.lastname, person.firstname) == ("ana@client.example", "Martin", "Ana")
    assert person.city == "Caen"


@pytest.mark.rule("S2")
@pytest.mark.parametrize(
    ("row", "code"),
    [
        ("Martin,Ana,", "email_missing"),
        ("Martin,Ana,ana(at)client", "email_invalid"),
        (",Ana,ana@client.example", "name_missing"),
        ("Martin,,ana@client.example", "name_missing"),
        ("Martin,www.spam.example,ana@client.example", "name_invalid"),
        ("Martin,see https://spam,ana@client.example", "name_invalid"),
        ("Martin,<b>,ana@client.example", "name_invalid"),
        ("Martin,Ana\u202e,ana@client.example", "name_invalid"),
    ],
)
def test_a_row_that_cannot_be_taken_is_named_by_its_number_and_the_others_go_on(row: str, code: str) -> None:
    read = read_people(f"{row}\n\nPetit,Bob,bob@client.example\n")
    assert [(one.row, one.code) for one in read.problems] == [(1, code)]
    assert [person.email for person in read.people] == ["bob@client.example"]
    assert read.rows == (3,)


@pytest.mark.rule("S2", "S4")
def test_a_person_named_twice_is_told_the_second_time_in_rows_and_in_json() -> None:
    twice = [
        WHOLE,
        WHOLE | {"email": "ANA@client.example"},
        WHOLE | {"email": ""},
        7,
        WHOLE | {"email": "bob@client.example"},
    ]
    read = read_people(json.dumps(twice))
    assert [(one.row, one.code) for one in read.problems] == [
        (2, "email_repeated"),
        (3, "email_missing"),
        (4, "rows_unreadable"),
    ]
    assert read.rows == (1, 5)
    assert [one.code for one in read_people("[not json").problems] == ["rows_unreadable"]


@pytest.mark.rule("S12")
def test_two_thousand_rows_are_read_and_the_next_is_told() -> None:
    rows = [f"Martin,Ana,a{n}@client.example" for n in range(MOST_ROWS + 1)]
    read = read_people("\n".join(rows))
    assert (len(read.people), MOST_ROWS) == (2000, 2000)
    assert [(one.row, one.code) for one in read.problems] == [(2001, "too_many_rows")]
    assert not read_people("\n".join(rows[:-1])).problems


@pytest.mark.rule("S2")
def test_a_row_that_could_not_be_read_says_later_why() -> None:
    assert why_unread(unread_row(7, "name_missing")) == "name_missing"
    assert why_unread("ana") == "email_invalid"


# -- products -----------------------------------------------------------------------------------------------

# Handler, a value for each of its parameters, and which are needed (alternatives with a bar).
HANDLERS: list[tuple[str, str, str]] = [
    (
        "std_setuponecoursesession",
        "coursename=A&supervisor=t&starttime=1767225600&endtime=1798761600&duration=3&customersupport=S"
        "&requiredroles=t",
        "coursename",
    ),
    *(
        (
            handler,
            "coursename=A&courseidnumber=B&courseid=7&role=r&starttime=1767225600&endtime=1798761600&duration=3"
            "&groupname=G&customersupport=S",
            "coursename|courseidnumber|courseid",
        )
        for handler in ("std_enrolonecourse", "std_enrolonecoursemultiple")
    ),
    ("std_generateseats", "courselist=A,B&packsize=2&supervisor=t", ""),
    (
        "std_assignroleoncontext",
        "contextlevel=course&instance=7&role=r&foruser=u",
        "contextlevel instance role",
    ),
    (
        "std_extendenrolperiod",
        "coursename=A&courseid=7&enroltype=manual&extension=3",
        "coursename|courseid extension",
    ),
    ("std_prorogate", "timeshift=3", ""),
    ("std_createcourse", "coursecategory=C&template=T&duration=3", "coursecategory template"),
    ("std_createcategory", "parentcategory=C&catname=N", "parentcategory"),
    ("std_registeredproduct", "customersupport=S", "customersupport"),
]


def refused(handler: str, text: str) -> tuple[str, object]:
    try:
        read_parameters(handler, text)
    except ParametersRefused as bad:
        return bad.code, bad.details.get("parameter", "")
    return "", ""


@pytest.mark.rule("S8")
@pytest.mark.parametrize(("handler", "text", "needed"), HANDLERS, ids=[row[0] for row in HANDLERS])
def test_every_parameter_of_the_table_is_understood_and_what_is_needed_is_asked_for(
    handler: str, text: str, needed: str
) -> None:
    given = dict(pair.split("=") for pair in text.split("&"))
    assert read_parameters(handler, text).given == given
    assert refused(handler, f"{text}&colour=red") == ("parameter_unknown", "colour")
    for alternatives in needed.split():
        left = {name: value for name, value in given.items() if name not in alternatives.split("|")}
        told = " / ".join(alternatives.split("|"))
        assert refused(handler, "&".join(f"{k}={v}" for k, v in left.items())) == ("parameter_missing", told)
        for one in alternatives.split("|"):
            some = left | {one: given[one]}
            assert refused(handler, "&".join(f"{k}={v}" for k, v in some.items())) == ("", "")


@pytest.mark.rule("S8")
@pytest.mark.parametrize(
    ("handler", "plugin"),
    [
        ("std_createvinstance", "local_vmoodle"),
        ("std_addquizattempts", "quizaccess_attempts"),
        ("std_addtrainingcredits", "enrol_trainingcredits"),
        ("std_openltiaccess", "enrol_lti"),
        ("std_unlockpdfcertificate", "mod_pdcertificate"),
    ],
)
def test_a_handler_that_needs_a_plugin_is_refused_and_names_it(handler: str, plugin: str) -> None:
    with pytest.raises(ParametersRefused) as bad:
        read_parameters(handler, "")
    assert (bad.value.code, bad.value.details["plugin"]) == ("handler_needs_plugin", plugin)


@pytest.mark.rule("S8")
@pytest.mark.parametrize("level", ["system", "coursecat", "course", "module", "user"])
def test_a_role_may_be_given_at_each_level_that_moodle_has(level: str) -> None:
    assert refused("std_assignroleoncontext", f"contextlevel={level}&instance=7&role=r") == ("", "")
    assert refused("std_assignroleoncontext", "contextlevel=block&instance=7&role=r") == (
        "parameter_unreadable",
        "contextlevel",
    )


@pytest.mark.rule("S8")
@pytest.mark.parametrize(
    ("handler", "text", "parameter"),
    [
        ("std_setuponecoursesession", "coursename=A&supervisor=Éva", "supervisor"),
        ("std_setuponecoursesession", "coursename=A&supervisor=" + "r" * 101, "supervisor"),
        ("std_enrolonecourse", "coursename=A&role=a b", "role"),
        ("std_enrolonecourse", "courseid=0", "courseid"),
        ("std_enrolonecourse", "courseid=x", "courseid"),
        ("std_enrolonecourse", "courseid=1234567890", "courseid"),
        ("std_generateseats", "packsize=0", "packsize"),
        ("std_generateseats", "packsize=²", "packsize"),
        ("std_enrolonecourse", "coursename=A&starttime=soon", "starttime"),
        ("std_enrolonecourse", "coursename=A&endtime=never", "endtime"),
        ("std_enrolonecourse", "coursename=A&duration=long", "duration"),
        ("std_prorogate", "timeshift=-3", "timeshift"),
        ("std_extendenrolperiod", "coursename=A&extension=0", "extension"),
    ],
)
def test_what_cannot_be_read_is_named_before_anything_is_sold(
    handler: str, text: str, parameter: str
) -> None:
    assert refused(handler, text) == ("parameter_unreadable", parameter)


@pytest.mark.rule("S8")
def test_a_parameter_told_twice_is_refused_and_an_empty_one_counts_as_absent() -> None:
    assert refused("std_enrolonecourse", "coursename=A&coursename=B") == ("parameter_twice", "coursename")
    assert refused("std_enrolonecourse", "coursename= ") == (
        "parameter_missing",
        "coursename / courseidnumber / courseid",
    )
    assert read_parameters("std_enrolonecourse", " ?courseid=7 ").course == CourseName(id=7)


@pytest.mark.rule("S8", "S9")
@pytest.mark.parametrize(
    ("text", "span"),
    [
        ("1", DAY),
        ("30D", 30 * DAY),
        ("+30d", 30 * DAY),
        ("12H", timedelta(hours=12)),
        ("+12h", timedelta(hours=12)),
        ("36500", 36_500 * DAY),
        ("36501", None),
        ("0", None),
        ("1234567", None),
        ("3W", None),
    ],
)
def test_a_duration_counts_days_or_hours_from_one_to_a_century(text: str, span: timedelta | None) -> None:
    if span is None:
        with pytest.raises(ParametersRefused, match="parameter_unreadable"):
            read_span(text)
    else:
        assert read_span(text) == span


@pytest.mark.rule("S8", "S9")
@pytest.mark.parametrize(
    ("text", "moment"),
    [
        ("1767225600", datetime(2026, 1, 1, tzinfo=UTC)),
        ("2026-01-01", datetime(2026, 1, 1, tzinfo=UTC)),
        ("2026-01-01T10:00:00+02:00", datetime(2026, 1, 1, 8, tzinfo=UTC)),
        ("+30D", NOW + 30 * DAY),
        ("12H", NOW + timedelta(hours=12)),
    ],
)
def test_a_moment_is_unix_iso_or_counted_from_the_payment(text: str, moment: datetime) -> None:
    assert read_moment(text, NOW) == moment


@pytest.mark.rule("S9")
@pytest.mark.parametrize(
    ("text", "end"),
    [
        ("coursename=A&duration=3", NOW + 3 * DAY),
        ("coursename=A", None),
        ("coursename=A&endtime=+5D&duration=3", NOW + 5 * DAY),
        ("coursename=A&starttime=+2D&duration=3", NOW + 5 * DAY),
        ("coursename=A&starttime=+2D&endtime=+3D", NOW + 3 * DAY),
    ],
)
def test_an_end_counts_before_a_duration_and_without_both_it_is_open(text: str, end: datetime | None) -> None:
    assert read_parameters("std_enrolonecourse", text).window(NOW)[1] == end


@pytest.mark.rule("S9")
def test_an_end_that_is_not_after_its_start_is_refused() -> None:
    same = read_parameters("std_enrolonecourse", "coursename=A&starttime=+2D&endtime=+2D")
    with pytest.raises(ParametersRefused) as bad:
        same.window(NOW)
    assert bad.value.details["parameter"] == "endtime"


# -- money -------------------------------------------------------------------------------------------------


@pytest.mark.rule("S13")
@pytest.mark.parametrize(
    ("currency", "units", "text"),
    [
        *(
            (code, 10, "10")
            for code in [
                "BIF",
                "CLP",
                "DJF",
                "GNF",
                "JPY",
                "KMF",
                "KRW",
                "MGA",
                "PYG",
                "RWF",
                "UGX",
                "VND",
                "VUV",
                "XAF",
                "XOF",
                "XPF",
                "jpy",
            ]
        ),
        *((code, 10_000, "10.000") for code in ["BHD", "IQD", "JOD", "KWD", "LYD", "OMR", "TND", "tnd"]),
        *((code, 1000, "10.00") for code in ("EUR", "USD", "eur", "")),
    ],
)
def test_an_amount_has_as_many_places_as_its_currency(currency: str, units: int, text: str) -> None:
    assert minor_units("10", currency) == units
    assert shown(units, currency) == text


@pytest.mark.rule("S13")
@pytest.mark.parametrize("figure", ["ten", "", "NaN", "Infinity", "1e13", "1e999999999", "1" * 41])
def test_a_figure_that_is_no_amount_is_refused(figure: str) -> None:
    with pytest.raises(GiveUp, match="amount_unreadable"):
        minor_units(figure, "EUR")


@pytest.mark.rule("S13")
def test_a_figure_may_be_as_large_as_a_million_millions() -> None:
    assert minor_units("9.99e12", "EUR") == 999 * 10**12
    with pytest.raises(GiveUp, match="amount_unreadable"):
        minor_units("1e13", "EUR")
    assert minor_units("0" * 39 + "1", "EUR") == 100


def why(*lines: Any, **changes: Any) -> tuple[str, dict[str, str]]:
    facts = some_facts(lines=lines or (a_line(),))
    order = merged(new_order("boutique", facts, NOW), facts)
    order = replace(order, **changes)
    note = check_amounts(order, {"SPOCM1": a_product()})
    return (note.code, dict(note.details)) if note else ("", {})


@pytest.mark.rule("S13")
def test_each_difference_of_money_tells_its_figures() -> None:
    assert why(total=-1) == ("amount_absurd", {"figure": "total"})
    assert why(odd=("tax",)) == ("amount_absurd", {"figure": "tax"})
    assert why(a_line(quantity=0)) == ("amount_absurd", {"figure": "SPOCM1: quantity"})
    assert why(a_line(amount=-1), total=0) == ("amount_absurd", {"figure": "SPOCM1: amount"})
    assert why(a_line(odd="price")) == ("amount_absurd", {"figure": "SPOCM1: price"})
    assert why(refunds=(Refund("r", odd="amount"),)) == ("amount_absurd", {"figure": "r: amount"})
    assert why(currency="USD") == (
        "currency_differs",
        {"product": "SPOCM1", "paid": "USD", "asked": "EUR"},
    )
    assert why(currency="")[1]["paid"] == "?"
    assert why(total=3000) == ("amount_differs", {"lines": "4000", "total": "3000"})
    assert why(a_line(amount=1), total=1) == ("price_differs", {"product": "SPOCM1"})
    assert why(a_line(amount=None), total=None, hearsay=True)[0] == "price_differs"


@pytest.mark.rule("S13")
@pytest.mark.parametrize(
    ("parent", "code"),
    [
        (a_line("9", product="PACK", amount=4000, participants=()), ""),
        (a_line("9", product="PACK", amount=1, participants=()), ""),
        (a_line("9", product="PACK", amount=0, discount=1, participants=()), ""),
        (a_line("9", product="PACK", amount=0, participants=()), "price_differs"),
        (a_line("9", product="PACK", amount=0, part_of="1", participants=()), "price_differs"),
    ],
    ids=["its price", "a cent", "a cent taken off", "nothing", "nothing, and part of its own part"],
)
def test_a_part_of_a_bundle_costs_nothing_where_its_parent_bears_a_price(parent: Any, code: str) -> None:
    part = a_line(amount=0, part_of="9")
    assert why(part, parent, total=parent.amount)[0] == code


@pytest.mark.rule("S13")
def test_parts_of_one_group_bear_the_price_for_one_another() -> None:
    free, paid = a_line("1", amount=0, part_of="pack"), a_line("2", product="X", amount=1, part_of="pack")
    assert why(free, paid, total=1)[0] == ""
    other = a_line("2", product="X", amount=1, part_of="other")
    assert why(free, other, total=1)[0] == "price_differs"


# -- shops, and what a delivery does not say -----------------------------------------------------------------


@pytest.mark.rule("S13")
def test_a_price_below_nothing_is_no_price() -> None:
    assert Product(handler="x", price="0").prices_minor == {"EUR": 0}
    for price in ("-0.01", "ten"):
        with pytest.raises(ValueError, match="price"):
            Product(handler="x", price=price)


@pytest.mark.rule("S18")
def test_a_link_lives_a_day_at_least_and_a_shop_has_two_secrets_at_most() -> None:
    assert Shop(kind="standard", site="caen", seats_days=1, secrets=("a", "b")).seats_days == 1
    with pytest.raises(ValueError, match="seats_days"):
        Shop(kind="standard", site="caen", seats_days=0)
    with pytest.raises(ValueError, match="secrets"):
        Shop(kind="standard", site="caen", secrets=("a", "b", "c"))


@pytest.mark.rule("S12")
def test_a_delivery_that_says_nothing_changes_nothing() -> None:
    order = new_order("boutique", some_facts(), NOW)
    whole = merged(order, some_facts())
    assert merged(whole, Facts(order="1042")) == whole


@pytest.mark.rule("S3")
def test_too_many_people_are_told_with_how_many_there_are_and_how_many_seats() -> None:
    facts = some_facts(lines=(a_line(quantity=3, amount=3000),))
    against = read_lines(merged(new_order("boutique", facts, NOW), facts), a_shop()).against
    assert against is not None
    assert against.details == {"product": "SPOCM1", "people": "4", "seats": "3"}


@pytest.mark.rule("S2")
def test_a_role_that_a_product_asks_for_and_nobody_has_is_told_with_its_product() -> None:
    shop = a_shop(
        products={"SPOCM1": a_product(parameters="coursename=SPOCM1&requiredroles=student,manager")}
    )
    order = merged(new_order("boutique", some_facts(), NOW), some_facts())
    reading = read_lines(order, shop)
    order = replace(order, seats=seated(order, reading.sold, NOW))
    session = desired(order, shop, reading.sold)
    assert [note.details for note in session.missing] == [{"role": "manager", "product": "SPOCM1"}]


@pytest.mark.rule("S8")
@pytest.mark.parametrize(("foruser", "person"), [("&foruser=Bob", "bob"), ("", "rh@client.example")])
def test_a_role_in_a_context_is_for_the_buyer_unless_somebody_is_named(foruser: str, person: str) -> None:
    product = a_product(
        "std_assignroleoncontext", parameters=f"contextlevel=course&instance=A&role=manager{foruser}"
    )
    order = merged(new_order("boutique", some_facts(), NOW), some_facts())
    shop = a_shop(products={"SPOCM1": product})
    (role,) = desired(order, shop, read_lines(order, shop).sold).roles
    assert (role.person, role.level, role.instance, role.role) == (person, "course", "A", "manager")


@pytest.mark.rule("S8")
def test_seats_of_a_choice_of_courses_go_to_the_one_chosen_or_the_first() -> None:
    shop = a_shop(products={"SPOCM1": a_product("std_generateseats", parameters="courselist=A,B")})
    people = (a_line().participants[0], Participant("bob@client.example", "Bob", "Petit", course="B"))
    facts = some_facts(lines=(a_line(participants=people),))
    order = merged(new_order("boutique", facts, NOW), facts)
    sold = read_lines(order, shop).sold
    session = desired(replace(order, seats=seated(order, sold, NOW)), shop, sold)
    assert [str(one.course) for one in session.enrolments] == ["A", "B"]
    assert [str(one) for one in session.targets] == ["A", "B"]


@pytest.mark.rule("S13")
def test_what_a_person_may_let_through_is_money_and_nothing_else() -> None:
    money = "amount_absurd amount_differs currency_differs price_differs price_unknown test_order"
    assert set(money.split()) == RELEASABLE


@pytest.mark.rule("S12", "S16")
def test_what_a_delivery_does_not_say_is_thought_of_as_nothing() -> None:
    bare = merged(new_order("boutique", Facts(order="1042"), NOW), Facts(order="1042"))
    assert bare == new_order("boutique", Facts(order="1042"), NOW)
    assert (bare.lines_at, bare.refunds_at, bare.refunds_known, bare.state) == ("", "", True, "received")
    assert (bare.revision, bare.held, bare.let_through, bare.asked, bare.test, bare.given_back) == (
        0,
        *[False] * 5,
    )
    assert (bare.currency, bare.total, bare.lines, bare.number, bare.shown) == ("", None, (), "", "1042")
    assert (Buyer().key, Buyer().lang, Seat("1", Participant("a@b.c")).username) == ("", "", "")
    assert (Facts(order="1").sale, Facts(order="1").whole_refunds, Facts(order="1").hearsay) == (
        True,
        False,
        False,
    )
    assert (Refund("r").state, Refund("r").event, Refund("r").reversal) == ("done", False, False)
    delivery = Delivery(id="d", shop="boutique", topic="t", received_at=NOW, body="")
    assert (delivery.state, delivery.why, delivery.order) == ("pending", None, "")


@pytest.mark.rule("S16")
@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("number", "77"),
        ("currency", "USD"),
        ("total", 5),
        ("buyer", Buyer("new@client.example")),
        ("total_in", {"USD": 5}),
        ("test", True),
        ("given_back", True),
    ],
)
def test_a_newer_word_counts_in_every_field_and_what_it_does_not_say_stays(name: str, value: object) -> None:
    order = merged(new_order("boutique", some_facts(), NOW), some_facts())
    later = {"snapshot_at": NOW + DAY, name: value}
    newer = merged(order, some_facts(**later))
    assert getattr(newer, name) == value
    silent = merged(newer, Facts(order="1042", snapshot_at=NOW + 2 * DAY))
    assert getattr(silent, name) == value
    older = merged(order, some_facts(**later | {"snapshot_at": NOW - DAY}))
    assert getattr(older, name) == getattr(order, name)


@pytest.mark.rule("S17")
def test_what_to_ask_the_shop_for_is_noted_until_it_was_asked() -> None:
    order = merged(new_order("boutique", some_facts(), NOW), some_facts(lines_at="orders/7"))
    assert order.lines_at == "orders/7"
    assert merged(replace(order, asked=True), Facts(order="1042", lines_at="orders/8")).lines_at == "orders/7"
    told = merged(order, Facts(order="1042", refunds_at="refunds/1", refunds=(Refund("r", 100),)))
    assert (told.refunds_at, told.refunds_known) == ("refunds/1", False)
    known = merged(order, Facts(order="1042", refunds=(Refund("r", 100),)))
    assert (known.refunds_at, known.refunds_known) == ("", True)
    again = merged(replace(told, refunds_known=True), Facts(order="1042", refunds_at="refunds/1"))
    assert again.refunds_known, "nothing new is to be asked for"


@pytest.mark.rule("S16")
def test_lines_that_the_shop_was_asked_for_are_not_replaced_by_what_a_page_said() -> None:
    asked = replace(merged(new_order("boutique", some_facts(), NOW), some_facts()), asked=True)
    page = some_facts(snapshot_at=NOW + DAY, lines=(a_line(product="OTHER"),), hearsay=True)
    assert merged(asked, page).lines == asked.lines
    assert merged(replace(asked, asked=False), page).lines == page.lines
    assert merged(replace(asked, lines_known=False), page).lines == page.lines
    assert merged(asked, replace(page, hearsay=False)).lines == page.lines


@pytest.mark.rule("S2", "S16")
def test_people_once_told_stay_where_the_field_that_lists_them_was_lost_on_the_way() -> None:
    order = merged(new_order("boutique", some_facts(), NOW), some_facts())
    lost = some_facts(snapshot_at=NOW + DAY, lines=(a_line(participants=(), untold=True),))
    assert merged(order, lost).lines[0].participants == a_line().participants
    emptied = some_facts(snapshot_at=NOW + DAY, lines=(a_line(participants=()),))
    assert merged(order, emptied).lines[0].participants == ()
    late = merged(merged(new_order("boutique", some_facts(), NOW), lost), some_facts())
    assert late.lines[0].participants == a_line().participants


@pytest.mark.rule("S14")
def test_what_a_line_gave_is_read_off_the_ledger_less_the_shift_it_was_moved_by() -> None:
    order = replace(merged(new_order("boutique", some_facts(), NOW), some_facts()), shift=86_400)
    by = "boutique:1042:1"
    given = [
        Given(Grant(by, "student", NOW + DAY, NOW + 31 * DAY), "SPOCM1"),
        Given(Grant(by, "teacher", NOW + 2 * DAY, NOW + 31 * DAY), "SPOCM1", tutor=True),
        Given(Grant(f"{by}:support", "student", NOW, None), "SUPPORT"),
        Given(Grant("boutique:9:1", "student", NOW, None), "OTHER"),
    ]
    sale = sale_from_ledger(order, a_line(), a_shop(), given)
    assert sale is not None
    assert (sale.learner_role, sale.tutor_role, sale.handler) == ("student", "teacher", "std_enrolonecourse")
    read = read_parameters(sale.handler, sale.parameters)
    assert read.window(NOW) == (NOW, NOW + 30 * DAY)
    assert (read.text("coursename"), read.text("customersupport")) == ("SPOCM1", "SUPPORT")
    assert sale_from_ledger(order, a_line(), a_shop(), given[2:]) is None, "it gave nothing"
    other = Given(Grant(by, "student", NOW, NOW + 31 * DAY), "OTHER")
    assert sale_from_ledger(order, a_line(), a_shop(), [*given, other]) is None, "two courses"
    open_end = Given(Grant(by, "student", NOW, None), "SPOCM1")
    assert sale_from_ledger(order, a_line(), a_shop(), [*given, open_end]) is None, "two ends"
    packs = a_shop(products={"SPOCM1": a_product("std_generateseats", parameters="courselist=SPOCM1")})
    assert sale_from_ledger(order, a_line(), packs, given) == sale, "a pack has no end: it was none then"
    free = [replace(one, grant=replace(one.grant, end=None)) for one in given[:2]]
    other = [Given(Grant(by, "student", NOW, None), "OTHER")]
    pack = sale_from_ledger(order, a_line(), packs, [*free, *other])
    assert pack is not None
    assert (pack.handler, pack.price) == ("std_generateseats", "")
    named = "courselist=OTHER%2CSPOCM1&supervisor=teacher"
    assert pack.parameters == named, "everybody chose, as far as the order knows: none comes first"
    seats = tuple(
        Seat("1", replace(a_participant(n), course="OTHER" if n == "bob" else "")) for n in ("ana", "bob")
    )
    pack = sale_from_ledger(replace(order, seats=seats), a_line(), packs, [*free, *other])
    assert pack is not None
    assert pack.parameters.startswith("courselist=SPOCM1%2COTHER"), "the first is where nobody chose"
    third = [*free, *other, Given(Grant(by, "student", NOW, None), "THIRD")]
    assert sale_from_ledger(replace(order, seats=seats), a_line(), packs, third) is None


@pytest.mark.rule("S9")
def test_products_registered_and_prolonged_twice_count_once_each() -> None:
    session = Session(
        registered=(("o:1", "A", NOW), ("o:2", "B", NOW + DAY)),
        prorogued=(("o:3", DAY), ("o:4", 2 * DAY)),
    )
    owned, problems = owned_after((), session)
    assert problems == ()
    assert owned_after(owned, session) == (owned, ())
    assert [(one.by, one.end) for one in owned] == [
        ("o:1", NOW),
        ("o:2", NOW + 4 * DAY),
        ("o:3", NOW + 2 * DAY),
        ("o:4", NOW + 4 * DAY),
    ]
    more = replace(session, prorogued=(("o:3", DAY), ("o:5", DAY)))
    assert owned_after(owned, more)[0][-1].by == "o:5", "one that counted keeps no other from counting"
    nothing = Session(prorogued=(("o:3", DAY), ("o:4", DAY)))
    assert [note.code for note in owned_after((), nothing)[1]] == ["nothing_to_prorogate"] * 2


# -- the ledger (S14) ---------------------------------------------------------------------------------------


def a_page(*grants: Grant, **changes: Any) -> LedgerPage:
    place = CourseAccess(course_id=7, grants=grants)
    whole: dict[str, Any] = {
        "id": "caen:11",
        "site": "caen",
        "user_id": 11,
        "username": "ana",
        "created_at": NOW,
        "places": (place,) if grants else (),
    }
    return LedgerPage(**whole | changes)


@pytest.mark.rule("S14")
def test_all_grants_together_give_every_role_from_the_earliest_start_to_the_latest_end() -> None:
    one, other = Grant("o:1", "student", NOW, NOW + DAY), Grant("p:1", "teacher", NOW - DAY, NOW + 2 * DAY)
    assert wanted(CourseAccess(7, grants=(one, other))) == Wanted(
        ("student", "teacher"), NOW - DAY, NOW + 2 * DAY
    )
    endless = replace(one, end=None)
    assert wanted(CourseAccess(7, grants=(other, endless))) == Wanted(("student", "teacher"), NOW - DAY, None)
    assert wanted(CourseAccess(7)) is None


@pytest.mark.rule("S14")
def test_an_order_takes_away_only_what_it_gave_itself_and_gives_no_more() -> None:
    mine, others = Grant("o:1", "student", NOW, None, "g"), Grant("oo:1", "student", NOW, None)
    page = a_page(mine, others, products=(Owned("o:1", "A"), Owned("oo:1", "B")))
    assert kept(page, "o", {("o:1", 7, "student"), ("o:1", 0, "")}, set(), NOW) is page
    left = kept(page, "o", set(), set(), NOW + DAY)
    assert left.places[0].grants == (others,)
    assert left.products == (Owned("oo:1", "B"),)
    assert left.taken_at == NOW + DAY
    assert kept(page, "o", {("o:1", 8, "student")}, set(), NOW).places[0].grants == (others,), (
        "another course"
    )
    assert kept(page, "o", {("o:1", 7, "teacher")}, set(), NOW).places[0].grants == (others,), "another role"


@pytest.mark.rule("S14")
def test_a_tie_that_stood_by_hand_is_never_called_ours_and_one_withdrawn_is_given_again() -> None:
    tie = Tie(11, "course", "7", "manager", by=("o:1",), ours=False, done=True)
    over = Tie(11, "user", "12", "mentor", by=("o:1",), ours=False, done=True)
    page = a_page(ties=(tie, over))
    left = kept(page, "o", set(), set(), NOW)
    assert left.ties == (replace(over, by=(), done=False),), "over a person it is an order's"
    assert loose(left) == left.ties
    assert tied(page, replace(tie, ours=True), "p:1").ties[0] == replace(tie, by=("o:1", "p:1"))
    assert kept(page, "o", set(), {("o:1", tie.key), ("o:1", over.key)}, NOW) is page
    again = tied(left, over, "p:1")
    assert (again.ties[0].by, again.ties[0].done) == (("p:1",), False)
    assert tie_done(again, over.key).ties[0].done
    assert not tie_done(left, over.key).ties[0].done


@pytest.mark.rule("S14")
def test_a_page_lives_while_it_gives_something_or_moodle_may_hold_what_nobody_pays_for() -> None:
    grant = Grant("o:1", "student", NOW, None, "g")
    assert not a_page().live
    assert a_page(grant).live
    written = to_be_written(a_page(grant), 7)
    assert (written.places[0].written, written.places[0].groups) == (("student",), ("g",))
    assert not withdrawn(written)
    gone = kept(written, "o", set(), set(), NOW)
    assert withdrawn(gone)
    assert gone.live
    assert stale_groups(gone.places[0]) == ("g",)
    done = looked_at(gone)
    assert (withdrawn(done), done.live, done.taken_at) == (False, False, None)
    assert to_be_written(a_page(), 7) == a_page()
    assert lines_of(replace(written, products=(Owned("o:2", "A"),))) == {"o:1", "o:2"}


# -- what each handler makes stand (S8) ------------------------------------------------------------------------


def standing(
    handler: str, parameters: str, *, quantity: int = 2, order: dict[str, Any] | None = None
) -> Session:
    shop = a_shop(products={"SPOCM1": a_product(handler, parameters=parameters)})
    line = a_line(quantity=quantity, amount=1000 * quantity, participants=())
    facts = some_facts(lines=(line,))
    sold = replace(merged(new_order("boutique", facts, NOW), facts), **(order or {}))
    return desired(sold, shop, read_lines(sold, shop).sold)


BY = "boutique:1042:1"
RH = "rh@client.example"
SUPPORTED = Enrolment(f"{BY}:support", RH, CourseName("S"), "student", NOW, NOW + 3 * DAY)


@pytest.mark.rule("S7", "S8")
def test_a_course_bought_for_oneself_enrols_the_buyer_in_the_group_that_is_named() -> None:
    text = "coursename=A&role=guest&duration=3&groupname=G&customersupport=S"
    found = standing("std_enrolonecourse", text)
    group = GroupName("boutique:G", "G")
    assert found.enrolments == (Enrolment(BY, RH, CourseName("A"), "guest", NOW, NOW + 3 * DAY, group),)
    assert found.support == (SUPPORTED,)
    assert found.people == (RH,)
    plain = standing("std_enrolonecourse", "courseid=7")
    assert plain.enrolments == (Enrolment(BY, RH, CourseName(id=7), "student", NOW, None),)
    assert plain.support == ()
    assert standing("std_enrolonecourse", text, order={"buyer": Buyer()}).support == (), "nobody is known"


@pytest.mark.rule("S8", "S9")
def test_bought_again_it_moves_the_end_by_its_duration_and_without_one_by_nothing() -> None:
    def again(handler: str, text: str) -> timedelta | None:
        return standing(handler, text).enrolments[0].again

    assert again("std_enrolonecoursemultiple", "coursename=A&duration=3") == 3 * DAY
    assert again("std_enrolonecoursemultiple", "coursename=A&starttime=+2D&endtime=+3D") == DAY
    assert again("std_enrolonecoursemultiple", "coursename=A") is None
    assert again("std_enrolonecourse", "coursename=A&duration=3") is None


@pytest.mark.rule("S8")
def test_products_are_registered_and_prolonged_once_for_each_piece_by_a_year_unless_said() -> None:
    registered = standing("std_registeredproduct", "customersupport=S")
    assert registered.registered == ((BY, "SPOCM1", None),)
    assert [str(one.course) for one in registered.support] == ["S"]
    assert standing("std_prorogate", "timeshift=3").prorogued == ((BY, 6 * DAY),)
    assert standing("std_prorogate", "").prorogued == ((BY, 2 * 365 * DAY),)


@pytest.mark.rule("S8")
def test_a_course_or_category_is_made_for_the_buyer_and_called_after_what_was_bought_and_whoever_did() -> (
    None
):
    course = "coursecategory=C&template=T&duration=3"
    made = MadePlace(
        BY, "course", "C", "T", "SPOC d'appropriation de Moodle – Client SA", BY, NOW, NOW + 3 * DAY
    )
    assert standing("std_createcourse", course).places == (made,)
    alone = {"buyer": Buyer(email=RH, firstname="Rose", lastname="Humbert")}
    assert standing("std_createcourse", course, order=alone).places[0].name.endswith(" – Rose Humbert")
    nobody = {"buyer": Buyer(email=RH)}
    assert standing("std_createcourse", course, order=nobody).places[0].name.endswith(" – 1042")
    named = "parentcategory=C&catname=N"
    assert standing("std_createcategory", named).places == (MadePlace(BY, "category", "C", "", "N", BY, NOW),)
    for handler, text in (("std_createcategory", named), ("std_createcourse", course)):
        (place,) = standing(handler, text, order={"id": "boutique:" + "9" * 100}).places
        assert (place.idnumber, len(place.idnumber)) == (place.by[:100], 100), "as much as Moodle keeps"
    for order, name in ((None, "Client SA"), (alone, "Rose Humbert"), (nobody, "1042")):
        assert standing("std_createcategory", "parentcategory=C", order=order).places[0].name == name


@pytest.mark.rule("S5")
def test_the_group_of_an_order_is_called_by_its_shop_number_and_buyer_and_fits_moodle() -> None:
    facts = some_facts()
    order = merged(new_order("boutique", facts, NOW), facts)
    assert group_of(order, "Boutique") == GroupName("boutique:1042", "Boutique 1042 – Client SA")
    long = replace(order, id="b" * 101, buyer=Buyer(institution="x" * 300))
    found = group_of(long, "Boutique")
    assert (len(found.idnumber), len(found.name)) == (100, 254)
    assert group_of(replace(order, buyer=Buyer()), "Boutique").name == "Boutique 1042"


@pytest.mark.rule("S14")
def test_a_line_that_is_back_keeps_no_later_line_from_standing() -> None:
    lines = (a_line("1"), a_line("2"))
    facts = some_facts(lines=lines, refunds=(Refund("r", lines={"1": 4}),))
    order = merged(new_order("boutique", facts, NOW), facts)
    sold = read_lines(order, a_shop()).sold
    order = replace(order, seats=seated(order, sold, NOW))
    found = desired(order, a_shop(), sold)
    assert {one.by for one in found.enrolments} == {"boutique:1042:2"}
    assert [str(one) for one in found.courses] == ["SPOCM1", "SUPPORT"]
    assert desired(replace(order, cancelled_at=NOW), a_shop(), sold) == Session()


@pytest.mark.rule("S4")
def test_a_seat_refused_for_its_address_alone_is_not_wanted_and_one_refused_otherwise_is() -> None:
    facts = some_facts()
    order = merged(new_order("boutique", facts, NOW), facts)
    sold = read_lines(order, a_shop()).sold
    bad = Participant(unread_row(2, "email_invalid"))
    seats = tuple(
        Seat("1", person, state=state)
        for person, state in (
            (bad, SeatState.REFUSED),
            (a_line().participants[0], SeatState.REFUSED),
            (a_line().participants[1], SeatState.TAKEN),
        )
    )
    found = desired(replace(order, seats=seats), a_shop(), sold)
    assert [one.person for one in found.enrolments] == ["ana@client.example"]


@pytest.mark.rule("S13")
def test_silent_lines_are_held_against_the_total_with_what_was_granted_unless_discounts_park() -> None:
    silent = a_line(amount=None)
    assert why(silent, total=3000, discount=996)[0] == ""
    assert why(silent, total=3000, discount=995) == ("price_differs", {"product": "SPOCM1"})
    assert why(silent, total=3000, credit=996)[0] == ""
    parked = {"SPOCM1": a_product(discounts="park")}
    facts = some_facts(lines=(silent,))
    order = replace(merged(new_order("boutique", facts, NOW), facts), total=3000, discount=1000)
    assert check_amounts(order, parked) is not None
    unpriced = {"SPOCM1": a_product(price="")}
    assert check_amounts(order, unpriced) is None
    unknown = check_amounts(replace(order, hearsay=True), unpriced)
    assert unknown is not None
    assert (unknown.code, unknown.details) == ("price_unknown", {"product": "SPOCM1"})


@pytest.mark.rule("S13", "S16")
def test_what_the_shop_took_off_comes_with_the_newest_lines() -> None:
    facts = some_facts(discount=7, credit=8, odd=("tax",))
    order = merged(new_order("boutique", facts, NOW), facts)
    assert (order.discount, order.credit, order.odd, order.lines_known) == (7, 8, ("tax",), True)
    newer = merged(order, some_facts(snapshot_at=NOW + DAY))
    assert (newer.discount, newer.credit, newer.odd) == (0, 0, ())
    older = merged(order, some_facts(snapshot_at=NOW - DAY, discount=9))
    assert older.discount == 7


@pytest.mark.rule("S14")
def test_a_grant_stands_once_in_its_latest_form_in_the_course_as_it_was_first_met() -> None:
    place = CourseAccess(7, "A")
    first, later = Grant("o:1", "student", NOW), Grant("o:1", "student", NOW, NOW + DAY)
    page = granted(a_page(), place, first)
    assert page.places == (replace(place, grants=(first,)),)
    moved = granted(page, CourseAccess(7, "B"), later)
    assert moved.places == (replace(place, grants=(later,)),)
    other = granted(moved, CourseAccess(3), Grant("o:0", "teacher", NOW))
    assert [one.course_id for one in other.places] == [3, 7]
    both = granted(moved, place, Grant("o:0", "teacher", NOW))
    assert [one.by for one in both.places[0].grants] == ["o:0", "o:1"]
    assert not Tie(1, "user", "2", "mentor").done


@pytest.mark.rule("S2")
def test_a_mark_of_the_editor_before_the_first_row_and_a_row_that_is_short_are_read_all_the_same() -> None:
    (person,) = read_people("\ufeffMartin,Ana,ana@client.example").people
    assert person.lastname == "Martin"
    read = read_people("ana@client.example,Martin")
    assert [one.code for one in read.problems] == ["email_missing"]


@pytest.mark.rule("S13")
def test_a_product_may_have_prices_in_further_currencies() -> None:
    product = Product(handler="x", price="10.00", prices={"usd": "12", "JPY": "1500"})
    assert product.prices_minor == {"EUR": 1000, "USD": 1200, "JPY": 1500}
    assert Product(handler="x", currency="chf", price="1").prices_minor == {"CHF": 100}


@pytest.mark.rule("S8")
@pytest.mark.parametrize(("supervisor", "role"), [("&supervisor=mentor", "mentor"), ("", "teacher")])
def test_tutors_get_the_role_that_the_product_names_or_the_shops(supervisor: str, role: str) -> None:
    shop = a_shop(products={"SPOCM1": a_product(parameters=f"coursename=A{supervisor}")})
    order = merged(new_order("boutique", some_facts(), NOW), some_facts())
    sold = read_lines(order, shop).sold
    found = desired(replace(order, seats=seated(order, sold, NOW)), shop, sold)
    assert [one.role for one in found.enrolments] == ["student", "student", "student", role]
    assert {str(one.group) for one in found.enrolments} == {str(group_of(order, "boutique"))}


@pytest.mark.rule("S11")
def test_places_that_cannot_be_given_are_told_with_their_product_and_stop_nothing() -> None:
    session = standing("std_enrolonecourse", "coursename=A", quantity=3)
    assert [note.details for note in session.remarks] == [{"product": "SPOCM1", "count": "2"}]


@pytest.mark.rule("S4")
@pytest.mark.parametrize(
    ("email", "plain"),
    [
        ("Ana.Martin@Client.example", True),
        ("ana_m-2@client.example", True),
        ("ana+rh@client.example", False),
        ("anaïs@client.example", False),
        ("a" * 86 + "@client.example", False),
    ],
)
def test_an_account_is_called_by_its_address_where_moodle_takes_that_as_a_username(
    email: str, plain: bool
) -> None:
    first, second = usernames(email)
    assert (first == email.lower()) is plain
    assert second == usernames(email.upper())[1]
    assert second != email.lower()
    assert max(len(first), len(second)) <= 100
    assert re.fullmatch(r"[a-z0-9.@_-]+-[0-9a-f]{8}", second)
    assert plain or first == second


@pytest.mark.rule("S4")
def test_an_address_is_of_the_one_living_account_that_has_it() -> None:
    def found(*users: User) -> object:
        answer = account_of(users)
        return answer.code if isinstance(answer, Note) else answer

    ana = User(1, "ana")
    gone, suspended = replace(ana, id=2, deleted=True), replace(ana, id=3, suspended=True)
    assert found() is None
    assert found(ana) is ana
    assert found(ana, gone) is ana
    assert found(gone) == "account_deleted"
    assert found(suspended) == "account_suspended"
    assert found(ana, suspended) == "email_twice"


@pytest.mark.rule("S8", "S21")
def test_what_the_shop_ignores_is_left_out_unless_it_was_sold_as_something_before() -> None:
    other = a_line("2", product="MUG", amount=500, participants=())
    facts = some_facts(lines=(a_line(), other))
    order = merged(new_order("boutique", facts, NOW), facts)
    ignoring = a_shop(ignored=("MUG",))
    reading = read_lines(order, ignoring)
    assert ([one.line.id for one in reading.sold], reading.refused) == (["1"], ())
    unknown = read_lines(order, a_shop())
    assert [(note.code, note.details) for note in unknown.refused] == [
        ("product_unknown", {"product": "MUG"})
    ]
    assert unknown.unread == ("2",)
    before = replace(order, sales=(sale_of(other, a_product(), ignoring),))
    kept_on = read_lines(before, ignoring)
    assert [one.line.id for one in kept_on.sold] == ["1", "2"]
    assert [note.code for note in kept_on.remarks] == ["product_unknown"], (
        "what is wrong with it now stops nothing"
    )


@pytest.mark.rule("S8", "S20")
def test_a_product_that_cannot_be_read_is_refused_with_its_name_and_the_parameter() -> None:
    shop = a_shop(products={"SPOCM1": a_product(parameters="coursename=A&colour=red")})
    order = merged(new_order("boutique", some_facts(), NOW), some_facts())
    (note,) = read_lines(order, shop).refused
    assert note == Note(
        "parameter_unknown",
        {"product": "SPOCM1", "parameter": "colour", "handler": "std_setuponecoursesession"},
    )


@pytest.mark.rule("S16")
def test_whoever_is_declared_later_is_seated_then_as_the_shops_own() -> None:
    order = merged(new_order("boutique", some_facts(), NOW), some_facts())
    sold = read_lines(order, a_shop()).sold
    named = Seat("1", a_line().participants[0], user_id=7)
    found = seated(replace(order, seats=(named,)), sold, NOW + DAY)
    assert found[0] is named
    assert [(one.key, one.given_at, one.declared, one.state) for one in found[1:]] == [
        (f"1:{name}@client.example", NOW + DAY, True, SeatState.OPEN) for name in ("bob", "cleo", "tom")
    ]


@pytest.mark.rule("S2", "S12")
def test_too_many_people_at_once_are_told_with_both_figures() -> None:
    named = tuple(Participant(f"p{n}@client.example") for n in range(5001))
    facts = some_facts(lines=(a_line(quantity=5001, amount=5_001_000, participants=named),))
    against = read_lines(merged(new_order("boutique", facts, NOW), facts), a_shop()).against
    assert against == Note("too_many_at_once", {"people": "5001", "most": "5000"})


@pytest.mark.rule("S6")
def test_a_tie_is_one_by_who_holds_which_role_over_what() -> None:
    assert Tie(11, "user", "12", "mentor").key == (11, "user", "12", "mentor")


@pytest.mark.rule("S2")
def test_a_seventh_cell_without_a_title_says_what_a_person_is_and_a_sixth_does_not() -> None:
    six = read_people("Martin,Ana,ana@client.example,Caen,0231,manager").people[0]
    assert (six.kind, six.institution) == ("learner", "manager")
