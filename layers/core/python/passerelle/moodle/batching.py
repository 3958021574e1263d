"""Many rows through functions that take them all or none, and do not say which row was wrong.

Pure but for `ask`, which sends one call. Rows are cut into chunks that fit under the site's limits;
a refused chunk is halved until the bad rows stand alone; what exists already is not made again.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any, NamedTuple, Protocol, TypeVar

from passerelle.domain.moodle.core import Outcome, Verdict
from passerelle.errors import FixAccess, GiveUp, LookFirst, MoodleRefused
from passerelle.moodle.protocol import OWN_VARIABLES, Call, Repeat, Warned, count_variables, encode

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping, Sequence

R = TypeVar("R")
A = TypeVar("A")


class Ask(Protocol):
    def __call__(self, call: Call[A], /) -> A: ...


@dataclass(frozen=True, slots=True)
class CallLimits:
    """What one call may hold. PHP drops the variables above `max_input_vars` in silence.

    `rows` bounds how long a call takes: at 70 accounts a second, 100 are under two seconds.
    """

    variables: int = 1000  # the site's max_input_vars; PHP's own default
    bytes: int = 4_000_000  # under post_max_size, 8 MB by default
    rows: int = 100
    margin: int = 16  # for what a proxy or a plugin adds, and for being off by one

    @property
    def free_variables(self) -> int:
        return self.variables - OWN_VARIABLES - self.margin


def chunks(rows: Sequence[R], build: Callable[[Sequence[R]], Call[Any]], room: CallLimits) -> Iterator[range]:
    """Places of `rows` that go together. One that fits nowhere stands alone: see `unfit`."""
    own = _measure([], build)
    start = 0
    while start < len(rows):
        stop = min(len(rows), start + room.rows)
        # Most often as many as may go together fit, and to measure them once says so.
        if not _fits(_measure(rows[start:stop], build), room):
            stop = _fullest(rows, range(start, stop), build, room, own)
        yield range(start, stop)
        start = stop


def _fullest(
    rows: Sequence[R],
    places: range,
    build: Callable[[Sequence[R]], Call[Any]],
    room: CallLimits,
    own: _Measure,
) -> int:
    """Where the fullest chunk ends that begins with the first of `places`."""
    variables, size = own
    for place in places:
        whole = _measure([rows[place]], build)
        variables += whole.variables - own.variables
        size += whole.size - own.size
        if place > places.start and not _fits(_Measure(variables, size), room):
            return place
    return places.stop


def unfit(row: R, build: Callable[[Sequence[R]], Call[Any]], room: CallLimits) -> str:
    """Why this row can go in no call at all: `toolarge`, `unencodable`, or "" if it can."""
    alone = _measure([row], build)
    if alone is NOWHERE:
        return "unencodable"
    return "" if _fits(alone, room) else "toolarge"


class _Measure(NamedTuple):
    variables: int
    size: int


def _fits(measure: _Measure, room: CallLimits) -> bool:
    return measure.variables <= room.free_variables and measure.size <= room.bytes


NOWHERE = _Measure(2**62, 2**62)


def _measure(rows: Sequence[R], build: Callable[[Sequence[R]], Call[Any]]) -> _Measure:
    try:
        call = build(rows)
        variables = count_variables(call.params)
        # Measured at place 0; four more digits each for places up to 99,999.
        return _Measure(variables, len(encode(call, "")) + 4 * variables)
    except GiveUp:
        return NOWHERE


# -- judging an accepted call: a word on each row, or None if it complains without saying which --


@dataclass(frozen=True, slots=True)
class Judged:
    """Of one row: Moodle's warning code, or nothing; the id it got, where the answer tells."""

    code: str = ""
    id: int | None = None


class HasId(Protocol):
    @property
    def id(self) -> int: ...


def all_done(_answer: object, rows: Sequence[object]) -> Sequence[Judged]:
    return [Judged()] * len(rows)


def created(answer: Sequence[HasId], rows: Sequence[object]) -> Sequence[Judged]:
    """Functions that create answer one id per row, in order (`reads_rows` counts them)."""
    return [Judged(id=made.id) for made, _ in zip(answer, rows, strict=True)]


def by_item(key: Callable[[R], int]) -> Callable[[Sequence[Warned], Sequence[R]], Sequence[Judged] | None]:
    """For functions whose warnings name the row in `itemid`."""

    def judge(answer: Sequence[Warned], rows: Sequence[R]) -> Sequence[Judged] | None:
        codes = {warned.itemid: warned.warningcode for warned in answer}
        if not codes.keys() <= {key(row) for row in rows}:
            return by_halving(answer, rows)
        return [Judged(codes.get(key(row), "")) for row in rows]

    return judge


def by_halving(answer: Sequence[Warned], rows: Sequence[object]) -> Sequence[Judged] | None:
    """For functions whose warnings name the row in prose only."""
    if not answer:
        return [Judged()] * len(rows)
    return [Judged(answer[0].warningcode)] if len(rows) == 1 else None


# -- settling: every row gets a verdict ---------------------------------------------------------------


def settle(
    rows: Sequence[R],
    build: Callable[[Sequence[R]], Call[A]],
    ask: Ask,
    room: CallLimits,
    judge: Callable[[A, Sequence[R]], Sequence[Judged] | None] = all_done,
) -> tuple[Verdict, ...]:
    """Send all rows; halve what is refused. k bad rows in a chunk of n cost at most
    1 + 2·k·⌈log2 n⌉ calls.

    Raises what speaks of no row: FixAccess, MoodleAway, SpeaksOtherwise. Rows before it are done.
    """
    return tuple(_settled(rows, build, ask, room, judge))


def _settled(
    rows: Sequence[R],
    build: Callable[[Sequence[R]], Call[A]],
    ask: Ask,
    room: CallLimits,
    judge: Callable[[A, Sequence[R]], Sequence[Judged] | None],
) -> Iterator[Verdict]:
    waiting = list(chunks(rows, build, room))[::-1]
    while waiting:
        here = waiting.pop()
        if len(here) == 1 and (why := unfit(rows[here.start], build, room)):
            yield Verdict(here.start, Outcome.REFUSED, errorcode=why)
            continue
        judged = _tried(rows[here.start : here.stop], build, ask, judge)
        if judged is None:
            middle = here.start + len(here) // 2
            waiting += [range(middle, here.stop), range(here.start, middle)]
            continue
        for place, said in zip(here, judged, strict=True):
            outcome = Outcome.REFUSED if said.code else Outcome.DONE
            yield Verdict(place, outcome, said.id, said.code)


def _tried(
    batch: Sequence[R],
    build: Callable[[Sequence[R]], Call[A]],
    ask: Ask,
    judge: Callable[[A, Sequence[R]], Sequence[Judged] | None],
) -> Sequence[Judged] | None:
    """None: refused without saying for which row."""
    call = build(batch)
    try:
        answer = ask(call)
    except FixAccess:
        raise
    except MoodleRefused as refusal:
        return [Judged(refusal.errorcode)] if len(batch) == 1 else None
    judged = judge(answer, batch)
    if judged is None and call.repeat is Repeat.UNSAFE:
        raise ValueError("an accepted call that is not safe to repeat cannot be halved")
    return judged


# -- making what is missing --------------------------------------------------------------------------

LOOKS = 3  # how often a creation whose answer was lost is looked after before the error goes up


def ensure(
    rows: Sequence[R],
    build: Callable[[Sequence[R]], Call[Sequence[HasId]]],
    ask: Ask,
    room: CallLimits,
    *,
    key: Callable[[R], str],
    find: Callable[[Sequence[R]], Mapping[str, int]],
    look_first: bool = True,
) -> tuple[Verdict, ...]:
    """Make what is missing, once, and say of each row what became of it and its id.

    `find` answers the ids of those rows that exist, by `key`. After a lost answer it is asked again
    before anything is sent again, and a row that is refused alone is looked for once more: another
    process, or the lost call arriving late, may have made it. Keys are unique in Moodle, so even a
    call that comes twice makes one. Without `look_first` that refusal is how what exists is known.
    """
    firsts: dict[str, int] = {}
    for place, row in enumerate(rows):
        firsts.setdefault(key(row), place)
    if not firsts:
        return ()
    known = find([rows[place] for place in firsts.values()]) if look_first else {}
    by_key = {name: Verdict(0, Outcome.FOUND, known[name]) for name in firsts if name in known}
    pending = [rows[place] for name, place in firsts.items() if name not in by_key]
    looks = LOOKS
    while pending:
        try:
            for verdict in _settled(pending, build, ask, room, created):
                by_key[key(pending[verdict.row])] = verdict
            break
        except LookFirst:
            looks -= 1
            if not looks:
                raise
            left = [row for row in pending if key(row) not in by_key]
            by_key |= {name: Verdict(0, Outcome.DONE, found) for name, found in find(left).items()}
            pending = [row for row in left if key(row) not in by_key]
    refused = [rows[firsts[name]] for name, verdict in by_key.items() if not verdict.ok]
    if refused:
        by_key |= {name: Verdict(0, Outcome.FOUND, found) for name, found in find(refused).items()}
    return tuple(_of(place, firsts[key(row)], by_key[key(row)]) for place, row in enumerate(rows))


def _of(place: int, first: int, verdict: Verdict) -> Verdict:
    """The same row asked for twice was made by the first and found by the second."""
    if place != first and verdict.outcome is Outcome.DONE:
        return replace(verdict, row=place, outcome=Outcome.FOUND)
    return replace(verdict, row=place)
