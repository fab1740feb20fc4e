"""Any request of a client's gives a Converse request that Bedrock's own service model takes, or a clear refusal; any
reply gives a stream that the Anthropic SDK joins to the same content.
"""

import orjson
import pytest
from botocore.validate import ParamValidator
from gateway.converse.draft import build
from gateway.converse.estimate import prompt_tokens
from gateway.dialects.anthropic_messages.request import CARRIED, REFUSED, read_request
from gateway.dialects.anthropic_messages.stream import MessagesStream
from gateway.dialects.anthropic_messages.tokens import count_request
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
from unit.gateway.anthropic_messages.asking import PDF, PNG
from unit.gateway.anthropic_messages.sse import events_of, joined
from unit.gateway.recordings import START, block_start, block_stop, delta, event
from unit.gateway.schemas import SCHEMAS

MODELS = [model.model_id for model in foundation_models("us-east-1") if "TEXT" in model.output_modalities]
# They take no tools, which no mapping can change.
WITHOUT_TOOLS = ("amazon.titan", "mistral.mistral-7b", "deepseek.r1")

words = st.text(st.characters(codec="utf-8", exclude_categories=("Cs",)), max_size=20)
filled = words.filter(str.strip)
texts = st.one_of(words, st.just(" \n"), st.just("Hello."))
names = st.one_of(st.sampled_from(["f", "get_weather", "mcp.server/tool", "a-b"]), filled)
json_values = st.recursive(
    st.one_of(st.none(), st.booleans(), st.integers(-5, 5), st.floats(0, 2), words),
    lambda inner: st.one_of(st.lists(inner, max_size=3), st.dictionaries(words, inner, max_size=3)),
    max_leaves=6,
)
objects = st.dictionaries(words, json_values, max_size=3)
marks = st.sampled_from([{}, {}, {"cache_control": {"type": "ephemeral"}}, {"cache_control": {"ttl": "1h"}}])
citations = st.lists(
    st.one_of(
        st.builds(
            lambda start, quoted: {
                "type": "char_location",
                "document_index": 0,
                "start_char_index": start,
                "end_char_index": start + 1,
                "cited_text": quoted,
                "document_title": None,
            },
            st.integers(-1, 5),
            words,
        ),
        objects,
    ),
    max_size=2,
)


def block(kind, **members):
    return st.fixed_dictionaries({"type": st.just(kind), **members})


def marked(blocks):
    return st.builds(lambda found, mark: {**found, **mark}, blocks, marks)


text_blocks = block("text", text=texts)
images = block("image", source=st.just({"type": "base64", "media_type": "image/jpeg", "data": PNG}))
documents = st.builds(
    lambda source, title, enabled: {
        "type": "document",
        "source": source,
        "title": title,
        "context": title,
        "citations": {"enabled": enabled},
    },
    st.one_of(
        st.just({"type": "base64", "media_type": "application/pdf", "data": PDF}),
        st.fixed_dictionaries({"type": st.just("text"), "media_type": st.just("text/plain"), "data": filled}),
        st.fixed_dictionaries({"type": st.just("content"), "content": filled}),
    ),
    st.one_of(st.none(), words),
    st.booleans(),
)
search_results = block(
    "search_result", source=filled, title=filled, content=st.lists(block("text", text=filled), min_size=1, max_size=2)
)
user_blocks = marked(st.one_of(text_blocks, images, documents, search_results))
user_messages = st.builds(
    lambda content: [{"role": "user", "content": content}], st.one_of(texts, st.lists(user_blocks, max_size=3))
)
system_messages = st.builds(
    lambda content: [{"role": "system", "content": content}],
    st.one_of(texts, st.lists(marked(text_blocks), max_size=2)),
)
cited = st.builds(lambda found, places: {**found, "citations": places}, text_blocks, citations)
unsigned = block("thinking", thinking=words, signature=st.just(""))
answers = st.builds(
    lambda content: [{"role": "assistant", "content": content}],
    st.one_of(texts, st.lists(st.one_of(marked(text_blocks), cited, unsigned), max_size=3)),
)


@st.composite
def tool_turns(draw):
    """An assistant's tool uses with their results, in any order."""
    number = draw(st.integers(0, 10**9))
    uses = [
        {
            "type": "tool_use",
            "id": draw(st.sampled_from(["toolu_{}_{}", "call|{}|{}", "x" * 70 + "{}_{}"])).format(number, at),
            "name": name,
            "input": draw(objects),
        }
        for at, name in enumerate(draw(st.lists(names, min_size=1, max_size=3)))
    ]
    contents = st.one_of(texts, st.none(), st.lists(marked(st.one_of(text_blocks, images, search_results)), max_size=2))
    results = [
        {"type": "tool_result", "tool_use_id": use["id"], "content": draw(contents), "is_error": draw(st.booleans())}
        | draw(marks)
        for use in uses
    ]
    said = draw(st.lists(st.one_of(text_blocks, unsigned), max_size=2))
    return [
        {"role": "assistant", "content": [*said, *uses]},
        {"role": "user", "content": [*draw(st.permutations(results)), *draw(st.lists(text_blocks, max_size=1))]},
    ]


tools = st.lists(
    st.one_of(
        st.builds(
            lambda name, description, strict, schema, mark: {
                "name": name,
                "description": description,
                "strict": strict,
                "input_schema": schema,
                **mark,
            },
            names,
            words,
            st.booleans(),
            SCHEMAS,
            marks,
        ),
        st.sampled_from([{"type": "bash_20250124", "name": "bash"}, {"type": "web_search_20250305", "name": "w"}]),
    ),
    max_size=3,
)
formats = st.builds(lambda schema: {"format": {"type": "json_schema", "schema": schema}}, SCHEMAS)
options = st.fixed_dictionaries(
    {},
    optional={
        "system": st.one_of(texts, st.lists(marked(text_blocks), max_size=3)),
        "tools": tools,
        "tool_choice": st.builds(
            lambda kind, alone: {"type": kind, "disable_parallel_tool_use": alone},
            st.sampled_from(["auto", "any", "none"]),
            st.booleans(),
        ),
        "thinking": st.sampled_from(
            [{"type": "enabled", "budget_tokens": 500}, {"type": "adaptive"}, {"type": "disabled"}]
        ),
        "output_config": st.builds(
            lambda effort, form: {**effort, **form}, st.sampled_from([{}, {"effort": "max"}]), st.just({}) | formats
        ),
        "max_tokens": st.integers(1, 20_000),
        "temperature": st.floats(0, 1),
        "top_p": st.floats(0, 1),
        "top_k": st.integers(1, 100),
        "stop_sequences": st.lists(words, max_size=4),
        "service_tier": st.sampled_from(["auto", "standard_only", "flex", "priority"]),
        "metadata": st.fixed_dictionaries({"user_id": words}),
        "context_management": st.sampled_from(
            [{"edits": [{"type": "clear_thinking_20251015"}, {"type": "clear_tool_uses_20250919"}]}]
        ),
        "anthropic_beta": st.lists(
            st.sampled_from(["interleaved-thinking-2025-05-14", "context-management-2025-06-27", "novelty-2030"]),
            max_size=3,
        ),
        "cache_control": st.just({"type": "ephemeral"}),
        "unknown": json_values,
    },
)
# Bedrock takes five documents in a message, and a user's messages in a row become one.
conversations = (
    st.lists(st.one_of(user_messages, user_messages, system_messages, answers, tool_turns()), min_size=1, max_size=6)
    .map(lambda turns: [message for turn in turns for message in turn])
    .filter(lambda messages: orjson.dumps(messages).count(b'"type":"document"') <= 5)
)


def no_fetch(url, path):
    raise InvalidRequest("Nothing can be fetched here.", path)


def built(body, model_id):
    traits = traits_of(model_id)
    return build(read_request(orjson.dumps(body), {}, no_fetch).for_model(traits)[0], traits).body


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
    if model_id.startswith(WITHOUT_TOOLS):
        return
    everything = ("TEXT", "IMAGE", "VIDEO", "SPEECH")
    check_model(request, Model(model_id, model_id, "", input_modalities=everything), streaming=False)


@settings(deadline=None)
@given(conversations, options, st.sampled_from(MODELS))
def test_any_valid_request_can_be_counted_and_estimated(messages, members, model_id):
    body = built({"model": "m", "messages": messages, **members}, model_id)
    decode_request("CountTokens", {"modelId": "amazon.nova-pro-v1:0"}, {}, count_request(body))
    assert prompt_tokens(body) > 0


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
    content = messages[at]["content"]
    if isinstance(content, list) and content:
        place = data.draw(st.integers(0, len(content) - 1))
        name = data.draw(st.sampled_from(sorted(content[place])))
        content[place] = {**content[place], name: odd}
    else:
        messages[at] = {**messages[at], data.draw(st.sampled_from(["role", "content"])): odd}
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
    """A reply's frames and its content as the SDK is to have it; the deltas of neighbouring tool uses are shuffled."""
    groups, content = [], []
    for index in range(draw(st.integers(0, 5))):
        parts = draw(pieces)
        stop = [block_stop(index)] if draw(st.booleans()) else []
        match draw(st.sampled_from(["text", "reasoning", "redacted", "tool"])):
            case "text":
                groups.append(("text", [*(delta(index, {"text": part}) for part in parts), *stop]))
                content += [{"type": "text", "text": "".join(parts)}] if parts else []
            case "reasoning":
                signature = draw(words)
                told = [{"text": part} for part in parts] + [{"signature": signature}]
                groups.append(("reasoning", [*(delta(index, {"reasoningContent": part}) for part in told), *stop]))
                content.append({"type": "thinking", "thinking": "".join(parts), "signature": signature})
            case "redacted":
                groups.append(("redacted", [delta(index, {"reasoningContent": {"redactedContent": "aGlk"}}), *stop]))
                content.append({"type": "redacted_thinking", "data": "aGlk"})
            case _:
                arguments = draw(objects)
                encoded = orjson.dumps(arguments).decode() if arguments else ""
                cut = draw(st.integers(0, len(encoded)))
                told = [part for part in (encoded[:cut], encoded[cut:]) if part]
                start = block_start(index, {"toolUse": {"toolUseId": f"t{index}", "name": "f"}})
                frames = [start, *(delta(index, {"toolUse": {"input": part}}) for part in told), block_stop(index)]
                groups.append(("tool", frames))
                content.append({"type": "tool_use", "id": f"t{index}", "name": "f", "input": arguments})
    return [START, *interleaved(draw, groups), *end(draw)], content


def interleaved(draw, groups):
    """Return all frames; those of tool uses next to each other in any order that keeps each one's own."""
    frames = []
    while groups:
        kind, first = groups.pop(0)
        together = [first]
        while kind == "tool" and groups and groups[0][0] == "tool":
            together.append(groups.pop(0)[1])
        # The first begins first, so that the blocks keep their order.
        frames += [found.pop(0) for found in together if found]
        while any(together):
            frames.append(draw(st.sampled_from([found for found in together if found])).pop(0))
    return frames


def end(draw):
    reason = draw(st.sampled_from(["end_turn", "tool_use", "max_tokens"]))
    usage = {"inputTokens": 1, "outputTokens": 1, "totalTokens": 2}
    return [event("messageStop", {"stopReason": reason}), event("metadata", {"usage": usage})]


@settings(deadline=None, max_examples=200)
@given(replies(), st.data())
def test_any_reply_is_joined_by_the_sdk_to_the_same_content(reply, data):
    frames, content = reply
    stream = b"".join(frames)
    cut = data.draw(st.integers(0, len(stream)))
    encoder = MessagesStream(reply_id="r", model="m", request_id="q")
    sent = encoder.feed(stream[:cut]) + encoder.feed(stream[cut:])
    message = joined(sent).to_dict()
    assert message["content"] == content
    assert events_of(sent)[-1] == {"type": "message_stop"}


@settings(deadline=None)
@given(st.lists(st.binary(max_size=40), max_size=4))
def test_bytes_that_are_no_stream_end_in_an_error(chunks):
    encoder = MessagesStream(reply_id="r", model="m", request_id="q")
    sent = b"".join([encoder.feed(chunk) for chunk in chunks if encoder.verdict is None])
    sent += encoder.finish() if encoder.verdict is None else b""
    assert encoder.verdict is not None
    assert encoder.verdict.error is not None
    assert events_of(sent)[-1]["error"]["message"]
