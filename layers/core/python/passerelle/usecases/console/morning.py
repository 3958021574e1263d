"""Every morning: the nights' reports, then to each site's own people what waits for somebody (H2)."""

from __future__ import annotations

from collections import Counter

from passerelle.domain.console import Reach
from passerelle.domain.moodle.plugin import message_to_each
from passerelle.errors import PasserelleError
from passerelle.ports import World
from passerelle.usecases.console.home import MOST_COUNTED, waiting
from passerelle.usecases.night.plan_stage import tonight
from passerelle.usecases.night.report import report_nights
from passerelle.words.console import WORDS
from passerelle.words.sentences import say


def report_and_tell(world: World) -> int:
    """How many reports were made. One site's failure stops no other; it is raised once all are done."""
    made, missed = 0, None
    try:
        made = report_nights(world)
    except PasserelleError as error:
        missed = error
    for site in world.network.sites:
        try:
            tell_what_waits(world, site)
        except PasserelleError as error:
            missed = missed or error
    if missed is not None:
        raise missed
    return made


def tell_what_waits(world: World, site: str) -> None:
    """One message a day to whom the site's night names, if anything waits within the site's reach."""
    configured = world.network.sites[site]
    rules = configured.night
    if rules is None or not rules.report_to:
        return
    reach = Reach(
        sites=frozenset({site}),
        shops=frozenset(name for name, shop in world.network.shops.items() if shop.site == site),
        publications=site == world.network.hub.site,
    )
    counts = Counter(one.kind for one in waiting(world, reach, MOST_COUNTED))
    if not counts:
        return
    lang, day = configured.language, tonight(rules, world.clock.now()).isoformat()
    lines = [f"{say(WORDS[kind], lang)} : {count}" for kind, count in sorted(counts.items())]
    link = f"{world.network.address}/console/begin?site={site}" if world.network.address else ""
    values = {
        "subject": say("waiting_subject", lang, count=counts.total()),
        "text": "\n".join([say("waiting_text", lang, count=counts.total()), "", *lines, "", link]).rstrip(),
    }
    world.sites.lms(site).notify(message_to_each(rules.report_to, f"waiting:{site}:{day}", lang, values))
