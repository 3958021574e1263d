"""The words for states (infra/docs/design.md), which follow which, and how a French page names them."""

from __future__ import annotations

from enum import StrEnum


class BackupState(StrEnum):
    UPLOADING = "uploading"
    RECEIVED = "received"
    ACCEPTED = "accepted"
    REFUSED = "refused"
    DELETED = "deleted"


class PublicationState(StrEnum):
    REQUESTED = "requested"
    RESTORING = "restoring"
    PUBLISHED = "published"
    FAILED = "failed"
    SUPERSEDED = "superseded"
    WITHDRAWN = "withdrawn"


class RetrievalState(StrEnum):
    REQUESTED = "requested"
    RESTORING = "restoring"
    DONE = "done"
    REFUSED = "refused"
    FAILED = "failed"


class OrderState(StrEnum):
    RECEIVED = "received"
    PAID = "paid"
    FULFILLING = "fulfilling"
    FULFILLED = "fulfilled"
    PARTLY_FULFILLED = "partly_fulfilled"
    WAITING = "waiting"
    PARKED = "parked"
    REFUNDED = "refunded"
    CANCELLED = "cancelled"
    NOT_OURS = "not_ours"


class RolloverState(StrEnum):
    REQUESTED = "requested"
    BACKING_UP = "backing_up"
    CHECKED = "checked"
    RESTORING = "restoring"
    DONE = "done"
    STASHED = "stashed"
    REFUSED = "refused"
    FAILED = "failed"
    UNDONE = "undone"


class RunState(StrEnum):
    """Of a stage of the night."""

    PLANNING = "planning"
    PLANNED = "planned"
    HELD = "held"
    FROZEN = "frozen"
    APPLYING = "applying"
    DONE = "done"
    FAILED = "failed"


State = BackupState | PublicationState | RetrievalState | OrderState | RolloverState | RunState

# Once paid, an order may be worked on again at any time (seats are named later, a refund comes, somebody
# releases or parks it): every one of these words may follow every other, but for the way back to unpaid.
_WORKED_ON = frozenset(OrderState) - {OrderState.RECEIVED}

# One table per kind of thing: the same word may stand in several (`restoring` == `restoring`).
FOLLOWS: dict[type[State], dict[State, frozenset[State]]] = {
    BackupState: {
        BackupState.UPLOADING: frozenset({BackupState.RECEIVED, BackupState.DELETED}),
        BackupState.RECEIVED: frozenset({BackupState.ACCEPTED, BackupState.REFUSED, BackupState.DELETED}),
        BackupState.ACCEPTED: frozenset({BackupState.DELETED}),
        BackupState.REFUSED: frozenset({BackupState.DELETED}),
        BackupState.DELETED: frozenset(),
    },
    PublicationState: {
        PublicationState.REQUESTED: frozenset(
            {PublicationState.RESTORING, PublicationState.FAILED, PublicationState.SUPERSEDED}
        ),
        PublicationState.RESTORING: frozenset(
            {PublicationState.PUBLISHED, PublicationState.FAILED, PublicationState.SUPERSEDED}
        ),
        PublicationState.PUBLISHED: frozenset({PublicationState.SUPERSEDED, PublicationState.WITHDRAWN}),
        # A kept older copy may be withdrawn too: its author's wish weighs more than its age.
        PublicationState.SUPERSEDED: frozenset({PublicationState.WITHDRAWN}),
        PublicationState.FAILED: frozenset(),
        PublicationState.WITHDRAWN: frozenset(),
    },
    RetrievalState: {
        RetrievalState.REQUESTED: frozenset(
            {RetrievalState.RESTORING, RetrievalState.REFUSED, RetrievalState.FAILED}
        ),
        RetrievalState.RESTORING: frozenset({RetrievalState.DONE, RetrievalState.FAILED}),
        RetrievalState.DONE: frozenset(),
        RetrievalState.REFUSED: frozenset(),
        RetrievalState.FAILED: frozenset(),
    },
    RolloverState: {
        RolloverState.REQUESTED: frozenset(
            {
                RolloverState.BACKING_UP,
                RolloverState.CHECKED,
                RolloverState.REFUSED,
                RolloverState.FAILED,
            }
        ),
        RolloverState.BACKING_UP: frozenset(
            {RolloverState.CHECKED, RolloverState.REFUSED, RolloverState.FAILED}
        ),
        RolloverState.CHECKED: frozenset(
            {RolloverState.RESTORING, RolloverState.REFUSED, RolloverState.FAILED}
        ),
        RolloverState.RESTORING: frozenset({RolloverState.DONE, RolloverState.STASHED, RolloverState.FAILED}),
        RolloverState.DONE: frozenset({RolloverState.UNDONE}),
        RolloverState.STASHED: frozenset(),
        RolloverState.REFUSED: frozenset(),
        RolloverState.FAILED: frozenset(),
        RolloverState.UNDONE: frozenset(),
    },
    OrderState: {state: _WORKED_ON - {state} for state in OrderState},
    # A stage may be planned again whatever became of it, but not while its operations are on their way.
    RunState: {
        RunState.PLANNING: frozenset({RunState.PLANNED, RunState.FAILED}),
        RunState.PLANNED: frozenset(
            {RunState.HELD, RunState.FROZEN, RunState.APPLYING, RunState.PLANNING, RunState.FAILED}
        ),
        RunState.HELD: frozenset({RunState.APPLYING, RunState.PLANNING, RunState.FAILED}),
        RunState.FROZEN: frozenset({RunState.PLANNING}),
        RunState.APPLYING: frozenset({RunState.DONE, RunState.HELD, RunState.FROZEN, RunState.FAILED}),
        RunState.DONE: frozenset({RunState.PLANNING}),
        RunState.FAILED: frozenset({RunState.PLANNING, RunState.APPLYING}),
    },
}

FRENCH: dict[type[State], dict[State, str]] = {
    BackupState: {
        BackupState.UPLOADING: "envoi",
        BackupState.RECEIVED: "reçue",
        BackupState.ACCEPTED: "prête à mutualiser",
        BackupState.REFUSED: "refusée",
        BackupState.DELETED: "supprimée",
    },
    PublicationState: {
        PublicationState.REQUESTED: "demandée",
        PublicationState.RESTORING: "en cours",
        PublicationState.PUBLISHED: "mutualisée",
        PublicationState.FAILED: "en échec",
        PublicationState.SUPERSEDED: "remplacée",
        PublicationState.WITHDRAWN: "retirée",
    },
    RetrievalState: {
        RetrievalState.REQUESTED: "demandé",
        RetrievalState.RESTORING: "en cours",
        RetrievalState.DONE: "terminé",
        RetrievalState.REFUSED: "refusé",
        RetrievalState.FAILED: "en échec",
    },
    RolloverState: {
        RolloverState.REQUESTED: "demandée",
        RolloverState.BACKING_UP: "sauvegarde en cours",
        RolloverState.CHECKED: "vérifiée",
        RolloverState.RESTORING: "restauration en cours",
        RolloverState.DONE: "terminée",
        RolloverState.STASHED: "déposée dans la zone privée",
        RolloverState.REFUSED: "refusée",
        RolloverState.FAILED: "en échec",
        RolloverState.UNDONE: "annulée",
    },
    OrderState: {
        OrderState.RECEIVED: "reçue",
        OrderState.PAID: "payée",
        OrderState.FULFILLING: "en cours",
        OrderState.FULFILLED: "réalisée",
        OrderState.PARTLY_FULFILLED: "réalisée en partie",
        OrderState.WAITING: "en attente",
        OrderState.PARKED: "à traiter",
        OrderState.REFUNDED: "remboursée",
        OrderState.CANCELLED: "annulée",
        OrderState.NOT_OURS: "sans formation",
    },
    RunState: {
        RunState.PLANNING: "calcul",
        RunState.PLANNED: "prêt",
        RunState.HELD: "retenu",
        RunState.FROZEN: "gelé",
        RunState.APPLYING: "application",
        RunState.DONE: "terminé",
        RunState.FAILED: "en échec",
    },
}


# Where the name of a state says nothing to a teacher; the others are words already. By class, as above, for
# what two classes call alike is one key.
ENGLISH: dict[type[State], dict[State, str]] = {
    BackupState: {
        BackupState.UPLOADING: "being sent",
        BackupState.RECEIVED: "being checked",
        BackupState.ACCEPTED: "ready to share",
    },
    PublicationState: {
        PublicationState.RESTORING: "in progress",
        PublicationState.PUBLISHED: "shared",
        PublicationState.SUPERSEDED: "replaced",
    },
    RetrievalState: {RetrievalState.RESTORING: "in progress"},
    RolloverState: {
        RolloverState.BACKING_UP: "backup in progress",
        RolloverState.RESTORING: "restore in progress",
        RolloverState.STASHED: "put into the private area",
    },
    OrderState: {OrderState.NOT_OURS: "no training"},
}


def state_word(state: State, lang: str) -> str:
    if lang.startswith("fr"):
        return FRENCH[type(state)][state]
    return ENGLISH.get(type(state), {}).get(state, state.value.replace("_", " "))


def spell_state(state: State) -> str:
    """As it is kept: `BackupState.deleted`, to be worded later in the language of whoever reads."""
    return f"{type(state).__name__}.{state.value}"


_SPELLED: dict[str, State] = {spell_state(state): state for states in FRENCH.values() for state in states}


def read_state(text: str) -> State | None:
    """What `spell_state` wrote; None for any other text."""
    return _SPELLED.get(text)
