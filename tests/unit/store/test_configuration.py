from __future__ import annotations

from dataclasses import asdict
from datetime import timedelta

import pytest

from passerelle.errors import GiveUp, NotFound
from passerelle.store.configuration import JSON_KEY, YAML_KEY, Configuration
from tests.factories.records import a_network
from tests.unit.store.conftest import PAPERS


@pytest.fixture
def configuration(aws, clock):
    return Configuration(aws.s3, PAPERS, clock)


def document(**changes):
    return asdict(a_network(**changes))


def test_a_network_that_was_published_is_the_one_read(configuration):
    configuration.publish("name: Réseau\n", document(name="Réseau"))
    assert configuration.network() == a_network(name="Réseau")
    assert configuration.published_yaml() == "name: Réseau\n"


def test_without_a_published_network_it_is_said_to_be_missing(configuration):
    with pytest.raises(NotFound) as missing:
        configuration.network()
    assert missing.value.code == "network_missing"
    assert configuration.published_yaml() is None


def test_a_newer_network_is_seen_within_a_minute(aws, clock, configuration):
    configuration.publish("a", document(name="first"))
    assert configuration.network().name == "first"
    Configuration(aws.s3, PAPERS, clock).publish("b", document(name="second"))
    clock.tick(timedelta(seconds=59))
    assert configuration.network().name == "first"
    clock.tick(timedelta(seconds=1))
    assert configuration.network().name == "second"


def test_an_unchanged_network_is_neither_fetched_nor_parsed_again(aws, clock, configuration):
    configuration.publish("a", document())
    held = configuration.network()
    clock.tick(timedelta(minutes=5))
    assert configuration.network() is held


def test_older_versions_of_both_files_stay_readable(aws, configuration):
    first = configuration.publish("a", document(name="first"))
    second = configuration.publish("b", document(name="second"))
    assert first
    assert second not in ("", first)
    old = aws.s3.get_object(Bucket=PAPERS, Key=JSON_KEY, VersionId=first)["Body"].read()
    assert b"first" in old
    kept = aws.s3.list_object_versions(Bucket=PAPERS, Prefix=YAML_KEY)["Versions"]
    assert len(kept) == 2


def test_what_is_no_network_is_not_published(configuration):
    configuration.publish("a", document(name="good"))
    with pytest.raises(GiveUp) as failure:
        configuration.publish("b", document() | {"identity": "shoe size"})
    assert (failure.value.code, failure.value.details["where"]) == ("network_invalid", "identity")
    assert configuration.network().name == "good"
    assert configuration.published_yaml() == "a"
