import base64
import json

import pytest
from gateway.converse.capsule import unpack
from gateway.converse.structured import OUTPUT_TOOL
from gateway.converse.tools import ToolNames
from gateway.dialects.openai_chat.reply import ReplyForm, completion
from gateway.dialects.openai_chat.stream import DONE, ChatStream
from gateway.errors import UpstreamTimeout
from sluice.traits import ModelTraits
from sluice_local.bedrock_runtime.scenarios.replies import REDACTED, SIGNATURE
from sluice_local.bedrock_runtime.scenarios.samples import REASONING_PIECES
from unit.gateway.openai_chat.sse import events_of, joined
from unit.gateway.recordings import START, block_start, block_stop, delta, event, every_cut, library, text

USE = {"toolUse": {"toolUseId": "tooluse_1", "name": "f"}}


def stream(*frames, include_usage=False, form=None):
    """Encode frames, each fed alone."""
    encoder = ChatStream(reply_id="r", created=1, model="m", include_usage=include_usage, form=form)
    return b"".join(encoder.feed(frame) for frame in frames) + (b"" if encoder.verdict else encoder.finish())


def end(reason="end_turn", **metadata):
    return [
        event("messageStop", {"stopReason": reason}),
        event("metadata", {"usage": {"inputTokens": 1, "outputTokens": 2, "totalTokens": 3}, **metadata}),
    ]


def deltas(data):
    return [choice["delta"] for chunk in events_of(data) for choice in chunk["choices"]]


def test_a_tool_call_is_numbered_by_itself_and_not_by_its_block():
    data = stream(
        START,
        *text(0, "Let me look."),
        block_start(1, USE),
        delta(1, {"toolUse": {"input": '{"a"'}}),
        delta(1, {"toolUse": {"input": ":1}"}}),
        block_stop(1),
        *end("tool_use"),
    )
    calls = [delta["tool_calls"] for delta in deltas(data) if "tool_calls" in delta]
    assert calls == [
        [{"index": 0, "id": "tooluse_1", "type": "function", "function": {"name": "f", "arguments": ""}}],
        [{"index": 0, "function": {"arguments": '{"a"'}}],
        [{"index": 0, "function": {"arguments": ":1}"}}],
    ]
    assert events_of(data)[-1]["choices"][0]["finish_reason"] == "tool_calls"


def test_a_tool_call_without_arguments_has_an_empty_object():
    message = joined(stream(START, block_start(0, USE), delta(0, {"toolUse": {"input": ""}}), block_stop(0), *end()))
    assert message["tool_calls"][0]["function"]["arguments"] == "{}"


def test_interleaved_tool_calls_come_apart():
    message = joined(stream(*library("tool-use-parallel")))
    arguments = [json.loads(call["function"]["arguments"])["city"] for call in message["tool_calls"]]
    assert arguments == ["Paris", "Lisbon", "Oslo"]


def test_a_cut_tool_call_is_told_and_so_is_the_length():
    data = stream(*library("tool-use-cut"))
    assert joined(data)["tool_calls"]
    assert events_of(data)[-1]["choices"][0]["finish_reason"] == "length"


def test_reasoning_streams_as_text_and_comes_signed_when_it_is_over():
    data = stream(*library("reasoning"))
    pieces = [delta["reasoning_content"] for delta in deltas(data) if "reasoning_content" in delta]
    assert pieces == list(REASONING_PIECES)
    [block] = [delta["thinking_blocks"] for delta in deltas(data) if "thinking_blocks" in delta]
    whole = {"type": "thinking", "thinking": "".join(REASONING_PIECES), "signature": SIGNATURE}
    assert block == [{"index": 0, **whole}]
    assert joined(data)["thinking_blocks"] == [{"index": 0, **whole}]


def test_unsigned_reasoning_needs_not_come_back():
    assert "thinking_blocks" not in joined(stream(*library("reasoning-unsigned")))


def test_redacted_reasoning_comes_as_it_is():
    [block] = joined(stream(*library("reasoning-redacted")))["thinking_blocks"]
    assert (block["type"], base64.b64decode(block["data"])) == ("redacted_thinking", REDACTED)


@pytest.mark.parametrize("carries", [True, False])
def test_the_ids_of_tool_calls_carry_signed_reasoning_where_the_client_needs_it(carries):
    [call] = joined(stream(*library("reasoning-tool-use"), form=ReplyForm(ids_carry_reasoning=carries)))["tool_calls"]
    plain, blocks = unpack(call["id"])
    assert bool(blocks) is carries
    assert plain.startswith("tooluse_")
    if carries:
        assert blocks[0]["reasoningContent"]["reasoningText"]["signature"] == SIGNATURE


def test_each_call_carries_the_reasoning_since_the_call_before():
    def thought(index, words):
        return [
            delta(index, {"reasoningContent": {"text": words}}),
            delta(index, {"reasoningContent": {"signature": f"sig-{words}"}}),
            block_stop(index),
        ]

    def use(index):
        return [block_start(index, {"toolUse": {"toolUseId": f"t{index}", "name": "f"}}), block_stop(index)]

    message = joined(stream(START, *thought(0, "a"), *use(1), *use(2), *thought(3, "b"), *use(4), *end("tool_use")))
    carried = [
        [block["reasoningContent"]["reasoningText"]["text"] for block in unpack(call["id"])[1]]
        for call in message["tool_calls"]
    ]
    assert carried == [["a"], [], ["b"]]


def test_tools_have_their_clients_names_again():
    names = ToolNames(ModelTraits())
    told = names.upstream("mcp.server/tool")
    use = {"toolUse": {"toolUseId": "t", "name": told}}
    message = joined(stream(START, block_start(0, use), block_stop(0), *end(), form=ReplyForm(names=names)))
    assert message["tool_calls"][0]["function"]["name"] == "mcp.server/tool"


def test_an_answer_that_came_through_a_tool_is_content_and_stops():
    frames = [
        START,
        *text(0, "I will answer."),
        block_start(1, {"toolUse": {"toolUseId": "t", "name": OUTPUT_TOOL}}),
        delta(1, {"toolUse": {"input": '{"a":1}'}}),
        block_stop(1),
        *end("tool_use"),
    ]
    data = stream(*frames, form=ReplyForm(answer_tool=OUTPUT_TOOL))
    message = joined(data)
    assert message["content"] == '{"a":1}'
    assert "tool_calls" not in message
    assert events_of(data)[-1]["choices"][0]["finish_reason"] == "stop"


@pytest.mark.parametrize("include_usage", [True, False])
def test_usage_comes_once_on_its_own_chunk_where_asked_for_and_else_on_the_last(include_usage):
    data = stream(START, *text(0, "a"), *end(serviceTier={"type": "flex"}), include_usage=include_usage)
    with_usage = [chunk for chunk in events_of(data) if chunk.get("usage")]
    assert len(with_usage) == 1
    assert (with_usage[0]["choices"] == []) is include_usage
    assert data.endswith(DONE)
    assert [chunk["service_tier"] for chunk in events_of(data) if "service_tier" in chunk] == ["flex"]


def test_reasoning_tokens_are_told_where_the_model_tells_them():
    details = {"usage": {"output_tokens_details": {"thinking_tokens": 7}}}
    frames = [
        START,
        *text(0, "a"),
        event("messageStop", {"stopReason": "end_turn", "additionalModelResponseFields": details}),
        event("metadata", {"usage": {"inputTokens": 1, "outputTokens": 9, "totalTokens": 10}}),
    ]
    assert events_of(stream(*frames))[-1]["usage"]["completion_tokens_details"] == {"reasoning_tokens": 7}
    usage = events_of(stream(START, *text(0, "a"), *end()))[-1]["usage"]
    assert "completion_tokens_details" not in usage


def test_a_stream_that_broke_ends_in_an_error_and_neither_finishes_nor_is_done():
    encoder = ChatStream(reply_id="r", created=1, model="m", include_usage=True)
    data = encoder.feed(START + block_start(0, USE)) + encoder.fail(UpstreamTimeout("Silence."))
    assert events_of(data)[-1]["error"]["message"] == "Silence."
    assert DONE not in data
    assert all(choice["finish_reason"] is None for chunk in events_of(data)[:-1] for choice in chunk["choices"])


@pytest.mark.parametrize(
    "name", ["tool-use-parallel", "reasoning-tool-use", "reasoning-redacted", "tool-use-no-arguments"]
)
def test_a_recording_cut_anywhere_gives_the_same_bytes(name):
    outcomes = {encoded(pieces) for pieces in every_cut(b"".join(library(name)))}
    assert len(outcomes) == 1
    assert outcomes.pop().endswith(DONE)


def encoded(pieces):
    encoder = ChatStream(reply_id="r", created=1, model="m", include_usage=True)
    return b"".join([encoder.feed(piece) for piece in pieces])


def whole(reply, **members):
    return completion(reply, reply_id="r", created=1, model="m", **members)


def reply(*blocks, stop="end_turn", **members):
    return {
        "output": {"message": {"role": "assistant", "content": list(blocks)}},
        "stopReason": stop,
        "usage": {"inputTokens": 5, "outputTokens": 2, "totalTokens": 7},
        **members,
    }


THOUGHT = {"reasoningContent": {"reasoningText": {"text": "r", "signature": "s"}}}
TOOL_USE = {"toolUse": {"toolUseId": "t", "name": "f", "input": {"a": 1}}}


def test_a_whole_reply_holds_what_a_streamed_one_does():
    [choice] = whole(reply(THOUGHT, {"text": "x"}, {"text": "y"}, TOOL_USE, stop="tool_use"))["choices"]
    message = choice["message"]
    assert (message["content"], message["reasoning_content"]) == ("xy", "r")
    assert message["thinking_blocks"] == [{"type": "thinking", "thinking": "r", "signature": "s"}]
    [call] = message["tool_calls"]
    assert call["function"] == {"name": "f", "arguments": '{"a":1}'}
    assert unpack(call["id"]) == ("t", [THOUGHT])
    assert choice["finish_reason"] == "tool_calls"


def test_a_whole_answer_through_a_tool_is_content():
    use = {"toolUse": {"toolUseId": "t", "name": OUTPUT_TOOL, "input": {"properties": {"a": 1}}}}
    form = ReplyForm(answer_tool=OUTPUT_TOOL)
    [choice] = whole(reply({"text": "Here."}, use, stop="tool_use"), form=form)["choices"]
    assert (choice["message"]["content"], choice["finish_reason"]) == ('{"a":1}', "stop")
    assert "tool_calls" not in choice["message"]


def test_a_whole_reply_tells_its_usage_tier_and_trace():
    usage = {"inputTokens": 1, "outputTokens": 2, "cacheReadInputTokens": 3, "cacheWriteInputTokens": 4}
    details = {"usage": {"output_tokens_details": {"thinking_tokens": 1}}}
    details["stop_details"] = {"type": "refusal"}
    extras = {"serviceTier": {"type": "flex"}, "trace": {"guardrail": {}}, "additionalModelResponseFields": details}
    answer = whole(reply({"text": "x"}, **{**extras, "usage": usage}))
    assert answer["usage"] == {
        "prompt_tokens": 8,
        "completion_tokens": 2,
        "total_tokens": 10,
        "prompt_tokens_details": {"cached_tokens": 3, "cache_creation_tokens": 4},
        "completion_tokens_details": {"reasoning_tokens": 1},
    }
    assert answer["stop_details"] == {"type": "refusal"}
    assert (answer["service_tier"], answer["trace"]) == ("flex", {"guardrail": {}})


CUSTOM = ReplyForm(custom_tools=frozenset({"f"}))


@pytest.mark.parametrize("cut", range(1, 12))
def test_the_input_of_a_custom_tool_streams_as_its_text(cut):
    arguments = '{"input": "a\\n\\"b\\""}'
    pieces = [arguments[at : at + cut] for at in range(0, len(arguments), cut)]
    frames = [delta(0, {"toolUse": {"input": piece}}) for piece in pieces]
    data = stream(START, block_start(0, USE), *frames, block_stop(0), *end("tool_use"), form=CUSTOM)
    [call] = joined(data)["tool_calls"]
    assert (call["type"], call["custom"]) == ("custom", {"name": "f", "input": 'a\n"b"'})


@pytest.mark.parametrize(("arguments", "told"), [("", ""), ("plain", "plain"), ('{"a":1}', '{"a":1}')])
def test_a_custom_tool_that_was_used_in_another_form_still_gets_something(arguments, told):
    frames = [delta(0, {"toolUse": {"input": arguments}})] if arguments else []
    data = stream(START, block_start(0, USE), *frames, block_stop(0), *end("tool_use"), form=CUSTOM)
    assert joined(data)["tool_calls"][0]["custom"]["input"] == told


@pytest.mark.parametrize(("given", "told"), [({"input": "a"}, "a"), ({"x": 1}, '{"x":1}'), ({}, "{}")])
def test_a_custom_tools_use_that_came_whole(given, told):
    use = {"toolUse": {**USE["toolUse"], "input": given}}
    reply = {"output": {"message": {"content": [use]}}, "stopReason": "tool_use"}
    message = completion(reply, reply_id="r", created=1, model="m", form=CUSTOM)["choices"][0]["message"]
    assert message["tool_calls"] == [{"id": "tooluse_1", "type": "custom", "custom": {"name": "f", "input": told}}]
