import pytest
from sluice_local.bedrock_runtime.errors import ServiceError
from sluice_local.bedrock_runtime.scenarios.library import library_scenario
from sluice_local.bedrock_runtime.scenarios.reading import ScenarioError, read_scenario
from sluice_local.bedrock_runtime.scenarios.scenario import (
    Cut,
    Delivery,
    ErrorEvent,
    Event,
    ExceptionEvent,
    RawBytes,
    Wait,
)


def steps(*documents: dict) -> tuple:
    return read_scenario({"steps": list(documents)}).steps


@pytest.mark.parametrize(
    ("document", "step"),
    [
        ({"event": "messageStart", "payload": {"role": "assistant"}}, Event("messageStart", {"role": "assistant"})),
        ({"event": "x", "corrupt": "message_crc"}, Event("x", {}, "message_crc")),
        (
            {"exception": "throttlingException", "message": "slow", "members": {"originalStatusCode": 5}},
            ExceptionEvent("throttlingException", {"message": "slow", "originalStatusCode": 5}),
        ),
        ({"error": "InternalFailure", "message": "oh"}, ErrorEvent("InternalFailure", "oh")),
        ({"raw": "AAE="}, RawBytes(b"\x00\x01")),
        ({"wait": 0.5}, Wait(0.5)),
        ({"wait": 0.5, "inside": 3}, Wait(0.5, 3)),
        ({"cut": "reset"}, Cut("reset")),
        ({"cut": "end", "inside": 12}, Cut("end", 12)),
        ({"start": True}, Event("messageStart", {"role": "assistant"})),
    ],
)
def test_each_step_is_read(document, step):
    assert steps(document) == (step,)


def test_words_are_shorter_than_events():
    read = steps(
        {"start": True},
        {"reasoning": "Hm.", "signature": "sig"},
        {"text": "So it is.", "index": 1},
        {"tool_use": "look", "index": 2, "id": "t1", "input": {"a": 1}},
        {"stop": "tool_use", "usage": {"inputTokens": 3}},
    )
    assert [step.type for step in read if step.type != "contentBlockDelta"] == [
        "messageStart",
        "contentBlockStop",
        "contentBlockStop",
        "contentBlockStart",
        "contentBlockStop",
        "messageStop",
        "metadata",
    ]
    assert read[-1].payload["usage"]["inputTokens"] == 3


def test_a_stop_without_usage_has_no_metadata():
    assert [step.type for step in steps({"stop": "end_turn"})] == ["messageStop"]


def test_a_refusal_takes_the_status_of_the_model():
    refusal = read_scenario(
        {"refusal": {"exception": "ThrottlingException", "message": "m", "headers": {"a": "b"}}}
    ).refusal
    assert isinstance(refusal, ServiceError)
    assert (refusal.name, refusal.status, refusal.message, refusal.headers) == (
        "ThrottlingException",
        429,
        "m",
        {"a": "b"},
    )


def test_a_refusal_of_no_model_says_its_own_status():
    assert read_scenario({"refusal": {"exception": "TeapotException", "status": 418}}).refusal.status == 418
    with pytest.raises(ScenarioError, match="say which `status`"):
        read_scenario({"refusal": {"exception": "TeapotException"}})


def test_the_delivery_is_read():
    document = {
        "name": "mine",
        "delivery": {"interval": 0.1, "chunks": 7, "cut_at": 100, "cut": "reset"},
        "asks_tools": True,
    }
    scenario = read_scenario(document)
    assert scenario.delivery == Delivery(interval=0.1, chunks=7, cut_at=100, cut="reset")
    assert (scenario.name, scenario.asks_tools) == ("mine", True)


def test_the_library_is_at_hand():
    assert read_scenario({"library": "tool-use"}) is library_scenario("tool-use")
    with pytest.raises(ScenarioError, match="no scenario is called 'nope'; there are text, tool-use,"):
        read_scenario({"library": "nope"})


@pytest.mark.parametrize(
    ("document", "words"),
    [
        ({"stepz": []}, "unknown key 'stepz'"),
        ({"steps": [{"txt": "x"}]}, "step 0 must have one of the keys event, exception"),
        ({"steps": [{"wait": 1, "index": 0}]}, "unknown key 'index'"),
        ({"steps": [{"wait": "long"}]}, "step 0: wait must be a number"),
        ({"steps": [{"cut": "slowly"}]}, "step 0: cut must be one of end, reset"),
        (
            {"steps": [{"event": "x", "corrupt": "all"}]},
            "step 0: corrupt must be one of none, prelude_crc, message_crc",
        ),
        ({"steps": [{"raw": "!"}]}, "step 0: "),
        ({"steps": ["text"]}, "the scenario cannot be read"),
        ({"steps": 5}, "the scenario cannot be read"),
        ({"delivery": {"speed": 1}}, "the scenario cannot be read"),
        ({"delivery": {"chunks": 0}}, "chunks must be"),
        ({"delivery": {"interval": "x"}}, "interval must be a number"),
        ({"refusal": {"message": "x"}}, "the scenario cannot be read"),
    ],
)
def test_a_scenario_that_cannot_be_read_says_why(document, words):
    with pytest.raises(ScenarioError, match=words):
        read_scenario(document)
