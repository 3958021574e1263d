"""A message names what is wrong with what was typed, and not something else that it led to."""

from __future__ import annotations

from types import SimpleNamespace
from typing import Any

import pytest
from click.testing import CliRunner, Result

from passerelle.domain.moodle.core import Category
from passerelle_cli.failures import explain
from passerelle_cli.main import cli
from passerelle_cli.stack import Stack
from tests.factories.orders import some_facts
from tests.scenes.night import NightScene, a_university, rules
from tests.scenes.orders import OrderScene
from tests.scenes.rollover import YearScene


@pytest.fixture
def passerelle(monkeypatch: pytest.MonkeyPatch) -> Any:
    monkeypatch.setenv("LC_ALL", "fr_FR.UTF-8")

    def called(world: Any, *words: str, given: str = "") -> str:
        wiring = SimpleNamespace(world=lambda: world)
        stack = SimpleNamespace(world=lambda: world, wiring=lambda: wiring, api="https://here.example")
        monkeypatch.setattr(Stack, "load", classmethod(lambda *_, **__: stack))
        done: Result = CliRunner().invoke(cli, list(words), input=given)
        assert done.exit_code != 0, done.output
        broke = done.exception
        return done.output if isinstance(broke, SystemExit) or broke is None else explain(broke, "fr")

    return called


@pytest.fixture
def shop() -> OrderScene:
    scene = OrderScene()
    scene.sell(some_facts())
    return scene


@pytest.mark.rule("S12")
@pytest.mark.parametrize("shift", ["banane", "7 jours", "+7W", "--7D", ""])
def test_a_shift_that_is_none(passerelle, shop, shift) -> None:
    said = passerelle(shop.world, "orders", "reschedule", "boutique:1042", f"--by={shift}")
    assert "--by" in said
    assert f"«\u00a0{shift}\u00a0» n’est pas de la forme +7D ou -12H." in said
    assert "network.yaml" not in said


@pytest.mark.rule("S3")
def test_a_line_that_the_order_does_not_have(passerelle, shop) -> None:
    words = ("orders", "assign", "boutique:1042", "-", "--line", "7")
    said = passerelle(shop.world, *words, given="Roy;Cléo;cleo@client.example\n")
    assert "--line" in said
    assert "Cette commande n’a pas de ligne 7." in said
    assert "Il y a\u00a0: 1." in said


def test_a_price_that_is_none(passerelle, shop) -> None:
    said = passerelle(shop.world, "orders", "send-test", "boutique", "--product", "P", "--price", "abc")
    assert "--price" in said
    assert "«\u00a0abc\u00a0» n’est pas un montant." in said


@pytest.mark.rule("N19")
@pytest.mark.parametrize("act", ["apply", "show", "hold", "release"])
def test_a_run_that_is_not_there(passerelle, act) -> None:
    said = passerelle(NightScene(a_university(), rules()).world, "sync", act, "nope")
    assert "nope" in said
    assert "sync status" in said


@pytest.mark.rule("R13")
def test_a_plan_by_somebody_who_is_no_administrator(passerelle) -> None:
    scene = YearScene()
    for lms in (scene.bleu, scene.vert):
        lms.categories.append(Category(10, "Sciences", "SCIENCES"))
    words = ("rollover", "plan", "--site", "vert", "--user", "ada", "--category", "SCIENCES")
    said = passerelle(scene.base, *words)
    assert "ada ne figure pas parmi les administrateurs de vert" in said
    assert "network.yaml" in said


def test_an_account_that_the_site_does_not_have(passerelle) -> None:
    words = ("rollover", "request", "--site", "vert", "--user", "nobody", "--course", "1")
    said = passerelle(YearScene().base, *words)
    assert "--user" in said
    assert "vert n’a pas de compte «\u00a0nobody\u00a0»" in said


@pytest.mark.parametrize(
    ("words", "said"),
    [
        ("orders list", "Aucune commande."),
        ("orders list --waiting", "Aucune commande n’attend quelqu’un."),
        ("orders list --state parked", "Aucune commande."),
        ("publications list", "Aucune publication."),
        ("catalogue search rien", "Rien au catalogue ne correspond."),
    ],
)
def test_a_list_without_anything_says_so(monkeypatch: pytest.MonkeyPatch, words: str, said: str) -> None:
    from tests.scenes.publishing import Scene

    monkeypatch.setenv("LC_ALL", "fr_FR.UTF-8")
    world = OrderScene().world if words.startswith("orders") else Scene().world
    stack = SimpleNamespace(world=lambda: world)
    monkeypatch.setattr(Stack, "load", classmethod(lambda *_, **__: stack))
    assert CliRunner().invoke(cli, words.split()).output == f"{said}\n"


def test_a_site_without_nights_says_so(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("LC_ALL", "fr_FR.UTF-8")
    stack = SimpleNamespace(world=lambda: NightScene(a_university(), rules()).world)
    monkeypatch.setattr(Stack, "load", classmethod(lambda *_, **__: stack))
    said = CliRunner().invoke(cli, ["sync", "status", "--site", "caen"]).output
    assert said == "Aucune nuit n’a tourné ces jours-là.\n"
