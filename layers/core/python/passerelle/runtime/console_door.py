"""The door of the console: a browser's request in, a page or a redirection out (`/console`, H2)."""

from __future__ import annotations

import base64
import hmac
import json
import secrets
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from http.cookies import CookieError, SimpleCookie
from typing import Any
from urllib.parse import parse_qs, urlencode, urlsplit

from passerelle.domain.console import SESSION_LIVES, ConsoleSession, Reach, digest, form_mark
from passerelle.errors import Conflict, GiveUp, NotFound, Refused, TryAgain
from passerelle.pages import console as page
from passerelle.ports import World
from passerelle.runtime import wiring
from passerelle.runtime.observability import begin, reference
from passerelle.usecases.console import enter, views
from passerelle.words.sentences import known_language, say

SESSION, BROWSER = "passerelle_console", "passerelle_console_browser"
FORM_LIMIT = 300_000
LOOPBACK = ("127.0.0.1", "localhost")
Response = dict[str, Any]

HEADERS = {
    "content-type": "text/html; charset=utf-8",
    "cache-control": "no-store",
    "referrer-policy": "same-origin",
    "x-content-type-options": "nosniff",
    "x-robots-tag": "noindex",
    "content-security-policy": (
        "default-src 'none'; style-src 'self'; form-action 'self'; frame-ancestors 'none'; base-uri 'none'"
    ),
    "strict-transport-security": "max-age=31536000",
}
# The night's report is one file that brings its own style.
REPORT_POLICY = "default-src 'none'; style-src 'unsafe-inline'; frame-ancestors 'none'; base-uri 'none'"


@dataclass(frozen=True, slots=True)
class Asked:
    """A request as it came. `path`: below `/console`, without slashes at its ends."""

    method: str
    path: str
    query: Mapping[str, str]
    form: Mapping[str, str] = field(repr=False)
    headers: Mapping[str, str] = field(repr=False)
    cookies: Mapping[str, str] = field(repr=False)

    @property
    def here(self) -> bool:
        """On this machine, without TLS: a cookie cannot be bound to https there."""
        return self.headers.get("host", "").partition(":")[0] in LOOPBACK

    @property
    def lang(self) -> str:
        return "fr" if self.headers.get("accept-language", "fr").lower().startswith("fr") else "en"

    def cookie(self, name: str) -> str:
        return self.cookies.get(name if self.here else f"__Host-{name}", "")


@dataclass(frozen=True, slots=True)
class Visit:
    """A request of somebody who is signed in. `base`: what addresses of the console begin with."""

    world: World
    asked: Asked
    session: ConsoleSession
    reach: Reach
    base: str
    cookie: str = field(repr=False)

    @property
    def lang(self) -> str:
        return known_language(self.asked.query.get("lang", "")) or self.session.operator.lang

    def page(self, template: str, status: int = 200, **shown: Any) -> Response:
        html = page.render(
            template,
            self.lang,
            base=self.base,
            operator=self.session.operator,
            reach=self.reach,
            mark=form_mark(self.cookie),
            query=self.asked.query,
            here=self.asked.path,
            **{"notice": self.notice, "refusal": "", **shown},
        )
        return _response(status, html)

    @property
    def notice(self) -> str:
        return "done" if "done" in self.asked.query else ""


def answer(
    event: Mapping[str, Any], context: object, open_door: Callable[[], World] | None = None
) -> Response:
    """API Gateway's response (payload 2.0). It never raises."""
    log = begin(context)
    asked = _read(event)
    base = ""
    try:
        if asked.path == "style.css":
            return _response(200, page.style(), {"content-type": "text/css; charset=utf-8"})
        world = (open_door or wiring.world)()
        base = f"{urlsplit(world.network.address).path.rstrip('/')}/console"
        return _answered(world, asked, base)
    except enter.EntryRefused as error:
        log.info("refused", extra={"code": error.code})
        return _response(403, page.render("no_entry", asked.lang, base=base))
    except Exception as error:  # whatever it is, the person gets a sentence and a reference
        quoted = reference()
        log.exception("failed", extra={"reference": quoted})
        code, status = ("away", 503) if isinstance(error, TryAgain | Conflict) else ("internal", 500)
        text = f"{say(code, asked.lang)} ({quoted})"
        return _response(status, page.render("broken", asked.lang, base=base, text=text))


def _answered(world: World, asked: Asked, base: str) -> Response:
    first, _, rest = asked.path.partition("/")
    match first:
        case "begin":
            return _begin(world, asked, base)
        case "enter":
            return _enter(world, asked, base, rest)
    cookie = asked.cookie(SESSION)
    session, reach = enter.recognise(world, cookie)
    visit = Visit(world, asked, session, reach, base, cookie)
    if asked.method == "POST":
        return _post(visit)
    shown = PAGES.get(asked.path)
    if shown is None:
        return visit.page("missing", 404)
    try:
        return shown(visit)
    except (Refused, NotFound) as refused:
        if refused.code in ("console_out_of_reach", "bad_cursor") or isinstance(refused, NotFound):
            return visit.page("missing", 404)
        raise


# -- in and out -----------------------------------------------------------------------------------------


def _begin(world: World, asked: Asked, base: str) -> Response:
    """The browser gets something to hold, and is sent to its Moodle with the digest of it."""
    site = world.network.sites.get(asked.query.get("site", ""))
    if site is None:
        raise enter.EntryRefused
    held = secrets.token_urlsafe(32)
    return {
        **_response(303, "", {"location": f"{site.url}/local/passerelle/console.php?browser={digest(held)}"}),
        # Lax, since it is Moodle that sends the browser back; it opens nothing without the ticket.
        "cookies": [_cookie(asked, BROWSER, held, base, same_site="Lax", seconds=300)],
    }


def _enter(world: World, asked: Asked, base: str, code: str) -> Response:
    """The session begins. A page stands between, since a strict cookie does not follow a link from Moodle."""
    cookie, session = enter.enter(world, code, asked.cookie(BROWSER))
    html = page.render("entering", session.operator.lang, base=base)
    seconds = int(SESSION_LIVES.total_seconds())
    return {
        **_response(200, html, {"refresh": f"0; url={base}/home"}),
        "cookies": [
            _cookie(asked, SESSION, cookie, base, same_site="Strict", seconds=seconds),
            _cookie(asked, BROWSER, "", base, same_site="Lax", seconds=0),
        ],
    }


def _cookie(asked: Asked, name: str, value: str, base: str, *, same_site: str, seconds: int) -> str:
    where = f"{name}={value}; Path={base}" if asked.here else f"__Host-{name}={value}; Path=/; Secure"
    return f"{where}; HttpOnly; SameSite={same_site}; Max-Age={seconds}"


# -- acts -----------------------------------------------------------------------------------------------


def _post(visit: Visit) -> Response:
    asked, form = visit.asked, visit.asked.form
    from_here = asked.headers.get("sec-fetch-site", "same-origin") == "same-origin"
    if not (
        from_here and hmac.compare_digest(form.get("mark", "").encode(), form_mark(visit.cookie).encode())
    ):
        raise enter.EntryRefused
    if asked.path == "leave":
        enter.leave(visit.world, visit.session)
        return {
            **_response(200, page.render("out", visit.lang, base=visit.base)),
            "cookies": [_cookie(asked, SESSION, "", visit.base, same_site="Strict", seconds=0)],
        }
    if asked.path == "people":  # asked by a form, so that no address holds a name
        return _people(visit)
    if asked.path != "do":
        return visit.page("missing", 404)
    # Here: most visits only look, and acts know the use cases of every flow.
    from passerelle.usecases.console import acts
    from passerelle.usecases.people import Forgotten

    wish = acts.Wish(
        act=form.get("act", ""), about=form.get("about", ""), why=form.get("why", ""), fields=form
    )
    try:
        done = acts.perform(visit.world, visit.session.operator, visit.reach, wish)
    except (Refused, NotFound, GiveUp) as refused:
        text = say(refused.code, visit.lang, **refused.details)
        return visit.page("refused", 422, refusal=text, back=_back(visit, form))
    target = _back(visit, form)
    if isinstance(done, Forgotten):
        told = urlencode({"erasure": done.alias})
        return _response(303, "", {"location": f"{visit.base}/people?{told}"})
    return _response(303, "", {"location": f"{target}{'&' if '?' in target else '?'}done=1"})


def _back(visit: Visit, form: Mapping[str, str]) -> str:
    """Where the form stood: a page of the console and nothing else."""
    back = form.get("back", "")
    path, _, query = back.partition("?")
    known = path in PAGES
    asked = {name: values[0] for name, values in parse_qs(query).items() if name != "done"}
    return f"{visit.base}/{path}?{urlencode(asked)}" if known else f"{visit.base}/home"


# -- pages ----------------------------------------------------------------------------------------------


def _home(visit: Visit) -> Response:
    return visit.page("home", **views.home(visit.world, visit.reach))


def _nights(visit: Visit) -> Response:
    return visit.page("nights", sites=views.nights(visit.world, visit.reach))


def _run(visit: Visit) -> Response:
    query = visit.asked.query
    wanted = query.get("q", "")
    shown = views.run(visit.world, visit.reach, query.get("id", ""), wanted, visit.lang)
    return visit.page("run", **shown)


def _report(visit: Visit) -> Response:
    query = visit.asked.query
    html = views.report(visit.world, visit.reach, query.get("site", ""), query.get("night", ""), visit.lang)
    return _response(200, html, {"content-security-policy": REPORT_POLICY})


def _orders(visit: Visit) -> Response:
    return visit.page("orders", **views.orders(visit.world, visit.reach, visit.asked.query))


def _order(visit: Visit) -> Response:
    query = visit.asked.query
    shown = views.order(visit.world, visit.reach, query.get("id", ""), query.get("from", ""))
    return visit.page("order", **shown)


def _people(visit: Visit) -> Response:
    erasure = visit.asked.query.get("erasure", "")
    if erasure:
        return visit.page("people", **views.erasure(visit.world, visit.reach, erasure))
    shown = views.people(visit.world, visit.reach, visit.asked.form.get("who", "").strip())
    if shown["held"] and visit.asked.form.get("as") == "json":
        return _response(
            200,
            json.dumps(shown["held"], ensure_ascii=False, indent=2),
            {
                "content-type": "application/json; charset=utf-8",
                "content-disposition": 'attachment; filename="person.json"',
            },
        )
    return visit.page("people", **shown)


def _publications(visit: Visit) -> Response:
    query = visit.asked.query
    if (
        "refused" in query or not visit.reach.publications
    ):  # a site's administrator sees what was dropped there
        shown = views.drop_refusals(visit.world, visit.reach, query, visit.lang)
        return visit.page("refusals", **shown)
    return visit.page("publications", **views.publications(visit.world, visit.reach, query))


def _publication(visit: Visit) -> Response:
    return visit.page(
        "publication", **views.publication(visit.world, visit.reach, visit.asked.query.get("id", ""))
    )


def _rollovers(visit: Visit) -> Response:
    return visit.page("rollovers", **views.rollovers(visit.world, visit.reach, visit.asked.query))


def _faculty(visit: Visit) -> Response:
    return visit.page("faculty", **views.faculty(visit.world, visit.reach, visit.asked.query))


def _sites(visit: Visit) -> Response:
    return visit.page("sites", **views.sites(visit.world, visit.reach, visit.asked.query.get("ask", "")))


def _why(visit: Visit) -> Response:
    return visit.page("why", **views.why(visit.world, visit.reach, visit.asked.query, visit.lang))


def _acts(visit: Visit) -> Response:
    return visit.page("acts", **views.acts(visit.world, visit.reach, visit.asked.query))


PAGES: Mapping[str, Callable[[Visit], Response]] = {
    "home": _home,
    "nights": _nights,
    "run": _run,
    "report": _report,
    "orders": _orders,
    "order": _order,
    "people": _people,
    "publications": _publications,
    "publication": _publication,
    "rollovers": _rollovers,
    "faculty": _faculty,
    "sites": _sites,
    "why": _why,
    "acts": _acts,
}


# -- bytes ----------------------------------------------------------------------------------------------


def _read(event: Mapping[str, Any]) -> Asked:
    headers = {name.lower(): value for name, value in (event.get("headers") or {}).items()}
    query = parse_qs(event.get("rawQueryString") or "")
    return Asked(
        method=event.get("requestContext", {}).get("http", {}).get("method", "GET"),
        path=((event.get("pathParameters") or {}).get("proxy") or "").strip("/"),
        query={name: values[0] for name, values in query.items()},
        form=_form(event),
        headers=headers,
        cookies=_cookies(event, headers),
    )


def _form(event: Mapping[str, Any]) -> dict[str, str]:
    text = event.get("body") or ""
    if len(text) > 2 * FORM_LIMIT:
        return {}
    if event.get("isBase64Encoded"):
        try:
            text = base64.b64decode(text).decode("utf-8", "replace")
        except ValueError:
            return {}
    return {name: values[0] for name, values in parse_qs(text, keep_blank_values=True).items()}


def _cookies(event: Mapping[str, Any], headers: Mapping[str, str]) -> dict[str, str]:
    try:
        jar = SimpleCookie("; ".join(event.get("cookies") or [headers.get("cookie", "")]))
    except CookieError:
        return {}
    return {name: morsel.value for name, morsel in jar.items()}


def _response(status: int, html: str, headers: Mapping[str, str] | None = None) -> Response:
    return {
        "statusCode": status,
        "headers": {**HEADERS, **(headers or {})},
        "body": html,
        "isBase64Encoded": False,
    }
