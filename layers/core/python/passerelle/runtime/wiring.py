"""Puts the adapters behind the ports, once per warm container and only those that are used.

The imports of adapters stand inside: each function uses a few and pays for each at its cold start.
"""

from __future__ import annotations

import os
import secrets as chance
from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from functools import cache, cached_property
from typing import TYPE_CHECKING, Any, cast

from passerelle.events.signatures import read_secret
from passerelle.ports import (
    Archives,
    BackupReader,
    Clock,
    DeadLetters,
    Inventory,
    Nights,
    Papers,
    Queues,
    Records,
    References,
    Requests,
    Secrets,
    Shops,
    Sites,
    Sources,
    World,
)
from passerelle.runtime.doors import SeatsDoor, ShopDoor, SiteDoor
from passerelle.runtime.settings import Misconfigured, Settings
from passerelle.unconfigured import NoNights

if TYPE_CHECKING:
    from botocore.session import Session

    from passerelle.domain.network import Network
    from passerelle.runtime.shops import ShopDesk
    from passerelle.store.configuration import Configuration
    from passerelle.store.records import DynamoRecords
    from passerelle.store.secrets import SsmSecrets

CLIENT_SECONDS = 20  # that one answer of AWS may take; retried by botocore
DECOY_BYTES = 32
MOST_KEYS = 2  # of a site: one, and another while it is being changed
LOOK_AGAIN = timedelta(seconds=10)


class SystemClock:
    def now(self) -> datetime:
        return datetime.now(UTC)


class Later:
    """An adapter that is made when it is first used: a function opens no door that it does not go through,
    and needs only the environment of what it uses.
    """

    def __init__(self, make: Callable[[], object]) -> None:
        self._make = make

    def __getattr__(self, name: str) -> Any:
        value = getattr(self._make(), name)
        self.__dict__[name] = value  # found here from now on
        return value


@cache
def _session() -> Session:
    """One for all clients: it holds the descriptions of the services, which are slow to read."""
    from botocore.session import get_session

    return get_session()


def aws_client(
    service: str, *, region: str | None = None, endpoint: str | None = None, **credentials: Any
) -> Any:
    """A client as boto3's, made without boto3: what that adds (transfers, resources) costs a third of a
    cold start and nobody here uses it. `endpoint` also comes from AWS_ENDPOINT_URL.
    """
    from botocore.config import Config

    config = Config(
        connect_timeout=5,
        read_timeout=CLIENT_SECONDS,
        retries={"mode": "standard", "total_max_attempts": 4},
    )
    if service == "s3":
        # Only with the region in their host name are signed addresses answered without a redirect,
        # which a Moodle does not follow. An emulator on this machine knows no such names.
        elsewhere = endpoint or os.environ.get("AWS_ENDPOINT_URL_S3") or os.environ.get("AWS_ENDPOINT_URL")
        style = "path" if elsewhere else "virtual"
        addressing: Any = {"addressing_style": style}
        config = config.merge(Config(signature_version="s3v4", s3=addressing))
    return _session().create_client(
        service,
        region_name=region or os.environ.get("AWS_REGION"),
        endpoint_url=endpoint,
        config=config,
        **credentials,
    )


class Wiring:
    """The adapters of one installation of Passerelle. `client` makes one of AWS by its service's name."""

    def __init__(
        self,
        settings: Settings,
        client: Callable[[str], Any] = aws_client,
        clock: Clock | None = None,
    ) -> None:
        self.settings = settings
        self.clock = clock or SystemClock()
        self._make_client = client
        self._clients: dict[str, Any] = {}
        self._looked_at: datetime | None = None

    def client(self, service: str) -> Any:
        if service not in self._clients:
            self._clients[service] = self._make_client(service)
        return self._clients[service]

    def world(self) -> World:
        return World(
            network=self.configuration.network(),
            records=cast(Records, Later(lambda: self.records)),
            archives=cast(Archives, Later(lambda: self.archives)),
            papers=cast(Papers, Later(lambda: self.papers)),
            inventory=cast(Inventory, Later(lambda: self.inventory)),
            backups=cast(BackupReader, Later(lambda: self.backups)),
            sites=cast(Sites, Later(lambda: self.sites)),
            queues=cast(Queues, Later(lambda: self.queues)),
            sources=cast(Sources, Later(lambda: self.sources)),
            clock=self.clock,
            shops=cast(Shops, Later(lambda: self.shops)),
            references=cast(References, Later(lambda: self.references)),
            nights=cast(Nights, Later(lambda: self.nights)),
            dead_letters=cast(DeadLetters, Later(lambda: self.dead_letters)),
            secrets=cast(Secrets, Later(lambda: self.secrets)),
        )

    def site_door(self) -> SiteDoor:
        # A person waits, and API Gateway for half a minute: a Moodle that is away must be said in time.
        world = replace(self.world(), sites=cast(Sites, Later(lambda: self.hurried_sites)))
        requests = cast(Requests, Later(lambda: self.requests))
        return SiteDoor(world, requests, lambda site: self.keys(world.network, site), self._newer_site_door)

    def _newer_site_door(self) -> SiteDoor | None:
        return self.site_door() if self._look_again() else None

    def _look_again(self) -> bool:
        """Forget what is held of the network and its secrets, every ten seconds at most: who knocks with a
        wrong signature does not make us ask S3 and SSM each time.
        """
        now = self.clock.now()
        if self._looked_at is not None and now - self._looked_at < LOOK_AGAIN:
            return False
        self._looked_at = now
        self.configuration.forget()
        self.secrets.forget()
        return True

    def connection_door(self) -> SiteDoor:
        """Where the key of a site's code signs (K1)."""
        from passerelle.usecases.network.connect import code_key

        self._look_again()
        door = self.site_door()
        return replace(door, keys=lambda site: code_key(door.world, site), newer=lambda: None)

    def shop_door(self) -> ShopDoor:
        from passerelle.runtime.shop_keys import shop_keys

        return ShopDoor(
            self.world(),
            lambda shop: shop_keys(shop, self.secret),
            self.shop_desk.api,
            lambda: self.shop_door() if self._look_again() else None,
        )

    def seats_door(self) -> SeatsDoor:
        from passerelle.runtime.shop_keys import seat_keys

        world = self.world()
        return SeatsDoor(
            world,
            lambda: seat_keys(world.network, self.secret),
            lambda: self.seats_door() if self._look_again() else None,
        )

    def keys(self, network: Network, site: str) -> tuple[bytes, ...]:
        """The signing keys of a site, made up to two by one that fits nothing: what a signature costs to
        refuse tells neither how many a site has nor whether it is known.
        """
        known = network.sites.get(site)
        keys = tuple(self._key(name) for name in (known or network.hub_site).secrets)
        decoys = tuple(chance.token_bytes(DECOY_BYTES) for _ in range(MOST_KEYS))
        return (keys + decoys)[:MOST_KEYS] if known else decoys

    def _key(self, name: str) -> bytes:
        try:
            return read_secret(self.secret(name))
        except ValueError:
            raise Misconfigured(name) from None

    def secret(self, name: str) -> str:
        return self.secrets.get(name)

    # -- adapters -------------------------------------------------------------------------------------

    @cached_property
    def configuration(self) -> Configuration:
        from passerelle.store.configuration import Configuration

        return Configuration(self.client("s3"), self.settings.state_bucket, self.clock)

    @cached_property
    def secrets(self) -> SsmSecrets:
        from passerelle.store.secrets import SsmSecrets

        return SsmSecrets(self.client("ssm"), self.clock, key=self.settings.secrets_key)

    @cached_property
    def records(self) -> Records:
        from passerelle.runtime.measured_records import MeasuredRecords
        from passerelle.runtime.observability import measure

        return MeasuredRecords(self._table, lambda one: measure(one.name, one.value, one.unit))

    @cached_property
    def _table(self) -> DynamoRecords:
        from passerelle.store.records import DynamoRecords

        return DynamoRecords(self.client("dynamodb"), self.settings.table)

    @cached_property
    def requests(self) -> Requests:
        from passerelle.store.requests import DynamoRequests

        return DynamoRequests(self.client("dynamodb"), self.settings.table, self.clock)

    @cached_property
    def references(self) -> References:
        from passerelle.store.references import DynamoReferences

        return DynamoReferences(self.client("dynamodb"), self.settings.table, self.clock)

    @cached_property
    def nights(self) -> Nights:
        machine = self.settings.night_machine
        if not machine:
            return NoNights()
        from passerelle.store.nights import MachineNights

        return MachineNights(self.client("stepfunctions"), machine)

    @cached_property
    def dead_letters(self) -> DeadLetters:
        from passerelle.store.dead_letters import SqsDeadLetters

        return SqsDeadLetters(self.client("sqs"), self.settings.queues["orders"])

    @cached_property
    def archives(self) -> Archives:
        from passerelle.store.archives import S3Archives

        return S3Archives(self.client("s3"), self.settings.backups_bucket, self.clock)

    @cached_property
    def inventory(self) -> Inventory:
        from passerelle.store.inventory import AwsInventory

        return AwsInventory(
            self.client("dynamodb"),
            self.settings.table,
            self.client("s3"),
            self.settings.state_bucket,
            self._table,
        )

    @cached_property
    def papers(self) -> Papers:
        from passerelle.store.papers import S3Papers

        return S3Papers(self.client("s3"), self.settings.state_bucket)

    @cached_property
    def queues(self) -> Queues:
        from passerelle.store.queues import SqsQueues

        return SqsQueues(self.client("sqs"), self.settings.queues)

    @cached_property
    def backups(self) -> BackupReader:
        from passerelle.runtime.backups import S3Backups

        return S3Backups(self.client("s3"), lambda: self.settings.backups_bucket)

    @property
    def shops(self) -> Shops:
        return self.shop_desk

    @cached_property
    def shop_desk(self) -> ShopDesk:
        from passerelle.runtime.shops import ShopDesk

        return ShopDesk(self.configuration.network, self.secret)

    @cached_property
    def sources(self) -> Sources:
        from passerelle.runtime.sources import S3Sources

        return S3Sources(
            self.client("s3"), self.settings.state_bucket, self.configuration.network, self.secret
        )

    @cached_property
    def sites(self) -> Sites:
        from passerelle.runtime.lms import Moodles

        return Moodles(self.configuration.network, self.secret, self.secrets.get_now)

    @cached_property
    def hurried_sites(self) -> Sites:
        from passerelle.runtime.lms import Moodles

        return Moodles(self.configuration.network, self.secret, self.secrets.get_now, hurried=True)


@cache
def _warm() -> Wiring:
    return Wiring(Settings.read())


def world() -> World:
    """Of this function, as its environment describes it."""
    return _warm().world()


def hurried_world() -> World:
    """Where a Moodle that is away is not waited for."""
    warm = _warm()
    return replace(warm.world(), sites=cast(Sites, Later(lambda: warm.hurried_sites)))


def bring_back(queue: str, receipt: str, seconds: int) -> None:
    """Have a message that was taken delivered again before its queue would. Raises TryAgain, GiveUp."""
    from passerelle.store import queues

    queues.bring_back(_warm().client("sqs"), queue, receipt, seconds)


def site_door() -> SiteDoor:
    return _warm().site_door()


def connection_door() -> SiteDoor:
    return _warm().connection_door()


def shop_door() -> ShopDoor:
    return _warm().shop_door()


def seats_door() -> SeatsDoor:
    return _warm().seats_door()
