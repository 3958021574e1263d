"""A web page open on the same machine cannot speak to the embedded AWS."""

import asyncio

import pytest

from passerelle_laptop.guard import guarded, why_refused

PORT = 4566
SIGNED = b"X-Amz-Signature=00&X-Amz-Expires=60"


def asked(headers=None, *, host=f"127.0.0.1:{PORT}", method="GET", path="/", query=b""):
    sent = [] if host is None else [(b"host", host.encode())]
    sent += [(name.encode(), value.encode()) for name, value in (headers or {}).items()]
    return why_refused(sent, method=method, path=path, query=query, port=PORT)


@pytest.mark.parametrize("host", ["127.0.0.1:4566", "localhost:4566", "abc.execute-api.localhost:4566"])
def test_programs_of_this_machine_are_served(host):
    assert asked(host=host) is None


@pytest.mark.parametrize(
    "host",
    ["evil.example:4566", "127.0.0.1:80", "127.0.0.1", "localhost.evil.example:4566", "[::1]:4566", "", None],
)
def test_another_host_is_refused_so_that_rebinding_a_name_gains_nothing(host):
    assert asked(host=host) == "host"


@pytest.mark.parametrize(
    "origin",
    [
        "https://evil.example",
        "null",
        "http://127.0.0.1:8000",
        "http://localhost",
        "https://localhost:4566",
        "",
    ],
)
def test_a_page_of_another_origin_is_refused(origin):
    assert asked({"Origin": origin}, method="POST") == "origin"


def test_its_own_origin_is_served():
    assert asked({"Origin": "http://127.0.0.1:4566"}, method="POST") is None


@pytest.mark.parametrize("site", ["cross-site", "same-site"])
def test_an_image_or_a_link_of_another_page_is_refused(site):
    assert asked({"Sec-Fetch-Site": site}, query=b"Action=CreateQueue&QueueName=x") == "sec-fetch-site"


def test_a_person_may_follow_a_link_to_a_presigned_backup():
    followed = {"Sec-Fetch-Site": "same-site"}
    assert asked(followed, path="/backups/accepted/x.mbz", query=SIGNED) is None


@pytest.mark.parametrize(
    ("method", "path", "query"),
    [
        ("GET", "/", SIGNED + b"&Action=CreateQueue"),
        ("GET", "/backups/x", SIGNED + b"&Action=CreateQueue"),
        ("GET", "/_ministack/x", SIGNED),
        ("GET", "/backups", SIGNED),
        ("GET", "/backups/x", b""),
        ("DELETE", "/backups/x", SIGNED),
    ],
)
def test_nothing_else_passes_as_such_a_link(method, path, query):
    asked_for = asked({"Sec-Fetch-Site": "cross-site"}, method=method, path=path, query=query)
    assert asked_for == "sec-fetch-site"


def test_a_header_that_comes_twice_is_refused():
    sent = [(b"host", b"127.0.0.1:4566"), (b"Host", b"evil.example:4566")]
    assert why_refused(sent, method="GET", path="/", query=b"", port=PORT) == "host twice"


def answered(scope):
    reached, sent = [], []

    async def app(scope, receive, send):
        reached.append(scope["type"])

    async def send(message):
        sent.append(message)

    asyncio.run(guarded(app, PORT)(scope, None, send))
    return reached, sent


def test_what_is_refused_never_reaches_the_emulator():
    headers = [(b"host", b"evil.example")]
    reached, sent = answered(
        {"type": "http", "headers": headers, "path": "/", "query_string": b"", "method": "POST"}
    )
    assert reached == []
    assert sent[0]["status"] == 403
    reached, sent = answered({"type": "websocket", "headers": headers, "path": "/", "query_string": b""})
    assert reached == []
    assert sent == [{"type": "websocket.close", "code": 1008}]


def test_starting_and_stopping_pass():
    assert answered({"type": "lifespan"})[0] == ["lifespan"]


SEATS = "/_aws/execute-api/abc/$default/seats/v1.token"


def test_the_form_of_a_page_that_tells_no_referrer_is_served_to_that_page_alone():
    own = {"Origin": "null", "Sec-Fetch-Site": "same-origin"}
    assert asked(own, method="POST", path=SEATS) is None
    for elsewhere in ("cross-site", "same-site", "none"):
        assert asked({**own, "Sec-Fetch-Site": elsewhere}, method="POST", path=SEATS) == "origin"


def test_the_link_to_seats_may_be_followed_from_a_message_but_not_posted_to():
    followed = {"Sec-Fetch-Site": "cross-site"}
    assert asked(followed, path=SEATS) is None
    assert asked(followed, method="POST", path=SEATS) == "sec-fetch-site"
