"""The door for the buyer: the token becomes a cookie at once, the forms become seats (`/seats/{token}`)."""

from __future__ import annotations

import base64
import hashlib
from collections.abc import Callable, Mapping
from dataclasses import replace
from datetime import timedelta
from http.cookies import CookieError, SimpleCookie
from typing import Any
from urllib.parse import parse_qs, unquote

from passerelle.domain.orders.facts import Kind, Participant
from passerelle.domain.orders.people import read_people
from passerelle.errors import Conflict, NotFound, Refused, TryAgain
from passerelle.events.seats import Link, LinkDead, form_mark, mark_fits, read_link
from passerelle.pages.seats import Said, notice, page
from passerelle.ports import World
from passerelle.runtime import wiring
from passerelle.runtime.doors import SeatsDoor
from passerelle.runtime.observability import begin, reference
from passerelle.usecases.counters import count_up
from passerelle.usecases.orders import seats
from passerelle.words.sentences import known_language, say

COOKIE = "passerelle_seats"
HERE = "me"
TYPED = ("lastname", "firstname", "email", "kind", "course")
FORM_LIMIT = 300_000  # bytes: two thousand people
WINDOW = timedelta(minutes=10)
MOST_POSTS, MOST_LOOKS = 40, 200  # of one order in a window
Response = dict[str, Any]

HEADERS = {
    "content-type": "text/html; charset=utf-8",
    "cache-control": "no-store",
    "referrer-policy": "no-referrer",
    "x-content-type-options": "nosniff",
    "x-robots-tag": "noindex",
    "content-security-policy": (
        "default-src 'none'; style-src 'unsafe-inline'; form-action 'self'; frame-ancestors 'none'; "
        "base-uri 'none'"
    ),
    "strict-transport-security": "max-age=31536000",
}


class TooOften(Refused):
    def __init__(self) -> None:
        super().__init__("too_often")


def answer_buyer(
    event: Mapping[str, Any], context: object, open_door: Callable[[], SeatsDoor] | None = None
) -> Response:
    """API Gateway's response (payload 2.0). It never raises, and says of a dead link only that it is dead."""
    log = begin(context)
    query = parse_qs(event.get("rawQueryString") or "")
    lang = known_language((query.get("lang") or [""])[0])
    try:
        return _answered(event, (open_door or wiring.seats_door)(), lang, done="done" in query)
    except (LinkDead, NotFound):
        log.info("refused", extra={"code": "seats_link_dead"})
        lang = lang or _browser_language(event)
        return _page(410, notice(say("seats_link_dead", lang), lang))
    except TooOften as error:
        log.info("refused", extra={"code": error.code})
        lang = lang or _browser_language(event)
        return _page(429, notice(say(error.code, lang), lang), {"retry-after": "600"})
    except Exception as error:  # whatever it is, the person gets a sentence and a reference
        quoted = reference()
        log.exception("failed", extra={"reference": quoted})
        code, status = ("away", 503) if isinstance(error, TryAgain | Conflict) else ("internal", 500)
        lang = lang or _browser_language(event)
        return _page(status, notice(f"{say(code, lang)} ({quoted})", lang))


def _answered(event: Mapping[str, Any], door: SeatsDoor, lang: str, *, done: bool) -> Response:
    token = unquote((event.get("pathParameters") or {}).get("token", ""))
    method = event.get("requestContext", {}).get("http", {}).get("method", "GET")
    if token != HERE:
        _opened(door, token)
        return _to_cookie(event, token)
    token = _cookie(event)
    door, keys, link = _opened(door, token)
    order_id = link.order
    _limit(door.world, order_id, posting=method == "POST")
    view = seats.view(door.world, order_id)
    if link.serial != view.order.link_serial:
        raise LinkDead
    lang = lang or view.order.buyer.lang or view.shop.language
    mark = form_mark(keys[0], token)
    said = Said(done=done)
    status = 200
    if method == "POST":
        said = _post(event, door, order_id, lang, keys, token)
        if said.done:
            return _response(303, "", {"location": f"{HERE}?done=1&lang={known_language(lang)}"})
        status = 422
        view = seats.view(door.world, order_id)
    assistance = view.shop.contact or door.world.network.sites[view.shop.site].assistance.email
    return _page(status, page(view, lang, mark, said, assistance))


def _opened(door: SeatsDoor, token: str) -> tuple[SeatsDoor, tuple[bytes, ...], Link]:
    """The keys may have been changed a moment ago: a link that fits none is tried once more."""
    keys = door.keys()
    try:
        return door, keys, read_link(token, keys, door.world.clock.now())
    except LinkDead:
        newer = door.newer()
        if newer is None:
            raise
        return _opened(replace(newer, newer=lambda: None), token)


def _post(
    event: Mapping[str, Any],
    door: SeatsDoor,
    order_id: str,
    lang: str,
    keys: tuple[bytes, ...],
    token: str,
) -> Said:
    form = _form(event)
    from_here = _header(event, "sec-fetch-site") in ("", "same-origin")
    if not (from_here and mark_fits(keys, token, form.get("mark", ""))):
        raise LinkDead
    line = form.get("line", "")
    typed = Said(form=form.get("seat") or line, typed={name: form.get(name, "") for name in TYPED}, line=line)
    try:
        match form.get("action"):
            case "name":
                problems = seats.name_people(door.world, order_id, line, (_person(form),))
                return Said(done=True) if not problems else replace(typed, problems=problems)
            case "paste":
                return _paste(door, order_id, line, form)
            case "swap":
                problems = seats.swap(door.world, order_id, form.get("seat", ""), _person(form))
                return Said(done=True) if not problems else replace(typed, problems=problems)
            case "give_back":
                seats.give_back(door.world, order_id, form.get("seat", ""))
                return Said(done=True)
    except Refused as refused:
        text = say(refused.code, lang, **refused.details)
        return replace(typed, refused=text, pasted=form.get("pasted", ""))
    raise LinkDead


def _paste(door: SeatsDoor, order_id: str, line: str, form: Mapping[str, str]) -> Said:
    pasted = form.get("pasted", "")
    read = read_people(pasted)
    if read.problems or not read.people:
        return Said(problems=read.problems, pasted=pasted, line=line)
    people = tuple(replace(person, course=form.get("course", "")) for person in read.people)
    problems = read.placed(seats.name_people(door.world, order_id, line, people))
    return Said(done=not problems, problems=problems, pasted=pasted if problems else "", line=line)


def _person(form: Mapping[str, str]) -> Participant:
    kind: Kind = "tutor" if form.get("kind") == "tutor" else "learner"
    return Participant(
        email=form.get("email", "").strip()[:100],
        firstname=form.get("firstname", "").strip()[:100],
        lastname=form.get("lastname", "").strip()[:100],
        kind=kind,
        course=form.get("course", "")[:255],
    )


def _limit(world: World, order_id: str, *, posting: bool) -> None:
    """Raises TooOften. Counted by order, since only who holds its link can come this far."""
    now = world.clock.now()
    window = int(now.timestamp() // WINDOW.total_seconds())
    what, most = ("post", MOST_POSTS) if posting else ("look", MOST_LOOKS)
    name = hashlib.sha256(order_id.encode()).hexdigest()[:24]
    if count_up(world, f"seats:{what}:{name}:{window}", now + 2 * WINDOW) > most:
        raise TooOften


def _to_cookie(event: Mapping[str, Any], token: str) -> Response:
    """The token leaves the address bar, the history and every log from here on."""
    secure = "" if _here(event) else "; Secure"
    cookie = f"{_cookie_name(event)}={token}; HttpOnly; SameSite=Lax; Path=/; Max-Age=86400{secure}"
    return {**_response(303, "", {"location": HERE}), "cookies": [cookie]}


def _cookie(event: Mapping[str, Any]) -> str:
    given = "; ".join(event.get("cookies") or [_header(event, "cookie")])
    try:
        jar = SimpleCookie(given)
    except CookieError:
        raise LinkDead from None
    name = _cookie_name(event)
    if name not in jar:
        raise LinkDead
    return jar[name].value


def _cookie_name(event: Mapping[str, Any]) -> str:
    """With `__Host-` a browser takes it from this host alone, over https, which this machine has not."""
    return COOKIE if _here(event) else f"__Host-{COOKIE}"


def _here(event: Mapping[str, Any]) -> bool:
    return _header(event, "host").partition(":")[0] in ("127.0.0.1", "localhost")


def _form(event: Mapping[str, Any]) -> dict[str, str]:
    text = event.get("body") or ""
    if len(text) > 2 * FORM_LIMIT:
        raise LinkDead
    if event.get("isBase64Encoded"):
        try:
            text = base64.b64decode(text).decode("utf-8", "replace")
        except ValueError:
            raise LinkDead from None
    return {name: values[0] for name, values in parse_qs(text, keep_blank_values=True).items()}


def _header(event: Mapping[str, Any], name: str) -> str:
    return next((v for k, v in (event.get("headers") or {}).items() if k.lower() == name), "")


def _browser_language(event: Mapping[str, Any]) -> str:
    return "fr" if _header(event, "accept-language").lower().startswith("fr") else "en"


def _page(status: int, html: str, headers: Mapping[str, str] | None = None) -> Response:
    return _response(status, html, headers)


def _response(status: int, html: str, headers: Mapping[str, str] | None = None) -> Response:
    return {
        "statusCode": status,
        "headers": {**HEADERS, **(headers or {})},
        "body": html,
        "isBase64Encoded": False,
    }
