"""Archives in S3: read by ranges, written in parts. The client is the caller's."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING, Any, Self

from passerelle.errors import TryAgain
from passerelle.mbz.limits import MIB
from passerelle.mbz.sources import CHUNK, CannotRead

if TYPE_CHECKING:
    from collections.abc import Iterator

_ATTEMPTS = 5
_PART = 8 * MIB  # ten thousand of them hold 80 GB
_CODES = {"404": "missing", "NoSuchKey": "missing", "NoSuchBucket": "missing", "403": "forbidden"}
_CODES |= {"AccessDenied": "forbidden", "412": "changed", "PreconditionFailed": "changed"}


# boto3's S3 client: the keyword types of its stubs fit no protocol.
S3Client = Any


class StorageAway(TryAgain):
    """S3 did not answer, or stopped in the middle of an answer, several times in a row."""


class S3Source:
    """One object, as it was when first asked: a later one under the same key raises CannotRead.

    `requests` and `bytes_read` count the ranged reads.
    """

    def __init__(self, client: S3Client, bucket: str, key: str, *, pause: float = 0.2) -> None:
        self._client = client
        self._object = {"Bucket": bucket, "Key": key}
        self._pause = pause
        self.requests = 0
        self.bytes_read = 0
        head = self._try(lambda: client.head_object(**self._object))
        self.size: int = head["ContentLength"]
        self._etag: str = head["ETag"]

    def read_range(self, start: int, length: int) -> bytes:
        return b"".join(self.stream(start, length)) if length else b""

    def stream(self, start: int = 0, length: int | None = None, chunk: int = CHUNK) -> Iterator[bytes]:
        """One request, taken up again where it was cut. Raises CannotRead and StorageAway."""
        end = self.size if length is None else min(self.size, start + length)
        failures = 0
        while start < end:
            before = start
            try:
                body = self._get(start, end)
                while data := body.read(chunk):
                    start += len(data)
                    self.bytes_read += len(data)
                    yield data
            except CannotRead:
                raise
            except Exception as error:
                failures = 0 if start > before else failures + 1
                if failures >= _ATTEMPTS:
                    raise StorageAway from error
                time.sleep(self._pause * 2**failures)

    def _get(self, start: int, end: int) -> Any:
        self.requests += 1
        answer = self._try(
            lambda: self._client.get_object(
                **self._object, Range=f"bytes={start}-{end - 1}", IfMatch=self._etag
            )
        )
        return answer["Body"]

    def _try(self, call: Any) -> Any:
        """botocore's own retries come first; what it gives up on is told apart here."""
        try:
            return call()
        except Exception as error:  # noqa: BLE001 - only the caller knows its client's errors
            response = getattr(error, "response", None)
            code = str((response or {}).get("Error", {}).get("Code", ""))
            if code in _CODES:
                raise CannotRead(_CODES[code]) from None
            if response is not None and not code.startswith(("5", "Slow", "Internal", "Service")):
                raise CannotRead("storage", answer=code) from None
            raise StorageAway(code or type(error).__name__) from None


class S3Sink:
    """Writes one object in parts; nothing is there before `complete`. At most one part is in memory.

    Left by an exception, as a context, it takes back what was sent.
    """

    def __init__(self, client: S3Client, bucket: str, key: str, **arguments: Any) -> None:
        self._client = client
        self._object = {"Bucket": bucket, "Key": key}
        answer = client.create_multipart_upload(**self._object, **arguments)
        self._upload = {**self._object, "UploadId": answer["UploadId"]}
        self._parts: list[dict[str, Any]] = []
        self._buffer = bytearray()
        self._open = True

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.abandon()

    def write(self, data: bytes) -> None:
        self._buffer += data
        while len(self._buffer) >= _PART:
            self._send(_PART)

    def complete(self) -> None:
        self._send(len(self._buffer))
        self._client.complete_multipart_upload(**self._upload, MultipartUpload={"Parts": self._parts})
        self._open = False

    def abandon(self) -> None:
        if self._open:
            self._open = False
            self._client.abort_multipart_upload(**self._upload)

    def _send(self, length: int) -> None:
        part = bytes(self._buffer[:length])
        del self._buffer[:length]
        number = len(self._parts) + 1
        answer = self._client.upload_part(
            **self._upload,
            PartNumber=number,
            Body=part,
        )
        self._parts.append({"ETag": answer["ETag"], "PartNumber": number})
