"""When a correction takes effect: the hour of the stage that makes it so (N17)."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date, datetime, time, timedelta
from zoneinfo import ZoneInfo

from passerelle.domain.offer.causes import Cause, Reason, Repairs
from passerelle.domain.offer.stages import Stage

TIMES: Mapping[Stage, time] = {
    Stage.USERS: time(0, 0),
    Stage.COHORTS: time(3, 45),
    Stage.OFFER: time(4, 0),
    Stage.ENROLMENTS: time(4, 15),
    Stage.GROUPS: time(5, 0),
}
# The data are right already: the stage that comes next does it, and no new extract is needed.
_BY_ITSELF = {Cause.NOT_THERE_YET, Cause.COURSE_NOT_MADE, Cause.NO_ACCOUNT, Cause.LEAVES, Cause.COMES_BACK}
_MONTHS = (
    ("janvier", "January"),
    ("février", "February"),
    ("mars", "March"),
    ("avril", "April"),
    ("mai", "May"),
    ("juin", "June"),
    ("juillet", "July"),
    ("août", "August"),
    ("septembre", "September"),
    ("octobre", "October"),
    ("novembre", "November"),
    ("décembre", "December"),
)


def takes_effect(
    reason: Reason, now: datetime, zone: ZoneInfo, times: Mapping[Stage, time] = TIMES
) -> datetime | None:
    """None: at once, or never by the night. What is corrected today is in the next night's extracts."""
    stage = reason.about.stage
    if stage is None or (reason.about.repairs is Repairs.NOBODY and reason.cause not in _BY_ITSELF):
        return None
    local = now.astimezone(zone)
    today = datetime.combine(local.date(), times[stage], zone)
    if reason.cause in _BY_ITSELF and local < today:
        return today
    return datetime.combine(local.date() + timedelta(days=1), times[stage], zone)


def say_day(day: date, lang: str) -> str:
    """`7 octobre 2026`."""
    french = lang.startswith("fr")
    number = "1er" if french and day.day == 1 else str(day.day)
    return f"{number} {_MONTHS[day.month - 1][0 if french else 1]} {day.year}"


def say_moment(when: datetime, lang: str) -> str:
    """`le 7 octobre 2026 à 4 h 15`."""
    if lang.startswith("fr"):
        minutes = f"\u00a0{when.minute:02}" if when.minute else ""
        return f"le {say_day(when, lang)} à {when.hour}\u00a0h{minutes}"
    return f"on {say_day(when, lang)} at {when.hour}:{when.minute:02}"
