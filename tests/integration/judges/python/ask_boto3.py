"""boto3, `converse`: Converse and ConverseStream."""

import base64
import json
import os
from collections.abc import Iterable
from contextlib import closing
from typing import Any

import boto3
from botocore.config import Config
from serving import Answer, City, Delta, Question, get_weather, serve

WEATHER = {
    "name": "get_weather",
    "description": "Get the weather of a city.",
    "inputSchema": {"json": {"type": "object", "properties": {"city": {"type": "string"}}, "required": ["city"]}},
}
CITY = {
    "type": "object",
    "properties": {"name": {"type": "string"}, "inhabitants": {"type": "integer"}},
    "required": ["name", "inhabitants"],
    "additionalProperties": False,
}
CACHE_POINT = {"cachePoint": {"type": "default"}}


def ask(question: Question, delta: Delta) -> Answer:
    """Hold the conversation."""
    os.environ["AWS_CA_BUNDLE"] = question.ca_bundle
    os.environ["AWS_BEARER_TOKEN_BEDROCK"] = question.key
    config = Config(retries={"total_max_attempts": 1})
    client = boto3.client("bedrock-runtime", region_name="us-east-1", endpoint_url=question.tls_url, config=config)
    answer, request = Answer(), _request(question)
    with closing(client):
        for at, prompt in enumerate(question.prompts):
            request["messages"].append({"role": "user", "content": _content(prompt, question.image if at == 0 else "")})
            while True:
                message = (
                    _streamed(client, request, answer, delta) if question.stream else _whole(client, request, answer)
                )
                request["messages"].append(message)
                uses = [block["toolUse"] for block in message["content"] if "toolUse" in block]
                if not uses:
                    break
                answer.calls += [use["input"]["city"] for use in uses]
                request["messages"].append({"role": "user", "content": [_result(use) for use in uses]})
            if question.parses:
                answer.city = City.model_validate_json(_text(message)).model_dump()
            elif not question.stream:
                delta(_text(message))
    return answer


def _request(question: Question) -> dict[str, Any]:
    request: dict[str, Any] = {"modelId": question.model, "messages": []}
    if question.system:
        request["system"] = [{"text": question.system}, *([CACHE_POINT] if question.caches else [])]
    if question.tools:
        request["toolConfig"] = {"tools": [{"toolSpec": WEATHER}]}
    if question.reasons:
        request["additionalModelRequestFields"] = {"thinking": {"type": "enabled", "budget_tokens": 2048}}
    if question.parses:
        structure = {"jsonSchema": {"schema": json.dumps(CITY)}}
        request["outputConfig"] = {"textFormat": {"type": "json_schema", "structure": structure}}
    return request


def _content(prompt: str, image: str) -> list[Any]:
    picture = {"image": {"format": "png", "source": {"bytes": base64.b64decode(image)}}}
    return [{"text": prompt}, *([picture] if image else [])]


def _result(use: dict[str, Any]) -> dict[str, Any]:
    return {"toolResult": {"toolUseId": use["toolUseId"], "content": [{"text": get_weather(**use["input"])}]}}


def _text(message: dict[str, Any]) -> str:
    return "".join(block.get("text", "") for block in message["content"])


def _whole(client: Any, request: dict[str, Any], answer: Answer) -> dict[str, Any]:
    reply = client.converse(**request)
    _note(answer, reply["stopReason"], reply["usage"], reply["output"]["message"])
    return reply["output"]["message"]


def _streamed(client: Any, request: dict[str, Any], answer: Answer, delta: Delta) -> dict[str, Any]:
    blocks: dict[int, dict[str, Any]] = {}
    with closing(client.converse_stream(**request)["stream"]) as stream:
        [stop, metadata] = _read(stream, blocks, delta)
    for block in blocks.values():
        if "toolUse" in block:
            block["toolUse"]["input"] = json.loads(block["toolUse"]["input"] or "{}")
    message = {"role": "assistant", "content": [blocks[index] for index in sorted(blocks)]}
    _note(answer, stop["stopReason"], metadata["usage"], message)
    return message


def _read(stream: Iterable[Any], blocks: dict[int, dict[str, Any]], delta: Delta) -> list[dict[str, Any]]:
    """Read the events of blocks into these; return messageStop and metadata."""
    ends = []
    for event in stream:
        match event:
            case {"contentBlockStart": {"contentBlockIndex": index, "start": {"toolUse": use}}}:
                blocks[index] = {"toolUse": {**use, "input": ""}}
            case {"contentBlockDelta": {"contentBlockIndex": index, "delta": {"toolUse": {"input": piece}}}}:
                blocks[index]["toolUse"]["input"] += piece
            case {"contentBlockDelta": {"contentBlockIndex": index, "delta": {"text": text}}}:
                delta(text)
                blocks.setdefault(index, {"text": ""})["text"] += text
            case {"contentBlockDelta": {"contentBlockIndex": index, "delta": {"reasoningContent": piece}}}:
                empty = {"reasoningContent": {"reasoningText": {"text": "", "signature": ""}}}
                told = blocks.setdefault(index, empty)["reasoningContent"]["reasoningText"]
                for name, text in piece.items():
                    told[name] += text
            case {"messageStop": end} | {"metadata": end}:
                ends.append(end)
    return ends


def _note(answer: Answer, stop_reason: str, usage: dict[str, int], message: dict[str, Any]) -> None:
    answer.stop_reason = stop_reason
    answer.cached = usage.get("cacheReadInputTokens", 0)
    whole = usage["inputTokens"] + answer.cached + usage.get("cacheWriteInputTokens", 0)
    answer.usage = whole, usage["outputTokens"]
    thoughts = [block["reasoningContent"] for block in message["content"] if "reasoningContent" in block]
    answer.reasoning += "".join(thought["reasoningText"]["text"] for thought in thoughts)


serve(ask)
