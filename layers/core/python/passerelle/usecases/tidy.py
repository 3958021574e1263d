"""What goes by itself at night: uploads never completed, backups too many, names past their time."""

from __future__ import annotations

import logging

from passerelle.errors import PasserelleError
from passerelle.ports import World
from passerelle.usecases import people
from passerelle.usecases.backups import manage
from passerelle.usecases.list_anew import list_anew

LOG = logging.getLogger(__name__)

STEPS = (list_anew, manage.tidy, people.keep_no_longer, people.forget_the_rest)


def tidy(world: World) -> int:
    """How many things went or were listed anew. What stops one step is raised after the others' turn."""
    count, stopped = 0, None
    for step in STEPS:
        try:
            count += step(world)
        except PasserelleError as error:
            LOG.warning("a step is left to the next night", extra={"step": step.__name__}, exc_info=True)
            stopped = stopped or error
    if stopped is not None:
        raise stopped
    return count
