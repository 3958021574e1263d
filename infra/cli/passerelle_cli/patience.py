"""What a terminal shows while nothing else comes for two seconds: what is being done, and for how long."""

from __future__ import annotations

import os
import sys
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager

QUIET = 2.0  # seconds without a word
ERASE = "\r\x1b[K"


class Patience:
    """One line of standard error, on a terminal only; whatever else is written makes it go first."""

    def __init__(self, clock: Callable[[], float] = time.monotonic) -> None:
        self._clock = clock
        self._lock = threading.Lock()
        self._label = ""
        self._shown = False
        self._spoke = self._began = 0.0
        self._over = threading.Event()

    @contextmanager
    def watching(self, label: str) -> Iterator[None]:
        if not sys.stderr.isatty() or os.environ.get("TERM") == "dumb":
            yield
            return
        self._label, self._began, self._spoke = label, self._clock(), self._clock()
        self._over.clear()
        watcher = threading.Thread(target=self._watch, daemon=True)
        watcher.start()
        try:
            yield
        finally:
            self._over.set()
            watcher.join()
            self.make_room()

    def doing(self, label: str) -> None:
        """What is being done from here on."""
        with self._lock:
            self._label = label

    def make_room(self) -> None:
        """Before something else is written."""
        with self._lock:
            if self._shown:
                sys.stderr.write(ERASE)
                sys.stderr.flush()
            self._shown, self._spoke = False, self._clock()

    def _watch(self) -> None:
        while not self._over.wait(0.5):
            self.look()

    def look(self) -> None:
        """Say it, or say it again, where it is time to."""
        with self._lock:
            now = self._clock()
            if not self._shown and now - self._spoke < QUIET:
                return
            sys.stderr.write(f"{ERASE}{self._label} {now - self._began:.0f} s")
            sys.stderr.flush()
            self._shown = True


PATIENCE = Patience()
