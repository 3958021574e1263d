from __future__ import annotations

from passerelle_laptop.twin.asked import Handler

FUNCTIONS: dict[str, Handler] = {}
