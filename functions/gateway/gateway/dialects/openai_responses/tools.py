"""`tools` and `tool_choice` of a Responses request.

Bedrock knows functions only. So a custom tool is offered as a function with one string, and the tools of a namespace
under joined names; `ToolSet.told` says how each is to be told in the reply.
"""

from collections.abc import Iterator
from typing import Any, NamedTuple

from gateway.converse.fields import below, filled, items, optional, required, shown
from gateway.converse.tools import Tool, ToolChoice
from gateway.dialects.anthropic_fields import cache_marks
from gateway.dialects.openai_custom_tools import INPUT_SCHEMA, description_of
from gateway.errors import InvalidRequest

type Json = dict[str, Any]

_WORDS = {"auto": ToolChoice(), "none": ToolChoice("none"), "required": ToolChoice("any"), "any": ToolChoice("any")}


class ClientTool(NamedTuple):
    """A tool as the client calls it; `namespace` is empty for most."""

    name: str
    namespace: str = ""
    is_custom: bool = False


class ToolSet:
    """What a request offers: `tools` for the draft; `told` by the draft's names; `echo` for the reply.

    left_out: the types of tools that only OpenAI, or a model of OpenAI's, has.
    """

    def __init__(self) -> None:
        self.tools: list[Tool] = []
        self.told: dict[str, ClientTool] = {}
        self.echo: list[Json] = []
        self.left_out: list[str] = []

    def read(self, tools: object, path: str) -> None:
        """Add a list of tools.

        Raises:
            InvalidRequest: one of them is malformed.
        """
        for tool, at in items(tools, path):
            if tool.get("type") == "namespace":
                self._read_namespace(tool, at)
            elif self._add(tool, at, "", ""):
                self.echo.append(_echo(tool))
            else:
                self.left_out.append(shown(tool.get("type")))

    def _read_namespace(self, namespace: Json, path: str) -> None:
        name = filled(namespace, "name", path)
        description = optional(namespace, "description", str, path) or ""
        inside, where = [], below(path, "tools")
        for tool, at in items(namespace.get("tools"), where):
            if self._add(tool, at, name, description):
                inside.append(_echo(tool))
            else:
                self.left_out.append(shown(tool.get("type")))
        self.echo.append({**namespace, "description": description, "tools": inside})

    def _add(self, tool: Json, path: str, namespace: str, about: str) -> bool:
        """Offer a tool, if it is of a kind that can be offered."""
        match tool.get("type"):
            case "function":
                schema = optional(tool, "parameters", dict, path)
                description = optional(tool, "description", str, path) or ""
            case "custom":
                schema, description = INPUT_SCHEMA, description_of(tool, path)
            case _:
                return False
        told = ClientTool(filled(tool, "name", path), namespace, tool["type"] == "custom")
        name = joined_name(told.name, namespace)
        self.told[name] = told
        self.tools.append(
            Tool(
                name=name,
                description=f"{about}\n{description}".strip(),
                schema=schema,
                strict=bool(optional(tool, "strict", bool, path)),
                path=below(path, "parameters"),
                cache_point=next(cache_marks(tool, path), None),
            )
        )
        return True


def joined_name(name: str, namespace: str | None) -> str:
    """Return the name under which the draft knows a tool."""
    return f"{namespace}.{name}" if namespace else name


def read_tool_choice(choice: object, offered: ToolSet) -> tuple[ToolChoice, list[Tool]]:
    """Return the choice and the tools that it leaves.

    Raises:
        InvalidRequest: it is malformed, or makes the model use what cannot be offered.
    """
    if choice is None:
        return ToolChoice(), offered.tools
    if isinstance(choice, str):
        return _possible(_word(choice, "tool_choice"), offered.tools, offered), offered.tools
    if not isinstance(choice, dict):
        raise InvalidRequest(f"`tool_choice` is {shown(choice)}; it must be a word or an object.", "tool_choice")
    match choice.get("type"):
        case "function" | "custom":
            return ToolChoice("tool", _named(choice, "tool_choice", offered)), offered.tools
        case "allowed_tools":
            return _allowed_tools(choice, offered)
        case kind:
            path = "tool_choice.type"
            raise InvalidRequest(f"`{path}` is {shown(kind)}; it may be function, custom or allowed_tools.", path)


def _allowed_tools(choice: Json, offered: ToolSet) -> tuple[ToolChoice, list[Tool]]:
    names = set(_allowed_names(choice, offered))
    tools = [tool for tool in offered.tools if tool.name in names]
    word = _word(optional(choice, "mode", str, "tool_choice") or "auto", "tool_choice.mode")
    return _possible(word, tools, offered), tools


def _allowed_names(choice: Json, offered: ToolSet) -> Iterator[str]:
    for tool, path in items(required(choice, "tools", list, "tool_choice"), "tool_choice.tools"):
        if tool.get("type") in ("function", "custom"):
            yield _named(tool, path, offered)
        elif tool.get("type") == "namespace":
            namespace = filled(tool, "name", path)
            yield from (name for name, told in offered.told.items() if told.namespace == namespace)


def _named(choice: Json, path: str, offered: ToolSet) -> str:
    """Return the draft's name of a tool; one in a namespace may be named without it where that is not ambiguous."""
    name = filled(choice, "name", path)
    if (joined := joined_name(name, optional(choice, "namespace", str, path))) in offered.told:
        return joined
    meant = [known for known, told in offered.told.items() if told.name == name]
    if len(meant) != 1:
        where = below(path, "name")
        raise InvalidRequest(f"`{where}` is {shown(name)}, which is not among `tools`.", where)
    return meant[0]


def _possible(choice: ToolChoice, tools: list[Tool], offered: ToolSet) -> ToolChoice:
    if choice.kind == "any" and not tools and offered.left_out:
        left_out = ", ".join(offered.left_out)
        raise InvalidRequest(
            f"`tool_choice` asks for a tool, but none of these can be offered to a model on Bedrock: {left_out}.",
            "tool_choice",
        )
    return choice


def _word(word: str, path: str) -> ToolChoice:
    if word not in _WORDS:
        raise InvalidRequest(f"`{path}` is {shown(word)}; it may be auto, none or required.", path)
    return _WORDS[word]


def _echo(tool: Json) -> Json:
    """Return a tool with the members that the SDKs' types want."""
    return {"parameters": None, "strict": False, **tool} if tool["type"] == "function" else tool
