"""Restores, their refusals and their undoing, as the contract of the plugins says."""

import pytest

from tests.live.conftest import person
from tests.live.ground import Refused, fresh, new_key

OVERRIDE = [{"name": "override_notempty", "value": "1"}]


def test_a_new_course_gets_its_names_number_owner_and_map(ground, archive, category, teacher):
    number = fresh("N")
    job = ground.run(
        "start_restore",
        mode="new",
        category=category,
        fullname="Chimie, copie",
        shortname=number,
        idnumber=number,
        owners=[{"username": teacher, "role": "editingteacher"}],
        **archive(),
    )
    assert (job["status"], job["error"], job["progress"]) == ("done", None, 1)
    state = ground.state(job["courseid"])
    assert (state["idnumber"], state["shortname"], state["fullname"]) == (number, number, "Chimie, copie")
    assert not state["visible"]
    assert not state["empty"]
    assert state["editingteachers"] == [teacher]
    kinds = [line["kind"] for line in job["map"]]
    assert kinds.count("course") == 1
    assert kinds.count("section") == 4
    assert kinds.count("module") >= 7


@pytest.mark.rule("P3")
def test_an_archive_with_people_is_refused_and_leaves_no_course(ground, archive, category):
    number = fresh("N")
    job = ground.run(
        "start_restore",
        mode="new",
        category=category,
        idnumber=number,
        **archive("good", "chimie-users-tgz.mbz"),
    )
    assert job["error"]["code"] == "peopleinside"
    [state] = ground.call("get_course_states", idnumbers=[number])
    assert not state["exists"]


def test_an_owner_who_is_unknown_is_a_warning(ground, archive, category):
    job = ground.run(
        "start_restore",
        mode="new",
        category=category,
        owners=[{"username": fresh("nobody"), "role": "student"}],
        **archive(),
    )
    assert job["status"] == "done"
    assert "ownerunknown" in [warning["code"] for warning in job["warnings"]]


def test_a_zip_archive_is_restored_too(ground, archive, category):
    job = ground.run(
        "start_restore", mode="new", category=category, **archive("good", "chimie-nousers-zip.mbz")
    )
    assert job["status"] == "done"


@pytest.mark.parametrize(
    ("way", "code"), [("altered", "sha256"), ("redirected", "download"), ("gone", "download")]
)
def test_an_archive_that_is_not_what_was_announced_is_refused(ground, archive, category, way, code):
    job = ground.run("start_restore", mode="new", category=category, **archive(way))
    assert (job["status"], job["error"]["code"]) == ("failed", code)
    assert job["courseid"] is None


@pytest.mark.parametrize("difference", [-1, 1])
def test_an_archive_of_another_length_is_refused(ground, archive, category, difference):
    offered = archive()
    offered["filesize"] += difference
    job = ground.run("start_restore", mode="new", category=category, **offered)
    assert job["error"]["code"] in {"size", "sha256"}


def test_a_host_that_is_not_allowed_is_never_asked(ground, archive, category):
    offered = archive() | {"sourceurl": "https://archives.example.org/a.mbz"}
    job = ground.run("start_restore", mode="new", category=category, **offered)
    assert job["error"]["code"] == "hostnotallowed"


def test_an_unknown_category_is_refused(ground, archive):
    job = ground.run("start_restore", mode="new", category=fresh("nowhere"), **archive())
    assert job["error"]["code"] == "categoryunknown"


def test_a_number_that_is_taken_is_refused(ground, archive, category, course):
    job = ground.run("start_restore", mode="new", category=category, idnumber=course["idnumber"], **archive())
    assert job["error"]["code"] == "idnumbertaken"


def test_a_short_name_that_is_taken_is_refused(ground, archive, category, course):
    job = ground.run(
        "start_restore", mode="new", category=category, shortname=course["shortname"], **archive()
    )
    assert job["error"]["code"] == "shortnametaken"


def test_a_target_that_does_not_exist_is_refused(ground, archive):
    job = ground.run("start_restore", mode="merge", courseid=99_999_999, **archive())
    assert job["error"]["code"] == "courseunknown"


@pytest.mark.rule("R8")
def test_into_an_empty_course_its_own_names_and_visibility_stay(ground, course, archive):
    job = ground.run("start_restore", mode="replace", courseid=course["courseid"], **archive())
    assert job["status"] == "done", job["error"]
    after = ground.state(course["courseid"])
    kept = ("idnumber", "shortname", "fullname", "visible")
    assert [after[name] for name in kept] == [course[name] for name in kept]
    assert not after["empty"]
    assert after["restoredfrom"]


@pytest.mark.rule("R5")
def test_replacing_what_is_not_empty_is_refused_and_changes_nothing(ground, full_course, archive):
    job = ground.run("start_restore", mode="replace", courseid=full_course["courseid"], **archive())
    assert job["error"]["code"] == "notempty"
    assert ground.state(full_course["courseid"])["activities"] == full_course["activities"]


@pytest.mark.rule("R6")
def test_a_merge_adds_and_deletes_nothing(ground, full_course, archive):
    job = ground.run("start_restore", mode="merge", courseid=full_course["courseid"], **archive())
    assert job["status"] == "done"
    assert ground.state(full_course["courseid"])["activities"] > full_course["activities"]


@pytest.mark.rule("R11")
@pytest.mark.parametrize("mode", ["merge", "replace"])
def test_a_finished_restore_is_undone_once(ground, full_course, archive, mode):
    courseid = full_course["courseid"]
    settings = OVERRIDE if mode == "replace" else []
    done = ground.run(
        "start_restore",
        mode=mode,
        courseid=courseid,
        settings=settings,
        **archive("good", "empty-nousers-tgz.mbz" if mode == "replace" else "chimie-nousers-tgz.mbz"),
    )
    assert done["status"] == "done", done["error"]
    assert ground.state(courseid)["activities"] != full_course["activities"]

    undone = ground.run("undo_restore", restorejobkey=done["jobkey"])
    assert undone["status"] == "done", undone["error"]
    after = ground.state(courseid)
    assert (after["activities"], after["holds"]) == (full_course["activities"], full_course["holds"])

    again = ground.run("undo_restore", restorejobkey=done["jobkey"])
    assert again["error"]["code"] == "alreadyundone"


def test_what_was_never_restored_cannot_be_undone(ground):
    job = ground.run("undo_restore", restorejobkey=new_key())
    assert job["error"]["code"] == "nosafety"


@pytest.mark.rule("R8")
def test_a_section_that_is_left_out_does_not_come(ground, course, archive, category):
    whole = ground.run("start_restore", mode="new", category=category, **archive())
    section = [line["old"] for line in whole["map"] if line["kind"] == "section"][-1]
    part = ground.run(
        "start_restore",
        mode="replace",
        courseid=course["courseid"],
        exclude=[{"kind": "section", "id": section}],
        **archive(),
    )
    assert part["status"] == "done", part["error"]
    modules = [sum(line["kind"] == "module" for line in job["map"]) for job in (whole, part)]
    assert modules[1] < modules[0]


def test_the_same_jobkey_is_the_same_job(ground, archive, category):
    key = new_key()
    offered = archive()
    first = ground.run("start_restore", jobkey=key, mode="new", category=category, **offered)
    again = ground.call("start_restore", jobkey=key, mode="new", category=category, **offered)
    assert again["courseid"] == first["courseid"]
    assert again["status"] == "done"


def test_a_job_that_waits_can_be_cancelled(ground, archive, category):
    key = new_key()
    ground.call("start_restore", jobkey=key, mode="new", category=category, **archive())
    ground.call("cancel_job", jobkey=key)
    job = ground.ended(key)
    assert job["status"] == "cancelled"
    assert job["courseid"] is None


def test_unknown_jobs_are_left_out_and_cannot_be_cancelled(ground):
    assert ground.call("get_jobs", jobkeys=[new_key()]) == []
    with pytest.raises(Refused):
        ground.call("cancel_job", jobkey=new_key())


@pytest.mark.parametrize(
    "wrong",
    [
        {"mode": "other"},
        {"exclude": [{"kind": "world", "id": 1}]},
        {"jobkey": "no spaces allowed"},
    ],
)
def test_what_makes_no_sense_is_refused_at_once(ground, archive, wrong):
    asked = {"jobkey": new_key(), "mode": "new", **archive()} | wrong
    with pytest.raises(Refused) as refused:
        ground.call("start_restore", **asked)
    assert refused.value.errorcode == "invalidparameter"


@pytest.mark.rule("R4")
def test_a_deposit_lands_with_its_person_and_can_be_repeated(ground, archive):
    username = person(ground)
    for _ in range(2):
        job = ground.run("stash_backup", username=username, filename="chimie.mbz", **archive())
        assert (job["status"], job["error"]) == ("done", None)


@pytest.mark.rule("R4")
def test_a_newer_deposit_takes_the_place_of_the_older_one_of_its_course_only(ground, archive, witness):
    username = person(ground)
    names = [
        "CHIM_Chimie_24-25_20250630.mbz",
        "CHIM_Chimie_24-25_copie.mbz",
        "PHYS_Chimie_24-25_20250630.mbz",
        "CHIM_Chimie_24-25_20250701.mbz",
    ]
    for name in names:
        job = ground.run("stash_backup", username=username, filename=name, **archive())
        assert (job["status"], job["error"]) == ("done", None)
    assert witness.deposits(username) == sorted(names[1:])


@pytest.mark.rule("P3")
@pytest.mark.parametrize("name", ["chimie-users-tgz.mbz", "chimie-users-zip.mbz"])
def test_a_deposit_with_people_in_it_is_refused(ground, archive, name, witness):
    username = person(ground)
    job = ground.run("stash_backup", username=username, filename="chimie.mbz", **archive("good", name))
    assert (job["status"], job["error"]["code"]) == ("failed", "peopleinside")
    assert witness.deposits(username) == []


def test_a_deposit_for_nobody_is_refused(ground, archive):
    job = ground.run("stash_backup", username=fresh("nobody"), filename="chimie.mbz", **archive())
    assert job["status"] == "failed"
