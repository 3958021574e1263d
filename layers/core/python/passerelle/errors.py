"""What went wrong, named for what the caller should do about it."""

from __future__ import annotations


class PasserelleError(Exception):
    """The root. Its children carry data as attributes; nobody reads their text to decide."""


class TryAgain(PasserelleError):
    """Nothing is wrong with the request: the same call may succeed later."""


class GiveUp(PasserelleError):
    """The same call will fail again; somebody has to change something first.

    `code` is a stable word that screens and commands translate (domain.wording); `details` holds
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


class Conflict(PasserelleError):
    """A conditional write lost its race: somebody else was first. Read again and decide again."""


class MoodleAway(TryAgain):
    """The site did not answer as a Moodle: network error, 5xx, maintenance or an HTML page.

    `site` is the site's name in network.yaml, `reason` one of `network`, `http`, `maintenance`, `html`.
    `sent` tells whether the request may have reached Moodle.
    """

    def __init__(self, site: str, reason: str, *, sent: bool = True) -> None:
        super().__init__(f"{site}: {reason}")
        self.site = site
        self.reason = reason
        self.sent = sent


class MoodleRefused(GiveUp):
    """Moodle understood and said no. `function` and Moodle's own `errorcode` say what."""

    def __init__(self, site: str, function: str, errorcode: str) -> None:
        super().__init__(errorcode, site=site, function=function)
        self.site = site
        self.function = function
        self.errorcode = errorcode
