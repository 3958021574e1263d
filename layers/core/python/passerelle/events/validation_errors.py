"""What does not fit in data from outside, worded for whoever wrote them, without showing the value.

pydantic's own texts are English and quote what they were given; these do neither.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

# pydantic's error types → French, English. `{…}` is filled from the error's context.
_KINDS: Mapping[str, tuple[str, str]] = {
    "missing": ("il manque", "it is missing"),
    "missing_argument": ("il manque", "it is missing"),
    "missing_keyword_only_argument": ("il manque", "it is missing"),
    "unexpected_keyword_argument": ("ce mot n’est pas connu ici", "this word is not known here"),
    "extra_forbidden": ("ce mot n’est pas connu ici", "this word is not known here"),
    "literal_error": ("attendu : {expected}", "expected: {expected}"),
    "string_type": ("un texte est attendu (entre guillemets)", "a text is expected (in quotes)"),
    "string_unicode": ("le texte n’est pas de l’Unicode valide", "the text is not valid Unicode"),
    "string_too_long": ("au plus {max_length} caractères", "at most {max_length} characters"),
    "int_type": ("un nombre entier est attendu", "a whole number is expected"),
    "int_parsing": ("un nombre entier est attendu", "a whole number is expected"),
    "int_from_float": ("un nombre entier est attendu", "a whole number is expected"),
    "int_parsing_size": ("le nombre est trop grand", "the number is too large"),
    "finite_number": ("un nombre fini est attendu", "a finite number is expected"),
    "float_type": ("un nombre est attendu", "a number is expected"),
    "float_parsing": ("un nombre est attendu", "a number is expected"),
    "bool_type": ("vrai ou faux est attendu (true, false)", "true or false is expected"),
    "bool_parsing": ("vrai ou faux est attendu (true, false)", "true or false is expected"),
    "tuple_type": ("une liste est attendue", "a list is expected"),
    "list_type": ("une liste est attendue", "a list is expected"),
    "mapping_type": (
        "des lignes « nom: valeur » sont attendues",
        "lines of “name: value” are expected",
    ),
    "dict_type": ("des lignes « nom: valeur » sont attendues", "lines of “name: value” are expected"),
    "dataclass_type": (
        "des lignes « nom: valeur » sont attendues",
        "lines of “name: value” are expected",
    ),
    "out_of_range": ("le nombre est hors limites", "the number is out of range"),
    "bad_idnumber": (
        "contient un caractère de contrôle, ou finit par « @v » et un nombre",
        "holds a control character, or ends in “@v” and a number",
    ),
    "bad_id": (
        "lettres, chiffres et : . _ - seulement, 100 au plus",
        "only letters, digits and : . _ -, at most 100",
    ),
    "not_json": ("le corps n’est pas un objet JSON en UTF-8", "the body is not a JSON object in UTF-8"),
}

# What the classes of `domain` say in English → the same in French. A test keeps this complete.
_FRENCH: Mapping[str, str] = {
    "a course offered to the network needs one": "un cours proposé au réseau en a besoin",
    "64 lower-case hexadecimal digits": "64 chiffres hexadécimaux minuscules",
    "bytes, at least 1": "en octets, au moins 1",
    "bytes, of at most 4,000,000 values": "en octets, pour 4 000 000 de valeurs au plus",
    "a username of the site is needed": "un identifiant de ce site est nécessaire",
    "at most 100 at a time": "100 au plus à la fois",
    "letters and digits, as Moodle makes it": "des lettres et des chiffres, comme Moodle le fait",
    "1 to 50": "de 1 à 50",
    "at most 5,000 things": "5 000 éléments au plus",
    "at most 20 codes": "20 codes au plus",
    "at most 2,000": "2 000 au plus",
    "is not an e-mail address": "n’est pas une adresse électronique",
    "the address of the Moodle (its wwwroot), without a final slash": (
        "l’adresse du Moodle (son wwwroot), sans barre oblique finale"
    ),
    "one parameter is named, or two while a secret is being changed": (
        "un paramètre est nommé, ou deux pendant un changement de secret"
    ),
    "it and calls_per_second are above zero": "il est, comme calls_per_second, supérieur à zéro",
    "at least 1": "au moins 1",
    "it and parallel_backups are at least 1": "il est, comme parallel_backups, d’au moins 1",
    "'{}' must be site:identity": "« {} » s’écrit site:identité",
    "'{}' is not another of the sites": "« {} » n’est pas un autre des sites",
    "the button of '{}' names it": "le bouton de « {} » la nomme",
    "'{}' is not a size such as 20 GB": "« {} » n’est pas une taille comme 20 GB",
    "'{}' must be lower-case letters, digits and dashes": (
        "« {} » s’écrit en minuscules, chiffres et tirets"
    ),
    "'{}' is not one of the sites": "« {} » n’est pas l’un des sites",
}
_FIELD_FIRST = re.compile(r"([a-z_][a-z0-9_.-]*): (.+)", re.DOTALL)
_QUOTED = re.compile(r"'([^']*)'")


@dataclass(frozen=True, slots=True)
class FieldError:
    """One thing that does not fit. `path` leads to it; `kind` is pydantic's word, or `value_error`."""

    path: tuple[str | int, ...]
    kind: str
    text: str = field(default="", repr=False)  # of a value_error, as the class of `domain` said it
    context: Mapping[str, Any] = field(default_factory=dict, repr=False)

    @property
    def field(self) -> str:
        """`sites.lyon.secrets[1]`"""
        spelled = ""
        for step in self.path:
            spelled += f"[{step}]" if isinstance(step, int) else f".{step}" if spelled else str(step)
        return spelled

    def worded(self, lang: str) -> str:
        french = lang.startswith("fr")
        if self.kind == "value_error":
            return _french(self.text) if french else self.text
        words = _KINDS.get(self.kind)
        if words is None:
            return "la valeur ne convient pas" if french else "the value does not fit"
        spelled = words[0] if french else words[1]
        context = {name: _either(value, french=french) for name, value in self.context.items()}
        return spelled.format_map(context)


def field_error(error: Mapping[str, Any]) -> FieldError:
    """From one row of `ValidationError.errors()`."""
    path = tuple(step for step in error["loc"] if not str(step).startswith("function-"))
    kind, context = error["type"], dict(error.get("ctx", {}))
    if kind != "value_error":
        return FieldError(path, kind, context=context)
    text = str(context.get("error", ""))
    # "idnumber: a course offered …": the class names the field, pydantic only knows the whole.
    named = _FIELD_FIRST.fullmatch(text)
    if named:
        return FieldError((*path, *named.group(1).split(".")), kind, named.group(2))
    return FieldError(path, kind, text)


def _french(text: str) -> str:
    quoted = _QUOTED.findall(text)
    return _FRENCH.get(_QUOTED.sub("'{}'", text), text).replace("{}", quoted[0] if quoted else "{}")


def _either(value: object, *, french: bool) -> str:
    return str(value).replace(" or ", " ou ") if french else str(value)
