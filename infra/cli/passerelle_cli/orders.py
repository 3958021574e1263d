"""`passerelle orders …`, `passerelle catalogue check`: what shops sold, and whether it can be delivered."""

from __future__ import annotations

import getpass
import re
import sys
from collections.abc import Callable, Iterable, Iterator
from datetime import timedelta
from typing import Any

import click

from passerelle.domain.orders.delivery import Delivery
from passerelle.domain.orders.facts import Participant
from passerelle.domain.orders.money import minor_units
from passerelle.domain.orders.order import Order, Seat
from passerelle.domain.orders.people import read_people
from passerelle.domain.orders.products import ParametersRefused, read_span
from passerelle.domain.orders.shop import Shop
from passerelle.domain.records import Note
from passerelle.domain.states import OrderState, state_word
from passerelle.errors import GiveUp
from passerelle.ports import World
from passerelle.shops.registry import sample
from passerelle.shops.vendor import SampleOrder
from passerelle.usecases.amend import list_all
from passerelle.usecases.orders import ask, seller
from passerelle.usecases.orders import catalogue_check as selling
from passerelle.usecases.orders import seats as seats_usecase
from passerelle.usecases.orders import work as usecase
from passerelle.words.console import WORDS
from passerelle.words.figures import say_amount
from passerelle.words.formatter import pick
from passerelle.words.histories import say_reason
from passerelle.words.notes import note_text
from passerelle.words.sentences import say
from passerelle_cli.answers.notes import Reason
from passerelle_cli.answers.orders import OrderRow, OrderWhole, UnreadableDelivery
from passerelle_cli.exit_codes import FAILED, FOUND
from passerelle_cli.orders_explain import explain
from passerelle_cli.stack import Stack, known_shop, on_a_stack, world_of
from passerelle_cli.terminal import (
    StateNamed,
    echo,
    either,
    json_option,
    language,
    nearest,
    print_json,
    refuse,
    table,
    when,
    worded,
)

STATES = [state.value for state in OrderState]


@click.group()
def orders() -> None:
    """Orders of the shops: list, show, explain, missed, replay, park, release, assign, reschedule."""


orders.add_command(explain)


def _all(world: World, shop: str, state: str) -> Iterator[Order]:
    if state:
        found = list_all(world.records, Order, "state", state)
        yield from (order for order in found if not shop or order.shop == shop)
        return
    for name in [shop] if shop else list(world.network.shops):
        yield from list_all(world.records, Order, "shop", name)


@orders.command("list")
@on_a_stack
@click.option("--shop", default="", help="Only those of this shop.")
@click.option("--state", type=StateNamed(OrderState), default=None, help="Only those in this state.")
@click.option("--overdue", is_flag=True, help="Only unpaid ones that are older than the shop's overdue_days.")
@click.option("--waiting", is_flag=True, help="Only paid ones that wait for a person, with what helps.")
@json_option
def list_orders(
    find_stack: Callable[[], Stack],
    shop: str,
    state: str | None,
    overdue: bool,
    waiting: bool,
    as_json: bool,
) -> None:
    """One line an order: its id, state, seats done, and why it is not done."""
    world = world_of(find_stack, shop=shop)
    if waiting:
        _list_waiting(world, shop, as_json)
        return
    found = [
        order
        for order in _all(world, shop, state or ("received" if overdue else ""))
        if not overdue or _is_overdue(world, order)
    ]
    unreadable = [] if state or overdue else _unreadable(world, shop)
    if as_json:
        print_json({"orders": [_summary(one) for one in found], "unreadable": unreadable})
        return
    table([*map(_row, found), *(_unreadable_row(one) for one in unreadable)])
    if not found and not unreadable:
        echo(worded("Aucune commande.", "No order."))


def _row(order: Order) -> list[str]:
    done = sum(seat.state == "done" for seat in order.seats)
    return [order.id, state_word(order.state, language()), str(done), _notes(order.why)]


def _notes(notes: Iterable[Note]) -> str:
    return " ".join(note_text(note, language()) for note in notes)


def _list_waiting(world: World, shop: str, as_json: bool) -> None:
    found = [one for one in seller.waiting(world) if shop in ("", one.shop)]
    if as_json:
        waiting = [
            {"order": one.id, "shop": one.shop, "why": [_told(one.why)], "command": one.command}
            for one in found
        ]
        print_json({"waiting": waiting})
        return
    for one in found:
        table([[one.id, note_text(one.why, language())], ["", one.command]])
    if not found:
        echo(worded("Aucune commande n’attend quelqu’un.", "No order waits for anybody."))


def _unreadable(world: World, shop: str) -> list[UnreadableDelivery]:
    return [
        {"delivery": one.id, "shop": one.shop, "why": [_told(one.why)] if one.why else []}
        for one in list_all(world.records, Delivery, "state", "parked")
        if shop in ("", one.shop)
    ]


def _unreadable_row(one: UnreadableDelivery) -> list[str]:
    why = " ".join(reason["sentence"] for reason in one["why"])
    return [one["delivery"], worded("illisible", "unreadable"), "", why]


def _told(note: Note) -> Reason:
    return {"code": note.code, "sentence": note_text(note, language())}


def _is_overdue(world: World, order: Order) -> bool:
    shop = world.network.shops.get(order.shop)
    return (
        shop is not None
        and not order.due
        and (world.clock.now() - order.received_at >= timedelta(days=shop.overdue_days))
    )


def _summary(order: Order) -> OrderRow:
    return {
        "order": order.id,
        "number": order.shown,
        "shop": order.shop,
        "state": order.state.value,
        "received_at": order.received_at,
        "paid_at": order.paid_at,
        "wake_at": order.wake_at,
        "why": [_told(note) for note in order.why],
        "seats": len(order.seats),
    }


@orders.command()
@on_a_stack
@click.argument("order_id")
@json_option
def show(find_stack: Callable[[], Stack], order_id: str, as_json: bool) -> None:
    """Everything about one order: lines, people, reasons, history, the buyer's link."""
    world = find_stack().world()
    order = usecase.find(world, order_id)
    link = world.shops.seats_link(order)
    if as_json:
        print_json(_whole(order, link))
        return
    lang = language()
    buyer = " ".join(
        part for part in (order.buyer.firstname, order.buyer.lastname, order.buyer.email) if part
    )
    facts = [
        (worded("commande", "order"), f"{order.shown} ({order.shop})"),
        (worded("état", "state"), state_word(order.state, lang)),
        (worded("reçue", "received"), when(order.received_at)),
        (worded("payée", "paid"), when(order.paid_at)),
        (
            worded("total", "total"),
            "" if order.total is None else say_amount(order.total, order.currency, lang),
        ),
        (worded("acheteur ou acheteuse", "buyer"), buyer),
        (worded("prochain essai", "next try"), when(order.wake_at)),
        (worded("page des places", "page of seats"), link),
    ]
    table([name, value] for name, value in facts if value)
    for note in order.why:
        echo(f"! {note_text(note, lang)}", colour="red")
    for line in order.lines:
        echo(f"\n{line.title or line.product}  {line.product} × {line.quantity}", colour="bold")
        table(["", *_seat(seat)] for seat in order.seats_of(line.id))
    echo(f"\n{worded('histoire', 'history')}", colour="bold")
    table(
        ["", when(one.at), _state(one.state), say_reason(one.why, lang, order.why)] for one in order.history
    )


def _seat(seat: Seat) -> list[str]:
    person = seat.person
    name = f"{person.firstname} {person.lastname}".strip()
    why = note_text(seat.why, language()) if seat.why else ""
    words = [pick(WORDS[word], language()) for word in (person.kind, f"seat_{seat.state}")]
    return [name, person.email, *words, why]


def _state(state: str) -> str:
    return state_word(OrderState(state), language()) if state in STATES else state


def _whole(order: Order, link: str) -> OrderWhole:
    return {
        **_summary(order),
        "currency": order.currency,
        "total": order.total,
        "buyer": {
            "firstname": order.buyer.firstname,
            "lastname": order.buyer.lastname,
            "email": order.buyer.email,
        },
        "seats_link": link,
        "lines": [
            {
                "line": line.id,
                "product": line.product,
                "title": line.title,
                "quantity": line.quantity,
                "amount": line.amount,
                "seats": [
                    {
                        "firstname": seat.person.firstname,
                        "lastname": seat.person.lastname,
                        "email": seat.person.email,
                        "kind": seat.person.kind,
                        "state": seat.state,
                        "why": [_told(seat.why)] if seat.why else [],
                    }
                    for seat in order.seats_of(line.id)
                ],
            }
            for line in order.lines
        ],
        "history": [
            {"state": one.state, "at": one.at, "why": say_reason(one.why, language(), order.why)}
            for one in order.history
        ],
    }


@orders.command()
@on_a_stack
@click.argument("order_ids", nargs=-1, required=True)
def replay(find_stack: Callable[[], Stack], order_ids: tuple[str, ...]) -> None:
    """Work on orders again, now; an unreadable delivery is read again."""
    world = find_stack().world()
    for order_id in order_ids:
        usecase.replay(world, order_id)
        echo(f"{order_id} {either('est remise en route', 'is on its way again')}")


def _by(by: str | None) -> str:
    return by or getpass.getuser()


@orders.command()
@on_a_stack
@click.argument("order_id")
@click.option("--why", required=True, help="The reason, kept with the order.")
@click.option("--by", help="Who decides (default: you).")
def park(find_stack: Callable[[], Stack], order_id: str, why: str, by: str | None) -> None:
    """Do nothing more for an order until it is released; what stands stays."""
    usecase.park(find_stack().world(), order_id, _by(by), why)
    echo(f"{order_id} {either('est mise de côté', 'is put aside')}")


@orders.command()
@on_a_stack
@click.argument("order_id")
@click.option(
    "--because", "--why", "why", required=True, help="The reason (order form, transfer seen), kept."
)
@click.option("--by", help="Who decides (default: you).")
def release(find_stack: Callable[[], Stack], order_id: str, why: str, by: str | None) -> None:
    """Let a parked or unpaid order through, whatever its amounts say; recorded.

    Refused where the order waits for something else: the sentence says what.
    """
    usecase.release(find_stack().world(), order_id, _by(by), why)
    echo(f"{order_id} {either('est validée', 'is released')}")


@orders.command("revoke-link")
@on_a_stack
@click.argument("order_id")
@click.option("--by", help="Who decides (default: you).")
def revoke_link(find_stack: Callable[[], Stack], order_id: str, by: str | None) -> None:
    """Make the buyer's link to the seats open nothing any more; the new one is printed."""
    world = find_stack().world()
    echo(world.shops.seats_link(usecase.revoke_link(world, order_id, _by(by))))


@orders.command()
@on_a_stack
@click.argument("order_id")
@click.argument("people", type=click.File("rb"))
@click.option("--encoding", default="utf-8", show_default=True, help="Of the table, such as iso-8859-1.")
@click.option("--line", default="1", show_default=True, help="Which line of the order.")
@click.option("--tutors", is_flag=True, help="They supervise rather than learn.")
def assign(
    find_stack: Callable[[], Stack], order_id: str, people: Any, encoding: str, line: str, tutors: bool
) -> None:
    """Give free seats to the people of a table: last name, first name, e-mail (`-` reads standard input)."""
    read = read_people(_text_of(people, encoding), "tutor" if tutors else "learner")
    problems = read.problems
    if not problems:
        world = find_stack().world()
        lines = [one.id for one in usecase.find(world, order_id).lines]
        if line not in lines:
            sentence = worded(
                "Cette commande n’a pas de ligne {line}.", "This order has no line {line}.", line=line
            )
            refuse("--line", f"{sentence} {nearest(line, lines)}")
        problems = read.placed(seats_usecase.name_people(world, order_id, line, read.people))
    for problem in problems:
        echo(f"{either('ligne', 'row')} {problem.row}: {say(problem.code, language())}", err=True)
    if problems:
        sys.exit(FOUND)
    echo(
        worded("{n:# place attribuée|# places attribuées}.", "{n:# seat|# seats} given.", n=len(read.people))
    )


def _text_of(table: Any, encoding: str) -> str:
    try:
        return str(table.read().decode(encoding)).removeprefix("\ufeff")
    except LookupError:
        refuse("--encoding", either(f"« {encoding} » n’existe pas.", f"there is no “{encoding}”."))
    except UnicodeDecodeError:
        french = "{file} n’est pas en {encoding}. Donnez son encodage : --encoding iso-8859-1, par exemple."
        english = "{file} is not in {encoding}. Give its encoding: --encoding iso-8859-1, for example."
        echo(worded(french, english, file=table.name, encoding=encoding), err=True)
        sys.exit(FAILED)


@orders.command()
@on_a_stack
@click.argument("order_id")
@click.option("--by", "shift", required=True, help="From what its products say: +7D, -12H, 0D.")
def reschedule(find_stack: Callable[[], Stack], order_id: str, shift: str) -> None:
    """Move the dates of everything an order gives."""
    seconds = _seconds(shift)
    usecase.reschedule(find_stack().world(), order_id, seconds, getpass.getuser())
    echo(f"{order_id} {either('est déplacée de', 'is moved by')} {shift}")


def _seconds(shift: str) -> int:
    text = re.sub(r"^[+−-]", "", shift)
    sign = -1 if shift.startswith(("-", "−")) else 1
    if text in ("0", "0D"):
        return 0
    try:
        return sign * int(read_span(text, "by").total_seconds())
    except ParametersRefused:
        refuse(
            "--by",
            either(f"« {shift} » n’est pas de la forme +7D ou -12H.", f"“{shift}” is not like +7D or -12H."),
        )


@orders.command("send-test")
@on_a_stack
@click.argument("shop")
@click.option("--product", required=True, help="Reference, as network.yaml has it.")
@click.option("--number", default="TEST-1", show_default=True)
@click.option("--quantity", default=1, show_default=True)
@click.option("--price", default="10.00", show_default=True, help="Of one.")
@click.option("--email", default="test@client.example", show_default=True, help="The buyer's.")
@click.option("--person", "people", multiple=True, help="“Last;First;e-mail”; may be repeated.")
@click.option("--unpaid", is_flag=True)
@click.option("--event", default="", help="The event's id, to send the same one twice.")
def send_test(
    find_stack: Callable[[], Stack],
    shop: str,
    product: str,
    number: str,
    quantity: int,
    price: str,
    email: str,
    people: tuple[str, ...],
    unpaid: bool,
    event: str,
) -> None:
    """Send a signed delivery, as the shop itself would, to a running stack.

    PayPal signs with a key of its own: use the simulator of its dashboard for that one.
    """
    import requests

    stack = find_stack()
    wiring = stack.wiring()
    network = wiring.world().network
    known_shop(shop, network.shops, "SHOP")
    known = network.shops[shop]
    try:
        minor_units(price, "EUR")
    except GiveUp:
        refuse("--price", either(f"« {price} » n’est pas un montant.", f"“{price}” is no amount."))
    named: tuple[Participant, ...] = read_people("\n".join(people)).people if people else ()
    order = SampleOrder(
        number=number,
        product=product,
        quantity=quantity,
        price=price,
        email=email,
        people=named,
        paid=not unpaid,
    )
    signed = sample(known.kind, wiring.secret(known.secrets[0]) if known.secrets else "", order, event)
    answer = requests.post(
        f"{stack.api or network.address}/shops/{shop}/orders",
        data=signed.body,
        headers={**signed.headers, "content-type": "application/json"},
        timeout=30,
        allow_redirects=False,
    )
    echo(f"{answer.status_code} {answer.text}")
    if answer.status_code != 200:
        sys.exit(FAILED)


@orders.command("missed")
@on_a_stack
@click.option("--shop", required=True, help="Which shop is asked.")
@click.option("--days", default=7, show_default=True, type=click.IntRange(1, 30), help="How far back.")
def missed(find_stack: Callable[[], Stack], shop: str, days: int) -> None:
    """Ask a shop what it never delivered, and show what would be taken. Changes nothing."""
    world = world_of(find_stack, shop=shop)
    found = list(ask.missed(world, shop, timedelta(days=days)))
    table([ask.order_of(world, shop, heard), heard.topic, when(heard.at)] for heard in found)
    echo(worded("{count:# manque|# manquent}", "{count:# missed|# missed}", count=len(found)))
    if found:
        sys.exit(FOUND)


@click.command("check")
@on_a_stack
@click.option("--shop", "only", default="", help="Only the products of this shop.")
def catalogue_check(find_stack: Callable[[], Stack], only: str) -> None:
    """Ask each Moodle whether every product of the shops can be delivered; one line each."""
    world = world_of(find_stack, shop=only)
    bad = False
    if not world.network.shops:
        echo(worded("Le réseau n’a aucune boutique.", "The network has no shop."))
    for shop_name, shop in world.network.shops.items():
        if only and shop_name != only:
            continue
        rows = [("", selling.check_webhook(world, shop_name)), *selling.check(world, shop)]
        for reference, findings in rows:
            if not reference and not findings:
                continue
            errors = [f for f in findings if f.serious]
            bad = bad or bool(errors)
            mark = "✗" if errors else "!" if findings else "✓"
            words = " ".join(
                say(f.code, language(), **_details(f.details, reference, shop)) for f in findings
            )
            name = f"{shop_name}/{reference}" if reference else shop_name
            echo(f"{mark} {name}  {words}".rstrip())
    if bad:
        sys.exit(FOUND)


def _details(details: Any, reference: str, shop: Shop) -> dict[str, Any]:
    return {"product": reference, "site": shop.site, **details}
