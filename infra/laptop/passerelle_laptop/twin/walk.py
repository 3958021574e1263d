"""One job under way: its phases, as whoever asks sees them, and how it may stop."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable

    from passerelle_laptop.twin.installation import Installation
    from passerelle_laptop.twin.records import Job


class JobFailed(Exception):
    def __init__(self, code: str, message: str = "") -> None:
        super().__init__(code)
        self.code = code
        self.message = message


class Killed(Exception):
    """The process is gone: nothing below this line runs, not even a `finally` of Moodle's."""


class Walk:
    """One job under way. Steps take the site's lock for themselves; downloads and uploads do not."""

    def __init__(self, site: Installation, job: Job) -> None:
        self.site = site
        self.job = job
        self._state = site.state

    def alive(self) -> bool:
        return self.site.state is self._state

    def step(self, phase: str, progress: float, work: Callable[[Walk], None]) -> None:
        self.enter(phase, progress)
        work(self)
        self.strike(phase, "after")

    def enter(self, phase: str, progress: float) -> None:
        with self.site.lock:
            if not self.alive():
                raise Killed
            self.job.phase, self.job.progress = phase, progress
            self.job.timemodified = self.site.now()
            self.site.report_job(self.job)
        self.site.tell_passerelle()
        self.strike(phase, "before")

    def strike(self, phase: str, when: str) -> None:
        if self.site.faults.for_job("killed", self.job.kind, self.job.jobkey, phase, when):
            raise Killed

    def warn(self, code: str, message: str) -> None:
        self.job.warnings.append({"code": code, "message": message})
