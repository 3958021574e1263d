"""The port `Sites`: each Moodle of network.yaml with its token, at its own pace."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from datetime import timedelta

from passerelle.domain.network import Network, Site
from passerelle.errors import GiveUp
from passerelle.moodle import client
from passerelle.moodle.site_api import Moodle
from passerelle.moodle.throttle import Patience
from passerelle.ports import Lms, Roster

# Of a call while a person waits: 20 seconds at most, within the 25 that a function of the door has.
HURRIED = Patience(attempts=2, budget=timedelta(seconds=5))
HURRIED_CONNECT = timedelta(seconds=3)
HURRIED_READ = timedelta(seconds=12)


class Moodles:
    """A Moodle is opened once for as long as its address, token and pace stay what they are. `secret_now`
    reads a token again that may have been held for a while, when a Moodle refuses it.
    """

    def __init__(
        self,
        network: Callable[[], Network],
        secret: Callable[[str], str],
        secret_now: Callable[[str], str] | None = None,
        *,
        hurried: bool = False,
    ) -> None:
        self._network = network
        self._secret = secret
        self._secret_now = secret_now or secret
        self._hurried = hurried
        self._open: dict[str, tuple[client.Site, Moodle]] = {}

    def lms(self, site: str) -> Lms:
        """Raises GiveUp `site_unknown`, NotFound `secret_missing` where its token is not in SSM."""
        return self._moodle(site)

    def roster(self, site: str) -> Roster:
        return self._moodle(site).for_many()

    def _moodle(self, site: str) -> Moodle:
        configured = self._network().sites.get(site)
        if configured is None:
            raise GiveUp("site_unknown", site=site)
        wanted = self._described(site, configured)
        held = self._open.get(site)
        if held is None or held[0] != wanted:
            patience = HURRIED if self._hurried else None
            opened = Moodle.at(
                wanted, patience=patience, token_now=lambda: self._secret_now(configured.token).strip()
            )
            held = self._open[site] = (wanted, opened)
        return held[1]

    def _described(self, name: str, site: Site) -> client.Site:
        described = client.Site(
            name=name,
            url=site.url,
            token=self._secret(site.token).strip(),
            concurrency=site.max_concurrency,
            calls_per_second=site.calls_per_second,
        )
        if self._hurried:
            return replace(described, connect_timeout=HURRIED_CONNECT, read_timeout=HURRIED_READ)
        return described
