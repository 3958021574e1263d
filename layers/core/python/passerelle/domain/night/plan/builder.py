"""Where the night works: what its categories and courses are, now and once their phases are done."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from passerelle.domain.night.plan.actual import Actual
from passerelle.domain.night.plan.memory import Memory
from passerelle.domain.night.plan.plan import Because, Operation, Phase, Stays, Still, Value, operation
from passerelle.domain.night.policy import NightRules
from passerelle.domain.offer.desired import Desired
from passerelle.domain.offer.model import Row

Marks = dict[str, dict[int, str]]

LONGEST_NAME = {"category": 255, "group": 254, "cohort": 254}  # characters in Moodle's tables


def fit_name(kind: str, name: str) -> str:
    """Of a longer one Moodle would refuse the object, night after night."""
    return name[: LONGEST_NAME[kind]].rstrip()


def ancestry(above: Mapping[str, str], category: str) -> tuple[str, ...]:
    """The category and all above it. An idnumber held twice may be above itself."""
    found: list[str] = []
    while category and category not in found:
        found.append(category)
        category = above.get(category, "")
    return tuple(found)


@dataclass(slots=True)
class Places:
    """Filled by `categories` and `courses`, read by `groups` and `access`.

    `open`: Moodle id → the idnumber that the night's course has once the courses phase is done; `new`:
    idnumbers of courses made tonight. Only in these two does the night look after people and groups.
    """

    desired: Desired
    actual: Actual
    memory: Memory
    rules: NightRules
    operations: list[Operation] = field(default_factory=list)
    stays: list[Stays] = field(default_factory=list)
    open: dict[int, str] = field(default_factory=dict)
    new: set[str] = field(default_factory=set)
    category_of: dict[str, str] = field(default_factory=dict)  # such a course → the category it is in now
    above: dict[str, str] = field(default_factory=dict)  # category → its parent, now or once made
    there: set[str] = field(default_factory=set)  # categories that exist once their phase is done
    category_after: dict[int, str] = field(default_factory=dict)  # course id → its category in the end
    marks: Marks = field(default_factory=lambda: {"category": {}, "course": {}, "group": {}})

    @property
    def courses(self) -> frozenset[str]:
        return frozenset(self.open.values()) | self.new

    def stay(self, kind: str, key: tuple[str, ...], because: Still, *what: str) -> None:
        self.stays.append(Stays(kind, key, because, what))

    def add(
        self,
        phase: Phase,
        op: str,
        columns: Mapping[str, Value],
        because: Because = Because.WANTED,
        rows: tuple[Row, ...] = (),
        *,
        category: str,
        course: str = "",
        wave: int = 0,
    ) -> None:
        self.operations.append(
            operation(phase, op, columns, because, rows, course=course, category=category, wave=wave)
        )

    def ancestry(self, category: str) -> tuple[str, ...]:
        return ancestry(self.above, category)

    def renumbered(self, kind: str, idnumbers: Mapping[int, str], wanted: frozenset[str]) -> dict[str, int]:
        """The night's own whose idnumber somebody changed in Moodle: what it was → which.

        Under an idnumber that is wanted too, it is what it is called now.
        """
        known = self.memory.marks.get(kind, {})
        return {
            was: number
            for number, was in known.items()
            if was in wanted
            and number in idnumbers
            and idnumbers[number] not in wanted
            and self.actual.is_ours(kind, number)
        }
