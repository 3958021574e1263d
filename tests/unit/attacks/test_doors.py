"""What an attacker tried at the doors, tried again: refused, and nothing left behind."""

from __future__ import annotations

import json
import re
from datetime import timedelta
from typing import Any

import pytest

from passerelle.domain.orders.accounts import email_fits
from passerelle.errors import Conflict
from passerelle.events.seats import sign_link
from passerelle.events.signatures import sign
from passerelle.runtime import seats_door
from passerelle.runtime.doors import SeatsDoor, SiteDoor
from passerelle.runtime.seats_door import answer_buyer
from passerelle.runtime.site_door import answer_site
from passerelle.usecases.counters import count_up
from passerelle_cli.terminal import visible
from tests.factories.orders import some_facts
from tests.factories.records import NOW
from tests.fakes.requests import FakeRequests
from tests.infra.templates import ROOT
from tests.scenes.orders import OrderScene

KEY = b"k" * 32
HOST = {"host": "passerelle.example"}


class Context:
    aws_request_id = "1"
    function_name = "f"
    function_version = "1"
    memory_limit_in_mb = 512
    invoked_function_arn = "arn:aws:lambda:eu-west-3:1:function:f"


def asked(scene: OrderScene, route: str, **fields: Any) -> tuple[int, dict[str, Any]]:
    """What a site is answered that signs well and asks this."""
    body = json.dumps({"site": "caen", "type": route, **fields}).encode()
    event = {
        "headers": sign(KEY, "msg_1", scene.clock.now(), body),
        "pathParameters": {"site": "caen"},
        "body": body.decode(),
        "isBase64Encoded": False,
    }
    door = SiteDoor(scene.world, FakeRequests(scene.clock), lambda _: (KEY,), lambda: None)
    told = answer_site(event, Context(), route, lambda *_: {"done": True}, lambda: door)
    return told["statusCode"], json.loads(told["body"])


def job(number: int) -> dict[str, Any]:
    return {"jobkey": f"k{number}", "status": "done"}


@pytest.mark.parametrize(("count", "status"), [(100, 200), (101, 422)])
def test_a_report_of_jobs_is_no_flood_of_questions(count: int, status: int) -> None:
    told, body = asked(OrderScene(), "jobs", jobs=[job(number) for number in range(count)])
    assert told == status, body


@pytest.mark.parametrize(
    "idnumber",
    ["CHIM1\x00", "CHIM\n1", "CHIM1\x9b31m", "CHIM1@v2", "caen:CHIM1@v12", "CHIM1@V2", "CHIM1@v2 "],
)
def test_an_idnumber_is_neither_a_command_nor_an_older_version(idnumber: str) -> None:
    person = {"username": "ada", "email": "a@x.example", "firstname": "A", "lastname": "B", "lang": "fr"}
    course = {"courseid": 12, "fullname": "C", "shortname": "C", "filesize": 1, "sha256": "ab" * 32}
    fields = {"intent": "share", "person": person, **course}
    assert asked(OrderScene(), "uploads", idnumber="CHIM1", **fields)[0] == 200
    status, body = asked(OrderScene(), "uploads", idnumber=idnumber, **fields)
    assert (status, body["error"]) == (422, "field")
    assert "idnumber" in body["message"]


def visited(scene: OrderScene, **event: Any) -> dict[str, Any]:
    door = SeatsDoor(scene.world, lambda: (KEY,))
    return answer_buyer({"requestContext": {"http": {"method": "GET"}}, **event}, Context(), lambda: door)


@pytest.fixture
def sold() -> tuple[OrderScene, str]:
    scene = OrderScene()
    order = scene.sell(some_facts())
    return scene, sign_link(KEY, order.id, NOW + timedelta(days=3))


def test_a_buyers_cookie_is_of_this_host_alone_and_never_sent_in_the_clear(
    sold: tuple[OrderScene, str],
) -> None:
    scene, token = sold
    (cookie,) = visited(scene, pathParameters={"token": token}, headers=HOST)["cookies"]
    assert cookie.startswith(f"__Host-passerelle_seats={token}; HttpOnly;")
    assert cookie.endswith("; Secure")
    assert "; Path=/;" in cookie
    assert "Domain" not in cookie
    here = {"pathParameters": {"token": "me"}, "headers": HOST}
    assert visited(scene, **here, cookies=[cookie.partition(";")[0]])["statusCode"] == 200
    # One that a neighbouring host or a page without TLS could have set opens nothing.
    assert visited(scene, **here, cookies=[f"passerelle_seats={token}"])["statusCode"] == 410


@pytest.mark.parametrize("lang", ["%0d%0aset-cookie:a=b", "%0d%0a", "xx", "<s", "FR"])
def test_a_language_is_one_of_ours_before_it_reaches_a_header_or_a_page(
    sold: tuple[OrderScene, str], lang: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    scene, token = sold
    monkeypatch.setattr(seats_door, "_post", lambda *_: seats_door.Said(done=True))
    told = visited(
        scene,
        pathParameters={"token": "me"},
        headers=HOST,
        cookies=[f"__Host-passerelle_seats={token}"],
        rawQueryString=f"lang={lang}",
        requestContext={"http": {"method": "POST"}},
    )
    assert told["statusCode"] == 303
    assert told["headers"]["location"] == "me?done=1&lang=fr"


def test_a_limit_that_cannot_be_counted_is_not_taken_for_kept(sold: tuple[OrderScene, str]) -> None:
    scene, token = sold

    def busy(*_: object) -> None:
        raise Conflict("somebody counts at the same time")

    scene.world.records.change = busy  # type: ignore[method-assign]
    with pytest.raises(Conflict):
        count_up(scene.world, "x", NOW)
    looked = {
        "pathParameters": {"token": "me"},
        "headers": HOST,
        "cookies": [f"__Host-passerelle_seats={token}"],
    }
    assert visited(scene, **looked)["statusCode"] == 503


# What Unicode calls default-ignorable (`DerivedCoreProperties.txt`), blanks, and a letter that looks like another.
@pytest.mark.parametrize(
    "sign",
    "\u00ad\u034f\u061c\u115f\u1160\u17b4\u180b\u180e\u200b\u200d\u202e\u2060\u2066\u206f\u2800\u3164"
    "\ufe0f\ufeff\uffa0\ufff0\U0001bca0\U0001d173\U000e0001\U000e0100\U000e0fff\u0430",
    ids=lambda sign: f"{ord(sign):x}",
)
def test_an_address_reads_as_it_is_written(sign: str) -> None:
    assert email_fits("ana@client.example")
    assert not email_fits(f"an{sign}a@client.example")
    assert not email_fits(f"ana@cl{sign}ient.example")


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("\x1b[2Jgone", "\\u{1b}[2Jgone"),
        ("\x9b31mred", "\\u{9b}31mred"),
        ("a\u202egpj.exe", "a\\u{202e}gpj.exe"),
        ("bell\x07", "bell\\u{7}"),
        ("une ligne\n\tl’autre, à 3 €", "une ligne\n\tl’autre, à 3 €"),
    ],
)
def test_what_a_title_holds_is_shown_and_not_sent_to_the_terminal(text: str, shown: str) -> None:
    assert visible(text) == shown


def test_only_what_is_the_commands_own_is_printed_past_that() -> None:
    """Titles, names and papers go through `terminal.echo`; these print what they made themselves."""
    own = {"guide.py", "main.py", "network.py", "policy.py", "schema.py", "terminal.py"}
    printing = {
        path.name
        for path in (ROOT / "infra/cli/passerelle_cli").rglob("*.py")
        if re.search(r"click\.(secho|echo)\(|(?<![\w.])print\(|sys\.stdout\.write\(", path.read_text("utf-8"))
    }
    assert printing <= own
