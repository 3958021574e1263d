"""The console's pages: templates of `pages/templates/console` filled with records and words (H2)."""

from __future__ import annotations

from datetime import date, datetime
from typing import Any
from zoneinfo import ZoneInfo

from passerelle.domain.states import state_word
from passerelle.pages import templating
from passerelle.words.console import WORDS
from passerelle.words.figures import say_amount, say_date, say_when
from passerelle.words.histories import say_reason
from passerelle.words.modules import say_module
from passerelle.words.night_report import say_kind
from passerelle.words.plan import say_sign
from passerelle.words.sentences import known, say
from passerelle.words.stages import ERRORS, say_error, say_kept_hold, say_stage
from passerelle.words.things import say_role

PARIS = "Europe/Paris"


def render(name: str, lang: str, zone: str = PARIS, **shown: Any) -> str:
    """`name`: a template without its ending. What is shown is escaped by the templates."""
    lang = "fr" if lang.startswith("fr") else "en"

    def moment(at: datetime | None) -> str:
        return "" if at is None else say_when(at.astimezone(ZoneInfo(zone)), lang)

    def day(of: date | str) -> str:
        return say_date(date.fromisoformat(of) if isinstance(of, str) else of, lang)

    def amount(minor: int | None, currency: str) -> str:
        return "" if minor is None else say_amount(minor, currency, lang)

    return templating.render(
        f"console/{name}.html",
        lang,
        WORDS,
        moment=moment,
        day=day,
        amount=amount,
        state=lambda state: state_word(state, lang),
        moments=lambda record: _moments(record, lang),
        state_of=lambda record, name: _state_word(record, name, lang),
        reason_of=lambda record, why: _reason(record, why, lang),
        say_error=lambda code: _error(code, lang),
        held_word=lambda kind: f"held_{kind}" if f"held_{kind}" in WORDS else "held_other",
        stage=lambda name: say_stage(name, lang),
        kind=lambda name, number=1: say_kind(name, number, lang),
        hold_said=lambda kept: say_kept_hold(kept, lang),
        sign=lambda sign: say_sign(sign, lang),
        role=lambda shortname: say_role(shortname, lang),
        module=lambda name: say_module(name, lang),
        **shown,
    )


def _moments(record: Any, lang: str) -> list[tuple[datetime, str, str]]:
    """When, the state in words, and why."""
    return [
        (one.at, _state_word(record, one.state, lang), _reason(record, one.why, lang))
        for one in record.history
    ]


def _state_word(record: Any, name: str, lang: str) -> str:
    states: Any = type(record.state)
    return state_word(states(name), lang) if name in set(states) else name


def _reason(record: Any, why: str, lang: str) -> str:
    return say_reason(why, lang, record.why if isinstance(getattr(record, "why", None), tuple) else ())


def _error(code: str, lang: str) -> str:
    """Why a stage failed: in a few words, or by the sentence of a refusal."""
    return say(code, lang) if code not in ERRORS and known(code) else say_error(code, lang)


def style() -> str:
    return templating.templates().get_template("console/style.css").render()
