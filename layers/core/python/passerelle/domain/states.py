"""The words for states (DESIGN.md), which follow which, and how a French page names them."""

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


State = BackupState | PublicationState | RetrievalState

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
}


def state_word(state: State, lang: str) -> str:
    return FRENCH[type(state)][state] if lang.startswith("fr") else state.value
