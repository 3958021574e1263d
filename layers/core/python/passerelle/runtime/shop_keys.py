"""What the doors of shops and buyers prove things with."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING

from passerelle.runtime.settings import Misconfigured
from passerelle.shops.registry import vendor

if TYPE_CHECKING:
    from passerelle.domain.network import Network
    from passerelle.domain.orders.shop import Shop


def seat_keys(network: Network, secret: Callable[[str], str]) -> tuple[bytes, ...]:
    """The first signs; a second is still valid while the secret is being changed."""
    return tuple(secret(name).strip().encode() for name in network.seats_secrets)


def shop_keys(shop: Shop, secret: Callable[[str], str]) -> tuple[bytes, ...]:
    kind = vendor(shop.kind)
    keys = []
    for name in shop.secrets:
        try:
            keys.append(kind.key(secret(name)))
        except ValueError:
            raise Misconfigured(name) from None
    return tuple(keys)
