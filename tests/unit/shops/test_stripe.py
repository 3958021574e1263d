"""What each word of Stripe means, and how far its signature may be off (S12, S13, S14, S16)."""

from __future__ import annotations

import hashlib
import hmac
import json
from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from passerelle.domain.orders.facts import Facts
from passerelle.events.signatures import SignatureRefused
from passerelle.shops.registry import read_facts, vendor
from passerelle.shops.vendor import Knock
from tests.factories.orders import a_shop

AT = datetime(2026, 10, 5, 8, 0, tzinfo=UTC)
SHOP = a_shop(kind="stripe")
KEY, OTHER, BODY = b"whsec_k", b"whsec_o", b'{"id": "evt_1"}'


def header(*keys: bytes, at: datetime = AT, seconds: str = "") -> str:
    moment = seconds or str(int(at.timestamp()))
    signed = [hmac.new(key, f"{moment}.".encode() + BODY, hashlib.sha256).hexdigest() for key in keys]
    return ",".join([f"t={moment}", *(f"v1={one}" for one in signed)])


def opens(signature: str, *keys: bytes) -> bool:
    try:
        vendor("stripe").verify(Knock({"stripe-signature": signature}, BODY, AT), keys or (KEY,), SHOP, None)
    except SignatureRefused:
        return False
    return True


@pytest.mark.rule("S13")
def test_a_signature_is_five_minutes_old_at_most_and_may_be_of_a_clock_that_is_ahead() -> None:
    assert opens(header(KEY, at=AT - timedelta(seconds=300)))
    assert not opens(header(KEY, at=AT - timedelta(seconds=301)))
    assert opens(header(KEY, at=AT + timedelta(days=1)))
    assert opens(header(KEY, seconds="9" * 12))
    assert not opens(header(KEY, seconds="9" * 13))
    for moment in ("-1", "soon", "٣", "1e9"):
        assert not opens(header(KEY, seconds=moment))


@pytest.mark.rule("S13")
def test_one_of_ten_signatures_under_one_of_the_keys_is_enough_and_the_eleventh_is_not_looked_at() -> None:
    assert opens(header(*[OTHER] * 9, KEY))
    assert not opens(header(*[OTHER] * 10, KEY))
    assert opens(header(KEY), OTHER, KEY)
    assert not opens(header(KEY), OTHER)
    assert opens(header(KEY).replace(",", " , "))
    assert not opens(header(KEY).replace("v1=", "v0="))
    assert not opens(header(KEY).replace("t=", "u="))
    assert not opens(header(KEY) + "x")


def facts(topic: str, thing: Mapping[str, Any], **document: Any) -> Facts:
    whole = {
        "id": "evt_1",
        "type": topic,
        "created": int(AT.timestamp()),
        "data": {"object": thing},
    } | document
    found = read_facts(SHOP, topic, json.dumps(whole).encode())
    assert found is not None
    return found


@pytest.mark.rule("S16")
@pytest.mark.parametrize(
    "topic", ["refund.created", "refund.updated", "refund.failed", "charge.refund.updated"]
)
@pytest.mark.parametrize(
    ("status", "state"),
    [
        ("succeeded", "done"), ("", "done"), ("pending", "pending"), ("requires_action", "pending"),
        ("failed", "failed"), ("canceled", "failed"),
    ],
)  # fmt: skip
def test_only_a_refund_that_succeeded_gives_back(topic: str, status: str, state: str) -> None:
    said = {"id": "re_1", "payment_intent": "pi_1", "charge": "ch_1", "amount": 10, "currency": "eur", "status": status,
            "metadata": {"lines": "li_1:2, li_2:1,x,li:3:4,y:z"}, "created": 5}  # fmt: skip
    told = facts(topic, said)
    (one,) = told.refunds
    assert one.state == ("failed" if topic == "refund.failed" else state)
    assert (one.id, one.amount, one.currency, one.odd) == ("re_1", 10, "EUR", "")
    assert one.lines == {"li_1": 2, "li_2": 1, "li:3": 4}
    assert one.at == datetime(1970, 1, 1, 0, 0, 5, tzinfo=UTC)
    assert (told.order, told.refs, told.sale, told.told_at) == ("pi_1", ("ch_1",), False, AT)
    assert [facts(topic, said | {"amount": one}).refunds[0].odd for one in (-1, 0)] == ["amount", ""]


@pytest.mark.rule("S14", "S16")
@pytest.mark.parametrize(
    ("status", "state"),
    [
        ("won", "won"), ("warning_closed", "won"), ("prevented", "won"), ("lost", "lost"), ("needs_response", "open"),
        ("warning_needs_response", "open"), ("under_review", "open"), ("", "open"),
    ],
)  # fmt: skip
def test_a_dispute_takes_only_once_it_is_lost(status: str, state: str) -> None:
    said = {
        "id": "dp_1",
        "payment_intent": {"id": "pi_1"},
        "charge": "ch_1",
        "status": status,
        "amount": 7,
        "currency": "eur",
    }
    (one,) = facts("charge.dispute.closed", said).disputes
    assert (one.id, one.state, one.amount, one.currency) == ("dp_1", state, 7, "EUR")
    assert (
        facts("charge.dispute.created", {"id": "dp_1", "payment_intent": "pi_1"}).disputes[0].amount is None
    )


@pytest.mark.rule("S12", "S13")
@pytest.mark.parametrize(
    ("topic", "status", "paid", "cancelled", "sale"),
    [
        ("checkout.session.completed", "paid", True, False, True),
        ("checkout.session.completed", "no_payment_required", True, False, True),
        ("checkout.session.completed", "unpaid", False, False, True),
        ("checkout.session.completed", "", False, False, True),
        ("checkout.session.async_payment_succeeded", "paid", True, False, True),
        ("checkout.session.async_payment_failed", "unpaid", False, True, True),
        ("checkout.session.expired", "unpaid", False, True, False),
        ("checkout.session.expired", "paid", False, True, False),
    ],
)
def test_a_session_is_paid_by_its_status_and_over_once_it_expired_or_its_payment_failed(
    topic: str, status: str, paid: bool, cancelled: bool, sale: bool
) -> None:
    session = {"id": "cs_1", "payment_intent": "pi_1", "invoice": "in_1", "payment_status": status, "currency": "eur",
               "amount_total": 1000, "total_details": {"amount_discount": 5}, "client_reference_id": "1042"}  # fmt: skip
    told = facts(topic, session)
    assert (told.paid_at, told.cancelled_at, told.sale) == (
        AT if paid else None,
        AT if cancelled else None,
        sale,
    )
    assert (told.order, told.refs, told.number, told.lines, told.lines_at) == (
        "pi_1",
        ("cs_1", "in_1"),
        "1042",
        None,
        "cs_1",
    )
    assert (told.currency, told.total, told.total_in, told.discount, told.odd) == ("EUR", 1000, {}, 5, ())
    assert told.test is False


@pytest.mark.rule("S13", "S21")
def test_a_sessions_figures_are_whole_cents_and_what_was_shown_in_another_currency_is_a_rate() -> None:
    topic, session = "checkout.session.completed", {"id": "cs_1", "currency": "eur", "payment_status": "paid"}
    assert facts(topic, session).order == "cs_1"
    assert facts(topic, session).total is None
    for odd in ("10", 10.5, []):
        told = facts(topic, session | {"amount_total": odd})
        assert (told.total, told.odd) == (0, ("amount_total",))
    shown = {"presentment_details": {"presentment_currency": "usd", "presentment_amount": 1100}}
    assert facts(topic, session | shown).total_in == {"USD": 1100}
    same = {"presentment_details": {"presentment_currency": "eur", "presentment_amount": 1100}}
    assert facts(topic, session | same).total_in == {}
    assert facts(topic, session | {"livemode": False}).test
    assert not facts(topic, session | {"livemode": True}).test
    created = {"created": int(AT.timestamp()) - 60}
    assert facts(topic, session | created, created=None).paid_at == AT - timedelta(minutes=1)
    kept = json.dumps({"data": {"object": session | {"mode": "setup"}}}).encode()
    assert read_facts(SHOP, topic, kept) is None


@pytest.mark.rule("S14")
def test_a_running_total_stands_beside_each_refund_that_is_listed() -> None:
    charge = {"id": "ch_1", "payment_intent": "pi_1", "invoice": "in_1", "amount_refunded": 30, "currency": "eur",
              "refunds": {"data": [{"id": "re_1", "amount": 10}, {"amount": 5}]}}  # fmt: skip
    told = facts("charge.refunded", charge)
    assert [(one.id, one.amount) for one in told.refunds] == [("total:ch_1", 30), ("re_1", 10)]
    assert (told.order, told.refs) == ("pi_1", ("in_1", "ch_1"))
    alone = facts("charge.refunded", {"id": "ch_1", "amount_refunded": True})
    assert (alone.order, alone.refs, alone.refunds[0].amount) == ("ch_1", (), 0)


@pytest.mark.rule("S14")
@pytest.mark.parametrize(
    ("thing", "names"),
    [
        ({"id": "in_1", "payment_intent": "pi_1"}, ("in_1", ("pi_1",))),
        ({"id": "in_1", "payment": {"payment_intent": "pi_1"}}, ("in_1", ("pi_1",))),
        (
            {
                "object": "invoice_payment",
                "id": "x",
                "invoice": "in_1",
                "payment": {"payment_intent": "pi_1"},
            },
            ("in_1", ("pi_1",)),
        ),
        ({"id": "in_1"}, None),
        ({"object": "invoice_payment", "id": "x", "payment_intent": "pi_1"}, None),
    ],
)
def test_an_invoice_ties_its_payment_to_its_order(thing: Mapping[str, Any], names: Any) -> None:
    for topic in ("invoice.paid", "invoice.payment_succeeded", "invoice_payment.paid"):
        found = read_facts(SHOP, topic, json.dumps({"data": {"object": thing}}).encode())
        assert (found and (found.order, found.refs)) == names
        assert not (found and found.sale)
    assert read_facts(SHOP, "invoice.created", json.dumps({"data": {"object": thing}}).encode()) is None


@pytest.mark.rule("S2", "S11")
def test_the_buyer_of_a_session_is_who_paid_in_the_language_of_the_page() -> None:
    said = {
        "email": "rh@x",
        "name": "Rose de la Tour",
        "address": {"city": "Caen"},
        "phone": "1",
        "business_name": "SA",
    }
    session = {
        "id": "cs_1",
        "currency": "eur",
        "customer_details": said,
        "customer_email": "old@x",
        "locale": "de",
    }
    buyer = facts("checkout.session.completed", session).buyer
    assert buyer is not None
    assert (buyer.email, buyer.firstname, buyer.lastname, buyer.city) == (
        "rh@x",
        "Rose",
        "de la Tour",
        "Caen",
    )
    assert (buyer.phone, buyer.institution, buyer.lang) == ("1", "SA", "de")
    for locale in ("auto", "", None):
        told = facts(
            "checkout.session.completed", session | {"locale": locale, "metadata": {"institution": "Org"}}
        ).buyer
        assert told is not None
        assert (told.lang, told.institution) == (SHOP.language, "Org")
    bare = facts(
        "checkout.session.completed", {"id": "cs_1", "customer_email": "old@x", "metadata": {"order": "77"}}
    )
    assert bare.buyer is not None
    assert (bare.buyer.email, bare.number) == ("old@x", "77")
