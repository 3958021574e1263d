"""A plan's lines as JSON, written by hand for speed: what a JSON library would have written."""

from __future__ import annotations

import json
from collections import Counter

import pytest
from hypothesis import given

from passerelle.domain.night.plan.json_lines import Pen
from passerelle.domain.night.plan.plan import Because, Phase, count, in_order, operation
from passerelle.domain.night.plan.serialised import chunks_of, dumped, line_of
from passerelle.domain.offer.model import Group, Person, Registration, Table
from tests.scenes.night_site import Moodle, text_of
from tests.unit.night.test_plans import few
from tests.unit.offer.universities import CHANCE, grow

NAMES = ['"', "\\", "100 % é", "%s", "\x07", " ", "", "{code}"]


@pytest.mark.rule("N19")
@pytest.mark.parametrize("name", NAMES)
def test_any_name_is_written_as_json_writes_it(name):
    row = Group(name, name, "K1", 7)
    one = operation(Phase.GROUPS, "group_create", {"course": "E1", "name": name, "visible": 0}, rows=(row,))
    assert Pen().line(one) == dumped(line_of(one, {}))


def test_rows_are_named_by_the_file_they_came_from():
    rows = (Registration("P1", "E1", "G1", 3), Registration("P1", "E1", "", 4))
    one = operation(Phase.ENROL, "enrol", {"course": "E1"}, rows=rows)
    files = {Table.IP: 'enroll"ments%é.csv'}
    assert Pen(files).line(one) == dumped(line_of(one, files))
    assert json.loads(Pen(files).line(one))["rows"][1] == ['enroll"ments%é.csv', 4, "P1", "E1", ""]


def test_one_and_true_are_not_written_alike_because_they_are_equal():
    pen = Pen()
    said = [
        json.loads(pen.line(operation(Phase.USERS, "x", {"a": value})))["a"] for value in (1, True, 0, False)
    ]
    assert [value is True or value is False for value in said] == [False, True, False, True]


@few
@given(CHANCE)
def test_every_line_of_a_plan_is_written_as_json_writes_it(chance):
    plan = Moodle().plan(grow(chance))
    _, *lines = text_of(plan).splitlines()
    assert lines == [dumped({"phase": one.phase.word, **line_of(one, {})}) for one in plan.operations]
    for chunk in chunks_of(plan.operations, {}, size=3):
        assert chunk.text(adds=True) == dumped(json.loads(chunk.text()) | {"adds": True})
        assert json.loads(chunk.text())["phase"] == chunk.phase.word


@few
@given(CHANCE)
def test_operations_are_counted_and_ordered_whatever_their_sequence(chance):
    operations = list(Moodle().plan(grow(chance)).operations)
    shuffled = list(operations)
    chance.shuffle(shuffled)
    assert in_order(shuffled) == operations
    assert count(shuffled) == count(operations)
    assert count(operations).kinds == Counter(one.kind for one in operations)


def test_an_operation_without_rows_says_only_why():
    one = operation(Phase.UNENROL, "suspend", {"course": "E1"}, Because.NO_ROW)
    assert Pen().line(one) == '{"op":"suspend","course":"E1","because":"no_row"}'


def test_a_person_is_named_by_his_code_alone():
    person = Person("P1", "p1", "Nom", "Prénom", "p1@univ.example", "student", 2)
    one = operation(Phase.USERS, "user_create", {"username": "p1"}, rows=(person,))
    assert json.loads(Pen().line(one))["rows"] == [["people.csv", 2, "P1"]]
