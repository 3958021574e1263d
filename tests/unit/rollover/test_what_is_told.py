"""What pages and people are told of a change of year: whole answers, compared field by field (R2–R12)."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest

from passerelle.domain.backups.manifest import Group
from passerelle.domain.backups.upload import Upload
from passerelle.domain.moodle.plugin import CourseState, Holding, Notification, Plugin
from passerelle.domain.records import Note
from passerelle.domain.rollover.rollover import SAFETY_KEPT, FreshStart, Override, Permit, Rollover, Wish
from passerelle.domain.site_commands import AskRollover
from passerelle.domain.states import RolloverState
from passerelle.errors import MoodleRefused, Refused
from passerelle.usecases.rollover import ask, messages, steps
from tests.factories.records import NOW, a_manifest, a_person, an_upload
from tests.factories.rollover import (
    LAST_YEAR,
    THIS_YEAR,
    a_course_state,
    a_rollover,
    a_survey,
)
from tests.scenes.rollover import ADA, ALAN, GRACE, ROOT, YearScene, refusal

HOUR = timedelta(hours=1)


@pytest.fixture
def scene() -> YearScene:
    scene = YearScene()
    scene.courses()
    return scene


# -- one change of year, as its page shows it -----------------------------------------------------------------


@pytest.mark.rule("R11", "R12")
def test_of_a_change_of_year_that_has_just_begun_a_page_shows_nothing_that_is_not_yet(
    scene: YearScene,
) -> None:
    begun = a_rollover("0123456789", source_id=7, source_idnumber="OLD1", source_fullname="Chimie 24")
    assert ask.describe(scene.world, begun, "fr") == {
        "rollover": "0123456789",
        "state": "requested",
        "state_word": "demandée",
        "destination": "replace",
        "source": {"courseid": 7, "idnumber": "OLD1", "fullname": "Chimie 24"},
        "requested_at": int(NOW.timestamp()),
        "course_url": "",
        "doubled": 0,
        "message": "",
        "warnings": [],
        "findings": {},
        "report_ready": False,
        "undo_until": None,
        "undo_asked": False,
        "undo_message": "",
        "overridden": False,
        "override": "",
        "reference": "01234567",
        "assistance": scene.network.sites["vert"].assistance.email,
    }


@pytest.mark.rule("R5", "R11", "R12")
def test_of_one_that_is_done_it_shows_everything_that_came_of_it(scene: YearScene) -> None:
    done = a_rollover(
        state=RolloverState.DONE,
        wish=Wish(destination="merge"),
        ended_at=NOW + HOUR,
        course_url="https://vert.example/course/view.php?id=100",
        doubled=2,
        message=Note("source_empty", {"source": "Chimie", "year": "24/25"}),
        warnings=(Note("precheck_warned", {"detail": "d1"}),),
        findings={"stale_link": 3},
        reported=True,
        undo_asked=True,
        undo_note=Note("changed"),
        override=Override("root", "Le brouillon ne sert à rien.", NOW),
    )
    shown = ask.describe(scene.world, done, "fr")
    told = {name: shown.pop(name) for name in ("message", "warnings", "undo_message")}
    assert "Chimie" in str(told["message"])
    assert "effacerait ce travail" in str(told["undo_message"])
    (warning,) = told["warnings"]  # type: ignore[misc]
    assert (warning["code"], "d1" in warning["message"]) == ("precheck_warned", True)
    bare = ask.describe(scene.world, replace(done, override=None, undo_asked=False), "fr")
    assert {name: value for name, value in shown.items() if bare[name] != value} == {
        "undo_asked": True,
        "overridden": True,
        "override": "Le brouillon ne sert à rien.",
    }
    wanted = {
        "state": "done",
        "destination": "merge",
        "course_url": "https://vert.example/course/view.php?id=100",
        "doubled": 2,
        "findings": {"stale_link": 3},
        "report_ready": True,
        "undo_until": int((NOW + HOUR + SAFETY_KEPT).timestamp()),
    }
    assert {name: shown[name] for name in wanted} == wanted


@pytest.mark.rule("R1", "R2", "R9")
def test_the_block_is_told_all_that_decides_about_its_button(scene: YearScene) -> None:
    scene.vert.states[100] = replace(
        scene.vert.states[100], empty=False, holds=(Holding("activities", 2),), restoredfrom="caen"
    )
    shown = dict(scene.ask_rollover("status"))
    traps = shown.pop("traps")
    assert shown == {
        "button": "Récupérer la sauvegarde 24/25",
        "year": "24/25",
        "source": {
            "courseid": 100,
            "idnumber": "CHIM1",
            "fullname": "Chimie générale",
            "url": "https://bleu.example/course/view.php?id=100",
            "empty": False,
        },
        "target": {
            "empty": False,
            "holds": [{"kind": "activities", "count": 2}],
            "restored_from": "caen",
        },
        "backup_ready": False,
        "fresh_start": False,
        "may_override": False,
        "rollover": None,
        "check": None,
    }
    assert [(trap["check"], trap["who"], trap["message"] != "") for trap in traps] == [
        ("D17", "teacher", True),
        ("D17", "teacher", True),
        ("D18", "teacher", True),
    ]
    scene.ask_rollover("check")
    scene.deliver()
    after = scene.ask_rollover("status", person=ROOT)
    assert (after["backup_ready"], after["may_override"]) == (True, True)


@pytest.mark.rule("R1")
def test_without_a_course_of_last_year_the_block_names_none(scene: YearScene) -> None:
    scene.bleu.states[100] = replace(scene.bleu.states[100], idnumber="OTHER")
    shown = scene.ask_rollover("status")
    assert (shown["source"], shown["backup_ready"], shown["traps"]) == (None, False, [])


@pytest.mark.rule("R9")
def test_a_backup_that_is_still_under_check_is_not_ready(scene: YearScene) -> None:
    scene.ask_rollover("check")
    while (message := scene.queues.take("rollovers")) is not None:
        steps.proceed(scene.world, message["rollover"])
    scene.bleu.work()
    assert [one.state.value for one in scene.records.all(Upload)] == ["received"]
    assert scene.ask_rollover("status")["backup_ready"] is False


@pytest.mark.rule("R13")
def test_who_starts_afresh_says_so_once_and_may_take_it_back(scene: YearScene) -> None:
    for _ in range(2):
        assert scene.ask_rollover("fresh_start", wanted=True) == {"fresh_start": True}
    (kept,) = scene.records.all(FreshStart)
    assert (kept.id, kept.site, kept.username, kept.at) == ("vert#100", "vert", "ada", scene.clock.now())
    assert scene.ask_rollover("status")["fresh_start"] is True
    for _ in range(2):
        assert scene.ask_rollover("fresh_start", wanted=False) == {"fresh_start": False}
    assert scene.ask_rollover("status")["fresh_start"] is False
    assert refusal(scene, action="fresh_start", wanted=True, person=ALAN).code == "not_editing_teacher"


@pytest.mark.rule("R12")
def test_the_block_shows_what_is_under_way_else_what_came_last_and_a_check_apart(scene: YearScene) -> None:
    old, new = NOW - HOUR, NOW
    check = Wish(destination="check")
    scene.records.add(a_rollover("alive", requested_at=old))
    scene.records.add(a_rollover("ended", requested_at=new, state=RolloverState.FAILED))
    scene.records.add(a_rollover("elsewhere", requested_at=new + HOUR, course_id=7))
    scene.records.add(a_rollover("check", requested_at=new + HOUR, wish=check))
    scene.records.add(a_rollover("first check", requested_at=old, wish=check))
    scene.records.add(a_rollover("of last year's", requested_at=new + 2 * HOUR, wish=check, site="bleu"))

    def latest(site: str = "vert") -> str:
        found = ask.latest_of(scene.world, site, 100)
        return found.id if found else ""

    assert (latest(), latest("caen")) == ("alive", "")
    scene.records.change(
        scene.records[Rollover, "alive"],
        replace(scene.records[Rollover, "alive"], state=RolloverState.REFUSED),
    )
    assert latest() == "ended"
    checked = [
        ask.latest_check(scene.world, site, 100, own=own) for site, own in (("vert", False), ("bleu", True))
    ]
    assert [one.id if one else "" for one in checked] == ["check", "of last year's"]


# -- asking ---------------------------------------------------------------------------------------------------


@pytest.mark.rule("R4", "R6", "R8")
def test_a_request_is_written_down_with_everything_that_was_asked(scene: YearScene) -> None:
    scene.vert.states[100] = replace(scene.vert.states[100], editingteachers=("ada", "grace"))
    asked = scene.ask_rollover(
        request="msg_x",
        destination="merge",
        groups=True,
        keep_dates=True,
        exclude=(("section", 2),),
        confirmed=("shared",),
    )
    (kept,) = scene.records.all(Rollover)
    assert kept.id == asked["rollover"]
    assert asked == ask.describe(scene.world, kept, "fr")
    said = {
        name: getattr(kept, name) for name in ("site", "previous", "person", "others", "permit", "doubled")
    }
    assert said == {
        "site": "vert",
        "previous": "bleu",
        "person": ADA,
        "others": ("grace",),
        "permit": "",
        "doubled": 0,
    }
    assert (kept.course_id, kept.idnumber, kept.fullname) == (100, "CHIM1", "Chimie générale")
    assert (kept.source_id, kept.source_idnumber, kept.source_fullname) == (100, "CHIM1", "Chimie générale")
    assert (kept.source_start, kept.target_start) == (LAST_YEAR, THIS_YEAR)
    assert (kept.wish.destination, kept.wish.groups, kept.wish.keep_dates) == ("merge", True, True)
    assert [(one.kind, one.id) for one in kept.wish.exclude] == [("section", 2)]
    assert (kept.requested_at, kept.override) == (scene.clock.now(), None)
    # The same press that is repeated is the same request.
    assert scene.ask_rollover(request="msg_x", destination="merge")["rollover"] == kept.id


@pytest.mark.rule("R12")
def test_a_check_of_last_years_course_by_itself_has_no_target(scene: YearScene) -> None:
    scene.ask_rollover("check", site="bleu")
    (kept,) = scene.records.all(Rollover)
    assert (kept.site, kept.previous, kept.course_id, kept.idnumber, kept.fullname) == (
        "bleu",
        "bleu",
        0,
        "",
        "",
    )
    assert (kept.source_start, kept.target_start, kept.wish) == (LAST_YEAR, None, Wish(destination="check"))


@pytest.mark.rule("R5", "R6", "P16")
def test_everything_that_is_to_be_asked_is_asked_at_once_and_what_was_confirmed_is_not(
    scene: YearScene,
) -> None:
    scene.vert.facts = replace(scene.vert.facts, modules=(Plugin("mod_forum"),))
    scene.vert.edit(100, "Bohr")
    scene.vert.states[100] = replace(scene.vert.states[100], editingteachers=("ada", "grace", "alan"))
    scene.bleu.add_course("PHYS1", teacher="ada", holds=["Bohr"])

    def questions(destination: str, *confirmed: str) -> Mapping[str, str]:
        asked = scene.ask_rollover(
            destination=destination, source_idnumber="PHYS1", source_courseid=0, confirmed=confirmed
        )
        assert (asked["rollover"], asked["state"]) == (None, "question")
        return {one["code"]: one["message"] for one in asked["questions"]}

    merged = questions("merge")
    assert list(merged) == ["plugins_lacking", "other_code", "shared", "merge"]
    assert "Grace Hopper, Alan Turing" in merged["shared"]
    assert "1 ressource" in merged["merge"]
    assert list(questions("merge", "merge", "other_code")) == ["plugins_lacking", "shared"]
    # Nothing is doubled and nobody is disturbed by an archive of one's own, and its plugins are nobody's matter.
    assert list(questions("stash")) == ["other_code"]
    assert scene.records.all(Rollover) == ()


@pytest.mark.rule("R5", "R6", "D18")
def test_a_question_says_what_its_sentence_needs(scene: YearScene) -> None:
    scene.vert.edit(100, "Bohr")
    here = replace(scene.vert.states[100], editingteachers=("ada", "grace", "alan"))
    there = replace(scene.bleu.states[100], idnumber="PHYS1")

    def asked(destination: str, target: CourseState = here) -> list[Note]:
        return ask._questions(scene.world, _command(destination=destination), ADA, target, there, 3)

    other = Note("other_code", {"target": "CHIM1", "source": "PHYS1"})
    shared = Note("shared", {"teachers": "Grace Hopper, Alan Turing", "count": "2"})
    assert asked("merge") == [other, shared, Note("merge", {"doubled": "3"})]
    assert asked("replace") == [other, shared]
    assert asked("stash") == [other]
    assert asked("merge", replace(here, empty=True)) == [other, shared]
    assert asked("merge", replace(here, editingteachers=("ada",))) == [other, Note("merge", {"doubled": "3"})]


@pytest.mark.rule("P16")
def test_each_activity_that_stays_behind_is_counted(scene: YearScene) -> None:
    scene.vert.facts = replace(scene.vert.facts, modules=(Plugin("mod_forum"),))
    lacking = ask._can_come(scene.world, _command(), scene.bleu.states[100])
    assert lacking == [Note("plugins_lacking", {"plugins": "mod_page", "count": "3"})]
    assert ask._can_come(scene.world, _command(destination="stash"), scene.bleu.states[100]) == []


def _command(**fields: Any) -> AskRollover:
    whole = {"request": "r", "site": "vert", "type": "rollovers", "action": "start", "person": ADA}
    return AskRollover(**{**whole, "courseid": 100, **fields})


@pytest.mark.rule("R6")
def test_only_a_merge_is_compared_activity_by_activity(scene: YearScene) -> None:
    scene.vert.edit(100, "Bohr")
    here, there = scene.vert.states[100], scene.bleu.states[100]

    def doubled(destination: str, activities: int = 1) -> int:
        return ask._doubled(
            scene.world, _command(destination=destination), replace(here, activities=activities), there
        )

    assert (doubled("merge"), doubled("replace"), doubled("stash"), doubled("merge", 0)) == (1, 0, 0, 0)


@pytest.mark.rule("R5")
def test_who_goes_past_a_refusal_is_on_record_with_what_was_found_and_why(scene: YearScene) -> None:
    scene.vert.edit(100, "Brouillon")
    for empty in ("", "  "):
        said = refusal(scene, person=ROOT, override=empty)
        assert (said.code, said.details) == ("rollover_not_empty", {"holds": "activities: 1"})
    why = "x" * 501
    done = scene.roll_over(person=ROOT, override=f" {why} ", confirmed=("shared",))
    assert done.override == Override("root", why[:500], NOW, ("rollover_not_empty",))


@pytest.mark.rule("R5")
def test_where_nothing_is_in_the_way_a_reason_to_go_past_it_is_nobodys(scene: YearScene) -> None:
    assert scene.roll_over(override="par précaution").override is None


@pytest.mark.rule("R1")
def test_an_empty_course_of_last_year_is_named_with_its_year(scene: YearScene) -> None:
    scene.bleu.states[100] = replace(scene.bleu.states[100], empty=True)
    said = refusal(scene)
    assert (said.code, said.details) == ("source_empty", {"source": "Chimie générale", "year": "24/25"})


@pytest.mark.rule("R4", "R5")
@pytest.mark.parametrize(
    ("under_way", "who", "asked", "became"),
    [
        ("replace", ADA, "replace", "the same"),
        ("replace", ADA, "merge", "busy"),
        ("replace", GRACE, "replace", "busy"),
        ("replace", ADA, "stash", "another"),
        ("stash", ADA, "stash", "the same"),
        ("stash", GRACE, "stash", "another"),
        ("stash", ADA, "replace", "another"),
    ],
)
def test_while_one_is_under_way_the_same_wish_is_the_same_and_only_what_changes_no_course_goes_beside(
    scene: YearScene, under_way: str, who: Any, asked: str, became: str
) -> None:
    for lms in (scene.vert, scene.bleu):
        lms.states[100] = replace(lms.states[100], editingteachers=("ada", "grace"))
    first = scene.ask_rollover(destination=under_way, confirmed=("shared",))["rollover"]
    fields = {"person": who, "destination": asked, "confirmed": ("shared",)}
    if became == "busy":
        assert refusal(scene, **fields).code == "rollover_busy"
    else:
        assert (scene.ask_rollover(**fields)["rollover"] == first) is (became == "the same")


@pytest.mark.rule("R5")
def test_whoever_comes_second_is_refused_on_record_and_told_so_again(scene: YearScene) -> None:
    """Both were written down before either had the lock."""
    first = a_rollover("first", requested_at=NOW - HOUR)
    second = a_rollover("second")
    for one in (first, second):
        scene.records.add(one)
    ask._go(scene.world, first, _command())
    for _ in range(2):
        with pytest.raises(Refused) as said:
            ask._go(scene.world, scene.rollover("second"), _command())
        assert said.value.code == "rollover_busy"
    ended = scene.rollover("second")
    assert (ended.state, ended.message, ended.word_due) == (
        RolloverState.REFUSED,
        Note("rollover_busy"),
        False,
    )
    assert list(scene.queues["rollovers"]) == [{"rollover": "first"}]


@pytest.mark.rule("R4")
def test_of_two_deliveries_into_one_private_area_the_second_is_refused_on_record_and_shows_the_first(
    scene: YearScene,
) -> None:
    stash = Wish(destination="stash")
    first = scene.records.add(a_rollover("first", wish=stash))
    second = scene.records.add(a_rollover("second", wish=stash))
    assert ask._go(scene.world, first, _command())["rollover"] == "first"
    assert ask._go(scene.world, second, _command()) == ask.describe(scene.world, first, "fr")
    ended = scene.rollover("second")
    assert (ended.state, ended.message, ended.word_due) == (
        RolloverState.REFUSED,
        Note("rollover_busy"),
        False,
    )
    assert list(scene.queues["rollovers"]) == [{"rollover": "first"}]
    assert dict(scene.vert.messages) == {}


# -- what the archive holds -----------------------------------------------------------------------------------


@pytest.mark.rule("R7", "R8")
def test_an_archives_list_names_each_thing_that_may_be_left_out(scene: YearScene) -> None:
    hand, night = Group(2, "Projet", ""), Group(1, "TD1", "Y2-TD1")
    upload = an_upload("u1", site="bleu")
    scene.records.add(upload)
    rollover = scene.records.add(a_rollover(upload="u1"))
    asked = {"action": "contents", "rollover": rollover.id}
    assert refusal(scene, **asked).code == "contents_not_ready"
    manifest = a_manifest(groups=(night, hand))
    scene.papers.keep(upload.manifest_key, manifest)
    shown = scene.ask_rollover(**asked)
    assert shown == {
        "rollover": rollover.id,
        "sections": [{"id": s.id, "number": s.number, "name": s.name} for s in manifest.sections],
        "activities": [
            {"id": a.module_id, "section": a.section_id, "module": a.plugin, "title": a.title}
            for a in manifest.activities
        ],
        "groups": [{"id": 2, "name": "Projet"}],
        "nights_groups": [{"id": 1, "name": "TD1", "idnumber": "Y2-TD1"}],
    }
    assert shown["sections"]
    assert shown["activities"]
    scene.papers.keep(upload.survey_key, a_survey(nights_groups=(2,)))
    again = scene.ask_rollover(**asked)
    assert (again["groups"], again["nights_groups"]) == (
        [{"id": 1, "name": "TD1"}],
        [{"id": 2, "name": "Projet", "idnumber": ""}],
    )
    without = scene.records.add(a_rollover("without"))
    assert refusal(scene, action="contents", rollover=without.id).code == "contents_not_ready"


@pytest.mark.rule("R11")
@pytest.mark.parametrize("state", RolloverState)
def test_only_what_is_done_is_undone_and_what_is_undone_stays_so(
    scene: YearScene, state: RolloverState
) -> None:
    one = scene.records.add(a_rollover(state=state, ended_at=NOW))
    if state == RolloverState.UNDONE:
        assert scene.ask_rollover("undo", rollover=one.id)["state"] == "undone"
    elif state == RolloverState.DONE:
        assert scene.ask_rollover("undo", rollover=one.id)["undo_asked"]
    else:
        said = refusal(scene, action="undo", rollover=one.id)
        assert (said.code, said.details) == ("undo_nothing", {"state": state})


# -- messages -------------------------------------------------------------------------------------------------


def told(scene: YearScene, site: str = "vert") -> dict[str, Notification]:
    return dict(getattr(scene, site).messages)


RICH: dict[str, Any] = {"fullname": "Chimie 25", "findings": {"stale_link": 2, "old_date": 3}}


def values(**changes: str) -> dict[str, str]:
    whole = {
        "title": "Chimie 25",
        "year": "24/25",
        "courseurl": "https://vert.example/course/view.php?id=100",
        "undourl": "https://vert.example/local/passerelle/course.php?id=100#passerelle-rollover",
        "todo": "5",
        "message": "",
        "reference": "rollover",
    }
    return whole | changes


def bare(one: Notification) -> dict[str, str]:
    assert one.values["subject"]
    assert one.values["text"]
    return {name: text for name, text in one.values.items() if name not in ("subject", "text")}


@pytest.mark.rule("R5", "R11")
def test_who_asked_is_told_how_it_ended_where_and_how_to_undo_it(scene: YearScene) -> None:
    one = a_rollover(**RICH)
    messages.tell_asker(scene.world, one, "done")
    messages.tell_asker(scene.world, one, "done")
    ((key, said),) = told(scene).items()
    assert (key, said.key, said.username, said.kind, said.lang) == (
        "rol:rollover1:done:ada",
        "rol:rollover1:done:ada",
        "ada",
        "rollover_done",
        "fr",
    )
    assert bare(said) == values()
    assert said.values["subject"] == "Cours récupéré\u00a0: Chimie 25"
    assert "5 points" in said.values["text"]
    messages.tell_asker(scene.world, one, "stashed", filename="f.mbz")
    assert bare(told(scene)["rol:rollover1:stashed:ada"]) == values(filename="f.mbz")


@pytest.mark.rule("R5", "R11")
def test_a_message_names_the_course_by_what_is_known_of_it_and_says_why_in_its_readers_language(
    scene: YearScene,
) -> None:
    one = a_rollover(
        "0123456789",
        person=a_person(lang="en"),
        fullname="",
        course_url="https://vert.example/x",
        message=Note("rollover_busy"),
    )
    messages.tell_asker(scene.world, one, "failed")
    (said,) = told(scene).values()
    why = said.values["message"]
    assert bare(said) == values(
        title="Chimie", courseurl="https://vert.example/x", todo="0", message=why, reference="01234567"
    )
    assert (said.lang, said.values["subject"]) == ("en", "Course not taken over: Chimie")
    assert why in said.values["text"] != ""
    messages.tell_asker(scene.world, replace(one, id="2", person=a_person(lang="")), "failed")
    assert told(scene)["rol:2:failed:ada"].lang == scene.network.sites["vert"].language == "fr"


@pytest.mark.rule("R13")
@pytest.mark.parametrize("kind", ["done", "stashed", "checked", "undone", "failed"])
def test_of_a_plan_its_administrator_is_only_told_what_failed(scene: YearScene, kind: str) -> None:
    messages.tell_asker(scene.world, a_rollover(plan="plan1"), kind, filename="f")
    assert len(told(scene)) == (kind == "failed")


@pytest.mark.rule("R5")
def test_whoever_shares_the_course_is_told_by_whom_each_in_a_language_of_their_own(scene: YearScene) -> None:
    scene.vert.users[1] = replace(scene.vert.users[1], lang="en")
    messages.tell_others(scene.world, a_rollover(**RICH))
    assert told(scene) == {}
    messages.tell_others(scene.world, a_rollover(**RICH, others=("grace", "nobody")))
    said = told(scene)
    assert {key: (one.kind, one.lang) for key, one in said.items()} == {
        "rol:rollover1:shared:grace": ("rollover_shared", "en"),
        "rol:rollover1:shared:nobody": ("rollover_shared", "fr"),
    }
    assert all(bare(one) == values(who="Ada Lovelace") for one in said.values())


@pytest.mark.rule("R5")
def test_a_message_that_moodle_refuses_undoes_nothing(
    scene: YearScene, monkeypatch: pytest.MonkeyPatch
) -> None:
    def refuse(_all: Any) -> None:
        raise MoodleRefused("vert", "notify", "nopermission")

    monkeypatch.setattr(scene.vert, "notify", refuse)
    assert scene.roll_over().state == RolloverState.DONE


def a_permit(**changes: Any) -> Permit:
    whole: dict[str, Any] = {
        "id": "permit1",
        "site": "vert",
        "course_id": 100,
        "previous": "bleu",
        "source_id": 100,
        "person": GRACE,
        "asked_at": NOW,
    }
    return Permit(**whole | changes)


@pytest.mark.rule("R3")
@pytest.mark.parametrize(
    ("teachers", "asked", "names"),
    [
        (("grace", "alan"), {"grace", "alan"}, "Grace Hopper, Alan Turing"),
        ((), {"root"}, "Root Admin"),
        (("grace", "gone"), {"grace", "gone"}, "Grace Hopper"),
        (("gone", "lost"), {"gone", "lost"}, "gone, lost"),
    ],
)
def test_leave_is_asked_of_last_years_teachers_else_of_its_administrators(
    scene: YearScene, teachers: tuple[str, ...], asked: set[str], names: str
) -> None:
    source = a_course_state(fullname="Chimie 24", editingteachers=teachers)
    answer = messages.ask_permission(scene.world, a_permit(), a_course_state(fullname="Chimie 25"), source)
    said = told(scene, "bleu")
    assert (answer, {one.username for one in said.values()}) == (names, asked)
    assert set(said) == {f"per:permit1:{int(NOW.timestamp())}:{name}" for name in asked}
    for one in said.values():
        assert (one.kind, bare(one)) == (
            "rollover_permit",
            {
                "title": "Chimie 25",
                "year": "24/25",
                "who": "Grace Hopper",
                "permiturl": "https://bleu.example/local/passerelle/permit.php?permit=permit1",
            },
        )
    scene.bleu.messages.clear()
    messages.ask_permission(scene.world, a_permit(), a_course_state(fullname=""), source)
    assert {one.values["title"] for one in told(scene, "bleu").values()} == {"Chimie 24"}


@pytest.mark.rule("R3")
def test_whoever_asked_is_told_where_to_press_once_leave_is_given(
    scene: YearScene, monkeypatch: pytest.MonkeyPatch
) -> None:
    messages.tell_permitted(scene.world, a_permit())
    monkeypatch.setattr(scene.vert, "get_course_states", lambda _ids: {})
    messages.tell_permitted(scene.world, a_permit(id="permit2", course_id=7))
    here, nowhere = told(scene).values()
    assert (here.key, here.username, here.kind, here.lang) == (
        f"per:permit1:{int(NOW.timestamp())}:granted:grace",
        "grace",
        "rollover_permitted",
        "fr",
    )
    assert bare(here) == {
        "title": "Chimie générale",
        "year": "24/25",
        "courseurl": "https://vert.example/local/passerelle/course.php?id=100#passerelle-rollover",
    }
    assert nowhere.values["title"] == ""
