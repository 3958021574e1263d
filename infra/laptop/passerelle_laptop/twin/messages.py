"""Turns what `local_passerelle_notify` was given into a sentence and links, as the plugin does."""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass
from urllib.parse import urlsplit

from passerelle_laptop.twin.records import Message
from passerelle_laptop.twin.wording import WORDS, word


@dataclass(frozen=True, slots=True)
class Shown:
    text: str
    links: tuple[tuple[str, str], ...] = ()


def shown(message: Message, reader: str) -> Shown:
    """In the language Passerelle asked for; `reader`'s where it named none."""
    if message.text or not message.kind:
        return Shown(message.text)
    lang = message.lang or reader
    pattern = WORDS.get(f"message.{message.kind}")
    values: defaultdict[str, str] = defaultdict(str, message.values)
    if pattern is None:
        text = values["message"] or values["title"] or message.kind
    else:
        text = " ".join(pattern[0 if lang == "fr" else 1].format_map(values).split())
    links = []
    for name in ("huburl", "courseurl"):
        if urlsplit(message.values.get(name, "")).scheme in {"http", "https"}:
            label = "link.retrieved" if message.kind == "retrieved" else f"link.{name}"
            links.append((word(label, lang), message.values[name]))
    return Shown(text, tuple(links))
