"""A shop of a kind that did not exist: its module, a line of the registry, an entry of network.yaml."""

from __future__ import annotations

import hashlib
import json
import sys
from collections.abc import Mapping, Sequence
from types import ModuleType
from typing import Any

import pytest

from passerelle.domain.orders.facts import Buyer, Facts, Line
from passerelle.domain.orders.shop import Shop
from passerelle.domain.states import OrderState
from passerelle.events.signatures import SignatureRefused
from passerelle.runtime.doors import ShopDoor
from passerelle.runtime.shop_door import answer_shop
from passerelle.shops import registry
from passerelle.shops.payload import Figures, Said, people_in
from passerelle.shops.vendor import Api, Knock, SampleDelivery, SampleOrder, Vendor
from passerelle_cli.network_file import NetworkRefused, read_network
from tests.factories.orders import a_shop
from tests.scenes.orders import OrderScene

NETWORK = """
name: Réseau
sites:
  caen:
    {title: Caen, url: "https://caen.example", token: /t, secrets: [/s], assistance: {email: aide@caen.example}}
hub: {site: caen, category: CATALOGUE}
shops:
  kermesse: {kind: KIND, site: caen, secrets: [/k]}
"""


class Kermesse(Vendor):
    """A stall that signs with a bare hash and sells one thing at a time."""

    kind = "kermesse"
    topics = ("sold",)

    def verify(self, knock: Knock, keys: Sequence[bytes], shop: Shop, api: Api | None) -> None:
        if knock.headers.get("x-stall") not in {hashlib.sha256(key + knock.body).hexdigest() for key in keys}:
            raise SignatureRefused

    def event(self, headers: Mapping[str, str], document: Mapping[str, Any], digest: str) -> tuple[str, str]:
        return digest, "sold"

    def read(self, document: Mapping[str, Any], topic: str, shop: Shop) -> Facts | None:
        said, figures = Said(document), Figures("EUR")
        line = Line(
            "1",
            said.needed("what"),
            figures.pieces(said, "how_many"),
            figures.money(said, "paid"),
            participants=people_in(said.texts("notes"), shop.people),
        )
        return Facts(
            order=said.needed("ticket"),
            buyer=Buyer(said.text("who"), "Rose", "Humbert"),
            lines=(line,),
            currency="EUR",
            total=line.amount,
            paid_at=said.at("when"),
        )

    def sample(self, key: bytes, order: SampleOrder, event: str) -> SampleDelivery:
        document = {
            "ticket": order.number,
            "what": order.product,
            "how_many": order.quantity,
            "paid": order.total,
            "who": order.email,
            "when": order.at.isoformat(),
            "notes": {"learners": "Martin;Ana;ana@client.example"},
        }
        body = json.dumps(document).encode()
        return SampleDelivery({"X-Stall": hashlib.sha256(key + body).hexdigest()}, body)


@pytest.fixture
def a_sixth_kind(monkeypatch: pytest.MonkeyPatch) -> None:
    module = ModuleType("passerelle.shops.kermesse")
    module.VENDOR = Kermesse()  # type: ignore[attr-defined]
    monkeypatch.setitem(sys.modules, "passerelle.shops.kermesse", module)
    monkeypatch.setitem(registry.MODULES, "kermesse", "passerelle.shops.kermesse")


class Context:
    function_name, aws_request_id = "receive_order", "r1"


@pytest.mark.rule("S12")
@pytest.mark.usefixtures("a_sixth_kind")
def test_a_new_kind_of_shop_sells_from_its_door_to_moodle() -> None:
    scene = OrderScene(a_shop(kind="kermesse"))
    sent = registry.sample("kermesse", "s", SampleOrder("77", "SPOCM1", 2))
    door = ShopDoor(scene.world, lambda shop: (registry.vendor(shop.kind).key("s"),))

    def post(body: bytes) -> int:
        event = {"pathParameters": {"shop": "boutique"}, "headers": dict(sent.headers), "body": body.decode()}
        return int(answer_shop(event, Context(), lambda: door)["statusCode"])

    assert post(sent.body + b" ") == 401
    assert post(sent.body) == 200
    scene.deliver()
    assert scene.order("boutique:77").state == OrderState.FULFILLED
    assert list(scene.enrolled()) == ["ana@client.example"]


@pytest.mark.usefixtures("a_sixth_kind")
def test_network_yaml_takes_its_kind_and_no_other() -> None:
    network, _ = read_network(NETWORK.replace("KIND", "kermesse"))
    assert network.shops["kermesse"].kind == "kermesse"
    with pytest.raises(NetworkRefused) as refused:
        read_network(NETWORK.replace("KIND", "ebay"))
    (problem,) = refused.value.problems
    assert (problem.line, problem.field) == (8, "shops.kermesse.kind")
    assert "woocommerce" in problem.english


@pytest.mark.parametrize("kind", sorted(registry.MODULES))
def test_every_kind_reads_the_sample_that_it_signs(kind: str) -> None:
    one = registry.vendor(kind)
    if kind == "paypal":
        return  # signs with a key of its own: `tests/fakes/paypal`
    secret = "whsec_" + "a2tra2tra2tra2tra2tra2tra2tra2tra2tra2tra2s="
    shop = a_shop(kind=kind)
    order = SampleOrder("1042", "SPOCM1", 4, discount="4.00")
    sent = registry.sample(kind, secret, order)
    knock = Knock({k.lower(): v for k, v in sent.headers.items()}, sent.body, order.at)
    found = registry.verified(shop, knock, [one.key(secret)], None)
    assert found is not None
    facts = registry.read_facts(shop, found.topic, found.body)
    assert facts is not None
    assert facts.lines is not None
    assert (facts.total, facts.lines[0].product, facts.lines[0].quantity) == (3600, "SPOCM1", 4)
    assert facts.discount == 400
