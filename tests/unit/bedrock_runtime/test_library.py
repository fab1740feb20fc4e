import pytest
from botocore.validate import ParamValidator
from sluice_local.bedrock_runtime.errors import exception_statuses
from sluice_local.bedrock_runtime.scenarios.library import (
    library_names,
    library_scenario,
    library_schedule,
    scenario_name,
)
from sluice_local.bedrock_runtime.scenarios.scenario import Cut, Event, ExceptionEvent
from sluice_local.bedrock_runtime.service_model import output_shape, stop_reasons, stream_exceptions

NAMES = [name.replace("-N", "-40") for name in library_names()]
# The scenario about what no SDK knows yet.
UNKNOWN = "unknown-events"
EVENTS = output_shape("ConverseStream").members["stream"].members


@pytest.mark.parametrize("name", NAMES)
def test_every_event_of_the_library_fits_the_service_model(name):
    scenario = library_scenario(name)
    for step in scenario.steps:
        if isinstance(step, Event | ExceptionEvent) and name not in (UNKNOWN, "midstream-unknown-exception"):
            report = ParamValidator().validate(dict(step.payload), EVENTS[step.type])
            assert not report.has_errors(), report.generate_report()


def test_the_unknown_events_are_unknown():
    events = [step for step in library_scenario(UNKNOWN).steps if isinstance(step, Event)]
    assert any(event.type not in EVENTS for event in events)
    reports = [
        ParamValidator().validate(dict(event.payload), EVENTS[event.type]) for event in events if event.type in EVENTS
    ]
    assert sum(report.has_errors() for report in reports) == 2


def test_there_is_a_reply_for_every_stop_reason():
    for reason in stop_reasons():
        steps = library_scenario(f"stop-{reason.replace('_', '-')}").steps
        assert [step.payload["stopReason"] for step in steps if step.type == "messageStop"] == [reason]


def test_there_is_a_stream_with_every_exception_of_the_model():
    ends = {
        library_scenario(name).steps[-1].type
        for name in NAMES
        if name.startswith("midstream-") and name != "midstream-error"
    }
    assert ends == {*stream_exceptions(), "quantumDecoherenceException"}


def test_there_is_a_refusal_with_every_exception_of_the_model():
    refused = {scenario.refusal.name for name in NAMES if (scenario := library_scenario(name)).refusal}
    modelled = {name for name in exception_statuses() if name not in _OF_THE_FRONT}
    assert modelled <= refused


_OF_THE_FRONT = {
    "ExpiredTokenException",
    "IncompleteSignatureException",
    "InvalidSignatureException",
    "MissingAuthenticationTokenException",
    "SerializationException",
    "UnknownOperationException",
    "UnrecognizedClientException",
}


def test_the_statuses_are_those_of_the_model():
    statuses = exception_statuses()
    assert statuses["ThrottlingException"] == statuses["ModelNotReadyException"] == 429
    assert statuses["ModelErrorException"] == statuses["ModelStreamErrorException"] == 424
    assert statuses["ModelTimeoutException"] == 408
    assert statuses["ServiceQuotaExceededException"] == 400


def test_text_and_reasoning_have_no_start_and_tools_have_one():
    for name in ("text", "reasoning", "citations"):
        assert not [step for step in library_scenario(name).steps if step.type == "contentBlockStart"]
    assert [step for step in library_scenario("tool-use").steps if step.type == "contentBlockStart"]


def test_usage_comes_after_the_stop():
    types = [step.type for step in library_scenario("text").steps]
    assert types[-2:] == ["messageStop", "metadata"]


def test_parallel_tool_uses_are_interleaved():
    indexes = [step.payload["contentBlockIndex"] for step in library_scenario("tool-use-parallel").steps[1:-2]]
    assert indexes != sorted(indexes)
    assert set(indexes) == {0, 1, 2}


def test_a_tool_without_arguments_has_no_delta():
    steps = library_scenario("tool-use-no-arguments").steps
    assert not [step for step in steps if step.type == "contentBlockDelta" and "toolUse" in step.payload["delta"]]


def test_a_burst_has_deltas_of_five_characters():
    steps = library_scenario("burst-17").steps
    texts = [step.payload["delta"]["text"] for step in steps if step.type == "contentBlockDelta"]
    assert len(texts) == 17
    assert {len(text) for text in texts} == {5}


def test_a_paced_reply_begins_after_200_ms_and_goes_on_every_10():
    times = [round(write.at, 6) for write in library_schedule("paced-5").writes]
    assert times == [0.0, 0.2, 0.21, 0.22, 0.23, 0.24, 0.25, 0.26, 0.27]


def test_a_schedule_is_encoded_once():
    assert library_schedule("burst-200") is library_schedule("burst-200")


@pytest.mark.parametrize(
    ("model_id", "name"),
    [
        ("emulator.text", "text"),
        ("us.emulator.burst-200", "burst-200"),
        ("anthropic.claude-3-haiku-20240307-v1:0", None),
        ("my-emulator.text", None),
    ],
)
def test_a_model_id_names_a_scenario(model_id, name):
    assert scenario_name(model_id) == name


@pytest.mark.parametrize("name", ["no-such", "burst", "burst-", "burst-x", "text-5", "burst-1000000"])
def test_a_name_that_is_not_in_the_library_is_none(name):
    assert library_scenario(name) is None


def test_a_scenario_that_calls_tools_says_so():
    assert library_scenario("tool-use").asks_tools
    assert library_scenario("tool-use-parallel").asks_tools
    assert not library_scenario("text").asks_tools


def test_cuts_come_after_the_reply_has_begun():
    steps = library_scenario("cut-midframe").steps
    assert isinstance(steps[3], Cut)
    assert steps[3].inside
