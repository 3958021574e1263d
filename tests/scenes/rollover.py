"""Two years on a table: `bleu` holds 24/25, `vert` holds 25/26; Ada and Grace teach on both."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from typing import Any

import pytest

from passerelle.domain.backups.upload import Upload
from passerelle.domain.moodle.core import Course, User
from passerelle.domain.network import Network
from passerelle.domain.records import Person
from passerelle.domain.rollover.rollover import Rollover
from passerelle.domain.site_commands import AskRollover, LeftOutThing
from passerelle.errors import GiveUp
from passerelle.ports import World
from passerelle.usecases.rollover import ask, steps
from tests.factories.records import a_person
from tests.factories.rollover import LAST_YEAR, THIS_YEAR, a_two_year_network
from tests.fakes.lms import FakeSites
from tests.fakes.lms_years import YearLms
from tests.scenes.publishing import ADA, GRACE, Scene

ROOT = a_person("root", lastname="Admin")
ALAN = a_person("alan", lastname="Turing")


def users(*people: Person) -> list[User]:
    return [
        User(
            id=10 + n,
            username=p.username,
            idnumber=p.idnumber,
            email=p.email,
            firstname=p.firstname,
            lastname=p.lastname,
            lang=p.lang,
        )
        for n, p in enumerate(people)
    ]


@dataclass
class YearScene(Scene):
    network: Network = field(default_factory=a_two_year_network)

    def __post_init__(self) -> None:
        super().__post_init__()
        self.bleu = YearLms("bleu", users=users(ADA, GRACE, ALAN, ROOT))
        self.vert = YearLms("vert", users=users(ADA, GRACE, ALAN, ROOT))
        self.bleu.send_backup = self._send
        self.base: World = replace(
            self.base,
            sites=FakeSites(self.hub, self.caen, self.lille, self.bleu, self.vert),
        )
        self.world = self.base

    def courses(self, idnumber: str = "CHIM1", *, holds: tuple[str, ...] = (), **state: Any) -> Course:
        """Last year's with content, this year's with `holds`; both Ada's. Answers this year's."""
        self.bleu.add_course(
            idnumber,
            teacher="ada",
            holds=["Bohr", "Lewis", "Quiz 1"],
            fullname="Chimie générale",
            startdate=LAST_YEAR,
            state={"lastchange": self.clock.now()},
        )
        return self.vert.add_course(
            idnumber,
            teacher="ada",
            holds=list(holds),
            fullname="Chimie générale",
            startdate=THIS_YEAR,
            state=state,
        )

    def _send(self, course: Course, jobkey: str) -> str:
        """The old platform's plugin sends the backup that it made; the same job sends it once."""
        state = self.bleu.states[course.id]
        return self.save(
            site="bleu",
            idnumber=course.idnumber,
            check=False,
            request=f"send:{jobkey}",
            intent="rollover",
            courseid=course.id,
            fullname=course.fullname,
            lastchange=int(state.lastchange.timestamp()) if state.lastchange else None,
        )

    def ask_rollover(
        self, action: str = "start", person: Person | None = ADA, site: str = "vert", **fields: Any
    ) -> Mapping[str, Any]:
        exclude = tuple(LeftOutThing(kind, number) for kind, number in fields.pop("exclude", ()))
        command = AskRollover(
            request=fields.pop("request", "") or self.request(),
            site=site,
            type="rollovers",
            action=action,  # type: ignore[arg-type]
            person=person,
            courseid=fields.pop("courseid", 100),
            exclude=exclude,
            **fields,
        )
        return self.step(lambda: ask.answer_rollover(self.world, command))

    def roll_over(self, **fields: Any) -> Rollover:
        """Asked and carried to its end."""
        asked = self.ask_rollover(**fields)
        self.deliver()
        return self.rollover(str(asked["rollover"]))

    def rollover(self, key: str) -> Rollover:
        return self.records[Rollover, key]

    def upload_of(self, site: str, idnumber: str) -> str:
        """Where the archive of a course will lie: its backup is made now."""
        course = self.bleu.course_by_idnumber(idnumber)
        assert course is not None
        self.ask_rollover("check", site=site, courseid=course.id)
        self.deliver()
        self.papers.delete(f"surveys/{self.records.all(Upload)[-1].id}.json")
        return self.records.all(Upload)[-1].accepted_key

    def deliver_until_restoring(self) -> None:
        """Everything up to the moment when the new platform has the job and has not begun it."""
        work, self.vert.work = self.vert.work, list  # type: ignore[method-assign]
        self.deliver()
        self.vert.work = work  # type: ignore[method-assign]

    def _deliver_once(self) -> bool:
        moved = super()._deliver_once()
        while (message := self.queues.take("rollovers")) is not None:
            wanted = message["rollover"]
            self.step(lambda wanted=wanted: steps.proceed(self.world, wanted))
            moved = True
        return self._work_in(self.bleu, self.vert) or moved

    def end(self) -> dict[str, Any]:
        whole = super().end()
        for lms in (self.bleu, self.vert):
            whole[lms.name] = {
                "content": lms.content,
                "states": lms.states,
                "started": lms.started,
                "messages": lms.messages,
                "stash": lms.stash,
            }
        return whole


def refusal(scene: YearScene, **fields: Any) -> GiveUp:
    """What somebody is told who may not have what they ask for."""
    with pytest.raises(GiveUp) as caught:
        scene.ask_rollover(**fields)
    return caught.value


__all__ = ["ADA", "ALAN", "GRACE", "ROOT", "YearScene", "refusal"]
