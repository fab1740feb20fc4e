"""What users of other gateways to Bedrock complain about most, as far as it is a dialect's affair: a test for each.

 3  silence while a model thinks makes everything between it and the client give up
13  a new model works only after the gateway's code was changed
17  streamed tool calls have a wrong index, collide or get lost, and those that max_tokens cut vanish
18  "toolConfig must be defined" for a history with tools; parallel_tool_calls without tools; results that are lists
19  tools of a history vanish; names with hyphens break Nova; some models refuse to be made to use one tool
20  "thinking blocks must be preserved": signatures get lost in tool loops
21  the reasoning effort is ignored, or refused beside a forced tool
22  cached tokens are counted twice, or not at all, and hours as if they were minutes
23  the prompt cache never hits, because a request is never the same twice, or a model refuses the cachePoint
25  throttling looks like an error of the server, or like success
26  a stream that was cut passes for a whole one
27  blank texts and names of documents are refused
28  an agent's unknown betas, fields and tools make a 400
29  token counts are guessed and nobody says so
30  Codex cannot be used, because it speaks Responses only and puts its tools into namespaces

The numbers are those of a survey of their issue trackers; what is missing here is not about dialects. 25, 26, 28 and 29
go on in `tests/integration/gateway/test_pains.py`, where statuses and headers are.
"""

import json
import re

import orjson
import pytest
from gateway.bedrock.grammar import Usage
from gateway.converse.capsule import seal
from gateway.converse.draft import build
from gateway.converse.estimate import prompt_tokens
from gateway.dialects.anthropic_messages import ending
from gateway.dialects.anthropic_messages.request import read_request as read_messages
from gateway.dialects.anthropic_messages.stream import MessagesStream
from gateway.dialects.anthropic_messages.tokens import count_request
from gateway.dialects.openai_chat.reply import usage_json as chat_usage
from gateway.dialects.openai_chat.request import read_request as read_chat
from gateway.dialects.openai_chat.stream import ChatStream
from gateway.dialects.openai_responses.reply import ReplyForm as ResponseForm
from gateway.dialects.openai_responses.reply import ResponseHead
from gateway.dialects.openai_responses.reply import usage_json as responses_usage
from gateway.dialects.openai_responses.request import read_request as read_responses
from gateway.dialects.openai_responses.stream import ResponseStream
from sluice.known_traits import traits_of
from sluice_local.bedrock_runtime.scenarios.library import library_schedule
from unit.gateway.anthropic_messages.sse import joined as joined_message
from unit.gateway.openai_chat.sse import events_of as chunks_of
from unit.gateway.openai_chat.sse import joined as joined_chat
from unit.gateway.openai_responses.sse import events_of as events_of_responses

SONNET_4_5 = "us.anthropic.claude-sonnet-4-5-20250929-v1:0"
OPUS_4_6 = "us.anthropic.claude-opus-4-6-v1"
OPUS_5 = "us.anthropic.claude-opus-5"
NOVA = "us.amazon.nova-pro-v1:0"
NOVA_2 = "us.amazon.nova-2-lite-v1:0"
GPT_OSS = "openai.gpt-oss-120b-1:0"
LLAMA = "us.meta.llama4-scout-17b-instruct-v1:0"

READERS = {"chat": read_chat, "responses": read_responses, "messages": read_messages}
every_dialect = pytest.mark.parametrize("dialect", READERS)


def no_fetch(url, path):
    raise AssertionError(f"{url} is not to be fetched")


def converse(dialect, model, **members):
    """Return the Converse body that a request becomes; without messages it says hello."""
    hello = {"role": "user", "content": "Hello"}
    members.setdefault("input" if dialect == "responses" else "messages", [hello])
    request = READERS[dialect](orjson.dumps({"model": model, **members}), {}, no_fetch)
    traits = traits_of(model)
    draft = request.for_model(traits)[0] if dialect == "messages" else request.draft
    return build(draft, traits).body


def history(dialect, name="get_weather", told="21 °C", call_id="c1"):
    """Return the member that holds a question, the use of a tool and its result."""
    ask = {"role": "user", "content": "How is the weather?"}
    if dialect == "chat":
        call = {"id": call_id, "type": "function", "function": {"name": name, "arguments": '{"city":"Paris"}'}}
        result = {"role": "tool", "tool_call_id": call_id, "content": told}
        return {"messages": [ask, {"role": "assistant", "tool_calls": [call]}, result]}
    if dialect == "responses":
        call = {"type": "function_call", "call_id": call_id, "name": name, "arguments": '{"city":"Paris"}'}
        return {"input": [ask, call, {"type": "function_call_output", "call_id": call_id, "output": told}]}
    use = {"type": "tool_use", "id": call_id, "name": name, "input": {"city": "Paris"}}
    result = {"type": "tool_result", "tool_use_id": call_id, "content": told}
    return {"messages": [ask, {"role": "assistant", "content": [use]}, {"role": "user", "content": [result]}]}


def tools(dialect, *names):
    """Return the member that offers tools."""
    schema = {"type": "object", "properties": {"city": {"type": "string"}}}
    if dialect == "messages":
        return {"tools": [{"name": name, "input_schema": schema} for name in names]}
    functions = [{"name": name, "parameters": schema} for name in names]
    if dialect == "responses":
        return {"tools": [{"type": "function", **function} for function in functions]}
    return {"tools": [{"type": "function", "function": function} for function in functions]}


def chosen(dialect, name):
    """Return the member that makes the model use one tool."""
    if dialect == "messages":
        return {"tool_choice": {"type": "tool", "name": name}}
    named = {"function": {"name": name}} if dialect == "chat" else {"name": name}
    return {"tool_choice": {"type": "function", **named}}


def effort(dialect, word):
    """Return the member that says how much to reason."""
    return {
        "chat": {"reasoning_effort": word},
        "responses": {"reasoning": {"effort": word}},
        "messages": {"thinking": {"type": "adaptive"}, "output_config": {"effort": word}},
    }[dialect]


def blocks(body, kind):
    return [block[kind] for message in body["messages"] for block in message["content"] if kind in block]


def spec_names(body):
    return [tool["toolSpec"]["name"] for tool in body["toolConfig"]["tools"] if "toolSpec" in tool]


def encoders():
    return {
        "chat": ChatStream(reply_id="r", created=1, model="m", include_usage=False),
        "responses": ResponseStream(ResponseHead("resp_1", 1, "m")),
        "messages": MessagesStream(reply_id="r", model="m", request_id="q"),
    }


def streamed(name):
    """Return what each dialect makes of a recording."""
    data = library_schedule(name).body
    return {
        dialect: encoder.feed(data) + (b"" if encoder.verdict else encoder.finish())
        for dialect, encoder in encoders().items()
    }


READS = {"chat": joined_chat, "responses": events_of_responses, "messages": joined_message}


@every_dialect
def test_pain_3_signs_of_life_are_sent_that_no_client_takes_for_an_answer(dialect):
    sign = encoders()[dialect].keep_alive
    frames = streamed("text")[dialect].split(b"\n\n")
    assert sign.endswith(b"\n\n")
    assert READS[dialect](sign + (b"\n\n" + sign).join(frames)) == READS[dialect](b"\n\n".join(frames))


@every_dialect
def test_pain_13_a_model_that_nobody_has_heard_of_gets_everything_as_it_came(dialect):
    told = {"temperature": 0.5, "top_p": 0.9, "top_k": 5, **effort(dialect, "xhigh"), **tools(dialect, "a-b", "c")}
    body = converse(dialect, "acme.nova-9-v1:0", **history(dialect, "a-b"), **told, **chosen(dialect, "a-b"))
    assert body["inferenceConfig"] == {"temperature": 0.5, "topP": 0.9}
    assert body["additionalModelRequestFields"]["top_k"] == 5
    assert "xhigh" in str(body["additionalModelRequestFields"])
    assert spec_names(body) == ["a-b", "c"]
    assert body["toolConfig"]["toolChoice"] == {"tool": {"name": "a-b"}}


def test_pain_17_calls_that_come_interleaved_keep_their_index_and_their_arguments():
    sent = streamed("tool-use-parallel")
    calls = joined_chat(sent["chat"])["tool_calls"]
    assert [call["index"] for call in calls] == [0, 1, 2]
    assert [json.loads(call["function"]["arguments"])["city"] for call in calls] == ["Paris", "Lisbon", "Oslo"]
    items = events_of_responses(sent["responses"])[-1]["response"]["output"]
    assert [json.loads(item["arguments"])["city"] for item in items] == ["Paris", "Lisbon", "Oslo"]
    assert [use.input["city"] for use in joined_message(sent["messages"]).content] == ["Paris", "Lisbon", "Oslo"]


def test_pain_17_a_call_that_max_tokens_cut_is_told_and_so_is_the_reason():
    sent = streamed("tool-use-cut")
    assert joined_chat(sent["chat"])["tool_calls"][0]["function"]["name"] == "write_file"
    assert chunks_of(sent["chat"])[-1]["choices"][0]["finish_reason"] == "length"
    final = events_of_responses(sent["responses"])[-1]["response"]
    assert (final["output"][0]["name"], final["status"]) == ("write_file", "incomplete")
    assert b'"name":"write_file"' in sent["messages"]
    assert b'"stop_reason":"max_tokens"' in sent["messages"]


@every_dialect
def test_pain_18_a_history_with_tools_goes_on_without_any(dialect):
    body = converse(dialect, SONNET_4_5, **history(dialect))
    assert "toolConfig" not in body
    assert not blocks(body, "toolUse") + blocks(body, "toolResult")
    assert "21 °C" in str(body["messages"])


@every_dialect
def test_pain_18_a_switch_for_parallel_tools_without_tools_is_not_sent(dialect):
    switch = {"parallel_tool_calls": False}
    if dialect == "messages":
        switch = {"tool_choice": {"type": "auto", "disable_parallel_tool_use": True}}
    assert "tool_choice" not in converse(dialect, SONNET_4_5, **switch).get("additionalModelRequestFields", {})


@every_dialect
@pytest.mark.parametrize("told", ['["a", "b"]', "5", '"x"', "null"])
def test_pain_18_a_result_that_is_no_object_is_text(dialect, told):
    body = converse(dialect, SONNET_4_5, **history(dialect, told=told), **tools(dialect, "get_weather"))
    assert blocks(body, "toolResult")[0]["content"] == [{"text": told}]


@every_dialect
def test_pain_19_every_tool_and_every_use_of_one_arrives(dialect):
    body = converse(dialect, NOVA, **history(dialect), **tools(dialect, "get_weather", "mcp__docs__search"))
    assert spec_names(body) == ["get_weather", "mcp__docs__search"]
    assert blocks(body, "toolUse")[0]["input"] == {"city": "Paris"}
    assert blocks(body, "toolResult")[0]["toolUseId"] == blocks(body, "toolUse")[0]["toolUseId"]


@every_dialect
def test_pain_19_nova_is_told_no_hyphens_and_the_history_agrees(dialect):
    body = converse(dialect, NOVA, **history(dialect, "search-pages"), **tools(dialect, "search-pages"))
    assert spec_names(body) == [blocks(body, "toolUse")[0]["name"]] == ["search_pages"]


@every_dialect
def test_pain_19_a_model_that_cannot_be_made_to_use_one_tool_is_offered_only_that_one(dialect):
    limited = [model for model in (NOVA, LLAMA, GPT_OSS) if "tool" not in traits_of(model).tool_choices]
    assert limited
    for model in limited:
        body = converse(dialect, model, **tools(dialect, "a", "b"), **chosen(dialect, "b"))
        assert "tool" not in body["toolConfig"].get("toolChoice", {})


@every_dialect
@pytest.mark.parametrize("call_id", ["x" * 100, "call|1|2", "functions.f:0"])
def test_pain_19_ids_that_bedrock_refuses_are_rewritten_alike_in_use_and_result(dialect, call_id):
    body = converse(dialect, SONNET_4_5, **history(dialect, call_id=call_id), **tools(dialect, "get_weather"))
    told = blocks(body, "toolUse")[0]["toolUseId"]
    assert re.fullmatch(r"[a-zA-Z0-9_.:-]{1,64}", told)
    assert blocks(body, "toolResult")[0]["toolUseId"] == told


SIGNED = {"reasoningContent": {"reasoningText": {"text": "Hm.", "signature": "c2ln"}}}


def with_reasoning(dialect):
    """Return the history with the reasoning that came before its tool's use, as each dialect's clients send it."""
    member = history(dialect)
    if dialect == "chat":
        thought = {"type": "thinking", "thinking": "Hm.", "signature": "c2ln"}
        member["messages"][1]["thinking_blocks"] = [thought]
    elif dialect == "responses":
        member["input"].insert(1, {"type": "reasoning", "id": "rs", "summary": [], "encrypted_content": seal([SIGNED])})
    else:
        member["messages"][1]["content"].insert(0, {"type": "thinking", "thinking": "Hm.", "signature": "c2ln"})
    return member


@every_dialect
@pytest.mark.parametrize("model", [SONNET_4_5, OPUS_4_6, OPUS_5])
def test_pain_20_reasoning_comes_back_unaltered_before_the_tools_use(dialect, model):
    offered = tools(dialect, "get_weather")
    body = converse(dialect, model, **with_reasoning(dialect), **offered, **effort(dialect, "low"))
    assert body["messages"][1]["content"][0] == SIGNED
    assert "thinking" in body["additionalModelRequestFields"]


def test_pain_20_a_client_that_knows_of_no_reasoning_carries_it_in_the_id_of_the_call():
    [call] = joined_chat(streamed("reasoning-tool-use")["chat"])["tool_calls"]
    member = history("chat", call_id=call["id"])
    body = converse("chat", SONNET_4_5, **member, **tools("chat", "get_weather"), reasoning_effort="low")
    assert body["messages"][1]["content"][0]["reasoningContent"]["reasoningText"]["signature"]
    assert blocks(body, "toolUse")[0]["toolUseId"] == "tooluse_emulator-0001"


@every_dialect
def test_pain_20_a_loop_that_has_lost_its_reasoning_goes_on_without_any(dialect):
    body = converse(dialect, SONNET_4_5, **history(dialect), **tools(dialect, "get_weather"), **effort(dialect, "high"))
    assert "thinking" not in body.get("additionalModelRequestFields", {})


@every_dialect
@pytest.mark.parametrize("model", [SONNET_4_5, OPUS_4_6, OPUS_5, NOVA_2, GPT_OSS])
def test_pain_21_the_effort_reaches_every_model_that_reasons(dialect, model):
    low, high = (
        converse(dialect, model, max_tokens=50_000, **effort(dialect, word))["additionalModelRequestFields"]
        for word in ("low", "high")
    )
    assert low != high


@every_dialect
@pytest.mark.parametrize("model", [SONNET_4_5, OPUS_5])
def test_pain_21_a_tool_is_not_forced_while_claude_reasons(dialect, model):
    body = converse(dialect, model, **tools(dialect, "f"), **chosen(dialect, "f"), **effort(dialect, "high"))
    assert "toolChoice" not in body["toolConfig"]
    assert "thinking" in body["additionalModelRequestFields"]


def test_pain_22_cached_tokens_are_counted_once_and_hours_apart_from_minutes():
    usage = Usage(10, 5, 100, 30, (("5m", 10), ("1h", 20)))
    chat = chat_usage(usage)
    assert (chat["prompt_tokens"], chat["total_tokens"]) == (140, 145)
    assert chat["prompt_tokens_details"]["cached_tokens"] == 100
    responses = responses_usage(usage)
    assert (responses["input_tokens"], responses["total_tokens"]) == (140, 145)
    assert responses["input_tokens_details"] == {"cached_tokens": 100, "cache_write_tokens": 30}
    messages = ending.usage_json(usage)
    assert (messages["input_tokens"], messages["cache_read_input_tokens"]) == (10, 100)
    assert messages["cache_creation_input_tokens"] == 30
    assert messages["cache_creation"] == {"ephemeral_5m_input_tokens": 10, "ephemeral_1h_input_tokens": 20}


PDF = "data:application/pdf;base64,JVBERi0xLjc="


def document(dialect, name):
    """Return a part that is a document."""
    if dialect == "chat":
        return {"type": "file", "file": {"filename": name, "file_data": PDF}}
    if dialect == "responses":
        return {"type": "input_file", "filename": name, "file_data": PDF}
    source = {"type": "base64", "media_type": "application/pdf", "data": PDF.partition(",")[2]}
    return {"type": "document", "title": name, "source": source}


def asked(dialect, *contents):
    """Return the member of a conversation in which the user says these things, and the assistant hums between."""
    turns = [{"role": "user", "content": content} for content in contents]
    hums = [{"role": "assistant", "content": "Hm."}] * len(turns)
    told = [message for pair in zip(turns, hums, strict=True) for message in pair][:-1]
    return {"input" if dialect == "responses" else "messages": told}


@every_dialect
def test_pain_23_a_conversation_that_goes_on_begins_with_the_same_bytes(dialect):
    first = asked(dialect, [document(dialect, "report.pdf")])
    longer = asked(dialect, [document(dialect, "report.pdf")], [document(dialect, "report.pdf")])
    offered = tools(dialect, "b", "a", "c")
    bodies = [converse(dialect, SONNET_4_5, **member, **offered) for member in (first, first, longer)]
    assert orjson.dumps(bodies[0]) == orjson.dumps(bodies[1])
    assert orjson.dumps(bodies[0]["toolConfig"]) == orjson.dumps(bodies[2]["toolConfig"])
    assert bodies[0]["messages"][0] == bodies[2]["messages"][0]


@every_dialect
@pytest.mark.parametrize("model", [LLAMA, GPT_OSS])
def test_pain_23_a_model_without_a_cache_is_sent_no_cache_point(dialect, model):
    kind = "input_text" if dialect == "responses" else "text"
    marked = {"type": kind, "text": "bread " * 20_000, "cache_control": {"type": "ephemeral"}}
    assert "cachePoint" not in str(converse(dialect, model, **asked(dialect, [marked], "And?")))


@pytest.mark.parametrize("dialect", ["chat", "responses"])
def test_pain_23_a_prompt_too_short_to_be_cached_has_no_cache_point_and_a_long_one_has(dialect):
    short, long = (converse(dialect, SONNET_4_5, **asked(dialect, "bread " * size, "And?")) for size in (10, 20_000))
    assert "cachePoint" not in str(short)
    assert "cachePoint" in str(long)


def test_pain_25_throttling_in_mid_stream_is_told_as_what_it_is():
    sent = streamed("midstream-throttling")
    assert chunks_of(sent["chat"])[-1]["error"]["code"] == "rate_limit_exceeded"
    assert b"[DONE]" not in sent["chat"]
    assert events_of_responses(sent["responses"])[-1]["response"]["error"]["code"] == "rate_limit_exceeded"
    assert b'"type":"rate_limit_error"' in sent["messages"]


@pytest.mark.parametrize("name", ["cut-before-stop", "cut-midframe", "no-message-stop"])
def test_pain_26_a_stream_that_was_cut_ends_in_an_error(name):
    for data in streamed(name).values():
        assert b"the answer is incomplete" in data
        for end in (b"[DONE]", b"response.completed", b"message_stop"):
            assert end not in data


@every_dialect
def test_pain_27_blank_texts_are_left_out(dialect):
    kind = "input_text" if dialect == "responses" else "text"
    parts = [{"type": kind, "text": text} for text in ("", " \n", "Hello")]
    body = converse(dialect, SONNET_4_5, **asked(dialect, parts, "  ", "Bye"))
    texts = blocks(body, "text")
    assert all(text.strip() for text in texts)
    assert texts[0] == "Hello"


@every_dialect
def test_pain_27_documents_have_names_that_bedrock_takes_each_its_own(dialect):
    names = ["Bericht: 3/4  (neu).pdf", "Bericht: 3/4  (neu).pdf", "日本.pdf", "x" * 300 + ".pdf"]
    body = converse(dialect, SONNET_4_5, **asked(dialect, *([document(dialect, name)] for name in names)))
    told = [found["name"] for found in blocks(body, "document")]
    assert len(set(told)) == len(told) == len(names)
    assert all(re.fullmatch(r"[A-Za-z0-9()\[\]-]+( [A-Za-z0-9()\[\]-]+)*", name) for name in told)
    assert max(map(len, told)) <= 200
    # A document never stands alone.
    assert all("text" in str(message) for message in body["messages"])


def test_pain_28_what_an_agent_sends_and_nobody_knows_is_left_out_and_named():
    body = {
        "model": SONNET_4_5,
        "max_tokens": 10,
        "messages": [{"role": "user", "content": "Hello"}],
        "tools": [{"type": "novelty_20300101", "name": "n"}],
        "novelty": True,
        "anthropic_beta": ["novelty-2030-01-01"],
    }
    request = read_messages(orjson.dumps(body), {"anthropic-beta": "claude-code-20250219,other-2030"}, no_fetch)
    draft, extras = request.for_model(traits_of(SONNET_4_5))
    assert request.ignored == ("novelty",)
    assert extras.unknown_tools == ("n",)
    assert set(extras.dropped_betas) == {"claude-code-20250219", "other-2030", "novelty-2030-01-01"}
    assert "additionalModelRequestFields" not in build(draft, traits_of(SONNET_4_5)).body


@pytest.mark.parametrize("dialect", ["chat", "responses"])
def test_pain_28_tools_and_fields_of_openais_own_are_left_out_and_named(dialect):
    member = asked(dialect, "Hello")
    web = {"type": "web_search"}
    request = READERS[dialect](orjson.dumps({"model": "m", **member, "tools": [web], "novelty": 1}), {}, no_fetch)
    assert (request.ignored, request.left_out_tools) == (("novelty",), 1)


@pytest.mark.parametrize("text", ["bread " * 1000, "def f(x):\n    return x\n" * 300, "日本語のテキスト" * 200])
def test_pain_29_an_estimate_is_rather_high_than_low(text):
    body = converse("messages", SONNET_4_5, messages=[{"role": "user", "content": text}], max_tokens=10)
    # Claude has at least this many characters a token in such texts.
    least = len(text) / 4 if text.isascii() else len(text)
    assert prompt_tokens(body) > least
    assert set(json.loads(count_request(body))["input"]["converse"]) <= {"messages", "system", "toolConfig"}


def test_pain_30_tools_in_a_namespace_are_offered_and_told_back_as_the_client_has_them():
    namespace = {"type": "namespace", "name": "shell", "tools": [{"type": "function", "name": "run", "parameters": {}}]}
    used = {"type": "function_call", "call_id": "c1", "namespace": "shell", "name": "run", "arguments": "{}"}
    result = {"type": "function_call_output", "call_id": "c1", "output": "done"}
    asked_for = {"input": [{"role": "user", "content": "Run."}, used, result], "tools": [namespace]}
    request = read_responses(orjson.dumps({"model": SONNET_4_5, **asked_for}), {}, no_fetch)
    built = build(request.draft, traits_of(SONNET_4_5))
    [offered] = spec_names(built.body)
    assert blocks(built.body, "toolUse")[0]["name"] == offered
    told = ResponseForm(built.names, request.tools).client_tool(offered)
    assert (told.namespace, told.name) == ("shell", "run")
