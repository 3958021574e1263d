"""Keeps web pages away from the embedded AWS.

It takes unsigned requests, so any page open in a browser of this machine could otherwise create a function
through it and run code. A page cannot hide its `Origin`, its `Sec-Fetch-Site`, or, after DNS rebinding, the
`Host` it was asked for.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable, MutableMapping
from typing import Any
from urllib.parse import parse_qs

Scope = MutableMapping[str, Any]
Message = MutableMapping[str, Any]
Receive = Callable[[], Awaitable[Message]]
Send = Callable[[Message], Awaitable[None]]
Application = Callable[[Scope, Receive, Send], Awaitable[None]]

_REFUSAL = b'{"message": "Refused: this address serves programs of this machine only."}'


def why_refused(
    headers: list[tuple[bytes, bytes]], *, method: str, path: str, query: bytes, port: int
) -> str | None:
    """The reason to refuse a request, or None if it may pass."""
    sent: dict[str, str] = {}
    for name, value in headers:
        key = name.decode("latin-1").lower()
        if key in {"host", "origin", "sec-fetch-site"}:
            if key in sent:
                return f"{key} twice"
            sent[key] = value.decode("latin-1").strip().lower()
    if not _is_here(sent.get("host", ""), port):
        return "host"
    origin, site = sent.get("origin"), sent.get("sec-fetch-site", "none")
    # A page that tells no referrer (the buyer's seats) posts its own forms with `Origin: null`; that they are
    # its own, and no sandboxed frame's elsewhere, the browser says in `Sec-Fetch-Site`.
    own = origin == "null" and site == "same-origin"
    if origin is not None and not own and not (origin.startswith("http://") and _is_here(origin[7:], port)):
        return "origin"
    followed = (
        _is_presigned_download(method, path, query)
        or _is_way_into_the_console(method, path)
        or _is_way_to_the_seats(method, path)
    )
    if site not in {"none", "same-origin"} and not followed:
        return "sec-fetch-site"
    return None


def _is_here(host: str, port: int) -> bool:
    name, _, given = host.rpartition(":")
    return given == str(port) and (name in {"127.0.0.1", "localhost"} or name.endswith(".localhost"))


def _is_presigned_download(method: str, path: str, query: bytes) -> bool:
    # A person may follow a link from a twin's page to a presigned object: reading /bucket/key changes
    # nothing, whereas /?Action=… would.
    asked = parse_qs(query.decode("latin-1"), keep_blank_values=True)
    bucket, _, key = path.lstrip("/").partition("/")
    return (
        method in {"GET", "HEAD"}
        and bool(bucket)
        and not bucket.startswith("_")
        and bool(key)
        and "X-Amz-Signature" in asked
        and "Action" not in asked
    )


def _is_way_into_the_console(method: str, path: str) -> bool:
    # A twin's page sends the browser there, as a Moodle does; what opens the console is in its ticket.
    _, _, behind = path.partition("/_aws/execute-api/")
    return method == "GET" and behind.split("/")[2:4] in (["console", "begin"], ["console", "enter"])


def _is_way_to_the_seats(method: str, path: str) -> bool:
    # The buyer follows the link in a message of a Moodle, which opens nothing without its signature.
    _, _, behind = path.partition("/_aws/execute-api/")
    return method == "GET" and behind.split("/")[2:3] == ["seats"]


def guarded(app: Application, port: int) -> Application:
    """`app`, answering 403 to whatever a foreign web page may have sent."""

    async def guard(scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] not in {"http", "websocket"}:
            await app(scope, receive, send)
            return
        reason = why_refused(
            scope["headers"],
            method=scope.get("method", "GET"),
            path=scope["path"],
            query=scope.get("query_string", b""),
            port=port,
        )
        if reason is None:
            await app(scope, receive, send)
        elif scope["type"] == "websocket":
            await send({"type": "websocket.close", "code": 1008})
        else:
            headers = [(b"content-type", b"application/json"), (b"x-refused-for", reason.encode())]
            await send({"type": "http.response.start", "status": 403, "headers": headers})
            await send({"type": "http.response.body", "body": _REFUSAL})

    return guard
