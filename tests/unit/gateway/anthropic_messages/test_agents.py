"""What Claude Code and OpenClaw send is taken as it is, by Bedrock and by every Claude."""

import orjson
import pytest
from gateway.converse.draft import build
from gateway.dialects.anthropic_messages.request import read_request
from sluice.known_traits import traits_of
from sluice_local.bedrock_control.catalog import foundation_models
from sluice_local.bedrock_runtime.answering.reasoning import sign
from sluice_local.bedrock_runtime.checks.conversation import check_conversation
from sluice_local.bedrock_runtime.checks.model_rules import check_model
from sluice_local.bedrock_runtime.checks.validation import decode_request
from sluice_local.bedrock_runtime.models import Model
from unit.gateway.anthropic_messages.agents import CLAUDE_CODE_HEADERS, claude_code, pi_ai
from unit.gateway.anthropic_messages.asking import NOVA, SONNET_4_5, no_fetch

SIGNATURE = sign("I will look.")
TALKING = [model for model in foundation_models("us-east-1") if "TEXT" in model.output_modalities]
AGENTIC = [
    model.model_id for model in TALKING if "anthropic.claude" in model.model_id or "amazon.nova" in model.model_id
]


def asked(body, model, headers=CLAUDE_CODE_HEADERS):
    traits = traits_of(model)
    request = read_request(orjson.dumps(body), headers, no_fetch)
    draft, extras = request.for_model(traits)
    return request, extras, build(draft, traits).body


@pytest.mark.parametrize("model", AGENTIC)
@pytest.mark.parametrize("make", [lambda model: claude_code(model, SIGNATURE), pi_ai], ids=["claude_code", "pi_ai"])
def test_an_agents_request_is_one_that_bedrock_and_the_model_take(make, model):
    _, _, body = asked(make(model), model)
    request = decode_request("ConverseStream", {"modelId": model}, {}, orjson.dumps(body))
    check_conversation(request)
    everything = ("TEXT", "IMAGE", "VIDEO", "SPEECH")
    check_model(request, Model(model, model, "", input_modalities=everything), streaming=True)


def test_claude_code_loses_nothing_that_the_model_takes():
    request, extras, body = asked(claude_code("m", SIGNATURE), SONNET_4_5)
    assert request.ignored == ()
    assert (request.left_out_tools, extras.unknown_tools) == (0, ())
    assert extras.dropped_betas == (
        "claude-code-20250219",
        "thinking-token-count-2026-05-13",
        "prompt-caching-scope-2026-01-05",
    )
    assert body["additionalModelRequestFields"] == {
        "anthropic_beta": ["interleaved-thinking-2025-05-14", "context-management-2025-06-27"],
        "thinking": {"type": "enabled", "budget_tokens": 31_999},
        "context_management": {"edits": [{"type": "clear_thinking_20251015", "keep": "all"}]},
    }
    assert [block["cachePoint"] for block in body["system"] if "cachePoint" in block] == [
        {"type": "default", "ttl": "1h"},
        {"type": "default"},
    ]
    assert body["messages"][2]["content"] == [
        {"toolResult": {"toolUseId": "toolu_01A", "content": [{"text": "# Sluice"}], "status": "success"}},
        {"cachePoint": {"type": "default"}},
    ]


def test_claude_code_can_use_a_model_that_is_not_claude():
    _, extras, body = asked(claude_code("m", SIGNATURE), NOVA)
    assert "additionalModelRequestFields" not in body
    assert len(extras.dropped_betas) == 5
    assert "mcp__docs__search_pages" in str(body["toolConfig"])


def test_a_history_that_is_sent_again_begins_with_the_same_bytes():
    body = asked(claude_code("m", SIGNATURE), SONNET_4_5)[2]
    shorter = claude_code("m", SIGNATURE)
    del shorter["messages"][1:]
    for name in ("system", "toolConfig"):
        assert orjson.dumps(asked(shorter, SONNET_4_5)[2][name]) == orjson.dumps(body[name])
    assert asked(shorter, SONNET_4_5)[2]["messages"][0] == body["messages"][0]
