"""A night's report: what it holds, in words and in files, and that nothing in it runs."""

from __future__ import annotations

import csv
import io
import json
import re
from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import date, timedelta
from html.parser import HTMLParser

import pytest

from passerelle.domain.moodle.plugin import CourseState
from passerelle.domain.night.policy import NightRules
from passerelle.domain.offer.causes import Cause, Reason, Repairs
from passerelle.domain.states import RunState
from passerelle.errors import FixAccess, MoodleAway, Refused
from passerelle.pages.night_report import as_csv, as_page, csv_name, subject_of, summary_of
from passerelle.pages.plots import Plot, Series, draw, spell
from passerelle.usecases.night.isolate import BROKEN
from passerelle.usecases.night.report import load_report, make_report, report_key, report_nights, write_report
from passerelle.words.causes import CHECKS
from passerelle.words.night_report import CODES, KINDS, WORDS, as_document
from tests.factories.moodle_rows import Moodle
from tests.factories.night import PARIS, a_month, a_report, a_run
from tests.factories.offer import University
from tests.scenes.night import NightScene, OneMoodle, a_university, drop, rules
from tests.scenes.night_site import NIGHT


class Reading(HTMLParser):
    """Tags that are opened are closed, ids come once; texts and addresses are kept."""

    VOID = frozenset({"meta", "br"})

    def __init__(self, page: str) -> None:
        super().__init__()
        self.open: list[str] = []
        self.ids: list[str] = []
        self.addresses: list[str] = []
        self.tags: set[str] = set()
        self.text = ""
        self.feed(page)

    def handle_starttag(self, tag, attrs) -> None:
        self.tags.add(tag)
        named = dict(attrs)
        self.ids += [named["id"]] if "id" in named else []
        self.addresses += [named[name] for name in ("href", "src", "xlink:href") if name in named]
        if tag not in self.VOID:
            self.open.append(tag)

    def handle_startendtag(self, tag, attrs) -> None:
        self.tags.add(tag)

    def handle_endtag(self, tag) -> None:
        assert self.open.pop() == tag

    def handle_data(self, data) -> None:
        self.text += data


@pytest.fixture(scope="module")
def report():
    return a_report()


@pytest.mark.parametrize("lang", ["fr", "en"])
def test_the_page_is_whole_and_loads_nothing(report, lang) -> None:
    page = Reading(as_page(report, lang, PARIS))

    assert page.open == []
    assert len(page.ids) == len(set(page.ids))
    assert all(address.startswith("#") and address[1:] in page.ids for address in page.addresses)
    assert not page.tags & {"script", "link", "img", "iframe", "object"}


def test_what_titles_and_names_hold_is_shown_and_never_markup(report) -> None:
    struck = "<script>alert(1)</script>"
    spoiled = replace(
        report,
        title=struck,
        people=dict.fromkeys(report.people, struck),
        faculties=dict.fromkeys(report.faculties, struck),
        courses=dict.fromkeys(report.courses, struck),
        lines=tuple(
            replace(line, reason=replace(line.reason, details=dict.fromkeys(line.reason.details, struck)))
            for line in report.lines
            if "start" not in line.reason.details
        ),
    )

    page = Reading(as_page(spoiled, "fr", PARIS))

    assert "script" not in page.tags
    assert struck in page.text


@pytest.mark.rule("D1")
def test_each_service_finds_its_lines_with_names_and_rows(report) -> None:
    by = dict(report.by_repairs())

    assert {line.check for line in by[Repairs.SCOLARITE]} == {"D1", "D2", "D3", "D5", "D6"}
    assert {line.check for line in by[Repairs.PLANNING]} == {"D7"}
    assert {line.check for line in by[Repairs.TEACHER]} == {"D8", "D15"}
    page = as_page(report, "fr", PARIS)
    assert "Chloé Lefèvre a une IP sur DCIV1A1" in page
    assert "ip.csv, ligne\u00a04" in page
    assert "UFR Droit" in page


def test_figures_add_up_over_the_stages(report) -> None:
    assert report.counts["enrol"] == 140
    assert sum(report.counts.values()) == sum(sum(stage.counts.values()) for stage in report.stages)


@pytest.mark.rule("N20")
def test_a_held_night_says_so_first() -> None:
    held = a_run(state=RunState.HELD, counts={"suspend": 2140}, holds=("all::2140:9800:5 %",))
    report = a_report(runs=[*a_month()[:-5], held])

    page = Reading(as_page(report, "fr", PARIS)).text

    assert page.index("Un plan est retenu") < page.index("En chiffres")
    assert "2140 sur 9800" in page


@pytest.mark.rule("D13")
def test_a_night_that_did_not_run_is_a_report_as_well() -> None:
    report = a_report(runs=[])

    assert [line.reason.cause for line in report.lines if line.check == "D13"] == ["stage_missing"] * 5
    assert "Aucun changement cette nuit" in as_page(report, "fr", PARIS)


def test_a_quiet_clean_night_has_nothing_to_correct() -> None:
    made = University().element().group(on=("E1",)).person().ip()
    runs = [a_run(stage) for stage in ("users", "cohorts", "offer", "enrolments", "groups")]
    # Their hours are those of N17, so that none is late.
    report = a_report(made, Moodle().course(visible=False), [replace(run, stage=run.stage) for run in runs])

    assert report.lines == ()
    assert "Rien à corriger" in as_page(report, "fr", PARIS)


def test_each_faculty_has_its_lines_in_a_file_that_a_spreadsheet_reads(report) -> None:
    text = as_csv(report, "SCI", "fr")

    rows = list(csv.reader(io.StringIO(text.removeprefix("\ufeff")), delimiter=";"))
    assert len(rows) == 1 + len(report.by_faculty()["SCI"])
    assert rows[0][0] == "Contrôle"
    assert sum(len(lines) for lines in report.by_faculty().values()) == len(report.lines)


def test_no_cell_of_a_file_is_a_formula(report) -> None:
    reason = Reason(Cause.NO_EMAIL, course="@SUM(A1)", person="=HYPERLINK(1)")
    line = replace(report.lines[0], faculty="X", reason=reason)

    row = list(csv.reader(io.StringIO(as_csv(replace(report, lines=(line,)), "X", "fr")), delimiter=";"))[1]

    assert not any(cell[:1] in ("=", "+", "-", "@") for cell in row)


@pytest.mark.parametrize(("code", "name"), [("SCI", "SCI.csv"), ("", "general.csv"), ("../x", "---x.csv")])
def test_a_files_name_is_plain_whatever_the_code(code, name) -> None:
    assert csv_name(code) == name


def test_the_json_names_nobody(report) -> None:
    text = json.dumps(as_document(report), ensure_ascii=False)

    assert "Lefèvre" not in text
    assert "22100002" in text
    assert json.loads(text)["counts"]["enrol"] == 140


def test_every_check_and_kind_has_words_in_both_languages() -> None:
    assert set(CHECKS) == {f"D{number}" for number in range(1, 17)}
    for french, english in (*CHECKS.values(), *KINDS.values(), *WORDS.values()):
        assert french
        assert english


def test_a_plot_says_its_figures_to_who_does_not_see_it() -> None:
    plot = Plot(
        "p", "Opérations", "6 ajouts", ["lu", "ma"], [Series("ajouts", "add", [0, 6])], ["", "retenue"]
    )

    drawn = draw(plot, "fr")

    assert '<title id="p-t">Opérations</title><desc id="p-d">6 ajouts</desc>' in drawn
    assert len(re.findall("<rect", drawn)) == 1
    assert "retenue" in drawn


@pytest.mark.parametrize(("lang", "said"), [("fr", "12\u202f345"), ("en", "12,345")])
def test_numbers_are_spelled_as_each_language_does(lang, said) -> None:
    assert spell(12345, lang) == said


# -- after a night ---------------------------------------------------------------------------------------


class Looked:
    """The twin, and what is in its courses."""

    def __init__(self, moodle) -> None:
        self._moodle = moodle

    def __getattr__(self, name):
        return getattr(self._moodle, name)

    def get_course_states_by_idnumber(self, idnumbers: Sequence[str]) -> Mapping[str, CourseState]:
        return {name: CourseState(exists=True, empty=True, idnumber=name) for name in idnumbers}


@pytest.fixture
def stage() -> NightScene:
    made = University().element("E1", distance=True).group("G1", on=("E1",)).group("GC", "cemu", on=("E1",))
    made.person().ip("P1", "E1", "G1").person("P2").ip("P2", "E1", "")
    stage = NightScene(made)
    stage.night()
    stage.world = replace(stage.world, sites=OneMoodle(Looked(stage.moodle)))
    return stage


@pytest.mark.rule("N19")
def test_a_night_that_ran_is_reported_with_its_counts_and_traps(stage) -> None:
    report = make_report(stage.world, "caen", NIGHT)

    assert report.counts["course_create"] == 2
    assert [stage.state for stage in report.stages] == ["done"]
    assert {(line.check, line.reason.person or line.reason.course) for line in report.lines} == {
        ("D1", "P2"),
        ("D4", "FOAD-E1"),
    }
    assert {one.file: one.rows for one in report.sources}["ip.csv"] == 2


def test_a_report_is_kept_in_both_languages_with_its_tables_and_json(stage) -> None:
    write_report(stage.world, "caen", NIGHT)

    texts = stage.papers.texts
    assert set(texts) == {
        report_key("caen", NIGHT, name) for name in ("fr.html", "en.html", "fr/C1.csv", "en/C1.csv")
    }
    assert "Rapport de la nuit" in texts[report_key("caen", NIGHT, "fr.html")]
    assert load_report(stage.world, "caen", NIGHT)["counts"]["course_create"] == 2


@pytest.mark.rule("D5")
@pytest.mark.rule("D11")
def test_the_next_night_knows_what_the_last_one_read(stage) -> None:
    stage.tomorrow()
    stage.clock.set(stage.clock.now().replace(hour=2))
    site = stage.moodle.site
    course = next(row for row in site.state.courses.values() if row.idnumber == "E1")
    course.fullname = "Mon cours à moi"
    stage.night()
    stage.world = replace(stage.world, sites=OneMoodle(Looked(stage.moodle)))

    report = make_report(stage.world, "caen", stage.day, actual=None)

    assert report.trend[-1].changed == 1
    assert [one.night for one in report.trend] == ["2026-10-06", "2026-10-07"]


@pytest.mark.parametrize(
    ("link", "said"),
    [
        ("", "passerelle sync report --site caen --night 2026-10-06 --to"),
        (
            "https://intranet.example/{site}/{night}/{lang}.html",
            "https://intranet.example/caen/2026-10-06/fr.html",
        ),
    ],
)
def test_who_is_named_is_sent_a_summary_with_the_reports_address_once(stage, link, said) -> None:
    sent: dict[str, str] = {}

    class Telling(Looked):
        def notify(self, notifications) -> None:
            sent.update({one.key: one.values["text"] for one in notifications})

    network = stage.world.network
    rules = replace(network.sites["caen"].night, report_to=("mlaurent",), report_link=link)
    caen = replace(network.sites["caen"], night=rules)
    stage.world = replace(
        stage.world,
        network=replace(network, sites={**network.sites, "caen": caen}),
        sites=OneMoodle(Telling(stage.moodle)),
    )

    assert report_nights(stage.world) == 1
    assert report_nights(stage.world) == 1

    (text,) = sent.values()
    assert list(sent) == ["night:caen:2026-10-06:mlaurent"]
    assert "La synchronisation s’est bien passée." in text
    assert "- La scolarité\u00a0: 1" in text
    assert text.endswith(said) or f"{said} " in text


@pytest.mark.rule("D13")
@pytest.mark.parametrize("how", [MoodleAway("caen", "network"), FixAccess("caen", "f", "invalidtoken")])
def test_a_site_that_lets_nobody_in_keeps_no_other_from_its_report(how) -> None:
    stage = NightScene(a_university(), rules())
    stage.night()
    sites = dict(stage.world.network.sites)
    second = {**sites, "zweite": sites["caen"]}

    asked = []

    class Sites(OneMoodle):
        def lms(self, site):
            asked.append(site)
            if site == "caen":
                raise how
            return super().lms(site)

    world = replace(
        stage.world, network=replace(stage.world.network, sites=second), sites=Sites(Looked(stage.moodle))
    )
    with pytest.raises(type(how)):
        report_nights(world)
    assert report_key("zweite", stage.day, "report.json") in stage.papers
    asked.clear()
    with pytest.raises(type(how)):
        report_nights(world)
    assert asked == ["caen"], "the next try goes on with those that are missing"


def test_an_address_of_reports_that_cannot_be_filled_is_refused() -> None:
    for wrong in (
        "https://x.example/{nuit}",
        "https://x.example/{}",
        "https://x.example/{night",
        "intranet/{night}",
    ):
        with pytest.raises(ValueError, match="report_link"):
            NightRules(report_link=wrong)
    filled = NightRules(report_link="http://x.example/{site}/{night}.{lang}")
    assert filled.link_to_report("caen", date(2026, 10, 6), "fr") == "http://x.example/caen/2026-10-06.fr"


@pytest.mark.rule("D9")
def test_a_course_that_the_night_just_archived_is_not_called_active_unless_somebody_writes_in_it():
    stage = NightScene(a_university(), rules())
    stage.moodle.get_course_states_by_idnumber = lambda _: {}
    stage.night()
    drop(stage.university, "elements.csv", "E1")
    stage.tomorrow()
    stage.night()
    site = stage.moodle.site
    archived = site.course("ex_E1")
    site.state.change_course(archived, timemodified=int(stage.clock.now().timestamp()))

    def checks():
        stage.tomorrow()
        return [line.check for line in make_report(stage.world, "caen", stage.day).lines]

    assert "D9" not in checks()
    site.state.change_course(archived, timemodified=int(stage.clock.now().timestamp()))
    assert "D9" in checks()


@pytest.mark.rule("N19")
def test_what_moodle_refused_or_broke_on_is_listed_with_its_reason(stage) -> None:
    stage.tomorrow()
    stage.university.person("P9").ip("P9", "E1", "G1")
    apply = stage.moodle.apply

    def breaking(operations):
        if any(one["op"] == "enrol" for one in operations):
            raise MoodleAway("caen", "http")
        return apply(operations)

    stage.moodle.apply = breaking
    stage.moodle.get_site = lambda: None
    stage.moodle.get_course_states_by_idnumber = lambda _: {}
    stage.night()

    report = make_report(stage.world, "caen", stage.day)

    found = [(one.kind, one.where, one.person, one.errorcode) for one in report.not_applied]
    assert ("enrol", "E1", "p9", "broken") in found
    assert found[1][:3] == ("member_add", "E1 / G1", "p9")
    french, english = (as_page(report, lang, PARIS) for lang in ("fr", "en"))
    assert "Inscription – E1, p9\u00a0: Moodle s’interrompt sur cette opération" in french
    assert "Enrolment – E1, p9: Moodle breaks on this operation" in english
    assert as_document(report)["not_applied"][0]["errorcode"] == "broken"


def test_every_code_of_apply_has_its_words() -> None:
    codes = (
        "unknownuser unknowncourse unknowngroup unknowncategory notours notempty idnumbertaken shortnametaken "
        "rolenotallowed authnotallowed categorynotallowed protecteduser nopermission"
    )
    assert {*codes.split(), "invalid", BROKEN} == set(CODES)


# -- true answers ----------------------------------------------------------------------------------------


@pytest.mark.rule("D13")
def test_a_night_that_never_ran_is_red_and_says_so_in_its_first_line_and_in_its_mail() -> None:
    report = a_report(runs=[])

    page = as_page(report, "fr", PARIS)
    assert '<div class="banner bad"' in page
    assert Reading(page).text.index("La nuit n’a pas eu lieu") < Reading(page).text.index("En chiffres")
    assert subject_of(report, "fr").startswith("La nuit n’a pas eu lieu")
    assert summary_of(report, "fr").startswith("La nuit n’a pas eu lieu")


@pytest.mark.rule("N22")
def test_a_night_to_come_is_refused(stage) -> None:
    with pytest.raises(Refused, match="night_to_come"):
        make_report(stage.world, "caen", NIGHT + timedelta(days=1))


@pytest.mark.rule("N20")
def test_what_a_held_plan_would_have_done_is_not_told_as_done() -> None:
    held = a_run(state=RunState.HELD, counts={"suspend": 2140}, holds=("all::2140:9800:5 %",))
    report = a_report(runs=[*a_month()[:-5], held])

    assert "suspend" not in report.done
    assert (
        "2\u202f140 accès suspendus" in summary_of(report, "fr").split("Ce que le plan retenu aurait fait")[1]
    )
    assert "Ce que le plan retenu aurait fait" in as_page(report, "fr", PARIS)


@pytest.mark.rule("D13")
@pytest.mark.parametrize("code", ["stage_needs", "stage_waited", "applying", "night_sources_stopped"])
def test_why_a_stage_failed_is_a_sentence(code) -> None:
    failed = a_run(state=RunState.FAILED, error=code)

    for lang in ("fr", "en"):
        assert code not in as_page(a_report(runs=[failed]), lang, PARIS)


def test_a_finding_carries_its_command_or_its_page(stage) -> None:
    report = make_report(stage.world, "caen", NIGHT)

    page = as_page(report, "fr", PARIS)
    assert "passerelle sync person P2 --site caen --apply" in page
    assert f'href="{stage.world.network.sites["caen"].url}/course/view.php?id=' in page
