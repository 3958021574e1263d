"""Unpacks a layer once for all workers.

The emulator unpacks its layers anew for every worker that it starts: 2,400 files, most of a second of the one
thread that does everything else too, and a story starts sixteen workers. Here the first worker's copy is kept
and the others get a link to it; nothing writes into a layer.
"""

from __future__ import annotations

import hashlib
import tempfile
import threading
import zipfile
from pathlib import Path
from types import ModuleType, SimpleNamespace
from typing import Any

LARGE = 1_000_000  # bytes unpacked: what is smaller is a function's own code, and unpacked as ever

_unpacked: dict[str, Path] = {}
_lock = threading.Lock()


class KeptZip(zipfile.ZipFile):
    def _identity(self) -> str:
        """Of what it holds; empty where that is small."""
        entries = self.infolist()
        if sum(entry.file_size for entry in entries) < LARGE:
            return ""
        told = "\n".join(f"{entry.filename} {entry.file_size} {entry.CRC}" for entry in entries)
        return hashlib.sha256(told.encode()).hexdigest()

    def namelist(self) -> list[str]:
        """What is still to be unpacked and looked at: nothing of a layer that lies there already."""
        return [] if self._identity() in _unpacked else super().namelist()

    def extractall(self, path: Any = None, members: Any = None, pwd: bytes | None = None) -> None:
        identity = self._identity()
        if not identity or path is None or members is not None:
            super().extractall(path, members, pwd)
            return
        with _lock:
            if identity not in _unpacked:
                kept = Path(tempfile.mkdtemp(prefix="passerelle-layer-"))
                super().extractall(kept, None, pwd)
                _unpacked[identity] = kept
        link = Path(path)
        link.rmdir()
        link.symlink_to(_unpacked[identity], target_is_directory=True)


def keep_layers(runtime: ModuleType) -> None:
    """Let the emulator's `lambda_runtime` unpack with this."""
    whole: dict[str, Any] = {**vars(zipfile), "ZipFile": KeptZip}
    # A module's attribute, which no type describes.
    runtime.zipfile = SimpleNamespace(**whole)  # type: ignore[attr-defined]
