"""Tools of a Converse request: names and ids that Bedrock takes, schemas, the choice, and histories without tools."""

import hashlib
import re
from collections.abc import Sequence
from typing import Any, Literal, NamedTuple

import orjson
from sluice.traits import ModelTraits

from gateway.converse.content import Block, text_block
from gateway.converse.schemas import object_schema
from gateway.converse.strict_schemas import StrictSchemas

type Json = dict[str, Any]

_LONGEST = 64
_NOT_IN_NAMES = re.compile(r"[^a-zA-Z0-9_-]", re.ASCII)
_TOOL_USE_ID = re.compile(r"[a-zA-Z0-9_.:-]{1,64}", re.ASCII)
_NOT_IN_IDS = re.compile(r"[^a-zA-Z0-9_.:-]", re.ASCII)


class Tool(NamedTuple):
    """A tool the client offers. `schema` is a JSON schema, None for one without arguments; `path` is its field's."""

    name: str
    description: str = ""
    schema: Json | None = None
    strict: bool = False
    path: str = "tools"
    cache_point: Block | None = None


class ToolChoice(NamedTuple):
    """Whether the model may, must not or must use tools, or which one (`tool`: then `name` is the client's)."""

    kind: Literal["auto", "none", "any", "tool"] = "auto"
    name: str = ""


# Bedrock takes tool uses and results only beside a toolConfig, also where all tools stand elsewhere.
NO_TOOL = Tool("no_tool", "This is no tool. Never call it.")


class ToolNames:
    """The names Bedrock is told, and back. Names that Bedrock takes stay as they are; two never become one."""

    def __init__(self, traits: ModelTraits) -> None:
        self._hyphens = traits.tool_name_hyphens
        self._upstream: dict[str, str] = {}
        self._client: dict[str, str] = {}

    def upstream(self, name: str) -> str:
        """Return the name to use towards Bedrock."""
        if name not in self._upstream:
            told = self._taken(name)
            self._upstream[name], self._client[told] = told, name
        return self._upstream[name]

    def client(self, name: str) -> str:
        """Return the client's own name for one that the model used."""
        return self._client.get(name, name)

    def _taken(self, name: str) -> str:
        told = _NOT_IN_NAMES.sub("_", name) or "_"
        if not self._hyphens:
            told = told.replace("-", "_")
        if len(told) > _LONGEST or told in self._client:
            told = f"{told[: _LONGEST - 9]}_{hashlib.sha256(name.encode()).hexdigest()[:8]}"
        return told


def tool_use_id(client_id: str) -> str:
    """Return the id to use towards Bedrock: always the same for the same id, so that uses and results still meet."""
    if _TOOL_USE_ID.fullmatch(client_id):
        return client_id
    digest = hashlib.sha256(client_id.encode()).hexdigest()[:16]
    return f"{_NOT_IN_IDS.sub('_', client_id)[: _LONGEST - 17]}_{digest}"


def tool_specs(
    tools: Sequence[Tool], names: ToolNames, traits: ModelTraits, strict_schemas: StrictSchemas
) -> list[Block]:
    """Return Converse's `toolConfig.tools`; a tool offered twice under one name counts once, the last."""
    specs: list[Block] = []
    for tool in {tool.name: tool for tool in tools}.values():
        schema = object_schema(
            tool.schema, tool.path, lookaround=traits.regex_lookaround, root_unions=traits.root_unions
        )
        compiled = strict_schemas.of_tool(schema) if tool.strict and traits.strict_tools else None
        spec: Json = {
            "name": names.upstream(tool.name),
            # Bedrock refuses an empty one.
            "description": tool.description.strip() or tool.name,
            "inputSchema": {"json": schema if compiled is None else compiled},
        }
        if compiled is not None:
            spec["strict"] = True
        specs.append({"toolSpec": spec})
        if tool.cache_point and traits.cache_tools:
            specs.append(tool.cache_point)
    return specs


def allowed_choice(choice: ToolChoice, traits: ModelTraits, *, reasons: bool) -> ToolChoice:
    """Return the nearest choice that the model takes: Claude may not be forced while it reasons, some models never."""
    if choice.kind not in ("any", "tool"):
        return choice
    if (reasons and traits.thinks) or "any" not in traits.tool_choices:
        return ToolChoice()
    return choice


def tool_config(
    tools: Sequence[Tool], choice: ToolChoice, names: ToolNames, traits: ModelTraits, strict_schemas: StrictSchemas
) -> Json | None:
    """Return Converse's `toolConfig`, None where there are no tools; `choice` is an allowed one."""
    offered = list(tools)
    if choice.kind == "tool" and "tool" not in traits.tool_choices:
        # Being made to use any of one tool is being made to use that one.
        offered, choice = [tool for tool in tools if tool.name == choice.name] or offered, ToolChoice("any")
    specs = tool_specs(offered, names, traits, strict_schemas)
    if not specs:
        return None
    match choice.kind:
        case "any":
            return {"tools": specs, "toolChoice": {"any": {}}}
        case "tool":
            return {"tools": specs, "toolChoice": {"tool": {"name": names.upstream(choice.name)}}}
        case _:
            return {"tools": specs}


def has_tool_blocks(messages: Sequence[Block]) -> bool:
    """Tell whether the history holds tool uses or results, which Bedrock takes only together with tools."""
    return any("toolUse" in block or "toolResult" in block for message in messages for block in message["content"])


def told_as_text(messages: Sequence[Block]) -> list[Block]:
    """Return a history whose tool uses and results are told in words, for requests that offer no tools.

    Offering tools made up from the history would let the model call what the client cannot answer.
    """
    return [{**message, "content": _in_words(message["content"])} for message in messages]


def _in_words(blocks: Sequence[Block]) -> list[Block]:
    told: list[Block] = []
    for block in blocks:
        if use := block.get("toolUse"):
            told.append(text_block(f"[Used the tool {use['name']} with {orjson.dumps(use['input']).decode()}]"))
        elif result := block.get("toolResult"):
            told.append(text_block("[The tool's result follows.]"))
            told += [
                text_block(orjson.dumps(part["json"]).decode()) if "json" in part else part
                for part in result["content"]
            ]
        else:
            told.append(block)
    return told
