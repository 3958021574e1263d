"""Secrets move into the folder of their kind (G3): copied, never lost, and named there from then on."""

from __future__ import annotations

import re
from collections.abc import Mapping
from contextlib import suppress

from passerelle.domain.network import Network
from passerelle.domain.secret_names import names_to_move
from passerelle.errors import NotFound
from passerelle.ports import Secrets


def move_secrets(secrets: Secrets, network: Network, prefix: str) -> Mapping[str, str]:
    """Old name → new. What is there already under its new name is left: it may have been changed since."""
    moved = names_to_move(network, prefix)
    for old, new in moved.items():
        try:
            secrets.get(new)
        except NotFound:
            with suppress(NotFound):  # not made yet: it will be, under its new name
                secrets.put(new, secrets.get(old))
    return moved


def renamed(text: str, moved: Mapping[str, str]) -> str:
    """network.yaml with the new names, everything else as people wrote it."""
    for old, new in moved.items():
        text = re.sub(rf"(?<![\w./-]){re.escape(old)}(?![\w./-])", new, text)
    return text
