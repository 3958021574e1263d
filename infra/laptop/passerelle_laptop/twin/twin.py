"""Several Moodles in one process, each on its own port of loopback."""

from __future__ import annotations

import shutil
import tempfile
import threading
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from types import TracebackType
from typing import Self

from flask import Flask

from passerelle_laptop.twin.archive import Vault
from passerelle_laptop.twin.control import add_control
from passerelle_laptop.twin.desk import add_desk
from passerelle_laptop.twin.httpd import Httpd
from passerelle_laptop.twin.pages import add_pages
from passerelle_laptop.twin.site import Site
from passerelle_laptop.twin.webservice import add_webservice

_TICK = 0.25  # seconds between two rounds of cron


@dataclass(slots=True)
class _Place:
    site: Site
    door: Httpd


class Twin:
    """`Twin.start({"hub": "Hub", "lycee-a": "Lycée A"})`, then `twin.site("hub")`.

    Jobs run on a thread of their own as cron would, or, with `jobs="by hand"`, in `run_jobs()` only.
    """

    def __init__(
        self,
        sites: Mapping[str, str] | None = None,
        *,
        jobs: str = "cron",
        ports: Mapping[str, int] | None = None,
        clock: Callable[[], float] = time.time,
    ) -> None:
        self._directory = Path(tempfile.mkdtemp(prefix="passerelle-twin-"))
        self.vault = Vault(self._directory / "files")
        self._ports = dict(ports or {})
        self._clock = clock
        self._places: dict[str, _Place] = {}
        self._work = threading.Event()
        self._unsaid = threading.Event()
        self._closing = threading.Event()
        self._threads: list[threading.Thread] = []
        self._opened = False
        self._by_cron = jobs == "cron"
        for name, title in (sites or {}).items():
            self.add_site(name, title)

    @classmethod
    def start(
        cls,
        sites: Mapping[str, str],
        *,
        jobs: str = "cron",
        ports: Mapping[str, int] | None = None,
        clock: Callable[[], float] = time.time,
    ) -> Twin:
        """A twin whose sites answer."""
        return cls(sites, jobs=jobs, ports=ports, clock=clock).open()

    def add_site(self, name: str, title: str = "") -> Site:
        site = Site(name, title or name, self.vault, self._directory / name, self._work.set, self._clock)
        if self._by_cron:
            site.reporter = self._unsaid.set
        app = Flask(f"twin-{name}", root_path=str(Path(__file__).parent))
        add_webservice(app, site)
        add_control(app, site)
        add_desk(app, site, add_pages(app, site))
        door = Httpd(app, self._ports.get(name, 0))
        self._places[name] = _Place(site, door)
        if self._opened:
            self._open(self._places[name])
        return site

    def open(self) -> Self:
        for place in self._places.values():
            self._open(place)
        self._opened = True
        if self._by_cron and not self._threads:
            for work in (self._run_cron, self._run_reporter):
                self._threads.append(threading.Thread(target=work, name="twin", daemon=True))
                self._threads[-1].start()
        return self

    @staticmethod
    def _open(place: _Place) -> None:
        place.door.start()
        place.site.base_url = f"http://127.0.0.1:{place.door.port}"

    def close(self) -> None:
        """Stop answering, stop cron, forget what lay on disk."""
        self._closing.set()
        self._work.set()
        self._unsaid.set()
        for thread in self._threads:
            thread.join(timeout=10)
        self._threads.clear()
        for place in self._places.values():
            place.door.stop()
        self._opened = False
        shutil.rmtree(self._directory, ignore_errors=True)

    def __enter__(self) -> Self:
        return self.open()

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    # -- sites -------------------------------------------------------------------------------------------

    def site(self, name: str) -> Site:
        return self._places[name].site

    @property
    def sites(self) -> dict[str, Site]:
        return {name: place.site for name, place in self._places.items()}

    def stop_site(self, name: str) -> None:
        """Nobody answers at its port until `start_site`; its rows stay."""
        self._places[name].door.stop()

    def start_site(self, name: str) -> None:
        self._open(self._places[name])

    def snapshot(self) -> dict[str, bytes]:
        return {name: place.site.snapshot() for name, place in self._places.items()}

    def put_back(self, snapshot: Mapping[str, bytes]) -> None:
        """Rows as they were, no faults, an empty log: what a test begins with."""
        for name, rows in snapshot.items():
            site = self.site(name)
            site.put_back(rows)
            site.faults.clear()
            site.log.reset()
            site.offset = 0.0

    # -- jobs --------------------------------------------------------------------------------------------

    def run_jobs(self) -> int:
        """One round of cron on every site, in this thread. Returns how many jobs it ran."""
        return sum(place.site.run_jobs() for place in list(self._places.values()))

    def settle(self, seconds: float = 30.0) -> bool:
        """Wait until no job is left to run and every report was heard; stuck jobs do not count."""
        until = time.monotonic() + seconds
        while time.monotonic() < until:
            if not any(place.site.unfinished() for place in list(self._places.values())):
                return True
            if not self._by_cron:
                self.run_jobs()
            time.sleep(0.01)
        return False

    def _run_reporter(self) -> None:
        while not self._closing.is_set():
            self._unsaid.wait(_TICK)
            self._unsaid.clear()
            for place in list(self._places.values()):
                place.site.flush_reports()

    def _run_cron(self) -> None:
        last_round = 0.0
        while not self._closing.is_set():
            self._work.wait(_TICK)
            self._work.clear()
            for place in list(self._places.values()):
                while (jobkey := place.site.next_job()) is not None and not self._closing.is_set():
                    _run_guarded(place.site, jobkey)
            if time.monotonic() - last_round >= _TICK:
                last_round = time.monotonic()
                for place in list(self._places.values()):
                    _round_guarded(place.site)


def _run_guarded(site: Site, jobkey: str) -> None:
    try:
        site.run_job(jobkey)
    except Exception:  # noqa: BLE001 - the job says failed; cron goes on with the next, as Moodle's does
        return


def _round_guarded(site: Site) -> None:
    try:
        site.run_jobs()
    except Exception:  # noqa: BLE001 - same
        return
