"""What goes by itself at night: uploads never completed, backups too many, names past their time."""

from __future__ import annotations

from passerelle.ports import World
from passerelle.usecases import people
from passerelle.usecases.backups import manage
from passerelle.usecases.list_anew import list_anew


def tidy(world: World) -> int:
    """How many things went."""
    list_anew(world)
    return manage.tidy(world) + people.keep_no_longer(world) + people.forget_the_rest(world)
