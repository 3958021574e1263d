"""A shop of `network.yaml`: how it signs, where its products are delivered, what each of them does."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import ClassVar, Literal

from passerelle.domain.orders.money import minor_units
from passerelle.errors import GiveUp

FORBID_EXTRA = {"extra": "forbid"}


@dataclass(frozen=True, slots=True, kw_only=True)
class Product:
    """`parameters` are one URL-encoded string, as the shop's catalogue has them (S8)."""

    __pydantic_config__: ClassVar[Mapping[str, str]] = FORBID_EXTRA

    handler: str
    parameters: str = ""
    price: str = ""  # of one, tax included; empty: not compared (S13)
    currency: str = "EUR"
    prices: Mapping[str, str] = field(default_factory=dict)  # in further currencies
    discounts: Literal["take", "park"] = "take"  # park: even what the shop itself took off
    tutors_free: bool = False  # else a tutor takes a seat like a learner (S3)

    def __post_init__(self) -> None:
        try:
            below = [price for price in self.prices_minor.values() if price < 0]
        except GiveUp:
            below = [-1]
        if below:
            raise ValueError("price: an amount such as 10.00")

    @property
    def prices_minor(self) -> dict[str, int]:
        """By currency (upper case)."""
        whole = {**({self.currency: self.price} if self.price else {}), **self.prices}
        return {code.upper(): minor_units(price, code) for code, price in whole.items()}


@dataclass(frozen=True, slots=True, kw_only=True)
class Attachment:
    """Roles over user contexts, by short name; empty: none (S6)."""

    __pydantic_config__: ClassVar[Mapping[str, str]] = FORBID_EXTRA

    over_new: str = ""  # the buyer's over an account that was made
    over_existing: str = ""  # the buyer's over an account that existed: view only
    back_over_new: str = ""  # each person's over a buyer whose account was made
    back_over_existing: str = ""
    even_privileged: bool = False
    even_of_others: bool = False  # accounts that belong to another operator


@dataclass(frozen=True, slots=True, kw_only=True)
class ShopApi:
    __pydantic_config__: ClassVar[Mapping[str, str]] = FORBID_EXTRA

    url: str = ""  # of the shop; empty for the vendor's own address
    key: str = ""  # name of the SSM parameter: a read-only key, `id:secret` where there are two parts
    sandbox: bool = False  # PayPal: its sandbox instead of the real one
    confirm: bool = False  # whether the shop is told what was done (needs a key that may write)
    done_status: str = ""  # WooCommerce: the status an order gets once fulfilled; empty: as it is


@dataclass(frozen=True, slots=True, kw_only=True)
class DeclaredIn:
    """Where the people of a line stand in what the shop sends: names of line or order metadata."""

    __pydantic_config__: ClassVar[Mapping[str, str]] = FORBID_EXTRA

    learners: str = "learners"
    tutors: str = "tutors"
    lines: str = "lines"  # `REF:2,OTHER:1`, for shops whose payment event has no lines
    note: bool = False  # the customer's note holds them, one a line


@dataclass(frozen=True, slots=True, kw_only=True)
class Shop:
    __pydantic_config__: ClassVar[Mapping[str, str]] = FORBID_EXTRA

    kind: str  # one of `shops.registry`
    site: str  # the Moodle that its products are delivered to
    secrets: tuple[str, ...] = ()  # names of SSM parameters: the signing secrets now valid
    products: Mapping[str, Product] = field(default_factory=dict)
    ignored: tuple[str, ...] = ()  # product references that are no training
    webhook: str = ""  # PayPal's id of the webhook, which it signs
    api: ShopApi = field(default_factory=ShopApi)
    people: DeclaredIn = field(default_factory=DeclaredIn)
    title: str = ""  # what people call the shop; empty: its name here
    contact: str = ""  # e-mail where buyers may write; empty: the site's assistance
    language: str = "fr"
    learner_role: str = "student"
    tutor_role: str = "teacher"
    owner_role: str = "editingteacher"  # of the buyer in a course made for them
    category_role: str = "manager"  # and in a category
    attachment: Attachment = field(default_factory=Attachment)
    new_account_auth: str = "manual"
    seats_days: int = 60  # how long the buyer's link to the seats lives
    remind_days: int = 7  # after how long of free seats, or people never seen, the buyer is told; 0: never
    swaps_per_seat: int = 1  # how often, for each place, another person may be put on a seat (S18)
    free_tutors_per_seat: int = 1  # how many tutors without a place, for each place
    overdue_days: int = 30  # then an unpaid order is listed as overdue
    report_to: tuple[str, ...] = ()  # usernames on the site who are told what waits for them (S19)
    test_orders: Literal["park", "take"] = "park"  # those for which no money moved

    def __post_init__(self) -> None:
        if len(self.secrets) > 2:
            raise ValueError("secrets: one parameter is named, or two while a secret is being changed")
        if self.seats_days < 1:
            raise ValueError("seats_days: at least 1")


@dataclass(frozen=True, slots=True)
class Heard:
    """What a shop answered when it was asked for what changed: a delivery as it would have sent it."""

    event: str
    topic: str
    body: bytes = field(repr=False)
    order: str  # the shop's own id of the order it is about; empty where only reading it tells
    at: datetime | None = None  # when it changed


@dataclass(frozen=True, slots=True)
class Webhook:
    """The shop's own view of its webhook. `missing`: topics that it should send and does not."""

    state: Literal["on", "off", "absent"]
    missing: tuple[str, ...] = ()
