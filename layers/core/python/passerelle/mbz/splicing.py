"""The payload's own deflate blocks, copied as they lie (P4).

Behind the XML at its head a tgz is contents that scrubbing never touches. A deflate block can be copied
where the 32 KiB before it, to which it may point back, stand in the new archive as they stood: only its place
within a byte must be the same. Empty blocks with the fixed code, ten bits each, bring the rewritten head
there, if that place is even; an empty stored block brings what follows back to a whole byte.
"""

from __future__ import annotations

from collections import deque
from typing import TYPE_CHECKING

from passerelle.mbz.limits import KIB, MIB

if TYPE_CHECKING:
    from passerelle.mbz.packing import Packing
    from passerelle.mbz.tar import TarReading

_WINDOW = 32 * KIB
_AT_ONCE = 512 * KIB  # that are handed on together
_HELD = 8 * MIB  # of a block whose end has not come: what is longer is packed anew
_AHEAD = MIB  # more than what is read at once, and so than what was read and not unpacked
_EMPTY_FIXED = 0b10  # ten bits, the first one lowest: not last, fixed code, end of block


def empty_blocks(phase: int) -> tuple[bytes, int]:
    """Empty blocks that end `phase` bits (even) into a byte: whole bytes, and the bits of the last one."""
    count = phase // 2
    bits = sum(_EMPTY_FIXED << (10 * number) for number in range(count))
    whole = 10 * count // 8
    return (bits & ((1 << (8 * whole)) - 1)).to_bytes(whole, "little"), bits >> (8 * whole)


def to_a_byte(last: int, phase: int) -> bytes:
    """An empty stored block behind `phase` bits of the byte `last`."""
    kept = last & ((1 << phase) - 1)
    return bytes([kept] if phase <= 5 else [kept, 0]) + b"\x00\x00\xff\xff"


class _Read:
    """What was read of the archive, from byte `start` on: the pieces as they came, none of them copied."""

    def __init__(self) -> None:
        self.start = 0
        self.length = 0
        self._pieces: deque[memoryview] = deque()

    def add(self, piece: bytes) -> None:
        self._pieces.append(memoryview(piece))
        self.length += len(piece)

    def first(self) -> int:
        return self._pieces[0][0]

    def take(self, end: int) -> list[memoryview]:
        """All before byte `end`, which is then no longer held."""
        taken = []
        while self.start < end:
            piece = self._pieces.popleft()
            part = piece[: end - self.start]
            taken.append(part)
            self.start += len(part)
            self.length -= len(part)
            if len(part) < len(piece):
                self._pieces.appendleft(piece[len(part) :])
        return taken


class Splicing:
    """Stands between the tar, which hands on every byte, and the packing. All places are absolute: bytes and
    bits of the archive that is read, from its start."""

    def __init__(self, packing: Packing) -> None:
        self._packing = packing
        self._read = _Read()
        self._copying = False
        self._shared: bytes | None = None  # the byte that the head and the first copied block share
        self._until = 0  # bit: up to here blocks may be copied
        self._sure: list[bytes | memoryview] = []  # what they unpack to
        self._held: list[bytes | memoryview] = []  # what the tar handed on since
        self._since = 0  # bytes that went into the tar since

    def take_raw(self, packed: bytes) -> None:
        self._read.add(packed)

    def feed(self, plain: bytes, boundary: int | None, tar: TarReading) -> None:
        """A piece for the tar; `boundary` is the bit at which a block ended, and the piece with it."""
        self._into(tar, plain)
        if boundary is not None and tar.lag == 0:
            self._reach(boundary, tar)

    def emit(self, data: bytes | memoryview) -> None:
        if self._copying:
            self._held.append(data)
        else:
            self._packing.write(data)

    def finish(self) -> None:
        """Back to where the last copied block ended; what came since is packed anew."""
        if not self._copying:
            return
        self._hand_over()
        phase = self._until % 8
        self._packing.end_segment(to_a_byte(self._last_byte() if phase else 0, phase))
        self._copying = False
        for piece in self._held:
            self._packing.write(piece)
        self._held = []

    def _into(self, tar: TarReading, plain: bytes) -> None:
        tar.feed(plain)
        self._since += len(plain)
        if self._copying:
            if tar.verbatim + tar.lag < self._since or self._since > _HELD:
                self.finish()
        elif self._read.length > _HELD:
            self._read.take(self._read.start + self._read.length - _AHEAD)

    def _reach(self, boundary: int, tar: TarReading) -> None:
        """A block has ended, and the tar has handed on all that came before."""
        self._since = 0
        if self._copying:
            self._sure += self._held
            self._held = []
            self._until = boundary
            if boundary // 8 - self._read.start >= _AT_ONCE:
                self._hand_over()
        elif tar.verbatim >= _WINDOW and boundary % 2 == 0 and boundary // 8 >= self._read.start:
            self._start(boundary)

    def _start(self, boundary: int) -> None:
        phase, self._until = boundary % 8, boundary
        self._read.take(boundary // 8)
        head, carried = empty_blocks(phase)
        self._packing.end_segment(head)
        mask = (1 << phase) - 1
        self._shared = bytes([self._read.first() & ~mask | carried]) if phase else None
        self._copying = True

    def _last_byte(self) -> int:
        return self._read.first() if self._shared is None else self._shared[0]

    def _hand_over(self) -> None:
        end = self._until // 8
        if self._shared is not None and end > self._read.start:
            # It stands nowhere in the original: it is written, not copied.
            self._packing.end_segment(self._shared)
            self._read.take(self._read.start + 1)
            self._shared = None
        start = self._read.start
        self._packing.copy(start, self._read.take(end), self._sure)
        self._sure = []
