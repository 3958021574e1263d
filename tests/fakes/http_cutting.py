"""Cut a process at the calls it makes over HTTP with `requests`, as `Cut.attach` does for AWS."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any
from urllib.parse import parse_qs

import requests

from tests.fakes.cutting import Cut


@contextmanager
def cutting_moodle_calls(cut: Cut) -> Iterator[None]:
    """Every request that carries a web-service call counts as one, named by its function."""
    send = requests.Session.send

    def counted(session: requests.Session, request: requests.PreparedRequest, **options: Any) -> Any:
        body = request.body
        text = body.decode() if isinstance(body, bytes) else str(body or "")
        function = parse_qs(text).get("wsfunction")
        if not function:
            return send(session, request, **options)
        cut.begin(f"moodle.{function[0]}")
        answer = send(session, request, **options)
        cut.end()
        return answer

    requests.Session.send = counted  # type: ignore[method-assign]
    try:
        yield
    finally:
        requests.Session.send = send  # type: ignore[method-assign]
