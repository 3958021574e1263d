"""A body as it came, before anything in it is believed."""

from __future__ import annotations

import base64
import binascii
import json
from collections.abc import Mapping
from typing import Any

from passerelle.errors import Refused
from passerelle.events.signatures import SignatureRefused

BODY_LIMIT = 1024 * 1024  # bytes, of a site
SHOP_BODY_LIMIT = 4 * 1024 * 1024  # of a shop: 5,000 people with all that is said of them (S2, S3)


class BodyTooLarge(Refused):
    def __init__(self, limit: int) -> None:
        super().__init__("body_too_large", limit=limit)


def raw_body(event: Mapping[str, Any], limit: int = BODY_LIMIT) -> bytes:
    """The bytes of an API Gateway event (payload 2.0).

    Raises BodyTooLarge, and SignatureRefused for what nobody can have signed.
    """
    text = event.get("body") or ""
    if len(text) > 2 * limit:  # even as base64
        raise BodyTooLarge(limit)
    if event.get("isBase64Encoded"):
        try:
            body = base64.b64decode(text, validate=True)
        except (binascii.Error, ValueError):
            raise SignatureRefused from None
    else:
        body = text.encode("utf-8", "surrogatepass")
    if len(body) > limit:
        raise BodyTooLarge(limit)
    return body


def read_json(text: str) -> Any:
    """JSON that somebody else wrote. Half a character (an emoji that a shop cut in two) stands as �: no text
    with it could be kept or sent. Raises ValueError, RecursionError.
    """
    document = json.loads(text)
    if "\\ud" not in text.lower():
        return document
    said = json.dumps(document, ensure_ascii=False)
    return json.loads(said.encode("utf-16", "surrogatepass").decode("utf-16", "replace"))
