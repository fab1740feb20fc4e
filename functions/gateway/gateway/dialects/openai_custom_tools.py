"""OpenAI's custom tools, whose input is plain text: Bedrock knows functions only, so each is one with one string."""

from typing import Any

import orjson

from gateway.converse.fields import below, filled, optional

type Json = dict[str, Any]

# The one argument of a custom tool.
INPUT = "input"
INPUT_SCHEMA: Json = {
    "type": "object",
    "properties": {INPUT: {"type": "string", "description": "The whole input of the tool, as plain text."}},
    "required": [INPUT],
    "additionalProperties": False,
}


def description_of(tool: Json, path: str) -> str:
    """Return a custom tool's description, and the grammar that OpenAI would have held the model to.

    Raises:
        InvalidRequest: one of its members is malformed.
    """
    description = optional(tool, "description", str, path) or ""
    form, where = optional(tool, "format", dict, path) or {}, below(path, "format")
    if form.get("type") != "grammar":
        return description
    # OpenAI's SDKs nest the grammar in Chat Completions and not in Responses; clients send both to both.
    form = optional(form, "grammar", dict, where) or form
    syntax, definition = filled(form, "syntax", where), filled(form, "definition", where)
    return f"{description}\n\nThe input must follow this {syntax} grammar:\n{definition}".strip()


def text_input(arguments: object) -> str:
    """Return the input of a custom tool whose arguments came whole; those of another form as they are."""
    text = arguments.get(INPUT) if isinstance(arguments, dict) else None
    return text if isinstance(text, str) else orjson.dumps(arguments).decode()
