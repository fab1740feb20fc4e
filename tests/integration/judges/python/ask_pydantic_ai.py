"""pydantic-ai: `chat`, `responses`, `messages` and `converse`."""

import asyncio
import base64
import os
from collections.abc import Callable
from functools import partial
from typing import Any

from anthropic import AsyncAnthropic
from openai import AsyncOpenAI
from pydantic import BaseModel
from pydantic_ai import Agent, BinaryContent, NativeOutput
from pydantic_ai.messages import (
    ModelMessage,
    ModelResponse,
    PartDeltaEvent,
    PartStartEvent,
    TextPart,
    TextPartDelta,
    ThinkingPart,
)
from pydantic_ai.models import Model
from pydantic_ai.models.anthropic import AnthropicModel
from pydantic_ai.models.bedrock import BedrockConverseModel
from pydantic_ai.models.openai import OpenAIChatModel, OpenAIResponsesModel
from pydantic_ai.providers.anthropic import AnthropicProvider
from pydantic_ai.providers.bedrock import BedrockProvider
from pydantic_ai.providers.openai import OpenAIProvider
from serving import Answer, City, Delta, Question, get_weather, serve


class PlainCity(BaseModel):
    """A city without limits: towards Bedrock itself, it sends them as they are, which Bedrock refuses."""

    name: str
    inhabitants: int


async def ask(question: Question, delta: Delta) -> Answer:
    """Hold the conversation."""
    answer = Answer()
    agent = _agent(question, answer)
    history: list[ModelMessage] = []
    for at, prompt in enumerate(question.prompts):
        said: Any = prompt
        if question.image and at == 0:
            said = [prompt, BinaryContent(base64.b64decode(question.image), media_type="image/png")]
        result = await agent.run(
            said,
            message_history=history,
            event_stream_handler=partial(_told, delta) if question.stream else None,
        )
        history = result.all_messages()
        if isinstance(result.output, BaseModel):
            answer.city = result.output.model_dump()
        elif not question.stream:
            delta(result.output)
    _note(answer, history)
    return answer


def _agent(question: Question, answer: Answer) -> Agent[None, Any]:
    def weather(city: str) -> str:
        answer.calls.append(city)
        return get_weather(city)

    weather.__name__, weather.__doc__ = get_weather.__name__, get_weather.__doc__
    settings: Any = {"max_tokens": 8_000}
    if question.reasons:
        # Of OpenAI it knows which of its models reason, unless it is told in OpenAI's own words.
        settings |= {"thinking": "low", "openai_reasoning_effort": "low", "openai_reasoning_summary": "auto"}
    if question.caches:
        settings["cache"] = True
    return Agent(
        CLIENTS[question.client](question),
        output_type=NativeOutput(PlainCity if question.client == "converse" else City) if question.parses else str,
        instructions=question.system or None,
        tools=[weather] if question.tools else [],
        model_settings=settings,
        retries=0,
    )


async def _told(delta: Delta, _: Any, events: Any) -> None:
    async for event in events:
        match event:
            case PartStartEvent(part=TextPart(content=text)) | PartDeltaEvent(delta=TextPartDelta(content_delta=text)):
                if text:
                    delta(text)


def _note(answer: Answer, history: list[ModelMessage]) -> None:
    responses = [message for message in history if isinstance(message, ModelResponse)]
    last = responses[-1]
    answer.stop_reason = last.finish_reason
    answer.usage = last.usage.input_tokens, last.usage.output_tokens
    answer.cached = last.usage.cache_read_tokens
    thoughts = [part for response in responses for part in response.parts if isinstance(part, ThinkingPart)]
    answer.reasoning = "".join(part.content for part in thoughts)


def _openai(question: Question) -> OpenAIProvider:
    return OpenAIProvider(openai_client=AsyncOpenAI(base_url=f"{question.url}/v1", api_key=question.key, max_retries=0))


def _chat(question: Question) -> Model:
    return OpenAIChatModel(question.model, provider=_openai(question))


def _responses(question: Question) -> Model:
    return OpenAIResponsesModel(question.model, provider=_openai(question))


def _messages(question: Question) -> Model:
    client = AsyncAnthropic(base_url=question.url, api_key=question.key, max_retries=0)
    return AnthropicModel(question.model, provider=AnthropicProvider(anthropic_client=client))


def _converse(question: Question) -> Model:
    os.environ["AWS_CA_BUNDLE"] = question.ca_bundle
    os.environ["AWS_MAX_ATTEMPTS"] = "1"
    provider = BedrockProvider(api_key=question.key, base_url=question.tls_url, region_name="us-east-1")
    return BedrockConverseModel(question.model, provider=provider)


CLIENTS: dict[str, Callable[[Question], Model]] = {
    "chat": _chat,
    "responses": _responses,
    "messages": _messages,
    "converse": _converse,
}

# One loop for all questions: the SDKs' clients of earlier ones are closed in it.
with asyncio.Runner() as runner:
    serve(lambda question, delta: runner.run(ask(question, delta)))
