"""What earlier releases wrote (`tests/kept`): read, written back whole, nothing lost."""

from __future__ import annotations

import copy
import json
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from passerelle.domain.backups.manifest import Manifest
from passerelle.domain.night.plan.serialised import memory_document, read_memory
from passerelle.domain.rollover.plan import Plan
from passerelle.domain.rollover.report import Report
from passerelle.domain.rollover.survey import Survey
from passerelle.errors import PaperUnreadable
from passerelle.store.documents import STEPS, from_document, read_json, to_document
from passerelle.store.items import from_item, kept_as, to_item
from passerelle.store.kinds import KINDS
from passerelle.store.records import DynamoRecords
from passerelle.store.unknown_fields import Aside
from tests.kept.write import STAMP, written
from tests.unit.store.conftest import TABLE

KEPT = Path(__file__).parents[2] / "kept"
RELEASES = sorted(folder.name for folder in KEPT.iterdir() if (folder / "items").is_dir())
KIND = {kept_as(kind): kind for kind in KINDS}
DOCUMENTS: dict[str, Any] = {"manifest": Manifest, "survey": Survey, "report": Report, "rollover_plan": Plan}

ITEMS = [(release, path.stem) for release in RELEASES for path in (KEPT / release / "items").glob("*.json")]


def kept(release: str, folder: str, name: str) -> dict[str, Any]:
    found: dict[str, Any] = json.loads((KEPT / release / folder / f"{name}.json").read_text(encoding="utf-8"))
    return found


@pytest.mark.parametrize("release", RELEASES)
def test_every_release_kept_one_of_each_kind(release: str) -> None:
    here = {path.stem for path in (KEPT / release / "items").glob("*.json")}
    assert here <= set(KIND)  # a kind that came since has its file at the next release
    assert {path.stem for path in (KEPT / release / "documents").glob("*.json")} >= set(DOCUMENTS)


@pytest.mark.parametrize(("release", "kind"), ITEMS)
def test_an_item_of_an_earlier_release_is_read_and_written_back_whole(release: str, kind: str) -> None:
    item = kept(release, "items", kind)
    record = from_item(KIND[kind], item)
    _nothing_lost(item, to_item(record, STAMP))


@pytest.mark.parametrize("release", RELEASES)
@pytest.mark.parametrize("name", sorted(DOCUMENTS))
def test_a_document_of_an_earlier_release_is_read_and_written_back_whole(release: str, name: str) -> None:
    document = kept(release, "documents", name)
    thing = from_document(DOCUMENTS[name], document)
    assert from_document(DOCUMENTS[name], to_document(thing)) == thing
    _no_names_lost(document, to_document(thing))


@pytest.mark.parametrize("release", RELEASES)
def test_what_an_earlier_night_remembered_is_read_and_written_back_whole(release: str) -> None:
    memory = kept(release, "documents", "memory")
    _nothing_lost({n: v for n, v in memory.items() if n != "format"}, memory_document(read_memory(memory)))


@pytest.mark.parametrize("release", RELEASES)
def test_the_plan_of_an_earlier_night_can_still_be_applied(release: str) -> None:
    plan, chunk = kept(release, "documents", "plan"), kept(release, "documents", "chunk")
    assert read_memory(plan["memory"])
    assert all(line["op"] for line in chunk["operations"])


def test_this_release_still_writes_what_it_kept() -> None:
    items, _ = written()
    assert set(items) == set(KIND)
    for kind, item in items.items():
        if not (KEPT / RELEASES[-1] / "items" / f"{kind}.json").exists():
            continue
        _no_names_lost(kept(RELEASES[-1], "items", kind), item)


# -- unknown fields ------------------------------------------------------------------------------------


@pytest.fixture
def newer(aws: Any) -> dict[str, Any]:
    """An order as a newer release might write it: a field of its own, one in a line, one in each seat."""
    item = kept(RELEASES[-1], "items", "Order")
    fields = item["record"]["M"]
    fields["voucher"] = {"S": "NOEL"}
    fields["lines"]["L"][0]["M"]["tax"] = {"N": "200"}
    for number, seat in enumerate(fields["seats"]["L"]):
        seat["M"]["badge"] = {"N": str(number)}
    aws.dynamodb.put_item(TableName=TABLE, Item=copy.deepcopy(item))
    return item


def _fields(aws: Any, item: dict[str, Any]) -> dict[str, Any]:
    key = {"pk": item["pk"], "sk": item["sk"]}
    found: dict[str, Any] = aws.dynamodb.get_item(TableName=TABLE, Key=key)["Item"]["record"]["M"]
    return found


@pytest.mark.parametrize("most", [20_000, 0], ids=["kept aside", "read again"])
def test_fields_of_a_newer_release_survive_writes_of_this_one(aws: Any, newer: Any, most: int) -> None:
    records = DynamoRecords(aws.dynamodb, TABLE)
    records._aside = Aside(most)
    order = records.get(KIND["Order"], newer["pk"]["S"].removeprefix("Order#"))
    order = records.change(order, replace(order, shift=60))
    # The first seat goes, the others move up, the last one changes.
    seats = [*order.seats[1:-1], replace(order.seats[-1], username="other")]
    records.change(order, replace(order, seats=tuple(seats)))
    fields = _fields(aws, newer)
    assert fields["voucher"] == {"S": "NOEL"}
    assert fields["lines"]["L"][0]["M"]["tax"] == {"N": "200"}
    assert fields["shift"] == {"N": "60"}
    badges = [seat["M"]["badge"]["N"] for seat in fields["seats"]["L"]]
    assert badges == [str(number) for number in range(1, len(order.seats))]


def test_unknown_fields_survive_in_records_that_were_listed(aws: Any, newer: Any) -> None:
    records = DynamoRecords(aws.dynamodb, TABLE)
    (order,) = records.list(KIND["Order"], "shop", "boutique").items
    records.change(order, replace(order, shift=60))
    assert _fields(aws, newer)["voucher"] == {"S": "NOEL"}


# -- formats -------------------------------------------------------------------------------------------


def test_a_document_of_a_newer_format_a_cut_one_and_another_kind_say_which_paper() -> None:
    document = kept(RELEASES[-1], "documents", "survey")
    for bad in (document | {"format": 99}, document | {"format": "1"}, {"format": 1, "a": 2}):
        with pytest.raises(PaperUnreadable) as told:
            from_document(Survey, bad, "surveys/u1.json")
        assert told.value.details == {"paper": "surveys/u1.json"}
    for text in (json.dumps(document)[:-5], "[]", ""):
        with pytest.raises(PaperUnreadable):
            read_json(text, "surveys/u1.json")


def test_a_renamed_field_of_a_document_is_read_under_its_new_name(monkeypatch: pytest.MonkeyPatch) -> None:
    """As CONTRIBUTING says: count FORMAT up, and say how the former form becomes the new one."""

    def renamed(fields: dict[str, Any]) -> dict[str, Any]:
        return {("wwwroot" if name == "address" else name): value for name, value in fields.items()}

    survey = kept(RELEASES[-1], "documents", "survey")
    older = {("address" if name == "wwwroot" else name): value for name, value in survey.items()}
    monkeypatch.setattr(Survey, "FORMAT", 2)
    monkeypatch.setitem(STEPS, ("Survey", 1), renamed)
    assert from_document(Survey, older).wwwroot == survey["wwwroot"]


# ------------------------------------------------------------------------------------------------------


def _nothing_lost(before: Any, after: Any, path: str = "") -> None:
    """Whatever stood before stands after; a release may add."""
    if isinstance(before, dict):
        assert isinstance(after, dict), path
        for name, value in before.items():
            assert name in after, f"{path}.{name} is lost"
            _nothing_lost(value, after[name], f"{path}.{name}")
    elif isinstance(before, list):
        assert len(before) == len(after), path
        for number, value in enumerate(before):
            _nothing_lost(value, after[number], f"{path}[{number}]")
    else:
        assert before == after, path


def _no_names_lost(before: Any, after: Any, path: str = "") -> None:
    """Times may be written another way (Unix seconds once, ISO now); names and lists stay."""
    if isinstance(before, dict) and isinstance(after, dict):
        for name, value in before.items():
            assert name in after, f"{path}.{name} is lost"
            _no_names_lost(value, after[name], f"{path}.{name}")
    elif isinstance(before, list) and isinstance(after, list):
        for one, other in zip(before, after, strict=True):
            _no_names_lost(one, other, path)
