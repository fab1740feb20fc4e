"""Functions for the managed runtime's own client, without streaming."""

import time


def echo(event, context):
    return {"event": event, "request_id": context.aws_request_id, "remaining": context.get_remaining_time_in_millis()}


def page(event, context):
    return {"statusCode": 201, "headers": {"x-page": "1", "date": "mine"}, "cookies": ["a=b", "c=d"], "body": "hello"}


def fail(event, context):
    raise ValueError("no")


def sleep(event, context):
    time.sleep(1)


def size(event, context):
    return len(event["body"])


def whose(event, context):
    return event["requestContext"].get("authorizer")


def client(event, context):
    return context.client_context.custom
