"""Takes what a Moodle mails, and keeps it: enough of SMTP for one sender on the same machine."""

from __future__ import annotations

import email
import email.message
import email.policy
import re
import socketserver
import threading
from typing import Any

_PASSWORD = re.compile(r"(?im)^\s*(?:password|mot de passe)[^:\n]*:\s*(\S+)\s*$")
_LENGTH = 64 * 1024


class _Talk(socketserver.StreamRequestHandler):
    timeout = 30

    def handle(self) -> None:
        self._say("220 mailbox")
        to: list[str] = []
        while line := self.rfile.readline(_LENGTH):
            verb = line.decode("latin-1").strip()
            match verb[:4].upper():
                case "RCPT":
                    to.append(verb[verb.index("<") + 1 : verb.rindex(">")].lower())
                case "DATA":
                    self._say("354 go on")
                    self.server.take(to, self._letter())  # type: ignore[attr-defined]
                    to = []
                case "RSET":
                    to = []
                case "QUIT":
                    self._say("221 bye")
                    return
            self._say("250 well")

    def _letter(self) -> bytes:
        lines = []
        while (line := self.rfile.readline(_LENGTH)) not in (b".\r\n", b".\n", b""):
            lines.append(line.removeprefix(b".") if line.startswith(b"..") else line)
        return b"".join(lines)

    def _say(self, line: str) -> None:
        self.wfile.write(line.encode() + b"\r\n")


class _Server(socketserver.ThreadingTCPServer):
    allow_reuse_address = True
    daemon_threads = True
    take: Any


class Mailbox:
    """`letters` are (address, text) in the order they came."""

    def __init__(self, host: str, port: int) -> None:
        self.letters: list[tuple[str, str]] = []
        self._server = _Server((host, port), _Talk)
        self._server.take = self._take
        threading.Thread(target=self._server.serve_forever, daemon=True).start()

    def _take(self, to: list[str], raw: bytes) -> None:
        letter = email.message_from_bytes(raw, policy=email.policy.default)
        body = letter.get_body(("plain", "html"))
        text = body.get_content() if body is not None else ""
        self.letters += [(address, text) for address in to]

    def first_logins(self) -> dict[str, list[str]]:
        """address → the passwords that Moodle made and mailed."""
        found: dict[str, list[str]] = {}
        for address, text in self.letters:
            if said := _PASSWORD.findall(text):
                found.setdefault(address, []).extend(said)
        return found

    def close(self) -> None:
        self._server.shutdown()
        self._server.server_close()
