"""Who each person is in Moodle: the existing account as it is, a new one, or why he is stopped (S4, S10)."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace

from passerelle.domain.lms import NewUser, User
from passerelle.domain.orders import Order, Seat, SeatState
from passerelle.domain.publishing import Note
from passerelle.domain.sessions import account_of, email_fits, usernames
from passerelle.usecases.amending import amend
from passerelle.usecases.crew import Account, Crew

# Moodle makes and mails a password for these; the others sign in elsewhere (S10).
OWN_PASSWORD = frozenset({"manual", "email"})


def settle(crew: Crew) -> None:
    """Fills `crew.accounts` and `crew.stopped`. Whether an account existed is written down before any is
    made, so that a run that was cut does not take its own accounts for somebody's.
    """
    missing = look(crew)
    _remember(crew, missing)
    _make(crew, missing)
    _note_ids(crew)


def look(crew: Crew) -> list[str]:
    """Who is there already, and who is stopped; answers whose account is missing. Changes nothing."""
    keys = []
    for key in crew.session.people:
        if email_fits(key):
            keys.append(key)
        else:
            crew.stop(key, Note("email_invalid"))
    missing: list[str] = []
    for key, found in _find(crew, keys).items():
        verdict = account_of(found)
        if isinstance(verdict, User):
            crew.accounts[key] = _account(verdict, existed=_existed(crew, key, verdict))
        elif verdict is None:
            missing.append(key)
        else:
            crew.stop(key, verdict)
    return missing


def _find(crew: Crew, keys: Sequence[str]) -> Mapping[str, tuple[User, ...]]:
    if not keys:
        return {}
    if crew.site.plugins:
        return crew.roster.find_users("email", keys)
    return {key: crew.roster.users_by_email(key) for key in keys}


def _existed(crew: Crew, key: str, user: User) -> bool:
    """An account that an earlier run of this order set out to make, under the name it meant to give it,
    is that one.
    """
    known = crew.known(key)
    return not (known is not None and known.existed is False and user.username in usernames(key))


def _account(user: User, *, existed: bool) -> Account:
    seen = user.firstaccess is not None or user.lastaccess is not None
    return Account(user.id, user.username, existed, user.privileged, user.lang, seen)


def _remember(crew: Crew, missing: list[str]) -> None:
    news = set(missing)

    def noted(seat: Seat) -> Seat:
        key = seat.person.key
        if seat.existed is not None:
            return seat
        if key in news:
            return replace(seat, existed=False)
        account = crew.accounts.get(key)
        return seat if account is None else replace(seat, existed=account.existed)

    def decide(order: Order) -> Order:
        buyer = order.buyer.key
        operator = order.operator
        if operator is None or operator.person.key != buyer:
            operator = Seat("", crew.participant(buyer)) if buyer else None
        return replace(
            order,
            seats=tuple(noted(seat) for seat in order.seats),
            operator=noted(operator) if operator is not None else None,
        )

    written = amend(crew.world.records, Order, crew.order.id, decide)
    # Another worker may have written between our reading and our looking: whoever wrote first is right.
    for key, account in list(crew.accounts.items()):
        known = next((s for s in written.seats if s.person.key == key and s.existed is not None), None)
        if known is None and written.operator is not None and written.operator.person.key == key:
            known = written.operator
        if known is None or known.existed is None or known.existed == account.existed:
            continue
        if known.existed or account.username in usernames(key):
            crew.accounts[key] = replace(account, existed=known.existed)


def _make(crew: Crew, missing: list[str]) -> None:
    wanted: dict[str, NewUser] = {}
    for key in missing:
        person = crew.participant(key)
        if not person.firstname or not person.lastname:
            crew.stop(key, Note("name_missing"))
            continue
        wanted[key] = NewUser(
            username=usernames(key)[0],
            firstname=person.firstname,
            lastname=person.lastname,
            email=key,
            auth=crew.shop.new_account_auth,
            createpassword=crew.shop.new_account_auth in OWN_PASSWORD,
            city=person.city,
            phone1=person.phone,
            institution=person.institution,
        )
    refused = _ensure(crew, wanted)
    again = {key: replace(wanted[key], username=usernames(key)[1]) for key in refused}
    for key, code in _ensure(
        crew, {k: n for k, n in again.items() if n.username != wanted[k].username}
    ).items():
        refused[key] = code
    for key, code in refused.items():
        if key not in crew.accounts:
            crew.stop(key, Note("account_refused", {"errorcode": code}))


def _note_ids(crew: Crew) -> None:
    """Before anything is given: a refund that comes while this run is cut must know whom it is about."""

    def noted(seat: Seat) -> Seat:
        account = crew.accounts.get(seat.person.key)
        if account is None or seat.state == SeatState.TAKEN:
            return seat
        return replace(seat, user_id=account.user_id, username=account.username, existed=account.existed)

    def decide(order: Order) -> Order:
        return replace(
            order,
            seats=tuple(noted(seat) for seat in order.seats),
            operator=noted(order.operator) if order.operator is not None else None,
        )

    amend(crew.world.records, Order, crew.order.id, decide)


def _ensure(crew: Crew, wanted: dict[str, NewUser]) -> dict[str, str]:
    """Makes them; answers those without an account after all, with Moodle's word."""
    if not wanted:
        return {}
    verdicts = dict(zip(wanted, crew.roster.ensure_users(list(wanted.values())), strict=True))
    doubtful = [key for key, verdict in verdicts.items() if not verdict.ok or verdict.outcome == "found"]
    # A username that was there: our own of a moment ago, or another person's. The address tells.
    found = _find(crew, doubtful)
    refused = {}
    for key, verdict in verdicts.items():
        if key not in doubtful and verdict.id is not None:
            crew.accounts[key] = Account(verdict.id, wanted[key].username, existed=False)
            continue
        user = account_of(found.get(key, ()))
        if isinstance(user, User):
            crew.accounts[key] = _account(
                user, existed=_existed(crew, key, user) and user.username not in usernames(key)
            )
        else:
            refused[key] = verdict.errorcode or "usernametaken"
    return refused
