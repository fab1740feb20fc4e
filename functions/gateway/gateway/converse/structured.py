"""Structured output: Bedrock's own where the model has it, else a tool whose input is the answer, else words."""

from typing import Any, NamedTuple

import orjson
from sluice.traits import ModelTraits

from gateway.converse.strict_schemas import StrictSchemas
from gateway.converse.tools import Tool, ToolChoice

type Json = dict[str, Any]

OUTPUT_TOOL = "json_tool_call"
_DESCRIPTION = "Call this with your final answer. Its arguments are the answer; write no other text."
ANSWER_WITH_TOOL = f"Give your final answer by calling the tool {OUTPUT_TOOL}, and write no text beside it."
JSON_ONLY = "Answer with one valid JSON object and nothing else: no other text, no Markdown fences."


class OutputFormat(NamedTuple):
    """What the answer must be: JSON of this schema, or any JSON object where the schema is None.

    `path` is the field of the schema.
    """

    schema: Json | None = None
    name: str = ""
    description: str = ""
    path: str = "response_format"


def native_schema(
    output: OutputFormat | None, traits: ModelTraits, strict_schemas: StrictSchemas, *, reasons: bool
) -> Json | None:
    """Return the schema for `outputConfig.textFormat`; None where the answer is to be asked for in another way."""
    if output is None or output.schema is None:
        return None
    can = traits.structured_output == "always" or (traits.structured_output == "reasoning" and reasons)
    return strict_schemas.of_answer(output.schema) if can else None


def asked_in_words(output: OutputFormat) -> str:
    """Return the instruction for a format that the model has no other way to be asked for."""
    if output.schema is None:
        return JSON_ONLY
    return f"{JSON_ONLY} It must follow this JSON schema: {orjson.dumps(output.schema).decode()}"


def output_config(output: OutputFormat, schema: Json) -> Json:
    """Return Converse's `outputConfig` for a format with this native schema."""
    structure: Json = {"schema": orjson.dumps(schema).decode()}
    if output.name:
        structure["name"] = output.name
    if output.description:
        structure["description"] = output.description
    return {"textFormat": {"type": "json_schema", "structure": {"jsonSchema": structure}}}


def output_tool(output: OutputFormat) -> Tool:
    """Return the tool whose input is the answer."""
    description = f"{_DESCRIPTION} {output.description}".strip()
    return Tool(OUTPUT_TOOL, description, output.schema, path=output.path)


def output_choice(choice: ToolChoice, *, beside_others: bool) -> ToolChoice:
    """Return the choice that makes the model answer: with the tool, or with one of the client's."""
    if choice.kind in ("any", "tool") and beside_others:
        return choice
    return ToolChoice("any") if beside_others and choice.kind == "auto" else ToolChoice("tool", OUTPUT_TOOL)
