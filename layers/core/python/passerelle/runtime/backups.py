"""The port `BackupReader` on S3: archives read as streams, written in parts, taken back when cut."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from passerelle import mbz
from passerelle.domain.backup import Inspection, Manifest
from passerelle.errors import Refused
from passerelle.mbz.sources_s3 import S3Sink, S3Source
from passerelle.ports import Cleaned
from passerelle.store.aws import aws_named

CONTENT_TYPE = "application/vnd.moodle.backup"


class S3Backups:
    def __init__(self, client: Any, bucket: str) -> None:
        self._client = client
        self._bucket = bucket

    def inspect(self, key: str) -> Inspection:
        """Reads everything once. Raises CannotRead, StorageAway."""
        return mbz.inspect(self._source(key), verify_content=True)

    def scrub(self, key: str, to_key: str) -> Cleaned:
        """Nothing lies under `to_key` before all of it was written and proved.

        Raises Refused with the reader's code where the archive is not fit, CannotRead, StorageAway.
        """
        source = self._source(key)
        with aws_named(), S3Sink(self._client, self._bucket, to_key, ContentType=CONTENT_TYPE) as sink:
            report = mbz.scrub(source, sink)
            if not report.accepted:
                raise Refused(report.inspection.reasons[0].code.value)
            sink.complete()
        return Cleaned(report.size, report.sha256, (*report.scrubbed, *report.reported))

    def manifest(self, document: Mapping[str, object]) -> Manifest:
        return mbz.manifest_from_dict(dict(document))

    def document(self, manifest: Manifest) -> Mapping[str, object]:
        return mbz.manifest_to_dict(manifest)

    def _source(self, key: str) -> S3Source:
        return S3Source(self._client, self._bucket, key)
