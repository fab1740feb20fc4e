"""The events in `events/`: what Lambda really hands to the functions, in every detail that code may rely on."""

import json
import re
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from infrastructure.expansion import PROJECT

FOLDER = PROJECT / "events"
ALL = {path.stem: path for path in sorted(FOLDER.glob("*.json"))}
SCHEDULED = "schedule"
OVER_HTTP = sorted(ALL.keys() - {SCHEDULED})
PUBLIC = {"health"}
SIGNED = {"chat-completions-iam"}


def read(path: Path) -> dict[str, Any]:
    event: dict[str, Any] = json.loads(path.read_text())
    return event


def test_there_is_an_event_for_every_way_in() -> None:
    ways = {"chat-completions", "chat-completions-iam", "converse", "converse-stream", "health", "models", "schedule"}
    assert ways <= ALL.keys()


@pytest.mark.parametrize("name", OVER_HTTP)
def test_a_function_url_event_has_the_members_of_payload_2(name: str) -> None:
    event = read(ALL[name])
    body = {"body"} if event["requestContext"]["http"]["method"] == "POST" else set()
    members = {"version", "routeKey", "rawPath", "rawQueryString", "headers", "requestContext", "isBase64Encoded"}
    assert event.keys() == members | body
    assert event["version"] == "2.0"
    assert event["routeKey"] == "$default"
    assert event["isBase64Encoded"] is False


@pytest.mark.parametrize("name", OVER_HTTP)
def test_a_function_url_event_agrees_with_itself(name: str) -> None:
    event = read(ALL[name])
    context, headers = event["requestContext"], event["headers"]
    assert context["http"].keys() == {"method", "path", "protocol", "sourceIp", "userAgent"}
    assert context["http"]["path"] == event["rawPath"]
    assert context["http"]["userAgent"] == headers["user-agent"]
    assert context["http"]["sourceIp"] == headers["x-forwarded-for"]
    assert context["domainName"] == headers["host"] == f"{context['apiId']}.lambda-url.us-east-1.on.aws"
    assert context["domainPrefix"] == context["apiId"]
    assert (context["routeKey"], context["stage"]) == ("$default", "$default")
    at = datetime.fromtimestamp(context["timeEpoch"] / 1000, UTC)
    assert context["time"] == at.strftime("%d/%b/%Y:%H:%M:%S +0000")


@pytest.mark.parametrize("name", OVER_HTTP)
def test_header_names_are_lower_case_and_the_body_has_its_length(name: str) -> None:
    event = read(ALL[name])
    assert [header for header in event["headers"] if header != header.lower()] == []
    if "body" in event:
        assert event["headers"]["content-length"] == str(len(event["body"].encode()))
        assert isinstance(json.loads(event["body"]), dict)


@pytest.mark.parametrize("name", OVER_HTTP)
def test_the_caller_is_who_the_urls_authorization_says(name: str) -> None:
    event = read(ALL[name])
    context = event["requestContext"]
    if name in SIGNED:
        iam = context["authorizer"]["iam"]
        assert iam.keys() == {
            *("accessKey", "accountId", "callerId", "cognitoIdentity", "principalOrgId", "userArn", "userId")
        }
        assert context["accountId"] == iam["accountId"]
        assert re.fullmatch(r"arn:aws:sts::\d{12}:assumed-role/\w+/\w+", iam["userArn"])
    else:
        assert context["accountId"] == "anonymous"
        assert "authorizer" not in context


@pytest.mark.parametrize("name", OVER_HTTP)
def test_an_event_has_a_place_for_a_key_and_never_a_key(name: str) -> None:
    keyless = name in PUBLIC | SIGNED
    assert read(ALL[name])["headers"].get("authorization") == (None if keyless else "Bearer {SLUICE_API_KEY}")
    assert "slc_" not in ALL[name].read_text()


def test_the_scheduled_event_is_what_the_scheduler_sends_without_an_input_of_ours() -> None:
    event = read(ALL[SCHEDULED])
    assert event.keys() == {
        *("version", "id", "detail-type", "source", "account", "time", "region", "resources", "detail")
    }
    assert (event["version"], event["detail-type"]) == ("0", "Scheduled Event")
    assert event["source"] == "aws.scheduler"
    assert event["detail"] == "{}", "the scheduler sends it as a string"
    (schedule,) = event["resources"]
    assert re.fullmatch(rf"arn:aws:scheduler:{event['region']}:{event['account']}:schedule/default/[\w-]+", schedule)
