"""A Moodle on its way into the network: one code, of one use, worth an hour (K1).

The code holds Passerelle's address, the site's name and a random key. The table keeps a hash of the key,
which signs the site's first request and cannot be turned back into a code.
"""

from __future__ import annotations

import base64
import hashlib
import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta

from passerelle.domain.network import Network
from passerelle.domain.orders.products import read_parameters
from passerelle.domain.orders.shop import Product, Shop
from passerelle.errors import GiveUp

CODE_LIVES = timedelta(hours=1)
CODE_PREFIX = "psl1_"
KEY_BYTES = 32


@dataclass(frozen=True, slots=True, kw_only=True)
class Connection:
    """The newest code of one site, and what became of it."""

    id: str  # the site
    signs: str = field(repr=False)  # what the code's key signs with: 64 hexadecimal digits
    until: datetime
    claim: str = ""  # what the Moodle that took the code said of itself, hashed; the first one has it
    used_at: datetime | None = None  # when that Moodle handed its token over
    revision: int = 0


def spell_code(address: str, site: str, key: bytes) -> str:
    """What is entered in Moodle: `psl1_` and base64url of a JSON object."""
    said = {"address": address, "site": site, "key": base64.b64encode(key).decode()}
    packed = json.dumps(said, separators=(",", ":"), ensure_ascii=False).encode()
    return CODE_PREFIX + base64.urlsafe_b64encode(packed).decode().rstrip("=")


def signing_key(key: bytes) -> bytes:
    """What requests are signed with by whoever holds the code."""
    return hashlib.sha256(b"passerelle connection\x1f" + key).digest()


def assignable_roles(network: Network, site: str) -> tuple[str, ...]:
    """Short names of the roles that Passerelle's account gives on this site, as `network.yaml` names them."""
    named = {network.sites[site].owner_role, "student", "editingteacher", "teacher"}
    if site == network.hub.site:
        named |= {network.hub.author_role}
    for shop in network.shops.values():
        if shop.site == site:
            named |= _roles_of(shop)
    return tuple(sorted(named - {""}))


def _roles_of(shop: Shop) -> set[str]:
    named = {shop.learner_role, shop.tutor_role, shop.owner_role, shop.category_role}
    attachment = shop.attachment
    named |= {attachment.over_new, attachment.over_existing}
    named |= {attachment.back_over_new, attachment.back_over_existing}
    for product in shop.products.values():
        named |= _roles_of_product(product)
    return named


def _roles_of_product(product: Product) -> set[str]:
    try:
        parameters = read_parameters(product.handler, product.parameters)
    except GiveUp:  # `catalogue check` says what is wrong with it
        return set()
    return {parameters.text("role"), parameters.text("supervisor"), *parameters.names("requiredroles")}


def offers(network: Network, site: str) -> Mapping[str, bool]:
    """Which buttons fit the site's place in the network: last year's platform is only looked at (R1)."""
    last_years = site in network.previous_sites
    return {
        "publish": not last_years,
        "retrieve": not last_years,
        "rollover": network.sites[site].previous != "",
        "check": last_years,
    }
