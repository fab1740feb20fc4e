"""LangChain: `chat` and `responses` (langchain-openai), `messages` (langchain-anthropic), `converse` and `invoke`
(langchain-aws).
"""

import os
from collections.abc import Callable
from typing import Any

from langchain_anthropic import ChatAnthropic
from langchain_aws import ChatBedrock, ChatBedrockConverse
from langchain_core.language_models import BaseChatModel
from langchain_core.messages import AIMessage, HumanMessage, SystemMessage, ToolMessage
from langchain_openai import ChatOpenAI
from serving import Answer, City, Delta, Question, get_weather, serve

THINKING = {"type": "enabled", "budget_tokens": 2048}


def ask(question: Question, delta: Delta) -> Answer:
    """Hold the conversation."""
    model = CLIENTS[question.client](question)
    if question.parses:
        return _parsed(model, question)
    answer, history = Answer(), _beginning(question)
    runnable = model.bind_tools([get_weather]) if question.tools else model
    for at, prompt in enumerate(question.prompts):
        history.append(HumanMessage(_content(prompt, question.image if at == 0 else "")))
        while True:
            message = _streamed(runnable, history, delta) if question.stream else runnable.invoke(history)
            history.append(message)
            _note(answer, message)
            if not message.tool_calls:
                break
            answer.calls += [call["args"]["city"] for call in message.tool_calls]
            history += [
                ToolMessage(get_weather(**call["args"]), tool_call_id=call["id"]) for call in message.tool_calls
            ]
        if not question.stream:
            delta(message.text)
    return answer


def _chat(question: Question) -> BaseChatModel:
    effort = {"reasoning_effort": "low"} if question.reasons else {}
    return ChatOpenAI(
        base_url=f"{question.url}/v1", api_key=question.key, model=question.model, max_retries=0, **effort
    )


def _responses(question: Question) -> BaseChatModel:
    effort: dict[str, Any] = {"reasoning": {"effort": "low", "summary": "auto"}} if question.reasons else {}
    return ChatOpenAI(
        base_url=f"{question.url}/v1",
        api_key=question.key,
        model=question.model,
        max_retries=0,
        use_responses_api=True,
        store=False,
        include=["reasoning.encrypted_content"],
        **effort,
    )


def _messages(question: Question) -> BaseChatModel:
    thinking = {"thinking": THINKING} if question.reasons else {}
    return ChatAnthropic(
        base_url=question.url, api_key=question.key, model=question.model, max_tokens=8_000, max_retries=0, **thinking
    )


def _aws(question: Question) -> dict[str, Any]:
    os.environ["AWS_CA_BUNDLE"] = question.ca_bundle
    os.environ["AWS_BEARER_TOKEN_BEDROCK"] = question.key
    os.environ["AWS_MAX_ATTEMPTS"] = "1"
    return {"model": question.model, "endpoint_url": question.tls_url, "region_name": "us-east-1"}


def _converse(question: Question) -> BaseChatModel:
    thinking = {"additional_model_request_fields": {"thinking": THINKING}} if question.reasons else {}
    return ChatBedrockConverse(**_aws(question), max_tokens=8_000, **thinking)


def _invoke(question: Question) -> BaseChatModel:
    return ChatBedrock(
        **_aws(question), model_kwargs={"max_tokens": 8_000, **({"thinking": THINKING} if question.reasons else {})}
    )


CLIENTS: dict[str, Callable[[Question], BaseChatModel]] = {
    "chat": _chat,
    "responses": _responses,
    "messages": _messages,
    "converse": _converse,
    "invoke": _invoke,
}
# How each marks what is to be cached; the others leave it to whom they ask.
MARKS = {
    "messages": [{"type": "text", "cache_control": {"type": "ephemeral"}}],
    "invoke": [{"type": "text", "cache_control": {"type": "ephemeral"}}],
    "converse": [{"type": "text"}, {"cachePoint": {"type": "default"}}],
}


def _beginning(question: Question) -> list[Any]:
    if not question.system:
        return []
    if not question.caches or question.client not in MARKS:
        return [SystemMessage(question.system)]
    text, *rest = MARKS[question.client]
    return [SystemMessage([{**text, "text": question.system}, *rest])]


def _content(prompt: str, image: str) -> Any:
    text = {"type": "text", "text": prompt}
    return [text, {"type": "image", "base64": image, "mime_type": "image/png"}] if image else prompt


def _streamed(runnable: Any, history: list[Any], delta: Delta) -> AIMessage:
    whole = None
    for chunk in runnable.stream(history):
        if chunk.text:
            delta(chunk.text)
        whole = chunk if whole is None else whole + chunk
    assert whole is not None
    return whole


def _parsed(model: BaseChatModel, question: Question) -> Answer:
    [prompt] = question.prompts
    told = model.with_structured_output(City, include_raw=True).invoke([HumanMessage(prompt)])
    if told["parsing_error"]:
        raise told["parsing_error"]
    answer = Answer(city=told["parsed"].model_dump())
    _note(answer, told["raw"])
    return answer


def _note(answer: Answer, message: AIMessage) -> None:
    about = message.response_metadata
    answer.stop_reason = next(
        (about[name] for name in ("finish_reason", "stop_reason", "stopReason", "status") if about.get(name)), None
    )
    if usage := message.usage_metadata:
        answer.usage = usage["input_tokens"], usage["output_tokens"]
        answer.cached = usage.get("input_token_details", {}).get("cache_read", 0)
    shown = [block["reasoning"] for block in message.content_blocks if block["type"] == "reasoning"]
    answer.reasoning += "".join(shown)


serve(ask)
