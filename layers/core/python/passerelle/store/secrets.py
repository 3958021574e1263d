"""Secrets from SSM, by the names that network.yaml gives them."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Any

from botocore.exceptions import ClientError

from passerelle.errors import NotFound
from passerelle.store.aws import aws_named, code_of

if TYPE_CHECKING:
    from mypy_boto3_ssm.client import SSMClient

    from passerelle.ports import Clock

KEPT_FOR = timedelta(minutes=5)  # also how long a withdrawn secret may still be accepted
LOOK_AGAIN = timedelta(seconds=10)  # a Moodle that refuses every call does not make us ask SSM each time


class SsmSecrets:
    """The port `Secrets`: SecureStrings, held for five minutes. Raises NotFound (`secret_missing`).

    `key`: the ARN of the KMS key that new ones are encrypted with; empty for the account's own.
    """

    def __init__(
        self, client: SSMClient, clock: Clock, *, kept_for: timedelta = KEPT_FOR, key: str = ""
    ) -> None:
        self._client = client
        self._clock = clock
        self._kept_for = kept_for
        self._key = key
        self._held: dict[str, tuple[str, datetime]] = {}
        self._looked_again: dict[str, datetime] = {}

    def __repr__(self) -> str:
        return f"<SsmSecrets, {len(self._held)} held>"

    def get(self, name: str) -> str:
        now = self._clock.now()
        value, until = self._held.get(name, ("", now))
        if until > now:
            return value
        with aws_named():
            try:
                answer = self._client.get_parameter(Name=name, WithDecryption=True)
            except ClientError as error:
                if code_of(error) != "ParameterNotFound":
                    raise
                raise NotFound("secret_missing", name=name) from None
        value = answer["Parameter"]["Value"]
        self._held[name] = (value, now + self._kept_for)
        return value

    def get_now(self, name: str) -> str:
        """Past what is held, where that was not done a moment ago: the secret was refused."""
        now = self._clock.now()
        if now - self._looked_again.get(name, now - LOOK_AGAIN) >= LOOK_AGAIN:
            self._looked_again[name] = now
            self._held.pop(name, None)
        return self.get(name)

    def put(self, name: str, value: str) -> None:
        key: Any = {"KeyId": self._key} if self._key else {}
        with aws_named():
            self._client.put_parameter(Name=name, Value=value, Type="SecureString", Overwrite=True, **key)
        self._held.pop(name, None)

    def delete(self, name: str) -> None:
        with aws_named():
            try:
                self._client.delete_parameter(Name=name)
            except ClientError as error:
                if code_of(error) != "ParameterNotFound":
                    raise
        self._held.pop(name, None)

    def forget(self) -> None:
        """What was held is read again when it is next asked for."""
        self._held.clear()
