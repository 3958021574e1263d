"""A Passerelle in miniature, for the plugin's side of the wire: what a site sends is verified and kept.

It knows the routes a backup takes (uploads, parts, complete) and `/jobs`; the bytes of parts are put to it
directly. Everything else is answered 404, as for a route that does not exist.
"""

from __future__ import annotations

import base64
import hashlib
import hmac
import json
import threading
import time
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any, ClassVar

_TOLERANCE = 300


@dataclass
class Upload:
    id: str
    opened: dict[str, Any]
    partsize: int
    parts: int
    stored: dict[int, bytes] = field(default_factory=dict)
    people: dict[str, Any] = field(default_factory=dict)  # as the site said of them
    hashes: bytes = b""
    completed: bool = False

    def content(self) -> bytes:
        return b"".join(self.stored[number] for number in sorted(self.stored))


class Counterpart:
    """`partsize` is small, so that a small course has several parts. `faults` are spent one by one."""

    def __init__(self, host: str, port: int, secrets: dict[str, str], *, partsize: int = 64 * 1024) -> None:
        self.keys = {
            site: base64.b64decode(secret.removeprefix("whsec_")) for site, secret in secrets.items()
        }
        self.partsize = partsize
        self.uploads: dict[str, Upload] = {}
        self.jobs: list[dict[str, Any]] = []
        self.refused: list[str] = []
        self.faults: list[str] = []  # put-500, put-cut
        self.answered: dict[str, tuple[str, dict[str, Any]]] = {}
        handler = type("Handler", (_Handler,), {"counterpart": self})
        self._server = ThreadingHTTPServer((host, port), handler)
        self._server.daemon_threads = True
        self.base = f"http://{host}:{self._server.server_port}"
        threading.Thread(target=self._server.serve_forever, daemon=True).start()

    def close(self) -> None:
        self._server.shutdown()
        self._server.server_close()

    def verified(self, site: str, headers: Any, body: bytes) -> bool:
        key = self.keys.get(site)
        said_id, said_time = headers.get("webhook-id", ""), headers.get("webhook-timestamp", "")
        if key is None or not said_time.isdigit() or abs(time.time() - int(said_time)) > _TOLERANCE:
            return False
        signed = f"{said_id}.{said_time}.".encode() + body
        good = "v1," + base64.b64encode(hmac.new(key, signed, hashlib.sha256).digest()).decode()
        return any(hmac.compare_digest(good, one) for one in headers.get("webhook-signature", "").split())

    def answer(self, route: list[str], said: dict[str, Any]) -> tuple[int, dict[str, Any]]:
        match route:
            case ["uploads"]:
                return 200, self._open(said)
            case ["uploads", upload, "parts"] if upload in self.uploads:
                return 200, self._parts(self.uploads[upload], said)
            case ["uploads", upload, "people"] if upload in self.uploads:
                self.uploads[upload].people = said
                url = {"url": f"{self.base}/store/{upload}/people"} if said["sent"] else {}
                return 200, {"upload": upload, **url, "expires": int(time.time()) + 3600}
            case ["uploads", upload, "complete"] if upload in self.uploads:
                return self._complete(self.uploads[upload])
            case ["jobs"]:
                self.jobs.extend(said["jobs"])
                return 200, {"known": [job["jobkey"] for job in said["jobs"]]}
            case _:
                return 404, {"error": "unknown", "message": "Unknown.", "reference": "r404"}

    def _open(self, said: dict[str, Any]) -> dict[str, Any]:
        number = f"up{len(self.uploads) + 1}"
        parts = max(1, -(-said["filesize"] // self.partsize))
        self.uploads[number] = Upload(number, said, self.partsize, parts)
        return {
            "upload": number,
            "sequence": len(self.uploads),
            "partsize": self.partsize,
            "parts": parts,
            "expires": int(time.time()) + 3600,
        }

    def _parts(self, upload: Upload, said: dict[str, Any]) -> dict[str, Any]:
        have = [
            {"part": number, "size": len(body), "etag": hashlib.md5(body).hexdigest()}
            for number, body in sorted(upload.stored.items())
        ]
        urls = {str(number): f"{self.base}/store/{upload.id}/{number}" for number in said["parts"]}
        return {"urls": urls, "have": have, "expires": int(time.time()) + 3600}

    def _complete(self, upload: Upload) -> tuple[int, dict[str, Any]]:
        missing = [number for number in range(1, upload.parts + 1) if number not in upload.stored]
        if missing:
            return 409, {"error": "parts_missing", "message": "Parts are missing.", "missing": missing}
        upload.completed = True
        return 200, {"upload": upload.id, "state": "received"}


class _Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    counterpart: ClassVar[Counterpart]

    def do_POST(self) -> None:
        body = self.rfile.read(int(self.headers.get("Content-Length", 0)))
        here = self.counterpart
        said_id = self.headers.get("webhook-id", "")
        _, _, site, *route = self.path.split("/")
        said = json.loads(body) if here.verified(site, self.headers, body) else {}
        ids = {"upload": route[1]} if route[:1] == ["uploads"] and len(route) > 1 else {}
        if said.get("site") != site or any(said.get(name) != value for name, value in ids.items()):
            here.refused.append(self.path)
            return self._json(401, {"error": "signature"})
        digest = hashlib.sha256(body).hexdigest()
        if said_id in here.answered:
            before, answer = here.answered[said_id]
            if before != digest:
                return self._json(409, {"error": "conflict", "message": "The id came with another body."})
            return self._json(200, answer)
        status, answer = here.answer(route, said)
        if status == 200:
            here.answered[said_id] = (digest, answer)
        return self._json(status, answer)

    def do_PUT(self) -> None:
        length = int(self.headers.get("Content-Length", 0))
        _, _, upload, number = self.path.split("/")
        fault = self.counterpart.faults.pop(0) if self.counterpart.faults else ""
        if fault == "put-cut":
            self.rfile.read(min(length, 1000))
            self.close_connection = True
            self.connection.close()
            return
        body = self.rfile.read(length)
        if fault == "put-500":
            self._json(500, {})
            return
        if number == "people":
            self.counterpart.uploads[upload].hashes = body
        else:
            self.counterpart.uploads[upload].stored[int(number)] = body
        self._json(200, {})

    def _json(self, status: int, answer: dict[str, Any]) -> None:
        body = json.dumps(answer).encode()
        self.send_response(status)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *args: object) -> None:
        """Nothing: the suite's own output says what happened."""
