"""Anthropic's SDKs, and pi-ai's provider for Messages."""

import asyncio
import ssl
from collections.abc import Callable
from typing import Any, ClassVar

import anthropic
import httpx2
from anthropic.types import Message
from integration.clients.faults import Expectation, Fault
from integration.clients.node_clients import Pi, setup
from integration.clients.outcome import Answer, Failure, Outcome, Target
from integration.clients.servants import Servant

_PATIENCE = 20.0
# The SDKs' classes for a status.
_CLASSES = {
    400: "BadRequestError",
    401: "AuthenticationError",
    403: "PermissionDeniedError",
    404: "NotFoundError",
    408: "RequestTimeoutError",
    429: "RateLimitError",
    503: "ServiceUnavailableError",
    504: "GatewayTimeoutError",
    529: "OverloadedError",
}
_OVERLOADED = 529
# Where Bedrock says that it has too much to do; that it cannot be reached is Sluice's own 503.
_OVERLOADS = frozenset({"unavailable", "midstream-service-unavailable"})


class _Anthropic:
    """What all of them have in common."""

    stops_with: ClassVar = "end_turn"
    cut_off_with: ClassVar = None
    # What the SDK's exception says of a stream that broke after its status 200.
    broken: ClassVar[tuple[str, int | None]]

    def refusal(self, fault: Fault) -> Expectation:
        """Return what it raises where a request is refused: a class for the status."""
        status = _OVERLOADED if fault.scenario in _OVERLOADS else fault.status
        return Expectation(_CLASSES.get(status, "InternalServerError"), fault.words, status)

    def breakage(self, fault: Fault) -> Expectation:
        """Return what it raises where a stream breaks."""
        kind, status = self.broken
        return Expectation(kind, fault.words, status, _type_of(fault))


def _type_of(fault: Fault) -> str:
    if fault.scenario in _OVERLOADS:
        return "overloaded_error"
    if fault.scenario == "silent":
        return "timeout_error"
    return {400: "invalid_request_error", 429: "rate_limit_error"}.get(fault.status, "api_error")


def _request(model: str, members: dict[str, Any]) -> dict[str, Any]:
    return {"model": model, "max_tokens": 1000, "messages": [{"role": "user", "content": "Hello!"}], **members}


def _take_end(answer: Answer, message: Message) -> None:
    answer.reply = message
    answer.stop_reason = message.stop_reason
    usage = message.usage
    cached = (usage.cache_read_input_tokens or 0) + (usage.cache_creation_input_tokens or 0)
    answer.usage = usage.input_tokens + cached, usage.output_tokens


def _failure(error: Exception) -> Failure:
    status, code = getattr(error, "status_code", None), getattr(error, "type", None)
    return Failure(type(error).__name__, status, str(error), code)


# httpx2's own exceptions reach whoever reads a stream: the SDK does not wrap them.
_RAISED = (anthropic.AnthropicError, httpx2.HTTPError)


class AnthropicPython(_Anthropic):
    """The Anthropic SDK's synchronous client and its stream helper, over plain HTTP."""

    broken: ClassVar = ("APIStatusError", 200)

    def ask(
        self,
        target: Target,
        model: str,
        *,
        stream: bool = True,
        on_text: Callable[[], object] | None = None,
        **members: Any,
    ) -> Outcome:
        """Create a message; `members` are further members of the request."""
        answer, request = Answer(on_text), _request(model, members)
        with anthropic.Anthropic(
            base_url=target.url, api_key=target.key, max_retries=target.attempts - 1, timeout=_PATIENCE
        ) as client:
            try:
                if stream:
                    with client.messages.stream(**request) as events:
                        for text in events.text_stream:
                            answer.take(text)
                        _take_end(answer, events.get_final_message())
                else:
                    message = client.messages.create(**request)
                    answer.take("".join(block.text for block in message.content if block.type == "text"))
                    _take_end(answer, message)
            except _RAISED as error:
                return answer.outcome(_failure(error))
        return answer.outcome()


class AsyncAnthropicPython(_Anthropic):
    """The Anthropic SDK's asynchronous client, over TLS, with its key as a bearer token."""

    broken: ClassVar = ("APIStatusError", 200)

    def ask(
        self,
        target: Target,
        model: str,
        *,
        stream: bool = True,
        on_text: Callable[[], object] | None = None,
        **members: Any,
    ) -> Outcome:
        """Create a message; `members` are further members of the request."""
        return asyncio.run(self._ask(target, _request(model, members), stream, Answer(on_text)))

    async def _ask(self, target: Target, request: dict[str, Any], stream: bool, answer: Answer) -> Outcome:
        async with anthropic.AsyncAnthropic(
            base_url=target.tls_url,
            auth_token=target.key,
            max_retries=target.attempts - 1,
            timeout=_PATIENCE,
            http_client=httpx2.AsyncClient(verify=ssl.create_default_context(cafile=target.ca_bundle)),
        ) as client:
            try:
                if stream:
                    async with client.messages.stream(**request) as events:
                        async for text in events.text_stream:
                            answer.take(text)
                        _take_end(answer, await events.get_final_message())
                else:
                    message = await client.messages.create(**request)
                    answer.take("".join(block.text for block in message.content if block.type == "text"))
                    _take_end(answer, message)
            except _RAISED as error:
                return answer.outcome(_failure(error))
        return answer.outcome()


class AnthropicNode(_Anthropic):
    """The Anthropic SDK for Node.js and its stream helper, over plain HTTP."""

    broken: ClassVar = ("APIError", None)
    # Its helper raises where it has seen no `message_stop`.
    cut_off_with: ClassVar = "error"

    def __init__(self, process: Servant) -> None:
        self.process = process

    def ask(
        self,
        target: Target,
        model: str,
        *,
        stream: bool = True,
        on_text: Callable[[], object] | None = None,
        **members: Any,
    ) -> Outcome:
        """Create a message; `members` are further members of the request."""
        request = {**_request(model, members), "stream": stream}
        return self.process.ask({**setup(target, target.url), "request": request}, on_text)

    def models(self, target: Target, which: str | dict[str, Any]) -> Outcome:
        """Read all pages of a list with these parameters, or ask for one model."""
        return self.process.ask({**setup(target, target.url), "models": which})


class PiAnthropic(Pi):
    """pi-ai's provider for Messages."""

    def __init__(self, process: Servant, *, cut_off_with: str) -> None:
        super().__init__(process, "anthropic-messages", cut_off_with=cut_off_with)

    def refusal(self, fault: Fault) -> Expectation:
        """Return what it says where a request is refused."""
        return Expectation("error", fault.words)

    def breakage(self, fault: Fault) -> Expectation:
        """Return what it says where a stream breaks."""
        return Expectation("error", fault.words)
