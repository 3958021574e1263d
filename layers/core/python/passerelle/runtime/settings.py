"""What the template tells a function through its environment."""

from __future__ import annotations

import os
from collections.abc import Mapping
from dataclasses import dataclass

from passerelle.errors import GiveUp, PasserelleError
from passerelle.ports import QueueName

# What an administrator must repair: no message is finished with, and no site is blamed, because of it.
OURS = frozenset({"aws_refused", "network_invalid", "network_missing", "secret_missing"})


class Misconfigured(PasserelleError):
    """`name` is the variable, parameter or setting that is missing or unreadable."""

    def __init__(self, name: str) -> None:
        super().__init__(f"{name} is missing or unreadable")
        self.name = name


def is_ours(error: BaseException) -> bool:
    """Whether the installation is at fault, rather than what was asked of it."""
    return isinstance(error, Misconfigured) or (isinstance(error, GiveUp) and error.code in OURS)


_QUEUES: tuple[tuple[QueueName, str], ...] = (
    ("publications", "PASSERELLE_PUBLICATIONS_QUEUE"),
    ("retrievals", "PASSERELLE_RETRIEVALS_QUEUE"),
    ("jobs", "PASSERELLE_JOBS_QUEUE"),
    ("orders", "PASSERELLE_ORDERS_QUEUE"),
    ("rollovers", "PASSERELLE_ROLLOVERS_QUEUE"),
)


@dataclass(frozen=True, slots=True)
class Settings:
    """Each value is read when it is asked for, so that a function needs only what it uses."""

    environment: Mapping[str, str]

    @classmethod
    def read(cls) -> Settings:
        return cls(os.environ)

    @property
    def table(self) -> str:
        return self._need("PASSERELLE_TABLE")

    @property
    def backups_bucket(self) -> str:
        return self._need("PASSERELLE_BACKUPS_BUCKET")

    @property
    def state_bucket(self) -> str:
        return self._need("PASSERELLE_STATE_BUCKET")

    @property
    def queues(self) -> Mapping[QueueName, str]:
        """The addresses of those that this function may send to."""
        return {
            name: self.environment[variable] for name, variable in _QUEUES if self.environment.get(variable)
        }

    @property
    def night_machine(self) -> str:
        """The ARN of the state machine `night`, where this function may start it; else nothing."""
        return self.environment.get("PASSERELLE_NIGHT_MACHINE", "")

    @property
    def secrets_key(self) -> str:
        """The ARN of the KMS key for secrets that this function writes; empty for the account's own."""
        return self.environment.get("PASSERELLE_SECRETS_KEY", "")

    @property
    def secrets_prefix(self) -> str:
        return self.environment.get("PASSERELLE_SECRETS_PREFIX", "") or "/passerelle/"

    def _need(self, name: str) -> str:
        value = self.environment.get(name, "")
        if not value:
            raise Misconfigured(name)
        return value
