"""What `passerelle up` begins with: a shared course, a year to take over, a held night, three orders."""

from __future__ import annotations

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from typing import TypeVar

from passerelle.domain.night.plan.run import Run
from passerelle.domain.offer.stages import Stage
from passerelle.domain.states import OrderState, RunState
from passerelle.shops.vendor import SampleOrder
from passerelle.usecases.console import look_around
from passerelle.usecases.list_anew import list_anew
from passerelle.usecases.night import apply, plan_stage
from passerelle_laptop.laptop import Laptop
from passerelle_laptop.stories.course import CourseStory
from passerelle_laptop.stories.night import NEW, NightStory
from passerelle_laptop.stories.orders import PEOPLE, OrderStory
from passerelle_laptop.stories.rollover import RolloverStory
from passerelle_laptop.stories.university import cut_short
from passerelle_laptop.telling import NotAsTold, Teller

T = TypeVar("T")


class Silent(Teller):
    """Says nothing; what does not come true still ends it."""

    def scene(self, french: str, english: str) -> None:
        """Not told."""

    def line(self, french: str, english: str) -> None:
        """Not told."""

    def proved(self, holds: bool, french: str, english: str) -> None:
        if not holds:
            raise NotAsTold(self.say(french, english))

    def until(self, look: Callable[[], T | None], french: str, english: str, *, patience: float = 60) -> T:
        return super().until(look, french, english, patience=patience)


def make_ready(laptop: Laptop, lang: str) -> None:
    """Raises NotAsTold where something did not come true."""
    night = NightStory(laptop, Silent(lang))
    night.open_sites(NEW)  # before the others: it changes network.yaml
    with ThreadPoolExecutor(max_workers=3) as pool:
        parts = [
            pool.submit(_courses, laptop, lang),
            pool.submit(_orders, laptop, lang),
            pool.submit(_nights, night),
        ]
        for part in parts:
            part.result()
    world = laptop.world()
    list_anew(world)
    look_around.look(world)  # as each hour: the console says what it found


def _courses(laptop: Laptop, lang: str) -> None:
    story = CourseStory(laptop, Silent(lang))
    story.people()
    story.publish(story.save())
    empty = story.b.add_course("CHIMIE-2", "Chimie, seconde", "sciences", idnumber="CHIM-2")
    story.b.enrol(empty, "grace", "editingteacher")
    RolloverStory(laptop, Silent(lang)).people()


def _nights(story: NightStory) -> None:
    """Last night in full; this morning's export was cut, and the plan waits for a person."""
    story.day += timedelta(days=1)
    story.deliver()
    for stage in Stage:
        apply.apply_run(story.world, _planned(story, stage).id)
    cut_short(story.university)
    story.next_night()
    for stage in (Stage.USERS, Stage.COHORTS, Stage.OFFER):
        apply.apply_run(story.world, _planned(story, stage).id)
    held = _planned(story, Stage.ENROLMENTS)
    if held.state is not RunState.HELD:
        raise NotAsTold(held.id)


def _planned(story: NightStory, stage: Stage) -> Run:
    return plan_stage.plan_stage(story.world, NEW, story.day, stage)


def _orders(laptop: Laptop, lang: str) -> None:
    """One done, one that waits for the buyer, one parked."""
    story = OrderStory(laptop, Silent(lang))
    story.shelves()
    done = SampleOrder(number=f"{story.base}1", product="SPOCM1", quantity=4, people=PEOPLE)
    waits = SampleOrder(number=f"{story.base}2", product="SPOCM1", quantity=2, people=PEOPLE[:2])
    parked = SampleOrder(number=f"{story.base}3", product="PERDU", people=PEOPLE[:1])
    for order in (done, waits, parked):
        story.send(order)
    story.until(parked.number, lambda order: order.state is OrderState.PARKED, patience=90)
    # Somebody made the course since: the order only waits to be replayed.
    story.site.add_course("COURS-DISPARU", "Cours retrouvé", "sciences", idnumber="CAT-RETROUVE")
    story.until(waits.number, lambda order: order.state is OrderState.FULFILLED, patience=90)
    story.send(waits.changed(refund="10.00", refunded={"1": 1}))
    story.until(waits.number, lambda order: order.state is OrderState.WAITING, patience=90)
    story.until(done.number, lambda order: order.state is OrderState.FULFILLED, patience=90)
