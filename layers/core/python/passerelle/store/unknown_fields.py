"""Fields of a stored record that this release does not know: kept aside when it is read, put back when it
is written, so that a release that is rolled back loses nothing of the newer one's.

A record is frozen and passes through the rules as this release knows it; what it does not know waits here,
under kind, id and revision, until the record is written again. Inside lists an element is known again by
what it holds; one that is gone takes its unknown fields with it.
"""

from __future__ import annotations

from collections import OrderedDict
from threading import Lock
from typing import Any

MOST = 20_000  # records that wait at once; of one that fell out, the stored item is read again

Revision = tuple[str, str, int]


class Aside:
    def __init__(self, most: int = MOST) -> None:
        self._most = most
        self._waiting: OrderedDict[Revision, Any] = OrderedDict()
        self._lock = Lock()
        self.dropped = False  # whether any fell out: then what is not here may yet be in the table

    def put(self, at: Revision, unknown: Any) -> None:
        with self._lock:
            self._waiting[at] = unknown
            self._waiting.move_to_end(at)
            if len(self._waiting) > self._most:
                self._waiting.popitem(last=False)
                self.dropped = True

    def get(self, at: Revision) -> Any:
        with self._lock:
            return self._waiting.get(at)


def unknown_in(stored: Any, known: Any) -> Any:
    """What `stored` has and `known`, the same as this release writes it, has not; None: nothing.

    Of a map: its unknown fields and what is unknown inside the known ones. Of a list: for each element
    with anything unknown, (the element as known, what is unknown in it).
    """
    match stored, known:
        case dict(), dict():
            found = {name: ("whole", value) for name, value in stored.items() if name not in known}
            for name in stored.keys() & known.keys():
                inside = unknown_in(stored[name], known[name])
                if inside is not None:
                    found[name] = ("inside", inside)
            return found or None
        case list(), list() if len(stored) == len(known):
            pairs = [(k, unknown_in(s, k)) for s, k in zip(stored, known, strict=True)]
            return [(k, inside) for k, inside in pairs if inside is not None] or None
    return None


def with_unknown(known: Any, unknown: Any) -> Any:
    """`known` with what `unknown_in` found, where it still has a place."""
    match known, unknown:
        case dict(), dict():
            whole = dict(known)
            for name, (how, value) in unknown.items():
                if how == "inside":
                    if name in whole:
                        whole[name] = with_unknown(whole[name], value)
                else:
                    whole.setdefault(name, value)
            return whole
        case list(), list():
            return _with_unknown_elements(known, unknown)
    return known


def _with_unknown_elements(known: list[Any], unknown: list[tuple[Any, Any]]) -> list[Any]:
    """The same element, or else the one that is most like it, if that is more than half."""
    whole = list(known)
    free = list(range(len(known)))
    changed = []
    for element, inside in unknown:
        at = next((n for n in free if known[n] == element), None)
        if at is None:
            changed.append((element, inside))
        else:
            free.remove(at)
            whole[at] = with_unknown(known[at], inside)
    pairs = [(_alike(known[n], e), n, e, inside) for e, inside in changed for n in free]
    for alike, at, element, inside in sorted(pairs, key=lambda pair: -pair[0]):
        if alike > 1 / 2 and at in free and any(one is element for one, _ in changed):
            free.remove(at)
            changed = [(one, more) for one, more in changed if one is not element]
            whole[at] = with_unknown(known[at], inside)
    return whole


def _alike(one: Any, other: Any) -> float:
    """The share of fields that two elements have in common."""
    if not (isinstance(one, dict) and isinstance(other, dict) and other):
        return 0.0
    return sum(bool(one.get(name, ...) == value) for name, value in other.items()) / len(other)
