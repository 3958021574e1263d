"""The door for shops: raw bytes verified, the event stored once and queued, an answer in no time."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from typing import Any
from urllib.parse import unquote

from passerelle.errors import Conflict, GiveUp, TryAgain
from passerelle.events.bodies import SHOP_BODY_LIMIT, BodyTooLarge, raw_body
from passerelle.events.signatures import SignatureRefused
from passerelle.runtime import wiring
from passerelle.runtime.doors import ShopDoor
from passerelle.runtime.observability import begin, reference
from passerelle.shops.registry import Verified, verified
from passerelle.shops.vendor import Knock
from passerelle.usecases.orders import receive

Response = dict[str, Any]


def answer_shop(
    event: Mapping[str, Any], context: object, open_door: Callable[[], ShopDoor] | None = None
) -> Response:
    """API Gateway's response (payload 2.0) to one delivery. It never raises: a shop that gets no 200 sends
    again, or (WooCommerce) switches itself off.
    """
    log = begin(context)
    name = unquote((event.get("pathParameters") or {}).get("shop", ""))
    facts: dict[str, object] = {"shop": name[:40]}
    try:
        door = (open_door or wiring.shop_door)()
        told = _received(event, name, door)
    except SignatureRefused:
        log.info("refused", extra={**facts, "code": "signature"})
        return _response(401, {"error": "signature"})
    except BodyTooLarge:
        log.info("refused", extra={**facts, "code": "body_too_large"})
        return _response(413, {"error": "body_too_large"})
    except (TryAgain, Conflict) as error:
        log.warning("not done", extra=facts, exc_info=error)
        return _response(503, {"error": "away"}, {"retry-after": "30"})
    except Exception as error:  # whatever it is, the shop gets an answer with a reference
        quoted = reference()
        facts |= {"reference": quoted, "code": getattr(error, "code", "internal")}
        log.exception("failed", extra=facts)
        too_large = isinstance(error, GiveUp) and error.code == "record_too_large"
        status = 413 if too_large else 500
        return _response(status, {"error": "internal", "reference": quoted})
    log.info("received", extra={**facts, "told": told})
    return _response(200, {"received": told})


def _received(event: Mapping[str, Any], name: str, door: ShopDoor) -> str:
    headers = {key.lower(): value for key, value in (event.get("headers") or {}).items()}
    body = raw_body(event, SHOP_BODY_LIMIT)
    knock = Knock(headers, body, door.world.clock.now())
    try:
        delivery = _verified(knock, name, door)
    except SignatureRefused:
        # A secret that was just overwritten in place is not refused because this container knew the old one.
        newer = door.newer()
        if newer is None:
            raise
        door, delivery = newer, _verified(knock, name, newer)
    if delivery is None:
        return "ping"
    return receive.receive(door.world, name, delivery.event, delivery.topic, body, readable=delivery.readable)


def _verified(knock: Knock, name: str, door: ShopDoor) -> Verified | None:
    shop = door.world.network.shops.get(name)
    if shop is None:
        raise SignatureRefused
    return verified(shop, knock, door.keys(shop), door.api(name))


def _response(status: int, body: Mapping[str, object], headers: Mapping[str, str] | None = None) -> Response:
    return {
        "statusCode": status,
        "headers": {"content-type": "application/json", "cache-control": "no-store", **(headers or {})},
        "body": json.dumps(body),
        "isBase64Encoded": False,
    }
