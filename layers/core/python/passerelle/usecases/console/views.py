"""What each page of the console shows, within somebody's reach: a few bounded queries, never a scan (H2).

Use cases are imported inside: the console starts with what its first page needs; each page pays for its own.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import replace
from datetime import date, datetime, timedelta
from itertools import islice
from typing import Any, TypeVar

from passerelle.domain.console import ConsoleAct, Reach
from passerelle.domain.night.plan.run import WHOLE, NightDesk, Run
from passerelle.domain.offer.stages import Stage
from passerelle.domain.orders.facts import Buyer, Participant
from passerelle.domain.orders.order import Order
from passerelle.domain.publishing.publication import Publication
from passerelle.domain.records import Note, Person, RunningJob
from passerelle.domain.rollover.rollover import Rollover
from passerelle.domain.site_commands import AskWhy
from passerelle.domain.states import OrderState, PublicationState, RunState
from passerelle.errors import GiveUp, NotFound, Refused
from passerelle.ports import World
from passerelle.usecases.console.home import MOST, newest_runs, seen, waiting
from passerelle.usecases.night import documents
from passerelle.usecases.night.plan_stage import rules_of, tonight
from passerelle.words.night_report import say_kind
from passerelle.words.plan import Said, kind_of, say_operation
from passerelle.words.sentences import say

PAGE = 50
NIGHTS = 30
MOST_LINES = 200  # of a plan
MOST_LOOKED_UP = 15  # things on one page of which each is a question of its own to the table
DAYS_OF_ACTS = 31
LONGEST_PLACE = 6 + 1024  # of `refusals.refusals`: a count, and the longest key that S3 takes, in bytes
AGES = ("received_at", "requested_at", "created_at", "asked_at", "made_at", "started_at", "at")

Shown = dict[str, Any]
T = TypeVar("T")


def _within(found: T | None, reached: Callable[[T], bool] = lambda _: True) -> T:
    """Raises Refused `console_out_of_reach`: whether a thing exists is not told to whom it is closed."""
    if not found or not reached(found):
        raise Refused("console_out_of_reach")
    return found


def home(world: World, reach: Reach) -> Shown:
    """`cut`: perhaps more of one kind waits; `looked_at`: the oldest of the last looks at sites and webhooks;
    None: there was none.
    """
    found = waiting(world, reach)
    return {
        "waiting": found,
        "cut": max(Counter(one.kind for one in found).values(), default=0) >= MOST,
        "now": world.clock.now(),
        "looked_at": min((one.at for one in seen(world, reach)), default=None),
    }


# -- nights ---------------------------------------------------------------------------------------------


def nights(world: World, reach: Reach) -> list[Shown]:
    """Per site the last thirty nights, newest first, and what people decided about its nights."""
    return [
        _nights_of(world, name) for name in sorted(reach.sites) if world.network.sites[name].night is not None
    ]


def _nights_of(world: World, site: str) -> Shown:
    rules = rules_of(world, site)
    today = tonight(rules, world.clock.now())
    by_night: dict[str, list[Run]] = {}
    for run in newest_runs(world, site, limit=NIGHTS * (len(Stage) + 1)):
        by_night.setdefault(run.night, []).append(run)
    days = [(today - timedelta(back)).isoformat() for back in range(NIGHTS)]
    desk = world.records.get(NightDesk, site) or NightDesk(id=site)
    return {
        "name": site,
        "title": world.network.sites[site].title,
        "desk": desk,
        "freezes": [
            one for one in (*rules.freezes, *desk.freezes) if one.until is None or one.until >= today
        ],
        "strip": [(day, _worst(by_night.get(day, []))) for day in reversed(days)],
        "recent": [
            (day, sorted(by_night[day], key=lambda run: run.started_at))
            for day in days[:7]
            if day in by_night
        ],
    }


_WORSE = (
    RunState.FAILED,
    RunState.HELD,
    RunState.FROZEN,
    RunState.APPLYING,
    RunState.PLANNING,
    RunState.PLANNED,
)


def _worst(runs: list[Run]) -> RunState | None:
    """What a night is told by: its worst stage; None where none ran."""
    states = {run.state for run in runs}
    return next((state for state in _WORSE if state in states), RunState.DONE if states else None)


def run(world: World, reach: Reach, run_id: str, wanted: str, lang: str) -> Shown:
    """A run, and the lines of its plan that hold `wanted` (person, course, operation), 200 at most: what is
    done, in words, and to what."""
    known = _within(world.records.get(Run, run_id), lambda run: run.site in reach.sites)
    try:
        lines = list(islice(_matching(world, known, wanted, lang), MOST_LINES + 1)) if known.folder else []
    except GiveUp:  # the plan's documents are gone or cut: the run itself can still be looked at
        lines = []
    return {
        "run": known,
        "whole": known.stage == WHOLE,
        "lines": lines[:MOST_LINES],
        "more": len(lines) > MOST_LINES,
        "total": sum(known.counts.values()),
    }


def _matching(world: World, known: Run, wanted: str, lang: str) -> Iterator[Said]:
    needle = wanted.strip().lower()
    names = documents.load_names(world.papers, known)
    for line in documents.load_lines(world.papers, known):
        kind, said = say_kind(kind_of(line), 1, lang), say_operation(line, names, lang)
        codes = [value for name, value in line.items() if name not in ("rows", "because", "phase", "id")]
        if not needle or any(needle in str(one).lower() for one in (kind, said.text, said.where, *codes)):
            yield said


def report(world: World, reach: Reach, site: str, night: str, lang: str) -> str:
    from passerelle.usecases.night.report import report_key

    _within(site in reach.sites)
    try:
        day = date.fromisoformat(night)
    except ValueError:
        raise NotFound("report_unknown", site=site, night=night[:20]) from None
    text = world.papers.get_text(report_key(site, day, f"{lang}.html"))
    if text is None:
        raise NotFound("report_unknown", site=site, night=night)
    return text


# -- orders ---------------------------------------------------------------------------------------------


def orders(world: World, reach: Reach, query: Mapping[str, str]) -> Shown:
    """By shop or state, newest first; or those of a number, a buyer or a learner."""
    _within(reach.shops)
    wanted = query.get("q", "").strip()
    shops = sorted(reach.shops)
    shop = query.get("shop", "")
    state = query.get("state", "")
    after = query.get("after") or None
    found: Iterable[Order]
    if wanted:
        found, after = _searched(world, shops, wanted, after)
    elif state in {one.value for one in OrderState}:
        listed = world.records.list(Order, "state", state, after=after, limit=PAGE, newest_first=True)
        found, after = (o for o in listed.items if shop in ("", o.shop)), listed.next
    else:
        shop = shop if shop in reach.shops else shops[0]
        listed = world.records.list(Order, "shop", shop, after=after, limit=PAGE, newest_first=True)
        found, after = listed.items, listed.next
    return {
        "orders": [order for order in found if order.shop in reach.shops],
        "next": after,
        "shops": shops,
        "shop": shop,
        "state_asked": state,
        "states": list(OrderState),
    }


def _searched(
    world: World, shops: list[str], wanted: str, after: str | None
) -> tuple[Iterable[Order], str | None]:
    """By the shop's own id or the number that people know; else by address or username; else by name."""
    from passerelle.domain.person_words import by_identifier, person_words

    if after is None:
        exact = list(_by_number(world, shops, wanted))
        if exact:
            return exact, None
    for word in (by_identifier(wanted), *_last_names(wanted)):
        page = world.records.naming(word, Order, after=after, limit=PAGE)
        found = [order for order in page.items if word in person_words(order) and _bears(order, word, wanted)]
        if found or page.next:
            return found, page.next
    return (), None


def _by_number(world: World, shops: list[str], wanted: str) -> Iterator[Order]:
    number = wanted.lower().lstrip("#")
    known = [
        *(world.records.get(Order, name) for name in (wanted, *(f"{shop}:{number}" for shop in shops))),
        *world.records.list(Order, "number", number, limit=PAGE, newest_first=True).items,
    ]
    yield from {order.id: order for order in known if order is not None}.values()


def _last_names(wanted: str) -> list[str]:
    """What of `first last` or `last first` may be the last name: all of it, then less and less."""
    from passerelle.domain.person_words import by_last_name

    words = wanted.split()[:6]
    parts = [words, *(words[n:] for n in range(1, len(words))), *(words[:-n] for n in range(1, len(words)))]
    return [by_last_name(" ".join(part)) for part in parts]


def _bears(order: Order, word: str, wanted: str) -> bool:
    """Whether one person of the order bears all that was asked for, where it was a name."""
    from passerelle.domain.person_words import by_last_name

    if not word.startswith("name "):
        return True
    asked = set(by_last_name(wanted).split())
    people: list[Buyer | Participant] = [order.buyer]
    people += [one for line in order.lines for one in line.participants]
    people += [seat.person for seat in order.seats]
    return any(asked <= set(by_last_name(f"{one.firstname} {one.lastname}").split()) for one in people)


def order(world: World, reach: Reach, order_id: str, begin: str) -> Shown:
    from passerelle.usecases.console import story

    found = _within(world.records.get(Order, order_id), lambda order: order.shop in reach.shops)
    acts = about(world, order_id)
    people, later = story.people(world, found, int(begin) if begin.isdigit() else 0)
    return {
        "order": found,
        "link": world.shops.seats_link(found) if found.seats or found.due else "",
        "story": story.happened(world, found, acts),
        "people": people,
        "later": later,
    }


# -- people ---------------------------------------------------------------------------------------------


def people(world: World, reach: Reach, name: str) -> Shown:
    """What is held of a person, or why nothing is shown; without a name, the form alone."""
    from passerelle.usecases.console import people as held
    from passerelle.usecases.list_anew import all_is_listed

    _within(reach.sites)
    shown: Shown = {
        "who": name,
        "held": None,
        "trouble": None,
        "listed": all_is_listed(world),
        "erasure": None,
    }
    if not name:
        return shown
    try:
        told = held.look(world, reach, name)
    except GiveUp as refused:
        return shown | {"trouble": Note(refused.code, {k: str(v) for k, v in refused.details.items()})}
    return shown | {"held": told, "rows": [_row(one) for one in told["records"]]}


def _row(held: Mapping[str, Any]) -> Shown:
    record = held["record"]
    at = next((record[name] for name in AGES if record.get(name)), "")
    title = record.get("fullname") or (record.get("card") or {}).get("title") or record.get("number")
    return {
        "kind": held["kind"],
        "id": held["id"],
        "title": str(title or held["id"]),
        "site": record.get("shop") or record.get("site") or "",
        "at": datetime.fromisoformat(str(at)) if at else None,
    }


def erasure(world: World, reach: Reach, alias: str) -> Shown:
    from passerelle.usecases.console import people as held

    return people(world, reach, "") | {"erasure": held.forgotten(world, reach, alias)}


# -- publications, years --------------------------------------------------------------------------------


def publications(world: World, reach: Reach, query: Mapping[str, str]) -> Shown:
    from passerelle.usecases.publishing import ask

    _within(reach.publications)
    state = query.get("state", "")
    if "to_reclassify" in query:  # the first of them: what is moved makes room for others
        return {
            "publications": list(islice(ask.standing_where_put(world), MOST_LOOKED_UP)),
            "next": None,
            "state_asked": "",
            "states": list(PublicationState),
        }
    index, value = ("state", state) if state in {one.value for one in PublicationState} else ("all", "all")
    listed = world.records.list(
        Publication, index, value, after=query.get("after") or None, limit=PAGE, newest_first=True
    )
    return {
        "publications": list(listed.items),
        "next": listed.next,
        "state_asked": state,
        "states": list(PublicationState),
    }


def drop_refusals(world: World, reach: Reach, query: Mapping[str, str], lang: str) -> Shown:
    """What is refused of drop folders: of all only an operator's to read, who also sees those of no site."""
    from passerelle.usecases.publishing import refusals

    _within(reach.sites)
    sites = sorted(reach.sites)
    site = query.get("site", "")
    if site not in reach.sites:
        site = "" if reach.everything else sites[0]
    after = query.get("after", "").encode(errors="replace")[:LONGEST_PLACE].decode(errors="ignore")
    found, past = refusals.refusals(world, site, lang, after=after, limit=MOST_LOOKED_UP)
    return {"refusals": found, "next": past, "sites": sites, "site": site}


def publication(world: World, reach: Reach, publication_id: str) -> Shown:
    from passerelle.usecases.publishing import lineage

    found = _within(world.records.get(Publication, publication_id), lambda _: reach.publications)
    return {
        "publication": found,
        "family": lineage.in_lines(lineage.family(world, found.id)),
        "holders": lineage.holders(world, found.network_id),
        "acts": about(world, publication_id),
    }


def rollovers(world: World, reach: Reach, query: Mapping[str, str]) -> Shown:
    from passerelle.domain.rollover.plan import PlanRun

    sites = [name for name in sorted(reach.sites) if world.network.sites[name].previous]
    _within(sites)
    site = query.get("site", "") if query.get("site", "") in sites else sites[0]
    listed = world.records.list(
        Rollover, "site", site, after=query.get("after") or None, limit=PAGE, newest_first=True
    )
    runs = world.records.list(PlanRun, "site", site, limit=PAGE, newest_first=True).items
    shown = {"rollovers": list(listed.items), "next": listed.next, "plans": list(runs)}
    return {**shown, "sites": sites, "site": site}


def faculty(world: World, reach: Reach, query: Mapping[str, str]) -> Shown:
    """A faculty's plan as a table: what would be done or why not, and what became of it."""
    from passerelle.domain.rollover.plan import Decision, PlanRun
    from passerelle.usecases.rollover import plans

    found = _within(world.records.get(PlanRun, query.get("id", "")), lambda run: run.site in reach.sites)
    plan = plans.read(world, found.id)
    verdict = query.get("verdict", "")
    lines = [line for line in plan.lines if verdict in ("", line.verdict.value)]
    begin = max(0, int(query["from"])) if query.get("from", "").isdigit() else 0
    shown = lines[begin : begin + MOST_LOOKED_UP]
    return {
        "run": found,
        "plan": plan,
        "rows": [(line, world.records.get(Rollover, plans.rollover_of(plan, line))) for line in shown],
        "verdict": verdict,
        "verdicts": list(Decision),
        "later": begin + MOST_LOOKED_UP if begin + MOST_LOOKED_UP < len(lines) else None,
        "acts": about(world, found.id),
    }


# -- sites, why, acts -----------------------------------------------------------------------------------


def sites(world: World, reach: Reach, asked: str) -> Shown:
    """Those within reach; one is asked at a time, since a Moodle that is away takes its time to say so."""
    from passerelle.usecases.network.check import check_moodle

    names = sorted(reach.sites)
    known = asked in names
    running = world.records.list(RunningJob, "running", "yes", limit=MOST_LINES, newest_first=True).items
    return {
        "looked": {one.about: one for one in seen(world, reach) if one.id.startswith("site:")},
        "jobs": {name: [job for job in running if job.site == name] for name in names},
        "sites": [(name, world.network.sites[name]) for name in names],
        "hub": world.network.hub.site,
        "asked": asked if known else "",
        "findings": list(check_moodle(world.network, asked, world.sites.lms, world.clock)) if known else [],
    }


def why(world: World, reach: Reach, query: Mapping[str, str], lang: str) -> Shown:
    """The desk's question, for any site within reach that has nights."""
    from passerelle.usecases.night import why as night_why

    names = [name for name in sorted(reach.sites) if world.network.sites[name].night is not None]
    site = query.get("site", "") if query.get("site", "") in names else next(iter(names), "")
    who, course, reference = (query.get(name, "").strip() for name in ("who", "course", "reference"))
    text = ""
    if site and (reference or (who and course)):
        command = AskWhy(site=site, type="why", who=who, course=course, reference=reference)
        try:
            text = str(night_why.answer(world, _in(command, lang)).get("text", ""))
        except GiveUp as refused:
            text = say(refused.code, lang, **refused.details)
    return {"sites": names, "site": site, "text": text}


def _in(command: AskWhy, lang: str) -> AskWhy:
    return replace(command, person=Person(username="", lang=lang))


def acts(world: World, reach: Reach, query: Mapping[str, str]) -> Shown:
    """What was decided on a day, newest first; everything is only an operator's to read."""
    _within(reach.everything)
    today = world.clock.now().date()
    try:
        day = date.fromisoformat(query.get("day", ""))
    except ValueError:
        day = today
    listed = world.records.list(
        ConsoleAct, "day", day.isoformat(), after=query.get("after") or None, limit=PAGE, newest_first=True
    )
    days = [(today - timedelta(back)).isoformat() for back in range(DAYS_OF_ACTS)]
    return {"acts": list(listed.items), "next": listed.next, "chosen": day.isoformat(), "days": days}


def about(world: World, subject: str) -> list[ConsoleAct]:
    return list(world.records.list(ConsoleAct, "about", subject, limit=PAGE, newest_first=True).items)
