from __future__ import annotations

import base64
import json
from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest

from passerelle.errors import (
    Conflict,
    GiveUp,
    MoodleAway,
    MoodleRefused,
    NotFound,
    Refused,
    SpeaksOtherwise,
    TryAgain,
)
from passerelle.events.bodies import BODY_LIMIT
from passerelle.events.signatures import sign
from passerelle.runtime.doors import SiteDoor
from passerelle.runtime.site_door import answer_site
from tests.fakes.references import FakeReferences
from tests.fakes.requests import FakeRequests

KEY = b"0123456789abcdef0123456789abcdef"
PERSON = {
    "username": "ada",
    "email": "ada@caen.example",
    "firstname": "Ada",
    "lastname": "Byron",
    "lang": "fr",
}
UPLOAD: dict[str, Any] = {
    "site": "caen",
    "type": "uploads",
    "intent": "share",
    "courseid": 12,
    "idnumber": "CHIM1",
    "fullname": "Chimie",
    "shortname": "CHIM1",
    "filesize": 1000,
    "sha256": "ab" * 32,
    "person": PERSON,
}


class Site:
    """A Moodle that signs and asks."""

    def __init__(self, world, clock, context, payload) -> None:
        self.clock, self.context, self.payload = clock, context, payload
        self.requests = FakeRequests(clock)
        self.calls: list[Any] = []
        self.door = SiteDoor(world, self.requests, lambda site: (KEY,) if site == "caen" else (b"x" * 32,))

    def ask(
        self,
        document=UPLOAD,
        usecase=None,
        *,
        route="uploads",
        key=KEY,
        request_id="msg_1",
        path=None,
        **more,
    ):
        body = document if isinstance(document, bytes) else json.dumps(document).encode()
        event = self.payload | {
            "headers": self.payload["headers"] | sign(key, request_id, self.clock.now(), body),
            "pathParameters": {"site": "caen"} | (path or {}),
            "body": body.decode(),
        }
        response = answer_site(event | more, self.context, route, usecase or self.done, lambda: self.door)
        return response["statusCode"], json.loads(response["body"]), response["headers"]

    def done(self, world, command) -> dict[str, object]:
        self.calls.append(command)
        return {"upload": f"u{len(self.calls)}"}

    def refused(self, error: Exception, **changes: Any):
        def refuse(world, command):
            raise error

        return self.ask(UPLOAD | changes, refuse)


@pytest.fixture
def site(world, clock, context, lines, recorded) -> Site:
    return Site(world, clock, context, recorded("api_gateway_uploads.json"))


def test_a_signed_request_is_answered_by_its_use_case(site) -> None:
    status, body, headers = site.ask()
    assert (status, body) == (200, {"upload": "u1"})
    assert headers["cache-control"] == "no-store"
    assert site.calls[0].courseid == 12


def test_a_body_that_the_gateway_encoded_is_understood(site) -> None:
    body = json.dumps(UPLOAD).encode()
    status, _, _ = site.ask(body, body=base64.b64encode(body).decode(), isBase64Encoded=True)
    assert status == 200


def test_the_same_request_again_gets_the_stored_answer(site) -> None:
    first = site.ask()[:2]
    site.clock.tick(timedelta(minutes=10))  # a fresh timestamp and signature
    assert site.ask()[:2] == first
    assert len(site.calls) == 1


def test_the_same_id_with_another_body_is_a_conflict_and_does_nothing(site) -> None:
    site.ask()
    status, body, _ = site.ask(UPLOAD | {"courseid": 13})
    assert (status, body["error"]) == (409, "other_body")
    assert len(site.calls) == 1


def test_a_refusal_is_not_stored_and_may_turn_out_well_later(site) -> None:
    assert site.refused(Refused("no_backup"))[0] == 409
    assert site.ask()[0] == 200


@pytest.mark.parametrize(
    ("route", "document", "path"),
    [
        ("parts", {"upload": "u1", "parts": [1]}, {"upload": "u1"}),
        ("publications", {"action": "status"}, {}),
        ("publications", {"action": "reclassify_list"}, {}),
        ("publications", {"action": "fits", "release": "5.0", "plugins": ["mod_page"]}, {}),
        ("retrievals", {"action": "status"}, {}),
        ("backups", {"action": "list"}, {}),
        ("backups", {"action": "download"}, {}),
        ("catalogue", {"query": "x"}, {}),
        ("jobs", {"jobs": []}, {}),
        ("source", {"jobkey": "pub:1"}, {"jobkey": "pub:1"}),
    ],
)
def test_what_dies_or_changes_is_worked_out_again_but_its_id_stays_bound(site, route, document, path) -> None:
    whole = {"site": "caen", "type": route} | document
    for _ in range(2):
        assert site.ask(whole, route=route, path=path)[0] == 200
    assert len(site.calls) == 2
    assert ("caen", "msg_1") not in site.requests
    assert site.ask(whole | {"person": PERSON}, route=route, path=path)[0] == 409


@pytest.mark.parametrize(
    ("route", "document", "path"),
    [
        ("complete", {"upload": "u1"}, {"upload": "u1"}),
        ("publications", {"action": "publish"}, {}),
        ("publications", {"action": "withdraw"}, {}),
        ("retrievals", {"action": "start"}, {}),
        ("backups", {"action": "delete"}, {}),
    ],
)
def test_what_acts_is_done_once(site, route, document, path) -> None:
    whole = {"site": "caen", "type": route} | document
    for _ in range(2):
        assert site.ask(whole, route=route, path=path)[0] == 200
    assert len(site.calls) == 1


def test_a_signature_refused_says_no_more(site, lines) -> None:
    assert site.ask(key=b"another key, thirty-two bytes...")[:2] == (401, {"error": "signature"})
    assert not site.calls


def test_a_site_whose_clock_is_wrong_is_told_that_it_is_the_clock(site, lines) -> None:
    signing = site.clock.now() - timedelta(minutes=6)
    body = json.dumps(UPLOAD).encode()
    event = site.payload | {
        "headers": site.payload["headers"] | sign(KEY, "msg_1", signing, body),
        "pathParameters": {"site": "caen"},
        "body": body.decode(),
    }
    response = answer_site(event, site.context, "uploads", site.done, lambda: site.door)
    said = json.loads(response["body"])
    assert (response["statusCode"], said["error"], said["minutes"]) == (401, "clock_wrong", "6")
    assert "6 minutes" in said["message"]
    assert site.calls == []


def test_an_unknown_site_gets_the_very_same_answer_as_a_bad_signature(site) -> None:
    unknown = site.ask(UPLOAD | {"site": "nowhere"}, path={"site": "nowhere"})
    assert unknown == site.ask(key=b"another key, thirty-two bytes...")


def test_a_site_that_signs_for_another_is_refused(site) -> None:
    assert site.ask(UPLOAD | {"site": "lille"}, path={"site": "lille"})[:2] == (401, {"error": "signature"})
    assert site.ask(UPLOAD | {"site": "lille"})[:2] == (401, {"error": "signature"})
    assert not site.calls
    assert len(site.requests) == 0


def test_a_body_too_large_is_refused_before_anything_else(site) -> None:
    def never() -> SiteDoor:
        raise AssertionError("nothing is opened for it")

    response = answer_site({"body": "x" * (BODY_LIMIT + 1)}, site.context, "uploads", site.done, never)
    assert response["statusCode"] == 413


def test_a_field_that_does_not_fit_is_named_in_the_persons_language(site) -> None:
    status, body, _ = site.ask(UPLOAD | {"courseid": "x"})
    assert (status, body["error"], body["field"]) == (422, "field", "courseid")
    assert (
        body["message"]
        == "Le champ «\u00a0courseid\u00a0» ne convient pas\u00a0: un nombre entier est attendu."
    )
    _, body, _ = site.ask(UPLOAD | {"courseid": "x", "person": PERSON | {"lang": "en"}})
    assert body["message"] == "The field “courseid” does not fit: a whole number is expected."


def test_a_field_that_a_use_case_misses_reads_the_same(site) -> None:
    status, body, _ = site.refused(Refused("field", field="person", problem="missing"))
    assert (status, body["message"]) == (
        422,
        "Le champ «\u00a0person\u00a0» ne convient pas\u00a0: il manque.",
    )


def test_without_a_person_the_sites_language_is_spoken(site) -> None:
    _, body, _ = site.ask({name: UPLOAD[name] for name in UPLOAD if name != "person"} | {"courseid": "x"})
    assert body["message"].startswith("Le champ")


@pytest.mark.parametrize(
    ("error", "status", "code"),
    [
        (Refused("no_backup"), 409, "no_backup"),
        (Refused("too_large", size="30 Go", limit="20 Go"), 413, "too_large"),
        (Refused("declaration_needed"), 422, "declaration_needed"),
        (Refused("not_yours"), 403, "not_yours"),
        (NotFound("upload_unknown"), 404, "upload_unknown"),
        (Conflict("lost"), 409, "conflict"),
        (TryAgain("later"), 503, "away"),
        (MoodleAway("hub", "maintenance"), 503, "away"),
        (MoodleRefused("hub", "core_x", "nopermissions"), 502, "moodle_refused"),
        (SpeaksOtherwise("hub", "core_x", "answer.id"), 502, "moodle_refused"),
        (GiveUp("nobody_has_worded_this"), 500, "internal"),
        (GiveUp("aws_refused"), 500, "internal"),
        (NotFound("secret_missing", name="/passerelle/tokens/caen"), 500, "internal"),
        (ZeroDivisionError("oops"), 500, "internal"),
    ],
)
def test_each_error_has_its_status_and_a_sentence(site, error, status, code) -> None:
    got, body, _ = site.refused(error)
    assert (got, body["error"]) == (status, code)
    assert len(body["message"]) > 10
    assert body["assistance"] == "aide@caen.example"


def test_what_the_sentence_needs_is_given_beside_it(site) -> None:
    _, body, _ = site.refused(Refused("parts_missing", missing=[2, 3], count=2))
    assert body["missing"] == [2, 3]
    assert "Il manque 2 parties" in body["message"]


def test_details_cannot_overwrite_the_answers_own_words(site) -> None:
    _, body, _ = site.refused(Refused("no_backup", error="x", message="y", reference="z", assistance="a"))
    assert (body["error"], body["assistance"]) == ("no_backup", "aide@caen.example")
    assert body["message"] != "y"


@pytest.mark.parametrize(
    ("error", "seconds"),
    [
        (TryAgain("x"), "30"),
        (MoodleAway("hub", "busy", retry_after=timedelta(seconds=90.2)), "91"),
        (MoodleAway("hub", "busy", retry_after=timedelta(0)), "1"),
    ],
)
def test_what_may_be_tried_again_says_when(site, error, seconds) -> None:
    assert site.refused(error)[2]["retry-after"] == seconds


def test_what_will_not_get_better_has_no_retry_after(site) -> None:
    assert "retry-after" not in site.refused(Refused("no_backup"))[2]


@pytest.mark.rule("H1")
@pytest.mark.parametrize("error", [Refused("no_backup"), TryAgain("x"), ZeroDivisionError("x")])
def test_the_reference_that_a_person_quotes_stands_in_the_log(site, lines, error) -> None:
    _, body, _ = site.refused(error)
    assert len(body["reference"]) == 8
    assert lines.last["reference"] == body["reference"]
    assert (lines.last["site"], lines.last["route"]) == ("caen", "uploads")


@pytest.mark.rule("H1")
def test_the_same_request_keeps_its_reference_and_another_has_its_own(site) -> None:
    def reference(request_id: str) -> str:
        def refuse(world, command):
            raise Refused("no_backup")

        return str(site.ask(UPLOAD, refuse, request_id=request_id)[1]["reference"])

    assert reference("a") == reference("a") != reference("b")


def test_no_word_about_the_person_or_the_error_is_logged(site, lines) -> None:
    site.refused(ZeroDivisionError("ada@caen.example https://s3.example/x?X-Amz-Signature=abc"))
    site.ask()
    for word in ("ada", "Byron", "X-Amz-Signature", "abc"):
        assert word not in lines.text.replace("/abc", "")
    assert "ZeroDivisionError" in lines.text
    assert "test_site_door.py" in lines.text


def test_even_a_door_that_will_not_open_answers(site) -> None:
    def shut() -> SiteDoor:
        raise TryAgain("S3 is away")

    response = answer_site(site.payload, site.context, "uploads", site.done, shut)
    assert response["statusCode"] == 503
    assert response["headers"]["retry-after"] == "30"


def test_an_answer_that_could_not_be_stored_is_asked_for_again(site) -> None:
    def fail(*args: object) -> None:
        raise TryAgain("DynamoDB is away")

    keep, site.requests.remember = site.requests.remember, fail
    assert site.ask()[0] == 503
    site.requests.remember = keep
    assert site.ask()[0] == 200


# -- references (H1) -----------------------------------------------------------------------------------


@pytest.mark.rule("H1")
def test_a_refusal_can_be_looked_up_by_the_reference_that_was_given(site) -> None:
    references = FakeReferences(site.clock)
    site.door = replace(site.door, world=replace(site.door.world, references=references))

    _, body, _ = site.refused(Refused("too_large", size="21 GB", limit="20 GB", email="ada@caen.example"))

    kept = references["caen", body["reference"]]
    assert (kept.code, kept.course, kept.route) == ("too_large", "CHIM1", "uploads")
    assert kept.details == {"size": "21 GB", "limit": "20 GB", "email": "…"}


@pytest.mark.rule("H1")
def test_nothing_is_kept_of_who_cannot_sign(site) -> None:
    references = FakeReferences(site.clock)
    site.door = replace(site.door, world=replace(site.door.world, references=references))

    assert site.ask(key=b"x" * 32)[0] == 401
    assert len(references) == 0


@pytest.mark.rule("H1")
def test_a_reference_that_cannot_be_kept_spoils_no_answer(site) -> None:
    class Broken(FakeReferences):
        def keep(self, refusal) -> None:
            raise MoodleAway("caen", "network")

    site.door = replace(site.door, world=replace(site.door.world, references=Broken(site.clock)))

    status, body, _ = site.refused(Refused("too_large", size="21 GB", limit="20 GB"))

    assert (status, body["error"]) == (413, "too_large")


@pytest.mark.rule("K1")
def test_a_site_that_was_just_connected_is_known_by_a_warm_container(site):
    old = replace(site.door, keys=lambda _: (b"x" * 32,))
    looked = []

    def newer():
        looked.append(1)
        return replace(old, keys=lambda _: (KEY,))

    site.door = replace(old, newer=newer)
    assert site.ask()[0] == 200
    assert site.ask(key=b"y" * 32, request_id="msg_2")[0] == 401
    assert len(looked) == 2


@pytest.mark.rule("K1")
def test_a_wrong_signature_does_not_make_us_look_at_the_secrets_each_time(site):
    site.door = replace(site.door, keys=lambda _: (b"x" * 32,), newer=lambda: None)
    assert site.ask()[0] == 401
