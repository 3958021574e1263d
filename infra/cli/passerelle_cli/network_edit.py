"""network.yaml with a site more, or a secret more: the text as people wrote it, comments and all."""

from __future__ import annotations

import json
from dataclasses import dataclass

import yaml

from passerelle.domain.network import NAME, Network
from passerelle.errors import GiveUp, Refused
from passerelle_cli.network_file import read_network

VIEWER_ROLE = "passerelle_viewer"  # made on the hub when it is connected
CATEGORY = "MUTUALISATION"


@dataclass(frozen=True, slots=True)
class NewSite:
    name: str
    url: str
    title: str
    prefix: str  # of its SSM parameters
    hub: bool = False

    def lines(self, indent: int) -> list[str]:
        inner = " " * (2 * indent)
        return [
            f"{' ' * indent}{self.name}:\n",
            f"{inner}title: {json.dumps(self.title, ensure_ascii=False)}\n",
            f"{inner}url: {self.url}\n",
            f"{inner}token: {self.prefix}tokens/{self.name}\n",
            f"{inner}secrets: [{self.prefix}signing/{self.name}]\n",
        ]


def with_site(text: str, site: NewSite) -> str:
    """The file with this site in it; as it is where the site is there already.

    Raises Refused `url_needed`, `url_differs`, `hub_first`, `hub_is_another`, `file_not_block`,
    NetworkRefused where the result would not do.
    """
    if not text.strip():
        return _first(site)
    network, _ = read_network(text)
    known = network.sites.get(site.name)
    if site.hub and network.hub.site != site.name:
        raise Refused("hub_is_another", hub=network.hub.site)
    if known is not None:
        if site.url not in ("", known.url):
            raise Refused("url_differs", site=site.name, known=known.url, given=site.url)
        return text
    if not site.url:
        raise Refused("url_needed", site=site.name)
    changed = _inserted(text, site)
    after, _ = read_network(changed)
    if {*after.sites} != {*network.sites, site.name} or any(
        after.sites[name] != one for name, one in network.sites.items()
    ):
        raise Refused("file_not_block", site=site.name)
    return changed


def _first(site: NewSite) -> str:
    if not site.hub:
        raise Refused("hub_first")
    if not site.url:
        raise Refused("url_needed", site=site.name)
    if not NAME.fullmatch(site.name):
        raise Refused("field", field="NAME", problem="a-z 0-9 -")
    hub = [f"  site: {site.name}\n", f"  category: {CATEGORY}\n", f"  viewer_role: {VIEWER_ROLE}\n"]
    title = json.dumps(site.title, ensure_ascii=False)
    text = "".join([f"name: {title}\n\nsites:\n", *site.lines(2), "\nhub:\n", *hub])
    read_network(text)
    return text


def _inserted(text: str, site: NewSite) -> str:
    sites = _value(_composed(text), "sites")
    if not isinstance(sites, yaml.MappingNode) or sites.flow_style or not sites.value:
        raise Refused("file_not_block", site=site.name)
    lines = text.splitlines(keepends=True)
    at = sites.end_mark.line if sites.end_mark.column == 0 else sites.end_mark.line + 1
    while at > 0 and (not lines[at - 1].strip() or lines[at - 1].lstrip().startswith("#")):
        at -= 1
    if not lines[at - 1].endswith("\n"):
        lines[at - 1] += "\n"
    block = site.lines(sites.value[0][0].start_mark.column)
    gap = ["\n"] if at < len(lines) and lines[at].strip() else []
    return "".join([*lines[:at], "\n", *block, *gap, *lines[at:]])


def with_new_secret(text: str, site: str, secrets: tuple[str, ...]) -> str:
    """The site's newest secret first, in the parameter that the rotation before used; the last one second."""
    newest = secrets[0]
    spare = secrets[1] if len(secrets) == 2 else f"{newest}-2"
    known = _value(_value(_value(_composed(text), "sites"), site), "secrets")
    changed = (
        text[: known.start_mark.index] + f"[{spare}, {newest}]" + _tail(text, known)
        if known is not None
        else ""
    )
    try:
        after, _ = read_network(changed)
    except GiveUp:
        raise Refused("file_not_block", site=site) from None
    if after.sites[site].secrets != (spare, newest):
        raise Refused("file_not_block", site=site)
    return changed


def _tail(text: str, node: yaml.Node) -> str:
    if isinstance(node, yaml.SequenceNode) and not node.flow_style:
        # A block sequence ends where the next word begins: its own line breaks and indents go with it.
        last = node.value[-1]
        return text[last.end_mark.index :]
    return text[node.end_mark.index :]


def secrets_to_make(network: Network) -> dict[str, str]:
    """SSM parameters that are nobody's but ours, each with whose it is."""
    found = {name: site for site, one in network.sites.items() for name in one.secrets}
    return found | dict.fromkeys(network.seats_secrets, "seats_secrets")


def secrets_of_others(network: Network) -> dict[str, str]:
    """Those that a Moodle, a shop or a directory gives."""
    found = {one.token: site for site, one in network.sites.items()}
    for name, shop in network.shops.items():
        found |= dict.fromkeys((*shop.secrets, shop.api.key), name)
    for name, site in network.sites.items():
        if site.night is not None and site.night.ldap is not None:
            found |= dict.fromkeys((site.night.ldap.password, site.night.ldap.ca), name)
    found.pop("", None)
    return found


def _composed(text: str) -> yaml.Node | None:
    return yaml.compose(text, Loader=yaml.SafeLoader)


def _value(node: yaml.Node | None, name: str) -> yaml.Node | None:
    if not isinstance(node, yaml.MappingNode):
        return None
    for key, value in node.value:
        if key.value == name:
            found: yaml.Node = value
            return found
    return None
