"""A Moodle for tests of the night: the twin without its door, asked as the use cases ask."""

from __future__ import annotations

import atexit
import json
import shutil
import tempfile
from collections.abc import Iterator, Mapping, Sequence
from datetime import date
from functools import cache
from pathlib import Path
from typing import Any

from passerelle.domain.moodle.plugin import OperationVerdict
from passerelle.domain.night.plan.actual import Actual, read_actual
from passerelle.domain.night.plan.json_lines import Pen
from passerelle.domain.night.plan.make import make_plan
from passerelle.domain.night.plan.memory import Memory
from passerelle.domain.night.plan.night import Night
from passerelle.domain.night.plan.plan import Operation, Plan
from passerelle.domain.night.plan.serialised import dumped, heading
from passerelle.domain.night.policy import NightRules
from passerelle.domain.offer.build import build_desired
from passerelle.domain.offer.model import Extracts
from passerelle_laptop.twin.archive import Vault
from passerelle_laptop.twin.site import Site
from tests.factories.offer import University

NIGHT = date(2026, 10, 6)


def text_of(plan: Plan) -> str:
    """The whole plan, a line for the heading and one for each operation, withheld ones last."""
    lines, pen = [dumped(heading(plan))], Pen(plan.files)
    lines += [f'{{"phase":"{one.phase.word}",{pen.line(one)[1:]}' for one in plan.operations]
    lines += [f'{{"phase":"{one.phase.word}","frozen":true,{pen.line(one)[1:]}' for one in plan.frozen]
    return "\n".join(lines) + "\n"


@cache
def _blank() -> tuple[Site, bytes]:
    folder = Path(tempfile.mkdtemp(prefix="passerelle-night-"))
    atexit.register(shutil.rmtree, folder, ignore_errors=True)
    site = Site("caen", "Caen", Vault(folder / "files"), folder / "caen", lambda: None)
    return site, site.snapshot()


def empty_site() -> Site:
    """One site for all tests of a process, emptied: making one takes longer than a night."""
    site, rows = _blank()
    site.put_back(rows)
    return site


class Moodle:
    """The port's two methods of the night. `writes` counts calls of apply, `reads` pages."""

    def __init__(self, site: Site | None = None) -> None:
        self.site = site or empty_site()
        self.calls: list[str] = []
        self.refused: list[tuple[str, str]] = []

    def export(self, table: str, page: int = 5000, only: Sequence[str] = ()) -> Iterator[Mapping[str, Any]]:
        after: int | None = 0
        while after is not None:
            self.calls.append(table)
            found = self.site.call(
                "local_passerelle_export", table=table, after=after, limit=page, only=list(only)
            )
            yield from json.loads(found["rows"])
            after = found["next"]

    def apply(self, operations: Sequence[Mapping[str, object]]) -> tuple[OperationVerdict, ...]:
        self.calls.append("apply")
        said = self.site.call("local_passerelle_apply", operations=json.dumps(operations))
        return tuple(
            OperationVerdict(row["id"], row["ok"], row["changed"], row.get("errorcode", "")) for row in said
        )

    # -- without the use cases ---------------------------------------------------------------------

    def actual(self) -> Actual:
        return read_actual(self.export)

    def plan(self, university: University | Extracts, memory: Memory | None = None, **night: Any) -> Plan:
        extracts = university.extracts() if isinstance(university, University) else university
        actual = self.actual()
        logins = {row.code: row.username for row in extracts.people if row.username}
        rules = night.pop("rules", NightRules())
        desired = build_desired(extracts, rules.naming, actual.codes_with_account(logins))
        asked = Night(**{"site": "caen", "date": NIGHT, "rules": rules} | night)
        return make_plan(asked, desired, actual, memory or Memory(), source_rows=extracts.counts)

    def do(self, operations: Sequence[Operation]) -> list[tuple[str, str]]:
        """Apply as they stand; what was refused, as (operation, error)."""
        rows = [{"id": str(n), "op": one.op, **one.columns} for n, one in enumerate(operations)]
        verdicts = self.apply(rows) if rows else ()
        return [
            (one.op, verdict.errorcode)
            for one, verdict in zip(operations, verdicts, strict=True)
            if not verdict.ok
        ]

    def run(self, university: University | Extracts, memory: Memory | None = None, **night: Any) -> Plan:
        plan = self.plan(university, memory, **night)
        refused = self.do(plan.operations)
        assert refused == [], refused
        return plan
