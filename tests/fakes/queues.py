from __future__ import annotations

from dataclasses import dataclass, field
from datetime import timedelta
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from passerelle.ports import QueueName

LONGEST = timedelta(seconds=900)


@dataclass(frozen=True)
class Sent:
    queue: QueueName
    message: Mapping[str, str]
    delay: timedelta | None = field(default=None, compare=False)


class FakeQueues:
    """`Sent("publications", {...}) in queues`; `queues["publications"]` lists messages, oldest first."""

    def __init__(self) -> None:
        self.sent: list[Sent] = []

    def send(self, queue: QueueName, message: Mapping[str, str], *, delay: timedelta | None = None) -> None:
        if delay is not None and not timedelta() <= delay <= LONGEST:
            raise ValueError("a queue holds a message back for 0 to 900 seconds")
        self.sent.append(Sent(queue, dict(message), delay))

    def take(self, queue: QueueName) -> Mapping[str, str] | None:
        """The oldest message, which is gone from the queue then; None where it is empty."""
        for place, sent in enumerate(self.sent):
            if sent.queue == queue:
                return self.sent.pop(place).message
        return None

    def __contains__(self, sent: object) -> bool:
        return sent in self.sent

    def __getitem__(self, queue: QueueName) -> list[Mapping[str, str]]:
        return [sent.message for sent in self.sent if sent.queue == queue]

    def __iter__(self) -> Iterator[Sent]:
        return iter(tuple(self.sent))

    def __len__(self) -> int:
        return len(self.sent)
