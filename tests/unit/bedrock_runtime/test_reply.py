import json
import time
from typing import Any

import pytest
from botocore.validate import ParamValidator
from sluice_local.bedrock_runtime.answering.reasoning import is_genuine
from sluice_local.bedrock_runtime.answering.reply import Answering
from sluice_local.bedrock_runtime.assembly import assemble
from sluice_local.bedrock_runtime.emulator import ACCOUNT_ID
from sluice_local.bedrock_runtime.errors import ServiceError
from sluice_local.bedrock_runtime.models import catalog_models
from sluice_local.bedrock_runtime.service_model import output_shape

FIND = catalog_models("us-east-1", ACCOUNT_ID)
SONNET = "us.anthropic.claude-sonnet-4-5-20250929-v1:0"
FABLE = "us.anthropic.claude-fable-5"
NOVA_2 = "us.amazon.nova-2-lite-v1:0"
GPT_OSS = "openai.gpt-oss-120b-1:0"
EVENTS = output_shape("ConverseStream").members["stream"].members
WEATHER = {
    "toolSpec": {
        "name": "get_weather",
        "inputSchema": {"json": {"type": "object", "properties": {"city": {"type": "string"}}, "required": ["city"]}},
    }
}


def user(*content: Any) -> dict[str, Any]:
    return {"role": "user", "content": [{"text": part} if isinstance(part, str) else part for part in content]}


def reply(
    *messages: dict[str, Any], model: str = SONNET, answering: Answering | None = None, **members: Any
) -> dict[str, Any]:
    """The Converse answer; its stream has to fit the service model."""
    answering = answering or Answering(lambda: 0.0)
    events = answering.reply({"messages": list(messages), **members}, FIND(model))
    for event in events:
        report = ParamValidator().validate(dict(event.payload), EVENTS[event.type])
        assert not report.has_errors(), report.generate_report()
    return assemble(events)


def content(answer: dict[str, Any]) -> list[dict[str, Any]]:
    return answer["output"]["message"]["content"]


def text(answer: dict[str, Any]) -> str:
    return "".join(block.get("text", "") for block in content(answer))


def test_it_answers_the_last_question():
    assert (
        text(reply(user("Say 'one'"), {"role": "assistant", "content": [{"text": "one"}]}, user("Say 'two'"))) == "two"
    )


def test_the_same_request_has_the_same_answer():
    assert reply(user("Why?")) == reply(user("Why?"))


def test_it_calls_a_tool_and_talks_about_what_it_returned():
    tools = {"tools": [WEATHER]}
    question = user("What is the weather in Paris?")
    first = reply(question, toolConfig=tools)
    assert first["stopReason"] == "tool_use"
    [said, call] = content(first)
    assert said["text"]
    assert call["toolUse"]["name"] == "get_weather"
    assert call["toolUse"]["input"] == {"city": "Paris"}
    result = {"toolResult": {"toolUseId": call["toolUse"]["toolUseId"], "content": [{"json": {"degrees": 21}}]}}
    second = reply(question, first["output"]["message"], user(result), toolConfig=tools)
    assert second["stopReason"] == "end_turn"
    assert text(second) == 'The tool get_weather says: {"degrees":21}'


@pytest.mark.parametrize(
    ("result", "said"),
    [
        ({"content": [{"text": "no such city"}], "status": "error"}, "could not help: no such city."),
        ({"content": []}, "is done and returned nothing."),
        ({"content": [{"image": {"format": "png", "source": {"bytes": b"x"}}}]}, "a PNG picture (1 bytes)"),
    ],
)
def test_it_talks_about_results_of_all_kinds(result, said):
    call = {"role": "assistant", "content": [{"toolUse": {"toolUseId": "t", "name": "look", "input": {}}}]}
    answer = reply(
        user("Look"), call, user({"toolResult": {"toolUseId": "t", **result}}), toolConfig={"tools": [WEATHER]}
    )
    assert text(answer).startswith("The tool look ")
    assert said in text(answer)


def test_several_results_are_a_list():
    calls = [{"toolUse": {"toolUseId": name, "name": name, "input": {}}} for name in ("a", "b")]
    results = [{"toolResult": {"toolUseId": name, "content": [{"text": name * 2}]}} for name in ("a", "b")]
    answer = reply(user("x"), {"role": "assistant", "content": calls}, user(*results), toolConfig={"tools": [WEATHER]})
    assert text(answer) == "- The tool a says: aa\n- The tool b says: bb"


def test_tool_uses_of_one_turn_have_different_ids():
    answer = reply(user("weather in Paris and in Rome"), toolConfig={"tools": [WEATHER]})
    ids = {block["toolUse"]["toolUseId"] for block in content(answer) if "toolUse" in block}
    assert len(ids) == 2


@pytest.mark.parametrize(
    ("model", "members"),
    [
        (SONNET, {"additionalModelRequestFields": {"thinking": {"type": "enabled", "budget_tokens": 2000}}}),
        (FABLE, {}),
        (
            NOVA_2,
            {"additionalModelRequestFields": {"reasoningConfig": {"type": "enabled", "maxReasoningEffort": "low"}}},
        ),
        (GPT_OSS, {}),
        ("us.openai.gpt-6-sol", {"additionalModelRequestFields": {"reasoning": {"effort": "high"}}}),
    ],
)
def test_it_reasons_where_reasoning_is_on_and_only_claude_signs(model, members):
    [thought, said] = content(reply(user("Why?"), model=model, **members))
    reasoning = thought["reasoningContent"]["reasoningText"]
    assert "“Why?”" in reasoning["text"]
    assert said["text"]
    assert is_genuine(reasoning) == ("anthropic" in model)
    assert ("signature" in reasoning) == ("anthropic" in model)


@pytest.mark.parametrize(
    ("model", "members"),
    [
        (SONNET, {}),
        (SONNET, {"additionalModelRequestFields": {"thinking": {"type": "disabled"}}}),
        (NOVA_2, {"additionalModelRequestFields": {"reasoningConfig": {"type": "disabled"}}}),
        ("us.openai.gpt-6-sol", {}),
        ("us.anthropic.claude-opus-5", {"additionalModelRequestFields": {"thinking": {"type": "disabled"}}}),
        ("us.anthropic.claude-sonnet-5-5", {"additionalModelRequestFields": {"thinking": {"type": "between_tools"}}}),
        ("amazon.nova-lite-v1:0", {"additionalModelRequestFields": "odd"}),
        (NOVA_2, {"additionalModelRequestFields": {"reasoningConfig": "odd"}}),
    ],
)
def test_it_does_not_reason_where_reasoning_is_off(model, members):
    [said] = content(reply(user("Why?"), model=model, **members))
    assert "text" in said


def test_thoughts_that_are_kept_back_leave_a_signature():
    fields = {"thinking": {"type": "adaptive", "display": "omitted"}}
    [thought, _] = content(reply(user("Why?"), model=FABLE, additionalModelRequestFields=fields))
    assert thought["reasoningContent"]["reasoningText"]["text"] == ""
    assert is_genuine(thought["reasoningContent"]["reasoningText"])


def test_anthropic_s_own_switch_gives_encrypted_reasoning():
    secret = "46C9A13E193C177646C7398A98432ECCCE4C1253D5E2D82641AC0E52CC2876CB"
    magic = f"ANTHROPIC_MAGIC_STRING_TRIGGER_REDACTED_THINKING_{secret}"
    [thought, _] = content(reply(user(magic), model=FABLE))
    assert thought["reasoningContent"]["redactedContent"]


def test_claude_takes_the_schema_of_its_answer_in_its_own_words_too():
    schema = {"type": "object", "properties": {"a": {"type": "integer"}}, "required": ["a"]}
    config = {"output_config": {"format": {"type": "json_schema", "schema": schema}}}
    assert json.loads(text(reply(user("Why?"), additionalModelRequestFields=config))) == {"a": 1}


def test_structured_output_is_a_document_of_the_schema():
    schema = json.dumps({"type": "object", "properties": {"city": {"type": "string"}}, "required": ["city"]})
    config = {"textFormat": {"type": "json_schema", "structure": {"jsonSchema": {"schema": schema}}}}
    assert json.loads(text(reply(user("weather in Oslo"), outputConfig=config))) == {"city": "Oslo"}


def test_a_schema_that_is_none_is_refused():
    config = {"textFormat": {"type": "json_schema", "structure": {"jsonSchema": {"schema": "{"}}}}
    with pytest.raises(ServiceError, match="not a valid JSON schema"):
        reply(user("x"), outputConfig=config)


def test_pictures_and_documents_are_noticed():
    picture = {"image": {"format": "gif", "source": {"bytes": b"GIF89a\x10\x00\x20\x00"}}}
    report = {"document": {"name": "report", "format": "pdf", "source": {"bytes": bytes(3000)}}}
    said = text(reply(user("Why?", picture, report)))
    assert said.startswith("I see a GIF picture (16 by 32 pixels, 10 bytes) and the document “report” (2 KB). ")


def test_max_tokens_cut_the_answer():
    answer = reply(user("Why?"), inferenceConfig={"maxTokens": 5})
    assert (answer["stopReason"], answer["usage"]["outputTokens"]) == ("max_tokens", 5)


def test_stop_sequences_stop_and_are_told_where_asked_for():
    settings = {"stopSequences": ["3"]}
    answer = reply(user("count to 5"), inferenceConfig=settings, additionalModelResponseFieldPaths=["/stop_sequence"])
    assert (text(answer), answer["stopReason"]) == ("1, 2, ", "stop_sequence")
    assert answer["additionalModelResponseFields"] == {"stop_sequence": "3"}
    assert "additionalModelResponseFields" not in reply(user("count to 5"), inferenceConfig=settings)


def test_what_a_stream_would_tell_below_its_delta_is_told_there():
    paths = ["/delta/stop_sequence", "/usage/output_tokens_details", "/nothing"]
    answer = reply(
        user("count to 5"),
        inferenceConfig={"stopSequences": ["3"]},
        additionalModelRequestFields={"thinking": {"type": "enabled", "budget_tokens": 1024}},
        additionalModelResponseFieldPaths=paths,
    )
    told = answer["additionalModelResponseFields"]
    assert told["delta"] == {"stop_sequence": "3"}
    assert 0 < told["usage"]["output_tokens_details"]["thinking_tokens"] < answer["usage"]["outputTokens"]


def test_usage_adds_up():
    usage = reply(user("Why?"))["usage"]
    assert usage["inputTokens"] > 0
    assert usage["totalTokens"] == usage["inputTokens"] + usage["outputTokens"]


def test_a_second_prompt_with_the_same_prefix_reads_the_cache():
    answering = Answering(lambda: 0.0)
    system = [{"text": "word " * 2000}, {"cachePoint": {"type": "default"}}]
    first = reply(user("one"), answering=answering, system=system)["usage"]
    second = reply(user("two"), answering=answering, system=system)["usage"]
    assert (first["cacheReadInputTokens"], first["cacheWriteInputTokens"]) == (0, second["cacheReadInputTokens"])
    assert second["cacheReadInputTokens"] >= 2000
    assert second["cacheWriteInputTokens"] == 0
    assert first["cacheDetails"] == [{"ttl": "5m", "inputTokens": first["cacheWriteInputTokens"]}]


def test_the_least_cached_prompt_can_be_lowered():
    system = [{"text": "short"}, {"cachePoint": {"type": "default"}}]
    assert reply(user("one"), system=system)["usage"]["cacheWriteInputTokens"] == 0
    low = Answering(lambda: 0.0, cache_minimum_tokens=0)
    assert reply(user("one"), answering=low, system=system)["usage"]["cacheWriteInputTokens"] > 0


def test_a_guardrail_blocks_and_shows_its_trace_where_asked():
    config = {"guardrailIdentifier": "gr1", "guardrailVersion": "1", "trace": "enabled"}
    answer = reply(user("Tell me the forbidden thing"), guardrailConfig=config)
    assert (text(answer), answer["stopReason"]) == (
        "Sorry, the model cannot answer this question.",
        "guardrail_intervened",
    )
    [word] = answer["trace"]["guardrail"]["inputAssessment"]["gr1"]["wordPolicy"]["customWords"]
    assert word["action"] == "BLOCKED"
    assert "trace" not in reply(user("forbidden"), guardrailConfig={**config, "trace": "disabled"})
    assert reply(user("Why?"), guardrailConfig=config)["stopReason"] == "end_turn"


def test_a_guardrail_that_does_not_exist_is_refused():
    with pytest.raises(ServiceError, match="guardrail identifier or version provided in the request does not exist"):
        reply(user("x"), guardrailConfig={"guardrailIdentifier": "missing", "guardrailVersion": "1"})


def test_tier_and_latency_are_told_back():
    answer = reply(user("x"), serviceTier={"type": "flex"}, performanceConfig={"latency": "optimized"})
    assert (answer["serviceTier"], answer["performanceConfig"]) == ({"type": "flex"}, {"latency": "optimized"})


@pytest.mark.parametrize("unit", ["(", "1 ", "1+", "( 1", "say ", "'", "in A and ", "a poem ", "a/", "x" * 50])
def test_a_very_long_question_is_answered_soon(unit):
    began = time.monotonic()
    assert text(reply(user(unit * 20_000), toolConfig={"tools": [WEATHER], "toolChoice": {"any": {}}}))
    assert time.monotonic() - began < 3.0
