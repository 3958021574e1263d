"""The console's pages: templates of `pages/templates/console` filled with records and words (H2)."""

from __future__ import annotations

from datetime import date, datetime
from typing import Any
from zoneinfo import ZoneInfo

from passerelle.domain.orders.money import decimals
from passerelle.domain.states import state_word
from passerelle.pages import templating
from passerelle.words.causes import say_stage
from passerelle.words.console import WORDS
from passerelle.words.night_report import say_kind

PARIS = "Europe/Paris"


def render(name: str, lang: str, zone: str = PARIS, **shown: Any) -> str:
    """`name`: a template without its ending. What is shown is escaped by the templates."""
    lang = "fr" if lang.startswith("fr") else "en"

    def moment(at: datetime | None) -> str:
        if at is None:
            return ""
        local = at.astimezone(ZoneInfo(zone))
        return local.strftime("%d/%m/%Y %H:%M" if lang == "fr" else "%Y-%m-%d %H:%M")

    def day(of: date | str) -> str:
        read = date.fromisoformat(of) if isinstance(of, str) else of
        return read.strftime("%d/%m/%Y" if lang == "fr" else "%Y-%m-%d")

    def amount(minor: int | None, currency: str) -> str:
        if minor is None:
            return ""
        places = decimals(currency)
        figure = f"{minor / 10**places:.{places}f}"
        return f"{figure.replace('.', ',') if lang == 'fr' else figure} {currency}"

    return templating.render(
        f"console/{name}.html",
        lang,
        WORDS,
        moment=moment,
        day=day,
        amount=amount,
        state=lambda state: state_word(state, lang),
        moments=lambda record: _moments(record, lang),
        stage=lambda name: say_stage(name, lang),
        kind=lambda name, number=1: say_kind(name, number, lang),
        **shown,
    )


def _moments(record: Any, lang: str) -> list[tuple[datetime, str, str]]:
    """When, the state in words, and why where somebody wrote it: what is one word is the code's own."""
    states: Any = type(record.state)
    return [
        (
            one.at,
            state_word(states(one.state), lang) if one.state in set(states) else one.state,
            one.why if " " in one.why else "",
        )
        for one in record.history
    ]


def style() -> str:
    return templating.templates().get_template("console/style.css").render()
