"""The doors for queues and schedules: one record, one call, one verdict."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from contextlib import suppress
from typing import TYPE_CHECKING, Any

from aws_lambda_powertools.utilities.batch import BatchProcessor, EventType

from passerelle.errors import GiveUp, MoodleAway, NotFound, Refused, TryAgain
from passerelle.ports import World
from passerelle.runtime import wiring
from passerelle.runtime.observability import begin, reference
from passerelle.runtime.settings import is_ours

if TYPE_CHECKING:
    from aws_lambda_powertools.utilities.data_classes.sqs_event import SQSRecord


# How often a message is taken while its Moodle is away, before watch_jobs alone goes on. Below what a queue
# allows: an hour of maintenance, or a platform down for a day, must fill no dead letters.
PATIENT_TAKES = 4

# Seconds after which a message that failed once, or twice, is taken again: somebody may wait for it, and what
# was in its way has mostly passed by then. Later the queue's own time counts: as long as a function may run.
SOON = (10, 60)

BringBack = Callable[[str, str, int], None]  # the queue's address, the message's receipt, seconds


def take_each(
    event: Mapping[str, Any],
    context: object,
    read: Callable[[str], tuple[str, ...]],
    usecase: Callable[..., None],
    open_world: Callable[[], World] | None = None,
    *,
    watched: bool = False,
    bring_back: BringBack | None = None,
) -> Mapping[str, Any]:
    """Calls `usecase(world, *read(body))` for each message and names those to be delivered again.

    A rule's refusal, or a thing that is not there, is finished with: once more would change nothing. Any
    other GiveUp comes back, since nothing wrote it down: a use case that did ends well. So does what an
    administrator must repair, and everything else; it lands in the dead letters when it has come too often.
    `watched`: what the messages are about is written down, and watch_jobs
    sends another every few minutes until it has ended.
    """
    log = begin(context)

    def take(record: SQSRecord) -> None:
        about: tuple[str, ...] = ()
        attempt = record.attributes.approximate_receive_count
        try:
            about = read(record.body)
            world = (open_world or wiring.world)()
            _do(world, about)
        except Exception as error:
            facts = {"about": about, "attempt": attempt, "reference": reference(*about)}
            if isinstance(error, MoodleAway):
                facts["site"] = error.site
                if watched and int(attempt) >= PATIENT_TAKES:
                    log.warning("left to watch_jobs", extra=facts, exc_info=error)
                    return
            log.warning("comes back", extra=facts, exc_info=error)
            _soon(record, int(attempt), bring_back or wiring.bring_back)
            raise

    def _do(world: World, about: tuple[str, ...]) -> None:
        try:
            usecase(world, *about)
        except GiveUp as error:
            if is_ours(error) or not isinstance(error, Refused | NotFound):
                raise
            facts = {"about": about, "code": error.code, "reference": reference(*about)}
            log.exception("given up", extra=facts)
        else:
            log.info("done", extra={"about": about})

    processor = BatchProcessor(EventType.SQS, raise_on_entire_batch_failure=False)
    with processor(list(event["Records"]), take, lambda_context=None):
        processor.process()
    return processor.response()


def _soon(record: SQSRecord, attempt: int, bring_back: BringBack) -> None:
    if attempt <= len(SOON):
        with suppress(TryAgain, GiveUp):  # then it comes when the queue says
            bring_back(record.queue_url, record.receipt_handle, SOON[attempt - 1])
