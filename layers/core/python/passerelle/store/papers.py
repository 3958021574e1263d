"""The port `Papers`: JSON documents in the state bucket, which keeps their older versions."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

from botocore.exceptions import ClientError

from passerelle.store.aws import aws_named, code_of
from passerelle.store.documents import from_document, read_json, to_document

if TYPE_CHECKING:
    from collections.abc import Mapping

    from mypy_boto3_s3.client import S3Client

    from passerelle.domain.records import Document
    from passerelle.ports import D


class S3Papers:
    def __init__(self, client: S3Client, bucket: str) -> None:
        self._client = client
        self._bucket = bucket

    def keep(self, key: str, document: Document) -> None:
        self.put(key, to_document(document))

    def load(self, kind: type[D], key: str) -> D | None:
        found = self.get(key)
        return None if found is None else from_document(kind, found, key)

    def put(self, key: str, document: Mapping[str, object]) -> None:
        self.put_json(key, json.dumps(document, ensure_ascii=False))

    def put_json(self, key: str, text: str) -> None:
        self.put_text(key, text, "application/json; charset=utf-8")

    def put_text(self, key: str, text: str, kind: str) -> None:
        with aws_named():
            self._client.put_object(Bucket=self._bucket, Key=key, Body=text.encode(), ContentType=kind)

    def get(self, key: str) -> Mapping[str, object] | None:
        body = self._read(key)
        return None if body is None else read_json(body, key)

    def get_text(self, key: str) -> str | None:
        body = self._read(key)
        return None if body is None else body.decode()

    def _read(self, key: str) -> bytes | None:
        with aws_named():
            try:
                return self._client.get_object(Bucket=self._bucket, Key=key)["Body"].read()
            except ClientError as error:
                if code_of(error) != "NoSuchKey":
                    raise
                return None

    def delete(self, key: str) -> None:
        with aws_named():
            self._client.delete_object(Bucket=self._bucket, Key=key)
