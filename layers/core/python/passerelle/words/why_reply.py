"""An answer to *why* in words fit to paste into a reply, and as JSON."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from zoneinfo import ZoneInfo

from passerelle.domain.night.why.effects import say_moment, takes_effect
from passerelle.domain.night.why.explain import Answer, Place, Verdict
from passerelle.domain.night.why.question import AskedCourse, AskedPerson
from passerelle.domain.offer.causes import Reason, Repairs
from passerelle.words.causes import say_cause, say_repairs
from passerelle.words.formatter import Pair, fill
from passerelle.words.things import say_role
from passerelle.words.typesetting import typeset

_VERDICTS = {
    Verdict.IN: (
        "{who} a sa place dans le cours {course} ({roles}).",
        "{who} belongs in the course {course} ({roles}).",
    ),
    Verdict.OUT: ("Rien n’inscrit {who} au cours {course}.", "Nothing enrols {who} in the course {course}."),
    Verdict.UNKNOWN: (
        "Pour {who}, le cours {course} reste tel qu’il est : tout n’a pas pu être lu dans les sources.",
        "For {who} the course {course} stays as it is: not all of the sources could be read.",
    ),
}


@dataclass(frozen=True, slots=True)
class Telling:
    """How and when an answer is given."""

    lang: str
    now: datetime
    zone: ZoneInfo

    @property
    def french(self) -> bool:
        return self.lang.startswith("fr")

    def pick(self, pair: tuple[str, str]) -> str:
        return typeset(pair[0], self.lang) if self.french else pair[1]


def as_text(answer: Answer, telling: Telling) -> str:
    """The verdict of each course, then each cause once, with its rows, who repairs it and when."""
    who = answer.person.label
    lines = [_verdict(place, who, telling) for place in answer.places]
    seen: set[str] = set()
    for reason in _reasons(answer):
        said = say_cause(reason, who, telling.lang)
        if said in seen:
            continue
        seen.add(said)
        lines += ["", f"• {said}", *(f"  {line}" for line in _beside(reason, telling))]
    return "\n".join(lines)


def _reasons(answer: Answer) -> Iterator[Reason]:
    yield from answer.notes
    for place in answer.places:
        yield from place.reasons


def _verdict(place: Place, who: str, telling: Telling) -> str:
    roles = ", ".join(say_role(role, telling.lang) for role in place.roles)
    course = f"{place.course} – {place.fullname}" if place.course and place.fullname else place.course
    said = telling.pick(_VERDICTS[place.verdict])
    return said.format(who=who, course=course or place.fullname or "?", roles=roles)


_ONCE_CORRECTED = ("Effet, une fois corrigé : ", "Effect, once corrected: ")
_BY_ITSELF = ("Effet : ", "Effect: ")


_MORE: Pair = (" et {more:# autre|# autres}", " and {more} more")


def _beside(reason: Reason, telling: Telling) -> Iterator[str]:
    if reason.rows:
        line = telling.pick(("ligne", "line"))
        shown = [f"{row.file}, {line} {row.line}" for row in reason.rows[:5]]
        more = len(reason.rows) - len(shown)
        rest = fill(_MORE, telling.lang, {"more": more}) if more > 0 else ""
        yield telling.pick(("Source : ", "Source: ")) + telling.pick((" ; ", "; ")).join(shown) + rest
    if reason.about.repairs is not Repairs.NOBODY:
        by = say_repairs(reason.about.repairs, telling.lang)
        yield telling.pick(("Qui corrige : ", "Who repairs it: ")) + by
    when = takes_effect(reason, telling.now, telling.zone)
    if when is not None:
        once = reason.about.repairs is not Repairs.NOBODY
        yield telling.pick(_ONCE_CORRECTED if once else _BY_ITSELF) + say_moment(when, telling.lang)


def as_json(answer: Answer, telling: Telling) -> dict[str, Any]:
    """The typed causes with their sentences. `verdict` is the best of the courses': in, unknown, out."""
    verdicts = {place.verdict for place in answer.places}
    best = next((one for one in (Verdict.IN, Verdict.UNKNOWN) if one in verdicts), Verdict.OUT)
    return {
        "kind": "answer",
        "person": person_as_json(answer.person),
        "course": {**course_as_json(answer.course), "bearer": answer.bearer},
        "verdict": best.value,
        "places": [
            {
                "course": place.course,
                "fullname": place.fullname,
                "foad": place.foad,
                "verdict": place.verdict.value,
                "roles": list(place.roles),
                "sentence": _verdict(place, answer.person.label, telling),
                "reasons": [_reason(reason, answer, telling) for reason in place.reasons],
            }
            for place in answer.places
        ],
        "notes": [_reason(reason, answer, telling) for reason in answer.notes],
        "text": as_text(answer, telling),
    }


def _reason(reason: Reason, answer: Answer, telling: Telling) -> dict[str, Any]:
    about = reason.about
    when = takes_effect(reason, telling.now, telling.zone)
    return {
        "cause": reason.cause.value,
        "weight": about.weight.value,
        "rule": about.rule,
        "check": about.check,
        "repairs": about.repairs.value,
        "repairs_name": say_repairs(about.repairs, telling.lang),
        "stage": about.stage.value if about.stage else "",
        "takes_effect": when.isoformat() if when else "",
        "rows": [{"file": row.file, "line": row.line} for row in reason.rows],
        "details": dict(reason.details),
        "sentence": say_cause(reason, answer.person.label, telling.lang),
    }


def person_as_json(person: AskedPerson) -> dict[str, str]:
    return {"code": person.code, "username": person.username, "label": person.label}


def course_as_json(course: AskedCourse) -> dict[str, str]:
    return {"element": course.element, "title": course.title, "only": course.only}
