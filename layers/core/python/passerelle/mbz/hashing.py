"""Hashes that are computed beside the reading: hashlib lets go of the interpreter lock."""

from __future__ import annotations

import threading
from queue import Full, Queue
from typing import TYPE_CHECKING, Protocol

if TYPE_CHECKING:
    from collections.abc import Callable

_DEPTH = 6  # chunks waiting per lane: enough to even out the two sides, little memory
_SMALL = 16 * 1024  # hashing less costs less than handing it over


class Hash(Protocol):
    def update(self, data: bytes | memoryview, /) -> None: ...


class Lane:
    """Work done in order, in a thread of its own or, with `threaded=False`, on the spot.

    An exception in the work is raised again by the next call or by `close`.
    """

    def __init__(self, *, threaded: bool) -> None:
        self._error: BaseException | None = None
        self._queue: Queue[Callable[[], None] | None] | None = None
        self._thread: threading.Thread | None = None
        if threaded:
            self._queue = Queue(_DEPTH)
            self._thread = threading.Thread(target=self._work, args=(self._queue,), daemon=True)
            self._thread.start()

    def update(self, hasher: Hash, data: bytes | memoryview) -> None:
        self.do(lambda: hasher.update(data), small=len(data) < _SMALL)

    def do(self, work: Callable[[], None], *, small: bool = False) -> None:
        if self._error is not None:
            raise self._error
        if self._queue is None or (small and self._queue.unfinished_tasks == 0):
            work()
        else:
            self._queue.put(work)

    def close(self) -> None:
        """Wait for everything handed over."""
        self._stop()
        if self._error is not None:
            raise self._error

    def abandon(self) -> None:
        self._error = self._error or RuntimeError("abandoned")
        self._stop()

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
            finally:
                queue.task_done()
