"""Who each person is in Moodle: the existing account, a new one, or why they are stopped (S4, S10)."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace

from passerelle.domain.moodle.core import NewUser, User
from passerelle.domain.orders.accounts import Account, account_of, email_fits, usernames
from passerelle.domain.orders.order import Order, Seat, SeatState, of_its_buyer
from passerelle.domain.orders.people import why_unread
from passerelle.domain.records import Note
from passerelle.usecases.amend import amend
from passerelle.usecases.orders.order_run import OrderRun

# Moodle makes and mails a password for these; the others sign in elsewhere (S10).
OWN_PASSWORD = frozenset({"manual", "email"})


def settle(order_run: OrderRun) -> None:
    """Fills `run.accounts` and `run.stopped`. Whether an account existed is written down before any is
    made, so that a run that was cut does not take its own accounts for somebody's.
    """
    missing = look(order_run)
    _remember(order_run, missing)
    _make(order_run, missing)
    _note_ids(order_run)


def look(order_run: OrderRun) -> list[str]:
    """Who is there already, and who is stopped; answers whose account is missing. Changes nothing."""
    keys = []
    for key in order_run.session.people:
        if key not in order_run.now:
            continue
        if email_fits(key):
            keys.append(key)
        else:
            order_run.stop(key, Note(why_unread(key)))
    missing: list[str] = []
    for key, found in _find(order_run, keys).items():
        verdict = account_of(found)
        if isinstance(verdict, User):
            order_run.accounts[key] = _account(verdict, existed=_existed(order_run, key, verdict))
        elif verdict is None:
            missing.append(key)
        else:
            order_run.stop(key, verdict)
    return missing


def _find(order_run: OrderRun, keys: Sequence[str]) -> Mapping[str, tuple[User, ...]]:
    if not keys:
        return {}
    if order_run.site.plugins:
        return order_run.roster.find_users("email", keys)
    return {key: order_run.roster.users_by_email(key) for key in keys}


def _existed(order_run: OrderRun, key: str, user: User) -> bool:
    """An account that an earlier run of this order set out to make, under the name it meant to give it,
    is that one.
    """
    known = order_run.known(key)
    return not (known is not None and known.existed is False and user.username in usernames(key))


def _account(user: User, *, existed: bool) -> Account:
    seen = user.firstaccess is not None or user.lastaccess is not None
    return Account(user.id, user.username, existed, user.privileged, user.lang, seen)


def _remember(order_run: OrderRun, missing: list[str]) -> None:
    news = set(missing)

    def noted(seat: Seat) -> Seat:
        key = seat.person.key
        if seat.existed is not None:
            return seat
        if key in news:
            return replace(seat, existed=False)
        account = order_run.accounts.get(key)
        return seat if account is None else replace(seat, existed=account.existed)

    def decide(order: Order) -> Order:
        order, buyer = of_its_buyer(order), order.buyer.key
        operator = order.operator or (Seat("", order_run.participant(buyer)) if buyer else None)
        return replace(
            order,
            seats=tuple(noted(seat) for seat in order.seats),
            operator=noted(operator) if operator is not None else None,
        )

    written = amend(order_run.world.records, Order, order_run.order.id, decide)
    # Another worker may have written between our reading and our looking: whoever wrote first is right.
    for key, account in list(order_run.accounts.items()):
        known = next((s for s in written.seats if s.person.key == key and s.existed is not None), None)
        if known is None and written.operator is not None and written.operator.person.key == key:
            known = written.operator
        if known is None or known.existed is None or known.existed == account.existed:
            continue
        if known.existed or account.username in usernames(key):
            order_run.accounts[key] = replace(account, existed=known.existed)


def _make(order_run: OrderRun, missing: list[str]) -> None:
    wanted: dict[str, NewUser] = {}
    for key in missing:
        person = order_run.participant(key)
        if not person.firstname or not person.lastname:
            order_run.stop(key, Note("name_missing"))
            continue
        wanted[key] = NewUser(
            username=usernames(key)[0],
            firstname=person.firstname,
            lastname=person.lastname,
            email=key,
            auth=order_run.shop.new_account_auth,
            createpassword=order_run.shop.new_account_auth in OWN_PASSWORD,
            city=person.city,
            phone1=person.phone,
            institution=person.institution,
        )
    refused = _ensure(order_run, wanted)
    again = {key: replace(wanted[key], username=usernames(key)[1]) for key in refused}
    for key, code in _ensure(
        order_run, {k: n for k, n in again.items() if n.username != wanted[k].username}
    ).items():
        refused[key] = code
    for key, code in refused.items():
        if key not in order_run.accounts:
            order_run.stop(key, Note("account_refused", {"errorcode": code}))


def _note_ids(order_run: OrderRun) -> None:
    """Before anything is given: a refund that comes while this run is cut must know whom it is about."""

    def noted(seat: Seat) -> Seat:
        account = order_run.accounts.get(seat.person.key)
        if account is None or seat.state == SeatState.TAKEN:
            return seat
        return replace(seat, user_id=account.user_id, username=account.username, existed=account.existed)

    def decide(order: Order) -> Order:
        buyer, known = order_run.order.buyer.key, {seat.person.key for seat in order.former}
        if order.operator is not None:
            known.add(order.operator.person.key)
        # Corrected by the shop meanwhile: this run gives to the wrong one all the same.
        overtaken = buyer != order.buyer.key and buyer in order_run.accounts and buyer not in known
        wrong = (noted(Seat("", order_run.participant(buyer))),) if overtaken else ()
        return replace(
            order,
            seats=tuple(noted(seat) for seat in order.seats),
            operator=noted(order.operator) if order.operator is not None else None,
            former=(*(noted(seat) for seat in order.former), *wrong),
        )

    amend(order_run.world.records, Order, order_run.order.id, decide)


def _ensure(order_run: OrderRun, wanted: dict[str, NewUser]) -> dict[str, str]:
    """Makes them; answers those without an account after all, with Moodle's word."""
    if not wanted:
        return {}
    verdicts = dict(zip(wanted, order_run.roster.ensure_users(list(wanted.values())), strict=True))
    doubtful = [key for key, verdict in verdicts.items() if not verdict.ok or verdict.outcome == "found"]
    # A username that was there: our own of a moment ago, or another person's. The address tells.
    found = _find(order_run, doubtful)
    refused = {}
    for key, verdict in verdicts.items():
        if key not in doubtful and verdict.id is not None:
            order_run.accounts[key] = Account(verdict.id, wanted[key].username, existed=False)
            continue
        user = account_of(found.get(key, ()))
        if isinstance(user, User):
            order_run.accounts[key] = _account(
                user, existed=_existed(order_run, key, user) and user.username not in usernames(key)
            )
        else:
            refused[key] = verdict.errorcode or "usernametaken"
    return refused
