"""From an order to what should stand in Moodle: product → handler → desired session. Pure (S1–S9).

`sold` reads the lines, `desired` says for each who gets what. Nothing here knows a user's id: people are
their e-mail in lower case.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta

from passerelle.domain.orders.accounts import email_fits
from passerelle.domain.orders.amounts import check_amounts
from passerelle.domain.orders.facts import Line, Participant
from passerelle.domain.orders.order import Order, Seat, SeatState
from passerelle.domain.orders.products import (
    CourseName,
    Handler,
    Parameters,
    ParametersRefused,
    read_parameters,
)
from passerelle.domain.orders.sales import product_of, products_as_sold, shop_as_sold
from passerelle.domain.orders.shop import Product, Shop
from passerelle.domain.records import Note

PEOPLED = (Handler.SESSION, Handler.SEATS)  # sold as seats; the others are for the buyer alone
MOST_PEOPLE = 5_000  # of one order: more are several orders


@dataclass(frozen=True, slots=True)
class Sold:
    """A line whose product is known and readable."""

    line: Line
    product: Product
    parameters: Parameters

    @property
    def seats(self) -> int:
        return self.line.quantity * self.parameters.number("packsize", 1)

    @property
    def peopled(self) -> bool:
        return self.parameters.handler in PEOPLED

    def takes_a_seat(self, person: Participant) -> bool:
        return not (person.kind == "tutor" and self.product.tutors_free)

    def courses(self) -> tuple[str, ...]:
        return self.parameters.names("courselist")

    def window(self, order: Order) -> tuple[datetime, datetime | None]:
        """From when to when it is given (S9), moved by as much as a person moved it."""
        start, end = self.parameters.window(order.granted_at)
        shift = timedelta(seconds=order.shift)
        return start + shift, end + shift if end else None


@dataclass(frozen=True, slots=True)
class Reading:
    """`refused`: lines that cannot be delivered, each with its reason; `against`: why nothing may be done;
    `remarks`: of lines delivered as they were sold, what is wrong with their product now; `unread`: ids of
    lines that cannot be read, whose people keep what they have.
    """

    sold: tuple[Sold, ...]
    refused: tuple[Note, ...] = ()
    against: Note | None = None
    remarks: tuple[Note, ...] = ()
    unread: tuple[str, ...] = ()


def read_lines(order: Order, shop: Shop) -> Reading:
    """Everything that can be refused is refused here, before anything is created (S3, S8, S13)."""
    sold: list[Sold] = []
    refused: list[Note] = []
    remarks: list[Note] = []
    unread: list[str] = []
    for line in order.lines:
        sale = order.sale(line)
        if sale is None and line.product in shop.ignored:
            continue
        now = _read(order, line, shop.products.get(line.product))
        then = now if sale is None else _read(order, line, product_of(sale))
        if isinstance(then, Note):
            refused.append(then)
            unread.append(line.id)
            continue
        if isinstance(now, Note):
            remarks.append(now)
        sold.append(then)
    against = _against(order, shop, sold)
    return Reading(tuple(sold), tuple(refused), against, tuple(remarks), tuple(unread))


def _read(order: Order, line: Line, product: Product | None) -> Sold | Note:
    if product is None:
        return Note("product_unknown", {"product": line.product or line.title})
    try:
        parameters = read_parameters(product.handler, product.parameters)
        if parameters.handler is not Handler.SEATS and order.paid_at:
            parameters.window(order.paid_at)
    except ParametersRefused as bad:
        return _note(bad, line.product)
    return Sold(line, product, parameters)


def _against(order: Order, shop: Shop, sold: list[Sold]) -> Note | None:
    """Why nothing may be done: the money, unless somebody let it through; more people than seats."""
    note = None
    if order.test and shop.test_orders == "park":
        note = Note("test_order")
    products = products_as_sold(order, shop)
    note = note or check_amounts(order, products)
    if note is not None and order.let_through and not _unreadable(order, products):
        note = None
    return note or _too_many(shop, sold)


def _unreadable(order: Order, products: Mapping[str, Product]) -> bool:
    """No seats can be made of a quantity that is none, whoever says so."""
    return any(line.quantity < 1 for line in order.lines if line.product in products)


def _note(refused: ParametersRefused, product: str) -> Note:
    return Note(refused.code, {"product": product, **{k: str(v) for k, v in refused.details.items()}})


def _too_many(shop: Shop, sold: list[Sold]) -> Note | None:
    named = sum(len(one.line.participants) for one in sold if one.peopled)
    if named > MOST_PEOPLE:
        return Note("too_many_at_once", {"people": str(named), "most": str(MOST_PEOPLE)})
    for one in sold:
        if not one.peopled:
            continue
        people = {person.key: person for person in one.line.participants}
        taken = sum(one.takes_a_seat(person) for person in people.values())
        seats = one.seats
        free = len(people) - taken
        if taken > seats or free > shop.free_tutors_per_seat * seats:
            return Note(
                "too_many_people",
                {"product": one.line.product, "people": str(taken), "seats": str(seats)},
            )
    return None


GONE, UNDECLARED = "order", "shop"  # why a seat was taken that may be given again


def seated(order: Order, sold: tuple[Sold, ...], now: datetime) -> tuple[Seat, ...]:
    """The order's seats, with everyone whom the shop declares now. Whom the buyer named stays; whom the
    shop has corrected since does not (S16).
    """
    declared = {
        f"{one.line.id}:{p.key}": (one.line.id, p)
        for one in sold
        if one.peopled
        for p in one.line.participants
    }
    lines = {one.line.id for one in sold if one.peopled}
    seats = [_as_declared(seat, lines, declared) for seat in order.seats]
    held = {seat.key for seat in seats}
    for key, (line, person) in declared.items():
        if key not in held:
            seats.append(Seat(line, person, given_at=now, declared=True))
    return tuple(seats)


def _as_declared(seat: Seat, lines: set[str], declared: Mapping[str, object]) -> Seat:
    if seat.line not in lines:
        return seat
    undeclared = seat.declared and seat.key not in declared
    if seat.state == SeatState.TAKEN:
        back = seat.gone_with == GONE or (seat.gone_with == UNDECLARED and not undeclared)
        return replace(seat, state=SeatState.OPEN, gone_with="") if back and not undeclared else seat
    return replace(seat, state=SeatState.TAKEN, why=None, gone_with=UNDECLARED) if undeclared else seat


def free_seats(order: Order, one: Sold) -> int:
    """Paid for, less those taken; below zero where more was refunded than was free (S14)."""
    paid = order.quantity_left(one.line) * one.parameters.number("packsize", 1) if not order.gone else 0
    taken = sum(one.takes_a_seat(seat.person) for seat in order.seats_of(one.line.id))
    return paid - taken


# -- what should stand ------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class GroupName:
    idnumber: str
    name: str


@dataclass(frozen=True, slots=True)
class Enrolment:
    """Of one person in one course. `by` is the line, as the ledger names it."""

    by: str
    person: str
    course: CourseName
    role: str
    start: datetime
    end: datetime | None = None
    group: GroupName | None = None
    again: timedelta | None = None  # bought again it moves the end by this much
    extends: bool = False  # only moves the end of what is there


@dataclass(frozen=True, slots=True)
class Attached:
    """`holder` gets a role over `over`'s user context."""

    by: str
    holder: str
    over: str


@dataclass(frozen=True, slots=True)
class ContextRole:
    by: str
    person: str
    level: str
    instance: str
    role: str


@dataclass(frozen=True, slots=True)
class MadePlace:
    """A course or category of the buyer's own."""

    by: str
    kind: str  # course, category
    parent: str  # idnumber of the category
    template: str
    name: str
    idnumber: str
    start: datetime
    end: datetime | None = None


@dataclass(frozen=True, slots=True)
class Session:
    enrolments: tuple[Enrolment, ...] = ()
    support: tuple[Enrolment, ...] = ()
    attached: tuple[Attached, ...] = ()
    roles: tuple[ContextRole, ...] = ()
    places: tuple[MadePlace, ...] = ()
    registered: tuple[tuple[str, str, datetime | None], ...] = ()  # line, product, end
    prorogued: tuple[tuple[str, timedelta], ...] = ()
    missing: tuple[Note, ...] = ()  # roles that nobody has been named for
    remarks: tuple[Note, ...] = ()  # what stops nothing, and somebody should know
    unread: tuple[str, ...] = ()  # lines, as the ledger names them, that stay as they are
    targets: tuple[CourseName, ...] = ()  # courses of what is sold as seats, taken or not
    people: tuple[str, ...] = field(default=(), repr=False)

    @property
    def courses(self) -> tuple[CourseName, ...]:
        return tuple(dict.fromkeys(e.course for e in (*self.enrolments, *self.support)))


def by_line(order: Order, line: Line) -> str:
    return f"{order.id}:{line.id}"


def group_of(order: Order, shop_name: str) -> GroupName:
    """One for each order, indexed on shop and order number (S5)."""
    who = order.buyer.institution or f"{order.buyer.firstname} {order.buyer.lastname}".strip()
    name = " – ".join(part for part in (f"{shop_name} {order.shown}", who) if part)
    return GroupName(idnumber=order.id[:100], name=name[:254])


def desired(order: Order, shop: Shop, sold: tuple[Sold, ...], unread: tuple[str, ...] = ()) -> Session:
    """All that the order should have brought about. Of an order that is gone, nothing. `unread`: ids of
    lines that cannot be read just now: what they gave stays.
    """
    if not order.due:
        return Session()
    session = Session()
    for one in sold:
        if order.quantity_left(one.line) <= 0:
            continue
        session = _with(session, _of_line(order, shop, one))
    left = tuple(
        by_line(order, line) for line in order.lines if line.id in unread and order.quantity_left(line) > 0
    )
    session = replace(session, unread=left)
    people = {e.person for e in session.enrolments} | {a.over for a in session.attached}
    return replace(session, people=tuple(sorted(people | ({order.buyer.key} - {""}))))


def _with(one: Session, other: Session) -> Session:
    names = (
        "enrolments",
        "support",
        "attached",
        "roles",
        "places",
        "registered",
        "prorogued",
        "missing",
        "remarks",
        "targets",
    )
    return replace(one, **{name: getattr(one, name) + getattr(other, name) for name in names})


def _of_line(order: Order, shop: Shop, one: Sold) -> Session:
    shop = shop_as_sold(shop, order.sale(one.line))
    parameters, by = one.parameters, by_line(order, one.line)
    start, end = one.window(order)
    buyer = order.buyer.key
    support = _support(by, buyer, parameters, shop.learner_role, start, end)
    match parameters.handler:
        case Handler.SESSION | Handler.SEATS:
            return replace(_seats(order, shop, one, start, end), support=support)
        case Handler.ENROL | Handler.ENROL_AGAIN:
            again = (end - start) if parameters.handler is Handler.ENROL_AGAIN and end else None
            name = parameters.text("groupname")
            group = GroupName(f"{order.shop}:{name}"[:100], name[:254]) if name else None
            role = parameters.text("role") or shop.learner_role
            enrolment = Enrolment(by, buyer, parameters.course, role, start, end, group, again=again)
            return Session(enrolments=(enrolment,), support=support, remarks=_unused(order, one))
        case Handler.EXTEND:
            span = (parameters.span("extension") or timedelta()) * order.quantity_left(one.line)
            moved = Enrolment(
                by,
                buyer,
                parameters.course,
                shop.learner_role,
                order.granted_at,
                None,
                again=span,
                extends=True,
            )
            return Session(enrolments=(moved,))
        case Handler.ROLE:
            person = parameters.text("foruser").lower() or buyer
            level, instance = parameters.text("contextlevel"), parameters.text("instance")
            return Session(roles=(ContextRole(by, person, level, instance, parameters.text("role")),))
        case Handler.COURSE | Handler.CATEGORY:
            return Session(places=(_made(order, one, by, start, end),))
        case Handler.REGISTER:
            return Session(registered=((by, one.line.product, end),), support=support)
        case Handler.PROROGATE:
            span = parameters.span("timeshift") or timedelta(days=365)
            return Session(prorogued=((by, span * order.quantity_left(one.line)),))


def _unused(order: Order, one: Sold) -> tuple[Note, ...]:
    """Places paid for that this product cannot give: it enrols the buyer alone."""
    more = order.quantity_left(one.line) - 1
    return (Note("quantity_unused", {"product": one.line.product, "count": str(more)}),) if more > 0 else ()


def _seats(order: Order, shop: Shop, one: Sold, start: datetime, end: datetime | None) -> Session:
    parameters, by, buyer = one.parameters, by_line(order, one.line), order.buyer.key
    group = group_of(order, order.shop)
    tutor_role = parameters.text("supervisor") or shop.tutor_role
    enrolments = []
    attached = []
    for seat in order.seats_of(one.line.id):
        if seat.state == SeatState.REFUSED and not email_fits(seat.person.key):
            continue
        person = seat.person
        course = CourseName(shortname=person.course) if person.course else parameters.course
        if not str(course) or course == CourseName():
            course = CourseName(shortname=(one.courses() or ("",))[0])
        role = tutor_role if person.kind == "tutor" else shop.learner_role
        begin = max(start, seat.given_at) if seat.given_at and seat.given_at > order.received_at else start
        enrolments.append(Enrolment(by, person.key, course, role, min(begin, end or begin), end, group))
        if buyer and person.key != buyer:
            attached += [Attached(by, buyer, person.key), Attached(by, person.key, buyer)]
    named = {enrolment.role for enrolment in enrolments}
    missing = tuple(
        Note("role_missing", {"role": role, "product": one.line.product})
        for role in parameters.names("requiredroles")
        if role not in named
    )
    named_courses = [CourseName(shortname=name) for name in one.courses()]
    targets = tuple(named_courses) or (parameters.course,)
    return Session(enrolments=tuple(enrolments), attached=tuple(attached), missing=missing, targets=targets)


def _support(
    by: str, buyer: str, parameters: Parameters, role: str, start: datetime, end: datetime | None
) -> tuple[Enrolment, ...]:
    course = parameters.text("customersupport")
    if not course or not buyer:
        return ()
    return (Enrolment(f"{by}:support", buyer, CourseName(shortname=course), role, start, end),)


def _made(order: Order, one: Sold, by: str, start: datetime, end: datetime | None) -> MadePlace:
    parameters = one.parameters
    who = order.buyer.institution or f"{order.buyer.firstname} {order.buyer.lastname}".strip()
    if parameters.handler is Handler.CATEGORY:
        name = parameters.text("catname") or who or order.shown
        return MadePlace(by, "category", parameters.text("parentcategory"), "", name, by[:100], start, end)
    name = f"{one.line.title or one.line.product} – {who or order.shown}"
    return MadePlace(
        by,
        "course",
        parameters.text("coursecategory"),
        parameters.text("template"),
        name,
        by[:100],
        start,
        end,
    )
