"""When a correction takes effect, by the hours of N17, and how a day and a moment are said."""

from __future__ import annotations

from datetime import UTC, date, datetime, time
from zoneinfo import ZoneInfo

import pytest

from passerelle.domain.night.why.effects import TIMES, say_day, say_moment, takes_effect
from passerelle.domain.offer.causes import Cause, Reason
from passerelle.domain.offer.stages import Stage

PARIS = ZoneInfo("Europe/Paris")
FRENCH = [
    "janvier",
    "février",
    "mars",
    "avril",
    "mai",
    "juin",
    "juillet",
    "août",
    "septembre",
    "octobre",
    "novembre",
    "décembre",
]
ENGLISH = [
    "January",
    "February",
    "March",
    "April",
    "May",
    "June",
    "July",
    "August",
    "September",
    "October",
    "November",
    "December",
]


@pytest.mark.rule("N17")
def test_the_stages_have_these_hours():
    assert {stage.value: str(hour) for stage, hour in TIMES.items()} == {
        "users": "00:00:00",
        "cohorts": "03:45:00",
        "offer": "04:00:00",
        "enrolments": "04:15:00",
        "groups": "05:00:00",
    }


@pytest.mark.rule("N17")
@pytest.mark.rule("N22")
@pytest.mark.parametrize(
    ("cause", "now", "effect"),
    [
        (Cause.NO_IP, "2026-10-06 02:00", "2026-10-07 04:15"),  # corrected today, in the next extracts
        (Cause.NO_IP, "2026-10-06 23:59", "2026-10-07 04:15"),
        (Cause.NAME_BY_HAND, "2026-12-31 12:00", "2027-01-01 04:00"),
        (Cause.NOT_THERE_YET, "2026-10-06 04:14", "2026-10-06 04:15"),  # right already: by the next stage
        (Cause.NOT_THERE_YET, "2026-10-06 04:15", "2026-10-07 04:15"),
        (Cause.COURSE_NOT_MADE, "2026-10-06 01:00", "2026-10-06 04:00"),
        (Cause.NO_ACCOUNT, "2026-10-06 01:00", "2026-10-07 00:00"),
        (Cause.LEAVES, "2026-10-06 01:00", "2026-10-06 04:15"),
        (Cause.COMES_BACK, "2026-10-06 01:00", "2026-10-06 04:15"),
        (Cause.IN_GRACE, "2026-10-06 01:00", None),  # nobody need repair it
        (Cause.CAMPUS_ONLY, "2026-10-06 01:00", None),
        (Cause.HIDDEN_WITH_CONTENT, "2026-10-06 01:00", None),  # at once, by who repairs it
    ],
)
def test_a_correction_takes_effect_with_the_stage_that_makes_it_so(cause, now, effect):
    at = datetime.fromisoformat(now).replace(tzinfo=PARIS)
    expected = effect and datetime.fromisoformat(effect).replace(tzinfo=PARIS)
    assert takes_effect(Reason(cause), at, PARIS) == expected


@pytest.mark.rule("N17")
def test_the_hour_is_the_universitys_and_follows_summer_time():
    effect = takes_effect(Reason(Cause.NOT_THERE_YET), datetime(2026, 10, 24, 23, 30, tzinfo=UTC), PARIS)
    assert effect is not None
    assert effect.isoformat() == "2026-10-25T04:15:00+01:00"
    later = takes_effect(
        Reason(Cause.NO_IP), datetime(2026, 10, 6, tzinfo=UTC), PARIS, {Stage.ENROLMENTS: time(6)}
    )
    assert later == datetime(2026, 10, 7, 6, tzinfo=PARIS)


@pytest.mark.parametrize("month", range(1, 13))
def test_a_day_is_said_as_each_language_does(month):
    french, english = FRENCH[month - 1], ENGLISH[month - 1]
    assert [say_day(date(2026, month, day), "fr_ca") for day in (1, 2)] == [
        f"1er {french} 2026",
        f"2 {french} 2026",
    ]
    assert say_day(date(2026, month, 1), "en") == f"1 {english} 2026"


@pytest.mark.parametrize(
    ("hour", "minute", "french", "english"),
    [(4, 15, "4\u00a0h\u00a015", "4:15"), (4, 0, "4\u00a0h", "4:00"), (14, 5, "14\u00a0h\u00a005", "14:05")],
)
def test_a_moment_is_said_as_each_language_does(hour, minute, french, english):
    when = datetime(2026, 10, 7, hour, minute, tzinfo=PARIS)
    assert say_moment(when, "fr") == f"le 7 octobre 2026 à {french}"
    assert say_moment(when, "en") == f"on 7 October 2026 at {english}"
