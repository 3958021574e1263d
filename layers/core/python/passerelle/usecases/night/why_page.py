"""*Pourquoi ?* as the page asks it: the answer, or the repair, planned or done (N22, N27)."""

from __future__ import annotations

from collections.abc import Mapping

from passerelle.domain.site_commands import AskWhy
from passerelle.ports import World
from passerelle.usecases.night import why


def answer(world: World, command: AskWhy) -> Mapping[str, object]:
    if not command.repair:
        return why.answer(world, command)
    # Here: most only ask, and a repair needs all of the night's rules.
    from passerelle.usecases.night.person import answer_repair

    return answer_repair(world, command)
