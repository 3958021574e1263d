"""The story of an order: a session for three learners and a tutor, and what may go wrong with it (S1–S15)."""

from __future__ import annotations

import json
import time
from datetime import UTC, datetime
from typing import Any

from passerelle.domain.orders.facts import Participant
from passerelle.domain.orders.order import Order, SeatState
from passerelle.domain.states import OrderState, state_word
from passerelle.ports import World
from passerelle.shops.registry import sample
from passerelle.shops.vendor import SampleOrder
from passerelle.words.sentences import say
from passerelle_laptop.boutique import SITE, send
from passerelle_laptop.laptop import Laptop
from passerelle_laptop.telling import NotAsTold, Teller

PEOPLE = (
    Participant("ana@client.example", "Ana", "Martin"),
    Participant("bob@client.example", "Bob", "Petit"),
    Participant("cleo@client.example", "Cléo", "Roy"),
    Participant("tom@client.example", "Tom", "Durand", kind="tutor"),
)
DONE = (OrderState.FULFILLED, OrderState.PARTLY_FULFILLED, OrderState.REFUNDED)


class OrderStory:
    def __init__(self, laptop: Laptop, teller: Teller) -> None:
        self.laptop = laptop
        self.tell = teller
        self.world: World = laptop.world()
        self.site = laptop.site(SITE)
        # Numbers of their own each time: the story can be told twice to one laptop.
        self.base = str(100_000 + int(time.time()) % 900_000)  # shops that count know no leading zero

    def run(self) -> None:
        self.shelves()
        order = self._buy()
        self._again(order)
        self._refund(order)
        self._lost_course()
        self._moodle_down()
        self._other_shops()
        self._as_shops_really_are()
        self._nothing_left()

    # -- the scenes --------------------------------------------------------------------------------------

    def shelves(self) -> None:
        for shortname, fullname in (
            ("SPOCM1", "SPOC d’appropriation de Moodle"),
            ("SUPPORT", "Aide aux clients"),
        ):
            if shortname not in self.site.state.shortnames:
                self.site.add_course(shortname, fullname, "sciences", idnumber=f"CAT-{shortname}")
        if self.site.state.user_named("cleo") is None:
            self.site.add_user("cleo", "Cléo", "Roy", email="Cleo@Client.example", lang=self.tell.lang)

    def _buy(self) -> SampleOrder:
        self.tell.scene(
            "1. Rose Humbert, responsable RH, achète quatre places du SPOC : trois apprenants, un tuteur.",
            "1. Rose Humbert, in HR, buys four seats of the SPOC: three learners and a tutor.",
        )
        order = SampleOrder(number=f"{self.base}1", product="SPOCM1", quantity=4, people=PEOPLE)
        status = self.send(order, event=f"msg_{self.base}")
        self.tell.proved(
            status == 200,
            "la boutique livre sa commande signée ; Passerelle la range et répond 200",
            "the shop delivers its signed order; Passerelle stores it and answers 200",
        )
        done = self._until_done(order.number)
        made = [seat for seat in done.seats if seat.existed is False]
        self.tell.proved(
            len(made) == 3 and self._accounts() == 1,
            "trois comptes créés ; Cléo, connue du Moodle, garde le sien",
            "three accounts made; Cléo, whom the Moodle knew, keeps hers",
        )
        self.tell.proved(
            self._mailed() >= 4,
            "c’est Moodle qui envoie le premier mot de passe, Passerelle n’en connaît aucun",
            "it is Moodle that mails the first password; Passerelle knows none",
        )
        self.tell.proved(
            self._enrolled() == {"student": 3, "teacher": 1},
            "inscrits au cours, dates comprises : trois apprenants, un tuteur",
            "enrolled in the course, with dates: three learners, one tutor",
        )
        self.tell.proved(
            len(self._group(done)) == 4,
            f"tous dans le groupe de la commande ({done.id})",
            f"all in the order's group ({done.id})",
        )
        self.tell.proved(
            self._ties() == 3,
            "Rose suit les trois comptes créés pour elle ; aucun rôle sur celui de Cléo",
            "Rose follows the three accounts made for her; no role over Cléo's",
        )
        message = self.tell.until(
            lambda: next(iter(self.site.messages_to(self._rose())), None),
            "Rose reçoit un résumé :",
            "Rose gets one summary:",
        )
        for row in str(message.values["text"]).splitlines():
            if row.strip():
                self.tell.line(_shortened(row), _shortened(row))
        return order

    def _again(self, order: SampleOrder) -> None:
        self.tell.scene(
            "2. La boutique livre deux fois encore la même commande.",
            "2. The shop delivers the same order twice more.",
        )
        before = len(self.site.state.users)
        for _ in range(2):
            self.send(order, event=f"msg_{self.base}")
        self.send(order.changed(), event=f"msg_{self.base}_later")
        self._rest()
        self.tell.proved(
            len(self.site.state.users) == before
            and self._enrolled() == {"student": 3, "teacher": 1}
            and len(self.site.messages_to(self._rose())) == 1,
            "rien n’est fait deux fois : ni compte, ni inscription, ni message",
            "nothing is done twice: no account, no enrolment, no message",
        )

    def _refund(self, order: SampleOrder) -> None:
        self.tell.scene(
            "3. La boutique rétrocède le prix de la place du tuteur, puis rembourse une place entière.",
            "3. The shop gives back the price of the tutor's seat, then refunds one whole seat.",
        )
        self.send(order.changed(refund="10.00"))
        self.until(order.number, lambda o: bool(o.refunds) and o.state == OrderState.FULFILLED)
        self.tell.proved(
            self._enrolled() == {"student": 3, "teacher": 1},
            "un montant seul ne retire rien : le tuteur reste",
            "an amount alone takes nothing away: the tutor stays",
        )
        self.send(order.changed(refund="10.00", refunded={"1": 1}))
        waiting = self.until(order.number, lambda o: o.state == OrderState.WAITING)
        self._reasons(waiting)
        self.tell.proved(
            self._enrolled() == {"student": 3, "teacher": 1},
            "une place rendue sur quatre attribuées : personne ne sort avant que Rose ne dise qui",
            "one seat back of four taken: nobody leaves before Rose says who",
        )
        from passerelle.usecases.orders import seats

        seats.give_back(self.world, waiting.id, "1:bob@client.example")
        self.until(order.number, lambda o: o.state == OrderState.FULFILLED)
        self.tell.proved(
            self._enrolled() == {"student": 2, "teacher": 1},
            "elle rend celle de Bob : il sort, les autres restent",
            "she gives Bob's back: Bob leaves, the others stay",
        )

    def _lost_course(self) -> None:
        self.tell.scene(
            "4. Une commande vise un cours qui n’existe pas.",
            "4. An order is for a course that does not exist.",
        )
        order = SampleOrder(number=f"{self.base}2", product="PERDU", people=PEOPLE[:1])
        self.send(order)
        parked = self.until(order.number, lambda o: o.state == OrderState.PARKED)
        self.tell.proved(
            holds=True,
            french=f"elle est « {state_word(parked.state, 'fr')} », visible avec sa raison :",
            english=f"it is {parked.state.value}, visible with its reason:",
        )
        self._reasons(parked)

    def _moodle_down(self) -> None:
        self.tell.scene(
            "5. Le Moodle ne répond plus pendant un moment.", "5. The Moodle is down for a while."
        )
        self.site.faults.add("down", "*", -1)
        order = SampleOrder(
            number=f"{self.base}3",
            product="SPOCM1",
            people=(Participant("dan@client.example", "Dan", "Leroy"),),
        )
        status = self.send(order)
        waiting = self.until(order.number, lambda o: o.state == OrderState.WAITING, patience=150)
        self.tell.proved(
            status == 200 and waiting.wake_at is not None,
            "la commande est acceptée et attend, avec l’heure du prochain essai",
            "the order is accepted and waits, with the time of the next try",
        )
        self.site.faults.clear()
        self.until(order.number, lambda o: o.state == OrderState.FULFILLED, patience=120)
        self.tell.proved(
            holds=True,
            french="le Moodle revient : elle est réalisée, sans que personne n’ait rien fait",
            english="the Moodle is back: it is fulfilled, and nobody did anything",
        )

    def _other_shops(self) -> None:
        self.tell.scene(
            "6. WooCommerce, Shopify et Stripe vendent le même cours ; quelqu’un falsifie une livraison.",
            "6. WooCommerce, Shopify and Stripe sell the same course; somebody forges a delivery.",
        )
        for place, shop in enumerate(("woo", "shopify", "stripe")):
            person = Participant(f"{shop}@client.example", shop.title(), "Client")
            order = SampleOrder(number=f"{self.base}{place + 4}", product="SPOCM1", people=(person,))
            status = self.send(order, shop=shop)
            key = f"pi_{order.number}" if shop == "stripe" else order.number
            done = self.until(key, lambda o: o.state in DONE, shop=shop)
            self.tell.proved(
                status == 200 and done.seats[0].state == SeatState.DONE,
                f"{shop} : réalisée",
                f"{shop}: fulfilled",
            )
        forged = SampleOrder(number=f"{self.base}9", product="SPOCM1", people=PEOPLE[:1])
        status = send(self.laptop.stack.api, "boutique", "standard", "whsec_" + "A" * 44, forged)
        self.tell.proved(
            status == 401 and self.world.records.get(Order, f"boutique:{forged.number}") is None,
            "la fausse est refusée (401) et ne laisse rien",
            "the forged one is refused (401) and leaves nothing",
        )

    def _as_shops_really_are(self) -> None:
        self.tell.scene(
            "7. Une remise, un remboursement repris, une livraison perdue.",
            "7. A discount, a refund taken back, a delivery that was lost.",
        )
        eva = (Participant("eva@client.example", "Eva", "Blanc"),)
        order = SampleOrder(number=f"{self.base}7", product="SPOCM1", discount="4.00", people=eva)
        self.send(order, shop="shopify")
        self.until(order.number, lambda o: o.state in DONE, shop="shopify")
        self.tell.proved(
            holds=True,
            french="4,00 € de remise que la boutique a accordée elle-même : réalisée, personne n’a à valider",
            english="4.00 € off, granted by the shop itself: fulfilled, nobody has to release it",
        )
        order = SampleOrder(number=f"{self.base}8", product="SPOCM1", people=eva)
        self.send(order)
        self.until(order.number, lambda o: o.state in DONE)
        self.send(order.changed(refund=order.total))
        gone = self.until(order.number, lambda o: o.state == OrderState.REFUNDED)
        self.send(order.changed())
        back = self.until(order.number, lambda o: o.state == OrderState.FULFILLED)
        self.tell.proved(
            gone.seats[0].state == SeatState.TAKEN and back.seats[0].state == SeatState.DONE,
            "remboursée par erreur, Eva perd son accès ; la boutique le reprend, elle le retrouve",
            "refunded by mistake, Eva loses her access; the shop takes that back, and she has it again",
        )
        lost = SampleOrder(number=f"{self.base}6", product="SPOCM1", people=eva)
        self.laptop.till.orders[lost.digits] = json.loads(sample("woocommerce", "s", lost).body)
        self.laptop.stack.invoke("reconcile_orders", {"round": "hour"})
        self.until(str(lost.digits), lambda o: o.state in DONE, shop="woo")
        self.tell.proved(
            holds=True,
            french="une commande que WooCommerce n’a jamais livrée : trouvée en le lui demandant, réalisée",
            english="an order that WooCommerce never delivered: found by asking for it, fulfilled",
        )

    def _nothing_left(self) -> None:
        self._rest()
        self.tell.proved(
            not self.laptop.stack.waiting("orders", dead=True),
            "aucune commande n’est restée en souffrance",
            "no order is in the dead letters",
        )

    # -- looking -----------------------------------------------------------------------------------------

    def send(self, order: SampleOrder, *, event: str = "", shop: str = "boutique") -> int:
        document = self.laptop.document["shops"][shop]
        ssm = self.laptop.emulator.client("ssm")
        secret = ssm.get_parameter(Name=document["secrets"][0], WithDecryption=True)["Parameter"]["Value"]
        return send(self.laptop.stack.api, shop, document["kind"], secret, order, event)

    def _until_done(self, number: str) -> Order:
        return self.tell.until(
            lambda: self._order(number, lambda o: o.state in DONE),
            "la session est en place",
            "the session is set up",
        )

    def until(self, number: str, fits: Any, *, shop: str = "boutique", patience: float = 60.0) -> Order:
        deadline = time.monotonic() + patience
        while time.monotonic() < deadline:
            found = self._order(number, fits, shop)
            if found is not None:
                return found
            time.sleep(0.1)
        raise NotAsTold(f"order {number} of {shop}")

    def _order(self, number: str, fits: Any, shop: str = "boutique") -> Order | None:
        order = self.world.records.get(Order, f"{shop}:{number}")
        return order if order is not None and fits(order) else None

    def _rest(self) -> None:
        deadline = time.monotonic() + 60
        while self.laptop.stack.waiting("orders") and time.monotonic() < deadline:
            time.sleep(0.1)

    def _reasons(self, order: Order) -> None:
        for note in order.why:
            self.tell.line(say(note.code, "fr", **note.details), say(note.code, "en", **note.details))

    def _rose(self) -> str:
        return "rh@client.example"

    def _accounts(self) -> int:
        return len(self.site.state.emails.get("cleo@client.example", {}))

    def _mailed(self) -> int:
        return len(self.site.state.firstpasswordmails)

    def _enrolled(self) -> dict[str, int]:
        """How many of each role the order's group has, enrolled and active today."""
        state = self.site.state
        found: dict[str, int] = {}
        course = self.site.course("SPOCM1")
        now = int(datetime.now(UTC).timestamp())
        for row in state.enrolments.values():
            username = state.users[row.userid].username
            if row.courseid != course.id or not row.timestart <= now < row.timeend:
                continue
            if username not in ("ana@client.example", "bob@client.example", "cleo", "tom@client.example"):
                continue
            for number in state.roles_of(course.id, row.userid):
                role = state.roles[number].shortname
                found[role] = found.get(role, 0) + 1
        return found

    def _group(self, order: Order) -> list[int]:
        state, course = self.site.state, self.site.course("SPOCM1")
        number = state.groupidnumbers[(course.id, order.id)]
        return list(state.groups[number].members)

    def _ties(self) -> int:
        state = self.site.state
        rose = self.site.user(self._rose()).id
        return sum(row.level == "user" and row.userid == rose for row in state.assignments.values())


def _shortened(row: str) -> str:
    head, at, _ = row.partition("/seats/")
    return f"{head}{at}…" if at else row
