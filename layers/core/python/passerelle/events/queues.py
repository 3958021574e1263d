"""The messages of the queues of publications, retrievals, rollovers and jobs (ports.Queues writes them)."""

from __future__ import annotations

import json

from passerelle.errors import PasserelleError


class Unreadable(PasserelleError):
    """A message that nobody of us wrote. It is not finished with: it goes to the dead letters."""


def read_publication(body: str) -> tuple[str, ...]:
    """The publication's id. Raises Unreadable."""
    return _words(body, "publication")


def read_retrieval(body: str) -> tuple[str, ...]:
    """The retrieval's id. Raises Unreadable."""
    return _words(body, "retrieval")


def read_job(body: str) -> tuple[str, ...]:
    """Site and jobkey. Raises Unreadable."""
    return _words(body, "site", "jobkey")


def read_rollover(body: str) -> tuple[str, ...]:
    """The rollover's id. Raises Unreadable."""
    return _words(body, "rollover")


ORDER_KINDS = ("delivery", "order", "confirm")


def read_order(body: str) -> tuple[str, ...]:
    """What is to be worked on (`delivery`, `order`, `confirm`) and its id. Raises Unreadable."""
    for kind in ORDER_KINDS:
        try:
            return (kind, *_words(body, kind))
        except Unreadable:
            continue
    raise Unreadable("delivery, order or confirm is missing")


def _words(body: str, *names: str) -> tuple[str, ...]:
    try:
        message = json.loads(body)
    except ValueError:
        raise Unreadable("not JSON") from None
    if not isinstance(message, dict):
        raise Unreadable("not an object")
    words = []
    for name in names:
        value = message.get(name)
        if not isinstance(value, str) or not value:
            raise Unreadable(f"{name} is missing")
        words.append(value)
    return tuple(words)
