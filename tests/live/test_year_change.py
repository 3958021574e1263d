"""Last year's course in this year's, looked at in the database: what comes, what never does, what stays."""

import uuid

import pytest

from tests.live.conftest import person
from tests.live.ground import announced, fresh

LAST_YEAR, THIS_YEAR = 1_756_677_600, 1_788_213_600  # 1 September of both years, in Paris
MOVED = THIS_YEAR - LAST_YEAR
GROUPS = [{"name": "groups", "value": "1"}]
PERMISSIONS = [{"name": "permissions", "value": "1"}]


@pytest.fixture(scope="module")
def people(ground):
    return {person(ground): "editingteacher", person(ground): "student"}


@pytest.fixture(scope="module")
def last_year(ground, stage, counterpart, sources, people):
    """A course in which people have worked, and the backup that the site made of it for Passerelle."""
    code, group = fresh("LY"), fresh("G")
    course = stage.play("last_year", code=code, group=group, startdate=LAST_YEAR, people=people)
    job = ground.run("start_backup", courseid=course["courseid"], intent="rollover")
    assert job["status"] == "done", job["error"]
    name = f"{code}.mbz"
    sources.files[name] = counterpart.uploads[job["upload"]].content()
    return {**course, "group": group, "archive": name}


@pytest.fixture(scope="module")
def target(ground, stage, last_year, people):
    """Makes this year's empty course as the night does, with a teacher's settings."""

    def make():
        code, category = fresh("TY"), fresh("CAT")
        student = next(name for name, role in people.items() if role == "student")
        ground.apply(
            {"op": "category_create", "idnumber": category, "name": "Live"},
            {
                "op": "course_create",
                "idnumber": code,
                "shortname": code,
                "fullname": f"{code} Chimie de cette année",
                "category": category,
                "startdate": THIS_YEAR,
            },
            {"op": "group_create", "course": code, "idnumber": last_year["group"], "name": "TD1 (2026)"},
            {"op": "enrol", "course": code, "username": student, "role": "student", "source": "night"},
            {"op": "member_add", "course": code, "group": last_year["group"], "username": student},
        )
        [state] = ground.call("get_course_states", idnumbers=[code])
        columns = {"visible": 0, "lang": "en", "groupmode": 2, "groupmodeforce": 1}
        columns |= {"enddate": THIS_YEAR + 200 * 86_400, "summary": "À remplacer"}
        before = stage.play("this_year", courseid=state["courseid"], columns=columns, people=people)
        return state["courseid"], before

    return make


@pytest.fixture(scope="module")
def rolled_over(ground, stage, sources, last_year, target, people):
    """Delete-then-restore with groups, as a rollover asks for it: what is not made by hand is left out."""
    courseid, before = target()
    job = ground.run(
        "start_restore",
        mode="replace",
        courseid=courseid,
        person=next(name for name, role in people.items() if role == "editingteacher"),
        settings=GROUPS + PERMISSIONS,
        exclude=[
            {"kind": "group", "id": group["id"]}
            for group in last_year["look"]["groups"].values()
            if group["idnumber"]
        ],
        **offered(sources, last_year),
    )
    assert job["status"] == "done", job["error"]
    return before, stage.look(courseid), job


def offered(sources, last_year):
    name = last_year["archive"]
    return announced(f"{sources.url('good', name)}?{uuid.uuid4().hex}", sources.files[name])


def restricted_to(module):
    return [one["id"] for one in module["availability"]["c"]]


@pytest.mark.rule("R8")
def test_what_is_this_years_stays(rolled_over):
    before, after, _ = rolled_over
    kept = ["fullname", "shortname", "idnumber", "category", "visible", "startdate", "enddate", "lang"]
    kept += ["groupmode", "groupmodeforce", "defaultgroupingid"]
    assert {name: after["course"][name] for name in kept} == {name: before["course"][name] for name in kept}
    assert after["course"]["visible"] == "0"
    assert after["roles"] == before["roles"]
    assert after["blocks"].count("passerelle") == 1


@pytest.mark.rule("R8")
def test_what_is_last_years_comes(rolled_over, last_year):
    _, after, _ = rolled_over
    old = last_year["look"]
    shared = ["format", "enablecompletion", "showactivitydates", "summary"]
    assert {name: after["course"][name] for name in shared} == {name: old["course"][name] for name in shared}
    assert after["course"]["format"] == "weeks"
    assert after["course"]["enablecompletion"] == "1"
    assert after["options"] == old["options"]
    assert [row["name"] for row in after["sections"]] == [row["name"] for row in old["sections"]]
    assert (after["tags"], after["fields"], after["images"]) == (old["tags"], old["fields"], old["images"])
    assert {"apogee", "byhand", "gone", "devoir", "qcm", "forum"} <= set(after["modules"])
    assert after["modules"]["devoir"]["completion"] == old["modules"]["devoir"]["completion"] == 1
    assert "html" in after["blocks"]
    assert after["permissions"] == old["permissions"] == ["mod/forum:addquestion"]


@pytest.mark.rule("R7")
def test_nobody_and_nothing_that_people_did_comes(rolled_over, last_year):
    before, after, _ = rolled_over
    assert after["enrol"] == before["enrol"]
    traces = ["posts", "submissions", "grades", "history", "completion", "comments", "events", "copied_logs"]
    assert [name for name in traces[:-1] if not last_year["look"][name]] == [], "nothing to leave behind"
    assert [name for name in traces if after[name]] == []


@pytest.mark.rule("R7")
def test_of_an_apogee_group_and_a_hand_made_one_only_the_hand_made_comes(rolled_over):
    before, after, _ = rolled_over
    came = set(after["groups"]) - set(before["groups"])
    assert came == {"Redoublants"}
    assert after["groups"]["Redoublants"]["members"] == []
    assert {name: after["groups"][name] for name in before["groups"]} == before["groups"]


@pytest.mark.rule("R7")
def test_what_refers_to_a_group_of_the_night_is_tied_to_this_years(rolled_over):
    _, after, job = rolled_over
    here, hand = after["groups"]["TD1 (2026)"]["id"], after["groups"]["Redoublants"]["id"]
    assert restricted_to(after["modules"]["apogee"]) == [here]
    assert restricted_to(after["modules"]["byhand"]) == [hand]
    second = next(row for row in after["sections"] if row["section"] == "2")
    assert f'"id":{here}' in second["availability"]
    [override] = after["modules"]["devoir"]["overrides"]
    assert override == {"groupid": here, "duedate": LAST_YEAR + 40 * 86_400 + MOVED}
    assert after["groupings"]["Tous"]["groups"] == ["Redoublants", "TD1 (2026)"]
    assert after["modules"]["devoir"]["groupingid"] == after["groupings"]["Tous"]["id"]
    # R12: what could not be tied is told, with where it is.
    [said] = [one["message"] for one in job["warnings"] if one["code"] == "groupmissing"]
    assert "TD9" in said
    assert "Page gone" in said
    assert "Devoir" in said


@pytest.mark.rule("R8")
@pytest.mark.parametrize(("keep_dates", "moved"), [(False, MOVED), (True, 0)])
def test_dates_move_with_the_course_or_stay(ground, stage, sources, last_year, target, keep_dates, moved):
    courseid, before = target()
    job = ground.run(
        "start_restore",
        mode="replace",
        courseid=courseid,
        keep_dates=keep_dates,
        **offered(sources, last_year),
    )
    assert job["status"] == "done", job["error"]
    after = stage.look(courseid)
    old = last_year["look"]["modules"]
    for name in ("devoir", "qcm"):
        assert after["modules"][name]["date"] == old[name]["date"] + moved
    assert after["course"]["startdate"] == before["course"]["startdate"]
    # Groups were not asked for: none comes, and those of the night are tied all the same.
    assert after["groups"] == before["groups"]
    assert after["groupings"] == before["groupings"]
    assert restricted_to(after["modules"]["apogee"]) == [after["groups"]["TD1 (2026)"]["id"]]
    assert len(after["modules"]["devoir"]["overrides"]) == 1
    told = {one["code"] for one in job["warnings"]}
    assert {"groupmissing", "groupingmissing"} <= told


@pytest.mark.rule("R6")
@pytest.mark.rule("R11")
def test_a_merge_ties_too_and_its_undoing_takes_exactly_what_it_brought(
    ground, stage, sources, last_year, target
):
    courseid, before = target()
    job = ground.run(
        "start_restore", mode="merge", courseid=courseid, settings=GROUPS, **offered(sources, last_year)
    )
    assert job["status"] == "done", job["error"]
    merged = stage.look(courseid)
    assert set(merged["groups"]) - set(before["groups"]) == {"Redoublants", "TD9"}
    assert restricted_to(merged["modules"]["apogee"]) == [merged["groups"]["TD1 (2026)"]["id"]]

    # The night goes on meanwhile: what it makes is none of the undoing's business.
    number = before["course"]["idnumber"]
    ground.apply({"op": "group_create", "course": number, "idnumber": fresh("G"), "name": "TD2 (2026)"})
    undone = ground.run("undo_restore", restorejobkey=job["jobkey"])
    assert undone["status"] == "done", undone["error"]
    after = stage.look(courseid)
    assert set(after["groups"]) == {*before["groups"], "TD2 (2026)"}
    same = [
        "modules",
        "sections",
        "groupings",
        "tags",
        "fields",
        "images",
        "blocks",
        "enrol",
        "roles",
        "permissions",
    ]
    assert {name: after[name] for name in same} == {name: before[name] for name in same}
    assert columns(after) == columns(before)


def columns(look):
    """But for what every touch of a course counts up, and the place in its category."""
    passing = {"timemodified", "cacherev", "sortorder"}
    return {name: value for name, value in look["course"].items() if name not in passing}


@pytest.mark.rule("R8")
def test_a_group_left_out_of_a_new_course_takes_its_dates_along(ground, stage, sources, last_year, category):
    groups = last_year["look"]["groups"]
    job = ground.run(
        "start_restore",
        mode="new",
        category=category,
        exclude=[{"kind": "group", "id": groups["TD9"]["id"]}],
        **offered(sources, last_year),
    )
    assert job["status"] == "done", job["error"]
    made = stage.look(job["courseid"])
    assert set(made["groups"]) == set(groups) - {"TD9"}
    here = made["groups"]["TD1 (2025)"]["id"]
    assert [one["groupid"] for one in made["modules"]["devoir"]["overrides"]] == [here]
    assert restricted_to(made["modules"]["apogee"]) == [here]


# -- undoing --------------------------------------------------------------------------------------------


@pytest.fixture
def replaced(ground, stage, sources, last_year, target, people):
    """A course with people's work in it, and the restore that an authorised person laid over it."""
    courseid, _ = target()
    student = next(name for name, role in people.items() if role == "student")
    before = stage.play("work", courseid=courseid, student=student)
    job = ground.run(
        "start_restore",
        mode="replace",
        courseid=courseid,
        settings=[*GROUPS, {"name": "override_notempty", "value": "1"}],
        **offered(sources, last_year),
    )
    assert job["status"] == "done", job["error"]
    return before, stage.look(courseid), job


@pytest.mark.rule("R11")
def test_undoing_gives_the_former_course_back_with_the_peoples_work(ground, stage, replaced):
    before, between, job = replaced
    assert (between["posts"], between["submissions"], between["grades"]) == ([], [], [])
    undone = ground.run("undo_restore", restorejobkey=job["jobkey"])
    assert undone["status"] == "done", undone["error"]
    after = stage.look(job["courseid"])
    assert len(before["posts"]) == 2
    work = ["posts", "submissions", "grades", "completion", "comments"]
    assert {name: after[name] for name in work} == {name: before[name] for name in work}
    assert sorted(after["modules"]) == sorted(before["modules"])
    same = [
        "groups",
        "groupings",
        "enrol",
        "roles",
        "tags",
        "fields",
        "images",
        "blocks",
        "permissions",
        "options",
    ]
    assert {name: after[name] for name in same} == {name: before[name] for name in same}
    assert [row["name"] for row in after["sections"]] == [row["name"] for row in before["sections"]]
    assert columns(after) == columns(before)

    again = ground.run("undo_restore", restorejobkey=job["jobkey"])
    assert again["error"]["code"] == "alreadyundone"


@pytest.mark.rule("R11")
@pytest.mark.parametrize("what", ["activities", "discussions", "members"])
def test_undoing_is_refused_where_somebody_has_changed_the_course(ground, stage, replaced, what):
    _, between, job = replaced
    stage.play("touch", courseid=job["courseid"], what=what)
    refused = ground.run("undo_restore", restorejobkey=job["jobkey"])
    assert refused["error"]["code"] == "changed"
    assert set(between["modules"]) <= set(stage.look(job["courseid"])["modules"])


# -- empty ----------------------------------------------------------------------------------------------


@pytest.mark.rule("R5")
def test_a_course_of_the_night_that_its_teacher_has_opened_is_empty(ground, stage, course, teacher):
    ground.apply(
        {
            "op": "enrol",
            "course": course["idnumber"],
            "username": teacher,
            "role": "editingteacher",
            "source": "night",
        }
    )
    opened = stage.play("open", courseid=course["courseid"], username=teacher)
    stage.play("put", courseid=course["courseid"], what="block")
    state = ground.state(course["courseid"])
    assert opened["forum"], "no announcements forum to be looked past"
    assert (state["empty"], state["holds"]) == (True, [])


@pytest.mark.rule("R5")
@pytest.mark.parametrize(
    "what", ["discussions", "activities", "summaries", "questions", "badges", "contentbank"]
)
def test_a_course_that_holds_something_is_not_empty_and_is_not_replaced(
    ground, stage, course, archive, teacher, what
):
    stage.play("open", courseid=course["courseid"], username=teacher)
    stage.play("put", courseid=course["courseid"], what=what)
    state = ground.state(course["courseid"])
    assert (state["empty"], state["holds"]) == (False, [{"kind": what, "count": 1}])
    job = ground.run("start_restore", mode="replace", courseid=course["courseid"], **archive())
    assert job["error"]["code"] == "notempty"
