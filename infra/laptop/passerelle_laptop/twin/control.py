"""`/_twin/…`: faults and the log of calls, for tests that reach the twin over HTTP. Loopback only."""

from __future__ import annotations

from ipaddress import ip_address
from typing import TYPE_CHECKING

from flask import Flask, Response, abort, jsonify, request

if TYPE_CHECKING:
    from passerelle_laptop.twin.site import Site

_FORBIDDEN, _UNPROCESSABLE = 403, 422


def _only_from_here() -> None:
    if not request.path.startswith("/_twin/"):
        return
    # A page of another site open in the same browser comes from loopback too.
    if not ip_address(request.remote_addr or "0.0.0.0").is_loopback or request.headers.get("Origin"):  # noqa: S104
        abort(_FORBIDDEN)
    if request.host.partition(":")[0] not in {"127.0.0.1", "localhost"}:
        abort(_FORBIDDEN)


def add_control(app: Flask, site: Site) -> None:
    app.before_request(_only_from_here)

    @app.get("/_twin/faults")
    def armed() -> Response:
        return jsonify(site.faults.armed())

    @app.post("/_twin/faults")
    def arm() -> tuple[Response, int] | Response:
        wanted = request.get_json()
        try:
            site.faults.add(**wanted)
        except (TypeError, ValueError):
            return jsonify({"error": "fault"}), _UNPROCESSABLE
        return jsonify(site.faults.armed())

    @app.delete("/_twin/faults")
    def disarm() -> Response:
        site.faults.clear()
        return jsonify([])

    @app.get("/_twin/calls")
    def calls() -> Response:
        return jsonify({"counts": site.log.counts(), "calls": site.log.rows()})

    @app.delete("/_twin/calls")
    def forget_calls() -> Response:
        site.log.reset()
        return jsonify({})

    @app.post("/_twin/jobs")
    def run_jobs() -> Response:
        return jsonify({"ran": site.run_jobs()})
