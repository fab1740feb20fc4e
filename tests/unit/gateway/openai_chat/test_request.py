import base64
import gzip

import orjson
import pytest
from gateway.converse.capsule import pack
from gateway.converse.draft import build
from gateway.converse.reasoning import Reasoning
from gateway.converse.tools import ToolChoice
from gateway.dialects.openai_chat.request import CARRIED, REFUSED, read_request
from gateway.errors import InvalidRequest

PNG = base64.b64encode(b"\x89PNG\r\n\x1a\n1234").decode()
PDF = base64.b64encode(b"%PDF-1.7").decode()
SIGNED = {"reasoningContent": {"reasoningText": {"text": "r", "signature": "s"}}}
CALL = {"id": "c1", "type": "function", "function": {"name": "f", "arguments": '{"a":1}'}}
FUNCTION = {"type": "function", "function": {"name": "f", "parameters": {"type": "object"}}}


def no_fetch(url, path):
    raise AssertionError(f"{url} is not to be fetched")


def read(*messages, headers=None, fetch=no_fetch, **members):
    body = {"model": "m", "messages": list(messages) or [{"role": "user", "content": "a"}], **members}
    return read_request(orjson.dumps(body), headers or {}, fetch)


def converse(*messages, **members):
    return build(read(*messages, **members).draft).body


def blocks(message, **members):
    """The blocks of a message, which other turns surround."""
    around = {"role": "user", "content": "before"}
    return converse(around, message, {"role": "user", "content": "after"}, tools=[FUNCTION], **members)["messages"][1][
        "content"
    ]


def user(*parts):
    return {"role": "user", "content": list(parts)}


def parts(*given, **members):
    return converse(user(*given), **members)["messages"][0]["content"]


def refusal(*messages, **members):
    with pytest.raises(InvalidRequest) as caught:
        read(*messages, **members)
    return caught.value.param


def test_system_and_developer_messages_are_the_system_prompt():
    body = converse(
        {"role": "system", "content": "A"},
        {"role": "developer", "content": [{"type": "text", "text": "B"}]},
        {"role": "user", "content": "c"},
    )
    assert body == {
        "messages": [{"role": "user", "content": [{"text": "c"}]}],
        "system": [{"text": "A"}, {"text": "B"}],
    }


@pytest.mark.parametrize("role", ["robot", "function", None, 3, ["user"]])
def test_an_unknown_role_is_refused_with_its_path(role):
    assert refusal({"role": "user", "content": "a"}, {"role": role, "content": "x"}) == "messages[1].role"


@pytest.mark.parametrize(
    ("message", "param"),
    [
        (user({"type": "hologram"}), "messages[0].content[0].type"),
        (user({"type": "text"}), "messages[0].content[0].text"),
        (user("x"), "messages[0].content[0]"),
        ({"role": "user", "content": 3}, "messages[0].content"),
        ({"role": "system", "content": [{"type": "image_url"}]}, "messages[0].content[0].type"),
        ({"role": "assistant", "content": [{"type": "file"}]}, "messages[0].content[0].type"),
        ({"role": "tool", "content": "x"}, "messages[0].tool_call_id"),
        ({"role": "assistant", "tool_calls": [{"type": "function"}]}, "messages[0].tool_calls[0].id"),
        ({"role": "assistant", "tool_calls": [{**CALL, "type": "magic"}]}, "messages[0].tool_calls[0].type"),
        ({"role": "assistant", "function_call": {"name": "f"}}, "messages[0].function_call"),
        ({"role": "assistant", "thinking_blocks": [{"type": "x"}]}, "messages[0].thinking_blocks[0].type"),
        (user({"type": "image_url", "image_url": {}}), "messages[0].content[0].image_url.url"),
        (user({"type": "image_url", "image_url": {"url": "file:///x"}}), "messages[0].content[0].image_url.url"),
        (user({"type": "file", "file": {"file_id": "file-1"}}), "messages[0].content[0].file.file_id"),
        (user({"type": "file", "file": {}}), "messages[0].content[0].file.file_id"),
        (user({"type": "input_audio", "input_audio": {"data": "eHg="}}), "messages[0].content[0].input_audio.format"),
    ],
)
def test_what_is_malformed_is_refused_with_its_path(message, param):
    assert refusal(message) == param


def test_a_compressed_body_is_refused_as_such():
    with pytest.raises(InvalidRequest, match=r"^The body is compressed \(gzip\)\. Send it as plain JSON\.$"):
        read_request(gzip.compress(b"{}"), {}, no_fetch)


def test_an_image_comes_as_a_data_url():
    part = {"type": "image_url", "image_url": {"url": f"data:image/jpg;base64,{PNG}", "detail": "high"}}
    assert parts(part) == [{"image": {"format": "png", "source": {"bytes": PNG}}}]


def test_a_remote_file_is_fetched_and_its_bytes_believed():
    asked = []

    def fetch(url, path):
        asked.append((url, path))
        return "text/plain", PNG

    part = {"type": "image_url", "image_url": "https://example.com/a.jpg"}
    assert parts(part, fetch=fetch) == [{"image": {"format": "png", "source": {"bytes": PNG}}}]
    assert asked == [("https://example.com/a.jpg", "messages[0].content[0].image_url")]


def test_documents_sound_and_video_become_blocks_of_their_kind():
    audio = base64.b64encode(b"xx").decode()
    assert parts(
        {"type": "file", "file": {"filename": "My report.pdf", "file_data": f"data:application/pdf;base64,{PDF}"}},
        {"type": "file", "file": {"filename": "a.csv", "file_data": audio}},
        {"type": "file", "file": {"file_id": "s3://bucket/a.docx"}},
        {"type": "input_audio", "input_audio": {"data": audio, "format": "mp3"}},
        {"type": "video_url", "video_url": {"url": f"data:video/3gpp;base64,{audio}"}},
        {"type": "guarded_text", "text": "g"},
        {"type": "text", "text": "t"},
    ) == [
        {"document": {"format": "pdf", "name": "My report", "source": {"bytes": PDF}}},
        {"document": {"format": "csv", "name": "a", "source": {"bytes": audio}}},
        {"document": {"format": "docx", "name": "a-2", "source": {"s3Location": {"uri": "s3://bucket/a.docx"}}}},
        {"audio": {"format": "mp3", "source": {"bytes": audio}}},
        {"video": {"format": "three_gp", "source": {"bytes": audio}}},
        {"guardContent": {"text": {"text": "g"}}},
        {"text": "t"},
    ]


def test_an_assistants_tool_calls_become_tool_uses():
    message = {"role": "assistant", "content": None, "tool_calls": [CALL], "refusal": None}
    assert blocks(message) == [{"toolUse": {"toolUseId": "c1", "name": "f", "input": {"a": 1}}}]


@pytest.mark.parametrize(
    ("arguments", "expected"),
    [
        ("", {}),
        ("[1]", {}),
        ("nonsense", {}),
        ('{"a":1}{"b":2}', {"a": 1}),
        (' {"a":1}', {"a": 1}),
        ({"a": 1}, {"a": 1}),
        (None, {}),
        ("[" * 100_000, {}),
    ],
)
def test_bad_arguments_of_an_earlier_turn_spoil_nothing(arguments, expected):
    call = {"id": "c1", "function": {"name": "f", "arguments": arguments}}
    assert blocks({"role": "assistant", "tool_calls": [call]})[0]["toolUse"]["input"] == expected


def test_a_custom_tool_call_keeps_its_text():
    call = {"id": "c1", "type": "custom", "custom": {"name": "patch", "input": "*** Begin"}}
    [block] = blocks({"role": "assistant", "tool_calls": [call]})
    assert block["toolUse"]["input"] == {"input": "*** Begin"}


def test_a_tool_message_becomes_a_tool_result():
    part = {"type": "image_url", "image_url": {"url": f"data:image/png;base64,{PNG}"}}
    messages = converse(
        {"role": "user", "content": "a"},
        {"role": "assistant", "tool_calls": [CALL]},
        {"role": "tool", "tool_call_id": "c1", "content": [{"type": "text", "text": "x"}, part]},
        tools=[FUNCTION],
    )["messages"]
    assert messages[2]["content"] == [
        {
            "toolResult": {
                "toolUseId": "c1",
                "content": [{"text": "x"}, {"image": {"format": "png", "source": {"bytes": PNG}}}],
            }
        }
    ]


def test_reasoning_comes_back_from_thinking_blocks_before_anything_else():
    thinking = [
        {"type": "thinking", "thinking": "r", "signature": "s", "index": 0},
        {"type": "redacted_thinking", "data": "ZGF0YQ=="},
    ]
    message = {"role": "assistant", "content": "x", "reasoning_content": "r", "thinking_blocks": thinking}
    assert blocks(message)[:2] == [SIGNED, {"reasoningContent": {"redactedContent": "ZGF0YQ=="}}]
    assert read(message).keeps_reasoning
    assert not read().keeps_reasoning


def test_reasoning_comes_back_from_the_ids_of_tool_calls():
    packed = pack("tooluse_1", [SIGNED])
    messages = converse(
        {"role": "user", "content": "a"},
        {"role": "assistant", "reasoning_content": "r", "tool_calls": [{**CALL, "id": packed}]},
        {"role": "tool", "tool_call_id": packed, "content": "x"},
        tools=[FUNCTION],
    )["messages"]
    assert messages[1]["content"] == [
        SIGNED,
        {"toolUse": {"toolUseId": "tooluse_1", "name": "f", "input": {"a": 1}}},
    ]
    assert messages[2]["content"][0]["toolResult"]["toolUseId"] == "tooluse_1"


def test_a_client_that_keeps_some_thinking_blocks_only_has_all_of_them_in_its_ids():
    redacted = {"reasoningContent": {"redactedContent": "ZGF0YQ=="}}
    last = {"type": "thinking", "thinking": "r", "signature": "s"}
    calls = [{**CALL, "id": pack("tooluse_1", [redacted, SIGNED])}]
    message = {"role": "assistant", "thinking_blocks": [last], "tool_calls": calls}
    result = {"role": "tool", "tool_call_id": calls[0]["id"], "content": "x"}
    [_, said, _] = converse(message, result, tools=[FUNCTION])["messages"]
    assert said["content"][:2] == [redacted, SIGNED]
    assert not read(message).keeps_reasoning


def test_reasoning_without_a_signature_comes_back_for_models_that_sign_none():
    [first, *_] = blocks({"role": "assistant", "content": "x", "reasoning_content": "r"})
    assert first == {"reasoningContent": {"reasoningText": {"text": "r"}}}


def test_a_mark_to_cache_stands_behind_what_it_marks():
    mark = {"cache_control": {"type": "ephemeral"}}
    hour = {"cache_control": {"type": "ephemeral", "ttl": "1h"}}
    point, hour_point = {"cachePoint": {"type": "default"}}, {"cachePoint": {"type": "default", "ttl": "1h"}}
    body = converse(
        {"role": "system", "content": "s", **hour},
        user({"type": "text", "text": "a", **mark}, {"type": "text", "text": "b"}),
        {"role": "assistant", "tool_calls": [CALL]},
        {"role": "tool", "tool_call_id": "c1", "content": [{"type": "text", "text": "x", **mark}]},
        tools=[{**FUNCTION, **mark}],
    )
    assert body["system"] == [{"text": "s"}, hour_point]
    assert body["messages"][0]["content"] == [{"text": "a"}, point, {"text": "b"}]
    assert body["messages"][2]["content"][1] == point
    assert body["toolConfig"]["tools"][1] == point


def test_tools_that_no_model_can_be_offered_are_left_out_and_counted():
    request = read(tools=[FUNCTION, {"type": "web_search"}, {"type": "mcp"}, {}])
    assert [tool.name for tool in request.draft.tools] == ["f"]
    assert request.left_out_tools == 3


@pytest.mark.parametrize(
    ("choice", "expected"),
    [
        (None, ToolChoice()),
        ("auto", ToolChoice()),
        ("none", ToolChoice("none")),
        ("required", ToolChoice("any")),
        ({"type": "function", "function": {"name": "f"}}, ToolChoice("tool", "f")),
        ({"type": "required"}, ToolChoice("any")),
    ],
)
def test_every_tool_choice_is_read(choice, expected):
    assert read(tools=[FUNCTION], tool_choice=choice).draft.tool_choice == expected


def test_allowed_tools_are_the_only_ones_offered():
    other = {"type": "function", "function": {"name": "g"}}
    allowed = {"mode": "required", "tools": [{"type": "function", "function": {"name": "g"}}]}
    choice = {"type": "allowed_tools", "allowed_tools": allowed}
    draft = read(tools=[FUNCTION, other], tool_choice=choice).draft
    assert (draft.tool_choice, [tool.name for tool in draft.tools]) == (ToolChoice("any"), ["g"])


@pytest.mark.parametrize(
    ("choice", "param"),
    [
        ("sometimes", "tool_choice"),
        (3, "tool_choice"),
        ({"type": "oracle"}, "tool_choice.type"),
        ({"type": "function", "function": {"name": "missing"}}, "tool_choice.function.name"),
        ({"type": "function"}, "tool_choice.function"),
    ],
)
def test_a_tool_choice_that_means_nothing_is_refused(choice, param):
    assert refusal(tools=[FUNCTION], tool_choice=choice) == param


@pytest.mark.parametrize(
    ("members", "expected"),
    [
        ({}, Reasoning()),
        ({"reasoning_effort": "high"}, Reasoning("high")),
        ({"reasoning": {"effort": "low"}}, Reasoning("low")),
        ({"reasoning": {"max_tokens": 2000}}, Reasoning(budget=2000)),
        ({"reasoning": {"enabled": False}}, Reasoning(mode="disabled")),
        ({"thinking": {"type": "enabled", "budget_tokens": 2000}}, Reasoning(budget=2000, mode="enabled")),
        (
            {"thinking": {"type": "adaptive", "display": "omitted"}, "reasoning_effort": "max"},
            Reasoning("max", mode="adaptive", display="omitted"),
        ),
        ({"thinking": {"type": "disabled"}}, Reasoning(mode="disabled")),
    ],
)
def test_reasoning_is_asked_for_in_any_of_its_three_forms(members, expected):
    assert read(**members).draft.reasoning == expected


@pytest.mark.parametrize(
    ("members", "limit"),
    [({}, None), ({"max_tokens": 5}, 5), ({"max_completion_tokens": 7, "max_tokens": 5}, 7), ({"max_tokens": 5.0}, 5)],
)
def test_the_limit_is_the_clients_or_none(members, limit):
    assert read(**members).draft.sampling.max_tokens == limit


@pytest.mark.parametrize("stop", ["x", ["x"]])
def test_stop_is_a_string_or_several(stop):
    assert read(stop=stop).draft.sampling.stop_sequences == ["x"]


@pytest.mark.parametrize(
    ("members", "param"),
    [
        ({"max_tokens": 0}, "max_tokens"),
        ({"max_tokens": 1.5}, "max_tokens"),
        ({"max_tokens": True}, "max_tokens"),
        ({"max_tokens": 2**31}, "max_tokens"),
        # Read as a float, and more than any integer of JSON's writers holds.
        ({"max_tokens": 1e30}, "max_tokens"),
        ({"top_k": 1e30}, "top_k"),
        ({"temperature": "hot"}, "temperature"),
        ({"temperature": True}, "temperature"),
        ({"top_p": -1}, "top_p"),
        ({"stop": [1]}, "stop"),
        ({"stream": "yes"}, "stream"),
        ({"stream_options": {"include_usage": 1}}, "stream_options.include_usage"),
        ({"n": 2}, "n"),
        ({"logprobs": True}, "logprobs"),
        ({"audio": {"voice": "x"}}, "audio"),
        ({"modalities": ["text", "audio"]}, "modalities"),
        ({"functions": [{"name": "f"}]}, "functions"),
        ({"response_format": {"type": "json_schema"}}, "response_format.json_schema"),
        (
            {"response_format": {"type": "json_schema", "json_schema": {"schema": 1}}},
            "response_format.json_schema.schema",
        ),
        ({"tools": {}}, "tools"),
        ({"tools": [{"type": "function", "function": {"name": " "}}]}, "tools[0].function.name"),
        ({"thinking": {"type": "deep"}}, "thinking.type"),
        ({"thinking": {"type": "enabled", "budget_tokens": "many"}}, "thinking.budget_tokens"),
        ({"reasoning": {"effort": "furious"}}, "reasoning.effort"),
        ({"metadata": {"a": 1}}, "metadata.a"),
        ({"guardrailConfig": {}}, "guardrailConfig.guardrailIdentifier"),
        ({"guardrail_config": []}, "guardrail_config"),
        ({"performanceConfig": {"latency": "warp"}}, "performanceConfig.latency"),
        ({"additionalModelRequestFields": {"anthropic_beta": [1]}}, "additionalModelRequestFields.anthropic_beta"),
        ({"model": " "}, "model"),
    ],
)
def test_a_field_that_means_nothing_is_refused_with_its_path(members, param):
    assert refusal(**members) == param


@pytest.mark.parametrize("body", [b"", b"[]", b"{", b'"x"', b"null", b"{}", b'{"messages":[]}', b'{"messages":{}}'])
def test_a_body_that_is_no_request_is_refused(body):
    with pytest.raises(InvalidRequest):
        read_request(body, {}, no_fetch)


def test_fields_without_effect_are_ignored_and_named():
    request = read(seed=1, user="me", temperature=None, unknown={"x": 1}, store=False, logit_bias=None, n=1)
    assert request.ignored == ("seed", "user", "unknown", "store")
    assert not CARRIED & set(REFUSED)


def test_a_guardrail_can_be_named_by_headers():
    headers = {"x-amzn-bedrock-guardrailidentifier": "gr", "x-amzn-bedrock-guardrailversion": "2"}
    assert read(headers=headers).draft.guardrail == {"guardrailIdentifier": "gr", "guardrailVersion": "2"}


def test_a_client_that_knows_its_model_has_fields_for_it():
    body = converse(additionalModelRequestFields={"x": 1}, performanceConfig={"latency": "optimized"})
    assert body["additionalModelRequestFields"] == {"x": 1}
    assert body["performanceConfig"] == {"latency": "optimized"}


CUSTOM = {"type": "custom", "custom": {"name": "patch", "description": "Patches."}}


def test_a_custom_tool_is_a_function_with_one_string_and_its_grammar_in_the_description():
    grammar = {"type": "grammar", "grammar": {"syntax": "lark", "definition": "start: /.+/"}}
    request = read(tools=[{"type": "custom", "custom": {**CUSTOM["custom"], "format": grammar}}])
    assert request.custom_tools == {"patch"}
    [tool] = build(request.draft).body["toolConfig"]["tools"]
    assert tool["toolSpec"]["description"] == "Patches.\n\nThe input must follow this lark grammar:\nstart: /.+/"
    assert tool["toolSpec"]["inputSchema"]["json"]["required"] == ["input"]


def test_a_custom_tool_can_be_chosen():
    choice = {"type": "custom", "custom": {"name": "patch"}}
    assert converse(tools=[CUSTOM, FUNCTION], tool_choice=choice)["toolConfig"]["toolChoice"] == {
        "tool": {"name": "patch"}
    }
    allowed = {"type": "allowed_tools", "allowed_tools": {"mode": "auto", "tools": [choice]}}
    config = converse(tools=[CUSTOM, FUNCTION], tool_choice=allowed)["toolConfig"]
    assert [tool["toolSpec"]["name"] for tool in config["tools"]] == ["patch"]


@pytest.mark.parametrize(
    ("members", "param"),
    [
        ({"tools": [{"type": "custom"}]}, "tools[0].custom"),
        ({"tools": [{"type": "custom", "custom": {}}]}, "tools[0].custom.name"),
        ({"tools": [CUSTOM], "tool_choice": {"type": "custom", "custom": {"name": "x"}}}, "tool_choice.custom.name"),
    ],
)
def test_a_custom_tool_that_is_malformed_is_refused_with_its_path(members, param):
    assert refusal(**members) == param
