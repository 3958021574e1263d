"""`/webservice/rest/server.php`: the form, the token, the faults, the answer as Moodle writes it."""

from __future__ import annotations

import json
import time
from html import escape
from typing import TYPE_CHECKING, Any

from flask import Flask, Response, request

from passerelle_laptop.twin.errors import MoodleError, moodle
from passerelle_laptop.twin.httpd import cut
from passerelle_laptop.twin.phpform import count, decode

if TYPE_CHECKING:
    from passerelle_laptop.twin.faults import Fault
    from passerelle_laptop.twin.site import Site

PATH = "/webservice/rest/server.php"
_JSON = "application/json; charset=utf-8"
_PROXY_PAGE = (
    "<!DOCTYPE html>\n<html><head><title>502 Bad Gateway</title></head>"
    "<body><h1>Bad Gateway</h1></body></html>"
)
_MAINTENANCE = (
    "<!DOCTYPE html>\n<html><head><title>Maintenance</title></head><body>"
    "<h1>This site is undergoing maintenance and is currently not available</h1></body></html>"
)
_UNAVAILABLE, _SERVER_ERROR = 503, 500


def add_webservice(app: Flask, site: Site) -> None:
    def server() -> Response:
        started = time.perf_counter()
        body = request.get_data()
        settings = site.settings
        variables = count(body)
        # PHP hands over nothing at all of a body that is too large.
        form = decode(body, settings.max_input_vars) if len(body) <= settings.post_max_size else {}
        function = form.pop("wsfunction", "")
        token, shape = form.pop("wstoken", ""), form.pop("moodlewsrestformat", "xml")
        form.pop("moodlewssettingfilter", None)
        form.pop("moodlewssettingraw", None)
        name = function if isinstance(function, str) else ""
        fault = site.faults.for_call(name)
        if fault is not None:
            struck = _strike(site, fault, name, variables, started)
            if struck is not None:
                return struck
        answer = _answer(site, token, name, form)
        outcome = "ok"
        if isinstance(answer, dict) and "exception" in answer:
            outcome = str(answer.get("errorcode") or answer["exception"])
        cut_after = fault is not None and fault.kind == "cutafter"
        site.log.note(
            name,
            _rows(form),
            variables,
            time.perf_counter() - started,
            "cutafter" if cut_after else outcome,
            variables > settings.max_input_vars,
        )
        if cut_after:
            return _cut()
        if shape != "json":
            return Response(_as_xml(answer), mimetype="text/xml")
        return Response(json.dumps(answer, ensure_ascii=False, separators=(",", ":")), content_type=_JSON)

    app.add_url_rule(PATH, "webservice", server, methods=["POST", "GET"])


def _answer(site: Site, token: Any, function: str, given: dict[str, Any]) -> Any:
    if not isinstance(token, str) or not token:
        return moodle("missingparam", "A required parameter (wstoken) was missing").answer()
    known = site.caller_of(token)
    if known is None:
        return moodle("invalidtoken", "Invalid token - token not found").answer()
    user, privileged = known
    if not function:
        return MoodleError(
            "core\\exception\\coding_exception",
            "missingparam",
            "A required parameter (wsfunction) was missing",
        ).answer()
    return site.ask(user, privileged, function, given)


def _as_xml(answer: Any) -> str:
    """Moodle's other format, which it falls back to where the format got lost: refusals only."""
    refusal = answer if isinstance(answer, dict) and "exception" in answer else {}
    inside = "".join(
        f"<{name.upper()}>{escape(str(refusal[name]))}</{name.upper()}>"
        for name in ("errorcode", "message")
        if name in refusal
    )
    body = (
        f'<EXCEPTION class="{escape(refusal["exception"])}">{inside}</EXCEPTION>'
        if refusal
        else "<RESPONSE/>"
    )
    return f'<?xml version="1.0" encoding="UTF-8" ?>\n{body}'


def _rows(form: dict[str, Any]) -> int:
    """How many rows a batch holds: the length of its first array, 1 for a call without."""
    for value in form.values():
        if isinstance(value, dict):
            return len(value)
    return 1


def _strike(site: Site, fault: Fault, function: str, variables: int, started: float) -> Response | None:
    """None where the call goes on: a slow one, and one cut after its effect."""
    if fault.seconds:
        time.sleep(fault.seconds)
    if fault.kind in {"slow", "cutafter"}:
        return None
    site.log.note(function, 0, variables, time.perf_counter() - started, fault.kind, truncated=False)
    if fault.kind in {"cutbefore", "down"}:
        return _cut()
    if fault.kind == "http500":
        return Response("Internal Server Error", _SERVER_ERROR, mimetype="text/plain")
    if fault.kind == "maintenance":
        return Response(_MAINTENANCE, _UNAVAILABLE, {"Retry-After": "1"}, mimetype="text/html")
    return Response(_PROXY_PAGE, mimetype="text/html")


def _cut() -> Response:
    """The connection dies without an answer."""
    cut(request.environ["werkzeug.socket"])
    return Response("")
