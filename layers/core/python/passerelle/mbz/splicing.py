"""The payload's own deflate blocks, copied as they lie (P4).

Behind the XML at its head a tgz is contents that scrubbing never touches. A deflate block can be copied
where the 32 KiB before it, to which it may point back, stand in the new archive as they stood: only its place
within a byte must be the same. Empty blocks with the fixed code, ten bits each, bring the rewritten head
there, if that place is even; an empty stored block brings what follows back to a whole byte.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from passerelle.mbz.limits import KIB, MIB

if TYPE_CHECKING:
    from passerelle.mbz.scrubbing import Packing
    from passerelle.mbz.tar import TarReading

_WINDOW = 32 * KIB
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


class Splicing:
    """Stands between the tar, which hands on every byte, and the packing. All places are absolute: bytes and
    bits of the archive that is read, from its start."""

    def __init__(self, packing: Packing) -> None:
        self._packing = packing
        self._raw = bytearray()  # from the last committed end of a block on
        self._base = 0
        self._copying = False
        self._committed = 0  # bit
        self._emitted = 0  # byte: all before it was copied
        self._held: list[bytes | memoryview] = []  # handed on by the tar since then
        self._since = 0  # bytes that went into the tar since then

    def take_raw(self, packed: bytes) -> None:
        self._raw += packed

    def emit(self, data: bytes | memoryview) -> None:
        if self._copying:
            self._held.append(data)
        else:
            self._packing.write(data)

    def after(self, length: int, boundary: int | None, tar: TarReading, *, last_block: bool) -> None:
        """`length` bytes have gone through the tar, and a block ended with them where `boundary` says so."""
        self._since += length
        if self._copying and (last_block or tar.verbatim + tar.lag < self._since or self._since > _HELD):
            self._stop()
        if boundary is None or tar.lag:
            if not self._copying and len(self._raw) > _HELD:
                self._forget(self._base + len(self._raw) - _AHEAD)
            return
        if self._copying:
            self._commit(boundary)
        elif boundary // 8 >= self._base:
            self._forget(boundary // 8)
            if tar.verbatim >= _WINDOW and boundary % 2 == 0 and not last_block:
                self._start(boundary)
        self._since = 0

    def finish(self) -> None:
        if self._copying:
            self._stop()

    def _start(self, boundary: int) -> None:
        head, carried = empty_blocks(boundary % 8)
        self._packing.end_segment(head)
        mask = (1 << boundary % 8) - 1
        if mask:
            # The byte in which the block begins: its lower bits are the head's.
            self._raw[0] = (self._raw[0] & ~mask) | carried
        self._committed, self._emitted = boundary, boundary // 8
        self._copying = True

    def _commit(self, boundary: int) -> None:
        end = boundary // 8
        data = bytes(self._raw[: end - self._base])
        self._packing.copy(self._emitted, data, self._held)
        self._held = []
        self._committed, self._emitted = boundary, end
        self._forget(end)

    def _stop(self) -> None:
        """Back to where the last copied block ended; what came since is packed anew."""
        phase = self._committed % 8
        self._packing.end_segment(to_a_byte(self._raw[0] if phase else 0, phase))
        self._copying = False
        for piece in self._held:
            self._packing.write(piece)
        self._held = []

    def _forget(self, place: int) -> None:
        del self._raw[: place - self._base]
        self._base = place
