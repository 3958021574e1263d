"""A threaded HTTP/1.1 server on loopback that can be stopped as a machine is: connections die with it."""

from __future__ import annotations

import contextlib
import socket
import threading
from typing import Any

from flask import Flask
from werkzeug.serving import ThreadedWSGIServer, WSGIRequestHandler

_LOOPBACK = "127.0.0.1"


class _Handler(WSGIRequestHandler):
    protocol_version = "HTTP/1.1"  # keep-alive: a call costs no connection
    disable_nagle_algorithm = True
    wbufsize = 65_536
    server: _Server

    def setup(self) -> None:
        super().setup()
        self.server.opened(self.connection)

    def finish(self) -> None:
        try:
            super().finish()
        finally:
            self.server.closed(self.connection)

    def log_request(self, *_: Any, **__: Any) -> None:
        """Access logs hold addresses; the call log says more and holds none."""

    def log_error(self, *_: Any) -> None:
        """A client that went away is no news here."""


class _Server(ThreadedWSGIServer):
    daemon_threads = True
    block_on_close = False
    request_queue_size = 256

    def __init__(self, port: int, app: Flask) -> None:
        self._connections: set[Any] = set()
        self._guard = threading.Lock()
        super().__init__(_LOOPBACK, port, app, handler=_Handler)

    def opened(self, connection: Any) -> None:
        with self._guard:
            self._connections.add(connection)

    def closed(self, connection: Any) -> None:
        with self._guard:
            self._connections.discard(connection)

    def cut_all(self) -> None:
        with self._guard:
            connections = list(self._connections)
        for connection in connections:
            cut(connection)

    def handle_error(self, request: Any, client_address: Any) -> None:
        """A cut connection raises in its thread; that was meant."""


def cut(connection: Any) -> None:
    with contextlib.suppress(OSError):
        connection.shutdown(socket.SHUT_RDWR)


class Httpd:
    """One site's door. Stopped and started again it keeps its port."""

    def __init__(self, app: Flask, port: int = 0) -> None:
        self._app = app
        self._server: _Server | None = None
        self._thread: threading.Thread | None = None
        self.port = port

    def start(self) -> None:
        if self._server is not None:
            return
        self._server = _Server(self.port, self._app)
        self.port = self._server.server_port
        self._thread = threading.Thread(
            target=self._server.serve_forever, kwargs={"poll_interval": 0.02}, daemon=True
        )
        self._thread.start()

    def stop(self) -> None:
        if self._server is None or self._thread is None:
            return
        self._server.shutdown()
        self._server.cut_all()
        self._server.server_close()
        self._thread.join()
        self._server = self._thread = None
