"""Where each secret lies in SSM: a folder for each kind, so that a function reads one and no other (G3)."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, fields, is_dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from passerelle.domain.network import Network

# Field of network.yaml → folder, below the prefix of the installation. `secrets` are a site's or a shop's.
KINDS = {
    "token": "tokens",
    "secrets": "signing",
    "key": "shops",
    "seats_secrets": "seats",
    "password": "directories",
    "ca": "directories",
}


@dataclass(frozen=True, slots=True)
class SecretName:
    path: tuple[str, ...]  # where it stands in network.yaml
    name: str  # of the SSM parameter

    @property
    def kind(self) -> str:
        return "shops" if self.path[0] == "shops" else KINDS[self.path[-1]]

    def lies_in_its_folder(self, prefix: str) -> bool:
        return self.name.startswith(f"{prefix}{self.kind}/")


def secret_names(network: Network) -> Iterator[SecretName]:
    for path, name in _named(network, ()):
        if name:
            yield SecretName(path, name)


def names_to_move(network: Network, prefix: str) -> Mapping[str, str]:
    """Old name → new, of what lies under the prefix and in no folder of its kind."""
    return {
        one.name: f"{prefix}{one.kind}/{one.name.removeprefix(prefix)}"
        for one in secret_names(network)
        if one.name.startswith(prefix) and not one.lies_in_its_folder(prefix)
    }


def _named(value: object, path: tuple[str, ...]) -> Iterator[tuple[tuple[str, ...], str]]:
    if is_dataclass(value) and not isinstance(value, type):
        inside: Iterable[tuple[str, object]] = ((one.name, getattr(value, one.name)) for one in fields(value))
    elif isinstance(value, Mapping):
        inside = ((str(name), one) for name, one in value.items())
    else:
        return
    for name, one in inside:
        if name not in KINDS:
            yield from _named(one, (*path, name))
        elif isinstance(one, str):
            yield (*path, name), one
        elif isinstance(one, tuple):
            for parameter in one:
                yield (*path, name), str(parameter)
