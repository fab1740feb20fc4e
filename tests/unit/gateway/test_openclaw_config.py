"""OpenClaw's configuration with Sluice as its provider."""

from copy import replace

import orjson
from gateway.dialects.openclaw_config.reply import KEY_VARIABLE, configuration
from sluice.model_row import ModelRow, Price, Reasoning

URL = "https://abc.lambda-url.eu-west-1.on.aws/sluice"
OPUS = ModelRow(
    model_id="anthropic.claude-opus-4-8",
    kind="foundation-model",
    region="eu-west-1",
    name="Claude Opus 4.8",
    provider="Anthropic",
    listed=True,
    input_modalities=("TEXT", "IMAGE", "VIDEO"),
    reasoning=Reasoning("thinking.adaptive"),
    context_window=200_000,
    max_output_tokens=64_000,
    prices=(Price(5.0, 25.0, 0.5, 6.25), Price(2.5, 12.5, tier="flex")),
)
PLAIN = ModelRow(
    "acme.one", "foundation-model", "eu-west-1", "One", "Acme", input_modalities=("SPEECH",), tool_use=False
)


def config(rows=(OPUS, PLAIN), primary=""):
    response = configuration(rows, URL, primary)
    assert (response.status, response.headers["content-type"]) == (200, "application/json")
    return orjson.loads(b"".join(response.body))


def primary_of(found):
    return found["agents"]["defaults"]["model"]["primary"]


def test_both_ways_have_every_model_and_a_place_for_the_key():
    found = config()
    native, openai = (found["models"]["providers"][name] for name in ("amazon-bedrock", "sluice"))
    models = native.pop("models")
    assert native == {"baseUrl": URL, "api": "bedrock-converse-stream", "auth": "aws-sdk"}
    assert openai == {
        "baseUrl": f"{URL}/v1",
        "api": "openai-completions",
        "apiKey": f"${{{KEY_VARIABLE}}}",
        "models": models,
    }
    assert found["env"]["vars"] == {
        "AWS_BEARER_TOKEN_BEDROCK": "${SLUICE_API_KEY}",
        "AWS_BEDROCK_FORCE_HTTP1": "1",
        "AWS_ENDPOINT_URL_BEDROCK": URL,
    }
    assert models == [
        {
            "id": "anthropic.claude-opus-4-8",
            "name": "Claude Opus 4.8",
            "reasoning": True,
            "input": ["text", "image"],
            "cost": {"input": 5.0, "output": 25.0, "cacheRead": 0.5, "cacheWrite": 6.25},
            "contextWindow": 200_000,
            "maxTokens": 64_000,
        },
        {
            "id": "acme.one",
            "name": "One",
            "reasoning": False,
            "input": ["text"],
            "cost": {"input": 0, "output": 0, "cacheRead": 0, "cacheWrite": 0},
            "contextWindow": 32_000,
            "maxTokens": 4_096,
        },
    ]


def test_agents_begin_with_the_first_model_that_takes_tools():
    assert primary_of(config([PLAIN, OPUS])) == "amazon-bedrock/anthropic.claude-opus-4-8"


def test_the_operators_choice_counts_before():
    other = replace(OPUS, model_id="anthropic.claude-haiku-4-5")
    assert primary_of(config([OPUS, other], "amazon-bedrock/anthropic.claude-haiku-4-5")) == (
        "amazon-bedrock/anthropic.claude-haiku-4-5"
    )


def test_a_choice_that_the_caller_may_not_use_is_none():
    assert primary_of(config([OPUS], "amazon-bedrock/acme.one")) == "amazon-bedrock/anthropic.claude-opus-4-8"


def test_without_a_model_there_is_no_choice():
    assert "agents" not in config([])
