"""Moments and amounts as the reader writes them, in lists and tables."""

from __future__ import annotations

from datetime import date, datetime

from passerelle.domain.orders.money import decimals


def say_when(at: datetime, lang: str) -> str:
    """`07/10/2026 04:15`; English: `2026-10-07 04:15`. In the zone that it carries."""
    return at.strftime("%d/%m/%Y %H:%M" if lang.startswith("fr") else "%Y-%m-%d %H:%M")


def say_date(day: date, lang: str) -> str:
    """`07/10/2026`; English: `2026-10-07`."""
    return day.strftime("%d/%m/%Y" if lang.startswith("fr") else "%Y-%m-%d")


def say_amount(minor: int, currency: str, lang: str) -> str:
    """Of minor units: `43,20 EUR`; English: `43.20 EUR`."""
    places = decimals(currency)
    figure = f"{minor / 10**places:.{places}f}"
    return f"{figure.replace('.', ',') if lang.startswith('fr') else figure} {currency}"
