"""Money in whole minor units (cents)."""

from __future__ import annotations

from decimal import Decimal, InvalidOperation

from passerelle.errors import GiveUp

LONGEST_FIGURE = 40  # characters
MOST_DIGITS = 12  # after the first


def minor_units(figure: object, currency: str) -> int:
    """`"10.00"` EUR → 1000; `"1000"` JPY → 1000. Raises GiveUp `amount_unreadable`."""
    text = str(figure).strip()
    try:
        number = Decimal(text) if len(text) <= LONGEST_FIGURE else Decimal("NaN")
    except InvalidOperation:
        raise GiveUp("amount_unreadable") from None
    # Looked at before it is multiplied: 1e999999999 would fill the memory.
    if not number.is_finite() or number.adjusted() > MOST_DIGITS:
        raise GiveUp("amount_unreadable")
    return int((number * 10 ** decimals(currency)).to_integral_value())


_WITHOUT = frozenset(
    "BIF CLP DJF GNF JPY KMF KRW MGA PYG RWF UGX VND VUV XAF XOF XPF".split()  # noqa: SIM905 - reads as a list
)
_THREE = frozenset({"BHD", "IQD", "JOD", "KWD", "LYD", "OMR", "TND"})


def decimals(currency: str) -> int:
    code = currency.upper()
    return 0 if code in _WITHOUT else 3 if code in _THREE else 2


def shown(amount: int, currency: str) -> str:
    """`43.20`, as shops write it."""
    places = decimals(currency)
    return f"{amount / 10**places:.{places}f}"
