"""*Why*, with what Moodle has: a handful of calls, the same answer as with a whole export."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

import pytest

from passerelle.domain.night.plan.actual import read_actual
from passerelle.domain.records import Person
from passerelle.domain.site_commands import AskWhy
from passerelle.errors import InstallFunction, MoodleAway, MoodleRefused
from passerelle.usecases.night import why
from passerelle.usecases.night.why_in_moodle import glimpse
from tests.fakes.moodle import TwinMoodle, TwinSites
from tests.scenes.night import NightScene, a_university, drop, rules

MOST_CALLS = 7


@pytest.fixture
def night() -> NightScene:
    """A site after its first night, asked through the real adapter."""
    stage = NightScene(a_university().person("P4").element("E3", carrier="E1"), rules())
    twin = TwinMoodle("caen", stage.clock)
    stage.moodle.site = twin.site
    stage.night()
    stage.twin = twin
    stage.world = replace(stage.world, sites=TwinSites(None, twin))
    return stage


def ask(stage, who, course, lang="fr"):
    stage.twin.calls.clear()
    person = Person(username="desk", lang=lang)
    said = why.answer(stage.world, AskWhy(site="caen", type="why", person=person, who=who, course=course))
    assert len(stage.twin.calls) <= MOST_CALLS
    assert "local_passerelle_get_site" not in stage.twin.calls
    return said


def causes(said):
    found = [*said["notes"], *(reason for place in said["places"] for reason in place["reasons"])]
    return [reason["cause"] for reason in found]


@pytest.mark.rule("N22")
@pytest.mark.rule("N16")
def test_enrolled_by_hand_is_said_in_both_languages(night) -> None:
    night.moodle.site.enrol("E1", "p4", "student")
    french, english = ask(night, "p4", "E1"), ask(night, "p4", "E1", "en")
    assert "by_hand" in causes(french)
    assert "à la main" in french["text"]
    assert "by hand" in english["text"]
    assert "n’a pas pu être consulté" not in french["text"]


@pytest.mark.rule("N22")
@pytest.mark.rule("N24")
def test_suspended_since_and_until_when_is_said(night) -> None:
    drop(night.university, "ip.csv", "P1")
    stage_world = night.world
    night.world = night.base
    night.tomorrow()
    night.night()
    night.world = stage_world
    said = ask(night, "P1", "E1")
    assert "in_grace" in causes(said)
    until = night.day + timedelta(days=14)
    assert f"le {until.day} octobre {until.year}" in said["text"]


@pytest.mark.rule("N22")
def test_who_is_there_by_the_night_is_said_to_be(night) -> None:
    assert causes(ask(night, "P1", "E1"))[-2:] == ["there", "course_hidden"]


@pytest.mark.rule("N22")
@pytest.mark.rule("N5")
def test_an_archived_course_is_found_by_its_old_code(night) -> None:
    drop(night.university, "elements.csv", "E1")
    drop(night.university, "elements.csv", "E3")
    stage_world, night.world = night.world, night.base
    night.tomorrow()
    night.night()
    night.world = stage_world
    assert causes(ask(night, "P1", "E1"))[-2:] == ["not_in_offer", "archived"]


@pytest.mark.rule("N22")
@pytest.mark.rule("N16")
@pytest.mark.parametrize("course", ["STAGES", "Stages-L3"])
def test_a_space_that_the_offer_does_not_hold_is_found_by_idnumber_and_short_name(night, course) -> None:
    site = night.moodle.site
    site.add_course("Stages-L3", "Stages", "C1", idnumber="STAGES")
    site.enrol("STAGES", "p4", "student")
    assert causes(ask(night, "p4", course)) == ["complementary", "by_hand"]


@pytest.mark.rule("N22")
@pytest.mark.rule("N16")
def test_a_space_is_not_taken_for_an_archive_whose_number_begins_alike(night) -> None:
    site = night.moodle.site
    site.add_course("LAB", "Laboratoire", "C1")
    site.add_course("ex_LAB2", "ex_LAB2", "C1", idnumber="ex_LAB2")
    site.enrol("LAB", "p4", "student")
    said = ask(night, "p4", "LAB")
    assert causes(said) == ["complementary", "by_hand"]
    assert "Laboratoire" in said["text"]


@pytest.mark.rule("N22")
def test_somebody_whom_only_moodle_knows_is_found_by_his_address(night) -> None:
    site = night.moodle.site
    made = site.add_user("visitor", "Vi", "Sitor")
    site.state.change_user(made, email="vi@elsewhere.example")
    site.enrol("E1", "visitor", "student")
    assert "by_hand" in causes(ask(night, "VI@elsewhere.example", "E1"))


@pytest.mark.rule("N22")
def test_the_glimpse_answers_as_the_whole_site_does(night) -> None:
    site = night.moodle.site
    site.add_user("twin", idnumber="OTHER")
    site.add_course("E2bis", "Another", "C1", idnumber="TMP").idnumber = "FOAD-E2"
    site.enrol("E2", "p3", "student")
    night.moodle.site.state.change_user(site.user("p2"), suspended=True)
    extracts = night.university.extracts()
    lms, roster = night.world.sites.lms("caen"), night.world.sites.roster("caen")
    whole = read_actual(lms.export)
    telling = why.Telling("fr", night.clock.now(), night.rules.zone)
    nights = why.read_nights(night.world, "caen")
    for who in ("P1", "p2", "P3", "T1", "P4", "twin", "nobody", "Last"):
        for course in ("E1", "E2", "FOAD-E2", "E3", "ex_E9", "nothing", "Phys"):
            offer = why.build_offer(extracts, night.rules.naming)
            some = glimpse(lms, roster, extracts, offer, who, course)
            answers = [
                why.ask_why(why.Known(extracts, night.rules.naming, actual, nights), who, course, telling)
                for actual in (whole, some)
            ]
            assert answers[0] == answers[1], (who, course)


@pytest.mark.rule("N22")
def test_a_plugin_that_is_too_old_or_a_moodle_that_is_away_leaves_the_sources(night) -> None:
    class Old:
        def __init__(self, error):
            self._error = error

        def lms(self, site):
            raise self._error

        roster = lms

    for error in (MoodleRefused("caen", "f", "invalidparameter"), InstallFunction("caen", "f", "unknown")):
        night.world = replace(night.world, sites=Old(error))
        said = why.answer(
            night.world,
            AskWhy(site="caen", type="why", person=Person(username="d", lang="en"), who="P1", course="E1"),
        )
        assert said["verdict"] == "in"
        assert "could not be looked at" in said["text"]


@pytest.mark.rule("N22")
@pytest.mark.parametrize(("who", "course"), [("visitor", "E1"), ("P1", "Stages-L3")])
def test_what_only_a_moodle_that_is_away_knows_is_not_said_to_be_nowhere(night, who, course) -> None:
    class Away:
        def lms(self, site):
            raise MoodleAway(site, "network")

        roster = lms

    night.world = replace(night.world, sites=Away())
    said = why.answer(
        night.world,
        AskWhy(site="caen", type="why", person=Person(username="d", lang="fr"), who=who, course=course),
    )
    assert said["kind"] in ("nobody", "nothing")
    assert "n’a pas pu être consulté" in said["text"]
