"""What AWS answered, named for what the caller should do. Nothing of its texts goes further.

AWS quotes keys, values and addresses in its messages: only the operation and the code are kept, and the
original error is left out of the chain that a traceback prints.
"""

from __future__ import annotations

from contextlib import contextmanager
from typing import TYPE_CHECKING

from botocore.exceptions import (
    BotoCoreError,
    ClientError,
    ConnectionError,  # noqa: A004 (botocore's own, beside HTTPClientError)
    HTTPClientError,
    IncompleteReadError,
)

from passerelle.errors import GiveUp, TryAgain

if TYPE_CHECKING:
    from collections.abc import Iterator

BUSY = frozenset(
    {
        "BandwidthLimitExceeded",
        "InternalError",
        "InternalFailure",
        "InternalServerError",
        "LimitExceededException",
        "OperationAborted",
        "PriorRequestNotComplete",
        "ProvisionedThroughputExceeded",
        "ProvisionedThroughputExceededException",
        "RequestLimitExceeded",
        "RequestTimeout",
        "RequestTimeoutException",
        "ServiceUnavailable",
        "SlowDown",
        "TooManyRequestsException",
        "TransactionInProgressException",
    }
)


class AwsBusy(TryAgain):
    """`operation` (PutItem …) and AWS's own `code`, or the kind of network failure."""

    def __init__(self, operation: str, code: str) -> None:
        super().__init__(f"{operation}: {code}")
        self.operation = operation
        self.code = code


class AwsRefused(GiveUp):
    """A right, a bucket, a table or a parameter is not as it must be: `aws` is AWS's own code."""

    def __init__(self, operation: str, aws: str) -> None:
        super().__init__("aws_refused", operation=operation, aws=aws)
        self.operation = operation
        self.aws = aws


def code_of(error: ClientError) -> str:
    return error.response.get("Error", {}).get("Code", "")


def is_busy(code: str, status: int = 0) -> bool:
    return code in BUSY or "Throttl" in code or status == 429 or status >= 500


@contextmanager
def aws_named() -> Iterator[None]:
    """Every failure of boto3 in this block leaves it as AwsBusy or AwsRefused."""
    try:
        yield
    except ClientError as error:
        code = code_of(error)
        status = error.response.get("ResponseMetadata", {}).get("HTTPStatusCode", 0)
        if is_busy(code, status):
            raise AwsBusy(error.operation_name, code) from None
        raise AwsRefused(error.operation_name, code) from None
    except (HTTPClientError, ConnectionError, IncompleteReadError) as error:
        raise AwsBusy("network", type(error).__name__) from None
    except BotoCoreError as error:
        raise AwsRefused("boto3", type(error).__name__) from None
