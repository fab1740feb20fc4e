"""Any request of a client's gives a Converse request that Bedrock's own service model takes, or a clear refusal; any
reply gives a stream that the OpenAI SDK joins to the same content.
"""

import base64
import json

import orjson
import pytest
from botocore.validate import ParamValidator
from gateway.bedrock.grammar import GrammarReader
from gateway.converse.capsule import unpack
from gateway.converse.draft import build
from gateway.dialects.openai_chat.request import CARRIED, REFUSED, read_request
from gateway.dialects.openai_chat.stream import ChatStream
from gateway.errors import InvalidRequest
from hypothesis import given, settings
from hypothesis import strategies as st
from sluice.known_traits import traits_of
from sluice_local.bedrock_control.catalog import foundation_models
from sluice_local.bedrock_runtime.checks.conversation import check_conversation
from sluice_local.bedrock_runtime.checks.model_rules import check_model
from sluice_local.bedrock_runtime.checks.validation import decode_request
from sluice_local.bedrock_runtime.models import Model
from sluice_local.bedrock_runtime.service_model import input_shape
from unit.gateway.openai_chat.sse import events_of, joined
from unit.gateway.recordings import START, block_start, block_stop, delta, event
from unit.gateway.schemas import SCHEMAS

MODELS = [model.model_id for model in foundation_models("us-east-1") if "TEXT" in model.output_modalities]
# They take no tools, which no mapping can change.
WITHOUT_TOOLS = ("amazon.titan", "mistral.mistral-7b", "deepseek.r1")
PNG = base64.b64encode(b"\x89PNG\r\n\x1a\n1234").decode()
PDF = base64.b64encode(b"%PDF-1.7").decode()

words = st.text(st.characters(codec="utf-8", exclude_categories=("Cs",)), max_size=20)
texts = st.one_of(words, st.just(" \n"), st.just("Hello."))
names = st.one_of(st.sampled_from(["f", "get_weather", "mcp.server/tool", "a-b"]), words.filter(str.strip))
json_values = st.recursive(
    st.one_of(st.none(), st.booleans(), st.integers(-5, 5), st.floats(0, 2), words),
    lambda inner: st.one_of(st.lists(inner, max_size=3), st.dictionaries(words, inner, max_size=3)),
    max_leaves=6,
)
text_parts = st.builds(lambda text: {"type": "text", "text": text}, texts)
marked_parts = st.builds(lambda part: {**part, "cache_control": {"type": "ephemeral", "ttl": "1h"}}, text_parts)
image_parts = st.just({"type": "image_url", "image_url": {"url": f"data:image/jpeg;base64,{PNG}"}})
file_parts = st.builds(
    lambda name: {"type": "file", "file": {"filename": name, "file_data": f"data:application/pdf;base64,{PDF}"}}, words
)
user_contents = st.one_of(texts, st.lists(st.one_of(text_parts, marked_parts, image_parts, file_parts), max_size=4))
text_contents = st.one_of(texts, st.lists(st.one_of(text_parts, marked_parts), max_size=3))
user_messages = st.builds(lambda content: [{"role": "user", "content": content}], user_contents)
system_messages = st.builds(
    lambda role, content: [{"role": role, "content": content}], st.sampled_from(["system", "developer"]), text_contents
)
answers = st.builds(lambda content: [{"role": "assistant", "content": content}], text_contents)


@st.composite
def tool_turns(draw):
    """An assistant's tool calls with their results, in any order."""
    called = draw(st.lists(names, min_size=1, max_size=3))
    number = draw(st.integers(0, 10**9))
    calls = [
        {
            "id": draw(st.sampled_from(["call_{}_{}", "call|{}|{}", "x" * 70 + "{}_{}"])).format(number, at),
            "type": "function",
            "function": {"name": name, "arguments": draw(st.one_of(json_values.map(json.dumps), words))},
        }
        for at, name in enumerate(called)
    ]
    thoughts = draw(st.sampled_from([{}, {"reasoning_content": "Hm."}]))
    contents = st.one_of(texts, st.lists(st.one_of(text_parts, image_parts), max_size=2))
    results = [{"role": "tool", "tool_call_id": call["id"], "content": draw(contents)} for call in calls]
    said = draw(st.one_of(st.none(), texts))
    return [{"role": "assistant", "content": said, "tool_calls": calls, **thoughts}, *draw(st.permutations(results))]


functions = st.builds(
    lambda name, description, strict, schema: {
        "type": "function",
        "function": {"name": name, "description": description, "strict": strict, "parameters": schema},
    },
    names,
    words,
    st.booleans(),
    SCHEMAS,
)
customs = st.builds(
    lambda name, about: {"type": "custom", "custom": {"name": name, "description": about}}, names, words
)
tools = st.lists(st.one_of(functions, customs, st.just({"type": "web_search"})), max_size=3)
formats = st.one_of(
    st.sampled_from([{"type": "text"}, {"type": "json_object"}]),
    st.builds(lambda schema: {"type": "json_schema", "json_schema": {"name": "thing", "schema": schema}}, SCHEMAS),
)
options = st.fixed_dictionaries(
    {},
    optional={
        "tools": tools,
        "tool_choice": st.sampled_from(["auto", "none", "required"]),
        "parallel_tool_calls": st.booleans(),
        "response_format": formats,
        "reasoning_effort": st.sampled_from(["none", "minimal", "low", "medium", "high", "xhigh"]),
        "thinking": st.sampled_from(
            [{"type": "enabled", "budget_tokens": 500}, {"type": "adaptive"}, {"type": "disabled"}]
        ),
        "max_tokens": st.integers(1, 20_000),
        "temperature": st.floats(0, 2),
        "top_p": st.floats(0, 1),
        "top_k": st.integers(1, 100),
        "stop": st.one_of(words, st.lists(words, max_size=4)),
        "service_tier": st.sampled_from(["auto", "default", "flex", "priority"]),
        "metadata": st.dictionaries(words, words, max_size=16),
        "prompt_cache_retention": st.sampled_from(["24h", "in-memory"]),
        "unknown": json_values,
    },
)
# Bedrock takes five documents in a message, and a user's messages in a row become one.
conversations = (
    st.lists(st.one_of(user_messages, user_messages, system_messages, answers, tool_turns()), min_size=1, max_size=6)
    .map(lambda turns: [message for turn in turns for message in turn])
    .filter(lambda messages: json.dumps(messages).count('"type": "file"') <= 5)
)


def no_fetch(url, path):
    raise InvalidRequest("Nothing can be fetched here.", path)


def built(body, model_id):
    return build(read_request(orjson.dumps(body), {}, no_fetch).draft, traits_of(model_id)).body


def attempt(body):
    """Return the Converse request, or None and the path of what was refused."""
    try:
        return built(body, "acme.unknown"), ""
    except InvalidRequest as refusal:
        return None, refusal.param or ""


def decoded(model_id, converse):
    """The request as botocore has it, blobs as bytes, after it passed the emulator's reading of the service model."""
    request = decode_request("Converse", {"modelId": model_id}, {}, orjson.dumps(converse))
    report = ParamValidator().validate(request, input_shape("Converse"))
    assert not report.has_errors(), report.generate_report()
    return request


@settings(deadline=None, max_examples=150)
@given(conversations, options, st.sampled_from(MODELS))
def test_any_valid_request_is_one_that_bedrock_and_the_model_take(messages, members, model_id):
    request = decoded(model_id, built({"model": "m", "messages": messages, **members}, model_id))
    check_conversation(request)
    if model_id.startswith(WITHOUT_TOOLS) and "toolConfig" in request:
        return
    everything = ("TEXT", "IMAGE", "VIDEO", "SPEECH")
    check_model(request, Model(model_id, model_id, "", input_modalities=everything), streaming=False)


@settings(deadline=None, max_examples=150)
@given(
    conversations,
    options,
    st.dictionaries(st.sampled_from(sorted((CARRIED | set(REFUSED)) - {"model"})), json_values, min_size=1, max_size=3),
)
def test_any_other_request_is_refused_with_the_path_of_what_is_wrong(messages, members, odd):
    body = {"model": "m", "messages": messages, **members, **odd}
    converse, refused = attempt(body)
    if converse is None:
        assert refused.partition(".")[0].partition("[")[0] in body
    else:
        decoded("acme.unknown", converse)


@settings(deadline=None)
@given(conversations, json_values, st.data())
def test_any_odd_message_is_refused_with_its_path(messages, odd, data):
    at = data.draw(st.integers(0, len(messages) - 1))
    name = data.draw(st.sampled_from(["role", "content", "tool_calls", "tool_call_id", "thinking_blocks"]))
    messages[at] = {**messages[at], name: odd}
    converse, refused = attempt({"model": "m", "messages": messages})
    if converse is None:
        assert refused.startswith("messages")
    else:
        decoded("acme.unknown", converse)


@pytest.mark.parametrize("model_id", MODELS)
def test_the_property_covers_every_model_of_the_catalog(model_id):
    assert decoded(model_id, built({"model": "m", "messages": [{"role": "user", "content": "a"}]}, model_id))


pieces = st.lists(words.filter(bool), max_size=4)


@st.composite
def replies(draw):
    """A reply's frames, and what it says: text, reasoning, signatures, calls."""
    frames, said, thought, signed, calls = [START], "", "", [], []
    for index in range(draw(st.integers(0, 5))):
        parts = draw(pieces)
        match draw(st.sampled_from(["text", "reasoning", "tool"])):
            case "text":
                frames += [delta(index, {"text": part}) for part in parts]
                said += "".join(parts)
            case "reasoning":
                signature = draw(words)
                frames += [delta(index, {"reasoningContent": {"text": part}}) for part in parts]
                frames += [delta(index, {"reasoningContent": {"signature": signature}})]
                thought += "".join(parts)
                signed += [("".join(parts), signature)] if signature else []
            case _:
                frames += [block_start(index, {"toolUse": {"toolUseId": f"t{index}", "name": "f"}})]
                frames += [delta(index, {"toolUse": {"input": part}}) for part in parts]
                calls.append((f"t{index}", "".join(parts) or "{}"))
        # A stop may be missing.
        frames += [block_stop(index)] if draw(st.booleans()) else []
    reason = draw(st.sampled_from(["end_turn", "tool_use", "max_tokens"]))
    usage = {"inputTokens": 1, "outputTokens": 1, "totalTokens": 2}
    frames += [event("messageStop", {"stopReason": reason}), event("metadata", {"usage": usage})]
    return frames, said, thought, signed, calls


@settings(deadline=None, max_examples=200)
@given(replies(), st.booleans(), st.data())
def test_any_reply_is_joined_by_the_sdk_to_the_same_content(reply, include_usage, data):
    frames, said, thought, signed, calls = reply
    stream = b"".join(frames)
    cut = data.draw(st.integers(0, len(stream)))
    encoder = ChatStream(reply_id="r", created=1, model="m", include_usage=include_usage)
    sent = encoder.feed(stream[:cut]) + encoder.feed(stream[cut:])
    message = joined(sent)
    assert message.get("content", "") == said
    assert message.get("reasoning_content", "") == thought
    blocks = message.get("thinking_blocks", [])
    assert [(block["thinking"], block["signature"]) for block in blocks] == signed
    found = message.get("tool_calls", [])
    assert [(unpack(call["id"])[0], call["function"]["arguments"]) for call in found] == calls
    assert [chunk["choices"][0]["finish_reason"] for chunk in events_of(sent) if chunk["choices"]].count(None) == (
        len([chunk for chunk in events_of(sent) if chunk["choices"]]) - 1
    )


@settings(deadline=None)
@given(st.lists(st.binary(max_size=40), max_size=4))
def test_bytes_that_are_no_stream_end_in_an_error(chunks):
    encoder = ChatStream(reply_id="r", created=1, model="m", include_usage=False)
    sent = b"".join([encoder.feed(chunk) for chunk in chunks if encoder.verdict is None])
    sent += encoder.finish() if encoder.verdict is None else b""
    assert encoder.verdict is not None
    assert encoder.verdict.error is not None
    assert events_of(sent)[-1]["error"]["message"]
    assert GrammarReader().finish()
