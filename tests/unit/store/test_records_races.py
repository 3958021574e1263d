"""Races for one record, on the fake and on the emulator.

Not on moto: it looks at a transaction's conditions and writes afterwards, without a lock between, so that
threads of one process can both win there.
"""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace

import pytest

from passerelle.domain.backups.upload import CourseLine, Upload
from passerelle.errors import Conflict
from tests.factories.records import a_line, an_upload

pytestmark = pytest.mark.parametrize(
    "real", ["", pytest.param("emulator", marks=pytest.mark.slow)], ids=lambda real: real or "fake"
)


def test_of_many_who_race_for_one_record_exactly_one_wins(records):
    line = records.add(a_line())

    def race(racer: int) -> int:
        try:
            records.change(line, replace(line, sequence=racer))
        except Conflict:
            return 0
        return racer

    with ThreadPoolExecutor(6) as pool:
        (winner,) = [won for won in pool.map(race, range(1, 7)) if won]
    assert records.get(CourseLine, line.id) == replace(line, sequence=winner, revision=1)


def test_of_many_who_add_one_id_exactly_one_wins(records):
    def race(racer: int) -> int:
        try:
            records.add(an_upload(course_id=racer))
        except Conflict:
            return 0
        return racer

    with ThreadPoolExecutor(6) as pool:
        (winner,) = [won for won in pool.map(race, range(1, 7)) if won]
    assert [u.course_id for u in records.list(Upload, "course", "caen:CHIM1").items] == [winner]
