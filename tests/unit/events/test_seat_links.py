"""The buyer's link opens one order until its day, and nothing that was altered, revoked or guessed (S18)."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from passerelle.events.seats import Link, LinkDead, _encoded, _mac, form_mark, mark_fits, read_link, sign_link

pytestmark = pytest.mark.rule("S18")
NOW = datetime(2026, 10, 5, 8, 0, tzinfo=UTC)
LATER = NOW + timedelta(seconds=1)
KEY, OTHER = b"k" * 32, b"o" * 32


def opens(token: str, *keys: bytes, now: datetime = NOW) -> Link | None:
    try:
        return read_link(token, keys or (KEY,), now)
    except LinkDead:
        return None


@given(st.text(st.characters(exclude_categories=["Cs"]), max_size=60), st.integers(0, 10**6))
@example("b:#7", 0)
@example("#", 3)
def test_a_link_opens_the_order_and_the_serial_that_it_was_made_for(order: str, serial: int) -> None:
    token = sign_link(KEY, order, LATER, serial)
    assert opens(token) == Link(order, serial)
    assert "=" not in token


def test_a_link_lives_until_its_second_and_not_in_it() -> None:
    token = sign_link(KEY, "b:1", LATER)
    assert opens(token) == Link("b:1", 0)
    assert opens(token, now=LATER - timedelta(microseconds=1))
    assert opens(token, now=LATER) is None


def test_a_link_whose_order_is_spelled_with_any_last_letter_opens_it() -> None:
    for last in "ABCDEFGHIJKLMNOPQRSTUVWXYZ":
        assert opens(sign_link(KEY, f"b:{last}", LATER)) == Link(f"b:{last}")


def test_links_of_an_earlier_release_still_open() -> None:
    assert sign_link(KEY, "b:1", NOW) == "Yjox.6ac35900.d9l0YicBDIqXJzR-HB_yVQNh"
    assert sign_link(KEY, "b:1", NOW, 2).startswith("YjoxIzI.")
    assert form_mark(KEY, "x") == "uWkMcSZ0wdQ_3IT8TxJ9V3vO"


def test_a_link_of_another_key_or_altered_by_one_letter_is_dead() -> None:
    token = sign_link(KEY, "b:1", LATER, 3)
    assert opens(token, OTHER) is None
    assert opens(token, OTHER, KEY) == opens(token, KEY, OTHER) == Link("b:1", 3)
    with pytest.raises(LinkDead) as dead:
        read_link(token, (), NOW)
    assert (dead.value.code, dead.value.details) == ("seats_link_dead", {})
    for place, letter in enumerate(token):
        for instead in {"A", "B", ".", "é", "\ud800"} - {letter}:
            assert opens(token[:place] + instead + token[place + 1 :]) is None
    for part in ("", ".", "..", token[:-1], token + "A", token.rpartition(".")[0]):
        assert opens(part) is None


@pytest.mark.parametrize(
    "said", ["Yjox", "Yjox.", "Yjox.zz", "Yjox.-1", "_w.7fffffff", "Yjox." + "f" * 20, "Yjox." + "f" * 15]
)
def test_what_is_signed_but_is_no_link_is_dead(said: str) -> None:
    assert opens(f"{said}.{_encoded(_mac(KEY, 'seats', said))}") is None


@pytest.mark.parametrize(("serial", "read"), [("#x", 0), ("#", 0), ("#-1", 0), ("#07", 7), ("#a#2", 2)])
def test_a_serial_that_is_no_number_is_the_first(serial: str, read: int) -> None:
    said = f"{_encoded(f'b:1{serial}'.encode())}.7fffffff"
    assert opens(f"{said}.{_encoded(_mac(KEY, 'seats', said))}") == Link(
        "b:1#a" if "#a" in serial else "b:1", read
    )


def test_no_link_is_longer_than_four_hundred_letters() -> None:
    """400 with an order of 275 letters; the next longer one is refused though its signature fits."""
    lengths = {size: sign_link(KEY, "x" * size, LATER) for size in range(270, 285)}
    assert {len(token) for token in lengths.values()} >= {400}
    for token in lengths.values():
        assert (opens(token) is not None) is (len(token) <= 400)


def test_a_forms_mark_fits_its_own_link_under_either_key_and_is_no_signature() -> None:
    token = sign_link(KEY, "b:1", LATER)
    mark = form_mark(KEY, token)
    assert mark_fits((OTHER, KEY), token, mark)
    assert mark_fits((KEY, OTHER), token, mark)
    assert not mark_fits((OTHER,), token, mark)
    assert not mark_fits((), token, mark)
    assert not mark_fits((KEY,), token + "x", mark)
    assert not any(mark_fits((KEY,), token, given) for given in ("", mark[:-1], mark + "A", "é", "\ud800"))
    assert mark != token.rpartition(".")[2]
