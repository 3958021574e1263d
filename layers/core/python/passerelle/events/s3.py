"""S3's word that an object has arrived, as EventBridge puts it into a queue."""

from __future__ import annotations

import json

from passerelle.events.queues import Unreadable


def read_created(body: str) -> tuple[str, ...]:
    """The key of the object created. Raises Unreadable.

    EventBridge carries the key as it is; only S3's own notifications carry it URL-encoded. Decoding
    here would turn `a+b` into `a b`, which is another object.
    """
    try:
        event = json.loads(body)
        if event["source"] != "aws.s3" or event["detail-type"] != "Object Created":
            raise Unreadable("not an Object Created")
        key = event["detail"]["object"]["key"]
    except (ValueError, KeyError, TypeError):
        raise Unreadable("not an event of S3") from None
    if not isinstance(key, str) or not key:
        raise Unreadable("no key")
    return (key,)
