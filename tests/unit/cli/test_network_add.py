from __future__ import annotations

from pathlib import Path

import boto3
import pytest

from passerelle.errors import Refused
from passerelle_cli.network_edit import NewSite, with_new_secret, with_site
from passerelle_cli.network_file import read_network
from tests.unit.cli.test_network_commands import bucket, run, stack_file  # noqa: F401 - fixtures

pytestmark = pytest.mark.rule("K1")

EXAMPLE = (Path(__file__).parents[3] / "infra" / "network.example.yaml").read_text()
ROUEN = NewSite("rouen", "https://rouen.example", "Rouen", "/passerelle/")


def refused(act) -> str:
    with pytest.raises(Refused) as refusal:
        act()
    return refusal.value.code


def test_a_site_is_added_and_every_comment_stays():
    text = with_site(EXAMPLE, ROUEN)
    before, after = read_network(EXAMPLE)[0], read_network(text)[0]
    assert {name: one for name, one in after.sites.items() if name != "rouen"} == before.sites
    assert after.sites["rouen"].secrets == ("/passerelle/signing/rouen",)
    kept = [line for line in EXAMPLE.splitlines() if line]
    assert [line for line in text.splitlines() if line in kept] == kept


def test_a_site_that_is_there_changes_nothing():
    once = with_site(EXAMPLE, ROUEN)
    assert with_site(once, ROUEN) == once
    assert with_site(once, NewSite("rouen", "", "", "/passerelle/")) == once


def test_a_network_begins_with_its_hub():
    hub = NewSite("hub", "https://hub.example", "Réseau", "/passerelle/", hub=True)
    text = with_site("", hub)
    assert read_network(text)[0].hub.viewer_role == "passerelle_viewer"
    assert read_network(with_site(text, ROUEN))[0].sites.keys() == {"hub", "rouen"}


def test_what_cannot_be_added_is_refused():
    assert refused(lambda: with_site("", ROUEN)) == "hub_first"
    assert refused(lambda: with_site(EXAMPLE, NewSite("rouen", "", "", "/p/"))) == "url_needed"
    assert (
        refused(lambda: with_site(EXAMPLE, NewSite("caen", "https://x.example", "", "/p/"))) == "url_differs"
    )
    other_hub = NewSite("rouen", "https://rouen.example", "", "/p/", hub=True)
    assert refused(lambda: with_site(EXAMPLE, other_hub)) == "hub_is_another"
    flow = "{name: x, sites: {hub: {title: h, url: https://h.example, token: t, secrets: [s]}}, hub: {site: hub, category: c}}"
    assert refused(lambda: with_site(flow, ROUEN)) == "file_not_block"


@pytest.mark.parametrize(
    "written", ["secrets: [/passerelle/signing/caen]", "secrets:\n      - /passerelle/signing/caen"]
)
def test_a_rotation_puts_the_new_secret_first_and_the_next_takes_the_spare(written):
    text = EXAMPLE.replace("secrets: [/passerelle/signing/caen]", written)
    once = with_new_secret(text, "caen", ("/passerelle/signing/caen",))
    first = read_network(once)[0].sites["caen"].secrets
    assert first == ("/passerelle/signing/caen-2", "/passerelle/signing/caen")
    twice = with_new_secret(once, "caen", first)
    assert read_network(twice)[0].sites["caen"].secrets == tuple(reversed(first))
    assert read_network(twice)[0].sites["lille" if "lille" in twice else "hub"]


def test_the_command_writes_publishes_makes_the_secret_and_prints_a_code(bucket, tmp_path):  # noqa: F811
    boto3.client("dynamodb").create_table(
        TableName="t",
        BillingMode="PAY_PER_REQUEST",
        AttributeDefinitions=[{"AttributeName": n, "AttributeType": "S"} for n in ("pk", "sk")],
        KeySchema=[{"AttributeName": "pk", "KeyType": "HASH"}, {"AttributeName": "sk", "KeyType": "RANGE"}],
    )
    answer = run("add", "hub", "--url", "https://hub.example", "--hub")
    assert answer.exit_code == 0, answer.output
    assert answer.stdout.startswith("psl1_")
    assert "\n" not in answer.stdout.strip()
    assert (tmp_path / "network.yaml").exists()
    secret = boto3.client("ssm").get_parameter(Name="/passerelle/signing/hub", WithDecryption=True)
    assert secret["Parameter"]["Type"] == "SecureString"
    again = run("add", "hub")
    assert again.stdout != answer.stdout
    kept = boto3.client("ssm").get_parameter(Name="/passerelle/signing/hub", WithDecryption=True)
    assert kept["Parameter"]["Value"] == secret["Parameter"]["Value"]
    rotated = run("secrets", "--rotate", "hub")
    assert "psl1_" in rotated.stdout
    assert read_network((tmp_path / "network.yaml").read_text())[0].sites["hub"].secrets == (
        "/passerelle/signing/hub-2",
        "/passerelle/signing/hub",
    )
