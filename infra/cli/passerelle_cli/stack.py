"""Which installation of Passerelle a command talks to: the one on this machine, or one on AWS."""

from __future__ import annotations

import json
import os
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from functools import wraps
from pathlib import Path
from typing import Any, Self, TypeVar
from urllib.parse import urlsplit

import click

from passerelle.domain.records import Person
from passerelle.errors import GiveUp
from passerelle.ports import World
from passerelle.runtime.settings import Settings
from passerelle.runtime.wiring import Wiring, aws_client
from passerelle_cli.terminal import language, nearest, refuse, worded

F = TypeVar("F", bound=Callable[..., Any])

FILE = Path(".passerelle") / "stack.json"  # `passerelle up` writes it
QUEUES = ("publications", "retrievals", "rollovers", "jobs", "orders")
LOOPBACK = ("127.0.0.1", "localhost", "::1")


class StackUnknown(GiveUp):
    """`where` was looked for and not found, or not readable."""

    def __init__(self, where: str) -> None:
        super().__init__("stack_unknown", where=where)


@dataclass(frozen=True, slots=True)
class Stack:
    table: str
    backups_bucket: str
    state_bucket: str
    queues: Mapping[str, str] = field(default_factory=dict)  # name → address
    api: str = ""
    region: str | None = None
    endpoint_url: str | None = None
    secrets_prefix: str = "/passerelle/"  # under which functions may read secrets
    release: str = ""  # of Passerelle that is deployed there

    @classmethod
    def load(cls, file: Path | None = None, name: str | None = None) -> Self:
        """From the file named, else the stack named, else the environment of a function, else the file
        that `passerelle up` left here or above. Raises StackUnknown.
        """
        if file is not None:
            return cls.from_file(file)
        if name is not None:
            return cls.from_outputs(name)
        if os.environ.get("PASSERELLE_TABLE"):
            return cls.from_environment(os.environ)
        for folder in (Path.cwd(), *Path.cwd().parents):
            if (folder / FILE).is_file():
                return cls.from_file(folder / FILE)
        raise StackUnknown(str(FILE))

    @classmethod
    def from_file(cls, path: Path) -> Self:
        try:
            said = json.loads(path.read_text())
            return cls(**{name: said[name] for name in cls.__dataclass_fields__ if name in said})
        except (OSError, ValueError, TypeError):
            raise StackUnknown(str(path)) from None

    @classmethod
    def from_environment(cls, environment: Mapping[str, str]) -> Self:
        settings = Settings(environment)
        return cls(
            table=settings.table,
            backups_bucket=settings.backups_bucket,
            state_bucket=settings.state_bucket,
            queues={str(name): address for name, address in settings.queues.items()},
            api=environment.get("PASSERELLE_API", ""),
            secrets_prefix=settings.secrets_prefix,
        )

    @classmethod
    def from_outputs(cls, name: str, client: Any = None) -> Self:
        """From the outputs of a CloudFormation stack."""
        cloudformation = client or aws_client("cloudformation")
        try:
            (stack,) = cloudformation.describe_stacks(StackName=name)["Stacks"]
        except Exception as error:
            # Without a region, credentials or an answer, nobody knows whether there is one.
            if "does not exist" not in str(error):
                raise
            raise StackUnknown(name) from None
        said = {output["OutputKey"]: output["OutputValue"] for output in stack.get("Outputs", [])}
        try:
            return cls(
                table=said["Table"],
                backups_bucket=said["BackupsBucket"],
                state_bucket=said["StateBucket"],
                queues={one: said[f"{one.capitalize()}Queue"] for one in QUEUES},
                api=said.get("ApiAddress", ""),
                secrets_prefix=said.get("SecretsPrefix", "/passerelle/"),
                release=said.get("Release", ""),
            )
        except KeyError:
            raise StackUnknown(name) from None

    def wiring(self) -> Wiring:
        return Wiring(Settings(self.environment()), self.client)

    def world(self) -> World:
        return self.wiring().world()

    def environment(self) -> dict[str, str]:
        return {
            "PASSERELLE_TABLE": self.table,
            "PASSERELLE_BACKUPS_BUCKET": self.backups_bucket,
            "PASSERELLE_STATE_BUCKET": self.state_bucket,
            **{f"PASSERELLE_{name.upper()}_QUEUE": address for name, address in self.queues.items()},
        }

    def client(self, service: str) -> Any:
        credentials: dict[str, str] = {}
        if self.endpoint_url and urlsplit(self.endpoint_url).hostname in LOOPBACK:
            # An emulator on this machine never gets to see a real key.
            credentials = {"aws_access_key_id": "test", "aws_secret_access_key": "test"}
        return aws_client(service, region=self.region, endpoint=self.endpoint_url, **credentials)


def world_of(find_stack: Callable[[], Stack], *, site: str | None = None, shop: str | None = None) -> World:
    """A site or shop that is given and that the installation lacks is refused with the nearest."""
    world = find_stack().world()
    if site:
        known_site(site, world.network.sites)
    if shop:
        known_shop(shop, world.network.shops)
    return world


def person_on(world: World, site: str, username: str, option: str = "--user") -> Person:
    """As that Moodle knows them."""
    found = world.sites.lms(site).find_users("username", [username]).get(username, ())
    if not found:
        french = "{site} n’a pas de compte « {username} ». Donnez l’identifiant de connexion là-bas."
        english = "{site} has no account “{username}”. Give the username there."
        refuse(option, worded(french, english, site=site, username=username))
    user = found[0]
    return Person(
        username=user.username,
        idnumber=user.idnumber,
        email=user.email or "",
        firstname=user.firstname,
        lastname=user.lastname,
        lang=user.lang or language(),
    )


def known_site(site: str, sites: Iterable[str], option: str = "--site") -> None:
    names = list(sites)
    if site not in names:
        sentence = worded("« {site} » n’est pas un site du réseau.", "“{site}” is no site.", site=site)
        refuse(option, f"{sentence} {nearest(site, names)}")


def known_shop(shop: str, shops: Iterable[str], option: str = "--shop") -> None:
    names = list(shops)
    if shop not in names:
        sentence = worded("« {shop} » n’est pas une boutique du réseau.", "“{shop}” is no shop.", shop=shop)
        refuse(option, f"{sentence} {nearest(shop, names)}")


def on_a_stack(command: F) -> F:
    """Adds `--stack` and `--stack-name` to a command, which gets `find_stack`: called, it gives the Stack."""

    @wraps(command)
    def with_stack(*args: Any, stack_file: Path | None, stack_name: str | None, **options: Any) -> Any:
        return command(*args, find_stack=lambda: Stack.load(stack_file, stack_name), **options)

    named: Any = click.option(
        "--stack-name",
        envvar="PASSERELLE_STACK_NAME",
        help="Name of the CloudFormation stack on AWS (default: PASSERELLE_STACK_NAME).",
    )(with_stack)
    whole: F = click.option(
        "--stack",
        "stack_file",
        type=click.Path(path_type=Path, dir_okay=False),
        help=f"File of addresses that `passerelle up` wrote (default: {FILE}, here or above).",
    )(named)
    return whole
