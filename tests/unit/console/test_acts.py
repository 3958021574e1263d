"""Acts of the console: the command's use cases, within reach, marked, recorded (H2)."""

from __future__ import annotations

from dataclasses import replace
from datetime import date

import pytest

from passerelle.domain.console import ConsoleAct
from passerelle.domain.night.plan.plan import Because, Names, Operation, Phase, Plan
from passerelle.domain.night.plan.run import NightDesk, Run
from passerelle.domain.night.policy import NightRules
from passerelle.domain.offer.stages import Stage
from passerelle.domain.orders.delivery import Delivery
from passerelle.domain.orders.order import Order
from passerelle.domain.publishing.publication import Publication
from passerelle.domain.records import Note
from passerelle.domain.states import OrderState, PublicationState, RunState
from passerelle.ports import World
from passerelle.usecases.night.documents import keep_plan
from tests.factories.night import a_run
from tests.factories.orders import a_line
from tests.factories.records import a_publication
from tests.unit.console.conftest import Browser, FakeNights

HELD = "caen/2026-10-05/enrolments"
EVIL = "<script>alert(1)</script>\"'&"


@pytest.fixture
def order(world: World) -> Order:
    return world.records.add(
        Order(
            id="boutique:1042",
            shop="boutique",
            number="1042",
            received_at=world.clock.now(),
            paid_at=world.clock.now(),
            state=OrderState.PARKED,
            why=(Note("amount_differs", {"lines": "4000", "total": "3000"}),),
            lines=(a_line(),),
            lines_known=True,
            total=4000,
            currency="EUR",
        )
    )


@pytest.fixture
def held(world: World) -> Run:
    run = Run(
        id=HELD,
        site="caen",
        night="2026-10-05",
        stage="enrolments",
        state=RunState.HELD,
        started_at=world.clock.now(),
        heard_at=world.clock.now(),
        folder="nights/caen/2026-10-05/enrolments",
        counts={"suspend": 400},
        removals=400,
        holds=("all::400:500:10 %",),
    )
    return world.records.add(run)


@pytest.mark.rule("H2")
def test_what_waits_stands_on_the_first_page_and_nothing_of_others(world, browser, order, held):
    page = browser.sign_in().ask("home")["body"]
    assert "1042" in page
    assert HELD.replace("/", "%2F") in page or HELD in page
    other = Browser(world).sign_in("lille", "lea").ask("home")["body"]
    assert "1042" not in other
    assert HELD not in other


@pytest.mark.rule("H2")
@pytest.mark.rule("D13")
def test_a_night_that_did_not_run_waits_until_one_has(world, browser, clock):
    browser.sign_in("lille", "lea")
    assert "Night that did not run" in browser.ask("home")["body"]
    today = clock.now().astimezone(NightRules().zone).date().isoformat()
    world.records.add(replace(a_run(), id=f"lille/{today}/users", site="lille", night=today))
    page = browser.ask("home")["body"]
    assert "Nothing waits for anybody" in page


@pytest.mark.rule("H2")
def test_dead_letters_are_told_to_an_operator_of_the_network_alone(world, browser):
    world.dead_letters.kept["orders"] = 2
    assert "2 messages failed" in browser.sign_in("hub", "root").ask("home")["body"]
    assert "failed to the end" not in Browser(world).sign_in().ask("home")["body"]


@pytest.mark.rule("H2")
@pytest.mark.rule("N20")
def test_a_held_night_is_released_recorded_and_goes_on_by_itself(world, browser, held, nights: FakeNights):
    given = browser.sign_in().do("run_release", HELD)
    assert given["statusCode"] == 303
    assert world.records[Run, HELD].released_by == "caen:ada"
    assert nights.resumed == [HELD]
    (act,) = world.records.all(ConsoleAct)
    assert (act.by, act.act, act.about, act.refused) == ("caen:ada", "run_release", HELD, "")


@pytest.mark.rule("H2")
@pytest.mark.parametrize(
    ("lang", "said"),
    [
        (
            "fr",
            (
                "tous les retraits\u00a0: 400 sur 500 (limite\u00a0: 10 %)",
                "Ada Lovelace (ada), étudiant\u00a0: accès suspendu",
                "(CHI101) Chimie",
                "plus dans les sources",
            ),
        ),
        (
            "en",
            ("all removals: 400 of 500 (limit: 10 %)", "Ada Lovelace (ada), student: access suspended"),
        ),
    ],
)
def test_a_plan_is_read_and_searched_in_words(world, browser, held, lang, said):
    suspension = Operation(
        Phase.UNENROL,
        "suspend",
        ("course", "username", "role"),
        ("CHI101", "ada", "student"),
        Because.NO_ROW,
        course="CHI101",
    )
    names = Names(people={"ada": "Ada Lovelace"}, courses={"CHI101": "(CHI101) Chimie"})
    plan = Plan("caen", date(2026, 10, 5), Stage.ENROLMENTS, "2026", (suspension,), names=names)
    folder, _ = keep_plan(world.papers, HELD, plan)
    world.records.change(held, replace(held, folder=folder))
    browser.sign_in(lang=lang)
    for wanted in ("", "lovelace", "ada", said[1][-9:]):
        page = browser.ask(f"run?id={HELD}&q={wanted}")["body"]
        assert [one for one in said if one not in page] == [], wanted
    assert "Lovelace" not in browser.ask(f"run?id={HELD}&q=turing")["body"]
    assert [code for code in ("all::400", "username") if code in page] == []


@pytest.mark.rule("H2")
def test_an_act_that_needs_a_reason_is_refused_without_one(world, browser, order):
    given = browser.sign_in().do("order_release", order.id)
    assert given["statusCode"] == 422
    assert world.records[Order, order.id] == order


@pytest.mark.rule("H2")
@pytest.mark.rule("S12")
def test_an_order_is_released_with_its_reason_and_replayed(world, browser, order):
    browser.sign_in().do("order_release", order.id, why="seen by phone")
    browser.do("order_replay", order.id)
    assert [sent.message for sent in world.queues.sent] == [{"order": order.id}] * 2
    acts = {one.act: one.why for one in world.records.all(ConsoleAct)}
    assert acts == {"order_release": "seen by phone", "order_replay": ""}


@pytest.mark.rule("H2")
@pytest.mark.parametrize(
    ("act", "about"),
    [
        ("order_replay", "lilloise:7"),
        ("order_park", "lilloise:7"),
        ("run_release", "lille/2026-10-05/offer"),
        ("site_hold", "lille"),
        ("site_freeze", "hub"),
        ("publication_withdraw", "publication1"),
        ("plan_make", "lille"),
        ("plan_make", "caen"),
        ("plan_apply", "no such plan"),
        ("no_such_act", "boutique:1042"),
        ("order_replay", ""),
    ],
)
def test_another_sites_administrator_changes_nothing(world, browser, act, about):
    world.records.add(Order(id="lilloise:7", shop="lilloise", received_at=world.clock.now()))
    world.records.add(replace(a_run(), id="lille/2026-10-05/offer", site="lille", state=RunState.HELD))
    world.records.add(a_publication(state=PublicationState.PUBLISHED))
    before = list(world.records)
    given = browser.sign_in().do(act, about, why="because")
    assert given["statusCode"] == 422
    kept = [one for one in world.records if one in before]
    assert kept == before
    assert world.queues.sent == []


@pytest.mark.rule("H2")
@pytest.mark.parametrize(
    "path",
    [
        "run?id=lille/2026-10-05/offer",
        "order?id=lilloise:7",
        "publication?id=publication1",
        "acts",
    ],
)
def test_another_sites_pages_are_as_if_they_were_not(world, browser, path):
    world.records.add(Order(id="lilloise:7", shop="lilloise", received_at=world.clock.now()))
    world.records.add(replace(a_run(), id="lille/2026-10-05/offer", site="lille"))
    world.records.add(a_publication(state=PublicationState.PUBLISHED))
    assert browser.sign_in().ask(path)["statusCode"] == 404


@pytest.mark.rule("H2")
@pytest.mark.parametrize(
    ("mark", "headers"),
    [
        ("", {}),
        ("0" * 32, {}),
        (None, {"sec-fetch-site": "cross-site"}),
        (None, {"sec-fetch-site": "same-site"}),
    ],
)
def test_a_form_of_elsewhere_changes_nothing(world, browser, held, mark, headers):
    browser.sign_in()
    form = {"mark": browser.mark() if mark is None else mark, "act": "run_release", "about": HELD}
    assert browser.ask("do", form, headers)["statusCode"] == 403
    assert world.records[Run, HELD] == held


@pytest.mark.rule("H2")
def test_another_sessions_mark_fits_no_form(world, browser, held):
    mark = Browser(world).sign_in("hub", "root").mark()
    browser.sign_in()
    assert browser.ask("do", {"mark": mark, "act": "run_release", "about": HELD})["statusCode"] == 403


@pytest.mark.rule("H2")
def test_an_act_is_no_address_to_follow(world, browser, held):
    browser.sign_in()
    assert browser.ask(f"do?act=run_release&about={HELD}")["statusCode"] == 404
    assert world.records[Run, HELD] == held


@pytest.mark.rule("H2")
@pytest.mark.parametrize(
    "back", ["//evil.example", "https://evil.example", "order?id=1\r\nset-cookie: a=b", "nowhere"]
)
def test_after_an_act_the_browser_stays_in_the_console(browser, held, back):
    given = browser.sign_in().do("run_release", HELD, back=back)
    assert given["headers"]["location"].startswith("/console/")
    assert "\n" not in given["headers"]["location"]


@pytest.mark.rule("H2")
def test_names_and_titles_are_text_wherever_they_stand(world, browser, order, held):
    publication = a_publication(state=PublicationState.PUBLISHED)
    evil = replace(publication, card=replace(publication.card, title=EVIL, licence=EVIL))
    world.records.add(evil)
    buyer = replace(order.buyer, firstname=EVIL, email=EVIL)
    world.records.change(order, replace(order, number=EVIL, buyer=buyer, lines=(a_line(title=EVIL),)))
    world.records.add(
        Delivery(
            id=f"boutique:{EVIL}",
            shop="boutique",
            topic=EVIL,
            received_at=world.clock.now(),
            state="parked",
            body="",
        )
    )
    browser.sign_in("hub", "root")
    browser.do("run_hold", HELD, why=EVIL)
    for path in (
        "home",
        "orders",
        "order?id=boutique:1042",
        "publications",
        "publication?id=publication1",
        f"why?who={EVIL}&course={EVIL}",
        f"orders?q={EVIL}",
        "acts",
        "nights",
        f"run?id={HELD}&q={EVIL}",
    ):
        given = browser.ask(
            path.replace("&'", "%26'").replace('"', "%22").replace("<", "%3C").replace(">", "%3E")
        )
        assert given["statusCode"] == 200, path
        assert "<script" not in given["body"], path


@pytest.mark.rule("S18")
@pytest.mark.rule("H2")
def test_the_page_of_seats_of_an_order_is_revoked(world, browser, order):
    browser.sign_in().do("order_revoke_link", order.id)
    assert world.records[Order, order.id].link_serial == order.link_serial + 1


@pytest.mark.rule("N18")
@pytest.mark.rule("H2")
def test_a_freeze_is_set_with_dates_and_reason_and_lifted(world, browser):
    browser.sign_in().do(
        "site_freeze", "caen", since="2026-10-06", until="2026-10-20", why="rentrée", courses="INF1, INF2"
    )
    (freeze,) = world.records[NightDesk, "caen"].freezes
    assert (freeze.since, freeze.until, freeze.courses) == (
        date(2026, 10, 6),
        date(2026, 10, 20),
        ("INF1", "INF2"),
    )
    assert freeze.by == "caen:ada"
    assert browser.do("site_freeze", "caen", since="demain", why="x")["statusCode"] == 422
    browser.do("site_thaw", "caen")
    assert world.records[NightDesk, "caen"].freezes == ()


@pytest.mark.rule("P18")
@pytest.mark.rule("H2")
def test_a_manager_of_the_hub_withdraws_a_publication(world, browser):
    world.records.add(a_publication(state=PublicationState.PUBLISHED))
    browser.sign_in("caen", "grace").do("publication_withdraw", "publication1", why="third-party work")
    assert world.records[Publication, "publication1"].state is PublicationState.WITHDRAWN
    (act,) = world.records.all(ConsoleAct)
    assert (act.about, act.subject) == ("publication1", a_publication().card.title)


@pytest.mark.rule("H2")
@pytest.mark.parametrize("lang", ["fr", "en"])
def test_every_page_reads_in_both_languages(world, browser, order, held, lang):
    world.records.add(a_publication(state=PublicationState.PUBLISHED))
    browser.sign_in("hub", "root", lang)
    for path in (
        "home",
        "nights",
        f"run?id={HELD}",
        "orders",
        f"order?id={order.id}",
        "publications",
        "publications?refused=1",
        "publication?id=publication1",
        "sites",
        "sites?ask=caen",
        "why",
        "acts",
    ):
        given = browser.ask(path)
        assert given["statusCode"] == 200, path
        assert f'<html lang="{lang}">' in given["body"]
