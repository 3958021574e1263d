"""One operation that breaks a whole call of `apply` (a PHP fatal, a time-out) is found and left out."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from passerelle.domain.moodle.plugin import OperationVerdict
from passerelle.errors import MoodleAway, SpeaksOtherwise
from passerelle.ports import Roster, World

BROKEN = "broken"  # the errorcode of an operation on which Moodle breaks instead of answering
MOST_BROKEN = 20  # of one chunk; then it is the Moodle that is ill, not its data
# A Moodle that says these answers nobody, whatever is asked.
_ILL = frozenset({"maintenance", "busy", "redirect"})

Operations = Sequence[Mapping[str, object]]


def apply_each(world: World, site: str, operations: Operations, doubt: str) -> list[OperationVerdict]:
    """A verdict for each operation, in order; `id` is its place. Where a call breaks and the Moodle still
    answers another, the call is halved down to the one operation, which is `broken`: the others are done.

    `doubt` is the paper's key that keeps how far the search came: the next try goes on from there, since
    halving on time-outs may take longer than a function may run. Raises MoodleAway where it is the Moodle.
    """
    roster = world.sites.roster(site)
    search = _Search.read(world.papers.get(doubt), len(operations))
    while search.todo:
        start, stop = search.todo[0]
        part = operations[start:stop]
        try:
            verdicts: Sequence[OperationVerdict] = roster.apply(part)
        except (MoodleAway, SpeaksOtherwise) as error:
            _still_there(roster, error)
            search.in_doubt = True
            if len(part) > 1:
                middle = start + len(part) // 2
                search.todo[:1] = [(start, middle), (middle, stop)]
                world.papers.put(doubt, search.document())
                continue
            if search.broken == MOST_BROKEN:
                raise
            verdicts = [OperationVerdict(str(start), ok=False, errorcode=BROKEN)]
        search.settle(verdicts)
        if search.in_doubt and search.todo:
            world.papers.put(doubt, search.document())
    return search.verdicts


def _still_there(roster: Roster, error: MoodleAway | SpeaksOtherwise) -> None:
    """Raises where the Moodle answers nothing else either: then it is no operation's fault."""
    if isinstance(error, MoodleAway) and (not error.sent or error.reason in _ILL):
        raise error
    roster.get_site()


@dataclass(slots=True)
class _Search:
    todo: list[tuple[int, int]]  # from and up to, in order
    verdicts: list[OperationVerdict] = field(default_factory=list)
    in_doubt: bool = False

    @classmethod
    def read(cls, document: Mapping[str, Any] | None, size: int) -> _Search:
        if document is None:
            return cls([(0, size)] if size else [])
        verdicts = [
            OperationVerdict(str(place), ok, changed, errorcode)
            for place, (ok, changed, errorcode) in enumerate(document["settled"])
        ]
        return cls([(start, stop) for start, stop in document["todo"]], verdicts, in_doubt=True)

    @property
    def broken(self) -> int:
        return sum(one.errorcode == BROKEN for one in self.verdicts)

    def settle(self, verdicts: Sequence[OperationVerdict]) -> None:
        del self.todo[0]
        self.verdicts += verdicts

    def document(self) -> dict[str, object]:
        """Without any of the operations' own data."""
        return {
            "todo": [list(one) for one in self.todo],
            "settled": [[one.ok, one.changed, one.errorcode] for one in self.verdicts],
        }
