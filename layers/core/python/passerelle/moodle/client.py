"""The socket: moves the bytes of protocol.py to one Moodle and back, patiently and not too fast."""

from __future__ import annotations

import logging
import threading
import time
from dataclasses import dataclass, field, replace
from datetime import timedelta
from http.cookiejar import DefaultCookiePolicy
from typing import TYPE_CHECKING, Any, Protocol, TypeVar

import requests
import urllib3
from requests.adapters import HTTPAdapter
from urllib3.exceptions import MaxRetryError, NewConnectionError, SSLError

from passerelle.errors import FixAccess, LookFirst, MoodleAway, MoodleRefused, PasserelleError
from passerelle.moodle.protocol import PATH, Answer, Call, Repeat, encode, lost, read_answer
from passerelle.moodle.throttle import Clock, Patience, TokenBucket, waiting

if TYPE_CHECKING:
    from collections.abc import Callable

T = TypeVar("T")
# How a Moodle, or what stands before it, says that it does not know the token (any more).
TOKEN_CODES = frozenset({"invalidtoken", "invalidtimedtoken", "http401", "http403"})
logger = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class Site:
    """One Moodle of network.yaml and what it can bear."""

    name: str
    url: str
    token: str = field(repr=False)
    verify: bool | str = True  # or the path of a CA bundle
    connect_timeout: timedelta = timedelta(seconds=5)
    read_timeout: timedelta = timedelta(seconds=60)
    concurrency: int = 4
    calls_per_second: float = 20.0
    burst: int = 10
    answer_bytes: int = 64 * 1024 * 1024
    max_input_vars: int = 1000

    @property
    def endpoint(self) -> str:
        return self.url.rstrip("/") + PATH


class NotSent(Exception):
    """The connection never stood: Moodle has seen nothing. `fix` if waiting will not help."""

    def __init__(self, *, fix: bool = False) -> None:
        super().__init__()
        self.fix = fix


class NoAnswer(Exception):
    """The connection broke, or the answer took too long: the call may have been done."""


class TooLong(Exception):
    """The answer exceeds what the site may send."""


class Post(Protocol):
    """Sends one body and fetches the whole answer. Raises NotSent, NoAnswer or TooLong.

    `fresh`: over a connection that no call has used before.
    """

    def __call__(self, body: bytes, /, *, fresh: bool) -> Answer: ...


class Socket:
    """HTTPS to one site: no redirects, no cookies, no environment (a netrc would sign our calls)."""

    def __init__(self, site: Site, now: Callable[[], float] = time.monotonic) -> None:
        self._site = site
        self._now = now
        self._kept = _session(site)
        # An idle connection may die as it is used, and then nobody knows whether Moodle has seen the
        # call: what is not safe to repeat pays for a connection of its own.
        self._fresh = _session(site)
        self._fresh.headers["Connection"] = "close"

    def __call__(self, body: bytes, /, *, fresh: bool) -> Answer:
        site = self._site
        deadline = self._now() + site.read_timeout.total_seconds()
        try:
            with (self._fresh if fresh else self._kept).post(
                site.endpoint,
                data=body,
                headers={"Content-Type": "application/x-www-form-urlencoded"},
                timeout=(site.connect_timeout.total_seconds(), site.read_timeout.total_seconds()),
                allow_redirects=False,
                stream=True,
            ) as response:
                fetched = self._fetch(response, deadline)
                headers = {name.lower(): value for name, value in response.headers.items()}
                return Answer(response.status_code, headers, fetched)
        except urllib3.exceptions.HTTPError:
            raise NoAnswer from None  # within the answer
        except requests.RequestException as error:
            # Never chained: the texts of these errors hold addresses and parts of answers.
            raise _told_apart(error) from None

    def _fetch(self, response: requests.Response, deadline: float) -> bytes:
        fetched = bytearray()
        # Whatever has come, not full buffers: a server that drips would never be seen to.
        while piece := response.raw.read1(65_536, decode_content=True):
            fetched += piece
            if len(fetched) > self._site.answer_bytes:
                raise TooLong
            if self._now() > deadline:
                raise NoAnswer  # drips: each read in time, the whole never
        return bytes(fetched)


def _session(site: Site) -> requests.Session:
    session = requests.Session()
    session.trust_env = False
    session.verify = site.verify
    session.headers["User-Agent"] = "Passerelle"
    session.cookies.set_policy(DefaultCookiePolicy(allowed_domains=[]))
    adapter = HTTPAdapter(pool_maxsize=site.concurrency, max_retries=0)
    session.mount("https://", adapter)
    session.mount("http://", adapter)
    return session


def _told_apart(error: requests.RequestException) -> NotSent | NoAnswer:
    if isinstance(error, requests.ConnectTimeout):
        return NotSent()
    if isinstance(error, ValueError):  # an address that is none
        return NotSent(fix=True)
    cause = error.args[0] if error.args else None
    reason = cause.reason if isinstance(cause, MaxRetryError) else None
    if isinstance(reason, NewConnectionError):
        return NotSent()
    if isinstance(reason, SSLError) and "CERTIFICATE_VERIFY_FAILED" in str(reason):
        return NotSent(fix=True)
    return NoAnswer()


class Client:
    """Asks one site. One per site and process: it holds the site's limits of pace.

    `token_now`: the site's token as it is kept now, for when the one in hand is refused.
    """

    def __init__(
        self,
        site: Site,
        post: Post | None = None,
        *,
        token_now: Callable[[], str] | None = None,
        patience: Patience | None = None,
        clock: Clock | None = None,
    ) -> None:
        self.site = site
        self._token_now = token_now
        self._clock = clock or Clock()
        self._post = post or Socket(site, self._clock.now)
        self._patience = patience or Patience()
        self._turns = TokenBucket(site.calls_per_second, site.burst, self._clock)
        self._places = threading.BoundedSemaphore(site.concurrency)

    def ask(self, call: Call[T]) -> T:
        """The typed answer of `call`, tried again while that is safe and the budget lasts; once more where
        the token was changed meanwhile.

        Raises MoodleAway when it is used up, LookFirst at once where the call is unsafe and may have
        been done, MoodleRefused, SpeaksOtherwise.
        """
        refused = self.site.token
        try:
            return self._patiently(call)
        except FixAccess as error:
            if error.errorcode not in TOKEN_CODES or self._token_now is None:
                raise
            token = self._token_now()
            if token == refused:
                raise
        self.site = replace(self.site, token=token)
        return self._patiently(call)

    def _patiently(self, call: Call[T]) -> T:
        started = self._clock.now()
        attempt = 1
        while True:
            try:
                return self._once(call, attempt)
            except LookFirst:
                raise
            except MoodleAway as away:
                wait = self._patience.wait_after(attempt, away.retry_after, self._clock).total_seconds()
                spent = self._clock.now() - started
                out_of_time = spent + wait > self._patience.budget.total_seconds()
                if attempt >= self._patience.attempts or out_of_time:
                    raise
                waiting(wait, self._clock)
                attempt += 1

    def _once(self, call: Call[T], attempt: int) -> T:
        body = encode(call, self.site.token)
        outcome = "failed"
        # The place is taken before the turn: a turn waited for in the queue would be stale.
        with self._places:
            self._turns.take()
            began = self._clock.now()
            try:
                answer = read_answer(self.site.name, call, self._sent(call, body))
                outcome = "done"
            except PasserelleError as error:
                outcome = _word(error)
                raise
            finally:
                self._log(call, attempt, outcome, self._clock.now() - began)
        return answer

    def _sent(self, call: Call[Any], body: bytes) -> Answer:
        site = self.site.name
        try:
            return self._post(body, fresh=call.repeat is Repeat.UNSAFE)
        except NotSent as broken:
            if broken.fix:
                raise FixAccess(site, call.function, "connection") from None
            raise MoodleAway(site, "network", sent=False) from None
        except NoAnswer:
            raise lost(site, call, "network") from None
        except TooLong:
            if call.repeat is not Repeat.READ:
                raise lost(site, call, "toolong") from None
            raise MoodleRefused(site, call.function, "answertoolong") from None

    def _log(self, call: Call[Any], attempt: int, outcome: str, seconds: float) -> None:
        milliseconds = round(seconds * 1000)
        logger.info(
            "%s %s: %s, %d ms, attempt %d",
            self.site.name,
            call.function,
            outcome,
            milliseconds,
            attempt,
            extra={
                "site": self.site.name,
                "function": call.function,
                "outcome": outcome,
                "duration_ms": milliseconds,
                "attempt": attempt,
            },
        )


def _word(error: PasserelleError) -> str:
    if isinstance(error, MoodleAway):
        return f"away ({error.reason})"
    if isinstance(error, MoodleRefused):
        return f"refused ({error.errorcode})"
    return type(error).__name__
