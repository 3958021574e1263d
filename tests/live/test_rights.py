"""What an account can do that holds `local/passerelle:apply` and nothing else: each way up is tried and refused.

On a real Moodle it needs `PASSERELLE_LIVE_ADDRESS` and `PASSERELLE_LIVE_PHP` alone.
"""

from __future__ import annotations

import os
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from tests.live.conftest import person
from tests.live.ground import Ground, Refused, fresh
from tests.live.rights import MoodleRights, Rights, TwinRights
from tests.live.scene import Stage
from tests.live.test_night import ARGUMENTS

ATTACKER = "attacker@example.org"


@pytest.fixture
def rights(ground: Ground) -> Iterator[Rights]:
    if ground.inside is not None:
        made: Rights = TwinRights(ground.inside)
    else:
        command = os.environ.get("PASSERELLE_LIVE_PHP", "")
        if not command:
            pytest.skip("no command that runs PHP inside the site is named in PASSERELLE_LIVE_PHP")
        made = MoodleRights(Stage(command, Path(__file__).with_name("rights.php")))
    yield made
    made.leave()


@pytest.fixture
def applier(ground: Ground, rights: Rights) -> Ground:
    """The site as that account sees it."""
    return replace(ground, token=rights.token)


@pytest.fixture
def place(applier: Ground) -> dict[str, str]:
    """A category and a course in it, made by the account itself: that much it may."""
    category, course = fresh("CAT"), fresh("C")
    made = applier.apply(
        {"op": "category_create", "idnumber": category, "name": "Live"},
        {
            "op": "course_create",
            "idnumber": course,
            "shortname": course,
            "fullname": "C",
            "category": category,
        },
    )
    assert all(one["ok"] for one in made), made
    return {"category": category, "course": course}


def refusals(answer: list[dict[str, Any]]) -> list[str]:
    return [one.get("errorcode", "") for one in answer]


@pytest.mark.parametrize("function", sorted(set(ARGUMENTS) - {"apply"}))
def test_it_may_call_nothing_else_of_the_plugin(applier: Ground, function: str) -> None:
    with pytest.raises(Refused) as refused:
        applier.call(function, **ARGUMENTS[function])
    assert refused.value.errorcode == "nopermissions"


def test_without_the_right_to_enrol_it_enrols_nobody(
    applier: Ground, rights: Rights, place: dict[str, str]
) -> None:
    ada = person(applier)
    enrolment = {"course": place["course"], "username": ada, "role": "student", "source": "night"}
    answer = applier.apply(*({"op": op, **enrolment} for op in ("enrol", "suspend", "unenrol")))
    assert refusals(answer) == ["nopermission"] * 3
    assert rights.look(ada, place["course"]).roles == ()


def test_it_makes_nobody_a_manager_itself_least_of_all(
    ground: Ground, rights: Rights, place: dict[str, str]
) -> None:
    rights.let_enrol()
    applier = replace(ground, token=rights.token)
    ada = person(applier)
    enrolment = {"op": "enrol", "course": place["course"], "source": "night"}
    answer = applier.apply(
        {**enrolment, "username": rights.account, "role": "manager"},
        {**enrolment, "username": ada, "role": "manager"},
        {**enrolment, "username": ada, "role": "editingteacher"},
    )
    assert refusals(answer) == ["rolenotallowed", "rolenotallowed", ""]
    assert rights.look(rights.account, place["course"]).roles == ()
    assert rights.look(ada, place["course"]).roles == ("editingteacher",)


@pytest.mark.parametrize(
    ("role", "over"), [("manager", "site"), ("coursecreator", "site"), ("manager", "category")]
)
def test_it_changes_nothing_of_whoever_stands_above_courses(
    applier: Ground, rights: Rights, place: dict[str, str], role: str, over: str
) -> None:
    grace = person(applier)
    rights.promote(grace, role, place["category"] if over == "category" else "")
    before = rights.look(grace)
    answer = applier.apply(
        {"op": "user_update", "username": grace, "email": ATTACKER},
        {"op": "user_update", "username": grace, "newusername": fresh("mine")},
        {"op": "user_update", "username": grace, "auth": "nologin"},
        {"op": "user_suspend", "username": grace},
        {"op": "adopt", "kind": "user", "username": grace},
    )
    assert refusals(answer) == ["protecteduser"] * 5
    assert rights.look(grace) == before


def test_it_changes_an_ordinary_account_and_no_administrator(applier: Ground, rights: Rights) -> None:
    ada = person(applier)
    admin = os.environ.get("PASSERELLE_LIVE_ADMIN", "admin")
    before = rights.look(admin)
    answer = applier.apply(
        {"op": "user_update", "username": admin, "email": ATTACKER},
        {"op": "user_update", "username": ada, "email": f"{ada}@example.net"},
    )
    assert refusals(answer) == ["protecteduser", ""]
    assert rights.look(admin) == before
    assert rights.look(ada).email == f"{ada}@example.net"


def test_accounts_get_only_authentications_that_are_switched_on(applier: Ground, rights: Rights) -> None:
    ada = person(applier)
    update = {"op": "user_update", "username": ada}
    answer = applier.apply({**update, "auth": "none"}, {**update, "auth": "nosuch"})
    assert refusals(answer) == ["authnotallowed", "invalid"]
    assert rights.look(ada).auth == "manual"


def test_the_administrators_lists_decide(ground: Ground, rights: Rights, place: dict[str, str]) -> None:
    rights.let_enrol()
    applier = replace(ground, token=rights.token)
    ada, outside = person(applier), fresh("OUT")
    assert refusals(applier.apply({"op": "category_create", "idnumber": outside, "name": "Out"})) == [""]
    rights.limit(roles=["student"], categories=[place["category"]])
    enrolment = {"op": "enrol", "course": place["course"], "username": ada, "source": "night"}
    below = fresh("SUB")
    answer = applier.apply(
        {**enrolment, "role": "student"},
        {**enrolment, "role": "teacher"},
        {"op": "category_create", "idnumber": below, "name": "Sub", "parent": place["category"]},
        {"op": "category_create", "idnumber": fresh("TOP"), "name": "Top"},
        {"op": "category_update", "idnumber": outside, "name": "Renamed"},
        {"op": "category_update", "idnumber": below, "parent": outside},
        {"op": "course_update", "idnumber": place["course"], "category": outside},
        {"op": "course_update", "idnumber": place["course"], "category": below},
    )
    beyond = "categorynotallowed"
    assert refusals(answer) == ["", "rolenotallowed", "", beyond, beyond, beyond, beyond, ""]


def test_a_refusal_says_why_in_words(applier: Ground, rights: Rights) -> None:
    if isinstance(rights, TwinRights):
        pytest.skip("the twin says codes only")
    [refused] = applier.apply({"op": "user_update", "username": rights.account, "email": ATTACKER})
    assert refused["errorcode"] == "protecteduser"
    assert "Passerelle" in refused["message"]
