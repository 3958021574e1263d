"""What AWS asks in Ireland (eu-west-1), in dollars, by its price list; first tier, nothing free taken off.

The list is published for each service under https://pricing.us-east-1.amazonaws.com/offers/v1.0/aws/SERVICE/… and
could not be asked from here: each price was read in a public copy of it, by its usage type, on 2026-11-30.
"""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class Price:
    dollars: float  # for one `unit`
    unit: str
    usage: str  # service and usage type in the list
    published: str  # the day of the list that was read; empty where only other regions' or secondary pages were found
    note: str = ""


PRICES = {
    "Lambda, time": Price(
        0.0000133334,
        "GB·s, arm64",
        "AWSLambda EU-Lambda-GB-Second-ARM",
        "",
        "read in Paris's list (2026-09-07); Ireland's has the same usage type, and x86 at 0.0000166667 (2026-10-01)",
    ),
    "Lambda, requests": Price(0.20e-6, "request", "AWSLambda EU-Request", "2026-10-01"),
    "Step Functions, transitions": Price(
        0.025e-3, "state transition", "AmazonStates EU-StateTransition", "2026-09-11"
    ),
    "HTTP API, calls": Price(1.11e-6, "request", "AmazonApiGateway EU-ApiGatewayHttpRequest", "2026-10-02"),
    "SQS, requests": Price(
        0.40e-6, "request", "AWSQueueService EU-Requests-Tier1", "", "read in Paris's list (2026-09-07)"
    ),
    "DynamoDB, writes": Price(0.705e-6, "1 KB written", "AmazonDynamoDB EU-WriteRequestUnits", "2026-09-11"),
    "DynamoDB, reads": Price(
        0.1415e-6, "4 KB read strongly", "AmazonDynamoDB EU-ReadRequestUnits", "2026-09-11"
    ),
    "DynamoDB, storage": Price(0.283, "GB a month", "AmazonDynamoDB EU-TimedStorage-ByteHrs", "2026-09-11"),
    "DynamoDB, any second of 35 days": Price(
        0.22, "GB a month", "AmazonDynamoDB EU-TimedPITRStorage-ByteHrs", "2026-09-11"
    ),
    "S3, storage": Price(0.023, "GB a month", "AmazonS3 EU-TimedStorage-ByteHrs", "2026-09-28"),
    "S3, writes": Price(5e-6, "PUT, COPY, LIST", "AmazonS3 EU-Requests-Tier1", "2026-09-28"),
    "S3, reads": Price(0.4e-6, "GET", "AmazonS3 EU-Requests-Tier2", "2026-09-28"),
    "sent to Moodles and browsers": Price(
        0.09, "GB", "AWSDataTransfer EU-DataTransfer-Out-Bytes", "2026-09-16"
    ),
    "CloudWatch, alarms": Price(
        0.10, "metric a month", "AmazonCloudWatch EU-CW:AlarmMonitorUsage", "2026-09-22"
    ),
    "CloudWatch, logs taken in": Price(0.57, "GB", "AmazonCloudWatch EU-DataProcessing-Bytes", "2026-09-22"),
    "CloudWatch, logs kept": Price(
        0.03, "GB a month", "AmazonCloudWatch EU-TimedStorage-ByteHrs", "2026-09-22"
    ),
}
