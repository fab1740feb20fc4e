import base64

import orjson
import pytest
from gateway.bedrock.failures import refused
from gateway.converse.estimate import prompt_tokens
from gateway.dialects.anthropic_messages.tokens import cannot_count, count_request, foundation_id
from sluice_local.bedrock_runtime.checks.validation import decode_request
from unit.gateway.anthropic_messages.asking import PNG, SONNET_4_5, TOOL, converse, text, user

PROFILE = "arn:aws:bedrock:us-east-1:123456789012:inference-profile/us.anthropic.claude-opus-4-1-20250805-v1:0"
OPAQUE = "arn:aws:bedrock:us-east-1:123456789012:application-inference-profile/abc123"


def everything():
    return converse(
        user(text("Hi")),
        system="Be brief.",
        tools=[TOOL],
        thinking={"type": "enabled", "budget_tokens": 2000},
        max_tokens=8000,
        temperature=1,
        stop_sequences=["END"],
        metadata={"user_id": "u1"},
        model=SONNET_4_5,
    )


def test_bedrock_is_asked_to_count_what_it_takes_of_a_request():
    body = everything()
    counted = orjson.loads(count_request(body))["input"]["converse"]
    assert counted == {
        name: body[name] for name in ("messages", "system", "toolConfig", "additionalModelRequestFields")
    }
    decode_request("CountTokens", {"modelId": "anthropic.claude-v1"}, {}, count_request(body))


@pytest.mark.parametrize(
    ("model_id", "expected"),
    [
        ("anthropic.claude-opus-4-1-20250805-v1:0", "anthropic.claude-opus-4-1-20250805-v1:0"),
        ("us.anthropic.claude-opus-4-1-20250805-v1:0", "anthropic.claude-opus-4-1-20250805-v1:0"),
        ("us-gov.anthropic.claude-opus-4-1-20250805-v1:0", "anthropic.claude-opus-4-1-20250805-v1:0"),
        (PROFILE, "anthropic.claude-opus-4-1-20250805-v1:0"),
        ("arn:aws:bedrock:us-east-1::foundation-model/amazon.nova-pro-v1:0", "amazon.nova-pro-v1:0"),
        (OPAQUE, ""),
    ],
)
def test_only_the_foundation_models_id_is_counted_by(model_id, expected):
    assert foundation_id(model_id) == expected


@pytest.mark.parametrize(
    ("error", "expected"),
    [
        (refused(400, "ValidationException", "The provided model doesn't support counting tokens."), True),
        (refused(400, "ValidationException", "The provided model identifier is invalid."), False),
        (refused(403, "AccessDeniedException", "not authorized: CountTokens is not supported"), False),
        (refused(429, "ThrottlingException", "Too many requests"), False),
    ],
)
def test_a_model_whose_tokens_bedrock_does_not_count_is_known_by_its_refusal(error, expected):
    assert cannot_count(error) is expected


@pytest.mark.parametrize(
    "words",
    ["The quick brown fox jumps over the lazy dog. ", "静かな湖畔の森の影から。", 'if (a != b) { return {"k": 1}; }\n'],
)
def test_an_estimate_errs_on_the_high_side_but_stays_near(words):
    # Four characters of English are a token, of Japanese or code rather two or one.
    fewest = len(words) * 200 / (4 if words.isascii() else 1.2)
    found = prompt_tokens(converse(user(text(words * 200))))
    assert fewest < found < 3 * fewest


def test_an_estimate_counts_everything_in_the_prompt():
    base = prompt_tokens(converse())
    assert prompt_tokens(converse(system="word " * 90)) > base + 90
    assert prompt_tokens(converse(tools=[TOOL])) > base + 100
    use = {"type": "tool_use", "id": "t", "name": "f", "input": {"a": "word " * 90}}
    result = {"type": "tool_result", "tool_use_id": "t", "content": [text("word " * 90)]}
    history = (user(text("a")), {"role": "assistant", "content": [use]}, user(result))
    assert prompt_tokens(converse(*history, tools=[TOOL])) > prompt_tokens(converse(tools=[TOOL])) + 180


def test_an_image_is_counted_by_its_pixels_and_not_by_its_bytes():
    image = {"type": "image", "source": {"type": "base64", "media_type": "image/png", "data": PNG}}
    assert 1_000 < prompt_tokens(converse(user(image))) < 2_000
    result = {"type": "tool_result", "tool_use_id": "t", "content": [image]}
    assert prompt_tokens(converse(user(result), tools=[TOOL])) > 1_000


def test_a_document_is_counted_by_its_pages_or_its_words():
    def document(source):
        return prompt_tokens(converse(user({"type": "document", "source": source}, text("Sum up."))))

    pdf = base64.b64encode(b"%PDF-1.7" + bytes(300_000)).decode()
    assert 30_000 <= document({"type": "base64", "media_type": "application/pdf", "data": pdf}) < 40_000
    assert 90 < document({"type": "text", "data": "word " * 90}) < 300
    csv = base64.b64encode(b"a,b\n1,2\n" * 100).decode()
    assert 200 < document({"type": "base64", "media_type": "text/csv", "data": csv}) < 400
