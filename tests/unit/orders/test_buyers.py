"""What the buyer reads and may do (S3, S11, S18, S20)."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from passerelle.domain.orders.facts import Participant
from passerelle.domain.records import Note
from passerelle.domain.states import OrderState
from passerelle.errors import Refused
from passerelle.events.seats import LinkDead, read_link, sign_link
from passerelle.pages.seats import Said, page
from passerelle.runtime.doors import SeatsDoor
from passerelle.runtime.seats_door import answer_buyer
from passerelle.usecases.orders import seats, work
from passerelle.words.buyers import BUYERS, say_to_buyer
from passerelle.words.orders import ORDERS
from tests.factories.orders import a_line, a_participant, a_product, a_shop, some_facts
from tests.factories.records import NOW
from tests.scenes.orders import OrderScene

KEY = b"a secret of the installation's own"


def to_buyer(scene: OrderScene) -> str:
    rose = scene.moodle.user("rh@client.example").id
    text = str([one for one in scene.moodle.state.messages if one.touser == rose][-1].values["text"])
    return text.replace("\u00a0", " ").replace("\u202f", " ")


def an_order(people: int = 2, **changes: Any) -> OrderScene:
    scene = OrderScene(a_shop(title="Boutique du SPOC", contact="vente@client.example", **changes))
    names = tuple(a_participant(name) for name in ("ana", "bob", "cleo")[:people])
    scene.sell(some_facts(lines=(replace(a_line(), participants=names),)))
    return scene


@pytest.mark.rule("S11", "S20")
def test_the_buyers_message_says_what_was_bought_for_when_and_whom_to_write_to() -> None:
    text = to_buyer(an_order())
    assert text.startswith("Bonjour Rose Humbert,")
    assert "commande 1042 (Boutique du SPOC)" in text
    assert "– SPOC Moodle : 4 places, à partir du 05/10/2026, jusqu’au 09/11/2026" in text
    assert "Il reste 2 places à attribuer" in text
    assert "Ce lien s’ouvre jusqu’au 4 décembre 2026" in text
    assert "Écrivez à vente@client.example." in text
    assert text.endswith("Boutique du SPOC")
    for house in ("SPOCM1", "caen", "network.yaml", "traitée", "passerelle orders"):
        assert house not in text


@pytest.mark.rule("S20")
def test_a_course_that_is_missing_is_ours_and_nobody_is_asked_for_people() -> None:
    scene = OrderScene(a_shop(products={"SPOCM1": a_product(parameters="coursename=PERDU")}))
    scene.sell(some_facts(lines=(replace(a_line(), participants=()),)))
    order = scene.order()
    assert (order.state, order.why[0].code) == (OrderState.PARKED, "course_unknown")
    text = to_buyer(scene)
    assert "à régler de notre côté" in text
    for house in ("PERDU", "/seats/", "Créez", "network.yaml"):
        assert house not in text
    view = seats.view(scene.world, order.id)
    assert (view.lines, view.waits) == ((), "buyer_looked_at")


@pytest.mark.rule("S20")
def test_unpaid_underpaid_and_gone_each_have_their_word_on_the_page() -> None:
    scene = OrderScene()
    scene.sell(some_facts("1", paid_at=None))
    scene.sell(some_facts("2", total=100, lines=(replace(a_line(), amount=100),)))
    scene.sell(some_facts("3", cancelled_at=NOW))
    for number, words in (
        ("1", "paiement est attendu"),
        ("2", "Nous vérifions"),
        ("3", "annulée ou remboursée"),
    ):
        view = seats.view(scene.world, f"boutique:{number}")
        assert words in page(view, "fr", "m", Said(), "aide@caen.example")


@pytest.mark.rule("S20")
@pytest.mark.parametrize("lang", ["fr", "en"])
def test_no_sentence_for_buyers_says_what_to_configure(lang: str) -> None:
    for code in {*ORDERS, *BUYERS}:
        text = say_to_buyer(Note(code, {"product": "SPOCM1", "count": "2"}), lang)
        for house in ("network.yaml", "passerelle ", "SPOCM1", "Moodle", "replay", "rejouez", "release"):
            assert house not in text, code


# -- seats are no gun (S18) --------------------------------------------------------------------------------


@pytest.mark.rule("S18")
def test_there_are_as_many_swaps_as_places_and_no_more() -> None:
    scene = an_order(1)
    key = "1:ana@client.example"
    for number in range(4):
        person = Participant(f"p{number}@client.example", "Paul", "Petit")
        assert seats.swap(scene.world, "boutique:1042", key, person) == ()
        key = f"1:{person.key}"
    scene.deliver()
    with pytest.raises(Refused, match="no_swap_left"):
        seats.swap(scene.world, "boutique:1042", key, a_participant("bob"))
    assert scene.order().swaps == 4
    assert list(scene.enrolled()) == ["p3@client.example"]


@pytest.mark.rule("S18")
def test_there_are_as_many_free_tutors_as_places_and_no_more() -> None:
    product = a_product(tutors_free=True)
    many = tuple(a_participant(f"t{number}", kind="tutor") for number in range(5))
    scene = OrderScene(a_shop(products={"SPOCM1": product}))
    scene.sell(some_facts(lines=(replace(a_line(), participants=many),)))
    assert [note.code for note in scene.order().why] == ["too_many_people"]
    scene = OrderScene(a_shop(products={"SPOCM1": product}))
    scene.sell(some_facts(lines=(replace(a_line(), participants=many[:4]),)))
    assert scene.order().state == OrderState.FULFILLED
    with pytest.raises(Refused, match="too_many_tutors"):
        seats.name_people(scene.world, "boutique:1042", "1", many[4:])


@pytest.mark.rule("S18")
@pytest.mark.parametrize(
    "name",
    [
        "https://x.example",
        "www.x.example",
        "a@b.example",
        "Ana\nMartin",
        "A\u202ena",
        "<b>Ana</b>",
        "A\x00",
        "A\xadna",
        "Ana\u2028",
        "Ana\u2029",
        "Ana\ud83d",
        "\u3164",
        "A\u115fna",
        "A\u1160na",
        "A\uffa0na",
        "\u2800",
        "\ufe0f",
        "\u034f",
    ],
)
def test_a_name_is_a_name(name: str) -> None:
    scene = an_order()
    for person in (
        Participant("x@client.example", name, "Martin"),
        Participant("x@client.example", "Ana", name),
    ):
        (problem,) = seats.name_people(scene.world, "boutique:1042", "1", (person,))
        assert problem.code == "name_invalid"
    good = (
        Participant("y@client.example", "Jean-François d’Ô", "O’Neill (née Le Gall)"),
        Participant("z@client.example", "Rene\u0301e", "葛\U000e0100城"),
    )
    assert seats.name_people(scene.world, "boutique:1042", "1", good) == ()


class Context:
    function_name, aws_request_id = "answer_seats", "r1"


def visit(scene: OrderScene, token: str, form: str = "", *, door: SeatsDoor | None = None) -> dict[str, Any]:
    event = {
        "pathParameters": {"token": "me"},
        "headers": {"host": "x", "sec-fetch-site": "same-origin"},
        "cookies": [f"__Host-passerelle_seats={token}"],
        "requestContext": {"http": {"method": "POST" if form else "GET"}},
        "body": form,
    }
    return answer_buyer(event, Context(), lambda: door or SeatsDoor(scene.world, lambda: (KEY,)))


@pytest.mark.rule("G3")
def test_a_link_of_a_key_that_was_changed_a_moment_ago_opens_and_a_false_one_looks_once() -> None:
    scene = an_order()
    looked: list[SeatsDoor] = []

    def newer() -> SeatsDoor:
        looked.append(SeatsDoor(scene.world, lambda: (KEY,), newer))
        return looked[-1]

    held = SeatsDoor(scene.world, lambda: (b"the key before",), newer)
    until = scene.clock.now().replace(year=2027)
    assert visit(scene, sign_link(KEY, "boutique:1042", until), door=held)["statusCode"] == 200
    assert len(looked) == 1
    assert visit(scene, sign_link(b"no key", "boutique:1042", until), door=held)["statusCode"] == 410
    assert len(looked) == 2


@pytest.mark.rule("S18")
def test_a_link_that_was_revoked_opens_nothing_and_the_new_one_does() -> None:
    scene = an_order()
    until = scene.clock.now().replace(year=2027)
    old = sign_link(KEY, "boutique:1042", until)
    assert visit(scene, old)["statusCode"] == 200
    order = work.revoke_link(scene.world, "boutique:1042", "lydie")
    assert visit(scene, old)["statusCode"] == 410
    assert visit(scene, sign_link(KEY, "boutique:1042", until, order.link_serial))["statusCode"] == 200
    assert "lydie" in order.history[-1].why
    with pytest.raises(LinkDead):
        read_link(old, (b"another key",), scene.clock.now())


@pytest.mark.rule("S3")
def test_after_an_error_what_was_typed_is_kept_and_the_field_marked() -> None:
    scene = an_order()
    token = sign_link(KEY, "boutique:1042", scene.clock.now().replace(year=2027))
    mark = visit(scene, token)["body"].split('name="mark" value="')[1].partition('"')[0]
    form = f"mark={mark}&action=name&line=1&lastname=Roy&firstname=Cl%C3%A9o&email=ana%40client.example&kind=tutor"
    told = visit(scene, token, form)
    assert told["statusCode"] == 422
    html = told["body"]
    assert 'value="Roy"' in html
    assert 'value="Cléo"' in html
    field = html.split('id="n1email"')[1].partition(">")[0]
    assert 'value="ana@client.example"' in field
    assert 'aria-invalid="true" aria-describedby="wrong"' in field
    assert '<option value="tutor" selected>' in html
    assert html.count('aria-invalid="true"') == 1
    assert "SPOC Moodle" in html
    assert "Du 5 octobre 2026 au 9 novembre 2026" in html
