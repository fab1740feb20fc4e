"""What every model asks of a conversation, checked as Converse checks it before any model sees the request."""

import re
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from itertools import pairwise
from typing import Any

from sluice_local.bedrock_runtime.errors import ServiceError, invalid

Message = Mapping[str, Any]
_DOCUMENT_NAME = re.compile(r"(?!.*\s\s)[A-Za-z0-9\s\-()\[\]]+")
_MOST_DOCUMENTS = 5
_MOST_CACHE_POINTS = 4


def check_conversation(request: Mapping[str, Any]) -> None:
    """Refuse, with AWS's words, what cannot be a conversation. Blobs are bytes. Raises ValidationException."""
    messages: Sequence[Message] = request.get("messages") or ()
    for check in _CHECKS:
        check(messages)
    _check_tool_configuration(request, messages)
    _check_cache_points(request)


def content_blocks(messages: Iterable[Message], kind: str) -> Iterator[tuple[int, int, Any]]:
    """Yield every block of a kind with the indexes of its message and of itself."""
    for at, message in enumerate(messages):
        for index, block in enumerate(message["content"]):
            if kind in block:
                yield at, index, block[kind]


def cache_points(request: Mapping[str, Any]) -> list[Mapping[str, Any]]:
    """Return every cache point in the order of the prompt: tools, system, messages."""
    tools = request.get("toolConfig", {}).get("tools", ())
    blocks = [*tools, *request.get("system", ())]
    for message in request.get("messages") or ():
        blocks += message["content"]
    return [block["cachePoint"] for block in blocks if "cachePoint" in block]


def _check_roles(messages: Sequence[Message]) -> None:
    if not messages or messages[0]["role"] != "user":
        raise invalid(
            "A conversation must start with a user message. Try again with a conversation that starts with a user "
            "message."
        )
    for earlier, later in pairwise(messages):
        # Two user messages in a row are taken as one; agents send them after tool results.
        if earlier["role"] == later["role"] == "assistant":
            raise invalid(
                "A conversation must alternate between user and assistant roles. Make sure the conversation alternates "
                "between user and assistant roles and try again."
            )


def _check_content(messages: Sequence[Message]) -> None:
    for at, message in enumerate(messages):
        if not message["content"]:
            raise invalid(
                f"The content field in the Message object at messages.{at} is empty. Add a ContentBlock object to the "
                "content field and try again."
            )
    for at, index, text in content_blocks(messages, "text"):
        if not text.strip():
            raise invalid(
                f"The text field in the ContentBlock object at messages.{at}.content.{index} is blank. Add text to the "
                "text field, and try again."
            )


def _check_tool_blocks(messages: Sequence[Message]) -> None:
    for at, index, tool_use in content_blocks(messages, "toolUse"):
        where = f"messages.{at}.content.{index}"
        if messages[at]["role"] != "assistant":
            raise invalid(f"{where}: User messages cannot contain tool uses")
        if not isinstance(tool_use["input"], dict):
            raise invalid(
                f"The format of the value at {where}.toolUse.input is invalid. Provide a json object for the field and "
                "try again."
            )
    for at, index, tool_result in content_blocks(messages, "toolResult"):
        where = f"messages.{at}.content.{index}"
        if messages[at]["role"] != "user":
            raise invalid(f"{where}: Assistant messages cannot contain tool results")
        for inner, block in enumerate(tool_result["content"]):
            if "json" in block and not isinstance(block["json"], dict):
                raise invalid(
                    f"The format of the value at {where}.toolResult.content.{inner}.json is invalid. Provide a json "
                    "object for the field and try again."
                )


def _check_tool_results(messages: Sequence[Message]) -> None:
    """Every tool use is answered in the next message, and nothing is answered that was not asked."""
    turns = _turns(messages)
    for (_, earlier), (at, later) in pairwise(turns):
        asked = _ids(earlier, "toolUse")
        given = _ids(later, "toolResult")
        missing = [tool_use_id for tool_use_id in asked if tool_use_id not in given]
        if missing:
            ids = ", ".join(missing)
            raise invalid(f"Expected toolResult blocks at messages.{at}.content for the following Ids: {ids}")
        _check_no_excess(at, asked, given)
    if turns:
        _check_no_excess(0, [], _ids(turns[0][1], "toolResult"))


def _check_no_excess(at: int, asked: Sequence[str], given: Sequence[str]) -> None:
    if len(given) > len(asked):
        raise invalid(
            f"The number of toolResult blocks at messages.{at}.content exceeds the number of toolUse blocks of "
            "previous turn."
        )
    if set(given) - set(asked):
        raise invalid(f"messages.{at}.content: unexpected `tool_use_id` found in `tool_result` blocks")


def _turns(messages: Sequence[Message]) -> list[tuple[int, list[Mapping[str, Any]]]]:
    """Join messages of one role in a row: the index of the first, the blocks of all."""
    turns: list[tuple[int, list[Mapping[str, Any]]]] = []
    role = None
    for at, message in enumerate(messages):
        if message["role"] == "system":
            continue  # instructions in mid-conversation belong to no turn
        if message["role"] == role:
            turns[-1][1].extend(message["content"])
        else:
            turns.append((at, list(message["content"])))
        role = message["role"]
    return turns


def _ids(blocks: Iterable[Mapping[str, Any]], kind: str) -> list[str]:
    return [block[kind]["toolUseId"] for block in blocks if kind in block]


def _check_attachments(messages: Sequence[Message]) -> None:
    for at, message in enumerate(messages):
        kinds = [next(iter(block)) for block in message["content"]]
        if kinds.count("document") > _MOST_DOCUMENTS:
            raise invalid(f"messages.{at}: too many documents; at most {_MOST_DOCUMENTS}.")
        if "document" in kinds and "text" not in kinds:
            raise invalid(f"messages.{at}: a text block must be provided together with document blocks.")
    names = [document["name"] for _, _, document in content_blocks(messages, "document")]
    for name in names:
        if not _DOCUMENT_NAME.fullmatch(name):
            raise invalid(
                "The document file name contains invalid characters: only alphanumeric characters, whitespace "
                "characters, hyphens, parentheses, and square brackets are allowed. The name cannot contain more than "
                "one consecutive whitespace character."
            )
    if len(set(names)) != len(names):
        raise invalid("Multiple documents have the same name. Document names must be unique.")


_CHECKS: Sequence[Callable[[Sequence[Message]], None]] = (
    _check_roles,
    _check_content,
    _check_tool_blocks,
    _check_tool_results,
    _check_attachments,
)


def _check_tool_configuration(request: Mapping[str, Any], messages: Sequence[Message]) -> None:
    configuration = request.get("toolConfig")
    if configuration is None:
        if any("toolUse" in block or "toolResult" in block for message in messages for block in message["content"]):
            raise invalid("The toolConfig field must be defined when using toolUse and toolResult content blocks.")
        return
    names = []
    for at, tool in enumerate(configuration["tools"]):
        if "toolSpec" in tool:
            names.append(tool["toolSpec"]["name"])
            _check_schema(f"toolConfig.tools.{at}.toolSpec.inputSchema.json", tool["toolSpec"]["inputSchema"]["json"])
    if len(set(names)) != len(names):
        raise invalid("The toolConfig.tools field contains duplicate tool names. Tool names must be unique.")
    chosen = configuration.get("toolChoice", {}).get("tool")
    if chosen and chosen["name"] not in names:
        raise invalid(f"The tool {chosen['name']} in toolChoice was not found in toolConfig.tools.")


def _check_schema(where: str, schema: Any) -> None:
    if not isinstance(schema, dict):
        raise _no_object(where)
    if schema.get("type") != "object":
        raise invalid(f"The value at {where}.type must be one of the following: object.")


def _no_object(where: str) -> ServiceError:
    return invalid(f"The format of the value at {where} is invalid. Provide a json object for the field and try again.")


def _check_cache_points(request: Mapping[str, Any]) -> None:
    found = len(cache_points(request))
    if found > _MOST_CACHE_POINTS:
        raise invalid(
            f"The model returned the following errors: A maximum of {_MOST_CACHE_POINTS} blocks with cache_control may "
            f"be provided. Found {found}."
        )
