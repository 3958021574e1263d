"""A night of every kind of operation, cut at every call to the outside, then run again (N19)."""

from __future__ import annotations

import pytest

from passerelle.domain.night.plan import serialised
from passerelle.domain.night.plan.run import SILENT
from passerelle.domain.night.plan.serialised import CHUNK
from passerelle.domain.states import RunState
from passerelle.usecases.night import documents
from tests.fakes.cutting import Cut, Killed, every_cut
from tests.scenes.night import NightScene, a_university, drop, rules

KINDS = {
    "user_create",
    "user_update",
    "user_suspend",
    "user_unsuspend",
    "cohort_create",
    "cohort_update",
    "cohort_add",
    "cohort_remove",
    "category_create",
    "category_update",
    "category_delete",
    "course_create",
    "course_update",
    "course_archive",
    "group_create",
    "group_update",
    "group_delete",
    "member_add",
    "member_remove",
    "enrol",
    "suspend",
    "unenrol",
}


def before_the_night():
    """Two nights, so that somebody is suspended already and somebody asleep."""
    made = a_university().category("C2").category("C3").element("E3").element("E4")
    made.group("G4", "TD", on=("E3",)).group("G5", "Old", on=("E1",)).person("P4").person("P5").person("P6")
    made.ip("P4", "E3", "G4").ip("P4", "E1", "G1").ip("P5", "E1", "G5").cohort("H2", "P4")
    stage = NightScene(made, rules(removal_grace=2, leavers_after=0))
    stage.night()
    gone = [row for row in made.tables["people.csv"] if row[0] == "P6"]
    drop(made, "people.csv", "P6")
    drop(made, "ip.csv", "P4", "E3")
    stage.tomorrow()
    stage.night()
    stage.tomorrow(2)
    made.tables["people.csv"] += gone
    drop(made, "people.csv", "P5")
    drop(made, "people.csv", "P1")
    made.row("people.csv", "P1", "curie", "Curie", "Marie", "mc@univ.example", "student").person("P7")
    drop(made, "categories.csv", "C2")
    drop(made, "categories.csv", "C3")
    made.category("C3", title="Renamed").category("C4")
    drop(made, "elements.csv", "E4")
    drop(made, "elements.csv", "E2")
    made.element("E2", title="Physique quantique", distance=True).element("E5", category="C4")
    drop(made, "groups.csv", "G5")
    drop(made, "groups.csv", "G2")
    made.row("groups.csv", "G2", "TD deux", "KG2").group("G6", on=("E5",)).ip("P7", "E5", "G6")
    drop(made, "ip.csv", "P2")
    drop(made, "ip.csv", "P4", "E1")
    made.ip("P4", "E1", "G2")
    drop(made, "cohort_members.csv", "H1", "P2")
    drop(made, "cohorts.csv", "H2")
    made.row("cohorts.csv", "H2", "Renamed").cohort("H3", "P7")
    return stage


def end_of(stage):
    tables = ("users", "cohorts", "cohortmembers", "categories", "courses", "groups", "members", "enrolments")
    volatile = {"id", "lastchange", "timecreated", "courseid", "userid"}
    return {
        table: sorted(
            tuple(sorted((k, str(v)) for k, v in row.items() if k not in volatile))
            for row in stage.moodle.export(table)
        )
        for table in (*tables, "owned")
        if table != "owned"
    } | {"memory": {**stage.papers[documents.memory_key("caen")], "marks": []}}


@pytest.fixture(autouse=True)
def small_chunks(monkeypatch):
    """Several chunks a phase, as a large site has."""
    assert CHUNK == 1000
    cut = serialised.chunks_of
    monkeypatch.setattr(documents, "chunks_of", lambda operations, files: cut(operations, files, 4))


@pytest.mark.rule("N19")
@pytest.mark.parametrize("part", [0, *(pytest.param(n, marks=pytest.mark.slow) for n in range(1, 12))])
def test_a_night_of_every_kind_cut_anywhere_ends_as_one_that_was_not(part):
    rehearsal = before_the_night()
    rows = rehearsal.moodle.site.snapshot()
    records, papers = dict(rehearsal.records._kept), dict(rehearsal.papers._kept)
    counting = Cut()
    rehearsal.cut_at(counting)
    run = rehearsal.night()
    assert run.state is RunState.DONE
    assert run.failed == 0
    assert set(run.counts) == KINDS
    expected = end_of(rehearsal)
    assert len(counting.calls) > 60
    for cut in list(every_cut(len(counting.calls)))[part::12]:
        rehearsal.moodle.site.put_back(rows)
        rehearsal.records._kept = dict(records)
        rehearsal.papers._kept = dict(papers)
        rehearsal.cut_at(cut)
        with pytest.raises(Killed):
            rehearsal.night()
        rehearsal.alive()
        rehearsal.clock.tick(SILENT)  # whoever died holds the run until then
        assert rehearsal.night().state is RunState.DONE, cut
        assert end_of(rehearsal) == expected, cut
        assert rehearsal.night().counts == {}, cut
