"""Everybody enrolled is told, and the buyer gets one summary (S11). No password is in any of it (S10)."""

from __future__ import annotations

import hashlib
import logging
from dataclasses import dataclass, replace
from datetime import datetime, tzinfo

from passerelle.domain.moodle.core import Message
from passerelle.domain.moodle.plugin import Notification
from passerelle.domain.orders.order import Order, Seat, SeatState
from passerelle.domain.orders.seats import link_until
from passerelle.domain.orders.session import Enrolment, Reading, Sold, free_seats
from passerelle.domain.orders.shop import Shop
from passerelle.domain.records import Moment, Note
from passerelle.domain.states import state_word
from passerelle.errors import LookFirst, MoodleRefused
from passerelle.usecases.amend import amend
from passerelle.usecases.orders.order_run import OrderRun
from passerelle.words.buyers import say_to_buyer
from passerelle.words.sentences import say

LOG = logging.getLogger(__name__)

TEXT_LIMIT = 8_000


@dataclass(frozen=True, slots=True)
class _Letter:
    key: str
    user_id: int
    username: str
    lang: str
    subject: str
    text: str
    url: str = ""


def tell(run: OrderRun, reading: Reading, problems: list[Note]) -> tuple[Moment, ...]:
    """What was written: `welcome`, to how many, and `summary`. Of a large order the buyer gets the summary
    once all of it is done.
    """
    welcomes, now = _to_people(run), run.world.clock.now()
    summaries = [] if run.rest else _to_buyer(run, reading, problems)
    _send(run, [*welcomes, *summaries])
    written = [Moment("welcome", now, str(len(welcomes)))] if welcomes else []
    return (*written, *(Moment("summary", now, "") for _ in summaries))


def _to_people(run: OrderRun) -> list[_Letter]:
    """Each learner and tutor once, with the course link and the dates."""
    done = {seat.key for seat in run.order.seats if seat.state == SeatState.DONE}
    letters = []
    for enrolment in run.session.enrolments:
        key = enrolment.person
        account, course = run.accounts.get(key), run.courses.get(enrolment.course)
        line = enrolment.by.removeprefix(f"{run.order.id}:")
        if account is None or course is None or key in run.stopped or f"{line}:{key}" in done:
            continue
        if key == run.order.buyer.key and run.order.told:
            continue
        lang = account.lang or run.site.language
        letters.append(
            _Letter(
                key=f"ord:{run.order.id}:{_short(f'{line}:{key}:{course.id}')}",
                user_id=account.user_id,
                username=account.username,
                lang=lang,
                subject=say("order_welcome_subject", lang, course=course.fullname),
                text=_welcome(run, enrolment, course.fullname, course.id, lang, existed=account.existed),
                url=_url(run, course.id),
            )
        )
    return letters


def _welcome(run: OrderRun, one: Enrolment, course: str, course_id: int, lang: str, *, existed: bool) -> str:
    parts = [
        say(
            "order_welcome",
            lang,
            course=course,
            url=_url(run, course_id),
            dates=dates(one.start, one.end, lang, run.site.zone),
        )
    ]
    if not existed:
        parts.append(say("order_new_account", lang, site=run.site.title))
    return "\n\n".join(parts)


def _to_buyer(run: OrderRun, reading: Reading, problems: list[Note]) -> list[_Letter]:
    """One summary of who was created, found or stopped; again only when that has changed."""
    order = run.order
    account = _buyers_account(run)
    lang = order.buyer.lang or run.shop.language
    text = summary(run, reading, problems, lang)
    digest = _short(text)
    if account is None or order.buyer.key in run.stopped or digest == order.told:
        run.digest = digest if account is not None else order.told
        return []
    if not order.due and not order.told:
        return []
    letter = _Letter(
        key=f"ord:{order.id}:sum:{digest}",
        user_id=account[0],
        username=account[1],
        lang=lang,
        subject=say("order_summary_subject", lang, order=order.shown, shop=run.shop.title or order.shop),
        text=text[:TEXT_LIMIT],
    )
    run.digest = digest
    return [letter]


def _buyers_account(run: OrderRun) -> tuple[int, str] | None:
    """Id and username. Of an order that is gone nobody is looked for any more: the account that it knew."""
    account, operator = run.accounts.get(run.order.buyer.key), run.order.operator
    if account is not None:
        return account.user_id, account.username
    if run.order.due or operator is None or not operator.user_id:
        return None
    return operator.user_id, operator.username


def summary(run: OrderRun, reading: Reading, problems: list[Note], lang: str) -> str:
    """Greeting, what was bought, what was done for whom, what is left to do, whom to write to."""
    order, shop = run.order, run.shop.title or run.order.shop
    who = f"{order.buyer.firstname} {order.buyer.lastname}".strip()
    parts = [say("order_greeting", lang, who=who)] if who else []
    if not order.due:
        parts.append(say("order_gone_now", lang, order=order.shown, shop=shop))
    else:
        bought = [_bought(run, one, lang) for one in reading.sold]
        parts.append("\n".join([say("order_summary", lang, order=order.shown, shop=shop), *bought]))
        parts += _people(run, lang)
        notes = (*reading.refused, *problems, *run.session.missing, *run.session.remarks, *run.remarks)
        parts += dict.fromkeys(say_to_buyer(note, lang) for note in notes)
        parts += _seats(run, reading, lang, blocked=bool(problems))
    parts.append(say("order_questions", lang, contact=run.shop.contact or run.site.assistance.email))
    return "\n\n".join([*parts, shop])


def _bought(run: OrderRun, one: Sold, lang: str) -> str:
    """A line by its course's title, its places and its dates."""
    course = run.courses.get(one.parameters.course)
    title = course.fullname if course is not None else one.line.title or one.line.product
    start, end = one.window(run.order)
    if one.peopled:
        return say(
            "order_line_places",
            lang,
            title=title,
            count=one.seats,
            dates=dates(start, end, lang, run.site.zone),
        )
    return say("order_line", lang, title=title, dates=dates(start, end, lang, run.site.zone))


def _people(run: OrderRun, lang: str) -> list[str]:
    groups: dict[str, list[str]] = {"created": [], "found": [], "stopped": []}
    for seat in run.order.seats:
        if seat.state == SeatState.TAKEN:
            continue
        now = run.seat_now(seat)
        who = f"{now.person.firstname} {now.person.lastname}".strip() or now.person.email
        if now.state == SeatState.REFUSED and now.why is not None:
            groups["stopped"].append(f"{who} – {say_to_buyer(now.why, lang)}")
        elif now.state == SeatState.DONE:
            groups["found" if now.existed else "created"].append(who)
    return [
        say(f"order_{name}", lang) + "\n" + "\n".join(f"– {who}" for who in people)
        for name, people in groups.items()
        if people
    ]


def _seats(run: OrderRun, reading: Reading, lang: str, *, blocked: bool) -> list[str]:
    """The link, and until when it opens; nobody is asked for people who could not be enrolled."""
    free = sum(max(0, free_seats(run.order, one)) for one in reading.sold if one.peopled)
    link = run.world.shops.seats_link(run.order)
    if blocked or not (link or free) or not any(one.peopled for one in reading.sold):
        return []
    if not link:
        return [say("seats_free", lang, count=free)]
    said = say("order_free_seats" if free else "order_seats_link", lang, count=free, url=link)
    return [f"{said}\n{say('order_link_until', lang, until=link_until(run.order, run.shop).date())}"]


def for_shop(order: Order, shop: Shop) -> str:
    """What the shop's own people read beside the order. No names: their shop has them."""
    lang = shop.language
    done = sum(seat.state == SeatState.DONE for seat in order.seats)
    stopped = sum(seat.state == SeatState.REFUSED for seat in order.seats)
    text = say(
        "order_for_shop",
        lang,
        state=state_word(order.state, lang),
        done=done,
        stopped=stopped,
        count=done + stopped,
    )
    return " ".join([text, *(say(note.code, lang, **note.details) for note in order.why)])


def dates(start: datetime, end: datetime | None, lang: str, zone: tzinfo) -> str:
    """Days as they are where the Moodle is: in UTC a course that begins at midnight began the day before."""
    start, end = start.astimezone(zone), end.astimezone(zone) if end else None
    if lang.startswith("fr"):
        since = f"à partir du {start:%d/%m/%Y}"
        return f"{since}, jusqu’au {end:%d/%m/%Y}" if end else since
    since = f"from {start:%Y-%m-%d}"
    return f"{since} to {end:%Y-%m-%d}" if end else since


def _url(run: OrderRun, course_id: int) -> str:
    return f"{run.site.url}/course/view.php?id={course_id}"


def _short(text: str) -> str:
    return hashlib.sha256(text.encode("utf-8", "surrogatepass")).hexdigest()[:16]


# -- through the plugin the same key is sent once; without it a claim stands in for that --------------------


def _send(run: OrderRun, letters: list[_Letter]) -> None:
    if not letters:
        return
    if run.site.plugins:
        notifications = []
        for letter in letters:
            values = {"subject": letter.subject, "text": letter.text}
            if letter.url:
                values["courseurl"] = letter.url
            notifications.append(
                Notification(letter.key, letter.username, kind="message", lang=letter.lang, values=values)
            )
        # What happened stands in the order; a message that cannot go must not hold it up.
        try:
            verdicts = run.roster.notify_each(notifications)
        except MoodleRefused as refused:
            _not_told(run, refused.errorcode)
            return
        for verdict in verdicts:
            if not verdict.ok:
                _not_told(run, verdict.errorcode)
        return
    _send_once(run, letters)


def _send_once(run: OrderRun, letters: list[_Letter]) -> None:
    """Claimed before it goes: one that was cut in between is missing rather than read twice."""
    claims = {_short(letter.key)[:10] for letter in letters}
    fresh: set[str] = set()

    def decide(order: Order) -> Order:
        fresh.clear()
        fresh.update(claims - set(order.claimed))
        return replace(order, claimed=tuple(sorted({*order.claimed, *claims})))

    amend(run.world.records, Order, run.order.id, decide)
    rows = [
        Message(letter.user_id, f"{letter.subject}\n\n{letter.text}")
        for letter in letters
        if _short(letter.key)[:10] in fresh
    ]
    if not rows:
        return
    try:
        run.roster.send_messages(rows)
    except MoodleRefused as refused:
        _not_told(run, refused.errorcode)
    except LookFirst:
        _not_told(run, "unanswered")


def _not_told(run: OrderRun, errorcode: str) -> None:
    LOG.warning("not told", extra={"order": run.order.id, "site": run.site_name, "errorcode": errorcode})


# -- reminders (S11) --------------------------------------------------------------------------------------


def remind(run: OrderRun, free: int, unseen: list[Seat]) -> None:
    order = run.order
    account = run.accounts.get(order.buyer.key)
    if account is None:
        return
    lang = order.buyer.lang or run.shop.language
    parts = []
    link = run.world.shops.seats_link(order)
    if free:
        parts.append(say("order_free_seats" if link else "seats_free", lang, count=free, url=link))
    if unseen:
        names = "\n".join(f"– {seat.person.firstname} {seat.person.lastname}" for seat in unseen)
        parts.append(say("order_unseen", lang) + "\n" + names)
    text = "\n\n".join(parts)
    letter = _Letter(
        key=f"ord:{order.id}:rem:{_short(text)}",
        user_id=account.user_id,
        username=account.username,
        lang=lang,
        subject=say("order_reminder_subject", lang, order=order.shown),
        text=text[:TEXT_LIMIT],
    )
    _send(run, [letter])
