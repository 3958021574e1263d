"""Letters, whole: what each person and the buyer read, and in whose language (S10, S11, S20)."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest

from passerelle.domain.orders.facts import Refund
from passerelle.usecases.orders import reconcile, work
from tests.factories.orders import a_buyer, a_line, a_participant, a_product, a_shop, some_facts
from tests.factories.records import NOW
from tests.scenes.orders import OrderScene

COURSE = "https://caen.example/course/view.php?id=2"


def plain(text: str) -> str:
    return text.replace("\u00a0", " ").replace("\u202f", " ")


def letters(scene: OrderScene, name: str) -> list[dict[str, str]]:
    """Those that somebody got, oldest first."""
    user = scene.moodle.user(name)
    found = [one for one in scene.moodle.state.messages if one.touser == user.id]
    return [{key: plain(str(value)) for key, value in one.values.items()} for one in found]


def sold(scene: OrderScene, *names: str, **changes: Any) -> None:
    people = tuple(a_participant(name) for name in names)
    scene.sell(some_facts(**{"lines": (replace(a_line(), participants=people),)} | changes))


@pytest.mark.rule("S10", "S11")
def test_who_is_new_reads_the_course_its_dates_and_that_a_login_comes_apart() -> None:
    scene = OrderScene()
    scene.moodle.add_user("bob", "Bob", "Martin", email="bob@client.example", lang="fr")
    sold(scene, "ana", "bob")
    new = {
        "subject": "Votre inscription : SPOC Moodle",
        "text": (
            f"Votre inscription à « SPOC Moodle » est faite, à partir du 05/10/2026, jusqu’au 09/11/2026.\n"
            f"Le cours : {COURSE}"
        ),
        "courseurl": COURSE,
    }
    said = "Un compte a été créé pour vous sur Université Caen. "
    login = "Vous recevez à part, d’Université Caen, de quoi vous connecter."
    assert letters(scene, "ana@client.example") == [{**new, "text": f"{new['text']}\n\n{said}{login}"}]
    assert letters(scene, "bob") == [new]


@pytest.mark.rule("S11", "S20")
def test_the_buyer_reads_what_was_bought_who_was_made_found_and_stopped_and_what_is_left() -> None:
    scene = OrderScene(a_shop(title="Boutique du SPOC", contact="vente@client.example"))
    scene.moodle.add_user("bob", "Bob", "Martin", email="bob@client.example")
    scene.moodle.add_user("cleo", "Cleo", "Martin", email="cleo@client.example", suspended=True)
    sold(scene, "ana", "bob", "cleo")
    [letter] = letters(scene, "rh@client.example")
    assert letter["subject"] == "Votre commande 1042, Boutique du SPOC"
    assert letter["text"].split("\n\n") == [
        "Bonjour Rose Humbert,",
        "Voici où en est votre commande 1042 (Boutique du SPOC) :\n"
        "– SPOC Moodle : 4 places, à partir du 05/10/2026, jusqu’au 09/11/2026",
        "Inscriptions faites, avec un nouveau compte :\n– Ana Martin",
        "Inscriptions faites, avec un compte qui existait :\n– Bob Martin",
        letter["text"].split("\n\n")[4],
        "Il reste 1 place à attribuer : https://passerelle.example/seats/boutique:1042\n"
        "Ce lien s’ouvre jusqu’au 4 décembre 2026.",
        "Une question ? Écrivez à vente@client.example.",
        "Boutique du SPOC",
    ]
    assert letter["text"].split("\n\n")[4].startswith("Inscriptions qui restent à faire :\n– Cleo Martin – ")


@pytest.mark.rule("S11")
def test_a_shop_without_a_title_or_a_contact_signs_with_its_name_and_its_sites_assistance() -> None:
    scene = OrderScene()
    sold(scene, "ana")
    [letter] = letters(scene, "rh@client.example")
    assert letter["subject"] == "Votre commande 1042, boutique"
    assert letter["text"].endswith("\n\nboutique")
    assert scene.network.sites["caen"].assistance.email in letter["text"]


@pytest.mark.rule("S11")
@pytest.mark.parametrize(
    ("buyer", "account", "greets", "enrolled"),
    [
        ("fr", "", "Bonjour", "Votre inscription : SPOC Moodle"),
        ("en", "", "Hello", "Votre inscription : SPOC Moodle"),
        ("", "", "Bonjour", "Votre inscription : SPOC Moodle"),
        ("en", "en", "Hello", "Your enrolment: SPOC Moodle"),
    ],
    ids=[
        "French",
        "an English buyer of a French Moodle",
        "who does not say, in the shop's",
        "an account that is set so",
    ],
)
def test_each_is_written_to_in_their_own_language(
    buyer: str, account: str, greets: str, enrolled: str
) -> None:
    scene = OrderScene()
    scene.moodle.add_user("ana", "Ana", "Martin", email="ana@client.example", lang=account)
    sold(scene, "ana", buyer=a_buyer(lang=buyer))
    assert letters(scene, "rh@client.example")[0]["text"].startswith(greets)
    assert letters(scene, "ana")[0]["subject"] == enrolled


@pytest.mark.rule("S11", "S14")
def test_the_buyer_is_written_to_again_where_something_changed_and_told_where_all_is_gone() -> None:
    scene = OrderScene()
    sold(scene, "ana")
    sold(scene, "ana", snapshot_at=NOW + timedelta(minutes=1))  # the same once more
    assert len(letters(scene, "rh@client.example")) == 1
    sold(scene, "ana", "bob", snapshot_at=NOW + timedelta(minutes=2))
    assert [len(letters(scene, f"{name}@client.example")) for name in ("rh", "ana", "bob")] == [2, 1, 1]
    back = (Refund("r", 4000, {"1": 4}, NOW),)
    sold(scene, "ana", "bob", snapshot_at=NOW + timedelta(hours=1), refunds=back)
    gone = letters(scene, "rh@client.example")[-1]["text"].split("\n\n")
    assert gone[:2] == [
        "Bonjour Rose Humbert,",
        "Votre commande 1042 (boutique) a été annulée ou remboursée : les accès qu’elle donnait sont retirés.",
    ]
    assert (len(gone), gone[-1]) == (4, "boutique")
    work.replay(scene.world, "boutique:1042")
    scene.deliver()
    assert len(letters(scene, "rh@client.example")) == 3


@pytest.mark.rule("S11", "S14")
def test_a_buyer_who_was_told_of_nothing_is_not_told_that_it_is_gone() -> None:
    scene = OrderScene()
    sold(scene, "ana", cancelled_at=NOW)
    assert scene.moodle.state.messages == []


@pytest.mark.rule("S11")
def test_a_line_is_called_by_its_courses_title_else_its_own_and_says_places_where_people_have_some() -> None:
    alone = a_product("std_enrolonecourse", parameters="coursename=SUPPORT", price="")
    licence = a_product("std_registeredproduct", parameters="customersupport=SUPPORT", price="")
    shop = a_shop(products={"SPOCM1": a_product(), "ALONE": alone, "LICENCE": licence})
    scene = OrderScene(shop)
    person = (a_participant("ana"),)
    lines = (
        replace(a_line("1"), quantity=1, amount=1000, participants=person),
        a_line("2", product="ALONE", quantity=1, amount=0, participants=(), title="Aide"),
        a_line("3", product="LICENCE", quantity=1, amount=0, participants=(), title="La licence"),
        a_line("4", product="LICENCE", quantity=1, amount=0, participants=(), title=""),
    )
    scene.sell(some_facts(lines=lines))
    bought = letters(scene, "rh@client.example")[-1]["text"].split("\n\n")[1].splitlines()[1:]
    assert bought == [
        "– SPOC Moodle : 1 place, à partir du 05/10/2026, jusqu’au 09/11/2026",
        "– Aide aux clients (à partir du 05/10/2026)",
        "– La licence (à partir du 05/10/2026)",
        "– LICENCE (à partir du 05/10/2026)",
    ]


@pytest.mark.rule("S11")
@pytest.mark.parametrize("link", [True, False])
def test_a_reminder_says_how_many_places_are_free_and_who_never_logged_in(link: bool) -> None:
    scene = OrderScene()
    if not link:
        scene.shops.seats_link = lambda _order: ""  # type: ignore[method-assign]
    sold(scene, "ana", "bob")
    scene.moodle.user("bob@client.example").firstaccess = int(NOW.timestamp())
    scene.clock.set(NOW + timedelta(days=7))
    reconcile.reconcile(scene.world)
    reminder = letters(scene, "rh@client.example")[-1]
    assert reminder["subject"] == "Commande 1042 : rappel"
    free, unseen = reminder["text"].split("\n\n")
    assert free.startswith("Il reste 2 places")
    assert free.endswith("https://passerelle.example/seats/boutique:1042") == link
    assert unseen == "Ces personnes ne se sont encore jamais connectées :\n– Ana Martin"
