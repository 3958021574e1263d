"""An operation on which Moodle breaks is found by halving, left out and listed; the others are done."""

from __future__ import annotations

import pytest

from passerelle.domain.states import RunState
from passerelle.errors import MoodleAway, SpeaksOtherwise
from passerelle.usecases.night import apply as night_applying
from passerelle.usecases.night import documents
from passerelle.usecases.night.isolate import BROKEN, MOST_BROKEN
from tests.scenes.night import NightScene, a_university, people, rules

HTTP = MoodleAway("caen", "http")


class Breaking:
    """The twin, on which calls that hold one of some people's enrolments break: `how` says as what."""

    def __init__(self, moodle, usernames, how=HTTP, *, answers=True):
        self._moodle, self._usernames, self._how = moodle, usernames, how
        self.answers = answers
        self.sizes = []

    def __getattr__(self, name):
        return getattr(self._moodle, name)

    def apply(self, operations):
        self.sizes.append(len(operations))
        if any(one["op"] == "enrol" and one["username"] in self._usernames for one in operations):
            raise self._how
        return self._moodle.apply(operations)

    def get_site(self, category=""):
        if not self.answers:
            raise MoodleAway("caen", "network")


def a_stage(count=40):
    made = a_university()
    for number in range(count):
        made.person(f"S{number:02}").ip(f"S{number:02}", "E1", "G1")
    return NightScene(made, rules())


def breaking(stage, *usernames, **how):
    stage.moodle = Breaking(stage.moodle, set(usernames), **how)
    stage.base.sites.moodle = stage.moodle
    return stage.moodle


@pytest.mark.rule("N19")
@pytest.mark.parametrize(
    "how",
    [HTTP, MoodleAway("caen", "network"), MoodleAway("caen", "html"), SpeaksOtherwise("caen", "f", "x")],
)
def test_the_operation_that_breaks_a_call_is_left_out_and_the_others_are_done(how):
    stage = a_stage()
    moodle = breaking(stage, "s17", how=how)
    run = stage.night()
    assert run.state is RunState.DONE
    assert len(people(stage, "E1")) == 2 + 1 + 40 - 1
    broken, follows = night_applying.failures_of(stage.world, run)
    assert (broken["op"], broken["username"], broken["errorcode"]) == ("enrol", "s17", BROKEN)
    assert (follows["op"], follows["username"]) == ("member_add", "s17")  # Moodle says no: not enrolled
    assert len(moodle.sizes) < 25  # two for each halving, and the other chunks
    assert not [key for key in stage.papers if "/doubt/" in key]


@pytest.mark.rule("N19")
def test_the_next_night_tries_again():
    stage = a_stage()
    moodle = breaking(stage, "s03", "s30")
    assert stage.night().failed == 4
    stage.tomorrow()
    moodle._usernames.clear()
    again = stage.night()
    assert (again.counts["enrol"], again.failed) == (2, 0)
    assert len(people(stage, "E1")) == 2 + 1 + 40


@pytest.mark.rule("N19")
@pytest.mark.parametrize(
    ("how", "answers"),
    [
        (HTTP, False),
        (MoodleAway("caen", "maintenance"), True),
        (MoodleAway("caen", "network", sent=False), True),
    ],
)
def test_a_moodle_that_is_away_is_no_operations_fault(how, answers):
    stage = a_stage()
    moodle = breaking(stage, "s17", how=how, answers=answers)
    with pytest.raises(MoodleAway):
        stage.night()
    assert moodle.sizes[-1] == 40 + 4  # the whole chunk once, and no part of it


@pytest.mark.rule("N19")
def test_the_search_goes_on_where_it_was_cut():
    """As where every try takes a minute, and the function is stopped after ten."""
    stage = a_stage()
    moodle = breaking(stage, "s17")
    run = stage.plan()
    real, left = moodle.apply, [6]

    class Stopped(BaseException):
        pass

    def until_stopped(operations):
        if left[0] == 0:
            raise Stopped
        left[0] -= 1
        return real(operations)

    moodle.apply = until_stopped
    tries = 0
    while True:
        left[0], tries = 6, tries + 1
        assert tries < 12, "the search begins anew each time"
        try:
            ended = night_applying.apply_run(stage.world, run.id)
        except Stopped:
            continue
        break
    assert (ended.state, ended.failed) == (RunState.DONE, 2)
    assert tries > 2


@pytest.mark.rule("N19")
def test_where_everything_breaks_it_is_the_moodle_that_is_ill():
    stage = a_stage()
    breaking(stage, *(f"s{number:02}" for number in range(40)))
    with pytest.raises(MoodleAway):
        stage.night()


def test_what_is_kept_of_the_search_names_nobody():
    stage = a_stage()
    breaking(stage, *(f"s{number:02}" for number in range(MOST_BROKEN + 1)))
    with pytest.raises(MoodleAway):
        stage.night()
    (doubt,) = [stage.papers[key] for key in stage.papers if "/doubt/" in key]
    assert set(doubt) == {"todo", "settled"}
    assert "s00" not in str(doubt)
    assert documents.doubt_key("f", "n") == "f/doubt/n.json"
