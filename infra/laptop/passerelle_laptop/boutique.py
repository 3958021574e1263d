"""The laptop's shops: one of each kind that can sign by itself, all selling on Lycée Ada-Lovelace."""

from __future__ import annotations

import base64
import secrets
from collections.abc import Callable
from typing import Any
from urllib.parse import quote

import requests

from passerelle.shops.registry import sample
from passerelle.shops.vendor import SampleDelivery, SampleOrder
from passerelle_laptop.till import KEY

SITE = "lycee-a"
KINDS = {"boutique": "standard", "woo": "woocommerce", "shopify": "shopify", "stripe": "stripe"}

PRODUCTS: dict[str, dict[str, Any]] = {
    "SPOCM1": {
        "handler": "std_setuponecoursesession",
        "parameters": "coursename=SPOCM1&supervisor=teacher&duration=35&customersupport=SUPPORT",
        "price": "10.00",
    },
    "PERDU": {
        "handler": "std_setuponecoursesession",
        "parameters": "coursename=COURS-DISPARU",
        "price": "10.00",
    },
}


def shops_document(address: str, till: str, put: Callable[[str, str], None]) -> dict[str, Any]:
    """What network.yaml says of shops; `till` answers for WooCommerce, `put` keeps a secret."""
    shops: dict[str, Any] = {}
    for name, kind in KINDS.items():
        put(f"/passerelle/shops/{name}/signature", new_secret(kind))
        shops[name] = {
            "kind": kind,
            "site": SITE,
            "secrets": [f"/passerelle/shops/{name}/signature"],
            "products": PRODUCTS,
            "attachment": {"over_new": "mentor"},
        }
    put("/passerelle/shops/woo/key", KEY)
    shops["woo"]["api"] = {"url": till, "key": "/passerelle/shops/woo/key"}
    put("/passerelle/seats/places", secrets.token_urlsafe(32))
    return {"shops": shops, "address": address, "seats_secrets": ["/passerelle/seats/places"]}


def new_secret(kind: str) -> str:
    if kind in ("standard", "stripe"):
        return "whsec_" + base64.b64encode(secrets.token_bytes(32)).decode()
    return secrets.token_hex(32)


def send(api: str, shop: str, kind: str, secret: str, order: SampleOrder, event: str = "") -> int:
    """Deliver a test order; answers HTTP's status."""
    return post(api, shop, sample(kind, secret, order, event))


def post(api: str, shop: str, what: SampleDelivery, *, session: requests.Session | None = None) -> int:
    caller = session or requests.Session()
    caller.trust_env = False
    answer = caller.post(
        f"{api}/shops/{quote(shop)}/orders",
        data=what.body,
        headers={**what.headers, "content-type": "application/json"},
        timeout=30,
    )
    return answer.status_code
