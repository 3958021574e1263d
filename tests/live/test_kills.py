"""Cron killed in every phase, a full disk, a request to stop: a course is as it was, or finished, and never empty."""

import os

import pytest

from tests.live.conftest import person
from tests.live.ground import ENDED, fresh, new_key, shell

OVERRIDE = [{"name": "override_notempty", "value": "1"}]
WORK = ["posts", "submissions", "grades", "completion", "comments", "groups", "groupings", "enrol", "roles"]


@pytest.fixture
def cron(stage):
    """The command, for those who run it in a way of their own."""
    if not os.environ.get("PASSERELLE_LIVE_CRON"):
        pytest.skip("no command that runs the site's cron is named in PASSERELLE_LIVE_CRON")
    return os.environ["PASSERELLE_LIVE_CRON"]


@pytest.fixture
def worked_in(ground, stage, course):
    """A course with a student's work in it: (id, what it is)."""
    return course["courseid"], stage.play("work", courseid=course["courseid"], student=person(ground))


@pytest.fixture
def replacing(ground, archive, worked_in):
    """A replacement of that course, asked for and waiting for cron: what was asked."""
    asked = {
        "jobkey": new_key(),
        "mode": "replace",
        "courseid": worked_in[0],
        "settings": OVERRIDE,
        **archive(),
    }
    ground.call("start_restore", **asked)
    return asked


def is_as_before(look, before):
    assert {name: look[name] for name in WORK} == {name: before[name] for name in WORK}
    assert sorted(look["modules"]) == sorted(before["modules"])
    kept = [
        "fullname",
        "shortname",
        "idnumber",
        "visible",
        "format",
        "summary",
        "startdate",
        "enablecompletion",
    ]
    assert {name: look["course"][name] for name in kept} == {name: before["course"][name] for name in kept}


def is_replaced(look, before):
    names = {module["name"] for module in look["modules"].values()}
    assert "Mon forum" not in names
    assert len(names) >= 7
    assert (look["posts"], look["submissions"]) == ([], [])
    assert (look["enrol"], look["roles"]) == (before["enrol"], before["roles"])
    assert set(before["groups"]) == set(look["groups"])


REPLACE = [
    ("check", 0),
    ("download", 0),
    ("precheck", 0),
    ("safety", 0),
    ("safety", 250),
    ("restore", 0),
    ("restore", 150),
    ("restore", 400),
    ("restore", 800),
    ("owners", 0),
]


@pytest.mark.rule("R11")
@pytest.mark.parametrize(("phase", "later"), REPLACE)
def test_a_replacement_that_is_cut_is_put_back_and_finished(
    ground, stage, cron, worked_in, replacing, phase, later
):
    courseid, before = worked_in
    cut = stage.play("kill", cron=cron, jobkey=replacing["jobkey"], phase=phase, later=later)
    if later == 0 and cut["status"] != "done":
        assert cut["killed"], cut
    job = ground.ended(replacing["jobkey"])
    assert (job["status"], job["error"]) == ("done", None)
    is_replaced(stage.look(courseid), before)
    # The same request again is the same job, whatever has happened to it.
    again = ground.call("start_restore", **replacing)
    assert (again["status"], again["courseid"]) == ("done", courseid)
    undone = ground.run("undo_restore", restorejobkey=replacing["jobkey"])
    assert undone["status"] == "done", undone["error"]
    is_as_before(stage.look(courseid), before)


@pytest.mark.rule("R11")
@pytest.mark.parametrize(
    ("phase", "later"), [("safety", 100), ("restore", 0), ("restore", 300), ("owners", 0)]
)
def test_a_replacement_that_is_cut_and_then_given_up_leaves_the_course_as_it_was(
    ground, stage, cron, worked_in, replacing, phase, later
):
    courseid, before = worked_in
    cut = stage.play("kill", cron=cron, jobkey=replacing["jobkey"], phase=phase, later=later)
    if cut["status"] == "done":
        pytest.skip("cron went through that phase before it could be killed")
    ground.call("cancel_job", jobkey=replacing["jobkey"])
    job = ground.ended(replacing["jobkey"])
    assert (job["status"], job["map"]) == ("cancelled", [])
    is_as_before(stage.look(courseid), before)


@pytest.mark.rule("R11")
def test_putting_back_that_is_cut_itself_is_begun_again(ground, stage, cron, worked_in, replacing):
    courseid, before = worked_in
    stage.play("kill", cron=cron, jobkey=replacing["jobkey"], phase="restore", later=200)
    cut = stage.play("kill", cron=cron, jobkey=replacing["jobkey"], phase="putback", later=200)
    assert cut["phase"] == "putback"
    ground.call("cancel_job", jobkey=replacing["jobkey"])
    assert ground.ended(replacing["jobkey"])["status"] == "cancelled"
    is_as_before(stage.look(courseid), before)


@pytest.mark.rule("R11")
def test_a_replacement_that_kills_cron_each_time_is_given_up(ground, stage, cron, worked_in, replacing):
    courseid, before = worked_in
    for _ in range(3):
        stage.play("kill", cron=cron, jobkey=replacing["jobkey"], phase="restore")
    job = ground.ended(replacing["jobkey"])
    assert (job["status"], job["error"]["code"]) == ("failed", "killed")
    is_as_before(stage.look(courseid), before)


def test_a_cron_that_is_cut_after_the_jobs_end_holds_no_other_job_up(ground, stage, cron, archive, category):
    """Moodle would count the cut task as running for an hour, and run no second one of its kind."""
    keys = [new_key(), new_key()]
    ground.call("start_restore", jobkey=keys[0], mode="new", category=category, **archive())
    cut = stage.play("kill", cron=cron, jobkey=keys[0], phase="done")
    assert (cut["killed"], cut["status"]) == (True, "done")
    ground.call("start_restore", jobkey=keys[1], mode="new", category=category, **archive())
    assert ground.ended(keys[1])["status"] == "done"


@pytest.mark.rule("R11")
@pytest.mark.parametrize(("phase", "later"), [("check", 0), ("putback", 0), ("putback", 400)])
def test_an_undoing_that_is_cut_is_finished(ground, stage, cron, worked_in, replacing, phase, later):
    courseid, before = worked_in
    assert ground.ended(replacing["jobkey"])["status"] == "done"
    key = new_key()
    ground.call("undo_restore", jobkey=key, restorejobkey=replacing["jobkey"])
    cut = stage.play("kill", cron=cron, jobkey=key, phase=phase, later=later)
    if later == 0 and cut["status"] != "done":
        assert cut["killed"], cut
    assert ground.ended(key)["status"] == "done"
    is_as_before(stage.look(courseid), before)


@pytest.mark.parametrize("phase", ["download", "restore", "owners"])
def test_a_new_course_that_is_cut_is_there_once(ground, stage, cron, archive, category, phase):
    key, number = new_key(), fresh("N")
    asked = {"jobkey": key, "mode": "new", "category": category, "shortname": number, "idnumber": number}
    ground.call("start_restore", **asked, **archive())
    before = ground.end("courses")
    cut = stage.play("kill", cron=cron, jobkey=key, phase=phase, later=100 if phase == "restore" else 0)
    if cut["status"] == "done":
        pytest.skip("cron went through that phase before it could be killed")
    assert cut["status"] == "running"
    job = ground.ended(key)
    assert job["status"] == "done", job["error"]
    made = list(ground.rows("courses", after=before))
    assert [row["idnumber"] for row in made] == [number]


@pytest.mark.parametrize("phase", ["backup", "open", "send", "complete"])
def test_a_backup_that_is_cut_is_sent_once(ground, stage, cron, full_course, counterpart, phase):
    key, uploads = new_key(), set(counterpart.uploads)
    ground.call("start_backup", jobkey=key, courseid=full_course["courseid"], intent="share")
    stage.play("kill", cron=cron, jobkey=key, phase=phase)
    job = ground.ended(key)
    assert job["status"] == "done", job["error"]
    complete = [
        number for number in set(counterpart.uploads) - uploads if counterpart.uploads[number].completed
    ]
    assert complete == [job["upload"]]


@pytest.mark.rule("R4")
@pytest.mark.parametrize("phase", ["download", "store"])
def test_a_deposit_that_is_cut_lies_there_once(ground, stage, cron, archive, witness, phase):
    username, key = person(ground), new_key()
    ground.call("stash_backup", jobkey=key, username=username, filename="C_T_25_20250701.mbz", **archive())
    stage.play("kill", cron=cron, jobkey=key, phase=phase)
    assert ground.ended(key)["status"] == "done"
    assert witness.deposits(username) == ["C_T_25_20250701.mbz"]


@pytest.mark.rule("R11")
@pytest.mark.parametrize("kilobytes", [8, 24, 48, 96])
def test_a_disk_that_takes_no_more_leaves_the_course_as_it_was(
    ground, stage, cron, worked_in, replacing, kilobytes
):
    """Files may not grow beyond a limit: what writes on hears an error, as on a full disk."""
    courseid, before = worked_in
    shell(
        f"bash -c 'trap \"\" XFSZ; ulimit -f {kilobytes}; {cron.replace(chr(39), chr(39) + chr(92) + chr(39) * 2)}'"
    )()
    job = ground.job(replacing["jobkey"])
    if job["status"] == "running":  # It could not even say so: cron takes it up again, with room.
        job = ground.ended(replacing["jobkey"])
    assert job["status"] in ENDED
    if job["status"] == "done":
        is_replaced(stage.look(courseid), before)
    else:
        assert job["error"]["code"] in {"diskfull", "restorefailed", "backupfailed"}
        is_as_before(stage.look(courseid), before)
    if kilobytes == 8:
        assert job["error"]["code"] == "diskfull"


def test_a_job_under_way_stops_at_its_next_step_if_asked(ground, stage, cron, worked_in, archive):
    courseid, before = worked_in
    key = new_key()
    ground.call(
        "start_restore", jobkey=key, mode="replace", courseid=courseid, settings=OVERRIDE, **archive("slow")
    )
    stage.play("stop", cron=cron, jobkey=key, phase="download")
    job = ground.ended(key)
    assert job["status"] == "cancelled"
    assert job["phase"] in {"download", "precheck"}, "it went on after it had been asked"
    is_as_before(stage.look(courseid), before)
