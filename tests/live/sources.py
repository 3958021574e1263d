"""Serves archives to a site under test, well or badly, as the first part of the path says."""

from __future__ import annotations

import threading
import time
from collections import Counter
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import ClassVar

_BLOCK = 64 * 1024


class Sources:
    """Addresses: `{base}/{way}/{name}`, a way being

    - `good`: the bytes, and ranges of them
    - `cut`: the first answer for the name breaks off in the middle; later ones are good
    - `short`: always ends before its time, every connection
    - `altered`: as long as the archive, with one byte changed
    - `redirected`: a redirect to the good one
    - `gone`: 403, as an expired address
    - `slow`: the bytes, at a walking pace
    """

    def __init__(self, host: str, port: int) -> None:
        self.files: dict[str, bytes] = {}
        self.asked: Counter[str] = Counter()
        handler = type("Handler", (_Handler,), {"sources": self})
        self._server = ThreadingHTTPServer((host, port), handler)
        self._server.daemon_threads = True
        self.base = f"http://{host}:{self._server.server_port}"
        threading.Thread(target=self._server.serve_forever, daemon=True).start()

    def put(self, path: Path) -> str:
        self.files[path.name] = path.read_bytes()
        return path.name

    def url(self, way: str, name: str) -> str:
        return f"{self.base}/{way}/{name}"

    def close(self) -> None:
        self._server.shutdown()
        self._server.server_close()


class _Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    sources: ClassVar[Sources]

    def do_GET(self) -> None:
        way, _, name = self.path.strip("/").partition("/")
        name = name.partition("?")[0]
        self.sources.asked[self.path.strip("/")] += 1
        body = self.sources.files.get(name)
        if body is None or way == "gone":
            self._plain(403 if way == "gone" else 404)
        elif way == "redirected":
            self.send_response(302)
            self.send_header("Location", self.sources.url("good", name))
            self.send_header("Content-Length", "0")
            self.end_headers()
        else:
            self._bytes(way, body)

    def _bytes(self, way: str, body: bytes) -> None:
        start = 0
        wanted = self.headers.get("Range", "")
        if wanted.startswith("bytes="):
            start = int(wanted[6:].partition("-")[0])
        if way == "altered":
            middle = len(body) // 2
            body = body[:middle] + bytes([body[middle] ^ 1]) + body[middle + 1 :]
        rest = body[start:]
        self.send_response(206 if start else 200)
        self.send_header("Content-Length", str(len(rest)))
        if start:
            self.send_header("Content-Range", f"bytes {start}-{len(body) - 1}/{len(body)}")
        self.end_headers()
        breaks = way == "short" or (way == "cut" and self.sources.asked[self.path.strip("/")] == 1)
        end = len(rest) // 2 if breaks else len(rest)
        for at in range(0, end, _BLOCK):
            self.wfile.write(rest[at : min(at + _BLOCK, end)])
            if way == "slow":
                self.wfile.flush()
                time.sleep(0.5)
        if breaks:
            self.wfile.flush()
            self.close_connection = True
            self.connection.close()

    def _plain(self, status: int) -> None:
        self.send_response(status)
        self.send_header("Content-Length", "0")
        self.end_headers()

    def log_message(self, *args: object) -> None:
        """Nothing: addresses stay out of the output."""
