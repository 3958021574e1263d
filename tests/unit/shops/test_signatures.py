"""Each shop's signature, held against the vendor's own library or published vector, both ways."""

from __future__ import annotations

import base64
import hashlib
import hmac
import json
import zlib
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
import standardwebhooks
import stripe

from passerelle.domain.orders.shop import ShopApi
from passerelle.errors import GiveUp, TryAgain
from passerelle.events.signatures import SignatureRefused
from passerelle.shops.registry import Verified, vendor, verified
from passerelle.shops.vendor import Api, Knock
from tests.factories.orders import a_shop
from tests.factories.records import NOW
from tests.fakes.paypal import FakePayPal

EVENTS = Path(__file__).parents[2] / "events" / "shops"
SECRET, OTHER = (
    "whsec_" + base64.b64encode(b"k" * 32).decode(),
    "whsec_" + base64.b64encode(b"o" * 32).decode(),
)


def event(name: str) -> bytes:
    return (EVENTS / f"{name}.json").read_bytes()


def check(
    kind: str, headers: dict[str, str], body: bytes, *secrets: str, now: datetime = NOW
) -> Verified | None:
    keys = [vendor(kind).key(secret) for secret in secrets]
    return verified(a_shop(kind=kind), Knock(headers, body, now), keys, None)


# -- Stripe --------------------------------------------------------------------------------------------


def stripe_headers(body: bytes, *secrets: str, at: datetime = NOW) -> dict[str, str]:
    seconds = int(at.timestamp())
    signed = ",".join(
        f"v1={hmac.new(s.encode(), f'{seconds}.'.encode() + body, hashlib.sha256).hexdigest()}"
        for s in secrets
    )
    return {
        "stripe-signature": f"t={seconds},{signed},v0=6ffbb59b2300aae63f272406069a9788598b792a944a07aba816edb039989a39"
    }


STRIPE_CASES = {
    "good": (stripe_headers, 0, True),
    "299 seconds old": (lambda body, s: stripe_headers(body, s, at=NOW - timedelta(seconds=299)), 0, True),
    "301 seconds old": (lambda body, s: stripe_headers(body, s, at=NOW - timedelta(seconds=301)), 0, False),
    "altered": (lambda body, s: stripe_headers(body + b" ", s), 0, False),
    "another secret": (lambda body, _: stripe_headers(body, OTHER), 0, False),
    "both secrets during a rotation": (lambda body, s: stripe_headers(body, OTHER, s), 0, True),
    "no header": (lambda _body, _s: {}, 0, False),
    "no signature": (lambda _body, _s: {"stripe-signature": f"t={int(NOW.timestamp())}"}, 0, False),
    "no time": (
        lambda body, s: {"stripe-signature": stripe_headers(body, s)["stripe-signature"].partition(",")[2]},
        0,
        False,
    ),
    "empty": (lambda _body, _s: {"stripe-signature": ""}, 0, False),
}


@pytest.mark.rule("S13")
@pytest.mark.parametrize("case", STRIPE_CASES)
def test_stripe_signatures_agree_with_stripes_library(case: str, monkeypatch: pytest.MonkeyPatch) -> None:
    make, _, fits = STRIPE_CASES[case]
    body = event("stripe_checkout_session_completed")
    headers = make(body, SECRET)
    monkeypatch.setattr("time.time", NOW.timestamp)
    try:
        stripe.WebhookSignature.verify_header(body.decode(), headers.get("stripe-signature", ""), SECRET, 300)
        theirs = True
    except stripe.SignatureVerificationError:
        theirs = False
    assert theirs == fits
    if fits:
        found = check("stripe", headers, body, SECRET)
        assert found is not None
        assert (found.event, found.topic) == ("evt_1SExMpLe0Checkout00000001", "checkout.session.completed")
    else:
        with pytest.raises(SignatureRefused):
            check("stripe", headers, body, SECRET)


# -- Standard Webhooks ---------------------------------------------------------------------------------


@pytest.mark.rule("S13")
@pytest.mark.parametrize("ago", [0, 299, 301, -299, -301])
@pytest.mark.parametrize("alter", [b"", b" "])
def test_standard_signatures_agree_with_the_library(
    ago: int, alter: bytes, monkeypatch: pytest.MonkeyPatch
) -> None:
    now = datetime.now(UTC).replace(microsecond=0)
    body = event("standard_order_paid")
    theirs = standardwebhooks.Webhook(SECRET)
    at = now - timedelta(seconds=ago)
    headers = {
        "webhook-id": "msg_1",
        "webhook-timestamp": str(int(at.timestamp())),
        "webhook-signature": theirs.sign("msg_1", at, body.decode()),
    }
    try:
        theirs.verify((body + alter).decode(), headers)
        good = True
    except standardwebhooks.WebhookVerificationError:
        good = False
    assert good == (abs(ago) <= 300 and not alter)
    if good:
        found = check("standard", headers, body, OTHER, SECRET, now=now)
        assert found is not None
        assert (found.event, found.topic) == ("msg_1", "order.paid")
    else:
        with pytest.raises(SignatureRefused):
            check("standard", headers, body + alter, SECRET, now=now)


@pytest.mark.rule("S13")
def test_the_vector_that_every_library_of_standard_webhooks_is_tested_with_fits() -> None:
    headers = {
        "webhook-id": "msg_p5jXN8AQM9LWM0D4loKWxJek",
        "webhook-timestamp": "1614265330",
        "webhook-signature": "v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE=",
    }
    now = datetime.fromtimestamp(1614265330, UTC)
    body, secret = b'{"test": 2432232314}', "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw"
    assert check("standard", headers, body, secret, now=now) is not None
    several = headers | {"webhook-signature": f"v1a,xxx v1,AAAA {headers['webhook-signature']} v2,zz"}
    assert check("standard", several, body, secret, now=now) is not None
    for wrong in (
        headers | {"webhook-signature": headers["webhook-signature"].replace("v1,", "v2,")},
        headers | {"webhook-signature": "v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OA="},
        headers | {"webhook-timestamp": "1614265331"},
        headers | {"webhook-timestamp": "hello"},
        {name: value for name, value in headers.items() if name != "webhook-id"},
    ):
        with pytest.raises(SignatureRefused):
            check("standard", wrong, body, secret, now=now)


# -- WooCommerce and Shopify ---------------------------------------------------------------------------


def in_base64(body: bytes, secret: str) -> str:
    return base64.b64encode(hmac.new(secret.encode(), body, hashlib.sha256).digest()).decode()


@pytest.mark.rule("S13")
def test_the_published_vector_of_hmac_sha256_in_base64_fits() -> None:
    # RFC 4231, test case 2, as base64: what both vendors' examples compute.
    vector = base64.b64encode(
        bytes.fromhex("5bdcc146bf60754e6a042426089575c75a003f089d2739839dec58b964ec3843")
    ).decode()
    body = b"what do ya want for nothing?"
    found = check("shopify", {"x-shopify-hmac-sha256": vector, "x-shopify-webhook-id": "w1"}, body, "Jefe")
    assert found is not None
    assert not found.readable  # well signed, and no JSON: it will be parked


@pytest.mark.rule("S13")
@pytest.mark.parametrize(
    ("kind", "name", "header"),
    [
        ("woocommerce", "woocommerce_order", "x-wc-webhook-signature"),
        ("shopify", "shopify_orders_paid", "x-shopify-hmac-sha256"),
    ],
)
def test_two_secrets_are_valid_while_one_is_being_changed(kind: str, name: str, header: str) -> None:
    body = event(name)
    headers = {header: in_base64(body, "old"), "x-shopify-webhook-id": "w1", "x-shopify-topic": "orders/paid"}
    assert check(kind, headers, body, "new", "old") is not None
    for wrong in ({**headers, header: ""}, {**headers, header: "é"}, {}):
        with pytest.raises(SignatureRefused):
            check(kind, wrong, body, "new", "old")
    with pytest.raises(SignatureRefused):
        check(kind, headers, body + b" ", "new", "old")
    with pytest.raises(SignatureRefused):
        check(kind, headers, body, "new")


def test_woocommerces_unsigned_ping_is_answered_and_nothing_else_unsigned() -> None:
    assert check("woocommerce", {}, b"webhook_id=42", "s") is None
    for body in (b"webhook_id=42&x=1", b'{"id": 1}', b"webhook_id=", b""):
        with pytest.raises(SignatureRefused):
            check("woocommerce", {}, body, "s")
    with pytest.raises(SignatureRefused):
        check("woocommerce", {"x-wc-webhook-signature": "x"}, b"webhook_id=42", "s")
    with pytest.raises(SignatureRefused):
        check("shopify", {}, b"webhook_id=42", "s")


@pytest.mark.rule("S12")
def test_woocommerces_delivery_id_is_not_believed_and_two_changes_of_a_second_are_two() -> None:
    def read(number: int, status: str, delivery: str, **changes: object) -> str:
        document = json.loads(event("woocommerce_order")) | {"id": number, "status": status} | changes
        body = json.dumps(document).encode()
        headers = {"x-wc-webhook-signature": in_base64(body, "s"), "x-wc-webhook-delivery-id": delivery}
        found = check("woocommerce", headers, body, "s")
        assert found is not None
        return found.event

    assert read(727, "processing", "same") != read(728, "processing", "same")
    assert read(727, "processing", "same") != read(727, "completed", "same")
    assert read(727, "processing", "one") == read(727, "processing", "two")
    refunded = read(727, "processing", "same", refunds=[{"id": 9, "total": "-10.00"}])
    assert read(727, "processing", "same") != refunded


# -- PayPal --------------------------------------------------------------------------------------------


@pytest.fixture(scope="module")
def paypal() -> FakePayPal:
    return FakePayPal()


def an_api(paypal: FakePayPal) -> Api:
    shop = a_shop(kind="paypal", webhook="WH-1", api=ShopApi(key="/k"))
    return Api("boutique", shop, vendor("paypal"), "id:secret", paypal)


def check_paypal(api: Api | None, headers: dict[str, str], body: bytes) -> Verified | None:
    shop = a_shop(kind="paypal", webhook="WH-1", secrets=())
    return verified(shop, Knock(headers, body, NOW), (), api)


@pytest.mark.rule("S13")
def test_paypal_itself_is_asked_about_each_delivery_with_the_very_bytes(paypal: FakePayPal) -> None:
    assert zlib.crc32(b"The quick brown fox jumps over the lazy dog") == 0x414FA339  # CRC-32's own vector
    api = an_api(paypal)
    for body in (
        event("paypal_payment_capture_completed"),
        b'{ "id":"WH-A",\n "event_type" : "X", "amount": 1.10, "n": "\\u00e9\xc3\xa9" }',
    ):
        assert check_paypal(api, paypal.headers(body), body) is not None
    retried = paypal.headers(body, at=NOW - timedelta(days=3))
    assert check_paypal(api, retried, body) is not None
    # One token serves until it expires; the certificate's address is never asked.
    assert [path for _, path in paypal.asked].count("v1/oauth2/token") == 1
    assert all("certs" not in path for _, path in paypal.asked)


@pytest.mark.rule("S13")
def test_a_token_that_has_expired_is_asked_for_again(paypal: FakePayPal) -> None:
    api, body = an_api(paypal), event("paypal_payment_capture_completed")
    paypal.asked.clear()
    paypal.lives = 30
    try:
        for _ in range(2):
            check_paypal(api, paypal.headers(body), body)
    finally:
        paypal.lives = 32_400
    assert [path for _, path in paypal.asked].count("v1/oauth2/token") == 2


@pytest.mark.rule("S13")
def test_a_forged_paypal_delivery_is_refused_and_an_impossible_one_asks_nobody(paypal: FakePayPal) -> None:
    body = event("paypal_payment_capture_completed")
    good, api, stranger = paypal.headers(body), an_api(paypal), FakePayPal()
    asked = [
        (good, body + b" "),
        (paypal.headers(body, webhook="WH2"), body),
        (stranger.headers(body), body),
        ({**good, "paypal-transmission-sig": "!"}, body),
        ({**good, "paypal-auth-algo": "none"}, body),
    ]
    for headers, sent in asked:
        with pytest.raises(SignatureRefused):
            check_paypal(api, headers, sent)
    calls = len(paypal.asked)
    # What would close our question and go on, what is too old or too early, what lacks a header.
    broken_out = b'{}, "webhook_id": "OTHER", "x": {}'
    for headers, sent in (
        (paypal.headers(broken_out), broken_out),
        (paypal.headers(b"[]"), b"[]"),
        (paypal.headers(body, at=NOW - timedelta(days=5)), body),
        (paypal.headers(body, at=NOW + timedelta(minutes=6)), body),
        ({**good, "paypal-transmission-time": "yesterday"}, body),
        ({**good, "paypal-cert-url": "x" * 10_000}, body),
        ({}, body),
    ):
        with pytest.raises(SignatureRefused):
            check_paypal(api, headers, sent)
    assert len(paypal.asked) == calls


@pytest.mark.rule("S12")
def test_a_paypal_that_is_away_is_told_to_try_again_and_one_without_key_is_named(paypal: FakePayPal) -> None:
    body = event("paypal_payment_capture_completed")
    paypal.away = True
    try:
        with pytest.raises(TryAgain):
            check_paypal(an_api(paypal), paypal.headers(body), body)
    finally:
        paypal.away = False
    with pytest.raises(GiveUp, match="shop_without_key"):
        check_paypal(None, paypal.headers(body), body)
    shop = a_shop(kind="paypal", secrets=())
    assert {field for field, _ in vendor("paypal").problems(shop)} == {"webhook", "api"}
