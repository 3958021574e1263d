"""`passerelle shops show`, `orders missed`, `orders list --waiting`: connecting a shop and missing nothing."""

from __future__ import annotations

import json
from datetime import UTC, datetime
from typing import Any

import pytest
import requests
from click.testing import CliRunner, Result

from passerelle.domain.orders.order import Order
from passerelle.domain.orders.shop import ShopApi, Webhook
from passerelle.runtime.doors import ShopDoor
from passerelle.runtime.shop_door import answer_shop
from passerelle.shops.registry import vendor
from passerelle_cli.main import cli
from passerelle_cli.stack import Stack
from tests.factories.orders import a_shop, some_facts
from tests.scenes.orders import OrderScene
from tests.unit.orders.test_asking import heard, underpaid

SECRET = "whsec_a2tra2tra2tra2tra2tra2tra2tra2tra2tra2tra2s="


class Context:
    function_name, aws_request_id = "receive_order", "r1"


@pytest.fixture
def run(monkeypatch: pytest.MonkeyPatch) -> Any:
    monkeypatch.setenv("LC_ALL", "en")

    def called(scene: OrderScene, *words: str, secret: str = SECRET) -> Result:
        class Wiring:
            world = staticmethod(lambda: scene.world)
            secret = staticmethod(lambda _name: secret)

        class OnScene:
            api = "https://here.example"
            world = staticmethod(lambda: scene.world)
            wiring = staticmethod(lambda: Wiring)

        def post(url: str, *, data: bytes, headers: dict[str, str], **_: Any) -> Any:
            shop = url.split("/shops/")[1].partition("/")[0]
            kind = vendor(scene.network.shops[shop].kind)
            door = ShopDoor(scene.world, lambda _shop: (kind.key(SECRET),))
            event = {"pathParameters": {"shop": shop}, "headers": headers, "body": data.decode()}
            answer = requests.Response()
            answer.status_code = answer_shop(event, Context(), lambda: door)["statusCode"]
            return answer

        monkeypatch.setattr(Stack, "load", classmethod(lambda *_: OnScene()))
        monkeypatch.setattr(requests, "post", post)
        return CliRunner().invoke(cli, list(words))

    return called


@pytest.mark.parametrize("kind", ["woocommerce", "shopify", "stripe", "standard"])
def test_a_shop_is_shown_with_what_to_enter_where_and_the_way_is_proved(run: Any, kind: str) -> None:
    scene = OrderScene(a_shop(kind=kind))
    scene.clock.set(datetime.now(UTC))  # two kinds sign the time
    said = run(scene, "shops", "show", "boutique")
    assert said.exit_code == 0
    assert "Webhook address: https://passerelle.example/shops/boutique/orders" in said.output
    assert all(topic in said.output for topic in vendor(kind).topics)
    assert "--name /passerelle/shops/boutique/secret" in said.output
    assert SECRET not in said.output
    assert "✓ a signed ping arrived" in said.output
    scene.deliver()
    assert scene.records.all(Order) == ()
    wrong = run(scene, "shops", "show", "boutique", secret="whsec_" + "A" * 44)
    assert wrong.exit_code == 3
    assert "refused (401)" in wrong.output


def test_what_is_missing_is_named_and_the_shops_own_view_asked(run: Any) -> None:
    scene = OrderScene(a_shop(kind="paypal", secrets=()))
    said = run(scene, "shops", "show", "boutique")
    assert said.exit_code == 3
    assert "✗ webhook:" in said.output
    assert "✗ api:" in said.output
    scene = OrderScene(a_shop(api=ShopApi(key="/k")))
    scene.shops.webhooks["boutique"] = Webhook("off")
    said = run(scene, "shops", "show", "boutique")
    assert said.exit_code == 3
    assert "switched its webhook off" in said.output
    assert run(scene, "shops", "show", "nobody").exit_code == 2


@pytest.mark.rule("S17")
def test_what_would_be_taken_is_shown_and_not_taken(run: Any) -> None:
    scene = OrderScene(a_shop(api=ShopApi(key="/k")))
    assert run(scene, "orders", "missed", "--shop", "boutique").exit_code == 0
    scene.shops.happened["boutique"] = [heard(some_facts("7"))]
    said = run(scene, "orders", "missed", "--shop", "boutique")
    assert said.exit_code == 3
    assert "boutique:7" in said.output
    assert "1 missed" in said.output
    assert len(scene.records) == 0


@pytest.mark.rule("S19")
def test_what_waits_for_a_person_is_listed_with_what_helps(run: Any) -> None:
    scene = OrderScene()
    scene.sell(underpaid("7"))
    said = run(scene, "orders", "list", "--waiting")
    assert "boutique:7" in said.output
    assert "passerelle orders release boutique:7" in said.output
    (row,) = json.loads(run(scene, "orders", "list", "--waiting", "--json").output)["waiting"]
    assert (row["order"], row["why"][0]["code"]) == ("boutique:7", "price_differs")
    done = run(scene, "orders", "release", "boutique:7", "--because", "geste", "--by", "lydie")
    assert done.exit_code == 0
    scene.deliver()
    assert run(scene, "orders", "list", "--waiting").output == "No order waits for anybody.\n"
