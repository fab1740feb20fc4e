"""What is refused because no grammar holds it, in the words that Bedrock was seen to use."""

import json
from typing import Any

import pytest
from sluice_local.bedrock_runtime.checks.model_rules import check_model
from sluice_local.bedrock_runtime.emulator import ACCOUNT_ID
from sluice_local.bedrock_runtime.errors import ServiceError
from sluice_local.bedrock_runtime.models import catalog_models

FIND = catalog_models("us-east-1", ACCOUNT_ID)
SONNET_4_5 = "us.anthropic.claude-sonnet-4-5-20250929-v1:0"
OPUS_4_1 = "us.anthropic.claude-opus-4-1-20250805-v1:0"
OPUS_4_7 = "us.anthropic.claude-opus-4-7"
CLOSED = {"additionalProperties": False}


def closed(**members: Any) -> dict[str, Any]:
    return {"type": "object", "properties": members, "required": list(members), **CLOSED}


def refusal(model_id: str, **members: Any) -> str:
    request = {"messages": [{"role": "user", "content": [{"text": "hi"}]}], **members}
    try:
        check_model(request, FIND(model_id), streaming=True)
    except ServiceError as error:
        return error.message.removeprefix("The model returned the following errors: ")
    return ""


def answering(schema: Any, model_id: str = SONNET_4_5) -> str:
    structure = {"jsonSchema": {"schema": json.dumps(schema)}}
    return refusal(model_id, outputConfig={"textFormat": {"type": "json_schema", "structure": structure}})


def calling(*schemas: Any, model_id: str = SONNET_4_5) -> str:
    specs = [{"name": "f", "inputSchema": {"json": schema}, "strict": True} for schema in schemas]
    return refusal(model_id, toolConfig={"tools": [{"toolSpec": spec} for spec in specs]})


@pytest.mark.parametrize(
    ("member", "words"),
    [
        ({"type": "array", "items": {"type": "null"}, "maxItems": 3}, "For 'array' type, property 'maxItems' is not"),
        ({"type": "integer", "minimum": 1, "maximum": 2}, "For 'integer' type, properties minimum, maximum are not"),
        ({"type": "array", "items": {"type": "null"}, "minItems": 2}, "'minItems' values other than 0 or 1"),
        ({"type": "string", "format": "iban"}, "format 'iban' is not supported"),
        ({"type": "object", "properties": {}}, "'additionalProperties' must be explicitly set to false"),
        ({"oneOf": [{"type": "null"}]}, "Schema type 'oneOf' is not supported"),
        ({"$ref": "#/$defs/A"}, "Circular or external references"),
        ({"description": "Anything."}, "Schema type is missing"),
    ],
)
def test_a_schema_of_what_no_grammar_holds(member: Any, words: str) -> None:
    schema = {**closed(a=member), "$defs": {"A": closed(next={"$ref": "#/$defs/A"})}}
    assert answering(schema).startswith("output_config.format.schema: ")
    assert words in answering(schema)
    assert calling({"type": "object", "properties": {}, **CLOSED}, schema).startswith("tools.1.custom: ")


def test_a_schema_that_is_compiled() -> None:
    word = {"type": "string", "enum": ["a"], "description": "A word."}
    schema = {**closed(a={"$ref": "#/$defs/A"}, b={"type": ["string", "null"]}), "$defs": {"A": word}}
    assert (answering(schema), calling(schema)) == ("", "")


def test_schemas_that_are_too_much_together() -> None:
    optional = {"type": "object", "properties": {f"p{at}": {"type": "null"} for at in range(13)}, **CLOSED}
    unions = closed(**{f"p{at}": {"type": ["string", "null"]} for at in range(17)})
    assert calling(optional) == ""
    assert "too many optional parameters (26, limit: 24)" in calling(optional, optional)
    assert "too many parameters with union types (17, limit: 16)" in answering(unions)
    assert "Too many strict tools (21)" in calling(*[closed()] * 21)


def test_what_is_no_schema() -> None:
    assert "is not a valid JSON schema" in answering(["a"])


def test_models_that_compile_none() -> None:
    assert answering(closed(), OPUS_4_1) == "output_config.format: Extra inputs are not permitted"
    assert calling(closed(), model_id=OPUS_4_7) == "tools.0.custom.strict: Extra inputs are not permitted"
