"""Moodle's own refusals, in its own words: what `/webservice/rest/server.php` answers with HTTP 200."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import Any


class MoodleError(Exception):
    """`errorcode` is None for a PHP `Error`, which has none."""

    def __init__(self, exception: str, errorcode: str | None, message: str) -> None:
        super().__init__(errorcode or exception)
        self.exception = exception
        self.errorcode = errorcode
        self.message = message

    def answer(self) -> dict[str, Any]:
        body = {"exception": self.exception}
        if self.errorcode is not None:
            body["errorcode"] = self.errorcode
        body["message"] = self.message
        return body


def row_by_row(
    rows: Iterable[dict[str, Any]], item: str, do: Callable[[dict[str, Any]], None]
) -> dict[str, Any]:
    """What Moodle refuses of one row stands in `warnings`; the others are done."""
    warnings = []
    for row in rows:
        try:
            do(row)
        except MoodleError as refused:
            warning = {"warningcode": refused.errorcode, "message": refused.message}
            warnings.append({"item": item, "itemid": row["id"], **warning})
    return {"warnings": warnings}


def moodle(errorcode: str, message: str) -> MoodleError:
    return MoodleError("core\\exception\\moodle_exception", errorcode, message)


def invalid_parameter() -> MoodleError:
    # With debugging off Moodle says no more than this, whatever is wrong.
    return MoodleError(
        "core\\exception\\invalid_parameter_exception",
        "invalidparameter",
        "Invalid parameter value detected",
    )


def no_permission(capability: str) -> MoodleError:
    return MoodleError(
        "core\\exception\\required_capability_exception",
        "nopermissions",
        f"Sorry, but you do not currently have permissions to do that ({capability}).",
    )


def no_record(table: str) -> MoodleError:
    return MoodleError(
        "dml_missing_record_exception",
        "invalidrecord",
        f"Can't find data record in database table {table}.",
    )


def invalid_user() -> MoodleError:
    return MoodleError("dml_missing_record_exception", "invaliduser", "Invalid user")


def php_error(message: str) -> MoodleError:
    return MoodleError("Error", None, message)
