"""The twin behind the real adapter, without a socket: what is counted and cut is each web-service call."""

from __future__ import annotations

import json
import random
import tempfile
import threading
from pathlib import Path
from typing import Any

from passerelle.errors import MoodleAway, TryAgain
from passerelle.moodle.protocol import Answer, Call, encode, lost, read_answer
from passerelle.moodle.site_api import Moodle
from passerelle_laptop.twin.archive import Vault
from passerelle_laptop.twin.phpform import count, decode
from passerelle_laptop.twin.site import Site
from tests.fakes.clock import FakeClock
from tests.fakes.cutting import Cut


class TwinMoodle:
    """One site of the twin. `moodle(cut)` is the adapter over it; `calls` names every call made."""

    def __init__(self, name: str, clock: FakeClock, *, plugins: bool = True) -> None:
        folder = Path(tempfile.mkdtemp(prefix="twin-"))
        self.site = Site(
            name, name.title(), Vault(folder), folder, lambda: None, lambda: clock.now().timestamp()
        )
        self.site.base_url = f"https://{name}.example"
        if not plugins:
            self.site.settings.own_plugins = {}
        self.calls: list[str] = []
        self.away = 0  # how many calls to come find nobody
        self.every = 0  # one call in so many fails, by chance, before its effect or after
        self._chance = random.Random(7)  # by turns, a run of just so many calls would never get past one
        self._lock = threading.RLock()

    def moodle(self, cut: Cut | None = None) -> Moodle:
        def ask(call: Call[Any]) -> Any:
            if cut is not None:
                cut.begin(f"{self.site.name}.{call.function}")
            with self._lock:
                read = self._asked(call)
            if cut is not None:
                try:
                    cut.end()
                except TryAgain:  # the answer is lost on its way
                    raise lost(self.site.name, call, "network") from None
            return read

        return Moodle(self.site.name, ask)

    def _asked(self, call: Call[Any]) -> Any:
        self.calls.append(call.function)
        if self.away:
            self.away -= 1
            raise MoodleAway(self.site.name, "network", sent=False)
        fails = bool(self.every) and self._chance.randrange(self.every) == 0
        if fails and self._chance.random() < 1 / 2:
            raise lost(self.site.name, call, "network")
        body = encode(call, self.site.token)
        limit = self.site.settings.max_input_vars
        assert count(body) <= limit, "PHP would have dropped variables in silence"
        form = decode(body, limit)
        for own in ("wstoken", "moodlewsrestformat"):
            form.pop(own, None)
        function = form.pop("wsfunction")
        said = self.site.ask(self.site.service_user(), True, function, form)
        answer = Answer(200, {}, json.dumps(said).encode())
        if fails:
            raise lost(self.site.name, call, "network")
        return read_answer(self.site.name, call, answer)


class TwinSites:
    def __init__(self, cut: Cut | None, *sites: TwinMoodle) -> None:
        self._cut = cut
        self._sites = {site.site.name: site for site in sites}

    def lms(self, site: str) -> Moodle:
        return self._sites[site].moodle(self._cut)

    def roster(self, site: str) -> Moodle:
        return self.lms(site).for_many()
