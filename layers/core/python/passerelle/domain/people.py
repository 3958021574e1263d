"""Whom a record names, and the same record naming them no more (G1, G2).

Records name people in a few shapes (Person, Participant, Buyer, a seat, a page of the ledger), in fields that
say who did something, and in what was written down about it. Dates, counts, states and courses stay.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field, fields, is_dataclass, replace
from enum import Enum
from typing import Any, TypeVar

T = TypeVar("T")

# Of a class that is a person: what says who, and what goes with it.
IDENTIFIERS = ("username", "email", "idnumber")
PERSONAL = (
    "idnumber",
    "email",
    "firstname",
    "lastname",
    "fullname",
    "city",
    "phone",
    "phone1",
    "institution",
)
# Fields of records that hold `site:username`, or a username beside which nothing else says who it is.
WHO_FIELDS = frozenset(
    {"granted_by", "released_by", "held_by", "made_by", "stopped_by", "others", "by", "author"}
)
SAID = frozenset({"why", "details", "detail", "message", "held_why", "reason"})  # what people wrote
SHORTEST_WORD = 4  # of a username that is looked for inside a text
NOWHERE = "@forgotten.invalid"


@dataclass(frozen=True, slots=True)
class Who:
    """One person, by everything that names them; in lower case. `identity`: what tells people apart in the
    network, as network.yaml says.
    """

    names: frozenset[str] = field(default=frozenset(), repr=False)  # usernames, e-mails, codes
    fullnames: frozenset[str] = field(default=frozenset(), repr=False)
    identity: str = "username"

    def is_(self, text: object) -> bool:
        """Whether a whole field names them, alone or as `site:username`."""
        if not isinstance(text, str):
            return False
        low = text.strip().lower()
        return low in self.names or (":" in low and low.partition(":")[2] in self.names)

    def bears(self, inside: Mapping[str, Any]) -> bool:
        """Whether what has these fields is this person. Where usernames do not tell people of two sites
        apart, one counts only where nothing better is said.
        """
        better = [inside.get(one) for one in IDENTIFIERS if one != "username" or self.identity == one]
        told = [one for one in better if isinstance(one, str) and one.strip()]
        return any(self.is_(one) for one in told) if told else self.is_(inside.get("username"))

    def instead(self, text: str, alias: str) -> str:
        """Of a field that names them: with `alias` in their place."""
        whole = text.strip().lower() in self.names
        return alias if whole else f"{text.partition(':')[0]}:{alias}"

    def pattern(self, *, usernames: bool, shortest: int = SHORTEST_WORD) -> re.Pattern[str] | None:
        """What names them inside a text: e-mails and full names; where so wished usernames and codes too,
        those below `shortest` only as `site:username`.
        """
        words = [one for one in self.names if "@" in one or (usernames and len(one) >= shortest)]
        short = [one for one in self.names if usernames and one not in words]
        words += self.fullnames
        either = [rf"(?<![\w@.-])(?:{_one_of(words)})"] if words else []
        either += [rf"(?<=\w:)(?:{_one_of(short)})"] if short else []
        return re.compile(rf"(?:{'|'.join(either)})(?![\w@-])", re.IGNORECASE) if either else None


def known_as(names: Iterable[str], everything: Iterable[object], identity: str = "username") -> Who:
    """Everything that names the person whom `names` name, as all that is held tells it: whoever has the
    username in one record has an e-mail in another.
    """
    found = Who(frozenset(one.strip().lower() for one in names if one.strip()), identity=identity)
    people = [person for value in everything for person in people_of(value)]
    while True:
        more = [person for person in people if found.bears(person)]
        grown = Who(
            found.names | {one.lower() for person in more for one in _identifiers(person)},
            frozenset(name.lower() for person in more for name in _full_names(person)),
            identity,
        )
        if grown == found:
            return found
        found = grown


def names(value: object, who: Who) -> bool:
    """Whether anything in this record or document names the person."""
    return without(value, who, "\x00") != value


def without(value: T, who: Who, alias: str) -> T:
    """The same, naming `alias` instead of the person."""
    changed: T = _without(value, who, alias, "")
    return changed


def others_hidden(value: T, who: Who) -> T:
    """The same, for whoever asks what is held of them: everybody else in it is nobody."""
    return without(value, _Others(who.names, who.fullnames, who.identity), "…")


def nobody(value: T, alias: str) -> T:
    """The same, naming nobody at all: each person becomes another alias, so that they stay apart."""
    for number, person in enumerate(people_of(value)):
        identifiers = frozenset(one.lower() for one in _identifiers(person))
        who = Who(identifiers, frozenset(name.lower() for name in _full_names(person)))
        value = without(value, who, f"{alias}-{number}")
    return value


# -- how ------------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class _Others(Who):
    """Everybody but the person whose names these are."""

    def is_(self, text: object) -> bool:  # noqa: ARG002 - as Who has it
        return False

    def bears(self, inside: Mapping[str, Any]) -> bool:
        told = any(isinstance(inside.get(one), str) and inside[one] for one in ("username", "email"))
        return told and not Who(self.names, self.fullnames, self.identity).bears(inside)

    def pattern(self, **_how: object) -> re.Pattern[str] | None:
        return None


def _without(value: Any, who: Who, alias: str, name: str) -> Any:
    if isinstance(value, Enum):
        return value
    if isinstance(value, str):
        return _text(value, who, alias, name)
    if is_dataclass(value) and not isinstance(value, type):
        inside = {one.name: getattr(value, one.name) for one in fields(value)}
        cleaned = _cleaned(inside, who, alias)
        return value if cleaned == inside else replace(value, **cleaned)
    if isinstance(value, Mapping):
        return _cleaned(value, who, alias, said=name in SAID)
    if isinstance(value, tuple | list):
        return type(value)(_without(one, who, alias, name) for one in value)
    return value


def _cleaned(inside: Mapping[Any, Any], who: Who, alias: str, *, said: bool = False) -> dict[Any, Any]:
    """The fields of one thing. Where it is the person, all that is personal in it goes."""
    mine = who.bears(inside)
    found: dict[Any, Any] = {}
    for name, value in inside.items():
        if mine and name in PERSONAL and isinstance(value, str):
            found[name] = alias + NOWHERE if name == "email" and "username" not in inside and value else ""
        elif mine and name == "username":
            found[name] = alias
        else:
            found[name] = _without(value, who, alias, "details" if said else str(name))
    person = inside.get("person")
    if "user_id" in inside and "person" in inside and found["person"] != person:
        found |= {"user_id": 0, "username": alias if inside.get("username") else ""}  # a seat
    return found


def _text(text: str, who: Who, alias: str, name: str) -> str:
    if name in WHO_FIELDS and who.is_(text):
        return who.instead(text, alias)
    pattern = who.pattern(usernames=name in SAID)
    return text if pattern is None else pattern.sub(alias, text)


def people_of(value: object) -> Iterator[Mapping[str, Any]]:
    """Every thing in it that is a person, as its fields."""
    if is_dataclass(value) and not isinstance(value, type):
        inside: Mapping[str, Any] = {one.name: getattr(value, one.name) for one in fields(value)}
    elif isinstance(value, Mapping):
        inside = value
    else:
        for one in value if isinstance(value, tuple | list) else ():
            yield from people_of(one)
        return
    if any(isinstance(inside.get(one), str) and inside[one] for one in ("username", "email")):
        yield inside
    if {"site", "identity", "name"} <= inside.keys():  # an operator of the console
        yield {"username": str(inside["identity"]), "operator": inside["name"]}
    for one in inside.values():
        yield from people_of(one)
    person = inside.get("person")
    if inside.get("username") and is_dataclass(person) and not isinstance(person, type):
        yield {"username": inside["username"], "email": getattr(person, "email", "")}  # a seat ties both


def _one_of(words: list[str]) -> str:
    return "|".join(re.escape(one) for one in sorted(words, key=len, reverse=True))


def _identifiers(person: Mapping[str, Any]) -> list[str]:
    return [
        str(person[one]).strip() for one in IDENTIFIERS if isinstance(person.get(one), str) and person[one]
    ]


def _full_names(person: Mapping[str, Any]) -> Iterator[str]:
    first, last = str(person.get("firstname") or "").strip(), str(person.get("lastname") or "").strip()
    if isinstance(name := person.get("operator"), str) and name.strip():
        yield name.strip()
    if first and last:
        yield f"{first} {last}"
        yield f"{last} {first}"
