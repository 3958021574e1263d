"""One sentence from its pair and its details: plurals, elision, and French typography.

A pair is the French and the English of one sentence. What a detail may look like in it:

    {title}                       the value: a state, a day or a list in the reader's language
    {count:# place|# places}      singular or plural; `#` is the number (French: 0 and 1 are singular)
    {count:rien|# point|# points} with a word of its own for 0
    {teachers:enseigne|enseignent}  the number of a list

A detail that is missing is shown as `…` rather than breaking the sentence. « de {who} » becomes
« d’Ada » by itself.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Mapping
from datetime import date, datetime
from string import Formatter

from passerelle.domain.states import State, state_word
from passerelle.words.typesetting import typeset

Pair = tuple[str, str]  # French, English

MISSING = "…"
_PARSER = Formatter()
_ELIDES = re.compile(r"\b(?:[Dd]e|[Qq]ue|[Jj]usque|[Ll]orsque|[Pp]uisque) $")
# `h` is silent in Hélène, Hugo, HIST1, and mostly not before an a (Hakim, Hans).
_VOWEL = re.compile(r"[aeiou]|h[eiouy]|y[^aeiou]", re.IGNORECASE)
_NO_ELISION = re.compile(r"(?:oui|onz|ouistiti|uhlan)", re.IGNORECASE)


def pick(pair: Pair, lang: str) -> str:
    """The French if `lang` begins with `fr`, else the English, as it stands."""
    return pair[0] if lang.startswith("fr") else pair[1]


def fill(pair: Pair, lang: str, details: Mapping[str, object] | None = None) -> str:
    """The sentence in the reader's language, with its details in their places."""
    said = ""
    for literal, name, forms, _ in _PARSER.parse(pick(pair, lang)):
        said += typeset(literal, lang)
        if name is None:
            continue
        value = (details or {}).get(name)
        text = typeset(_plural(value, forms, lang), lang) if forms else spell(value, lang)
        said = _elide(said, text) if lang.startswith("fr") else said
        said += text
    return said


def spell(value: object, lang: str) -> str:
    """One value as the reader writes it."""
    if value is None:
        return MISSING
    if isinstance(value, State):
        return state_word(value, lang)
    if isinstance(value, date):  # a datetime is one
        # Every function says sentences; few say when something takes effect.
        from passerelle.domain.night.why.effects import say_day, say_moment

        return say_moment(value, lang) if isinstance(value, datetime) else say_day(value, lang)
    if isinstance(value, list | tuple):
        return say_list([spell(one, lang) for one in value], lang)
    return str(value)


def say_list(several: list[str], lang: str) -> str:
    """`Ada, Bob et Cléo`."""
    if len(several) < 2:
        return "".join(several)
    last = "et" if lang.startswith("fr") else "and"
    return f"{', '.join(several[:-1])} {last} {several[-1]}"


def say_number(number: int, lang: str) -> str:
    """`12 345` in French, `12,345` in English."""
    return f"{number:,}".replace(",", "\u202f") if lang.startswith("fr") else f"{number:,}"


def _plural(value: object, forms: str, lang: str) -> str:
    number = _number_of(value)
    if number is None:
        return forms.rsplit("|", maxsplit=1)[-1].replace("#", MISSING)
    *none, one, many = forms.split("|")
    if number == 0 and none:
        chosen = none[0]
    elif abs(number) < 2 if lang.startswith("fr") else number == 1:
        chosen = one
    else:
        chosen = many
    return chosen.replace("#", say_number(number, lang))


def _number_of(value: object) -> int | None:
    """Details that were kept are text: `"3"` counts as 3."""
    if isinstance(value, int):
        return value
    if isinstance(value, list | tuple | set | frozenset):
        return len(value)
    if isinstance(value, str) and re.fullmatch(r"-?\d+", value):
        return int(value)
    return None


def _elide(said: str, following: str) -> str:
    plain = unicodedata.normalize("NFD", following)
    if _ELIDES.search(said) and _VOWEL.match(plain) and not _NO_ELISION.match(plain):
        return said[:-2] + "’"
    return said
