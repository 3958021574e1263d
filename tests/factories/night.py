"""A night to report on: a small faculty, a Moodle, a month of runs."""

from __future__ import annotations

from datetime import date, datetime, timedelta
from zoneinfo import ZoneInfo

from passerelle.domain.moodle.plugin import CourseState
from passerelle.domain.night.checks.in_moodle import Sight, find_in_moodle, find_in_runs
from passerelle.domain.night.plan.plan import Hold, Plan, Verdict
from passerelle.domain.night.plan.run import Run
from passerelle.domain.night.report.report import Ingredients, NightReport, compose
from passerelle.domain.offer.build import build_offer
from passerelle.domain.offer.causes import Reason, in_order
from passerelle.domain.offer.diagnosis import find_in_sources, look_at
from passerelle.domain.offer.naming import Naming
from passerelle.domain.offer.stages import Stage
from passerelle.domain.states import RunState
from tests.factories.moodle_rows import Moodle
from tests.factories.offer import University

PARIS = ZoneInfo("Europe/Paris")
NIGHT = date(2026, 10, 6)
HOURS = {"users": 0, "cohorts": 3, "offer": 4, "enrolments": 4, "groups": 5}


def a_run(
    stage: str = "enrolments",
    night: date = NIGHT,
    *,
    minutes: float = 6.5,
    state: RunState = RunState.DONE,
    counts: dict[str, int] | None = None,
    holds: tuple[str, ...] = (),
    **more: object,
) -> Run:
    begun = datetime(night.year, night.month, night.day, HOURS[stage], 15, tzinfo=PARIS)
    ended = begun + timedelta(minutes=minutes)
    fields = {
        "id": f"caen/{night}/{stage}",
        "site": "caen",
        "night": night.isoformat(),
        "stage": stage,
        "state": state,
        "started_at": begun,
        "heard_at": ended,
        "finished_at": ended if state is not RunState.HELD else None,
        "counts": counts or {},
        "holds": holds,
    }
    return Run(**(fields | more))  # type: ignore[arg-type]


def a_month(night: date = NIGHT) -> list[Run]:
    """Quiet nights, busy Mondays, one that was held, one that failed."""
    runs = []
    for back in range(29, -1, -1):
        day = night - timedelta(days=back)
        many = 900 if day.weekday() == 0 else 140 + (back * 37) % 90
        if back == 11:
            runs.append(
                a_run(
                    "enrolments",
                    day,
                    state=RunState.HELD,
                    counts={"suspend": 2140},
                    holds=("all::2140:9800:5 %",),
                )
            )
            continue
        state = RunState.FAILED if back == 19 else RunState.DONE
        runs.append(
            a_run("users", day, minutes=1.2, counts={"user_update": many // 9, "user_create": many // 20})
        )
        runs.append(a_run("cohorts", day, minutes=0.6, counts={"cohort_add": many // 12}))
        runs.append(
            a_run("offer", day, minutes=0.9, counts={"course_update": many // 30, "course_create": 3})
        )
        runs.append(
            a_run(
                "enrolments",
                day,
                minutes=2 + many / 90,
                state=state,
                counts={"enrol": many, "suspend": many // 7},
            )
        )
        runs.append(
            a_run("groups", day, minutes=1 + many / 200, counts={"member_add": many, "member_remove": 12})
        )
    return runs


def a_university() -> University:
    """Every trap that the sources alone can hold, and a few people of each."""
    made = University()
    made.category("SCI", title="UFR des Sciences").category("L2CHIM", "SCI", "Licence 2 Chimie")
    made.category("DRO", title="UFR Droit").category("L1DRO", "DRO", "Licence 1 Droit")
    made.element("SCHI2A1", title="Chimie organique 1", category="L2CHIM", distance=True)
    made.element("SCHI2A2", title="Chimie des solutions", category="L2CHIM")
    made.element("SPHY2A2", title="Chimie pour physiciens", category="L2CHIM", carrier="SCHI2A2")
    made.element("DCIV1A1", title="Introduction au droit civil", category="L1DRO")
    made.element("DPEN1A1", title="Droit pénal général", category="L1DRO", distance=True)
    made.group("SCHI2A1-TD1", "TD 1", on=("SCHI2A1",)).group("SCHI2A1-CE", "TD CEMU", on=("SCHI2A1",))
    made.group("SCHI2A2-TD1", "TD 1", on=("SCHI2A2",)).group("SPHY2A2-TP", "TP", on=("SPHY2A2",))
    made.group("DCIV1A1-CM", "CM", on=("DCIV1A1",)).group("DCIV1A1-CE", "cemu", on=("DCIV1A1",))
    names = ["Amélie Dubois", "Bao Nguyen", "Chloé Lefèvre", "Driss El Amrani", "Élise Martin", "Félix Roux"]
    names += [
        "Gaëlle Le Goff",
        "Hugo Petit",
        "Inès Bernard",
        "Jules <b>Moreau</b>",
        "Katia Ivanova",
        "Léo Simon",
    ]
    for number, name in enumerate(names):
        first, last = name.split(" ", 1)
        code = f"2210{number:04}"
        mail = "" if number == 11 else f"e{number}@etu.example"
        made.row("people.csv", code, f"etu{number}", last, first, mail, "student")
        made.tele(code, tele="1" if number in (4, 5) else "0")
        element = ["SCHI2A1", "SPHY2A2", "DCIV1A1"][number % 3]
        group = {"SCHI2A1": "SCHI2A1-TD1", "SPHY2A2": "SPHY2A2-TP", "DCIV1A1": "DCIV1A1-CM"}[element]
        made.ip(code, element, "" if number in (0, 2, 3, 8) else group)
    made.ip("22100006", "SCHI2A1", "SCHI2A1-CE").ip("22100004", "DCIV1A1", "DCIV1A1-CE")
    made.row("people.csv", "P77", "mlaurent", "Laurent", "Martine", "m@univ.example", "staff")
    made.ade("P77", "SCHI2A2", status="ASSOCIATED").ade("P77", "DCIV1A1", state="OBSOLETE", sheet="F12")
    made.row("ip.csv", "22100001", "")
    return made


def sources_findings(made: University, with_account: set[str] | None = None) -> tuple[Reason, ...]:
    extracts = made.extracts()
    return find_in_sources(look_at(extracts, build_offer(extracts, Naming()), with_account))


def a_moodle() -> Moodle:
    moodle = Moodle().user("etu2", "22100002")
    for code, title in (("SCHI2A1", "Chimie organique 1"), ("SCHI2A2", "Chimie des solutions")):
        moodle.course(code, fullname=f"({code}) {title}", visible=code == "SCHI2A2")
    moodle.course("FOAD-SCHI2A1", fullname="FOAD - (SCHI2A1) Chimie organique 1")
    moodle.course("DCIV1A1", fullname="(DCIV1A1) Introduction au droit civil")
    moodle.course("SPHY2A2", fullname="(SPHY2A2) Chimie pour physiciens")
    moodle.course("AIDE", fullname="Chimie des solutions", ours=False)
    moodle.enrolled("SCHI2A1", "etu2").enrolled("DCIV1A1", "etu2").enrolled(
        "DCIV1A1", "etu2", method="manual"
    )
    return moodle


def a_report(
    made: University | None = None, moodle: Moodle | None = None, runs: list[Run] | None = None
) -> NightReport:
    extracts = (made or a_university()).extracts()
    desired = (made or a_university()).desired()
    every = a_month() if runs is None else runs
    full = CourseState(exists=True, empty=False, activities=14)
    states = dict.fromkeys(("SCHI2A1", "SCHI2A2", "DCIV1A1", "SPHY2A2"), full)
    states["DCIV1A1"] = CourseState(exists=True, empty=True)
    sight = Sight(desired, (moodle or a_moodle()).actual(), NIGHT, states=states)
    held = tuple(Hold("all", "", 2140, 9800, "5 %") for run in every if run.night == str(NIGHT) and run.holds)
    plan = Plan("caen", NIGHT, Stage.ENROLMENTS, "2026", verdict=Verdict(held))
    morning = datetime(2026, 10, 6, 7, 30, tzinfo=PARIS)
    findings = [
        *sources_findings(made or a_university()),
        *find_in_moodle(sight, plan),
        *find_in_runs(every, NIGHT, morning, PARIS),
    ]
    return compose(
        Ingredients(
            site="caen",
            title="eCampus Caen",
            night=NIGHT,
            made_at=morning,
            extracts=extracts,
            desired=desired,
            findings=in_order(findings),
            runs=tuple(every),
            good_rows={"ip.csv": 16, "ade.csv": 2, "people.csv": 12},
        )
    )
