"""PayPal's API as its public description has it: tokens, webhook signatures, orders, events.

It signs as PayPal does: with a certificate whose issuer is an intermediate that is not sent along, over id,
time, webhook and CRC-32 of the very bytes.
"""

from __future__ import annotations

import base64
import json
import zlib
from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from typing import Any

from cryptography import x509
from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import padding, rsa
from cryptography.x509.oid import NameOID

from tests.factories.records import NOW

CERTIFICATE = "https://api.paypal.com/v1/notifications/certs/CERT-360caa42-fca2a594-90621ecd"


class FakePayPal:
    """Called as `Send` is. `asked` is what it was asked; `away` makes it answer 503."""

    def __init__(self, webhook: str = "WH-1", client: str = "id:secret") -> None:
        self.webhook, self.client = webhook, client
        self.key = rsa.generate_private_key(65537, 2048)
        intermediate, root = rsa.generate_private_key(65537, 2048), rsa.generate_private_key(65537, 2048)
        self._intermediate = _certificate("Test Intermediate", intermediate, "Test Root", root)
        self._leaf = _certificate(
            "messageverificationcerts.paypal.com", self.key, "Test Intermediate", intermediate
        )
        self.orders: dict[str, Any] = {}
        self.events: list[dict[str, Any]] = []
        self.page = 2
        self.url = "https://passerelle.example/shops/boutique/orders"
        self.asked: list[tuple[str, str]] = []
        self.away = False
        self.lives = 32_400

    @property
    def served(self) -> bytes:
        """What stands behind PAYPAL-CERT-URL: the leaf alone."""
        return self._leaf.public_bytes(serialization.Encoding.PEM)

    def headers(
        self, body: bytes, *, webhook: str = "", at: datetime = NOW, **changes: str
    ) -> dict[str, str]:
        sent = at.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
        number = "69cd13f0-d67a-11e5-baa3-778b53f4ae55"
        signed = f"{number}|{sent}|{webhook or self.webhook}|{zlib.crc32(body)}"
        signature = self.key.sign(signed.encode(), padding.PKCS1v15(), hashes.SHA256())
        return {
            "paypal-transmission-id": number,
            "paypal-transmission-time": sent,
            "paypal-transmission-sig": base64.b64encode(signature).decode(),
            "paypal-cert-url": CERTIFICATE,
            "paypal-auth-algo": "SHA256withRSA",
        } | changes

    def __call__(
        self, method: str, url: str, *, headers: Mapping[str, str], form: Any = None, body: Any = None
    ) -> tuple[int, Any]:
        _, _, path = url.split("//", 1)[1].partition("/")
        self.asked.append((method, path))
        if self.away:
            return 503, None
        if path == "v1/oauth2/token":
            fits = headers["Authorization"] == f"Basic {base64.b64encode(self.client.encode()).decode()}"
            granted = {"access_token": "A21AA", "token_type": "Bearer", "expires_in": self.lives}
            return (200, granted) if fits and form == {"grant_type": "client_credentials"} else (401, {})
        if headers.get("Authorization") != "Bearer A21AA":
            return 401, {"name": "AUTHENTICATION_FAILURE"}
        if path == "v1/notifications/verify-webhook-signature":
            return 200, {"verification_status": "SUCCESS" if self._signed(body) else "FAILURE"}
        return self._read(path)

    def _read(self, path: str) -> tuple[int, Any]:
        place, _, query = path.partition("?")
        if place.startswith("v2/checkout/orders/"):
            found = self.orders.get(place.rpartition("/")[2])
            return (200, found) if found else (404, {"name": "RESOURCE_NOT_FOUND"})
        if place == f"v1/notifications/webhooks/{self.webhook}":
            names = ("PAYMENT.CAPTURE.COMPLETED", "PAYMENT.CAPTURE.REFUNDED")
            return 200, {"id": self.webhook, "url": self.url, "event_types": [{"name": one} for one in names]}
        if place == "v1/notifications/webhooks-events":
            start = int(dict(piece.split("=", 1) for piece in query.split("&")).get("from", "0"))
            newest = list(reversed(self.events))[start : start + self.page]
            links = []
            if start + self.page < len(self.events):
                href = f"https://api.paypal.com/{place}?from={start + self.page}"
                links = [{"rel": "next", "href": href, "method": "GET"}]
            return 200, {"events": newest, "count": len(newest), "links": links}
        return 404, {}

    def _signed(self, sent: bytes) -> bool:
        """The checksum is of the event as it stands in the request, byte for byte."""
        asked = json.loads(sent)
        event = sent.partition(b'"webhook_event": ')[2][:-1]
        fits = asked["webhook_id"] == self.webhook and asked["auth_algo"] == "SHA256withRSA"
        signed = f"{asked['transmission_id']}|{asked['transmission_time']}|{asked['webhook_id']}|{zlib.crc32(event)}"
        key = self._leaf.public_key()
        assert isinstance(key, rsa.RSAPublicKey)
        try:
            self._leaf.verify_directly_issued_by(self._intermediate)
            key.verify(
                base64.b64decode(asked["transmission_sig"]),
                signed.encode(),
                padding.PKCS1v15(),
                hashes.SHA256(),
            )
        except (InvalidSignature, ValueError):
            return False
        return bool(fits)


def _certificate(
    name: str, key: rsa.RSAPrivateKey, issuer: str, issuer_key: rsa.RSAPrivateKey
) -> x509.Certificate:
    def named(text: str) -> x509.Name:
        return x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, text)])

    return (
        x509.CertificateBuilder()
        .subject_name(named(name))
        .issuer_name(named(issuer))
        .public_key(key.public_key())
        .serial_number(7)
        .not_valid_before(NOW - timedelta(days=1))
        .not_valid_after(NOW + timedelta(days=30))
        .sign(issuer_key, hashes.SHA256())
    )
