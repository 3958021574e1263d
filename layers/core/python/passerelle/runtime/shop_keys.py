"""What the doors of shops and buyers prove things with: keys, certificates, the authorities trusted."""

from __future__ import annotations

from collections.abc import Callable
from functools import lru_cache
from typing import TYPE_CHECKING

from passerelle.runtime.settings import Misconfigured
from passerelle.shops.registry import Trust, key_of

if TYPE_CHECKING:
    from passerelle.domain.network import Network
    from passerelle.domain.orders.shop import Shop

CERTIFICATE_BYTES = 100_000


def seat_keys(network: Network, secret: Callable[[str], str]) -> tuple[bytes, ...]:
    """The first signs; a second is still valid while the secret is being changed."""
    return tuple(secret(name).strip().encode() for name in network.seats_secrets)


def shop_keys(shop: Shop, secret: Callable[[str], str]) -> tuple[bytes, ...]:
    keys = []
    for name in shop.secrets:
        try:
            keys.append(key_of(shop.kind, secret(name)))
        except ValueError:
            raise Misconfigured(name) from None
    return tuple(keys)


@lru_cache(maxsize=8)
def fetch_certificate(url: str) -> bytes:
    """PayPal's, whose address has been pinned before; kept for the life of the container."""
    import requests

    session = requests.Session()
    session.trust_env = False
    with session.get(url, timeout=(3, 5), allow_redirects=False, stream=True) as answer:
        answer.raise_for_status()
        pem = answer.raw.read(CERTIFICATE_BYTES, decode_content=True)
    return bytes(pem)


@lru_cache(maxsize=1)
def authorities() -> bytes:
    """Those that `requests` itself trusts."""
    import certifi

    return certifi.contents().encode()


TRUST = Trust(fetch=fetch_certificate, roots=authorities)
