"""Which Moodles of a network cannot work with which others, by release and plugins (P16)."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from passerelle.domain.backups.compatibility import newer_release, short_release
from passerelle.domain.moodle.plugin import SiteFacts
from passerelle.domain.network import Network
from passerelle.usecases.network.findings import Finding, bad, good, warning


def judge_pairs(network: Network, met: Mapping[str, SiteFacts]) -> Iterator[Finding]:
    """Of the sites that answered: what the hub cannot take, what each member cannot, what a new year cannot.

    A course goes by way of the hub, but it is its own site's archive that is restored at home.
    """
    hub = network.hub.site
    found: list[Finding] = []
    for name in sorted(met.keys() - {hub} if hub in met else ()):
        found += _release(name, hub, met, "mutualisés sur", "shared on", grave=True) or _plugins(
            name,
            hub,
            met,
            "les cours qui s’en servent ne peuvent pas y être mutualisés",
            "courses that use them cannot be shared there",
        )
    for name in sorted(met.keys() - {hub}):
        for home in sorted(met.keys() - {hub, name}):
            found += _release(name, home, met, "rapatriés sur", "brought home to", grave=False)
    for site in sorted(met):
        previous = network.sites[site].previous
        if previous in met:
            found += _release(previous, site, met, "repris sur", "taken over by", grave=True) or _plugins(
                previous,
                site,
                met,
                "ces activités ne peuvent pas y être reprises",
                "these activities cannot be taken over",
            )
    yield from found
    if len(met) > 1 and not found:
        yield good(
            hub,
            "les versions et les plugins des sites vont ensemble",
            "releases and plugins of the sites go together",
        )


def _release(
    source: str, target: str, met: Mapping[str, SiteFacts], french: str, english: str, *, grave: bool
) -> list[Finding]:
    if newer_release(met[source].release, met[target].release) is None:
        return []
    newer, older = short_release(met[source].release), short_release(met[target].release)
    find = bad if grave else warning
    return [
        find(
            source,
            f"ses cours ne peuvent pas être {french} {target} : Moodle {newer} ici, {older} là-bas ; "
            f"mettez {target} à jour",
            f"its courses cannot be {english} {target}: Moodle {newer} here, {older} there; upgrade {target}",
        )
    ]


def _plugins(
    source: str, target: str, met: Mapping[str, SiteFacts], french: str, english: str
) -> list[Finding]:
    """Activities only: a block that is missing leaves a course whole."""
    here, there = ({plugin.name for plugin in met[site].modules} for site in (source, target))
    lacking = sorted(here - there) if there else []
    if not lacking:
        return []
    listed = ", ".join(lacking)
    return [
        warning(
            source,
            f"{target} n’a pas {listed} : {french}",
            f"{target} lacks {listed}: {english}",
        )
    ]
