"""The block's forms on the twin: who may press them, and from where."""

from __future__ import annotations

from pathlib import Path

import pytest
import requests

ARCHIVE = Path(__file__).parents[2] / "mbz" / "chimie-nousers-tgz.mbz"

pytestmark = pytest.mark.rule("H3")


@pytest.fixture
def chimie(lycee):
    course = lycee.import_mbz(ARCHIVE, category="mut", teachers=["mcurie"])
    lycee.connect("http://127.0.0.1:9", "whsec_" + "QUJD" * 8)  # nobody answers there
    return course


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
