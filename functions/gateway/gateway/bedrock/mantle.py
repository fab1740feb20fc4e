"""Models that only Bedrock's other endpoint, bedrock-mantle, serves under these ids.

Source: `model_prices_and_context_window.json` of litellm 1.109.1 (MIT): ids of provider bedrock_mantle that no
bedrock-runtime entry has. The list is asked only after Bedrock Runtime has refused an id, so that a model which moves
to Bedrock Runtime works that day.
"""

from gateway.errors import GatewayError, UnknownModel

MANTLE_ONLY = frozenset(
    {
        "anthropic.claude-haiku-4-5",
        "deepseek.v3.1",
        "google.gemma-4-26b-a4b",
        "google.gemma-4-31b",
        "google.gemma-4-e2b",
        "openai.gpt-5.4",
        "openai.gpt-5.5",
        "openai.gpt-5.6-cyber",
        "openai.gpt-5.6-luna",
        "openai.gpt-5.6-sol",
        "openai.gpt-5.6-terra",
        "openai.gpt-6-astra",
        "openai.gpt-6.1-sol",
        "openai.gpt-6.1-terra",
        "openai.gpt-daybreak-blue-5.6-sol",
        "openai.gpt-oss-120b",
        "openai.gpt-oss-20b",
        "qwen.qwen3-235b-a22b-2507",
        "qwen.qwen3-32b",
        "qwen.qwen3-coder-30b-a3b-instruct",
        "qwen.qwen3-coder-480b-a35b-instruct",
        "qwen.qwen3-next-80b-a3b-instruct",
        "qwen.qwen3-vl-235b-a22b-instruct",
        "xai.grok-4.3",
        "xai.grok-4.6",
    }
)

_REFUSALS_OF_AN_ID = frozenset({"ResourceNotFoundException", "ValidationException"})


def explained(error: GatewayError, model_id: str) -> GatewayError:
    """Return the error to show for Bedrock Runtime's refusal of a request to this model."""
    if error.aws_type in _REFUSALS_OF_AN_ID and model_id in MANTLE_ONLY and "identifier" in str(error):
        return UnknownModel(
            f"{model_id} is served only by the bedrock-mantle endpoint, not by Bedrock Runtime, so Sluice cannot reach "
            f"it. GET /v1/models lists what it can. (Bedrock: {error})"
        )
    return error
