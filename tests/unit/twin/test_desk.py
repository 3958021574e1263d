"""The block's forms on the twin: who may press them, and from where."""

from __future__ import annotations

from pathlib import Path

import pytest
import requests

from passerelle.mbz import BytesSource, inspect

ARCHIVE = Path(__file__).parents[2] / "mbz" / "chimie-nousers-tgz.mbz"

pytestmark = pytest.mark.rule("H3")


@pytest.fixture
def chimie(lycee):
    course = lycee.import_mbz(ARCHIVE, category="mut", teachers=["mcurie"])
    heard = lycee.client
    lycee.connect("http://127.0.0.1:9", "whsec_" + "QUJD" * 8)  # nobody answers there
    yield course
    lycee.client = heard


@pytest.fixture
def visitor(lycee):
    def sign_in(username):
        session = requests.Session()
        session.trust_env = False
        if username:
            session.get(f"{lycee.base_url}/passerelle/as/{username}?to=/user/index.php", timeout=5)
        return session

    return sign_in


def press(session, site, course, **headers):
    return session.post(
        f"{site.base_url}/passerelle/save",
        data={"id": course.id},
        headers=headers,
        timeout=5,
        allow_redirects=False,
    ).status_code


def test_a_form_of_another_site_presses_nothing(lycee, chimie, visitor):
    teacher = visitor("mcurie")
    for origin in (
        {},
        {"Origin": "null"},
        {"Origin": "http://evil.example"},
        {"Origin": "http://127.0.0.1:1"},
    ):
        assert press(teacher, lycee, chimie, **origin) == 403
    assert not lycee.state.jobs


def test_whoever_does_not_teach_here_presses_nothing(lycee, chimie, visitor):
    own = {"Origin": lycee.base_url}
    assert press(visitor(""), lycee, chimie, **own) == 403
    assert press(visitor("etu1"), lycee, chimie, **own) == 403
    assert not lycee.state.jobs


def test_a_name_that_resolves_to_this_machine_is_no_way_in(lycee, chimie, visitor):
    teacher = visitor("mcurie")
    assert press(teacher, lycee, chimie, Origin="http://rebound.example", Host="rebound.example") == 403


def test_one_is_signed_in_on_one_site_and_sent_nowhere_else(lycee, visitor):
    answer = requests.get(
        f"{lycee.base_url}/passerelle/as/mcurie?to=//evil.example/", timeout=5, allow_redirects=False
    )
    assert answer.headers["Location"] == "/"
    assert f"twin_{lycee.name}=mcurie" in answer.headers["Set-Cookie"]
    assert requests.get(f"{lycee.base_url}/passerelle/as/nobody", timeout=5).status_code == 404


@pytest.fixture
def shared(lycee, ear, monkeypatch):
    """A course on a site that Passerelle answers, with an activity whose people cannot be taken out."""
    monkeypatch.setattr("passerelle_laptop.twin.desk._wait", lambda look, *_: look())
    course = lycee.import_mbz(ARCHIVE, category="mut", teachers=["mcurie"])
    odd = next(iter(course.content.modules.values()))
    return course, odd


def pages(site, session, course):
    own = {"Origin": site.base_url}

    def save(**more):
        data = {"id": course.id, **more}
        return session.post(f"{site.base_url}/passerelle/save", data=data, headers=own, timeout=10).text

    return save


@pytest.mark.rule("P16")
def test_what_the_hub_lacks_is_told_before_a_backup_is_made_and_may_be_left_out(lycee, shared, ear, visitor):
    course, odd = shared
    kind = f"mod_{odd.modname}"
    ear.hub_lacks = (kind,)
    save = pages(lycee, visitor("mcurie"), course)
    page = save()
    assert "Il manque" in page
    assert "Le reste du cours peut partir sans" in page
    assert odd.name in page
    assert not lycee.state.jobs, "a backup was made that could not come"
    alike = [one.id for one in course.content.modules.values() if one.modname == odd.modname]
    save(without=alike)
    lycee.run_jobs()
    manifest = inspect(BytesSource(ear.completed[-1])).manifest
    assert odd.modname not in {activity.plugin for activity in manifest.activities}
    assert len(manifest.activities) == len(course.content.modules) - len(alike)


@pytest.mark.rule("P4")
def test_an_activity_whose_people_cannot_be_taken_out_is_offered_to_be_left_out(lycee, shared, ear, visitor):
    course, odd = shared
    ear.backup = {
        "upload": "u0",
        "state": "refused",
        "state_word": "refusée",
        "reasons": [{"code": "activity_writes_people", "message": "Elle écrit les personnes."}],
        "leave_out": [{"cmid": odd.id, "title": odd.name}],
    }
    session = visitor("mcurie")
    page = session.get(f"{lycee.base_url}/course/view.php?id={course.id}", timeout=10).text
    assert "Elle écrit les personnes." in page
    assert f'name="without" value="{odd.id}"' in page
    pages(lycee, session, course)(without=odd.id)
    lycee.run_jobs()
    manifest = inspect(BytesSource(ear.completed[-1])).manifest
    assert odd.id not in {activity.module_id for activity in manifest.activities}
