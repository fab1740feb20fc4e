"""The schedule: what it starts, when, and where a failure is kept."""

import re

import botocore.session
import pytest
from infrastructure.expansion import expand, parameters

FAILURES = {"Fn::GetAtt": ["RefreshFailures", "Arn"]}


def test_the_schedule_starts_the_refresh_with_a_role_that_may() -> None:
    stack = expand()
    (schedule,) = stack.of_type("AWS::Scheduler::Schedule").values()
    assert schedule["Target"] == {
        "Arn": {"Fn::GetAtt": ["RefreshFunction", "Arn"]},
        "RoleArn": {"Fn::GetAtt": ["ScheduleRole", "Arn"]},
        "DeadLetterConfig": {"Arn": FAILURES},
        "RetryPolicy": {"MaximumRetryAttempts": 5, "MaximumEventAgeInSeconds": 3600},
    }
    (policy,) = stack.properties("ScheduleRole")["Policies"]
    assert [(rule["Action"], rule["Resource"]) for rule in policy["PolicyDocument"]["Statement"]] == [
        ("lambda:InvokeFunction", {"Fn::GetAtt": ["RefreshFunction", "Arn"]}),
        ("sqs:SendMessage", FAILURES),
    ]


def test_the_schedule_has_no_name_that_a_second_stack_would_take_too() -> None:
    (schedule,) = expand().of_type("AWS::Scheduler::Schedule").values()
    assert "Name" not in schedule
    assert schedule["FlexibleTimeWindow"] == {"Mode": "FLEXIBLE", "MaximumWindowInMinutes": 15}


def test_the_schedule_is_what_the_operator_says() -> None:
    (schedule,) = expand(RefreshSchedule="rate(6 hours)").of_type("AWS::Scheduler::Schedule").values()
    assert schedule["ScheduleExpression"] == "rate(6 hours)"


@pytest.mark.parametrize(("interval", "state"), [("3600", "ENABLED"), ("60", "ENABLED"), ("0", "DISABLED")])
def test_an_interval_of_zero_switches_the_schedule_off(interval: str, state: str) -> None:
    stack = expand(RefreshInterval=interval)
    (schedule,) = stack.of_type("AWS::Scheduler::Schedule").values()
    assert schedule["State"] == state
    variables = stack.properties("RefreshFunction")["Environment"]["Variables"]
    assert variables["SLUICE_REFRESH_INTERVAL"] == interval


def test_a_refresh_that_fails_every_time_is_kept() -> None:
    (config,) = expand().of_type("AWS::Lambda::EventInvokeConfig").values()
    assert config == {
        "FunctionName": {"Ref": "RefreshFunction"},
        "Qualifier": "$LATEST",
        "MaximumRetryAttempts": 2,
        "MaximumEventAgeInSeconds": 3600,
        "DestinationConfig": {"OnFailure": {"Destination": FAILURES}},
    }


def test_failures_are_kept_encrypted_for_two_weeks() -> None:
    queue = expand().properties("RefreshFailures")
    assert queue == {"MessageRetentionPeriod": 14 * 24 * 3600, "SqsManagedSseEnabled": True}


def test_a_deployment_does_not_wait_for_bedrock() -> None:
    # The first catalog is made by the schedule, by the operator or by whoever first lists models: never by a custom
    # resource, which could fail the stack or hang it.
    kinds = {resource["Type"] for resource in expand().resources.values()}
    assert {kind for kind in kinds if kind.startswith(("Custom::", "AWS::CloudFormation::"))} == set()


def test_models_may_be_discovered_in_every_region_of_aws_and_in_several() -> None:
    pattern = parameters()["DiscoveryRegion"]["AllowedPattern"]
    session = botocore.session.Session()
    partitions = session.get_available_partitions()
    regions = [name for partition in partitions for name in session.get_available_regions("ec2", partition)]
    assert len(regions) > 30
    assert [
        name for name in [*regions, "eusc-de-east-1", "", "us-east-1, eu-west-1"] if not re.fullmatch(pattern, name)
    ] == []
    assert [
        name for name in ("us", "us-east", "us-east-1 eu-west-1", "us-east-1,") if re.fullmatch(pattern, name)
    ] == []
