"""A real HTTP server on a free loopback port that misbehaves as told, request by request."""

import socket
import struct
import threading
from contextlib import contextmanager, suppress


def reply(status="200 OK", body=b"null", **headers):
    lines = [f"HTTP/1.1 {status}", f"Content-Length: {len(body)}", "Connection: close"]
    lines += [f"{name.replace('_', '-')}: {value}" for name, value in headers.items()]
    return ("\r\n".join(lines) + "\r\n\r\n").encode() + body


OK_NULL = reply()


def cut(_connection):
    """Close without a word after the whole request was read: Moodle may have done it."""


def reset(connection):
    connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))


def says(*pieces, pause=0.0):
    def act(connection):
        for piece in pieces:
            threading.Event().wait(pause)
            connection.sendall(piece)

    return act


class Server:
    """`requests` holds what arrived, whole; `script` what to do with each, then `null` for ever."""

    def __init__(self, script, tls=None):
        self.script = list(script)
        self.requests = []
        self._lock = threading.Lock()
        self._listener = socket.create_server(("127.0.0.1", 0))
        self._tls = tls
        self.url = f"{'https' if tls else 'http'}://127.0.0.1:{self._listener.getsockname()[1]}"
        threading.Thread(target=self._serve, daemon=True).start()

    def _serve(self):
        while True:
            try:
                connection, _ = self._listener.accept()
            except OSError:
                return
            threading.Thread(target=self._answer, args=(connection,), daemon=True).start()

    def _answer(self, connection):
        if self._tls:
            try:
                connection = self._tls.wrap_socket(connection, server_side=True)
            except OSError:  # the other side did not trust us
                connection.close()
                return
        with connection:
            request = b""
            while b"\r\n\r\n" not in request or len(request) < self._whole(request):
                piece = connection.recv(65536)
                if not piece:
                    return
                request += piece
            with self._lock:
                self.requests.append(request)
                act = self.script.pop(0) if self.script else says(OK_NULL)
            with suppress(OSError):
                act(connection)

    @staticmethod
    def _whole(request):
        head, _, _ = request.partition(b"\r\n\r\n")
        for line in head.split(b"\r\n"):
            if line.lower().startswith(b"content-length:"):
                return len(head) + 4 + int(line.split(b":")[1])
        return len(head) + 4

    def close(self):
        self._listener.close()


@contextmanager
def serving(*script, tls=None):
    server = Server(script, tls)
    try:
        yield server
    finally:
        server.close()
