"""One run over one order: what is known so far of its people, and what became of each."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field, replace

from passerelle.domain.moodle.core import Course
from passerelle.domain.moodle.plugin import SiteFacts
from passerelle.domain.network import Site
from passerelle.domain.orders.accounts import Account
from passerelle.domain.orders.facts import Participant
from passerelle.domain.orders.ledger import Key, LedgerPage, page_id
from passerelle.domain.orders.order import Order, Seat, SeatState
from passerelle.domain.orders.products import CourseName
from passerelle.domain.orders.session import GONE, Session
from passerelle.domain.orders.shop import Shop
from passerelle.domain.records import Note
from passerelle.errors import GiveUp
from passerelle.ports import Roster, World
from passerelle.usecases.amend import found_or_added

AT_ONCE = 500  # people of one order that one run does; the rest is another's


def taken(seat: Seat) -> bool:
    return seat.state == SeatState.TAKEN


@dataclass
class SiteRun:
    """The Moodle that is worked on, and pages of its ledger as they were last read."""

    world: World
    site_name: str
    pages: dict[int, LedgerPage] = field(default_factory=dict, repr=False, kw_only=True)
    _facts: SiteFacts | None = field(default=None, kw_only=True)

    def __post_init__(self) -> None:
        self.site: Site = self.world.network.sites[self.site_name]
        self.roster: Roster = self.world.sites.roster(self.site_name)

    def facts(self) -> SiteFacts:
        """Asked once, and only where a role's id is needed."""
        if self._facts is None:
            self._facts = self.roster.get_site()
        return self._facts

    def role_id(self, shortname: str) -> int:
        """Raises GiveUp `role_unknown`."""
        if shortname in self.site.role_ids:
            return self.site.role_ids[shortname]
        role = self.facts().role(shortname) if self.site.plugins else None
        if role is None:
            raise GiveUp("role_unknown", role=shortname, site=self.site_name)
        return role.id


@dataclass
class OrderRun(SiteRun):
    order: Order
    shop: Shop
    session: Session
    accounts: dict[str, Account] = field(default_factory=dict, repr=False)
    stopped: dict[str, Note] = field(default_factory=dict, repr=False)
    unreadable: dict[str, Note] = field(default_factory=dict, repr=False)  # whose page of the ledger is
    courses: dict[CourseName, Course | None] = field(default_factory=dict)
    remarks: list[Note] = field(default_factory=list)  # what stops nothing, and somebody should know
    held_ties: set[tuple[str, Key]] = field(default_factory=set)  # (line, tie) that this run stands for
    looked_at: set[str] = field(default_factory=set)  # of whom this run took what is not owed
    written: set[int] = field(default_factory=set)  # whose page this run changed
    digest: str = ""
    rest: int = 0  # people that are left for the next run over this order

    @classmethod
    def of(cls, world: World, order: Order, shop: Shop, session: Session) -> OrderRun:
        run = cls(world, shop.site, order, shop, session, digest=order.told)
        run.now, run.rest = run.at_once()
        return run

    def __post_init__(self) -> None:
        super().__post_init__()
        self.now: frozenset[str] = frozenset(self.session.people)  # whom this run works on
        self._named = {(one.by, one.person) for one in self.session.enrolments}
        self._seats = {seat.person.key: seat for seat in reversed(self.order.seats) if not taken(seat)}

    @property
    def large(self) -> bool:
        return max(len(self.session.people), len(self.order.seats)) > AT_ONCE

    def at_once(self) -> tuple[frozenset[str], int]:
        """Whom this run works on, and how many are left: those not done yet, the buyer always, since all
        are attached to them. Who was refused is tried again once nobody is open any more.
        """
        people = self.session.people
        if not self.large:
            return frozenset(people), 0
        states: dict[str, set[str]] = {}
        for seat in self.order.seats:
            states.setdefault(seat.person.key, set()).add(seat.state)
        undone = [key for key in people if SeatState.OPEN in states.get(key, ())]
        undone = undone or [key for key in people if SeatState.REFUSED in states.get(key, ())][:AT_ONCE]
        return frozenset((*undone[:AT_ONCE], self.order.buyer.key)), len(undone[AT_ONCE:])

    def course(self, name: CourseName) -> Course | None:
        if name not in self.courses:
            roster = self.roster
            if name.shortname:
                self.courses[name] = roster.course_by_shortname(name.shortname)
            elif name.idnumber:
                self.courses[name] = roster.course_by_idnumber(name.idnumber)
            else:
                self.courses[name] = roster.course(name.id) if name.id else None
        return self.courses[name]

    def by_plugin(self, course: Course) -> bool:
        """Whether the shop has an instance of its own there: the plugin names courses by idnumber."""
        return self.site.plugins and bool(course.idnumber)

    def participant(self, key: str) -> Participant:
        if key in self._seats:
            return self._seats[key].person
        buyer = self.order.buyer
        local = buyer.key.partition("@")[0]
        if key != buyer.key:
            return Participant(key)
        return Participant(
            buyer.email.strip(),
            buyer.firstname or local,
            buyer.lastname or local,
            city=buyer.city,
            phone=buyer.phone,
            institution=buyer.institution,
        )

    def known(self, key: str) -> Seat | None:
        """What an earlier run wrote down about this person's account."""
        operator = [self.order.operator] if self.order.operator else []
        for seat in (*self.order.seats, *operator, *self.order.former):
            if seat.person.key == key and seat.existed is not None:
                return seat
        return None

    def touched(self) -> Iterable[tuple[str, int, str]]:
        """(e-mail, user id, username) of everyone for whom anything was ever done by this order."""
        operator = [self.order.operator] if self.order.operator else []
        for seat in (*self.order.seats, *operator, *self.order.former):
            if seat.user_id:
                yield seat.person.key, seat.user_id, seat.username

    def settled(self) -> set[str]:
        """Those for whom an earlier run of this order did everything."""
        undone = (SeatState.OPEN, SeatState.REFUSED)
        open_ones = {seat.person.key for seat in self.order.seats if seat.state in undone}
        done = {seat.person.key for seat in self.order.seats if seat.state == SeatState.DONE}
        operator = self.order.operator
        if operator is not None and operator.state == SeatState.DONE:
            done.add(operator.person.key)
        elif operator is not None:
            open_ones.add(operator.person.key)
        return done - open_ones

    def to_look_at(self) -> list[tuple[str, int, str]]:
        """Of those touched, whom there may be something to take from. Of a large order those that this run
        works on, and some of those whose seat is not wanted any more: the others come next.
        """
        touched = list(dict.fromkeys(self.touched()))
        if not self.large:
            return touched
        unwanted = {
            seat.person.key
            for seat in self.order.seats
            if seat.user_id
            and seat.gone_with != GONE
            and not (self.order.due and not taken(seat) and self._wanted(seat))
            and f"{self.order.id}:{seat.line}" not in self.session.unread
        }
        first = [one for one in touched if one[0] in self.now]
        others = [one for one in touched if one[0] in unwanted - self.now]
        others += [(s.person.key, s.user_id, s.username) for s in self.order.former if s.user_id]
        self.rest += len(others[AT_ONCE:])
        return list(dict.fromkeys((*first, *others[:AT_ONCE])))

    def stop(self, key: str, note: Note) -> None:
        self.stopped.setdefault(key, note)

    def page_of(self, key: str, account: Account) -> LedgerPage | None:
        """Made now if nobody has. None where it cannot be read: nothing is given to or taken from this
        person, whom the run stops, and the others go on.
        """
        user_id = account.user_id
        if user_id not in self.pages and key not in self.unreadable:
            fresh = LedgerPage(
                id=page_id(self.shop.site, user_id),
                site=self.shop.site,
                user_id=user_id,
                username=account.username,
                existed=account.existed,
                created_at=self.world.clock.now(),
            )
            try:
                self.pages[user_id] = found_or_added(self.world.records, fresh)
            except GiveUp:
                note = Note("ledger_unreadable", {"site": self.shop.site, "user": str(user_id)})
                self.unreadable[key] = note
                self.stop(key, note)
        return self.pages.get(user_id)

    def seat_now(self, seat: Seat) -> Seat:
        """The seat as this run leaves it."""
        if seat.state == SeatState.TAKEN:
            return seat
        key = seat.person.key
        if self.large and key not in self.now and key not in self.looked_at:
            return seat
        account = self.accounts.get(key)
        if account is not None:
            seat = replace(
                seat,
                user_id=account.user_id,
                username=account.username,
                existed=account.existed,
                started=seat.started or account.seen,
            )
        if self.order.due and f"{self.order.id}:{seat.line}" in self.session.unread:
            return seat
        if not self.order.due and key in self.unreadable:  # what it gave may stand yet
            return replace(seat, state=SeatState.REFUSED, why=self.unreadable[key])
        if not self.order.due or not self._wanted(seat):
            return replace(seat, state=SeatState.TAKEN, why=None, gone_with=GONE) if seat.user_id else seat
        note = self.stopped.get(key)
        if note is not None:
            return replace(seat, state=SeatState.REFUSED, why=note)
        return replace(seat, state=SeatState.DONE, why=None)

    def _wanted(self, seat: Seat) -> bool:
        by = f"{self.order.id}:{seat.line}"
        return (by, seat.person.key) in self._named or seat.person.key in self.stopped

    def operator_now(self, order: Order) -> Seat | None:
        key = order.buyer.key
        account = self.accounts.get(key)
        if not key or (account is None and key not in self.stopped):
            return order.operator
        known = order.operator if order.operator and order.operator.person.key == key else None
        seat = replace(
            known or Seat("", self.participant(key)),
            person=self.participant(key),
            state=SeatState.REFUSED if key in self.stopped else SeatState.DONE,
            why=self.stopped.get(key),
        )
        if account is None:
            return seat
        return replace(seat, user_id=account.user_id, username=account.username, existed=account.existed)
