"""What the queue does of a change of year in each state of what it rests on (R4, R5, R9, R11, R12, P16)."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest

from passerelle.domain.backups.upload import Upload
from passerelle.domain.moodle.plugin import Holding, Job, JobMessage, JobStatus, Plugin
from passerelle.domain.records import Broken, Note, RunningJob, TargetLock
from passerelle.domain.rollover.rollover import Override, Rollover, Wish
from passerelle.domain.states import BackupState, RolloverState
from passerelle.errors import MoodleRefused, Refused
from passerelle.usecases.rollover import steps
from tests.factories.records import NOW, a_manifest, a_running_job, an_upload
from tests.factories.rollover import a_rollover, a_survey
from tests.scenes.rollover import YearScene

HOUR = timedelta(hours=1)
BACKING_UP, CHECKED, RESTORING = RolloverState.BACKING_UP, RolloverState.CHECKED, RolloverState.RESTORING
FAILED, REFUSED, DONE = RolloverState.FAILED, RolloverState.REFUSED, RolloverState.DONE
GONE = Note("backup_failed", {"year": "24/25", "code": "deleted"})


@pytest.fixture
def scene() -> YearScene:
    scene = YearScene()
    scene.courses()
    return scene


def put(scene: YearScene, **changes: Any) -> Rollover:
    return scene.records.add(a_rollover(**changes))


def proceed(scene: YearScene) -> tuple[RolloverState, Note | None]:
    steps.proceed(scene.world, "rollover1")
    after = scene.rollover("rollover1")
    return after.state, after.message


def with_a_backup(scene: YearScene, **changes: Any) -> Upload:
    """Proved and surveyed."""
    whole: dict[str, Any] = {"site": "bleu", "course_id": 100, "intent": "rollover"} | changes
    upload = scene.records.add(an_upload("u1", **whole))
    scene.papers.keep(upload.manifest_key, a_manifest())
    scene.papers.keep(upload.survey_key, a_survey())
    return upload


def asked_of_moodle(scene: YearScene) -> list[str]:
    return list(scene.vert.started)


# -- the backup (R9) ------------------------------------------------------------------------------------------


@pytest.mark.rule("R9")
def test_a_backup_at_hand_is_taken_and_else_one_is_asked_for(scene: YearScene) -> None:
    put(scene)
    steps.proceed(scene.world, "rollover1")
    waiting = scene.rollover("rollover1")
    assert (waiting.state, waiting.upload) == (BACKING_UP, "")
    assert [waiting.backup_job] == list(scene.bleu.started)
    assert [moment.why for moment in waiting.history][-1] == "a fresh backup first"
    other = YearScene()
    other.courses()
    with_a_backup(other, lastchange=other.bleu.states[100].lastchange)
    put(other)
    steps.proceed(other.world, "rollover1")
    taken = other.rollover("rollover1")
    assert (taken.state, taken.upload, taken.backup_job) == (RESTORING, "u1", "")
    assert [moment.why for moment in taken.history] == [
        "the backup is at hand",
        "proved and surveyed",
        "the site has it",
    ]
    assert other.bleu.started == []


@pytest.mark.rule("R9")
@pytest.mark.parametrize("there", [False, True])
def test_a_course_of_last_year_that_is_gone_ends_it_with_the_year(scene: YearScene, there: bool) -> None:
    put(scene)
    if there:
        scene.bleu.states[100] = replace(scene.bleu.states[100], exists=False)
    else:
        del scene.bleu.states[100], scene.bleu.courses[100]
    assert proceed(scene) == (FAILED, Note("source_unknown", {"year": "24/25"}))


@pytest.mark.rule("R9")
@pytest.mark.parametrize(
    ("job", "state", "why"),
    [
        ({}, BACKING_UP, None),
        ({"error": "diskfull"}, FAILED, Note("backup_failed", {"year": "24/25", "code": "diskfull"})),
        ({"ended": True}, FAILED, Note("backup_failed", {"year": "24/25", "code": ""})),
        ({"result": "u1"}, RESTORING, None),
        ({"result": "u1", "ended": True}, RESTORING, None),
        ({"result": "lost"}, FAILED, GONE),
        (None, FAILED, Note("backup_failed", {"year": "24/25", "code": "silent"})),
    ],
    ids=["being made", "failed", "ended without one", "sent", "sent and ended", "lost", "never written down"],
)
def test_a_backup_is_waited_for_until_its_job_says_what_came_of_it(
    scene: YearScene, job: dict[str, Any] | None, state: RolloverState, why: Note | None
) -> None:
    with_a_backup(scene)
    put(scene, state=BACKING_UP, backup_job="bak:1")
    if job is not None:
        scene.records.add(a_running_job("bak:1", site="bleu", about="backup", about_id="100", **job))
    assert proceed(scene) == (state, why)


@pytest.mark.rule("R9", "P3", "P6")
@pytest.mark.parametrize(
    ("changes", "state", "why"),
    [
        ({"state": BackupState.UPLOADING}, BACKING_UP, None),
        ({"state": BackupState.RECEIVED}, BACKING_UP, None),
        ({}, RESTORING, None),
        ({"state": BackupState.DELETED}, FAILED, GONE),
        ({"site": "caen"}, FAILED, GONE),
        (
            {"state": BackupState.REFUSED},
            FAILED,
            Note("source_backup_refused", {"year": "24/25", "reason": ""}),
        ),
    ],
    ids=["on its way", "under check", "good", "deleted", "of another site", "refused without a word"],
)
def test_a_backup_is_taken_once_it_is_proved_and_never_one_of_another_site(
    scene: YearScene, changes: dict[str, Any], state: RolloverState, why: Note | None
) -> None:
    with_a_backup(scene, **changes)
    put(scene, state=BACKING_UP, upload="u1")
    assert proceed(scene) == (state, why)
    assert bool(asked_of_moodle(scene)) is (state == RESTORING)


@pytest.mark.rule("R9", "P3")
def test_the_first_reason_of_a_refused_backup_is_told_in_the_askers_language(scene: YearScene) -> None:
    reasons = (Note("people_inside"), Note("truncated"))
    with_a_backup(scene, state=BackupState.REFUSED, reasons=reasons)
    put(scene, state=BACKING_UP, upload="u1")
    state, why = proceed(scene)
    assert why is not None
    assert (state, why.code, why.details["year"]) == (FAILED, "source_backup_refused", "24/25")
    assert "utilisateurs inscrits" in why.details["reason"]


@pytest.mark.rule("R9", "S12")
@pytest.mark.parametrize("paper", ["manifest_key", "survey_key"])
def test_an_archives_paper_that_is_cut_ends_it_with_a_word_and_is_noted(scene: YearScene, paper: str) -> None:
    key = getattr(with_a_backup(scene), paper)
    scene.papers.put_json(key, '{"format": 1, "contai')
    put(scene, state=CHECKED, upload="u1")
    assert proceed(scene) == (FAILED, Note("paper_unreadable", {"paper": key}))
    assert [(one.id, one.code) for one in scene.records.all(Broken)] == [(key, "paper_unreadable")]
    assert (scene.records.all(TargetLock), asked_of_moodle(scene)) == ((), [])


# -- before it starts (R5, P16) -------------------------------------------------------------------------------


@pytest.mark.rule("R5", "P16")
@pytest.mark.parametrize(
    ("destination", "spoil", "code"),
    [
        ("replace", "nothing", ""),
        ("replace", "gone", "courseunknown"),
        ("replace", "not there", "courseunknown"),
        ("replace", "filled", "rollover_not_empty"),
        ("replace", "restored", "rollover_restored"),
        ("merge", "filled", ""),
        ("merge", "restored", "rollover_restored"),
        ("merge", "gone", "courseunknown"),
        ("stash", "gone", ""),
        ("stash", "filled", ""),
        ("stash", "older Moodle", ""),
        ("replace", "older Moodle", "newer_release"),
        ("merge", "older Moodle", "newer_release"),
        ("replace", "too large", "too_large_for_target"),
        ("stash", "too large", ""),
        ("replace", "plugin missing", ""),
    ],
)
def test_what_stands_against_it_is_looked_at_once_more_before_it_starts(
    scene: YearScene, destination: Any, spoil: str, code: str
) -> None:
    with_a_backup(scene)
    put(scene, state=CHECKED, upload="u1", wish=Wish(destination=destination))
    state, facts = scene.vert.states[100], scene.vert.facts
    match spoil:
        case "gone":
            del scene.vert.states[100], scene.vert.courses[100]
        case "not there":
            scene.vert.states[100] = replace(state, exists=False)
        case "filled":
            scene.vert.states[100] = replace(state, empty=False, holds=(Holding("activities", 1),))
        case "restored":
            scene.vert.states[100] = replace(state, restoredfrom="caen")
        case "older Moodle":
            scene.vert.facts = replace(facts, release="4.1")
        case "too large":
            scene.vert.facts = replace(facts, limits=replace(facts.limits, course_maxbytes=1))
        case "plugin missing":
            scene.vert.facts = replace(facts, modules=(Plugin("mod_forum"),))
    after, why = proceed(scene)
    assert (after, why.code if why else "") == (REFUSED if code else RESTORING, code)
    assert asked_of_moodle(scene) == ([] if code else ["rol:rollover1"])


@pytest.mark.rule("R5")
def test_whoever_may_go_past_a_refusal_goes_past_it_here_too_and_the_moodle_is_told(scene: YearScene) -> None:
    with_a_backup(scene)
    scene.vert.edit(100, "Brouillon")
    put(scene, state=CHECKED, upload="u1", override=Override("root", "r", NOW, ("rollover_not_empty",)))
    assert proceed(scene) == (RESTORING, None)
    assert scene.vert.errands["rol:rollover1"].given.settings["override_notempty"] == "1"


@pytest.mark.rule("P6", "R9")
@pytest.mark.parametrize("state", [state for state in BackupState if state != BackupState.ACCEPTED])
def test_a_backup_that_went_after_it_was_proved_ends_it(scene: YearScene, state: BackupState) -> None:
    with_a_backup(scene, state=state)
    put(scene, state=CHECKED, upload="u1")
    assert proceed(scene) == (FAILED, GONE)


@pytest.mark.rule("R4", "R7", "R8")
def test_a_moodle_is_given_the_scrubbed_archive_and_everything_that_was_wished(scene: YearScene) -> None:
    upload = with_a_backup(scene)
    put(scene, state=CHECKED, upload="u1", wish=Wish(destination="merge", keep_dates=True))
    proceed(scene)
    restore = scene.vert.errands["rol:rollover1"].given
    said = (restore.jobkey, restore.mode.value, restore.courseid, restore.person, restore.keep_dates)
    assert said == ("rol:rollover1", "merge", 100, "ada", True)
    assert (restore.source.sha256, restore.source.filesize) == (upload.accepted_sha256, upload.accepted_size)
    assert upload.accepted_key in restore.source.url
    job = scene.records[RunningJob, "rol:rollover1"]
    assert (job.site, job.about, job.about_id, job.ended) == ("vert", "rollover", "rollover1", False)
    other = YearScene()
    other.courses()
    with_a_backup(other)
    put(other, state=CHECKED, upload="u1", wish=Wish(destination="stash"))
    proceed(other)
    source, username, filename = other.vert.errands["rol:rollover1"].given
    assert (source.sha256, username) == (upload.accepted_sha256, "ada")
    assert filename == "CHIM1_Chimie-generale_24-25_20261005.mbz"


@pytest.mark.rule("R11", "R4")
@pytest.mark.parametrize(
    ("destination", "refused"), [("replace", "start_restore"), ("stash", "stash_backup")]
)
def test_a_moodle_that_refuses_ends_it_and_its_job(
    scene: YearScene, destination: Any, refused: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    def refuse(*_: Any) -> None:
        raise MoodleRefused("vert", refused, "nopermissions")

    monkeypatch.setattr(scene.vert, refused, refuse)
    with_a_backup(scene)
    put(scene, state=CHECKED, upload="u1", wish=Wish(destination=destination))
    scene.clock.tick(HOUR)
    assert proceed(scene) == (
        FAILED,
        Note("moodle_refused", {"site": "vert", "errorcode": "nopermissions"}),
    )
    job = scene.records[RunningJob, "rol:rollover1"]
    assert (job.ended, job.heard_at, job.started_at) == (True, NOW + HOUR, NOW + HOUR)
    assert scene.records.all(TargetLock) == ()


@pytest.mark.rule("R5", "R11")
@pytest.mark.parametrize("known", ["to both", "to us alone", "to nobody"])
def test_a_job_that_its_moodle_has_is_not_asked_for_again_though_its_course_is_full(
    scene: YearScene, known: str
) -> None:
    with_a_backup(scene)
    put(scene, state=CHECKED, upload="u1")
    if known != "to nobody":
        scene.records.add(a_running_job("rol:rollover1", site="vert", about="rollover", about_id="rollover1"))
    if known == "to both":
        scene.vert._errand("rol:rollover1", "restore", None)
    scene.vert.edit(100, "Bohr")
    state, why = proceed(scene)
    assert (state, why is None) == ((RESTORING, True) if known == "to both" else (REFUSED, False))


# -- the lock (R5) --------------------------------------------------------------------------------------------


@pytest.mark.rule("R5")
@pytest.mark.parametrize(
    ("state", "destination", "after"),
    [
        (RolloverState.REQUESTED, "replace", REFUSED),
        (BACKING_UP, "merge", REFUSED),
        (CHECKED, "replace", REFUSED),
        (RESTORING, "replace", RESTORING),
        (CHECKED, "stash", RESTORING),
    ],
)
def test_a_course_that_another_restore_holds_refuses_what_has_not_reached_its_moodle(
    scene: YearScene, state: RolloverState, destination: Any, after: RolloverState
) -> None:
    with_a_backup(scene)
    scene.records.add(a_rollover("other", state=RESTORING))
    held = scene.records.add(TargetLock(id="vert:100", holder="rol:other", until=NOW + HOUR))
    put(scene, state=state, upload="u1", wish=Wish(destination=destination))
    assert proceed(scene) == (after, Note("rollover_busy") if after == REFUSED else None)
    assert scene.records[TargetLock, "vert:100"] == held
    if after == REFUSED:
        assert asked_of_moodle(scene) == []
        assert [one.kind for one in scene.vert.messages.values()] == ["rollover_failed"]


@pytest.mark.rule("R5")
@pytest.mark.parametrize("destination", ["replace", "merge", "stash", "check"])
def test_each_kind_holds_a_lock_of_its_own_and_lets_it_go_when_it_ends(
    scene: YearScene, destination: Any
) -> None:
    one = put(scene, state=CHECKED, wish=Wish(destination=destination))
    held = {name: f"vert:{name}" for name in ("100", "100/stash/ada")}
    for key in held.values():
        scene.records.add(TargetLock(id=key, holder="rol:rollover1", until=NOW + HOUR))
    steps.end(scene.world, one, FAILED, Note("silent"))
    left = {"replace": ["100/stash/ada"], "merge": ["100/stash/ada"], "stash": ["100"], "check": list(held)}
    assert sorted(lock.id for lock in scene.records.all(TargetLock)) == sorted(
        held[name] for name in left[destination]
    )


# -- how it ended ---------------------------------------------------------------------------------------------


def job(status: JobStatus = JobStatus.DONE, **changes: Any) -> Job:
    return Job("rol:rollover1", status, kind="restore", **changes)


@pytest.mark.rule("R11", "R12")
def test_a_restore_that_is_done_is_written_down_and_all_who_share_the_course_are_told(
    scene: YearScene,
) -> None:
    with_a_backup(scene)
    put(scene, state=RESTORING, upload="u1", others=("grace",))
    scene.records.add(TargetLock(id="vert:100", holder="rol:rollover1", until=NOW + HOUR))
    scene.clock.tick(HOUR)
    warned = (JobMessage("precheck", "w"), JobMessage("", "x"))
    steps.finish_rollover(scene.world, "rollover1", job(courseurl="https://vert.example/c", warnings=warned))
    done = scene.rollover("rollover1")
    assert (done.state, done.course_url, done.ended_at) == (DONE, "https://vert.example/c", NOW + HOUR)
    assert (done.findings, done.reported) == ({"stale_link": 1, "said_by_moodle": 2}, True)
    assert done.warnings == (Note("precheck_warned", {"detail": "w"}), Note("job_said", {"detail": "x"}))
    assert done.history[-1].why == "restored"
    assert scene.records.all(TargetLock) == ()
    assert [one.kind for one in scene.vert.messages.values()] == ["rollover_done", "rollover_shared"]


@pytest.mark.rule("R11")
@pytest.mark.parametrize("state", [CHECKED, RESTORING])
def test_a_job_may_end_before_its_start_was_written_down(scene: YearScene, state: RolloverState) -> None:
    put(scene, state=state)
    steps.finish_rollover(scene.world, "rollover1", job())
    done = scene.rollover("rollover1")
    assert (done.state, done.course_url) == (DONE, "https://vert.example/course/view.php?id=100")
    assert (done.findings, done.reported) == ({}, True)


@pytest.mark.rule("R11")
@pytest.mark.parametrize(
    ("status", "error", "why"),
    [
        (JobStatus.FAILED, JobMessage("notempty", "m"), Note("notempty", {"detail": "m"})),
        (JobStatus.FAILED, None, Note("restorefailed", {"detail": ""})),
        (JobStatus.FAILED, JobMessage("", "m"), Note("restorefailed", {"detail": "m"})),
        (JobStatus.CANCELLED, JobMessage("x", "m"), Note("cancelled", {"detail": "m"})),
    ],
)
def test_a_restore_that_failed_says_why(
    scene: YearScene, status: JobStatus, error: JobMessage | None, why: Note
) -> None:
    put(scene, state=RESTORING)
    steps.finish_rollover(scene.world, "rollover1", job(status, error=error))
    ended = scene.rollover("rollover1")
    assert (ended.state, ended.message, ended.ended_at, ended.word_due) == (FAILED, why, NOW, False)
    assert ended.history[-1].why == why.code
    assert [one.kind for one in scene.vert.messages.values()] == ["rollover_failed"]


@pytest.mark.rule("R4")
@pytest.mark.parametrize(
    ("upload", "filename"), [("u1", "CHIM1_Chimie-generale_24-25_20261005.mbz"), ("lost", "")]
)
def test_a_stash_that_is_done_is_told_with_the_name_of_its_file(
    scene: YearScene, upload: str, filename: str
) -> None:
    with_a_backup(scene)
    put(scene, state=RESTORING, upload=upload, wish=Wish(destination="stash"), others=("grace",))
    steps.finish_rollover(scene.world, "rollover1", job())
    (said,) = scene.vert.messages.values()
    assert (said.kind, said.values["filename"]) == ("rollover_stashed", filename)
    stashed = scene.rollover("rollover1")
    assert (stashed.state, stashed.message, stashed.ended_at) == (RolloverState.STASHED, None, NOW)
    assert (stashed.history[-1].why, stashed.word_due, stashed.reported) == ("stashed", False, False)


@pytest.mark.rule("R5", "P10")
@pytest.mark.parametrize(
    ("state", "to"),
    [
        *((state, to) for state in RolloverState for to in (REFUSED, FAILED)),
        (RESTORING, RolloverState.STASHED),
    ],
)
def test_only_what_is_under_way_ends_and_what_its_moodle_works_on_is_not_refused(
    scene: YearScene, state: RolloverState, to: RolloverState
) -> None:
    one = put(scene, state=state)
    ends = one.under_way and not (to == REFUSED and state == RESTORING)
    ended = steps.end(scene.world, one, to, None)
    assert ended.state == (to if ends else state)
    assert bool(ended.history) is ends
    assert bool(scene.vert.messages) is (ends and to in (REFUSED, FAILED))
    if ends:
        assert ended.history[-1].why == to.value


@pytest.mark.rule("P10")
def test_what_is_ended_quietly_is_told_to_nobody(scene: YearScene) -> None:
    ended = steps.end(scene.world, put(scene), REFUSED, Note("rollover_busy"), quietly=True)
    assert (ended.word_due, dict(scene.vert.messages)) == (False, {})


@pytest.mark.rule("R12")
@pytest.mark.parametrize(("surveyed", "findings"), [(True, {"stale_link": 1}), (False, {})])
def test_a_check_is_reported_once_with_what_it_found(
    scene: YearScene, surveyed: bool, findings: dict[str, int]
) -> None:
    upload = with_a_backup(scene)
    if not surveyed:
        scene.papers.delete(upload.survey_key)
    put(scene, state=CHECKED, upload="u1", wish=Wish(destination="check"))
    for _ in range(2):
        assert proceed(scene) == (CHECKED, None)
    checked = scene.rollover("rollover1")
    assert (checked.findings, checked.reported, asked_of_moodle(scene)) == (findings, True, [])
    assert [one.kind for one in scene.vert.messages.values()] == ["rollover_checked"]


# -- what a cut turn still owes -------------------------------------------------------------------------------


@pytest.mark.rule("R11", "P10")
@pytest.mark.parametrize(
    ("state", "changes", "undo", "told", "locked"),
    [
        (DONE, {"undo_asked": True}, True, False, True),
        (DONE, {}, False, False, True),
        (RolloverState.UNDONE, {"undo_asked": True}, False, False, True),
        (FAILED, {"word_due": True}, False, True, False),
        (FAILED, {}, False, False, False),
        (REFUSED, {"word_due": True}, False, True, False),
        (RolloverState.STASHED, {"word_due": True}, False, False, True),
    ],
)
def test_a_turn_that_was_cut_is_made_whole(
    scene: YearScene, state: RolloverState, changes: dict[str, Any], undo: bool, told: bool, locked: bool
) -> None:
    one = put(scene, state=state, **changes)
    holder = one.undo_jobkey if undo else one.jobkey
    scene.records.add(TargetLock(id="vert:100", holder=holder, until=NOW + HOUR))
    steps.proceed(scene.world, "rollover1")
    assert asked_of_moodle(scene) == (["und:rollover1.0"] if undo else [])
    assert [one.kind for one in scene.vert.messages.values()] == (["rollover_failed"] if told else [])
    assert bool(scene.records.all(TargetLock)) is locked
    assert scene.rollover("rollover1").word_due is (state == RolloverState.STASHED)


def test_what_nobody_knows_is_nothing_to_do(scene: YearScene) -> None:
    steps.proceed(scene.world, "lost")
    steps.finish_rollover(scene.world, "lost", job())
    steps.finish_undo(scene.world, "lost", job())
    assert len(scene.records) == 0


# -- undo (R11) -----------------------------------------------------------------------------------------------


@pytest.mark.rule("R11")
@pytest.mark.parametrize(("tried", "attempt"), [(None, 0), ({"ended": False}, 0), ({"ended": True}, 1)])
def test_each_undo_that_came_to_nothing_is_followed_by_another(
    scene: YearScene, tried: dict[str, bool] | None, attempt: int
) -> None:
    one = put(scene, state=DONE, undo_note=Note("changed"))
    if tried is not None:
        scene.records.add(a_running_job("und:rollover1.0", site="vert", about="undo", **tried))
    asked = steps.ask_undo(scene.world, one)
    assert (asked.undo_asked, asked.undo_attempt, asked.undo_note) == (True, attempt, None)
    key = f"und:rollover1.{attempt}"
    assert (asked_of_moodle(scene), scene.vert.errands[key].given) == ([key], "rol:rollover1")
    running = scene.records[RunningJob, key]
    assert (running.site, running.about, running.ended) == ("vert", "undo", False)
    assert scene.records[TargetLock, "vert:100"].holder == key


@pytest.mark.rule("R11", "R5")
def test_an_undo_waits_for_no_other_restore_and_leaves_no_job_behind(scene: YearScene) -> None:
    one = put(scene, state=DONE)
    scene.records.add(a_rollover("other", state=RESTORING))
    scene.records.add(TargetLock(id="vert:100", holder="rol:other", until=NOW + HOUR))
    with pytest.raises(Refused, match="rollover_busy"):
        steps.ask_undo(scene.world, one)
    after = scene.rollover("rollover1")
    assert (after.state, after.undo_asked, after.undo_note) == (DONE, False, Note("rollover_busy"))
    assert (scene.records.all(RunningJob), asked_of_moodle(scene)) == ((), [])


@pytest.mark.rule("R11")
@pytest.mark.parametrize(
    ("code", "note"),
    [
        ("changed", "changed"),
        ("alreadyundone", "alreadyundone"),
        ("nosafety", "nosafety"),
        ("courseunknown", "courseunknown"),
        ("nopermissions", "undo_failed"),
        ("", "undo_failed"),
    ],
)
def test_an_undo_that_came_to_nothing_says_why_in_words_that_have_a_sentence(
    scene: YearScene, code: str, note: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    def refuse(*_: Any) -> None:
        raise MoodleRefused("vert", "undo", code)

    monkeypatch.setattr(scene.vert, "undo_restore", refuse)
    asked = steps.ask_undo(scene.world, put(scene, state=DONE))
    assert (asked.state, asked.undo_asked, asked.undo_note) == (DONE, False, Note(note))
    assert scene.records[RunningJob, "und:rollover1.0"].ended
    assert scene.records.all(TargetLock) == ()
    scene.records.change(asked, replace(asked, undo_asked=True, undo_note=None))
    scene.records.add(TargetLock(id="vert:100", holder="und:rollover1.0", until=NOW + HOUR))
    error = JobMessage(code, "m")
    steps.finish_undo(scene.world, "rollover1", job(JobStatus.FAILED, error=error))
    after = scene.rollover("rollover1")
    assert (after.state, after.undo_asked, after.undo_note) == (DONE, False, Note(note))
    assert scene.records.all(TargetLock) == ()
    assert dict(scene.vert.messages) == {}


@pytest.mark.rule("R11")
def test_an_undo_that_is_done_is_told_and_its_lock_let_go(scene: YearScene) -> None:
    put(scene, state=DONE, undo_asked=True, undo_note=Note("changed"))
    scene.records.add(TargetLock(id="vert:100", holder="und:rollover1.0", until=NOW + HOUR))
    for _ in range(2):
        steps.finish_undo(scene.world, "rollover1", job())
    after = scene.rollover("rollover1")
    assert (after.state, after.undo_note, after.history[-1].why) == (RolloverState.UNDONE, None, "undone")
    assert [one.kind for one in scene.vert.messages.values()] == ["rollover_undone"]
    assert scene.records.all(TargetLock) == ()
