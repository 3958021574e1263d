"""The copies on the hub: which holds the network identifier, which is seen, where it stands (P8, P13, P18).

What should be is read from the records, what is from the hub, and only the difference is written. Two
runs side by side therefore end alike: Moodle refuses an idnumber that is taken, and the loser reads
again.
"""

from __future__ import annotations

from dataclasses import replace

from passerelle.domain.backups.upload import CourseLine
from passerelle.domain.publishing.publication import Publication, copy_idnumber
from passerelle.domain.states import PublicationState
from passerelle.errors import MoodleRefused, TryAgain
from passerelle.ports import Lms, World
from passerelle.usecases.amend import amend, list_all

TAKEN = frozenset({"courseidnumbertaken", "idnumbertaken"})
ON_HUB = frozenset(
    {
        PublicationState.RESTORING,
        PublicationState.PUBLISHED,
        PublicationState.SUPERSEDED,
        PublicationState.WITHDRAWN,
    }
)


def arrange_copies(world: World, network_id: str, *, beside: Publication | None = None) -> None:
    """Give every copy of a course its idnumber and visibility; older ones first, to free the identifier.

    `beside` is a copy that has just arrived: it is put where the copy before it was put by hand (P8).
    """
    line = world.records.get(CourseLine, network_id)
    if line is None:
        return
    hub = world.sites.lms(world.network.hub.site)
    copies = [
        p
        for p in list_all(world.records, Publication, "course", network_id)
        if p.hub_course_id and p.state in ON_HUB
    ]
    # Copies long superseded were arranged when that happened; only those that may have to move are read.
    moving = [p for p in copies if p.state != PublicationState.SUPERSEDED or (beside and p.id == beside.id)]
    # Unless one was put aside while another run was about to give it the identifier.
    holder = hub.course_by_idnumber(network_id)
    moving += [p for p in copies if holder and p.hub_course_id == holder.id and p not in moving]
    for copy in sorted(moving, key=lambda p: p.id == line.current):
        _arrange(world, hub, copy, current=copy.id == line.current)
    if beside is not None:
        _follow_the_former(hub, beside, copies)


def hide(world: World, withdrawn: Publication) -> None:
    """The last step of a withdrawal; `hide_due` stands until it is taken, and watch_jobs goes by that."""
    before = world.records.get(CourseLine, withdrawn.network_id)
    arrange_copies(world, withdrawn.network_id)
    now = world.records.get(CourseLine, withdrawn.network_id)
    if before is not None and now is not None and before.current != now.current:
        raise TryAgain("another version was crowned meanwhile")
    amend(world.records, Publication, withdrawn.id, lambda before: replace(before, hide_due=False))


def _arrange(world: World, hub: Lms, copy: Publication, *, current: bool) -> None:
    course = hub.course(copy.hub_course_id)
    if course is None:
        return  # deleted on the hub by hand: nothing to arrange
    idnumber = copy_idnumber(copy, current=current)
    visible = copy.state != PublicationState.WITHDRAWN and (
        current or world.network.hub.older_versions == "visible"
    )
    if course.idnumber == idnumber and course.visible == visible:
        return
    try:
        hub.update_course(
            copy.hub_course_id,
            idnumber=None if course.idnumber == idnumber else idnumber,
            visible=None if course.visible == visible else visible,
        )
    except MoodleRefused as refusal:
        if refusal.errorcode in TAKEN:
            # Another run moves the copies of this course at this moment.
            raise TryAgain("the identifier is being moved") from refusal
        raise


def _follow_the_former(hub: Lms, copy: Publication, copies: list[Publication]) -> None:
    """Later versions go where the former was put by hand (P8)."""
    former = max(
        (p for p in copies if p.version < copy.version and p.category_id),
        key=lambda p: p.version,
        default=None,
    )
    if former is None:
        return
    stands = hub.course(former.hub_course_id)
    if stands is None or stands.categoryid == former.category_id:
        return
    mine = hub.course(copy.hub_course_id)
    if mine is not None and mine.categoryid != stands.categoryid:
        hub.update_course(copy.hub_course_id, categoryid=stands.categoryid)
