"""A shop's payload read without trust: each shape, each limit, and what is asked of its API (S12, S13, S17)."""

from __future__ import annotations

import hashlib
import json
from datetime import UTC, datetime, timedelta, timezone
from pathlib import Path
from typing import Any

import pytest

from passerelle.domain.orders.facts import Line, Participant
from passerelle.domain.orders.order import Order
from passerelle.domain.orders.shop import DeclaredIn, ShopApi
from passerelle.errors import GiveUp, TryAgain
from passerelle.shops.api import SECONDS, ShopAway, ShopRefused, check, reference, safe, sender
from passerelle.shops.payload import (
    Figures,
    PayloadUnreadable,
    Said,
    lines_in,
    moment,
    people_in,
    peopled,
    pick,
    split_name,
)
from passerelle.shops.registry import MODULES, Verified, document_of, named, vendor
from passerelle.shops.vendor import Api
from tests.factories.orders import a_shop
from tests.unit.moodle.loopback import cut, reply, says, serving

AT = datetime(2026, 10, 5, 8, 0, tzinfo=UTC)


@pytest.mark.rule("S17")
@pytest.mark.parametrize(
    ("value", "read"),
    [
        ("2026-10-05T08:00:00", AT), ("2026-10-05T08:00:00Z", AT), ("2026-10-05T10:00:00+02:00", AT),
        (int(AT.timestamp()), AT), (AT.timestamp(), AT), (0, datetime(1970, 1, 1, tzinfo=UTC)),
        (True, None), (None, None), ("", None), ("soon", None), ([], None), (10**20, None), (float("nan"), None),
        (2**60, None),
    ],
)  # fmt: skip
def test_a_moment_is_unix_seconds_or_iso_and_utc_without_a_zone(value: object, read: datetime | None) -> None:
    found = moment(value)
    assert found == read
    assert found is None or found.tzinfo is UTC
    assert Said({"a": "soon", "b": value}).at("a", "b", "c") == read


SAID = Said(
    {
        "text": " x ", "blank": " ", "number": 7, "zero": 0, "half": 0.5, "yes": True, "one": 1, "null": None,
        "object": {"a": 1, "b": {"c": "deep"}, "d": None, "e": ["x"]},
        "rows": [{"name": "k", "value": 3}, {"name": "", "value": "v"}, {"name": "n", "value": ""}, "x", None],
        "holes": {"0": {"key": "a", "value": "1"}, "5": {"key": "b", "value": "2"}, "9": 7},
    }
)  # fmt: skip


@pytest.mark.rule("S17")
def test_what_is_missing_or_of_another_type_is_empty() -> None:
    names = ("text", "blank", "number", "zero", "half", "yes", "null", "object", "rows", "nowhere")
    assert [SAID.text(one) for one in names] == ["x", "", "7", "0", "0.5", "", "", "", "", ""]
    assert SAID.text("nowhere", "blank", "number", "text") == "7"
    assert SAID.text() == ""
    assert [one for one in SAID.given if SAID.true(one)] == ["yes"]
    assert [one for one in (*SAID.given, "nowhere") if not SAID.has(one)] == ["null", "nowhere"]
    assert [one for one in (*SAID.given, "nowhere") if SAID.lost(one)] == ["null"]
    assert SAID.thing("object", "b").text("c") == "deep"
    assert SAID.thing().given == SAID.given
    assert [SAID.thing(*path).given for path in (("text",), ("object", "a"), ("object", "x", "y"))] == [
        {},
        {},
        {},
    ]
    assert [len(SAID.things(one)) for one in ("rows", "holes", "text", "nowhere")] == [3, 2, 0, 0]
    assert SAID.texts("object") == {"a": "1", "b": "", "d": "", "e": ""}
    assert SAID.texts("text") == {}
    assert SAID.pairs("rows") == {"k": "3"}
    assert SAID.pairs("holes", "key") == {"a": "1", "b": "2"}


@pytest.mark.rule("S17")
def test_what_is_needed_is_named_where_it_lacks_and_never_shown() -> None:
    assert SAID.needed("zero") == "0"
    for name in ("blank", "nowhere", "object"):
        with pytest.raises(PayloadUnreadable) as lacking:
            SAID.needed(name)
        assert (lacking.value.code, lacking.value.details) == ("payload_unreadable", {"where": name})
    assert "deep" not in repr(SAID)


@pytest.mark.rule("S13")
@pytest.mark.parametrize(
    ("value", "pieces"),
    [
        (None, 1), ("", 1), (1, 1), ("3", 3), (2.0, 2), ("10000", 10_000),
        (0, None), (-1, None), (1.5, None), ("0.5", None), (10_001, None), ("x", None), ([], None), ("nan", None),
        ("1e999", None),
    ],
)  # fmt: skip
def test_pieces_are_a_whole_number_from_one_to_ten_thousand(value: object, pieces: int | None) -> None:
    figures = Figures("EUR")
    assert figures.pieces(Said({"quantity": value})) == (pieces or 0)
    assert figures.odd == ([] if pieces else ["quantity"])
    assert figures.first_odd == ("" if pieces else "quantity")
    assert Figures("EUR").pieces(Said({"qty": "4"}), "qty") == 4


@pytest.mark.rule("S13")
@pytest.mark.parametrize(
    ("value", "currency", "money"),
    [
        (None, "EUR", 0),
        ("", "EUR", 0),
        ("10.00", "EUR", 1000),
        (10, "JPY", 10),
        ("-1.5", "EUR", -150),
        ("x", "EUR", None),
    ],
)
def test_a_figure_that_makes_no_sense_is_named_and_the_first_of_them_is_told(
    value: object, currency: str, money: int | None
) -> None:
    figures = Figures(currency)
    assert figures.money(Said({"total": value}), "total") == (money or 0)
    assert figures.odd == (["total"] if money is None else [])
    figures.money(Said({"tax": "y"}), "tax")
    assert figures.first_odd == ("total" if money is None else "tax")


@pytest.mark.rule("S2", "S21")
@pytest.mark.parametrize(
    ("known", "ignored", "picked"),
    [
        (["SKU", "B"], (), "SKU"),
        (["", "0", "B"], (), "B"),
        (["x", "B"], (), "B"),
        (["x", "y"], (), "x"),
        (["x", "gift"], ("gift",), "gift"),
        (["0"], (), ""),
        ([], (), ""),
    ],
)
def test_of_a_lines_references_the_one_that_the_file_names_counts_and_else_the_first(
    known: list[str], ignored: tuple[str, ...], picked: str
) -> None:
    assert pick(known, {"SKU": 1, "B": 2, "0": 3}, ignored) == picked


def declared(metadata: dict[str, str], written: str = "", **changes: Any) -> list[tuple[str, str]]:
    return [(one.email, one.kind) for one in people_in(metadata, DeclaredIn(**changes), written)]


@pytest.mark.rule("S2")
def test_people_are_declared_in_pieces_by_number_and_in_the_note_only_if_so_configured() -> None:
    def row(name: str) -> str:
        return f"M,{name.upper()},{name}@x.example"

    def mail(name: str, kind: str = "learner") -> tuple[str, str]:
        return f"{name}@x.example", kind

    pieces = {"Learners_10": row("c"), "learners_2": row("b"), "learners": row("a"), "learnersX": row("z"),
              "xlearners": row("z"), "learners_12345": row("z"), "learners_": row("z")}  # fmt: skip
    assert declared(pieces) == [mail("a"), mail("b"), mail("c")]
    assert declared({"learners_1": row("k"), "learners": row("z")}) == [mail("z"), mail("k")]
    assert declared({"tutors": row("t"), "learners": row("a")}) == [mail("a"), mail("t", "tutor")]
    assert declared({"learners": row("a")}, tutors="", learners="") == []
    assert declared({"who": row("a")}, learners="who") == [mail("a")]
    assert declared({"learners": row("a"), "tutors": row("a")}) == [mail("a", "tutor")]
    assert declared({}, row("n")) == []
    assert declared({"learners": row("a")}, row("n"), note=True) == [mail("a"), mail("n")]
    assert declared({}, " \n", note=True) == []


@pytest.mark.rule("S2", "S13")
@pytest.mark.parametrize(
    ("text", "lines"),
    [
        ("SKU:2,OTHER", [("m1", "SKU", 2, ""), ("m2", "OTHER", 1, "")]),
        (" SKU : 3 ,, B ", [("m1", "SKU", 3, ""), ("m2", "B", 1, "")]),
        ("a:b:4", [("m1", "a:b", 4, "")]),
        ("SKU:", [("m1", "SKU", 1, "")]),
        ("SKU:0,B:x", [("m1", "SKU", 0, "quantity"), ("m2", "B", 0, "quantity")]),
        ("", None),
        (" , ", None),
    ],
)
def test_lines_written_as_text_are_references_with_their_pieces(
    text: str, lines: list[tuple[str, str, int, str]] | None
) -> None:
    found = lines_in(text)
    assert (found and [(one.id, one.product, one.quantity, one.odd) for one in found]) == lines


@pytest.mark.rule("S2")
def test_people_declared_with_the_whole_order_sit_on_its_first_training() -> None:
    ana, bob = Participant("a@x", "A", "M"), Participant("b@x", "B", "M")
    lines = (Line("1", "gift"), Line("2", "SPOC", participants=(ana,)), Line("3", "SPOC"))

    def seated(products: set[str]) -> list[tuple[Participant, ...]]:
        return [one.participants for one in peopled(lines, (bob,), products)]

    assert seated({"SPOC"}) == [(), (ana, bob), ()]
    assert seated({"gift", "SPOC"}) == [(bob,), (ana,), ()]
    assert seated(set()) == [(bob,), (ana,), ()]
    assert peopled(lines, (), {"SPOC"}) == lines
    assert peopled((), (bob,), {"SPOC"}) == ()


@pytest.mark.rule("S2")
@pytest.mark.parametrize(
    ("typed", "first", "last"),
    [
        ("Rose Humbert", "Rose", "Humbert"),
        (" Rose de la Tour ", "Rose", "de la Tour"),
        ("Rose", "", "Rose"),
        ("", "", ""),
    ],
)
def test_a_name_typed_into_one_field_is_a_first_name_and_the_rest(typed: str, first: str, last: str) -> None:
    assert split_name(typed) == (first, last)


@pytest.mark.rule("S12", "S17")
@pytest.mark.parametrize(
    ("status", "error"),
    [
        (200, None), (302, None), (399, None), (400, ShopRefused), (401, ShopRefused), (404, ShopRefused),
        (428, ShopRefused), (429, ShopAway), (430, ShopRefused), (499, ShopRefused), (500, ShopAway), (503, ShopAway),
        (599, ShopAway),
    ],
)  # fmt: skip
def test_a_shop_that_is_busy_or_broken_is_asked_again_and_one_that_refuses_is_not(
    status: int, error: Any
) -> None:
    if error is None:
        check("boutique", status)
        return
    with pytest.raises(error) as raised:
        check("boutique", status)
    assert isinstance(raised.value, TryAgain if error is ShopAway else GiveUp)
    if error is ShopRefused:
        assert (raised.value.code, raised.value.details) == (
            "shop_refused",
            {"shop": "boutique", "status": status},
        )
    else:
        assert (raised.value.shop, str(raised.value)) == ("boutique", "boutique is away")


@pytest.mark.rule("S17")
def test_an_id_in_a_path_is_one_or_is_hashed() -> None:
    assert SECONDS == (5, 20)
    for good in ("A-z_09", "x" * 128):
        assert safe(good) == good
    for bad in ("", "x" * 129, "a/b", "a b", "é", "a\n", "..", "a?b"):
        assert safe(bad) == hashlib.sha256(bad.encode()).hexdigest()
    assert reference(Order(id="b:a:1", shop="b", received_at=AT)) == "a:1"


@pytest.mark.rule("S12", "S17")
def test_a_shop_is_asked_without_redirects_and_without_what_the_machine_knows(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "netrc").write_text("machine 127.0.0.1 login root password hush\n")
    monkeypatch.setenv("NETRC", str(tmp_path / "netrc"))
    monkeypatch.setenv("HTTP_PROXY", "http://127.0.0.1:9")
    moved = says(reply("302 Found", body=b"", Location="http://127.0.0.1:9/x"))
    answers = [says(reply(body=b'{"a": 1}')), says(reply(body=b"")), moved, says(reply(body=b"<html>")), cut]
    with serving(*answers, says(reply(body=b"[2]")), says(reply("404 Not Found", body=b"{}"))) as server:
        send = sender("boutique")
        assert send("GET", f"{server.url}/a", headers={"X-Own": "1"}) == (200, {"a": 1})
        assert send("POST", server.url, headers={}, form={"a": "é"}) == (200, None)
        assert send("POST", server.url, headers={}, body={"a": 1}) == (302, None)
        for _ in range(2):
            with pytest.raises(ShopAway, match="boutique is away") as away:
                send("GET", server.url, headers={"Authorization": "Bearer hush"})
            assert away.value.__cause__ is None
        assert send("POST", server.url, headers={}, body=b'{"raw": 1}') == (200, [2])
        assert send("GET", server.url, headers={}) == (404, {})
    sent = [one.lower() for one in server.requests]
    assert b"x-own: 1" in sent[0]
    assert b"authorization" not in sent[0]
    assert sent[1].endswith(b"a=%c3%a9")
    assert b"application/json" in sent[2]
    assert b"\r\ncontent-type: application/json\r\n" in sent[5]
    assert sent[5].endswith(b'{"raw": 1}')
    assert len(sent) == 7


@pytest.mark.rule("S12")
def test_a_token_of_an_api_is_asked_for_once_and_again_a_minute_before_its_end(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    now = [0.0]
    monkeypatch.setattr("passerelle.shops.vendor.time.monotonic", lambda: now[0])
    asked: list[float] = []

    def fetch() -> tuple[str, float]:
        asked.append(now[0])
        return f"t{len(asked)}", 300.0

    shop = a_shop(api=ShopApi(url="https://shop.example/X/"))
    api = Api("b", shop, vendor("standard"), "id:é", lambda *_a, **_k: (200, None))
    assert api.address == "https://shop.example/X"
    assert api.basic() == "Basic aWQ6w6k="
    for at, token in ((0.0, "t1"), (239.9, "t1"), (240.0, "t2"), (479.9, "t2")):
        now[0] = at
        assert api.bearer(fetch) == f"Bearer {token}"
    assert asked == [0.0, 240.0]


@pytest.mark.rule("S12", "S17")
def test_a_delivery_is_the_same_one_by_what_its_shop_says_or_by_its_bytes() -> None:
    shop = a_shop(kind="standard")
    body = json.dumps({"type": "order.paid", "data": {}}).encode()
    digest = hashlib.sha256(b"[1]").hexdigest()
    assert named(shop, {}, b"[1]") == Verified(f"unreadable:{digest}", "", readable=False, body=b"[1]")
    assert named(shop, {"webhook-id": "msg_1"}, body) == Verified("msg_1", "order.paid", body=body)
    for length, kept in ((200, True), (201, False)):
        event = named(shop, {"webhook-id": "m" * length}, body).event
        assert event == ("m" * length if kept else hashlib.sha256(b"m" * length).hexdigest())
    long = json.dumps({"type": "t" * 101, "data": {}}).encode()
    assert named(shop, {"webhook-id": "m"}, long).topic == "t" * 100
    assert document_of(b'{"a": 1}') == {"a": 1}
    assert [document_of(one) for one in (b"[]", b"{", b"\xff", b"[" * 100_000, b"null")] == [None] * 5


@pytest.mark.rule("S12")
def test_every_kind_of_shop_is_a_module_of_its_own_and_another_is_named_with_those_there_are() -> None:
    kinds = ["paypal", "shopify", "standard", "stripe", "woocommerce"]
    assert sorted(MODULES) == kinds
    assert [vendor(one).kind for one in kinds] == kinds
    with pytest.raises(GiveUp) as unknown:
        vendor("x")
    assert (unknown.value.code, unknown.value.details) == (
        "shop_kind_unknown",
        {"kind": "x", "known": "paypal, shopify, standard, stripe, woocommerce"},
    )
    assert moment("2026-10-05T08:00:00+00:30") == AT.astimezone(timezone(timedelta(minutes=30))) - timedelta(
        minutes=30
    )
