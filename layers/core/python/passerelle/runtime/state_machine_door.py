"""The door for state machines."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from passerelle.ports import World
from passerelle.runtime import wiring
from passerelle.runtime.observability import begin, reference
from passerelle.runtime.schedule_door import RoundFailed


def take_step(
    event: Mapping[str, Any],
    context: object,
    usecase: Callable[[World, Mapping[str, Any]], Mapping[str, Any]],
    open_world: Callable[[], World] | None = None,
) -> dict[str, Any]:
    """Raises RoundFailed, which says no more than a reference, so that the machine tries again."""
    log = begin(context)
    about = {name: event[name] for name in ("site", "stage", "night", "run", "chunk") if name in event}
    try:
        answer = usecase((open_world or wiring.world)(), event)
    except Exception:
        quoted = reference()
        log.exception("step failed", extra={"reference": quoted, **about})
    else:
        log.info("step done", extra=about)
        return dict(answer)
    raise RoundFailed(quoted)
