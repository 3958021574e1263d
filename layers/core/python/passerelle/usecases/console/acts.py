"""What may be done in the console: the use cases of the command, allowed by reach and recorded (H2)."""

from __future__ import annotations

import secrets
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from datetime import date

from passerelle.domain.console import ConsoleAct, Operator, Reach
from passerelle.domain.night.plan.run import Run
from passerelle.domain.night.policy import Freeze
from passerelle.domain.orders.delivery import Delivery
from passerelle.domain.orders.order import Order
from passerelle.domain.orders.people import read_people
from passerelle.domain.orders.products import read_span
from passerelle.domain.publishing.publication import Publication
from passerelle.domain.records import Person
from passerelle.domain.rollover.plan import PlanRun
from passerelle.errors import GiveUp, NotFound, Refused
from passerelle.ports import World
from passerelle.usecases.console import people
from passerelle.usecases.night import desk
from passerelle.usecases.night.plan_stage import rules_of, tonight
from passerelle.usecases.orders import seats, work
from passerelle.usecases.people import Forgotten
from passerelle.usecases.publishing import ask, lineage
from passerelle.usecases.rollover import plans

LONGEST_WHY = 300


@dataclass(frozen=True, slots=True, kw_only=True)
class Wish:
    """A form as it came: what, about what, why, and what else its act needs."""

    act: str
    about: str
    why: str = ""
    fields: Mapping[str, str]

    def field(self, name: str) -> str:
        return self.fields.get(name, "").strip()

    def day(self, name: str) -> date | None:
        """Raises Refused `date_unreadable`."""
        text = self.field(name)
        if not text:
            return None
        try:
            return date.fromisoformat(text)
        except ValueError:
            raise Refused("date_unreadable", given=text[:20]) from None


@dataclass(frozen=True, slots=True)
class Act:
    """`reaches` says whether the subject is within reach; `do` is done as `Operator.id`; `calls` says what a
    person calls a subject whose id says nothing.
    """

    reaches: Callable[[World, Reach, str], bool]
    do: Callable[[World, str, Wish], object]
    calls: Callable[[World, Wish], str] = lambda _world, _wish: ""
    needs_why: bool = False
    nameless: bool = False  # about somebody whom the record of it must not name


def perform(world: World, operator: Operator, reach: Reach, wish: Wish) -> object:
    """Done and recorded, or refused and recorded. Answers what its use case does, and raises as it does:
    Refused, NotFound, GiveUp.
    """
    act = ACTS.get(wish.act)
    if act is None or not act.reaches(world, reach, wish.about):
        raise Refused("console_out_of_reach")
    if act.needs_why and not wish.why.strip():
        raise Refused("console_why")
    subject = act.calls(world, wish)
    try:
        done = act.do(world, operator.id, wish)
    except GiveUp as refused:
        told = replace(wish, about="", why="") if act.nameless else wish
        _record(world, operator, told, subject, refused.code)
        raise
    if isinstance(done, Forgotten):
        wish = replace(wish, about=done.alias, why=done.because)
    _record(world, operator, wish, subject)
    return done


def _record(world: World, operator: Operator, wish: Wish, subject: str, refused: str = "") -> None:
    world.records.add(
        ConsoleAct(
            id=secrets.token_hex(12),
            at=world.clock.now(),
            by=operator.id,
            act=wish.act,
            about=wish.about,
            why=wish.why.strip()[:LONGEST_WHY],
            refused=refused,
            subject=subject,
        )
    )


# -- within reach ---------------------------------------------------------------------------------------


def _order(world: World, reach: Reach, about: str) -> bool:  # noqa: ARG001 - one shape for all of ACTS
    return about.partition(":")[0] in reach.shops


def _delivery_or_order(world: World, reach: Reach, about: str) -> bool:
    delivery = world.records.get(Delivery, about)
    return (delivery.shop if delivery else about.partition(":")[0]) in reach.shops


def _run(world: World, reach: Reach, about: str) -> bool:
    run = world.records.get(Run, about)
    return run is not None and run.site in reach.sites


def _site(world: World, reach: Reach, about: str) -> bool:
    site = world.network.sites.get(about)
    return site is not None and site.night is not None and about in reach.sites


def _publication(world: World, reach: Reach, about: str) -> bool:
    return reach.publications and world.records.get(Publication, about) is not None


# -- as a person calls it ---------------------------------------------------------------------------------


def _new_plan(_world: World, wish: Wish) -> str:
    return f"{wish.field('category')} ({wish.about})"


def _known_plan(world: World, wish: Wish) -> str:
    run = world.records.get(PlanRun, wish.about)
    return f"{run.category} ({run.site})" if run else ""


def _title(world: World, wish: Wish) -> str:
    found = world.records.get(Publication, wish.about)
    return found.card.title if found else ""


# -- done -----------------------------------------------------------------------------------------------


def _release_run(world: World, by: str, wish: Wish) -> None:
    run = desk.release(world, wish.about, by)
    world.nights.resume(run.id)


def _hold_site(world: World, by: str, wish: Wish) -> None:
    desk.hold_site(world, wish.about, by, wish.why)


def _let_go_site(world: World, _by: str, wish: Wish) -> None:
    desk.hold_site(world, wish.about, "")


def _freeze(world: World, by: str, wish: Wish) -> None:
    since = wish.day("since") or _today(world, wish.about)
    courses = tuple(wish.field("courses").replace(",", " ").split())
    categories = tuple(wish.field("categories").replace(",", " ").split())
    wanted = Freeze(
        since=since, until=wish.day("until"), by=by, why=wish.why, courses=courses, categories=categories
    )
    desk.freeze(world, wish.about, wanted)


def _thaw(world: World, _by: str, wish: Wish) -> None:
    desk.thaw(world, wish.about, _today(world, wish.about))


def _today(world: World, site: str) -> date:
    return tonight(rules_of(world, site), world.clock.now())


def _assign(world: World, _by: str, wish: Wish) -> None:
    read = read_people(wish.field("people"), "tutor" if wish.field("kind") == "tutor" else "learner")
    problems = read.problems
    if not problems:
        if not read.people:
            raise Refused("people_none")
        problems = read.placed(seats.name_people(world, wish.about, wish.field("line"), read.people))
    if problems:
        raise Refused("people_row", row=problems[0].row)


def _reschedule(world: World, by: str, wish: Wish) -> None:
    text = wish.field("by")
    sign = -1 if text.startswith(("-", "−")) else 1
    try:
        span = read_span(text.lstrip("+-−"), "by")
    except GiveUp:
        raise Refused("span_unreadable", given=text[:20]) from None
    work.reschedule(world, wish.about, sign * int(span.total_seconds()), by)


def _park(world: World, by: str, wish: Wish) -> None:
    work.park(world, wish.about, by, wish.why)


def _release_order(world: World, by: str, wish: Wish) -> None:
    work.release(world, wish.about, by, wish.why)


def _replay(world: World, _by: str, wish: Wish) -> None:
    if world.records.get(Delivery, wish.about) is None and world.records.get(Order, wish.about) is None:
        raise NotFound("order_unknown", order=wish.about)
    work.replay(world, wish.about)


def _withdraw(world: World, by: str, wish: Wish) -> None:
    ask.take_out(world, wish.about, f"withdrawn by {by}: {wish.why}")


def _tell_holders(world: World, _by: str, wish: Wish) -> None:
    lineage.tell_holders(world, wish.about)


def _plan_site(world: World, reach: Reach, about: str) -> bool:
    site = world.network.sites.get(about)
    return site is not None and bool(site.previous) and about in reach.sites


def _plan(world: World, reach: Reach, about: str) -> bool:
    run = world.records.get(PlanRun, about)
    return run is not None and run.site in reach.sites


def _administrator(world: World, site: str, by: str) -> Person:
    """Whoever decides is asked to be an administrator of that very site: rollovers are done in that name."""
    where, _, identity = by.partition(":")
    if where != site:
        raise Refused("override_not_allowed")
    users = world.sites.lms(site).find_users(world.network.identity, [identity]).get(identity, ())
    if len(users) != 1:
        raise Refused("owner_unknown")
    user = users[0]
    return Person(
        username=user.username,
        idnumber=user.idnumber,
        email=user.email or "",
        firstname=user.firstname,
        lastname=user.lastname,
        lang=user.lang or "fr",
    )


def _make_plan(world: World, by: str, wish: Wish) -> None:
    administrator = _administrator(world, wish.about, by)
    plans.make(world, wish.about, wish.field("category"), administrator.username)


def _apply_plan(world: World, by: str, wish: Wish) -> None:
    run = world.records.get(PlanRun, wish.about)
    if run is not None:
        plans.let_run(world, run.id, _administrator(world, run.site, by))


def _stop_plan(world: World, by: str, wish: Wish) -> None:
    plans.stop(world, wish.about, by)


def _forget(world: World, _by: str, wish: Wish) -> Forgotten:
    return people.forget(world, wish.about, wish.why)


ACTS: Mapping[str, Act] = {
    "order_replay": Act(_delivery_or_order, _replay),
    "order_release": Act(_order, _release_order, needs_why=True),
    "order_park": Act(_order, _park, needs_why=True),
    "order_reschedule": Act(_order, _reschedule),
    "order_assign": Act(_order, _assign),
    "order_revoke_link": Act(_order, lambda world, by, wish: work.revoke_link(world, wish.about, by)),
    "run_release": Act(_run, _release_run),
    "run_hold": Act(_run, lambda world, by, wish: desk.hold(world, wish.about, by, wish.why), needs_why=True),
    "site_hold": Act(_site, _hold_site, needs_why=True),
    "site_let_go": Act(_site, _let_go_site),
    "site_freeze": Act(_site, _freeze, needs_why=True),
    "site_thaw": Act(_site, _thaw),
    "plan_make": Act(_plan_site, _make_plan, _new_plan),
    "plan_apply": Act(_plan, _apply_plan, _known_plan),
    "plan_stop": Act(_plan, _stop_plan, _known_plan),
    "publication_withdraw": Act(_publication, _withdraw, _title, needs_why=True),
    "publication_tell_holders": Act(_publication, _tell_holders, _title),
    "people_forget": Act(
        lambda world, reach, about: reach.everything,  # noqa: ARG005 - one shape for all of ACTS
        _forget,
        needs_why=True,
        nameless=True,
    ),
}
