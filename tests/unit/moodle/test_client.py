"""The socket, against a real server on the loopback that cuts, drips, redirects and refuses."""

import gzip
import json
import logging
import socket
import ssl
import time
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from ipaddress import ip_address
from urllib.parse import parse_qs

import pytest
import requests
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from urllib3.exceptions import MaxRetryError, NewConnectionError, SSLError

from passerelle.domain.moodle.core import Enrolment, Message, NewUser
from passerelle.errors import FixAccess, LookFirst, MoodleAway, MoodleRefused, PasserelleError
from passerelle.moodle import calls_enrolments, calls_plugin, calls_site, calls_users, throttle
from passerelle.moodle.client import Client, NoAnswer, NotSent, Site, _told_apart
from passerelle.moodle.protocol import PATH, Answer, Call, Repeat, reads_nothing
from passerelle.moodle.throttle import Clock, Patience, TokenBucket
from tests.unit.moodle.loopback import OK_NULL, cut, reply, reset, says, serving

TOKEN = "5ecre7-7oken"
READ = Call("local_passerelle_get_nothing", {}, reads_nothing)
SAME = calls_enrolments.enrol([Enrolment(2, 5, 5)])
UNSAFE = calls_users.create([NewUser("zoe", "Zoé", "Ng", "zoe@ex.org")])


class StillClock:
    """Time that passes only by sleeping."""

    def __init__(self):
        self.time = 0.0
        self.slept = []

    def clock(self):
        return Clock(now=lambda: self.time, sleep=self.sleep, between=lambda _low, high: high)

    def sleep(self, seconds):
        self.slept.append(round(seconds, 3))
        self.time += seconds


def site(url, **limits):
    limits = {"read_timeout": timedelta(seconds=5), "calls_per_second": 1000.0, **limits}
    return Site("bleu", url, TOKEN, **limits)


@pytest.fixture
def at():
    """A client of a server, that waits for nothing."""
    with throttle.testing():
        yield lambda server, **limits: Client(site(server.url, **limits), patience=Patience(attempts=4))


# -- what goes out -------------------------------------------------------------------------------------


def test_the_token_is_in_the_body_and_nowhere_else(at):
    with serving() as server:
        at(server).ask(READ)
    head, _, body = server.requests[0].partition(b"\r\n\r\n")
    assert head.startswith(f"POST {PATH} HTTP/1.1\r\n".encode())
    assert TOKEN.encode() not in head
    assert body.startswith(f"wstoken={TOKEN}&wsfunction=".encode())
    assert b"\r\ncontent-type: application/x-www-form-urlencoded\r\n" in head.lower() + b"\r\n"


def test_how_long_a_site_asks_to_be_left_alone_is_heard_however_its_header_is_spelled():
    with (
        serving(says(reply("429 Too Many Requests", Retry_After="7"))) as server,
        pytest.raises(MoodleAway) as away,
    ):
        Client(site(server.url), patience=throttle.IMPATIENT).ask(READ)
    assert away.value.retry_after == timedelta(seconds=7)


def test_a_netrc_of_the_machine_signs_nothing(at, tmp_path, monkeypatch):
    (tmp_path / "netrc").write_text("machine 127.0.0.1 login root password hush\n")
    monkeypatch.setenv("NETRC", str(tmp_path / "netrc"))
    monkeypatch.setenv("HTTP_PROXY", "http://127.0.0.1:9")
    with serving() as server:
        at(server).ask(READ)
    assert b"authorization" not in server.requests[0].lower()


def test_no_cookie_is_kept(at):
    with serving(says(reply(Set_Cookie="MoodleSession=abc; path=/"))) as server:
        client = at(server)
        client.ask(READ)
        client.ask(READ)
    assert b"cookie" not in server.requests[1].lower()


def test_a_redirect_is_never_followed_with_the_token(at):
    with (
        serving() as elsewhere,
        serving(says(reply("301 Moved Permanently", Location=elsewhere.url))) as server,
    ):
        with pytest.raises(FixAccess) as refusal:
            at(server).ask(READ)
        assert refusal.value.errorcode == "http301"
        assert elsewhere.requests == []


def test_a_passing_redirect_is_asked_again_and_not_followed(at):
    with serving() as elsewhere, serving(says(reply("302 Found", Location=elsewhere.url))) as server:
        at(server).ask(UNSAFE_NOTHING)
        assert len(server.requests) == 2
        assert elsewhere.requests == []


UNSAFE_NOTHING = Call("core_message_send_instant_messages", {}, reads_nothing, Repeat.UNSAFE)


def test_a_certificate_nobody_signed_is_refused_before_anything_is_sent(tmp_path):
    key, certificate = tmp_path / "key.pem", tmp_path / "certificate.pem"
    self_signed(key, certificate)
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(certificate, key)
    with serving(tls=context) as server:
        with pytest.raises(FixAccess) as refusal:
            Client(site(server.url), patience=throttle.IMPATIENT).ask(READ)
        assert refusal.value.errorcode == "connection"
        assert server.requests == []
        Client(site(server.url, verify=str(certificate)), patience=throttle.IMPATIENT).ask(READ)
        assert len(server.requests) == 1


def self_signed(key_path, certificate_path):
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, "bleu")])
    now = datetime.now(UTC)
    certificate = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(key.public_key())
        .serial_number(1)
        .not_valid_before(now - timedelta(days=1))
        .not_valid_after(now + timedelta(days=1))
        .add_extension(x509.SubjectAlternativeName([x509.IPAddress(ip_address("127.0.0.1"))]), critical=False)
        .add_extension(x509.BasicConstraints(ca=True, path_length=None), critical=True)
        .sign(key, hashes.SHA256())
    )
    pem = serialization.Encoding.PEM
    certificate_path.write_bytes(certificate.public_bytes(pem))
    plain = serialization.NoEncryption()
    key_path.write_bytes(key.private_bytes(pem, serialization.PrivateFormat.PKCS8, plain))


# -- when answers are lost -----------------------------------------------------------------------------

LOST = {
    "cut": cut,
    "reset": reset,
    "cut in the head": says(b"HTTP/1.1 200 OK\r\nContent-Le"),
    "cut in the body": says(b"HTTP/1.1 200 OK\r\nContent-Length: 400\r\n\r\n[{"),
    "cut without a length": says(b"HTTP/1.1 200 OK\r\nConnection: close\r\n\r\n[{"),
    "500": says(reply("500 Internal Server Error", b"")),
    "504": says(reply("504 Gateway Timeout", b"")),
    "page": says(reply(body=b"<!DOCTYPE html><html>Hello</html>")),
}


@pytest.mark.parametrize("how", LOST)
def test_a_safe_call_is_sent_again(at, how):
    with serving(LOST[how], LOST[how]) as server:
        at(server).ask(SAME)
        assert len(server.requests) == 3


@pytest.mark.parametrize("how", LOST)
def test_an_unsafe_call_that_may_have_been_done_is_never_sent_again(at, how):
    with serving(LOST[how]) as server:
        with pytest.raises(LookFirst):
            at(server).ask(UNSAFE)
        assert len(server.requests) == 1


def test_an_unsafe_call_that_timed_out_is_never_sent_again(at):
    with serving(says(OK_NULL, pause=3)) as server:
        with pytest.raises(LookFirst):
            at(server, read_timeout=timedelta(seconds=0.2)).ask(UNSAFE)
        assert len(server.requests) == 1


def test_an_answer_that_drips_does_not_hold_the_caller(at):
    drip = says(b"HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\n", *[b" " * 2] * 40, pause=0.05)
    with serving(*[drip] * 4) as server:
        began = time.monotonic()
        with pytest.raises(MoodleAway):
            at(server, read_timeout=timedelta(seconds=0.2)).ask(READ)
        assert len(server.requests) == 4
    assert time.monotonic() - began < 4  # each would take two seconds to its end


def test_a_call_that_surely_was_not_sent_may_be_sent_again_even_if_unsafe():
    with socket.create_server(("127.0.0.1", 0)) as free:
        url = f"http://127.0.0.1:{free.getsockname()[1]}"
    still = StillClock()
    client = Client(site(url), clock=still.clock(), patience=Patience(attempts=3))
    with pytest.raises(MoodleAway) as away:
        client.ask(UNSAFE)
    assert not isinstance(away.value, LookFirst)
    assert not away.value.sent
    assert len(still.slept) == 2


def test_an_unsafe_call_has_a_connection_of_its_own(at):
    """An idle one may die as it is used; nobody would know whether the call had arrived."""
    with serving() as server:
        client = at(server)
        for call in (READ, UNSAFE_NOTHING, UNSAFE_NOTHING):
            client.ask(call)
    assert [b"connection: close" in request.lower() for request in server.requests] == [False, True, True]


def test_an_unknown_host_is_away_and_not_a_crash():
    client = Client(site("http://moodle.invalid"), patience=throttle.IMPATIENT)
    with pytest.raises(MoodleAway) as away:
        client.ask(UNSAFE)
    assert not away.value.sent


@pytest.mark.parametrize("url", ["ftp://127.0.0.1", "http://", "nonsense"])
def test_an_address_that_is_none_wants_repair(url):
    with pytest.raises(FixAccess):
        Client(site(url), patience=throttle.IMPATIENT).ask(READ)


def test_an_answer_above_the_cap_is_not_held_in_memory(at):
    with serving(says(reply(body=b" " * 300_000))) as server:
        with pytest.raises(MoodleRefused) as refusal:
            at(server, answer_bytes=200_000).ask(READ)
        assert refusal.value.errorcode == "answertoolong"
        assert len(server.requests) == 1


def test_a_small_packed_answer_that_unpacks_without_end_is_stopped(at):
    packed = gzip.compress(b" " * 5_000_000)
    with (
        serving(says(reply(body=packed, Content_Encoding="gzip"))) as server,
        pytest.raises(MoodleRefused),
    ):
        at(server, answer_bytes=200_000).ask(READ)


def test_a_write_whose_answer_is_above_the_cap_counts_as_lost(at):
    with serving(says(reply(body=b" " * 300_000))) as server, pytest.raises(LookFirst):
        at(server, answer_bytes=200_000).ask(UNSAFE)


def broken(reason):
    return requests.ConnectionError(MaxRetryError(None, "/", reason))


@pytest.mark.rule("S12")
@pytest.mark.parametrize(
    ("error", "kind", "fix"),
    [
        (requests.ConnectTimeout(), NotSent, False),
        (requests.exceptions.InvalidURL(), NotSent, True),
        (broken(NewConnectionError(None, "refused")), NotSent, False),
        (broken(SSLError("CERTIFICATE_VERIFY_FAILED: expired")), NotSent, True),
        (broken(SSLError("WRONG_VERSION_NUMBER")), NoAnswer, None),
        (broken(OSError("CERTIFICATE_VERIFY_FAILED")), NoAnswer, None),
        (requests.ReadTimeout(), NoAnswer, None),
        (requests.ConnectionError(), NoAnswer, None),
        (requests.ConnectionError("reset"), NoAnswer, None),
    ],
)
def test_only_where_the_connection_never_stood_is_a_call_surely_not_sent(error, kind, fix):
    told = _told_apart(error)
    assert type(told) is kind
    assert getattr(told, "fix", None) is fix


def test_what_breaks_unforeseen_is_logged_as_failed(caplog):
    caplog.set_level(logging.INFO, "passerelle.moodle")

    def post(_body, *, fresh):
        raise RuntimeError

    with pytest.raises(RuntimeError):
        Client(site("https://bleu.example"), post).ask(READ)
    assert [record.outcome for record in caplog.records] == ["failed"]


# -- patience --------------------------------------------------------------------------------------------


class Answers:
    """A socket that gives its answers one by one, then the last for ever."""

    def __init__(self, *answers):
        self.left = list(answers)
        self.posted = 0

    def __call__(self, _body, *, fresh):
        self.posted += 1
        return self.left.pop(0) if len(self.left) > 1 else self.left[0]


GOOD = Answer(200, {}, b"null")
BAD = Answer(502, {}, b"")


def patient(post, still, patience=None, **limits):
    return Client(site("https://bleu.example", **limits), post, clock=still.clock(), patience=patience)


def test_waits_double_up_to_a_cap():
    still, post = StillClock(), Answers(BAD)
    patience = Patience(attempts=7, budget=timedelta(hours=1), longest_wait=timedelta(seconds=4))
    with pytest.raises(MoodleAway):
        patient(post, still, patience).ask(READ)
    assert post.posted == 7
    assert still.slept == [0.5, 1, 2, 4, 4, 4]


def test_jitter_is_full():
    asked = []
    clock = Clock(
        now=lambda: 0.0, sleep=lambda _s: None, between=lambda low, high: asked.append((low, high)) or low
    )
    assert Patience().wait_after(3, None, clock) == timedelta()
    assert asked == [(0.0, 2.0)]


# -- a token that was changed ----------------------------------------------------------------------------


def refused(code):
    return Answer(200, {}, json.dumps({"exception": "moodle_exception", "errorcode": code}).encode())


class Knows:
    """A Moodle that takes one token; `no` is what it answers to every other."""

    def __init__(self, token, no):
        self.token, self.no = token, no
        self.seen = []

    def __call__(self, body, *, fresh):
        self.seen.append(parse_qs(body.decode())["wstoken"][0])
        return GOOD if self.seen[-1] == self.token else self.no


def holding(post, token_now):
    old = replace(site("https://bleu.example"), token="old")
    return Client(old, post, clock=StillClock().clock(), token_now=token_now)


REFUSALS = [refused("invalidtoken"), refused("invalidtimedtoken"), Answer(401, {}, b""), Answer(403, {}, b"")]


@pytest.mark.parametrize("no", REFUSALS)
@pytest.mark.parametrize("call", [READ, UNSAFE_NOTHING])
def test_a_refused_token_is_read_again_at_once_and_kept(no, call):
    moodle = Knows("new", no)
    client = holding(moodle, lambda: "new")
    client.ask(call)
    client.ask(call)
    assert moodle.seen == ["old", "new", "new"]


@pytest.mark.parametrize("kept", ["old", "newer"])
def test_a_token_is_read_again_once_and_then_refused(kept):
    moodle = Knows("new", refused("invalidtoken"))
    with pytest.raises(FixAccess, match="invalidtoken"):
        holding(moodle, lambda: kept).ask(UNSAFE_NOTHING)
    assert moodle.seen == ["old", "newer"][: 1 + (kept == "newer")]


def test_a_refusal_that_is_not_of_the_token_asks_for_none():
    moodle = Knows("new", refused("accessexception"))
    with pytest.raises(FixAccess, match="accessexception"):
        holding(moodle, lambda: pytest.fail("asked")).ask(UNSAFE_NOTHING)
    assert moodle.seen == ["old"]


def test_a_token_that_another_thread_changed_meanwhile_serves_this_call_too():
    moodle = Knows("new", refused("invalidtoken"))

    def beside(body, *, fresh):
        client.site = replace(client.site, token="new")
        return moodle(body, fresh=fresh)

    client = holding(beside, lambda: "new")
    client.ask(UNSAFE_NOTHING)
    assert moodle.seen == ["old", "new"]


def test_the_budget_of_time_ends_it_too():
    still, post = StillClock(), Answers(BAD)
    with pytest.raises(MoodleAway):
        patient(post, still, Patience(attempts=100, budget=timedelta(seconds=4))).ask(READ)
    assert sum(still.slept) <= 4
    assert post.posted == 4


def test_retry_after_is_kept_and_counts_against_the_budget():
    still = StillClock()
    post = Answers(Answer(429, {"retry-after": "7"}, b""), GOOD)
    patient(post, still).ask(UNSAFE_NOTHING)
    assert still.slept == [7]
    with pytest.raises(MoodleAway):
        patient(Answers(Answer(429, {"retry-after": "3600"}, b""), GOOD), still).ask(READ)
    assert still.slept == [7]


def test_a_refusal_is_not_asked_twice():
    post = Answers(Answer(200, {}, b'{"exception":"x","errorcode":"invalidparameter","message":""}'))
    with pytest.raises(MoodleRefused):
        patient(post, StillClock()).ask(READ)
    assert post.posted == 1


def test_starting_a_job_may_be_repeated_because_its_jobkey_makes_it_one():
    done = Answer(200, {}, b'{"jobkey": "bak:1", "status": "queued"}')
    post = Answers(BAD, BAD, done)
    assert patient(post, StillClock()).ask(calls_plugin.start_backup("bak:1", 3, "share")).jobkey == "bak:1"
    assert post.posted == 3


# -- pace -------------------------------------------------------------------------------------------------


def test_calls_keep_to_the_rate_after_a_burst():
    still = StillClock()
    bucket = TokenBucket(rate=10, burst=5, clock=still.clock())
    at = []
    for _ in range(15):
        bucket.take()
        at.append(round(still.time, 3))
    assert at == [0.0] * 5 + [round(n / 10, 1) for n in range(1, 11)]


def test_a_pause_fills_the_bucket_but_no_more_than_the_burst():
    still = StillClock()
    bucket = TokenBucket(rate=10, burst=3, clock=still.clock())
    still.time = 1000.0
    for _ in range(4):
        bucket.take()
    assert still.slept == [0.1]


def test_no_more_calls_at_once_than_the_site_bears():
    inside, most = [], []

    def post(_body, *, fresh):
        inside.append(1)
        most.append(len(inside))
        time.sleep(0.01)
        inside.pop()
        return GOOD

    with throttle.testing():
        client = Client(site("https://bleu.example", concurrency=3), post)
        with ThreadPoolExecutor(12) as pool:
            list(pool.map(lambda _n: client.ask(READ), range(24)))
    assert len(most) == 24
    assert max(most) == 3


# -- what is told ------------------------------------------------------------------------------------------

SECRETS = [TOKEN, "zoe", "Zoé", "Ng", "ex.org", "Bonjour", "presigned"]
CALLS = [
    UNSAFE,
    calls_users.by_criteria(email="zoe@ex.org"),
    calls_site.send_messages([Message(5, "Bonjour Zoé")]),
    calls_plugin.stash_backup(
        "j", calls_plugin.ArchiveAddress("https://s3.example/presigned"), "zoe", "f.mbz"
    ),
]
SAID = b'{"exception":"x","errorcode":"%s","message":"zoe@ex.org Zo\xc3\xa9 Ng","debuginfo":"zoe"}'
SCENES = [
    says(reply(body=SAID % b"invalidparameter")),
    says(reply(body=SAID % b"zoe@ex.org")),
    says(reply(body=b"<html>zoe@ex.org</html>")),
    says(reply("500 zoe@ex.org", b"zoe@ex.org")),
    says(reply(body=b'{"users": "zoe@ex.org"}')),
    cut,
    says(reply(body=b'[{"id": "zoe@ex.org"}]')),
]


@pytest.mark.parametrize("call", CALLS, ids=lambda call: call.function)
@pytest.mark.parametrize("scene", range(len(SCENES)))
def test_no_secret_and_no_person_is_in_a_log_or_an_error(at, caplog, call, scene):
    caplog.set_level(logging.DEBUG)
    with serving(*[SCENES[scene]] * 4) as server:
        client = at(server)
        with pytest.raises(PasserelleError) as failure:
            client.ask(call)
    told = [repr(client.site), repr(call), *(repr(vars(record)) for record in caplog.records)]
    error = failure.value
    while error is not None:
        told += [repr(error), str(error), repr(vars(error))]
        assert error.__cause__ is None
        error = error.__context__ if not error.__suppress_context__ else None
    assert caplog.records
    assert not [secret for secret in SECRETS for text in told if secret in text]


def test_a_log_line_says_site_function_outcome_and_duration(at, caplog):
    caplog.set_level(logging.INFO, "passerelle.moodle")
    with serving(cut) as server:
        at(server).ask(SAME)
    lines = [(r.site, r.function, r.outcome, r.attempt) for r in caplog.records]
    assert lines == [
        ("bleu", "enrol_manual_enrol_users", "away (network)", 1),
        ("bleu", "enrol_manual_enrol_users", "done", 2),
    ]
    assert all(record.duration_ms >= 0 for record in caplog.records)
