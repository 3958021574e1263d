"""PayPal: an RSA signature over id, time, webhook and CRC-32, under a certificate of PayPal's own.

The certificate's address comes with the delivery, so its host is pinned and its chain verified.
A capture has no lines and no payer: its order is asked for later.
https://developer.paypal.com/api/rest/webhooks/rest/#link-selfverificationmethod
"""

from __future__ import annotations

import base64
import binascii
import re
import zlib
from collections.abc import Callable, Mapping
from datetime import datetime, timedelta
from functools import lru_cache
from typing import TYPE_CHECKING, Any, Literal
from urllib.parse import parse_qsl, urlsplit

from passerelle.domain.orders.order import Dispute, Facts, Refund, minor_units
from passerelle.domain.orders.shop import Shop
from passerelle.events.signatures import SignatureRefused
from passerelle.shops.payload import Said, at, lines_in, people_in, peopled

if TYPE_CHECKING:
    from cryptography.x509 import Certificate

HOSTS = frozenset({"api.paypal.com", "api.sandbox.paypal.com"})
SIGNERS = ("messageverificationcerts.paypal.com", "messageverificationcerts.sandbox.paypal.com")
_PATH = re.compile(r"/v1/notifications/certs/[A-Za-z0-9_-]{1,100}")
WINDOW = timedelta(days=4)  # PayPal tries for three days
AHEAD = timedelta(minutes=5)


def verify(
    headers: Mapping[str, str],
    body: bytes,
    webhook: str,
    now: datetime,
    fetch: Callable[[str], bytes],
    roots: Callable[[], bytes],
) -> None:
    """Raises SignatureRefused. `fetch` gets a certificate's PEM by its address, which is PayPal's; `roots`
    answers the PEM of the authorities trusted.
    """
    url = headers.get("paypal-cert-url", "")
    if headers.get("paypal-auth-algo", "").upper() != "SHA256WITHRSA" or not is_pinned(url):
        raise SignatureRefused
    try:
        signature = base64.b64decode(headers.get("paypal-transmission-sig", ""), validate=True)
        sent = datetime.fromisoformat(headers.get("paypal-transmission-time", ""))
    except (ValueError, binascii.Error):
        raise SignatureRefused from None
    if sent.tzinfo is None or not now - WINDOW <= sent <= now + AHEAD:
        raise SignatureRefused
    signed = "|".join(
        (
            headers.get("paypal-transmission-id", ""),
            headers.get("paypal-transmission-time", ""),
            webhook,
            str(zlib.crc32(body)),
        )
    )
    # Imported where it is used: it costs a cold start 60 ms, and other shops never need it.
    from cryptography.exceptions import InvalidSignature
    from cryptography.hazmat.primitives.asymmetric.padding import PKCS1v15
    from cryptography.hazmat.primitives.asymmetric.rsa import RSAPublicKey
    from cryptography.hazmat.primitives.hashes import SHA256

    key = _trusted(fetch(url), roots(), now).public_key()
    if not isinstance(key, RSAPublicKey):
        raise SignatureRefused
    try:
        key.verify(signature, signed.encode(), PKCS1v15(), SHA256())
    except InvalidSignature:
        raise SignatureRefused from None


def is_pinned(url: str) -> bool:
    try:
        parts = urlsplit(url)
        return (
            parts.scheme == "https"
            and parts.netloc in HOSTS  # no port, no user
            and _PATH.fullmatch(parts.path) is not None
            and not parts.query
            and not parts.fragment
        )
    except ValueError:
        return False


def _trusted(pem: bytes, roots: bytes, now: datetime) -> Certificate:
    """The signer's certificate, once its chain leads to a trusted authority today."""
    from cryptography import x509
    from cryptography.x509.verification import PolicyBuilder, Store, VerificationError

    try:
        leaf, *others = x509.load_pem_x509_certificates(pem)
        store = Store(_authorities(roots))
    except (ValueError, TypeError):
        raise SignatureRefused from None
    for name in SIGNERS:
        verifier = PolicyBuilder().store(store).time(now).build_server_verifier(x509.DNSName(name))
        try:
            verifier.verify(leaf, others)
        except VerificationError:
            continue
        return leaf
    raise SignatureRefused


@lru_cache(maxsize=2)
def _authorities(roots: bytes) -> list[Certificate]:
    from cryptography import x509

    return x509.load_pem_x509_certificates(roots)


def event_id(_headers: Mapping[str, str], document: Mapping[str, Any]) -> tuple[str, str]:
    return str(document["id"]), str(document["event_type"])


class _Amount(Said):
    value: str = "0"
    currency_code: str = "EUR"


class _Ids(Said):
    order_id: str | None = None


class _Supplementary(Said):
    related_ids: _Ids | None = None


class _Link(Said):
    href: str
    rel: str


class _Breakdown(Said):
    total_refunded_amount: _Amount | None = None


class _Resource(Said):
    id: str
    amount: _Amount = _Amount()
    status: str | None = None
    custom_id: str | None = None
    invoice_id: str | None = None
    create_time: str | None = None
    update_time: str | None = None
    supplementary_data: _Supplementary | None = None
    seller_payable_breakdown: _Breakdown | None = None
    links: tuple[_Link, ...] = ()


class _Transaction(Said):
    seller_transaction_id: str | None = None


class _Outcome(Said):
    outcome_code: str | None = None


class _DisputeSaid(Said):
    dispute_id: str
    disputed_transactions: tuple[_Transaction, ...] = ()
    status: str = ""
    dispute_outcome: _Outcome | None = None
    create_time: str | None = None


def read(document: Mapping[str, Any], topic: str, shop: Shop) -> Facts | None:
    if topic.startswith("CUSTOMER.DISPUTE."):
        return _of_dispute(_DisputeSaid.model_validate(document["resource"]))
    if not topic.startswith("PAYMENT.CAPTURE."):
        return None
    resource = _Resource.model_validate(document["resource"])
    currency = resource.amount.currency_code
    if topic in ("PAYMENT.CAPTURE.REFUNDED", "PAYMENT.CAPTURE.REVERSED"):
        return _of_refund(resource, topic, currency)
    if topic == "PAYMENT.CAPTURE.DENIED":
        return Facts(order=resource.id, cancelled_at=at(resource.update_time or document.get("create_time")))
    if topic not in ("PAYMENT.CAPTURE.COMPLETED", "PAYMENT.CAPTURE.PENDING"):
        return None
    metadata = dict(parse_qsl(resource.custom_id or ""))
    lines = lines_in(metadata.get(shop.people.lines, ""))
    ids = resource.supplementary_data.related_ids if resource.supplementary_data else None
    return Facts(
        order=resource.id,
        number=resource.invoice_id or "",
        lines=None if lines is None else peopled(lines, people_in(metadata, shop.people)),
        lines_at=(ids.order_id or "") if ids else "",
        currency=currency,
        total=minor_units(resource.amount.value, currency),
        paid_at=at(resource.create_time) if topic.endswith("COMPLETED") else None,
    )


def _of_refund(resource: _Resource, topic: str, currency: str) -> Facts | None:
    if topic.endswith("REVERSED"):
        return Facts(
            order=resource.id,
            refunds=(Refund("total:reversed", abs(minor_units(resource.amount.value, currency))),),
        )
    capture = next((link.href for link in resource.links if link.rel == "up"), "").rpartition("/")[2]
    if not capture:
        return None
    amount = abs(minor_units(resource.amount.value, currency))
    return Facts(order=capture, refunds=(Refund(resource.id, amount, at=at(resource.create_time)),))


def _of_dispute(said: _DisputeSaid) -> Facts | None:
    capture = next(
        (t.seller_transaction_id for t in said.disputed_transactions if t.seller_transaction_id), None
    )
    if capture is None:
        return None
    outcome = said.dispute_outcome.outcome_code if said.dispute_outcome else ""
    state: Literal["open", "won", "lost"] = "open"
    if said.status == "RESOLVED":
        state = "lost" if outcome in ("RESOLVED_BUYER_FAVOUR", "ACCEPTED") else "won"
    return Facts(order=capture, disputes=(Dispute(said.dispute_id, state, at(said.create_time)),))
