"""The network as it was last published: `config/network.json` in the state bucket, and its YAML beside it.

Functions read the JSON only, so that no YAML parser is carried to Lambda; people read the YAML. The
bucket is versioned: what was in force on a given day can be read again.
"""

from __future__ import annotations

import hashlib
import json
from datetime import date, datetime, timedelta
from functools import cache
from typing import TYPE_CHECKING

from botocore.exceptions import ClientError
from pydantic import TypeAdapter, ValidationError

from passerelle.domain.network import Network
from passerelle.errors import GiveUp, NotFound
from passerelle.store.aws import aws_named, code_of

if TYPE_CHECKING:
    from collections.abc import Mapping

    from mypy_boto3_s3.client import S3Client

    from passerelle.ports import Clock

JSON_KEY = "config/network.json"
YAML_KEY = "config/network.yaml"
FRESH_FOR = timedelta(minutes=1)


class Configuration:
    """A warm container asks S3 once a minute whether there is a newer one (304 costs next to nothing)."""

    def __init__(
        self, client: S3Client, bucket: str, clock: Clock, *, fresh_for: timedelta = FRESH_FOR
    ) -> None:
        self._client = client
        self._bucket = bucket
        self._clock = clock
        self._fresh_for = fresh_for
        self._held: Network | None = None
        self._etag = ""
        self._asked_at: datetime | None = None

    def network(self) -> Network:
        """Raises NotFound (`network_missing`) before the first publication of one."""
        now = self._clock.now()
        if self._held is not None and self._asked_at and now - self._asked_at < self._fresh_for:
            return self._held
        body = self._newer()
        if body is not None or self._held is None:
            self._held = parse_network(json.loads(body or b"{}"))
        self._asked_at = now
        return self._held

    def forget(self) -> None:
        """The next question asks S3."""
        self._asked_at = None

    def publish(self, yaml_text: str, document: Mapping[str, object]) -> str:
        """Put both and give the version of the JSON, which comes last: it is what takes effect.

        `document` is the YAML as JSON; what could not be read back is refused here.
        """
        parse_network(document)
        source = yaml_text.encode()
        with aws_named():
            self._client.put_object(
                Bucket=self._bucket, Key=YAML_KEY, Body=source, ContentType="application/yaml; charset=utf-8"
            )
            answer = self._client.put_object(
                Bucket=self._bucket,
                Key=JSON_KEY,
                Body=json.dumps(document, ensure_ascii=False, default=_day).encode(),
                ContentType="application/json; charset=utf-8",
                # Tells whether the YAML beside it is the one it was made from.
                Metadata={"yaml-sha256": hashlib.sha256(source).hexdigest()},
            )
        return answer.get("VersionId", "")

    def published_yaml(self) -> str | None:
        with aws_named():
            try:
                body = self._client.get_object(Bucket=self._bucket, Key=YAML_KEY)["Body"].read()
            except ClientError as error:
                if code_of(error) != "NoSuchKey":
                    raise
                return None
        return body.decode()

    def _newer(self) -> bytes | None:
        """The JSON, or None where it is the one that is held."""
        known = {"IfNoneMatch": self._etag} if self._held is not None else {}
        with aws_named():
            try:
                answer = self._client.get_object(Bucket=self._bucket, Key=JSON_KEY, **known)  # type: ignore[arg-type]
                body = answer["Body"].read()
            except ClientError as error:
                if code_of(error) in ("304", "NotModified"):
                    return None
                if code_of(error) == "NoSuchKey":
                    raise NotFound("network_missing") from None
                raise
        self._etag = answer["ETag"]
        return body


def _day(value: object) -> str:
    """YAML reads the dates of a freeze as dates; JSON has none."""
    if not isinstance(value, date):
        raise TypeError
    return value.isoformat()


def parse_network(document: Mapping[str, object]) -> Network:
    try:
        return _adapter().validate_python(document)
    except ValidationError as error:
        where = ".".join(str(step) for step in error.errors()[0]["loc"])
        raise GiveUp("network_invalid", where=where) from None


@cache
def _adapter() -> TypeAdapter[Network]:
    return TypeAdapter(Network)
