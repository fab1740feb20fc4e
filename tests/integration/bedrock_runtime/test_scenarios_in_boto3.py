"""Every scenario of the library through boto3: what botocore parsed is what the scenario meant."""

import base64
from collections.abc import Mapping
from contextlib import closing
from typing import Any

import pytest
from botocore.eventstream import ChecksumMismatch
from botocore.exceptions import ClientError
from integration.bedrock_runtime.clients import HELLO, received_before_error
from sluice_local.bedrock_runtime import library_names, library_scenario
from sluice_local.bedrock_runtime.assembly import assemble
from sluice_local.bedrock_runtime.scenarios.scenario import Event
from sluice_local.bedrock_runtime.service_model import output_shape
from urllib3.exceptions import ProtocolError

NAMES = [name.replace("-N", "-9") for name in library_names() if name != "slow-N"]
SCENARIOS = {name: library_scenario(name) for name in NAMES}
REFUSALS = [name for name in NAMES if SCENARIOS[name].refusal]
FAULTS = (
    "cut",
    "reset",
    "bad-",
    "garbage",
    "hang-up",
    "midstream-",
    "exception-first",
    "no-events",
    "stall-",
    "unknown-",
)
WHOLE = [name for name in NAMES if name not in REFUSALS and not name.startswith(FAULTS)]
EVENTS = output_shape("ConverseStream").members["stream"].members


def parsed_form(shape: Any, value: Any) -> Any:
    """A payload as botocore gives it: blobs as bytes."""
    match shape.type_name:
        case "blob":
            return base64.b64decode(value)
        case "structure" if not getattr(shape, "is_document_type", False):
            return {name: parsed_form(shape.members[name], member) for name, member in value.items()}
        case "list":
            return [parsed_form(shape.member, item) for item in value]
        case "map":
            return {key: parsed_form(shape.value, member) for key, member in value.items()}
        case _:
            return value


def meant(name: str) -> list[dict[str, Any]]:
    return [
        {step.type: parsed_form(EVENTS[step.type], step.payload)}
        for step in SCENARIOS[name].steps
        if isinstance(step, Event)
    ]


def streamed(client: Any, name: str) -> list[Mapping[str, Any]]:
    with closing(client.converse_stream(modelId=f"emulator.{name}", messages=HELLO)["stream"]) as stream:
        return list(stream)


@pytest.mark.parametrize("name", WHOLE)
def test_a_stream_parses_to_what_it_means(client, name):
    assert streamed(client, name) == meant(name)


@pytest.mark.parametrize("name", [name for name in WHOLE if not name.startswith("no-m")])
def test_an_answer_parses_to_what_it_means(client, name):
    answer = client.converse(modelId=f"emulator.{name}", messages=HELLO)
    answer.pop("ResponseMetadata")
    events = [step for step in SCENARIOS[name].steps if isinstance(step, Event)]
    assert answer == parsed_form(output_shape("Converse"), assemble(events))


@pytest.mark.parametrize("operation", ["converse", "converse_stream"])
@pytest.mark.parametrize("name", REFUSALS)
def test_a_refusal_is_a_typed_error_with_its_status(client, operation, name):
    refusal = SCENARIOS[name].refusal
    with pytest.raises(ClientError) as caught:
        getattr(client, operation)(modelId=f"emulator.{name}", messages=HELLO)
    response = caught.value.response
    assert response["Error"]["Code"] == refusal.name
    assert response["Error"]["Message"] == refusal.message
    assert response["ResponseMetadata"]["HTTPStatusCode"] == refusal.status
    assert response["ResponseMetadata"]["RequestId"]
    assert refusal.headers.items() <= response["ResponseMetadata"]["HTTPHeaders"].items()


@pytest.mark.parametrize("name", [name for name in NAMES if name.startswith("midstream-") or name == "exception-first"])
def test_an_error_in_the_stream_raises_after_what_came_before(signing, name):
    received, error_raised = received_before_error(signing, f"emulator.{name}")
    assert received == meant(name)
    error = SCENARIOS[name].steps[-1]
    code = error_raised.response["Error"]["Code"]
    if name == "midstream-unknown-exception":
        assert code == ""  # botocore's word for what its model does not list
    elif name == "midstream-error":
        assert code == error.code
    else:
        assert code == error.type
        assert error_raised.response["Error"]["Message"] == error.payload["message"]


@pytest.mark.parametrize("name", ["midstream-throttling", "midstream-model-stream-error", "exception-first"])
def test_an_exception_of_a_stream_is_a_refusal_of_an_answer(signing, name):
    error = SCENARIOS[name].steps[-1]
    with pytest.raises(ClientError) as caught:
        signing.converse(modelId=f"emulator.{name}", messages=HELLO)
    assert caught.value.response["Error"]["Code"].lower() == error.type.lower()
    assert caught.value.response["Error"]["Message"] == error.payload["message"]


@pytest.mark.parametrize("name", ["bad-message-crc", "bad-prelude-crc", "garbage"])
def test_a_frame_that_is_none_is_noticed(signing, name):
    with pytest.raises(ChecksumMismatch):
        streamed(signing, name)


@pytest.mark.parametrize("name", ["cut-before-stop", "cut-midframe", "cut-at-300", "no-events"])
def test_a_clean_cut_ends_the_stream_without_an_error(signing, name):
    received = streamed(signing, name)
    assert received == meant("text")[: len(received)]
    assert not any("messageStop" in event for event in received)


@pytest.mark.parametrize("name", ["reset", "reset-midframe", "reset-at-300", "reset-before-first-event"])
def test_a_reset_breaks_the_stream(signing, name):
    with pytest.raises(ProtocolError):
        streamed(signing, name)


def test_unknown_events_are_skipped_and_the_rest_is_read(signing):
    received = streamed(signing, "unknown-events")
    assert [event for event in received if "delta" in event.get("contentBlockDelta", {})]
    assert received[-2] == {"messageStop": {"stopReason": "end_turn"}}


def test_a_scenario_that_no_library_has_is_an_invalid_model(signing):
    with pytest.raises(ClientError, match="The provided model identifier is invalid"):
        signing.converse(modelId="emulator.no-such", messages=HELLO)
