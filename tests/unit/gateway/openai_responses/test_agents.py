"""What Codex sends is taken as it is, by Bedrock and by every model that it can be used with."""

import orjson
import pytest
from gateway.converse.capsule import seal
from gateway.converse.draft import build
from gateway.dialects.openai_responses.request import read_request
from sluice.known_traits import traits_of
from sluice_local.bedrock_control.catalog import foundation_models
from sluice_local.bedrock_runtime.answering.reasoning import sign
from sluice_local.bedrock_runtime.checks.conversation import check_conversation
from sluice_local.bedrock_runtime.checks.model_rules import check_model
from sluice_local.bedrock_runtime.checks.validation import decode_request
from sluice_local.bedrock_runtime.models import Model
from unit.gateway.openai_responses.agents import CODEX_HEADERS, codex
from unit.gateway.openai_responses.asking import no_fetch

THOUGHT = {"reasoningContent": {"reasoningText": {"text": "I will look.", "signature": sign("I will look.")}}}
TALKING = [model for model in foundation_models("us-east-1") if "TEXT" in model.output_modalities]
AGENTIC = [
    model.model_id
    for model in TALKING
    if any(family in model.model_id for family in ("anthropic.claude", "amazon.nova", "openai.gpt"))
]


def asked(model, **members):
    request = read_request(orjson.dumps(codex(model, seal([THOUGHT]), **members)), CODEX_HEADERS, no_fetch)
    return request, build(request.draft, traits_of(model)).body


@pytest.mark.parametrize("effort", [None, "low", "high"])
@pytest.mark.parametrize("model", AGENTIC)
def test_codexs_request_is_one_that_bedrock_and_the_model_take(model, effort):
    _, body = asked(model, reasoning={"summary": "auto", "effort": effort})
    request = decode_request("ConverseStream", {"modelId": model}, {}, orjson.dumps(body))
    check_conversation(request)
    everything = ("TEXT", "IMAGE", "VIDEO", "SPEECH")
    check_model(request, Model(model, model, "", input_modalities=everything), streaming=True)


def test_codex_loses_nothing_but_what_only_openai_has():
    request, body = asked("us.anthropic.claude-sonnet-4-5-20250929-v1:0", reasoning={"effort": "high"})
    assert request.ignored == ("prompt_cache_key", "client_metadata")
    assert request.left_out_tools == 1
    assert [block["text"] for block in body["system"] if "text" in block] == [
        "<permissions instructions>Read only.</permissions instructions>",
        "You are an agent.",
    ]
    assert [message["role"] for message in body["messages"]] == ["user", "assistant", "user"]
    assert body["messages"][1]["content"][0] == THOUGHT
    names = [tool["toolSpec"]["name"] for tool in body["toolConfig"]["tools"] if "toolSpec" in tool]
    assert names == ["exec_command", "update_plan", "multi_agent_spawn"]


def test_a_reply_names_the_namespace_of_a_tool():
    request, _ = asked("us.amazon.nova-pro-v1:0")
    assert (request.tools["multi_agent.spawn"].name, request.tools["multi_agent.spawn"].namespace) == (
        "spawn",
        "multi_agent",
    )
