"""Scripted answers: from the program that runs the emulator, and over HTTP."""

import base64
import json

import pytest
from botocore.exceptions import ClientError
from integration.bedrock_runtime.clients import HELLO, post, received_before_error
from sluice_local.bedrock_runtime import (
    Cut,
    Delivery,
    Event,
    ExceptionEvent,
    Scenario,
    Settings,
    library_names,
    library_scenario,
    refused,
    running_emulator,
)

HAIKU = "anthropic.claude-3-haiku-20240307-v1:0"
NOVA = "amazon.nova-lite-v1:0"


def text_of(client, model_id=HAIKU) -> str:
    return client.converse(modelId=model_id, messages=HELLO)["output"]["message"]["content"][0]["text"]


def saying(text: str) -> dict:
    return {
        "steps": [{"start": True}, {"text": text}, {"stop": "end_turn", "usage": {"inputTokens": 1, "outputTokens": 1}}]
    }


def queue(emulator, *documents: dict, **more) -> tuple[int, dict]:
    body = json.dumps(list(documents) if len(documents) > 1 else documents[0]).encode()
    status, _, answer = post(emulator, "/_emulator/scenarios", body)
    return status, json.loads(answer)


def test_a_queued_scenario_answers_the_next_call_only(emulator, signing):
    emulator.script(library_scenario("text"))
    assert text_of(signing) == "Streams run to the sea, naïve and unhurried."
    assert "emulator" in text_of(signing)


def test_scenarios_answer_in_their_order_and_as_often_as_they_should(emulator, signing):
    emulator.script(Scenario("no", refusal=refused("ThrottlingException", "not now")), times=2)
    emulator.script(library_scenario("text"))
    for _ in range(2):
        with pytest.raises(ClientError, match="not now"):
            text_of(signing)
    assert text_of(signing).startswith("Streams")


def test_a_scenario_can_wait_for_an_operation_or_a_model(emulator, signing):
    emulator.script(library_scenario("text"), operation="ConverseStream")
    emulator.script(library_scenario("stop-max-tokens"), model="amazon.*")
    assert "emulator" in text_of(signing)
    assert signing.converse(modelId=NOVA, messages=HELLO)["stopReason"] == "max_tokens"
    events = list(signing.converse_stream(modelId=HAIKU, messages=HELLO)["stream"])
    assert events[1] == {"contentBlockDelta": {"delta": {"text": "Streams"}, "contentBlockIndex": 0}}


def test_a_scenario_of_one_s_own_is_streamed(emulator, signing):
    steps = (
        Event("messageStart", {"role": "assistant"}),
        Event("contentBlockDelta", {"contentBlockIndex": 0, "delta": {"text": "so"}}),
        ExceptionEvent("throttlingException", {"message": "enough"}),
    )
    emulator.script(Scenario("mine", steps, delivery=Delivery(chunks=3)))
    received, error = received_before_error(signing, HAIKU)
    assert len(received) == 2
    assert error.response["Error"]["Message"] == "enough"


def test_a_scenario_named_as_one_of_the_library_is_still_its_own(emulator, signing):
    emulator.script(Scenario("text", (Event("messageStart", {"role": "assistant"}), Cut("end"))))
    assert len(list(signing.converse_stream(modelId=HAIKU, messages=HELLO)["stream"])) == 1


def test_what_a_client_sent_is_recorded(emulator, signing):
    text_of(signing)
    [request] = emulator.requests
    assert (request.method, request.path) == ("POST", f"/model/{HAIKU}/converse")
    assert request.target == f"/model/{HAIKU.replace(':', '%3A')}/converse"
    assert request.json == {"messages": HELLO}
    assert request.header("authorization").startswith("AWS4-HMAC-SHA256 ")
    assert request.received_at > 1_700_000_000


def test_only_the_latest_requests_are_kept():
    with running_emulator(Settings(recorded=2)) as emulator:
        for path in ("/one", "/two", "/three"):
            post(emulator, path)
        assert [request.target for request in emulator.requests] == ["/two", "/three"]


def test_refused_requests_are_recorded_too(emulator):
    post(emulator, "/nowhere", b"not json")
    [request] = emulator.requests
    assert (request.target, request.body, request.json) == ("/nowhere", b"not json", None)


def test_a_scenario_is_queued_over_http(emulator, signing):
    assert queue(emulator, saying("From afar.")) == (200, {"queued": 1})
    assert text_of(signing) == "From afar."


def test_several_are_queued_at_once_and_go_where_they_should(emulator, signing):
    documents = [{**saying("one"), "times": 2}, {**saying("two"), "model": "amazon.*"}, {"library": "throttled"}]
    assert queue(emulator, *documents) == (200, {"queued": 4})
    assert [text_of(signing), text_of(signing, NOVA), text_of(signing, NOVA)] == ["one", "one", "two"]
    with pytest.raises(ClientError, match="Too many requests"):
        text_of(signing)


@pytest.mark.parametrize(
    "body", [b"{", b"[1]", b'{"stepz": []}', b'{"operation": "Dance"}', b'{"times": 0}', b'{"library": "nope"}']
)
def test_a_scenario_that_cannot_be_read_is_refused_and_not_queued(emulator, body):
    status, _, answer = post(emulator, "/_emulator/scenarios", body)
    assert status == 400
    assert json.loads(answer)["message"]
    assert json.loads(post(emulator, "/_emulator/scenarios", b"", "GET")[2])["queued"] == 0


def test_one_bad_scenario_of_several_queues_none(emulator):
    status, _ = queue(emulator, saying("fine"), {"stepz": []})
    assert status == 400
    assert json.loads(post(emulator, "/_emulator/scenarios", b"", "GET")[2])["queued"] == 0


def test_the_queue_is_shown_with_the_library_and_emptied(emulator):
    queue(emulator, saying("x"))
    shown = json.loads(post(emulator, "/_emulator/scenarios", b"", "GET")[2])
    assert shown == {"queued": 1, "library": list(library_names())}
    assert json.loads(post(emulator, "/_emulator/scenarios", b"", "DELETE")[2]) == {"queued": 0}


def test_recorded_requests_are_shown_over_http_and_forgotten(emulator, signing):
    text_of(signing)
    [shown] = json.loads(post(emulator, "/_emulator/requests", b"", "GET")[2])["requests"]
    assert shown["target"].endswith("/converse")
    assert json.loads(base64.b64decode(shown["body"])) == shown["json"] == {"messages": HELLO}
    assert ["x-amzn-bedrock", "x"] not in shown["headers"]
    assert post(emulator, "/_emulator/requests", b"", "DELETE")[0] == 200
    assert emulator.requests == []


def test_the_admin_endpoints_are_not_recorded_and_ask_for_no_credentials(emulator):
    assert post(emulator, "/_emulator/requests", b"", "GET", authorization="")[0] == 200
    assert emulator.requests == []


def test_an_admin_endpoint_that_is_none_is_not_found(emulator):
    assert post(emulator, "/_emulator/dance", b"", "GET")[0] == 404
