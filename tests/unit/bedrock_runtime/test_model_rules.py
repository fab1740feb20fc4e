from typing import Any

import pytest
from sluice_local.bedrock_runtime.answering.reasoning import sign
from sluice_local.bedrock_runtime.checks.abilities import abilities_of
from sluice_local.bedrock_runtime.checks.model_rules import check_model
from sluice_local.bedrock_runtime.emulator import ACCOUNT_ID
from sluice_local.bedrock_runtime.errors import ServiceError
from sluice_local.bedrock_runtime.models import catalog_models

FIND = catalog_models("us-east-1", ACCOUNT_ID)
HAIKU_3 = "anthropic.claude-3-haiku-20240307-v1:0"
SONNET_3_7 = "us.anthropic.claude-3-7-sonnet-20250219-v1:0"
SONNET_4_5 = "us.anthropic.claude-sonnet-4-5-20250929-v1:0"
OPUS_4_6 = "us.anthropic.claude-opus-4-6-v1"
OPUS_4_7 = "us.anthropic.claude-opus-4-7"
FABLE_5_1 = "us.anthropic.claude-fable-5-1"
NOVA = "amazon.nova-lite-v1:0"
GPT_OSS = "openai.gpt-oss-120b-1:0"
GPT = "us.openai.gpt-5.6-terra"
USER = {"role": "user", "content": [{"text": "hi"}]}
TOOLS = {"tools": [{"toolSpec": {"name": "look", "inputSchema": {"json": {"type": "object"}}}}]}


def check(model_id: str, *messages: dict[str, Any], streaming: bool = True, **members: Any) -> None:
    check_model({"messages": list(messages or [USER]), **members}, FIND(model_id), streaming=streaming)


def refusal(model_id: str, *messages: dict[str, Any], streaming: bool = True, **members: Any) -> str:
    with pytest.raises(ServiceError) as caught:
        check(model_id, *messages, streaming=streaming, **members)
    assert caught.value.status in (400, 403)
    return caught.value.message.removeprefix("The model returned the following errors: ")


def thinking(**members: Any) -> dict[str, Any]:
    return {"thinking": members}


def reasoned(text="I think.", signature=None) -> dict[str, Any]:
    return {
        "reasoningContent": {
            "reasoningText": {"text": text, "signature": sign(text) if signature is None else signature}
        }
    }


@pytest.mark.parametrize(
    "model_id", [HAIKU_3, SONNET_4_5, OPUS_4_7, FABLE_5_1, NOVA, GPT_OSS, GPT, "us.deepseek.r1-v1:0"]
)
def test_a_plain_request_suits_every_model(model_id):
    check(model_id, inferenceConfig={"maxTokens": 100})


@pytest.mark.parametrize(
    ("model_id", "fields", "settings"),
    [
        (SONNET_4_5, thinking(type="enabled", budget_tokens=1024, display="summarized"), {"maxTokens": 2048}),
        (SONNET_4_5, thinking(type="disabled"), {"temperature": 0.5}),
        (OPUS_4_6, thinking(type="enabled", budget_tokens=2000), {}),
        (OPUS_4_6, {**thinking(type="adaptive"), "output_config": {"effort": "high"}}, {"temperature": 1}),
        (OPUS_4_7, thinking(type="adaptive", display="omitted"), {}),
        (NOVA, {"inferenceConfig": {"topK": 20}}, {}),
        (GPT_OSS, {"reasoning_effort": "high"}, {}),
    ],
)
def test_thinking_as_each_family_takes_it(model_id, fields, settings):
    check(model_id, additionalModelRequestFields=fields, inferenceConfig=settings)


@pytest.mark.parametrize(
    ("model_id", "members", "words"),
    [
        (HAIKU_3, thinking(type="enabled", budget_tokens=1024), "is not supported for this model"),
        (SONNET_4_5, thinking(type="adaptive"), "is not supported for this model"),
        (
            OPUS_4_7,
            thinking(type="enabled", budget_tokens=1024),
            '"thinking.type.enabled" is not supported for this model.',
        ),
        (FABLE_5_1, thinking(type="disabled"), "`disabled` is not supported"),
        (SONNET_4_5, thinking(type="enabled", budget_tokens=1023), "greater than or equal to 1024"),
        (SONNET_4_5, thinking(type="enabled"), "budget_tokens: Field required"),
        (SONNET_4_5, thinking(type="sometimes"), "does not match any of the expected tags"),
        (SONNET_4_5, {"top_n": 4}, "top_n: Extra inputs are not permitted"),
    ],
)
def test_fields_of_claude_that_a_model_does_not_take(model_id, members, words):
    assert words in refusal(model_id, additionalModelRequestFields=members)


def test_the_budget_is_below_max_tokens():
    fields = thinking(type="enabled", budget_tokens=4096)
    words = refusal(SONNET_4_5, additionalModelRequestFields=fields, inferenceConfig={"maxTokens": 4096})
    assert words.startswith("`max_tokens` must be greater than `thinking.budget_tokens`.")


def test_thinking_goes_with_temperature_1_only():
    fields = thinking(type="enabled", budget_tokens=1024)
    words = refusal(SONNET_3_7, additionalModelRequestFields=fields, inferenceConfig={"temperature": 0.2})
    assert words.startswith("`temperature` may only be set to 1 when thinking is enabled.")


@pytest.mark.parametrize("choice", [{"any": {}}, {"tool": {"name": "look"}}])
def test_thinking_does_not_go_with_forced_tools(choice):
    fields = thinking(type="enabled", budget_tokens=1024)
    words = refusal(SONNET_4_5, additionalModelRequestFields=fields, toolConfig={**TOOLS, "toolChoice": choice})
    assert words == "Thinking may not be enabled when tool_choice forces tool use."


def test_claude_takes_no_tool_whose_schema_is_a_union():
    union = {"type": "object", "anyOf": [{"required": ["a"]}]}
    tools = {"tools": [{"toolSpec": {"name": "look", "inputSchema": {"json": union}}}]}
    assert "does not support oneOf, allOf, or anyOf at the top level" in refusal(SONNET_4_5, toolConfig=tools)
    check(NOVA, toolConfig=tools)


def test_some_models_take_tools_in_turns_of_their_own_only():
    use = {"toolUse": {"toolUseId": "a", "name": "look", "input": {}}}
    result = {"toolResult": {"toolUseId": "a", "content": [{"text": "1"}]}}
    calling = {"role": "assistant", "content": [{"text": "I will look."}, use]}
    telling = {"role": "user", "content": [result, {"cachePoint": {"type": "default"}}, {"text": "And?"}]}
    words = "messages.1.content: Conversation blocks and tool use blocks cannot be provided in the same turn."
    assert refusal("us.meta.llama4-maverick-17b-instruct-v1:0", USER, calling, streaming=False) == words
    check(NOVA, USER, calling, telling)


def test_some_models_are_never_forced():
    assert "does not support forcing tool use" in refusal(FABLE_5_1, toolConfig={**TOOLS, "toolChoice": {"any": {}}})
    check(FABLE_5_1, toolConfig=TOOLS)


@pytest.mark.parametrize(
    ("model_id", "settings", "words"),
    [
        (SONNET_4_5, {"temperature": 0.5, "topP": 0.5}, "`temperature` and `top_p` cannot both be specified"),
        (OPUS_4_7, {"temperature": 0.5}, "`temperature` is deprecated for this model."),
        (OPUS_4_7, {"topP": 0.5}, "`top_p` is deprecated for this model."),
        (GPT, {"stopSequences": ["x"]}, "doesn't support the stopSequences field"),
        (GPT, {"maxTokens": 15}, "must be at least 16"),
        (NOVA, {"stopSequences": [""]}, "stopSequences is blank"),
    ],
)
def test_inference_settings_that_a_model_does_not_take(model_id, settings, words):
    assert words in refusal(model_id, inferenceConfig=settings)


def test_newer_claudes_take_no_prefill():
    prefilled = (USER, {"role": "assistant", "content": [{"text": "Once"}]})
    check(SONNET_4_5, *prefilled)
    assert refusal(OPUS_4_6, *prefilled) == (
        "This model does not support assistant message prefill. The conversation must end with a user message."
    )


def test_a_model_without_a_cache_denies_cache_points():
    members = {"system": [{"text": "x"}, {"cachePoint": {"type": "default"}}]}
    check(SONNET_4_5, **members)
    with pytest.raises(ServiceError, match="did not allow prompt caching") as caught:
        check(GPT_OSS, **members)
    assert (caught.value.name, caught.value.status) == ("AccessDeniedException", 403)


def test_models_without_tools_system_prompts_or_pictures_say_so():
    picture = {"role": "user", "content": [{"text": "look"}, {"image": {"format": "png", "source": {"bytes": b"x"}}}]}
    assert refusal("us.deepseek.r1-v1:0", toolConfig=TOOLS) == "This model doesn't support tool use."
    assert "doesn't support the system field" in refusal("mistral.mistral-7b-instruct-v0:2", system=[{"text": "x"}])
    assert "doesn't support the image content block" in refusal(GPT_OSS, picture)
    check(NOVA, picture)


def test_an_embeddings_model_does_not_converse():
    assert "is not supported by this operation" in refusal("amazon.titan-embed-text-v2:0")


def test_a_model_that_does_not_stream_says_so():
    with pytest.raises(ServiceError, match="is not supported by this operation"):
        check("amazon.nova-canvas-v1:0")


def test_reasoning_comes_back_unchanged_or_not_at_all():
    history = [USER, {"role": "assistant", "content": [reasoned(), {"text": "so"}]}, USER]
    check(SONNET_4_5, *history)
    for forged in (reasoned(signature="Zm9yZ2Vk"), {"reasoningContent": {"reasoningText": {"text": "I think."}}}):
        altered = [USER, {"role": "assistant", "content": [forged, {"text": "so"}]}, USER]
        assert refusal(SONNET_4_5, *altered) == "messages.1.content.0: Invalid `signature` in `thinking` block"
        check(GPT_OSS, *altered)  # nobody else signs


def test_redacted_reasoning_is_claude_s():
    history = [
        USER,
        {"role": "assistant", "content": [{"reasoningContent": {"redactedContent": b"x"}}, {"text": "so"}]},
        USER,
    ]
    check(SONNET_4_5, *history)
    assert "redactedContent" in refusal(NOVA, *history)


def test_a_turn_that_called_tools_keeps_its_thinking_while_thinking_is_on():
    use = {"toolUse": {"toolUseId": "t1", "name": "look", "input": {}}}
    answer = {"role": "user", "content": [{"toolResult": {"toolUseId": "t1", "content": [{"text": "x"}]}}]}
    fields = thinking(type="enabled", budget_tokens=1024)
    bare = [USER, {"role": "assistant", "content": [use]}, answer]
    whole = [USER, {"role": "assistant", "content": [reasoned(), use]}, answer]
    words = refusal(SONNET_4_5, *bare, additionalModelRequestFields=fields, toolConfig=TOOLS)
    assert words.startswith(
        "messages.1.content.0.type: Expected `thinking` or `redacted_thinking`, but found `tool_use`."
    )
    check(SONNET_4_5, *whole, additionalModelRequestFields=fields, toolConfig=TOOLS)
    check(SONNET_4_5, *bare, toolConfig=TOOLS)


def test_every_claude_of_the_catalog_is_known_as_one():
    assert all(abilities_of(f"anthropic.{name}").is_claude for name in ("claude-3-haiku-20240307-v1:0", "claude-new-9"))
    assert not abilities_of(NOVA).is_claude
