"""What went wrong, named for what the caller should do about it."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from datetime import timedelta


class PasserelleError(Exception):
    """The root. Its children carry data as attributes; nobody reads their text to decide."""


class TryAgain(PasserelleError):
    """Nothing is wrong with the request: the same call may succeed later."""


class GiveUp(PasserelleError):
    """The same call will fail again; somebody has to change something first.

    `code` is a stable word that screens and commands translate (words.sentences); `details` holds
    the figures and names that the sentence needs, never a secret, an e-mail or a person's name.
    """

    def __init__(self, code: str, **details: object) -> None:
        super().__init__(code)
        self.code = code
        self.details = details


class Refused(GiveUp):
    """A rule says no: the sentence for `code` tells the person why and what to do."""


class NotFound(GiveUp):
    """The thing asked for does not exist, or not for this caller."""


class PaperUnreadable(GiveUp):
    """A document is cut, is no such document, or was written by a newer release. `paper` is its key."""

    def __init__(self, paper: str) -> None:
        super().__init__("paper_unreadable", paper=paper)
        self.paper = paper


class Conflict(PasserelleError):
    """A conditional write lost its race: somebody else was first. Read again and decide again."""


class MoodleAway(TryAgain):
    """The site did not answer as a Moodle.

    `site` is the site's name in network.yaml, `reason` one of `network`, `http` (5xx), `busy` (429),
    `maintenance`, `html`, `garbled` (cut or broken JSON), `redirect`, `toolong`.
    `sent` tells whether the request may have reached Moodle; `retry_after` what the site asked for.
    """

    def __init__(
        self, site: str, reason: str, *, sent: bool = True, retry_after: timedelta | None = None
    ) -> None:
        super().__init__(f"{site}: {reason}")
        self.site = site
        self.reason = reason
        self.sent = sent
        self.retry_after = retry_after


class LookFirst(MoodleAway):
    """A call that is not safe to repeat lost its answer: see what is there before sending it again."""


class MoodleRefused(GiveUp):
    """Moodle understood and said no. `function` and Moodle's own `errorcode` say what."""

    def __init__(self, site: str, function: str, errorcode: str) -> None:
        super().__init__(errorcode, site=site, function=function)
        self.site = site
        self.function = function
        self.errorcode = errorcode


class FixAccess(MoodleRefused):
    """The token, the service or its rights do not let this call in, whatever it says: repair those."""


class InstallFunction(FixAccess):
    """The site does not know the function: install or upgrade the plugin, or add it to the service."""


class SpeaksOtherwise(GiveUp):
    """The site answered a shape this release does not know; what was asked may have been done.

    `function` and `where` (a path of keys, never a value) say what to compare.
    """

    def __init__(self, site: str, function: str, where: str) -> None:
        super().__init__("speaksotherwise", site=site, function=function, where=where)
        self.site = site
        self.function = function
        self.where = where
