"""The help desk's question through the use case: sources of the night, references, nights."""

from __future__ import annotations

from dataclasses import replace
from datetime import date, timedelta

import pytest

from passerelle.domain.night.plan.memory import Memory
from passerelle.domain.night.plan.run import NightDesk
from passerelle.domain.night.policy import Freeze, NightRules
from passerelle.domain.offer.model import Extracts, FileFault, FileProblem, Table
from passerelle.domain.records import Person
from passerelle.domain.refusals import KEPT_FOR, Refusal, discreet
from passerelle.domain.site_commands import AskWhy
from passerelle.domain.states import BackupState
from passerelle.errors import MoodleAway, NotFound, Refused
from passerelle.events.site import Signed, read_command
from passerelle.ports import World
from passerelle.usecases.night.documents import keep_memory
from passerelle.usecases.night.why import answer
from tests.factories.offer import University
from tests.factories.records import a_network
from tests.fakes.archives import FakeArchives
from tests.fakes.backups import FakeBackups
from tests.fakes.clock import FakeClock
from tests.fakes.papers import FakePapers
from tests.fakes.queues import FakeQueues
from tests.fakes.records import FakeRecords
from tests.fakes.references import FakeReferences

ADA = Person(username="ada", lang="fr")


class Delivered:
    """What lies there, by morning."""

    def __init__(self, **mornings: University) -> None:
        self._mornings = {name.removeprefix("d").replace("_", "-"): made for name, made in mornings.items()}

    def recall(self, site: str, night: date) -> Extracts:
        made = self._mornings.get(night.isoformat())
        return made.extracts() if made else Extracts("")


class Silent:
    """Moodles that do not answer: what is said then rests on the sources and the nights alone."""

    def lms(self, site: str) -> Silent:
        raise MoodleAway(site, "network", sent=False)

    roster = lms


@pytest.fixture
def clock() -> FakeClock:
    return FakeClock()


@pytest.fixture
def world(clock: FakeClock) -> World:
    archives = FakeArchives(clock)
    network = a_network()
    caen = replace(network.sites["caen"], night=NightRules())
    return World(
        network=replace(network, sites={**network.sites, "caen": caen}),
        records=FakeRecords(),
        archives=archives,
        papers=FakePapers(),
        backups=FakeBackups(archives),
        sites=Silent(),
        queues=FakeQueues(),
        clock=clock,
        references=FakeReferences(clock),
    )


def ask(**fields: str) -> AskWhy:
    return AskWhy(site="caen", type="why", person=ADA, **fields)


def with_sources(world: World, made: University, days_ago: int = 0) -> World:
    morning = world.clock.now().date() - timedelta(days=days_ago)
    return replace(world, sources=Delivered(**{f"d{morning.isoformat().replace('-', '_')}": made}))


def student() -> University:
    return University().element().group(on=("E1",)).person().ip(group="")


@pytest.mark.rule("N22")
@pytest.mark.parametrize("days_ago", [0, 3])
def test_the_newest_sources_answer(world, days_ago) -> None:
    said = answer(with_sources(world, student(), days_ago), ask(who="P1", course="E1"))

    assert (said["kind"], said["verdict"]) == ("answer", "out")
    assert said["places"][0]["reasons"][0]["cause"] == "ip_without_group"
    assert "ip.csv, ligne 2" in said["text"]
    assert "Moodle n’a pas pu être consulté" in said["text"]


@pytest.mark.rule("N22")
def test_it_answers_from_the_newest_whole_night_and_says_what_the_newer_lacks(world) -> None:
    today = world.clock.now().date()
    cut = student().extracts()
    problem = FileProblem("ip.csv", FileFault.MISSING_FILE, tables=frozenset({Table.IP}))
    mornings = {today: replace(cut, registrations=(), problems=(problem,)), today - timedelta(2): cut}
    world = replace(world, sources=Mornings(mornings))

    said = answer(world, ask(who="P1", course="E1"))

    assert said["night"] == (today - timedelta(2)).isoformat()
    assert said["text"].startswith("D’après les extractions de la nuit du ")
    assert "ip.csv manque" in said["text"].splitlines()[1]
    assert said["places"][0]["reasons"][0]["cause"] == "ip_without_group"


@pytest.mark.rule("N22")
def test_where_no_night_is_whole_it_says_so_first(world) -> None:
    today = world.clock.now().date()
    problem = FileProblem("ip.csv", FileFault.MISSING_FILE, tables=frozenset({Table.IP}))
    cut = replace(student().extracts(), registrations=(), problems=(problem,))

    said = answer(replace(world, sources=Mornings({today: cut})), ask(who="P1", course="E1"))

    assert "Aucune nuit de la semaine n’est complète" in said["text"].splitlines()[1]
    assert said["verdict"] == "unknown"
    assert "n’a aucune inscription" not in said["text"]


class Mornings:
    def __init__(self, by_day: dict[date, Extracts]) -> None:
        self._by_day = by_day

    def recall(self, site: str, night: date) -> Extracts:
        return self._by_day.get(night, Extracts(""))


@pytest.mark.rule("N22")
def test_without_sources_or_question_it_says_so(world) -> None:
    with pytest.raises(Refused, match="no_extracts"):
        answer(replace(world, sources=Delivered()), ask(who="P1", course="E1"))
    with pytest.raises(Refused, match="why_question"):
        answer(world, ask(who="P1"))
    with pytest.raises(Refused, match="no_night"):
        answer(world, replace(ask(who="P1", course="E1"), site="lille"))


@pytest.mark.rule("N18")
@pytest.mark.rule("N24")
def test_a_freeze_and_the_grace_are_told_without_asking_moodle(world) -> None:
    world = with_sources(world, student())
    today = world.clock.now().date()
    world.records.add(NightDesk(id="caen", freezes=(Freeze(today),)))
    keep_memory(world.papers, "caen", Memory(suspended={("E1", "p1"): today}))

    said = answer(world, ask(who="P1", course="E1"))

    assert [note["cause"] for note in said["notes"]] == ["frozen"]
    assert said["places"][0]["reasons"][-1]["cause"] == "in_grace"


# -- references ----------------------------------------------------------------------------------------


def kept(world: World, **changes: object) -> Refusal:
    refusal = Refusal(
        reference="K7QX2M4P",
        site="caen",
        code="no_backup",
        route="publications",
        at=world.clock.now(),
        course="CHIM1",
    )
    world.references.keep(replace(refusal, **changes))
    return refusal


@pytest.mark.rule("H1")
@pytest.mark.parametrize("quoted", ["K7QX2M4P", " k7qx2m4p "])
def test_a_reference_is_answered_with_the_sentence_that_was_shown(world, quoted) -> None:
    kept(world)

    said = answer(world, ask(reference=quoted))

    assert (said["kind"], said["code"], said["course"]) == ("reference", "no_backup", "CHIM1")
    assert "pas encore de sauvegarde" in said["text"]
    assert "CHIM1" in said["text"]


@pytest.mark.rule("H1")
def test_another_sites_reference_or_an_old_one_is_unknown(world, clock) -> None:
    kept(world, site="lille")
    kept(world, reference="ZZZZ9999")

    with pytest.raises(NotFound, match="reference_unknown"):
        answer(world, ask(reference="K7QX2M4P"))
    clock.tick(KEPT_FOR)
    with pytest.raises(NotFound, match="reference_unknown"):
        answer(world, ask(reference="ZZZZ9999"))


@pytest.mark.rule("H1")
def test_nothing_of_a_person_is_kept_in_a_reference() -> None:
    details = {"size": 12, "what": "a@b.example", "asked": "Ada L", "course": "CHIM1", "names": ["Ada"]}

    assert discreet(details) == {"size": "12", "what": "…", "asked": "…", "course": "CHIM1"}


@pytest.mark.rule("H1")
@pytest.mark.parametrize(("lang", "word"), [("fr", "«\u00a0supprimée\u00a0»"), ("en", "“deleted”")])
def test_a_state_is_told_in_the_language_of_whoever_looks_the_reference_up(world, lang, word) -> None:
    refused = Refused("backup_not_ready", state=BackupState.DELETED)
    kept(world, code=refused.code, details=discreet(refused.details))

    assert word in answer(world, replace(ask(reference="K7QX2M4P"), person=replace(ADA, lang=lang)))["text"]


@pytest.mark.rule("H1")
def test_a_retrieval_that_failed_later_is_found_by_the_beginning_of_its_id(world) -> None:
    from tests.factories.records import a_retrieval

    retrieval = a_retrieval(site="caen")
    world.records.add(retrieval)

    said = answer(world, ask(reference=retrieval.id[:8]))

    assert (said["kind"], said["route"]) == ("reference", "retrievals")


@pytest.mark.rule("N22")
def test_what_a_site_sends_is_the_question() -> None:
    document = {
        "site": "caen",
        "type": "why",
        "who": "ada",
        "course": "CHIM1",
        "person": {"username": "desk"},
    }

    command = read_command(Signed("msg_1", "why", "caen", "00", "fr", document))

    assert isinstance(command, AskWhy)
    assert (command.who, command.course, command.reference) == ("ada", "CHIM1", "")
    assert "ada" not in repr(command)
