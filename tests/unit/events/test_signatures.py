from __future__ import annotations

import base64
from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import example, given
from hypothesis import strategies as st
from standardwebhooks import Webhook
from standardwebhooks.webhooks import WebhookVerificationError

from passerelle.events.signatures import ClockWrong, SignatureRefused, read_secret, sign, verify

NOW = datetime(2026, 10, 5, 8, 0, tzinfo=UTC)
KEY = b"0123456789abcdef0123456789abcdef"
OTHER = b"fedcba9876543210fedcba9876543210"
BODY = '{"title": "Chimie générale"}'.encode()


def secret(key: bytes) -> str:
    return "whsec_" + base64.b64encode(key).decode()


def signed(key: bytes = KEY, at: datetime = NOW, body: bytes = BODY) -> dict[str, str]:
    return sign(key, "msg_1", at, body)


def test_what_we_sign_the_library_accepts() -> None:
    now = datetime.now(UTC)
    Webhook(secret(KEY)).verify(BODY, signed(at=now))


def test_what_the_library_signs_we_accept() -> None:
    signature = Webhook(secret(KEY)).sign("msg_1", NOW, BODY.decode())
    headers = {
        "webhook-id": "msg_1",
        "webhook-timestamp": str(int(NOW.timestamp())),
        "webhook-signature": signature,
    }
    assert verify(headers, BODY, [KEY], NOW) == "msg_1"


@given(st.binary(min_size=16, max_size=64), st.text(max_size=200))
def test_we_and_the_library_agree_on_every_key_and_body(key: bytes, text: str) -> None:
    body = text.encode("utf-8", "replace")
    ours = sign(key, "msg_1", NOW, body)["webhook-signature"]
    assert ours == Webhook(secret(key)).sign("msg_1", NOW, body.decode())


def test_both_refuse_a_body_altered_by_one_byte() -> None:
    now = datetime.now(UTC)
    with pytest.raises(WebhookVerificationError):
        Webhook(secret(KEY)).verify(BODY + b" ", signed(at=now))
    with pytest.raises(SignatureRefused):
        verify(signed(at=now), BODY + b" ", [KEY], now)


@pytest.mark.parametrize(("seconds", "minutes"), [(-360, "6"), (360, "6"), (301, "5"), (86_400, "1440")])
def test_a_clock_that_is_further_off_is_told_that_it_is_the_clock(seconds: int, minutes: str) -> None:
    with pytest.raises(ClockWrong) as told:
        verify(signed(), BODY, [KEY], NOW + timedelta(seconds=seconds))
    assert (told.value.code, told.value.details) == ("clock_wrong", {"minutes": minutes})


def test_whose_signature_does_not_fit_is_told_nothing_of_clocks() -> None:
    with pytest.raises(SignatureRefused) as told:
        verify(signed(OTHER), BODY, [KEY], NOW + timedelta(minutes=6))
    assert not isinstance(told.value, ClockWrong)


@pytest.mark.parametrize("seconds", [-300, 0, 300])
def test_a_clock_may_be_five_minutes_off_either_way(seconds: int) -> None:
    assert verify(signed(), BODY, [KEY], NOW + timedelta(seconds=seconds)) == "msg_1"


@pytest.mark.parametrize("seconds", [-301, 301, 86_400 * 365])
def test_a_request_older_or_newer_than_five_minutes_is_refused(seconds: int) -> None:
    with pytest.raises(SignatureRefused):
        verify(signed(), BODY, [KEY], NOW + timedelta(seconds=seconds))


def test_while_a_secret_is_changed_both_are_accepted() -> None:
    assert verify(signed(KEY), BODY, [OTHER, KEY], NOW)
    assert verify(signed(OTHER), BODY, [OTHER, KEY], NOW)


def crowded(others: int) -> dict[str, str]:
    """Signed, behind so many signatures of somebody else."""
    headers = signed()
    strange = signed(OTHER)["webhook-signature"]
    return headers | {"webhook-signature": " ".join([*[strange] * others, headers["webhook-signature"]])}


def test_a_header_full_of_signatures_is_no_rotation() -> None:
    with pytest.raises(SignatureRefused) as refused:
        verify(crowded(10), BODY, [KEY], NOW)
    assert (refused.value.code, refused.value.details) == ("signature", {})


def test_one_of_several_signatures_is_enough() -> None:
    headers = signed()
    assert verify(crowded(9), BODY, [KEY], NOW)
    headers["webhook-signature"] = (
        f"v1a,ed25519 {signed(OTHER)['webhook-signature']} {headers['webhook-signature']}"
    )
    assert verify(headers, BODY, [KEY], NOW)


def test_a_signature_of_another_version_is_none() -> None:
    headers = signed()
    headers["webhook-signature"] = headers["webhook-signature"].replace("v1,", "v2,")
    with pytest.raises(SignatureRefused):
        verify(headers, BODY, [KEY], NOW)


@pytest.mark.parametrize("missing", ["webhook-id", "webhook-timestamp", "webhook-signature"])
def test_a_missing_header_is_refused(missing: str) -> None:
    headers = signed()
    del headers[missing]
    with pytest.raises(SignatureRefused):
        verify(headers, BODY, [KEY], NOW)


@pytest.mark.parametrize("seconds", ["", "soon", "1e3", "-5", "٣٠٠", "9" * 30, "999999999999"])
def test_a_timestamp_that_is_no_moment_is_refused_even_when_signed(seconds: str) -> None:
    from passerelle.events import signatures

    headers = signed() | {"webhook-timestamp": seconds}
    headers["webhook-signature"] = "v1," + signatures._signature(KEY, "msg_1", seconds, BODY)
    with pytest.raises(SignatureRefused):
        verify(headers, BODY, [KEY], NOW)


@pytest.mark.parametrize("request_id", ["", " ", "a b", "x" * 129, "é", "a\n"])
def test_a_request_id_that_no_store_could_keep_is_refused(request_id: str) -> None:
    with pytest.raises(SignatureRefused):
        verify(sign(KEY, request_id, NOW, BODY), BODY, [KEY], NOW)


def test_without_any_key_nothing_fits() -> None:
    with pytest.raises(SignatureRefused):
        verify(signed(), BODY, [], NOW)


@pytest.mark.parametrize(
    "text",
    [
        "whsec_" + base64.b64encode(KEY).decode(),
        "whsec_" + base64.b64encode(KEY).decode().rstrip("="),
        f"\n whsec_{base64.b64encode(KEY).decode()} \n",
        "whsec_" + base64.b64encode(KEY).decode() + "====",
    ],
)
def test_a_secret_is_read_with_or_without_padding_and_edges(text: str) -> None:
    assert read_secret(text) == KEY


@given(st.binary(min_size=16, max_size=64))
@example(b"k" * 17 + b"W")  # its last letter is an X
def test_any_key_is_read_back_from_its_secret(key: bytes) -> None:
    assert read_secret(secret(key)) == read_secret(secret(key).rstrip("=")) == key


@pytest.mark.parametrize("header", ["webhook-id", "webhook-timestamp", "webhook-signature"])
def test_a_header_that_is_no_text_is_refused(header: str) -> None:
    headers = signed()
    with pytest.raises(SignatureRefused):
        verify(headers | {header: headers[header] + "\ud800"}, BODY, [KEY], NOW)


@pytest.mark.parametrize(
    "text",
    [
        "",
        "whsec_",
        "whsec_c2hvcnQ=",
        "whsec_!!!",
        base64.b64encode(KEY).decode(),
        secret(b"k" * 15),
        f"whsec_!!!!{base64.b64encode(KEY).decode()}",
    ],
)
def test_what_is_no_secret_is_refused_without_being_shown(text: str) -> None:
    with pytest.raises(ValueError) as caught:
        read_secret(text)
    assert not text or text not in str(caught.value) or text == "whsec_"
    assert caught.value.__cause__ is None
