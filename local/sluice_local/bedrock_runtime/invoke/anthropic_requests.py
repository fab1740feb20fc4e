"""Anthropic Messages requests as Converse requests, so that one set of checks and one voice serve both.

https://docs.aws.amazon.com/bedrock/latest/userguide/model-parameters-anthropic-claude-messages-request-response.html
"""

import re
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from typing import Any

from sluice_local.bedrock_runtime.errors import invalid

Body = Mapping[str, Any]
VERSION_FIELD = "anthropic_version"
# Bedrock's first version, or a date of Anthropic's own API, which its newest SDKs send.
_VERSION = re.compile(r"bedrock-2023-05-31|\d{4}-\d{2}-\d{2}")
_CACHE_POINT = {"cachePoint": {"type": "default"}}
_INFERENCE_FIELDS = {"max_tokens": "maxTokens", "temperature": "temperature", "top_p": "topP"}
# Fields that Converse passes on to the model as they are.
_ADDITIONAL_FIELDS = (
    "anthropic_beta",
    "block_binding",
    "context_management",
    "metadata",
    "output_config",
    "thinking",
    "top_k",
)
_FIELDS = frozenset(
    (
        VERSION_FIELD,
        "messages",
        "stop_sequences",
        "system",
        "tool_choice",
        "tools",
        "user_profile_id",
        *_INFERENCE_FIELDS,
        *_ADDITIONAL_FIELDS,
    )
)


def converse_request(body: Body) -> dict[str, Any]:
    """Return the Converse request for a Messages body, in the wire's JSON. Raises ValidationException."""
    for name in body:
        if name not in _FIELDS:
            raise invalid(f"{name}: Extra inputs are not permitted")
    for name in (VERSION_FIELD, "max_tokens", "messages"):
        if name not in body:
            raise invalid(f"{name}: Field required")
    if not _VERSION.fullmatch(body[VERSION_FIELD]):
        raise invalid(f'{VERSION_FIELD}: "{body[VERSION_FIELD]}" is not a valid version')
    request: dict[str, Any] = {
        "messages": [_message(f"messages.{at}", message) for at, message in enumerate(body["messages"])],
        "inferenceConfig": _inference(body),
    }
    if body.get("system"):
        request["system"] = list(_blocks("system", body["system"]))
    if tools := _tool_configuration(body):
        request["toolConfig"] = tools
    if additional := {name: body[name] for name in _ADDITIONAL_FIELDS if name in body}:
        request["additionalModelRequestFields"] = additional
    return request


def _inference(body: Body) -> dict[str, Any]:
    settings = {name: body[field] for field, name in _INFERENCE_FIELDS.items() if field in body}
    return {**settings, "stopSequences": list(body.get("stop_sequences", ()))}


def _message(where: str, message: Any) -> dict[str, Any]:
    match message:
        case {"role": "user" | "assistant" as role, "content": content}:
            return {"role": role, "content": list(_blocks(f"{where}.content", content))}
        case {"role": role, "content": _}:
            raise invalid(f"{where}.role: Input should be 'user' or 'assistant', not {role!r}")
        case _:
            raise invalid(f"{where}: role and content are required")


def _blocks(where: str, content: Any) -> Iterator[dict[str, Any]]:
    """Yield Converse blocks; a `cache_control` becomes a cache point after its block."""
    if isinstance(content, str):
        yield {"text": content}
        return
    if not isinstance(content, list):
        raise invalid(f"{where}: Input should be a valid list")
    for at, block in enumerate(content):
        yield _block(f"{where}.{at}", block)
        yield from _cache_point(block)


def _cache_point(block: Body) -> Iterable[dict[str, Any]]:
    control = block.get("cache_control")
    if control:
        ttl = {"ttl": control["ttl"]} if "ttl" in control else {}
        yield {"cachePoint": {**_CACHE_POINT["cachePoint"], **ttl}}


def _block(where: str, block: Any) -> dict[str, Any]:
    kind = block.get("type") if isinstance(block, dict) else None
    translate = _BLOCKS.get(kind) if isinstance(kind, str) else None
    if translate is None:
        raise invalid(f"{where}: Input tag {kind!r} found using 'type' does not match any of the expected tags")
    try:
        return translate(where, block)
    except KeyError as error:
        raise invalid(f"{where}.{kind}.{error.args[0]}: Field required") from error


def _text(_: str, block: Body) -> dict[str, Any]:
    return {"text": block["text"]}


def _image(where: str, block: Body) -> dict[str, Any]:
    media_type = block["source"]["media_type"]
    return {"image": {"format": media_type.removeprefix("image/"), "source": {"bytes": _data(where, block)}}}


def _document(where: str, block: Body) -> dict[str, Any]:
    name = block.get("title", "document")
    if block["source"].get("type") == "text":
        return {"document": {"name": name, "source": {"text": block["source"]["data"]}}}
    return {"document": {"format": "pdf", "name": name, "source": {"bytes": _data(where, block)}}}


def _data(where: str, block: Body) -> str:
    if block["source"].get("type") != "base64":
        raise invalid(f"{where}.source: only base64 sources are supported by this endpoint")
    data: str = block["source"]["data"]
    return data


def _tool_use(_: str, block: Body) -> dict[str, Any]:
    return {"toolUse": {"toolUseId": block["id"], "name": block["name"], "input": block["input"]}}


def _tool_result(where: str, block: Body) -> dict[str, Any]:
    content = [part for part in _blocks(f"{where}.content", block.get("content", [])) if "cachePoint" not in part]
    status = {"status": "error"} if block.get("is_error") else {}
    return {"toolResult": {"toolUseId": block["tool_use_id"], "content": content, **status}}


def _thinking(_: str, block: Body) -> dict[str, Any]:
    return {"reasoningContent": {"reasoningText": {"text": block["thinking"], "signature": block["signature"]}}}


def _redacted_thinking(_: str, block: Body) -> dict[str, Any]:
    return {"reasoningContent": {"redactedContent": block["data"]}}


_BLOCKS: Mapping[str, Callable[[str, Body], dict[str, Any]]] = {
    "text": _text,
    "image": _image,
    "document": _document,
    "tool_use": _tool_use,
    "tool_result": _tool_result,
    "thinking": _thinking,
    "redacted_thinking": _redacted_thinking,
}


def _tool_configuration(body: Body) -> dict[str, Any] | None:
    tools: Sequence[Any] = body.get("tools", ())
    choice = body.get("tool_choice", {"type": "auto"})
    if not tools or choice["type"] == "none":
        return None
    configuration: dict[str, Any] = {"tools": [entry for tool in tools for entry in _tool(tool)]}
    match choice:
        case {"type": "tool", "name": name}:
            configuration["toolChoice"] = {"tool": {"name": name}}
        case {"type": "any"}:
            configuration["toolChoice"] = {"any": {}}
        case _:
            configuration["toolChoice"] = {"auto": {}}
    return configuration


def _tool(tool: Body) -> Iterator[dict[str, Any]]:
    try:
        specification = {"name": tool["name"], "inputSchema": {"json": tool["input_schema"]}}
    except KeyError as error:
        raise invalid(f"tools.{error.args[0]}: Field required") from error
    yield {"toolSpec": {**specification, "description": tool.get("description", tool["name"])}}
    yield from _cache_point(tool)
