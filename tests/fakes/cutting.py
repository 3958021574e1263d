"""Kill the process at its n-th call to the outside, before or after the effect of that call.

A sweep rehearses once to count the calls, then cuts at each of them:

    for label, world in sweep(build_world, publish):
        publish(world)                      # what a redelivery does
        assert ends_like_undisturbed(world), label
"""

from __future__ import annotations

import inspect
from dataclasses import fields, is_dataclass, replace
from typing import TYPE_CHECKING, Any, Literal, TypeVar

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from passerelle.ports import World

T = TypeVar("T")
When = Literal["before", "after"]

# The network is data and the clock has no effect on the outside.
NOT_OUTSIDE = frozenset({"network", "clock"})


class Killed(BaseException):
    """The process is gone: not an Exception, so no `except Exception` of the code survives it."""


class Cut:
    """Counts and names calls; at the `at`-th (from 1; None: never) the process dies.

    What a dying process still tries in `finally` or `except BaseException` reaches nothing any more.
    """

    def __init__(self, at: int | None = None, when: When = "before") -> None:
        self.at = at
        self.when = when
        self.calls: list[str] = []
        self.dead = False

    def __repr__(self) -> str:
        where = f"{self.when} call {self.at}" if self.at else "never"
        name = f", {self.calls[self.at - 1]}" if self.at and len(self.calls) >= self.at else ""
        return f"<Cut {where}{name}>"

    def begin(self, name: str) -> None:
        if self.dead:
            raise Killed(f"already dead at {name}")
        self.calls.append(name)
        self._die_if("before")

    def end(self) -> None:
        self._die_if("after")

    def _die_if(self, when: When) -> None:
        if self.when == when and len(self.calls) == self.at:
            self.dead = True
            raise Killed(f"{when} {self.calls[-1]}")

    def around(self, port: T, name: str) -> T:
        """The port, with every public method counted as `name.method(what)`."""
        wrapped: Any = _CutPort(self, port, name)
        return wrapped  # type: ignore[no-any-return]

    def around_world(self, world: World) -> World:
        """Every port of the world, and every Lms that its sites give out."""
        wrapped: dict[str, Any] = {
            f.name: self.around(getattr(world, f.name), f.name)
            for f in fields(world)
            if f.name not in NOT_OUTSIDE
        }
        return replace(world, **wrapped)

    def attach(self, *clients: Any) -> None:
        """Count the AWS API calls of boto3 clients, as `dynamodb.PutItem`. Signing an address is none."""
        for client in clients:
            events = client.meta.events
            events.register_first("before-call.*.*", self._before_call)
            events.register_last("after-call.*.*", self._after_call)

    def detach(self, *clients: Any) -> None:
        """A client that outlives the cut is the caller's: detaching twice is well."""
        for client in clients:
            client.meta.events.unregister("before-call.*.*", self._before_call)
            client.meta.events.unregister("after-call.*.*", self._after_call)

    def _before_call(self, event_name: str, **_: Any) -> None:
        self.begin(event_name.removeprefix("before-call."))

    def _after_call(self, **_: Any) -> None:
        self.end()


class _CutPort:
    def __init__(self, cut: Cut, port: Any, name: str) -> None:
        self._cut = cut
        self._port = port
        self._name = name

    def __getattr__(self, attribute: str) -> Any:
        found = getattr(self._port, attribute)
        if attribute.startswith("_") or not inspect.isroutine(found):
            return found
        if self._name == "sites" and attribute == "lms":
            # Handing out a client reaches nobody; what it is used for does.
            return lambda site: self._cut.around(found(site), f"lms[{site}]")

        def call(*args: Any, **kwargs: Any) -> Any:
            self._cut.begin(f"{self._name}.{attribute}({_about(args)})")
            answer = found(*args, **kwargs)
            self._cut.end()
            return answer

        return call


def _about(args: tuple[Any, ...]) -> str:
    """A word that tells calls of one method apart: a kind of record, or the name of a queue."""
    first = args[0] if args else None
    if isinstance(first, type):
        return first.__name__
    if is_dataclass(first):
        return type(first).__name__
    return first if isinstance(first, str) else ""


def every_cut(calls: int) -> Iterator[Cut]:
    for at in range(1, calls + 1):
        yield Cut(at, "before")
        yield Cut(at, "after")


def sweep(build: Callable[[], World], act: Callable[[World], object]) -> Iterator[tuple[Cut, World]]:
    """For each call that `act` makes: a world in which it was killed there, alive again.

    `build` must give the same world each time. A failure of `act` itself (a TryAgain, say) is left to
    the test: it reaches the caller.
    """
    rehearsal = Cut()
    act(rehearsal.around_world(build()))
    assert rehearsal.calls, "nothing was called: there is nothing to cut"
    for cut in every_cut(len(rehearsal.calls)):
        world = build()
        try:
            act(cut.around_world(world))
        except Killed:
            yield cut, world
        else:
            raise AssertionError(f"{cut!r} was not reached: the run is not repeatable")
