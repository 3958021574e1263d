"""How a file is really written, whatever was said of it: by its mark, or by what its bytes allow."""

from __future__ import annotations

import codecs
import re
from typing import IO, NamedTuple

from passerelle.domain.offer.model import FileFault
from passerelle.sources.tables import FileStopped

_MARKS = {
    codecs.BOM_UTF8: "utf-8-sig",
    codecs.BOM_UTF16_LE: "utf-16",
    codecs.BOM_UTF16_BE: "utf-16",
}
_WORKBOOKS = (b"PK\x03\x04", b"\xd0\xcf\x11\xe0")  # xlsx and ods; xls
_MANY_BYTES = re.compile(rb"[\xc2-\xf4][\x80-\xbf]")  # one letter of UTF-8
_FRENCH = frozenset("éèêëàâçîïôùûœÉÈÀÇ’«»")
_BLOCK = 1 << 20


class Written(NamedTuple):
    """`encoding`: in which the file is read; `other`: the one it is in, where that is not what was said."""

    encoding: str
    other: str = ""


def encoding_of(stream: IO[bytes], said: str) -> Written:
    """`stream` is given back at its beginning; one that cannot go back is believed.

    Raises FileStopped for a workbook. What is said to be ISO-8859-1 is read as windows-1252, as browsers
    do: the bytes 80 to 9F are œ, ’ and € there, and control characters in no title.
    """
    utf8 = codecs.lookup(said).name == "utf-8"
    said = "cp1252" if codecs.lookup(said).name == "iso8859-1" else said
    if not stream.seekable():
        return Written(said)
    start = stream.read(8)
    if start.startswith(_WORKBOOKS):
        raise FileStopped(FileFault.SPREADSHEET)
    stream.seek(0)
    for mark, encoding in _MARKS.items():
        if start.startswith(mark):
            return Written(encoding)
    whole, letters, odd = _is_utf8(stream)
    stream.seek(0)
    if utf8:
        return Written(said) if whole or letters else Written(said, _likeliest(odd))
    return Written("utf-8", "utf-8") if whole and letters else Written(said)


def _is_utf8(stream: IO[bytes]) -> tuple[bool, bool, bytes]:
    """Whether all of it is UTF-8, whether any of it is more than ASCII in UTF-8, and the first block that is
    not."""
    decoder, letters = codecs.getincrementaldecoder("utf-8")(), False
    whole, odd = True, b""
    while block := stream.read(_BLOCK):
        if block.isascii():
            continue
        letters = letters or bool(_MANY_BYTES.search(block))
        if whole:
            try:
                decoder.decode(block)
            except UnicodeDecodeError:
                whole, odd = False, block
        if letters and not whole:
            break
    return whole, letters, odd


def _likeliest(block: bytes) -> str:
    """Of the encodings that French exports are in, the one that reads most French letters."""

    def french(encoding: str) -> int:
        return sum(letter in _FRENCH for letter in block.decode(encoding, "replace"))

    return max(("windows-1252", "cp850", "mac-roman"), key=french)
