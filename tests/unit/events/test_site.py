from __future__ import annotations

import base64
import json
from datetime import UTC, datetime
from typing import Any

import pytest

from passerelle.domain.site_commands import AskRetrieval, OpenUpload, ReportJobs, SearchCatalogue
from passerelle.events.bodies import BODY_LIMIT, BodyTooLarge
from passerelle.events.signatures import SignatureRefused, sign
from passerelle.events.site import (
    TEXT_LIMIT,
    FieldRefused,
    SiteRequest,
    read_command,
    read_request,
    read_signed,
)

NOW = datetime(2026, 10, 5, 8, 0, tzinfo=UTC)
KEY = b"0123456789abcdef0123456789abcdef"
PERSON = {"username": "ada", "email": "ada@caen.example", "firstname": "Ada", "lang": "fr"}
UPLOAD: dict[str, Any] = {
    "site": "caen",
    "type": "uploads",
    "intent": "share",
    "courseid": 12,
    "idnumber": "CHIM1",
    "fullname": "Chimie générale",
    "shortname": "CHIM1",
    "filesize": 1000,
    "sha256": "ab" * 32,
    "lastchange": 1_790_000_000,
    "person": PERSON,
    "users": False,
}


def request(document: object = UPLOAD, route: str = "uploads", site: str = "caen", **ids: str) -> SiteRequest:
    body = document if isinstance(document, bytes) else json.dumps(document).encode()
    return SiteRequest(route, site, ids, sign(KEY, "msg_1", NOW, body), body)


def command(document: object = UPLOAD, route: str = "uploads", **ids: str) -> Any:
    return read_command(read_signed(request(document, route, **ids), [KEY], NOW))


def refused_field(document: dict[str, Any], route: str = "uploads", **ids: str) -> FieldRefused:
    with pytest.raises(FieldRefused) as caught:
        command({"site": "caen", "type": route} | ids | document, route, **ids)
    return caught.value


def test_a_signed_body_becomes_the_command_it_asks_for() -> None:
    asked = command()
    assert isinstance(asked, OpenUpload)
    assert (asked.request, asked.site, asked.courseid, asked.lastchange) == (
        "msg_1",
        "caen",
        12,
        1_790_000_000,
    )
    assert asked.person is not None
    assert (asked.person.username, asked.lang) == ("ada", "fr")


def test_the_request_is_the_webhook_id_whatever_the_body_says() -> None:
    assert command(UPLOAD | {"request": "another"}).request == "msg_1"


def test_nested_objects_and_lists_are_typed() -> None:
    asked = command(
        {
            "site": "caen",
            "type": "retrievals",
            "action": "start",
            "publication": "p1",
            "person": PERSON,
            "target": {"mode": "merge", "courseid": 7, "idnumber": "X", "confirmed": True},
        },
        "retrievals",
    )
    assert isinstance(asked, AskRetrieval)
    assert (asked.target.mode, asked.target.courseid, asked.target.confirmed) == ("merge", 7, True)


def test_jobs_are_read_by_their_keys_only() -> None:
    job = {
        "jobkey": "pub:p1",
        "status": "done",
        "map": [{"kind": "course", "old": 1, "new": 2}],
        "progress": 1.0,
    }
    asked = command({"site": "caen", "type": "jobs", "jobs": [job]}, "jobs")
    assert isinstance(asked, ReportJobs)
    assert [reported.jobkey for reported in asked.jobs] == ["pub:p1"]


def test_a_search_without_a_person_is_well_formed() -> None:
    asked = command({"site": "caen", "type": "catalogue", "query": "chimie"}, "catalogue")
    assert isinstance(asked, SearchCatalogue)
    assert (asked.limit, asked.person) == (20, None)


@pytest.mark.parametrize(
    ("document", "route", "ids"),
    [
        (UPLOAD | {"site": "lille"}, "uploads", {}),
        (UPLOAD | {"type": "parts"}, "uploads", {}),
        ({name: value for name, value in UPLOAD.items() if name != "site"}, "uploads", {}),
        ({name: value for name, value in UPLOAD.items() if name != "type"}, "uploads", {}),
        ({"site": "caen", "type": "complete", "upload": "u2"}, "complete", {"upload": "u1"}),
        ({"site": "caen", "type": "complete"}, "complete", {"upload": "u1"}),
        ({"site": "caen", "type": "source", "jobkey": "pub:2"}, "source", {"jobkey": "pub:1"}),
    ],
)
def test_a_body_that_differs_from_its_path_is_as_good_as_unsigned(
    document: dict[str, Any], route: str, ids: dict[str, str]
) -> None:
    with pytest.raises(SignatureRefused):
        read_signed(request(document, route, **ids), [KEY], NOW)


def test_the_signature_is_looked_at_before_the_body() -> None:
    body = b"this is no JSON"
    headers = sign(b"another key of 32 bytes, as it is", "msg_1", NOW, body)
    with pytest.raises(SignatureRefused):
        read_signed(SiteRequest("uploads", "caen", {}, headers, body), [KEY], NOW)


@pytest.mark.parametrize("body", [b"", b"[]", b"7", b"{", b"\xff\xfe", b'{"a":' * 5000])
def test_a_signed_body_that_is_no_json_object_says_so(body: bytes) -> None:
    with pytest.raises(FieldRefused) as caught:
        read_signed(request(body), [KEY], NOW)
    assert caught.value.misfit.kind == "not_json"


@pytest.mark.parametrize(
    ("change", "field"),
    [
        ({"courseid": "twelve"}, "courseid"),
        ({"courseid": -1}, "courseid"),
        ({"courseid": 2**60}, "courseid"),
        ({"intent": "keep"}, "intent"),
        ({"idnumber": "  "}, "idnumber"),
        ({"idnumber": "x" * 101}, "idnumber"),  # Moodle keeps 100, and a key of the table has a limit
        ({"sha256": "AB" * 32}, "sha256"),
        ({"filesize": 0}, "filesize"),
        ({"fullname": None}, "fullname"),
        ({"fullname": "x" * (TEXT_LIMIT + 1)}, "fullname"),
        ({"fullname": "\ud800"}, "fullname"),
        ({"lastchange": 10**15}, "lastchange"),
        ({"lastchange": float("nan")}, "lastchange"),
        ({"person": {"username": 7}}, "person.username"),
        ({"person": {}}, "person.username"),
        ({"person": "ada"}, "person"),
    ],
)
def test_a_field_that_does_not_fit_is_named(change: dict[str, Any], field: str) -> None:
    assert refused_field(UPLOAD | change).misfit.field == field


def test_a_missing_field_is_named_in_both_languages() -> None:
    refusal = refused_field({name: value for name, value in UPLOAD.items() if name != "sha256"})
    assert refusal.misfit.field == "sha256"
    assert refusal.misfit.worded("fr") == "il manque"
    assert refusal.misfit.worded("en") == "it is missing"


def test_an_element_of_a_list_is_named_by_its_place() -> None:
    assert refused_field({"parts": [1, "two"]}, "parts", upload="u1").misfit.field == "parts[1]"


def test_more_than_a_hundred_parts_are_refused() -> None:
    refusal = refused_field({"parts": list(range(1, 102))}, "parts", upload="u1")
    assert (refusal.misfit.field, refusal.misfit.worded("fr")) == ("parts", "100 au plus à la fois")


@pytest.mark.parametrize("upload", ["a/b", "a#b", "x" * 101, "é", "a b"])
def test_an_id_that_could_name_something_else_in_the_store_is_refused(upload: str) -> None:
    assert refused_field({}, "complete", upload=upload).misfit.field == "upload"


@pytest.mark.parametrize(
    "change", [{"courseid": "secret-word"}, {"intent": "secret-word"}, {"sha256": "secret-word"}]
)
def test_a_refusal_never_quotes_the_value(change: dict[str, Any]) -> None:
    refusal = refused_field(UPLOAD | change)
    assert refusal.__cause__ is None
    assert refusal.__context__ is None
    for text in (
        str(refusal),
        repr(refusal.misfit),
        refusal.misfit.worded("fr"),
        refusal.misfit.worded("en"),
    ):
        assert "secret-word" not in text


def event(body: str, **changes: Any) -> dict[str, Any]:
    return {"headers": {"Webhook-Id": "msg_1"}, "pathParameters": {"site": "caen"}, "body": body} | changes


def test_headers_are_known_without_case_and_bodies_as_bytes() -> None:
    read = read_request(event('{"a": "é"}'), "uploads")
    assert read.headers == {"webhook-id": "msg_1"}
    assert read.body == '{"a": "é"}'.encode()


def test_a_base64_body_is_decoded() -> None:
    read = read_request(event(base64.b64encode(b"{}").decode(), isBase64Encoded=True), "uploads")
    assert read.body == b"{}"


def test_a_jobkey_arrives_readable_whether_the_gateway_decoded_it_or_not() -> None:
    for jobkey in ("pub:p1", "pub%3Ap1"):
        read = read_request(event("{}", pathParameters={"site": "caen", "jobkey": jobkey}), "source")
        assert read.ids == {"jobkey": "pub:p1"}


@pytest.mark.parametrize(
    "body", ["x" * (BODY_LIMIT + 1), "é" * (BODY_LIMIT // 2 + 1), "x" * (3 * BODY_LIMIT)]
)
def test_a_body_over_one_mebibyte_is_refused_unread(body: str) -> None:
    with pytest.raises(BodyTooLarge):
        read_request(event(body), "uploads")


def test_a_base64_body_over_one_mebibyte_is_refused_too() -> None:
    body = base64.b64encode(b"x" * (BODY_LIMIT + 1)).decode()
    with pytest.raises(BodyTooLarge):
        read_request(event(body, isBase64Encoded=True), "uploads")


def test_a_body_of_exactly_one_mebibyte_is_read() -> None:
    assert len(read_request(event("x" * BODY_LIMIT), "uploads").body) == BODY_LIMIT


def test_a_body_that_is_no_base64_cannot_have_been_signed() -> None:
    with pytest.raises(SignatureRefused):
        read_request(event("é!", isBase64Encoded=True), "uploads")


def test_what_is_not_asked_for_may_be_of_any_size() -> None:
    job = {"jobkey": "pub:p1", "warnings": [{"code": "x", "message": "é" * (TEXT_LIMIT + 1)}], "courseid": -1}
    assert command({"site": "caen", "type": "jobs", "jobs": [job]}, "jobs").jobs[0].jobkey == "pub:p1"
