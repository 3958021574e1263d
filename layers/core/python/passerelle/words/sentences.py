"""The sentences people read: what happened, to what, and what to do, in French and English.

A code stands once, with both languages side by side; `words.formatter` says what may stand in one.
"""

from __future__ import annotations

from collections.abc import Mapping

from passerelle.words.administrators import HOUSE
from passerelle.words.archives import ARCHIVES
from passerelle.words.buyers import BUYERS
from passerelle.words.courses import COURSES
from passerelle.words.formatter import Pair, fill
from passerelle.words.holdings import say_holds
from passerelle.words.night import NIGHT
from passerelle.words.orders import ORDERS
from passerelle.words.rollover import ROLLOVER
from passerelle.words.why_desk import WHY

LANGUAGES = ("fr", "en")

SENTENCES: Mapping[str, Pair] = {
    # --- the door ---
    "clock_wrong": (
        "L’horloge de ce site diffère de {minutes:# minute|# minutes} de celle de Passerelle ; rien n’est "
        "accepté à plus de cinq minutes. Un administrateur doit la remettre à l’heure.",
        "The clock of this site is {minutes:# minute|# minutes} off that of Passerelle; nothing is accepted "
        "beyond five minutes. An administrator must set it right.",
    ),
    "signature": (
        "Signature refusée.",
        "Signature refused.",
    ),
    "field": (
        "Le champ « {field} » ne convient pas : {problem}.",
        "The field “{field}” does not fit: {problem}.",
    ),
    "not_found": (
        "L’adresse demandée n’existe pas.",
        "The address asked for does not exist.",
    ),
    "body_too_large": (
        "La demande est trop volumineuse.",
        "The request is too large.",
    ),
    "other_body": (
        "Cette demande a déjà été reçue avec un autre contenu.",
        "This request was already received with another content.",
    ),
    "conflict": (
        "Quelqu’un d’autre vient d’agir sur le même objet. Rechargez la page, puis recommencez.",
        "Somebody else has just acted on the same thing. Reload the page, then try again.",
    ),
    "away": (
        "Le service ou un des Moodle ne répond pas pour le moment. Réessayez dans quelques minutes.",
        "The service or one of the Moodles does not answer just now. Try again in a few minutes.",
    ),
    "internal": (
        "Une erreur inattendue s’est produite. Transmettez la référence à l’assistance.",
        "Something unexpected went wrong. Give the reference to the help desk.",
    ),
    "bad_cursor": (
        "La page demandée n’existe plus. Reprenez la recherche au début.",
        "The page asked for is no longer there. Start the search again.",
    ),
    "ownerunknown": (
        "Une personne à inscrire n’a pas de compte sur le Moodle de destination.",
        "A person to be enrolled has no account on the target Moodle.",
    ),
    **COURSES,
    **ARCHIVES,
    **ORDERS,
    **{code: pair for code, pair in BUYERS.items() if code.startswith("buyer_")},
    **HOUSE,
    **ROLLOVER,
    **NIGHT,
    **WHY,
}


def known(code: str) -> bool:
    return code in SENTENCES


def known_language(lang: str) -> str:
    """One that every sentence is in, `fr` or `en`; empty for any other text."""
    return lang[:2] if lang[:2] in LANGUAGES else ""


def say(what: str | Pair, lang: str, /, **details: object) -> str:
    """The sentence of a code, or of a pair that stands in a table of its own, with its details in place.

    An unknown code answers the sentence of `internal` with the code, so that nothing is swallowed.
    """
    if isinstance(details.get("holds"), str):
        details["holds"] = say_holds(str(details["holds"]), lang)
    if isinstance(what, tuple):
        return fill(what, lang, details)
    if what not in SENTENCES:
        return f"{say('internal', lang)} ({what})"
    return fill(SENTENCES[what], lang, details)
