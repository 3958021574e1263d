"""Who gets which role over whom (S6), by table."""

from __future__ import annotations

from dataclasses import replace

import pytest

from passerelle.domain.orders.accounts import Account
from passerelle.domain.orders.attachment import role_over_buyer, role_over_person
from passerelle.domain.orders.ledger import LedgerPage
from passerelle.domain.orders.shop import Attachment
from tests.factories.records import NOW

RULES = Attachment(
    over_new="mentor", over_existing="viewer", back_over_new="friend", back_over_existing="contact"
)
PRIVILEGED_TOO = replace(RULES, even_privileged=True)
OTHERS_TOO = replace(RULES, even_of_others=True)
BUYER = Account(10, "rh")
MADE_NOW, FOUND = Account(11, "ana", existed=False), Account(11, "ana", existed=True)
ADMINISTRATOR = Account(2, "admin", privileged=True)
OTHER_BUYER = 99


def a_page(*operators: int, existed: bool) -> LedgerPage:
    return LedgerPage(
        id="caen:11",
        site="caen",
        user_id=11,
        username="ana",
        created_at=NOW,
        existed=existed,
        operators=operators,
    )


@pytest.mark.rule("S6")
@pytest.mark.parametrize(
    ("person", "page", "rules", "role"),
    [
        (MADE_NOW, a_page(existed=False), RULES, "mentor"),
        (FOUND, a_page(10, existed=False), RULES, "mentor"),
        (FOUND, a_page(existed=True), RULES, "viewer"),
        (FOUND, a_page(10, existed=True), RULES, "viewer"),
        (FOUND, a_page(OTHER_BUYER, existed=False), RULES, ""),
        (FOUND, a_page(10, OTHER_BUYER, existed=True), RULES, ""),
        (FOUND, a_page(OTHER_BUYER, existed=False), OTHERS_TOO, "viewer"),
        (ADMINISTRATOR, a_page(existed=True), RULES, ""),
        (ADMINISTRATOR, a_page(existed=True), OTHERS_TOO, ""),
        (ADMINISTRATOR, a_page(existed=True), PRIVILEGED_TOO, "viewer"),
        (ADMINISTRATOR, a_page(OTHER_BUYER, existed=True), PRIVILEGED_TOO, ""),
    ],
    ids=[
        "an account made for this order",
        "an account made for an earlier order of this buyer",
        "an account that was there",
        "an account that was there, already this buyer's",
        "made for another buyer's order",
        "there before, shared with another buyer",
        "another buyer's, where the shop allows it",
        "an administrator",
        "an administrator, where others' accounts are allowed",
        "an administrator, where the shop allows it",
        "an administrator of another buyer, where only administrators are allowed",
    ],
)
def test_over_a_person_the_buyer_gets(
    person: Account, page: LedgerPage, rules: Attachment, role: str
) -> None:
    assert role_over_person(rules, BUYER, person, page, privileges_known=True) == role


@pytest.mark.rule("S6")
@pytest.mark.parametrize(
    ("buyer", "rules", "role"),
    [
        (replace(BUYER, existed=False), RULES, "friend"),
        (BUYER, RULES, "contact"),
        (replace(BUYER, privileged=True), RULES, ""),
        (replace(BUYER, privileged=True), PRIVILEGED_TOO, "contact"),
        (BUYER, Attachment(), ""),
    ],
    ids=[
        "made for this order",
        "there before",
        "an administrator",
        "an administrator, allowed",
        "no role set",
    ],
)
def test_over_the_buyer_everybody_gets(buyer: Account, rules: Attachment, role: str) -> None:
    assert role_over_buyer(rules, buyer, privileges_known=True) == role


@pytest.mark.rule("S6")
def test_a_moodle_that_cannot_say_who_administers_it_gives_roles_over_new_accounts_only() -> None:
    known = {"privileges_known": False}
    assert role_over_person(RULES, BUYER, MADE_NOW, a_page(existed=False), **known) == "mentor"
    assert role_over_person(RULES, BUYER, FOUND, a_page(existed=True), **known) == ""
    assert role_over_buyer(RULES, BUYER, **known) == ""
    assert role_over_person(PRIVILEGED_TOO, BUYER, FOUND, a_page(existed=True), **known) == "viewer"


@pytest.mark.rule("S6")
def test_of_an_account_that_nothing_is_known_of_it_is_thought_that_it_was_there() -> None:
    page = LedgerPage(id="caen:11", site="caen", user_id=11, username="ana", created_at=NOW)
    assert role_over_person(RULES, BUYER, Account(11, "ana"), page, privileges_known=True) == "viewer"
