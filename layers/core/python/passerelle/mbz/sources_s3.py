"""Archives in S3: read by ranges, written in parts. The client is the caller's."""

from __future__ import annotations

import time
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Self

from passerelle.errors import TryAgain
from passerelle.mbz.limits import MIB
from passerelle.mbz.sources import CHUNK, CannotRead

if TYPE_CHECKING:
    from collections.abc import Iterator

_ATTEMPTS = 5
_PART = 8 * MIB  # ten thousand of them hold 80 GB
_SMALLEST = 5 * MIB  # S3 takes no smaller part but the last
_LONGEST_COPY = 1024 * MIB  # of one part; S3 allows five times as much
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

    def copy_source(self, start: int, end: int) -> dict[str, Any]:
        """What S3 needs to copy these bytes of the object, as long as it is the one that was read."""
        return {
            "CopySource": self._object,
            "CopySourceRange": f"bytes={start}-{end - 1}",
            "CopySourceIfMatch": self._etag,
        }

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


@dataclass
class _Run:
    """Bytes of the source in a row that go into the object as they are."""

    start: int
    end: int
    data: bytearray | None  # while there are too few for S3 to copy


class S3Sink:
    """Writes one object in parts; nothing is there before `complete`. At most two parts are in memory.

    What stands in `source` already is copied by S3 itself, from five megabytes in a row on. Left by an
    exception, as a context, it takes back what was sent.
    """

    def __init__(
        self, client: S3Client, bucket: str, key: str, *, source: S3Source | None = None, **arguments: Any
    ) -> None:
        self._client = client
        self._source = source
        self._run: _Run | None = None
        self.copied = 0  # bytes that never went through here
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

    def write(self, data: bytes | memoryview) -> None:
        self._end_run()
        self._write(data)

    def copy(self, start: int, data: bytes | memoryview) -> None:
        """`data` stands in the source from byte `start` on."""
        if self._source is None:
            self._write(data)
            return
        run = self._run
        if run is None or run.end != start or run.end - run.start >= _LONGEST_COPY:
            self._end_run()
            run = self._run = _Run(start, start, bytearray())
        run.end += len(data)
        if run.data is not None:
            run.data += data
            self._release(run, run.data)

    def complete(self) -> None:
        self._end_run()
        if self._buffer or not self._parts:
            self._send(len(self._buffer))
        self._client.complete_multipart_upload(**self._upload, MultipartUpload={"Parts": self._parts})
        self._open = False

    def abandon(self) -> None:
        if self._open:
            self._open = False
            self._client.abort_multipart_upload(**self._upload)

    def _write(self, data: bytes | bytearray | memoryview) -> None:
        self._buffer += data
        while len(self._buffer) >= _PART:
            self._send(_PART)

    def _release(self, run: _Run, data: bytearray) -> None:
        """Once the run is long enough, its bytes need not be held; what comes before becomes a part."""
        short = max(0, _SMALLEST - len(self._buffer)) if self._buffer else 0
        if len(data) < short + _SMALLEST:
            return
        self._buffer += data[:short]
        run.start += short
        if self._buffer:
            self._send(len(self._buffer))
        run.data = None

    def _end_run(self) -> None:
        run, self._run = self._run, None
        if run is None:
            return
        if run.data is not None or self._source is None:
            self._write(run.data or b"")
            return
        number = len(self._parts) + 1
        answer = self._client.upload_part_copy(
            **self._upload, PartNumber=number, **self._source.copy_source(run.start, run.end)
        )
        self._parts.append({"ETag": answer["CopyPartResult"]["ETag"], "PartNumber": number})
        self.copied += run.end - run.start

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
