"""One request to a shop, and what its answer means. Which requests is each vendor's matter."""

from __future__ import annotations

import hashlib
import re
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any, Protocol

from passerelle.errors import GiveUp, TryAgain
from passerelle.events.bodies import read_json

if TYPE_CHECKING:
    from passerelle.domain.orders.order import Order

SECONDS = (5, 20)  # to connect, to answer
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
        body: Mapping[str, object] | bytes | None = None,
    ) -> tuple[int, Any]: ...


def sender(shop: str) -> Send:
    """Over HTTPS: no redirects, no environment."""
    import requests

    session = requests.Session()
    session.trust_env = False

    def send(
        method: str,
        url: str,
        *,
        headers: Mapping[str, str],
        form: Mapping[str, str] | None = None,
        body: Mapping[str, object] | bytes | None = None,
    ) -> tuple[int, Any]:
        raw = isinstance(body, bytes)
        try:
            answer = session.request(
                method,
                url,
                headers={**headers, **({"Content-Type": "application/json"} if raw else {})},
                data=body if raw else form,
                json=None if raw else body,
                timeout=SECONDS,
                allow_redirects=False,
            )
            document = read_json(answer.content.decode("utf-8")) if answer.content else None
        except (requests.RequestException, ValueError, RecursionError):
            raise ShopAway(shop) from None  # never chained: its text holds the address and perhaps a key
        return answer.status_code, document

    return send


def check(shop: str, status: int) -> None:
    if status == TOO_MANY or status >= FIRST_SERVER_ERROR:
        raise ShopAway(shop)
    if status >= FIRST_ERROR:
        raise ShopRefused(shop, status)


def reference(order: Order) -> str:
    """The shop's own id of an order."""
    return order.id.partition(":")[2]


def safe(text: str) -> str:
    """An id in a path; what came from outside and is none is hashed, and found nowhere."""
    return text if _ID.fullmatch(text) else hashlib.sha256(text.encode()).hexdigest()
