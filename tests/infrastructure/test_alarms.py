"""The alarms: what they watch, and that nobody pays for one who did not ask."""

import pytest
from catalog_refresh.refresh import LEASE_SECONDS
from infrastructure.expansion import expand

TOPIC = "arn:aws:sns:eu-central-1:111122223333:operators"
ALARMS = ["CatalogOldAlarm", "GatewayFaultAlarm", "RefreshFailingAlarm", "RefreshLostAlarm"]


def test_there_are_alarms_only_where_somebody_is_told() -> None:
    stack = expand(AlarmTopic=TOPIC)
    assert sorted(stack.of_type("AWS::CloudWatch::Alarm")) == ALARMS
    for name in ALARMS:
        assert stack.resources[name]["Condition"] == "AlarmsAreOn"
        assert stack.properties(name)["AlarmActions"] == [TOPIC]


@pytest.mark.parametrize(
    ("alarm", "metric"),
    [
        ("CatalogOldAlarm", ("Sluice", "CatalogAge")),
        ("GatewayFaultAlarm", ("Sluice", "Failures")),
        ("RefreshFailingAlarm", ("AWS/Lambda", "Errors")),
        ("RefreshLostAlarm", ("AWS/SQS", "ApproximateNumberOfMessagesVisible")),
    ],
)
def test_an_alarm_watches_its_metric(alarm: str, metric: tuple[str, str]) -> None:
    properties = expand().properties(alarm)
    assert (properties["Namespace"], properties["MetricName"]) == metric
    # A schedule that is switched off, and a queue that nobody uses, have no data.
    assert properties["TreatMissingData"] == "notBreaching"


def test_the_lease_outlives_the_longest_run() -> None:
    assert expand().properties("RefreshFunction")["Timeout"] < LEASE_SECONDS
