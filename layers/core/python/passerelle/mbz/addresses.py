"""E-mail addresses in values and texts (P4)."""

from __future__ import annotations

import re

LONGEST_VALUE = 64 * 1024  # characters of a value that may be emptied for being addresses and nothing else

_LOCAL = r"[^\W_](?:[\w.!#$%&'*+/=?^`{|}~-]{0,62}[\w+-])?"
_DOMAIN = r"[^\W_](?:[\w-]{0,61}[^\W_])?(?:\.[^\W_](?:[\w-]{0,61}[^\W_])?){0,8}\.[^\W\d_]{2,24}"
_ADDRESS = re.compile(rf"{_LOCAL}@{_DOMAIN}\Z")
# As in the head of a mail: `Jeanne Exemple <jeanne@univ.example>`.
_NAMED = re.compile(r"[^<>@,;]{0,100}<\s*(?:mailto:)?([^<>\s]+)\s*>\Z")
_SEPARATORS = re.compile(r"[,;\n\r|]+")
_BETWEEN = re.compile(r"[\s\"()\[\]]+")
_AFTER = re.compile(_DOMAIN)
_HIDDEN_AT = re.compile(r"%40|&#64;|&#x40;|&commat;", re.IGNORECASE)
# `photo@2x.png`, `logo@home.pdf`: a file's name reads like an address.
_FILE_ENDINGS = frozenset(
    {
        "bmp",
        "css",
        "csv",
        "doc",
        "docx",
        "eps",
        "gif",
        "gz",
        "htm",
        "html",
        "ico",
        "jpeg",
        "jpg",
        "js",
        "json",
    }
    | {
        "mbz",
        "mov",
        "mp",
        "odp",
        "ods",
        "odt",
        "pdf",
        "php",
        "png",
        "ppt",
        "pptx",
        "py",
        "scss",
        "svg",
        "swf",
    }
    | {"tex", "tif", "tiff", "txt", "wav", "webm", "webp", "xls", "xlsx", "xml", "zip"}
)


def are_addresses(value: str) -> bool:
    """Whether a value is one or more e-mail addresses, and nothing else."""
    if len(value) > LONGEST_VALUE or "@" not in value:
        return False
    items = [item.strip() for item in _SEPARATORS.split(value)]
    told = [item for item in items if item]
    return bool(told) and all(_is_one_or_several(item) for item in told)


def _is_one_or_several(item: str) -> bool:
    named = _NAMED.match(item)
    if named:
        return _is_address(named[1])
    words = [word for word in _BETWEEN.split(item) if word]
    return bool(words) and all(_is_address(word) for word in words)


def _is_address(word: str) -> bool:
    word = word.strip("'").removeprefix("mailto:")
    return _ADDRESS.match(word) is not None and not _ends_like_a_file(word)


def addresses_in(text: str) -> list[str]:
    """Those that stand in a text, in lower case. Linear in its length, whatever it is made of."""
    if "@" not in text and "%40" not in text and "&#" not in text and "&commat;" not in text:
        return []
    text = _HIDDEN_AT.sub("@", text)
    found: list[str] = []
    place = text.find("@")
    while place >= 0:
        before = _before(text, place)
        after = _AFTER.match(text, place + 1, place + 255)
        if before and after and not _ends_like_a_file(after[0]):
            found.append(f"{before}@{after[0]}".lower())
        place = text.find("@", place + 1)
    return found


def _before(text: str, place: int) -> str:
    """What of the 64 characters before an @ is the first part of an address."""
    start = place
    while start > max(0, place - 64) and (text[start - 1].isalnum() or text[start - 1] in "._%+'-"):
        start -= 1
    return text[start:place].lstrip("._%+'-")


def _ends_like_a_file(address: str) -> bool:
    return address.rsplit(".", 1)[-1].lower() in _FILE_ENDINGS
