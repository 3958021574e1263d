"""How large a body a door takes."""

from __future__ import annotations

from passerelle.errors import Refused

BODY_LIMIT = 1024 * 1024  # bytes


class BodyTooLarge(Refused):
    def __init__(self) -> None:
        super().__init__("body_too_large", limit=BODY_LIMIT)
