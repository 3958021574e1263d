"""Whose account an e-mail is in Moodle, and what a new account is called (S4)."""

from __future__ import annotations

import hashlib
import re
import unicodedata
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from passerelle.domain.records import Note

if TYPE_CHECKING:
    from passerelle.domain.moodle.core import User

# What Moodle's `validate_email` takes, which is PHP's FILTER_VALIDATE_EMAIL: ASCII alone, so that nothing in
# an address is invisible, turns the writing round or looks like another letter.
_ATOM = r"[A-Za-z0-9!#$%&'*+/=?^_`{|}~-]+"
_LABEL = r"[A-Za-z0-9](?:[A-Za-z0-9-]*[A-Za-z0-9])?"
_EMAIL = re.compile(rf"(?=[^@]{{1,64}}@){_ATOM}(?:\.{_ATOM})*@{_LABEL}(?:\.{_LABEL})+")
USERNAME_LENGTH = 100


@dataclass(frozen=True, slots=True)
class Account:
    user_id: int
    username: str = field(repr=False)
    existed: bool = True  # before the order
    privileged: bool = False  # an administrator, or with a role at site or category level
    lang: str = ""
    seen: bool = False  # Moodle has been opened with it


def email_fits(email: str) -> bool:
    """Whether Moodle can keep it, and what is read is what is written to."""
    return _EMAIL.fullmatch(email.strip()) is not None and len(email) <= 100


def account_of(found: tuple[User, ...]) -> User | Note | None:
    """Whose account an e-mail is: the existing one, nobody's, or why this person is stopped."""
    alive = [user for user in found if not user.deleted]
    if len(alive) > 1:
        return Note("email_twice")
    if alive:
        return Note("account_suspended") if alive[0].suspended else alive[0]
    return Note("account_deleted") if found else None


def usernames(email: str) -> tuple[str, str]:
    """What a new account is called: its e-mail in lower case; or with letters of its own, where that is
    taken or not what Moodle allows in a username.
    """
    low = email.strip().lower()
    plain = unicodedata.normalize("NFKD", low).encode("ascii", "ignore").decode()
    clean = re.sub(r"[^a-z0-9.@_-]", "-", plain)
    other = f"{clean[: USERNAME_LENGTH - 9]}-{hashlib.sha256(low.encode()).hexdigest()[:8]}"
    fits = clean == low and len(clean) <= USERNAME_LENGTH
    return (clean if fits else other, other)
