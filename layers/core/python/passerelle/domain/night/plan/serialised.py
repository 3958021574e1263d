"""A plan as it is kept: a heading, and its operations in chunks of lines. Equal plans are equal bytes."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import asdict, dataclass
from datetime import date
from itertools import groupby
from operator import attrgetter
from typing import Any

from passerelle.domain.night.plan.json_lines import Pen
from passerelle.domain.night.plan.memory import Memory
from passerelle.domain.night.plan.plan import ADDITIONS, Operation, Phase, Plan, count, reason_of
from passerelle.domain.night.policy import Freeze

FORMAT = 1  # of a plan's heading and chunks, and of what the night remembers; see store.documents
CHUNK = 1000  # operations that one worker does before it confirms


def line_of(one: Operation, files: Mapping[str, str]) -> dict[str, object]:
    """One operation as JSON: its columns as `apply` takes them, then why."""
    line: dict[str, object] = {"op": one.op, **one.columns, "because": one.because.value}
    if one.rows:
        line["rows"] = [[row.file, row.line, *row.key] for row in (reason_of(r, files) for r in one.rows)]
    return line


META = frozenset({"because", "rows", "phase", "wave"})


def columns_of(line: Mapping[str, Any]) -> dict[str, Any]:
    """What of such a line is for Moodle."""
    return {name: value for name, value in line.items() if name not in META}


def dumped(document: object) -> str:
    return json.dumps(document, ensure_ascii=False, separators=(",", ":"))


@dataclass(frozen=True, slots=True)
class Chunk:
    """`name` sorts as chunks are to be done; those of one `wave` may be done beside each other.

    `lines`: each operation as JSON.
    """

    name: str
    phase: Phase
    wave: int
    lines: tuple[str, ...]
    adds: bool  # whether all of it only adds: it may go on while the plan is held

    def text(self, *, adds: bool | None = None) -> str:
        """The chunk as JSON. `adds`: whether it may go on while the plan is held."""
        head = f'{{"phase":"{self.phase.word}","wave":{self.wave},"operations":['
        tail = "" if adds is None else f',"adds":{dumped(adds)}'
        return f"{head}{','.join(self.lines)}]{tail}}}"


def chunks_of(
    operations: Iterable[Operation], files: Mapping[str, str], size: int = CHUNK
) -> Iterator[Chunk]:
    """Cut between courses where that is possible: operations on one course stay together, in order.

    A course with more operations of one phase than `size` is a chunk of its own. What adds and what takes
    away are not mixed, so that a held plan can do the one without the other.
    """
    pen = Pen(files)
    for (phase, wave), in_wave in groupby(operations, key=attrgetter("phase", "wave")):
        number = 0
        taking, giving = _apart(in_wave)
        for adds, alike in ((False, taking), (True, giving)):
            for lines in _cut(alike, pen, size):
                name = f"{phase.value}-{phase.word}-{wave:04d}-{number:05d}"
                yield Chunk(name, phase, wave, lines, adds)
                number += 1


def _apart(operations: Iterable[Operation]) -> tuple[list[Operation], list[Operation]]:
    taking: list[Operation] = []
    giving: list[Operation] = []
    for one in operations:
        (giving if one.op in ADDITIONS else taking).append(one)
    return taking, giving


def _cut(operations: Iterable[Operation], pen: Pen, size: int) -> Iterator[tuple[str, ...]]:
    held: list[str] = []
    for course, in_course in groupby(operations, key=attrgetter("course")):
        lines = [pen.line(one) for one in in_course]
        if held and len(held) + len(lines) > size:
            yield tuple(held)
            held = []
        if not course:  # people, cohorts, categories: nothing binds neighbours
            while len(lines) > size:
                yield tuple(lines[:size])
                lines = lines[size:]
        held += lines
    if held:
        yield tuple(held)


def heading(plan: Plan, chunks: Iterable[str] = ()) -> dict[str, object]:
    """All of a plan but its operations. Personal data stand in operations only."""
    counts, frozen = count(plan.operations), count(plan.frozen)
    return {
        "format": FORMAT,
        "site": plan.site,
        "night": plan.night.isoformat(),
        "stage": plan.stage.value if plan.stage else "",
        "year": plan.year,
        "adoption": plan.adoption,
        "counts": dict(counts.kinds),
        "categories": {name: dict(found) for name, found in counts.categories.items()},
        "courses": {name: dict(found) for name, found in counts.courses.items()},
        "removals": plan.removals,
        "frozen": dict(frozen.kinds),
        "freezes": [freeze_document(freeze) for freeze in plan.freezes],
        "held": [asdict(hold) for hold in plan.verdict.holds],
        "additions_go_on": plan.verdict.additions_go_on,
        "stays": [[one.kind, list(one.key), one.because.value, list(one.what)] for one in plan.stays],
        "untouched": [[one.kind, one.key, one.because.value] for one in plan.untouched],
        "source_rows": dict(plan.source_rows),
        "inputs": dict(plan.inputs),
        "memory": memory_document(plan.memory),
        "chunks": list(chunks),
    }


def sha256_of(documents: Iterable[object]) -> str:
    return sha256_of_texts(map(dumped, documents))


def sha256_of_texts(texts: Iterable[str]) -> str:
    digest = hashlib.sha256()
    for text in texts:
        digest.update(text.encode())
        digest.update(b"\n")
    return digest.hexdigest()


# -- freeze and memory ---------------------------------------------------------------------------------


def freeze_document(freeze: Freeze) -> dict[str, object]:
    return asdict(freeze) | {
        "since": freeze.since.isoformat(),
        "until": freeze.until.isoformat() if freeze.until else None,
        "years": list(freeze.years),
        "categories": list(freeze.categories),
        "courses": list(freeze.courses),
    }


def memory_document(memory: Memory) -> dict[str, object]:
    """Rows in order, so that equal memories are equal bytes."""
    return {
        "suspended": [[*key, day.isoformat()] for key, day in sorted(memory.suspended.items())],
        "gone": [[number, day.isoformat()] for number, day in sorted(memory.gone.items())],
        "put_to_sleep": sorted(memory.put_to_sleep),
        "kept_groups": [[*key, day.isoformat()] for key, day in sorted(memory.kept_groups.items())],
        "marks": {kind: sorted(map(list, held.items())) for kind, held in sorted(memory.marks.items())},
    }


def read_memory(document: Mapping[str, Any] | None) -> Memory:
    if not document:
        return Memory()
    return Memory(
        suspended={(one, two): date.fromisoformat(day) for one, two, day in document["suspended"]},
        gone={int(number): date.fromisoformat(day) for number, day in document["gone"]},
        put_to_sleep=frozenset(int(number) for number in document["put_to_sleep"]),
        kept_groups={(one, two): date.fromisoformat(day) for one, two, day in document["kept_groups"]},
        marks={
            kind: {int(number): str(name) for number, name in held}
            for kind, held in document["marks"].items()
        },
    )
