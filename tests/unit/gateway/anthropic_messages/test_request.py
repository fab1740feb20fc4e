import pytest
from gateway.dialects.anthropic_messages.request import REFUSED
from gateway.errors import InvalidRequest
from unit.gateway.anthropic_messages.asking import (
    NOVA,
    OPUS_4_5,
    OPUS_4_6,
    OPUS_4_7,
    SONNET_4_5,
    TOOL,
    converse,
    fields,
    read,
    refusal,
    text,
    user,
)

ADAPTIVE = {"type": "adaptive"}
BUDGET = {"type": "enabled", "budget_tokens": 2000}
SCHEMA = {"type": "object", "properties": {"city": {"type": "string"}}}
FORMAT = {"type": "json_schema", "schema": SCHEMA}


def test_the_plain_fields():
    body = converse(temperature=0.5, top_p=0.9, stop_sequences=["END", " "])
    assert body["inferenceConfig"] == {"maxTokens": 100, "temperature": 0.5, "topP": 0.9, "stopSequences": ["END"]}


def test_a_request_without_a_limit_gets_none():
    assert "inferenceConfig" not in converse(max_tokens=None)


def test_top_k_goes_to_models_that_have_it():
    assert fields(top_k=5, model=SONNET_4_5) == {"top_k": 5}
    assert fields(top_k=5, model=OPUS_4_7) == {}


def test_the_newest_claude_is_told_no_sampling():
    assert converse(temperature=0.5, top_p=0.9, model=OPUS_4_7)["inferenceConfig"] == {"maxTokens": 100}


def test_the_stop_sequence_that_was_found_is_asked_back():
    asked_back = ["/stop_sequence", "/delta/stop_sequence"]
    assert converse(stop_sequences=["END"])["additionalModelResponseFieldPaths"] == asked_back
    assert "additionalModelResponseFieldPaths" not in converse()


@pytest.mark.parametrize(
    ("model", "given", "sent"),
    [
        (SONNET_4_5, {"thinking": BUDGET}, {"thinking": BUDGET}),
        (SONNET_4_5, {"thinking": {"type": "disabled"}}, {"thinking": {"type": "disabled"}}),
        (SONNET_4_5, {"output_config": {"effort": "high"}}, {}),
        (OPUS_4_6, {"thinking": BUDGET}, {"thinking": BUDGET}),
        (OPUS_4_6, {"thinking": ADAPTIVE}, {"thinking": {**ADAPTIVE, "display": "summarized"}}),
        (OPUS_4_7, {"thinking": {**ADAPTIVE, "display": "omitted"}}, {"thinking": {**ADAPTIVE, "display": "omitted"}}),
        (
            OPUS_4_7,
            {"thinking": BUDGET},
            {"thinking": {**ADAPTIVE, "display": "summarized"}, "output_config": {"effort": "low"}},
        ),
        (
            OPUS_4_7,
            {"thinking": ADAPTIVE, "output_config": {"effort": "max"}},
            {"thinking": {**ADAPTIVE, "display": "summarized"}, "output_config": {"effort": "xhigh"}},
        ),
        (OPUS_4_7, {"output_config": {"effort": "medium"}}, {"output_config": {"effort": "medium"}}),
        (
            OPUS_4_7,
            {"thinking": {"type": "disabled"}, "output_config": {"effort": "xhigh"}},
            {"thinking": {"type": "disabled"}, "output_config": {"effort": "high"}},
        ),
        (
            OPUS_4_5,
            {"output_config": {"effort": "low"}},
            {"output_config": {"effort": "low"}, "anthropic_beta": ["effort-2025-11-24"]},
        ),
        (
            OPUS_4_5,
            {"thinking": BUDGET, "output_config": {"effort": "low"}},
            {"thinking": BUDGET, "output_config": {"effort": "low"}, "anthropic_beta": ["effort-2025-11-24"]},
        ),
        ("openai.gpt-oss-120b-1:0", {"output_config": {"effort": "low"}}, {"reasoning_effort": "low"}),
        (NOVA, {"thinking": BUDGET, "output_config": {"effort": "low"}}, {}),
        (None, {"thinking": BUDGET}, {"thinking": BUDGET}),
        (
            None,
            {"thinking": ADAPTIVE, "output_config": {"effort": "low"}},
            {"thinking": ADAPTIVE, "output_config": {"effort": "low"}},
        ),
        (None, {"output_config": {"effort": "low"}}, {"output_config": {"effort": "low"}}),
    ],
)
def test_thinking_and_effort_are_said_as_the_model_takes_them(model, given, sent):
    assert fields(model=model, max_tokens=8000, **given) == sent


def test_thinking_between_tool_uses_is_asked_for_where_it_needs_to_be():
    asked = {"thinking": BUDGET, "tools": [TOOL], "max_tokens": 8000}
    assert fields(model=SONNET_4_5, **asked)["anthropic_beta"] == ["interleaved-thinking-2025-05-14"]
    assert "anthropic_beta" not in fields(model=OPUS_4_6, **asked)


def test_the_answers_format_is_bedrocks_own_or_a_tool():
    for given in ({"output_config": {"format": FORMAT}}, {"output_format": FORMAT}):
        assert "textFormat" in converse(model=SONNET_4_5, **given)["outputConfig"]
        config = converse(model=OPUS_4_7, **given)["toolConfig"]
        assert config["toolChoice"]["tool"]["name"] == config["tools"][0]["toolSpec"]["name"]


def test_a_user_id_becomes_metadata_in_the_characters_that_bedrock_takes():
    user_id = '{"device_id":"d1","session_id":"s 1"}'
    assert converse(metadata={"user_id": user_id})["requestMetadata"] == {
        "user_id": "__device_id_:_d1_,_session_id_:_s 1__"
    }
    assert "requestMetadata" not in converse(metadata={"user_id": None})


@pytest.mark.parametrize(
    ("tier", "sent"),
    [
        ("auto", None),
        ("standard_only", None),
        ("default", None),
        ("priority", {"type": "priority"}),
        ("flex", {"type": "flex"}),
    ],
)
def test_a_service_tier(tier, sent):
    assert converse(service_tier=tier).get("serviceTier") == sent


def test_a_guardrail_comes_by_bedrocks_own_headers():
    headers = {"x-amzn-bedrock-guardrailidentifier": "g1", "x-amzn-bedrock-guardrailversion": "2"}
    config = {"guardrailIdentifier": "g1", "guardrailVersion": "2"}
    assert converse(headers=headers)["guardrailConfig"] == config


def test_the_mark_of_a_long_context_is_no_part_of_a_models_name():
    request = read(model="us.anthropic.claude-sonnet-4-5-20250929-v1:0[1m]")
    assert request.model == "us.anthropic.claude-sonnet-4-5-20250929-v1:0"
    assert request.betas == ("context-1m-2025-08-07",)


def test_fields_that_nobody_knows_are_ignored_and_named():
    request = read(diagnostics={"previous_message_id": None}, speed="fast", anthropic_version="2023-06-01", user=None)
    assert request.ignored == ("diagnostics", "speed")


@pytest.mark.parametrize(
    ("members", "param"),
    [
        ({"mcp_servers": [{"url": "https://e.com"}]}, "mcp_servers"),
        ({"container": "c1"}, "container"),
        ({"inference_geo": "us"}, "inference_geo"),
        ({"model": ""}, "model"),
        ({"model": None}, "model"),
        ({"max_tokens": 0}, "max_tokens"),
        ({"max_tokens": True}, "max_tokens"),
        ({"temperature": "hot"}, "temperature"),
        ({"stop_sequences": [1]}, "stop_sequences"),
        ({"system": {"type": "text"}}, "system"),
        ({"system": [{"type": "image"}]}, "system[0].type"),
        ({"thinking": {"type": "deep"}}, "thinking.type"),
        ({"thinking": {"type": "enabled", "budget_tokens": "1k"}}, "thinking.budget_tokens"),
        ({"output_config": {"effort": "heroic"}}, "output_config.effort"),
        ({"output_config": {"format": {"type": "xml"}}}, "output_config.format.type"),
        ({"output_config": {"format": {"type": "json_schema"}}}, "output_config.format.schema"),
        ({"output_format": {"type": "json_schema", "schema": 1}}, "output_format.schema"),
        ({"metadata": {"user_id": 7}}, "metadata.user_id"),
        ({"stream": "yes"}, "stream"),
        ({"tool_choice": "auto"}, "tool_choice"),
        ({"context_management": []}, "context_management"),
        ({"anthropic_beta": [1]}, "anthropic_beta"),
        ({"cache_control": 1}, "cache_control"),
    ],
)
def test_what_cannot_be_carried_is_refused_with_its_path(members, param):
    assert refusal(**members) == param


def test_values_that_ask_for_nothing_are_not_refused():
    for name, values in REFUSED.items():
        for value in values:
            assert converse(**{name: value}) == converse()


def test_a_prefilled_answer_is_kept_or_followed_by_a_request_to_go_on():
    prefill = {"role": "assistant", "content": "The answer is "}
    assert converse(user(text("a")), prefill, model=SONNET_4_5)["messages"][-1] == {
        "role": "assistant",
        "content": [{"text": "The answer is"}],
    }
    assert converse(user(text("a")), prefill, model=OPUS_4_7)["messages"][-1]["role"] == "user"


@pytest.mark.parametrize("thread", [{"type": "create"}, {"type": "continue", "previous_message_id": "msg_1"}])
def test_a_thread_is_refused_with_the_code_that_makes_the_sdks_send_the_whole_conversation(thread):
    with pytest.raises(InvalidRequest, match="stores nothing") as caught:
        read(thread=thread)
    assert (caught.value.param, caught.value.code) == ("thread", "thread_unsupported_request")


def system(*content, **members):
    return {"role": "system", "content": list(content), **members}


def test_a_system_message_for_one_turn_is_shown_until_the_user_speaks_again():
    note = system(text("Be brief."), clear_at="next_user_message")
    assert "Be brief." in str(converse(user(text("a")), note))
    assert "Be brief." not in str(converse(user(text("a")), note, user(text("b"))))
    assert "Be brief." in str(converse(user(text("a")), {**note, "clear_at": "never"}, user(text("b"))))


def test_the_effort_of_a_system_message_is_that_of_its_turn():
    hard = {"role": "system", "output_config": {"effort": "xhigh"}}
    members = {"model": OPUS_4_7, "thinking": ADAPTIVE, "output_config": {"effort": "low"}}
    answered = [user(text("a")), hard, {"role": "assistant", "content": "b"}, user(text("c"))]
    assert fields(user(text("a")), hard, **members)["output_config"] == {"effort": "xhigh"}
    assert fields(*answered, **members)["output_config"] == {"effort": "low"}
