"""Restores: archives read for real, checked, put back when they fail."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

ARCHIVE = Path(__file__).parents[2] / "mbz" / "chimie-nousers-tgz.mbz"

CHIMIE = [
    (0, "General", []),
    (1, "New section", ["Plan du cours", "Bienvenue"]),
    (2, "New section", ["Ancien espace", "Forum du cours", "Devoir 1"]),
    (3, "New section", ["Documents TD", "QCM 1", "Vidéo du cours 1"]),
]


@pytest.mark.parametrize("archive", ["chimie-nousers-tgz.mbz", "chimie-nousers-zip.mbz"])
def test_a_restored_course_shows_what_the_archive_holds(hub, restore, outline, archive):
    job = restore(archive, fullname="Chimie", shortname="CHIM", idnumber="lycee-a:psl-x")
    assert (job["status"], job["error"]) == ("done", None)
    assert outline(hub, job["courseid"]) == CHIMIE
    groups = hub.call("core_group_get_course_groups", courseid=job["courseid"])
    assert [(group["name"], group["idnumber"]) for group in groups] == [
        ("TD1", "td1"),
        ("TD2 cemu", "td2-cemu"),
    ]
    (row,) = hub.call("local_passerelle_get_course_states", courseids=[job["courseid"]])
    assert {"kind": "questions", "count": 2} in row["holds"]
    assert row["restoredfrom"] == "https://ecampus-bleu.example/course/view.php?id=5"


@pytest.mark.rule("P7")
def test_a_new_course_has_the_names_place_and_visibility_asked_for(hub, restore):
    job = restore(fullname="Chimie", shortname="CHIM", idnumber="lycee-a:psl-x", visible=False)
    (course,) = hub.call("core_course_get_courses_by_field", field="idnumber", value="lycee-a:psl-x")[
        "courses"
    ]
    assert (course["id"], course["fullname"], course["shortname"]) == (job["courseid"], "Chimie", "CHIM")
    assert (course["visible"], course["categoryname"], course["format"]) == (0, "Mutualisation", "topics")
    assert job["courseurl"] == f"{hub.base_url}/course/view.php?id={course['id']}"


def test_the_map_leads_from_each_old_id_to_the_new_one(hub, restore):
    job = restore(shortname="CHIM")
    modules = {row["old"]: row["new"] for row in job["map"] if row["kind"] == "module"}
    assert sorted(modules) == [79, 80, 81, 82, 83, 84, 85, 86]
    assert hub.course("CHIM").content.modules[modules[79]].name == "Plan du cours"
    assert {"kind": "course", "old": 5, "new": job["courseid"]} in job["map"]
    assert len([row for row in job["map"] if row["kind"] == "section"]) == 4


@pytest.mark.rule("P9")
def test_owners_are_enrolled_by_hand_and_unknown_ones_are_a_warning(hub, restore):
    owners = [{"username": "mcurie", "role": "networkteacher"}, {"username": "nobody", "role": "student"}]
    job = restore(shortname="CHIM", owners=owners)
    (person,) = hub.call("core_enrol_get_enrolled_users", courseid=job["courseid"])
    assert [role["shortname"] for role in person["roles"]] == ["networkteacher"]
    rows = json.loads(hub.call("local_passerelle_export", table="enrolments")["rows"])
    assert [row["method"] for row in rows] == ["manual"]
    assert [warning["code"] for warning in job["warnings"]] == ["ownerunknown"]


def test_the_same_jobkey_answers_the_same_job_and_makes_one_course(hub, restore):
    first = restore(shortname="CHIM")
    again = restore(shortname="OTHER")
    assert again == first
    assert len(hub.state.courses) == 1


@pytest.mark.parametrize(
    ("args", "code"),
    [
        ({"sha256": "0" * 64}, "sha256"),
        ({"filesize": 15_000}, "size"),
        ({"filesize": 99_999}, "size"),
        ({"sourceurl": "http://127.0.0.2:1/x.mbz"}, "hostnotallowed"),
        ({"sourceurl": "http://127.0.0.1:1/x.mbz"}, "download"),
        ({"category": "nowhere"}, "categoryunknown"),
        ({"idnumber": "taken"}, "idnumbertaken"),
        ({"shortname": "TAKEN"}, "shortnametaken"),
        ({"mode": "merge", "courseid": 999}, "courseunknown"),
        ({"archive": "chimie-users-tgz.mbz"}, "peopleinside"),
        ({"archive": "chimie-users-zip.mbz"}, "peopleinside"),
        ({"archive": b"this is no archive"}, "restorefailed"),
        ({"folder": "away"}, "download"),
    ],
)
def test_a_restore_that_cannot_be_says_why_and_leaves_nothing(hub, restore, args, code):
    hub.add_course("TAKEN", idnumber="taken")
    before = hub.snapshot()
    job = restore(**args)
    assert (job["status"], job["error"]["code"], job["map"]) == ("failed", code, [])
    assert list(hub.state.courses) == [hub.course("TAKEN").id]
    assert len(before) > 0
    assert not list(hub.workfile("x").parent.iterdir())


def test_an_expired_address_is_asked_for_again(hub, restore, source, ear):
    ear.source = source("chimie-nousers-tgz.mbz")["sourceurl"]
    assert restore(folder="expired", shortname="CHIM")["status"] == "done"
    assert [asked["jobkey"] for _, _, asked in ear.asked("source")] == ["pub:1"]


@pytest.mark.rule("P16")
def test_what_the_site_lacks_and_a_newer_moodle_are_warnings(hub, restore, outline, monkeypatch):
    monkeypatch.setattr(
        hub.settings, "modules", {k: v for k, v in hub.settings.modules.items() if k != "mod_quiz"}
    )
    monkeypatch.setattr(hub.settings, "version", "2024100100")
    job = restore(shortname="CHIM")
    assert {"code": "pluginmissing", "message": "mod_quiz"} in job["warnings"]
    assert {"code": "newerrelease", "message": "4.5"} in job["warnings"]
    assert "QCM 1" not in str(outline(hub, job["courseid"]))


def test_sections_activities_and_groups_can_be_left_out(hub, restore, outline):
    left_out = [{"kind": "section", "id": 22}, {"kind": "activity", "id": 80}, {"kind": "group", "id": 1}]
    job = restore(shortname="CHIM", exclude=left_out)
    names = [name for _, _, modules in outline(hub, job["courseid"]) for name in modules]
    assert names == ["Plan du cours", "Documents TD", "QCM 1", "Vidéo du cours 1"]
    groups = hub.call("core_group_get_course_groups", courseid=job["courseid"])
    assert [group["name"] for group in groups] == ["TD2 cemu"]
    assert {"badgesskipped", "gradesettingsskipped"} <= {warning["code"] for warning in job["warnings"]}


def test_links_to_what_came_along_follow_it_and_others_are_written_out(hub, restore):
    course = hub.course(restore(shortname="CHIM")["courseid"])
    assert 'href="https://ecampus-bleu.example/course/view.php?id=77"' in course.summary
    (link,) = [module for module in course.content.modules.values() if module.name == "Ancien espace"]
    assert (
        b"https://ecampus-bleu.example/mod/page/view.php?id=991" in hub.vault.folder(link.folder)["url.xml"]
    )


# -- into a course that exists -----------------------------------------------------------------------------


@pytest.mark.rule("R8")
def test_replacing_keeps_the_target_its_names_people_and_groups(hub, restore, outline):
    target = hub.add_course(
        "CIBLE", "Cours de l'année", idnumber="code-1", visible=False, startdate=1_788_000_000
    )
    hub.enrol(target, "mcurie", "editingteacher")
    hub.add_group(target, "TD A", "td1")
    job = restore(mode="replace", courseid=target.id, idnumber="code-1")
    assert job["status"] == "done"
    kept = hub.course(target.id)
    assert (kept.shortname, kept.fullname, kept.idnumber, kept.visible) == (
        "CIBLE",
        "Cours de l'année",
        "code-1",
        False,
    )
    assert outline(hub, target.id) == CHIMIE
    assert [group.name for group in hub.state.groups.values()] == ["TD A"]
    assert "mcurie" in str(hub.call("local_passerelle_get_course_states", courseids=[target.id]))
    assert "l'an passé" in kept.summary


def test_dates_move_by_the_difference_of_the_start_dates_unless_kept(hub, restore):
    origin, shift = 1_756_677_600, 365 * 86_400
    for keep, expected in ((False, 1_764_547_200 + shift), (True, 1_764_547_200)):
        target = hub.add_course(f"C{keep}", startdate=origin + shift)
        restore(jobkey=f"r:{keep}", mode="replace", courseid=target.id, keep_dates=keep)
        (devoir,) = [m for m in hub.course(target.id).content.modules.values() if m.modname == "assign"]
        assert b"<duedate>%d</duedate>" % expected in hub.vault.folder(devoir.folder)["assign.xml"]


@pytest.mark.rule("R5")
def test_replacing_a_course_with_content_is_refused_and_names_what_was_found(hub, restore):
    target = hub.add_course("CIBLE")
    hub.change_course(target, add="page")
    job = restore(mode="replace", courseid=target.id)
    assert (job["status"], job["error"]) == ("failed", {"code": "notempty", "message": "activities: 1"})
    assert len(target.content.modules) == 2
    settings = [{"name": "override_notempty", "value": "1"}]
    assert restore(jobkey="ret:2", mode="replace", courseid=target.id, settings=settings)["status"] == "done"


@pytest.mark.rule("R6")
def test_merging_deletes_nothing_and_adds(hub, restore, outline):
    target = hub.add_course("CIBLE")
    hub.change_course(target, add="page", name="À moi", rename_section="Ma section")
    assert restore(mode="merge", courseid=target.id)["status"] == "done"
    shown = outline(hub, target.id)
    assert shown[0] == (0, "General", ["Announcements"])
    assert shown[1] == (1, "Ma section", ["À moi", "Plan du cours", "Bienvenue"])
    assert not hub.state.groups  # only if asked (R7)


@pytest.mark.rule("R7")
def test_a_restriction_to_a_group_is_tied_to_the_targets_group_of_the_same_code(
    hub, lycee, restore, tmp_path
):
    course = lycee.import_mbz(ARCHIVE)
    (td1, _) = lycee.state.groups.values()
    page = next(iter(course.content.modules.values()))
    page.availability = json.dumps({"op": "&", "c": [{"type": "group", "id": td1.id}], "showc": [True]})
    archive = lycee.write_mbz(course, tmp_path / "c.mbz").read_bytes()
    with_it, without = hub.add_course("WITH"), hub.add_course("WITHOUT")
    hub.add_group(with_it, "Autre nom", "td1")
    done = restore(archive, jobkey="r1", mode="replace", courseid=with_it.id)
    assert "groupmissing" not in str(done["warnings"])
    assert f'"id":{next(iter(hub.state.groups))}' in next(iter(with_it.content.modules.values())).availability
    missing = restore(archive, jobkey="r2", mode="replace", courseid=without.id)
    assert {"code": "groupmissing", "message": str(td1.id)} in missing["warnings"]


# -- put back, undo -------------------------------------------------------------------------------------------


@pytest.mark.rule("R11")
def test_an_undone_restore_leaves_the_course_as_it_was_once(hub, restore, outline):
    target = hub.add_course("CIBLE", summary="À moi")
    hub.change_course(target, add="page", name="À moi")
    before = outline(hub, target.id)
    restore(mode="merge", courseid=target.id, settings=[{"name": "groups", "value": "1"}])
    assert len(hub.state.groups) == 2
    for key, expected in (("undo:1", ("done", None)), ("undo:2", ("failed", "alreadyundone"))):
        hub.call("local_passerelle_undo_restore", jobkey=key, restorejobkey="pub:1")
        hub.run_jobs()
        job = hub.job(key)
        assert (job["status"], job["error"] and job["error"]["code"]) == expected
    assert outline(hub, target.id) == before
    assert (hub.course(target.id).summary, hub.state.groups) == ("À moi", {})


@pytest.mark.rule("R11")
@pytest.mark.parametrize(
    ("since", "code"),
    [
        ("an activity", "changed"),
        ("a name", "changed"),
        ("a restore", "changed"),
        ("nothing kept", "nosafety"),
    ],
)
def test_an_undo_is_refused_after_a_change_and_where_nothing_was_kept(hub, restore, since, code):
    target = hub.add_course("CIBLE")
    restore(
        **({"shortname": "CHIM"} if since == "nothing kept" else {"mode": "merge", "courseid": target.id})
    )
    if since == "an activity":
        hub.change_course(target, add="page")
    if since == "a name":
        hub.call("core_course_update_courses", courses=[{"id": target.id, "fullname": "Autre"}])
    if since == "a restore":
        restore(jobkey="again", mode="merge", courseid=target.id)
    hub.call("local_passerelle_undo_restore", jobkey="undo", restorejobkey="pub:1")
    hub.run_jobs()
    assert hub.job("undo")["error"]["code"] == code


@pytest.mark.rule("R11")
@pytest.mark.parametrize("mode", ["merge", "replace"])
@pytest.mark.parametrize(
    ("phase", "when"),
    [("restore", "before"), ("restore", "during"), ("restore", "after"), ("owners", "after")],
)
def test_a_restore_killed_again_and_again_is_put_back(hub, restore, outline, mode, phase, when):
    target = hub.add_course("CIBLE", summary="À moi")
    before = outline(hub, target.id)
    hub.faults.add("killed", "restore", count=-1, phase=phase, when=when)
    assert restore(mode=mode, courseid=target.id)["status"] == "running"
    for _ in range(3):
        hub.run_jobs()
    job = hub.job("pub:1")
    assert (job["status"], job["error"]["code"]) == ("failed", "killed")
    assert outline(hub, target.id) == before
    assert hub.course(target.id).summary == "À moi"


@pytest.mark.rule("R11")
@pytest.mark.parametrize("mode", ["merge", "replace"])
@pytest.mark.parametrize("when", ["before", "during", "after"])
def test_a_restore_killed_once_ends_as_if_it_had_not_been(hub, restore, outline, mode, when):
    disturbed, undisturbed = hub.add_course("A"), hub.add_course("B")
    hub.faults.add("killed", "r:a", phase="restore", when=when)
    restore(jobkey="r:a", mode=mode, courseid=disturbed.id)
    hub.run_jobs()
    assert hub.job("r:a")["status"] == "done"
    restore(jobkey="r:b", mode=mode, courseid=undisturbed.id)
    assert outline(hub, disturbed.id) == outline(hub, undisturbed.id)


@pytest.mark.parametrize("phase", ["check", "download", "precheck", "restore", "owners"])
@pytest.mark.parametrize("when", ["before", "after"])
def test_a_new_course_killed_anywhere_is_made_once_in_the_end(hub, restore, outline, phase, when):
    hub.faults.add("killed", "restore", phase=phase, when=when)
    assert (
        restore(shortname="CHIM", owners=[{"username": "mcurie", "role": "teacher"}])["status"] == "running"
    )
    hub.run_jobs()
    job = hub.job("pub:1")
    assert (job["status"], len(hub.state.courses), job["warnings"]) == ("done", 1, [])
    assert outline(hub, job["courseid"]) == CHIMIE


def test_each_phase_is_told_to_passerelle_and_again_until_heard(hub, restore, ear):
    ear.deaf = 2
    restore(shortname="CHIM")
    assert ear.phases("pub:1") == ["check", "download", "precheck", "restore", "owners", "done"]
    assert not hub.unfinished()
    last = ear.asked("jobs")[-1][2]["jobs"][0]
    assert (last["status"], last["courseid"]) == ("done", hub.course("CHIM").id)


def test_a_report_nobody_heard_is_repeated_as_the_same_request(hub, restore, ear):
    ear.deaf = 100
    restore(shortname="CHIM")
    ear.deaf = 0
    hub.run_jobs()
    (*_, lost, heard) = [(request_id, asked) for _, request_id, asked in ear.asked("jobs")]
    assert lost == heard


def test_a_job_that_waits_can_be_cancelled(hub, source):
    hub.call("local_passerelle_start_restore", jobkey="pub:1", mode="new", **source("chimie-nousers-tgz.mbz"))
    assert hub.call("local_passerelle_cancel_job", jobkey="pub:1")["status"] == "cancelled"
    hub.run_jobs()
    assert hub.state.courses == {}


@pytest.mark.rule("R4")
def test_a_stashed_backup_lies_in_the_private_area_and_replaces_its_older_namesake(hub, source):
    for key, archive in (("s:1", "chimie-nousers-tgz.mbz"), ("s:2", "empty-nousers-tgz.mbz")):
        args = source(archive) | {"username": "mcurie", "filename": "code-titre-2025.mbz"}
        hub.call("local_passerelle_stash_backup", jobkey=key, **args)
        hub.run_jobs()
        assert hub.job(key)["status"] == "done"
    (held,) = hub.state.stash[hub.user("mcurie").id]
    assert (held.filename, held.size) == ("code-titre-2025.mbz", 5136)
    assert hub.state.courses == {}
