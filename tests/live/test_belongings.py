"""What a restore brings belongs to whom it is for; no code or right comes along that they could not give (P19)."""

from __future__ import annotations

import base64
import io
import json
import zipfile
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from tests.live.conftest import person
from tests.live.ground import announced, fresh

OF_NOBODY = "passerelle-content"
PERMISSIONS = [{"name": "permissions", "value": "1"}]
SAFE, RISKY = "mod/forum:addquestion", "moodle/site:trustcontent"


def a_package(library: str) -> bytes:
    """An H5P package that brings a library of its own, with JavaScript."""
    version = {"machineName": library, "majorVersion": 1, "minorVersion": 0}
    package = {
        "h5p.json": {
            "title": "Mine",
            "language": "und",
            "mainLibrary": library,
            "embedTypes": ["div"],
            "license": "U",
            "preloadedDependencies": [version],
        },
        "content/content.json": {},
        f"{library}-1.0/library.json": {
            **version,
            "title": "Mine",
            "patchVersion": 1,
            "runnable": 1,
            "license": "MIT",
            "author": "x",
            "embedTypes": ["div"],
            "preloadedJs": [{"path": "mine.js"}],
        },
        f"{library}-1.0/semantics.json": [],
    }
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w") as archive:
        for name, said in package.items():
            archive.writestr(name, json.dumps(said))
        archive.writestr(f"{library}-1.0/mine.js", "H5P = H5P || {};")
    return out.getvalue()


@pytest.fixture(scope="module")
def scenes(stage):
    return replace(stage, program=Path(__file__).with_name("belongings.php"))


@pytest.fixture(scope="module")
def source(ground, scenes, counterpart, sources):
    """A teacher's course with all that has an owner, and its backup."""
    teacher, library = person(ground), fresh("H5P.Live")
    made = scenes.play(
        "make",
        code=fresh("SRC"),
        teacher=teacher,
        package=base64.b64encode(a_package(library)).decode(),
        overrides=[SAFE, RISKY],
    )
    job = ground.run("start_backup", courseid=made["courseid"], intent="share")
    assert job["status"] == "done", job["error"]
    name = f"{fresh('a')}.mbz"
    sources.files[name] = counterpart.uploads[job["upload"]].content()
    return {**made, "teacher": teacher, "library": library, "archive": name}


@pytest.fixture
def offered(sources, source) -> dict[str, Any]:
    name = source["archive"]
    return announced(f"{sources.url('good', name)}?{fresh('x')}", sources.files[name])


@pytest.fixture
def colleague(ground) -> str:
    return person(ground)


@pytest.fixture
def target(ground, scenes, course, colleague) -> int:
    """An empty course in which the colleague teaches."""
    scenes.play("enrol", courseid=course["courseid"], username=colleague, role="editingteacher")
    return int(course["courseid"])


def all_of(owners: dict[str, list[str]]) -> set[str]:
    assert all(owners.values()), "something that has an owner did not come"
    return {name for names in owners.values() for name in names}


def said(job: dict[str, Any], code: str) -> list[str]:
    return [warning["message"] for warning in job["warnings"] if warning["code"] == code]


@pytest.mark.rule("P19")
def test_a_new_course_is_its_persons_and_installs_no_code(
    ground, scenes, source, offered, category, colleague
):
    scenes.play("forget_tags", courseid=source["courseid"])
    job = ground.run(
        "start_restore",
        mode="new",
        category=category,
        person=colleague,
        owners=[{"username": colleague, "role": "editingteacher"}],
        **offered,
    )
    assert job["status"] == "done", job["error"]
    assert all_of(scenes.play("owners", courseid=job["courseid"])) == {colleague}
    assert scenes.play("tags", courseid=job["courseid"]) == [colleague]
    ran = scenes.play("run", courseid=job["courseid"], username=colleague, library=source["library"])
    assert ran == {"shown": [False, False], "installed": False}
    [sentence] = said(job, "h5plibraries")
    assert f"{source['library']} 1.0" in sentence
    assert "mine.h5p" in sentence
    # Not even an administrator who looks in makes the package an administrator's.
    assert not scenes.play("run", courseid=job["courseid"], username="admin", library=source["library"])[
        "installed"
    ]


@pytest.mark.rule("P19")
@pytest.mark.parametrize("whom", ["", "unknown-here", "admin"])
def test_what_is_nobodys_or_an_administrators_goes_to_an_account_that_may_nothing(
    ground, scenes, source, offered, category, whom
):
    job = ground.run("start_restore", mode="new", category=category, person=whom, **offered)
    assert job["status"] == "done", job["error"]
    assert all_of(scenes.play("owners", courseid=job["courseid"])) == {OF_NOBODY}
    [account] = ground.call("find_users", field="username", values=[OF_NOBODY])[0]["users"]
    assert (account["auth"], account["privileged"]) == ("nologin", False)
    ran = scenes.play("run", courseid=job["courseid"], username="admin", library=source["library"])
    assert ran == {"shown": [False, False], "installed": False}
    assert said(job, "h5pnotshown")


@pytest.mark.rule("P19")
@pytest.mark.parametrize("mode", ["merge", "replace"])
def test_an_existing_course_gets_it_in_the_persons_name(ground, scenes, offered, target, colleague, mode):
    job = ground.run("start_restore", mode=mode, courseid=target, person=colleague, **offered)
    assert job["status"] == "done", job["error"]
    assert all_of(scenes.play("owners", courseid=target)) == {colleague}


@pytest.mark.rule("P19")
def test_undoing_gives_everything_back_to_whoever_had_it(ground, scenes, source, offered, archive, colleague):
    """With its people, and so with the course's own safety backup, by its administrator's cron."""
    courseid = source["courseid"]
    before = scenes.play("owners", courseid=courseid)
    override = [{"name": "override_notempty", "value": "1"}]
    job = ground.run(
        "start_restore", mode="replace", courseid=courseid, person=colleague, settings=override, **archive()
    )
    assert job["status"] == "done", job["error"]
    undone = ground.run("undo_restore", restorejobkey=job["jobkey"])
    assert undone["status"] == "done", undone["error"]
    after = scenes.play("owners", courseid=courseid)
    # The file that was nobody's is the one's for whom it was done.
    assert set(after["files"]) == {source["teacher"], colleague}
    kinds = ("contentbank", "badges", "entries", "questions", "posts")
    assert {kind: after[kind] for kind in kinds} == {kind: before[kind] for kind in kinds}
    ran = scenes.play("run", courseid=courseid, username=source["teacher"], library=source["library"])
    assert ran == {"shown": [False, False], "installed": False}


@pytest.mark.rule("P19")
def test_a_course_without_people_is_put_back_to_its_owners_too(
    ground, scenes, source, offered, archive, category, colleague
):
    made = ground.run("start_restore", mode="new", category=category, person=colleague, **offered)
    override = [{"name": "override_notempty", "value": "1"}]
    job = ground.run(
        "start_restore",
        mode="replace",
        courseid=made["courseid"],
        person=source["teacher"],
        settings=override,
        **archive(),
    )
    assert job["status"] == "done", job["error"]
    undone = ground.run("undo_restore", restorejobkey=job["jobkey"])
    assert undone["status"] == "done", undone["error"]
    after = scenes.play("owners", courseid=made["courseid"])
    # Moodle makes these anew, in the name of whom it is done for; a feed of somebody's own stays with that person.
    for kind in ("posts", "rubrics", "feeds"):
        assert after.pop(kind) == [source["teacher"]], kind
    assert all_of(after) == {colleague}


@pytest.mark.rule("P19")
def test_no_override_comes_unless_asked_for(ground, scenes, offered, target, colleague):
    job = ground.run("start_restore", mode="merge", courseid=target, person=colleague, **offered)
    assert job["status"] == "done", job["error"]
    assert scenes.play("overrides", courseid=target) == []


@pytest.mark.rule("P19")
def test_of_overrides_that_are_asked_for_those_come_that_the_person_could_set(
    ground, scenes, offered, target, colleague
):
    job = ground.run(
        "start_restore", mode="replace", courseid=target, person=colleague, settings=PERMISSIONS, **offered
    )
    assert job["status"] == "done", job["error"]
    assert scenes.play("overrides", courseid=target) == [f"student {SAFE}", f"student {SAFE}"]
    [sentence] = said(job, "overridesleftout")
    assert RISKY in sentence
    assert SAFE not in sentence


@pytest.mark.rule("P19")
@pytest.mark.parametrize("whom", ["", "unknown-here"])
def test_nobody_may_set_overrides(ground, scenes, offered, target, whom):
    job = ground.run(
        "start_restore", mode="merge", courseid=target, person=whom, settings=PERMISSIONS, **offered
    )
    assert job["status"] == "done", job["error"]
    assert scenes.play("overrides", courseid=target) == []
    [sentence] = said(job, "overridesleftout")
    assert SAFE in sentence
