"""Which state may follow which, written out a second time: a table that changes is changed in two places."""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import timedelta
from itertools import product

import pytest

from passerelle.domain.moodle.plugin import Job, JobStatus
from passerelle.domain.night.plan.run import Run, moved_run
from passerelle.domain.records import MOST_HISTORY, Moment, moved
from passerelle.domain.states import (
    FOLLOWS,
    BackupState,
    OrderState,
    PublicationState,
    RetrievalState,
    RolloverState,
    RunState,
    State,
    read_state,
    spell_state,
    state_word,
)
from passerelle.errors import Conflict, Refused
from passerelle.usecases.jobs import UNENDED
from tests.factories.records import NOW


@dataclass(frozen=True)
class Thing:
    state: State
    history: tuple[Moment, ...] = ()
    id: str = "thing"
    revision: int = 0
    warnings: tuple[str, ...] = ()


def may_follow(one: State, other: State) -> bool:
    try:
        return moved(Thing(one), other, NOW, "").state is other
    except Conflict:
        return False


def steps_of(kind: type[State], steps: str) -> None:
    """`steps`: `a > b c`, each state with those that may follow it; a state may always stay as it is."""
    allowed = {
        (one, other)
        for line in steps.strip().splitlines()
        for one, _, others in [line.strip().partition(" > ")]
        for other in others.split()
    }
    found = {
        (str(one), str(other))
        for one, other in product(kind, kind)
        if one is not other and may_follow(one, other)
    }
    assert found == allowed


@pytest.mark.rule("P3", "P5", "P6")
def test_a_backup_is_proved_before_it_is_ready_and_a_refused_one_never_becomes_ready() -> None:
    steps_of(
        BackupState,
        """
        uploading > received deleted
        received > accepted refused deleted
        accepted > deleted
        refused > deleted
        """,
    )


@pytest.mark.rule("P13", "P14", "P18")
def test_a_publication_is_published_once_and_what_failed_or_was_withdrawn_stays_so() -> None:
    steps_of(
        PublicationState,
        """
        requested > restoring failed superseded
        restoring > published failed superseded
        published > superseded withdrawn
        superseded > withdrawn
        """,
    )


@pytest.mark.rule("P11", "P16")
def test_a_retrieval_is_refused_only_before_anything_is_restored() -> None:
    steps_of(
        RetrievalState,
        """
        requested > restoring refused failed
        restoring > done failed
        """,
    )


@pytest.mark.rule("R4", "R5", "R11")
def test_a_change_of_year_restores_only_what_was_checked_and_undoes_only_what_is_done() -> None:
    steps_of(
        RolloverState,
        """
        requested > backing_up checked refused failed
        backing_up > checked refused failed
        checked > restoring refused failed
        restoring > done stashed failed
        done > undone
        """,
    )


@pytest.mark.rule("S12")
@pytest.mark.parametrize("state", OrderState)
def test_an_order_may_be_worked_on_again_whatever_became_of_it_but_never_goes_back_to_unread(
    state: OrderState,
) -> None:
    assert not may_follow(state, OrderState.RECEIVED) or state is OrderState.RECEIVED
    assert all(may_follow(state, other) for other in OrderState if other is not OrderState.RECEIVED)


@pytest.mark.rule("N17", "N18", "N19", "N20")
def test_a_stage_is_applied_only_once_planned_held_or_cut() -> None:
    steps_of(
        RunState,
        """
        planning > planned failed
        planned > held frozen applying planning failed
        held > applying planning failed
        frozen > planning
        applying > done held frozen failed
        done > planning
        failed > planning applying
        """,
    )


@pytest.mark.rule("N19")
def test_a_run_refuses_a_state_that_may_not_follow_and_tells_both() -> None:
    run = Run(
        id="caen:2026-10-05:users",
        site="caen",
        stage="users",
        night="2026-10-05",
        started_at=NOW,
        heard_at=NOW,
    )
    with pytest.raises(Refused) as refused:
        moved_run(run, RunState.DONE, NOW, "")
    assert refused.value.code == "run_state"
    assert refused.value.details == {"state": run.state, "wanted": RunState.DONE}


def test_a_state_of_another_kind_never_follows_though_it_has_the_same_word() -> None:
    with pytest.raises(Conflict):
        moved(Thing(PublicationState.REQUESTED), RetrievalState.RESTORING, NOW, "")


def test_what_stays_as_it_is_takes_the_changes_and_no_moment() -> None:
    stayed = moved(Thing(OrderState.PAID), OrderState.PAID, NOW, "again", warnings=("late",))
    assert (stayed.state, stayed.history, stayed.warnings) == (OrderState.PAID, (), ("late",))
    parked = moved(Thing(OrderState.PAID), OrderState.PARKED, NOW, "again", warnings=("late",))
    assert (parked.history, parked.warnings) == ((Moment("parked", NOW, "again"),), ("late",))


def test_the_oldest_moments_are_forgotten_first() -> None:
    thing = Thing(OrderState.PAID)
    words = [OrderState.PARKED, OrderState.PAID] * MOST_HISTORY
    for number, word in enumerate(words):
        thing = moved(thing, word, NOW + timedelta(minutes=number), "")
    assert len(thing.history) == MOST_HISTORY == 60
    assert thing.history[-1] == Moment("paid", NOW + timedelta(minutes=len(words) - 1), "")


@pytest.mark.rule("R11", "P11")
@pytest.mark.parametrize("status", JobStatus)
def test_a_job_has_ended_once_done_failed_or_cancelled(status: JobStatus) -> None:
    assert Job("bak:1", status).ended is (str(status) in ("done", "failed", "cancelled"))
    assert (str(status) in UNENDED) is (str(status) in ("queued", "running"))


# -- how a state is told ------------------------------------------------------------------------------------

# Written a second time: French, and English where the word itself says nothing to a teacher.
WORDS = """
    BackupState.uploading          envoi                        being sent
    BackupState.received           reçue                        being checked
    BackupState.accepted           prête à mutualiser           ready to share
    BackupState.refused            refusée
    BackupState.deleted            supprimée
    PublicationState.requested     demandée
    PublicationState.restoring     en cours                     in progress
    PublicationState.published     mutualisée                   shared
    PublicationState.failed        en échec
    PublicationState.superseded    remplacée                    replaced
    PublicationState.withdrawn     retirée
    RetrievalState.requested       demandé
    RetrievalState.restoring       en cours                     in progress
    RetrievalState.done            terminé
    RetrievalState.refused         refusé
    RetrievalState.failed          en échec
    RolloverState.requested        demandée
    RolloverState.backing_up       sauvegarde en cours          backup in progress
    RolloverState.checked          vérifiée
    RolloverState.restoring        restauration en cours        restore in progress
    RolloverState.done             terminée
    RolloverState.stashed          déposée dans la zone privée  put into the private area
    RolloverState.refused          refusée
    RolloverState.failed           en échec
    RolloverState.undone           annulée
    OrderState.received            reçue
    OrderState.paid                payée
    OrderState.fulfilling          en cours
    OrderState.fulfilled           réalisée
    OrderState.partly_fulfilled    réalisée en partie           partly fulfilled
    OrderState.waiting             en attente
    OrderState.parked              à traiter
    OrderState.refunded            remboursée
    OrderState.cancelled           annulée
    OrderState.not_ours            sans formation               no training
    RunState.planning              calcul
    RunState.planned               prêt
    RunState.held                  retenu
    RunState.frozen                gelé
    RunState.applying              application
    RunState.done                  terminé
    RunState.failed                en échec
"""


@pytest.mark.rule("P10", "S20")
def test_each_state_has_its_word_in_both_languages_and_is_read_again_as_it_was_spelled() -> None:
    rows = {line.split()[0]: re.split(r"\s{2,}", line.strip())[1:] for line in WORDS.strip().splitlines()}
    states = [state for kind in FOLLOWS for state in kind]
    assert sorted(map(spell_state, states)) == sorted(rows)
    for state in states:
        french, *english = rows[spell_state(state)]
        assert state_word(state, "fr_ca") == french
        assert state_word(state, "de") == (english[0] if english else str(state))
        assert read_state(spell_state(state)) is state
    assert [read_state(text) for text in ("done", "RunState.", "OrderState.done", "")] == [None] * 4
