"""Messages with all that the Anthropic SDK can ask, against the emulator, which refuses what AWS refuses."""

import asyncio
import base64
from collections.abc import Iterator
from typing import Any

import anthropic
import httpx2
import pytest
from anthropic.types import Message
from integration.deployment import Deployment
from pydantic import BaseModel
from sluice_local.bedrock_runtime.answering.reasoning import sign
from sluice_local.bedrock_runtime.scenarios.replies import PIXEL
from sluice_local.lambda_service import RunningFunctionUrl
from unit.gateway.anthropic_messages.agents import CLAUDE_CODE_HEADERS, claude_code, pi_ai

SONNET_4_5 = "us.anthropic.claude-sonnet-4-5-20250929-v1:0"
OPUS_4_6 = "us.anthropic.claude-opus-4-6-v1"
OPUS_5 = "us.anthropic.claude-opus-5"
NOVA = "us.amazon.nova-pro-v1:0"

WEATHER: Any = {
    "name": "get_weather",
    "description": "Get the weather of a city.",
    "input_schema": {"type": "object", "properties": {"city": {"type": "string"}}, "required": ["city"]},
}
BUDGET: Any = {"type": "enabled", "budget_tokens": 2048}
QUESTION: Any = {"role": "user", "content": "What is the weather in Paris and in Rome?"}
HELLO: Any = {"role": "user", "content": "Hello!"}
MARK: Any = {"type": "ephemeral"}


@pytest.fixture(autouse=True)
def fresh_upstream(deployment: Deployment) -> None:
    deployment.upstream.clear()


@pytest.fixture
def client(deployment: Deployment, gateway: RunningFunctionUrl) -> Iterator[anthropic.Anthropic]:
    with anthropic.Anthropic(api_key=deployment.api_key, base_url=gateway.url, max_retries=0) as client:
        yield client


def asked(deployment: Deployment) -> Any:
    """Return the Converse request that Bedrock was sent last."""
    return deployment.upstream.requests[-1].json


def answered(client: anthropic.Anthropic, stream: bool, **request: Any) -> Message:
    """Return the message, asked for whole or through the SDK's stream helper."""
    request = {"max_tokens": 8_000, **request}
    if not stream:
        return client.messages.create(**request)
    with client.messages.stream(**request) as events:
        for _ in events:
            pass
        return events.get_final_message()


def text_of(message: Message) -> str:
    return "".join(block.text for block in message.content if block.type == "text")


def results(message: Message, *more: Any) -> Any:
    """Return the user's turn with the results of every tool use."""
    uses = [block for block in message.content if block.type == "tool_use"]
    content = [
        {
            "type": "tool_result",
            "tool_use_id": use.id,
            "content": [{"type": "text", "text": f"{use.input['city']}: 21 °C"}, *more],
        }
        for use in uses
    ]
    return {"role": "user", "content": content}


streamed_or_whole = pytest.mark.parametrize("stream", [False, True], ids=["whole", "streamed"])


@streamed_or_whole
@pytest.mark.parametrize("model", [SONNET_4_5, OPUS_4_6, OPUS_5, NOVA])
def test_a_tool_loop_ends_in_an_answer(client: anthropic.Anthropic, model: str, stream: bool) -> None:
    request: Any = {"model": model, "tools": [WEATHER]}
    first = answered(client, stream, messages=[QUESTION], **request)
    assert first.stop_reason == "tool_use"
    assert [use.input for use in first.content if use.type == "tool_use"] == [{"city": "Paris"}, {"city": "Rome"}]
    history: Any = [QUESTION, {"role": "assistant", "content": first.content}, results(first)]
    second = answered(client, stream, messages=history, **request)
    assert second.stop_reason == "end_turn"
    assert "21 °C" in text_of(second)


@streamed_or_whole
@pytest.mark.parametrize(
    ("model", "thinking"), [(SONNET_4_5, BUDGET), (OPUS_4_6, BUDGET), (OPUS_5, {"type": "adaptive"})]
)
def test_thinking_goes_through_a_tool_loop_with_its_signatures(
    client: anthropic.Anthropic, deployment: Deployment, model: str, thinking: Any, stream: bool
) -> None:
    request: Any = {"model": model, "tools": [WEATHER], "thinking": thinking}
    first = answered(client, stream, messages=[QUESTION], **request)
    assert first.content[0].type == "thinking"
    assert first.content[0].signature
    history: Any = [QUESTION, {"role": "assistant", "content": first.content}, results(first)]
    second = answered(client, stream, messages=history, **request)
    assert "21 °C" in text_of(second)
    [_, assistant, _] = asked(deployment)["messages"]
    told = assistant["content"][0]["reasoningContent"]["reasoningText"]
    assert (told["text"], told["signature"]) == (first.content[0].thinking, first.content[0].signature)


def test_a_changed_signature_is_refused_by_bedrock_and_told(client: anthropic.Anthropic) -> None:
    forged: Any = {"type": "thinking", "thinking": "Hm.", "signature": "c2ln"}
    history: Any = [HELLO, {"role": "assistant", "content": [forged, {"type": "text", "text": "Hi"}]}, HELLO]
    with pytest.raises(anthropic.BadRequestError, match="signature"):
        client.messages.create(model=SONNET_4_5, max_tokens=100, messages=history)


def test_a_loop_whose_thinking_was_lost_goes_on_without_any(
    client: anthropic.Anthropic, deployment: Deployment
) -> None:
    use: Any = {"type": "tool_use", "id": "toolu_1", "name": "get_weather", "input": {"city": "Paris"}}
    result: Any = {"type": "tool_result", "tool_use_id": "toolu_1", "content": "21 °C"}
    history: Any = [QUESTION, {"role": "assistant", "content": [use]}, {"role": "user", "content": [result]}]
    clearing = {"edits": [{"type": "clear_thinking_20251015", "keep": "all"}]}
    message = client.messages.create(
        model=SONNET_4_5,
        max_tokens=8_000,
        messages=history,
        tools=[WEATHER],
        thinking=BUDGET,
        extra_body={"context_management": clearing},
    )
    assert message.stop_reason == "end_turn"
    sent = asked(deployment)["additionalModelRequestFields"]
    assert "thinking" not in sent
    assert "context_management" not in sent


@streamed_or_whole
@pytest.mark.parametrize("name", ["tool-use-no-arguments", "tool-use-parallel"])
def test_the_sdk_reads_every_tool_use(client: anthropic.Anthropic, name: str, stream: bool) -> None:
    message = answered(client, stream, model=f"emulator.{name}", messages=[HELLO], tools=[WEATHER])
    expected = [{}] if "no-arguments" in name else [{"city": city} for city in ("Paris", "Lisbon", "Oslo")]
    assert [use.input for use in message.content if use.type == "tool_use"] == expected


@streamed_or_whole
def test_the_sdk_reads_encrypted_thinking_and_citations(client: anthropic.Anthropic, stream: bool) -> None:
    redacted = answered(client, stream, model="emulator.reasoning-redacted", messages=[HELLO])
    assert [block.type for block in redacted.content] == ["redacted_thinking", "text"]
    [cited] = answered(client, stream, model="emulator.citations", messages=[HELLO]).content
    assert [(citation.type, citation.document_title) for citation in cited.citations] == [
        ("page_location", "Annual report")
    ]


@streamed_or_whole
@pytest.mark.parametrize(
    ("name", "told"),
    [
        ("stop-end-turn", "end_turn"),
        ("stop-max-tokens", "max_tokens"),
        ("stop-stop-sequence", "stop_sequence"),
        ("stop-tool-use", "tool_use"),
        ("stop-model-context-window-exceeded", "model_context_window_exceeded"),
        ("stop-content-filtered", "refusal"),
        ("stop-guardrail-intervened", "refusal"),
    ],
)
def test_every_stop_reason(client: anthropic.Anthropic, name: str, told: str, stream: bool) -> None:
    assert answered(client, stream, model=f"emulator.{name}", messages=[HELLO]).stop_reason == told


@streamed_or_whole
@pytest.mark.parametrize("name", ["stop-malformed-model-output", "stop-malformed-tool-use", "image"])
def test_a_reply_that_cannot_be_used_or_carried_is_an_error(
    client: anthropic.Anthropic, name: str, stream: bool
) -> None:
    with pytest.raises(anthropic.APIStatusError) as caught:
        answered(client, stream, model=f"emulator.{name}", messages=[HELLO])
    assert caught.value.type == "api_error"


def test_the_stop_sequence_that_was_found_is_told(client: anthropic.Anthropic) -> None:
    message = client.messages.create(
        model=SONNET_4_5,
        max_tokens=100,
        messages=[{"role": "user", "content": 'Say "one two three"'}],
        stop_sequences=["four", " two"],
    )
    assert (message.stop_reason, message.stop_sequence) == ("stop_sequence", " two")


def test_images_and_documents_in_messages_and_tool_results_reach_bedrock(
    client: anthropic.Anthropic, deployment: Deployment
) -> None:
    pixel = {"type": "base64", "media_type": "image/jpeg", "data": base64.b64encode(PIXEL).decode()}
    image: Any = {"type": "image", "source": pixel}
    pdf = {"type": "base64", "media_type": "application/pdf", "data": base64.b64encode(b"%PDF-1.7 one").decode()}
    document: Any = {"type": "document", "source": pdf, "title": "Bericht: 3/4", "citations": {"enabled": True}}
    search: Any = {
        "type": "search_result",
        "source": "https://e.com",
        "title": "E",
        "content": [{"type": "text", "text": "e"}],
    }
    question: Any = {
        "role": "user",
        "content": [image, document, search, *[{"type": "text", "text": QUESTION["content"]}]],
    }
    request: Any = {"model": SONNET_4_5, "max_tokens": 2_000, "tools": [WEATHER]}
    first = client.messages.create(messages=[question], **request)
    history: Any = [question, {"role": "assistant", "content": first.content}, results(first, image)]
    client.messages.create(messages=history, **request)
    [user, _, tool] = asked(deployment)["messages"]
    assert [next(iter(block)) for block in user["content"]] == ["image", "document", "searchResult", "text"]
    assert user["content"][0]["image"]["format"] == "png"
    assert user["content"][1]["document"]["name"] == "Bericht 3 4"
    assert [next(iter(part)) for part in tool["content"][0]["toolResult"]["content"]] == ["text", "image"]


class City(BaseModel):
    name: str
    inhabitants: int


@pytest.mark.parametrize(("model", "native"), [(SONNET_4_5, True), (OPUS_5, False), (NOVA, False)])
@streamed_or_whole
def test_structured_output_parses(
    client: anthropic.Anthropic, deployment: Deployment, model: str, native: bool, stream: bool
) -> None:
    request: Any = {
        "model": model,
        "max_tokens": 2_000,
        "messages": [{"role": "user", "content": "Tell me about Paris."}],
        "output_format": City,
    }
    if stream:
        with client.messages.stream(**request) as events:
            message = events.get_final_message()
    else:
        message = client.messages.parse(**request)
    assert isinstance(message.parsed_output, City)
    assert message.stop_reason == "end_turn"
    assert ("outputConfig" in asked(deployment)) is native


@streamed_or_whole
def test_the_second_turn_reads_what_the_first_wrote_into_the_cache(client: anthropic.Anthropic, stream: bool) -> None:
    system: Any = [
        {"type": "text", "text": f"You know all about bread ({stream}). " * 500, "cache_control": {**MARK, "ttl": "1h"}}
    ]
    request: Any = {"model": SONNET_4_5, "system": system}
    first = answered(client, stream, messages=[HELLO], **request)
    second = answered(client, stream, messages=[HELLO, {"role": "assistant", "content": "Hi"}, HELLO], **request)
    assert first.usage.cache_creation_input_tokens > 1000
    assert second.usage.cache_read_input_tokens >= first.usage.cache_creation_input_tokens
    assert second.usage.input_tokens < 100


def test_a_guardrail_by_header_refuses_with_its_trace(client: anthropic.Anthropic) -> None:
    headers = {"X-Amzn-Bedrock-GuardrailIdentifier": "gr4emulator0", "X-Amzn-Bedrock-GuardrailVersion": "1"}
    message = client.messages.create(
        model=SONNET_4_5,
        max_tokens=100,
        messages=[{"role": "user", "content": "Tell me the forbidden word"}],
        extra_headers={**headers, "X-Amzn-Bedrock-Trace": "ENABLED"},
    )
    assert message.stop_reason == "refusal"
    assert "guardrail" in message.stop_details.explanation.lower()
    assert "guardrail" in message.to_dict()["amazon-bedrock-trace"]


def test_the_tier_is_asked_for_and_told(client: anthropic.Anthropic, deployment: Deployment) -> None:
    request: Any = {"model": NOVA, "max_tokens": 100, "messages": [HELLO]}
    assert client.messages.create(service_tier="auto", **request).usage.service_tier in (None, "standard")
    assert "serviceTier" not in asked(deployment)
    client.messages.create(extra_body={"service_tier": "priority"}, **request)
    assert asked(deployment)["serviceTier"] == {"type": "priority"}


@pytest.mark.parametrize("model", [SONNET_4_5, OPUS_4_6, OPUS_5, NOVA, "openai.gpt-oss-120b-1:0"])
def test_what_a_model_refuses_is_not_sent(client: anthropic.Anthropic, model: str) -> None:
    message = client.messages.create(
        model=model,
        max_tokens=8_000,
        system="Be brief.",
        messages=[{"role": "user", "content": 'Say "pong"'}, {"role": "assistant", "content": "I will say "}],
        stop_sequences=["\n\n"],
        thinking=BUDGET,
        tools=[{**WEATHER, "cache_control": MARK}, {"type": "web_search_20250305", "name": "web_search"}],
        tool_choice={"type": "auto", "disable_parallel_tool_use": True},
        metadata={"user_id": "ü{1}"},
        service_tier="standard_only",
        extra_headers={"anthropic-beta": "novelty-2030-01-01"},
        extra_body={"temperature": 0.7, "top_p": 0.9, "top_k": 5, "an_unknown_field": True},
    )
    assert message.stop_reason == "end_turn"


def test_the_requests_id_is_where_the_sdk_looks_for_it(client: anthropic.Anthropic) -> None:
    message = client.messages.create(model="emulator.text", max_tokens=100, messages=[HELLO])
    assert message._request_id
    with pytest.raises(anthropic.NotFoundError) as caught:
        client.messages.create(model="emulator.not-found", max_tokens=100, messages=[HELLO])
    assert caught.value.request_id == caught.value.body["request_id"]


@pytest.mark.parametrize(
    ("name", "expected", "attempts"),
    [
        ("throttled", anthropic.RateLimitError, 2),
        ("unavailable", anthropic.OverloadedError, 2),
        ("model-not-ready", anthropic.OverloadedError, 2),
        ("internal", anthropic.InternalServerError, 2),
        ("quota-exceeded", anthropic.RateLimitError, 1),
        ("validation", anthropic.BadRequestError, 1),
        ("access-denied", anthropic.PermissionDeniedError, 1),
        ("model-error", anthropic.APIStatusError, 1),
    ],
)
def test_the_sdk_asks_again_where_that_can_help(
    deployment: Deployment, gateway: RunningFunctionUrl, name: str, expected: type[Exception], attempts: int
) -> None:
    model = f"emulator.{name}"
    with (
        anthropic.Anthropic(api_key=deployment.api_key, base_url=gateway.url, max_retries=1) as client,
        pytest.raises(expected),
    ):
        client.messages.create(model=model, max_tokens=100, messages=[HELLO])
    assert deployment.calls(model) == attempts


def test_a_conversation_that_is_too_long_is_told_in_the_words_claude_code_knows(client: anthropic.Anthropic) -> None:
    with pytest.raises(anthropic.BadRequestError, match="prompt is too long"):
        client.messages.create(model="emulator.too-long", max_tokens=100, messages=[HELLO])


@pytest.mark.parametrize(
    ("body", "path"),
    [
        ({"messages": [{"role": "robot", "content": "x"}]}, "messages[0].role"),
        ({"messages": [{"role": "user", "content": [{"type": "hologram"}]}]}, "messages[0].content[0].type"),
        ({"mcp_servers": [{"type": "url", "url": "https://e.com"}]}, "mcp_servers"),
        ({"tools": [{"name": "f"}]}, "tools[0].input_schema"),
    ],
)
def test_what_cannot_be_carried_is_a_400_that_names_its_path(
    client: anthropic.Anthropic, body: dict[str, Any], path: str
) -> None:
    with pytest.raises(anthropic.BadRequestError) as caught:
        client.messages.create(model=SONNET_4_5, max_tokens=100, messages=[HELLO], extra_body=body)
    assert (caught.value.type, f"`{path}`" in str(caught.value)) == ("invalid_request_error", True)


@pytest.mark.parametrize("path", ["/v1/messages", "/v1/messages/batches", "/v1/messages/"])
def test_errors_below_messages_are_anthropics(gateway: RunningFunctionUrl, deployment: Deployment, path: str) -> None:
    reply = httpx2.get(gateway.url + path, headers={"x-api-key": deployment.api_key})
    assert (reply.status_code, reply.json()["type"]) == ((404 if "batches" in path else 405), "error")


def test_tokens_are_counted_by_bedrock_with_the_foundation_models_id(
    client: anthropic.Anthropic, deployment: Deployment
) -> None:
    counted = client.messages.with_raw_response.count_tokens(
        model=SONNET_4_5, messages=[QUESTION], system="Be brief.", tools=[WEATHER], thinking=BUDGET
    )
    assert "x-sluice-estimated" not in counted.headers
    [request] = deployment.upstream.requests
    assert request.target == "/model/anthropic.claude-sonnet-4-5-20250929-v1%3A0/count-tokens"
    used = client.messages.create(
        model=SONNET_4_5, max_tokens=8_000, messages=[QUESTION], system="Be brief.", tools=[WEATHER], thinking=BUDGET
    )
    assert counted.parse().input_tokens == used.usage.input_tokens


@pytest.mark.parametrize(
    "model", [OPUS_5, NOVA, "arn:aws:bedrock:us-east-1:111122223333:application-inference-profile/abc"]
)
def test_where_bedrock_does_not_count_an_estimate_is_marked(client: anthropic.Anthropic, model: str) -> None:
    counted = client.messages.with_raw_response.count_tokens(model=model, messages=[QUESTION], tools=[WEATHER])
    assert counted.headers["x-sluice-estimated"] == "true"
    assert counted.parse().input_tokens > 50


def test_a_count_that_fails_is_an_error_and_never_an_estimate(client: anthropic.Anthropic) -> None:
    with pytest.raises(anthropic.RateLimitError):
        client.messages.count_tokens(model="emulator.throttled", messages=[HELLO])


@pytest.mark.parametrize("model", [SONNET_4_5, OPUS_4_6, OPUS_5, NOVA])
def test_what_claude_code_and_openclaw_send_works(
    gateway: RunningFunctionUrl, deployment: Deployment, model: str
) -> None:
    session: Any = claude_code(model, sign("I will look."))
    for body, headers in (
        (session, {**CLAUDE_CODE_HEADERS, "authorization": f"Bearer {deployment.api_key}"}),
        ({**session, "stream": False}, {**CLAUDE_CODE_HEADERS, "authorization": f"Bearer {deployment.api_key}"}),
        (pi_ai(model), {"x-api-key": deployment.api_key, "anthropic-version": "2023-06-01"}),
    ):
        reply = httpx2.post(f"{gateway.url}/v1/messages?beta=true", headers=headers, json=body)
        assert reply.status_code == 200, reply.text
        assert ("event: message_stop" in reply.text) == body["stream"]
        assert "error" not in reply.text


def test_the_asynchronous_helper_streams_a_tool_loop(deployment: Deployment, gateway: RunningFunctionUrl) -> None:
    async def loop() -> Message:
        async with anthropic.AsyncAnthropic(api_key=deployment.api_key, base_url=gateway.url, max_retries=0) as client:
            request: Any = {"model": SONNET_4_5, "max_tokens": 8_000, "tools": [WEATHER], "thinking": BUDGET}
            async with client.messages.stream(messages=[QUESTION], **request) as events:
                first = await events.get_final_message()
            history: Any = [QUESTION, {"role": "assistant", "content": first.content}, results(first)]
            async with client.messages.stream(messages=history, **request) as events:
                return await events.get_final_message()

    assert "21 °C" in text_of(asyncio.run(loop()))


def test_the_beta_surface_works_too(client: anthropic.Anthropic) -> None:
    with client.beta.messages.stream(
        model=SONNET_4_5,
        max_tokens=8_000,
        messages=[HELLO],
        betas=["context-management-2025-06-27", "novelty-2030-01-01"],
        context_management={"edits": [{"type": "clear_tool_uses_20250919"}]},
    ) as events:
        message = events.get_final_message()
    assert message.stop_reason == "end_turn"


@streamed_or_whole
def test_the_sdks_runner_of_tools_does_without_threads(
    client: anthropic.Anthropic, deployment: Deployment, stream: bool
) -> None:
    @anthropic.beta_tool
    def get_weather(city: str) -> str:
        """Get the weather of a city."""
        return f"{city}: 21 °C"

    # It begins with a thread that Anthropic's servers would keep, and goes on without one where it may not have it.
    runner = client.beta.messages.tool_runner(
        model=SONNET_4_5, max_tokens=8_000, messages=[QUESTION], tools=[get_weather], thinking=BUDGET, stream=stream
    )
    assert "21 °C" in text_of(runner.until_done())
    assert len(deployment.upstream.requests) == 2


def test_a_thread_is_refused_with_the_sdks_own_exception(client: anthropic.Anthropic) -> None:
    with pytest.raises(anthropic.BadRequestError, match="stores nothing") as caught:
        client.beta.messages.create(
            model=SONNET_4_5, max_tokens=100, messages=[HELLO], thread={"type": "continue", "previous_message_id": "m"}
        )
    assert caught.value.error_code == "thread_unsupported_request"


def test_a_model_that_streams_no_tools_has_its_whole_answer_told_as_a_stream(client: anthropic.Anthropic) -> None:
    model = "us.meta.llama4-maverick-17b-instruct-v1:0"
    message = answered(client, True, model=model, messages=[QUESTION], tools=[WEATHER])
    assert [use.input for use in message.content if use.type == "tool_use"] == [{"city": "Paris"}, {"city": "Rome"}]
