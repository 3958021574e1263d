"""The laptop's WooCommerce: as much of its REST API as Passerelle asks, with orders that tests put there.

https://woocommerce.github.io/woocommerce-rest-api-docs/, version 3
"""

from __future__ import annotations

import base64
import json
import re
import threading
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any, Self
from urllib.parse import parse_qs, urlsplit

KEY = "ck_laptop:cs_laptop"
_ORDERS = "/wp-json/wc/v3/orders"


@dataclass
class Till:
    """`orders` by number, as WooCommerce tells them; what is not delivered can still be asked for.
    `door`: where its webhooks go.
    """

    server: ThreadingHTTPServer
    orders: dict[int, dict[str, Any]] = field(default_factory=dict)
    door: str = ""

    @classmethod
    def start(cls) -> Self:
        server = ThreadingHTTPServer(("127.0.0.1", 0), _Handler)
        till = cls(server)
        server.till = till  # type: ignore[attr-defined]
        threading.Thread(target=server.serve_forever, daemon=True).start()
        return till

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.server.server_port}"

    def close(self) -> None:
        self.server.shutdown()
        self.server.server_close()

    def answer(self, path: str, query: dict[str, list[str]]) -> Any:
        if path == _ORDERS:
            since = (query.get("modified_after") or [""])[0]
            rows = [row for row in self.orders.values() if row["date_modified_gmt"] >= since]
            page, size = (int((query.get(name) or ["1"])[0]) for name in ("page", "per_page"))
            rows.sort(key=lambda row: str(row["date_modified_gmt"]))
            return rows[size * (page - 1) : size * page]
        if found := re.fullmatch(rf"{_ORDERS}/(\d+)/refunds", path):
            refunds = self.orders.get(int(found[1]), {}).get("refunds", [])
            return [
                {"id": one["id"], "amount": one["total"].lstrip("-"), "line_items": []} for one in refunds
            ]
        if path == "/wp-json/wc/v3/webhooks":
            return [
                {"topic": topic, "status": "active", "delivery_url": self.door}
                for topic in ("order.created", "order.updated")
            ]
        return None


class _Handler(BaseHTTPRequestHandler):
    def do_GET(self) -> None:
        parts = urlsplit(self.path)
        told = None
        if self.headers.get("authorization") == f"Basic {base64.b64encode(KEY.encode()).decode()}":
            told = self.server.till.answer(parts.path, parse_qs(parts.query))  # type: ignore[attr-defined]
        content = json.dumps(told if told is not None else {"code": "rest_no_route"}).encode()
        self.send_response(200 if told is not None else 404)
        self.send_header("content-type", "application/json")
        self.send_header("content-length", str(len(content)))
        self.end_headers()
        self.wfile.write(content)

    def log_message(self, *_: object) -> None:
        """Requests carry a key."""
