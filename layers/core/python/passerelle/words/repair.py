"""One person's repair in a few sentences, for the desk and the command line (N27)."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from datetime import date

from passerelle.domain.night.plan.person import PersonPlan
from passerelle.domain.night.plan.plan import Names, Operation
from passerelle.domain.night.plan.run import Run
from passerelle.domain.night.plan.serialised import line_of
from passerelle.words.formatter import Pair, fill
from passerelle.words.plan import say_operation, say_summary
from passerelle.words.stages import say_scope

HEAD: Pair = (
    "{who} – d’après les extractions de la nuit du {night} :",
    "{who} – from the extracts of the night of {night}:",
)
FROZEN: Pair = ("Gelé, et non fait :", "Frozen, and not done:")
HELD: Pair = (
    "Retenu, et non fait ({why}) : un administrateur doit d’abord examiner la nuit.",
    "Held, and not done ({why}): an administrator has to look at the night first.",
)
WAITS: Pair = ("{place} : la nuit doit d’abord le créer.", "{place}: the night has to make it first.")
DONE: Pair = (
    "Fait dans Moodle : {done:rien|# opération|# opérations}{failed:|, # refusée|, # refusées}.",
    "Done in Moodle: {done:nothing|# operation|# operations}{failed:|, # refused|, # refused}.",
)


def say_repair(who: str, night: date, made: PersonPlan, run: Run | None, lang: str) -> str:
    plan = made.plan
    lines = [fill(HEAD, lang, {"who": who, "night": night})]
    lines += _said(plan.operations, plan.names, plan.files, lang)
    for pair, operations in ((FROZEN, plan.frozen), (HELD, made.held)):
        if operations:
            why = ", ".join(say_scope(one.scope, one.key, lang) for one in made.holds)
            lines += [fill(pair, lang, {"why": why}), *_said(operations, plan.names, plan.files, lang)]
    lines += [fill(WAITS, lang, {"place": place}) for place in made.waits]
    if run is not None:
        lines.append(fill(DONE, lang, {"done": run.done, "failed": run.failed}))
    else:
        lines.append(say_summary((_line(one, plan.files) for one in plan.operations), lang))
    return "\n".join(lines)


def _said(
    operations: Iterable[Operation], names: Names, files: Mapping[str, str], lang: str
) -> Iterator[str]:
    for one in operations:
        said = say_operation(_line(one, files), names, lang)
        yield f"{said.sign} {said.where} – {said.text}" if said.where else f"{said.sign} {said.text}"


def _line(one: Operation, files: Mapping[str, str]) -> dict[str, object]:
    return {"phase": one.phase.word, **line_of(one, dict(files))}
