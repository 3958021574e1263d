"""Inflating by the system's zlib, which tells where deflate blocks end, to the bit.

Neither isal nor Python's zlib module does. The library is the one that PHP and Python themselves use; where
it cannot be loaded, `available` says so and archives are packed anew as a whole.
"""

from __future__ import annotations

import ctypes
import ctypes.util
from functools import cache
from typing import Any, cast

from isal import igzip_lib

from passerelle.mbz.limits import KIB

_Z_NO_FLUSH, _Z_BLOCK = 0, 5
_Z_OK, _Z_STREAM_END, _Z_BUF_ERROR = 0, 1, -5
_GZIP = 31  # window bits: a gzip member with 32 KiB of window
_OUT = 256 * KIB
# Measured: films come in stored blocks of 16 KiB, and to stop at each of them costs more than to unpack it.
_AT_LEAST = 96 * KIB  # that are unpacked before a block's end is looked for
_UNUSED_BITS, _LAST_BLOCK, _AT_BOUNDARY = 7, 64, 128  # in data_type


class _Stream(ctypes.Structure):
    _fields_ = (
        ("next_in", ctypes.c_void_p),
        ("avail_in", ctypes.c_uint),
        ("total_in", ctypes.c_ulong),
        ("next_out", ctypes.c_void_p),
        ("avail_out", ctypes.c_uint),
        ("total_out", ctypes.c_ulong),
        ("msg", ctypes.c_char_p),
        ("state", ctypes.c_void_p),
        ("zalloc", ctypes.c_void_p),
        ("zfree", ctypes.c_void_p),
        ("opaque", ctypes.c_void_p),
        ("data_type", ctypes.c_int),
        ("adler", ctypes.c_ulong),
        ("reserved", ctypes.c_ulong),
    )


@cache
def _library() -> Any:
    for name in ("libz.so.1", ctypes.util.find_library("z")):
        try:
            library = ctypes.CDLL(name) if name else None
        except OSError:
            continue
        if library is not None:
            library.zlibVersion.restype = ctypes.c_char_p
            return library
    return None


def available() -> bool:
    return _library() is not None


class BlockInflate:
    """One gzip member, with the interface of isal's IgzipDecompressor. Raises its IsalError for damage.

    A piece ends where a block does, if one ends some way into it: `boundary` is that bit of the member, else
    None. The end of the member's last block is not told.
    """

    def __init__(self) -> None:
        self._zlib = _library()
        self._stream = _Stream()
        self._out = ctypes.create_string_buffer(_OUT)
        self._in = b""
        self._place = 0
        self.eof = False
        self.needs_input = True
        self.unused_data = b""
        self.boundary: int | None = None
        self._since = 0  # bytes that came since `boundary` was told
        self._check(
            self._zlib.inflateInit2_(
                ctypes.byref(self._stream), _GZIP, self._zlib.zlibVersion(), ctypes.sizeof(_Stream)
            )
        )

    def __del__(self) -> None:
        if self._stream.state:
            self._zlib.inflateEnd(ctypes.byref(self._stream))

    def decompress(self, data: bytes, max_length: int = _OUT) -> bytes:
        """At most `max_length` bytes."""
        if data:
            self._in, self._place = self._in[self._place :] + data, 0
        stream = self._stream
        length = min(max_length, _OUT)
        given = len(self._in) - self._place
        address = ctypes.cast(ctypes.c_char_p(self._in), ctypes.c_void_p).value or 0
        stream.next_in, stream.avail_in = address + self._place, given
        stream.next_out = ctypes.addressof(self._out)
        answer = self._inflate(length)
        if answer not in (_Z_OK, _Z_STREAM_END, _Z_BUF_ERROR):
            self._check(answer)
        left = stream.avail_out
        self._place += given - stream.avail_in
        self._since = 0 if self.boundary is not None else self._since + length - left
        self.eof = answer == _Z_STREAM_END
        if self.eof:
            self.unused_data = self._in[self._place :]
        # A full output may hide more of it; without input left and output to spare there is none.
        self.needs_input = not self.eof and self._place == len(self._in) and left > 0
        return ctypes.string_at(self._out, length - left)

    def _inflate(self, length: int) -> int:
        """What zlib answers; it stops where a block ends, once enough came since it last did."""
        stream, reference = self._stream, ctypes.byref(self._stream)
        untold = min(length, max(0, _AT_LEAST - self._since))
        self.boundary = None
        answer, stream.avail_out = _Z_OK, untold
        if untold:
            answer = self._zlib.inflate(reference, _Z_NO_FLUSH)
        full = not stream.avail_out
        stream.avail_out += length - untold
        if answer == _Z_OK and full and stream.avail_out:
            answer = self._zlib.inflate(reference, _Z_BLOCK)
            told = stream.data_type
            if told & _AT_BOUNDARY and not told & _LAST_BLOCK:
                self.boundary = stream.total_in * 8 - (told & _UNUSED_BITS)
        return int(answer)

    def _check(self, answer: int) -> None:
        if answer != _Z_OK:
            raise cast("type[Exception]", igzip_lib.IsalError)(f"zlib says {answer}")
