"""Secrets from SSM, by the names that network.yaml gives them."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import TYPE_CHECKING

from botocore.exceptions import ClientError

from passerelle.errors import NotFound
from passerelle.store.aws import aws_named, code_of

if TYPE_CHECKING:
    from mypy_boto3_ssm.client import SSMClient

    from passerelle.ports import Clock

KEPT_FOR = timedelta(minutes=5)  # also how long a withdrawn secret may still be accepted


class SecretsReader:
    """Reads SecureStrings and holds them for five minutes. Raises NotFound (`secret_missing`)."""

    def __init__(self, client: SSMClient, clock: Clock, *, kept_for: timedelta = KEPT_FOR) -> None:
        self._client = client
        self._clock = clock
        self._kept_for = kept_for
        self._held: dict[str, tuple[str, datetime]] = {}

    def __repr__(self) -> str:
        return f"<SecretsReader, {len(self._held)} held>"

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
