"""What buyers read of an order (S20): never what to configure, nor a name of the house.

The operator reads of the same reason in `words.orders`. A reason without a sentence here is for the seller to
settle, and that is said.
"""

from __future__ import annotations

from collections.abc import Mapping

from passerelle.domain.records import Note
from passerelle.words.formatter import Pair, fill
from passerelle.words.orders import ORDERS

BUYERS: Mapping[str, Pair] = {
    "buyer_order_gone": (
        "Cette commande a été annulée ou remboursée : il n’y a plus de places à attribuer.",
        "This order was cancelled or refunded: there are no seats to give any more.",
    ),
    "buyer_looked_at": (
        "Nous vérifions votre commande : vous pourrez attribuer vos places dès que ce sera fait. "
        "Vous n’avez rien d’autre à faire.",
        "We are checking your order: you can give your seats as soon as that is done. "
        "There is nothing else for you to do.",
    ),
    "buyer_payment_awaited": (
        "Votre paiement est attendu : vous pourrez attribuer vos places dès qu’il sera arrivé.",
        "Your payment is awaited: you can give your seats as soon as it has arrived.",
    ),
    # Reasons of an order, as the operator's sentences have them.
    "amount_differs": (
        "Nous vérifions le paiement de votre commande. Vous n’avez rien à faire.",
        "We are checking the payment of your order. There is nothing for you to do.",
    ),
    "seats_free": ORDERS["seats_free"],
    "choose_seats": (
        "{count:# place a été remboursée|# places ont été remboursées} alors que toutes sont attribuées. "
        "Dites, par le lien de vos places, qui ne suivra pas la formation.",
        "{count:# seat was|# seats were} refunded while all are taken. "
        "Say, by the link to your seats, who will not take the course.",
    ),
    "refund_of_amount": (
        "Une partie du prix vous a été remboursée ; vos places restent.",
        "Part of the price was refunded to you; your seats stay.",
    ),
    "role_missing": (
        "Il reste à désigner qui encadre la formation : faites-le par le lien de vos places.",
        "Nobody is named yet to supervise the course: do so by the link to your seats.",
    ),
    "quantity_unused": (
        "Cet achat ne donne qu’un accès, le vôtre ; {count:# place payée ne sert|# places payées ne servent} "
        "à personne. Écrivez-nous pour {count:la|les} changer ou vous faire rembourser la différence.",
        "This purchase gives one access, yours; {count:# paid place serves|# paid places serve} nobody. "
        "Write to us to change {count:it|them} or to have the difference back.",
    ),
    "bought_again": (
        "Vous aviez déjà cet accès pour ces dates : cet achat n’y ajoute rien. Écrivez-nous pour le changer.",
        "You had this access for these dates already: this purchase adds nothing. Write to us to change it.",
    ),
    "email_invalid": ORDERS["email_invalid"],
    "email_missing": ORDERS["email_missing"],
    "email_repeated": ORDERS["email_repeated"],
    "name_missing": ORDERS["name_missing"],
    "name_invalid": ORDERS["name_invalid"],
    "too_many_people": (
        "{people:# personne a été déclarée|# personnes ont été déclarées} pour {seats:# place|# places}. "
        "Rien n’a été fait : écrivez-nous qui suit la formation, ou achetez les places qui manquent.",
        "{people:# person was|# people were} declared for {seats:# seat|# seats}. "
        "Nothing was done: write to us who takes the course, or buy the seats that are missing.",
    ),
    "too_many_at_once": (
        "{people:# personne a été déclarée|# personnes ont été déclarées} d’un seul coup : c’est trop "
        "pour une commande. Rien n’a été fait : nous nous en occupons.",
        "{people:# person was|# people were} declared at once, too many for one order. "
        "Nothing was done: we are seeing to it.",
    ),
    # Of one person: what stops it is ours to mend.
    "account_suspended": ("nous nous en occupons.", "we are seeing to it."),
    "ledger_unreadable": ("nous nous en occupons.", "we are seeing to it."),
    "account_deleted": ("nous nous en occupons.", "we are seeing to it."),
    "account_refused": ("nous nous en occupons.", "we are seeing to it."),
    "email_twice": ("nous nous en occupons.", "we are seeing to it."),
    "enrol_refused": ("nous nous en occupons.", "we are seeing to it."),
    "enrol_not_allowed": ("nous nous en occupons.", "we are seeing to it."),
    "group_refused": ("nous nous en occupons.", "we are seeing to it."),
}
AMOUNTS = ("amount_absurd", "currency_differs", "price_differs", "price_unknown", "test_order")
OURS: Pair = (
    "Un point de votre commande est à régler de notre côté : nous vous écrivons dès que c’est fait.",
    "One point of your order is for us to settle: we write to you as soon as that is done.",
)


def say_to_buyer(note: Note, lang: str) -> str:
    code = "amount_differs" if note.code in AMOUNTS else note.code
    return fill(BUYERS.get(code, OURS), lang, note.details)
