"""Any request of a client's gives a Converse request that Bedrock's own service model takes, or a clear refusal; any
reply gives a stream that the OpenAI SDK joins to the same content.
"""

import json

import orjson
import pytest
from botocore.validate import ParamValidator
from gateway.converse.capsule import seal, unseal
from gateway.converse.draft import build
from gateway.dialects.openai_responses.reply import ResponseHead
from gateway.dialects.openai_responses.request import CARRIED, REFUSED, read_request
from gateway.dialects.openai_responses.stream import ResponseStream
from gateway.errors import InvalidRequest
from hypothesis import given, settings
from hypothesis import strategies as st
from sluice.known_traits import traits_of
from sluice_local.bedrock_control.catalog import foundation_models
from sluice_local.bedrock_runtime.answering.reasoning import sign
from sluice_local.bedrock_runtime.checks.conversation import check_conversation
from sluice_local.bedrock_runtime.checks.model_rules import check_model
from sluice_local.bedrock_runtime.checks.validation import decode_request
from sluice_local.bedrock_runtime.models import Model
from sluice_local.bedrock_runtime.service_model import input_shape
from unit.gateway.openai_responses.asking import PDF, PNG, read
from unit.gateway.openai_responses.sse import events_of, helped
from unit.gateway.recordings import START, block_start, block_stop, delta, event
from unit.gateway.schemas import SCHEMAS

MODELS = [model.model_id for model in foundation_models("us-east-1") if "TEXT" in model.output_modalities]
# They take no tools, which no mapping can change.
WITHOUT_TOOLS = ("amazon.titan", "mistral.mistral-7b", "deepseek.r1")

words = st.text(st.characters(codec="utf-8", exclude_categories=("Cs",)), max_size=20)
texts = st.one_of(words, st.just(" \n"), st.just("Hello."))
names = st.one_of(st.sampled_from(["f", "get_weather", "mcp.server/tool", "a-b"]), words.filter(str.strip))
json_values = st.recursive(
    st.one_of(st.none(), st.booleans(), st.integers(-5, 5), st.floats(0, 2), words),
    lambda inner: st.one_of(st.lists(inner, max_size=3), st.dictionaries(words, inner, max_size=3)),
    max_leaves=6,
)
text_parts = st.builds(lambda text: {"type": "input_text", "text": text}, texts)
marked_parts = st.builds(
    lambda part, mark: {**part, **mark},
    text_parts,
    st.sampled_from([{"cache_control": {"ttl": "1h"}}, {"prompt_cache_breakpoint": {"ttl": "30m"}}]),
)
image_parts = st.just({"type": "input_image", "detail": "auto", "image_url": f"data:image/jpeg;base64,{PNG}"})
file_parts = st.builds(
    lambda name: {"type": "input_file", "filename": name, "file_data": f"data:application/pdf;base64,{PDF}"}, words
)
user_contents = st.one_of(texts, st.lists(st.one_of(text_parts, marked_parts, image_parts, file_parts), max_size=4))
text_contents = st.one_of(texts, st.lists(st.one_of(text_parts, marked_parts), max_size=3))
answer_contents = st.one_of(
    texts, st.lists(st.builds(lambda text: {"type": "output_text", "text": text, "annotations": []}, texts), max_size=2)
)


def message(role, content):
    return [{"type": "message", "role": role, "content": content}]


user_messages = st.builds(message, st.just("user"), user_contents)
system_messages = st.builds(message, st.sampled_from(["system", "developer"]), text_contents)
answers = st.builds(message, st.just("assistant"), answer_contents)


@st.composite
def reasoning_items(draw):
    """Reasoning as it was told: sealed by us, by somebody else, or not at all."""
    thought = draw(words.filter(str.strip))
    block = {"reasoningContent": {"reasoningText": {"text": thought, "signature": sign(thought)}}}
    sealed = draw(st.sampled_from([seal([block]), "gAAAAABn", None]))
    summary = [{"type": "summary_text", "text": thought}] if sealed is None or draw(st.booleans()) else []
    return [{"type": "reasoning", "id": "rs_1", "summary": summary, "encrypted_content": sealed}]


@st.composite
def tool_turns(draw):
    """Calls of an assistant's with their outputs, in any order, perhaps with a message between."""
    number = draw(st.integers(0, 10**9))
    calls = []
    for at, name in enumerate(draw(st.lists(names, min_size=1, max_size=3))):
        call = {"call_id": draw(st.sampled_from(["call_{}_{}", "call|{}|{}", "x" * 70 + "{}_{}"])).format(number, at)}
        if draw(st.booleans()):
            arguments = draw(st.one_of(json_values.map(json.dumps), words))
            calls.append({"type": "function_call", "name": name, "arguments": arguments, **call})
        else:
            calls.append({"type": "custom_tool_call", "name": name, "input": draw(words), **call})
    contents = st.one_of(texts, st.lists(st.one_of(text_parts, image_parts), max_size=2))
    outputs = [
        {"type": f"{call['type']}_output", "call_id": call["call_id"], "output": draw(contents)} for call in calls
    ]
    between = draw(st.one_of(st.just([]), answers, user_messages))
    return [*draw(st.one_of(st.just([]), reasoning_items())), *calls, *between, *draw(st.permutations(outputs))]


functions = st.builds(
    lambda name, description, strict, schema: {
        "type": "function",
        "name": name,
        "description": description,
        "strict": strict,
        "parameters": schema,
    },
    names,
    words,
    st.booleans(),
    SCHEMAS,
)
customs = st.builds(lambda name, about: {"type": "custom", "name": name, "description": about}, names, words)
namespaces = st.builds(
    lambda name, inside: {"type": "namespace", "name": name, "tools": inside},
    names,
    st.lists(st.one_of(functions, customs), max_size=2),
)
tools = st.lists(st.one_of(functions, customs, namespaces, st.just({"type": "web_search"})), max_size=3)
formats = st.builds(lambda schema: {"format": {"type": "json_schema", "name": "thing", "schema": schema}}, SCHEMAS)
options = st.fixed_dictionaries(
    {},
    optional={
        "instructions": texts,
        "tools": tools,
        "tool_choice": st.sampled_from(["auto", "none"]),
        "parallel_tool_calls": st.booleans(),
        "text": st.one_of(st.sampled_from([{"verbosity": "low"}, {"format": {"type": "json_object"}}]), formats),
        "reasoning": st.fixed_dictionaries(
            {"summary": st.just("auto")},
            optional={"effort": st.sampled_from([None, "none", "minimal", "low", "medium", "high", "xhigh"])},
        ),
        "max_output_tokens": st.integers(1, 20_000),
        "temperature": st.floats(0, 2),
        "top_p": st.floats(0, 1),
        "top_k": st.integers(1, 100),
        "service_tier": st.sampled_from(["auto", "default", "flex", "priority", "fast"]),
        "metadata": st.dictionaries(words, words, max_size=16),
        "prompt_cache_retention": st.sampled_from(["24h", "in-memory"]),
        "prompt_cache_options": st.sampled_from([{"mode": "explicit"}, {"ttl": "30m"}]),
        "include": st.just(["reasoning.encrypted_content"]),
        "store": st.booleans(),
        "unknown": json_values,
    },
)
# Bedrock takes five documents in a message, and a user's messages in a row become one.
conversations = st.one_of(
    texts,
    st.lists(st.one_of(user_messages, user_messages, system_messages, answers, tool_turns()), min_size=1, max_size=6)
    .map(lambda turns: [item for turn in turns for item in turn])
    .filter(lambda items: json.dumps(items).count('"type": "input_file"') <= 5),
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
def test_any_valid_request_is_one_that_bedrock_and_the_model_take(items, members, model_id):
    request = decoded(model_id, built({"model": "m", "input": items, **members}, model_id))
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
def test_any_other_request_is_refused_with_the_path_of_what_is_wrong(items, members, odd):
    body = {"model": "m", "input": items, **members, **odd}
    converse, refused = attempt(body)
    if converse is None:
        assert refused.partition(".")[0].partition("[")[0] in body
    else:
        decoded("acme.unknown", converse)


@settings(deadline=None)
@given(conversations.filter(lambda items: isinstance(items, list)), json_values, st.data())
def test_any_odd_item_is_refused_with_its_path(items, odd, data):
    at = data.draw(st.integers(0, len(items) - 1))
    items[at] = {**items[at], data.draw(st.sampled_from(sorted(items[at]))): odd}
    converse, refused = attempt({"model": "m", "input": items})
    if converse is None:
        assert refused.startswith("input")
    else:
        decoded("acme.unknown", converse)


@pytest.mark.parametrize("model_id", MODELS)
def test_the_property_covers_every_model_of_the_catalog(model_id):
    assert decoded(model_id, built({"model": "m", "input": "a"}, model_id))


pieces = st.lists(words.filter(bool), max_size=4)


@st.composite
def replies(draw):
    """A reply's frames, and its output as the SDK is to have it: texts, thoughts, calls, in their order."""
    frames, content = [START], []
    for index in range(draw(st.integers(0, 5))):
        parts = draw(pieces)
        match draw(st.sampled_from(["text", "reasoning", "redacted", "tool"])):
            case "text":
                frames += [delta(index, {"text": part}) for part in parts]
                if parts and content and content[-1][0] == "message":
                    content[-1] = ("message", content[-1][1] + "".join(parts))
                elif parts:
                    content.append(("message", "".join(parts)))
            case "reasoning":
                signature = draw(words)
                frames += [delta(index, {"reasoningContent": {"text": part}}) for part in parts]
                frames += [delta(index, {"reasoningContent": {"signature": signature}})]
                content.append(("reasoning", "".join(parts), signature))
            case "redacted":
                frames += [delta(index, {"reasoningContent": {"redactedContent": "aGlk"}})]
                content.append(("redacted", "aGlk"))
            case _:
                frames += [block_start(index, {"toolUse": {"toolUseId": f"t{index}", "name": "f"}})]
                frames += [delta(index, {"toolUse": {"input": part}}) for part in parts]
                content.append(("call", f"t{index}", "".join(parts) or "{}"))
        # A stop may be missing.
        frames += [block_stop(index)] if draw(st.booleans()) else []
    reason = draw(st.sampled_from(["end_turn", "tool_use", "max_tokens"]))
    usage = {"inputTokens": 1, "outputTokens": 1, "totalTokens": 2}
    frames += [event("messageStop", {"stopReason": reason}), event("metadata", {"usage": usage})]
    return frames, content


def content_of(output):
    """Return what a response holds, in the terms of `replies`."""
    found = []
    for item in output:
        if item["type"] == "message":
            found.append(("message", item["content"][0]["text"]))
        elif item["type"] == "function_call":
            found.append(("call", item["call_id"], item["arguments"]))
        else:
            said = "".join(part["text"] for part in item["summary"])
            [block] = unseal(item["encrypted_content"] or "") or [{"reasoningContent": {}}]
            reasoning = block["reasoningContent"]
            if "redactedContent" in reasoning:
                found.append(("redacted", reasoning["redactedContent"]))
            else:
                found.append(("reasoning", said, reasoning.get("reasoningText", {}).get("signature", "")))
    return found


@settings(deadline=None, max_examples=200)
@given(replies(), st.data())
def test_any_reply_is_joined_by_the_sdk_to_the_same_content(reply, data):
    frames, content = reply
    stream = b"".join(frames)
    cut = data.draw(st.integers(0, len(stream)))
    encoder = ResponseStream(ResponseHead("resp_1", 1, "m", read().echo))
    sent = encoder.feed(stream[:cut]) + encoder.feed(stream[cut:])
    final = events_of(sent)[-1]["response"]
    assert content_of(final["output"]) == content
    assert len({item["id"] for item in final["output"]}) == len(final["output"])
    joined = {}
    for told in helped(sent):
        if told.type == "response.output_text.delta":
            joined[told.output_index] = told.snapshot
    assert list(joined.values()) == [item[1] for item in content if item[0] == "message"]


@settings(deadline=None)
@given(st.lists(st.binary(max_size=40), max_size=4))
def test_bytes_that_are_no_stream_end_in_an_error(chunks):
    encoder = ResponseStream(ResponseHead("resp_1", 1, "m"))
    sent = b"".join([encoder.feed(chunk) for chunk in chunks if encoder.verdict is None])
    sent += encoder.finish() if encoder.verdict is None else b""
    assert encoder.verdict is not None
    assert encoder.verdict.error is not None
    assert events_of(sent)[-1]["response"]["error"]["message"]
