"""The shops' own APIs: lines that a delivery lacked, what a refund was about, what was done (port `Shops`).

Only reading keys are needed; a key that may write only where the shop is to be told.
"""

from __future__ import annotations

import base64
import hashlib
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any, Protocol

import requests

from passerelle.domain.orders.order import Buyer, Facts, Line, Order, Participant, Refund, minor_units
from passerelle.domain.orders.people import read_people
from passerelle.domain.orders.shop import Shop
from passerelle.errors import GiveUp, TryAgain

SECONDS = (5, 20)  # to connect, to answer
STRIPE = "https://api.stripe.com"
PAYPAL = "https://api-m.paypal.com"
FIRST_ERROR, TOO_MANY, FIRST_SERVER_ERROR = 400, 429, 500
_ID = re.compile(r"[A-Za-z0-9_-]{1,128}")


class ShopAway(TryAgain):
    """`shop` did not answer, or not now."""

    def __init__(self, shop: str) -> None:
        super().__init__(f"{shop} is away")
        self.shop = shop


class ShopRefused(GiveUp):
    """`status` is HTTP's: a key that may not, an order that is not there."""

    def __init__(self, shop: str, status: int) -> None:
        super().__init__("shop_refused", shop=shop, status=status)


class Send(Protocol):
    """One request; answers status and decoded JSON. Raises ShopAway."""

    def __call__(
        self,
        method: str,
        url: str,
        *,
        headers: Mapping[str, str],
        form: Mapping[str, str] | None = None,
        body: Mapping[str, object] | None = None,
    ) -> tuple[int, Any]: ...


def sender(shop: str) -> Send:
    """Over HTTPS: no redirects, no environment."""
    session = requests.Session()
    session.trust_env = False

    def send(
        method: str,
        url: str,
        *,
        headers: Mapping[str, str],
        form: Mapping[str, str] | None = None,
        body: Mapping[str, object] | None = None,
    ) -> tuple[int, Any]:
        try:
            answer = session.request(
                method,
                url,
                headers=dict(headers),
                data=form,
                json=body,
                timeout=SECONDS,
                allow_redirects=False,
            )
            document = answer.json() if answer.content else None
        except (requests.RequestException, ValueError):
            raise ShopAway(shop) from None  # never chained: its text holds the address and perhaps a key
        return answer.status_code, document

    return send


@dataclass
class Api:
    """One shop's API. `key` is what the SSM parameter holds: a key, or `id:secret`."""

    name: str
    shop: Shop
    key: str = field(repr=False)
    send: Send

    def _ask(self, method: str, path: str, **what: Any) -> Any:
        status, document = self.send(method, f"{self.address}{path}", headers=self._headers(), **what)
        if status == TOO_MANY or status >= FIRST_SERVER_ERROR:
            raise ShopAway(self.name)
        if status >= FIRST_ERROR:
            raise ShopRefused(self.name, status)
        return document

    @property
    def address(self) -> str:
        vendors = {"stripe": STRIPE, "paypal": PAYPAL}
        return self.shop.api.url.rstrip("/") or vendors.get(self.shop.kind, "")

    def _headers(self) -> dict[str, str]:
        match self.shop.kind:
            case "stripe":
                return {"Authorization": f"Bearer {self.key}"}
            case "paypal":
                return {"Authorization": f"Bearer {self._paypal_token()}"}
            case _:
                pair = base64.b64encode(self.key.encode()).decode()
                return {"Authorization": f"Basic {pair}"}

    def _paypal_token(self) -> str:
        pair = base64.b64encode(self.key.encode()).decode()
        status, document = self.send(
            "POST",
            f"{self.address}/v1/oauth2/token",
            headers={"Authorization": f"Basic {pair}"},
            form={"grant_type": "client_credentials"},
        )
        if status >= FIRST_SERVER_ERROR:
            raise ShopAway(self.name)
        if status >= FIRST_ERROR or not isinstance(document, dict):
            raise ShopRefused(self.name, status)
        return str(document.get("access_token", ""))

    # -- reading -----------------------------------------------------------------------------------------

    def lines(self, order: Order) -> Facts:
        """Raises GiveUp `lines_unknown` where this kind of shop always sends its lines."""
        reference = _safe(order.lines_at)
        if self.shop.kind == "stripe":
            return self._stripe_lines(order, reference)
        if self.shop.kind == "paypal":
            return self._paypal_lines(order, reference)
        raise GiveUp("lines_unknown")

    def _stripe_lines(self, order: Order, session: str) -> Facts:
        page = self._ask(
            "GET", f"/v1/checkout/sessions/{session}/line_items?limit=100&expand[]=data.price.product"
        )
        whole = self._ask("GET", f"/v1/checkout/sessions/{session}")
        people = _people(whole.get("metadata") or {}, self.shop)
        lines = [self._stripe_line(row) for row in page.get("data", [])]
        return Facts(order=_ref(order), lines=_peopled(lines, people), snapshot_at=order.snapshot_at)

    def _stripe_line(self, row: Mapping[str, Any]) -> Line:
        price = row.get("price") or {}
        product: Mapping[str, Any] = price["product"] if isinstance(price.get("product"), dict) else {}
        known = [
            (product.get("metadata") or {}).get("sku"),
            price.get("lookup_key"),
            price.get("id"),
            product.get("id"),
        ]
        reference = next((str(one) for one in known if one in self.shop.products), "")
        return Line(
            id=str(row["id"]),
            product=reference or next((str(one) for one in known if one), ""),
            quantity=int(row.get("quantity") or 1),
            amount=row.get("amount_total"),
            title=str(row.get("description") or ""),
            participants=_people((product.get("metadata") or {}), self.shop),
        )

    def _paypal_lines(self, order: Order, reference: str) -> Facts:
        whole = self._ask("GET", f"/v2/checkout/orders/{reference}")
        payer = whole.get("payer") or {}
        name = payer.get("name") or {}
        lines: list[Line] = []
        people: tuple[Participant, ...] = ()
        for unit in whole.get("purchase_units", []):
            for row in unit.get("items") or []:
                amount = row.get("unit_amount") or {}
                currency = str(amount.get("currency_code") or order.currency)
                quantity = int(row.get("quantity") or 1)
                tax = minor_units((row.get("tax") or {}).get("value", "0"), currency)
                lines.append(
                    Line(
                        id=str(len(lines) + 1),
                        product=str(row.get("sku") or row.get("name") or ""),
                        quantity=quantity,
                        amount=(minor_units(amount.get("value", "0"), currency) + tax) * quantity,
                        title=str(row.get("name") or ""),
                        participants=_people_in_text(str(row.get("description") or "")),
                    )
                )
        buyer = Buyer(
            email=str(payer.get("email_address") or ""),
            firstname=str(name.get("given_name") or ""),
            lastname=str(name.get("surname") or ""),
            lang=self.shop.language,
        )
        return Facts(
            order=_ref(order), buyer=buyer, lines=_peopled(lines, people), snapshot_at=order.snapshot_at
        )

    def refunds(self, order: Order) -> tuple[Refund, ...] | None:
        """WooCommerce tells the lines of a refund only here."""
        if self.shop.kind != "woocommerce":
            return None
        rows = self._ask("GET", f"/wp-json/wc/v3/orders/{_safe(order.refunds_at)}/refunds?per_page=100")
        found = []
        for row in rows:
            lines: dict[str, int] = {}
            for item in row.get("line_items", []):
                sold = next(
                    (m["value"] for m in item.get("meta_data", []) if m["key"] == "_refunded_item_id"), None
                )
                if sold is not None and item.get("quantity"):
                    lines[str(sold)] = lines.get(str(sold), 0) + abs(int(item["quantity"]))
            amount = abs(minor_units(row.get("amount", "0"), order.currency))
            found.append(Refund(str(row["id"]), amount, lines))
        return tuple(found)

    # -- telling -----------------------------------------------------------------------------------------

    def confirm(self, order: Order, text: str) -> None:
        """A note, perhaps a status (WooCommerce); metadata (Stripe). The same text stands once."""
        if self.shop.kind == "woocommerce":
            self._tell_woocommerce(order, text)
        elif self.shop.kind == "stripe":
            intent = _safe(_ref(order))
            kind = "payment_intents" if intent.startswith("pi_") else "checkout/sessions"
            form = {"metadata[passerelle_state]": order.state.value, "metadata[passerelle]": text[:500]}
            self._ask("POST", f"/v1/{kind}/{intent}", form=form)

    def _tell_woocommerce(self, order: Order, text: str) -> None:
        path = f"/wp-json/wc/v3/orders/{_safe(_ref(order))}"
        notes = self._ask("GET", f"{path}/notes")
        if all(text not in str(note.get("note", "")) for note in notes):
            self._ask("POST", f"{path}/notes", body={"note": text, "customer_note": False})
        status = self.shop.api.done_status
        if status and order.state.value == "fulfilled":
            self._ask("PUT", path, body={"status": status})


def _ref(order: Order) -> str:
    return order.id.partition(":")[2]


def _safe(reference: str) -> str:
    """An id in a path; what came from outside and is none is hashed, and found nowhere."""
    return reference if _ID.fullmatch(reference) else hashlib.sha256(reference.encode()).hexdigest()


def _people(metadata: Mapping[str, Any], shop: Shop) -> tuple[Participant, ...]:
    found: list[Participant] = []
    for name, kind in ((shop.people.learners, "learner"), (shop.people.tutors, "tutor")):
        text = "\n".join(str(value) for key, value in sorted(metadata.items()) if key.startswith(name))
        if text.strip():
            found += read_people(text, "tutor" if kind == "tutor" else "learner").people
    return tuple(found)


def _people_in_text(text: str) -> tuple[Participant, ...]:
    return read_people(text).people if "@" in text else ()


def _peopled(lines: list[Line], people: tuple[Participant, ...]) -> tuple[Line, ...]:
    if people and lines:
        from dataclasses import replace

        lines[0] = replace(lines[0], participants=(*lines[0].participants, *people))
    return tuple(lines)


Opener = Callable[[str], Api | None]
