"""A shop's delivery as it comes: stored once, queued. What it says is read later (usecases.orders.work)."""

from __future__ import annotations

import base64
import binascii
import gzip

from passerelle.domain.orders.delivery import Delivery
from passerelle.domain.records import Note
from passerelle.errors import Conflict, GiveUp
from passerelle.ports import World


def packed(body: bytes) -> str:
    return base64.b64encode(gzip.compress(body, 6, mtime=0)).decode()


def unpacked(delivery: Delivery) -> bytes:
    try:
        return gzip.decompress(base64.b64decode(delivery.body, validate=True))
    except (binascii.Error, OSError, EOFError):
        raise GiveUp("payload_unreadable", where="stored") from None


def receive(world: World, shop: str, event: str, topic: str, body: bytes, *, readable: bool) -> str:
    """Store the event once, queue it; answers whether it was `new` or `known`. Safe to repeat (S12).

    Well signed but unreadable, it is parked as it came: a person can look at it, nothing is lost.
    """
    delivery = Delivery(
        id=f"{shop}:{event}",
        shop=shop,
        topic=topic,
        received_at=world.clock.now(),
        body=packed(body),
        state="pending" if readable else "parked",
        why=None if readable else Note("payload_unreadable", {"where": "body"}),
    )
    told = "new"
    try:
        world.records.add(delivery)
    except Conflict:
        stored = world.records.get(Delivery, delivery.id)
        told = "known"
        if stored is not None and stored.state != "pending":
            return told
        # Stored by a try that was cut before it was queued, perhaps: queued again it does no harm.
    if readable:
        world.queues.send("orders", {"delivery": delivery.id})
    return told
