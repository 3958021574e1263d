"""The port `Archives`: backups in S3, sent and fetched by presigned addresses.

An address dies with the credentials that signed it. A function's credentials live for hours and are
renewed beforehand, but how long they have left is not told: who holds an address that died asks for a
fresh one (`/parts`, `/source`).
"""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Any
from urllib.parse import quote

from botocore.exceptions import ClientError

from passerelle.errors import NotFound, Refused
from passerelle.ports import Part, Stored
from passerelle.store.aws import aws_named, code_of

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from mypy_boto3_s3.client import S3Client

    from passerelle.ports import Clock

LONGEST = timedelta(hours=1)
LONGEST_TEXT = 100_000  # bytes


class S3Archives:
    """`client` signs with `s3v4`, and says how it addresses buckets: `virtual` or `path`.

    Left to itself boto3 signs for `{bucket}.s3.amazonaws.com`, which redirects to the region while a
    bucket is new: the sites follow no redirect, and name the hosts they fetch from.
    """

    def __init__(self, client: S3Client, bucket: str, clock: Clock, *, lifetime: timedelta = LONGEST) -> None:
        config: Any = client.meta.config
        style = (config.s3 or {}).get("addressing_style")
        if config.signature_version != "s3v4" or style not in ("virtual", "path"):
            raise ValueError("the client of S3 must sign with s3v4 and set an addressing_style")
        if not timedelta() < lifetime <= LONGEST:
            raise ValueError("presigned addresses live one hour at most")
        self._client = client
        self._bucket = bucket
        self._clock = clock
        self._lifetime = lifetime

    # -- sending -----------------------------------------------------------------------------------

    def open_multipart(self, key: str) -> str:
        with aws_named():
            return self._client.create_multipart_upload(
                Bucket=self._bucket, Key=key, ContentType="application/vnd.moodle.backup"
            )["UploadId"]

    def sign_parts(self, key: str, multipart: str, parts: Iterable[int]) -> dict[int, str]:
        return {
            number: self._signed("upload_part", Key=key, UploadId=multipart, PartNumber=number)
            for number in parts
        }

    def parts(self, key: str, multipart: str) -> tuple[Part, ...] | None:
        pages = self._client.get_paginator("list_parts")
        found: list[Part] = []
        with aws_named():
            try:
                for page in pages.paginate(Bucket=self._bucket, Key=key, UploadId=multipart):
                    found += [
                        Part(part["PartNumber"], part["Size"], part["ETag"].strip('"'))
                        for part in page.get("Parts", [])
                    ]
            except ClientError as error:
                if code_of(error) != "NoSuchUpload":
                    raise
                return None
        return tuple(found)

    def complete(self, key: str, multipart: str, parts: Sequence[Part]) -> None:
        """Safe to repeat: an object of that size that lies there already is what was asked for.

        Raises NotFound (`multipart_gone`) where neither is there, Refused (`parts_invalid`) where S3
        holds other parts than these.
        """
        wanted: Any = [{"PartNumber": part.number, "ETag": part.etag} for part in parts]
        with aws_named():
            try:
                self._client.complete_multipart_upload(
                    Bucket=self._bucket, Key=key, UploadId=multipart, MultipartUpload={"Parts": wanted}
                )
            except ClientError as error:
                code = code_of(error)
                if code in ("InvalidPart", "InvalidPartOrder", "EntityTooSmall", "MalformedXML"):
                    raise Refused("parts_invalid") from None
                if code != "NoSuchUpload":
                    raise
            else:
                return
        if self.size(key) != sum(part.size for part in parts):
            raise NotFound("multipart_gone")

    def abort(self, key: str, multipart: str) -> None:
        with aws_named():
            try:
                self._client.abort_multipart_upload(Bucket=self._bucket, Key=key, UploadId=multipart)
            except ClientError as error:
                if code_of(error) != "NoSuchUpload":
                    raise

    # -- what lies there ---------------------------------------------------------------------------

    def size(self, key: str) -> int | None:
        """Bytes. Without the right to list the bucket S3 says 403 for what is missing: AwsRefused."""
        with aws_named():
            try:
                return self._client.head_object(Bucket=self._bucket, Key=key)["ContentLength"]
            except ClientError as error:
                if code_of(error) not in ("404", "NoSuchKey", "NotFound"):
                    raise
                return None

    def sign(self, key: str, *, filename: str | None = None) -> tuple[str, datetime]:
        dies = self._clock.now() + self._lifetime
        more = {} if filename is None else {"ResponseContentDisposition": _attachment(filename)}
        return self._signed("get_object", Key=key, **more), dies

    def stamp(self, key: str) -> str | None:
        with aws_named():
            try:
                return self._client.head_object(Bucket=self._bucket, Key=key)["ETag"]
            except ClientError as error:
                if code_of(error) not in ("404", "NoSuchKey", "NotFound"):
                    raise
                return None

    def text(self, key: str) -> str | None:
        with aws_named():
            try:
                body = self._client.get_object(Bucket=self._bucket, Key=key)["Body"].read(LONGEST_TEXT)
            except ClientError as error:
                if code_of(error) not in ("404", "NoSuchKey", "NotFound"):
                    raise
                return None
        try:
            return body.decode("utf-8-sig")
        except UnicodeDecodeError:
            return None

    def put_text(self, key: str, text: str) -> None:
        with aws_named():
            self._client.put_object(
                Bucket=self._bucket, Key=key, Body=text.encode(), ContentType="text/plain; charset=utf-8"
            )

    def sign_put(self, key: str, size: int) -> str:
        return self._signed("put_object", Key=key, ContentLength=size)

    def delete(self, key: str) -> None:
        with aws_named():
            self._client.delete_object(Bucket=self._bucket, Key=key)

    def below(self, prefix: str, *, after: str = "", limit: int = 1000) -> tuple[Stored, ...]:
        with aws_named():
            listed = self._client.list_objects_v2(
                Bucket=self._bucket, Prefix=prefix, StartAfter=after, MaxKeys=limit
            )
        return tuple(Stored(one["Key"], one["LastModified"]) for one in listed.get("Contents", ()))

    def _signed(self, operation: str, **parameters: Any) -> str:
        with aws_named():
            return self._client.generate_presigned_url(
                operation,
                Params={"Bucket": self._bucket} | parameters,
                ExpiresIn=int(self._lifetime.total_seconds()),
            )


def _attachment(filename: str) -> str:
    """RFC 6266: the whole name, and one of plain letters for what cannot read that."""
    plain = "".join(c if c.isascii() and (c.isalnum() or c in " ._-") else "_" for c in filename)
    return f"attachment; filename=\"{plain}\"; filename*=UTF-8''{quote(filename, safe='')}"
