"""Accounts, by Moodle's own functions."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from passerelle.domain.moodle.core import NewUser, User
from passerelle.moodle.protocol import (
    Call,
    Repeat,
    reads,
    reads_key,
    reads_rows,
    row_params,
)

if TYPE_CHECKING:
    from collections.abc import Sequence


@dataclass(frozen=True, slots=True)
class MadeUser:
    id: int
    username: str = field(default="", repr=False)


def by_field(name: str, values: Sequence[str | int]) -> Call[tuple[User, ...]]:
    """`name`: id, username, idnumber or email; the last respects case, `by_criteria` does not."""
    return Call(
        "core_user_get_users_by_field", {"field": name, "values": list(values)}, reads(tuple[User, ...])
    )


def by_criteria(**criteria: str) -> Call[tuple[User, ...]]:
    """All criteria hold at once. Moodle compares without case and as a LIKE pattern: `_` and `%` match
    anything, so the caller compares again.
    """
    rows = [{"key": key, "value": value} for key, value in criteria.items()]
    return Call("core_user_get_users", {"criteria": rows}, reads_key("users", tuple[User, ...]))


def create(users: Sequence[NewUser]) -> Call[tuple[MadeUser, ...]]:
    rows = [row_params(user, empty=False) for user in users]
    return Call("core_user_create_users", {"users": rows}, reads_rows(MadeUser, len(rows)), Repeat.UNSAFE)
