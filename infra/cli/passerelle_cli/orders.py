"""`passerelle orders …`, `passerelle catalogue check`: what shops sold, and whether it can be delivered."""

from __future__ import annotations

import getpass
import json
import sys
from collections.abc import Callable, Iterator
from dataclasses import asdict
from datetime import timedelta
from typing import Any

import click

from passerelle.domain.orders.order import Delivery, Order, Participant
from passerelle.domain.orders.people import read_people
from passerelle.domain.orders.products import read_span
from passerelle.domain.orders.shop import Shop
from passerelle.domain.states import OrderState, state_word
from passerelle.errors import NotFound
from passerelle.ports import World
from passerelle.shops.registry import sample
from passerelle.shops.vendor import SampleOrder
from passerelle.usecases.amend import list_all
from passerelle.usecases.orders import ask, seller
from passerelle.usecases.orders import catalogue_check as selling
from passerelle.usecases.orders import seats as seats_usecase
from passerelle.usecases.orders import work as usecase
from passerelle.words.sentences import say
from passerelle_cli.orders_explain import explain
from passerelle_cli.stack import Stack, on_a_stack
from passerelle_cli.terminal import Named, echo, language, worded

STATES = [state.value for state in OrderState]


@click.group()
def orders() -> None:
    """Orders of the shops: list, show, explain, missed, replay, park, release, assign, reschedule."""


orders.add_command(explain)


def _say(french: str, english: str) -> str:
    return french if language().startswith("fr") else english


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
@click.option("--state", type=Named(STATES), default=None, help="Only those in this state.")
@click.option("--overdue", is_flag=True, help="Only unpaid ones that are older than the shop's overdue_days.")
@click.option("--waiting", is_flag=True, help="Only paid ones that wait for a person, with what helps.")
@click.option("--json", "as_json", is_flag=True, help="One JSON object a line.")
def list_orders(
    find_stack: Callable[[], Stack],
    shop: str,
    state: str | None,
    overdue: bool,
    waiting: bool,
    as_json: bool,
) -> None:
    """One line an order: its id, state, seats done, and why it is not done."""
    world = find_stack().world()
    if waiting:
        _list_waiting(world, shop, as_json)
        return
    for order in _all(world, shop, state or ("received" if overdue else "")):
        if overdue and not _is_overdue(world, order):
            continue
        if as_json:
            echo(json.dumps(_summary(order), ensure_ascii=False, default=str))
        else:
            why = " ".join(say(note.code, language(), **note.details) for note in order.why)
            done = sum(seat.state == "done" for seat in order.seats)
            echo(f"{order.id:32} {state_word(order.state, language()):20} {done:4}  {why}".rstrip())
    if not state and not overdue:
        _list_unreadable(world, shop)


def _list_waiting(world: World, shop: str, as_json: bool) -> None:
    for one in seller.waiting(world):
        if shop and one.shop != shop:
            continue
        if as_json:
            row = {"id": one.id, "shop": one.shop, "why": asdict(one.why), "command": one.command}
            echo(json.dumps(row, ensure_ascii=False))
        else:
            echo(f"{one.id:32} {say(one.why.code, language(), **one.why.details)}\n  {one.command}")


def _list_unreadable(world: World, shop: str) -> None:
    for parked in list_all(world.records, Delivery, "state", "parked"):
        if shop and parked.shop != shop:
            continue
        why = say(parked.why.code, language(), **parked.why.details) if parked.why else ""
        echo(f"{parked.id:32} {_say('illisible', 'unreadable'):20}       {why}")


def _is_overdue(world: World, order: Order) -> bool:
    shop = world.network.shops.get(order.shop)
    return (
        shop is not None
        and not order.due
        and (world.clock.now() - order.received_at >= timedelta(days=shop.overdue_days))
    )


def _summary(order: Order) -> dict[str, Any]:
    return {
        "order": order.id,
        "number": order.shown,
        "state": order.state.value,
        "paid_at": order.paid_at,
        "wake_at": order.wake_at,
        "why": [asdict(note) for note in order.why],
        "seats": len(order.seats),
    }


@orders.command()
@on_a_stack
@click.argument("order_id")
@click.option("--json", "as_json", is_flag=True, help="The whole record as JSON, people included.")
def show(find_stack: Callable[[], Stack], order_id: str, as_json: bool) -> None:
    """Everything about one order: lines, people, reasons, history, the buyer's link."""
    world = find_stack().world()
    order = usecase.find(world, order_id)
    if as_json:
        echo(json.dumps(asdict(order), ensure_ascii=False, default=str, indent=1))
        return
    lang = language()
    echo(f"{order.id}  {state_word(order.state, lang)}")
    for note in order.why:
        echo(f"  ! {say(note.code, lang, **note.details)}")
    for line in order.lines:
        echo(f"  {line.product} × {line.quantity}  {line.title}")
        for seat in order.seats_of(line.id):
            why = f"  – {say(seat.why.code, lang, **seat.why.details)}" if seat.why else ""
            echo(f"    {seat.state:8} {seat.person.kind:8} {seat.person.email}{why}")
    for moment in order.history:
        echo(f"  {moment.at:%Y-%m-%d %H:%M:%S} {moment.state}: {moment.why}")
    if order.wake_at:
        echo(f"  {_say('prochain essai', 'next try')}: {order.wake_at:%Y-%m-%d %H:%M:%S}")
    link = world.shops.seats_link(order)
    if link:
        echo(f"  {link}")


@orders.command()
@on_a_stack
@click.argument("order_ids", nargs=-1, required=True)
def replay(find_stack: Callable[[], Stack], order_ids: tuple[str, ...]) -> None:
    """Work on orders again, now; an unreadable delivery is read again."""
    world = find_stack().world()
    for order_id in order_ids:
        usecase.replay(world, order_id)
        echo(f"{order_id} {_say('est remise en route', 'is on its way again')}")


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
    echo(f"{order_id} {_say('est mise de côté', 'is put aside')}")


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
    echo(f"{order_id} {_say('est validée', 'is released')}")


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
@click.argument("people", type=click.File(encoding="utf-8-sig"))
@click.option("--line", default="1", show_default=True, help="Which line of the order.")
@click.option("--tutors", is_flag=True, help="They supervise rather than learn.")
def assign(find_stack: Callable[[], Stack], order_id: str, people: Any, line: str, tutors: bool) -> None:
    """Give free seats to the people of a table: last name, first name, e-mail (`-` reads standard input).

    Exit status: 1 if a row is wrong; nothing is saved then.
    """
    read = read_people(people.read(), "tutor" if tutors else "learner")
    problems = read.problems
    if not problems:
        problems = read.placed(seats_usecase.name_people(find_stack().world(), order_id, line, read.people))
    for problem in problems:
        echo(f"{_say('ligne', 'row')} {problem.row}: {say(problem.code, language())}", err=True)
    if problems:
        sys.exit(1)
    echo(
        worded("{n:# place attribuée|# places attribuées}.", "{n:# seat|# seats} given.", n=len(read.people))
    )


@orders.command()
@on_a_stack
@click.argument("order_id")
@click.option("--by", "shift", required=True, help="From what its products say: +7D, -12H, 0D.")
def reschedule(find_stack: Callable[[], Stack], order_id: str, shift: str) -> None:
    """Move the dates of everything an order gives."""
    sign = -1 if shift.startswith("-") else 1
    text = shift.lstrip("+-")
    seconds = 0 if text in ("0", "0D") else sign * int(read_span(text, "by").total_seconds())
    usecase.reschedule(find_stack().world(), order_id, seconds, getpass.getuser())
    echo(f"{order_id} {_say('est déplacée de', 'is moved by')} {shift}")


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
    Exit status: 1 if it was not taken.
    """
    import requests

    stack = find_stack()
    wiring = stack.wiring()
    network = wiring.world().network
    known = network.shops.get(shop)
    if known is None:
        raise NotFound("shop_unknown", shop=shop)
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
        sys.exit(1)


@orders.command("missed")
@on_a_stack
@click.option("--shop", required=True, help="Which shop is asked.")
@click.option("--days", default=7, show_default=True, type=click.IntRange(1, 30), help="How far back.")
def missed(find_stack: Callable[[], Stack], shop: str, days: int) -> None:
    """Ask a shop what it never delivered, and show what would be taken. Changes nothing.

    Exit status: 1 if something was missed.
    """
    world = find_stack().world()
    if shop not in world.network.shops:
        raise NotFound("shop_unknown", shop=shop)
    found = list(ask.missed(world, shop, timedelta(days=days)))
    for heard in found:
        when = f"{heard.at:%Y-%m-%d %H:%M:%S}" if heard.at else ""
        echo(f"{ask.order_of(world, shop, heard):32} {heard.topic:32} {when}".rstrip())
    echo(worded("{count:# manque|# manquent}", "{count:# missed|# missed}", count=len(found)))
    if found:
        sys.exit(1)


@click.command("check")
@on_a_stack
@click.option("--shop", "only", default="", help="Only the products of this shop.")
def catalogue_check(find_stack: Callable[[], Stack], only: str) -> None:
    """Ask each Moodle whether every product of the shops can be delivered; one line each.

    Exit status: 1 if a product cannot be delivered. Warnings alone are no failure.
    """
    world = find_stack().world()
    bad = False
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
        sys.exit(1)


def _details(details: Any, reference: str, shop: Shop) -> dict[str, Any]:
    return {"product": reference, "site": shop.site, **details}
