"""What plays a role of `ports` where an installation does without it."""

from __future__ import annotations

from typing import TYPE_CHECKING

from passerelle.errors import GiveUp, NotFound

if TYPE_CHECKING:
    from collections.abc import Iterator
    from datetime import date, datetime

    from passerelle.domain.offer.model import Extracts
    from passerelle.domain.offer.stages import Stage
    from passerelle.domain.orders.delivery import Delivery
    from passerelle.domain.orders.facts import Facts, Refund
    from passerelle.domain.orders.order import Order
    from passerelle.domain.orders.shop import Heard, Webhook
    from passerelle.domain.people_in_papers import Leftover
    from passerelle.domain.records import Record
    from passerelle.domain.refusals import Refusal


class NoShops:
    """An installation that sells nothing."""

    def read(self, delivery: Delivery) -> Facts | None:
        raise GiveUp("shop_unknown", shop=delivery.shop)

    def lines(self, order: Order) -> Facts:
        raise GiveUp("shop_unknown", shop=order.shop)

    def refunds(self, order: Order) -> tuple[Refund, ...] | None:  # noqa: ARG002 - the port's own
        return None

    def changed(self, shop: str, since: datetime) -> Iterator[Heard]:  # noqa: ARG002 - the port's own
        return iter(())

    def webhook(self, shop: str) -> Webhook | None:  # noqa: ARG002 - the port's own
        return None

    def confirm(self, order: Order, text: str) -> None:
        """Nobody to tell."""

    def seats_link(self, order: Order) -> str:  # noqa: ARG002 - the port's own
        return ""


class NoSources:
    """An installation without nights."""

    def read(self, site: str, night: date, stage: Stage | None = None, *, keep: bool = True) -> Extracts:  # noqa: ARG002 - the port's own
        raise GiveUp("no_night", site=site)

    def ask_directory(self, site: str, night: date, extracts: Extracts, *, keep: bool = True) -> Extracts:  # noqa: ARG002 - the port's own
        raise GiveUp("no_night", site=site)

    def recall(self, site: str, night: date) -> Extracts:  # noqa: ARG002 - the port's own
        raise GiveUp("no_night", site=site)


class NoReferences:
    """An installation that keeps none."""

    def keep(self, refusal: Refusal) -> None:
        """It is told and forgotten."""

    def find(self, site: str, reference: str) -> Refusal | None:  # noqa: ARG002 - the port's own
        return None


class NoNights:
    """Where no machine carries nights out; who releases a plan applies it by the command."""

    def resume(self, run: str) -> None:
        """Left to the command."""


class NoDeadLetters:
    """Where nobody looks after queues."""

    def counts(self) -> dict[str, int]:
        return {}


class NoSecrets:
    """Where a use case neither reads nor writes any."""

    def get(self, name: str) -> str:
        raise NotFound("secret_missing", name=name)

    def put(self, name: str, value: str) -> None:
        raise NotImplementedError

    def delete(self, name: str) -> None:
        raise NotImplementedError


class NoInventory:
    """Where nothing is looked at whole."""

    def records(self, *, readable_only: bool = False) -> Iterator[Record]:  # noqa: ARG002 - the port's own
        return iter(())

    def page(self, after: str | None, limit: int) -> tuple[tuple[Record, ...], str | None]:  # noqa: ARG002 - the port's own
        return (), None

    def documents(self) -> Iterator[str]:
        return iter(())

    def text(self, key: str) -> str | None:  # noqa: ARG002 - the port's own
        return None

    def rewrite(self, key: str, text: str) -> None:
        """There is nothing to rewrite."""

    def leftovers(self, after: str = "") -> Iterator[Leftover]:  # noqa: ARG002 - the port's own
        return iter(())

    def drop(self, leftover: Leftover) -> None:
        """There is nothing to drop."""
