"""What one line gives, by table: where an end lies that is bought again, extended or prolonged (S9, S14)."""

from __future__ import annotations

from datetime import datetime, timedelta

import pytest

from passerelle.domain.orders.grants import grant_of, owned_after
from passerelle.domain.orders.ledger import Grant, Owned
from passerelle.domain.orders.products import CourseName
from passerelle.domain.orders.session import Enrolment, Session
from passerelle.domain.records import Note
from tests.factories.records import NOW

MONTH = timedelta(days=30)
YESTERDAY, NEXT_MONTH = NOW - timedelta(days=1), NOW + MONTH


def another(end: datetime | None, role: str = "student") -> Grant:
    return Grant("boutique:1:1", role, NOW - MONTH, end)


def a_line(*, role: str = "", end: datetime | None = NEXT_MONTH, **changes: object) -> Enrolment:
    return Enrolment("boutique:2:1", "ana@client.example", CourseName("SPOCM1"), role, NOW, end, **changes)


BOUGHT_AGAIN = a_line(again=MONTH)
EXTENSION = a_line(again=MONTH, extends=True, end=None)


@pytest.mark.rule("S9", "S14")
@pytest.mark.parametrize(
    ("enrolment", "held", "end"),
    [
        (a_line(), (), NEXT_MONTH),
        (a_line(), (another(NOW + 5 * MONTH),), NEXT_MONTH),
        (BOUGHT_AGAIN, (), NEXT_MONTH),
        (BOUGHT_AGAIN, (another(NEXT_MONTH),), NEXT_MONTH + MONTH),
        (BOUGHT_AGAIN, (another(YESTERDAY),), NEXT_MONTH),
        (BOUGHT_AGAIN, (another(None),), NEXT_MONTH),
        (BOUGHT_AGAIN, (another(NEXT_MONTH), another(NOW + 5 * MONTH, "teacher")), NOW + 6 * MONTH),
        (a_line(again=MONTH, end=None), (another(NEXT_MONTH),), None),
        (EXTENSION, (another(NEXT_MONTH),), NEXT_MONTH + MONTH),
        (EXTENSION, (another(YESTERDAY),), NEXT_MONTH),
        (EXTENSION, (another(None),), None),
        (EXTENSION, (another(NEXT_MONTH), another(None, "teacher")), None),
    ],
    ids=[
        "the first one",
        "a plain one beside another keeps its own end",
        "bought again with nothing before",
        "bought again goes on where the other ends",
        "bought again after the other has ended",
        "bought again where the other is open",
        "bought again goes on after the last of several",
        "bought again without an end",
        "an extension of what runs",
        "an extension of what has ended counts from today",
        "an extension of what is open leaves it open",
        "an extension where one of two is open",
    ],
)
def test_a_line_gives_access_until(
    enrolment: Enrolment, held: tuple[Grant, ...], end: datetime | None
) -> None:
    grant = grant_of(enrolment, held, "student")
    assert isinstance(grant, Grant)
    assert (grant.by, grant.start, grant.end) == ("boutique:2:1", NOW, end)


@pytest.mark.rule("S14")
def test_a_line_worked_on_again_moves_the_end_no_further() -> None:
    for enrolment in (BOUGHT_AGAIN, EXTENSION):
        once = grant_of(enrolment, (another(NEXT_MONTH),), "student")
        assert isinstance(once, Grant)
        assert grant_of(enrolment, (another(NEXT_MONTH), once), "student") == once


@pytest.mark.rule("S9")
def test_a_plain_line_follows_a_change_of_its_dates() -> None:
    earlier = Grant("boutique:2:1", "student", NOW - MONTH, NOW)
    assert grant_of(a_line(), (earlier,), "student") == Grant("boutique:2:1", "student", NOW, NEXT_MONTH)


@pytest.mark.parametrize(
    ("enrolment", "role"),
    [(a_line(), "student"), (a_line(role="guest"), "guest"), (EXTENSION, "teacher")],
    ids=["the shop's learners'", "the one that the product names", "that of what is extended"],
)
def test_the_role_is(enrolment: Enrolment, role: str) -> None:
    grant = grant_of(enrolment, (another(NEXT_MONTH, "teacher"),), "student")
    assert isinstance(grant, Grant)
    assert grant.role == role


def test_an_extension_of_nothing_is_named_with_its_course() -> None:
    assert grant_of(EXTENSION, (), "student") == Note("nothing_to_extend", {"course": "SPOCM1"})


YEAR = timedelta(days=365)
LICENCE, BOOK = Owned("a", "LICENCE", NOW), Owned("b", "BOOK")


@pytest.mark.parametrize(
    ("owned", "session", "after"),
    [
        ((), Session(registered=(("a", "LICENCE", NOW),)), (LICENCE,)),
        ((LICENCE,), Session(registered=(("a", "LICENCE", NOW + YEAR),)), (LICENCE,)),
        (
            (LICENCE, BOOK),
            Session(prorogued=(("c", YEAR),)),
            (Owned("a", "LICENCE", NOW + YEAR), BOOK, Owned("c", "", NOW + YEAR)),
        ),
        (
            (Owned("a", "LICENCE", NOW + YEAR), Owned("c", "", NOW + YEAR)),
            Session(prorogued=(("c", YEAR),)),
            (Owned("a", "LICENCE", NOW + YEAR), Owned("c", "", NOW + YEAR)),
        ),
        (
            (LICENCE, Owned("b", "OTHER", NOW)),
            Session(prorogued=(("c", YEAR),)),
            (LICENCE, Owned("b", "OTHER", NOW + YEAR), Owned("c", "", NOW + YEAR)),
        ),
        (
            (),
            Session(registered=(("a", "LICENCE", NOW),), prorogued=(("c", YEAR),)),
            (Owned("a", "LICENCE", NOW + YEAR), Owned("c", "", NOW + YEAR)),
        ),
    ],
    ids=[
        "registered",
        "registered once",
        "prolonged, past what has no end",
        "prolonged once",
        "the last one registered is prolonged",
        "registered and prolonged by one order",
    ],
)
def test_products_are(owned: tuple[Owned, ...], session: Session, after: tuple[Owned, ...]) -> None:
    assert owned_after(owned, session) == (after, ())


def test_a_prorogation_of_nothing_is_said() -> None:
    assert owned_after((BOOK,), Session(prorogued=(("c", YEAR),))) == (
        (BOOK,),
        (Note("nothing_to_prorogate"),),
    )
