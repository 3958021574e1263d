"""What the typed calls send fits the signatures recorded on a real Moodle, names and types."""

import re
from datetime import UTC, datetime

import pytest

from passerelle.domain.moodle.core import (
    CourseChange,
    Enrolment,
    Membership,
    Message,
    NewCategory,
    NewGroup,
    NewUser,
    RoleAssignment,
)
from passerelle.moodle import (
    calls_courses,
    calls_enrolments,
    calls_groups,
    calls_site,
    calls_users,
)
from passerelle.moodle.protocol import Repeat, encode
from tests.unit.moodle.php_form import parse
from tests.unit.moodle.recorded import functions

SOON = datetime(2026, 9, 1, tzinfo=UTC)
FULL_USER = NewUser(
    "zoe", "Zoé", "Ng", "zoe@ex.org", "S9", "cas", False, "fr", "Caen", "FR", "02", "UniCaen", "Chimie"
)
CALLS = [
    calls_site.info(),
    calls_site.assign_roles([RoleAssignment(1, 2, "user", 3)]),
    calls_site.unassign_roles([RoleAssignment(1, 2, "course", 3)]),
    calls_site.send_messages([Message(5, "Bonjour <Zoé> & co")]),
    calls_users.by_field("id", [5]),
    calls_users.by_field("username", ["zoe"]),
    calls_users.by_criteria(email="zoe@ex.org"),
    calls_users.create([FULL_USER, NewUser("a", "b", "c", "d@e")]),
    calls_courses.categories(),
    calls_courses.categories(subcategories=True, id=4),
    calls_courses.create_categories([NewCategory("N", "n", 3, "d"), NewCategory("M", "m")]),
    calls_courses.courses_by_field("idnumber", "x"),
    calls_courses.update_courses([CourseChange(1, "F", "S", 2, "i", True, "s", SOON, SOON)]),
    calls_courses.contents(2),
    calls_enrolments.enrol([Enrolment(1, 2, 3), Enrolment(1, 2, 3, SOON, SOON, True)]),
    calls_enrolments.unenrol([Enrolment(1, 2, 3)]),
    calls_enrolments.participants(2),
    calls_groups.of_course(2),
    calls_groups.create([NewGroup(2, "TD", "td")]),
    calls_groups.members([1]),
    calls_groups.add_members([Membership(1, 2)]),
    calls_groups.remove_members([Membership(1, 2)]),
]

# Moodle's PARAM_… as far as they can refuse; the other kinds take any text.
KINDS = {
    "int": r"-?\d+",
    "bool": r"[01]",
    "alpha": r"[a-zA-Z]*",
    "alphanum": r"[a-zA-Z0-9]*",
    "alphanumext": r"[a-zA-Z0-9_-]*",
    "plugin": r"[a-z][a-z0-9_]*",
    "auth": r"[a-z]+",
    "lang": r"[a-z_]+",
    "safedir": r"[a-zA-Z0-9_-]*",
    "username": r"[-.@_a-z0-9]+",
}


def misfits(spec, value, where):
    """The places where `value` would be refused by Moodle's validate_parameters."""
    if spec["type"] == "object":
        yield from object_misfits(spec["keys"], value, where)
    elif spec["type"] == "array":
        if not isinstance(value, list):
            yield f"{where}: no list"
            return
        for place, item in enumerate(value):
            yield from misfits(spec["items"], item, f"{where}[{place}]")
    elif not isinstance(value, str):
        yield f"{where}: no value"
    elif not re.fullmatch(KINDS.get(spec["param"], r"(?s:.*)"), value):
        yield f"{where}: not {spec['param']}"


def object_misfits(keys, value, where):
    if not isinstance(value, dict):
        yield f"{where}: no object"
        return
    yield from (f"{where}: unexpected {key}" for key in value.keys() - keys.keys())
    for key, inner in keys.items():
        if key in value:
            yield from misfits(inner, value[key], f"{where}.{key}")
        elif inner["required"] in (True, "required"):
            yield f"{where}.{key}: missing"


def field_error(spec, value, where):
    return next(misfits(spec, value, where), None)


def sent(call):
    built, _ = parse(encode(call, "t"))
    return {
        key: value
        for key, value in built.items()
        if key not in ("wstoken", "wsfunction", "moodlewsrestformat")
    }


@pytest.mark.parametrize("call", CALLS, ids=lambda call: call.function)
def test_what_is_sent_fits_the_recorded_signature(call):
    assert field_error(functions()[call.function]["parameters"], sent(call), call.function) is None


@pytest.mark.parametrize("call", CALLS, ids=lambda call: call.function)
def test_a_call_is_a_read_only_where_moodle_says_so_itself(call):
    recorded = functions()[call.function]["type"]
    assert (call.repeat is Repeat.READ) == (recorded == "read")


def test_the_check_sees_a_wrong_name_a_missing_one_and_a_wrong_type():
    spec = functions()["core_group_create_groups"]["parameters"]
    good = {"groups": [{"courseid": "2", "name": "TD", "description": ""}]}
    assert field_error(spec, good, "p") is None
    assert (
        field_error(spec, {"groups": [{**good["groups"][0], "nom": "x"}]}, "p")
        == "p.groups[0]: unexpected nom"
    )
    assert (
        field_error(spec, {"groups": [{"courseid": "2", "name": "TD"}]}, "p")
        == "p.groups[0].description: missing"
    )
    assert (
        field_error(spec, {"groups": [{**good["groups"][0], "courseid": "x"}]}, "p")
        == "p.groups[0].courseid: not int"
    )


@pytest.mark.rule("S10")
def test_no_call_can_carry_a_password():
    for call in CALLS:
        assert "password" not in encode(call, "t").decode().replace("createpassword", "")
