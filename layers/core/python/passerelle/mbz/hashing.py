"""Hashes that are computed beside the reading: hashlib lets go of the interpreter lock."""

from __future__ import annotations

import threading
from collections.abc import Callable
from queue import Full, Queue
from typing import Protocol

# Measured: few large batches cost less processor time than many small ones (switching threads, memory
# mapped anew), and two waiting per lane are enough to even out the two sides.
_DEPTH = 2
_BATCH = 1024 * 1024


class Hash(Protocol):
    def update(self, data: bytes | memoryview, /) -> None: ...


class Lane:
    """Work done in order, in a thread of its own or, with `threaded=False`, on the spot.

    An exception in the work is raised again by the next call or by `close`.
    """

    def __init__(self, *, threaded: bool) -> None:
        self._error: BaseException | None = None
        self._waiting: list[tuple[Hash, bytes | memoryview]] = []
        self._waiting_bytes = 0
        self._queue: Queue[Callable[[], None] | None] | None = None
        self._thread: threading.Thread | None = None
        if threaded:
            self._queue = Queue(_DEPTH)
            self._thread = threading.Thread(target=self._work, args=(self._queue,), daemon=True)
            self._thread.start()

    def update(self, hasher: Hash, data: bytes | memoryview) -> None:
        if self._queue is None:
            hasher.update(data)
            return
        self._waiting.append((hasher, data))
        self._waiting_bytes += len(data)
        if self._waiting_bytes >= _BATCH:
            self._hand_over()

    def do(self, work: Callable[[], None]) -> None:
        """After all that was handed over before."""
        if self._queue is None:
            work()
            return
        self._hand_over()
        self._put(work)

    def close(self) -> None:
        """Wait for everything handed over."""
        self._hand_over()
        self._stop()
        if self._error is not None:
            raise self._error

    def abandon(self) -> None:
        self._error = self._error or RuntimeError("abandoned")
        self._stop()

    def _hand_over(self) -> None:
        batch, self._waiting, self._waiting_bytes = self._waiting, [], 0
        if batch:
            self._put(lambda: _update_all(batch))

    def _put(self, work: Callable[[], None]) -> None:
        if self._error is not None:
            raise self._error
        if self._queue is not None:
            self._queue.put(work)

    def _stop(self) -> None:
        if self._queue is not None and self._thread is not None:
            while self._thread.is_alive():
                try:
                    self._queue.put(None, timeout=1)
                    break
                except Full:
                    continue
            self._thread.join()
            self._thread = None

    def _work(self, queue: Queue[Callable[[], None] | None]) -> None:
        while (work := queue.get()) is not None:
            try:
                if self._error is None:
                    work()
            except BaseException as error:  # noqa: BLE001 - raised again in the thread that reads
                self._error = error


def _update_all(batch: list[tuple[Hash, bytes | memoryview]]) -> None:
    for hasher, data in batch:
        hasher.update(data)
