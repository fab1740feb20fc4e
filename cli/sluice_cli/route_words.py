"""What a policy calls dialects and operations: the gateway's own words, which the command may not import.

`GET /health` needs no key, so it is nothing that a key could be allowed.
"""

DIALECTS = ("native", "openai", "anthropic")

OPERATIONS = (
    "converse",
    "converse-stream",
    "invoke",
    "invoke-with-response-stream",
    "count-tokens",
    "apply-guardrail",
    "chat-completions",
    "responses",
    "stored-response",
    "embeddings",
    "messages",
    "count-message-tokens",
    "list-models",
    "get-model",
    "list-foundation-models",
    "get-foundation-model",
    "list-inference-profiles",
    "get-inference-profile",
    "openclaw-config",
    "usage",
)
