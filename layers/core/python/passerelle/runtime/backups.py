"""The port `BackupReader` on S3: archives read as streams, written in parts, taken back when cut."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from passerelle import mbz
from passerelle.domain.rollover.survey import Survey
from passerelle.mbz.sources_s3 import S3Sink, S3Source
from passerelle.mbz.survey import survey
from passerelle.ports import Cleaned
from passerelle.store.aws import aws_named

CONTENT_TYPE = "application/vnd.moodle.backup"


class S3Backups:
    def __init__(self, client: Any, bucket: Callable[[], str]) -> None:
        self._client = client
        # Asked for where an archive is read: who only reads papers about archives need not be told of one.
        self._bucket = bucket

    def clean(self, key: str, to_key: str) -> Cleaned:
        """Raises CannotRead, StorageAway."""
        source = self._source(key)
        with aws_named(), S3Sink(self._client, self._bucket(), to_key, ContentType=CONTENT_TYPE) as sink:
            report = mbz.scrub(source, sink)
            if report.accepted:
                sink.complete()
        traces = (*report.scrubbed, *report.reported)
        return Cleaned(report.inspection, report.size, report.sha256, traces)

    def survey(self, key: str) -> Survey:
        """Raises CannotSurvey, CannotRead, StorageAway."""
        with aws_named():
            return survey(self._source(key))

    def _source(self, key: str) -> S3Source:
        return S3Source(self._client, self._bucket(), key)
