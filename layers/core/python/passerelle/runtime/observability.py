"""Log lines that say what happened and where, and never whose.

Exceptions are shown by type and place: the text of one may quote a presigned address, a token or a
person. What still slips into a line is blotted out before it is written.
"""

from __future__ import annotations

import hashlib
import logging
import os
import re
import secrets
import traceback
from functools import cache
from typing import IO, TYPE_CHECKING, Any

from aws_lambda_powertools import Logger
from aws_lambda_powertools.logging.formatter import LambdaPowertoolsFormatter

if TYPE_CHECKING:
    from types import TracebackType

NAME = "passerelle"
NAMESPACE = "Passerelle"  # of the metrics
# They log addresses with their query, and bodies.
CHATTY = ("urllib3", "botocore", "boto3", "requests", "s3transfer", "aws_lambda_powertools")
LETTERS = "23456789ABCDEFGHJKMNPQRSTVWXYZ"  # none that is mistaken for another on the telephone
REFERENCE_LENGTH = 8

_BLOTS = (
    # The query of any address: signatures, tokens.
    (re.compile(r"(https?://[^\s\"'?<>\\]*)\?[^\s\"'<>\\]*"), r"\1?…"),
    (
        re.compile(
            r"(?i)\b(X-Amz-[a-z-]+|wstoken|token|password|secret)((?:\\?[\"']|[\s:=]){1,6})[^\s&\"',;<>\\}]+"
        ),
        r"\1\2…",
    ),
    (re.compile(r"whsec_[A-Za-z0-9+/=_-]+"), "whsec_…"),
    (re.compile(r"[^\s\"'<>(),;:\\=\[\]{}]+@[\w-]+(?:\.[\w-]+)+"), "…@…"),
    # Moodle's tokens are MD5 in hexadecimal; nothing of ours has that length.
    (re.compile(r"(?<![0-9a-fA-F])[0-9a-fA-F]{32}(?![0-9a-fA-F])"), "…"),
)


def blotted(text: str) -> str:
    """The text without what opens a door or names a person."""
    for pattern, instead in _BLOTS:
        text = pattern.sub(instead, text)
    return text


def trace(error: BaseException) -> str:
    """Types and places of an exception and its causes, outermost first, without a word of their texts."""
    lines: list[str] = []
    seen: set[int] = set()
    current: BaseException | None = error
    while current is not None and id(current) not in seen:
        seen.add(id(current))
        kind = type(current)
        lines.append(f"{kind.__module__}.{kind.__qualname__}")
        lines += [
            f"  {frame.filename}:{frame.lineno} {frame.name}"
            for frame in traceback.extract_tb(current.__traceback__)
        ]
        hidden = current.__suppress_context__
        current = current.__cause__ or (None if hidden else current.__context__)
    return "\n".join(lines)


class DiscreetFormatter(LambdaPowertoolsFormatter):
    def formatException(  # noqa: N802 - logging's name
        self,
        ei: tuple[type[BaseException], BaseException, TracebackType | None] | tuple[None, None, None],
    ) -> str:
        return trace(ei[1]) if ei[1] is not None else ""

    def _extract_log_exception(
        self, log_record: logging.LogRecord
    ) -> tuple[str, str, list[Any]] | tuple[None, None, None]:
        if not log_record.exc_info or log_record.exc_info[1] is None:
            return None, None, None
        return self.formatException(log_record.exc_info), type(log_record.exc_info[1]).__name__, []

    def serialize(self, log: Any) -> str:
        return blotted(super().serialize(log))


def build_logger(stream: IO[str] | None = None, name: str = NAME) -> Logger:
    formatter = DiscreetFormatter(serialize_stacktrace=False, log_record_order=["level", "message"])
    return Logger(service=name, stream=stream, logger_formatter=formatter)


@cache
def warm_logger() -> Logger:
    for name in CHATTY:
        logging.getLogger(name).setLevel(logging.CRITICAL)
    return build_logger()


def begin(context: object) -> Logger:
    """The logger for one invocation: each line carries the function and AWS's request id."""
    log = warm_logger()
    log.clear_state()
    log.append_keys(
        function=getattr(context, "function_name", ""), invocation=getattr(context, "aws_request_id", "")
    )
    return log


def reference(*about: str) -> str:
    """A short code for a person to quote (H1): the same for the same request, else by chance."""
    number = int.from_bytes(
        hashlib.sha256("\x1f".join(about).encode("utf-8", "surrogatepass")).digest()
        if about
        else secrets.token_bytes(32)
    )
    letters = []
    for _ in range(REFERENCE_LENGTH):
        number, letter = divmod(number, len(LETTERS))
        letters.append(LETTERS[letter])
    return "".join(letters)


def measure(name: str, value: float, unit: str = "Count") -> None:
    """A number that CloudWatch makes a metric of (namespace Passerelle, by stack), read from the log itself:
    embedded metric format, so that no function needs a right for it. Nothing where no function runs.
    """
    stack = os.environ.get("AWS_LAMBDA_FUNCTION_NAME", "").rpartition("-")[0]
    if not stack:
        return
    from aws_lambda_powertools.metrics import MetricUnit, single_metric

    with single_metric(name, MetricUnit(unit), value, namespace=NAMESPACE) as metric:
        metric.add_dimension("service", stack)  # as Powertools names it; else it adds its own
