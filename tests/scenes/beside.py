"""Several workers beside one another, one step at a time: at each call to the outside chance says who goes on.

A worker is a thread that runs one use case on one event or message. It stops before every call of a port
and goes on when it is chosen; it may be killed there, before the call or after its effect, or lose the
call's answer. Messages are delivered at least once, as a queue does: until one was worked on without an
error, seven times at most, and now and then once more. The same seed goes the same way.

    explorer = Explorer(seed, clock, open_world, receivers={"orders": work_on}, queues=scene.queues)
    explorer.explore(events)           # people and sites who repeat what was not answered
    assert not explorer.dead           # then what stands is compared with what the events say alone
"""

from __future__ import annotations

import random
import threading
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from typing import Any

from passerelle.errors import Conflict, GiveUp, MoodleAway, TryAgain
from passerelle.ports import World
from passerelle.runtime.queue_door import SOON
from tests.fakes.clock import FakeClock
from tests.fakes.cutting import Cut, Killed
from tests.fakes.queues import FakeQueues

MOST_RECEIVES = 7
VISIBILITY = timedelta(minutes=6)  # until a message whose worker died comes again

Action = Callable[[World], object]


class AnswerLost(TryAgain):
    """The call had its effect, and nobody heard of it."""


@dataclass(frozen=True)
class Faults:
    """How many in one exploration, and how likely at each call while any is left."""

    kills: int = 2
    lost: int = 2
    away: int = 0
    likely: float = 0.02
    again: float = 0.15  # that a message comes once more though it was worked on


NONE = Faults(0, 0, 0, 0.0, 0.0)


@dataclass
class Task:
    """An event or a message on its way: `action` is repeated until it ends without an error."""

    name: str
    action: Action
    queued: bool = False
    ready_at: datetime | None = None
    tries: int = 0
    running: bool = False


def _pause(task: Task, error: BaseException) -> timedelta:
    """Until it comes again: a message whose worker died when its queue says, one that failed sooner at first."""
    if not task.queued:
        return timedelta(seconds=10)
    if isinstance(error, Killed) or task.tries > len(SOON):
        return VISIBILITY
    return timedelta(seconds=SOON[task.tries - 1])


class Turn(Cut):
    """One worker's way through the outside: every call asks the explorer who goes on."""

    def __init__(self, explorer: Explorer, name: str) -> None:
        super().__init__()
        self._explorer = explorer
        self.name = name
        self.go = threading.Semaphore(0)
        self.fate = ""

    def begin(self, name: str) -> None:
        if self.dead:
            raise Killed(f"already dead at {name}")
        self._explorer.pause(self, name)
        self.calls.append(name)
        self.fate = self._explorer.fate(name)
        if self.fate == "killed before":
            self.dead = True
            raise Killed(f"before {name}")
        if self.fate == "away":
            raise MoodleAway("caen", "network", sent=False)

    def end(self) -> None:
        fate, self.fate = self.fate, ""
        if fate == "killed after":
            self.dead = True
            raise Killed(f"after {self.calls[-1]}")
        if fate == "lost":
            raise AnswerLost(self.calls[-1])


@dataclass
class Worker:
    task: Task
    turn: Turn
    thread: threading.Thread | None = None
    ended: bool = False
    error: BaseException | None = None


@dataclass
class Explorer:
    seed: int
    clock: FakeClock
    open_world: Callable[[Cut], World]
    receivers: Mapping[str, Callable[[World, Mapping[str, str]], object]]
    queues: FakeQueues
    rounds: tuple[Action, ...] = ()  # what a schedule does every few minutes, while anything is on its way
    workers: int = 3
    faults: Faults = field(default_factory=Faults)
    told: tuple[str, ...] = ()  # which names of calls may be disturbed; empty: all

    def __post_init__(self) -> None:
        self.chance = random.Random(self.seed)
        self.left = {"kills": self.faults.kills, "lost": self.faults.lost, "away": self.faults.away}
        self.trace: list[str] = []
        self.dead: list[str] = []  # dead letters, and why
        self.refused: list[str] = []  # given up, which is an answer
        self._tasks: list[Task] = []
        self._working: list[Worker] = []
        self._paused = threading.Semaphore(0)

    # -- what a worker asks ------------------------------------------------------------------------

    def pause(self, turn: Turn, name: str) -> None:
        self.trace.append(f"{turn.name}: {name}")
        self._paused.release()
        turn.go.acquire()

    def fate(self, name: str) -> str:
        if self.chance.random() >= self.faults.likely:
            return ""
        kinds = [kind for kind, left in self.left.items() if left]
        if name.startswith("records."):  # a write knows itself again by its stamp
            kinds = [kind for kind in kinds if kind == "kills"]
        elif "." in name and name.split(".", maxsplit=1)[0] in ("queues", "papers", "archives"):
            kinds = [kind for kind in kinds if kind != "away"]
        if not kinds:
            return ""
        kind = self.chance.choice(kinds)
        self.left[kind] -= 1
        fate = {"lost": "lost", "away": "away"}.get(kind) or self.chance.choice(
            ["killed before", "killed after"]
        )
        self.trace.append(f"-- {fate} {name}")
        return fate

    # -- who goes on -------------------------------------------------------------------------------

    def explore(self, events: Iterable[tuple[str, Action]] = (), *, in_order: bool = False) -> None:
        """Until every event was taken and no message is on its way."""
        waiting = [Task(name, action) for name, action in events]
        if not in_order:
            self.chance.shuffle(waiting)
        self._tasks += waiting
        idle = 0
        for _ in range(200_000):
            self._collect()
            startable = [task for task in self._tasks if not task.running and self._is_ready(task)]
            if len(self._working) >= self.workers:
                startable = []
            if not startable and not self._working:
                if not self._tasks:
                    return
                idle += 1
                assert idle < 2_000, f"seed {self.seed} never comes to rest: {self._tasks}"
                self._time_passes()
                continue
            # As likely to begin something new as to go on with one of those under way.
            if startable and self.chance.random() < 1 / (1 + len(self._working)):
                first = startable[0] if in_order else self.chance.choice(startable)
                self._start(first)
            else:
                self._go_on(self.chance.choice(self._working))
        raise AssertionError(f"seed {self.seed} goes on for ever")

    def _is_ready(self, task: Task) -> bool:
        return task.ready_at is None or task.ready_at <= self.clock.now()

    def _time_passes(self) -> None:
        self.clock.tick(timedelta(minutes=3))
        for action in self.rounds:
            self._tasks.append(Task("round", action))

    def _collect(self) -> None:
        """Messages leave the fake queue for here, where they are delivered."""
        now = self.clock.now()
        for sent in self.queues:
            self.queues.sent.remove(sent)
            receive = self.receivers[sent.queue]
            message = dict(sent.message)
            name = f"{sent.queue} {' '.join(message.values())}"
            self._tasks.append(
                Task(
                    name,
                    lambda world, receive=receive, message=message: receive(world, message),
                    queued=True,
                    ready_at=now + sent.delay if sent.delay else None,
                )
            )

    def _start(self, task: Task) -> None:
        task.running = True
        task.tries += 1
        turn = Turn(self, f"{task.name}#{task.tries}")
        worker = Worker(task, turn)
        world = self.open_world(turn)

        def work() -> None:
            try:
                task.action(world)
            except BaseException as error:  # noqa: BLE001 - judged in the explorer's own thread
                worker.error = error
            worker.ended = True
            self._paused.release()

        worker.thread = threading.Thread(target=work, daemon=True)
        self._working.append(worker)
        worker.thread.start()
        self._wait(worker)

    def _go_on(self, worker: Worker) -> None:
        worker.turn.go.release()
        self._wait(worker)

    def _wait(self, worker: Worker) -> None:
        self._paused.acquire()
        if worker.ended:
            assert worker.thread is not None
            worker.thread.join()
            self._working.remove(worker)
            self._ended(worker)

    def _ended(self, worker: Worker) -> None:
        task, error = worker.task, worker.error
        task.running = False
        if error is None or isinstance(error, GiveUp):
            if error is not None:
                self.refused.append(f"{task.name}: {error}")
                self.trace.append(f"-- {task.name} given up: {error}")
            if task.queued and self.chance.random() < self.faults.again:
                task.queued = False  # delivered twice, not for ever
                return
            self._tasks.remove(task)
            return
        come_back = isinstance(error, (TryAgain, Conflict, Killed))
        assert come_back, f"seed {self.seed}: {task.name} broke: {error!r}\n{self.story()}"
        self.trace.append(f"-- {task.name} comes back: {error!r}")
        task.ready_at = self.clock.now() + _pause(task, error)
        if task.queued and task.tries >= MOST_RECEIVES:
            self.dead.append(f"{task.name}: {error!r}")
            self._tasks.remove(task)

    def calm(self) -> None:
        """Whatever is left is carried to its end without faults."""
        self.faults = NONE
        self.explore()

    def story(self, last: int = 60) -> str:
        return "\n".join(self.trace[-last:])


def around(base: World) -> Callable[[Cut], World]:
    """Every port of a scene, stopped at by a worker's turn."""
    return lambda turn: turn.around_world(base)


def around_with_sites(base: World, sites: Callable[[Cut], Any]) -> Callable[[Cut], World]:
    """The same, with sites that count web-service calls themselves."""
    return lambda turn: replace(turn.around_world(base), sites=sites(turn))


class Held:
    """One worker stopped before a call, while everything else goes on; then it goes on itself, or dies.

    slow = Held(open_world, act, at="caen.local_passerelle_apply")
    ...                          # others do what they do
    slow.go_on()                 # or slow.die(), or slow.die(after=True): the call has its effect
    """

    def __init__(self, open_world: Callable[[Cut], World], action: Action, *, at: str, nth: int = 1) -> None:
        self._at, self._nth = at, nth
        self._stopped, self._go = threading.Event(), threading.Event()
        self._fate = ""
        self.error: BaseException | None = None
        world = open_world(_Stop(self))

        def work() -> None:
            try:
                action(world)
            except BaseException as error:  # noqa: BLE001 - looked at in the test's own thread
                self.error = error
            self._stopped.set()

        self._thread = threading.Thread(target=work, daemon=True)
        self._thread.start()
        assert self._stopped.wait(30), "neither stopped nor ended"
        assert self._thread.is_alive(), f"ended before {at}: {self.error!r}"

    def on_to(self, at: str) -> None:
        """Stopped once more, before the next call of that name."""
        self._at, self._nth = at, 1
        self._stopped.clear()
        self._go.set()
        assert self._stopped.wait(30), "neither stopped nor ended"
        assert self._thread.is_alive(), f"ended before {at}: {self.error!r}"

    def go_on(self) -> None:
        self._end("")
        if self.error is not None and not isinstance(self.error, (TryAgain, Conflict, GiveUp)):
            raise self.error

    def die(self, *, after: bool = False) -> None:
        self._end("killed after" if after else "killed before")
        refused = after and self.error is None  # without effect there is no after
        assert refused or isinstance(self.error, Killed), self.error

    def _end(self, fate: str) -> None:
        self._fate = fate
        self._go.set()
        self._thread.join(30)

    def stop_at(self, name: str) -> str:
        if not name.startswith(self._at) or self._nth <= 0:
            return ""
        self._nth -= 1
        if self._nth:
            return ""
        self._stopped.set()
        self._go.wait(30)
        self._go.clear()
        return self._fate


class _Stop(Turn):
    def __init__(self, held: Held) -> None:
        Cut.__init__(self)
        self._held = held
        self.fate = ""

    def begin(self, name: str) -> None:
        if self.dead:
            raise Killed(f"already dead at {name}")
        self.calls.append(name)
        self.fate = self._held.stop_at(name)
        if self.fate == "killed before":
            self.dead = True
            raise Killed(f"before {name}")
