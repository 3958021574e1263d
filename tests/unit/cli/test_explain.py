"""`passerelle orders explain`: files in, what they mean out, and nothing touched."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner, Result

from passerelle_cli.main import cli
from tests.unit.orders.test_kinds import session, standard, woo

NETWORK = """
name: Réseau
sites:
  caen:
    {title: Caen, url: "https://caen.example", token: /t, secrets: [/s], assistance: {email: aide@caen.example}}
hub: {site: caen, category: CATALOGUE}
shops:
  boutique:
    kind: woocommerce
    site: caen
    secrets: [/k]
    products:
      SPOCM1: {handler: std_setuponecoursesession, parameters: coursename=SPOCM1, price: "10.00"}
  caisse: {kind: paypal, site: caen, webhook: WH-1}
"""


@pytest.fixture
def network(tmp_path: Path) -> str:
    path = tmp_path / "network.yaml"
    path.write_text(NETWORK, encoding="utf-8")
    return str(path)


def run(network: str, *words: str) -> Result:
    return CliRunner().invoke(cli, ["orders", "explain", *words, "--network", network])


def file(folder: Path, name: str, content: Any) -> str:
    path = folder / name
    path.write_text(json.dumps(content), encoding="utf-8")
    return str(path)


@pytest.mark.rule("S22")
def test_deliveries_are_explained_in_their_order_bare_or_with_their_topic(
    network: str, tmp_path: Path
) -> None:
    first = file(tmp_path, "1.json", woo())
    bare = file(tmp_path, "2.json", woo("refunded", 5, refunds=[{"id": 9, "total": "-40.00"}])["body"])
    said = run(network, first, bare, "--shop", "boutique", "--json")
    assert said.exit_code == 0
    assert json.loads(said.output) == {
        "orders": [
            {
                "id": "boutique:700",
                "state": "refunded",
                "why": [],
                "total": "40.00",
                "currency": "EUR",
                "enrol": [],
                "withdraw": [
                    {"email": f"{name}@client.example", "role": "student", "course": "SPOCM1"}
                    for name in ("ana", "bob")
                ],
                "seats": {"paid": 4, "free": 0},
                "buyer": "rh@client.example",
            }
        ],
        "ignored": [],
    }


@pytest.mark.rule("S22")
def test_three_is_answered_where_a_person_would_be_needed(network: str, tmp_path: Path) -> None:
    short = file(tmp_path, "1.json", {"deliveries": [woo(total="1.00")]})
    said = run(network, short, "--shop", "boutique", "--json")
    assert said.exit_code == 3
    assert json.loads(said.output)["orders"][0]["why"] == ["amount_differs"]
    unreadable = file(tmp_path, "2.json", [{"topic": "order.updated", "body": {"status": "processing"}}])
    said = run(network, unreadable, "--shop", "boutique", "--json")
    assert said.exit_code == 3
    assert json.loads(said.output)["ignored"] == [{"topic": "order.updated", "why": "payload_unreadable"}]


def test_it_is_said_in_words_too_and_mistakes_are_named(
    network: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("LC_ALL", "fr_FR.UTF-8")
    said = run(network, file(tmp_path, "1.json", woo()), "--shop", "boutique")
    assert "boutique:700  réalisée  40,00 EUR" in said.output
    assert "+ ana@client.example  étudiant  SPOCM1" in said.output
    broken = tmp_path / "x.json"
    broken.write_text("{half", encoding="utf-8")
    assert "JSON" in run(network, str(broken), "--shop", "boutique").output
    # Of another shop, or a kind that needs a key which is not here: still explained.
    assert run(network, file(tmp_path, "2.json", session()), "--shop", "caisse").exit_code == 0
    assert run(network, file(tmp_path, "3.json", standard()), "--shop", "nobody").exit_code != 0


@pytest.mark.rule("S22")
@pytest.mark.parametrize("text", ["", "{", "[" * 100_000], ids=["empty", "cut", "too deep"])
def test_what_is_no_json_is_said_so_by_the_name_of_its_file(network: str, tmp_path: Path, text: str) -> None:
    path = tmp_path / "odd.json"
    path.write_text(text, encoding="utf-8")
    said = run(network, str(path), "--shop", "boutique")
    assert said.exit_code == 2
    assert "odd.json: this is not JSON" in said.output


def test_files_without_a_delivery_say_that_there_is_none(network: str, tmp_path: Path) -> None:
    said = run(network, file(tmp_path, "1.json", []), "--shop", "boutique")
    assert said.output == "No delivery in these files.\n"
