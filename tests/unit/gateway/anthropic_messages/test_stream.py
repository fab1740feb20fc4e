import base64

import pytest
from gateway.converse.structured import OUTPUT_TOOL
from gateway.dialects.anthropic_messages.ending import ReplyForm
from gateway.dialects.anthropic_messages.reply import message
from gateway.dialects.anthropic_messages.stream import MessagesStream
from gateway.errors import StreamBroken, UpstreamTimeout
from sluice_local.bedrock_runtime.assembly import assemble
from sluice_local.bedrock_runtime.scenarios.library import library_scenario
from sluice_local.bedrock_runtime.scenarios.replies import CITATION, REDACTED
from unit.gateway.anthropic_messages.sse import events_of, joined
from unit.gateway.recordings import (
    METADATA,
    PLAIN,
    START,
    STOP,
    USAGE,
    block_start,
    block_stop,
    delta,
    event,
    every_cut,
    library,
    text,
)

REPLIES = (
    "text",
    "tool-use",
    "tool-use-no-arguments",
    "tool-use-parallel",
    "reasoning",
    "reasoning-unsigned",
    "reasoning-redacted",
    "reasoning-tool-use",
    "citations",
    "cached",
    "empty",
    "guardrail",
    "stop-max-tokens",
    "stop-stop-sequence",
    "stop-content-filtered",
    "stop-model-context-window-exceeded",
)
ABOUT = {"reply_id": "msg_1", "model": "m"}


def stream_of(form=None):
    return MessagesStream(request_id="req_1", form=form, **ABOUT)


def sent(*frames, form=None):
    encoder = stream_of(form)
    return b"".join([encoder.feed(frame) for frame in frames]), encoder.verdict


def base64_of(data):
    return base64.b64encode(data).decode()


def told(*frames, form=None):
    return events_of(sent(*frames, form=form)[0])


def kinds(events):
    return [value["type"] for value in events]


def tool(index, name="f"):
    return block_start(index, {"toolUse": {"toolUseId": f"t{index}", "name": name}})


def stop(reason, **fields):
    return event("messageStop", {"stopReason": reason, **({"additionalModelResponseFields": fields} if fields else {})})


def test_a_plain_answer():
    assert told(*PLAIN) == [
        {
            "type": "message_start",
            "message": {
                "id": "msg_1",
                "type": "message",
                "role": "assistant",
                "model": "m",
                "content": [],
                "stop_reason": None,
                "stop_sequence": None,
                "usage": {
                    "input_tokens": 0,
                    "cache_creation_input_tokens": 0,
                    "cache_read_input_tokens": 0,
                    "output_tokens": 0,
                },
            },
        },
        {"type": "content_block_start", "index": 0, "content_block": {"type": "text", "text": ""}},
        {"type": "content_block_delta", "index": 0, "delta": {"type": "text_delta", "text": "Hel"}},
        {"type": "content_block_delta", "index": 0, "delta": {"type": "text_delta", "text": "lo"}},
        {"type": "content_block_stop", "index": 0},
        {
            "type": "message_delta",
            "delta": {"stop_reason": "end_turn", "stop_sequence": None},
            "usage": {
                "input_tokens": 12,
                "cache_creation_input_tokens": 2,
                "cache_read_input_tokens": 4,
                "output_tokens": 3,
            },
        },
        {"type": "message_stop"},
    ]


@pytest.mark.parametrize("name", REPLIES)
def test_a_stream_and_a_whole_reply_give_the_sdk_the_same_message(name):
    form = ReplyForm(stop_sequences=["END"])
    streamed = joined(sent(*library(name), form=form)[0]).to_dict()
    whole = message(assemble(library_scenario(name).steps), form=form, **ABOUT)
    counted = whole.pop("usage")
    # The SDK's stream keeps what it knows of the last usage.
    assert streamed.pop("usage").items() <= counted.items()
    whole.pop("amazon-bedrock-trace", None)
    assert {member: streamed[member] for member in whole} == whole


@pytest.mark.parametrize("name", [*REPLIES, "no-block-stop", "no-message-start", "tool-use-cut"])
def test_blocks_open_empty_one_at_a_time_numbered_from_0_and_each_is_closed(name):
    opened = None
    closed = 0
    for value in told(*library(name)):
        match value["type"]:
            case "content_block_start":
                assert opened is None
                opened = value["index"]
                assert opened == closed
                block = value["content_block"]
                assert block.get("text", "") == block.get("thinking", "") == block.get("signature", "") == ""
                assert block.get("input", {}) == {}
            case "content_block_delta":
                assert value["index"] == opened
            case "content_block_stop":
                assert value["index"] == opened
                opened, closed = None, closed + 1
    assert opened is None


@pytest.mark.parametrize("name", REPLIES)
def test_a_reply_is_told_the_same_wherever_it_is_cut(name):
    frames = library(name)
    expected, _ = sent(*frames)
    for pieces in every_cut(b"".join(frames)):
        assert sent(*pieces)[0] == expected


def test_the_deltas_of_a_tool_use_wait_until_the_one_before_is_over():
    frames = [
        START,
        tool(1),
        tool(2, "g"),
        delta(2, {"toolUse": {"input": '{"b":'}}),
        delta(1, {"toolUse": {"input": "{"}}),
    ]
    encoder = stream_of()
    first = events_of(b"".join([encoder.feed(frame) for frame in frames]))
    assert [value["index"] for value in first if "index" in value] == [0, 0]
    rest = [block_stop(1), delta(2, {"toolUse": {"input": "1}"}}), block_stop(2), STOP, METADATA]
    then = events_of(b"".join([encoder.feed(frame) for frame in rest]))
    assert kinds(then)[:5] == [
        "content_block_stop",
        "content_block_start",
        "content_block_delta",
        "content_block_delta",
        "content_block_stop",
    ]


def test_a_tool_use_without_arguments_has_an_empty_input():
    found = joined(sent(*library("tool-use-no-arguments"))[0])
    assert found.content[-1].input == {}
    assert "input_json_delta" not in str(told(*library("tool-use-no-arguments")))


def test_a_tool_has_its_clients_name():
    class Names:
        def client(self, name):
            return {"mcp_tool": "mcp.tool"}[name]

    found = joined(sent(START, tool(0, "mcp_tool"), block_stop(0), STOP, METADATA, form=ReplyForm(names=Names()))[0])
    assert found.content[0].name == "mcp.tool"


def test_a_signature_is_told_whole_as_the_last_of_its_block():
    pieces = [
        delta(0, {"reasoningContent": part}) for part in ({"text": "Hm."}, {"signature": "ab"}, {"signature": "cd"})
    ]
    deltas = [
        value["delta"]
        for value in told(START, *pieces, block_stop(0), STOP, METADATA)
        if "index" in value and "delta" in value
    ]
    assert deltas == [
        {"type": "thinking_delta", "thinking": "Hm."},
        {"type": "signature_delta", "signature": "abcd"},
    ]


def test_reasoning_whose_text_is_left_out_is_a_signature_alone():
    frames = [START, delta(0, {"reasoningContent": {"signature": "ab"}}), block_stop(0), STOP, METADATA]
    (block,) = joined(sent(*frames)[0]).content
    assert (block.type, block.thinking, block.signature) == ("thinking", "", "ab")


def test_encrypted_reasoning_comes_whole_with_the_start_of_its_block():
    found = told(*library("reasoning-redacted"))
    assert found[1]["content_block"] == {"type": "redacted_thinking", "data": base64_of(REDACTED)}
    assert found[2] == {"type": "content_block_stop", "index": 0}


def test_encrypted_reasoning_in_pieces_becomes_one():
    pieces = [delta(0, {"reasoningContent": {"redactedContent": base64_of(part)}}) for part in (b"a", b"bc")]
    found = told(START, *pieces, block_stop(0), STOP, METADATA)
    assert found[1]["content_block"]["data"] == base64_of(b"abc")


@pytest.mark.parametrize(
    ("location", "expected"),
    [
        (
            {"documentChar": {"documentIndex": 1, "start": 2, "end": 5}},
            {"type": "char_location", "document_index": 1, "start_char_index": 2, "end_char_index": 5},
        ),
        (
            {"documentPage": {"documentIndex": 0, "start": 3, "end": 4}},
            {"type": "page_location", "document_index": 0, "start_page_number": 3, "end_page_number": 4},
        ),
        (
            {"documentChunk": {"documentIndex": 0, "start": 0, "end": 2}},
            {"type": "content_block_location", "document_index": 0, "start_block_index": 0, "end_block_index": 2},
        ),
        (
            {"searchResultLocation": {"searchResultIndex": 2, "start": 0, "end": 1}},
            {
                "type": "search_result_location",
                "search_result_index": 2,
                "start_block_index": 0,
                "end_block_index": 1,
                "source": "https://e.com/s",
            },
        ),
        (
            {"web": {"url": "https://e.com", "domain": "e.com"}},
            {"type": "web_search_result_location", "url": "https://e.com"},
        ),
        ({}, {"type": "web_search_result_location", "url": "https://e.com/s"}),
        (None, {"type": "web_search_result_location", "url": "https://e.com/s"}),
    ],
)
def test_a_citation_is_told_with_its_location(location, expected):
    cited = {**CITATION, "source": "https://e.com/s", "location": location}
    frames = [START, *text(0, "It grew.")[:-1], delta(0, {"citation": cited}), block_stop(0), STOP, METADATA]
    (citation,) = joined(sent(*frames)[0]).content[0].citations
    assert expected.items() <= citation.to_dict().items()
    assert citation.cited_text == "Revenue grew by twelve percent."
    titles = citation.to_dict()
    assert titles.get("document_title", titles.get("title")) == "Annual report"


@pytest.mark.parametrize(
    ("reason", "told_as"),
    [
        ("end_turn", "end_turn"),
        ("tool_use", "tool_use"),
        ("max_tokens", "max_tokens"),
        ("model_context_window_exceeded", "model_context_window_exceeded"),
        ("refusal", "refusal"),
        ("pause_turn", "pause_turn"),
        ("compaction", "compaction"),
        ("content_filtered", "refusal"),
        ("guardrail_intervened", "refusal"),
        ("solar_flare", "solar_flare"),
    ],
)
def test_a_stop_reason(reason, told_as):
    found = told(START, stop(reason), METADATA)
    assert found[-2]["delta"]["stop_reason"] == told_as


def test_a_guardrail_and_a_filter_are_told_apart():
    details = [
        told(START, stop(reason), METADATA)[-2]["delta"]["stop_details"]
        for reason in ("guardrail_intervened", "content_filtered")
    ]
    assert ["uardrail" in found["explanation"] for found in details] == [True, False]


def test_the_details_of_a_refusal_are_the_models_own():
    details = {"type": "refusal", "category": "cyber", "explanation": "No."}
    assert told(START, stop("refusal", stop_details=details), METADATA)[-2]["delta"]["stop_details"] == details


@pytest.mark.parametrize(
    ("sequences", "fields", "expected"),
    [
        (["A", "B"], {"stop_sequence": "B"}, "B"),
        (["A"], {}, "A"),
        (["A", "B"], {}, None),
        (["A"], {"stop_sequence": 1}, "A"),
    ],
)
def test_the_stop_sequence_is_told_as_far_as_it_is_known(sequences, fields, expected):
    form = ReplyForm(stop_sequences=sequences)
    assert told(START, stop("stop_sequence", **fields), METADATA, form=form)[-2]["delta"]["stop_sequence"] == expected
    assert told(START, stop("end_turn", **fields), METADATA, form=form)[-2]["delta"]["stop_sequence"] is None


@pytest.mark.parametrize("reason", ["malformed_tool_use", "malformed_model_output"])
def test_a_reply_that_bedrock_calls_malformed_is_an_error_and_metered(reason):
    data, verdict = sent(START, *text(0, "Hm"), stop(reason), METADATA)
    assert events_of(data)[-1]["error"]["type"] == "api_error"
    assert isinstance(verdict.error, StreamBroken)
    assert (verdict.usage.output_tokens, verdict.stop_reason) == (3, reason)


def test_usage_has_cache_writes_by_ttl_reasoning_tokens_and_the_tier():
    usage = {
        "inputTokens": 5,
        "outputTokens": 7,
        "totalTokens": 42,
        "cacheReadInputTokens": 10,
        "cacheWriteInputTokens": 20,
        "cacheDetails": [{"ttl": "1h", "inputTokens": 15}, {"ttl": "5m", "inputTokens": 5}],
    }
    frames = [
        START,
        stop("end_turn", usage={"output_tokens_details": {"thinking_tokens": 3}}),
        event("metadata", {"usage": usage, "serviceTier": {"type": "default"}}),
    ]
    assert told(*frames)[-2]["usage"] == {
        "input_tokens": 5,
        "cache_creation_input_tokens": 20,
        "cache_read_input_tokens": 10,
        "output_tokens": 7,
        "cache_creation": {"ephemeral_5m_input_tokens": 5, "ephemeral_1h_input_tokens": 15},
        "output_tokens_details": {"thinking_tokens": 3},
        "service_tier": "standard",
    }


def test_what_became_of_the_context_is_told():
    managed = {"applied_edits": [{"type": "clear_thinking_20251015", "cleared_thinking_turns": 1}]}
    assert told(START, stop("end_turn", context_management=managed), METADATA)[-2]["context_management"] == managed


def test_a_guardrails_trace_is_told_as_invoke_model_tells_it():
    trace = {"guardrail": {"actionReason": "Guardrail blocked."}}
    found = told(START, stop("guardrail_intervened"), event("metadata", {"usage": USAGE, "trace": trace}))
    assert found[-2]["amazon-bedrock-trace"] == trace


def test_the_usage_is_waited_for():
    encoder = stream_of()
    assert encoder.feed(b"".join(PLAIN[:-1])).endswith(b'data: {"type":"content_block_stop","index":0}\n\n')
    assert kinds(events_of(encoder.feed(METADATA))) == ["message_delta", "message_stop"]


def test_a_ping_may_come_before_everything():
    assert events_of(MessagesStream.keep_alive + sent(*PLAIN)[0])[0] == {"type": "ping"}
    assert joined(MessagesStream.keep_alive + sent(*PLAIN)[0]).content[0].text == "Hello"


def test_an_answer_that_came_as_a_tools_input_is_text():
    form = ReplyForm(answer_tool=OUTPUT_TOOL)
    frames = [
        START,
        *text(0, "I will."),
        tool(1, OUTPUT_TOOL),
        delta(1, {"toolUse": {"input": '{"a":1}'}}),
        block_stop(1),
    ]
    found = joined(sent(*frames, stop("tool_use"), METADATA, form=form)[0])
    assert [(block.type, block.text) for block in found.content] == [("text", '{"a":1}')]
    assert found.stop_reason == "end_turn"


@pytest.mark.parametrize(
    "frame",
    [
        block_start(0, {"image": {"format": "png"}}),
        delta(0, {"audio": {}}),
        block_start(0, {"toolUse": {"name": "f"}}),
        block_start(0, {"toolUse": {"toolUseId": "t", "name": "f", "type": "server_tool_use"}}),
        delta(0, {"toolUse": {"input": "{}"}}),
    ],
)
def test_content_that_has_no_place_fails_the_reply(frame):
    data, verdict = sent(START, frame, STOP, METADATA)
    assert kinds(events_of(data)) == ["message_start", "error"]
    assert isinstance(verdict.error, StreamBroken)


def test_an_error_carries_the_requests_id_and_ends_the_stream():
    encoder = stream_of()
    encoder.feed(PLAIN[0] + PLAIN[1])
    (error,) = events_of(encoder.fail(UpstreamTimeout("Bedrock sent nothing.")))
    assert error == {
        "type": "error",
        "error": {"type": "timeout_error", "message": "Bedrock sent nothing."},
        "request_id": "req_1",
    }
    assert encoder.feed(PLAIN[2]) == encoder.finish() == b""
