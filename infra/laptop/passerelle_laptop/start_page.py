"""The one page that `passerelle up` opens on: who to be, what to try, where everything is (H3)."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any
from urllib.parse import quote, urlsplit

from flask import Flask, Response, abort, redirect, render_template, request
from werkzeug.wrappers import Response as Answer

from passerelle.domain.orders.order import Order
from passerelle.usecases.amend import list_all
from passerelle.words.typesetting import typeset
from passerelle_cli.console import address as console_address
from passerelle_cli.stack import Stack
from passerelle_laptop.laptop import Laptop
from passerelle_laptop.start_words import START
from passerelle_laptop.stories.night import NEW
from passerelle_laptop.stories.rollover import CODE
from passerelle_laptop.twin import Site
from passerelle_laptop.twin.httpd import Httpd
from passerelle_laptop.twin.messages import shown
from passerelle_laptop.twin.pages import linked

_HERE = Path(__file__).parent
_MOST = 200


class StartPage:
    """Served on a port of its own, on loopback."""

    def __init__(self, laptop: Laptop, stack_file: Path, port: int = 0) -> None:
        self._laptop = laptop
        self._stack_file = stack_file
        app = Flask(
            "start",
            root_path=str(_HERE),
            template_folder="templates",
            static_folder=str(_HERE / "twin" / "static"),
        )
        app.before_request(_only_here)
        app.after_request(_guard)
        app.add_url_rule("/", "start", self.start)
        app.add_url_rule("/mails", "mails", self.mails)
        app.add_url_rule("/console", "console", self.console)
        app.add_url_rule("/buyer", "buyer", self.buyer)
        self._door = Httpd(app, port)
        self._door.start()
        self.address = f"http://127.0.0.1:{self._door.port}/"

    def close(self) -> None:
        self._door.stop()

    # -- pages -------------------------------------------------------------------------------------------

    def start(self) -> str:
        return self._page(
            "start.html",
            roles=list(self._roles()),
            sites=list(self._laptop.twin.sites.values()),
            api=self._laptop.stack.api,
            aws=self._laptop.emulator.endpoint,
            stack_file="/".join(self._stack_file.parts[-2:]),
        )

    def _roles(self) -> Iterator[tuple[str, str]]:
        """Keys of words, each with where it leads."""
        lycee_a, lycee_b, vert = (self._laptop.site(name) for name in ("lycee-a", "lycee-b", "ecampus-vert"))
        places = (
            ("ada", lycee_a, "ada", lycee_a.state.courseidnumbers.get("CHIM-L1")),
            ("grace", lycee_b, "grace", _taught_by(lycee_b, "grace")),
            ("year", vert, "ada", vert.state.courseidnumbers.get(CODE)),
        )
        for key, site, username, course in places:
            if course is not None:
                yield key, _as(site, username, f"/course/view.php?id={course}")
        if NEW in self._laptop.twin.sites:
            yield "desk", _as(self._laptop.site(NEW), "nadmin", "/passerelle/why")
        if self._orders():
            yield "buyer", "/buyer"
        yield "operator", "/console"

    def mails(self) -> str:
        rows: list[dict[str, Any]] = []
        lang = _lang()
        for site in self._laptop.twin.sites.values():
            with site.lock:
                for message in site.state.messages[-_MOST:]:
                    person = site.state.users[message.touser]
                    said = shown(message, lang)
                    rows.append({"site": site, "to": person, "time": message.time, "said": said})
        rows.sort(key=lambda row: -row["time"])
        return self._page("mails.html", rows=rows[:_MOST], linked=linked)

    def console(self) -> Answer:
        """A fresh way in each time: one works once."""
        return redirect(console_address(Stack.from_file(self._stack_file)))

    def buyer(self) -> Answer:
        orders = self._orders()
        if not orders:
            abort(404)
        return redirect(self._laptop.world().shops.seats_link(orders[0]))

    def _orders(self) -> list[Order]:
        """Those with seats, what waits first."""
        found = list_all(self._laptop.world().records, Order, "shop", "boutique")
        having = [order for order in found if order.seats]
        return sorted(having, key=lambda order: (order.state.value != "waiting", order.id))

    def _page(self, template: str, **values: Any) -> str:
        lang = _lang()

        def t(key: str, **details: object) -> str:
            return typeset(START[key][0 if lang == "fr" else 1], lang).format(**details)

        def when(time: int) -> str:
            moment = datetime.fromtimestamp(time, UTC).astimezone()
            return moment.strftime("%d/%m/%Y %H:%M" if lang == "fr" else "%d %b %Y %H:%M")

        return render_template(template, lang=lang, t=t, when=when, **values)


def _as(site: Site, username: str, to: str) -> str:
    return f"{site.base_url}/passerelle/as/{username}?to={quote(to)}"


def _taught_by(site: Site, username: str) -> int | None:
    """The first course that somebody edits."""
    person = site.state.user_named(username)
    if person is None:
        return None
    edits = (number for number in site.state.coursesof.get(person.id, ()) if _edits(site, number, person.id))
    return next(edits, None)


def _edits(site: Site, course: int, person: int) -> bool:
    roles = site.state.roles
    return any(roles[role].archetype == "editingteacher" for role in site.state.roles_of(course, person))


def _lang() -> str:
    return request.accept_languages.best_match(["fr", "en"], default="fr")


def _only_here() -> None:
    """Whoever opens the console must have been sent here by this machine's own browser bar or page."""
    if urlsplit(f"//{request.host}").hostname not in ("127.0.0.1", "localhost"):
        abort(403)
    if request.headers.get("Sec-Fetch-Site", "none") not in ("none", "same-origin", "same-site"):
        abort(403)


def _guard(answer: Response) -> Response:
    answer.headers["Content-Security-Policy"] = "default-src 'none'; style-src 'self'"
    answer.headers["Cache-Control"] = "no-store"
    return answer
