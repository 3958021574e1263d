from __future__ import annotations

import json
import re

import pytest

from passerelle.domain.measures import COUNTED
from passerelle.moodle.client import Site
from passerelle.moodle.throttle import Patience
from passerelle.runtime.lms import HURRIED, HURRIED_CONNECT, HURRIED_READ
from passerelle.runtime.queue_door import PATIENT_TAKES, SOON
from tests.infra.templates import functions, logical, resources, suffix, template, timeout

TWO_WEEKS = 1_209_600


def queues():
    return resources("infra/queues", "AWS::SQS::Queue")


def consumers():
    """By the queue's logical id: the function that takes from it, and the event's properties."""
    found = {}
    for name, properties in functions().items():
        for event in properties.get("Events", {}).values():
            if event["Type"] == "SQS":
                source = event["Properties"]["Queue"]["Fn::GetAtt"]
                source = source if isinstance(source, list) else source.split(".", 1)
                found[source[1].removeprefix("Outputs.").removesuffix("Arn")] = (name, event["Properties"])
    return found


def test_every_queue_that_is_worked_on_has_dead_letters_after_seven_attempts():
    assert set(consumers()) == {name for name in queues() if not name.endswith("Dead")}
    for name in consumers():
        redrive = queues()[name]["RedrivePolicy"]
        assert redrive["maxReceiveCount"] == 7
        assert redrive["deadLetterTargetArn"] == {"Fn::GetAtt": [f"{name}Dead", "Arn"]}
        assert f"{name}Dead" in queues()


def test_what_fails_comes_back_for_a_quarter_of_an_hour_before_it_is_a_dead_letter():
    """Soon at first, for whoever waits; a store that is away for a while fills no dead letters all the same."""
    for name in consumers():
        takes, own = queues()[name]["RedrivePolicy"]["maxReceiveCount"], queues()[name]["VisibilityTimeout"]
        assert sum(SOON) + own * (takes - 1 - len(SOON)) >= 900, name
        assert max(SOON) < own
        assert takes > PATIENT_TAKES


def test_every_message_is_kept_for_two_weeks():
    assert {properties["MessageRetentionPeriod"] for properties in queues().values()} == {TWO_WEEKS}


def test_a_message_stays_invisible_for_as_long_as_its_function_may_take_and_a_minute():
    for name, (function, event) in consumers().items():
        longest = timeout(functions()[function])
        wanted = longest + 60 if event["BatchSize"] == 1 else longest * 6
        assert queues()[name]["VisibilityTimeout"] == wanted, name


def test_a_function_lives_longer_than_the_client_waits_for_a_moodle_that_is_away():
    longest = (Patience().budget + Site("hub", "https://hub.example", "token").read_timeout).total_seconds()
    for name, (function, _) in consumers().items():
        assert timeout(functions()[function]) > longest, f"{name}: killed before it can say so"


def test_at_the_door_a_moodle_that_is_away_is_said_while_somebody_still_waits():
    longest = (HURRIED.budget + HURRIED_CONNECT + HURRIED_READ).total_seconds()
    assert longest < timeout(functions()["request_retrieval"]) < 29  # seconds that API Gateway waits


def test_every_consumer_reports_single_failures_and_is_bounded():
    for _, event in consumers().values():
        assert event["FunctionResponseTypes"] == ["ReportBatchItemFailures"]
        assert event["ScalingConfig"] == {"MaximumConcurrency": {"Ref": "Concurrency"}}


@pytest.mark.rule("H4")
def test_nobody_waits_for_a_batch_to_fill_or_for_the_first_message_to_be_shown() -> None:
    for name, event in consumers().values():
        assert "MaximumBatchingWindowInSeconds" not in event, name
        assert event["BatchSize"] == 1, name
    for name, queue in queues().items():
        assert "DelaySeconds" not in queue, name


def test_only_uploads_and_drop_folders_start_a_check_so_that_no_event_feeds_itself():
    (rule,) = resources("infra/queues", "AWS::Events::Rule").values()
    assert rule["EventPattern"]["detail-type"] == ["Object Created"]
    assert rule["EventPattern"]["detail"]["object"]["key"] == [{"prefix": "uploads/"}, {"prefix": "drop/"}]
    assert rule["EventPattern"]["detail"]["bucket"]["name"] == [{"Ref": "Backups"}]
    (target,) = rule["Targets"]
    assert target["Arn"] == {"Fn::GetAtt": ["Uploads", "Arn"]}


def test_what_takes_uploads_may_write_them_nowhere_in_uploads():
    from tests.infra.templates import statements

    consumer, _ = consumers()["Uploads"]
    for statement in statements(consumer):
        if "s3:PutObject" in statement["Action"]:
            for resource in statement["Resource"]:
                assert "/uploads/" not in resource["Fn::Sub"]


def test_an_event_that_cannot_be_delivered_goes_to_dead_letters():
    (rule,) = resources("infra/queues", "AWS::Events::Rule").values()
    assert all("Arn" in target["DeadLetterConfig"] for target in rule["Targets"])


def test_a_scheduled_call_that_fails_to_the_end_goes_to_dead_letters():
    scheduled = 0
    undelivered = {"Fn::GetAtt": ["Queues", "Outputs.UndeliveredDeadArn"]}
    for function in functions().values():
        for event in function.get("Events", {}).values():
            if event["Type"] == "ScheduleV2":
                scheduled += 1
                assert event["Properties"]["DeadLetterConfig"]["Arn"] == undelivered
                failed = function["EventInvokeConfig"]["DestinationConfig"]["OnFailure"]
                assert failed == {"Type": "SQS", "Destination": undelivered}
    assert scheduled == 7


def test_every_queue_of_dead_letters_wakes_a_person_and_every_other_one_is_timed():
    watched = {one for alarm in alarms().values() for one in looked_at(alarm, "AWS/SQS")}
    wanted = {
        (
            suffix(properties["QueueName"]),
            "ApproximateNumberOfMessagesVisible"
            if name.endswith("Dead")
            else "ApproximateAgeOfOldestMessage",
        )
        for name, properties in queues().items()
    }
    assert watched == wanted


def test_every_function_has_a_log_group_with_retention_and_an_alarm_on_its_errors():
    watched = {one for alarm in alarms().values() for one in looked_at(alarm, "AWS/Lambda")}
    assert ("watch_nights", "Invocations") in watched  # who watches the watch
    watched.discard(("watch_nights", "Invocations"))
    # Concurrency is the account's: one alarm looks at its throttles, whichever function was refused.
    watched.discard(("", "Throttles"))
    assert watched == {(name, "Errors") for name in functions()}
    groups = resources("template", "AWS::Logs::LogGroup")
    for name in functions():
        group = groups[f"{logical(name)}Logs"]
        assert group["RetentionInDays"] == {"Ref": "LogRetention"}
        assert group["LogGroupName"] == {"Fn::Sub": f"/aws/lambda/${{{logical(name)}}}"}


def alarms():
    return resources("infra/watch", "AWS::CloudWatch::Alarm")


def looked_at(alarm, namespace):
    """Of whom an alarm looks at which metric of a namespace; nobody's name where it is the account's."""
    metrics = [one["MetricStat"]["Metric"] for one in alarm.get("Metrics", ()) if "MetricStat" in one]
    for metric in metrics or [alarm]:
        if metric["Namespace"] == namespace:
            dimensions = metric.get("Dimensions")
            yield (suffix(dimensions[0]["Value"]) if dimensions else "", metric["MetricName"])


def test_every_alarm_reaches_the_topic():
    for name, alarm in alarms().items():
        assert alarm["AlarmActions"] == [{"Ref": "Alarms"}], name


@pytest.mark.rule("H4")
def test_every_alarm_says_in_french_and_english_what_it_means_and_what_helps():
    for name, alarm in alarms().items():
        french, _, english = alarm["AlarmDescription"].partition(" — ")
        assert len(alarm["AlarmDescription"]) < 1024, name
        for said in (french, english):
            assert re.search(r"passerelle \w+|Concurrency|Time|«|“", said), name


@pytest.mark.rule("H4")
def test_an_alarm_adds_no_more_metrics_up_than_aws_takes():
    for name, alarm in alarms().items():
        assert len([one for one in alarm.get("Metrics", ()) if "MetricStat" in one]) <= 10, name


@pytest.mark.rule("H4")
def test_the_dashboard_shows_the_figures_that_functions_write_and_no_others():
    (dashboard,) = resources("infra/watch", "AWS::CloudWatch::Dashboard").values()
    body = json.loads(dashboard["DashboardBody"]["Fn::Sub"])
    shown = {
        row[1]
        for widget in body["widgets"]
        for row in widget["properties"]["metrics"]
        if row[0] == "Passerelle"
    }
    counted = {name for names in COUNTED.values() for name in names.values()}
    counted |= {"SecondsToPublish", "OrdersFulfilled", "SecondsFromPaidToEnrolled", "NightOperations"}
    assert shown == counted | {"OrdersWaiting"}


@pytest.mark.rule("H4")
def test_figures_are_looked_up_by_the_dimension_that_functions_write():
    (dashboard,) = resources("infra/watch", "AWS::CloudWatch::Dashboard").values()
    widgets = json.loads(dashboard["DashboardBody"]["Fn::Sub"])["widgets"]
    rows = [row for widget in widgets for row in widget["properties"]["metrics"] if row[0] == "Passerelle"]
    assert {tuple(row[2:4]) for row in rows} == {("service", "${Name}")}
    ours = [alarm for alarm in alarms().values() if alarm.get("Namespace") == "Passerelle"]
    assert ours
    assert all(alarm["Dimensions"] == [{"Name": "service", "Value": {"Ref": "Name"}}] for alarm in ours)


@pytest.mark.rule("H4")
def test_each_saved_query_asks_every_function():
    queries = resources("infra/watch", "AWS::Logs::QueryDefinition")
    assert {one["Name"]["Fn::Sub"] for one in queries.values()} == {
        "${Name}/story",
        "${Name}/refusals",
        "${Name}/slowest",
    }
    for one in queries.values():
        assert {name["Fn::Sub"] for name in one["LogGroupNames"]} == {
            f"/aws/lambda/${{Name}}-{function}" for function in functions()
        }


def test_what_holds_records_and_archives_outlives_its_stack():
    for name, resource in template("infra/state")["Resources"].items():
        if resource["Type"] in {"AWS::DynamoDB::Table", "AWS::S3::Bucket"}:
            assert resource["DeletionPolicy"] == "RetainExceptOnCreate", name
            assert resource["UpdateReplacePolicy"] == "Retain", name
    assert template("template")["Resources"]["Storage"]["DeletionPolicy"] == "Retain"
    (table,) = resources("infra/state", "AWS::DynamoDB::Table").values()
    assert table["PointInTimeRecoverySpecification"] == {"PointInTimeRecoveryEnabled": True}
    assert table["TimeToLiveSpecification"] == {"AttributeName": "expires_at", "Enabled": True}
    assert template("template")["Parameters"]["Protected"]["Default"] == "true"
    assert template("template")["Parameters"]["OnlyTls"]["Default"] == "true"


def test_no_bucket_is_public_or_unencrypted():
    buckets = resources("infra/state", "AWS::S3::Bucket")
    assert len(buckets) == 2
    for bucket in buckets.values():
        assert set(bucket["PublicAccessBlockConfiguration"].values()) == {True}
        assert "BucketEncryption" in bucket
    policed = {
        policy["Bucket"]["Ref"] for policy in resources("infra/state", "AWS::S3::BucketPolicy").values()
    }
    assert policed == set(buckets)
