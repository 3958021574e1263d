"""The door for schedules."""

from __future__ import annotations

from collections.abc import Callable

from passerelle.errors import PasserelleError
from passerelle.ports import World
from passerelle.runtime import wiring
from passerelle.runtime.observability import begin, reference


class RoundFailed(PasserelleError):
    """A scheduled round broke off; the log has its reference. AWS prints this text, and only this."""


def go_round(
    context: object,
    usecase: Callable[[World], int],
    open_world: Callable[[], World] | None = None,
) -> dict[str, int]:
    """Runs one scheduled round. Raises RoundFailed, so that the schedule tries again and an alarm rings."""
    log = begin(context)
    try:
        count = usecase((open_world or wiring.world)())
    except Exception:
        quoted = reference()
        log.exception("round failed", extra={"reference": quoted})
    else:
        log.info("round done", extra={"count": count})
        return {"count": count}
    raise RoundFailed(quoted)
