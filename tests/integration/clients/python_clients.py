"""The SDKs for Python."""

import asyncio
import os
import ssl
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, closing, contextmanager
from typing import TYPE_CHECKING, Any, ClassVar

import boto3
import httpx2
import openai
import pytest
from botocore.config import Config
from botocore.exceptions import BotoCoreError, ClientError
from integration.clients.faults import Expectation, Fault, aws_refusal, openai_breakage, openai_refusal
from integration.clients.outcome import Answer, Failure, Outcome, Target
from urllib3.exceptions import HTTPError

if TYPE_CHECKING:
    from mypy_boto3_bedrock import BedrockClient
    from mypy_boto3_bedrock_runtime import BedrockRuntimeClient
    from openai.types.chat import ChatCompletion, ChatCompletionChunk

_PATIENCE = 20.0


def bedrock_client(target: Target) -> AbstractContextManager["BedrockRuntimeClient"]:
    """Make boto3's client of Bedrock Runtime."""
    return _aws_client(target, "bedrock-runtime")


def control_client(target: Target) -> AbstractContextManager["BedrockClient"]:
    """Make boto3's client of Bedrock's control plane."""
    return _aws_client(target, "bedrock")


@contextmanager
def _aws_client(target: Target, service: Any) -> Iterator[Any]:
    """Make a client with the variables that a user sets, and no others of AWS's."""
    with pytest.MonkeyPatch.context() as patch:
        for name in [name for name in os.environ if name.startswith("AWS_")]:
            patch.delenv(name)
        patch.setenv("AWS_CONFIG_FILE", os.devnull)
        patch.setenv("AWS_SHARED_CREDENTIALS_FILE", os.devnull)
        patch.setenv("AWS_CA_BUNDLE", target.ca_bundle)
        if target.key:
            patch.setenv("AWS_BEARER_TOKEN_BEDROCK", target.key)
        else:
            patch.setenv("AWS_ACCESS_KEY_ID", "AKIAIOSFODNN7EXAMPLE")
            patch.setenv("AWS_SECRET_ACCESS_KEY", "a secret of nobody's")
        client = boto3.client(
            service,
            region_name="us-east-1",
            endpoint_url=target.tls_url,
            config=Config(retries={"total_max_attempts": target.attempts}, read_timeout=_PATIENCE),
        )
        try:
            yield client
        finally:
            client.close()


class Boto3:
    """boto3, over TLS: it sends bearer tokens over nothing else."""

    stops_with: ClassVar = "end_turn"
    cut_off_with: ClassVar = None

    def ask(
        self,
        target: Target,
        model: str,
        *,
        stream: bool = True,
        on_text: Callable[[], object] | None = None,
        **members: Any,
    ) -> Outcome:
        """Converse; `members` are further members of the request."""
        answer = Answer(on_text)
        request = {"modelId": model, "messages": [{"role": "user", "content": [{"text": "Hello!"}]}], **members}
        with bedrock_client(target) as client:
            try:
                if stream:
                    self._read_stream(client, request, answer)
                else:
                    self._read_whole(client, request, answer)
            # urllib3's own exceptions reach whoever reads a stream: botocore does not wrap them.
            except (ClientError, BotoCoreError, HTTPError) as error:
                return answer.outcome(_bedrock_failure(error))
        return answer.outcome()

    def refusal(self, fault: Fault) -> Expectation:
        """Return what it raises where a request is refused."""
        return aws_refusal(fault)

    def breakage(self, fault: Fault) -> Expectation:
        """Return what it raises where a stream breaks: the exception's name as the frame spells it."""
        return Expectation(fault.aws_type[0].lower() + fault.aws_type[1:], fault.words)

    def _read_stream(self, client: "BedrockRuntimeClient", request: dict[str, Any], answer: Answer) -> None:
        answer.reply = []
        with closing(client.converse_stream(**request)["stream"]) as stream:
            for event in stream:
                answer.reply += event
                match event:
                    case {"contentBlockDelta": {"delta": {"text": text}}}:
                        answer.take(text)
                    case {"messageStop": {"stopReason": reason}}:
                        answer.stop_reason = reason
                    case {"metadata": {"usage": usage}}:
                        answer.usage = usage["inputTokens"], usage["outputTokens"]

    def _read_whole(self, client: "BedrockRuntimeClient", request: dict[str, Any], answer: Answer) -> None:
        answer.reply = reply = client.converse(**request)
        for block in reply["output"]["message"]["content"]:
            answer.take(block.get("text", ""))
        answer.stop_reason = reply["stopReason"]
        answer.usage = reply["usage"]["inputTokens"], reply["usage"]["outputTokens"]


def _bedrock_failure(error: Exception) -> Failure:
    if not isinstance(error, ClientError):
        return Failure(type(error).__name__, None, str(error))
    status = error.response.get("ResponseMetadata", {}).get("HTTPStatusCode")
    details = error.response["Error"]
    return Failure(details["Code"], status, details["Message"])


class _OpenAI:
    """What the OpenAI SDK's two clients for Python have in common."""

    stops_with: ClassVar = "stop"
    cut_off_with: ClassVar = None

    def refusal(self, fault: Fault) -> Expectation:
        """Return what it raises where a request is refused: a class for the status."""
        return openai_refusal(fault)

    def breakage(self, fault: Fault) -> Expectation:
        """Return what it raises where a stream breaks."""
        return openai_breakage(fault)


def _request(model: str, members: dict[str, Any]) -> dict[str, Any]:
    return {"model": model, "messages": [{"role": "user", "content": "Hello!"}], **members}


def _take_chunk(answer: Answer, chunk: "ChatCompletionChunk") -> None:
    for choice in chunk.choices:
        if choice.delta.content:
            answer.take(choice.delta.content)
        answer.stop_reason = choice.finish_reason or answer.stop_reason
    if chunk.usage:
        answer.usage = chunk.usage.prompt_tokens, chunk.usage.completion_tokens


def _take_whole(answer: Answer, reply: "ChatCompletion") -> None:
    answer.take(reply.choices[0].message.content or "")
    answer.stop_reason = reply.choices[0].finish_reason
    assert reply.usage
    answer.usage = reply.usage.prompt_tokens, reply.usage.completion_tokens


def _openai_failure(error: openai.OpenAIError) -> Failure:
    status = getattr(error, "status_code", None)
    return Failure(type(error).__name__, status, str(error), getattr(error, "code", None))


class OpenAIPython(_OpenAI):
    """The OpenAI SDK's synchronous client, over plain HTTP."""

    def ask(
        self,
        target: Target,
        model: str,
        *,
        stream: bool = True,
        on_text: Callable[[], object] | None = None,
        **members: Any,
    ) -> Outcome:
        """Complete a chat; `members` are further members of the request."""
        answer = Answer(on_text)
        retries = target.attempts - 1
        with openai.OpenAI(
            base_url=f"{target.url}/v1", api_key=target.key, max_retries=retries, timeout=_PATIENCE
        ) as client:
            try:
                if stream:
                    for chunk in client.chat.completions.create(stream=True, **_request(model, members)):
                        _take_chunk(answer, chunk)
                else:
                    _take_whole(answer, client.chat.completions.create(**_request(model, members)))
            except openai.OpenAIError as error:
                return answer.outcome(_openai_failure(error))
        return answer.outcome()


class AsyncOpenAIPython(_OpenAI):
    """The OpenAI SDK's asynchronous client, over TLS."""

    def ask(
        self,
        target: Target,
        model: str,
        *,
        stream: bool = True,
        on_text: Callable[[], object] | None = None,
        **members: Any,
    ) -> Outcome:
        """Complete a chat; `members` are further members of the request."""
        return asyncio.run(self._ask(target, _request(model, members), stream, Answer(on_text)))

    async def _ask(self, target: Target, request: dict[str, Any], stream: bool, answer: Answer) -> Outcome:
        async with openai.AsyncOpenAI(
            base_url=f"{target.tls_url}/v1",
            api_key=target.key,
            max_retries=target.attempts - 1,
            timeout=_PATIENCE,
            http_client=httpx2.AsyncClient(verify=ssl.create_default_context(cafile=target.ca_bundle)),
        ) as client:
            try:
                if stream:
                    async for chunk in await client.chat.completions.create(stream=True, **request):
                        _take_chunk(answer, chunk)
                else:
                    _take_whole(answer, await client.chat.completions.create(**request))
            except openai.OpenAIError as error:
                return answer.outcome(_openai_failure(error))
        return answer.outcome()
