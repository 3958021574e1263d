"""Who may be given something tonight, who may not, and whose standing is *télé-enseignement*."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass
from typing import TYPE_CHECKING

from passerelle.domain.offer.model import Because, Extracts, Person, Table
from passerelle.domain.offer.sharing import Tri, refused_rows

if TYPE_CHECKING:
    from collections.abc import Collection, Mapping

CURRENT = "E"  # state of an IA that counts
# D12; Trap and Cause have the same words.
LACKING = frozenset({Because.NO_USERNAME, Because.NO_EMAIL, Because.NO_FIRSTNAME, Because.NO_LASTNAME})


@dataclass(frozen=True, slots=True)
class People:
    good: Mapping[str, Person]  # by code and by other code
    users: Mapping[str, Person]  # by code
    incomplete: Mapping[str, Because]  # D12
    refused_codes: frozenset[str]
    refused_usernames: frozenset[str]
    any_refused: bool  # a refused row names nobody readable

    def username(self, code: str) -> str | None:
        person = self.good.get(code)
        return person.username if person else None

    def may_be(self, code: str | None) -> tuple[str | None, ...]:
        """The usernames a refused row may be about: one, none (then `Unknown` has the person
        already, or they are in no list), or None for anybody."""
        if code is None:
            return (None,)
        username = self.username(code)
        return () if username is None else (username,)


def read_people(extracts: Extracts, with_account: Collection[str] | None) -> People:
    """`with_account`: codes of people who have a Moodle account; these need no e-mail (D12) and no names.

    None: no Moodle was asked. Then only what infra/docs/extracts.md names keeps a person out.
    """
    codes = Counter(code for row in extracts.people for code in (row.code, *row.other_codes))
    users: dict[str, Person] = {}
    good: dict[str, Person] = {}
    incomplete: dict[str, Because] = {}
    refused_codes: set[str] = set()
    refused_usernames: set[str] = set()
    for row in extracts.people:
        codes_of = (row.code, *row.other_codes)
        has_account = with_account is not None and any(code in with_account for code in codes_of)
        if not row.username:
            incomplete[row.code] = Because.NO_USERNAME
        elif not row.email and not has_account:
            incomplete[row.code] = Because.NO_EMAIL
        elif with_account is not None and not has_account and not (row.firstname and row.lastname):
            incomplete[row.code] = Because.NO_LASTNAME if row.firstname else Because.NO_FIRSTNAME
        elif any(codes[code] > 1 for code in codes_of):
            incomplete[row.code] = Because.DIFFERENT_VALUES
        else:
            users[row.code] = row
            good |= dict.fromkeys(codes_of, row)
            continue
        refused_codes |= {*codes_of}
        refused_usernames |= {row.username} - {""}
    any_refused = False
    for refused in refused_rows(extracts, Table.PEOPLE):
        code, username = refused.fields.get("code"), refused.fields.get("username")
        refused_codes |= {code} - {None, ""}  # type: ignore[arg-type]
        refused_usernames |= {username} - {None, ""}  # type: ignore[arg-type]
        any_refused = any_refused or not (code or username)
    return People(
        good=good,
        users=users,
        incomplete=incomplete,
        refused_codes=frozenset(refused_codes),
        refused_usernames=frozenset(refused_usernames),
        any_refused=any_refused,
    )


@dataclass(frozen=True, slots=True)
class Standings:
    tele: frozenset[str]  # person codes
    perhaps: frozenset[str | None]  # persons whose rows were refused; None for anybody

    def is_tele(self, code: str) -> Tri:
        if code in self.tele:
            return Tri.YES
        return Tri.MAYBE if code in self.perhaps or None in self.perhaps else Tri.NO


def read_standings(extracts: Extracts) -> Standings:
    return Standings(
        tele=frozenset(
            row.person
            for row in extracts.standings
            if row.tele and row.state == CURRENT and row.year == extracts.year
        ),
        perhaps=frozenset(
            row.fields.get("person_code") or None
            for row in refused_rows(extracts, Table.IA)
            if row.fields.get("year", extracts.year) in ("", extracts.year)
        ),
    )
