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
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import padding, rsa
from cryptography.x509.oid import ExtendedKeyUsageOID, NameOID

from passerelle.events.signatures import SignatureRefused
from passerelle.shops.paypal import is_pinned
from passerelle.shops.registry import Trust, Verified, key_of, verified
from tests.factories.orders import a_shop
from tests.factories.records import NOW

EVENTS = Path(__file__).parents[2] / "events" / "shops"
SECRET, OTHER = (
    "whsec_" + base64.b64encode(b"k" * 32).decode(),
    "whsec_" + base64.b64encode(b"o" * 32).decode(),
)
NOBODY = Trust(fetch=lambda _url: pytest.fail("nothing is fetched"), roots=lambda: b"")


def event(name: str) -> bytes:
    return (EVENTS / f"{name}.json").read_bytes()


def check(
    kind: str, headers: dict[str, str], body: bytes, *secrets: str, now: datetime = NOW
) -> Verified | None:
    shop = a_shop(kind=kind, webhook="WH-1" if kind == "paypal" else "")
    return verified(shop, headers, body, [key_of(kind, s) for s in secrets], now, NOBODY)  # type: ignore[arg-type]


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
def test_woocommerces_delivery_id_is_not_believed() -> None:
    def read(number: int, status: str, delivery: str) -> str:
        document = json.loads(event("woocommerce_order")) | {"id": number, "status": status}
        body = json.dumps(document).encode()
        headers = {"x-wc-webhook-signature": in_base64(body, "s"), "x-wc-webhook-delivery-id": delivery}
        found = check("woocommerce", headers, body, "s")
        assert found is not None
        return found.event

    assert read(727, "processing", "same") != read(728, "processing", "same")
    assert read(727, "processing", "same") != read(727, "completed", "same")
    assert read(727, "processing", "one") == read(727, "processing", "two")


# -- PayPal --------------------------------------------------------------------------------------------


class PayPal:
    """An authority, a signer of its own, and what PayPal would send."""

    def __init__(self, name: str = "messageverificationcerts.paypal.com", *, days: int = 30) -> None:
        self.authority = rsa.generate_private_key(65537, 2048)
        self.key = rsa.generate_private_key(65537, 2048)
        root = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "Test Root")])
        self.root = (
            x509.CertificateBuilder()
            .subject_name(root)
            .issuer_name(root)
            .public_key(self.authority.public_key())
            .serial_number(1)
            .not_valid_before(NOW - timedelta(days=60))
            .not_valid_after(NOW + timedelta(days=600))
            .add_extension(x509.BasicConstraints(ca=True, path_length=None), critical=True)
            .add_extension(
                x509.KeyUsage(False, False, False, False, False, True, True, False, False), critical=True
            )
            .add_extension(
                x509.SubjectKeyIdentifier.from_public_key(self.authority.public_key()), critical=False
            )
            .sign(self.authority, hashes.SHA256())
        )
        self.leaf = (
            x509.CertificateBuilder()
            .subject_name(x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, name)]))
            .issuer_name(root)
            .public_key(self.key.public_key())
            .serial_number(2)
            .not_valid_before(NOW - timedelta(days=30))
            .not_valid_after(NOW + timedelta(days=days))
            .add_extension(x509.SubjectAlternativeName([x509.DNSName(name)]), critical=False)
            .add_extension(x509.BasicConstraints(ca=False, path_length=None), critical=True)
            .add_extension(x509.ExtendedKeyUsage([ExtendedKeyUsageOID.SERVER_AUTH]), critical=False)
            .add_extension(
                x509.AuthorityKeyIdentifier.from_issuer_public_key(self.authority.public_key()),
                critical=False,
            )
            .sign(self.authority, hashes.SHA256())
        )

    @staticmethod
    def pem(certificate: x509.Certificate) -> bytes:
        return certificate.public_bytes(serialization.Encoding.PEM)

    def trust(self) -> Trust:
        return Trust(fetch=lambda _url: self.pem(self.leaf), roots=lambda: self.pem(self.root))

    def headers(
        self, body: bytes, *, webhook: str = "WH-1", at: datetime = NOW, **changes: str
    ) -> dict[str, str]:
        sent = at.strftime("%Y-%m-%dT%H:%M:%SZ")
        signed = f"69cd13f0-d67a-11e5-baa3-778b53f4ae55|{sent}|{webhook}|{zlib.crc32(body)}"
        signature = self.key.sign(signed.encode(), padding.PKCS1v15(), hashes.SHA256())
        return {
            "paypal-transmission-id": "69cd13f0-d67a-11e5-baa3-778b53f4ae55",
            "paypal-transmission-time": sent,
            "paypal-transmission-sig": base64.b64encode(signature).decode(),
            "paypal-cert-url": "https://api.paypal.com/v1/notifications/certs/CERT-360caa42-fca2a594-90621ecd",
            "paypal-auth-algo": "SHA256withRSA",
        } | changes


@pytest.fixture(scope="module")
def paypal() -> PayPal:
    return PayPal()


def check_paypal(
    paypal: PayPal, headers: dict[str, str], body: bytes, trust: Trust | None = None
) -> Verified | None:
    shop = a_shop(kind="paypal", webhook="WH-1")
    return verified(shop, headers, body, (), NOW, trust or paypal.trust())


@pytest.mark.rule("S13")
def test_paypals_signature_is_over_id_time_webhook_and_crc32(paypal: PayPal) -> None:
    body = event("paypal_payment_capture_completed")
    assert zlib.crc32(b"The quick brown fox jumps over the lazy dog") == 0x414FA339  # CRC-32's own vector
    found = check_paypal(paypal, paypal.headers(body), body)
    assert found is not None
    assert found.topic == "PAYMENT.CAPTURE.COMPLETED"
    retried = paypal.headers(body, at=NOW - timedelta(days=3))
    assert check_paypal(paypal, retried, body) is not None


@pytest.mark.rule("S13")
def test_a_forged_paypal_delivery_is_refused(paypal: PayPal) -> None:
    body = event("paypal_payment_capture_completed")
    good = paypal.headers(body)
    wrong = [
        (good, body + b" "),
        (paypal.headers(body, webhook="WH-2"), body),
        (paypal.headers(body, at=NOW - timedelta(days=5)), body),
        (paypal.headers(body, at=NOW + timedelta(minutes=6)), body),
        ({**good, "paypal-auth-algo": "none"}, body),
        ({**good, "paypal-transmission-sig": "!"}, body),
        ({**good, "paypal-transmission-time": "yesterday"}, body),
        ({}, body),
    ]
    for headers, sent in wrong:
        with pytest.raises(SignatureRefused):
            check_paypal(paypal, headers, sent)


@pytest.mark.rule("S13")
def test_paypals_certificate_must_be_its_own_and_of_today(paypal: PayPal) -> None:
    body = event("paypal_payment_capture_completed")
    stranger, imposter = PayPal(), PayPal("messageverificationcerts.paypal.com.evil.example")
    expired = PayPal(days=-1)
    # Signed by a key of another authority's; of a trusted authority but another name; no longer valid.
    for signer, trust in (
        (stranger, Trust(fetch=lambda _u: stranger.pem(stranger.leaf), roots=paypal.trust().roots)),
        (imposter, imposter.trust()),
        (expired, expired.trust()),
        (paypal, Trust(fetch=lambda _u: b"no certificate", roots=paypal.trust().roots)),
    ):
        with pytest.raises(SignatureRefused):
            check_paypal(paypal, signer.headers(body), body, trust)


@pytest.mark.rule("S13")
@pytest.mark.parametrize(
    "url",
    [
        "http://api.paypal.com/v1/notifications/certs/CERT-1",
        "https://api.paypal.com.evil.example/v1/notifications/certs/CERT-1",
        "https://evil.example/v1/notifications/certs/CERT-1",
        "https://api.paypal.com@evil.example/v1/notifications/certs/CERT-1",
        "https://api.paypal.com:8443/v1/notifications/certs/CERT-1",
        "https://api.paypal.com/v1/notifications/certs/../../../x",
        "https://api.paypal.com/v1/notifications/certs/CERT-1?x=1",
        "https://www.paypal.com/v1/notifications/certs/CERT-1",
        "https://[::1",
        "",
    ],
)
def test_a_certificate_is_fetched_from_paypal_only(url: str, paypal: PayPal) -> None:
    assert not is_pinned(url)
    body = event("paypal_payment_capture_completed")
    with pytest.raises(SignatureRefused):
        check_paypal(paypal, paypal.headers(body, **{"paypal-cert-url": url}), body, NOBODY)
