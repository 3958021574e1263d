"""What becomes of a value that names somebody."""

from __future__ import annotations

from enum import Enum


class Cure(Enum):
    """The member keeps its length: spaces follow the element."""

    EMPTY = "empty"
    ZERO = "zero"  # Moodle's restore breaks on an empty user id
    REMOVE = "remove"  # the element itself: a row that makes no sense without its person
