"""A function's pages on this machine: requests handed to it as API Gateway does, and its answers back."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from urllib.parse import urlsplit

Asked = tuple[str, str, dict[str, str]]  # method, path with its query, headers


@contextmanager
def served(
    answer: Callable[[dict[str, Any]], dict[str, Any]],
    parameters: Callable[[str], dict[str, str]],
    asked: list[Asked] | None = None,
) -> Iterator[str]:
    """The address of a loopback server, without a final slash. `parameters`: of a path, as the route names
    them. Every request is written down in `asked`.
    """

    class Gateway(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            self.respond("")

        def do_POST(self) -> None:
            self.respond(self.rfile.read(int(self.headers["content-length"])).decode())

        def respond(self, body: str) -> None:
            parts = urlsplit(self.path)
            if asked is not None:
                asked.append((self.command, self.path, dict(self.headers.items())))
            told = answer(
                {
                    "pathParameters": parameters(parts.path),
                    "rawQueryString": parts.query,
                    "headers": dict(self.headers.items()),
                    "cookies": [c.strip() for c in self.headers.get("cookie", "").split(";") if c.strip()],
                    "requestContext": {"http": {"method": self.command}},
                    "body": body,
                    "isBase64Encoded": False,
                }
            )
            self.send_response(told["statusCode"])
            for name, value in told["headers"].items():
                self.send_header(name, value)
            for cookie in told.get("cookies", ()):
                self.send_header("set-cookie", cookie)
            content = told["body"].encode()
            self.send_header("content-length", str(len(content)))
            self.end_headers()
            self.wfile.write(content)

        def log_message(self, *_: object) -> None:
            """Addresses here hold tokens and tickets."""

    server = ThreadingHTTPServer(("127.0.0.1", 0), Gateway)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    try:
        yield f"http://127.0.0.1:{server.server_port}"
    finally:
        server.shutdown()
        server.server_close()
