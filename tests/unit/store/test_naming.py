"""Who is named where: the fake and DynamoDB's alike; and what the real table keeps of it."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest

from passerelle.domain.orders.delivery import Delivery
from passerelle.domain.orders.order import Order
from passerelle.domain.person_words import by_identifier, by_last_name, person_words
from passerelle.domain.publishing.publication import Publication
from passerelle.errors import Refused
from passerelle.store.records import DynamoRecords
from tests.factories.orders import a_buyer, a_line, a_participant
from tests.factories.records import NOW, a_person, a_publication, a_retrieval
from tests.unit.store.conftest import TABLE, both
from tests.unit.store.test_order_records import a_delivery, a_page, an_order


@both
@pytest.mark.rule("G1")
def test_a_person_is_found_by_any_identifier_in_records_of_every_kind(records) -> None:
    ada = a_person("ada", email="Ada@caen.example")
    mine = [
        records.add(a_publication("p", author=ada)),
        records.add(a_retrieval("r", person=ada)),
        records.add(a_page(username="ada")),
    ]
    records.add(a_publication("q", author=a_person("grace")))
    found = records.naming(by_identifier("ADA")).items
    assert {(type(one), one.id) for one in found} == {(type(one), one.id) for one in mine}
    assert len(records.naming(by_identifier("caen:ada")).items) == 3
    assert {one.id for one in records.naming(by_identifier("ada@CAEN.example")).items} == {"p", "r"}
    assert records.naming(by_identifier("ada"), Publication).items == (mine[0],)
    assert records.naming(by_identifier("nobody")).items == ()


@both
@pytest.mark.rule("H2")
def test_orders_are_found_by_who_bought_or_learns_newest_first_page_by_page(records) -> None:
    for number in range(5):
        order = an_order(str(number), buyer=a_buyer(lastname="L’Écuyer-Martin"))
        records.add(replace(order, received_at=NOW + timedelta(minutes=number)))
    word, seen, after = by_last_name("l'ecuyer martin"), [], None
    while True:
        page = records.naming(word, Order, after=after, limit=2)
        seen += [one.number for one in page.items]
        after = page.next
        if after is None:
            break
    assert seen == ["4", "3", "2", "1", "0"]
    learner = an_order().seats[0].person
    assert len(records.naming(by_identifier(learner.email), Order).items) == 5


@both
def test_an_order_is_listed_by_its_number_and_its_deliveries_by_it(records) -> None:
    order = records.add(replace(an_order(), number="#A-17"))
    mine = records.add(a_delivery(order=order.id))
    records.add(a_delivery("boutique:msg_2"))
    assert records.list(Order, "number", "a-17").items == (order,)
    assert records.list(Delivery, "order", order.id).items == (mine,)


@both
@pytest.mark.rule("G1")
def test_who_left_a_record_is_not_found_by_it_any_more(records) -> None:
    before = records.add(a_publication(author=a_person("ada")))
    records.change(before, replace(before, author=a_person("forgotten-1", email="")))
    found = records.naming(by_identifier("ada")).items
    assert all("ada" not in person_words(one) for one in found)
    assert records.naming(by_identifier("forgotten-1")).items == ()


@both
def test_a_cursor_of_nowhere_is_refused(records) -> None:
    with pytest.raises(Refused):
        records.naming("ada", after="bm93aGVyZQ==")


# -- what the real table keeps ----------------------------------------------------------------------------


def rows(aws: Any) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = []
    for page in aws.dynamodb.get_paginator("scan").paginate(TableName=TABLE):
        found += page["Items"]
    return found


def pointers(aws: Any) -> list[dict[str, Any]]:
    return [row for row in rows(aws) if row["pk"]["S"].startswith("Person#")]


@pytest.mark.rule("G1")
def test_no_key_holds_a_name(aws: Any) -> None:
    DynamoRecords(aws.dynamodb, TABLE).add(
        an_order(buyer=a_buyer(email="zoe@client.example", lastname="Recognisable"))
    )
    keys = " ".join(row[name]["S"] for row in rows(aws) for name in ("pk", "sk")).lower()
    assert "zoe" not in keys
    assert "recognisable" not in keys
    assert len(pointers(aws)) > 3


def test_all_containers_of_a_table_share_its_salt_and_another_table_has_another(aws: Any) -> None:
    one, other = DynamoRecords(aws.dynamodb, TABLE), DynamoRecords(aws.dynamodb, TABLE)
    one.add(a_publication(author=a_person("ada")))
    assert len(other.naming(by_identifier("ada")).items) == 1
    aws.dynamodb.delete_item(TableName=TABLE, Key={"pk": {"S": "PersonSalt"}, "sk": {"S": "PersonSalt"}})
    assert DynamoRecords(aws.dynamodb, TABLE).naming(by_identifier("ada")).items == ()


@pytest.mark.rule("G2")
def test_what_points_to_a_record_ends_with_it(aws: Any) -> None:
    records = DynamoRecords(aws.dynamodb, TABLE)
    permanent = records.add(a_publication(author=a_person("ada")))
    assert not any("expires_at" in row for row in pointers(aws))
    records.change(permanent, replace(permanent, author=a_person("bea")))
    ended = {row["pk"]["S"] for row in pointers(aws) if "expires_at" in row}
    assert len(ended) == len(person_words(permanent))
    records.delete(records.get(Publication, permanent.id))  # type: ignore[arg-type]
    assert {row["pk"]["S"] for row in pointers(aws)} == ended


@pytest.mark.rule("G1")
def test_an_order_of_more_people_than_a_transaction_takes_is_found_by_each(aws: Any) -> None:
    records = DynamoRecords(aws.dynamodb, TABLE)
    crowd = tuple(a_participant(f"learner{n}") for n in range(150))
    order = records.add(an_order(lines=(replace(a_line(), participants=crowd),)))
    for number in (0, 75, 149):
        assert records.naming(by_identifier(f"learner{number}@client.example"), Order).items == (order,)
    records.delete(order)
    assert pointers(aws) == []


@pytest.mark.rule("G1")
def test_what_an_earlier_release_wrote_is_listed_anew(aws: Any) -> None:
    records = DynamoRecords(aws.dynamodb, TABLE)
    order = records.add(an_order())
    for row in (*pointers(aws), *(one for one in rows(aws) if "#number#" in one["pk"]["S"])):
        aws.dynamodb.delete_item(TableName=TABLE, Key={name: row[name] for name in ("pk", "sk")})
    assert records.naming(by_identifier(order.buyer.email)).items == ()
    for _ in range(2):
        records.list_anew(order)
    assert records.naming(by_identifier(order.buyer.email)).items == (order,)
    assert records.list(Order, "number", order.number).items == (order,)
