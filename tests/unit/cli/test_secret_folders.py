"""Secrets of the release before, in the folders of this one (G3)."""

from __future__ import annotations

from dataclasses import replace

import pytest

from passerelle.domain.night.policy import Ldap, NightRules
from passerelle.domain.orders.shop import ShopApi
from passerelle_cli.secret_folders import move_secrets, renamed
from tests.factories.orders import a_shop
from tests.factories.records import a_network, a_site
from tests.fakes.secrets import FakeSecrets

OLD = {
    "/passerelle/caen/token": "token",
    "/passerelle/caen/secret": "whsec",
    "/passerelle/caen/ldap": "bind",
    "/passerelle/boutique/signature": "hook",
    "/passerelle/boutique/key": "ck:cs",
    "/passerelle/places": "seats",
}
NEW = {
    "/passerelle/tokens/caen/token": "token",
    "/passerelle/signing/caen/secret": "whsec",
    "/passerelle/directories/caen/ldap": "bind",
    "/passerelle/shops/boutique/signature": "hook",
    "/passerelle/shops/boutique/key": "ck:cs",
    "/passerelle/seats/places": "seats",
}
ldap = Ldap(url="ldaps://x.example", base="dc=x", bind_dn="cn=x", password="/passerelle/caen/ldap")
CAEN = a_site(
    "caen", token="/passerelle/caen/token", secrets=("/passerelle/caen/secret",), night=NightRules(ldap=ldap)
)
BOUTIQUE = a_shop(secrets=("/passerelle/boutique/signature",), api=ShopApi(key="/passerelle/boutique/key"))
NETWORK = a_network(
    sites={**a_network().sites, "caen": CAEN},
    shops={"boutique": BOUTIQUE},
    seats_secrets=("/passerelle/places",),
)


@pytest.mark.rule("G3")
def test_each_is_copied_into_the_folder_of_its_kind_and_none_is_lost() -> None:
    secrets = FakeSecrets(OLD)
    moved = move_secrets(secrets, NETWORK, "/passerelle/")
    assert {new: secrets[old] for old, new in moved.items()} == NEW
    assert {name: secrets[name] for name in (*OLD, *NEW)} == OLD | NEW


def test_moving_again_leaves_what_was_changed_since() -> None:
    secrets = FakeSecrets(OLD)
    move_secrets(secrets, NETWORK, "/passerelle/")
    secrets.put("/passerelle/tokens/caen/token", "newer")
    move_secrets(secrets, NETWORK, "/passerelle/")
    assert secrets["/passerelle/tokens/caen/token"] == "newer"


def test_one_that_is_not_made_yet_is_named_anew_and_stays_to_be_made() -> None:
    secrets = FakeSecrets()
    moved = move_secrets(secrets, NETWORK, "/passerelle/")
    assert set(moved) == set(OLD)
    assert not any(name in secrets for name in NEW)


def test_what_lies_elsewhere_or_in_its_folder_already_is_not_touched() -> None:
    elsewhere = replace(CAEN, token="/other/caen/token", secrets=("/passerelle/signing/caen",), night=None)
    network = a_network(sites={**a_network().sites, "caen": elsewhere})
    assert move_secrets(FakeSecrets(), network, "/passerelle/") == {}


def test_the_file_names_them_anew_and_stays_as_people_wrote_it() -> None:
    text = (
        "caen: # ours\n  token: /passerelle/caen/token   # keep\n"
        "  secrets: [/passerelle/caen/secret, /passerelle/caen/secret-2]\n"
    )
    moved = {
        "/passerelle/caen/token": "/passerelle/tokens/caen/token",
        "/passerelle/caen/secret": "/passerelle/signing/caen/secret",
    }
    assert renamed(text, moved) == (
        "caen: # ours\n  token: /passerelle/tokens/caen/token   # keep\n"
        "  secrets: [/passerelle/signing/caen/secret, /passerelle/caen/secret-2]\n"
    )
