"""A handler that says what it was given and what it may do; stands in for every function of the template."""

import json
import os
import sys

import aws_lambda_powertools
import boto3

from passerelle import errors


def attempted(call):
    try:
        call()
    except Exception as error:  # noqa: BLE001 - any of them, by its code
        return error.response["Error"]["Code"] if hasattr(error, "response") else repr(error)
    return "done"


def rights():
    s3, table = boto3.client("s3"), boto3.client("dynamodb")
    backups, state = os.environ["PASSERELLE_BACKUPS_BUCKET"], os.environ["PASSERELLE_STATE_BUCKET"]
    key = {"pk": {"S": "a"}, "sk": {"S": "a"}}
    name = os.environ["PASSERELLE_TABLE"]
    return {
        "write uploads/": attempted(lambda: s3.put_object(Bucket=backups, Key="uploads/x", Body=b"")),
        "write accepted/": attempted(lambda: s3.put_object(Bucket=backups, Key="accepted/x", Body=b"")),
        "read config/": attempted(lambda: s3.get_object(Bucket=state, Key="config/x")),
        "read manifests/": attempted(lambda: s3.get_object(Bucket=state, Key="manifests/x")),
        "put record": attempted(lambda: table.put_item(TableName=name, Item=key)),
        "delete record": attempted(lambda: table.delete_item(TableName=name, Key=key)),
        "scan records": attempted(lambda: table.scan(TableName=name)),
        "read a secret": attempted(lambda: boto3.client("ssm").get_parameter(Name="/passerelle/signing/x")),
        "read a token": attempted(lambda: boto3.client("ssm").get_parameter(Name="/passerelle/tokens/x")),
        "read another": attempted(lambda: boto3.client("ssm").get_parameter(Name="/elsewhere/x")),
    }


def lambda_handler(event, context):
    if "Records" in event:
        (record,) = event["Records"]
        boto3.client("dynamodb").put_item(
            TableName=os.environ["PASSERELLE_TABLE"],
            Item={
                "pk": {"S": context.function_name},
                "sk": {"S": record["messageId"]},
                "body": {"S": record["body"]},
            },
        )
        # As Powertools answers: one verdict per message.
        failed = [{"itemIdentifier": record["messageId"]}] if "poison" in record["body"] else []
        return {"batchItemFailures": failed}
    known = {
        "path": event.get("pathParameters"),
        "body": event.get("body"),
        "environment": sorted(os.environ),
        "layer": [aws_lambda_powertools.__file__, errors.__file__],
        "python": sys.executable,
        "rights": rights() if "rights" in (event.get("body") or "") else None,
    }
    return {"statusCode": 200, "headers": {"content-type": "application/json"}, "body": json.dumps(known)}
