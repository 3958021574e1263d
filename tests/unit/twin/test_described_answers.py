"""Whatever a core function answers has the keys and types that Moodle 4.5 describes for it."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

ARCHIVE = Path(__file__).parents[2] / "mbz" / "chimie-nousers-tgz.mbz"

DESCRIBED = json.loads((Path(__file__).parents[2] / "moodle" / "functions-4.5.json").read_text("utf-8"))[
    "functions"
]
INTEGERS = {"int"}
# Moodle's own answers stray from their description here (recorded): an object as [], 0 and 1 as booleans.
LENIENT_BOOLEANS = (bool, int)


def strays(spec, value, where="answer"):
    if spec is None:
        return [] if value is None else [where]
    if value is None:
        return [] if spec.get("nullok", False) or spec["required"] is not True else [f"{where}: null"]
    if spec["type"] == "array":
        if not isinstance(value, list):
            return [f"{where}: not a list"]
        return [
            line
            for place, row in enumerate(value)
            for line in strays(spec["items"], row, f"{where}[{place}]")
        ]
    if spec["type"] == "object":
        found = [f"{where}.{key}: unknown" for key in value if key not in spec["keys"]]
        for key, inner in spec["keys"].items():
            if key in value:
                found += strays(inner, value[key], f"{where}.{key}")
            elif inner["required"] in (True, "required"):
                found.append(f"{where}.{key}: missing")
        return found
    wanted = {"int": int, "bool": LENIENT_BOOLEANS, "float": (int, float)}.get(spec["param"], (str, int))
    return [] if isinstance(value, wanted) else [f"{where}: {type(value).__name__} for {spec['param']}"]


@pytest.fixture
def furnished(lycee):
    course = lycee.import_mbz(ARCHIVE, category="mut", teachers=["mcurie"])
    lycee.enrol(course, "etu1", method="self")
    lycee.call(
        "core_cohort_create_cohorts",
        cohorts=[{"categorytype": {"type": "system", "value": ""}, "name": "L1", "idnumber": "l1"}],
    )
    lycee.call(
        "core_group_create_groupings", groupings=[{"courseid": course.id, "name": "G", "description": ""}]
    )
    return lycee


CALLS = [
    ("core_webservice_get_site_info", {}),
    ("core_course_get_courses", {}),
    ("core_course_get_courses", {"options": {"ids": [2]}}),
    ("core_course_get_courses_by_field", {}),
    ("core_course_get_courses_by_field", {"field": "category", "value": "2"}),
    ("core_course_get_contents", {"courseid": 2}),
    ("core_course_get_contents", {"courseid": 2, "options": [{"name": "sectionnumber", "value": "1"}]}),
    ("core_course_get_categories", {}),
    ("core_course_search_courses", {"criterianame": "search", "criteriavalue": "chimie"}),
    ("core_enrol_get_enrolled_users", {"courseid": 2}),
    ("core_enrol_get_users_courses", {"userid": 5}),
    ("core_enrol_get_course_enrolment_methods", {"courseid": 2}),
    ("core_group_get_course_groups", {"courseid": 2}),
    ("core_group_get_groups", {"groupids": [1]}),
    ("core_group_get_course_groupings", {"courseid": 2}),
    ("core_group_get_group_members", {"groupids": [1]}),
    ("core_group_assign_grouping", {"assignments": [{"groupingid": 1, "groupid": 1}]}),
    ("core_group_unassign_grouping", {"unassignments": [{"groupingid": 1, "groupid": 1}]}),
    ("core_group_delete_groupings", {"groupingids": [1]}),
    ("core_cohort_get_cohorts", {"cohortids": [1]}),
    ("core_cohort_search_cohorts", {"query": "l1", "context": {"contextid": 1}}),
    ("core_cohort_get_cohort_members", {"cohortids": [1]}),
    ("core_user_get_users", {"criteria": [{"key": "email", "value": "%@univ.example"}]}),
    ("core_user_get_users_by_field", {"field": "id", "values": [5]}),
    ("core_user_get_private_files_info", {}),
    ("core_files_get_unused_draft_itemid", {}),
    (
        "core_message_send_instant_messages",
        {"messages": [{"touserid": 5, "text": "a"}, {"touserid": 99, "text": "b"}]},
    ),
]


@pytest.mark.parametrize(
    ("function", "params"), CALLS, ids=[f"{name} {number}" for number, (name, _) in enumerate(CALLS)]
)
def test_an_answer_fits_its_description(furnished, function, params):
    answer = furnished.call(function, **params)
    assert strays(DESCRIBED[function]["returns"], answer) == []
    if DESCRIBED[function]["returns"] is not None:
        assert answer


def test_contents_can_be_asked_for_one_section(furnished):
    (section,) = furnished.call(
        "core_course_get_contents", courseid=2, options=[{"name": "sectionnumber", "value": "3"}]
    )
    assert [module["name"] for module in section["modules"]] == ["Documents TD", "QCM 1", "Vidéo du cours 1"]
