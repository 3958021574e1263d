from __future__ import annotations

import json
from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest

from passerelle.domain.backups.manifest import Activity, Group, Section
from passerelle.domain.moodle.left_out import LeftOut
from passerelle.domain.records import Note
from passerelle.domain.rollover.report import Aftermath, Code, Report, judge
from passerelle.domain.rollover.survey import DateFound, HeavyFile, Place, Restriction, StaleLink, Survey
from passerelle.pages.rollover_report import as_page
from passerelle.store.documents import from_document, to_document
from passerelle.words.rollover_report import WORDS, as_rows
from tests.factories.rollover import LAST_YEAR, NEW, OLD, THIS_YEAR, a_place, a_survey

NOW = datetime(2026, 10, 5, 8, 0, tzinfo=UTC)
PLAIN = a_survey(links=(), link_count=0)


def after(**changes: object) -> Aftermath:
    whole: dict[str, object] = {
        "before": False,
        "wwwroot": NEW,
        "course": "Chimie",
        "course_url": f"{NEW}/course/view.php?id=9",
        "moved": {("course", 100): 9, ("section", 1): 51, ("module", 11): 911, ("module", 12): 912},
    }
    return Aftermath(**whole | changes)  # type: ignore[arg-type]


def report(survey: Survey, **changes: object) -> Report:
    return judge(survey, after(**changes), NOW)


def codes(survey: Survey, **changes: object) -> list[str]:
    return [finding.code.value for finding in report(survey, **changes).findings]


@pytest.mark.rule("R12")
@pytest.mark.parametrize(
    ("old", "new"),
    [
        ("/course/view.php?id=100", "/course/view.php?id=9"),
        ("/course/view.php?id=100&section=2", "/course/view.php?id=9&section=2"),
        ("/course/view.php?id=100#section-2", "/course/view.php?id=9#section-2"),
        ("/course/section.php?id=1", "/course/section.php?id=51"),
        ("/mod/page/view.php?id=11", "/mod/page/view.php?id=911"),
        ("/mod/page/view.php?id=12&forceview=1#p3", "/mod/page/view.php?id=912#p3"),
        ("/mod/page/view.php?id=77", ""),
        ("/course/view.php?id=77", ""),
        ("/my/", ""),
    ],
)
def test_a_link_whose_target_came_along_gets_its_new_address(old: str, new: str) -> None:
    (finding,) = report(replace(PLAIN, links=(StaleLink(a_place(), OLD + old),))).findings
    assert finding.new_address == (NEW + new if new else "")
    assert finding.repair_at == f"{NEW}/mod/page/view.php?id=911"


@pytest.mark.rule("R12")
def test_a_link_to_a_file_of_the_old_platform_says_to_put_the_file_here() -> None:
    link = StaleLink(a_place(), f"{OLD}/pluginfile.php/1/mod_page/content/0/schema.png")
    assert codes(replace(PLAIN, links=(link,))) == ["stale_file_link"]


@pytest.mark.rule("R12")
def test_before_a_restore_no_new_address_is_promised_and_the_reader_is_sent_to_the_old_course() -> None:
    survey = replace(PLAIN, links=(StaleLink(a_place(), f"{OLD}/course/view.php?id=77"),))
    made = report(survey, before=True, wwwroot=OLD, moved={})
    assert made.findings[0].new_address == ""
    assert made.findings[0].repair_at == f"{OLD}/mod/page/view.php?id=11"


@pytest.mark.rule("R12")
@pytest.mark.rule("D19")
def test_files_from_the_sites_threshold_on_belong_in_the_media_library() -> None:
    files = (HeavyFile(a_place(), "film.mp4", 60_000_000), HeavyFile(a_place(), "poly.pdf", 10_000_000))
    (finding,) = report(replace(PLAIN, files=files), heavy_from=50_000_000).findings
    assert (finding.code, finding.what) == (Code.HEAVY_FILE, "film.mp4")


@pytest.mark.rule("R8")
@pytest.mark.rule("R12")
@pytest.mark.rule("D19")
def test_dates_are_judged_as_they_stand_after_they_moved() -> None:
    dates = (
        DateFound(a_place(field="duedate"), LAST_YEAR + timedelta(days=30)),
        DateFound(a_place(field="timeopen"), LAST_YEAR - timedelta(days=700)),
    )
    survey = replace(PLAIN, dates=dates)
    moved = THIS_YEAR - LAST_YEAR
    assert [f.place.field for f in report(survey, year_starts=THIS_YEAR, shift=moved).findings] == [
        "timeopen"
    ]
    assert codes(survey, year_starts=THIS_YEAR) == ["past_date", "past_date"]


RESTRICTED = replace(
    PLAIN,
    groups=(Group(3, "TD1", "Y2-TD1"), Group(4, "Projet", "")),
    groupings=(8,),
)


@pytest.mark.rule("R7")
@pytest.mark.rule("R12")
@pytest.mark.parametrize(
    ("kind", "number", "context", "expected"),
    [
        ("group", 3, {"target_groups": frozenset({"Y2-TD1"})}, []),
        ("group", 3, {"target_groups": frozenset({"Y2-TD9"})}, ["group_missing"]),
        ("group", 4, {"groups_came": True}, []),
        ("group", 4, {}, ["group_missing"]),
        ("group", 4, {"groups_came": True, "exclude": frozenset({LeftOut("group", 4)})}, ["group_missing"]),
        ("group", 99, {"groups_came": True}, ["group_missing"]),
        ("grouping", 8, {"groups_came": True}, []),
        ("grouping", 8, {}, ["grouping_missing"]),
        ("completion", 12, {}, []),
        ("completion", 12, {"exclude": frozenset({LeftOut("activity", 12)})}, ["activity_missing"]),
        ("completion", 77, {}, ["activity_missing"]),
    ],
)
def test_a_restriction_is_broken_where_year_n_has_not_what_it_names(
    kind: str, number: int, context: dict[str, object], expected: list[str]
) -> None:
    survey = replace(RESTRICTED, restrictions=(Restriction(a_place(field="availability"), kind, number),))
    assert codes(survey, **context) == expected


@pytest.mark.rule("R12")
def test_a_plugin_that_the_target_lacks_is_told_once_with_how_many_it_costs() -> None:
    survey = replace(
        PLAIN,
        activities=(*PLAIN.activities, Activity(21, 1, "hotpot", "A"), Activity(22, 1, "hotpot", "B")),
        links=(StaleLink(a_place(module="hotpot", module_id=21), f"{OLD}/my/"),),
    )
    (finding,) = report(survey, missing_plugins=("mod_hotpot",)).findings
    assert (finding.code, finding.what, finding.times) == (Code.PLUGIN_MISSING, "mod_hotpot", 2)


@pytest.mark.rule("R12")
def test_badges_and_grade_settings_that_moodle_left_out_are_told_only_if_something_was_left_out() -> None:
    survey = replace(PLAIN, badges=2, grade_settings=True)
    assert codes(survey) == []
    left = frozenset({LeftOut("section", 2)})
    assert codes(survey, exclude=left) == ["badges_left_out", "grades_left_out"]


@pytest.mark.rule("R8")
def test_what_was_left_out_is_not_there_to_be_repaired() -> None:
    links = (
        StaleLink(a_place(), f"{OLD}/my/"),
        StaleLink(a_place(module_id=12, section="Liaisons", activity="Lewis"), f"{OLD}/my/"),
        StaleLink(a_place(kind="section", section="Liaisons", module="", module_id=0), f"{OLD}/my/"),
    )
    survey = replace(PLAIN, links=links)
    assert len(report(survey).findings) == 3
    made = report(survey, exclude=frozenset({LeftOut("section", 2)}))
    assert [finding.place.activity for finding in made.findings] == ["Bohr"]


@pytest.mark.rule("R12")
def test_moodles_own_warnings_are_told_with_their_words() -> None:
    warnings = (
        Note("pluginmissing"),
        Note("precheck", {"detail": "Rôle inconnu."}),
        Note("groupmissing"),
        Note("x"),
    )
    made = report(PLAIN, warnings=warnings)
    assert [finding.what for finding in made.findings] == ["Rôle inconnu.", "groupmissing", "x"]


def test_more_links_than_are_listed_are_all_counted() -> None:
    survey = replace(PLAIN, links=(StaleLink(a_place(), f"{OLD}/my/"),), link_count=700)
    assert report(survey).counts == {"stale_link": 700}


def test_a_report_survives_its_paper() -> None:
    survey = replace(a_survey(), dates=(DateFound(a_place(), LAST_YEAR),), badges=1)
    made = report(survey, year_starts=THIS_YEAR)
    assert from_document(Report, json.loads(json.dumps(to_document(made)))) == made


@pytest.mark.rule("R12")
@pytest.mark.parametrize("lang", ["fr", "en"])
def test_every_finding_says_where_what_and_what_to_do(lang: str) -> None:
    rows = as_rows(report(a_survey()), lang)["findings"]
    (row,) = rows
    assert "Atomes" in row["place"]
    assert "Bohr" in row["place"]
    assert row["what"] == f"{OLD}/course/view.php?id=77"
    assert row["todo"]


@pytest.mark.parametrize("code", Code)
def test_every_kind_of_finding_has_its_words_in_both_languages(code: Code) -> None:
    french, english, todo, to_do = WORDS[code]
    assert french != english
    assert todo != to_do


def test_a_course_without_findings_is_praised() -> None:
    assert as_rows(report(PLAIN), "fr")["nothing"].startswith("Rien")
    assert "Rien à corriger" in as_page(report(PLAIN), "fr")


def test_nothing_of_the_archive_becomes_markup_or_a_script_address() -> None:
    evil = a_place(activity='<script>alert("x")</script>')
    survey = replace(
        PLAIN,
        links=(StaleLink(evil, f'{OLD}/my/"><img src=x onerror=alert(1)>'),),
        activities=(Activity(11, 1, "page", evil.activity),),
    )
    made = replace(report(survey), course="<b>Chimie</b>", course_url="javascript:alert(1)")
    page = as_page(made, "en")
    assert "<script" not in page
    assert "<img" not in page
    assert "<b>Chimie" not in page
    assert 'href="javascript:' not in page


def test_the_page_needs_nothing_from_elsewhere() -> None:
    page = as_page(report(a_survey()), "fr")
    assert "src=" not in page
    assert "<link" not in page
    assert page.count("<table") == page.count("<caption") == 1
    assert '<html lang="fr">' in page


def said(detail: str, code: str = "groupmissing") -> tuple[Note, ...]:
    return (Note(code, {"detail": detail}),)


GROUPED = a_survey(
    groups=(Group(3, "TD1", "Y2-TD1"),),
    restrictions=(Restriction(a_place(), "group", 3),),
    links=(),
    link_count=0,
)


@pytest.mark.rule("R7")
@pytest.mark.rule("R12")
@pytest.mark.parametrize(
    ("detail", "places"),
    [
        ("Le groupe « TD1 » n’existe pas ici ; y renvoient : Bohr", ["activity"]),
        ("The group “TD1” does not exist here; it is referred to by: Bohr, Quiz 1", ["activity", "course"]),
    ],
)
def test_a_place_that_only_the_restore_saw_is_added_and_a_known_one_is_not_told_twice(
    detail: str, places: list[str]
) -> None:
    """An activity's group overrides, or its grouping, are no restriction: only the site tells of them."""
    found = report(GROUPED, warnings=said(detail)).findings
    assert [finding.place.kind for finding in found] == places
    assert {finding.code for finding in found} == {Code.GROUP_MISSING}


@pytest.mark.rule("R12")
def test_a_missing_grouping_that_the_site_tells_of_is_a_line_of_the_report() -> None:
    warnings = said("Le groupement « A » n’existe pas ici ; y renvoient : Quiz 1", "groupingmissing")
    (finding,) = report(replace(GROUPED, restrictions=()), warnings=warnings).findings
    assert (finding.code, finding.what.endswith("Quiz 1")) == (Code.GROUPING_MISSING, True)


@pytest.mark.rule("R7")
def test_a_hand_made_group_with_a_number_is_there_after_it_came() -> None:
    assert codes(replace(GROUPED, nights_groups=()), groups_came=True) == []
    assert codes(replace(GROUPED, nights_groups=(3,)), groups_came=True) == ["group_missing"]


# -- each rule at its boundary -------------------------------------------------------------------------------


@pytest.mark.rule("R12", "P19")
@pytest.mark.parametrize(
    ("said_code", "code"),
    [
        ("groupmissing", "group_missing"),
        ("groupingmissing", "grouping_missing"),
        ("overridesleftout", "overrides_left_out"),
        ("h5plibraries", "h5p_missing"),
        ("h5pnotshown", "h5p_missing"),
        ("questionsmoved", "needs_nobody"),
        ("precheck", "said_by_moodle"),
        ("pluginmissing", None),
    ],
)
def test_each_word_of_the_site_is_a_line_of_its_kind_and_only_one_needs_nobody(
    said_code: str, code: str | None
) -> None:
    made = report(PLAIN, warnings=(Note(said_code, {"detail": "Renvoient : ici"}),))
    assert [(str(one.code), one.what) for one in made.findings] == (
        [(code, "Renvoient : ici")] if code else []
    )
    assert made.to_do == ({} if code in (None, "needs_nobody") else {code: 1})
    if code:
        assert report(PLAIN, warnings=(Note(said_code),)).findings[0].what == said_code
        assert made.findings[0].repair_at == f"{NEW}/course/view.php?id=9"
        assert made.findings[0].place == Place("course")


@pytest.mark.rule("R12", "D19")
@pytest.mark.parametrize(
    ("heavy_from", "size", "found"), [(100, 100, True), (100, 99, False), (1, 1, True), (0, 10**12, False)]
)
def test_a_file_is_heavy_from_the_sites_threshold_on(heavy_from: int, size: int, found: bool) -> None:
    made = report(replace(PLAIN, files=(HeavyFile(a_place(), "a.mp4", size),)), heavy_from=heavy_from)
    assert [(one.what, one.size, one.repair_at) for one in made.findings] == (
        [("a.mp4", size, f"{NEW}/mod/page/view.php?id=911")] if found else []
    )


@pytest.mark.rule("R8", "D19")
@pytest.mark.parametrize(
    ("days", "shift", "past"), [(0, 0, False), (-1, 0, True), (-1, 1, False), (0, -1, True), (1, -1, False)]
)
def test_a_date_is_of_a_past_year_before_the_year_starts_and_not_on_its_first_second(
    days: int, shift: int, past: bool
) -> None:
    when = THIS_YEAR + timedelta(seconds=days)
    survey = replace(PLAIN, dates=(DateFound(a_place(), when),))
    made = report(survey, year_starts=THIS_YEAR, shift=timedelta(seconds=shift))
    assert [(one.when, one.repair_at) for one in made.findings] == (
        [(when + timedelta(seconds=shift), f"{NEW}/mod/page/view.php?id=911")] if past else []
    )
    assert codes(survey) == []


@pytest.mark.rule("R12")
@pytest.mark.parametrize(
    ("place", "before", "at"),
    [
        (a_place(), False, "/mod/page/view.php?id=911"),
        (a_place(), True, "/mod/page/view.php?id=11"),
        (a_place(module_id=77), False, "/course/view.php?id=9"),
        (a_place(module_id=77), True, "/mod/page/view.php?id=77"),
        (a_place(module="label"), False, "/course/view.php?id=9"),
        (a_place(module=""), True, "/course/view.php?id=9"),
        (a_place(module_id=0), True, "/course/view.php?id=9"),
    ],
)
def test_a_thing_is_repaired_on_its_own_page_where_it_has_one_and_else_in_the_course(
    place: Place, before: bool, at: str
) -> None:
    (found,) = report(
        replace(PLAIN, dates=(DateFound(place, LAST_YEAR),)), before=before, year_starts=THIS_YEAR
    ).findings
    assert found.repair_at == NEW + at


@pytest.mark.rule("R12")
def test_all_are_counted_and_the_first_thousand_listed_and_links_above_those_listed_too() -> None:
    dates = tuple(DateFound(a_place(), LAST_YEAR) for _ in range(1001))
    links = (StaleLink(a_place(), f"{OLD}/my/", 3), StaleLink(a_place(), f"{OLD}/pluginfile.php/1/a.png"))
    survey = replace(PLAIN, dates=dates, links=links, link_count=4)
    made = report(survey, year_starts=THIS_YEAR, media_library="https://media.example")
    assert (len(made.findings), made.findings[0].times) == (1000, 3)
    assert made.counts == {"stale_link": 1, "stale_file_link": 1, "past_date": 1001}
    assert report(replace(survey, link_count=5, dates=())).counts == {"stale_link": 2, "stale_file_link": 1}
    assert (made.course, made.course_url, made.before, made.made_at, made.old_address, made.media_library) == (
        "Chimie", f"{NEW}/course/view.php?id=9", False, NOW, OLD, "https://media.example",
    )  # fmt: skip


@pytest.mark.rule("R8", "R12")
def test_of_what_did_not_come_nothing_is_told_whatever_kept_it_away() -> None:
    of = {name: (StaleLink(place, f"{OLD}/my/"),) for name, place in {
        "11": a_place(), "12": a_place(module_id=12), "13": a_place(module_id=13, module="quiz"),
        "s1": Place("section", section="Atomes"), "s2": Place("section", section="Liaisons"),
        "a": Place("activity", section="Liaisons"),
    }.items()}  # fmt: skip
    survey = replace(PLAIN, links=tuple(one for links in of.values() for one in links), link_count=6)

    def told(**changes: object) -> set[str]:
        found = {one.place for one in report(survey, **changes).findings if one.code == Code.STALE_LINK}
        return {name for name, links in of.items() if links[0].place in found}

    assert told() == set(of)
    assert told(exclude=frozenset({LeftOut("section", 2)})) == {"11", "s1", "a"}
    assert told(exclude=frozenset({LeftOut("activity", 12)})) == set(of) - {"12"}
    assert told(exclude=frozenset({LeftOut("group", 12)})) == set(of)
    assert told(missing_plugins=("mod_quiz", "block_x")) == set(of) - {"13"}
    unnamed = replace(survey, sections=(Section(1, 0, ""), Section(2, 1, "")))
    place = Place("section", section="1")
    made = report(
        replace(unnamed, links=(StaleLink(place, OLD),)), exclude=frozenset({LeftOut("section", 2)})
    )
    assert made.findings == ()


@pytest.mark.rule("R12")
@pytest.mark.parametrize(
    ("exclude", "missing", "left"),
    [
        ((), (), False),
        ((LeftOut("group", 3),), (), False),
        ((LeftOut("activity", 11),), (), True),
        ((LeftOut("section", 1),), (), True),
        ((), ("mod_x",), True),
    ],
)
def test_moodle_leaves_badges_and_grades_out_once_a_part_of_the_course_is_left_out(
    exclude: tuple[LeftOut, ...], missing: tuple[str, ...], left: bool
) -> None:
    survey = replace(PLAIN, badges=2, grade_settings=True)
    made = report(survey, exclude=frozenset(exclude), missing_plugins=missing)
    found = [(str(one.code), one.times) for one in made.findings if one.code != Code.PLUGIN_MISSING]
    assert found == ([("badges_left_out", 2), ("grades_left_out", 1)] if left else [])
    assert {one.repair_at for one in made.findings} <= {f"{NEW}/course/view.php?id=9"}
    assert {one.place for one in made.findings} <= {Place("course")}
    assert report(replace(PLAIN), exclude=frozenset({LeftOut("activity", 99)})).findings == ()


@pytest.mark.rule("R12")
def test_a_missing_plugin_costs_at_least_one_thing() -> None:
    found = report(PLAIN, missing_plugins=("block_x", "mod_page")).findings
    assert [(one.what, one.times) for one in found] == [("block_x", 1), ("mod_page", 2)]


@pytest.mark.rule("R7", "R12")
@pytest.mark.parametrize(
    ("number", "nights", "context", "has"),
    [
        (3, None, {"target_groups": frozenset({"Y2-TD1"})}, True),
        (3, None, {"before": True, "target_groups": frozenset({"other"})}, False),
        (3, None, {"before": True}, True),
        (3, None, {}, False),
        (3, (), {"groups_came": True}, True),
        (3, (), {"before": True, "target_groups": frozenset({"other"})}, True),
        (4, None, {"before": True, "target_groups": frozenset({"other"})}, True),
        (4, None, {"target_groups": frozenset({""}), "groups_came": False}, False),
        (99, None, {"before": True}, False),
    ],
)
def test_year_n_has_the_group_of_that_code_or_a_hand_made_one_that_came(
    number: int, nights: tuple[int, ...] | None, context: dict[str, object], has: bool
) -> None:
    restrictions = (Restriction(a_place(), "group", number),)
    made = report(replace(RESTRICTED, restrictions=restrictions, nights_groups=nights), **context)
    names = {3: "TD1", 4: "Projet"}
    assert [one.what for one in made.findings] == ([] if has else [names.get(number, "")])


@pytest.mark.rule("R12")
@pytest.mark.parametrize(
    ("kind", "number", "context", "what"),
    [
        ("grouping", 8, {"before": True}, None),
        ("grouping", 9, {"before": True}, ""),
        ("grouping", 9, {"groups_came": True}, ""),
        ("completion", 13, {"missing_plugins": ("mod_quiz",)}, "Quiz 1"),
        ("completion", 77, {}, ""),
    ],
)
def test_a_broken_restriction_names_what_it_asks_for_where_it_is_known(
    kind: str, number: int, context: dict[str, object], what: str | None
) -> None:
    made = report(replace(RESTRICTED, restrictions=(Restriction(a_place(), kind, number),)), **context)
    found = [one.what for one in made.findings if one.code != Code.PLUGIN_MISSING]
    assert found == ([] if what is None else [what])


@pytest.mark.rule("R12")
@pytest.mark.parametrize(
    ("detail", "told"),
    [
        ("x : Bohr", False),
        ("x : Atomes, Bohr", False),
        ("x : Bohr et\u00a0; .", True),
        ("x : Bohr ;,.\u00a0", False),
        ("Bohr", False),
        ("Lewis", True),
        ("Bohr 2", True),
    ],
)
def test_a_site_that_names_another_place_of_a_missing_group_is_told_of_it(detail: str, told: bool) -> None:
    found = report(GROUPED, warnings=(*said(detail), Note("x"))).findings
    assert len(found) == (3 if told else 2)
    assert found[-1].what == "x"
